//! The second factor of an account: setting it up, asking for it, turning it off.
//!
//! A code is taken once (its step is remembered, in the write that lets somebody in), and tries are counted before they are
//! looked at. The secret is sealed wherever it is stored.

use std::time::Duration;

use serde_json::json;

use crate::domain::ids::UserId;
use crate::domain::second_factor::{RECOVERY_CODES, Secret, Typed, recovery_code};
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::Context;
use crate::flow::again::again;
use crate::flow::sign_in::{Beginning, Entry};
use crate::jobs::lost_at;
use crate::platform::{Platform, ResultSet, Statement};
use crate::store::accounts::{self, SignedIn};
use crate::store::second_factors::{self, Asked, Begun, Confirmation, Proof, Renewal};

/// How long one may take to set it up.
const SET_UP: Duration = Duration::from_hours(1);
/// How long a sign-in counts as if the password had been typed now.
const FRESH: Duration = Duration::from_mins(5);
/// The time in which tries are counted.
pub(super) const TRIES_IN: Duration = Duration::from_hours(1);

/// Whether whoever is signed in has only just typed their password.
#[must_use]
pub fn is_fresh<P: Platform>(ctx: &Context<'_, P>, me: &SignedIn) -> bool {
    me.signed_in_at > ctx.now().minus(FRESH)
}

/// Begins to set it up, for whoever is signed in and has typed their password within five minutes, or does so now: whoever found
/// a browser that was left open must not tie the account to a telephone of theirs. The secret is for their app.
///
/// # Errors
/// `mfa_already_enabled` where there is one; `reauthentication_required` without the password that is needed.
pub async fn begin<P: Platform>(
    ctx: &Context<'_, P>,
    session: &str,
    password: Option<&str>,
) -> Result<(SignedIn, Secret)> {
    let me = accounts::signed_in(ctx.platform, session, ctx.now()).await?;
    let me = me.ok_or_else(|| Error::from(Code::Unauthenticated))?;
    if me.mfa_enabled_at.is_some() {
        return Err(Code::MfaAlreadyEnabled.into());
    }
    let shown = match password {
        Some(password) => Some(again(ctx, session, password, None).await?),
        None if is_fresh(ctx, &me) => None,
        None => {
            let detail = Code::ReauthenticationRequired.detail();
            return Err(Error::field("/password", Code::ReauthenticationRequired, detail));
        }
    };
    let secret = Secret::new(ctx.platform.random());
    let whose = me.user_id.to_string();
    let sealed = ctx
        .config
        .keys
        .seal(&whose, secret.bytes(), ctx.platform.random())
        .ok_or_else(|| Error::Internal("a secret was not sealed".to_owned()))?;
    let mut batch = vec![second_factors::begin(me.user_id, &sealed, ctx.now())];
    batch.extend(shown.map(|shown| shown.settle()));
    let begun = ctx.platform.batch(batch).await?;
    if begun.first().is_some_and(ResultSet::any) {
        Ok((me, secret))
    } else {
        Err(Code::MfaAlreadyEnabled.into())
    }
}

/// Who is signed in, and the secret that they began to set up.
pub async fn begun<P: Platform>(
    ctx: &Context<'_, P>,
    session: &str,
) -> Result<Option<(SignedIn, Option<(Secret, String)>)>> {
    let batch = vec![accounts::select_signed_in(session, ctx.now()), select_begun(ctx, session)];
    let results = ctx.platform.batch(batch).await?;
    let Some(me) = ResultSet::row_of::<SignedIn>(results.first())? else { return Ok(None) };
    let begun = ResultSet::row_of::<Begun>(results.last())?;
    let secret = begun.and_then(|begun| Some((open(ctx, me.user_id, &begun.secret)?, begun.secret)));
    Ok(Some((me, secret)))
}

/// Reads the secret that somebody began to set up, for a page that reads more.
#[must_use]
pub fn select_begun<P: Platform>(ctx: &Context<'_, P>, session: &str) -> Statement {
    let now = ctx.now();
    second_factors::begun(session, now.minus(SET_UP), now)
}

/// Opens an account's sealed secret; nothing if its root key is gone.
#[must_use]
pub fn open<P>(ctx: &Context<'_, P>, user: UserId, sealed: &str) -> Option<Secret> {
    Secret::of(&ctx.config.keys.unseal(&user.to_string(), sealed)?)
}

/// Turns it on with the app's first code. Answers the recovery codes, which are told this once.
///
/// # Errors
/// `mfa_not_begun`, `mfa_already_enabled`, `invalid_code`.
pub async fn confirm<P: Platform>(ctx: &Context<'_, P>, session: &str, code: &str) -> Result<Vec<String>> {
    let (me, begun) = begun(ctx, session).await?.ok_or_else(|| Error::from(Code::Unauthenticated))?;
    if me.mfa_enabled_at.is_some() {
        return Err(Code::MfaAlreadyEnabled.into());
    }
    let (secret, sealed) = begun.ok_or_else(|| Error::from(Code::MfaNotBegun))?;
    let now = ctx.now();
    let Some(Typed::Totp(code)) = Typed::read(code) else { return Err(wrong_first_code()) };
    let step = secret.step_of(&code, 0, now).ok_or_else(wrong_first_code)?;
    let (codes, recovery) = recovery_codes(ctx);
    let by = Confirmation {
        user: me.user_id,
        sealed: &sealed,
        step,
        session,
        recovery,
        told: ctx.id(),
        now,
        requeue_at: lost_at(now),
    };
    let results = ctx.platform.batch(second_factors::confirm(&by)).await?;
    if !results.first().is_some_and(ResultSet::any) {
        // Begun anew, or turned on, since it was read.
        return Err(Code::MfaNotBegun.into());
    }
    ctx.platform.enqueue(by.told);
    Ok(codes)
}

/// New recovery codes, and their digests as JSON.
fn recovery_codes<P: Platform>(ctx: &Context<'_, P>) -> (Vec<String>, String) {
    let entropy: Vec<[u8; _]> = (0..RECOVERY_CODES).map(|_| ctx.platform.random()).collect();
    let digests: Vec<String> = entropy.iter().map(|bytes| crate::domain::secret::digest(bytes)).collect();
    (entropy.into_iter().map(recovery_code).collect(), json!(digests).to_string())
}

/// Other recovery codes in the place of those there were, for whoever shows again who they are. They are told this once.
///
/// # Errors
/// `mfa_not_enabled`; what [`again`]'s are.
pub async fn renew<P: Platform>(
    ctx: &Context<'_, P>,
    session: &str,
    password: &str,
    code: Option<&str>,
) -> Result<Vec<String>> {
    let shown = again(ctx, session, password, code).await?;
    let step = shown.step().ok_or_else(|| Error::from(Code::MfaNotEnabled))?;
    let (codes, recovery) = recovery_codes(ctx);
    let now = ctx.now();
    let by = Renewal {
        user: shown.me.user_id,
        password_hash: &shown.hash,
        step,
        recovery,
        told: ctx.id(),
        now,
        requeue_at: lost_at(now),
    };
    let mut batch = Vec::from(second_factors::renew(&by));
    batch.push(shown.settle());
    let results = ctx.platform.batch(batch).await?;
    if !results.first().is_some_and(ResultSet::any) {
        // Of two requests with one code, the other came first.
        return Err(wrong_code());
    }
    ctx.platform.enqueue(by.told);
    Ok(codes)
}

/// Lets somebody in whose sign-in waits for their second factor: `waiting` is its digest.
///
/// # Errors
/// `unauthenticated` where nothing waits, `rate_limited` after too many tries, `invalid_code`.
pub async fn pass<P: Platform>(ctx: &Context<'_, P>, waiting: &str, code: &str) -> Result<Entry> {
    let now = ctx.now();
    let typed = Typed::read(code);
    let batch = second_factors::ask_waiting(waiting, now.minus(TRIES_IN), now);
    let results = ctx.platform.batch(batch.into()).await?;
    let [asked, waits] = results.as_slice() else {
        return Err(Error::Internal("two results".to_owned()));
    };
    let Some(asked) = asked.first::<Asked>()? else {
        return Err(if waits.any() { too_many() } else { Code::Unauthenticated.into() });
    };
    let beginning = Beginning::new(ctx);
    let proof = proof(ctx, &asked, typed.as_ref())?.ok_or_else(wrong_code)?;
    let told = ctx.id();
    let now = beginning.now();
    // So that an older root key can be dropped once everybody has signed in.
    let resealed = Some(&asked).filter(|asked| !ctx.config.keys.is_newest(&asked.secret)).and_then(|asked| {
        let secret = open(ctx, asked.user_id, &asked.secret)?;
        ctx.config.keys.seal(&asked.user_id.to_string(), secret.bytes(), ctx.platform.random())
    });
    let mut batch = second_factors::pass(
        beginning.session(),
        waiting,
        &asked.secret,
        resealed.as_deref(),
        proof,
        told,
        lost_at(now),
    );
    batch.extend([beginning.notice(), accounts::select_signed_in(&beginning.session().digest, now)]);
    let results = ctx.platform.batch(batch).await?;
    let me = ResultSet::row_of::<SignedIn>(results.last())?.ok_or_else(wrong_code)?;
    if matches!(proof, Proof::Recovery(_)) {
        ctx.platform.enqueue(told);
    }
    beginning.send_notice(ctx, results.iter().nth_back(1));
    Ok(beginning.of(me))
}

/// What was typed, if it can be right: of a recovery code only the write that uses it knows.
fn proof<'a, P: Platform>(
    ctx: &Context<'_, P>,
    asked: &Asked,
    typed: Option<&'a Typed>,
) -> Result<Option<Proof<'a>>> {
    let secret = open(ctx, asked.user_id, &asked.secret)
        .ok_or_else(|| Error::Internal("a second factor was sealed with a root key that is gone".to_owned()));
    Ok(match typed {
        Some(Typed::Totp(code)) => secret?.step_of(code, asked.last_step, ctx.now()).map(Proof::Step),
        // Works without the root key too.
        Some(Typed::Recovery(digest)) => Some(Proof::Recovery(digest)),
        None => None,
    })
}

/// Turns it off, for a code of the app or a recovery code: whoever has only the password must not get rid of what guards it.
///
/// # Errors
/// `mfa_not_enabled`, `rate_limited`, `invalid_code`.
pub async fn remove<P: Platform>(ctx: &Context<'_, P>, session: &str, code: &str) -> Result<()> {
    let now = ctx.now();
    let batch = vec![
        accounts::select_signed_in(session, now),
        second_factors::ask_signed_in(session, now.minus(TRIES_IN), now),
        accounts::select_credentials_of(session, now),
    ];
    let results = ctx.platform.batch(batch).await?;
    let [me, asked, credentials] = results.as_slice() else {
        return Err(Error::Internal("three results".to_owned()));
    };
    let me: SignedIn = me.first()?.ok_or_else(|| Error::from(Code::Unauthenticated))?;
    if me.mfa_enabled_at.is_none() {
        return Err(Code::MfaNotEnabled.into());
    }
    let asked: Asked = asked.first()?.ok_or_else(too_many)?;
    let hash = credentials.first::<accounts::Credentials>()?.and_then(|account| account.password_hash);
    let typed = Typed::read(code).ok_or_else(wrong_code)?;
    let proof = proof(ctx, &asked, Some(&typed))?.ok_or_else(wrong_code)?;
    let (told, now) = (ctx.id(), ctx.now());
    let batch = second_factors::remove(
        told,
        me.user_id,
        proof,
        hash.as_deref().unwrap_or_default(),
        now,
        lost_at(now),
    );
    let results = ctx.platform.batch(batch.into()).await?;
    if !results.first().is_some_and(ResultSet::any) {
        return Err(wrong_code());
    }
    ctx.platform.enqueue(told);
    Ok(())
}

/// The password that somebody who is signed in typed is not theirs.
#[must_use]
pub fn wrong_password() -> Error {
    let detail = "This is not your password. Check it, and try again.";
    Error::field("/password", Code::InvalidCredentials, detail)
}

/// While it is set up there are no recovery codes yet, and the app may be about another account.
fn wrong_first_code() -> Error {
    let detail = "This code does not match. Type the six digits that your app shows now for this account; if they stay wrong, check that your phone's clock sets itself.";
    Error::field("/code", Code::InvalidCode, detail)
}

pub(super) fn wrong_code() -> Error {
    let detail = "This code does not match. Type the one that your app shows now: each works once. A recovery code works once too.";
    Error::field("/code", Code::InvalidCode, detail)
}

pub(super) fn too_many() -> Error {
    let seconds = u32::try_from(TRIES_IN.as_secs()).ok();
    Error::from(Refusal {
        retry_after: seconds,
        ..Refusal::new(Code::RateLimited).because(
            "Too many codes were tried. Wait an hour, or choose a new password, which lets you try again.",
        )
    })
}

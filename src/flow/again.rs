//! Showing again who one is: whoever is signed in types their password, and a code where their account asks for one, before
//! what a session alone must not do.

use crate::domain::password;
use crate::domain::second_factor::{Secret, Typed};
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::flow::second_factor::{TRIES_IN, is_fresh, open, too_many, wrong_code, wrong_password};
use crate::flow::sign_in::GUESSES_COUNT;
use crate::platform::{Limit, Platform, ResultSet, Statement};
use crate::store::accounts::{self, Credentials, SignedIn};
use crate::store::guesses::{self, Wait};
use crate::store::second_factors::{self, Asked, Step};

/// Somebody who has shown it. What they then do is written only while the password is still that of the hash, and the code not
/// yet taken.
pub struct Again {
    /// Who.
    pub me: SignedIn,
    /// The hash of their password.
    pub hash: String,
    factor: Option<(String, i64)>,
}

impl Again {
    /// Forgets the guesses before this password, in the batch of what they do.
    #[must_use]
    pub fn settle(&self) -> Statement {
        guesses::settle(&self.me.user_id.to_string())
    }

    /// The code that was typed, where their account asks for one.
    #[must_use]
    pub fn step(&self) -> Option<Step<'_>> {
        self.factor.as_ref().map(|(sealed, number)| Step { sealed, number: *number })
    }
}

/// Whether a guess of whoever is signed in at their own password may be looked at: what came of
/// [`guesses::count_own`](crate::store::guesses::count_own), at this moment.
///
/// # Errors
/// `rate_limited`, with how long they wait.
pub fn check_counted(counted: &ResultSet, wait: &ResultSet, now: Timestamp) -> Result<()> {
    if counted.any() {
        return Ok(());
    }
    Err(Error::slow_down_until(wait.first::<Wait>()?.map_or(now, |wait| wait.next_at), now))
}

/// Checks what whoever holds this session typed. Guesses are counted for the account, before they are looked at, and nobody
/// without a session adds to them. Of codes those of the app are taken; whoever lost it turns the second factor off first.
///
/// # Errors
/// `required`, `invalid_credentials`, `invalid_code`, each with its pointer; `rate_limited`.
pub async fn again<P: Platform>(
    ctx: &Context<'_, P>,
    session: &str,
    password: &str,
    code: Option<&str>,
) -> Result<Again> {
    let now = ctx.now();
    let [count, wait] = guesses::count_own(session, code.is_some(), now.minus(GUESSES_COUNT), now);
    let mut batch = vec![
        count,
        wait,
        accounts::select_signed_in(session, now),
        accounts::select_credentials_of(session, now),
    ];
    if code.is_some() {
        batch.push(second_factors::ask_signed_in(session, now.minus(TRIES_IN), now));
    }
    let results = ctx.platform.batch(batch).await?;
    let [counted, wait, me, credentials, asked @ ..] = results.as_slice() else {
        return Err(Error::Internal("four results".to_owned()));
    };
    let (Some(me), Some(credentials)) = (me.first::<SignedIn>()?, credentials.first::<Credentials>()?) else {
        return Err(Code::Unauthenticated.into());
    };
    if me.mfa_enabled_at.is_some() && code.is_none() {
        return Err(Error::field("/code", Code::Required, "Type the code that your app shows now."));
    }
    check_counted(counted, wait, now)?;
    let hash = check(ctx, &me, credentials, password).await?;
    let factor = match (me.mfa_enabled_at, asked.first()) {
        (Some(_), Some(asked)) => {
            let asked: Asked = asked.first()?.ok_or_else(too_many)?;
            let secret: Secret = open(ctx, me.user_id, &asked.secret).ok_or_else(|| {
                Error::Internal("a second factor was sealed with a root key that is gone".to_owned())
            })?;
            let Some(Typed::Totp(code)) = code.and_then(Typed::read) else { return Err(wrong_code()) };
            let step = secret.step_of(&code, asked.last_step, ctx.now()).ok_or_else(wrong_code)?;
            Some((asked.secret, step))
        }
        _ => None,
    };
    Ok(Again { me, hash, factor })
}

/// Asks whoever holds this session for their password, unless they typed it within five minutes: what outlives the session is
/// not for whoever found a browser that was left open.
///
/// # Errors
/// `reauthentication_required` and `invalid_credentials`, with the pointer of `/password`; `rate_limited`.
pub async fn unless_fresh<P: Platform>(
    ctx: &Context<'_, P>,
    session: &str,
    password: Option<&str>,
) -> Result<SignedIn> {
    let now = ctx.now();
    let mut batch =
        vec![accounts::select_signed_in(session, now), accounts::select_credentials_of(session, now)];
    if password.is_some() {
        batch.extend(guesses::count_own(session, true, now.minus(GUESSES_COUNT), now));
    }
    let results = ctx.platform.batch(batch).await?;
    let [me, credentials, counts @ ..] = results.as_slice() else {
        return Err(Error::Internal("two results".to_owned()));
    };
    let (Some(me), Some(credentials)) = (me.first::<SignedIn>()?, credentials.first::<Credentials>()?) else {
        return Err(Code::Unauthenticated.into());
    };
    match (password, counts) {
        (Some(password), [counted, wait]) => {
            check_counted(counted, wait, now)?;
            check(ctx, &me, credentials, password).await?;
            ctx.platform.run(guesses::settle(&me.user_id.to_string())).await?;
            Ok(me)
        }
        _ if is_fresh(ctx, &me) => Ok(me),
        _ => {
            let detail = Code::ReauthenticationRequired.detail();
            Err(Error::field("/password", Code::ReauthenticationRequired, detail))
        }
    }
}

/// Checks a password that somebody typed who is signed in already; answers its hash.
async fn check<P: Platform>(
    ctx: &Context<'_, P>,
    me: &SignedIn,
    credentials: Credentials,
    password: &str,
) -> Result<String> {
    if !ctx.platform.allows(Limit::Account, &format!("password:{}", me.user_id)).await {
        return Err(Error::slow_down());
    }
    let hash = credentials.password_hash.unwrap_or_default();
    if password::verify(password, Some(&hash)) { Ok(hash) } else { Err(wrong_password()) }
}

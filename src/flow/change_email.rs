//! Another address for whoever is signed in: begun with the password, proved by both mailboxes.
//!
//! A stolen session begins nothing, a stolen password moves nothing without the old mailbox, and a mistyped address gets
//! nothing without its holder. Beginning answers, writes and costs the same whether the new address has an account or not; its
//! mailbox alone is told.

use crate::domain::email_address::EmailAddress;
use crate::domain::email_link::{EmailLink, LIFETIME};
use crate::domain::quota;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::Context;
use crate::flow::again::again;
use crate::flow::second_factor::wrong_code;
use crate::jobs::lost_at;
use crate::platform::{Platform, ResultSet};
use crate::store::accounts;
use crate::store::email_changes::{self, Beginning, Obstacles, View};

/// Begins it, in the place of one that was begun before: both addresses are mailed a link.
///
/// # Errors
/// What [`again`]'s are; `email_unverified` where nobody proved the mailbox that the account has; `rate_limited` after five
/// in a day; `daily_limit` where the new address was mailed enough; `invalid_value` for the address that the account has.
pub async fn begin<P: Platform>(
    ctx: &Context<'_, P>,
    session: &str,
    email: &EmailAddress,
    password: &str,
    code: Option<&str>,
) -> Result<()> {
    let shown = again(ctx, session, password, code).await?;
    if shown.me.email_verified_at.is_none() {
        let detail = "Nobody has confirmed the address of this account yet. Have a link for a new password sent to it: using that confirms it. Then change it.";
        return Err(Refusal::new(Code::EmailUnverified).because(detail).into());
    }
    if shown.me.email.as_str() == email.as_str() {
        return Err(Error::field("/email", Code::InvalidValue, "This is your address already."));
    }
    let now = ctx.now();
    let by = Beginning {
        id: ctx.id(),
        user: shown.me.user_id,
        session: shown.me.session_id,
        password_hash: &shown.hash,
        step: shown.step(),
        email,
        mails: [ctx.id(), ctx.id()],
        now,
        expires_at: EmailLink::ends(now),
        requeue_at: lost_at(now),
        quota: ctx.config.quota,
    };
    let since = now.minus(LIFETIME);
    ctx.is_done_with_mail(by.mails[0]);
    let mut batch = email_changes::begin(&by, since);
    batch.extend([shown.settle(), email_changes::obstacles(&by, since)]);
    let results = ctx.platform.batch(batch).await?;
    if results.first().is_some_and(ResultSet::any) {
        ctx.platform.enqueue_all(&by.mails);
        return Ok(());
    }
    let obstacles = ResultSet::row_of::<Obstacles>(results.last())?;
    Err(if obstacles.as_ref().is_some_and(|obstacles| obstacles.too_many) {
        let detail =
            "You began to change your address five times since yesterday. Wait a day, then try again.";
        let retry_after = u32::try_from(LIFETIME.as_secs()).ok();
        Refusal { retry_after, ..Refusal::new(Code::RateLimited).because(detail) }.into()
    } else if obstacles.is_some_and(|obstacles| !obstacles.mailable) {
        quota::of_address(now)
    } else if by.step.is_some() {
        // Of two requests with one code, the other came first.
        wrong_code()
    } else {
        // Another password was set since.
        Code::Unauthenticated.into()
    })
}

/// Stops what whoever holds this session began.
///
/// # Errors
/// `unauthenticated`; `not_found` where nothing is under way.
pub async fn cancel_own<P: Platform>(ctx: &Context<'_, P>, session: &str) -> Result<()> {
    let now = ctx.now();
    let batch = vec![accounts::select_signed_in(session, now), email_changes::cancel_of(session, now)];
    let results = ctx.platform.batch(batch).await?;
    let [me, cancelled] = results.as_slice() else { return Err(Error::Internal("two results".to_owned())) };
    match (me.any(), cancelled.any()) {
        (false, _) => Err(Code::Unauthenticated.into()),
        (true, false) => Err(Code::NotFound.into()),
        (true, true) => Ok(()),
    }
}

/// What the holder of a link is told. Reads; changes nothing, whoever or whatever opens the link.
///
/// # Errors
/// `email_link_invalid` with no I/O, `email_change_over`.
pub async fn look<P: Platform>(ctx: &Context<'_, P>, token: &str) -> Result<(EmailLink, View)> {
    let now = ctx.now();
    let link = EmailLink::open(&ctx.config.keys, token, now)?;
    let view: Option<View> = ctx.platform.run(email_changes::view(&link, now)).await?.first()?;
    let view = view.filter(|view| view.usable || view.changed);
    Ok((link, view.ok_or_else(|| Error::from(Code::EmailChangeOver))?))
}

/// Proves the mailbox that the link was sent to. Answers what is so then: it is changed, or waits for the other mailbox.
///
/// # Errors
/// `email_link_invalid` with no I/O, `email_change_over`.
pub async fn confirm<P: Platform>(ctx: &Context<'_, P>, token: &str) -> Result<View> {
    let now = ctx.now();
    let link = EmailLink::open(&ctx.config.keys, token, now)?;
    let told = [ctx.id(), ctx.id()];
    let entry = ctx.entry(&"invitee");
    let mut batch = email_changes::prove(&link, told, &entry, lost_at(entry.at));
    batch.push(email_changes::view(&link, now));
    let results = ctx.platform.batch(batch).await?;
    if results.get(1).is_some_and(ResultSet::any) {
        ctx.platform.enqueue_all(&told);
    }
    let view: Option<View> = ResultSet::row_of(results.last())?;
    let view = view.filter(|view| view.usable || view.changed);
    view.ok_or_else(|| Code::EmailChangeOver.into())
}

/// Stops the change, by a link of either side.
///
/// # Errors
/// `email_link_invalid` with no I/O, `email_change_over`.
pub async fn cancel<P: Platform>(ctx: &Context<'_, P>, token: &str) -> Result<()> {
    let now = ctx.now();
    let link = EmailLink::open(&ctx.config.keys, token, now)?;
    let cancelled = ctx.platform.run(email_changes::cancel(&link, now)).await?;
    if cancelled.any() { Ok(()) } else { Err(Code::EmailChangeOver.into()) }
}

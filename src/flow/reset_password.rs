//! A forgotten password: asking for a link, and setting a new one with it, which also signs in.
//!
//! Asking answers, writes and costs the same whether the address has an account or not: the mail is a job, and for an address
//! without one it is a job to nobody.

use crate::domain::email_address::EmailAddress;
use crate::domain::keys::Opened;
use crate::domain::reset_link::{LIFETIME, ResetLink};
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::sign_in::{Beginning, Entry};
use crate::flow::{Context, check_password, hash_password};
use crate::jobs::lost_at;
use crate::platform::{Limit, Platform, ResultSet};
use crate::store::account_mails::{self, Notice};
use crate::store::reset::{self, View};
use crate::store::sessions;

/// Asks for a link to be mailed to the holder of this address, if there is one.
pub async fn ask<P: Platform>(ctx: &Context<'_, P>, email: &EmailAddress) -> Result<()> {
    // Counted by address, whether or not it has an account; whoever asks too often is told the same as ever.
    if !ctx.platform.allows(Limit::Account, &format!("password-reset:{}", email.key())).await {
        return Ok(());
    }
    let (id, now) = (ctx.id(), ctx.now());
    ctx.is_done_with_mail(id);
    ctx.platform.run(account_mails::ask(id, email, now.minus(LIFETIME), now, lost_at(now))).await?;
    ctx.platform.enqueue(id);
    Ok(())
}

/// Reads a token, with no I/O; nothing if it is none of these.
///
/// # Errors
/// `password_link_expired` for one that is over.
pub fn open<P: Platform>(ctx: &Context<'_, P>, token: &str) -> Result<Option<ResetLink>> {
    match ResetLink::open(&ctx.config.keys, token, ctx.now()) {
        Opened::Live(link) => Ok(Some(link)),
        Opened::Expired(..) => Err(ask_again(Code::PasswordLinkExpired)),
        Opened::Forged => Ok(None),
    }
}

/// What the holder of a link is told. Reads; changes nothing, whoever or whatever opens the link.
pub async fn look<P: Platform>(ctx: &Context<'_, P>, link: &ResetLink) -> Result<View> {
    let view: Option<View> = ctx.platform.run(reset::view(link)).await?.first()?;
    let view = view.ok_or_else(|| Error::from(Code::PasswordLinkInvalid))?;
    if view.usable { Ok(view) } else { Err(ask_again(Code::PasswordLinkUsed)) }
}

/// Sets the password, once: every session ends, the mailbox is proved, its holder is told, and one session begins, or waits
/// for the second factor if the account has one.
pub async fn set<P: Platform>(
    ctx: &Context<'_, P>,
    link: &ResetLink,
    view: &View,
    password: &str,
) -> Result<Entry> {
    check_password(password, &view.known)?;
    let hash = hash_password(ctx, password)?;
    let beginning = Beginning::new(ctx);
    let (now, told) = (beginning.now(), ctx.id());
    let mut batch = vec![
        reset::set(link, &hash, now),
        sessions::end_others(link.user_id, None, &hash, now),
        account_mails::tell(told, link.user_id, Notice::PasswordChanged, &hash, now, lost_at(now)),
    ];
    batch.extend(beginning.statements(link.user_id, &hash));
    let results = ctx.platform.batch(batch).await?;
    // It was looked at a moment ago, and somebody used it, or another one, since.
    if !results.first().is_some_and(ResultSet::any) {
        return Err(ask_again(Code::PasswordLinkUsed));
    }
    ctx.platform.enqueue(told);
    beginning
        .entry(&results)?
        .ok_or_else(|| Error::Internal("a password was set and nobody is signed in".to_owned()))
}

/// The link sets nothing any more; whose it is asks for another themselves.
fn ask_again(code: Code) -> Error {
    let detail = match code {
        Code::PasswordLinkExpired => "It worked for 30 minutes. Ask for a new one, and use the newest.",
        _ => {
            "Your password was changed since this link was made. Sign in with the new one, or ask for another link."
        }
    };
    Refusal::new(code).because(detail).into()
}

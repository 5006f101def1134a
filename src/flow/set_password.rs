//! Setting a password with a link, which also signs in.
//!
//! What the link proves decides what the account is afterwards (design, "Who is accepting"): a mailed one proves the mailbox,
//! and whatever anybody set up before that is dropped; a copied one leaves the account confined to the organization that gave
//! it out. Memberships stay either way.

use crate::domain::password_link::PasswordLink;
use crate::error::{Code, Error, Result};
use crate::flow::sign_in::{Beginning, Entry};
use crate::flow::{Context, check_password, hash_password};
use crate::platform::{Platform, ResultSet};
use crate::store::audit;
use crate::store::passwords::{self, View};

/// What the holder of a link is told. Reads; changes nothing, whoever or whatever opens the link.
///
/// # Errors
/// `password_link_invalid` and `password_link_expired`, both with no I/O.
pub async fn look<P: Platform>(ctx: &Context<'_, P>, token: &str) -> Result<(PasswordLink, View)> {
    let link = PasswordLink::open(&ctx.config.keys, token, ctx.now())?;
    let view: Option<View> = ctx.platform.run(passwords::view(&link)).await?.first()?;
    Ok((link, view.ok_or_else(|| Error::from(Code::PasswordLinkInvalid))?))
}

/// Sets the password, once, and begins a session, or the wait for the second factor that the account has.
pub async fn set_password<P: Platform>(
    ctx: &Context<'_, P>,
    link: &PasswordLink,
    view: &View,
    password: &str,
) -> Result<Entry> {
    if !view.usable {
        return Err(Code::PasswordLinkUsed.into());
    }
    check_password(password, &view.known)?;
    let hash = hash_password(ctx, password)?;
    let beginning = Beginning::new(ctx);
    let now = beginning.now();
    let entry = audit::Entry { at: now, ..ctx.entry(&"invitee") };
    let mut batch = vec![passwords::set(link, &hash, now)];
    batch.extend(passwords::settle(link, &hash, &entry, now));
    batch.extend(beginning.statements(link.user_id, &hash));
    let results = ctx.platform.batch(batch).await?;
    // It was looked at a moment ago, and somebody used it since.
    if !results.first().is_some_and(ResultSet::any) {
        return Err(Code::PasswordLinkUsed.into());
    }
    beginning
        .entry(&results)?
        .ok_or_else(|| Error::Internal("a password was set and nobody is signed in".to_owned()))
}

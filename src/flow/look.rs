//! Looking at an invitation through its link. Reads; changes nothing, whoever or whatever opens the link.

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::InvitationId;
use crate::domain::keys::Opened;
use crate::domain::link::Link;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::json;
use crate::platform::Platform;
use crate::store::view::{self, View};

/// How long KV may keep what the page shows: the least it can. Whatever changes the page also drops the copy, but a slow
/// reader may put back what it read before the change.
const LANDING_SECONDS: u64 = 60;

/// Reads a token with no I/O.
///
/// # Errors
/// `invitation_invalid` for anything that is not a token of ours, `invitation_expired` for one that is over.
pub fn open<P: Platform>(ctx: &Context<'_, P>, token: &str) -> Result<Link> {
    match Link::open(&ctx.config.keys, token, ctx.now()) {
        Opened::Live(link) => Ok(link),
        Opened::Expired(..) => Err(Code::InvitationExpired.into()),
        Opened::Forged => Err(Code::InvitationInvalid.into()),
    }
}

/// What the holder of a link sees, as it is now, with who is signed in on their browser (a session's digest), and the
/// address that they typed, where the link names none.
pub async fn look<P: Platform>(
    ctx: &Context<'_, P>,
    link: &Link,
    session: Option<&str>,
    typed: Option<&EmailAddress>,
) -> Result<View> {
    let found = ctx.platform.run(view::select(link, session, typed, ctx.now())).await?;
    found.first()?.ok_or_else(|| Error::from(Code::InvitationInvalid))
}

/// What somebody who is not signed in sees: from KV if it has a copy, which may be a minute old. For the page only;
/// nothing is decided from it.
pub async fn landing<P: Platform>(ctx: &Context<'_, P>, link: &Link) -> Result<View> {
    let key = landing_key(link.invitation_id, link.ver);
    let copy = ctx.platform.get(&key).await.and_then(|copy| json::row::<View>(&copy).ok());
    // A link that was copied after a change tells that KV's copy is from before it.
    if let Some(view) = copy.filter(|view| link.given <= view.invitation.given) {
        return Ok(view);
    }
    let view = look(ctx, link, None, None).await?;
    if let Ok(copy) = serde_json::to_string(&view) {
        ctx.platform.put(&key, &copy, LANDING_SECONDS).await;
    }
    Ok(view)
}

/// Drops the page's copy: what it shows has changed.
pub async fn forget<P: Platform>(ctx: &Context<'_, P>, invitation: InvitationId, ver: i64) {
    ctx.platform.forget(&landing_key(invitation, ver)).await;
}

fn landing_key(invitation: InvitationId, ver: i64) -> String {
    format!("landing:{invitation}:{ver}")
}

//! The link to set a password, for whoever added somebody to hand over (S3-09).

use crate::domain::authority::Actor;
use crate::domain::ids::MemberId;
use crate::domain::link::Via;
use crate::domain::password_link::PasswordLink;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::flow::{Context, check_still_acts};
use crate::platform::Platform;
use crate::store::acting::Acting;
use crate::store::audit;
use crate::store::passwords::{self, Holder};
use crate::web::route::Route;

/// Gives out the link, for an account that has no password and that nobody proved: whoever holds it sets the password, so
/// it is for those who may invite somebody of this rank, and is audited. The link itself is nowhere kept.
pub async fn copy<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    member: MemberId,
    holder: &Holder,
) -> Result<(String, Timestamp)> {
    if !actor.may_invite(holder.role) {
        return Err(Code::Forbidden.into());
    }
    if holder.removed_at.is_some() {
        return Err(Code::MemberNotActive.into());
    }
    let now = ctx.now();
    let expires_at = PasswordLink::ends(Via::Copy, now);
    let entry = audit::Entry { at: now, ..ctx.entry(&actor.member_id) };
    let by = Acting::of(actor);
    let batch = vec![passwords::copied(member, holder, &by, &entry, expires_at), by.select()];
    let results = ctx.platform.batch(batch).await?;
    let [copied, acts] = results.as_slice() else {
        return Err(Error::Internal("two results".to_owned()));
    };
    if !copied.any() {
        check_still_acts(&by, acts)?;
        return Err(Code::PasswordAlreadySet.into());
    }
    let link = PasswordLink {
        user_id: holder.user_id,
        organization_id: actor.organization_id,
        ver: holder.password_ver,
        via: Via::Copy,
    };
    Ok((Route::Reset(link.sign(&ctx.config.keys, expires_at)).url(&ctx.config.origin), expires_at))
}

//! The link to set a password, for whoever added somebody to hand over (S3-09).

use crate::domain::authority::{Actor, Reach};
use crate::domain::link::Via;
use crate::domain::password_link::{Of, PasswordLink};
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::flow::{Context, check_still_acts};
use crate::platform::Platform;
use crate::store::acting::Acting;
use crate::store::audit;
use crate::store::members::{Member, Status};
use crate::store::passwords::{self, Version};
use crate::web::route::Route;

/// Gives out the link, for an account that nobody proved and that has no password of this organization's: whoever holds it
/// sets the password and is that person. So it is for those who may invite somebody of this rank and could give them what
/// they have, and is audited. The link itself is nowhere kept.
pub async fn copy<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    member: Member,
    version: Version,
) -> Result<(String, Timestamp)> {
    if !actor.may_invite(member.role) {
        return Err(Code::Forbidden.into());
    }
    if member.status == Status::Removed {
        return Err(Code::MemberNotActive.into());
    }
    let (user_id, of) = (member.user.id, Of { member_id: member.id, role: member.role });
    if !could_have_given(actor, member) {
        return Err(Code::BeyondYourAccess.into());
    }
    let now = ctx.now();
    let expires_at = PasswordLink::ends(Via::Copy, now);
    let entry = audit::Entry { at: now, ..ctx.entry(&actor.member_id) };
    let by = Acting::of(actor);
    let batch = vec![passwords::copied(of.member_id, version, &by, &entry, expires_at), by.select()];
    let results = ctx.platform.batch(batch).await?;
    let [copied, acts] = results.as_slice() else {
        return Err(Error::Internal("two results".to_owned()));
    };
    if !copied.any() {
        check_still_acts(&by, acts)?;
        return Err(Code::PasswordAlreadySet.into());
    }
    let link = PasswordLink {
        user_id,
        organization_id: actor.organization_id,
        ver: version.password_ver,
        via: Via::Copy,
        of: Some(of),
    };
    Ok((Route::Reset(link.sign(&ctx.config.keys, expires_at)).url(&ctx.config.origin), expires_at))
}

/// Whether the actor could give somebody everything that they have. Nobody who is in none of the actor's workspaces is theirs.
fn could_have_given(actor: &Actor, member: Member) -> bool {
    let (role, catalog) = (member.role, &actor.template.catalog);
    let somewhere = matches!(actor.reach, Reach::Everything) || !member.workspaces.is_empty();
    somewhere
        && member
            .workspaces
            .into_iter()
            .all(|place| actor.may_grant(role, &[place.id], &place.access.read(catalog)))
}

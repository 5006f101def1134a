//! The link to set a password, for whoever added somebody to hand over (S3-09).

use crate::domain::authority::{Actor, Reach};
use crate::domain::link::Via;
use crate::domain::password_link::{Of, PasswordLink};
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::flow::access::check_scope;
use crate::flow::members::TRIES;
use crate::flow::{Context, check_still_acts};
use crate::platform::Platform;
use crate::store::acting::Acting;
use crate::store::audit;
use crate::store::members::{self, MOST_PLACES, Member, Status};
use crate::store::passwords::{self, Version};
use crate::web::route::Route;

/// Gives out the link, for an account that nobody proved and that has no password of this organization's: whoever holds it
/// sets the password and is that person. So it is for those who may invite somebody of this rank and could give them what
/// they have, and is audited; if that was changed meanwhile, it is decided anew. The link itself is nowhere kept.
pub async fn copy<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    mut member: Member,
    mut version: Version,
) -> Result<(String, Timestamp)> {
    for _ in 0..TRIES {
        match attempt(ctx, actor, member, version).await? {
            Attempt::Given(url, expires_at) => return Ok((url, expires_at)),
            Attempt::Overtaken(now) => (member, version) = *now,
        }
    }
    Err(Error::slow_down())
}

enum Attempt {
    Given(String, Timestamp),
    /// What they are, or have, was changed in between; this is how it is now.
    Overtaken(Box<(Member, Version)>),
}

async fn attempt<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    member: Member,
    version: Version,
) -> Result<Attempt> {
    if !actor.may_invite(member.role) {
        return Err(Code::Forbidden.into());
    }
    check_scope(actor, member.role)?;
    if member.status == Status::Removed {
        return Err(Code::MemberNotActive.into());
    }
    let user_id = member.user.id;
    let of = Of { member_id: member.id, role: member.role, access_rev: version.access_rev };
    if !could_have_given(actor, member) {
        return Err(Code::BeyondYourAccess.into());
    }
    let now = ctx.now();
    let expires_at = PasswordLink::ends(Via::Copy, now);
    let entry = audit::Entry { at: now, ..ctx.entry(&actor.principal) };
    let by = Acting::of(actor);
    let batch = vec![
        passwords::copied(of, version.password_ver, &by, &entry, expires_at),
        members::select(of.member_id),
        passwords::version(of.member_id),
        by.select(),
    ];
    let results = ctx.platform.batch(batch).await?;
    let [copied, member, latest, acts] = results.as_slice() else {
        return Err(Error::Internal("four results".to_owned()));
    };
    if !copied.any() {
        check_still_acts(&by, acts)?;
        let (Some(member), Some(latest)) = (member.first::<Member>()?, latest.first::<Version>()?) else {
            return Err(Code::NotFound.into());
        };
        if (member.role, member.status, latest) != (of.role, Status::Active, version) {
            return Ok(Attempt::Overtaken(Box::new((member, latest))));
        }
        return Err(Code::PasswordAlreadySet.into());
    }
    let link = PasswordLink {
        user_id,
        organization_id: actor.organization_id,
        ver: version.password_ver,
        via: Via::Copy,
        of: Some(of),
    };
    let url = Route::Reset(link.sign(&ctx.config.keys, expires_at)).url(&ctx.config.origin);
    Ok(Attempt::Given(url, expires_at))
}

/// Whether the actor could give somebody everything that they have. Nobody who is in none of the actor's workspaces is theirs.
fn could_have_given(actor: &Actor, member: Member) -> bool {
    let (role, catalog) = (member.role, &actor.template.catalog);
    // What there is beyond those that are read, nobody has looked at.
    let all_known = (1..=MOST_PLACES).contains(&member.workspaces.len());
    let somewhere = matches!(actor.reach, Reach::Everything) || all_known;
    somewhere
        && member
            .workspaces
            .into_iter()
            .all(|place| actor.may_grant(role, &[place.id], &place.access.read(catalog)))
}

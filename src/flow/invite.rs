//! Inviting: somebody by their address, or many people by one link. The invitation, its reservation of a seat and its
//! e-mail's job are one batch.

use std::time::Duration;

use crate::domain::access::Access;
use crate::domain::authority::{Actor, Authority};
use crate::domain::email_address::EmailAddress;
use crate::domain::invitation::Delivery;
use crate::domain::offer::Offer;
use crate::domain::quota;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::access::{Wanted, check_scope, resolve};
use crate::flow::{Context, check_still_acts};
use crate::jobs::lost_at;
use crate::platform::Platform;
use crate::store::access::Columns;
use crate::store::acting::Acting;
use crate::store::invitations::{New, Record};
use crate::store::obstacles::{self, Asked, Obstacles};
use crate::store::{audit, invitations, jobs};

/// What the inviter said.
#[derive(Debug)]
pub struct Invite {
    /// Whom; nobody in particular is a link for many.
    pub email: Option<EmailAddress>,
    /// To what.
    pub offer: Offer<Wanted>,
    /// How long it lives, if not as the policy says.
    pub lifetime: Option<Duration>,
    /// How many may come in by a link; `None` is any number.
    pub max_uses: Option<i64>,
    /// Whether an e-mail goes out (S3-08).
    pub send_email: bool,
}

/// Invites. Refuses a role the actor may not invite, an address that has an open invitation or is a member's, what is not
/// this organization's, more than the actor or the plan may give, and one person more than there are seats.
pub async fn invite<P: Platform>(ctx: &Context<'_, P>, actor: &Actor, invite: Invite) -> Result<Record> {
    let Invite { email, mut offer, .. } = invite;
    if !actor.may_invite(offer.role) {
        return Err(role_not_allowed(actor, offer.role));
    }
    check_scope(actor, offer.role)?;
    if email.is_none() && offer.role != Role::Client {
        return Err(link_for_clients());
    }
    offer.workspaces = actor.workspaces_meant(offer.workspaces);
    let (place, wanted) = (offer.workspaces.as_deref(), std::mem::take(&mut offer.access));
    let access = resolve(ctx, actor, offer.role, place, Access::default(), wanted).await?;
    let now = ctx.now();
    let life = if email.is_some() { actor.policy.email_lifetime } else { actor.policy.link_lifetime };
    let lifetime = invite.lifetime.unwrap_or(Duration::from_secs(life.default));
    let new = New {
        id: ctx.id(),
        organization_id: actor.organization_id,
        max_uses: if email.is_some() { Some(1) } else { invite.max_uses },
        queued: email.is_some() && invite.send_email,
        email,
        customized: access.is_custom_for(offer.role),
        offer: offer.of(Columns::of(&access, actor.template)),
        expires_at: now.plus(lifetime).whole_seconds(),
        invited_by: actor.principal.member(),
    };
    let by = Acting::of(actor);
    let job = ctx.id();
    let mut batch = Vec::new();
    if let Some(email) = &new.email {
        batch.push(invitations::stamp_lapsed_of(new.organization_id, email, now));
    }
    batch.push(invitations::insert(&new, &by, ctx.config.quota, now));
    batch.push(invitations::insert_workspaces(&new));
    if new.queued {
        batch.push(jobs::insert_invitation_email(job, new.id, now, lost_at(now)));
    }
    batch.extend([
        audit::of_invitation(ctx.entry(&actor.principal), new.id, audit::Event::Created),
        invitations::select(new.id),
        obstacles::select(&Asked {
            organization: new.organization_id,
            email: new.email.as_ref(),
            workspaces: new.offer.workspaces.as_deref(),
            grants: &new.offer.access.grants,
            mailed: new.email.as_ref().filter(|_| new.queued),
            quota: ctx.config.quota,
            now,
            except: None,
            unless: Some(new.id),
        }),
        by.select(),
    ]);
    let results = ctx.platform.batch(batch).await?;
    let [.., record, obstacles, acts] = results.as_slice() else {
        return Err(Error::Internal("an invitation, its obstacles and its maker".to_owned()));
    };
    if let Some(record) = record.first::<Record>()? {
        // To somebody who reported an earlier e-mail none goes out.
        if record.delivery == Delivery::Queued {
            ctx.platform.enqueue(job);
        }
        return Ok(record);
    }
    check_still_acts(&by, acts)?;
    Err(match obstacles.first::<Obstacles>()? {
        Some(obstacles) => refusal_of(&obstacles, &Authority::Member(actor.clone()), new.customized, now),
        None => Code::NotFound.into(),
    })
}

/// Nobody is invited in this role, or not by this actor.
pub(super) fn role_not_allowed(actor: &Actor, role: Role) -> Error {
    let refusal = Refusal::new(Code::RoleNotAllowed);
    let whom_to_ask = match (role, actor.role) {
        (Role::Owner, _) => {
            "Nobody is invited as the owner. Choose another role; later the owner can transfer the ownership to them."
        }
        (_, Role::Owner) => "Nobody is invited in this role here. Choose another role.",
        (_, Role::Admin) => {
            "You may not invite somebody in this role. Choose another role, or ask the owner."
        }
        _ => return refusal.into(),
    };
    refusal.because(whom_to_ask).into()
}

/// A link is bound to nobody, so it lets in nobody who could do harm.
pub(super) fn link_for_clients() -> Error {
    Refusal::new(Code::RoleNotAllowed)
        .because(
            "A link lets in whoever has it, so it is for clients only. Invite staff one by one, by e-mail.",
        )
        .into()
}

/// Says which guard refused, from what was read in the same batch. `customized`: a client's own list of permissions was
/// asked for.
pub(super) fn refusal_of(obstacles: &Obstacles, by: &Authority, customized: bool, now: Timestamp) -> Error {
    if let Some(place) = obstacles.foreign_workspace {
        return foreign_workspace(place);
    }
    if let Some(place) = obstacles.foreign_resource {
        return foreign_resource(place);
    }
    if let Some(refusal) = taken(obstacles, by) {
        return refusal.into();
    }
    if customized && !obstacles.may_customize {
        return Code::PlanFeatureRequired.into();
    }
    if obstacles.trial_ends_at.is_some_and(|end| end <= now) {
        return Code::TrialEnded.into();
    }
    if !obstacles.within_day {
        return quota::refusal(now);
    }
    Code::SeatLimitReached.into()
}

/// Why the address can't be invited, whatever to, if it can't.
#[must_use]
pub fn taken(obstacles: &Obstacles, by: &Authority) -> Option<Refusal> {
    if obstacles.member_id.is_some() {
        return Some(Refusal::new(Code::AlreadyMember));
    }
    let open = obstacles.open_id?;
    // Its id only for those who may see it.
    let visible = obstacles.open_role.is_some_and(|role| by.covers(role));
    Some(Refusal { invitation_id: visible.then_some(open), ..Refusal::new(Code::AlreadyInvited) })
}

/// The workspace at this place is another organization's, or nobody's.
pub(super) fn foreign_workspace(place: i64) -> Error {
    let detail = "This workspace is not in this organization.";
    Error::field(format!("/workspace_ids/{place}"), Code::InvalidValue, detail)
}

/// The resource at this place is in none of the workspaces.
pub(super) fn foreign_resource(place: i64) -> Error {
    let detail =
        "This resource is in none of the workspaces named here. Name its workspace too, or leave it out.";
    Error::field(format!("/access/resources/{place}/id"), Code::InvalidValue, detail)
}

//! Changing a member: what they are, and what the organization calls them. Nobody changes their own role, and the owner's
//! is never given or taken here: ownership is transferred.

use crate::domain::authority::Actor;
use crate::domain::change::Change;
use crate::domain::role::Role;
use crate::domain::text::Name;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::Context;
use crate::flow::access::check_scope;
use crate::platform::{Platform, ResultSet};
use crate::store::change_member::{self as store, Obstacles, Update};
use crate::store::members::{self, Member, Status};
use crate::store::seats;

/// How often a change is tried again that somebody else's came before. Each time, one of them was let through.
pub const TRIES: usize = 5;

/// What is to be changed. What is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// What they become.
    pub role: Option<Role>,
    /// What the organization calls them.
    pub name: Option<Name>,
    /// What only staff call them (S0-05).
    pub nickname: Change<Name>,
}

/// Changes a member who was just read. Refuses what the actor may not, a client's own lists of permissions that the plan
/// doesn't have, and one person more than there are seats.
pub async fn change<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    member: Member,
    wanted: Wanted,
) -> Result<Member> {
    let mut role = member.role;
    let mut active = member.status == Status::Active;
    for _ in 0..TRIES {
        allow(actor, &member, role, &wanted)?;
        if !active {
            return Err(Code::MemberNotActive.into());
        }
        let becomes = wanted.role.filter(|wanted| *wanted != role);
        let default = actor.template.default_permissions(becomes.unwrap_or(role));
        let update = Update {
            member: member.id,
            from: role,
            by: actor.role,
            role: becomes,
            needs_credentials: actor.template.catalog.needs_credentials(default),
            name: wanted.name.clone(),
            nickname: wanted.nickname.clone(),
        };
        if update.role.is_none() && update.name.is_none() && update.nickname == Change::Keep {
            return Ok(member);
        }
        let entry = ctx.entry(&actor.principal);
        let mut batch = vec![store::claim(&entry, &update), store::apply(&entry, &update)];
        if let Some(role) = update.role {
            batch.push(store::place(&entry, member.id, role, actor.template));
            batch.push(store::settle_credentials(&entry, &update));
            batch.push(store::notify_of_role(ctx.id(), &entry, member.id));
            batch.push(seats::release(entry.id));
        }
        batch.push(members::select(member.id));
        batch.push(store::select_obstacles(actor.organization_id, member.id, actor.principal));
        let results = ctx.platform.batch(batch).await?;
        let [claim, .., current, obstacles] = results.as_slice() else {
            return Err(Error::Internal("a claim and two reads".to_owned()));
        };
        if ResultSet::any(claim) {
            return current.first()?.ok_or_else(|| Code::NotFound.into());
        }
        let obstacles: Obstacles = obstacles.first()?.ok_or_else(|| Error::from(Code::NotFound))?;
        if obstacles.actor_role != Some(actor.role) {
            return Err(Code::Forbidden.into());
        }
        if obstacles.active && obstacles.role == role {
            return Err(refusal_of(&obstacles, update.role, ctx));
        }
        // Somebody else's change came first: what may be done to what they are now?
        (role, active) = (obstacles.role, obstacles.active);
    }
    Err(Error::slow_down())
}

/// Whether the actor may make of somebody in this role what they want to.
fn allow(actor: &Actor, member: &Member, role: Role, wanted: &Wanted) -> Result<()> {
    let own = actor.is(member.id);
    if (!own || wanted.nickname != Change::Keep) && !actor.administers() {
        return Err(Code::Forbidden.into());
    }
    match wanted.role.filter(|wanted| *wanted != role) {
        Some(_) if !actor.administers() => Err(Code::Forbidden.into()),
        Some(_) if role == Role::Owner => Err(Code::LastOwner.into()),
        Some(_) if own => Err(Refusal::new(Code::Forbidden)
            .because("Nobody changes their own role. Ask another admin.")
            .into()),
        Some(Role::Owner) => Err(Refusal::new(Code::RoleNotAllowed)
            .because("Nobody is made the owner by a change of role. The owner transfers the ownership.")
            .into()),
        Some(wanted) if !actor.may_invite(wanted) || !actor.may_invite(role) => Err(Refusal::new(
            Code::RoleNotAllowed,
        )
        .because("Both what they are and what they become must be roles that you may invite. Ask the owner.")
        .into()),
        // Also of an admin whom it makes less: what is about admins is for keys that were made for it.
        Some(wanted) => check_scope(actor, wanted).and_then(|()| check_scope(actor, role)),
        None if (wanted.name.is_some() || wanted.nickname != Change::Keep)
            && !own
            && !actor.may_invite(role) =>
        {
            Err(Code::Forbidden.into())
        }
        _ => Ok(()),
    }
}

fn refusal_of<P: Platform>(obstacles: &Obstacles, role: Option<Role>, ctx: &Context<'_, P>) -> Error {
    if role == Some(Role::Client) && obstacles.customized && !obstacles.may_customize {
        return Code::PlanFeatureRequired.into();
    }
    no_seat(obstacles.trial_ends_at.is_some_and(|end| end <= ctx.now()))
}

/// There is no seat: because the trial has ended, or because every one is taken.
pub(super) fn no_seat(trial_ended: bool) -> Error {
    if trial_ended { Code::TrialEnded.into() } else { Code::SeatLimitReached.into() }
}

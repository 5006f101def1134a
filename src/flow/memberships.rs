//! Memberships: putting somebody who is in the organization into a further workspace, changing what they were given there,
//! and taking them out.

use crate::domain::access::Access;
use crate::domain::authority::Actor;
use crate::domain::ids::{MemberId, WorkspaceId};
use crate::domain::role::Role;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::access::{Wanted, factor_needed, keep_second_factor, resolve};
use crate::flow::members::{TRIES, no_seat};
use crate::flow::{Context, check_still_acts};
use crate::platform::{Platform, ResultSet, Statement};
use crate::store::access::Columns;
use crate::store::acting::Acting;
use crate::store::memberships::{self, Foreign, Place, Write};

/// Whose membership in what.
#[derive(Debug, Clone, Copy)]
pub struct Of {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The member.
    pub member: MemberId,
}

/// Puts somebody into a workspace (S4-09). Sends no mail (S4-15). Refuses whoever is not in yet or was removed, is in that
/// workspace already, or has every workspace anyway; more than the actor or the plan may give; and one person more than
/// there are seats.
pub async fn add<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    of: Of,
    mut place: Place,
    wanted: Wanted,
) -> Result<Place> {
    for _ in 0..TRIES {
        may_change(actor, of, place.role)?;
        if !place.active || !place.came_in {
            return Err(Code::MemberNotActive.into());
        }
        if place.placed {
            return Err(Code::MembershipExists.into());
        }
        let write = write(ctx, actor, of, place.role, Access::default(), wanted.clone(), true).await?;
        let entry = ctx.entry(&actor.principal);
        let mut batch = vec![memberships::claim_new(&entry, &write)];
        batch.extend(memberships::write(&entry, &write));
        batch.push(memberships::notify_of_new(ctx.id(), &entry, of.workspace, of.member));
        match run(ctx, of, &write, batch).await? {
            Outcome::Written(place) => return Ok(place),
            Outcome::Refused(now) if now.placed || is_other(&now, &place) => place = now,
            Outcome::Refused(now) => return Err(no_room(&now, &write, ctx)),
        }
    }
    Err(Error::slow_down())
}

/// Changes what somebody was given; what isn't asked for stays, unless it all `begins_anew` from the default. Refuses as [`add`] does, and whoever asks it for themself.
pub async fn change<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    of: Of,
    mut place: Place,
    wanted: Wanted,
    begins_anew: bool,
) -> Result<Place> {
    for _ in 0..TRIES {
        match change_once(ctx, actor, of, place, wanted.clone(), begins_anew).await? {
            Outcome::Written(place) => return Ok(place),
            // Somebody else's change came first: this one is made again from what that left.
            Outcome::Refused(now) => place = now,
        }
    }
    Err(Error::slow_down())
}

/// The same for whoever has looked at all that somebody was given, and says all that it is to be: only over what they have
/// seen. `None` where somebody else's change came first; then nothing was written.
pub async fn change_as_seen<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    of: Of,
    seen: Place,
    wanted: Wanted,
) -> Result<Option<Place>> {
    match change_once(ctx, actor, of, seen, wanted, false).await? {
        Outcome::Written(place) => Ok(Some(place)),
        Outcome::Refused(_) => Ok(None),
    }
}

/// Changes it once; refused without an error where somebody else's change came first.
async fn change_once<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    of: Of,
    place: Place,
    wanted: Wanted,
    begins_anew: bool,
) -> Result<Outcome> {
    may_change(actor, of, place.role)?;
    if actor.is(of.member) {
        let detail = "Nobody changes their own access. Ask the owner or an admin.";
        return Err(Refusal::new(Code::Forbidden).because(detail).into());
    }
    if !place.active {
        return Err(Code::MemberNotActive.into());
    }
    if !place.placed {
        return Err(Code::NotFound.into());
    }
    if wanted.is_empty() && !begins_anew {
        return Ok(Outcome::Written(place));
    }
    let before = place.access.clone().read(&actor.template.catalog);
    let write = write(ctx, actor, of, place.role, before, wanted, begins_anew).await?;
    let entry = ctx.entry(&actor.principal);
    let mut batch = vec![memberships::claim_change(&entry, &write, place.made_by.as_ref())];
    batch.extend(memberships::write(&entry, &write));
    match run(ctx, of, &write, batch).await? {
        Outcome::Refused(now) if now.made_by == place.made_by && now.placed && !is_other(&now, &place) => {
            Err(no_room(&now, &write, ctx))
        }
        outcome => Ok(outcome),
    }
}

/// Takes somebody out of a workspace. They stay in the organization. Whom it asks for a second factor there only those who run
/// the organization take out, or they themself: put in again, it would ask for none.
pub async fn remove<P: Platform>(ctx: &Context<'_, P>, actor: &Actor, of: Of, place: &Place) -> Result<()> {
    may_change(actor, of, place.role)?;
    let entry = ctx.entry(&actor.principal);
    let by = Acting::of(actor);
    let with_factor = actor.administers() || actor.is(of.member);
    let roles = actor.invitable();
    let mut batch = vec![memberships::claim_end(&entry, of.workspace, of.member, &by, roles, with_factor)];
    batch.extend(memberships::end(&entry, of.workspace, of.member));
    batch.extend([memberships::select(of.workspace, of.member), by.select()]);
    let results = ctx.platform.batch(batch).await?;
    let [claim, .., now, acts] = results.as_slice() else {
        return Err(Error::Internal("a claim and two reads".to_owned()));
    };
    if ResultSet::any(claim) {
        return Ok(());
    }
    check_still_acts(&by, acts)?;
    let now: Place = now.first()?.ok_or_else(|| Error::from(Code::NotFound))?;
    Err(if !now.active {
        Code::MemberNotActive.into()
    } else if !now.placed {
        Code::NotFound.into()
    } else if actor.may_invite(now.role) {
        factor_needed()
    } else {
        Code::Forbidden.into()
    })
}

/// Whether the actor may change what somebody in this role was given in this workspace.
fn may_change(actor: &Actor, of: Of, role: Role) -> Result<()> {
    if actor.invitable().is_empty() || !actor.reaches(of.workspace) {
        return Err(Code::Forbidden.into());
    }
    if role.reaches_every_workspace() {
        let detail =
            "The owner and admins are in every workspace. Change their role, or leave them as they are.";
        return Err(Refusal::new(Code::MembershipExists).because(detail).into());
    }
    if actor.may_invite(role) { Ok(()) } else { Err(Code::Forbidden.into()) }
}

async fn write<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    of: Of,
    role: Role,
    before: Access,
    wanted: Wanted,
    begins_anew: bool,
) -> Result<Write> {
    let asks_for_permissions = wanted.permissions.is_some();
    let with_resources = wanted.resources.is_some() || begins_anew;
    let factor = before.require_mfa;
    let base = if begins_anew { Access::default() } else { before };
    let access = resolve(ctx, actor, role, Some(&[of.workspace]), base, wanted).await?;
    keep_second_factor(actor, factor, &access)?;
    let effective = access.permissions.effective(actor.template, role);
    Ok(Write {
        workspace: of.workspace,
        member: of.member,
        role,
        by: Acting::of(actor),
        // What somebody has stays theirs when the plan is lowered.
        customized: asks_for_permissions && access.is_custom_for(role),
        needs_credentials: actor.template.catalog.needs_credentials(effective),
        access: Columns::of(&access, actor.template),
        with_resources,
    })
}

enum Outcome {
    Written(Place),
    Refused(Place),
}

async fn run<P: Platform>(
    ctx: &Context<'_, P>,
    of: Of,
    write: &Write,
    mut batch: Vec<Statement>,
) -> Result<Outcome> {
    batch.extend([
        memberships::select(of.workspace, of.member),
        memberships::select_foreign(write),
        write.by.select(),
    ]);
    let results = ctx.platform.batch(batch).await?;
    let [claim, .., place, foreign, acts] = results.as_slice() else {
        return Err(Error::Internal("a claim and three reads".to_owned()));
    };
    let place: Place = place.first()?.ok_or_else(|| Error::from(Code::NotFound))?;
    if ResultSet::any(claim) {
        return Ok(Outcome::Written(place));
    }
    check_still_acts(&write.by, acts)?;
    if let Some(Foreign { place: Some(place) }) = foreign.first()? {
        return Err(Error::field(
            format!("/access/resources/{place}/id"),
            Code::InvalidValue,
            "This resource is not in this workspace.",
        ));
    }
    Ok(Outcome::Refused(place))
}

/// Whether somebody is no longer what the write was made for.
fn is_other(now: &Place, before: &Place) -> bool {
    now.role != before.role || now.active != before.active
}

fn no_room<P: Platform>(now: &Place, write: &Write, ctx: &Context<'_, P>) -> Error {
    if write.customized && !now.may_customize {
        return Code::PlanFeatureRequired.into();
    }
    no_seat(now.trial_ends_at.is_some_and(|end| end <= ctx.now()))
}

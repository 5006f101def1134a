//! Inviting many people in one request: a dry run tells what would become of each row, and a job makes them.
//!
//! What is wrong with a row is that row's own result and stops no other.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::domain::access::Access;
use crate::domain::authority::Actor;
use crate::domain::ids::{Id, InvitationId, JobId, Kind, MemberId, WorkspaceId};
use crate::domain::order;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::access::{check_scope, factor_needed, settle};
use crate::flow::invite::{Invite, foreign_resource, foreign_workspace, role_not_allowed};
use crate::flow::{Context, check_still_acts};
use crate::jobs::lost_at;
use crate::json::{Mismatch, row};
use crate::platform::{Platform, ResultSet};
use crate::store::access::{CloneSource, Columns, Placed, select_clone_sources};
use crate::store::acting::Acting;
use crate::store::bulk::{self, Ids, Import, Judged, Roles, Verdict, Wanted};

/// What would become of a row.
pub enum Foreseen {
    /// It would be made.
    Created,
    /// It would be refused.
    Refused {
        /// Why, as a problem's fields.
        problem: Value,
        /// The invitation that stands in the way.
        invitation_id: Option<InvitationId>,
    },
}

/// Tells what would become of each row, in their order, and writes nothing.
pub async fn foresee<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    rows: Vec<Result<Invite>>,
) -> Result<Vec<Foreseen>> {
    let mut foreseen = Vec::with_capacity(rows.len());
    let mut wanted = Vec::with_capacity(rows.len());
    for row in resolve(ctx, actor, rows).await? {
        let (able, told) = match row {
            Ok(able) => (Some(able), Foreseen::Created),
            Err(problem) => (None, Foreseen::Refused { problem, invitation_id: None }),
        };
        wanted.push(able);
        foreseen.push(told);
    }
    let judged =
        ctx.platform.run(bulk::judge(actor, &wanted, ctx.config.quota, ctx.now())).await?.rows::<Judged>()?;
    for Judged { row, verdict, place, invitation_id } in judged {
        let told = row.checked_sub(1).and_then(|place| foreseen.get_mut(place));
        if let (Some(told), Some(problem)) = (told, problem_of_verdict(verdict, place)?) {
            *told = Foreseen::Refused { problem, invitation_id };
        }
    }
    Ok(foreseen)
}

/// Takes the rows in and leaves the rest to a job.
pub async fn start<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    rows: Vec<Result<Invite>>,
) -> Result<JobId> {
    let resolved = resolve(ctx, actor, rows).await?;
    let many = resolved.len();
    let ids = sorted(ctx, many).into_iter().zip(sorted(ctx, many)).zip(sorted(ctx, many));
    let rows: Vec<bulk::Row> = resolved
        .into_iter()
        .zip(ids)
        .map(|(row, ((invitation, mail), event))| row.map(|wanted| (wanted, Ids { invitation, mail, event })))
        .collect();
    let job = ctx.id();
    let entry = ctx.entry(&actor.principal);
    let by = Acting::of(actor);
    let mut batch = bulk::start(job, actor, &by, &entry, &rows, lost_at(entry.at));
    batch.push(by.select());
    let results = ctx.platform.batch(batch).await?;
    let [claim, .., acts] = results.as_slice() else {
        return Err(Error::Internal("a claim and who made it".to_owned()));
    };
    if !ResultSet::any(claim) {
        check_still_acts(&by, acts)?;
        return Err(Code::Forbidden.into());
    }
    ctx.platform.enqueue(job);
    Ok(job)
}

/// So many new ids, each after the one before: lists then show rows in their order.
fn sorted<P: Platform, K: Kind>(ctx: &Context<'_, P>, many: usize) -> Vec<Id<K>> {
    order::by((0..many).map(|_| ctx.id()).collect(), Id::to_string)
}

/// Revokes what a job made and is still open, and stops what it has not come to. Answers how many it revoked.
///
/// The pages' copies in KV of those links are left to end by themselves, within a minute: a thousand calls would cost more
/// than a page that says too long that there is an invitation. Accepting never asks them.
pub async fn undo<P: Platform>(ctx: &Context<'_, P>, actor: &Actor, import: &Import) -> Result<usize> {
    let entry = ctx.entry(&actor.principal);
    let by = Acting::of(actor);
    let events = sorted(ctx, usize::try_from(import.progress.total).unwrap_or_default());
    let mut batch = bulk::undo(import.id, actor, &by, &entry, &events, entry.at);
    batch.extend([bulk::select(import.id), bulk::select_roles(import.id, actor, entry.at), by.select()]);
    let results = ctx.platform.batch(batch).await?;
    let [claim, .., revoked, after, roles, acts] = results.as_slice() else {
        return Err(Error::Internal("an undo, its import, its roles and who asked".to_owned()));
    };
    if claim.any() {
        return Ok(revoked.rows::<serde::de::IgnoredAny>()?.len());
    }
    check_still_acts(&by, acts)?;
    // Of two who undo at once, one did; or there is something among it that who asks may not withdraw.
    let undone = after.first::<Import>()?.is_some_and(|import| import.status() == bulk::Status::Undone);
    let invitable = roles.first::<Roles>()?.is_some_and(|roles| roles.invitable);
    Err(match (undone, invitable) {
        (true, _) => Code::NotUndoable.into(),
        (false, true) => factor_needed(),
        (false, false) => Refusal::new(Code::RoleNotAllowed)
            .because("Some of these rows are of a role that you may not invite. Ask the owner to undo them.")
            .into(),
    })
}

/// What a row is to make, or the problem that it is refused with.
type Resolved = std::result::Result<Wanted, Value>;

/// The rows with their access settled, as far as that can be told without looking at what is in the database; a clone's
/// sources are read together.
async fn resolve<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    rows: Vec<Result<Invite>>,
) -> Result<Vec<Resolved>> {
    let mut invites = Vec::with_capacity(rows.len());
    for row in rows {
        invites.push(match row {
            Ok(invite) if !actor.may_invite(invite.offer.role) => {
                Err(role_not_allowed(actor, invite.offer.role))
            }
            Ok(mut invite) => check_scope(actor, invite.offer.role).map(|()| {
                invite.offer.workspaces = actor.workspaces_meant(invite.offer.workspaces);
                invite
            }),
            Err(error) => Err(error),
        });
    }
    let sources = clone_sources(ctx, actor, &invites).await?;
    invites
        .into_iter()
        .map(|row| match row.and_then(|invite| want(actor, invite, &sources)) {
            Ok(wanted) => Ok(Ok(wanted)),
            Err(error) => problem_of(error).map(Err),
        })
        .collect()
}

type Sources = HashMap<(MemberId, Option<Vec<WorkspaceId>>), CloneSource>;

async fn clone_sources<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    invites: &[Result<Invite>],
) -> Result<Sources> {
    let offers = invites.iter().filter_map(|row| row.as_ref().ok()).map(|invite| &invite.offer);
    let asked = order::once(
        offers
            .filter(|offer| !offer.role.reaches_every_workspace())
            .filter_map(|offer| Some((offer.access.clone_of()?, offer.workspaces.clone()))),
    );
    if asked.is_empty() {
        return Ok(Sources::new());
    }
    let found = ctx.platform.run(select_clone_sources(&asked, actor.organization_id)).await?;
    let found = found.rows::<Placed>()?;
    Ok(found.into_iter().filter_map(|found| Some((asked.get(found.place)?.clone(), found.source))).collect())
}

fn want(actor: &Actor, invite: Invite, sources: &Sources) -> Result<Wanted> {
    let email = invite.email.ok_or_else(|| Error::from(Code::LinkHasNoRecipient))?;
    let mut offer = invite.offer;
    let (place, wanted) = (offer.workspaces.as_deref(), std::mem::take(&mut offer.access));
    let source = wanted.clone_of().and_then(|source| sources.get(&(source, offer.workspaces.clone())));
    let access = settle(actor, offer.role, place, Access::default(), wanted, source)?;
    Ok(Wanted {
        email,
        customized: access.is_custom_for(offer.role),
        offer: offer.of(Columns::of(&access, actor.template)),
        queued: invite.send_email,
        lifetime: invite.lifetime.unwrap_or(Duration::from_secs(actor.policy.email_lifetime.default)),
    })
}

/// The most errors that one row tells: fewer than a request by itself, for there may be a thousand rows.
const MOST_ERRORS: usize = 5;

/// A refusal as a row tells it, and as it is kept until it does.
///
/// # Errors
/// What is no refusal.
fn problem_of(error: Error) -> Result<Value> {
    let refusal = match error {
        Error::Refused(refusal) => *refusal,
        Error::Internal(_) => return Err(error),
    };
    let mut problem = json!({"code": refusal.code.as_str(), "detail": refusal.detail});
    if !refusal.errors.is_empty()
        && let Some(fields) = problem.as_object_mut()
    {
        let told: Vec<_> = refusal.errors.iter().take(MOST_ERRORS).collect();
        fields.insert("errors".to_owned(), json!(told));
    }
    Ok(problem)
}

fn problem_of_verdict(verdict: Verdict, place: Option<i64>) -> Result<Option<Value>> {
    let place = place.unwrap_or_default();
    let error = match verdict {
        Verdict::Create => return Ok(None),
        Verdict::Forbidden => Refusal::new(Code::Forbidden)
            .because("Whoever asked for this was removed or has another role since. Ask an admin to send the file again.")
            .into(),
        Verdict::BeyondYourAccess => Refusal::new(Code::BeyondYourAccess)
            .because("What whoever asked for this has was changed since. Send the file again.")
            .into(),
        Verdict::ForeignWorkspace => foreign_workspace(place),
        Verdict::ForeignResource => foreign_resource(place),
        Verdict::AlreadyMember => Code::AlreadyMember.into(),
        Verdict::AlreadyInvited => Code::AlreadyInvited.into(),
        Verdict::Twice => Refusal::new(Code::AlreadyInvited)
            .because("An earlier row is for this address already. Leave one of them out.")
            .into(),
        Verdict::PlanFeatureRequired => Code::PlanFeatureRequired.into(),
        Verdict::TrialEnded => Code::TrialEnded.into(),
        Verdict::SeatLimitReached => Code::SeatLimitReached.into(),
        Verdict::DailyLimit => Code::DailyLimit.into(),
    };
    problem_of(error).map(Some)
}

/// A kept problem as it is told: a row that was refused when it came in has it whole, one that the job refused has the
/// verdict.
///
/// # Errors
/// The row holds something else.
pub fn told(kept: &str) -> Result<Option<Value>> {
    #[derive(serde::Deserialize)]
    struct Kept {
        verdict: Option<Verdict>,
        place: Option<i64>,
    }
    let unexpected = |error: Mismatch| Error::Internal(format!("unexpected row: {error}"));
    let Kept { verdict, place } = row(kept).map_err(unexpected)?;
    match verdict {
        Some(verdict) => problem_of_verdict(verdict, place),
        None => row(kept).map_err(unexpected),
    }
}

//! Memberships: who is in a workspace, and what they were given there.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::access::{self, Access};
use crate::domain::authority::Actor;
use crate::domain::change::Change;
use crate::domain::decision::State;
use crate::domain::ids::{MemberId, WorkspaceId};
use crate::domain::role::Role;
use crate::error::{Code, Error, Fields, Result};
use crate::flow::Context;
use crate::flow::access::Wanted;
use crate::flow::memberships::{self as flow, Of};
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::memberships::{self, Place};
use crate::web::api::access::read;
#[cfg(described)]
use crate::web::api::by_hand;
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// What somebody has in a workspace, as the API shows it.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Membership"))]
pub(super) struct Shown {
    member_id: MemberId,
    workspace_id: WorkspaceId,
    role: Role,
    /// What stands between them and what they were given, if anything does.
    state: State,
    #[serde(flatten)]
    access: access::Shown,
}

impl Shown {
    fn of(of: Of, place: Place, actor: &Actor) -> Self {
        let Place { role, active, second_factor, asked_of_all, .. } = place;
        let access = place.access.of(actor.template, role);
        let state = memberships::state(
            actor.template,
            &actor.policy,
            role,
            active,
            second_factor,
            asked_of_all,
            &access,
        );
        // Whoever was removed has nothing, whatever they had. Before the second factor is there, somebody sees nothing of what
        // will be theirs (S2-06); those who gave it do.
        let hidden = state == State::MfaRequired && actor.is(of.member);
        let access = if active && hidden {
            Access { require_mfa: true, ..Access::nothing() }.shown(actor.template, role)
        } else if active {
            access.shown(actor.template, role)
        } else {
            Access::nothing().shown(actor.template, Role::Client)
        };
        Self { member_id: of.member, workspace_id: of.workspace, role, state, access }
    }
}

/// The caller, and where the member stands in the workspace; nothing for somebody who isn't of its organization.
async fn caller_and<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    workspace: WorkspaceId,
    member: Option<MemberId>,
) -> Result<(Actor, Option<Place>)> {
    let reads = member.map(|member| memberships::select(workspace, member)).into_iter().collect();
    let (actor, found) =
        Caller::of(request, ctx.config)?.acting(ctx, At::Workspace(workspace), reads).await?;
    let place = ResultSet::row_of(found.first())?;
    Ok((actor, place))
}

/// The same, for a caller who invites somebody: only such a one changes who is in a workspace.
async fn inviter_and<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    workspace: WorkspaceId,
    member: Option<MemberId>,
) -> Result<(Actor, Option<Place>)> {
    let (actor, place) = caller_and(ctx, request, workspace, member).await?;
    if actor.invitable().is_empty() { Err(Code::Forbidden.into()) } else { Ok((actor, place)) }
}

/// Who comes into a workspace.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NewMembership"))]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    #[cfg_attr(described, schemars(with = "MemberId"))]
    member_id: String,
    #[cfg_attr(described, schemars(with = "Option<by_hand::AccessBody>"))]
    access: Option<Value>,
}

/// `POST`: puts somebody who is in the organization into the workspace (S4-12). 201 with what they have there.
pub async fn create<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    workspace: WorkspaceId,
) -> Result<Reply> {
    // Read before the caller is known, for one round trip less, and looked at after.
    let body = request::json::<New>(request);
    let member = body.as_ref().ok().and_then(|body| body.member_id.parse::<MemberId>().ok());
    let (actor, place) = inviter_and(ctx, request, workspace, member).await?;
    let wanted = wanted(&actor, body?.access.as_ref())?;
    let (Some(member), Some(place)) = (member, place) else { return Err(Code::NotFound.into()) };
    let of = Of { workspace, member };
    let place = flow::add(ctx, &actor, of, place, wanted).await?;
    Ok(reply::json(StatusCode::CREATED, &Shown::of(of, place, &actor)))
}

/// What changes of what somebody was given.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "MembershipChanges"))]
#[serde(deny_unknown_fields)]
pub(super) struct Changed {
    #[serde(default)]
    #[cfg_attr(described, schemars(with = "Change<by_hand::AccessBody>"))]
    access: Change<Value>,
}

/// `PATCH`: changes what is given of the access; null begins it again from the default. 200 with what they have now.
pub async fn change<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    workspace: WorkspaceId,
    member: MemberId,
) -> Result<Reply> {
    let (actor, place) = inviter_and(ctx, request, workspace, Some(member)).await?;
    let body: Changed = request::json(request)?;
    let wanted = wanted(&actor, body.access.value())?;
    let clears = body.access == Change::Clear;
    let of = Of { workspace, member };
    let place = place.ok_or_else(|| Error::from(Code::NotFound))?;
    let place = flow::change(ctx, &actor, of, place, wanted, clears).await?;
    Ok(reply::json(StatusCode::OK, &Shown::of(of, place, &actor)))
}

/// `DELETE`: takes somebody out of the workspace. 204.
pub async fn remove<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    workspace: WorkspaceId,
    member: MemberId,
) -> Result<Reply> {
    let (actor, place) = inviter_and(ctx, request, workspace, Some(member)).await?;
    let place = place.ok_or_else(|| Error::from(Code::NotFound))?;
    flow::remove(ctx, &actor, Of { workspace, member }, &place).await?;
    Ok(reply::no_content())
}

/// `GET …/access`: for the member themself (S2-18), and for whoever may change it.
pub async fn access<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    workspace: WorkspaceId,
    member: MemberId,
) -> Result<Reply> {
    let reads = vec![memberships::select(workspace, member)];
    let caller = Caller::of(request, ctx.config)?;
    let (actor, found) = caller.looking_at(ctx, At::Workspace(workspace), Some(member), reads).await?;
    let place: Option<Place> = ResultSet::row_of(found.first())?;
    let own = actor.is(member);
    if !own && !actor.administers() && (actor.invitable().is_empty() || !actor.reaches(workspace)) {
        return Err(Code::Forbidden.into());
    }
    let here = |place: &Place| place.placed || (place.active && place.role.reaches_every_workspace());
    let place = place.filter(here).ok_or_else(|| Error::from(Code::NotFound))?;
    if !own && !actor.administers() && !actor.may_invite(place.role) {
        return Err(Code::Forbidden.into());
    }
    Ok(reply::json(StatusCode::OK, &Shown::of(Of { workspace, member }, place, &actor)))
}

fn wanted(actor: &Actor, body: Option<&Value>) -> Result<Wanted> {
    let mut fields = Fields::default();
    let wanted = read(&mut fields, actor.template, body);
    fields.finish(Some(wanted))
}

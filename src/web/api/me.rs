//! Whoever is signed in: their account and the workspaces they reach.

use http::StatusCode;
use serde::Serialize;

use crate::domain::access;
use crate::domain::decision::State;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{OrganizationId, UserId, WorkspaceId};
use crate::domain::role::Role;
use crate::error::Result;
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::accounts::{self, Reached, SignedIn};
use crate::store::memberships;
use crate::web::api::{Page, unauthenticated};
use crate::web::guard::{self, Caller};
use crate::web::reply::{self, Reply};
use crate::web::request::Request;

/// An account, as its own holder sees it.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Account"))]
pub(super) struct Shown<'a> {
    id: UserId,
    email: &'a EmailAddress,
    name: &'a str,
    /// Whether they proved that the mailbox is theirs.
    email_verified: bool,
    /// Whether they have a second factor.
    mfa_enabled: bool,
}

/// Whoever is signed in.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Me"))]
pub(super) struct Me<'a> {
    user: Shown<'a>,
}

/// A workspace, as whoever reaches it sees it.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "ReachedWorkspace"))]
pub(super) struct Place {
    workspace: Named,
    organization: Whose,
    role: Role,
    state: State,
    /// Nothing before the second factor that it asks for is there.
    access: Option<access::Shown>,
}

/// A workspace by name.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NamedWorkspace"))]
struct Named {
    id: WorkspaceId,
    name: String,
}

/// The organization that it is of.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NamedOrganization"))]
struct Whose {
    id: OrganizationId,
    name: String,
    slug: String,
}

/// `GET /v1/me`.
pub async fn account<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    let me = accounts::signed_in(ctx.platform, &session, ctx.now()).await?.ok_or_else(unauthenticated)?;
    Ok(reply::json(StatusCode::OK, &Me { user: shown(&me) }))
}

/// An account, as its own holder sees it.
pub(super) fn shown(me: &SignedIn) -> Shown<'_> {
    Shown {
        id: me.user_id,
        email: &me.email,
        name: &me.name,
        email_verified: me.email_verified_at.is_some(),
        mfa_enabled: me.mfa_enabled_at.is_some(),
    }
}

/// `GET /v1/me/workspaces`, newest first.
pub async fn workspaces<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    let page = Page::of(request)?;
    let found =
        accounts::signed_in_and_reached(ctx.platform, &session, page.before, page.rows(), ctx.now()).await?;
    let (_, reached) = found.ok_or_else(unauthenticated)?;
    let rows = reached.into_iter().map(|row| reached_row(ctx, row)).collect::<Result<Vec<_>>>()?;
    Ok(page.reply(rows, |(id, _)| id.to_string(), |(_, row)| row))
}

/// A workspace as whoever reaches it sees it, with its id.
fn reached_row<P>(ctx: &Context<'_, P>, row: Reached) -> Result<(WorkspaceId, Place)> {
    let (template, policy) = guard::rules(ctx, &row.template, row.policy.as_deref())?;
    let access = row.access.of(template, row.role);
    let state =
        memberships::state(template, &policy, row.role, true, row.second_factor, row.asked_of_all, &access);
    // Nothing of a workspace shows before the second factor that it asks for is there (S2-06).
    let shown = (state != State::MfaRequired).then(|| access.shown(template, row.role));
    let organization =
        Whose { id: row.organization_id, name: row.organization_name, slug: row.organization_slug };
    let workspace = Named { id: row.workspace_id, name: row.workspace_name };
    Ok((workspace.id, Place { workspace, organization, role: row.role, state, access: shown }))
}

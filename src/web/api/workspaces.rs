//! An organization's workspaces.

use http::StatusCode;
use serde::Deserialize;

use crate::domain::change::Change;
#[cfg(described)]
use crate::domain::ids::MemberId;
use crate::domain::ids::{OrganizationId, WorkspaceId};
use crate::domain::role::Role;
use crate::domain::text::Name;
use crate::error::{Code, Error, Fields, Result};
use crate::flow::Context;
use crate::flow::workspaces::{self as flow, check_inside};
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::workspaces::{self, Workspace};
use crate::web::api::Page;
#[cfg(described)]
use crate::web::api::by_hand;
use crate::web::api::field::changed_name;
use crate::web::api::organizations::said;
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    /// How many to answer at most: 1 to 100; 25 unless said.
    #[cfg_attr(described, schemars(with = "Option<by_hand::Limit>"))]
    limit: Option<String>,
    /// Where to go on: `next_cursor` of the page before.
    #[cfg_attr(described, schemars(with = "Option<WorkspaceId>"))]
    cursor: Option<String>,
    /// Only those that this member was put in.
    #[cfg_attr(described, schemars(with = "Option<MemberId>"))]
    member_id: Option<String>,
}

/// `GET`: the workspaces that the caller reaches, newest first; with `member_id` those of them that a member was put in, which a
/// client asks of nobody else.
pub async fn list<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    organization: OrganizationId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.member_of(ctx, organization).await?;
    let query: Query = request::query(request)?;
    let page = Page::read(query.limit.as_deref(), query.cursor.as_deref())?;
    let only_of = actor.principal.member().filter(|_| !actor.role.reaches_every_workspace());
    let rows = match query.member_id {
        None => {
            let list = workspaces::page(organization, only_of, page.before, page.rows());
            ctx.platform.run(list).await?.rows()?
        }
        Some(member) => {
            let member = member.parse().map_err(|_| Error::from(Code::NotFound))?;
            if actor.role == Role::Client && !actor.is(member) {
                return Err(Code::Forbidden.into());
            }
            let batch = vec![
                workspaces::select_member(organization, member),
                workspaces::page_of_member(organization, member, only_of, page.before, page.rows()),
            ];
            let found = ctx.platform.batch(batch).await?;
            let here = found.first().is_some_and(ResultSet::any);
            found.get(1).filter(|_| here).ok_or_else(|| Error::from(Code::NotFound))?.rows()?
        }
    };
    Ok(page.reply(rows, |workspace: &Workspace| workspace.id.to_string(), |workspace| workspace))
}

/// A new workspace.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NewWorkspace"))]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    #[cfg_attr(described, schemars(with = "Name"))]
    name: String,
}

/// `POST`: makes one. 201 with the workspace.
pub async fn create<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    organization: OrganizationId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.administrator_of(ctx, organization).await?;
    let body: New = request::json(request)?;
    let mut fields = Fields::default();
    let name = fields.take("/name", Code::InvalidValue, Name::parse(&body.name));
    let workspace = flow::create(ctx, &actor, &fields.finish(name)?).await?;
    Ok(reply::json(StatusCode::CREATED, &workspace))
}

/// `GET` of one that the caller reaches.
pub async fn get<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: WorkspaceId) -> Result<Reply> {
    let reads = vec![workspaces::select(id)];
    let (actor, found) = Caller::of(request, ctx.config)?.acting(ctx, At::Workspace(id), reads).await?;
    check_inside(ctx, &actor, id).await?;
    let workspace: Option<Workspace> = ResultSet::row_of(found.first())?;
    let workspace = workspace.ok_or_else(|| Error::from(Code::NotFound))?;
    Ok(reply::json(StatusCode::OK, &workspace))
}

/// What changes of a workspace.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "WorkspaceChanges"))]
#[serde(deny_unknown_fields)]
pub(super) struct Changed {
    #[serde(default)]
    #[cfg_attr(described, schemars(with = "Name"))]
    name: Change<String>,
    /// Whether it asks everybody who comes in for a second factor.
    #[serde(default)]
    require_mfa: Change<bool>,
}

/// `PATCH`: gives it another name, or has it ask everybody for a second factor. 200 with the workspace.
pub async fn change<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: WorkspaceId) -> Result<Reply> {
    let reads = vec![workspaces::select(id)];
    let (actor, found) = Caller::of(request, ctx.config)?.acting(ctx, At::Workspace(id), reads).await?;
    check_inside(ctx, &actor, id).await?;
    if !actor.administers() {
        return Err(Code::Forbidden.into());
    }
    let body: Changed = request::json(request)?;
    let mut fields = Fields::default();
    let name = changed_name(&mut fields, body.name);
    let name = fields.finish(Some(name))?;
    let mut workspace: Workspace =
        ResultSet::row_of(found.first())?.ok_or_else(|| Error::from(Code::NotFound))?;
    // First what may be refused.
    if let Some(asks) = said(body.require_mfa) {
        workspace = flow::ask_factor(ctx, &actor, id, asks).await?;
    }
    if let Some(name) = name {
        workspace = flow::rename(ctx, &actor, id, &name).await?;
    }
    Ok(reply::json(StatusCode::OK, &workspace))
}

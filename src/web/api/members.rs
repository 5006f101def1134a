//! An organization's members.

use serde::Deserialize;

use crate::domain::ids::{OrganizationId, WorkspaceId};
use crate::error::{Code, Fields, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::members::{self, Filter, Member, Status};
use crate::web::api::{Page, one_of};
use crate::web::guard::Caller;
use crate::web::reply::Reply;
use crate::web::request::{self, Request};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    limit: Option<String>,
    cursor: Option<String>,
    role: Option<String>,
    workspace_id: Option<String>,
    status: Option<String>,
    q: Option<String>,
}

/// `GET`: the members, newest first. For staff; a client doesn't see who else there is.
pub async fn list<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    organization: OrganizationId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.member_of(ctx, organization).await?;
    if actor.role == crate::domain::role::Role::Client {
        return Err(Code::Forbidden.into());
    }
    let query: Query = request::query(request)?;
    let page = Page::read(query.limit.as_deref(), query.cursor.as_deref())?;
    let mut fields = Fields::default();
    let role = one_of(&mut fields, "?role", query.role.as_deref(), "owner, admin, member, client");
    let status = one_of(&mut fields, "?status", query.status.as_deref(), "active, removed");
    let workspace = query.workspace_id.and_then(|id| {
        let id = id.parse::<WorkspaceId>().map_err(|_| "This is not a workspace's id.");
        fields.take("?workspace_id", Code::InvalidValue, id)
    });
    fields.finish(Some(()))?;
    let filter = Filter {
        status: status.unwrap_or(Status::Active),
        role,
        workspace,
        prefix: query.q.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty()),
    };
    let rows = members::page(ctx.platform, organization, &filter, page.before, page.rows()).await?;
    Ok(page.reply(rows, |member: &Member| member.id.to_string(), |member| member))
}

/// To be written.
pub async fn get<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: crate::domain::ids::MemberId,
) -> Result<Reply> {
    Err(crate::error::Code::NotFound.into())
}

/// To be written.
pub async fn change<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: crate::domain::ids::MemberId,
) -> Result<Reply> {
    Err(crate::error::Code::NotFound.into())
}

/// To be written.
pub async fn remove<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: crate::domain::ids::MemberId,
) -> Result<Reply> {
    Err(crate::error::Code::NotFound.into())
}

/// To be written.
pub async fn remove_several<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: crate::domain::ids::OrganizationId,
) -> Result<Reply> {
    Err(crate::error::Code::NotFound.into())
}

/// To be written.
pub async fn transfer<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: crate::domain::ids::OrganizationId,
) -> Result<Reply> {
    Err(crate::error::Code::NotFound.into())
}

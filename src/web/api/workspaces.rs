//! An organization's workspaces.

use crate::domain::ids::OrganizationId;
use crate::error::Result;
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::workspaces::{self, Workspace};
use crate::web::api::{Page, PageQuery};
use crate::web::guard::Caller;
use crate::web::reply::Reply;
use crate::web::request::{self, Request};

/// `GET`: the workspaces that the caller reaches, newest first.
pub async fn list<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    organization: OrganizationId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.member_of(ctx, organization).await?;
    let query: PageQuery = request::query(request)?;
    let page = Page::read(query.limit.as_deref(), query.cursor.as_deref())?;
    let only_of = (!actor.role.reaches_every_workspace()).then_some(actor.member_id);
    let rows = workspaces::page(ctx.platform, organization, only_of, page.before, page.rows()).await?;
    Ok(page.reply(rows, |workspace: &Workspace| workspace.id.to_string(), |workspace| workspace))
}

/// To be written.
pub async fn create<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: crate::domain::ids::OrganizationId,
) -> Result<Reply> {
    Err(crate::error::Code::NotFound.into())
}

/// To be written.
pub async fn get<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: crate::domain::ids::WorkspaceId,
) -> Result<Reply> {
    Err(crate::error::Code::NotFound.into())
}

/// To be written.
pub async fn change<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: crate::domain::ids::WorkspaceId,
) -> Result<Reply> {
    Err(crate::error::Code::NotFound.into())
}

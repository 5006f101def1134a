//! Resources of a workspace.

use http::StatusCode;
use serde::Deserialize;

use crate::domain::authority::{Actor, Reach};
use crate::domain::ids::{ResourceId, WorkspaceId};
use crate::domain::text::Name;
use crate::error::{Code, Fields, Result};
use crate::flow::Context;
use crate::flow::resources::{self as flow, Add};
use crate::flow::workspaces::check_inside;
use crate::platform::Platform;
use crate::store::accounts::At;
use crate::store::resources::{self, Resource, Status};
#[cfg(described)]
use crate::web::api::by_hand;
use crate::web::api::{Page, field, no_fields};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// The longest external id, in bytes.
const LONGEST_EXTERNAL_ID: usize = 200;

/// A new resource.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NewResource"))]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    /// One of the template's, such as `facebook`.
    #[cfg_attr(described, schemars(with = "by_hand::ResourceKind"))]
    kind: String,
    #[cfg_attr(described, schemars(with = "Name"))]
    name: String,
    /// What the host product calls it: 1 to 200 bytes.
    external_id: Option<String>,
}

/// `POST`: adds one. 201 with the resource.
pub async fn create<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: WorkspaceId) -> Result<Reply> {
    let (actor, _) = Caller::of(request, ctx.config)?.acting(ctx, At::Workspace(id), Vec::new()).await?;
    check_inside(ctx, &actor, id).await?;
    let body: Body = request::json(request)?;
    let mut fields = Fields::default();
    let kind = field::kind(&mut fields, "/kind", actor.template, Some(&body.kind));
    let name = fields.take("/name", Code::InvalidValue, Name::parse(&body.name));
    let external_id = body.external_id.and_then(|text| external_id(&mut fields, &text));
    let add = kind.zip(name).map(|(kind, name)| Add { kind, name, external_id });
    let resource = flow::add(ctx, &actor, id, &fields.finish(add)?).await?;
    Ok(reply::json(StatusCode::CREATED, &resource))
}

/// What the host product calls it: any text, but one that people can compare by looking at it.
fn external_id(fields: &mut Fields, text: &str) -> Option<String> {
    let plain = !text.is_empty() && text.trim() == text && !text.chars().any(char::is_control);
    let usable = (plain && text.len() <= LONGEST_EXTERNAL_ID)
        .then(|| text.to_owned())
        .ok_or("Use 1 to 200 bytes of text, with no blanks around it and no control characters in it.");
    fields.take("/external_id", Code::InvalidValue, usable)
}

#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    /// How many to answer at most: 1 to 100; 25 unless said.
    #[cfg_attr(described, schemars(with = "Option<by_hand::Limit>"))]
    limit: Option<String>,
    /// Where to go on: `next_cursor` of the page before.
    #[cfg_attr(described, schemars(with = "Option<ResourceId>"))]
    cursor: Option<String>,
    /// Only those of this kind.
    #[cfg_attr(described, schemars(with = "Option<by_hand::ResourceKind>"))]
    kind: Option<String>,
}

/// `GET`: the resources that the caller was given, newest first; all of them to owner and admins.
pub async fn list<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: WorkspaceId) -> Result<Reply> {
    let (actor, _) = Caller::of(request, ctx.config)?.acting(ctx, At::Workspace(id), Vec::new()).await?;
    check_inside(ctx, &actor, id).await?;
    let query: Query = request::query(request)?;
    let page = Page::read(query.limit.as_deref(), query.cursor.as_deref())?;
    let mut fields = Fields::default();
    if let Some(kind) = &query.kind {
        field::kind(&mut fields, "?kind", actor.template, Some(kind));
    }
    fields.finish(Some(()))?;
    let given_to = actor.principal.member().filter(|_| !has_all(&actor, id));
    let kind = query.kind.as_deref();
    let rows = resources::page(ctx.platform, id, given_to, kind, page.before, page.rows()).await?;
    Ok(page.reply(rows, |resource: &Resource| resource.id.to_string(), |resource| resource))
}

fn has_all(actor: &Actor, workspace: WorkspaceId) -> bool {
    match &actor.reach {
        Reach::Everything => true,
        Reach::Only(held) => {
            held.iter().any(|holding| holding.workspace_id == workspace && holding.resources.is_none())
        }
    }
}

/// Who asks, and the resource, if it exists for them.
async fn seen<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: ResourceId,
) -> Result<(Actor, Resource)> {
    let reads = vec![resources::select(id)];
    let (actor, found) = Caller::of(request, ctx.config)?.acting(ctx, At::Resource(id), reads).await?;
    let resource = flow::visible(ctx, &actor, &found).await?;
    Ok((actor, resource))
}

/// `GET` of one.
pub async fn get<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: ResourceId) -> Result<Reply> {
    let (_, resource) = seen(ctx, request, id).await?;
    Ok(reply::json(StatusCode::OK, &resource))
}

/// `DELETE`: for good. 204.
pub async fn delete<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: ResourceId) -> Result<Reply> {
    let (actor, _) = seen(ctx, request, id).await?;
    flow::delete(ctx, &actor, id).await?;
    Ok(reply::no_content())
}

/// `POST …/disconnect`: 200 with the resource.
pub async fn disconnect<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: ResourceId,
) -> Result<Reply> {
    set_status(ctx, request, id, Status::Disconnected).await
}

/// `POST …/reconnect`: 200 with the resource.
pub async fn reconnect<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: ResourceId,
) -> Result<Reply> {
    set_status(ctx, request, id, Status::Connected).await
}

async fn set_status<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: ResourceId,
    status: Status,
) -> Result<Reply> {
    let (actor, _) = seen(ctx, request, id).await?;
    no_fields(request)?;
    let resource = flow::set_status(ctx, &actor, id, status).await?;
    Ok(reply::json(StatusCode::OK, &resource))
}

//! What people do with a workspace's accounts: add one, disconnect it and connect it again, delete it for good (S0-15, S0-25,
//! S0-27, S0-28).

use askama::Template;

use crate::domain::ids::{ResourceId, WorkspaceId};
use crate::domain::text::Name;
use crate::error::{Code, Error, Fields, Result};
use crate::flow::Context;
use crate::flow::resources::{self as flow, Add};
use crate::flow::workspaces::check_inside;
use crate::platform::Platform;
use crate::store::accounts::At;
use crate::store::resources::{self, Resource, Status};
use crate::web::api::kind_of;
use crate::web::pages::apart::apart;
use crate::web::pages::desk::{Desk, Place};
use crate::web::pages::form::Form;
use crate::web::pages::{Frame, Problems, said};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Route;

/// Whether an account is to be deleted for good.
#[derive(Template)]
#[template(path = "pages/account_delete.html")]
struct Delete<'a> {
    frame: Frame,
    nonce: &'a str,
    problems: Problems,
    workspace: WorkspaceId,
    resource: ResourceId,
    name: &'a str,
}

/// `POST /w/{wsp}/accounts`: adds one.
pub async fn add<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: WorkspaceId) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    if let Err(error) = form.fresh() {
        return super::page(ctx, request, id, Some((&form, &error))).await;
    }
    let (desk, _) = Desk::open(ctx, request, At::Workspace(id), Vec::new()).await?;
    check_inside(ctx, &desk.actor, id).await?;
    match added(ctx, &desk, id, &form).await {
        Ok(resource) => {
            let sentence = format!("{} is added.", apart(&resource.name));
            Ok(said::see_other(&Route::WorkspacePage(id).path(), &sentence))
        }
        Err(error) if matches!(error, Error::Refused(_)) => {
            super::page(ctx, request, id, Some((&form, &error))).await
        }
        Err(error) => Err(error),
    }
}

async fn added<P: Platform>(
    ctx: &Context<'_, P>,
    desk: &Desk,
    id: WorkspaceId,
    form: &Form,
) -> Result<Resource> {
    let mut fields = Fields::default();
    let kind = kind_of(&mut fields, "/kind", desk.actor.template, form.filled("kind"));
    let name = if let Some(name) = form.filled("name") {
        fields.take("/name", Code::InvalidValue, Name::parse(name))
    } else {
        fields.refuse("/name", Code::Required, "Type what people call the account.");
        None
    };
    let add = kind.zip(name).map(|(kind, name)| Add { kind, name, external_id: None });
    flow::add(ctx, &desk.actor, id, &fields.finish(add)?).await
}

/// The account that a path names, as whoever asks may see it.
async fn seen<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    workspace: WorkspaceId,
    id: ResourceId,
) -> Result<(Desk, Resource)> {
    let (desk, found) = Desk::open(ctx, request, At::Resource(id), vec![resources::select(id)]).await?;
    let resource = flow::visible(ctx, &desk.actor, &found).await?;
    if resource.workspace_id == workspace { Ok((desk, resource)) } else { Err(Code::NotFound.into()) }
}

/// `GET /w/{wsp}/accounts/{res}`: asks before one is deleted for good.
pub async fn confirm<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    workspace: WorkspaceId,
    id: ResourceId,
) -> Result<Reply> {
    let (desk, resource) = seen(ctx, request, workspace, id).await?;
    let desk = desk.administered()?;
    desk.reply(&question(&desk, &resource, None))
}

fn question<'a>(desk: &'a Desk, resource: &'a Resource, error: Option<&Error>) -> Delete<'a> {
    Delete {
        frame: desk.frame(Place::Workspaces),
        nonce: &desk.key.nonce,
        problems: Problems::of(error),
        workspace: resource.workspace_id,
        resource: resource.id,
        name: &resource.name,
    }
}

/// `POST /w/{wsp}/accounts/{res}`: disconnects it, connects it again, or deletes it.
pub async fn act<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    workspace: WorkspaceId,
    id: ResourceId,
) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let (desk, resource) = seen(ctx, request, workspace, id).await?;
    if let Err(error) = form.fresh() {
        return if form.text("do") == "delete" && desk.actor.administers() {
            desk.refused(&error, &question(&desk, &resource, Some(&error)))
        } else {
            super::page(ctx, request, workspace, Some((&form, &error))).await
        };
    }
    let sentence = match form.text("do") {
        "disconnect" => {
            flow::set_status(ctx, &desk.actor, id, Status::Disconnected).await?;
            format!(
                "{} is disconnected. Nothing of it is lost: connect it again whenever you like.",
                apart(&resource.name)
            )
        }
        "connect" => {
            flow::set_status(ctx, &desk.actor, id, Status::Connected).await?;
            format!("{} is connected again.", apart(&resource.name))
        }
        "delete" => {
            flow::delete(ctx, &desk.actor, id).await?;
            format!("{} is deleted.", apart(&resource.name))
        }
        _ => return Err(Code::InvalidForm.into()),
    };
    Ok(said::see_other(&Route::WorkspacePage(workspace).path(), &sentence))
}

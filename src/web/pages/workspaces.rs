//! An organization's workspaces, as far as somebody reaches them; and for those who run it, the forms that make and name them.

use askama::Template;
use serde::Deserialize;

use super::desk::{Desk, Place};
use super::form::Form;
use super::{Frame, Problems, said};
use crate::domain::ids::WorkspaceId;
use crate::domain::text::Name;
use crate::error::{Code, Error, Fields, Result};
use crate::flow::Context;
use crate::flow::workspaces as flow;
use crate::platform::Platform;
use crate::store::accounts::At;
use crate::store::workspaces::{self, Workspace};
use crate::web::pages::apart::apart;
use crate::web::reply::Reply;
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// As many as one page shows.
const ON_A_PAGE: usize = 25;

/// Which page, and which of them is to be renamed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    cursor: String,
    rename: String,
}

#[derive(Template)]
#[template(path = "pages/workspaces.html")]
struct Page<'a> {
    frame: Frame,
    nonce: &'a str,
    problems: Problems,
    action: String,
    /// Whether whoever looks makes and names them.
    runs: bool,
    rows: Vec<Workspace>,
    next: Option<String>,
    first: bool,
    typed: &'a str,
}

#[derive(Template)]
#[template(path = "pages/workspace_rename.html")]
struct Rename<'a> {
    frame: Frame,
    nonce: &'a str,
    problems: Problems,
    action: String,
    id: WorkspaceId,
    name: &'a str,
    typed: &'a str,
    /// Whether it asks everybody for a second factor.
    asks: bool,
}

/// `GET /o/{slug}/workspaces`, with `?rename=` the form that renames one.
///
/// # Errors
/// 403 and 404 for a form that is not theirs.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let query: Query = request::query(request).unwrap_or_default();
    let (desk, _) = Desk::open(ctx, request, At::Slug(slug), Vec::new()).await?;
    if query.rename.is_empty() {
        return list(ctx, &desk, &query, None).await;
    }
    let desk = desk.administered()?;
    rename(ctx, &desk, &query.rename, None).await
}

async fn list<P: Platform>(
    ctx: &Context<'_, P>,
    desk: &Desk,
    query: &Query,
    refused: Option<(&Form, &Error)>,
) -> Result<Reply> {
    let actor = &desk.actor;
    let action = Route::WorkspacesPage(desk.setting.slug.clone()).path();
    let only_of = (!actor.role.reaches_every_workspace()).then_some(desk.member);
    let most = i64::try_from(ON_A_PAGE).unwrap_or(i64::MAX);
    let page = workspaces::page(actor.organization_id, only_of, query.cursor.parse().ok(), most + 1);
    let mut rows: Vec<Workspace> = ctx.platform.run(page).await?.rows()?;
    let more = rows.len() > ON_A_PAGE;
    rows.truncate(ON_A_PAGE);
    let page = Page {
        frame: desk.frame(Place::Workspaces),
        nonce: &desk.key.nonce,
        problems: Problems::of(refused.map(|(_, error)| error)),
        next: rows.last().filter(|_| more).map(|last| format!("{action}?cursor={}", last.id)),
        first: !query.cursor.is_empty(),
        action,
        runs: actor.administers(),
        rows,
        typed: refused.map_or("", |(form, _)| form.text("name")),
    };
    match refused {
        Some((_, error)) => desk.refused(error, &page),
        None => desk.reply(&page),
    }
}

/// One of the organization's.
async fn of<P: Platform>(ctx: &Context<'_, P>, desk: &Desk, id: &str) -> Result<Workspace> {
    let id: WorkspaceId = id.parse().map_err(|_| Error::from(Code::NotFound))?;
    let found: Option<Workspace> = ctx.platform.run(workspaces::select(id)).await?.first()?;
    let is_theirs = |workspace: &Workspace| workspace.organization_id == desk.actor.organization_id;
    found.filter(is_theirs).ok_or_else(|| Code::NotFound.into())
}

async fn rename<P: Platform>(
    ctx: &Context<'_, P>,
    desk: &Desk,
    id: &str,
    refused: Option<(&Form, &Error)>,
) -> Result<Reply> {
    let workspace = of(ctx, desk, id).await?;
    let page = Rename {
        frame: desk.frame(Place::Workspaces),
        nonce: &desk.key.nonce,
        problems: Problems::of(refused.map(|(_, error)| error)),
        action: Route::WorkspacesPage(desk.setting.slug.clone()).path(),
        id: workspace.id,
        name: &workspace.name,
        typed: refused
            .filter(|(form, _)| form.has("name"))
            .map_or(workspace.name.as_str(), |(form, _)| form.text("name")),
        asks: workspace.require_mfa,
    };
    match refused {
        Some((_, error)) => desk.refused(error, &page),
        None => desk.reply(&page),
    }
}

/// `POST`: makes one, or renames the one that the form names.
///
/// # Errors
/// Those of [`Form::read`], 403 for whoever doesn't run the organization. Any other refusal is the form again.
pub async fn submit<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let (desk, _) = Desk::open(ctx, request, At::Slug(slug), Vec::new()).await?;
    let desk = desk.administered()?;
    let named = form.filled("workspace");
    let done = match (form.fresh(), named) {
        (Err(error), _) => Err(error),
        (Ok(()), Some(id)) => {
            let id = of(ctx, &desk, id).await?.id;
            if let Some(asks) = form.filled("require_mfa") {
                return ask_factor(ctx, &desk, id, asks == "yes", &form).await;
            }
            match name(&form) {
                Ok(name) => flow::rename(ctx, &desk.actor, id, &name).await,
                Err(error) => Err(error),
            }
        }
        (Ok(()), None) => match name(&form) {
            Ok(name) => flow::create(ctx, &desk.actor, &name).await,
            Err(error) => Err(error),
        },
    };
    match (done, named) {
        (Ok(workspace), Some(_)) => Ok(said::see_other(
            &Route::WorkspacesPage(slug.to_owned()).path(),
            &format!("It is called {} now.", apart(&workspace.name)),
        )),
        (Ok(workspace), None) => Ok(said::see_other(
            &Route::WorkspacePage(workspace.id).path(),
            &format!("{} is there. Add accounts and people to it.", apart(&workspace.name)),
        )),
        (Err(error @ Error::Refused(_)), Some(id)) => rename(ctx, &desk, id, Some((&form, &error))).await,
        (Err(error @ Error::Refused(_)), None) => {
            list(ctx, &desk, &Query::default(), Some((&form, &error))).await
        }
        (Err(error), _) => Err(error),
    }
}

async fn ask_factor<P: Platform>(
    ctx: &Context<'_, P>,
    desk: &Desk,
    id: WorkspaceId,
    asks: bool,
    form: &Form,
) -> Result<Reply> {
    match flow::ask_factor(ctx, &desk.actor, id, asks).await {
        Ok(workspace) => {
            let told = if asks {
                format!("Everybody who comes into {} signs in with two steps now.", apart(&workspace.name))
            } else {
                format!("{} no longer asks everybody for two-step sign-in.", apart(&workspace.name))
            };
            Ok(said::see_other(&Route::WorkspacesPage(desk.setting.slug.clone()).path(), &told))
        }
        Err(error @ Error::Refused(_)) => rename(ctx, desk, &id.to_string(), Some((form, &error))).await,
        Err(error) => Err(error),
    }
}

fn name(form: &Form) -> Result<Name> {
    let mut fields = Fields::default();
    let name = fields.take("/name", Code::InvalidValue, Name::parse(form.text("name")));
    fields.finish(name)
}

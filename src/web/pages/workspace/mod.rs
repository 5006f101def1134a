//! A workspace, as whoever is in it sees it: what they are there, what they may do, and on which accounts (S2-18, S4-16); and
//! for whoever was given nothing yet, what to do about it (S3-10).

mod accounts;

use askama::Template;
use http::StatusCode;

pub use self::accounts::{act, add, confirm};
use super::desk::{self, Desk};
use super::{Frame, Problems, said};
use crate::domain::access::{Access, Credentials, Resources};
use crate::domain::decision::State;
use crate::domain::ids::{ResourceId, WorkspaceId};
use crate::domain::role::Role;
use crate::error::{Code, Error, Result};
use crate::flow::workspaces::check_inside;
use crate::flow::{self, Context};
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::memberships::{self, Place};
use crate::store::resources::{self, Resource, Status};
use crate::store::workspaces::{self, Workspace};
use crate::web::pages::form::Form;
use crate::web::reply::Reply;
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// As many accounts as one page shows.
const ON_A_PAGE: usize = 50;

/// What somebody finds in a workspace.
#[derive(Template)]
#[template(path = "pages/workspace.html")]
struct Page<'a> {
    frame: Frame,
    nonce: &'a str,
    id: WorkspaceId,
    name: &'a str,
    organization: &'a str,
    role: Role,
    state: State,
    /// What they may do, and what not.
    may: Vec<String>,
    may_not: Vec<String>,
    /// Whether they reach every account, now and later.
    everything: bool,
    accounts: Vec<Account>,
    /// The next page of these.
    next: Option<String>,
    /// The kinds of account they may add: key, label, and whether it was chosen.
    kinds: Vec<(&'static str, &'static str, bool)>,
    require_mfa: bool,
    /// Whether they may take accounts away for good, or only put them aside.
    deletes: bool,
    /// What was typed to add an account, and what is wrong with it.
    typed_name: &'a str,
    problems: Problems,
}

/// An account that somebody was given.
struct Account {
    id: ResourceId,
    name: String,
    kind: &'static str,
    connected: bool,
    /// Whether they may disconnect it and connect it again.
    theirs: bool,
    approves: bool,
    /// Whose credentials reach it, where what they do needs any.
    credentials: Option<Credentials>,
}

/// `GET /w/{wsp}`.
///
/// # Errors
/// 404 for whoever is not in it.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: WorkspaceId) -> Result<Reply> {
    page(ctx, request, id, None).await
}

/// The page, with the form as it was sent and what is wrong with it, if it was refused.
async fn page<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: WorkspaceId,
    refused: Option<(&Form, &Error)>,
) -> Result<Reply> {
    let (desk, found) = Desk::open(ctx, request, At::Workspace(id), vec![workspaces::select(id)]).await?;
    let workspace: Option<Workspace> = ResultSet::row_of(found.first())?;
    let workspace = workspace.ok_or_else(|| Error::from(Code::NotFound))?;
    let actor = &desk.actor;
    let place: Option<Place> = ctx.platform.run(memberships::select(id, actor.member_id)).await?.first()?;
    let place = place
        .filter(|place| place.placed || actor.administers())
        .ok_or_else(|| Error::from(Code::NotFound))?;
    let (template, role) = (actor.template, place.role);
    let access = place.access.of(template, role);
    let state = memberships::state(template, &actor.policy, role, place.active, place.second_factor, &access);
    let permissions = access.permissions.effective(template, role);
    let (accounts, next) = if state == State::Ready {
        accounts(ctx, request, &desk, id, &access).await?
    } else {
        (Vec::new(), None)
    };
    // Staff add any kind, a client those they were allowed (S0-15).
    let kinds =
        template.kinds.iter().filter(|kind| role != Role::Client || access.addable_kinds.contains(&kind.key));
    let shown = state == State::Ready;
    let error = refused.map(|(_, error)| error);
    let chosen = refused.map_or("", |(form, _)| form.text("kind"));
    let page = Page {
        frame: desk.frame(desk::Place::Workspaces),
        nonce: &desk.key.nonce,
        id,
        name: &workspace.name,
        organization: &desk.setting.organization_name,
        role,
        state,
        may: if shown { template.catalog.in_words(permissions) } else { Vec::new() },
        may_not: if shown {
            template.catalog.in_words(template.catalog.all().without(permissions))
        } else {
            Vec::new()
        },
        everything: access.resources == Resources::All,
        accounts,
        next,
        kinds: if state == State::MfaRequired {
            Vec::new()
        } else {
            kinds.map(|kind| (kind.key.as_str(), kind.label.as_str(), kind.key == chosen)).collect()
        },
        require_mfa: access.require_mfa,
        deletes: actor.administers(),
        typed_name: refused.map_or("", |(form, _)| form.text("name")),
        problems: Problems::of(error),
    };
    match error {
        Some(error) => desk.refused(error, &page),
        None => desk.reply_with(StatusCode::OK, &page),
    }
}

/// A page of the accounts that somebody was given, and the way to the next.
async fn accounts<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    desk: &Desk,
    id: WorkspaceId,
    access: &Access,
) -> Result<(Vec<Account>, Option<String>)> {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Query {
        cursor: String,
    }
    let actor = &desk.actor;
    let query: Query = request::query(request).unwrap_or_default();
    let given_to = (access.resources != Resources::All).then_some(actor.member_id);
    let most = i64::try_from(ON_A_PAGE).unwrap_or(i64::MAX);
    let mut rows =
        resources::page(ctx.platform, id, given_to, None, query.cursor.parse().ok(), most + 1).await?;
    let more = rows.len() > ON_A_PAGE;
    rows.truncate(ON_A_PAGE);
    let next = rows.last().filter(|_| more).map(|last| format!("{}?cursor={}", path(id), last.id));
    let account = |resource: Resource| {
        let grant = match &access.resources {
            Resources::Listed(grants) => grants.iter().find(|grant| grant.id == resource.id),
            Resources::All => None,
        };
        let kind = actor.template.kinds.iter().find(|kind| kind.key == resource.kind);
        Account {
            id: resource.id,
            name: resource.name,
            kind: kind.map_or("Account", |kind| kind.label.as_str()),
            connected: resource.status == Status::Connected,
            theirs: actor.administers() || resource.connected_by == Some(actor.member_id),
            approves: grant.is_some_and(|grant| grant.approve),
            credentials: grant.and_then(|grant| grant.credentials),
        }
    };
    Ok((rows.into_iter().map(account).collect(), next))
}

fn path(id: WorkspaceId) -> String {
    Route::WorkspacePage(id).path()
}

/// `POST /w/{wsp}/ask`: whoever was given nothing asks for it (S3-10).
pub async fn ask<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: WorkspaceId) -> Result<Reply> {
    Form::read(ctx, request)?;
    let (desk, _) = Desk::open(ctx, request, At::Workspace(id), Vec::new()).await?;
    check_inside(ctx, &desk.actor, id).await?;
    flow::ask::for_access(ctx, &desk.actor, id).await?;
    Ok(said::see_other(
        &path(id),
        "Your request was passed on. As soon as you are given something, it is here.",
    ))
}

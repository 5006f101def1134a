//! A workspace, as whoever is in it sees it: what they are there, what they may do, and on which accounts (S2-18, S4-16); and
//! for whoever was given nothing yet, what to do about it (S3-10).

mod accounts;
mod people;

use askama::Template;
use http::StatusCode;

pub use self::accounts::{act, add, confirm};
use self::people::People;
use super::desk::{self, Desk};
use super::placing::giving;
use super::sign_in::with_to;
use super::{Frame, Problems, said};
use crate::domain::access::{Access, Credentials, Resources};
use crate::domain::decision::State;
use crate::domain::ids::{MemberId, ResourceId, WorkspaceId};
use crate::domain::role::Role;
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::flow::workspaces::check_inside;
use crate::flow::{self, Context};
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::asking;
use crate::store::members::{self, Member};
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
    /// What these are called, one and many; nothing where such an organization has none.
    called: Option<(String, String)>,
    /// The next page of these.
    next: Option<String>,
    /// The kinds of account they may add: key, label, and whether it was chosen.
    kinds: Vec<(&'static str, &'static str, bool)>,
    require_mfa: bool,
    /// Where the host product is, for whoever works there.
    product: Option<&'a str>,
    /// When they asked for access, if that was in the last day.
    asked: Option<Timestamp>,
    /// Whether they may take accounts away for good, or only put them aside.
    deletes: bool,
    /// Who is in it, for those who say who is.
    people: Option<People>,
    /// Whose view of it this is, if it is shown to somebody else.
    seen_by: Option<Onlooker<'a>>,
    /// Where they leave the organization, and what they are in it; the owner doesn't.
    leave: Option<String>,
    member: String,
    /// What was typed to add an account, and what is wrong with it.
    typed_name: &'a str,
    problems: Problems,
}

impl Page<'_> {
    /// Whether there is anything to do about one of the accounts.
    fn acts(&self) -> bool {
        self.accounts.iter().any(|account| account.theirs)
    }

    /// Where a second factor is set up; from there one comes back.
    fn set_up(&self) -> String {
        with_to(&Route::SecurityFactor, &path(self.id))
    }
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

/// What of its lists is shown.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Query {
    /// Where the accounts go on.
    cursor: String,
    /// Where the people go on.
    people: String,
    /// Who was just added, and stands first.
    person: String,
}

/// Whoever looks at the workspace as somebody else sees it.
struct Onlooker<'a> {
    /// Whose view it is.
    name: &'a str,
    /// Back to what they were given.
    back: String,
}

/// Whose page it is.
struct Of<'a> {
    member: MemberId,
    place: Place,
    people: Option<People>,
    seen_by: Option<Onlooker<'a>>,
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
    let query: Query = request::query(request).unwrap_or_default();
    let mut reads = vec![memberships::select(id, desk.member)];
    reads.extend(people::select(&desk, id, &query));
    let found = ctx.platform.batch(reads).await?;
    let place: Option<Place> = ResultSet::row_of(found.first())?;
    let place = place
        .filter(|place| place.placed || actor.administers())
        .ok_or_else(|| Error::from(Code::NotFound))?;
    let people = people::read(&desk, id, found.get(1..).unwrap_or_default(), &query)?;
    let of = Of { member: desk.member, place, people, seen_by: None };
    reply(ctx, &desk, &workspace, of, &query, refused).await
}

/// `GET /w/{wsp}/members/{mbr}/preview`: the workspace as somebody sees it, for whoever may change what they see.
///
/// # Errors
/// 404 for whoever is not in it, 403 for whoever may not see what they were given.
pub async fn preview<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: WorkspaceId,
    member: MemberId,
) -> Result<Reply> {
    let reads = vec![workspaces::select(id), memberships::select(id, member), members::select(member)];
    let (desk, found) = Desk::open(ctx, request, At::Workspace(id), reads).await?;
    let workspace: Option<Workspace> = ResultSet::row_of(found.first())?;
    let place: Option<Place> = ResultSet::row_of(found.get(1))?;
    let person: Option<Member> = ResultSet::row_of(found.get(2))?;
    let (Some(workspace), Some(place), Some(person)) = (workspace, place, person) else {
        return Err(Code::NotFound.into());
    };
    if !giving::may_see(&desk.actor, id, member, place.role) {
        return Err(Code::Forbidden.into());
    }
    if !place.active || !(place.placed || place.role.reaches_every_workspace()) {
        return Err(Code::NotFound.into());
    }
    let back = Route::AccessPage(id, member).path();
    let seen_by = Some(Onlooker { name: &person.user.name, back });
    let of = Of { member, place, people: None, seen_by };
    reply(ctx, &desk, &workspace, of, &request::query(request).unwrap_or_default(), None).await
}

async fn reply<P: Platform>(
    ctx: &Context<'_, P>,
    desk: &Desk,
    workspace: &Workspace,
    of: Of<'_>,
    query: &Query,
    refused: Option<(&Form, &Error)>,
) -> Result<Reply> {
    let (actor, place, id) = (&desk.actor, of.place, workspace.id);
    let (template, role) = (actor.template, place.role);
    let access = place.access.of(template, role);
    let state = memberships::state(
        template,
        &actor.policy,
        role,
        place.active,
        place.second_factor,
        place.asked_of_all,
        &access,
    );
    let permissions = access.permissions.effective(template, role) | access.follows(template);
    let in_words =
        |set| if state == State::Ready { lines(&template.catalog.in_words(set)) } else { Vec::new() };
    let own = of.seen_by.is_none();
    let (accounts, next) = if state == State::Ready {
        accounts(ctx, desk, id, &access, of.member, &query.cursor).await?
    } else {
        (Vec::new(), None)
    };
    // Staff add any kind, a client those they were allowed (S0-15).
    let kinds =
        template.kinds.iter().filter(|kind| role != Role::Client || access.addable_kinds.contains(&kind.key));
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
        may: in_words(permissions),
        may_not: in_words(template.catalog.all().without(permissions)),
        everything: access.resources == Resources::All,
        called: (!template.kinds.is_empty()).then(|| template.noun()),
        accounts,
        next: next.filter(|_| own),
        kinds: if state == State::MfaRequired || !own {
            Vec::new()
        } else {
            kinds.map(|kind| (kind.key.as_str(), kind.label.as_str(), kind.key == chosen)).collect()
        },
        require_mfa: access.require_mfa,
        product: ctx.config.product.as_ref().filter(|_| own).map(|product| &*product.url),
        asked: place.asked_at.filter(|at| own && asking::is_recent(*at, ctx.now())),
        deletes: own && actor.administers(),
        people: of.people,
        leave: (own && role != Role::Owner)
            .then(|| Route::MemberLeave(desk.setting.slug.clone(), of.member).path()),
        member: Route::MemberPage(desk.setting.slug.clone(), of.member).path(),
        seen_by: of.seen_by,
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
    desk: &Desk,
    id: WorkspaceId,
    access: &Access,
    member: MemberId,
    cursor: &str,
) -> Result<(Vec<Account>, Option<String>)> {
    let actor = &desk.actor;
    let own = actor.is(member);
    let given_to = (access.resources != Resources::All).then_some(member);
    let most = i64::try_from(ON_A_PAGE).unwrap_or(i64::MAX);
    let mut rows = resources::page(ctx.platform, id, given_to, None, cursor.parse().ok(), most + 1).await?;
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
            theirs: own && (actor.administers() || resource.connected_by == Some(member)),
            approves: grant.is_some_and(|grant| grant.approve),
            credentials: grant.and_then(|grant| grant.credentials),
        }
    };
    Ok((rows.into_iter().map(account).collect(), next))
}

/// Each as a line of its own.
fn lines(told: &[String]) -> Vec<String> {
    told.iter().map(|each| text::capitalized(each)).collect()
}

fn path(id: WorkspaceId) -> String {
    Route::WorkspacePage(id).path()
}

/// `POST /w/{wsp}/ask`: whoever was given nothing asks for it (S3-10).
pub async fn ask<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: WorkspaceId) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    if let Err(error) = form.fresh() {
        return page(ctx, request, id, Some((&form, &error))).await;
    }
    let (desk, _) = Desk::open(ctx, request, At::Workspace(id), Vec::new()).await?;
    check_inside(ctx, &desk.actor, id).await?;
    flow::ask::for_access(ctx, &desk.actor, id).await?;
    Ok(said::see_other(
        &path(id),
        "Your request was passed on. As soon as you are given something, it is here.",
    ))
}

//! Adding somebody who is in another workspace (S4-04, S4-09 to S4-16): from which, whom, with what access, then once more.
//! They are in at once; no e-mail is sent.

use askama::Template;
use serde::Deserialize;

use super::giving::{Choices, Parts, Review, To};
use super::sought;
use crate::domain::ids::{MemberId, WorkspaceId};
use crate::domain::invitation::{Kind, Status as Waiting};
use crate::domain::role::Role;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::flow::memberships::{self as flow, Of};
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::choices::{self, Sought, Workspace as Choice};
use crate::store::invitation_list;
use crate::store::invitations::Record;
use crate::store::members::{self, Filter, Member, Status};
use crate::store::memberships::{self, Place};
use crate::store::workspaces::{self, Workspace};
use crate::web::api::field;
use crate::web::pages::access::{Chosen, Listing};
use crate::web::pages::desk::{self, Desk};
use crate::web::pages::form::Form;
use crate::web::pages::{Frame, Problems, said};
use crate::web::reply::Reply;
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// As many workspaces as there are to choose from.
const MOST_WORKSPACES: usize = 100;
/// As many people as one page shows.
const ON_A_PAGE: usize = 25;
/// Why somebody can't be added yet (S4-10).
const NOT_YET: &str = "Has not accepted the first invitation yet";

/// How far somebody has come: all of it stands in the address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Query {
    from: String,
    member: String,
    q: String,
    cursor: String,
    /// What the name of the workspace begins with that they come from.
    find: String,
}

/// The workspace that somebody is to be added to, and who adds them.
struct Open {
    desk: Desk,
    workspace: Workspace,
    /// The roles of those whom they may add.
    roles: Vec<Role>,
}

/// Opens it.
///
/// # Errors
/// 404 where there is no such workspace, 403 for whoever may not add anybody to it.
async fn open<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: WorkspaceId) -> Result<Open> {
    let (desk, found) = Desk::open(ctx, request, At::Around(id), vec![workspaces::select(id)]).await?;
    let workspace: Option<Workspace> = ResultSet::row_of(found.first())?;
    let workspace = workspace.ok_or_else(|| Error::from(Code::NotFound))?;
    let roles = addable(&desk);
    if roles.is_empty() || !desk.actor.reaches(id) {
        return Err(Code::Forbidden.into());
    }
    Ok(Open { desk, workspace, roles })
}

/// The roles of those whom whoever has a page open may put into a workspace: those that are put in any.
#[must_use]
pub fn addable(desk: &Desk) -> Vec<Role> {
    let invitable = desk.actor.invitable().iter().copied();
    invitable.filter(|role| !role.reaches_every_workspace()).collect()
}

impl Open {
    fn path(&self) -> String {
        Route::AddToWorkspace(self.workspace.id).path()
    }

    /// Its address with these.
    fn at(&self, pairs: &[(&str, &str)]) -> String {
        let pairs: Vec<_> = pairs.iter().filter(|(_, value)| !value.is_empty()).collect();
        format!("{}?{}", self.path(), serde_urlencoded::to_string(pairs).unwrap_or_default())
    }

    fn frame(&self) -> Frame {
        self.desk.frame(desk::Place::Workspaces)
    }
}

/// `GET /w/{wsp}/add`: the step that its query has come to.
///
/// # Errors
/// Those of [`open`]; 404 for somebody or a workspace that is none of the organization's.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: WorkspaceId) -> Result<Reply> {
    let query: Query = request::query(request).unwrap_or_default();
    let open = open(ctx, request, id).await?;
    if query.member.is_empty() {
        return if query.from.is_empty() {
            choose_workspace(ctx, &open, &query).await
        } else {
            choose_person(ctx, &open, &query).await
        };
    }
    let (member, place) = person(ctx, &open, &query.member).await?;
    let error = refused(&place);
    form(ctx, &open, &member, &query.from, &mut Chosen::default(), &Form::default(), error.as_ref()).await
}

#[derive(Template)]
#[template(path = "pages/add_from.html")]
struct From<'a> {
    frame: Frame,
    workspace: &'a str,
    /// Name and way of each.
    others: Vec<(&'a str, String)>,
    /// Whether there are more, and what they are looked through for.
    more: bool,
    find: &'a str,
    action: String,
    /// Where people are invited who are in no workspace yet.
    invite: String,
    back: String,
}

async fn choose_workspace<P: Platform>(ctx: &Context<'_, P>, open: &Open, query: &Query) -> Result<Reply> {
    let find = query.find.trim();
    let sought = Sought { find, most: MOST_WORKSPACES + 1 };
    let mut others: Vec<Choice> =
        ctx.platform.run(choices::workspaces(&open.desk.actor, sought)).await?.rows()?;
    let more = others.len() > MOST_WORKSPACES;
    others.truncate(MOST_WORKSPACES);
    let id = open.workspace.id;
    open.desk.reply(&From {
        frame: open.frame(),
        workspace: &open.workspace.name,
        others: others
            .iter()
            .filter(|other| other.id != id)
            .map(|other| (other.name.as_str(), open.at(&[("from", &other.id.to_string())])))
            .collect(),
        more,
        find,
        action: open.path(),
        invite: open.invite(),
        back: Route::WorkspacePage(id).path(),
    })
}

/// Somebody in the list.
struct Candidate {
    name: String,
    email: String,
    role: &'static str,
    /// The way to add them, or why there is none.
    way: std::result::Result<String, String>,
}

#[derive(Template)]
#[template(path = "pages/add_person.html")]
struct Person<'a> {
    frame: Frame,
    workspace: &'a str,
    action: String,
    query: &'a Query,
    from: &'a str,
    invite: String,
    people: Vec<Candidate>,
    next: Option<String>,
    back: String,
}

async fn choose_person<P: Platform>(ctx: &Context<'_, P>, open: &Open, query: &Query) -> Result<Reply> {
    let actor = &open.desk.actor;
    let from: WorkspaceId = query.from.parse().map_err(|_| Error::from(Code::NotFound))?;
    if !actor.reaches(from) {
        return Err(Code::NotFound.into());
    }
    let prefix = field::prefix(Some(query.q.clone()));
    let filter = Filter {
        status: Status::Active,
        roles: open.roles.clone(),
        workspace: Some(from),
        prefix: prefix.clone(),
        // Whether they are in it already.
        only: Some(open.workspace.id),
    };
    let waiting = invitation_list::Filter {
        roles: open.roles.clone(),
        status: Some(Waiting::Pending),
        kind: Some(Kind::Email),
        workspace: Some(from),
        prefix,
        with_inviters: false,
    };
    let (organization, cursor) = (actor.organization_id, query.cursor.parse().ok());
    let most = i64::try_from(ON_A_PAGE).unwrap_or(i64::MAX);
    let found = ctx
        .platform
        .batch(vec![
            workspaces::select(from),
            members::page(organization, &filter, cursor, most + 1),
            invitation_list::page(organization, &waiting, None, most, ctx.now()),
        ])
        .await?;
    let other: Option<Workspace> = ResultSet::row_of(found.first())?;
    let other = other
        .filter(|other| other.organization_id == organization)
        .ok_or_else(|| Error::from(Code::NotFound))?;
    let mut members: Vec<Member> = found.get(1).map(ResultSet::rows).transpose()?.unwrap_or_default();
    let invited: Vec<Record> = found.get(2).map(ResultSet::rows).transpose()?.unwrap_or_default();
    let more = members.len() > ON_A_PAGE;
    members.truncate(ON_A_PAGE);
    let next = members
        .last()
        .filter(|_| more)
        .map(|last| open.at(&[("from", &query.from), ("q", &query.q), ("cursor", &last.id.to_string())]));
    let mut people: Vec<Candidate> =
        members.into_iter().map(|member| candidate(open, member, &query.from)).collect();
    // Those who wait stand once, at the beginning of the list.
    if cursor.is_none() {
        people.extend(invited.into_iter().map(|record| {
            let email = record.state.email.map(|email| email.as_str().to_owned()).unwrap_or_default();
            Candidate {
                name: record.name.or(record.nickname).unwrap_or_else(|| email.clone()),
                email,
                role: record.state.role.label(),
                way: Err(NOT_YET.to_owned()),
            }
        }));
    }
    open.desk.reply(&Person {
        frame: open.frame(),
        workspace: &open.workspace.name,
        action: open.path(),
        query,
        from: &other.name,
        invite: open.invite(),
        people,
        next,
        back: open.path(),
    })
}

fn candidate(open: &Open, member: Member, from: &str) -> Candidate {
    let is_in = member.workspaces.iter().any(|place| place.id == open.workspace.id);
    let way = if is_in {
        Err(format!("Is in {} already", open.workspace.name))
    } else if member.came_in {
        Ok(open.at(&[("from", from), ("member", &member.id.to_string())]))
    } else {
        Err(NOT_YET.to_owned())
    };
    Candidate { name: member.user.name, email: member.user.email, role: member.role.label(), way }
}

/// Who is to be added, and where they stand in the workspace.
///
/// # Errors
/// 404 for nobody of this organization, 403 for somebody whom whoever asks may not add.
async fn person<P: Platform>(ctx: &Context<'_, P>, open: &Open, id: &str) -> Result<(Member, Place)> {
    let id: MemberId = id.parse().map_err(|_| Error::from(Code::NotFound))?;
    let reads = vec![members::select(id), memberships::select(open.workspace.id, id)];
    let found = ctx.platform.batch(reads).await?;
    let member: Option<Member> = ResultSet::row_of(found.first())?;
    // Nobody of another organization has a place here.
    let place: Option<Place> = ResultSet::row_of(found.get(1))?;
    let (Some(member), Some(place)) = (member, place) else { return Err(Code::NotFound.into()) };
    if open.roles.contains(&place.role) { Ok((member, place)) } else { Err(Code::Forbidden.into()) }
}

/// Why somebody can't be added, before anything is chosen for them.
fn refused(place: &Place) -> Option<Error> {
    if place.placed {
        Some(Code::MembershipExists.into())
    } else if !place.active || !place.came_in {
        Some(Code::MemberNotActive.into())
    } else {
        None
    }
}

#[derive(Template)]
#[template(path = "pages/add_access.html")]
struct Access<'a> {
    frame: Frame,
    nonce: &'a str,
    problems: Problems,
    member: &'a Member,
    workspace: &'a str,
    action: String,
    from: &'a str,
    parts: Parts,
    back: String,
}

impl Open {
    fn invite(&self) -> String {
        Route::InviteStart(self.desk.setting.slug.clone()).path()
    }

    fn to<'a>(&'a self, member: &'a Member) -> To<'a> {
        To { actor: &self.desk.actor, workspace: self.workspace.id, member, before: None }
    }
}

/// What they are given, with what is chosen.
async fn form<P: Platform>(
    ctx: &Context<'_, P>,
    open: &Open,
    member: &Member,
    from: &str,
    chosen: &mut Chosen,
    typed: &Form,
    error: Option<&Error>,
) -> Result<Reply> {
    let to = open.to(member);
    let problems = To::problems(error);
    let choices = Choices::read(ctx, &to, chosen, typed).await?;
    choices.choose_shown(chosen, typed);
    let page = Access {
        frame: open.frame(),
        nonce: &open.desk.key.nonce,
        member,
        workspace: &open.workspace.name,
        action: open.path(),
        from,
        parts: to.parts(chosen, choices, &problems),
        problems,
        back: open.at(&[("from", from)]),
    };
    match error {
        Some(error) => open.desk.refused(error, &page),
        None => open.desk.reply(&page),
    }
}

#[derive(Template)]
#[template(path = "pages/add_check.html")]
struct Check<'a> {
    frame: Frame,
    nonce: &'a str,
    problems: Problems,
    member: &'a Member,
    workspace: &'a str,
    action: String,
    from: &'a str,
    review: Review,
    back: String,
}

/// `POST`: what they would be given, once more (`do=review`), the form again (`do=edit`), or the deed (`do=add`).
///
/// # Errors
/// Those of [`Form::read`], [`open`] and [`person`]. Any other refusal is the form again.
pub async fn submit<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: WorkspaceId) -> Result<Reply> {
    let typed = Form::read(ctx, request)?;
    let open = open(ctx, request, id).await?;
    let (member, place) = person(ctx, &open, typed.text("member")).await?;
    let (from, mut chosen) = (typed.text("from"), Chosen::typed(&typed));
    if let Err(error) = typed.fresh() {
        return form(ctx, &open, &member, from, &mut chosen, &typed, Some(&error)).await;
    }
    if Listing::is_asked(&typed) && typed.text("look") != "credentials" {
        return form(ctx, &open, &member, from, &mut chosen, &typed, None).await;
    }
    let done = match typed.text("do") {
        "edit" => return form(ctx, &open, &member, from, &mut chosen, &typed, None).await,
        "add" => add(ctx, &open, &member, place, &chosen).await,
        _ => match refused(&place) {
            Some(error) => Err(error),
            None => check(ctx, &open, &member, from, &chosen, &typed).await,
        },
    };
    match done {
        Err(error @ Error::Refused(_)) => {
            form(ctx, &open, &member, from, &mut chosen, &typed, Some(&error)).await
        }
        done => done,
    }
}

/// Asks once more.
async fn check<P: Platform>(
    ctx: &Context<'_, P>,
    open: &Open,
    member: &Member,
    from: &str,
    chosen: &Chosen,
    typed: &Form,
) -> Result<Reply> {
    let to = open.to(member);
    let choices = Choices::read(ctx, &to, chosen, typed).await?;
    let review = to.reviewed(ctx, chosen, &choices, sought(typed)).await?;
    open.desk.reply(&Check {
        frame: open.frame(),
        nonce: &open.desk.key.nonce,
        problems: Problems::default(),
        member,
        workspace: &open.workspace.name,
        action: open.path(),
        from,
        review,
        back: Route::WorkspacePage(open.workspace.id).path(),
    })
}

/// Puts them in. The workspace's page shows them at once (S4-14).
async fn add<P: Platform>(
    ctx: &Context<'_, P>,
    open: &Open,
    member: &Member,
    place: Place,
    chosen: &Chosen,
) -> Result<Reply> {
    let of = Of { workspace: open.workspace.id, member: member.id };
    let wanted = open.to(member).wanted(chosen)?;
    flow::add(ctx, &open.desk.actor, of, place, wanted).await?;
    let (name, workspace) = (&member.user.name, &open.workspace.name);
    let path = format!("{}?person={}", Route::WorkspacePage(of.workspace).path(), of.member);
    let sentence =
        format!("{name} is in {workspace} now. No e-mail was sent: it is in their list of workspaces.");
    Ok(said::see_other(&path, &sentence))
}

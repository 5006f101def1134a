//! Adding somebody who is in another workspace (S4-04, S4-09 to S4-16): from which, whom, with what access, then once more.
//! They are in at once; no e-mail is sent.

mod whom;

use askama::Template;
use serde::Deserialize;

use super::giving::{Choices, Parts, Review, To};
use super::sought;
use crate::domain::ids::{MemberId, WorkspaceId};
use crate::domain::role::Role;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::flow::memberships::{self as flow, Of};
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::members::{self, Member};
use crate::store::memberships::{self, Place};
use crate::store::workspaces::{self, Workspace};
use crate::web::pages::access::{Chosen, Listing};
use crate::web::pages::apart::apart;
use crate::web::pages::desk::{self, Desk};
use crate::web::pages::form::Form;
use crate::web::pages::{Frame, Problems, said};
use crate::web::reply::Reply;
use crate::web::request::{self, Request};
use crate::web::route::Route;

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
            whom::choose_workspace(ctx, &open, &query).await
        } else {
            whom::choose_person(ctx, &open, &query).await
        };
    }
    let (member, place) = person(ctx, &open, &query.member).await?;
    let error = refused(&place);
    form(ctx, &open, &member, &query.from, &mut Chosen::default(), &Form::default(), error.as_ref()).await
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
    let (name, workspace) = (apart(&member.user.name), apart(&open.workspace.name));
    let path = format!("{}?person={}", Route::WorkspacePage(of.workspace).path(), of.member);
    let sentence =
        format!("{name} is in {workspace} now. No e-mail was sent: it is in their list of workspaces.");
    Ok(said::see_other(&path, &sentence))
}

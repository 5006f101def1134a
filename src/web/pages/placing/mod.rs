//! Who is in a workspace with what: somebody's access there as a form, read once more as a difference before it counts
//! (S2-06 to S2-15, S3-11 to S3-19); adding somebody who is in another (S4-04, S4-09 to S4-16); taking somebody out.

pub mod adding;
mod difference;
pub mod ending;
pub mod giving;

use askama::Template;
use http::StatusCode;
use serde_json::json;

use self::giving::{Choices, Parts, Review, To, may_see};
use super::access::{Chosen, Listing, words};
use super::desk::{self, Desk};
use super::form::Form;
use super::{Frame, Problems, said};
use crate::domain::ids::{MemberId, WorkspaceId};
use crate::domain::secret;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::flow::memberships::{self as flow, Of};
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::audit_log::{self, Author};
use crate::store::members::{self, Member};
use crate::store::memberships::{self, Place};
use crate::store::workspaces::{self, Workspace};
use crate::web::pages::apart::apart;
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Route;

/// A page about somebody in a workspace.
struct Open {
    desk: Desk,
    workspace: Workspace,
    member: Member,
    place: Place,
}

/// Opens one, in one round trip.
///
/// # Errors
/// 404 where there is no such workspace or member in one organization, 403 for whoever may not see what they have there.
async fn open<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: WorkspaceId,
    member: MemberId,
) -> Result<Open> {
    let reads = vec![workspaces::select(id), memberships::select(id, member), members::select(member)];
    let (desk, found) = Desk::open(ctx, request, At::Workspace(id), reads).await?;
    let workspace: Option<Workspace> = ResultSet::row_of(found.first())?;
    // A member of another organization has no place in this one's workspace.
    let place: Option<Place> = ResultSet::row_of(found.get(1))?;
    let member: Option<Member> = ResultSet::row_of(found.get(2))?;
    let (Some(workspace), Some(place), Some(member)) = (workspace, place, member) else {
        // Whoever has no business here learns nothing of who is.
        return Err(if desk.actor.invitable().is_empty() { Code::Forbidden } else { Code::NotFound }.into());
    };
    if may_see(&desk.actor, id, member.id, place.role) {
        Ok(Open { desk, workspace, member, place })
    } else {
        Err(Code::Forbidden.into())
    }
}

impl Open {
    /// The same, of somebody who is in the workspace with an access of their own that can be changed.
    ///
    /// # Errors
    /// 404 for whoever is not in it or has everything anyway, 403 for whoever may not change it.
    fn changeable(self) -> Result<Self> {
        let actor = &self.desk.actor;
        if actor.is(self.member.id) || !actor.may_invite(self.place.role) {
            Err(Code::Forbidden.into())
        } else if self.place.placed && self.place.active && !self.place.role.reaches_every_workspace() {
            Ok(self)
        } else {
            Err(Code::NotFound.into())
        }
    }

    fn of(&self) -> Of {
        Of { workspace: self.workspace.id, member: self.member.id }
    }

    fn to(&self) -> To<'_> {
        To {
            actor: &self.desk.actor,
            workspace: self.workspace.id,
            member: &self.member,
            before: Some(self.place.access.clone().read(&self.desk.actor.template.catalog)),
        }
    }

    /// What of it was seen: whatever is different by the next time shows in it.
    fn seen(&self) -> String {
        let Place { made_by, role, access, .. } = &self.place;
        secret::digest(json!([made_by, role, access]).to_string().as_bytes())
    }

    fn path(&self, route: fn(WorkspaceId, MemberId) -> Route) -> String {
        route(self.workspace.id, self.member.id).path()
    }

    fn page_of_member(&self) -> String {
        Route::MemberPage(self.desk.setting.slug.clone(), self.member.id).path()
    }
}

#[derive(Template)]
#[template(path = "pages/member_access.html")]
struct Page<'a> {
    frame: Frame,
    nonce: &'a str,
    problems: Problems,
    name: &'a str,
    workspace: &'a Workspace,
    role: &'static str,
    /// What they may do now.
    may: String,
    action: String,
    seen: String,
    parts: Parts,
    preview: String,
    end: String,
    back: String,
}

/// `GET /w/{wsp}/members/{mbr}`: the form.
///
/// # Errors
/// Those of [`open`] and [`Open::changeable`].
pub async fn show<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: WorkspaceId,
    member: MemberId,
) -> Result<Reply> {
    let open = open(ctx, request, id, member).await?;
    if open.desk.actor.is(member) {
        // One's own is the workspace as one sees it.
        return Ok(crate::web::reply::see_other(&Route::WorkspacePage(id).path()));
    }
    let open = open.changeable()?;
    let chosen = Chosen::of(&open.to().before.unwrap_or_default(), open.desk.actor.template);
    let choices = Choices::read(ctx, &open.to(), &chosen, &Form::default()).await?;
    form(&open, &chosen, choices, None)
}

/// The form, with what is chosen and what is wrong with it.
fn form(open: &Open, chosen: &Chosen, choices: Choices, error: Option<&Error>) -> Result<Reply> {
    let (desk, to, problems) = (&open.desk, open.to(), To::problems(error));
    let before = to.before.clone().unwrap_or_default();
    let (template, role) = (desk.actor.template, open.place.role);
    let page = Page {
        frame: desk.frame(desk::Place::Workspaces),
        nonce: &desk.key.nonce,
        name: &open.member.user.name,
        workspace: &open.workspace,
        role: role.with_article(),
        may: words::of(template, role, &before),
        action: open.path(Route::AccessPage),
        seen: open.seen(),
        parts: to.parts(chosen, choices, &problems),
        problems,
        preview: open.path(Route::AccessPreview),
        end: open.path(Route::AccessEnd),
        back: open.page_of_member(),
    };
    match error {
        Some(error) => desk.refused(error, &page),
        None => desk.reply(&page),
    }
}

#[derive(Template)]
#[template(path = "pages/member_review.html")]
struct Check<'a> {
    frame: Frame,
    nonce: &'a str,
    problems: Problems,
    name: &'a str,
    workspace: &'a str,
    many: String,
    action: String,
    seen: String,
    /// Who changed it while this page was open, if anybody did.
    overtaken: Option<String>,
    review: Review,
    back: String,
}

/// `POST`: what was chosen as a difference (`do=review`), the form again (`do=edit`), or the change (`do=save`).
///
/// # Errors
/// Those of [`Form::read`], [`open`] and [`Open::changeable`]. Any other refusal is the form again.
pub async fn submit<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: WorkspaceId,
    member: MemberId,
) -> Result<Reply> {
    let typed = Form::read(ctx, request)?;
    let open = open(ctx, request, id, member).await?.changeable()?;
    let mut chosen = Chosen::typed(&typed);
    let choices = Choices::read(ctx, &open.to(), &chosen, &typed).await?;
    choices.choose_shown(&mut chosen, &typed);
    if let Err(error) = typed.fresh() {
        return form(&open, &chosen, choices, Some(&error));
    }
    let overtaken = typed.text("seen") != open.seen();
    let done = match typed.text("do") {
        // Whose credentials are used is looked through on the page that asks.
        _ if Listing::is_asked(&typed) && typed.text("look") != "credentials" => {
            return form(&open, &chosen, choices, None);
        }
        "edit" => return form(&open, &chosen, choices, None),
        "save" if !overtaken => save(ctx, request, open, &chosen).await?,
        _ => Err((open, None)),
    };
    // What was refused is asked again, and so is what somebody else was faster with.
    let (open, error) = match done {
        Ok(reply) => return Ok(reply),
        Err(refused) => refused,
    };
    let overtaken = overtaken || (typed.text("do") == "save" && error.is_none());
    if let Some(error) = error {
        return form(&open, &chosen, choices, Some(&error));
    }
    match open.to().reviewed(ctx, &chosen, &choices, sought(&typed)).await {
        Ok(review) => check(ctx, &open, review, overtaken).await,
        Err(error @ Error::Refused(_)) => form(&open, &chosen, choices, Some(&error)),
        Err(error) => Err(error),
    }
}

/// Which accounts the page that asks for credentials lists first.
fn sought(typed: &Form) -> &str {
    if typed.text("look") == "credentials" { typed.text("find_resource").trim() } else { "" }
}

/// Writes it. Else who was asked about, as they are now, and why not; without an error where somebody else was faster.
async fn save<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    open: Open,
    chosen: &Chosen,
) -> Result<std::result::Result<Reply, (Open, Option<Error>)>> {
    let of = open.of();
    let Open { desk, workspace, member, place } = open;
    let to = To {
        actor: &desk.actor,
        workspace: of.workspace,
        member: &member,
        before: Some(place.access.clone().read(&desk.actor.template.catalog)),
    };
    let written = match to.wanted(chosen) {
        Ok(wanted) => flow::change_as_seen(ctx, &desk.actor, of, place, wanted).await,
        Err(error) => Err(error),
    };
    match written {
        Ok(Some(_)) => {
            let sentence = format!(
                "Saved. {} has this in {} from now on, without signing in again.",
                apart(&member.user.name),
                apart(&workspace.name)
            );
            Ok(Ok(said::see_other(&Route::AccessPage(of.workspace, of.member).path(), &sentence)))
        }
        Ok(None) => Ok(Err((self::open(ctx, request, of.workspace, of.member).await?.changeable()?, None))),
        Err(error @ Error::Refused(_)) => {
            let open = self::open(ctx, request, of.workspace, of.member).await?.changeable()?;
            Ok(Err((open, Some(error))))
        }
        Err(error) => Err(error),
    }
}

/// The difference, to be saved.
async fn check<P: Platform>(
    ctx: &Context<'_, P>,
    open: &Open,
    review: Review,
    overtaken: bool,
) -> Result<Reply> {
    let desk = &open.desk;
    let overtaken = if overtaken { Some(who(ctx, open).await?) } else { None };
    let status = if overtaken.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    desk.reply_with(
        status,
        &Check {
            frame: desk.frame(desk::Place::Workspaces),
            nonce: &desk.key.nonce,
            problems: Problems::default(),
            name: &open.member.user.name,
            workspace: &open.workspace.name,
            many: desk.actor.template.noun().1,
            action: open.path(Route::AccessPage),
            seen: open.seen(),
            overtaken,
            review,
            back: open.path(Route::AccessPage),
        },
    )
}

/// Who changed it meanwhile, as a sentence.
async fn who<P: Platform>(ctx: &Context<'_, P>, open: &Open) -> Result<String> {
    let author: Option<Author> = match &open.place.made_by {
        Some(event) => ctx.platform.run(audit_log::select_author(event)).await?.first()?,
        None => None,
    };
    Ok(match author {
        Some(Author { actor, at, .. }) if actor == open.desk.member.to_string() => {
            format!("You changed this yourself, elsewhere, on {}.", at.in_words())
        }
        Some(Author { name: Some(name), at, .. }) => {
            format!("{} changed this on {}.", apart(&name), at.in_words())
        }
        _ => "This was changed while you had it open.".to_owned(),
    })
}

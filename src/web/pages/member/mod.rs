//! Somebody in the organization: what they are, what they may do where, and the form that changes what they are called and
//! their role (S1-04, S1-05, S1-14).

pub mod leave;
pub mod owner;
pub mod password;

use askama::Template;

use super::access::words;
use super::desk::{Desk, Place};
use super::form::Form;
use super::{Frame, Problems, said, team};
use crate::domain::authority::Actor;
use crate::domain::change::Change;
use crate::domain::decision::State;
use crate::domain::ids::{MemberId, WorkspaceId};
use crate::domain::role::Role;
use crate::domain::text;
use crate::error::{Code, Error, Result};
use crate::flow::{self, Context};
use crate::platform::{Platform, ResultSet, Statement};
use crate::store::accounts::At;
use crate::store::choices::{self, Sought, Workspace};
use crate::store::members::{self, Host, Member, Status};
use crate::store::memberships;
use crate::store::passwords::{self, Version};
use crate::web::api::members::read_changes;
use crate::web::pages::apart::apart;
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Route;

/// As many workspaces as are offered to add somebody to.
const MOST_OFFERED: usize = 50;

/// Opens a page about somebody, and reads what else is asked for, in one round trip.
///
/// # Errors
/// 404 for somebody who is none of this organization, 403 for a client who asks about somebody else.
async fn open<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: MemberId,
    reads: Vec<Statement>,
) -> Result<(Desk, Member, Vec<ResultSet>)> {
    let mut batch = vec![members::select(id)];
    batch.extend(reads);
    let (desk, mut found) = Desk::open(ctx, request, At::Member(id), batch).await?;
    let rest = found.split_off(1);
    let member: Option<Member> = ResultSet::row_of(found.first())?;
    let member = member.filter(|_| desk.setting.slug == slug).ok_or_else(|| Error::from(Code::NotFound))?;
    if desk.actor.role == Role::Client && !desk.actor.is(id) {
        return Err(Code::Forbidden.into());
    }
    Ok((desk, member, rest))
}

/// A state in words, and how it is marked.
pub struct Told {
    /// The words.
    pub words: &'static str,
    /// `good` or `warn`.
    pub mark: &'static str,
}

impl Told {
    /// What stands between somebody and a workspace, if anything does.
    #[must_use]
    pub fn of(state: State) -> Self {
        let (words, mark) = match state {
            State::Ready => ("Ready", "good"),
            State::NoResources => ("Nothing shared yet", "warn"),
            State::MfaRequired => ("Two-step sign-in missing", "warn"),
            State::Removed => ("Has no access", "warn"),
        };
        Self { words, mark }
    }
}

/// A workspace that they are in, and what they have there.
struct PlaceRow {
    name: String,
    may: String,
    accounts: String,
    state: Told,
    /// Where it is changed, and what the link says.
    way: Option<(&'static str, String)>,
}

impl PlaceRow {
    fn of(desk: &Desk, member: &Member, place: &members::Placed) -> Self {
        let actor = &desk.actor;
        let (template, role) = (actor.template, member.role);
        let access = place.access.clone().of(template, role);
        let active = member.status == Status::Active;
        let state = memberships::state(
            template,
            &actor.policy,
            role,
            active,
            member.second_factor,
            place.asked_of_all,
            &access,
        );
        let way = if !active {
            None
        } else if actor.is(member.id) {
            Some(("Open", Route::WorkspacePage(place.id).path()))
        } else {
            actor.may_invite(role).then(|| ("Change access", Route::AccessPage(place.id, member.id).path()))
        };
        Self {
            name: place.name.clone(),
            may: words::of(template, role, &access),
            accounts: words::accounts(template, role, &access.resources),
            state: Told::of(state),
            way,
        }
    }
}

/// A role that they may be given, and what follows.
struct Choice {
    role: Role,
    follows: String,
}

/// What of somebody can be changed by whoever looks.
struct Changes {
    /// As they stand in the form; a nickname is said of others only.
    name: String,
    nickname: Option<String>,
    /// The roles to choose from; empty where there is a reason why not.
    roles: Vec<Choice>,
    chosen: String,
    /// Why their role stays, if it does.
    fixed: Option<&'static str>,
    /// What the name is.
    hint: &'static str,
}

impl Changes {
    /// Nothing for whoever may change nothing of them.
    fn of(actor: &Actor, member: &Member, typed: Option<&Form>) -> Option<Self> {
        let own = actor.is(member.id);
        let theirs = actor.administers() && actor.may_invite(member.role);
        if member.status == Status::Removed || !(own || theirs) {
            return None;
        }
        let fixed = match member.role {
            Role::Owner => Some("You are the only owner. Make someone else owner first."),
            _ if own && actor.administers() => Some("Nobody changes their own role. Ask another admin."),
            _ => None,
        };
        let roles = if fixed.is_some() || own {
            Vec::new()
        } else {
            [Role::Admin, Role::Member, Role::Client]
                .into_iter()
                .filter(|role| *role == member.role || actor.may_invite(*role))
                .map(|role| Choice { role, follows: follows(actor, member, role) })
                .collect()
        };
        let text = |name, now: &str| typed.map_or(now, |form| form.text(name)).to_owned();
        Some(Self {
            name: text("name", &member.user.name),
            nickname: (!own).then(|| text("nickname", member.nickname.as_deref().unwrap_or_default())),
            chosen: text("role", member.role.as_str()),
            roles,
            fixed,
            hint: if own {
                "What this organization calls you. Elsewhere you may be called otherwise."
            } else {
                "What this organization calls them. Elsewhere they may be called otherwise."
            },
        })
    }
}

/// What follows for somebody from being in this role.
fn follows(actor: &Actor, member: &Member, role: Role) -> String {
    let template = actor.template;
    let access = |place: &members::Placed| place.access.clone().read(&template.catalog).takes_seat(template);
    let takes_seat = role.takes_seat() || (role == Role::Client && member.workspaces.iter().any(access));
    let seat = match (member.takes_seat, takes_seat) {
        (true, true) => "Keeps their seat.",
        (false, true) => "Takes 1 seat.",
        (true, false) => "Frees 1 seat.",
        (false, false) => "Takes no seat.",
    };
    let does = match role {
        Role::Owner | Role::Admin => {
            "Everything in every workspace, with the settings and the team.".to_owned()
        }
        _ if member.role == role => "As it is now.".to_owned(),
        _ => {
            let may = text::uncapitalized(&words::default_of(template, role));
            if member.workspaces.is_empty() {
                format!("In the oldest workspace: {may}")
            } else {
                format!("In their workspaces, unless it was said otherwise there: {may}")
            }
        }
    };
    format!("{does} {seat}")
}

#[derive(Template)]
#[template(path = "pages/member.html")]
struct Page<'a> {
    frame: Frame,
    nonce: &'a str,
    problems: Problems,
    member: &'a Member,
    you: bool,
    /// What only staff call them (S0-05).
    nickname: Option<String>,
    action: String,
    invited_by: Option<&'a str>,
    /// Whether they have a second factor, for those who may know.
    second_factor: Option<bool>,
    /// Whether they use an account whose address nobody has confirmed.
    unconfirmed: bool,
    /// What they did, and what was done about them, for whoever runs the organization.
    activity: Option<[String; 2]>,
    /// What accounts are called, where there are any.
    accounts: Option<String>,
    places: Vec<PlaceRow>,
    changes: Option<Changes>,
    /// Where they can be added besides: name and way.
    elsewhere: Vec<(&'a str, String)>,
    /// Where there are others besides, and whether they are in more than are shown.
    all_workspaces: Option<String>,
    more_places: bool,
    /// What else can be done.
    hand_over: Option<String>,
    leave: Option<String>,
    password: Option<String>,
    remove: Option<String>,
    again: Option<String>,
    /// The list that they are in, for those who see it.
    list: Option<String>,
}

/// `GET /o/{slug}/members/{member}`: for staff, and a client's own.
///
/// # Errors
/// Those of [`open`].
pub async fn show<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: MemberId,
) -> Result<Reply> {
    let (desk, member, found) = open(ctx, request, slug, id, reads(id)).await?;
    reply(ctx, &desk, &member, &found, None).await
}

fn reads(id: MemberId) -> Vec<Statement> {
    vec![members::select_host(id), passwords::version(id)]
}

async fn reply<P: Platform>(
    ctx: &Context<'_, P>,
    desk: &Desk,
    member: &Member,
    found: &[ResultSet],
    refused: Option<(&Form, &Error)>,
) -> Result<Reply> {
    let host: Option<Host> = ResultSet::row_of(found.first())?;
    let version: Option<Version> = ResultSet::row_of(found.get(1))?;
    let (actor, slug) = (&desk.actor, || desk.setting.slug.clone());
    let you = actor.is(member.id);
    let active = member.status == Status::Active;
    let gives = active && !you && actor.may_invite(member.role);
    let sought = Sought { find: "", most: MOST_OFFERED + 1 };
    let mut offered: Vec<Workspace> = if gives && !member.role.reaches_every_workspace() && member.came_in {
        ctx.platform.run(choices::workspaces(actor, sought)).await?.rows()?
    } else {
        Vec::new()
    };
    let more_offered = offered.len() > MOST_OFFERED;
    offered.truncate(MOST_OFFERED);
    let is_in = |id: WorkspaceId| member.workspaces.iter().any(|place| place.id == id);
    let at = |route: fn(String, MemberId) -> Route| route(slug(), member.id).path();
    let page = Page {
        frame: desk.frame(Place::Team),
        nonce: &desk.key.nonce,
        problems: Problems::of(refused.map(|(_, error)| error)),
        you,
        nickname: member.nickname_for(actor),
        action: at(Route::MemberPage),
        invited_by: host.as_ref().and_then(|host| host.name.as_deref()),
        second_factor: (you || actor.administers()).then_some(member.second_factor),
        // Whom the host product vouches for, it has asked.
        unconfirmed: (you || actor.administers())
            && member.came_in
            && member.subject.is_none()
            && host.as_ref().is_some_and(|host| !host.confirmed),
        activity: actor.administers().then(|| {
            ["actor", "subject"]
                .map(|of| format!("{}?{of}={}", Route::ActivityPage(slug()).path(), member.id))
        }),
        accounts: (!actor.template.kinds.is_empty()).then(|| text::capitalized(&actor.template.noun().1)),
        places: member
            .workspaces
            .iter()
            .take(members::MOST_PLACES)
            .filter(|place| !member.role.reaches_every_workspace() && (you || actor.reaches(place.id)))
            .map(|place| PlaceRow::of(desk, member, place))
            .collect(),
        changes: Changes::of(actor, member, refused.map(|(form, _)| form)),
        elsewhere: offered
            .iter()
            .filter(|workspace| !is_in(workspace.id))
            .map(|workspace| {
                let path = Route::AddToWorkspace(workspace.id).path();
                (workspace.name.as_str(), format!("{path}?member={}", member.id))
            })
            .collect(),
        all_workspaces: more_offered.then(|| Route::WorkspacesPage(slug()).path()),
        more_places: member.workspaces.len() > members::MOST_PLACES,
        leave: (active && you && actor.role != Role::Owner).then(|| at(Route::MemberLeave)),
        hand_over: (active && !you && actor.role == Role::Owner).then(|| at(Route::MemberOwner)),
        password: (gives && version.is_some_and(|version| version.settable))
            .then(|| at(Route::MemberPassword)),
        remove: (active && !you && actor.removable().contains(&member.role))
            .then(|| format!("{}?member={}", Route::TeamRemove(slug()).path(), member.id)),
        again: (!active && !actor.invitable().is_empty())
            .then(|| team::invite_path(&desk.setting.slug, Some(&member.user.email))),
        list: (actor.role != Role::Client).then(|| team::list_of(&desk.setting.slug, member.role, !active)),
        member,
    };
    match refused {
        Some((_, error)) => desk.refused(error, &page),
        None => desk.reply(&page),
    }
}

/// `POST`: changes their name and their role, as `PATCH` of the API does.
///
/// # Errors
/// Those of [`Form::read`] and [`open`]. Any other refusal is the page again, with what was typed.
pub async fn submit<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: MemberId,
) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let (desk, member, found) = open(ctx, request, slug, id, reads(id)).await?;
    match changed(ctx, &desk, &member, &form).await {
        Ok(sentence) => Ok(said::see_other(&Route::MemberPage(slug.to_owned(), id).path(), &sentence)),
        Err(error @ Error::Refused(_)) => reply(ctx, &desk, &member, &found, Some((&form, &error))).await,
        Err(error) => Err(error),
    }
}

/// Changes what the form says otherwise than it is, and says what became of it.
async fn changed<P: Platform>(
    ctx: &Context<'_, P>,
    desk: &Desk,
    member: &Member,
    form: &Form,
) -> Result<String> {
    form.fresh()?;
    let change = |name, now: &str| match form.text(name) {
        text if form.has(name) && text != now => Change::Set(text.to_owned()),
        _ => Change::Keep,
    };
    let nickname = match change("nickname", member.nickname.as_deref().unwrap_or_default()) {
        Change::Set(empty) if empty.trim().is_empty() => Change::Clear,
        nickname => nickname,
    };
    let wanted =
        read_changes(change("role", member.role.as_str()), change("name", &member.user.name), nickname)?;
    if wanted.role.is_none() && wanted.name.is_none() && wanted.nickname == Change::Keep {
        return Ok("Nothing was changed.".to_owned());
    }
    let (before, renamed) = (member.role, wanted.name.is_some());
    let member = flow::members::change(ctx, &desk.actor, member.clone(), wanted).await?;
    let (name, role) = (apart(&member.user.name), member.role.with_article());
    Ok(match (desk.actor.is(member.id), member.role == before) {
        (true, _) => format!("You are called {name} here from now on."),
        (false, true) if renamed => format!("{name} is what they are called here from now on."),
        (false, true) => "Saved.".to_owned(),
        (false, false) => format!("{name} is {role} now. They needn't sign in again."),
    })
}

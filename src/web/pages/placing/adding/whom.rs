//! Whom to add: from which workspace they come, and who of it (S4-09, S4-10).

use askama::Template;

use super::{Open, Query};
use crate::domain::ids::WorkspaceId;
use crate::domain::invitation::{Kind, Status as Waiting};
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::choices::{self, Sought, Workspace as Choice};
use crate::store::invitation_list;
use crate::store::invitations::Record;
use crate::store::members::{self, Filter, Member, Status};
use crate::store::workspaces::{self, Workspace};
use crate::web::api::field;
use crate::web::pages::Frame;
use crate::web::pages::apart::apart;
use crate::web::reply::Reply;
use crate::web::route::Route;

/// As many workspaces as there are to choose from.
const MOST_WORKSPACES: usize = 100;
/// As many people as one page shows.
const ON_A_PAGE: usize = 25;
/// Why somebody can't be added yet (S4-10).
const NOT_YET: &str = "Has not accepted the first invitation yet";

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

/// The workspaces that somebody may come from.
pub async fn choose_workspace<P: Platform>(
    ctx: &Context<'_, P>,
    open: &Open,
    query: &Query,
) -> Result<Reply> {
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

/// The people in one of them, and why some of them can't be added.
///
/// # Errors
/// 404 for a workspace that whoever asks doesn't reach.
pub async fn choose_person<P: Platform>(ctx: &Context<'_, P>, open: &Open, query: &Query) -> Result<Reply> {
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
        Err(format!("Is in {} already", apart(&open.workspace.name)))
    } else if member.came_in {
        Ok(open.at(&[("from", from), ("member", &member.id.to_string())]))
    } else {
        Err(NOT_YET.to_owned())
    };
    Candidate { name: member.user.name, email: member.user.email, role: member.role.label(), way }
}

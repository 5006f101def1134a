//! Who is in a workspace, for those who say who is: a page of them, each with the way to what they were given.

use super::Query;
use crate::domain::ids::{MemberId, WorkspaceId};
use crate::domain::role::Role;
use crate::error::Result;
use crate::platform::{ResultSet, Statement};
use crate::store::members::{self, Filter, Member, Status};
use crate::store::memberships;
use crate::web::pages::desk::Desk;
use crate::web::pages::member::Told;
use crate::web::pages::placing::adding::addable;
use crate::web::route::Route;

/// As many people as one page shows.
const ON_A_PAGE: usize = 25;

/// Who is in it.
pub struct People {
    /// A page of them.
    pub rows: Vec<Row>,
    /// The next page, if there is one.
    pub next: Option<String>,
    /// Where somebody is added.
    pub add: String,
}

/// Somebody who is in it.
pub struct Row {
    /// What they are called here.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Whether it is whoever looks.
    pub you: bool,
    /// What they are.
    pub role: &'static str,
    /// What stands between them and what they were given.
    pub state: Told,
    /// Their page.
    pub page: String,
    /// Where what they were given is changed, for whoever may.
    pub access: Option<String>,
}

/// Whether whoever has the page open says who is in the workspace.
fn shows(desk: &Desk, id: WorkspaceId) -> bool {
    desk.actor.reaches(id) && !addable(desk).is_empty()
}

/// Reads a page of them, and whoever was just added.
pub fn select(desk: &Desk, id: WorkspaceId, query: &Query) -> Vec<Statement> {
    if !shows(desk, id) {
        return Vec::new();
    }
    let filter = Filter {
        status: Status::Active,
        // The owner and admins are in every workspace, without being put in any.
        roles: vec![Role::Member, Role::Client],
        workspace: Some(id),
        prefix: None,
        only: Some(id),
    };
    let most = i64::try_from(ON_A_PAGE + 1).unwrap_or(i64::MAX);
    let mut reads = vec![members::page(desk.actor.organization_id, &filter, query.people.parse().ok(), most)];
    let added = query.person.parse::<MemberId>().ok();
    reads.extend(added.map(|added| members::select_in(added, id)));
    reads
}

/// What was read.
///
/// # Errors
/// For rows that aren't theirs.
pub fn read(desk: &Desk, id: WorkspaceId, found: &[ResultSet], query: &Query) -> Result<Option<People>> {
    let Some(page) = found.first() else { return Ok(None) };
    let mut members: Vec<Member> = page.rows()?;
    let more = members.len() > ON_A_PAGE;
    members.truncate(ON_A_PAGE);
    let path = Route::WorkspacePage(id).path();
    let next = members.last().filter(|_| more).map(|last| format!("{path}?people={}#people", last.id));
    // Somebody who was just added stands first, wherever the list has them.
    let added: Option<Member> = ResultSet::row_of(found.get(1))?;
    let is_in = |member: &Member| member.workspaces.iter().any(|place| place.id == id);
    if let Some(added) = added.filter(|added| is_in(added) && query.people.is_empty()) {
        members.retain(|member| member.id != added.id);
        members.insert(0, added);
    }
    Ok(Some(People {
        rows: members.into_iter().map(|member| row(desk, id, member)).collect(),
        next,
        add: Route::AddToWorkspace(id).path(),
    }))
}

fn row(desk: &Desk, id: WorkspaceId, member: Member) -> Row {
    let actor = &desk.actor;
    let you = actor.is(member.id);
    let (template, role) = (actor.template, member.role);
    let active = member.status == Status::Active;
    let place = member.workspaces.into_iter().find(|place| place.id == id);
    let asked_of_all = place.as_ref().is_some_and(|place| place.asked_of_all);
    let access = place.map(|place| place.access.of(template, role)).unwrap_or_default();
    let factor = member.second_factor;
    let state = memberships::state(template, &actor.policy, role, active, factor, asked_of_all, &access);
    Row {
        you,
        role: role.label(),
        state: Told::of(state),
        page: Route::MemberPage(desk.setting.slug.clone(), member.id).path(),
        access: (!you && actor.may_invite(role)).then(|| Route::AccessPage(id, member.id).path()),
        name: member.user.name,
        email: member.user.email,
    }
}

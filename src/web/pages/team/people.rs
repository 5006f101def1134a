//! The lists of people: staff, clients, and who was removed.

use super::{ONE_MORE, Query, STAFF, Tab, named};
use crate::domain::access::Resources;
use crate::domain::authority::Actor;
use crate::domain::ids::MemberId;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::platform::{ResultSet, Statement};
use crate::store::members::{self, Filter, MOST_PLACES, Member, Status};
use crate::store::restore::UNDOABLE;
use crate::web::pages::access::words;
use crate::web::pages::desk::Desk;
use crate::web::route::Route;

/// Somebody, as their row shows them.
pub struct PersonRow {
    pub id: MemberId,
    pub name: String,
    pub email: String,
    /// What only staff call them.
    pub nickname: Option<String>,
    /// Whether it is whoever looks.
    pub you: bool,
    pub role: &'static str,
    /// On how many accounts, in words.
    pub accounts: String,
    /// Whether a second step protects their sign-in, for those who may know.
    pub second_factor: Option<bool>,
    pub workspaces: String,
    pub takes_seat: bool,
    pub joined_at: Timestamp,
    pub removed_at: Option<Timestamp>,
    /// Their own page.
    pub page: String,
    /// Where whoever looks may remove them.
    pub remove: Option<String>,
    /// When they were removed, if whoever looks may still undo that.
    pub undoable: Option<Timestamp>,
}

/// The statement of a page of the list.
pub(super) fn select(desk: &Desk, tab: Tab, query: &Query) -> Statement {
    let (filter, before) = filter(tab, query);
    members::page(desk.actor.organization_id, &filter, before, ONE_MORE)
}

/// Which of them, and before whom.
pub(super) fn filter(tab: Tab, query: &Query) -> (Filter, Option<MemberId>) {
    let of_tab: &[Role] = match tab {
        Tab::Clients => &[Role::Client],
        Tab::Members => &STAFF,
        _ => &[],
    };
    let filter = Filter {
        status: if tab == Tab::Removed { Status::Removed } else { Status::Active },
        roles: match query.role() {
            Some(role) if of_tab.is_empty() || of_tab.contains(&role) => vec![role],
            _ => of_tab.to_vec(),
        },
        workspace: query.workspace.parse().ok(),
        prefix: query.prefix(),
        only: None,
    };
    (filter, query.cursor.parse().ok())
}

/// Its rows, and the cursor of the next page.
pub(super) fn rows(
    found: &ResultSet,
    desk: &Desk,
    now: Timestamp,
) -> Result<(Vec<PersonRow>, Option<String>)> {
    let mut members: Vec<Member> = found.rows()?;
    let next = super::cut(&mut members, |member| member.id.to_string());
    Ok((members.into_iter().map(|member| row(member, desk, now)).collect(), next))
}

/// Somebody, as whoever looks may see them.
fn row(member: Member, desk: &Desk, now: Timestamp) -> PersonRow {
    let actor = &desk.actor;
    let (accounts, nickname) = (accounts(&member, actor), member.nickname_for(actor));
    let workspaces = if member.role.reaches_every_workspace() {
        "Every workspace".to_owned()
    } else {
        let more = member.workspaces.len() > MOST_PLACES;
        let seen = member.workspaces.into_iter().take(MOST_PLACES).filter(|place| actor.reaches(place.id));
        let named = named(seen.map(|place| place.name).collect());
        if more { format!("{named} at least") } else { named }
    };
    let slug = &desk.setting.slug;
    let removable = actor.removable().contains(&member.role) && !actor.is(member.id);
    PersonRow {
        id: member.id,
        page: Route::MemberPage(slug.clone(), member.id).path(),
        remove: (removable && member.removed_at.is_none())
            .then(|| format!("{}?member={}", Route::TeamRemove(slug.clone()).path(), member.id)),
        name: member.user.name,
        email: member.user.email,
        nickname,
        you: actor.is(member.id),
        role: member.role.label(),
        accounts,
        second_factor: (actor.administers() && member.removed_at.is_none()).then_some(member.second_factor),
        workspaces,
        takes_seat: member.takes_seat,
        joined_at: member.joined_at,
        undoable: member.removed_at.filter(|at| removable && now < at.plus(UNDOABLE)),
        removed_at: member.removed_at,
    }
}

/// On how many accounts somebody works in the workspaces that whoever looks comes into: all, if in one of them it is all.
fn accounts(member: &Member, actor: &Actor) -> String {
    let mut given = Vec::new();
    for place in member.workspaces.iter().take(MOST_PLACES).filter(|place| actor.reaches(place.id)) {
        match place.access.clone().of(actor.template, member.role).resources {
            Resources::All => return words::accounts(actor.template, member.role, &Resources::All),
            Resources::Listed(grants) => given.extend(grants),
        }
    }
    words::accounts(actor.template, member.role, &Resources::Listed(given))
}

//! The lists of people: staff, clients, and who was removed.

use super::{ON_A_PAGE, Query, Tab, named};
use crate::domain::ids::MemberId;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::members::{self, Filter, Member, Status};
use crate::web::pages::desk::Desk;

/// Somebody, as their row shows them.
pub struct PersonRow {
    pub id: MemberId,
    pub name: String,
    pub email: String,
    /// Whether it is whoever looks.
    pub you: bool,
    pub role: &'static str,
    pub workspaces: String,
    pub takes_seat: bool,
    pub joined_at: Timestamp,
    pub removed_at: Option<Timestamp>,
    /// Whether whoever looks may remove them.
    pub removable: bool,
}

/// A page of the list, and the cursor of the next one.
pub(super) async fn page<P: Platform>(
    ctx: &Context<'_, P>,
    desk: &Desk,
    tab: Tab,
    query: &Query,
) -> Result<(Vec<PersonRow>, Option<String>)> {
    let filter = Filter {
        status: if tab == Tab::Removed { Status::Removed } else { Status::Active },
        role: match tab {
            Tab::Clients => Some(Role::Client),
            _ => None,
        },
        workspace: None,
        prefix: Some(query.q.trim().to_lowercase()).filter(|prefix| !prefix.is_empty()),
    };
    let before = query.cursor.parse().ok();
    let most = i64::try_from(ON_A_PAGE).unwrap_or(i64::MAX);
    let organization = desk.actor.organization_id;
    let mut rows = members::page(ctx.platform, organization, &filter, before, most + 1).await?;
    let more = rows.len() > ON_A_PAGE;
    rows.truncate(ON_A_PAGE);
    let last = rows.last().filter(|_| more).map(|member| member.id.to_string());
    Ok((rows.into_iter().map(|member| row(member, desk)).collect(), last))
}

fn row(member: Member, desk: &Desk) -> PersonRow {
    let actor = &desk.actor;
    let workspaces = if member.role.reaches_every_workspace() {
        "Every workspace".to_owned()
    } else {
        let seen = member.workspaces.into_iter().filter(|place| actor.reaches(place.id));
        named(seen.map(|place| place.name).collect())
    };
    PersonRow {
        id: member.id,
        name: member.user.name,
        email: member.user.email,
        you: member.id == actor.member_id,
        role: member.role.label(),
        workspaces,
        takes_seat: member.takes_seat,
        joined_at: member.joined_at,
        removed_at: member.removed_at,
        removable: actor.removable().contains(&member.role) && member.id != actor.member_id,
    }
}

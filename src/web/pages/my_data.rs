//! `/me/data.json`: everything that is kept about whoever is signed in, as a file for them to keep.

use serde::Serialize;

use super::session;
use crate::domain::access::{self, Access};
use crate::domain::ids::{MemberId, OrganizationId, WorkspaceId};
use crate::domain::role::Role;
use crate::domain::template::Template;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::members::{MOST_PLACES, Member, Placed, Status};
use crate::store::own_data::{self, MOST, Place, Told};
use crate::web::reply::{self, Reply};
use crate::web::request::Request;

/// A time in an organization, as the file has it.
#[derive(Serialize)]
struct Membership<'a> {
    organization_id: OrganizationId,
    organization_name: &'a str,
    member_id: MemberId,
    /// What the organization calls them.
    name: &'a str,
    role: Role,
    role_in_words: &'static str,
    status: Status,
    takes_seat: bool,
    joined_at: Timestamp,
    removed_at: Option<Timestamp>,
    /// Those that they were put in, as long as they are in; the owner and admins reach all.
    workspaces: Vec<ShownPlace>,
    /// Whether they are in more than these.
    more_workspaces: bool,
}

#[derive(Serialize)]
struct ShownPlace {
    id: WorkspaceId,
    name: String,
    may: Vec<String>,
    access: access::Shown,
}

impl ShownPlace {
    /// Before the second factor is there that it asks for, nobody sees what is theirs (S2-06).
    fn of(place: Placed, template: &'static Template, role: Role, second_factor: bool) -> Self {
        let access = place.access.of(template, role);
        let is_asked = place.asked_of_all || access.require_mfa;
        let access = if is_asked && !second_factor {
            Access { require_mfa: true, ..Access::nothing() }
        } else {
            access
        };
        let may = template.catalog.in_words(access.permissions.effective(template, role));
        Self { id: place.id, name: place.name, may, access: access.shown(template, role) }
    }
}

/// `GET /me/data.json`. What is `cut_off` has more than a thousand; its newest are here.
///
/// # Errors
/// 401 for whoever is not signed in.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = session(request).ok_or_else(|| Error::from(Code::Unauthenticated))?;
    let now = ctx.now();
    let [places, members] = own_data::memberships(&session, now);
    let lists = ["sessions", "invitations", "notifications", "email_changes", "actions"];
    let results = ctx
        .platform
        .batch(vec![
            own_data::account(&session, now),
            places,
            members,
            own_data::sessions(&session, now),
            own_data::invitations(&session, now),
            own_data::notifications(&session, now),
            own_data::email_changes(&session, now),
            own_data::actions(&session, now),
        ])
        .await?;
    let [account, places, members, found @ ..] = results.as_slice() else {
        return Err(Error::Internal("eight results".to_owned()));
    };
    let account: Option<Told> = account.first()?;
    let account = account.ok_or_else(|| Error::from(Code::Unauthenticated))?;
    let memberships = memberships(ctx, places, members)?;
    let mut text = format!("{{\"account\":{},\"memberships\":{memberships}", account.it);
    let mut cut_off = Vec::new();
    for (name, found) in lists.into_iter().zip(found) {
        let found: Vec<Told> = found.rows()?;
        if i64::try_from(found.len()).is_ok_and(|many| many == MOST) {
            cut_off.push(name);
        }
        let found: Vec<&str> = found.iter().map(|told| told.it.as_str()).collect();
        for part in [",\"", name, "\":[", &found.join(","), "]"] {
            text.push_str(part);
        }
    }
    let end = format!(",\"cut_off\":{},\"made_at\":\"{now}\"}}", serde_json::json!(cut_off));
    text.push_str(&end);
    Ok(reply::file("application/json", "my-data.json", text))
}

fn memberships<P: Platform>(ctx: &Context<'_, P>, places: &ResultSet, members: &ResultSet) -> Result<String> {
    let (places, members): (Vec<Place>, Vec<Member>) = (places.rows()?, members.rows()?);
    let mut shown = Vec::new();
    for (place, member) in places.iter().zip(members) {
        let template = ctx.config.templates.named(&place.template);
        let template = template.ok_or_else(|| Error::Internal("unknown template".to_owned()))?;
        let (role, second_factor) = (member.role, member.second_factor);
        let active = member.status == Status::Active;
        let more_workspaces = active && member.workspaces.len() > MOST_PLACES;
        let workspaces = member.workspaces.into_iter().take(if active { MOST_PLACES } else { 0 });
        let workspaces =
            workspaces.map(|place| ShownPlace::of(place, template, role, second_factor)).collect();
        let shown_here = Membership {
            organization_id: place.organization_id,
            organization_name: &place.organization_name,
            member_id: member.id,
            name: &member.user.name,
            role,
            role_in_words: role.label(),
            status: member.status,
            takes_seat: member.takes_seat,
            joined_at: member.joined_at,
            removed_at: member.removed_at,
            workspaces,
            more_workspaces,
        };
        shown.push(serde_json::to_string(&shown_here).unwrap_or_default());
    }
    Ok(format!("[{}]", shown.join(",")))
}

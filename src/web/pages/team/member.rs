//! Somebody in the organization.

use askama::Template;

use super::people::{self, PersonRow};
use super::{Query, Tab, address, invite_path};
use crate::domain::ids::MemberId;
use crate::domain::role::Role;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::members::{self, Member};
use crate::web::pages::Frame;
use crate::web::pages::desk::{Desk, Place};
use crate::web::reply::Reply;
use crate::web::request::Request;

#[derive(Template)]
#[template(path = "pages/member.html")]
struct Shown {
    frame: Frame,
    person: PersonRow,
    list: String,
    /// Where somebody who was removed is invited again, for those who may.
    again: Option<String>,
}

/// `GET /o/{slug}/members/{member}`: for staff, and a client's own.
///
/// # Errors
/// 403 for a client who asks about somebody else, 404 where nobody is.
pub async fn show<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: MemberId,
) -> Result<Reply> {
    let (desk, found) = Desk::open(ctx, request, At::Member(id), vec![members::select(id)]).await?;
    let member: Option<Member> = ResultSet::row_of(found.first())?.filter(|_| desk.setting.slug == slug);
    let member = member.ok_or_else(|| Error::from(Code::NotFound))?;
    if desk.actor.role == Role::Client && desk.actor.member_id != id {
        return Err(Code::Forbidden.into());
    }
    let tab = match member.role {
        _ if member.removed_at.is_some() => Tab::Removed,
        Role::Client => Tab::Clients,
        _ => Tab::Members,
    };
    let person = people::row(member, &desk);
    desk.reply(&Shown {
        frame: desk.frame(Place::Team),
        again: (person.removed_at.is_some() && !desk.actor.invitable().is_empty())
            .then(|| invite_path(slug, Some(&person.email))),
        list: address(slug, &Query { tab, ..Query::default() }, None),
        person,
    })
}

//! An organization's seats: how many there are, and who holds them. For those who run it.

use http::StatusCode;
use serde::Serialize;

use crate::domain::ids::{InvitationId, Member, OrganizationId};
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::organizations::{self, Seats};
use crate::store::seat_holders::{self, Before, Holder};
use crate::web::api::{Page, PageQuery};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// An organization's seats in numbers.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Seats"))]
pub(super) struct Counted {
    /// How many the plan has; null is any number.
    limit: Option<i64>,
    /// How many members take.
    used: i64,
    /// How many open invitations reserve.
    reserved: i64,
    /// How many are left; null is any number.
    available: Option<i64>,
}

impl Counted {
    pub(super) fn of(seats: &Seats) -> Self {
        let Seats { seat_limit: limit, used, reserved } = *seats;
        Self { limit, used, reserved, available: limit.map(|limit| (limit - used - reserved).max(0)) }
    }
}

/// `GET`: the seats in numbers. `limit` null is unlimited, and then so is `available`; a plan that was lowered below its use
/// has none available, never fewer.
pub async fn count<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: OrganizationId,
) -> Result<Reply> {
    let reads = vec![organizations::select_seats(id, ctx.now())];
    let (actor, found) = Caller::of(request, ctx.config)?.acting(ctx, At::Organization(id), reads).await?;
    if !actor.administers() {
        return Err(Code::Forbidden.into());
    }
    let seats = ResultSet::row_of::<Seats>(found.first())?;
    let seats = seats.ok_or_else(|| Error::from(Code::NotFound))?;
    Ok(reply::json(StatusCode::OK, &Counted::of(&seats)))
}

/// `GET …/holders`: reserving invitations first, then members, each newest first.
pub async fn holders<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: OrganizationId,
) -> Result<Reply> {
    Caller::of(request, ctx.config)?.administrator_of(ctx, id).await?;
    let query: PageQuery = request::query(request)?;
    // The cursor is the last one's id, whichever kind that is.
    let invitation: Option<InvitationId> = query.cursor.as_deref().and_then(|cursor| cursor.parse().ok());
    let member = query.cursor.as_deref().filter(|_| invitation.is_none());
    let page: Page<Member> = Page::read(query.limit.as_deref(), member)?;
    let before = Before { invitation, member: page.before };
    let rows = seat_holders::page(ctx.platform, id, before, page.rows(), ctx.now()).await?;
    Ok(page.reply(rows, Holder::cursor, |holder| holder))
}

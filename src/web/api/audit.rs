//! The audit log, for those who run the organization.

use serde::Deserialize;

#[cfg(described)]
use crate::domain::ids::EventId;
use crate::domain::ids::OrganizationId;
#[cfg(described)]
use crate::domain::time::Timestamp;
use crate::error::{Fields, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::audit_log::{self, Filter, Logged};
#[cfg(described)]
use crate::web::api::by_hand;
use crate::web::api::{Page, field};
use crate::web::guard::Caller;
use crate::web::reply::Reply;
use crate::web::request::{self, Request};

#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    /// How many to answer at most: 1 to 100; 25 unless said.
    #[cfg_attr(described, schemars(with = "Option<by_hand::Limit>"))]
    limit: Option<String>,
    /// Where to go on: `next_cursor` of the page before.
    #[cfg_attr(described, schemars(with = "Option<EventId>"))]
    cursor: Option<String>,
    /// Only what this one did: a member's or a key's id, `operator`, `invitee` or `billing`.
    actor: Option<String>,
    /// Only this, such as `invitation.revoked`.
    action: Option<String>,
    /// Only what happened to this id.
    subject: Option<String>,
    /// From this moment on.
    #[cfg_attr(described, schemars(with = "Option<Timestamp>"))]
    since: Option<String>,
    /// Before this moment.
    #[cfg_attr(described, schemars(with = "Option<Timestamp>"))]
    until: Option<String>,
}

/// `GET`: who changed what, newest first. `since` is the first moment shown, `until` the first one after it that isn't.
pub async fn list<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: OrganizationId) -> Result<Reply> {
    Caller::of(request, ctx.config)?.administrator_of(ctx, id).await?;
    let query: Query = request::query(request)?;
    let page = Page::read(query.limit.as_deref(), query.cursor.as_deref())?;
    let mut fields = Fields::default();
    let mut time = |pointer: &str, text: Option<String>| field::time(&mut fields, pointer, text.as_deref()?);
    let filter = Filter {
        since: time("?since", query.since),
        until: time("?until", query.until),
        actor: query.actor,
        action: query.action,
        subject: query.subject,
    };
    let filter = fields.finish(Some(filter))?;
    let rows = audit_log::page(ctx.platform, id, &filter, page.before, page.rows()).await?;
    Ok(page.reply(rows, |entry: &Logged| entry.id.to_string(), |entry| entry))
}

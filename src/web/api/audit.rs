//! The audit log, for those who run the organization.

use serde::Deserialize;

use crate::domain::ids::OrganizationId;
use crate::error::{Fields, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::audit_log::{self, Filter, Logged};
use crate::web::api::{Page, field};
use crate::web::guard::Caller;
use crate::web::reply::Reply;
use crate::web::request::{self, Request};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    limit: Option<String>,
    cursor: Option<String>,
    actor: Option<String>,
    action: Option<String>,
    subject: Option<String>,
    since: Option<String>,
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

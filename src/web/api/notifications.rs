//! What happened that concerns whoever is signed in.

use serde::Deserialize;
use serde_json::json;

use crate::domain::ids::NotificationId;
use crate::error::{Code, Fields, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::notifications::{self, Notification};
use crate::web::api::{Page, field, unauthenticated};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// The most that one request names.
const MOST_NAMED: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    limit: Option<String>,
    cursor: Option<String>,
    unread: Option<String>,
}

/// `GET`: their notifications, newest first.
pub async fn list<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    let query: Query = request::query(request)?;
    let page = Page::read(query.limit.as_deref(), query.cursor.as_deref())?;
    let only_unread = field::flag("?unread", query.unread.as_deref())?;
    let found =
        notifications::page(ctx.platform, &session, only_unread, page.before, page.rows(), ctx.now()).await?;
    let rows = found.ok_or_else(unauthenticated)?;
    Ok(page.reply(rows, |row| row.id.to_string(), |row| shown(&row)))
}

fn shown(row: &Notification) -> serde_json::Value {
    json!({
        "id": row.id,
        "kind": row.kind,
        "organization": {"id": row.organization_id, "name": row.organization_name},
        "about": row.about,
        "created_at": row.created_at,
        "read_at": row.read_at,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadBody {
    ids: Option<Vec<String>>,
}

/// `POST …/read`: they have read these, or all of them. 204; what is not theirs is passed over.
pub async fn read<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    let body: ReadBody = request::json(request)?;
    let mut fields = Fields::default();
    let ids = body.ids.map(|ids| {
        if ids.is_empty() || ids.len() > MOST_NAMED {
            let detail = "Name 1 to 100 notifications, or leave this out for all of them.";
            fields.refuse("/ids", Code::InvalidValue, detail);
        }
        let mut known = Vec::new();
        for (place, id) in ids.iter().take(MOST_NAMED).enumerate() {
            let id = id.parse::<NotificationId>().map_err(|_| "This is not a notification's id.");
            known.extend(fields.take(&format!("/ids/{place}"), Code::InvalidValue, id));
        }
        known
    });
    fields.finish(Some(()))?;
    if notifications::read(ctx.platform, &session, ids.as_deref(), ctx.now()).await? {
        Ok(reply::no_content())
    } else {
        Err(unauthenticated())
    }
}

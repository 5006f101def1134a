//! What happened that concerns whoever is signed in.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::ids::{NotificationId, OrganizationId};
use crate::domain::time::Timestamp;
use crate::error::{Code, Fields, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::notifications::{self, Notification};
#[cfg(described)]
use crate::web::api::by_hand;
use crate::web::api::{Page, field, unauthenticated};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// The most that one request names.
const MOST_NAMED: usize = 100;

#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    /// How many to answer at most: 1 to 100; 25 unless said.
    #[cfg_attr(described, schemars(with = "Option<by_hand::Limit>"))]
    limit: Option<String>,
    /// Where to go on: `next_cursor` of the page before.
    #[cfg_attr(described, schemars(with = "Option<NotificationId>"))]
    cursor: Option<String>,
    /// Whether only those that were not read.
    #[cfg_attr(described, schemars(with = "Option<bool>"))]
    unread: Option<String>,
}

/// Something that happened that concerns whoever is signed in.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Notification"))]
pub(super) struct Shown {
    id: NotificationId,
    /// Such as `member.added`.
    kind: String,
    /// Where.
    organization: Whose,
    /// The ids it is about, by what they are of.
    about: Value,
    created_at: Timestamp,
    read_at: Option<Timestamp>,
}

/// An organization by name.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NotifyingOrganization"))]
struct Whose {
    id: OrganizationId,
    name: String,
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
    Ok(page.reply(rows, |row| row.id.to_string(), shown))
}

fn shown(row: Notification) -> Shown {
    Shown {
        id: row.id,
        kind: row.kind,
        organization: Whose { id: row.organization_id, name: row.organization_name },
        about: row.about,
        created_at: row.created_at,
        read_at: row.read_at,
    }
}

/// What was read.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "ReadNotifications"))]
#[serde(deny_unknown_fields)]
pub(super) struct ReadBody {
    /// 1 to 100 of them; all of them unless said.
    #[cfg_attr(described, schemars(with = "Option<Vec<NotificationId>>"))]
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

//! The entries that are shown, as a file: the same ones, found in the same way. Gathered in parts, and no more than
//! [`MOST_ROWS`] or [`LARGEST`]: a file of fewer than there are says so by its name.

use super::Query;
use super::sentence::Sentence;
use crate::domain::ids::EventId;
use crate::error::Result;
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::accounts::At;
use crate::store::audit_log::{self, Filter, Told};
use crate::web::pages::desk::Desk;
use crate::web::pages::team::export::{File, LARGEST};
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// The most entries of a file.
pub const MOST_ROWS: usize = 5000;
/// So many are read at a time: one tells of a thousand accounts at most.
const PART: i64 = 250;

/// What a spreadsheet says of each.
const COLUMNS: [&str; 8] = ["at", "who", "actor", "what", "action", "subject", "before", "after"];

async fn open<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<(Desk, Filter)> {
    let (desk, _) = Desk::open(ctx, request, At::Slug(slug), Vec::new()).await?;
    let desk = desk.administered()?;
    let query: Query = request::query(request).unwrap_or_default();
    let filter = query.filter()?;
    Ok((desk, filter))
}

/// `GET …/export.csv`, for owner and admins.
///
/// # Errors
/// 422 for days that are none.
pub async fn csv<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let (desk, filter) = open(ctx, request, slug).await?;
    let mut file = File::new(&COLUMNS, MOST_ROWS);
    let mut before: Option<EventId> = None;
    loop {
        let part = audit_log::told(ctx.platform, desk.actor.organization_id, &filter, before, PART).await?;
        for told in &part {
            put(&mut file, told, &Sentence::of(told, &desk.actor));
        }
        before = part.get(249).map(|last| last.id);
        if before.is_none() || file.cut {
            return Ok(file.reply(&format!("{slug}-activity")));
        }
    }
}

fn put(file: &mut File, told: &Told, sentence: &Sentence) {
    let parts = [Some(sentence.verb.as_str()), sentence.object.as_deref(), Some(sentence.rest.as_str())];
    let what: Vec<&str> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    let [before, after] =
        [&told.before, &told.after].map(|side| side.as_ref().map_or_else(String::new, ToString::to_string));
    let (at, what) = (told.at.to_string(), what.join(" "));
    let cells = [&at, &sentence.actor, &told.actor, &what, &told.action, &told.subject, &before, &after];
    file.put(cells.into_iter().map(String::as_str));
}

/// `GET …/export.json`: `{"data": […], "more": false}`, with entries as `GET /v1/organizations/{organization}/audit` has them.
///
/// # Errors
/// 422 for days that are none.
pub async fn json<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let (desk, filter) = open(ctx, request, slug).await?;
    let mut text = "{\"data\":[".to_owned();
    let (mut rows, mut more) = (0, false);
    let mut before: Option<EventId> = None;
    loop {
        let part = audit_log::page(ctx.platform, desk.actor.organization_id, &filter, before, PART).await?;
        for logged in &part {
            more |= rows == MOST_ROWS || text.len() > LARGEST;
            if !more {
                text.push_str(if rows == 0 { "" } else { "," });
                text.push_str(&serde_json::to_string(logged).unwrap_or_default());
                rows += 1;
            }
        }
        before = part.get(249).map(|last| last.id);
        if before.is_none() || more {
            break;
        }
    }
    text.push_str(if more { "],\"more\":true}" } else { "],\"more\":false}" });
    let newest = if more { format!("-newest-{rows}") } else { String::new() };
    Ok(reply::file("application/json", &format!("{slug}-activity{newest}.json"), text))
}

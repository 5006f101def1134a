//! Activity: who changed who may do what, as sentences, newest first. Which of it stands in the address.

mod change;
pub mod export;
mod sentence;

use askama::Template;
use serde::Deserialize;

use self::change::{Change, changes};
use self::sentence::{ACTIONS, Sentence};
use crate::domain::authority::Actor;
use crate::domain::ids::EventId;
use crate::domain::time::Timestamp;
use crate::error::{Code, Fields, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::accounts::At;
use crate::store::audit_log::{self, Filter, Told};
use crate::web::pages::desk::{Desk, Place};
use crate::web::pages::{Frame, Problems};
use crate::web::reply::Reply;
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// As many as one page shows.
const ON_A_PAGE: usize = 25;

#[derive(Template)]
#[template(path = "pages/activity.html")]
struct Activity<'a> {
    frame: Frame,
    path: &'a str,
    /// Where the entries that the form asks for are files: a spreadsheet, and JSON.
    files: [String; 2],
    query: &'a Query,
    /// What narrows the list to one who did it, or one whom it happened to.
    about: Option<String>,
    entries: Vec<Shown>,
    next: Option<String>,
    first: Option<String>,
    problems: Problems,
}

/// What of the list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Query {
    action: String,
    actor: String,
    subject: String,
    /// The first day and the last, as `2026-11-21`.
    since: String,
    until: String,
    cursor: String,
}

impl Query {
    fn narrows(&self) -> bool {
        [&self.action, &self.actor, &self.subject, &self.since, &self.until]
            .into_iter()
            .any(|text| !text.is_empty())
    }

    fn filter(&self) -> Result<Filter> {
        const DAY: std::time::Duration = std::time::Duration::from_hours(24);
        let mut fields = Fields::default();
        let mut day = |pointer: &str, text: &str| {
            let day = Timestamp::parse(&format!("{text}T00:00:00Z")).ok_or("Write a day such as 2026-11-21.");
            if text.is_empty() { None } else { fields.take(pointer, Code::InvalidValue, day) }
        };
        let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let filter = Filter {
            since: day("/since", &self.since),
            until: day("/until", &self.until).map(|day| day.plus(DAY)),
            actor: said(&self.actor),
            action: said(&self.action),
            subject: said(&self.subject),
        };
        fields.finish(Some(filter))
    }

    fn address(&self, path: &str) -> String {
        let pairs: Vec<(&str, &str)> = [
            ("action", self.action.as_str()),
            ("actor", &self.actor),
            ("subject", &self.subject),
            ("since", &self.since),
            ("until", &self.until),
            ("cursor", &self.cursor),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
        let query = serde_urlencoded::to_string(&pairs).unwrap_or_default();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// An entry, as its row shows it.
struct Shown {
    at: Timestamp,
    sentence: Sentence,
    /// What else this actor did, and what else happened to this one.
    by: Option<String>,
    about: Option<String>,
    /// Where the import is that it tells of.
    import: Option<String>,
    changes: Vec<Change>,
}

impl Shown {
    fn of(told: &Told, actor: &Actor, path: &str, slug: &str) -> Self {
        let sentence = Sentence::of(told, actor);
        let alone = |actor: &str, subject: &str| {
            let query = Query { actor: actor.to_owned(), subject: subject.to_owned(), ..Query::default() };
            query.address(path)
        };
        Self {
            at: told.at,
            by: told.actor_name.is_some().then(|| alone(&told.actor, "")),
            about: sentence.object.is_some().then(|| alone("", &told.subject)),
            import: told.subject.parse().ok().map(|job| Route::ImportJob(slug.to_owned(), job).path()),
            changes: changes(told, actor.template),
            sentence,
        }
    }
}

/// `GET /o/{slug}/activity`, for owner and admins.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let (desk, _) = Desk::open(ctx, request, At::Slug(slug), Vec::new()).await?;
    let desk = desk.administered()?;
    let query: Query = request::query(request).unwrap_or_default();
    let path = Route::ActivityPage(desk.setting.slug.clone()).path();
    let (told, refused) = match query.filter() {
        Ok(filter) => (page(ctx, &desk, &filter, query.cursor.parse().ok()).await?, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let mut told = told;
    let more = told.len() > ON_A_PAGE;
    told.truncate(ON_A_PAGE);
    let last = told.last().filter(|_| more).map(|last| last.id.to_string());
    let at = |cursor: String| Query { cursor, ..query.clone() }.address(&path);
    let next = last.map(at);
    let entries: Vec<Shown> =
        told.iter().map(|told| Shown::of(told, &desk.actor, &path, &desk.setting.slug)).collect();
    let page = Activity {
        frame: desk.frame(Place::Activity),
        files: [Route::ActivityCsv, Route::ActivityJson].map(|route| route(desk.setting.slug.clone()).path()),
        path: &path,
        about: about(&query, &entries),
        next,
        first: (!query.cursor.is_empty()).then(|| at(String::new())),
        query: &query,
        entries,
        problems: Problems::of(refused.as_ref()),
    };
    match refused {
        Some(error) => desk.refused(&error, &page),
        None => desk.reply(&page),
    }
}

async fn page<P: Platform>(
    ctx: &Context<'_, P>,
    desk: &Desk,
    filter: &Filter,
    before: Option<EventId>,
) -> Result<Vec<Told>> {
    let most = i64::try_from(ON_A_PAGE).unwrap_or(i64::MAX) + 1;
    audit_log::told(ctx.platform, desk.actor.organization_id, filter, before, most).await
}

/// To whom the list is narrowed, by the names in it.
fn about(query: &Query, entries: &[Shown]) -> Option<String> {
    let first = entries.first().map(|entry| &entry.sentence);
    if !query.actor.is_empty() {
        let name = first.map_or("one person", |first| first.actor.as_str());
        Some(format!("Only what {name} did."))
    } else if !query.subject.is_empty() {
        let name = first.and_then(|first| first.object.as_deref()).unwrap_or("one of them");
        Some(format!("Only what happened to {name}."))
    } else {
        None
    }
}

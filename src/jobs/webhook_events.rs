//! The job that tells webhooks what happened: it writes down what is told, once, and puts a delivery for each webhook that wants
//! it into the outbox.
//!
//! What is told is how things are when this job comes to them, a moment after what happened: whoever is told of an invitation
//! that was made and withdrawn at once is told so twice, and both times that it was withdrawn.

use serde_json::{Value, json};

use crate::config::Config;
use crate::domain::ids::{Id, JobId};
use crate::error::{Error, Result};
use crate::flow::webhooks::body;
use crate::jobs::{Outcome, lost_at};
use crate::platform::{Level, Platform, ResultSet, Statement};
use crate::store::jobs::Requeued;
use crate::store::organizations::Seats;
use crate::store::webhook_events::{self, Event, Told};
use crate::store::{invitations, members, memberships, organizations};
use crate::web::api::told;

/// So many times are some events told before others get their turn: the platform allows a thousand queries at a time, and other
/// jobs' messages come with this one's.
const TIMES: usize = 4;

/// A body is cut to what it is about if it is larger, and so many bytes are written down at a time: the database takes two million.
const LARGEST: usize = 250_000;

/// Tells the events of a job, and settles it.
///
/// # Errors
/// The database's; the lease then runs out and the job is taken again.
pub async fn run(platform: &impl Platform, config: &Config, id: JobId) -> Result<Outcome> {
    let mut events: Vec<Event> = platform.run(webhook_events::untold(id)).await?.rows()?;
    for _ in 0..TIMES {
        let reads: Vec<Statement> = events
            .iter()
            .filter(|event| !event.receivers.is_empty())
            .map(|event| read(event, platform))
            .collect::<Option<_>>()
            .ok_or_else(|| Error::Internal("an event about nothing".to_owned()))?;
        let found = if reads.is_empty() { Vec::new() } else { platform.batch(reads).await? };
        let now = platform.now();
        let mut found = found.iter();
        let mut told = Vec::new();
        let mut size = 0;
        for event in &events {
            let data =
                if event.receivers.is_empty() { None } else { data(platform, config, event, found.next()) };
            let body = data.map(|data| {
                let whole = body(&event.kind, event.at, &data);
                if whole.len() > LARGEST { body(&event.kind, event.at, &in_brief(event)) } else { whole }
            });
            size += body.as_ref().map_or(0, String::len);
            if size > 2 * LARGEST && !told.is_empty() {
                // The rest has its turn after these.
                break;
            }
            let receivers = event.receivers.iter().filter(|_| body.is_some());
            told.push(Told {
                seq: event.seq,
                id: Id::new(event.at, platform.random()),
                deliveries: receivers.map(|webhook| (Id::new(now, platform.random()), *webhook)).collect(),
                body,
            });
        }
        let [written, put] = webhook_events::tell(&told, now, lost_at(now));
        let results = platform
            .batch(vec![written, put, webhook_events::untold(id), webhook_events::all_told(id)])
            .await?;
        let [_, put, left, all_told] = results.as_slice() else {
            return Err(Error::Internal("four results".to_owned()));
        };
        let put: Vec<JobId> = put.rows::<Requeued>()?.into_iter().map(|job| job.id).collect();
        platform.enqueue_deliveries(&put);
        if all_told.any() {
            return Ok(Outcome::Done);
        }
        events = left.rows()?;
    }
    let now = platform.now();
    platform.run(webhook_events::go_on(id, now, lost_at(now))).await?;
    Ok(Outcome::Retry(std::time::Duration::ZERO))
}

/// Reads what an event is about. Nothing if it is about nothing that we know.
fn read(event: &Event, platform: &impl Platform) -> Option<Statement> {
    let (about, _) = event.kind.split_once('.')?;
    Some(match about {
        "invitation" => invitations::select(event.subject.parse().ok()?),
        "member" => members::select(event.subject.parse().ok()?),
        "membership" => memberships::select(event.place.parse().ok()?, event.subject.parse().ok()?),
        "organization" => organizations::select(event.organization_id),
        "seats" => organizations::select_seats(event.organization_id, platform.now()),
        _ => return None,
    })
}

/// An event of what is too large to be told: where it is to be looked up.
fn in_brief(event: &Event) -> Value {
    json!({"id": event.subject, "organization_id": event.organization_id, "too_large": true})
}

/// What an event tells. Nothing if there is nothing to tell any more, or it can't be read: that is for the log, and keeps nothing
/// else from being told.
fn data(
    platform: &impl Platform,
    config: &Config,
    event: &Event,
    found: Option<&ResultSet>,
) -> Option<Value> {
    read_as_shown(platform, config, event, found).unwrap_or_else(|error| {
        let why = if let Error::Internal(why) = error { why } else { String::new() };
        let line =
            json!({"event": "webhook_event", "type": event.kind, "subject": event.subject, "why": why});
        platform.log(Level::Error, &line.to_string());
        None
    })
}

/// The thing that an event tells of, as the API shows it.
fn read_as_shown(
    platform: &impl Platform,
    config: &Config,
    event: &Event,
    found: Option<&ResultSet>,
) -> Result<Option<Value>> {
    let (Some(found), Some(template)) = (found, config.templates.named(&event.template)) else {
        return Ok(None);
    };
    let (about, _) = event.kind.split_once('.').unwrap_or_default();
    let mut data = match about {
        "invitation" => found.first()?.map(|record| told::invitation(record, template, platform.now())),
        "member" => found.first()?.map(|member| told::member(member, template)),
        "membership" => told::membership(found.first()?, template, event.kind == "membership.removed"),
        "organization" => found.first()?.map(|organization| told::organization(config, organization)),
        _ => found.first::<Seats>()?.map(|seats| told::seats(&seats)),
    };
    if let Some(fields) = data.as_mut().and_then(Value::as_object_mut) {
        fields.insert("organization_id".to_owned(), json!(event.organization_id));
        match about {
            "membership" => {
                fields.insert("member_id".to_owned(), json!(event.subject));
                fields.insert("workspace_id".to_owned(), json!(event.place));
            }
            "invitation" if !event.place.is_empty() => {
                fields.insert("member_id".to_owned(), json!(event.place));
            }
            _ => {}
        }
    }
    Ok(data)
}

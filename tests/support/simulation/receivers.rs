//! Those who are told by webhooks. They answer, fail, hang, ask to wait, or are gone; and each looks at what it is sent as its
//! maker would: whether it is signed, by whom, and about what.

use std::cell::RefCell;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;
use usher::domain::signature::Secret;
use usher::domain::time::Timestamp;
use usher::domain::webhook::TEST;
use usher::params;
use usher::platform::Unanswered;

use super::super::webhooks::{Said, header, is_signed_with};
use super::world::{Event, World};

/// What was delivered, by its job.
#[derive(Default)]
pub struct Receivers {
    taken: RefCell<Vec<String>>,
}

impl Receivers {
    /// Whether a receiver has taken what this job delivers.
    pub fn took(&self, job: &str) -> bool {
        self.taken.borrow().iter().any(|taken| taken == job)
    }
}

/// Sends a request to its receiver.
pub fn hear(world: &World, event: &Event, request: &Request<Bytes>) -> Said {
    look_at(world, event, request);
    let weather = &world.weather;
    let says =
        |status: u16| Ok(Response::builder().status(status).body(Bytes::from_static(b"Well")).unwrap());
    let said = if world.happens(weather.receiver_gone) {
        says(410)
    } else if world.happens(weather.receiver_fails) {
        match world.chance.below(4) {
            0 => says(500),
            1 => says(302),
            2 => Err(Unanswered::Unreachable),
            _ => Ok(Response::builder()
                .status(429)
                .header("retry-after", world.chance.between(0, 5_000))
                .body(Bytes::new())
                .unwrap()),
        }
    } else if world.happens(weather.receiver_hangs) {
        // It may have taken it all the same.
        world.pass(Duration::from_secs(10));
        Err(Unanswered::TimedOut)
    } else {
        says(204)
    };
    if said.as_ref().is_ok_and(|answer| answer.status().is_success()) {
        world.receivers.taken.borrow_mut().push(event.delivers.get().unwrap().to_string());
    }
    let told = said.as_ref().map_or_else(|why| format!("{why:?}"), |answer| answer.status().to_string());
    world.note(format!("{} delivers {}: {told}", event.number, event.delivers.get().unwrap()));
    said
}

/// Whether this is what its receiver may be sent, now.
fn look_at(world: &World, event: &Event, request: &Request<Bytes>) {
    let broken = |why: &str| world.violate(format!("event {} delivered {why}", event.number));
    let rows = world.read(
        "SELECT w.id, w.organization_id, w.secret, w.events, w.disabled_at, w.deleted_at,
                (SELECT json_group_array(s.secret) FROM webhook_old_secrets s
                 WHERE s.webhook_id = w.id AND s.until > ?3) AS old_secrets,
                e.id AS event, e.type, e.at, e.organization_id AS place,
                (SELECT count(*) FROM audit_events a WHERE a.subject = w.id AND a.rowid > ?2
                   AND a.action IN ('webhook.secret_rotated', 'webhook.deleted', 'webhook.updated')) AS changed
         FROM jobs j JOIN webhooks w ON w.id = j.webhook_id JOIN webhook_events e ON e.seq = j.webhook_event
         WHERE j.id = ?1",
        params![event.delivers.get(), event.log_before, world.now.get()],
    );
    let Some(row) = rows.first() else { return broken("what nothing is known of") };
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    let time = |name: &str| row[name].as_i64().map(Timestamp::from_millis);
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    if body["data"]["organization_id"] != row["organization_id"] || row["place"] != row["organization_id"] {
        broken("what happened in another organization");
    }
    if header(request, "webhook-id") != text("event") {
        broken("an event under another id");
    }
    if body["type"] != row["type"]
        || Timestamp::parse(body["timestamp"].as_str().unwrap_or_default()) != time("at")
    {
        broken("another event, or another time");
    }
    if String::from_utf8_lossy(request.body()).contains("/i/") {
        broken("a link");
    }
    if row["changed"] != 0 {
        // In this moment it is changed: what it was before it is true as well.
        return;
    }
    if !text("events").contains(text("type")) && text("type") != TEST {
        broken("what nobody wants to be told there");
    }
    if event.was_off {
        broken("to a webhook that was off before");
    }
    let signed = |sealed: &str| {
        let opened = world.settings().keys.unseal(text("id"), sealed);
        opened.is_some_and(|bytes| is_signed_with(&Secret::of(bytes).reveal(), request))
    };
    if !signed(text("secret")) {
        broken("what is not signed with its secret");
    }
    let old: Vec<String> = serde_json::from_str(text("old_secrets")).unwrap();
    if !old.iter().all(|secret| signed(secret)) {
        broken("what is not signed with a secret before, within its day");
    }
}

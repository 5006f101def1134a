//! The job that delivers an event to a webhook: one signed request, and what comes of it.
//!
//! A receiver that answers badly or slowly holds up nobody but itself: deliveries have a queue of their own, each takes ten
//! seconds at most, and a webhook has two under way, one while it answers slowly or fails (see [`webhook_turns`]). Others are
//! parked: they are in nobody's way, and whichever ends takes on the next. While a receiver fails nothing new is tried with it for
//! a while (see [`webhook::rest`]); what was tried before comes back by its own steps. Whatever is no success, a redirect among
//! it, is a failure. Of the answer nothing is kept but its status.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::config::Config;
use crate::domain::ids::{Id, JobId, WebhookId};
use crate::domain::signature::Secret;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{self, STEPS};
use crate::error::{Error, Result};
use crate::jobs::{LEASE, LONGEST_TOLD, LOST_AFTER, Outcome, lost_at};
use crate::platform::{Platform, ResultSet, Statement, Unanswered, retry_after};
use crate::store::audit::Entry;
use crate::store::jobs::{self, Requeued};
use crate::store::webhook_deliveries::{self as store, Attempt, Delivery};
use crate::store::webhook_turns as turns;

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a delivery is tried: once, and once after each step.
#[allow(clippy::cast_possible_wrap)] // There are ten.
pub const MOST_ATTEMPTS: i64 = STEPS.len() as i64 + 1;

/// What was not tried yet waits for a receiver no longer than this, whatever that asks for.
const LONGEST_REST: Duration = Duration::from_mins(10);

/// A webhook is turned off when it has failed for as long.
const FAILS_FOR: Duration = Duration::from_hours(5 * 24);

/// An answer that took longer is a slow one: its webhook rests for as long, and has one delivery under way for a minute.
const SLOW: Duration = Duration::from_secs(1);
const SLOW_FOR: Duration = Duration::from_mins(1);

/// What waited for the end of a rest comes within so long after it.
const SPREAD: Duration = Duration::from_secs(8);

/// One message makes as many deliveries at most, and begins none after so long: what came with it in one batch of the queue is
/// waited for, and each asks the database a dozen things of the thousand that it may be asked.
const IN_A_ROW: usize = 6;
const IN_A_ROW_FOR: Duration = Duration::from_secs(2);

/// What became of a delivery, and what goes on now that it is over.
struct Ended {
    outcome: Outcome,
    next: Vec<JobId>,
    /// Whether the receiver took it at once.
    quick: bool,
}

impl From<Outcome> for Ended {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, next: Vec::new(), quick: false }
    }
}

/// Takes a delivery and makes it; and where its receiver answers at once, some of what is parked for it.
///
/// # Errors
/// The database's; the lease then runs out and the job is taken again.
pub async fn run(platform: &impl Platform, config: &Config, id: JobId) -> Result<Outcome> {
    let began = platform.now();
    let mut ended = one(platform, config, id).await?;
    let outcome = ended.outcome;
    for _ in 1..IN_A_ROW {
        if !ended.quick || began.until(platform.now()) > IN_A_ROW_FOR {
            break;
        }
        let Some(next) = ended.next.pop() else { break };
        platform.enqueue_deliveries(&ended.next);
        ended = one(platform, config, next).await?;
        if let Outcome::Retry(_) = ended.outcome {
            // It has no message that comes back; a new one is told to wait.
            ended.next.push(next);
        }
    }
    platform.enqueue_deliveries(&ended.next);
    Ok(outcome)
}

async fn one(platform: &impl Platform, config: &Config, id: JobId) -> Result<Ended> {
    let now = platform.now();
    let leased_until = now.plus(LEASE);
    let results = platform
        .batch(vec![
            turns::lease(id, now, leased_until, MOST_ATTEMPTS),
            turns::turned_off(id, now),
            turns::park(id, now),
            store::select(id, now),
            turns::try_alone(id, now.plus(PATIENCE), leased_until),
        ])
        .await?;
    let [leased, _, _, delivery, _] = results.as_slice() else {
        return Err(Error::Internal("five results".to_owned()));
    };
    let Some(delivery) = delivery.first::<Delivery>()? else { return Ok(Outcome::NotOurs.into()) };
    if leased.any() {
        return send(platform, config, id, &delivery).await;
    }
    let outcome = match delivery.rests_until.filter(|until| *until > now) {
        // It was tried, and its time has not come.
        _ if delivery.waiting && delivery.due_at > now => Outcome::Retry(now.until(delivery.due_at)),
        Some(rests_until) if delivery.waiting => {
            // Not all at the same moment.
            let most = now.until(rests_until).min(SPREAD);
            let due = rests_until.plus(most * u32::from(u16::from_be_bytes(platform.random())) / 65_536);
            platform.run(turns::put_off(id, due, lost_at(due))).await?;
            Outcome::Retry(now.until(due))
        }
        _ if !delivery.live => Outcome::Failed,
        _ => Outcome::NotOurs,
    };
    Ok(outcome.into())
}

async fn send(platform: &impl Platform, config: &Config, id: JobId, delivery: &Delivery) -> Result<Ended> {
    let whose = delivery.webhook_id.to_string();
    let open = |sealed: &str| config.keys.unseal(&whose, sealed).map(Secret::of);
    let began = platform.now();
    let secrets: Vec<Secret> = std::iter::once(&delivery.secret)
        .chain(&delivery.old_secrets)
        .filter_map(|sealed| open(sealed))
        .collect();
    let answer = match request(delivery, &secrets, began) {
        Some(request) => platform.exchange(request, PATIENCE).await.map_err(|why| match why {
            Unanswered::Unreachable => "no connection",
            Unanswered::TimedOut => "no answer within ten seconds",
        }),
        None => Err("its secret can't be opened: the root key that sealed it is gone"),
    };
    let now = platform.now();
    let (status, failure) = match &answer {
        Ok(answer) if answer.status().is_success() => (Some(answer.status()), None),
        Ok(answer) => (Some(answer.status()), Some(said(answer.status()))),
        Err(why) => (None, Some((*why).to_owned())),
    };
    let took = began.until(now);
    let attempt = Attempt {
        at: began,
        millis: i64::try_from(took.as_millis()).unwrap_or(i64::MAX),
        status: status.map(|status| status.as_u16()),
        failure,
    };
    let gone = status == Some(StatusCode::GONE);
    let told = answer.as_ref().ok().and_then(|answer| retry_after(answer.headers(), now)).unwrap_or_default();
    let told = told.min(LONGEST_TOLD);
    let wait =
        webhook::wait(delivery.attempts, platform.random()).filter(|_| !gone).map(|wait| wait.max(told));
    let mut batch = match (&attempt.failure, wait) {
        (None, _) => {
            vec![jobs::done(id, delivery.attempts, None, now), store::answers(delivery.webhook_id)]
        }
        (Some(failure), wait) => {
            let rest = webhook::rest(delivery.failures + 1).max(told.min(LONGEST_REST));
            let due = now.plus(wait.unwrap_or_default());
            let settled = match wait {
                Some(_) => jobs::retry(id, delivery.attempts, due, lost_at(due), failure),
                None => jobs::failed(id, delivery.attempts, failure, now),
            };
            vec![settled, store::fails(delivery, now, now.plus(rest))]
        }
    };
    // Each that still counts: an older root key may go once every webhook was delivered to.
    let anew: Vec<_> = std::iter::once(&delivery.secret)
        .chain(&delivery.old_secrets)
        .filter(|sealed| !config.keys.is_newest(sealed))
        .filter_map(|was| {
            let secret = open(was)?;
            Some((was.as_str(), config.keys.seal(&whose, secret.bytes(), platform.random())?))
        })
        .collect();
    batch.push(store::note(id, delivery.attempts, &attempt));
    batch.extend(store::reseal(delivery.webhook_id, &anew));
    let slow = took > SLOW;
    if slow {
        batch.push(store::slow(delivery.webhook_id, now.plus(SLOW_FOR), now.plus(SLOW)));
    }
    let (failed, failed_before) = (attempt.failure.is_some(), delivery.failures > 0);
    if slow || failed || failed_before {
        // One by one from here; or at once from here, where it answers again.
        batch.push(turns::park_all(delivery.webhook_id, 1, now));
    }
    batch.extend(go_on(delivery.webhook_id, now));
    let results = platform.batch(batch).await?;
    let next = results.iter().rev().nth(1).map(ResultSet::rows::<Requeued>).transpose()?.unwrap_or_default();
    let outcome = match (failed, wait) {
        (false, _) => Outcome::Done,
        (true, Some(wait)) => Outcome::Retry(wait),
        (true, None) => {
            turn_off(platform, delivery, gone, now).await?;
            Outcome::Failed
        }
    };
    let next = next.into_iter().map(|job| job.id).collect();
    Ok(Ended { outcome, next, quick: !slow && !failed })
}

/// Lets the next of what is parked for a webhook go. The first tells which.
#[must_use]
pub fn go_on(webhook: WebhookId, now: Timestamp) -> [Statement; 2] {
    turns::go_on(webhook, lost_at(now), wakes_at(now))
}

/// From when the tick looks after what is parked for a webhook of which a delivery is under way.
#[must_use]
pub fn wakes_at(now: Timestamp) -> Timestamp {
    now.plus(LEASE).plus(LOST_AFTER)
}

/// Turns the webhook off if its receiver is gone, or has failed for days.
async fn turn_off(platform: &impl Platform, delivery: &Delivery, gone: bool, now: Timestamp) -> Result<()> {
    let failing_before = (!gone).then(|| now.minus(FAILS_FOR));
    if failing_before.is_some_and(|before| delivery.failing_since.is_none_or(|since| since > before)) {
        return Ok(());
    }
    let mail = Id::new(now, platform.random());
    let entry = Entry {
        id: Id::new(now, platform.random()),
        at: now,
        actor: "usher".to_owned(),
        request_id: delivery.event_id.to_string(),
    };
    let notification = Id::new(now, platform.random());
    let batch = store::turn_off(&entry, delivery, failing_before, notification, mail, lost_at(now));
    let results = platform.batch(Vec::from(batch)).await?;
    if results.last().is_some_and(ResultSet::any) {
        platform.enqueue(mail);
    }
    Ok(())
}

/// The request, signed as Standard Webhooks 1.0 says; nothing without a secret.
fn request(delivery: &Delivery, secrets: &[Secret], now: Timestamp) -> Option<http::Request<Bytes>> {
    let (id, timestamp) = (delivery.event_id.to_string(), now.seconds().to_string());
    let signatures: Vec<String> =
        secrets.iter().map(|secret| secret.sign(&id, &timestamp, &delivery.body)).collect();
    if signatures.is_empty() {
        return None;
    }
    let mut request = http::Request::new(Bytes::from(delivery.body.clone()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = delivery.url.parse().ok()?;
    let signatures = signatures.join(" ");
    for (name, value) in [
        (CONTENT_TYPE, "application/json"),
        (USER_AGENT, "usher"),
        (HeaderName::from_static("webhook-id"), &*id),
        (HeaderName::from_static("webhook-timestamp"), &*timestamp),
        (HeaderName::from_static("webhook-signature"), &*signatures),
    ] {
        request.headers_mut().insert(name, HeaderValue::from_str(value).ok()?);
    }
    Some(request)
}

fn said(status: StatusCode) -> String {
    match status.as_u16() {
        code @ 300..=399 => format!("answered {code}: redirects are not followed"),
        code => format!("answered {code}"),
    }
}

//! The job that delivers an event to a webhook: one signed request, and what comes of it.
//!
//! A receiver that answers badly holds up nobody but itself: deliveries have a queue of their own, each takes ten seconds at
//! most, and while a receiver fails nothing new is tried with it for a while (see [`webhook::rest`]); what was tried before comes
//! back by its own steps. Whatever is no success, a redirect among it, is a failure. Of the answer nothing is kept but its status.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::config::Config;
use crate::domain::ids::{Id, JobId};
use crate::domain::signature::Secret;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{self, STEPS};
use crate::error::{Error, Result};
use crate::jobs::{LEASE, LONGEST_TOLD, Outcome, lost_at};
use crate::platform::{Platform, Unanswered};
use crate::store::audit::Entry;
use crate::store::jobs::{self, Requeued};
use crate::store::webhook_deliveries::{self as store, Attempt, Delivery};

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a delivery is tried: once, and once after each step.
#[allow(clippy::cast_possible_wrap)] // There are ten.
pub const MOST_ATTEMPTS: i64 = STEPS.len() as i64 + 1;

/// What was not tried yet waits for a receiver no longer than this, whatever that asks for.
const LONGEST_REST: Duration = Duration::from_mins(10);

/// A webhook is turned off when it has failed for as long.
const FAILS_FOR: Duration = Duration::from_hours(5 * 24);

/// Takes a delivery and makes it.
///
/// # Errors
/// The database's; the lease then runs out and the job is taken again.
pub async fn run(platform: &impl Platform, config: &Config, id: JobId) -> Result<Outcome> {
    let now = platform.now();
    let leased_until = now.plus(LEASE);
    let results = platform
        .batch(vec![
            store::lease(id, now, leased_until, MOST_ATTEMPTS),
            store::turned_off(id, now),
            store::select(id, now),
            store::try_alone(id, now.plus(PATIENCE), leased_until),
        ])
        .await?;
    let [leased, _, delivery, _] = results.as_slice() else {
        return Err(Error::Internal("four results".to_owned()));
    };
    let Some(delivery) = delivery.first::<Delivery>()? else { return Ok(Outcome::NotOurs) };
    if leased.any() {
        return send(platform, config, id, &delivery).await;
    }
    match delivery.rests_until.filter(|_| delivery.waiting && delivery.due_at <= now) {
        Some(rests_until) if rests_until > now => {
            // Not all at the same moment.
            let spread = Duration::from_millis(u64::from(u16::from_be_bytes(platform.random())) / 8);
            let due = rests_until.plus(spread);
            platform.run(store::put_off(id, due, lost_at(due))).await?;
            Ok(Outcome::Retry(now.until(due)))
        }
        _ if !delivery.live => Ok(Outcome::Failed),
        _ => Ok(Outcome::NotOurs),
    }
}

async fn send(platform: &impl Platform, config: &Config, id: JobId, delivery: &Delivery) -> Result<Outcome> {
    let whose = delivery.webhook_id.to_string();
    let open = |sealed: &str| config.keys.unseal(&whose, sealed).map(Secret::of);
    let began = platform.now();
    let secrets: Vec<Secret> = [Some(&delivery.secret), delivery.old_secret.as_ref()]
        .into_iter()
        .flatten()
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
    let attempt = Attempt {
        at: began,
        millis: i64::try_from(began.until(now).as_millis()).unwrap_or(i64::MAX),
        status: status.map(|status| status.as_u16()),
        failure,
    };
    // Of the two, only what the present one opens to.
    let anew = open(&delivery.secret).filter(|_| !config.keys.is_newest(&delivery.secret));
    let sealed = anew.and_then(|secret| config.keys.seal(&whose, secret.bytes(), platform.random()));
    let noted = [
        store::note(id, delivery.attempts, &attempt),
        store::reseal(delivery.webhook_id, &delivery.secret, sealed.as_ref()),
    ];
    let Some(failure) = &attempt.failure else {
        let batch = vec![jobs::done(id, delivery.attempts, None, now), store::answers(delivery.webhook_id)];
        let results = platform.batch(batch.into_iter().chain(noted).collect()).await?;
        if results.get(1).is_some_and(crate::platform::ResultSet::any) {
            let let_go = platform.run(store::let_go(delivery.webhook_id, now, lost_at(now))).await?;
            let let_go: Vec<JobId> = let_go.rows::<Requeued>()?.into_iter().map(|job| job.id).collect();
            platform.enqueue_deliveries(&let_go);
        }
        return Ok(Outcome::Done);
    };
    let gone = status == Some(StatusCode::GONE);
    let told = answer.as_ref().ok().and_then(asked_to_wait).unwrap_or_default();
    let wait =
        webhook::wait(delivery.attempts, platform.random()).filter(|_| !gone).map(|wait| wait.max(told));
    let fails = store::fails(
        delivery,
        now,
        now.plus(webhook::rest(delivery.failures + 1).max(told.min(LONGEST_REST))),
    );
    if let Some(wait) = wait {
        let due = now.plus(wait);
        let batch = vec![jobs::retry(id, delivery.attempts, due, lost_at(due), failure), fails];
        platform.batch(batch.into_iter().chain(noted).collect()).await?;
        return Ok(Outcome::Retry(wait));
    }
    let batch = vec![jobs::failed(id, delivery.attempts, failure, now), fails];
    platform.batch(batch.into_iter().chain(noted).collect()).await?;
    turn_off(platform, delivery, gone, now).await?;
    Ok(Outcome::Failed)
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
    if results.last().is_some_and(crate::platform::ResultSet::any) {
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

/// How long a receiver asks to be left alone, in seconds.
fn asked_to_wait(answer: &http::Response<Bytes>) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.parse::<u64>().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_TOLD))
}

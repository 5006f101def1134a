//! The cron tick: finds what the queue lost and what is due, and tidies. Everything it does could be done twice, or late.

use std::time::Duration;

use crate::config::Config;
use crate::domain::ids::{Id, JobId};
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::flow::sign_in::GUESSES_COUNT;
use crate::jobs::{MOST_ATTEMPTS, lost_at, webhook_delivery};
use crate::platform::Platform;
use crate::store::jobs::Requeued;
use crate::store::next_mails::{self, Due, Ids};
use crate::store::{
    drafts, email_changes, guesses, hooks, idempotency, invitations, jobs, quota, sessions, webhook_events,
    webhook_turns,
};

/// How long a session that is over keeps its row, for looking into what happened.
pub const SESSIONS_KEPT: Duration = Duration::from_hours(30 * 24);

/// How long an event is known: longer than anybody tells it again by themselves (Stripe: three days), or is asked to (thirty).
pub const EVENTS_KEPT: Duration = Duration::from_hours(35 * 24);

/// How long a delivery to a webhook can be looked at, and made again.
pub const DELIVERIES_KEPT: Duration = Duration::from_hours(30 * 24);

/// What a tick found.
#[derive(Debug, Default)]
pub struct Ticked {
    /// Jobs that it enqueued: lost ones, and the mails that were due.
    pub requeued: usize,
    /// Jobs that it gave up, since their consumer died each time.
    pub given_up: usize,
}

/// Enqueues lost jobs and gives up on those that never finish; puts the mails that are due into the outbox; stamps lapsed
/// invitations, and forgets old sessions, drafts and counts. What fails of these keeps none of the others from being done.
///
/// # Errors
/// The database's; the next tick does it.
pub async fn run(platform: &impl Platform, config: &Config) -> Result<Ticked> {
    let now = platform.now();
    let recovered = recover(platform, now).await;
    let due = put_due(platform, config, now).await;
    tidy(platform, now).await?;
    let (ticked, put) = (recovered?, due?);
    Ok(Ticked { requeued: ticked.requeued + put, ..ticked })
}

/// Enqueues what the queue lost, or what is to go on after a rest, and gives up on what never finishes.
async fn recover(platform: &impl Platform, now: Timestamp) -> Result<Ticked> {
    let [woken, waking] = webhook_turns::wake(now, lost_at(now), webhook_delivery::wakes_at(now));
    let batch = vec![
        jobs::give_up(now, MOST_ATTEMPTS),
        jobs::show_failure(None, now),
        jobs::requeue(now, lost_at(now)),
        webhook_turns::give_up(now, webhook_delivery::MOST_ATTEMPTS),
        webhook_turns::requeue(now, lost_at(now)),
        woken,
        waking,
    ];
    let results = platform.batch(batch).await?;
    let [given_up, _, lost, given_up_deliveries, deliveries, woken, _] = results.as_slice() else {
        return Err(Error::Internal("the results of a tick".to_owned()));
    };
    let given_up = given_up.rows::<Requeued>()?.len() + given_up_deliveries.rows::<Requeued>()?.len();
    let lost = ids(lost.rows()?);
    let mut deliveries = ids(deliveries.rows()?);
    deliveries.extend(ids(woken.rows()?));
    platform.enqueue_all(&lost);
    platform.enqueue_deliveries(&deliveries);
    Ok(Ticked { requeued: lost.len() + deliveries.len(), given_up })
}

/// Puts the mails into the outbox that are due. Answers how many.
async fn put_due(platform: &impl Platform, config: &Config, now: Timestamp) -> Result<usize> {
    let due: Vec<Due> = platform.run(next_mails::due(now)).await?.rows()?;
    if due.is_empty() {
        return Ok(0);
    }
    let made: Vec<Ids> = due
        .into_iter()
        .map(|due| Ids {
            invitation: due.id,
            job: Id::new(now, platform.random()),
            notification: Id::new(now, platform.random()),
        })
        .collect();
    let results =
        platform.batch(next_mails::put(&made, config.templates.reminding(), now, lost_at(now))).await?;
    let mut put = Vec::new();
    for result in results.get(next_mails::PUT).unwrap_or_default() {
        put.extend(ids(result.rows()?));
    }
    platform.enqueue_all(&put);
    Ok(put.len())
}

/// Notes what is over, and forgets what nobody needs any more.
async fn tidy(platform: &impl Platform, now: Timestamp) -> Result<()> {
    let mut batch = vec![
        invitations::stamp_lapsed(now),
        drafts::forget(now),
        email_changes::forget(now.minus(SESSIONS_KEPT)),
        quota::forget(now),
        guesses::forget(now.minus(GUESSES_COUNT)),
        idempotency::forget(now.minus(idempotency::KEPT)),
        hooks::forget(now.minus(EVENTS_KEPT)),
        webhook_events::forget(now.minus(DELIVERIES_KEPT)),
    ];
    batch.extend(sessions::forget(now.minus(SESSIONS_KEPT)));
    platform.batch(batch).await?;
    Ok(())
}

fn ids(found: Vec<Requeued>) -> Vec<JobId> {
    found.into_iter().map(|job| job.id).collect()
}

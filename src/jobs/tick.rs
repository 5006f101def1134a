//! The cron tick: finds what the queue lost and what is due, and tidies. Everything it does could be done twice, or late.

use std::time::Duration;

use crate::config::Config;
use crate::domain::ids::{Id, JobId};
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

/// Enqueues lost jobs, gives up on those that never finish, stamps lapsed invitations, forgets old sessions, drafts and counts, and
/// puts the mails that are due into the outbox.
///
/// # Errors
/// The database's; the next tick does it.
pub async fn run(platform: &impl Platform, config: &Config) -> Result<Ticked> {
    let now = platform.now();
    let [woken, waking] = webhook_turns::wake(now, lost_at(now), webhook_delivery::wakes_at(now));
    let results = platform
        .batch(
            vec![
                jobs::give_up(now, MOST_ATTEMPTS),
                jobs::show_failure(None, now),
                jobs::requeue(now, lost_at(now)),
                invitations::stamp_lapsed(now),
                next_mails::due(now),
                webhook_turns::give_up(now, webhook_delivery::MOST_ATTEMPTS),
                webhook_turns::requeue(now, lost_at(now)),
                woken,
                waking,
                drafts::forget(now),
                email_changes::forget(now.minus(SESSIONS_KEPT)),
                quota::forget(now),
                guesses::forget(now.minus(GUESSES_COUNT)),
                idempotency::forget(now.minus(idempotency::KEPT)),
                hooks::forget(now.minus(EVENTS_KEPT)),
                webhook_events::forget(now.minus(DELIVERIES_KEPT)),
            ]
            .into_iter()
            .chain(sessions::forget(now.minus(SESSIONS_KEPT)))
            .collect(),
        )
        .await?;
    let [given_up, _, lost, _, due, given_up_deliveries, deliveries, woken, ..] = results.as_slice() else {
        return Err(Error::Internal("the results of a tick".to_owned()));
    };
    let given_up = given_up.rows::<Requeued>()?.len() + given_up_deliveries.rows::<Requeued>()?.len();
    let mut deliveries: Vec<Requeued> = deliveries.rows()?;
    deliveries.extend(woken.rows::<Requeued>()?);
    let deliveries: Vec<JobId> = deliveries.into_iter().map(|job| job.id).collect();
    platform.enqueue_deliveries(&deliveries);
    let mut found: Vec<Requeued> = lost.rows()?;
    let due: Vec<Due> = due.rows()?;
    if !due.is_empty() {
        let ids: Vec<Ids> = due
            .into_iter()
            .map(|due| Ids {
                invitation: due.id,
                job: Id::new(now, platform.random()),
                notification: Id::new(now, platform.random()),
            })
            .collect();
        let batch = next_mails::put(&ids, config.templates.reminding(), now, lost_at(now));
        for put in platform.batch(batch).await?.get(next_mails::PUT).unwrap_or_default() {
            found.extend(put.rows::<Requeued>()?);
        }
    }
    let found: Vec<JobId> = found.into_iter().map(|job| job.id).collect();
    platform.enqueue_all(&found);
    Ok(Ticked { requeued: found.len() + deliveries.len(), given_up })
}

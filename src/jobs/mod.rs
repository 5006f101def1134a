//! What happens outside the request.
//!
//! A job is a row, written in the batch of what caused it (the outbox). The queue carries the row's id and nothing else.
//! A consumer takes the row with a lease, does the work under an idempotency key (the job's id) and settles the row. What
//! the queue loses, or whose consumer died, the tick finds by its time and enqueues again.

pub mod backoff;
pub mod bulk_invite;
pub mod dead_letter;
pub mod email;
pub mod hook_event;
pub mod message;
pub mod tick;
pub mod webhook_delivery;
pub mod webhook_events;

use std::time::Duration;

use crate::config::Config;
use crate::domain::ids::JobId;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::jobs::email::Facts;
use crate::platform::{MailError, Platform};
use crate::store::account_mails::to_account;
use crate::store::jobs::{self, Kind, Leased};
use crate::store::notifications::told_by_job;
use crate::store::{hooks, view};

/// How long a consumer may hold a job: longer than any provider takes.
pub const LEASE: Duration = Duration::from_mins(1);

/// How long after a job was enqueued, or should have come back, the tick takes its message for lost.
pub const LOST_AFTER: Duration = Duration::from_secs(30);

/// A job is tried this often: with the waits between tries (see [`backoff`]) that takes 15 to 30 hours, longer than a
/// provider's bad day. The queue's own `max_retries` must be higher, or it gives up first.
pub const MOST_ATTEMPTS: i64 = 16;

/// A provider or a receiver may ask to wait for as long: the queue delays no message for longer than half a day.
const LONGEST_TOLD: Duration = Duration::from_hours(11);

/// From when a job that is enqueued at `due` counts as lost.
#[must_use]
pub fn lost_at(due: Timestamp) -> Timestamp {
    due.plus(LOST_AFTER)
}

/// What became of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done, or nothing left to do.
    Done,
    /// Not done; try again after this long.
    Retry(Duration),
    /// Never will be; the reason is kept with the job.
    Failed,
    /// Somebody else has it, did it, or gave it up.
    NotOurs,
}

/// Takes a job and does it.
///
/// # Errors
/// The database's; the lease then runs out and the job is taken again.
pub async fn run(platform: &impl Platform, config: &Config, id: JobId) -> Result<Outcome> {
    let now = platform.now();
    let lease = jobs::lease(id, now, now.plus(LEASE), MOST_ATTEMPTS);
    let taken = platform
        .batch(vec![
            lease,
            view::of_job(id),
            jobs::added(id),
            to_account(id),
            told_by_job(id),
            hooks::of_job(id),
        ])
        .await?;
    let [lease, view, added, to, told, event] = taken.as_slice() else {
        return Err(Error::Internal("six results".to_owned()));
    };
    let Some(lease) = lease.first::<Leased>()? else { return Ok(Outcome::NotOurs) };
    if lease.kind == Kind::BulkInvite {
        return bulk_invite::run(platform, config.quota, id, lease.attempts).await;
    }
    if lease.kind == Kind::HookEvent {
        return hook_event::run(platform, config, id, lease.attempts, event.first()?).await;
    }
    if lease.kind == Kind::WebhookEvents {
        return webhook_events::run(platform, config, id).await;
    }
    let facts = Facts { view: view.first()?, added: added.first()?, to: to.first()?, told: told.first()? };
    email::run(platform, config, id, &lease, &facts).await
}

/// A mail could not be handed to its provider: the job comes back later, or is failed for good.
///
/// # Errors
/// The database's.
async fn not_sent(platform: &impl Platform, id: JobId, attempt: i64, error: MailError) -> Result<Outcome> {
    let now = platform.now();
    let told = if let MailError::Wait(told, _) = error { told.min(LONGEST_TOLD) } else { Duration::ZERO };
    match error {
        MailError::Retry(why) | MailError::Wait(_, why) | MailError::Unable(why)
            if attempt < MOST_ATTEMPTS =>
        {
            let wait = backoff::after(attempt, platform.random()).max(told);
            let due = now.plus(wait);
            platform.run(jobs::retry(id, attempt, due, lost_at(due), &why)).await?;
            Ok(Outcome::Retry(wait))
        }
        MailError::Retry(why)
        | MailError::Wait(_, why)
        | MailError::Unable(why)
        | MailError::Refused(why) => {
            platform
                .batch(vec![
                    jobs::failed(id, attempt, &why, now),
                    // Only if that was ours to settle: another may have taken the job since, and sent the mail.
                    jobs::show_failure(Some(id), now),
                ])
                .await?;
            Ok(Outcome::Failed)
        }
    }
}

//! What happens outside the request.
//!
//! A job is a row, written in the batch of what caused it (the outbox). The queue carries the row's id and nothing else.
//! A consumer takes the row with a lease, does the work under an idempotency key (the job's id) and settles the row. What
//! the queue loses, or whose consumer died, the tick finds by its time and enqueues again.

pub mod backoff;
pub mod dead_letter;
pub mod invitation_email;
pub mod message;
pub mod tick;

use std::time::Duration;

use crate::domain::time::Timestamp;

/// How long a consumer may hold a job: longer than any provider takes.
pub const LEASE: Duration = Duration::from_mins(1);

/// How long after a job was enqueued, or should have come back, the tick takes its message for lost.
pub const LOST_AFTER: Duration = Duration::from_secs(30);

/// A job is tried this often: with the waits between tries (see [`backoff`]) that takes 15 to 30 hours, longer than a
/// provider's bad day. The queue's own `max_retries` must be higher, or it gives up first.
pub const MOST_ATTEMPTS: i64 = 16;

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

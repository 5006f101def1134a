//! The cron tick: finds what the queue lost, and tidies. Everything it does could be done twice, or late.

use std::time::Duration;

use crate::domain::ids::JobId;
use crate::error::{Error, Result};
use crate::flow::sign_in::GUESSES_COUNT;
use crate::jobs::{MOST_ATTEMPTS, lost_at};
use crate::platform::Platform;
use crate::store::jobs::Requeued;
use crate::store::{drafts, guesses, invitations, jobs, quota, sessions};

/// How long a session that is over keeps its row, for looking into what happened.
pub const SESSIONS_KEPT: Duration = Duration::from_hours(30 * 24);

/// Enqueues lost jobs, gives up on those that never finish, stamps lapsed invitations, and forgets old sessions, drafts and counts. Answers
/// how many jobs it enqueued.
///
/// # Errors
/// The database's; the next tick does it.
pub async fn run(platform: &impl Platform) -> Result<usize> {
    let now = platform.now();
    let results = platform
        .batch(
            vec![
                jobs::give_up(now, MOST_ATTEMPTS),
                jobs::show_failure(None, now),
                jobs::requeue(now, lost_at(now)),
                invitations::stamp_lapsed(now),
                drafts::forget(now),
                quota::forget(now),
                guesses::forget(now.minus(GUESSES_COUNT)),
            ]
            .into_iter()
            .chain(sessions::forget(now.minus(SESSIONS_KEPT)))
            .collect(),
        )
        .await?;
    let lost = results
        .get(2)
        .ok_or_else(|| Error::Internal("the results of a tick".to_owned()))?
        .rows::<Requeued>()?;
    let lost: Vec<JobId> = lost.into_iter().map(|job| job.id).collect();
    platform.enqueue_all(&lost);
    Ok(lost.len())
}

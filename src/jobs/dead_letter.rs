//! A message that the queue gave up on: its job is failed, and the inviter sees it.
//!
//! Somebody may still hold the job, or it is to be tried later and the tick will enqueue it again. Then this waits for that
//! to pass before it gives the job up.

use std::time::Duration;

use crate::domain::ids::JobId;
use crate::error::{Error, Result};
use crate::jobs::Outcome;
use crate::platform::Platform;
use crate::store::jobs::{self, Due};

/// The queue delays no message for longer than this.
const LONGEST_WAIT: Duration = Duration::from_hours(12);

/// Gives the job up, or asks to come back when it is due.
///
/// # Errors
/// The database's.
pub async fn run(platform: &impl Platform, job: JobId) -> Result<Outcome> {
    let now = platform.now();
    let results = platform
        .batch(vec![jobs::dead(job, now), jobs::show_failure(Some(job), now), jobs::due(job)])
        .await?;
    let [failed, _, due] = results.as_slice() else {
        return Err(Error::Internal("three results".to_owned()));
    };
    Ok(match due.first::<Due>()? {
        None if failed.any() => Outcome::Failed,
        None => Outcome::NotOurs,
        Some(due) => Outcome::Retry(now.until(due.due_at).min(LONGEST_WAIT)),
    })
}

//! The job that makes the invitations of a bulk, chunk by chunk.

use crate::domain::ids::{Id, JobId};
use crate::domain::quota::Quota;
use crate::error::{Error, Result};
use crate::jobs::{LEASE, Outcome, lost_at};
use crate::platform::Platform;
use crate::store::bulk::Progress;
use crate::store::bulk::chunk::{self, Hold};
use crate::store::jobs::Requeued;

/// Makes chunk after chunk, each in one batch that also says how far the job is and holds it for a new while. A consumer
/// that dies leaves whole chunks: the next one goes on behind them.
///
/// # Errors
/// The database's; the lease then runs out and the job is taken again.
pub async fn run(platform: &impl Platform, quota: Quota, id: JobId, attempt: i64) -> Result<Outcome> {
    loop {
        let now = platform.now();
        let told = Id::new(now, platform.random());
        let hold = Hold { job: id, attempt, quota, now };
        let results = platform.batch(chunk::make(hold, told, now.plus(LEASE), lost_at(now))).await?;
        let (Some(mails), Some(progress)) = (results.get(chunk::MAILS), results.get(chunk::PROGRESS)) else {
            return Err(Error::Internal("a chunk's results".to_owned()));
        };
        let mails: Vec<JobId> = mails.rows::<Requeued>()?.into_iter().map(|mail| mail.id).collect();
        platform.enqueue_all(&mails);
        match progress.first::<Progress>()? {
            // Undone, or somebody else's since the lease ran out.
            None => return Ok(Outcome::NotOurs),
            Some(Progress { done, total }) if done >= total => return Ok(Outcome::Done),
            Some(_) => {}
        }
    }
}

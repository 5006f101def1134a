//! The job that tells somebody by e-mail that they were added.

use crate::config::Config;
use crate::domain::ids::JobId;
use crate::error::Result;
use crate::jobs::{Outcome, not_sent};
use crate::mail;
use crate::platform::Platform;
use crate::store::jobs::{self, Added, Leased};

/// Sends the mail and settles the job, unless the person was removed since: then there is nothing left to tell.
///
/// # Errors
/// The database's; the lease then runs out and the job is taken again.
pub async fn run(
    platform: &impl Platform,
    config: &Config,
    id: JobId,
    lease: &Leased,
    added: &Added,
) -> Result<Outcome> {
    let message_id = if added.removed_at.is_some() {
        None
    } else {
        let written = mail::member_added::write(config, added)?;
        match mail::send(platform, config, &written, id, platform.now()).await {
            Ok(message_id) => Some(message_id),
            Err(error) => return not_sent(platform, id, lease.attempts, error).await,
        }
    };
    platform.run(jobs::done(id, lease.attempts, message_id.as_deref(), platform.now())).await?;
    Ok(Outcome::Done)
}

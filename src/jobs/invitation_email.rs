//! The job that sends an invitation's e-mail.

use crate::config::Config;
use crate::domain::ids::JobId;
use crate::domain::invitation::Status;
use crate::error::Result;
use crate::jobs::{Outcome, not_sent};
use crate::mail;
use crate::platform::Platform;
use crate::store::jobs::{Content, Leased};
use crate::store::{invitations, jobs};

/// Sends the mail and settles the job.
///
/// Sending comes before writing that it was sent, so a crash between the two sends again, under the same key.
///
/// # Errors
/// The database's; the lease then runs out and the job is taken again.
pub async fn run(
    platform: &impl Platform,
    config: &Config,
    id: JobId,
    lease: &Leased,
    content: &Content,
) -> Result<Outcome> {
    let now = platform.now();
    let (invitation, ver) = (content.invitation.id, content.invitation.ver);

    // Revoked, accepted or sent again since: this mail's link would be dead on arrival.
    let overtaken = lease.ver != Some(ver) || content.invitation.status(now) != Status::Pending;
    if overtaken {
        platform.run(jobs::done(id, lease.attempts, None, now)).await?;
        return Ok(Outcome::Done);
    }

    let written = mail::invitation::write(config, content)?;
    match mail::send(platform, config, &written, id, now).await {
        Ok(message_id) => {
            let now = platform.now();
            platform
                .batch(vec![
                    jobs::done(id, lease.attempts, Some(&message_id), now),
                    invitations::set_delivery(invitation, ver, "sent"),
                ])
                .await?;
            Ok(Outcome::Done)
        }
        Err(error) => not_sent(platform, id, lease.attempts, error).await,
    }
}

//! The job that sends an invitation's e-mail.

use crate::config::Config;
use crate::domain::ids::JobId;
use crate::domain::invitation::Status;
use crate::error::{Error, Result};
use crate::jobs::{LEASE, MOST_ATTEMPTS, Outcome, backoff, lost_at};
use crate::mail;
use crate::platform::{MailError, Platform};
use crate::store::jobs::{Content, Leased};
use crate::store::{invitations, jobs};

/// Takes the job, sends the mail and settles it.
///
/// Sending comes before writing that it was sent, so a crash between the two sends again, under the same key.
///
/// # Errors
/// The database's; the lease then runs out and the job is taken again.
pub async fn run(platform: &impl Platform, config: &Config, id: JobId) -> Result<Outcome> {
    let now = platform.now();
    let taken =
        platform.batch(vec![jobs::lease(id, now, now.plus(LEASE), MOST_ATTEMPTS), jobs::content(id)]).await?;
    let [lease, content] = taken.as_slice() else { return Err(Error::Internal("two results".to_owned())) };
    let (Some(lease), Some(content)) = (lease.first::<Leased>()?, content.first::<Content>()?) else {
        return Ok(Outcome::NotOurs);
    };

    // Revoked, accepted or sent again since: this mail's link would be dead on arrival.
    let overtaken = content.invitation.ver != lease.ver || content.invitation.status(now) != Status::Pending;
    if overtaken {
        platform.run(jobs::done(id, lease.attempts, None, now)).await?;
        return Ok(Outcome::Done);
    }

    let written = mail::invitation::write(config, &content)?;
    let sent = mail::send(platform, config, &written, id, now).await;
    let now = platform.now();
    match sent {
        Ok(message_id) => {
            platform
                .batch(vec![
                    jobs::done(id, lease.attempts, Some(&message_id), now),
                    invitations::set_delivery(lease.invitation_id, lease.ver, "sent"),
                ])
                .await?;
            Ok(Outcome::Done)
        }
        Err(MailError::Retry(why)) if lease.attempts < MOST_ATTEMPTS => {
            let wait = backoff::after(lease.attempts, platform.random());
            let due = now.plus(wait);
            platform.run(jobs::retry(id, lease.attempts, due, lost_at(due), &why)).await?;
            Ok(Outcome::Retry(wait))
        }
        Err(MailError::Retry(why) | MailError::Refused(why)) => {
            platform
                .batch(vec![
                    jobs::failed(id, lease.attempts, &why, now),
                    // Only if that was ours to settle: another may have taken the job since, and sent the mail.
                    jobs::show_failure(Some(id), now),
                ])
                .await?;
            Ok(Outcome::Failed)
        }
    }
}

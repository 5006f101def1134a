//! The job that mails an account's holder: the link that they asked for, or what was done to their account.

use crate::config::Config;
use crate::domain::ids::JobId;
use crate::domain::reset_link::ResetLink;
use crate::error::Result;
use crate::jobs::{Outcome, not_sent};
use crate::mail;
use crate::platform::Platform;
use crate::store::account_mails::{Notice, ToAccount};
use crate::store::jobs::{self, Kind, Leased};

/// Sends the mail and settles the job. A link that would be dead on arrival is not sent: the password was changed since, or
/// its time is over. What is to nobody is settled alike.
///
/// # Errors
/// The database's; the lease then runs out and the job is taken again.
pub async fn run(
    platform: &impl Platform,
    config: &Config,
    id: JobId,
    lease: &Leased,
    to: Option<&ToAccount>,
) -> Result<Outcome> {
    let now = platform.now();
    let written = match to {
        None => None,
        Some(to) => match (to.notice, &to.change) {
            (Some(Notice::EmailChanged), Some(change)) => Some(mail::email_change::made(config, to, change)?),
            (Some(notice), _) => Some(mail::account::notice(config, to, notice)?),
            (None, Some(change)) if change.waits && now < change.expires_at => {
                Some(mail::email_change::asked(config, change)?)
            }
            (None, None)
                if lease.kind == Kind::PasswordReset
                    && lease.ver == Some(to.password_ver)
                    && now < ResetLink::ends(to.at) =>
            {
                Some(mail::account::reset(config, to)?)
            }
            (None, _) => None,
        },
    };
    let message_id = match written {
        None => None,
        Some(mail) => match mail::send(platform, config, &mail, id, now).await {
            Ok(message_id) => Some(message_id),
            Err(error) => return not_sent(platform, id, lease.attempts, error).await,
        },
    };
    platform.run(jobs::done(id, lease.attempts, message_id.as_deref(), platform.now())).await?;
    Ok(Outcome::Done)
}

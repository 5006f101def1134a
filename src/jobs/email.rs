//! The jobs that send an e-mail.

use crate::config::Config;
use crate::domain::ids::JobId;
use crate::domain::invitation::Status;
use crate::domain::reset_link::ResetLink;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::jobs::{Outcome, not_sent};
use crate::mail::{self, Mail, providers};
use crate::platform::Platform;
use crate::store::account_mails::{Notice, ToAccount};
use crate::store::invitations;
use crate::store::jobs::{self, Added, Kind, Leased};
use crate::store::notifications::Told;
use crate::store::view::View;

/// What the mails are written from: of each only what its job is about.
pub struct Facts {
    /// An invitation.
    pub view: Option<View>,
    /// Somebody who was added.
    pub added: Option<Added>,
    /// An account.
    pub to: Option<ToAccount>,
    /// A notification.
    pub told: Option<Told>,
}

impl Facts {
    /// The mail, unless there is nothing left to tell.
    fn write(&self, config: &Config, lease: &Leased, now: Timestamp) -> Result<Option<Mail>> {
        match (lease.kind, self) {
            (Kind::InvitationEmail | Kind::ReminderEmail, Self { view: Some(view), .. }) => {
                // Revoked, accepted or sent again since: this mail's link would be dead on arrival.
                let invitation = &view.invitation;
                let overtaken =
                    lease.ver != Some(invitation.ver) || invitation.status(now) != Status::Pending;
                let is_reminder = lease.kind == Kind::ReminderEmail;
                (!overtaken).then(|| mail::invitation::write(config, view, is_reminder)).transpose()
            }
            (Kind::WithdrawalEmail, Self { view: Some(view), .. }) => {
                mail::invitation::withdrawn(config, view).map(Some)
            }
            (Kind::MemberEmail, Self { added: Some(added), .. }) if added.removed_at.is_none() => {
                mail::member_added::write(config, added).map(Some)
            }
            (Kind::NotificationEmail, Self { told: Some(told), .. }) => {
                mail::notification::write(config, told)
            }
            (Kind::AccountNotice, Self { to: Some(to), .. }) => match (to.notice, &to.change) {
                (Some(Notice::EmailChanged), Some(change)) => {
                    mail::email_change::made(config, to, change).map(Some)
                }
                (Some(notice), _) => mail::account::notice(config, to, notice).map(Some),
                (None, _) => Ok(None),
            },
            // The other side has stopped it since, or a new password, or its time is over.
            (Kind::EmailChange, Self { to: Some(ToAccount { change: Some(change), .. }), .. })
                if change.waits && now < change.expires_at =>
            {
                mail::email_change::asked(config, change).map(Some)
            }
            // A link that would be dead on arrival is not sent: the password was changed since, or its time is over.
            (Kind::PasswordReset, Self { to: Some(to), .. })
                if lease.ver == Some(to.password_ver) && now < ResetLink::ends(to.at) =>
            {
                mail::account::reset(config, to).map(Some)
            }
            _ => Ok(None),
        }
    }
}

/// Sends the mail and settles the job; what is to nobody, or overtaken, is settled alike.
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
    facts: &Facts,
) -> Result<Outcome> {
    let mail = facts.write(config, lease, platform.now())?;
    let message_id = match mail {
        None => None,
        Some(mail) => match providers::send(platform, config, &mail, id, lease.attempts).await {
            Ok(message_id) => Some(message_id),
            Err(error) => return not_sent(platform, id, lease.attempts, error).await,
        },
    };
    let mut batch = vec![jobs::done(id, lease.attempts, message_id.as_deref(), platform.now())];
    if let (Kind::InvitationEmail, Some(_), Some(invitation), Some(ver)) =
        (lease.kind, &message_id, lease.invitation_id, lease.ver)
    {
        batch.push(invitations::note_sent(invitation, ver));
    }
    platform.batch(batch).await?;
    Ok(Outcome::Done)
}

//! The mails that follow from how an invitation stands (`next_mail`, see the migration): found by the tick, and put into the
//! outbox in the batch that notes it, so that each goes out once, whatever dies in between.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{InvitationId, JobId, NotificationId};
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::store::restore::UNDOABLE;
use crate::{params, sql};

/// An invitation that has a mail due.
#[derive(Debug, Deserialize)]
pub struct Due {
    /// The invitation.
    pub id: InvitationId,
}

/// Whether nobody takes back any more what the mail about the invitation `i` tells: that one was withdrawn is told when the
/// removal that it went with can't be undone any more. Those that wait so are passed on the way; they are of ten minutes.
macro_rules! settled {
    ($now:literal) => {
        concat!("(i.next_mail <> 'withdrawal' OR i.revoked_at <= CAST(", $now, " AS INTEGER) - 600000)")
    };
}
const _: () = assert!(UNDOABLE.as_millis() == 600_000);

/// Finds the invitations that have a mail due, some at a time.
#[must_use]
pub fn due(now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT i.id FROM invitations i WHERE i.next_mail_at <= ?1 AND ",
            settled!("?1"),
            " ORDER BY i.next_mail_at LIMIT 50"
        )),
        params![now],
    )
}

/// The ids of what is made for an invitation that has a mail due.
#[derive(Debug, Serialize)]
pub struct Ids {
    /// The invitation.
    pub invitation: InvitationId,
    /// The mail's job.
    pub job: JobId,
    /// What its inviter is told in the app, if it is them that the mail is to.
    pub notification: NotificationId,
}

/// Those of the ids `?1` whose invitation `i` still has a mail due at `?2`.
macro_rules! still_due {
    () => {
        concat!(
            "json_each(?1) e CROSS JOIN invitations i ON i.id = e.value ->> 'invitation' AND i.next_mail_at <= ?2 AND ",
            settled!("?2")
        )
    };
}

/// Which results of [`put`] hold the jobs' ids.
pub const PUT: std::ops::Range<usize> = 1..3;

/// Puts the mails that are due into the outbox, tells inviters in the app what they are mailed, and notes both. What ended
/// before somebody came to it is only noted: an invitation that is over is nobody's to hurry for, and of one that was withdrawn
/// whoever has another, or is in, needs no word. `reminding` is
/// [`Templates::reminding`](crate::domain::template::Templates::reminding).
#[must_use]
pub fn put(ids: &[Ids], reminding: String, now: Timestamp, requeue_at: Timestamp) -> Vec<Statement> {
    let ids = serde_json::json!(ids).to_string();
    vec![
        Statement::new(
            sql!(concat!(
                "INSERT INTO notifications (id, user_id, organization_id, kind, about, created_at)
                 SELECT e.value ->> 'notification', n.user_id, i.organization_id, 'invitation.' || i.next_mail,
                        json_object('invitation_id', i.id), ?2
                 FROM ",
                still_due!(),
                " JOIN members n ON n.id = ",
                helper!("i.organization_id", "i.invited_by"),
                " WHERE i.next_mail IN ('undelivered', 'ending') AND i.expires_at > ?2"
            )),
            params![&ids, now],
        ),
        Statement::new(
            sql!("INSERT INTO jobs (id, kind, organization_id, notification_id, created_at, due_at, requeue_at)
             SELECT e.value ->> 'job', 'notification_email', n.organization_id, n.id, ?2, ?2, ?3
             FROM json_each(?1) e CROSS JOIN notifications n ON n.id = e.value ->> 'notification' AND n.by_email = 1
             RETURNING id"),
            params![&ids, now, requeue_at],
        ),
        Statement::new(
            sql!(concat!(
                "INSERT INTO jobs (id, kind, organization_id, invitation_id, ver, created_at, due_at, requeue_at)
                 SELECT e.value ->> 'job', i.next_mail || '_email', o.id, i.id, i.ver, ?2, ?2, ?3
                 FROM ",
                still_due!(),
                " JOIN organizations o ON o.id = i.organization_id
                  WHERE CASE i.next_mail
                    WHEN 'reminder' THEN i.expires_at > ?2 AND coalesce(o.policy ->> 'reminders', ?4 ->> o.template)
                    WHEN 'withdrawal' THEN NOT EXISTS (SELECT 1 FROM invitations x
                      WHERE x.organization_id = o.id AND x.email_key = i.email_key AND x.outcome = 'open')
                      AND NOT EXISTS ",
                member_of!("i.email_key"),
                " END ON CONFLICT DO NOTHING RETURNING id"
            )),
            params![&ids, now, requeue_at, reminding],
        ),
        Statement::new(
            sql!(concat!(
                "UPDATE invitations AS i SET
                   reminded_at = iif(next_mail = 'reminder', ?2, reminded_at),
                   withdrawal_told_at = iif(next_mail = 'withdrawal', ?2, withdrawal_told_at),
                   undelivered_told = iif(next_mail = 'undelivered', ver, undelivered_told),
                   end_told = iif(next_mail = 'ending', expires_at, end_told)
                 WHERE id IN (SELECT value ->> 'invitation' FROM json_each(?1)) AND next_mail_at <= ?2 AND ",
                settled!("?2")
            )),
            params![ids, now],
        ),
    ]
}

//! The outbox: jobs as rows, taken with a lease and settled once.

use serde::Deserialize;

use super::json_text;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{EventId, InvitationId, JobId, MemberId, NotificationId, OrganizationId, UserId};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::store::members::WorkspaceName;
use crate::{params, sql};

/// Puts an invitation's e-mail into the outbox: one for each version, so that a write that this batch's guard refused
/// queues nothing.
#[must_use]
pub fn insert_invitation_email(
    id: JobId,
    invitation: InvitationId,
    now: Timestamp,
    requeue_at: Timestamp,
) -> Statement {
    Statement::new(
        sql!(
            "INSERT INTO jobs (id, kind, organization_id, invitation_id, ver, created_at, due_at, requeue_at)
         SELECT ?1, 'invitation_email', organization_id, id, ver, ?3, ?3, ?4
         FROM invitations i WHERE id = ?2 AND delivery = 'queued' AND outcome = 'open'
           AND NOT EXISTS (SELECT 1 FROM jobs j
                           WHERE j.invitation_id = i.id AND j.ver = i.ver AND j.kind = 'invitation_email')
         RETURNING id"
        ),
        params![id, invitation, now, requeue_at],
    )
}

/// Puts the e-mail that tells somebody they were added into the outbox, if this claim was let through and says that they are
/// notified. `RETURNING` tells.
#[must_use]
pub fn insert_member_email(id: JobId, claim: EventId, requeue_at: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "INSERT INTO jobs (id, kind, organization_id, member_id, created_at, due_at, requeue_at)
         SELECT ?1, 'member_email', organization_id, subject, at, at, ?3 FROM audit_events
         WHERE id = ?2 AND after ->> 'notified' RETURNING id"
        ),
        params![id, claim, requeue_at],
    )
}

/// Puts the e-mail that tells what this notification tells into the outbox, if that was written and its reader wants to be mailed
/// of it. `RETURNING` tells.
#[must_use]
pub fn insert_notification_email(
    id: JobId,
    notification: NotificationId,
    requeue_at: Timestamp,
) -> Statement {
    Statement::new(
        sql!(
            "INSERT INTO jobs (id, kind, organization_id, notification_id, created_at, due_at, requeue_at)
         SELECT ?1, 'notification_email', organization_id, id, created_at, created_at, ?3
         FROM notifications WHERE id = ?2 AND by_email = 1 RETURNING id"
        ),
        params![id, notification, requeue_at],
    )
}

/// A job that this consumer holds until its lease runs out.
#[derive(Debug, Deserialize)]
pub struct Leased {
    /// How many times it was taken, this one included. Settling names it, so that a consumer whose lease ran out can't
    /// settle what another took since.
    pub attempts: i64,
    /// What is to be done.
    pub kind: Kind,
    /// The invitation that it is about, if it is about one.
    pub invitation_id: Option<InvitationId>,
    /// Whose it is; nobody's where it is about an account.
    pub organization_id: Option<OrganizationId>,
    /// That invitation's version, or the password's.
    pub ver: Option<i64>,
    /// The member that it is about, if it is about one.
    pub member_id: Option<MemberId>,
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Sends an invitation.
    InvitationEmail,
    /// Reminds whoever was sent one and has not answered.
    ReminderEmail,
    /// Tells whoever was sent one that it was withdrawn.
    WithdrawalEmail,
    /// Tells a member by e-mail what a notification tells in the app.
    NotificationEmail,
    /// Tells somebody that they were added.
    MemberEmail,
    /// Makes many invitations.
    BulkInvite,
    /// Sends the link for a forgotten password.
    PasswordReset,
    /// Tells somebody what was done to their account.
    AccountNotice,
    /// Asks one side of a change of address for its proof.
    EmailChange,
    /// Applies what others told.
    HookEvent,
    /// Tells webhooks what happened.
    WebhookEvents,
    /// Delivers an event to a webhook. Taken by [`webhook_deliveries`](super::webhook_deliveries) alone.
    WebhookDelivery,
}

/// Until when a job is held that is taken at `?2`, the first times until `?3`.
macro_rules! held_until {
    () => {
        "CAST(?2 AS INTEGER) + (CAST(?3 AS INTEGER) - CAST(?2 AS INTEGER)) * (1 << min(max(attempts - 2, 0), 7))"
    };
}

/// Takes a job that is due, until `until`; from the fourth time on for twice as long as the time before, up to 128 times: a job that
/// nobody settles so many times waits for whatever ails its consumers to pass. `RETURNING` tells.
#[must_use]
pub fn lease(id: JobId, now: Timestamp, until: Timestamp, most_attempts: i64) -> Statement {
    Statement::new(
        sql!(concat!(
            "UPDATE jobs SET attempts = attempts + 1, due_at = ",
            held_until!(),
            ", requeue_at = ",
            held_until!(),
            " WHERE id = ?1 AND waiting = 1 AND due_at <= ?2 AND attempts < ?4 AND webhook_id IS NULL
             RETURNING attempts, kind, invitation_id, organization_id, ver, member_id"
        )),
        params![id, now, until, most_attempts],
    )
}

/// What the e-mail to somebody who was added is written from.
#[derive(Debug, Deserialize)]
pub struct Added {
    /// Where.
    pub organization_id: OrganizationId,
    /// What it is called: by its brand, else by its name.
    pub organization_name: String,
    /// Its colour.
    pub branding_accent: Option<String>,
    /// Who added them, if that one is still in.
    pub adder_name: Option<String>,
    /// The account.
    pub user_id: UserId,
    /// Its address.
    pub email: EmailAddress,
    /// What the organization calls them.
    pub name: String,
    /// As what.
    pub role: Role,
    /// The workspaces by name.
    #[serde(deserialize_with = "json_text")]
    pub workspaces: Vec<WorkspaceName>,
    /// The version of their password.
    pub password_ver: i64,
    /// Whether they have a password that counts: one that was set before the mailbox was proved is nobody's.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub can_sign_in: bool,
    /// When they were removed.
    pub removed_at: Option<Timestamp>,
    /// When they were added.
    pub added_at: Timestamp,
}

/// Reads what a job's e-mail tells somebody who was [`Added`].
#[must_use]
pub fn added(id: JobId) -> Statement {
    Statement::new(
        sql!("SELECT o.id AS organization_id, coalesce(o.branding_name, o.name) AS organization_name, o.branding_accent,
                u.id AS user_id,
                coalesce(m.email, u.email) AS email, m.name, m.role, u.password_ver,
                u.password_hash IS NOT NULL AND u.email_verified_at IS NOT NULL AS can_sign_in,
                m.removed_at, m.joined_at AS added_at,
                (SELECT n.name FROM audit_events a JOIN members n ON n.id = a.actor AND n.removed_at IS NULL
                 WHERE a.organization_id = m.organization_id AND a.subject = m.id AND a.action = 'member.added'
                 ORDER BY a.id LIMIT 1) AS adder_name,
                (SELECT json_group_array(json_object('id', w.id, 'name', w.name) ORDER BY w.id)
                 FROM memberships p JOIN workspaces w ON w.id = p.workspace_id
                 WHERE p.member_id = m.id) AS workspaces
         FROM jobs j
         JOIN members m ON m.id = j.member_id
         JOIN users u ON u.id = m.user_id
         JOIN organizations o ON o.id = m.organization_id
         WHERE j.id = ?1"),
        params![id],
    )
}

/// Settles a job as done by this attempt. `provider_message_id` is none where there was nothing left to do.
#[must_use]
pub fn done(id: JobId, attempt: i64, provider_message_id: Option<&str>, now: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "UPDATE jobs SET done_at = ?3, provider_message_id = ?4 WHERE id = ?1 AND waiting = 1 AND attempts = ?2"
        ),
        params![id, attempt, now, provider_message_id],
    )
}

/// Puts a job back: due at `due_at`, and taken for lost from `requeue_at`.
#[must_use]
pub fn retry(id: JobId, attempt: i64, due_at: Timestamp, requeue_at: Timestamp, failure: &str) -> Statement {
    Statement::new(
        sql!(
            "UPDATE jobs SET due_at = ?3, requeue_at = ?4, failure = ?5 WHERE id = ?1 AND waiting = 1 AND attempts = ?2"
        ),
        params![id, attempt, due_at, requeue_at, failure],
    )
}

/// Settles a job as failed by this attempt.
#[must_use]
pub fn failed(id: JobId, attempt: i64, failure: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!("UPDATE jobs SET failed_at = ?3, failure = ?4 WHERE id = ?1 AND waiting = 1 AND attempts = ?2"),
        params![id, attempt, now, failure],
    )
}

/// Settles a job as failed whose messages the queue gave up on, unless somebody holds it or it is to be tried later. Never a
/// delivery to a webhook: each says itself when it is given up.
#[must_use]
pub fn dead(id: JobId, now: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "UPDATE jobs SET failed_at = ?2, failure = coalesce(failure, 'the queue gave up')
         WHERE id = ?1 AND waiting = 1 AND due_at <= ?2 AND webhook_id IS NULL RETURNING id"
        ),
        params![id, now],
    )
}

/// When a job that is not settled is due.
#[derive(Debug, Deserialize)]
pub struct Due {
    /// From when somebody may take it.
    pub due_at: Timestamp,
}

/// Reads [`Due`].
#[must_use]
pub fn due(id: JobId) -> Statement {
    Statement::new(
        sql!("SELECT due_at FROM jobs WHERE id = ?1 AND waiting = 1 AND webhook_id IS NULL"),
        params![id],
    )
}

/// Settles as failed those that were taken as often as they may be and never settled: their consumer died each time. `RETURNING`
/// tells.
#[must_use]
pub fn give_up(now: Timestamp, most_attempts: i64) -> Statement {
    Statement::new(
        sql!(
            "UPDATE jobs SET failed_at = ?1, failure = coalesce(failure, 'never finished')
         WHERE waiting = 1 AND webhook_id IS NULL AND requeue_at <= ?1 AND due_at <= ?1 AND attempts >= ?2
         RETURNING id"
        ),
        params![now, most_attempts],
    )
}

/// Shows the inviter that the e-mail of a failed job did not go out.
#[must_use]
pub fn show_failure(id: Option<JobId>, now: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "UPDATE invitations SET delivery = 'failed'
         WHERE (id, ver) IN (SELECT invitation_id, ver FROM jobs
                             WHERE failed_at = ?2 AND (?1 IS NULL OR id = ?1) AND kind = 'invitation_email')"
        ),
        params![id, now],
    )
}

/// Finds the jobs whose queue message seems lost, some at a time, and gives each until `requeue_at`.
#[must_use]
pub fn requeue(now: Timestamp, requeue_at: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "UPDATE jobs SET requeue_at = ?2 WHERE id IN (
           SELECT id FROM jobs WHERE waiting = 1 AND webhook_id IS NULL AND requeue_at <= ?1 AND due_at <= ?1
           ORDER BY requeue_at LIMIT 100)
         RETURNING id"
        ),
        params![now, requeue_at],
    )
}

/// A job's id, as [`requeue`] and [`give_up`] answer it.
#[derive(Debug, Deserialize)]
pub struct Requeued {
    /// The job.
    pub id: JobId,
}

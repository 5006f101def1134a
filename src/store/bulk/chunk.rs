//! Making the invitations of a job, a chunk at a time.
//!
//! Judging is the claim of the chunk's batch: it writes to the rows beyond `bulk_imports.done` what becomes of them, if this
//! consumer still holds the job. Every other statement takes only rows of the chunk that say `created`, and `done` moves on
//! behind them, so that a chunk is made whole, once, or not at all, wherever its consumer dies.

use crate::domain::ids::{JobId, NotificationId};
use crate::domain::quota::Quota;
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::{params, sql};

/// How many rows are made in one batch. A thousand rows are four of ten statements: less than the 50 that the smallest plan
/// allows an event, and ten such jobs in one delivery less than the 1,000 of the others.
macro_rules! chunk_size {
    () => {
        "250"
    };
}

/// Whether this consumer still holds the job: `?1` is the job, `?2` the attempt.
macro_rules! held {
    () => {
        "EXISTS (SELECT 1 FROM jobs WHERE id = ?1 AND waiting = 1 AND attempts = ?2)"
    };
}

/// The rows of the next chunk, `r`, of the import `b`.
macro_rules! chunk {
    () => {
        concat!(
            "bulk_imports b JOIN bulk_rows r ON r.job_id = b.job_id AND r.row > b.done AND r.row <= b.done + ",
            chunk_size!()
        )
    };
}

/// This consumer's hold on a job, and the moment.
#[derive(Debug, Clone, Copy)]
pub struct Hold {
    /// The job.
    pub job: JobId,
    /// Which attempt at it this is.
    pub attempt: i64,
    /// What a day allows.
    pub quota: Quota,
    /// Now.
    pub now: Timestamp,
}

/// Which result of [`make`] holds the mails' jobs.
pub const MAILS: usize = 5;
/// Which result of [`make`] holds the [`Progress`](super::Progress): none if another holds the job, or nobody.
pub const PROGRESS: usize = 7;

/// Makes the next chunk, if the job is still held, and holds it until `lease_ends`; settles it with the last one, and tells
/// whoever asked, under the id `told`. Its mails count as lost from `requeue_at`.
#[must_use]
pub fn make(
    hold: Hold,
    told: NotificationId,
    lease_ends: Timestamp,
    requeue_at: Timestamp,
) -> Vec<Statement> {
    let mut batch = vec![hold_on(hold, lease_ends), stamp_lapsed(hold), judge(hold)];
    batch.extend(invitations(hold, requeue_at));
    batch.extend(settle(hold, told));
    batch
}

fn hold_on(hold: Hold, until: Timestamp) -> Statement {
    Statement::new(
        sql!("UPDATE jobs SET due_at = ?3, requeue_at = ?3 WHERE id = ?1 AND waiting = 1 AND attempts = ?2"),
        params![hold.job, hold.attempt, until],
    )
}

/// Stamps open invitations of the chunk's addresses whose time is over, so that they don't stand in its way.
fn stamp_lapsed(hold: Hold) -> Statement {
    Statement::new(
        sql!(concat!(
            "UPDATE invitations SET expired_at = ?2 WHERE id IN (
               SELECT i.id FROM ",
            chunk!(),
            " JOIN invitations i ON i.organization_id = b.organization_id AND i.email_key = r.wanted ->> 'key'
               WHERE b.job_id = ?1 AND i.outcome = 'open' AND i.expires_at <= ?2)"
        )),
        params![hold.job, hold.now],
    )
}

fn judge(hold: Hold) -> Statement {
    Statement::new(
        sql!(concat!(
            judged!(
                "SELECT organization_id, invited_by, role, access_rev, visible, ?3 AS now, ?4 AS quota FROM bulk_imports WHERE job_id = ?1",
                concat!(
                    "SELECT r.row, r.wanted FROM ",
                    chunk!(),
                    " WHERE b.job_id = ?1 AND r.outcome IS NULL AND ",
                    held!()
                )
            ),
            "UPDATE bulk_rows SET outcome = iif(told.verdict = 'create', 'created', 'refused'),
               invitation_id = told.invitation_id,
               problem = iif(told.verdict = 'create', NULL,
                             json_object('verdict', told.verdict, 'place', told.place))
             FROM told WHERE bulk_rows.job_id = ?1 AND bulk_rows.row = told.row"
        )),
        params![hold.job, hold.attempt, hold.now, hold.quota.json()],
    )
}

/// Makes what the chunk's rows are to make: invitations, with their workspaces, mails and entries in the audit log.
fn invitations(hold: Hold, requeue_at: Timestamp) -> [Statement; 4] {
    let Hold { job, now, .. } = hold;
    [
        Statement::new(
            sql!(concat!(
                "INSERT INTO invitations
                   (id, organization_id, kind, role, email, email_key, name, nickname, name_key, nickname_key, message,
                    locale, takes_seat, max_uses, delivery, expires_at, created_at, offered_at, invited_by, permissions,
                    all_resources, grants, addable_kinds, require_mfa, access_takes_seat, branding_name,
                    branding_message)
                 SELECT r.invitation_id, b.organization_id, 'email', r.wanted ->> 'role', r.wanted ->> 'email',
                        r.wanted ->> 'key', r.wanted ->> 'name', r.wanted ->> 'nickname', r.wanted ->> 'name_key',
                        r.wanted ->> 'nickname_key', r.wanted ->> 'message', r.wanted ->> 'locale',
                        r.wanted ->> 'takes_seat', 1, r.wanted ->> 'delivery',
                        (CAST(?2 AS INTEGER) / 1000 + (r.wanted ->> 'seconds')) * 1000, ?2, ?2,
                        (SELECT id FROM members WHERE id = b.invited_by),
                        r.wanted ->> 'permissions', r.wanted ->> 'all_resources', r.wanted ->> 'grants',
                        r.wanted ->> 'addable_kinds', r.wanted ->> 'require_mfa', r.wanted ->> 'access_takes_seat',
                        r.wanted ->> 'branding_name', r.wanted ->> 'branding_message'
                 FROM ",
                chunk!(),
                " WHERE b.job_id = ?1 AND r.outcome = 'created' ORDER BY r.row"
            )),
            params![job, now],
        ),
        Statement::new(
            sql!(concat!(
                "INSERT INTO invitation_workspaces (invitation_id, workspace_id, role, kind, state)
                 SELECT i.id, w.id, i.role, i.kind, i.state
                 FROM ",
                chunk!(),
                " JOIN invitations i ON i.id = r.invitation_id
                  JOIN json_each(coalesce(r.wanted ->> 'workspaces', json_array((
                         SELECT min(id) FROM workspaces WHERE organization_id = b.organization_id)))) e
                  JOIN workspaces w ON w.id = e.value
                  WHERE b.job_id = ?1 AND r.outcome = 'created' AND r.wanted ->> 'role' <> 'admin'
                  ON CONFLICT DO NOTHING"
            )),
            params![job],
        ),
        Statement::new(
            sql!(concat!(
                "INSERT INTO jobs (id, kind, organization_id, invitation_id, ver, created_at, due_at, requeue_at)
                 SELECT r.wanted ->> 'mail', 'invitation_email', i.organization_id, i.id, i.ver, ?2, ?2, ?3
                 FROM ",
                chunk!(),
                " JOIN invitations i ON i.id = r.invitation_id
                  WHERE b.job_id = ?1 AND r.outcome = 'created' AND i.delivery = 'queued' ORDER BY r.row
                  RETURNING id"
            )),
            params![job, now, requeue_at],
        ),
        Statement::new(
            sql!(concat!(
                "INSERT INTO audit_events (id, organization_id, at, actor, action, subject, request_id, after)
                 SELECT r.wanted ->> 'event', b.organization_id, ?2, b.invited_by, 'invitation.created',
                        i.id, b.request_id, ",
                created!(),
                " FROM ",
                chunk!(),
                " JOIN invitations i ON i.id = r.invitation_id
                  WHERE b.job_id = ?1 AND r.outcome = 'created' ORDER BY r.row"
            )),
            params![job, now],
        ),
    ]
}

/// Moves the job on; behind its last row tells whoever asked, if they are still there, and settles it.
fn settle(hold: Hold, told: NotificationId) -> [Statement; 3] {
    let Hold { job, attempt, now, .. } = hold;
    [
        Statement::new(
            sql!(concat!(
                "UPDATE bulk_imports SET done = min(total, done + ",
                chunk_size!(),
                ") WHERE job_id = ?1 AND ",
                held!(),
                " RETURNING done, total"
            )),
            params![job, attempt],
        ),
        Statement::new(
            sql!(concat!(
                "INSERT INTO notifications (id, user_id, organization_id, kind, about, created_at)
                 SELECT ?3, n.user_id, b.organization_id, 'bulk.finished', json_object('job_id', b.job_id), ?4
                 FROM bulk_imports b JOIN members n ON n.id = b.invited_by AND n.removed_at IS NULL
                 WHERE b.job_id = ?1 AND b.done = b.total AND ",
                held!()
            )),
            params![job, attempt, told, now],
        ),
        Statement::new(
            sql!(
                "UPDATE jobs SET done_at = ?3 WHERE id = ?1 AND waiting = 1 AND attempts = ?2
               AND EXISTS (SELECT 1 FROM bulk_imports b WHERE b.job_id = ?1 AND b.done = b.total)"
            ),
            params![job, attempt, now],
        ),
    ]
}

//! How far a bulk invitation is, and what became of its rows.

use serde::{Deserialize, Serialize};

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{InvitationId, JobId};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::{params, sql};

/// How far a job is.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Progress {
    /// Rows it has come to.
    pub done: i64,
    /// Rows there are.
    pub total: i64,
}

/// A bulk invitation, without its rows.
#[derive(Debug, Deserialize)]
pub struct Import {
    /// Its job.
    pub id: JobId,
    /// Who asked for it: a member's id, or an API key's.
    pub invited_by: String,
    /// How far it is.
    #[serde(flatten)]
    pub progress: Progress,
    attempts: i64,
    done_at: Option<Timestamp>,
    failed_at: Option<Timestamp>,
    undone_at: Option<Timestamp>,
}

/// What a bulk invitation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "JobStatus"))]
pub enum Status {
    /// Nobody has taken it yet.
    Waiting,
    /// Some of it may be made.
    Running,
    /// It came to every row.
    Done,
    /// It was given up; what it made stays.
    Failed,
    /// What it made was revoked.
    Undone,
}

impl Import {
    /// What it is.
    #[must_use]
    pub fn status(&self) -> Status {
        if self.undone_at.is_some() {
            Status::Undone
        } else if self.failed_at.is_some() {
            Status::Failed
        } else if self.done_at.is_some() {
            Status::Done
        } else if self.attempts > 0 {
            Status::Running
        } else {
            Status::Waiting
        }
    }
}

/// Reads an [`Import`]. A job of another kind is none.
#[must_use]
pub fn select(job: JobId) -> Statement {
    Statement::new(
        sql!(
            "SELECT j.id, b.invited_by, b.done, b.total, b.undone_at, j.attempts, j.done_at, j.failed_at
         FROM bulk_imports b JOIN jobs j ON j.id = b.job_id WHERE b.job_id = ?1"
        ),
        params![job],
    )
}

/// A row of a bulk invitation, as it stands.
#[derive(Debug, Deserialize)]
pub struct Standing {
    /// Which row; the first is 1.
    pub row: i64,
    /// None until the job has come to it.
    pub outcome: Option<String>,
    /// The invitation that it made, or the one that stood in the way.
    pub invitation_id: Option<InvitationId>,
    /// Why it made none, as JSON.
    pub problem: Option<String>,
    /// For whom it is; nothing for one that was refused when it came in.
    pub email: Option<EmailAddress>,
    /// As what.
    pub role: Option<Role>,
}

/// Reads a page of [`Standing`], in their order.
#[must_use]
pub fn select_rows(job: JobId, after: i64, limit: i64) -> Statement {
    Statement::new(
        sql!("SELECT row, outcome, invitation_id, problem, wanted ->> 'email' AS email, wanted ->> 'role' AS role
         FROM bulk_rows WHERE job_id = ?1 AND row > ?2 ORDER BY row LIMIT ?3"),
        params![job, after, limit],
    )
}

/// How many rows of a bulk invitation came to an end of one kind.
#[derive(Debug, Deserialize)]
pub struct Tally {
    /// None until the job has come to them.
    pub outcome: Option<String>,
    /// How many.
    pub rows: i64,
}

/// Reads each [`Tally`] of a job. It has a thousand rows at most.
#[must_use]
pub fn tally(job: JobId) -> Statement {
    Statement::new(
        sql!("SELECT outcome, count(*) AS rows FROM bulk_rows WHERE job_id = ?1 GROUP BY outcome"),
        params![job],
    )
}

//! Requests that their sender may repeat. The row that says a request was done is written in the batch of what it did; so
//! of two that race under one key, the second's batch fails whole, and is answered as the first was.

use std::time::Duration;

use serde::Deserialize;

use crate::domain::ids::{EventId, JobId};
use crate::domain::time::Timestamp;
use crate::platform::{Param, Statement};
use crate::{params, sql};

/// How long an answer is kept.
pub const KEPT: Duration = Duration::from_hours(24);

/// A request under a key of its sender's.
#[derive(Debug, Clone)]
pub struct Once {
    /// Who sent it, as far as a key of theirs is theirs alone.
    pub caller: String,
    /// The digest of the credential, which must still be one; none for the operator and for who holds but a link.
    pub credential: Option<String>,
    /// Their key.
    pub key: String,
    /// The request's digest.
    pub fingerprint: String,
    /// The request's id.
    pub request_id: String,
    /// When it came.
    pub at: Timestamp,
}

/// What was answered before.
#[derive(Debug, Deserialize)]
pub struct Kept {
    /// To what request.
    pub fingerprint: String,
    /// With what; nothing while it is not known.
    pub status: Option<u16>,
    /// With what body, without secrets.
    pub body: Option<String>,
}

/// The row that says a request was done, if there is what `?6` names.
macro_rules! done_if {
    ($witness:literal) => {
        sql!(concat!(
            "INSERT INTO idempotent_requests (caller, key, fingerprint, request_id, created_at)
             SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (",
            $witness,
            ") RETURNING key"
        ))
    };
}

impl Once {
    /// Forgets what was answered a day ago, so that it is done anew.
    #[must_use]
    pub fn lapse(&self) -> Statement {
        Statement::new(
            sql!("DELETE FROM idempotent_requests WHERE caller = ?1 AND key = ?2 AND created_at <= ?3"),
            params![&self.caller, &self.key, self.at.minus(KEPT)],
        )
    }

    /// Reads [`Kept`], for whoever is still who they were.
    #[must_use]
    pub fn select(&self) -> Statement {
        Statement::new(
            sql!(
                "SELECT fingerprint, status, body FROM idempotent_requests
             WHERE caller = ?1 AND key = ?2 AND (?3 IS NULL
               OR EXISTS (SELECT 1 FROM sessions s
                          WHERE s.token_digest = ?3 AND s.ended_at IS NULL AND s.expires_at > ?4)
               OR EXISTS (SELECT 1 FROM api_keys k WHERE k.token_digest = ?3 AND k.revoked_at IS NULL
                            AND coalesce(k.expires_at, ?4 + 1) > ?4))"
            ),
            params![&self.caller, &self.key, self.credential.as_ref(), self.at],
        )
    }

    /// Says that the request was done, if one of these entries of the audit log was written. Goes along with each batch of it
    /// (see [`Meter::rider`](crate::platform::Meter::rider)). `RETURNING` tells.
    #[must_use]
    pub fn done(&self, events: &[EventId]) -> Statement {
        let sql = done_if!("SELECT 1 FROM json_each(?6) e CROSS JOIN audit_events a ON a.id = e.value");
        self.done_if(sql, serde_json::json!(events).to_string())
    }

    /// The same of what is no organization's, and so in no log: it was done if this job, which mails somebody, was put into the
    /// outbox.
    #[must_use]
    pub fn sent(&self, job: JobId) -> Statement {
        self.done_if(done_if!("SELECT 1 FROM jobs WHERE id = ?6"), job)
    }

    fn done_if(&self, sql: &'static str, witness: impl Into<Param>) -> Statement {
        let mut params = params![&self.caller, &self.key, &self.fingerprint, &self.request_id, self.at];
        params.push(witness.into());
        Statement::new(sql, params)
    }

    /// Keeps what was answered.
    #[must_use]
    pub fn answered(&self, status: u16, body: Option<&str>) -> Statement {
        Statement::new(
            sql!(
                "UPDATE idempotent_requests SET status = ?4, body = ?5 WHERE caller = ?1 AND key = ?2 AND request_id = ?3"
            ),
            params![&self.caller, &self.key, &self.request_id, i64::from(status), body],
        )
    }
}

/// Forgets what was answered before then, some at a time.
#[must_use]
pub fn forget(before: Timestamp) -> Statement {
    Statement::new(
        sql!("DELETE FROM idempotent_requests WHERE (caller, key) IN (
           SELECT caller, key FROM idempotent_requests WHERE created_at <= ?1 ORDER BY created_at LIMIT 1000)"),
        params![before],
    )
}

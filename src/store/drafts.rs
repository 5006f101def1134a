//! Drafts: invitations that somebody is still writing. Each is one member's own.

use serde::Deserialize;

use super::json_text;
use crate::domain::ids::{DraftId, MemberId};
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::{params, sql};

/// A draft.
#[derive(Debug, Deserialize)]
pub struct Draft {
    /// Whose it is.
    pub member_id: MemberId,
    /// The fields of its forms, with what was typed.
    #[serde(deserialize_with = "json_text")]
    pub data: Vec<(String, String)>,
}

/// Reads a [`Draft`] whose time is not over.
#[must_use]
pub fn select(id: DraftId, now: Timestamp) -> Statement {
    Statement::new(
        sql!("SELECT member_id, data FROM drafts WHERE id = ?1 AND expires_at > ?2"),
        params![id, now],
    )
}

/// Keeps a draft until then, and of this member's drafts no more than the newest twenty.
#[must_use]
pub fn insert(
    id: DraftId,
    member: MemberId,
    data: &[(String, String)],
    expires_at: Timestamp,
) -> Vec<Statement> {
    vec![
        Statement::new(
            sql!("INSERT INTO drafts (id, member_id, data, expires_at) VALUES (?1, ?2, ?3, ?4)"),
            params![id, member, written(data), expires_at],
        ),
        Statement::new(
            sql!(
                "DELETE FROM drafts WHERE id IN (
               SELECT id FROM drafts WHERE member_id = ?1 ORDER BY id DESC LIMIT -1 OFFSET 20)"
            ),
            params![member],
        ),
    ]
}

/// Keeps what was typed since, until then.
#[must_use]
pub fn save(id: DraftId, member: MemberId, data: &[(String, String)], expires_at: Timestamp) -> Statement {
    Statement::new(
        sql!("UPDATE drafts SET data = ?3, expires_at = ?4 WHERE id = ?1 AND member_id = ?2"),
        params![id, member, written(data), expires_at],
    )
}

/// Takes a draft to send it, unless somebody does so already: since `lost`, or they never came back. `RETURNING` tells.
#[must_use]
pub fn take(id: DraftId, member: MemberId, now: Timestamp, lost: Timestamp) -> Statement {
    Statement::new(
        sql!("UPDATE drafts SET taken_at = ?3
         WHERE id = ?1 AND member_id = ?2 AND expires_at > ?3 AND (taken_at IS NULL OR taken_at < ?4) RETURNING id"),
        params![id, member, now, lost],
    )
}

/// Gives a draft back that could not be sent.
#[must_use]
pub fn give_back(id: DraftId) -> Statement {
    Statement::new(sql!("UPDATE drafts SET taken_at = NULL WHERE id = ?1"), params![id])
}

/// Forgets a draft that was sent.
#[must_use]
pub fn delete(id: DraftId) -> Statement {
    Statement::new(sql!("DELETE FROM drafts WHERE id = ?1"), params![id])
}

/// Forgets drafts whose time is over.
#[must_use]
pub fn forget(now: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "DELETE FROM drafts WHERE id IN (SELECT id FROM drafts WHERE expires_at <= ?1 ORDER BY expires_at LIMIT 500)"
        ),
        params![now],
    )
}

fn written(data: &[(String, String)]) -> String {
    serde_json::json!(data).to_string()
}

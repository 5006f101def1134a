//! What handing somebody over to the host product reads.

use serde::Deserialize;

use crate::domain::ids::{MemberId, SessionId};
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::{params, sql};

/// What is found, and what it is called.
#[derive(Debug, Deserialize)]
pub struct Found {
    /// An organization's id; or the digest of a session's cookie.
    pub id: String,
    /// The organization's name; or what it calls the member whose session that is.
    pub name: String,
}

/// Reads the organizations that whoever holds this session is in, the newest first.
#[must_use]
pub fn choices(digest: &str, limit: i64, now: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "SELECT o.id, o.name FROM sessions s
         JOIN users u ON u.id = s.user_id
         JOIN members m ON m.user_id = u.id AND m.removed_at IS NULL
           AND (u.email_verified_at IS NOT NULL OR u.confined_to = m.organization_id)
         JOIN organizations o ON o.id = m.organization_id
         WHERE s.token_digest = ?1 AND s.expires_at > ?2 AND s.ended_at IS NULL
         ORDER BY m.organization_id DESC LIMIT ?3"
        ),
        params![digest, now, limit],
    )
}

/// Reads the digest of this session's cookie, and what this member is called whose session it is. Whether it still is one, and the
/// member still in, is for whoever reads by the digest to ask.
#[must_use]
pub fn holder(session: SessionId, member: MemberId) -> Statement {
    Statement::new(
        sql!("SELECT s.token_digest AS id, m.name FROM sessions s JOIN members m ON m.id = ?2 AND m.user_id = s.user_id
         WHERE s.id = ?1"),
        params![session, member],
    )
}

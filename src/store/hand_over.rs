//! What handing somebody over to the host product reads.

use serde::Deserialize;

use crate::domain::ids::{MemberId, OrganizationId, SessionId, UserId};
use crate::domain::time::Timestamp;
use crate::params;
use crate::platform::Statement;

/// An organization that somebody is in.
#[derive(Debug, Deserialize)]
pub struct Choice {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
}

/// Reads the [`Choice`]s of whoever holds this session, the newest organization first.
#[must_use]
pub fn choices(digest: &str, limit: i64, now: Timestamp) -> Statement {
    Statement::new(
        "SELECT o.id, o.name FROM sessions s
         JOIN users u ON u.id = s.user_id
         JOIN members m ON m.user_id = u.id AND m.removed_at IS NULL
           AND (u.email_verified_at IS NOT NULL OR u.confined_to = m.organization_id)
         JOIN organizations o ON o.id = m.organization_id
         WHERE s.token_digest = ?1 AND s.expires_at > ?2 AND s.ended_at IS NULL
         ORDER BY m.organization_id DESC LIMIT ?3",
        params![digest, now, limit],
    )
}

/// Who was handed over.
#[derive(Debug, Deserialize)]
pub struct Holder {
    /// The digest of their session's cookie.
    pub token_digest: String,
    /// Their account.
    pub user_id: UserId,
    /// Its address.
    pub email: String,
    /// What the organization calls them.
    pub name: String,
}

/// Reads the [`Holder`] of this session, if that is this member. Whether the session still is one, and the member still in, is
/// for whoever reads by the digest to ask.
#[must_use]
pub fn holder(session: SessionId, member: MemberId) -> Statement {
    Statement::new(
        "SELECT s.token_digest, u.id AS user_id, u.email, m.name FROM sessions s
         JOIN users u ON u.id = s.user_id JOIN members m ON m.id = ?2 AND m.user_id = u.id
         WHERE s.id = ?1",
        params![session, member],
    )
}

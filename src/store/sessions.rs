//! Sessions: how they begin, end and are listed.
//!
//! Every row of `sessions` has passed whatever its account asks for. A sign-in that still lacks its second factor is a row of
//! `pending_sessions`, which nothing that goes from a session to a person reads: it is nobody's yet.

use serde::Deserialize;

use crate::domain::ids::{SessionId, UserId};
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::store::workspaces::LAST;
use crate::{params, sql};

/// A session that begins, or waits for its second factor.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// The digest of its cookie.
    pub digest: String,
    /// What was signed in with, in words.
    pub device: String,
    /// When.
    pub now: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// When it ends if it waits for a second factor.
    pub waits_until: Timestamp,
}

/// Begins a session, if the password is still the one whose hash was checked: whoever proved the mailbox since then has ended
/// what the old one opened. For an account with a second factor it begins to wait for that instead. The first statement's
/// `RETURNING` tells that it has begun, the second's that it waits.
#[must_use]
pub fn begin(session: &NewSession, user: UserId, password_hash: &str) -> [Statement; 2] {
    [
        Statement::new(
            sql!(
                "INSERT INTO sessions (id, user_id, token_digest, created_at, expires_at, device)
             SELECT ?1, id, ?3, ?4, ?5, ?7 FROM users
             WHERE id = ?2 AND password_hash = ?6 AND mfa_enabled_at IS NULL RETURNING id"
            ),
            params![
                session.id,
                user,
                &session.digest,
                session.now,
                session.ends,
                password_hash,
                &session.device
            ],
        ),
        Statement::new(
            sql!(
                "INSERT INTO pending_sessions (token_digest, user_id, password_ver, created_at, expires_at)
             SELECT ?2, id, password_ver, ?3, ?4 FROM users
             WHERE id = ?1 AND password_hash = ?5 AND mfa_enabled_at IS NOT NULL RETURNING token_digest"
            ),
            params![user, &session.digest, session.now, session.waits_until, password_hash],
        ),
    ]
}

/// Ends a session, whoever holds it, and whatever it waits for.
#[must_use]
pub fn end(digest: &str, now: Timestamp) -> [Statement; 2] {
    [
        Statement::new(
            sql!("UPDATE sessions SET ended_at = ?2 WHERE token_digest = ?1 AND ended_at IS NULL"),
            params![digest, now],
        ),
        Statement::new(sql!("DELETE FROM pending_sessions WHERE token_digest = ?1"), params![digest]),
    ]
}

/// Notes that a session was used today, once a day. It goes with whatever a page reads first.
#[must_use]
pub fn used(digest: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!("UPDATE sessions SET last_used_at = ?2
         WHERE token_digest = ?1 AND expires_at > ?3 AND ended_at IS NULL AND coalesce(last_used_at, created_at) < ?2"),
        params![digest, now.start_of_day(), now],
    )
}

/// A session as its holder sees it.
#[derive(Debug, Deserialize)]
pub struct Open {
    /// The session.
    pub id: SessionId,
    /// What was signed in with, in words.
    pub device: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the day.
    pub last_used_at: Timestamp,
    /// Whether it is the one that asks.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub current: bool,
}

/// Reads a page of the sessions of whoever holds this one, newest first: at least this one.
#[must_use]
pub fn list(digest: &str, before: Option<SessionId>, limit: i64, now: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "SELECT s.id, s.device, s.created_at, coalesce(s.last_used_at, s.created_at) AS last_used_at,
                s.token_digest = ?1 AS current
         FROM sessions me
         JOIN sessions s ON s.user_id = me.user_id AND s.ended_at IS NULL AND s.expires_at > ?2 AND s.id < ?3
         WHERE me.token_digest = ?1 AND me.expires_at > ?2 AND me.ended_at IS NULL
         ORDER BY s.id DESC LIMIT ?4"
        ),
        params![digest, now, before.map_or_else(|| LAST.to_owned(), |id| id.to_string()), limit],
    )
}

/// Ends a session of whoever holds this one: another person's is not there. `RETURNING` tells.
#[must_use]
pub fn end_one(digest: &str, id: SessionId, now: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "UPDATE sessions SET ended_at = ?3
         WHERE id = ?2 AND ended_at IS NULL AND expires_at > ?3 AND user_id = (
           SELECT user_id FROM sessions WHERE token_digest = ?1 AND expires_at > ?3 AND ended_at IS NULL)
         RETURNING id"
        ),
        params![digest, id, now],
    )
}

/// Ends every session of whoever holds this one, but this one; and what waits for a second factor.
#[must_use]
pub fn end_elsewhere(digest: &str, now: Timestamp) -> [Statement; 2] {
    [
        Statement::new(
            sql!("UPDATE sessions SET ended_at = ?2
             WHERE ended_at IS NULL AND token_digest <> ?1 AND user_id = (
               SELECT user_id FROM sessions WHERE token_digest = ?1 AND expires_at > ?2 AND ended_at IS NULL)"),
            params![digest, now],
        ),
        Statement::new(
            sql!("DELETE FROM pending_sessions WHERE user_id = (
               SELECT user_id FROM sessions WHERE token_digest = ?1 AND expires_at > ?2 AND ended_at IS NULL)"),
            params![digest, now],
        ),
    ]
}

/// Ends every session of an account but the one with this digest, if its password is the one of this hash: whoever has set or
/// typed that. What waits for a second factor ends with the password it was begun with.
#[must_use]
pub fn end_others(user: UserId, but: Option<&str>, password_hash: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!("UPDATE sessions SET ended_at = ?2 WHERE user_id = ?1 AND ended_at IS NULL AND token_digest IS NOT ?4
           AND EXISTS (SELECT 1 FROM users WHERE id = ?1 AND password_hash = ?3)"),
        params![user, now, password_hash, but],
    )
}

/// Forgets sessions that have been over since `before`, and those that waited in vain. Only tidies: a session that is over
/// opens nothing.
#[must_use]
pub fn forget(before: Timestamp) -> [Statement; 2] {
    [
        Statement::new(
            sql!("DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < ?1 ORDER BY expires_at LIMIT 500)"),
            params![before],
        ),
        Statement::new(
            sql!("DELETE FROM pending_sessions WHERE token_digest IN (
               SELECT token_digest FROM pending_sessions WHERE expires_at < ?1 ORDER BY expires_at LIMIT 500)"),
            params![before],
        ),
    ]
}

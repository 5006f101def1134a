//! What is kept about whoever holds a session, for them to keep: no secret, no link, nobody else's address. Each list ends
//! somewhere, so that no account is too large to be told. An account whose mailbox nobody proved is somebody only where it is
//! confined to.

use serde::Deserialize;

use crate::domain::ids::OrganizationId;
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::{params, sql};

/// The most memberships in organizations that are told.
pub const MOST_PLACES: i64 = 100;
/// The most of anything else.
pub const MOST: i64 = 1000;

/// One of them as JSON, as the database makes it.
#[derive(Debug, Deserialize)]
pub struct Told {
    /// The JSON.
    pub it: String,
}

/// The account of whoever holds the session `?1` at `?2`.
macro_rules! mine {
    () => {
        "FROM sessions s CROSS JOIN users u ON u.id = s.user_id AND s.token_digest = ?1 AND s.expires_at > ?2 AND s.ended_at IS NULL "
    };
}

/// Their times in organizations, the newest first: of those that ask them for a second factor, only once they have one (S2-06).
macro_rules! my_members {
    () => {
        concat!(
            mine!(),
            "CROSS JOIN members m ON m.user_id = u.id
               AND (u.email_verified_at IS NOT NULL OR u.confined_to = m.organization_id)
             CROSS JOIN organizations o ON o.id = m.organization_id
               AND (u.mfa_enabled_at IS NOT NULL OR (o.require_mfa = 0 AND (m.role NOT IN ('owner', 'admin')
                 OR NOT EXISTS (SELECT 1 FROM workspaces z WHERE z.organization_id = o.id AND z.require_mfa = 1)))) "
        )
    };
}

/// Reads their account.
#[must_use]
pub fn account(session: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT json_object('id', u.id, 'email', u.email, 'name', u.name, 'created_at', ",
            rfc3339!("u.created_at"),
            ", 'email_confirmed_at', ",
            rfc3339!("u.email_verified_at"),
            ", 'has_password', json(iif(u.password_hash IS NULL, 'false', 'true')), 'two_step_sign_in_since', ",
            rfc3339!("u.mfa_enabled_at"),
            ") AS it ",
            mine!()
        )),
        params![session, now],
    )
}

/// Reads where they are signed in.
#[must_use]
pub fn sessions(session: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT json_object('id', x.id, 'device', x.device, 'signed_in_at', ",
            rfc3339!("x.created_at"),
            ", 'last_used_at', ",
            rfc3339!("coalesce(x.last_used_at, x.created_at)"),
            ", 'ends_at', ",
            rfc3339!("x.expires_at"),
            ", 'current', json(iif(x.id = s.id, 'true', 'false'))) AS it ",
            mine!(),
            "CROSS JOIN sessions x ON x.user_id = u.id AND x.ended_at IS NULL AND x.expires_at > ?2
             ORDER BY x.id DESC LIMIT ?3"
        )),
        params![session, now, MOST],
    )
}

/// Where somebody is or was a member, beside what is read of them as a [`Member`](super::members::Member).
#[derive(Debug, Deserialize)]
pub struct Place {
    /// The organization.
    pub organization_id: OrganizationId,
    /// Its name.
    pub organization_name: String,
    /// Its template.
    pub template: String,
}

/// Reads the [`Place`]s, and as many [`Member`](super::members::Member)s in the same order.
#[must_use]
pub fn memberships(session: &str, now: Timestamp) -> [Statement; 2] {
    let params = || params![session, now, MOST_PLACES];
    [
        Statement::new(
            sql!(concat!(
                "SELECT o.id AS organization_id, o.name AS organization_name, o.template ",
                my_members!(),
                "ORDER BY m.id DESC LIMIT ?3"
            )),
            params(),
        ),
        Statement::new(
            sql!(concat!(
                "SELECT ",
                member_columns!("NULL"),
                " ",
                my_members!(),
                "ORDER BY m.id DESC LIMIT ?3"
            )),
            params(),
        ),
    ]
}

/// Reads the open invitations to their address, if they proved it.
#[must_use]
pub fn invitations(session: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT json_object('id', i.id, 'organization_name', coalesce(o.branding_name, o.name), 'role', i.role,
                    'message', i.message, 'name', i.name, 'created_at', ",
            rfc3339!("i.created_at"),
            ", 'expires_at', ",
            rfc3339!("i.expires_at"),
            ") AS it ",
            to_whoever_asks!("CROSS JOIN organizations o ON o.id = i.organization_id"),
            " ORDER BY i.id DESC LIMIT ?3"
        )),
        params![session, now, MOST],
    )
}

/// Reads what they were told in the app. Whose address it is about is not theirs to keep.
#[must_use]
pub fn notifications(session: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT json_object('id', n.id, 'kind', n.kind, 'organization_id', o.id, 'organization_name', o.name,
                    'about', json_remove(n.about, '$.email'), 'created_at', ",
            rfc3339!("n.created_at"),
            ", 'read_at', ",
            rfc3339!("n.read_at"),
            ") AS it ",
            mine!(),
            "CROSS JOIN notifications n ON n.user_id = u.id
               AND (u.email_verified_at IS NOT NULL OR u.confined_to = n.organization_id)
             CROSS JOIN organizations o ON o.id = n.organization_id ORDER BY n.id DESC LIMIT ?3"
        )),
        params![session, now, MOST],
    )
}

/// Reads the changes of their address.
#[must_use]
pub fn email_changes(session: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT json_object('from', c.old_email, 'to', c.email, 'begun_at', ",
            rfc3339!("c.begun_at"),
            ", 'changed_at', ",
            rfc3339!("c.changed_at"),
            ", 'cancelled_at', ",
            rfc3339!("c.cancelled_at"),
            ") AS it ",
            mine!(),
            "CROSS JOIN email_changes c ON c.user_id = u.id ORDER BY c.begun_at DESC LIMIT ?3"
        )),
        params![session, now, MOST],
    )
}

/// Reads what the log says that they did: whole where they may read that log, for they run that organization; elsewhere what it
/// was and when. Of each organization the newest, and of these the newest.
#[must_use]
pub fn actions(session: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT iif(m.removed_at IS NULL AND m.role IN ('owner', 'admin'),
                    json_object('id', e.id, 'at', ",
            rfc3339!("e.at"),
            ", 'organization_id', o.id, 'action', e.action, 'subject', e.subject, 'before', json(e.before),
                                'after', json(e.after)),
                    json_object('id', e.id, 'at', ",
            rfc3339!("e.at"),
            ", 'organization_id', o.id, 'action', e.action)) AS it ",
            my_members!(),
            "CROSS JOIN json_each((SELECT json_group_array(id) FROM (
               SELECT id FROM audit_events INDEXED BY audit_events_by_actor
               WHERE organization_id = m.organization_id AND actor = m.id ORDER BY id DESC LIMIT ?3))) x
             CROSS JOIN audit_events e ON e.id = x.value
             ORDER BY e.id DESC LIMIT ?3"
        )),
        params![session, now, MOST],
    )
}

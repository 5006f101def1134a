//! What people chose to be told of, and how. A choice is a member's: somebody in two organizations may want to hear more of one.
//! A trigger writes each notification as its reader chose (migration 0016), so that no writer of one can pass a choice by.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::json_text;
use crate::domain::ids::{MemberId, OrganizationId};
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::{params, sql};

/// Something that happens, of which one may choose to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Its notification's kind.
    pub kind: &'static str,
    /// Whether it is mailed to whoever chose nothing; none if it never is.
    pub mailed: Option<bool>,
}

/// Each of them. What is not here is always told: that somebody's own access is another, and what is done to their account.
pub const EVENTS: [Event; 9] = [
    Event { kind: "invitation.accepted", mailed: Some(false) },
    Event { kind: "invitation.declined", mailed: Some(false) },
    Event { kind: "invitation.undelivered", mailed: Some(true) },
    Event { kind: "invitation.no_seat", mailed: Some(true) },
    Event { kind: "invitation.asked", mailed: Some(true) },
    Event { kind: "access.asked", mailed: Some(true) },
    Event { kind: "invitation.ending", mailed: Some(true) },
    Event { kind: "bulk.finished", mailed: None },
    Event { kind: "webhook.disabled", mailed: Some(true) },
];

impl Event {
    /// The event of this kind, if one may choose it.
    #[must_use]
    pub fn of(kind: &str) -> Option<Self> {
        EVENTS.into_iter().find(|event| event.kind == kind)
    }
}

/// A person in one organization, with their choices there.
#[derive(Debug, Clone, Deserialize)]
pub struct Chosen {
    /// What they are there.
    pub member_id: MemberId,
    /// Where.
    pub organization_id: OrganizationId,
    /// Its name.
    pub organization_name: String,
    /// What it is called in paths.
    pub slug: String,
    /// Whether they have ever invited anybody, or may by their role: to a client who never did, nothing of this happens.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub invites: bool,
    /// What they chose, by its kind: whether in the app, and whether by e-mail. Of the other kinds nothing.
    #[serde(deserialize_with = "json_text")]
    pub choices: Value,
}

impl Chosen {
    /// How they are told of an event: in the app, and by e-mail, if it ever is mailed.
    #[must_use]
    pub fn of(&self, event: Event) -> (bool, Option<bool>) {
        let chosen = |way: usize| Some(self.choices.get(event.kind)?.get(way)? == 1);
        (chosen(0).unwrap_or(true), event.mailed.map(|usual| chosen(1).unwrap_or(usual)))
    }
}

/// What is to be different of one kind: only what is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wish {
    /// The kind.
    pub kind: &'static str,
    /// Whether to be told in the app.
    pub in_app: Option<bool>,
    /// Whether to be mailed.
    pub by_email: Option<bool>,
    /// Whether whoever chose nothing is mailed.
    pub usual: bool,
}

impl Wish {
    /// What is said of an event.
    #[must_use]
    pub fn of(event: Event, in_app: Option<bool>, by_email: Option<bool>) -> Self {
        Self { kind: event.kind, in_app, by_email, usual: event.mailed == Some(true) }
    }
}

/// The member `m` of whoever holds the session `?1` at `?2`. An account whose mailbox nobody proved is in one organization only.
macro_rules! own_members {
    () => {
        "FROM sessions s
         JOIN users u ON u.id = s.user_id
         JOIN members m ON m.user_id = u.id AND m.removed_at IS NULL
           AND (u.email_verified_at IS NOT NULL OR u.confined_to = m.organization_id)"
    };
}

/// Whether the session `?1` counts at `?2`.
macro_rules! counts {
    () => {
        "s.token_digest = ?1 AND s.expires_at > ?2 AND s.ended_at IS NULL"
    };
}

/// Reads the [`Chosen`] of a session, those of the organizations that they came into last first; or that of one organization.
#[must_use]
pub fn select(
    session: &str,
    organization: Option<OrganizationId>,
    before: Option<MemberId>,
    limit: i64,
    now: Timestamp,
) -> Statement {
    macro_rules! chosen {
        ($which:literal) => {
            concat!(
                "SELECT m.id AS member_id, o.id AS organization_id, o.name AS organization_name, o.slug,
                        m.role <> 'client' OR EXISTS (SELECT 1 FROM invitations i WHERE i.invited_by = m.id) AS invites,
                        (SELECT json_group_object(c.kind, json_array(c.in_app, c.by_email))
                         FROM notification_choices c WHERE c.member_id = m.id) AS choices ",
                own_members!(),
                $which,
                " JOIN organizations o ON o.id = m.organization_id WHERE ",
                counts!(),
                " ORDER BY m.id DESC LIMIT ?4"
            )
        };
    }
    match organization {
        Some(organization) => Statement::new(
            sql!(chosen!(" AND m.organization_id = ?3")),
            params![session, now, organization, limit],
        ),
        None => Statement::new(
            sql!(chosen!(" AND (?3 IS NULL OR m.id < ?3)")),
            params![session, now, before, limit],
        ),
    }
}

/// Writes what is to be different in an organization, over what they chose before; what is not said stays.
#[must_use]
pub fn choose(session: &str, organization: OrganizationId, wishes: &[Wish], now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "INSERT INTO notification_choices (member_id, kind, in_app, by_email)
             SELECT m.id, e.value ->> 'kind', coalesce(e.value ->> 'in_app', c.in_app, 1),
                    coalesce(e.value ->> 'by_email', c.by_email, e.value ->> 'usual') ",
            own_members!(),
            " AND m.organization_id = ?3
             CROSS JOIN json_each(?4) e
             LEFT JOIN notification_choices c ON c.member_id = m.id AND c.kind = e.value ->> 'kind'
             WHERE ",
            counts!(),
            " ON CONFLICT (member_id, kind) DO UPDATE SET in_app = excluded.in_app, by_email = excluded.by_email"
        )),
        params![session, now, organization, serde_json::json!(wishes).to_string()],
    )
}

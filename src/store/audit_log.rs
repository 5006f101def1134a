//! Reading the audit log. What writes it is in [`audit`](super::audit).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::json_text_or_null;
use crate::domain::ids::{EventId, OrganizationId};
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::params;
use crate::platform::{Database, Statement};
use crate::store::workspaces::LAST;

/// An entry, as the API shows it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Logged {
    /// Its id.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// A member's id, `operator` or `invitee`.
    pub actor: String,
    /// What happened, such as `invitation.revoked`.
    pub action: String,
    /// The id of what it happened to.
    pub subject: String,
    /// What it was.
    #[serde(deserialize_with = "json_text_or_null")]
    pub before: Option<Value>,
    /// What it became.
    #[serde(deserialize_with = "json_text_or_null")]
    pub after: Option<Value>,
    /// The request it happened in.
    pub request_id: String,
}

/// Which entries.
#[derive(Debug, Default)]
pub struct Filter {
    /// By this one.
    pub actor: Option<String>,
    /// Of this action.
    pub action: Option<String>,
    /// About this one.
    pub subject: Option<String>,
    /// From this moment on.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}

/// Without statistics the planner takes any of these indexes for as good as another, so each filter names its own.
macro_rules! page_of {
    ($index:literal, $which:literal) => {
        concat!(
            "SELECT e.id, e.at, e.actor, e.action, e.subject, e.before, e.after, e.request_id
             FROM audit_events AS e INDEXED BY ",
            $index,
            " WHERE e.organization_id = ?1 AND e.id < ?2 AND e.id >= ?3 AND ",
            $which,
            " ORDER BY e.id DESC LIMIT ?4"
        )
    };
}

/// A page of entries, newest first. Their ids begin with their time, so that a time is a place in every index.
///
/// # Errors
/// The database's.
pub async fn page(
    db: &impl Database,
    organization: OrganizationId,
    filter: &Filter,
    before: Option<EventId>,
    limit: i64,
) -> Result<Vec<Logged>> {
    let first_of = |moment| EventId::new(moment, [0; 10]).to_string();
    let last = || LAST.to_owned();
    let end = filter.until.map_or_else(last, first_of).min(before.map_or_else(last, |id| id.to_string()));
    let start = filter.since.map_or_else(String::new, first_of);
    let params = params![
        organization,
        end,
        start,
        limit,
        filter.subject.as_ref(),
        filter.actor.as_ref(),
        filter.action.as_ref(),
    ];
    // Somebody's own actions are looked for among what happened to one thing: that doesn't grow with the organization.
    let sql = match filter {
        Filter { subject: Some(_), action: Some(_), .. } => page_of!(
            "audit_events_by_subject_and_action",
            "e.subject = ?5 AND e.action = ?7 AND (?6 IS NULL OR e.actor = ?6)"
        ),
        Filter { subject: Some(_), .. } => {
            page_of!(
                "audit_events_by_subject",
                "e.subject = ?5 AND ?7 IS NULL AND (?6 IS NULL OR e.actor = ?6)"
            )
        }
        Filter { actor: Some(_), action: Some(_), .. } => {
            page_of!("audit_events_by_actor_and_action", "?5 IS NULL AND e.actor = ?6 AND e.action = ?7")
        }
        Filter { actor: Some(_), .. } => {
            page_of!("audit_events_by_actor", "?5 IS NULL AND e.actor = ?6 AND ?7 IS NULL")
        }
        Filter { action: Some(_), .. } => {
            page_of!("audit_events_by_action", "?5 IS NULL AND ?6 IS NULL AND e.action = ?7")
        }
        _ => page_of!("audit_events_of_organization", "?5 IS NULL AND ?6 IS NULL AND ?7 IS NULL"),
    };
    Ok(db.run(Statement::new(sql, params)).await?.rows()?)
}

/// Who did something, and when.
#[derive(Debug, Deserialize)]
pub struct Author {
    /// A member's id, `operator` or `invitee`.
    pub actor: String,
    /// What they are called; nothing if it was no member.
    pub name: Option<String>,
    /// When it happened.
    pub at: Timestamp,
}

/// Reads the [`Author`] of an entry.
#[must_use]
pub fn select_author(event: &str) -> Statement {
    Statement::new(
        "SELECT a.actor, n.name, a.at FROM audit_events a LEFT JOIN members n ON n.id = a.actor WHERE a.id = ?1",
        params![event],
    )
}

//! Reading the audit log. What writes it is in [`audit`](super::audit).

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{json_text, json_text_or_null};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{ApiKeyId, EventId, OrganizationId};
use crate::domain::invitation::Kind;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::platform::{Database, Param, Statement};
use crate::store::workspaces::LAST;
use crate::{params, sql};

/// An entry, as the API shows it.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "AuditEntry"))]
pub struct Logged {
    /// Its id.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// A member's id, an API key's, `operator`, `invitee`, `billing` or `usher`.
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
    /// The key of the program that did it in the actor's name, if one did.
    pub key_id: Option<ApiKeyId>,
}

/// An entry with what whoever it speaks of is called, for a person to read.
#[derive(Debug, Deserialize)]
pub struct Told {
    /// Its id.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// A member's id, an API key's, `operator`, `invitee`, `billing` or `usher`.
    pub actor: String,
    /// What happened.
    pub action: String,
    /// The id of what it happened to.
    pub subject: String,
    /// What it was.
    #[serde(deserialize_with = "json_text_or_null")]
    pub before: Option<Value>,
    /// What it became.
    #[serde(deserialize_with = "json_text_or_null")]
    pub after: Option<Value>,
    /// The member or the key that did it.
    pub actor_name: Option<String>,
    /// The key of the program that did it in their name.
    pub key_name: Option<String>,
    /// The member, workspace, account, key or webhook that it happened to.
    pub subject_name: Option<String>,
    /// The invitation that it happened to.
    #[serde(deserialize_with = "json_text_or_null")]
    pub invited: Option<Invited>,
    /// The workspace in which it happened.
    pub workspace_name: Option<String>,
    /// What the members, workspaces and accounts that it names are called: of the first fifty of them, as far as they are
    /// still known.
    #[serde(deserialize_with = "json_text")]
    pub names: HashMap<String, Option<String>>,
}

/// An invitation, as far as a sentence about it says.
#[derive(Debug, Deserialize)]
pub struct Invited {
    /// For one, or for many.
    pub kind: Kind,
    /// As what.
    pub role: Role,
    /// For whom.
    pub email: Option<EmailAddress>,
    /// What the inviter's side calls it.
    pub nickname: Option<String>,
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
            "SELECT e.id, e.at, e.actor, e.action, e.subject, e.before, e.after, e.request_id,
                    (SELECT key_id FROM acted_through WHERE request_id = e.request_id) AS key_id
             FROM audit_events AS e INDEXED BY ",
            $index,
            " WHERE e.organization_id = ?1 AND e.id < ?2 AND e.id >= ?3 AND ",
            $which,
            " ORDER BY e.id DESC LIMIT ?4"
        )
    };
}

/// The same with the names of what each entry speaks of.
macro_rules! told_of {
    ($index:literal, $which:literal) => {
        concat!(
            "WITH p AS MATERIALIZED (",
            page_of!($index, $which),
            ")
             SELECT p.*, coalesce((SELECT name FROM members WHERE id = p.actor),
                      (SELECT name FROM api_keys WHERE id = p.actor)) AS actor_name,
                    (SELECT name FROM api_keys WHERE id = p.key_id) AS key_name,
                    CASE substr(p.subject, 1, 4)
                      WHEN 'mbr_' THEN (SELECT name FROM members WHERE id = p.subject)
                      WHEN 'wsp_' THEN (SELECT name FROM workspaces WHERE id = p.subject)
                      WHEN 'res_' THEN (SELECT name FROM resources WHERE id = p.subject)
                      WHEN 'key_' THEN (SELECT name FROM api_keys WHERE id = p.subject)
                      WHEN 'whk_' THEN coalesce(p.after ->> '$.name', p.before ->> '$.name') END AS subject_name,
                    (SELECT json_object('kind', kind, 'role', role, 'email', email, 'nickname', coalesce(nickname, name))
                     FROM invitations WHERE id = p.subject) AS invited,
                    (SELECT name FROM workspaces
                     WHERE id = coalesce(p.after ->> '$.workspace_id', p.before ->> '$.workspace_id')) AS workspace_name,
                    (SELECT json_group_object(value, CASE substr(value, 1, 4)
                              WHEN 'mbr_' THEN (SELECT name FROM members WHERE id = value)
                              WHEN 'wsp_' THEN (SELECT name FROM workspaces WHERE id = value)
                              ELSE (SELECT name FROM resources WHERE id = value) END)
                     FROM (SELECT value FROM json_tree(json_array(json(p.before), json(p.after)))
                           WHERE type = 'text' AND substr(value, 1, 4) IN ('mbr_', 'wsp_', 'res_') LIMIT 50)) AS names
             FROM p ORDER BY p.id DESC"
        )
    };
}

/// Both of them.
macro_rules! both {
    ($index:literal, $which:literal) => {
        (sql!(page_of!($index, $which)), sql!(told_of!($index, $which)))
    };
}

/// A page of entries, newest first.
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
    let (sql, _) = sql_for(filter);
    Ok(db.run(Statement::new(sql, params(organization, filter, before, limit))).await?.rows()?)
}

/// The same for a person to read.
///
/// # Errors
/// The database's.
pub async fn told(
    db: &impl Database,
    organization: OrganizationId,
    filter: &Filter,
    before: Option<EventId>,
    limit: i64,
) -> Result<Vec<Told>> {
    let (_, sql) = sql_for(filter);
    Ok(db.run(Statement::new(sql, params(organization, filter, before, limit))).await?.rows()?)
}

/// A page's, and that of the same page as it is told.
fn sql_for(filter: &Filter) -> (&'static str, &'static str) {
    // Somebody's own actions are looked for among what happened to one thing: that doesn't grow with the organization.
    match filter {
        Filter { subject: Some(_), action: Some(_), .. } => both!(
            "audit_events_by_subject_and_action",
            "e.subject = ?5 AND e.action = ?7 AND (?6 IS NULL OR e.actor = ?6)"
        ),
        Filter { subject: Some(_), .. } => {
            both!("audit_events_by_subject", "e.subject = ?5 AND ?7 IS NULL AND (?6 IS NULL OR e.actor = ?6)")
        }
        Filter { actor: Some(_), action: Some(_), .. } => {
            both!("audit_events_by_actor_and_action", "?5 IS NULL AND e.actor = ?6 AND e.action = ?7")
        }
        Filter { actor: Some(_), .. } => {
            both!("audit_events_by_actor", "?5 IS NULL AND e.actor = ?6 AND ?7 IS NULL")
        }
        Filter { action: Some(_), .. } => {
            both!("audit_events_by_action", "?5 IS NULL AND ?6 IS NULL AND e.action = ?7")
        }
        _ => both!("audit_events_of_organization", "?5 IS NULL AND ?6 IS NULL AND ?7 IS NULL"),
    }
}

/// Their ids begin with their time, so that a time is a place in every index.
fn params(organization: OrganizationId, filter: &Filter, before: Option<EventId>, limit: i64) -> Vec<Param> {
    let first_of = |moment| EventId::new(moment, [0; 10]).to_string();
    let last = || LAST.to_owned();
    let end = filter.until.map_or_else(last, first_of).min(before.map_or_else(last, |id| id.to_string()));
    let start = filter.since.map_or_else(String::new, first_of);
    params![
        organization,
        end,
        start,
        limit,
        filter.subject.as_ref(),
        filter.actor.as_ref(),
        filter.action.as_ref(),
    ]
}

/// Who did something, and when.
#[derive(Debug, Deserialize)]
pub struct Author {
    /// A member's id, an API key's, `operator`, `invitee`, `billing` or `usher`.
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
        sql!(
            "SELECT a.actor, n.name, a.at FROM audit_events a LEFT JOIN members n ON n.id = a.actor WHERE a.id = ?1"
        ),
        params![event],
    )
}

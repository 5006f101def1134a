//! The keys of an organization's programs. What one may do is asked together with whose it is: see
//! [`accounts::program`](super::accounts::program).

use serde::{Deserialize, Serialize};

use super::json_text;
use crate::domain::ids::{ApiKeyId, EventId, MemberId, OrganizationId};
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::store::acting::Acting;
use crate::store::audit::Entry;
use crate::store::workspaces::LAST;
use crate::{params, sql};

/// A key, as the API shows it: never the key itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "ApiKey"))]
pub struct Shown {
    /// Its id.
    pub id: ApiKeyId,
    /// Whose programs call with it.
    pub organization_id: OrganizationId,
    /// What people call it.
    pub name: String,
    /// What it may do.
    #[serde(deserialize_with = "json_text")]
    #[cfg_attr(described, schemars(with = "Vec<crate::domain::api_key::Scope>"))]
    pub scopes: Vec<String>,
    /// Its last four letters.
    pub hint: String,
    /// Who made it; nobody if the operator did.
    pub created_by: Option<MemberId>,
    /// When.
    pub created_at: Timestamp,
    /// When it ends by itself; null is never.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the day.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Shown {
    /// What it may do, in a line.
    #[must_use]
    pub fn in_words(&self) -> String {
        self.scopes.join(", ")
    }
}

/// The columns of [`Shown`].
macro_rules! columns {
    () => {
        "id, organization_id, name, scopes, hint, created_by, created_at, expires_at, last_used_at, revoked_at"
    };
}

/// A new key.
pub struct New<'a> {
    /// Its id.
    pub id: ApiKeyId,
    /// Whose.
    pub organization_id: OrganizationId,
    /// What people call it.
    pub name: &'a Name,
    /// What it may do, as JSON.
    pub scopes: String,
    /// The key's digest.
    pub digest: String,
    /// Its last four letters.
    pub hint: String,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// Notes in the audit log that a key is made, if whoever makes it still runs the organization: the claim of [`insert`].
/// `RETURNING` tells.
#[must_use]
pub fn claim_new(entry: &Entry, new: &New<'_>, by: &Acting) -> Statement {
    let mut params = entry.params("api_key.created");
    params.extend(params![new.organization_id, new.id, new.name, &new.scopes, by.was(), new.expires_at]);
    Statement::new(
        sql!(audited!(
            "?7",
            "NULL",
            concat!("json_object('name', ?8, 'scopes', json(?9), 'expires_at', ", rfc3339!("?11"), ")"),
            concat!("FROM organizations o WHERE o.id = ?6 AND ", still_acts!("?3", "?10"))
        )),
        params,
    )
}

/// Makes the key of this claim.
#[must_use]
pub fn insert(claim: EventId, new: &New<'_>) -> Statement {
    Statement::new(
        sql!("INSERT INTO api_keys (id, organization_id, name, scopes, token_digest, hint, expires_at, created_by, created_at)
         SELECT e.subject, e.organization_id, ?2, ?3, ?4, ?5, ?6, (SELECT id FROM members WHERE id = e.actor), e.at
         FROM audit_events e WHERE e.id = ?1"),
        params![claim, new.name, &new.scopes, &new.digest, &new.hint, new.expires_at],
    )
}

/// Notes in the audit log that a key is revoked, if it was not before and whoever does it still runs the organization: the
/// claim of [`revoke`]. `RETURNING` tells.
#[must_use]
pub fn claim_revocation(entry: &Entry, organization: OrganizationId, id: ApiKeyId, by: &Acting) -> Statement {
    let mut params = entry.params("api_key.revoked");
    params.extend(params![organization, id, by.was()]);
    Statement::new(
        sql!(audited!(
            "k.id",
            "json_object('name', k.name, 'scopes', json(k.scopes))",
            "NULL",
            concat!(
                "FROM api_keys k JOIN organizations o ON o.id = k.organization_id
                 WHERE k.id = ?7 AND o.id = ?6 AND k.revoked_at IS NULL AND ",
                still_acts!("?3", "?8")
            )
        )),
        params,
    )
}

/// Revokes the key of this claim: what it is called with from now on is a key that nobody has.
#[must_use]
pub fn revoke(claim: EventId) -> Statement {
    Statement::new(
        sql!(
            "UPDATE api_keys SET revoked_at = e.at
         FROM audit_events e WHERE e.id = ?1 AND api_keys.id = e.subject"
        ),
        params![claim],
    )
}

/// Reads one key, as [`Shown`].
#[must_use]
pub fn select(organization: OrganizationId, id: ApiKeyId) -> Statement {
    Statement::new(
        sql!(concat!("SELECT ", columns!(), " FROM api_keys WHERE id = ?2 AND organization_id = ?1")),
        params![organization, id],
    )
}

/// Reads a page of an organization's keys, newest first, those that were revoked among them.
#[must_use]
pub fn page(organization: OrganizationId, before: Option<ApiKeyId>, limit: i64) -> Statement {
    let before = before.map_or_else(|| LAST.to_owned(), |id| id.to_string());
    Statement::new(
        sql!(concat!(
            "SELECT ",
            columns!(),
            " FROM api_keys WHERE organization_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"
        )),
        params![organization, before, limit],
    )
}

/// Says with which key a request came that acts for a member, if one of these entries of the audit log was written: they name
/// the member. Goes along with each batch of it.
#[must_use]
pub fn acted(key: ApiKeyId, request_id: &str, events: &[EventId]) -> Statement {
    Statement::new(
        sql!("INSERT INTO acted_through (request_id, key_id)
         SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM json_each(?3) e CROSS JOIN audit_events a ON a.id = e.value)
         ON CONFLICT DO NOTHING"),
        params![request_id, key, serde_json::json!(events).to_string()],
    )
}

/// Notes that a key was used, to the day.
#[must_use]
pub fn used(digest: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "UPDATE api_keys SET last_used_at = ?2
         WHERE token_digest = ?1 AND revoked_at IS NULL AND coalesce(last_used_at, 0) < ?2"
        ),
        params![digest, now.start_of_day()],
    )
}

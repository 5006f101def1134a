//! Workspaces.

use serde::{Deserialize, Serialize};

use super::audit::Entry;
use crate::domain::ids::{EventId, MemberId, OrganizationId, WorkspaceId};
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::domain::truth;
use crate::platform::Statement;
use crate::{params, sql};

/// A workspace, as the API shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// The organization it is in.
    pub organization_id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Whether it asks everybody who comes in for a second factor.
    #[serde(deserialize_with = "truth")]
    pub require_mfa: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Makes a workspace in an organization that this batch made.
#[must_use]
pub fn insert(id: WorkspaceId, organization: OrganizationId, name: &Name, now: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "INSERT INTO workspaces (id, organization_id, name, created_at)
         SELECT ?1, id, ?3, ?4 FROM organizations WHERE id = ?2"
        ),
        params![id, organization, name, now],
    )
}

/// Notes in the audit log that a workspace is made, if the actor still runs the organization: the claim of
/// [`insert_claimed`]. `RETURNING` tells.
#[must_use]
pub fn claim_new(entry: &Entry, id: WorkspaceId, organization: OrganizationId, name: &Name) -> Statement {
    let mut params = entry.params("workspace.created");
    params.extend(params![organization, id, name]);
    Statement::new(
        sql!(audited!(
            "?7",
            "NULL",
            "json_object('name', ?8)",
            concat!("FROM organizations o WHERE o.id = ?6 AND ", administered!())
        )),
        params,
    )
}

/// Makes the workspace of this claim.
#[must_use]
pub fn insert_claimed(claim: EventId) -> Statement {
    Statement::new(
        sql!(
            "INSERT INTO workspaces (id, organization_id, name, created_at)
         SELECT e.subject, e.organization_id, e.after ->> '$.name', e.at FROM audit_events e WHERE e.id = ?1"
        ),
        params![claim],
    )
}

/// Notes in the audit log that a workspace gets another name, if the actor still runs the organization: the claim of
/// [`rename_claimed`]. `RETURNING` tells.
#[must_use]
pub fn claim_name(entry: &Entry, id: WorkspaceId, name: &Name) -> Statement {
    let mut params = entry.params("workspace.renamed");
    params.extend(params![id, name]);
    Statement::new(
        sql!(audited!(
            "w.id",
            "json_object('name', w.name)",
            "json_object('name', ?7)",
            concat!(
                "FROM workspaces w JOIN organizations o ON o.id = w.organization_id
                 WHERE w.id = ?6 AND w.name <> ?7 AND ",
                administered!()
            )
        )),
        params,
    )
}

/// Gives the workspace of this claim its new name.
#[must_use]
pub fn rename_claimed(claim: EventId) -> Statement {
    Statement::new(
        sql!(
            "UPDATE workspaces SET name = e.after ->> '$.name'
         FROM audit_events e WHERE e.id = ?1 AND workspaces.id = e.subject"
        ),
        params![claim],
    )
}

/// Notes in the audit log that a workspace asks everybody for a second factor, or no longer does, if the actor still runs the
/// organization: the claim of [`ask_factor_claimed`]. Whoever turns it on has one themselves, or would be the first to stand
/// outside. `RETURNING` tells.
#[must_use]
pub fn claim_factor(entry: &Entry, id: WorkspaceId, asks: bool) -> Statement {
    let mut params = entry.params("workspace.mfa_changed");
    params.extend(params![id, asks]);
    Statement::new(
        sql!(audited!(
            "w.id",
            "json_object('require_mfa', json(iif(w.require_mfa, 'true', 'false')))",
            "json_object('require_mfa', json(iif(?7, 'true', 'false')))",
            concat!(
                "FROM workspaces w JOIN organizations o ON o.id = w.organization_id
                 WHERE w.id = ?6 AND w.require_mfa <> ?7 AND (?7 = 0 OR ",
                has_factor!(),
                ") AND ",
                administered!()
            )
        )),
        params,
    )
}

/// Makes the workspace of this claim ask as it says.
#[must_use]
pub fn ask_factor_claimed(claim: EventId) -> Statement {
    Statement::new(
        sql!(
            "UPDATE workspaces SET require_mfa = e.after ->> '$.require_mfa'
         FROM audit_events e WHERE e.id = ?1 AND workspaces.id = e.subject"
        ),
        params![claim],
    )
}

/// One workspace.
#[must_use]
pub fn select(id: WorkspaceId) -> Statement {
    Statement::new(
        sql!("SELECT id, organization_id, name, require_mfa, created_at FROM workspaces WHERE id = ?1"),
        params![id],
    )
}

/// Whether a member was put into a workspace, whatever keeps them outside of it. `any` row tells.
#[must_use]
pub fn select_membership(member: MemberId, workspace: WorkspaceId) -> Statement {
    Statement::new(
        sql!("SELECT member_id FROM memberships WHERE member_id = ?1 AND workspace_id = ?2"),
        params![member, workspace],
    )
}

/// A page of an organization's workspaces, newest first. To a member who doesn't reach all, `only_of` shows those that they
/// come into: one that asks for a second factor only once there is one.
#[must_use]
pub fn page(
    organization: OrganizationId,
    only_of: Option<MemberId>,
    before: Option<WorkspaceId>,
    limit: i64,
) -> Statement {
    let before = before.map_or_else(|| LAST.to_owned(), |id| id.to_string());
    match only_of {
        None => Statement::new(
            sql!(
                "SELECT id, organization_id, name, require_mfa, created_at FROM workspaces
             WHERE organization_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"
            ),
            params![organization, before, limit],
        ),
        Some(member) => Statement::new(
            sql!(
                "SELECT w.id, w.organization_id, w.name, w.require_mfa, w.created_at
             FROM memberships m JOIN workspaces w ON w.id = m.workspace_id
             WHERE m.member_id = ?1 AND m.workspace_id < ?2
               AND (max(m.require_mfa, w.require_mfa) = 0 OR EXISTS (
                      SELECT 1 FROM members a JOIN users u ON u.id = a.user_id
                      WHERE a.id = m.member_id AND u.mfa_enabled_at IS NOT NULL))
             ORDER BY m.workspace_id DESC LIMIT ?3"
            ),
            params![member, before, limit],
        ),
    }
}

/// A page of the workspaces that a member was put in, newest first; to somebody who doesn't reach all, those that they come
/// into themselves. Goes with [`select_member`].
#[must_use]
pub fn page_of_member(
    organization: OrganizationId,
    member: MemberId,
    seen_by: Option<MemberId>,
    before: Option<WorkspaceId>,
    limit: i64,
) -> Statement {
    let before = before.map_or_else(|| LAST.to_owned(), |id| id.to_string());
    Statement::new(
        sql!("SELECT w.id, w.organization_id, w.name, w.require_mfa, w.created_at
         FROM memberships m CROSS JOIN workspaces w ON w.id = m.workspace_id AND w.organization_id = ?5
         WHERE m.member_id = ?1 AND m.workspace_id < ?2
           AND (?4 IS NULL OR EXISTS (
                  SELECT 1 FROM memberships p JOIN members a ON a.id = p.member_id JOIN users u ON u.id = a.user_id
                  WHERE p.member_id = ?4 AND p.workspace_id = m.workspace_id
                    AND (max(p.require_mfa, w.require_mfa) = 0 OR u.mfa_enabled_at IS NOT NULL)))
         ORDER BY m.workspace_id DESC LIMIT ?3"),
        params![member, before, limit, seen_by, organization],
    )
}

/// Whether somebody is or was a member of the organization. `any` row tells.
#[must_use]
pub fn select_member(organization: OrganizationId, member: MemberId) -> Statement {
    Statement::new(
        sql!("SELECT id FROM members WHERE id = ?1 AND organization_id = ?2"),
        params![member, organization],
    )
}

/// After every id there can be: where a list that has no cursor yet begins.
pub(crate) const LAST: &str = "~";

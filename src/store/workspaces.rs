//! Workspaces.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{OrganizationId, WorkspaceId};
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::params;
use crate::platform::{Database, Statement};

/// A workspace, as the API shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// The organization it is in.
    pub organization_id: OrganizationId,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Makes a workspace in an organization that this batch made.
#[must_use]
pub fn insert(id: WorkspaceId, organization: OrganizationId, name: &Name, now: Timestamp) -> Statement {
    Statement::new(
        "INSERT INTO workspaces (id, organization_id, name, created_at)
         SELECT ?1, id, ?3, ?4 FROM organizations WHERE id = ?2",
        params![id, organization, name, now],
    )
}

/// A page of an organization's workspaces, newest first. To a member who doesn't reach all, `only_of` shows theirs.
///
/// # Errors
/// The database's.
pub async fn page(
    db: &impl Database,
    organization: OrganizationId,
    only_of: Option<crate::domain::ids::MemberId>,
    before: Option<WorkspaceId>,
    limit: i64,
) -> Result<Vec<Workspace>> {
    let before = before.map_or_else(|| LAST.to_owned(), |id| id.to_string());
    let statement = match only_of {
        None => Statement::new(
            "SELECT id, organization_id, name, created_at FROM workspaces
             WHERE organization_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
            params![organization, before, limit],
        ),
        Some(member) => Statement::new(
            "SELECT w.id, w.organization_id, w.name, w.created_at
             FROM memberships m JOIN workspaces w ON w.id = m.workspace_id
             WHERE m.member_id = ?1 AND m.workspace_id < ?2 ORDER BY m.workspace_id DESC LIMIT ?3",
            params![member, before, limit],
        ),
    };
    Ok(db.run(statement).await?.rows()?)
}

/// After every id there can be: where a list that has no cursor yet begins.
pub(crate) const LAST: &str = "~";

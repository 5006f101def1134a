//! Members and their memberships.

use serde::{Deserialize, Serialize};

use super::json_text;
use crate::domain::ids::{MemberId, OrganizationId, UserId, WorkspaceId};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::domain::truth;
use crate::error::Result;
use crate::params;
use crate::platform::{Database, Statement};
use crate::store::workspaces::LAST;

/// A member, as the API shows it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Member {
    /// Their id in this organization.
    pub id: MemberId,
    /// The person.
    #[serde(deserialize_with = "json_text")]
    pub user: Person,
    /// What they are.
    pub role: Role,
    /// `active` or `removed`.
    pub status: Status,
    /// Whether they take a seat.
    #[serde(deserialize_with = "truth")]
    pub takes_seat: bool,
    /// The workspaces they were put in; owner and admins reach all without being put in any.
    #[serde(deserialize_with = "json_text")]
    pub workspaces: Vec<WorkspaceName>,
    /// When they came in.
    pub joined_at: Timestamp,
    /// When they were removed.
    pub removed_at: Option<Timestamp>,
}

/// Who a member is.
#[derive(Debug, Serialize, Deserialize)]
pub struct Person {
    /// Their account.
    pub id: UserId,
    /// Its address.
    pub email: String,
    /// What this organization calls them.
    pub name: String,
}

/// A workspace by name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WorkspaceName {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
}

/// Whether a member is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// In.
    Active,
    /// Was removed; the row keeps the history.
    Removed,
}

/// Which members.
#[derive(Debug)]
pub struct Filter {
    /// In or removed.
    pub status: Status,
    /// In this role only.
    pub role: Option<Role>,
    /// In this workspace only.
    pub workspace: Option<WorkspaceId>,
    /// Whose name or address begins with this, in lower case.
    pub prefix: Option<String>,
}

/// The columns of [`Member`], from `members m JOIN users u`.
macro_rules! columns {
    () => {
        "m.id, m.role, m.takes_seat, m.joined_at, m.removed_at,
         iif(m.active, 'active', 'removed') AS status,
         json_object('id', u.id, 'email', coalesce(m.email, u.email), 'name', m.name) AS user,
         (SELECT json_group_array(json_object('id', w.id, 'name', w.name) ORDER BY w.id)
          FROM memberships s JOIN workspaces w ON w.id = s.workspace_id
          WHERE s.member_id = m.id) AS workspaces"
    };
}

/// One member, as a statement for a batch.
#[must_use]
pub fn select(id: MemberId) -> Statement {
    Statement::new(
        concat!("SELECT ", columns!(), " FROM members m JOIN users u ON u.id = m.user_id WHERE m.id = ?1"),
        params![id],
    )
}

/// A page of members, newest first.
///
/// # Errors
/// The database's.
pub async fn page(
    db: &impl Database,
    organization: OrganizationId,
    filter: &Filter,
    before: Option<MemberId>,
    limit: i64,
) -> Result<Vec<Member>> {
    let before = before.map_or_else(|| LAST.to_owned(), |id| id.to_string());
    let rows = db
        .run(Statement::new(
            concat!(
                "SELECT ",
                columns!(),
                " FROM members m JOIN users u ON u.id = m.user_id
             WHERE m.organization_id = ?1 AND m.active = ?2 AND m.id < ?3
               AND (?4 IS NULL OR m.role = ?4)
               AND (?5 IS NULL OR EXISTS (SELECT 1 FROM memberships s WHERE s.member_id = m.id AND s.workspace_id = ?5))
               AND (?6 IS NULL OR substr(u.email_key, 1, length(?6)) = ?6 OR substr(lower(m.name), 1, length(?6)) = ?6)
             ORDER BY m.id DESC LIMIT ?7"
            ),
            params![
                organization,
                filter.status == Status::Active,
                before,
                filter.role,
                filter.workspace,
                filter.prefix.as_ref(),
                limit
            ],
        ))
        .await?;
    Ok(rows.rows()?)
}

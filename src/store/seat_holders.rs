//! Who holds an organization's seats.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{InvitationId, MemberId, OrganizationId};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::platform::{Database, Statement};
use crate::store::workspaces::LAST;
use crate::{params, sql};

/// Somebody who takes a seat, or for whom one is reserved, as the API shows it.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "SeatHolder"))]
pub struct Holder {
    /// The member who takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_id: Option<MemberId>,
    /// The open invitation that reserves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitation_id: Option<InvitationId>,
    /// Why: an admin or a member by their role, a client by a permission (S0-13).
    pub reason: Reason,
    /// What they are, or will be.
    pub role: Role,
    /// What they are called.
    pub name: Option<String>,
    /// Their address.
    pub email: String,
}

/// Why somebody takes a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "SeatReason"))]
pub enum Reason {
    /// Their role does.
    Role,
    /// Something they may do does.
    Permission,
}

/// Where a page of holders begins: reserving invitations come first, then members, each newest first.
#[derive(Debug, Clone, Copy, Default)]
pub struct Before {
    /// Older invitations than this one.
    pub invitation: Option<InvitationId>,
    /// No invitations any more, and older members than this one.
    pub member: Option<MemberId>,
}

impl Holder {
    /// Where the page behind this one begins.
    #[must_use]
    pub fn cursor(&self) -> String {
        match (self.invitation_id, self.member_id) {
            (Some(id), _) => id.to_string(),
            (None, id) => id.map(|id| id.to_string()).unwrap_or_default(),
        }
    }
}

/// A page of holders. Lapsed reservations hold nothing.
///
/// # Errors
/// The database's.
pub async fn page(
    db: &impl Database,
    organization: OrganizationId,
    before: Before,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Holder>> {
    Ok(db.run(select(organization, before, limit, now)).await?.rows()?)
}

/// The same as a statement for a batch.
#[must_use]
pub fn select(organization: OrganizationId, before: Before, limit: i64, now: Timestamp) -> Statement {
    let last = || LAST.to_owned();
    let (invitations_before, members_before) = match before.member {
        // No id stands before nothing.
        Some(member) => (String::new(), member.to_string()),
        None => (before.invitation.map_or_else(last, |id| id.to_string()), last()),
    };
    Statement::new(
        sql!("SELECT member_id, invitation_id, iif(role = 'client', 'permission', 'role') AS reason, role, name, email
         FROM (
           SELECT * FROM (
             SELECT 0 AS part, i.id, NULL AS member_id, i.id AS invitation_id, i.role, i.name, i.email
             FROM invitations i
             WHERE i.organization_id = ?1 AND i.reserves = 1 AND i.id < ?2 AND i.expires_at > ?4
             ORDER BY i.id DESC LIMIT ?5)
           UNION ALL
           SELECT * FROM (
             SELECT 1 AS part, m.id, m.id AS member_id, NULL AS invitation_id, m.role, m.name, coalesce(m.email, u.email)
             FROM members m JOIN users u ON u.id = m.user_id
             WHERE m.organization_id = ?1 AND m.holds_seat = 1 AND m.id < ?3
             ORDER BY m.id DESC LIMIT ?5))
         ORDER BY part, id DESC LIMIT ?5"),
        params![organization, invitations_before, members_before, now, limit],
    )
}

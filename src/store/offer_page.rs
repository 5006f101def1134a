//! What the page of an invitation or a link shows around it: who made it, where it leads.

use serde::Deserialize;

use super::json_text;
use super::members::WorkspaceName;
use crate::domain::ids::{InvitationId, ResourceId, WorkspaceId};
use crate::platform::Statement;
use crate::{params, sql};

/// What stands around an invitation.
#[derive(Debug, Clone, Deserialize)]
pub struct Around {
    /// Who made it; nobody for an owner's invitation.
    pub inviter: Option<String>,
    /// Who joined with it.
    pub accepter: Option<String>,
    /// Where the person will be, the oldest first.
    #[serde(deserialize_with = "json_text")]
    pub workspaces: Vec<WorkspaceName>,
    /// What they are given there.
    #[serde(deserialize_with = "json_text")]
    pub resources: Vec<GivenResource>,
}

/// A resource that an invitation gives.
#[derive(Debug, Clone, Deserialize)]
pub struct GivenResource {
    /// Its id.
    pub id: ResourceId,
    /// Where it is.
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub name: String,
}

/// Reads [`Around`] of an invitation. What it gives is at most 500 resources.
#[must_use]
pub fn around(id: InvitationId) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT (SELECT name FROM members WHERE id = i.invited_by) AS inviter,
                    (SELECT name FROM members WHERE id = i.accepted_by) AS accepter, ",
            workspaces_by_name!(),
            " AS workspaces,
              (SELECT json_group_array(json_object('id', r.id, 'workspace_id', r.workspace_id, 'name', r.name) ORDER BY r.id)
               FROM json_each(i.grants) g CROSS JOIN resources r ON r.id = g.value ->> 'id'
               WHERE r.deleted_at IS NULL) AS resources
              FROM invitations i WHERE i.id = ?1"
        )),
        params![id],
    )
}

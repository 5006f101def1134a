//! What the page of an invitation or a link shows around it: who made it, where it leads, how its e-mails went.

use serde::Deserialize;

use super::json_text;
use super::members::WorkspaceName;
use crate::domain::ids::{InvitationId, ResourceId, WorkspaceId};
use crate::domain::time::Timestamp;
use crate::params;
use crate::platform::Statement;

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
    /// Its newest e-mails, the newest first.
    #[serde(deserialize_with = "json_text")]
    pub mails: Vec<Mailed>,
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

/// One e-mail.
#[derive(Debug, Clone, Deserialize)]
pub struct Mailed {
    /// When it was to be sent.
    pub queued_at: Timestamp,
    /// When the mail provider took it.
    pub sent_at: Option<Timestamp>,
    /// When it was given up.
    pub failed_at: Option<Timestamp>,
}

/// Reads [`Around`] of an invitation. What it gives is at most 500 resources; of its e-mails the newest five are read.
#[must_use]
pub fn around(id: InvitationId) -> Statement {
    Statement::new(
        concat!(
            "SELECT (SELECT name FROM members WHERE id = i.invited_by) AS inviter,
                    (SELECT name FROM members WHERE id = i.accepted_by) AS accepter, ",
            workspaces_by_name!(),
            " AS workspaces,
              (SELECT json_group_array(json_object('id', r.id, 'workspace_id', r.workspace_id, 'name', r.name) ORDER BY r.id)
               FROM json_each(i.grants) g CROSS JOIN resources r ON r.id = g.value ->> 'id'
               WHERE r.deleted_at IS NULL) AS resources,
              (SELECT json_group_array(json_object('queued_at', created_at, 'sent_at', done_at, 'failed_at', failed_at))
               FROM (SELECT created_at, done_at, failed_at FROM jobs
                     WHERE invitation_id = i.id AND kind = 'invitation_email' ORDER BY ver DESC LIMIT 5)) AS mails
              FROM invitations i WHERE i.id = ?1"
        ),
        params![id],
    )
}

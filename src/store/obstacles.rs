//! What stands in the way of letting somebody in, or of inviting them: read last in the batch whose claim asks for the same, so
//! that a refusal costs no second round trip.

use serde::Deserialize;

use super::workspaces_json;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{InvitationId, MemberId, OrganizationId, WorkspaceId};
use crate::domain::quota::Quota;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::{params, sql};

/// Why a write that lets somebody in, or is to, did not: read in the same batch, after it.
#[derive(Debug, Deserialize)]
pub struct Obstacles {
    /// The open invitation of this address.
    pub open_id: Option<InvitationId>,
    /// That invitation's role.
    pub open_role: Option<Role>,
    /// The active member with this address.
    pub member_id: Option<MemberId>,
    /// The place of the first workspace asked for that is not this organization's.
    pub foreign_workspace: Option<i64>,
    /// The place of the first resource asked for that is in none of the workspaces.
    pub foreign_resource: Option<i64>,
    /// When the trial ends.
    pub trial_ends_at: Option<Timestamp>,
    /// Whether the plan has the feature that a client's own list of permissions needs.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub may_customize: bool,
    /// Whether the day leaves one more invitation, and one more mail where one is to go out.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub within_day: bool,
}

/// What is asked for, as far as something can stand in its way.
#[derive(Debug)]
pub struct Asked<'a> {
    /// Whose organization.
    pub organization: OrganizationId,
    /// For which address.
    pub email: Option<&'a EmailAddress>,
    /// In which workspaces; `None` is the oldest.
    pub workspaces: Option<&'a [WorkspaceId]>,
    /// With which grants, as JSON.
    pub grants: &'a str,
    /// To which address a mail goes out.
    pub mailed: Option<&'a EmailAddress>,
    /// What a day allows.
    pub quota: Quota,
    /// Now.
    pub now: Timestamp,
    /// Apart from this invitation itself.
    pub except: Option<InvitationId>,
    /// Nothing stood in the way if this invitation was made: then nothing is read.
    pub unless: Option<InvitationId>,
}

/// Reads the [`Obstacles`].
#[must_use]
pub fn select(asked: &Asked<'_>) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT i.id AS open_id, i.role AS open_role, o.trial_ends_at, ",
            may_customize!(),
            " AS may_customize, ",
            within_day!("?6", "?7", "?8"),
            " AS within_day, ",
            member_of!("?2"),
            " AS member_id,
                (SELECT min(e.key) FROM json_each(?3) e WHERE NOT EXISTS (
                   SELECT 1 FROM workspaces w WHERE w.id = e.value AND w.organization_id = o.id)) AS foreign_workspace,
                (SELECT min(e.key) FROM json_each(?5) e WHERE NOT ",
            is_in_workspaces!("?3"),
            ") AS foreign_resource
             FROM organizations o
             LEFT JOIN invitations i ON i.organization_id = o.id AND i.email_key = ?2 AND i.outcome = 'open'
               AND i.id IS NOT ?4
             WHERE o.id = ?1 AND NOT EXISTS (SELECT 1 FROM invitations WHERE id = ?9)"
        )),
        params![
            asked.organization,
            asked.email.map(EmailAddress::key),
            workspaces_json(asked.workspaces),
            asked.except,
            asked.grants,
            asked.mailed.map(EmailAddress::key),
            asked.now,
            asked.quota.json(),
            asked.unless,
        ],
    )
}

//! Memberships: who is in a workspace, with what access, and the writes that change it.

use serde::Deserialize;
use serde_json::json;

use super::access::Columns;
use super::acting::Acting;
use super::audit::Entry;
use super::seats;
use crate::domain::access::{Access, AccessRow};
use crate::domain::decision::{Held, HeldResources, State, Subject};
use crate::domain::ids::{MemberId, NotificationId, WorkspaceId};
use crate::domain::policy::Policy;
use crate::domain::role::Role;
use crate::domain::template::Template;
use crate::domain::time::Timestamp;
use crate::domain::truth;
use crate::platform::Statement;
use crate::{params, sql};

/// Where a member stands in a workspace.
#[allow(clippy::struct_excessive_bools, reason = "a row's columns")]
#[derive(Debug, Deserialize)]
pub struct Place {
    /// What they are.
    pub role: Role,
    /// Whether they are in the organization, and somebody there: an account whose mailbox nobody proved is so only where it
    /// is confined to.
    #[serde(deserialize_with = "truth")]
    pub active: bool,
    /// Whether they ever came in by themselves (S4-10): somebody who was added at once has no password yet.
    #[serde(deserialize_with = "truth")]
    pub came_in: bool,
    /// Whether their account has a second factor.
    #[serde(deserialize_with = "truth")]
    pub second_factor: bool,
    /// Whether the workspace, or its organization, asks everybody for one.
    #[serde(deserialize_with = "truth")]
    pub asked_of_all: bool,
    /// Whether they were put in this workspace.
    #[serde(deserialize_with = "truth")]
    pub placed: bool,
    /// What wrote the membership last: a change is claimed for the one that it was made from.
    pub made_by: Option<String>,
    /// When they last asked for more than they have.
    pub asked_at: Option<Timestamp>,
    /// What they were given there.
    #[serde(flatten)]
    pub access: AccessRow,
    /// When the organization's trial ends.
    pub trial_ends_at: Option<Timestamp>,
    /// Whether the plan has the feature that a client's own list of permissions needs.
    #[serde(deserialize_with = "truth")]
    pub may_customize: bool,
}

/// Reads the [`Place`] of a member in a workspace of their organization.
#[must_use]
pub fn select(workspace: WorkspaceId, member: MemberId) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT m.role, ",
            is_active!(),
            " AS active, ",
            came_in!(),
            " AS came_in,
              u.mfa_enabled_at IS NOT NULL AS second_factor,
              ",
            asked_of_all!("m.role"),
            " AS asked_of_all, p.member_id IS NOT NULL AS placed, p.made_by, m.asked_at, ",
            access_of!("p"),
            ", o.trial_ends_at, ",
            may_customize!(),
            " AS may_customize
             FROM workspaces w
             JOIN organizations o ON o.id = w.organization_id
             JOIN members m ON m.id = ?2 AND m.organization_id = o.id
             JOIN users u ON u.id = m.user_id
             LEFT JOIN memberships p ON p.member_id = m.id AND p.workspace_id = w.id
             WHERE w.id = ?1"
        )),
        params![workspace, member],
    )
}

/// What stands between somebody and what they have in a workspace, with what they have there.
#[must_use]
pub fn state(
    template: &Template,
    policy: &Policy,
    role: Role,
    active: bool,
    second_factor: bool,
    asked_of_all: bool,
    access: &Access,
) -> State {
    let held = Held {
        permissions: access.permissions.effective(template, role),
        resources: HeldResources::of(&access.resources),
        require_mfa: access.require_mfa,
    };
    Subject { role, active, held: Some(held), second_factor, asked_of_all }
        .state(policy.clients_need_resource)
}

/// A change of a membership, or a new one.
#[derive(Debug)]
pub struct Write {
    /// Where.
    pub workspace: WorkspaceId,
    /// Whose.
    pub member: MemberId,
    /// What they were when the access was resolved: what it means depends on it.
    pub role: Role,
    /// What the actor was then, and where.
    pub by: Acting,
    /// What they are given.
    pub access: Columns,
    /// Whether the resources are among what was asked for; else the grants stay as they are.
    pub with_resources: bool,
    /// Whether a client's own list of permissions was asked for, which is a feature of the plan (S3-15).
    pub customized: bool,
    /// Whether their permissions work with somebody's credentials (S2-13).
    pub needs_credentials: bool,
}

impl Write {
    fn grants(&self) -> &str {
        if self.with_resources { &self.access.grants } else { "[]" }
    }

    /// The parameters of a claim: `?6` to `?18`. `made_by` is what wrote the membership that it was made from.
    fn params(&self, made_by: Option<&String>) -> Vec<crate::platform::Param> {
        params![
            self.member,
            self.role,
            self.by.was(),
            self.workspace,
            self.access.permissions.as_ref(),
            self.grants(),
            self.customized,
            self.access.takes_seat,
            json!([self.workspace]).to_string(),
            made_by,
            self.access.all_resources,
            &self.access.addable_kinds,
            self.access.require_mfa,
        ]
    }
}

/// What a claimed membership becomes, for the audit log.
macro_rules! after {
    ($grants:expr, $credentials:expr) => {
        told!("'workspace_id', ?9", "?10", "?16", $grants, $credentials, "?17", "?18")
    };
}

/// What every claim asks besides: that the person is in and still what they were, and so is the actor; that the resources
/// are of the workspace; that the plan allows such an access; and that a seat is free where it takes a new one.
macro_rules! guards {
    () => {
        concat!(
            " m.id = ?6 AND m.role = ?7 AND m.removed_at IS NULL AND ",
            still_acts!("?3", "?8"),
            " AND ",
            all_in_workspaces!("?11", "?14"),
            " AND (?12 = 0 OR ",
            may_customize!(),
            ") AND (?13 = 0 OR m.role <> 'client' OR m.takes_seat = 1 OR ",
            seat_free!("?2", concat!("1 - ", reserved_for!("m.user_id", "?2"))),
            ")"
        )
    };
}

/// Claims a new membership: of somebody who came in, in a workspace of their organization that they are not in.
/// `RETURNING` tells.
#[must_use]
pub fn claim_new(entry: &Entry, write: &Write) -> Statement {
    let mut params = entry.params("membership.added");
    params.extend(write.params(None));
    Statement::new(
        sql!(audited!(
            "m.id",
            "NULL",
            after!("?11", "e.value ->> 'credentials'"),
            concat!(
                "FROM members m
                 JOIN organizations o ON o.id = m.organization_id
                 JOIN workspaces w ON w.id = ?9 AND w.organization_id = o.id
                 JOIN users u ON u.id = m.user_id
                 WHERE NOT EXISTS (SELECT 1 FROM memberships p WHERE p.member_id = m.id AND p.workspace_id = w.id)
                   AND ",
                came_in!(),
                " AND ",
                guards!()
            )
        )),
        params,
    )
}

/// Claims a change of a membership that nobody has changed since it was read. `RETURNING` tells.
#[must_use]
pub fn claim_change(entry: &Entry, write: &Write, made_by: Option<&String>) -> Statement {
    let mut params = entry.params("membership.updated");
    params.extend(write.params(made_by));
    params.extend(params![write.with_resources, write.needs_credentials]);
    Statement::new(
        sql!(audited!(
            "m.id",
            membership_told!(),
            // Grants that stay as they are do so but for their credentials, see `write`.
            after!(concat!("iif(?19, ?11, ", grants_of!("p"), ")"), settled_credentials!("?20")),
            concat!(
                "FROM members m
                 JOIN organizations o ON o.id = m.organization_id
                 JOIN memberships p ON p.member_id = m.id AND p.workspace_id = ?9
                 WHERE p.made_by IS ?15 AND ",
                guards!()
            )
        )),
        params,
    )
}

/// Writes what was claimed, new or changed.
#[must_use]
pub fn write(entry: &Entry, write: &Write) -> Vec<Statement> {
    let mut batch = vec![Statement::new(
        sql!("INSERT INTO memberships (member_id, workspace_id, created_at, permissions, all_resources, addable_kinds,
                              require_mfa, takes_seat, made_by)
         SELECT ?2, ?3, at, ?4, ?5, ?6, ?7, ?8, id FROM audit_events WHERE id = ?1
         ON CONFLICT (member_id, workspace_id) DO UPDATE SET permissions = excluded.permissions,
           all_resources = excluded.all_resources, addable_kinds = excluded.addable_kinds,
           require_mfa = excluded.require_mfa, takes_seat = excluded.takes_seat, made_by = excluded.made_by"),
        params![
            entry.id,
            write.member,
            write.workspace,
            write.access.permissions.as_ref(),
            write.access.all_resources,
            write.access.addable_kinds.as_str(),
            write.access.require_mfa,
            write.access.takes_seat,
        ],
    )];
    if write.with_resources {
        batch.push(forget_grants(entry, write.workspace, write.member));
        batch.push(Statement::new(
            sql!(
                "INSERT INTO grants (member_id, workspace_id, resource_id, approve, credentials)
             SELECT ?2, ?3, e.value ->> 'id', coalesce(e.value ->> 'approve', 0), e.value ->> 'credentials'
             FROM audit_events c JOIN json_each(?4) e WHERE c.id = ?1 ON CONFLICT DO NOTHING"
            ),
            params![entry.id, write.member, write.workspace, write.grants()],
        ));
    } else {
        batch.push(Statement::new(
            sql!(concat!(
                "UPDATE grants SET credentials = iif(?4, coalesce(credentials, 'owner'), NULL)
                 WHERE member_id = ?2 AND workspace_id = ?3 AND ",
                claimed!("?1")
            )),
            params![entry.id, write.member, write.workspace, write.needs_credentials],
        ));
    }
    batch.push(seats::release(entry.id));
    batch
}

fn forget_grants(entry: &Entry, workspace: WorkspaceId, member: MemberId) -> Statement {
    Statement::new(
        sql!(concat!("DELETE FROM grants WHERE member_id = ?2 AND workspace_id = ?3 AND ", claimed!("?1"))),
        params![entry.id, member, workspace],
    )
}

/// Claims the end of a membership, of somebody in one of these roles; of one that asks for a second factor only
/// `with_factor`. `RETURNING` tells.
#[must_use]
pub fn claim_end(
    entry: &Entry,
    workspace: WorkspaceId,
    member: MemberId,
    by: &Acting,
    roles: &[Role],
    with_factor: bool,
) -> Statement {
    let mut params = entry.params("membership.removed");
    params.extend(params![member, workspace, by.was(), json!(roles).to_string(), with_factor]);
    Statement::new(
        sql!(audited!(
            "m.id",
            membership_told!(),
            "NULL",
            concat!(
                "FROM members m
                 JOIN organizations o ON o.id = m.organization_id
                 JOIN memberships p ON p.member_id = m.id AND p.workspace_id = ?7
                 WHERE m.id = ?6 AND m.removed_at IS NULL AND m.role IN (SELECT value FROM json_each(?9))
                   AND (p.require_mfa = 0 OR ?10) AND ",
                still_acts!("?3", "?8")
            )
        )),
        params,
    )
}

/// Ends what was claimed.
#[must_use]
pub fn end(entry: &Entry, workspace: WorkspaceId, member: MemberId) -> [Statement; 2] {
    [
        forget_grants(entry, workspace, member),
        Statement::new(
            sql!(concat!(
                "DELETE FROM memberships WHERE member_id = ?2 AND workspace_id = ?3 AND ",
                claimed!("?1")
            )),
            params![entry.id, member, workspace],
        ),
    ]
}

/// Tells somebody that they are in a further workspace, where they see it the next time they come (S4-15: no mail).
#[must_use]
pub fn notify_of_new(
    id: NotificationId,
    entry: &Entry,
    workspace: WorkspaceId,
    member: MemberId,
) -> Statement {
    Statement::new(
        sql!(concat!(
            "INSERT INTO notifications (id, user_id, organization_id, kind, about, created_at)
             SELECT ?2, m.user_id, m.organization_id, 'membership.added',
                    json_object('member_id', m.id, 'workspace_id', ?4), ?5
             FROM members m WHERE m.id = ?3 AND ",
            claimed!("?1")
        )),
        params![entry.id, id, member, workspace, entry.at],
    )
}

/// The place of a resource that can't be given in a workspace.
#[derive(Debug, Deserialize)]
pub struct Foreign {
    /// From 0, in the order of the request; nothing if there is none.
    pub place: Option<i64>,
}

/// Reads the first grant whose resource is not in the workspace.
#[must_use]
pub fn select_foreign(write: &Write) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT min(e.key) AS place FROM workspaces w JOIN organizations o ON o.id = w.organization_id
             JOIN json_each(?2) e WHERE w.id = ?1 AND NOT ",
            is_in_workspaces!("?3")
        )),
        params![write.workspace, write.grants(), json!([write.workspace]).to_string()],
    )
}

//! Adding somebody at once: the one batch that makes them a member without being asked.
//!
//! Its claim is the audit entry, which is written only if every guard holds; every other statement goes out from it. Nothing
//! here depends on whether the address had an account, but for the account itself, which is made if there is none.

use super::workspaces_json;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{EventId, MemberId, OrganizationId, UserId, WorkspaceId};
use crate::domain::quota::Quota;
use crate::domain::role::Role;
use crate::domain::text::Name;
use crate::platform::Statement;
use crate::store::access::Columns;
use crate::store::acting::Acting;
use crate::store::audit::Entry;
use crate::{params, sql};

/// Somebody who is added.
#[derive(Debug, Clone)]
pub struct New {
    /// Their id as a member.
    pub member_id: MemberId,
    /// Where.
    pub organization_id: OrganizationId,
    /// Their account's id, unless the address has one.
    pub user_id: UserId,
    /// Their address.
    pub email: EmailAddress,
    /// What this organization calls them.
    pub name: Name,
    /// As what.
    pub role: Role,
    /// With what access.
    pub access: Columns,
    /// Whether this is a client's own list of permissions, which is a feature of the plan (S3-15).
    pub customized: bool,
    /// Where they will be; `None` is the organization's oldest workspace. Admins have all.
    pub workspaces: Option<Vec<WorkspaceId>>,
    /// Whether they are told by e-mail.
    pub notify: bool,
}

/// Claims the place: only if whoever adds still is who they were, the address belongs to no active member and has no open invitation, the workspaces and
/// resources are this organization's, the plan allows such an access, and a seat is free where one is taken.
#[must_use]
pub fn claim(new: &New, by: &Acting, quota: Quota, entry: &Entry) -> Statement {
    let mut params = entry.params("member.added");
    params.extend(params![
        new.member_id,
        new.organization_id,
        new.email.key(),
        workspaces_json(new.workspaces.as_deref()),
        &new.access.grants,
        new.customized,
        new.access.takes_seat_as(new.role),
        new.role,
        new.notify,
        new.access.permissions.as_ref(),
        new.access.all_resources,
        &new.access.addable_kinds,
        new.access.require_mfa,
        by.was(),
        quota.json(),
    ]);
    Statement::new(
        sql!(audited!(
            "?6",
            "NULL",
            concat!(
                "json_object('role', ?13, 'access', ",
                told!(
                    workspaces_told!("?13", "?9"),
                    "?15",
                    "?16",
                    "?10",
                    "e.value ->> 'credentials'",
                    "?17",
                    "?18"
                ),
                // Whoever reported an e-mail of the organization's is sent none.
                ", 'notified', json(iif(?14 AND NOT EXISTS (
                   SELECT 1 FROM complaints WHERE organization_id = o.id AND email_key = ?8), 'true', 'false')))"
            ),
            concat!(
                "FROM organizations o
                 WHERE o.id = ?7 AND ",
                still_acts!("?3", "?19"),
                " AND NOT EXISTS ",
                member_of!("?8"),
                "
                   AND NOT EXISTS (SELECT 1 FROM invitations i
                                   WHERE i.organization_id = o.id AND i.email_key = ?8 AND i.outcome = 'open')
                   AND ",
                all_in_organization!("?9"),
                " AND ",
                all_in_workspaces!("?10", "?9"),
                " AND (?11 = 0 OR ",
                may_customize!(),
                ") AND (?12 = 0 OR ",
                seat_free!("?2"),
                ") AND ",
                within_day!("iif(?14, ?8, NULL)", "?2", "?20")
            )
        )),
        params,
    )
}

/// Makes them a member: with an account if the address has none, which nobody can sign in to before its password is set;
/// with their memberships and their grants.
///
/// What this organization calls them, and how it writes their address, is the member's, not the account's: another
/// organization may come to see the account. That is called by what stands before the @ until the person says.
#[must_use]
pub fn let_in(new: &New, claim: EventId) -> Vec<Statement> {
    let name_key = new.name.key();
    let address = new.email.key();
    let called = address.rsplit_once('@').map_or(address.as_str(), |(local, _)| local);
    vec![
        Statement::new(
            sql!("INSERT INTO users (id, email, email_key, name, name_key, created_at)
             SELECT ?2, ?3, ?3, ?4, ?4, a.at FROM audit_events a WHERE a.id = ?1
             ON CONFLICT (email_key) DO NOTHING"),
            params![claim, new.user_id, address.as_str(), called],
        ),
        Statement::new(
            // A client's seat comes with their memberships, see the triggers.
            sql!("INSERT INTO members (id, organization_id, user_id, role, name, name_key, email, email_key, takes_seat,
                                  joined_at)
             SELECT a.subject, a.organization_id, u.id, ?2, ?3, ?4, ?5, ?6, ?2 IN ('admin', 'member'), a.at
             FROM audit_events a JOIN users u ON u.email_key = ?6 WHERE a.id = ?1"),
            params![claim, new.role, &new.name, &name_key, &new.email, new.email.key()],
        ),
        Statement::new(
            sql!("INSERT INTO memberships (member_id, workspace_id, created_at, permissions, all_resources, addable_kinds,
                                      require_mfa, takes_seat, made_by, member_role, member_active)
             SELECT a.subject, w.id, a.at, ?4, ?5, ?6, ?7, ?8, a.id, ?2, 1
             FROM audit_events a JOIN workspaces w ON w.organization_id = a.organization_id
             WHERE a.id = ?1 AND ?2 NOT IN ('owner', 'admin') AND CASE WHEN ?3 IS NULL
               THEN w.id = (SELECT min(id) FROM workspaces WHERE organization_id = a.organization_id)
               ELSE w.id IN (SELECT value FROM json_each(?3)) END"),
            params![
                claim,
                new.role,
                workspaces_json(new.workspaces.as_deref()),
                new.access.permissions.as_ref(),
                new.access.all_resources,
                &new.access.addable_kinds,
                new.access.require_mfa,
                new.access.takes_seat,
            ],
        ),
        Statement::new(
            sql!("INSERT INTO grants (member_id, workspace_id, resource_id, approve, credentials)
             SELECT p.member_id, p.workspace_id, g.id, coalesce(e.value ->> 'approve', 0), e.value ->> 'credentials'
             FROM audit_events a
             JOIN memberships p ON p.member_id = a.subject AND p.made_by = a.id
             JOIN json_each(?2) e
             JOIN resources g ON g.id = e.value ->> 'id' AND g.workspace_id = p.workspace_id AND g.deleted_at IS NULL
             WHERE a.id = ?1"),
            params![claim, &new.access.grants],
        ),
    ]
}

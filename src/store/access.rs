//! An access in a row: five columns, wherever it stands.

use serde::Deserialize;

use crate::domain::access::{Access, Permissions, Resources};
use crate::domain::catalog::Catalog;
use crate::domain::ids::{MemberId, OrganizationId, WorkspaceId};
use crate::domain::role::Role;
use crate::domain::template::Template;
use crate::platform::Statement;
use crate::{params, sql};

/// The grants of the membership `p` as JSON, the oldest resource first. One of a deleted resource gives nothing.
macro_rules! grants_of {
    ($p:literal) => {
        concat!(
            "(SELECT json_group_array(json_object('id', g.resource_id, 'approve', g.approve, 'credentials', g.credentials)
                      ORDER BY g.resource_id)
              FROM grants g JOIN resources r ON r.id = g.resource_id AND r.deleted_at IS NULL
              WHERE g.member_id = ",
            $p,
            ".member_id AND g.workspace_id = ",
            $p,
            ".workspace_id)"
        )
    };
}

/// An access as the audit log tells it, wherever it stands: where it is (`'workspace_id', …` of a membership, `'workspace_ids', …`
/// of what somebody is offered), then what is given there. `grants` is a JSON array; `credentials` says whose they are of one
/// of its elements, `e`. Null permissions are the template's default.
macro_rules! told {
    ($place:expr, $permissions:expr, $all_resources:expr, $grants:expr, $credentials:expr, $addable_kinds:expr, $require_mfa:expr) => {
        concat!(
            "json_object(",
            $place,
            ", 'permissions', json(",
            $permissions,
            "), 'resources', json(iif(",
            $all_resources,
            ", '\"all\"', (SELECT json_group_array(json_object('id', e.value ->> 'id',
                 'approve', json(iif(e.value ->> 'approve', 'true', 'false')), 'credentials', ",
            $credentials,
            ") ORDER BY e.value ->> 'id') FROM json_each(",
            $grants,
            ") e))), 'addable_kinds', json(",
            $addable_kinds,
            "), 'require_mfa', json(iif(",
            $require_mfa,
            ", 'true', 'false')))"
        )
    };
}

/// The access of the membership `p`, as the audit log tells it; with other credentials, if they are given.
macro_rules! membership_told {
    () => {
        membership_told!("e.value ->> 'credentials'")
    };
    ($credentials:expr) => {
        told!(
            "'workspace_id', p.workspace_id",
            "p.permissions",
            "p.all_resources",
            grants_of!("p"),
            $credentials,
            "p.addable_kinds",
            "p.require_mfa"
        )
    };
}

/// What the member `m` has, as the audit log tells it: an object with `memberships`, each with its access there, the oldest
/// workspace first; and `more`, how many are left out. An entry tells a hundred at most, and no more than list a thousand
/// resources together: it must fit in a row. `credentials` may say otherwise than the grant `e` does, of memberships whose
/// `permissions` are in scope.
macro_rules! memberships_told {
    () => {
        memberships_told!("e.value ->> 'credentials'")
    };
    ($credentials:expr) => {
        concat!(
            "(SELECT json_object('memberships', json_group_array(json(told) ORDER BY workspace_id),
                                 'more', (SELECT count(*) FROM memberships p WHERE p.member_id = m.id) - count(*))
              FROM (SELECT workspace_id, sum(json_array_length(grants)) OVER (ORDER BY workspace_id) AS listed, ",
            told!(
                "'workspace_id', workspace_id",
                "permissions",
                "all_resources",
                "grants",
                $credentials,
                "addable_kinds",
                "require_mfa"
            ),
            " AS told FROM (
                SELECT p.workspace_id, p.permissions, p.all_resources, p.addable_kinds, p.require_mfa, ",
            grants_of!("p"),
            " AS grants
                FROM memberships p WHERE p.member_id = m.id ORDER BY p.workspace_id LIMIT 100))
              WHERE listed <= 1000)"
        )
    };
}

/// The access that the invitation `i` offers, as the audit log tells it.
macro_rules! offer_told {
    () => {
        told!(
            "'workspace_ids', json((SELECT json_group_array(workspace_id ORDER BY workspace_id)
               FROM invitation_workspaces WHERE invitation_id = i.id))",
            "i.permissions",
            "i.all_resources",
            "i.grants",
            "e.value ->> 'credentials'",
            "i.addable_kinds",
            "i.require_mfa"
        )
    };
}

/// The workspaces that a JSON array of them comes to in the organization `o`, for the audit log: null is the oldest one, and
/// owner and admins are put in none.
macro_rules! workspaces_told {
    ($role:literal, $workspaces:literal) => {
        concat!(
            "'workspace_ids', json((SELECT json_group_array(DISTINCT e.value ORDER BY e.value)
               FROM json_each(CASE WHEN ",
            $role,
            " IN ('owner', 'admin') THEN '[]' ELSE coalesce(",
            $workspaces,
            ", json_array((SELECT min(id) FROM workspaces WHERE organization_id = o.id))) END) e))"
        )
    };
}

/// Whose credentials the grant `e` works with, where permissions begin to need some or need them no more (S2-13).
macro_rules! settled_credentials {
    ($needed:literal) => {
        concat!("iif(", $needed, ", coalesce(e.value ->> 'credentials', 'owner'), NULL)")
    };
}

/// The columns of an [`AccessRow`](crate::domain::access::AccessRow), from a membership `p` that may not be there.
macro_rules! access_of {
    ($p:literal) => {
        concat!(
            $p,
            ".permissions, coalesce(",
            $p,
            ".all_resources, 0) AS all_resources, coalesce(",
            $p,
            ".addable_kinds, '[]') AS addable_kinds, coalesce(",
            $p,
            ".require_mfa, 0) AS require_mfa, ",
            grants_of!($p),
            " AS grants"
        )
    };
}

/// Whether the user `u` may be the member `m` in their organization. An account that nobody can sign in to yet is confined to
/// nowhere: whoever was only added is set up before they come. Whom a host product vouches for is somebody there, wherever
/// else their account is confined to.
macro_rules! is_somebody {
    () => {
        "(u.email_verified_at IS NOT NULL OR u.confined_to IS NULL OR u.confined_to = m.organization_id OR EXISTS (
            SELECT 1 FROM identities d WHERE d.user_id = u.id AND d.organization_id = m.organization_id))"
    };
}

/// Whether the member `m`, of the user `u`, is somebody in their organization.
macro_rules! is_active {
    () => {
        concat!("m.active AND ", is_somebody!())
    };
}

/// The active member of the organization `o` with this address, if there is one: `member_of!("?5")`.
macro_rules! member_of {
    ($email_key:literal) => {
        concat!(
            "(SELECT m.id FROM users u JOIN members m ON m.user_id = u.id WHERE u.email_key = ",
            $email_key,
            " AND m.organization_id = o.id AND m.removed_at IS NULL)"
        )
    };
}

/// The columns of an access, for parameters.
#[derive(Debug, Clone)]
pub struct Columns {
    /// Null for the default, else a JSON array of keys.
    pub permissions: Option<String>,
    /// Whether every resource is given, now and later.
    pub all_resources: bool,
    /// The grants, as JSON.
    pub grants: String,
    /// The kinds, as JSON.
    pub addable_kinds: String,
    /// Whether a second factor is asked for.
    pub require_mfa: bool,
    /// Whether a client takes a seat with it.
    pub takes_seat: bool,
}

impl Columns {
    /// Of an access.
    #[must_use]
    pub fn of(access: &Access, template: &Template) -> Self {
        let (all_resources, grants) = match &access.resources {
            Resources::All => (true, "[]".to_owned()),
            Resources::Listed(grants) => (false, serde_json::json!(grants).to_string()),
        };
        Self {
            permissions: access.permissions.to_row(&template.catalog),
            all_resources,
            grants,
            addable_kinds: serde_json::json!(access.addable_kinds).to_string(),
            require_mfa: access.require_mfa,
            takes_seat: access.takes_seat(template),
        }
    }

    /// Whether somebody takes a seat in this role with it (S0-13, S0-14).
    #[must_use]
    pub fn takes_seat_as(&self, role: Role) -> bool {
        role.takes_seat() || (role == Role::Client && self.takes_seat)
    }
}

/// Whom permissions are copied from.
#[derive(Debug, Deserialize)]
pub struct CloneSource {
    /// What they are.
    pub role: Role,
    permissions: Option<String>,
}

impl CloneSource {
    /// What they have now.
    #[must_use]
    pub fn permissions(&self, catalog: &Catalog) -> Permissions {
        let keys =
            self.permissions.as_deref().and_then(|text| serde_json::from_str::<Vec<String>>(text).ok());
        Permissions::from_row(keys.as_deref(), catalog)
    }
}

/// Reads sources, each with the workspaces that it is for: an active member, with what they have in one of these, else in
/// their oldest. Answers [`Placed`].
#[must_use]
pub fn select_clone_sources(
    sources: &[(MemberId, Option<Vec<WorkspaceId>>)],
    organization: OrganizationId,
) -> Statement {
    Statement::new(
        sql!("SELECT e.key AS place, m.role, p.permissions
         FROM json_each(?1) e
         JOIN members m ON m.id = e.value ->> 0 AND m.organization_id = ?2 AND m.removed_at IS NULL
         LEFT JOIN memberships p ON p.member_id = m.id AND p.workspace_id = (
           SELECT workspace_id FROM memberships x WHERE x.member_id = m.id
           ORDER BY x.workspace_id NOT IN (SELECT value FROM json_each(e.value, '$[1]')), x.workspace_id LIMIT 1)"),
        params![serde_json::json!(sources).to_string(), organization],
    )
}

/// A [`CloneSource`], with its place among those that were asked for.
#[derive(Debug, Deserialize)]
pub struct Placed {
    /// The place.
    pub place: usize,
    /// The source.
    #[serde(flatten)]
    pub source: CloneSource,
}

//! What `POST /v1/check` asks of the database: one row of one read.

use serde::Deserialize;

use crate::domain::access::Permissions;
use crate::domain::decision::{About, Asked, Held, HeldResources, Subject};
use crate::domain::ids::{MemberId, ResourceId, WorkspaceId};
use crate::domain::role::Role;
use crate::domain::template::Template;
use crate::domain::truth;
use crate::json;
use crate::platform::Statement;
use crate::{params, sql};

/// What deciding a question needs, in one row: who is asked about, and the resource.
#[allow(clippy::struct_excessive_bools, reason = "a row's columns")]
#[derive(Debug, Deserialize)]
pub struct Question {
    role: Role,
    #[serde(deserialize_with = "truth")]
    active: bool,
    #[serde(deserialize_with = "truth")]
    second_factor: bool,
    #[serde(deserialize_with = "truth")]
    placed: bool,
    permissions: Option<String>,
    #[serde(deserialize_with = "truth")]
    all_resources: bool,
    #[serde(deserialize_with = "truth")]
    require_mfa: bool,
    #[serde(deserialize_with = "truth")]
    asked_of_all: bool,
    #[serde(deserialize_with = "truth")]
    any: bool,
    #[serde(deserialize_with = "truth")]
    approving: bool,
    kind: Option<String>,
    approve: Option<i64>,
}

/// Reads a [`Question`]; nothing if the member is not of the workspace's organization. Grants are asked for, never listed:
/// this is read on each request of a host product.
#[must_use]
pub fn select(workspace: WorkspaceId, member: MemberId, resource: Option<ResourceId>) -> Statement {
    macro_rules! granted {
        ($which:literal) => {
            concat!(
                "EXISTS (SELECT 1 FROM grants x JOIN resources y ON y.id = x.resource_id AND y.deleted_at IS NULL
                         WHERE x.member_id = p.member_id AND x.workspace_id = p.workspace_id",
                $which,
                ")"
            )
        };
    }
    Statement::new(
        sql!(concat!(
            "SELECT m.role, ",
            is_active!(),
            " AS active, u.mfa_enabled_at IS NOT NULL AS second_factor, p.member_id IS NOT NULL AS placed,
              p.permissions, coalesce(p.all_resources, 0) AS all_resources,
              coalesce(p.require_mfa, 0) AS require_mfa, ",
            asked_of_all!("m.role"),
            " AS asked_of_all, ",
            granted!(""),
            " AS any, ",
            granted!(" AND x.approve = 1"),
            " AS approving, r.kind, g.approve
             FROM workspaces w
             JOIN organizations o ON o.id = w.organization_id
             JOIN members m ON m.id = ?2 AND m.organization_id = w.organization_id
             JOIN users u ON u.id = m.user_id
             LEFT JOIN memberships p ON p.member_id = m.id AND p.workspace_id = w.id
             LEFT JOIN resources r ON r.id = ?3 AND r.workspace_id = w.id AND r.deleted_at IS NULL
             LEFT JOIN grants g ON g.member_id = p.member_id AND g.workspace_id = w.id AND g.resource_id = r.id
             WHERE w.id = ?1"
        )),
        params![workspace, member, resource],
    )
}

impl Question {
    /// Who is asked about.
    #[must_use]
    pub fn subject(&self, template: &Template) -> Subject {
        let keys = self.permissions.as_deref().and_then(|text| json::row::<Vec<String>>(text).ok());
        let permissions =
            Permissions::from_row(keys.as_deref(), &template.catalog).effective(template, self.role);
        let resources = match (self.all_resources, self.any, self.approving) {
            (true, ..) => HeldResources::All,
            (_, _, true) => HeldResources::Approving,
            (_, true, _) => HeldResources::Some,
            _ => HeldResources::None,
        };
        let held = Held { permissions, resources, require_mfa: self.require_mfa };
        Subject {
            role: self.role,
            active: self.active,
            held: self.placed.then_some(held),
            second_factor: self.second_factor,
            asked_of_all: self.asked_of_all,
        }
    }

    /// What it is asked about. `named`: whether the question names a resource at all.
    #[must_use]
    pub fn about(&self, named: bool) -> About {
        match (&self.kind, named) {
            (_, false) => About::Nothing,
            (None, true) => About::Unknown,
            (Some(kind), true) => About::Resource(Asked {
                kind: kind.clone(),
                granted: self.approve.map(|approve| approve != 0),
            }),
        }
    }
}

//! Workspaces: what is in them, and who.

use http::Method;
use serde_json::{Value, json};
use usher::domain::ids::{MemberId, OrganizationId, ResourceId, WorkspaceId};
use usher::params;
use usher::web::route::Route;

use super::super::scene::Organization;
use super::super::world::World;

/// Something about a workspace.
#[derive(Debug, Clone)]
pub enum Op {
    Make(OrganizationId),
    PutIn {
        workspace: WorkspaceId,
        member: MemberId,
        create_posts: bool,
    },
    TakeOut(WorkspaceId, MemberId),
    /// Gives a member some of what is in a workspace.
    Give {
        workspace: WorkspaceId,
        member: MemberId,
        resources: Vec<ResourceId>,
    },
    Register {
        workspace: WorkspaceId,
        external: usize,
    },
    Unregister(ResourceId),
    Disconnect(ResourceId),
    Reconnect(ResourceId),
}

impl Op {
    /// Something to do.
    pub fn choose(world: &World, organization: &Organization) -> Option<Self> {
        let chance = &world.chance;
        let of = params![organization.id];
        let workspaces =
            world.read("SELECT id FROM workspaces WHERE organization_id = ?1 ORDER BY rowid", of.clone());
        let workspace = chance.pick(&workspaces)["id"].as_str().unwrap().parse().unwrap();
        let picked = |sql: &'static str, params| -> Option<String> {
            let rows = world.read(sql, params);
            (!rows.is_empty()).then(|| chance.pick(&rows)["id"].as_str().unwrap().to_owned())
        };
        let member = || {
            let sql = "SELECT id FROM members WHERE organization_id = ?1 AND role IN ('member', 'client')
                       ORDER BY rowid DESC LIMIT 4";
            picked(sql, of.clone()).map(|id| id.parse::<MemberId>().unwrap())
        };
        let resource = || {
            let sql = "SELECT id FROM resources WHERE workspace_id = ?1 ORDER BY rowid DESC LIMIT 3";
            picked(sql, params![workspace]).map(|id| id.parse::<ResourceId>().unwrap())
        };
        Some(match chance.below(16) {
            0 => Self::Make(organization.id),
            1..5 => Self::PutIn { workspace, member: member()?, create_posts: chance.one_in(2) },
            5..8 => Self::TakeOut(workspace, member()?),
            8..11 => Self::Give { workspace, member: member()?, resources: resource().into_iter().collect() },
            11 => Self::Unregister(resource()?),
            12 => Self::Disconnect(resource()?),
            13 => Self::Reconnect(resource()?),
            _ => Self::Register { workspace, external: chance.below(2) },
        })
    }

    /// What is asked, and where.
    pub fn asked(&self) -> (Method, Route, Value) {
        match self {
            Self::Make(organization) => {
                (Method::POST, Route::Workspaces(*organization), json!({"name": "Another client"}))
            }
            Self::PutIn { workspace, member, create_posts } => {
                let permissions = if *create_posts { json!(["posts"]) } else { json!("default") };
                let body = json!({"member_id": member, "access": {"permissions": permissions}});
                (Method::POST, Route::WorkspaceMembers(*workspace), body)
            }
            Self::TakeOut(workspace, member) => {
                (Method::DELETE, Route::Membership(*workspace, *member), Value::Null)
            }
            Self::Give { workspace, member, resources } => {
                let resources: Vec<Value> = resources.iter().map(|id| json!({"id": id})).collect();
                let body = json!({"access": {"resources": resources}});
                (Method::PATCH, Route::Membership(*workspace, *member), body)
            }
            Self::Register { workspace, external } => {
                let body =
                    json!({"kind": "facebook", "name": "A page", "external_id": format!("page-{external}")});
                (Method::POST, Route::Resources(*workspace), body)
            }
            Self::Unregister(resource) => (Method::DELETE, Route::Resource(*resource), Value::Null),
            Self::Disconnect(resource) => (Method::POST, Route::Disconnect(*resource), json!({})),
            Self::Reconnect(resource) => (Method::POST, Route::Reconnect(*resource), json!({})),
        }
    }

    /// Whether the contract has this answer.
    pub fn is_documented(&self, status: u16, code: &str) -> bool {
        const OF_ACCESS: [&str; 5] = [
            "seat_limit_reached",
            "trial_ended",
            "member_not_active",
            "plan_feature_required",
            "invalid_value",
        ];
        match self {
            Self::Make(_) => status == 201,
            Self::PutIn { .. } => status == 201 || code == "membership_exists" || OF_ACCESS.contains(&code),
            Self::Give { .. } => status == 200 || code == "membership_exists" || OF_ACCESS.contains(&code),
            Self::TakeOut(..) => status == 204 || matches!(code, "membership_exists" | "member_not_active"),
            Self::Register { .. } => status == 201 || code == "resource_exists",
            Self::Unregister(_) => status == 204,
            Self::Disconnect(_) | Self::Reconnect(_) => status == 200,
        }
    }
}

//! Nobody hands out more than they hold, whoever they are.

use proptest::prelude::*;

use super::*;
use crate::domain::access::{Grant, Permissions};
use crate::domain::ids::{Id, Kind};
use crate::domain::template::Templates;
use crate::domain::time::Timestamp;

fn id<K: Kind>(number: u8) -> Id<K> {
    Id::new(Timestamp::from_millis(1), [number; 10])
}

fn actor(role: Role, reach: Reach) -> Actor {
    let template = Templates::built_in().named("reporting").unwrap();
    let (principal, organization_id, policy) = (Principal::Member(id(1)), id(1), template.policy.clone());
    Actor { principal, role, organization_id, template, policy, reach, access_rev: 0, makes_admins: true }
}

fn grants(resources: &[u8]) -> Resources {
    let grant = |number: &u8| Grant { id: id(*number), approve: true, credentials: None };
    Resources::Listed(resources.iter().map(grant).collect())
}

/// S0-29, S3-05: staff who may invite clients remove nobody; nobody removes the owner.
#[test]
fn only_those_who_run_the_organization_remove_and_never_the_owner() {
    let everywhere = |role| actor(role, Reach::Everything).removable();
    assert_eq!(everywhere(Role::Owner), [Role::Client, Role::Member, Role::Admin]);
    assert_eq!(everywhere(Role::Admin), [Role::Client, Role::Member, Role::Admin]);
    for role in [Role::Member, Role::Client] {
        assert_eq!(actor(role, Reach::Only(Vec::new())).removable(), []);
    }
}

#[test]
fn an_admin_removes_only_whom_they_may_invite() {
    let mut admin = actor(Role::Admin, Reach::Everything);
    let changes = r#"{"invites": {"admin": ["client"]}}"#;
    admin.policy = admin.policy.with(serde_json::from_str(changes).unwrap());
    assert_eq!(admin.removable(), [Role::Client]);
    admin.role = Role::Owner;
    admin.policy = admin.policy.with(serde_json::from_str(r#"{"invites": {"owner": []}}"#).unwrap());
    assert_eq!(admin.removable(), [Role::Client, Role::Member, Role::Admin], "the owner removes anybody");
}

#[test]
fn staff_reach_their_workspaces_and_mean_the_oldest_of_them() {
    let holding = |number| Holding {
        workspace_id: id(number),
        permissions: PermissionSet::NONE,
        resources: None,
        approves: Vec::new(),
        own_credentials: Vec::new(),
    };
    let staff = actor(Role::Member, Reach::Only(vec![holding(3), holding(5)]));
    assert!(staff.reaches(id(5)) && !staff.reaches(id(4)) && !staff.administers());
    assert_eq!(staff.workspaces_meant(None), Some(vec![id(3)]));
    assert_eq!(staff.workspaces_meant(Some(vec![id(4)])), Some(vec![id(4)]));
    let admin = actor(Role::Admin, Reach::Everything);
    assert!(admin.reaches(id(4)) && admin.administers());
    assert_eq!(admin.workspaces_meant(None), None, "which only the database knows");
}

/// Approving follows from a grant, so it is given by whoever has such a grant, or may approve on anything.
#[test]
fn only_who_approves_on_a_resource_lets_others_approve_on_it() {
    let template = Templates::built_in().named("publishing").unwrap();
    let keys = |keys: &[&str]| {
        template.catalog.read_keys(&keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>())
    };
    let may = |permissions: &[&str], resources: Option<Vec<ResourceId>>, approves: Vec<ResourceId>| {
        let holding = Holding {
            workspace_id: id(1),
            permissions: keys(permissions),
            resources,
            approves,
            own_credentials: Vec::new(),
        };
        let access = Access {
            permissions: Permissions::Custom(keys(&["posts.view"])),
            resources: grants(&[7]),
            ..Access::default()
        };
        let staff = Actor { template, ..actor(Role::Member, Reach::Only(vec![holding])) };
        staff.may_grant(Role::Client, &[id(1)], &access)
    };
    assert!(!may(&["posts.view"], Some(vec![id(7)]), Vec::new()));
    assert!(!may(&["posts.view"], Some(vec![id(7), id(8)]), vec![id(8)]));
    assert!(!may(&["posts.view"], None, Vec::new()), "every resource, and nothing to approve on");
    assert!(may(&["posts.view"], Some(vec![id(7)]), vec![id(7)]));
    assert!(may(&["posts.view", "posts.approve"], Some(vec![id(7)]), Vec::new()));
}

/// All of one workspace and a list of another: what is on no list is given in the first alone, never in both at once.
#[test]
fn what_is_held_without_a_list_is_given_where_no_list_counts() {
    let holding = |number, resources| Holding {
        workspace_id: id(number),
        permissions: PermissionSet::NONE,
        resources,
        approves: vec![id(7), id(8)],
        own_credentials: Vec::new(),
    };
    let staff = actor(Role::Member, Reach::Only(vec![holding(1, None), holding(2, Some(vec![id(8)]))]));
    let may = |places: &[u8], resources: &[u8]| {
        let access = Access {
            permissions: Permissions::Custom(PermissionSet::NONE),
            resources: grants(resources),
            ..Access::default()
        };
        let places: Vec<WorkspaceId> = places.iter().map(|place| id(*place)).collect();
        staff.may_grant(Role::Client, &places, &access)
    };
    assert!(may(&[1], &[7]) && may(&[2], &[8]) && may(&[1, 2], &[8]));
    assert!(!may(&[2], &[7]) && !may(&[1, 2], &[7]));
}

proptest! {
    /// Nobody gives away more than they hold, wherever it is to count.
    #[test]
    fn what_staff_may_give_they_hold_themselves(
        held in proptest::collection::vec((0..4_u8, any::<u64>(), proptest::option::of(proptest::collection::vec(0..4_u8, 0..3))), 0..4),
        wanted in (any::<u64>(), proptest::option::of(proptest::collection::vec(0..4_u8, 0..3))),
        places in proptest::collection::vec(0..4_u8, 1..3),
    ) {
        let template = Templates::built_in().named("reporting").unwrap();
        let some = |bits: u64| {
            let leaves = template.catalog.leaves().iter().enumerate();
            let keys = leaves.filter(|(place, _)| bits >> (place % 64) & 1 == 1).map(|(_, leaf)| leaf.key.clone());
            template.catalog.read_keys(&keys.collect::<Vec<_>>())
        };
        let holdings: Vec<_> = held.iter().map(|(place, bits, resources)| Holding {
            workspace_id: id(*place),
            permissions: some(*bits),
            resources: resources.as_ref().map(|resources| resources.iter().map(|number| id(*number)).collect()),
            approves: Vec::new(),
            own_credentials: Vec::new(),
        }).collect();
        let (bits, resources) = wanted;
        let access = Access {
            permissions: Permissions::Custom(some(bits)),
            resources: resources.as_deref().map_or(Resources::All, grants),
            ..Access::default()
        };
        let places: Vec<WorkspaceId> = places.iter().map(|place| id(*place)).collect();
        let staff = actor(Role::Member, Reach::Only(holdings.clone()));
        if staff.may_grant(Role::Client, &places, &access) {
            for place in &places {
                let here = holdings.iter().find(|holding| holding.workspace_id == *place).unwrap();
                prop_assert!(here.permissions.contains(some(bits)));
                prop_assert!(here.resources.is_none() || access.resources != Resources::All);
            }
        }
        let everything = actor(Role::Admin, Reach::Everything);
        prop_assert!(everything.may_grant(Role::Client, &places, &access));
    }
}

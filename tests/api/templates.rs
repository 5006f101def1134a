//! A template is data: a sixth system is described by adding a sixth file.

use serde_json::{Value, json};

use crate::support::World;
use crate::support::client::Team;
use crate::{about, complaint, refusal};

const SIXTH: &str = include_str!("../systems/sixth.json");

fn sixth() -> Team {
    Team::make(World::with_templates(&[("sixth", SIXTH)]), "sixth", None)
}

#[test]
fn an_organization_is_made_from_it_with_its_plan_policy_and_catalog() {
    let mut team = sixth();
    let organization = team.owner.get(&team.path("")).ok().json();
    assert_eq!(organization["template"], "sixth");
    let plan = json!({"key": "studio", "seat_limit": 2, "features": ["custom_client_permissions"], "trial_ends_at": null});
    assert_eq!(organization["plan"], plan);
    assert_eq!(organization["policy"]["invites"]["member"], json!(["client"]));
    let catalog = team.owner.get(&team.path("/catalog")).ok().json();
    assert_eq!(catalog["template"], "sixth");
    assert_eq!(catalog["kinds"], json!(["calendar", "room"]));
    assert_eq!(catalog["kind_labels"], json!({"calendar": "Calendar", "room": "Room"}));
    assert_eq!(catalog["permissions"][0]["children"][1]["key"], "bookings.make");
}

#[test]
fn the_templates_that_are_there_are_named_to_whoever_asks_for_another() {
    let world = World::with_templates(&[("sixth", SIXTH)]);
    let body = json!({"name": "X", "template": "seventh", "owner": {"email": "o@x.test", "name": "O"}});
    let refused = world.operator().post("/v1/organizations", &body);
    assert_eq!(complaint(&refused), about(422, "invalid_value", "/template"));
    for known in ["client-links", "team", "publishing", "reporting", "client-portal", "sixth"] {
        assert!(refused.text().contains(known), "{known}");
    }
}

/// Its policy decides who invites whom, its preset what a client may do, its kinds what they may add.
#[test]
fn people_are_invited_by_its_policy_with_its_permissions_and_kinds() {
    let mut team = sixth();
    let workspace = team.workspace();
    let mut mia = team.joined("mia.member@studio.test", "member");
    let invited = mia.invite(&team.organization, "ana@client.test", "client").ok().json();
    assert_eq!(invited["access"]["permissions"], json!({"mode": "default", "keys": ["bookings.view"]}));
    assert_eq!(invited["takes_seat"], false);
    let refused = mia.invite(&team.organization, "friend@studio.test", "member").refusal();
    assert_eq!(refused, refusal(403, "role_not_allowed"));
    let access = json!({"access": {"permissions": ["doors"], "addable_kinds": ["calendar"]}});
    let mut carl = team.joined_with("carl@client.test", "client", access);
    let path = format!("/v1/workspaces/{workspace}/resources");
    carl.post(&path, &json!({"kind": "calendar", "name": "Carl's"})).ok();
    let refused = carl.post(&path, &json!({"kind": "room", "name": "Room 1"})).refusal();
    assert_eq!(refused, refusal(403, "kind_not_allowed"));
    let foreign = json!({"kind": "email", "role": "client", "email": "c@client.test",
                         "access": {"permissions": ["posts.create"]}});
    let refused = team.owner.post(&team.path("/invitations"), &foreign);
    assert_eq!(complaint(&refused), about(422, "invalid_value", "/access/permissions/0"));
}

/// Its own permission that takes a seat is the one that does.
#[test]
fn seats_are_priced_by_its_own_permission() {
    let mut team = sixth();
    let mut invite = |email: &str, permissions: Value| {
        let body = json!({"kind": "email", "role": "client", "email": email, "access": {"permissions": permissions}});
        team.owner.post(&team.path("/invitations"), &body)
    };
    assert_eq!(invite("a@client.test", json!(["bookings"])).ok().json()["takes_seat"], false);
    assert_eq!(invite("b@client.test", json!(["doors.open"])).ok().json()["takes_seat"], true);
    assert_eq!(invite("c@client.test", json!(["doors"])).ok().json()["takes_seat"], true, "a node with it");
    let full = invite("d@client.test", json!(["doors.open"]));
    assert_eq!(full.refusal(), refusal(409, "seat_limit_reached"));
    invite("e@client.test", json!(["doors.watch"])).ok();
}

/// What the host product asks is answered by its catalog.
#[test]
fn permissions_are_checked_against_its_catalog() {
    let mut team = sixth();
    let workspace = team.workspace();
    team.joined_with("ana@client.test", "client", json!({"access": {"permissions": ["doors.watch"]}}));
    let ana = team.member("ana@client.test");
    for (permission, allowed) in
        [("doors.watch", true), ("doors.open", false), ("doors", false), ("posts.create", false)]
    {
        let question = json!({"member_id": ana, "workspace_id": workspace, "permission": permission});
        let answer = team.owner.post("/v1/check", &question).ok().json();
        assert_eq!(answer["allowed"], allowed, "{permission}");
    }
}

/// What the mission says of the five: who invites whom, the kinds, what a client may by default, what takes a seat, the seats
/// of the default plan, and whether choosing a client's permissions is part of it.
#[test]
fn the_five_systems_are_as_the_mission_says() {
    let social = &["facebook", "instagram", "linkedin"][..];
    let manager = &["accounts.manage", "posts.view", "posts.edit", "posts.delete"][..];
    let portal = &[
        "company.view",
        "messages.view",
        "messages.send",
        "files.view",
        "files.upload",
        "tasks.view",
        "tasks.comment",
        "tasks.complete",
        "invoices.view",
    ][..];
    for (template, kinds, client, takes_seat, seats, staff_invite, customize, needs_resource) in [
        ("client-links", social, Some(manager), &["posts.create"][..], 5, json!([]), true, false),
        ("team", &[][..], Some(&[][..]), &[][..], 25, json!([]), true, false),
        ("publishing", social, Some(&[][..]), &[][..], 25, json!([]), true, false),
        ("reporting", &["campaign"][..], None, &[][..], 25, json!(["client"]), false, true),
        ("client-portal", &[][..], Some(portal), &[][..], 25, json!([]), true, false),
    ] {
        let mut team = Team::of(template);
        let organization = team.owner.get(&team.path("")).ok().json();
        let below_owner = json!(["admin", "member", "client"]);
        let invites =
            json!({"owner": below_owner, "admin": below_owner, "member": staff_invite, "client": []});
        assert_eq!(organization["policy"]["invites"], invites, "{template}");
        assert_eq!(organization["policy"]["clients_need_resource"], needs_resource, "{template}");
        assert_eq!(organization["plan"]["seat_limit"], seats, "{template}");
        let features = if customize { json!(["custom_client_permissions"]) } else { json!([]) };
        assert_eq!(organization["plan"]["features"], features, "{template}");
        let catalog = team.owner.get(&team.path("/catalog")).ok().json();
        assert_eq!(catalog["kinds"], json!(kinds), "{template}");
        let all = leaves(&catalog["permissions"]);
        let marked: Vec<&str> = all
            .iter()
            .filter(|leaf| leaf["takes_seat"] == true)
            .map(|leaf| leaf["key"].as_str().unwrap())
            .collect();
        assert_eq!(marked, takes_seat, "{template}");
        let invitation = team.invited("ana@client.test", "client");
        let access = team.owner.get(&format!("/v1/invitations/{invitation}")).ok().json()["access"].clone();
        if let Some(client) = client {
            assert_eq!(access["permissions"], json!({"mode": "default", "keys": client}), "{template}");
        }
        assert_eq!((&access["resources"], &access["addable_kinds"]), (&json!([]), &json!([])), "{template}");
    }
}

/// The leaves of a tree of permissions.
fn leaves(nodes: &Value) -> Vec<Value> {
    let nodes = nodes.as_array().unwrap().iter();
    nodes
        .flat_map(|node| match leaves(&node["children"]) {
            children if children.is_empty() => vec![node.clone()],
            children => children,
        })
        .collect()
}

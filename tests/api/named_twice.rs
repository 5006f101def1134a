//! A list that names a thing twice says no more than one that names it once.

use serde_json::{Value, json};

use crate::links::{change, read};
use crate::refusal;
use crate::support::World;
use crate::support::client::{Client, Team};
use crate::support::scene::workspace;

const ANA: &str = "ana@client.test";
const SAM: &str = "sam.staff@studio.test";

/// A team with two workspaces, staff of the first who see its dashboards, and a client invited into both.
fn scene() -> (Team, Client, [String; 2], String) {
    let plan = json!({"key": "large", "seat_limit": 25, "features": ["custom_client_permissions"]});
    let mut team = Team::make(World::new(), "reporting", Some(plan));
    let (first, second) = (team.workspace(), workspace(&team, "Second"));
    let access = json!({"permissions": ["dashboards.view"], "resources": "all"});
    let staff = team.joined_with(SAM, "member", json!({"access": access, "workspace_ids": [first]}));
    let offer = json!({"kind": "email", "role": "client", "email": ANA, "workspace_ids": [first, second]});
    let id = team.owner.post(&team.path("/invitations"), &offer).ok().str("/id");
    (team, staff, [first, second], id)
}

/// Else staff of one workspace could have an invitation into another sent to an address of their own.
#[test]
fn a_workspace_named_twice_hides_no_other_one_from_staff_who_are_not_in_it() {
    let (mut team, mut sam, [first, second], id) = scene();
    let path = format!("/v1/invitations/{id}");
    for places in [json!([first, second]), json!([second, second])] {
        let body = json!({"email": "sam@private.test", "workspace_ids": places});
        assert_eq!(sam.patch(&path, &body).refusal(), refusal(403, "beyond_your_access"));
    }
    let own = json!({"permissions": ["dashboards.view"], "resources": []});
    let body = json!({"email": "sam@private.test", "workspace_ids": [first, first], "access": own});
    sam.patch(&path, &body).ok();
    assert_eq!(read(&mut team, &id)["workspace_ids"], json!([first]), "it goes no further than they reach");
}

#[test]
fn workspaces_are_compared_as_sets_when_an_invitation_changes() {
    let (mut team, _, [first, second], id) = scene();
    let revision =
        |team: &Team| team.world.count(&format!("SELECT revision FROM invitations WHERE id = '{id}'"));
    let places = |answer: Value| {
        let mut ids: Vec<String> = serde_json::from_value(answer["workspace_ids"].clone()).unwrap();
        ids.sort();
        ids
    };
    let answer = change(&mut team, &id, &json!({"workspace_ids": [second, first, second]})).ok().json();
    assert_eq!(places(answer), [first.clone(), second.clone()]);
    assert_eq!(revision(&team), 0, "nothing changes");
    let answer = change(&mut team, &id, &json!({"workspace_ids": [first, first]})).ok().json();
    assert_eq!(places(answer), std::slice::from_ref(&first));
    assert_eq!(revision(&team), 1);
    let answer = change(&mut team, &id, &json!({"workspace_ids": [second, second]})).ok().json();
    assert_eq!(places(answer), std::slice::from_ref(&second));
}

#[test]
fn whoever_is_invited_or_added_into_a_workspace_twice_is_in_it_once() {
    let mut team = Team::of("team");
    let place = team.workspace();
    let twice = json!({"workspace_ids": [place, place]});
    let mut body = twice.clone();
    body.as_object_mut()
        .unwrap()
        .extend(json!({"kind": "email", "role": "client", "email": ANA}).as_object().unwrap().clone());
    let answer = team.owner.post(&team.path("/invitations"), &body).ok().json();
    assert_eq!(answer["workspace_ids"], json!([place]));
    team.add("bo@client.test", "client", twice).ok();
    assert_eq!(team.world.count("SELECT count(*) FROM memberships"), 1);
}

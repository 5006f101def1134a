//! S0 "How do I invite a client?": one branded link for many clients, permissions that take a seat, and the platforms they
//! may add accounts of. Template `client-links`.

use serde_json::{Value, json};

use crate::support::client::{Client, Team};
use crate::support::scene::{resource, seats};

const ANA: &str = "ana@client.test";

/// Whether somebody may do this on an account.
fn may(person: &mut Client, member: &str, place: &str, permission: &str, account: &str) -> bool {
    let question = json!({
        "member_id": member, "workspace_id": place, "permission": permission, "resource_id": account,
    });
    person.post("/v1/check", &question).ok().json()["allowed"].as_bool().unwrap()
}

/// S0-17: *Create Post* lets a client create, edit and schedule posts, for their own accounts.
#[test]
fn creating_posts_counts_on_the_clients_own_accounts() {
    let mut team = Team::of("client-links");
    let place = team.workspace();
    let (own, other) = (resource(&team, &place, "facebook"), resource(&team, &place, "facebook"));
    let access = json!({"permissions": ["posts.create"], "resources": [{"id": own}]});
    let mut ana = team.joined_with(ANA, "client", json!({"access": access}));
    let id = team.member(ANA);
    assert!(may(&mut ana, &id, &place, "posts.create", &own));
    assert!(!may(&mut ana, &id, &place, "posts.create", &other));
}

/// S0-18: *Boost Post* boosts Facebook posts, and no others.
#[test]
fn boosting_counts_on_facebook_only() {
    let mut team = Team::of("client-links");
    let place = team.workspace();
    let accounts = ["facebook", "instagram", "linkedin"].map(|kind| resource(&team, &place, kind));
    let access = json!({"permissions": ["posts.boost"], "resources": "all"});
    let mut ana = team.joined_with(ANA, "client", json!({"access": access}));
    let id = team.member(ANA);
    let boosts = accounts.map(|account| may(&mut ana, &id, &place, "posts.boost", &account));
    assert_eq!(boosts, [true, false, false]);
}

/// S0-29: clients are deleted by the owner or an admin, and by nobody else.
#[test]
fn the_owner_and_admins_delete_clients() {
    let mut team = Team::of("client-links");
    let mut admin = team.joined("admin@studio.test", "admin");
    let mut staff = team.joined("mia.member@studio.test", "member");
    let mut carl = team.joined("carl@client.test", "client");
    team.joined(ANA, "client");
    team.joined("ben@client.test", "client");
    let (ana, ben) = (team.member(ANA), team.member("ben@client.test"));
    for person in [&mut staff, &mut carl] {
        let one = person.delete(&format!("/v1/members/{ana}"));
        assert_eq!(one.refusal(), (403, "forbidden".to_owned()));
        let several = person.post(&team.path("/members/remove"), &json!({"member_ids": [ana]}));
        assert_eq!(several.refusal(), (403, "forbidden".to_owned()));
    }
    assert_eq!(admin.delete(&format!("/v1/members/{ana}")).status, 204);
    assert_eq!(team.owner.delete(&format!("/v1/members/{ben}")).status, 204);
}

/// S0-30: a client who is deleted is out of the team at once, and the seat that creating posts took is free.
#[test]
fn a_deleted_client_is_out_of_the_team() {
    let mut team = Team::of("client-links");
    let mut ana = team.joined_with(ANA, "client", json!({"access": {"permissions": ["posts.create"]}}));
    let (id, place) = (team.member(ANA), team.workspace());
    assert_eq!(seats(&team), (1, 0));
    team.owner.delete(&format!("/v1/members/{id}")).ok();
    assert_eq!(seats(&team), (0, 0));
    assert_eq!(ana.get("/v1/me/workspaces").ok().json()["data"], json!([]));
    let question = json!({"member_id": id, "workspace_id": place, "permission": "posts.create"});
    assert_eq!(team.owner.post("/v1/check", &question).ok().str("/reason"), "removed");
    let left = team.owner.get(&team.path("/members?role=client")).ok().json();
    assert_eq!(left["data"], json!([]));
}

/// S0-31: several clients are selected and deleted in one go.
#[test]
fn several_clients_are_deleted_in_one_go() {
    let mut team = Team::of("client-links");
    let clients = [ANA, "ben@client.test", "carl@client.test"].map(|email| {
        team.joined(email, "client");
        team.member(email)
    });
    let path = team.path("/members/remove");
    let answer = team.owner.post(&path, &json!({"member_ids": clients[..2]})).ok().json();
    let removed = |id: &String| json!({"member_id": id, "outcome": "removed"});
    assert_eq!(answer["data"], Value::from(clients[..2].iter().map(removed).collect::<Vec<_>>()));
    let left = team.owner.get(&team.path("/members?role=client")).ok().json();
    assert_eq!(
        (left["data"].as_array().unwrap().len(), left["data"][0]["id"].as_str()),
        (1, Some(clients[2].as_str()))
    );
}

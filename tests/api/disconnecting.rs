//! Disconnecting resources and connecting them again, and that only those who run the organization delete them.

use http::Method;
use serde_json::{Value, json};

use crate::resources::{ANA, act, add, list_path, with_client};
use crate::support::client::{Client, Team};
use crate::{about, complaint, ids, refusal};

#[test]
fn disconnecting_is_for_a_while_and_twice_is_no_error() {
    let mut team = Team::of("client-links");
    let workspace = team.workspace();
    let id = add(&mut team.owner, &workspace, "facebook", Some("1")).ok().str("/id");
    let off = act(&mut team.owner, &id, "disconnect").ok().json();
    let then = team.world.now().to_string();
    assert_eq!((&off["status"], &off["disconnected_at"]), (&json!("disconnected"), &json!(then)));
    team.world.pass(std::time::Duration::from_mins(1));
    assert_eq!(act(&mut team.owner, &id, "disconnect").ok().json(), off, "since then");
    let taken = add(&mut team.owner, &workspace, "facebook", Some("1"));
    assert_eq!(taken.refusal(), refusal(409, "resource_exists"), "it is still the workspace's");
    for _ in 0..2 {
        let on = act(&mut team.owner, &id, "reconnect").ok().json();
        assert_eq!((&on["status"], &on["disconnected_at"]), (&json!("connected"), &Value::Null));
    }
    let entries =
        "SELECT count(*) FROM audit_events WHERE action IN ('resource.disconnected', 'resource.reconnected')";
    assert_eq!(team.world.count(entries), 2, "what changed nothing is no entry");
}

/// A client with a grant of each sort on resources of the owner's: none needed, the owner's credentials, their own.
fn with_grants() -> (Team, Client, String, String) {
    let mut team = Team::of("publishing");
    let workspace = team.workspace();
    let owners = add(&mut team.owner, &workspace, "facebook", None).ok().str("/id");
    let members = add(&mut team.owner, &workspace, "instagram", None).ok().str("/id");
    let access = json!({
        "permissions": ["posts.write"],
        "resources": [{"id": owners, "credentials": "owner"}, {"id": members, "credentials": "member"}],
    });
    let ana = team.joined_with(ANA, "client", json!({"access": access}));
    (team, ana, owners, members)
}

/// S2-14, S2-15: who has to renew the credentials may; with the owner's it is the owner's side that does.
#[test]
fn a_client_connects_again_what_works_with_their_credentials_and_not_what_works_with_the_owners() {
    let (mut team, mut ana, owners, members) = with_grants();
    act(&mut team.owner, &members, "disconnect").ok();
    act(&mut ana, &members, "reconnect").ok();
    act(&mut ana, &members, "disconnect").ok();
    act(&mut team.owner, &owners, "disconnect").ok();
    assert_eq!(act(&mut ana, &owners, "reconnect").refusal(), refusal(403, "forbidden"));
    assert_eq!(act(&mut ana, &owners, "disconnect").refusal(), refusal(403, "forbidden"));
    let mut admin = team.joined("ada.admin@studio.test", "admin");
    act(&mut admin, &owners, "reconnect").ok();
}

/// Connected by the client, but worked with by the owner's credentials since.
#[test]
fn whoever_added_it_may_disconnect_it_and_connects_it_again_unless_the_owners_credentials_are_used() {
    let access = json!({"permissions": ["posts.write"], "addable_kinds": ["facebook"]});
    let (team, workspace, mut ana) = with_client("publishing", &access);
    let id = add(&mut ana, &workspace, "facebook", None).ok().str("/id");
    act(&mut ana, &id, "disconnect").ok();
    act(&mut ana, &id, "reconnect").ok();
    team.world.state().database.borrow().change("UPDATE grants SET credentials = 'owner'");
    act(&mut ana, &id, "disconnect").ok();
    assert_eq!(act(&mut ana, &id, "reconnect").refusal(), refusal(403, "forbidden"));
    team.world.state().database.borrow().change("DELETE FROM grants");
    assert_eq!(act(&mut ana, &id, "disconnect").refusal(), refusal(404, "not_found"), "taken from her");
}

#[test]
fn whoever_only_sees_a_resource_neither_disconnects_nor_connects_it() {
    let (mut team, workspace, mut ana) = with_client("client-links", &json!({"resources": "all"}));
    let id = add(&mut team.owner, &workspace, "facebook", None).ok().str("/id");
    let mut mia =
        team.joined_with("mia.member@studio.test", "member", json!({"access": {"resources": "all"}}));
    for person in [&mut ana, &mut mia] {
        assert_eq!(act(person, &id, "disconnect").refusal(), refusal(403, "forbidden"));
        assert_eq!(act(person, &id, "reconnect").refusal(), refusal(403, "forbidden"));
    }
    assert_eq!(team.owner.get(&format!("/v1/resources/{id}")).ok().str("/status"), "connected");
}

#[test]
fn deleting_takes_the_grants_with_it_and_then_it_never_was() {
    let (mut team, mut ana, owners, members) = with_grants();
    let path = format!("/v1/resources/{owners}");
    assert_eq!(team.owner.delete(&path).status, 204);
    assert_eq!(team.world.count("SELECT count(*) FROM grants"), 1);
    let workspace = team.workspace();
    assert_eq!(ids(&ana.get(&list_path(&workspace)).ok().json()), [members]);
    for (method, action) in
        [(Method::GET, ""), (Method::DELETE, ""), (Method::POST, "/disconnect"), (Method::POST, "/reconnect")]
    {
        let answer = team.owner.send(&method, &format!("{path}{action}"), None, Vec::new());
        assert_eq!(answer.refusal(), refusal(404, "not_found"), "{method}{action}");
    }
    let invite = json!({"kind": "email", "role": "client", "email": "new@client.test",
                        "access": {"resources": [{"id": owners}]}});
    let refused = team.owner.post(&team.path("/invitations"), &invite);
    assert_eq!(complaint(&refused), about(422, "invalid_value", "/access/resources/0/id"));
}

/// S0-28 for clients; staff are not asked to either.
#[test]
fn nobody_deletes_but_those_who_run_the_organization() {
    let (mut team, mut ana, owners, _) = with_grants();
    let path = format!("/v1/resources/{owners}");
    let mut mia =
        team.joined_with("mia.member@studio.test", "member", json!({"access": {"resources": "all"}}));
    assert_eq!(ana.delete(&path).refusal(), refusal(403, "clients_cannot_delete"));
    assert_eq!(mia.delete(&path).refusal(), refusal(403, "forbidden"));
    team.owner.get(&path).ok();
    team.joined("ada.admin@studio.test", "admin").delete(&path).ok();
}

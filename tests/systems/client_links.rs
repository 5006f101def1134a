//! S0 "How do I invite a client?": one branded link for many clients, permission-priced seats, platform lists. Template
//! `client-links`.

use serde_json::{Value, json};

use crate::support::client::{Answer, Client, Team};

const ANA: &str = "ana.client@client.test";

/// A client who may connect Facebook pages, and the page that they connected.
fn with_connected_page() -> (Team, Client, String) {
    let mut team = Team::of("client-links");
    let workspace = team.workspace();
    let mut ana = team.joined_with(ANA, "client", json!({"access": {"addable_kinds": ["facebook"]}}));
    let page = json!({"kind": "facebook", "name": "Ana's bakery", "external_id": "1234"});
    let id = ana.post(&format!("/v1/workspaces/{workspace}/resources"), &page).ok().str("/id");
    (team, ana, id)
}

fn act(by: &mut Client, resource: &str, action: &str) -> Answer {
    by.post(&format!("/v1/resources/{resource}/{action}"), &json!({}))
}

/// S0-27: the owner or an admin disconnects a client's account, and connects it again.
#[test]
fn those_who_run_the_organization_disconnect_a_clients_account() {
    let (mut team, mut ana, page) = with_connected_page();
    assert_eq!(act(&mut team.owner, &page, "disconnect").ok().str("/status"), "disconnected");
    assert_eq!(ana.get(&format!("/v1/resources/{page}")).ok().str("/status"), "disconnected");
    let mut admin = team.joined("ada.admin@studio.test", "admin");
    assert_eq!(act(&mut admin, &page, "reconnect").ok().str("/status"), "connected");
    let mut carl = team.joined("carl.client@client.test", "client");
    assert_eq!(act(&mut carl, &page, "disconnect").status, 404, "another client doesn't even see it");
}

/// S0-28: a client disconnects their account for a while and loses nothing; for good, only the owner or an admin deletes it.
#[test]
fn a_client_can_not_delete_the_account_they_connected() {
    let (mut team, mut ana, page) = with_connected_page();
    let path = format!("/v1/resources/{page}");
    assert_eq!(ana.delete(&path).refusal(), (403, "clients_cannot_delete".to_owned()));
    let before = ana.get(&path).ok().json();
    act(&mut ana, &page, "disconnect").ok();
    act(&mut ana, &page, "reconnect").ok();
    assert_eq!(ana.get(&path).ok().json(), before);
    assert_eq!(team.owner.delete(&path).status, 204);
    assert_eq!(ana.get(&path).status, 404);
}

/// S0-28: the account stays when the client who connected it is removed, under their name.
#[test]
fn the_account_stays_when_its_client_is_gone() {
    let (mut team, _, page) = with_connected_page();
    let before = team.owner.get(&format!("/v1/resources/{page}")).ok().json();
    team.world.state().database.borrow().change(&format!(
        "UPDATE members SET removed_at = {} WHERE email_key = '{ANA}'",
        team.world.now().millis()
    ));
    assert_eq!(team.owner.get(&format!("/v1/resources/{page}")).ok().json(), before);
    assert_ne!(before["connected_by"], Value::Null);
}

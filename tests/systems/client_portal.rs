//! S4 "Inviting Client Users": clients in their company's workspace, and in a further one without another e-mail. Template
//! `client-portal`.

use serde_json::{Value, json};

use crate::support::Answer;
use crate::support::client::{Client, PASSWORD, Team};
use crate::support::scene::{notified, workspace};

const ANA: &str = "ana@client.test";

fn add(team: &mut Team, place: &str, member: &str) -> Answer {
    team.owner.post(&format!("/v1/workspaces/{place}/members"), &json!({"member_id": member}))
}

fn listed(team: &mut Team, place: &str) -> Vec<Value> {
    let list = team.owner.get(&team.path(&format!("/members?role=client&workspace_id={place}"))).ok().json();
    list["data"].as_array().unwrap().clone()
}

fn reached(person: &mut Client) -> Vec<Value> {
    let rows = person.get("/v1/me/workspaces").ok().json();
    rows["data"].as_array().unwrap().iter().map(|row| row["workspace"]["name"].clone()).collect()
}

/// S4-09, S4-11: a client with a second business, or with a private thread, is in two workspaces, each with what was
/// given there.
#[test]
fn a_client_is_in_several_workspaces_each_with_its_own_access() {
    let mut team = Team::of("client-portal");
    let mut ana = team.joined(ANA, "client");
    let (id, first) = (team.member(ANA), team.workspace());
    let private = workspace(&team, "Ana Client - Private");
    let body = json!({"member_id": id, "access": {"permissions": ["messages"]}});
    team.owner.post(&format!("/v1/workspaces/{private}/members"), &body).ok();
    assert_eq!(reached(&mut ana), ["Ana Client - Private", "Example Studio"]);
    let mut may = |place: &str, permission: &str| {
        let question = json!({"member_id": id, "workspace_id": place, "permission": permission});
        ana.post("/v1/check", &question).ok().json()["allowed"].as_bool().unwrap()
    };
    assert!(may(&first, "files.upload") && !may(&private, "files.upload"));
    assert!(may(&first, "messages.send") && may(&private, "messages.send"));
}

/// S4-10: only somebody who is active: whoever was invited and did not accept is nobody yet, and whoever was removed no
/// more.
#[test]
fn only_somebody_who_accepted_is_added_to_a_further_workspace() {
    let mut team = Team::of("client-portal");
    let private = workspace(&team, "Private");
    let pending = team.invited("pending@client.test", "client");
    assert_eq!(listed(&mut team, &private), Vec::<Value>::new());
    let not_yet = add(&mut team, &private, &pending);
    assert_eq!(not_yet.refusal(), (404, "not_found".to_owned()), "an invitation is no member");
    team.joined(ANA, "client");
    let id = team.member(ANA);
    team.owner.delete(&format!("/v1/members/{id}")).ok();
    assert_eq!(add(&mut team, &private, &id).refusal(), (409, "member_not_active".to_owned()));
}

/// S4-12: first the workspace that they come from, then the person out of those in it.
#[test]
fn the_picker_lists_the_people_of_the_workspace_they_come_from() {
    let mut team = Team::of("client-portal");
    let (first, second) = (team.workspace(), workspace(&team, "Second"));
    let third = workspace(&team, "Third");
    team.joined(ANA, "client");
    team.joined_with("carl@client.test", "client", json!({"workspace_ids": [second]}));
    let places = team.owner.get(&team.path("/workspaces")).ok().json();
    assert_eq!(places["data"].as_array().unwrap().len(), 3);
    let from = |rows: Vec<Value>| rows.iter().map(|row| row["user"]["email"].clone()).collect::<Vec<_>>();
    assert_eq!(from(listed(&mut team, &first)), [ANA]);
    assert_eq!(from(listed(&mut team, &second)), ["carl@client.test"]);
    let id = listed(&mut team, &second)[0]["id"].as_str().unwrap().to_owned();
    add(&mut team, &third, &id).ok();
    assert_eq!(from(listed(&mut team, &third)), ["carl@client.test"]);
}

/// S4-13: whoever is added twice by mistake is in once, and is told apart from somebody new.
#[test]
fn adding_somebody_twice_is_refused_and_changes_nothing() {
    let mut team = Team::of("client-portal");
    let private = workspace(&team, "Private");
    team.joined(ANA, "client");
    let id = team.member(ANA);
    let first = add(&mut team, &private, &id).ok().json();
    assert_eq!(add(&mut team, &private, &id).refusal(), (409, "membership_exists".to_owned()));
    let path = format!("/v1/workspaces/{private}/members/{id}/access");
    assert_eq!(team.owner.get(&path).ok().json(), first);
}

/// S4-14: they show in the list of the workspace at once.
#[test]
fn whoever_is_added_shows_in_the_list_at_once() {
    let mut team = Team::of("client-portal");
    let private = workspace(&team, "Private");
    team.joined(ANA, "client");
    let id = team.member(ANA);
    add(&mut team, &private, &id).ok();
    let rows = listed(&mut team, &private);
    assert_eq!((rows.len(), &rows[0]["id"]), (1, &json!(id)));
    let places: Vec<_> =
        rows[0]["workspaces"].as_array().unwrap().iter().map(|place| &place["name"]).collect();
    assert_eq!(places, ["Example Studio", "Private"]);
}

/// S4-15: no e-mail for a further workspace; a notice in the app.
#[test]
fn a_further_workspace_sends_no_e_mail() {
    let mut team = Team::of("client-portal");
    let private = workspace(&team, "Private");
    team.joined(ANA, "client");
    let (id, mails) = (team.member(ANA), team.world.mailbox().len());
    add(&mut team, &private, &id).ok();
    team.world.deliver();
    team.world.tick();
    team.world.deliver();
    assert_eq!(team.world.mailbox().len(), mails);
    assert_eq!(notified(&team, &id), ["membership.added"]);
}

/// S4-16: the new workspace is in their list the next time they sign in, and already before.
#[test]
fn a_further_workspace_is_in_their_list_at_the_next_sign_in_and_before() {
    let mut team = Team::of("client-portal");
    let private = workspace(&team, "Private");
    let mut ana = team.joined(ANA, "client");
    let id = team.member(ANA);
    assert_eq!(reached(&mut ana), ["Example Studio"]);
    add(&mut team, &private, &id).ok();
    assert_eq!(reached(&mut ana), ["Private", "Example Studio"]);
    let mut again = team.world.client();
    again.post("/v1/sessions", &json!({"email": ANA, "password": PASSWORD})).ok();
    assert_eq!(reached(&mut again), ["Private", "Example Studio"]);
}

//! S4 "Inviting Client Users": each client user is invited to their company's workspace and is pending until they come.
//! Template `client-portal`.

use serde_json::{Value, json};

use crate::support::Answer;
use crate::support::client::{Client, PASSWORD, Team};
use crate::support::platform::token_in;
use crate::support::scene::{notified, workspace};

const ANA: &str = "ana.client@client.test";
const CEM: &str = "cem.client@other.test";

/// The owner invites a client user of that name into this workspace. Answers the invitation.
fn invite(team: &mut Team, workspace: &str, name: &str, email: &str) -> Value {
    let body = json!({
        "kind": "email", "role": "client", "name": name, "email": email, "workspace_ids": [workspace],
    });
    team.owner.post(&team.path("/invitations"), &body).ok().json()
}

fn reached(person: &mut Client) -> Vec<Value> {
    let rows = person.get("/v1/me/workspaces").ok().json();
    rows["data"].as_array().unwrap().iter().map(|row| row["workspace"]["id"].clone()).collect()
}

/// S4-01, S4-03: a new user is invited by full name and address into the workspace of their company, and reaches that one.
#[test]
fn a_client_user_is_invited_to_their_companys_workspace() {
    let mut team = Team::of("client-portal");
    let [one, two] = [1, 2].map(|n| workspace(&team, &format!("Client {n}")));
    let invited = invite(&mut team, &one, "Ana Client", ANA);
    assert_eq!((&invited["name"], &invited["workspace_ids"]), (&json!("Ana Client"), &json!([one])));
    invite(&mut team, &two, "Cem Client", CEM);
    for (email, workspace, other) in [(ANA, &one, &two), (CEM, &two, &one)] {
        let mut person = team.world.client();
        person.join(email, "Some Client").ok();
        assert_eq!(reached(&mut person), [json!(workspace)]);
        person.get(&format!("/v1/workspaces/{workspace}/resources")).ok();
        let outside = person.get(&format!("/v1/workspaces/{other}/resources")).refusal();
        assert_eq!(outside, (404, "not_found".to_owned()), "another client's workspace");
    }
}

/// S4-04: somebody who is in already is no new user: inviting or adding them as one says so, and changes nothing.
#[test]
fn an_existing_user_is_not_invited_as_a_new_one() {
    let mut team = Team::of("client-portal");
    let [one, two] = [1, 2].map(|n| workspace(&team, &format!("Client {n}")));
    invite(&mut team, &one, "Ana Client", ANA);
    let mut ana = team.world.client();
    ana.join(ANA, "Ana Client").ok();
    let body = json!({"kind": "email", "role": "client", "email": ANA, "workspace_ids": [two]});
    let invited = team.owner.post(&team.path("/invitations"), &body).refusal();
    let added = team.add(ANA, "client", json!({"workspace_ids": [two]})).refusal();
    for refused in [invited, added] {
        assert_eq!(refused, (409, "already_member".to_owned()));
    }
    assert_eq!(reached(&mut ana), [json!(one)]);
}

/// S4-05: the welcome e-mail goes out by itself, with a link by which they log in and create a password.
#[test]
fn the_welcome_e_mail_has_a_link_to_log_in_and_create_a_password() {
    let mut team = Team::of("client-portal");
    let workspace = workspace(&team, "Client One");
    invite(&mut team, &workspace, "Ana Client", ANA);
    team.world.deliver();
    let mail = team.world.mailbox().pop().unwrap();
    assert_eq!(mail["to"], ANA);
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("Hello Ana Client,") && text.contains("- Client One"), "{text}");
    let page = format!("/i/{}", team.world.mailed_token(ANA));
    let mut ana = team.world.client().with_header("accept", "text/html");
    assert!(ana.get(&page).ok().text().contains("Choose a password"));
    let joined = ana.submit(&page, &page, &[("name", "Ana Client"), ("password", PASSWORD)]);
    joined.led_into();
    team.world.client().post("/v1/sessions", &json!({"email": ANA, "password": PASSWORD})).ok();
}

/// S4-05: and where an account is made at once, its e-mail has a link that does the same.
#[test]
fn the_e_mail_of_an_account_made_at_once_has_a_link_to_log_in_and_create_a_password() {
    let mut team = Team::of("client-portal");
    let workspace = workspace(&team, "Client One");
    team.add(ANA, "client", json!({"workspace_ids": [workspace], "notify": true})).ok();
    team.world.deliver();
    let page = format!("/reset/{}", team.world.mailed_password_token(ANA));
    let mut ana = team.world.client().with_header("accept", "text/html");
    assert_eq!(ana.submit(&page, &page, &[("password", PASSWORD)]).header("location"), Some("/me"));
    let mut ana = ana.with_header("accept", "application/json");
    assert_eq!(reached(&mut ana), [json!(workspace)]);
}

/// S4-06: they are in the table as pending at once, in the very next read, and active once they have come.
#[test]
fn an_invited_client_user_is_in_the_table_as_pending_at_once() {
    let mut team = Team::of("client-portal");
    let [one, two] = [1, 2].map(|n| workspace(&team, &format!("Client {n}")));
    let invited = invite(&mut team, &one, "Ana Client", ANA);
    let mut owner = team.owner.clone();
    let path = team.path("/invitations?status=pending&workspace_id=");
    let mut table = |workspace: &str| {
        owner.get(&format!("{path}{workspace}")).ok().json()["data"].as_array().unwrap().clone()
    };
    let rows = table(&one);
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (&rows[0]["id"], &rows[0]["name"], &rows[0]["status"]),
        (&invited["id"], &json!("Ana Client"), &json!("pending"))
    );
    assert!(table(&two).is_empty(), "in the table of their own workspace");
    team.world.client().join(ANA, "Ana Client").ok();
    assert!(table(&one).is_empty());
    let members = team.owner.get(&team.path(&format!("/members?workspace_id={one}"))).ok().json();
    assert_eq!(members["data"][0]["status"], "active");
}

/// S4-07: next to a pending invitation its link can be copied, to be sent in a personal e-mail; they come in by that.
#[test]
fn the_link_of_a_pending_invitation_is_copied_and_works() {
    let mut team = Team::of("client-portal");
    let workspace = workspace(&team, "Client One");
    let invited = invite(&mut team, &workspace, "Ana Client", ANA);
    let path = format!("/v1/invitations/{}/link", invited["id"].as_str().unwrap());
    let link = team.owner.post(&path, &json!({})).ok();
    assert_eq!(link.json()["expires_at"], invited["expires_at"]);
    let mut ana = team.world.client();
    ana.accept(&token_in(&link.str("/url")), "Ana Client").ok();
    assert_eq!(reached(&mut ana), [json!(workspace)]);
    assert_eq!(team.owner.post(&path, &json!({})).refusal(), (409, "not_pending".to_owned()));
}

/// S4-08: each link is one person's: no two are alike, it lets in nobody under another address, and it works once.
#[test]
fn each_link_is_unique_to_its_user_and_lets_in_nobody_else() {
    let mut team = Team::of("client-portal");
    let workspace = workspace(&team, "Client One");
    let mut links = Vec::new();
    for (name, email) in [("Ana Client", ANA), ("Cem Client", CEM)] {
        let invited = invite(&mut team, &workspace, name, email);
        let path = format!("/v1/invitations/{}/link", invited["id"].as_str().unwrap());
        links.push(token_in(&team.owner.post(&path, &json!({})).ok().str("/url")));
    }
    assert_ne!(links[0], links[1]);
    let mut cem = team.world.client();
    cem.accept(&links[1], "Cem Client").ok();
    let shared = cem.post("/v1/invitations/accept", &json!({"token": links[0]}));
    assert_eq!(shared.refusal(), (403, "wrong_account".to_owned()));
    let again = team.world.client().accept(&links[1], "Somebody Else");
    assert_eq!(again.refusal(), (410, "invitation_used".to_owned()));
}

fn add(team: &mut Team, place: &str, member: &str) -> Answer {
    team.owner.post(&format!("/v1/workspaces/{place}/members"), &json!({"member_id": member}))
}

fn listed(team: &mut Team, place: &str) -> Vec<Value> {
    let list = team.owner.get(&team.path(&format!("/members?role=client&workspace_id={place}"))).ok().json();
    list["data"].as_array().unwrap().clone()
}

fn reached_by_name(person: &mut Client) -> Vec<Value> {
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
    assert_eq!(reached_by_name(&mut ana), ["Ana Client - Private", "Example Studio"]);
    let mut may = |place: &str, permission: &str| {
        let question = json!({"member_id": id, "workspace_id": place, "permission": permission});
        ana.post("/v1/check", &question).ok().json()["allowed"].as_bool().unwrap()
    };
    assert!(may(&first, "files.upload") && !may(&private, "files.upload"));
    assert!(may(&first, "messages.send") && may(&private, "messages.send"));
}

/// S4-10: only somebody who is active: whoever was invited and did not accept is nobody yet, nor is whoever was added and has
/// not come, and whoever was removed no more.
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
    let added = team.add("bea@client.test", "client", json!({})).ok().str("/id");
    assert_eq!(add(&mut team, &private, &added).refusal(), (409, "member_not_active".to_owned()));
    let token = team.password_token(&added);
    team.world.client().set_password(&token).ok();
    add(&mut team, &private, &added).ok();
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
    assert_eq!(reached_by_name(&mut ana), ["Example Studio"]);
    add(&mut team, &private, &id).ok();
    assert_eq!(reached_by_name(&mut ana), ["Private", "Example Studio"]);
    let mut again = team.world.client();
    again.post("/v1/sessions", &json!({"email": ANA, "password": PASSWORD})).ok();
    assert_eq!(reached_by_name(&mut again), ["Private", "Example Studio"]);
}

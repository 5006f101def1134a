//! S4 "Inviting Client Users": each client user is invited to their company's workspace and is pending until they come.
//! Template `client-portal`.

use serde_json::{Value, json};

use crate::support::client::{Client, PASSWORD, Team};
use crate::support::platform::token_in;

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
    let [one, two] = [1, 2].map(|n| team.made_workspace(n, &format!("Client {n}")));
    let invited = invite(&mut team, &one, "Ana Client", ANA);
    assert_eq!((&invited["name"], &invited["workspace_ids"]), (&json!("Ana Client"), &json!([one])));
    invite(&mut team, &two, "Cem Client", CEM);
    for (email, workspace) in [(ANA, one), (CEM, two)] {
        let mut person = team.world.client();
        person.join(email, "Some Client").ok();
        assert_eq!(reached(&mut person), [json!(workspace)]);
    }
}

/// S4-04: somebody who is in already is no new user: inviting or adding them as one says so, and changes nothing.
#[test]
fn an_existing_user_is_not_invited_as_a_new_one() {
    let mut team = Team::of("client-portal");
    let [one, two] = [1, 2].map(|n| team.made_workspace(n, &format!("Client {n}")));
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
    let workspace = team.made_workspace(1, "Client One");
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
    assert_eq!((joined.status.as_u16(), joined.header("location")), (303, Some("/me")));
    team.world.client().post("/v1/sessions", &json!({"email": ANA, "password": PASSWORD})).ok();
}

/// S4-05: and where an account is made at once, its e-mail has a link that does the same.
#[test]
fn the_e_mail_of_an_account_made_at_once_has_a_link_to_log_in_and_create_a_password() {
    let mut team = Team::of("client-portal");
    let workspace = team.made_workspace(1, "Client One");
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
    let [one, two] = [1, 2].map(|n| team.made_workspace(n, &format!("Client {n}")));
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
    let workspace = team.made_workspace(1, "Client One");
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
    let workspace = team.made_workspace(1, "Client One");
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

//! S2 "How to add a Client to my Workspace": a client is given accounts, each with its own terms, and is in at once.
//! Template `publishing`.

use serde_json::{Value, json};

use crate::support::client::{PASSWORD, Team};

const ANA: &str = "ana.client@client.test";

/// S2-03, S2-04, S2-11, S2-16: one request says the client, their address, their access and, for each account they are
/// given, its terms.
#[test]
fn a_client_is_invited_with_an_access_and_the_accounts_they_are_assigned() {
    let mut team = Team::of("publishing");
    let [page, feed] = [(1, "facebook"), (2, "instagram")].map(|(n, kind)| team.made_resource(n, kind));
    let access = json!({
        "permissions": ["accounts.add", "posts.write"], "addable_kinds": ["linkedin"], "require_mfa": true,
        "resources": [{"id": page, "approve": true, "credentials": "member"}, {"id": feed}],
    });
    let body = json!({"kind": "email", "role": "client", "email": ANA, "access": access});
    let invited = team.owner.post(&team.path("/invitations"), &body).ok().json();
    let keys = &invited["access"]["permissions"]["keys"];
    for key in ["accounts.add", "posts.write.create", "posts.write.edit", "posts.write.delete"] {
        assert!(keys.as_array().unwrap().contains(&json!(key)), "{key} in {keys}");
    }
    assert_eq!(
        invited["access"]["resources"],
        json!([
            {"id": page, "approve": true, "credentials": "member"},
            {"id": feed, "approve": false, "credentials": "owner"},
        ])
    );
    assert_eq!(invited["access"]["require_mfa"], true);
}

/// S2-03, S2-04, S2-16: the same in one step, where the client needn't accept first.
#[test]
fn a_client_is_added_with_an_access_and_the_accounts_they_are_assigned() {
    let mut team = Team::of("publishing");
    let page = team.made_resource(1, "facebook");
    let access = json!({"permissions": ["posts.write"], "resources": [{"id": page, "approve": true}]});
    let added = team.add(ANA, "client", json!({"name": "Ana Client", "access": access})).ok();
    assert_eq!((added.str("/status"), added.str("/role")), ("active".to_owned(), "client".to_owned()));
    assert_eq!(
        team.world.count("SELECT count(*) FROM grants WHERE approve = 1 AND credentials = 'owner'"),
        1
    );
}

/// S2-17: the client gets a notification and an e-mail, and both say that they *are added*; nothing is left to accept.
#[test]
fn an_added_client_finds_a_notification_and_an_e_mail() {
    let mut team = Team::of("publishing");
    let workspace = team.workspace();
    team.add(ANA, "client", json!({"name": "Ana Client", "notify": true})).ok();
    team.world.deliver();
    let mail = team.world.mailbox().pop().unwrap();
    assert_eq!(
        (&mail["to"], &mail["subject"]),
        (&json!(ANA), &json!("Olga Owner added you to Example Studio"))
    );
    let mut ana = team.world.client();
    ana.set_password(&team.world.mailed_password_token(ANA)).ok();
    let told = ana.get("/v1/me/notifications").ok().json();
    assert_eq!(told["data"].as_array().unwrap().len(), 1);
    assert_eq!(told["data"][0]["kind"], "member.added");
    assert_eq!(told["data"][0]["organization"]["name"], "Example Studio");
    let reached = ana.get("/v1/me/workspaces").ok().json();
    assert_eq!(reached["data"][0]["workspace"]["id"], workspace);
}

/// S2-17: somebody with an account finds the notification there, and the mail tells them to sign in.
#[test]
fn an_added_client_with_an_account_is_in_with_the_session_they_have() {
    let mut team = Team::of("publishing");
    team.world.operator().create_organization("Other Studio", ANA);
    let mut ana = team.world.client();
    ana.join(ANA, "Ana Client").ok();
    team.world.pass(std::time::Duration::from_secs(1));
    team.add(ANA, "client", json!({"notify": true})).ok();
    team.world.deliver();
    let text = team.world.mailbox().pop().unwrap()["text"].as_str().unwrap().to_owned();
    assert!(text.contains("/sign-in") && !text.contains("/reset/"), "{text}");
    let kinds: Vec<Value> = ana.get("/v1/me/notifications").ok().json()["data"].as_array().unwrap().clone();
    assert_eq!(kinds[0]["kind"], "member.added");
    assert_eq!(ana.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len(), 2);
    team.world.client().post("/v1/sessions", &json!({"email": ANA, "password": PASSWORD})).ok();
}

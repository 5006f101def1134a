//! S2 "How to add a Client to my Workspace": per-account approval, whose credentials, a required second factor. Template
//! `publishing`.

use serde_json::json;

use crate::support::client::Team;

/// S2-02: a workspace is made, accounts are connected in it, and then members and clients are added with their roles and
/// assigned accounts.
#[test]
fn a_new_workspace_gets_accounts_members_and_clients() {
    let mut team = Team::of("publishing");
    let workspace = team.owner.post(&team.path("/workspaces"), &json!({"name": "Bakery"})).ok().str("/id");
    let accounts = format!("/v1/workspaces/{workspace}/resources");
    let mut connect = |name: &str| {
        team.world.pass(std::time::Duration::from_secs(1));
        let body = json!({"kind": "instagram", "name": name});
        team.owner.post(&accounts, &body).ok().str("/id")
    };
    let (theirs, other) = (connect("The bakery"), connect("The other bakery"));
    let more = json!({"workspace_ids": [workspace], "access": {"resources": "all"}});
    let mut mia = team.joined_with("mia.member@studio.test", "member", more);
    let more =
        json!({"workspace_ids": [workspace], "access": {"resources": [{"id": theirs, "approve": true}]}});
    let mut ana = team.joined_with("ana.client@client.test", "client", more);
    let seen = |list: serde_json::Value| -> Vec<String> {
        let rows = list["data"].as_array().unwrap();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(seen(mia.get(&accounts).ok().json()), [other, theirs.clone()]);
    assert_eq!(seen(ana.get(&accounts).ok().json()), [theirs]);
    for person in [&mut mia, &mut ana] {
        let reached = person.get("/v1/me/workspaces").ok().json();
        assert_eq!(reached["data"].as_array().unwrap().len(), 1, "this workspace, not the first");
        assert_eq!(reached["data"][0]["workspace"]["name"], "Bakery");
    }
    let of = |role: &str| format!("/members?role={role}&workspace_id={workspace}");
    for role in ["member", "client"] {
        let listed = team.owner.get(&team.path(&of(role))).ok().json();
        assert_eq!(listed["data"].as_array().unwrap().len(), 1, "{role}");
    }
}

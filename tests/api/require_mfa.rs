//! A second factor that a workspace or an organization asks everybody for: whoever lacks it stands outside, whatever they are.

use serde_json::{Value, json};

use crate::support::client::{Answer, Client, Team};
use crate::support::scene::{audited, second_factor};
use crate::{about, complaint, refusal};

const MIA: &str = "mia.member@studio.test";
const CLEO: &str = "cleo.client@client.test";

/// Everything that this part of the API does, for whoever wants every statement to have run.
pub fn walk(team: &mut Team) {
    let mut ada = team.joined("ada.admin@studio.test", "admin");
    second_factor(&mut ada);
    let workspace = team.workspace();
    for asks in [true, false] {
        ada.patch(&format!("/v1/workspaces/{workspace}"), &json!({"require_mfa": asks})).ok();
    }
}

fn ask_in(person: &mut Client, workspace: &str, asks: bool) -> Answer {
    person.patch(&format!("/v1/workspaces/{workspace}"), &json!({"require_mfa": asks}))
}

fn ask_of_all(team: &mut Team, asks: bool) -> Answer {
    let path = team.path("");
    team.owner.patch(&path, &json!({"require_mfa": asks}))
}

/// May this member compose in this workspace, as the owner is told.
fn check(team: &mut Team, member: &str, workspace: &str) -> Value {
    let body = json!({"member_id": member, "workspace_id": workspace, "permission": "compose"});
    team.owner.post("/v1/check", &body).ok().json()
}

fn states(person: &mut Client) -> Vec<Value> {
    let reached = person.get("/v1/me/workspaces").ok().json();
    reached["data"].as_array().unwrap().iter().map(|row| row["state"].clone()).collect()
}

#[test]
fn an_organization_that_asks_for_it_is_closed_to_whoever_lacks_it_whatever_they_are() {
    let mut team = Team::new();
    let workspace = team.workspace();
    let mut people: Vec<(String, Client)> =
        [("admin", "ada.admin@studio.test"), ("member", MIA), ("client", CLEO)]
            .into_iter()
            .map(|(role, email)| {
                let person = team.joined_with(email, role, json!({"workspace_ids": [workspace]}));
                (team.member(email), person)
            })
            .collect();
    second_factor(&mut team.owner);
    assert_eq!(ask_of_all(&mut team, true).ok().json()["require_mfa"], true);
    for (member, person) in &mut people {
        for path in [team.path(""), team.path("/workspaces"), format!("/v1/workspaces/{workspace}")] {
            assert_eq!(person.get(&path).refusal(), refusal(403, "mfa_required"), "{path}");
        }
        assert_eq!(states(person), [json!("mfa_required")]);
        assert!(!person.get("/v1/me/workspaces").ok().text().contains("permissions"));
        let told = check(&mut team, member, &workspace);
        assert_eq!(told, json!({"allowed": false, "reason": "mfa_required"}));
    }
    for (member, person) in &mut people {
        second_factor(person);
        person.get(&format!("/v1/workspaces/{workspace}")).ok();
        assert_ne!(states(person), [json!("mfa_required")]);
        assert_ne!(check(&mut team, member, &workspace)["reason"], "mfa_required");
    }
}

#[test]
fn a_workspace_that_asks_for_it_is_closed_and_the_others_stay_open() {
    let mut team = Team::new();
    let open = team.workspace();
    let new = json!({"name": "Second"});
    let closed = team.owner.post(&team.path("/workspaces"), &new).ok().str("/id");
    let mut ada = team.joined("ada.admin@studio.test", "admin");
    let mut mia = team.joined_with(MIA, "member", json!({"workspace_ids": [open, closed]}));
    let (admin, member) = (team.member("ada.admin@studio.test"), team.member(MIA));
    second_factor(&mut team.owner);
    ask_in(&mut team.owner, &closed, true).ok();
    mia.get(&format!("/v1/workspaces/{open}")).ok();
    assert_eq!(states(&mut mia), [json!("mfa_required"), json!("ready")]);
    assert_eq!(states(&mut ada), [json!("mfa_required"), json!("mfa_required")], "an admin reaches both");
    for person in [&mut ada, &mut mia] {
        let path = format!("/v1/workspaces/{closed}");
        assert_eq!(person.get(&path).refusal(), refusal(403, "mfa_required"));
        let resource = json!({"kind": "facebook", "name": "A page"});
        let added = person.post(&format!("{path}/resources"), &resource);
        assert_eq!(added.refusal(), refusal(403, "mfa_required"));
    }
    let listed = mia.get(&team.path("/workspaces")).ok().text();
    assert!(listed.contains(&open) && !listed.contains(&closed), "{listed}");
    for who in [&admin, &member] {
        assert_eq!(check(&mut team, who, &closed), json!({"allowed": false, "reason": "mfa_required"}));
    }
    assert_ne!(check(&mut team, &member, &open)["reason"], "mfa_required");
    assert_eq!(check(&mut team, &admin, &open)["reason"], "mfa_required");
    second_factor(&mut mia);
    mia.get(&format!("/v1/workspaces/{closed}")).ok();
}

/// A resource is the workspace's: by its own id it is no way around.
#[test]
fn an_admin_without_it_reaches_no_resource_of_a_workspace_that_asks_for_it() {
    let mut team = Team::new();
    let resource = team.resource("facebook");
    let workspace = team.workspace();
    let mut ada = team.joined("ada.admin@studio.test", "admin");
    second_factor(&mut team.owner);
    ada.get(&format!("/v1/resources/{resource}")).ok();
    ask_in(&mut team.owner, &workspace, true).ok();
    for answer in
        [ada.get(&format!("/v1/resources/{resource}")), ada.delete(&format!("/v1/resources/{resource}"))]
    {
        assert_eq!(answer.refusal(), refusal(403, "mfa_required"));
    }
    team.owner.get(&format!("/v1/resources/{resource}")).ok();
}

/// The owner and admins reach every workspace: one that asks is enough to ask them, wherever in the organization they are.
#[test]
fn an_admin_without_it_reaches_nothing_of_an_organization_with_a_workspace_that_asks_for_it() {
    let mut team = Team::new();
    let workspace = team.workspace();
    let mut ada = team.joined("ada.admin@studio.test", "admin");
    team.joined(MIA, "client");
    let (member, invitation) = (team.member(MIA), team.invited("bo@client.test", "client"));
    second_factor(&mut team.owner);
    ask_in(&mut team.owner, &workspace, true).ok();
    for path in [
        team.path("/members"),
        team.path("/invitations"),
        team.path("/audit"),
        format!("/v1/members/{member}"),
        format!("/v1/invitations/{invitation}"),
    ] {
        assert_eq!(ada.get(&path).refusal(), refusal(403, "mfa_required"), "{path}");
    }
    let role = ada.patch(&format!("/v1/members/{member}"), &json!({"role": "member"}));
    assert_eq!(role.refusal(), refusal(403, "mfa_required"));
    let sent = ada.post(&format!("/v1/invitations/{invitation}/revoke"), &json!({}));
    assert_eq!(sent.refusal(), refusal(403, "mfa_required"));
}

/// Whoever comes in is told at the door, whoever it is that asks.
#[test]
fn an_invitation_says_that_a_workspace_or_the_organization_asks_for_it() {
    for of_all in [false, true] {
        let mut team = Team::new();
        let workspace = team.workspace();
        let id = team.invited(MIA, "member");
        second_factor(&mut team.owner);
        if of_all { ask_of_all(&mut team, true) } else { ask_in(&mut team.owner, &workspace, true) }.ok();
        let token = crate::copied_token(&mut team.owner, &id);
        let mut mia = team.world.client();
        let shown = mia.post("/v1/invitations/preview", &json!({"token": token})).ok().json();
        assert_eq!(shown["require_mfa"], true, "{shown}");
        let account =
            json!({"token": token, "name": "Mia Member", "password": crate::support::client::PASSWORD});
        let joined = mia.post("/v1/invitations/accept", &account).ok().json();
        assert_eq!(joined["next"], "enrol_mfa", "{joined}");
    }
}

/// Somebody who was never put into it is not told that it asks for anything.
#[test]
fn to_whoever_is_not_in_it_the_workspace_does_not_exist_still() {
    let mut team = Team::new();
    let open = team.workspace();
    let closed = team.owner.post(&team.path("/workspaces"), &json!({"name": "Second"})).ok().str("/id");
    let mut mia = team.joined_with(MIA, "member", json!({"workspace_ids": [open]}));
    second_factor(&mut team.owner);
    ask_in(&mut team.owner, &closed, true).ok();
    assert_eq!(mia.get(&format!("/v1/workspaces/{closed}")).refusal(), refusal(404, "not_found"));
}

#[test]
fn whoever_turns_it_on_has_one_themselves_and_turning_it_off_takes_none() {
    let mut team = Team::new();
    let workspace = team.workspace();
    assert_eq!(complaint(&ask_of_all(&mut team, true)), about(403, "mfa_required", "/require_mfa"));
    let refused = ask_in(&mut team.owner, &workspace, true);
    assert_eq!(complaint(&refused), about(403, "mfa_required", "/require_mfa"));
    let both = team.path("");
    let refused = team.owner.patch(&both, &json!({"name": "Another Studio", "require_mfa": true}));
    assert_eq!(complaint(&refused), about(403, "mfa_required", "/require_mfa"));
    assert_eq!(team.owner.get(&both).ok().str("/name"), "Example Studio", "all of it or nothing");
    assert_eq!(ask_of_all(&mut team, false).ok().json()["require_mfa"], false);
    let (_, codes) = second_factor(&mut team.owner);
    ask_of_all(&mut team, true).ok();
    ask_in(&mut team.owner, &workspace, true).ok();
    let body = json!({"code": codes[0]}).to_string().into_bytes();
    team.owner.send(&http::Method::DELETE, "/v1/me/mfa/totp", Some("application/json"), body).ok();
    assert_eq!(ask_of_all(&mut team, false).refusal(), refusal(403, "mfa_required"), "outside");
    second_factor(&mut team.owner);
    ask_of_all(&mut team, false).ok();
    ask_in(&mut team.owner, &workspace, false).ok();
}

#[test]
fn only_those_who_run_the_organization_say_so() {
    let mut team = Team::new();
    let workspace = team.workspace();
    let mut mia = team.joined_with(MIA, "member", json!({"workspace_ids": [workspace]}));
    second_factor(&mut mia);
    assert_eq!(ask_in(&mut mia, &workspace, true).refusal(), refusal(403, "forbidden"));
    let path = team.path("");
    assert_eq!(mia.patch(&path, &json!({"require_mfa": true})).refusal(), refusal(403, "forbidden"));
    let wrong = team.owner.patch(&path, &json!({"require_mfa": "yes"}));
    assert_eq!(
        complaint(&wrong),
        (422, "invalid_type".to_owned(), vec![("/require_mfa".to_owned(), "invalid_type".to_owned())])
    );
}

#[test]
fn it_is_in_the_audit_log_with_what_it_was_before() {
    let mut team = Team::new();
    let workspace = team.workspace();
    second_factor(&mut team.owner);
    ask_of_all(&mut team, true).ok();
    ask_of_all(&mut team, true).ok();
    ask_in(&mut team.owner, &workspace, true).ok();
    ask_in(&mut team.owner, &workspace, true).ok();
    let organization = team.organization.clone();
    let actions = |subject: &str| -> Vec<String> {
        audited(&team, subject).into_iter().map(|(action, _)| action).collect()
    };
    assert_eq!(actions(&organization).iter().filter(|action| *action == "organization.updated").count(), 1);
    assert_eq!(actions(&workspace).iter().filter(|action| *action == "workspace.mfa_changed").count(), 1);
    let log = team.owner.get(&team.path("/audit")).ok().json();
    let newest = &log["data"][0];
    assert_eq!(
        (&newest["before"], &newest["after"]),
        (&json!({"require_mfa": false}), &json!({"require_mfa": true}))
    );
    assert_eq!(log["data"][1]["after"]["require_mfa"], true);
}

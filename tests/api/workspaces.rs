//! Workspaces: made and named by those who run the organization, seen by those who were put in.

use serde_json::{Value, json};

use crate::support::client::Team;
use crate::{about, another, complaint, ids, refusal};

fn make(team: &mut Team, name: &str) -> String {
    team.world.pass(std::time::Duration::from_secs(1));
    team.owner.post(&team.path("/workspaces"), &json!({"name": name})).ok().str("/id")
}

#[test]
fn a_workspace_is_made_and_shown_with_its_name() {
    let mut team = Team::new();
    let made = team.owner.post(&team.path("/workspaces"), &json!({"name": " Client  Name - Private "})).ok();
    assert_eq!(made.status, 201);
    let made = made.json();
    assert_eq!(made["name"], "Client Name - Private");
    assert_eq!(made["organization_id"], team.organization);
    assert_eq!(made["created_at"], team.world.now().to_string());
    let path = format!("/v1/workspaces/{}", made["id"].as_str().unwrap());
    assert_eq!(team.owner.get(&path).ok().json(), made);
    let listed = ids(&team.owner.get(&team.path("/workspaces")).ok().json());
    assert!(listed.contains(&made["id"].as_str().unwrap().to_owned()), "at once (S4-14)");
}

#[test]
fn it_gets_another_name_and_what_is_not_given_stays() {
    let mut team = Team::new();
    let path = format!("/v1/workspaces/{}", make(&mut team, "Second"));
    assert_eq!(team.owner.patch(&path, &json!({})).ok().str("/name"), "Second");
    assert_eq!(team.owner.patch(&path, &json!({"name": "Renamed"})).ok().str("/name"), "Renamed");
    assert_eq!(team.owner.get(&path).ok().str("/name"), "Renamed");
}

#[test]
fn a_name_that_can_not_be_one_is_refused_at_its_place() {
    let mut team = Team::new();
    let path = format!("/v1/workspaces/{}", team.workspace());
    let before = team.world.state().database.borrow().dump();
    for (body, code, pointer) in [
        (json!({"name": ""}), "invalid_value", "/name"),
        (json!({"name": "x".repeat(81)}), "invalid_value", "/name"),
        (json!({"name": 7}), "invalid_type", "/name"),
        (json!({"nmae": "x"}), "unknown_field", "/nmae"),
    ] {
        let made = team.owner.post(&team.path("/workspaces"), &body);
        assert_eq!(complaint(&made), about(422, code, pointer), "{body}");
        assert_eq!(complaint(&team.owner.patch(&path, &body)), about(422, code, pointer), "{body}");
    }
    let made = team.owner.post(&team.path("/workspaces"), &json!({}));
    assert_eq!(complaint(&made), about(422, "required", "/name"));
    let cleared = team.owner.patch(&path, &json!({"name": null}));
    assert_eq!(complaint(&cleared), about(422, "invalid_value", "/name"));
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

/// Nobody learns of a client's workspace who was not put into it.
#[test]
fn staff_and_clients_see_the_workspaces_they_are_in_and_no_others() {
    let mut team = Team::new();
    let first = team.workspace();
    let second = make(&mut team, "Second");
    for role in ["member", "client"] {
        let more = json!({"workspace_ids": [second]});
        let mut person = team.joined_with(&format!("{role}@studio.test"), role, more);
        person.get(&format!("/v1/workspaces/{second}")).ok();
        for path in [format!("/v1/workspaces/{first}"), format!("/v1/workspaces/{first}/resources")] {
            assert_eq!(person.get(&path).refusal(), refusal(404, "not_found"), "{role} {path}");
        }
        let rename = person.patch(&format!("/v1/workspaces/{second}"), &json!({"name": "Mine"}));
        assert_eq!(rename.refusal(), refusal(403, "forbidden"), "{role}");
        let hidden = person.patch(&format!("/v1/workspaces/{first}"), &json!({"name": "Mine"}));
        assert_eq!(hidden.refusal(), refusal(404, "not_found"), "{role}");
    }
    let mut foreigner = another(&team.world).owner;
    assert_eq!(foreigner.get(&format!("/v1/workspaces/{first}")).refusal(), refusal(404, "not_found"));
}

/// S2-06: until the second factor is there, the workspace shows nothing; the person is told why.
#[test]
fn whom_a_second_factor_keeps_outside_is_told_so() {
    let mut team = Team::of("publishing");
    let workspace = team.workspace();
    let more = json!({"access": {"require_mfa": true, "addable_kinds": ["facebook"]}});
    let mut ana = team.joined_with("ana.client@client.test", "client", more);
    let path = format!("/v1/workspaces/{workspace}");
    let body = json!({"kind": "facebook", "name": "Ana's page"});
    let required = refusal(403, "mfa_required");
    assert_eq!(ana.get(&path).refusal(), required);
    assert_eq!(ana.get(&format!("{path}/resources")).refusal(), required);
    assert_eq!(ana.post(&format!("{path}/resources"), &body).refusal(), required);
    team.world
        .state()
        .database
        .borrow()
        .change("UPDATE users SET mfa_enabled_at = 1 WHERE name LIKE 'Somebody%'");
    assert_eq!(ana.get(&path).ok().str("/id"), workspace);
    assert_eq!(ana.get(&format!("{path}/resources")).ok().json()["data"], Value::Array(Vec::new()));
    ana.post(&format!("{path}/resources"), &body).ok();
}

/// S2-06: before the second factor is there, a person is told that it is missing, and nothing of what will be theirs.
#[test]
fn before_the_second_factor_nothing_of_the_workspace_shows_anywhere() {
    let mut team = Team::of("client-links");
    let page = team.resource("facebook");
    let workspace = team.workspace();
    let more =
        json!({"access": {"require_mfa": true, "resources": [{"id": page}], "addable_kinds": ["linkedin"]}});
    let mut ana = team.joined_with("ana.client@client.test", "client", more);
    let id = team.member("ana.client@client.test");
    let path = format!("/v1/workspaces/{workspace}/members/{id}/access");
    let mine = ana.get("/v1/me/workspaces").ok().json()["data"][0].clone();
    assert_eq!((&mine["state"], &mine["access"]), (&json!("mfa_required"), &Value::Null));
    assert_eq!(mine["workspace"]["id"], workspace, "they are told where it is missing");
    let own = ana.get(&path).ok().json();
    assert_eq!((&own["state"], &own["require_mfa"]), (&json!("mfa_required"), &json!(true)));
    assert_eq!(
        (&own["permissions"]["keys"], &own["resources"], &own["addable_kinds"]),
        (&json!([]), &json!([]), &json!([]))
    );
    let required = refusal(403, "mfa_required");
    assert_eq!(ana.get(&team.path("/workspaces")).refusal(), required);
    assert_eq!(ana.get(&format!("/v1/members/{id}")).refusal(), required);
    let given = team.owner.get(&path).ok().json();
    assert_eq!(given["resources"][0]["id"], page, "whoever gave it sees what");
    team.world.state().database.borrow().change("UPDATE users SET mfa_enabled_at = 1");
    assert_eq!(ana.get(&path).ok().json()["resources"], given["resources"]);
    assert_eq!(
        ana.get("/v1/me/workspaces").ok().json()["data"][0]["access"]["resources"],
        given["resources"]
    );
    assert_eq!(ana.get(&team.path("/workspaces")).ok().str("/data/0/id"), workspace);
}

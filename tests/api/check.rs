//! `POST /v1/check`: may this member do this? What each answer follows from is proved where it is decided; here, that the
//! question is put as things are.

use serde_json::{Value, json};

use crate::plans::assert_all_served;
use crate::support::Answer;
use crate::support::client::{Client, Team};
use crate::support::platform::Cost;
use crate::support::scene::{resource, workspace};
use crate::{about, another, complaint, refusal, remove};

const ANA: &str = "ana@client.test";

fn ask(by: &mut Client, member: &str, workspace: &str, permission: &str, resource: Option<&str>) -> Answer {
    let mut body = json!({"member_id": member, "workspace_id": workspace, "permission": permission});
    if let Some(resource) = resource {
        body["resource_id"] = resource.into();
    }
    by.post("/v1/check", &body)
}

/// What [`ask`] answers when it answers.
fn told(allowed: bool, reason: &str) -> Value {
    json!({"allowed": allowed, "reason": reason})
}

#[test]
fn an_answer_is_whether_and_why_in_one_round_trip() {
    let mut team = Team::of("client-links");
    let first = team.workspace();
    let (facebook, linkedin) = (resource(&team, &first, "facebook"), resource(&team, &first, "linkedin"));
    let other = resource(&team, &first, "facebook");
    let access = json!({
        "permissions": ["posts.edit", "posts.boost"],
        "resources": [{"id": facebook, "approve": true}, {"id": linkedin}],
    });
    let mut ana = team.joined_with(ANA, "client", json!({"access": access}));
    let (id, owner) = (team.member(ANA), team.member("olga.owner@studio.test"));
    for (permission, on, expected) in [
        ("posts.edit", None, told(true, "granted")),
        ("posts.edit", Some(&facebook), told(true, "granted")),
        ("posts.edit", Some(&other), told(false, "resource_not_granted")),
        ("posts.delete", Some(&facebook), told(false, "permission_not_granted")),
        ("posts.boost", Some(&facebook), told(true, "granted")),
        ("posts.boost", Some(&linkedin), told(false, "kind_not_covered")),
        ("posts.view", Some(&linkedin), told(true, "follows_from_grant")),
        ("posts.approve", Some(&facebook), told(true, "follows_from_grant")),
        ("posts.approve", Some(&linkedin), told(false, "permission_not_granted")),
        ("posts.nothing", None, told(false, "unknown_permission")),
        ("posts.edit", Some(&"res_01h455vb4pex5vsknk084sn02r".to_owned()), told(false, "unknown_resource")),
        ("posts.edit", Some(&"nonsense".to_owned()), told(false, "unknown_resource")),
    ] {
        let answer = ask(&mut ana, &id, &first, permission, on.map(String::as_str));
        assert_eq!(team.world.last_cost(), Cost { d1: 1, kv: 0 });
        assert_eq!(answer.ok().json(), expected, "{permission} {on:?}");
    }
    let all = ask(&mut team.owner, &owner, &first, "posts.boost", Some(&linkedin)).ok().json();
    assert_eq!(all, told(true, "owner_or_admin"));
    assert_all_served(&team.world);
}

#[test]
fn a_question_is_for_those_who_run_the_organization_and_for_oneself() {
    let mut team = Team::of("reporting");
    let mut ana = team.joined(ANA, "client");
    let mut staff = team.joined("mia.member@studio.test", "member");
    let mut admin = team.joined("admin@studio.test", "admin");
    let (first, id, mia) = (team.workspace(), team.member(ANA), team.member("mia.member@studio.test"));
    ask(&mut admin, &id, &first, "reports.view", None).ok();
    ask(&mut staff, &mia, &first, "reports.view", None).ok();
    ask(&mut ana, &id, &first, "reports.view", None).ok();
    assert_eq!(ask(&mut ana, &mia, &first, "reports.view", None).refusal(), refusal(403, "forbidden"));
    assert_eq!(ask(&mut staff, &id, &first, "reports.view", None).refusal(), refusal(403, "forbidden"));
    let mut nobody = team.world.client();
    assert_eq!(
        ask(&mut nobody, &id, &first, "reports.view", None).refusal(),
        refusal(401, "unauthenticated")
    );
    assert_eq!(nobody.post("/v1/check", &json!({})).refusal(), refusal(401, "unauthenticated"));
}

#[test]
fn members_and_workspaces_of_another_organization_do_not_exist() {
    let mut team = Team::new();
    team.joined(ANA, "client");
    let (first, id) = (team.workspace(), team.member(ANA));
    let mut other = another(&team.world);
    let (theirs, oscar) = (other.workspace(), other.member("oscar.owner@other.test"));
    for (member, place) in [(&id, &theirs), (&oscar, &first), (&oscar, &theirs)] {
        let answer = ask(&mut team.owner, member, place, "compose", None);
        assert_eq!(answer.refusal(), refusal(404, "not_found"));
    }
    for (member, place) in [("nonsense", first.as_str()), (&id, "nonsense")] {
        assert_eq!(ask(&mut team.owner, member, place, "compose", None).refusal(), refusal(404, "not_found"));
    }
    let unknown =
        team.owner.post("/v1/check", &json!({"member_id": id, "workspace_id": first, "permision": "x"}));
    assert_eq!(complaint(&unknown), about(422, "unknown_field", "/permision"));
}

#[test]
fn a_resource_of_another_workspace_or_a_deleted_one_is_unknown_to_everybody() {
    let mut team = Team::of("client-links");
    team.joined_with(ANA, "client", json!({"access": {"resources": "all"}}));
    let (first, id, owner) = (team.workspace(), team.member(ANA), team.member("olga.owner@studio.test"));
    let second = workspace(&team, "Second");
    let (elsewhere, deleted) = (resource(&team, &second, "facebook"), resource(&team, &first, "facebook"));
    assert_eq!(
        ask(&mut team.owner, &id, &first, "posts.edit", Some(&deleted)).ok().json(),
        told(true, "granted")
    );
    team.world
        .state()
        .database
        .borrow()
        .change(&format!("UPDATE resources SET deleted_at = 1 WHERE id = '{deleted}'"));
    for member in [&id, &owner] {
        for on in [&elsewhere, &deleted] {
            let answer = ask(&mut team.owner, member, &first, "posts.edit", Some(on)).ok().json();
            assert_eq!(answer, told(false, "unknown_resource"));
        }
    }
}

#[test]
fn what_stands_between_is_what_the_answer_says() {
    let mut team = Team::of("reporting");
    team.joined(ANA, "client");
    let (first, id) = (team.workspace(), team.member(ANA));
    let second = workspace(&team, "Second");
    let campaign = resource(&team, &first, "campaign");
    let path = format!("/v1/workspaces/{first}/members/{id}");
    let why = |team: &mut Team, place: &str| {
        ask(&mut team.owner, &id, place, "reports.view", None).ok().str("/reason")
    };
    assert_eq!(why(&mut team, &first), "no_resources");
    assert_eq!(why(&mut team, &second), "not_in_workspace");
    team.owner.patch(&path, &json!({"access": {"resources": [{"id": campaign}]}})).ok();
    assert_eq!(why(&mut team, &first), "granted", "at once");
    team.owner.patch(&path, &json!({"access": {"require_mfa": true}})).ok();
    assert_eq!(why(&mut team, &first), "mfa_required");
    team.world.state().database.borrow().change("UPDATE users SET mfa_enabled_at = 1");
    assert_eq!(why(&mut team, &first), "granted");
    remove(&team, ANA);
    assert_eq!(why(&mut team, &first), "removed");
}

/// S3-17: a node is granted, then one leaf under it is turned off.
#[test]
fn one_leaf_of_a_granted_node_is_turned_off() {
    let mut team = Team::of("client-portal");
    team.joined_with(ANA, "client", json!({"access": {"permissions": ["files"]}}));
    let (first, id) = (team.workspace(), team.member(ANA));
    let mut allowed = |permission: &str| {
        ask(&mut team.owner, &id, &first, permission, None).ok().json()["allowed"].as_bool().unwrap()
    };
    assert!(allowed("files") && allowed("files.delete"));
    let left = json!({"access": {"permissions": ["files.view", "files.upload"]}});
    team.owner.patch(&format!("/v1/workspaces/{first}/members/{id}"), &left).ok();
    let mut allowed = |permission: &str| {
        ask(&mut team.owner, &id, &first, permission, None).ok().json()["allowed"].as_bool().unwrap()
    };
    assert!(allowed("files.view") && !allowed("files.delete") && !allowed("files"));
}

//! Changing what a member is or is called.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::members::{ANA, MIA};
use crate::plans::assert_all_served;
use crate::support::client::{Client, Team};
use crate::support::race::{Racer, race};
use crate::support::scene::{audited, notified, plan, resource, seats};
use crate::support::{Answer, World};
use crate::{about, complaint, refusal, remove};

pub fn patch(by: &mut Client, member: &str, change: &Value) -> Answer {
    by.patch(&format!("/v1/members/{member}"), change)
}

pub fn roles(team: &Team) -> Vec<(String, i64)> {
    let rows = team
        .world
        .state()
        .database
        .borrow()
        .query("SELECT role, holds_seat FROM members WHERE removed_at IS NULL ORDER BY joined_at, id");
    rows.iter()
        .map(|row| (row["role"].as_str().unwrap().to_owned(), row["holds_seat"].as_i64().unwrap()))
        .collect()
}

#[test]
fn a_name_is_theirs_in_this_organization_and_is_never_cleared() {
    let mut team = Team::new();
    let mut mia = team.joined(MIA, "member");
    let id = team.member(MIA);
    assert_eq!(patch(&mut mia, &id, &json!({"name": "  Mia   M. "})).ok().str("/user/name"), "Mia M.");
    assert_eq!(
        patch(&mut team.owner, &id, &json!({"name": "Mia of Sales"})).ok().str("/user/name"),
        "Mia of Sales"
    );
    assert_eq!(mia.get("/v1/me").ok().str("/user/name"), "Somebody New", "the account keeps its own");
    for by in [&mut mia, &mut team.owner] {
        let cleared = patch(by, &id, &json!({"name": null}));
        assert_eq!(complaint(&cleared), about(422, "required", "/name"));
    }
    assert_eq!(patch(&mut mia, &id, &json!({"name": "Somebody New"})).ok().str("/user/name"), "Somebody New");
    assert_eq!(team.member("somebody"), id, "and is found by it");
    let mut actions = audited(&team, &id);
    actions.retain(|(action, _)| action == "member.renamed");
    assert_eq!(actions.len(), 3);
}

#[test]
fn a_name_or_role_that_can_not_be_used_is_refused_by_place() {
    let mut team = Team::new();
    team.joined(MIA, "member");
    let id = team.member(MIA);
    for (body, code, pointer) in [
        (json!({"name": ""}), "invalid_value", "/name"),
        (json!({"name": "www.spam.test"}), "invalid_value", "/name"),
        (json!({"name": 7}), "invalid_type", "/name"),
        (json!({"role": "boss"}), "invalid_value", "/role"),
        (json!({"role": null}), "required", "/role"),
        (json!({"rloe": "admin"}), "unknown_field", "/rloe"),
    ] {
        assert_eq!(complaint(&patch(&mut team.owner, &id, &body)), about(422, code, pointer), "{body}");
    }
    let before = team.world.state().database.borrow().dump();
    patch(&mut team.owner, &id, &json!({})).ok();
    patch(&mut team.owner, &id, &json!({"role": "member"})).ok();
    assert_eq!(team.world.state().database.borrow().dump(), before, "nothing to change changes nothing");
}

#[test]
fn a_role_is_changed_by_those_who_may_invite_the_old_one_and_the_new_one() {
    let mut team = Team::new();
    let mut admin = team.joined("admin@studio.test", "admin");
    team.joined(MIA, "member");
    team.joined(ANA, "client");
    let (mia, ana) = (team.member(MIA), team.member(ANA));
    let (owner, admin_id) = (team.member("olga.owner@studio.test"), team.member("admin@studio.test"));
    assert_eq!(patch(&mut admin, &mia, &json!({"role": "admin"})).ok().str("/role"), "admin");
    assert_eq!(patch(&mut admin, &mia, &json!({"role": "client"})).ok().str("/role"), "client");
    assert_eq!(patch(&mut team.owner, &admin_id, &json!({"role": "member"})).ok().str("/role"), "member");
    // From here on the admin is a member of the staff.
    for (member, change) in [(&ana, "member"), (&owner, "member"), (&admin_id, "admin")] {
        let refused = patch(&mut admin, member, &json!({"role": change}));
        assert_eq!(refused.refusal(), refusal(403, "forbidden"), "{change}");
    }
    for (member, change, expected) in
        [(&mia, "owner", refusal(403, "role_not_allowed")), (&owner, "admin", refusal(409, "last_owner"))]
    {
        let refused = patch(&mut team.owner, member, &json!({"role": change}));
        assert_eq!(refused.refusal(), expected, "{change}");
    }
}

#[test]
fn nobody_changes_their_own_role_and_an_admin_does_not_touch_the_owner() {
    let mut team = Team::new();
    let mut admin = team.joined("admin@studio.test", "admin");
    let mut ana = team.joined(ANA, "client");
    let (owner, own, ana_id) =
        (team.member("olga.owner@studio.test"), team.member("admin@studio.test"), team.member(ANA));
    assert_eq!(patch(&mut admin, &own, &json!({"role": "member"})).refusal(), refusal(403, "forbidden"));
    assert_eq!(patch(&mut ana, &ana_id, &json!({"role": "admin"})).refusal(), refusal(403, "forbidden"));
    assert_eq!(patch(&mut admin, &owner, &json!({"role": "client"})).refusal(), refusal(409, "last_owner"));
    assert_eq!(patch(&mut admin, &owner, &json!({"name": "Gone"})).refusal(), refusal(403, "forbidden"));
    assert_eq!(
        patch(&mut admin, &ana_id, &json!({"role": "owner"})).refusal(),
        refusal(403, "role_not_allowed")
    );
}

#[test]
fn a_role_notice_is_in_the_app_and_a_change_is_audited_with_before_and_after() {
    let mut team = Team::new();
    team.joined(MIA, "member");
    let (mia, owner) = (team.member(MIA), team.member("olga.owner@studio.test"));
    let mails = team.world.mailbox().len();
    patch(&mut team.owner, &mia, &json!({"role": "admin"})).ok();
    team.world.deliver();
    assert_eq!(team.world.mailbox().len(), mails, "joining and roles send nobody mail");
    assert_eq!(notified(&team, &mia), ["member.role_changed"]);
    assert_eq!(audited(&team, &mia), [("member.role_changed".to_owned(), owner)]);
    let entry = team.world.state().database.borrow().query(
        "SELECT before ->> 'role' AS was, after ->> 'role' AS is_now FROM audit_events WHERE action = 'member.role_changed'",
    );
    assert_eq!(entry, [json!({"was": "member", "is_now": "admin"})]);
}

#[test]
fn a_role_that_takes_a_new_seat_asks_for_one_and_one_that_takes_none_frees_it() {
    let mut team = Team::with_seats(1);
    team.joined(MIA, "member");
    team.joined(ANA, "client");
    let (mia, ana) = (team.member(MIA), team.member(ANA));
    let full = patch(&mut team.owner, &ana, &json!({"role": "member"}));
    assert_eq!(full.refusal(), refusal(409, "seat_limit_reached"));
    assert_eq!(audited(&team, &ana).len(), 0, "a refused change is in no log");
    patch(&mut team.owner, &mia, &json!({"role": "admin"})).ok();
    assert_eq!(seats(&team), (1, 0), "one seat for one person");
    patch(&mut team.owner, &mia, &json!({"role": "client"})).ok();
    assert_eq!(seats(&team), (0, 0));
    patch(&mut team.owner, &ana, &json!({"role": "admin"})).ok();
    assert_eq!(seats(&team), (1, 0));
}

#[test]
fn an_ended_trial_gives_no_new_seat_and_takes_none_away() {
    let world = World::new();
    let ends = world.now().plus(Duration::from_mins(1)).to_string();
    let mut team =
        Team::with_plan(world, Some(json!({"key": "trial", "seat_limit": 9, "trial_ends_at": ends})));
    team.joined(MIA, "member");
    team.joined(ANA, "client");
    let (mia, ana) = (team.member(MIA), team.member(ANA));
    team.world.pass(Duration::from_secs(61));
    let refused = patch(&mut team.owner, &ana, &json!({"role": "member"}));
    assert_eq!(refused.refusal(), refusal(403, "trial_ended"));
    patch(&mut team.owner, &mia, &json!({"role": "admin"})).ok();
}

#[test]
fn a_plan_without_the_feature_lets_nobody_with_their_own_list_become_a_client() {
    let mut team = Team::of("reporting");
    team.joined_with(MIA, "member", json!({"access": {"permissions": ["reports"]}}));
    let mia = team.member(MIA);
    let refused = patch(&mut team.owner, &mia, &json!({"role": "client"}));
    assert_eq!(refused.refusal(), refusal(403, "plan_feature_required"));
    plan(&team, Some(25), r#"["custom_client_permissions"]"#);
    patch(&mut team.owner, &mia, &json!({"role": "client"})).ok();
}

#[test]
fn a_role_that_works_with_credentials_settles_whose_they_are() {
    let mut team = Team::of("publishing");
    let first = team.workspace();
    let page = resource(&team, &first, "facebook");
    team.joined_with(ANA, "client", json!({"access": {"resources": [{"id": page}]}}));
    let ana = team.member(ANA);
    let mut credentials = |role: &str| {
        patch(&mut team.owner, &ana, &json!({"role": role})).ok().json()["workspaces"][0]["access"]["resources"][0]["credentials"].clone()
    };
    assert_eq!(credentials("member"), "owner", "staff write posts by default");
    assert_eq!(credentials("client"), Value::Null, "and clients only read them");
}

#[test]
fn a_removed_members_role_and_name_stay_as_they_were() {
    let mut team = Team::new();
    team.joined(MIA, "member");
    let mia = team.member(MIA);
    remove(&team, MIA);
    for change in [json!({"role": "admin"}), json!({"name": "New"})] {
        let refused = patch(&mut team.owner, &mia, &change);
        assert_eq!(refused.refusal(), refusal(409, "member_not_active"), "{change}");
    }
}

#[test]
fn of_two_changes_of_one_role_the_second_is_judged_by_what_the_first_made() {
    // One seat is free; both want it for somebody without one.
    let mut team = Team::with_seats(2);
    let admin = team.joined("admin@studio.test", "admin");
    team.joined(ANA, "client");
    let ana = team.member(ANA);
    let path = format!("/v1/members/{ana}");
    for schedule in [[0, 1, 0, 1, 0, 1], [0, 0, 1, 1, 0, 1], [1, 0, 0, 0, 1, 1]] {
        let racers = vec![
            Racer::new(&team.owner, &Method::PATCH, &path, &json!({"role": "admin"})),
            Racer::new(&admin, &Method::PATCH, &path, &json!({"role": "member"})),
        ];
        for answer in race(&team.world, racers, &schedule) {
            answer.ok();
        }
        assert_eq!(seats(&team), (2, 0), "one person, one seat");
        patch(&mut team.owner, &ana, &json!({"role": "client"})).ok();
    }
}

#[test]
fn whoever_is_demoted_while_they_change_somebody_changes_nothing() {
    let mut team = Team::new();
    let admin = team.joined("admin@studio.test", "admin");
    team.joined(ANA, "client");
    let (own, ana) = (team.member("admin@studio.test"), team.member(ANA));
    let racers = vec![
        Racer::new(&admin, &Method::PATCH, &format!("/v1/members/{ana}"), &json!({"role": "admin"})),
        Racer::new(&team.owner, &Method::PATCH, &format!("/v1/members/{own}"), &json!({"role": "client"})),
    ];
    // The admin is known as one; then the owner's change comes in between.
    let answers = race(&team.world, racers, &[0, 0, 1, 1, 1, 1, 0]);
    assert_eq!(answers[1].status, 200);
    assert_eq!(answers[0].refusal(), refusal(403, "forbidden"));
    assert_eq!(team.owner.get(&format!("/v1/members/{ana}")).ok().str("/role"), "client");
}

#[test]
fn every_statement_about_members_is_served_by_an_index() {
    let mut team = Team::new();
    team.joined(MIA, "member");
    let (mia, first) = (team.member(MIA), team.workspace());
    for query in ["role=member", "status=removed", &format!("workspace_id={first}"), "q=mia"] {
        team.owner.get(&team.path(&format!("/members?{query}"))).ok();
    }
    patch(&mut team.owner, &mia, &json!({"role": "client", "name": "Mia"})).ok();
    team.owner.post(&team.path("/owner"), &json!({"member_id": mia})).ok();
    assert_all_served(&team.world);
}

/// An admin never needed to be put in a workspace; as staff or as a client they need one.
#[test]
fn an_admin_who_becomes_staff_or_a_client_is_put_into_the_oldest_workspace() {
    for role in ["member", "client"] {
        let mut team = Team::new();
        let oldest = team.workspace();
        team.owner.post(&team.path("/workspaces"), &json!({"name": "Second"})).ok();
        let mut ada = team.joined("ada.admin@studio.test", "admin");
        let id = team.member("ada.admin@studio.test");
        let changed = team.owner.patch(&format!("/v1/members/{id}"), &json!({"role": role})).ok();
        assert_eq!(changed.str("/workspaces/0/id"), oldest, "{role}");
        assert_eq!(ada.get("/v1/me/workspaces").ok().str("/data/0/workspace/id"), oldest, "{role}");
    }
}

#[test]
fn somebody_who_was_in_a_workspace_stays_there_whatever_they_become() {
    let mut team = Team::new();
    let second = team.owner.post(&team.path("/workspaces"), &json!({"name": "Second"})).ok().str("/id");
    team.joined_with("mia.member@studio.test", "member", json!({"workspace_ids": [second]}));
    let path = format!("/v1/members/{}", team.member("mia.member@studio.test"));
    for role in ["admin", "client"] {
        let changed = team.owner.patch(&path, &json!({"role": role})).ok().json();
        assert_eq!(changed["workspaces"].as_array().unwrap().len(), 1, "{role}");
        assert_eq!(changed["workspaces"][0]["id"], second, "{role}");
    }
}

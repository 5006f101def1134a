//! Memberships: putting somebody who is in into a further workspace, what they have there, and taking them out.

use http::Method;
use serde_json::{Value, json};

use crate::plans::assert_all_served;
use crate::support::Answer;
use crate::support::client::{Client, Team};
use crate::support::race::{Racer, race};
use crate::support::scene::{audited, notified, plan, resource, seats, workspace};
use crate::{about, another, complaint, refusal, remove};

pub const MIA: &str = "mia.member@studio.test";
pub const ANA: &str = "ana@client.test";

pub fn add(by: &mut Client, workspace: &str, body: &Value) -> Answer {
    by.post(&format!("/v1/workspaces/{workspace}/members"), body)
}

pub fn change(by: &mut Client, workspace: &str, member: &str, access: &Value) -> Answer {
    by.patch(&format!("/v1/workspaces/{workspace}/members/{member}"), &json!({"access": access}))
}

pub fn access(by: &mut Client, workspace: &str, member: &str) -> Answer {
    by.get(&format!("/v1/workspaces/{workspace}/members/{member}/access"))
}

/// A team of this template with a client, who is in its first workspace.
pub fn with_client(template: &str) -> (Team, Client, String, String) {
    let mut team = Team::of(template);
    let ana = team.joined(ANA, "client");
    let (id, first) = (team.member(ANA), team.workspace());
    (team, ana, id, first)
}

#[test]
fn somebody_who_is_in_is_put_into_a_further_workspace_with_an_access_of_its_own() {
    let (mut team, mut ana, id, _) = with_client("publishing");
    let second = workspace(&team, "Second");
    let page = resource(&team, &second, "facebook");
    let body = json!({"member_id": id, "access": {
        "permissions": ["posts.write"], "resources": [{"id": page, "credentials": "member"}],
        "addable_kinds": ["facebook"],
    }});
    let added = add(&mut team.owner, &second, &body);
    assert_eq!(added.status, 201);
    let shown = added.json();
    assert_eq!((&shown["state"], &shown["role"]), (&json!("ready"), &json!("client")));
    assert_eq!(
        shown["permissions"]["keys"],
        json!(["posts.write.create", "posts.write.edit", "posts.write.delete"])
    );
    assert_eq!(shown["resources"], json!([{"id": page, "approve": false, "credentials": "member"}]));
    assert_eq!(access(&mut ana, &second, &id).ok().json(), shown, "and that is what they see");
    assert_eq!(audited(&team, &id).len(), 1);
    assert_eq!(notified(&team, &id), ["membership.added"]);
    assert_eq!(ana.get("/v1/me/workspaces").ok().str("/data/0/workspace/id"), second);
}

#[test]
fn only_somebody_who_came_in_is_added_and_only_once() {
    let (mut team, _, id, first) = with_client("team");
    let second = workspace(&team, "Second");
    assert_eq!(
        add(&mut team.owner, &first, &json!({"member_id": id})).refusal(),
        refusal(409, "membership_exists")
    );
    let owner = team.member("olga.owner@studio.test");
    let everywhere = add(&mut team.owner, &second, &json!({"member_id": owner}));
    assert_eq!(everywhere.refusal(), refusal(409, "membership_exists"), "the owner is in every workspace");
    // Added at once, and never came: no password, and no proof of the address.
    team.joined("added@client.test", "client");
    let added = team.member("added@client.test");
    team.world.state().database.borrow().change(&format!(
        "UPDATE users SET password_hash = NULL, email_verified_at = NULL, confined_to = '{}' WHERE email = 'added@client.test'",
        team.organization
    ));
    assert_eq!(
        add(&mut team.owner, &second, &json!({"member_id": added})).refusal(),
        refusal(409, "member_not_active")
    );
    remove(&team, ANA);
    let mut other = another(&team.world);
    let foreign = other.member("oscar.owner@other.test");
    for (member, expected) in [
        (id.as_str(), refusal(409, "member_not_active")),
        (&foreign, refusal(404, "not_found")),
        ("mbr_01h455vb4pex5vsknk084sn02q", refusal(404, "not_found")),
        ("nonsense", refusal(404, "not_found")),
    ] {
        assert_eq!(
            add(&mut team.owner, &second, &json!({"member_id": member})).refusal(),
            expected,
            "{member}"
        );
    }
    assert_eq!(
        team.world.count(&format!("SELECT count(*) FROM memberships WHERE workspace_id = '{second}'")),
        0
    );
}

#[test]
fn a_body_that_can_not_be_used_is_refused_by_place() {
    let (mut team, _, id, first) = with_client("publishing");
    let second = workspace(&team, "Second");
    let elsewhere = resource(&team, &first, "facebook");
    for (body, code, pointer) in [
        (json!({}), "required", "/member_id"),
        (json!({"member_id": id, "acess": {}}), "unknown_field", "/acess"),
        (
            json!({"member_id": id, "access": {"permissions": ["posts.nothing"]}}),
            "invalid_value",
            "/access/permissions/0",
        ),
        (
            json!({"member_id": id, "access": {"resources": [{"id": elsewhere}]}}),
            "invalid_value",
            "/access/resources/0/id",
        ),
        (
            json!({"member_id": id, "access": {"resources": [{"id": elsewhere, "credentials": "owner"}]}}),
            "credentials_not_applicable",
            "/access/resources/0/credentials",
        ),
    ] {
        assert_eq!(complaint(&add(&mut team.owner, &second, &body)), about(422, code, pointer), "{body}");
    }
    let mut nobody = team.world.client();
    assert_eq!(add(&mut nobody, &second, &json!({"nothing": 1})).refusal(), refusal(401, "unauthenticated"));
}

#[test]
fn a_change_of_access_leaves_what_is_not_given() {
    let (mut team, _, id, first) = with_client("publishing");
    let page = resource(&team, &first, "facebook");
    let other = resource(&team, &first, "linkedin");
    let given = json!({
        "permissions": ["posts.write"], "addable_kinds": ["facebook"], "require_mfa": true,
        "resources": [{"id": page, "approve": true, "credentials": "member"}],
    });
    let before = change(&mut team.owner, &first, &id, &given).ok().json();
    let mut expected = before.clone();
    assert_eq!(before["state"], "mfa_required");

    expected["require_mfa"] = json!(false);
    expected["state"] = json!("ready");
    assert_eq!(change(&mut team.owner, &first, &id, &json!({"require_mfa": null})).ok().json(), expected);
    expected["addable_kinds"] = json!([]);
    assert_eq!(change(&mut team.owner, &first, &id, &json!({"addable_kinds": null})).ok().json(), expected);
    expected["resources"] = json!([{"id": other, "approve": false, "credentials": "owner"}]);
    assert_eq!(
        change(&mut team.owner, &first, &id, &json!({"resources": [{"id": other}]})).ok().json(),
        expected
    );
    expected["permissions"] = json!({"mode": "default", "keys": []});
    expected["resources"][0]["credentials"] = Value::Null;
    assert_eq!(change(&mut team.owner, &first, &id, &json!({"permissions": null})).ok().json(), expected);
    expected["resources"] = json!("all");
    assert_eq!(change(&mut team.owner, &first, &id, &json!({"resources": "all"})).ok().json(), expected);

    let log = audited(&team, &id).len();
    assert_eq!(change(&mut team.owner, &first, &id, &json!({})).ok().json(), expected);
    assert_eq!(audited(&team, &id).len(), log, "nothing to change changes nothing");
}

/// As an invitation's: null takes away what was said of it.
#[test]
fn an_access_of_null_begins_again_from_the_default() {
    let (mut team, member, place) = begun_anew();
    let path = format!("/v1/workspaces/{place}/members/{member}");
    let cleared = team.owner.patch(&path, &json!({"access": null})).ok().json();
    assert_eq!(cleared["permissions"]["mode"], "default");
    assert_eq!(cleared["resources"], json!([]));
    assert_eq!(cleared["addable_kinds"], json!([]));
    assert_eq!(cleared["require_mfa"], false);
    assert_eq!(team.owner.get(&format!("{path}/access")).ok().json(), cleared);
    assert_eq!(seats(&team), (0, 0), "and the seat is free");
    assert_eq!(team.world.count("SELECT count(*) FROM grants"), 0);
    assert_eq!(audited(&team, &member).last().unwrap().0, "membership.updated");
}

#[test]
fn nothing_given_changes_nothing() {
    let (mut team, member, place) = begun_anew();
    let path = format!("/v1/workspaces/{place}/members/{member}");
    let before = team.world.state().database.borrow().dump();
    team.owner.patch(&path, &json!({})).ok();
    team.owner.patch(&path, &json!({"access": {}})).ok();
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

/// A second factor that somebody found needed goes with the rest only for those who run the organization.
#[test]
fn staff_do_not_begin_an_access_again_that_asks_for_a_second_factor() {
    let (mut team, member, place) = begun_anew();
    let policy = json!({"policy": {"invites": {"member": ["client"]}}});
    team.owner.patch(&team.path(""), &policy).ok();
    let mut sam =
        team.joined_with("sam.staff@studio.test", "member", json!({"access": {"resources": "all"}}));
    let path = format!("/v1/workspaces/{place}/members/{member}");
    assert_eq!(sam.patch(&path, &json!({"access": null})).refusal(), refusal(403, "beyond_your_access"));
}

/// A client who was given everything that there is to give.
fn begun_anew() -> (Team, String, String) {
    let mut team = Team::of("client-links");
    let place = team.workspace();
    let page = resource(&team, &place, "facebook");
    let access = json!({"permissions": ["posts.create"], "resources": [{"id": page}], "addable_kinds": ["facebook"],
        "require_mfa": true});
    team.joined_with("ana.all@client.test", "client", json!({"access": access}));
    let member = team.member("ana.all@client.test");
    (team, member, place)
}

#[test]
fn an_audit_entry_tells_what_the_access_was_and_what_it_became() {
    let (mut team, _, id, first) = with_client("client-links");
    change(&mut team.owner, &first, &id, &json!({"permissions": ["posts.create"]})).ok();
    let entry = team.world.state().database.borrow().query(
        "SELECT json_extract(before, '$.permissions') AS was, json_extract(after, '$.permissions') AS is_now
         FROM audit_events WHERE action = 'membership.updated'",
    );
    assert_eq!(entry, [json!({"was": null, "is_now": "[\"posts.create\"]"})]);
}

#[test]
fn a_permission_that_takes_a_seat_asks_for_one_and_taking_it_away_frees_it() {
    let (mut team, _, id, first) = with_client("client-links");
    plan(&team, Some(1), r#"["custom_client_permissions"]"#);
    team.joined(MIA, "member");
    let create = json!({"permissions": ["posts.create"]});
    assert_eq!(change(&mut team.owner, &first, &id, &create).refusal(), refusal(409, "seat_limit_reached"));
    plan(&team, Some(2), r#"["custom_client_permissions"]"#);
    change(&mut team.owner, &first, &id, &create).ok();
    assert_eq!(seats(&team), (2, 0));
    let second = workspace(&team, "Second");
    add(&mut team.owner, &second, &json!({"member_id": id, "access": create})).ok();
    assert_eq!(seats(&team), (2, 0), "one person, one seat");
    change(&mut team.owner, &first, &id, &json!({"permissions": "default"})).ok();
    assert_eq!(seats(&team), (2, 0), "the other workspace still takes it");
    assert_eq!(team.owner.delete(&format!("/v1/workspaces/{second}/members/{id}")).status, 204);
    assert_eq!(seats(&team), (1, 0));
    let again = json!({"member_id": id, "access": {"permissions": {"clone_of": id}}});
    add(&mut team.owner, &second, &again).ok();
    assert_eq!(seats(&team), (1, 0), "a clone of the default takes none");
}

#[test]
fn a_clients_own_list_needs_the_plans_feature_and_a_lowered_plan_takes_nothing_away() {
    let (mut team, _, id, first) = with_client("reporting");
    let custom = json!({"permissions": ["reports"]});
    assert_eq!(
        change(&mut team.owner, &first, &id, &custom).refusal(),
        refusal(403, "plan_feature_required")
    );
    plan(&team, Some(25), r#"["custom_client_permissions"]"#);
    change(&mut team.owner, &first, &id, &custom).ok();
    plan(&team, Some(25), "[]");
    let kept = change(&mut team.owner, &first, &id, &json!({"require_mfa": true})).ok().json();
    assert_eq!(kept["permissions"]["mode"], "custom");
    let second = workspace(&team, "Second");
    let cloned = json!({"member_id": id, "access": {"permissions": {"clone_of": id}}});
    assert_eq!(add(&mut team.owner, &second, &cloned).refusal(), refusal(403, "plan_feature_required"));
}

#[test]
fn staff_give_no_more_than_they_hold_and_only_where_they_are() {
    let mut team = Team::of("reporting");
    plan(&team, None, r#"["custom_client_permissions"]"#);
    let first = team.workspace();
    let (mine, other) = (resource(&team, &first, "campaign"), resource(&team, &first, "campaign"));
    let more = json!({"access": {"permissions": ["reports"], "resources": [{"id": mine}]}});
    let mut staff = team.joined_with(MIA, "member", more);
    team.joined_with(ANA, "client", json!({"access": {"permissions": ["reports.view"]}}));
    let (ana, mia) = (team.member(ANA), team.member(MIA));
    change(&mut staff, &first, &ana, &json!({"permissions": ["reports"], "resources": [{"id": mine}]})).ok();
    for beyond in [
        json!({"permissions": ["tasks.view"]}),
        json!({"permissions": "default"}),
        json!({"resources": [{"id": other}]}),
        json!({"resources": "all"}),
    ] {
        let refused = change(&mut staff, &first, &ana, &beyond);
        assert_eq!(refused.refusal(), refusal(403, "beyond_your_access"), "{beyond}");
    }
    // Their own access is not theirs to change, nor other staff's.
    assert_eq!(
        change(&mut staff, &first, &mia, &json!({"permissions": null})).refusal(),
        refusal(403, "forbidden")
    );
    let second = workspace(&team, "Second");
    let body = json!({"member_id": ana, "access": {"permissions": ["reports.view"]}});
    assert_eq!(add(&mut staff, &second, &body).refusal(), refusal(403, "forbidden"));
    let outside = staff.delete(&format!("/v1/workspaces/{second}/members/{ana}"));
    assert_eq!(outside.refusal(), refusal(403, "forbidden"));
    assert_eq!(staff.delete(&format!("/v1/workspaces/{first}/members/{ana}")).status, 204);
}

#[test]
fn two_changes_at_the_same_time_both_count_and_none_is_made_from_what_is_no_more() {
    for schedule in [[0, 1, 0, 1, 0, 1], [0, 0, 1, 1, 1, 0], [1, 0, 1, 1, 0, 0]] {
        let (mut team, _, id, first) = with_client("publishing");
        let page = resource(&team, &first, "facebook");
        change(&mut team.owner, &first, &id, &json!({"permissions": ["posts.write"]})).ok();
        let path = format!("/v1/workspaces/{first}/members/{id}");
        let of = |access: Value| Racer::new(&team.owner, &Method::PATCH, &path, &json!({"access": access}));
        // One gives credentials, which the other's permissions have no use for.
        let racers = vec![
            of(json!({"resources": [{"id": page}], "addable_kinds": ["facebook"]})),
            of(json!({"permissions": ["posts.approve"], "require_mfa": true})),
        ];
        for answer in race(&team.world, racers, &schedule) {
            answer.ok();
        }
        let now = access(&mut team.owner, &first, &id).ok().json();
        assert_eq!(now["permissions"]["keys"], json!(["posts.approve"]), "{schedule:?}");
        assert_eq!(
            now["resources"],
            json!([{"id": page, "approve": false, "credentials": null}]),
            "{schedule:?}"
        );
        assert_eq!(
            (&now["addable_kinds"], &now["require_mfa"]),
            (&json!(["facebook"]), &json!(true)),
            "{schedule:?}"
        );
    }
}

#[test]
fn two_who_add_the_same_person_at_once_add_them_once() {
    let (mut team, _, id, _) = with_client("team");
    let second = workspace(&team, "Second");
    let admin = team.joined("admin@studio.test", "admin");
    let path = format!("/v1/workspaces/{second}/members");
    let body = json!({"member_id": id});
    let racers = vec![
        Racer::new(&team.owner, &Method::POST, &path, &body),
        Racer::new(&admin, &Method::POST, &path, &body),
    ];
    let mut got: Vec<_> = race(&team.world, racers, &[0, 1, 0, 1]).iter().map(Answer::refusal).collect();
    got.sort();
    assert_eq!(got, [refusal(201, ""), refusal(409, "membership_exists")]);
    assert_eq!(notified(&team, &id).len(), 1);
}

#[test]
fn every_statement_about_memberships_is_served_by_an_index() {
    let (mut team, mut ana, id, first) = with_client("client-links");
    let page = resource(&team, &first, "facebook");
    change(&mut team.owner, &first, &id, &json!({"resources": [{"id": page}]})).ok();
    change(&mut team.owner, &first, &id, &json!({"permissions": ["posts.view"]})).ok();
    ana.get("/v1/me/workspaces").ok();
    assert_all_served(&team.world);
}

/// S3-09, S3-11: the admin sets up somebody whom nobody told yet.
#[test]
fn somebody_who_was_added_and_never_came_in_is_given_an_access_and_asked_about() {
    let mut team = Team::of("reporting");
    let body = json!({"email": "carl@client.test", "name": "Carl Client", "role": "client", "notify": false});
    let id = team.owner.post(&team.path("/members"), &body).ok().str("/id");
    let first = team.workspace();
    assert_eq!(access(&mut team.owner, &first, &id).ok().str("/state"), "no_resources");
    let campaign = resource(&team, &first, "campaign");
    change(&mut team.owner, &first, &id, &json!({"resources": [{"id": campaign}]})).ok();
    assert_eq!(access(&mut team.owner, &first, &id).ok().str("/state"), "ready");
    let question = json!({
        "member_id": id, "workspace_id": first, "permission": "dashboards.view", "resource_id": campaign,
    });
    assert_eq!(
        team.owner.post("/v1/check", &question).ok().json(),
        json!({"allowed": true, "reason": "granted"})
    );
}

/// S2-06: a second factor that is asked for stays asked for, until somebody who runs the organization does without it.
#[test]
fn staff_ask_for_a_second_factor_and_never_do_without_one() {
    let mut team = Team::of("reporting");
    let first = team.workspace();
    let mut staff = team.joined_with(MIA, "member", json!({"access": {"resources": "all"}}));
    team.joined(ANA, "client");
    let id = team.member(ANA);
    change(&mut staff, &first, &id, &json!({"require_mfa": true})).ok();
    for off in [json!({"require_mfa": false}), json!({"require_mfa": null})] {
        let refused = change(&mut staff, &first, &id, &off).refusal();
        assert_eq!(refused, refusal(403, "beyond_your_access"), "{off}");
    }
    change(&mut staff, &first, &id, &json!({"resources": "all"})).ok();
    let invited = json!({"kind": "link", "role": "client", "access": {"require_mfa": true}});
    let invitation = team.owner.post(&team.path("/invitations"), &invited).ok().str("/id");
    let path = format!("/v1/invitations/{invitation}");
    for off in [json!({"access": {"require_mfa": false}}), json!({"access": null})] {
        assert_eq!(staff.patch(&path, &off).refusal(), refusal(403, "beyond_your_access"), "{off}");
        assert_eq!(team.owner.get(&path).ok().json()["access"]["require_mfa"], true);
    }
    team.owner.patch(&path, &json!({"access": null})).ok();
    let off = change(&mut team.owner, &first, &id, &json!({"require_mfa": false})).ok().json();
    assert_eq!(off["require_mfa"], false);
}

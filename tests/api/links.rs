//! Links for many people: making them, and what the inviter's side does with them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::client::{Answer, Team};
use crate::support::scene::{somebody, workspace};
use crate::{about, accept_signed_in, complaint, copied_token, decline, ids, preview, refusal, remove};

const DAY: u64 = 24 * 3600;
const ANA: &str = "ana@client.test";

pub fn team() -> Team {
    Team::of("client-links")
}

pub fn offer(team: &mut Team, more: &Value) -> Answer {
    let mut body = json!({"kind": "link", "role": "client"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    team.owner.post(&team.path("/invitations"), &body)
}

/// A link with these fields: its id, and the token of its URL.
pub fn link(team: &mut Team, more: &Value) -> (String, String) {
    let id = offer(team, more).ok().str("/id");
    let token = copied_token(&mut team.owner, &id);
    (id, token)
}

pub fn act(team: &mut Team, id: &str, action: &str) -> Answer {
    team.owner.post(&format!("/v1/invitations/{id}/{action}"), &json!({}))
}

pub fn read(team: &mut Team, id: &str) -> Value {
    team.owner.get(&format!("/v1/invitations/{id}")).ok().json()
}

pub fn change(team: &mut Team, id: &str, changes: &Value) -> Answer {
    team.owner.patch(&format!("/v1/invitations/{id}"), changes)
}

pub fn stored(team: &Team) -> String {
    team.world.state().database.borrow().dump()
}

#[test]
fn what_is_not_said_of_a_link_has_a_default() {
    let mut team = team();
    let mut made = offer(&mut team, &json!({})).ok().json();
    let (workspace, inviter) = (team.workspace(), team.member("olga"));
    made["id"] = Value::Null;
    assert_eq!(
        made,
        json!({
            "id": null, "organization_id": team.organization, "kind": "link", "role": "client",
            "workspace_ids": [workspace], "email": null, "name": null, "nickname": null,
            "message": null, "locale": "en", "status": "pending", "delivery": "none", "takes_seat": false,
            "max_uses": null, "uses": 0,
            "expires_at": team.world.now().plus(Duration::from_secs(30 * DAY)).to_string(),
            "created_at": team.world.now().to_string(), "invited_by": inviter, "accepted_at": null,
            "accepted_by": null, "declined_at": null, "revoked_at": null, "disabled_at": null,
            "branding": {"name": null, "message": null},
            "access": {
                "permissions": {
                    "mode": "default", "keys": ["accounts.manage", "posts.view", "posts.edit", "posts.delete"],
                },
                "resources": [], "addable_kinds": [], "require_mfa": false,
            },
        })
    );
}

#[test]
fn what_is_said_of_a_link_is_kept() {
    let mut team = team();
    let second = workspace(&team, "Second");
    let said = json!({
        "nickname": "Bakery", "name": "Spring campaign", "message": "Welcome", "max_uses": 3, "expires_in": 3600,
        "branding": {"name": "Bright Agency", "message": "Join us"}, "workspace_ids": [second],
        "send_email": false,
        "access": {
            "permissions": ["posts"], "resources": "all", "addable_kinds": ["facebook"], "require_mfa": true,
        },
    });
    let made = offer(&mut team, &said).ok().json();
    for field in ["nickname", "name", "message", "max_uses", "branding", "workspace_ids"] {
        assert_eq!(made[field], said[field], "{field}");
    }
    let end = team.world.now().plus(Duration::from_hours(1)).whole_seconds();
    assert_eq!(made["expires_at"], end.to_string());
    assert_eq!(made["access"]["permissions"]["mode"], "custom");
    assert_eq!(made["access"]["resources"], "all");
    assert_eq!(made["access"]["addable_kinds"], json!(["facebook"]));
    assert_eq!(made["takes_seat"], true, "posts holds posts.create");
    assert_eq!(read(&mut team, made["id"].as_str().unwrap()), made);
}

#[test]
fn a_link_lives_for_an_hour_to_a_year_and_is_for_one_to_a_million() {
    let mut team = team();
    for (field, good, wrong) in [
        ("expires_in", [3600, 365 * DAY], [3599, 365 * DAY + 1]),
        ("max_uses", [1, 1_000_000], [0, 1_000_001]),
    ] {
        for value in good {
            offer(&mut team, &json!({field: value})).ok();
        }
        for value in wrong {
            let refused = complaint(&offer(&mut team, &json!({field: value})));
            assert_eq!(refused, about(422, "invalid_value", &format!("/{field}")), "{value}");
        }
    }
}

#[test]
fn a_link_goes_to_nobody_by_e_mail() {
    let mut team = team();
    for (field, value) in [("email", json!(ANA)), ("send_email", json!(true))] {
        let refused = complaint(&offer(&mut team, &json!({field: value})));
        assert_eq!(refused, about(422, "link_has_no_recipient", &format!("/{field}")));
    }
    let jobs = team.world.count("SELECT count(*) FROM jobs");
    let (id, _) = link(&mut team, &json!({}));
    assert_eq!(act(&mut team, &id, "resend").refusal(), refusal(422, "link_has_no_recipient"));
    assert_eq!(team.world.count("SELECT count(*) FROM jobs"), jobs);
    assert_eq!(read(&mut team, &id)["delivery"], "none");
}

#[test]
fn a_link_makes_clients_only() {
    let mut team = team();
    for role in ["admin", "member", "owner"] {
        let refused = offer(&mut team, &json!({"role": role})).refusal();
        assert_eq!(refused, refusal(403, "role_not_allowed"), "{role}");
    }
}

#[test]
fn preview_says_what_a_link_offers_and_of_whom() {
    let mut team = team();
    let (id, token) =
        link(&mut team, &json!({"nickname": "Bakery", "branding": {"name": "Bright", "message": "Hi"}}));
    let seen = preview(&mut team.world.client(), &token).ok();
    let text = seen.text();
    let seen = seen.json();
    assert_eq!((&seen["invitation_id"], &seen["kind"]), (&json!(id), &json!("link")));
    assert_eq!((&seen["brand"]["name"], &seen["message"]), (&json!("Bright"), &json!("Hi")));
    assert_eq!(seen["email_hint"], Value::Null);
    assert!(!text.contains("Bakery"), "a nickname is the inviter's own");
}

#[test]
fn nobody_declines_for_many() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({}));
    let before = stored(&team);
    for person in [&mut team.world.client(), &mut team.owner.clone()] {
        assert_eq!(decline(person, &token).refusal(), refusal(422, "link_has_no_recipient"));
    }
    assert_eq!(stored(&team), before);
    act(&mut team, &id, "disable").ok();
    assert_eq!(decline(&mut team.world.client(), &token).refusal(), refusal(410, "link_disabled"));
}

#[test]
fn only_a_link_for_many_is_turned_off_or_made_new() {
    let mut team = team();
    let invitation = team.invited(ANA, "client");
    for action in ["rotate", "disable", "enable"] {
        assert_eq!(act(&mut team, &invitation, action).refusal(), refusal(409, "not_a_link"), "{action}");
    }
    let (revoked, _) = link(&mut team, &json!({}));
    act(&mut team, &revoked, "revoke").ok();
    let (expired, _) = link(&mut team, &json!({"expires_in": 3600}));
    team.world.pass(Duration::from_hours(1));
    for id in [revoked, expired] {
        for action in ["rotate", "disable", "enable", "link"] {
            assert_eq!(act(&mut team, &id, action).refusal(), refusal(409, "not_pending"), "{action}");
        }
    }
}

#[test]
fn turning_a_link_off_or_on_twice_is_no_error_and_is_audited_once_with_what_was_and_is() {
    let mut team = team();
    let (id, _) = link(&mut team, &json!({}));
    for action in ["disable", "disable", "rotate", "enable", "enable"] {
        team.world.pass(Duration::from_millis(1));
        act(&mut team, &id, action).ok();
    }
    let inviter = team.member("olga");
    let told = team.world.state().database.borrow().query(&format!(
        "SELECT actor, action, before, after FROM audit_events
         WHERE subject = '{id}' AND action LIKE 'invitation.link_%' AND action <> 'invitation.link_copied' ORDER BY at"
    ));
    let entry = |action: &str, before: &str, after: &str| json!({"actor": inviter, "action": action, "before": before, "after": after});
    assert_eq!(
        told,
        [
            entry("invitation.link_disabled", r#"{"disabled":false}"#, r#"{"disabled":true}"#),
            entry("invitation.link_rotated", r#"{"ver":1}"#, r#"{"ver":2}"#),
            entry("invitation.link_enabled", r#"{"disabled":true}"#, r#"{"disabled":false}"#),
        ]
    );
}

#[test]
fn who_came_in_by_a_link_is_listed_newest_first_with_who_was_removed_since() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({}));
    let path = format!("/v1/invitations/{id}/redemptions");
    assert_eq!(team.owner.get(&path).ok().json(), json!({"data": [], "next_cursor": null}));
    let mut expected = Vec::new();
    for person in ["ana@client.test", "bo@client.test", "cleo@client.test"] {
        team.world.pass(Duration::from_millis(1));
        let member = accept_signed_in(&mut somebody(&team.world, person), &token).ok().str("/member_id");
        let user = team.owner.get(&team.path(&format!("/members?q={person}"))).ok().json()["data"][0]["user"]
            .clone();
        let at = team.world.now().to_string();
        expected.insert(0, json!({"member_id": member, "user": user, "redeemed_at": at, "status": "active"}));
    }
    assert_eq!(expected[0]["user"]["email"], "cleo@client.test");
    remove(&team, "bo@client.test");
    expected[1]["status"] = json!("removed");
    let first = team.owner.get(&format!("{path}?limit=2")).ok().json();
    assert_eq!(first["data"], json!(expected[..2]));
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = team.owner.get(&format!("{path}?limit=2&cursor={cursor}")).ok().json();
    assert_eq!(second, json!({"data": expected[2..], "next_cursor": null}));
    assert_eq!(complaint(&team.owner.get(&format!("{path}?limit=0"))), about(422, "invalid_value", "?limit"));
}

#[test]
fn of_an_invitation_for_one_address_that_one_person_is_listed() {
    let mut team = team();
    let id = team.invited(ANA, "client");
    let member = team.world.client().join(ANA, "Ana Client").ok().str("/member_id");
    let listed = team.owner.get(&format!("/v1/invitations/{id}/redemptions")).ok();
    assert_eq!(listed.str("/data/0/member_id"), member);
    assert_eq!(listed.json()["data"].as_array().unwrap().len(), 1);
}

#[test]
fn links_are_found_by_kind_by_nickname_and_by_what_became_of_them() {
    let mut team = team();
    let mut make = |more: Value| {
        team.world.pass(Duration::from_millis(1));
        link(&mut team, &more)
    };
    let (open, _) = make(json!({"nickname": "Bakery North"}));
    let (off, _) = make(json!({"nickname": "bakery South"}));
    let (full, token) = make(json!({"nickname": "Café", "max_uses": 1}));
    let (gone, _) = make(json!({}));
    team.invited("bakery@client.test", "client");
    act(&mut team, &off, "disable").ok();
    act(&mut team, &gone, "revoke").ok();
    accept_signed_in(&mut somebody(&team.world, ANA), &token).ok();
    let mut list =
        |query: &str| ids(&team.owner.get(&team.path(&format!("/invitations?{query}"))).ok().json());
    assert_eq!(list("kind=link"), [&gone, &full, &off, &open].map(Clone::clone));
    assert_eq!(list("kind=link&status=pending"), std::slice::from_ref(&open));
    assert_eq!(list("status=disabled"), std::slice::from_ref(&off));
    assert_eq!(list("status=full"), std::slice::from_ref(&full));
    assert_eq!(list("kind=link&status=revoked"), [gone]);
    assert_eq!(list("q=BAKERY&kind=link"), [&off, &open].map(Clone::clone));
    assert_eq!(list("q=caf%C3%A9"), [full]);
    assert_eq!(list("q=bakery&status=disabled"), [off]);
    assert_eq!(list("q=bakery").len(), 3, "and an address that begins so");
}

#[test]
fn no_answer_but_its_own_holds_a_links_url() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({}));
    let signed_part = token.split('.').nth(1).unwrap().to_owned();
    let mut ana = somebody(&team.world, ANA);
    let answers = [
        accept_signed_in(&mut ana, &token).text(),
        act(&mut team, &id, "disable").text(),
        act(&mut team, &id, "enable").text(),
        change(&mut team, &id, &json!({"nickname": "Bakery"})).text(),
        team.owner.get(&format!("/v1/invitations/{id}/redemptions")).text(),
        act(&mut team, &id, "rotate").text(),
    ];
    for answer in answers {
        assert!(!answer.contains("eyJ") && !answer.contains(&signed_part), "{answer}");
    }
    assert!(!stored(&team).contains(&signed_part), "and it is stored nowhere");
}

/// Every statement of this part, for the test that reads their plans.
pub fn walk(team: &mut Team) {
    let (id, token) = link(team, &json!({"max_uses": 9}));
    accept_signed_in(&mut somebody(&team.world, "walker@client.test"), &token).ok();
    for action in ["disable", "enable", "rotate"] {
        act(team, &id, action).ok();
    }
    team.owner.get(&format!("/v1/invitations/{id}/redemptions")).ok();
    let (invitation, workspace) = (team.invited("walked@client.test", "client"), team.workspace());
    change(team, &invitation, &json!({"email": "walking@client.test", "workspace_ids": [workspace]})).ok();
    change(team, &invitation, &json!({"role": "admin"})).ok();
}

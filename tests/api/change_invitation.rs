//! Changing an invitation until it is settled: what each field does.

use std::time::Duration;

use serde_json::{Value, json};

use crate::links::{act, change, link, read, stored};
use crate::support::client::Team;
use crate::support::scene::{place, seats, somebody};
use crate::{about, accept_signed_in, complaint, copied_token, decline, ids, preview, refusal};

const DAY: u64 = 24 * 3600;
const ANA: &str = "ana@client.test";
const BO: &str = "bo@client.test";

/// Invites Ana as a client with these fields besides.
pub fn invited(team: &mut Team, more: &Value) -> String {
    let mut body = json!({"kind": "email", "role": "client", "email": ANA});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    team.owner.post(&team.path("/invitations"), &body).ok().str("/id")
}

/// No caller is to lean on the order that fields have in our code.
#[test]
fn a_links_own_words_are_named_and_not_listed() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({}));
    let answer = change(&mut team, &id, &json!({"branding": ["Bright", "Hi"]}));
    assert_eq!(complaint(&answer), about(422, "invalid_type", "/branding"));
    assert_eq!(read(&mut team, &id)["branding"], json!({"name": null, "message": null}));
}

#[test]
fn what_is_given_changes_what_is_not_stays_and_null_takes_away() {
    let mut team = Team::of("client-links");
    let said = json!({
        "name": "Ana Client", "nickname": "Bakery", "message": "Hello", "branding": {"name": "Bright", "message": "Hi"},
        "access": {"permissions": ["posts.view"], "addable_kinds": ["facebook"], "require_mfa": true},
    });
    let id = invited(&mut team, &said);
    let before = read(&mut team, &id);
    for (field, changed) in [
        ("name", json!("Ana Cliente")),
        ("nickname", json!("The Bakery")),
        ("message", json!("Good day")),
        ("locale", json!("en")),
    ] {
        let answer = change(&mut team, &id, &json!({field: changed})).ok().json();
        let mut expected = read(&mut team, &id);
        assert_eq!(answer, expected);
        assert_eq!(expected[field], changed);
        expected[field] = before[field].clone();
        let mut as_before = before.clone();
        for done in ["name", "nickname", "message"] {
            as_before[done] = expected[done].clone();
        }
        assert_eq!(expected, as_before, "{field} alone");
    }
    let branding = change(&mut team, &id, &json!({"branding": {"message": null}})).ok().json();
    assert_eq!(branding["branding"], json!({"name": "Bright", "message": null}));
    let access = change(&mut team, &id, &json!({"access": {"require_mfa": null}})).ok().json();
    assert_eq!(access["access"]["require_mfa"], false);
    assert_eq!(access["access"]["permissions"], json!({"mode": "custom", "keys": ["posts.view"]}));
    let cleared = change(
        &mut team,
        &id,
        &json!({"name": null, "nickname": null, "message": null, "branding": null, "access": null, "locale": null}),
    );
    let cleared = cleared.ok().json();
    for field in ["name", "nickname", "message"] {
        assert_eq!(cleared[field], Value::Null, "{field}");
    }
    assert_eq!(cleared["branding"], json!({"name": null, "message": null}));
    assert_eq!(cleared["access"]["permissions"]["mode"], "default");
    assert_eq!(cleared["access"]["addable_kinds"], json!([]));
}

#[test]
fn what_can_not_be_used_is_refused_at_its_place_and_nothing_changes() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({}));
    let before = stored(&team);
    for (changes, code, pointer) in [
        (json!({"kind": "link"}), "unknown_field", "/kind"),
        (json!({"send_email": true}), "unknown_field", "/send_email"),
        (json!({"branding": {"logo": 1}}), "unknown_field", "/branding/logo"),
        (json!({"access": {"permission": []}}), "unknown_field", "/access/permission"),
        (json!({"role": null}), "invalid_type", "/role"),
        (json!({"email": null}), "invalid_type", "/email"),
        (json!({"workspace_ids": null}), "invalid_type", "/workspace_ids"),
        (json!({"expires_in": null}), "invalid_type", "/expires_in"),
        (json!({"role": "boss"}), "invalid_value", "/role"),
        (json!({"email": "ana"}), "invalid_email", "/email"),
        (json!({"name": "www.evil.test"}), "invalid_value", "/name"),
        (json!({"nickname": ""}), "invalid_value", "/nickname"),
        (json!({"locale": "xx"}), "invalid_value", "/locale"),
        (json!({"max_uses": 2}), "invalid_value", "/max_uses"),
        (json!({"max_uses": null}), "invalid_value", "/max_uses"),
        (json!({"expires_in": 3599}), "invalid_value", "/expires_in"),
        (json!({"expires_in": 30 * DAY + 1}), "invalid_value", "/expires_in"),
        (json!({"workspace_ids": []}), "invalid_value", "/workspace_ids"),
        (json!({"workspace_ids": ["wsp_01h455vb4pex5vsknk084sn02q"]}), "invalid_value", "/workspace_ids/0"),
        (json!({"access": {"permissions": ["posts.fly"]}}), "invalid_value", "/access/permissions/0"),
        (
            json!({"access": {"resources": [{"id": "res_01h455vb4pex5vsknk084sn02q"}]}}),
            "invalid_value",
            "/access/resources/0/id",
        ),
        (
            json!({"access": {"permissions": {"clone_of": "mbr_01h455vb4pex5vsknk084sn02q"}}}),
            "invalid_value",
            "/access/permissions/clone_of",
        ),
    ] {
        assert_eq!(complaint(&change(&mut team, &id, &changes)), about(422, code, pointer), "{changes}");
    }
    assert_eq!(stored(&team), before);
}

#[test]
fn nothing_to_change_writes_nothing() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({"nickname": "Bakery"}));
    let before = stored(&team);
    for changes in [json!({}), json!({"nickname": "Bakery", "role": "client", "email": ANA, "max_uses": 1})] {
        assert_eq!(change(&mut team, &id, &changes).ok().str("/nickname"), "Bakery");
    }
    assert_eq!(stored(&team), before);
}

#[test]
fn what_is_settled_or_over_is_not_changed() {
    let mut team = Team::of("client-links");
    let changes = json!({"nickname": "Late"});
    let accepted = invited(&mut team, &json!({}));
    team.world.client().join(ANA, "Ana Client").ok();
    let declined = invited(&mut team, &json!({"email": BO}));
    let token = copied_token(&mut team.owner, &declined);
    decline(&mut team.world.client(), &token).ok();
    let revoked = invited(&mut team, &json!({"email": BO}));
    act(&mut team, &revoked, "revoke").ok();
    let expired = invited(&mut team, &json!({"email": BO, "expires_in": 3600}));
    let (link_revoked, _) = link(&mut team, &json!({}));
    act(&mut team, &link_revoked, "revoke").ok();
    let (link_expired, _) = link(&mut team, &json!({"expires_in": 3600}));
    team.world.pass(Duration::from_hours(1));
    for id in [accepted, declined, revoked, expired, link_revoked, link_expired] {
        for changes in [&changes, &json!({})] {
            assert_eq!(change(&mut team, &id, changes).refusal(), refusal(409, "not_pending"));
        }
    }
}

#[test]
fn a_link_is_changed_while_it_is_off_or_full_too() {
    let mut team = Team::of("client-links");
    let (id, token) = link(&mut team, &json!({"max_uses": 1}));
    accept_signed_in(&mut somebody(&team.world, ANA), &token).ok();
    assert_eq!(change(&mut team, &id, &json!({"nickname": "Full"})).ok().str("/status"), "full");
    act(&mut team, &id, "disable").ok();
    assert_eq!(change(&mut team, &id, &json!({"nickname": "Off"})).ok().str("/status"), "disabled");
}

#[test]
fn another_address_gets_a_link_of_its_own_by_mail_and_the_old_one_is_dead() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({}));
    team.world.deliver();
    let old = team.world.mailed_token(ANA);
    team.world.pass(Duration::from_secs(DAY));
    let before = read(&mut team, &id);
    let changed = change(&mut team, &id, &json!({"email": "Bo@client.test"})).ok().json();
    assert_eq!((&changed["email"], &changed["delivery"]), (&json!("Bo@client.test"), &json!("queued")));
    for same in ["id", "created_at", "expires_at", "role"] {
        assert_eq!(changed[same], before[same], "{same}");
    }
    assert_eq!(preview(&mut team.world.client(), &old).refusal(), refusal(410, "invitation_replaced"));
    assert_eq!(ids(&team.owner.get(&team.path("/invitations?q=bo@")).ok().json()), std::slice::from_ref(&id));
    assert_eq!(ids(&team.owner.get(&team.path("/invitations?q=ana@")).ok().json()), Vec::<String>::new());
    let joined = team.world.client().join("Bo@client.test", "Bo Client").ok();
    assert_eq!(joined.str("/role"), "client");
    assert_eq!(read(&mut team, &id)["status"], "accepted");
    let mails = team.world.mailbox();
    assert_eq!(mails.iter().filter(|mail| mail["to"] == ANA).count(), 1);
    assert_eq!(mails.iter().filter(|mail| mail["to"] == "Bo@client.test").count(), 1);
}

/// What waits to be mailed to the old address never is.
#[test]
fn a_mail_that_was_not_sent_yet_goes_to_the_new_address_only() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({}));
    change(&mut team, &id, &json!({"email": BO})).ok();
    team.world.deliver();
    let to: Vec<_> = team.world.mailbox().iter().map(|mail| mail["to"].clone()).collect();
    assert!(!to.contains(&json!(ANA)) && to.contains(&json!(BO)), "{to:?}");
}

#[test]
fn an_invitation_without_mail_stays_without_for_another_address() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({"send_email": false}));
    let jobs = team.world.count("SELECT count(*) FROM jobs");
    let old = copied_token(&mut team.owner, &id);
    assert_eq!(change(&mut team, &id, &json!({"email": BO})).ok().str("/delivery"), "none");
    assert_eq!(team.world.count("SELECT count(*) FROM jobs"), jobs);
    assert_eq!(preview(&mut team.world.client(), &old).refusal(), refusal(410, "invitation_replaced"));
}

#[test]
fn the_same_address_typed_differently_kills_no_link_and_mails_nobody() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({}));
    let token = copied_token(&mut team.owner, &id);
    let jobs = team.world.count("SELECT count(*) FROM jobs");
    assert_eq!(
        change(&mut team, &id, &json!({"email": "Ana@Client.test"})).ok().str("/email"),
        "Ana@Client.test"
    );
    assert_eq!(team.world.count("SELECT count(*) FROM jobs"), jobs);
    assert_eq!(preview(&mut team.world.client(), &token).status, 200);
}

#[test]
fn an_address_that_is_invited_or_a_members_is_refused() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({}));
    let open = invited(&mut team, &json!({"email": BO, "expires_in": 3600}));
    let answer = change(&mut team, &id, &json!({"email": "BO@client.test"}));
    assert_eq!(answer.refusal(), refusal(409, "already_invited"));
    assert_eq!(answer.str("/invitation_id"), open);
    let answer = change(&mut team, &id, &json!({"email": "olga.owner@studio.test"}));
    assert_eq!(answer.refusal(), refusal(409, "already_member"));
    assert_eq!(read(&mut team, &id)["email"], ANA);
    team.world.pass(Duration::from_hours(1));
    change(&mut team, &id, &json!({"email": BO})).ok();
    assert_eq!(read(&mut team, &open)["status"], "expired", "one that is over stands in nobody's way");
}

/// The role decides the workspaces: an admin has all, whoever no longer is one has the oldest.
#[test]
fn the_role_changes_with_what_follows_from_it() {
    let mut team = Team::of("client-links");
    let (workspace, _) = place(&team, "facebook");
    let id =
        invited(&mut team, &json!({"workspace_ids": [workspace], "access": {"permissions": ["posts.view"]}}));
    let admin = change(&mut team, &id, &json!({"role": "admin"})).ok().json();
    assert_eq!(
        (&admin["role"], &admin["workspace_ids"], &admin["takes_seat"]),
        (&json!("admin"), &json!([]), &json!(true))
    );
    assert_eq!(admin["access"]["permissions"]["mode"], "default");
    assert_eq!(seats(&team), (0, 1));
    let refused = change(&mut team, &id, &json!({"access": {"permissions": ["posts.view"]}}));
    assert_eq!(complaint(&refused), about(422, "invalid_value", "/access"));
    let oldest = team.owner.get(&team.path("/workspaces")).ok().str("/data/1/id");
    let member = change(&mut team, &id, &json!({"role": "member"})).ok().json();
    assert_eq!(member["workspace_ids"], json!([oldest]));
    let client = change(&mut team, &id, &json!({"role": "client", "workspace_ids": [workspace]})).ok().json();
    assert_eq!((&client["workspace_ids"], &client["takes_seat"]), (&json!([workspace]), &json!(false)));
    assert_eq!(seats(&team), (0, 0), "and its seat is free at once");
    assert_eq!(team.world.client().join(ANA, "Ana Client").ok().json()["workspace_ids"], json!([workspace]));
}

#[test]
fn a_link_allows_no_fewer_than_came_in_already_and_null_is_any_number() {
    let mut team = Team::of("client-links");
    let (id, token) = link(&mut team, &json!({"max_uses": 5}));
    for person in [ANA, BO] {
        accept_signed_in(&mut somebody(&team.world, person), &token).ok();
    }
    let refused = change(&mut team, &id, &json!({"max_uses": 1}));
    assert_eq!(complaint(&refused), about(422, "invalid_value", "/max_uses"));
    for wrong in [0, 1_000_001] {
        let refused = change(&mut team, &id, &json!({"max_uses": wrong}));
        assert_eq!(complaint(&refused), about(422, "invalid_value", "/max_uses"), "{wrong}");
    }
    assert_eq!(change(&mut team, &id, &json!({"max_uses": 2})).ok().str("/status"), "full");
    let any = change(&mut team, &id, &json!({"max_uses": null})).ok().json();
    assert_eq!((&any["max_uses"], &any["status"]), (&Value::Null, &json!("pending")));
}

#[test]
fn an_invitation_lives_for_as_long_from_now_as_is_said() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({}));
    let (of_link, _) = link(&mut team, &json!({}));
    team.world.pass(Duration::from_secs(DAY));
    for (id, seconds) in [(&id, 30 * DAY), (&id, 3600), (&of_link, 365 * DAY)] {
        let end = team.world.now().plus(Duration::from_secs(seconds)).to_string();
        assert_eq!(change(&mut team, id, &json!({"expires_in": seconds})).ok().str("/expires_at"), end);
    }
}

#[test]
fn grants_of_a_workspace_that_is_left_go_with_it() {
    let mut team = Team::of("client-links");
    let ((first, page), (second, other_page)) = (place(&team, "facebook"), place(&team, "facebook"));
    let id = invited(
        &mut team,
        &json!({"workspace_ids": [first, second], "access": {"resources": [{"id": page, "approve": true}, {"id": other_page}]}}),
    );
    let changed = change(&mut team, &id, &json!({"workspace_ids": [first]})).ok().json();
    assert_eq!(changed["workspace_ids"], json!([first]));
    assert_eq!(changed["access"]["resources"], json!([{"id": page, "approve": true, "credentials": null}]));
    let refused = change(&mut team, &id, &json!({"access": {"resources": [{"id": other_page}]}}));
    assert_eq!(complaint(&refused), about(422, "invalid_value", "/access/resources/0/id"));
}

/// What was granted may be gone by now; that is no reason to refuse another change.
#[test]
fn a_resource_that_was_deleted_since_stands_in_no_changes_way() {
    let mut team = Team::of("client-links");
    let (workspace, page) = place(&team, "facebook");
    let id =
        invited(&mut team, &json!({"workspace_ids": [workspace], "access": {"resources": [{"id": page}]}}));
    team.world.state().database.borrow().change("UPDATE resources SET deleted_at = 1");
    let changed = change(&mut team, &id, &json!({"access": {"require_mfa": true}})).ok().json();
    assert_eq!(changed["access"]["resources"], json!([]));
}

#[test]
fn a_change_is_audited_with_what_was_and_is_and_no_address_or_words_in_it() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({"message": "a secret for bo@client.test"}));
    let changes = json!({"email": BO, "role": "member", "nickname": "Bakery", "message": null});
    change(&mut team, &id, &changes).ok();
    let told = team
        .world
        .state()
        .database
        .borrow()
        .query("SELECT actor, before, after FROM audit_events WHERE action = 'invitation.changed'");
    let [entry] = told.as_slice() else { panic!("one entry: {told:?}") };
    assert_eq!(entry["actor"], team.member("olga"));
    let told = |side: &str| serde_json::from_str::<Value>(entry[side].as_str().unwrap()).unwrap();
    let (before, after) = (told("before"), told("after"));
    assert_eq!(
        before,
        json!({"email": "a••@client.test", "role": "client", "takes_seat": false, "words": []})
    );
    assert_eq!(
        after,
        json!({"email": "b••@client.test", "role": "member", "takes_seat": true, "words": ["nickname", "message"]})
    );
}

#[test]
fn the_pages_copy_is_dropped_with_what_it_shows() {
    let mut team = Team::of("client-links");
    let (id, token) = link(&mut team, &json!({"message": "Welcome"}));
    let mut visitor = team.world.client();
    let page = format!("/i/{token}");
    assert!(visitor.get(&page).ok().text().contains("Welcome"));
    change(&mut team, &id, &json!({"message": "Come in"})).ok();
    assert!(visitor.get(&page).ok().text().contains("Come in"), "the same URL");
}

//! Coming in by a link for many: who does, what they are given, what keeps them out, and what it costs.

use std::time::Duration;

use serde_json::{Value, json};

use crate::links::{act, change, link, read, stored, team};
use crate::support::World;
use crate::support::client::{Answer, Client, PASSWORD, Team};
use crate::support::platform::Cost;
use crate::support::scene::{seats, somebody, workspace};
use crate::{about, accept_signed_in, another, complaint, copied_token, preview, refusal, remove, sign_in};

const DAY: u64 = 24 * 3600;
const ANA: &str = "ana@client.test";
const MAY_CREATE: &str = "posts.create";

/// Comes by a link with a new account.
fn sign_up(world: &World, token: &str, email: &str) -> (Client, Answer) {
    let mut person = world.client();
    let body = json!({"token": token, "email": email, "name": "Ana Client", "password": PASSWORD});
    let answer = person.post("/v1/invitations/accept", &body);
    (person, answer)
}

fn memberships(team: &Team) -> Vec<Value> {
    team.world.state().database.borrow().query(
        "SELECT u.email_key AS email, p.workspace_id, p.permissions, p.addable_kinds, p.require_mfa
         FROM memberships p JOIN members m ON m.id = p.member_id JOIN users u ON u.id = m.user_id
         ORDER BY u.email_key, p.workspace_id",
    )
}

#[test]
fn a_link_reserves_no_seat_and_one_is_asked_for_when_somebody_comes_in() {
    let mut team = team();
    for seat in 0..5 {
        team.invited(&format!("m{seat}@studio.test"), "member");
    }
    let (id, token) = link(&mut team, &json!({"access": {"permissions": [MAY_CREATE]}}));
    assert_eq!(seats(&team), (0, 5));
    let stored = |team: &Team| {
        ["users", "sessions", "members", "memberships", "redemptions", "audit_events"]
            .map(|table| team.world.count(&format!("SELECT count(*) FROM {table}")))
    };
    let before = stored(&team);
    let mut ana = somebody(&team.world, ANA);
    let with_ana = stored(&team);
    assert_ne!(before, with_ana);
    assert_eq!(accept_signed_in(&mut ana, &token).refusal(), refusal(409, "seat_limit_reached"));
    assert_eq!(
        sign_up(&team.world, &token, "bo@client.test").1.refusal(),
        refusal(409, "seat_limit_reached")
    );
    assert_eq!(stored(&team), with_ana, "nobody came in by halves");
    assert_eq!(read(&mut team, &id)["uses"], 0);
    let open = team.owner.get(&team.path("/invitations?kind=email")).ok().str("/data/0/id");
    act(&mut team, &open, "revoke").ok();
    accept_signed_in(&mut ana, &token).ok();
    assert_eq!(seats(&team), (1, 4));
    assert_eq!(
        sign_up(&team.world, &token, "bo@client.test").1.refusal(),
        refusal(409, "seat_limit_reached")
    );
}

#[test]
fn an_ended_trial_lets_nobody_in_who_would_take_a_seat() {
    let mut team = team();
    let (_, token) = link(&mut team, &json!({"access": {"permissions": [MAY_CREATE]}}));
    let (_, free) = link(&mut team, &json!({}));
    team.world.state().database.borrow().change("UPDATE organizations SET trial_ends_at = 1");
    let mut ana = somebody(&team.world, ANA);
    assert_eq!(accept_signed_in(&mut ana, &token).refusal(), refusal(403, "trial_ended"));
    accept_signed_in(&mut ana, &free).ok();
}

#[test]
fn somebody_new_makes_an_account_that_is_somebody_only_where_the_link_leads() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({}));
    assert_eq!(preview(&mut team.world.client(), &token).ok().str("/next"), "sign_up");
    let (mut ana, joined) = sign_up(&team.world, &token, "Ana@Client.test");
    let joined = joined.ok();
    assert!(joined.header("set-cookie").unwrap().starts_with("__Host-usher_session="));
    assert_eq!(joined.str("/role"), "client");
    assert_eq!(joined.json()["workspace_ids"], json!([team.workspace()]));
    let me = ana.get("/v1/me").ok().json();
    assert_eq!(
        (&me["user"]["email"], &me["user"]["name"]),
        (&json!("Ana@Client.test"), &json!("Ana Client"))
    );
    assert_eq!(me["user"]["email_verified"], false, "a link that was handed over proves no mailbox");
    assert_eq!(ana.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len(), 1);
    assert_eq!(preview(&mut ana, &token).ok().str("/next"), "none");
    assert_eq!(accept_signed_in(&mut ana, &token).ok().json(), joined.json(), "again is no error");
    assert_eq!(read(&mut team, &id)["uses"], 1);
    assert_eq!(
        team.world
            .state()
            .database
            .borrow()
            .query("SELECT confined_to FROM users WHERE email_key = 'ana@client.test'"),
        [json!({"confined_to": team.organization})]
    );

    let mut other = another(&team.world);
    let (_, elsewhere) = link(&mut other, &json!({}));
    let before = stored(&team);
    assert_eq!(accept_signed_in(&mut ana, &elsewhere).refusal(), refusal(403, "email_unverified"));
    assert_eq!(preview(&mut ana, &elsewhere).ok().str("/next"), "none");
    assert_eq!(stored(&team), before);
}

#[test]
fn an_account_says_its_address_its_name_and_its_password() {
    let mut team = team();
    let (_, token) = link(&mut team, &json!({}));
    let all = ["/email", "/name", "/password"].map(|field| (field.to_owned(), "required".to_owned()));
    let over = team.world.client().with_cookie("__Host-usher_session", &"x".repeat(43));
    for mut person in [team.world.client(), over] {
        let refused = complaint(&accept_signed_in(&mut person, &token));
        assert_eq!(refused, (422, "required".to_owned(), all.to_vec()));
    }
    let accept = |body: Value| complaint(&team.world.client().post("/v1/invitations/accept", &body));
    let wrong = accept(json!({"token": token, "email": "ana", "name": "Ana", "password": PASSWORD}));
    assert_eq!(wrong, about(422, "invalid_email", "/email"));
    let weak = accept(json!({"token": token, "email": ANA, "name": "Ana", "password": "ana@client.test"}));
    assert_eq!(weak, about(422, "weak_password", "/password"));
}

#[test]
fn an_address_that_has_an_account_signs_in_first_whether_it_is_proved_or_not() {
    let mut team = team();
    let (_, token) = link(&mut team, &json!({}));
    somebody(&team.world, ANA);
    sign_up(&team.world, &token, "bo@client.test").1.ok();
    let (_, second) = link(&mut team, &json!({}));
    let before = stored(&team);
    for address in ["ANA@client.test", "bo@client.test"] {
        let (person, refused) = sign_up(&team.world, &second, address);
        assert_eq!(complaint(&refused), about(401, "sign_in_required", "/email"));
        assert_eq!(person.cookie("__Host-usher_session"), None);
        let bare =
            team.world.client().post("/v1/invitations/accept", &json!({"token": second, "email": address}));
        assert_eq!(bare.refusal(), refusal(401, "sign_in_required"));
    }
    assert_eq!(stored(&team), before);
}

#[test]
fn whoever_is_signed_in_joins_in_one_round_trip_and_counts_once() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({}));
    let mut ana = somebody(&team.world, ANA);
    assert_eq!(preview(&mut ana, &token).ok().str("/next"), "accept");
    let joined = accept_signed_in(&mut ana, &token).ok().json();
    assert_eq!(team.world.last_cost(), Cost { d1: 1, kv: 1 });
    assert_eq!(accept_signed_in(&mut ana, &token).ok().json(), joined);
    assert_eq!(team.world.last_cost(), Cost { d1: 1, kv: 0 });
    let with_fields = json!({"token": token, "email": "bo@client.test", "name": "Bo", "password": PASSWORD});
    let again = ana.post("/v1/invitations/accept", &with_fields).ok().json();
    assert_eq!(again, joined, "whoever is signed in is who accepts");
    assert_eq!(read(&mut team, &id)["uses"], 1);
    assert_eq!(read(&mut team, &id)["status"], "pending", "and it is open for others");
}

#[test]
fn one_link_lets_in_as_many_as_it_may_and_then_is_full() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({"max_uses": 2}));
    for person in ["ana@client.test", "bo@client.test"] {
        accept_signed_in(&mut somebody(&team.world, person), &token).ok();
    }
    let mut late = somebody(&team.world, "cleo@client.test");
    assert_eq!(accept_signed_in(&mut late, &token).refusal(), refusal(410, "link_full"));
    assert_eq!(sign_up(&team.world, &token, "dan@client.test").1.refusal(), refusal(410, "link_full"));
    let full = read(&mut team, &id);
    assert_eq!(
        (&full["status"], &full["uses"], &full["accepted_at"]),
        (&json!("full"), &json!(2), &Value::Null)
    );
    change(&mut team, &id, &json!({"max_uses": 3})).ok();
    accept_signed_in(&mut late, &token).ok();
    assert_eq!(read(&mut team, &id)["uses"], 3);
}

#[test]
fn a_link_that_is_off_lets_nobody_in_until_it_is_on_again() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({}));
    let mut inside = somebody(&team.world, "bo@client.test");
    accept_signed_in(&mut inside, &token).ok();
    let mut ana = somebody(&team.world, ANA);
    let off = act(&mut team, &id, "disable").ok().json();
    assert_eq!(
        (&off["status"], &off["disabled_at"]),
        (&json!("disabled"), &json!(team.world.now().to_string()))
    );
    assert_eq!(accept_signed_in(&mut ana, &token).refusal(), refusal(410, "link_disabled"));
    assert_eq!(sign_up(&team.world, &token, "cleo@client.test").1.refusal(), refusal(410, "link_disabled"));
    assert_eq!(preview(&mut ana, &token).ok().str("/status"), "disabled");
    accept_signed_in(&mut inside, &token).ok();
    assert_eq!(inside.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len(), 1);
    let on = act(&mut team, &id, "enable").ok().json();
    assert_eq!((&on["status"], &on["disabled_at"]), (&json!("pending"), &Value::Null));
    accept_signed_in(&mut ana, &token).ok();
}

#[test]
fn a_link_that_is_over_or_withdrawn_lets_nobody_in() {
    let mut team = team();
    let mut ana = somebody(&team.world, ANA);
    let (id, token) = link(&mut team, &json!({}));
    act(&mut team, &id, "revoke").ok();
    assert_eq!(accept_signed_in(&mut ana, &token).refusal(), refusal(410, "invitation_revoked"));
    let (_, token) = link(&mut team, &json!({}));
    team.world.pass(Duration::from_millis(30 * DAY * 1000 - 1));
    assert_eq!(preview(&mut ana, &token).ok().str("/next"), "accept");
    team.world.pass(Duration::from_millis(1));
    assert_eq!(accept_signed_in(&mut ana, &token).refusal(), refusal(410, "invitation_expired"));
}

/// The end that counts is the row's: a URL may say a later one.
#[test]
fn a_link_that_was_made_shorter_ends_then_whatever_its_urls_say() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({}));
    change(&mut team, &id, &json!({"expires_in": 3600})).ok();
    team.world.pass(Duration::from_hours(1));
    let mut ana = somebody(&team.world, ANA);
    assert_eq!(accept_signed_in(&mut ana, &token).refusal(), refusal(410, "invitation_expired"));
}

#[test]
fn making_a_links_url_new_kills_the_older_ones_at_once() {
    let mut team = team();
    let (id, old) = link(&mut team, &json!({}));
    let mut visitor = team.world.client();
    assert_eq!(visitor.get(&format!("/i/{old}")).status, 200, "and now KV has a copy of the page");
    let rotated = act(&mut team, &id, "rotate").ok().json();
    assert_eq!((&rotated["id"], &rotated["status"]), (&json!(id), &json!("pending")));
    let mut ana = somebody(&team.world, ANA);
    assert_eq!(preview(&mut ana, &old).refusal(), refusal(410, "invitation_replaced"));
    assert_eq!(accept_signed_in(&mut ana, &old).refusal(), refusal(410, "invitation_replaced"));
    assert_eq!(sign_up(&team.world, &old, "bo@client.test").1.refusal(), refusal(410, "invitation_replaced"));
    assert_eq!(visitor.get(&format!("/i/{old}")).status, 410);
    let new = copied_token(&mut team.owner, &id);
    accept_signed_in(&mut ana, &new).ok();
    assert_eq!(preview(&mut ana, &old).ok().str("/next"), "none", "whoever is in needs no newer one");
}

#[test]
fn whoever_was_removed_is_let_back_in_by_a_new_invitation_only() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({}));
    let (_, unused) = link(&mut team, &json!({}));
    let mut ana = somebody(&team.world, ANA);
    let first = accept_signed_in(&mut ana, &token).ok().str("/member_id");
    team.world.pass(Duration::from_secs(1));
    remove(&team, ANA);
    for old in [&token, &unused] {
        assert_eq!(accept_signed_in(&mut ana, old).refusal(), refusal(403, "access_removed"));
    }
    act(&mut team, &id, "rotate").ok();
    let rotated = copied_token(&mut team.owner, &id);
    assert_eq!(accept_signed_in(&mut ana, &rotated).refusal(), refusal(403, "access_removed"));
    team.world.pass(Duration::from_secs(1));
    let (_, new) = link(&mut team, &json!({}));
    let back = accept_signed_in(&mut ana, &new).ok().str("/member_id");
    assert_ne!(back, first, "the earlier time keeps its row");
    assert_eq!(accept_signed_in(&mut ana, &token).refusal(), refusal(403, "access_removed"));
}

/// A person is offered an invitation again by sending it again, also after they were removed.
#[test]
fn an_e_mail_invitation_from_before_a_removal_lets_the_person_in_once_it_is_sent_again() {
    let mut team = team();
    let mut ana = somebody(&team.world, ANA);
    let (_, token) = link(&mut team, &json!({}));
    accept_signed_in(&mut ana, &token).ok();
    // No route invites a member: it is open from before they came in by the link.
    team.world.state().database.borrow().change("UPDATE members SET removed_at = 1 WHERE role = 'client'");
    let invitation = team.invited(ANA, "member");
    team.world.state().database.borrow().change(&format!(
        "UPDATE members SET removed_at = {} WHERE role = 'client'",
        team.world.now().millis()
    ));
    let old = copied_token(&mut team.owner, &invitation);
    assert_eq!(accept_signed_in(&mut ana, &old).refusal(), refusal(403, "access_removed"));
    team.world.pass(Duration::from_secs(1));
    act(&mut team, &invitation, "resend").ok();
    let new = copied_token(&mut team.owner, &invitation);
    assert_eq!(accept_signed_in(&mut ana, &new).ok().str("/role"), "member");
}

#[test]
fn a_member_who_comes_by_a_link_gains_the_workspaces_they_lack_and_nothing_else_changes() {
    let mut team = team();
    let first = team.workspace();
    let second = workspace(&team, "Second");
    let mut mia = team.joined("mia@studio.test", "member");
    let (_, token) = link(
        &mut team,
        &json!({"workspace_ids": [first, second], "access": {"permissions": ["posts.view"], "require_mfa": true}}),
    );
    let before = memberships(&team);
    let joined = accept_signed_in(&mut mia, &token).ok().json();
    assert_eq!(joined["role"], "member");
    assert_eq!(joined["workspace_ids"], json!([first, second]));
    let after = memberships(&team);
    assert_eq!(after[..1], before[..], "what they had stays as it was");
    assert_eq!(
        after[1],
        json!({
            "email": "mia@studio.test", "workspace_id": second, "permissions": "[\"posts.view\"]",
            "addable_kinds": "[]", "require_mfa": 1,
        })
    );
    assert_eq!(team.world.count("SELECT count(*) FROM members WHERE role = 'member'"), 1);
}

#[test]
fn an_admin_who_comes_by_a_link_lacks_nothing() {
    let mut team = team();
    let mut ada = team.joined("ada@studio.test", "admin");
    let (_, token) = link(&mut team, &json!({}));
    assert_eq!(accept_signed_in(&mut ada, &token).ok().str("/role"), "admin");
    assert_eq!(memberships(&team), Vec::<Value>::new());
}

/// A client who takes no seat would take one by this link, in a workspace that they lack.
#[test]
fn a_client_who_would_take_a_seat_by_a_further_link_needs_one_to_be_free() {
    let plan = json!({"key": "test", "seat_limit": 0, "features": ["custom_client_permissions"]});
    let mut team = Team::make(World::new(), "client-links", Some(plan));
    let second = workspace(&team, "Second");
    let (_, free) = link(&mut team, &json!({}));
    let mut ana = somebody(&team.world, ANA);
    accept_signed_in(&mut ana, &free).ok();
    let priced = json!({"permissions": [MAY_CREATE]});
    let (_, same_place) = link(&mut team, &json!({"access": priced}));
    accept_signed_in(&mut ana, &same_place).ok();
    assert_eq!(seats(&team), (0, 0), "where they are already their access stays, and so does their price");
    let (_, further) = link(&mut team, &json!({"access": priced, "workspace_ids": [second]}));
    assert_eq!(accept_signed_in(&mut ana, &further).refusal(), refusal(409, "seat_limit_reached"));
    team.world.state().database.borrow().change("UPDATE organizations SET seat_limit = 1");
    accept_signed_in(&mut ana, &further).ok();
    assert_eq!(seats(&team), (1, 0));
}

#[test]
fn each_person_is_given_the_access_of_the_moment_they_join() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({"access": {"addable_kinds": ["facebook"]}}));
    accept_signed_in(&mut somebody(&team.world, "ana@client.test"), &token).ok();
    change(&mut team, &id, &json!({"access": {"permissions": [MAY_CREATE], "addable_kinds": ["linkedin"]}}))
        .ok();
    accept_signed_in(&mut somebody(&team.world, "bo@client.test"), &token).ok();
    let given: Vec<_> = memberships(&team)
        .iter()
        .map(|row| (row["permissions"].clone(), row["addable_kinds"].clone()))
        .collect();
    assert_eq!(
        given,
        [(Value::Null, json!("[\"facebook\"]")), (json!("[\"posts.create\"]"), json!("[\"linkedin\"]"))]
    );
    assert_eq!(seats(&team), (1, 0));
}

#[test]
fn an_account_made_by_a_link_signs_in_with_its_password() {
    let mut team = team();
    let (_, token) = link(&mut team, &json!({}));
    sign_up(&team.world, &token, ANA).1.ok();
    let mut again = team.world.client();
    sign_in(&mut again, ANA).ok();
    assert_eq!(preview(&mut again, &token).ok().str("/next"), "none");
}

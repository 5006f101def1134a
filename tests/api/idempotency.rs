//! `Idempotency-Key`: what is sent twice under one key is done once, and answered as the first time.

use std::time::Duration;

use http::Method;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use usher::platform::Limit;

use crate::api_keys::any_program;
use crate::support::client::{Answer, Client, PASSWORD, Team};
use crate::support::platform::Cost;
use crate::support::race::{Racer, race};
use crate::support::scene::second_factor;
use crate::{about, complaint, copied_token, refusal};

fn with_key(client: &Client, key: &str) -> Client {
    client.clone().with_header("idempotency-key", key)
}

fn invitation(email: &str) -> Value {
    json!({"kind": "email", "role": "client", "email": email})
}

fn replayed(answer: &Answer) -> bool {
    answer.header("idempotent-replayed") == Some("true")
}

/// Each statement is run.
pub fn walk(team: &mut Team) {
    let path = team.path("/invitations");
    for _ in 0..2 {
        with_key(&team.owner, "walk").post(&path, &invitation("idem@client.test")).ok();
    }
    with_key(&team.world.client(), "walk")
        .post("/v1/password-resets", &json!({"email": "idem@client.test"}))
        .ok();
}

#[test]
fn the_same_request_under_the_same_key_is_done_once_and_answered_alike() {
    let team = Team::new();
    let mut owner = with_key(&team.owner, "b7c1");
    let path = team.path("/invitations");
    let first = owner.post(&path, &invitation("ana@client.test")).ok();
    assert!(!replayed(&first));
    team.world.pass(Duration::from_hours(23));
    let again = owner.post(&path, &invitation("ana@client.test"));
    assert_eq!((again.status, again.json()), (first.status, first.json()));
    assert!(replayed(&again));
    assert_eq!(
        team.world.count("SELECT count(*) FROM jobs WHERE kind = 'invitation_email'"),
        2,
        "the owner's, hers"
    );
    // A string of the draft standard is the same key.
    assert!(replayed(&with_key(&team.owner, "\"b7c1\"").post(&path, &invitation("ana@client.test"))));
}

#[test]
fn after_a_day_the_key_is_forgotten() {
    let team = Team::new();
    let mut owner = with_key(&team.owner, "b7c1");
    let path = team.path("/workspaces");
    owner.post(&path, &json!({"name": "Second"})).ok();
    team.world.pass(Duration::from_hours(24));
    assert!(!replayed(&owner.post(&path, &json!({"name": "Second"})).ok()));
    assert_eq!(team.world.count("SELECT count(*) FROM workspaces WHERE name = 'Second'"), 2);
    team.world.pass(Duration::from_hours(25));
    team.world.tick();
    assert_eq!(team.world.count("SELECT count(*) FROM idempotent_requests"), 0);
}

#[test]
fn another_request_under_the_key_is_a_conflict_and_does_nothing() {
    let team = Team::new();
    let mut owner = with_key(&team.owner, "b7c1");
    owner.post(&team.path("/invitations"), &invitation("ana@client.test")).ok();
    let before = team.world.state().database.borrow().dump();
    for (path, body) in [
        (team.path("/invitations"), invitation("bea@client.test")),
        (team.path("/workspaces"), json!({"name": "Second"})),
    ] {
        assert_eq!(owner.post(&path, &body).refusal(), refusal(409, "idempotency_conflict"), "{path}");
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

#[test]
fn keys_are_each_callers_own() {
    let mut team = Team::new();
    let ada = team.joined("ada.admin@studio.test", "admin");
    let program = any_program(&team);
    let olga = team.member("olga.owner@studio.test");
    let as_olga = program.clone().with_header("usher-actor", &olga);
    let callers = [team.owner.clone(), ada, program, as_olga, team.world.operator()];
    for (number, caller) in callers.iter().enumerate() {
        let is_operator = number == callers.len() - 1;
        let path = if is_operator { "/v1/organizations".to_owned() } else { team.path("/invitations") };
        let body = if is_operator {
            json!({"name": "New", "template": "team", "owner": {"email": "new@studio.test", "name": "Nora Owner"}})
        } else {
            invitation(&format!("c{number}@client.test"))
        };
        let made = with_key(caller, "the-same").post(&path, &body).ok();
        assert!(!replayed(&made), "{number}");
        assert!(replayed(&with_key(caller, "the-same").post(&path, &body)), "{number}");
    }
}

/// A secret that is shown once, and a link, are kept nowhere: not for this either.
#[test]
fn a_repeated_answer_has_no_secret_and_no_link() {
    let mut team = Team::new();
    let mut owner = with_key(&team.owner, "k1");
    let body = json!({"name": "Backend", "scopes": ["access:check"]});
    let first = owner.post(&team.path("/api-keys"), &body).ok().json();
    let again = owner.post(&team.path("/api-keys"), &body).ok().json();
    assert!(first["secret"].is_string());
    assert_eq!(again["secret"], Value::Null);
    assert_eq!(again["id"], first["id"]);
    let id = team.invited("ana@client.test", "client");
    let mut owner = with_key(&team.owner, "k2");
    let link = format!("/v1/invitations/{id}/link");
    owner.post(&link, &json!({})).ok().str("/url");
    assert_eq!(owner.post(&link, &json!({})).ok().json()["url"], Value::Null);
    let kept = "SELECT count(*) FROM idempotent_requests WHERE body LIKE '%/i/%' OR body LIKE '%usher\\_%' ESCAPE '\\'";
    assert_eq!(team.world.count(kept), 0);
    assert_eq!(team.world.count("SELECT count(*) FROM idempotent_requests WHERE status IN (200, 201)"), 2);
}

/// Somebody who joins by a link sends no credential but the link itself; their cookie is not kept.
#[test]
fn accepting_twice_under_a_key_answers_the_member_and_no_second_session() {
    let mut team = Team::new();
    team.invited("ana@client.test", "client");
    team.world.deliver();
    let token = team.world.mailed_token("ana@client.test");
    let ana = team.world.client().with_header("idempotency-key", "once");
    let first = ana.clone().accept(&token, "Ana Client").ok();
    assert!(first.header("set-cookie").is_some());
    let again = ana.clone().accept(&token, "Ana Client").ok();
    assert_eq!(again.json(), first.json());
    assert!(again.header("set-cookie").is_none());
}

#[test]
fn what_was_refused_may_be_sent_again_under_its_key() {
    let mut team =
        Team::with_plan(crate::support::World::new(), Some(json!({"key": "small", "seat_limit": 1})));
    team.invited("mia.member@studio.test", "member");
    let mut owner = with_key(&team.owner, "k1");
    let path = team.path("/invitations");
    let body = json!({"kind": "email", "role": "member", "email": "max.member@studio.test"});
    assert_eq!(owner.post(&path, &body).refusal(), refusal(409, "seat_limit_reached"));
    let plan = json!({"key": "large", "seat_limit": 9});
    team.world.operator().put(&team.path("/plan"), &plan).ok();
    let made = owner.post(&path, &body).ok();
    assert!(!replayed(&made));
}

#[test]
fn what_is_no_key_is_refused() {
    let team = Team::new();
    let path = team.path("/invitations");
    for key in ["\"\"", "two words", &"k".repeat(256)] {
        let answer = with_key(&team.owner, key).post(&path, &invitation("ana@client.test"));
        assert_eq!(complaint(&answer), about(422, "invalid_value", "Idempotency-Key"), "{key}");
    }
}

/// Whoever is nobody any more gets no answer of before.
#[test]
fn a_dead_credential_repeats_nothing() {
    let mut team = Team::new();
    let mut program = any_program(&team).with_header("idempotency-key", "k1");
    let path = team.path("/invitations");
    program.post(&path, &invitation("ana@client.test")).ok();
    let id = team.owner.get(&team.path("/api-keys")).ok().str("/data/0/id");
    team.owner.delete(&team.path(&format!("/api-keys/{id}"))).ok();
    let answer = program.post(&path, &invitation("ana@client.test"));
    assert_eq!(answer.refusal(), refusal(401, "unauthenticated"));
    let mut owner = with_key(&team.owner, "k2");
    owner.post(&path, &invitation("bea@client.test")).ok();
    owner.delete("/v1/sessions/current").ok();
    assert_eq!(owner.post(&path, &invitation("bea@client.test")).status, 401);
}

/// A crash between the write and its answer: it was done, so it isn't done again, and whoever asks is told so.
#[test]
fn what_was_done_and_never_answered_is_not_done_again() {
    let team = Team::new();
    let mut owner = with_key(&team.owner, "k1");
    let path = team.path("/workspaces");
    owner.post(&path, &json!({"name": "Second"})).ok();
    let forget = "UPDATE idempotent_requests SET status = NULL, body = NULL";
    team.world.state().database.borrow().change(forget);
    let answer = owner.post(&path, &json!({"name": "Second"}));
    assert_eq!(answer.refusal(), refusal(409, "idempotency_in_progress"));
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(team.world.count("SELECT count(*) FROM workspaces WHERE name = 'Second'"), 1);
}

/// Many things in one request, of which some are done: that too is once.
#[test]
fn removing_several_is_done_once() {
    let mut team = Team::new();
    team.joined("ana@client.test", "client");
    let ana = team.member("ana@client.test");
    let owner = team.member("olga.owner@studio.test");
    let mut with = with_key(&team.owner, "k1");
    let body = json!({"member_ids": [owner, ana]});
    let first = with.post(&team.path("/members/remove"), &body).ok();
    let again = with.post(&team.path("/members/remove"), &body).ok();
    assert!(replayed(&again));
    assert_eq!(again.json(), first.json());
}

/// Whoever holds a link and nothing else is known by it.
#[test]
fn the_holder_of_a_link_has_keys_of_their_own() {
    let mut team = Team::new();
    let ids = ["ana@client.test", "bea@client.test"].map(|email| team.invited(email, "client"));
    let tokens = ids.map(|id| copied_token(&mut team.owner, &id));
    let mut nobody = with_key(&team.world.client(), "k1");
    let accepting = |token: &str, name: &str| json!({"token": token, "name": name, "password": PASSWORD});
    nobody.post("/v1/invitations/accept", &accepting(&tokens[0], "Ana Client")).ok();
    let mut another = with_key(&team.world.client(), "k1");
    let other = another.post("/v1/invitations/accept", &accepting(&tokens[0], "Another Name"));
    assert_eq!(other.refusal(), refusal(409, "idempotency_conflict"));
    another.post("/v1/invitations/accept", &accepting(&tokens[1], "Bea Client")).ok();
}

/// What is in no organization's log is done with its mail.
#[test]
fn a_mail_about_ones_own_account_is_sent_once() {
    let team = Team::new();
    let olga = "olga.owner@studio.test";
    let mails = |team: &Team| {
        team.world.deliver();
        team.world.mailbox().len()
    };
    let before = mails(&team);
    let asked = json!({"email": olga});
    let mut anybody = with_key(&team.world.client(), "k1");
    let first = anybody.post("/v1/password-resets", &asked).ok();
    assert_eq!(mails(&team), before + 1);
    let again = with_key(&team.world.client(), "k1").post("/v1/password-resets", &asked).ok();
    assert_eq!((again.status, again.json(), replayed(&again)), (first.status, first.json(), true));
    assert_eq!(mails(&team), before + 1);
    anybody.post("/v1/password-resets", &json!({"email": "nobody@else.test"})).ok();
    with_key(&anybody, "k2").post("/v1/password-resets", &asked).ok();
    assert_eq!(mails(&team), before + 2);

    let mut owner = with_key(&team.owner, "k1");
    let moved = json!({"email": "olga@new.test", "password": PASSWORD});
    owner.post("/v1/me/email", &moved).ok();
    assert_eq!(mails(&team), before + 4, "both addresses are mailed");
    assert!(replayed(&owner.post("/v1/me/email", &moved).ok()));
    assert_eq!(mails(&team), before + 4);
    let other = json!({"email": "olga@other.test", "password": PASSWORD});
    assert_eq!(owner.post("/v1/me/email", &other).refusal(), refusal(409, "idempotency_conflict"));
}

/// The second time there is no factor to take off any more, and yet the answer is that of the first.
#[test]
fn a_second_factor_is_taken_off_once() {
    let mut team = Team::new();
    second_factor(&mut team.owner);
    let mut operator = with_key(&team.world.operator(), "k1");
    let first = operator.post("/v1/mfa-resets", &json!({"email": "olga.owner@studio.test"})).ok();
    let again = operator.post("/v1/mfa-resets", &json!({"email": "olga.owner@studio.test"})).ok();
    assert_eq!((again.json(), replayed(&again)), (first.json(), true));
}

/// Whoever has no credential makes the database look for no key without end.
#[test]
fn who_has_no_credential_is_limited_before_their_key_is_looked_for() {
    let team = Team::new();
    let mut nobody = with_key(&team.world.client(), "k1");
    assert_eq!(nobody.post(&team.path("/workspaces"), &json!({"name": "Second"})).refusal().0, 401);
    assert_eq!(team.world.last_cost(), Cost { d1: 0, kv: 0 });
    let network = (Limit::Network, "once:203.0.113.7".to_owned());
    team.world.state().limited.borrow_mut().push(network);
    let mut nobody = nobody.with_header("cf-connecting-ip", "203.0.113.7");
    let answer = nobody.post("/v1/invitations/decline", &json!({"token": "forged"}));
    assert_eq!(answer.refusal(), refusal(429, "rate_limited"));
    assert_eq!(team.world.last_cost(), Cost { d1: 0, kv: 0 });
}

/// However two requests under one key run through each other, there is one effect, and no answer but the first one's or that
/// it is not there yet.
#[test]
fn racing_requests_under_one_key_have_one_effect() {
    let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&prop::collection::vec(0_usize..2, 0..24), |turns| {
            let team = Team::new();
            let owner = with_key(&team.owner, "race");
            let (path, body) = (team.path("/workspaces"), json!({"name": "Second"}));
            let racers = (0..2).map(|_| Racer::new(&owner, &Method::POST, &path, &body)).collect();
            let answers = race(&team.world, racers, &turns);
            prop_assert_eq!(team.world.count("SELECT count(*) FROM workspaces WHERE name = 'Second'"), 1);
            let first = answers.iter().find(|answer| answer.status == 201).unwrap().json();
            for answer in &answers {
                let waits = answer.refusal() == refusal(409, "idempotency_in_progress");
                prop_assert!(waits || answer.json() == first, "{}", answer.text());
            }
            prop_assert_eq!(owner.clone().post(&path, &body).json(), first);
            Ok(())
        })
        .unwrap();
}

/// Whoever loses that race and is signed out meanwhile gets no answer of before, and is told to ask again: then they are told why.
#[test]
fn racing_requests_of_a_session_that_ends_are_no_fault_of_ours() {
    let config = Config { cases: 96, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&prop::collection::vec(0_usize..3, 0..24), |turns| {
            let team = Team::new();
            let owner = with_key(&team.owner, "race");
            let (path, body) = (team.path("/workspaces"), json!({"name": "Second"}));
            let mut racers: Vec<_> =
                (0..2).map(|_| Racer::new(&owner, &Method::POST, &path, &body)).collect();
            racers.push(Racer::new(&team.owner, &Method::DELETE, "/v1/sessions/current", &json!({})));
            let answers = race(&team.world, racers, &turns);
            for answer in &answers[..2] {
                let told = [(201, ""), (401, "unauthenticated"), (409, "idempotency_in_progress")];
                prop_assert!(
                    told.iter().any(|(status, code)| answer.refusal() == refusal(*status, code)),
                    "{}",
                    answer.text()
                );
            }
            prop_assert!(team.world.count("SELECT count(*) FROM workspaces WHERE name = 'Second'") <= 1);
            Ok(())
        })
        .unwrap();
}

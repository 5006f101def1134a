//! Forgotten passwords: asking tells nobody anything but the mailbox, and the link sets a new password once.

use std::time::Duration;

use serde_json::{Value, json};
use usher::platform::Limit;

use crate::support::World;
use crate::support::client::{Answer, Client, PASSWORD, Team};
use crate::support::platform::Cost;
use crate::{about, complaint, refusal, sign_in};

const OLGA: &str = "olga.owner@studio.test";
const ANA: &str = "ana.client@client.test";
const OTHER: &str = "another sentence entirely";

/// Everything that this part of the API does, for whoever wants every statement to have run.
pub fn walk(world: &World) {
    ask(world, OLGA).ok();
    let token = mailed(world, OLGA);
    let mut olga = world.client();
    redeem(&mut olga, &token, OTHER).ok();
    let change = json!({"current_password": OTHER, "password": PASSWORD});
    olga.put("/v1/me/password", &change).ok();
    world.deliver();
}

fn ask(world: &World, email: &str) -> Answer {
    world.client().post("/v1/password-resets", &json!({"email": email}))
}

/// The token of the newest link to this address, once the mail has come.
fn mailed(world: &World, email: &str) -> String {
    world.deliver();
    world.mailed_password_token(email)
}

fn redeem(person: &mut Client, token: &str, password: &str) -> Answer {
    person.post("/v1/password-resets/redeem", &json!({"token": token, "password": password}))
}

fn mails_to(world: &World, email: &str) -> Vec<Value> {
    world.deliver();
    world.mailbox().into_iter().filter(|mail| mail["to"] == email).collect()
}

fn subjects(world: &World, email: &str) -> Vec<String> {
    mails_to(world, email).iter().map(|mail| mail["subject"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_mailed_link_sets_a_new_password_signs_in_and_ends_every_other_session() {
    let mut team = Team::new();
    ask(&team.world, OLGA).ok();
    let token = mailed(&team.world, OLGA);
    let mut olga = team.world.client();
    let set = redeem(&mut olga, &token, OTHER).ok();
    assert_eq!((set.status.as_u16(), set.json()), (200, olga.get("/v1/me").ok().json()));
    assert_eq!(
        team.owner.get("/v1/me").refusal(),
        refusal(401, "unauthenticated"),
        "the session from before"
    );
    assert_eq!(sign_in(&mut team.world.client(), OLGA).refusal(), refusal(401, "invalid_credentials"));
    let new = json!({"email": OLGA, "password": OTHER});
    team.world.client().post("/v1/sessions", &new).ok();
    olga.get(&team.path("/members")).ok();
}

/// V35: the same status, body, headers, writes and costs, whether there is an account or not.
#[test]
fn asking_answers_writes_and_costs_the_same_whether_there_is_an_account_or_not() {
    let team = Team::new();
    let told = |email: &str| {
        let answer = ask(&team.world, email);
        let cost = team.world.last_cost();
        let headers: Vec<_> = answer
            .headers
            .iter()
            .filter(|(name, _)| *name != "request-id")
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        (answer.status.as_u16(), answer.text(), headers, cost, team.world.state().queue.borrow().len())
    };
    team.world.deliver();
    let jobs = || team.world.count("SELECT count(*) FROM jobs");
    let before = jobs();
    let known = told(OLGA);
    assert_eq!((known.0, known.1.as_str(), known.3), (202, "{}", Cost { d1: 1, kv: 0 }));
    assert_eq!((jobs() - before, known.4), (1, 1));
    team.world.deliver();
    let unknown = told("nobody@studio.test");
    assert_eq!(unknown, known);
    assert_eq!(jobs() - before, 2);
    team.world.deliver();
    assert_eq!(mails_to(&team.world, "nobody@studio.test"), Vec::<Value>::new());
    assert_eq!(team.world.count("SELECT count(*) FROM jobs WHERE done_at IS NULL"), 0, "both are settled");
    assert!(!team.world.state().database.borrow().dump().contains("nobody@studio.test"), "and nothing kept");
}

#[test]
fn the_address_is_known_in_any_case_and_what_is_none_is_refused() {
    let team = Team::new();
    ask(&team.world, "Olga.OWNER@studio.test").ok();
    assert_eq!(subjects(&team.world, OLGA).last().unwrap(), "Reset your password for Usher");
    for (body, code, pointer) in [
        (json!({"email": "no address"}), "invalid_email", "/email"),
        (json!({}), "required", "/email"),
        (json!({"email": OLGA, "to": "/me"}), "unknown_field", "/to"),
    ] {
        let answer = team.world.client().post("/v1/password-resets", &body);
        assert_eq!(complaint(&answer), about(422, code, pointer));
    }
}

#[test]
fn a_link_ends_to_the_second_after_thirty_minutes_and_then_costs_nothing() {
    let team = Team::new();
    let asked = team.world.now();
    ask(&team.world, OLGA).ok();
    let token = mailed(&team.world, OLGA);
    let mut olga = team.world.client();
    let page = format!("/reset/{token}");
    team.world.state().now.set(asked.plus(Duration::from_secs(30 * 60 - 1)));
    assert_eq!(olga.get(&page).status, 200);
    team.world.state().now.set(asked.plus(Duration::from_mins(30)));
    assert_eq!(redeem(&mut olga, &token, OTHER).refusal(), refusal(410, "password_link_expired"));
    assert_eq!(team.world.last_cost(), Cost { d1: 0, kv: 0 });
    assert_eq!(olga.get(&page).status, 410);
    assert_eq!(team.world.last_cost(), Cost { d1: 0, kv: 0 });
}

/// A link, its twin that was asked for before it, and one at the same moment: the first that sets a password ends them all.
#[test]
fn of_all_links_that_were_mailed_one_works_once() {
    let team = Team::new();
    let tokens = [(), ()].map(|()| {
        team.world.pass(Duration::from_secs(1));
        ask(&team.world, OLGA).ok();
        mailed(&team.world, OLGA)
    });
    assert_ne!(tokens[0], tokens[1]);
    redeem(&mut team.world.client(), &tokens[0], OTHER).ok();
    let before = team.world.state().database.borrow().dump();
    for token in &tokens {
        let again = redeem(&mut team.world.client(), token, PASSWORD);
        assert_eq!(again.refusal(), refusal(410, "password_link_used"));
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

/// V1, V10: only what we signed for this is such a link, and it is no other.
#[test]
fn a_forged_link_and_one_for_something_else_are_refused_with_no_round_trip() {
    let mut team = Team::new();
    ask(&team.world, OLGA).ok();
    let token = mailed(&team.world, OLGA);
    let invitation = team.invited(ANA, "client");
    let copied = crate::copied_token(&mut team.owner, &invitation);
    let mut eve = team.world.client();
    for place in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'x' { b'y' } else { b'x' };
        let forged = String::from_utf8(bytes).unwrap();
        assert_eq!(redeem(&mut eve, &forged, OTHER).refusal(), refusal(404, "password_link_invalid"));
        assert_eq!(team.world.last_cost(), Cost { d1: 0, kv: 0 });
    }
    assert_eq!(redeem(&mut eve, &copied, OTHER).refusal(), refusal(404, "password_link_invalid"));
    let accepted = eve.post("/v1/invitations/accept", &json!({"token": token}));
    assert_eq!(accepted.refusal(), refusal(404, "invitation_invalid"));
    redeem(&mut eve, &token, OTHER).ok();
}

#[test]
fn a_password_that_is_none_is_refused_and_the_link_still_works() {
    let team = Team::new();
    ask(&team.world, OLGA).ok();
    let token = mailed(&team.world, OLGA);
    let mut olga = team.world.client();
    for weak in ["", "too short", OLGA] {
        assert_eq!(complaint(&redeem(&mut olga, &token, weak)), about(422, "weak_password", "/password"));
    }
    redeem(&mut olga, &token, OTHER).ok();
}

/// Somebody who was added and never had a password needs no other mail than this.
#[test]
fn it_gives_a_first_password_to_somebody_who_was_added_and_proves_their_mailbox() {
    let mut team = Team::new();
    team.add(ANA, "client", json!({"notify": false})).ok();
    ask(&team.world, ANA).ok();
    let token = mailed(&team.world, ANA);
    let mut ana = team.world.client();
    let me = redeem(&mut ana, &token, OTHER).ok().json();
    assert_eq!(me["user"]["email_verified"], true);
    assert_eq!(ana.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len(), 1);
}

#[test]
fn the_holder_is_told_that_the_password_was_changed() {
    let team = Team::new();
    ask(&team.world, OLGA).ok();
    let token = mailed(&team.world, OLGA);
    redeem(&mut team.world.client(), &token, OTHER).ok();
    let told = subjects(&team.world, OLGA);
    assert_eq!(told[told.len() - 2..], ["Reset your password for Usher", "Your password was changed"]);
    redeem(&mut team.world.client(), &token, OTHER);
    assert_eq!(subjects(&team.world, OLGA), told, "a refusal tells nothing");
}

/// Whoever floods a mailbox stops soon, and its holder still has a link that works.
#[test]
fn no_more_links_are_mailed_than_three_while_one_lives_and_nobody_is_told() {
    let team = Team::new();
    for _ in 0..5 {
        assert_eq!(ask(&team.world, OLGA).status, 202);
        team.world.pass(Duration::from_secs(1));
    }
    let resets =
        |world: &World| subjects(world, OLGA).iter().filter(|subject| subject.starts_with("Reset")).count();
    assert_eq!(resets(&team.world), 3);
    let token = mailed(&team.world, OLGA);
    assert_eq!(team.world.client().get(&format!("/reset/{token}")).status, 200);
    team.world.pass(Duration::from_mins(30));
    ask(&team.world, OLGA).ok();
    assert_eq!(resets(&team.world), 4);
}

#[test]
fn one_network_asks_for_so_many_and_an_address_that_is_asked_for_too_often_is_answered_as_ever() {
    let team = Team::new();
    let limit = |limit, key: &str| team.world.state().limited.borrow_mut().push((limit, key.to_owned()));
    limit(Limit::Account, "password-reset:olga.owner@studio.test");
    let jobs = team.world.count("SELECT count(*) FROM jobs");
    let answer = ask(&team.world, OLGA);
    assert_eq!((answer.status.as_u16(), answer.text()), (202, "{}".to_owned()));
    assert_eq!(team.world.count("SELECT count(*) FROM jobs"), jobs);
    limit(Limit::Network, "password-reset:203.0.113.7");
    let mut flood = team.world.client().with_header("cf-connecting-ip", "203.0.113.7");
    let refused = flood.post("/v1/password-resets", &json!({"email": OLGA}));
    assert_eq!(refused.refusal(), refusal(429, "rate_limited"));
    let mut elsewhere = team.world.client().with_header("origin", "https://evil.test");
    let refused = elsewhere.post("/v1/password-resets", &json!({"email": OLGA}));
    assert_eq!(refused.refusal(), refusal(403, "cross_site_request"));
}

/// A mail that comes late is not sent: its link would be dead on arrival.
#[test]
fn a_link_that_would_be_dead_on_arrival_is_not_mailed() {
    let team = Team::new();
    let before = subjects(&team.world, OLGA);
    ask(&team.world, OLGA).ok();
    let job = *team.world.state().queue.borrow().front().unwrap();
    team.world.pass(Duration::from_mins(30));
    assert_eq!(subjects(&team.world, OLGA), before);
    ask(&team.world, OLGA).ok();
    team.world.state().database.borrow().change("UPDATE users SET password_ver = password_ver + 1");
    assert_eq!(subjects(&team.world, OLGA), before);
    assert_eq!(team.world.count(&format!("SELECT count(*) FROM jobs WHERE id = '{job}' AND done_at > 0")), 1);
}

#[test]
fn no_token_is_kept_logged_or_audited() {
    let team = Team::new();
    ask(&team.world, OLGA).ok();
    let token = mailed(&team.world, OLGA);
    redeem(&mut team.world.client(), &token, OTHER).ok();
    team.world.deliver();
    let dump = team.world.state().database.borrow().dump();
    let kept: String = dump.lines().filter(|line| !line.starts_with("mailbox: ")).collect();
    let signature = token.rsplit('.').next().unwrap();
    assert!(!kept.contains(signature) && !kept.contains("eyJ") && !kept.contains("/reset/"));
    let log = team.world.log_text();
    assert!(!log.contains(signature) && !log.contains("eyJ") && !log.contains(OLGA), "{log}");
}

#[test]
fn setting_it_costs_two_round_trips() {
    let team = Team::new();
    ask(&team.world, OLGA).ok();
    let token = mailed(&team.world, OLGA);
    redeem(&mut team.world.client(), &token, OTHER).ok();
    assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 0 });
}

// Changing it, for whoever is signed in.

#[test]
fn whoever_types_their_password_chooses_another_and_every_other_session_ends() {
    let mut team = Team::new();
    let mut elsewhere = team.world.client();
    sign_in(&mut elsewhere, OLGA).ok();
    let change = json!({"current_password": PASSWORD, "password": OTHER});
    let changed = team.owner.put("/v1/me/password", &change).ok();
    assert_eq!(changed.status, 204);
    assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 0 });
    team.owner.get("/v1/me").ok();
    assert_eq!(elsewhere.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
    assert_eq!(sign_in(&mut elsewhere, OLGA).refusal(), refusal(401, "invalid_credentials"));
    assert_eq!(subjects(&team.world, OLGA).last().unwrap(), "Your password was changed");
}

#[test]
fn a_wrong_password_changes_nothing_and_is_counted() {
    let mut team = Team::new();
    let before = team.world.state().database.borrow().dump();
    let change = |current: &str, new: &str| json!({"current_password": current, "password": new});
    let wrong = team.owner.put("/v1/me/password", &change("not this one at all", OTHER));
    assert_eq!(complaint(&wrong), about(401, "invalid_credentials", "/current_password"));
    let weak = team.owner.put("/v1/me/password", &change(PASSWORD, "short"));
    assert_eq!(complaint(&weak), about(422, "weak_password", "/password"));
    let me = team.owner.get("/v1/me").ok().str("/user/id");
    let limited = (Limit::Account, format!("password:{me}"));
    assert!(team.world.state().asked_limits.borrow().contains(&limited));
    team.world.state().limited.borrow_mut().push(limited);
    let refused = team.owner.put("/v1/me/password", &change(PASSWORD, OTHER));
    assert_eq!(refused.refusal(), refusal(429, "rate_limited"));
    team.world.state().database.borrow().change("DELETE FROM guesses");
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

/// A link that was asked for before dies with the password that it was to replace.
#[test]
fn a_link_for_a_forgotten_password_dies_when_it_is_remembered() {
    let mut team = Team::new();
    ask(&team.world, OLGA).ok();
    let token = mailed(&team.world, OLGA);
    let change = json!({"current_password": PASSWORD, "password": OTHER});
    team.owner.put("/v1/me/password", &change).ok();
    assert_eq!(
        redeem(&mut team.world.client(), &token, PASSWORD).refusal(),
        refusal(410, "password_link_used")
    );
}

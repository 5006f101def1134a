//! Guessing a password: it gets slower and slower for whoever guesses, and for nobody else.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use usher::platform::Limit;

use crate::refusal;
use crate::support::World;
use crate::support::client::{Answer, Client, PASSWORD, Team};
use crate::support::race::{Racer, race};

const OLGA: &str = "olga.owner@studio.test";

fn try_at(by: &mut Client, email: &str, password: &str) -> Answer {
    by.post("/v1/sessions", &json!({"email": email, "password": password}))
}

fn guess(by: &mut Client, email: &str) -> (u16, Option<u64>) {
    let answer = try_at(by, email, "none of theirs at all");
    let wait = answer.header("retry-after").map(|seconds| seconds.parse().unwrap());
    (answer.status.as_u16(), wait)
}

fn from(world: &World, network: &str) -> Client {
    world.client().with_header("cf-connecting-ip", network)
}

#[test]
fn each_guess_from_a_network_makes_the_next_wait_longer_up_to_a_quarter_of_an_hour() {
    let team = Team::new();
    let mut stranger = from(&team.world, "203.0.113.7");
    for _ in 0..4 {
        assert_eq!(guess(&mut stranger, OLGA), (401, None));
    }
    for wait in [15, 30, 60, 120, 240, 480, 900, 900] {
        assert_eq!(guess(&mut stranger, OLGA), (401, None));
        assert_eq!(guess(&mut stranger, "Olga.OWNER@studio.test"), (429, Some(wait)));
        team.world.pass(Duration::from_secs(wait - 1));
        assert_eq!(guess(&mut stranger, OLGA), (429, Some(1)));
        team.world.pass(Duration::from_secs(1));
    }
    team.world.pass(Duration::from_hours(24));
    for _ in 0..5 {
        assert_eq!(guess(&mut stranger, OLGA), (401, None), "after a day it begins anew");
    }
    assert_eq!(guess(&mut stranger, OLGA), (429, Some(15)));
}

/// What one network's tries cost the account is what was looked at of them: so no single network keeps the holder out.
#[test]
fn what_is_refused_for_its_wait_is_not_counted_for_the_account() {
    let team = Team::new();
    let mut stranger = from(&team.world, "203.0.113.7");
    let spent = || {
        let asked = team.world.state().asked_limits.borrow();
        asked.iter().filter(|asked| **asked == (Limit::Account, format!("sign-in:{OLGA}"))).count()
    };
    let before = spent();
    for _ in 0..30 {
        guess(&mut stranger, OLGA);
    }
    assert_eq!(spent() - before, 5, "of thirty five were looked at");
}

#[test]
fn while_it_waits_the_right_password_is_not_looked_at_either() {
    let team = Team::new();
    let mut stranger = from(&team.world, "203.0.113.7");
    while guess(&mut stranger, OLGA).0 == 401 {}
    assert_eq!(try_at(&mut stranger, OLGA, PASSWORD).refusal(), refusal(429, "rate_limited"));
    assert_eq!(stranger.cookie("__Host-usher_session"), None);
    team.world.pass(Duration::from_secs(15));
    try_at(&mut stranger, OLGA, PASSWORD).ok();
    for _ in 0..4 {
        assert_eq!(guess(&mut stranger, OLGA), (401, None), "a right one begins anew");
    }
}

/// What a stranger does holds up the stranger: neither the holder elsewhere, nor the one who sits in the same network and
/// signed in there before, nor other accounts.
#[test]
fn a_stranger_locks_nobody_out() {
    let mut team = Team::new();
    team.joined("mia.member@studio.test", "member");
    let office = "198.51.100.9";
    let mut known = from(&team.world, office);
    try_at(&mut known, OLGA, PASSWORD).ok();
    known.delete("/v1/sessions/current").ok();
    let mut stranger = from(&team.world, office);
    while guess(&mut stranger, OLGA).0 == 401 {}
    try_at(&mut known, OLGA, PASSWORD).ok();
    try_at(&mut from(&team.world, "192.0.2.1"), OLGA, PASSWORD).ok();
    try_at(&mut from(&team.world, office), "mia.member@studio.test", PASSWORD).ok();
    assert_eq!(guess(&mut stranger, OLGA).0, 429);
    // Guesses from many networks use up what an account has for browsers that nobody knows.
    let of_account = (Limit::Account, format!("sign-in:{OLGA}"));
    team.world.state().limited.borrow_mut().push(of_account);
    assert_eq!(guess(&mut from(&team.world, "192.0.2.2"), OLGA), (429, Some(60)));
    known.delete("/v1/sessions/current").ok();
    try_at(&mut known, OLGA, PASSWORD).ok();
    known.get("/v1/me").ok();
    // And whoever is signed in changes their password all the same.
    let change = json!({"current_password": PASSWORD, "password": "another sentence entirely"});
    known.put("/v1/me/password", &change).ok();
}

#[test]
fn a_browser_that_is_known_to_one_account_is_a_stranger_to_every_other() {
    let mut team = Team::new();
    let mut mia = team.joined("mia.member@studio.test", "member");
    let limited = (Limit::Account, format!("sign-in:{OLGA}"));
    team.world.state().limited.borrow_mut().push(limited);
    assert_eq!(guess(&mut mia, OLGA), (429, Some(60)));
    let mut made_up = team.world.client().with_cookie("__Host-usher_device", &"A".repeat(43));
    assert_eq!(guess(&mut made_up, OLGA), (429, Some(60)));
}

/// A known browser may be stolen: from it too, guessing gets slow.
#[test]
fn guesses_from_a_known_browser_are_slowed_as_well() {
    let team = Team::new();
    let mut known = team.owner.clone();
    known.delete("/v1/sessions/current").ok();
    for _ in 0..5 {
        assert_eq!(guess(&mut known, OLGA), (401, None));
    }
    assert_eq!(guess(&mut known, OLGA), (429, Some(15)));
}

/// A browser that once was signed in opens nothing by that.
#[test]
fn the_cookie_that_makes_a_browser_known_is_no_session() {
    let team = Team::new();
    let mut olga = team.owner.clone();
    let device = olga.cookie("__Host-usher_device").unwrap().to_owned();
    olga.delete("/v1/sessions/current").ok();
    assert_eq!(olga.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
    assert_eq!(olga.cookie("__Host-usher_device"), Some(device.as_str()), "it stays known");
    let mut eve = team.world.client().with_cookie("__Host-usher_session", &device);
    assert_eq!(eve.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
}

#[test]
fn an_address_without_an_account_is_slowed_in_the_same_way() {
    let team = Team::new();
    let told = |email: &str| -> Vec<(u16, Option<String>, Value)> {
        let mut stranger = from(&team.world, "203.0.113.7");
        let one = |_| {
            let answer = try_at(&mut stranger, email, "none of theirs at all");
            let mut body = answer.json();
            body["request_id"] = Value::Null;
            (answer.status.as_u16(), answer.header("retry-after").map(str::to_owned), body)
        };
        (0..7).map(one).collect()
    };
    let known = told(OLGA);
    assert_eq!(known.last().unwrap().0, 429);
    assert_eq!(told("nobody@studio.test"), known);
}

/// Counted before they are looked at: no more are looked at because they come at once.
#[test]
fn guesses_at_the_same_time_are_no_more_guesses() {
    let team = Team::new();
    for round in 0..5_usize {
        let stranger = from(&team.world, &format!("203.0.113.{round}"));
        let body = json!({"email": OLGA, "password": "none of theirs at all"});
        let racers = (0..8).map(|_| Racer::new(&stranger, &Method::POST, "/v1/sessions", &body)).collect();
        let schedule: Vec<usize> = (0..40).map(|step| step * (round + 3) / 2).collect();
        let answers = race(&team.world, racers, &schedule);
        let looked_at = answers.iter().filter(|answer| answer.status == 401).count();
        assert_eq!(looked_at, 5, "round {round}");
        assert!(answers.iter().all(|answer| answer.status == 401 || answer.status == 429));
    }
}

#[test]
fn the_tick_forgets_guesses_of_the_day_before() {
    let team = Team::new();
    guess(&mut from(&team.world, "203.0.113.7"), OLGA);
    team.world.tick();
    assert_eq!(team.world.count("SELECT count(*) FROM guesses"), 1);
    team.world.pass(Duration::from_hours(24));
    team.world.tick();
    assert_eq!(team.world.count("SELECT count(*) FROM guesses"), 0);
}

/// Nothing that is kept of a guess tells whose it was or from where.
#[test]
fn what_is_kept_of_a_guess_is_a_digest() {
    let team = Team::new();
    guess(&mut from(&team.world, "203.0.113.7"), "nobody@studio.test");
    let kept = team.world.state().database.borrow().dump();
    assert!(!kept.contains("nobody@studio.test") && !kept.contains("203.0.113.7"));
}

/// Whoever holds a session guesses at its account's password as slowly as at the sign-in, by whatever route, from wherever; and
/// that is the account's own count: nobody who signs in waits for it.
#[test]
fn guesses_inside_a_session_get_slower_for_the_account_and_for_no_sign_in() {
    let team = Team::new();
    let mut olga = team.owner.clone();
    let wrong = "none of theirs at all";
    let ask = |by: &mut Client, route: usize, password: &str| match route {
        0 => by.put(
            "/v1/me/password",
            &json!({"current_password": password, "password": "a sentence works well"}),
        ),
        1 => by.post("/v1/me/email", &json!({"email": "olga@new.test", "password": password})),
        _ => by.post("/v1/me/mfa/totp", &json!({"password": password})),
    };
    for number in 0..5 {
        let answer = ask(&mut olga, number % 3, wrong);
        assert_eq!(answer.refusal(), refusal(401, "invalid_credentials"));
    }
    let mut thief = from(&team.world, "203.0.113.7");
    thief = thief.with_cookie("__Host-usher_session", olga.cookie("__Host-usher_session").unwrap());
    for route in 0..3 {
        let answer = ask(&mut thief, route, PASSWORD);
        assert_eq!(answer.refusal(), refusal(429, "rate_limited"), "the right one is not looked at either");
        assert_eq!(answer.header("retry-after"), Some("15"));
    }
    try_at(&mut from(&team.world, "203.0.113.8"), OLGA, PASSWORD).ok();
    team.world.pass(Duration::from_secs(15));
    assert_eq!(ask(&mut olga, 1, wrong).refusal(), refusal(401, "invalid_credentials"));
    assert_eq!(ask(&mut olga, 1, wrong).header("retry-after"), Some("30"));
    team.world.pass(Duration::from_secs(30));
    ask(&mut olga, 1, PASSWORD).ok();
    for _ in 0..4 {
        assert_eq!(
            ask(&mut olga, 1, wrong).refusal(),
            refusal(401, "invalid_credentials"),
            "a right one begins anew"
        );
    }
    ask(&mut olga, 2, PASSWORD).ok();
    let weak = json!({"current_password": PASSWORD, "password": "olga"});
    for _ in 0..8 {
        assert_eq!(
            olga.put("/v1/me/password", &weak).refusal(),
            refusal(422, "weak_password"),
            "which is no guess"
        );
    }
    ask(&mut olga, 0, PASSWORD).ok();
    assert_eq!(team.world.count("SELECT count(*) FROM guesses WHERE id LIKE 'usr_%'"), 0);
}

/// A stranger without a session adds nothing to it: no guess at the sign-in slows whoever is signed in.
#[test]
fn guesses_at_the_sign_in_are_none_inside_a_session() {
    let team = Team::new();
    let mut olga = team.owner.clone();
    for network in 0..4 {
        let mut stranger = from(&team.world, &format!("203.0.113.{network}"));
        while guess(&mut stranger, OLGA).0 == 401 {}
    }
    let mut nobody = team.world.client().with_cookie("__Host-usher_session", &"x".repeat(43));
    for _ in 0..9 {
        let change = json!({"current_password": "no", "password": "a sentence works well"});
        assert_eq!(nobody.put("/v1/me/password", &change).refusal(), refusal(401, "unauthenticated"));
    }
    olga.post("/v1/me/email", &json!({"email": "olga@new.test", "password": PASSWORD})).ok();
}

/// At once they are no more than one after another.
#[test]
fn guesses_inside_a_session_at_the_same_time_are_no_more_guesses() {
    let team = Team::new();
    let body = json!({"email": "olga@new.test", "password": "none of theirs at all"});
    let racers = (0..9).map(|_| Racer::new(&team.owner, &Method::POST, "/v1/me/email", &body)).collect();
    let answers = race(&team.world, racers, &[0, 1, 2, 3, 4, 5, 6, 7, 8]);
    let looked_at = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!((looked_at, answers.len()), (5, 9));
}

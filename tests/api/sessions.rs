//! Sessions: signing in and out, the cookie, where a request may come from, and the limits on guessing.

use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::support::World;
use crate::support::client::{Answer, Client, PASSWORD, Team};
use crate::support::platform::{Native, ORIGIN, block_on};
use crate::{refusal, sign_in};
use usher::domain::ids::SessionId;
use usher::flow::accept::SESSION;
use usher::platform::{Database, Entropy, Limit};
use usher::store::accounts;
use usher::store::sessions::{NewSession, begin};

const COOKIE: &str = "__Host-usher_session";
const OLGA: &str = "olga.owner@studio.test";

fn with_password(person: &mut Client, email: &str, password: &str) -> Answer {
    person.post("/v1/sessions", &json!({"email": email, "password": password}))
}

#[test]
fn signing_in_answers_the_account_and_sets_the_cookie() {
    let team = Team::new();
    let mut olga = team.world.client();
    let answer = sign_in(&mut olga, "OLGA.Owner@studio.test").ok();
    assert_eq!(answer.status, 201);
    let user = answer.json()["user"].clone();
    assert!(user["id"].as_str().unwrap().starts_with("usr_"));
    assert_eq!(user["email"], OLGA);
    assert_eq!(user["mfa_enabled"], false);
    assert_eq!(olga.get("/v1/me").ok().json()["user"], user);
}

#[test]
fn the_cookie_is_out_of_reach_of_scripts_other_hosts_and_other_sites() {
    let team = Team::new();
    let answer = sign_in(&mut team.world.client(), OLGA).ok();
    let cookie = answer.header("set-cookie").unwrap();
    let mut parts = cookie.split("; ");
    let (name, secret) = parts.next().unwrap().split_once('=').unwrap();
    assert_eq!(name, COOKIE);
    assert_eq!(secret.len(), 43, "256 bits");
    let mut attributes: Vec<_> = parts.collect();
    attributes.sort_unstable();
    assert_eq!(attributes, ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Lax", "Secure"]);
}

#[test]
fn a_wrong_password_an_unknown_address_and_no_address_get_one_answer() {
    let team = Team::new();
    let mut nobody = team.world.client();
    let mut told = |email: &str, password: &str| {
        let answer = with_password(&mut nobody, email, password);
        assert_eq!(answer.refusal(), refusal(401, "invalid_credentials"), "{email}");
        assert_eq!(answer.header("set-cookie"), None);
        let mut body = answer.json();
        body["request_id"] = json!(null);
        body
    };
    let wrong = told(OLGA, "not her password");
    assert_eq!(told("nobody@studio.test", PASSWORD), wrong);
    assert_eq!(told("no address", PASSWORD), wrong);
    assert_eq!(told(OLGA, ""), wrong);
}

#[test]
fn signing_out_kills_the_session_wherever_its_cookie_is() {
    let team = Team::new();
    let mut olga = team.owner.clone();
    let mut copy = team.owner.clone();
    let answer = olga.delete("/v1/sessions/current");
    assert_eq!((answer.status.as_u16(), answer.text()), (204, String::new()));
    assert!(answer.header("set-cookie").unwrap().starts_with("__Host-usher_session=; "));
    assert_eq!(olga.cookie(COOKIE), None);
    assert_eq!(copy.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
    assert_eq!(copy.get(&team.path("/members")).refusal(), refusal(401, "unauthenticated"));
}

#[test]
fn signing_out_one_browser_leaves_the_other_signed_in() {
    let team = Team::new();
    let mut other = team.world.client();
    sign_in(&mut other, OLGA).ok();
    team.owner.clone().delete("/v1/sessions/current").ok();
    other.get("/v1/me").ok();
}

#[test]
fn a_session_ends_after_thirty_days_to_the_millisecond() {
    let mut team = Team::new();
    team.world.pass(Duration::from_millis(30 * 24 * 3600 * 1000 - 1));
    team.owner.get("/v1/me").ok();
    team.world.pass(Duration::from_millis(1));
    assert_eq!(team.owner.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
    let mut copy = team.owner.clone();
    assert_eq!(copy.get(&team.path("/members")).refusal(), refusal(401, "unauthenticated"));
}

#[test]
fn what_no_session_can_look_like_costs_no_lookup() {
    let world = World::new();
    for garbage in ["", "x", "' OR 1=1 --", &"A".repeat(44), &"!".repeat(43)] {
        let answer = world.client().with_cookie(COOKIE, garbage).get("/v1/me");
        assert_eq!(answer.refusal(), refusal(401, "unauthenticated"));
        assert_eq!(world.last_cost().d1, 0, "{garbage}");
    }
}

/// A browser's unsafe request must come from our own pages.
#[test]
fn what_changes_something_by_cookie_must_come_from_our_own_origin() {
    let team = Team::new();
    let site = "sec-fetch-site";
    for (headers, allowed) in [
        (vec![("origin", ORIGIN)], true),
        (vec![("origin", "https://evil.test")], false),
        (vec![("origin", "http://localhost:8788")], false),
        (vec![("origin", "https://localhost:8787")], false),
        (vec![("origin", "http://localhost:8787.evil.test")], false),
        (vec![("origin", "https://evil.test"), (site, "same-origin")], false),
        (vec![("origin", "")], false),
        (vec![("origin", ""), (site, "same-origin")], true),
        (vec![("origin", ""), (site, "same-site")], false),
        (vec![("origin", ""), (site, "cross-site")], false),
        (vec![("origin", ""), (site, "none")], false),
        (vec![("origin", "null")], false),
        (vec![("origin", "null"), (site, "same-origin")], true),
        (vec![("origin", "null"), (site, "cross-site")], false),
        (vec![("origin", "https://evil.test"), ("host", "evil.test")], false),
        (vec![("origin", "https://evil.test"), ("x-forwarded-host", "evil.test")], false),
    ] {
        let mut browser = team.owner.clone();
        for (name, value) in &headers {
            browser = browser.with_header(name, value);
        }
        let answer = browser.invite(&team.organization, "bad address", "member");
        let expected = if allowed { (422, "invalid_email") } else { (403, "cross_site_request") };
        assert_eq!(answer.refusal(), refusal(expected.0, expected.1), "{headers:?}");
    }
}

#[test]
fn reading_by_cookie_needs_no_origin() {
    let team = Team::new();
    let mut from_a_link = team.owner.clone().with_header("sec-fetch-site", "cross-site");
    from_a_link.get("/v1/me").ok();
    from_a_link.send(&Method::HEAD, "/v1/me", None, Vec::new()).ok();
}

/// Signing somebody's browser in to the attacker's account is an attack of its own.
#[test]
fn signing_in_from_another_site_is_refused_and_a_program_needs_no_origin() {
    let team = Team::new();
    let mut other_site = team.world.client().with_header("origin", "https://evil.test");
    assert_eq!(sign_in(&mut other_site, OLGA).refusal(), refusal(403, "cross_site_request"));
    let mut cross = team.world.client().with_header("origin", "").with_header("sec-fetch-site", "cross-site");
    assert_eq!(sign_in(&mut cross, OLGA).refusal(), refusal(403, "cross_site_request"));
    sign_in(&mut team.world.client().with_header("origin", ""), OLGA).ok();
}

#[test]
fn guessing_at_one_account_is_limited_from_any_network() {
    let team = Team::new();
    let key = format!("sign-in:{OLGA}");
    team.world.state().limited.borrow_mut().push((Limit::Account, key));
    for network in ["203.0.113.7", "198.51.100.9"] {
        let mut guesser = team.world.client().with_header("cf-connecting-ip", network);
        let answer = sign_in(&mut guesser, "Olga.OWNER@studio.test");
        assert_eq!(answer.refusal(), refusal(429, "rate_limited"));
        assert_eq!(answer.header("retry-after"), Some("60"));
    }
    let other = with_password(&mut team.world.client(), "nobody@studio.test", PASSWORD);
    assert_eq!(other.refusal(), refusal(401, "invalid_credentials"));
}

#[test]
fn an_account_under_attack_answers_a_known_and_an_unknown_address_alike() {
    let team = Team::new();
    for email in [OLGA, "nobody@studio.test"] {
        let key = format!("sign-in:{email}");
        team.world.state().limited.borrow_mut().push((Limit::Account, key));
        assert_eq!(sign_in(&mut team.world.client(), email).refusal(), refusal(429, "rate_limited"));
    }
    team.owner.clone().get("/v1/me").ok();
}

#[test]
fn one_network_is_limited_in_signing_in_previewing_accepting_and_declining() {
    let world = World::new();
    for (what, path) in [
        ("sign-in", "/v1/sessions"),
        ("preview", "/v1/invitations/preview"),
        ("accept", "/v1/invitations/accept"),
        ("decline", "/v1/invitations/decline"),
    ] {
        let key = format!("{what}:2001:db8:0:1::/64");
        world.state().limited.borrow_mut().push((Limit::Network, key));
        let mut within = world.client().with_header("cf-connecting-ip", "2001:db8:0:1:ffff::9");
        let answer = within.post(path, &json!({}));
        assert_eq!(answer.refusal(), refusal(429, "rate_limited"), "{path}");
        assert_eq!(answer.header("retry-after"), Some("60"));
        let mut outside = world
            .client()
            .with_header("cf-connecting-ip", "2001:db8:0:2::9")
            .with_header("x-forwarded-for", "2001:db8:0:1::1");
        assert_eq!(outside.post(path, &json!({})).refusal().0, 422, "{path}");
    }
}

#[test]
fn limits_off_lifts_those_per_network_and_never_those_of_an_account() {
    let world = World::with_settings(&[("LIMITS", "off")]);
    let team = Team::in_world(world);
    let state = team.world.state();
    state.limited.borrow_mut().push((Limit::Network, "sign-in:unknown".to_owned()));
    sign_in(&mut team.world.client(), OLGA).ok();
    state.limited.borrow_mut().push((Limit::Account, format!("sign-in:{OLGA}")));
    assert_eq!(sign_in(&mut team.world.client(), OLGA).refusal(), refusal(429, "rate_limited"));
}

#[test]
fn a_bearer_key_that_nobody_has_is_not_helped_by_a_cookie() {
    let team = Team::new();
    let mut both = team.owner.clone().bearer("op_wrong");
    assert_eq!(both.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
}

/// While a password is being checked, the mailbox's owner may take the account over: the old password then opens nothing.
#[test]
fn a_session_starts_only_under_the_password_that_was_checked() {
    let mut team = Team::new();
    team.joined("mia.member@studio.test", "member");
    let now = team.world.now();
    let platform = Native::new(team.world.clone());
    let account = block_on(platform.run(accounts::credentials(&"mia.member@studio.test".parse().unwrap())))
        .unwrap()
        .first::<accounts::Credentials>()
        .unwrap()
        .unwrap();
    let start = |digest: &str, hash: &str| {
        let session = NewSession {
            id: SessionId::new(now, platform.random()),
            digest: digest.to_owned(),
            device: String::new(),
            now,
            ends: now.plus(SESSION),
            waits_until: now.plus(SESSION),
        };
        let [begins, _] = begin(&session, account.id, hash);
        block_on(platform.run(begins)).unwrap().any()
    };
    assert!(!start("one", "the hash before the takeover"));
    assert!(start("two", account.password_hash.as_deref().unwrap()));
}

/// Accepting with a new account signs the browser in, and declining settles: another site's page may do neither.
#[test]
fn another_sites_page_can_neither_accept_nor_decline_for_a_browser_that_is_signed_out() {
    let mut team = Team::new();
    team.invited("mia.member@studio.test", "member");
    team.world.deliver();
    let token = team.world.mailed_token("mia.member@studio.test");
    for (name, value) in [("origin", "https://evil.test"), ("sec-fetch-site", "cross-site")] {
        let mut browser = team.world.client().with_header("origin", "").with_header(name, value);
        assert_eq!(browser.accept(&token, "Mia Member").refusal(), refusal(403, "cross_site_request"));
        let declined = browser.post("/v1/invitations/decline", &json!({"token": token}));
        assert_eq!(declined.refusal(), refusal(403, "cross_site_request"));
    }
    let mut program = team.world.client().with_header("origin", "");
    program.accept(&token, "Mia Member").ok();
}

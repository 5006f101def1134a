//! design.md, "Who is accepting": what a mailed and a copied link prove, and what becomes of an account nobody proved.

use std::time::Duration;

use serde_json::json;

use crate::support::World;
use crate::support::client::{Client, PASSWORD, Team};
use crate::{accept_signed_in, another, copied_token, decline, preview, refusal};

const ANA: &str = "ana@client.test";

/// Ana came in through a copied link, so nobody proved her mailbox. The team, and her browser.
fn unproved(role: &str) -> (Team, Client) {
    let mut team = Team::new();
    let invitation = team.invited(ANA, role);
    let token = copied_token(&mut team.owner, &invitation);
    let mut ana = team.world.client();
    ana.accept(&token, "Ana Copied").ok();
    (team, ana)
}

/// Another organization of the same world invites the address. Its owner's team, the mailed token and the copied one.
fn invited_elsewhere(world: &World, email: &str) -> (Team, String, String) {
    world.pass(Duration::from_secs(1));
    let mut other = another(world);
    let invitation = other.invited(email, "member");
    let copied = copied_token(&mut other.owner, &invitation);
    world.deliver();
    let mailed = world.mailed_token(email);
    (other, mailed, copied)
}

#[test]
fn a_copied_link_makes_an_account_with_an_unproved_address_that_works_in_its_organization() {
    let (_, mut ana) = unproved("client");
    let me = ana.get("/v1/me").ok().json();
    assert_eq!(me["user"]["email_verified"], false);
    assert_eq!(ana.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len(), 1);
}

#[test]
fn an_unproved_account_accepts_nothing_further_by_a_copied_link() {
    let (team, mut ana) = unproved("client");
    let (_, _, copied) = invited_elsewhere(&team.world, ANA);
    let before = team.world.state().database.borrow().dump();
    assert_eq!(accept_signed_in(&mut ana, &copied).refusal(), refusal(403, "email_unverified"));
    assert_eq!(ana.accept(&copied, "Ana Copied").refusal(), refusal(403, "email_unverified"));
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

#[test]
fn somebody_else_with_a_copied_link_must_sign_in_to_the_unproved_account() {
    let (team, _) = unproved("client");
    let (_, _, copied) = invited_elsewhere(&team.world, ANA);
    let mut eve = team.world.client();
    assert_eq!(preview(&mut eve, &copied).ok().str("/next"), "sign_in");
    assert_eq!(eve.accept(&copied, "Eve Other").refusal(), refusal(401, "sign_in_required"));
}

#[test]
fn for_a_mailed_link_an_unproved_account_counts_as_none_even_signed_in() {
    let (team, mut ana) = unproved("client");
    let (_, mailed, _) = invited_elsewhere(&team.world, ANA);
    assert_eq!(preview(&mut ana, &mailed).ok().str("/next"), "sign_up");
    assert_eq!(preview(&mut team.world.client(), &mailed).ok().str("/next"), "sign_up");
    assert_eq!(accept_signed_in(&mut ana, &mailed).refusal(), refusal(422, "required"));
}

#[test]
fn the_first_proof_of_the_mailbox_drops_password_and_sessions_and_keeps_memberships() {
    let (team, mut squatter) = unproved("client");
    let mut second_browser = team.world.client();
    crate::sign_in(&mut second_browser, ANA).ok();
    let (_, mailed, _) = invited_elsewhere(&team.world, ANA);

    let mut ana = team.world.client();
    let body = json!({"token": mailed, "name": "Ana Client", "password": "another sentence entirely"});
    ana.post("/v1/invitations/accept", &body).ok();

    for browser in [&mut squatter, &mut second_browser] {
        assert_eq!(browser.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
    }
    let old = crate::sign_in(&mut team.world.client(), ANA);
    assert_eq!(old.refusal(), refusal(401, "invalid_credentials"), "the old password");
    let new = json!({"email": ANA, "password": "another sentence entirely"});
    team.world.client().post("/v1/sessions", &new).ok();
    let me = ana.get("/v1/me").ok().json();
    assert_eq!((&me["user"]["name"], &me["user"]["email_verified"]), (&json!("Ana Client"), &json!(true)));
    assert_eq!(ana.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len(), 2);
    assert_eq!(team.world.count("SELECT count(*) FROM users WHERE email_key = 'ana@client.test'"), 1);
}

#[test]
fn taking_over_from_a_browser_that_somebody_else_signed_in_replaces_what_was_there() {
    let (team, mut shared) = unproved("client");
    let before = shared.cookie("__Host-usher_session").unwrap().to_owned();
    let (_, mailed, _) = invited_elsewhere(&team.world, ANA);
    let body = json!({"token": mailed, "name": "Ana Client", "password": "another sentence entirely"});
    shared.post("/v1/invitations/accept", &body).ok();
    assert_ne!(shared.cookie("__Host-usher_session").unwrap(), before);
    let mut old = team.world.client().with_cookie("__Host-usher_session", &before);
    assert_eq!(old.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
}

#[test]
fn a_proved_account_accepts_by_a_copied_link_and_stays_proved() {
    let mut team = Team::new();
    let mut ana = team.joined(ANA, "client");
    let (_, _, copied) = invited_elsewhere(&team.world, ANA);
    accept_signed_in(&mut ana, &copied).ok();
    assert_eq!(ana.get("/v1/me").ok().json()["user"]["email_verified"], true);
}

#[test]
fn accepting_never_changes_a_proved_account_whatever_is_sent_along() {
    let mut team = Team::new();
    let mut ana = team.joined(ANA, "client");
    let user = "SELECT name, password_hash, email_verified_at FROM users WHERE email_key = 'ana@client.test'";
    let read = |team: &Team| team.world.state().database.borrow().query(user);
    let before = read(&team);
    let (_, mailed, _) = invited_elsewhere(&team.world, ANA);
    let body = json!({"token": mailed, "name": "Eve Other", "password": "another sentence entirely"});
    let answer = ana.post("/v1/invitations/accept", &body).ok();
    assert_eq!(answer.header("set-cookie"), None);
    assert_eq!(read(&team), before);
    crate::sign_in(&mut team.world.client(), ANA).ok();
}

#[test]
fn a_copied_link_takes_nothing_over() {
    let (team, mut ana) = unproved("client");
    let (_, _, copied) = invited_elsewhere(&team.world, ANA);
    let body = json!({"token": copied, "name": "Eve Other", "password": "another sentence entirely"});
    let answer = team.world.client().post("/v1/invitations/accept", &body);
    assert_eq!(answer.refusal(), refusal(401, "sign_in_required"));
    assert_eq!(ana.get("/v1/me").ok().str("/user/name"), "Ana Copied");
}

#[test]
fn whoever_holds_a_link_may_decline_it() {
    let (team, mut ana) = unproved("client");
    let (_, _, copied) = invited_elsewhere(&team.world, ANA);
    assert_eq!(decline(&mut ana, &copied).status, 204);
}

/// The page and `preview` are decided in one place: for every caller and link they say the same.
#[test]
fn the_page_and_the_preview_agree_on_what_comes_next() {
    let (mut team, ana_unproved) = unproved("client");
    let mut eve = team.joined("eve@other.test", "client");
    let (mut other, mailed, copied) = invited_elsewhere(&team.world, ANA);
    other.invited("new@client.test", "client");
    other.invited("eve@other.test", "client");
    team.world.deliver();
    let [to_new, to_eve] = ["new@client.test", "eve@other.test"].map(|email| team.world.mailed_token(email));
    let gone = other.invited("gone@client.test", "client");
    let revoked = copied_token(&mut other.owner, &gone);
    other.owner.post(&format!("/v1/invitations/{gone}/revoke"), &json!({})).ok();

    let mut seen = std::collections::BTreeSet::new();
    for caller in [team.world.client(), ana_unproved, eve.clone()] {
        for token in [&mailed, &copied, &to_new, &to_eve, &revoked] {
            let next = preview(&mut caller.clone(), token).ok().str("/next");
            let page = caller.clone().get(&format!("/i/{token}"));
            let html = page.text();
            let asks = |field: &str| html.contains(&format!("name=\"{field}\""));
            let expected = match next.as_str() {
                "sign_up" => page.status == 200 && asks("password") && asks("name"),
                "sign_in" => page.status == 200 && asks("password") && !asks("name"),
                "accept" => page.status == 200 && !asks("password") && !asks("name"),
                "switch_account" => page.status == 200 && html.contains("action=\"/sign-out\""),
                "none" => page.status == accept_signed_in(&mut caller.clone(), token).status,
                other => panic!("{other}"),
            };
            assert!(expected, "{next}: {} {html}", page.status);
            seen.insert(next);
        }
    }
    assert_eq!(seen.len(), 5, "every face was seen: {seen:?}");
    eve.post("/v1/invitations/accept", &json!({"token": to_eve, "password": PASSWORD})).ok();
}

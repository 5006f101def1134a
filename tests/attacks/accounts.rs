//! What is tried on accounts: half a sign-in, an address that may have one, and one that somebody else set up.

use serde_json::json;

use crate::support::client::{PASSWORD, Team};
use crate::support::scene::second_factor;
use crate::{MIA, dump, other_team, refusal};

const OLGA: &str = "olga.owner@studio.test";

/// A password without its second factor opens nothing, and an invitation is no way around it (V25): not by session, and not
/// by accepting with the same password.
#[test]
fn v30_a_session_that_lacks_its_second_factor_reads_accepts_and_changes_nothing() {
    let mut team = Team::new();
    let mut other = other_team(&team.world);
    second_factor(&mut team.owner);
    let invitation = other.invited(OLGA, "admin");
    let token = crate::copied(&mut other.owner, &invitation);
    let mut thief = team.world.client();
    let half = thief.post("/v1/sessions", &json!({"email": OLGA, "password": PASSWORD})).ok().json();
    assert_eq!(half, json!({"mfa_required": true}));
    let before = dump(&team);
    for path in ["/v1/me", "/v1/me/workspaces", "/v1/sessions", &team.path("/members"), &other.path("")] {
        assert_eq!(thief.get(path).refusal(), refusal(401, "unauthenticated"), "{path}");
    }
    for body in [json!({"token": token}), json!({"token": token, "name": "Olga", "password": PASSWORD})] {
        let answer = thief.post("/v1/invitations/accept", &body);
        assert_eq!(answer.refusal(), refusal(401, "sign_in_required"), "{body}");
    }
    assert_eq!(dump(&team), before);
}

/// One answer, and one row written, for every address.
#[test]
fn v35_asking_for_a_new_password_does_not_tell_whether_there_is_an_account() {
    let team = Team::new();
    let told = |email: &str| {
        let answer = team.world.client().post("/v1/password-resets", &json!({"email": email}));
        (answer.status.as_u16(), answer.text(), team.world.last_cost())
    };
    let rows = || team.world.count("SELECT count(*) FROM jobs WHERE kind = 'password_reset'");
    let known = told(OLGA);
    assert_eq!((known.0, rows()), (202, 1));
    assert_eq!(told("nobody@studio.test"), known);
    assert_eq!(rows(), 2);
}

/// Whoever took an address may set up everything under it, a second factor too: its holder asks for a new password, and all
/// of that is gone.
#[test]
fn pre_hijack_a_second_factor_of_somebody_else_keeps_no_holder_out() {
    let mut team = Team::new();
    let member = team.add(MIA, "admin", json!({})).ok().str("/id");
    let token = team.password_token(&member);
    let mut hijacker = team.world.client();
    hijacker.set_password(&token).ok();
    let (app, codes) = second_factor(&mut hijacker);
    let mut waiting = team.world.client();
    waiting.post("/v1/sessions", &json!({"email": MIA, "password": PASSWORD})).ok();
    let mut mia = team.world.client();
    mia.post("/v1/password-resets", &json!({"email": MIA})).ok();
    team.world.deliver();
    let token = team.world.mailed_password_token(MIA);
    let own = json!({"token": token, "password": "another sentence entirely"});
    let me = mia.post("/v1/password-resets/redeem", &own).ok().json();
    assert_eq!((&me["user"]["email_verified"], &me["user"]["mfa_enabled"]), (&json!(true), &json!(false)));
    assert_eq!(hijacker.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
    for code in [&app.code(team.world.now()), &codes[0]] {
        let answer = waiting.post("/v1/sessions/mfa", &json!({"code": code}));
        assert_eq!(answer.refusal(), refusal(401, "unauthenticated"));
    }
    for table in ["second_factors", "recovery_codes"] {
        assert_eq!(team.world.count(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
}

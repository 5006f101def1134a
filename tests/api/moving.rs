//! A host product's user whose address changes: the account that is only this product's follows, and nobody else's does.

use serde_json::{Value, json};

use crate::api_keys::{any_program, program};
use crate::support::client::{Answer, Client, Team};
use crate::{another, copied_token, refusal, remove};

const OLD: &str = "bo@old.test";
const NEW: &str = "bo@new.test";

fn accept(program: &mut Client, token: &str, subject: &str, email: &str) -> Answer {
    let user = json!({"subject": subject, "email": email, "name": "Bo Client", "email_verified": true});
    program.post("/v1/invitations/accept", &json!({"token": token, "user": user}))
}

/// The token of an invitation for this address.
fn invited(team: &mut Team, email: &str, role: &str) -> String {
    let id = team.invited(email, role);
    copied_token(&mut team.owner, &id)
}

/// A team with a program, and Bo who came in by it as `user-7`. Answers also their member's id.
fn with_bo(role: &str) -> (Team, Client, String) {
    let mut team = Team::new();
    let mut program = any_program(&team);
    let token = invited(&mut team, OLD, role);
    let member = accept(&mut program, &token, "user-7", OLD).ok().str("/member_id");
    (team, program, member)
}

fn dump(team: &Team) -> impl PartialEq + std::fmt::Debug {
    team.world.state().database.borrow().dump()
}

#[test]
fn a_subject_with_a_new_address_stays_the_member_that_they_were() {
    let (mut team, mut program, member) = with_bo("client");
    let token = invited(&mut team, NEW, "client");
    assert_eq!(accept(&mut program, &token, "user-7", NEW).ok().str("/member_id"), member);
    let seen = program.get(&format!("/v1/members/{member}")).ok().json();
    assert_eq!((&seen["user"]["email"], &seen["subject"]), (&json!(NEW), &json!("user-7")));
    let log = team.owner.get(&team.path("/audit?action=member.email_changed")).ok().json();
    let entry = &log["data"][0];
    assert_eq!(entry["subject"], member.as_str());
    assert_eq!(
        (&entry["before"], &entry["after"]),
        (&json!({"email": "b••@old.test"}), &json!({"email": "b••@new.test"}))
    );
    // Both are answered again, and the old address is free for somebody else.
    assert_eq!(accept(&mut program, &token, "user-7", NEW).ok().str("/member_id"), member);
    let token = invited(&mut team, OLD, "client");
    accept(&mut program, &token, "user-8", OLD).ok();
}

#[test]
fn whoever_was_removed_comes_back_with_their_new_address() {
    let (mut team, mut program, member) = with_bo("client");
    remove(&team, OLD);
    team.world.pass(std::time::Duration::from_secs(1));
    let token = invited(&mut team, NEW, "client");
    let back = accept(&mut program, &token, "user-7", NEW).ok().str("/member_id");
    assert_ne!(back, member);
    assert_eq!(program.get(&format!("/v1/members/{back}")).ok().str("/user/email"), NEW);
}

/// What is refused leaves the address where it was.
#[test]
fn an_invitation_that_lets_nobody_in_moves_nobody() {
    let (mut team, mut program, _) = with_bo("client");
    let id = team.invited(NEW, "client");
    let token = copied_token(&mut team.owner, &id);
    team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok();
    let before = dump(&team);
    assert_eq!(accept(&mut program, &token, "user-7", NEW).refusal(), refusal(410, "invitation_revoked"));
    assert_eq!(dump(&team), before);
}

#[test]
fn an_address_that_has_an_account_is_not_taken_over() {
    let (mut team, mut program, _) = with_bo("client");
    let mut other = another(&team.world);
    other.joined(NEW, "client");
    let token = invited(&mut team, NEW, "client");
    let before = dump(&team);
    let answer = accept(&mut program, &token, "user-7", NEW);
    assert_eq!(answer.refusal(), refusal(403, "wrong_account"));
    assert!(answer.str("/detail").contains("has an account already"), "{}", answer.text());
    assert_eq!(dump(&team), before);
}

/// Another organization knows them by the old address too: it is not this one's to change.
#[test]
fn somebody_of_another_organization_too_keeps_their_address() {
    let (mut team, mut program, _) = with_bo("client");
    let mut other = another(&team.world);
    let token = invited(&mut other, OLD, "client");
    accept(&mut any_program(&other), &token, "of the other's", OLD).ok();
    let token = invited(&mut team, NEW, "client");
    let answer = accept(&mut program, &token, "user-7", NEW);
    assert_eq!(answer.refusal(), refusal(403, "wrong_account"));
    assert!(answer.str("/detail").contains("own page"), "{}", answer.text());
}

/// Whoever has the new mailbox could set a password and be that admin.
#[test]
fn an_admin_moves_only_by_a_key_that_may_let_admins_in_and_the_owner_never() {
    let narrow = ["invitations:accept", "invitations:write"];
    for (role, scope, moves) in
        [("member", None, true), ("admin", None, false), ("admin", Some("admins:write"), true)]
    {
        let (mut team, _, _) = with_bo(role);
        let token = invited(&mut team, NEW, "client");
        let mut program = program(&team, &narrow.into_iter().chain(scope).collect::<Vec<_>>());
        let answer = accept(&mut program, &token, "user-7", NEW);
        assert_eq!(answer.status == 200, moves, "{role} {scope:?}: {}", answer.text());
    }
}

/// What was made for the old address ends with it.
#[test]
fn links_and_sessions_of_the_old_address_end() {
    let (mut team, mut program, member) = with_bo("client");
    let link = team.owner.post(&format!("/v1/members/{member}/password-link"), &json!({})).ok().str("/url");
    let mut bo = team.world.client();
    bo.set_password(link.rsplit('/').next().unwrap()).ok();
    bo.get("/v1/me").ok();
    let token = invited(&mut team, NEW, "client");
    accept(&mut program, &token, "user-7", NEW).ok();
    assert_eq!(bo.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
    let late = team.world.client().set_password(link.rsplit('/').next().unwrap());
    assert!(!late.status.is_success(), "{}", late.text());
}

#[test]
fn a_member_is_found_by_their_subject_alone() {
    let (mut team, mut program, member) = with_bo("client");
    team.joined("ana@client.test", "client");
    let mut found = |query: &str| -> Vec<Value> {
        program.get(&team.path(&format!("/members?{query}"))).ok().json()["data"].as_array().unwrap().clone()
    };
    let all = found("subject=user-7");
    assert_eq!((all.len(), &all[0]["id"]), (1, &json!(member)));
    assert!(found("subject=user-8").is_empty() && found("subject=user-7&status=removed").is_empty());
    assert!(found("q=ana").iter().all(|member| member["subject"].is_null()));
    let answer = program.get(&team.path("/members?subject=user-7&role=client"));
    assert_eq!(crate::complaint(&answer), crate::about(422, "invalid_value", "?subject"));
    let elsewhere = another(&team.world);
    let theirs = any_program(&elsewhere).get(&elsewhere.path("/members?subject=user-7")).ok().json();
    assert_eq!(theirs["data"], json!([]));
}

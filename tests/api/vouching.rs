//! Headless: a program accepts for its host product's own users, who are signed in there. What it vouches for counts in its
//! organization alone.

use serde_json::{Value, json};

use crate::api_keys::{any_program, program};
use crate::support::client::{Answer, Client, PASSWORD, Team};
use crate::support::{World, scene};
use crate::{about, another, complaint, copied_token, preview, refusal, remove, sign_in};

const ANA: &str = "ana@client.test";

fn user(subject: &str, email: &str) -> Value {
    json!({"subject": subject, "email": email, "name": "Ana Client", "email_verified": true})
}

fn accept(program: &mut Client, token: &str, user: &Value) -> Answer {
    program.post("/v1/invitations/accept", &json!({"token": token, "user": user}))
}

/// A team with a program, and the link of an open invitation, as it was mailed.
fn invited(email: &str, role: &str) -> (Team, Client, String) {
    let mut team = Team::new();
    team.invited(email, role);
    team.world.deliver();
    let (program, token) = (any_program(&team), team.world.mailed_token(email));
    (team, program, token)
}

/// Each statement is run.
pub fn walk(team: &mut Team) {
    let id = team.invited("vouched@client.test", "client");
    let token = copied_token(&mut team.owner, &id);
    let mut program = any_program(team);
    accept(&mut program, &token, &user("walk", "vouched@client.test")).ok();
    accept(&mut program, &token, &user("walk", "other@client.test"));
    program.get(&team.path("/members?subject=walk")).ok();
}

#[test]
fn somebody_whom_a_program_vouches_for_becomes_a_member() {
    let (mut team, mut program, token) = invited(ANA, "client");
    let joined = accept(&mut program, &token, &user("42", ANA)).ok();
    assert!(joined.header("set-cookie").is_none(), "nobody is signed in");
    let member = joined.str("/member_id");
    assert_eq!(joined.json()["role"], "client");
    let seen = team.owner.get(&format!("/v1/members/{member}")).ok().json();
    assert_eq!(
        (seen["user"]["email"].as_str(), seen["user"]["name"].as_str()),
        (Some(ANA), Some("Ana Client"))
    );
    let acting = program.with_header("usher-actor", &member).get(&team.path("/workspaces"));
    assert_eq!(acting.ok().json()["data"].as_array().unwrap().len(), 1);
}

#[test]
fn accepting_again_for_the_same_subject_answers_the_same_member() {
    let (_, mut program, token) = invited(ANA, "client");
    let first = accept(&mut program, &token, &user("42", ANA)).ok().json();
    assert_eq!(accept(&mut program, &token, &user("42", "ANA@client.test")).ok().json(), first);
}

/// V24: an address counts only if the host product knows that it is theirs.
#[test]
fn an_address_that_nobody_proved_accepts_nothing() {
    let (team, mut program, token) = invited(ANA, "client");
    program.get(&team.path("")).ok();
    let mut unproved = user("42", ANA);
    unproved["email_verified"] = json!(false);
    let before = team.world.state().database.borrow().dump();
    let answer = accept(&mut program, &token, &unproved);
    assert_eq!(complaint(&answer), about(403, "email_unverified", "/user/email_verified"));
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

#[test]
fn an_invitation_for_another_address_is_not_theirs() {
    let (mut team, mut program, token) = invited(ANA, "client");
    let answer = accept(&mut program, &token, &user("42", "bea@client.test"));
    assert_eq!(answer.refusal(), refusal(403, "wrong_account"));
    // And a subject is one person.
    accept(&mut program, &token, &user("42", ANA)).ok();
    let second = team.invited("bea@client.test", "client");
    let token = copied_token(&mut team.owner, &second);
    accept(&mut program, &token, &user("43", "bea@client.test")).ok();
    let third = copied_token_of_link(&mut team);
    assert_eq!(
        accept(&mut program, &third, &user("42", "bea@client.test")).refusal(),
        refusal(403, "wrong_account")
    );
}

/// The token of a link for many clients.
fn copied_token_of_link(team: &mut Team) -> String {
    let path = team.path("/invitations");
    let link = team.owner.post(&path, &json!({"kind": "link", "role": "client"})).ok().str("/id");
    copied_token(&mut team.owner, &link)
}

#[test]
fn one_address_is_not_two_subjects() {
    let (mut team, mut program, token) = invited(ANA, "client");
    accept(&mut program, &token, &user("42", ANA)).ok();
    let path = team.path("/invitations");
    let link = team.owner.post(&path, &json!({"kind": "link", "role": "client"})).ok().str("/id");
    let token = copied_token(&mut team.owner, &link);
    assert_eq!(accept(&mut program, &token, &user("43", ANA)).refusal(), refusal(403, "wrong_account"));
    accept(&mut program, &token, &user("42", ANA)).ok();
}

/// What a host product says proves no mailbox: the account is somebody in that organization only, and has no password.
#[test]
fn what_a_program_vouches_for_counts_nowhere_else() {
    let (mut team, mut program, token) = invited(ANA, "client");
    let mut other = another(&team.world);
    let elsewhere = other.invited(ANA, "admin");
    accept(&mut program, &token, &user("42", ANA)).ok();
    assert_eq!(
        team.world.count("SELECT count(*) FROM users WHERE email_key = 'ana@client.test' AND email_verified_at IS NULL AND password_hash IS NULL"),
        1
    );
    assert_eq!(sign_in(&mut team.world.client(), ANA).refusal(), refusal(401, "invalid_credentials"));
    // The other organization's invitation is for whoever proves the mailbox, as before.
    let token = copied_token(&mut other.owner, &elsewhere);
    assert_eq!(preview(&mut team.world.client(), &token).str("/next"), "sign_up");
    let mut others = any_program(&other);
    assert_eq!(accept(&mut program, &token, &user("42", ANA)).refusal(), refusal(404, "invitation_invalid"));
    accept(&mut others, &token, &user("of the other's", ANA)).ok();
    assert_eq!(team.owner.get(&team.path("/members?role=admin")).ok().json()["data"], json!([]));
}

/// Two host products know one person, each in its own organization: in each they are who they are there.
#[test]
fn whoever_is_vouched_for_in_two_organizations_is_somebody_in_both() {
    let (team, mut program, token) = invited(ANA, "client");
    let mut other = another(&team.world);
    let first = accept(&mut program, &token, &user("42", ANA)).ok().str("/member_id");
    let id = other.invited(ANA, "client");
    let token = copied_token(&mut other.owner, &id);
    let mut others = any_program(&other);
    let mut elsewhere = user("of the other's", ANA);
    elsewhere["name"] = json!("Ana Elsewhere");
    let second = accept(&mut others, &token, &elsewhere).ok().str("/member_id");
    for (program, mut team, member, name) in
        [(program, team, first, "Ana Client"), (others, other, second, "Ana Elsewhere")]
    {
        let workspace = team.workspace();
        let access = format!("/v1/workspaces/{workspace}/members/{member}/access");
        assert_ne!(team.owner.get(&access).ok().str("/state"), "removed");
        assert_eq!(team.owner.get(&format!("/v1/members/{member}")).ok().str("/user/name"), name);
        program.with_header("usher-actor", &member).get(&team.path("/workspaces")).ok();
    }
}

/// What somebody is called elsewhere is nobody's to learn by an address.
#[test]
fn a_member_is_called_what_their_host_product_calls_them() {
    let mut team = Team::new();
    let mut other = another(&team.world);
    other.joined(ANA, "client");
    let id = team.invited(ANA, "client");
    let token = copied_token(&mut team.owner, &id);
    let mut named = user("42", ANA);
    named["name"] = json!("Our Client");
    let member = accept(&mut any_program(&team), &token, &named).ok().str("/member_id");
    assert_eq!(team.owner.get(&format!("/v1/members/{member}")).ok().str("/user/name"), "Our Client");
    let mut ana = team.world.client();
    sign_in(&mut ana, ANA).ok();
    assert!(ana.get("/v1/me/notifications").ok().text().contains("member.added"), "they are told");
}

#[test]
fn whom_a_program_lets_in_counts_with_the_day() {
    let mut team = Team::in_world(World::with_settings(&[("INVITATIONS_PER_DAY", "3")]));
    let mut program = any_program(&team);
    let path = team.path("/invitations");
    let link = team.owner.post(&path, &json!({"kind": "link", "role": "client"})).ok().str("/id");
    let token = copied_token(&mut team.owner, &link);
    let mut came = Vec::new();
    for number in 0..4 {
        let email = format!("c{number}@client.test");
        came.push(accept(&mut program, &token, &user(&number.to_string(), &email)).refusal());
    }
    assert_eq!(came.last(), Some(&refusal(429, "daily_limit")), "{came:?}");
    assert_eq!(came.first(), Some(&refusal(200, "")), "{came:?}");
}

/// Whoever came in by themselves is their host product's user from when it says so, and nobody else's.
#[test]
fn whoever_came_in_by_themselves_is_one_subject_too() {
    let (mut team, mut program, _) = invited("bea@client.test", "client");
    let path = team.path("/invitations");
    let link = team.owner.post(&path, &json!({"kind": "link", "role": "client"})).ok().str("/id");
    let token = copied_token(&mut team.owner, &link);
    let mut other = another(&team.world);
    let mut ana = other.joined(ANA, "client");
    let member = crate::accept_signed_in(&mut ana, &token).ok().str("/member_id");
    assert_eq!(accept(&mut program, &token, &user("42", ANA)).ok().str("/member_id"), member);
    assert_eq!(accept(&mut program, &token, &user("43", ANA)).refusal(), refusal(403, "wrong_account"));
}

/// Somebody who has an account here joins with it; it stays as it is.
#[test]
fn a_proved_account_of_the_address_becomes_the_member_and_is_not_changed() {
    let (team, mut program, token) = {
        let mut team = Team::new();
        let mut other = another(&team.world);
        other.joined(ANA, "client");
        team.invited(ANA, "client");
        team.world.deliver();
        let (program, token) = (any_program(&team), team.world.mailed_token(ANA));
        (team, program, token)
    };
    let before =
        team.world.state().database.borrow().query("SELECT * FROM users WHERE email_key = 'ana@client.test'");
    accept(&mut program, &token, &user("42", ANA)).ok();
    let after =
        team.world.state().database.borrow().query("SELECT * FROM users WHERE email_key = 'ana@client.test'");
    assert_eq!(after, before);
    let mut ana = team.world.client();
    sign_in(&mut ana, ANA).ok();
    assert_eq!(ana.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len(), 2);
}

/// Whoever set an account up by a copied link may be anybody: a program's word makes it nobody's.
#[test]
fn an_account_that_somebody_set_up_unproved_is_not_vouched_for() {
    let mut team = Team::new();
    let mut program = any_program(&team);
    let link = team
        .owner
        .post(&team.path("/invitations"), &json!({"kind": "link", "role": "client"}))
        .ok()
        .str("/id");
    let token = copied_token(&mut team.owner, &link);
    let body = json!({"token": token, "email": ANA, "name": "Mallory", "password": PASSWORD});
    team.world.client().post("/v1/invitations/accept", &body).ok();
    remove(&team, ANA);
    team.world.pass(std::time::Duration::from_secs(1));
    let id = team.invited(ANA, "client");
    let token = copied_token(&mut team.owner, &id);
    assert_eq!(accept(&mut program, &token, &user("42", ANA)).refusal(), refusal(403, "email_unverified"));
}

#[test]
fn who_was_removed_is_let_in_again_only_by_a_newer_invitation() {
    let mut team = Team::new();
    let mut program = any_program(&team);
    let path = team.path("/invitations");
    let link = team.owner.post(&path, &json!({"kind": "link", "role": "client"})).ok().str("/id");
    let token = copied_token(&mut team.owner, &link);
    accept(&mut program, &token, &user("42", ANA)).ok();
    remove(&team, ANA);
    assert_eq!(accept(&mut program, &token, &user("42", ANA)).refusal(), refusal(403, "access_removed"));
    team.world.pass(std::time::Duration::from_secs(1));
    let again = team.invited(ANA, "client");
    let token = copied_token(&mut team.owner, &again);
    accept(&mut program, &token, &user("42", ANA)).ok();
}

#[test]
fn a_seat_is_needed_as_ever() {
    let plan = json!({"key": "test", "seat_limit": 0, "features": ["custom_client_permissions"]});
    let mut team = Team::make(World::new(), "client-links", Some(plan));
    let mut program = any_program(&team);
    let priced = json!({"kind": "link", "role": "client", "access": {"permissions": ["posts.create"]}});
    let id = team.owner.post(&team.path("/invitations"), &priced).ok().str("/id");
    let token = copied_token(&mut team.owner, &id);
    assert_eq!(accept(&mut program, &token, &user("42", ANA)).refusal(), refusal(409, "seat_limit_reached"));
    assert_eq!(team.world.count("SELECT count(*) FROM users WHERE email_key = 'ana@client.test'"), 0);
    scene::plan(&team, Some(1), r#"["custom_client_permissions"]"#);
    accept(&mut program, &token, &user("42", ANA)).ok();
}

#[test]
fn closed_links_answer_a_program_as_anybody() {
    let (mut team, mut program, token) = invited(ANA, "client");
    let id = team.owner.get(&team.path("/invitations?q=ana")).ok().str("/data/0/id");
    team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok();
    assert_eq!(accept(&mut program, &token, &user("42", ANA)).refusal(), refusal(410, "invitation_revoked"));
    assert_eq!(
        accept(&mut program, "forged", &user("42", ANA)).refusal(),
        refusal(404, "invitation_invalid")
    );
}

#[test]
fn what_says_too_little_or_too_much_is_refused_at_its_place() {
    let (team, mut program, token) = invited(ANA, "client");
    for (user, code, pointer) in [
        (json!({"email": ANA, "name": "Ana", "email_verified": true}), "required", "/user/subject"),
        (
            json!({"subject": "", "email": ANA, "name": "Ana", "email_verified": true}),
            "invalid_value",
            "/user/subject",
        ),
        (
            json!({"subject": "x".repeat(256), "email": ANA, "name": "Ana", "email_verified": true}),
            "invalid_value",
            "/user/subject",
        ),
        (
            json!({"subject": "42", "email": "ana", "name": "Ana", "email_verified": true}),
            "invalid_email",
            "/user/email",
        ),
        (
            json!({"subject": "42", "email": ANA, "name": "casino.bet", "email_verified": true}),
            "invalid_value",
            "/user/name",
        ),
        (
            json!({"subject": "42", "email": ANA, "name": "Ana", "email_verified": "yes"}),
            "invalid_type",
            "/user/email_verified",
        ),
    ] {
        assert_eq!(complaint(&accept(&mut program, &token, &user)), about(422, code, pointer), "{user}");
    }
    let body = json!({"token": token, "user": user("42", ANA), "password": PASSWORD});
    assert_eq!(
        complaint(&program.post("/v1/invitations/accept", &body)),
        about(422, "invalid_value", "/password")
    );
    let answer = program.post("/v1/invitations/accept", &json!({"token": token}));
    assert_eq!(complaint(&answer), about(422, "required", "/user"));
    // Only a program says who its users are.
    let answer = accept(&mut team.world.client(), &token, &user("42", ANA));
    assert_eq!(complaint(&answer), about(422, "invalid_value", "/user"));
    assert_eq!(team.world.count("SELECT count(*) FROM identities"), 0);
}

#[test]
fn a_key_without_that_scope_accepts_for_nobody() {
    let (team, _, token) = invited(ANA, "client");
    let mut narrow = program(&team, &["invitations:write", "members:write"]);
    assert_eq!(accept(&mut narrow, &token, &user("42", ANA)).refusal(), refusal(403, "insufficient_scope"));
}

/// Who is signed in at the host product alone is placed as anybody who came in is.
#[test]
fn they_are_put_into_further_workspaces() {
    let (mut team, mut program, token) = invited(ANA, "client");
    let member = accept(&mut program, &token, &user("42", ANA)).ok().str("/member_id");
    let second = program.post(&team.path("/workspaces"), &json!({"name": "Second"})).ok().str("/id");
    program.post(&format!("/v1/workspaces/{second}/members"), &json!({"member_id": member})).ok();
    let check = json!({"member_id": member, "workspace_id": second, "permission": "compose"});
    assert_eq!(program.post("/v1/check", &check).status, 200);
    let seen = team.owner.get(&format!("/v1/members/{member}")).ok().json();
    assert_eq!(seen["workspaces"].as_array().unwrap().len(), 2);
}

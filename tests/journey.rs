//! The main job: an invitation travels from a request to an inbox to a member.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use serde_json::json;
use support::client::{PASSWORD, Team};
use support::platform::Cost;

#[test]
fn an_invitation_travels_from_a_request_to_an_inbox_to_a_member() {
    let mut team = Team::new();
    let invitation = team.owner.invite(&team.organization, "mia.member@studio.test", "member").ok().json();
    assert_eq!(invitation["status"], "pending");
    assert_eq!(invitation["delivery"], "queued");
    assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 0 });

    team.world.deliver();
    let token = team.world.mailed_token("mia.member@studio.test");
    let mut mia = team.world.client();
    let preview = mia.post("/v1/invitations/preview", &json!({"token": token})).ok().json();
    assert_eq!(preview["organization"]["name"], "Example Studio");
    assert_eq!(preview["invited_by"]["name"], "Olga Owner");
    assert_eq!(preview["email_hint"], "m••@studio.test");
    assert_eq!(preview["next"], "sign_up");

    let accepted = mia.accept(&token, "Mia Member").ok().json();
    assert_eq!(accepted["role"], "member");
    assert_eq!(accepted["workspace_ids"].as_array().unwrap().len(), 1);

    let me = mia.get("/v1/me").ok().json();
    assert_eq!(me["user"]["email"], "mia.member@studio.test");
    assert_eq!(me["user"]["email_verified"], true);
    let workspaces = mia.get("/v1/me/workspaces").ok().json();
    assert_eq!(workspaces["data"][0]["organization"]["name"], "Example Studio");

    let members = team.owner.get(&team.path("/members?role=member")).ok().json();
    assert_eq!(members["data"][0]["user"]["name"], "Mia Member");
    let members = team.owner.get(&team.path("/members")).ok().json();
    assert_eq!(members["data"].as_array().unwrap().len(), 2);
    let settled =
        team.owner.get(&format!("/v1/invitations/{}", invitation["id"].as_str().unwrap())).ok().json();
    assert_eq!(settled["status"], "accepted");
    assert_eq!(settled["delivery"], "sent");
    assert_eq!(settled["accepted_by"], accepted["member_id"]);
}

#[test]
fn a_signed_in_person_accepts_in_one_round_trip() {
    let mut team = Team::new();
    let mut mia = team.joined("mia.member@studio.test", "member");
    let other = team.world.operator().create_organization("Other Studio", "oscar.owner@other.test");
    let mut oscar = team.world.client();
    oscar.join("oscar.owner@other.test", "Oscar Owner").ok();
    oscar.invite(&other, "MIA.member@studio.test", "admin").ok();
    team.world.deliver();
    let token = team.world.mailed_token("MIA.member@studio.test");
    let accepted = mia.post("/v1/invitations/accept", &json!({"token": token})).ok().json();
    assert_eq!(team.world.last_cost(), Cost { d1: 1, kv: 1 });
    assert_eq!(accepted["role"], "admin");
    let again = mia.post("/v1/invitations/accept", &json!({"token": token})).ok().json();
    assert_eq!(again, accepted, "accepting again as the same person answers the same");
    let mut signed_in_again = team.world.client();
    signed_in_again
        .post("/v1/sessions", &json!({"email": "mia.member@studio.test", "password": PASSWORD}))
        .ok();
    assert_eq!(signed_in_again.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len(), 2);
}

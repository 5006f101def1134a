//! Accepting and declining: every way in, and every code that keeps somebody out.

use std::time::Duration;

use serde_json::{Value, json};
use usher::domain::keys::KeyRing;
use usher::domain::link::{Link, Via};

use crate::support::World;
use crate::support::client::{PASSWORD, Team};
use crate::support::platform::{ORIGIN, ROOT_KEY};
use crate::support::scene::workspace;
use crate::{about, accept_signed_in, another, complaint, copied_token, decline, preview, refusal, remove};

const DAY: u64 = 24 * 3600;
const MIA: &str = "mia.member@studio.test";

/// A team with one open invitation whose mail has arrived: its id and its token.
fn invited(role: &str) -> (Team, String, String) {
    invited_to(Team::new(), role)
}

fn invited_to(mut team: Team, role: &str) -> (Team, String, String) {
    let invitation = team.invited(MIA, role);
    team.world.deliver();
    let token = team.world.mailed_token(MIA);
    (team, invitation, token)
}

#[test]
fn a_new_person_makes_an_account_and_is_in_and_signed_in_at_once() {
    let (team, _, token) = invited("member");
    let mut mia = team.world.client();
    let answer = mia.accept(&token, "  Mia   Member ").ok();
    assert_eq!(answer.status, 200);
    let accepted = answer.json();
    assert!(accepted["member_id"].as_str().unwrap().starts_with("mbr_"));
    assert_eq!(accepted["organization_id"], team.organization);
    assert_eq!(accepted["role"], "member");
    assert_eq!(accepted["next"], "none");
    assert_eq!(accepted.as_object().unwrap().len(), 5);
    let me = mia.get("/v1/me").ok().json();
    assert_eq!(me["user"]["name"], "Mia Member");
    assert_eq!(me["user"]["email_verified"], true, "a mailed link proves the mailbox");
    assert_eq!(mia.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len(), 1);
}

#[test]
fn the_account_has_the_invited_address_as_it_was_typed() {
    let mut team = Team::new();
    team.invited("Mia.Member@Studio.TEST", "member");
    let mut mia = team.world.client();
    mia.join("Mia.Member@Studio.TEST", "Mia Member").ok();
    assert_eq!(mia.get("/v1/me").ok().str("/user/email"), "Mia.Member@Studio.TEST");
    crate::sign_in(&mut team.world.client(), "mia.member@studio.test").ok();
}

#[test]
fn somebody_with_an_account_signs_in_and_accepts() {
    let mut team = Team::new();
    let mut mia = team.joined(MIA, "member");
    team.world.pass(Duration::from_secs(1));
    let (other, _, token) = invited_to(another(&team.world), "admin");
    let mut stranger = other.world.client();
    assert_eq!(preview(&mut stranger, &token).ok().str("/next"), "sign_in");
    assert_eq!(accept_signed_in(&mut stranger, &token).refusal(), refusal(401, "sign_in_required"));
    assert_eq!(stranger.accept(&token, "Eve Other").refusal(), refusal(401, "sign_in_required"));
    assert_eq!(preview(&mut mia, &token).ok().str("/next"), "accept");
    let accepted = accept_signed_in(&mut mia, &token).ok();
    assert_eq!(accepted.str("/role"), "admin");
    assert_eq!(accepted.header("set-cookie"), None, "the session stays the same");
}

#[test]
fn accepting_again_as_the_same_person_answers_the_same_member() {
    let (team, _, token) = invited("member");
    let mut mia = team.world.client();
    let first = mia.accept(&token, "Mia Member").ok().json();
    let members = team.world.count("SELECT count(*) FROM members");
    for again in [accept_signed_in(&mut mia, &token), mia.accept(&token, "Mia Member")] {
        assert_eq!(again.status, 200);
        assert_eq!(again.json(), first);
    }
    assert_eq!(preview(&mut mia, &token).ok().str("/next"), "none");
    assert_eq!(team.world.count("SELECT count(*) FROM members"), members);
}

/// "The same person again" means signed in, never knowing the same password.
#[test]
fn the_password_alone_does_not_make_it_the_same_person() {
    let (team, _, token) = invited("member");
    team.world.client().accept(&token, "Mia Member").ok();
    let again = team.world.client().accept(&token, "Mia Member");
    assert_eq!(again.refusal(), refusal(410, "invitation_used"));
}

#[test]
fn a_used_link_says_so_to_anybody_else() {
    let (mut team, _, token) = invited("member");
    let mut eve = team.joined("eve@other.test", "client");
    team.world.client().accept(&token, "Mia Member").ok();
    for person in [&mut eve, &mut team.world.client()] {
        assert_eq!(accept_signed_in(person, &token).refusal(), refusal(410, "invitation_used"));
        assert_eq!(decline(person, &token).refusal(), refusal(410, "invitation_used"));
        assert_eq!(preview(person, &token).ok().str("/status"), "accepted");
    }
}

#[test]
fn declining_twice_is_no_error_and_then_it_can_not_be_accepted() {
    let (team, _, token) = invited("member");
    let mut mia = team.world.client();
    let answer = decline(&mut mia, &token);
    assert_eq!((answer.status.as_u16(), answer.text()), (204, String::new()));
    assert_eq!(decline(&mut mia, &token).status, 204);
    assert_eq!(mia.accept(&token, "Mia Member").refusal(), refusal(410, "invitation_declined"));
    assert_eq!(preview(&mut mia, &token).ok().str("/status"), "declined");
    assert_eq!(team.world.count("SELECT count(*) FROM audit_events WHERE action = 'invitation.declined'"), 1);
}

#[test]
fn an_expired_link_says_so_from_the_very_second() {
    let (team, _, token) = invited("member");
    let mut mia = team.world.client();
    team.world.pass(Duration::from_millis(7 * DAY * 1000 - 1));
    assert_eq!(preview(&mut mia, &token).ok().str("/status"), "pending");
    team.world.pass(Duration::from_millis(1));
    assert_eq!(preview(&mut mia, &token).refusal(), refusal(410, "invitation_expired"));
    assert_eq!(mia.accept(&token, "Mia Member").refusal(), refusal(410, "invitation_expired"));
    assert_eq!(decline(&mut mia, &token).refusal(), refusal(410, "invitation_expired"));
}

#[test]
fn a_link_that_is_none_of_ours_gets_one_answer() {
    let team = Team::new();
    let mut nobody = team.world.client();
    for token in ["", "x", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "../../v1/organizations"] {
        for path in ["preview", "accept", "decline"] {
            let answer = nobody.post(&format!("/v1/invitations/{path}"), &json!({"token": token}));
            assert_eq!(answer.refusal(), refusal(404, "invitation_invalid"), "{path} {token}");
        }
    }
}

#[test]
fn somebody_removed_since_is_not_let_back_in_by_an_old_link() {
    let (mut team, _, token) = invited("member");
    let mut mia = team.world.client();
    mia.accept(&token, "Mia Member").ok();
    remove(&team, MIA);
    assert_eq!(accept_signed_in(&mut mia, &token).refusal(), refusal(403, "access_removed"));
    assert_eq!(preview(&mut mia, &token).refusal().0, 200);
    team.world.pass(Duration::from_secs(1));
    team.invited(MIA, "client");
    team.world.deliver();
    let new = team.world.mailed_token(MIA);
    assert_eq!(accept_signed_in(&mut mia, &new).ok().str("/role"), "client");
    assert_eq!(accept_signed_in(&mut mia, &token).refusal(), refusal(403, "access_removed"));
}

/// An invitation from before the removal, still open: as when somebody was removed right after another invited them.
#[test]
fn an_invitation_from_before_the_removal_is_refused_even_while_it_is_open() {
    let (mut team, _, token) = invited("member");
    let mut mia = team.joined("mia.two@studio.test", "member");
    remove(&team, "mia.two@studio.test");
    team.world.state().database.borrow().change(
        "UPDATE invitations SET email = 'mia.two@studio.test', email_key = 'mia.two@studio.test' WHERE outcome = 'open'",
    );
    assert_eq!(accept_signed_in(&mut mia, &token).refusal(), refusal(403, "access_removed"));
}

/// The same, of somebody whose address nobody ever proved: the link counts them as new, the removal counts all the same.
#[test]
fn a_removal_counts_for_an_account_that_nobody_proved_too() {
    let mut team = Team::new();
    let first = team.invited("mia.two@studio.test", "member");
    let copied = copied_token(&mut team.owner, &first);
    team.world.client().accept(&copied, "Mia Two").ok();
    let (team, _, token) = invited_to(team, "member");
    remove(&team, "mia.two@studio.test");
    team.world.state().database.borrow().change(
        "UPDATE invitations SET email = 'mia.two@studio.test', email_key = 'mia.two@studio.test' WHERE outcome = 'open'",
    );
    let answer = team.world.client().accept(&token, "Mia Two");
    assert_eq!(answer.refusal(), refusal(403, "access_removed"));
}

#[test]
fn a_plan_lowered_below_its_use_refuses_the_next_to_join() {
    let (team, _, token) = invited_to(Team::with_seats(2), "member");
    team.world.state().database.borrow().change("UPDATE organizations SET seat_limit = 0");
    let mut mia = team.world.client();
    assert_eq!(mia.accept(&token, "Mia Member").refusal(), refusal(409, "seat_limit_reached"));
    assert_eq!(team.world.count("SELECT count(*) FROM users"), 1, "no account is left behind");
    team.world.state().database.borrow().change("UPDATE organizations SET seat_limit = 1");
    mia.accept(&token, "Mia Member").ok();
}

#[test]
fn the_seat_that_an_invitation_reserves_is_its_own() {
    let (team, _, token) = invited_to(Team::with_seats(1), "member");
    team.world.client().accept(&token, "Mia Member").ok();
    assert_eq!(team.world.count("SELECT seats_used FROM organizations"), 1);
    assert_eq!(team.world.count("SELECT seats_reserved FROM organizations"), 0);
}

#[test]
fn a_trial_that_ended_meanwhile_refuses_a_seat_at_the_door() {
    let (mut team, _, token) = invited("member");
    let client = team.invited("ana@client.test", "client");
    let free = copied_token(&mut team.owner, &client);
    let now = team.world.now().millis();
    team.world.state().database.borrow().change(&format!("UPDATE organizations SET trial_ends_at = {now}"));
    let answer = team.world.client().accept(&token, "Mia Member");
    assert_eq!(answer.refusal(), refusal(403, "trial_ended"));
    team.world.client().accept(&free, "Ana Client").ok();
}

#[test]
fn another_account_is_never_joined_silently() {
    let (mut team, _, token) = invited("member");
    let mut eve = team.joined("eve@other.test", "client");
    let before = team.world.state().database.borrow().dump();
    assert_eq!(preview(&mut eve, &token).ok().str("/next"), "switch_account");
    assert_eq!(accept_signed_in(&mut eve, &token).refusal(), refusal(403, "wrong_account"));
    assert_eq!(eve.accept(&token, "Mia Member").refusal(), refusal(403, "wrong_account"));
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

#[test]
fn name_and_password_are_needed_for_a_new_account_and_only_what_is_missing_is_named() {
    let (team, _, token) = invited("member");
    let mut mia = team.world.client();
    let mut send = |body: Value| {
        let mut whole = json!({"token": token});
        whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let (status, code, fields) = complaint(&mia.post("/v1/invitations/accept", &whole));
        assert_eq!((status, code.as_str()), (422, "required"));
        fields.into_iter().map(|(pointer, _)| pointer).collect::<Vec<_>>()
    };
    assert_eq!(send(json!({})), ["/name", "/password"]);
    assert_eq!(send(json!({"name": "Mia Member"})), ["/password"]);
    assert_eq!(send(json!({"password": PASSWORD})), ["/name"]);
}

#[test]
fn a_weak_password_and_a_name_that_is_none_are_refused_at_their_place() {
    let (team, _, token) = invited("member");
    let mut mia = team.world.client();
    for (name, password, code, pointer) in [
        ("Mia", "short", "weak_password", "/password"),
        ("Mia", "", "weak_password", "/password"),
        ("Mia", "aaaaaaaaaaaaaaaa", "weak_password", "/password"),
        ("Mia", "MIA.member@studio.test", "weak_password", "/password"),
        ("Mia", &"long ".repeat(30), "weak_password", "/password"),
        ("", PASSWORD, "invalid_value", "/name"),
        ("Visit evil.com", PASSWORD, "invalid_value", "/name"),
    ] {
        let body = json!({"token": token, "name": name, "password": password});
        let answer = mia.post("/v1/invitations/accept", &body);
        assert_eq!(complaint(&answer), about(422, code, pointer), "{name} {password}");
    }
    assert_eq!(team.world.count("SELECT count(*) FROM users"), 1);
}

#[test]
fn a_signed_out_or_ended_session_is_nobody() {
    let (team, _, token) = invited("member");
    let mut mia = team.world.client().with_cookie("__Host-usher_session", &"A".repeat(43));
    assert_eq!(preview(&mut mia, &token).ok().str("/next"), "sign_up");
    mia.accept(&token, "Mia Member").ok();
}

/// Mission, silences: the workspaces they lacked, never another role.
#[test]
fn a_member_who_accepts_a_further_invitation_gains_workspaces_and_keeps_their_role() {
    let mut team = Team::new();
    let second = workspace(&team, "Second");
    let mut mia = team.joined("mia.two@studio.test", "client");
    let body = json!({"kind": "email", "role": "member", "email": MIA, "workspace_ids": [second]});
    team.world.pass(Duration::from_secs(1));
    team.owner.post(&team.path("/invitations"), &body).ok();
    // Nobody can invite a member; the invitation was made before they joined by another.
    team.world.state().database.borrow().change(
        "UPDATE invitations SET email = 'mia.two@studio.test', email_key = 'mia.two@studio.test' WHERE outcome = 'open'",
    );
    team.world.deliver();
    let token = team.world.mailed_token("mia.two@studio.test");
    let seats = team.world.count("SELECT seats_used FROM organizations");
    let accepted = accept_signed_in(&mut mia, &token).ok().json();
    assert_eq!(accepted["role"], "client");
    assert_eq!(accepted["workspace_ids"].as_array().unwrap().len(), 2);
    assert_eq!(team.world.count("SELECT seats_used FROM organizations"), seats);
    assert_eq!(team.world.count("SELECT seats_reserved FROM organizations"), 0, "nothing stays reserved");
}

#[test]
fn a_preview_tells_what_the_invitation_is_and_leaks_nothing() {
    let mut team = Team::new();
    let body = json!({
        "kind": "email", "role": "client", "email": "ana.client@client.test", "name": "Ana Client",
        "nickname": "Difficult Bakery", "message": "Welcome!",
    });
    let invitation = team.owner.post(&team.path("/invitations"), &body).ok().json();
    team.world.deliver();
    let token = team.world.mailed_token("ana.client@client.test");
    let answer = preview(&mut team.world.client(), &token).ok();
    assert_eq!(
        answer.json(),
        json!({
            "invitation_id": invitation["id"], "kind": "email", "role": "client",
            "brand": {"name": "Usher", "is_product": true},
            "organization": {"name": "Example Studio", "logo_url": null, "accent": null},
            "workspaces": [{"name": "Example Studio"}], "invited_by": {"name": "Olga Owner"},
            "message": "Welcome!", "email_hint": "a••@client.test", "require_mfa": false, "status": "pending",
            "expires_at": invitation["expires_at"], "next": "sign_up",
        })
    );
    for secret in
        ["ana.client@client.test", "olga.owner@studio.test", "Difficult Bakery", token.as_str(), "eyJ"]
    {
        assert!(!answer.text().contains(secret), "{secret}");
    }
}

#[test]
fn an_operators_key_accepts_nothing_as_anybody() {
    let (team, _, token) = invited("member");
    let answer = accept_signed_in(&mut team.world.operator(), &token);
    assert_eq!(answer.refusal(), refusal(422, "required"), "the operator is nobody here");
}

/// Root keys rotate without breaking open links: the first signs, all verify.
#[test]
fn a_link_signed_under_an_older_root_key_still_opens() {
    let newer = "k2:HxwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEAAx8";
    let world = World::with_settings(&[("ROOT_KEYS", &format!("{newer},{ROOT_KEY}"))]);
    let (team, invitation, new) = invited_to(Team::in_world(world), "member");
    let link = Link {
        invitation_id: invitation.parse().unwrap(),
        organization_id: team.organization.parse().unwrap(),
        ver: 1,
        via: Via::Email,
        given: 0,
    };
    let before = KeyRing::parse(ROOT_KEY, ORIGIN).ok().unwrap();
    let old = link.sign(&before, team.world.now().plus(Duration::from_secs(DAY)));
    assert_ne!(old.split('.').next(), new.split('.').next(), "each names its key");
    preview(&mut team.world.client(), &new).ok();
    team.world.client().accept(&old, "Mia Member").ok();
}

//! What the inviter's side does with an invitation: send it again, withdraw it, copy its link.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::client::{Answer, Client, Team};
use crate::support::platform::{Native, block_on, token_in};
use usher::platform::Database;
use usher::store::invitations;

use crate::{copied_token, decline, ids, preview, refusal};

const DAY: u64 = 24 * 3600;
const MIA: &str = "mia.member@studio.test";

fn act(by: &mut Client, invitation: &str, action: &str) -> Answer {
    by.post(&format!("/v1/invitations/{invitation}/{action}"), &json!({}))
}

/// A team with one open invitation whose mail has arrived: its id and its token.
fn invited() -> (Team, String, String) {
    let mut team = Team::new();
    let invitation = team.invited(MIA, "member");
    team.world.deliver();
    let token = team.world.mailed_token(MIA);
    (team, invitation, token)
}

fn look(team: &Team, token: &str) -> (u16, String) {
    preview(&mut team.world.client(), token).refusal()
}

#[test]
fn sending_again_keeps_id_and_place_extends_and_kills_the_older_link() {
    let (mut team, invitation, old) = invited();
    team.world.pass(Duration::from_secs(DAY));
    team.invited("later@studio.test", "member");
    let before = team.owner.get(&format!("/v1/invitations/{invitation}")).ok().json();
    let again = act(&mut team.owner, &invitation, "resend").ok().json();
    assert_eq!(again["id"], before["id"]);
    assert_eq!(again["created_at"], before["created_at"]);
    assert_eq!(again["expires_at"], team.world.now().plus(Duration::from_secs(7 * DAY)).to_string());
    assert_eq!(again["delivery"], "queued");
    assert_eq!(ids(&team.owner.get(&team.path("/invitations")).ok().json())[1], invitation, "its place");
    assert_eq!(look(&team, &old), refusal(410, "invitation_replaced"));
    team.world.deliver();
    let new = team.world.mailed_token(MIA);
    assert_ne!(new, old);
    assert_eq!(look(&team, &new).0, 200);
    assert_eq!(look(&team, &old), refusal(410, "invitation_replaced"));
}

#[test]
fn an_old_link_is_dead_for_accepting_and_declining_too() {
    let (mut team, invitation, old) = invited();
    act(&mut team.owner, &invitation, "resend").ok();
    let mut mia = team.world.client();
    assert_eq!(mia.accept(&old, "Mia Member").refusal(), refusal(410, "invitation_replaced"));
    assert_eq!(decline(&mut mia, &old).refusal(), refusal(410, "invitation_replaced"));
    assert_eq!(mia.get(&format!("/i/{old}")).status, 410);
}

#[test]
fn an_expired_invitation_comes_back() {
    let (mut team, invitation, old) = invited();
    team.world.pass(Duration::from_secs(8 * DAY));
    team.world.tick();
    assert_eq!(look(&team, &old), refusal(410, "invitation_expired"));
    assert_eq!(act(&mut team.owner, &invitation, "resend").ok().str("/status"), "pending");
    team.world.client().join(MIA, "Mia Member").ok();
}

#[test]
fn what_is_settled_is_not_sent_again_withdrawn_or_copied() {
    let mut team = Team::new();
    let revoked = team.invited("revoked@studio.test", "member");
    act(&mut team.owner, &revoked, "revoke").ok();
    let declined = team.invited("declined@studio.test", "member");
    let token = copied_token(&mut team.owner, &declined);
    decline(&mut team.world.client(), &token).ok();
    let accepted = team.invited("accepted@studio.test", "member");
    team.world.client().join("accepted@studio.test", "Ada Accepted").ok();
    for invitation in [revoked, declined, accepted] {
        for action in ["resend", "revoke", "link"] {
            let answer = act(&mut team.owner, &invitation, action);
            assert_eq!(answer.refusal(), refusal(409, "not_pending"), "{action}");
        }
    }
}

#[test]
fn an_expired_invitation_is_neither_withdrawn_nor_copied() {
    let (mut team, invitation, _) = invited();
    team.world.pass(Duration::from_secs(7 * DAY));
    for action in ["revoke", "link"] {
        let answer = act(&mut team.owner, &invitation, action);
        assert_eq!(answer.refusal(), refusal(409, "not_pending"), "{action}");
    }
}

#[test]
fn an_expired_invitation_needs_a_free_seat_to_come_back_and_an_open_one_has_its_own() {
    let mut team = Team::with_seats(1);
    let first = team.invited("first@studio.test", "member");
    act(&mut team.owner, &first, "resend").ok();
    team.world.pass(Duration::from_secs(7 * DAY));
    let second = team.invited("second@studio.test", "member");
    assert_eq!(act(&mut team.owner, &first, "resend").refusal(), refusal(409, "seat_limit_reached"));
    act(&mut team.owner, &second, "revoke").ok();
    act(&mut team.owner, &first, "resend").ok();
}

#[test]
fn an_expired_invitation_does_not_come_back_beside_a_newer_one_or_for_a_member() {
    let (mut team, first, _) = invited();
    team.world.pass(Duration::from_secs(7 * DAY));
    let second = team.invited(MIA, "client");
    let answer = act(&mut team.owner, &first, "resend");
    assert_eq!(answer.refusal(), refusal(409, "already_invited"));
    assert_eq!(answer.str("/invitation_id"), second);
    team.world.client().join(MIA, "Mia Member").ok();
    assert_eq!(act(&mut team.owner, &first, "resend").refusal(), refusal(409, "already_member"));
}

#[test]
fn an_invitation_without_mail_can_be_mailed_later() {
    let mut team = Team::new();
    let body = json!({"kind": "email", "role": "member", "email": MIA, "send_email": false});
    let invitation = team.owner.post(&team.path("/invitations"), &body).ok().str("/id");
    act(&mut team.owner, &invitation, "resend").ok();
    team.world.client().join(MIA, "Mia Member").ok();
}

#[test]
fn a_withdrawn_invitation_is_dead_at_once_and_once_is_enough() {
    let (mut team, invitation, token) = invited();
    let mut mia = team.world.client();
    assert_eq!(mia.get(&format!("/i/{token}")).status, 200, "and now KV has a copy of the page");
    let revoked = act(&mut team.owner, &invitation, "revoke").ok().json();
    assert_eq!(revoked["status"], "revoked");
    assert_eq!(revoked["revoked_at"], team.world.now().to_string());
    assert_eq!(preview(&mut mia, &token).ok().str("/status"), "revoked");
    assert_eq!(preview(&mut mia, &token).ok().str("/next"), "none");
    assert_eq!(mia.accept(&token, "Mia Member").refusal(), refusal(410, "invitation_revoked"));
    assert_eq!(decline(&mut mia, &token).refusal(), refusal(410, "invitation_revoked"));
    assert_eq!(mia.get(&format!("/i/{token}")).status, 410);
    assert_eq!(act(&mut team.owner, &invitation, "revoke").refusal(), refusal(409, "not_pending"));
}

#[test]
fn a_copied_link_opens_the_same_invitation_and_ends_with_it() {
    let (mut team, invitation, mailed) = invited();
    let copied = act(&mut team.owner, &invitation, "link").ok().json();
    let token = token_in(copied["url"].as_str().unwrap());
    assert!(copied["url"].as_str().unwrap().starts_with("http://localhost:8787/i/"));
    let read = team.owner.get(&format!("/v1/invitations/{invitation}")).ok().json();
    assert_eq!(copied["expires_at"], read["expires_at"]);
    assert_ne!(token, mailed);
    let seen = |token| preview(&mut team.world.client(), token).ok().json();
    assert_eq!(seen(&token), seen(&mailed));
}

#[test]
fn copying_a_link_is_audited_under_who_did_it() {
    let (mut team, invitation, _) = invited();
    let inviter = team.owner.get(&team.path("/members")).ok().str("/data/0/id");
    act(&mut team.owner, &invitation, "link").ok();
    let entries = team
        .world
        .state()
        .database
        .borrow()
        .query("SELECT actor, subject FROM audit_events WHERE action = 'invitation.link_copied'");
    assert_eq!(entries, [json!({"actor": inviter, "subject": invitation})]);
}

#[test]
fn no_other_answer_holds_a_token() {
    let (mut team, invitation, token) = invited();
    let mut mia = team.world.client();
    let signed_part = token.split('.').nth(1).unwrap();
    let path = format!("/v1/invitations/{invitation}");
    let mut answers = vec![
        team.owner.get(&path).text(),
        team.owner.get(&team.path("/invitations")).text(),
        team.owner.invite(&team.organization.clone(), MIA, "member").text(),
        preview(&mut mia, &token).text(),
        mia.accept(&token, "Mia Member").ok().text(),
        mia.accept(&token, "Mia Member").text(),
        mia.get("/v1/me").text(),
        mia.get("/v1/me/workspaces").text(),
        team.owner.get(&team.path("/members")).text(),
    ];
    let other = team.invited("other@studio.test", "member");
    answers.push(act(&mut team.owner, &other, "resend").text());
    answers.push(act(&mut team.owner, &other, "revoke").text());
    for answer in answers {
        assert!(!answer.contains("eyJ") && !answer.contains(signed_part), "{answer}");
    }
}

#[test]
fn an_action_without_fields_takes_no_body_an_empty_object_and_nothing_else() {
    let (mut team, invitation, _) = invited();
    let path = format!("/v1/invitations/{invitation}/resend");
    let mut send = |content_type, body: &str| {
        team.owner.send(&http::Method::POST, &path, content_type, body.as_bytes().to_vec()).refusal()
    };
    assert_eq!(send(None, "").0, 200);
    assert_eq!(send(Some("application/json"), "{}").0, 200);
    assert_eq!(send(Some("application/json"), r#"{"ver":1}"#), refusal(422, "unknown_field"));
    assert_eq!(send(Some("text/plain"), "{}"), refusal(415, "unsupported_media_type"));
}

#[test]
fn who_accepted_is_shown_to_the_inviter_and_so_is_a_decline() {
    let mut team = Team::new();
    let declined = team.invited("declined@studio.test", "member");
    let token = copied_token(&mut team.owner, &declined);
    decline(&mut team.world.client(), &token).ok();
    let seen = team.owner.get(&format!("/v1/invitations/{declined}")).ok().json();
    assert_eq!(seen["status"], "declined");
    assert_eq!(seen["declined_at"], team.world.now().to_string());
    let accepted = team.invited(MIA, "member");
    let member = team.world.client().join(MIA, "Mia Member").ok().str("/member_id");
    let seen = team.owner.get(&format!("/v1/invitations/{accepted}")).ok().json();
    assert_eq!((&seen["status"], &seen["uses"]), (&json!("accepted"), &json!(1)));
    assert_eq!(seen["accepted_by"], member);
    assert_eq!(seen["revoked_at"], Value::Null);
}

/// A slow request may carry a `now` from just before an invitation's end to just after its seat was given away.
#[test]
fn sending_again_at_the_very_end_takes_no_seat_that_was_given_away() {
    let mut team = Team::with_seats(1);
    let first = team.invited("first@studio.test", "member");
    let lifetime = Duration::from_secs(7 * DAY);
    team.world.pass(lifetime.saturating_sub(Duration::from_millis(1)));
    let before_the_end = team.world.now();
    team.world.pass(Duration::from_millis(1));
    team.invited("second@studio.test", "member");
    let renew = invitations::renew(
        first.parse().unwrap(),
        0,
        &usher::store::acting::Acting::OPERATOR,
        before_the_end.plus(lifetime).whole_seconds(),
        false,
        usher::domain::quota::Quota::NONE,
        before_the_end,
    );
    let renewed = block_on(Native::new(team.world.clone()).run(renew)).unwrap();
    assert!(!renewed.any());
}

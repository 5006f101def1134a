//! What is tried on somebody's address: to move the account to a mailbox of one's own, or to learn who has one.

use serde_json::json;

use crate::support::client::{Client, PASSWORD, Team};
use crate::{MIA, dump, other_team, refusal};

const OLGA: &str = "olga.owner@studio.test";
const EVIL: &str = "evil@evil.test";

fn begun(team: &Team, person: &mut Client, email: &str) -> (String, String) {
    person.post("/v1/me/email", &json!({"email": email, "password": PASSWORD})).ok();
    team.world.deliver();
    (team.world.mailed_email_token(OLGA), team.world.mailed_email_token(email))
}

fn confirm(team: &Team, token: &str) -> (u16, String) {
    team.world.client().post("/v1/email-changes/confirm", &json!({"token": token})).refusal()
}

/// Whoever found a browser that was left open has the session and nothing else.
#[test]
fn a_stolen_session_alone_begins_no_change_of_address() {
    let mut team = Team::new();
    let before = dump(&team);
    for body in [
        json!({"email": EVIL, "password": "wrong wrong wrong"}),
        json!({"email": EVIL, "password": ""}),
        json!({"email": EVIL}),
    ] {
        let (status, _) = team.owner.post("/v1/me/email", &body).refusal();
        assert!(status == 401 || status == 422, "{body}");
    }
    // But that it was tried.
    team.world.state().database.borrow().change("DELETE FROM guesses");
    assert_eq!(dump(&team), before);
}

/// Whoever has the session and the password, and a mailbox of their own: the old mailbox is what they lack, and its holder is
/// told and stops it.
#[test]
fn a_stolen_password_moves_nothing_without_the_old_mailbox() {
    let mut team = Team::new();
    let mut thief = team.world.client();
    thief.post("/v1/sessions", &json!({"email": OLGA, "password": PASSWORD})).ok();
    let (old, new) = begun(&team, &mut thief, EVIL);
    for _ in 0..3 {
        assert_eq!(confirm(&team, &new), (200, String::new()));
    }
    assert_eq!(team.owner.get("/v1/me").ok().str("/user/email"), OLGA);
    let stop = json!({"token": old});
    assert_eq!(team.world.client().post("/v1/email-changes/cancel", &stop).status, 204);
    assert_eq!(confirm(&team, &new), refusal(410, "email_change_over"));
    assert_eq!(confirm(&team, &old), refusal(410, "email_change_over"), "stopped is stopped");
}

/// V10: one purpose, one side, one change.
#[test]
fn a_link_of_one_side_or_another_purpose_proves_nothing_of_the_other() {
    let mut team = Team::new();
    let (old, new) = begun(&team, &mut team.owner.clone(), EVIL);
    let [head, claims, seal] = old.split('.').collect::<Vec<_>>()[..] else { panic!("{old}") };
    let [_, others, _] = new.split('.').collect::<Vec<_>>()[..] else { panic!("{new}") };
    assert_eq!(confirm(&team, &format!("{head}.{others}.{seal}")), refusal(404, "email_link_invalid"));
    assert_eq!(confirm(&team, &format!("{head}.{claims}.")), refusal(404, "email_link_invalid"));
    let invitation = team.invited(MIA, "client");
    let invited = crate::copied(&mut team.owner, &invitation);
    assert_eq!(confirm(&team, &invited), refusal(404, "email_link_invalid"));
    let as_reset = json!({"token": old, "password": "another sentence entirely"});
    let answer = team.world.client().post("/v1/password-resets/redeem", &as_reset);
    assert_eq!(answer.refusal(), refusal(404, "password_link_invalid"));
    let preview = team.world.client().post("/v1/invitations/preview", &json!({"token": old}));
    assert_eq!(preview.refusal(), refusal(404, "invitation_invalid"));
    assert_eq!(
        team.world.count(
            "SELECT count(*) FROM email_changes WHERE old_proved_at IS NOT NULL OR new_proved_at IS NOT NULL"
        ),
        0
    );
}

/// V35: the same status, body, writes and costs for a taken address; and its account stays its holder's.
#[test]
fn v35_a_change_of_address_does_not_tell_whether_the_new_one_has_an_account() {
    let mut team = Team::new();
    other_team(&team.world);
    let mut told = |email: &str| {
        let before = team.world.count("SELECT count(*) FROM jobs");
        let answer = team.owner.post("/v1/me/email", &json!({"email": email, "password": PASSWORD}));
        let rows = team.world.count("SELECT count(*) FROM jobs") - before;
        let page = team.owner.clone().with_header("accept", "text/html").get("/me/security/email").text();
        let page = page.replace(email, "…");
        let page = page
            .split("Change your address</h1>")
            .nth(1)
            .unwrap()
            .split("name=\"nonce\"")
            .next()
            .unwrap()
            .to_owned();
        (answer.status.as_u16(), answer.text(), rows, team.world.last_cost(), page)
    };
    let (world, oscar) = (team.world.clone(), "oscar.owner@other.test");
    let taken = told(oscar);
    world.deliver();
    let free = told("nobody@other.test");
    assert_eq!((taken.0, taken.1.as_str(), taken.2), (202, "{}", 2));
    assert_eq!(taken, free);
    let mail = world.mailbox().into_iter().rfind(|mail| mail["to"] == oscar).unwrap();
    assert_eq!(mail["subject"], "You have an account with this address", "its mailbox is told, and no other");
    assert!(
        !mail["text"].as_str().unwrap().contains("/email/") && !mail["text"].as_str().unwrap().contains(OLGA)
    );
}

/// The mail to the new address may go to anybody, mistyped: it names nobody, and carries nothing that the sender wrote.
#[test]
fn v33_the_mail_to_a_new_address_names_nobody() {
    let team = Team::new();
    begun(&team, &mut team.owner.clone(), EVIL);
    let mail = team.world.mailbox().into_iter().rfind(|mail| mail["to"] == EVIL).unwrap();
    for part in ["subject", "text", "html"] {
        let part = mail[part].as_str().unwrap();
        assert!(!part.contains("Olga") && !part.contains(OLGA) && !part.contains("Studio"), "{part}");
    }
}

/// V19: of the links and addresses nothing is in a log or in a queue message.
#[test]
fn v19_a_change_of_address_leaves_no_token_and_no_address_in_the_log() {
    let team = Team::new();
    let (old, new) = begun(&team, &mut team.owner.clone(), EVIL);
    confirm(&team, &old);
    confirm(&team, &new);
    team.world.deliver();
    let log = team.world.log_text();
    for secret in [&old, &new, EVIL, OLGA] {
        assert!(!log.contains(secret), "{secret}");
    }
}

/// An account whose mailbox nobody proved is somebody's who may only have typed that address: it takes no other.
#[test]
fn pre_hijack_an_account_that_nobody_proved_changes_its_address_to_none() {
    let mut team = Team::new();
    let member = team.add(MIA, "client", json!({})).ok().str("/id");
    let token = team.password_token(&member);
    let mut hijacker = team.world.client();
    hijacker.set_password(&token).ok();
    let answer = hijacker.post("/v1/me/email", &json!({"email": EVIL, "password": PASSWORD}));
    assert_eq!(answer.refusal(), refusal(403, "email_unverified"));
    assert_eq!(team.world.count("SELECT count(*) FROM email_changes"), 0);
    assert!(team.world.mailbox().iter().all(|mail| mail["to"] != EVIL));
}

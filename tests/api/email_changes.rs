//! Another address for whoever is signed in: begun with the password, proved by both mailboxes, made once.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use usher::platform::Limit;

use crate::support::client::{Answer, Client, PASSWORD, Team};
use crate::support::platform::{Cost, email_token_in};
use crate::support::race::{Racer, race};
use crate::support::scene::second_factor;
use crate::{about, another, complaint, refusal, sign_in};

const OLGA: &str = "olga.owner@studio.test";
const NEW: &str = "olga@new.test";

/// Everything that this part of the API does, for whoever wants every statement to have run.
pub fn walk(team: &mut Team) {
    let mut eva = team.joined("eva.client@client.test", "client");
    begin(&mut eva, "eva@new.test").ok();
    eva.get("/me/security/email").ok();
    eva.delete("/v1/me/email").ok();
    let (old, new) = begun(team, &mut eva, "eva.client@client.test", "eva@new.test");
    cancel(team, &new).ok();
    team.world.pass(Duration::from_secs(1));
    let again = begun(team, &mut eva, "eva.client@client.test", "eva@new.test");
    assert_ne!(again.0, old);
    team.world.client().get(&format!("/email/{}", again.0)).ok();
    confirm(team, &again.0).ok();
    confirm(team, &again.1).ok();
    team.world.deliver();
}

fn begin(person: &mut Client, email: &str) -> Answer {
    person.post("/v1/me/email", &json!({"email": email, "password": PASSWORD}))
}

/// Proves one side of a change.
pub fn confirm(team: &Team, token: &str) -> Answer {
    team.world.client().post("/v1/email-changes/confirm", &json!({"token": token}))
}

fn cancel(team: &Team, token: &str) -> Answer {
    team.world.client().post("/v1/email-changes/cancel", &json!({"token": token}))
}

/// Begins a change; the tokens that the old address and the new one were mailed.
pub fn begun(team: &Team, person: &mut Client, old: &str, new: &str) -> (String, String) {
    begin(person, new).ok();
    team.world.deliver();
    (team.world.mailed_email_token(old), team.world.mailed_email_token(new))
}

fn email(person: &mut Client) -> String {
    person.get("/v1/me").ok().str("/user/email")
}

fn subjects(team: &Team, address: &str) -> Vec<String> {
    let mails = team.world.mailbox();
    let to = mails.iter().filter(|mail| mail["to"] == address);
    to.map(|mail| mail["subject"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_address_changes_once_both_mailboxes_have_proved_it_in_whatever_order() {
    for old_first in [true, false] {
        let mut team = Team::new();
        let (old, new) = begun(&team, &mut team.owner.clone(), OLGA, NEW);
        let (first, second) = if old_first { (&old, &new) } else { (&new, &old) };
        assert_eq!(confirm(&team, first).ok().json(), json!({"state": "waiting"}));
        assert_eq!(email(&mut team.owner), OLGA, "one of them does nothing");
        assert_eq!(confirm(&team, first).ok().json(), json!({"state": "waiting"}), "nor twice");
        assert_eq!(confirm(&team, second).ok().json(), json!({"state": "changed"}));
        assert_eq!(team.world.last_cost(), Cost { d1: 1, kv: 0 });
        assert_eq!(email(&mut team.owner), NEW);
        assert_eq!(confirm(&team, second).ok().json(), json!({"state": "changed"}), "told again, done once");
        sign_in(&mut team.world.client(), NEW).ok();
        assert_eq!(sign_in(&mut team.world.client(), OLGA).refusal(), refusal(401, "invalid_credentials"));
        team.world.deliver();
        for address in [OLGA, NEW] {
            let told = subjects(&team, address);
            assert_eq!(told.iter().filter(|told| *told == "Your e-mail address was changed").count(), 1);
        }
        assert_eq!(team.world.count("SELECT count(*) FROM jobs WHERE done_at IS NULL"), 0);
    }
}

#[test]
fn who_may_do_what_stays_and_members_are_found_by_the_new_address() {
    let mut team = Team::new();
    let mut mia = team.joined("mia.member@studio.test", "admin");
    let member = team.member("mia.member@studio.test");
    let events = team.world.count("SELECT count(*) FROM audit_events");
    let (old, new) = begun(&team, &mut mia, "mia.member@studio.test", "mia@new.test");
    confirm(&team, &old).ok();
    confirm(&team, &new).ok();
    let shown = team.owner.get(&format!("/v1/members/{member}")).ok().json();
    assert_eq!((&shown["user"]["email"], &shown["role"]), (&json!("mia@new.test"), &json!("admin")));
    assert_eq!(team.member("mia@new.test"), member);
    mia.get(&team.path("/members")).ok();
    assert_eq!(
        team.world.count("SELECT count(*) FROM audit_events"),
        events + 1,
        "that they sign in with it"
    );
}

#[test]
fn every_other_session_ends_and_the_one_that_began_it_goes_on() {
    let mut team = Team::new();
    let mut elsewhere = team.world.client();
    sign_in(&mut elsewhere, OLGA).ok();
    let (old, new) = begun(&team, &mut team.owner.clone(), OLGA, NEW);
    confirm(&team, &old).ok();
    elsewhere.get("/v1/me").ok();
    confirm(&team, &new).ok();
    assert_eq!(elsewhere.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
    team.owner.get("/v1/me").ok();
}

#[test]
fn an_invitation_stays_with_the_address_that_it_was_sent_to() {
    let mut team = Team::new();
    let mut other = another(&team.world);
    let invitation = other.invited(OLGA, "admin");
    let token = crate::copied_token(&mut other.owner, &invitation);
    let (old, new) = begun(&team, &mut team.owner.clone(), OLGA, NEW);
    confirm(&team, &old).ok();
    confirm(&team, &new).ok();
    let answer = crate::accept_signed_in(&mut team.owner, &token);
    assert_eq!(answer.refusal(), refusal(403, "wrong_account"));
    let mut heir = team.world.client();
    heir.accept(&token, "Whoever has the old mailbox").ok();
    assert_ne!(
        heir.get("/v1/me").ok().json()["user"]["id"],
        team.owner.get("/v1/me").ok().json()["user"]["id"]
    );
}

/// A link that was mailed before to the old address, to set a password, is dead with it.
#[test]
fn what_was_mailed_to_the_old_address_opens_nothing_afterwards() {
    let mut team = Team::new();
    team.world.client().post("/v1/password-resets", &json!({"email": OLGA})).ok();
    team.world.deliver();
    let reset = team.world.mailed_password_token(OLGA);
    let mut half = team.world.client();
    let (app, _) = second_factor(&mut team.owner);
    sign_in(&mut half, OLGA).ok();
    let code = app.code(team.world.now());
    let body = json!({"email": NEW, "password": PASSWORD, "code": code});
    team.owner.post("/v1/me/email", &body).ok();
    team.world.deliver();
    confirm(&team, &team.world.mailed_email_token(OLGA)).ok();
    confirm(&team, &team.world.mailed_email_token(NEW)).ok();
    let redeem = json!({"token": reset, "password": "another sentence entirely"});
    let answer = team.world.client().post("/v1/password-resets/redeem", &redeem);
    assert_eq!(answer.refusal(), refusal(410, "password_link_used"));
    team.world.pass(Duration::from_secs(30));
    let code = json!({"code": app.code(team.world.now())});
    let answer = half.post("/v1/sessions/mfa", &code);
    assert_eq!(answer.refusal(), refusal(401, "unauthenticated"), "a sign-in that waited");
}

#[test]
fn beginning_takes_the_password_and_a_code_where_the_account_asks_for_one() {
    let mut team = Team::new();
    let ask = |person: &mut Client, body: Value| complaint(&person.post("/v1/me/email", &body));
    let wrong = json!({"email": NEW, "password": "wrong wrong wrong"});
    assert_eq!(ask(&mut team.owner, wrong), about(401, "invalid_credentials", "/password"));
    let no_address = json!({"email": "nobody", "password": PASSWORD});
    assert_eq!(ask(&mut team.owner, no_address), about(422, "invalid_email", "/email"));
    let same = json!({"email": OLGA, "password": PASSWORD});
    assert_eq!(ask(&mut team.owner, same), about(422, "invalid_value", "/email"));
    let (app, _) = second_factor(&mut team.owner);
    let code = app.code(team.world.now());
    let body = |code: &str| json!({"email": NEW, "password": PASSWORD, "code": code});
    let without = json!({"email": NEW, "password": PASSWORD});
    assert_eq!(ask(&mut team.owner, without), about(422, "required", "/code"));
    assert_eq!(ask(&mut team.owner, body("000000")), about(422, "invalid_code", "/code"));
    assert_eq!(team.world.count("SELECT count(*) FROM email_changes"), 0);
    assert_eq!(ask(&mut team.owner, body(&code)).0, 202);
    assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 0 });
    assert_eq!(ask(&mut team.owner, body(&code)), about(422, "invalid_code", "/code"), "replayed");
    // Nobody without a session spends this one: it is of the account, not of its address.
    let id = team.owner.get("/v1/me").ok().str("/user/id");
    team.world.state().limited.borrow_mut().push((Limit::Account, format!("password:{id}")));
    team.world.pass(Duration::from_secs(30));
    let code = app.code(team.world.now());
    assert_eq!(ask(&mut team.owner, body(&code)).1, "rate_limited", "no second way to guess");
}

#[test]
fn either_side_stops_it_and_so_does_whoever_began_it() {
    for stop in ["old", "new", "own"] {
        let mut team = Team::new();
        let (old, new) = begun(&team, &mut team.owner.clone(), OLGA, NEW);
        confirm(&team, &old).ok();
        let stopped = match stop {
            "old" => cancel(&team, &old),
            "new" => cancel(&team, &new),
            _ => team.owner.delete("/v1/me/email"),
        };
        assert_eq!(stopped.status, 204, "{stop}");
        assert_eq!(confirm(&team, &new).refusal(), refusal(410, "email_change_over"), "{stop}");
        assert_eq!(cancel(&team, &old).refusal(), refusal(410, "email_change_over"));
        assert_eq!(team.owner.delete("/v1/me/email").refusal(), refusal(404, "not_found"));
        assert_eq!(email(&mut team.owner), OLGA);
    }
}

#[test]
fn a_newer_change_and_a_new_password_end_it() {
    let mut team = Team::new();
    let (old, new) = begun(&team, &mut team.owner.clone(), OLGA, NEW);
    team.world.pass(Duration::from_secs(1));
    let (_, newer) = begun(&team, &mut team.owner.clone(), OLGA, "olga@newer.test");
    for token in [&old, &new] {
        assert_eq!(confirm(&team, token).refusal(), refusal(410, "email_change_over"));
    }
    let change = json!({"current_password": PASSWORD, "password": "another sentence entirely"});
    team.owner.put("/v1/me/password", &change).ok();
    assert_eq!(confirm(&team, &newer).refusal(), refusal(410, "email_change_over"));
    assert!(!team.owner.get("/me/security/email").ok().text().contains("olga@newer.test"));
}

#[test]
fn the_links_end_after_a_day_to_the_second() {
    let mut team = Team::new();
    let start = team.world.now();
    let (old, new) = begun(&team, &mut team.owner.clone(), OLGA, NEW);
    let day = Duration::from_hours(24);
    let begun = Duration::from_millis(u64::try_from(start.millis() % 1000).unwrap() + 1);
    team.world.pass(day.saturating_sub(begun));
    confirm(&team, &new).ok();
    team.world.pass(Duration::from_millis(1));
    assert_eq!(confirm(&team, &old).refusal(), refusal(410, "email_change_over"));
    assert_eq!(team.world.last_cost(), Cost { d1: 0, kv: 0 });
    assert_eq!(email(&mut team.owner), OLGA);
}

/// Each organization where they are reads in its log that one of its people signs in with another address: neither in full, and
/// nothing of it before both mailboxes proved it.
#[test]
fn the_logs_of_the_accounts_organizations_tell_that_it_changed() {
    let mut team = Team::new();
    let mut other = another(&team.world);
    let mut mia = team.joined("mia.member@studio.test", "member");
    other.invited("mia.member@studio.test", "client");
    other.world.deliver();
    let token = other.world.mailed_token("mia.member@studio.test");
    crate::accept_signed_in(&mut mia, &token).ok();
    let left = team.world.operator().create_organization("Third Studio", "theo.owner@third.test");
    team.world.state().database.borrow().change(&format!(
        "INSERT INTO members (id, organization_id, user_id, role, name, takes_seat, joined_at, removed_at)
         SELECT 'mbr_01h455vb4pex5vsknk084sn02q', '{left}', id, 'client', 'Mia', 0, 0, 1 FROM users
         WHERE email_key = 'mia.member@studio.test'"
    ));
    let (old, new) = begun(&team, &mut mia, "mia.member@studio.test", "mia@new.test");
    confirm(&team, &new).ok();
    let changes = "SELECT count(*) FROM audit_events WHERE action = 'member.email_changed'";
    assert_eq!(team.world.count(changes), 0);
    confirm(&team, &old).ok();
    for of in [&mut team, &mut other] {
        let entries = crate::audit::log(of, "&action=member.email_changed");
        let [entry] = entries.as_slice() else { panic!("{entries:?}") };
        let member = json!(of.member("mia@new.test"));
        assert_eq!((&entry["actor"], &entry["subject"]), (&member, &member));
        assert_eq!(entry["before"], json!({"email": "m••@studio.test"}));
        assert_eq!(entry["after"], json!({"email": "m••@new.test"}));
    }
    assert_eq!(team.world.count(changes), 2, "whoever was removed is nothing there");
    // There and back in one moment: every entry has an id of its own.
    for address in ["mia.member@studio.test", "mia@new.test"] {
        let was = email(&mut mia);
        let (old, new) = begun(&team, &mut mia, &was, address);
        confirm(&team, &old).ok();
        confirm(&team, &new).ok();
    }
    assert_eq!(team.world.count(changes), 6);
}

/// Another account took the address after it was proved here: nothing is said of that to the old side.
#[test]
fn an_address_that_was_taken_meanwhile_is_not_taken_from_its_account() {
    let mut team = Team::new();
    let (old, new) = begun(&team, &mut team.owner.clone(), OLGA, NEW);
    confirm(&team, &new).ok();
    let mut nina = team.joined(NEW, "client");
    let answer = confirm(&team, &old).ok();
    assert_eq!(answer.json(), json!({"state": "waiting"}));
    assert_eq!((email(&mut team.owner), email(&mut nina)), (OLGA.to_owned(), NEW.to_owned()));
    assert_eq!(confirm(&team, &new).refusal(), refusal(410, "email_change_over"));
}

#[test]
fn the_same_address_in_another_spelling_is_another_address_of_the_same_account() {
    let mut team = Team::new();
    begin(&mut team.owner, "Olga.Owner@studio.test").ok();
    team.world.deliver();
    let tokens: Vec<String> = team
        .world
        .mailbox()
        .iter()
        .filter_map(|mail| mail["text"].as_str().filter(|text| text.contains("/email/")))
        .map(email_token_in)
        .collect();
    assert_eq!(tokens.len(), 2);
    for token in &tokens {
        confirm(&team, token).ok();
    }
    assert_eq!(email(&mut team.owner), "Olga.Owner@studio.test");
}

#[test]
fn at_most_five_are_begun_in_a_day() {
    let mut team = Team::new();
    for number in 0..5 {
        begin(&mut team.owner, &format!("olga{number}@new.test")).ok();
    }
    let refused = begin(&mut team.owner, NEW);
    assert_eq!(refused.refusal(), refusal(429, "rate_limited"));
    assert_eq!(refused.header("retry-after"), Some("86400"));
    team.world.deliver();
    assert_eq!(subjects(&team, NEW), Vec::<String>::new());
    team.world.pass(Duration::from_hours(24));
    begin(&mut team.owner, NEW).ok();
}

/// Of both mailboxes at once, in whatever order their requests come to the database, one makes the change.
#[test]
fn both_sides_at_once_change_it_once() {
    for schedule in [&[][..], &[0, 1, 1, 0], &[1, 0, 1, 0]] {
        let mut team = Team::new();
        let (old, new) = begun(&team, &mut team.owner.clone(), OLGA, NEW);
        let racer = |token: &String| {
            let body = json!({"token": token});
            Racer::new(&team.world.client(), &Method::POST, "/v1/email-changes/confirm", &body)
        };
        let answers = race(&team.world, vec![racer(&old), racer(&new), racer(&old)], schedule);
        assert!(answers.iter().all(|answer| answer.status == 200));
        assert_eq!(email(&mut team.owner), NEW);
        assert_eq!(team.world.count("SELECT count(*) FROM jobs WHERE notice = 'email_changed'"), 2);
    }
}

#[test]
fn what_is_over_for_a_month_is_forgotten() {
    let team = Team::new();
    let (old, new) = begun(&team, &mut team.owner.clone(), OLGA, NEW);
    confirm(&team, &old).ok();
    confirm(&team, &new).ok();
    team.world.deliver();
    team.world.pass(Duration::from_hours(24 * 30));
    team.world.tick();
    assert_eq!(team.world.count("SELECT count(*) FROM email_changes"), 1);
    team.world.pass(Duration::from_hours(25));
    team.world.tick();
    assert_eq!(team.world.count("SELECT count(*) FROM email_changes"), 0, "and with it the old address");
}

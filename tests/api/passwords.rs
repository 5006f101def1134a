//! Links to set a password: who gets one, what it proves, and that it works once.

use std::time::Duration;

use serde_json::{Value, json};
use usher::domain::keys::Purpose;
use usher::domain::time::Timestamp;
use usher::platform::Limit;

use crate::support::World;
use crate::support::client::{Client, PASSWORD, Team};
use crate::support::platform::Cost;
use crate::{about, another, complaint, refusal, remove, sign_in};

const ANA: &str = "ana.client@client.test";
const OTHER: &str = "another sentence entirely";

/// Everything that this part of the API does, for whoever wants every statement to have run.
pub fn walk(team: &mut Team) {
    let member = team.add("walk@client.test", "client", json!({"notify": true})).ok().str("/id");
    let copied = team.password_token(&member);
    team.world.deliver();
    let mailed = team.world.mailed_password_token("walk@client.test");
    for token in [copied, mailed] {
        let mut person = team.world.client();
        person.get(&format!("/reset/{token}")).ok();
        person.set_password(&token).ok();
        person.get("/v1/me/notifications?unread=true").ok();
        person.post("/v1/me/notifications/read", &json!({"ids": ["ntf_01h455vb4pex5vsknk084sn02q"]})).ok();
    }
}

/// Somebody who was added and told by e-mail: their id, and the token of the mail's link.
fn mailed() -> (Team, String, String) {
    let mut team = Team::new();
    let member = team.add(ANA, "client", json!({"name": "Ana Client", "notify": true})).ok().str("/id");
    team.world.deliver();
    let token = team.world.mailed_password_token(ANA);
    (team, member, token)
}

fn redeem(person: &mut Client, token: &str, password: &str) -> (u16, String) {
    person.post("/v1/password-resets/redeem", &json!({"token": token, "password": password})).refusal()
}

fn reached(person: &mut Client) -> usize {
    person.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len()
}

#[test]
fn a_mailed_link_sets_the_password_signs_in_and_proves_the_mailbox() {
    let (team, _, token) = mailed();
    let mut ana = team.world.client();
    let set = ana.set_password(&token).ok();
    assert_eq!(set.status, 200);
    let me = ana.get("/v1/me").ok().json();
    assert_eq!(set.json(), me, "the account as GET /v1/me shows it");
    assert_eq!((&me["user"]["email_verified"], &me["user"]["name"]), (&json!(true), &json!("Ana Client")));
    assert_eq!(reached(&mut ana), 1);
    sign_in(&mut team.world.client(), ANA).ok();
}

#[test]
fn a_copied_link_sets_the_password_and_proves_nothing() {
    let (mut team, member, _) = mailed();
    let token = team.password_token(&member);
    let mut ana = team.world.client();
    let set = ana.set_password(&token).ok();
    assert_eq!(set.json()["user"]["email_verified"], false);
    assert_eq!(reached(&mut ana), 1, "in the organization that gave it out they are somebody");
    let confined = "SELECT count(*) FROM users WHERE confined_to = (SELECT id FROM organizations)";
    assert_eq!(team.world.count(confined), 1);
    sign_in(&mut team.world.client(), ANA).ok();
}

/// Once: not again, not by the other link, not by a link made at the same time.
#[test]
fn a_link_works_once() {
    let (mut team, member, token) = mailed();
    let copies = [team.password_token(&member), team.password_token(&member)];
    let mut ana = team.world.client();
    ana.set_password(&token).ok();
    for used in [&token, &copies[0], &copies[1]] {
        let before = team.world.state().database.borrow().dump();
        assert_eq!(redeem(&mut team.world.client(), used, OTHER), refusal(410, "password_link_used"));
        assert_eq!(team.world.state().database.borrow().dump(), before);
    }
    sign_in(&mut team.world.client(), ANA).ok();

    let (mut team, member, _) = mailed();
    let copies = [team.password_token(&member), team.password_token(&member)];
    team.world.client().set_password(&copies[0]).ok();
    for used in &copies {
        assert_eq!(redeem(&mut team.world.client(), used, OTHER), refusal(410, "password_link_used"));
    }
}

/// Whoever is given a copied link before the mail is opened can't keep the mailbox's holder out: the mail still works.
#[test]
fn a_mailed_link_outlives_a_password_that_was_set_without_proof() {
    let (mut team, member, mailed) = mailed();
    let copied = team.password_token(&member);
    let mut squatter = team.world.client();
    squatter.set_password(&copied).ok();
    let mut ana = team.world.client();
    assert_eq!(redeem(&mut ana, &mailed, OTHER).0, 200);
    assert_eq!(squatter.get("/v1/me").refusal(), refusal(401, "unauthenticated"), "sessions from before end");
    assert_eq!(
        sign_in(&mut squatter, ANA).refusal(),
        refusal(401, "invalid_credentials"),
        "and so does the password"
    );
    assert_eq!(ana.get("/v1/me").ok().json()["user"]["email_verified"], true);
}

#[test]
fn a_link_ends_to_the_second_a_mailed_one_after_a_week_and_a_copied_one_after_three_days() {
    let (mut team, member, mailed) = mailed();
    let start = team.world.now();
    let url = team.owner.post(&format!("/v1/members/{member}/password-link"), &json!({})).ok().json();
    let days = Duration::from_hours(3 * 24);
    assert_eq!(url["expires_at"], start.plus(days).to_string());
    let copied = crate::support::platform::password_token_in(url["url"].as_str().unwrap());
    for (token, days) in [(copied, 3), (mailed, 7)] {
        let page = format!("/reset/{token}");
        team.world.state().now.set(start.plus(Duration::from_secs(days * 24 * 3600 - 1)));
        assert_eq!(team.world.client().get(&page).status, 200);
        for seconds in [0, 1] {
            team.world.state().now.set(start.plus(Duration::from_secs(days * 24 * 3600 + seconds)));
            let answer = redeem(&mut team.world.client(), &token, PASSWORD);
            assert_eq!(answer, refusal(410, "password_link_expired"));
            assert_eq!(team.world.last_cost(), Cost { d1: 0, kv: 0 });
            assert_eq!(team.world.client().get(&page).status, 410);
        }
    }
}

/// A token is read only after its signature; a forged one costs nothing.
#[test]
fn a_forged_link_is_refused_with_no_round_trip() {
    let (team, _, token) = mailed();
    let before = team.world.state().database.borrow().dump();
    let mut eve = team.world.client();
    for place in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'x' { b'y' } else { b'x' };
        let forged = String::from_utf8(bytes).unwrap();
        assert_eq!(redeem(&mut eve, &forged, PASSWORD), refusal(404, "password_link_invalid"), "{forged}");
        assert_eq!(team.world.last_cost(), Cost { d1: 0, kv: 0 });
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

/// Signed by us, of somebody who is nowhere: nothing that an attacker can have, and still nothing.
#[test]
fn a_link_for_nobody_is_invalid() {
    let (team, _, _) = mailed();
    let config = team.world.state().config.as_ref().ok().unwrap();
    let claims =
        |user: &str, organization: &str| json!({"sub": user, "org": organization, "ver": 0, "via": "email"});
    let user = team.world.state().database.borrow().query("SELECT id FROM users WHERE password_hash IS NULL");
    let user = user[0]["id"].as_str().unwrap();
    for (user, organization) in [
        ("usr_01h455vb4pex5vsknk084sn02q", team.organization.as_str()),
        (user, "org_01h455vb4pex5vsknk084sn02q"),
    ] {
        let end = Timestamp::from_seconds(2_000_000_000);
        let token = config.keys.sign(Purpose::Password, claims(user, organization), end);
        assert_eq!(redeem(&mut team.world.client(), &token, PASSWORD), refusal(404, "password_link_invalid"));
    }
}

#[test]
fn a_password_that_is_none_is_refused_and_the_link_still_works() {
    let (team, _, token) = mailed();
    let mut ana = team.world.client();
    let before = team.world.state().database.borrow().dump();
    for weak in ["", "too short", "aaaaaaaaaaaaaaaa", "ANA.client@client.test", &"x1".repeat(65)] {
        let answer = ana.post("/v1/password-resets/redeem", &json!({"token": token, "password": weak}));
        assert_eq!(complaint(&answer), about(422, "weak_password", "/password"), "{weak}");
    }
    for (body, code, pointer) in [
        (json!({"password": PASSWORD}), "required", "/token"),
        (json!({"token": token}), "required", "/password"),
        (json!({"token": token, "password": PASSWORD, "name": "Ana"}), "unknown_field", "/name"),
        (json!({"token": 1, "password": PASSWORD}), "invalid_type", "/token"),
    ] {
        assert_eq!(complaint(&ana.post("/v1/password-resets/redeem", &body)), about(422, code, pointer));
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);
    ana.set_password(&token).ok();
}

#[test]
fn setting_a_password_costs_two_round_trips_and_looking_one() {
    let (team, _, token) = mailed();
    let mut ana = team.world.client();
    ana.get(&format!("/reset/{token}")).ok();
    assert_eq!(team.world.last_cost(), Cost { d1: 1, kv: 0 });
    ana.set_password(&token).ok();
    assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 0 });
    assert_eq!(ana.set_password(&token).status, 410);
    assert_eq!(team.world.last_cost(), Cost { d1: 1, kv: 0 });
}

/// Another site's page signs nobody in, and one network doesn't try for ever.
#[test]
fn other_sites_pages_and_too_many_tries_are_refused() {
    let (team, _, token) = mailed();
    let before = team.world.state().database.borrow().dump();
    for origin in ["https://evil.test", "null"] {
        let mut elsewhere = team.world.client().with_header("origin", origin);
        assert_eq!(redeem(&mut elsewhere, &token, PASSWORD), refusal(403, "cross_site_request"));
    }
    team.world.state().limited.borrow_mut().push((Limit::Network, "password:203.0.113.7".to_owned()));
    let mut limited = team.world.client().with_header("cf-connecting-ip", "203.0.113.7");
    assert_eq!(redeem(&mut limited, &token, PASSWORD), refusal(429, "rate_limited"));
    assert_eq!(team.world.state().database.borrow().dump(), before);
    team.world.client().with_header("origin", "").set_password(&token).ok();
}

/// A link that was given out opens nothing for somebody who was removed since; the mail still proves whose mailbox it is.
#[test]
fn a_removed_persons_copied_link_sets_nothing() {
    let (mut team, member, mailed) = mailed();
    let copied = team.password_token(&member);
    remove(&team, ANA);
    assert_eq!(redeem(&mut team.world.client(), &copied, PASSWORD), refusal(410, "password_link_used"));
    let refused = team.owner.post(&format!("/v1/members/{member}/password-link"), &json!({}));
    assert_eq!(refused.refusal(), refusal(409, "member_not_active"));
    let mut ana = team.world.client();
    ana.set_password(&mailed).ok();
    assert_eq!(reached(&mut ana), 0, "and they are nowhere");
}

#[test]
fn a_link_is_given_out_only_for_an_account_that_nobody_has() {
    let mut team = Team::new();
    let member = team.add(ANA, "client", json!({})).ok().str("/id");
    let path = format!("/v1/members/{member}/password-link");
    let token = team.password_token(&member);
    team.world.client().set_password(&token).ok();
    assert_eq!(team.owner.post(&path, &json!({})).refusal(), refusal(409, "password_already_set"));
    // Nor where the address was proved in another way.
    team.world.state().database.borrow().change(
        "UPDATE users SET password_hash = NULL, email_verified_at = 1 WHERE email_key = 'ana.client@client.test'",
    );
    assert_eq!(team.owner.post(&path, &json!({})).refusal(), refusal(409, "password_already_set"));
    assert_eq!(complaint(&team.owner.post(&path, &json!({"days": 9}))), about(422, "unknown_field", "/days"));
}

/// Whoever holds the link is that person in the organization, so nobody gets one for a rank that they may not invite.
#[test]
fn only_who_may_invite_somebody_of_this_rank_is_given_their_link() {
    let mut team = Team::of("reporting");
    let admin = team.add("ada.admin@studio.test", "admin", json!({})).ok().str("/id");
    let client = team.add(ANA, "client", json!({})).ok().str("/id");
    let mut staff = team.joined("sam.staff@studio.test", "member");
    let link = |person: &mut Client, member: &str| {
        person.post(&format!("/v1/members/{member}/password-link"), &json!({})).refusal()
    };
    assert_eq!(link(&mut staff, &admin), refusal(403, "forbidden"));
    assert_eq!(link(&mut staff, &client).0, 200, "staff may invite clients here");
    let own = team.member("olga.owner@studio.test");
    let mut boss = team.joined("bea.admin@studio.test", "admin");
    assert_eq!(link(&mut boss, &own), refusal(403, "forbidden"), "nobody may invite an owner");
    assert_eq!(link(&mut another(&team.world).owner, &client), refusal(404, "not_found"));
}

#[test]
fn giving_out_a_link_and_setting_the_password_are_audited_and_no_token_is_kept() {
    let (mut team, member, mailed) = mailed();
    let copied = team.password_token(&member);
    team.world.client().set_password(&copied).ok();
    let events = team.world.state().database.borrow().query(
        "SELECT action, actor, subject, after FROM audit_events WHERE action LIKE 'member.password%' ORDER BY rowid",
    );
    let owner = team.member("olga.owner@studio.test");
    let until = team.world.now().plus(Duration::from_hours(72));
    assert_eq!(
        events,
        [
            json!({"action": "member.password_link_copied", "actor": owner, "subject": member,
                   "after": format!("{{\"expires_at\":\"{until}\"}}")}),
            json!({"action": "member.password_set", "actor": "invitee", "subject": member,
                   "after": "{\"via\":\"copy\"}"}),
        ]
    );
    let kept = team.world.state().database.borrow().dump();
    let kept: String = kept.lines().filter(|line| !line.starts_with("mailbox: ")).collect();
    for secret in [&copied, &mailed] {
        let signature = secret.rsplit('.').next().unwrap();
        assert!(!kept.contains(signature) && !team.world.log_text().contains(signature));
    }
    assert!(!kept.contains("eyJ") && !kept.contains("/reset/") && !team.world.log_text().contains("eyJ"));
}

/// A second password for the same link, at the same moment: the second batch finds it used.
#[test]
fn of_two_who_hold_one_link_one_sets_the_password() {
    let (mut team, member, _) = mailed();
    let token = team.password_token(&member);
    let answers = [PASSWORD, OTHER].map(|password| redeem(&mut team.world.client(), &token, password).0);
    assert_eq!(answers, [200, 410]);
    sign_in(&mut team.world.client(), ANA).ok();
}

// The mail.

fn newest(world: &World) -> Value {
    world.mailbox().pop().unwrap()
}

/// S2-17: an account that the person has already needs no link: they sign in.
#[test]
fn somebody_with_an_account_is_mailed_the_way_to_sign_in() {
    let world = World::new();
    another(&world).joined(ANA, "client");
    let mut team = Team::in_world(world);
    team.world.pass(Duration::from_secs(1));
    team.add(ANA, "client", json!({"notify": true})).ok();
    team.world.deliver();
    let text = newest(&team.world)["text"].as_str().unwrap().to_owned();
    assert!(text.lines().any(|line| line == "http://localhost:8787/sign-in"), "{text}");
    assert!(!text.contains("/reset/"), "{text}");
}

/// A password that somebody set without proving the mailbox is nobody's: the mail is for whoever has the mailbox.
#[test]
fn somebody_whose_address_was_squatted_is_mailed_a_link_to_set_their_own_password() {
    let mut team = Team::new();
    let member = team.add(ANA, "client", json!({})).ok().str("/id");
    let token = team.password_token(&member);
    team.world.client().set_password(&token).ok();
    let mut other = another(&team.world);
    other.add(ANA, "client", json!({"notify": true})).ok();
    team.world.deliver();
    let mut ana = team.world.client();
    assert_eq!(redeem(&mut ana, &team.world.mailed_password_token(ANA), OTHER).0, 200);
    assert_eq!(reached(&mut ana), 2);
}

#[test]
fn somebody_who_was_removed_before_the_mail_went_out_gets_none() {
    let mut team = Team::new();
    let before = team.world.mailbox().len();
    team.add(ANA, "client", json!({"notify": true})).ok();
    remove(&team, ANA);
    team.world.deliver();
    assert_eq!(team.world.mailbox().len(), before);
    assert_eq!(team.world.count("SELECT count(*) FROM jobs WHERE waiting = 1"), 0);
}

/// The key is the job's id and the link's end is counted from when they were added, so a second try is the same mail.
#[test]
fn a_mail_that_is_tried_again_is_the_same_mail() {
    let world = World::with_settings(&[("MAIL_PROVIDER", "cloudflare")]);
    let mut operator = world.operator();
    let organization = operator.create_organization("Example Studio", "olga.owner@studio.test");
    world.deliver();
    let token = crate::token_in(&world.state().sent.borrow()[0].text);
    let mut olga = world.client();
    olga.accept(&token, "Olga Owner").ok();
    let path = format!("/v1/organizations/{organization}/members");
    olga.post(&path, &json!({"email": ANA, "name": "Ana", "role": "client", "notify": true})).ok();
    let job = world.state().queue.borrow()[0];
    let errors = usher::platform::MailError::Retry("busy".to_owned());
    world.state().mail_errors.borrow_mut().push_back(errors);
    world.deliver();
    assert_eq!(world.state().sent.borrow().len(), 1);
    world.pass(Duration::from_mins(5));
    world.deliver_one(job);
    let first = world.state().sent.borrow()[1].clone();
    // As if its settling had been lost.
    world.state().database.borrow().change("UPDATE jobs SET done_at = NULL, due_at = 0");
    world.pass(Duration::from_hours(1));
    world.deliver_one(job);
    assert_eq!(world.state().sent.borrow()[2], first);
}

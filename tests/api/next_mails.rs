//! The mails that nobody's request sends: the one reminder, what an inviter is told, and that something was withdrawn. When they
//! go out, to whom, and how often; what they say is in `tests/pages/mails.rs`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::World;
use crate::support::client::{PASSWORD, Team};
use crate::support::scene::{notified, plan};
use crate::{copied_token, decline, preview, refusal};

const MIA: &str = "mia.member@studio.test";
const OLGA: &str = "olga.owner@studio.test";
const ADAM: &str = "adam.admin@studio.test";
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Time passes, the tick comes, and what it found is delivered.
fn wait(world: &World, time: Duration) {
    world.pass(time);
    world.tick();
    world.deliver();
}

/// The subjects of what somebody was sent, oldest first.
fn sent(world: &World, to: &str) -> Vec<String> {
    let mails = world.mailbox().into_iter().filter(|mail| mail["to"] == to);
    mails.map(|mail| mail["subject"].as_str().unwrap().to_owned()).collect()
}

/// How many of them begin so.
fn count(world: &World, to: &str, words: &str) -> usize {
    sent(world, to).iter().filter(|subject| subject.contains(words)).count()
}

fn reminders(world: &World) -> usize {
    count(world, MIA, "Reminder: ")
}

fn set(world: &World, sql: &str) {
    world.state().database.borrow().change(sql);
}

/// A team that has invited Mia, whose mail was sent.
fn invited() -> (Team, String) {
    let mut team = Team::new();
    let id = team.invited(MIA, "member");
    team.world.deliver();
    (team, id)
}

#[test]
fn whoever_has_not_answered_is_reminded_once_after_two_fifths_of_the_time_with_the_same_link() {
    let (team, _) = invited();
    let token = team.world.mailed_token(MIA);
    wait(&team.world, (DAY * 7 * 2 / 5).saturating_sub(Duration::from_secs(1)));
    assert_eq!(reminders(&team.world), 0);
    wait(&team.world, Duration::from_secs(1));
    assert_eq!(reminders(&team.world), 1);
    assert_eq!(team.world.mailed_token(MIA), token);
    for _ in 0..4 {
        wait(&team.world, DAY);
    }
    assert_eq!(reminders(&team.world), 1);
    team.world.client().accept(&token, "Mia Member").ok();
}

#[test]
fn nobody_is_reminded_of_what_is_over_or_was_not_mailed() {
    for ends in ["accepted", "declined", "revoked", "declined after it was queued", "bounced", "only copied"]
    {
        let mut team = Team::new();
        let body =
            json!({"kind": "email", "role": "member", "email": MIA, "send_email": ends != "only copied"});
        let id = team.owner.post(&team.path("/invitations"), &body).ok().str("/id");
        team.world.deliver();
        let token = copied_token(&mut team.owner, &id);
        let mut mia = team.world.client();
        match ends {
            "accepted" => drop(mia.accept(&token, "Mia Member").ok()),
            "declined" => drop(decline(&mut mia, &token)),
            "revoked" => drop(team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok()),
            "bounced" => {
                set(&team.world, "UPDATE invitations SET delivery = 'bounced' WHERE outcome = 'open'");
            }
            _ => {}
        }
        team.world.pass(DAY * 3);
        team.world.tick();
        if ends == "declined after it was queued" {
            decline(&mut mia, &token);
        }
        team.world.deliver();
        assert_eq!(reminders(&team.world), 0, "{ends}");
    }
}

#[test]
fn what_lives_for_less_than_two_days_is_not_reminded_of() {
    let mut team = Team::new();
    let body = json!({"kind": "email", "role": "member", "email": MIA, "expires_in": 2 * 86_400 - 60});
    team.owner.post(&team.path("/invitations"), &body).ok();
    team.world.deliver();
    for _ in 0..40 {
        wait(&team.world, HOUR);
    }
    assert_eq!(sent(&team.world, MIA).len(), 1);
}

/// A reminder counts from when it was last sent, and there is one however often that is.
#[test]
fn sending_again_puts_the_reminder_off_and_brings_no_second() {
    let (mut team, id) = invited();
    let resend = format!("/v1/invitations/{id}/resend");
    team.world.pass(DAY * 2);
    team.owner.post(&resend, &json!({})).ok();
    team.world.deliver();
    wait(&team.world, DAY);
    assert_eq!(reminders(&team.world), 0, "three days after the first, one after the second");
    wait(&team.world, DAY * 2);
    assert_eq!(reminders(&team.world), 1);
    let token = team.world.mailed_token(MIA);
    team.owner.post(&resend, &json!({})).ok();
    team.world.deliver();
    assert_eq!(team.world.client().accept(&token, "Mia").refusal(), refusal(410, "invitation_replaced"));
    wait(&team.world, DAY * 4);
    assert_eq!(reminders(&team.world), 1);
}

#[test]
fn somebody_else_whom_it_is_for_now_is_reminded_too() {
    let (mut team, id) = invited();
    wait(&team.world, DAY * 3);
    assert_eq!(reminders(&team.world), 1);
    let path = format!("/v1/invitations/{id}");
    team.owner.patch(&path, &json!({"email": "max@studio.test", "expires_in": 7 * 86_400})).ok();
    team.world.deliver();
    wait(&team.world, DAY * 3);
    assert_eq!(count(&team.world, "max@studio.test", "Reminder: "), 1);
    assert_eq!(reminders(&team.world), 1);
}

/// It was queued when the invitation was sent again: the older link in it would be dead.
#[test]
fn a_reminder_that_was_overtaken_is_not_sent() {
    let (mut team, id) = invited();
    team.world.pass(DAY * 3);
    team.world.tick();
    team.owner.post(&format!("/v1/invitations/{id}/resend"), &json!({})).ok();
    team.world.deliver();
    assert_eq!(reminders(&team.world), 0);
    assert_eq!(sent(&team.world, MIA).len(), 2);
}

#[test]
fn an_organization_turns_reminders_off_and_a_template_does() {
    let (mut team, _) = invited();
    team.owner.patch(&team.path(""), &json!({"policy": {"reminders": false}})).ok();
    wait(&team.world, DAY * 3);
    assert_eq!(reminders(&team.world), 0);
    team.owner.patch(&team.path(""), &json!({"policy": {"reminders": null}})).ok();
    assert_eq!(team.owner.get(&team.path("")).ok().json()["policy"]["reminders"], true);
    wait(&team.world, DAY);
    assert_eq!(reminders(&team.world), 0, "its time was then");

    let quiet = include_str!("../../src/domain/templates/team.json")
        .replace("\"reminders\": true", "\"reminders\": false");
    let world = World::with_templates(&[("quiet", quiet.leak())]);
    let mut team = Team::make(world, "quiet", None);
    team.invited(MIA, "member");
    team.world.deliver();
    wait(&team.world, DAY * 3);
    assert_eq!(reminders(&team.world), 0);
}

#[test]
fn an_inviter_is_told_two_days_before_the_end_once_for_each_end() {
    let (mut team, id) = invited();
    let ending = |team: &Team| count(&team.world, OLGA, "has not joined yet");
    wait(&team.world, DAY * 3);
    wait(&team.world, (DAY * 2).saturating_sub(Duration::from_secs(1)));
    assert_eq!(ending(&team), 0);
    wait(&team.world, Duration::from_secs(1));
    wait(&team.world, HOUR);
    assert_eq!(ending(&team), 1);
    let owner = team.member(OLGA);
    assert_eq!(notified(&team, &owner), ["invitation.ending"]);
    // Later: told of the new end, when that is near.
    team.owner.patch(&format!("/v1/invitations/{id}"), &json!({"expires_in": 6 * 86_400})).ok();
    wait(&team.world, DAY * 3);
    assert_eq!(ending(&team), 1);
    wait(&team.world, DAY);
    assert_eq!(ending(&team), 2);
}

#[test]
fn of_what_lives_for_less_than_four_days_nobody_is_told_that_it_ends() {
    let mut team = Team::new();
    let body = json!({"kind": "email", "role": "member", "email": MIA, "expires_in": 4 * 86_400 - 60});
    team.owner.post(&team.path("/invitations"), &body).ok();
    team.world.deliver();
    for _ in 0..8 {
        wait(&team.world, HOUR * 12);
    }
    let owner = team.member(OLGA);
    assert_eq!(notified(&team, &owner), Vec::<String>::new());
}

/// Where whoever invited is gone the owner is told; where nobody is there yet, nobody.
#[test]
fn without_its_inviter_the_owner_is_told_and_of_an_owners_nobody() {
    let mut team = Team::new();
    let mut adam = team.joined(ADAM, "admin");
    adam.invite(&team.organization.clone(), MIA, "member").ok();
    team.world.deliver();
    let member = team.member(ADAM);
    assert_eq!(team.owner.delete(&format!("/v1/members/{member}")).status, 204);
    team.world.operator().create_organization("Other Studio", "oscar.owner@other.test");
    team.world.deliver();
    wait(&team.world, DAY * 3);
    wait(&team.world, DAY * 2);
    assert_eq!(count(&team.world, OLGA, "has not joined yet"), 1);
    assert_eq!(count(&team.world, ADAM, "has not joined yet"), 0);
    assert_eq!(sent(&team.world, "oscar.owner@other.test").len(), 2, "the invitation and its reminder");
    // Nothing is left over that each tick would find again.
    assert_eq!(
        team.world
            .count("SELECT count(*) FROM invitations WHERE next_mail_at <= 1795298400000 + 5 * 86400000"),
        0
    );
}

/// Nothing that is said to somebody outside is said in the name of somebody who is in no more: then it is the organization that
/// speaks, in the mails, to programs and on the page.
#[test]
fn what_somebody_sent_who_was_removed_speaks_for_the_organization() {
    let mut team = Team::new();
    let mut adam = team.joined(ADAM, "admin");
    let offer = json!({"kind": "email", "role": "member", "email": MIA, "message": "Hello there."});
    adam.post(&team.path("/invitations"), &offer).ok();
    team.world.deliver();
    let token = team.world.mailed_token(MIA);
    assert_eq!(preview(&mut team.world.client(), &token).ok().json()["invited_by"]["name"], "Somebody New");
    let late = adam.invite(&team.organization.clone(), "late@studio.test", "member").ok().str("/id");
    let member = team.member(ADAM);
    assert_eq!(team.owner.delete(&format!("/v1/members/{member}")).status, 204);
    // What was queued before, the reminder, and what is sent again.
    team.world.deliver();
    wait(&team.world, DAY * 3);
    team.owner.post(&format!("/v1/invitations/{late}/resend"), &json!({})).ok();
    team.world.deliver();
    let mails = team.world.mailbox();
    let since: Vec<_> =
        mails.iter().filter(|mail| mail["to"] == MIA || mail["to"] == "late@studio.test").skip(1).collect();
    assert_eq!(since.len(), 4, "the reminders, and an invitation sent twice");
    for mail in &since {
        for part in ["subject", "text", "html"] {
            assert!(!mail[part].as_str().unwrap().contains("Somebody New"), "{part}: {}", mail[part]);
        }
    }
    assert_eq!(count(&team.world, MIA, "Reminder: you are invited to Example Studio"), 1);
    assert_eq!(count(&team.world, "late@studio.test", "You are invited to Example Studio"), 2);
    let told = preview(&mut team.world.client(), &token).ok().json();
    assert_eq!((&told["invited_by"], &told["message"]), (&Value::Null, &json!("Hello there.")));
    let page = team.world.client().get(&format!("/i/{token}")).ok().text();
    assert!(!page.contains("Somebody New") && page.contains("Example Studio"), "{page}");
}

#[test]
fn an_inviter_is_told_of_each_mail_that_did_not_arrive() {
    let (mut team, id) = invited();
    let undelivered = |team: &Team| count(&team.world, OLGA, "did not get your invitation");
    set(&team.world, "UPDATE invitations SET delivery = 'failed' WHERE outcome = 'open'");
    for _ in 0..3 {
        wait(&team.world, HOUR);
    }
    assert_eq!(undelivered(&team), 1);
    team.owner.post(&format!("/v1/invitations/{id}/resend"), &json!({})).ok();
    team.world.deliver();
    wait(&team.world, HOUR);
    assert_eq!(undelivered(&team), 1);
    set(&team.world, "UPDATE invitations SET delivery = 'bounced' WHERE outcome = 'open'");
    wait(&team.world, HOUR);
    assert_eq!(undelivered(&team), 2);
    let owner = team.member(OLGA);
    assert_eq!(notified(&team, &owner), ["invitation.undelivered", "invitation.undelivered"]);
}

/// What its provider refuses is found by the tick, whichever consumer saw it fail.
#[test]
fn a_mail_that_is_refused_for_good_is_told_to_its_inviter() {
    let world = World::with_settings(&[("MAIL_PROVIDER", "cloudflare")]);
    let organization = world.operator().create_organization("Example Studio", OLGA);
    world.deliver();
    let token = crate::support::platform::token_in(&world.state().sent.borrow_mut().pop().unwrap().text);
    let mut owner = world.client();
    owner.accept(&token, "Olga Owner").ok();
    let refused = usher::platform::MailError::Refused("suppressed".to_owned());
    world.state().mail_errors.borrow_mut().push_back(refused);
    owner.invite(&organization, MIA, "member").ok();
    world.deliver();
    wait(&world, Duration::from_mins(1));
    let sent = world.state().sent.borrow();
    assert_eq!(sent.last().unwrap().subject, "mia.member@studio.test did not get your invitation");
    assert!(!sent.last().unwrap().text.contains("suppressed"), "the provider's words are for the log");
}

#[test]
fn whoever_was_mailed_an_invitation_is_told_that_it_was_withdrawn() {
    for (how, told) in
        [("revoked", 1), ("not yet mailed", 0), ("only copied", 0), ("invited again", 0), ("added", 0)]
    {
        let mut team = Team::new();
        let body =
            json!({"kind": "email", "role": "member", "email": MIA, "send_email": how != "only copied"});
        let id = team.owner.post(&team.path("/invitations"), &body).ok().str("/id");
        if how != "not yet mailed" {
            team.world.deliver();
        }
        team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok();
        match how {
            "invited again" => drop(team.invited(MIA, "member")),
            "added" => drop(team.add(MIA, "member", json!({})).ok()),
            _ => {}
        }
        wait(&team.world, Duration::from_mins(10));
        assert_eq!(count(&team.world, MIA, "was withdrawn"), told, "{how}");
        wait(&team.world, HOUR);
        assert_eq!(count(&team.world, MIA, "was withdrawn"), told, "{how}");
    }
}

/// Whoever removes an inviter may withdraw what they offered with them; that is withdrawn like anything else.
#[test]
fn what_is_withdrawn_with_its_inviter_is_told_too() {
    let mut team = Team::new();
    let mut adam = team.joined(ADAM, "admin");
    adam.invite(&team.organization.clone(), MIA, "member").ok();
    team.world.deliver();
    let body = json!({"member_ids": [team.member(ADAM)], "revoke_their_invitations": true});
    team.owner.post(&team.path("/members/remove"), &body).ok();
    wait(&team.world, Duration::from_mins(10));
    assert_eq!(count(&team.world, MIA, "was withdrawn"), 1);
}

#[test]
fn an_inviter_is_told_once_a_day_that_no_seat_was_free_and_the_answer_stays_the_same() {
    let (mut team, id) = invited();
    let token = team.world.mailed_token(MIA);
    plan(&team, Some(0), "[]");
    let told = |team: &Team| count(&team.world, OLGA, "no seat is free");
    for (hours, mails) in [(0, 1), (1, 1), (22, 1), (2, 2)] {
        team.world.pass(HOUR * hours);
        let answer = team.world.client().accept(&token, "Mia Member");
        assert_eq!(answer.refusal(), refusal(409, "seat_limit_reached"));
        team.world.deliver();
        assert_eq!(told(&team), mails, "after {hours} more hours");
    }
    let owner = team.member(OLGA);
    assert_eq!(notified(&team, &owner), ["invitation.no_seat", "invitation.no_seat"]);
    assert_eq!(team.owner.get(&format!("/v1/invitations/{id}")).ok().str("/status"), "pending");
    plan(&team, None, "[]");
    team.world.client().accept(&token, "Mia Member").ok();
}

#[test]
fn whoever_asks_for_a_new_invitation_or_for_access_is_told_of_by_mail_once_a_day() {
    let (team, _) = invited();
    let path = format!("/i/{}", team.world.mailed_token(MIA));
    team.world.pass(DAY * 8);
    for _ in 0..3 {
        team.world.client().submit("/sign-in", &format!("{path}/ask"), &[]).ok();
    }
    team.world.deliver();
    assert_eq!(count(&team.world, OLGA, "asks for a new invitation"), 1);

    let mut team = Team::of("reporting");
    let mut ana = team.joined("ana@client.test", "client");
    let path = format!("/w/{}/ask", team.workspace());
    for _ in 0..3 {
        ana.submit("/sign-in", &path, &[]).ok();
    }
    team.world.deliver();
    assert_eq!(count(&team.world, OLGA, "asks for access"), 1);
}

/// Whoever left since is told nothing more of the organization.
#[test]
fn a_mail_to_somebody_who_was_removed_is_not_sent() {
    let mut team = Team::new();
    let mut adam = team.joined(ADAM, "admin");
    adam.invite(&team.organization.clone(), MIA, "member").ok();
    team.world.deliver();
    set(&team.world, "UPDATE invitations SET delivery = 'bounced' WHERE outcome = 'open'");
    team.world.tick();
    let member = team.member(ADAM);
    assert_eq!(team.owner.delete(&format!("/v1/members/{member}")).status, 204);
    team.world.deliver();
    assert_eq!(count(&team.world, ADAM, "did not get your invitation"), 0);
}

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";
const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0 Safari/537.36";

fn sign_in_with(world: &World, user_agent: &str) -> Value {
    let mut person = world.client().with_header("user-agent", user_agent);
    world.pass(Duration::from_secs(1));
    let answer = person.post("/v1/sessions", &json!({"email": MIA, "password": PASSWORD})).ok().json();
    world.deliver();
    answer
}

#[test]
fn a_sign_in_with_something_new_is_told_and_one_with_what_was_used_before_is_not() {
    let mut team = Team::new();
    team.invited(MIA, "member");
    team.world.deliver();
    let token = team.world.mailed_token(MIA);
    team.world.client().with_header("user-agent", FIREFOX).accept(&token, "Mia Member").ok();
    team.world.deliver();
    let new = |world: &World| count(world, MIA, "New sign-in");
    assert_eq!(new(&team.world), 0, "the account was just made");
    sign_in_with(&team.world, FIREFOX);
    assert_eq!(new(&team.world), 0);
    sign_in_with(&team.world, CHROME);
    sign_in_with(&team.world, CHROME);
    assert_eq!(sent(&team.world, MIA).last().unwrap(), "New sign-in from Chrome on Windows");
    assert_eq!(new(&team.world), 1);
    sign_in_with(&team.world, "curl/8.5.0");
    assert_eq!(sent(&team.world, MIA).last().unwrap(), "New sign-in from a program");
    let mail = team.world.mailbox().pop().unwrap();
    assert!(!mail["text"].as_str().unwrap().contains("curl"), "words of ours only");
}

#[test]
fn an_accounts_first_session_is_no_news() {
    let mut team = Team::new();
    team.joined(MIA, "member");
    set(&team.world, "DELETE FROM sessions WHERE user_id = (SELECT id FROM users WHERE email LIKE 'mia%')");
    sign_in_with(&team.world, CHROME);
    assert_eq!(count(&team.world, MIA, "New sign-in"), 0);
}

/// Before they were noted, sessions had no device: one of them may have been this.
#[test]
fn what_an_older_session_was_with_nobody_knows() {
    let mut team = Team::new();
    team.joined(MIA, "member");
    set(&team.world, "UPDATE sessions SET device = ''");
    sign_in_with(&team.world, CHROME);
    assert_eq!(count(&team.world, MIA, "New sign-in"), 0);
}

/// The mailbox of somebody who came by a copied link may be another person's.
#[test]
fn nobody_is_told_at_an_address_that_nobody_proved() {
    let mut team = Team::new();
    let id = team.invited(MIA, "member");
    let token = copied_token(&mut team.owner, &id);
    team.world.client().accept(&token, "Mia Member").ok();
    sign_in_with(&team.world, CHROME);
    assert_eq!(count(&team.world, MIA, "New sign-in"), 0);
}

#[test]
fn with_a_second_factor_it_is_told_once_the_code_was_right() {
    let mut team = Team::new();
    let mut mia = team.joined(MIA, "member");
    let (app, _) = crate::support::scene::second_factor(&mut mia);
    let mut person = team.world.client().with_header("user-agent", CHROME);
    person.post("/v1/sessions", &json!({"email": MIA, "password": PASSWORD})).ok();
    team.world.deliver();
    assert_eq!(count(&team.world, MIA, "New sign-in"), 0, "nobody is in yet");
    let code = json!({"code": app.code(team.world.now())});
    person.post("/v1/sessions/mfa", &code).ok();
    team.world.deliver();
    assert_eq!(count(&team.world, MIA, "New sign-in from Chrome on Windows"), 1);
}

/// Every mail of these, for whoever reads the plans of what that runs.
pub fn walk(team: &mut Team) {
    let ids =
        ["remind", "withdraw", "bounce"].map(|who| team.invited(&format!("{who}@studio.test"), "client"));
    team.world.deliver();
    team.owner.post(&format!("/v1/invitations/{}/revoke", ids[1]), &json!({})).ok();
    set(&team.world, &format!("UPDATE invitations SET delivery = 'bounced' WHERE id = '{}'", ids[2]));
    wait(&team.world, DAY * 3);
    let staff = team.invited("full@studio.test", "member");
    let token = copied_token(&mut team.owner, &staff);
    plan(team, Some(0), "[]");
    team.world.client().accept(&token, "Somebody Late");
    plan(team, None, "[]");
    team.world.deliver();
}

/// A crash between what the tick reads and writes, or two ticks at once: each mail is written once, and each word in the app. Whoever goes
/// on in each of the first six steps, which lead up to what they put, is tried; then each goes on in turn.
#[test]
fn two_ticks_at_once_write_each_mail_once() {
    for schedule in 0..1 << 6 {
        let (team, _) = invited();
        team.world.pass(DAY * 3);
        overlap(&team.world, schedule);
        team.world.deliver();
        assert_eq!(reminders(&team.world), 1, "{schedule:b}");
        team.world.pass(DAY * 2 + HOUR);
        overlap(&team.world, schedule);
        team.world.deliver();
        assert_eq!(told_of_the_end(&team.world), (1, 1), "{schedule:b}");
    }
}

/// Two ticks, of which the schedule's bits say who goes on; then each in turn.
fn overlap(world: &World, schedule: u32) {
    world.state().yields.set(true);
    let apps = [world.app(), world.app()];
    let mut ticks = apps.each_ref().map(|app| Some(Box::pin(app.tick())));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let named = (0..6).map(|place| (schedule >> place & 1) as usize);
    for place in named.chain([0, 1].into_iter().cycle()) {
        let tick = &mut ticks[place];
        if tick.as_mut().is_some_and(|tick| tick.as_mut().poll(&mut context).is_ready()) {
            *tick = None;
        }
        if ticks.iter().all(Option::is_none) {
            break;
        }
    }
    world.state().yields.set(false);
}

/// How often the inviter was told that the invitation ends: in the app, and by mail.
fn told_of_the_end(world: &World) -> (i64, usize) {
    let told = world.count("SELECT count(*) FROM notifications WHERE kind = 'invitation.ending'");
    (told, count(world, OLGA, "has not joined yet"))
}

/// The database refuses one of the mails that are due, each time: what the queue lost goes out all the same, and what is old goes.
#[test]
fn a_due_mail_that_cannot_be_written_holds_nothing_else_up() {
    let (mut team, _) = invited();
    team.world.pass(DAY * 3);
    team.invited("late@studio.test", "member");
    team.world.state().queue.borrow_mut().clear();
    set(
        &team.world,
        "CREATE TRIGGER broken BEFORE INSERT ON jobs WHEN new.kind = 'reminder_email'
         BEGIN SELECT RAISE(ABORT, 'disk on fire'); END;
         INSERT INTO idempotent_requests (caller, key, fingerprint, request_id, created_at) VALUES ('c', 'k', 'f', 'r', 1)",
    );
    wait(&team.world, HOUR);
    assert_eq!(sent(&team.world, "late@studio.test").len(), 1);
    assert_eq!(team.world.count("SELECT count(*) FROM idempotent_requests WHERE caller = 'c'"), 0);
    assert!(team.world.log_text().contains("disk on fire"), "the tick says so");
    set(&team.world, "DROP TRIGGER broken");
    wait(&team.world, HOUR);
    assert_eq!(reminders(&team.world), 1);
}

//! The outbox: an e-mail is a row beside what caused it, the queue only says which, and the mail goes out once.

use std::time::Duration;

use serde_json::{Value, json};
use usher::domain::ids::JobId;
use usher::jobs::message::{self, Message, Source, Verdict};
use usher::jobs::{LEASE, LOST_AFTER, MOST_ATTEMPTS};
use usher::platform::MailError;
use usher::store::jobs;

use crate::support::World;
use crate::support::client::Team;
use crate::support::platform::{block_on, token_in};
use crate::{decline, refusal};

const MIA: &str = "mia.member@studio.test";

/// A team whose mail goes through the `send_email` binding, with its owner in and nothing sent yet.
fn cloudflare() -> Team {
    let world = World::with_settings(&[("MAIL_PROVIDER", "cloudflare")]);
    let organization = world.operator().create_organization("Example Studio", "olga.owner@studio.test");
    world.deliver();
    let token = token_in(&world.state().sent.borrow_mut().pop().unwrap().text);
    let mut owner = world.client();
    owner.accept(&token, "Olga Owner").ok();
    world.pass(Duration::from_secs(1));
    Team { world, organization, owner }
}

fn queued(team: &Team) -> JobId {
    *team.world.state().queue.borrow().back().unwrap()
}

fn sent(team: &Team) -> usize {
    team.world.state().sent.borrow().len()
}

fn fail_with(team: &Team, error: MailError, times: usize) {
    team.world.state().mail_errors.borrow_mut().extend(vec![error; times]);
}

fn delivery(team: &mut Team, invitation: &str) -> Value {
    team.owner.get(&format!("/v1/invitations/{invitation}")).ok().json()["delivery"].clone()
}

fn job(team: &Team, job: JobId) -> Value {
    let sql = format!("SELECT attempts, done_at, failed_at, failure, due_at FROM jobs WHERE id = '{job}'");
    team.world.state().database.borrow().query(&sql)[0].clone()
}

#[test]
fn an_invitation_and_its_mail_are_written_together_or_not_at_all() {
    let mut team = Team::new();
    team.world
        .state()
        .database
        .borrow()
        .change("CREATE TRIGGER broken BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'disk on fire'); END");
    let before = team.world.state().database.borrow().dump();
    let answer = team.owner.invite(&team.organization.clone(), MIA, "member");
    assert_eq!(answer.refusal(), refusal(500, "internal"));
    assert!(!answer.text().contains("disk"), "the reason is for the log");
    assert!(team.world.log_text().contains("disk on fire"));
    assert_eq!(team.world.state().database.borrow().dump(), before);
    assert!(team.world.state().queue.borrow().is_empty());
}

#[test]
fn a_message_holds_a_version_and_the_jobs_id_and_nothing_else() {
    let mut team = Team::new();
    team.invited(MIA, "member");
    let id = queued(&team);
    let body: Value = serde_json::from_str(&message::encode(id)).unwrap();
    assert_eq!(body, json!({"v": 1, "job_id": id.to_string()}));
}

#[test]
fn if_the_queue_loses_every_message_the_mail_still_goes_out_once() {
    let mut team = cloudflare();
    for number in 0..5 {
        team.invited(&format!("m{number}@studio.test"), "member");
    }
    for _ in 0..3 {
        team.world.state().queue.borrow_mut().clear();
        team.world.tick();
        assert!(team.world.state().queue.borrow().is_empty(), "not yet taken for lost");
        team.world.pass(LOST_AFTER);
        team.world.tick();
        assert_eq!(team.world.state().queue.borrow().len(), 5);
    }
    team.world.deliver();
    for _ in 0..3 {
        team.world.pass(Duration::from_hours(1));
        team.world.tick();
        team.world.deliver();
    }
    let mut recipients: Vec<_> =
        team.world.state().sent.borrow().iter().map(|mail| mail.to.clone()).collect();
    recipients.sort_unstable();
    assert_eq!(recipients, [0, 1, 2, 3, 4].map(|number| format!("m{number}@studio.test")));
}

#[test]
fn a_message_that_comes_twice_sends_once() {
    let mut team = cloudflare();
    team.invited(MIA, "member");
    let id = queued(&team);
    for _ in 0..3 {
        assert_eq!(team.world.deliver_one(id), Verdict::Ack);
    }
    assert_eq!(sent(&team), 1);
    assert_eq!(job(&team, id)["attempts"], 1);
}

#[test]
fn what_was_sent_is_shown_and_kept_under_the_providers_id() {
    let mut team = cloudflare();
    let invitation = team.invited(MIA, "member");
    assert_eq!(delivery(&mut team, &invitation), "queued");
    team.world.deliver();
    assert_eq!(delivery(&mut team, &invitation), "sent");
    let kept = "SELECT provider_message_id AS id FROM jobs ORDER BY created_at DESC LIMIT 1";
    assert_eq!(team.world.state().database.borrow().query(kept), [json!({"id": "message-1"})]);
}

#[test]
fn a_provider_that_is_busy_is_asked_again_later_and_later() {
    let mut team = cloudflare();
    let invitation = team.invited(MIA, "member");
    let id = queued(&team);
    fail_with(&team, MailError::Retry("busy".to_owned()), 3);
    for (least, most) in [(5, 10), (10, 20), (20, 40)] {
        let Verdict::Retry(wait) = team.world.deliver_one(id) else { panic!("not retried") };
        // The message comes a second after the job is due.
        assert!((least + 1..=most + 1).contains(&wait.as_secs()), "{wait:?}");
        assert_eq!(delivery(&mut team, &invitation), "queued");
        assert_eq!(team.world.deliver_one(id), Verdict::Ack, "too early: the job is not due");
        team.world.pass(wait);
    }
    assert_eq!(team.world.deliver_one(id), Verdict::Ack);
    assert_eq!((sent(&team), delivery(&mut team, &invitation)), (1, json!("sent")));
}

#[test]
fn a_retry_whose_message_is_lost_is_found_by_the_tick() {
    let mut team = cloudflare();
    team.invited(MIA, "member");
    fail_with(&team, MailError::Retry("busy".to_owned()), 1);
    team.world.deliver();
    team.world.pass(Duration::from_secs(10) + LOST_AFTER);
    team.world.tick();
    team.world.deliver();
    assert_eq!(sent(&team), 1);
}

#[test]
fn a_refused_mail_fails_at_once_and_the_inviter_sees_it() {
    let mut team = cloudflare();
    let invitation = team.invited(MIA, "member");
    let id = queued(&team);
    fail_with(&team, MailError::Refused("suppressed".to_owned()), 1);
    assert_eq!(team.world.deliver_one(id), Verdict::Ack);
    assert_eq!(delivery(&mut team, &invitation), "failed");
    team.world.pass(Duration::from_hours(1));
    team.world.tick();
    team.world.deliver();
    let recipients: Vec<String> =
        team.world.state().sent.borrow().iter().map(|mail| mail.to.clone()).collect();
    assert_eq!(recipients, ["olga.owner@studio.test"], "what is mailed is that it failed");
    assert_eq!(job(&team, id)["attempts"], 1);
}

#[test]
fn a_failed_mail_leaves_the_invitation_open_and_can_be_sent_again() {
    let mut team = cloudflare();
    let invitation = team.invited(MIA, "member");
    fail_with(&team, MailError::Refused("suppressed".to_owned()), 1);
    team.world.deliver();
    let again = team.owner.post(&format!("/v1/invitations/{invitation}/resend"), &json!({})).ok();
    assert_eq!((again.str("/status"), again.str("/delivery")), ("pending".into(), "queued".into()));
    team.world.deliver();
    assert_eq!((sent(&team), delivery(&mut team, &invitation)), (1, json!("sent")));
}

#[test]
fn after_the_last_try_the_job_is_given_up_and_the_inviter_sees_it() {
    let mut team = cloudflare();
    let invitation = team.invited(MIA, "member");
    let id = queued(&team);
    fail_with(&team, MailError::Retry("busy".to_owned()), 100);
    let mut tries = 0;
    while let Verdict::Retry(wait) = team.world.deliver_one(id) {
        tries += 1;
        assert!(tries < 100, "it never ends");
        team.world.pass(wait);
    }
    assert_eq!(job(&team, id)["attempts"], MOST_ATTEMPTS);
    assert_eq!(delivery(&mut team, &invitation), "failed");
}

#[test]
fn a_dead_letter_fails_its_job_and_the_inviter_sees_it() {
    let mut team = cloudflare();
    let invitation = team.invited(MIA, "member");
    let id = queued(&team);
    let letter = Message { source: Source::DeadLetters, body: message::encode(id) };
    assert_eq!(block_on(team.world.app().consume(letter.clone())), Verdict::Ack);
    assert_eq!(delivery(&mut team, &invitation), "failed");
    assert_eq!(team.world.deliver_one(id), Verdict::Ack);
    assert_eq!(block_on(team.world.app().consume(letter)), Verdict::Ack, "twice is no harm");
    assert_eq!(sent(&team), 0);
}

#[test]
fn a_dead_letter_of_what_was_sent_changes_nothing() {
    let mut team = cloudflare();
    let invitation = team.invited(MIA, "member");
    let id = queued(&team);
    team.world.deliver();
    let letter = Message { source: Source::DeadLetters, body: message::encode(id) };
    block_on(team.world.app().consume(letter));
    assert_eq!(delivery(&mut team, &invitation), "sent");
}

#[test]
fn a_dead_letter_waits_for_a_job_that_somebody_holds_or_that_is_tried_later() {
    let mut team = cloudflare();
    let invitation = team.invited(MIA, "member");
    let id = queued(&team);
    let until = team.world.now().plus(LEASE).millis();
    team.world
        .state()
        .database
        .borrow()
        .change(&format!("UPDATE jobs SET due_at = {until} WHERE id = '{id}'"));
    let letter = Message { source: Source::DeadLetters, body: message::encode(id) };
    let wait = Verdict::Retry(LEASE + Duration::from_secs(1));
    assert_eq!(block_on(team.world.app().consume(letter.clone())), wait);
    assert_eq!(delivery(&mut team, &invitation), "queued");
    team.world.pass(LEASE);
    assert_eq!(block_on(team.world.app().consume(letter)), Verdict::Ack);
    assert_eq!(delivery(&mut team, &invitation), "failed");
}

#[test]
fn while_one_consumer_holds_a_job_no_other_takes_it_and_after_its_lease_one_does() {
    let mut team = cloudflare();
    team.invited(MIA, "member");
    let id = queued(&team);
    let until = team.world.now().plus(LEASE).millis();
    // As a consumer leaves it that died while it was sending.
    team.world.state().database.borrow().change(&format!(
        "UPDATE jobs SET attempts = 1, due_at = {until}, requeue_at = {until} WHERE id = '{id}'"
    ));
    assert_eq!(team.world.deliver_one(id), Verdict::Ack);
    assert_eq!(sent(&team), 0);
    team.world.state().queue.borrow_mut().clear();
    team.world.pass(LEASE);
    team.world.tick();
    team.world.deliver();
    assert_eq!((sent(&team), job(&team, id)["attempts"].clone()), (1, json!(2)));
}

#[test]
fn a_job_whose_consumers_always_die_is_given_up_by_the_tick() {
    let mut team = cloudflare();
    let invitation = team.invited(MIA, "member");
    let id = queued(&team);
    team.world
        .state()
        .database
        .borrow()
        .change(&format!("UPDATE jobs SET attempts = {MOST_ATTEMPTS} WHERE id = '{id}'"));
    assert_eq!(team.world.deliver_one(id), Verdict::Ack, "nobody takes it any more");
    team.world.pass(LEASE + LOST_AFTER);
    team.world.tick();
    assert_eq!(delivery(&mut team, &invitation), "failed");
    assert_eq!(job(&team, id)["failure"], "never finished");
}

/// Whatever ails its consumers (a provider's binding that never answers, a Worker that dies): a job outlives the better part of a day
/// of it.
#[test]
fn a_job_that_nobody_settles_is_held_longer_each_time_and_tried_for_most_of_a_day() {
    let mut team = cloudflare();
    let invitation = team.invited(MIA, "member");
    let id = queued(&team);
    let mut held = Vec::new();
    let began = team.world.now();
    while delivery(&mut team, &invitation) == "queued" {
        let now = team.world.now();
        let lease = jobs::lease(id, now, now.plus(LEASE), MOST_ATTEMPTS);
        let taken = team.world.state().database.borrow_mut().batch(&[lease]).unwrap().remove(0);
        if taken.any() {
            let until = team.world.count(&format!("SELECT due_at FROM jobs WHERE id = '{id}'"));
            held.push((until - now.millis()) / 60_000);
        }
        team.world.pass(LEASE);
        team.world.tick();
    }
    let longest = [128; 7];
    assert_eq!(held, [&[1, 1, 1, 2, 4, 8, 16, 32, 64][..], &longest].concat());
    let hours = (team.world.now().millis() - began.millis()) / 3_600_000;
    assert!((15..=30).contains(&hours), "{hours} hours");
    assert_eq!(job(&team, id)["failure"], "never finished");
}

#[test]
fn what_was_settled_before_it_was_sent_is_not_mailed() {
    let mut team = cloudflare();
    let revoked = team.invited("revoked@studio.test", "member");
    team.owner.post(&format!("/v1/invitations/{revoked}/revoke"), &json!({})).ok();
    let declined = team.invited("declined@studio.test", "member");
    let token = crate::copied_token(&mut team.owner, &declined);
    decline(&mut team.world.client(), &token).ok();
    let accepted = team.invited("accepted@studio.test", "member");
    let token = crate::copied_token(&mut team.owner, &accepted);
    team.world.client().accept(&token, "Ada Accepted").ok();
    team.world.deliver();
    assert_eq!(sent(&team), 0);
    assert_eq!(team.world.count("SELECT count(*) FROM jobs WHERE waiting = 1"), 0);
}

#[test]
fn what_expired_before_it_was_sent_is_not_mailed() {
    let mut team = cloudflare();
    team.invited(MIA, "member");
    team.world.pass(Duration::from_hours(7 * 24));
    team.world.deliver();
    assert_eq!(sent(&team), 0);
}

#[test]
fn of_an_invitation_that_was_sent_again_only_the_newest_link_is_mailed() {
    let mut team = cloudflare();
    let invitation = team.invited(MIA, "member");
    for _ in 0..2 {
        team.owner.post(&format!("/v1/invitations/{invitation}/resend"), &json!({})).ok();
    }
    let mut jobs: Vec<_> = team.world.state().queue.borrow_mut().drain(..).collect();
    jobs.reverse();
    for id in jobs {
        team.world.deliver_one(id);
    }
    assert_eq!(sent(&team), 1);
    let token = token_in(&team.world.state().sent.borrow()[0].text);
    team.world.client().accept(&token, "Mia Member").ok();
    assert_eq!(delivery(&mut team, &invitation), "sent", "an older job's end does not show");
}

#[test]
fn a_message_that_is_none_of_ours_is_dropped() {
    let world = World::new();
    for source in [Source::Jobs, Source::DeadLetters] {
        for body in ["", "{}", "null", "eyJhbGciOi", r#"{"v":9,"job_id":"job_01h455vb4pex5vsknk084sn02q"}"#] {
            let message = Message { source, body: body.to_owned() };
            assert_eq!(block_on(world.app().consume(message)), Verdict::Ack, "{body}");
        }
        let unknown =
            Message { source, body: message::encode("job_01h455vb4pex5vsknk084sn02q".parse().unwrap()) };
        assert_eq!(block_on(world.app().consume(unknown)), Verdict::Ack);
    }
    assert!(!world.log_text().contains("eyJ"), "its text may be anything, so it is not logged");
}

#[test]
fn the_mailbox_keeps_one_message_for_a_job_however_often_it_is_sent() {
    let mut team = Team::new();
    team.invited(MIA, "member");
    let id = queued(&team);
    team.world.deliver();
    // As when the consumer died after sending and before it wrote that down.
    team.world
        .state()
        .database
        .borrow()
        .change(&format!("UPDATE jobs SET done_at = NULL, due_at = 0, requeue_at = 0 WHERE id = '{id}'"));
    team.world.tick();
    team.world.deliver();
    let to_mia = team.world.mailbox().iter().filter(|mail| mail["to"] == MIA).count();
    assert_eq!(to_mia, 1);
}

#[test]
fn the_mail_says_who_invites_to_what_and_comes_from_the_deployments_own_address() {
    let mut team = cloudflare();
    let body = json!({"kind": "email", "role": "member", "email": MIA, "message": "See <b>you</b>!"});
    team.owner.post(&team.path("/invitations"), &body).ok();
    team.world.deliver();
    let mail = team.world.state().sent.borrow()[0].clone();
    assert_eq!(mail.to, MIA);
    assert_eq!(mail.from.address, "invites@usher.test");
    assert_eq!(mail.from.name, "Example Studio via Usher");
    assert!(
        mail.subject.contains("Example Studio") && mail.subject.contains("Olga Owner"),
        "{}",
        mail.subject
    );
    for part in [&mail.text, &mail.html] {
        assert!(part.contains("http://localhost:8787/i/") && part.contains("Example Studio"), "{part}");
    }
    assert!(!mail.html.contains("<b>you</b>"), "a message is text");
}

//! What becomes of a message, as its provider tells it: the inviter sees how far it got, whatever order it is told in, and nothing
//! more goes where nothing arrives.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use usher::jobs::message::Verdict;

use crate::refusal;
use crate::support::World;
use crate::support::client::{Client, Team};
use crate::support::hooks::{postmark_tells, resend_event, resend_tells};

const MIA: &str = "mia.member@studio.test";

/// A team in which Mia was sent an invitation: its id, and the message's, which the mailbox names as the job.
fn invited() -> (Team, String, String) {
    let mut team = Team::new();
    let invitation = team.invited(MIA, "member");
    team.world.deliver();
    let message = message_of(&team.world, &invitation);
    (team, invitation, message)
}

/// The id of the newest message about an invitation.
fn message_of(world: &World, invitation: &str) -> String {
    let sql = format!(
        "SELECT provider_message_id AS id FROM jobs WHERE invitation_id = '{invitation}' AND kind <> 'withdrawal_email'
         ORDER BY ver DESC, id DESC LIMIT 1"
    );
    world.state().database.borrow().query(&sql)[0]["id"].as_str().unwrap().to_owned()
}

fn delivery(owner: &mut Client, invitation: &str) -> Value {
    owner.get(&format!("/v1/invitations/{invitation}")).ok().json()["delivery"].clone()
}

/// Tells it, and lets it be applied.
fn told(team: &mut Team, id: &str, kind: &str, message: &str, bounce: Option<&str>) {
    resend_tells(&team.world, id, &resend_event(kind, message, bounce)).ok();
    assert!(team.world.deliver().iter().all(|verdict| *verdict == Verdict::Ack));
}

fn resend(team: &mut Team, invitation: &str) -> crate::support::client::Answer {
    team.owner.post(&format!("/v1/invitations/{invitation}/resend"), &json!({}))
}

#[test]
fn each_event_of_resends_says_how_far_the_message_got() {
    for (kind, bounce, expected) in [
        ("email.sent", None, "sent"),
        ("email.delivered", None, "delivered"),
        ("email.delivery_delayed", None, "delayed"),
        ("email.bounced", None, "bounced"),
        ("email.bounced", Some("Permanent"), "bounced"),
        ("email.bounced", Some("Undetermined"), "bounced"),
        ("email.bounced", Some("Transient"), "failed"),
        ("email.suppressed", None, "bounced"),
        ("email.complained", None, "complained"),
        ("email.failed", None, "failed"),
        ("email.opened", None, "sent"),
    ] {
        let (mut team, invitation, message) = invited();
        told(&mut team, "msg_1", kind, &message, bounce);
        assert_eq!(delivery(&mut team.owner, &invitation), expected, "{kind} {bounce:?}");
    }
}

/// As the fixtures of django-anymail have them.
#[test]
fn each_event_of_postmarks_says_how_far_the_message_got() {
    let bounce = |kind: &str, inactive: bool| {
        json!({"RecordType": "Bounce", "ID": 901_542_550, "Type": kind, "TypeCode": 1, "Name": kind,
            "Description": "It came back.", "Details": "smtp;550 5.1.1", "Email": MIA, "From": "invites@usher.test",
            "BouncedAt": "2026-11-22T16:09:19.6421112-05:00", "DumpAvailable": false, "Inactive": inactive, "CanActivate": true})
    };
    for (mut event, expected) in [
        (
            json!({"RecordType": "Delivery", "ServerId": 23, "Recipient": MIA, "Tag": "", "Metadata": {},
                "DeliveredAt": "2026-11-22T12:01:05.1794748-05:00", "Details": "250 OK"}),
            "delivered",
        ),
        (bounce("HardBounce", true), "bounced"),
        (bounce("HardBounce", false), "bounced"),
        (bounce("BadEmailAddress", false), "bounced"),
        (bounce("Blocked", true), "bounced"),
        (bounce("SoftBounce", false), "failed"),
        (bounce("SoftBounce", true), "bounced"),
        (bounce("Transient", false), "delayed"),
        (bounce("DnsError", false), "delayed"),
        (bounce("SomethingNew", false), "failed"),
        (bounce("AutoResponder", false), "sent"),
        (bounce("Unsubscribe", false), "sent"),
        (bounce("SpamComplaint", true), "complained"),
        (
            json!({"RecordType": "SpamComplaint", "BouncedAt": "2026-11-22T16:09:19Z", "Inactive": true}),
            "complained",
        ),
        (json!({"RecordType": "Open", "ReceivedAt": "2026-11-22T16:09:19Z"}), "sent"),
    ] {
        let (mut team, invitation, message) = invited();
        event["MessageID"] = json!(message);
        postmark_tells(&team.world, &event).ok();
        team.world.deliver();
        assert_eq!(delivery(&mut team.owner, &invitation), expected, "{event}");
    }
}

#[test]
fn a_bounce_shows_on_the_list_tells_the_inviter_and_stops_what_is_sent_there() {
    let (mut team, invitation, message) = invited();
    told(&mut team, "msg_1", "email.bounced", &message, Some("Permanent"));
    let slug = team.owner.get(&team.path("")).ok().str("/slug");
    let list = team.owner.get(&format!("/o/{slug}/team?tab=invitations")).ok().text();
    assert!(list.contains("Not delivered") && !list.contains("Send again"), "{list}");
    let page = team.owner.get(&format!("/o/{slug}/invitations/{invitation}")).ok().text();
    assert!(page.contains("refused the e-mail") && !page.contains("Send again"), "{page}");

    team.world.tick();
    team.world.deliver();
    let notifications = team.owner.get("/v1/me/notifications").ok().json();
    assert_eq!(notifications["data"][0]["kind"], "invitation.undelivered");
    let to_owner =
        team.world.mailbox().into_iter().filter(|mail| mail["to"] == "olga.owner@studio.test").count();
    assert_eq!(to_owner, 2, "her own invitation, and this");

    let answer = resend(&mut team, &invitation);
    assert_eq!(answer.refusal(), refusal(409, "undeliverable"));
    assert!(answer.str("/detail").contains("Correct the address"));
    // Nor by way of another role, nor as a reminder.
    team.owner.patch(&format!("/v1/invitations/{invitation}"), &json!({"role": "admin"})).ok();
    assert_eq!(delivery(&mut team.owner, &invitation), "bounced");
    team.world.pass(Duration::from_hours(24 * 6));
    team.world.tick();
    team.world.deliver();
    let to_mia = |team: &Team| team.world.mailbox().into_iter().filter(|mail| mail["to"] == MIA).count();
    assert_eq!(to_mia(&team), 1, "nothing but the first");

    // Its link still works, and another address gets its mail.
    team.owner.post(&format!("/v1/invitations/{invitation}/link"), &json!({})).ok();
    let moved = json!({"email": "mia@studio.test"});
    team.owner.patch(&format!("/v1/invitations/{invitation}"), &moved).ok();
    team.world.deliver();
    assert_eq!(delivery(&mut team.owner, &invitation), "sent");
    resend(&mut team, &invitation).ok();
}

#[test]
fn a_complaint_stops_what_is_sent_and_an_expired_one_is_invited_anew() {
    let (mut team, invitation, message) = invited();
    told(&mut team, "msg_1", "email.complained", &message, None);
    assert_eq!(resend(&mut team, &invitation).refusal(), refusal(409, "undeliverable"));
    team.world.pass(Duration::from_hours(24 * 8));
    team.world.tick();
    assert_eq!(resend(&mut team, &invitation).refusal(), refusal(409, "undeliverable"));
    let slug = team.owner.get(&team.path("")).ok().str("/slug");
    let page = team.owner.get(&format!("/o/{slug}/invitations/{invitation}")).ok().text();
    assert!(page.contains("Invite again") && !page.contains("Send again"), "{page}");
    let list = team.owner.get(&format!("/o/{slug}/team?tab=invitations&status=expired")).ok().text();
    assert!(list.contains("Invite again") && !list.contains("Send again"), "{list}");
}

#[test]
fn a_reminder_that_waits_is_not_sent_where_the_first_message_came_back() {
    let world = World::new();
    let mut team = Team::in_world(world);
    let invitation = team.invited(MIA, "member");
    team.world.deliver();
    let message = message_of(&team.world, &invitation);
    team.world.pass(Duration::from_hours(24 * 3));
    team.world.tick();
    let reminder = team.world.state().queue.borrow_mut().drain(..).next_back().unwrap();
    told(&mut team, "msg_1", "email.bounced", &message, Some("Permanent"));
    team.world.deliver_one(reminder);
    assert_eq!(team.world.mailbox().into_iter().filter(|mail| mail["to"] == MIA).count(), 1);
}

/// A reminder that bounces says the same of the address as the first message would.
#[test]
fn a_reminder_that_comes_back_counts_too() {
    let (mut team, invitation, _) = invited();
    team.world.pass(Duration::from_hours(24 * 3));
    team.world.tick();
    team.world.deliver();
    let reminder = team
        .world
        .state()
        .database
        .borrow()
        .query("SELECT provider_message_id AS id FROM jobs WHERE kind = 'reminder_email'")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    told(&mut team, "msg_1", "email.bounced", &reminder, Some("Permanent"));
    assert_eq!(delivery(&mut team.owner, &invitation), "bounced");
}

#[test]
fn what_is_told_of_an_older_message_is_nothing_to_the_newer_one() {
    let (mut team, invitation, older) = invited();
    team.world.pass(Duration::from_mins(1));
    resend(&mut team, &invitation).ok();
    team.world.deliver();
    told(&mut team, "msg_1", "email.bounced", &older, Some("Permanent"));
    assert_eq!(delivery(&mut team.owner, &invitation), "sent");
    let newer = message_of(&team.world, &invitation);
    assert_ne!(newer, older);
    told(&mut team, "msg_2", "email.delivered", &newer, None);
    assert_eq!(delivery(&mut team.owner, &invitation), "delivered");
}

#[test]
fn what_is_told_before_the_sending_is_noted_waits_for_it_and_of_other_peoples_mail_is_let_go() {
    let mut team = Team::new();
    let invitation = team.invited(MIA, "member");
    let job = *team.world.state().queue.borrow().back().unwrap();
    team.world.state().queue.borrow_mut().clear();
    // The mailbox names a message as its job.
    resend_tells(&team.world, "msg_1", &resend_event("email.delivered", &job.to_string(), None)).ok();
    resend_tells(&team.world, "msg_2", &resend_event("email.delivered", "of somebody else", None)).ok();
    assert!(team.world.deliver().iter().all(|verdict| matches!(verdict, Verdict::Retry(_))));
    team.world.deliver_one(job);
    assert_eq!(delivery(&mut team.owner, &invitation), "sent");
    let waiting = "SELECT count(*) FROM jobs WHERE waiting = 1 AND kind = 'hook_event'";
    assert_eq!(team.world.count(waiting), 2);
    for _ in 0..5 {
        team.world.pass(Duration::from_mins(4));
        team.world.tick();
        team.world.deliver();
    }
    assert_eq!(delivery(&mut team.owner, &invitation), "delivered");
    assert_eq!(team.world.count(waiting), 0);
}

#[test]
fn an_event_whose_message_the_queue_lost_is_applied_all_the_same() {
    let (mut team, invitation, message) = invited();
    resend_tells(&team.world, "msg_1", &resend_event("email.delivered", &message, None)).ok();
    team.world.state().queue.borrow_mut().clear();
    team.world.pass(Duration::from_mins(1));
    team.world.tick();
    team.world.deliver();
    assert_eq!(delivery(&mut team.owner, &invitation), "delivered");
}

#[test]
fn what_is_told_after_the_person_joined_or_was_turned_away_harms_nobody() {
    let (mut team, invitation, message) = invited();
    let mut mia = team.world.client();
    mia.join(MIA, "Mia Member").ok();
    told(&mut team, "msg_1", "email.delivered", &message, None);
    told(&mut team, "msg_2", "email.bounced", &message, Some("Permanent"));
    let shown = team.owner.get(&format!("/v1/invitations/{invitation}")).ok().json();
    assert_eq!((&shown["status"], &shown["delivery"]), (&json!("accepted"), &json!("bounced")));
    team.world.tick();
    assert!(team.world.state().queue.borrow().is_empty(), "nobody is told of it");
    mia.get("/v1/me").ok();
}

#[test]
fn events_are_forgotten_with_their_jobs() {
    let (mut team, _, message) = invited();
    told(&mut team, "msg_1", "email.delivered", &message, None);
    team.world.pass(Duration::from_hours(24 * 34));
    team.world.tick();
    assert_eq!(team.world.count("SELECT count(*) FROM hook_events"), 1);
    team.world.pass(Duration::from_hours(24 * 2));
    team.world.tick();
    assert_eq!(team.world.count("SELECT count(*) FROM hook_events"), 0);
    assert_eq!(team.world.count("SELECT count(*) FROM jobs WHERE kind = 'hook_event'"), 0);
}

/// For the journey over every statement.
pub fn walk(team: &mut Team) {
    let invitation = team.invited("bounced@studio.test", "member");
    team.world.deliver();
    let message = message_of(&team.world, &invitation);
    told(team, "msg_walk", "email.bounced", &message, Some("Permanent"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Told in any order, and any of it several times, it comes to the same.
    #[test]
    fn the_order_of_events_does_not_matter(told in prop::collection::vec(0..6_usize, 1..10)) {
        const KINDS: [(&str, Option<&str>, &str); 6] = [
            ("email.sent", None, "sent"),
            ("email.delivery_delayed", None, "delayed"),
            ("email.bounced", Some("Transient"), "failed"),
            ("email.delivered", None, "delivered"),
            ("email.bounced", Some("Permanent"), "bounced"),
            ("email.complained", None, "complained"),
        ];
        let (mut team, invitation, message) = invited();
        for kind in &told {
            let (name, bounce, _) = KINDS[*kind];
            self::told(&mut team, &format!("msg_{kind}"), name, &message, bounce);
        }
        let furthest = told.iter().max().unwrap();
        prop_assert_eq!(delivery(&mut team.owner, &invitation), KINDS[*furthest].2);
    }
}

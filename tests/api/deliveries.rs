//! How the e-mails of an invitation went, step by step; and that nothing more goes to somebody who reported one.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::client::Team;
use crate::support::hooks::{postmark_tells, resend_event, resend_tells};
use crate::{copied_token, decline, refusal};

const MIA: &str = "mia.member@studio.test";

fn invited() -> (Team, String) {
    let mut team = Team::new();
    let invitation = team.invited(MIA, "member");
    team.world.deliver();
    (team, invitation)
}

/// The id that a mail about a version of an invitation has with its provider.
fn message(world: &World, invitation: &str, ver: i64, kind: &str) -> String {
    let sql = format!(
        "SELECT provider_message_id AS id FROM jobs WHERE invitation_id = '{invitation}' AND ver = {ver} AND kind = '{kind}'"
    );
    world.state().database.borrow().query(&sql)[0]["id"].as_str().unwrap().to_owned()
}

/// Resend tells of a message, so many seconds after now.
fn tells(team: &Team, id: &str, kind: &str, message: &str, bounce: Option<(&str, &str)>, seconds: u64) {
    let mut event = resend_event(kind, message, bounce.map(|(kind, _)| kind));
    event["created_at"] = json!(team.world.now().plus(Duration::from_secs(seconds)).to_string());
    if let Some((_, why)) = bounce {
        event["data"]["bounce"]["subType"] = json!(why);
    }
    resend_tells(&team.world, id, &event).ok();
    team.world.deliver();
}

/// Each e-mail's version and steps, without their times.
fn steps(team: &mut Team, invitation: &str) -> Vec<(i64, Vec<String>)> {
    let answer = team.owner.get(&format!("/v1/invitations/{invitation}/deliveries")).ok().json();
    let of = |mail: &Value| {
        let words = mail["steps"].as_array().unwrap().iter().map(|step| match step["why"].as_str() {
            Some(why) => format!("{}: {why}", step["step"].as_str().unwrap()),
            None => step["step"].as_str().unwrap().to_owned(),
        });
        (mail["ver"].as_i64().unwrap(), words.collect())
    };
    answer["data"].as_array().unwrap().iter().map(of).collect()
}

fn of(ver: i64, steps: &[&str]) -> (i64, Vec<String>) {
    (ver, steps.iter().map(|step| (*step).to_owned()).collect())
}

#[test]
fn each_sending_has_its_steps_with_their_times_newest_first() {
    let mut team = Team::new();
    let invitation = team.invited(MIA, "member");
    assert_eq!(steps(&mut team, &invitation), [of(1, &["queued"])]);
    let queued = team.world.now();
    team.world.pass(Duration::from_secs(2));
    team.world.deliver();
    let sent = team.world.now();
    let first = message(&team.world, &invitation, 1, "invitation_email");
    team.world.pass(Duration::from_secs(10));
    tells(&team, "msg_1", "email.delivered", &first, None, 0);
    let delivered = team.world.now();
    let answer = team.owner.get(&format!("/v1/invitations/{invitation}/deliveries")).ok().json();
    assert_eq!(
        answer,
        json!({"data": [{"ver": 1, "steps": [
            {"step": "queued", "at": queued.to_string(), "why": null},
            {"step": "sent", "at": sent.to_string(), "why": null},
            {"step": "delivered", "at": delivered.to_string(), "why": null},
        ]}], "next_cursor": null})
    );
    team.world.pass(Duration::from_mins(1));
    team.owner.post(&format!("/v1/invitations/{invitation}/resend"), &json!({})).ok();
    team.world.deliver();
    // What is told of the older one now is the older one's.
    tells(&team, "msg_2", "email.bounced", &first, Some(("Permanent", "NoEmail")), 0);
    assert_eq!(
        steps(&mut team, &invitation),
        [of(2, &["queued", "sent"]), of(1, &["queued", "sent", "delivered", "bounced: no_mailbox"])]
    );
    let page = team.owner.get(&format!("/v1/invitations/{invitation}/deliveries?limit=1")).ok().json();
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    let rest = team.owner.get(&format!("/v1/invitations/{invitation}/deliveries?limit=1&cursor={cursor}"));
    let rest = rest.ok().json();
    assert_eq!((&rest["data"][0]["ver"], &rest["next_cursor"]), (&json!(1), &Value::Null));
}

#[test]
fn a_reminder_is_a_step_of_the_version_it_reminds_of() {
    let (mut team, invitation) = invited();
    team.world.pass(Duration::from_hours(24 * 3));
    team.world.tick();
    team.world.deliver();
    let reminder = message(&team.world, &invitation, 1, "reminder_email");
    tells(&team, "msg_1", "email.bounced", &reminder, Some(("Permanent", "General")), 0);
    assert_eq!(steps(&mut team, &invitation), [of(1, &["queued", "sent", "reminded", "bounced"])]);
}

#[test]
fn what_could_not_be_sent_and_what_was_not_sent_any_more_say_so() {
    let mut team = Team::new();
    let invitation = team.invited(MIA, "member");
    let gave_up = "UPDATE jobs SET failed_at = created_at + 1 WHERE waiting = 1";
    team.world.state().database.borrow().change(gave_up);
    team.world.deliver();
    assert_eq!(steps(&mut team, &invitation), [of(1, &["queued", "failed"])]);
    let withdrawn = team.invited("dan@studio.test", "member");
    team.owner.post(&format!("/v1/invitations/{withdrawn}/revoke"), &json!({})).ok();
    team.world.deliver();
    assert_eq!(steps(&mut team, &withdrawn), [of(1, &["queued", "stopped"])]);
}

#[test]
fn the_reasons_of_both_providers_become_a_few_words_and_nothing_they_wrote_is_kept() {
    for (kind, bounce, expected) in [
        ("email.bounced", ("Permanent", "NoEmail"), "bounced: no_mailbox"),
        ("email.bounced", ("Permanent", "General"), "bounced"),
        ("email.bounced", ("Transient", "MailboxFull"), "failed: mailbox_full"),
        ("email.bounced", ("Transient", "MessageTooLarge"), "failed: too_large"),
        ("email.bounced", ("Transient", "ContentRejected"), "failed: filtered"),
        ("email.bounced", ("Transient", "AttachmentRejected"), "failed: filtered"),
        ("email.bounced", ("Permanent", "Suppressed"), "bounced: suppressed"),
        ("email.bounced", ("Permanent", "OnAccountSuppressionList"), "bounced: suppressed"),
        ("email.suppressed", ("Permanent", ""), "bounced: suppressed"),
        ("email.bounced", ("Permanent", "SomethingNew"), "bounced"),
    ] {
        let (mut team, invitation) = invited();
        let id = message(&team.world, &invitation, 1, "invitation_email");
        tells(&team, "msg_1", kind, &id, Some(bounce), 0);
        assert_eq!(steps(&mut team, &invitation), [of(1, &["queued", "sent", expected])], "{bounce:?}");
    }
    for (kind, expected) in [
        ("HardBounce", "bounced: no_mailbox"),
        ("BadEmailAddress", "bounced: no_mailbox"),
        ("ManuallyDeactivated", "bounced: suppressed"),
        ("DnsError", "delayed: no_server"),
        ("SpamNotification", "failed: filtered"),
        ("Blocked", "failed: filtered"),
        ("SoftBounce", "failed"),
        ("Transient", "delayed"),
    ] {
        let (mut team, invitation) = invited();
        let id = message(&team.world, &invitation, 1, "invitation_email");
        let event = json!({"RecordType": "Bounce", "Type": kind, "MessageID": id, "Email": MIA,
            "Description": "smtp; 550 5.1.1 no such user mia.member@studio.test",
            "BouncedAt": team.world.now().to_string(), "Inactive": false});
        postmark_tells(&team.world, &event).ok();
        team.world.deliver();
        assert_eq!(steps(&mut team, &invitation), [of(1, &["queued", "sent", expected])], "{kind}");
        let kept = team.world.state().database.borrow().query("SELECT * FROM invitation_steps");
        assert!(!serde_json::json!(kept).to_string().contains("550"), "{kept:?}");
    }
}

/// A provider's clock is its own: nothing arrives before it is sent, nor later than it is told.
#[test]
fn a_clock_that_is_wrong_moves_no_step_out_of_its_place() {
    let (mut team, invitation) = invited();
    let (id, sent) = (message(&team.world, &invitation, 1, "invitation_email"), team.world.now());
    let mut event = resend_event("email.delivered", &id, None);
    event["created_at"] = json!("2001-01-01T00:00:00Z");
    resend_tells(&team.world, "msg_1", &event).ok();
    team.world.deliver();
    team.world.pass(Duration::from_mins(1));
    event = resend_event("email.complained", &id, None);
    event["created_at"] = json!("2091-01-01T00:00:00Z");
    resend_tells(&team.world, "msg_2", &event).ok();
    team.world.deliver();
    let mut untold = resend_event("email.bounced", &id, Some("Permanent"));
    untold["created_at"] = json!("yesterday");
    resend_tells(&team.world, "msg_3", &untold).ok();
    team.world.deliver();
    let answer = team.owner.get(&format!("/v1/invitations/{invitation}/deliveries")).ok().json();
    let (now, sent) = (team.world.now().to_string(), sent.to_string());
    let at: Vec<(&str, &str)> = answer["data"][0]["steps"].as_array().unwrap()[2..]
        .iter()
        .map(|step| (step["step"].as_str().unwrap(), step["at"].as_str().unwrap()))
        .collect();
    assert_eq!(at, [("delivered", &*sent), ("bounced", &*now), ("complained", &*now)]);
}

/// Of an invitation from before steps were kept, what is known is told without a time.
#[test]
fn of_an_older_invitation_the_last_that_is_known_is_told() {
    let (mut team, invitation) = invited();
    team.world
        .state()
        .database
        .borrow()
        .change("UPDATE invitations SET delivery = 'delivered' WHERE email_key = 'mia.member@studio.test'");
    let answer = team.owner.get(&format!("/v1/invitations/{invitation}/deliveries")).ok().json();
    assert_eq!(answer["data"][0]["steps"][2], json!({"step": "delivered", "at": null, "why": null}));
}

/// How many mails somebody was sent.
fn mails_to(team: &Team, who: &str) -> usize {
    team.world.mailbox().into_iter().filter(|mail| mail["to"] == who).count()
}

fn delivery(team: &mut Team, invitation: &str) -> Value {
    team.owner.get(&format!("/v1/invitations/{invitation}")).ok().json()["delivery"].clone()
}

#[test]
fn to_whoever_reported_an_email_that_organization_sends_nothing_again() {
    let (mut team, invitation) = invited();
    let id = message(&team.world, &invitation, 1, "invitation_email");
    tells(&team, "msg_1", "email.complained", &id, None, 0);
    let resend = format!("/v1/invitations/{invitation}/resend");
    assert_eq!(team.owner.post(&resend, &json!({})).refusal(), refusal(409, "undeliverable"));

    // A new invitation waits for somebody to hand it over.
    team.owner.post(&format!("/v1/invitations/{invitation}/revoke"), &json!({})).ok();
    let again = team.invited(MIA, "member");
    team.world.deliver();
    assert_eq!((delivery(&mut team, &again), mails_to(&team, MIA)), (json!("complained"), 1));
    assert_eq!(team.owner.post(&format!("/v1/invitations/{again}/resend"), &json!({})).refusal().0, 409);
    team.owner.post(&format!("/v1/invitations/{again}/link"), &json!({})).ok();

    // So does one that is made over to that address, one of many, one without an e-mail, and somebody who is added.
    team.owner.post(&format!("/v1/invitations/{again}/revoke"), &json!({})).ok();
    let other = team.invited("mia@elsewhere.test", "member");
    team.world.deliver();
    team.owner.patch(&format!("/v1/invitations/{other}"), &json!({"email": MIA})).ok();
    team.world.deliver();
    assert_eq!((delivery(&mut team, &other), mails_to(&team, MIA)), (json!("complained"), 1));
    // Back again, mail goes there.
    team.owner.patch(&format!("/v1/invitations/{other}"), &json!({"email": "mia@elsewhere.test"})).ok();
    team.world.deliver();
    assert_eq!((delivery(&mut team, &other), mails_to(&team, "mia@elsewhere.test")), (json!("sent"), 2));

    let rows = json!({"rows": [{"email": MIA, "role": "member"}]});
    team.owner.post(&team.path("/invitations/bulk"), &rows).ok();
    team.world.deliver();
    assert_eq!(mails_to(&team, MIA), 1);
    let listed = team.owner.get(&team.path("/invitations?status=pending&q=mia.member")).ok().json();
    assert_eq!(listed["data"][0]["delivery"], "complained");
    let many = listed["data"][0]["id"].as_str().unwrap().to_owned();
    team.owner.post(&format!("/v1/invitations/{many}/revoke"), &json!({})).ok();
    let body = json!({"kind": "email", "role": "member", "email": MIA, "send_email": false});
    let silent = team.owner.post(&team.path("/invitations"), &body).ok().str("/id");
    assert_eq!(team.owner.post(&format!("/v1/invitations/{silent}/resend"), &json!({})).refusal().0, 409);
    team.owner.post(&format!("/v1/invitations/{silent}/revoke"), &json!({})).ok();
    team.add(MIA, "client", json!({"notify": true})).ok();
    let notified =
        "SELECT count(*) FROM audit_events WHERE action = 'member.added' AND after ->> 'notified' = 0";
    assert_eq!(team.world.count(notified), 1, "the log says so");
    team.world.tick();
    team.world.deliver();
    assert_eq!(mails_to(&team, MIA), 1);

    // Another organization's mail is another matter.
    let mut elsewhere = crate::another(&team.world);
    elsewhere.invited(MIA, "member");
    team.world.deliver();
    assert_eq!(mails_to(&team, MIA), 2);
}

/// The report of an older message is about the address as much as that of the newest; but not about another address.
#[test]
fn a_report_of_an_older_message_counts_for_its_address_alone() {
    let (mut team, invitation) = invited();
    let first = message(&team.world, &invitation, 1, "invitation_email");
    team.world.pass(Duration::from_mins(1));
    team.owner.post(&format!("/v1/invitations/{invitation}/resend"), &json!({})).ok();
    // Not sent yet, and then not sent at all.
    let waiting = team.world.state().queue.borrow_mut().drain(..).next_back().unwrap();
    tells(&team, "msg_1", "email.complained", &first, None, 0);
    team.world.deliver_one(waiting);
    assert_eq!((delivery(&mut team, &invitation), mails_to(&team, MIA)), (json!("complained"), 1));
    assert_eq!(steps(&mut team, &invitation)[0], of(2, &["queued", "stopped"]));

    let moved = team.invited("mia@elsewhere.test", "member");
    team.world.deliver();
    let first = message(&team.world, &moved, 1, "invitation_email");
    team.world.pass(Duration::from_mins(1));
    team.owner.patch(&format!("/v1/invitations/{moved}"), &json!({"email": "mia@third.test"})).ok();
    team.world.deliver();
    tells(&team, "msg_2", "email.complained", &first, None, 0);
    assert_eq!(delivery(&mut team, &moved), "sent");
    assert_eq!(team.world.count("SELECT count(*) FROM complaints"), 1);
    assert_eq!(
        steps(&mut team, &moved)[1],
        of(1, &["queued", "sent", "complained"]),
        "it is told of all the same"
    );
}

#[test]
fn who_reported_a_mail_is_told_no_withdrawal_and_their_membership_stays() {
    let (mut team, invitation) = invited();
    let id = message(&team.world, &invitation, 1, "invitation_email");
    team.owner.post(&format!("/v1/invitations/{invitation}/revoke"), &json!({})).ok();
    tells(&team, "msg_1", "email.complained", &id, None, 0);
    team.world.tick();
    team.world.deliver();
    assert_eq!(mails_to(&team, MIA), 1);

    let joined = team.invited("dan@studio.test", "member");
    team.world.deliver();
    let id = message(&team.world, &joined, 1, "invitation_email");
    let mut dan = team.world.client();
    dan.join("dan@studio.test", "Dan Member").ok();
    tells(&team, "msg_2", "email.complained", &id, None, 0);
    dan.get("/v1/me").ok();
    let declined = team.invited("eva@studio.test", "member");
    let token = copied_token(&mut team.owner, &declined);
    decline(&mut team.world.client(), &token).ok();
    assert_eq!(steps(&mut team, &joined).len(), 1);
}

/// For the journey over every statement.
pub fn walk(team: &mut Team) {
    let invitation = team.invited("complains@studio.test", "member");
    team.world.deliver();
    let id = message(&team.world, &invitation, 1, "invitation_email");
    tells(team, "msg_complained", "email.complained", &id, None, 0);
    assert_eq!(steps(team, &invitation)[0], of(1, &["queued", "sent", "complained"]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Told in any order, and any of it several times, it comes to the same steps at the same times.
    #[test]
    fn the_order_of_events_makes_no_other_steps(
        told in prop::collection::vec((0..5_usize, 0..4_u64), 1..6),
        order in any::<prop::sample::Index>(),
    ) {
        const KINDS: [(&str, Option<(&str, &str)>); 5] = [
            ("email.delivery_delayed", None),
            ("email.bounced", Some(("Transient", "MailboxFull"))),
            ("email.bounced", Some(("Transient", "ContentRejected"))),
            ("email.delivered", None),
            ("email.bounced", Some(("Permanent", "NoEmail"))),
        ];
        let apply = |told: &[(usize, u64)]| {
            let (mut team, invitation) = invited();
            let id = message(&team.world, &invitation, 1, "invitation_email");
            let began = team.world.now();
            team.world.pass(Duration::from_mins(1));
            for (place, (kind, second)) in told.iter().enumerate() {
                let (kind, bounce) = KINDS[*kind];
                let mut event = resend_event(kind, &id, bounce.map(|(kind, _)| kind));
                event["created_at"] = json!(began.plus(Duration::from_secs(*second)).to_string());
                if let Some((_, why)) = bounce {
                    event["data"]["bounce"]["subType"] = json!(why);
                }
                resend_tells(&team.world, &format!("msg_{place}"), &event).ok();
                team.world.deliver();
            }
            let answer = team.owner.get(&format!("/v1/invitations/{invitation}/deliveries")).ok().json();
            (answer["data"][0]["steps"].clone(), delivery(&mut team, &invitation))
        };
        let mut other = told.clone();
        other.rotate_left(order.index(told.len()));
        other.extend(told.iter().rev());
        prop_assert_eq!(apply(&told), apply(&other));
    }
}

//! What a webhook's receiver answers, and what comes of it: steps, rests, giving up, turning off, delivering again.

use std::time::Duration;

use serde_json::{Value, json};
use usher::domain::ids::JobId;
use usher::domain::webhook::STEPS;
use usher::jobs::message::Verdict;
use usher::platform::Unanswered;

use crate::refusal;
use crate::support::client::Team;
use crate::support::scene::notified;
use crate::support::webhooks::{Hooked, Said, header, make, says, sent, told};

/// A webhook with one delivery that waits: of a test.
fn waiting() -> (Hooked, JobId) {
    let mut hooked = Hooked::of("team");
    let delivery = hooked.team.owner.post(&hooked.path("/test"), &json!({})).ok();
    let job = delivery.str("/id").parse().unwrap();
    (hooked, job)
}

/// Delivers this job once; answers after how long it is to be delivered again, if it is.
fn answered(hooked: &Hooked, job: JobId, said: Said) -> Option<Duration> {
    hooked.team.world.state().deliveries.borrow_mut().clear();
    hooked.team.world.state().answers.borrow_mut().push_back(said);
    match hooked.team.world.deliver_to_webhook(job) {
        Verdict::Retry(wait) => Some(wait),
        Verdict::Ack => None,
    }
}

#[test]
fn a_test_event_tells_nothing_and_says_so() {
    let (mut hooked, _) = waiting();
    let [(kind, data)] = hooked.hears().try_into().unwrap();
    assert_eq!(kind, "webhook.test");
    assert_eq!(data, json!({"organization_id": hooked.team.organization, "webhook_id": hooked.id}));
    let delivery = hooked.delivery();
    assert_eq!((&delivery["status"], &delivery["type"]), (&json!("delivered"), &json!("webhook.test")));
    assert_eq!(delivery["attempts"][0]["status"], 200);
    assert_eq!(delivery["next_attempt_at"], Value::Null);
}

/// The first retry comes after 5 to 15 seconds, and the last after a day.
#[test]
fn what_fails_is_tried_again_by_steps_and_given_up_after_a_day() {
    let (mut hooked, job) = waiting();
    let mut waited = Duration::ZERO;
    for (place, step) in STEPS.iter().enumerate() {
        let wait = answered(&hooked, job, says(500)).unwrap_or_else(|| panic!("try {place} is not the last"));
        let spread = step.as_secs_f64() / 4.0 + 1.5;
        assert!((wait.as_secs_f64() - step.as_secs_f64()).abs() <= spread, "{place}: {wait:?}");
        if place == 0 {
            assert!((5..=15).contains(&wait.as_secs()), "{wait:?}");
        }
        let shown = hooked.delivery();
        assert_eq!(
            (&shown["status"], shown["attempts"].as_array().unwrap().len()),
            (&json!("waiting"), place + 1)
        );
        assert_eq!(shown["attempts"][place]["failure"], "answered 500");
        assert_eq!(answered(&hooked, job, says(200)), Some(wait), "not before its time");
        hooked.team.world.state().answers.borrow_mut().clear();
        hooked.team.world.pass(wait);
        waited += wait;
    }
    assert!(waited > Duration::from_hours(18), "{waited:?}");
    assert_eq!(answered(&hooked, job, says(500)), None);
    let shown = hooked.delivery();
    assert_eq!((&shown["status"], &shown["failure"]), (&json!("failed"), &json!("answered 500")));
    assert_eq!(shown["attempts"].as_array().unwrap().len(), STEPS.len() + 1);
}

#[test]
fn each_try_has_the_same_id_and_body_and_its_own_time() {
    let (hooked, job) = waiting();
    let wait = answered(&hooked, job, says(503)).unwrap();
    hooked.team.world.pass(wait);
    assert_eq!(answered(&hooked, job, says(204)), None);
    let requests = sent(&hooked.team.world);
    let [first, second] = requests.as_slice() else { panic!("two tries") };
    assert_eq!(header(first, "webhook-id"), header(second, "webhook-id"));
    assert_eq!(first.body(), second.body());
    assert_ne!(header(first, "webhook-timestamp"), header(second, "webhook-timestamp"));
    assert_ne!(header(first, "webhook-signature"), header(second, "webhook-signature"));
}

#[test]
fn whatever_is_no_success_is_a_failure_and_says_what_it_was() {
    for (said, status, failure) in [
        (says(301), json!(301), "answered 301: redirects are not followed"),
        (says(404), json!(404), "answered 404"),
        (Err(Unanswered::TimedOut), Value::Null, "no answer within ten seconds"),
        (Err(Unanswered::Unreachable), Value::Null, "no connection"),
    ] {
        let (mut hooked, job) = waiting();
        assert!(answered(&hooked, job, said).is_some(), "{failure}");
        let attempt = hooked.delivery()["attempts"][0].clone();
        assert_eq!((&attempt["status"], &attempt["failure"]), (&status, &json!(failure)));
        let (_, within) = hooked.team.world.state().asked.borrow_mut().remove(0);
        assert_eq!(within, Duration::from_secs(10));
        let kept = hooked.team.world.state().database.borrow().dump();
        assert!(!kept.contains("what a receiver says"), "of the answer nothing is kept but its status");
    }
}

#[test]
fn a_receiver_that_asks_to_wait_is_waited_for() {
    let (hooked, job) = waiting();
    let mut busy = says(429).unwrap();
    busy.headers_mut().insert("retry-after", "7200".parse().unwrap());
    let wait = answered(&hooked, job, Ok(busy)).unwrap();
    assert_eq!(wait.as_secs(), 7201);
}

#[test]
fn a_receiver_may_ask_to_wait_by_a_date_and_no_longer_than_eleven_hours() {
    for (told, seconds) in [
        // The tests' clock says 21 November 2026, 22:00.
        ("Sun, 22 Nov 2026 00:00:00 GMT", 7201),
        ("Tue, 24 Nov 2026 00:00:00 GMT", 11 * 3600 + 1),
        ("99999999", 11 * 3600 + 1),
    ] {
        let (hooked, job) = waiting();
        let mut busy = says(503).unwrap();
        busy.headers_mut().insert("retry-after", told.parse().unwrap());
        let wait = answered(&hooked, job, Ok(busy)).unwrap();
        assert_eq!(wait.as_secs(), seconds, "{told}");
    }
    for nonsense in ["Fri, 20 Nov 2026 00:00:00 GMT", "tomorrow", "-1", "Sun, 22 Xxx 2026 00:00:00 GMT"] {
        let (hooked, job) = waiting();
        let mut busy = says(503).unwrap();
        busy.headers_mut().insert("retry-after", nonsense.parse().unwrap());
        assert!(answered(&hooked, job, Ok(busy)).unwrap().as_secs() <= 15, "{nonsense}");
    }
}

/// While a receiver fails, what happened since waits; what was tried comes back by its own steps, and lets the rest go.
#[test]
fn nothing_new_is_tried_with_a_receiver_that_just_failed() {
    let (mut hooked, job) = waiting();
    assert!(answered(&hooked, job, says(500)).is_some());
    hooked.team.world.state().asked.borrow_mut().clear();
    hooked.team.invited("ana@client.test", "client");
    hooked.answers([]);
    assert!(sent(&hooked.team.world).is_empty(), "it rests");
    let waits = hooked.deliveries();
    assert_eq!(waits.iter().filter(|one| one["status"] == "waiting").count(), 3);
    hooked.team.world.pass(Duration::from_secs(14));
    hooked.team.world.state().answers.borrow_mut().extend([says(200), says(200), says(200)]);
    hooked.team.world.deliver_to_webhook(job);
    hooked.team.world.deliver();
    let heard: Vec<String> = sent(&hooked.team.world).iter().map(|request| told(request).0).collect();
    assert_eq!(heard, ["webhook.test", "invitation.created", "invitation.sent"]);
    assert_eq!(hooked.shown()["failing_since"], Value::Null);
}

#[test]
fn one_receiver_that_fails_keeps_nothing_from_another() {
    let (mut hooked, job) = waiting();
    make(&mut hooked.team, "https://well.example.com/", &["invitation.created"]);
    assert!(answered(&hooked, job, says(500)).is_some());
    hooked.team.world.state().asked.borrow_mut().clear();
    hooked.team.invited("ana@client.test", "client");
    hooked.answers([says(200)]);
    let requests = sent(&hooked.team.world);
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].uri().host(), Some("well.example.com"));
}

/// What the queue loses the tick finds, and what waits for a receiver comes back by itself when that has rested.
#[test]
fn a_delivery_whose_message_was_lost_is_delivered_all_the_same() {
    let (mut hooked, job) = waiting();
    hooked.team.world.state().deliveries.borrow_mut().clear();
    hooked.team.world.pass(Duration::from_secs(31));
    hooked.team.world.tick();
    assert_eq!(hooked.hears_of(), ["webhook.test"]);
    assert_eq!(hooked.team.world.deliver_to_webhook(job), Verdict::Ack);
    assert!(sent(&hooked.team.world).is_empty(), "once is enough");
}

/// The consumer died after the receiver was told and before that was written down: it is told again, under the same id.
#[test]
fn a_delivery_whose_consumer_died_is_made_again() {
    let (hooked, job) = waiting();
    hooked.team.world.state().deliveries.borrow_mut().clear();
    let sql = format!(
        "UPDATE jobs SET attempts = 1, due_at = due_at + 60000, requeue_at = due_at + 60000 WHERE id = '{job}'"
    );
    hooked.team.world.state().database.borrow().change(&sql);
    assert_eq!(hooked.team.world.deliver_to_webhook(job), Verdict::Ack, "somebody has it");
    hooked.team.world.pass(Duration::from_secs(100));
    hooked.team.world.tick();
    hooked.team.world.state().answers.borrow_mut().push_back(says(200));
    hooked.team.world.deliver();
    assert_eq!(sent(&hooked.team.world).len(), 1);
}

/// Turned off by itself: it failed for five days, and one more delivery was given up.
#[test]
fn a_receiver_that_fails_for_five_days_is_turned_off_and_its_maker_is_told() {
    let mut hooked = Hooked::of("team");
    for day in 0.. {
        assert!(day < 7, "it is turned off after five days");
        if hooked.shown()["status"] == "disabled" {
            break;
        }
        let job: JobId =
            hooked.team.owner.post(&hooked.path("/test"), &json!({})).ok().str("/id").parse().unwrap();
        while let Some(wait) = answered(&hooked, job, says(500)) {
            hooked.team.world.pass(wait);
        }
    }
    let shown = hooked.shown();
    assert_eq!(shown["disabled_for"], "failures");
    let olga = hooked.team.member("olga.owner@studio.test");
    assert!(notified(&hooked.team, &olga).contains(&"webhook.disabled".to_owned()));
    hooked.team.world.deliver();
    let told = hooked.team.world.mailbox().pop().unwrap();
    assert_eq!(told["to"], "olga.owner@studio.test");
    assert!(told["text"].as_str().unwrap().contains("app.example.com"), "{told}");
    hooked.team.owner.patch(&hooked.path(""), &json!({"enabled": true})).ok();
    let shown = hooked.shown();
    assert_eq!(
        (&shown["status"], &shown["failing_since"]),
        (&json!("active"), &Value::Null),
        "it begins anew"
    );
}

#[test]
fn a_receiver_that_is_gone_is_turned_off_at_once() {
    let (mut hooked, job) = waiting();
    assert_eq!(answered(&hooked, job, says(410)), None);
    let shown = hooked.shown();
    assert_eq!((&shown["status"], &shown["disabled_for"]), (&json!("disabled"), &json!("gone")));
    assert_eq!(hooked.delivery()["failure"], "answered 410");
}

#[test]
fn a_delivery_is_made_again_under_the_same_id() {
    let (mut hooked, job) = waiting();
    let path = hooked.path(&format!("/deliveries/{job}/replay"));
    hooked.answers([says(200)]);
    let first = sent(&hooked.team.world).remove(0);
    let again = hooked.team.owner.post(&path, &json!({})).ok();
    assert_eq!(again.status, 202);
    assert_ne!(again.str("/id"), job.to_string());
    hooked.answers([says(200)]);
    let second = sent(&hooked.team.world).remove(1);
    assert_eq!(header(&first, "webhook-id"), header(&second, "webhook-id"));
    assert_eq!(first.body(), second.body());
    assert_eq!(hooked.deliveries().len(), 2);
    let unknown = path.replace(&job.to_string(), "job_01h455vb4pex5vsknk084sn02q");
    assert_eq!(hooked.team.owner.post(&unknown, &json!({})).refusal(), refusal(409, "not_replayable"));
}

/// Whoever mended a receiver has the delivery made that waits for its next try, which may be hours away.
#[test]
fn a_delivery_that_waits_for_its_next_try_is_made_now_when_it_is_replayed() {
    let (mut hooked, job) = waiting();
    for _ in 0..4 {
        let wait = answered(&hooked, job, says(500)).unwrap();
        hooked.team.world.pass(wait);
    }
    answered(&hooked, job, says(500)).unwrap();
    let replayed =
        hooked.team.owner.post(&hooked.path(&format!("/deliveries/{job}/replay")), &json!({})).ok();
    assert_eq!((replayed.status.as_u16(), replayed.str("/id")), (202, job.to_string()), "it, and no other");
    hooked.answers([says(200)]);
    let shown = hooked.delivery();
    assert_eq!(shown["status"], "delivered");
    assert_eq!(shown["attempts"].as_array().unwrap().len(), 6);
    assert_eq!(hooked.deliveries().len(), 1);
}

#[test]
fn a_test_event_goes_out_at_once_however_long_its_receiver_is_left_alone() {
    let (mut hooked, job) = waiting();
    for _ in 0..4 {
        let wait = answered(&hooked, job, says(500)).unwrap();
        hooked.team.world.pass(wait);
    }
    answered(&hooked, job, says(500)).unwrap();
    hooked.team.world.state().asked.borrow_mut().clear();
    hooked.team.owner.post(&hooked.path("/test"), &json!({})).ok();
    hooked.answers([says(200)]);
    assert_eq!(sent(&hooked.team.world).len(), 1);
    assert_eq!(hooked.delivery()["status"], "delivered");
}

/// After an outage: what was tried before waits for hours by its own steps, unless somebody says that the receiver is mended.
#[test]
fn what_waits_for_its_next_try_goes_out_when_a_webhook_is_turned_on_or_what_failed_is_delivered_again() {
    for turned_on in [true, false] {
        let (mut hooked, job) = waiting();
        for _ in 0..4 {
            let wait = answered(&hooked, job, says(500)).unwrap();
            hooked.team.world.pass(wait);
        }
        answered(&hooked, job, says(500)).unwrap();
        if turned_on {
            hooked.team.owner.patch(&hooked.path(""), &json!({"enabled": true})).ok();
        } else {
            let replayed = hooked.team.owner.post(&hooked.path("/deliveries/replay"), &json!({})).ok();
            assert_eq!(replayed.json(), json!({"replayed": 1}));
        }
        hooked.answers([says(200)]);
        assert_eq!(hooked.delivery()["status"], "delivered", "{turned_on}");
    }
}

/// Everything that was given up, each event once, and nothing that got through since.
#[test]
fn what_failed_is_delivered_again_all_at_once() {
    let mut hooked = Hooked::of("team");
    for name in ["ana", "bea", "cia"] {
        hooked.team.world.pass(Duration::from_secs(1));
        hooked.team.invited(&format!("{name}@client.test"), "client");
        hooked.answers([says(410)]);
        hooked.team.owner.patch(&hooked.path(""), &json!({"enabled": true})).ok();
    }
    hooked.hears();
    let failed = hooked.path("/deliveries?status=failed&limit=100");
    let of_failed =
        |hooked: &mut Hooked| hooked.team.owner.get(&failed).ok().json()["data"].as_array().unwrap().len();
    let before = of_failed(&mut hooked);
    assert!(before >= 3, "{before}");
    let all = hooked.path("/deliveries/replay");
    let replayed = hooked.team.owner.post(&all, &json!({})).ok().json()["replayed"].as_u64().unwrap();
    let heard = hooked.hears_of();
    assert_eq!(heard.len() as u64, replayed);
    assert_eq!(heard.iter().filter(|kind| *kind == "invitation.created").count(), 3);
    let rest = hooked.team.owner.post(&all, &json!({})).ok().json();
    assert_eq!(rest, json!({"replayed": 0}), "they got through");
}

#[test]
fn the_log_is_kept_for_thirty_days_and_what_waits_as_long_as_it_waits() {
    let (mut hooked, _) = waiting();
    hooked.answers([says(200)]);
    hooked.team.world.pass(Duration::from_hours(29 * 24));
    hooked.team.world.tick();
    assert_eq!(hooked.team.world.count("SELECT count(*) FROM webhook_events"), 1);
    hooked.team.world.pass(Duration::from_hours(2 * 24));
    hooked.team.world.tick();
    for table in ["webhook_events", "webhook_attempts", "jobs WHERE webhook_id IS NOT NULL"] {
        assert_eq!(hooked.team.world.count(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
}

/// A delivery costs two round trips: taking it, and settling it.
#[test]
fn a_delivery_costs_two_round_trips_and_what_nobody_is_told_costs_none() {
    let (hooked, job) = waiting();
    assert_eq!(answered(&hooked, job, says(200)), None);
    assert_eq!(hooked.team.world.last_job_cost().d1, 2);
    let mut plain = Team::new();
    plain.invited("ana@client.test", "client");
    assert_eq!(plain.world.count("SELECT count(*) FROM webhook_events"), 0);
}

/// Whoever mended a receiver doesn't wait for what had failed before.
#[test]
fn what_waited_goes_out_at_once_when_the_webhook_is_changed() {
    let (mut hooked, job) = waiting();
    assert!(answered(&hooked, job, says(500)).is_some());
    hooked.team.world.state().asked.borrow_mut().clear();
    hooked.team.invited("ana@client.test", "client");
    hooked.answers([]);
    assert!(sent(&hooked.team.world).is_empty(), "it rests");
    hooked.team.owner.patch(&hooked.path(""), &json!({"url": "https://mended.example.com/"})).ok();
    hooked.answers([says(200), says(200), says(200)]);
    let hosts: Vec<_> =
        sent(&hooked.team.world).iter().map(|sent| sent.uri().host().unwrap().to_owned()).collect();
    assert_eq!(hosts, ["mended.example.com"; 3], "what failed before, too");
}

/// What an old address answers is nothing to the new one.
#[test]
fn an_answer_that_comes_after_the_address_was_changed_turns_nothing_off() {
    let (mut hooked, _) = waiting();
    let database = || hooked.team.world.state().database.borrow();
    let row = database().query("SELECT * FROM webhooks").remove(0);
    let delivery = usher::store::webhook_deliveries::Delivery {
        webhook_id: row["id"].as_str().unwrap().parse().unwrap(),
        url: "https://old.example.com/".to_owned(),
        secret: String::new(),
        old_secrets: Vec::new(),
        live: true,
        rests_until: None,
        failures: 0,
        failing_since: None,
        event_id: usher::domain::ids::Id::new(hooked.team.world.now(), hooked.team.world.random()),
        body: String::new(),
        attempts: 1,
        due_at: hooked.team.world.now(),
        waiting: true,
    };
    let now = hooked.team.world.now();
    let fails = usher::store::webhook_deliveries::fails(&delivery, now, now);
    hooked.team.world.state().database.borrow_mut().batch(&[fails]).unwrap();
    assert_eq!(hooked.shown()["failing_since"], Value::Null);
}

/// Many wait for a receiver that may answer again: one of them tries it, and would each wait for ten seconds if it did not.
#[test]
fn after_a_rest_one_delivery_tries_the_receiver_for_all() {
    let (mut hooked, job) = waiting();
    assert!(answered(&hooked, job, says(500)).is_some());
    hooked.team.invited("ana@client.test", "client");
    hooked.answers([]);
    hooked.team.world.pass(Duration::from_secs(30));
    let waits: Vec<JobId> = hooked
        .deliveries()
        .iter()
        .filter(|one| one["attempts"] == json!([]))
        .map(|one| one["id"].as_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(waits.len(), 2);
    hooked.team.world.state().asked.borrow_mut().clear();
    // The first is taken, and waits for its answer when the second is to be.
    let leased = hooked.team.world.now().plus(usher::jobs::LEASE);
    let taken = [
        usher::store::webhook_turns::lease(waits[0], hooked.team.world.now(), leased, 11),
        usher::store::webhook_turns::try_alone(waits[0], leased, leased),
    ];
    hooked.team.world.state().database.borrow_mut().batch(&taken).unwrap();
    hooked.team.world.deliver_to_webhook(waits[1]);
    assert!(sent(&hooked.team.world).is_empty());
}

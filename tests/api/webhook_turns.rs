//! Whose turn it is: a receiver that takes long to answer has one delivery under way, and what else waits for it is in nobody's way
//! and is not lost.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use usher::domain::ids::{EventId, Id, JobId};
use usher::jobs::message::Verdict;
use usher::jobs::webhook_delivery::MOST_ATTEMPTS;
use usher::jobs::{LEASE, LOST_AFTER};
use usher::platform::Statement;
use usher::store::webhook_turns as turns;

use crate::support::webhooks::{Hooked, header, make, says, sent};

const SLOW: Duration = Duration::from_secs(9);

/// A webhook for which so many deliveries wait, each by a message in the queue: of invitations, oldest first.
fn waiting(many: usize) -> (Hooked, Vec<JobId>) {
    let hooked = Hooked::of("team");
    let team = &hooked.team;
    let at = team.world.now();
    let jobs: Vec<JobId> = (0..many)
        .map(|n| {
            let event: EventId = Id::new(at, team.world.random());
            let job: JobId = Id::new(at.plus(Duration::from_millis(n as u64)), team.world.random());
            let (at, requeue_at) = (at.millis(), at.plus(LOST_AFTER).millis());
            team.world.state().database.borrow().change(&format!(
                "INSERT INTO webhook_events (seq, organization_id, type, subject, at, id, body)
                   VALUES ({n} + 1000, '{organization}', 'invitation.created', '{n}', {at}, '{event}',
                           '{{\"type\": \"invitation.created\", \"timestamp\": \"2026-11-21T22:00:00.000Z\", \"data\": {{\"n\": {n}}}}}');
                 INSERT INTO jobs (id, kind, organization_id, webhook_id, webhook_event, created_at, due_at, requeue_at)
                   VALUES ('{job}', 'webhook_delivery', '{organization}', '{id}', {n} + 1000, {at}, {at} + {n}, {requeue_at})",
                organization = team.organization,
                id = hooked.id,
            ));
            job
        })
        .collect();
    hooked.team.world.pass(Duration::from_secs(1));
    hooked.team.world.state().deliveries.borrow_mut().extend(&jobs);
    hooked.team.world.state().answers.borrow_mut().extend((0..many * 2).map(|_| says(200)));
    (hooked, jobs)
}

/// Which deliveries were made, by their place.
fn heard(hooked: &Hooked) -> Vec<usize> {
    let place = |body: &[u8]| {
        let body: serde_json::Value = serde_json::from_slice(body).unwrap();
        usize::try_from(body["data"]["n"].as_u64()?).ok()
    };
    sent(&hooked.team.world).iter().filter_map(|request| place(request.body())).collect()
}

fn is_slow(hooked: &Hooked, takes: Duration) {
    hooked.team.world.state().slow.borrow_mut().insert("app.example.com".to_owned(), takes);
}

fn run(hooked: &Hooked, statements: &[Statement]) {
    hooked.team.world.state().database.borrow_mut().batch(statements).unwrap();
}

/// Somebody takes this delivery, and has it for as long as they may.
fn taken(hooked: &Hooked, job: JobId) -> bool {
    let now = hooked.team.world.now();
    let lease = turns::lease(job, now, now.plus(LEASE), MOST_ATTEMPTS);
    let results = hooked.team.world.state().database.borrow_mut().batch(&[lease]).unwrap();
    results[0].any()
}

fn count(hooked: &Hooked, which: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM jobs WHERE kind = 'webhook_delivery' AND {which}");
    hooked.team.world.count(&sql)
}

/// Delivers what the queue holds, lets the tick come every minute, until nothing waits.
fn until_all_is_told(hooked: &Hooked) {
    for _ in 0..200 {
        hooked.team.world.deliver();
        if count(hooked, "waiting = 1") == 0 {
            return;
        }
        hooked.team.world.pass(Duration::from_mins(1));
        hooked.team.world.tick();
    }
    panic!("{} still wait", count(hooked, "waiting = 1"));
}

/// Every answer is a 200, and takes nine seconds: somebody else's event, which happens after forty of these, is told before three.
#[test]
fn a_receiver_that_takes_long_keeps_nothing_from_another_organizations() {
    let (hooked, _) = waiting(40);
    is_slow(&hooked, SLOW);
    let mut other = crate::another(&hooked.team.world);
    make(&mut other, "https://quick.example.com/", &["invitation.created"]);
    let body = json!({"kind": "email", "role": "client", "email": "ana@client.test", "send_email": false});
    other.owner.post(&other.path("/invitations"), &body).ok();
    until_all_is_told(&hooked);
    let hosts: Vec<String> =
        sent(&hooked.team.world).iter().map(|request| request.uri().host().unwrap().to_owned()).collect();
    let before = hosts.iter().position(|host| host == "quick.example.com").unwrap();
    assert!(before < 3, "{before} went to the slow one first");
    assert_eq!(heard(&hooked), (0..40).collect::<Vec<_>>(), "and it is told all, in order");
}

/// Of each delivery a message is parked, one comes while its receiver rests, and one makes it: no queue of them turns in circles.
#[test]
fn what_is_parked_makes_no_messages_of_its_own() {
    let (hooked, _) = waiting(40);
    is_slow(&hooked, SLOW);
    let mut messages = 0;
    while count(&hooked, "waiting = 1") > 0 {
        messages += hooked.team.world.deliver().len();
        hooked.team.world.pass(Duration::from_mins(1));
        hooked.team.world.tick();
    }
    assert_eq!(heard(&hooked).len(), 40);
    assert!(messages <= 3 * 40, "{messages}");
}

#[test]
fn a_receiver_that_answers_at_once_is_told_several_by_one_message() {
    let (hooked, jobs) = waiting(8);
    // Others have the two turns that there are.
    assert!(taken(&hooked, jobs[0]) && taken(&hooked, jobs[1]));
    hooked.team.world.deliver();
    assert_eq!(count(&hooked, "requeue_at = 253402300799999"), 6, "the others are parked");
    hooked.team.world.pass(LEASE);
    let before = hooked.team.world.state().asked.borrow().len();
    assert_eq!(hooked.team.world.deliver_to_webhook(jobs[0]), Verdict::Ack);
    assert_eq!(hooked.team.world.state().asked.borrow().len() - before, 6, "itself, and five of those");
    assert_eq!(hooked.team.world.state().deliveries.borrow().len(), 1, "and the next has a message");
    until_all_is_told(&hooked);
    assert_eq!(heard(&hooked).into_iter().collect::<BTreeSet<_>>(), (0..8).collect());
}

#[test]
fn a_webhook_has_two_deliveries_under_way_and_one_while_it_answers_slowly() {
    let (hooked, jobs) = waiting(4);
    assert_eq!(jobs.iter().filter(|job| taken(&hooked, **job)).count(), 2);
    let (hooked, jobs) = waiting(4);
    let row = hooked.id.parse().unwrap();
    let now = hooked.team.world.now();
    run(&hooked, &[usher::store::webhook_deliveries::slow(row, now.plus(LEASE), now)]);
    assert_eq!(jobs.iter().filter(|job| taken(&hooked, **job)).count(), 1);
}

/// Whoever was to let the next one go died: the tick does.
#[test]
fn what_is_parked_is_found_by_the_tick_when_whoever_was_to_let_it_go_is_lost() {
    let (hooked, jobs) = waiting(5);
    assert!(taken(&hooked, jobs[0]) && taken(&hooked, jobs[1]));
    hooked.team.world.deliver();
    assert!(heard(&hooked).is_empty());
    // Those two are settled, and what they let go is forgotten.
    hooked.team.world.state().database.borrow().change("UPDATE jobs SET done_at = due_at WHERE attempts = 1");
    hooked.team.world.pass(Duration::from_secs(1));
    hooked.team.world.tick();
    assert!(hooked.team.world.state().deliveries.borrow().is_empty(), "it may still come");
    hooked.team.world.pass(Duration::from_mins(2));
    hooked.team.world.tick();
    until_all_is_told(&hooked);
    assert_eq!(heard(&hooked), [2, 3, 4]);
    assert_eq!(hooked.team.world.count("SELECT count(*) FROM webhooks WHERE wakes_at IS NOT NULL"), 0);
}

#[test]
fn what_is_parked_for_a_webhook_that_is_turned_off_is_given_up() {
    let (mut hooked, jobs) = waiting(5);
    assert!(taken(&hooked, jobs[0]) && taken(&hooked, jobs[1]));
    hooked.team.world.deliver();
    hooked.team.owner.patch(&hooked.path(""), &json!({"enabled": false})).ok();
    until_all_is_told(&hooked);
    assert!(heard(&hooked).is_empty());
    assert_eq!(count(&hooked, "failure = 'the webhook is turned off'"), 5);
}

/// What somebody asked for goes before what is parked, and beside what is under way.
#[test]
fn a_test_event_goes_before_what_is_parked() {
    let (mut hooked, jobs) = waiting(5);
    assert!(taken(&hooked, jobs[0]) && taken(&hooked, jobs[1]));
    hooked.team.world.deliver();
    hooked.team.owner.post(&hooked.path("/test"), &json!({})).ok();
    hooked.team.world.deliver();
    let first = sent(&hooked.team.world).remove(0);
    assert!(String::from_utf8_lossy(first.body()).contains("webhook.test"), "{first:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// However slow, failing or dying those who deliver are, and whatever the queue loses: each event is told in the end, and once
    /// unless somebody died who may have told it.
    #[test]
    fn nothing_that_waits_is_lost(steps in prop::collection::vec((0_u8..8, 0_u8..12), 0..40)) {
        let (hooked, jobs) = waiting(12);
        let world = &hooked.team.world;
        for (what, which) in steps {
            let job = jobs[usize::from(which)];
            match what {
                0 => is_slow(&hooked, Duration::from_millis(u64::from(which) * 900)),
                // The next answer is a failure.
                1 => world.state().answers.borrow_mut().push_front(says(500)),
                // A message is lost.
                2 => drop(world.state().deliveries.borrow_mut().pop_front()),
                // Somebody takes one, and dies.
                3 => drop(taken(&hooked, job)),
                // A message comes twice.
                4 => world.state().deliveries.borrow_mut().push_front(job),
                5 => world.tick(),
                6 => world.pass(Duration::from_secs(u64::from(which) * 5)),
                _ => {
                    let next = world.state().deliveries.borrow_mut().pop_front();
                    if let Some(next) = next {
                        world.deliver_to_webhook(next);
                    }
                }
            }
        }
        is_slow(&hooked, Duration::ZERO);
        world.state().answers.borrow_mut().extend((0..400).map(|_| says(200)));
        until_all_is_told(&hooked);
        prop_assert_eq!(heard(&hooked).into_iter().collect::<BTreeSet<_>>(), (0..12).collect());
        prop_assert_eq!(count(&hooked, "done_at IS NOT NULL"), 12);
        let told: BTreeSet<String> = sent(world).iter().map(|request| header(request, "webhook-id")).collect();
        prop_assert_eq!(told.len(), 12);
        prop_assert_eq!(world.count("SELECT count(*) FROM webhooks WHERE wakes_at IS NOT NULL"), 0);
    }
}

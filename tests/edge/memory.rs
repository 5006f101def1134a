//! The memory of the Wasm, as a gauge beside the Worker reads it (`.ci/gauge.mjs`). It never shrinks, so what it is at the end is the
//! most that it was; an isolate has 128 MiB for it and for all else.
//!
//! `USHER_REQUESTS=20000 cargo test --test edge -- memory --nocapture` asks for more than the two thousand requests of every day, which
//! takes ten minutes or so, and prints how it grows.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::harness::{Deployment, PASSWORD, Receiver, Server, Team, wait_for};

/// In bytes.
const MOST: u64 = 64 << 20;
/// So many requests, unless `USHER_REQUESTS` says another number.
const REQUESTS: usize = 2_000;
/// So many are one organization's day, with two passwords hashed among them.
const OF_A_DAY: usize = 35;
/// So many organizations have their day at once.
const AT_ONCE: usize = 8;

fn requests() -> usize {
    std::env::var("USHER_REQUESTS")
        .map_or(REQUESTS, |number| number.parse().expect("USHER_REQUESTS is a number"))
}

/// A day of an organization: who is invited comes by the page or the API, or in vain; staff look at what there is, and everything
/// that happens is mailed and told to a webhook. On one in twenty they look at what a file of a thousand people would do.
fn day(server: &Server, receiver: &Receiver, number: usize) {
    let team = Team::of(server, "publishing", None);
    let mut owner = team.owner.clone();
    let hook = json!({"url": receiver.url("/takes"), "events": ["invitation.created", "invitation.sent", "invitation.accepted", "member.added"]});
    server.keep_secret(&owner.post(&team.path("/webhooks"), &hook).ok().str("/secret"));
    let mut people = server.people(2);

    let (ana, mia) = (team.invited(&people[0].address, "client").1, server.address("mia.member"));
    let (withdrawn, dead) = team.invited(&mia, "member");
    let client = &mut people[0].client;
    client.preview(&ana).ok();
    client.get(&format!("/i/{ana}")).ok();
    client.accept(&ana).ok();
    client.accept(&ana).ok();
    client.get("/me").ok();
    owner.post(&format!("/v1/invitations/{withdrawn}/revoke"), &json!({})).ok();
    assert_eq!(server.client().get(&format!("/i/{dead}")).status, 410);
    assert_eq!(server.client().sign_up(&dead, "Mia Member").status, 410);
    let link =
        owner.post(&team.path("/invitations"), &json!({"kind": "link", "role": "client"})).ok().str("/id");
    let link =
        server.token_in(&owner.post(&format!("/v1/invitations/{link}/link"), &json!({})).ok().str("/url"));
    server.client().get(&format!("/i/{link}")).ok();
    let joined = people[1].client.accept(&link).ok();

    let shown = owner.get(&team.path("")).ok().json();
    let slug = shown["slug"].as_str().unwrap();
    for path in [
        team.path("/members"),
        team.path("/members?q=some"),
        team.path("/invitations"),
        team.path("/audit"),
        team.path("/seats"),
        format!("/o/{slug}/team"),
        format!("/o/{slug}/team/export.csv"),
        format!("/v1/members/{}", joined.str("/member_id")),
    ] {
        owner.get(&path).ok();
    }
    let question = json!({
        "member_id": joined.str("/member_id"), "workspace_id": joined.str("/workspace_ids/0"), "permission": "posts.view",
    });
    owner.post("/v1/check", &question).ok();
    let row =
        |number: usize| json!({"email": format!("p{number}.{mia}"), "role": "client", "name": "Some Person"});
    let rows = if number.is_multiple_of(20) { 1000 } else { 10 };
    let rows = json!({"rows": (0..rows).map(row).collect::<Vec<Value>>(), "dry_run": true});
    owner.post(&team.path("/invitations/bulk"), &rows).ok();

    let mut stranger = server.client();
    assert_eq!(stranger.preview("nonsense").status, 404);
    assert_eq!(stranger.get(&format!("/i/{ana}x")).status, 404);
    assert_eq!(stranger.get(&team.path("/members")).status, 401);
    assert_eq!(people[0].client.get(&team.path("/api-keys")).status, 403);
    let body = |bytes: &[u8]| server.client().send("POST", "/v1/sessions", Some("application/json"), bytes);
    assert_eq!(body(b"{").status, 400);
    assert_eq!(body(&vec![b' '; 70_000]).status, 413);
    let right = json!({"email": team.owner_address, "password": PASSWORD});
    stranger.post("/v1/sessions", &right).ok();
    stranger.get("/sign-in").ok();
}

/// Waits until the queues have done what is due, as long as they get on; a withdrawal's mail waits for ten minutes.
fn settle(server: &Server) {
    server.tick();
    let sql = "SELECT count(*) FROM jobs WHERE waiting = 1 AND due_at < (unixepoch() + ?1) * 1000";
    let left = || server.count(sql, "300");
    let mut before = left();
    while before > 0 {
        before = wait_for("the queues to get on", || Some(left()).filter(|left| *left < before));
    }
}

#[test]
fn whatever_is_asked_the_memory_stays_below_half_of_an_isolates_and_stops_growing() {
    let receiver = Receiver::start();
    let deployment = Deployment::new().set("LIMITS", "off").set("MAILS_PER_ADDRESS", "1000");
    let server = deployment.gauged().start();
    let days = requests().div_ceil(OF_A_DAY);
    let begun = AtomicUsize::new(0);
    let mut quarters = vec![server.memory()];
    for quarter in 1..=4 {
        let next = || Some(begun.fetch_add(1, Ordering::Relaxed)).filter(|day| *day < days * quarter / 4);
        thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    while let Some(number) = next() {
                        day(&server, &receiver, number);
                    }
                });
            }
        });
        // Each of them asked for one day more than there was.
        begun.store(days * quarter / 4, Ordering::Relaxed);
        settle(&server);
        quarters.push(server.memory());
        println!("{} bytes after {} requests", server.memory(), answered(&server));
    }
    assert!(answered(&server) >= requests(), "a day has {OF_A_DAY} requests: {}", answered(&server));
    let delivered = receiver.heard("/takes").len();
    assert!(delivered >= days * 6, "deliveries stopped: {delivered} of {days} days");
    assert!(quarters.is_sorted(), "the Worker began anew: {quarters:?}");
    assert!(quarters[4] < MOST, "{quarters:?}");
    assert_eq!(quarters[4], quarters[3], "it still grew in the last quarter: {quarters:?}");
}

/// How many requests the Worker's log tells of.
fn answered(server: &Server) -> usize {
    server.log().lines().iter().filter(|line| line.contains("\"event\":\"request\"")).count()
}

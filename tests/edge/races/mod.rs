//! Races, with real requests in flight at once: whatever the order, what must be true stays true. A plain local run hides most
//! of them, so each runs three times: with calls to D1 that take as long as they do here, and one and five milliseconds longer.
//!
//! The rule: a race says what each client was told and what the database holds afterwards, to the last row.
//!
//! `USHER_ROUNDS=20 cargo test --test edge -- races` runs each twenty times at each delay, which takes a quarter of an hour or so;
//! without it a crowd comes once, and two meet as often as it takes for both orders.

mod crowds;
mod duels;
mod one;

use std::sync::Barrier;
use std::thread;

use serde_json::json;

use crate::harness::{Answer, Client, Server, Team, racing};

/// How many milliseconds each call to D1 takes longer.
const DELAYS: [u32; 3] = [0, 1, 5];

/// How often a race runs at each delay, unless `USHER_ROUNDS` says another number.
fn rounds(usual: u32) -> u32 {
    std::env::var("USHER_ROUNDS").map_or(usual, |number| number.parse().expect("USHER_ROUNDS is a number"))
}

/// Runs a race at each delay.
fn at_each_delay(race: impl Fn(&Server)) {
    /// Says which one it was, should it fail.
    struct Delay(u32);
    impl Drop for Delay {
        fn drop(&mut self) {
            if thread::panicking() {
                eprintln!("with D1_DELAY={}", self.0);
            }
        }
    }
    for delay in DELAYS {
        let _said = Delay(delay);
        race(&racing(delay));
    }
}

/// Lets everybody loose at once and answers what they got.
fn at_once<'a>(
    people: Vec<Client<'a>>,
    act: impl Fn(usize, &mut Client<'a>) -> Answer + Sync,
) -> Vec<Answer> {
    let start = Barrier::new(people.len());
    thread::scope(|scope| {
        let runs: Vec<_> = people
            .into_iter()
            .enumerate()
            .map(|(place, mut person)| {
                let (start, act) = (&start, &act);
                scope.spawn(move || {
                    start.wait();
                    act(place, &mut person)
                })
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    })
}

/// How many were let in; each of the others was told this.
#[track_caller]
fn let_in(answers: &[Answer], refusal: (u16, &str)) -> usize {
    let refused = answers.iter().filter(|answer| !answer.status.is_success());
    for answer in refused {
        assert_eq!(answer.refusal(), (refusal.0, refusal.1.to_owned()));
    }
    answers.iter().filter(|answer| answer.status.is_success()).count()
}

/// How many members an organization has, its owner included.
#[track_caller]
fn members(team: &Team<'_>) -> i64 {
    let sql = "SELECT count(*) FROM members WHERE organization_id = ?1 AND removed_at IS NULL";
    team.server.count(sql, &team.organization)
}

/// How often somebody came in by an invitation.
#[track_caller]
fn redemptions(server: &Server, invitation: &str) -> i64 {
    server.count("SELECT count(*) FROM redemptions WHERE invitation_id = ?1", invitation)
}

/// That what an organization counts is what it has, and nobody is in by halves.
#[track_caller]
fn check_counts(team: &Team<'_>) {
    let sql = "SELECT
        o.seats_used - (SELECT count(*) FROM members WHERE organization_id = o.id AND holds_seat = 1) AS seats_used,
        o.seats_reserved - (SELECT count(*) FROM invitations WHERE organization_id = o.id AND reserves = 1) AS seats_reserved,
        (SELECT count(*) FROM invitations i WHERE i.organization_id = o.id
           AND i.uses <> (SELECT count(*) FROM redemptions WHERE invitation_id = i.id)) AS uses,
        (SELECT count(*) FROM invitations i JOIN redemptions r ON r.invitation_id = i.id WHERE i.organization_id = o.id
           AND NOT EXISTS (SELECT 1 FROM members WHERE id = r.member_id)) AS not_a_member,
        (SELECT count(*) FROM members m WHERE m.organization_id = o.id AND m.role IN ('member', 'client')
           AND NOT EXISTS (SELECT 1 FROM memberships WHERE member_id = m.id)) AS nowhere
        FROM organizations o WHERE o.id = ?1";
    let right = json!({"seats_used": 0, "seats_reserved": 0, "uses": 0, "not_a_member": 0, "nowhere": 0});
    assert_eq!(team.server.row(sql, &team.organization), right, "each is how far it is off");
}

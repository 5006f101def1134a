//! The simulation's histories, thousands of them: see `support/simulation.rs`.
//!
//! `USHER_SEED=123 cargo test --test simulation` replays one, `USHER_SEEDS=100000` runs more, `USHER_FIRST=20000` others.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use support::simulation::database::Reused;
use support::simulation::flaws::{self, Flaw};
use support::simulation::{History, Setup, Violation, run};

/// So many histories, unless `USHER_SEEDS` says another number.
const SEEDS: u64 = 10_000;

/// So many are told of at once.
const MOST_FOUND: usize = 12;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

fn database() -> Rc<RefCell<Reused>> {
    Rc::new(RefCell::new(Reused::new()))
}

/// One history. A panic is a broken rule like any other.
fn history(seed: u64, database: &Rc<RefCell<Reused>>, setup: &Setup) -> Result<History, Violation> {
    catch_unwind(AssertUnwindSafe(|| run(seed, database, setup))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "a panic".to_owned());
        Err(Violation { rule: text, events: Vec::new() })
    })
}

fn report(seed: u64, violation: &Violation) -> String {
    let mut text = "\n".to_owned();
    for event in &violation.events {
        let _ = writeln!(text, "  {event}");
    }
    let _ = writeln!(text, "seed {seed}: {}", violation.rule);
    let _ = write!(text, "replay it with USHER_SEED={seed} cargo test --test simulation");
    text
}

/// Runs this many histories on every processor there is, and answers how many people came in and mails went out.
#[track_caller]
fn all_hold(seeds: Range<u64>, setup: fn() -> Setup) -> (usize, usize) {
    let next = AtomicU64::new(seeds.start);
    let found = Mutex::new(BTreeMap::<u64, Violation>::new());
    let (joined, mailed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let worker = || {
        let database = database();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end || found.lock().unwrap().len() >= MOST_FOUND {
                return;
            }
            match history(seed, &database, &setup()) {
                Ok(history) => {
                    joined.fetch_add(history.joined, Ordering::Relaxed);
                    mailed.fetch_add(history.mailed, Ordering::Relaxed);
                }
                Err(violation) => {
                    found.lock().unwrap().insert(seed, violation);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(worker);
        }
    });
    let found = found.into_inner().unwrap();
    if let Some((seed, first)) = found.first_key_value() {
        let others: Vec<_> =
            found.iter().skip(1).map(|(seed, other)| format!("{seed}: {}", other.rule)).collect();
        panic!("{}\n{} more:\n{}", report(*seed, first), others.len(), others.join("\n"));
    }
    (joined.into_inner(), mailed.into_inner())
}

/// One history, shown.
fn replay(seed: u64) {
    match history(seed, &database(), &Setup::default()) {
        Ok(history) => println!("seed {seed} holds:\n  {}", history.events.join("\n  ")),
        Err(violation) => panic!("{}", report(seed, &violation)),
    }
}

#[test]
fn no_order_of_requests_deliveries_and_ticks_breaks_a_rule_wherever_they_die() {
    if let Some(seed) = setting("USHER_SEED") {
        return replay(seed);
    }
    let seeds = setting("USHER_SEEDS").unwrap_or(SEEDS);
    let first = setting("USHER_FIRST").unwrap_or(0);
    let (joined, mailed) = all_hold(first..first + seeds, Setup::default);
    println!("{seeds} histories: {joined} people came in, {mailed} mails went out");
    // A history in which nothing happens breaks no rule either.
    let seeds = usize::try_from(seeds).unwrap();
    assert!(joined >= seeds / 3, "{joined} people came in");
    assert!(mailed >= seeds, "{mailed} mails went out");
}

#[test]
fn with_every_message_of_a_request_lost_the_tick_gets_each_mail_out_once() {
    let (_, mailed) = all_hold(0..SEEDS / 100, || Setup { only_the_tick_enqueues: true, ..Setup::default() });
    assert!(mailed > 50, "{mailed} mails went out");
}

#[test]
fn the_same_seed_gives_the_same_history() {
    let (one, other) = (database(), database());
    for seed in 0..20 {
        let [first, second] =
            [&one, &other].map(|database| history(seed, database, &Setup::default()).ok().unwrap());
        assert_eq!(first.events, second.events, "seed {seed}");
        assert_eq!(first.hash, second.hash);
    }
    let different = history(20, &one, &Setup::default()).ok().unwrap().hash;
    assert_ne!(different, history(21, &one, &Setup::default()).ok().unwrap().hash);
}

/// Seeds within which every mistake must show: most do within a hundred.
const ENOUGH: u64 = 3_000;

fn first_seed_that_finds(flaw: &'static Flaw) -> Option<(u64, String)> {
    let tears = flaw.tears_batches();
    let database = if tears { Rc::new(RefCell::new(Reused::without_foreign_keys())) } else { database() };
    let mut met = false;
    for seed in 0..ENOUGH {
        let setup = Setup { flaw: Some(flaw), ..Setup::default() };
        match history(seed, &database, &setup) {
            Ok(history) => met |= history.flaw_met,
            Err(violation) => {
                // A mistake that was put in badly shows nothing of the rules.
                let badly = ["a panic", "Wrong number of parameters", "syntax error", "no such column"];
                let rule = violation.rule;
                assert!(!badly.iter().any(|how| rule.contains(how)), "{}: seed {seed}: {rule}", flaw.name);
                return Some((seed, rule));
            }
        }
    }
    assert!(met, "{}: the statement that this changes is no more", flaw.name);
    None
}

#[test]
fn every_mistake_put_in_on_purpose_is_found() {
    let mut unfound = Vec::new();
    for flaw in flaws::all() {
        match first_seed_that_finds(flaw) {
            Some((seed, rule)) => println!("{}: seed {seed}: {rule}", flaw.name),
            None => unfound.push(flaw.name),
        }
    }
    assert!(unfound.is_empty(), "not found within {ENOUGH} seeds: {unfound:?}");
}

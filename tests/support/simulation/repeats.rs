//! What was asked under somebody's key (`Idempotency-Key`): within a day it is done once, and answered as the first time.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use usher::domain::time::Timestamp;
use usher::store::idempotency::KEPT;

/// Everything that was, by the key and whose it is.
#[derive(Default)]
pub struct Repeats {
    done: RefCell<BTreeMap<String, (u32, Timestamp)>>,
    /// The events that ever did something. One may take longer than a day to answer, and another do it anew before.
    doers: RefCell<BTreeSet<u32>>,
    /// What those were answered: it may take longer than a day to answer the same to another.
    answered: RefCell<BTreeMap<String, Vec<(u16, Value)>>>,
}

impl Repeats {
    /// Notes that an event, which began then, does something now; whether another did within a day before.
    pub fn is_done_again(&self, once: &str, event: u32, began: Timestamp, now: Timestamp) -> bool {
        self.doers.borrow_mut().insert(event);
        let mut done = self.done.borrow_mut();
        let (first, then) = *done.entry(once.to_owned()).or_insert((event, began));
        if now >= then.plus(KEPT) {
            done.insert(once.to_owned(), (event, began));
            return false;
        }
        first != event
    }

    /// Whether the one who did it was answered something else.
    pub fn is_answered_otherwise(&self, once: &str, event: u32, status: u16, body: &Value) -> bool {
        if self.done.borrow().get(once).is_some_and(|(first, _)| *first == event) {
            self.answered.borrow_mut().entry(once.to_owned()).or_default().push((status, body["id"].clone()));
            return false;
        }
        let answered = self.answered.borrow();
        !self.doers.borrow().contains(&event)
            && answered.get(once).is_some_and(|answers| !answers.contains(&(status, body["id"].clone())))
    }
}

//! When the process is killed: so long after so many things of a kind happened in its life. That makes a moment the same on
//! a slow machine and on a fast one, and lets each kind of work be hit while it is under way.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Life, ROUNDS};
use crate::chance::Chance;

/// What is counted.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Requests that were sent.
    Request,
    /// Messages that reached the mail provider.
    Mail,
    /// Ticks that were fired.
    Tick,
}

/// A moment in a life.
#[derive(Debug)]
pub struct Moment {
    kind: Kind,
    number: usize,
    /// How long after that.
    pub after: Duration,
}

impl Moment {
    /// Any moment of a history's lives; each kind has its turn.
    pub fn draw(chance: &Chance, life: usize) -> Self {
        let kinds = [(Kind::Request, 2 * ROUNDS), (Kind::Mail, ROUNDS), (Kind::Tick, ROUNDS / 4)];
        let (kind, most) = kinds[life % kinds.len()];
        let number = 1 + chance.below(most);
        Self { kind, number, after: Duration::from_millis(chance.between(0, 30)) }
    }

    /// Whether that many have happened.
    pub fn has_come(&self, life: &Life<'_>) -> bool {
        let happened = match self.kind {
            Kind::Request => life.requests.load(Ordering::SeqCst),
            Kind::Mail => life.provider.asked_in_all() - life.asked_before,
            Kind::Tick => life.ticks.load(Ordering::SeqCst),
        };
        happened >= self.number
    }
}

//! Mistakes put in on purpose, to show that the simulation finds them: a rule that no mistake breaks checks nothing.

mod invitations;
mod plan;
mod programs;
mod standing;
mod webhooks;

use std::cell::RefCell;
use std::collections::BTreeMap;

use usher::platform::Statement;

use super::operation::meetings::{self, Meeting};

/// One mistake.
pub struct Flaw {
    /// What it does to the service.
    pub name: &'static str,
    /// In the statements that hold this,
    within: &'static str,
    /// this
    text: &'static str,
    /// becomes this. With no text at all, every statement is a transaction of its own.
    instead: &'static str,
}

/// Each must be found.
pub fn all() -> impl Iterator<Item = &'static Flaw> {
    [standing::FLAWS, plan::FLAWS, webhooks::FLAWS, programs::FLAWS, invitations::FLAWS].into_iter().flatten()
}

impl Flaw {
    /// What its histories are led to, where it shows at a meeting that hardly ever comes about by chance.
    pub fn favours(&self) -> Option<Meeting> {
        let shows_at: [(&str, Meeting); 1] = [(invitations::SECOND_SEAT, meetings::by_another_link)];
        shows_at.into_iter().find(|(name, _)| *name == self.name).map(|(_, meeting)| meeting)
    }

    /// Whether each statement is a transaction of its own.
    pub fn tears_batches(&self) -> bool {
        self.text.is_empty()
    }

    /// Puts the mistake in, and answers whether there was a place for it.
    pub fn apply(&self, mut statements: Vec<Statement>) -> (Vec<Statement>, bool) {
        thread_local! {
            /// A statement's SQL lives as long as the program; so each changed one is made once.
            static CHANGED: RefCell<BTreeMap<(&'static str, &'static str), &'static str>> = RefCell::default();
        }
        let mut met = false;
        for statement in &mut statements {
            if statement.sql.contains(self.within) && statement.sql.contains(self.text) {
                met = true;
                let changed = || statement.sql.replace(self.text, self.instead).leak();
                statement.sql = CHANGED.with_borrow_mut(|known| {
                    *known.entry((self.name, statement.sql)).or_insert_with(|| changed())
                });
            }
        }
        (statements, met)
    }
}

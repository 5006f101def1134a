//! Stripe's side of the story: what happened to each subscription, in its order, and what an organization has paid for after
//! all of it. It is told in any order, and again.

use std::cell::{Cell, RefCell};

use serde_json::Value;
use usher::domain::ids::OrganizationId;
use usher::domain::time::Timestamp;

use super::super::hooks::Subscription;
use super::chance::Chance;

/// A subscription, as it is now.
struct Known {
    id: String,
    organization: OrganizationId,
    begun: i64,
    /// When the last of it happened: never two things in one second.
    last: i64,
    plan: &'static str,
    seats: i64,
    status: &'static str,
    ended: bool,
}

/// Something that happened.
struct Happened {
    event: Value,
    told: Cell<bool>,
}

/// Everything about subscriptions.
#[derive(Default)]
pub struct Billing {
    subscriptions: RefCell<Vec<Known>>,
    events: RefCell<Vec<Happened>>,
}

impl Billing {
    /// Something happens to a subscription of this organization.
    pub fn happen(&self, chance: &Chance, organization: OrganizationId, now: Timestamp) {
        let mut subscriptions = self.subscriptions.borrow_mut();
        let going: Vec<usize> = (0..subscriptions.len())
            .filter(|at| subscriptions[*at].organization == organization && !subscriptions[*at].ended)
            .collect();
        let seats = || i64::try_from(chance.below(8)).unwrap();
        let (at, kind) = if going.is_empty() || (subscriptions.len() < 3 && chance.one_in(4)) {
            let begun =
                subscriptions.iter().map(|known| known.begun + 1).max().unwrap_or(0).max(now.seconds());
            let id = format!("sub_{}", subscriptions.len());
            subscriptions.push(Known {
                id,
                organization,
                begun,
                last: begun,
                plan: "agency",
                seats: seats(),
                status: "active",
                ended: false,
            });
            (subscriptions.len() - 1, "created")
        } else {
            let at = *chance.pick(&going);
            let known = &mut subscriptions[at];
            known.last = now.seconds().max(known.last + 1);
            match chance.below(6) {
                0 => {
                    (known.ended, known.status) = (true, "canceled");
                    (at, "deleted")
                }
                1 => {
                    known.status = if known.status == "active" { "unpaid" } else { "active" };
                    (at, "updated")
                }
                _ => {
                    (known.seats, known.plan) = (seats(), if chance.one_in(3) { "larger" } else { "agency" });
                    (at, "updated")
                }
            }
        };
        let known = &subscriptions[at];
        let mut events = self.events.borrow_mut();
        let event = Subscription {
            event: &format!("evt_{}", events.len()),
            kind,
            id: &known.id,
            organization: &known.organization.to_string(),
            status: known.status,
            plan: known.plan,
            seats: known.seats,
            begun: known.begun,
            told: known.last,
        };
        events.push(Happened { event: event.event(Timestamp::from_seconds(0)), told: Cell::new(false) });
    }

    /// How much happened.
    pub fn known(&self) -> usize {
        self.events.borrow().len()
    }

    /// What of it was not told so that it was answered.
    pub fn untold(&self) -> Vec<usize> {
        let events = self.events.borrow();
        (0..events.len()).filter(|at| !events[*at].told.get()).collect()
    }

    /// Something that happened, as Stripe tells it.
    pub fn event(&self, at: usize) -> Value {
        self.events.borrow()[at].event.clone()
    }

    /// It was told, and answered: Stripe tells it no more by itself.
    pub fn is_told(&self, at: usize) {
        self.events.borrow()[at].told.set(true);
    }

    /// What an organization has paid for after all that: the plan's key and its seats; its template's own plan without a
    /// subscription that is paid for; nothing if it never had one.
    pub fn paid_for(&self, organization: OrganizationId) -> Option<(&'static str, i64)> {
        let subscriptions = self.subscriptions.borrow();
        let mut theirs: Vec<&Known> =
            subscriptions.iter().filter(|known| known.organization == organization).collect();
        if theirs.is_empty() {
            return None;
        }
        theirs.retain(|known| known.status == "active");
        let newest = theirs.into_iter().max_by_key(|known| known.begun);
        Some(newest.map_or(("default", 5), |known| (known.plan, known.seats)))
    }
}

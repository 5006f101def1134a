//! What is paid for: the operator says it, or Stripe tells it.

use http::Method;
use serde_json::{Value, json};
use usher::domain::ids::OrganizationId;
use usher::domain::time::Timestamp;
use usher::params;
use usher::web::route::Route;

use super::super::scene::Organization;
use super::super::world::World;

/// Something about a plan.
#[derive(Debug, Clone)]
pub enum Op {
    /// The operator's word.
    Set { organization: OrganizationId, seats: Option<i64>, trial_ends_at: Option<Timestamp> },
    /// Stripe's: what happened to a subscription, by its place in [`Billing`](super::super::billing::Billing).
    Told(usize),
}

impl Op {
    /// Something that the operator says: mostly as many seats as are taken, one less, or one more.
    pub fn set(world: &World, organization: &Organization) -> Self {
        let chance = &world.chance;
        let taken = world.read(
            "SELECT seats_used + seats_reserved AS n FROM organizations WHERE id = ?1",
            params![organization.id],
        );
        let taken = taken[0]["n"].as_i64().unwrap();
        let seats = match chance.below(8) {
            0 => None,
            1 => Some(0),
            2..5 => Some((taken - 1).max(0)),
            5 => Some(taken),
            _ => Some(taken + 1),
        };
        let trial_ends_at = chance
            .one_in(4)
            .then(|| world.now.get().plus(std::time::Duration::from_millis(chance.between(1, 20_000))));
        Self::Set { organization: organization.id, seats, trial_ends_at }
    }

    /// Something happened to a subscription, or is told late, or again.
    pub fn told(world: &World, organization: &Organization) -> Self {
        let chance = &world.chance;
        let known = world.billing.known();
        if known == 0 || chance.one_in(2) {
            world.billing.happen(chance, organization.id, world.now.get());
        }
        // As Stripe does, in any order; mostly what was not told yet.
        let untold = world.billing.untold();
        if untold.is_empty() || chance.one_in(3) {
            Self::Told(chance.below(world.billing.known()))
        } else {
            Self::Told(*chance.pick(&untold))
        }
    }

    /// What is asked, and where.
    pub fn asked(&self, world: &World) -> (Method, Route, Value) {
        match self {
            Self::Set { organization, seats, trial_ends_at } => {
                let body = json!({
                    "key": "agency", "seat_limit": seats, "features": ["custom_client_permissions"],
                    "trial_ends_at": trial_ends_at,
                });
                (Method::PUT, Route::Plan(*organization), body)
            }
            Self::Told(at) => (Method::POST, Route::HookStripe, world.billing.event(*at)),
        }
    }

    /// Whether the contract has this answer. A word of Stripe's that is on its way for five minutes is taken for a copy.
    pub fn is_documented(&self, status: u16, code: &str) -> bool {
        status == 200 || (matches!(self, Self::Told(_)) && matches!(code, "unauthenticated" | "rate_limited"))
    }
}

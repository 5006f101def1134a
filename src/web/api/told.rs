//! What webhooks are told: things as the API shows them, to a program that sees all of its organization.

use serde_json::{Value, json};

use crate::config::Config;
use crate::domain::template::Template;
use crate::domain::time::Timestamp;
use crate::store;
use crate::store::memberships::Place;
use crate::store::organizations::{Organization, Seats};
use crate::web::api::{invitations, members, organizations};

/// An invitation.
#[must_use]
pub fn invitation(record: store::invitations::Record, template: &'static Template, now: Timestamp) -> Value {
    json!(invitations::Shown::of(record, template, now))
}

/// A member.
#[must_use]
pub fn member(member: store::members::Member, template: &'static Template) -> Value {
    json!(members::Shown::in_full(member, template))
}

/// A membership; of one that has ended, that it was there. Nothing where somebody was taken out since.
#[must_use]
pub fn membership(place: Option<Place>, template: &'static Template, ended: bool) -> Option<Value> {
    let place = place.filter(|place| place.placed && !ended);
    match place {
        Some(Place { role, access, .. }) => {
            Some(json!({"role": role, "access": access.of(template, role).shown(template, role)}))
        }
        None => ended.then(|| json!({})),
    }
}

/// An organization.
#[must_use]
pub fn organization(config: &Config, organization: Organization) -> Value {
    json!(organizations::Shown::of(config, organization))
}

/// The seats in numbers.
#[must_use]
pub fn seats(seats: Seats) -> Value {
    let Seats { seat_limit, used, reserved } = seats;
    let available = seat_limit.map(|limit| (limit - used - reserved).max(0));
    json!({"limit": seat_limit, "used": used, "reserved": reserved, "available": available})
}

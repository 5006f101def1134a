//! What webhooks are told: things as the API shows them, to a program that sees all of its organization.

use serde::Serialize;
use serde_json::{Value, json};

use crate::config::Config;
use crate::domain::template::Template;
use crate::domain::time::Timestamp;
use crate::json;
use crate::store;
use crate::store::memberships::Place;
use crate::store::organizations::{Organization, Seats};
use crate::web::api::{invitations, members, organizations, seats};

/// Something of ours as JSON that more is added to. By way of its text: what writes that is there already for each type, and what
/// makes such a value of it would be there a second time.
#[must_use]
pub fn value(of: &impl Serialize) -> Value {
    serde_json::to_string(of).ok().and_then(|text| json::row(&text).ok()).unwrap_or_default()
}

/// An invitation.
#[must_use]
pub fn invitation(record: store::invitations::Record, template: &'static Template, now: Timestamp) -> Value {
    value(&invitations::Shown::of(record, template, now))
}

/// A member.
#[must_use]
pub fn member(member: store::members::Member, template: &'static Template) -> Value {
    value(&members::Shown::in_full(member, template))
}

/// A membership; of one that has ended, that it was there. Nothing where somebody was taken out since.
#[must_use]
pub fn membership(place: Option<Place>, template: &'static Template, ended: bool) -> Option<Value> {
    let place = place.filter(|place| place.placed && !ended);
    match place {
        Some(Place { role, access, .. }) => {
            let access = value(&access.of(template, role).shown(template, role));
            Some(json!({"role": role, "access": access}))
        }
        None => ended.then(|| json!({})),
    }
}

/// An organization.
#[must_use]
pub fn organization(config: &Config, organization: Organization) -> Value {
    value(&organizations::Shown::of(config, organization))
}

/// The seats in numbers.
#[must_use]
pub fn seats(seats: &Seats) -> Value {
    value(&seats::Counted::of(seats))
}

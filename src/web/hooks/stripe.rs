//! Stripe's events about subscriptions (<https://docs.stripe.com/api/subscriptions/object>). Those of other products, which name
//! no organization of ours, are nothing to us; but one that is known by its id is ours, whatever became of its metadata.

use serde_json::Value;

use super::Read;
use crate::domain::time::Timestamp;
use crate::json::at;
use crate::store::hooks::{Subscription, Told};

/// The most seats that a plan has, as the operator's own may.
const MOST_SEATS: i64 = 1_000_000;

/// The longest key of a price.
const LONGEST_KEY: usize = 80;

/// What an event is.
#[must_use]
pub fn read(event: &Value) -> Read {
    let told_rank = match at(event, "/type").as_str().unwrap_or_default() {
        "customer.subscription.created" => 0,
        "customer.subscription.deleted" => 2,
        "customer.subscription.updated"
        | "customer.subscription.paused"
        | "customer.subscription.resumed" => 1,
        _ => return Read::Nothing,
    };
    let object = at(event, "/data/object");
    let organization = at(object, "/metadata/organization_id").as_str();
    // What can't be used of a subscription which names nobody is most likely another product's.
    let unusable = |why| if organization.is_some() { Read::Unusable(why) } else { Read::Nothing };
    let (told_rank, paid) = match at(object, "/status").as_str().unwrap_or_default() {
        _ if told_rank == 2 => (2, false),
        "canceled" => (2, false),
        // While it is past due, Stripe still tries to collect.
        "active" | "trialing" | "past_due" => (told_rank, true),
        "unpaid" | "paused" => (told_rank, false),
        // Never paid for yet: what they have is not about this.
        _ => return Read::Nothing,
    };
    let Ok(organization_id) = organization.map(str::parse).transpose() else {
        return unusable("metadata.organization_id is no organization's id");
    };
    // What else is sold beside the plan has no lookup key.
    let items = at(object, "/items/data").as_array().map(Vec::as_slice).unwrap_or_default();
    let keyed = items.iter().find_map(|item| Some((item, at(item, "/price/lookup_key").as_str()?)));
    // An end needs neither key nor quantity: a key that was moved to a new price is gone from the old one.
    let (item, plan_key) = match keyed {
        Some((item, key)) => (item, Some(key)),
        None if !paid => (&Value::Null, None),
        None => return unusable("its price has no lookup_key"),
    };
    let is_key = |key: &str| !key.is_empty() && key.len() <= LONGEST_KEY && !key.contains(char::is_control);
    // A price that is metered has no quantity: any number.
    let seat_limit = match at(item, "/quantity") {
        Value::Null => Some(None),
        _ if !paid => Some(None),
        quantity => quantity.as_i64().filter(|seats| (0..=MOST_SEATS).contains(seats)).map(Some),
    };
    let text = |value: &Value| value.as_str().filter(|id| !id.is_empty()).map(str::to_owned);
    let time = |value: &Value| value.as_i64().map(Timestamp::from_seconds);
    match (
        text(at(event, "/id")),
        text(at(object, "/id")),
        time(at(event, "/created")),
        time(at(object, "/created")),
        seat_limit,
    ) {
        (Some(event), Some(id), Some(told_at), Some(begun_at), Some(seat_limit))
            if plan_key.is_none_or(is_key) =>
        {
            let plan_key = plan_key.map(str::to_owned);
            let subscription = Subscription {
                id,
                organization_id,
                plan_key,
                seat_limit,
                begun_at,
                paid,
                told_at,
                told_rank,
            };
            Read::Event(event, Told { message: None, subscription: Some(subscription) })
        }
        _ => unusable("its id, its times, its quantity or its lookup_key can't be used"),
    }
}

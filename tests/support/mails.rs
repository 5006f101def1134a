//! Every kind of mail there is.
//!
//! The rule: the database says which jobs it takes and what they may tell, and whoever lists mails compares with that; so a
//! new kind fails wherever nobody has looked at it.

use std::collections::BTreeSet;

use usher::store::notification_choices::EVENTS;

/// Asks for what the jobs' table was made of.
pub const SCHEMA: &str = "SELECT sql FROM sqlite_master WHERE name = 'jobs'";

/// What each mail is, by what its job says: its kind, or what it tells.
pub fn kinds(schema: &str) -> BTreeSet<&str> {
    let listed = |after: &str| {
        let list = schema.split_once(after).unwrap().1.split_once(')').unwrap().0;
        list.split('\'').skip(1).step_by(2)
    };
    // The first sends invitations of its own, the next three mail nobody; the others say only that there is something to tell.
    let told = [
        "bulk_invite",
        "hook_event",
        "webhook_events",
        "webhook_delivery",
        "notification_email",
        "account_notice",
    ];
    let kinds = listed("CHECK (kind IN").filter(|kind| !told.contains(kind));
    let mailed = EVENTS.into_iter().filter(|event| event.mailed.is_some()).map(|event| event.kind);
    kinds.chain(listed("CHECK (notice IN")).chain(mailed).collect()
}

//! The pages of webhooks, for those who run the organization.

use super::{Answers, Costs, FORM};

const OF_ALL: &str = "/o/{slug}/settings/webhooks";
const OF_ONE: &str = "/o/{slug}/settings/webhooks/{webhook}";
const SECRET: &str = "/o/{slug}/settings/webhooks/{webhook}/secret";
const DELETE: &str = "/o/{slug}/settings/webhooks/{webhook}/delete";
const DELIVERY: &str = "/o/{slug}/settings/webhooks/{webhook}/deliveries/{job}";

/// Whoever is not signed in is shown the way in, and to anybody else the organization doesn't exist.
const ADMINS_200: [&str; 9] = ["303", "303", "404", "403", "403", "200", "200", "404", "303"];

pub const ANSWERS: &[Answers] = &[
    ("GET", OF_ALL, ADMINS_200),
    ("POST", OF_ALL, FORM),
    ("GET", OF_ONE, ADMINS_200),
    ("POST", OF_ONE, FORM),
    ("GET", SECRET, ADMINS_200),
    ("POST", SECRET, FORM),
    ("GET", DELETE, ADMINS_200),
    ("POST", DELETE, FORM),
    ("GET", DELIVERY, ADMINS_200),
    ("POST", DELIVERY, FORM),
];

// Whose page it is, and what stands in it.
pub const COSTS: &[Costs] = &[
    ("GET", OF_ALL, "owner", 2, 0),
    ("POST", OF_ALL, "owner", 2, 0),
    ("GET", OF_ONE, "owner", 2, 0),
    ("POST", OF_ONE, "owner", 2, 0),
    ("GET", SECRET, "owner", 2, 0),
    ("POST", SECRET, "owner", 2, 0),
    ("GET", DELETE, "owner", 2, 0),
    ("POST", DELETE, "owner", 2, 0),
    ("GET", DELIVERY, "owner", 2, 0),
    ("POST", DELIVERY, "owner", 2, 0),
];

//! The pages of those who run an organization, and inviting many people by form, for whoever may invite anybody.

use super::{Answers, Costs, FORM};

pub const ANSWERS: &[Answers] = &[
    ("GET", "/o/{slug}/settings", ADMINS_200),
    ("POST", "/o/{slug}/settings", FORM),
    ("GET", "/o/{slug}/settings/branding", ADMINS_200),
    ("POST", "/o/{slug}/settings/branding", FORM),
    ("GET", "/o/{slug}/settings/seats", ADMINS_200),
    ("GET", "/o/{slug}/settings/keys", ADMINS_200),
    ("POST", "/o/{slug}/settings/keys", FORM),
    ("GET", "/o/{slug}/settings/keys/{key}/revoke", ADMINS_200),
    ("POST", "/o/{slug}/settings/keys/{key}/revoke", FORM),
    ("GET", "/o/{slug}/activity", ADMINS_200),
    ("GET", "/o/{slug}/activity/export.csv", ADMINS_200),
    ("GET", "/o/{slug}/activity/export.json", ADMINS_200),
    // In a team, members invite nobody.
    ("GET", "/o/{slug}/team/import", ADMINS_200),
    ("POST", "/o/{slug}/team/import", FORM),
    ("GET", "/o/{slug}/team/import/example.csv", ADMINS_200),
    ("GET", "/o/{slug}/team/import/{job}", ADMINS_200),
    ("POST", "/o/{slug}/team/import/{job}", FORM),
];

/// Whoever is not signed in is shown the way in, and to anybody else the organization doesn't exist.
const ADMINS_200: [&str; 9] = ["303", "303", "404", "403", "403", "200", "200", "404", "303"];

pub const COSTS: &[Costs] = &[
    ("GET", "/o/{slug}/settings", "owner", 1, 0),
    ("POST", "/o/{slug}/settings", "owner", 1, 0),
    ("GET", "/o/{slug}/settings/branding", "owner", 2, 0),
    ("POST", "/o/{slug}/settings/branding", "owner", 2, 0),
    ("GET", "/o/{slug}/settings/seats", "owner", 2, 0),
    ("GET", "/o/{slug}/settings/keys", "owner", 2, 0),
    ("POST", "/o/{slug}/settings/keys", "owner", 2, 0),
    ("GET", "/o/{slug}/settings/keys/{key}/revoke", "owner", 2, 0),
    ("POST", "/o/{slug}/settings/keys/{key}/revoke", "owner", 2, 0),
    ("GET", "/o/{slug}/activity", "owner", 2, 0),
    // And one for each part of 250 entries.
    ("GET", "/o/{slug}/activity/export.csv", "owner", 2, 0),
    ("GET", "/o/{slug}/activity/export.json", "owner", 2, 0),
    ("GET", "/o/{slug}/team/import", "owner", 1, 0),
    ("POST", "/o/{slug}/team/import", "owner", 1, 0),
    ("GET", "/o/{slug}/team/import/example.csv", "owner", 2, 0),
    ("GET", "/o/{slug}/team/import/{job}", "owner", 1, 0),
    ("POST", "/o/{slug}/team/import/{job}", "owner", 1, 0),
];

//! The pages of those who run an organization, and inviting many people by form, for whoever may invite anybody.

use super::{Answers, Costs};

pub const ANSWERS: &[Answers] = &[
    ("GET", "/o/{slug}/settings", ADMINS_200),
    ("POST", "/o/{slug}/settings", ["403"; 9]),
    ("GET", "/o/{slug}/settings/branding", ADMINS_200),
    ("POST", "/o/{slug}/settings/branding", ["403"; 9]),
    ("GET", "/o/{slug}/settings/seats", ADMINS_200),
    ("GET", "/o/{slug}/activity", ADMINS_200),
    // In a team, members invite nobody.
    ("GET", "/o/{slug}/team/import", ADMINS_200),
    ("POST", "/o/{slug}/team/import", ["403"; 9]),
    ("GET", "/o/{slug}/team/import/example.csv", ADMINS_200),
    ("GET", "/o/{slug}/team/import/{job}", ADMINS_200),
    ("POST", "/o/{slug}/team/import/{job}", ["403"; 9]),
];

/// Whoever is not signed in is shown the way in, and to anybody else the organization doesn't exist.
const ADMINS_200: [&str; 9] = ["303", "303", "404", "403", "403", "200", "200", "404", "303"];

pub const COSTS: &[Costs] = &[
    ("GET", "/o/{slug}/settings", "owner", 1, 0),
    ("POST", "/o/{slug}/settings", "owner", 1, 0),
    ("GET", "/o/{slug}/settings/branding", "owner", 2, 0),
    ("POST", "/o/{slug}/settings/branding", "owner", 1, 0),
    ("GET", "/o/{slug}/settings/seats", "owner", 2, 0),
    ("GET", "/o/{slug}/activity", "owner", 2, 0),
    ("GET", "/o/{slug}/team/import", "owner", 1, 0),
    ("POST", "/o/{slug}/team/import", "owner", 1, 0),
    ("GET", "/o/{slug}/team/import/example.csv", "owner", 1, 0),
    ("GET", "/o/{slug}/team/import/{job}", "owner", 1, 0),
    ("POST", "/o/{slug}/team/import/{job}", "owner", 1, 0),
];

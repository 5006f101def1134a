//! The pages of who is in an organization: whoever is not signed in is shown the way in, and to anybody else they don't exist.

use super::{Answers, Costs, FORM, OWN_FORM};

pub const ANSWERS: &[Answers] = &[
    ("GET", "/w/{workspace}", ["303", "303", "404", "200", "200", "200", "200", "404", "303"]),
    ("GET", "/me/notifications", ["303", "303", "200", "200", "200", "200", "200", "200", "303"]),
    ("GET", "/me/data.json", ["303", "303", "200", "200", "200", "200", "200", "200", "303"]),
    ("POST", "/me/notifications", OWN_FORM),
    ("GET", "/me/notifications/settings", ["303", "303", "200", "200", "200", "200", "200", "200", "303"]),
    ("POST", "/me/notifications/settings", OWN_FORM),
    ("POST", "/me/invitations", OWN_FORM),
    ("POST", "/w/{workspace}/ask", FORM),
    ("POST", "/w/{workspace}/accounts", FORM),
    // A client and a member were given no account, so it doesn't exist for them.
    (
        "GET",
        "/w/{workspace}/accounts/{resource}",
        ["303", "303", "404", "404", "404", "200", "200", "404", "303"],
    ),
    (
        "POST",
        "/w/{workspace}/accounts/{resource}",
        ["303", "303", "404", "404", "404", "403", "403", "404", "303"],
    ),
];

pub const COSTS: &[Costs] = &[
    ("GET", "/w/{workspace}", "owner", 3, 0),
    ("GET", "/me/notifications", "owner", 1, 0),
    ("GET", "/me/data.json", "owner", 1, 0),
    ("POST", "/me/notifications", "owner", 1, 0),
    ("GET", "/me/notifications/settings", "owner", 1, 0),
    ("POST", "/me/notifications/settings", "owner", 1, 0),
    ("POST", "/me/invitations", "owner", 1, 0),
    ("POST", "/w/{workspace}/ask", "client", 3, 0),
    ("POST", "/w/{workspace}/accounts", "client", 3, 0),
    ("GET", "/w/{workspace}/accounts/{resource}", "owner", 1, 0),
    ("POST", "/w/{workspace}/accounts/{resource}", "owner", 4, 0),
];

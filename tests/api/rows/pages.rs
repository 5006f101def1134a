//! The pages of who is in an organization: whoever is not signed in is shown the way in, and to anybody else they don't exist.

use super::{Answers, Costs};

pub const ANSWERS: &[Answers] = &[
    ("GET", "/w/{workspace}", ["303", "303", "404", "200", "200", "200", "200", "404", "303"]),
    ("GET", "/me/notifications", ["303", "303", "200", "200", "200", "200", "200", "200", "303"]),
    ("POST", "/me/notifications", ["403"; 9]),
    ("POST", "/w/{workspace}/ask", ["403"; 9]),
    ("POST", "/w/{workspace}/accounts", ["403"; 9]),
    // A client and a member were given no account, so it doesn't exist for them.
    (
        "GET",
        "/w/{workspace}/accounts/{resource}",
        ["303", "303", "404", "404", "404", "200", "200", "404", "303"],
    ),
    ("POST", "/w/{workspace}/accounts/{resource}", ["403"; 9]),
];

pub const COSTS: &[Costs] = &[
    ("GET", "/w/{workspace}", "owner", 3, 0),
    ("GET", "/me/notifications", "owner", 1, 0),
    ("POST", "/me/notifications", "owner", 0, 0),
    ("POST", "/w/{workspace}/ask", "client", 1, 0),
    ("POST", "/w/{workspace}/accounts", "client", 1, 0),
    ("GET", "/w/{workspace}/accounts/{resource}", "owner", 1, 0),
    ("POST", "/w/{workspace}/accounts/{resource}", "owner", 1, 0),
];

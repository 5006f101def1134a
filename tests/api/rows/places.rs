//! The pages of a member, of what they have in a workspace, and of the workspaces. A form without its nonce is shown again.

use super::{Answers, Costs, FORM};

pub const ANSWERS: &[Answers] = &[
    // The client's own.
    ("GET", "/o/{slug}/members/{member}", ["303", "303", "404", "200", "200", "200", "200", "404", "303"]),
    ("POST", "/o/{slug}/members/{member}", FORM),
    (
        "GET",
        "/o/{slug}/members/{member}/owner",
        ["303", "303", "404", "403", "403", "403", "200", "404", "303"],
    ),
    ("POST", "/o/{slug}/members/{member}/owner", FORM),
    // The client's own.
    (
        "GET",
        "/o/{slug}/members/{member}/leave",
        ["303", "303", "404", "200", "403", "403", "403", "404", "303"],
    ),
    ("POST", "/o/{slug}/members/{member}/leave", FORM),
    ("GET", "/o/{slug}/members/{member}/password", ADMINISTERED),
    ("POST", "/o/{slug}/members/{member}/password", FORM),
    ("GET", "/o/{slug}/workspaces", ["303", "303", "404", "200", "200", "200", "200", "404", "303"]),
    ("POST", "/o/{slug}/workspaces", FORM),
    ("GET", "/w/{workspace}/add", ADMINISTERED),
    ("POST", "/w/{workspace}/add", ["303", "303", "404", "403", "403", "404", "404", "404", "303"]),
    // The client's own leads to the workspace as they see it.
    (
        "GET",
        "/w/{workspace}/members/{member}",
        ["303", "303", "404", "303", "403", "200", "200", "404", "303"],
    ),
    ("POST", "/w/{workspace}/members/{member}", FORM),
    (
        "GET",
        "/w/{workspace}/members/{member}/preview",
        ["303", "303", "404", "200", "403", "200", "200", "404", "303"],
    ),
    ("GET", "/w/{workspace}/members/{member}/remove", ADMINISTERED),
    ("POST", "/w/{workspace}/members/{member}/remove", FORM),
];

/// Whoever isn't signed in is shown the way to the sign-in; in this template only owner and admins invite.
const ADMINISTERED: [&str; 9] = ["303", "303", "404", "403", "403", "200", "200", "404", "303"];

pub const COSTS: &[Costs] = &[
    ("GET", "/o/{slug}/members/{member}", "client", 1, 0),
    // With the workspaces that they can be added to.
    ("GET", "/o/{slug}/members/{member}", "owner", 2, 0),
    ("POST", "/o/{slug}/members/{member}", "owner", 2, 0),
    ("GET", "/o/{slug}/members/{member}/owner", "owner", 1, 0),
    ("POST", "/o/{slug}/members/{member}/owner", "owner", 1, 0),
    ("GET", "/o/{slug}/members/{member}/leave", "client", 1, 0),
    ("POST", "/o/{slug}/members/{member}/leave", "client", 1, 0),
    ("GET", "/o/{slug}/members/{member}/password", "owner", 1, 0),
    ("POST", "/o/{slug}/members/{member}/password", "owner", 1, 0),
    ("GET", "/o/{slug}/workspaces", "owner", 2, 0),
    ("POST", "/o/{slug}/workspaces", "owner", 2, 0),
    ("GET", "/w/{workspace}/add", "owner", 2, 0),
    ("POST", "/w/{workspace}/add", "owner", 2, 0),
    ("GET", "/w/{workspace}/members/{member}", "owner", 2, 0),
    ("POST", "/w/{workspace}/members/{member}", "owner", 2, 0),
    // With the accounts that they see.
    ("GET", "/w/{workspace}/members/{member}/preview", "owner", 2, 0),
    ("GET", "/w/{workspace}/members/{member}/remove", "owner", 1, 0),
    ("POST", "/w/{workspace}/members/{member}/remove", "owner", 1, 0),
];

//! Team & Clients: its pages and forms. A form without its nonce is shown again.

use super::{Answers, Costs, FORM};

pub const ANSWERS: &[Answers] = &[
    ("GET", "/o/{slug}/team", ["303", "303", "404", "403", "200", "200", "200", "404", "303"]),
    ("GET", "/o/{slug}/team/remove", ADMINISTERED),
    ("POST", "/o/{slug}/team/remove", FORM),
    // Nobody was removed at no moment.
    ("GET", "/o/{slug}/team/restore", NOBODY_GONE),
    ("POST", "/o/{slug}/team/restore", NOBODY_GONE),
    ("GET", "/o/{slug}/team/export.csv", ["303", "303", "404", "403", "200", "200", "200", "404", "303"]),
    ("GET", "/o/{slug}/invitations/{invitation}", ADMINISTERED),
    ("POST", "/o/{slug}/invitations/{invitation}", FORM),
    ("GET", "/o/{slug}/invitations/{invitation}/link", ADMINISTERED),
    ("POST", "/o/{slug}/invitations/{invitation}/link", FORM),
    ("GET", "/o/{slug}/invitations/{invitation}/send", ADMINISTERED),
    ("POST", "/o/{slug}/invitations/{invitation}/send", FORM),
    ("GET", "/o/{slug}/invitations/{invitation}/withdraw", ADMINISTERED),
    ("POST", "/o/{slug}/invitations/{invitation}/withdraw", FORM),
    ("GET", "/o/{slug}/invitations/{invitation}/replace", ADMINISTERED),
    ("POST", "/o/{slug}/invitations/{invitation}/replace", FORM),
    ("GET", "/o/{slug}/invitations/{invitation}/off", ADMINISTERED),
    ("POST", "/o/{slug}/invitations/{invitation}/off", FORM),
    ("GET", "/o/{slug}/invitations/{invitation}/on", ADMINISTERED),
    ("POST", "/o/{slug}/invitations/{invitation}/on", FORM),
];

/// Whoever isn't signed in is shown the way to the sign-in; in this template only owner and admins invite.
const ADMINISTERED: [&str; 9] = ["303", "303", "404", "403", "403", "200", "200", "404", "303"];

const NOBODY_GONE: [&str; 9] = ["303", "303", "404", "403", "403", "404", "404", "404", "303"];

pub const COSTS: &[Costs] = &[
    ("GET", "/o/{slug}/team", "owner", 2, 0),
    ("GET", "/o/{slug}/team/remove", "owner", 1, 0),
    ("GET", "/o/{slug}/team/restore", "owner", 1, 0),
    ("POST", "/o/{slug}/team/restore", "owner", 1, 0),
    // And one for each part of 500 rows.
    ("GET", "/o/{slug}/team/export.csv", "owner", 2, 0),
    ("GET", "/o/{slug}/invitations/{invitation}", "owner", 1, 0),
    ("GET", "/o/{slug}/invitations/{invitation}/link", "owner", 1, 0),
    ("GET", "/o/{slug}/invitations/{invitation}/send", "owner", 1, 0),
    ("GET", "/o/{slug}/invitations/{invitation}/withdraw", "owner", 1, 0),
    ("GET", "/o/{slug}/invitations/{invitation}/replace", "owner", 1, 0),
    ("GET", "/o/{slug}/invitations/{invitation}/off", "owner", 1, 0),
    ("GET", "/o/{slug}/invitations/{invitation}/on", "owner", 1, 0),
    // Refused for what they carry; what they cost when they work is in `tests/pages/`.
    ("POST", "/o/{slug}/team/remove", "owner", 1, 0),
    ("POST", "/o/{slug}/invitations/{invitation}", "owner", 1, 0),
    ("POST", "/o/{slug}/invitations/{invitation}/link", "owner", 1, 0),
    ("POST", "/o/{slug}/invitations/{invitation}/send", "owner", 1, 0),
    ("POST", "/o/{slug}/invitations/{invitation}/withdraw", "owner", 1, 0),
    ("POST", "/o/{slug}/invitations/{invitation}/replace", "owner", 1, 0),
    ("POST", "/o/{slug}/invitations/{invitation}/off", "owner", 1, 0),
    ("POST", "/o/{slug}/invitations/{invitation}/on", "owner", 1, 0),
];

//! Team & Clients: its pages and forms. No form works without its nonce.

use super::{Answers, Costs};

pub const ANSWERS: &[Answers] = &[
    ("GET", "/o/{slug}/team", ["303", "303", "404", "403", "200", "200", "200", "404", "303"]),
    ("GET", "/o/{slug}/team/remove", ADMINISTERED),
    ("POST", "/o/{slug}/team/remove", ["403"; 9]),
    ("GET", "/o/{slug}/invitations/{invitation}", ADMINISTERED),
    ("POST", "/o/{slug}/invitations/{invitation}", ["403"; 9]),
    ("GET", "/o/{slug}/invitations/{invitation}/link", ADMINISTERED),
    ("POST", "/o/{slug}/invitations/{invitation}/link", ["403"; 9]),
    ("GET", "/o/{slug}/invitations/{invitation}/send", ADMINISTERED),
    ("POST", "/o/{slug}/invitations/{invitation}/send", ["403"; 9]),
    ("GET", "/o/{slug}/invitations/{invitation}/withdraw", ADMINISTERED),
    ("POST", "/o/{slug}/invitations/{invitation}/withdraw", ["403"; 9]),
    ("GET", "/o/{slug}/invitations/{invitation}/replace", ADMINISTERED),
    ("POST", "/o/{slug}/invitations/{invitation}/replace", ["403"; 9]),
    ("GET", "/o/{slug}/invitations/{invitation}/off", ADMINISTERED),
    ("POST", "/o/{slug}/invitations/{invitation}/off", ["403"; 9]),
    ("GET", "/o/{slug}/invitations/{invitation}/on", ADMINISTERED),
    ("POST", "/o/{slug}/invitations/{invitation}/on", ["403"; 9]),
];

/// Whoever isn't signed in is shown the way to the sign-in; in this template only owner and admins invite.
const ADMINISTERED: [&str; 9] = ["303", "303", "404", "403", "403", "200", "200", "404", "303"];

pub const COSTS: &[Costs] = &[
    ("GET", "/o/{slug}/team", "owner", 2, 0),
    ("GET", "/o/{slug}/team/remove", "owner", 1, 0),
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

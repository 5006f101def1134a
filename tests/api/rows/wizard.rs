//! Inviting somebody, step by step: the pages of [`usher::web::pages::invite`].

use super::{Answers, Costs};

pub const ANSWERS: &[Answers] = &[
    ("GET", "/o/{slug}/team/invite", ["303", "303", "404", "403", "403", "200", "200", "404", "303"]),
    // No form works without its nonce.
    ("POST", "/o/{slug}/team/invite", ["403"; 9]),
    // A draft that nobody has: on to the list.
    (
        "GET",
        "/o/{slug}/team/invite/{draft}/{step}",
        ["303", "303", "404", "403", "403", "303", "303", "404", "303"],
    ),
    ("POST", "/o/{slug}/team/invite/{draft}/{step}", ["403"; 9]),
];

pub const COSTS: &[Costs] = &[
    ("GET", "/o/{slug}/team/invite", "owner", 2, 0),
    ("POST", "/o/{slug}/team/invite", "owner", 1, 0),
    ("GET", "/o/{slug}/team/invite/{draft}/{step}", "owner", 1, 0),
    ("POST", "/o/{slug}/team/invite/{draft}/{step}", "owner", 1, 0),
];

//! Inviting somebody, step by step: the pages of [`usher::web::pages::invite`].

use super::{Answers, Costs, FORM};

pub const ANSWERS: &[Answers] = &[
    ("GET", "/o/{slug}/team/invite", ["303", "303", "404", "403", "403", "200", "200", "404", "303"]),
    // A form without its nonce is shown again.
    ("POST", "/o/{slug}/team/invite", FORM),
    ("POST", "/o/{slug}/invitations/{invitation}/draft", FORM),
    // A draft that nobody has: on to the list.
    (
        "GET",
        "/o/{slug}/team/invite/{draft}/{step}",
        ["303", "303", "404", "403", "403", "303", "303", "404", "303"],
    ),
    (
        "POST",
        "/o/{slug}/team/invite/{draft}/{step}",
        ["303", "303", "404", "403", "403", "303", "303", "404", "303"],
    ),
];

pub const COSTS: &[Costs] = &[
    ("GET", "/o/{slug}/team/invite", "owner", 2, 0),
    ("POST", "/o/{slug}/team/invite", "owner", 2, 0),
    ("POST", "/o/{slug}/invitations/{invitation}/draft", "owner", 1, 0),
    ("GET", "/o/{slug}/team/invite/{draft}/{step}", "owner", 1, 0),
    ("POST", "/o/{slug}/team/invite/{draft}/{step}", "owner", 1, 0),
];

//! Links for many, and changing invitations.

use super::{Answers, Costs, ELSEWHERE, FORBIDDEN, NOBODY};

pub const ANSWERS: &[Answers] = &[
    ("PATCH", "/v1/invitations/{invitation}", INVITERS_200),
    ("POST", "/v1/invitations/{invitation}/rotate", INVITERS_200),
    ("POST", "/v1/invitations/{invitation}/disable", INVITERS_200),
    ("POST", "/v1/invitations/{invitation}/enable", INVITERS_200),
    ("GET", "/v1/invitations/{invitation}/redemptions", INVITERS_200),
    ("GET", "/v1/invitations/{invitation}/deliveries", INVITERS_200),
];

const INVITERS_200: [&str; 9] =
    [NOBODY, FORBIDDEN, ELSEWHERE, FORBIDDEN, FORBIDDEN, "200", "200", ELSEWHERE, NOBODY];

pub const COSTS: &[Costs] = &[
    ("PATCH", "/v1/invitations/{invitation}", "owner", 2, 1),
    ("POST", "/v1/invitations/{invitation}/rotate", "owner", 2, 1),
    ("POST", "/v1/invitations/{invitation}/disable", "owner", 2, 1),
    // It is on already: nothing that the page shows has changed.
    ("POST", "/v1/invitations/{invitation}/enable", "owner", 2, 0),
    ("GET", "/v1/invitations/{invitation}/redemptions", "owner", 2, 0),
    ("GET", "/v1/invitations/{invitation}/deliveries", "owner", 2, 0),
];

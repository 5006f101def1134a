//! Many invitations in one request.

use super::{Answers, Costs, ELSEWHERE, FORBIDDEN, NOBODY};

const INVITERS: [&str; 9] =
    [NOBODY, FORBIDDEN, ELSEWHERE, FORBIDDEN, FORBIDDEN, "200", "200", ELSEWHERE, NOBODY];

pub const ANSWERS: &[Answers] = &[
    (
        "POST",
        "/v1/organizations/{organization}/invitations/bulk",
        [
            NOBODY,
            FORBIDDEN,
            ELSEWHERE,
            "403 role_not_allowed",
            "403 role_not_allowed",
            "202",
            "202",
            ELSEWHERE,
            NOBODY,
        ],
    ),
    ("GET", "/v1/jobs/{job}", INVITERS),
    ("POST", "/v1/jobs/{job}/undo", INVITERS),
];

pub const COSTS: &[Costs] = &[
    ("POST", "/v1/organizations/{organization}/invitations/bulk", "owner", 2, 0),
    ("GET", "/v1/jobs/{job}", "owner", 1, 0),
    ("POST", "/v1/jobs/{job}/undo", "owner", 2, 0),
];

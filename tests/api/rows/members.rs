//! Members, memberships, access and checks.

use super::{Answers, Costs, ELSEWHERE, FORBIDDEN, NOBODY};

/// For those who run the organization; the member of the path is a client who is nobody of the cast.
const ADMINS_204: [&str; 9] =
    [NOBODY, FORBIDDEN, ELSEWHERE, FORBIDDEN, FORBIDDEN, "204", "204", ELSEWHERE, NOBODY];
const ADMINS_200: [&str; 9] =
    [NOBODY, FORBIDDEN, ELSEWHERE, FORBIDDEN, FORBIDDEN, "200", "200", ELSEWHERE, NOBODY];
/// The same, and for the client whom it is about.
const AND_ONES_OWN_200: [&str; 9] =
    [NOBODY, FORBIDDEN, ELSEWHERE, "200", FORBIDDEN, "200", "200", ELSEWHERE, NOBODY];

pub const ANSWERS: &[Answers] = &[
    (
        "GET",
        "/v1/members/{member}",
        [NOBODY, FORBIDDEN, ELSEWHERE, "200", "200", "200", "200", ELSEWHERE, NOBODY],
    ),
    ("PATCH", "/v1/members/{member}", AND_ONES_OWN_200),
    ("DELETE", "/v1/members/{member}", ADMINS_204),
    ("POST", "/v1/organizations/{organization}/members/remove", ADMINS_200),
    ("POST", "/v1/members/{member}/restore", ADMINS_200),
    // To themself: that it is the owner who asks is all that the table shows.
    (
        "POST",
        "/v1/organizations/{organization}/owner",
        [
            NOBODY,
            FORBIDDEN,
            ELSEWHERE,
            FORBIDDEN,
            FORBIDDEN,
            FORBIDDEN,
            "422 invalid_value",
            ELSEWHERE,
            NOBODY,
        ],
    ),
    (
        "POST",
        "/v1/workspaces/{workspace}/members",
        [NOBODY, FORBIDDEN, ELSEWHERE, FORBIDDEN, FORBIDDEN, "201", "201", ELSEWHERE, NOBODY],
    ),
    ("PATCH", "/v1/workspaces/{workspace}/members/{member}", ADMINS_200),
    ("DELETE", "/v1/workspaces/{workspace}/members/{member}", ADMINS_204),
    ("GET", "/v1/workspaces/{workspace}/members/{member}/access", AND_ONES_OWN_200),
    ("POST", "/v1/check", AND_ONES_OWN_200),
];

pub const COSTS: &[Costs] = &[
    ("GET", "/v1/members/{member}", "owner", 1, 0),
    ("PATCH", "/v1/members/{member}", "owner", 2, 0),
    ("DELETE", "/v1/members/{member}", "owner", 2, 0),
    ("POST", "/v1/organizations/{organization}/members/remove", "owner", 2, 0),
    ("POST", "/v1/members/{member}/restore", "owner", 2, 0),
    ("POST", "/v1/organizations/{organization}/owner", "owner", 4, 0),
    ("POST", "/v1/workspaces/{workspace}/members", "owner", 2, 0),
    ("PATCH", "/v1/workspaces/{workspace}/members/{member}", "owner", 2, 0),
    ("DELETE", "/v1/workspaces/{workspace}/members/{member}", "owner", 2, 0),
    ("GET", "/v1/workspaces/{workspace}/members/{member}/access", "client", 1, 0),
    ("POST", "/v1/check", "client", 1, 0),
    ("POST", "/v1/check", "owner", 1, 0),
];

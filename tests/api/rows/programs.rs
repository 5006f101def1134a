//! The keys of an organization's programs.

use super::{Answers, Costs, ELSEWHERE, FORBIDDEN, NOBODY};

pub const ANSWERS: &[Answers] = &[
    ("GET", "/v1/organizations/{organization}/api-keys", THEIRS_200),
    (
        "POST",
        "/v1/organizations/{organization}/api-keys",
        [NOBODY, "201", ELSEWHERE, FORBIDDEN, FORBIDDEN, "201", "201", ELSEWHERE, NOBODY],
    ),
    (
        "DELETE",
        "/v1/organizations/{organization}/api-keys/{key}",
        [NOBODY, "204", ELSEWHERE, FORBIDDEN, FORBIDDEN, "204", "204", ELSEWHERE, NOBODY],
    ),
    // Whoever the session is of, for the organization that they are in.
    ("POST", "/v1/me/token", [NOBODY, FORBIDDEN, ELSEWHERE, "200", "200", "200", "200", ELSEWHERE, NOBODY]),
    // To the sign-in, or on to the host product.
    ("GET", "/open", ["303", "303", "404", "303", "303", "303", "303", "404", "303"]),
    // For a program of the organization alone.
    (
        "POST",
        "/v1/tokens",
        [NOBODY, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, NOBODY],
    ),
    ("GET", "/.well-known/jwks.json", ["200"; 9]),
];

const THEIRS_200: [&str; 9] =
    [NOBODY, "200", ELSEWHERE, FORBIDDEN, FORBIDDEN, "200", "200", ELSEWHERE, NOBODY];

pub const COSTS: &[Costs] = &[
    ("GET", "/v1/organizations/{organization}/api-keys", "owner", 2, 0),
    // Who they are, their password, that it was right, the key.
    ("POST", "/v1/organizations/{organization}/api-keys", "owner", 4, 0),
    ("POST", "/v1/organizations/{organization}/api-keys", "operator", 1, 0),
    ("DELETE", "/v1/organizations/{organization}/api-keys/{key}", "owner", 2, 0),
    ("POST", "/v1/me/token", "owner", 1, 0),
    ("GET", "/open", "owner", 1, 0),
    // Whose session it was, then who that is by now.
    ("POST", "/v1/tokens", "key", 2, 0),
    ("GET", "/.well-known/jwks.json", "nobody", 0, 0),
    // A program pays what a person does.
    ("POST", "/v1/check", "key", 1, 0),
    ("POST", "/v1/organizations/{organization}/invitations", "key", 2, 0),
    ("GET", "/v1/organizations/{organization}/members", "key", 2, 0),
];

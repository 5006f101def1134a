//! Adding people at once, their passwords and notifications.

use super::{Answers, Costs, ELSEWHERE, FORBIDDEN, NOBODY};

/// The token in the cast's hands is an invitation's, which is none of these.
const NOT_THIS_KIND: [&str; 9] = ["404 password_link_invalid"; 9];
const ROLE: &str = "403 role_not_allowed";
/// The cast's client came by an invitation, so they have a password.
const SET: &str = "409 password_already_set";

pub const ANSWERS: &[Answers] = &[
    ("GET", "/reset/{token}", ["404"; 9]),
    // No form works without its nonce; the token is looked at first, since that costs nothing.
    ("POST", "/reset/{token}", ["404"; 9]),
    (
        "POST",
        "/v1/organizations/{organization}/members",
        [NOBODY, FORBIDDEN, ELSEWHERE, ROLE, ROLE, "201", "201", ELSEWHERE, NOBODY],
    ),
    (
        "POST",
        "/v1/members/{member}/password-link",
        [NOBODY, FORBIDDEN, ELSEWHERE, FORBIDDEN, FORBIDDEN, SET, SET, ELSEWHERE, NOBODY],
    ),
    ("POST", "/v1/password-resets/redeem", NOT_THIS_KIND),
    ("GET", "/v1/me/notifications", [NOBODY, FORBIDDEN, "200", "200", "200", "200", "200", "200", NOBODY]),
    (
        "POST",
        "/v1/me/notifications/read",
        [NOBODY, FORBIDDEN, "204", "204", "204", "204", "204", "204", NOBODY],
    ),
    (
        "GET",
        "/v1/me/notification-settings",
        [NOBODY, FORBIDDEN, "200", "200", "200", "200", "200", "200", NOBODY],
    ),
    (
        "PATCH",
        "/v1/me/notification-settings",
        [NOBODY, FORBIDDEN, ELSEWHERE, "200", "200", "200", "200", ELSEWHERE, NOBODY],
    ),
];

pub const COSTS: &[Costs] = &[
    // A token that is none of these costs nothing; one that is, see `passwords`.
    ("GET", "/reset/{token}", "nobody", 0, 0),
    ("POST", "/reset/{token}", "nobody", 0, 0),
    ("POST", "/v1/organizations/{organization}/members", "owner", 2, 0),
    ("POST", "/v1/members/{member}/password-link", "owner", 2, 0),
    ("POST", "/v1/password-resets/redeem", "nobody", 0, 0),
    ("GET", "/v1/me/notifications", "owner", 1, 0),
    ("POST", "/v1/me/notifications/read", "owner", 1, 0),
    ("GET", "/v1/me/notification-settings", "owner", 1, 0),
    ("PATCH", "/v1/me/notification-settings", "owner", 1, 0),
];

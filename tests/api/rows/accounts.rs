//! One's own account: forgotten passwords, the second factor, sessions. Nobody may touch another's.

use super::{Answers, Costs, ELSEWHERE, FORBIDDEN, NOBODY, OWN_FORM};

const NONE: &str = "409 mfa_not_enabled";
const CODE: &str = "422 invalid_code";
const WRONG: &str = "401 invalid_credentials";

/// A page of one's own: nobody is shown the way in.
const SIGNED_IN: [&str; 9] = ["303", "303", "200", "200", "200", "200", "200", "200", "303"];

/// A form of one's own without its nonce: it comes back, to those who are signed in.
const FORM: [&str; 9] = ["303", "303", "403", "403", "403", "403", "403", "403", "303"];

pub const ANSWERS: &[Answers] = &[
    // Anybody may ask; the answer is one for every address.
    ("GET", "/forgot-password", ["200"; 9]),
    ("POST", "/forgot-password", ["403"; 9]),
    ("POST", "/v1/password-resets", ["202"; 9]),
    ("GET", "/sign-in/code", ["303", "303", "200", "200", "200", "200", "200", "200", "200"]),
    ("POST", "/sign-in/code", ["403"; 9]),
    ("GET", "/me/security", SIGNED_IN),
    ("GET", "/me/security/password", SIGNED_IN),
    ("POST", "/me/security/password", FORM),
    ("GET", "/me/security/two-step", SIGNED_IN),
    ("POST", "/me/security/two-step", FORM),
    // Whoever has none is shown where it is set up.
    ("GET", "/me/security/two-step/off", ["303"; 9]),
    ("POST", "/me/security/two-step/off", ["303"; 9]),
    ("POST", "/me/security/sessions", OWN_FORM),
    ("POST", "/v1/me/mfa/totp", [NOBODY, FORBIDDEN, "201", "201", "201", "201", "201", "201", NOBODY]),
    ("DELETE", "/v1/me/mfa/totp", [NOBODY, FORBIDDEN, NONE, NONE, NONE, NONE, NONE, NONE, NOBODY]),
    (
        "POST",
        "/v1/me/mfa/totp/confirm",
        // Begun above, and this is none of its codes.
        [NOBODY, FORBIDDEN, CODE, CODE, CODE, CODE, CODE, CODE, NOBODY],
    ),
    // A session that waits for nothing is none that waits.
    ("POST", "/v1/sessions/mfa", [NOBODY, FORBIDDEN, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY]),
    // The operator's own; whom it is about has none.
    (
        "POST",
        "/v1/mfa-resets",
        [NOBODY, NONE, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN],
    ),
    ("PUT", "/v1/me/password", [NOBODY, FORBIDDEN, WRONG, WRONG, WRONG, WRONG, WRONG, WRONG, NOBODY]),
    ("GET", "/v1/sessions", [NOBODY, FORBIDDEN, "200", "200", "200", "200", "200", "200", NOBODY]),
    ("DELETE", "/v1/sessions", [NOBODY, FORBIDDEN, "204", "204", "204", "204", "204", "204", NOBODY]),
    (
        "DELETE",
        "/v1/sessions/{session}",
        [NOBODY, FORBIDDEN, ELSEWHERE, ELSEWHERE, ELSEWHERE, ELSEWHERE, "204", ELSEWHERE, NOBODY],
    ),
];

pub const COSTS: &[Costs] = &[
    ("GET", "/forgot-password", "nobody", 0, 0),
    ("POST", "/forgot-password", "nobody", 0, 0),
    ("POST", "/v1/password-resets", "nobody", 1, 0),
    ("GET", "/sign-in/code", "nobody", 0, 0),
    ("POST", "/sign-in/code", "nobody", 0, 0),
    ("GET", "/me/security", "owner", 1, 0),
    ("GET", "/me/security/password", "owner", 1, 0),
    ("POST", "/me/security/password", "owner", 1, 0),
    ("GET", "/me/security/two-step", "owner", 1, 0),
    ("POST", "/me/security/two-step", "owner", 1, 0),
    ("GET", "/me/security/two-step/off", "owner", 1, 0),
    ("POST", "/me/security/two-step/off", "owner", 1, 0),
    ("POST", "/me/security/sessions", "owner", 1, 0),
    // With the password, which is checked in between; soon after it was typed it costs one less.
    ("POST", "/v1/me/mfa/totp", "owner", 3, 0),
    // Refused; what is served costs one more, see `totp`.
    ("DELETE", "/v1/me/mfa/totp", "owner", 1, 0),
    ("POST", "/v1/me/mfa/totp/confirm", "owner", 1, 0),
    ("POST", "/v1/sessions/mfa", "owner", 1, 0),
    ("POST", "/v1/mfa-resets", "operator", 1, 0),
    ("PUT", "/v1/me/password", "owner", 1, 0),
    ("GET", "/v1/sessions", "owner", 1, 0),
    ("DELETE", "/v1/sessions", "owner", 1, 0),
    ("DELETE", "/v1/sessions/{session}", "owner", 1, 0),
];

//! Another address, and other recovery codes. Nobody may touch another's.

use super::{Answers, Costs, FORBIDDEN, NOBODY};

const WRONG: &str = "401 invalid_credentials";
const NOTHING: &str = "404 not_found";
const FORGED: &str = "404 email_link_invalid";

/// A page of one's own: nobody is shown the way in.
const SIGNED_IN: [&str; 9] = ["303", "303", "200", "200", "200", "200", "200", "200", "303"];

/// A form of one's own without its nonce: it comes back, to those who are signed in.
const FORM: [&str; 9] = ["303", "303", "403", "403", "403", "403", "403", "403", "303"];

pub const ANSWERS: &[Answers] = &[
    ("GET", "/me/security/email", SIGNED_IN),
    ("POST", "/me/security/email", FORM),
    // Whoever has no second factor is shown where it is set up.
    ("GET", "/me/security/two-step/codes", ["303"; 9]),
    ("POST", "/me/security/two-step/codes", ["303"; 9]),
    // The token decides, and this one is of an invitation.
    ("GET", "/email/{token}", ["404"; 9]),
    ("POST", "/email/{token}", ["404"; 9]),
    ("POST", "/v1/email-changes/confirm", [FORGED; 9]),
    ("POST", "/v1/email-changes/cancel", [FORGED; 9]),
    ("POST", "/v1/me/email", [NOBODY, FORBIDDEN, WRONG, WRONG, WRONG, WRONG, WRONG, WRONG, NOBODY]),
    (
        "DELETE",
        "/v1/me/email",
        [NOBODY, FORBIDDEN, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOBODY],
    ),
    (
        "POST",
        "/v1/me/mfa/recovery-codes",
        [NOBODY, FORBIDDEN, WRONG, WRONG, WRONG, WRONG, WRONG, WRONG, NOBODY],
    ),
];

pub const COSTS: &[Costs] = &[
    ("GET", "/me/security/email", "owner", 1, 0),
    ("POST", "/me/security/email", "owner", 1, 0),
    ("GET", "/me/security/two-step/codes", "owner", 1, 0),
    ("POST", "/me/security/two-step/codes", "owner", 1, 0),
    ("GET", "/email/{token}", "nobody", 0, 0),
    ("POST", "/email/{token}", "nobody", 0, 0),
    ("POST", "/v1/email-changes/confirm", "nobody", 0, 0),
    ("POST", "/v1/email-changes/cancel", "nobody", 0, 0),
    // Refused; what is served costs one more, see `email_changes` and `recovery_codes`.
    ("POST", "/v1/me/email", "owner", 1, 0),
    ("DELETE", "/v1/me/email", "owner", 1, 0),
    ("POST", "/v1/me/mfa/recovery-codes", "owner", 1, 0),
];

//! What others tell: whoever they are signed in as here is nothing to it, only the hook's own secret is.

use super::{Answers, Costs, NOBODY};

pub const ANSWERS: &[Answers] = &[
    ("POST", "/hooks/email/resend", [NOBODY; 9]),
    ("POST", "/hooks/email/postmark", [NOBODY; 9]),
    ("POST", "/hooks/billing/stripe", [NOBODY; 9]),
];

/// Refused unread. What an event costs is with the hooks.
pub const COSTS: &[Costs] = &[
    ("POST", "/hooks/email/resend", "nobody", 0, 0),
    ("POST", "/hooks/email/postmark", "nobody", 0, 0),
    ("POST", "/hooks/billing/stripe", "nobody", 0, 0),
];

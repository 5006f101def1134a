//! What other programs look for at fixed addresses, whoever asks.

use super::{Answers, Costs};

pub const ANSWERS: &[Answers] = &[
    // Nobody is named in these settings.
    ("GET", "/.well-known/security.txt", ["404"; 9]),
    ("GET", "/.well-known/change-password", ["303"; 9]),
];

pub const COSTS: &[Costs] = &[
    ("GET", "/.well-known/security.txt", "nobody", 0, 0),
    ("GET", "/.well-known/change-password", "nobody", 0, 0),
];

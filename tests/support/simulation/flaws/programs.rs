//! Mistakes about programs, and about what is asked again under one key.

use super::Flaw;

pub const FLAWS: &[Flaw] = &[
    Flaw {
        name: "what is done under a key is not kept",
        within: "INSERT INTO idempotent_requests",
        text: "WHERE EXISTS (",
        instead: "WHERE 0 AND EXISTS (",
    },
    Flaw {
        name: "a key is forgotten at once",
        within: "DELETE FROM idempotent_requests WHERE caller",
        text: "created_at <= ?3",
        instead: "?3 > 0",
    },
];

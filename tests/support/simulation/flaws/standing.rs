//! Mistakes about removals that are undone, and about ownership.

use super::Flaw;

pub const FLAWS: &[Flaw] = &[
    Flaw {
        name: "putting back takes one seat too many",
        within: "sum(m.takes_seat) OVER (ORDER BY e.key)",
        text: "<= o.seat_limit",
        instead: "<= o.seat_limit + 1",
    },
    Flaw {
        name: "whoever was invited again is put back",
        within: "sum(m.takes_seat) OVER (ORDER BY e.key)",
        text: "AND v.outcome = 'open')",
        instead: "AND v.outcome = 'never')",
    },
    Flaw {
        name: "whoever is put back stays removed",
        within: "UPDATE members SET removed_at = NULL",
        text: "removed_at = NULL",
        instead: "removed_at = removed_at",
    },
    Flaw {
        name: "who is made the owner is none",
        within: "UPDATE members SET role = 'owner'",
        text: "role = 'owner'",
        instead: "role = role",
    },
];

//! Mistakes about plans, and about what others tell.

use super::Flaw;

pub const FLAWS: &[Flaw] = &[
    Flaw {
        name: "an older word about a subscription wins",
        within: "INSERT INTO subscriptions",
        text: "AND (excluded.told_at, excluded.told_rank) >= (subscriptions.told_at, subscriptions.told_rank)",
        instead: "",
    },
    Flaw {
        name: "of two subscriptions the older one counts",
        within: "FROM subscriptions about",
        text: "ORDER BY x.begun_at DESC",
        instead: "ORDER BY x.begun_at",
    },
    Flaw {
        name: "what changes nothing is a change of plan",
        within: "FROM subscriptions about",
        text: "WHERE o.was <> o.becomes",
        instead: "WHERE 1",
    },
    Flaw {
        name: "a word that is told again counts as another",
        within: "'hook_event', ?2",
        text: "ON CONFLICT DO NOTHING RETURNING id",
        instead: "RETURNING id",
    },
    Flaw {
        name: "a lowered plan keeps its seats",
        within: "SET plan_key = e.after",
        text: "seat_limit = e.after ->> '$.seat_limit'",
        instead: "seat_limit = max(seat_limit, e.after ->> '$.seat_limit')",
    },
    Flaw {
        name: "after the trial people are invited still",
        within: "INSERT INTO invitations",
        text: "o.trial_ends_at > ",
        instead: "?1 IS NOT NULL OR o.trial_ends_at > ",
    },
    Flaw {
        name: "what was reported is not kept",
        within: "INSERT INTO complaints",
        text: "?2 IN ('bounced', 'complained')",
        instead: "?2 IN ('bounced', 'never')",
    },
];

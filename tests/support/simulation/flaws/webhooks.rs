//! Mistakes about webhooks.

use super::Flaw;

pub const FLAWS: &[Flaw] = &[
    Flaw {
        name: "nobody is told",
        within: "FROM webhook_events e JOIN organizations o",
        text: "w.live = 1",
        instead: "w.live = 0",
    },
    Flaw {
        name: "what happens is gathered again and again",
        within: "UPDATE webhook_events SET at",
        text: "WHERE at IS NULL",
        instead: "WHERE 1",
    },
    Flaw {
        name: "what happens is not gathered",
        within: "UPDATE webhook_events SET at",
        text: "WHERE at IS NULL",
        instead: "WHERE 0",
    },
    Flaw {
        name: "what happens is told everywhere",
        within: "FROM webhook_events e JOIN organizations o",
        text: "w.organization_id = e.organization_id AND ",
        instead: "",
    },
    Flaw {
        name: "a webhook that is off is delivered to",
        within: "kind = 'webhook_delivery' AND waiting = 1 AND due_at",
        text: "w.id = jobs.webhook_id AND w.live = 1",
        instead: "w.id = jobs.webhook_id",
    },
    Flaw {
        name: "the secret before counts no more",
        within: "AS old_secrets",
        text: "s.webhook_id = w.id AND s.until > ?2",
        instead: "s.webhook_id = w.id AND ?2 < 0",
    },
    Flaw {
        name: "nobody is told that a webhook was turned off",
        within: "'host', e.after ->> 'name'",
        text: "WHERE e.id = ?1",
        instead: "WHERE e.id = ?1 AND 0",
    },
    Flaw {
        name: "what failed counts as done",
        within: "UPDATE jobs SET failed_at = ?3, failure",
        text: "failed_at = ?3",
        instead: "done_at = ?3",
    },
];

//! What an organization has paid for, and how it came to that.

pub const ALWAYS: &[(&str, &str)] = &[
    (
        "the plan is what was last said",
        "SELECT o.id FROM organizations o JOIN audit_events a ON a.rowid = (
           SELECT max(x.rowid) FROM audit_events x
           WHERE x.organization_id = o.id AND x.action = 'organization.plan_changed')
         WHERE o.plan_key <> a.after ->> 'key' OR o.seat_limit IS NOT a.after ->> 'seat_limit'",
    ),
    (
        "whatever changes a plan makes another of it",
        "SELECT a.id FROM audit_events a WHERE a.action = 'organization.plan_changed' AND a.before = a.after",
    ),
    (
        "what is told under one id is one event, with one job",
        "SELECT e.id FROM hook_events e WHERE 1 <> (SELECT count(*) FROM jobs j WHERE j.hook_event_id = e.id)",
    ),
];

pub const SETTLED: &[(&str, &str)] = &[(
    "what was reported is kept as that",
    "SELECT e.id FROM hook_events e JOIN jobs h ON h.hook_event_id = e.id AND h.done_at IS NOT NULL
     JOIN jobs j ON j.provider_message_id = e.told ->> '$.message.id'
     JOIN invitations i ON i.id = j.invitation_id AND i.addressed_ver <= j.ver
     WHERE e.told ->> '$.message.delivery' = 'complained' AND j.kind IN ('invitation_email', 'reminder_email')
       AND NOT EXISTS (SELECT 1 FROM complaints c WHERE c.organization_id = i.organization_id AND c.email_key = i.email_key)",
)];

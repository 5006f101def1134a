//! What webhooks are told: all that happens while they are on, once, each where it happened.

pub const ALWAYS: &[(&str, &str)] = &[
    ("what happened is given to a job at once", "SELECT e.seq FROM webhook_events e WHERE e.at IS NULL"),
    (
        "what was not told has a job that tells it, or that was given up",
        "SELECT e.seq FROM webhook_events e WHERE e.id IS NULL AND NOT EXISTS (
           SELECT 1 FROM jobs j WHERE j.id = e.job_id AND j.kind = 'webhook_events' AND j.done_at IS NULL)",
    ),
    (
        "a delivery is of its webhook's organization",
        "SELECT j.id FROM jobs j JOIN webhooks w ON w.id = j.webhook_id JOIN webhook_events e ON e.seq = j.webhook_event
         WHERE j.organization_id <> w.organization_id OR e.organization_id <> w.organization_id",
    ),
    (
        "a webhook is told of each event once, unless it is asked for again",
        "SELECT j.webhook_id FROM jobs j WHERE j.webhook_id IS NOT NULL GROUP BY j.webhook_id, j.webhook_event
         HAVING count(*) > 1 + (SELECT count(*) FROM audit_events a WHERE a.subject = j.webhook_id AND a.action = 'webhook.replayed')",
    ),
    (
        "whoever made a webhook is told once each time that it is turned off for what its receiver says",
        "SELECT w.id FROM webhooks w WHERE (SELECT count(*) FROM audit_events a WHERE a.subject = w.id AND a.action = 'webhook.disabled')
           <> (SELECT count(*) FROM notifications n WHERE n.kind = 'webhook.disabled' AND n.about ->> 'webhook_id' = w.id)",
    ),
    (
        "a webhook is turned off for what its receiver says, and that is in the log",
        "SELECT w.id FROM webhooks w WHERE w.disabled_for IN ('gone', 'failures')
           AND NOT EXISTS (SELECT 1 FROM audit_events a WHERE a.subject = w.id AND a.action = 'webhook.disabled')",
    ),
    (
        "a webhook that was deleted has no secret",
        "SELECT w.id FROM webhooks w WHERE w.deleted_at IS NOT NULL AND (w.secret <> '' OR w.old_secret IS NOT NULL)",
    ),
];

/// The webhooks that were on from the moment they were made and wanted to be told everything, with where the log was then: times
/// say when something began, and not what came first. What is older than thirty days is forgotten.
macro_rules! steady {
    () => {
        "SELECT w.id, w.organization_id, ?1 - 2505600000 AS since, coalesce((
             SELECT a.rowid FROM audit_events a WHERE a.subject = w.id AND a.action = 'webhook.created'), 0) AS after
           FROM webhooks w WHERE w.live = 1 AND json_array_length(w.events) > 5
             AND NOT EXISTS (SELECT 1 FROM audit_events a WHERE a.subject = w.id
                               AND a.action IN ('webhook.updated', 'webhook.disabled'))"
    };
}

pub const SETTLED: &[(&str, &str)] = &[
    (
        // What a job that was given up had to tell is seen as that. Of a membership that is over before it is told nothing is left
        // to tell but its end.
        "what is in the log is told as often",
        concat!(
            "WITH w AS MATERIALIZED (",
            steady!(),
            "), said(action, type) AS (VALUES
               ('invitation.created', 'invitation.created'), ('invitation.accepted', 'invitation.accepted'),
               ('invitation.revoked', 'invitation.revoked'), ('invitation.declined', 'invitation.declined'),
               ('member.removed', 'member.removed'), ('member.added', 'member.added'), ('member.restored', 'member.added'),
               ('membership.added', 'membership.added'), ('membership.removed', 'membership.removed'),
               ('organization.plan_changed', 'organization.updated'))
             SELECT a.action || ' of ' || a.subject FROM w
             JOIN audit_events a ON a.organization_id = w.organization_id AND a.rowid > w.after AND a.at > w.since
             JOIN said ON said.action = a.action
             WHERE NOT EXISTS (SELECT 1 FROM webhook_events e JOIN jobs j ON j.id = e.job_id
                               WHERE e.organization_id = w.organization_id AND e.id IS NULL)
               AND NOT (a.action = 'membership.added' AND EXISTS (
                 SELECT 1 FROM audit_events b WHERE b.subject = a.subject AND b.action = 'membership.removed' AND b.rowid > a.rowid))
             GROUP BY w.id, a.action, a.subject
             HAVING count(*) > (
               SELECT count(DISTINCT e.seq) FROM webhook_events e JOIN jobs j ON j.webhook_event = e.seq AND j.webhook_id = w.id
               WHERE e.type = said.type AND e.subject = a.subject)"
        ),
    ),
    (
        "whoever came in is told of, and by what",
        concat!(
            "WITH w AS MATERIALIZED (",
            steady!(),
            ") SELECT r.id FROM w JOIN invitations i ON i.organization_id = w.organization_id
             JOIN redemptions r ON r.invitation_id = i.id AND r.redeemed_at > w.since
             JOIN audit_events a ON a.subject = i.id AND a.action = 'invitation.accepted' AND a.actor = r.member_id
               AND a.rowid > w.after
             WHERE NOT EXISTS (SELECT 1 FROM webhook_events e JOIN jobs j ON j.id = e.job_id
                               WHERE e.organization_id = w.organization_id AND e.id IS NULL)
               AND NOT EXISTS (SELECT 1 FROM webhook_events e JOIN jobs j ON j.webhook_event = e.seq AND j.webhook_id = w.id
                               WHERE e.type = 'invitation.accepted' AND e.subject = i.id AND e.place = r.member_id)"
        ),
    ),
    (
        "what expired is told as that",
        concat!(
            "WITH w AS MATERIALIZED (",
            steady!(),
            ") SELECT i.id FROM w JOIN invitations i ON i.organization_id = w.organization_id AND i.expired_at > w.since
             WHERE w.after = 0 AND NOT EXISTS (SELECT 1 FROM webhook_events e JOIN jobs j ON j.id = e.job_id
                               WHERE e.organization_id = w.organization_id AND e.id IS NULL)
               AND NOT EXISTS (SELECT 1 FROM webhook_events e JOIN jobs j ON j.webhook_event = e.seq AND j.webhook_id = w.id
                               WHERE e.type = 'invitation.expired' AND e.subject = i.id)"
        ),
    ),
    (
        "nothing is told that did not happen",
        "SELECT e.seq FROM webhook_events e
         WHERE e.type IN ('invitation.created', 'invitation.accepted', 'invitation.revoked', 'invitation.declined', 'member.removed')
         GROUP BY e.type, e.subject HAVING count(*) > (
           SELECT count(*) FROM audit_events a WHERE a.action = e.type AND a.subject = e.subject)",
    ),
];

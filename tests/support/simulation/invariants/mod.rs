//! What must hold in the database: after every batch, and after everything was delivered.
//!
//! Each rule is a query that answers what breaks it. `?1` is the time.

mod access;
mod plan;
mod webhooks;

use std::sync::LazyLock;

use serde_json::Value;
use usher::domain::time::Timestamp;
use usher::params;
use usher::platform::Statement;

use super::super::sqlite::Sqlite;

/// The member name of those who were there before the history began; nobody else is called so.
pub const FOUNDER: &str = "Founder";

/// After every batch, whatever else is still going on.
const ALWAYS: &[(&str, &str)] = &[
    (
        "used seats are the active members who take one",
        "SELECT o.id FROM organizations o WHERE o.seats_used <>
           (SELECT count(*) FROM members m WHERE m.organization_id = o.id AND m.takes_seat = 1 AND m.removed_at IS NULL)",
    ),
    (
        "reserved seats are the open invitations that reserve one",
        "SELECT o.id FROM organizations o WHERE o.seats_reserved <>
           (SELECT count(*) FROM invitations i WHERE i.organization_id = o.id AND i.kind = 'email' AND i.takes_seat = 1
              AND i.accepted_at IS NULL AND i.declined_at IS NULL AND i.revoked_at IS NULL AND i.expired_at IS NULL)",
    ),
    (
        "nobody who proved their address holds a seat and has another reserved",
        "SELECT i.id FROM members m JOIN users u ON u.id = m.user_id AND u.email_verified_at IS NOT NULL
         JOIN invitations i ON i.organization_id = m.organization_id AND i.email_key = u.email_key AND i.outcome = 'open'
         WHERE m.holds_seat = 1 AND i.reserves = 1",
    ),
    (
        "seats used and reserved are no more than the plan has, unless it was lowered",
        "SELECT o.id FROM organizations o WHERE NOT EXISTS (
             SELECT 1 FROM audit_events a WHERE a.organization_id = o.id AND a.action = 'organization.plan_changed'
               AND coalesce(a.after ->> 'seat_limit' < coalesce(a.before ->> 'seat_limit', 1000000), 0))
           AND o.seat_limit < o.seats_used + o.seats_reserved -
           (SELECT count(*) FROM invitations l WHERE l.organization_id = o.id AND l.reserves = 1 AND l.expires_at <= ?1)",
    ),
    (
        "what was counted today for an organization is what it made and mailed again today",
        "SELECT c.whose FROM daily_counts c WHERE c.whose LIKE 'org_%' AND c.whose NOT LIKE '%@%' AND c.day = CAST(?1 AS INTEGER) / 86400000 AND c.count <>
           (SELECT count(*) FROM invitations i WHERE i.organization_id = c.whose AND i.created_at / 86400000 = c.day)
           + (SELECT count(*) FROM audit_events a WHERE a.organization_id = c.whose AND a.action = 'member.added'
                AND a.at / 86400000 = c.day)
           + (SELECT count(*) FROM jobs j WHERE j.organization_id = c.whose AND j.created_at / 86400000 = c.day
                AND j.kind = 'invitation_email' AND j.ver > 1)",
    ),
    (
        // An owner's invitation is the operator's.
        "nobody but an owner is mailed more often in a day than an address may be",
        "SELECT c.whose FROM daily_counts c WHERE c.whose LIKE '%@%' AND c.count > 10
           AND NOT EXISTS (SELECT 1 FROM invitations i WHERE i.email_key = c.whose AND i.role = 'owner')",
    ),
    (
        "uses are the redemptions, and no more than there may be",
        "SELECT i.id FROM invitations i WHERE i.uses > i.max_uses
           OR i.uses <> (SELECT count(*) FROM redemptions r WHERE r.invitation_id = i.id)",
    ),
    (
        "an accepted invitation has its member, of its address, and no other invitation has one",
        "SELECT i.id FROM invitations i WHERE (i.accepted_at IS NOT NULL) <> EXISTS (
           SELECT 1 FROM redemptions r
           JOIN users u ON u.id = r.user_id AND u.email_key = i.email_key
           JOIN members m ON m.id = r.member_id AND m.user_id = u.id AND m.organization_id = i.organization_id
           WHERE r.invitation_id = i.id AND m.id = i.accepted_by)",
    ),
    (
        // A link for many may be revoked after some came in by it.
        "nobody redeemed what was revoked or declined",
        "SELECT i.id FROM invitations i JOIN redemptions r ON r.invitation_id = i.id
         WHERE i.kind = 'email' AND (i.revoked_at IS NOT NULL OR i.declined_at IS NOT NULL)",
    ),
    (
        "a member came in by an invitation, or was added",
        "SELECT m.id FROM members m WHERE m.name <> 'Founder'
           AND NOT EXISTS (SELECT 1 FROM redemptions r WHERE r.member_id = m.id)
           AND NOT EXISTS (SELECT 1 FROM audit_events e WHERE e.subject = m.id AND e.action = 'member.added')",
    ),
    (
        "a member is what they came in as, unless that was changed",
        "SELECT m.id FROM members m JOIN redemptions r ON r.member_id = m.id
         JOIN invitations i ON i.id = r.invitation_id AND r.redeemed_at = m.joined_at
         WHERE i.role <> m.role
           AND NOT EXISTS (SELECT 1 FROM audit_events e WHERE e.subject = m.id AND e.action IN ('member.role_changed', 'owner.transferred'))",
    ),
    (
        "staff take a seat, a client does by their access, and the owner never",
        "SELECT m.id FROM members m WHERE m.takes_seat <> CASE m.role WHEN 'owner' THEN 0
           WHEN 'client' THEN EXISTS (SELECT 1 FROM memberships s WHERE s.member_id = m.id AND s.takes_seat = 1)
           ELSE 1 END",
    ),
    (
        "an access takes a seat by its permissions",
        "SELECT s.member_id FROM memberships s WHERE s.takes_seat <>
           EXISTS (SELECT 1 FROM json_each(s.permissions) p WHERE p.value = 'posts.create')",
    ),
    (
        "an organization that anybody is in has one owner",
        "SELECT m.organization_id FROM members m GROUP BY m.organization_id
         HAVING sum(m.role = 'owner' AND m.removed_at IS NULL) <> 1",
    ),
    (
        "a member is in every workspace that the invitation named",
        "SELECT r.member_id FROM redemptions r JOIN invitation_workspaces x ON x.invitation_id = r.invitation_id
         JOIN members m ON m.id = r.member_id AND m.role IN ('member', 'client')
         WHERE NOT EXISTS (SELECT 1 FROM memberships s WHERE s.member_id = r.member_id AND s.workspace_id = x.workspace_id)
           AND NOT EXISTS (SELECT 1 FROM audit_events e WHERE e.action = 'membership.removed' AND e.subject = m.id)",
    ),
    (
        "staff and clients are in some workspace",
        "SELECT m.id FROM members m WHERE m.role IN ('member', 'client')
           AND NOT EXISTS (SELECT 1 FROM memberships s WHERE s.member_id = m.id)
           AND NOT EXISTS (SELECT 1 FROM audit_events e WHERE e.action = 'membership.removed' AND e.subject = m.id)",
    ),
    (
        "whoever was added is a member, has a notification, and a mail's job if that was asked for",
        "SELECT e.id FROM audit_events e WHERE e.action = 'member.added' AND (
           NOT EXISTS (SELECT 1 FROM members m WHERE m.id = e.subject AND m.organization_id = e.organization_id)
           OR 1 <> (SELECT count(*) FROM notifications n WHERE n.about ->> 'member_id' = e.subject AND n.kind = e.action)
           OR (e.after ->> 'notified') <> (SELECT count(*) FROM jobs j WHERE j.member_id = e.subject))",
    ),
    (
        "whoever came in by an invitation or said no to it left its inviter one notification",
        "SELECT i.id FROM invitations i JOIN members n ON n.id = i.invited_by AND n.removed_at IS NULL
         WHERE i.kind = 'email'
           AND NOT EXISTS (SELECT 1 FROM audit_events e WHERE e.subject = n.id AND e.action = 'member.restored')
           AND (i.accepted_at IS NOT NULL) + (i.declined_at IS NOT NULL) <>
           (SELECT count(*) FROM notifications x WHERE x.user_id = n.user_id AND x.about ->> 'invitation_id' = i.id
              AND x.kind IN ('invitation.accepted', 'invitation.declined'))",
    ),
    (
        "whoever is invited is reminded once, and told once that it was withdrawn, and that is noted",
        "SELECT i.id FROM invitations i
         WHERE (SELECT count(*) FROM jobs j WHERE j.invitation_id = i.id AND j.kind = 'reminder_email')
                 > (i.reminded_at IS NOT NULL)
            OR (SELECT count(*) FROM jobs j WHERE j.invitation_id = i.id AND j.kind = 'withdrawal_email')
                 > (i.withdrawal_told_at IS NOT NULL)",
    ),
    (
        "what concerns an inviter is mailed too, once",
        "SELECT n.id FROM notifications n
         WHERE (n.kind IN ('invitation.asked', 'access.asked', 'invitation.undelivered', 'invitation.no_seat',
                           'invitation.ending', 'webhook.disabled'))
           <> (SELECT count(*) FROM jobs j WHERE j.notification_id = n.id)",
    ),
    (
        "an inviter is told of an end once, and of each version that did not arrive once",
        "SELECT i.id FROM invitations i JOIN notifications n ON n.about ->> 'invitation_id' = i.id
         WHERE n.kind IN ('invitation.ending', 'invitation.undelivered')
         GROUP BY i.id, n.kind HAVING count(*) > i.ver",
    ),
    (
        "whoever was removed and put back in turn is what was done last",
        "SELECT m.id FROM members m WHERE (m.removed_at IS NOT NULL)
           <> (SELECT count(*) FROM audit_events e WHERE e.subject = m.id AND e.action = 'member.removed')
              - (SELECT count(*) FROM audit_events e WHERE e.subject = m.id AND e.action = 'member.restored')",
    ),
    (
        "a person is in an organization once",
        "SELECT m.user_id FROM members m WHERE m.removed_at IS NULL GROUP BY m.organization_id, m.user_id HAVING count(*) > 1",
    ),
    (
        "an address has one open invitation in an organization",
        "SELECT i.email_key FROM invitations i WHERE i.accepted_at IS NULL AND i.declined_at IS NULL
           AND i.revoked_at IS NULL AND i.expired_at IS NULL AND i.kind = 'email'
         GROUP BY i.organization_id, i.email_key HAVING count(*) > 1",
    ),
    (
        "nobody was added who was invited",
        "SELECT m.id FROM audit_events e JOIN members m ON m.id = e.subject AND m.removed_at IS NULL
         JOIN invitations i ON i.organization_id = m.organization_id AND i.email_key = m.email_key
         WHERE e.action = 'member.added' AND i.outcome = 'open' AND i.expires_at > ?1",
    ),
    (
        "a mail that is queued has its job",
        "SELECT i.id FROM invitations i WHERE i.outcome = 'open' AND i.expires_at > ?1 AND i.delivery = 'queued'
           AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.invitation_id = i.id AND j.ver = i.ver AND j.waiting = 1
                             AND j.kind = 'invitation_email')",
    ),
    (
        "a mail that failed has a job that failed",
        "SELECT i.id FROM invitations i WHERE i.outcome = 'open' AND i.expires_at > ?1 AND i.delivery = 'failed'
           AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.invitation_id = i.id AND j.ver = i.ver AND j.failed_at IS NOT NULL)",
    ),
    (
        "each redemption is audited once, as its member's",
        "SELECT r.id FROM redemptions r WHERE 1 <> (SELECT count(*) FROM audit_events e
           WHERE e.action = 'invitation.accepted' AND e.subject = r.invitation_id AND e.actor = r.member_id)
         UNION ALL SELECT 'more than redemptions' WHERE (SELECT count(*) FROM redemptions)
           <> (SELECT count(*) FROM audit_events WHERE action = 'invitation.accepted')",
    ),
    (
        "what became of an invitation is audited once",
        "SELECT i.id FROM invitations i WHERE
           1 <> (SELECT count(*) FROM audit_events e WHERE e.subject = i.id AND e.action = 'invitation.created')
           OR (i.revoked_at IS NOT NULL)
             <> (SELECT count(*) FROM audit_events e WHERE e.subject = i.id AND e.action = 'invitation.revoked')
                - (SELECT count(*) FROM audit_events e WHERE e.subject = i.id AND e.action = 'invitation.restored')
           OR (i.declined_at IS NOT NULL)
             <> (SELECT count(*) FROM audit_events e WHERE e.subject = i.id AND e.action = 'invitation.declined')
           OR (SELECT count(*) FROM jobs j
                WHERE j.invitation_id = i.id AND j.ver > 1 AND j.kind = 'invitation_email')
             <> (SELECT count(*) FROM audit_events e WHERE e.subject = i.id AND e.action = 'invitation.resent')",
    ),
    (
        "a row of many made its invitation if and only if it says so",
        "SELECT r.job_id FROM bulk_rows r
         WHERE (coalesce(r.outcome, '') IN ('created', 'revoked'))
           <> EXISTS (SELECT 1 FROM invitations i WHERE i.id = r.wanted ->> 'invitation')",
    ),
    (
        "a job of many came to every row that it says it came to",
        "SELECT r.job_id FROM bulk_imports b JOIN bulk_rows r ON r.job_id = b.job_id
         WHERE r.row <= b.done AND r.outcome IS NULL",
    ),
    (
        // What was over already, and was sent again since, is somebody's wish.
        "nothing that was undone is open",
        "SELECT i.id FROM bulk_imports b JOIN bulk_rows r ON r.job_id = b.job_id
         JOIN invitations i ON i.id = r.invitation_id AND i.created_at <= b.undone_at
         WHERE r.outcome = 'revoked' AND i.revoked_at IS NULL
            OR r.outcome = 'created' AND i.ver = 1 AND i.outcome = 'open' AND i.expires_at > ?1",
    ),
    (
        "an address that was proved ended what was set up before",
        "SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE u.email_verified_at > u.created_at AND s.created_at < u.email_verified_at AND s.ended_at IS NULL",
    ),
];

/// After everything was delivered.
const SETTLED: &[(&str, &str)] = &[
    ("every job is done or failed", "SELECT id FROM jobs WHERE done_at IS NULL AND failed_at IS NULL"),
    ("no mail is due that no job sends", "SELECT id FROM invitations WHERE next_mail_at <= ?1"),
    ("no job is both", "SELECT id FROM jobs WHERE done_at IS NOT NULL AND failed_at IS NOT NULL"),
    (
        "whoever asked for many, and is in, was told once when the job was done",
        "SELECT b.job_id FROM bulk_imports b JOIN jobs j ON j.id = b.job_id JOIN members m ON m.id = b.invited_by
         WHERE NOT EXISTS (SELECT 1 FROM audit_events e WHERE e.subject = m.id AND e.action = 'member.removed')
           AND b.undone_at IS NULL AND (j.done_at IS NOT NULL)
           <> (SELECT count(*) FROM notifications n WHERE n.about ->> 'job_id' = b.job_id)",
    ),
    (
        "a job of many that is done came to its end",
        "SELECT b.job_id FROM bulk_imports b JOIN jobs j ON j.id = b.job_id
         WHERE b.undone_at IS NULL AND j.done_at IS NOT NULL AND b.done <> b.total",
    ),
    (
        "every mail is queued no more",
        "SELECT id FROM invitations WHERE outcome = 'open' AND expires_at > ?1 AND delivery = 'queued'",
    ),
];

/// The rules of these lists as one query, so that checking them all costs one.
fn together(lists: &[&[(&str, &str)]]) -> &'static str {
    let each: Vec<_> = lists
        .iter()
        .copied()
        .flatten()
        .map(|(rule, sql)| format!("SELECT '{}' AS rule, * FROM ({sql})", rule.replace('\'', "''")))
        .collect();
    each.join(" UNION ALL ").leak()
}

fn broken(database: &Sqlite, sql: &'static str, now: Timestamp) -> Vec<String> {
    let rows = database.read(&Statement::new(sql, params![now])).rows::<Value>().unwrap();
    rows.iter().map(ToString::to_string).collect()
}

/// What is broken after a batch.
pub fn always(database: &Sqlite, now: Timestamp) -> Vec<String> {
    static SQL: LazyLock<&str> =
        LazyLock::new(|| together(&[ALWAYS, access::ALWAYS, plan::ALWAYS, webhooks::ALWAYS]));
    broken(database, &SQL, now)
}

/// What is broken after everything was delivered.
pub fn settled(database: &Sqlite, now: Timestamp) -> Vec<String> {
    static SQL: LazyLock<&str> = LazyLock::new(|| together(&[SETTLED, plan::SETTLED, webhooks::SETTLED]));
    broken(database, &SQL, now)
}

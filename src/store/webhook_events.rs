//! What happened that webhooks are told. The rows are written by triggers, in the transaction of whatever did it
//! (`migrations/0015_webhooks.sql`); here they are gathered, told, and forgotten.

use serde::{Deserialize, Serialize};

use super::json_text;
use crate::domain::ids::{EventId, JobId, OrganizationId, WebhookId};
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::{params, sql};

/// As many events are told at a time.
pub const AT_A_TIME: i64 = 20;

/// Gives what happened in this batch to a job that tells it. Goes along with every batch that writes. `RETURNING` tells whether
/// anything did.
#[must_use]
pub fn gather(job: JobId, now: Timestamp) -> Statement {
    Statement::new(
        sql!("UPDATE webhook_events SET at = ?2, job_id = ?1 WHERE at IS NULL RETURNING seq"),
        params![job, now],
    )
}

/// Something that happened.
#[derive(Debug, Deserialize)]
pub struct Event {
    /// Its place in the order of all.
    pub seq: i64,
    /// Where.
    pub organization_id: OrganizationId,
    /// The template of that.
    pub template: String,
    /// What, such as `member.added`.
    #[serde(rename = "type")]
    pub kind: String,
    /// To what.
    pub subject: String,
    /// And where that is two things, the other one.
    pub place: String,
    /// When.
    pub at: Timestamp,
    /// The webhooks that want to be told.
    #[serde(deserialize_with = "json_text")]
    pub receivers: Vec<WebhookId>,
}

/// Reads the first of the events of a job that were not told, in their order.
#[must_use]
pub fn untold(job: JobId) -> Statement {
    Statement::new(
        sql!(
            "SELECT e.seq, e.organization_id, o.template, e.type, e.subject, e.place, e.at,
                (SELECT json_group_array(w.id) FROM webhooks w
                 WHERE w.organization_id = e.organization_id AND w.live = 1
                   AND EXISTS (SELECT 1 FROM json_each(w.events) x WHERE x.value = e.type)) AS receivers
         FROM webhook_events e JOIN organizations o ON o.id = e.organization_id
         WHERE e.job_id = ?1 AND +e.id IS NULL ORDER BY e.seq LIMIT ?2"
        ),
        params![job, AT_A_TIME],
    )
}

/// An event as it is told.
#[derive(Debug, Serialize)]
pub struct Told {
    /// Its place.
    pub seq: i64,
    /// What receivers know it by.
    pub id: EventId,
    /// What they are sent; nothing if nobody is told.
    pub body: Option<String>,
    /// The deliveries: the new job's id, and the webhook's.
    pub deliveries: Vec<(JobId, WebhookId)>,
}

/// Writes down what is told, and puts its deliveries into the outbox. `RETURNING` of the second tells which.
#[must_use]
pub fn tell(told: &[Told], now: Timestamp, requeue_at: Timestamp) -> [Statement; 2] {
    let told = serde_json::to_string(told).unwrap_or_default();
    [
        Statement::new(
            sql!("UPDATE webhook_events SET id = x.value ->> 'id', body = x.value ->> 'body'
             FROM json_each(?1) x WHERE seq = x.value ->> 'seq' AND webhook_events.id IS NULL"),
            params![&told],
        ),
        Statement::new(
            sql!("INSERT INTO jobs (id, kind, organization_id, webhook_id, webhook_event, created_at, due_at, requeue_at)
             SELECT d.value ->> 0, 'webhook_delivery', w.organization_id, w.id, e.seq, ?2, ?2, ?3
             FROM json_each(?1) x CROSS JOIN json_each(x.value, '$.deliveries') d
             CROSS JOIN webhook_events e ON e.id = x.value ->> 'id'
             CROSS JOIN webhooks w ON w.id = d.value ->> 1 AND w.live = 1
             RETURNING id"),
            params![told, now, requeue_at],
        ),
    ]
}

/// Puts a job back that has told some of its events: that was no try that failed.
#[must_use]
pub fn go_on(job: JobId, now: Timestamp, requeue_at: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "UPDATE jobs SET attempts = 0, due_at = ?2, requeue_at = ?3 WHERE id = ?1 AND kind = 'webhook_events' AND waiting = 1"
        ),
        params![job, now, requeue_at],
    )
}

/// Forgets a job that has told all of its events.
#[must_use]
pub fn all_told(job: JobId) -> Statement {
    Statement::new(
        sql!(
            "DELETE FROM jobs WHERE id = ?1 AND kind = 'webhook_events'
         AND NOT EXISTS (SELECT 1 FROM webhook_events WHERE job_id = ?1 AND +id IS NULL) RETURNING id"
        ),
        params![job],
    )
}

/// Forgets events, and their deliveries with them, some at a time: none that is still to be delivered.
#[must_use]
pub fn forget(before: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "DELETE FROM webhook_events WHERE seq IN (
           SELECT e.seq FROM webhook_events e WHERE e.at < ?1
             AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.webhook_event = e.seq AND j.waiting = 1)
           ORDER BY e.at LIMIT 1000)"
        ),
        params![before],
    )
}

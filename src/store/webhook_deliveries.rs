//! Deliveries of events to webhooks: jobs in the outbox, each with what was tried.

use serde::{Deserialize, Serialize};

use super::json_text;
use crate::domain::ids::{EventId, JobId, NotificationId, WebhookId};
use crate::domain::time::Timestamp;
use crate::domain::webhook::TEST;
use crate::platform::Statement;
use crate::store::audit::Entry;
use crate::store::jobs;
use crate::store::webhooks::Write;
use crate::store::workspaces::LAST;
use crate::{params, sql};

/// A delivery that is to be made, and how its webhook is.
#[derive(Debug, Deserialize)]
pub struct Delivery {
    /// The webhook.
    pub webhook_id: WebhookId,
    /// Where its receiver is.
    pub url: String,
    /// What it is signed with, sealed.
    pub secret: String,
    /// And what it was signed with before, as far as that still counts.
    #[serde(deserialize_with = "json_text")]
    pub old_secrets: Vec<String>,
    /// Whether it is on, and there.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub live: bool,
    /// Until when it is left alone.
    pub rests_until: Option<Timestamp>,
    /// How many deliveries failed since the last that didn't.
    pub failures: i64,
    /// Since when.
    pub failing_since: Option<Timestamp>,
    /// What the receiver knows the event by.
    pub event_id: EventId,
    /// What it is sent.
    pub body: String,
    /// How often it was tried, this time included if it was taken.
    pub attempts: i64,
    /// From when it may be taken.
    pub due_at: Timestamp,
    /// Whether it waits to be delivered, by a message of its own: it is not parked, and nobody has it.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub waiting: bool,
}

/// Reads a [`Delivery`].
#[must_use]
pub fn select(id: JobId, now: Timestamp) -> Statement {
    Statement::new(
        sql!("SELECT w.id AS webhook_id, w.url, w.secret,
                (SELECT json_group_array(s.secret) FROM webhook_old_secrets s
                 WHERE s.webhook_id = w.id AND s.until > ?2) AS old_secrets,
                w.live, w.rests_until, w.failures, w.failing_since, e.id AS event_id, e.body, j.attempts, j.due_at,
                j.waiting AND j.due_at <> j.requeue_at AND j.requeue_at < 253402300799999 AS waiting
         FROM jobs j JOIN webhooks w ON w.id = j.webhook_id JOIN webhook_events e ON e.seq = j.webhook_event
         WHERE j.id = ?1"),
        params![id, now],
    )
}

/// One try, and what came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "WebhookAttempt"))]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub millis: i64,
    /// The answer's status, if there was one.
    pub status: Option<u16>,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

/// Notes a try.
#[must_use]
pub fn note(id: JobId, number: i64, attempt: &Attempt) -> Statement {
    Statement::new(
        sql!(
            "INSERT INTO webhook_attempts (job_id, attempt, at, millis, status, failure)
         SELECT id, ?2, ?3, ?4, ?5, ?6 FROM jobs WHERE id = ?1 ON CONFLICT DO NOTHING"
        ),
        params![
            id,
            number,
            attempt.at,
            attempt.millis,
            attempt.status.map(i64::from),
            attempt.failure.as_ref()
        ],
    )
}

/// Notes that a webhook's receiver answers again. `RETURNING` tells whether it did not before.
#[must_use]
pub fn answers(webhook: WebhookId) -> Statement {
    Statement::new(
        sql!(
            "UPDATE webhooks SET failures = 0, failing_since = NULL, rests_until = NULL
         WHERE id = ?1 AND failures > 0 RETURNING id"
        ),
        params![webhook],
    )
}

/// Notes that a webhook's receiver took long to answer: it is given one at a time for a while, and none until `rests_until`, so that
/// what others wait for in the queue has its turn.
#[must_use]
pub fn slow(webhook: WebhookId, until: Timestamp, rests_until: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "UPDATE webhooks SET slow_until = ?2, rests_until = max(coalesce(rests_until, 0), ?3) WHERE id = ?1"
        ),
        params![webhook, until, rests_until],
    )
}

/// Ends a webhook's rest: somebody wants it tried.
#[must_use]
pub fn end_rest(webhook: WebhookId) -> Statement {
    Statement::new(
        sql!("UPDATE webhooks SET rests_until = NULL WHERE id = ?1 AND rests_until IS NOT NULL"),
        params![webhook],
    )
}

/// Notes that a delivery to a webhook failed: it is left alone until `rests_until`. Nothing to one that is reached elsewhere by
/// now.
#[must_use]
pub fn fails(delivery: &Delivery, now: Timestamp, rests_until: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "UPDATE webhooks SET failures = failures + 1, failing_since = coalesce(failing_since, ?2),
           rests_until = max(coalesce(rests_until, 0), ?3)
         WHERE id = ?1 AND live = 1 AND url = ?4"
        ),
        params![delivery.webhook_id, now, rests_until, &delivery.url],
    )
}

/// Keeps a webhook's secrets as they were sealed anew, each in its own place: the present one, and those before it that still count.
/// Of each pair the first is how it was; what was replaced or is over meanwhile stays so.
#[must_use]
pub fn reseal(webhook: WebhookId, anew: &[(&str, String)]) -> [Statement; 2] {
    let anew = serde_json::json!(anew).to_string();
    [
        Statement::new(
            sql!(
                "UPDATE webhooks SET secret = e.value ->> 1 FROM json_each(?2) e
             WHERE webhooks.id = ?1 AND secret = e.value ->> 0"
            ),
            params![webhook, &anew],
        ),
        Statement::new(
            sql!(
                "UPDATE webhook_old_secrets SET secret = e.value ->> 1 FROM json_each(?2) e
             WHERE webhook_id = ?1 AND secret = e.value ->> 0"
            ),
            params![webhook, anew],
        ),
    ]
}

/// Turns a webhook off: because its receiver is `gone`, or because every delivery since `failing_before` or longer failed. Its
/// maker is told, or else the owner, in the app and by mail. The first is the claim; `RETURNING` of the last tells that there is
/// a mail.
#[must_use]
pub fn turn_off(
    entry: &Entry,
    delivery: &Delivery,
    failing_before: Option<Timestamp>,
    notification: NotificationId,
    mail: JobId,
    requeue_at: Timestamp,
) -> [Statement; 4] {
    let mut params = entry.params("webhook.disabled");
    params.extend(params![delivery.webhook_id, failing_before, &delivery.url]);
    [
        Statement::new(
            sql!(audited!(
                "w.id",
                "NULL",
                concat!("json_object('name', ", place_of!("w.url"), ", 'reason', iif(?7 IS NULL, 'gone', 'failures'))"),
                "FROM webhooks w JOIN organizations o ON o.id = w.organization_id
                 WHERE w.id = ?6 AND w.live = 1 AND w.url = ?8 AND (?7 IS NULL OR w.failing_since <= ?7)"
            )),
            params,
        ),
        Statement::new(
            sql!("UPDATE webhooks SET disabled_at = e.at, disabled_for = e.after ->> 'reason'
             FROM audit_events e WHERE e.id = ?1 AND webhooks.id = e.subject"),
            params![entry.id],
        ),
        Statement::new(
            sql!("INSERT INTO notifications (id, user_id, organization_id, kind, about, created_at)
             SELECT ?2, n.user_id, e.organization_id, 'webhook.disabled',
                    json_object('webhook_id', w.id, 'host', e.after ->> 'name', 'reason', e.after ->> 'reason'), e.at
             FROM audit_events e JOIN webhooks w ON w.id = e.subject
             JOIN members n ON n.id = coalesce(
               (SELECT id FROM members WHERE id = w.created_by AND removed_at IS NULL AND role IN ('owner', 'admin')),
               (SELECT id FROM members INDEXED BY members_by_role
                WHERE organization_id = e.organization_id AND active = 1 AND role = 'owner' ORDER BY id LIMIT 1))
             WHERE e.id = ?1"),
            params![entry.id, notification],
        ),
        jobs::insert_notification_email(mail, notification, requeue_at),
    ]
}

/// A delivery, as the API shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "WebhookDelivery"))]
pub struct Shown {
    /// Its job.
    pub id: JobId,
    /// What the receiver knows the event by: the same each time it is delivered.
    pub event_id: EventId,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// What became of it.
    #[cfg_attr(described, schemars(extend("enum" = ["waiting", "delivered", "failed"])))]
    pub status: String,
    /// What was tried, the first first.
    #[serde(deserialize_with = "json_text")]
    pub attempts: Vec<Attempt>,
    /// When it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// Why it was given up.
    pub failure: Option<String>,
    /// When it was first to be delivered.
    pub created_at: Timestamp,
}

/// The columns of [`Shown`], from `jobs j` and `webhook_events e`.
macro_rules! columns {
    () => {
        "j.id, e.id AS event_id, e.type, CASE WHEN j.done_at IS NOT NULL THEN 'delivered' WHEN j.failed_at IS NOT NULL THEN 'failed'
           ELSE 'waiting' END AS status,
         (SELECT json_group_array(json_object('at', a.at, 'millis', a.millis, 'status', a.status, 'failure', a.failure)
                   ORDER BY a.attempt)
          FROM webhook_attempts a WHERE a.job_id = j.id) AS attempts,
         iif(j.waiting, max(j.due_at, iif(j.attempts = 0 AND j.urgent = 0, coalesce((
           SELECT rests_until FROM webhooks WHERE id = j.webhook_id), 0), 0)), NULL) AS next_attempt_at, iif(j.failed_at IS NULL, NULL, j.failure) AS failure, j.created_at"
    };
}

/// Reads a page of the deliveries to a webhook, newest first; only those that failed, if so.
#[must_use]
pub fn page(webhook: WebhookId, only_failed: bool, before: Option<JobId>, limit: i64) -> Statement {
    macro_rules! page_of {
        ($index:literal, $which:literal) => {
            sql!(concat!(
                "SELECT ",
                columns!(),
                " FROM jobs j INDEXED BY ",
                $index,
                " CROSS JOIN webhook_events e ON e.seq = j.webhook_event WHERE j.webhook_id = ?1 AND j.id < ?2",
                $which,
                " ORDER BY j.id DESC LIMIT ?3"
            ))
        };
    }
    let before = before.map_or_else(|| LAST.to_owned(), |id| id.to_string());
    let sql = if only_failed {
        page_of!("jobs_of_webhook_failed", " AND j.failed_at IS NOT NULL")
    } else {
        page_of!("jobs_of_webhook", "")
    };
    Statement::new(sql, params![webhook, before, limit])
}

/// Reads one delivery to a webhook, as [`Shown`]; if it is not there, the `other`.
#[must_use]
pub fn one(webhook: WebhookId, id: JobId, other: Option<JobId>) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT ",
            columns!(),
            " FROM jobs j JOIN webhook_events e ON e.seq = j.webhook_event
              WHERE j.id = coalesce((SELECT id FROM jobs WHERE id = ?2), ?3) AND j.webhook_id = ?1"
        )),
        params![webhook, id, other],
    )
}

/// What a delivery sends.
#[derive(Debug, Deserialize)]
pub struct Sent {
    /// Its body, byte for byte.
    pub body: String,
}

/// Reads what one delivery to a webhook sends.
#[must_use]
pub fn sent(webhook: WebhookId, id: JobId) -> Statement {
    Statement::new(
        sql!(
            "SELECT e.body FROM jobs j JOIN webhook_events e ON e.seq = j.webhook_event WHERE j.id = ?2 AND j.webhook_id = ?1"
        ),
        params![webhook, id],
    )
}

/// A claim to have something delivered to the webhook `?7` of the organization `?6`, which is on, by somebody who still is what
/// `?8` says: `to_webhook!(after, join)`.
macro_rules! to_webhook {
    ($after:expr, $join:expr) => {
        audited!(
            "w.id",
            "NULL",
            concat!("json_object('name', ", place_of!("w.url"), $after, ")"),
            concat!(
                "FROM webhooks w JOIN organizations o ON o.id = w.organization_id",
                $join,
                " WHERE w.id = ?7 AND o.id = ?6 AND w.live = 1 AND ",
                still_acts!("?3", "?8")
            )
        )
    };
}

/// The columns of a new delivery to the webhook of the claim `c`, which counts as lost from `?2`.
macro_rules! delivery {
    ($id:literal, $event:literal, $urgent:literal) => {
        concat!(
            "INSERT INTO jobs (id, kind, organization_id, webhook_id, webhook_event, created_at, due_at, requeue_at, urgent)
             SELECT ",
            $id,
            ", 'webhook_delivery', c.organization_id, c.subject, ",
            $event,
            ", c.at, c.at, ?2, ",
            $urgent,
            " FROM audit_events c "
        )
    };
}

/// Delivers an event that tells nothing, to try the webhook out: now. The first is the claim; `RETURNING` of the last tells.
#[must_use]
pub fn test(
    write: Write<'_>,
    event: EventId,
    body: &str,
    job: JobId,
    requeue_at: Timestamp,
) -> [Statement; 3] {
    let claim = write.entry.id;
    [
        Statement::new(sql!(to_webhook!("", "")), write.params("webhook.tested")),
        Statement::new(
            sql!(
                "INSERT INTO webhook_events (organization_id, type, subject, at, id, body)
             SELECT c.organization_id, ?2, c.subject, c.at, ?3, ?4 FROM audit_events c WHERE c.id = ?1"
            ),
            params![claim, TEST, event, body],
        ),
        Statement::new(
            sql!(concat!(
                delivery!("?3", "e.seq", "1"),
                "JOIN webhook_events e ON e.id = ?4 WHERE c.id = ?1 RETURNING id"
            )),
            params![claim, requeue_at, job, event],
        ),
    ]
}

/// Delivers again what was delivered or given up, and now what waits for its next try. The first is the claim; after the others,
/// what waited has its message again too.
#[must_use]
pub fn replay(write: Write<'_>, of: JobId, job: JobId, requeue_at: Timestamp) -> [Statement; 3] {
    let mut params = write.params("webhook.replayed");
    params.push(of.into());
    [
        Statement::new(
            sql!(to_webhook!(", 'delivery_id', j.id", " JOIN jobs j ON j.id = ?9 AND j.webhook_id = w.id")),
            params,
        ),
        Statement::new(
            sql!(concat!(
                delivery!("?3", "j.webhook_event", "1"),
                "JOIN jobs j ON j.id = ?4 AND j.waiting = 0 WHERE c.id = ?1"
            )),
            params![write.entry.id, requeue_at, job, of],
        ),
        Statement::new(
            sql!(
                "UPDATE jobs SET due_at = min(due_at, c.at), requeue_at = ?2, urgent = 1 FROM audit_events c
             WHERE c.id = ?1 AND jobs.id = ?3 AND waiting = 1 AND (due_at <> requeue_at OR due_at <= c.at)"
            ),
            params![write.entry.id, requeue_at, of],
        ),
    ]
}

/// Delivers again what was given up and not delivered since, the newest of it, as many as there are new ids for. The first is
/// the claim; `RETURNING` of the last tells which.
#[must_use]
pub fn replay_failed(write: Write<'_>, jobs: &[JobId], requeue_at: Timestamp) -> [Statement; 2] {
    [
        Statement::new(sql!(to_webhook!("", "")), write.params("webhook.replayed")),
        Statement::new(
            sql!(concat!(
                "WITH given_up AS MATERIALIZED (
                   SELECT f.id, f.webhook_event FROM audit_events a
                   CROSS JOIN jobs f INDEXED BY jobs_of_webhook_failed ON f.webhook_id = a.subject
                   WHERE a.id = ?1 AND f.failed_at IS NOT NULL AND NOT EXISTS (
                     SELECT 1 FROM jobs x WHERE x.webhook_event = f.webhook_event AND x.webhook_id = f.webhook_id
                       AND (x.failed_at IS NULL OR x.id > f.id))
                   ORDER BY f.id DESC LIMIT json_array_length(?3)) ",
                delivery!(
                    "?3 ->> ('$[' || (row_number() OVER (ORDER BY given_up.id) - 1) || ']')",
                    "given_up.webhook_event",
                    "0"
                ),
                "CROSS JOIN given_up WHERE c.id = ?1 RETURNING id"
            )),
            params![write.entry.id, requeue_at, serde_json::json!(jobs).to_string()],
        ),
    ]
}

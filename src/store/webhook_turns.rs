//! Whose turn it is: deliveries to webhooks are taken, put off, parked while their webhook has enough under way, and let go when
//! one of those ends. A receiver that answers slowly so has one delivery under way, and no others in the queue's way.

use serde::Deserialize;

use crate::domain::ids::{JobId, WebhookId};
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::{params, sql};

/// When the message of a parked delivery is taken for lost: at the end of all time, as it has none.
macro_rules! never {
    () => {
        "253402300799999"
    };
}

/// Whether anything is parked for this webhook.
macro_rules! any_parked {
    ($webhook:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM jobs p INDEXED BY jobs_parked WHERE p.webhook_id = ",
            $webhook,
            " AND p.waiting = 1 AND p.requeue_at = ",
            never!(),
            ")"
        )
    };
}

/// Which of what is parked for this webhook comes next: what somebody asked for, else the oldest.
macro_rules! next_parked {
    ($webhook:literal) => {
        concat!(
            "(SELECT p.id FROM jobs p INDEXED BY jobs_parked WHERE p.webhook_id = ",
            $webhook,
            " AND p.waiting = 1 AND p.requeue_at = ",
            never!(),
            " ORDER BY p.urgent DESC, p.webhook_event, p.id LIMIT 1)"
        )
    };
}

/// Whether the webhook `w` of the delivery `jobs` has as many others under way at `?2` as it may: two, one while it answers
/// slowly; and one more for what somebody asked for.
macro_rules! full {
    () => {
        "(SELECT count(*) FROM jobs u INDEXED BY jobs_under_way
          WHERE u.webhook_id = w.id AND u.waiting = 1 AND u.due_at = u.requeue_at AND u.due_at > ?2)
         >= iif(coalesce(w.slow_until, 0) > ?2, 1, 2) + jobs.urgent"
    };
}

/// Takes a delivery that is due, until `until`: unless its webhook was turned off, has enough under way, or rests and this is new
/// to it. `RETURNING` tells.
#[must_use]
pub fn lease(id: JobId, now: Timestamp, until: Timestamp, most_attempts: i64) -> Statement {
    Statement::new(
        sql!(concat!(
            "UPDATE jobs SET attempts = attempts + 1, due_at = ?3, requeue_at = ?3, urgent = 0
             WHERE id = ?1 AND kind = 'webhook_delivery' AND waiting = 1 AND due_at <= ?2 AND attempts < ?4
               AND requeue_at < ",
            never!(),
            " AND EXISTS (SELECT 1 FROM webhooks w WHERE w.id = jobs.webhook_id AND w.live = 1
                            AND (jobs.attempts > 0 OR jobs.urgent = 1 OR coalesce(w.rests_until, 0) <= ?2)
                            AND NOT ",
            full!(),
            ") RETURNING attempts"
        )),
        params![id, now, until, most_attempts],
    )
}

/// Parks a delivery that is due and was not taken, because its webhook has enough under way: whichever of those ends lets the next
/// one go.
#[must_use]
pub fn park(id: JobId, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "UPDATE jobs SET requeue_at = ",
            never!(),
            " WHERE id = ?1 AND waiting = 1 AND due_at <= ?2 AND requeue_at < ",
            never!(),
            " AND EXISTS (SELECT 1 FROM webhooks w WHERE w.id = jobs.webhook_id AND ",
            full!(),
            ")"
        )),
        params![id, now],
    )
}

/// Parks what waits for a webhook, due or not, and that nobody has: what was tried less often than `tried`. `RETURNING` tells how
/// often each was.
#[must_use]
pub fn park_all(webhook: WebhookId, tried: i64, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "UPDATE jobs SET due_at = min(due_at, ?3), requeue_at = ",
            never!(),
            " WHERE id IN (
               SELECT id FROM jobs INDEXED BY jobs_of_webhook_waiting
               WHERE webhook_id = ?1 AND waiting = 1 AND requeue_at < ",
            never!(),
            " AND attempts < ?2 AND (due_at <> requeue_at OR due_at <= ?3) LIMIT 1000)
             RETURNING attempts"
        )),
        params![webhook, tried, now],
    )
}

/// How often a delivery was tried, as [`park_all`] answers it.
#[derive(Debug, Deserialize)]
pub struct Tried {
    /// So often.
    pub attempts: i64,
}

/// Lets the first of what is parked for a webhook go. `RETURNING` tells which. The second notes from when the tick looks after the
/// rest.
#[must_use]
pub fn go_on(webhook: WebhookId, requeue_at: Timestamp, wakes_at: Timestamp) -> [Statement; 2] {
    [
        Statement::new(
            sql!(concat!("UPDATE jobs SET requeue_at = ?2 WHERE id = ", next_parked!("?1"), " RETURNING id")),
            params![webhook, requeue_at],
        ),
        Statement::new(
            sql!(concat!(
                "UPDATE webhooks SET wakes_at = iif(",
                any_parked!("webhooks.id"),
                ", max(?2, coalesce(rests_until, 0)), NULL) WHERE id = ?1 AND wakes_at IS NOT NULL"
            )),
            params![webhook, wakes_at],
        ),
    ]
}

/// Lets one go of what is parked for each webhook of whose deliveries none ended for a while: the one that was to let it go is
/// lost. `RETURNING` of the first tells which.
#[must_use]
pub fn wake(now: Timestamp, requeue_at: Timestamp, wakes_at: Timestamp) -> [Statement; 2] {
    [
        Statement::new(
            sql!(concat!(
                "UPDATE jobs SET requeue_at = ?2 WHERE id IN (
                   SELECT ",
                next_parked!("w.id"),
                " FROM webhooks w INDEXED BY webhooks_waking WHERE w.wakes_at <= ?1 ORDER BY w.wakes_at, w.id LIMIT 100)
                 RETURNING id"
            )),
            params![now, requeue_at],
        ),
        Statement::new(
            sql!(concat!(
                "UPDATE webhooks SET wakes_at = iif(",
                any_parked!("webhooks.id"),
                ", ?2, NULL) WHERE id IN (
                   SELECT w.id FROM webhooks w INDEXED BY webhooks_waking WHERE w.wakes_at <= ?1
                   ORDER BY w.wakes_at, w.id LIMIT 100)"
            )),
            params![now, wakes_at],
        ),
    ]
}

/// Lets nothing else that is new be tried with a webhook whose deliveries failed, while this one is, if it was taken: many wait, and
/// each would wait for an answer.
#[must_use]
pub fn try_alone(id: JobId, until: Timestamp, leased_until: Timestamp) -> Statement {
    Statement::new(
        sql!("UPDATE webhooks SET rests_until = max(coalesce(rests_until, 0), ?2)
         WHERE id = (SELECT webhook_id FROM jobs WHERE id = ?1 AND waiting = 1 AND due_at = ?3) AND failures > 0"),
        params![id, until, leased_until],
    )
}

/// Puts a delivery off that was not taken, until `due_at`.
#[must_use]
pub fn put_off(id: JobId, due_at: Timestamp, requeue_at: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "UPDATE jobs SET due_at = ?2, requeue_at = ?3 WHERE id = ?1 AND waiting = 1 AND attempts = 0 AND requeue_at < ",
            never!()
        )),
        params![id, due_at, requeue_at],
    )
}

/// Gives up what waits to be delivered to a webhook that was turned off: this, and some of what is parked for it.
#[must_use]
pub fn turned_off(id: JobId, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "UPDATE jobs SET failed_at = ?2, failure = 'the webhook is turned off' WHERE waiting = 1 AND id IN (
               SELECT j.id FROM jobs j JOIN webhooks w ON w.id = j.webhook_id WHERE j.id = ?1 AND w.live = 0
               UNION ALL
               SELECT * FROM (SELECT p.id FROM jobs j JOIN webhooks w ON w.id = j.webhook_id
                 CROSS JOIN jobs p INDEXED BY jobs_parked ON p.webhook_id = w.id
                 WHERE j.id = ?1 AND w.live = 0 AND p.waiting = 1 AND p.requeue_at = ",
            never!(),
            " LIMIT 500))"
        )),
        params![id, now],
    )
}

/// Gives up the deliveries that were tried as often as they may be and never settled: their consumer died each time.
#[must_use]
pub fn give_up(now: Timestamp, most_attempts: i64) -> Statement {
    Statement::new(
        sql!(
            "UPDATE jobs SET failed_at = ?1, failure = coalesce(failure, 'never finished')
         WHERE waiting = 1 AND webhook_id IS NOT NULL AND requeue_at <= ?1 AND due_at <= ?1 AND attempts >= ?2
         RETURNING id"
        ),
        params![now, most_attempts],
    )
}

/// Finds the deliveries whose queue message seems lost, or whose webhook has rested, some at a time.
#[must_use]
pub fn requeue(now: Timestamp, requeue_at: Timestamp) -> Statement {
    Statement::new(
        sql!("UPDATE jobs SET requeue_at = ?2 WHERE id IN (
           SELECT id FROM jobs WHERE waiting = 1 AND webhook_id IS NOT NULL AND requeue_at <= ?1 AND due_at <= ?1
           ORDER BY requeue_at LIMIT 200)
         RETURNING id"),
        params![now, requeue_at],
    )
}

//! What others tell: kept as an event, once, with the job that applies it; and what applying one writes.
//!
//! The rule: the order in which events come is nobody's to trust, so none is needed. How far a message got only ever grows;
//! of a subscription the newest word stays.

use serde::{Deserialize, Serialize};

use super::audit::Entry;
use crate::domain::ids::{JobId, OrganizationId};
use crate::domain::invitation::Delivery;
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::{params, sql};

/// What follows from an event: one of these.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// How far a message got.
    pub message: Option<Message>,
    /// What is paid for.
    pub subscription: Option<Subscription>,
}

/// How far a message got, as an event tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The provider's id of the message.
    pub id: String,
    /// How far.
    pub delivery: Delivery,
    /// When, by the provider's clock.
    pub at: Option<Timestamp>,
    /// Why no further: the name of an [`Obstruction`](crate::domain::invitation::Obstruction).
    pub why: Option<String>,
}

/// A subscription, as an event tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Its id with whoever takes the money.
    pub id: String,
    /// Whose it is, if the event says so. Of one that is known it need not.
    pub organization_id: Option<OrganizationId>,
    /// The plan's key.
    pub plan_key: Option<String>,
    /// How many seats; `None` is any number.
    pub seat_limit: Option<i64>,
    /// When it was made.
    pub begun_at: Timestamp,
    /// Whether it is paid for.
    pub paid: bool,
    /// When the event happened.
    pub told_at: Timestamp,
    /// 0 if it was made, 1 if it was changed, 2 if it ended for good.
    pub told_rank: i64,
}

/// Keeps an event with its job, unless it was told before. `RETURNING` of the second tells.
#[must_use]
pub fn keep(event: &str, told: &Told, job: JobId, now: Timestamp, requeue_at: Timestamp) -> [Statement; 2] {
    [
        Statement::new(
            sql!(
                "INSERT INTO hook_events (id, told, received_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING"
            ),
            params![event, serde_json::json!(told).to_string(), now],
        ),
        Statement::new(
            sql!(
                "INSERT INTO jobs (id, kind, hook_event_id, created_at, due_at, requeue_at)
             VALUES (?1, 'hook_event', ?2, ?3, ?3, ?4) ON CONFLICT DO NOTHING RETURNING id"
            ),
            params![job, event, now, requeue_at],
        ),
    ]
}

/// An event, as its job reads it.
#[derive(Debug, Deserialize)]
pub struct Event {
    /// Its id.
    pub id: String,
    /// What follows from it.
    #[serde(deserialize_with = "super::json_text")]
    pub told: Told,
}

/// Reads the [`Event`] that a job applies.
#[must_use]
pub fn of_job(id: JobId) -> Statement {
    Statement::new(
        sql!("SELECT e.id, e.told FROM jobs j JOIN hook_events e ON e.id = j.hook_event_id WHERE j.id = ?1"),
        params![id],
    )
}

/// How far a message got, in the order in which it gets there. What comes late, or twice, moves nothing back.
macro_rules! rank {
    ($delivery:literal) => {
        concat!(
            "instr(' none queued sent delayed failed delivered bounced complained ', ' ' || ",
            $delivery,
            " || ' ')"
        )
    };
}

/// The version of the invitation that the message `?1` was about.
macro_rules! of_message {
    () => {
        "(SELECT j.invitation_id, j.ver FROM jobs j
          WHERE j.provider_message_id = ?1 AND j.kind IN ('invitation_email', 'reminder_email'))"
    };
}

/// Notes how far a message got: of the version of an invitation that it was about, if that is still its version. A reminder that
/// waits to go to an address which takes none is not sent.
///
/// Each step is kept with the earliest moment that was told of it, which lies between the mail's own and now, whatever the
/// provider's clock says. A message that was reported is the last that goes to its address from that organization, even if
/// another was sent since; so is one that came back for good, if none was. What waits to go there is not sent.
#[must_use]
pub fn deliver(told: &Message, now: Timestamp) -> [Statement; 5] {
    let Message { id, delivery, at, why } = told;
    [
        Statement::new(
            sql!("INSERT INTO invitation_steps (invitation_id, ver, step, at, why)
             SELECT j.invitation_id, j.ver, ?2, max(min(coalesce(?3, ?4), ?4), j.created_at), ?5
             FROM jobs j
             WHERE j.provider_message_id = ?1 AND j.kind IN ('invitation_email', 'reminder_email')
               AND ?2 IN ('delayed', 'failed', 'delivered', 'bounced', 'complained')
             ON CONFLICT (invitation_id, ver, step) DO UPDATE SET at = excluded.at, why = excluded.why
             WHERE (excluded.at, coalesce(excluded.why, '')) < (invitation_steps.at, coalesce(invitation_steps.why, ''))"),
            params![id, delivery.as_str(), *at, now, why.as_ref()],
        ),
        Statement::new(
            sql!("INSERT INTO complaints (organization_id, email_key, at, reason)
             SELECT i.organization_id, i.email_key, ?3, ?2
             FROM jobs j JOIN invitations i ON i.id = j.invitation_id AND i.addressed_ver <= j.ver
             WHERE ?2 IN ('bounced', 'complained') AND j.provider_message_id = ?1
               AND j.kind IN ('invitation_email', 'reminder_email') AND i.email_key IS NOT NULL
               AND (?2 = 'complained' OR NOT EXISTS (
                 SELECT 1 FROM jobs n WHERE n.invitation_id = i.id AND n.ver > j.ver AND n.kind = 'invitation_email'))
             ON CONFLICT DO UPDATE SET at = excluded.at, reason = excluded.reason WHERE excluded.reason = 'complained'"),
            params![id, delivery.as_str(), now],
        ),
        Statement::new(
            sql!("UPDATE jobs SET done_at = ?3
             WHERE ?2 IN ('bounced', 'complained') AND waiting = 1
               AND kind IN ('invitation_email', 'reminder_email', 'withdrawal_email') AND invitation_id IN (
                 SELECT x.id FROM jobs j
                 CROSS JOIN invitations i ON i.id = j.invitation_id
                 CROSS JOIN complaints c ON c.organization_id = i.organization_id AND c.email_key = i.email_key
                 CROSS JOIN invitations x ON x.organization_id = c.organization_id AND x.email_key = c.email_key
                 WHERE j.provider_message_id = ?1)"),
            params![id, delivery.as_str(), now],
        ),
        Statement::new(
            sql!(concat!(
                "UPDATE invitations SET delivery = ?2 WHERE (id, ver) IN ",
                of_message!(),
                " AND ",
                rank!("?2"),
                " > ",
                rank!("delivery")
            )),
            params![id, delivery.as_str()],
        ),
        Statement::new(
            sql!(concat!(
                "UPDATE jobs SET done_at = ?3
                 WHERE ?2 IN ('bounced', 'complained') AND waiting = 1 AND kind = 'reminder_email' AND (invitation_id, ver) IN ",
                of_message!()
            )),
            params![id, delivery.as_str(), now],
        ),
    ]
}

/// Whether a message of this id is one that was sent from here.
#[must_use]
pub fn is_ours(message: &str) -> Statement {
    Statement::new(sql!("SELECT id FROM jobs WHERE provider_message_id = ?1 LIMIT 1"), params![message])
}

/// Keeps what an event said of a subscription, unless a newer one said otherwise: of several in one second, its beginning
/// comes first and its end last, and nothing comes after that. One that is known stays with the organization it named first.
#[must_use]
pub fn subscribe(told: &Subscription) -> Statement {
    Statement::new(
        sql!("INSERT INTO subscriptions (id, organization_id, plan_key, seat_limit, begun_at, paid, told_at, told_rank)
         SELECT ?1, o.id, coalesce(?3, ''), ?4, ?5, ?6, ?7, ?8 FROM organizations o
         WHERE o.id = coalesce((SELECT s.organization_id FROM subscriptions s WHERE s.id = ?1), ?2)
         ON CONFLICT (id) DO UPDATE
         SET plan_key = coalesce(?3, subscriptions.plan_key), seat_limit = excluded.seat_limit, paid = excluded.paid,
             told_at = excluded.told_at, told_rank = excluded.told_rank
         WHERE subscriptions.told_rank < 2
           AND (excluded.told_at, excluded.told_rank) >= (subscriptions.told_at, subscriptions.told_rank)"),
        params![
            &told.id,
            told.organization_id,
            told.plan_key.as_ref(),
            told.seat_limit,
            told.begun_at,
            told.paid,
            told.told_at,
            told.told_rank,
        ],
    )
}

/// Notes in the audit log that an organization gets another plan than it has: that of its newest subscription which is paid for,
/// with the features that `features` gives plans by their keys; without one, its template's own (`defaults`, by the template's
/// name). Both are JSON. Only for what [`subscribe`] kept: after an older word the plan stays, which the operator may have set
/// since. The claim of [`set_plan`](super::organizations::set_plan). `RETURNING` tells.
#[must_use]
pub fn claim_plan(entry: &Entry, told: &Subscription, features: &str, defaults: String) -> Statement {
    let mut params = entry.params("organization.plan_changed");
    params.extend(params![&told.id, features, defaults, told.told_at, told.told_rank]);
    Statement::new(
        sql!(audited!(
            "o.id",
            "o.was",
            "o.becomes",
            concat!(
                "FROM (
                   SELECT o.id, json_object('key', o.plan_key, 'seat_limit', o.seat_limit,
                            'features', json(o.plan_features), 'trial_ends_at', ",
                rfc3339!("o.trial_ends_at"),
                ") AS was,
                     json_object('key', iif(s.id IS NULL, d.value ->> 'key', s.plan_key),
                       'seat_limit', iif(s.id IS NULL, d.value ->> 'seat_limit', s.seat_limit),
                       'features', json(iif(s.id IS NULL, d.value -> 'features',
                         coalesce((SELECT f.value FROM json_each(?7) f WHERE f.key = s.plan_key), '[]'))),
                       'trial_ends_at', NULL) AS becomes
                   FROM subscriptions about
                   CROSS JOIN organizations o ON o.id = about.organization_id
                   CROSS JOIN json_each(?8) d ON d.key = o.template
                   LEFT JOIN subscriptions s ON s.id = (
                     SELECT x.id FROM subscriptions x WHERE x.organization_id = o.id AND x.paid = 1
                     ORDER BY x.begun_at DESC, x.id DESC LIMIT 1)
                   WHERE about.id = ?6 AND about.told_at = ?9 AND about.told_rank = ?10) o
                 WHERE o.was <> o.becomes"
            )
        )),
        params,
    )
}

/// Whether this subscription is known: if not, there is no such organization.
#[must_use]
pub fn is_known(subscription: &str) -> Statement {
    Statement::new(sql!("SELECT id FROM subscriptions WHERE id = ?1"), params![subscription])
}

/// Forgets events, and the jobs that applied them, some at a time: none that is still to be applied.
#[must_use]
pub fn forget(before: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "DELETE FROM hook_events WHERE id IN (
           SELECT e.id FROM hook_events e WHERE e.received_at < ?1
             AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.hook_event_id = e.id AND j.waiting = 1)
           ORDER BY e.received_at LIMIT 200)"
        ),
        params![before],
    )
}

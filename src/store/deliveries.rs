//! How the e-mails of an invitation went: each version that was to be sent, step by step.
//!
//! Nobody's opening of a mail or of its page is among the steps: a mail has no picture that tells, and looking at a page writes
//! nothing (S4-07), so nobody knows.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{InvitationId, JobId};
use crate::domain::invitation::Delivery;
use crate::domain::order;
use crate::domain::time::Timestamp;
use crate::platform::{ResultSet, Statement};
use crate::{params, sql};

/// A step's names, in the order in which they come where two come at one moment: it waits to be sent; it was not sent any more,
/// since there was nothing left to say, or nobody to say it to; the mail provider took it; the recipient's mail server asked to
/// wait; it could not be sent, or did not arrive this time; the recipient's mail server took it; the mail provider took a reminder
/// of it; the recipient's mail server refused it; the recipient reported it.
const STEPS: [&str; 9] =
    ["queued", "stopped", "sent", "delayed", "failed", "delivered", "reminded", "bounced", "complained"];

/// A step of an e-mail's way, and when it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "InvitationDeliveryStep"))]
pub struct Step {
    /// Which: `queued`, `stopped`, `sent`, `delayed`, `failed`, `delivered`, `reminded`, `bounced` or `complained`.
    pub step: String,
    /// When; null of an e-mail from before this was noted.
    pub at: Option<Timestamp>,
    /// Why no further, as far as it is known: an [`Obstruction`](crate::domain::invitation::Obstruction).
    pub why: Option<String>,
}

/// The e-mail of one version of an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailed {
    /// Its job.
    pub id: JobId,
    /// The version.
    pub ver: i64,
    /// Its steps, the first first.
    pub steps: Vec<Step>,
}

/// A step with the e-mail that it is of.
#[derive(Debug, Deserialize)]
struct Row {
    id: JobId,
    ver: i64,
    step: String,
    at: Timestamp,
    why: Option<String>,
}

/// Reads the rows of a [`page`], the newest e-mail first. Of the version `newest` is known that it got as far as `delivery`: of one
/// from before steps were noted, that is all that is known.
///
/// # Errors
/// The database's.
pub fn read(found: &ResultSet, newest: i64, delivery: Delivery) -> crate::error::Result<Vec<Mailed>> {
    let mut mails: Vec<Mailed> = Vec::new();
    for Row { id, ver, step, at, why } in found.rows::<Row>()? {
        let step = Step { step, at: Some(at), why };
        match mails.last_mut().filter(|mail| mail.id == id) {
            Some(mail) => mail.steps.push(step),
            None => mails.push(Mailed { id, ver, steps: vec![step] }),
        }
    }
    for mail in &mut mails {
        mail.set_in_order((mail.ver == newest).then_some(delivery));
    }
    Ok(mails)
}

impl Mailed {
    fn at(&self, step: &str) -> Option<Timestamp> {
        self.steps.iter().find(|known| known.step == step)?.at
    }

    fn set_in_order(&mut self, now: Option<Delivery>) {
        // A provider's clock may be behind ours; nothing arrives before it is sent.
        let sent = self.at("sent");
        let place = |step: &Step| STEPS.iter().position(|known| *known == step.step);
        for step in &mut self.steps {
            if place(step) > Some(2) {
                step.at = step.at.max(sent);
            }
        }
        let key = |step: &Step| format!("{:020} {:?}", step.at.map_or(0, Timestamp::millis), place(step));
        self.steps = order::by(std::mem::take(&mut self.steps), key);
        let known = now.map_or("", Delivery::as_str);
        let is_step = STEPS.get(3..).is_some_and(|told| told.contains(&known));
        if is_step && sent.is_some() && self.at(known).is_none() {
            self.steps.push(Step { step: known.to_owned(), at: None, why: None });
        }
    }
}

/// Reads the steps of the e-mails of an invitation before that of this job, the newest first: those of so many versions. What it
/// answers [`read`] reads.
#[must_use]
pub fn page(id: InvitationId, before: Option<JobId>, limit: i64) -> Statement {
    Statement::new(
        sql!("WITH j AS MATERIALIZED (
           SELECT id, ver, created_at, done_at, failed_at, provider_message_id IS NOT NULL AS taken FROM jobs
           WHERE invitation_id = ?1 AND kind = 'invitation_email'
             AND (?2 IS NULL OR ver < (SELECT ver FROM jobs WHERE id = ?2))
           ORDER BY ver DESC LIMIT ?3)
         SELECT j.id, j.ver, e.value ->> 0 AS step, e.value ->> 1 AS at, e.value ->> 2 AS why
         FROM j CROSS JOIN json_each((
           SELECT json_group_array(json_array(step, at, why)) FROM (
             SELECT 'queued' AS step, j.created_at AS at, NULL AS why
             UNION ALL SELECT iif(j.taken, 'sent', 'stopped'), j.done_at, NULL
             UNION ALL SELECT 'failed', j.failed_at, NULL
             UNION ALL SELECT 'reminded', r.done_at, NULL FROM jobs r
               WHERE r.invitation_id = ?1 AND r.ver = j.ver AND r.kind = 'reminder_email' AND r.provider_message_id IS NOT NULL
             UNION ALL SELECT t.step, t.at, t.why FROM invitation_steps t WHERE t.invitation_id = ?1 AND t.ver = j.ver)
           WHERE at IS NOT NULL)) e
         ORDER BY j.ver DESC"),
        params![id, before, limit],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds)
    }

    fn step(step: &str, seconds: i64) -> Step {
        Step { step: step.to_owned(), at: Some(at(seconds)), why: None }
    }

    /// The steps as they are told of one that is known to have got so far.
    fn told(steps: &[Step], now: Option<Delivery>) -> Vec<Step> {
        let mut mail = Mailed { id: JobId::new(at(0), [1; 10]), ver: 1, steps: steps.to_vec() };
        mail.set_in_order(now);
        mail.steps
    }

    #[test]
    fn steps_are_in_their_order_even_by_a_clock_that_is_behind() {
        let mixed = [
            step("bounced", 12),
            step("delivered", 1),
            step("sent", 2),
            step("reminded", 9),
            step("queued", 0),
        ];
        let expected = [
            step("queued", 0),
            step("sent", 2),
            step("delivered", 2),
            step("reminded", 9),
            step("bounced", 12),
        ];
        assert_eq!(told(&mixed, None), expected);
        assert_eq!(told(&mixed, Some(Delivery::Bounced)), expected, "what is known is said once");
    }

    #[test]
    fn of_an_older_mail_the_last_that_is_known_stands_without_a_time() {
        let sent = [step("queued", 0), step("sent", 2)];
        let last = |steps: &[Step], now| told(steps, Some(now)).pop().unwrap();
        let untold = |step: &str| Step { step: step.to_owned(), at: None, why: None };
        assert_eq!(last(&sent, Delivery::Delivered), untold("delivered"));
        assert_eq!(last(&sent, Delivery::Complained), untold("complained"));
        assert_eq!(last(&sent, Delivery::Sent), step("sent", 2));
        let unsent = [step("queued", 0), step("failed", 5)];
        assert_eq!(
            last(&unsent, Delivery::Complained),
            step("failed", 5),
            "nobody reports what was not sent"
        );
    }
}

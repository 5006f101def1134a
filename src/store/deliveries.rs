//! How the e-mails of an invitation went: each version that was to be sent, step by step.
//!
//! Nobody's opening of a mail or of its page is among the steps: a mail has no picture that tells, and looking at a page writes
//! nothing (S4-07), so nobody knows.

use serde::{Deserialize, Serialize};

use super::json_text;
use crate::domain::ids::{InvitationId, JobId};
use crate::domain::invitation::{Delivery, Obstruction};
use crate::domain::time::Timestamp;
use crate::params;
use crate::platform::Statement;

/// A step of an e-mail's way, in the order in which they come where two come at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It waits to be sent.
    Queued,
    /// It was not sent any more: there was nothing left to say, or nobody to say it to.
    Stopped,
    /// The mail provider took it.
    Sent,
    /// The recipient's mail server asked to wait.
    Delayed,
    /// It could not be sent, or did not arrive this time.
    Failed,
    /// The recipient's mail server took it.
    Delivered,
    /// The mail provider took a reminder of it.
    Reminded,
    /// The recipient's mail server refused it.
    Bounced,
    /// The recipient reported it.
    Complained,
}

/// A step, and when it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which.
    pub step: Stage,
    /// When; null of an e-mail from before this was noted.
    pub at: Option<Timestamp>,
    /// Why no further, as far as it is known.
    pub why: Option<Obstruction>,
}

/// The e-mail of one version of an invitation.
#[derive(Debug, Clone, Deserialize)]
pub struct Mailed {
    /// Its job.
    pub id: JobId,
    /// The version.
    pub ver: i64,
    queued_at: Timestamp,
    sent_at: Option<Timestamp>,
    stopped_at: Option<Timestamp>,
    failed_at: Option<Timestamp>,
    reminded_at: Option<Timestamp>,
    #[serde(deserialize_with = "json_text")]
    steps: Vec<Step>,
}

impl Mailed {
    /// Its steps, the first first. `now` is how far the invitation's e-mail got if this is its newest: of one from before steps
    /// were noted, that is all that is known.
    #[must_use]
    pub fn steps(self, now: Option<Delivery>) -> Vec<Step> {
        let own = [
            (Stage::Queued, Some(self.queued_at)),
            (Stage::Sent, self.sent_at),
            (Stage::Stopped, self.stopped_at),
            (Stage::Failed, self.failed_at),
            (Stage::Reminded, self.reminded_at),
        ];
        let mut steps: Vec<Step> = own
            .into_iter()
            .filter(|(_, at)| at.is_some())
            .map(|(step, at)| Step { step, at, why: None })
            .collect();
        // A provider's clock may be behind ours; nothing arrives before it is sent.
        steps.extend(self.steps.into_iter().map(|step| Step { at: step.at.max(self.sent_at), ..step }));
        steps.sort_by_key(|step| (step.at, step.step));
        let known = match now {
            Some(Delivery::Delayed) => Some(Stage::Delayed),
            Some(Delivery::Failed) => Some(Stage::Failed),
            Some(Delivery::Delivered) => Some(Stage::Delivered),
            Some(Delivery::Bounced) => Some(Stage::Bounced),
            Some(Delivery::Complained) => Some(Stage::Complained),
            _ => None,
        };
        let untold = known.filter(|known| steps.iter().all(|step| step.step != *known));
        if let Some(step) = untold.filter(|_| self.sent_at.is_some()) {
            steps.push(Step { step, at: None, why: None });
        }
        steps
    }
}

/// Reads the [`Mailed`] versions of an invitation before that of this job, the newest first.
#[must_use]
pub fn page(id: InvitationId, before: Option<JobId>, limit: i64) -> Statement {
    Statement::new(
        "SELECT j.id, j.ver, j.created_at AS queued_at, iif(j.provider_message_id IS NULL, NULL, j.done_at) AS sent_at,
                iif(j.provider_message_id IS NULL, j.done_at, NULL) AS stopped_at, j.failed_at,
                (SELECT r.done_at FROM jobs r WHERE r.invitation_id = j.invitation_id AND r.ver = j.ver
                   AND r.kind = 'reminder_email' AND r.provider_message_id IS NOT NULL) AS reminded_at,
                (SELECT json_group_array(json_object('step', s.step, 'at', s.at, 'why', s.why))
                 FROM invitation_steps s WHERE s.invitation_id = j.invitation_id AND s.ver = j.ver) AS steps
         FROM jobs j
         WHERE j.invitation_id = ?1 AND j.kind = 'invitation_email' AND (?2 IS NULL OR j.ver < (SELECT ver FROM jobs WHERE id = ?2))
         ORDER BY j.ver DESC LIMIT ?3",
        params![id, before, limit],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds)
    }

    fn step(step: Stage, seconds: i64) -> Step {
        Step { step, at: Some(at(seconds)), why: None }
    }

    fn mailed(steps: Vec<Step>) -> Mailed {
        Mailed {
            id: JobId::new(at(0), [1; 10]),
            ver: 1,
            queued_at: at(0),
            sent_at: Some(at(2)),
            stopped_at: None,
            failed_at: None,
            reminded_at: Some(at(9)),
            steps,
        }
    }

    #[test]
    fn steps_are_in_their_order_even_by_a_clock_that_is_behind() {
        let told = mailed(vec![step(Stage::Bounced, 12), step(Stage::Delivered, 1)]);
        let expected = vec![
            step(Stage::Queued, 0),
            step(Stage::Sent, 2),
            step(Stage::Delivered, 2),
            step(Stage::Reminded, 9),
            step(Stage::Bounced, 12),
        ];
        assert_eq!(told.clone().steps(None), expected);
        assert_eq!(told.steps(Some(Delivery::Bounced)), expected, "what is known is said once");
    }

    #[test]
    fn of_an_older_mail_the_last_that_is_known_stands_without_a_time() {
        let last = |mailed: Mailed, now| mailed.steps(Some(now)).pop().unwrap();
        let untold = |step| Step { step, at: None, why: None };
        assert_eq!(last(mailed(Vec::new()), Delivery::Delivered), untold(Stage::Delivered));
        assert_eq!(last(mailed(Vec::new()), Delivery::Complained), untold(Stage::Complained));
        assert_eq!(last(mailed(Vec::new()), Delivery::Sent), step(Stage::Reminded, 9));
        let unsent =
            Mailed { sent_at: None, reminded_at: None, failed_at: Some(at(5)), ..mailed(Vec::new()) };
        assert_eq!(
            last(unsent, Delivery::Complained),
            step(Stage::Failed, 5),
            "nobody reports what was not sent"
        );
    }
}

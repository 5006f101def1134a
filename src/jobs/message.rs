//! The queue's messages: a version and a job's id. Everything else is in the row, so a queue that leaks tells nothing.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::ids::JobId;

/// Which queue a message came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The queue of jobs.
    Jobs,
    /// The queue of deliveries to webhooks.
    Deliveries,
    /// Where the platform puts messages it gave up on.
    DeadLetters,
}

impl Source {
    /// Tells them by the queue's name, as `wrangler.toml` gives it: by how it ends.
    #[must_use]
    pub fn of(queue: &str) -> Self {
        match queue.rsplit('-').next() {
            Some("dead") => Self::DeadLetters,
            Some("deliveries") => Self::Deliveries,
            _ => Self::Jobs,
        }
    }
}

/// One delivered message, not yet decoded: one that can't be is settled alone and fails nobody else's.
#[derive(Debug, Clone)]
pub struct Message {
    /// Where it came from.
    pub source: Source,
    /// Its text.
    pub body: String,
}

/// What the queue should do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is settled.
    Ack,
    /// Deliver it again after this long.
    Retry(Duration),
}

#[derive(Serialize, Deserialize)]
struct V1 {
    v: u8,
    job_id: JobId,
}

/// The text of a job's message.
#[must_use]
pub fn encode(job_id: JobId) -> String {
    serde_json::json!(V1 { v: 1, job_id }).to_string()
}

/// The job that a message is about, if it is one of ours.
#[must_use]
pub fn decode(body: &str) -> Option<JobId> {
    serde_json::from_str::<V1>(body).ok().filter(|message| message.v == 1).map(|message| message.job_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn a_message_holds_a_version_and_an_id_and_nothing_else() {
        let job = JobId::new(Timestamp::from_millis(1), [1; 10]);
        assert_eq!(encode(job), format!(r#"{{"job_id":"{job}","v":1}}"#));
        assert_eq!(decode(&encode(job)), Some(job));
        for wrong in [
            "",
            "{}",
            "null",
            r#"{"v":2,"job_id":"job_01h455vb4pex5vsknk084sn02q"}"#,
            r#"{"v":1,"job_id":7}"#,
        ] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn messages_are_told_apart_by_their_queue() {
        assert_eq!(Source::of("usher-jobs"), Source::Jobs);
        assert_eq!(Source::of("usher-deliveries"), Source::Deliveries);
        assert_eq!(Source::of("usher-jobs-dead"), Source::DeadLetters);
    }
}

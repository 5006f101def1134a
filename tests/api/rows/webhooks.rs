//! Webhooks: where an organization's programs are told what happens.

use super::{Answers, Costs, ELSEWHERE, FORBIDDEN, NOBODY};

const OF_ALL: &str = "/v1/organizations/{organization}/webhooks";
const OF_ONE: &str = "/v1/organizations/{organization}/webhooks/{webhook}";
const ROTATE: &str = "/v1/organizations/{organization}/webhooks/{webhook}/rotate";
const TEST: &str = "/v1/organizations/{organization}/webhooks/{webhook}/test";
const DELIVERIES: &str = "/v1/organizations/{organization}/webhooks/{webhook}/deliveries";
const REPLAY_FAILED: &str = "/v1/organizations/{organization}/webhooks/{webhook}/deliveries/replay";
const REPLAY: &str = "/v1/organizations/{organization}/webhooks/{webhook}/deliveries/{job}/replay";

/// For those who run the organization, and the operator.
const fn theirs(answer: &'static str) -> [&'static str; 9] {
    [NOBODY, answer, ELSEWHERE, FORBIDDEN, FORBIDDEN, answer, answer, ELSEWHERE, NOBODY]
}

pub const ANSWERS: &[Answers] = &[
    ("GET", OF_ALL, theirs("200")),
    ("POST", OF_ALL, theirs("201")),
    ("GET", OF_ONE, theirs("200")),
    ("PATCH", OF_ONE, theirs("200")),
    ("DELETE", OF_ONE, theirs("204")),
    ("POST", ROTATE, theirs("200")),
    ("POST", TEST, theirs("202")),
    ("GET", DELIVERIES, theirs("200")),
    ("POST", REPLAY_FAILED, theirs("202")),
    // The job is another one.
    ("POST", REPLAY, theirs("409 not_replayable")),
];

pub const COSTS: &[Costs] = &[
    ("GET", OF_ALL, "owner", 2, 0),
    // Who they are, their password, that it was right, the webhook.
    ("POST", OF_ALL, "owner", 4, 0),
    ("POST", OF_ALL, "operator", 1, 0),
    ("GET", OF_ONE, "owner", 2, 0),
    ("PATCH", OF_ONE, "owner", 2, 0),
    ("DELETE", OF_ONE, "owner", 2, 0),
    ("POST", ROTATE, "owner", 2, 0),
    ("POST", TEST, "owner", 2, 0),
    ("GET", DELIVERIES, "owner", 2, 0),
    // Who they are, what failed, what waits.
    ("POST", REPLAY_FAILED, "owner", 3, 0),
    ("POST", REPLAY, "owner", 2, 0),
];

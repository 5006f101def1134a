//! Resend (`POST /emails`; <https://resend.com/docs/api-reference/errors>). It honours an idempotency key for a day.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Outcome, body, post, unanswered};
use crate::config::Account;
use crate::domain::ids::JobId;
use crate::domain::time::Timestamp;
use crate::json::at;
use crate::mail::Mail;
use crate::platform::{MailError, retry_after};

/// Where its API is.
pub const URL: &str = "https://api.resend.com";

/// The request that sends a message.
///
/// # Errors
/// The settings hold what no request can.
pub fn request(account: &Account, mail: &Mail, key: JobId) -> Result<http::Request<bytes::Bytes>, MailError> {
    let body = json!({
        "from": mail.from.to_string(),
        "to": [mail.to],
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
    });
    let headers =
        [("authorization", &*format!("Bearer {}", account.key)), ("idempotency-key", &*key.to_string())];
    post(&format!("{}/emails", account.url), &headers, &body)
}

/// What its answer means.
///
/// # Errors
/// Whether to try again.
pub fn outcome(answer: &Answer, key: JobId, now: Timestamp) -> Outcome {
    let answer = answer.as_ref().map_err(|why| unanswered("resend", *why))?;
    let (status, body) = (answer.status(), body(answer));
    if status.is_success() {
        // Without an id it was somebody else who answered.
        return at(&body, "/id")
            .as_str()
            .map(str::to_owned)
            .ok_or(MailError::Retry("resend: no id".to_owned()));
    }
    refused(status, retry_after(answer.headers(), now), &body, key)
}

fn refused(status: StatusCode, told: Option<Duration>, body: &Value, key: JobId) -> Outcome {
    // Its codes are words with lines between them; what is none may be anything.
    let is_code =
        |name: &&str| name.len() < 50 && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase());
    let name = at(body, "/name").as_str().filter(is_code).unwrap_or("unknown");
    let why = format!("resend: {} {name}", status.as_u16());
    Err(match (status.as_u16(), name) {
        // It took this message before, and what the message says has changed since (a name, say). The id that it gave is lost.
        (409, "invalid_idempotent_request") => return Ok(key.to_string()),
        (429, "daily_quota_exceeded" | "monthly_quota_exceeded")
        | (422, "invalid_from_address" | "invalid_access" | "invalid_region")
        | (401 | 403 | 404 | 405, _) => MailError::Unable(why),
        (429, _) => MailError::Wait(told.unwrap_or_default(), why),
        // A try that is still under way has the same key.
        (409 | 408 | 425 | 500.., _) => MailError::Retry(why),
        (400..=499, _) => MailError::Refused(why),
        // It sends nobody elsewhere: this is somebody else's answer.
        _ => MailError::Retry(why),
    })
}

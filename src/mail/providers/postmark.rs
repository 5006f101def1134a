//! Postmark (`POST /email`; <https://postmarkapp.com/developer/api/overview>). It knows no idempotency key, so a message whose
//! sending was left unclear may arrive twice.

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
pub const URL: &str = "https://api.postmarkapp.com";

/// The request that sends a message.
///
/// # Errors
/// The settings hold what no request can.
pub fn request(account: &Account, mail: &Mail, key: JobId) -> Result<http::Request<bytes::Bytes>, MailError> {
    let body = json!({
        "From": mail.from.to_string(),
        "To": mail.to,
        "Subject": mail.subject,
        "TextBody": mail.text,
        "HtmlBody": mail.html,
        "MessageStream": "outbound",
        // A link that is rewritten leads through somebody else's server, with its token.
        "TrackOpens": false,
        "TrackLinks": "None",
        // Whoever looks a message up finds its job.
        "Metadata": {"job": key.to_string()},
    });
    post(&format!("{}/email", account.url), &[("x-postmark-server-token", &account.key)], &body)
}

/// What its answer means.
///
/// # Errors
/// Whether to try again.
pub fn outcome(answer: &Answer, now: Timestamp) -> Outcome {
    let answer = answer.as_ref().map_err(|why| unanswered("postmark", *why))?;
    let (status, body) = (answer.status(), body(answer));
    match (at(&body, "/ErrorCode"), at(&body, "/MessageID").as_str()) {
        (code, Some(id)) if status.is_success() && *code == 0 => Ok(id.to_owned()),
        // Without an id it was somebody else who answered.
        _ if status.is_success() => Err(MailError::Retry("postmark: no id".to_owned())),
        (code, _) => Err(refused(status, retry_after(answer.headers(), now), code)),
    }
}

fn refused(status: StatusCode, told: Option<Duration>, code: &Value) -> MailError {
    let code = code.as_u64().unwrap_or(0);
    let why = format!("postmark: {} {code}", status.as_u16());
    match (status.as_u16(), code) {
        (429, _) | (422, 429) => MailError::Wait(told.unwrap_or_default(), why),
        (500.. | 408, _) | (_, 100) => MailError::Retry(why),
        // The token, the sender's address or domain, the account: all for the operator to mend.
        (401 | 403 | 404 | 405, _) | (422, 10 | 400 | 401 | 405 | 412 | 413) => MailError::Unable(why),
        // 406 is an address that bounced or complained before, 300 one that is none.
        (400..=499, _) => MailError::Refused(why),
        // It sends nobody elsewhere: this is somebody else's answer.
        _ => MailError::Retry(why),
    }
}

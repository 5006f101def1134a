//! Who carries the mail: each provider turns a [`Mail`] into its own request, and its own answers into [`MailError`].
//!
//! The rule: a message goes out at least once. It is sent again wherever it isn't known whether it was sent; a provider that
//! knows idempotency keys sends it once all the same. What a provider says in words is never kept or logged, because it may
//! name the address: only its codes are.

pub mod postmark;
pub mod resend;

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, USER_AGENT};
use http::{HeaderValue, Method};
use serde_json::Value;

use super::Mail;
use crate::config::{Config, MailProvider};
use crate::domain::ids::JobId;
use crate::json;
use crate::platform::{Level, MailError, Platform, Unanswered};
use crate::store;

/// How long a provider may take. Two of them, and the database, fit into a lease.
const PATIENCE: Duration = Duration::from_secs(15);

/// From this try on, what a provider left unclear is handed to the second one: before that, only the first one can know that it
/// has sent it. That is some 15 to 30 seconds after the first.
const HANDED_OVER_FROM: i64 = 3;

/// What a provider made of a message: its id for it.
pub type Outcome = Result<String, MailError>;

/// Hands a message to the provider, under a key. Answers the provider's id for it.
///
/// What the first provider can't send, the second one is asked to: at once where the first one surely took nothing (its key, its
/// domain, its quota), and from the third try on where it gave no answer. A message may then arrive twice, both times
/// with the same link; without this, an outage would keep it. A limit of the moment is waited for, and what was refused for good
/// nobody else is asked to send: the address is why.
///
/// # Errors
/// Whether to try again.
pub async fn send(
    platform: &impl Platform,
    config: &Config,
    mail: &Mail,
    key: JobId,
    attempt: i64,
) -> Outcome {
    let first = by(platform, &config.mail_provider, mail, key).await;
    let (Some(fallback), Err(trouble)) = (&config.mail_fallback, &first) else { return first };
    let handed_over = match trouble {
        MailError::Unable(_) => true,
        MailError::Retry(_) => attempt >= HANDED_OVER_FROM,
        MailError::Wait(..) | MailError::Refused(_) => false,
    };
    if !handed_over {
        return first;
    }
    match by(platform, fallback, mail, key).await {
        Err(MailError::Refused(why)) => Err(MailError::Refused(why)),
        Err(second) => Err(MailError::Retry(format!("{}; {}", trouble.why(), second.why()))),
        sent => sent,
    }
}

async fn by(platform: &impl Platform, provider: &MailProvider, mail: &Mail, key: JobId) -> Outcome {
    let outcome = match provider {
        MailProvider::Mailbox => store::mailbox::keep(platform, key, mail, platform.now())
            .await
            .map(|()| key.to_string())
            .map_err(|error| MailError::Retry(error.to_string())),
        MailProvider::Cloudflare => platform.send(mail, PATIENCE).await,
        MailProvider::Resend(account) => match resend::request(account, mail, key) {
            Ok(request) => resend::outcome(&platform.exchange(request, PATIENCE).await, key, platform.now()),
            Err(error) => Err(error),
        },
        MailProvider::Postmark(account) => match postmark::request(account, mail, key) {
            Ok(request) => postmark::outcome(&platform.exchange(request, PATIENCE).await, platform.now()),
            Err(error) => Err(error),
        },
    };
    if let Err(MailError::Unable(why)) = &outcome {
        let line = serde_json::json!({"event": "mail_provider", "job": key.to_string(), "why": why});
        platform.log(Level::Error, &line.to_string());
    }
    outcome
}

/// What came back from a provider.
pub type Answer = Result<http::Response<Bytes>, Unanswered>;

/// A request with a JSON body, and these headers besides.
fn post(
    url: &str,
    headers: &[(&'static str, &str)],
    body: &Value,
) -> Result<http::Request<Bytes>, MailError> {
    let mut request = http::Request::new(Bytes::from(body.to_string()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = url.parse().map_err(|_| MailError::Unable(format!("{url} is no address")))?;
    let usual = [(ACCEPT, "application/json"), (CONTENT_TYPE, "application/json"), (USER_AGENT, "usher")];
    let more = headers.iter().map(|(name, value)| (HeaderName::from_static(name), *value));
    for (name, value) in usual.into_iter().chain(more) {
        let value = HeaderValue::from_str(value)
            .map_err(|_| MailError::Unable(format!("the value of {name} is none")))?;
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}

/// The body of an answer, as JSON; null if it is none, or too long to have been read whole.
fn body(answer: &http::Response<Bytes>) -> Value {
    std::str::from_utf8(answer.body()).ok().and_then(|text| json::row(text).ok()).unwrap_or(Value::Null)
}

/// No answer says what became of the message.
fn unanswered(provider: &str, why: Unanswered) -> MailError {
    let why = match why {
        Unanswered::Unreachable => "could not be reached",
        Unanswered::TimedOut => "took too long",
    };
    MailError::Retry(format!("{provider}: {why}"))
}

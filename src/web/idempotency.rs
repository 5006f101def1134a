//! `Idempotency-Key`: whoever sends the same request under the same key within a day is answered as the first time, and
//! what it does is done once, however often it was sent and whatever became of the answer.

use http::{HeaderValue, Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use crate::domain::api_key::Scope;
use crate::domain::secret;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::Context;
use crate::platform::{Level, Platform, ResultSet};
use crate::store::idempotency::{Kept, Once};
use crate::web::guard::{Caller, limit_network};
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// The longest key.
const LONGEST: usize = 255;
/// What an answer may hold that is kept nowhere: a secret that is shown once, or else a link.
const SECRETS: [&str; 2] = ["secret", "url"];

impl Route {
    /// Whether what a POST to it does is done once under one key: it makes or sends something, or changes who may do what.
    #[must_use]
    pub fn is_done_once(&self) -> bool {
        match self {
            Self::Preview => false,
            Self::Organizations
            | Self::ApiKeys(_)
            | Self::Owner(_)
            | Self::PasswordResets
            | Self::MfaResets
            | Self::MyEmail => true,
            _ => self
                .scope(&Method::POST)
                .is_some_and(|scope| !matches!(scope, Scope::AccessCheck | Scope::TokensIssue)),
        }
    }
}

/// The request's key, with whose it is; none if it has none, or has no right to send it.
///
/// # Errors
/// 422 for what is no key; `rate_limited` for whoever has no credential and sends many.
pub async fn of<P: Platform>(ctx: &Context<'_, P>, request: &Request, route: &Route) -> Result<Option<Once>> {
    let key = request::header(request.headers(), "idempotency-key")
        .filter(|_| request.method() == Method::POST && route.is_done_once());
    let Some(key) = key else { return Ok(None) };
    // The draft standard writes it as a quoted string; most programs send it bare.
    let key = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key);
    if key.is_empty() || key.len() > LONGEST || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        let detail = "Use 1 to 255 visible ASCII characters, such as a UUID.";
        return Err(Error::field("Idempotency-Key", Code::InvalidValue, detail));
    }
    let path = request.uri().path_and_query().map_or("", |path| path.as_str());
    let fingerprint = secret::digest(&[path.as_bytes(), b"\n", request.body()].concat());
    let caller = match route {
        // It is the same for everybody, whatever their browser sends along.
        Route::PasswordResets => Caller::Nobody,
        _ => Caller::of(request, ctx.config)?,
    };
    let (caller, credential) = match caller {
        Caller::Operator => ("operator".to_owned(), None),
        Caller::Session(digest) => (format!("session {digest}"), Some(digest)),
        Caller::Key(key) => (key.to_string(), Some(key.digest().to_owned())),
        // Whoever holds but a link is known by it; whoever asks for a mail, by the address, which is all that they send.
        Caller::Nobody if matches!(route, Route::Accept | Route::Decline | Route::PasswordResets) => {
            limit_network(ctx, request, "once").await?;
            let held = serde_json::from_slice::<Held>(request.body()).ok().map(|held| held.token);
            let caller = held.map_or_else(
                || format!("request {fingerprint}"),
                |token| format!("token {}", secret::digest(token.as_bytes())),
            );
            (caller, None)
        }
        Caller::Nobody => return Ok(None),
    };
    let (request_id, at) = (ctx.request_id.clone(), ctx.now());
    Ok(Some(Once { caller, credential, key: key.to_owned(), fingerprint, request_id, at }))
}

/// What the holder of a link sends, as far as it tells who they are.
#[derive(Deserialize)]
struct Held {
    token: String,
}

/// The answer of before, if there was one.
///
/// # Errors
/// `idempotency_conflict` for another request under the same key; `idempotency_in_progress` while the first has no answer.
pub async fn kept<P: Platform>(ctx: &Context<'_, P>, once: &Once) -> Result<Option<Reply>> {
    let results = ctx.platform.batch(vec![once.lapse(), once.select()]).await?;
    let Some(kept) = ResultSet::row_of::<Kept>(results.last())? else { return Ok(None) };
    if kept.fingerprint != once.fingerprint {
        return Err(Code::IdempotencyConflict.into());
    }
    let status = kept.status.and_then(|status| StatusCode::from_u16(status).ok());
    let Some(status) = status else { return Err(in_progress()) };
    let mut reply = match kept.body {
        Some(body) => reply::json_text(status, body),
        None => reply::no_content(),
    };
    reply.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    Ok(Some(reply))
}

/// What the first request is answered, after it did something; or what the one was that came before it after all.
pub async fn settle<P: Platform>(ctx: &Context<'_, P>, once: &Once, answer: Result<Reply>) -> Result<Reply> {
    let meter = ctx.platform.meter();
    let is_done = meter.rode.get();
    meter.rider.replace(None);
    match answer {
        Ok(reply) if is_done && reply.status().is_success() => {
            let body = without_secrets(reply.body());
            let kept = ctx.platform.run(once.answered(reply.status().as_u16(), body.as_deref())).await;
            if let Err(error) = kept {
                // It was done and is answered; only a repetition will not be.
                let line = serde_json::json!({"event": "error", "request_id": ctx.request_id, "why": error.to_string()});
                ctx.platform.log(Level::Error, &line.to_string());
            }
            Ok(reply)
        }
        Ok(reply) => Ok(reply),
        // What the first one did is what stands in the second one's way.
        Err(error) => match kept(ctx, once).await {
            Ok(Some(reply)) => Ok(reply),
            Err(Error::Refused(refusal)) => Err(Error::Refused(refusal)),
            // Who they are ended meanwhile, so that they get no answer of before: they are told when they ask again.
            Ok(None) if was_second(&error) => Err(in_progress()),
            _ => Err(error),
        },
    }
}

fn in_progress() -> Error {
    Refusal { retry_after: Some(1), ..Refusal::new(Code::IdempotencyInProgress) }.into()
}

/// Whether what a request did was undone because another one under its key had come before it.
#[must_use]
pub fn was_second(error: &Error) -> bool {
    matches!(error, Error::Internal(why) if why.contains("idempotent_requests"))
}

fn without_secrets(body: &[u8]) -> Option<String> {
    if body.is_empty() {
        return None;
    }
    let mut body: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(fields) = body.as_object_mut() {
        // What has a secret has no link: the `url` of a webhook is its own.
        let secret = SECRETS.into_iter().find(|name| fields.contains_key(*name));
        if let Some(value) = secret.and_then(|name| fields.get_mut(name)) {
            *value = Value::Null;
        }
    }
    Some(body.to_string())
}

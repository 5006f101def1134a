//! What others tell: mail providers what became of a message, Stripe what is paid for.
//!
//! The rule: nothing is read before it is known whose word it is; then it is kept as an event, once, and answered. A job
//! applies it. A hook whose secret is not set is not there.

pub mod postmark;
pub mod resend;
pub mod stripe;

use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, StatusCode};
use serde_json::Value;

use crate::domain::invitation::{Delivery, Obstruction};
use crate::domain::signature::{self, Signed};
use crate::domain::time::Timestamp;
use crate::error::{Code, Refusal, Result};
use crate::flow::Context;
use crate::jobs::lost_at;
use crate::json;
use crate::platform::{Level, Platform, ResultSet};
use crate::store::hooks::{self, Message, Told};
use crate::web::guard::limit_network;
use crate::web::reply::{self, Reply};
use crate::web::request::{Request, header};

/// The longest id of another's that is kept.
const LONGEST_ID: usize = 200;

/// What an event is to us.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// Nothing. There are many kinds, and more each year.
    Nothing,
    /// It should be something, and can't be: this is what is wrong with it, for the operator.
    Unusable(&'static str),
    /// An event with its sender's id of it.
    Event(String, Told),
}

/// `POST /hooks/email/resend`.
///
/// # Errors
/// 404 where the hook is not set up, 401 for whoever doesn't know its secret, 400 for what is no JSON.
pub async fn from_resend<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let secret = ctx.config.hooks.resend.as_ref().ok_or(Code::NotFound)?;
    // Svix signs for others under either name.
    let named = |one: &str, other: &str| {
        header(request.headers(), one).or_else(|| header(request.headers(), other)).unwrap_or_default()
    };
    let signed = Signed {
        id: named("svix-id", "webhook-id"),
        timestamp: named("svix-timestamp", "webhook-timestamp"),
        signature: named("svix-signature", "webhook-signature"),
    };
    let genuine = signature::is_svix(secret, signed, request.body(), ctx.now());
    let body = genuine_body(ctx, request, genuine).await?;
    keep(ctx, "resend", resend::read(signed.id, &body)).await
}

/// `POST /hooks/email/postmark`.
///
/// # Errors
/// Those of [`from_resend`].
pub async fn from_postmark<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let secret = ctx.config.hooks.postmark.as_ref().ok_or(Code::NotFound)?;
    if !postmark::knows(secret, header(request.headers(), "authorization").unwrap_or_default()) {
        limit_network(ctx, request, "hook").await?;
        let detail =
            "The hook's address has another password than the one that is set here. Check it on both sides.";
        let refusal = Refusal::new(Code::Unauthenticated).because(detail);
        let mut reply = reply::problem(&refusal.into(), &ctx.request_id);
        let asked = HeaderValue::from_static("Basic realm=\"usher\"");
        reply.headers_mut().insert(WWW_AUTHENTICATE, asked);
        return Ok(reply);
    }
    let body = genuine_body(ctx, request, true).await?;
    keep(ctx, "postmark", postmark::read(&body)).await
}

/// `POST /hooks/billing/stripe`.
///
/// # Errors
/// Those of [`from_resend`].
pub async fn from_stripe<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let secret = ctx.config.hooks.stripe.as_ref().ok_or(Code::NotFound)?;
    let signed = header(request.headers(), "stripe-signature").unwrap_or_default();
    let genuine = signature::is_stripe(secret, signed, request.body(), ctx.now());
    let body = genuine_body(ctx, request, genuine).await?;
    keep(ctx, "stripe", stripe::read(&body)).await
}

/// The body of somebody who knows the secret. Whoever doesn't is limited; a provider has a busy day now and then.
async fn genuine_body<P: Platform>(ctx: &Context<'_, P>, request: &Request, genuine: bool) -> Result<Value> {
    if !genuine {
        limit_network(ctx, request, "hook").await?;
        let detail = "This is not signed with the hook's secret, or more than five minutes ago. Check the secret on both sides.";
        return Err(Refusal::new(Code::Unauthenticated).because(detail).into());
    }
    let text = std::str::from_utf8(request.body()).ok();
    text.and_then(|text| json::row(text).ok()).ok_or_else(|| Code::InvalidJson.into())
}

async fn keep<P: Platform>(ctx: &Context<'_, P>, from: &'static str, read: Read) -> Result<Reply> {
    match read {
        Read::Event(id, told) if id.len() <= LONGEST_ID => {
            let (job, now) = (ctx.id(), ctx.now());
            let kept = hooks::keep(&format!("{from}:{id}"), &told, job, now, lost_at(now));
            let results = ctx.platform.batch(kept.into()).await?;
            if results.last().is_some_and(ResultSet::any) {
                ctx.platform.enqueue(job);
            }
        }
        Read::Event(..) => unusable(ctx, from, "its id is too long"),
        Read::Unusable(why) => unusable(ctx, from, why),
        Read::Nothing => {}
    }
    Ok(reply::json(StatusCode::OK, &serde_json::json!({"received": true})))
}

fn unusable<P: Platform>(ctx: &Context<'_, P>, from: &'static str, why: &'static str) {
    let line = serde_json::json!({"event": "hook", "request_id": ctx.request_id, "from": from, "why": why});
    ctx.platform.log(Level::Error, &line.to_string());
}

/// That a message got this far, then, and why no further.
fn message(event: String, message: &Value, delivery: Delivery, at: &str, why: Option<Obstruction>) -> Read {
    match message.as_str() {
        Some(id) if !id.is_empty() && id.len() <= LONGEST_ID => {
            let why = why.map(|why| why.as_str().to_owned());
            let message = Message { id: id.to_owned(), delivery, at: Timestamp::parse(at), why };
            Read::Event(event, Told { message: Some(message), subscription: None })
        }
        _ => Read::Unusable("it names no message"),
    }
}

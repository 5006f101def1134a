//! Signing in and out, by JSON, and the list of where one is signed in.

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::SessionId;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::flow::sign_in::Entry;
use crate::flow::{Context, second_factor, sign_in};
use crate::platform::Platform;
use crate::store::accounts::{self, SignedIn};
use crate::store::sessions::{self, Open};
use crate::web::api::{Page, me, unauthenticated};
use crate::web::guard::{self, Caller};
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request, SESSION_COOKIE};

/// Whoever signs in.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "SignIn"))]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    #[cfg_attr(described, schemars(with = "EmailAddress"))]
    email: String,
    password: String,
}

/// `POST /v1/sessions`: 201 with the account and the cookie. One answer for every address and password that don't match.
pub async fn create<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    guard::check_browser_origin(request.headers(), ctx.config)?;
    guard::limit_network(ctx, request, "sign-in").await?;
    let body: Body = request::json(request)?;
    // What is no address has no account; saying so tells nothing, but one answer is simpler to rely on.
    let email: EmailAddress = body.email.parse().map_err(|_| Error::from(Code::InvalidCredentials))?;
    let entry = sign_in::sign_in(ctx, &guard::guesser(request), &email, &body.password).await?;
    Ok(entered(StatusCode::CREATED, &entry))
}

/// A code of the app, or a recovery code.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "SignInCode"))]
#[serde(deny_unknown_fields)]
pub(super) struct CodeBody {
    code: String,
}

/// Whoever showed who they are.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "SignedIn"))]
#[serde(untagged)]
pub(super) enum Entered<'a> {
    /// They are in.
    In {
        /// Who.
        user: me::Shown<'a>,
    },
    /// Their second factor is still asked for: `POST /v1/sessions/mfa`.
    Waiting {
        /// True.
        mfa_required: bool,
    },
}

/// Where somebody is signed in.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Session"))]
pub(super) struct Shown {
    id: SessionId,
    /// In words, such as `Firefox on Linux`.
    device: String,
    created_at: Timestamp,
    /// The day, in UTC.
    last_used_on: String,
    /// Whether this request came with it.
    current: bool,
}

/// `POST /v1/sessions/mfa`: 201 with the account and the cookie of a session, for one that waits for the second factor.
pub async fn pass<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let waiting = Caller::of(request, ctx.config)?.signed_in()?;
    guard::limit_network(ctx, request, "sign-in").await?;
    let body: CodeBody = request::json(request)?;
    let entry = second_factor::pass(ctx, &waiting, &body.code).await?;
    Ok(entered(StatusCode::CREATED, &entry))
}

/// The account of somebody who showed who they are, or that their second factor is still asked for; and the cookie.
pub(super) fn entered(status: StatusCode, entry: &Entry) -> Reply {
    let body = match &entry.me {
        Some(me) => Entered::In { user: me::shown(me) },
        None => Entered::Waiting { mfa_required: true },
    };
    let mut reply = reply::json(status, &body);
    reply::let_in(&mut reply, entry);
    reply
}

/// `GET /v1/sessions`: one's own, newest first.
pub async fn list<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    let page = Page::of(request)?;
    let now = ctx.now();
    let batch = vec![
        accounts::select_signed_in(&session, now),
        sessions::list(&session, page.before, page.rows(), now),
        sessions::used(&session, now),
    ];
    let results = ctx.platform.batch(batch).await?;
    let [me, open, _] = results.as_slice() else {
        return Err(Error::Internal("three results".to_owned()));
    };
    me.first::<SignedIn>()?.ok_or_else(unauthenticated)?;
    let shown = |open: Open| Shown {
        id: open.id,
        device: open.device,
        created_at: open.created_at,
        last_used_on: open.last_used_at.date(),
        current: open.current,
    };
    Ok(page.reply(open.rows()?, |open| open.id.to_string(), shown))
}

/// `DELETE /v1/sessions/{session}`: 204. Another person's is not there.
pub async fn end<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: SessionId) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    sign_in::sign_out_of(ctx, &session, id).await?;
    Ok(reply::no_content())
}

/// `DELETE /v1/sessions`: 204, and every session of one's own is over but this one.
pub async fn end_elsewhere<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    sign_in::sign_out_elsewhere(ctx, &session).await?;
    Ok(reply::no_content())
}

/// `DELETE /v1/sessions/current`: 204, and the cookie is gone.
pub async fn delete<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    sign_in::sign_out(ctx, &session).await?;
    let mut reply = reply::no_content();
    reply::clear_cookie(&mut reply, SESSION_COOKIE);
    Ok(reply)
}

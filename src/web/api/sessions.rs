//! Signing in and out, by JSON.

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::domain::email_address::EmailAddress;
use crate::error::{Code, Error, Result};
use crate::flow::accept::SESSION;
use crate::flow::{Context, sign_in};
use crate::platform::Platform;
use crate::store::accounts;
use crate::web::api::{me, unauthenticated};
use crate::web::guard::{self, Caller};
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request, SESSION_COOKIE};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
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
    let session = sign_in::sign_in(ctx, &email, &body.password).await?;
    let me = accounts::signed_in(ctx.platform, &session.digest(), ctx.now()).await?;
    let me = me.ok_or_else(unauthenticated)?;
    let mut reply = reply::json(StatusCode::CREATED, &json!({"user": me::shown(&me)}));
    reply::set_cookie(&mut reply, SESSION_COOKIE, session.reveal(), SESSION.as_secs().cast_signed());
    Ok(reply)
}

/// `DELETE /v1/sessions/current`: 204, and the cookie is gone.
pub async fn delete<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    sign_in::sign_out(ctx, &session).await?;
    let mut reply = reply::no_content();
    reply::clear_cookie(&mut reply, SESSION_COOKIE);
    Ok(reply)
}

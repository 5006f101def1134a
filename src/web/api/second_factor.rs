//! One's own second factor, and that of somebody who lost theirs.

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::error::{Fields, Result};
use crate::flow::{Context, mfa_reset, second_factor};
use crate::platform::Platform;
use crate::web::api::field;
use crate::web::guard::{Caller, limit_network};
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BeginBody {
    password: Option<String>,
}

/// `POST /v1/me/mfa/totp`, with the password unless it was typed within five minutes: the secret for an app, as text and as the URL that a picture of it holds.
pub async fn begin<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    let body: BeginBody =
        if request.body().is_empty() { BeginBody { password: None } } else { request::json(request)? };
    let (me, secret) = second_factor::begin(ctx, &session, body.password.as_deref()).await?;
    let url = secret.url(&ctx.config.product_name, me.email.as_str());
    let body = json!({"secret": secret.in_letters(), "otpauth_url": url});
    Ok(reply::json(StatusCode::CREATED, &body))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeBody {
    code: String,
}

/// `POST …/confirm`: turns it on, and tells the recovery codes this once.
pub async fn confirm<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    let body: CodeBody = request::json(request)?;
    let codes = second_factor::confirm(ctx, &session, &body.code).await?;
    Ok(reply::json(StatusCode::OK, &json!({"recovery_codes": codes})))
}

/// `DELETE /v1/me/mfa/totp` with a code of the app, or a recovery code: 204.
pub async fn remove<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    let body: CodeBody = request::json(request)?;
    second_factor::remove(ctx, &session, &body.code).await?;
    Ok(reply::no_content())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RenewBody {
    password: String,
    code: Option<String>,
}

/// `POST /v1/me/mfa/recovery-codes` with the password and a code of the app: other recovery codes, told this once.
pub async fn renew<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    limit_network(ctx, request, "password").await?;
    let body: RenewBody = request::json(request)?;
    let codes = second_factor::renew(ctx, &session, &body.password, body.code.as_deref()).await?;
    Ok(reply::json(StatusCode::OK, &json!({"recovery_codes": codes})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhoseBody {
    email: String,
}

/// `POST /v1/mfa-resets`, for the operator: 200 with the account that has no second factor any more, and no password.
pub async fn take_off<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    Caller::of(request, ctx.config)?.operator()?;
    let body: WhoseBody = request::json(request)?;
    let mut fields = Fields::default();
    let email = field::email(&mut fields, "/email", &body.email);
    let whose = mfa_reset::take_off(ctx, &fields.finish(email)?).await?;
    let user = json!({"id": whose.id, "email": whose.email, "name": whose.name, "mfa_enabled": false});
    Ok(reply::json(StatusCode::OK, &json!({"user": user})))
}

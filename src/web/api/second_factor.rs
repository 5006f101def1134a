//! One's own second factor, and that of somebody who lost theirs.

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::UserId;
use crate::error::{Fields, Result};
use crate::flow::{Context, mfa_reset, second_factor};
use crate::platform::Platform;
use crate::web::api::field;
use crate::web::guard::{Caller, limit_network};
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// Whoever sets a second factor up.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "SecondFactorBegin"))]
#[serde(deny_unknown_fields)]
pub(super) struct BeginBody {
    /// Needed unless it was typed within five minutes.
    password: Option<String>,
}

/// A second factor that is not on yet.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "SecondFactor"))]
pub(super) struct Begun {
    /// For the app, in base32.
    secret: String,
    /// The same as the URL that a picture of it holds.
    otpauth_url: String,
}

/// `POST /v1/me/mfa/totp`, with the password unless it was typed within five minutes: the secret for an app, as text and as the URL that a picture of it holds.
pub async fn begin<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    let body: BeginBody =
        if request.body().is_empty() { BeginBody { password: None } } else { request::json(request)? };
    let (me, secret) = second_factor::begin(ctx, &session, body.password.as_deref()).await?;
    let url = secret.url(&ctx.config.product_name, me.email.as_str());
    Ok(reply::json(StatusCode::CREATED, &Begun { secret: secret.in_letters(), otpauth_url: url }))
}

/// A code of the app, or where one's second factor is turned off a recovery code.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "SecondFactorCode"))]
#[serde(deny_unknown_fields)]
pub(super) struct CodeBody {
    code: String,
}

/// What gets in without the app: each once. Told this once.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "RecoveryCodes"))]
pub(super) struct Codes {
    recovery_codes: Vec<String>,
}

/// `POST …/confirm`: turns it on, and tells the recovery codes this once.
pub async fn confirm<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    let body: CodeBody = request::json(request)?;
    let codes = second_factor::confirm(ctx, &session, &body.code).await?;
    Ok(reply::json(StatusCode::OK, &Codes { recovery_codes: codes }))
}

/// `DELETE /v1/me/mfa/totp` with a code of the app, or a recovery code: 204.
pub async fn remove<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    let body: CodeBody = request::json(request)?;
    second_factor::remove(ctx, &session, &body.code).await?;
    Ok(reply::no_content())
}

/// Whoever wants other recovery codes.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "RecoveryCodesRenewal"))]
#[serde(deny_unknown_fields)]
pub(super) struct RenewBody {
    password: String,
    /// A code of the app.
    code: Option<String>,
}

/// `POST /v1/me/mfa/recovery-codes` with the password and a code of the app: other recovery codes, told this once.
pub async fn renew<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    limit_network(ctx, request, "password").await?;
    let body: RenewBody = request::json(request)?;
    let codes = second_factor::renew(ctx, &session, &body.password, body.code.as_deref()).await?;
    Ok(reply::json(StatusCode::OK, &Codes { recovery_codes: codes }))
}

/// Whose second factor is lost.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "SecondFactorReset"))]
#[serde(deny_unknown_fields)]
pub(super) struct WhoseBody {
    #[cfg_attr(described, schemars(with = "EmailAddress"))]
    email: String,
}

/// Whose was taken off.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "SecondFactorTakenOff"))]
pub(super) struct TakenOff {
    user: Bare,
}

/// An account without a second factor.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "BareAccount"))]
struct Bare {
    id: UserId,
    email: EmailAddress,
    name: String,
    /// False.
    mfa_enabled: bool,
}

/// `POST /v1/mfa-resets`, for the operator: 200 with the account that has no second factor any more, and no password.
pub async fn take_off<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    Caller::of(request, ctx.config)?.operator()?;
    let body: WhoseBody = request::json(request)?;
    let mut fields = Fields::default();
    let email = field::email(&mut fields, "/email", &body.email);
    let whose = mfa_reset::take_off(ctx, &fields.finish(email)?).await?;
    let user = Bare { id: whose.id, email: whose.email, name: whose.name, mfa_enabled: false };
    Ok(reply::json(StatusCode::OK, &TakenOff { user }))
}

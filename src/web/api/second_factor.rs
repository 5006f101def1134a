//! One's own second factor.

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::flow::second_factor::{self, Shown};
use crate::platform::Platform;
use crate::store::accounts;
use crate::web::api::{no_fields, unauthenticated};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// `POST /v1/me/mfa/totp`: the secret for an app, as text and as the URL that a picture of it holds.
pub async fn begin<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    no_fields(request)?;
    let me = accounts::signed_in(ctx.platform, &session, ctx.now()).await?.ok_or_else(unauthenticated)?;
    let secret = second_factor::begin(ctx, &me).await?;
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RemoveBody {
    password: Option<String>,
    code: Option<String>,
}

/// `DELETE /v1/me/mfa/totp` with the password or a code: 204.
pub async fn remove<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    let body: RemoveBody = request::json(request)?;
    let shown = match (&body.password, &body.code) {
        (Some(password), None) => Shown::Password(password),
        (None, Some(code)) => Shown::Code(code),
        (None, None) => {
            return Err(Error::field("/password", Code::Required, "Send your password, or a code."));
        }
        (Some(_), Some(_)) => {
            return Err(Error::field("/code", Code::InvalidValue, "Send your password or a code, not both."));
        }
    };
    second_factor::remove(ctx, &session, shown).await?;
    Ok(reply::no_content())
}

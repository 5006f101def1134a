//! Forgotten passwords, setting one with a link, and changing one's own. The token comes in the body, never in a query.

use http::StatusCode;
use serde::Deserialize;

#[cfg(described)]
use crate::domain::email_address::EmailAddress;
use crate::error::{Fields, Result};
use crate::flow::change_password::change_password;
use crate::flow::set_password::{look, set_password};
use crate::flow::{Context, reset_password};
use crate::platform::Platform;
use crate::web::api::{Taken, field, sessions};
use crate::web::guard::{Caller, check_browser_origin, limit_network};
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// Whose password was forgotten.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "PasswordReset"))]
#[serde(deny_unknown_fields)]
pub(super) struct Asking {
    #[cfg_attr(described, schemars(with = "EmailAddress"))]
    email: String,
}

/// `POST …`: 202 for every address. Whether there is an account is told to its mailbox alone.
pub async fn ask<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    check_browser_origin(request.headers(), ctx.config)?;
    limit_network(ctx, request, "password-reset").await?;
    let body: Asking = request::json(request)?;
    let mut fields = Fields::default();
    let email = field::email(&mut fields, "/email", &body.email);
    let email = fields.finish(email)?;
    reset_password::ask(ctx, &email).await?;
    Ok(reply::json(StatusCode::ACCEPTED, &Taken {}))
}

/// Another password for one's account.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "PasswordChange"))]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    current_password: String,
    password: String,
}

/// `PUT /v1/me/password`: 204, and every other session is over.
pub async fn change<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    limit_network(ctx, request, "password").await?;
    let body: Change = request::json(request)?;
    change_password(ctx, &session, &body.current_password, &body.password).await?;
    Ok(reply::no_content())
}

/// A password, by a link to set one.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NewPassword"))]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    token: String,
    /// 12 to 128 characters, none that many people use.
    password: String,
}

/// `POST …/redeem`: 200 with the account and the cookie, or `mfa_required` with one that waits for the second factor.
pub async fn redeem<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    check_browser_origin(request.headers(), ctx.config)?;
    limit_network(ctx, request, "password").await?;
    let body: Body = request::json(request)?;
    let entry = if let Some(link) = reset_password::open(ctx, &body.token)? {
        let view = reset_password::look(ctx, &link).await?;
        reset_password::set(ctx, &link, &view, &body.password).await?
    } else {
        let (link, view) = look(ctx, &body.token).await?;
        set_password(ctx, &link, &view, &body.password).await?
    };
    Ok(sessions::entered(StatusCode::OK, &entry))
}

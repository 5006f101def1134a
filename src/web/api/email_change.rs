//! Another address of one's own. A link's token comes in the body, never in a query.

use http::StatusCode;
use serde::{Deserialize, Serialize};

#[cfg(described)]
use crate::domain::email_address::EmailAddress;
use crate::error::{Fields, Result};
use crate::flow::{Context, change_email};
use crate::platform::Platform;
use crate::web::api::{Taken, field};
use crate::web::guard::{Caller, check_browser_origin, limit_network};
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// Another address for one's account.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "EmailChange"))]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    #[cfg_attr(described, schemars(with = "EmailAddress"))]
    email: String,
    password: String,
    /// Of the app, where the account has a second factor.
    code: Option<String>,
}

/// `POST /v1/me/email` with the password, and a code where the account asks for one: 202 for every new address. Whether it has
/// an account is told to its mailbox alone.
pub async fn begin<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    limit_network(ctx, request, "password").await?;
    let body: Change = request::json(request)?;
    let mut fields = Fields::default();
    let email = field::email(&mut fields, "/email", &body.email);
    let email = fields.finish(email)?;
    change_email::begin(ctx, &session, &email, &body.password, body.code.as_deref()).await?;
    Ok(reply::json(StatusCode::ACCEPTED, &Taken {}))
}

/// `DELETE /v1/me/email`: 204, and nothing comes of what was begun.
pub async fn cancel_own<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    change_email::cancel_own(ctx, &session).await?;
    Ok(reply::no_content())
}

/// A mailed link's token.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "EmailChangeLink"))]
#[serde(deny_unknown_fields)]
pub(super) struct Link {
    token: String,
}

/// How far the change is.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "EmailChangeState"))]
pub(super) struct Confirmed {
    /// `changed`, or `waiting` for the other mailbox.
    #[cfg_attr(described, schemars(extend("enum" = ["changed", "waiting"])))]
    state: &'static str,
}

/// `POST /v1/email-changes/confirm`: `changed`, or `waiting` for the other mailbox.
pub async fn confirm<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let link = link(ctx, request).await?;
    let view = change_email::confirm(ctx, &link.token).await?;
    let state = if view.changed { "changed" } else { "waiting" };
    Ok(reply::json(StatusCode::OK, &Confirmed { state }))
}

/// `POST /v1/email-changes/cancel`: 204, and nothing comes of it.
pub async fn cancel<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let link = link(ctx, request).await?;
    change_email::cancel(ctx, &link.token).await?;
    Ok(reply::no_content())
}

async fn link<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Link> {
    check_browser_origin(request.headers(), ctx.config)?;
    limit_network(ctx, request, "email-change").await?;
    request::json(request)
}

//! `…/logo`: an organization's logo, for its owner and admins; and the public address that pages show it from.

use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::domain::ids::OrganizationId;
use crate::error::Result;
use crate::flow::{Context, logo};
use crate::platform::Platform;
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::Request;
use crate::web::route::Route;

/// Where a logo is shown from.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Logo"))]
pub(super) struct Shown {
    logo_url: String,
}

/// `PUT`: sets the logo, whose bytes are the body. 200 with its address.
pub async fn set<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    organization: OrganizationId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.administrator_of(ctx, organization).await?;
    let hash = logo::set(ctx, &actor, logo::read(request.body())?, request.body()).await?;
    let logo_url = Route::Brand(organization, hash).url(&ctx.config.origin);
    Ok(reply::json(StatusCode::OK, &Shown { logo_url }))
}

/// `DELETE`: takes the logo away. 204.
pub async fn clear<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    organization: OrganizationId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.administrator_of(ctx, organization).await?;
    logo::clear(ctx, &actor).await?;
    Ok(reply::no_content())
}

/// `GET /brand/{org}/{hash}`: the logo, for everybody and for ever.
pub async fn serve<P: Platform>(
    ctx: &Context<'_, P>,
    organization: OrganizationId,
    hash: &str,
) -> Result<Reply> {
    let (content_type, bytes) = logo::serve(ctx, organization, hash).await?;
    let mut reply = reply::with_body(StatusCode::OK, "application/octet-stream", bytes);
    if let Ok(content_type) = HeaderValue::from_str(&content_type) {
        reply.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    let immutable = HeaderValue::from_static("public, max-age=31536000, immutable");
    reply.headers_mut().insert(header::CACHE_CONTROL, immutable);
    Ok(reply)
}

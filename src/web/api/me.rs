//! Whoever is signed in: their account and the workspaces they reach.

use http::StatusCode;
use serde_json::json;

use crate::error::Result;
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::accounts::{self, SignedIn};
use crate::web::api::{Page, PageQuery, unauthenticated};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// `GET /v1/me`.
pub async fn account<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    let me = accounts::signed_in(ctx.platform, &session, ctx.now()).await?.ok_or_else(unauthenticated)?;
    Ok(reply::json(StatusCode::OK, &json!({"user": shown(&me)})))
}

/// An account, as its own holder sees it.
pub(super) fn shown(me: &SignedIn) -> serde_json::Value {
    json!({
        "id": me.user_id,
        "email": me.email,
        "name": me.name,
        "email_verified": me.email_verified_at.is_some(),
        "mfa_enabled": false,
    })
}

/// `GET /v1/me/workspaces`, newest first.
pub async fn workspaces<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    let query: PageQuery = request::query(request)?;
    let page = Page::read(query.limit.as_deref(), query.cursor.as_deref())?;
    let found =
        accounts::signed_in_and_reached(ctx.platform, &session, page.before, page.rows(), ctx.now()).await?;
    let (_, reached) = found.ok_or_else(unauthenticated)?;
    Ok(page.reply(
        reached,
        |row| row.workspace_id.to_string(),
        |row| {
            json!({
                "workspace": {"id": row.workspace_id, "name": row.workspace_name},
                "organization": {
                    "id": row.organization_id, "name": row.organization_name, "slug": row.organization_slug,
                },
                "role": row.role,
                "state": "ready",
            })
        },
    ))
}

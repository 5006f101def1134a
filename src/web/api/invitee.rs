//! What the holder of a link does: look, accept, decline. The token comes in the body, never in a query.

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::domain::email_address::EmailAddress;
use crate::domain::standing::Next;
use crate::domain::text::Name;
use crate::error::{Code, Fields, Result};
use crate::flow::accept::{Accept, accept as redeem};
use crate::flow::{Context, decline as flow, look};
use crate::platform::Platform;
use crate::web::api::field::{self, optional};
use crate::web::guard::{Caller, check_browser_origin, limit_network};
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};
use crate::web::route::Route;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenBody {
    token: String,
}

/// `POST …/preview`: what the link's holder is offered, and what they do next. No address in full, no token.
pub async fn preview<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    limit_network(ctx, request, "preview").await?;
    let session = Caller::of(request, ctx.config)?.session();
    let body: TokenBody = request::json(request)?;
    let link = look::open(ctx, &body.token)?;
    let view = look::look(ctx, &link, session.as_deref(), None).await?;
    let now = ctx.now();
    // What became of the invitation is in `status`; that this link is an old one is nowhere else.
    let next = match view.standing().next(&link, now) {
        Err(Code::InvitationReplaced) => return Err(Code::InvitationReplaced.into()),
        next => next.unwrap_or(Next::None),
    };
    let invitation = &view.invitation;
    let logo_url = view
        .logo_hash
        .clone()
        .map(|hash| Route::Brand(invitation.organization_id, hash).url(&ctx.config.origin));
    // Without a brand it is the product's page, unless the plan keeps its name from it.
    let unbranded = if view.hides_product { &view.organization_name } else { &ctx.config.product_name };
    let workspaces: Vec<_> =
        view.workspaces.iter().map(|workspace| json!({"name": workspace.name})).collect();
    Ok(reply::json(
        StatusCode::OK,
        &json!({
            "invitation_id": invitation.id,
            "kind": invitation.kind,
            "role": invitation.role,
            "organization": {"name": view.shown_name(), "logo_url": logo_url, "accent": view.branding_accent},
            "brand": {
                "name": view.brand().unwrap_or(unbranded),
                "is_product": view.brand().is_none() && !view.hides_product,
            },
            "workspaces": workspaces,
            "invited_by": view.inviter_name.as_ref().map(|name| json!({"name": name})),
            "message": view.shown_message(),
            "email_hint": invitation.email.as_ref().map(EmailAddress::masked),
            "require_mfa": view.require_mfa,
            "status": invitation.status(now),
            "expires_at": invitation.expires_at,
            "next": next,
        }),
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AcceptBody {
    token: String,
    email: Option<String>,
    name: Option<String>,
    password: Option<String>,
}

/// `POST …/accept`: 200 with the member; with a new account also its session's cookie.
pub async fn accept<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    check_browser_origin(request.headers(), ctx.config)?;
    limit_network(ctx, request, "accept").await?;
    let session = Caller::of(request, ctx.config)?.session();
    let body: AcceptBody = request::json(request)?;
    let link = look::open(ctx, &body.token)?;
    let mut fields = Fields::default();
    let name = optional(&mut fields, "/name", body.name.as_deref(), Name::parse);
    let email = body.email.as_deref().and_then(|email| field::email(&mut fields, "/email", email));
    fields.finish(Some(()))?;
    let accepted = redeem(ctx, Accept { link, session, email, name, password: body.password }).await?;
    let mut reply = reply::json(
        StatusCode::OK,
        &json!({
            "member_id": accepted.joined.member_id,
            "organization_id": accepted.organization_id,
            "workspace_ids": accepted.joined.workspace_ids,
            "role": accepted.joined.role,
            "next": if accepted.joined.lacks_factor { Next::EnrolMfa } else { Next::None },
        }),
    );
    if let Some(session) = accepted.session {
        reply::keep_session(&mut reply, &session);
    }
    Ok(reply)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclineBody {
    token: String,
    reason: Option<String>,
}

/// `POST …/decline`: 204. `reason` is `unknown_sender` from whoever it was not meant for.
pub async fn decline<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    check_browser_origin(request.headers(), ctx.config)?;
    limit_network(ctx, request, "decline").await?;
    let session = Caller::of(request, ctx.config)?.session();
    let body: DeclineBody = request::json(request)?;
    let link = look::open(ctx, &body.token)?;
    let mut fields = Fields::default();
    let reason = field::one_of(&mut fields, "/reason", body.reason.as_deref(), "unknown_sender");
    fields.finish(Some(()))?;
    flow::decline(ctx, &link, reason, session.as_deref()).await?;
    Ok(reply::no_content())
}

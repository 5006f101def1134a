//! What the holder of a link does: look, accept, decline. The token comes in the body, never in a query.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::email_address::EmailAddress;
use crate::domain::link::Link;
use crate::domain::standing::Next;
use crate::domain::text::Name;
use crate::error::{Code, Fields, Result};
use crate::flow::accept::{Accept, accept as redeem};
use crate::flow::{Context, decline as flow, look, vouch};
use crate::platform::Platform;
use crate::store::identities::Vouched;
use crate::store::redeem::Joined;
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
    let caller = limited(ctx, request, "preview").await?;
    let body: TokenBody = request::json(request)?;
    let link = look::open(ctx, &body.token)?;
    caller.speaks_in(ctx, link.organization_id).await?;
    let session = caller.session();
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
    user: Option<UserBody>,
}

/// A host product's own user.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserBody {
    subject: String,
    email: String,
    name: String,
    email_verified: bool,
}

/// `POST …/accept`: 200 with the member; with a new account also its session's cookie. A program says in `user` for whom of its
/// own users it accepts.
pub async fn accept<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    check_browser_origin(request.headers(), ctx.config)?;
    let caller = limited(ctx, request, "accept").await?;
    let body: AcceptBody = request::json(request)?;
    let link = look::open(ctx, &body.token)?;
    let mut fields = Fields::default();
    if caller.speaks_in(ctx, link.organization_id).await? {
        let user = vouched(ctx, &mut fields, body);
        let user = fields.finish(user)?;
        let joined = vouch::accept(ctx, &link, &user).await?;
        return Ok(reply::json(StatusCode::OK, &shown(&joined, &link)));
    }
    if body.user.is_some() {
        let detail = "Only a program with an API key says who its users are. Leave this out.";
        fields.refuse("/user", Code::InvalidValue, detail);
    }
    let session = caller.session();
    let name = optional(&mut fields, "/name", body.name.as_deref(), Name::parse);
    let email = body.email.as_deref().and_then(|email| field::email(&mut fields, "/email", email));
    fields.finish(Some(()))?;
    let accepted = redeem(ctx, Accept { link, session, email, name, password: body.password }).await?;
    let mut reply = reply::json(StatusCode::OK, &shown(&accepted.joined, &link));
    if let Some(session) = accepted.session {
        reply::keep_session(&mut reply, &session);
    }
    Ok(reply)
}

fn shown(joined: &Joined, link: &Link) -> Value {
    json!({
        "member_id": joined.member_id,
        "organization_id": link.organization_id,
        "workspace_ids": joined.workspace_ids,
        "role": joined.role,
        "next": if joined.lacks_factor { Next::EnrolMfa } else { Next::None },
    })
}

/// Reads for whom a program accepts. Their address counts only if the host product knows that it is theirs (V24).
fn vouched<P: Platform>(ctx: &Context<'_, P>, fields: &mut Fields, body: AcceptBody) -> Option<Vouched> {
    for (pointer, said) in [
        ("/email", body.email.is_some()),
        ("/name", body.name.is_some()),
        ("/password", body.password.is_some()),
    ] {
        if said {
            fields.refuse(
                pointer,
                Code::InvalidValue,
                "A program says in `user` who accepts. Leave this out.",
            );
        }
    }
    let user = fields.required("/user", body.user)?;
    let email = field::email(fields, "/user/email", &user.email);
    let name = fields.take("/user/name", Code::InvalidValue, Name::parse(&user.name));
    let plain = !user.subject.chars().any(char::is_control) && !user.subject.trim().is_empty();
    let subject = if plain && user.subject.chars().count() <= 255 {
        Ok(user.subject)
    } else {
        Err("Use your own id of this user: 1 to 255 characters.")
    };
    let subject = fields.take("/user/subject", Code::InvalidValue, subject);
    if !user.email_verified {
        let detail =
            "Let them prove their address to you first: whoever only says that it is theirs may be anybody.";
        fields.refuse("/user/email_verified", Code::EmailUnverified, detail);
    }
    let ((email, name), subject) = email.zip(name).zip(subject)?;
    Some(Vouched { subject, email, name, user_id: ctx.user_id() })
}

/// Who calls. Whoever is no program is limited by their network: a host product's users all come from its own.
async fn limited<P: Platform>(ctx: &Context<'_, P>, request: &Request, what: &str) -> Result<Caller> {
    let caller = Caller::of(request, ctx.config);
    if !matches!(caller, Ok(Caller::Key(_))) {
        limit_network(ctx, request, what).await?;
    }
    caller
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
    let caller = limited(ctx, request, "decline").await?;
    let body: DeclineBody = request::json(request)?;
    let link = look::open(ctx, &body.token)?;
    caller.speaks_in(ctx, link.organization_id).await?;
    let session = caller.session();
    let mut fields = Fields::default();
    let reason = field::one_of(&mut fields, "/reason", body.reason.as_deref(), "unknown_sender");
    fields.finish(Some(()))?;
    flow::decline(ctx, &link, reason, session.as_deref()).await?;
    Ok(reply::no_content())
}

//! The web: requests in, replies out. The JSON API is in [`api`], the pages are in [`pages`].

pub mod api;
pub mod guard;
pub mod pages;
pub mod reply;
pub mod request;
pub mod route;

use http::{Method, StatusCode};

use crate::error::{Code, Refusal, Result};
use crate::flow::Context;
use crate::platform::{Platform, Statement};
use reply::Reply;
use request::{LARGEST_BODY, Oversized, Request};
use route::Route;

/// Answers a request to a route. HEAD comes here as GET.
pub async fn answer<P: Platform>(ctx: &Context<'_, P>, request: &Request, route: &Route) -> Result<Reply> {
    if request.body().len() > LARGEST_BODY || request.extensions().get::<Oversized>().is_some() {
        return Err(Code::PayloadTooLarge.into());
    }
    let post = match *request.method() {
        ref method if !route.methods().contains(method) => return Err(method_not_allowed(route)),
        Method::POST => true,
        _ => false,
    };
    match route {
        Route::Health => Ok(reply::json(StatusCode::OK, &serde_json::json!({"status": "ok"}))),
        Route::Ready => ready(ctx).await,

        Route::Organizations if post => api::organizations::create(ctx, request).await,
        Route::Organizations => api::organizations::list(ctx, request).await,
        Route::Invitations(organization) if post => {
            api::invitations::create(ctx, request, *organization).await
        }
        Route::Invitations(organization) => api::invitations::list(ctx, request, *organization).await,
        Route::Members(organization) => api::members::list(ctx, request, *organization).await,
        Route::Workspaces(organization) => api::workspaces::list(ctx, request, *organization).await,
        Route::InvitationRecord(id) => api::invitations::get(ctx, request, *id).await,
        Route::Resend(id) => api::invitations::resend(ctx, request, *id).await,
        Route::Revoke(id) => api::invitations::revoke(ctx, request, *id).await,
        Route::CopyLink(id) => api::invitations::link(ctx, request, *id).await,
        Route::Preview => api::invitee::preview(ctx, request).await,
        Route::Accept => api::invitee::accept(ctx, request).await,
        Route::Decline => api::invitee::decline(ctx, request).await,
        Route::MyAccount => api::me::account(ctx, request).await,
        Route::MyWorkspaces => api::me::workspaces(ctx, request).await,
        Route::Sessions => api::sessions::create(ctx, request).await,
        Route::CurrentSession => api::sessions::delete(ctx, request).await,

        Route::Home => Ok(pages::home::show(request)),
        Route::SignIn if post => pages::sign_in::submit(ctx, request).await,
        Route::SignIn => pages::sign_in::show(ctx, request),
        Route::SignOut => pages::sign_in::sign_out(ctx, request).await,
        Route::Me => pages::me::show(ctx, request).await,
        Route::Invitation(token) if post => pages::invitation::submit(ctx, request, token).await,
        Route::Invitation(token) => pages::invitation::show(ctx, request, token).await,
        Route::InvitationDecline(token) if post => pages::invitation::decline(ctx, request, token).await,
        Route::InvitationDecline(token) => pages::invitation::show_decline(ctx, request, token).await,
        Route::Mailbox => pages::mailbox::list(ctx, request).await,
        Route::MailboxMessage(job) => pages::mailbox::message(ctx, *job).await,
        Route::Probe => api::probe::ask(ctx, request).await,
    }
}

async fn ready<P: Platform>(ctx: &Context<'_, P>) -> Result<Reply> {
    ctx.platform.run(Statement::new("SELECT 1 FROM organizations LIMIT 1", Vec::new())).await?;
    Ok(reply::json(StatusCode::OK, &serde_json::json!({"status": "ok"})))
}

fn method_not_allowed(route: &Route) -> crate::error::Error {
    let mut allow: Vec<&str> = route.methods().iter().map(Method::as_str).collect();
    if allow.contains(&"GET") {
        allow.push("HEAD");
    }
    Refusal { allow: Some(allow.join(", ")), ..Refusal::new(Code::MethodNotAllowed) }.into()
}

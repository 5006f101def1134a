//! `/email/{token}`: one of the two mailboxes of somebody who wants another address proves it, or stops the change. Opening it
//! changes nothing.

use askama::Template;
use http::StatusCode;

use super::form::Form;
use super::reset::Closed;
use super::{FormKey, Frame, Problems, page, session};
use crate::domain::email_link::{EmailLink, Side};
use crate::error::{Code, Error, Result};
use crate::flow::{Context, change_email};
use crate::platform::Platform;
use crate::store::email_changes::View;
use crate::web::guard;
use crate::web::reply::{self, Reply};
use crate::web::request::Request;
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "pages/email_link.html")]
struct Asked<'a> {
    frame: Frame,
    nonce: &'a str,
    action: String,
    title: &'static str,
    /// Both masked: whoever was forwarded the link need not be who it is for.
    old_address: String,
    new_address: String,
    is_new: bool,
    proved: bool,
    problems: Problems,
}

/// `GET /email/{token}`.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str) -> Result<Reply> {
    match change_email::look(ctx, token).await {
        Ok((_, view)) if view.changed => changed(ctx, request, &view),
        Ok((link, view)) => face(ctx, request, token, link, &view, None),
        Err(error) => closed(ctx, request, token, error),
    }
}

/// `POST /email/{token}`: proves the mailbox, or stops the change, and says what came of it.
pub async fn submit<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    if let Err(error) = guard::limit_network(ctx, request, "email-change").await {
        return closed(ctx, request, token, error);
    }
    if let Err(error) = form.fresh() {
        return match change_email::look(ctx, token).await {
            Ok((link, view)) => face(ctx, request, token, link, &view, Some(&error)),
            Err(error) => closed(ctx, request, token, error),
        };
    }
    if form.text("act") == "stop" {
        return match change_email::cancel(ctx, token).await {
            Ok(()) => told(
                ctx,
                request,
                "The change is stopped",
                "The address of the account stays as it is. If you did not ask for another, choose a new password now: whoever did has typed yours.",
            ),
            Err(error) => closed(ctx, request, token, error),
        };
    }
    match change_email::confirm(ctx, token).await {
        Ok(view) if view.changed => changed(ctx, request, &view),
        Ok(_) => told(
            ctx,
            request,
            "This address is confirmed",
            "Now open the link in the message to the other address. Once both are confirmed, the address changes.",
        ),
        Err(error) => closed(ctx, request, token, error),
    }
}

fn face<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    token: &str,
    link: EmailLink,
    view: &View,
    error: Option<&Error>,
) -> Result<Reply> {
    let key = FormKey::of(ctx, request);
    let is_new = link.side == Side::New;
    let reply = page(
        error.map_or(StatusCode::OK, |error| error.code().status()),
        &Asked {
            frame: Frame::product(ctx),
            nonce: &key.nonce,
            action: Route::EmailLink(token.to_owned()).path(),
            title: if is_new { "Is this your address?" } else { "Change your address?" },
            // The new one is what there is to decide; the old one is nothing to a mailbox that may be a stranger's.
            old_address: view.old_email.masked(),
            new_address: view.email.to_string(),
            is_new,
            proved: view.proved,
            problems: Problems::of(error),
        },
    )?;
    Ok(key.keep(reply))
}

fn changed<P: Platform>(ctx: &Context<'_, P>, request: &Request, view: &View) -> Result<Reply> {
    let detail = format!(
        "You sign in as {} from now on. Everywhere but where you began this, you are signed out.",
        view.email
    );
    told(ctx, request, "Your address is changed", &detail)
}

/// What came of it, and the way on.
fn told<P: Platform>(ctx: &Context<'_, P>, request: &Request, title: &str, detail: &str) -> Result<Reply> {
    let (next_path, next_label) = onward(request);
    page(StatusCode::OK, &Closed { frame: Frame::product(ctx), title, detail, next_path, next_label })
}

fn onward(request: &Request) -> (String, &'static str) {
    if session(request).is_some() {
        (Route::Security.path(), "Go to security")
    } else {
        (Route::SignIn.path(), "Go to sign in")
    }
}

/// Why the link does nothing.
fn closed<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str, error: Error) -> Result<Reply> {
    let Error::Refused(refusal) = error else { return Err(error) };
    let (next_path, next_label) = match refusal.code {
        Code::RateLimited => (Route::EmailLink(token.to_owned()).path(), "Try again"),
        _ => onward(request),
    };
    let title = refusal.code.title();
    let closed = Closed { frame: Frame::product(ctx), title, detail: &refusal.detail, next_path, next_label };
    let mut reply = page(refusal.code.status(), &closed)?;
    reply::tell(&mut reply, &refusal);
    Ok(reply)
}

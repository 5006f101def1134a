//! `/reset/{token}` with the link that somebody asked for who forgot their password. Opening it changes nothing.

use askama::Template;
use http::StatusCode;

use super::form::Form;
use super::reset::Closed;
use super::{FormKey, Frame, Problems, back, page, sign_in};
use crate::domain::reset_link::ResetLink;
use crate::error::{Code, Error, Result};
use crate::flow::{Context, reset_password};
use crate::platform::Platform;
use crate::store::reset::View;
use crate::web::reply::{self, Reply};
use crate::web::request::Request;
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "pages/new_password.html")]
struct New<'a> {
    frame: Frame,
    nonce: &'a str,
    action: String,
    /// Masked: whoever was forwarded the link need not be who it is for.
    address: String,
    problems: Problems,
}

/// `GET`: the form, or why there is none.
pub async fn show<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    token: &str,
    link: &ResetLink,
) -> Result<Reply> {
    match reset_password::look(ctx, link).await {
        Ok(view) => face(ctx, request, token, &view, None).await,
        Err(error) => closed(ctx, token, error),
    }
}

/// `POST`: sets the password, and on to where they wanted to go before they had to; or the form again.
pub async fn submit<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    token: &str,
    link: &ResetLink,
) -> Result<Reply> {
    let body = Form::read(ctx, request)?;
    let view = match reset_password::look(ctx, link).await {
        Ok(view) => view,
        Err(error) => return closed(ctx, token, error),
    };
    let set = match body.fresh() {
        Err(error) => Err(error),
        // A field left empty is told what to do rather than what is wrong with it.
        Ok(()) if body.text("password").is_empty() => {
            Err(Error::field("/password", Code::Required, "Choose a password."))
        }
        Ok(()) => reset_password::set(ctx, link, &view, body.text("password")).await,
    };
    match set {
        Ok(entry) => {
            let mut reply = sign_in::onward(&entry, &back::read(request.headers()).unwrap_or_default());
            back::forget(&mut reply);
            Ok(reply)
        }
        Err(error @ Error::Internal(_)) => Err(error),
        Err(error) if error.code() == Code::PasswordLinkUsed => closed(ctx, token, error),
        Err(error) => face(ctx, request, token, &view, Some(&error)).await,
    }
}

async fn face<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    token: &str,
    view: &View,
    error: Option<&Error>,
) -> Result<Reply> {
    let key = FormKey::of(ctx, request);
    let reply = page(
        error.map_or(StatusCode::OK, |error| error.code().status()),
        &New {
            frame: back::frame(ctx, &back::read(request.headers()).unwrap_or_default()).await,
            nonce: &key.nonce,
            action: Route::Reset(token.to_owned()).path(),
            address: view.email.masked(),
            problems: Problems::of(error),
        },
    )?;
    Ok(key.keep(reply))
}

/// Why the link sets nothing: its holder asks for another themselves.
pub fn closed<P: Platform>(ctx: &Context<'_, P>, token: &str, error: Error) -> Result<Reply> {
    let Error::Refused(refusal) = error else { return Err(error) };
    let (next_path, next_label) = match refusal.code {
        Code::RateLimited => (Route::Reset(token.to_owned()).path(), "Try again"),
        Code::PasswordLinkUsed => (Route::SignIn.path(), "Go to sign in"),
        _ => (Route::ForgotPassword.path(), "Ask for a new link"),
    };
    let title = refusal.code.title();
    let closed = Closed { frame: Frame::product(ctx), title, detail: &refusal.detail, next_path, next_label };
    let mut reply = page(refusal.code.status(), &closed)?;
    reply::tell(&mut reply, &refusal);
    Ok(reply)
}

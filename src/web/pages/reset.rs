//! `/reset/{token}`: the form with which somebody who was added sets their password. Opening it changes nothing.

use askama::Template;
use http::StatusCode;
use serde::Deserialize;

use super::{FormKey, Frame, Problems, check_form, page, session};
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::Context;
use crate::flow::accept::SESSION;
use crate::flow::set_password::{look, set_password};
use crate::platform::Platform;
use crate::store::passwords::View;
use crate::web::guard;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request, SESSION_COOKIE};
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "pages/reset.html")]
struct Reset<'a> {
    frame: Frame,
    nonce: &'a str,
    action: String,
    organization: &'a str,
    /// Masked: whoever was handed the link need not be who it is for.
    address: String,
    problems: Problems,
}

/// A link that sets nothing any more, or never did, or not now: why, and the one thing to do next.
#[derive(Template)]
#[template(path = "pages/reset_closed.html")]
struct Closed<'a> {
    frame: Frame,
    title: &'a str,
    detail: &'a str,
    next_path: String,
    next_label: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    nonce: String,
    #[serde(default)]
    password: String,
    /// Holds the address for password managers; what it says is not looked at.
    #[serde(default, rename = "username")]
    _username: String,
}

/// `GET /reset/{token}`.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str) -> Result<Reply> {
    match look(ctx, token).await {
        Ok((_, view)) => form(ctx, request, token, &view, None),
        Err(error) => closed(ctx, request, token, error),
    }
}

/// `POST /reset/{token}`: sets the password, signs in, and on to `/me`; or the form again.
pub async fn submit<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str) -> Result<Reply> {
    if let Err(error) = guard::limit_network(ctx, request, "password").await {
        return closed(ctx, request, token, error);
    }
    let body: Form = request::form(request)?;
    let checked = match check_form(ctx, request, &body.nonce) {
        // A page that was open too long gives the form again; another site's form gets none in return.
        Err(error) if error.code() != Code::FormExpired => return Err(error),
        checked => checked,
    };
    let (link, view) = match look(ctx, token).await {
        Ok(found) => found,
        Err(error) => return closed(ctx, request, token, error),
    };
    let set = match checked {
        Err(error) => Err(error),
        Ok(()) if body.password.is_empty() => {
            Err(Error::field("/password", Code::Required, "Choose a password."))
        }
        Ok(()) => set_password(ctx, &link, &view, &body.password).await,
    };
    match set {
        Ok((_, session)) => {
            let mut reply = reply::see_other(&Route::Me.path());
            reply::set_cookie(&mut reply, SESSION_COOKIE, session.reveal(), SESSION.as_secs().cast_signed());
            Ok(reply)
        }
        Err(error) if error.code() == Code::PasswordLinkUsed => closed(ctx, request, token, error),
        Err(error @ Error::Internal(_)) => Err(error),
        Err(error) => form(ctx, request, token, &view, Some(&error)),
    }
}

fn form<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    token: &str,
    view: &View,
    error: Option<&Error>,
) -> Result<Reply> {
    let key = FormKey::of(ctx, request);
    let reply = page(
        error.map_or(StatusCode::OK, |error| error.code().status()),
        &Reset {
            frame: Frame::of(&view.organization),
            nonce: &key.nonce,
            action: Route::Reset(token.to_owned()).path(),
            organization: &view.organization,
            address: view.email.masked(),
            problems: Problems::of(error),
        },
    )?;
    Ok(key.keep(reply))
}

fn closed<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str, error: Error) -> Result<Reply> {
    let Error::Refused(refusal) = error else { return Err(error) };
    let Refusal { code, detail, .. } = refusal.as_ref();
    let (next_path, next_label) = match code {
        Code::RateLimited => (Route::Reset(token.to_owned()).path(), "Try again"),
        _ if session(request).is_some() => (Route::Me.path(), "Go to your workspaces"),
        _ => (Route::SignIn.path(), "Go to sign in"),
    };
    let mut reply = page(
        code.status(),
        &Closed { frame: Frame::product(ctx), title: code.title(), detail, next_path, next_label },
    )?;
    reply::tell(&mut reply, &refusal);
    Ok(reply)
}

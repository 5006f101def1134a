//! `/reset/{token}`: the form with which somebody who was added sets their password; for whoever forgot theirs it is
//! [`new_password`]. Opening it changes nothing.

use askama::Template;
use http::StatusCode;
use serde::Deserialize;

use super::{FormKey, Frame, Problems, check_form, new_password, page, session, sign_in};
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::set_password::{look, set_password};
use crate::flow::{Context, reset_password};
use crate::platform::Platform;
use crate::store::passwords::View;
use crate::web::guard;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};
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
pub(super) struct Closed<'a> {
    pub(super) frame: Frame,
    pub(super) title: &'a str,
    pub(super) detail: &'a str,
    pub(super) next_path: String,
    pub(super) next_label: &'static str,
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

/// One request for the page of a link.
struct Visit<'a, P> {
    ctx: &'a Context<'a, P>,
    request: &'a Request,
    token: &'a str,
}

/// `GET /reset/{token}`.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str) -> Result<Reply> {
    match reset_password::open(ctx, token) {
        Ok(Some(link)) => return new_password::show(ctx, request, token, &link).await,
        Ok(None) => {}
        Err(error) => return new_password::closed(ctx, token, error),
    }
    let visit = Visit { ctx, request, token };
    match look(ctx, token).await {
        Ok((_, view)) => visit.face(&view, None),
        Err(error) => visit.closed(error, None),
    }
}

/// `POST /reset/{token}`: sets the password, signs in, and on to `/me`; or the form again.
pub async fn submit<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str) -> Result<Reply> {
    let visit = Visit { ctx, request, token };
    if let Err(error) = guard::limit_network(ctx, request, "password").await {
        return visit.closed(error, None);
    }
    match reset_password::open(ctx, token) {
        Ok(Some(link)) => return new_password::submit(ctx, request, token, &link).await,
        Ok(None) => {}
        Err(error) => return new_password::closed(ctx, token, error),
    }
    let body: Form = request::form(request)?;
    let checked = match check_form(ctx, request, &body.nonce) {
        // A page that was open too long gives the form again; another site's form gets none in return.
        Err(error) if error.code() != Code::FormExpired => return Err(error),
        checked => checked,
    };
    let (link, view) = match look(ctx, token).await {
        Ok(found) => found,
        Err(error) => return visit.closed(error, None),
    };
    let set = match checked {
        Err(error) => Err(error),
        // A field left empty is told what to do rather than what is wrong with it.
        Ok(()) if body.password.is_empty() && view.usable => {
            Err(Error::field("/password", Code::Required, "Choose a password."))
        }
        Ok(()) => set_password(ctx, &link, &view, &body.password).await,
    };
    match set {
        Ok(entry) => Ok(sign_in::onward(&entry, "")),
        Err(error @ Error::Internal(_)) => Err(error),
        Err(error) => visit.face(&view, Some(&error)),
    }
}

impl<P: Platform> Visit<'_, P> {
    fn path(&self) -> String {
        Route::Reset(self.token.to_owned()).path()
    }

    /// The form, or why there is none any more.
    fn face(&self, view: &View, error: Option<&Error>) -> Result<Reply> {
        let code = error.map(Error::code);
        if !view.usable || code == Some(Code::PasswordLinkUsed) {
            return self.closed(Code::PasswordLinkUsed.into(), Some(&view.organization));
        }
        let key = FormKey::of(self.ctx, self.request);
        let reply = page(
            code.map_or(StatusCode::OK, Code::status),
            &Reset {
                frame: Frame::of(&view.organization),
                nonce: &key.nonce,
                action: self.path(),
                organization: &view.organization,
                address: view.email.masked(),
                problems: Problems::of(error),
            },
        )?;
        Ok(key.keep(reply))
    }

    /// The page that says why the link leads nowhere, under the organization's name where that was read.
    fn closed(&self, error: Error, organization: Option<&str>) -> Result<Reply> {
        let Error::Refused(refusal) = error else { return Err(error) };
        let Refusal { code, detail, .. } = refusal.as_ref();
        let (next_path, next_label) = match code {
            Code::RateLimited => (self.path(), "Try again"),
            _ if session(self.request).is_some() => (Route::Me.path(), "Go to your workspaces"),
            _ => (Route::SignIn.path(), "Go to sign in"),
        };
        let frame = Frame::of(organization.unwrap_or(&self.ctx.config.product_name));
        let title = code.title();
        let mut reply = page(code.status(), &Closed { frame, title, detail, next_path, next_label })?;
        reply::tell(&mut reply, &refusal);
        Ok(reply)
    }
}

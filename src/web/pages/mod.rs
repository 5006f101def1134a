//! The pages: server-rendered, whole without JavaScript, every change by a form that carries a nonce.

pub mod failure;
pub mod home;
pub mod invitation;
pub mod mailbox;
pub mod me;
pub mod sign_in;

use askama::Template;
use http::StatusCode;

use crate::domain::nonce;
use crate::domain::secret::Bearer;
use crate::error::{Code, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::web::guard;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, FORM_COOKIE, Request};

/// What every page's layout needs.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The stylesheet's path, named by its content.
    pub stylesheet: &'static str,
    /// Whose page it is: an organization's name, or the product's.
    pub brand: String,
}

impl Frame {
    /// The product's own frame.
    pub fn product<P>(ctx: &Context<'_, P>) -> Self {
        Self::of(&ctx.config.product_name)
    }

    /// An organization's frame: no product's name on it (S0-06).
    #[must_use]
    pub fn of(brand: &str) -> Self {
        Self { stylesheet: env!("USHER_STYLESHEET"), brand: brand.to_owned() }
    }
}

/// A page as a reply.
fn page(status: StatusCode, template: &impl Template) -> Result<Reply> {
    Ok(reply::html(status, template.render()?))
}

/// The nonce for a page's forms, and the cookie it is bound to.
struct FormKey {
    cookie: Bearer,
    is_new: bool,
    nonce: String,
}

impl FormKey {
    fn of<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Self {
        let known = request::cookie(request.headers(), FORM_COOKIE);
        let is_new = known.is_none();
        let cookie = known.unwrap_or_else(|| Bearer::new(ctx.platform.random()));
        let nonce = nonce::issue(&ctx.config.keys, &cookie, ctx.now());
        Self { cookie, is_new, nonce }
    }

    /// Gives the browser its cookie, if it has none yet.
    fn keep(&self, mut reply: Reply) -> Reply {
        if self.is_new {
            reply::set_cookie(&mut reply, FORM_COOKIE, self.cookie.reveal(), 24 * 60 * 60);
        }
        reply
    }
}

/// Checks that a form was sent from a page of ours, in the browser that was shown it.
fn check_form<P: Platform>(ctx: &Context<'_, P>, request: &Request, nonce: &str) -> Result<()> {
    guard::check_same_origin(request.headers(), ctx.config)?;
    let cookie = request::cookie(request.headers(), FORM_COOKIE);
    let valid = cookie.is_some_and(|cookie| nonce::is_valid(&ctx.config.keys, &cookie, nonce, ctx.now()));
    if valid { Ok(()) } else { Err(Code::FormExpired.into()) }
}

/// The session's digest, for a page: a GET needs no origin, and a form was checked by its nonce.
fn session(request: &Request) -> Option<String> {
    request::cookie(request.headers(), request::SESSION_COOKIE).map(|session| session.digest())
}

//! `/me/security/email`: another address, for whoever types their password; and stopping what was begun.

use askama::Template;

use crate::domain::email_address::EmailAddress;
use crate::error::{Code, Error, Fields, Result};
use crate::flow::{Context, change_email};
use crate::platform::{Platform, ResultSet};
use crate::store::email_changes::{self, Open};
use crate::web::guard;
use crate::web::pages::form::Form;
use crate::web::pages::own::{Own, Place, ends};
use crate::web::pages::{Frame, Problems, said, session};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "pages/security_email.html")]
struct Page<'a> {
    frame: Frame,
    nonce: &'a str,
    email: &'a str,
    /// Whether somebody has proved that mailbox: without that there is no form.
    verified: bool,
    asks_code: bool,
    /// What is under way.
    open: Option<Open>,
    typed: &'a str,
    problems: Problems,
}

/// `GET /me/security/email`.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    face(ctx, request, "", None).await
}

async fn face<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    typed: &str,
    error: Option<&Error>,
) -> Result<Reply> {
    let now = ctx.now();
    let reads = |session: &str| vec![email_changes::open_of(session, now)];
    let (own, found) = Own::open(ctx, request, reads).await?;
    let page = Page {
        frame: own.frame(ctx, Place::Security),
        nonce: &own.key.nonce,
        email: own.me.email.as_str(),
        verified: own.me.email_verified_at.is_some(),
        asks_code: own.me.mfa_enabled_at.is_some(),
        open: ResultSet::row_of(found.first())?,
        typed,
        problems: Problems::of(error),
    };
    own.form(error, &page)
}

/// `POST /me/security/email`: begins it, or stops it, and back to the page that says so; or the form again.
pub async fn submit<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let path = Route::SecurityEmail.path();
    match act(ctx, request, &form).await {
        Ok(sentence) => Ok(said::see_other(&path, sentence)),
        Err(error) if ends(&error) => Err(error),
        // What they want is so already.
        Err(error) if error.code() == Code::NotFound => {
            Ok(said::see_other(&path, "Nothing is under way any more."))
        }
        Err(error) => face(ctx, request, form.text("email"), Some(&error)).await,
    }
}

async fn act<P: Platform>(ctx: &Context<'_, P>, request: &Request, form: &Form) -> Result<&'static str> {
    form.fresh()?;
    let session = session(request).ok_or_else(|| Error::from(Code::Unauthenticated))?;
    if form.has("stop") {
        change_email::cancel_own(ctx, &session).await?;
        return Ok("The change is stopped. Your address stays as it is.");
    }
    guard::limit_network(ctx, request, "password").await?;
    let mut fields = Fields::default();
    let email = if let Some(text) = form.filled("email") {
        fields.take("/email", Code::InvalidEmail, text.parse::<EmailAddress>())
    } else {
        fields.refuse("/email", Code::Required, "Type the new address.");
        None
    };
    let password = form.text("password");
    if password.is_empty() {
        fields.refuse("/password", Code::Required, "Type your password.");
    }
    let email = fields.finish(email)?;
    change_email::begin(ctx, &session, &email, password, form.filled("code")).await?;
    Ok("We have written to both addresses. Open the link in each of the two messages.")
}

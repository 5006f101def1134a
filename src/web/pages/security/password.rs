//! `/me/security/password`: another password, for whoever types the one that they have.

use askama::Template;

use crate::error::{Code, Error, Fields, Result};
use crate::flow::Context;
use crate::flow::change_password::change_password;
use crate::platform::Platform;
use crate::web::guard;
use crate::web::pages::form::Form;
use crate::web::pages::own::{Own, Place, ends};
use crate::web::pages::{Frame, Problems, said, session};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "pages/security_password.html")]
struct Password<'a> {
    frame: Frame,
    nonce: &'a str,
    email: &'a str,
    problems: Problems,
}

/// `GET /me/security/password`.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    face(ctx, request, None).await
}

async fn face<P: Platform>(ctx: &Context<'_, P>, request: &Request, error: Option<&Error>) -> Result<Reply> {
    let (own, _) = Own::open(ctx, request, |_| Vec::new()).await?;
    let frame = own.frame(ctx, Place::Security);
    let (nonce, email) = (&*own.key.nonce, own.me.email.as_str());
    own.form(error, &Password { frame, nonce, email, problems: Problems::of(error) })
}

/// `POST /me/security/password`: changes it, and back to the overview; or the form again.
pub async fn submit<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    match change(ctx, request).await {
        Ok(()) => Ok(said::see_other(
            &Route::Security.path(),
            "Your password is changed. Everybody else who was signed in to your account is signed out.",
        )),
        Err(error) if ends(&error) => Err(error),
        Err(error) => face(ctx, request, Some(&error)).await,
    }
}

async fn change<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<()> {
    let form = Form::read(ctx, request)?;
    form.fresh()?;
    guard::limit_network(ctx, request, "password").await?;
    let session = session(request).ok_or_else(|| Error::from(Code::Unauthenticated))?;
    let (current, new) = (form.text("current_password"), form.text("password"));
    let mut fields = Fields::default();
    if current.is_empty() {
        fields.refuse("/current_password", Code::Required, "Type the password that you have.");
    }
    if new.is_empty() {
        fields.refuse("/password", Code::Required, "Choose a new password.");
    }
    if fields.any_refused() {
        return Err(fields.refusal());
    }
    change_password(ctx, &session, current, new).await
}

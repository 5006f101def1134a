//! `/me/security/two-step/codes`: other recovery codes, for whoever types their password and a code of the app.

use askama::Template;

use super::factor::{Recovery, required};
use crate::error::{Code, Error, Result};
use crate::flow::{Context, second_factor};
use crate::platform::Platform;
use crate::web::guard;
use crate::web::pages::form::Form;
use crate::web::pages::own::{Own, Place, ends};
use crate::web::pages::{Frame, Problems, session};
use crate::web::reply::{self, Reply};
use crate::web::request::Request;
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "pages/security_renew.html")]
struct Renew<'a> {
    frame: Frame,
    nonce: &'a str,
    email: &'a str,
    problems: Problems,
}

/// `GET /me/security/two-step/codes`. Whoever has no second factor is shown where it is set up.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    face(ctx, request, None).await
}

async fn face<P: Platform>(ctx: &Context<'_, P>, request: &Request, error: Option<&Error>) -> Result<Reply> {
    let (own, _) = Own::open(ctx, request, |_| Vec::new()).await?;
    if own.me.mfa_enabled_at.is_none() {
        return Ok(reply::see_other(&Route::SecurityFactor.path()));
    }
    let frame = own.frame(ctx, Place::Security);
    let (nonce, email) = (&*own.key.nonce, own.me.email.as_str());
    own.form(error, &Renew { frame, nonce, email, problems: Problems::of(error) })
}

/// `POST /me/security/two-step/codes`: shows the new codes this once; or the form again.
pub async fn submit<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    match renew(ctx, request).await {
        Ok(codes) => {
            let (own, _) = Own::open(ctx, request, |_| Vec::new()).await?;
            let frame = own.frame(ctx, Place::Security);
            own.reply(&Recovery {
                frame,
                of: &ctx.config.product_name,
                email: own.me.email.as_str(),
                codes,
                renewed: true,
                on: Route::Security.path(),
            })
        }
        Err(error) if ends(&error) => Err(error),
        Err(error) => face(ctx, request, Some(&error)).await,
    }
}

async fn renew<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Vec<String>> {
    let form = Form::read(ctx, request)?;
    form.fresh()?;
    guard::limit_network(ctx, request, "password").await?;
    let session = session(request).ok_or_else(|| Error::from(Code::Unauthenticated))?;
    let password = form.text("password");
    if password.is_empty() {
        return Err(required("/password", "Type your password."));
    }
    second_factor::renew(ctx, &session, password, form.filled("code")).await
}

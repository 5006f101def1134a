//! `/forgot-password`: asking for a link in the place of a forgotten password. The page that follows is the same whether the
//! address has an account or not.

use askama::Template;
use http::StatusCode;

use super::form::Form;
use super::{FormKey, Frame, Problems, back, page, sign_in};
use crate::domain::email_address::EmailAddress;
use crate::error::{Code, Error, Result};
use crate::flow::{Context, reset_password};
use crate::platform::Platform;
use crate::web::guard;
use crate::web::reply::{self, Reply};
use crate::web::request::Request;
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "pages/forgot_password.html")]
struct Forgot<'a> {
    frame: Frame,
    nonce: &'a str,
    email: &'a str,
    /// Where they go once they have a new password; nothing is `/me`.
    to: &'a str,
    /// The way back to the sign-in.
    sign_in: String,
    problems: Problems,
}

#[derive(Template)]
#[template(path = "pages/forgot_password_sent.html")]
struct Sent<'a> {
    frame: Frame,
    email: &'a str,
    again: String,
    sign_in: String,
}

/// `GET /forgot-password`, with `?to=` where one wants to go.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    form(ctx, request, "", &sign_in::to_of(request), None).await
}

async fn form<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    email: &str,
    to: &str,
    error: Option<&Error>,
) -> Result<Reply> {
    let key = FormKey::of(ctx, request);
    let status = error.map_or(StatusCode::OK, |error| error.code().status());
    let mut reply = page(
        status,
        &Forgot {
            frame: back::frame(ctx, to).await,
            nonce: &key.nonce,
            email,
            to,
            sign_in: sign_in::with_to(&Route::SignIn, to),
            problems: Problems::of(error),
        },
    )?;
    if let Some(Error::Refused(refusal)) = error {
        reply::tell(&mut reply, refusal);
    }
    Ok(key.keep(reply))
}

/// `POST /forgot-password`: that a link is on its way, if there is an account; or the form again.
pub async fn submit<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let body = Form::read(ctx, request)?;
    let (email, to) = (body.text("email"), body.text("to"));
    match ask(ctx, request, &body).await {
        Ok(()) => {
            let mut reply = page(
                StatusCode::OK,
                &Sent {
                    frame: back::frame(ctx, to).await,
                    email: email.trim(),
                    again: sign_in::with_to(&Route::ForgotPassword, to),
                    sign_in: sign_in::with_to(&Route::SignIn, to),
                },
            )?;
            back::keep(&mut reply, to);
            Ok(reply)
        }
        Err(error) if error.code() == Code::Internal => Err(error),
        Err(error) => form(ctx, request, email, to, Some(&error)).await,
    }
}

async fn ask<P: Platform>(ctx: &Context<'_, P>, request: &Request, body: &Form) -> Result<()> {
    body.fresh()?;
    guard::limit_network(ctx, request, "password-reset").await?;
    let email = body
        .filled("email")
        .ok_or_else(|| Error::field("/email", Code::Required, "Type your e-mail address."))?
        .parse::<EmailAddress>()
        .map_err(|why| Error::field("/email", Code::InvalidEmail, why.to_string()))?;
    reset_password::ask(ctx, &email).await
}

//! `/sign-in/code`: the second factor of somebody who signed in with their password.

use askama::Template;
use http::StatusCode;
use serde::Deserialize;

use super::form::Form;
use super::kept::Kept;
use super::{FormKey, Frame, Problems, back, page, said, session, sign_in};
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::sign_in::Entry;
use crate::flow::{Context, second_factor};
use crate::platform::Platform;
use crate::web::guard;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "pages/code.html")]
struct CodeForm<'a> {
    frame: Frame,
    nonce: &'a str,
    to: &'a str,
    /// Whether a recovery code is asked for, in the place of one of the app.
    recovery: bool,
    /// Who can help whoever has neither, and the way to them.
    product: &'a str,
    support: Option<&'a str>,
    /// The way to the other.
    other: String,
    problems: Problems,
    /// What they typed elsewhere, and come back to.
    kept: &'a Kept,
}

/// `GET /sign-in/code`, with `?to=` where one wants to go, and `?recovery=1` for whoever lost the app.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Query {
        recovery: String,
    }
    let query: Query = request::query(request).unwrap_or_default();
    let to = sign_in::to_of(request);
    // Nobody's cookie waits for anything.
    if session(request).is_none() {
        return Ok(reply::see_other(&sign_in::with_to(&Route::SignIn, &to)));
    }
    form(ctx, request, &to, !query.recovery.is_empty(), None, &Kept::default()).await
}

pub(super) async fn form<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    to: &str,
    recovery: bool,
    error: Option<&Error>,
    kept: &Kept,
) -> Result<Reply> {
    let key = FormKey::of(ctx, request);
    let mut other = sign_in::with_to(&Route::SignInCode, to);
    if !recovery {
        other.push_str(if to.is_empty() { "?recovery=1" } else { "&recovery=1" });
    }
    let status = error.map_or(StatusCode::OK, |error| error.code().status());
    let frame = back::frame(ctx, to).await;
    let problems = Problems::of(error);
    let (product, support) = (ctx.config.product_name.as_str(), ctx.config.support_contact.as_deref());
    let shown = CodeForm { frame, nonce: &key.nonce, to, recovery, product, support, other, problems, kept };
    let mut reply = page(status, &shown)?;
    if let Some(Error::Refused(refusal)) = error {
        reply::tell(&mut reply, refusal);
    }
    Ok(key.keep(reply))
}

/// `POST /sign-in/code`: in, and on to where they wanted to go; or the form again.
pub async fn submit<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let body = Form::read(ctx, request)?;
    let (to, kept) = (body.text("to"), Kept::carried(&body));
    if body.has("other") {
        return form(ctx, request, to, !body.has("recovery"), None, &kept).await;
    }
    match pass(ctx, request, &body).await {
        Ok(entry) => Ok(sign_in::back(&entry, to, kept)),
        Err(error) if error.code() == Code::Unauthenticated => {
            const LATE: &str = "The code came too late. Sign in again, then type a new one.";
            if kept.is_empty() {
                return Ok(said::see_other(&sign_in::with_to(&Route::SignIn, to), LATE));
            }
            let error = Refusal::new(Code::Unauthenticated).because(LATE).into();
            sign_in::form(ctx, request, "", to, Some(&error), &kept).await
        }
        Err(error) if error.code() == Code::Internal => Err(error),
        Err(error) => {
            let recovery = body.has("recovery");
            let error = if recovery && error.code() == Code::InvalidCode { spent() } else { error };
            form(ctx, request, to, recovery, Some(&error), &kept).await
        }
    }
}

/// A recovery code that is none, or none any more.
fn spent() -> Error {
    let detail = "This recovery code does not match, or was used before: each works once. Type another of those you saved.";
    Error::field("/code", Code::InvalidCode, detail)
}

async fn pass<P: Platform>(ctx: &Context<'_, P>, request: &Request, body: &Form) -> Result<Entry> {
    body.fresh()?;
    guard::limit_network(ctx, request, "sign-in").await?;
    let waiting = session(request).ok_or_else(|| Error::from(Code::Unauthenticated))?;
    let code = body.filled("code").ok_or_else(|| Error::field("/code", Code::Required, "Type the code."))?;
    second_factor::pass(ctx, &waiting, code).await
}

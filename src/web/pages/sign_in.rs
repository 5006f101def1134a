//! Signing in and out by form.

use askama::Template;
use http::{Method, StatusCode};
use serde::Deserialize;

use super::confirm::Confirm;
use super::form::Form;
use super::kept::{Again, Kept};
use super::{FormKey, Frame, Problems, code, page, said, session};
use crate::domain::email_address::EmailAddress;
use crate::error::{Code, Error, Fields, Refusal, Result};
use crate::flow::sign_in::Entry;
use crate::flow::{Context, sign_in};
use crate::platform::Platform;
use crate::web::guard;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request, SESSION_COOKIE};
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "pages/sign_in.html")]
struct SignIn<'a> {
    frame: Frame,
    nonce: &'a str,
    email: &'a str,
    /// Where they go from here; nothing is `/me`.
    to: &'a str,
    /// For whoever forgot their password.
    forgot: String,
    problems: Problems,
    /// What they typed elsewhere, and come back to.
    kept: &'a Kept,
}

/// To the sign-in, for whoever is not; from there back to the page that they asked for, or sent a form of.
#[must_use]
pub fn way(request: &Request) -> Reply {
    reply::see_other(&with_to(&Route::SignIn, place(request)))
}

/// The page that was asked for, if there is one to come back to.
pub(super) fn place(request: &Request) -> &str {
    // Without any they come to `/me` anyway.
    Some(asked(request)).filter(|asked| is_ours(asked) && *asked != Route::Me.path()).unwrap_or_default()
}

fn asked(request: &Request) -> &str {
    request.uri().path_and_query().map_or("", |asked| asked.as_str())
}

/// The sign-in in the place of what a form asked for, with what was typed into it.
pub(super) async fn keeping<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    kept: &Kept,
) -> Result<Reply> {
    let why = "You were signed out meanwhile. Sign in, and what you typed is shown again.";
    let error = Refusal::new(Code::Unauthenticated).because(why).into();
    form(ctx, request, "", asked(request), Some(&error), kept).await
}

/// Whether this is the address of a page of ours, and not of another site that is spelled like one.
pub(super) fn is_ours(address: &str) -> bool {
    let path = address.split('?').next().unwrap_or_default();
    address.bytes().all(|byte| byte.is_ascii_graphic())
        && Route::parse(path).is_some_and(|route| route.is_page() && route.methods().contains(&Method::GET))
}

/// A page on the way in, which knows where one goes on; nothing is `/me`.
pub(super) fn with_to(route: &Route, to: &str) -> String {
    let query = Some(to).filter(|to| !to.is_empty());
    let query = query.and_then(|to| serde_urlencoded::to_string([("to", to)]).ok());
    let path = route.path();
    query.map_or(path.clone(), |query| format!("{path}?{query}"))
}

/// Where somebody wants to go who is on their way in, as the query says; nothing is `/me`.
pub(super) fn to_of(request: &Request) -> String {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Query {
        to: String,
    }
    request::query::<Query>(request).unwrap_or_default().to
}

/// On from here for somebody who showed who they are: to where they wanted to go, or first to their second factor.
pub(super) fn onward(entry: &Entry, to: &str) -> Reply {
    let mut reply = match &entry.me {
        Some(_) if is_ours(to) => reply::see_other(to),
        Some(_) => reply::see_other(&Route::Me.path()),
        None => reply::see_other(&with_to(&Route::SignInCode, to)),
    };
    reply::let_in(&mut reply, entry);
    reply
}

/// `GET /sign-in`, with `?to=` where one wants to go.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    form(ctx, request, "", &to_of(request), None, &Kept::default()).await
}

pub(super) async fn form<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    email: &str,
    to: &str,
    error: Option<&Error>,
    kept: &Kept,
) -> Result<Reply> {
    let key = FormKey::of(ctx, request);
    let status = error.map_or(StatusCode::OK, |error| error.code().status());
    let frame = Frame { said: said::read(request.headers()), ..super::back::frame(ctx, to).await };
    let was_said = frame.said.is_some();
    let forgot = with_to(&Route::ForgotPassword, to);
    let problems = Problems::of(error);
    let mut reply = page(status, &SignIn { frame, nonce: &key.nonce, email, to, forgot, problems, kept })?;
    if was_said {
        said::forget(&mut reply);
    }
    if let Some(Error::Refused(refusal)) = error {
        reply::tell(&mut reply, refusal);
    }
    Ok(key.keep(reply))
}

/// `POST /sign-in`: on to where they wanted to go, or to `/me`, or the form again with what was typed.
pub async fn submit<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let body = Form::read(ctx, request)?;
    let (to, kept) = (body.text("to"), Kept::carried(&body));
    match with_password(ctx, request, &body).await {
        // Their second factor first: what they typed goes on with them.
        Ok(entry) if entry.me.is_none() && !kept.is_empty() => {
            let mut reply = code::form(ctx, request, to, false, None, &kept).await?;
            reply::let_in(&mut reply, &entry);
            Ok(reply)
        }
        Ok(entry) => Ok(back(&entry, to, kept)),
        Err(error) if error.code() == Code::Internal => Err(error),
        Err(error) => form(ctx, request, body.text("email"), to, Some(&error), &kept).await,
    }
}

/// On from here, and to the form that they had sent, if there is one.
pub(super) fn back(entry: &Entry, to: &str, kept: Kept) -> Reply {
    let mut reply = onward(entry, to);
    Again::instead_of(&mut reply, to, kept, &entry.token);
    reply
}

async fn with_password<P: Platform>(ctx: &Context<'_, P>, request: &Request, body: &Form) -> Result<Entry> {
    body.fresh()?;
    guard::limit_network(ctx, request, "sign-in").await?;
    let mut fields = Fields::default();
    if body.filled("email").is_none() {
        fields.refuse("/email", Code::Required, "Type your e-mail address.");
    }
    let password = body.text("password");
    if password.is_empty() {
        fields.refuse("/password", Code::Required, "Type your password.");
    }
    if fields.any_refused() {
        return Err(fields.refusal());
    }
    match body.text("email").parse::<EmailAddress>() {
        Ok(email) => sign_in::sign_in(ctx, &guard::guesser(request), &email, password).await,
        // What is no address has no account: the same answer as for an unknown one.
        Err(_) => Err(Code::InvalidCredentials.into()),
    }
}

/// `POST /sign-out`: back to the invitation that asked for another account and whose token is `invitation`, or to `/sign-in`.
pub async fn sign_out<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let body = Form::read(ctx, request)?;
    let back = body
        .filled("invitation")
        .map(|token| Route::Invitation(token.to_owned()).path())
        .filter(|path| matches!(Route::parse(path), Some(Route::Invitation(_))));
    if let Err(error) = body.fresh() {
        let key = FormKey::of(ctx, request);
        let question = Confirm {
            frame: Frame::product(ctx),
            nonce: &key.nonce,
            problems: Problems::of(Some(&error)),
            before: "Sign out",
            about: "",
            after: "?",
            follows: Vec::new(),
            action: Route::SignOut.path(),
            password_of: None,
            carried: body.fields().filter(|(name, _)| *name == "invitation").collect(),
            button: "Sign out",
            danger: false,
            keep: "Stay signed in",
            back: back.unwrap_or_else(|| Route::Me.path()),
        };
        return Ok(key.keep(page(error.code().status(), &question)?));
    }
    if let Some(session) = session(request) {
        sign_in::sign_out(ctx, &session).await?;
    }
    let mut reply = match back {
        Some(invitation) => reply::see_other(&invitation),
        None => said::see_other(&Route::SignIn.path(), "You are signed out."),
    };
    reply::clear_cookie(&mut reply, SESSION_COOKIE);
    Ok(reply)
}

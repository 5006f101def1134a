//! `/i/{token}`: what an invitation is, and the form that accepts it. Opening it changes nothing, however often and
//! whoever or whatever opens it (a mail scanner does, with scripts on); only the form does.

use askama::Template;
use http::StatusCode;
use serde::Deserialize;

use super::{FormKey, Frame, check_form, page, session};
use crate::domain::invitation::Next;
use crate::domain::link::{Link, Opened};
use crate::domain::text::Name;
use crate::error::{Code, Error, Result};
use crate::flow::accept::{Accept, SESSION, accept};
use crate::flow::{Context, decline as decline_flow, look, sign_in};
use crate::platform::Platform;
use crate::store::redeem::View;
use crate::web::guard;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request, SESSION_COOKIE};
use crate::web::route::Route;

/// The open invitation and what its holder does next.
#[derive(Template)]
#[template(path = "pages/invitation.html")]
struct Open<'a> {
    frame: Frame,
    nonce: &'a str,
    token: &'a str,
    organization: &'a str,
    inviter: Option<&'a str>,
    role: &'static str,
    workspaces: Vec<&'a str>,
    message: Option<&'a str>,
    /// The address, masked until the person has shown that it is theirs.
    address: String,
    /// Who is signed in on this browser.
    signed_in_as: Option<&'a str>,
    expires: String,
    next: Next,
    /// What the person typed, shown again after an error.
    name: &'a str,
    /// What is wrong, field by field: (the field's id, the sentence).
    errors: Vec<(&'a str, String)>,
}

/// A link that leads nowhere any more, or never did.
#[derive(Template)]
#[template(path = "pages/invitation_closed.html")]
struct Closed {
    frame: Frame,
    title: String,
    detail: String,
    sign_in: String,
}

/// Confirming that one declines.
#[derive(Template)]
#[template(path = "pages/invitation_decline.html")]
struct Decline<'a> {
    frame: Frame,
    nonce: &'a str,
    token: &'a str,
    organization: &'a str,
    inviter: Option<&'a str>,
}

/// Declined.
#[derive(Template)]
#[template(path = "pages/invitation_declined.html")]
struct Declined<'a> {
    frame: Frame,
    organization: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    nonce: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    /// Holds the address for password managers; what it says is not looked at.
    #[serde(default, rename = "username")]
    _username: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclineForm {
    nonce: String,
}

/// `GET /i/{token}`.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str) -> Result<Reply> {
    let link = match open(ctx, token) {
        Ok(link) => link,
        Err(closed) => return closed,
    };
    let view = match session(request) {
        Some(session) => look::look(ctx, &link, Some(&session)).await?,
        None => look::landing(ctx, &link).await?,
    };
    face(ctx, request, token, &link, &view, "", None)
}

/// `POST /i/{token}`: makes the account and joins, or signs in and joins, or joins.
pub async fn submit<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str) -> Result<Reply> {
    guard::limit_network(ctx, request, "accept").await?;
    let body: Form = request::form(request)?;
    let link = match open(ctx, token) {
        Ok(link) => link,
        Err(closed) => return closed,
    };
    check_form(ctx, request, &body.nonce)?;
    let session = session(request);
    let view = look::look(ctx, &link, session.as_deref()).await?;
    let outcome = match view.standing().next(&link, ctx.now()) {
        Err(code) => Err(code.into()),
        Ok(Next::SignIn) => sign_in_and_join(ctx, &link, &view, &body.password).await,
        Ok(Next::SignUp) => join_as_new(ctx, &link, session, &body).await,
        Ok(_) => join(ctx, Accept { link, session, name: None, password: None }).await,
    };
    match outcome {
        Ok(reply) => Ok(reply),
        Err(error @ Error::Internal(_)) => Err(error),
        // What the form shows again is how things are now: the refusal may be because they changed.
        Err(error) => {
            let view = look::look(ctx, &link, self::session(request).as_deref()).await?;
            face(ctx, request, token, &link, &view, &body.name, Some(&error))
        }
    }
}

async fn join<P: Platform>(ctx: &Context<'_, P>, by: Accept) -> Result<Reply> {
    let accepted = accept(ctx, by).await?;
    let mut reply = reply::see_other(&Route::Me.path());
    if let Some(session) = accepted.session {
        reply::set_cookie(&mut reply, SESSION_COOKIE, session.reveal(), SESSION.as_secs().cast_signed());
    }
    Ok(reply)
}

async fn join_as_new<P: Platform>(
    ctx: &Context<'_, P>,
    link: &Link,
    session: Option<String>,
    body: &Form,
) -> Result<Reply> {
    let name =
        Name::parse(&body.name).map_err(|why| Error::field("/name", Code::InvalidValue, why.to_string()))?;
    let by = Accept { link: *link, session, name: Some(name), password: Some(body.password.clone()) };
    join(ctx, by).await
}

async fn sign_in_and_join<P: Platform>(
    ctx: &Context<'_, P>,
    link: &Link,
    view: &View,
    password: &str,
) -> Result<Reply> {
    let email = view.invitation.email.as_ref().ok_or_else(|| Error::from(Code::SignInRequired))?;
    let session = sign_in::sign_in(ctx, email, password).await.map_err(|error| match error.code() {
        Code::InvalidCredentials => Error::field(
            "/password",
            Code::InvalidCredentials,
            "That password does not match this address. Try again, or reset it.",
        ),
        _ => error,
    })?;
    let by = Accept { link: *link, session: Some(session.digest()), name: None, password: None };
    let mut reply = join(ctx, by).await?;
    reply::set_cookie(&mut reply, SESSION_COOKIE, session.reveal(), SESSION.as_secs().cast_signed());
    Ok(reply)
}

/// `GET /i/{token}/decline`: asks once more.
pub async fn show_decline<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    token: &str,
) -> Result<Reply> {
    let link = match open(ctx, token) {
        Ok(link) => link,
        Err(closed) => return closed,
    };
    let view = look::landing(ctx, &link).await?;
    if let Err(code) = view.standing().next(&link, ctx.now()) {
        return closed(&view.organization_name, code, None);
    }
    let key = FormKey::of(ctx, request);
    let reply = page(
        StatusCode::OK,
        &Decline {
            frame: Frame::of(&view.organization_name),
            nonce: &key.nonce,
            token,
            organization: &view.organization_name,
            inviter: view.inviter_name.as_deref(),
        },
    )?;
    Ok(key.keep(reply))
}

/// `POST /i/{token}/decline`.
pub async fn decline<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str) -> Result<Reply> {
    guard::limit_network(ctx, request, "decline").await?;
    let body: DeclineForm = request::form(request)?;
    let link = match open(ctx, token) {
        Ok(link) => link,
        Err(closed) => return closed,
    };
    check_form(ctx, request, &body.nonce)?;
    let session = session(request);
    let view = look::look(ctx, &link, session.as_deref()).await?;
    match decline_flow::decline(ctx, &link, session.as_deref()).await {
        Ok(()) => page(
            StatusCode::OK,
            &Declined { frame: Frame::of(&view.organization_name), organization: &view.organization_name },
        ),
        Err(Error::Refused(refusal)) => closed(&view.organization_name, refusal.code, None),
        Err(error) => Err(error),
    }
}

/// Reads the token with no I/O, or answers the page that needs none: expired or not ours.
fn open<P: Platform>(ctx: &Context<'_, P>, token: &str) -> std::result::Result<Link, Result<Reply>> {
    match Link::open(&ctx.config.keys, token, ctx.now()) {
        Opened::Live(link) => Ok(link),
        Opened::Expired(at) => {
            let title = format!("This invitation expired on {}", at.date_in_words());
            Err(closed(&ctx.config.product_name, Code::InvitationExpired, Some(title)))
        }
        Opened::Forged => Err(closed(&ctx.config.product_name, Code::InvitationInvalid, None)),
    }
}

fn closed(brand: &str, code: Code, title: Option<String>) -> Result<Reply> {
    let refusal = crate::error::Refusal::new(code);
    page(
        code.status(),
        &Closed {
            frame: Frame::of(brand),
            title: title.unwrap_or_else(|| code.title().to_owned()),
            detail: refusal.detail.into_owned(),
            sign_in: Route::SignIn.path(),
        },
    )
}

/// The page for how things are: its status is what accepting would answer.
fn face<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    token: &str,
    link: &Link,
    view: &View,
    name: &str,
    error: Option<&Error>,
) -> Result<Reply> {
    let next = match view.standing().next(link, ctx.now()) {
        Ok(Next::None) => return Ok(reply::see_other(&Route::Me.path())),
        Ok(next) => next,
        Err(code) => return closed(&view.organization_name, code, None),
    };
    let errors = match error {
        Some(Error::Refused(refusal)) if refusal.errors.is_empty() => {
            vec![("", refusal.detail.clone().into_owned())]
        }
        Some(Error::Refused(refusal)) => refusal
            .errors
            .iter()
            .map(|field| (field.pointer.trim_start_matches('/'), field.detail.clone()))
            .collect(),
        _ => Vec::new(),
    };
    let email = view.invitation.email.as_ref();
    let signed_in_as = view.session_email();
    let theirs = matches!(next, Next::Accept);
    let key = FormKey::of(ctx, request);
    let status = error.map_or(StatusCode::OK, |error| error.code().status());
    let reply = page(
        status,
        &Open {
            frame: Frame::of(&view.organization_name),
            nonce: &key.nonce,
            token,
            organization: &view.organization_name,
            inviter: view.inviter_name.as_deref(),
            role: view.invitation.role.with_article(),
            workspaces: view.workspaces.iter().map(|workspace| workspace.name.as_str()).collect(),
            message: view.message.as_deref(),
            address: email.map_or_else(String::new, |email| {
                if theirs { email.as_str().to_owned() } else { email.masked() }
            }),
            signed_in_as: signed_in_as.map(crate::domain::email_address::EmailAddress::as_str),
            expires: view.invitation.expires_at.date_in_words(),
            next,
            name: if name.is_empty() { view.name.as_deref().unwrap_or_default() } else { name },
            errors,
        },
    )?;
    Ok(key.keep(reply))
}

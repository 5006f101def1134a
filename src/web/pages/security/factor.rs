//! `/me/security/two-step`: setting the second factor up, and turning it off.

use askama::Template;
use base64ct::{Base64, Encoding};

use crate::domain::second_factor::Secret;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::flow::second_factor;
use crate::platform::{Platform, ResultSet};
use crate::store::second_factors::Begun;
use crate::web::pages::form::Form;
use crate::web::pages::own::{Own, Place, ends};
use crate::web::pages::{Frame, Problems, qr, said, session, sign_in};
use crate::web::reply::{self, Reply};
use crate::web::request::Request;
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "pages/security_factor.html")]
struct SetUp<'a> {
    frame: Frame,
    nonce: &'a str,
    email: &'a str,
    /// Whether the password is to be typed first.
    asks_password: bool,
    /// What the app takes, once it was begun.
    key: Option<Key>,
    /// The page that asked for it, where they go on afterwards; nothing if none did.
    to: &'a str,
    /// The same, or else where all of signing in is looked at.
    later: String,
    problems: Problems,
}

/// A secret for an app.
struct Key {
    /// In groups of four.
    letters: String,
    /// As an app opens it.
    url: String,
    /// As a picture; none of an address that is longer than a code can hold.
    picture: Option<qr::Code>,
}

#[derive(Template)]
#[template(path = "pages/security_codes.html")]
pub(super) struct Recovery<'a> {
    pub(super) frame: Frame,
    /// Whose account it is, as in the app: the product's, whichever organizations one is in.
    pub(super) of: &'a str,
    pub(super) email: &'a str,
    pub(super) codes: Vec<String>,
    /// Whether they stand in the place of others.
    pub(super) renewed: bool,
    /// Where they go on.
    pub(super) on: String,
}

impl Recovery<'_> {
    /// The codes as a file to keep, within the page: it is asked for nowhere, and so kept nowhere.
    fn file(&self) -> String {
        let mut text = format!("{}, {}\n\n", self.of, self.email);
        for code in &self.codes {
            text.push_str(code);
            text.push('\n');
        }
        format!("data:text/plain;charset=utf-8;base64,{}", Base64::encode_string(text.as_bytes()))
    }
}

#[derive(Template)]
#[template(path = "pages/security_factor_off.html")]
struct Off<'a> {
    frame: Frame,
    nonce: &'a str,
    problems: Problems,
}

/// `GET /me/security/two-step`, with `?to=` where one goes on: what to do next. Whoever has it already goes on, or is shown how
/// it is turned off.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    face(ctx, request, &sign_in::to_of(request), None).await
}

/// A page of ours, or else where all of signing in is looked at.
fn on(to: &str) -> String {
    if sign_in::is_ours(to) { to.to_owned() } else { Route::Security.path() }
}

async fn face<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    to: &str,
    error: Option<&Error>,
) -> Result<Reply> {
    let reads = |session: &str| vec![second_factor::select_begun(ctx, session)];
    let (own, found) = Own::open(ctx, request, reads).await?;
    if own.me.mfa_enabled_at.is_some() {
        return Ok(reply::see_other(&on(to)));
    }
    let begun: Option<Begun> = ResultSet::row_of(found.first())?;
    let secret = begun.and_then(|begun| second_factor::open(ctx, own.me.user_id, &begun.secret));
    let key = secret.map(|secret| key(ctx, &secret, own.me.email.as_str()));
    let frame = own.frame(ctx, Place::Security);
    let (nonce, email) = (&*own.key.nonce, own.me.email.as_str());
    let asks_password = !second_factor::is_fresh(ctx, &own.me);
    let problems = Problems::of(error);
    own.form(error, &SetUp { frame, nonce, email, asks_password, key, to, later: on(to), problems })
}

fn key<P>(ctx: &Context<'_, P>, secret: &Secret, email: &str) -> Key {
    let mut letters = String::new();
    for (place, letter) in secret.in_letters().chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            letters.push(' ');
        }
        letters.push(letter);
    }
    let url = secret.url(&ctx.config.product_name, email);
    Key { letters, picture: qr::Code::of(&url), url }
}

/// `POST /me/security/two-step`: begins, or takes the app's first code and shows the recovery codes.
pub async fn submit<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let to = form.text("to");
    match set_up(ctx, request, &form).await {
        Ok(None) => Ok(reply::see_other(&sign_in::with_to(&Route::SecurityFactor, to))),
        Ok(Some(codes)) => {
            let (own, _) = Own::open(ctx, request, |_| Vec::new()).await?;
            let frame = own.frame(ctx, Place::Security);
            let email = own.me.email.as_str();
            let of = &ctx.config.product_name;
            own.reply(&Recovery { frame, of, email, codes, renewed: false, on: on(to) })
        }
        Err(error) if ends(&error) => Err(error),
        Err(error) => face(ctx, request, to, Some(&error)).await,
    }
}

async fn set_up<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    form: &Form,
) -> Result<Option<Vec<String>>> {
    form.fresh()?;
    let session = session(request).ok_or_else(|| Error::from(Code::Unauthenticated))?;
    if form.has("code") {
        let code =
            form.filled("code").ok_or_else(|| required("/code", "Type the code that the app shows."))?;
        return second_factor::confirm(ctx, &session, code).await.map(Some);
    }
    let password = Some(form.text("password")).filter(|password| !password.is_empty());
    second_factor::begin(ctx, &session, password).await?;
    Ok(None)
}

pub(super) fn required(pointer: &str, detail: &'static str) -> Error {
    Error::field(pointer, Code::Required, detail)
}

/// `GET /me/security/two-step/off`.
pub async fn show_off<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    face_off(ctx, request, None).await
}

async fn face_off<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    error: Option<&Error>,
) -> Result<Reply> {
    let (own, _) = Own::open(ctx, request, |_| Vec::new()).await?;
    if own.me.mfa_enabled_at.is_none() {
        return Ok(reply::see_other(&Route::Security.path()));
    }
    let frame = own.frame(ctx, Place::Security);
    own.form(error, &Off { frame, nonce: &own.key.nonce, problems: Problems::of(error) })
}

/// `POST /me/security/two-step/off`: turns it off, and back to the overview; or the form again.
pub async fn submit_off<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    match turn_off(ctx, request, &form).await {
        Ok(()) => Ok(said::see_other(
            &Route::Security.path(),
            "Two-step sign-in is off. Your password alone signs you in.",
        )),
        Err(error) if ends(&error) => Err(error),
        Err(error) => face_off(ctx, request, Some(&error)).await,
    }
}

async fn turn_off<P: Platform>(ctx: &Context<'_, P>, request: &Request, form: &Form) -> Result<()> {
    form.fresh()?;
    let session = session(request).ok_or_else(|| Error::from(Code::Unauthenticated))?;
    let code = form.text("code");
    if code.is_empty() {
        return Err(required("/code", "Type a code of your app, or a recovery code."));
    }
    second_factor::remove(ctx, &session, code).await
}

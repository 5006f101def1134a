//! Who is signed in: the invitations that wait for them, and the workspaces they reach (S4-16).

use askama::Template;
use serde::Deserialize;

use super::form::Form;
use super::own::{Own, Place, ends};
use super::{Frame, Problems, said, session};
use crate::domain::invitation::Invitation;
use crate::domain::link::{Link, Via};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::{self, Reached};
use crate::store::invitations::{self, Waiting};
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// As many workspaces as one page shows.
const ON_A_PAGE: usize = 25;
/// As many invitations as are shown to whoever they are for.
const MOST_WAITING: i64 = 25;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Query {
    cursor: String,
}

#[derive(Template)]
#[template(path = "pages/me.html")]
struct Me<'a> {
    frame: Frame,
    nonce: &'a str,
    problems: Problems,
    name: &'a str,
    email: &'a str,
    verified: bool,
    now: Timestamp,
    waiting: Vec<Waiting>,
    workspaces: Vec<Reached>,
    /// Where the host product is, and what it is called.
    product: Option<(&'a str, &'a str)>,
    /// The next page of these.
    next: Option<String>,
    /// Whether this is the first.
    first: bool,
}

/// `GET /me`, with `?cursor=` where the list of workspaces goes on.
///
/// # Errors
/// 401 for whoever is not signed in.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    page(ctx, request, None).await
}

async fn page<P: Platform>(ctx: &Context<'_, P>, request: &Request, error: Option<&Error>) -> Result<Reply> {
    let query: Query = request::query(request).unwrap_or_default();
    let (now, before) = (ctx.now(), query.cursor.parse().ok());
    let most = i64::try_from(ON_A_PAGE).unwrap_or(i64::MAX) + 1;
    let reads = |session: &str| {
        vec![
            accounts::reached(session, before, most, now),
            // At the beginning of the list only.
            invitations::waiting(session, if before.is_none() { MOST_WAITING } else { 0 }, now),
        ]
    };
    let (own, found) = Own::open(ctx, request, reads).await?;
    let mut workspaces: Vec<Reached> = found.first().map(ResultSet::rows).transpose()?.unwrap_or_default();
    let more = workspaces.len() > ON_A_PAGE;
    workspaces.truncate(ON_A_PAGE);
    let next = workspaces.last().filter(|_| more);
    let page = Me {
        frame: own.frame(ctx, Place::Workspaces),
        nonce: &own.key.nonce,
        problems: Problems::of(error),
        now,
        name: &own.me.name,
        email: own.me.email.as_str(),
        product: ctx.config.product.as_ref().map(|product| (&*product.url, &*ctx.config.product_name)),
        verified: own.me.email_verified_at.is_some(),
        waiting: found.get(1).map(ResultSet::rows).transpose()?.unwrap_or_default(),
        next: next.map(|last| format!("{}?cursor={}", Route::Me.path(), last.workspace_id)),
        first: before.is_none(),
        workspaces,
    };
    own.form(error, &page)
}

/// `POST /me/invitations`: goes to the page of one that waits, where it is accepted or declined. Whoever has proved the address
/// needs no mail for that; the link is one that proves nothing by itself, and stands on no page (V6).
///
/// # Errors
/// 401 for whoever is not signed in. Any other refusal is the page again, with why not.
pub async fn open<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    match token(ctx, request, &form).await {
        Ok(token) => Ok(reply::see_other(&Route::Invitation(token).path())),
        Err(error) if ends(&error) => Err(error),
        // Accepted or withdrawn meanwhile.
        Err(error) if error.code() == Code::NotFound => {
            Ok(said::see_other(&Route::Me.path(), "That invitation does not wait for you any more."))
        }
        Err(error) => page(ctx, request, Some(&error)).await,
    }
}

async fn token<P: Platform>(ctx: &Context<'_, P>, request: &Request, form: &Form) -> Result<String> {
    form.fresh()?;
    let session = session(request).ok_or_else(|| Error::from(Code::Unauthenticated))?;
    let id = form.text("invitation").parse().map_err(|_| Error::from(Code::NotFound))?;
    let found = ctx.platform.run(invitations::waiting_one(id, &session, ctx.now())).await?;
    let invitation: Invitation = found.first()?.ok_or_else(|| Error::from(Code::NotFound))?;
    Ok(Link::to(&invitation, Via::Copy).sign(&ctx.config.keys, invitation.expires_at))
}

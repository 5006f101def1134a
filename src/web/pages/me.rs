//! Who is signed in, and the workspaces they reach.

use askama::Template;
use http::StatusCode;

use super::{FormKey, Frame, own, page, said, session};
use crate::domain::role::Role;
use crate::error::Result;
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::accounts::{self, Reached};
use crate::web::reply::{self, Reply};
use crate::web::request::Request;
use crate::web::route::Route;

/// As many workspaces as one page shows.
const MOST_SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "pages/me.html")]
struct Me {
    frame: Frame,
    name: String,
    email: String,
    verified: bool,
    workspaces: Vec<Reached>,
    /// Whether they reach more than are shown.
    more: bool,
}

/// `GET /me`.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let one_more = i64::try_from(MOST_SHOWN + 1).unwrap_or(i64::MAX);
    let found = match session(request) {
        Some(session) => {
            accounts::signed_in_and_reached(ctx.platform, &session, None, one_more, ctx.now()).await?
        }
        None => None,
    };
    let Some((me, mut workspaces)) = found else { return Ok(reply::see_other(&Route::SignIn.path())) };
    let more = workspaces.len() > MOST_SHOWN;
    workspaces.truncate(MOST_SHOWN);
    let form = FormKey::of(ctx, request);
    let said = said::read(request.headers());
    let mut reply = page(
        StatusCode::OK,
        &Me {
            frame: Frame {
                nav: Some(own::nav(own::Place::Workspaces, &me.name, &form.nonce)),
                said: said.clone(),
                ..Frame::product(ctx)
            },
            name: me.name,
            email: me.email.as_str().to_owned(),
            verified: me.email_verified_at.is_some(),
            workspaces,
            more,
        },
    )?;
    if said.is_some() {
        said::forget(&mut reply);
    }
    Ok(form.keep(reply))
}

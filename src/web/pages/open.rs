//! `/open`: on to the host product, for whoever is signed in here.
//!
//! The product sends a browser here with a `state`, and we send it on to the one address that is in the settings, with a code
//! that the product exchanges (`POST /v1/tokens`). Opening it changes nothing and stores nothing: a code is signed, and what
//! it is worth is asked again when it is exchanged.

use askama::Template;
use serde::Deserialize;

use super::own::Own;
use super::{Frame, session};
use crate::config::Product;
use crate::domain::hand_over::{HandOver, State};
use crate::domain::ids::OrganizationId;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::hand_over::{self, Found};
use crate::web::api::host_token;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// As many organizations as somebody may choose from.
const MOST_CHOICES: i64 = 50;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Query {
    organization: String,
    state: String,
}

#[derive(Template)]
#[template(path = "pages/open.html")]
struct Open<'a> {
    frame: Frame,
    product: &'a str,
    email: &'a str,
    /// Each organization's name, and the way on from it.
    choices: Vec<(String, String)>,
}

/// `GET /open?state=…&organization=…`: 303 to the host product with a code. Without the organization it is the only one that
/// they are in, or one that they choose.
///
/// # Errors
/// 401 for whoever is not signed in, which [`web`](crate::web) answers with the way to, and back; 404 for whoever is not in that
/// organization, and where no host product is in the settings; 403 for whoever lacks a second factor that is asked for, or
/// never proved their mailbox; 422 without a state.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let product = ctx.config.product.as_ref().ok_or(Code::NotFound)?;
    let query: Query = request::query(request).unwrap_or_default();
    // Without one the product could not tell that it was itself who sent the browser here.
    let Some(state) = State::parse(&query.state) else {
        let detail =
            "The page that led here left something out. Go back to it, and sign in from there once more.";
        return Err(Error::field("?state", Code::InvalidValue, detail));
    };
    if !query.organization.is_empty() {
        return over(ctx, request, product, state, &query.organization).await;
    }
    let now = ctx.now();
    let (own, found) =
        Own::open(ctx, request, |session| vec![hand_over::choices(session, MOST_CHOICES, now)]).await?;
    let choices: Vec<Found> = found.first().map(ResultSet::rows).transpose()?.unwrap_or_default();
    match choices.as_slice() {
        // Their own page says that they are nowhere yet.
        [] => Ok(reply::see_other(&Route::Me.path())),
        [only] => over(ctx, request, product, state, &only.id).await,
        _ => {
            let way = |choice: Found| {
                let query = format!("organization={}&state={}", choice.id, state.as_str());
                (choice.name, format!("{}?{query}", Route::Open.path()))
            };
            own.reply(&Open {
                frame: Frame::product(ctx),
                product: &ctx.config.product_name,
                email: own.me.email.as_str(),
                choices: choices.into_iter().map(way).collect(),
            })
        }
    }
}

/// Hands a member over.
async fn over<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    product: &Product,
    state: State,
    organization: &str,
) -> Result<Reply> {
    let organization_id: OrganizationId = organization.parse().map_err(|_| Code::NotFound)?;
    let session = session(request).ok_or(Code::Unauthenticated)?;
    let (me, actor) = host_token::known(ctx, session, organization_id).await?;
    let member_id = actor.principal.member().ok_or(Code::NotFound)?;
    let session_id = me.session_id;
    let query = format!("organization={organization_id}&state={}&code=", state.as_str());
    let code = HandOver { member_id, organization_id, session_id, state }.sign(&ctx.config.keys, ctx.now());
    Ok(reply::to_product(product, &(query + &code)))
}

//! One delivery: what was sent, and what came of each try. What the receiver answered is kept by nobody but for its status: a
//! name may lead to where nobody outside should read.

use std::time::Duration;

use askama::Template;

use super::words::{Row, answer, took};
use super::{opened, path};
use crate::domain::ids::{JobId, WebhookId};
use crate::domain::webhook::place;
use crate::error::{Code, Error, Result};
use crate::flow::{Context, webhooks as flow};
use crate::json;
use crate::platform::{Platform, ResultSet};
use crate::store::webhook_deliveries::{self, Sent, Shown as Delivery};
use crate::store::webhooks::{self, Shown};
use crate::web::pages::desk::{Desk, Place};
use crate::web::pages::form::Form;
use crate::web::pages::{Frame, Problems, said};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "pages/delivery.html")]
struct Page<'a> {
    frame: Frame,
    nonce: &'a str,
    problems: Problems,
    place: &'a str,
    row: Row,
    /// Whether it can be delivered again.
    again: bool,
    /// Whether it is so new that it is about to be tried.
    on_its_way: bool,
    body: String,
    back: String,
}

/// As long as a page looks again by itself: a receiver that fails is left alone for longer.
const WATCHED: Duration = Duration::from_mins(1);

/// `GET /o/{slug}/settings/webhooks/{webhook}/deliveries/{job}`, for owner and admins.
///
/// # Errors
/// 403 for anybody else there, 404 for a delivery to a webhook that is not its own.
pub async fn show<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: WebhookId,
    job: JobId,
) -> Result<Reply> {
    page(ctx, &opened(ctx, request, slug).await?, id, job, None).await
}

async fn page<P: Platform>(
    ctx: &Context<'_, P>,
    desk: &Desk,
    id: WebhookId,
    job: JobId,
    refused: Option<&Error>,
) -> Result<Reply> {
    let reads = vec![
        webhooks::select(desk.actor.organization_id, id, ctx.now()),
        webhook_deliveries::one(id, job, None),
        webhook_deliveries::sent(id, job),
    ];
    let found = ctx.platform.batch(reads).await?;
    let webhook: Option<Shown> = ResultSet::row_of(found.first())?;
    let delivery: Option<Delivery> = ResultSet::row_of(found.get(1))?;
    let sent: Option<Sent> = ResultSet::row_of(found.get(2))?;
    let (Some(webhook), Some(delivery), Some(sent)) = (webhook, delivery, sent) else {
        return Err(Code::NotFound.into());
    };
    let row = Row::of(delivery, Route::DeliveryPage(desk.setting.slug.clone(), id, job).path());
    let is_new = ctx.now() < row.delivery.created_at.plus(WATCHED);
    let page = Page {
        frame: desk.frame(Place::Settings),
        nonce: &desk.key.nonce,
        problems: Problems::of(refused),
        place: place(&webhook.url),
        again: row.again && webhook.disabled_at.is_none(),
        on_its_way: is_new && !row.again,
        row,
        body: json::pretty(&sent.body),
        back: path(desk, id),
    };
    match refused {
        Some(error) => desk.refused(error, &page),
        None => desk.reply(&page),
    }
}

/// `POST`: delivers the same event again; one that waits for its next try, now.
///
/// # Errors
/// As [`show`].
pub async fn replay<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: WebhookId,
    job: JobId,
) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let desk = opened(ctx, request, slug).await?;
    let done = match form.fresh() {
        Ok(()) => flow::replay(ctx, desk.actor.organization_id, Some(&desk.actor), id, job).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(delivery) => {
            let there = Route::DeliveryPage(desk.setting.slug.clone(), id, delivery.id).path();
            Ok(said::see_other(&there, "The event is on its way again, under the same id."))
        }
        Err(error @ Error::Refused(_)) => page(ctx, &desk, id, job, Some(&error)).await,
        Err(error) => Err(error),
    }
}

//! One webhook: how it is, what was delivered to it, and the form that changes it.

use askama::Template;
use serde::Deserialize;

use super::words::{Fields, Row, State, answer, events, took};
use super::{Tab, opened, path, problems, stale, tabs};
use crate::domain::change::Change;
use crate::domain::ids::WebhookId;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{place, turned_off};
use crate::error::{Code, Error, Result};
use crate::flow::{Context, webhooks as flow};
use crate::platform::{Platform, ResultSet};
use crate::store::accounts;
use crate::store::webhook_deliveries::{self, Shown as Delivery};
use crate::store::webhooks::{self, Shown};
use crate::web::api::webhooks::{Patch, changes};
use crate::web::pages::desk::{Desk, Place, Way};
use crate::web::pages::form::Form;
use crate::web::pages::{Frame, Markup, Problems, said, session};
use crate::web::reply::Reply;
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// As many deliveries as one page shows.
const ON_A_PAGE: usize = 25;

#[derive(Template)]
#[template(path = "pages/webhook.html")]
struct Page<'a> {
    frame: Frame,
    tabs: Vec<Way>,
    nonce: &'a str,
    problems: Problems,
    path: String,
    place: &'a str,
    state: State,
    /// What to do about it, while it is off.
    off: Option<(String, &'static str)>,
    rows: Vec<Row>,
    only_failed: bool,
    /// Whether one of those that are shown was given up, or waits for its next try.
    any_failed: bool,
    next: Option<String>,
    first: Option<String>,
    fields: String,
    on: bool,
    old_until: Option<Timestamp>,
    secret: String,
    delete: String,
}

/// `GET /o/{slug}/settings/webhooks/{webhook}?status=failed`, for owner and admins.
///
/// # Errors
/// 403 for anybody else there, 404 for a webhook that is not its own.
pub async fn show<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: WebhookId,
) -> Result<Reply> {
    page(ctx, request, &opened(ctx, request, slug).await?, id, None).await
}

async fn page<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    desk: &Desk,
    id: WebhookId,
    refused: Option<(&Form, &Error)>,
) -> Result<Reply> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Query {
        cursor: String,
        status: String,
    }
    let Query { cursor, status } = request::query(request).unwrap_or_default();
    let only_failed = status == "failed";
    let most = i64::try_from(ON_A_PAGE).unwrap_or(i64::MAX) + 1;
    let reads = vec![
        webhooks::select(desk.actor.organization_id, id, ctx.now()),
        webhook_deliveries::page(id, only_failed, cursor.parse().ok(), most),
        accounts::select_signed_in(&session(request).unwrap_or_default(), ctx.now()),
    ];
    let found = ctx.platform.batch(reads).await?;
    let webhook: Option<Shown> = ResultSet::row_of(found.first())?;
    let webhook = webhook.ok_or_else(|| Error::from(Code::NotFound))?;
    let mut rows: Vec<Delivery> = found.get(1).map(ResultSet::rows).transpose()?.unwrap_or_default();
    let email = stale(ctx, found.get(2))?;
    let more = rows.len() > ON_A_PAGE;
    rows.truncate(ON_A_PAGE);
    let problems = problems(refused.map(|(_, error)| error));
    // Other buttons than that of the form send nothing of it.
    let typed = refused.map(|(form, _)| form).filter(|form| form.has("url"));
    let (slug, path) = (&desk.setting.slug, path(desk, id));
    let status = if only_failed { "status=failed&" } else { "" };
    let on = webhook.disabled_at.is_none();
    let row = |delivery: Delivery| {
        let path = Route::DeliveryPage(slug.clone(), id, delivery.id).path();
        Row::of(delivery, path)
    };
    let page = Page {
        frame: desk.frame(Place::Settings),
        tabs: tabs(slug, Tab::Webhooks),
        nonce: &desk.key.nonce,
        place: place(&webhook.url),
        state: State::of(&webhook),
        off: webhook.disabled_for.as_deref().map(what_to_do),
        next: rows.last().filter(|_| more).map(|last| format!("{path}?{status}cursor={}", last.id)),
        first: (!cursor.is_empty())
            .then(|| format!("{path}{}", if only_failed { "?status=failed" } else { "" })),
        only_failed,
        any_failed: rows
            .iter()
            .any(|row| row.failure.is_some() || row.next_attempt_at.is_some() && !row.attempts.is_empty()),
        rows: rows.into_iter().map(row).collect(),
        fields: Fields::of_known(&problems, &webhook, typed, email.as_deref()).html()?,
        on: typed.map_or(on, |form| form.has("enabled")),
        old_until: webhook.old_secret_until,
        secret: Route::WebhookSecret(slug.clone(), id).path(),
        delete: Route::WebhookDelete(slug.clone(), id).path(),
        path,
        problems,
    };
    match refused {
        Some((_, error)) => desk.refused(error, &page),
        None => desk.reply(&page),
    }
}

/// Why it is off, and what to do then.
fn what_to_do(why: &str) -> (String, &'static str) {
    let then = match why {
        "failures" => "Fix the receiver, then turn it on and deliver again what failed.",
        "gone" => "If it has moved, change the URL below. Then turn it on and deliver again what failed.",
        _ => "It is told nothing until you turn it on, and nothing of what happens meanwhile.",
    };
    (format!("Turned off {}.", turned_off(why)), then)
}

/// `POST`: changes it, tries it out, or has delivered again what failed.
///
/// # Errors
/// As [`show`].
pub async fn submit<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: WebhookId,
) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let desk = opened(ctx, request, slug).await?;
    match act(ctx, request, &desk, id, &form).await {
        Err(error @ Error::Refused(_)) => page(ctx, request, &desk, id, Some((&form, &error))).await,
        done => done,
    }
}

async fn act<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    desk: &Desk,
    id: WebhookId,
    form: &Form,
) -> Result<Reply> {
    form.fresh()?;
    let (organization, by) = (desk.actor.organization_id, Some(&desk.actor));
    let back = path(desk, id);
    match form.text("do") {
        "test" => {
            let delivery = flow::test(ctx, organization, by, id).await?;
            let there = Route::DeliveryPage(desk.setting.slug.clone(), id, delivery.id).path();
            Ok(said::see_other(&there, "A test event is on its way."))
        }
        "again" => {
            let said = match flow::replay_failed(ctx, organization, by, id).await? {
                0 => "Nothing is left to deliver again.".to_owned(),
                1 => "1 event is on its way again.".to_owned(),
                many => format!("{many} events are on their way again."),
            };
            Ok(said::see_other(&back, &said))
        }
        "on" => {
            let patch = Patch { enabled: Change::Set(true), ..Patch::default() };
            flow::change(ctx, organization, by, id, &changes(ctx.config, patch)?).await?;
            Ok(said::see_other(&back, "The webhook is turned on."))
        }
        "save" => save(ctx, request, desk, id, form).await,
        _ => Err(Code::InvalidForm.into()),
    }
}

async fn save<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    desk: &Desk,
    id: WebhookId,
    form: &Form,
) -> Result<Reply> {
    let organization = desk.actor.organization_id;
    let found = ctx.platform.run(webhooks::select(organization, id, ctx.now())).await?;
    let known: Shown = found.first()?.ok_or_else(|| Error::from(Code::NotFound))?;
    let url = form.filled("url").unwrap_or_default();
    let (on, was_on) = (form.has("enabled"), known.disabled_at.is_none());
    let patch = Patch {
        url: if url == known.url { Change::Keep } else { Change::Set(url.to_owned()) },
        events: Change::Set(events(form)),
        // One that is on already would begin anew.
        enabled: if on == was_on { Change::Keep } else { Change::Set(on) },
        password: None,
    };
    let changes = changes(ctx.config, patch)?;
    if changes.url.is_some() {
        form.proved(ctx, request).await?;
    }
    flow::change(ctx, organization, Some(&desk.actor), id, &changes).await?;
    let said = match changes.enabled {
        Some(true) => "The webhook is saved, and turned on.",
        Some(false) => "The webhook is saved, and turned off.",
        None => "The webhook is saved.",
    };
    Ok(said::see_other(&path(desk, id), said))
}

//! The webhooks of an organization, and the form that makes one. Its secret is shown once, on the page that makes it.

pub mod acts;
pub mod delivery;
pub mod one;
mod words;

use askama::Template;

use self::words::{Fields, State, events, of_all};
use super::{ShownOnce, Tab, opened, tabs};
use crate::domain::ids::WebhookId;
use crate::domain::signature::Secret;
use crate::domain::time::Timestamp;
use crate::domain::webhook::place;
use crate::error::{Code, Error, Result};
use crate::flow::{Context, webhooks as flow};
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::{self, SignedIn};
use crate::store::webhooks::{self, MOST, Shown};
use crate::web::api::webhooks::wanted;
use crate::web::pages::desk::{Desk, Place, Way};
use crate::web::pages::form::{Form, asked_of};
use crate::web::pages::{Frame, Markup, Problems, said, sent_once, session};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "pages/webhooks.html")]
struct Page<'a> {
    frame: Frame,
    tabs: Vec<Way>,
    nonce: &'a str,
    problems: Problems,
    action: String,
    rows: Vec<Row>,
    fields: String,
}

/// A webhook in the list.
struct Row {
    path: String,
    place: String,
    made: Timestamp,
    events: String,
    state: State,
}

fn path(desk: &Desk, id: WebhookId) -> String {
    Route::WebhookPage(desk.setting.slug.clone(), id).path()
}

/// What is wrong, at the fields that there are.
fn problems(error: Option<&Error>) -> Problems {
    match error {
        Some(Error::Refused(refusal)) if !refusal.errors.is_empty() => {
            Problems::of(error).gathered(&["password", "events", "url"])
        }
        _ => Problems::of(error),
    }
}

/// Whoever has the page open, if they are to type their password for what decides who is told.
fn stale<P: Platform>(ctx: &Context<'_, P>, found: Option<&ResultSet>) -> Result<Option<String>> {
    let me: Option<SignedIn> = ResultSet::row_of(found)?;
    let me = me.ok_or_else(|| Error::from(Code::Unauthenticated))?;
    Ok(asked_of(ctx, &me))
}

/// `GET /o/{slug}/settings/webhooks`, for owner and admins.
///
/// # Errors
/// 403 for anybody else there.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    list(ctx, request, &opened(ctx, request, slug).await?, None).await
}

async fn list<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    desk: &Desk,
    refused: Option<(&Form, &Error)>,
) -> Result<Reply> {
    let reads = vec![
        // There are never more.
        webhooks::page(desk.actor.organization_id, None, MOST, ctx.now()),
        accounts::select_signed_in(&session(request).unwrap_or_default(), ctx.now()),
    ];
    let found = ctx.platform.batch(reads).await?;
    let rows: Vec<Shown> = found.first().map(ResultSet::rows).transpose()?.unwrap_or_default();
    let email = stale(ctx, found.get(1))?;
    let problems = problems(refused.map(|(_, error)| error));
    let typed = refused.map(|(form, _)| form);
    let row = |webhook: &Shown| Row {
        path: path(desk, webhook.id),
        place: place(&webhook.url).to_owned(),
        made: webhook.created_at,
        events: of_all(webhook.events.len()),
        state: State::of(webhook),
    };
    let page = Page {
        frame: desk.frame(Place::Settings),
        tabs: tabs(&desk.setting.slug, Tab::Webhooks),
        nonce: &desk.key.nonce,
        action: Route::WebhooksPage(desk.setting.slug.clone()).path(),
        rows: rows.iter().map(row).collect(),
        fields: Fields::of_new(&problems, typed, email.as_deref()).html()?,
        problems,
    };
    match refused {
        Some((_, error)) => desk.refused(error, &page),
        None => desk.reply(&page),
    }
}

/// `POST`: the new webhook's secret, on a page that nothing keeps; or the form again.
///
/// # Errors
/// 403 for whoever doesn't run the organization.
pub async fn create<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let desk = opened(ctx, request, slug).await?;
    let made = async |once: &Context<'_, P>| make(once, request, &desk, &form).await;
    match sent_once::once(ctx, request, &form, made).await {
        Ok(Some((webhook, secret))) => secret_once(&desk, &webhook, &secret),
        Ok(None) => Ok(said::see_other(
            &Route::WebhooksPage(desk.setting.slug.clone()).path(),
            "That webhook was added already, and its secret shown once. If you don’t have it, replace it on the webhook’s page.",
        )),
        Err(error @ Error::Refused(_)) => list(ctx, request, &desk, Some((&form, &error))).await,
        Err(error) => Err(error),
    }
}

async fn make<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    desk: &Desk,
    form: &Form,
) -> Result<(Shown, Secret)> {
    form.fresh()?;
    let url = form.filled("url").unwrap_or_default();
    let events = wanted(ctx.config, url, &events(form))?;
    form.proved(ctx, request).await?;
    flow::create(ctx, desk.actor.organization_id, Some(&desk.actor), url, &events).await
}

/// A secret, this once; and until when another one counts too.
fn secret_once(desk: &Desk, webhook: &Shown, secret: &Secret) -> Result<Reply> {
    let mut told = vec![
        "Your receiver checks with it that a delivery comes from here: each is signed as Standard Webhooks \
         (standardwebhooks.com) describes, which has a library for most languages."
            .to_owned(),
    ];
    if let Some(until) = webhook.old_secret_until {
        told.push(format!("Until {}, deliveries are signed with the old secret too.", until.in_words()));
    }
    let path = path(desk, webhook.id);
    desk.reply(&ShownOnce {
        frame: desk.frame(Place::Settings),
        of: "The signing secret of",
        name: place(&webhook.url),
        called: ("Secret", "secret"),
        secret: secret.reveal(),
        told,
        test: webhook.disabled_at.is_none().then(|| (&*desk.key.nonce, path.clone())),
        back: path,
    })
}

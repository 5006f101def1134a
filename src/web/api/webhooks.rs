//! Webhooks: where an organization's programs are told what happens.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Config;
use crate::domain::change::Change;
use crate::domain::ids::{JobId, OrganizationId, WebhookId};
use crate::domain::order;
use crate::domain::signature::Secret;
use crate::domain::webhook::{self, EVENTS};
use crate::error::{Code, Error, Fields, Result};
use crate::flow::{Context, webhooks as flow};
use crate::platform::{Platform, ResultSet};
use crate::store::webhook_deliveries::{self, Shown as Delivery};
use crate::store::webhooks::{self, Changes, Shown};
#[cfg(described)]
use crate::web::api::by_hand;
use crate::web::api::field::one_of;
use crate::web::api::{Page, no_fields, told};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// A webhook as a request asks for it.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NewWebhook"))]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Where its receiver is.
    #[cfg_attr(described, schemars(with = "by_hand::WebhookUrl"))]
    pub url: String,
    /// The types of events that it is told; at least one.
    #[cfg_attr(described, schemars(with = "Vec<by_hand::WebhookEvent>", length(min = 1)))]
    pub events: Vec<String>,
    /// The password of whoever makes it.
    pub password: Option<String>,
}

/// What of a webhook is to be changed.
#[derive(Default, Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "WebhookChange"))]
#[serde(deny_unknown_fields, default)]
pub struct Patch {
    /// Where its receiver is.
    #[cfg_attr(described, schemars(with = "by_hand::WebhookUrl"))]
    pub url: Change<String>,
    /// The types of events that it is told.
    #[cfg_attr(described, schemars(with = "Vec<by_hand::WebhookEvent>", length(min = 1)))]
    pub events: Change<Vec<String>>,
    /// Whether it is on.
    #[cfg_attr(described, schemars(with = "bool"))]
    pub enabled: Change<bool>,
    /// The password of whoever changes where it is told.
    pub password: Option<String>,
}

/// Where this webhook is to be told, and of what, checked.
///
/// # Errors
/// What is wrong with which field.
pub fn wanted(config: &Config, url: &str, events: &[String]) -> Result<Vec<&'static str>> {
    let mut fields = Fields::default();
    fields.take("/url", Code::InvalidValue, webhook::check_url(url, config.is_here()));
    let events = self::events(&mut fields, events);
    fields.finish(Some(events))
}

/// The types of events, each once and in their order.
fn events(fields: &mut Fields, events: &[String]) -> Vec<&'static str> {
    let known = || EVENTS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let mut found = Vec::new();
    for (place, name) in events.iter().enumerate() {
        let event = webhook::event(name).ok_or_else(|| format!("Use some of {}.", known()));
        found.extend(fields.take(&format!("/events/{place}"), Code::InvalidValue, event));
    }
    if events.is_empty() {
        fields.refuse(
            "/events",
            Code::InvalidValue,
            "Say what it is to be told: at least one type of event.",
        );
    }
    order::once(found)
}

/// What is to be changed, checked.
///
/// # Errors
/// What is wrong with which field.
pub fn changes(config: &Config, patch: Patch) -> Result<Changes> {
    let mut fields = Fields::default();
    let mut needed = |pointer: &str, cleared: bool| {
        if cleared {
            fields.refuse(pointer, Code::InvalidValue, "This can’t be taken away. Leave it out to keep it.");
        }
    };
    needed("/url", patch.url == Change::Clear);
    needed("/events", patch.events == Change::Clear);
    needed("/enabled", patch.enabled == Change::Clear);
    let url = patch.url.into_value();
    if let Some(url) = &url {
        fields.take("/url", Code::InvalidValue, webhook::check_url(url, config.is_here()));
    }
    let events = patch.events.into_value().map(|events| self::events(&mut fields, &events));
    let events = events.map(|events| events.into_iter().map(Value::from).collect::<Value>().to_string());
    fields.finish(Some(Changes { url, events, enabled: patch.enabled.into_value() }))
}

/// A webhook, and this once its secret.
fn with_secret((shown, secret): (Shown, Secret)) -> Value {
    let mut shown = told::value(&shown);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("secret".to_owned(), secret.reveal().into());
    }
    shown
}

/// `POST`: a new webhook, with its `secret` this once. A person types their password unless they did within five minutes: a
/// webhook outlives the session that made it.
pub async fn create<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: OrganizationId,
) -> Result<Reply> {
    let caller = Caller::of(request, ctx.config)?;
    let actor = caller.running(ctx, id).await?;
    let mut body: Body = request::json(request)?;
    let password = body.password.take();
    let events = wanted(ctx.config, &body.url, &body.events)?;
    caller.prove(ctx, password.as_deref()).await?;
    let made = flow::create(ctx, id, actor.as_ref(), &body.url, &events).await?;
    Ok(reply::json(StatusCode::CREATED, &with_secret(made)))
}

/// `GET`: the organization's webhooks, newest first; never a secret.
pub async fn list<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: OrganizationId) -> Result<Reply> {
    Caller::of(request, ctx.config)?.running(ctx, id).await?;
    let page = Page::of(request)?;
    let rows = ctx.platform.run(webhooks::page(id, page.before, page.rows(), ctx.now())).await?.rows()?;
    Ok(page.reply(rows, |webhook: &Shown| webhook.id.to_string(), |webhook| webhook))
}

/// `GET …/{webhook}`.
pub async fn get<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: OrganizationId,
    webhook: WebhookId,
) -> Result<Reply> {
    Caller::of(request, ctx.config)?.running(ctx, id).await?;
    let shown: Option<Shown> = ctx.platform.run(webhooks::select(id, webhook, ctx.now())).await?.first()?;
    Ok(reply::json(StatusCode::OK, &shown.ok_or_else(|| Error::from(Code::NotFound))?))
}

/// `PATCH`: changes what is given. One that is turned on begins anew. Where it is reached, a person changes with their password,
/// as they would make it.
pub async fn change<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: OrganizationId,
    webhook: WebhookId,
) -> Result<Reply> {
    let caller = Caller::of(request, ctx.config)?;
    let actor = caller.running(ctx, id).await?;
    let mut patch: Patch = request::json(request)?;
    let password = patch.password.take();
    let changes = changes(ctx.config, patch)?;
    if changes.url.is_some() {
        caller.prove(ctx, password.as_deref()).await?;
    }
    let shown = flow::change(ctx, id, actor.as_ref(), webhook, &changes).await?;
    Ok(reply::json(StatusCode::OK, &shown))
}

/// `DELETE`: 204. What waits to be delivered is given up.
pub async fn delete<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: OrganizationId,
    webhook: WebhookId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.running(ctx, id).await?;
    flow::delete(ctx, id, actor.as_ref(), webhook).await?;
    Ok(reply::no_content())
}

/// `POST …/rotate`: another `secret`, this once. Deliveries are signed with both for a day, and with those before until theirs is over.
pub async fn rotate<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: OrganizationId,
    webhook: WebhookId,
) -> Result<Reply> {
    let caller = Caller::of(request, ctx.config)?;
    let actor = caller.running(ctx, id).await?;
    no_fields(request)?;
    let rotated = flow::rotate(ctx, id, actor.as_ref(), webhook).await?;
    Ok(reply::json(StatusCode::OK, &with_secret(rotated)))
}

/// `POST …/test`: 202, with the delivery of an event that tells nothing.
pub async fn test<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: OrganizationId,
    webhook: WebhookId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.running(ctx, id).await?;
    no_fields(request)?;
    let delivery = flow::test(ctx, id, actor.as_ref(), webhook).await?;
    Ok(reply::json(StatusCode::ACCEPTED, &delivery))
}

/// Which deliveries.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "DeliveryQuery"))]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    /// How many to answer at most: 1 to 100; 25 unless said.
    #[cfg_attr(described, schemars(with = "Option<by_hand::Limit>"))]
    limit: Option<String>,
    /// Where the page before ended: its `next_cursor`.
    cursor: Option<String>,
    /// Only those that failed.
    #[cfg_attr(described, schemars(with = "Option<Which>"))]
    status: Option<String>,
}

#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(inline))]
#[serde(rename_all = "snake_case")]
enum Which {
    Failed,
}

/// `GET …/deliveries?status=failed`: what was delivered, newest first, for thirty days.
pub async fn deliveries<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: OrganizationId,
    webhook: WebhookId,
) -> Result<Reply> {
    Caller::of(request, ctx.config)?.running(ctx, id).await?;
    let query: Query = request::query(request)?;
    let page = Page::read(query.limit.as_deref(), query.cursor.as_deref())?;
    let mut fields = Fields::default();
    let which: Option<Which> = one_of(&mut fields, "?status", query.status.as_deref(), "failed");
    fields.finish(Some(()))?;
    let batch = vec![
        webhooks::select(id, webhook, ctx.now()),
        webhook_deliveries::page(webhook, which.is_some(), page.before, page.rows()),
    ];
    let found = ctx.platform.batch(batch).await?;
    ResultSet::row_of::<Shown>(found.first())?.ok_or_else(|| Error::from(Code::NotFound))?;
    let rows = found.get(1).map(ResultSet::rows).transpose()?.unwrap_or_default();
    Ok(page.reply(rows, |delivery: &Delivery| delivery.id.to_string(), |delivery| delivery))
}

/// How many deliveries are made again, or now.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "ReplayedDeliveries"))]
pub(super) struct Replayed {
    /// So many.
    replayed: usize,
}

/// `POST …/deliveries/{job}/replay`: 202, with a new delivery of the same event under the same id; or with this one, which waited for
/// its next try and is made now.
pub async fn replay<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: OrganizationId,
    webhook: WebhookId,
    delivery: JobId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.running(ctx, id).await?;
    no_fields(request)?;
    let delivery = flow::replay(ctx, id, actor.as_ref(), webhook, delivery).await?;
    Ok(reply::json(StatusCode::ACCEPTED, &delivery))
}

/// `POST …/deliveries/replay`: 202 `{replayed}`: how many of those that failed, and were not delivered since, are delivered again, a
/// hundred at most, the newest; and of those that waited for their next try, which is now.
pub async fn replay_failed<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: OrganizationId,
    webhook: WebhookId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.running(ctx, id).await?;
    no_fields(request)?;
    let replayed = flow::replay_failed(ctx, id, actor.as_ref(), webhook).await?;
    Ok(reply::json(StatusCode::ACCEPTED, &Replayed { replayed }))
}

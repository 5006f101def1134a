//! What somebody wants to be told of, and how: `/v1/me/notification-settings`.

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::domain::ids::OrganizationId;
use crate::error::{Code, Fields, Result};
use crate::flow::{Context, notification_choices as flow};
use crate::platform::Platform;
use crate::store::accounts::select_signed_in;
use crate::store::notification_choices::{self, Chosen, EVENTS, Event, Wish};
use crate::web::api::{Page, unauthenticated};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// What somebody is told in one organization.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NotificationSettings"))]
pub(super) struct Settings<'a> {
    /// Which.
    organization: Organization<'a>,
    /// Each event that one may choose to be told of.
    events: Vec<Told>,
}

/// The organization.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(inline))]
struct Organization<'a> {
    id: OrganizationId,
    name: &'a str,
}

/// How somebody is told of an event.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NotificationSetting"))]
struct Told {
    /// What happens: the `kind` of its notifications.
    kind: &'static str,
    /// Whether they are told in the app.
    in_app: bool,
    /// Whether they are told by e-mail; null for what is never mailed.
    by_email: Option<bool>,
}

impl<'a> Settings<'a> {
    fn of(chosen: &'a Chosen) -> Self {
        let told = |event| {
            let (in_app, by_email) = chosen.of(event);
            Told { kind: event.kind, in_app, by_email }
        };
        Self {
            organization: Organization { id: chosen.organization_id, name: &chosen.organization_name },
            events: EVENTS.into_iter().map(told).collect(),
        }
    }
}

/// `GET`: their settings in each organization that they are in, those that they came into last first.
pub async fn list<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    let page = Page::of(request)?;
    let now = ctx.now();
    let results = ctx
        .platform
        .batch(vec![
            select_signed_in(&session, now),
            notification_choices::select(&session, None, page.before, page.rows(), now),
        ])
        .await?;
    let [me, chosen] = results.as_slice() else { return Err(unauthenticated()) };
    if !me.any() {
        return Err(unauthenticated());
    }
    let rows: Vec<Chosen> = chosen.rows()?;
    Ok(page.reply(rows, |row| row.member_id.to_string(), |row| serde_json::json!(Settings::of(&row))))
}

/// What is to be different in one organization.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NotificationSettingsChange"))]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    /// Which.
    #[cfg_attr(described, schemars(with = "OrganizationId"))]
    organization_id: String,
    /// Of which events.
    events: Vec<Of>,
}

/// What is to be different of one event: only what is given.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NotificationSettingChange"))]
#[serde(deny_unknown_fields)]
struct Of {
    kind: String,
    in_app: Option<bool>,
    by_email: Option<bool>,
}

/// `PATCH`: 200 with the settings of that organization. Events that are not named stay as they are.
pub async fn change<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let session = Caller::of(request, ctx.config)?.signed_in()?;
    let body: Change = request::json(request)?;
    let mut fields = Fields::default();
    let organization = body.organization_id.parse().map_err(|_| "This is not an organization's id.");
    let organization: Option<OrganizationId> =
        fields.take("/organization_id", Code::InvalidValue, organization);
    let mut wishes: Vec<Wish> = Vec::new();
    for (place, of) in body.events.into_iter().enumerate() {
        wishes.extend(wish(&mut fields, place, &of, &wishes));
    }
    let organization = fields.finish(organization)?;
    let chosen = flow::choose(ctx, &session, organization, &wishes).await?;
    Ok(reply::json(StatusCode::OK, &Settings::of(&chosen)))
}

/// Checks what is said of one event.
fn wish(fields: &mut Fields, place: usize, of: &Of, before: &[Wish]) -> Option<Wish> {
    let pointer = |field: &str| format!("/events/{place}/{field}");
    let Some(event) = Event::of(&of.kind) else {
        let known: Vec<&str> = EVENTS.iter().map(|event| event.kind).collect();
        let detail = format!("Use one of {}. Everything else is always told.", known.join(", "));
        fields.refuse(&pointer("kind"), Code::InvalidValue, detail);
        return None;
    };
    if before.iter().any(|wish| wish.kind == event.kind) {
        fields.refuse(&pointer("kind"), Code::InvalidValue, "This event is named twice. Name it once.");
        return None;
    }
    if event.mailed.is_none() && of.by_email.is_some() {
        let detail = "This event is never mailed. Leave this out.";
        fields.refuse(&pointer("by_email"), Code::InvalidValue, detail);
        return None;
    }
    Some(Wish::of(event, of.in_app, of.by_email))
}

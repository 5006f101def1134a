//! `/me/notifications/settings`: what somebody wants to be told of, in the app and by e-mail, in each organization that they are in.

use askama::Template;
use http::Method;
use serde::Deserialize;

use super::form::Form;
use super::own::{Own, Place};
use super::{Frame, Problems, said, session};
use crate::domain::ids::OrganizationId;
use crate::error::{Code, Error, Result};
use crate::flow::{Context, notification_choices as flow};
use crate::platform::{Platform, ResultSet};
use crate::store::notification_choices::{self, Chosen, EVENTS, Event, Wish};
use crate::web::reply::Reply;
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// As many organizations as one chooses from: those that they came into last.
const MOST_SHOWN: i64 = 100;

#[derive(Template)]
#[template(path = "pages/notification_settings.html")]
struct Page<'a> {
    frame: Frame,
    nonce: &'a str,
    problems: Problems,
    /// Where: one is looked at, of those that they are in.
    place: Option<&'a Chosen>,
    /// The ways to the others; none for somebody in one.
    ways: Vec<Way<'a>>,
    rows: Vec<Row>,
}

/// The way to one of the organizations.
struct Way<'a> {
    name: &'a str,
    path: String,
    here: bool,
}

/// An event, and how they are told of it.
struct Row {
    words: &'static str,
    in_app: Cell,
    by_email: Cell,
}

/// A box.
struct Cell {
    /// What it is sent as; empty where there is none, because it is never told so.
    value: String,
    checked: bool,
    /// Whether it is saved as checked.
    was: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Query {
    of: String,
}

/// What happens, in words.
fn words(event: Event) -> &'static str {
    match event.kind {
        "invitation.accepted" => "Somebody joins by your invitation",
        "invitation.declined" => "Somebody declines your invitation",
        "invitation.undelivered" => "Your invitation is not delivered",
        "invitation.no_seat" => "Somebody wants to join, but no seat is free",
        "invitation.asked" => "Somebody asks for an invitation",
        "access.asked" => "Somebody asks for access",
        "invitation.ending" => "Your invitation ends in two days without an answer",
        "webhook.disabled" => "A webhook of yours is turned off because its receiver fails",
        _ => "Your invitations of many people are done",
    }
}

/// What a box of this event is sent as.
fn value(event: Event, way: &str) -> String {
    format!("{}/{way}", event.kind)
}

/// `GET`, with `?of=` the organization; `POST` keeps what is chosen.
///
/// # Errors
/// 401 for whoever is not signed in, 404 where they are not in the organization.
pub async fn answer<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    if request.method() == Method::POST { change(ctx, request).await } else { page(ctx, request, None).await }
}

async fn page<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    refused: Option<(&Form, &Error)>,
) -> Result<Reply> {
    let query: Query = request::query(request).unwrap_or_default();
    let now = ctx.now();
    let reads = |session: &str| vec![notification_choices::select(session, None, None, MOST_SHOWN, now)];
    let (own, found) = Own::open(ctx, request, reads).await?;
    let places: Vec<Chosen> = found.first().map(ResultSet::rows).transpose()?.unwrap_or_default();
    let typed = refused.map(|(form, _)| form);
    let asked = |place: &&Chosen| match typed {
        Some(form) => place.organization_id.to_string() == form.text("organization"),
        None => place.slug == query.of,
    };
    let place = places.iter().find(asked).or(places.first());
    let here = place.map(|place| place.member_id);
    let error = refused.map(|(_, error)| error);
    let page = Page {
        frame: own.frame(ctx, Place::Notifications),
        nonce: &own.key.nonce,
        problems: Problems::of(error),
        place,
        ways: if places.len() > 1 {
            places.iter().map(|place| way(place, here == Some(place.member_id))).collect()
        } else {
            Vec::new()
        },
        rows: place.filter(|place| place.invites).map(|place| rows(place, typed)).unwrap_or_default(),
    };
    own.form(error, &page)
}

fn way(place: &Chosen, here: bool) -> Way<'_> {
    Way { name: &place.organization_name, path: path(&place.slug), here }
}

fn path(slug: &str) -> String {
    format!("{}?of={slug}", Route::NotificationSettings.path())
}

/// The boxes as they are saved, or as they stand in a form that comes back.
fn rows(place: &Chosen, typed: Option<&Form>) -> Vec<Row> {
    let row = |event: Event| {
        let (in_app, by_email) = place.of(event);
        let cell = |way: &str, was: Option<bool>| {
            let value = if was.is_some() { value(event, way) } else { String::new() };
            let was = was.unwrap_or_default();
            let checked = typed.map_or(was, |form| form.all("on").any(|on| on == value));
            Cell { value, checked, was }
        };
        Row {
            words: words(event),
            in_app: cell("in_app", Some(in_app)),
            by_email: cell("by_email", by_email),
        }
    };
    EVENTS.into_iter().map(row).collect()
}

/// Keeps what is different from what the form came with, so that two of them which change two things both count.
async fn change<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    if let Err(error) = form.fresh() {
        return page(ctx, request, Some((&form, &error))).await;
    }
    let session = session(request).ok_or_else(|| Error::from(Code::Unauthenticated))?;
    let organization: OrganizationId =
        form.text("organization").parse().map_err(|_| Error::from(Code::InvalidForm))?;
    let changed = |event: Event, way: &str| {
        let value = value(event, way);
        let is = |name: &str| form.all(name).any(|box_of| box_of == value);
        (is("on") != is("was")).then_some(is("on"))
    };
    let wishes: Vec<Wish> = EVENTS
        .into_iter()
        .filter_map(|event| {
            let in_app = changed(event, "in_app");
            let by_email = event.mailed.and_then(|_| changed(event, "by_email"));
            (in_app.is_some() || by_email.is_some()).then(|| Wish::of(event, in_app, by_email))
        })
        .collect();
    let chosen = flow::choose(ctx, &session, organization, &wishes).await?;
    let sentence =
        if wishes.is_empty() { "Nothing was changed." } else { "Saved. You are told so from now on." };
    Ok(said::see_other(&path(&chosen.slug), sentence))
}

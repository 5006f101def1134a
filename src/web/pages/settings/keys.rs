//! The keys that an organization's programs call with. A key is shown once, on the page that makes it: nothing keeps it.

use askama::Template;
use serde::Deserialize;

use super::{ShownOnce, Tab, opened, tabs};
use crate::domain::api_key::Scope;
use crate::domain::ids::ApiKeyId;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::flow::{Context, api_keys as flow};
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::{self, SignedIn};
use crate::store::api_keys::{self, Shown};
use crate::web::api::api_keys::{Body, wanted};
use crate::web::pages::confirm::Confirm;
use crate::web::pages::desk::{Desk, Place, Way};
use crate::web::pages::form::{Form, asked_of};
use crate::web::pages::{Frame, Problems, said, sent_once, session};
use crate::web::reply::Reply;
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// As many as one page of the list shows.
const ON_A_PAGE: usize = 25;

/// The lives that the form offers: days, and their words. Nothing is a key without an end.
const LIVES: [(&str, &str); 4] =
    [("30", "30 days"), ("90", "90 days"), ("365", "A year"), ("", "Until it is revoked")];

#[derive(Template)]
#[template(path = "pages/keys.html")]
struct Page<'a> {
    frame: Frame,
    tabs: Vec<Way>,
    nonce: &'a str,
    problems: Problems,
    action: String,
    rows: Vec<Row>,
    next: Option<String>,
    first: bool,
    name: &'a str,
    /// Each scope, and whether it is chosen.
    scopes: Vec<(Scope, bool)>,
    lives: [(&'static str, &'static str); 4],
    life: &'a str,
    /// For password managers, where the password is to be typed.
    email: Option<String>,
}

/// A key in the list.
struct Row {
    key: Shown,
    /// What it is: a word, and whether it works.
    status: (&'static str, bool),
    /// The way to revoke it, while it works.
    revoke: Option<String>,
}

impl Row {
    fn of(key: Shown, slug: &str, now: Timestamp) -> Self {
        let status = match (key.revoked_at, key.expires_at) {
            (Some(_), _) => ("Revoked", false),
            (None, Some(end)) if end <= now => ("Expired", false),
            _ => ("Active", true),
        };
        let revoke = status.1.then(|| Route::KeyRevoke(slug.to_owned(), key.id).path());
        Self { key, status, revoke }
    }
}

fn path(desk: &Desk) -> String {
    Route::KeysPage(desk.setting.slug.clone()).path()
}

/// `GET /o/{slug}/settings/keys`, for owner and admins.
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
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Query {
        cursor: String,
    }
    let Query { cursor } = request::query(request).unwrap_or_default();
    let most = i64::try_from(ON_A_PAGE).unwrap_or(i64::MAX);
    let digest = session(request).unwrap_or_default();
    let reads = vec![
        api_keys::page(desk.actor.organization_id, cursor.parse().ok(), most + 1),
        accounts::select_signed_in(&digest, ctx.now()),
    ];
    let found = ctx.platform.batch(reads).await?;
    let mut rows = found.first().map(ResultSet::rows::<Shown>).transpose()?.unwrap_or_default();
    let me: Option<SignedIn> = ResultSet::row_of(found.get(1))?;
    let me = me.ok_or_else(|| Error::from(Code::Unauthenticated))?;
    let more = rows.len() > ON_A_PAGE;
    rows.truncate(ON_A_PAGE);
    let (slug, action) = (&desk.setting.slug, path(desk));
    let typed = |name: &str| refused.map_or("", |(form, _)| form.text(name));
    let chosen =
        |scope: &Scope| refused.is_some_and(|(form, _)| form.all("scopes").any(|it| it == scope.as_str()));
    let page = Page {
        frame: desk.frame(Place::Settings),
        tabs: tabs(slug, Tab::Keys),
        nonce: &desk.key.nonce,
        problems: Problems::of(refused.map(|(_, error)| error)),
        next: rows.last().filter(|_| more).map(|last| format!("{action}?cursor={}", last.id)),
        first: !cursor.is_empty(),
        action,
        rows: rows.into_iter().map(|key| Row::of(key, slug, ctx.now())).collect(),
        name: typed("name"),
        scopes: Scope::ALL.iter().map(|scope| (*scope, chosen(scope))).collect(),
        lives: LIVES,
        life: refused.map_or("365", |(form, _)| form.text("life")),
        email: asked_of(ctx, &me),
    };
    match refused {
        Some((_, error)) => desk.refused(error, &page),
        None => desk.reply(&page),
    }
}

/// `POST`: the new key, on a page that nothing keeps; or the form again.
///
/// # Errors
/// 403 for whoever doesn't run the organization.
pub async fn create<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let desk = opened(ctx, request, slug).await?;
    let made = async |once: &Context<'_, P>| make(once, request, &desk, &form).await;
    match sent_once::once(ctx, request, &form, made).await {
        Ok(Some((key, secret))) => desk.reply(&ShownOnce {
            frame: desk.frame(Place::Settings),
            of: "The key",
            name: &key.name,
            called: ("Key", "key"),
            secret,
            told: Vec::new(),
            test: None,
            back: path(&desk),
        }),
        Ok(None) => Ok(said::see_other(
            &path(&desk),
            "That key was made already, and shown once. If you don’t have it, revoke it and make another one.",
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
) -> Result<(Shown, String)> {
    form.fresh()?;
    let days = form.filled("life").and_then(|days| days.parse::<u64>().ok());
    let body = Body {
        name: form.text("name").to_owned(),
        scopes: form.all("scopes").map(str::to_owned).collect(),
        expires_in: days.map(|days| days.saturating_mul(86400)),
        password: None,
    };
    let wanted = wanted(&body)?;
    form.proved(ctx, request).await?;
    let organization = desk.actor.organization_id;
    let (key, secret) = flow::create(ctx, organization, Some(&desk.actor), wanted).await?;
    Ok((key, secret.reveal()))
}

/// `GET /o/{slug}/settings/keys/{key}/revoke`: says what follows.
///
/// # Errors
/// 403 for whoever doesn't run the organization, 404 for a key that is not its own.
pub async fn ask<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: ApiKeyId,
) -> Result<Reply> {
    let (desk, key) = one(ctx, request, slug, id).await?;
    desk.reply(&question(&desk, &key, None))
}

async fn one<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: ApiKeyId,
) -> Result<(Desk, Shown)> {
    let desk = opened(ctx, request, slug).await?;
    let found = ctx.platform.run(api_keys::select(desk.actor.organization_id, id)).await?;
    Ok((desk, found.first()?.ok_or_else(|| Error::from(Code::NotFound))?))
}

fn question<'a>(desk: &'a Desk, key: &'a Shown, error: Option<&Error>) -> Confirm<'a> {
    Confirm {
        frame: desk.frame(Place::Settings),
        nonce: &desk.key.nonce,
        problems: Problems::of(error),
        before: "Revoke the API key ",
        about: &key.name,
        after: "?",
        follows: vec![
            format!("It ends in {}. Requests with this key fail at once.", key.hint),
            "This can’t be taken back: a program that still needs one gets a new key.".to_owned(),
        ],
        action: Route::KeyRevoke(desk.setting.slug.clone(), key.id).path(),
        password_of: None,
        carried: Vec::new(),
        button: "Revoke the key",
        danger: true,
        keep: "Keep it",
        back: path(desk),
    }
}

/// `POST`: revokes it, and back to the list that says so.
///
/// # Errors
/// As [`ask`].
pub async fn revoke<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: ApiKeyId,
) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let (desk, key) = one(ctx, request, slug, id).await?;
    let done = match form.fresh() {
        Ok(()) => flow::revoke(ctx, desk.actor.organization_id, Some(&desk.actor), id).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(said::see_other(&path(&desk), "The key is revoked. Requests with it fail from now on.")),
        Err(error @ Error::Refused(_)) => desk.refused(&error, &question(&desk, &key, Some(&error))),
        Err(error) => Err(error),
    }
}

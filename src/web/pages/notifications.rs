//! What happened that concerns whoever is signed in, as sentences, each with the way to what can be done about it.

use askama::Template;
use serde::Deserialize;

use super::apart::apart;
use super::form::Form;
use super::own::{Own, Place};
use super::{Frame, Problems, session};
use crate::domain::invitation::Reason;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::notifications::{self, Told};
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// As many as one page shows.
const ON_A_PAGE: usize = 25;

#[derive(Template)]
#[template(path = "pages/notifications.html")]
struct Page {
    frame: Frame,
    nonce: String,
    problems: Problems,
    rows: Vec<Row>,
    /// Whether any of them is new.
    any_new: bool,
    next: Option<String>,
}

/// One of them.
struct Row {
    sentence: String,
    /// Where something can be done about it.
    path: Option<String>,
    action: &'static str,
    at: Timestamp,
    is_new: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Query {
    cursor: String,
}

/// `GET /me/notifications`.
///
/// # Errors
/// 401 for whoever is not signed in.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    page(ctx, request, None).await
}

async fn page<P: Platform>(ctx: &Context<'_, P>, request: &Request, error: Option<&Error>) -> Result<Reply> {
    let query: Query = request::query(request).unwrap_or_default();
    let now = ctx.now();
    let most = i64::try_from(ON_A_PAGE).unwrap_or(i64::MAX);
    let before = query.cursor.parse().ok();
    let (own, found) =
        Own::open(ctx, request, |session| vec![notifications::select_told(session, before, most + 1, now)])
            .await?;
    let mut told: Vec<Told> = found.first().map(ResultSet::rows).transpose()?.unwrap_or_default();
    let more = told.len() > ON_A_PAGE;
    told.truncate(ON_A_PAGE);
    let path = Route::NotificationsPage.path();
    let next = told.last().filter(|_| more).map(|last| format!("{path}?cursor={}", last.id));
    let rows: Vec<Row> = told.iter().map(row).collect();
    let page = Page {
        frame: own.frame(ctx, Place::Notifications),
        nonce: own.key.nonce.clone(),
        problems: Problems::of(error),
        any_new: rows.iter().any(|row| row.is_new),
        rows,
        next,
    };
    own.form(error, &page)
}

/// `POST /me/notifications`: all of them are read.
///
/// # Errors
/// 401 for whoever is not signed in.
pub async fn read<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    if let Err(error) = Form::read(ctx, request)?.fresh() {
        return page(ctx, request, Some(&error)).await;
    }
    let digest = session(request).ok_or_else(|| Error::from(Code::Unauthenticated))?;
    if notifications::read(ctx.platform, &digest, None, ctx.now()).await? {
        Ok(reply::see_other(&Route::NotificationsPage.path()))
    } else {
        Err(Code::Unauthenticated.into())
    }
}

/// What happened in words, and the way to what can be done about it.
fn row(told: &Told) -> Row {
    let (organization, slug) = (&apart(&told.organization_name), || told.slug.clone());
    let person = apart(told.member_name.as_deref().unwrap_or("Somebody"));
    let invited = apart(told.invited.as_deref().unwrap_or("Somebody"));
    let place = told.workspace_name.as_deref().map_or_else(|| organization.clone(), apart);
    let member = told.member_id.map(|id| Route::MemberPage(slug(), id));
    let invitation = told.invitation_id.map(|id| Route::OfferPage(slug(), id));
    let workspace = told.workspace_id.map(Route::WorkspacePage);
    let (sentence, route, action) = match told.kind.as_str() {
        "member.added" => (format!("You were added to {organization}."), Some(Route::Me), "Your workspaces"),
        "member.role_changed" => {
            let now = told.role.map(|role| format!(" You are {} there now.", role.with_article()));
            let sentence = format!("Your role in {organization} was changed.{}", now.unwrap_or_default());
            (sentence, Some(Route::Me), "Your workspaces")
        }
        "member.removed" => (format!("You were removed from {organization}."), None, ""),
        "membership.added" => (format!("You were added to {place} in {organization}."), workspace, "Open it"),
        "invitation.accepted" => {
            (format!("{person} joined {organization} by your invitation."), member, "See them")
        }
        "invitation.declined" => {
            let why = match told.reason.as_deref() {
                Some(reason) if reason == Reason::UnknownSender.as_str() => {
                    ": they say that they don't know who sent it"
                }
                _ => "",
            };
            (format!("{invited} declined your invitation to {organization}{why}."), invitation, "See it")
        }
        "invitation.asked" if told.asked_by.is_some() => {
            let by = apart(told.asked_by.as_deref().unwrap_or_default());
            let sentence = format!(
                "{by} opened the invitation of {invited} to {organization}, and asks for one of their own."
            );
            (sentence, invitation, "See the invitation")
        }
        "invitation.asked" => (
            format!("{invited} asks for a new invitation to {organization}."),
            invitation,
            "See the invitation",
        ),
        "invitation.undelivered" => (
            format!("Your invitation to {organization} could not be delivered to {invited}."),
            invitation,
            "Check the address",
        ),
        "invitation.no_seat" => (
            match told.about_email {
                Some(_) => format!("{invited} tried to join {organization}, but no seat was free."),
                None => format!("Somebody tried to join {organization} by a link, but no seat was free."),
            },
            invitation,
            "See the invitation",
        ),
        "invitation.ending" => {
            let end = told.expires_at.map(Timestamp::in_words).unwrap_or_default();
            (
                format!("{invited} has not joined {organization} yet. The invitation ends on {end}."),
                invitation,
                "See the invitation",
            )
        }
        "access.asked" => {
            (format!("{person} asks for access to {place} in {organization}."), member, "See them")
        }
        "webhook.disabled" => {
            let (host, why) = (told.place(), told.why_turned_off());
            let whose =
                host.map_or_else(|| "A webhook".to_owned(), |host| format!("The webhook to {}", apart(host)));
            let webhook = told.webhook_id.map(|id| Route::WebhookPage(slug(), id));
            (format!("{whose} of {organization} was turned off {why}."), webhook, "See what failed")
        }
        "bulk.finished" => (
            format!("Your invitations of many people to {organization} are done."),
            told.job_id.map(|id| Route::ImportJob(slug(), id)),
            "See what became of each",
        ),
        _ => (format!("Something changed in {organization}."), None, ""),
    };
    Row {
        sentence,
        path: route.filter(|_| told.inside).map(|route| route.path()),
        action,
        at: told.created_at,
        is_new: told.read_at.is_none(),
    }
}

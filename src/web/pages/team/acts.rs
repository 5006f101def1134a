//! What is done with an invitation or a link by one button: copied, sent again, withdrawn, made new, turned off and on.
//!
//! Each has a page that asks once more. What can't be taken back goes through it; the rest is done by the row's own button,
//! and comes to that page only when it is refused.

use askama::Template;
use http::StatusCode;

use super::offer::{self, title};
use super::way_back::came_from;
use super::{Query, Tab, address};
use crate::domain::authority::Authority;
use crate::domain::ids::InvitationId;
use crate::domain::invitation::{Kind, Status};
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::flow::{Context, links, manage};
use crate::platform::Platform;
use crate::store::invitations::Record;
use crate::store::links::Action;
use crate::web::pages::apart::apart;
use crate::web::pages::confirm::Confirm;
use crate::web::pages::desk::{Desk, Place};
use crate::web::pages::form::Form;
use crate::web::pages::{Frame, Problems, qr, said};
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Its link is handed out.
    Copy,
    /// It goes out again.
    Send,
    /// It is taken back.
    Withdraw,
    /// Its link is made new.
    Replace,
    /// The link is turned off.
    Off,
    /// The link is turned on.
    On,
}

impl Act {
    fn route(self, slug: String, id: InvitationId) -> Route {
        match self {
            Self::Copy => Route::OfferLink(slug, id),
            Self::Send => Route::OfferSend(slug, id),
            Self::Withdraw => Route::OfferWithdraw(slug, id),
            Self::Replace => Route::OfferReplace(slug, id),
            Self::Off => Route::OfferOff(slug, id),
            Self::On => Route::OfferOn(slug, id),
        }
    }
}

/// `GET`: asks once more.
///
/// # Errors
/// Those of [`offer::open`].
pub async fn ask<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: InvitationId,
    act: Act,
) -> Result<Reply> {
    let form = Form::of(request::query(request)?);
    let (desk, record, _) = offer::open(ctx, request, slug, id, Vec::new()).await?;
    desk.reply(&question(ctx, &desk, &record, act, &form, None))
}

fn question<'a, P: Platform>(
    ctx: &Context<'_, P>,
    desk: &'a Desk,
    record: &'a Record,
    act: Act,
    form: &'a Form,
    refused: Option<&Error>,
) -> Confirm<'a> {
    let state = &record.state;
    let slug = || desk.setting.slug.clone();
    let joined = || match state.uses {
        0 => "Nobody has joined by it yet.".to_owned(),
        1 => "The one person who joined keeps their access.".to_owned(),
        many => format!("The {many} people who joined keep their access."),
    };
    let is_link = state.kind == Kind::Link;
    let (before, after, follows, button, keep) = match act {
        Act::Copy => ("Copy the link of ", "?", vec![whose(record, ctx.now())], "Show the link", "Back"),
        Act::Send => {
            let follows =
                vec!["The older e-mail's link stops working, and so do links that were copied.".to_owned()];
            ("Send the invitation to ", " again?", follows, "Send again", "Don't send")
        }
        Act::Withdraw if is_link => {
            let follows = vec!["It stops working now, for good.".to_owned(), joined()];
            ("Withdraw the link ", "?", follows, "Withdraw the link", "Keep the link")
        }
        Act::Withdraw => {
            let mut follows = vec!["The link stops working now.".to_owned()];
            if state.takes_seat && state.status(ctx.now()) == Status::Pending {
                follows.push("1 reserved seat becomes free.".to_owned());
            }
            ("Withdraw the invitation to ", "?", follows, "Withdraw", "Keep the invitation")
        }
        Act::Replace => {
            let follows = vec!["The current link stops working at once.".to_owned(), joined()];
            ("Replace the link ", "?", follows, "Replace the link", "Keep the link")
        }
        Act::Off => {
            let follows = vec!["Nobody new can join until you turn it on again.".to_owned(), joined()];
            ("Turn off the link ", "?", follows, "Turn off", "Leave it on")
        }
        Act::On => {
            let follows = vec!["Whoever has the link can join again.".to_owned()];
            ("Turn on the link ", "?", follows, "Turn on", "Leave it off")
        }
    };
    Confirm {
        frame: desk.frame(Place::Team),
        nonce: &desk.key.nonce,
        problems: Problems::of(refused),
        before,
        about: title(record),
        after,
        follows,
        action: act.route(slug(), state.id).path(),
        password_of: None,
        // Back to the list that the button was pressed in, once it is pressed again.
        carried: form.fields().filter(|(name, _)| *name == "back").collect(),
        button,
        danger: matches!(act, Act::Withdraw | Act::Replace),
        keep,
        back: came_from(form, &slug()).unwrap_or_else(|| Route::OfferPage(slug(), state.id).path()),
    }
}

/// Who can use a link, as things are.
fn whose(record: &Record, now: Timestamp) -> String {
    match (&record.state.email, record.state.status(now)) {
        (Some(email), Status::Pending) => format!("Only {email} can use it."),
        (Some(_), _) => "Nobody can use it any more.".to_owned(),
        (None, status) => for_many(status).to_owned(),
    }
}

/// The same of a link for many.
#[must_use]
pub fn for_many(status: Status) -> &'static str {
    match status {
        Status::Pending => "Whoever has it can join.",
        Status::Disabled => "Nobody can join by it until you turn it on.",
        Status::Full => "As many as it is for have joined, so nobody else can until you let more in.",
        _ => "Nobody can join by it any more.",
    }
}

/// `POST`: does it. Back to the list that it was done from, or to the invitation.
///
/// # Errors
/// Those of [`Form::read`] and [`offer::open`]. A refusal of the act itself is shown on the page that asks.
pub async fn act<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: InvitationId,
    act: Act,
) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let (desk, record, _) = offer::open(ctx, request, slug, id, Vec::new()).await?;
    match done(ctx, request, &desk, &form, &record, act).await {
        Ok(reply) => Ok(reply),
        Err(error @ Error::Refused(_)) => {
            desk.refused(&error, &question(ctx, &desk, &record, act, &form, Some(&error)))
        }
        Err(error) => Err(error),
    }
}

async fn done<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    desk: &Desk,
    form: &Form,
    record: &Record,
    act: Act,
) -> Result<Reply> {
    form.fresh()?;
    let by = Authority::Member(desk.actor.clone());
    let slug = desk.setting.slug.as_str();
    let about = apart(title(record));
    let to = apart(title_of_address(record));
    let back = came_from(form, slug);
    let sentence = match act {
        Act::Copy => return link(ctx, request, desk, record, &by, back).await,
        Act::Send => {
            let record = manage::resend(ctx, &by, record.clone(), false).await?;
            let to = apart(title_of_address(&record));
            format!("Sent again to {to}. The older link stopped working.")
        }
        Act::Withdraw => {
            manage::revoke(ctx, &by, record).await?;
            match record.state.kind {
                Kind::Link => format!("The link {about} is withdrawn. Nobody can join by it any more."),
                Kind::Email => format!("The invitation to {to} is withdrawn. Its link stopped working."),
            }
        }
        Act::Replace => {
            links::change(ctx, &by, record.clone(), Action::Rotated).await?;
            format!(
                "The link {about} is a new one. The one that was shared before stopped working: copy it again."
            )
        }
        Act::Off => {
            links::change(ctx, &by, record.clone(), Action::Disabled).await?;
            format!(
                "The link {about} is turned off. Nobody new can join. People who joined keep their access."
            )
        }
        Act::On => {
            links::change(ctx, &by, record.clone(), Action::Enabled).await?;
            format!("The link {about} is turned on. Whoever has it can join.")
        }
    };
    let list = |tab| address(slug, &Query { tab, ..Query::default() }, None);
    let tab = if record.state.kind == Kind::Link { Tab::Links } else { Tab::Invitations };
    let path = match (act, back) {
        // Among those that wait, from now on.
        (Act::Send, Some(_)) if record.state.status(ctx.now()) == Status::Expired => list(tab),
        (_, Some(back)) => back,
        // Its own page has nothing more to do.
        (Act::Withdraw, None) => list(tab),
        (_, None) => Route::OfferPage(slug.to_owned(), record.state.id).path(),
    };
    Ok(said::see_other(&path, &sentence))
}

/// The address that an invitation is for.
fn title_of_address(record: &Record) -> &str {
    record.state.email.as_ref().map_or_else(|| title(record), |email| email.as_str())
}

/// The link itself, on a page that nothing keeps.
#[derive(Template)]
#[template(path = "pages/team_link.html")]
struct ShownLink<'a> {
    frame: Frame,
    about: &'a str,
    url: &'a str,
    /// Who can use it.
    whose: &'a str,
    /// Until when, if they can.
    until: Option<String>,
    code: Option<qr::Code>,
    back: String,
    list: String,
}

/// Hands out the link: to a script as JSON, which copies it; else as a page.
async fn link<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    desk: &Desk,
    record: &Record,
    by: &Authority,
    back: Option<String>,
) -> Result<Reply> {
    let (url, expires_at) = manage::copy_link(ctx, by, record.clone()).await?;
    if request::header(request.headers(), "accept").is_some_and(|accept| accept == "application/json") {
        return Ok(reply::json(StatusCode::OK, &serde_json::json!({"url": url})));
    }
    let slug = &desk.setting.slug;
    let tab = if record.state.kind == Kind::Link { Tab::Links } else { Tab::Invitations };
    desk.reply(&ShownLink {
        frame: desk.frame(Place::Team),
        about: title(record),
        url: &url,
        whose: &whose(record, ctx.now()),
        until: (record.state.status(ctx.now()) == Status::Pending).then(|| expires_at.in_words()),
        code: qr::Code::of(&url),
        back: Route::OfferPage(slug.clone(), record.state.id).path(),
        list: back.unwrap_or_else(|| address(slug, &Query { tab, ..Query::default() }, None)),
    })
}

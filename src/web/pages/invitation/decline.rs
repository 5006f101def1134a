//! Declining: a page that asks once more, and its form. A link for many has nobody who could decline it: whoever asks to is
//! sent to its page, which offers no such thing.

use askama::Template;
use http::StatusCode;
use serde::Deserialize;

use super::Visit;
use crate::domain::invitation::{Kind, Reason};
use crate::domain::keys::Opened;
use crate::domain::link::Link;
use crate::error::{Code, Error, Result};
use crate::flow::{Context, decline as flow, look};
use crate::platform::Platform;
use crate::web::guard;
use crate::web::pages::{FormKey, Frame, Problems, check_form, page};
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// Confirming that one declines.
#[derive(Template)]
#[template(path = "pages/invitation_decline.html")]
struct Decline<'a> {
    frame: Frame,
    nonce: &'a str,
    action: String,
    back: String,
    organization: Option<&'a str>,
    inviter: Option<&'a str>,
    problems: Problems,
}

/// Declined.
#[derive(Template)]
#[template(path = "pages/invitation_declined.html")]
struct Declined<'a> {
    frame: Frame,
    /// Whether they have pages of their own to go on to.
    signed_in: bool,
    organization: Option<&'a str>,
    inviter: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclineForm {
    nonce: String,
    /// The button for whoever it was not meant for says so.
    reason: Option<Reason>,
}

/// `GET /i/{token}/decline`: asks once more.
pub async fn show_decline<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    token: &str,
) -> Result<Reply> {
    let visit = Visit::of(ctx, request, token);
    match visit.open() {
        Opened::Live(link) => visit.ask_to_decline(&link, None).await,
        dead => visit.dead(dead),
    }
}

/// `POST /i/{token}/decline`.
pub async fn decline<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str) -> Result<Reply> {
    let visit = Visit::of(ctx, request, token);
    if let Err(error) = guard::limit_network(ctx, request, "decline").await {
        return visit.wait(error);
    }
    let body: DeclineForm = request::form(request)?;
    let link = match visit.open() {
        Opened::Live(link) => link,
        dead => return visit.dead(dead),
    };
    match check_form(ctx, request, &body.nonce) {
        Err(error) if error.code() == Code::FormExpired => {
            return visit.ask_to_decline(&link, Some(&error)).await;
        }
        checked => checked?,
    }
    let view = look::look(ctx, &link, visit.session.as_deref(), None).await?;
    if view.invitation.kind == Kind::Link {
        return Ok(reply::see_other(&visit.path()));
    }
    match flow::decline(ctx, &link, body.reason, visit.session.as_deref()).await {
        Ok(()) => page(
            StatusCode::OK,
            &Declined {
                frame: Frame::of_invitation(&view, &ctx.config.product_name),
                signed_in: view.session_email().is_some(),
                organization: Some(view.shown_name()),
                inviter: view.inviter_name.as_deref(),
            },
        ),
        // As things are now: they may have changed since the page was loaded.
        Err(Error::Refused(refusal)) => {
            let view = look::look(ctx, &link, visit.session.as_deref(), None).await?;
            visit.closed(refusal.code, Some(&link), Some(&view), None)
        }
        Err(error) => Err(error),
    }
}

impl<P: Platform> Visit<'_, P> {
    async fn ask_to_decline(&self, link: &Link, error: Option<&Error>) -> Result<Reply> {
        let view = look::landing(self.ctx, link).await?;
        if view.invitation.kind == Kind::Link {
            return Ok(reply::see_other(&self.path()));
        }
        if let Err(code) = view.standing().next(link, self.ctx.now()) {
            return self.closed(code, Some(link), Some(&view), None);
        }
        let key = FormKey::of(self.ctx, self.request);
        let reply = page(
            error.map_or(StatusCode::OK, |error| error.code().status()),
            &Decline {
                frame: Frame::of_invitation(&view, &self.ctx.config.product_name),
                nonce: &key.nonce,
                action: self.decline_path(),
                back: self.path(),
                organization: Some(view.shown_name()),
                inviter: view.inviter_name.as_deref(),
                problems: Problems::of(error),
            },
        )?;
        Ok(key.keep(reply))
    }
}

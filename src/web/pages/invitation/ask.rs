//! Asking for a new invitation: what every page of a link that leads nowhere ends with, so that nobody has to find out whom to
//! write to; and for one of one's own, for whoever is signed in with another address than the invited one.

use askama::Template;
use http::StatusCode;

use super::Visit;
use crate::domain::keys::Opened;
use crate::error::{Code, Result};
use crate::flow::{self, Context};
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::view::{self, View};
use crate::web::guard;
use crate::web::pages::desk::Desk;
use crate::web::pages::form::Form;
use crate::web::pages::{Frame, page, said};
use crate::web::reply::Reply;
use crate::web::request::Request;

/// It was passed on. Whose invitation it is shows where the page before said so, and to who is in that organization: to anybody
/// else an old link tells nothing.
#[derive(Template)]
#[template(path = "pages/invitation_asked.html")]
struct Asked {
    frame: Frame,
    next_path: String,
    next_label: &'static str,
}

/// `POST /i/{token}/ask`.
pub async fn ask<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str) -> Result<Reply> {
    let visit = Visit::of(ctx, request, token);
    if let Err(error) = guard::limit_network(ctx, request, "ask").await {
        return visit.wait(error);
    }
    let (link, live) = match visit.open() {
        Opened::Live(link) => (link, true),
        Opened::Expired(link, _) => (link, false),
        forged @ Opened::Forged => return visit.dead(forged),
    };
    let form = Form::read(ctx, request)?;
    if form.fresh().is_err() {
        // The page that it lay open on is still what there is to say.
        return visit.closed(Code::FormExpired, Some(&link), None, None);
    }
    if let (Some(session), true) = (&visit.session, form.has("own")) {
        let told = flow::ask::for_own_invitation(ctx, &link, session).await?;
        return Ok(said::see_other(&visit.path(), if told { PASSED_ON } else { ASKED_ALREADY }));
    }
    let (now, at) = (ctx.now(), At::Organization(link.organization_id));
    let mut reads = visit.session.as_deref().map_or_else(Vec::new, |session| Desk::reads(session, at, now));
    let of_desk = reads.len();
    if live {
        reads.push(view::select(&link, None, None, now));
    }
    let found = flow::ask::for_invitation(ctx, &link, reads).await?;
    let view: Option<View> = ResultSet::row_of(found.get(of_desk))?;
    let desk = if of_desk == 0 { None } else { Desk::of(ctx, request, &found).ok() };
    let (next_path, next_label) = visit.elsewhere();
    let frame = match (&desk, &view) {
        (Some(desk), _) => desk.frame_at(None),
        (None, Some(view)) => Frame::of_invitation(view, &ctx.config.product_name),
        (None, None) => Frame::product(ctx),
    };
    let asked = Asked { frame, next_path, next_label };
    match desk {
        Some(desk) => desk.reply(&asked),
        None => page(StatusCode::OK, &asked),
    }
}

/// What the page says after somebody asked for an invitation of their own: whoever invited was told, or not.
const PASSED_ON: &str = "Your request was passed on, with the address that you are signed in as. If they agree, an invitation comes to it by e-mail.";
const ASKED_ALREADY: &str = "Nobody was told again: somebody asked about this invitation in the last day already. You can ask again tomorrow.";

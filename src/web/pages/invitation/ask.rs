//! Asking for a new invitation: what every page of a link that leads nowhere ends with, so that nobody has to find out whom to
//! write to; and for one of one's own, for whoever is signed in with another address than the invited one.

use askama::Template;
use http::StatusCode;

use super::Visit;
use crate::domain::keys::Opened;
use crate::error::{Code, Result};
use crate::flow::{self, Context};
use crate::platform::Platform;
use crate::web::guard;
use crate::web::pages::form::Form;
use crate::web::pages::{Frame, page, said};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Route;

/// It was passed on. Whose invitation it is does not show: an old link tells nothing.
#[derive(Template)]
#[template(path = "pages/invitation_asked.html")]
struct Asked {
    frame: Frame,
}

/// `POST /i/{token}/ask`.
pub async fn ask<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str) -> Result<Reply> {
    let visit = Visit::of(ctx, request, token);
    if let Err(error) = guard::limit_network(ctx, request, "ask").await {
        return visit.wait(error);
    }
    let link = match visit.open() {
        Opened::Live(link) | Opened::Expired(link, _) => link,
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
    flow::ask::for_invitation(ctx, &link).await?;
    page(StatusCode::OK, &Asked { frame: Frame::product(ctx) })
}

/// What the page says after somebody asked for an invitation of their own: whoever invited was told, or not.
const PASSED_ON: &str = "Your request was passed on, with the address that you are signed in as. If they agree, an invitation comes to it by e-mail.";
const ASKED_ALREADY: &str = "Nobody was told again: somebody asked about this invitation in the last day already. You can ask again tomorrow.";

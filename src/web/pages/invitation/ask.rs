//! Asking for a new invitation: what every page of a link that leads nowhere ends with, so that nobody has to find out whom to
//! write to.

use askama::Template;
use http::StatusCode;

use super::Visit;
use crate::domain::keys::Opened;
use crate::error::{Code, Result};
use crate::flow::{self, Context};
use crate::platform::Platform;
use crate::web::guard;
use crate::web::pages::form::Form;
use crate::web::pages::{Frame, page};
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
    match Form::read(ctx, request) {
        // The page that it lay open on is still what there is to say.
        Err(error) if error.code() == Code::FormExpired => {
            return visit.closed(Code::FormExpired, Some(&link), None, None);
        }
        read => read?,
    };
    flow::ask::for_invitation(ctx, &link).await?;
    page(StatusCode::OK, &Asked { frame: Frame::product(ctx) })
}

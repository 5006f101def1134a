//! `/dev/mailbox`: what was sent, in development. It exists only together with the mailbox provider, which only exists
//! where ORIGIN is a loopback address.

use askama::Template;
use http::StatusCode;
use http::header::{self, HeaderValue};

use super::{Frame, page};
use crate::domain::ids::JobId;
use crate::error::{Code, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::mailbox::{self, Kept};
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "pages/mailbox.html")]
struct Mailbox {
    frame: Frame,
    messages: Vec<Shown>,
}

struct Shown {
    kept: Kept,
    /// The first address that stands on a line of its own: the link that the message is about.
    link: Option<String>,
    /// Where its HTML part is shown.
    html_part: String,
}

impl Shown {
    fn of(kept: Kept) -> Self {
        let link = kept.text.lines().find(|line| line.starts_with("http://") || line.starts_with("https://"));
        Self { link: link.map(str::to_owned), html_part: Route::MailboxMessage(kept.id).path(), kept }
    }
}

/// `GET /dev/mailbox`: newest first for a person, oldest first as JSON.
pub async fn list<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    if !ctx.config.is_development() {
        return Err(Code::NotFound.into());
    }
    let mut messages = mailbox::all(ctx.platform).await?;
    let accept = request::header(request.headers(), header::ACCEPT.as_str()).unwrap_or_default();
    if accept.contains("application/json") {
        return Ok(reply::json(StatusCode::OK, &serde_json::json!({"data": messages})));
    }
    messages.reverse();
    let messages = messages.into_iter().map(Shown::of).collect();
    page(StatusCode::OK, &Mailbox { frame: Frame::product(ctx), messages })
}

/// `GET /dev/mailbox/{job}`: one message's HTML part. Mail has inline styles, so this page alone allows them; nothing in it
/// can run or load.
pub async fn message<P: Platform>(ctx: &Context<'_, P>, id: JobId) -> Result<Reply> {
    if !ctx.config.is_development() {
        return Err(Code::NotFound.into());
    }
    let message = mailbox::all(ctx.platform).await?.into_iter().find(|message| message.id == id);
    let message = message.ok_or_else(|| crate::error::Error::from(Code::NotFound))?;
    let mut reply = reply::html(StatusCode::OK, message.html);
    reply.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
        ),
    );
    Ok(reply)
}

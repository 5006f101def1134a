//! What other programs look for at fixed addresses.

use std::time::Duration;

use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue};

use crate::error::{Code, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::web::reply::{self, Reply};
use crate::web::route::Route;

/// For how long what is told of the contact holds: it is what the settings say now.
const LASTS: Duration = Duration::from_hours(90 * 24);

/// `GET /.well-known/jwks.json`: what host products check our tokens with (RFC 7517). Every root key's is
/// listed, and the first one's signs: so a new one is listed last for longer than this is cached, before it is put in front.
pub fn public_keys<P: Platform>(ctx: &Context<'_, P>) -> Reply {
    let mut reply = reply::json(StatusCode::OK, &ctx.config.keys.public_keys());
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    reply
}

/// `GET /.well-known/security.txt`: whom to tell of a weakness (RFC 9116).
///
/// # Errors
/// 404 where nobody is named: an empty file would be none that the RFC knows.
pub fn security<P: Platform>(ctx: &Context<'_, P>) -> Result<Reply> {
    let contact = ctx.config.security_contact.as_deref().ok_or(Code::NotFound)?;
    let text = format!(
        "Contact: {contact}\nExpires: {}\nPreferred-Languages: en\nCanonical: {}\n",
        ctx.now().start_of_day().plus(LASTS),
        Route::SecurityText.url(&ctx.config.origin),
    );
    let mut reply = reply::with_body(StatusCode::OK, "text/plain; charset=utf-8", text);
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    Ok(reply)
}

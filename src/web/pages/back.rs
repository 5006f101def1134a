//! Where somebody wants to go who has to choose a new password first: the invitation that they were about to accept. Their
//! browser keeps it while the mail comes, so that the link in the mail need not, and nothing stores it.

use base64ct::{Base64UrlUnpadded, Encoding};
use http::HeaderMap;

use super::Frame;
use super::sign_in::is_ours;
use crate::domain::reset_link::LIFETIME;
use crate::flow::{Context, look};
use crate::platform::Platform;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, BACK_COOKIE};
use crate::web::route::Route;

/// What a browser keeps without complaint.
const LONGEST: usize = 2000;

/// Keeps a page of ours for as long as the link works that is mailed now.
pub fn keep(reply: &mut Reply, to: &str) {
    let text = Base64UrlUnpadded::encode_string(to.as_bytes());
    if is_ours(to) && text.len() <= LONGEST {
        reply::set_cookie(reply, BACK_COOKIE, &text, LIFETIME.as_secs().cast_signed());
    }
}

/// The page that was kept. It comes back from the browser, so it is looked at again.
#[must_use]
pub fn read(headers: &HeaderMap) -> Option<String> {
    let text = request::cookie_text(headers, BACK_COOKIE).filter(|text| text.len() <= LONGEST)?;
    String::from_utf8(Base64UrlUnpadded::decode_vec(text).ok()?).ok().filter(|to| is_ours(to))
}

/// The frame of a page on the way there: an invitation's brand is on all that leads back to it.
pub async fn frame<P: Platform>(ctx: &Context<'_, P>, to: &str) -> Frame {
    let view = match Route::parse(to) {
        Some(Route::Invitation(token)) => match look::open(ctx, &token) {
            Ok(link) => look::landing(ctx, &link).await.ok(),
            Err(_) => None,
        },
        _ => None,
    };
    let product = &ctx.config.product_name;
    view.map_or_else(|| Frame::product(ctx), |view| Frame::of_invitation(&view, product))
}

/// They are on their way there.
pub fn forget(reply: &mut Reply) {
    reply::clear_cookie(reply, BACK_COOKIE);
}

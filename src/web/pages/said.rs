//! What was just done, said on the page that follows: a form that did its work answers with a way to the next page, and
//! leaves the sentence for it with the browser. It stays until that page was shown, however long that takes.

use base64ct::{Base64UrlUnpadded, Encoding};
use http::HeaderMap;

use crate::web::reply::{self, Reply};
use crate::web::request::{self, SAID_COOKIE};

/// As long as a page may take to come.
const SECONDS: i64 = 60;
/// What a browser keeps without complaint.
const LONGEST: usize = 2000;

/// On to a page of ours, which says this.
#[must_use]
pub fn see_other(path: &str, sentence: &str) -> Reply {
    let mut reply = reply::see_other(path);
    let text = Base64UrlUnpadded::encode_string(sentence.as_bytes());
    if text.len() <= LONGEST {
        reply::set_cookie(&mut reply, SAID_COOKIE, &text, SECONDS);
    }
    reply
}

/// What the last page left to be said. It comes back from the browser, so it is text and nothing more.
#[must_use]
pub fn read(headers: &HeaderMap) -> Option<String> {
    let text = request::cookie_text(headers, SAID_COOKIE).filter(|text| text.len() <= LONGEST)?;
    String::from_utf8(Base64UrlUnpadded::decode_vec(text).ok()?).ok().filter(|sentence| !sentence.is_empty())
}

/// It has been said.
pub fn forget(reply: &mut Reply) {
    reply::clear_cookie(reply, SAID_COOKIE);
}

//! What was just done, said on the page that follows: a form that did its work answers with a way to the next page, and
//! leaves the sentence for it with the browser. It stays until that page was shown, however long that takes.

use base64ct::{Base64UrlUnpadded, Encoding};
use http::HeaderMap;

use crate::domain::time::Timestamp;

use crate::web::reply::{self, Reply};
use crate::web::request::{self, SAID_COOKIE};

/// As long as a page may take to come.
const SECONDS: i64 = 60;
/// What a browser keeps without complaint.
const LONGEST: usize = 2000;

/// What parts the sentence from what can be undone: no sentence has it.
const PART: char = '\u{1f}';

/// The removal that was said, to be undone. It comes back from the browser: whoever undoes it is asked whether they may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// When it was.
    pub at: Timestamp,
    /// In which request.
    pub request: String,
}

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

/// The same, with a way to undo it.
#[must_use]
pub fn undoable(path: &str, sentence: &str, removal: &Removal) -> Reply {
    see_other(path, &format!("{sentence}{PART}{}{PART}{}", removal.at, removal.request))
}

/// What the last page left to be said, and what of it can be undone. It comes back from the browser, so it is text and nothing
/// more.
#[must_use]
pub fn read_all(headers: &HeaderMap) -> (Option<String>, Option<Removal>) {
    let text = || {
        let text = request::cookie_text(headers, SAID_COOKIE).filter(|text| text.len() <= LONGEST)?;
        String::from_utf8(Base64UrlUnpadded::decode_vec(text).ok()?).ok()
    };
    let text = text().unwrap_or_default();
    let mut parts = text.split(PART);
    let said = parts.next().filter(|said| !said.is_empty()).map(str::to_owned);
    let at = parts.next().and_then(Timestamp::parse);
    (said, at.zip(parts.next()).map(|(at, request)| Removal { at, request: request.to_owned() }))
}

/// What the last page left to be said.
#[must_use]
pub fn read(headers: &HeaderMap) -> Option<String> {
    read_all(headers).0
}

/// It has been said.
pub fn forget(reply: &mut Reply) {
    reply::clear_cookie(reply, SAID_COOKIE);
}

//! The nonce in every form on our pages.
//!
//! It is signed, ends after twelve hours and is bound to a cookie that only this browser has, so a form that another site
//! or a mail scanner made up is refused, and nothing is stored for it. It doesn't make a form work only once: what the
//! form asks for does that (a claim row).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::keys::{KeyRing, Opened, Purpose};
use crate::domain::secret::{self, Bearer};
use crate::domain::time::Timestamp;

/// How long a page may lie open before its form must be loaded again: a day's work, so that what was typed in it isn't lost.
const LIFETIME: Duration = Duration::from_hours(12);

/// What a token says that is about one thing.
#[derive(Serialize, Deserialize)]
pub(super) struct Bound {
    /// What it is about: of a nonce, the digest of the cookie.
    pub sub: String,
}

/// A nonce for a form that is shown to the browser holding `cookie`.
#[must_use]
pub fn issue(keys: &KeyRing, cookie: &Bearer, now: Timestamp) -> String {
    keys.sign(Purpose::Form, Bound { sub: cookie.digest() }, now.plus(LIFETIME))
}

/// Whether a nonce is one that this browser was shown, and is not over.
#[must_use]
pub fn is_valid(keys: &KeyRing, cookie: &Bearer, nonce: &str, now: Timestamp) -> bool {
    match keys.open::<Bound>(Purpose::Form, nonce, now) {
        Opened::Live(bound) => secret::same(&bound.sub, &cookie.digest()),
        Opened::Expired(..) | Opened::Forged => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_works_in_the_browser_that_was_shown_it_until_it_ends() {
        let keys = KeyRing::parse("k1:vQ3m1Yb7TgJx5kR2mWz8NfLdHs4PqAeU0cXoZtI6w9E", "https://usher.test")
            .ok()
            .unwrap();
        let now = Timestamp::from_seconds(1_800_000_000);
        let [ours, theirs] = [[1; 32], [2; 32]].map(Bearer::new);
        let nonce = issue(&keys, &ours, now);
        assert!(is_valid(&keys, &ours, &nonce, now));
        assert!(!is_valid(&keys, &theirs, &nonce, now));
        assert!(!is_valid(&keys, &ours, &nonce, now.plus(LIFETIME)));
        assert!(!is_valid(&keys, &ours, "", now));
    }
}

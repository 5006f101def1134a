//! The link with which somebody who forgot their password sets a new one: `{ORIGIN}/reset/{token}`.
//!
//! It is derived when it is mailed, and nothing of it is stored. It names the version of the password that it replaces, which
//! every new password raises, so it works once, and of several that were mailed only until one of them has.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::ids::UserId;
use crate::domain::keys::{KeyRing, Opened, Purpose};
use crate::domain::time::Timestamp;

/// How long such a link works.
pub const LIFETIME: Duration = Duration::from_mins(30);

/// What such a link says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetLink {
    /// Whose password.
    #[serde(rename = "sub")]
    pub user_id: UserId,
    /// The version of the password that is forgotten.
    pub ver: i64,
}

impl ResetLink {
    /// When a link that was asked for at `asked` ends, in whole seconds.
    #[must_use]
    pub fn ends(asked: Timestamp) -> Timestamp {
        asked.plus(LIFETIME).whole_seconds()
    }

    /// The token for a link that ends at `expires_at` (whole seconds).
    #[must_use]
    pub fn sign(self, keys: &KeyRing, expires_at: Timestamp) -> String {
        keys.sign(Purpose::Reset, self, expires_at)
    }

    /// Reads a token, with no I/O.
    #[must_use]
    pub fn open(keys: &KeyRing, token: &str, now: Timestamp) -> Opened<Self> {
        keys.open(Purpose::Reset, token, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_ends_after_thirty_minutes_and_is_no_link_of_somebody_who_was_added() {
        let keys = KeyRing::parse("k1:vQ3m1Yb7TgJx5kR2mWz8NfLdHs4PqAeU0cXoZtI6w9E", "https://usher.test")
            .ok()
            .unwrap();
        let now = Timestamp::from_millis(1_800_000_000_123);
        let link = ResetLink { user_id: UserId::new(now, [1; 10]), ver: 3 };
        let end = ResetLink::ends(now);
        assert_eq!(end.seconds(), 1_800_000_000 + 30 * 60);
        let token = link.sign(&keys, end);
        let open = |now| ResetLink::open(&keys, &token, now);
        assert_eq!(open(end.minus(Duration::from_millis(1))), Opened::Live(link));
        assert_eq!(open(end), Opened::Expired(link, end));
        assert_eq!(keys.open::<ResetLink>(Purpose::Password, &token, now), Opened::Forged);
        assert_eq!(ResetLink::open(&keys, &token[1..], now), Opened::Forged);
    }
}

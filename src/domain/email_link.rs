//! The links with which the two mailboxes of somebody who wants another address prove it: `{ORIGIN}/email/{token}`.
//!
//! Each is derived when it is mailed, and nothing of it is stored. It names the change, which is made once, and the side that
//! it proves: what the one mailbox was sent proves nothing of the other.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::ids::EmailChangeId;
use crate::domain::keys::{KeyRing, Opened, Purpose};
use crate::domain::time::Timestamp;
use crate::error::Code;

/// How long both take at most.
pub const LIFETIME: Duration = Duration::from_hours(24);

/// Which of the two mailboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The one that the account has.
    Old,
    /// The one that it is to have.
    New,
}

impl Side {
    /// As a row has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
        }
    }
}

/// What such a link says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailLink {
    /// The change.
    #[serde(rename = "sub")]
    pub change: EmailChangeId,
    /// The mailbox that it was sent to.
    pub side: Side,
}

impl EmailLink {
    /// When the links of a change that is begun now end, in whole seconds.
    #[must_use]
    pub fn ends(begun: Timestamp) -> Timestamp {
        begun.plus(LIFETIME).whole_seconds()
    }

    /// The token for a link that ends at `expires_at` (whole seconds).
    #[must_use]
    pub fn sign(self, keys: &KeyRing, expires_at: Timestamp) -> String {
        keys.sign(Purpose::Email, self, expires_at)
    }

    /// Reads a token, with no I/O.
    ///
    /// # Errors
    /// `email_link_invalid` for anything that is not such a token of ours, `email_change_over` for one that is over.
    pub fn open(keys: &KeyRing, token: &str, now: Timestamp) -> Result<Self, Code> {
        match keys.open(Purpose::Email, token, now) {
            Opened::Live(link) => Ok(link),
            Opened::Expired(..) => Err(Code::EmailChangeOver),
            Opened::Forged => Err(Code::EmailLinkInvalid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_ends_after_a_day_and_says_which_side_it_proves() {
        let keys = KeyRing::parse("k1:vQ3m1Yb7TgJx5kR2mWz8NfLdHs4PqAeU0cXoZtI6w9E", "https://usher.test")
            .ok()
            .unwrap();
        let now = Timestamp::from_millis(1_800_000_000_123);
        let end = EmailLink::ends(now);
        assert_eq!(end.seconds(), 1_800_000_000 + 24 * 3600);
        for side in [Side::Old, Side::New] {
            let link = EmailLink { change: EmailChangeId::new(now, [1; 10]), side };
            let token = link.sign(&keys, end);
            let open = |now| EmailLink::open(&keys, &token, now);
            assert_eq!(open(end.minus(Duration::from_millis(1))), Ok(link));
            assert_eq!(open(end), Err(Code::EmailChangeOver));
            assert_eq!(EmailLink::open(&keys, &token[1..], now), Err(Code::EmailLinkInvalid));
        }
    }
}

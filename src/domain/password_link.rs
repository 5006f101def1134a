//! The link with which somebody who was added sets their password: `{ORIGIN}/reset/{token}`.
//!
//! Like an invitation's link it is derived when it is mailed or copied, and nothing of it is stored; a forged or expired
//! one is known as such here, with no I/O. It names a version that setting the password raises, so it works once.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::ids::{MemberId, OrganizationId, UserId};
use crate::domain::keys::{KeyRing, Opened, Purpose};
use crate::domain::link::Via;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::error::Code;

/// What a link to set a password says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordLink {
    /// Whose password.
    #[serde(rename = "sub")]
    pub user_id: UserId,
    /// The organization that they were added to.
    #[serde(rename = "org")]
    pub organization_id: OrganizationId,
    /// The version when the link was made: of the account's password for a mailed one; for a copied one, of what the
    /// member's copied links set.
    pub ver: i64,
    /// How it was handed over: a mailed link proves the mailbox, a copied one proves nothing.
    pub via: Via,
    /// What it was copied for; nothing in a mailed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Of>,
}

/// What a copied link is for: this member while they are that. Whoever has it is the person, and was given it as somebody who
/// may be trusted with so much; so it is dead once they are more or have something else, or are somebody anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Of {
    /// Who.
    pub member_id: MemberId,
    /// As what.
    pub role: Role,
    /// With which of their accesses: raised with every change of what they were given. A link that says none is from before
    /// there was any change to tell from.
    #[serde(rename = "rev", default)]
    pub access_rev: i64,
}

impl PasswordLink {
    /// When a link that is made now ends, in whole seconds: a mailed one lives as long as an invitation; a copied one is
    /// handed over at once, and opens the account to whoever holds it.
    #[must_use]
    pub fn ends(via: Via, now: Timestamp) -> Timestamp {
        let days = match via {
            Via::Email => 7,
            Via::Copy => 3,
        };
        now.plus(Duration::from_hours(days * 24)).whole_seconds()
    }

    /// The token for a link that ends at `expires_at` (whole seconds).
    #[must_use]
    pub fn sign(self, keys: &KeyRing, expires_at: Timestamp) -> String {
        keys.sign(Purpose::Password, self, expires_at)
    }

    /// Reads a token, with no I/O.
    ///
    /// # Errors
    /// `password_link_invalid` for anything that is not such a token of ours, `password_link_expired` for one that is over.
    pub fn open(keys: &KeyRing, token: &str, now: Timestamp) -> Result<Self, Code> {
        match keys.open(Purpose::Password, token, now) {
            Opened::Live(link) => Ok(link),
            Opened::Expired(..) => Err(Code::PasswordLinkExpired),
            Opened::Forged => Err(Code::PasswordLinkInvalid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailed_link_ends_after_seven_days_and_a_copied_one_after_three() {
        let keys = KeyRing::parse("k1:vQ3m1Yb7TgJx5kR2mWz8NfLdHs4PqAeU0cXoZtI6w9E", "https://usher.test")
            .ok()
            .unwrap();
        let now = Timestamp::from_millis(1_800_000_000_123);
        for (via, days) in [(Via::Email, 7), (Via::Copy, 3)] {
            let link = PasswordLink {
                user_id: UserId::new(now, [1; 10]),
                organization_id: OrganizationId::new(now, [2; 10]),
                ver: 0,
                via,
                of: (via == Via::Copy).then(|| Of {
                    member_id: MemberId::new(now, [3; 10]),
                    role: Role::Client,
                    access_rev: 4,
                }),
            };
            let end = PasswordLink::ends(via, now);
            assert_eq!(end.seconds(), 1_800_000_000 + days * 24 * 3600);
            let token = link.sign(&keys, end);
            assert_eq!(PasswordLink::open(&keys, &token, end.minus(Duration::from_millis(1))), Ok(link));
            assert_eq!(PasswordLink::open(&keys, &token, end), Err(Code::PasswordLinkExpired));
            assert_eq!(PasswordLink::open(&keys, &token[1..], now), Err(Code::PasswordLinkInvalid));
        }
    }
}

//! Handing somebody over to the host product: the code that their browser brings there, and what it is bound to.
//!
//! Nothing of it is stored. A code works for a minute, and opens nothing by itself: whoever exchanges it has a key of the
//! organization, and the *verifier* whose digest the product sent along as `state` when it asked for the code (as in PKCE,
//! RFC 7636). The product keeps the verifier in a cookie of the browser that it sent here, so a code that was read on its way
//! is of no use in another browser, and nobody is signed in by a code that somebody else was given.

use std::time::Duration;

use crate::domain::ids::{MemberId, OrganizationId, SessionId};
use crate::domain::keys::{KeyRing, Opened, Purpose};
use crate::domain::nonce::Bound;
use crate::domain::secret;
use crate::domain::time::Timestamp;

/// How long a code works: as long as two redirects and a request may take.
const LIFETIME: Duration = Duration::from_mins(1);

/// What a code is bound to: the SHA-256 of a verifier, in base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State(String);

impl State {
    /// Reads one. `None` for what is no SHA-256 in base64url: it goes into an address as it is.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_digest = text.len() == 43
            && text.bytes().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_'));
        is_digest.then(|| Self(text.to_owned()))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it was made of this verifier, which is long enough that nobody finds it by trying.
    #[must_use]
    fn is_of(&self, verifier: &str) -> bool {
        (43..=128).contains(&verifier.len()) && secret::same(&secret::digest(verifier.as_bytes()), &self.0)
    }
}

/// What a code says, in one text: who is handed over, by which session, for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    /// The member.
    pub member_id: MemberId,
    /// Their organization, whose key it takes.
    pub organization_id: OrganizationId,
    /// The session, which must still be one.
    pub session_id: SessionId,
    /// Whom it is for.
    pub state: State,
}

impl HandOver {
    /// The code.
    #[must_use]
    pub fn sign(self, keys: &KeyRing, now: Timestamp) -> String {
        let Self { member_id, organization_id, session_id, state } = self;
        let sub = format!("{member_id}.{organization_id}.{session_id}.{}", state.0);
        keys.sign(Purpose::HandOver, Bound { sub }, now.plus(LIFETIME))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let mut next = || parts.next();
        Some(Self {
            member_id: next()?.parse().ok()?,
            organization_id: next()?.parse().ok()?,
            session_id: next()?.parse().ok()?,
            state: State::parse(next()?)?,
        })
    }

    /// Reads a code with its verifier, with no I/O. One that is over, one with another verifier and one that is none get one
    /// answer.
    #[must_use]
    pub fn open(keys: &KeyRing, code: &str, verifier: &str, now: Timestamp) -> Option<Self> {
        match keys.open::<Bound>(Purpose::HandOver, code, now) {
            Opened::Live(bound) => Self::parse(&bound.sub).filter(|over| over.state.is_of(verifier)),
            Opened::Expired(..) | Opened::Forged => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn a_code_works_for_a_minute_and_with_its_own_verifier_only() {
        let keys = KeyRing::parse("k1:vQ3m1Yb7TgJx5kR2mWz8NfLdHs4PqAeU0cXoZtI6w9E", "https://usher.test")
            .ok()
            .unwrap();
        let now = Timestamp::from_seconds(1_800_000_000);
        let over = HandOver {
            member_id: MemberId::new(now, [1; 10]),
            organization_id: OrganizationId::new(now, [2; 10]),
            session_id: SessionId::new(now, [3; 10]),
            state: State::parse(CHALLENGE).unwrap(),
        };
        let code = over.clone().sign(&keys, now);
        assert!(code.len() < 700, "it goes into an address: {}", code.len());
        let open =
            |verifier, after| HandOver::open(&keys, &code, verifier, now.plus(Duration::from_secs(after)));
        assert_eq!(open(VERIFIER, 0), Some(over.clone()));
        assert_eq!(open(VERIFIER, 59), Some(over));
        assert_eq!(open(VERIFIER, 60), None);
        for wrong in ["", CHALLENGE, &VERIFIER[1..], &format!("{VERIFIER}=")] {
            assert_eq!(open(wrong, 0), None, "{wrong}");
        }
        assert_eq!(HandOver::open(&keys, &code[1..], VERIFIER, now), None);
    }

    #[test]
    fn a_short_verifier_is_none_though_its_digest_fits() {
        let state = |verifier: &str| State::parse(&secret::digest(verifier.as_bytes())).unwrap();
        assert!(state(VERIFIER).is_of(VERIFIER));
        for length in [0, 6, 42, 129] {
            let verifier = "a".repeat(length);
            assert!(!state(&verifier).is_of(&verifier), "{length}");
        }
    }

    #[test]
    fn what_is_no_digest_is_no_state() {
        for wrong in [
            "",
            "abc",
            &CHALLENGE[1..],
            &format!("{CHALLENGE}A"),
            &CHALLENGE.replace('9', "&"),
            &"é".repeat(21),
        ] {
            assert_eq!(State::parse(wrong), None, "{wrong}");
        }
    }
}

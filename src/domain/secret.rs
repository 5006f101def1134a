//! Secrets that are not tokens with claims: session tokens, and how any secret is digested and compared.

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

/// A 256-bit bearer secret, as the bearer holds it. Never stored and never logged: it has no `Debug` or `Display`.
pub struct Bearer(String);

impl Bearer {
    /// From entropy.
    #[must_use]
    pub fn new(entropy: [u8; 32]) -> Self {
        Self(Base64UrlUnpadded::encode_string(&entropy))
    }

    /// As it came in a cookie. `None` if no secret of ours can look like it, so that garbage costs no lookup.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        Base64UrlUnpadded::decode(text, &mut bytes)
            .is_ok_and(|bytes| bytes.len() == 32)
            .then(|| Self(text.to_owned()))
    }

    /// What the bearer keeps.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored: 256 random bits need no slow hash.
    #[must_use]
    pub fn digest(&self) -> String {
        digest(self.0.as_bytes())
    }
}

/// SHA-256, in base64url.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(&Sha256::digest(bytes))
}

/// Whether two secrets are the same, in a time that depends on their lengths only.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_be_a_bearer_is_looked_up() {
        let bearer = Bearer::new([7; 32]);
        assert_eq!(Bearer::parse(bearer.reveal()).unwrap().digest(), bearer.digest());
        for wrong in ["", "abc", "' OR 1=1 --", &"A".repeat(44), &"é".repeat(20)] {
            assert!(Bearer::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_prefix_is_not_the_secret() {
        assert!(same("op_secret", "op_secret"));
        assert!(!same("op_secret", "op_secre"));
        assert!(!same("op_secret", ""));
    }
}

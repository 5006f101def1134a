//! An authenticator app.

use base32ct::{Base32UpperUnpadded, Encoding};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use usher::domain::time::Timestamp;

/// Somebody's app.
#[derive(Clone)]
pub struct App(Vec<u8>);

impl App {
    /// As somebody typed the secret into it.
    pub fn of(secret: &str) -> Self {
        let letters: String = secret.chars().filter(|letter| !letter.is_whitespace()).collect();
        Self(Base32UpperUnpadded::decode_vec(&letters).unwrap())
    }

    /// The code that it shows at this time.
    pub fn code(&self, now: Timestamp) -> String {
        self.code_of(now.seconds() / 30)
    }

    /// The code of a step (RFC 6238).
    pub fn code_of(&self, step: i64) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).unwrap();
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let offset = usize::from(digest[19] & 15);
        let number = u32::from_be_bytes(digest[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }

    /// Six digits that it shows neither at this time nor about it.
    pub fn wrong_code(&self, now: Timestamp) -> String {
        let step = now.seconds() / 30;
        let shown = [-2, -1, 0, 1, 2].map(|more| self.code_of(step + more));
        (0..1_000_000).map(|number| format!("{number:06}")).find(|code| !shown.contains(code)).unwrap()
    }
}

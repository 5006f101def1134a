//! The second factor: codes of an app that has the same secret (TOTP, RFC 6238, with what every such app knows: SHA-1, six
//! digits, thirty seconds), and recovery codes for whoever lost it.

use std::fmt::Write;

use base32ct::{Base32Unpadded, Base32UpperUnpadded, Encoding};
use hmac::{Hmac, Mac};
use sha1::Sha1;

use crate::domain::secret;
use crate::domain::time::Timestamp;

/// Seconds that a code is shown for.
const STEP: i64 = 30;
/// As many recovery codes as there are at once.
pub const RECOVERY_CODES: usize = 10;
/// The bytes of a recovery code: nobody guesses 80 random bits, so that a plain digest of them tells nothing.
pub const RECOVERY_BYTES: usize = 10;

/// What the app and we both have. Never logged: it has no `Debug`.
pub struct Secret([u8; 20]);

impl Secret {
    /// From entropy.
    #[must_use]
    pub fn new(entropy: [u8; 20]) -> Self {
        Self(entropy)
    }

    /// As it was kept.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// What is kept, sealed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As somebody types it into an app: 32 letters and digits.
    #[must_use]
    pub fn in_letters(&self) -> String {
        Base32UpperUnpadded::encode_string(&self.0)
    }

    /// As an app reads it from a picture, for the account of this address with this product.
    #[must_use]
    pub fn url(&self, product: &str, address: &str) -> String {
        let (product, address) = (percent(product), percent(address));
        let secret = self.in_letters();
        format!(
            "otpauth://totp/{product}:{address}?secret={secret}&issuer={product}&algorithm=SHA1&digits=6&period={STEP}"
        )
    }

    /// The step whose code this is: now's, or the one before or after, since clocks differ and people type. Never that of a
    /// code up to `last_step`, which was taken already.
    #[must_use]
    pub fn step_of(&self, code: &str, last_step: i64, now: Timestamp) -> Option<i64> {
        let step = now.seconds() / STEP;
        (step - 1..=step + 1).find(|step| *step > last_step && secret::same(code, &self.code(*step)))
    }

    /// The code of a step (RFC 4226, section 5.3).
    fn code(&self, step: i64) -> String {
        // A key of any length will do.
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&self.0) else { return String::new() };
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let offset = digest.last().map_or(0, |last| usize::from(last & 0xf));
        let cut = digest.iter().skip(offset).take(4);
        let number = cut.fold(0u32, |number, byte| (number << 8) | u32::from(*byte));
        format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
    }
}

/// What somebody typed as a code: blanks and hyphens are theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// Six digits of an app.
    Totp(String),
    /// The digest of a recovery code.
    Recovery(String),
}

impl Typed {
    /// Reads it; nothing if it can be neither.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        // Nothing of ours is longer, however it is spaced.
        let letters: String = text
            .chars()
            .take(64)
            .filter(|letter| !letter.is_whitespace() && *letter != '-')
            .collect::<String>()
            .to_ascii_lowercase();
        if letters.len() == 6 && letters.bytes().all(|letter| letter.is_ascii_digit()) {
            return Some(Self::Totp(letters));
        }
        let mut bytes = [0; RECOVERY_BYTES];
        let known = letters.len() == 16 && Base32Unpadded::decode(&letters, &mut bytes).is_ok();
        known.then(|| Self::Recovery(secret::digest(&bytes)))
    }
}

/// A recovery code as its holder keeps it: four groups of four.
#[must_use]
pub fn recovery_code(entropy: [u8; RECOVERY_BYTES]) -> String {
    let letters = Base32Unpadded::encode_string(&entropy);
    let mut code = String::with_capacity(19);
    for (place, letter) in letters.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            code.push('-');
        }
        code.push(letter);
    }
    code
}

/// What a URL's path and query hold as it is; the rest as `%XX`. Apps show a plus as one.
fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut url, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            // Writing to a text never fails.
            let _ = write!(url, "%{byte:02X}");
        }
        url
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, the last six of its eight digits.
    #[test]
    fn the_codes_are_those_of_the_specification() {
        let secret = Secret::new(*b"12345678901234567890");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret.code(seconds / STEP), code);
            let step = secret.step_of(code, 0, Timestamp::from_seconds(seconds));
            assert_eq!(step, Some(seconds / STEP));
        }
    }

    #[test]
    fn a_code_works_in_its_step_and_its_neighbours_and_never_after_it_was_taken() {
        let secret = Secret::new([7; 20]);
        let code = secret.code(1000);
        let at = |step| Timestamp::from_seconds(step * STEP + 29);
        for (now, works) in [(998, false), (999, true), (1000, true), (1001, true), (1002, false)] {
            assert_eq!(secret.step_of(&code, 0, at(now)), works.then_some(1000), "{now}");
        }
        assert_eq!(secret.step_of(&code, 1000, at(1000)), None);
        assert_eq!(secret.step_of(&code, 1001, at(1001)), None, "nor one before it");
        assert_eq!(secret.step_of(&code, 999, at(1000)), Some(1000));
    }

    #[test]
    fn an_app_is_told_whose_it_is_without_plus_signs() {
        let url = Secret::new([0; 20]).url("Example Studio: Ü", "ana+1@client.test");
        assert_eq!(
            url,
            "otpauth://totp/Example%20Studio%3A%20%C3%9C:ana%2B1%40client.test?secret=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
             &issuer=Example%20Studio%3A%20%C3%9C&algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn what_is_typed_is_read_however_it_is_spaced() {
        let code = recovery_code([0xa5; RECOVERY_BYTES]);
        assert_eq!(code.len(), 19);
        let recovery = Some(Typed::Recovery(secret::digest(&[0xa5; RECOVERY_BYTES])));
        for text in [code.clone(), code.to_uppercase(), code.replace('-', ""), code.replace('-', "  ")] {
            assert_eq!(Typed::read(&text), recovery, "{text}");
        }
        for text in ["123456", " 123 456 ", "123-456", "1 2 3 4 5 6"] {
            assert_eq!(Typed::read(text), Some(Typed::Totp("123456".to_owned())), "{text}");
        }
        for text in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "aaaa-aaaa-aaaa-aaa1", &"1".repeat(9999)]
        {
            assert_eq!(Typed::read(text), None, "{text}");
        }
    }
}

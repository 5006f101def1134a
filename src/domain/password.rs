//! Passwords: what is taken, and how it is kept (Argon2id, OWASP's parameters: 19 MiB, two passes, one lane).

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

const SHORTEST: usize = 12;
const LONGEST: usize = 128;

/// The password is none we take, with a sentence for the person who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too short.
    #[error("Use at least 12 characters. A sentence works well.")]
    Short,
    /// Too long: hashing it would cost more than it protects.
    #[error("Use at most 128 characters.")]
    Long,
    /// The address itself, or a single character over and over.
    #[error("This password is easy to guess. Choose another; a sentence works well.")]
    Guessable,
}

/// Checks a password somebody chose for the account of `email_key`.
///
/// # Errors
/// Says what to do instead.
pub fn check(password: &str, email_key: &str) -> Result<(), WeakPassword> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(WeakPassword::Short);
    }
    if length > LONGEST {
        return Err(WeakPassword::Long);
    }
    let mut letters = password.chars();
    let first = letters.next();
    if letters.all(|letter| Some(letter) == first) || password.eq_ignore_ascii_case(email_key) {
        return Err(WeakPassword::Guessable);
    }
    Ok(())
}

/// Hashes a password into a PHC string that carries its own parameters.
///
/// About 60 ms in Wasm: call it once a request, and only after everything that could refuse the request cheaply.
///
/// # Errors
/// None that input can cause.
pub fn hash(password: &str, salt: [u8; 16]) -> Result<String, argon2::password_hash::Error> {
    let salt = SaltString::encode_b64(&salt)?;
    Ok(argon2id()?.hash_password(password.as_bytes(), &salt)?.to_string())
}

/// Whether the password is the one that was hashed. Without a hash it does the same work and says no, so that an answer's
/// time doesn't tell whether an account exists.
#[must_use]
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    let parsed = hash.and_then(|hash| PasswordHash::new(hash).ok());
    if let (Some(parsed), Ok(argon2)) = (parsed, argon2id()) {
        argon2.verify_password(password.as_bytes(), &parsed).is_ok()
    } else {
        let _ = self::hash(password, [0; 16]);
        false
    }
}

fn argon2id() -> Result<Argon2<'static>, argon2::password_hash::Error> {
    let params = Params::new(19 * 1024, 2, 1, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters_and_has_both_ends() {
        assert_eq!(check(&"äb".repeat(5), "x"), Err(WeakPassword::Short));
        assert_eq!(check(&"äb".repeat(6), "x"), Ok(()));
        assert_eq!(check(&"äb".repeat(64), "x"), Ok(()));
        assert_eq!(check(&"äb".repeat(65), "x"), Err(WeakPassword::Long));
    }

    #[test]
    fn ones_own_address_is_no_password() {
        assert_eq!(check("Ana.Client@client.test", "ana.client@client.test"), Err(WeakPassword::Guessable));
        assert_eq!(check("aaaaaaaaaaaaaaaa", "x"), Err(WeakPassword::Guessable));
    }

    #[test]
    fn only_the_password_that_was_hashed_verifies() {
        let hashed = hash("correct horse battery", [3; 16]).unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify("correct horse battery", Some(&hashed)));
        assert!(!verify("correct horse batterz", Some(&hashed)));
        assert!(!verify("correct horse battery", None));
        assert!(!verify("correct horse battery", Some("not a hash")));
    }
}

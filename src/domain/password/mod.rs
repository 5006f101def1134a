//! Passwords: what is taken, and how it is kept (Argon2id, OWASP's parameters: 19 MiB, two passes, one lane).
//!
//! What is taken follows NIST SP 800-63B-4, section 3.1.1: 12 to 128 characters, no rules of what they must be, and nothing
//! that is tried first. All of it is of the password composed (NFC): the same letters are the same password, whatever
//! keyboard they were typed with.

mod common;
mod place;

use std::borrow::Cow;
use std::cell::RefCell;

use argon2::password_hash::{Output, ParamsString, PasswordHash, Salt, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::error::Code;

const SHORTEST: usize = 12;
const LONGEST: usize = 128;
/// KiB of memory, passes, lanes.
const PARAMETERS: (u32, u32, u32) = (19 * 1024, 2, 1);

/// The password is none we take, with a sentence for the person who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too short.
    #[error("Use at least 12 characters. A sentence works well.")]
    Short,
    /// Too long: hashing it would cost more than it protects.
    #[error("Use at most 128 characters.")]
    Long,
    /// What anybody who knows the person would try, or a single character over and over.
    #[error(
        "This password is easy to guess: it is a name or an address, or one letter again and again. Choose another; a sentence works well."
    )]
    Guessable,
    /// Many people have it.
    #[error(
        "Many people use this password, so it is tried first. Choose another, or make it longer; a sentence works well."
    )]
    Common,
}

impl WeakPassword {
    /// The code to refuse it with.
    #[must_use]
    pub fn code(self) -> Code {
        match self {
            Self::Common => Code::PasswordTooCommon,
            _ => Code::WeakPassword,
        }
    }
}

/// Checks a password that somebody chose. `known` is what is known of them: their address, their name, their organization's
/// name. None of these is a password, in whatever case and however it is spaced, and none that many people have; but what
/// merely contains one may be.
///
/// # Errors
/// Says what to do instead.
pub fn check(password: &str, known: &[impl AsRef<str>]) -> Result<(), WeakPassword> {
    let password = composed(password);
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(WeakPassword::Short);
    }
    if length > LONGEST {
        return Err(WeakPassword::Long);
    }
    let mut letters = password.chars();
    let first = letters.next();
    let folded = folded(&password);
    let bare = without_blanks(&folded);
    if letters.all(|letter| Some(letter) == first) || known.iter().any(|known| names(known.as_ref(), &bare)) {
        return Err(WeakPassword::Guessable);
    }
    if common::has(&folded) { Err(WeakPassword::Common) } else { Ok(()) }
}

/// Whether these letters are this name or address, or what stands before the address's `@`.
fn names(known: &str, letters: &str) -> bool {
    let known = without_blanks(&folded(&composed(known)));
    known == letters || known.split_once('@').is_some_and(|(local, _)| local == letters)
}

/// As the common ones are listed.
fn folded(password: &str) -> String {
    password.to_lowercase()
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// The same text with each letter as one (NFC). In the Worker it is the runtime that knows how: its tables would be the
/// largest thing in the Wasm.
#[cfg(target_arch = "wasm32")]
fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        text.into()
    } else {
        String::from(js_sys::JsString::from(text).normalize("NFC")).into()
    }
}

/// The same text with each letter as one (NFC).
#[cfg(not(target_arch = "wasm32"))]
fn composed(text: &str) -> Cow<'_, str> {
    icu_normalizer::ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// Hashes a password into a PHC string that carries its own parameters.
///
/// About 60 ms in Wasm: call it once a request, and only after everything that could refuse the request cheaply.
///
/// # Errors
/// None that input can cause.
pub fn hash(password: &str, salt: [u8; 16]) -> Result<String, argon2::password_hash::Error> {
    let salt = SaltString::encode_b64(&salt)?;
    let (memory, passes, lanes) = PARAMETERS;
    let params = Params::new(memory, passes, lanes, None)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params)?,
        salt: Some(salt.as_salt()),
        hash: Some(digest(password, Algorithm::Argon2id, Version::V0x13, params, salt.as_salt())?),
    };
    Ok(hash.to_string())
}

/// Memory never shrinks in Wasm, and what was freed of 19 MiB is soon in pieces that the next hash doesn't fit in: so it is kept.
fn digest(
    password: &str,
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Salt<'_>,
) -> Result<Output, argon2::password_hash::Error> {
    thread_local! {
        static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
    }
    let mut salt_bytes = [0; Salt::MAX_LENGTH];
    let salt = salt.decode_b64(&mut salt_bytes)?;
    let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let blocks = params.block_count();
    let argon2 = Argon2::new(algorithm, version, params);
    MEMORY.with_borrow_mut(|memory| {
        if memory.len() < blocks {
            memory.resize(blocks, Block::new());
        }
        Output::init_with(length, |output| {
            Ok(argon2.hash_password_into_with_memory(composed(password).as_bytes(), salt, output, memory)?)
        })
    })
}

/// Whether a hash was made with other parameters than a new one would be: whoever has just typed the password gets a new one.
#[must_use]
pub fn is_dated(hash: &str) -> bool {
    let current = |params: Params| (params.m_cost(), params.t_cost(), params.p_cost()) == PARAMETERS;
    let parsed = PasswordHash::new(hash).ok();
    !parsed.is_some_and(|parsed| {
        parsed.algorithm == Algorithm::Argon2id.ident()
            && parsed.version == Some(Version::V0x13.into())
            && Params::try_from(&parsed).is_ok_and(current)
    })
}

/// Whether the password is the one that was hashed, with the parameters that it was hashed with. Without a hash it does the same work and says no, so that an answer's
/// time doesn't tell whether an account exists.
#[must_use]
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    let parsed = hash.and_then(|hash| PasswordHash::new(hash).ok());
    let known = parsed.as_ref().and_then(|parsed| {
        let algorithm = Algorithm::try_from(parsed.algorithm).ok()?;
        let version = parsed.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
        let params = Params::try_from(parsed).ok()?;
        Some((digest(password, algorithm, version, params, parsed.salt?).ok()?, parsed.hash?))
    });
    if let Some((digest, expected)) = known {
        // In constant time, as `Output` compares.
        digest == expected
    } else {
        let _ = self::hash(password, [0; 16]);
        false
    }
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher;

    use super::*;

    const NOBODY: [&str; 0] = [];

    #[test]
    fn length_is_counted_in_characters_and_has_both_ends() {
        assert_eq!(check(&"äb".repeat(5), &NOBODY), Err(WeakPassword::Short));
        assert_eq!(check(&"äb".repeat(6), &NOBODY), Ok(()));
        assert_eq!(check(&"äb".repeat(64), &NOBODY), Ok(()));
        assert_eq!(check(&"äb".repeat(65), &NOBODY), Err(WeakPassword::Long));
    }

    #[test]
    fn length_is_counted_once_letters_are_composed() {
        assert_eq!(check(&"a\u{308}".repeat(11), &NOBODY), Err(WeakPassword::Short));
        assert_eq!(check(&"a\u{308}b".repeat(64), &NOBODY), Ok(()));
    }

    #[test]
    fn there_are_no_rules_of_what_it_is_made_of() {
        for password in ["plain small letters", "000111222999", "ΣΣΣΣ ΣΣΣΣ ΩΩΩΩ", "            x"]
        {
            assert_eq!(check(password, &["ana@client.test"]), Ok(()), "{password}");
        }
    }

    #[test]
    fn what_is_known_of_somebody_is_no_password_and_what_contains_it_is() {
        let known = ["ana.client.lund@client.test", "Ana Maria Client", "Example Studio Ü"];
        for password in [
            "Ana.Client.Lund@client.test",
            "ana.client.lund",
            "ana maria client",
            "AnaMariaClient",
            "example studio u\u{308}",
            "aaaaaaaaaaaaaaaa",
        ] {
            assert_eq!(check(password, &known), Err(WeakPassword::Guessable), "{password}");
        }
        for password in ["ana.client.lund@client.tes", "Ana Maria Client's", "the Example Studio Ü"] {
            assert_eq!(check(password, &known), Ok(()), "{password}");
        }
    }

    #[test]
    fn a_common_password_is_refused_in_whatever_case_and_only_as_a_whole() {
        for password in
            ["passwordpassword", "PasswordPassword", "1QAZ2wsx3edc", "correct horse battery staple"]
        {
            assert_eq!(check(password, &NOBODY), Err(WeakPassword::Common), "{password}");
        }
        for password in ["passwordpasswords and more", "my 1qaz2wsx3edc", "correct horse battery staples"] {
            assert_eq!(check(password, &NOBODY), Ok(()), "{password}");
        }
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

    #[test]
    fn the_same_letters_are_the_same_password_however_they_were_typed() {
        let hashed = hash("Zwölf Boxkämpfer", [3; 16]).unwrap();
        assert!(verify("Zwo\u{308}lf Boxka\u{308}mpfer", Some(&hashed)));
        assert!(!verify("Zwolf Boxkampfer", Some(&hashed)));
    }

    #[test]
    fn a_hash_of_other_parameters_verifies_and_is_dated() {
        let params = Params::new(8 * 1024, 1, 1, None).unwrap();
        let older = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let salt = SaltString::encode_b64(&[3; 16]).unwrap();
        let older = older.hash_password(b"correct horse battery", &salt).unwrap().to_string();
        assert!(older.starts_with("$argon2id$v=19$m=8192,t=1,p=1$"));
        assert!(verify("correct horse battery", Some(&older)));
        assert!(!verify("correct horse batterz", Some(&older)));
        assert!(is_dated(&older));
        assert!(!is_dated(&hash("correct horse battery", [3; 16]).unwrap()));
    }

    #[test]
    fn in_memory_that_another_password_was_hashed_in_a_hash_is_the_same() {
        let params = Params::new(8 * 1024, 1, 1, None).unwrap();
        let salt = SaltString::encode_b64(&[7; 16]).unwrap();
        let kept = |password: &str| {
            digest(password, Algorithm::Argon2id, Version::V0x13, params.clone(), salt.as_salt()).unwrap()
        };
        let fresh = |password: &str| {
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
            argon2.hash_password(password.as_bytes(), &salt).unwrap().hash.unwrap()
        };
        hash("something longer that came before", [9; 16]).unwrap();
        for password in ["correct horse battery", "another one altogether", "correct horse battery"] {
            assert_eq!(kept(password), fresh(password), "{password}");
        }
    }
}

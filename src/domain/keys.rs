//! The root keys and the tokens signed under them.
//!
//! Every kind of token has a *purpose*, and every purpose a key of its own, derived from a root key: a form nonce can't
//! pass as an invitation, because nothing signed with one key verifies with the other. Root keys have names (`kid`); the
//! first signs and all verify, so a new key can be put in front while links signed by the old one stay open.

mod host;

use base64ct::{Base64UrlUnpadded, Encoding};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use jwt_compact::alg::{Hs256, Hs256Key};
use jwt_compact::{AlgorithmExt, Claims, Header, UntrustedToken};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::domain::order;
use crate::domain::time::Timestamp;

/// No token of ours is longer; longer ones are refused before they are parsed.
const LONGEST_TOKEN: usize = 1024;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The link of an invitation.
    Invitation,
    /// A form on one of our pages, see [`crate::domain::nonce`].
    Form,
    /// A link to set a password, see [`crate::domain::password_link`].
    Password,
    /// A link to set a forgotten password anew, see [`crate::domain::reset_link`].
    Reset,
    /// A link that proves a mailbox of somebody who wants another address, see [`crate::domain::email_link`].
    Email,
    /// A code that hands somebody over to the host product, see [`crate::domain::hand_over`].
    HandOver,
}

impl Purpose {
    const ALL: [Self; 6] =
        [Self::Invitation, Self::Form, Self::Password, Self::Reset, Self::Email, Self::HandOver];

    /// The `aud` claim, and what the key is derived with.
    const fn audience(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Form => "form",
            Self::Password => "password",
            Self::Reset => "reset",
            Self::Email => "email",
            Self::HandOver => "hand-over",
        }
    }

    /// The `typ` header.
    const fn token_type(self) -> &'static str {
        match self {
            Self::Invitation => "invitation+jwt",
            Self::Form => "form+jwt",
            Self::Password => "password+jwt",
            Self::Reset => "reset+jwt",
            Self::Email => "email+jwt",
            Self::HandOver => "hand-over+jwt",
        }
    }
}

/// Why root keys were refused. Names the key, never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The setting is empty.
    #[error("no root key")]
    None,
    /// Not `kid:base64url`.
    #[error("root key {0} is not written as name:base64url, the name of 1 to 16 letters, digits or hyphens")]
    Form(usize),
    /// Fewer than 32 bytes, or an example value such as one byte over and over.
    #[error("root key {0:?} is weak: make it from 32 random bytes")]
    Weak(String),
    /// Two keys have one name.
    #[error("two root keys are named {0:?}")]
    Twice(String),
}

struct RootKey {
    id: String,
    /// What the key is made from that signs for host products.
    host: [[u8; 32]; 2],
    derived: Vec<(Purpose, Hs256Key)>,
    /// For what is sealed rather than signed.
    sealing: XChaCha20Poly1305,
}

/// The live root keys. Has no `Debug`: its insides are secrets.
pub struct KeyRing {
    issuer: String,
    keys: Vec<RootKey>,
}

/// Claims that every token has, around what its purpose adds.
#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    iss: String,
    aud: String,
    #[serde(flatten)]
    rest: T,
}

/// What a token turned out to be. An expired one still says what it was for, so that a new one can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened<T> {
    /// Signed by us for this purpose and still good; what the purpose put in.
    Live(T),
    /// Signed by us for this purpose, and over since then; what the purpose put in opens nothing any more.
    Expired(T, Timestamp),
    /// Anything else.
    Forged,
}

impl KeyRing {
    /// Parses `kid:base64url,kid:base64url`; the first signs. `issuer` is ORIGIN, which every token carries.
    ///
    /// # Errors
    /// Says which key is missing, malformed, weak or named twice.
    pub fn parse(text: &str, issuer: &str) -> Result<Self, KeyError> {
        let mut keys: Vec<RootKey> = Vec::new();
        for (place, written) in text.split(',').map(str::trim).filter(|key| !key.is_empty()).enumerate() {
            let (id, secret) = written.split_once(':').ok_or(KeyError::Form(place + 1))?;
            let named = (1..=16).contains(&id.len())
                && id.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'-');
            let secret = Base64UrlUnpadded::decode_vec(secret).map_err(|_| KeyError::Form(place + 1))?;
            if !named {
                return Err(KeyError::Form(place + 1));
            }
            if is_weak(&secret) {
                return Err(KeyError::Weak(id.to_owned()));
            }
            if keys.iter().any(|known| known.id == id) {
                return Err(KeyError::Twice(id.to_owned()));
            }
            let derived = Purpose::ALL.map(|purpose| (purpose, derive(&secret, purpose))).into();
            let sealing = XChaCha20Poly1305::new(&expand(&secret, SEALING).into());
            let host = host::NAMES.map(|name| expand(&secret, name));
            keys.push(RootKey { id: id.to_owned(), host, derived, sealing });
        }
        if keys.is_empty() { Err(KeyError::None) } else { Ok(Self { issuer: issuer.to_owned(), keys }) }
    }

    /// Signs claims of our own making. Never pass in what a caller sent.
    pub fn sign<T: Serialize>(&self, purpose: Purpose, rest: T, expires_at: Timestamp) -> String {
        let sealed = Sealed { iss: self.issuer.clone(), aud: purpose.audience().to_owned(), rest };
        let mut claims = Claims::new(sealed);
        claims.expiration = chrono::DateTime::from_timestamp(expires_at.seconds(), 0);
        let signed = self.keys.first().and_then(|key| {
            let header = Header::empty().with_key_id(&*key.id).with_token_type(purpose.token_type());
            Hs256.token(&header, &claims, key.for_purpose(purpose)?).ok()
        });
        // Both can't be missing: `parse` refuses an empty ring, and our claims are always JSON.
        signed.unwrap_or_default()
    }

    /// Reads a token for one purpose, with no I/O. At `exp` it is expired. A forged token, one for another purpose and one
    /// from another deployment get one answer.
    #[must_use]
    pub fn open<T: DeserializeOwned>(&self, purpose: Purpose, token: &str, now: Timestamp) -> Opened<T> {
        match self.verify(purpose, token) {
            None => Opened::Forged,
            Some((claims, expires_at)) if now >= expires_at => Opened::Expired(claims, expires_at),
            Some((claims, _)) => Opened::Live(claims),
        }
    }

    /// Verifies a token by signature, issuer, audience and type; answers what is in it, and when it ends.
    fn verify<T: DeserializeOwned>(&self, purpose: Purpose, token: &str) -> Option<(T, Timestamp)> {
        if token.len() > LONGEST_TOKEN {
            return None;
        }
        let untrusted = UntrustedToken::new(token).ok()?;
        let header = untrusted.header();
        let named = header.key_id.as_deref()?;
        let key = self.keys.iter().find(|key| key.id == named)?.for_purpose(purpose)?;
        if header.token_type.as_deref() != Some(purpose.token_type()) {
            return None;
        }
        // This checks the algorithm and the signature, and nothing else.
        let token = Hs256.validator::<Sealed<T>>(key).validate(&untrusted).ok()?;
        let expires_at = Timestamp::from_seconds(token.claims().expiration?.timestamp());
        let sealed = &token.claims().custom;
        if sealed.iss != self.issuer || sealed.aud != purpose.audience() {
            return None;
        }
        let (_, claims) = token.into_parts();
        Some((claims.custom.rest, expires_at))
    }
}

/// Of a sealed secret, before it.
const NONCE: usize = 24;
/// What the key is derived with that seals: named after second factors, the first that were.
const SEALING: &str = "second-factor";

impl KeyRing {
    /// Seals the secret of a second factor or of a webhook, so that whoever copies the database has nothing: under the first root
    /// key, whose name it bears, and for one account or webhook only.
    #[must_use]
    pub fn seal(&self, whose: &str, secret: &[u8], nonce: [u8; NONCE]) -> Option<String> {
        let key = self.keys.first()?;
        let payload = Payload { msg: secret, aad: whose.as_bytes() };
        let sealed = key.sealing.encrypt(&XNonce::from(nonce), payload).ok()?;
        Some(format!("{}.{}", key.id, Base64UrlUnpadded::encode_string(&[&nonce, &*sealed].concat())))
    }

    /// Whether it was sealed under the first root key: else it is to be sealed anew while it can be opened.
    #[must_use]
    pub fn is_newest(&self, sealed: &str) -> bool {
        self.keys.first().is_some_and(|key| sealed.split_once('.').is_some_and(|(id, _)| id == key.id))
    }

    /// Opens what was sealed; nothing if it was for another account, was changed, or its root key is gone.
    #[must_use]
    pub fn unseal(&self, whose: &str, sealed: &str) -> Option<Vec<u8>> {
        let (id, text) = sealed.split_once('.')?;
        let key = self.keys.iter().find(|key| key.id == id)?;
        let bytes = Base64UrlUnpadded::decode_vec(text).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
        key.sealing.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: whose.as_bytes() }).ok()
    }
}

impl RootKey {
    fn for_purpose(&self, purpose: Purpose) -> Option<&Hs256Key> {
        self.derived.iter().find(|(known, _)| *known == purpose).map(|(_, key)| key)
    }
}

fn derive(secret: &[u8], purpose: Purpose) -> Hs256Key {
    Hs256Key::new(expand(secret, purpose.audience()))
}

/// The key for one use of a root key.
fn expand(secret: &[u8], name: &str) -> [u8; 32] {
    let mut key = [0; 32];
    let info = [b"usher/v1/", name.as_bytes()].concat();
    // Expanding fails only for more than 255 blocks; this is one.
    let _ = Hkdf::<Sha256>::new(None, secret).expand(&info, &mut key);
    key
}

/// Short, or counting up, or with so few different bytes that nobody drew it at random (32 random bytes have under 16 different ones less
/// than once in 10¹⁵).
fn is_weak(secret: &[u8]) -> bool {
    let seen = order::once(secret);
    let steps: Vec<u8> =
        secret.iter().zip(secret.iter().skip(1)).map(|(one, next)| next.wrapping_sub(*one)).collect();
    let counts_up = steps.iter().zip(steps.iter().skip(1)).all(|(one, next)| one == next);
    secret.len() < 32 || seen.len() < 16 || counts_up
}

#[cfg(test)]
mod tests;

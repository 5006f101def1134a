//! Tokens for host products (ES256): what a product checks by itself, without asking us, with the public keys at
//! `/.well-known/jwks.json`.
//!
//! Each root key has a pair of its own, derived from it: there is nothing more to keep, and keys rotate as those of the links
//! do. The first signs, and all are listed.

use std::borrow::Cow;
use std::num::NonZeroUsize;

use base64ct::{Base64UrlUnpadded, Encoding};
use jwt_compact::{Algorithm, AlgorithmExt, AlgorithmSignature, Claims, Header};
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use serde_json::{Map, Value, json};

use super::{KeyRing, RootKey};
use crate::domain::time::Timestamp;

/// What the pair is derived with. Once in 2³² root keys the first is no scalar of the curve, and then the second is taken.
pub(super) const NAMES: [&str; 2] = ["host-token", "host-token-2"];

/// ES256 (RFC 7518). jwt-compact's own doesn't compile without another curve beside it (0.8.0).
struct Es256;

/// A signature as tokens carry it: two numbers of 32 bytes.
struct Pair(Signature);

impl AlgorithmSignature for Pair {
    const LENGTH: Option<NonZeroUsize> = NonZeroUsize::new(64);

    fn try_from_slice(slice: &[u8]) -> anyhow::Result<Self> {
        Signature::from_slice(slice).map(Self).map_err(anyhow::Error::msg)
    }

    fn as_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.0.to_bytes().to_vec())
    }
}

impl Algorithm for Es256 {
    type SigningKey = SigningKey;
    type VerifyingKey = VerifyingKey;
    type Signature = Pair;

    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed("ES256")
    }

    fn sign(&self, key: &SigningKey, message: &[u8]) -> Pair {
        Pair(key.sign(message))
    }

    fn verify_signature(&self, signature: &Pair, key: &VerifyingKey, message: &[u8]) -> bool {
        key.verify(message, &signature.0).is_ok()
    }
}

impl RootKey {
    fn host_key(&self) -> Option<SigningKey> {
        self.host.iter().find_map(|bytes| SigningKey::from_slice(bytes).ok())
    }
}

impl KeyRing {
    /// Signs claims for a host product: of our own making, never what a caller sent. With who signed, and from when to when.
    #[must_use]
    pub fn sign_for_host(&self, mut claims: Map<String, Value>, now: Timestamp, ends: Timestamp) -> String {
        claims.insert("iss".to_owned(), self.issuer.as_str().into());
        let mut claims = Claims::new(claims);
        claims.issued_at = chrono::DateTime::from_timestamp(now.seconds(), 0);
        claims.expiration = chrono::DateTime::from_timestamp(ends.seconds(), 0);
        let signed = self.keys.first().and_then(|key| {
            let header = Header::empty().with_key_id(&*key.id).with_token_type("JWT");
            Es256.token(&header, &claims, &key.host_key()?).ok()
        });
        // As for the other tokens: none of it can be missing.
        signed.unwrap_or_default()
    }

    /// The public keys, as a JSON Web Key Set (RFC 7517).
    #[must_use]
    pub fn public_keys(&self) -> Value {
        let public = |key: &RootKey| {
            let point = key.host_key()?.verifying_key().to_encoded_point(false);
            let number = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
            Some(json!({
                "kty": "EC", "crv": "P-256", "x": number(point.x()?), "y": number(point.y()?),
                "kid": key.id, "use": "sig", "alg": "ES256",
            }))
        };
        json!({"keys": self.keys.iter().filter_map(public).collect::<Vec<_>>()})
    }
}

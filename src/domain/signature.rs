//! Whose word an event from outside is: the signatures of Svix (Resend's, and those of Standard Webhooks) and of Stripe, over
//! the bytes as they came.
//!
//! The rule: whoever signs names the moment, and what is more than five minutes from now, either way, counts for nothing. So
//! what somebody overheard is no use later, and the event's id, which is applied once, guards those minutes.

use base64ct::{Base64, Encoding};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::domain::time::Timestamp;

/// How far the signer's clock may be from ours, in seconds.
const TOLERANCE: i64 = 300;

/// As many signatures as are looked at: a secret that is being replaced makes two.
const MOST: usize = 8;

/// A secret as Standard Webhooks has it: `whsec_` and base64 of 24 to 64 bytes. Has no `Debug`.
pub struct Secret(Vec<u8>);

impl Secret {
    /// Reads one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Base64::decode_vec(text.strip_prefix("whsec_")?).ok()?;
        (24..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// One of our own, from entropy.
    #[must_use]
    pub fn new(entropy: [u8; 32]) -> Self {
        Self(entropy.to_vec())
    }

    /// One that was kept.
    #[must_use]
    pub fn of(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Its bytes, to be sealed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As its holder is told it, once.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("whsec_{}", Base64::encode_string(&self.0))
    }

    /// Signs a message as Standard Webhooks 1.0 says: `v1,` and base64 of the HMAC-SHA256 over `{id}.{timestamp}.{body}`.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: &str, body: &str) -> String {
        let mut code = [0; 32];
        // Any key will do for this HMAC; a signature of zeros, which verifies nowhere, is what a failure would be.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) {
            for part in [id, ".", timestamp, ".", body] {
                mac.update(part.as_bytes());
            }
            code = mac.finalize().into_bytes().into();
        }
        format!("v1,{}", Base64::encode_string(&code))
    }
}

/// The headers that a signature comes with.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// `svix-id`: the event's.
    pub id: &'a str,
    /// `svix-timestamp`: seconds since the epoch.
    pub timestamp: &'a str,
    /// `svix-signature`: `v1,<base64>`, several by blanks.
    pub signature: &'a str,
}

/// Whether the secret's holder signed this body, now. HMAC-SHA256 over `{id}.{timestamp}.{body}`; any of the signatures may be
/// right, and those of another kind than `v1` are nothing to us.
#[must_use]
pub fn is_svix(secret: &Secret, signed: Signed<'_>, body: &[u8], now: Timestamp) -> bool {
    let mut candidates = signed.signature.split(' ').filter_map(|one| {
        let mut bytes = [0; 32];
        let decoded = Base64::decode(one.strip_prefix("v1,")?, &mut bytes).ok()?;
        (decoded.len() == 32).then_some(bytes)
    });
    is_now(signed.timestamp, now)
        && is_any(
            &secret.0,
            &[signed.id.as_bytes(), b".", signed.timestamp.as_bytes(), b".", body],
            &mut candidates,
        )
}

/// Whether the secret's holder signed this body, now: `Stripe-Signature: t=…,v1=<hex>`, with several `v1` while a secret is
/// being replaced. HMAC-SHA256 over `{t}.{body}`; the key is the secret as it is written.
#[must_use]
pub fn is_stripe(secret: &str, header: &str, body: &[u8], now: Timestamp) -> bool {
    let of = |wanted| {
        header.split(',').filter_map(move |part| {
            let (name, value) = part.trim().split_once('=')?;
            (name == wanted).then_some(value)
        })
    };
    let Some(timestamp) = of("t").next() else { return false };
    let mut candidates = of("v1").filter_map(hex);
    is_now(timestamp, now) && is_any(secret.as_bytes(), &[timestamp.as_bytes(), b".", body], &mut candidates)
}

/// Whether this moment is within the tolerance. It is written in one way: what is signed is the text.
fn is_now(seconds: &str, now: Timestamp) -> bool {
    let digits =
        !seconds.is_empty() && seconds.len() <= 12 && seconds.bytes().all(|digit| digit.is_ascii_digit());
    let then = seconds.parse::<i64>().ok().filter(|_| digits);
    then.is_some_and(|then| (now.millis() / 1000 - then).abs() <= TOLERANCE)
}

/// Whether one of these is what the key makes of the parts, in a time that doesn't tell how much of it is right.
fn is_any(key: &[u8], parts: &[&[u8]], candidates: &mut dyn Iterator<Item = [u8; 32]>) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return false };
    for part in parts {
        mac.update(part);
    }
    candidates.take(MOST).any(|candidate| mac.clone().verify_slice(&candidate).is_ok())
}

/// 32 bytes in hexadecimal, small letters only, as they are sent.
fn hex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; 32];
    let mut digits = text.bytes();
    for byte in &mut bytes {
        *byte = digit(digits.next()?)? << 4 | digit(digits.next()?)?;
    }
    digits.next().is_none().then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the specification of Standard Webhooks and its libraries: secret, id, timestamp, body, signature.
    const SVIX: [(&str, &str, i64, &str, &str); 3] = [
        (
            "whsec_plJ3nmyCDGBKInavdOK15jsl",
            "msg_loFOjxBNrRLzqYUf",
            1_731_705_121,
            r#"{"event_type":"ping","data":{"success":true}}"#,
            "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
        ),
        (
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553,
            r#"{"email":"test@example.com","username":"test_user"}"#,
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        ),
        (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
    ];

    /// Of the tests of `async-stripe`: secret, timestamp, signature; the body is in the file.
    const STRIPE: (&str, i64, &str, &str) = (
        "secret",
        1_533_204_620,
        "d7373bc68f4bd320b253cd7461f87af6e1cdf1b4d7db1614d8d1d746972d2d0a",
        r#"{"account":"acct_123","api_version":"2017-05-25","created":1533204620,"data":{"object":{"amount":1000,"currency":"usd","customer":"cus_123","date":1533204620,"description":"Test Invoice Item","discountable":false,"id":"ii_123","invoice":"in_123","livemode":false,"metadata":{},"object":"invoiceitem","period":{"end":1533204620,"start":1533204620},"proration":false,"quantity":3,"quantity_decimal":"0"}},"id":"evt_123","livemode":false,"object":"event","pending_webhooks":1,"request":{"id":"req_123","idempotency_key":"idempotency-key-123"},"type":"invoiceitem.created"}"#,
    );

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn the_published_vectors_of_standard_webhooks_are_taken_and_made() {
        for (secret, id, seconds, body, signature) in SVIX {
            let text = secret;
            // One of those that are published is shorter than we take any.
            let secret = Secret::of(Base64::decode_vec(secret.strip_prefix("whsec_").unwrap()).unwrap());
            assert_eq!(secret.sign(id, &seconds.to_string(), body), signature);
            assert_eq!(secret.reveal(), text);
            let timestamp = &*seconds.to_string();
            let is = |signature: &str, body: &str, now: i64| {
                is_svix(&secret, Signed { id, timestamp, signature }, body.as_bytes(), at(now))
            };
            assert!(is(signature, body, seconds));
            assert!(is(&format!("v1,{} v1a,AAAA {signature}", "A".repeat(43) + "="), body, seconds));
            for (now, good) in [(300, true), (301, false), (-300, true), (-301, false)] {
                assert_eq!(is(signature, body, seconds + now), good, "{now}");
            }
            assert!(!is(signature, &body.replacen('e', "3", 1), seconds));
            // `v1,` by itself was taken by a library once (RUSTSEC-2024-0010).
            for wrong in [
                "",
                "v1,",
                "v1",
                ",",
                "v1,v1,",
                " ",
                &signature[..20],
                &signature[3..],
                &signature.replace("v1,", "v2,"),
            ] {
                assert!(!is(wrong, body, seconds), "{wrong}");
            }
            for changed in [
                Signed { id: "msg_other", timestamp, signature },
                Signed { id, timestamp: &format!("{}", seconds + 1), signature },
            ] {
                assert!(!is_svix(&secret, changed, body.as_bytes(), at(seconds)), "{changed:?}");
            }
        }
    }

    #[test]
    fn the_published_vector_of_stripe_is_taken() {
        let (secret, seconds, signature, body) = STRIPE;
        let is = |header: &str, body: &str, now: i64| is_stripe(secret, header, body.as_bytes(), at(now));
        let header = format!("t={seconds},v1={signature}");
        assert!(is(&header, body, seconds));
        let zeros = "0".repeat(64);
        for good in [
            format!("t={seconds},v1={zeros},v1={signature},v0={zeros}"),
            format!("t={seconds},v1={signature},v1={zeros}"),
            format!("t={seconds}, v1={signature}"),
        ] {
            assert!(is(&good, body, seconds), "{good}");
        }
        for (now, good) in [(300, true), (301, false), (-300, true), (-301, false)] {
            assert_eq!(is(&header, body, seconds + now), good, "{now}");
        }
        assert!(!is(&header, &body.replace("1000", "1001"), seconds));
        assert!(!is_stripe("secreT", &header, body.as_bytes(), at(seconds)));
        for wrong in [
            String::new(),
            format!("v1={signature}"),
            format!("t={seconds}"),
            format!("t={seconds},v1="),
            format!("t={seconds},v0={signature}"),
            format!("t={seconds},v1={}", signature.to_uppercase()),
            format!("t={seconds},v1={signature}00"),
            format!("t=+{seconds},v1={signature}"),
            format!("t={},v1={signature}", seconds + 1),
            format!("t=9999999999999999999,v1={signature}"),
        ] {
            assert!(!is(&wrong, body, seconds), "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_long_enough_and_written_as_it_is_given_out() {
        for wrong in [
            "",
            "whsec_",
            "whsec_C2FV",
            "C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7o!",
        ] {
            assert!(Secret::parse(wrong).is_none(), "{wrong}");
        }
        assert!(Secret::parse(&format!("whsec_{}", Base64::encode_string(&[7; 65]))).is_none());
    }
}

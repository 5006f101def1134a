//! Postmark's events (<https://postmarkapp.com/developer/webhooks/webhooks-overview>). They are not signed: whoever sends them
//! knows a secret that stands in the hook's address, and so comes as the password of basic authentication (RFC 7617).

use base64ct::{Base64, Encoding};
use serde_json::Value;

use super::{Read, message};
use crate::domain::invitation::{Delivery, Obstruction};
use crate::domain::secret;
use crate::json::at;

/// Whether these credentials hold the secret: as the password of any user, or whole, where the setting names the user too.
#[must_use]
pub fn knows(secret: &str, authorization: &str) -> bool {
    let (scheme, encoded) = authorization.split_once(' ').unwrap_or_default();
    let credentials = Base64::decode_vec(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let credentials = credentials.filter(|_| scheme.eq_ignore_ascii_case("basic")).unwrap_or_default();
    let (_, password) = credentials.split_once(':').unwrap_or_default();
    secret::same(password, secret) | secret::same(&credentials, secret)
}

/// What an event is. They give it no id: a message, what became of it and when are one.
#[must_use]
pub fn read(event: &Value) -> Read {
    let of = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    let (delivery, time) = match of("RecordType") {
        "Delivery" => (Delivery::Delivered, of("DeliveredAt")),
        "SpamComplaint" => (Delivery::Complained, of("BouncedAt")),
        "Bounce" => match bounced(of("Type"), at(event, "/Inactive") == true) {
            Some(delivery) => (delivery, of("BouncedAt")),
            None => return Read::Nothing,
        },
        _ => return Read::Nothing,
    };
    let id = format!("{}:{}:{time}", of("MessageID"), of("RecordType"));
    message(id, at(event, "/MessageID"), delivery, time, obstruction(of("Type")))
}

/// Why, as a bounce's type says it. `SoftBounce` says several things at once: a full mailbox, or a server that is away.
fn obstruction(kind: &str) -> Option<Obstruction> {
    match kind {
        "HardBounce" | "BadEmailAddress" => Some(Obstruction::NoMailbox),
        "DnsError" => Some(Obstruction::NoServer),
        "SpamNotification" | "Blocked" | "DMARCPolicy" => Some(Obstruction::Filtered),
        "ManuallyDeactivated" => Some(Obstruction::Suppressed),
        _ => None,
    }
}

/// What a bounce of this type means. Some say only that somebody is on holiday, or has moved.
fn bounced(kind: &str, sends_no_more: bool) -> Option<Delivery> {
    match kind {
        "SpamComplaint" => Some(Delivery::Complained),
        "HardBounce" | "BadEmailAddress" | "ManuallyDeactivated" => Some(Delivery::Bounced),
        _ if sends_no_more => Some(Delivery::Bounced),
        "Transient" | "DnsError" => Some(Delivery::Delayed),
        "Subscribe"
        | "Unsubscribe"
        | "AutoResponder"
        | "AddressChange"
        | "OpenRelayTest"
        | "ChallengeVerification"
        | "Unconfirmed"
        | "InboundError" => None,
        // A full mailbox, a filter: another message may arrive.
        _ => Some(Delivery::Failed),
    }
}

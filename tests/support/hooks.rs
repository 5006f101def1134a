//! Others who tell something: they sign as Resend, Postmark and Stripe do.

use std::fmt::Write as _;

use base64ct::{Base64, Encoding};
use hmac::{Hmac, Mac};
use http::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use usher::domain::time::Timestamp;

use super::client::{Answer, Client};
use super::platform::{POSTMARK_SECRET, RESEND_SECRET, STRIPE_SECRET, World};

pub const RESEND: &str = "/hooks/email/resend";
pub const POSTMARK: &str = "/hooks/email/postmark";
pub const STRIPE: &str = "/hooks/billing/stripe";

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// Svix's signature.
pub fn svix(secret: &str, id: &str, seconds: i64, body: &[u8]) -> String {
    let key = Base64::decode_vec(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let seconds = seconds.to_string();
    let signed = mac(&key, &[id.as_bytes(), b".", seconds.as_bytes(), b".", body]);
    format!("v1,{}", Base64::encode_string(&signed))
}

/// Stripe's header.
pub fn stripe(secret: &str, seconds: i64, body: &[u8]) -> String {
    let signed = mac(secret.as_bytes(), &[seconds.to_string().as_bytes(), b".", body]);
    let hex = signed.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    format!("t={seconds},v1={hex}")
}

/// Credentials of basic authentication.
pub fn basic(credentials: &str) -> String {
    format!("Basic {}", Base64::encode_string(credentials.as_bytes()))
}

/// Another service, which has no cookie and no origin.
pub fn other(world: &World) -> Client {
    world.client().with_header("origin", "")
}

/// Posts these bytes.
pub fn post(mut by: Client, path: &str, body: &[u8]) -> Answer {
    by.send(&Method::POST, path, Some("application/json"), body.to_vec())
}

/// Resend tells an event, signed now.
pub fn resend_tells(world: &World, id: &str, event: &Value) -> Answer {
    let (body, now) = (event.to_string(), world.now().seconds());
    let by = other(world)
        .with_header("svix-id", id)
        .with_header("svix-timestamp", &now.to_string())
        .with_header("svix-signature", &svix(RESEND_SECRET, id, now, body.as_bytes()));
    post(by, RESEND, body.as_bytes())
}

/// Postmark tells an event.
pub fn postmark_tells(world: &World, event: &Value) -> Answer {
    let by = other(world).with_header("authorization", &basic(&format!("usher:{POSTMARK_SECRET}")));
    post(by, POSTMARK, event.to_string().as_bytes())
}

/// Stripe tells an event, signed now.
pub fn stripe_tells(world: &World, event: &Value) -> Answer {
    let body = event.to_string();
    let by = other(world)
        .with_header("stripe-signature", &stripe(STRIPE_SECRET, world.now().seconds(), body.as_bytes()));
    post(by, STRIPE, body.as_bytes())
}

/// An event of Resend's about a message.
pub fn resend_event(kind: &str, message: &str, bounce: Option<&str>) -> Value {
    let mut event = json!({
        "type": kind, "created_at": "2026-11-22T23:41:12.126Z",
        "data": {
            "broadcast_id": "8b146471-e88e-4322-86af-016cd36fd216", "created_at": "2026-11-22T23:41:11.894719+00:00",
            "email_id": message, "from": "Example Studio via Usher <invites@usher.test>",
            "to": ["mia.member@studio.test"], "subject": "Olga Owner invited you to Example Studio",
            "tags": {"category": "confirm_email"},
        },
    });
    if let Some(bounce) = bounce {
        event["data"]["bounce"] = json!({"type": bounce, "subType": "General", "message": "It came back."});
    }
    event
}

/// An event of Stripe's about a subscription.
pub struct Subscription<'a> {
    pub event: &'a str,
    pub kind: &'a str,
    pub id: &'a str,
    pub organization: &'a str,
    pub status: &'a str,
    pub plan: &'a str,
    pub seats: i64,
    /// Seconds after the world began.
    pub begun: i64,
    pub told: i64,
}

impl Subscription<'_> {
    pub fn event(&self, began: Timestamp) -> Value {
        let began = began.seconds();
        json!({
            "id": self.event, "object": "event", "api_version": "2026-10-28", "created": began + self.told,
            "livemode": true, "pending_webhooks": 1, "type": format!("customer.subscription.{}", self.kind),
            "request": {"id": null, "idempotency_key": null},
            "data": {"object": {
                "id": self.id, "object": "subscription", "status": self.status, "created": began + self.begun,
                "customer": "cus_Q1", "cancel_at_period_end": false,
                "metadata": {"organization_id": self.organization, "sold_by": "Mia"},
                "items": {"object": "list", "has_more": false, "data": [
                    {"id": "si_0", "price": {"id": "price_0", "lookup_key": null}, "quantity": 1},
                    {"id": "si_1", "price": {"id": "price_1", "lookup_key": self.plan}, "quantity": self.seats},
                ]},
            }},
        })
    }
}

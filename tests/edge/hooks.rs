//! What others tell, through the real runtime: the bytes of a body arrive as they were signed, and the plan and the delivery
//! follow in D1. What each event means is shown natively (`tests/api/hooks*.rs`).

use base64ct::{Base64, Encoding};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::harness::{Deployment, PROVIDER_KEY, Provider, Server, Team, wait_for};

const RESEND_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const POSTMARK_SECRET: &str = "pm_8sLdHs4PqAe3vQ9c1Yb7TgJx5kR2mWz";
const STRIPE_SECRET: &str = "whsec_7TgJx5kR2mWz8NfLdHs4PqAe3vQ9c1Yb";

fn deployment(provider: &Provider) -> Deployment {
    Deployment::new()
        .set("MAIL_PROVIDER", "resend")
        .set("RESEND_API_KEY", PROVIDER_KEY)
        .set("RESEND_URL", provider.url())
        .set("RESEND_WEBHOOK_SECRET", RESEND_SECRET)
        .set("POSTMARK_WEBHOOK_SECRET", POSTMARK_SECRET)
        .set("STRIPE_WEBHOOK_SECRET", STRIPE_SECRET)
        .set("PLAN_FEATURES", r#"{"agency": ["custom_client_permissions"]}"#)
}

#[allow(clippy::disallowed_methods, reason = "the running Worker looks at its own clock")]
fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Posts these bytes as another service does. Answers the status.
fn post(server: &Server, path: &str, headers: &[(&str, &str)], body: &str) -> u16 {
    let mut service = server.client().with_header("origin", "");
    for (name, value) in headers {
        service = service.with_header(name, value);
    }
    service.send("POST", path, Some("application/json"), body.as_bytes()).status.as_u16()
}

fn resend_tells(server: &Server, id: &str, body: &str) -> u16 {
    let seconds = now().to_string();
    let key = Base64::decode_vec(&RESEND_SECRET[6..]).unwrap();
    let signature = format!("v1,{}", Base64::encode_string(&mac(&key, &format!("{id}.{seconds}.{body}"))));
    let headers = [("svix-id", id), ("svix-timestamp", &seconds), ("svix-signature", &signature)];
    post(server, "/hooks/email/resend", &headers, body)
}

fn stripe_tells(server: &Server, body: &str) -> u16 {
    let seconds = now();
    let signed = mac(STRIPE_SECRET.as_bytes(), &format!("{seconds}.{body}"));
    let hex = signed.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let header = format!("t={seconds},v1={hex}");
    post(server, "/hooks/billing/stripe", &[("stripe-signature", &header)], body)
}

fn once_delivery_is(team: &Team, invitation: &str, wanted: &str) {
    wait_for("the delivery", || (team.invitation(invitation)["delivery"] == wanted).then_some(()));
}

#[test]
fn what_becomes_of_a_message_is_told_and_a_bounce_stops_what_is_sent_there() {
    let provider = Provider::start();
    let server = deployment(&provider).start();
    server.keep_secret(PROVIDER_KEY);
    let team = Team::new(&server);
    let address = server.address("mia.member");
    let id = team.invite(&address, "member").ok().str("/id");
    once_delivery_is(&team, &id, "sent");
    let (message, _) = provider.taken(&address).remove(0);
    let event = |kind: &str| {
        // With what a parser and a printer would not leave as it is.
        format!(
            "{{\"type\" : \"{kind}\",\n \"data\":{{\"email_id\":\"{message}\", \"to\":[\"\\u006dia é 🙂\"], \"n\":1.0}}}}\r\n"
        )
    };
    assert_eq!(resend_tells(&server, "msg_1", &event("email.delivered")), 200);
    once_delivery_is(&team, &id, "delivered");
    assert_eq!(resend_tells(&server, "msg_2", &event("email.bounced")), 200);
    once_delivery_is(&team, &id, "bounced");
    assert_eq!(resend_tells(&server, "msg_1", &event("email.delivered")), 200, "told again");
    server.tick();
    let resent = team.owner.clone().post(&format!("/v1/invitations/{id}/resend"), &json!({}));
    assert_eq!(resent.refusal(), (409, "undeliverable".to_owned()));
    let events = "SELECT count(*) FROM hook_events WHERE id LIKE 'resend:' || ?1";
    assert_eq!(server.count(events, "msg_%"), 2);
    wait_for("the inviter to be told", || {
        let taken = provider.taken(&team.owner_address);
        let told =
            taken.iter().any(|(_, mail)| mail.body["subject"].as_str().unwrap().contains("did not get"));
        told.then_some(())
    });

    let headers = [("svix-id", "msg_3"), ("svix-timestamp", "1649367553"), ("svix-signature", "v1,AAAA")];
    assert_eq!(post(&server, "/hooks/email/resend", &headers, &event("email.delivered")), 401);
    let credentials =
        format!("Basic {}", Base64::encode_string(format!("usher:{POSTMARK_SECRET}").as_bytes()));
    let complaint =
        json!({"RecordType": "SpamComplaint", "MessageID": message, "BouncedAt": "2026-11-22T16:09:19Z"});
    let headers = [("authorization", credentials.as_str())];
    assert_eq!(post(&server, "/hooks/email/postmark", &headers, &complaint.to_string()), 200);
    once_delivery_is(&team, &id, "complained");
}

#[test]
fn a_plan_follows_what_is_paid_for_and_a_hook_that_is_not_set_up_is_not_there() {
    let provider = Provider::start();
    let server = deployment(&provider).set("POSTMARK_WEBHOOK_SECRET", "").start();
    server.keep_secret(PROVIDER_KEY);
    let team = Team::with_seats(&server, Some(3));
    let plan = || team.owner.clone().get(&team.path("")).ok().json()["plan"].clone();
    let event = |id: &str, kind: &str, status: &str, told: u64| {
        json!({
            "id": id, "type": format!("customer.subscription.{kind}"), "created": told,
            "data": {"object": {
                "id": "sub_1", "status": status, "created": now(), "metadata": {"organization_id": team.organization},
                "items": {"data": [{"price": {"lookup_key": "agency"}, "quantity": 12}]},
            }},
        })
        .to_string()
    };
    assert_eq!(stripe_tells(&server, &event("evt_1", "created", "active", now())), 200);
    let paid = json!({"key": "agency", "seat_limit": 12, "features": ["custom_client_permissions"], "trial_ends_at": null});
    wait_for("the plan", || (plan() == paid).then_some(()));
    let seats = team.owner.clone().get(&team.path("/seats")).ok().json();
    assert_eq!(seats["limit"], Value::from(12));
    assert_eq!(stripe_tells(&server, &event("evt_2", "deleted", "canceled", now() + 1)), 200);
    wait_for("the plan to go", || (plan()["key"] != "agency").then_some(()));
    assert_eq!(stripe_tells(&server, &event("evt_3", "updated", "active", now() - 5)), 200);
    assert_eq!(post(&server, "/hooks/billing/stripe", &[("stripe-signature", "t=1,v1=")], "{}"), 401);
    assert_eq!(post(&server, "/hooks/email/postmark", &[], "{}"), 404);
    let applied = "SELECT count(*) FROM jobs WHERE kind = ?1 AND waiting = 0";
    wait_for("the last event", || (server.count(applied, "hook_event") == 3).then_some(()));
    assert_ne!(plan()["key"], "agency", "what ended does not come back");
}

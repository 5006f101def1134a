//! Whose word counts at the hooks: only that of whoever knows their secret, only now, and each event once.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::refusal;
use crate::support::World;
use crate::support::client::{Answer, Client};
use crate::support::hooks::{
    POSTMARK, RESEND, STRIPE, basic, other, post, postmark_tells, resend_event, resend_tells, stripe,
    stripe_tells, svix,
};
use crate::support::platform::{POSTMARK_SECRET, RESEND_SECRET, STRIPE_SECRET};

const BODY: &[u8] = br#"{"type": "email.delivered", "data": {"email_id": "m1"}}"#;

fn nobody() -> (u16, String) {
    refusal(401, "unauthenticated")
}

fn by_svix(world: &World, id: &str, timestamp: &str, signature: &str) -> Client {
    other(world)
        .with_header("svix-id", id)
        .with_header("svix-timestamp", timestamp)
        .with_header("svix-signature", signature)
}

fn by_stripe(world: &World, header: &str) -> Client {
    other(world).with_header("stripe-signature", header)
}

fn by_postmark(world: &World, authorization: &str) -> Client {
    other(world).with_header("authorization", authorization)
}

fn nothing_was_kept(world: &World) {
    assert_eq!(world.count("SELECT count(*) FROM hook_events"), 0);
    assert!(world.state().queue.borrow().is_empty());
}

#[test]
fn a_hook_whose_secret_is_not_set_is_not_there() {
    let world = World::with_settings(&[
        ("RESEND_WEBHOOK_SECRET", ""),
        ("POSTMARK_WEBHOOK_SECRET", ""),
        ("STRIPE_WEBHOOK_SECRET", ""),
    ]);
    let now = world.now().seconds();
    let signature = svix(RESEND_SECRET, "msg_1", now, BODY);
    for answer in [
        post(by_svix(&world, "msg_1", &now.to_string(), &signature), RESEND, BODY),
        post(by_postmark(&world, &basic(&format!("usher:{POSTMARK_SECRET}"))), POSTMARK, BODY),
        post(by_postmark(&world, &basic(":")), POSTMARK, BODY),
        post(by_stripe(&world, &stripe(STRIPE_SECRET, now, BODY)), STRIPE, BODY),
        post(by_stripe(&world, &stripe("", now, BODY)), STRIPE, BODY),
    ] {
        assert_eq!(answer.refusal(), refusal(404, "not_found"));
    }
    nothing_was_kept(&world);
}

#[test]
fn nobody_is_believed_whose_signature_is_not_of_these_bytes_and_of_now() {
    let world = World::new();
    let now = world.now().seconds();
    let at = now.to_string();
    let good = svix(RESEND_SECRET, "msg_1", now, BODY);
    let elsewhere = svix("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_1", now, BODY);
    let old = svix(RESEND_SECRET, "msg_1", now - 301, BODY);
    let ahead = svix(RESEND_SECRET, "msg_1", now + 301, BODY);
    for (id, timestamp, signature) in [
        ("msg_1", &*at, ""),
        ("msg_1", &at, "v1,"),
        ("msg_1", &at, &elsewhere),
        ("msg_2", &at, &good),
        ("", &at, &good),
        ("msg_1", "", &good),
        ("msg_1", "soon", &good),
        ("msg_1", &(now + 1).to_string(), &good),
        ("msg_1", &(now - 301).to_string(), &old),
        ("msg_1", &(now + 301).to_string(), &ahead),
    ] {
        let answer = post(by_svix(&world, id, timestamp, signature), RESEND, BODY);
        assert_eq!(answer.refusal(), nobody(), "{id} {timestamp} {signature}");
    }
    let tampered = [BODY, b" "].concat();
    assert_eq!(post(by_svix(&world, "msg_1", &at, &good), RESEND, &tampered).refusal(), nobody());

    let good = stripe(STRIPE_SECRET, now, BODY);
    for header in [
        String::new(),
        stripe("whsec_of_somebody_else_altogether_0123", now, BODY),
        stripe(STRIPE_SECRET, now - 301, BODY),
        stripe(STRIPE_SECRET, now + 301, BODY),
        good.replace("v1=", "v0="),
        good.replace(&at, &(now + 1).to_string()),
    ] {
        assert_eq!(post(by_stripe(&world, &header), STRIPE, BODY).refusal(), nobody(), "{header}");
    }
    assert_eq!(post(by_stripe(&world, &good), STRIPE, &tampered).refusal(), nobody());

    for authorization in [
        String::new(),
        "Basic".to_owned(),
        "Basic !".to_owned(),
        format!("Bearer {POSTMARK_SECRET}"),
        basic("usher:"),
        basic(""),
        basic(&format!("usher:{}", &POSTMARK_SECRET[1..])),
        basic(&format!("{POSTMARK_SECRET}:usher")),
        basic(&format!("usher:{POSTMARK_SECRET}")).to_lowercase(),
    ] {
        let answer = post(by_postmark(&world, &authorization), POSTMARK, BODY);
        assert_eq!(answer.refusal(), nobody(), "{authorization}");
    }
    nothing_was_kept(&world);
}

/// Postmark signs nothing, so it is asked for what it has: a password, whenever it was made.
#[test]
fn postmark_is_asked_for_its_password_and_the_others_for_their_signature() {
    let world = World::new();
    let told = |path| {
        let answer = post(other(&world), path, b"{}");
        assert_eq!(answer.status, 401);
        (answer.header("www-authenticate").unwrap().to_owned(), answer.str("/detail"))
    };
    let (asked, detail) = told(POSTMARK);
    assert_eq!(asked, "Basic realm=\"usher\"");
    assert!(
        detail.contains("password") && !detail.contains("signed") && !detail.contains("minutes"),
        "{detail}"
    );
    for path in [RESEND, STRIPE] {
        assert!(told(path).1.contains("signed"));
    }
}

#[test]
fn whoever_knows_the_secret_is_believed_however_they_write_it() {
    let world = World::new();
    let now = world.now().seconds();
    let takes = |answer: Answer| assert_eq!(answer.ok().json(), json!({"received": true}));
    let good = svix(RESEND_SECRET, "msg_1", now, BODY);
    takes(post(
        by_svix(&world, "msg_1", &now.to_string(), &format!("v1,AAAA v1a,AAAA {good}")),
        RESEND,
        BODY,
    ));
    takes(post(
        other(&world)
            .with_header("webhook-id", "msg_1")
            .with_header("webhook-timestamp", &now.to_string())
            .with_header("webhook-signature", &good),
        RESEND,
        BODY,
    ));
    let header = stripe(STRIPE_SECRET, now - 300, BODY);
    takes(post(
        by_stripe(&world, &header.replace("v1=", &format!("v1={},v1=", "0".repeat(64)))),
        STRIPE,
        BODY,
    ));
    for credentials in [format!("usher:{POSTMARK_SECRET}"), format!(":{POSTMARK_SECRET}")] {
        takes(post(by_postmark(&world, &basic(&credentials)), POSTMARK, BODY));
    }
    let whole = World::with_settings(&[("POSTMARK_WEBHOOK_SECRET", &format!("mail:{POSTMARK_SECRET}"))]);
    takes(post(by_postmark(&whole, &basic(&format!("mail:{POSTMARK_SECRET}"))), POSTMARK, BODY));
    let answer = post(by_postmark(&whole, &basic(&format!("usher:{POSTMARK_SECRET}"))), POSTMARK, BODY);
    assert_eq!(answer.refusal(), nobody());
}

#[test]
fn only_whoever_does_not_know_the_secret_is_limited_by_their_network() {
    let world = World::new();
    world.state().limited.borrow_mut().push((usher::platform::Limit::Network, "hook:203.0.113.7".to_owned()));
    let refused = post(other(&world).with_header("cf-connecting-ip", "203.0.113.7"), RESEND, BODY);
    assert_eq!(refused.refusal(), refusal(429, "rate_limited"));
    assert_eq!(refused.header("retry-after"), Some("60"));
    let now = world.now().seconds();
    let provider = by_svix(&world, "msg_1", &now.to_string(), &svix(RESEND_SECRET, "msg_1", now, BODY));
    post(provider.with_header("cf-connecting-ip", "203.0.113.7"), RESEND, BODY).ok();
}

#[test]
fn an_event_is_kept_once_and_the_answer_comes_before_the_work() {
    let world = World::new();
    let event = resend_event("email.delivered", "m1", None);
    for _ in 0..3 {
        resend_tells(&world, "msg_1", &event).ok();
        assert_eq!(world.last_cost().d1, 1);
    }
    assert_eq!(world.count("SELECT count(*) FROM hook_events"), 1);
    assert_eq!(world.count("SELECT count(*) FROM jobs WHERE kind = 'hook_event'"), 1);
    assert_eq!(world.state().queue.borrow().len(), 1);
    resend_tells(&world, "msg_2", &event).ok();
    assert_eq!(world.state().queue.borrow().len(), 2, "another event");

    // What Postmark tells has no id: the message, what became of it and when.
    let mut event = json!({"RecordType": "Delivery", "MessageID": "m1", "DeliveredAt": "2026-11-22T12:01:05.1794748-05:00"});
    postmark_tells(&world, &event).ok();
    postmark_tells(&world, &event).ok();
    event["DeliveredAt"] = json!("2026-11-22T12:01:06Z");
    postmark_tells(&world, &event).ok();
    assert_eq!(world.count("SELECT count(*) FROM hook_events WHERE id LIKE 'postmark:m1:Delivery:%'"), 2);
}

#[test]
fn nothing_of_what_was_told_is_kept_but_what_follows_from_it() {
    let world = World::new();
    resend_tells(&world, "msg_1", &resend_event("email.bounced", "m1", Some("Permanent"))).ok();
    let kept = world.state().database.borrow().query("SELECT id, told FROM hook_events");
    assert_eq!(kept[0]["id"], "resend:msg_1");
    let told: Value = serde_json::from_str(kept[0]["told"].as_str().unwrap()).unwrap();
    let message = json!({"id": "m1", "delivery": "bounced", "at": "2026-11-22T23:41:12.126Z", "why": null});
    assert_eq!(told, json!({"message": message, "subscription": null}));
    assert!(!world.log_text().contains("studio.test"));
}

#[test]
fn what_is_of_no_concern_is_answered_and_what_is_no_json_is_not() {
    let world = World::new();
    for event in [
        json!({}),
        json!([]),
        json!(7),
        json!(null),
        json!({"type": "email.opened", "data": {"email_id": "m1"}}),
        json!({"type": "contact.created", "RecordType": "Open"}),
        json!({"type": 7, "RecordType": 7, "data": []}),
        json!({"RecordType": "Bounce", "Type": "AutoResponder", "MessageID": "m1"}),
        json!({"RecordType": "SubscriptionChange", "MessageID": "m1", "SuppressSending": true}),
        // Of another product, sold by the same account.
        json!({"type": "customer.subscription.deleted", "id": "evt_1", "data": {"object": {"metadata": {}}}}),
        json!({"type": "invoice.paid", "id": "evt_1", "data": {"object": {}}}),
        // None of these can be used, and nobody would tell them better a second time.
        json!({"type": "email.delivered", "data": {"email_id": ""}}),
        json!({"type": "email.delivered", "data": {"email_id": "m".repeat(300)}}),
        json!({"RecordType": "Delivery"}),
        json!({"RecordType": "Delivery", "MessageID": "m1", "DeliveredAt": "x".repeat(300)}),
    ] {
        resend_tells(&world, "msg_1", &event).ok();
        postmark_tells(&world, &event).ok();
        stripe_tells(&world, &event).ok();
    }
    nothing_was_kept(&world);
    assert_eq!(world.log_text().matches(r#""event":"hook""#).count(), 4);
    let now = world.now().seconds();
    for body in [&b""[..], b"{", b"\xff", b"{}{}", br#""\ud800""#] {
        let answer = post(by_stripe(&world, &stripe(STRIPE_SECRET, now, body)), STRIPE, body);
        assert_eq!(answer.refusal(), refusal(400, "invalid_json"), "{body:?}");
    }
    let large = vec![b' '; 64 * 1024 + 1];
    let answer = post(by_stripe(&world, &stripe(STRIPE_SECRET, now, &large)), STRIPE, &large);
    assert_eq!(answer.refusal(), refusal(413, "payload_too_large"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "email.bounced",
        "email.sent",
        "Bounce",
        "Delivery",
        "HardBounce",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "active",
        "unpaid",
        "Permanent",
        "org_01h455vb4pex5vsknk084sn02q",
        "",
        "evt_1",
    ]);
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        4 => words.prop_map(Value::from),
        1 => "\\PC{0,9}".prop_map(Value::from),
    ];
    let field = prop::sample::select(vec![
        "type",
        "id",
        "data",
        "email_id",
        "bounce",
        "created",
        "object",
        "metadata",
        "organization_id",
        "items",
        "price",
        "lookup_key",
        "quantity",
        "status",
        "RecordType",
        "MessageID",
        "Type",
        "Inactive",
        "DeliveredAt",
        "BouncedAt",
    ]);
    leaf.prop_recursive(6, 40, 8, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            4 => prop::collection::hash_map(field.clone(), inner, 0..8)
                .prop_map(|map| map.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever somebody who is believed tells, it is answered, and its job ends.
    #[test]
    fn no_event_whatever_is_our_failure(event in any_json()) {
        let world = World::new();
        for answer in [
            resend_tells(&world, "msg_1", &event),
            postmark_tells(&world, &event),
            stripe_tells(&world, &event),
        ] {
            prop_assert_eq!(answer.status.as_u16(), 200);
        }
        for _ in 0..6 {
            world.tick();
            world.deliver();
            world.pass(std::time::Duration::from_hours(7));
        }
        prop_assert_eq!(world.count("SELECT count(*) FROM jobs WHERE waiting = 1"), 0);
        prop_assert!(!world.log_text().contains("\"event\":\"error\""));
    }
}

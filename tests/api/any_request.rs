//! Any request at all: whatever is sent, it is never our failure.

use http::Method;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use usher::web::route::Route;

use crate::bad_input::{JSON, Scene};

/// Text that has broken something somewhere.
fn odd_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("a@b.test".to_owned()),
        Just("\u{0}".to_owned()),
        Just("' OR 1=1; --".to_owned()),
        Just("<script>".to_owned()),
        Just("\u{202e}\u{feff}".to_owned()),
        Just("9".repeat(400)),
        "\\PC{0,40}",
        any::<String>(),
    ]
}

fn odd_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        odd_text().prop_map(Value::from),
    ];
    let field = prop_oneof![
        prop::sample::select(vec![
            "token",
            "name",
            "email",
            "password",
            "kind",
            "role",
            "workspace_ids",
            "nickname",
            "message",
            "locale",
            "expires_in",
            "send_email",
            "template",
            "owner",
            "slug",
            "plan",
            "key",
            "seat_limit",
            "features",
            "trial_ends_at",
            "branding",
            "accent",
            "policy",
            "invites",
            "member",
            "external_id",
        ])
        .prop_map(str::to_owned),
        odd_text(),
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(field.clone(), inner, 0..6)
                .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

/// Whatever is sent, nothing is ever our failure.
#[test]
fn no_request_whatever_is_answered_with_5xx() {
    let scene = Scene::new();
    let callers = [scene.team.world.client(), scene.team.world.operator(), scene.team.owner.clone()];
    let patterns: Vec<_> = Route::PATTERNS.iter().map(|(pattern, _)| scene.path(pattern)).collect();
    let path = (
        prop_oneof![4 => prop::sample::select(patterns), 1 => "/[a-z0-9%._~/-]{0,40}"],
        prop_oneof![Just(String::new()), "\\?(limit|cursor|q|status|kind)=[ -~&&[^ \"#<>\\\\^`{|}]]{0,30}"],
    );
    let method = prop::sample::select(vec![
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW",
    ]);
    let content_type = prop::sample::select(vec![
        JSON,
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/json; a=b"),
    ]);
    let body = prop_oneof![
        3 => odd_json().prop_map(|body| body.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ];
    let header = prop_oneof![
        Just(("accept", "application/json".to_owned())),
        ("accept|cookie|authorization|origin|cf-connecting-ip|host|sec-fetch-site", "[ -~]{0,60}").prop_map(
            |(name, value)| {
                let known = ["accept", "cookie", "authorization", "origin", "cf-connecting-ip", "host"];
                (known.into_iter().find(|known| *known == name).unwrap_or("sec-fetch-site"), value)
            }
        ),
    ];
    let config = Config { cases: 1500, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&(method, path, content_type, body, header, 0..3_usize), |request| {
            let (method, (path, query), content_type, body, (name, value), caller) = request;
            let mut caller = callers[caller].clone().with_header(name, &value);
            let method: Method = method.parse().unwrap();
            let answer = caller.send(&method, &format!("{path}{query}"), content_type, body);
            prop_assert!(answer.status.as_u16() < 500, "{} {}", answer.status, answer.text());
            prop_assert!(answer.header("request-id").is_some());
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    assert!(!scene.team.world.log_text().contains("\"event\":\"error\""));
}

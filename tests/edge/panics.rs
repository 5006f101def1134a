//! Odd requests: whatever comes, the Worker answers it with a 4xx of its own and goes on answering. A panic would take
//! every request of its isolate with it.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::harness::{Answer, OUT_OF_ORDER, Server, Team, shared};

/// That the Worker did not break: what it doesn't get to see, the runtime refuses by itself.
#[track_caller]
fn not_broken(answer: &Answer, what: &str) {
    let ours = answer.headers.contains_key("request-id");
    let status = answer.status.as_u16();
    assert!(status < 500 || !ours && status == 501, "{status} for {what}: {}", answer.text());
}

/// That it answers, and that nothing in it broke on the way.
#[track_caller]
fn still_answers(server: &Server) {
    server.client().get("/readyz").ok();
    let broken = ["panicked", "RuntimeError", "unreachable", "Uncaught"];
    let line = server.log().lines().into_iter().find(|line| broken.iter().any(|word| line.contains(word)));
    assert_eq!(line, None);
    // Another test's doing.
    let expected = |error: &Value| error["why"].as_str().is_some_and(|why| why.contains(OUT_OF_ORDER));
    let errors: Vec<Value> =
        server.log().events("error").into_iter().filter(|error| !expected(error)).collect();
    assert_eq!(errors, Vec::<Value>::new());
}

fn request(method: &str, path: &[u8], headers: &[u8], body: &[u8]) -> Vec<u8> {
    let length = format!("content-length: {}\r\nconnection: close\r\nhost: localhost\r\n", body.len());
    [method.as_bytes(), b" ", path, b" HTTP/1.1\r\n", length.as_bytes(), headers, b"\r\n", body].concat()
}

#[test]
fn odd_requests_break_nothing() {
    let server = shared();
    let long = "a".repeat(60_000);
    let paths: Vec<Vec<u8>> = [
        "/",
        "//",
        "/%00",
        "/%",
        "/%zz",
        "/i/%00",
        "/i/%2F",
        "/i/..",
        "/i/%F0%9F%98%80",
        "/i/",
        "/i//decline",
        "/v1",
        "/v1/",
        "/v1/organizations/%00/members",
        "/v1/invitations/inv_",
        "/dev/mailbox/job_0",
        "/?a=%00",
        "/?%FF=%FE",
        "/sign-in?&&==&",
        "/v1/me?limit=%00",
        "/assets/../healthz",
        "/healthz#part",
        "/.",
        "/-",
        "/v1/me/workspaces?cursor=\u{1f642}",
    ]
    .into_iter()
    .map(|path| path.as_bytes().to_vec())
    .chain([
        b"/\xff\xfe".to_vec(),
        b"/|{}^`".to_vec(),
        format!("/?{long}").into(),
        format!("/i/{long}").into(),
    ])
    .collect();
    let headers: Vec<Vec<u8>> = [
        &b""[..],
        b"x-odd: \xff\xfe\xc3\x28\r\nx-odder: \x01\x1b\x7f\r\n",
        b"cookie: \xf0\x9f\x98\x80=\xff; __Host-usher_session=\xff\r\n",
        b"cookie: ;;=;__Host-usher_session;__Host-usher_session==\r\n",
        b"authorization: \xff\xff\r\nauthorization: Bearer\r\n",
        b"content-type: \xff\r\nsec-fetch-site: \xff\r\norigin: \xff\r\n",
        b"accept: \r\ncf-connecting-ip: 999.1.1.1\r\nx-forwarded-for: \xff\r\n",
        b"expect: 100-continue\r\nrange: bytes=5-\r\nif-none-match: *\r\n",
    ]
    .into_iter()
    .map(<[u8]>::to_vec)
    .collect();
    let methods = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE", "PROPFIND", "FOO",
        "get",
    ];
    for (place, path) in paths.iter().enumerate() {
        for (step, headers) in headers.iter().enumerate() {
            // Not every method with every path and header, but each with each of either.
            let method = methods[(place + step) % methods.len()];
            let what =
                || format!("{method} {} {}", String::from_utf8_lossy(path), String::from_utf8_lossy(headers));
            let shown: String = what().chars().take(200).collect();
            not_broken(&server.raw(&request(method, path, headers, b"")), &shown);
        }
    }
    for method in methods {
        for path in ["/", "/v1/organizations", "/v1/invitations/accept", "/healthz"] {
            let answer = server.raw(&request(
                method,
                path.as_bytes(),
                b"content-type: application/json\r\n",
                b"\xff{\0}",
            ));
            not_broken(&answer, &format!("{method} {path}"));
        }
    }
    still_answers(&server);
}

#[test]
fn a_header_that_is_no_text_is_as_good_as_none() {
    let server = shared();
    for header in
        [&b"x-odd: \xff\xfe\r\n"[..], b"x-odd: \x01\r\n", b"x-odd: a\x7fb\r\n", b"cookie: \x1b=\x02\r\n"]
    {
        let answer = server.raw(&request("GET", b"/healthz", header, b""));
        assert_eq!(answer.status, 200, "{header:?}: {}", answer.text());
        assert!(answer.headers.contains_key("request-id"), "{header:?}");
    }
    still_answers(&server);
}

#[test]
fn bodies_of_any_shape_are_refused_and_not_broken_by() {
    let server = shared();
    let team = Team::new(&server);
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut pick = |most: usize| usize::try_from(rng.next_u32()).unwrap() % most;
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("\u{0}"),
        json!("a@b@c"),
        json!("🙂".repeat(500)),
        json!("x".repeat(9_000)),
        json!([]),
        json!([[[[]]]]),
        json!({}),
        json!({"": {"": null}}),
        json!(["default"]),
    ];
    let bodies = [
        json!({"name": "Example", "template": "team", "owner": {"email": "o@studio.test", "name": "Olga"}, "slug": "a", "plan": {"key": "a", "seat_limit": 1, "features": []}}),
        json!({"kind": "email", "role": "member", "email": "m@studio.test", "workspace_ids": ["wsp_1"], "name": "Mia", "nickname": "M",
               "message": "Hello", "locale": "en", "expires_in": 3600, "send_email": true}),
        json!({"token": "a.b.c", "name": "Mia", "password": "short"}),
        json!({"email": "nobody@studio.test", "password": "short"}),
        json!({"values": [1]}),
        json!({"batch": ["parent"]}),
    ];
    let paths = [
        "/v1/organizations".to_owned(),
        team.path("/invitations"),
        "/v1/invitations/accept".to_owned(),
        "/v1/sessions".to_owned(),
        "/dev/probe".to_owned(),
        "/sign-in".to_owned(),
    ];
    let kinds = [
        "application/json",
        "application/json; charset=utf-8",
        "application/x-www-form-urlencoded",
        "text/plain",
        "",
    ];
    for round in 0..300 {
        let mut body = bodies[pick(bodies.len())].clone();
        let fields: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
        body[fields[pick(fields.len())].as_str()] = odd[pick(odd.len())].clone();
        let mut bytes = body.to_string().into_bytes();
        if round % 3 == 0 {
            let place = pick(bytes.len());
            bytes[place] = u8::try_from(pick(256)).unwrap();
        }
        let path = &paths[pick(paths.len())];
        // Each in a network of its own, so that the limits stop nothing before it is read.
        let mut caller = if pick(2) == 0 { server.operator() } else { server.client() };
        if path.ends_with("/invitations") {
            caller = team.owner.clone();
        }
        let answer = caller.send("POST", path, Some(kinds[pick(kinds.len())]), &bytes);
        not_broken(&answer, &format!("{path} {}", String::from_utf8_lossy(&bytes)));
    }
    still_answers(&server);
}

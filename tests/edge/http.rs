//! HTTP as the runtime speaks it: headers, methods, sizes, bad input, limits, and settings that nobody may serve with.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

use crate::harness::{Answer, Deployment, OPERATOR_KEY, PASSWORD, ROOT_KEY, Team, shared, wait_for};

/// Another root key than [`ROOT_KEY`], to be named.
const OTHER_SECRET: &str = "Zp7RkT2yWc9VbXs4LmQ0aJd6NuEh1FgOi8CxYqB5vKw";

#[test]
fn every_answer_carries_the_security_headers() {
    let server = shared();
    let mut caller = server.client();
    for (answer, status, content_type) in [
        (caller.get("/sign-in"), 200, "text/html; charset=utf-8"),
        (caller.get("/i/nonsense"), 404, "text/html; charset=utf-8"),
        (caller.get("/nowhere"), 404, "text/html; charset=utf-8"),
        (caller.get("/healthz"), 200, "application/json"),
        (caller.get("/v1/me"), 401, "application/problem+json"),
        (caller.get("/v1/nowhere"), 404, "application/problem+json"),
        (caller.send("PUT", "/v1/me", None, b""), 405, "application/problem+json"),
    ] {
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (status, Some(content_type)));
        let policy = answer.header("content-security-policy").unwrap();
        for rule in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        for (name, value) in [
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name}");
        }
        assert!(answer.header("strict-transport-security").unwrap().starts_with("max-age="));
        assert_eq!(answer.header("request-id").unwrap().len(), 16);
        assert_eq!(answer.header("content-length").unwrap(), answer.body.len().to_string());
        assert_eq!(answer.header("transfer-encoding"), None);
    }
}

#[test]
fn head_answers_like_get_without_the_body() {
    let server = shared();
    for path in ["/sign-in", "/healthz", "/v1/me", "/nowhere", "/"] {
        let ask = |method: &str| {
            server.raw(
                format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
                    .as_bytes(),
            )
        };
        let (get, head) = (ask("GET"), ask("HEAD"));
        assert_eq!(head.status, get.status, "{path}");
        assert!(head.body.is_empty(), "{path}");
        for name in ["content-type", "content-security-policy", "cache-control", "location"] {
            assert_eq!(head.header(name), get.header(name), "{name} of {path}");
        }
        let length =
            |answer: &Answer| answer.header("content-length").map(|length| length.parse::<usize>().unwrap());
        // Nonces differ in nothing but their text, so a page is always as long as the last time.
        assert_eq!(length(&head), length(&get), "{path}");
        assert_eq!(length(&get), Some(get.body.len()), "{path}");
    }
}

#[test]
fn another_method_is_told_which_ones_there_are() {
    let server = shared();
    let team = Team::new(&server);
    for (method, path, allow) in [
        ("DELETE", "/v1/organizations".to_owned(), "GET, POST, HEAD"),
        ("PUT", team.path("/members"), "GET, POST, HEAD"),
        ("GET", "/v1/invitations/accept".to_owned(), "POST"),
        ("HEAD", "/v1/invitations/accept".to_owned(), "POST"),
        ("POST", "/v1/sessions/current".to_owned(), "DELETE"),
        ("OPTIONS", "/v1/me".to_owned(), "GET, HEAD"),
        ("TRACE", "/healthz".to_owned(), "GET, HEAD"),
        // No method that the SDK knows.
        ("PURGE", "/v1/me".to_owned(), "GET, HEAD"),
        ("PROPFIND", "/".to_owned(), "GET, HEAD"),
    ] {
        let answer = server.raw(
            format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes(),
        );
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some(allow)), "{method} {path}");
    }
}

#[test]
fn a_body_of_a_megabyte_is_too_large_however_it_comes() {
    let server = shared();
    let team = Team::new(&server);
    let large = vec![b' '; 1 << 20];
    let answer =
        team.owner.clone().send("POST", &team.path("/invitations"), Some("application/json"), &large);
    assert_eq!(answer.refusal(), (413, "payload_too_large".to_owned()));
    assert_eq!(server.cost(&answer).rows_written, 0);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));

    let mut chunked = b"POST /v1/invitations/preview HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
        content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        .to_vec();
    for part in large.chunks(1 << 14) {
        chunked.extend(format!("{:x}\r\n", part.len()).bytes());
        chunked.extend(part);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    assert_eq!(
        server.raw(&chunked).refusal(),
        (413, "payload_too_large".to_owned()),
        "no length was declared"
    );

    let most = 64 * 1024;
    for (size, expected) in [(most, (400, "invalid_json")), (most + 1, (413, "payload_too_large"))] {
        let answer = server.client().send(
            "POST",
            "/v1/invitations/preview",
            Some("application/json"),
            &vec![b' '; size],
        );
        assert_eq!(answer.refusal(), (expected.0, expected.1.to_owned()), "{size} bytes");
    }
}

#[test]
fn bad_input_is_refused_with_its_code_and_writes_nothing() {
    let server = shared();
    let team = Team::new(&server);
    let invitations = team.path("/invitations");
    let (id, token) = team.invited(&server.address("mia.member"), "member");
    let job = id.replace("inv_", "job_");
    let invite = |field: &str, value: Value| {
        let mut body = json!({"kind": "email", "role": "member", "email": "max@studio.test"});
        body[field] = value;
        body.to_string()
    };
    for (path, body, status, code) in [
        (invitations.as_str(), "{".to_owned(), 400, "invalid_json"),
        (&invitations, invite("name", json!("Max")) + "{}", 400, "invalid_json"),
        (&invitations, "[]".to_owned(), 422, "invalid_type"),
        (&invitations, "{}".to_owned(), 422, "required"),
        (&invitations, invite("name", json!(5)), 422, "invalid_type"),
        (&invitations, invite("email", json!(["a"])), 422, "invalid_type"),
        (
            &invitations,
            invite("expires_in", json!(7)).replace(":7,", ":99999999999999999999,"),
            422,
            "invalid_type",
        ),
        (&invitations, invite("emial", json!("a")), 422, "unknown_field"),
        (&invitations, invite("email", json!("not an address")), 422, "invalid_email"),
        (&invitations, invite("email", json!("a@studio.test\r\nbcc: b@studio.test")), 422, "invalid_email"),
        (&invitations, invite("role", json!("emperor")), 422, "invalid_value"),
        (&invitations, invite("role", json!("owner")), 403, "role_not_allowed"),
        (&invitations, invite("workspace_ids", json!([id])), 422, "invalid_value"),
        (&format!("/v1/invitations/{job}/revoke"), String::new(), 404, "not_found"),
        (&format!("/v1/organizations/{id}/invitations"), invite("name", json!("Max")), 404, "not_found"),
        ("/v1/invitations/preview", format!("{{\"token\":\"{token}\",\"tokem\":1}}"), 422, "unknown_field"),
        ("/v1/invitations/preview", "{\"token\":7}".to_owned(), 422, "invalid_type"),
        ("/v1/sessions", "{\"email\":\"a@studio.test\"}".to_owned(), 422, "required"),
    ] {
        let answer = team.owner.clone().send("POST", path, Some("application/json"), body.as_bytes());
        assert_eq!(answer.refusal(), (status, code.to_owned()), "{path} {body}: {}", answer.text());
        assert_eq!(server.cost(&answer).rows_written, 0, "{path} {body}");
        let problem = answer.json();
        assert_eq!(problem["status"], status);
        assert_eq!(problem["request_id"], answer.header("request-id").unwrap());
    }
    let answer = team.owner.clone().send("POST", &invitations, Some("text/plain"), b"{}");
    assert_eq!(answer.refusal(), (415, "unsupported_media_type".to_owned()));
    let answer =
        team.owner.clone().send("POST", &invitations, Some("application/json"), b"{\"name\":\"\xff\xfe\"}");
    assert_eq!(answer.refusal(), (400, "invalid_json".to_owned()), "not UTF-8");
    assert_eq!(
        team.owner.clone().get(&format!("{invitations}?lim=5")).refusal(),
        (422, "unknown_field".to_owned())
    );
}

#[test]
fn a_token_that_is_not_exactly_ours_opens_nothing() {
    let server = shared();
    let team = Team::new(&server);
    let address = server.address("mia.member");
    team.invite(&address, "member").ok();
    let token = server.mailed_token(&address, 1);
    let invalid = (404, "invitation_invalid".to_owned());
    let refuse = |wrong: &str, why: &str| {
        let answer = server.client().sign_up(wrong, "Mia Member");
        assert_eq!(answer.refusal(), invalid, "{why}: {wrong}");
        let cost = server.cost(&answer);
        assert_eq!((cost.d1, cost.kv), (0, 0), "{why}: {wrong}");
    };
    for place in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert_eq!(server.client().preview(&changed).refusal(), invalid, "byte {place}: {changed}");
    }

    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { panic!("{token}") };
    let encode = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
    let with = |part: &str, name: &str, value: Value| {
        let mut object: Value =
            serde_json::from_slice(&Base64UrlUnpadded::decode_vec(part).unwrap()).unwrap();
        assert!(object.get(name).is_some(), "there is no {name} to change in {object}");
        object[name] = value;
        encode(&object)
    };
    let unsigned = with(header, "alg", json!("none"));
    refuse(&format!("{unsigned}.{claims}."), "no signature");
    refuse(&format!("{unsigned}.{claims}.{signature}"), "alg none with the old signature");
    refuse(&format!("{}.{claims}.{signature}", with(header, "kid", json!("k9"))), "a key of another name");
    refuse(&format!("{}.{claims}.{signature}", with(header, "typ", json!("form+jwt"))), "another type");
    refuse(&format!("{header}.{}.{signature}", with(claims, "aud", json!("form"))), "another purpose");
    refuse(
        &format!("{header}.{}.{signature}", with(claims, "exp", json!(4_000_000_000_u64))),
        "a longer life",
    );
    refuse(&format!("{header}.{claims}"), "no signature part");

    let page = server.client().get("/sign-in").ok().text();
    let nonce = page.split_once("name=\"nonce\" value=\"").unwrap().1.split('"').next().unwrap();
    refuse(nonce, "a form's nonce, signed by us for another purpose");
    server.client().preview(&token).ok();
}

#[test]
fn nobody_is_served_without_strong_secrets_and_the_log_says_which_is_missing() {
    // Missing, an example, short; the native tests have every kind of each.
    for (setting, value) in [
        ("OPERATOR_KEY", ""),
        ("OPERATOR_KEY", "changeme-0123456789-abcdefghijklmnop"),
        ("ROOT_KEYS", ""),
        ("ROOT_KEYS", "k1:AAECAwQFBgcICQoLDA0ODw"),
    ] {
        refuses_to_serve(&Deployment::new().set(setting, value), setting, value);
    }
}

#[test]
fn what_is_for_development_is_refused_where_others_could_come() {
    let public = Deployment::new().set("ORIGIN", "https://join.example.com");
    let sending = public.clone().set("MAIL_PROVIDER", "cloudflare");
    refuses_to_serve(&public, "MAIL_PROVIDER", "mailbox");
    refuses_to_serve(&sending.clone().set("LIMITS", "off"), "LIMITS", "off");
    refuses_to_serve(&sending.set("D1_DELAY", "5"), "D1_DELAY", "");
}

/// That it answers 503 to everything, and logs one line a request that names the setting and not its value.
#[track_caller]
fn refuses_to_serve(deployment: &Deployment, setting: &str, value: &str) {
    let server = deployment.start();
    for (method, path) in [
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/sign-in"),
        ("GET", "/i/nonsense"),
        ("GET", "/nowhere"),
        ("GET", "/dev/mailbox"),
        ("POST", "/dev/probe"),
        ("POST", "/v1/organizations"),
        ("POST", "/v1/sessions"),
    ] {
        let answer = server.client().send(method, path, None, b"");
        assert_eq!(answer.refusal(), (503, "misconfigured".to_owned()), "{setting}={value}: {path}");
        assert!(!answer.text().contains(setting), "the answer tells strangers nothing: {}", answer.text());
        assert_eq!((server.cost(&answer).d1, server.cost(&answer).kv), (0, 0));
    }
    let lines = wait_for("a line for each request", || {
        let lines = server.log().events("misconfigured");
        (lines.len() == server.log().events("request").len()).then_some(lines)
    });
    for line in &lines {
        assert_eq!(line["setting"], setting, "{line}");
        assert!(line["why"].as_str().unwrap().len() > 5, "{line}");
    }
    if value.len() > 8 {
        assert!(
            server.log().lines().iter().all(|line| !line.contains(value)),
            "the log holds {setting}'s value"
        );
    }
}

#[test]
fn one_network_is_slowed_down_and_no_other() {
    let server = shared();
    let ask = |address: &str| server.client().with_header("cf-connecting-ip", address).preview("nonsense");
    // 30 a minute, and at most two of the limiter's minutes while this runs.
    let slow = |address: &str| {
        let passed = (0..61).take_while(|_| ask(address).status != 429).count();
        assert!((30..=60).contains(&passed), "{passed} passed");
        ask(address)
    };
    let refused = slow("203.0.113.7");
    assert_eq!(refused.refusal(), (429, "rate_limited".to_owned()));
    assert_eq!(refused.header("retry-after"), Some("60"));
    assert_eq!(server.cost(&refused).d1, 0);
    assert_eq!(ask("203.0.113.8").status, 404, "another network");
    // What callers write themselves counts for nothing.
    let mut caller = server.client().with_header("cf-connecting-ip", "203.0.113.7");
    caller = caller.with_header("x-forwarded-for", "198.51.100.1").with_header("x-real-ip", "198.51.100.2");
    assert_eq!(caller.preview("nonsense").status, 429);

    assert_eq!(slow("2001:db8:1:2::1").status, 429);
    assert_eq!(ask("2001:db8:1:2:ffff::9").status, 429, "an IPv6 network is a /64");
    assert_eq!(ask("2001:db8:1:3::1").status, 404);
}

#[test]
fn limits_off_frees_networks_and_never_accounts() {
    let server = crate::harness::racing(0);
    let team = Team::new(&server);
    let mut one = server.client();
    for _ in 0..70 {
        assert_eq!(one.preview("nonsense").status, 404);
    }
    let sign_in = |network: usize, address: &str, password: &str| {
        let mut person = server.client().with_header("cf-connecting-ip", &format!("198.51.100.{network}"));
        person.post("/v1/sessions", &json!({"email": address, "password": password}))
    };
    let guess = |network: usize, address: &str| sign_in(network, address, "wrong wrong wrong");
    let shouted = team.owner_address.to_uppercase();
    // 10 a minute, from however many networks and in whatever spelling.
    let passed = (0..21)
        .take_while(|place| {
            guess(*place, if place % 2 == 0 { &team.owner_address } else { &shouted }).status != 429
        })
        .count();
    assert!((10..=20).contains(&passed), "{passed} passed");
    let refused = sign_in(30, &team.owner_address, PASSWORD);
    assert_eq!(refused.refusal(), (429, "rate_limited".to_owned()), "the right password too");
    assert_eq!(refused.header("retry-after"), Some("60"));
    assert_eq!(guess(31, &server.address("nobody")).status, 401, "another account");
    // From the browser that its holder signed in with before, they come in all the same.
    let right = json!({"email": team.owner_address, "password": PASSWORD});
    team.owner.clone().post("/v1/sessions", &right).ok();
    team.owner.clone().get("/v1/me").ok();
}

#[test]
fn root_keys_rotate_without_breaking_open_links() {
    let mut server = Deployment::new().start();
    let team = Team::new(&server);
    let address = server.address("mia.member");
    let id = team.invite(&address, "member").ok().str("/id");
    let old = server.mailed_token(&address, 1);
    let owner = team.owner.cookie(crate::harness::SESSION_COOKIE).unwrap().to_owned();
    let cookie = format!("{}={owner}", crate::harness::SESSION_COOKIE);
    let new_key = format!("k2:{OTHER_SECRET}");

    server.start_again(&Deployment::new().set("ROOT_KEYS", &format!("{new_key},{ROOT_KEY}")));
    server.client().preview(&old).ok();
    let mut olga = server.client().with_header("cookie", &cookie);
    let copied = olga.post(&format!("/v1/invitations/{id}/link"), &json!({})).ok().str("/url");
    let new = server.token_in(&copied);
    let header = Base64UrlUnpadded::decode_vec(new.split('.').next().unwrap()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&header).unwrap()["kid"], "k2", "the first key signs");

    server.start_again(&Deployment::new().set("ROOT_KEYS", &new_key));
    assert_eq!(server.client().preview(&old).refusal(), (404, "invitation_invalid".to_owned()));
    server.client().preview(&new).ok();
    server.client().with_header("cookie", &cookie).get("/v1/me").ok();
    assert!(!server.log().lines().iter().any(|line| line.contains(OPERATOR_KEY)));
}

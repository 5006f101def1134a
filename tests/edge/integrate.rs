//! What the host product of docs/integrate.md believes: webhooks that are signed, by the published vectors, at their time.

use http::Method;

use crate::harness::{Host, free_port};

/// Of Svix' tests, which Standard Webhooks took over: secret, id, seconds, body, signature.
const PUBLISHED: (&str, &str, i64, &str, &str) = (
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
    1_614_265_330,
    r#"{"test": 2432232314}"#,
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
);

/// The product when its clock is so many seconds after the published moment.
fn at(after: i64, secret: &str) -> Host {
    let clock = format!("data:text/javascript,Date.now=()=>{}000", PUBLISHED.2 + after);
    Host::start(free_port(), &[("WEBHOOK_SECRET", secret)], &["--import", &clock])
}

/// Posts it with these headers, each left out where it is empty. Answers the status.
fn post(host: &Host, [id, sent, signature]: [&str; 3], body: &str) -> u16 {
    let mut request =
        http::Request::builder().method(Method::POST).uri(format!("{}/webhooks", host.origin()));
    for (name, value) in [("webhook-id", id), ("webhook-timestamp", sent), ("webhook-signature", signature)] {
        if !value.is_empty() {
            request = request.header(name, value);
        }
    }
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    agent.run(request.body(body.to_owned()).unwrap()).unwrap().status().as_u16()
}

#[test]
fn the_example_takes_the_published_webhook_and_no_other() {
    let (secret, id, seconds, body, signature) = PUBLISHED;
    let sent = &*seconds.to_string();
    let host = at(0, secret);
    let zeros = format!("v1,{}=", "A".repeat(43));
    for right in
        [signature.to_owned(), format!("{zeros} v1a,AAAA {signature}"), format!("{signature} {zeros}")]
    {
        assert_eq!(post(&host, [id, sent, &right], body), 204, "{right}");
    }
    for (headers, body) in [
        ([id, sent, signature], r#"{"test": 2432232315}"#),
        ([id, sent, signature], ""),
        (["msg_other", sent, signature], body),
        ([id, "1614265331", signature], body),
        ([id, sent, &zeros], body),
        ([id, sent, &signature[3..]], body),
        ([id, sent, &signature.replace("v1,", "v2,")], body),
        (["", sent, signature], body),
        ([id, "", signature], body),
        ([id, "soon", signature], body),
        ([id, sent, ""], body),
        ([id, sent, "v1,"], body),
    ] {
        assert_eq!(post(&host, headers, body), 401, "{headers:?} {body}");
    }
    assert_eq!(host.end(), "", "none of it broke anything");
}

#[test]
fn the_example_takes_a_webhook_for_five_minutes() {
    let (secret, id, seconds, body, signature) = PUBLISHED;
    for (after, status) in [(300, 204), (301, 401), (-300, 204), (-301, 401)] {
        assert_eq!(post(&at(after, secret), [id, &seconds.to_string(), signature], body), status, "{after}");
    }
}

/// An empty secret is one that everybody has.
#[test]
fn the_example_without_a_secret_takes_no_webhook() {
    let (_, id, seconds, body, signature) = PUBLISHED;
    assert_eq!(post(&at(0, ""), [id, &seconds.to_string(), signature], body), 401);
}

#[test]
fn the_example_stays_up_whatever_it_is_asked() {
    let host = at(0, PUBLISHED.0);
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    for (path, status) in [
        ("/", 200),
        ("/nowhere", 404),
        ("//", 502),
        ("/callback", 303),
        ("/callback?code=x&state=y", 400),
        ("/posts", 303),
        ("/constructor", 404),
    ] {
        let answer = agent.get(format!("{}{path}", host.origin())).call().unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
    }
    let mut stream = std::net::TcpStream::connect(host.origin().trim_start_matches("http://")).unwrap();
    std::io::Write::write_all(&mut stream, b"GET //[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
    assert_eq!(agent.get(host.origin()).call().unwrap().status().as_u16(), 200);
}

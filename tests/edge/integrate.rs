//! What the host product of docs/integrate.md believes: webhooks that are signed, by the published vectors, at their time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

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

/// An Usher for which every code is too old. Answers where it is.
fn too_late() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut request = BufReader::new(stream.try_clone().unwrap());
            let (mut line, mut length) = (String::new(), 0);
            while request.read_line(&mut line).unwrap() > 2 {
                if let Some(said) = line.to_lowercase().strip_prefix("content-length:") {
                    length = said.trim().parse().unwrap();
                }
                line.clear();
            }
            request.read_exact(&mut vec![0; length]).unwrap();
            let body = r#"{"code":"hand_over_invalid"}"#;
            let head =
                "HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nConnection: close";
            let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    origin
}

/// A code that came too late is nobody's fault: they are sent to sign in again by themselves, once, and then asked to.
#[test]
fn the_example_begins_anew_once_after_a_code_that_is_worth_nothing() {
    let usher = too_late();
    let host = Host::start(free_port(), &[("USHER", &usher), ("ORGANIZATION", "org_1")], &[]);
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let get = |path: &str, cookies: &str| {
        let request = agent.get(format!("{}{path}", host.origin())).header("cookie", cookies);
        let answer = request.call().unwrap();
        let told = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        (
            answer.status().as_u16(),
            told("location").unwrap_or_default(),
            told("set-cookie").unwrap_or_default(),
        )
    };
    let (_, open, verifier) = get("/sign-in", "");
    let (begun, state) = open.split_once("&state=").unwrap();
    assert_eq!(begun, format!("{usher}/open?organization=org_1"));
    let verifier = verifier.split(';').next().unwrap();
    let callback = format!("/callback?code=x&state={state}");
    let (status, onward, again) = get(&callback, verifier);
    assert_eq!((status, onward.as_str()), (303, "/sign-in"));
    let cookies = format!("{verifier}; {}", again.split(';').next().unwrap());
    assert_eq!(get(&callback, &cookies).0, 400);
    assert_eq!(host.end(), "", "nothing is broken");
}

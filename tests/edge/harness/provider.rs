//! A mail provider on this machine: it speaks the published API of Resend and of Postmark, as far as sending goes.
//!
//! The rule: it knows nothing of Usher. What it does with a message follows from the recipient's address, as with the test
//! addresses that such providers have: `busy.…` is told to wait once, `down.…` meets an outage once, `slow.…` waits a moment
//! for its answer, and so on.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// The key of this provider's one account, with either API.
pub const PROVIDER_KEY: &str = "re_3vQ9c1Yb7TgJx5kR2mWz8NfL";

/// How long it keeps a message of `slow.…` before it says that it took it.
const MOMENT: Duration = Duration::from_millis(60);

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Method and path.
    pub line: String,
    /// Headers, with their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Value,
}

impl Asked {
    /// The idempotency key; empty where there is none.
    pub fn key(&self) -> &str {
        self.headers.get("idempotency-key").map_or("", String::as_str)
    }

    /// The recipient.
    pub fn to(&self) -> &str {
        self.body["to"][0].as_str().or(self.body["To"].as_str()).unwrap_or_default()
    }
}

/// A provider that runs until the tests end.
pub struct Provider {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    asked: Vec<Asked>,
    /// Messages that it took, with the ids that it gave them.
    taken: Vec<(String, Asked)>,
}

impl Provider {
    /// Starts one.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || while serve(&stream, &state).is_some() {});
            }
        });
        Self { url, state }
    }

    /// Where its API is.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// How often it was asked to send something.
    pub fn asked_in_all(&self) -> usize {
        self.state().asked.len()
    }

    /// The messages that it took, each with its id.
    pub fn taken_in_all(&self) -> Vec<(String, Asked)> {
        self.state().taken.clone()
    }

    /// What it was asked about an address, in order.
    pub fn asked(&self, address: &str) -> Vec<Asked> {
        self.state().asked.iter().filter(|asked| asked.to() == address).cloned().collect()
    }

    /// The messages to an address that it took, each with its id.
    pub fn taken(&self, address: &str) -> Vec<(String, Asked)> {
        self.state().taken.iter().filter(|(_, asked)| asked.to() == address).cloned().collect()
    }
}

/// Answers one request; nothing where the connection is over.
fn serve(mut stream: &TcpStream, state: &Mutex<State>) -> Option<()> {
    let asked = read(stream)?;
    let earlier = {
        let asked_before = &mut state.lock().unwrap().asked;
        asked_before.push(asked.clone());
        asked_before.iter().filter(|one| one.to() == asked.to()).count() - 1
    };
    let take = || usual(&mut state.lock().unwrap(), &asked);
    let refused = |status: &str, name: &str| {
        let body =
            json!({"statusCode": status[..3], "name": name, "message": format!("{} is odd.", asked.to())});
        (status.to_owned(), String::new(), body)
    };
    let (status, headers, body) = match asked.to().split('.').next().unwrap_or_default() {
        "busy" if earlier == 0 => {
            let (status, _, body) = refused("429 Too Many Requests", "rate_limit_exceeded");
            (status, "retry-after: 12\r\n".to_owned(), body)
        }
        "down" if earlier == 0 => refused("500 Internal Server Error", "application_error"),
        // It takes the message, and nobody hears of it.
        "cut" if earlier == 0 => {
            take();
            return None;
        }
        "silent" if earlier == 0 => {
            take();
            thread::sleep(Duration::from_secs(50));
            return None;
        }
        "slow" => {
            let (status, body) = take();
            thread::sleep(MOMENT);
            (status.to_owned(), String::new(), body)
        }
        "moved" if earlier == 0 => {
            let headers = "location: /elsewhere\r\n".to_owned();
            ("307 Temporary Redirect".to_owned(), headers, Value::Null)
        }
        // Somebody between answers in its place, and not even in letters.
        "portal" if earlier == 0 => {
            let page = b"<html>Sign in to this network \xff\xfe\x00";
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n",
                page.len()
            );
            return stream.write_all(&[head.as_bytes(), page].concat()).ok();
        }
        // It takes the message, and what it answers is no HTTP.
        "noise" if earlier == 0 => {
            take();
            stream.write_all(b"\x00\xff\x16\x03\x01 who is there?\r\n\r\n").ok()?;
            return None;
        }
        // It takes the message, and breaks off in the middle of what it answers.
        "torn" if earlier == 0 => {
            take();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 60\r\n\r\n{\"id\":").ok()?;
            return None;
        }
        "huge" if earlier == 0 => {
            take();
            let body = json!({"id": "x".repeat(4 * 1024 * 1024)});
            ("200 OK".to_owned(), String::new(), body)
        }
        "suppressed" if asked.line == "POST /email" => {
            let body = json!({"ErrorCode": 406, "Message": format!("{} is inactive.", asked.to())});
            ("422 Unprocessable Entity".to_owned(), String::new(), body)
        }
        "suppressed" if asked.headers["authorization"].ends_with(PROVIDER_KEY) => {
            refused("422 Unprocessable Entity", "validation_error")
        }
        _ => {
            let (status, body) = take();
            (status.to_owned(), String::new(), body)
        }
    };
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .ok()
}

/// What it answers as a rule, and what it remembers then.
fn usual(state: &mut State, asked: &Asked) -> (&'static str, Value) {
    let header = |name: &str| asked.headers.get(name).map_or("", String::as_str);
    let id = format!("00000000-0000-4000-8000-{:012}", state.taken.len());
    match asked.line.as_str() {
        "POST /emails" if header("authorization") != format!("Bearer {PROVIDER_KEY}") => {
            let body = json!({"statusCode": 403, "name": "invalid_api_key", "message": "API key is invalid"});
            ("403 Forbidden", body)
        }
        "POST /emails" => {
            let same_key = |(_, one): &&(String, Asked)| one.key() == asked.key();
            match state.taken.iter().find(same_key) {
                Some((id, one)) if one.body == asked.body => ("200 OK", json!({"id": id})),
                Some(_) => {
                    let body =
                        json!({"statusCode": 409, "name": "invalid_idempotent_request", "message": "Other."});
                    ("409 Conflict", body)
                }
                None => {
                    state.taken.push((id.clone(), asked.clone()));
                    ("200 OK", json!({"id": id}))
                }
            }
        }
        "POST /email" if header("x-postmark-server-token") != PROVIDER_KEY => {
            ("401 Unauthorized", json!({"ErrorCode": 10, "Message": "No such token."}))
        }
        "POST /email" => {
            state.taken.push((id.clone(), asked.clone()));
            let body = json!({"To": asked.to(), "SubmittedAt": "2026-11-22T11:01:05.1794748-05:00",
                "MessageID": id, "ErrorCode": 0, "Message": "OK"});
            ("200 OK", body)
        }
        _ => {
            ("404 Not Found", json!({"statusCode": 404, "name": "not_found", "message": "Nothing is here."}))
        }
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let first = lines.first()?;
    let line = first.rsplit_once(' ')?.0.to_owned();
    let headers: BTreeMap<String, String> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { line, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
}

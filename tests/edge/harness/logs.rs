//! What the Worker and its runtime write, and that no secret is in it.
//!
//! The rule: every line is kept, whoever wrote it. What must not be logged is noted as soon as it exists, and every test
//! that passes ends with the check, without asking for it.

use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use super::client::Answer;
use super::server::Server;
use super::wait::wait_for;

/// No secret is shorter, in bytes.
const BEGINNING: usize = 5;

/// What the Worker and its runtime wrote, line by line.
#[derive(Default)]
pub struct Log {
    lines: Mutex<Vec<String>>,
    /// What must stand in no line.
    secrets: Mutex<BTreeSet<String>>,
    /// The ids of the requests that the Worker answered.
    answered: Mutex<Vec<String>>,
}

impl Log {
    /// Keeps each line that comes, in a thread of its own.
    pub(super) fn collect(self: &Arc<Self>, from: impl Read + Send + 'static) {
        let log = Arc::clone(self);
        thread::spawn(move || {
            for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
                log.lines.lock().unwrap().push(String::from_utf8_lossy(&line).into_owned());
            }
        });
    }

    /// How many lines there are so far.
    pub(super) fn len(&self) -> usize {
        self.lines.lock().unwrap().len()
    }

    /// The lines after the first `start`.
    pub(super) fn since(&self, start: usize) -> Vec<String> {
        self.lines.lock().unwrap()[start..].to_vec()
    }

    /// Every line so far.
    pub fn lines(&self) -> Vec<String> {
        self.since(0)
    }

    /// The Worker's own lines about one kind of event.
    pub fn events(&self, event: &str) -> Vec<Value> {
        let lines = self.lines();
        let events = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        events.filter(|line| line["event"] == event).collect()
    }

    /// Notes that the Worker answered a request.
    pub(super) fn note_answer(&self, id: &str) {
        self.answered.lock().unwrap().push(id.to_owned());
    }

    /// The ids of the requests that the Worker answered, in order.
    pub fn answered(&self) -> Vec<String> {
        self.answered.lock().unwrap().clone()
    }

    /// Notes what must never be logged.
    #[track_caller]
    pub(super) fn keep_secret(&self, secret: &str) {
        assert!(secret.len() >= BEGINNING, "{secret:?} may stand anywhere");
        self.secrets.lock().unwrap().insert(secret.to_owned());
    }

    /// That no line after the first `start` holds what it must not.
    #[track_caller]
    pub(super) fn check_since(&self, start: usize) {
        let known = self.secrets.lock().unwrap();
        // By how they begin: a crowd has thousands of them, and the log tens of thousands of lines.
        let mut secrets: HashMap<&[u8], Vec<&str>> = HashMap::new();
        // Every address here ends in `.test`.
        for secret in [".test", "__Host-"].into_iter().chain(known.iter().map(String::as_str)) {
            secrets.entry(&secret.as_bytes()[..BEGINNING]).or_default().push(secret);
        }
        for line in self.since(start) {
            let told = line.as_bytes().windows(BEGINNING).enumerate().find_map(|(at, beginning)| {
                let begin_so = secrets.get(beginning)?;
                begin_so.iter().copied().find(|secret| line.as_bytes()[at..].starts_with(secret.as_bytes()))
            });
            assert_eq!(told.or_else(|| token_in(&line)), None, "in a line of the log: {line}");
        }
    }
}

/// What a request cost, as the Worker's log has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Cost {
    pub d1: u64,
    pub kv: u64,
    pub rows_read: u64,
    pub rows_written: u64,
}

impl Server {
    /// Notes what must never be logged.
    pub fn keep_secret(&self, secret: &str) {
        self.log().keep_secret(secret);
    }

    /// That no line of the log holds what it must not: an address, a token, a cookie, a password.
    #[track_caller]
    pub fn check_log(&self) {
        self.log().check_since(0);
    }

    /// What a request cost, from the Worker's log.
    #[track_caller]
    pub fn cost(&self, answer: &Answer) -> Cost {
        let id = answer
            .header("request-id")
            .unwrap_or_else(|| panic!("the Worker did not answer: {}", answer.text()));
        let line = wait_for("the request's line in the log", || {
            let lines = self.log().lines.lock().unwrap();
            let line =
                lines.iter().rev().find(|line| line.contains(id) && line.contains("\"event\":\"request\""));
            line.map(|line| serde_json::from_str::<Value>(line).unwrap())
        });
        let number = |name: &str| line[name].as_u64().unwrap_or_else(|| panic!("no {name} in {line}"));
        Cost {
            d1: number("d1"),
            kv: number("kv"),
            rows_read: number("rows_read"),
            rows_written: number("rows_written"),
        }
    }
}

/// A signed token: they begin with `eyJ`, as the ids of requests may by chance, and go on for longer than those.
fn token_in(line: &str) -> Option<&str> {
    let is_of_token = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    line.match_indices("eyJ").find_map(|(at, _)| {
        let rest = &line[at..];
        let end = rest.find(|letter| !is_of_token(letter)).unwrap_or(rest.len());
        (end > 16).then(|| &rest[..end])
    })
}

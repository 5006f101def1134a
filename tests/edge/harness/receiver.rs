//! A host product's receiver of webhooks on this machine. What it answers follows from the path it was registered with:
//! `/takes` takes everything, `/fails-once` fails the first time that it is told an event, `/moves` sends elsewhere, `/gone` is
//! there no more, `/hangs` never answers before it is let go, `/slow` takes everything after some seconds.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use standardwebhooks::Webhook;

/// How long `/slow` takes: less than Usher waits.
const SLOW: Duration = Duration::from_secs(4);

/// An event as it came.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The path it came to.
    pub path: String,
    /// Headers, with their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Heard {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// What happened.
    pub fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// Checks it as the reference library of Standard Webhooks does, its time too.
    pub fn verify(&self, secret: &str) -> Result<(), String> {
        let headers =
            self.headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let library = Webhook::new(secret).unwrap();
        library.verify(&self.body, &headers.collect()).map_err(|error| error.to_string())
    }
}

/// A receiver that runs until the tests end.
pub struct Receiver {
    url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    heard: Mutex<Vec<Heard>>,
    let_go: Mutex<bool>,
    bell: Condvar,
}

impl Receiver {
    /// Starts one.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::<Shared>::default();
        let theirs = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&theirs);
                thread::spawn(move || while serve(&stream, &shared).is_some() {});
            }
        });
        Self { url, shared }
    }

    /// The address of one of its paths.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// What came to a path, in order.
    pub fn heard(&self, path: &str) -> Vec<Heard> {
        self.shared.heard.lock().unwrap().iter().filter(|heard| heard.path == path).cloned().collect()
    }

    /// Answers whoever waits at `/hangs`, and from now on everybody.
    pub fn let_go(&self) {
        *self.shared.let_go.lock().unwrap() = true;
        self.shared.bell.notify_all();
    }
}

/// Answers one request; nothing where the connection is over.
fn serve(mut stream: &TcpStream, shared: &Shared) -> Option<()> {
    let heard = read(stream)?;
    let id = heard.headers.get("webhook-id").cloned();
    let earlier = {
        let mut all = shared.heard.lock().unwrap();
        all.push(heard.clone());
        all.iter()
            .filter(|one| one.path == heard.path && one.headers.get("webhook-id") == id.as_ref())
            .count()
            - 1
    };
    let answer = match heard.path.as_str() {
        "/fails-once" if earlier == 0 => "500 Internal Server Error\r\n",
        "/moves" => "307 Temporary Redirect\r\nlocation: /moved\r\n",
        "/gone" => "410 Gone\r\n",
        "/hangs" => {
            let let_go = shared.let_go.lock().unwrap();
            drop(shared.bell.wait_while(let_go, |let_go| !*let_go).unwrap());
            "200 OK\r\n"
        }
        "/slow" => {
            thread::sleep(SLOW);
            "200 OK\r\n"
        }
        _ => "200 OK\r\n",
    };
    write!(stream, "HTTP/1.1 {answer}content-length: 2\r\n\r\nok").ok()
}

fn read(stream: &TcpStream) -> Option<Heard> {
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
    let path = lines.first()?.split(' ').nth(1)?.to_owned();
    let headers: BTreeMap<String, String> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Heard { path, headers, body })
}

//! Starts the Worker as `make serve` does and talks to it over HTTP, as a browser, a program or a stranger would.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::ops::Deref;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use rusqlite::Connection;
use serde_json::{Value, json};
use usher::domain::keys::KeyRing;
use usher::domain::link::{Link, Via};
use usher::domain::time::Timestamp;

/// The operator's key of every deployment here, unless a test changes it.
pub const OPERATOR_KEY: &str = "op_3vQ9c1Yb7TgJx5kR2mWz8NfLdHs4PqAe";
/// Its root key, named `k1`.
pub const ROOT_KEY: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/// The password that everybody here has.
pub const PASSWORD: &str = "a sentence works well";
/// The session's cookie.
pub const SESSION_COOKIE: &str = "__Host-usher_session";

/// What a database says that a test has put out of order.
pub const OUT_OF_ORDER: &str = "out of order";

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often it is looked at.
const GLANCE: Duration = Duration::from_millis(25);

/// Waits until there is an answer.
///
/// # Panics
/// There never is; `what` says what was waited for.
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..PATIENCE.as_millis() / GLANCE.as_millis() {
        if let Some(found) = look() {
            return found;
        }
        thread::sleep(GLANCE);
    }
    panic!("waited in vain for {what}");
}

/// How a Worker is deployed: its settings, and its `wrangler.toml`.
#[derive(Clone)]
pub struct Deployment {
    settings: BTreeMap<String, String>,
    wrangler: String,
}

impl Deployment {
    /// As `make serve` has it, with secrets that the tests know.
    pub fn new() -> Self {
        let settings =
            [("OPERATOR_KEY", OPERATOR_KEY), ("ROOT_KEYS", ROOT_KEY), ("MAIL_FROM", "invites@usher.test")];
        Self {
            settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            wrangler: std::fs::read_to_string(project().join("wrangler.toml")).unwrap(),
        }
    }

    /// With a setting changed; an empty value takes it away.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// With a passage of `wrangler.toml` replaced, the first time it stands there.
    #[track_caller]
    pub fn configure(mut self, passage: &str, replacement: &str) -> Self {
        assert!(self.wrangler.contains(passage), "wrangler.toml no longer says {passage:?}");
        self.wrangler = self.wrangler.replacen(passage, replacement, 1);
        self
    }

    /// Starts it, with nothing in its database.
    pub fn start(&self) -> Server {
        let folder = new_folder();
        for name in ["build", "migrations"] {
            std::os::unix::fs::symlink(project().join(name), folder.join(name)).unwrap();
        }
        std::fs::write(folder.join(".dev.vars"), "").unwrap();
        std::fs::create_dir(folder.join("tmp")).unwrap();
        let log = Arc::new(Log::default());
        let known = Mutex::new(BTreeSet::from([PASSWORD.to_owned(), OPERATOR_KEY.to_owned()]));
        let (process, port) = self.run(&folder, 0, &log);
        Server { folder, port, log, known, process: Mutex::new(process), agent: agent() }
    }

    /// Runs it in a folder, until it says that it is ready.
    fn run(&self, folder: &Path, port: u16, log: &Arc<Log>) -> (Child, u16) {
        std::fs::write(folder.join("wrangler.toml"), &self.wrangler).unwrap();
        let node = std::env::var("USHER_NODE")
            .map_or_else(|_| project().join("node_modules/.bin/node"), PathBuf::from);
        let mut command = Command::new(node);
        command
            .arg(project().join(".ci/serve.mjs"))
            .current_dir(folder)
            .env("PORT", port.to_string())
            .env("STATE", folder.join("state"))
            // What the runtime keeps beside its state goes with the folder, and the mail it simulates is found there.
            .env("TMPDIR", folder.join("tmp"))
            // A test ticks when it wants to: `Server::tick`.
            .env("USHER_TICK", "0")
            .env("USHER_STOP_WITH_PARENT", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own, so that it can be killed together with the runtime that it starts.
            .process_group(0);
        for (name, value) in &self.settings {
            command.env(format!("USHER_VAR_{name}"), value);
        }
        let mut process = command.spawn().unwrap_or_else(|error| {
            panic!("no Node to run the Worker with: {error}; USHER_NODE names it, `make build` installs it")
        });
        let before = log.len();
        log.collect(process.stdout.take().unwrap());
        log.collect(process.stderr.take().unwrap());
        let origin = wait_for("the Worker to start", || {
            let lines = log.since(before);
            if let Some(origin) = lines.iter().find_map(|line| line.strip_prefix("ready ")) {
                return Some(origin.to_owned());
            }
            assert!(process.try_wait().unwrap().is_none(), "the Worker did not start:\n{}", lines.join("\n"));
            None
        });
        (process, origin.rsplit(':').next().unwrap().parse().unwrap())
    }
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A new folder for one server. What earlier runs left is taken away: the shared server ends with its process, and then
/// nobody is there to tidy.
fn new_folder() -> PathBuf {
    static TIDY: OnceLock<()> = OnceLock::new();
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("edge");
    TIDY.get_or_init(|| {
        for old in std::fs::read_dir(&all).into_iter().flatten().flatten() {
            let name = old.file_name().into_string().unwrap_or_default();
            let process = name.split('-').next().unwrap_or_default();
            let alive = Command::new("kill").args(["-0", process]).stderr(Stdio::null()).status();
            if !alive.is_ok_and(|status| status.success()) {
                let _ = std::fs::remove_dir_all(old.path());
            }
        }
    });
    let folder = all.join(format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(PATIENCE))
        .build()
        .into()
}

/// What the Worker and its runtime wrote, line by line.
#[derive(Default)]
pub struct Log(Mutex<Vec<String>>);

impl Log {
    fn collect(self: &Arc<Self>, from: impl Read + Send + 'static) {
        let log = Arc::clone(self);
        thread::spawn(move || {
            for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
                log.0.lock().unwrap().push(String::from_utf8_lossy(&line).into_owned());
            }
        });
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn since(&self, start: usize) -> Vec<String> {
        self.0.lock().unwrap()[start..].to_vec()
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
}

/// What a request cost, as the Worker's log has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Cost {
    pub d1: u64,
    pub kv: u64,
    pub rows_read: u64,
    pub rows_written: u64,
}

/// A running Worker.
pub struct Server {
    folder: PathBuf,
    port: u16,
    log: Arc<Log>,
    /// What must stand in no line of the log.
    known: Mutex<BTreeSet<String>>,
    process: Mutex<Child>,
    agent: ureq::Agent,
}

impl Server {
    /// What its links begin with.
    pub fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Its log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Its keys, for tokens that it never signed.
    pub fn keys(&self, root_keys: &str) -> KeyRing {
        KeyRing::parse(root_keys, &self.origin()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Notes what must never be logged.
    pub fn keep_secret(&self, secret: &str) {
        self.known.lock().unwrap().insert(secret.to_owned());
    }

    /// Somebody new, in a network of their own.
    pub fn client(&self) -> Client<'_> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let [_, a, b, c] = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let network = BTreeMap::from([("cf-connecting-ip".to_owned(), format!("10.{a}.{b}.{c}"))]);
        Client { server: self, cookies: BTreeMap::new(), headers: network }
    }

    /// Whoever runs the deployment.
    pub fn operator(&self) -> Client<'_> {
        self.client().with_header("authorization", &format!("Bearer {OPERATOR_KEY}"))
    }

    /// An address that nobody else has.
    pub fn address(&self, who: &str) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let address = format!("{who}.{}@studio.test", COUNT.fetch_add(1, Ordering::Relaxed));
        self.keep_secret(&address);
        address
    }

    /// Everything that was mailed to an address, oldest first.
    pub fn mails(&self, address: &str) -> Vec<Value> {
        let all = self.client().get("/dev/mailbox").ok().json();
        all["data"].as_array().unwrap().iter().filter(|mail| mail["to"] == address).cloned().collect()
    }

    /// The `count`-th message to an address, as soon as it is there.
    #[track_caller]
    pub fn mail(&self, address: &str, count: usize) -> Value {
        wait_for("a message to arrive", || self.mails(address).get(count - 1).cloned())
    }

    /// The token in that message's link.
    #[track_caller]
    pub fn mailed_token(&self, address: &str, count: usize) -> String {
        self.token_in(self.mail(address, count)["text"].as_str().unwrap())
    }

    /// The token of the first link in a text.
    #[track_caller]
    pub fn token_in(&self, text: &str) -> String {
        let start = format!("{}/i/", self.origin());
        let rest = text.split_once(&start).unwrap_or_else(|| panic!("no link in {text}")).1;
        let token =
            rest.split(|letter: char| letter.is_whitespace() || letter == '"').next().unwrap().to_owned();
        self.keep_secret(&token);
        token
    }

    /// The token of an invitation's first mail, made with the key that the Worker has: for tests in which the mail itself
    /// doesn't matter, since the queue waits a second before it delivers.
    pub fn token(&self, organization: &str, invitation: &str) -> String {
        let link = Link {
            invitation_id: invitation.parse().unwrap(),
            organization_id: organization.parse().unwrap(),
            ver: 1,
            via: Via::Email,
        };
        let token = link.sign(&self.keys(ROOT_KEY), Timestamp::from_seconds(4_000_000_000));
        self.keep_secret(&token);
        token
    }

    /// What a request cost, from the Worker's log.
    #[track_caller]
    pub fn cost(&self, answer: &Answer) -> Cost {
        let id = answer
            .header("request-id")
            .unwrap_or_else(|| panic!("the Worker did not answer: {}", answer.text()));
        let line = wait_for("the request's line in the log", || {
            let lines = self.log.0.lock().unwrap();
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

    /// Fires the cron tick, as the platform does every minute.
    pub fn tick(&self) {
        let answer = self.client().get("/cdn-cgi/local/scheduled?cron=*+*+*+*+*");
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// Opens the database beside the Worker, which may be running.
    pub fn database(&self) -> Connection {
        let databases = self.folder.join("state/v3/d1/miniflare-D1DatabaseObject");
        let file = std::fs::read_dir(&databases)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| {
                path.extension().is_some_and(|kind| kind == "sqlite") && !path.ends_with("metadata.sqlite")
            })
            .unwrap_or_else(|| panic!("no database in {}", databases.display()));
        let database = Connection::open(file).unwrap();
        database.busy_timeout(Duration::from_secs(10)).unwrap();
        database
    }

    /// The one number that a query answers.
    pub fn count(&self, sql: &str, of: &str) -> i64 {
        self.database().query_row(sql, [of], |row| row.get(0)).unwrap()
    }

    /// Files that the runtime wrote instead of sending mail, of one kind (`email-text`, `email-html`).
    pub fn simulated_mail(&self, kind: &str) -> Vec<String> {
        let mut found = Vec::new();
        for runtime in std::fs::read_dir(self.folder.join("tmp")).unwrap().flatten() {
            for file in
                std::fs::read_dir(runtime.path().join("email").join(kind)).into_iter().flatten().flatten()
            {
                found.push(std::fs::read_to_string(file.path()).unwrap());
            }
        }
        found
    }

    /// Ends the Worker at once, with all that it holds in memory: its queues.
    pub fn kill(&self) {
        let mut process = self.process.lock().unwrap();
        let group = format!("-{}", process.id());
        // Fails where it has ended already.
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = process.wait();
    }

    /// Starts it again where it was, on what it had written, perhaps with other settings.
    pub fn start_again(&mut self, deployment: &Deployment) {
        self.kill();
        // The runtime ends together with its group, but its port may be free only a moment later.
        wait_for("the port to be free", || TcpStream::connect(("127.0.0.1", self.port)).err());
        let (process, _) = deployment.run(&self.folder, self.port, &self.log);
        *self.process.lock().unwrap() = process;
        self.agent = agent();
    }

    /// Sends bytes as they are and reads what comes until the connection ends.
    pub fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // It may answer and hang up before it has read everything.
        let _ = stream.write_all(request);
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        let end = all.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap_or(all.len());
        let head = String::from_utf8_lossy(&all[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no answer to {}", String::from_utf8_lossy(request)));
        let headers = lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| {
            (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap())
        });
        Answer { status, headers: headers.collect(), body: all.get(end + 4..).unwrap_or_default().to_vec() }
    }

    /// That no line of the log holds what it must not: an address, a token, a cookie, a password.
    #[track_caller]
    pub fn check_log(&self) {
        self.check_log_since(0);
    }

    #[track_caller]
    fn check_log_since(&self, start: usize) {
        let known = self.known.lock().unwrap();
        // Every address here ends in `.test`, every signed token begins with `eyJ`.
        let secrets: Vec<&str> =
            [".test", "eyJ", "__Host-"].into_iter().chain(known.iter().map(String::as_str)).collect();
        for line in self.log.since(start) {
            let told = secrets.iter().find(|secret| line.contains(**secret));
            assert_eq!(told, None, "in a line of the log: {line}");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
        if !thread::panicking() {
            self.check_log();
        }
    }
}

/// A server that tests share which need nothing of their own. It ends with the process of the tests.
pub struct Shared {
    server: &'static Server,
    /// How long its log was when this test began.
    logged: usize,
}

impl Shared {
    fn new(server: &'static Server) -> Self {
        Self { server, logged: server.log.len() }
    }
}

/// The one with the settings of `make serve`.
pub fn shared() -> Shared {
    static SERVER: OnceLock<Server> = OnceLock::new();
    Shared::new(SERVER.get_or_init(|| Deployment::new().start()))
}

/// The one in which each call to D1 takes a while, so that races show, and on which networks are not limited.
pub fn racing() -> Shared {
    static SERVER: OnceLock<Server> = OnceLock::new();
    Shared::new(SERVER.get_or_init(|| Deployment::new().set("LIMITS", "off").set("D1_DELAY", "5").start()))
}

impl Deref for Shared {
    type Target = Server;

    fn deref(&self) -> &Server {
        self.server
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.check_log_since(self.logged);
        }
    }
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status and code: what a test of a refusal compares.
    pub fn refusal(&self) -> (u16, String) {
        let body = serde_json::from_slice::<Value>(&self.body).unwrap_or_default();
        (self.status.as_u16(), body["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The answer, which must be a success.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(self.status.is_success() || self.status.is_redirection(), "{} {}", self.status, self.text());
        self
    }

    /// A text field of the JSON body, by pointer.
    #[track_caller]
    pub fn str(&self, pointer: &str) -> String {
        let body = self.json();
        body.pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("{pointer} in {body}"))
            .to_owned()
    }
}

/// Somebody who calls the service: sends requests and keeps cookies as a browser does.
#[derive(Clone)]
pub struct Client<'a> {
    server: &'a Server,
    cookies: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
}

impl Client<'_> {
    /// With a header on every request; an empty value takes a default one (`origin`) away.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A cookie that the service set.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Any request.
    #[track_caller]
    pub fn send(&mut self, method: &str, path: &str, content_type: Option<&str>, body: &[u8]) -> Answer {
        let method: Method = method.parse().unwrap();
        let mut headers = BTreeMap::from([("accept".to_owned(), "application/json".to_owned())]);
        if !method.is_safe() {
            headers.insert("origin".to_owned(), self.server.origin());
        }
        if let Some(content_type) = content_type {
            headers.insert("content-type".to_owned(), content_type.to_owned());
        }
        if !self.cookies.is_empty() {
            let cookies: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            headers.insert("cookie".to_owned(), cookies.join("; "));
        }
        headers.extend(self.headers.clone());
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("http://127.0.0.1:{}{path}", self.server.port));
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(name, value);
        }
        let reply = if body.is_empty() {
            self.server.agent.run(request.body(()).unwrap())
        } else {
            self.server.agent.run(request.body(body).unwrap())
        };
        let mut reply = reply.unwrap_or_else(|error| panic!("no answer from {path}: {error}"));
        let body = reply.body_mut().read_to_vec().unwrap();
        for set in reply.headers().get_all("set-cookie") {
            let cookie = set.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.server.keep_secret(value);
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Answer { status: reply.status(), headers: reply.headers().clone(), body }
    }

    #[track_caller]
    pub fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, None, b"")
    }

    #[track_caller]
    pub fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some("application/json"), body.to_string().as_bytes())
    }

    /// Sends a form as a browser does, with the nonce of the page at `page`.
    #[track_caller]
    pub fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let shown = self.get(page).ok().text();
        let nonce =
            shown.split_once("name=\"nonce\" value=\"").unwrap_or_else(|| panic!("no form in {shown}")).1;
        let mut form = vec![("nonce", nonce.split('"').next().unwrap())];
        form.extend(fields);
        let body = serde_urlencoded::to_string(form).unwrap();
        self.send("POST", action, Some("application/x-www-form-urlencoded"), body.as_bytes())
    }

    /// Looks at an invitation.
    #[track_caller]
    pub fn preview(&mut self, token: &str) -> Answer {
        self.post("/v1/invitations/preview", &json!({"token": token}))
    }

    /// Accepts as whoever is signed in.
    #[track_caller]
    pub fn accept(&mut self, token: &str) -> Answer {
        self.post("/v1/invitations/accept", &json!({"token": token}))
    }

    /// Accepts with a new account.
    #[track_caller]
    pub fn sign_up(&mut self, token: &str, name: &str) -> Answer {
        self.post("/v1/invitations/accept", &json!({"token": token, "name": name, "password": PASSWORD}))
    }
}

/// An organization with its owner signed in: where most tests begin.
pub struct Team<'a> {
    pub server: &'a Server,
    pub organization: String,
    pub owner: Client<'a>,
    pub owner_address: String,
}

impl<'a> Team<'a> {
    pub fn new(server: &'a Server) -> Self {
        Self::with_seats(server, None)
    }

    /// With so many seats, of which the owner takes none.
    pub fn with_seats(server: &'a Server, seats: Option<u32>) -> Self {
        let owner_address = server.address("olga.owner");
        let body = json!({
            "name": "Example Studio", "template": "team",
            "owner": {"email": owner_address, "name": "Olga Owner"},
            "plan": {"key": "test", "seat_limit": seats, "features": []},
        });
        let made = server.operator().post("/v1/organizations", &body).ok();
        let organization = made.str("/id");
        let mut owner = server.client();
        owner.sign_up(&server.token(&organization, &made.str("/owner_invitation_id")), "Olga Owner").ok();
        Self { server, organization, owner, owner_address }
    }

    /// A path below this organization.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/organizations/{}{rest}", self.organization)
    }

    /// Invites somebody as the owner.
    #[track_caller]
    pub fn invite(&self, address: &str, role: &str) -> Answer {
        let body = json!({"kind": "email", "role": role, "email": address});
        self.owner.clone().post(&self.path("/invitations"), &body)
    }

    /// Invites somebody and answers the invitation's id and the token that is mailed.
    #[track_caller]
    pub fn invited(&self, address: &str, role: &str) -> (String, String) {
        let id = self.invite(address, role).ok().str("/id");
        let token = self.server.token(&self.organization, &id);
        (id, token)
    }

    /// How many active members there are, the owner included.
    #[track_caller]
    pub fn members(&self) -> usize {
        let list = self.owner.clone().get(&self.path("/members?limit=100")).ok().json();
        list["data"].as_array().unwrap().len()
    }

    /// An invitation as it is now.
    #[track_caller]
    pub fn invitation(&self, id: &str) -> Value {
        self.owner.clone().get(&format!("/v1/invitations/{id}")).ok().json()
    }
}

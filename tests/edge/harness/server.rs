//! Starts the Worker and ends it.
//!
//! The rule: each one is a process group of its own in a folder of its own, with its own state, port and log, and leaves
//! nothing behind when it is dropped. What never is, a shared one or that of a killed run, the next run takes away.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use super::client::agent;
use super::host::node;
use super::logs::Log;
use super::scene::PASSWORD;
use super::wait::wait_for;

/// The operator's key of every deployment here, unless a test changes it.
pub const OPERATOR_KEY: &str = "op_3vQ9c1Yb7TgJx5kR2mWz8NfLdHs4PqAe";
/// Its root key, named `k1`.
pub const ROOT_KEY: &str = "k1:vQ3m1Yb7TgJx5kR2mWz8NfLdHs4PqAeU0cXoZtI6w9E";

/// How a Worker is deployed: its settings, and its `wrangler.toml`.
#[derive(Clone)]
pub struct Deployment {
    settings: BTreeMap<String, String>,
    wrangler: String,
    gauged: bool,
}

impl Deployment {
    /// As `make serve` has it, with secrets that the tests know.
    pub fn new() -> Self {
        let settings =
            [("OPERATOR_KEY", OPERATOR_KEY), ("ROOT_KEYS", ROOT_KEY), ("MAIL_FROM", "invites@usher.test")];
        Self {
            settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            wrangler: std::fs::read_to_string(project().join("wrangler.toml")).unwrap(),
            gauged: false,
        }
    }

    /// With a setting changed; an empty value takes it away.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// With a gauge of its memory beside it: [`Server::memory`].
    pub fn gauged(mut self) -> Self {
        self.gauged = true;
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
        for secret in [PASSWORD, OPERATOR_KEY] {
            log.keep_secret(secret);
        }
        let Running { process, port, backstage, gauge } = self.run(&folder, 0, &log);
        Server { folder, port, backstage, gauge, log, process: Mutex::new(Some(process)), agent: agent() }
    }

    /// Runs it in a folder, until it says that it is ready.
    fn run(&self, folder: &Path, port: u16, log: &Arc<Log>) -> Running {
        std::fs::write(folder.join("wrangler.toml"), &self.wrangler).unwrap();
        let mut command = Command::new(node());
        command
            .arg(project().join(".ci/serve.mjs"))
            .current_dir(folder)
            .env("PORT", port.to_string())
            .env("STATE", folder.join("state"))
            // What the runtime keeps beside its state goes with the folder, and the mail it simulates is found there.
            .env("TMPDIR", folder.join("tmp"))
            // A test ticks when it wants to: `Server::tick`.
            .env("USHER_TICK", "0")
            .env("USHER_BACKSTAGE", "1")
            .env("USHER_STOP_WITH_PARENT", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own, so that it can be killed together with the runtime that it starts.
            .process_group(0);
        if self.gauged {
            command.env("USHER_GAUGE", "1");
        }
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
        let told = log.since(before);
        let beside = |what: &str| told.iter().find_map(|line| line.strip_prefix(what)).map(str::to_owned);
        Running {
            process,
            port: origin.rsplit(':').next().unwrap().parse().unwrap(),
            backstage: beside("backstage ").unwrap(),
            gauge: beside("gauge "),
        }
    }
}

/// What came of starting one.
struct Running {
    process: Child,
    port: u16,
    backstage: String,
    gauge: Option<String>,
}

pub(super) fn project() -> &'static Path {
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

/// A running Worker.
pub struct Server {
    folder: PathBuf,
    port: u16,
    backstage: String,
    gauge: Option<String>,
    log: Arc<Log>,
    /// Nothing once it was killed.
    process: Mutex<Option<Child>>,
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

    /// Where it listens.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Where its database is asked while it runs.
    pub(super) fn backstage(&self) -> &str {
        &self.backstage
    }

    /// Where its memory is asked, if it has a gauge.
    pub(super) fn gauge(&self) -> Option<&str> {
        self.gauge.as_deref()
    }

    /// Whether it runs.
    pub(super) fn is_running(&self) -> bool {
        self.process.lock().unwrap().is_some()
    }

    /// Where it keeps everything.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What requests to it are sent with.
    pub(super) fn agent(&self) -> &ureq::Agent {
        &self.agent
    }

    /// Ends the Worker at once, with all that it holds in memory: its queues.
    pub fn kill(&self) {
        let Some(mut process) = self.process.lock().unwrap().take() else { return };
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
        let Running { process, backstage, gauge, .. } = deployment.run(&self.folder, self.port, &self.log);
        *self.process.lock().unwrap() = Some(process);
        (self.backstage, self.gauge) = (backstage, gauge);
        self.agent = agent();
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

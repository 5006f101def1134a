//! The host product of docs/integrate.md, run as its reader runs it.
//!
//! The rule: it is the file as it stands there, with nothing of the tests in it; what it is told, it is told by its settings.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::server::project;
use super::wait::wait_for;

/// A port of this machine that nothing listens on now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until something listens on it.
pub fn wait_for_port(port: u16) {
    wait_for("something to listen", || TcpStream::connect(("127.0.0.1", port)).ok());
}

/// The Node that the project pins.
pub fn node() -> PathBuf {
    std::env::var("USHER_NODE").map_or_else(|_| project().join("node_modules/.bin/node"), PathBuf::from)
}

/// The host product, until it is dropped.
pub struct Host {
    process: Child,
    port: u16,
}

impl Host {
    /// Starts it on this port, with these settings. `arguments` are Node's own.
    pub fn start(port: u16, settings: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut command = Command::new(node());
        command
            .args(arguments)
            .arg(project().join("docs/examples/host.mjs"))
            .env("PORT", port.to_string())
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let process = command.spawn().unwrap();
        wait_for_port(port);
        Self { process, port }
    }

    /// Where it is.
    pub fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Ends it. Answers what it complained of.
    pub fn end(mut self) -> String {
        let _ = self.process.kill();
        let mut complaints = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut complaints).unwrap();
        complaints
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

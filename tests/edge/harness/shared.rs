//! The servers that tests share, since a Worker takes seconds to start.
//!
//! The rule: a test that changes nothing about its deployment, and ends nothing, shares one. Each test checks the log of
//! its own time, since the end of the process is nobody's to check.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use super::server::{Deployment, Server};

/// A server that tests share which need nothing of their own. It ends with the process of the tests.
pub struct Shared {
    server: &'static Server,
    /// How long its log was when this test began.
    logged: usize,
}

impl Shared {
    fn new(server: &'static Server) -> Self {
        Self { server, logged: server.log().len() }
    }
}

/// The one with the settings of `make serve`.
pub fn shared() -> Shared {
    static SERVER: OnceLock<Server> = OnceLock::new();
    Shared::new(SERVER.get_or_init(|| Deployment::new().start()))
}

/// The one in which each call to D1 takes so many milliseconds longer, so that races show, and on which networks are not limited.
pub fn racing(delay: u32) -> Shared {
    static SERVERS: Mutex<BTreeMap<u32, &'static Server>> = Mutex::new(BTreeMap::new());
    // One person takes part in many rounds.
    let deployment = || {
        let unlimited = Deployment::new().set("LIMITS", "off").set("MAILS_PER_ADDRESS", "1000");
        unlimited.set("MAILS_PER_SENDER", "1000").set("D1_DELAY", &delay.to_string())
    };
    let mut servers = SERVERS.lock().unwrap_or_else(PoisonError::into_inner);
    let server = servers.entry(delay).or_insert_with(|| Box::leak(Box::new(deployment().start())));
    Shared::new(server)
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
            self.log().check_since(self.logged);
        }
    }
}

//! What happens beside the requests, and how a test gets at it: the tick, the mail, the database.
//!
//! The rule: what an answer can show is asked over HTTP. Here is what no answer shows, and the disorder that only somebody
//! beside the Worker can make.

use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value;

use super::server::Server;
use super::wait::wait_for;

/// What a database says that a test has put out of order.
pub const OUT_OF_ORDER: &str = "out of order";

impl Server {
    /// Fires the cron tick, as the platform does every minute.
    pub fn tick(&self) {
        let answer = self.client().get("/cdn-cgi/local/scheduled?cron=*+*+*+*+*");
        assert_eq!(answer.status, 200, "{}", answer.text());
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

    /// The message to an address whose subject begins with these words, as soon as it is there: of those before it some may
    /// have had nothing left to say.
    #[track_caller]
    pub fn mail_about(&self, address: &str, words: &str) -> Value {
        wait_for("a message to arrive", || {
            let about = |mail: &Value| mail["subject"].as_str().unwrap().starts_with(words);
            self.mails(address).into_iter().find(about)
        })
    }

    /// Files that the runtime wrote instead of sending mail, of one kind (`email-text`, `email-html`).
    pub fn simulated_mail(&self, kind: &str) -> Vec<String> {
        let mut found = Vec::new();
        for runtime in std::fs::read_dir(self.folder().join("tmp")).unwrap().flatten() {
            for file in
                std::fs::read_dir(runtime.path().join("email").join(kind)).into_iter().flatten().flatten()
            {
                found.push(std::fs::read_to_string(file.path()).unwrap());
            }
        }
        found
    }

    /// Opens the database beside the Worker, which may be running.
    pub fn database(&self) -> Connection {
        let databases = self.folder().join("state/v3/d1/miniflare-D1DatabaseObject");
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
}

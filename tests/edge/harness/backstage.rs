//! What happens beside the requests, and how a test gets at it: the tick, the mail, the database.
//!
//! The rule: what an answer can show is asked over HTTP. Here is what no answer shows, and the disorder that only somebody
//! beside the Worker can make.

use std::path::PathBuf;

use rusqlite::Connection;
use serde_json::{Value, json};
use usher::domain::ids::JobId;
use usher::jobs::message;

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

    /// Runs statements on the database of the running Worker, all or none, and answers the rows of each. They go through
    /// the runtime: whoever opened the file beside it would lock the Worker out.
    #[track_caller]
    pub fn batch(&self, statements: &[(&str, &[&str])]) -> Vec<Vec<Value>> {
        let body: Vec<Vec<&str>> =
            statements.iter().map(|(sql, values)| [&[*sql], *values].concat()).collect();
        serde_json::from_value(self.ask_backstage("/", &json!(body))).unwrap()
    }

    /// Has the consumer of a queue called with one batch of messages about these jobs, whatever the queue itself does.
    /// Answers what it did with them.
    #[track_caller]
    pub fn deliver(&self, queue: &str, jobs: &[JobId]) -> Value {
        let messages: Vec<String> = jobs.iter().map(|job| message::encode(*job)).collect();
        self.ask_backstage(&format!("/queues/{queue}"), &json!(messages))
    }

    #[track_caller]
    fn ask_backstage(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.backstage());
        let mut answer = self.agent().post(url).send(body.to_string().as_bytes()).unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        assert_eq!(answer.status(), 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// The one row that a query answers, an object of its columns.
    #[track_caller]
    pub fn row(&self, sql: &str, of: &str) -> Value {
        let mut rows = self.batch(&[(sql, &[of])]).remove(0);
        assert_eq!(rows.len(), 1, "{sql}");
        rows.remove(0)
    }

    /// The one number that a query answers.
    #[track_caller]
    pub fn count(&self, sql: &str, of: &str) -> i64 {
        let row = self.row(sql, of);
        let mut columns = row.as_object().unwrap().values();
        columns.next().and_then(Value::as_i64).unwrap_or_else(|| panic!("{sql} answers no number: {row}"))
    }

    /// How many bytes of memory the Wasm of the running Worker has.
    #[track_caller]
    pub fn memory(&self) -> u64 {
        let gauge = self.gauge().expect("it was deployed with a gauge");
        let mut answer = self.agent().get(gauge).call().unwrap();
        answer.body_mut().read_to_string().unwrap().parse().unwrap()
    }

    /// Changes the database of a Worker that was killed.
    pub fn change_at_rest(&self, sql: &str) {
        Connection::open(self.database_at_rest()).unwrap().execute_batch(sql).unwrap();
    }

    /// The file of the database of a Worker that was killed.
    pub fn database_at_rest(&self) -> PathBuf {
        assert!(!self.is_running(), "two would write into one database");
        let databases = self.folder().join("state/v3/d1/miniflare-D1DatabaseObject");
        std::fs::read_dir(&databases)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| {
                path.extension().is_some_and(|kind| kind == "sqlite") && !path.ends_with("metadata.sqlite")
            })
            .unwrap_or_else(|| panic!("no database in {}", databases.display()))
    }
}

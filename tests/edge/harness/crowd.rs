//! People in numbers, who have an account and are signed in.
//!
//! The rule: what a crowd does, it does over HTTP. Only that it is there is written into the database, in one batch: a password's
//! hash takes as long as several requests, and most tests of a crowd aren't about passwords.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;
use usher::domain::secret::{Bearer, digest};

use super::client::Client;
use super::server::Server;

/// Somebody with an account whose address is proved, signed in. They have no password.
pub struct Person<'a> {
    pub address: String,
    pub client: Client<'a>,
}

impl Server {
    /// So many people whom nobody knows yet.
    #[track_caller]
    pub fn people(&self, number: usize) -> Vec<Person<'_>> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mut rows = Vec::new();
        let people = (0..number).map(|_| {
            let (count, address) = (COUNT.fetch_add(1, Ordering::Relaxed), self.address("person"));
            // Any 256 bits that nobody else has will do.
            let session = Bearer::parse(&digest(address.as_bytes())).unwrap();
            rows.push(json!({
                "user": format!("usr_{count:026}"), "session": format!("ses_{count:026}"),
                "digest": session.digest(), "address": address,
            }));
            self.keep_secret(session.reveal());
            Person { address, client: self.client().with_session(session.reveal()) }
        });
        let people = people.collect();
        let rows = json!(rows).to_string();
        self.batch(&[
            (
                "INSERT INTO users (id, email, email_key, name, name_key, email_verified_at, created_at)
                 SELECT value ->> 'user', value ->> 'address', value ->> 'address', 'Some Person', 'some person', 1, 1
                 FROM json_each(?1)",
                &[&rows],
            ),
            (
                "INSERT INTO sessions (id, user_id, token_digest, created_at, expires_at)
                 SELECT value ->> 'session', value ->> 'user', value ->> 'digest', 1, 4000000000000 FROM json_each(?1)",
                &[&rows],
            ),
        ]);
        people
    }
}

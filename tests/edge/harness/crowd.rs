//! People in numbers, who have an account and are signed in.
//!
//! The rule: what a crowd does, it does over HTTP. Only that it is there is written into the database, in one batch: a password's
//! hash takes as long as several requests, and most tests of a crowd aren't about passwords.

use serde_json::json;
use usher::domain::ids::{SessionId, UserId};
use usher::domain::secret::Bearer;
use usher::domain::time::Timestamp;

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
        let now = Timestamp::from_seconds(1_700_000_000);
        let mut rows = Vec::new();
        let people = (0..number).map(|_| {
            let (address, session) = (self.address("person"), Bearer::new(random()));
            rows.push(json!({
                "user": UserId::new(now, random()), "session": SessionId::new(now, random()),
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

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

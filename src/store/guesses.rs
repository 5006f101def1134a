//! Passwords that were typed for an address, counted before they are looked at, so that no number of requests at once tries
//! more.
//!
//! They are counted apart for each network they come from, and for each browser that the address's holder signed in with
//! before: the wait that a stranger's guesses bring about is the stranger's own. An address without an account counts the
//! same. Those of whoever is signed in are counted for the account, which is theirs, or whose cookie they stole: no sign-in waits
//! for them.

use serde::Deserialize;

use crate::domain::email_address::EmailAddress;
use crate::domain::secret::digest;
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::{params, sql};

/// Who types a password.
#[derive(Debug, Clone)]
pub struct Guesser {
    /// From where.
    pub network: String,
    /// The digest of the session that their browser had last, over or not.
    pub device: Option<String>,
}

/// A guess that may be looked at.
#[derive(Debug, Deserialize)]
pub struct Counted {
    /// What it was counted under.
    pub id: String,
    /// Whether it comes from a browser that the address's holder signed in with.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub known: bool,
}

/// From when the next guess may be looked at.
#[derive(Debug, Deserialize)]
pub struct Wait {
    /// When.
    pub next_at: Timestamp,
}

/// What a guess is counted under: `?1` is the network's, `?2` the browser's if its session `?3` was one of the address `?4`.
macro_rules! counted_under {
    () => {
        "iif(EXISTS (SELECT 1 FROM sessions s JOIN users u ON u.id = s.user_id
                     WHERE s.token_digest = ?3 AND u.email_key = ?4), ?2, ?1)"
    };
}

/// How many milliseconds after the guess that makes it `tries + 1` the next one is looked at: none after the first four, then 15
/// seconds, and twice as long each time, up to a quarter of an hour.
macro_rules! wait {
    ($tries:literal) => {
        concat!("iif(", $tries, " < 4, 0, min(900, 15 << min(", $tries, " - 4, 6))) * 1000")
    };
}

/// What a further guess writes, unless it comes too soon: `raised!(now, since)`.
macro_rules! raised {
    ($now:literal, $since:literal) => {
        concat!(
            " ON CONFLICT (id) DO UPDATE SET tries = iif(next_at <= ",
            $since,
            ", 1, tries + 1), next_at = CAST(",
            $now,
            " AS INTEGER) + iif(next_at <= ",
            $since,
            ", 0, ",
            wait!("tries"),
            ") WHERE next_at <= ",
            $now,
            " RETURNING id"
        )
    };
}

/// Counts a guess, unless it comes too soon: `RETURNING` tells. Then reads how long one has to [`Wait`]. Whoever has made none
/// since `?6` begins anew.
#[must_use]
pub fn count(by: &Guesser, email: &EmailAddress, since: Timestamp, now: Timestamp) -> [Statement; 2] {
    let key = email.key();
    let under = |what: &str, which: &str| digest(format!("{what} {which} {key}").as_bytes());
    let device = by.device.as_deref();
    let network = under("network", &by.network);
    let browser = device.map(|device| under("browser", device));
    [
        Statement::new(
            sql!(concat!(
                "INSERT INTO guesses (id, tries, next_at) SELECT ",
                counted_under!(),
                ", 1, ?5 WHERE true",
                raised!("?5", "?6"),
                ", id IS ?2 AS known"
            )),
            params![&network, browser.as_deref(), device, &key, now, since],
        ),
        Statement::new(
            sql!(concat!("SELECT next_at FROM guesses WHERE id = ", counted_under!())),
            params![&network, browser.as_deref(), device, &key],
        ),
    ]
}

/// Counts a guess of whoever holds this session at their own password, under the account's id, unless it comes too soon
/// (`RETURNING` tells); then reads how long they have to [`Wait`]. Without the code that their account asks for nothing is
/// looked at, and so nothing is counted.
#[must_use]
pub fn count_own(session: &str, with_code: bool, since: Timestamp, now: Timestamp) -> [Statement; 2] {
    [
        Statement::new(
            sql!(concat!(
                "INSERT INTO guesses (id, tries, next_at)
                 SELECT u.id, 1, ?2 FROM sessions s JOIN users u ON u.id = s.user_id
                 WHERE s.token_digest = ?1 AND s.expires_at > ?2 AND s.ended_at IS NULL AND (?4 OR u.mfa_enabled_at IS NULL)",
                raised!("?2", "?3")
            )),
            params![session, now, since, with_code],
        ),
        Statement::new(
            sql!("SELECT g.next_at FROM sessions s JOIN guesses g ON g.id = s.user_id WHERE s.token_digest = ?1"),
            params![session],
        ),
    ]
}

/// Forgets those before a right one.
#[must_use]
pub fn settle(id: &str) -> Statement {
    Statement::new(sql!("DELETE FROM guesses WHERE id = ?1"), params![id])
}

/// Forgets those whose next one could have come before then, some at a time.
#[must_use]
pub fn forget(since: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "DELETE FROM guesses WHERE id IN (SELECT id FROM guesses WHERE next_at <= ?1 ORDER BY next_at LIMIT 500)"
        ),
        params![since],
    )
}

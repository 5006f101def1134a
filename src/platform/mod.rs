//! The edge of the world: everything outside that Usher talks to, as traits.
//!
//! [`worker`] implements them over Cloudflare's bindings; the tests implement them natively, with real SQLite. Traits
//! stand only here. `Database` works on *statements*, not on aggregates: D1 is SQLite, so the SQL itself runs in both.

pub mod executor;
pub mod sql;
pub mod statement;
pub mod worker;

use std::cell::{Cell, RefCell};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::RETRY_AFTER;

use crate::domain::ids::{ApiKeyId, JobId};
use crate::domain::time::Timestamp;
use crate::mail::Mail;
use crate::store::webhook_events;
pub use statement::{Param, ResultSet, Statement};

/// Everything outside, in one.
pub trait Platform: Database + KeyValue + Queue + Mailer + Http + Limiter + Clock + Entropy + Log {}
impl<T: Database + KeyValue + Queue + Mailer + Http + Limiter + Clock + Entropy + Log> Platform for T {}

/// What one request has cost so far, and what goes along with all that it writes.
#[derive(Debug, Default)]
pub struct Meter {
    /// Round trips to D1.
    pub trips: Cell<u32>,
    /// Rows D1 read.
    pub rows_read: Cell<u64>,
    /// Rows D1 wrote.
    pub rows_written: Cell<u64>,
    /// Calls to KV.
    pub kv: Cell<u32>,
    /// A statement that is run at the end of each batch, in its transaction, until it answers a row: what says that the request
    /// was done (see [`idempotency`](crate::store::idempotency)).
    pub rider: RefCell<Option<Statement>>,
    /// Whether it has.
    pub rode: Cell<bool>,
    /// The key of a program that acts for a member.
    pub key: Cell<Option<ApiKeyId>>,
    /// A statement that is run so with each batch: what says which key that was (see
    /// [`api_keys::acted`](crate::store::api_keys::acted)).
    pub told: RefCell<Option<Statement>>,
}

/// Counts costs. Every platform has one meter a request.
pub trait Metered {
    /// This request's meter.
    fn meter(&self) -> &Meter;
}

/// What went along with a batch.
#[derive(Debug, Clone, Copy)]
pub struct Riders {
    /// How many statements the batch itself has.
    wanted: usize,
    /// Whether there is one that says that the request was done.
    rides: bool,
    /// Where the results of those with it end.
    with_rider: usize,
    /// The job that tells webhooks what happened in it.
    teller: JobId,
}

/// The database did not do it. The text is for the log.
#[derive(Debug, thiserror::Error)]
#[error("database: {0}")]
pub struct DatabaseError(pub String);

/// D1, or SQLite in native tests.
pub trait Database: Metered + Queue + Clock + Entropy {
    /// Runs statements as one transaction, in order. For implementers; callers use the methods below, which count.
    ///
    /// # Errors
    /// Nothing was written.
    fn execute(
        &self,
        statements: Vec<Statement>,
    ) -> impl Future<Output = Result<Vec<ResultSet>, DatabaseError>>;

    /// Runs statements as one transaction, in one round trip: what D1 calls a batch. Answers one result for each.
    ///
    /// # Errors
    /// Nothing was written.
    fn batch(
        &self,
        mut statements: Vec<Statement>,
    ) -> impl Future<Output = Result<Vec<ResultSet>, DatabaseError>> {
        async move {
            let riders = self.send_along(&mut statements);
            let results = self.execute(statements).await?;
            self.settle(riders, results)
        }
    }

    /// Adds to a batch what goes along with it. Apart from [`Database::batch`], whose future is a part of each that waits for it.
    #[inline(never)]
    fn send_along(&self, statements: &mut Vec<Statement>) -> Riders {
        let wanted = statements.len();
        let writes = statements.iter().any(Statement::writes);
        let meter = self.meter();
        meter.trips.set(meter.trips.get() + 1);
        let rider = meter.rider.borrow().clone();
        let rides = rider.is_some();
        statements.extend(meter.told.borrow().clone());
        statements.extend(rider);
        let with_rider = statements.len();
        // Whatever this batch does that webhooks are told is told, whoever wrote it.
        let teller = JobId::new(self.now(), self.random());
        statements.extend(writes.then(|| webhook_events::gather(teller, self.now())));
        Riders { wanted, rides, with_rider, teller }
    }

    /// Counts what a batch cost, and takes from its results what went along.
    ///
    /// # Errors
    /// There are fewer than there should be.
    #[inline(never)]
    fn settle(&self, riders: Riders, mut results: Vec<ResultSet>) -> Result<Vec<ResultSet>, DatabaseError> {
        let Riders { wanted, rides, with_rider, teller } = riders;
        let meter = self.meter();
        for result in &results {
            meter.rows_read.set(meter.rows_read.get() + result.rows_read);
            meter.rows_written.set(meter.rows_written.get() + result.rows_written);
        }
        if results.get(with_rider).is_some_and(ResultSet::any) {
            self.enqueue(teller);
        }
        results.truncate(with_rider);
        if rides && results.len() > wanted && results.pop().is_some_and(|rider| rider.any()) {
            meter.rider.replace(None);
            meter.rode.set(true);
        }
        results.truncate(wanted);
        if results.len() == wanted {
            Ok(results)
        } else {
            Err(DatabaseError(format!("{} results for {wanted} statements", results.len())))
        }
    }

    /// Runs one statement.
    ///
    /// # Errors
    /// Nothing was written.
    fn run(&self, statement: Statement) -> impl Future<Output = Result<ResultSet, DatabaseError>> {
        async {
            let mut results = self.batch(vec![statement]).await?;
            results.pop().ok_or_else(|| DatabaseError("no result".to_owned()))
        }
    }
}

/// KV holds copies, never truth: a read may be a minute old, and a lost write only costs a read of the truth. So nothing
/// here fails; what goes wrong is logged by the implementation and counts as a miss.
pub trait KeyValue: Metered {
    /// For implementers; callers use [`KeyValue::get`].
    fn read(&self, key: &str) -> impl Future<Output = Option<String>>;
    /// For implementers; callers use [`KeyValue::put`].
    fn write(&self, key: &str, value: &str, ttl_seconds: u64) -> impl Future<Output = ()>;
    /// For implementers; callers use [`KeyValue::forget`].
    fn remove(&self, key: &str) -> impl Future<Output = ()>;

    /// A copy, if one is there.
    fn get(&self, key: &str) -> impl Future<Output = Option<String>> {
        self.count_kv();
        self.read(key)
    }
    /// Keeps a copy for at least a minute, which is the least that KV can.
    fn put(&self, key: &str, value: &str, ttl_seconds: u64) -> impl Future<Output = ()> {
        self.count_kv();
        self.write(key, value, ttl_seconds.max(60))
    }
    /// Drops a copy that is no longer true.
    fn forget(&self, key: &str) -> impl Future<Output = ()> {
        self.count_kv();
        self.remove(key)
    }
    /// Counts one call.
    fn count_kv(&self) {
        let meter = self.meter();
        meter.kv.set(meter.kv.get() + 1);
    }
}

/// The queues of jobs. Best effort: what never arrives, the tick finds in the outbox.
pub trait Queue {
    /// Asks for a job to be done soon. Returns at once; the sending itself doesn't hold up the answer.
    fn enqueue(&self, job: JobId);

    /// The same for many, in as few calls as the platform allows.
    fn enqueue_all(&self, jobs: &[JobId]) {
        for job in jobs {
            self.enqueue(*job);
        }
    }

    /// The same for deliveries to webhooks, which have a queue of their own: whoever answers them slowly keeps no mail waiting.
    fn enqueue_deliveries(&self, jobs: &[JobId]);
}

/// Why a mail was not sent. The text names no address: it is kept and logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailError {
    /// Trouble of the moment. It may work later; and it may have been sent all the same.
    Retry(String),
    /// It was not sent. The provider takes more after this long.
    Wait(Duration, String),
    /// It was not sent. The provider takes nothing from this deployment until its operator mends something: a key, a domain, a
    /// quota.
    Unable(String),
    /// It was not sent and never will be: the address is suppressed, or is none, or the message can't be taken.
    Refused(String),
}

impl MailError {
    /// The reason.
    #[must_use]
    pub fn why(&self) -> &str {
        match self {
            Self::Retry(why) | Self::Wait(_, why) | Self::Unable(why) | Self::Refused(why) => why,
        }
    }
}

/// The platform's own way to send mail: the `send_email` binding.
pub trait Mailer {
    /// Sends one message and answers the provider's id for it. The whole takes no longer than `within`.
    ///
    /// # Errors
    /// Whether to try again.
    fn send(&self, mail: &Mail, within: Duration) -> impl Future<Output = Result<String, MailError>>;
}

/// As much of an answer's body as is read: whoever runs the server decides how long it is.
pub const LARGEST_ANSWER: usize = 16 * 1024;

/// Why somebody else's server gave no answer. It may have done what it was asked all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// It could not be reached, or broke off.
    Unreachable,
    /// It took too long.
    TimedOut,
}

/// Other people's servers.
pub trait Http {
    /// Sends a request to a full address, and answers what came back, whatever its status: a redirect is an answer, and is not
    /// followed. Of the body, at most [`LARGEST_ANSWER`] bytes. The whole takes no longer than `within`.
    ///
    /// # Errors
    /// There was no answer.
    fn exchange(
        &self,
        request: http::Request<Bytes>,
        within: Duration,
    ) -> impl Future<Output = Result<http::Response<Bytes>, Unanswered>>;
}

/// How long an answer asks to be left alone: `Retry-After`, in seconds or as a date.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let told = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = told.parse().ok().map(Duration::from_secs);
    seconds.or_else(|| Timestamp::parse_http(told).map(|then| now.until(then)))
}

/// What is limited together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// What one network may do; lifted by `LIMITS=off`.
    Network,
    /// What may be tried against one account by browsers that nobody knows; never lifted.
    Account,
}

/// Limits bursts.
pub trait Limiter {
    /// Whether one more is within the limit for this key.
    fn allows(&self, limit: Limit, key: &str) -> impl Future<Output = bool>;
}

/// The time.
pub trait Clock {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Randomness nobody can guess.
pub trait Entropy {
    /// Fills the bytes.
    fn fill(&self, bytes: &mut [u8]);

    /// So many random bytes.
    fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

/// How much a line of the log matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Info,
    /// Ours to mend.
    Error,
}

/// The log: one JSON object a line.
pub trait Log {
    /// Writes one line. It must hold no token, cookie, body, link or address.
    fn log(&self, level: Level, line: &str);
}

//! Everything outside the service in one history: the database, the queue, KV, the clock, what was mailed and logged, and
//! what happened so far. Each batch is looked at as it is committed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;
use std::time::Duration;

use usher::config::{Config, ConfigError};
use usher::domain::ids::{InvitationId, JobId};
use usher::domain::keys::Opened;
use usher::domain::link::Link;
use usher::domain::time::Timestamp;
use usher::jobs::message::Source;
use usher::params;
use usher::platform::{DatabaseError, ResultSet, Statement};
use usher::store::idempotency::KEPT;

use super::super::platform::token_in;
use super::billing::Billing;
use super::chance::{Chance, Weather};
use super::database::Reused;
use super::flaws::Flaw;
use super::invariants;
use super::parts::Parts;
use super::receivers::Receivers;
use super::repeats::Repeats;

/// When every history begins.
pub const START_SECONDS: i64 = 1_795_298_400;

/// A queue's message.
#[derive(Debug, Clone)]
pub struct Queued {
    pub job: JobId,
    /// Not delivered before.
    pub due: Timestamp,
    pub tries: u32,
    /// Which queue it is in.
    pub source: Source,
}

/// A link that somebody has.
#[derive(Debug, Clone)]
pub struct Known {
    pub token: String,
    pub link: Link,
}

/// A mail that the `send_email` binding took, or was asked to take.
#[derive(Debug, Clone)]
pub struct Sent {
    pub job: JobId,
    /// When the consumer that sent it took the job.
    pub taken: Timestamp,
    /// Whether the provider has it.
    pub accepted: bool,
    /// Whether the consumer was told so.
    pub answered: bool,
}

/// What one value in KV was, from when and until when.
pub struct Copy {
    pub since: Timestamp,
    pub until: Timestamp,
    pub value: Option<String>,
}

/// What is known of one event while it runs.
#[derive(Debug, Default)]
pub struct Event {
    /// Which one, from 1 on.
    pub number: u32,
    /// Whether it is the cron's.
    pub is_tick: bool,
    /// The job that it is about, for a queue's message.
    pub job: Option<JobId>,
    /// The session that its request came with.
    pub session: Option<String>,
    /// Whether its platform failed it, so that a 500 is no fault of the service.
    pub faulted: Cell<bool>,
    /// Whether a limiter refused it.
    pub limited: Cell<bool>,
    /// The first time it asked for: a consumer's lease begins then.
    pub first_now: Cell<Option<Timestamp>>,
    /// Why it must let nobody in: what it holds was dead when it began.
    pub must_not_redeem: Option<&'static str>,
    /// Why it must do nothing at all.
    pub must_not_write: Option<&'static str>,
    /// What it delivers now, of all that its message lets it deliver to one webhook.
    pub delivers: Cell<Option<JobId>>,
    /// Whether the webhook that it delivers to was off when it began.
    pub was_off: bool,
    /// Where the audit log ended when it began.
    pub log_before: i64,
    /// What it is asked under, with whose that is.
    pub once: Option<String>,
}

/// Everything outside the service in one history.
pub struct World {
    pub database: Rc<RefCell<Reused>>,
    pub config: &'static Result<Config, ConfigError>,
    pub now: Cell<Timestamp>,
    /// The scheduler's decisions.
    pub chance: Chance,
    /// The service's randomness.
    pub entropy: Chance,
    pub weather: Weather,
    pub parts: Parts,
    /// No more faults and no more waits.
    pub calm: Cell<bool>,
    /// Whether whatever a request or consumer enqueues is lost; the tick's messages are not.
    pub only_the_tick_enqueues: bool,
    pub flaw: Option<&'static Flaw>,
    pub flaw_met: Cell<bool>,
    pub kv: RefCell<BTreeMap<String, Vec<Copy>>>,
    pub queue: RefCell<Vec<Queued>>,
    pub links: RefCell<Vec<Known>>,
    pub sent: RefCell<Vec<Sent>>,
    pub log: RefCell<Vec<String>>,
    pub receivers: Receivers,
    pub billing: Billing,
    pub repeats: Repeats,
    /// The invitation that something was last done to: what others do meets there.
    pub hot: Cell<Option<InvitationId>>,
    redemptions_seen: Cell<i64>,
    invitations_seen: Cell<i64>,
    pub audits_seen: Cell<i64>,
    mails_seen: Cell<i64>,
    events: RefCell<Vec<String>>,
    pub violation: RefCell<Option<String>>,
}

impl World {
    pub fn new(
        seed: u64,
        database: Rc<RefCell<Reused>>,
        config: &'static Result<Config, ConfigError>,
        only_the_tick_enqueues: bool,
        flaw: Option<&'static Flaw>,
    ) -> Self {
        let chance = Chance::new(seed, 0);
        Self {
            database,
            config,
            now: Cell::new(Timestamp::from_seconds(START_SECONDS)),
            weather: Weather::draw(&chance),
            parts: Parts::draw(&chance),
            chance,
            entropy: Chance::new(seed, 1),
            calm: Cell::new(false),
            only_the_tick_enqueues,
            flaw,
            flaw_met: Cell::new(false),
            kv: RefCell::default(),
            queue: RefCell::default(),
            links: RefCell::default(),
            sent: RefCell::default(),
            log: RefCell::default(),
            receivers: Receivers::default(),
            billing: Billing::default(),
            repeats: Repeats::default(),
            hot: Cell::new(None),
            redemptions_seen: Cell::new(0),
            invitations_seen: Cell::new(0),
            audits_seen: Cell::new(0),
            mails_seen: Cell::new(0),
            events: RefCell::default(),
            violation: RefCell::default(),
        }
    }

    /// The settings, which are good.
    pub fn settings(&self) -> &'static Config {
        self.config.as_ref().ok().unwrap()
    }

    /// Writes into the history.
    pub fn note(&self, event: String) {
        self.events.borrow_mut().push(event);
    }

    /// The history so far.
    pub fn events(&self) -> Vec<String> {
        self.events.borrow().clone()
    }

    /// What tells two histories apart.
    pub fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.events.borrow().hash(&mut hasher);
        hasher.finish()
    }

    /// A rule is broken. The first one counts: the others may follow from it.
    pub fn violate(&self, rule: String) {
        self.violation.borrow_mut().get_or_insert(rule);
    }

    /// Lets time pass.
    pub fn pass(&self, duration: Duration) {
        self.now.set(self.now.get().plus(duration));
    }

    /// Whether something that goes wrong once in so many times does now.
    pub fn happens(&self, times: usize) -> bool {
        !self.calm.get() && self.chance.one_in(times)
    }

    /// Whether a query has any row.
    pub fn any(&self, sql: &'static str, params: Vec<usher::platform::Param>) -> bool {
        self.database.borrow().any(&Statement::new(sql, params))
    }

    /// The rows of a query.
    pub fn read(&self, sql: &'static str, params: Vec<usher::platform::Param>) -> Vec<serde_json::Value> {
        self.database.borrow().read(&Statement::new(sql, params))
    }

    /// Whoever gets this mail has the link in it now, if it is an invitation's.
    pub fn learn_from(&self, mail: &str) {
        if mail.contains("/i/") {
            self.learn(token_in(mail));
        }
    }

    /// Whoever is to have this link has it now.
    pub fn learn(&self, token: String) {
        // Read as of the beginning, when every link of a history is still good.
        let opened = Link::open(&self.settings().keys, &token, Timestamp::from_seconds(START_SECONDS));
        let Opened::Live(link) = opened else {
            return self.violate(format!("a link that is none: {opened:?}"));
        };
        self.links.borrow_mut().push(Known { token, link });
    }

    /// Runs one transaction, and looks at what it did.
    pub fn commit(&self, event: &Event, statements: &[Statement]) -> Result<Vec<ResultSet>, DatabaseError> {
        let (results, changed) = self.database.borrow_mut().commit(statements);
        // Of two under one key, the second's batch is refused whole.
        let is_second =
            |error: &DatabaseError| event.once.is_some() && error.0.contains("idempotent_requests");
        if let Err(error) = &results
            && is_second(error)
        {
            // Of a first that took a day to get there nothing is kept by then.
            let day = self.any(
                "SELECT 1 FROM idempotent_requests WHERE created_at <= ?1",
                params![self.now.get().minus(KEPT)],
            );
            event.faulted.set(event.faulted.get() || day);
        } else if let Err(error) = &results {
            self.violate(format!("event {} was refused by the schema: {error}", event.number));
        }
        let first = statements.first().map_or("", |statement| statement.sql);
        let what: Vec<&str> = first.split_whitespace().take(3).collect();
        let rows: Vec<bool> = results.iter().flatten().map(ResultSet::any).collect();
        self.note(format!("{} commits {} … {rows:?}", event.number, what.join(" ")));
        if changed {
            self.look(event);
        }
        results
    }

    fn look(&self, event: &Event) {
        let broken = invariants::always(&self.database.borrow(), self.now.get());
        for rule in broken {
            self.violate(format!("after event {}: {rule}", event.number));
        }
        let since = self.redemptions_seen.get();
        for row in self.read(
            "SELECT r.rowid AS at, r.invitation_id, m.organization_id, m.takes_seat AND m.joined_at = r.redeemed_at AS takes_seat
             FROM redemptions r LEFT JOIN members m ON m.id = r.member_id WHERE r.rowid > ?1",
            params![since],
        ) {
            self.redemptions_seen.set(row["at"].as_i64().unwrap());
            self.expect_a_seat(event, &row);
            self.note(format!("{} lets somebody in by {}", event.number, row["invitation_id"]));
            if let Some(why) = event.must_not_redeem {
                self.violate(format!(
                    "event {} let somebody in by {}, but {why}",
                    event.number, row["invitation_id"]
                ));
            }
        }
        let since = self.invitations_seen.get();
        for row in self.read(
            "SELECT rowid AS at, id, organization_id, reserves AS takes_seat FROM invitations WHERE rowid > ?1",
            params![since],
        ) {
            self.invitations_seen.set(row["at"].as_i64().unwrap());
            self.hot.set(row["id"].as_str().unwrap().parse().ok());
            self.expect_a_seat(event, &row);
        }
        let since = self.audits_seen.get();
        for row in self.read(
            "SELECT a.rowid AS at, a.action, m.organization_id, m.takes_seat FROM audit_events a
             LEFT JOIN members m ON m.id = a.subject AND a.action IN ('member.added', 'member.restored')
             WHERE a.rowid > ?1 ORDER BY a.rowid",
            params![since],
        ) {
            self.audits_seen.set(row["at"].as_i64().unwrap());
            self.expect_a_seat(event, &row);
            let Some(action) = row["action"].as_str() else { continue };
            if let Some(why) = event.must_not_write {
                self.violate(format!("event {} did {action}, but {why}", event.number));
            }
            if let Some(once) = &event.once
                && self.repeats.is_done_again(
                    once,
                    event.number,
                    event.first_now.get().unwrap(),
                    self.now.get(),
                )
            {
                self.violate(format!("event {} did {action} once more under one key", event.number));
            }
        }
        let since = self.mails_seen.get();
        for row in self.read("SELECT rowid AS at, text FROM mailbox WHERE rowid > ?1", params![since]) {
            self.mails_seen.set(row["at"].as_i64().unwrap());
            self.learn_from(row["text"].as_str().unwrap());
        }
    }
}

impl World {
    /// Whoever just took or reserved a seat found one free, also after the plan was lowered below what is in use.
    fn expect_a_seat(&self, event: &Event, taker: &serde_json::Value) {
        let full = self.any(
            "SELECT 1 FROM organizations o WHERE o.id = ?1 AND ?2 = 1 AND o.seat_limit < o.seats_used + o.seats_reserved -
               (SELECT count(*) FROM invitations l WHERE l.organization_id = o.id AND l.reserves = 1 AND l.expires_at <= ?3)",
            params![taker["organization_id"].as_str(), taker["takes_seat"].as_i64(), self.now.get()],
        );
        if full {
            self.violate(format!("event {} took a seat where none was free", event.number));
        }
        let over = self.any(
            "SELECT 1 FROM organizations o WHERE o.id = ?1 AND ?2 = 1 AND o.trial_ends_at <= ?3",
            params![taker["organization_id"].as_str(), taker["takes_seat"].as_i64(), event.first_now.get()],
        );
        if over {
            self.violate(format!("event {} took a seat after the trial", event.number));
        }
    }
}

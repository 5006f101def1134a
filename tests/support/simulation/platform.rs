//! The platform's traits as they are on a bad day: every call waits, before it does anything and again before it answers,
//! and at each wait the event may die, another may go first and the clock may move on. Weather decides what goes wrong.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use usher::domain::ids::JobId;
use usher::domain::time::Timestamp;
use usher::jobs::LEASE;
use usher::jobs::message::Source;
use usher::mail::Mail;
use usher::params;
use usher::platform::{
    Clock, Database, DatabaseError, Entropy, Http, KeyValue, Level, Limit, Limiter, Log, MailError, Mailer,
    Meter, Metered, Param, Queue, ResultSet, Statement, Unanswered,
};
use usher::store::webhook_turns;

use super::receivers;
use super::world::{Copy, Event, Queued, Sent, World};

/// The delivery that a batch takes, if it takes one.
fn delivery_taken(statements: &[Statement]) -> Option<JobId> {
    let first = statements.first()?;
    let Param::Text(id) = first.params.first()? else { return None };
    let id = id.parse().ok()?;
    let never = Timestamp::from_millis(0);
    (first.sql == webhook_turns::lease(id, never, never, 0).sql).then_some(id)
}

/// The platform for one event.
pub struct Simulated {
    world: Rc<World>,
    event: Rc<Event>,
    meter: Meter,
}

impl Simulated {
    pub fn new(world: Rc<World>, event: Rc<Event>) -> Self {
        Self { world, event, meter: Meter::default() }
    }

    /// Lets others go first. The event may also die here: then this never returns.
    async fn pause(&self) {
        let mut paused = self.world.calm.get();
        poll_fn(|_| {
            if paused {
                return Poll::Ready(());
            }
            paused = true;
            Poll::Pending
        })
        .await;
    }

    fn fault(&self, why: &str) -> DatabaseError {
        self.event.faulted.set(true);
        self.world.note(format!("{} {why}", self.event.number));
        DatabaseError(format!("simulated: {why}"))
    }
}

impl Metered for Simulated {
    fn meter(&self) -> &Meter {
        &self.meter
    }
}

impl Database for Simulated {
    async fn execute(&self, statements: Vec<Statement>) -> Result<Vec<ResultSet>, DatabaseError> {
        self.pause().await;
        let world = &self.world;
        if world.happens(world.weather.database_refuses) {
            return Err(self.fault("is refused by the database"));
        }
        self.event.delivers.set(delivery_taken(&statements).or(self.event.delivers.get()));
        let results = match world.flaw {
            None => world.commit(&self.event, &statements)?,
            Some(flaw) if flaw.tears_batches() => {
                world.flaw_met.set(true);
                let mut results = Vec::new();
                for statement in statements {
                    results.extend(world.commit(&self.event, &[statement])?);
                    self.pause().await;
                }
                results
            }
            Some(flaw) => {
                let (statements, met) = flaw.apply(statements);
                world.flaw_met.set(world.flaw_met.get() || met);
                world.commit(&self.event, &statements)?
            }
        };
        self.pause().await;
        if world.happens(world.weather.database_answer_lost) {
            return Err(self.fault("loses the database's answer"));
        }
        Ok(results)
    }
}

impl KeyValue for Simulated {
    async fn read(&self, key: &str) -> Option<String> {
        self.pause().await;
        let world = &self.world;
        let value = {
            let kv = world.kv.borrow();
            let copies = kv.get(key)?;
            // What some place on earth may still answer: what was the value at any time of the last minute.
            let minute = world.now.get().minus(Duration::from_mins(1));
            let last = copies.len() - 1;
            let first = copies.iter().rposition(|copy| copy.since <= minute).unwrap_or(0);
            let stale = world.happens(world.weather.kv_stale);
            let place = if stale { first + world.chance.below(last - first + 1) } else { last };
            let (copy, end) = (&copies[place], if stale { minute } else { world.now.get() });
            world.note(format!("{} reads copy {place} of {last} from KV", self.event.number));
            copy.value.clone().filter(|_| copy.until > end)
        };
        self.pause().await;
        value
    }

    async fn write(&self, key: &str, value: &str, ttl_seconds: u64) {
        self.pause().await;
        self.keep(key, Some(value.to_owned()), ttl_seconds);
        self.pause().await;
    }

    async fn remove(&self, key: &str) {
        self.pause().await;
        self.keep(key, None, 0);
        self.pause().await;
    }
}

impl Simulated {
    fn keep(&self, key: &str, value: Option<String>, ttl_seconds: u64) {
        let world = &self.world;
        let lost = world.happens(world.weather.kv_write_lost);
        let does = if lost { "loses a write" } else { "writes" };
        world.note(format!(
            "{} {does} to KV, {} bytes",
            self.event.number,
            value.as_ref().map_or(0, String::len)
        ));
        if !lost {
            let since = world.now.get();
            let copy = Copy { since, until: since.plus(Duration::from_secs(ttl_seconds)), value };
            world.kv.borrow_mut().entry(key.to_owned()).or_default().push(copy);
        }
    }
}

impl Queue for Simulated {
    fn enqueue(&self, job: JobId) {
        self.put(job, Source::Jobs);
    }

    fn enqueue_deliveries(&self, jobs: &[JobId]) {
        for job in jobs {
            self.put(*job, Source::Deliveries);
        }
    }
}

impl Simulated {
    fn put(&self, job: JobId, into: Source) {
        let world = &self.world;
        let silenced = world.only_the_tick_enqueues && !self.event.is_tick;
        if silenced || world.happens(world.weather.message_lost) {
            return world.note(format!("{} enqueues {job}, lost", self.event.number));
        }
        world.note(format!("{} enqueues {job}", self.event.number));
        let message = Queued { job, due: world.now.get(), tries: 0, source: into };
        world.queue.borrow_mut().push(message.clone());
        if world.happens(world.weather.message_twice) {
            world.queue.borrow_mut().push(message);
        }
    }
}

impl Mailer for Simulated {
    async fn send(&self, mail: &Mail, _within: Duration) -> Result<String, MailError> {
        self.pause().await;
        let world = &self.world;
        let job = self.event.job.unwrap();
        let taken = self.event.first_now.get().unwrap();
        // Each may hold it for a lease from when it took it, however late it gets to send.
        let overlaps = |sent: &Sent| {
            sent.job == job
                && sent.answered
                && taken < sent.taken.plus(LEASE)
                && sent.taken < taken.plus(LEASE)
        };
        if world.sent.borrow().iter().any(|sent| sent.accepted && overlaps(sent)) {
            world.violate(format!("two consumers held {job} at once"));
        }
        let reported = world.any(
            "SELECT 1 FROM jobs j JOIN invitations i ON i.id = j.invitation_id
             JOIN complaints c ON c.organization_id = i.organization_id AND c.email_key = i.email_key AND c.at < ?2
             WHERE j.id = ?1",
            params![job, taken],
        );
        if reported {
            world.violate(format!("{job} goes to an address that had reported a mail"));
        }
        let weather = &world.weather;
        let (accepted, outcome) = if world.happens(weather.mail_retry) {
            (false, Err(MailError::Retry("simulated: busy".to_owned())))
        } else if world.happens(weather.mail_refused) {
            (false, Err(MailError::Refused("simulated: suppressed".to_owned())))
        } else if world.happens(weather.mail_answer_lost) {
            (true, Err(MailError::Retry("simulated: no answer".to_owned())))
        } else {
            (true, Ok(format!("message-{}", world.sent.borrow().len())))
        };
        world.note(format!("{} sends {job}: {outcome:?}", self.event.number));
        world.sent.borrow_mut().push(Sent { job, taken, accepted, answered: outcome.is_ok() });
        if accepted {
            world.learn_from(&mail.text);
        }
        self.pause().await;
        outcome
    }
}

/// Only receivers of webhooks are asked here: the mail goes by the binding.
impl Http for Simulated {
    async fn exchange(
        &self,
        request: http::Request<bytes::Bytes>,
        _: Duration,
    ) -> Result<http::Response<bytes::Bytes>, Unanswered> {
        self.pause().await;
        let said = receivers::hear(&self.world, &self.event, &request);
        self.pause().await;
        said
    }
}

impl Limiter for Simulated {
    async fn allows(&self, _limit: Limit, _key: &str) -> bool {
        self.pause().await;
        let refused = self.world.happens(self.world.weather.limited);
        self.event.limited.set(self.event.limited.get() || refused);
        self.pause().await;
        !refused
    }
}

impl Clock for Simulated {
    fn now(&self) -> Timestamp {
        let now = self.world.now.get();
        self.event.first_now.set(self.event.first_now.get().or(Some(now)));
        now
    }
}

impl Entropy for Simulated {
    fn fill(&self, bytes: &mut [u8]) {
        self.world.entropy.fill(bytes);
    }
}

impl Log for Simulated {
    fn log(&self, _level: Level, line: &str) {
        self.world.log.borrow_mut().push(line.to_owned());
    }
}

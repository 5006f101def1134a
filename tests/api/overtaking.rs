//! Requests that get in each other's way: the platform is the native one, but something happens before a round trip to the
//! database. Either a whole other request overtakes the first one, between what it reads and what it writes; or every
//! round trip waits for its turn, and whose turn it is anybody may say.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use usher::app::App;
use usher::domain::ids::JobId;
use usher::domain::time::Timestamp;
use usher::mail::Mail;
use usher::platform::{
    Clock, Database, DatabaseError, Entropy, Http, KeyValue, Level, Limit, Limiter, Log, MailError, Mailer,
    Meter, Metered, Queue, ResultSet, Statement, Unanswered,
};

use crate::support::World;
use crate::support::platform::{Native, block_on};

struct Disturbed {
    native: Native,
    world: World,
    trips: Cell<u32>,
    by: RefCell<Disturbance>,
}

enum Disturbance {
    None,
    /// By this request, before the second round trip.
    Overtaking(Box<Request<Bytes>>),
    /// By whoever else is waiting, before every round trip.
    Turns,
}

impl Disturbed {
    fn new(world: &World, by: Disturbance) -> Self {
        Self {
            native: Native::new(world.clone()),
            world: world.clone(),
            trips: Cell::new(0),
            by: RefCell::new(by),
        }
    }
}

/// Answers `slow`; between what it reads first and what it writes then, `fast` is answered.
pub fn between_read_and_write(world: &World, slow: Request<Bytes>, fast: Request<Bytes>) -> Response<Bytes> {
    let platform = Disturbed::new(world, Disturbance::Overtaking(Box::new(fast)));
    block_on(App::new(platform, &world.state().config).handle(slow))
}

/// Answers all of these at once, in the order that they come in; `turns` says, of those still waiting, whose round trip is
/// next.
pub fn all_at_once(world: &World, requests: Vec<Request<Bytes>>, turns: &[usize]) -> Vec<Response<Bytes>> {
    let apps: Vec<_> = requests
        .iter()
        .map(|_| App::new(Disturbed::new(world, Disturbance::Turns), &world.state().config))
        .collect();
    let mut waiting: Vec<_> = apps
        .iter()
        .zip(requests)
        .enumerate()
        .map(|(place, (app, request))| (place, Box::pin(app.handle(request))))
        .collect();
    let mut answers: Vec<_> = waiting.iter().map(|_| None).collect();
    let mut turns = turns.iter().copied().cycle();
    let mut context = Context::from_waker(Waker::noop());
    while !waiting.is_empty() {
        let next = turns.next().unwrap_or(0) % waiting.len();
        if let Poll::Ready(answer) = waiting[next].1.as_mut().poll(&mut context) {
            let (place, _) = waiting.swap_remove(next);
            answers[place] = Some(answer);
        }
    }
    answers.into_iter().map(Option::unwrap).collect()
}

/// Waits until it is asked again.
#[derive(Default)]
struct Turn(bool);

impl Future for Turn {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Database for Disturbed {
    async fn execute(&self, statements: Vec<Statement>) -> Result<Vec<ResultSet>, DatabaseError> {
        self.trips.set(self.trips.get() + 1);
        let is_second = self.trips.get() == 2;
        let waits = matches!(*self.by.borrow(), Disturbance::Turns);
        if waits {
            Turn::default().await;
        } else if is_second && let Disturbance::Overtaking(fast) = self.by.replace(Disturbance::None) {
            let reply = block_on(self.world.app().handle(*fast));
            assert!(reply.status().is_success(), "{reply:?}");
        }
        self.native.execute(statements).await
    }
}

impl Metered for Disturbed {
    fn meter(&self) -> &Meter {
        self.native.meter()
    }
}

impl KeyValue for Disturbed {
    async fn read(&self, key: &str) -> Option<String> {
        self.native.read(key).await
    }
    async fn write(&self, key: &str, value: &str, ttl_seconds: u64) {
        self.native.write(key, value, ttl_seconds).await;
    }
    async fn remove(&self, key: &str) {
        self.native.remove(key).await;
    }
}

impl Queue for Disturbed {
    fn enqueue(&self, job: JobId) {
        self.native.enqueue(job);
    }
    fn enqueue_deliveries(&self, jobs: &[JobId]) {
        self.native.enqueue_deliveries(jobs);
    }
}

impl Mailer for Disturbed {
    async fn send(&self, mail: &Mail, within: std::time::Duration) -> Result<String, MailError> {
        self.native.send(mail, within).await
    }
}

impl Http for Disturbed {
    async fn exchange(
        &self,
        request: Request<Bytes>,
        within: std::time::Duration,
    ) -> Result<Response<Bytes>, Unanswered> {
        self.native.exchange(request, within).await
    }
}

impl Limiter for Disturbed {
    async fn allows(&self, limit: Limit, key: &str) -> bool {
        self.native.allows(limit, key).await
    }
}

impl Clock for Disturbed {
    fn now(&self) -> Timestamp {
        self.native.now()
    }
}

impl Entropy for Disturbed {
    fn fill(&self, bytes: &mut [u8]) {
        self.native.fill(bytes);
    }
}

impl Log for Disturbed {
    fn log(&self, level: Level, line: &str) {
        self.native.log(level, line);
    }
}

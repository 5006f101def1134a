//! A request that another one overtakes: the platform is the native one, but before the second round trip of the first
//! request the whole second request is answered.

use std::cell::{Cell, RefCell};

use bytes::Bytes;
use http::{Request, Response};
use usher::app::App;
use usher::domain::ids::JobId;
use usher::domain::time::Timestamp;
use usher::mail::Mail;
use usher::platform::{
    Clock, Database, DatabaseError, Entropy, KeyValue, Level, Limit, Limiter, Log, MailError, Mailer, Meter,
    Metered, Queue, ResultSet, Statement,
};

use crate::support::World;
use crate::support::platform::{Native, block_on};

struct Overtaken {
    native: Native,
    world: World,
    trips: Cell<u32>,
    overtaking: RefCell<Option<Request<Bytes>>>,
}

/// Answers `slow`; between what it reads first and what it writes then, `fast` is answered.
pub fn between_read_and_write(world: &World, slow: Request<Bytes>, fast: Request<Bytes>) -> Response<Bytes> {
    let platform = Overtaken {
        native: Native::new(world.clone()),
        world: world.clone(),
        trips: Cell::new(0),
        overtaking: RefCell::new(Some(fast)),
    };
    block_on(App::new(platform, &world.state().config).handle(slow))
}

impl Database for Overtaken {
    async fn execute(&self, statements: Vec<Statement>) -> Result<Vec<ResultSet>, DatabaseError> {
        self.trips.set(self.trips.get() + 1);
        if self.trips.get() == 2
            && let Some(fast) = self.overtaking.borrow_mut().take()
        {
            let reply = block_on(self.world.app().handle(fast));
            assert!(reply.status().is_success(), "{reply:?}");
        }
        self.native.execute(statements).await
    }
}

impl Metered for Overtaken {
    fn meter(&self) -> &Meter {
        self.native.meter()
    }
}

impl KeyValue for Overtaken {
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

impl Queue for Overtaken {
    fn enqueue(&self, job: JobId) {
        self.native.enqueue(job);
    }
}

impl Mailer for Overtaken {
    async fn send(&self, mail: &Mail) -> Result<String, MailError> {
        self.native.send(mail).await
    }
}

impl Limiter for Overtaken {
    async fn allows(&self, limit: Limit, key: &str) -> bool {
        self.native.allows(limit, key).await
    }
}

impl Clock for Overtaken {
    fn now(&self) -> Timestamp {
        self.native.now()
    }
}

impl Entropy for Overtaken {
    fn fill(&self, bytes: &mut [u8]) {
        self.native.fill(bytes);
    }
}

impl Log for Overtaken {
    fn log(&self, level: Level, line: &str) {
        self.native.log(level, line);
    }
}

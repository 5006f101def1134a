//! The platform's traits, natively, and the [`World`] that holds their state.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use usher::app::App;
use usher::config::{Config, ConfigError};
use usher::domain::ids::JobId;
use usher::domain::template::Templates;
use usher::domain::time::Timestamp;
use usher::jobs::message::{self, Message, Source, Verdict};
use usher::mail::Mail;
use usher::platform::{
    Clock, Database, DatabaseError, Entropy, Http, KeyValue, Level, Limit, Limiter, Log, MailError, Mailer,
    Meter, Metered, Queue, ResultSet, Statement, Unanswered,
};

use super::client::Client;
use super::sqlite::Sqlite;

/// Where the tests' deployment is.
pub const ORIGIN: &str = "http://localhost:8787";
/// Its operator's key.
pub const OPERATOR_KEY: &str = "op_3vQ9c1Yb7TgJx5kR2mWz8NfLdHs4PqAe";
/// Its root key, named `k1`.
pub const ROOT_KEY: &str = "k1:vQ3m1Yb7TgJx5kR2mWz8NfLdHs4PqAeU0cXoZtI6w9E";

/// What opens its hooks.
pub const RESEND_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
pub const POSTMARK_SECRET: &str = "pm_8sLdHs4PqAe3vQ9c1Yb7TgJx5kR2mWz";
pub const STRIPE_SECRET: &str = "whsec_7TgJx5kR2mWz8NfLdHs4PqAe3vQ9c1Yb";

/// What a request cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub d1: u32,
    pub kv: u32,
}

/// The development settings with some changed; an empty value takes one away.
pub fn settings(changes: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::read(|name| {
        let set = changes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let default = match name {
            "ORIGIN" => Some(ORIGIN),
            "OPERATOR_KEY" => Some(OPERATOR_KEY),
            "ROOT_KEYS" => Some(ROOT_KEY),
            "MAIL_PROVIDER" => Some("mailbox"),
            "MAIL_FROM" => Some("invites@usher.test"),
            "RESEND_WEBHOOK_SECRET" => Some(RESEND_SECRET),
            "POSTMARK_WEBHOOK_SECRET" => Some(POSTMARK_SECRET),
            "STRIPE_WEBHOOK_SECRET" => Some(STRIPE_SECRET),
            "PLAN_FEATURES" => Some(r#"{"agency": ["custom_client_permissions"]}"#),
            _ => None,
        };
        set.or(default).map(str::to_owned)
    })
}

/// Everything outside the service. Cheap to clone: every clone is the same world.
#[derive(Clone)]
pub struct World(Rc<State>);

pub struct State {
    pub database: RefCell<Sqlite>,
    pub kv: RefCell<BTreeMap<String, String>>,
    pub queue: RefCell<VecDeque<JobId>>,
    /// The queue of deliveries to webhooks.
    pub deliveries: RefCell<VecDeque<JobId>>,
    /// What the `send_email` binding was given, and what it answers next instead of success.
    pub sent: RefCell<Vec<Mail>>,
    pub mail_errors: RefCell<VecDeque<MailError>>,
    /// What other people's servers were asked, with how long they had, and what they answer next; then none can be reached.
    pub asked: RefCell<Vec<(http::Request<Bytes>, Duration)>>,
    pub answers: RefCell<VecDeque<Result<http::Response<Bytes>, Unanswered>>>,
    /// The hosts that take so long to answer.
    pub slow: RefCell<BTreeMap<String, Duration>>,
    pub log: RefCell<Vec<(Level, String)>>,
    pub now: Cell<Timestamp>,
    pub entropy: RefCell<ChaCha8Rng>,
    /// Keys that the limiter refuses.
    pub limited: RefCell<Vec<(Limit, String)>>,
    pub asked_limits: RefCell<Vec<(Limit, String)>>,
    /// Whether each call to the database waits a turn before and after, so that somebody else comes in between, or the
    /// caller dies there.
    pub yields: Cell<bool>,
    pub last_cost: Cell<Cost>,
    pub last_job_cost: Cell<Cost>,
    pub config: Result<Config, ConfigError>,
}

impl World {
    /// A world with the development settings and nothing in it.
    pub fn new() -> Self {
        Self::with_settings(&[])
    }

    /// A world with some settings changed; an empty value takes one away.
    pub fn with_settings(changes: &[(&str, &str)]) -> Self {
        Self::with_config(settings(changes))
    }

    /// A world that knows more templates: names, and their files' texts.
    pub fn with_templates(files: &[(&'static str, &'static str)]) -> Self {
        let templates = Templates::built_in().and(files);
        Self::with_config(settings(&[]).map(|config| Config { templates, ..config }))
    }

    fn with_config(config: Result<Config, ConfigError>) -> Self {
        Self(Rc::new(State {
            database: RefCell::new(Sqlite::new()),
            kv: RefCell::default(),
            queue: RefCell::default(),
            deliveries: RefCell::default(),
            sent: RefCell::default(),
            mail_errors: RefCell::default(),
            asked: RefCell::default(),
            answers: RefCell::default(),
            slow: RefCell::default(),
            log: RefCell::default(),
            now: Cell::new(Timestamp::from_seconds(1_795_298_400)),
            entropy: RefCell::new(ChaCha8Rng::seed_from_u64(1)),
            limited: RefCell::default(),
            asked_limits: RefCell::default(),
            yields: Cell::new(false),
            last_cost: Cell::new(Cost { d1: 0, kv: 0 }),
            last_job_cost: Cell::new(Cost { d1: 0, kv: 0 }),
            config,
        }))
    }

    /// The state itself.
    pub fn state(&self) -> &State {
        &self.0
    }

    /// The service over this world, for one event.
    pub fn app(&self) -> App<'_, Native> {
        App::new(Native { world: self.clone(), meter: Meter::default() }, &self.0.config)
    }

    /// A caller who is nobody yet.
    pub fn client(&self) -> Client {
        Client::new(self.clone())
    }

    /// The operator.
    pub fn operator(&self) -> Client {
        Client::new(self.clone()).bearer(OPERATOR_KEY)
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.0.now.get()
    }

    /// Random bytes, for ids that only a test makes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.entropy.borrow_mut().fill_bytes(&mut bytes);
        bytes
    }

    /// Lets time pass.
    pub fn pass(&self, duration: Duration) {
        self.0.now.set(self.now().plus(duration));
    }

    /// Delivers the queues' messages until none is left, and answers each one's verdict. Retries are not waited for.
    pub fn deliver(&self) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        loop {
            let job = self.0.queue.borrow_mut().pop_front();
            if let Some(job) = job {
                verdicts.push(self.deliver_one(job));
                continue;
            }
            let delivery = self.0.deliveries.borrow_mut().pop_front();
            let Some(delivery) = delivery else { return verdicts };
            verdicts.push(self.deliver_to_webhook(delivery));
        }
    }

    /// Delivers one message about this delivery to a webhook, whether it is in the queue or not.
    pub fn deliver_to_webhook(&self, job: JobId) -> Verdict {
        let message = Message { source: Source::Deliveries, body: message::encode(job) };
        block_on(self.app().consume(message))
    }

    /// Delivers one message about this job, whether it is in the queue or not.
    pub fn deliver_one(&self, job: JobId) -> Verdict {
        let message = Message { source: Source::Jobs, body: message::encode(job) };
        block_on(self.app().consume(message))
    }

    /// Waits one turn, in a world whose calls wait.
    async fn turn(&self) {
        let mut waits = self.0.yields.get();
        std::future::poll_fn(|_| {
            if std::mem::take(&mut waits) { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
        })
        .await;
    }

    /// The cron's minute.
    pub fn tick(&self) {
        block_on(self.app().tick());
    }

    /// The messages in the mailbox, oldest first.
    pub fn mailbox(&self) -> Vec<serde_json::Value> {
        self.client().get("/dev/mailbox").json()["data"].as_array().unwrap().clone()
    }

    /// The token of the newest link to an invitation that was mailed to this address: who was told since that it was
    /// withdrawn still has it in their inbox.
    pub fn mailed_token(&self, address: &str) -> String {
        token_in(&self.newest_with("/i/", address))
    }

    /// The token of the newest link to set a password that was mailed to this address.
    pub fn mailed_password_token(&self, address: &str) -> String {
        password_token_in(&self.newest_with("/reset/", address))
    }

    /// The token of the newest link of a change of address that was mailed to this address.
    pub fn mailed_email_token(&self, address: &str) -> String {
        email_token_in(&self.newest_with("/email/", address))
    }

    fn newest_with(&self, place: &str, address: &str) -> String {
        let messages = self.mailbox();
        let mut texts =
            messages.iter().rev().filter(|message| message["to"] == address).map(|message| &message["text"]);
        let text = texts.find_map(|text| text.as_str().filter(|text| text.contains(place)));
        text.unwrap_or_else(|| panic!("no mail to {address} has a link to {place}")).to_owned()
    }

    /// The one number that a query answers.
    pub fn count(&self, sql: &str) -> i64 {
        self.0.database.borrow().count(sql)
    }

    /// What the last request cost.
    pub fn last_cost(&self) -> Cost {
        self.0.last_cost.get()
    }

    /// What the last queue message cost.
    pub fn last_job_cost(&self) -> Cost {
        self.0.last_job_cost.get()
    }

    /// The whole log as text.
    pub fn log_text(&self) -> String {
        self.0.log.borrow().iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// The token of the first link to an invitation in a text.
pub fn token_in(text: &str) -> String {
    token_after("/i/", text)
}

/// The token of the first link to set a password in a text.
pub fn password_token_in(text: &str) -> String {
    token_after("/reset/", text)
}

/// The token of the first link of a change of address in a text.
pub fn email_token_in(text: &str) -> String {
    token_after("/email/", text)
}

fn token_after(place: &str, text: &str) -> String {
    let start = text.find(place).unwrap_or_else(|| panic!("no link in {text}")) + place.len();
    text[start..]
        .split(|letter: char| letter.is_whitespace() || "\"<>/".contains(letter))
        .next()
        .unwrap()
        .to_owned()
}

/// Runs a future whose every wait is over at once, as those of the native platform are.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// The platform for one event in a [`World`].
pub struct Native {
    world: World,
    meter: Meter,
}

impl Native {
    pub fn new(world: World) -> Self {
        Self { world, meter: Meter::default() }
    }
}

impl Metered for Native {
    fn meter(&self) -> &Meter {
        &self.meter
    }
}

impl Database for Native {
    async fn execute(&self, statements: Vec<Statement>) -> Result<Vec<ResultSet>, DatabaseError> {
        self.world.turn().await;
        let results = self.world.0.database.borrow_mut().batch(&statements);
        self.world.turn().await;
        results
    }
}

impl KeyValue for Native {
    async fn read(&self, key: &str) -> Option<String> {
        self.world.0.kv.borrow().get(key).cloned()
    }
    async fn write(&self, key: &str, value: &str, _ttl_seconds: u64) {
        self.world.0.kv.borrow_mut().insert(key.to_owned(), value.to_owned());
    }
    async fn remove(&self, key: &str) {
        self.world.0.kv.borrow_mut().remove(key);
    }
}

impl Queue for Native {
    fn enqueue(&self, job: JobId) {
        self.world.0.queue.borrow_mut().push_back(job);
    }
    fn enqueue_deliveries(&self, jobs: &[JobId]) {
        self.world.0.deliveries.borrow_mut().extend(jobs);
    }
}

impl Mailer for Native {
    async fn send(&self, mail: &Mail, _within: Duration) -> Result<String, MailError> {
        if let Some(error) = self.world.0.mail_errors.borrow_mut().pop_front() {
            return Err(error);
        }
        let mut sent = self.world.0.sent.borrow_mut();
        sent.push(mail.clone());
        Ok(format!("message-{}", sent.len()))
    }
}

impl Http for Native {
    async fn exchange(
        &self,
        request: http::Request<Bytes>,
        within: Duration,
    ) -> Result<http::Response<Bytes>, Unanswered> {
        let slow = self.world.0.slow.borrow();
        self.world.pass(request.uri().host().and_then(|host| slow.get(host)).copied().unwrap_or_default());
        self.world.0.asked.borrow_mut().push((request, within));
        self.world.0.answers.borrow_mut().pop_front().unwrap_or(Err(Unanswered::Unreachable))
    }
}

impl Limiter for Native {
    async fn allows(&self, limit: Limit, key: &str) -> bool {
        let asked = (limit, key.to_owned());
        let allowed = !self.world.0.limited.borrow().contains(&asked);
        self.world.0.asked_limits.borrow_mut().push(asked);
        allowed
    }
}

impl Clock for Native {
    fn now(&self) -> Timestamp {
        self.world.now()
    }
}

impl Entropy for Native {
    fn fill(&self, bytes: &mut [u8]) {
        self.world.0.entropy.borrow_mut().fill_bytes(bytes);
    }
}

impl Log for Native {
    fn log(&self, level: Level, line: &str) {
        self.world.0.log.borrow_mut().push((level, line.to_owned()));
        let cost = Cost { d1: self.meter.trips.get(), kv: self.meter.kv.get() };
        if line.contains("\"event\":\"request\"") {
            self.world.0.last_cost.set(cost);
        } else if line.contains("\"event\":\"job\"") {
            self.world.0.last_job_cost.set(cost);
        }
    }
}

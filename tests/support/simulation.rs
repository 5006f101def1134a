//! The simulation: a world in which everything that may go wrong does, decided by one number.
//!
//! A *history* has an organization with few seats, people, and a scheduler that polls their requests, the queue's
//! messages and the cron's ticks in any order. The platform waits at each of its calls ([`platform`]), so between any two of
//! them another may go first, the clock may move on, or the event may die there (its future is dropped: a crash at exactly
//! that point). Messages come twice, late, in any order or never; mail fails; KV answers what was true a minute ago. The
//! rules ([`invariants`]) are checked after every batch that changed something, and again after everything was delivered.
//!
//! One seed is one history: the same seed gives the same one until the service or the simulation changes.

pub mod asking;
pub mod billing;
pub mod chance;
pub mod database;
pub mod flaws;
pub mod invariants;
pub mod judge;
pub mod operation;
pub mod parts;
pub mod platform;
pub mod receivers;
pub mod repeats;
pub mod scene;
pub mod scheduler;
pub mod settle;
pub mod world;

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use usher::app::App;
use usher::config::{Config, ConfigError};
use usher::domain::time::Timestamp;
use usher::jobs::message::{Message, Source, Verdict, encode};
use usher::params;
use usher::web::reply::Reply;

use super::platform::settings;
use asking::Asking;
use database::Reused;
use flaws::Flaw;
use platform::Simulated;
use scene::Scene;
use world::{Event, Queued, World};

/// So many events are under way at once, at most.
const MOST_AT_ONCE: usize = 6;
/// How often the platform delivers a message again, of each queue: `max_retries` of `wrangler.toml`.
fn most_tries(source: Source) -> u32 {
    static QUEUES: LazyLock<[u32; 3]> = LazyLock::new(|| {
        ["usher-jobs", "usher-deliveries", "usher-jobs-dead"].map(|queue| {
            let settings = include_str!("../../wrangler.toml");
            let (_, consumer) =
                settings.split_once(&format!("[[queues.consumers]]\nqueue = \"{queue}\"\n")).unwrap();
            let (_, tries) = consumer.split_once("max_retries = ").unwrap();
            tries.split_whitespace().next().unwrap().parse().unwrap()
        })
    });
    match source {
        Source::Jobs => QUEUES[0],
        Source::Deliveries => QUEUES[1],
        Source::DeadLetters => QUEUES[2],
    }
}

/// What a history is about, apart from its seed.
#[derive(Default)]
pub struct Setup {
    /// Whatever a request enqueues is lost, and nobody's mail is refused: the tick alone must get it out.
    pub only_the_tick_enqueues: bool,
    /// A mistake put in on purpose.
    pub flaw: Option<&'static Flaw>,
}

/// A history that broke no rule.
pub struct History {
    /// What tells it apart.
    pub hash: u64,
    /// What happened.
    pub events: Vec<String>,
    /// Whether the mistake put in on purpose had its place in it.
    pub flaw_met: bool,
    /// How many people came in.
    pub joined: usize,
    /// How many mails went out.
    pub mailed: usize,
}

/// A history that broke a rule.
pub struct Violation {
    pub rule: String,
    /// What happened up to then.
    pub events: Vec<String>,
}

/// An event under way.
struct Task {
    event: Rc<Event>,
    doing: Doing,
    future: Pin<Box<dyn Future<Output = Outcome>>>,
    /// Whether it takes so long that leases and invitations may end under it.
    slow: bool,
}

/// What an event is.
#[derive(Clone)]
enum Doing {
    Request(Asking),
    Delivery(Queued),
    /// A message that is none of ours.
    Garbage,
    Tick,
}

enum Outcome {
    Reply(Reply),
    Verdict(Verdict),
    Ticked,
}

/// One history while it runs.
pub struct Simulation {
    world: Rc<World>,
    scene: Scene,
    tasks: Vec<Task>,
    /// What clients send again, because no answer came.
    again: Vec<Doing>,
    events: u32,
}

/// The settings of the two mail providers: one honours idempotency keys, the other knows none.
fn config(mailbox: bool) -> &'static Result<Config, ConfigError> {
    static CONFIGS: LazyLock<[Result<Config, ConfigError>; 2]> =
        LazyLock::new(|| ["cloudflare", "mailbox"].map(|provider| settings(&[("MAIL_PROVIDER", provider)])));
    &CONFIGS[usize::from(mailbox)]
}

/// Runs the history of a seed.
///
/// # Errors
/// The first rule that it broke.
pub fn run(seed: u64, database: &Rc<RefCell<Reused>>, setup: &Setup) -> Result<History, Violation> {
    database.borrow_mut().empty();
    let mailbox = setup.only_the_tick_enqueues || seed.is_multiple_of(2);
    let mut world =
        World::new(seed, Rc::clone(database), config(mailbox), setup.only_the_tick_enqueues, setup.flaw);
    if setup.only_the_tick_enqueues {
        world.weather.message_dead = 0;
        world.parts.mails = false;
    }
    let world = Rc::new(world);
    let scene = Scene::set(&world);
    let mut simulation =
        Simulation { world: Rc::clone(&world), scene, tasks: Vec::new(), again: Vec::new(), events: 0 };
    simulation.live();
    simulation.settle();
    let events = world.events();
    match world.violation.take() {
        Some(rule) => Err(Violation { rule, events }),
        None => Ok(History {
            hash: world.hash(),
            flaw_met: world.flaw_met.get(),
            joined: events.iter().filter(|event| event.contains(" lets somebody in ")).count(),
            mailed: world
                .links
                .borrow()
                .iter()
                .filter(|known| known.link.via == usher::domain::link::Via::Email)
                .count(),
            events,
        }),
    }
}

impl Simulation {
    fn broken(&self) -> bool {
        self.world.violation.borrow().is_some()
    }

    /// Begins an event; nothing of it runs before it is polled.
    fn begin(&mut self, doing: Doing) {
        self.events += 1;
        let number = self.events;
        let world = Rc::clone(&self.world);
        let mut event = Event { number, log_before: world.audits_seen.get(), ..Event::default() };
        match &doing {
            Doing::Request(asking) => {
                let Asking { browser, operation, program, .. } = asking;
                let session = self.scene.browsers[*browser].session.borrow().clone();
                event.must_not_redeem = judge::why_it_must_not_redeem(&world, operation, session.as_deref());
                event.must_not_write =
                    program.as_ref().and_then(|key| judge::why_it_must_not_write(&world, key));
                event.session = session;
                event.once = asking.once_of(&self.scene);
                let by = if program.is_some() { "a program" } else { "somebody" };
                world.note(format!("{number} is {} by {by} at browser {browser}", operation.name()));
            }
            Doing::Delivery(message) => {
                event.job = Some(message.job);
                event.was_off = message.source == Source::Deliveries
                    && world.any(
                        "SELECT 1 FROM jobs j JOIN webhooks w ON w.id = j.webhook_id WHERE j.id = ?1 AND w.live = 0",
                        params![message.job],
                    );
                world.note(format!(
                    "{number} is delivery {} of {}, dead: {}",
                    message.tries,
                    message.job,
                    message.source == Source::DeadLetters
                ));
            }
            Doing::Garbage => world.note(format!("{number} is garbage from the queue")),
            Doing::Tick => {
                event.is_tick = true;
                world.note(format!("{number} is the tick"));
            }
        }
        let event = Rc::new(event);
        let platform = Simulated::new(Rc::clone(&world), Rc::clone(&event));
        let config = world.config;
        let future: Pin<Box<dyn Future<Output = Outcome>>> = match &doing {
            Doing::Request(asking) => {
                let request = asking.request(&world, &self.scene);
                Box::pin(async move { Outcome::Reply(App::new(platform, config).handle(request).await) })
            }
            Doing::Delivery(message) => {
                let source = message.source;
                let message = Message { source, body: encode(message.job) };
                Box::pin(async move { Outcome::Verdict(App::new(platform, config).consume(message).await) })
            }
            Doing::Garbage => {
                let message =
                    Message { source: Source::Jobs, body: r#"{"v":1,"job_id":"job_1"}"#.to_owned() };
                Box::pin(async move { Outcome::Verdict(App::new(platform, config).consume(message).await) })
            }
            Doing::Tick => Box::pin(async move {
                App::new(platform, config).tick().await;
                Outcome::Ticked
            }),
        };
        let slow = world.happens(6);
        self.tasks.push(Task { event, doing, future, slow });
    }

    /// The event dies where it waits.
    fn crash(&mut self, at: usize) {
        let task = self.tasks.swap_remove(at);
        self.world.note(format!("{} dies", task.event.number));
        drop(task.future);
        match task.doing {
            // The platform delivers a message again that nobody settled.
            Doing::Delivery(message) => self.deliver_again(message, Duration::ZERO),
            doing @ Doing::Request(_) if self.world.chance.one_in(2) => self.again.push(doing),
            Doing::Request(_) | Doing::Garbage | Doing::Tick => {}
        }
    }

    fn deliver_again(&self, mut message: Queued, wait: Duration) {
        message.tries += 1;
        message.due = self.world.now.get().plus(wait);
        // The dead letters' own queue gives up too, but nothing comes after it.
        let given_up = message.tries > most_tries(message.source);
        if given_up && message.source == Source::DeadLetters {
            return;
        }
        if given_up || self.world.happens(self.world.weather.message_dead) {
            message = Queued { tries: 0, source: Source::DeadLetters, due: self.world.now.get(), ..message };
        }
        self.world.queue.borrow_mut().push(message);
    }

    /// Polls an event, and settles it when it is over.
    fn poll(&mut self, at: usize) {
        let task = &mut self.tasks[at];
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(outcome) = task.future.as_mut().poll(&mut context) else { return };
        let Task { event, doing, .. } = self.tasks.swap_remove(at);
        let world = &self.world;
        match (outcome, doing) {
            (Outcome::Reply(reply), Doing::Request(asking)) => {
                judge::answer(world, &self.scene, &asking, &event, &reply);
                // Whoever has a key to ask again with does so for less.
                let often = if asking.once.is_some() && reply.status().is_success() { 8 } else { 2 };
                if (reply.status().is_server_error() || often == 8) && world.chance.one_in(often) {
                    self.again.push(Doing::Request(asking));
                }
            }
            (Outcome::Verdict(verdict), Doing::Delivery(message)) => {
                world.note(format!("{}: {verdict:?}", event.number));
                if let Verdict::Retry(wait) = verdict {
                    self.deliver_again(message, wait);
                } else if world.happens(world.weather.message_twice) {
                    world.queue.borrow_mut().push(message);
                }
            }
            (Outcome::Verdict(verdict), _) => {
                if verdict != Verdict::Ack {
                    world.violate(format!("garbage from the queue: {verdict:?}"));
                }
            }
            _ => world.note(format!("{} is over", event.number)),
        }
    }

    /// Runs an event to its end, with nothing in between.
    fn finish(&mut self, doing: Doing) {
        self.begin(doing);
        let last = self.tasks.len() - 1;
        while self.tasks.len() > last && !self.broken() {
            self.poll(last);
        }
    }

    /// Whether any job waits.
    fn waiting(&self) -> bool {
        self.world.any(
            "SELECT 1 FROM jobs WHERE waiting = 1 UNION ALL SELECT 1 FROM invitations WHERE next_mail_at <= ?1",
            params![self.world.now.get()],
        )
    }
}

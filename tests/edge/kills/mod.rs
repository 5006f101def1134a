//! Kills: the whole process tree, Node and workerd, ends by SIGKILL at any moment while people invite and accept, mail goes
//! out and ticks fire; then it is started again on the same state, port and database. Whatever was answered is so.
//!
//! A *history* is a deployment that is killed ten times. In each of its lives people do their rounds in parallel
//! ([`round`]); whoever got no answer tries again in the next life, as people do. Where each kill falls says one number, its
//! seed: so long after this many requests were sent, mails were taken by the provider or ticks were fired ([`moment`]). What
//! must hold is asked of the database after each kill, and of everybody at the end ([`promises`]).
//!
//! `USHER_KILLS=200 cargo test --test edge -- kills::` runs more (20 histories), `USHER_SEED=7` replays one: the same rounds
//! and the same moments, though not the same interleaving.

#[allow(dead_code, reason = "what the simulation makes its rules of too")]
#[path = "../../support/simulation/invariants/mod.rs"]
mod invariants;
mod moment;
mod promises;
mod round;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::chance::Chance;
use crate::harness::{Answer, Client, Deployment, PROVIDER_KEY, Provider, Receiver, Server, Team};
use moment::Moment;
use round::Round;

/// So many kills are one history, and what runs unless `USHER_KILLS` asks for more.
const KILLS: usize = 10;
/// So many people begin their rounds in each life.
const ROUNDS: usize = 20;

/// While nobody was there, longer than any lease, any message's time and any webhook's rest passed for the outbox. What is parked has
/// no time for its message.
const TWO_MINUTES_PASS: &str = "
    UPDATE jobs SET due_at = due_at - 120000, requeue_at = requeue_at - 120000
    WHERE waiting = 1 AND requeue_at < 253402300799999;
    UPDATE webhooks SET wakes_at = wakes_at - 120000, rests_until = rests_until - 120000, slow_until = slow_until - 120000";

/// What the kills of a run hit.
#[derive(Debug, Default)]
struct Toll {
    kills: usize,
    /// Requests that were sent and never answered.
    requests: usize,
    /// Ticks that were fired and never ended.
    ticks: usize,
    /// Mails that the provider had taken when the Worker had not noted it.
    mails: usize,
    /// Invitations that were made though nobody was told, and people who were in without knowing.
    unheard: usize,
    /// Messages that the provider was asked to send a second time.
    asked_again: usize,
    rounds: usize,
}

/// A Worker from its start to its end, and what happened in it so far.
struct Life<'a> {
    server: &'a Server,
    provider: &'a Provider,
    organization: &'a str,
    owner: &'a str,
    /// Set before it is killed.
    dead: AtomicBool,
    requests: AtomicUsize,
    ticks: AtomicUsize,
    requests_cut: AtomicUsize,
    ticks_cut: AtomicUsize,
    /// How many messages the provider had been asked to send before.
    asked_before: usize,
}

impl<'a> Life<'a> {
    fn new(server: &'a Server, provider: &'a Provider, organization: &'a str, owner: &'a str) -> Self {
        Self {
            server,
            provider,
            organization,
            owner,
            dead: AtomicBool::new(false),
            requests: AtomicUsize::new(0),
            ticks: AtomicUsize::new(0),
            requests_cut: AtomicUsize::new(0),
            ticks_cut: AtomicUsize::new(0),
            asked_before: provider.asked_in_all(),
        }
    }

    fn is_over(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// What a request was answered; nothing if it was killed before.
    #[track_caller]
    fn post(&self, client: &mut Client<'_>, path: &str, body: &serde_json::Value) -> Option<Answer> {
        let body = body.to_string();
        self.requests.fetch_add(1, Ordering::SeqCst);
        let answer = client.try_send("POST", path, Some("application/json"), body.as_bytes());
        self.unless_killed(answer, &self.requests_cut)
    }

    fn tick(&self) {
        self.ticks.fetch_add(1, Ordering::SeqCst);
        let answer =
            self.server.client().try_send("GET", "/cdn-cgi/local/scheduled?cron=*+*+*+*+*", None, b"");
        self.unless_killed(answer, &self.ticks_cut);
    }

    /// Only of a Worker that was killed it is in order not to answer, and only while it dies that something breaks.
    #[track_caller]
    fn unless_killed(&self, answer: Result<Answer, ureq::Error>, cut: &AtomicUsize) -> Option<Answer> {
        match answer {
            Ok(answer) if !answer.status.is_server_error() => Some(answer),
            broken => {
                let why = broken.map_or_else(|error| error.to_string(), |answer| answer.text());
                assert!(self.is_over(), "nobody killed it: {why}");
                cut.fetch_add(1, Ordering::SeqCst);
                None
            }
        }
    }

    /// Lets everybody go on with their rounds, until the moment has come, or without one until all are through.
    fn pass(&self, rounds: &mut [Round], pause: Duration, moment: Option<&Moment>) {
        thread::scope(|scope| {
            let open = rounds.iter_mut().filter(|round| !round.is_over());
            let going: Vec<_> = open.map(|round| scope.spawn(|| round.go_on(self))).collect();
            scope.spawn(|| {
                while !self.is_over() {
                    self.tick();
                    thread::sleep(pause);
                }
            });
            let through = || going.iter().all(thread::ScopedJoinHandle::is_finished);
            while !through() && !moment.is_some_and(|moment| moment.has_come(self)) {
                thread::sleep(Duration::from_millis(1));
            }
            if let Some(moment) = moment {
                thread::sleep(moment.after);
            }
            self.dead.store(true, Ordering::SeqCst);
            if moment.is_some() {
                self.server.kill();
            }
        });
    }
}

fn history(seed: u64) -> Toll {
    println!("seed {seed}; replay it with USHER_SEED={seed} cargo test --test edge -- kills::");
    let chance = Chance::new(seed, 0);
    let (provider, receiver) = (Provider::start(), Receiver::start());
    let deployment = |delay: u64| {
        let mailed = Deployment::new().set("MAIL_PROVIDER", "resend").set("RESEND_API_KEY", PROVIDER_KEY);
        let there = mailed.set("RESEND_URL", provider.url()).set("LIMITS", "off");
        there.set("D1_DELAY", &delay.to_string())
    };
    let mut server = deployment(5).start();
    server.keep_secret(PROVIDER_KEY);
    let (organization, owner) = {
        let team = Team::new(&server);
        let hook = json!({"url": receiver.url("/takes"), "events": ["invitation.created", "member.added"]});
        let made = server.operator().post(&team.path("/webhooks"), &hook).ok();
        server.keep_secret(&made.str("/secret"));
        (team.organization.clone(), team.owner.session())
    };
    let mut rounds: Vec<Round> = Vec::new();
    let mut toll = Toll::default();
    for number in 0..KILLS {
        let pause = Duration::from_millis(chance.between(20, 300));
        let moment = Moment::draw(&chance, number);
        rounds.extend((0..ROUNDS).map(|_| Round::draw(&chance, &server)));
        let life = Life::new(&server, &provider, &organization, &owner);
        life.pass(&mut rounds, pause, Some(&moment));
        toll.kills += 1;
        toll.requests += life.requests_cut.into_inner();
        toll.ticks += life.ticks_cut.into_inner();
        let left = promises::hold_at_rest(&server, &provider, &rounds);
        toll.mails += left.mails;
        toll.unheard += left.unheard;
        println!("seed {seed}, kill {number}: {moment:?}, {left:?}");
        server.change_at_rest(TWO_MINUTES_PASS);
        server.start_again(&deployment(*chance.pick(&[0, 5, 20])));
    }
    let life = Life::new(&server, &provider, &organization, &owner);
    life.pass(&mut rounds, Duration::from_millis(200), None);
    promises::are_seen(&Team::again(&server, &organization, &owner), &rounds);
    promises::empty_the_outbox(&server);
    server.kill();
    promises::were_kept(&server, &provider, &receiver, &rounds);
    toll.rounds = rounds.len();
    toll.asked_again = provider.asked_in_all() - provider.taken_in_all().len();
    println!("seed {seed}: {toll:?}");
    toll
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

#[test]
fn whatever_a_kill_interrupts_nothing_is_lost_nobody_is_half_in_and_each_mail_goes_out_once() {
    let seeds = match setting("USHER_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..setting("USHER_KILLS").map_or(1, |kills| kills.div_ceil(KILLS as u64)),
    };
    let tolls: Vec<Toll> = seeds.map(history).collect();
    let all = |of: fn(&Toll) -> usize| tolls.iter().map(of).sum::<usize>();
    // Kills that hit nothing show nothing.
    assert!(all(|toll| toll.requests) > 0, "between a request and its answer: {tolls:?}");
    assert!(all(|toll| toll.ticks) > 0, "in a tick: {tolls:?}");
    assert!(all(|toll| toll.mails) > 0, "between a mail and the note that it was sent: {tolls:?}");
}

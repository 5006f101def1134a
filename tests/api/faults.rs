//! What others do wrong for an hour, or always: the mail provider, the queue, the cron, KV. Nothing is lost in any, and
//! nothing done twice.
//!
//! What each single answer of a provider means is in `mail_providers.rs`, of a lost or doubled message in `outbox.rs`, and every
//! mixture of all that in `tests/simulation.rs`. On the real runtime: `tests/edge/faults.rs`, `tests/edge/providers.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};
use usher::jobs::LOST_AFTER;
use usher::platform::Unanswered;

use crate::support::World;
use crate::support::client::Team;
use crate::support::platform::token_in;
use crate::support::webhooks::{Hooked, header, says as receiver_says};
use crate::{decline, refusal};

/// What a provider answers.
type Said = Result<Response<Bytes>, Unanswered>;

const MINUTE: Duration = Duration::from_mins(1);
/// So many people are invited in the bad hour, evenly.
const INVITED: usize = 12;

#[allow(clippy::needless_pass_by_value, reason = "it reads as what a server says")]
fn provider_says(status: u16, headers: &[(&str, &str)], body: impl ToString) -> Response<Bytes> {
    let mut answer = Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    answer.body(Bytes::from(body.to_string())).unwrap()
}

/// A team whose mail goes by Resend, with its owner in.
fn by_resend() -> Team {
    let world = World::with_settings(&[("MAIL_PROVIDER", "resend"), ("RESEND_API_KEY", "re_3vQ9c1Yb")]);
    let organization = world.operator().create_organization("Example Studio", "olga.owner@studio.test");
    passes(&world, || Ok(provider_says(200, &[], json!({"id": "r0"}))));
    let asked = body(&world.state().asked.borrow_mut().remove(0).0);
    let mut owner = world.client();
    owner.accept(&token_in(asked["text"].as_str().unwrap()), "Olga Owner").ok();
    passes(&world, || Ok(provider_says(200, &[], json!({"id": "r1"}))));
    world.state().asked.borrow_mut().clear();
    Team { world, organization, owner }
}

fn body(request: &http::Request<Bytes>) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

/// A minute in which the provider answers everything so: the queue delivers, the cron ticks.
fn passes(world: &World, answer: impl Fn() -> Said) {
    world.state().answers.borrow_mut().extend((0..100).map(|_| answer()));
    world.tick();
    world.deliver();
    world.state().answers.borrow_mut().clear();
    world.pass(MINUTE);
}

/// How often the provider was asked to send each mail, by recipient and key.
fn asked(world: &World) -> BTreeMap<(String, String), usize> {
    let mut times = BTreeMap::new();
    for (request, _) in world.state().asked.borrow().iter() {
        let to = body(request)["to"][0].as_str().unwrap().to_owned();
        *times.entry((to, header(request, "idempotency-key"))).or_default() += 1;
    }
    times
}

/// What came of an hour in which the provider answered everything so, and of the hours after it.
struct Hour {
    team: Team,
    invitations: Vec<String>,
    /// How often it was asked about each mail in that hour.
    asked: Vec<usize>,
}

impl Hour {
    /// People are invited all through it.
    fn in_which(answer: impl Fn() -> Said) -> Self {
        let mut team = by_resend();
        let mut invitations = Vec::new();
        for minute in 0..60 {
            if minute % (60 / INVITED) == 0 {
                invitations.push(team.invited(&format!("m{minute}@studio.test"), "member"));
            }
            passes(&team.world, &answer);
        }
        let asked: BTreeMap<_, _> = asked(&team.world);
        assert_eq!(asked.len(), INVITED, "each mail under one key: {asked:?}");
        Self { team, invitations, asked: asked.into_values().collect() }
    }

    /// Nobody's mail was taken, and none given up; whoever is given the link comes in meanwhile.
    fn keeps_every_mail(&mut self) {
        for invitation in &self.invitations {
            let shown = self.team.owner.get(&format!("/v1/invitations/{invitation}")).ok().json();
            assert_eq!((&shown["delivery"], &shown["status"]), (&json!("queued"), &json!("pending")));
        }
        let token = crate::copied_token(&mut self.team.owner, &self.invitations[0]);
        self.team.world.client().accept(&token, "Mia Member").ok();
    }

    /// Once the provider is well again, each mail goes out once, but of whom came in already.
    fn makes_up_for_it(mut self) {
        self.team.world.state().asked.borrow_mut().clear();
        let waiting = "SELECT count(*) FROM jobs WHERE waiting = 1";
        for minute in 0..120 {
            if minute > 3 && self.team.world.count(waiting) == 0 {
                break;
            }
            passes(&self.team.world, || Ok(provider_says(200, &[], json!({"id": "r2"}))));
        }
        let asked = asked(&self.team.world);
        assert_eq!(asked.len(), INVITED - 1, "{asked:?}");
        assert!(asked.values().all(|times| *times == 1), "{asked:?}");
        for invitation in &self.invitations[1..] {
            let shown = self.team.owner.get(&format!("/v1/invitations/{invitation}")).ok().json();
            assert_eq!(shown["delivery"], "sent");
        }
        assert_eq!(self.team.world.count(waiting), 0);
        assert_eq!(self.team.world.count("SELECT count(*) FROM jobs WHERE failed_at IS NOT NULL"), 0);
    }
}

#[test]
fn a_provider_that_fails_for_an_hour_loses_no_mail() {
    let mut hour = Hour::in_which(|| Ok(provider_says(503, &[], json!({"name": "internal_server_error"}))));
    hour.keeps_every_mail();
    hour.makes_up_for_it();
}

#[test]
fn a_provider_that_nobody_reaches_for_an_hour_loses_no_mail() {
    let mut hour = Hour::in_which(|| Err(Unanswered::Unreachable));
    hour.keeps_every_mail();
    hour.makes_up_for_it();
}

#[test]
fn a_provider_that_hangs_for_an_hour_loses_no_mail() {
    let mut hour = Hour::in_which(|| Err(Unanswered::TimedOut));
    hour.keeps_every_mail();
    hour.makes_up_for_it();
}

#[test]
fn a_provider_that_answers_garbage_for_an_hour_loses_no_mail() {
    for garbage in ["<html>Sign in to this network", "\u{0}\u{fffd}{\"id\":", "{\"id\": 7}"] {
        let mut hour = Hour::in_which(|| Ok(provider_says(200, &[("retry-after", "\u{fffd}")], garbage)));
        hour.keeps_every_mail();
        hour.makes_up_for_it();
    }
}

/// It says how long to wait, and is asked about each mail once in that time.
#[test]
fn a_provider_that_limits_for_an_hour_is_waited_for_and_loses_no_mail() {
    let limited = json!({"name": "rate_limit_exceeded"});
    let mut hour = Hour::in_which(|| Ok(provider_says(429, &[("retry-after", "3600")], &limited)));
    assert_eq!(hour.asked, vec![1; INVITED]);
    hour.keeps_every_mail();
    hour.makes_up_for_it();
}

/// It doesn't say how long: it is asked less and less often.
#[test]
fn a_provider_that_limits_for_an_hour_and_says_no_more_loses_no_mail() {
    let limited = json!({"name": "rate_limit_exceeded"});
    let mut hour = Hour::in_which(|| Ok(provider_says(429, &[], &limited)));
    assert!(hour.asked.iter().all(|times| *times <= 11), "{:?}", hour.asked);
    hour.keeps_every_mail();
    hour.makes_up_for_it();
}

/// Work of each kind that the queues carry: an invitation's mail, one that is sent again, many invitations, somebody who is
/// added, and what a webhook is told of it all.
fn busy() -> Hooked {
    let mut hooked = Hooked::to(Team::of("client-links"));
    let team = &mut hooked.team;
    let invitation = team.invited("mia@studio.test", "member");
    team.owner.post(&format!("/v1/invitations/{invitation}/resend"), &json!({})).ok();
    let rows: Vec<Value> =
        (0..30).map(|row| json!({"email": format!("p{row}@client.test"), "role": "client"})).collect();
    team.owner.post(&team.path("/invitations/bulk"), &json!({"rows": rows, "dry_run": false})).ok();
    let added = json!({"email": "ada@studio.test", "name": "Ada Added", "role": "member", "notify": true});
    team.owner.post(&team.path("/members"), &added).ok();
    hooked
}

/// Everybody was mailed once and the webhook told each event once, and there is nothing left to do.
fn each_was_done_once(hooked: &mut Hooked) {
    let world = hooked.team.world.clone();
    let mut mailed: Vec<String> =
        world.mailbox().iter().map(|mail| mail["to"].as_str().unwrap().to_owned()).collect();
    mailed.retain(|address| !address.starts_with("olga"));
    mailed.sort();
    let mut wanted: Vec<String> = (0..30).map(|row| format!("p{row}@client.test")).collect();
    wanted.extend(["ada@studio.test".to_owned(), "mia@studio.test".to_owned()]);
    wanted.sort();
    assert_eq!(mailed, wanted);

    let told: Vec<String> =
        world.state().asked.borrow().iter().map(|(request, _)| header(request, "webhook-id")).collect();
    let once: BTreeSet<&String> = told.iter().collect();
    assert_eq!(told.len(), once.len(), "no event is told twice");
    let events = world.count("SELECT count(*) FROM webhook_events WHERE id IS NOT NULL");
    assert_eq!(i64::try_from(told.len()).unwrap(), events);
    let invited = "SELECT count(*) FROM webhook_events WHERE type = 'invitation.created'";
    assert_eq!(world.count(invited), 31);
    assert_eq!(world.count("SELECT count(*) FROM jobs WHERE waiting = 1 OR failed_at IS NOT NULL"), 0);
    // The mailbox keeps one mail of a job, however often that was done.
    assert_eq!(world.count("SELECT count(*) FROM jobs WHERE attempts <> 1"), 0, "nobody took a job twice");
}

/// Delivers what the queues hold until they are empty, as `order` puts it.
fn deliver(world: &World, order: impl Fn(Vec<usize>) -> Vec<usize>) {
    loop {
        let jobs: Vec<_> = world.state().queue.borrow_mut().drain(..).collect();
        let deliveries: Vec<_> = world.state().deliveries.borrow_mut().drain(..).collect();
        if jobs.is_empty() && deliveries.is_empty() {
            return;
        }
        world.state().answers.borrow_mut().extend((0..500).map(|_| receiver_says(200)));
        for place in order((0..jobs.len() + deliveries.len()).collect()) {
            match jobs.get(place) {
                Some(job) => world.deliver_one(*job),
                None => world.deliver_to_webhook(deliveries[place - jobs.len()]),
            };
        }
        world.state().answers.borrow_mut().clear();
    }
}

#[test]
fn a_queue_that_delivers_everything_twice_has_nothing_done_twice() {
    let mut hooked = busy();
    deliver(&hooked.team.world, |places| places.iter().flat_map(|place| [*place; 2]).collect());
    each_was_done_once(&mut hooked);
}

#[test]
fn a_queue_that_delivers_everything_twice_and_the_last_first_has_nothing_done_twice() {
    let mut hooked = busy();
    deliver(&hooked.team.world, |places| [places.clone(), places].concat().into_iter().rev().collect());
    each_was_done_once(&mut hooked);
}

/// Only what the tick puts there arrives.
#[test]
fn a_queue_that_loses_everything_has_it_all_done_by_the_tick() {
    let mut hooked = busy();
    let world = hooked.team.world.clone();
    for _ in 0..10 {
        world.state().queue.borrow_mut().clear();
        world.state().deliveries.borrow_mut().clear();
        world.pass(LOST_AFTER + MINUTE);
        world.tick();
        let found: Vec<_> = world.state().queue.borrow_mut().drain(..).collect();
        let deliveries: Vec<_> = world.state().deliveries.borrow_mut().drain(..).collect();
        world.state().answers.borrow_mut().extend((0..500).map(|_| receiver_says(200)));
        for job in found {
            world.deliver_one(job);
        }
        for delivery in deliveries {
            world.deliver_to_webhook(delivery);
        }
        world.state().answers.borrow_mut().clear();
    }
    each_was_done_once(&mut hooked);
}

/// What is done to an invitation while KV keeps for a minute what its page showed, and what whoever sends the page is told.
type Change = (&'static str, fn(&mut Team, &str, &str), (u16, &'static str));

const CHANGES: &[Change] = &[
    ("revoked", |team, id, _| drop(act(team, id, "revoke")), (410, "invitation_revoked")),
    ("sent again", |team, id, _| drop(act(team, id, "resend")), (410, "invitation_replaced")),
    (
        "declined",
        |team, _, token| drop(decline(&mut team.world.client(), token).ok()),
        (410, "invitation_declined"),
    ),
    (
        "accepted",
        |team, _, token| drop(team.world.client().accept(token, "Mia Member").ok()),
        (410, "invitation_used"),
    ),
    (
        "given another role",
        |team, id, _| {
            let path = format!("/v1/invitations/{id}");
            team.owner.patch(&path, &json!({"role": "admin"})).ok();
        },
        (410, "invitation_replaced"),
    ),
];

fn act(team: &mut Team, invitation: &str, action: &str) -> crate::support::Answer {
    team.owner.post(&format!("/v1/invitations/{invitation}/{action}"), &json!({})).ok()
}

#[test]
fn from_a_page_that_kv_kept_too_long_nobody_comes_in_by_what_is_over() {
    for (what, change, told) in CHANGES {
        let mut team = Team::new();
        let id = team.invited("mia@studio.test", "member");
        team.world.deliver();
        let token = team.world.mailed_token("mia@studio.test");
        let page = format!("/i/{token}");
        team.world.client().get(&page).ok();
        let stale = team.world.state().kv.borrow().clone();
        assert!(!stale.is_empty());
        change(&mut team, &id, &token);
        *team.world.state().kv.borrow_mut() = stale;
        let members = team.world.count("SELECT count(*) FROM members");

        assert_eq!(team.world.client().get(&page).status, 200, "{what}: the copy, for a minute at most");
        let said = team.world.client().accept(&token, "Max Stranger").refusal();
        assert_eq!(said, refusal(told.0, told.1), "{what}");
        assert_eq!(team.world.count("SELECT count(*) FROM members"), members, "{what}");
    }
}

/// An invitation was withdrawn, its page opened, and the withdrawal undone: KV's copy keeps nobody out who is let in.
#[test]
fn a_page_that_kv_kept_too_long_keeps_nobody_out() {
    let mut team = Team::new();
    let mut ada = team.joined("ada@studio.test", "admin");
    let member = team.member("ada@studio.test");
    let id = ada.invite(&team.organization.clone(), "mia@studio.test", "member").ok().str("/id");
    team.world.deliver();
    let token = team.world.mailed_token("mia@studio.test");
    let removed = json!({"member_ids": [member], "revoke_their_invitations": true});
    let path = team.path("/members/remove");
    team.owner.post(&path, &removed).ok();
    let page = format!("/i/{token}");
    assert_eq!(team.world.client().get(&page).status, 410);
    let stale = team.world.state().kv.borrow().clone();
    team.owner.post(&format!("/v1/members/{member}/restore"), &json!({})).ok();
    *team.world.state().kv.borrow_mut() = stale;
    assert_eq!(team.world.client().get(&page).status, 410, "the copy, for a minute at most");
    team.world.client().accept(&token, "Mia Member").ok();
    let shown = team.owner.get(&format!("/v1/invitations/{id}")).ok().json();
    assert_eq!(shown["status"], "accepted");
}

//! The job that makes many invitations: what is seen of it, dying anywhere in it, two at once, and undoing it.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use serde_json::{Value, json};
use usher::jobs::message::{self, Message, Source, Verdict};

use crate::bulk::{client, job, made, outcomes, send, staff};
use crate::support::World;
use crate::support::client::Team;
use crate::{another, copied_token, refusal, remove, sign_in};

/// More than the time for which a job is held, and after which its message counts as lost.
pub const LONG: Duration = Duration::from_mins(2);

/// A consumer of a job's message that is polled by hand, in a world whose calls to the database wait.
pub struct Consumer {
    world: World,
    future: Pin<Box<dyn Future<Output = Verdict>>>,
}

impl Consumer {
    pub fn of(world: &World, job: &str) -> Self {
        let (inside, job) = (world.clone(), job.parse().unwrap());
        let future = Box::pin(async move {
            inside.app().consume(Message { source: Source::Jobs, body: message::encode(job) }).await
        });
        Self { world: world.clone(), future }
    }

    /// Polls so often, or until it is over. Answers whether it is.
    pub fn poll(&mut self, times: usize) -> bool {
        self.world.state().yields.set(true);
        let mut context = Context::from_waker(Waker::noop());
        let over = (0..times).any(|_| matches!(self.future.as_mut().poll(&mut context), Poll::Ready(_)));
        self.world.state().yields.set(false);
        over
    }
}

/// A team in whose queue a job of so many rows waits: clients, of whom every tenth gets a mail.
pub fn started(many: usize) -> (Team, String) {
    let mut team = Team::new();
    let id = send(&mut team.owner, &team.organization, &clients(many), false).ok().str("/job_id");
    team.world.state().queue.borrow_mut().clear();
    (team, id)
}

pub fn clients(many: usize) -> Value {
    (0..many)
        .map(|number| {
            json!({"email": format!("p{number}@client.test"), "role": "client", "send_email": number % 10 == 0})
        })
        .collect()
}

/// Ticks and delivers until no job waits.
pub fn settle(world: &World) {
    for _ in 0..20 {
        world.pass(LONG);
        world.tick();
        world.deliver();
        if world.count("SELECT count(*) FROM jobs WHERE waiting = 1") == 0 {
            return;
        }
    }
    panic!("jobs still wait");
}

/// Every row made its invitation, with all that belongs to it, once.
#[track_caller]
fn all_made_once(team: &Team, many: i64, what: &str) {
    let count = |sql: &str| team.world.count(sql);
    assert_eq!(count("SELECT count(*) FROM invitations WHERE role = 'client'"), many, "{what}");
    assert_eq!(count("SELECT count(*) FROM bulk_rows WHERE outcome = 'created'"), many, "{what}");
    assert_eq!(
        count(
            "SELECT count(*) FROM invitation_workspaces x JOIN bulk_rows r ON r.invitation_id = x.invitation_id"
        ),
        many,
        "{what}"
    );
    let created = "SELECT count(*) FROM audit_events e JOIN bulk_rows r ON r.invitation_id = e.subject";
    assert_eq!(count(created), many, "{what}");
    let mails = "SELECT count(*) FROM mailbox WHERE recipient LIKE '%@client.test'";
    assert_eq!(count(mails), (many + 9) / 10, "{what}");
    assert_eq!(count("SELECT count(*) FROM notifications WHERE kind = 'bulk.finished'"), 1, "{what}");
    assert_eq!(count("SELECT done FROM bulk_imports"), many, "{what}");
}

#[test]
fn a_job_is_seen_while_it_runs() {
    let (mut team, id) = started(400);
    let waiting = job(&mut team.owner, &id);
    let expected = json!({"id": id, "kind": "bulk_invite", "status": "waiting", "total": 400, "done": 0});
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&waiting[field], value, "{field}");
    }
    assert_eq!(waiting["data"][0], json!({"row": 1, "outcome": "waiting"}));

    let mut consumer = Consumer::of(&team.world, &id);
    // The lease, and the first chunk.
    assert!(!consumer.poll(4));
    let running = job(&mut team.owner, &id);
    assert_eq!((&running["status"], &running["done"]), (&json!("running"), &json!(250)));
    let outcomes = outcomes(&running);
    assert!(outcomes[..250].iter().all(|outcome| outcome == "created"));
    assert!(outcomes[250..].iter().all(|outcome| outcome == "waiting"));

    assert!(consumer.poll(10));
    assert_eq!(job(&mut team.owner, &id)["status"], "done");
}

#[test]
fn rows_are_paged_in_their_order() {
    let (mut team, id) = started(30);
    let mut page = |query: &str| team.owner.get(&format!("/v1/jobs/{id}{query}")).json();
    let first = page("");
    assert_eq!((first["data"].as_array().unwrap().len(), &first["next_cursor"]), (25, &json!("25")));
    let second = page("?cursor=25");
    assert_eq!(second["data"][0]["row"], 26);
    assert_eq!((second["data"].as_array().unwrap().len(), &second["next_cursor"]), (5, &Value::Null));
    assert_eq!(page("?limit=2&cursor=3")["data"][1]["row"], 5);
    for wrong in ["?limit=0", "?limit=101", "?cursor=x", "?cursor=-1", "?page=2"] {
        assert_eq!(team.owner.get(&format!("/v1/jobs/{id}{wrong}")).status, 422, "{wrong}");
    }
}

/// Wherever a consumer dies, before or after any call to the database, the next one finds what is left.
#[test]
fn dying_anywhere_loses_nothing_and_doubles_nothing() {
    for polls in 0.. {
        let (team, id) = started(520);
        let over = Consumer::of(&team.world, &id).poll(polls);
        settle(&team.world);
        all_made_once(&team, 520, &format!("died after {polls} polls"));
        if over {
            assert!(polls >= 8, "a lease and three chunks are eight waits");
            return;
        }
    }
}

/// A consumer that was only slow finds its job taken, and does nothing more.
#[test]
fn two_consumers_at_once_make_nothing_twice() {
    for polls in 0..9 {
        let (team, id) = started(520);
        let mut slow = Consumer::of(&team.world, &id);
        slow.poll(polls);
        team.world.pass(LONG);
        let mut second = Consumer::of(&team.world, &id);
        while !second.poll(1) {
            if slow.poll(1) {
                slow = Consumer::of(&team.world, &id);
            }
        }
        slow.poll(20);
        settle(&team.world);
        all_made_once(&team, 520, &format!("overtaken after {polls} polls"));
    }
}

#[test]
fn undoing_revokes_what_is_open_and_leaves_those_who_came_in() {
    let mut team = Team::with_seats(3);
    let rows = json!([staff("a@studio.test"), staff("b@studio.test"), client("c@client.test")]);
    let done = made(&mut team, &rows);
    let id = done["id"].as_str().unwrap().to_owned();
    let invitation = |row: usize| done["data"][row]["invitation_id"].as_str().unwrap().to_owned();
    team.world.client().join("a@studio.test", "Ann Member").ok();
    let dead = copied_token(&mut team.owner, &invitation(1));

    let undone = team.owner.post(&format!("/v1/jobs/{id}/undo"), &json!({})).ok().json();
    assert_eq!(undone, json!({"revoked": 2, "status": "undone"}));
    let told = team.owner.get(&team.path("/audit?action=bulk.undone")).ok().json()["data"][0].clone();
    assert_eq!(told["before"], json!({"done": 3, "undone": false}));
    assert_eq!(told["after"], json!({"done": 3, "undone": true}));
    let after = job(&mut team.owner, &id);
    assert_eq!(after["status"], "undone");
    assert_eq!(outcomes(&after), ["created", "revoked", "revoked"]);
    assert_eq!(team.owner.get(&format!("/v1/invitations/{}", invitation(0))).str("/status"), "accepted");
    assert_eq!(team.owner.get(&format!("/v1/invitations/{}", invitation(1))).str("/status"), "revoked");
    let refused = team.world.client().accept(&dead, "Bob Member");
    assert!([404, 410].contains(&refused.status.as_u16()), "{}", refused.status);
    let seats =
        team.world.state().database.borrow().query("SELECT seats_used, seats_reserved FROM organizations");
    assert_eq!(seats[0], json!({"seats_used": 1, "seats_reserved": 0}));
    let revoked = team.world.state().database.borrow().query(
        "SELECT subject, count(*) AS times FROM audit_events WHERE action = 'invitation.revoked' GROUP BY subject",
    );
    assert_eq!(revoked.len(), 2);
    assert!(revoked.iter().all(|event| event["times"] == 1));

    let again = team.owner.post(&format!("/v1/jobs/{id}/undo"), &json!({}));
    assert_eq!(again.refusal(), refusal(409, "not_undoable"));
    let free = made(&mut team, &rows);
    assert_eq!(outcomes(&free), ["already_member", "created", "created"]);
}

/// Undoing while the job runs, wherever it is just then: nothing of it is left open.
#[test]
fn undoing_a_running_job_leaves_nothing_open() {
    for polls in 0..9 {
        let (mut team, id) = started(520);
        let mut consumer = Consumer::of(&team.world, &id);
        consumer.poll(polls);
        let undone = team.owner.post(&format!("/v1/jobs/{id}/undo"), &json!({})).ok().json();
        assert!(consumer.poll(20));
        settle(&team.world);
        let count = |sql: &str| team.world.count(sql);
        assert_eq!(count("SELECT count(*) FROM invitations WHERE outcome = 'open'"), 0, "{polls}");
        let revoked = count("SELECT count(*) FROM invitations WHERE outcome = 'revoked'");
        assert_eq!(undone["revoked"], revoked, "{polls}");
        assert_eq!(count("SELECT count(*) FROM audit_events WHERE action = 'invitation.revoked'"), revoked);
        let told = outcomes(&job(&mut team.owner, &id));
        let cancelled = told.iter().filter(|outcome| *outcome == "cancelled").count();
        assert_eq!(i64::try_from(cancelled).unwrap() + revoked, 520, "{polls}");
        assert_eq!(count("SELECT count(*) FROM mailbox WHERE recipient LIKE '%@client.test'"), 0);
    }
}

#[test]
fn whoever_is_removed_while_it_runs_makes_no_more() {
    let mut team = Team::new();
    let mut ada = team.joined("ada@studio.test", "admin");
    let id = send(&mut ada, &team.organization, &clients(400), false).ok().str("/job_id");
    let mut consumer = Consumer::of(&team.world, &id);
    consumer.poll(4);
    remove(&team, "ada@studio.test");
    assert!(consumer.poll(20));
    let told = outcomes(&job(&mut team.owner, &id));
    assert!(told[..250].iter().all(|outcome| outcome == "created"));
    assert!(told[250..].iter().all(|outcome| outcome == "forbidden"));
    assert_eq!(
        team.world.count("SELECT count(*) FROM notifications WHERE kind = 'bulk.finished'"),
        0,
        "nobody is there to be told"
    );
}

#[test]
fn whoever_has_another_role_or_reach_since_makes_no_more() {
    for (change, told) in [
        ("UPDATE members SET role = 'client' WHERE role = 'member'", "forbidden"),
        (
            "DELETE FROM memberships WHERE member_id IN (SELECT id FROM members WHERE role = 'member')",
            "beyond_your_access",
        ),
    ] {
        let mut team = Team::of("reporting");
        let mut sam = team.joined("sam@studio.test", "member");
        let id =
            send(&mut sam, &team.organization, &json!([client("a@client.test")]), false).ok().str("/job_id");
        team.world.state().database.borrow().change(change);
        team.world.deliver();
        assert_eq!(outcomes(&job(&mut team.owner, &id)), [told], "{change}");
    }
}

#[test]
fn a_job_is_its_starters_and_the_admins_and_nobody_elses() {
    let mut team = Team::of("reporting");
    let mut sam = team.joined("sam@studio.test", "member");
    let mut mia = team.joined("mia@studio.test", "member");
    let mut ana = team.joined("ana@client.test", "client");
    let mut ada = team.joined("ada@studio.test", "admin");
    let mut other = another(&team.world).owner;
    let id = send(&mut sam, &team.organization, &json!([client("a@client.test")]), false).ok().str("/job_id");
    let path = format!("/v1/jobs/{id}");
    for (caller, status) in
        [(&mut sam, 200), (&mut ada, 200), (&mut mia, 403), (&mut ana, 403), (&mut other, 404)]
    {
        assert_eq!(caller.get(&path).status, status);
    }
    for caller in [&mut mia, &mut ana, &mut other] {
        let before = team.world.state().database.borrow().dump();
        assert!(!caller.post(&format!("{path}/undo"), &json!({})).status.is_success());
        assert_eq!(team.world.state().database.borrow().dump(), before);
    }
    sam.post(&format!("{path}/undo"), &json!({})).ok();
}

#[test]
fn a_job_that_sends_an_e_mail_is_no_bulk() {
    let mut team = Team::new();
    team.invited("ana@client.test", "client");
    let mail = team.world.state().database.borrow().query("SELECT id FROM jobs ORDER BY id DESC LIMIT 1");
    let path = format!("/v1/jobs/{}", mail[0]["id"].as_str().unwrap());
    assert_eq!(team.owner.get(&path).refusal(), refusal(404, "not_found"));
    assert_eq!(team.owner.post(&format!("{path}/undo"), &json!({})).refusal(), refusal(404, "not_found"));
}

/// V20: whoever has come down since can't undo invitations of roles that are above them now.
#[test]
fn undoing_needs_the_right_to_invite_every_role_in_it() {
    let mut team = Team::of("reporting");
    let mut ada = team.joined("ada@studio.test", "admin");
    let rows = json!([staff("m@studio.test"), client("a@client.test")]);
    let id = send(&mut ada, &team.organization, &rows, false).ok().str("/job_id");
    team.world.deliver();
    team.world.state().database.borrow().change("UPDATE members SET role = 'member' WHERE role = 'admin'");
    ada.get(&format!("/v1/jobs/{id}")).ok();
    let refused = ada.post(&format!("/v1/jobs/{id}/undo"), &json!({}));
    assert_eq!(refused.refusal(), refusal(403, "role_not_allowed"));
    assert_eq!(team.world.count("SELECT count(*) FROM invitations WHERE outcome = 'open'"), 2);
}

#[test]
fn its_mails_are_enqueued_by_the_job_itself_and_only_where_one_was_asked_for() {
    let (team, id) = started(400);
    team.world.deliver_one(id.parse().unwrap());
    assert_eq!(team.world.state().queue.borrow().len(), 40);
    team.world.deliver();
    assert_eq!(team.world.count("SELECT count(*) FROM mailbox WHERE recipient LIKE '%@client.test'"), 40);
    assert_eq!(
        team.world.count("SELECT count(*) FROM invitations WHERE delivery = 'sent'"),
        41,
        "and the owner's"
    );
    assert_eq!(team.world.count("SELECT count(*) FROM invitations WHERE delivery = 'none'"), 360);
}

#[test]
fn a_job_that_is_never_finished_is_given_up_and_can_still_be_undone() {
    let (mut team, id) = started(400);
    Consumer::of(&team.world, &id).poll(4);
    // The last times it is held for 128 times as long as the first.
    for _ in 0..usher::jobs::MOST_ATTEMPTS {
        team.world.pass(LONG * 128);
        Consumer::of(&team.world, &id).poll(2);
    }
    team.world.pass(LONG * 128);
    team.world.tick();
    sign_in(&mut team.owner, "olga.owner@studio.test").ok();
    assert_eq!(job(&mut team.owner, &id)["status"], "failed");
    let undone = team.owner.post(&format!("/v1/jobs/{id}/undo"), &json!({})).ok().json();
    assert_eq!(undone["revoked"], 250);
}

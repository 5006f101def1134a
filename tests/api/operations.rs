//! What the operations page has an operator do to the database does what it says: the files under `docs/operations/`, on the
//! real tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use usher::domain::time::Timestamp;
use usher::platform::MailError;

use crate::cast::Cast;
use crate::support::World;
use crate::support::client::Team;
use crate::support::platform::token_in;
use crate::{accept_signed_in, copied_token};

const MIA: &str = "mia.member@studio.test";
const OLGA: &str = "olga.owner@studio.test";
const MAX: &str = "max.member@studio.test";

/// A file's SQL, with its words in capitals replaced, as `sed` does it; the world's clock is the database's.
fn sql(world: &World, name: &str, words: &[(&str, &str)]) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/operations").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let seconds = world.now().seconds().to_string();
    words.iter().fold(text, |text, (word, with)| text.replace(word, with)).replace("unixepoch()", &seconds)
}

/// As SQL writes a moment.
fn in_sql(at: Timestamp) -> String {
    at.to_string().replace('T', " ").split('.').next().unwrap().to_owned()
}

fn run(world: &World, name: &str, words: &[(&str, &str)]) {
    world.state().database.borrow().change(&format!("BEGIN; {} COMMIT;", sql(world, name, words)));
}

fn ask(world: &World, name: &str, words: &[(&str, &str)]) -> Vec<Value> {
    let sql = sql(world, name, words);
    world.state().database.borrow().query(sql.trim().trim_end_matches(';'))
}

/// A team whose mail goes through the `send_email` binding, with its owner in and nothing sent yet.
fn by_binding() -> Team {
    let world = World::with_settings(&[("MAIL_PROVIDER", "cloudflare")]);
    let organization = world.operator().create_organization("Example Studio", "olga.owner@studio.test");
    world.deliver();
    let token = token_in(&world.state().sent.borrow_mut().pop().unwrap().text);
    let mut owner = world.client();
    owner.accept(&token, "Olga Owner").ok();
    world.deliver();
    world.state().sent.borrow_mut().clear();
    world.pass(Duration::from_secs(1));
    Team { world, organization, owner }
}

/// To whom mail went out, in order.
fn mailed(world: &World) -> Vec<String> {
    world.state().sent.borrow().iter().map(|mail| mail.to.clone()).collect()
}

fn delivery(team: &mut Team, invitation: &str) -> String {
    team.owner.get(&format!("/v1/invitations/{invitation}")).ok().str("/delivery")
}

#[test]
fn what_failed_for_one_reason_is_listed_and_done_again() {
    let mut team = by_binding();
    let began = in_sql(team.world.now());
    let mut invited = |address: &str, why: &str| {
        let id = team.invited(address, "member");
        team.world.state().mail_errors.borrow_mut().push_back(MailError::Refused(why.to_owned()));
        team.world.deliver();
        id
    };
    let (mia, max) =
        (invited(MIA, "resend: 403 invalid_api_key"), invited(MAX, "resend: 422 validation_error"));
    let gone = invited("gone@studio.test", "resend: 403 invalid_api_key");
    team.owner.post(&format!("/v1/invitations/{gone}/revoke"), &json!({})).ok();
    let listed: BTreeMap<String, i64> = ask(&team.world, "failed-jobs.sql", &[])
        .iter()
        .map(|row| (row["failure"].as_str().unwrap().to_owned(), row["jobs"].as_i64().unwrap()))
        .collect();
    let expected = [("resend: 403 invalid_api_key", 2), ("resend: 422 validation_error", 1)];
    assert_eq!(listed, expected.map(|(why, jobs)| (why.to_owned(), jobs)).into());

    run(
        &team.world,
        "retry-failed-jobs.sql",
        &[("SINCE", &began), ("FAILURE", "resend: 403 invalid_api_key")],
    );
    assert_eq!(delivery(&mut team, &mia), "queued");
    let waiting = ask(&team.world, "waiting-jobs.sql", &[]);
    assert_eq!((waiting.len(), &waiting[0]["waiting"], &waiting[0]["due"]), (1, &json!(2), &json!(2)));
    team.world.tick();
    team.world.deliver();
    let mails = mailed(&team.world);
    let mails: Vec<&String> = mails.iter().filter(|to| *to != OLGA).collect();
    assert_eq!(mails, [MIA], "of the one that was revoked there is nothing to tell");
    assert_eq!(
        (delivery(&mut team, &mia), delivery(&mut team, &max)),
        ("sent".to_owned(), "failed".to_owned())
    );
}

/// A copy of a database, in a file that goes with it: SQLite writes no more where its file is gone.
struct Saved(PathBuf);

impl Saved {
    fn of(world: &World, name: &str) -> Self {
        let file = format!("{name}-{}.sqlite", std::process::id());
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file);
        let _ = std::fs::remove_file(&file);
        world.state().database.borrow().copy_to(&file);
        Self(file)
    }

    fn restore(&self, world: &World) {
        world.state().database.borrow_mut().go_back_to(&self.0);
    }
}

impl Drop for Saved {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What goes out between the moment that is gone back to and the restoring: a mail that waited then, and a reminder.
struct Restored {
    team: Team,
    since: String,
    /// What `done-since.sql` printed before.
    told: String,
    undone: Vec<Value>,
    _file: Saved,
}

fn restored(name: &str) -> Restored {
    let mut team = by_binding();
    team.invited(MAX, "member");
    team.world.deliver();
    let policy = json!({"policy": {"reminders": true}});
    team.owner.patch(&team.path(""), &policy).ok();
    // The time of each link, so that the reminder is due between the two moments.
    team.world.pass(Duration::from_hours(4 * 24));
    team.invited(MIA, "member");
    team.world.pass(Duration::from_secs(1));
    let file = Saved::of(&team.world, name);
    let since = in_sql(team.world.now());
    team.world.pass(Duration::from_secs(1));

    team.world.deliver();
    team.world.pass(Duration::from_hours(36));
    team.world.tick();
    team.world.deliver();
    let token = token_in(&team.world.state().sent.borrow()[1].text);
    let mut mia = team.world.client();
    mia.accept(&token, "Mia Member").ok();
    team.world.deliver();
    let words = [("SINCE", &*since)];
    let told = ask(&team.world, "done-since.sql", &words)
        .iter()
        .map(|row| row["statement"].as_str().unwrap().to_owned() + "\n")
        .collect();
    let undone = ask(&team.world, "undone-since.sql", &words);

    file.restore(&team.world);
    Restored { team, since, told, undone, _file: file }
}

/// To whom mail goes out in the hours after it was opened again.
fn mailed_after(team: &Team) -> BTreeSet<String> {
    team.world.state().sent.borrow_mut().clear();
    for _ in 0..3 {
        team.world.tick();
        team.world.deliver();
        team.world.pass(Duration::from_hours(1));
    }
    let mails = team.world.state().sent.borrow();
    mails.iter().map(|mail| mail.to.clone()).filter(|to| to != OLGA).collect()
}

#[test]
fn after_a_restore_no_mail_goes_out_that_had_gone_out() {
    let restored = restored("told");
    let sent = mailed(&restored.team.world);
    assert!(sent.contains(&MIA.to_owned()) && sent.iter().filter(|to| *to == MAX).count() == 2, "{sent:?}");
    restored.team.world.state().database.borrow().change(&restored.told);
    assert_eq!(mailed_after(&restored.team), BTreeSet::new());
    let delivery = "SELECT count(*) FROM invitations WHERE delivery = 'sent'";
    assert_eq!(restored.team.world.count(delivery), 3, "the owner's among them");
}

/// Or the test above would show nothing.
#[test]
fn without_being_told_the_outbox_sends_again_what_had_gone_out() {
    let restored = restored("untold");
    assert_eq!(mailed_after(&restored.team), [MIA, MAX].map(str::to_owned).into());
}

#[test]
fn what_a_restore_undoes_is_listed_and_nothing_older() {
    let restored = restored("undone");
    let actions: Vec<&str> = restored.undone.iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["invitation.accepted"]);
    let at = restored.undone[0]["at"].as_str().unwrap();
    assert!(at > &*restored.since && !at.contains('T'), "{at}");
    let left =
        format!("SELECT count(*) FROM audit_events WHERE at >= unixepoch('{}') * 1000", restored.since);
    assert_eq!(restored.team.world.count(&left), 0);
}

#[test]
fn a_queue_message_of_a_job_that_a_restore_undid_changes_nothing() {
    let mut team = by_binding();
    let file =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("message-{}.sqlite", std::process::id()));
    let _ = std::fs::remove_file(&file);
    team.world.state().database.borrow().copy_to(&file);
    team.invited(MIA, "member");
    team.world.state().database.borrow_mut().go_back_to(&file);
    std::fs::remove_file(&file).unwrap();
    let before = team.world.state().database.borrow().dump();
    team.world.deliver();
    assert_eq!(team.world.state().database.borrow().dump(), before);
    assert_eq!(mailed(&team.world), Vec::<String>::new());
}

#[test]
fn everybody_can_be_signed_out_at_once() {
    let mut team = Team::new();
    let mut mia = team.joined(MIA, "member");
    run(&team.world, "end-sessions.sql", &[]);
    for person in [&mut team.owner, &mut mia] {
        assert_eq!(person.get("/v1/me").status, 401);
    }
}

#[test]
fn while_it_is_closed_nobody_is_answered_and_no_job_is_done() {
    let world = World::with_settings(&[("CLOSED", "on")]);
    let before = world.state().database.borrow().dump();
    assert_eq!(world.client().get("/healthz").status, 503);
    assert_eq!(world.operator().get("/v1/organizations").status, 503);
    world.tick();
    let job = "job_01h455vb4pex5vsknk084sn02q".parse().unwrap();
    assert!(matches!(world.deliver_one(job), usher::jobs::message::Verdict::Retry(_)), "it comes back");
    assert_eq!(world.state().database.borrow().dump(), before);
    assert!(world.log_text().contains(r#""setting":"CLOSED""#));
}

/// The schema's text.
fn schema(world: &World) -> BTreeSet<String> {
    let rows = world.state().database.borrow().query("SELECT type, name, sql FROM sqlite_schema");
    rows.iter().map(Value::to_string).collect()
}

/// The tables that have an organization's id in a row.
fn tables_of(world: &World, organization: &str) -> BTreeSet<String> {
    let dump = world.state().database.borrow().dump();
    let lines = dump.lines().filter(|line| line.contains(organization));
    lines.map(|line| line.split(':').next().unwrap().to_owned()).collect()
}

/// An organization with rows in every table that has any of one.
fn full() -> Team {
    let mut team = Cast::new().team;
    crate::links::walk(&mut team);
    crate::vouching::walk(&mut team);
    crate::webhooks::walk(&mut team);
    crate::hooks_billing::walk(&mut team);
    team.world.state().database.borrow().change(&format!(
        "INSERT INTO complaints (organization_id, email_key, at) VALUES ('{id}', 'cleo@client.test', 1);
         INSERT INTO logos (organization_id, hash, content_type, base64) VALUES ('{id}', 'h', 'image/png', '')",
        id = team.organization
    ));
    team
}

#[test]
fn of_an_organization_that_is_deleted_nothing_is_left_and_of_others_everything() {
    let mut team = full();
    let world = team.world.clone();
    let columns =
        "SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c ON c.name = 'organization_id'";
    let owned = world.state().database.borrow().query(columns);
    let owned: BTreeSet<String> = owned.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
    let empty: Vec<String> = owned.difference(&tables_of(&world, &team.organization)).cloned().collect();
    assert_eq!(empty, Vec::<String>::new(), "nothing to delete there");
    // Of another organization too: somebody who is in both by an address that is proved, and one whom only a link confined.
    let copied = team.invited("nobody.proved@client.test", "client");
    let token = copied_token(&mut team.owner, &copied);
    let mut confined = world.client();
    confined.accept(&token, "Nele Client").ok();
    let organization = world.operator().create_organization("Next Studio", "nora.owner@next.test");
    let mut nora = world.client();
    nora.join("nora.owner@next.test", "Nora Owner").ok();
    let mut other = Team { world: world.clone(), organization, owner: nora };
    let mut both = other.joined("both@studio.test", "member");
    let invited = team.invited("both@studio.test", "member");
    let token = copied_token(&mut team.owner, &invited);
    accept_signed_in(&mut both, &token).ok();
    other.owner.get(&other.path("/members")).ok();
    let theirs = |world: &World| -> BTreeSet<String> {
        let dump = world.state().database.borrow().dump();
        dump.lines().filter(|line| line.contains(&*other.organization)).map(str::to_owned).collect()
    };
    let (before, kept) = (schema(&world), theirs(&world));
    assert!(kept.len() > 5, "{kept:?}");

    run(&world, "delete-organization.sql", &[("ORGANIZATION", &team.organization)]);

    assert_eq!(schema(&world), before, "the log still can't be shortened");
    let dump = world.state().database.borrow().dump();
    let left: Vec<&str> = dump
        .lines()
        .filter(|line| line.contains(&*team.organization))
        // Forgotten by their time; see the page.
        .filter(|line| !line.starts_with("idempotent_requests:") && !line.starts_with("hook_events:"))
        .filter(|line| !line.starts_with("mailbox:"))
        .collect();
    assert_eq!(left, Vec::<&str>::new());
    assert_eq!(theirs(&world), kept);
    assert_eq!(world.state().database.borrow().query("PRAGMA foreign_key_check"), Vec::<Value>::new());
    assert!(!dump.contains("Nele Client"), "an account that was nobody's elsewhere");
    assert_eq!(confined.get("/v1/me").status, 401);
    let reached = both.get("/v1/me/workspaces").ok().json();
    assert_eq!(reached["data"].as_array().unwrap().len(), 1, "{reached}");
    other.invited("new@studio.test", "member");
}

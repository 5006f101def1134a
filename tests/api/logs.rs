//! The log is an interface: who runs a deployment counts and alerts by it. Each event leaves one line, with the fields that
//! `docs/operations.md` lists. That none holds a secret or an address is in `privacy.rs`.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use usher::jobs::message::{Message, Source};
use usher::platform::Level;

use crate::support::World;
use crate::support::client::Team;
use crate::support::logged::{check, described};
use crate::support::platform::block_on;

/// The lines of one event since the world began.
fn lines(world: &World, event: &str) -> Vec<(Level, Value)> {
    let log = world.state().log.borrow();
    let parsed = log.iter().map(|(level, line)| (*level, serde_json::from_str::<Value>(line).unwrap()));
    parsed.filter(|(_, line)| line["event"] == event).collect()
}

/// The database as it is when nothing of it works.
fn break_database(world: &World) {
    world
        .state()
        .database
        .borrow()
        .change("ALTER TABLE jobs RENAME TO gone; ALTER TABLE sessions RENAME TO lost;");
}

#[test]
fn each_line_of_a_whole_life_has_the_fields_that_the_operations_page_lists() {
    let mut team = crate::privacy::life();
    break_database(&team.world);
    team.owner.get("/v1/me");
    team.world.tick();
    let described = described();
    let mut seen = BTreeSet::new();
    for (_, line) in team.world.state().log.borrow().iter() {
        let line: Value = serde_json::from_str(line).unwrap();
        check(&described, &line);
        seen.insert(line["event"].as_str().unwrap().to_owned());
    }
    for event in ["request", "error", "job", "tick"] {
        assert!(seen.contains(event), "{event}: {seen:?}");
    }
}

/// What the code writes, as its literals have it.
#[test]
fn the_operations_page_lists_every_event_that_there_is() {
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let mut written = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let rests = ["\"event\": \"", "log_trouble(\""].map(|before| text.split(before).skip(1));
            written
                .extend(rests.into_iter().flatten().map(|rest| rest.split('"').next().unwrap().to_owned()));
        }
    }
    assert_eq!(written, described().into_keys().collect());
}

#[test]
fn each_request_leaves_one_line_under_its_id_whatever_becomes_of_it() {
    let mut team = Team::new();
    team.world.state().log.borrow_mut().clear();
    let organization = team.organization.clone();
    let mut stranger = team.world.client();
    let mut answers = vec![
        (team.owner.invite(&organization, "mia.member@studio.test", "member"), "Invitations"),
        (team.owner.get("/v1/nothing"), "none"),
        (team.owner.delete("/v1/me"), "MyAccount"),
        (stranger.get("/v1/me"), "MyAccount"),
        (stranger.get("/i/nonsense"), "Invitation"),
        (stranger.post("/v1/sessions", &json!([])), "Sessions"),
        (stranger.get("/healthz"), "Health"),
    ];
    break_database(&team.world);
    answers.push((team.owner.get("/v1/me"), "MyAccount"));
    let lines = lines(&team.world, "request");
    assert_eq!(lines.len(), answers.len());
    for ((_, line), (answer, route)) in lines.iter().zip(&answers) {
        assert_eq!(line["request_id"], answer.header("request-id").unwrap());
        assert_eq!((&line["status"], &line["route"]), (&json!(answer.status.as_u16()), &json!(route)));
    }
    assert_eq!(answers.last().unwrap().0.status, 500);
}

#[test]
fn a_job_says_which_it_was_from_which_queue_and_what_became_of_it() {
    let mut team = Team::new();
    team.invited("mia.member@studio.test", "member");
    let job = *team.world.state().queue.borrow().back().unwrap();
    team.world.state().log.borrow_mut().clear();
    team.world.deliver_one(job);
    team.world.deliver_one(job);
    let stranger = Message { source: Source::DeadLetters, body: "mia.member@studio.test".to_owned() };
    block_on(team.world.app().consume(stranger));
    break_database(&team.world);
    team.world.deliver_one(job);
    let told: Vec<(Level, Value, Value, Value)> = lines(&team.world, "job")
        .into_iter()
        .map(|(level, line)| (level, line["queue"].clone(), line["job"].clone(), line["outcome"].clone()))
        .collect();
    let id = json!(job);
    assert_eq!(
        told,
        [
            (Level::Info, json!("jobs"), id.clone(), json!("done")),
            (Level::Info, json!("jobs"), id.clone(), json!("not_ours")),
            (Level::Info, json!("dead"), Value::Null, json!("dropped")),
            (Level::Error, json!("jobs"), id, json!("error")),
        ]
    );
}

#[test]
fn a_tick_says_each_minute_what_it_found_and_what_it_gave_up() {
    let mut team = Team::new();
    team.world.deliver();
    team.invited("mia.member@studio.test", "member");
    team.invited("max.member@studio.test", "member");
    team.world.state().queue.borrow_mut().clear();
    let most = usher::jobs::MOST_ATTEMPTS;
    let one = "SELECT id FROM jobs WHERE waiting = 1 ORDER BY id LIMIT 1";
    let spent = format!("UPDATE jobs SET attempts = {most} WHERE id = ({one})");
    team.world.state().database.borrow().change(&spent);
    team.world.state().log.borrow_mut().clear();
    team.world.pass(usher::jobs::LEASE);
    team.world.tick();
    team.world.tick();
    break_database(&team.world);
    team.world.tick();
    let told: Vec<(Level, Value, Value, Value)> = lines(&team.world, "tick")
        .into_iter()
        .map(|(level, line)| {
            (level, line["outcome"].clone(), line["requeued"].clone(), line["given_up"].clone())
        })
        .collect();
    assert_eq!(
        told,
        [
            // The one that was lost, and the word to the inviter of the one that was given up.
            (Level::Info, json!("done"), json!(2), json!(1)),
            (Level::Info, json!("done"), json!(0), json!(0)),
            (Level::Error, json!("error"), json!(0), json!(0)),
        ]
    );
}

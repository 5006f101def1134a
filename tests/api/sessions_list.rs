//! Where one is signed in: the list, signing out somewhere else, and everywhere else.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::World;
use crate::support::client::{Client, Team};
use crate::support::platform::Cost;
use crate::{ids, refusal, sign_in};

const OLGA: &str = "olga.owner@studio.test";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";

/// Somebody who signed in with this browser a while later.
fn signed_in(world: &World, user_agent: &str) -> Client {
    world.pass(Duration::from_secs(1));
    let mut person = world.client().with_header("user-agent", user_agent);
    sign_in(&mut person, OLGA).ok();
    person
}

fn list(person: &mut Client) -> Value {
    person.get("/v1/sessions").ok().json()
}

#[test]
fn the_list_tells_each_device_in_words_when_it_began_and_which_this_one_is() {
    let mut team = Team::new();
    let began = team.world.now();
    let mut firefox = signed_in(&team.world, FIREFOX);
    let rows = list(&mut firefox);
    assert_eq!(team.world.last_cost(), Cost { d1: 1, kv: 0 });
    let [newest, oldest] = rows["data"].as_array().unwrap().as_slice() else { panic!("{rows}") };
    assert_eq!(
        (&newest["device"], &newest["current"], &newest["last_used_on"]),
        (&json!("Firefox on Linux"), &json!(true), &json!("2026-11-21"))
    );
    assert_eq!(
        (&oldest["device"], &oldest["current"], &oldest["created_at"]),
        (&json!("A program"), &json!(false), &json!(began.to_string()))
    );
    assert_eq!(list(&mut team.owner)["data"][1]["current"], true);
    assert!(!rows.to_string().contains("Mozilla"), "words of ours only");
}

/// Once a day, and never by somebody else.
#[test]
fn last_used_is_the_day_that_it_was_last_seen() {
    let team = Team::new();
    let mut firefox = signed_in(&team.world, FIREFOX);
    team.world.pass(Duration::from_hours(3 * 24));
    firefox.get("/v1/me/workspaces").ok();
    let rows = list(&mut firefox);
    assert_eq!(rows["data"][0]["last_used_on"], "2026-11-24");
    assert_eq!(rows["data"][1]["last_used_on"], "2026-11-21");
    let before = team.world.state().database.borrow().dump();
    team.world.pass(Duration::from_mins(1));
    firefox.get("/v1/me/workspaces").ok();
    firefox.get(&team.path("/members")).ok();
    assert_eq!(team.world.state().database.borrow().dump(), before, "once a day");
}

#[test]
fn it_is_paged_newest_first() {
    let team = Team::new();
    let mut newest = signed_in(&team.world, FIREFOX);
    for _ in 0..3 {
        newest = signed_in(&team.world, "curl/8");
    }
    let all = ids(&list(&mut newest));
    let first = newest.get("/v1/sessions?limit=3").ok();
    let cursor = first.str("/next_cursor");
    let rest = newest.get(&format!("/v1/sessions?limit=3&cursor={cursor}")).ok().json();
    assert_eq!([ids(&first.json()), ids(&rest)].concat(), all);
    assert_eq!(rest["next_cursor"], Value::Null);
}

#[test]
fn a_session_of_ones_own_is_ended_and_nobody_elses() {
    let mut team = Team::new();
    let mut elsewhere = signed_in(&team.world, FIREFOX);
    let id = list(&mut elsewhere)["data"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/sessions/{id}");
    let mut ana = team.joined("ana.client@client.test", "client");
    assert_eq!(ana.delete(&path).refusal(), refusal(404, "not_found"));
    elsewhere.get("/v1/me").ok();
    assert_eq!(team.owner.delete(&path).ok().status, 204);
    assert_eq!(elsewhere.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
    assert_eq!(team.owner.delete(&path).refusal(), refusal(404, "not_found"), "it is over");
    assert_eq!(elsewhere.delete(&path).refusal(), refusal(401, "unauthenticated"));
    assert_eq!(list(&mut team.owner)["data"].as_array().unwrap().len(), 1);
}

#[test]
fn signing_out_everywhere_else_leaves_this_session_and_other_people_alone() {
    let mut team = Team::new();
    let mut elsewhere = [signed_in(&team.world, FIREFOX), signed_in(&team.world, "curl/8")];
    let mut ana = team.joined("ana.client@client.test", "client");
    assert_eq!(team.owner.delete("/v1/sessions").ok().status, 204);
    for person in &mut elsewhere {
        assert_eq!(person.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
    }
    team.owner.get("/v1/me").ok();
    ana.get("/v1/me").ok();
}

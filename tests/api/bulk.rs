//! Many invitations in one request: what is said of each row.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::World;
use crate::support::client::{Answer, Client, Team};
use crate::support::platform::Cost;
use crate::support::scene::resource;
use crate::{another, refusal, remove};

/// Sends rows.
pub fn send(by: &mut Client, organization: &str, rows: &Value, dry_run: bool) -> Answer {
    by.post(
        &format!("/v1/organizations/{organization}/invitations/bulk"),
        &json!({"rows": rows, "dry_run": dry_run}),
    )
}

/// A job and all of its rows.
pub fn job(by: &mut Client, job: &str) -> Value {
    let mut whole = by.get(&format!("/v1/jobs/{job}?limit=100")).ok().json();
    while let Some(cursor) = whole["next_cursor"].as_str().map(str::to_owned) {
        let next = by.get(&format!("/v1/jobs/{job}?limit=100&cursor={cursor}")).ok().json();
        let mut data = whole["data"].as_array().unwrap().clone();
        data.extend(next["data"].as_array().unwrap().clone());
        whole = next;
        whole["data"] = data.into();
    }
    whole
}

/// Sends rows and lets their job run. Answers the job.
pub fn made(team: &mut Team, rows: &Value) -> Value {
    let id = send(&mut team.owner, &team.organization, rows, false).ok().str("/job_id");
    team.world.deliver();
    job(&mut team.owner, &id)
}

/// Each row's outcome, or the code of its problem.
pub fn outcomes(list: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let one = |row: &Value| text(&row["problem"]["code"]).or_else(|| text(&row["outcome"])).unwrap();
    list["data"].as_array().unwrap().iter().map(one).collect()
}

pub fn client(email: &str) -> Value {
    json!({"email": email, "role": "client"})
}

pub fn staff(email: &str) -> Value {
    json!({"email": email, "role": "member"})
}

/// What would become of rows, which is what then becomes of them.
#[track_caller]
pub fn foreseen_and_made(team: &mut Team, rows: &Value) -> Value {
    let before = team.world.state().database.borrow().dump();
    let foreseen = send(&mut team.owner, &team.organization, rows, true).ok().json();
    assert_eq!(team.world.state().database.borrow().dump(), before, "a dry run writes nothing");
    let made = made(team, rows);
    let as_made =
        |outcome: &String| if outcome == "would_create" { "created".into() } else { outcome.clone() };
    assert_eq!(outcomes(&foreseen).iter().map(as_made).collect::<Vec<_>>(), outcomes(&made));
    for (place, row) in made["data"].as_array().unwrap().iter().enumerate() {
        assert_eq!(row["row"], place + 1);
        assert_eq!(foreseen["data"][place]["row"], place + 1);
        assert_eq!(row["problem"], foreseen["data"][place]["problem"]);
    }
    foreseen
}

#[test]
fn each_row_has_its_own_result_in_order_and_a_wrong_one_stops_no_other() {
    let mut team = Team::new();
    let other = another(&team.world);
    let foreign = other.owner.clone().get(&other.path("/workspaces")).str("/data/0/id");
    team.joined("mia@studio.test", "member");
    let open = team.invited("ola@client.test", "client");
    let workspace = team.workspace();
    let rows = json!([
        client("ana@client.test"),
        {"email": "no address", "role": "client"},
        {"email": "bea@client.test"},
        {"email": "bea@client.test", "role": "client", "nmae": "Bea"},
        staff("MIA@studio.test"),
        client("Ola@client.test"),
        {"email": "max@studio.test", "role": "owner"},
        {"email": "cleo@client.test", "role": "client", "workspace_ids": [workspace, foreign]},
        {"email": "dan@client.test", "role": "client", "access": {"permissions": ["nothing"]}},
        {"email": "eve@client.test", "role": "client", "kind": "link"},
        "fred@client.test",
        client("ANA@client.test"),
        {"kind": "email", "email": "gus@client.test", "role": "client", "name": "Gus", "send_email": false},
    ]);
    let foreseen = foreseen_and_made(&mut team, &rows);
    assert_eq!(
        outcomes(&foreseen),
        [
            "would_create",
            "invalid_email",
            "required",
            "unknown_field",
            "already_member",
            "already_invited",
            "role_not_allowed",
            "invalid_value",
            "invalid_value",
            "invalid_value",
            "invalid_type",
            "already_invited",
            "would_create",
        ]
    );
    let pointer = |row: usize| foreseen["data"][row]["problem"]["errors"][0]["pointer"].clone();
    let pointers = [1, 2, 3, 7, 8, 9, 10].map(pointer);
    let expected = ["/email", "/role", "/nmae", "/workspace_ids/1", "/access/permissions/0", "/kind", ""];
    assert_eq!(pointers, expected);
    assert_eq!(foreseen["data"][5]["invitation_id"], open);
    assert_eq!(foreseen["data"][1]["outcome"], "refused");
    assert!(foreseen["data"][0].get("problem").is_none());
    assert_eq!(team.world.count("SELECT count(*) FROM invitations WHERE email = 'gus@client.test'"), 1);
}

#[test]
fn an_invitation_of_many_is_like_one_made_alone() {
    let mut team = Team::of("publishing");
    let workspace = team.workspace();
    let resource = resource(&team, &workspace, "facebook");
    let offer = |email: &str| {
        json!({
            "kind": "email", "email": email, "role": "client", "name": "Ana Client", "nickname": "The Baker",
            "message": "Welcome.", "workspace_ids": [workspace], "locale": "en", "expires_in": 7200,
            "branding": {"name": "Bakery", "message": "Come in."},
            "access": {"permissions": ["posts.view", "posts.write"], "addable_kinds": ["facebook"],
                       "require_mfa": true,
                       "resources": [{"id": resource, "approve": true, "credentials": "member"}]},
        })
    };
    let alone = team.owner.post(&team.path("/invitations"), &offer("alone@client.test")).ok().str("/id");
    let many = made(&mut team, &json!([offer("many@client.test")]));
    let many = many["data"][0]["invitation_id"].as_str().unwrap().to_owned();
    team.world.deliver();
    let mut look = |id: &str| {
        let mut shown = team.owner.get(&format!("/v1/invitations/{id}")).ok().json();
        shown["id"] = Value::Null;
        shown["email"] = Value::Null;
        shown
    };
    assert_eq!(look(&many), look(&alone));
    let row = |email: &str| {
        let sql = format!("SELECT * FROM invitations WHERE email = '{email}'");
        let mut row = team.world.state().database.borrow().query(&sql).remove(0);
        for own in ["id", "email", "email_key"] {
            row[own] = Value::Null;
        }
        row
    };
    assert_eq!(row("many@client.test"), row("alone@client.test"), "down to the last column");
    assert!(team.world.mailbox().iter().any(|mail| mail["to"] == "many@client.test"));
}

#[test]
fn seats_are_counted_on_from_row_to_row() {
    // The owner takes none.
    let mut team = Team::with_seats(2);
    let rows = json!([
        staff("a@studio.test"),
        client("b@client.test"),
        staff("A@studio.test"),
        staff("c@studio.test"),
        staff("d@studio.test"),
        client("e@client.test"),
        staff("d@studio.test"),
        client("d@studio.test"),
        staff("d@studio.test"),
    ]);
    let foreseen = foreseen_and_made(&mut team, &rows);
    assert_eq!(
        outcomes(&foreseen),
        [
            "would_create",
            "would_create",
            "already_invited",
            "would_create",
            "seat_limit_reached",
            "would_create",
            "seat_limit_reached",
            "would_create",
            "already_invited",
        ]
    );
}

/// A row of few addresses, so that they meet, and of everything that counts.
fn any_row() -> impl Strategy<Value = Value> {
    let role = prop::sample::select(vec!["client", "client", "member", "admin", "owner"]);
    let permissions = prop::option::of(prop::sample::select(vec!["posts.create", "posts.view", "nothing"]));
    (0..6_u32, role, permissions).prop_map(|(number, role, permissions)| {
        let mut row = json!({"email": format!("p{number}@studio.test"), "role": role, "send_email": false});
        if let Some(key) = permissions.filter(|_| role != "admin" && role != "owner") {
            row["access"] = json!({"permissions": [key]});
        }
        row
    })
}

/// Of any rows there comes what would come of inviting one after the other, with as many seats and whatever plan.
#[test]
fn many_are_judged_as_each_would_be_after_the_one_before() {
    let setting = (0..5_i64, any::<bool>(), any::<bool>(), any::<bool>());
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&(prop::collection::vec(any_row(), 1..14), setting), |(rows, (seats, custom, over, known))| {
            let scene =
                || {
                    let features: &[&str] = if custom { &["custom_client_permissions"] } else { &[] };
                    let plan = json!({"key": "test", "seat_limit": 9, "features": features});
                    let mut team = Team::make(World::new(), "client-links", Some(plan));
                    if known {
                        team.invited("p1@studio.test", "client");
                        team.world.state().database.borrow().change(
                            "UPDATE users SET email_key = 'p2@studio.test', email = 'p2@studio.test'",
                        );
                    }
                    let ends = if over { "1" } else { "NULL" };
                    team.world.state().database.borrow().change(&format!(
                        "UPDATE organizations SET seat_limit = {seats}, trial_ends_at = {ends}"
                    ));
                    team
                };
            let mut one_by_one = scene();
            let alone: Vec<String> = rows
                .iter()
                .map(|row| {
                    let mut row = row.clone();
                    row["kind"] = json!("email");
                    let answer = one_by_one.owner.post(&one_by_one.path("/invitations"), &row);
                    if answer.status == 201 { "created".to_owned() } else { answer.refusal().1 }
                })
                .collect();
            let mut together = scene();
            let told =
                send(&mut together.owner, &together.organization, &rows.clone().into(), true).ok().json();
            let told: Vec<_> =
                outcomes(&told).iter().map(|outcome| outcome.replace("would_create", "created")).collect();
            prop_assert_eq!(&told, &alone);
            prop_assert_eq!(outcomes(&made(&mut together, &rows.into())), alone);
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn a_thousand_rows_cost_as_many_round_trips_as_one() {
    let mut team = Team::with_plan(World::new(), Some(json!({"key": "test", "seat_limit": 400})));
    let rows: Vec<Value> = (0..1000)
        .map(|number| {
            let email = format!("p{number}@studio.test");
            if number % 2 == 0 { staff(&email) } else { client(&email) }
        })
        .collect();
    let rows = Value::from(rows);
    let foreseen = send(&mut team.owner, &team.organization, &rows, true).ok().json();
    assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 0 });
    assert_eq!(outcomes(&foreseen).iter().filter(|outcome| *outcome == "would_create").count(), 900);
    let id = send(&mut team.owner, &team.organization, &rows, false).ok().str("/job_id");
    assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 0 });
    team.world.deliver_one(id.parse().unwrap());
    // The lease, and four chunks of 250.
    assert_eq!(team.world.last_job_cost().d1, 5);
    let done = job(&mut team.owner, &id);
    assert_eq!(
        (&done["status"], &done["done"], &done["total"]),
        (&json!("done"), &json!(1000), &json!(1000))
    );
    let created = |outcome: &&String| *outcome == "created";
    assert_eq!(outcomes(&done).iter().filter(created).count(), 900);
    assert_eq!(team.world.count("SELECT seats_reserved FROM organizations WHERE seat_limit = 400"), 400);
    let list = team.owner.get(&team.path("/invitations?limit=1")).ok().json();
    assert_eq!(list["data"][0]["email"], "p999@studio.test", "lists show them in the order of their rows");
}

#[test]
fn clones_cost_one_round_trip_more_however_many() {
    let mut team = Team::new();
    let rows: Vec<Value> = (0..20)
        .map(|number| {
            let source = if number % 2 == 0 { "a@client.test" } else { "b@client.test" };
            if number < 2 {
                team.joined(source, "client");
            }
            let source = team.member(source);
            json!({"email": format!("c{number}@client.test"), "role": "client",
                   "access": {"permissions": {"clone_of": source}}})
        })
        .collect();
    let told = send(&mut team.owner, &team.organization, &rows.into(), true).ok().json();
    assert_eq!(team.world.last_cost(), Cost { d1: 3, kv: 0 });
    assert!(outcomes(&told).iter().all(|outcome| outcome == "would_create"));
}

#[test]
fn whoever_was_removed_sends_nothing() {
    let mut team = Team::new();
    let mut ada = team.joined("ada@studio.test", "admin");
    remove(&team, "ada@studio.test");
    let answer = send(&mut ada, &team.organization, &json!([client("a@client.test")]), false);
    assert_eq!(answer.refusal(), refusal(404, "not_found"));
    assert_eq!(team.world.count("SELECT count(*) FROM bulk_imports"), 0);
}

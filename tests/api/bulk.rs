//! Many invitations in one request: what is said of each row.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::World;
use crate::support::client::{Answer, Client, Team};
use crate::support::platform::Cost;
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
fn foreseen_and_made(team: &mut Team, rows: &Value) -> Value {
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
    let resource = "res_01h455vb4pex5vsknk084sn02q";
    team.world.state().database.borrow().change(&format!(
        "INSERT INTO resources (id, organization_id, workspace_id, kind, name, created_at)
         VALUES ('{resource}', '{}', '{workspace}', 'facebook', 'A page', 0)",
        team.organization
    ));
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
fn a_lapsed_invitation_stands_in_nobodys_way_and_its_seat_is_free() {
    let mut team = Team::with_seats(1);
    team.invited("a@studio.test", "member");
    assert_eq!(
        outcomes(&send(&mut team.owner, &team.organization, &json!([staff("b@studio.test")]), true).json()),
        ["seat_limit_reached"]
    );
    team.world.pass(std::time::Duration::from_hours(24 * 8));
    crate::sign_in(&mut team.owner, "olga.owner@studio.test").ok();
    let rows = json!([staff("a@studio.test"), staff("b@studio.test")]);
    let foreseen = foreseen_and_made(&mut team, &rows);
    assert_eq!(outcomes(&foreseen), ["would_create", "seat_limit_reached"]);
}

#[test]
fn an_ended_trial_refuses_those_who_take_a_seat() {
    let world = World::new();
    let plan =
        json!({"key": "trial", "seat_limit": 10, "features": [], "trial_ends_at": "2026-11-22T22:00:00Z"});
    let mut team = Team::make(world, "team", Some(plan));
    let rows = json!([staff("a@studio.test"), client("b@client.test")]);
    assert_eq!(outcomes(&foreseen_and_made(&mut team, &rows)), ["would_create", "would_create"]);
    team.world.state().database.borrow().change("UPDATE organizations SET trial_ends_at = 1");
    let rows = json!([staff("c@studio.test"), client("d@client.test"), client("c@studio.test")]);
    assert_eq!(
        outcomes(&foreseen_and_made(&mut team, &rows)),
        ["trial_ended", "would_create", "would_create"]
    );
}

#[test]
fn a_clients_own_list_needs_the_plans_feature_and_a_clone_of_the_default_does_not() {
    let mut team = Team::of("reporting");
    team.joined("source@client.test", "client");
    let source = team.member("source@client.test");
    let row = |email: &str, role: &str, permissions: Value| json!({"email": email, "role": role, "access": {"permissions": permissions}});
    let rows = json!([
        row("a@client.test", "client", json!(["dashboards"])),
        row("b@client.test", "client", json!({"clone_of": source})),
        row("c@client.test", "client", json!({"clone_of": "mbr_01h455vb4pex5vsknk084sn02q"})),
        row("d@studio.test", "member", json!({"clone_of": source})),
        row("e@studio.test", "member", json!(["dashboards"])),
        row("f@studio.test", "admin", json!(["dashboards"])),
        row("g@client.test", "client", json!({"clone_of": source})),
    ]);
    let foreseen = foreseen_and_made(&mut team, &rows);
    assert_eq!(
        outcomes(&foreseen),
        [
            "plan_feature_required",
            "would_create",
            "invalid_value",
            "invalid_value",
            "would_create",
            "invalid_value",
            "would_create"
        ]
    );
}

#[test]
fn a_resource_of_another_workspace_is_refused_at_its_place() {
    let mut team = Team::of("reporting");
    let other = another(&team.world);
    let theirs = other.owner.clone().get(&other.path("/workspaces")).str("/data/0/id");
    let ours = team.workspace();
    let resource = |organization: &str, workspace: &str, place: u32| {
        let id = format!("res_{place:0>26}");
        team.world.state().database.borrow().change(&format!(
            "INSERT INTO resources (id, organization_id, workspace_id, kind, name, created_at)
             VALUES ('{id}', '{organization}', '{workspace}', 'campaign', 'One', 0)"
        ));
        id
    };
    let (a, b) = (resource(&team.organization, &ours, 1), resource(&other.organization, &theirs, 2));
    let row = |email: &str, ids: &[&String]| {
        let grants: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
        json!({"email": email, "role": "client", "access": {"resources": grants}})
    };
    let rows = json!([row("a@client.test", &[&a]), row("b@client.test", &[&a, &b])]);
    let foreseen = foreseen_and_made(&mut team, &rows);
    assert_eq!(outcomes(&foreseen), ["would_create", "invalid_value"]);
    assert_eq!(foreseen["data"][1]["problem"]["errors"][0]["pointer"], "/access/resources/1/id");
}

/// The second time, every row names the invitation of the first.
#[test]
fn the_same_file_twice_makes_nothing_twice() {
    let mut team = Team::new();
    let rows = json!([client("ana@client.test"), client("bea@client.test"), client("ana@client.test")]);
    let first = made(&mut team, &rows);
    assert_eq!(outcomes(&first), ["created", "created", "already_invited"]);
    assert_eq!(first["data"][2]["invitation_id"], first["data"][0]["invitation_id"]);
    team.world.client().join("bea@client.test", "Bea Client").ok();
    let before = team.world.count("SELECT count(*) FROM invitations");
    let again = made(&mut team, &rows);
    assert_eq!(outcomes(&again), ["already_invited", "already_member", "already_invited"]);
    let ids = |job: &Value| (0..3).map(|row| job["data"][row]["invitation_id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&again), ids(&first));
    assert_eq!(team.world.count("SELECT count(*) FROM invitations"), before);
}

#[test]
fn an_open_invitation_is_named_only_to_those_who_may_see_it() {
    let mut team = Team::of("reporting");
    let mut staff_member = team.joined("sam@studio.test", "member");
    team.invited("max@studio.test", "admin");
    let open = team.invited("ana@client.test", "client");
    let rows =
        json!([client("max@studio.test"), client("ana@client.test"), client("olga.owner@studio.test")]);
    let told = send(&mut staff_member, &team.organization, &rows, true).ok().json();
    assert_eq!(outcomes(&told), ["already_invited", "already_invited", "already_member"]);
    assert!(told["data"][0].get("invitation_id").is_none());
    assert_eq!(told["data"][1]["invitation_id"], open);
    assert!(told["data"][2].get("invitation_id").is_none(), "an owner's invitation is nobody's to see");
}

/// S3-05: staff invite clients only, into their own workspaces, with no more than they hold.
#[test]
fn staff_invite_clients_within_their_own_reach() {
    let mut team = Team::of("reporting");
    let near = team.workspace();
    let far = "wsp_01h455vb4pex5vsknk084sn02q";
    team.world.state().database.borrow().change(&format!(
        "INSERT INTO workspaces (id, organization_id, name, created_at) VALUES ('{far}', '{}', 'Far', 0)",
        team.organization
    ));
    let mut sam = team.joined_with("sam@studio.test", "member", json!({"workspace_ids": [near]}));
    let rows = json!([
        client("a@client.test"),
        staff("b@studio.test"),
        {"email": "c@client.test", "role": "client", "workspace_ids": [far]},
        {"email": "d@client.test", "role": "client", "workspace_ids": [near]},
        {"email": "e@client.test", "role": "client", "access": {"resources": "all"}},
    ]);
    let told = send(&mut sam, &team.organization, &rows, true).ok().json();
    let expected =
        ["would_create", "role_not_allowed", "beyond_your_access", "would_create", "beyond_your_access"];
    assert_eq!(outcomes(&told), expected);
    let id = send(&mut sam, &team.organization, &rows, false).ok().str("/job_id");
    team.world.deliver();
    let done = job(&mut sam, &id);
    let expected = expected.map(|outcome| outcome.replace("would_create", "created"));
    assert_eq!(outcomes(&done), expected);
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

//! Seats: how many there are, who holds them, and what a lowered plan or an ended trial does.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use usher::store::seat_holders::{self, Before};

use crate::support::World;
use crate::support::client::Team;
use crate::support::platform::{Native, block_on};
use crate::support::scene::plan_of;
use crate::{refusal, sign_in};

const DAY: Duration = Duration::from_hours(24);

fn set_plan(team: &Team, plan: &Value) {
    team.world.operator().put(&team.path("/plan"), plan).ok();
}

fn seats(team: &mut Team) -> Value {
    team.owner.get(&team.path("/seats")).ok().json()
}

fn holders(team: &mut Team, query: &str) -> Value {
    team.owner.get(&team.path(&format!("/seats/holders{query}"))).ok().json()
}

/// Invites a client who will be able to create posts, which takes a seat in `client-links`.
fn invite_writer(team: &mut Team, email: &str) -> crate::support::Answer {
    let body = json!({"kind": "email", "role": "client", "email": email, "access": {"permissions": ["posts.create"]}});
    team.owner.post(&team.path("/invitations"), &body)
}

#[test]
fn seats_are_counted_as_used_and_reserved() {
    let mut team = Team::of("client-links");
    let seen = |limit, used, reserved, available| json!({"limit": limit, "used": used, "reserved": reserved, "available": available});
    assert_eq!(seats(&mut team), seen(5, 0, 0, 5), "the owner takes none");
    team.joined("mia.member@studio.test", "member");
    team.invited("plain@client.test", "client");
    assert_eq!(seats(&mut team), seen(5, 1, 0, 4), "nor does a client without the permission");
    invite_writer(&mut team, "writer@client.test").ok();
    assert_eq!(seats(&mut team), seen(5, 1, 1, 3));
    team.world.client().join("writer@client.test", "Wanda Writer").ok();
    assert_eq!(seats(&mut team), seen(5, 2, 0, 3));
}

#[test]
fn a_reservation_whose_time_is_over_counts_no_more_even_before_anybody_tidied() {
    let mut team = Team::of("client-links");
    team.invited("mia.member@studio.test", "member");
    assert_eq!(seats(&mut team)["reserved"], 1);
    team.world.pass(DAY * 8);
    assert_eq!(seats(&mut team), json!({"limit": 5, "used": 0, "reserved": 0, "available": 5}));
    assert_eq!(holders(&mut team, "")["data"], json!([]));
    team.world.tick();
    assert_eq!(seats(&mut team)["available"], 5);
}

#[test]
fn without_a_limit_any_number_is_available() {
    let mut team = Team::make(World::new(), "client-links", Some(plan_of(None)));
    team.invited("mia.member@studio.test", "member");
    assert_eq!(seats(&mut team), json!({"limit": null, "used": 0, "reserved": 1, "available": null}));
}

#[test]
fn a_plan_lowered_below_its_use_keeps_everybody_and_lets_nobody_new_in() {
    let mut team = Team::of("client-links");
    let mut people: Vec<_> =
        (0..3).map(|number| team.joined(&format!("m{number}@studio.test"), "member")).collect();
    team.invited("waiting@studio.test", "member");
    team.world.deliver();
    set_plan(&team, &plan_of(Some(2)));
    assert_eq!(seats(&mut team), json!({"limit": 2, "used": 3, "reserved": 1, "available": 0}));
    for person in &mut people {
        assert_eq!(person.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len(), 1);
    }
    let organization = team.organization.clone();
    let invite = team.owner.invite(&organization, "new@studio.test", "member");
    assert_eq!(invite.refusal(), refusal(409, "seat_limit_reached"));
    let late = team.world.client().join("waiting@studio.test", "Wim Waiting");
    assert_eq!(late.refusal(), refusal(409, "seat_limit_reached"));
    team.invited("plain@client.test", "client");
    set_plan(&team, &plan_of(Some(4)));
    team.world.client().join("waiting@studio.test", "Wim Waiting").ok();
}

/// An ended trial lets people work and refuses new seats.
#[test]
fn an_ended_trial_lets_people_work_and_lets_nobody_new_in() {
    let mut team = Team::of("client-links");
    let workspace = team.workspace();
    let mut mia = team.joined("mia.member@studio.test", "member");
    team.invited("waiting@studio.test", "member");
    let mut trial = plan_of(Some(5));
    trial["trial_ends_at"] = team.world.now().plus(DAY).to_string().into();
    set_plan(&team, &trial);
    team.invited("in.time@studio.test", "member");
    team.world.pass(Duration::from_millis(24 * 3_600_000 - 1));
    team.invited("just.in.time@studio.test", "member");
    team.world.pass(Duration::from_millis(1));
    let organization = team.organization.clone();
    let late = team.owner.invite(&organization, "late@studio.test", "member");
    assert_eq!(late.refusal(), refusal(403, "trial_ended"));
    assert_eq!(invite_writer(&mut team, "writer@client.test").refusal(), refusal(403, "trial_ended"));
    let waiting = team.world.client().join("waiting@studio.test", "Wim Waiting");
    assert_eq!(waiting.refusal(), refusal(403, "trial_ended"));
    // Everything that takes no seat goes on.
    mia.get("/v1/me/workspaces").ok();
    let page = json!({"kind": "facebook", "name": "A page"});
    mia.post(&format!("/v1/workspaces/{workspace}/resources"), &page).ok();
    team.owner.post(&team.path("/workspaces"), &json!({"name": "Second"})).ok();
    team.owner.patch(&team.path(""), &json!({"name": "Renamed"})).ok();
    team.joined("plain@client.test", "client");
    set_plan(&team, &plan_of(Some(5)));
    team.world.client().join("waiting@studio.test", "Wim Waiting").ok();
}

#[test]
fn holders_are_reserving_invitations_and_then_members_each_newest_first_with_the_reason() {
    let mut team = Team::make(World::new(), "client-links", Some(plan_of(None)));
    let pass = |team: &Team| team.world.pass(Duration::from_secs(1));
    team.joined("mia.member@studio.test", "member");
    pass(&team);
    invite_writer(&mut team, "writer@client.test").ok();
    team.world.client().join("writer@client.test", "Wanda Writer").ok();
    pass(&team);
    team.joined("plain@client.test", "client");
    pass(&team);
    let admin = team.invited("ada.admin@studio.test", "admin");
    pass(&team);
    let writer = invite_writer(&mut team, "second@client.test").ok().str("/id");
    let members = [team.member("writer@client.test"), team.member("mia.member@studio.test")];
    let listed = holders(&mut team, "");
    let expected = json!([
        {"invitation_id": writer, "reason": "permission", "role": "client", "name": null,
         "email": "second@client.test"},
        {"invitation_id": admin, "reason": "role", "role": "admin", "name": null,
         "email": "ada.admin@studio.test"},
        {"member_id": members[0], "reason": "permission", "role": "client", "name": "Wanda Writer",
         "email": "writer@client.test"},
        {"member_id": members[1], "reason": "role", "role": "member", "name": "Somebody New",
         "email": "mia.member@studio.test"},
    ]);
    assert_eq!(listed, json!({"data": expected, "next_cursor": null}));
    for limit in 1..=4 {
        let mut paged: Vec<Value> = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = holders(&mut team, &format!("?limit={limit}{cursor}"));
            let rows = page["data"].as_array().unwrap();
            assert!(rows.len() <= limit);
            paged.extend(rows.clone());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(json!(paged), expected, "{limit} at a time");
    }
    for cursor in ["x", "wsp_01h455vb4pex5vsknk084sn02q"] {
        let answer = team.owner.get(&team.path(&format!("/seats/holders?cursor={cursor}")));
        assert_eq!(crate::complaint(&answer), crate::about(422, "invalid_value", "?cursor"));
    }
}

#[test]
fn holders_are_found_by_the_indexes_of_those_who_hold_a_seat() {
    let team = Team::of("client-links");
    let native = Native::new(team.world.clone());
    let organization = team.organization.parse().unwrap();
    block_on(seat_holders::page(&native, organization, Before::default(), 26, team.world.now())).unwrap();
    let database = team.world.state().database.borrow();
    let statement = database.ran().into_iter().find(|ran| ran.sql.contains("'permission', 'role'")).unwrap();
    let plan = database.plan(&statement).join("\n");
    for index in ["invitations_reserved", "members_holding_seat"] {
        assert!(plan.contains(&format!("INDEX {index} (organization_id=? AND id<?)")), "{plan}");
    }
}

#[derive(Debug, Clone)]
enum Step {
    Invite(bool),
    Revoke(usize),
    Join(usize),
    Pass(u64),
    Tick,
    Plan(Option<i64>),
}

/// Whatever happens, the numbers are those of the holders, and there are never more than the plan allowed when they came.
#[test]
fn the_numbers_are_always_those_of_the_holders() {
    let step = prop_oneof![
        4 => any::<bool>().prop_map(Step::Invite),
        2 => (0..6_usize).prop_map(Step::Revoke),
        1 => (0..6_usize).prop_map(Step::Join),
        2 => (1..9_u64).prop_map(Step::Pass),
        1 => Just(Step::Tick),
        2 => prop_oneof![Just(None), (0..4_i64).prop_map(Some)].prop_map(Step::Plan),
    ];
    let config = Config { cases: 40, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&prop::collection::vec(step, 1..14), |steps| {
            let mut team = Team::make(World::new(), "client-links", Some(plan_of(Some(3))));
            let mut limit = Some(3);
            let mut made: Vec<(String, String)> = Vec::new();
            for (number, step) in steps.into_iter().enumerate() {
                let before = seats(&mut team);
                match step {
                    Step::Invite(writer) => {
                        let email = format!("p{number}@client.test");
                        let answer = if writer {
                            invite_writer(&mut team, &email)
                        } else {
                            team.owner.invite(&team.organization.clone(), &email, "member")
                        };
                        let free = before["available"].as_i64().is_none_or(|available| available > 0);
                        prop_assert_eq!(answer.status.as_u16(), if free { 201 } else { 409 });
                        if free {
                            team.world.deliver();
                            made.push((answer.str("/id"), email));
                        }
                    }
                    Step::Revoke(which) => {
                        if let Some((id, _)) = made.get(which) {
                            team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({}));
                        }
                    }
                    Step::Join(which) => {
                        if let Some((_, email)) = made.get(which) {
                            team.world.client().join(email, "Somebody New");
                        }
                    }
                    Step::Pass(days) => {
                        team.world.pass(DAY * u32::try_from(days).unwrap());
                        // A history may outlive a session.
                        if team.owner.get("/v1/me").status == 401 {
                            sign_in(&mut team.owner, "olga.owner@studio.test").ok();
                        }
                    }
                    Step::Tick => team.world.tick(),
                    Step::Plan(seats) => {
                        limit = seats;
                        set_plan(&team, &plan_of(limit));
                    }
                }
                let counted = seats(&mut team);
                let listed = holders(&mut team, "?limit=100");
                let listed = listed["data"].as_array().unwrap();
                let held = |key| listed.iter().filter(|row| row.get(key).is_some()).count();
                prop_assert_eq!(&counted["used"], held("member_id"));
                prop_assert_eq!(&counted["reserved"], held("invitation_id"));
                let left = limit.map(|limit| (limit - i64::try_from(listed.len()).unwrap()).max(0));
                prop_assert_eq!(&counted["available"], &json!(left));
            }
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

//! What stands in the way of one row of many, and of nobody else's.

use crate::another;
use crate::bulk::{client, foreseen_and_made, job, made, outcomes, send, staff};
use crate::support::World;
use crate::support::client::Team;
use crate::support::scene::{resource, workspace};
use serde_json::{Value, json};

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
    let (a, b) = (resource(&team, &ours, "campaign"), resource(&other, &theirs, "campaign"));
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
    let far = workspace(&team, "Far");
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

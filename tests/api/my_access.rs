//! What somebody has in a workspace, as it is told to them and to those who may change it.

use crate::memberships::{ANA, access, add, change, with_client};
use crate::support::client::Team;
use crate::support::scene::{audited, resource, workspace};
use crate::{about, another, complaint, refusal, remove};
use serde_json::json;

#[test]
fn a_client_changes_nobodys_access_and_sees_only_their_own() {
    let (mut team, mut ana, id, first) = with_client("client-links");
    team.joined("carl@client.test", "client");
    let carl = team.member("carl@client.test");
    assert_eq!(
        change(&mut ana, &first, &id, &json!({"permissions": ["posts"]})).refusal(),
        refusal(403, "forbidden")
    );
    assert_eq!(
        ana.delete(&format!("/v1/workspaces/{first}/members/{carl}")).refusal(),
        refusal(403, "forbidden")
    );
    assert_eq!(access(&mut ana, &first, &carl).refusal(), refusal(403, "forbidden"));
    assert_eq!(access(&mut ana, &first, &id).ok().str("/state"), "ready");
}

#[test]
fn whoever_is_not_in_a_workspace_has_no_access_there() {
    let (mut team, mut ana, id, first) = with_client("team");
    let second = workspace(&team, "Second");
    assert_eq!(access(&mut ana, &second, &id).refusal(), refusal(404, "not_found"));
    assert_eq!(access(&mut team.owner, &second, &id).refusal(), refusal(404, "not_found"));
    assert_eq!(
        change(&mut team.owner, &second, &id, &json!({"require_mfa": true})).refusal(),
        refusal(404, "not_found")
    );
    let gone = team.owner.delete(&format!("/v1/workspaces/{second}/members/{id}"));
    assert_eq!(gone.refusal(), refusal(404, "not_found"));
    let mut other = another(&team.world);
    let theirs = other.workspace();
    assert_eq!(access(&mut team.owner, &theirs, &id).refusal(), refusal(404, "not_found"));
    assert_eq!(
        access(&mut other.owner, &theirs, &id).refusal(),
        refusal(404, "not_found"),
        "a foreign member in one's own"
    );
    team.owner.delete(&format!("/v1/workspaces/{first}/members/{id}")).ok();
    assert_eq!(access(&mut ana, &first, &id).refusal(), refusal(404, "not_found"));
    assert_eq!(ana.get("/v1/me/workspaces").ok().json()["data"], json!([]));
    let told: Vec<_> = audited(&team, &id).into_iter().map(|(action, _)| action).collect();
    assert_eq!(told, ["membership.removed"]);
}

#[test]
fn owner_and_admins_have_everything_everywhere_and_nothing_of_it_is_changed() {
    let (mut team, ..) = with_client("publishing");
    let mut admin = team.joined("admin@studio.test", "admin");
    let (id, first) = (team.member("admin@studio.test"), team.workspace());
    let shown = access(&mut admin, &first, &id).ok().json();
    assert_eq!((&shown["state"], &shown["resources"]), (&json!("ready"), &json!("all")));
    assert_eq!(shown["addable_kinds"], json!(["facebook", "instagram", "linkedin"]));
    assert_eq!(shown["permissions"]["keys"].as_array().unwrap().len(), 5);
    assert_eq!(
        change(&mut team.owner, &first, &id, &json!({"require_mfa": true})).refusal(),
        refusal(409, "membership_exists")
    );
    let out = team.owner.delete(&format!("/v1/workspaces/{first}/members/{id}"));
    assert_eq!(out.refusal(), refusal(409, "membership_exists"));
}

#[test]
fn whoever_was_removed_has_nothing_left() {
    let (mut team, _, id, first) = with_client("client-links");
    let page = resource(&team, &first, "facebook");
    change(
        &mut team.owner,
        &first,
        &id,
        &json!({"resources": [{"id": page}], "addable_kinds": ["facebook"]}),
    )
    .ok();
    remove(&team, ANA);
    let shown = access(&mut team.owner, &first, &id).ok().json();
    assert_eq!(shown["state"], "removed");
    assert_eq!(shown["permissions"]["keys"], json!([]));
    assert_eq!((&shown["resources"], &shown["addable_kinds"]), (&json!([]), &json!([])));
    let late = change(&mut team.owner, &first, &id, &json!({"require_mfa": true}));
    assert_eq!(late.refusal(), refusal(409, "member_not_active"));
}

#[test]
fn a_grant_of_a_deleted_resource_is_no_grant() {
    let (mut team, mut ana, id, first) = with_client("reporting");
    let campaign = resource(&team, &first, "campaign");
    change(&mut team.owner, &first, &id, &json!({"resources": [{"id": campaign}]})).ok();
    assert_eq!(access(&mut ana, &first, &id).ok().str("/state"), "ready");
    team.world
        .state()
        .database
        .borrow()
        .change(&format!("UPDATE resources SET deleted_at = 1 WHERE id = '{campaign}'"));
    let shown = access(&mut ana, &first, &id).ok().json();
    assert_eq!((&shown["state"], &shown["resources"]), (&json!("no_resources"), &json!([])));
    let again = change(&mut team.owner, &first, &id, &json!({"resources": [{"id": campaign}]}));
    assert_eq!(complaint(&again), about(422, "invalid_value", "/access/resources/0/id"));
}

#[test]
fn my_workspaces_tell_what_i_have_and_what_stands_between_newest_first_in_one_round_trip() {
    let (mut team, mut ana, id, first) = with_client("reporting");
    let second = workspace(&team, "Second");
    let third = workspace(&team, "Third");
    let campaign = resource(&team, &second, "campaign");
    let granted = json!({"resources": [{"id": campaign}]});
    add(&mut team.owner, &second, &json!({"member_id": id, "access": granted})).ok();
    add(
        &mut team.owner,
        &third,
        &json!({"member_id": id, "access": {"require_mfa": true, "resources": "all"}}),
    )
    .ok();
    let rows = ana.get("/v1/me/workspaces").ok().json()["data"].clone();
    assert_eq!(team.world.last_cost().d1, 1);
    let seen: Vec<_> =
        rows.as_array().unwrap().iter().map(|row| (&row["workspace"]["id"], &row["state"])).collect();
    assert_eq!(
        seen,
        [
            (&json!(third), &json!("mfa_required")),
            (&json!(second), &json!("ready")),
            (&json!(first), &json!("no_resources"))
        ]
    );
    assert_eq!(rows[1]["access"]["resources"][0]["id"], campaign);
    assert_eq!(rows[1]["access"]["permissions"]["mode"], "default");
    let page = ana.get("/v1/me/workspaces?limit=2").ok();
    let next = format!("/v1/me/workspaces?limit=2&cursor={}", page.str("/next_cursor"));
    assert_eq!(ana.get(&next).ok().json()["data"], json!([rows[2]]));
    let own = team.owner.get("/v1/me/workspaces").ok().json();
    assert_eq!(own["data"].as_array().unwrap().len(), 3);
    assert_eq!(
        (&own["data"][0]["state"], &own["data"][0]["access"]["resources"]),
        (&json!("ready"), &json!("all"))
    );
}

#[test]
fn an_account_that_nobody_proved_is_somebody_only_where_it_is_confined() {
    let mut team = Team::new();
    let copied = team.invited(ANA, "client");
    let token = crate::copied_token(&mut team.owner, &copied);
    let mut ana = team.world.client();
    ana.accept(&token, "Ana Client").ok();
    let mut other = another(&team.world);
    let theirs = other.workspace();
    // As if another organization had added that address at once.
    team.world.state().database.borrow().change(&format!(
        "INSERT INTO members (id, organization_id, user_id, role, name, takes_seat, joined_at)
         SELECT 'mbr_01h455vb4pex5vsknk084sn02q', '{}', id, 'client', 'Ana', 0, 0 FROM users WHERE email = '{ANA}';
         INSERT INTO memberships (member_id, workspace_id, created_at)
         VALUES ('mbr_01h455vb4pex5vsknk084sn02q', '{theirs}', 0)",
        other.organization
    ));
    let rows = ana.get("/v1/me/workspaces").ok().json();
    assert_eq!(rows["data"].as_array().unwrap().len(), 1);
    assert_eq!(rows["data"][0]["organization"]["id"], team.organization);
    assert_eq!(
        access(&mut ana, &theirs, "mbr_01h455vb4pex5vsknk084sn02q").refusal(),
        refusal(404, "not_found")
    );
    let seen = access(&mut other.owner, &theirs, "mbr_01h455vb4pex5vsknk084sn02q").ok().json();
    assert_eq!(seen["state"], "removed", "nobody there, until they prove their address");
}

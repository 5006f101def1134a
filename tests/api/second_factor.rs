//! A second factor that somebody found needed: only those who run the organization do without it, and whoever lacks it holds
//! nothing.

use serde_json::{Value, json};

use crate::support::World;
use crate::support::client::{Client, Team};
use crate::support::scene::workspace;
use crate::{bulk, refusal};

const ANA: &str = "ana.client@client.test";
const SAM: &str = "sam.staff@studio.test";

fn with_staff(access: &Value) -> (Team, Client) {
    let plan = json!({"key": "big", "seat_limit": 25, "features": ["custom_client_permissions"]});
    let mut team = Team::make(World::new(), "reporting", Some(plan));
    let sam = team.joined_with(SAM, "member", json!({"access": access}));
    (team, sam)
}

fn views() -> Value {
    json!({"permissions": ["dashboards.view"], "resources": "all"})
}

fn guarded() -> Value {
    json!({"permissions": ["dashboards.view"], "resources": "all", "require_mfa": true})
}

/// Taken out of the workspace and put in again, somebody would come in without it.
#[test]
fn staff_end_no_membership_that_asks_for_a_second_factor() {
    let (mut team, mut sam) = with_staff(&views());
    let first = team.workspace();
    team.joined_with(ANA, "client", json!({"access": guarded()}));
    let ana = team.member(ANA);
    let path = format!("/v1/workspaces/{first}/members/{ana}");
    let answer = sam.delete(&path);
    assert_eq!(answer.refusal(), refusal(403, "beyond_your_access"));
    assert!(answer.str("/detail").contains("Ask one of them"), "{}", answer.text());
    team.owner.delete(&path).ok();
}

/// The factor is asked for between what the request reads and what it writes.
#[test]
fn nor_one_that_asks_for_it_by_then() {
    let (mut team, mut sam) = with_staff(&views());
    let first = team.workspace();
    team.joined_with(ANA, "client", json!({"access": views()}));
    let id = team.member(ANA);
    let path = format!("/v1/workspaces/{first}/members/{id}");
    let invitation = json!({"kind": "email", "role": "client", "email": "bo@client.test", "access": views()});
    let invitation = sam.post(&team.path("/invitations"), &invitation).ok().str("/id");
    let of = format!("/v1/invitations/{invitation}");
    for (method, slow, body, raised) in [
        (http::Method::DELETE, path.clone(), Vec::new(), &path),
        (http::Method::POST, format!("{of}/revoke"), b"{}".to_vec(), &of),
    ] {
        let content = (!body.is_empty()).then_some("application/json");
        let slow = sam.request(&method, &slow, content, body);
        let change = json!({"access": {"require_mfa": true}}).to_string().into_bytes();
        let fast = team.owner.request(&http::Method::PATCH, raised, Some("application/json"), change);
        let reply = crate::overtaking::between_read_and_write(&team.world, slow, fast);
        assert_eq!(sam.receive(reply).refusal(), refusal(403, "beyond_your_access"), "{method}");
    }
    assert_eq!(team.owner.get(&of).ok().str("/status"), "pending");
}

#[test]
fn staff_who_have_the_factor_may_leave_a_workspace_that_asks_for_it() {
    let (mut team, mut sam) = with_staff(&guarded());
    team.owner.patch(&team.path(""), &json!({"policy": {"invites": {"member": ["member", "client"]}}})).ok();
    team.world.state().database.borrow().change("UPDATE users SET mfa_enabled_at = 1");
    let path = format!("/v1/workspaces/{}/members/{}", team.workspace(), team.member(SAM));
    sam.delete(&path).ok();
}

#[test]
fn and_they_may_leave_the_organization() {
    let (mut team, mut sam) = with_staff(&guarded());
    team.world.state().database.borrow().change("UPDATE users SET mfa_enabled_at = 1");
    let member = team.member(SAM);
    sam.delete(&format!("/v1/members/{member}")).ok();
}

/// Withdrawn and made again, an invitation would ask for none.
#[test]
fn staff_withdraw_no_invitation_that_asks_for_a_second_factor() {
    let (mut team, mut sam) = with_staff(&views());
    for kind in ["email", "link"] {
        let mut body = json!({"kind": kind, "role": "client", "access": guarded()});
        if kind == "email" {
            body["email"] = json!(ANA);
        }
        let id = sam.post(&team.path("/invitations"), &body).ok().str("/id");
        let path = format!("/v1/invitations/{id}/revoke");
        let answer = sam.post(&path, &json!({}));
        assert_eq!(answer.refusal(), refusal(403, "beyond_your_access"), "{kind}");
        assert!(answer.str("/detail").contains("Ask one of them"), "{}", answer.text());
        assert_eq!(team.owner.get(&format!("/v1/invitations/{id}")).ok().str("/status"), "pending");
        team.owner.post(&path, &json!({})).ok();
    }
}

#[test]
fn nor_by_undoing_the_file_it_came_in_nor_by_leaving() {
    let (mut team, mut sam) = with_staff(&views());
    let rows = json!([{"role": "client", "email": ANA, "access": views()}]);
    let job = bulk::send(&mut sam, &team.organization.clone(), &rows, false).ok().str("/job_id");
    team.world.deliver();
    let id = bulk::job(&mut sam, &job)["data"][0]["invitation_id"].as_str().unwrap().to_owned();
    let of = format!("/v1/invitations/{id}");
    team.owner.patch(&of, &json!({"access": {"require_mfa": true}})).ok();
    let undo = format!("/v1/jobs/{job}/undo");
    let answer = sam.post(&undo, &json!({}));
    assert_eq!(answer.refusal(), refusal(403, "beyond_your_access"));
    assert!(answer.str("/detail").contains("Ask one of them"), "{}", answer.text());
    assert_eq!(team.owner.get(&of).ok().str("/status"), "pending");
    let member = team.member(SAM);
    sam.delete(&format!("/v1/members/{member}?revoke_their_invitations=true")).ok();
    assert_eq!(team.owner.get(&of).ok().str("/status"), "pending");
    assert_eq!(team.owner.post(&undo, &json!({})).ok().json()["revoked"], 1);
}

/// V23: until there is a second factor, zero rights, on every route of the organization; one sees that it is asked for.
#[test]
fn whoever_lacks_the_factor_in_every_workspace_holds_nothing_in_the_organization() {
    let (mut team, mut sam) = with_staff(&guarded());
    let first = team.workspace();
    let me = team.member(SAM);
    let body = json!({"kind": "email", "role": "client", "email": ANA});
    let id = team.owner.post(&team.path("/invitations"), &body).ok().str("/id");
    let slug = team.owner.get(&team.path("")).ok().str("/slug");
    let required = refusal(403, "mfa_required");
    let gets = [
        team.path(""),
        team.path("/members"),
        team.path("/invitations"),
        team.path("/workspaces"),
        team.path("/seats"),
        team.path("/catalog"),
        team.path("/audit"),
        format!("/v1/members/{me}"),
        format!("/v1/invitations/{id}"),
        format!("/v1/workspaces/{first}"),
        format!("/v1/workspaces/{first}/resources"),
    ];
    for path in &gets {
        assert_eq!(sam.get(path).refusal(), required, "{path}");
    }
    for action in ["revoke", "resend", "link"] {
        let answer = sam.post(&format!("/v1/invitations/{id}/{action}"), &json!({}));
        assert_eq!(answer.refusal(), required, "{action}");
    }
    assert_eq!(sam.post(&team.path("/invitations"), &body).refusal(), required);
    assert_eq!(sam.get(&format!("/o/{slug}/team")).status, 403);
    let own = sam.get(&format!("/v1/workspaces/{first}/members/{me}/access")).ok();
    assert_eq!(own.str("/state"), "mfa_required");
    let owner = team.member("olga.owner@studio.test");
    assert_eq!(sam.get(&format!("/v1/workspaces/{first}/members/{owner}/access")).refusal(), required);
    let question =
        |member: &str| json!({"member_id": member, "workspace_id": first, "permission": "dashboards.view"});
    let told = sam.post("/v1/check", &question(&me)).ok().json();
    assert_eq!(told, json!({"allowed": false, "reason": "mfa_required"}));
    assert_eq!(sam.post("/v1/check", &question(&owner)).refusal(), required);
    assert_eq!(sam.get("/v1/me/workspaces").ok().json()["data"][0]["state"], "mfa_required");

    team.world.state().database.borrow().change("UPDATE users SET mfa_enabled_at = 1");
    sam.get(&team.path("/members")).ok();
}

#[test]
fn whoever_lacks_it_in_one_workspace_still_holds_what_they_have_in_another() {
    let (mut team, mut sam) = with_staff(&guarded());
    let second = workspace(&team, "Second");
    let me = team.member(SAM);
    let body = json!({"member_id": me, "access": views()});
    team.owner.post(&format!("/v1/workspaces/{second}/members"), &body).ok();
    sam.get(&team.path("/members")).ok();
    sam.get(&format!("/v1/workspaces/{second}")).ok();
}

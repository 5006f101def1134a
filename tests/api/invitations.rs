//! Inviting somebody by e-mail: every field, every default and every refusal of `POST …/invitations`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::World;
use crate::support::client::{Answer, Client, Team};
use crate::support::platform::Cost;
use crate::{about, another, complaint, refusal, remove};

const DAY: u64 = 24 * 3600;

fn invite(by: &mut Client, team: &str, changes: &Value) -> Answer {
    let mut body = json!({"kind": "email", "role": "member", "email": "mia.member@studio.test"});
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    by.post(&format!("/v1/organizations/{team}/invitations"), &body)
}

fn by_owner(team: &mut Team, changes: &Value) -> Answer {
    let organization = team.organization.clone();
    invite(&mut team.owner, &organization, changes)
}

#[test]
fn what_is_not_said_has_a_default() {
    let mut team = Team::new();
    let answer = by_owner(&mut team, &json!({})).ok();
    assert_eq!(answer.status, 201);
    let mut made = answer.json();
    let workspace = team.owner.get(&team.path("/workspaces")).ok().str("/data/0/id");
    let inviter = team.owner.get(&team.path("/members")).ok().str("/data/0/id");
    assert!(made["id"].as_str().unwrap().starts_with("inv_"));
    made["id"] = Value::Null;
    assert_eq!(
        made,
        json!({
            "id": null, "organization_id": team.organization, "kind": "email", "role": "member",
            "workspace_ids": [workspace], "email": "mia.member@studio.test", "name": null, "nickname": null,
            "message": null, "locale": "en", "status": "pending", "delivery": "queued", "takes_seat": true,
            "max_uses": 1, "uses": 0, "expires_at": team.world.now().plus(Duration::from_secs(7 * DAY)).to_string(),
            "created_at": team.world.now().to_string(), "invited_by": inviter, "accepted_at": null,
            "accepted_by": null, "declined_at": null, "revoked_at": null, "disabled_at": null,
            "branding": {"name": null, "message": null},
            "access": {
                "permissions": {"mode": "default", "keys": ["compose", "schedule", "analytics"]},
                "resources": [], "addable_kinds": [], "require_mfa": false,
            },
        })
    );
}

#[test]
fn what_is_said_is_kept_as_typed() {
    let mut team = Team::new();
    let workspace = team.owner.get(&team.path("/workspaces")).ok().str("/data/0/id");
    let said = json!({
        "role": "client", "email": "Ana.Client@Client.TEST", "name": "Ana Client", "nickname": "Bakery",
        "message": "Hello Ana,\nsee https://studio.test", "locale": "en", "workspace_ids": [workspace],
        "expires_in": 3600, "send_email": false,
    });
    let made = by_owner(&mut team, &said).ok().json();
    for field in ["role", "email", "name", "nickname", "message", "locale", "workspace_ids"] {
        assert_eq!(made[field], said[field], "{field}");
    }
    assert_eq!(made["expires_at"], team.world.now().plus(Duration::from_hours(1)).to_string());
    assert_eq!(made["takes_seat"], false);
    let read = team.owner.get(&format!("/v1/invitations/{}", made["id"].as_str().unwrap())).ok().json();
    assert_eq!(read, made);
}

#[test]
fn owner_and_admin_have_every_workspace_so_their_invitations_name_none() {
    let mut team = Team::new();
    assert_eq!(by_owner(&mut team, &json!({"role": "admin"})).ok().json()["workspace_ids"], json!([]));
}

#[test]
fn nothing_is_queued_or_mailed_when_no_e_mail_is_asked_for() {
    let mut team = Team::new();
    let before = team.world.mailbox().len();
    let made = by_owner(&mut team, &json!({"send_email": false})).ok().json();
    assert_eq!(made["delivery"], "none");
    assert!(team.world.state().queue.borrow().is_empty());
    team.world.pass(Duration::from_mins(10));
    team.world.tick();
    team.world.deliver();
    assert_eq!(team.world.mailbox().len(), before);
}

#[test]
fn each_field_is_refused_at_its_place() {
    let mut team = Team::new();
    let workspace = team.owner.get(&team.path("/workspaces")).ok().str("/data/0/id");
    let unknown = "wsp_01h455vb4pex5vsknk084sn02q";
    for (change, code, pointer) in [
        (json!({"email": "mia"}), "invalid_email", "/email"),
        (json!({"email": "a@b@studio.test"}), "invalid_email", "/email"),
        (json!({"email": "Mia <mia@studio.test>"}), "invalid_email", "/email"),
        (json!({"email": ""}), "invalid_email", "/email"),
        (json!({"email": null}), "required", "/email"),
        (json!({"email": 5}), "invalid_type", "/email"),
        (json!({"kind": "pigeon"}), "invalid_value", "/kind"),
        (json!({"role": "superuser"}), "invalid_value", "/role"),
        (json!({"role": "Member"}), "invalid_value", "/role"),
        (json!({"role": ["member"]}), "invalid_type", "/role"),
        (json!({"expires_in": 3599}), "invalid_value", "/expires_in"),
        (json!({"expires_in": 30 * DAY + 1}), "invalid_value", "/expires_in"),
        (json!({"expires_in": 0}), "invalid_value", "/expires_in"),
        (json!({"expires_in": "3600"}), "invalid_type", "/expires_in"),
        (json!({"workspace_ids": []}), "invalid_value", "/workspace_ids"),
        (json!({"workspace_ids": [workspace, unknown]}), "invalid_value", "/workspace_ids/1"),
        (json!({"workspace_ids": [workspace, "mbr_1"]}), "invalid_value", "/workspace_ids/1"),
        (json!({"workspace_ids": workspace}), "invalid_type", "/workspace_ids"),
        (json!({"name": "Visit evil.com now"}), "invalid_value", "/name"),
        (json!({"name": "x".repeat(81)}), "invalid_value", "/name"),
        (json!({"nickname": "Ana\u{202e}"}), "invalid_value", "/nickname"),
        (json!({"message": "x".repeat(1001)}), "invalid_value", "/message"),
        (json!({"locale": "tlh"}), "invalid_value", "/locale"),
        (json!({"send_email": "no"}), "invalid_type", "/send_email"),
        (json!({"rloe": "admin"}), "unknown_field", "/rloe"),
        (json!({"takes_seat": false}), "unknown_field", "/takes_seat"),
    ] {
        assert_eq!(complaint(&by_owner(&mut team, &change)), about(422, code, pointer), "{change}");
    }
    assert_eq!(team.world.count("SELECT count(*) FROM invitations"), 1, "the owner's own");
}

#[test]
fn an_invitation_lives_from_one_hour_to_thirty_days() {
    let mut team = Team::new();
    for (seconds, email) in [(3600, "short@studio.test"), (30 * DAY, "long@studio.test")] {
        let made = by_owner(&mut team, &json!({"expires_in": seconds, "email": email})).ok().json();
        assert_eq!(made["expires_at"], team.world.now().plus(Duration::from_secs(seconds)).to_string());
    }
}

#[test]
fn another_organizations_workspace_is_refused_like_an_unknown_one() {
    let mut team = Team::new();
    let mut other = another(&team.world);
    let foreign = other.owner.get(&other.path("/workspaces")).ok().str("/data/0/id");
    let answer = by_owner(&mut team, &json!({"workspace_ids": [foreign]}));
    assert_eq!(complaint(&answer), about(422, "invalid_value", "/workspace_ids/0"));
    assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 0 });
}

#[test]
fn nobody_invites_an_owner_and_only_owner_and_admin_invite_at_all() {
    let mut team = Team::new();
    let organization = team.organization.clone();
    let mut admin = team.joined("ada.admin@studio.test", "admin");
    let mut member = team.joined("mia.member@studio.test", "member");
    let mut client = team.joined("ana@client.test", "client");
    let owner = team.owner.clone();
    for (mut by, role, allowed) in [
        (owner.clone(), "owner", false),
        (owner, "admin", true),
        (admin.clone(), "owner", false),
        (admin.clone(), "admin", true),
        (admin.clone(), "client", true),
        (member.clone(), "admin", false),
        (member.clone(), "member", false),
        (member.clone(), "client", false),
        (client.clone(), "client", false),
    ] {
        team.world.pass(Duration::from_secs(1));
        let email = format!("new{}@studio.test", team.world.now().seconds());
        let answer = invite(&mut by, &organization, &json!({"role": role, "email": email}));
        let expected = if allowed { refusal(201, "") } else { refusal(403, "role_not_allowed") };
        assert_eq!(answer.refusal(), expected, "{role}");
    }
    for by in [&mut admin, &mut member, &mut client] {
        by.get("/v1/me").ok();
    }
}

#[test]
fn an_open_invitation_answers_already_invited_with_its_id_whatever_the_case() {
    let mut team = Team::new();
    let open = team.invited("mia.member@studio.test", "member");
    let before = team.world.state().database.borrow().dump();
    let again = by_owner(&mut team, &json!({"email": "MIA.Member@Studio.TEST", "role": "client"}));
    assert_eq!(again.refusal(), refusal(409, "already_invited"));
    assert_eq!(again.str("/invitation_id"), open);
    assert_eq!(team.world.state().database.borrow().dump(), before, "a refusal writes nothing");
    assert_eq!(team.world.state().queue.borrow().len(), 1, "and queues nothing");
}

#[test]
fn an_invitation_that_the_inviter_may_not_see_is_told_without_its_id() {
    let world = World::new();
    let organization = world.operator().create_organization("Example Studio", "olga.owner@studio.test");
    // The only way in but the owner's: as if the first owner had been replaced and their invitation were open again.
    let mut team = Team::in_world(world);
    team.world.state().database.borrow().change(&format!(
        "UPDATE invitations SET organization_id = '{}', email = 'x@studio.test', email_key = 'x@studio.test'
         WHERE organization_id = '{organization}'",
        team.organization
    ));
    let answer = by_owner(&mut team, &json!({"email": "x@studio.test"}));
    assert_eq!(answer.refusal(), refusal(409, "already_invited"));
    assert_eq!(answer.json()["invitation_id"], Value::Null);
}

#[test]
fn a_member_is_not_invited_again_whatever_the_case() {
    let mut team = Team::new();
    team.joined("mia.member@studio.test", "member");
    let answer = by_owner(&mut team, &json!({"email": "Mia.MEMBER@studio.test"}));
    assert_eq!(answer.refusal(), refusal(409, "already_member"));
    let owner = by_owner(&mut team, &json!({"email": "olga.owner@studio.test"}));
    assert_eq!(owner.refusal(), refusal(409, "already_member"));
}

#[test]
fn an_open_invitation_of_another_organization_is_no_obstacle() {
    let mut team = Team::new();
    team.invited("mia.member@studio.test", "member");
    let mut other = another(&team.world);
    by_owner(&mut other, &json!({})).ok();
}

#[test]
fn an_invitation_that_is_over_never_blocks_the_address() {
    let mut team = Team::new();
    let organization = team.organization.clone();
    let expired = team.invited("mia.member@studio.test", "member");
    team.world.pass(Duration::from_secs(7 * DAY));
    let second = by_owner(&mut team, &json!({})).ok().str("/id");
    assert_ne!(second, expired);
    team.owner.post(&format!("/v1/invitations/{second}/revoke"), &json!({})).ok();
    by_owner(&mut team, &json!({})).ok();
    team.world.deliver();
    let token = team.world.mailed_token("mia.member@studio.test");
    crate::decline(&mut team.world.client(), &token).ok();
    let last = by_owner(&mut team, &json!({})).ok().str("/id");
    let expired = team.owner.get(&format!("/v1/invitations/{expired}")).ok().json();
    assert_eq!(expired["status"], "expired");
    let open = format!("/v1/organizations/{organization}/invitations?status=pending");
    assert_eq!(crate::ids(&team.owner.get(&open).ok().json()), [last]);
}

#[test]
fn a_removed_person_can_be_invited_again() {
    let mut team = Team::new();
    team.joined("mia.member@studio.test", "member");
    remove(&team, "mia.member@studio.test");
    team.world.pass(Duration::from_secs(1));
    by_owner(&mut team, &json!({})).ok();
}

#[test]
fn a_pending_invitation_reserves_its_seat() {
    let mut team = Team::with_seats(2);
    team.invited("first@studio.test", "member");
    team.invited("second@studio.test", "admin");
    let third = by_owner(&mut team, &json!({"email": "third@studio.test"}));
    assert_eq!(third.refusal(), refusal(409, "seat_limit_reached"));
    by_owner(&mut team, &json!({"email": "ana@client.test", "role": "client"})).ok();
}

#[test]
fn a_seat_is_free_again_when_its_invitation_is_over() {
    let mut team = Team::with_seats(1);
    team.invited("first@studio.test", "member");
    team.world.pass(Duration::from_secs(7 * DAY));
    let second = by_owner(&mut team, &json!({"email": "second@studio.test"})).ok().str("/id");
    team.owner.post(&format!("/v1/invitations/{second}/revoke"), &json!({})).ok();
    by_owner(&mut team, &json!({"email": "third@studio.test"})).ok();
    team.world.deliver();
    let token = team.world.mailed_token("third@studio.test");
    crate::decline(&mut team.world.client(), &token).ok();
    by_owner(&mut team, &json!({"email": "fourth@studio.test"})).ok();
    team.world.deliver();
    team.world.client().join("fourth@studio.test", "Fred Fourth").ok();
    let fifth = by_owner(&mut team, &json!({"email": "fifth@studio.test"}));
    assert_eq!(fifth.refusal(), refusal(409, "seat_limit_reached"), "a member holds it for good");
}

#[test]
fn an_unlimited_plan_and_a_plan_without_seats_are_both_taken_at_their_word() {
    let plan = |limit: Value| Some(json!({"key": "test", "seat_limit": limit}));
    let mut unlimited = Team::with_plan(World::new(), plan(Value::Null));
    for number in 0..30 {
        by_owner(&mut unlimited, &json!({"email": format!("m{number}@studio.test")})).ok();
    }
    let mut none = Team::with_plan(World::new(), plan(json!(0)));
    assert_eq!(by_owner(&mut none, &json!({})).refusal(), refusal(409, "seat_limit_reached"));
    by_owner(&mut none, &json!({"role": "client"})).ok();
}

#[test]
fn an_ended_trial_refuses_new_seats_and_nothing_else() {
    let world = World::new();
    let ends = world.now().plus(Duration::from_secs(DAY)).to_string();
    let plan = json!({"key": "trial", "seat_limit": 5, "trial_ends_at": ends});
    let mut team = Team::with_plan(world, Some(plan));
    by_owner(&mut team, &json!({})).ok();
    team.world.pass(Duration::from_secs(DAY));
    let late = by_owner(&mut team, &json!({"email": "late@studio.test"}));
    assert_eq!(late.refusal(), refusal(403, "trial_ended"));
    by_owner(&mut team, &json!({"email": "ana@client.test", "role": "client"})).ok();
}

//! Organizations: the operator makes and lists them, and brings their first owner in.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::World;
use crate::support::client::{Answer, Team};
use crate::support::platform::token_in;
use crate::{about, complaint, ids, refusal};

fn body() -> Value {
    json!({
        "name": "Example Studio", "template": "team",
        "owner": {"email": "olga.owner@studio.test", "name": "Olga Owner"},
    })
}

fn create(world: &World, changes: &Value) -> Answer {
    let mut body = body();
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    world.operator().post("/v1/organizations", &body)
}

#[test]
fn only_the_operator_makes_and_lists_organizations() {
    let mut team = Team::new();
    let mut nobody = team.world.client();
    let mut wrong_key = team.world.client().bearer("op_3vQ9c1Yb7TgJx5kR2mWz8NfLdHs4PqAf");
    for (caller, expected) in [
        (&mut nobody, refusal(401, "unauthenticated")),
        (&mut wrong_key, refusal(401, "unauthenticated")),
        (&mut team.owner, refusal(403, "forbidden")),
    ] {
        assert_eq!(caller.post("/v1/organizations", &body()).refusal(), expected);
        assert_eq!(caller.get("/v1/organizations").refusal(), expected);
    }
    assert_eq!(team.world.count("SELECT count(*) FROM organizations"), 1);
}

#[test]
fn an_organization_is_shown_with_its_plan_slug_and_owners_invitation() {
    let world = World::new();
    let made = create(&world, &json!({})).ok();
    assert_eq!(made.status, 201);
    let made = made.json();
    assert!(made["id"].as_str().unwrap().starts_with("org_"));
    assert!(made["owner_invitation_id"].as_str().unwrap().starts_with("inv_"));
    assert!(made["slug"].as_str().unwrap().starts_with("example-studio-"));
    assert_eq!(made["name"], "Example Studio");
    assert_eq!(made["template"], "team");
    assert_eq!(made["created_at"], world.now().to_string());
    let plan = json!({
        "key": "default", "seat_limit": 25, "features": ["custom_client_permissions"], "trial_ends_at": null,
    });
    assert_eq!(made["plan"], plan, "the template's default");
}

#[test]
fn the_operator_may_set_another_plan_and_a_slug() {
    let world = World::new();
    let plan = json!({
        "key": "agency", "seat_limit": null, "features": [], "trial_ends_at": "2027-01-01T00:00:00.000Z",
    });
    let made = create(&world, &json!({"slug": "example", "plan": plan})).ok().json();
    assert_eq!(made["plan"], plan);
    assert_eq!(made["slug"], "example");
}

#[test]
fn two_organizations_of_one_name_have_different_slugs() {
    let world = World::new();
    let slugs: BTreeSet<String> = (0..3).map(|_| create(&world, &json!({})).ok().str("/slug")).collect();
    assert_eq!(slugs.len(), 3);
}

#[test]
fn a_slug_that_is_taken_is_refused_and_writes_nothing() {
    let world = World::new();
    create(&world, &json!({"slug": "example"})).ok();
    let before = world.state().database.borrow().dump();
    assert_eq!(complaint(&create(&world, &json!({"slug": "example"}))), about(409, "slug_taken", "/slug"));
    assert_eq!(world.state().database.borrow().dump(), before);
}

#[test]
fn each_field_is_refused_at_its_place() {
    let world = World::new();
    for (change, code, pointer) in [
        (json!({"template": "no-such"}), "invalid_value", "/template"),
        (json!({"name": ""}), "invalid_value", "/name"),
        (json!({"name": "Visit evil.com"}), "invalid_value", "/name"),
        (json!({"name": 7}), "invalid_type", "/name"),
        (json!({"slug": "No Slug"}), "invalid_value", "/slug"),
        (json!({"owner": {"email": "olga", "name": "Olga"}}), "invalid_email", "/owner/email"),
        (json!({"owner": {"email": "olga@studio.test", "name": " "}}), "invalid_value", "/owner/name"),
        (json!({"owner": {"email": "olga@studio.test"}}), "required", "/owner/name"),
        (
            json!({"owner": {"email": "o@s.test", "name": "O", "role": "admin"}}),
            "unknown_field",
            "/owner/role",
        ),
        (json!({"plan": {"key": "x", "seat_limit": -1}}), "invalid_value", "/plan/seat_limit"),
        (json!({"plan": {"key": "x", "seat_limit": "5"}}), "invalid_type", "/plan/seat_limit"),
        (json!({"plan": {"key": "x", "features": []}}), "required", "/plan/seat_limit"),
        (json!({"plan": {"key": "", "seat_limit": 1}}), "invalid_value", "/plan/key"),
        (json!({"plan": {"key": "x", "seats": 5}}), "unknown_field", "/plan/seats"),
        (
            json!({"plan": {"key": "x", "seat_limit": null, "trial_ends_at": "soon"}}),
            "invalid_value",
            "/plan/trial_ends_at",
        ),
        (
            json!({"plan": {"key": "x", "trial_ends_at": 1_795_298_400}}),
            "invalid_type",
            "/plan/trial_ends_at",
        ),
        (json!({"nmae": "typo"}), "unknown_field", "/nmae"),
    ] {
        assert_eq!(complaint(&create(&world, &change)), about(422, code, pointer), "{change}");
    }
    assert_eq!(world.count("SELECT count(*) FROM organizations"), 0);
}

#[test]
fn several_wrong_fields_are_told_at_once() {
    let answer = create(&World::new(), &json!({"name": "", "template": "no-such", "slug": "-"}));
    let (status, code, fields) = complaint(&answer);
    assert_eq!((status, code.as_str()), (422, "invalid_value"));
    let pointers: Vec<_> = fields.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/name", "/template", "/slug"]);
}

#[test]
fn organizations_are_listed_newest_first_in_pages() {
    let world = World::new();
    let mut made: Vec<String> = (0..5)
        .map(|_| {
            world.pass(std::time::Duration::from_secs(1));
            create(&world, &json!({})).ok().str("/id")
        })
        .collect();
    made.reverse();
    let first = world.operator().get("/v1/organizations?limit=3").ok().json();
    assert_eq!(ids(&first), made[..3]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = world.operator().get(&format!("/v1/organizations?limit=3&cursor={cursor}")).ok().json();
    assert_eq!(ids(&second), made[3..]);
    assert_eq!(second["next_cursor"], Value::Null);
}

#[test]
fn the_owner_gets_an_invitation_by_mail_and_joins_as_owner() {
    let world = World::new();
    let made = create(&world, &json!({})).ok().json();
    let mut olga = world.client();
    let joined = olga.join("olga.owner@studio.test", "Olga Owner").ok().json();
    assert_eq!(joined["role"], "owner");
    assert_eq!(joined["organization_id"], made["id"]);
    let workspaces = olga.get("/v1/me/workspaces").ok().json();
    assert_eq!(workspaces["data"][0]["workspace"]["name"], "Example Studio", "the first workspace");
    assert_eq!(world.mailbox().len(), 1);
}

#[test]
fn the_operator_may_send_again_copy_and_withdraw_an_owners_invitation_that_was_never_accepted() {
    let world = World::new();
    let invitation = create(&world, &json!({})).ok().str("/owner_invitation_id");
    let mut operator = world.operator();
    let path = format!("/v1/invitations/{invitation}");
    assert_eq!(operator.get(&path).ok().json()["role"], "owner");
    world.pass(std::time::Duration::from_hours(8 * 24));
    assert_eq!(operator.post(&format!("{path}/resend"), &json!({})).ok().str("/status"), "pending");
    let url = operator.post(&format!("{path}/link"), &json!({})).ok().str("/url");
    world.client().accept(&token_in(&url), "Olga Owner").ok();
}

#[test]
fn the_operator_has_no_business_with_other_invitations() {
    let mut team = Team::new();
    let invitation = team.invited("mia.member@studio.test", "member");
    let mut operator = team.world.operator();
    let path = format!("/v1/invitations/{invitation}");
    assert_eq!(operator.get(&path).refusal(), refusal(403, "forbidden"));
    for action in ["resend", "revoke", "link"] {
        let answer = operator.post(&format!("{path}/{action}"), &json!({}));
        assert_eq!(answer.refusal(), refusal(403, "forbidden"), "{action}");
    }
    assert_eq!(operator.get(&team.path("/invitations")).refusal(), refusal(403, "forbidden"));
    let invite = operator.invite(&team.organization, "eve@other.test", "admin");
    assert_eq!(invite.refusal(), refusal(403, "forbidden"));
}

#[test]
fn an_owners_invitation_names_nobody_as_inviter() {
    let world = World::new();
    create(&world, &json!({})).ok();
    world.deliver();
    let token = world.mailed_token("olga.owner@studio.test");
    let seen = crate::preview(&mut world.client(), &token).ok().json();
    assert_eq!(seen["invited_by"], Value::Null);
    assert_eq!(seen["organization"]["name"], "Example Studio");
}

#[test]
fn a_slug_made_of_the_name_that_is_taken_gets_another_ending() {
    let world = World::new();
    let random = world.state().entropy.borrow().clone();
    let first = create(&world, &json!({})).ok().str("/slug");
    world.pass(std::time::Duration::from_secs(1));
    // The same randomness again: the first slug that is tried is the one that is there.
    *world.state().entropy.borrow_mut() = random;
    let second = create(&world, &json!({})).ok().str("/slug");
    assert_ne!(second, first);
    assert!(second.starts_with("example-studio-"));
    assert_eq!(world.last_cost().d1, 2, "it was tried twice");
    assert_eq!(world.count("SELECT count(*) FROM organizations"), 2);
    assert_eq!(world.count("SELECT count(*) FROM invitations"), 2);
}

/// serde reads an array where it expects a struct; the API doesn't.
#[test]
fn a_struct_inside_a_body_is_an_object_and_no_array_of_its_fields() {
    let world = World::new();
    for (change, pointer) in [
        (json!({"owner": ["olga.owner@studio.test", "Olga Owner"]}), "/owner"),
        (json!({"plan": ["agency", 5, [], null]}), "/plan"),
    ] {
        assert_eq!(complaint(&create(&world, &change)), about(422, "invalid_type", pointer), "{change}");
    }
    let mut team = Team::in_world(world);
    let invitation = json!({
        "kind": "link", "role": "client", "branding": ["Other Studio", null], "access": {},
    });
    let refused = team.owner.post(&team.path("/invitations"), &invitation);
    assert_eq!(complaint(&refused), about(422, "invalid_type", "/branding"));
    let access = json!({"kind": "email", "role": "client", "email": "a@b.test", "access": [[], "all"]});
    let refused = team.owner.post(&team.path("/invitations"), &access);
    assert_eq!(complaint(&refused), about(422, "invalid_type", "/access"));
    for (change, pointer) in [
        (json!({"branding": ["Other Studio"]}), "/branding"),
        (json!({"policy": [true]}), "/policy"),
        (json!({"policy": {"invites": [["client"]]}}), "/policy/invites"),
    ] {
        let refused = team.owner.patch(&team.path(""), &change);
        assert_eq!(complaint(&refused), about(422, "invalid_type", pointer), "{change}");
    }
    let plan = team.world.operator().put(&team.path("/plan"), &json!(["agency", 5]));
    assert_eq!(complaint(&plan), about(422, "invalid_type", ""));
}

//! Organizations: the operator makes and lists them, and brings their first owner in.

use std::collections::BTreeSet;

use http::Method;
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
        (json!({"plan": {"key": ""}}), "invalid_value", "/plan/key"),
        (json!({"plan": {"key": "x", "seats": 5}}), "unknown_field", "/plan/seats"),
        (json!({"plan": {"key": "x", "trial_ends_at": "soon"}}), "invalid_value", "/plan/trial_ends_at"),
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

fn read(team: &mut Team) -> Value {
    team.owner.get(&team.path("")).ok().json()
}

#[track_caller]
fn patch(team: &mut Team, change: &Value) -> Value {
    team.owner.patch(&team.path(""), change).ok().json()
}

#[test]
fn those_who_run_it_and_the_operator_see_all_of_an_organization_and_others_its_brand() {
    let mut team = Team::of("reporting");
    let mut admin = team.joined("ada.admin@studio.test", "admin");
    let all = read(&mut team);
    assert_eq!(admin.get(&team.path("")).ok().json(), all);
    assert_eq!(team.world.operator().get(&team.path("")).ok().json(), all);
    assert_eq!(all["plan"]["seat_limit"], 25);
    assert_eq!(all["branding"], json!({"name": null, "accent": null, "message": null}));
    assert_eq!(all["policy"]["invites"]["member"], json!(["client"]), "as the template says");
    assert_eq!(all["policy"]["clients_need_resource"], true);
    for role in ["member", "client"] {
        let mut person = team.joined(&format!("{role}@studio.test"), role);
        let seen = person.get(&team.path("")).ok().json();
        let mut keys: Vec<_> = seen.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["branding", "id", "name", "slug"], "{role}");
        assert_eq!(seen["id"], all["id"]);
    }
    let unknown = "/v1/organizations/org_01h455vb4pex5vsknk084sn02q";
    assert_eq!(team.world.operator().get(unknown).refusal(), refusal(404, "not_found"));
    let plan = json!({"key": "x", "seat_limit": 1});
    let put = team.world.operator().put(&format!("{unknown}/plan"), &plan);
    assert_eq!(put.refusal(), refusal(404, "not_found"));
}

#[test]
fn a_patch_changes_what_is_given_and_null_clears_it() {
    let mut team = Team::new();
    let branding = json!({"name": "Studio", "accent": "#0A7CFF", "message": "Welcome\nto us"});
    let changed = patch(&mut team, &json!({"name": "  Example   Agency ", "branding": branding}));
    assert_eq!(changed["name"], "Example Agency");
    let shown = json!({"name": "Studio", "accent": "#0a7cff", "message": "Welcome\nto us"});
    assert_eq!(changed["branding"], shown);
    assert_eq!(changed, read(&mut team));
    let changed = patch(&mut team, &json!({"branding": {"message": null}}));
    assert_eq!(changed["branding"], json!({"name": "Studio", "accent": "#0a7cff", "message": null}));
    assert_eq!(changed["name"], "Example Agency");
    let changed = patch(&mut team, &json!({"branding": {}}));
    assert_eq!(changed["branding"]["name"], "Studio");
    let changed = patch(&mut team, &json!({"branding": null}));
    assert_eq!(changed["branding"], json!({"name": null, "accent": null, "message": null}));
    assert_eq!(changed["name"], "Example Agency");
}

/// S0-06, S0-08: what is set here is what links show.
#[test]
fn the_brand_stands_on_the_organizations_links() {
    let mut team = Team::of("client-links");
    patch(&mut team, &json!({"branding": {"name": "Studio Nine", "message": "Glad to have you"}}));
    let link = json!({"kind": "link", "role": "client"});
    let id = team.owner.post(&team.path("/invitations"), &link).ok().str("/id");
    let token = crate::copied_token(&mut team.owner, &id);
    let page = team.world.client().with_header("accept", "text/html").get(&format!("/i/{token}")).ok().text();
    assert!(page.contains("Studio Nine") && page.contains("Glad to have you"), "{page}");
}

#[test]
fn each_field_of_a_patch_is_refused_at_its_place_and_nothing_is_written() {
    let mut team = Team::new();
    let before = team.world.state().database.borrow().dump();
    for (change, code, pointer) in [
        (json!({"name": null}), "invalid_value", "/name"),
        (json!({"name": ""}), "invalid_value", "/name"),
        (json!({"name": 7}), "invalid_type", "/name"),
        (json!({"slug": "other"}), "unknown_field", "/slug"),
        (json!({"plan": {"key": "free"}}), "unknown_field", "/plan"),
        (json!({"branding": {"name": "www.evil.test"}}), "invalid_value", "/branding/name"),
        (json!({"branding": {"accent": "red"}}), "invalid_value", "/branding/accent"),
        (json!({"branding": {"accent": "#12345g"}}), "invalid_value", "/branding/accent"),
        (json!({"branding": {"message": "\u{202e}"}}), "invalid_value", "/branding/message"),
        (json!({"branding": {"logo": "x"}}), "unknown_field", "/branding/logo"),
        (json!({"policy": {"email_lifetime": {}}}), "unknown_field", "/policy/email_lifetime"),
        (json!({"policy": {"send_email": "no"}}), "invalid_type", "/policy/send_email"),
        (json!({"policy": {"invites": {"boss": []}}}), "unknown_field", "/policy/invites/boss"),
        (json!({"policy": {"invites": {"member": "client"}}}), "invalid_type", "/policy/invites/member"),
        (json!({"policy": {"invites": {"member": ["boss"]}}}), "invalid_value", "/policy/invites/member/0"),
        (json!({"policy": {"invites": {"member": [7]}}}), "invalid_value", "/policy/invites/member/0"),
        (
            json!({"policy": {"invites": {"member": ["client", "client"]}}}),
            "invalid_value",
            "/policy/invites/member/1",
        ),
        // Nobody invites above their own role, nobody an owner, and a client nobody.
        (json!({"policy": {"invites": {"member": ["admin"]}}}), "invalid_value", "/policy/invites/member"),
        (json!({"policy": {"invites": {"owner": ["owner"]}}}), "invalid_value", "/policy/invites/owner"),
        (json!({"policy": {"invites": {"client": ["client"]}}}), "invalid_value", "/policy/invites/client"),
    ] {
        assert_eq!(
            complaint(&team.owner.patch(&team.path(""), &change)),
            about(422, code, pointer),
            "{change}"
        );
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

#[test]
fn changes_of_the_policy_add_up_count_at_once_and_null_goes_back_to_the_templates() {
    let mut team = Team::new();
    let mut mia = team.joined("mia.member@studio.test", "member");
    let organization = team.organization.clone();
    let mut invites = |email: &str| mia.invite(&organization, email, "client").status.as_u16();
    assert_eq!(invites("first@client.test"), 403);
    let changed = patch(&mut team, &json!({"policy": {"invites": {"member": ["client"]}}}));
    assert_eq!(changed["policy"]["invites"]["member"], json!(["client"]));
    assert_eq!(changed["policy"]["invites"]["admin"], json!(["admin", "member", "client"]), "untouched");
    assert_eq!(invites("second@client.test"), 201);
    let changed =
        patch(&mut team, &json!({"policy": {"send_email": false, "invites": {"admin": ["client"]}}}));
    assert_eq!(changed["policy"]["send_email"], false);
    assert_eq!(changed["policy"]["invites"]["member"], json!(["client"]), "from before");
    assert_eq!(changed["policy"]["invites"]["admin"], json!(["client"]));
    let third = team.invited("third@client.test", "client");
    assert_eq!(team.owner.get(&format!("/v1/invitations/{third}")).ok().str("/delivery"), "none");
    let changed = patch(&mut team, &json!({"policy": {"invites": {"member": null}, "send_email": null}}));
    assert_eq!(changed["policy"]["invites"]["member"], json!([]));
    assert_eq!(changed["policy"]["invites"]["admin"], json!(["client"]));
    assert_eq!(changed["policy"]["send_email"], true);
    assert_eq!(invites("fourth@client.test"), 403);
    let changed = patch(&mut team, &json!({"policy": null}));
    assert_eq!(changed["policy"]["invites"]["admin"], json!(["admin", "member", "client"]));
    assert_eq!(team.world.count("SELECT count(*) FROM organizations WHERE policy IS NULL"), 1);
}

#[test]
fn the_plan_is_the_operators_and_replaces_the_whole_of_the_one_before() {
    let mut team = Team::new();
    let plan = json!({
        "key": "agency", "seat_limit": 7, "features": ["custom_client_permissions"],
        "trial_ends_at": "2027-01-01T00:00:00.000Z",
    });
    let put = team.world.operator().put(&team.path("/plan"), &plan).ok();
    assert_eq!((put.status.as_u16(), put.json()["plan"].clone()), (200, plan.clone()));
    assert_eq!(read(&mut team)["plan"], plan);
    let unlimited = json!({"key": "premier", "seat_limit": null, "features": [], "trial_ends_at": null});
    let put = team.world.operator().put(&team.path("/plan"), &unlimited).ok();
    assert_eq!(put.json()["plan"], unlimited);
    assert_eq!(team.owner.put(&team.path("/plan"), &plan).refusal(), refusal(403, "forbidden"));
    for (body, code, pointer) in [
        (json!({}), "required", "/key"),
        (json!({"key": ""}), "invalid_value", "/key"),
        (json!({"key": "x", "seat_limit": -1}), "invalid_value", "/seat_limit"),
        (json!({"key": "x", "seat_limit": 1.5}), "invalid_type", "/seat_limit"),
        (json!({"key": "x", "features": "all"}), "invalid_type", "/features"),
        (json!({"key": "x", "features": ["a", ""]}), "invalid_value", "/features/1"),
        (json!({"key": "x", "features": vec!["a"; 101]}), "invalid_value", "/features"),
        (json!({"key": "x", "trial_ends_at": "soon"}), "invalid_value", "/trial_ends_at"),
        (json!({"key": "x", "seats": 5}), "unknown_field", "/seats"),
    ] {
        let answer = team.world.operator().put(&team.path("/plan"), &body);
        assert_eq!(complaint(&answer), about(422, code, pointer), "{body}");
    }
    assert_eq!(read(&mut team)["plan"], unlimited);
}

/// An admin who is removed while their request is on its way changes nothing any more.
#[test]
fn whoever_was_removed_a_moment_ago_changes_nothing() {
    use usher::domain::change::Change;
    use usher::flow::{Context, change_organization};
    use usher::store::organizations::Difference;

    use crate::support::platform::{Native, block_on};

    let mut team = Team::new();
    team.joined("ada.admin@studio.test", "admin");
    let ada = team.member("ada.admin@studio.test");
    crate::remove(&team, "ada.admin@studio.test");
    let native = Native::new(team.world.clone());
    let config = team.world.state().config.as_ref().ok().unwrap();
    let ctx = Context { platform: &native, config, request_id: "req".to_owned() };
    let template = config.templates.named("team").unwrap();
    let actor = usher::domain::authority::Actor {
        member_id: ada.parse().unwrap(),
        role: usher::domain::role::Role::Admin,
        organization_id: team.organization.parse().unwrap(),
        template,
        policy: template.policy.clone(),
        reach: usher::domain::authority::Reach::Everything,
    };
    let before = team.world.state().database.borrow().dump();
    let to = Difference { branding_name: Change::Clear, policy: Change::Clear, ..Difference::default() };
    let refused = block_on(change_organization::change(&ctx, &actor, &to)).err().unwrap();
    assert_eq!(refused.code(), usher::error::Code::Forbidden);
    let name = usher::domain::text::Name::parse("Mine").unwrap();
    let refused = block_on(usher::flow::workspaces::create(&ctx, &actor, &name)).err().unwrap();
    assert_eq!(refused.code(), usher::error::Code::Forbidden);
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

#[test]
fn what_is_not_the_json_that_a_change_takes_is_refused_and_writes_nothing() {
    let mut team = Team::new();
    let workspace = team.workspace();
    let before = team.world.state().database.borrow().dump();
    for (method, path, by_operator) in [
        (Method::PATCH, team.path(""), false),
        (Method::PUT, team.path("/plan"), true),
        (Method::PATCH, format!("/v1/workspaces/{workspace}"), false),
    ] {
        let mut caller = if by_operator { team.world.operator() } else { team.owner.clone() };
        for (content_type, body, expected) in [
            ("application/json", "{", refusal(400, "invalid_json")),
            ("application/json", "[]", refusal(422, "invalid_type")),
            ("application/json", "null", refusal(422, "invalid_type")),
            ("application/json", "{\"nmae\":1}", refusal(422, "unknown_field")),
            ("text/plain", "{}", refusal(415, "unsupported_media_type")),
        ] {
            let answer = caller.send(&method, &path, Some(content_type), body.as_bytes().to_vec());
            assert_eq!(answer.refusal(), expected, "{method} {path} {body}");
        }
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

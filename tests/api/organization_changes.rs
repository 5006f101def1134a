//! What changes about an organization: its name, brand and policy by those who run it, its plan by the operator.

use http::Method;
use serde_json::{Value, json};

use crate::support::client::Team;
use crate::{about, complaint, refusal};

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
        (json!({"key": "x"}), "required", "/seat_limit"),
        (json!({"key": "", "seat_limit": 1}), "invalid_value", "/key"),
        (json!({"key": "x", "seat_limit": -1}), "invalid_value", "/seat_limit"),
        (json!({"key": "x", "seat_limit": 1.5}), "invalid_type", "/seat_limit"),
        (json!({"key": "x", "features": "all"}), "invalid_type", "/features"),
        (json!({"key": "x", "seat_limit": null, "features": ["a", ""]}), "invalid_value", "/features/1"),
        (json!({"key": "x", "seat_limit": null, "features": vec!["a"; 101]}), "invalid_value", "/features"),
        (json!({"key": "x", "seat_limit": null, "trial_ends_at": "soon"}), "invalid_value", "/trial_ends_at"),
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
    let ctx = Context {
        platform: &native,
        config,
        request_id: "req".to_owned(),
        device: String::new(),
        once: None,
    };
    let template = config.templates.named("team").unwrap();
    let actor = usher::domain::authority::Actor {
        principal: usher::domain::authority::Principal::Member(ada.parse().unwrap()),
        role: usher::domain::role::Role::Admin,
        organization_id: team.organization.parse().unwrap(),
        template,
        policy: template.policy.clone(),
        reach: usher::domain::authority::Reach::Everything,
        access_rev: 0,
        makes_admins: true,
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

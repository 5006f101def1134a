//! Programs call with API keys: within their scopes, as an admin would or as the member that a request names.

use serde_json::{Value, json};
use usher::domain::api_key::Scope;

use crate::support::World;
use crate::support::client::{Client, PASSWORD, Team};
use crate::support::scene::{audited, resource};
use crate::{about, another, complaint, ids, refusal, remove};

/// A program with a key of these scopes.
pub fn program(team: &Team, scopes: &[&str]) -> Client {
    let body = json!({"name": "Backend", "scopes": scopes});
    let made = team.world.operator().post(&team.path("/api-keys"), &body).ok();
    team.world.client().bearer(&made.str("/secret"))
}

/// A program that may do all that a program may.
pub fn any_program(team: &Team) -> Client {
    program(team, &Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>())
}

/// Everything about keys, so that each of their statements is run.
pub fn walk(world: &World) {
    let owner = json!({"email": "petra.owner@links.test", "name": "Petra Owner"});
    let body = json!({"name": "Programs", "template": "client-links", "owner": owner});
    let organization = world.operator().post("/v1/organizations", &body).ok().str("/id");
    let mut owner = world.client();
    owner.join("petra.owner@links.test", "Petra Owner").ok();
    let mut team = Team { world: world.clone(), organization, owner };
    let mut program = any_program(&team);
    let workspace = team.workspace();
    program.get(&team.path("")).ok();
    program.get(&format!("/v1/workspaces/{workspace}")).ok();
    let of = |id: &str| format!("/v1/members/{id}");
    let owner = team.member("petra.owner@links.test");
    program.get(&of(&owner)).ok();
    let made =
        program.post(&team.path("/invitations"), &json!({"kind": "link", "role": "client"})).ok().str("/id");
    program.get(&format!("/v1/invitations/{made}")).ok();
    let page = program
        .post(
            &format!("/v1/workspaces/{workspace}/resources"),
            &json!({"kind": "facebook", "name": "Program's"}),
        )
        .ok()
        .str("/id");
    program.get(&format!("/v1/resources/{page}")).ok();
    let rows = json!({"rows": [{"email": "of.program@client.test", "role": "client"}]});
    let job = program.post(&team.path("/invitations/bulk"), &rows).ok().str("/job_id");
    program.get(&format!("/v1/jobs/{job}")).ok();
    program.with_header("usher-actor", &owner).post(&team.path("/workspaces"), &json!({"name": "Hers"})).ok();
}

fn check(program: &mut Client, team: &mut Team, member: &str, permission: &str) -> Value {
    let workspace = team.workspace();
    let body = json!({"member_id": member, "workspace_id": workspace, "permission": permission});
    program.post("/v1/check", &body).ok().json()
}

#[test]
fn a_key_is_shown_once_and_then_only_its_last_letters_are() {
    let mut team = Team::new();
    let body = json!({"name": "Backend", "scopes": ["access:check", "members:read", "access:check"]});
    let made = team.owner.post(&team.path("/api-keys"), &body).ok();
    assert_eq!(made.status, 201);
    let secret = made.str("/secret");
    assert!(secret.starts_with("usher_") && secret.len() == 49, "{secret}");
    let shown = made.json();
    assert_eq!(shown["scopes"], json!(["access:check", "members:read"]));
    assert_eq!(shown["created_by"], team.member("olga.owner@studio.test"));
    assert_eq!(shown["last_used_at"], Value::Null);
    assert_eq!(shown["revoked_at"], Value::Null);
    let hint = shown["hint"].as_str().unwrap();
    assert!(secret.ends_with(hint) && hint.len() == 4);
    let listed = team.owner.get(&team.path("/api-keys")).ok();
    assert!(!listed.text().contains(&secret));
    let mut without = shown.clone();
    without.as_object_mut().unwrap().remove("secret");
    assert_eq!(listed.json()["data"], json!([without]));
    assert!(!team.world.state().database.borrow().dump().contains(&secret));
}

/// What outlives the session that made it is not for whoever found a browser that was left open.
#[test]
fn whoever_signed_in_a_while_ago_types_their_password_to_make_a_key() {
    let mut team = Team::new();
    team.world.pass(std::time::Duration::from_mins(6));
    let path = team.path("/api-keys");
    let mut body = json!({"name": "Backend", "scopes": ["access:check"]});
    assert_eq!(
        complaint(&team.owner.post(&path, &body)),
        about(403, "reauthentication_required", "/password")
    );
    body["password"] = json!("not this one at all");
    assert_eq!(complaint(&team.owner.post(&path, &body)), about(401, "invalid_credentials", "/password"));
    assert_eq!(team.world.count("SELECT count(*) FROM api_keys"), 0);
    body["password"] = json!(PASSWORD);
    assert_eq!(team.owner.post(&path, &body).status, 201);
}

#[test]
fn what_can_not_be_a_key_is_refused_at_its_place() {
    let mut team = Team::new();
    for (body, code, pointer) in [
        (json!({"scopes": ["access:check"]}), "required", "/name"),
        (json!({"name": "", "scopes": ["access:check"]}), "invalid_value", "/name"),
        (json!({"name": "Backend", "scopes": []}), "invalid_value", "/scopes"),
        (json!({"name": "Backend", "scopes": ["access:check", "everything"]}), "invalid_value", "/scopes/1"),
        (json!({"name": "Backend", "scopes": "access:check"}), "invalid_type", "/scopes"),
        (json!({"name": "Backend", "scopes": ["access:check"], "expires": 1}), "unknown_field", "/expires"),
    ] {
        let made = team.owner.post(&team.path("/api-keys"), &body);
        assert_eq!(complaint(&made), about(422, code, pointer), "{body}");
    }
    assert_eq!(team.world.count("SELECT count(*) FROM api_keys"), 0);
}

#[test]
fn a_key_that_is_revoked_is_one_that_nobody_has() {
    let mut team = Team::new();
    let mut program = any_program(&team);
    program.get(&team.path("/members")).ok();
    let id = team.owner.get(&team.path("/api-keys")).ok().str("/data/0/id");
    assert_eq!(team.owner.delete(&team.path(&format!("/api-keys/{id}"))).status, 204);
    for path in [team.path("/members"), team.path("/invitations"), team.path("")] {
        assert_eq!(program.get(&path).refusal(), refusal(401, "unauthenticated"), "{path}");
    }
    assert!(team.owner.get(&team.path("/api-keys")).ok().json()["data"][0]["revoked_at"].is_string());
    // Once more is no error, and no second entry.
    assert_eq!(team.owner.delete(&team.path(&format!("/api-keys/{id}"))).status, 204);
    let log: Vec<String> = audited(&team, &id).into_iter().map(|(action, _)| action).collect();
    assert_eq!(log, ["api_key.created", "api_key.revoked"]);
}

#[test]
fn its_use_is_noted_to_the_day() {
    let team = Team::new();
    let mut program = any_program(&team);
    let (mut owner, path) = (team.owner.clone(), team.path("/api-keys"));
    let mut used = || owner.get(&path).ok().json()["data"][0]["last_used_at"].clone();
    assert_eq!(used(), Value::Null);
    program.get(&team.path("/members")).ok();
    let today = used();
    assert!(today.as_str().unwrap().ends_with("T00:00:00.000Z"), "{today}");
    program.get(&team.path("/members")).ok();
    assert_eq!(used(), today);
}

#[test]
fn a_key_does_what_its_scopes_say_and_says_which_one_it_lacks() {
    let team = Team::new();
    let mut program = program(&team, &["members:read"]);
    program.get(&team.path("/members")).ok();
    let body = json!({"kind": "email", "role": "client", "email": "ana@client.test"});
    let answer = program.post(&team.path("/invitations"), &body);
    assert_eq!(answer.refusal(), refusal(403, "insufficient_scope"));
    assert!(answer.str("/detail").contains("invitations:write"), "{}", answer.text());
    assert_eq!(team.world.count("SELECT count(*) FROM invitations WHERE email_key = 'ana@client.test'"), 0);
}

#[test]
fn a_key_is_its_own_organizations() {
    let team = Team::new();
    let mut other = another(&team.world);
    let mut program = any_program(&team);
    let theirs = other.invited("ana@client.test", "client");
    for path in [other.path("/members"), other.path(""), format!("/v1/invitations/{theirs}")] {
        assert_eq!(program.get(&path).refusal(), refusal(404, "not_found"), "{path}");
    }
    let id = team.world.operator().get(&team.path("/api-keys")).ok().str("/data/0/id");
    let path = other.path(&format!("/api-keys/{id}"));
    assert_eq!(other.owner.delete(&path).refusal(), refusal(404, "not_found"));
    program.get(&team.path("/members")).ok();
}

/// As an admin: whom an admin may not invite, it may not.
#[test]
fn without_an_actor_it_is_what_an_admin_is() {
    let mut team = Team::new();
    team.joined("ada.admin@studio.test", "admin");
    let mut program = any_program(&team);
    let path = team.path("/invitations");
    let owner = json!({"kind": "email", "role": "owner", "email": "new@studio.test"});
    assert_eq!(program.post(&path, &owner).refusal(), refusal(403, "role_not_allowed"));
    let owner = team.member("olga.owner@studio.test");
    let removal = program.delete(&format!("/v1/members/{owner}"));
    assert_eq!(removal.refusal(), refusal(409, "last_owner"));
    let policy = json!({"policy": {"invites": {"admin": ["client"]}}});
    assert_eq!(program.patch(&team.path(""), &policy).status, 403, "which only the owner says");
    team.owner.patch(&team.path(""), &policy).ok();
    let admin = json!({"kind": "email", "role": "admin", "email": "new@studio.test"});
    assert_eq!(program.post(&path, &admin).refusal(), refusal(403, "role_not_allowed"));
    let client = json!({"kind": "email", "role": "client", "email": "new@studio.test"});
    program.post(&path, &client).ok();
}

#[test]
fn what_it_does_is_in_the_log_under_its_own_name_and_nobody_invited() {
    let mut team = Team::new();
    let mut program = any_program(&team);
    let key = team.owner.get(&team.path("/api-keys")).ok().str("/data/0/id");
    let body = json!({"kind": "email", "role": "client", "email": "ana@client.test"});
    let made = program.post(&team.path("/invitations"), &body).ok();
    assert_eq!(made.json()["invited_by"], Value::Null);
    let log = team.owner.get(&team.path(&format!("/audit?actor={key}"))).ok().json();
    assert_eq!(log["data"][0]["action"], "invitation.created");
    assert_eq!(log["data"][0]["actor"], key.as_str());
    team.world.deliver();
    let mail = team.world.mailbox();
    let text = mail.last().unwrap()["text"].as_str().unwrap();
    assert!(text.contains("Example Studio"), "{text}");
    let token = team.world.mailed_token("ana@client.test");
    team.world.client().accept(&token, "Ana Client").ok();
}

/// Everything an admin does to members, workspaces and resources, a program does.
#[test]
fn it_places_people_and_registers_what_they_work_on() {
    let mut team = Team::of("client-links");
    let mut program = any_program(&team);
    let body = json!({"email": "bo@client.test", "name": "Bo Client", "role": "client", "notify": false});
    program.post(&team.path("/members"), &body).ok();
    team.joined("ana@client.test", "client");
    let ana = team.member("ana@client.test");
    let second = program.post(&team.path("/workspaces"), &json!({"name": "Second"})).ok().str("/id");
    program.patch(&format!("/v1/workspaces/{second}"), &json!({"name": "Second one"})).ok();
    program.post(&format!("/v1/workspaces/{second}/members"), &json!({"member_id": ana})).ok();
    let path = format!("/v1/workspaces/{second}/resources");
    let page =
        program.post(&path, &json!({"kind": "facebook", "name": "A page", "external_id": "fb-1"})).ok();
    assert_eq!(page.json()["connected_by"], Value::Null);
    let again = program.post(&path, &json!({"kind": "facebook", "name": "A page", "external_id": "fb-1"}));
    assert_eq!(again.refusal(), refusal(409, "resource_exists"));
    let page = page.str("/id");
    for act in ["disconnect", "reconnect"] {
        program.post(&format!("/v1/resources/{page}/{act}"), &json!({})).ok();
    }
    let access = json!({"access": {"resources": [{"id": page}]}});
    program.patch(&format!("/v1/workspaces/{second}/members/{ana}"), &access).ok();
    assert_eq!(program.delete(&format!("/v1/resources/{page}")).status, 204);
    program.patch(&format!("/v1/members/{ana}"), &json!({"name": "Ana C."})).ok();
    let rows = json!({"rows": [{"email": "bea@client.test", "role": "client"}]});
    let job = program.post(&team.path("/invitations/bulk"), &rows).ok().str("/job_id");
    team.world.deliver();
    let done = program.get(&format!("/v1/jobs/{job}")).ok().json();
    assert_eq!(done["data"][0]["outcome"], "created", "{done}");
    assert_eq!(program.post(&format!("/v1/jobs/{job}/undo"), &json!({})).ok().json()["revoked"], 1);
    let gone = program.post(&team.path("/members/remove"), &json!({"member_ids": [ana]})).ok();
    assert_eq!(gone.json()["data"][0]["outcome"], "removed", "{}", gone.text());
}

/// V21: the effective right is what both the key and the member may.
#[test]
fn with_an_actor_it_has_their_role_and_their_ceiling() {
    let mut team = Team::of("reporting");
    team.joined("mia.member@studio.test", "member");
    let mia = team.member("mia.member@studio.test");
    let mut as_mia = any_program(&team).with_header("usher-actor", &mia);
    let seen = as_mia.get(&team.path("/workspaces")).ok().json();
    assert_eq!(ids(&seen).len(), 1);
    let admin = json!({"kind": "email", "role": "admin", "email": "new@studio.test"});
    assert_eq!(as_mia.post(&team.path("/invitations"), &admin).refusal(), refusal(403, "role_not_allowed"));
    assert_eq!(as_mia.get(&team.path("/audit")).refusal(), refusal(403, "forbidden"));
    let client = json!({"kind": "email", "role": "client", "email": "ana@client.test"});
    let made = as_mia.post(&team.path("/invitations"), &client).ok();
    assert_eq!(made.json()["invited_by"], mia.as_str(), "it is theirs");
    // And what the member may, the key may only with the scope for it.
    let mut narrow = program(&team, &["members:read"]).with_header("usher-actor", &mia);
    let refused = narrow.post(&team.path("/invitations"), &client);
    assert_eq!(refused.refusal(), refusal(403, "insufficient_scope"));
}

/// An entry names the member; that it was a program, and which, stands beside it.
#[test]
fn what_a_key_does_in_somebodys_name_is_told_with_the_key() {
    let mut team = Team::of("reporting");
    team.joined("mia.member@studio.test", "member");
    let mia = team.member("mia.member@studio.test");
    let program = any_program(&team);
    let key = team.owner.get(&team.path("/api-keys")).ok().str("/data/0/id");
    let client = json!({"kind": "email", "role": "client", "email": "ana@client.test"});
    team.world.pass(std::time::Duration::from_secs(1));
    program.clone().with_header("usher-actor", &mia).post(&team.path("/invitations"), &client).ok();
    let newest =
        |team: &mut Team| team.owner.get(&team.path("/audit?limit=1")).ok().json()["data"][0].clone();
    let entry = newest(&mut team);
    assert_eq!((entry["actor"].as_str(), entry["key_id"].as_str()), (Some(mia.as_str()), Some(key.as_str())));
    let slug = team.owner.get(&team.path("")).ok().str("/slug");
    let page = team.owner.get(&format!("/o/{slug}/activity")).ok().text();
    assert!(page.contains("(by the API key Backend)"), "{page}");
    // In its own name the key is the actor.
    team.world.pass(std::time::Duration::from_secs(1));
    program.clone().post(&team.path("/workspaces"), &json!({"name": "Second"})).ok();
    let entry = newest(&mut team);
    assert_eq!((entry["actor"].as_str(), entry["key_id"].as_str()), (Some(key.as_str()), None));
}

#[test]
fn an_actor_is_an_active_member_of_the_keys_organization_or_nobody() {
    let mut team = Team::new();
    let mut other = another(&team.world);
    let foreign = other.member("oscar.owner@other.test");
    team.joined("gone@studio.test", "admin");
    let gone = team.member("gone@studio.test");
    remove(&team, "gone@studio.test");
    for actor in [foreign.as_str(), gone.as_str(), "mbr_01h455vb4pex5vsknk084sn02q", "olga", ""] {
        // An empty header is as none, and nobody is then named.
        let expected = if actor.is_empty() { refusal(200, "") } else { refusal(403, "unknown_actor") };
        let mut program = any_program(&team).with_header("usher-actor", actor);
        assert_eq!(program.get(&team.path("/members")).refusal(), expected, "{actor}");
    }
}

/// V20: an admin who makes keys is no owner by them.
#[test]
fn a_key_acts_for_the_owner_only_if_they_or_the_operator_made_it() {
    let mut team = Team::new();
    let mut ada = team.joined("ada.admin@studio.test", "admin");
    let owner = team.member("olga.owner@studio.test");
    let body = json!({"name": "Backend", "scopes": ["organizations:write", "members:read"]});
    let with_key_of = |maker: &mut Client| {
        let key = maker.post(&team.path("/api-keys"), &body).ok().str("/secret");
        team.world.client().bearer(&key).with_header("usher-actor", &owner)
    };
    let path = team.path("");
    let rules = json!({"policy": {"invites": {"admin": ["admin", "member", "client"]}}});
    let mut of_ada = with_key_of(&mut ada);
    assert_eq!(of_ada.patch(&path, &rules).refusal(), refusal(403, "unknown_actor"));
    let mut owners = team.owner.clone();
    assert_eq!(with_key_of(&mut owners).patch(&path, &rules).status, 200);
    let mut operator = team.world.operator();
    assert_eq!(with_key_of(&mut operator).get(&team.path("/members")).status, 200);
}

/// The header is a program's: a person is who they are.
#[test]
fn a_session_acts_for_nobody_else() {
    let mut team = Team::new();
    let olga = team.member("olga.owner@studio.test");
    let mut mia = team.joined("mia.member@studio.test", "client").with_header("usher-actor", &olga);
    assert_eq!(mia.get(&team.path("/audit")).refusal(), refusal(403, "forbidden"));
}

#[test]
fn a_check_is_answered_of_anybody_in_the_organization() {
    let mut team = Team::new();
    let workspace = team.workspace();
    let page = resource(&team, &workspace, "facebook");
    team.joined("ana@client.test", "client");
    let ana = team.member("ana@client.test");
    let mut program = program(&team, &["access:check"]);
    assert_eq!(check(&mut program, &mut team, &ana, "compose")["allowed"], false);
    let owner = team.member("olga.owner@studio.test");
    assert_eq!(check(&mut program, &mut team, &owner, "compose")["allowed"], true);
    let body =
        json!({"member_id": ana, "workspace_id": workspace, "permission": "compose", "resource_id": page});
    program.post("/v1/check", &body).ok();
    // What is wrong with a question is told to a key, and to nothing that only looks like one.
    assert_eq!(program.post("/v1/check", &json!({})).status, 422);
    let mut made_up = team.world.client().bearer(&format!("usher_{}", "A".repeat(43)));
    assert_eq!(made_up.post("/v1/check", &json!({})).refusal(), refusal(401, "unauthenticated"));
}

/// A key of somebody who was removed stays the organization's, and one who is no admin any more revokes none.
#[test]
fn keys_outlive_whoever_made_them() {
    let mut team = Team::new();
    let mut ada = team.joined("ada.admin@studio.test", "admin");
    let body = json!({"name": "Backend", "scopes": ["members:read"]});
    let key = ada.post(&team.path("/api-keys"), &body).ok().str("/secret");
    remove(&team, "ada.admin@studio.test");
    team.world.client().bearer(&key).get(&team.path("/members")).ok();
    assert_eq!(ada.get(&team.path("/api-keys")).refusal(), refusal(404, "not_found"));
}

/// What a job of a program's has not made when its key is revoked, it doesn't make.
#[test]
fn what_a_revoked_key_asked_for_is_made_no_more() {
    let mut team = Team::new();
    let mut program = any_program(&team);
    let rows = json!({"rows": [{"email": "bea@client.test", "role": "client"}]});
    let job = program.post(&team.path("/invitations/bulk"), &rows).ok().str("/job_id");
    let id = team.owner.get(&team.path("/api-keys")).ok().str("/data/0/id");
    team.owner.delete(&team.path(&format!("/api-keys/{id}"))).ok();
    team.world.deliver();
    let done = team.owner.get(&format!("/v1/jobs/{job}")).ok().json();
    assert_eq!(done["data"][0]["problem"]["code"], "forbidden", "{done}");
}

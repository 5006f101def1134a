//! Resources: who adds which, and who sees them.

use serde_json::{Value, json};

use crate::support::World;
use crate::support::client::{Answer, Client, Team};
use crate::support::platform::Cost;
use crate::{about, another, complaint, ids, refusal};

pub const ANA: &str = "ana.client@client.test";

pub fn list_path(workspace: &str) -> String {
    format!("/v1/workspaces/{workspace}/resources")
}

pub fn add(by: &mut Client, workspace: &str, kind: &str, external_id: Option<&str>) -> Answer {
    by.world().pass(std::time::Duration::from_secs(1));
    let body = json!({"kind": kind, "name": format!("A {kind} page"), "external_id": external_id});
    by.post(&list_path(workspace), &body)
}

pub fn act(by: &mut Client, resource: &str, action: &str) -> Answer {
    by.post(&format!("/v1/resources/{resource}/{action}"), &json!({}))
}

/// A team of this template, its first workspace, and a client there with this access.
pub fn with_client(template: &str, access: &Value) -> (Team, String, Client) {
    let mut team = Team::of(template);
    let workspace = team.workspace();
    let ana = team.joined_with(ANA, "client", json!({"access": access}));
    (team, workspace, ana)
}

/// Everything that resources do, for whoever looks at the statements that it takes.
pub fn use_all(world: &World) {
    let body = json!({
        "name": "Links", "template": "client-links", "owner": {"email": "lena.owner@links.test", "name": "Lena"},
    });
    let organization = world.operator().post("/v1/organizations", &body).ok().str("/id");
    let mut owner = world.client();
    owner.join("lena.owner@links.test", "Lena Owner").ok();
    let mut team = Team { world: world.clone(), organization, owner };
    let workspace = team.workspace();
    let access = json!({"access": {"addable_kinds": ["facebook"]}});
    let mut ana = team.joined_with("ana@links.test", "client", access);
    let resource = add(&mut ana, &workspace, "facebook", Some("1")).ok().str("/id");
    add(&mut team.owner, &workspace, "facebook", Some("1"));
    for person in [&mut ana, &mut team.owner] {
        person.get(&format!("{}?kind=facebook", list_path(&workspace))).ok();
        act(person, &resource, "disconnect").ok();
        act(person, &resource, "reconnect").ok();
        person.delete(&format!("/v1/resources/{resource}"));
    }
}

#[test]
fn a_resource_is_added_and_shown() {
    let mut team = Team::of("client-links");
    let workspace = team.workspace();
    let owner = team.member("olga.owner@studio.test");
    let body = json!({"kind": "facebook", "name": "Example Studio", "external_id": "fb:1234"});
    let made = team.owner.post(&list_path(&workspace), &body).ok();
    assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 0 });
    assert_eq!(made.status, 201);
    let made = made.json();
    let expected = json!({
        "id": made["id"], "workspace_id": workspace, "kind": "facebook", "name": "Example Studio",
        "external_id": "fb:1234", "connected_by": owner, "status": "connected",
        "created_at": team.world.now().to_string(), "disconnected_at": null,
    });
    assert_eq!(made, expected);
    let path = format!("/v1/resources/{}", made["id"].as_str().unwrap());
    assert_eq!(team.owner.get(&path).ok().json(), made);
    assert_eq!(team.owner.get(&list_path(&workspace)).ok().json()["data"], json!([made]));
}

#[test]
fn each_field_is_refused_at_its_place() {
    let mut team = Team::of("client-links");
    let workspace = team.workspace();
    for (change, code, pointer) in [
        (json!({"kind": "campaign"}), "invalid_value", "/kind"),
        (json!({"kind": 7}), "invalid_type", "/kind"),
        (json!({"name": ""}), "invalid_value", "/name"),
        (json!({"external_id": ""}), "invalid_value", "/external_id"),
        (json!({"external_id": " fb"}), "invalid_value", "/external_id"),
        (json!({"external_id": "a\nb"}), "invalid_value", "/external_id"),
        (json!({"external_id": "x".repeat(201)}), "invalid_value", "/external_id"),
        (json!({"external_id": 7}), "invalid_type", "/external_id"),
        (json!({"status": "connected"}), "unknown_field", "/status"),
    ] {
        let mut body = json!({"kind": "facebook", "name": "A page"});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(
            complaint(&team.owner.post(&list_path(&workspace), &body)),
            about(422, code, pointer),
            "{change}"
        );
    }
    let unknown = team.owner.get(&format!("{}?kind=campaign", list_path(&workspace)));
    assert_eq!(complaint(&unknown), about(422, "invalid_value", "?kind"));
    assert_eq!(team.world.count("SELECT count(*) FROM resources"), 0);
    assert_eq!(team.world.count("SELECT count(*) FROM audit_events WHERE action LIKE 'resource.%'"), 0);
}

#[test]
fn a_workspace_has_a_thing_of_the_host_product_once_and_names_it_to_those_who_may_see_it() {
    let access = json!({"addable_kinds": ["facebook"]});
    let (mut team, workspace, mut ana) = with_client("client-links", &access);
    let first = add(&mut team.owner, &workspace, "facebook", Some("1")).ok().str("/id");
    let again = add(&mut team.owner, &workspace, "facebook", Some("1"));
    assert_eq!(again.refusal(), refusal(409, "resource_exists"));
    assert_eq!(again.str("/resource_id"), first);
    let hidden = add(&mut ana, &workspace, "facebook", Some("1"));
    assert_eq!(hidden.refusal(), refusal(409, "resource_exists"));
    assert_eq!(hidden.json().get("resource_id"), None, "it was not given to her");
    // Another kind, another workspace, or no external id is another thing; and so it is once the first is gone.
    add(&mut team.owner, &workspace, "instagram", Some("1")).ok();
    add(&mut team.owner, &workspace, "facebook", None).ok();
    add(&mut team.owner, &workspace, "facebook", None).ok();
    let second = team.owner.post(&team.path("/workspaces"), &json!({"name": "Second"})).ok().str("/id");
    add(&mut team.owner, &second, "facebook", Some("1")).ok();
    team.owner.delete(&format!("/v1/resources/{first}")).ok();
    assert_ne!(add(&mut team.owner, &workspace, "facebook", Some("1")).ok().str("/id"), first);
}

#[test]
fn staff_add_any_kind_where_they_are_and_have_what_they_added() {
    let mut team = Team::of("client-links");
    let workspace = team.workspace();
    let mut mia = team.joined("mia.member@studio.test", "member");
    let added = add(&mut mia, &workspace, "linkedin", None).ok().str("/id");
    add(&mut team.owner, &workspace, "linkedin", None).ok();
    assert_eq!(ids(&mia.get(&list_path(&workspace)).ok().json()), [added]);
    let second = team.owner.post(&team.path("/workspaces"), &json!({"name": "Second"})).ok().str("/id");
    assert_eq!(add(&mut mia, &second, "linkedin", None).refusal(), refusal(404, "not_found"));
}

#[test]
fn a_client_adds_the_kinds_they_were_allowed_and_is_given_what_they_add() {
    let access = json!({"addable_kinds": ["facebook", "instagram"]});
    let (mut team, workspace, mut ana) = with_client("client-links", &access);
    let mine = add(&mut ana, &workspace, "facebook", Some("1")).ok().json();
    assert_eq!(mine["connected_by"], team.member(ANA));
    let refused = add(&mut ana, &workspace, "linkedin", None);
    assert_eq!(refused.refusal(), refusal(403, "kind_not_allowed"));
    let theirs = add(&mut team.owner, &workspace, "instagram", None).ok().str("/id");
    assert_eq!(ana.get(&list_path(&workspace)).ok().json()["data"], json!([mine]));
    assert_eq!(ana.get(&format!("/v1/resources/{theirs}")).refusal(), refusal(404, "not_found"));
    let grants = team.world.state().database.borrow().query("SELECT approve, credentials FROM grants");
    assert_eq!(grants, [json!({"approve": 0, "credentials": null})]);
}

#[test]
fn a_client_who_was_allowed_no_kind_adds_nothing() {
    let (_, workspace, mut ana) = with_client("client-links", &json!({}));
    let refused = add(&mut ana, &workspace, "facebook", None);
    assert_eq!(refused.refusal(), refusal(403, "kind_not_allowed"));
}

/// S2-13: whoever works with credentials adds an account with their own.
#[test]
fn what_is_added_by_somebody_who_works_with_credentials_uses_theirs() {
    let access = json!({"permissions": ["posts.write"], "addable_kinds": ["facebook"]});
    let (team, workspace, mut ana) = with_client("publishing", &access);
    add(&mut ana, &workspace, "facebook", None).ok();
    let grants = team.world.state().database.borrow().query("SELECT approve, credentials FROM grants");
    assert_eq!(grants, [json!({"approve": 0, "credentials": "member"})]);
}

#[test]
fn whoever_has_all_resources_sees_all_and_needs_no_grant_of_what_they_add() {
    let access = json!({"resources": "all", "addable_kinds": ["facebook"]});
    let (mut team, workspace, mut ana) = with_client("client-links", &access);
    let theirs = add(&mut team.owner, &workspace, "linkedin", None).ok().str("/id");
    let mine = add(&mut ana, &workspace, "facebook", None).ok().str("/id");
    assert_eq!(ids(&ana.get(&list_path(&workspace)).ok().json()), [mine, theirs.clone()]);
    ana.get(&format!("/v1/resources/{theirs}")).ok();
    assert_eq!(team.world.count("SELECT count(*) FROM grants"), 0);
}

/// S0-25, S3-10: a client who has nothing yet begins by adding something.
#[test]
fn a_client_who_needs_a_resource_to_come_in_may_add_their_first() {
    let access = json!({"addable_kinds": ["campaign"]});
    let (_, workspace, mut ana) = with_client("reporting", &access);
    let added = add(&mut ana, &workspace, "campaign", None).ok().str("/id");
    assert_eq!(ids(&ana.get(&list_path(&workspace)).ok().json()), [added]);
}

#[test]
fn resources_are_listed_newest_first_in_pages_and_by_kind() {
    let access = json!({"addable_kinds": ["facebook", "instagram"]});
    let (mut team, workspace, mut ana) = with_client("client-links", &access);
    let mut added: Vec<String> = (0..7)
        .map(|number| {
            let kind = if number % 2 == 0 { "facebook" } else { "instagram" };
            add(&mut ana, &workspace, kind, None).ok().str("/id")
        })
        .collect();
    added.reverse();
    for person in [&mut ana, &mut team.owner] {
        let path = format!("{}?limit=4", list_path(&workspace));
        let first = person.get(&path).ok().json();
        assert_eq!(ids(&first), added[..4]);
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = person.get(&format!("{path}&cursor={cursor}")).ok().json();
        assert_eq!((ids(&second), &second["next_cursor"]), (added[4..].to_vec(), &Value::Null));
        let kind = person.get(&format!("{}?kind=instagram", list_path(&workspace))).ok().json();
        assert_eq!(ids(&kind), [added[1].clone(), added[3].clone(), added[5].clone()]);
    }
}

#[test]
fn another_organizations_resource_is_nowhere() {
    let mut team = Team::of("client-links");
    let workspace = team.workspace();
    let id = add(&mut team.owner, &workspace, "facebook", None).ok().str("/id");
    let mut foreigner = another(&team.world).owner;
    let before = team.world.state().database.borrow().dump();
    for answer in [
        foreigner.get(&format!("/v1/resources/{id}")),
        foreigner.delete(&format!("/v1/resources/{id}")),
        act(&mut foreigner, &id, "disconnect"),
        foreigner.get(&list_path(&workspace)),
        foreigner.post(&list_path(&workspace), &json!({"kind": "facebook", "name": "Mine"})),
    ] {
        assert_eq!(answer.refusal(), refusal(404, "not_found"));
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

/// What somebody may add is asked in the write itself: what the owner allowed a moment ago is not enough.
#[test]
fn a_kind_that_was_taken_back_a_moment_ago_is_not_added() {
    use usher::domain::ids::{EventId, MemberId, ResourceId, WorkspaceId};
    use usher::domain::text::Name;
    use usher::platform::Database;
    use usher::store::audit::Entry;
    use usher::store::resources::{self, New};

    use crate::support::platform::{Native, block_on};

    let access = json!({"addable_kinds": ["facebook"]});
    let (mut team, workspace, _) = with_client("client-links", &access);
    let ana: MemberId = team.member(ANA).parse().unwrap();
    let name = Name::parse("A page").unwrap();
    let now = team.world.now();
    let claimed = |number: u8| {
        let new = New {
            id: ResourceId::new(now, [number; 10]),
            workspace: workspace.parse::<WorkspaceId>().unwrap(),
            kind: "facebook",
            name: &name,
            external_id: None,
            credentials: None,
        };
        let entry = Entry {
            id: EventId::new(now, [number; 10]),
            at: now,
            actor: ana.to_string(),
            request_id: "req".to_owned(),
        };
        let mut batch = vec![resources::claim_new(&entry, &new)];
        batch.extend(resources::insert(entry.id, &new));
        block_on(Native::new(team.world.clone()).batch(batch)).unwrap()[0].any()
    };
    assert!(claimed(1));
    team.world.state().database.borrow().change("UPDATE memberships SET addable_kinds = '[]'");
    assert!(!claimed(2));
    team.world
        .state()
        .database
        .borrow()
        .change("UPDATE memberships SET addable_kinds = '[\"facebook\"]', require_mfa = 1");
    assert!(!claimed(3));
    team.world.state().database.borrow().change("UPDATE memberships SET require_mfa = 0");
    assert!(claimed(4));
    crate::remove(&team, ANA);
    assert!(!claimed(5));
    assert_eq!(team.world.count("SELECT count(*) FROM resources"), 2);
    assert_eq!(team.world.count("SELECT count(*) FROM grants"), 2);
}

#[test]
fn a_workspace_has_a_thousand_resources_and_nobody_adds_one_more() {
    let (mut team, workspace, mut ana) = with_client("client-links", &json!({"addable_kinds": ["facebook"]}));
    team.world.state().database.borrow().change(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
         INSERT INTO resources (id, organization_id, workspace_id, kind, name, created_at)
         SELECT 'res_01m801z5r2ftps8vbbk' || printf('%07d', i), '{}', '{workspace}', 'facebook', 'p', 0 FROM n",
        team.organization
    ));
    let last = add(&mut ana, &workspace, "facebook", Some("last")).ok().str("/id");
    let before = team.world.state().database.borrow().dump();
    for by in [&mut ana, &mut team.owner] {
        assert_eq!(add(by, &workspace, "facebook", None).refusal(), refusal(409, "too_many_resources"));
    }
    assert_eq!(
        add(&mut ana, &workspace, "facebook", Some("last")).refusal(),
        refusal(409, "resource_exists")
    );
    assert_eq!(add(&mut ana, &workspace, "linkedin", None).refusal(), refusal(403, "kind_not_allowed"));
    assert_eq!(team.world.state().database.borrow().dump(), before, "and nothing of it is noted");
    let second = crate::support::scene::workspace(&team, "Second");
    add(&mut team.owner, &second, "facebook", None).ok();
    team.owner.delete(&format!("/v1/resources/{last}")).ok();
    add(&mut ana, &workspace, "facebook", None).ok();
}

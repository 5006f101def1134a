//! Whoever is removed, given another role or taken out of a workspace between what their request reads and what it writes
//! has done nothing by it: it is answered as if it had come a moment later.

use http::Method;
use serde_json::{Value, json};

use crate::overtaking::between_read_and_write;
use crate::support::client::{Answer, Client, Team};
use crate::support::platform::block_on;
use crate::support::scene;
use crate::{about, complaint, refusal};

const ADA: &str = "ada.admin@studio.test";
const ANA: &str = "ana@client.test";
const TOM: &str = "tom@studio.test";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nsome pixels";

/// A request: method, path, body; an empty body is none.
type Asked = (Method, String, Vec<u8>);

fn asked(method: Method, path: String, body: &Value) -> Asked {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    (method, path, body)
}

fn request(by: &Client, (method, path, body): &Asked) -> http::Request<bytes::Bytes> {
    let content_type = match body.first() {
        None => None,
        Some(b'{') => Some("application/json"),
        Some(_) => Some("image/png"),
    };
    by.request(method, path, content_type, body.clone())
}

/// Everything that somebody could have changed by what is asked here. Of whoever is removed or moved themselves, nothing.
fn stored(team: &Team, but: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    for (table, which) in [
        ("organizations", "id, name, policy, logo_hash"),
        ("invitations", "*"),
        ("invitation_workspaces", "*"),
        ("workspaces", "*"),
        ("resources", "*"),
        ("jobs", "*"),
        ("bulk_imports", "*"),
        ("bulk_rows", "*"),
        ("logos", "*"),
        ("users", "id, email, password_hash"),
    ] {
        rows.extend(team.world.state().database.borrow().query(&format!("SELECT {which} FROM {table}")));
    }
    for (table, id) in [("members", "id"), ("memberships", "member_id"), ("grants", "member_id")] {
        let sql = format!("SELECT * FROM {table} WHERE {id} <> '{but}'");
        rows.extend(team.world.state().database.borrow().query(&sql));
    }
    rows.extend(
        team.world
            .state()
            .database
            .borrow()
            .query(&format!("SELECT * FROM audit_events WHERE actor = '{but}'")),
    );
    rows
}

/// Lets `fast` come between what `slow` reads and writes; nothing may be written by `slow`.
#[track_caller]
fn overtaken(team: &mut Team, by: &mut Client, who: &str, slow: &Asked, fast: &Asked) -> (u16, String) {
    let before = stored(team, who);
    let reply = between_read_and_write(&team.world, request(by, slow), request(&team.owner, fast));
    let answer = by.receive(reply);
    assert_eq!(stored(team, who), before, "{} {} {}", slow.0, slow.1, answer.text());
    answer.refusal()
}

/// An organization where there is something to do for an admin: everything that one may do, in an order in which it can be
/// done one after the other.
struct Scene {
    team: Team,
    ada: Client,
    id: String,
    everything: Vec<Asked>,
}

impl Scene {
    fn new() -> Self {
        let mut team = Team::of("reporting");
        let ada = team.joined(ADA, "admin");
        let id = team.member(ADA);
        let (organization, workspace) = (team.path(""), team.workspace());
        let second = scene::workspace(&team, "Second");
        let pending = team.invited("pending@studio.test", "member");
        let link = json!({"kind": "link", "role": "client"});
        let on = team.owner.post(&team.path("/invitations"), &link).ok().str("/id");
        let off = team.owner.post(&team.path("/invitations"), &link).ok().str("/id");
        team.owner.post(&format!("/v1/invitations/{off}/disable"), &json!({})).ok();
        let added = team.add(ANA, "client", json!({})).ok().str("/id");
        team.joined(TOM, "client");
        let tom = team.member(TOM);
        let in_use = scene::resource(&team, &workspace, "campaign");
        let unused = scene::resource(&team, &workspace, "campaign");
        team.owner.post(&format!("/v1/resources/{unused}/disconnect"), &json!({})).ok();
        let rows = json!({"rows": [{"email": "bulk@client.test", "role": "client"}]});
        let job = team.owner.post(&team.path("/invitations/bulk"), &rows).ok().str("/job_id");
        team.owner
            .send(&Method::PUT, &team.path("/logo"), Some("image/png"), b"\x89PNG\r\n\x1a\nold".into())
            .ok();

        let post = |path: String, body: Value| asked(Method::POST, path, &body);
        let patch = |path: String, body: Value| asked(Method::PATCH, path, &body);
        let of = |what: &str| format!("/v1/invitations/{pending}{what}");
        let everything = vec![
            post(
                format!("{organization}/invitations"),
                json!({"kind": "email", "role": "member", "email": "evil@studio.test"}),
            ),
            post(format!("{organization}/invitations"), link),
            post(
                format!("{organization}/members"),
                json!({"email": "worse@studio.test", "name": "Worse", "role": "member", "notify": true}),
            ),
            post(format!("{organization}/invitations/bulk"), rows),
            post(format!("/v1/jobs/{job}/undo"), json!({})),
            post(of("/resend"), json!({})),
            post(of("/link"), json!({})),
            patch(of(""), json!({"email": "mine@studio.test"})),
            patch(of(""), json!({"nickname": "Mine"})),
            post(of("/revoke"), json!({})),
            post(format!("/v1/invitations/{on}/rotate"), json!({})),
            post(format!("/v1/invitations/{on}/disable"), json!({})),
            post(format!("/v1/invitations/{off}/enable"), json!({})),
            post(format!("/v1/members/{added}/password-link"), json!({})),
            patch(format!("/v1/members/{tom}"), json!({"role": "member"})),
            patch(organization.clone(), json!({"name": "Mine"})),
            (Method::PUT, format!("{organization}/logo"), PNG.to_vec()),
            asked(Method::DELETE, format!("{organization}/logo"), &Value::Null),
            post(format!("{organization}/workspaces"), json!({"name": "Mine"})),
            patch(format!("/v1/workspaces/{workspace}"), json!({"name": "Mine"})),
            post(format!("/v1/workspaces/{second}/members"), json!({"member_id": tom})),
            patch(
                format!("/v1/workspaces/{workspace}/members/{tom}"),
                json!({"access": {"resources": "all"}}),
            ),
            asked(Method::DELETE, format!("/v1/workspaces/{workspace}/members/{tom}"), &Value::Null),
            post(
                format!("/v1/workspaces/{workspace}/resources"),
                json!({"kind": "campaign", "name": "Mine"}),
            ),
            post(format!("/v1/resources/{in_use}/disconnect"), json!({})),
            post(format!("/v1/resources/{unused}/reconnect"), json!({})),
            asked(Method::DELETE, format!("/v1/resources/{in_use}"), &Value::Null),
            asked(Method::DELETE, format!("/v1/members/{tom}"), &Value::Null),
        ];
        Self { team, ada, id, everything }
    }
}

/// With nobody in between each of them is done: what the tests below refuse is refused for nothing else.
#[test]
fn an_admin_who_stays_one_does_it_all() {
    let Scene { team, mut ada, id, everything } = Scene::new();
    for asked in everything {
        let before = stored(&team, &id);
        let reply = block_on(team.world.app().handle(request(&ada, &asked)));
        ada.receive(reply).ok();
        assert_ne!(stored(&team, &id), before, "{} {}", asked.0, asked.1);
    }
}

/// What each of them answers whom this overtakes. Then it is undone, so that the next finds everything as it was.
fn told(happening: impl Fn(&str) -> Asked) -> Vec<(String, (u16, String))> {
    let Scene { mut team, mut ada, id, everything } = Scene::new();
    let mut answers = Vec::new();
    for slow in everything {
        let answer = overtaken(&mut team, &mut ada, &id, &slow, &happening(&id));
        answers.push((format!("{} {}", slow.0, slow.1), answer));
        let sql = format!("UPDATE members SET role = 'admin', removed_at = NULL WHERE id = '{id}'");
        team.world.state().database.borrow().change(&sql);
    }
    answers
}

#[test]
fn an_admin_who_is_removed_in_between_has_done_nothing() {
    let removed = |id: &str| asked(Method::DELETE, format!("/v1/members/{id}"), &Value::Null);
    for (what, answer) in told(removed) {
        assert!(
            [refusal(404, "not_found"), refusal(403, "forbidden")].contains(&answer),
            "{what}: {answer:?}"
        );
    }
}

#[test]
fn an_admin_who_is_given_another_role_in_between_has_done_nothing() {
    let moved = |id: &str| asked(Method::PATCH, format!("/v1/members/{id}"), &json!({"role": "client"}));
    for (what, answer) in told(moved) {
        let forbidden = [refusal(403, "forbidden"), refusal(403, "kind_not_allowed")];
        assert!(forbidden.contains(&answer), "{what}: {answer:?}");
    }
}

#[test]
fn whoever_is_no_member_any_more_is_told_what_they_are_told_from_then_on() {
    let Scene { mut team, mut ada, id, everything } = Scene::new();
    let fast = asked(Method::DELETE, format!("/v1/members/{id}"), &Value::Null);
    let answer = overtaken(&mut team, &mut ada, &id, &everything[0], &fast);
    let (method, path, body) = &everything[0];
    let again: Answer = ada.send(method, path, Some("application/json"), body.clone());
    assert_eq!(answer, again.refusal());
    assert_eq!(answer, refusal(404, "not_found"));
}

/// Staff give access only where they are when it is written.
#[test]
fn staff_who_are_taken_out_of_a_workspace_in_between_give_nobody_access_there() {
    for what in 0..5 {
        let mut team = Team::of("reporting");
        let (first, second) = (team.workspace(), scene::workspace(&team, "Second"));
        let both = json!({"workspace_ids": [first, second], "access": {"resources": "all"}});
        let mut mia = team.joined_with("mia.member@studio.test", "member", both.clone());
        let id = team.member("mia.member@studio.test");
        team.joined_with(ANA, "client", json!({"workspace_ids": [first]}));
        team.joined_with(TOM, "client", both);
        let (ana, tom) = (team.member(ANA), team.member(TOM));
        let pending = team.invited("pending@client.test", "client");
        let there = json!([second]);
        let slow = match what {
            0 => asked(
                Method::POST,
                team.path("/invitations"),
                &json!({"kind": "email", "role": "client", "email": "evil@client.test", "workspace_ids": there}),
            ),
            1 => asked(
                Method::POST,
                team.path("/members"),
                &json!({"role": "client", "email": "evil@client.test", "name": "Evil", "notify": true,
                        "workspace_ids": there}),
            ),
            2 => asked(
                Method::POST,
                format!("/v1/workspaces/{second}/members"),
                &json!({"member_id": ana, "access": {"resources": "all"}}),
            ),
            3 => asked(
                Method::PATCH,
                format!("/v1/workspaces/{second}/members/{tom}"),
                &json!({"access": {"require_mfa": true}}),
            ),
            _ => asked(Method::PATCH, format!("/v1/invitations/{pending}"), &json!({"workspace_ids": there})),
        };
        let fast = asked(Method::DELETE, format!("/v1/workspaces/{second}/members/{id}"), &Value::Null);
        let answer = overtaken(&mut team, &mut mia, &id, &slow, &fast);
        assert_eq!(answer, refusal(403, "beyond_your_access"), "{} {}", slow.0, slow.1);
    }
}

/// What the owner set for admins, admins leave alone; whom members may invite is theirs to say.
#[test]
fn whom_admins_may_invite_only_the_owner_changes() {
    let mut team = Team::of("team");
    let mut ada = team.joined(ADA, "admin");
    let path = team.path("");
    let policy = |invites: Value| json!({"policy": {"invites": invites}});
    team.owner.patch(&path, &policy(json!({"admin": ["client"]}))).ok();
    for change in [
        policy(json!({"admin": ["admin", "member", "client"]})),
        policy(json!({"admin": null})),
        policy(json!({"admin": ["client"]})),
        policy(Value::Null),
        json!({"policy": null, "name": "Mine"}),
    ] {
        let before = team.world.state().database.borrow().dump();
        let answer = ada.patch(&path, &change);
        assert_eq!(answer.refusal(), refusal(403, "forbidden"), "{change}");
        assert!(answer.str("/detail").contains("for the owner to say"), "{}", answer.text());
        assert_eq!(team.world.state().database.borrow().dump(), before, "{change}");
    }
    assert_eq!(ada.invite(&team.organization, "bo@studio.test", "admin").status, 403);
    ada.patch(&path, &policy(json!({"member": ["client"]}))).ok();
    ada.patch(&path, &json!({"policy": {"send_email": false}, "name": "Studio"})).ok();
    team.owner.patch(&path, &policy(Value::Null)).ok();
    ada.patch(&path, &json!({"policy": {"send_email": null}})).ok();
    let again = ada.patch(&path, &json!({"policy": null})).ok().json();
    assert_eq!(again["policy"]["invites"]["admin"], json!(["admin", "member", "client"]), "nothing to clear");
}

#[test]
fn nobody_takes_from_the_owner_whom_they_may_invite() {
    let mut team = Team::of("team");
    let mut ada = team.joined(ADA, "admin");
    let path = team.path("");
    for row in [json!([]), json!(["client"]), json!(["admin", "member", "client"]), Value::Null] {
        let change = json!({"policy": {"invites": {"owner": row}}});
        let refused = about(422, "invalid_value", "/policy/invites/owner");
        assert_eq!(complaint(&team.owner.patch(&path, &change)), refused, "{change}");
        assert_eq!(complaint(&ada.patch(&path, &change)), refused, "{change}");
    }
}

/// An owner who hands the organization over while they set whom admins may invite is an admin when it is written.
#[test]
fn whom_admins_may_invite_is_claimed_by_who_is_the_owner_then() {
    let mut team = Team::of("team");
    team.joined(ADA, "admin");
    let (heir, owner) = (team.member(ADA), team.member("olga.owner@studio.test"));
    let mut olga = team.owner.clone();
    for invites in [json!({"admin": ["client"]}), json!({"admin": []})] {
        let slow = asked(Method::PATCH, team.path(""), &json!({"policy": {"invites": invites}}));
        let fast = asked(Method::POST, team.path("/owner"), &json!({"member_id": heir}));
        let reply = between_read_and_write(&team.world, request(&olga, &slow), request(&team.owner, &fast));
        assert_eq!(olga.receive(reply).refusal(), refusal(403, "forbidden"));
        assert_eq!(team.world.count("SELECT count(*) FROM organizations WHERE policy IS NOT NULL"), 0);
        team.world.state().database.borrow().change(&format!(
            "UPDATE members SET role = 'admin' WHERE id = '{heir}'; UPDATE members SET role = 'owner' WHERE id = '{owner}'"
        ));
    }
}

//! What each operation that changes who may do what leaves in the audit log: a table.

use std::time::Duration;

use serde_json::{Value, json};

use crate::audit::log;
use crate::support::client::{Client, PASSWORD, Team};
use crate::support::scene::{resource, workspace};
use crate::{accept_signed_in, copied_token, decline};

/// A publishing team with a client, a member, two workspaces and a page: where everything happens that changes who may do what.
struct Scene {
    team: Team,
    owner: String,
    first: String,
    second: String,
    page: String,
    ana: Client,
    ana_id: String,
    mia_id: String,
}

impl Scene {
    fn new() -> Self {
        let mut team = Team::of("publishing");
        let mut ana = team.joined("ana@client.test", "client");
        // By mail, so that Mia proved her address and may be the owner.
        team.joined("mia@studio.test", "member");
        let (owner, first) = (team.member("olga.owner@studio.test"), team.workspace());
        let second = workspace(&team, "Second");
        let page = resource(&team, &first, "facebook");
        let (ana_id, mia_id) = (team.member("ana@client.test"), team.member("mia@studio.test"));
        ana.get("/v1/me").ok();
        Self { team, owner, first, second, page, ana, ana_id, mia_id }
    }

    fn invite(&mut self, more: Value) -> String {
        let mut body = json!({"kind": "email", "role": "client"});
        let Value::Object(more) = more else { panic!("fields") };
        body.as_object_mut().unwrap().extend(more);
        self.team.owner.post(&self.team.path("/invitations"), &body).ok().str("/id")
    }

    fn bulk(&mut self, rows: &Value) -> String {
        let job = self.team.owner.post(&self.team.path("/invitations/bulk"), &json!({"rows": rows})).ok();
        self.team.world.deliver();
        job.str("/job_id")
    }

    fn invitation_of(&self, email: &str) -> String {
        let database = self.team.world.state().database.borrow();
        let rows = database.query(&format!("SELECT id FROM invitations WHERE email_key = '{email}'"));
        rows[0]["id"].as_str().unwrap().to_owned()
    }

    fn end(&self, hours: u64) -> String {
        self.team.world.now().plus(Duration::from_hours(hours)).whole_seconds().to_string()
    }

    fn grant(&self, approve: bool, credentials: Option<&str>) -> Value {
        json!({"id": self.page, "approve": approve, "credentials": credentials})
    }

    fn at_first(&self) -> String {
        format!("/v1/workspaces/{}/members/{}", self.first, self.ana_id)
    }

    fn created(&self, place: &[&String], resources: Value) -> Value {
        json!({
            "status": "pending", "kind": "email", "role": "client", "max_uses": 1, "expires_at": self.end(7 * 24),
            "access": access("workspace_ids", json!(place), None, resources),
        })
    }
}

/// The one shape of an access, with nothing addable and no second factor.
fn access(place: &str, of: Value, permissions: Option<&str>, resources: Value) -> Value {
    let permissions = permissions
        .map(|write| json!([format!("{write}.create"), format!("{write}.edit"), format!("{write}.delete")]));
    let mut access = json!({"permissions": permissions, "addable_kinds": [], "require_mfa": false});
    access["resources"] = resources;
    access[place] = of;
    access
}

fn status(status: &str) -> Value {
    json!({"status": status})
}

/// What an operation is to leave in the log: subject, before and after of each entry of its action.
type Told = Vec<(String, Value, Value)>;
/// An action, what takes the scene there, and the operation itself.
type Operation = (&'static str, fn(&mut Scene) -> Told);

/// In the order of a story: each goes on from what the one before left.
const OPERATIONS: &[Operation] = &[
    ("invitation.created", |s| {
        let id = s.invite(
            json!({"email": "bo@client.test", "access": {"resources": [{"id": s.page, "approve": true}]}}),
        );
        vec![(id, Value::Null, s.created(&[&s.first], json!([s.grant(true, None)])))]
    }),
    ("invitation.changed", |s| {
        let id = s.invitation_of("bo@client.test");
        let changes =
            json!({"workspace_ids": [s.first, s.second], "access": {"permissions": ["posts.write"]}});
        s.team.owner.patch(&format!("/v1/invitations/{id}"), &changes).ok();
        let (was, is) = (json!([s.first]), json!([s.first, s.second]));
        let before = access("workspace_ids", was, None, json!([s.grant(true, None)]));
        let after = access("workspace_ids", is, Some("posts.write"), json!([s.grant(true, Some("owner"))]));
        vec![(id, json!({"access": before}), json!({"access": after}))]
    }),
    // What is of a workspace that it leads to no more goes.
    ("invitation.changed", |s| {
        let id = s.invitation_of("bo@client.test");
        s.team.owner.patch(&format!("/v1/invitations/{id}"), &json!({"workspace_ids": [s.second]})).ok();
        let (was, is) = (json!([s.first, s.second]), json!([s.second]));
        let before = access("workspace_ids", was, Some("posts.write"), json!([s.grant(true, Some("owner"))]));
        let after = access("workspace_ids", is, Some("posts.write"), json!([]));
        vec![(id, json!({"access": before}), json!({"access": after}))]
    }),
    ("invitation.revoked", |s| {
        let id = s.invitation_of("bo@client.test");
        s.team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok();
        vec![(id, status("pending"), status("revoked"))]
    }),
    // A link that is turned off was not pending.
    ("invitation.revoked", |s| {
        let id = s.invite(json!({"kind": "link"}));
        s.team.owner.post(&format!("/v1/invitations/{id}/disable"), &json!({})).ok();
        s.team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok();
        vec![(id, status("disabled"), status("revoked"))]
    }),
    ("invitation.created", |s| {
        let given = json!({"resources": [{"id": s.page, "approve": true}]});
        s.bulk(&json!([{"email": "cy@client.test", "role": "client", "access": given}]));
        let id = s.invitation_of("cy@client.test");
        vec![(id, Value::Null, s.created(&[&s.first], json!([s.grant(true, None)])))]
    }),
    ("invitation.revoked", |s| {
        let job = s.bulk(&json!([{"email": "di@client.test", "role": "client"}]));
        s.team.owner.post(&format!("/v1/jobs/{job}/undo"), &json!({})).ok();
        vec![(s.invitation_of("di@client.test"), status("pending"), status("revoked"))]
    }),
    ("invitation.declined", |s| {
        let id = s.invite(json!({"email": "ed@client.test"}));
        let token = copied_token(&mut s.team.owner, &id);
        decline(&mut s.team.world.client(), &token).ok();
        vec![(id, status("pending"), status("declined"))]
    }),
    // Somebody new.
    ("invitation.accepted", |s| {
        let id = s.invitation_of("cy@client.test");
        s.team.world.client().join("cy@client.test", "Cy Client").ok();
        let member = s.team.member("cy@client.test");
        let gained = access("workspace_id", json!(s.first), None, json!([s.grant(true, None)]));
        let after =
            json!({"member_id": member, "role": "client", "workspace_ids": [s.first], "gained": [gained]});
        vec![(id, Value::Null, after)]
    }),
    // Somebody who was in already: one workspace more, and nothing of the one they had.
    ("invitation.accepted", |s| {
        let places = json!([s.first, s.second]);
        let id = s.invite(json!({"kind": "link", "workspace_ids": places, "access": {"resources": "all"}}));
        let token = copied_token(&mut s.team.owner, &id);
        accept_signed_in(&mut s.ana, &token).ok();
        let before = json!({"member_id": s.ana_id, "role": "client", "workspace_ids": [s.first]});
        let gained = access("workspace_id", json!(s.second), None, json!("all"));
        let after =
            json!({"member_id": s.ana_id, "role": "client", "workspace_ids": places, "gained": [gained]});
        vec![(id, before, after)]
    }),
    // Somebody had typed Zoe's address at a link; whoever reads her mail becomes what she was invited as.
    ("invitation.accepted", |s| {
        let places = json!([s.first, s.second]);
        let id = s.invite(json!({"email": "zoe@studio.test", "role": "member", "workspace_ids": places}));
        let link = s.invite(json!({"kind": "link"}));
        let token = copied_token(&mut s.team.owner, &link);
        let typed = json!({"token": token, "email": "zoe@studio.test", "name": "Zoe", "password": PASSWORD});
        s.team.world.client().post("/v1/invitations/accept", &typed).ok();
        let zoe = s.team.member("zoe@studio.test");
        s.team.world.client().join("zoe@studio.test", "Zoe Member").ok();
        let at = |place: &String| access("workspace_id", json!(place), None, json!([]));
        let told = |role: &str, place: Value| json!({"member_id": zoe, "role": role, "workspace_ids": place});
        let with = |mut told: Value, gained: Value| {
            told["gained"] = gained;
            told
        };
        let first = with(told("client", json!([s.first])), json!([at(&s.first)]));
        let second = with(told("member", places), json!([at(&s.second)]));
        vec![(link, Value::Null, first), (id, told("client", json!([s.first])), second)]
    }),
    ("member.added", |s| {
        let given =
            json!({"permissions": ["posts.write"], "resources": [{"id": s.page, "credentials": "member"}]});
        let id = s.team.add("flo@client.test", "client", json!({"access": given})).ok().str("/id");
        let given = access(
            "workspace_ids",
            json!([s.first]),
            Some("posts.write"),
            json!([s.grant(false, Some("member"))]),
        );
        vec![(id, Value::Null, json!({"role": "client", "notified": false, "access": given}))]
    }),
    ("member.added", |s| {
        let id = s.team.add("gus@studio.test", "admin", json!({})).ok().str("/id");
        let given = access("workspace_ids", json!([]), None, json!([]));
        vec![(id, Value::Null, json!({"role": "admin", "notified": false, "access": given}))]
    }),
    ("membership.removed", |s| {
        s.team.owner.delete(&format!("/v1/workspaces/{}/members/{}", s.second, s.ana_id)).ok();
        vec![(s.ana_id.clone(), access("workspace_id", json!(s.second), None, json!("all")), Value::Null)]
    }),
    ("membership.added", |s| {
        let body = json!({"member_id": s.ana_id, "access": {"resources": "all"}});
        s.team.owner.post(&format!("/v1/workspaces/{}/members", s.second), &body).ok();
        vec![(s.ana_id.clone(), Value::Null, access("workspace_id", json!(s.second), None, json!("all")))]
    }),
    ("membership.updated", |s| {
        let given = json!({"access": {"resources": [{"id": s.page, "approve": true}]}});
        s.team.owner.patch(&s.at_first(), &given).ok();
        let of = |resources| access("workspace_id", json!(s.first), None, resources);
        vec![(s.ana_id.clone(), of(json!([])), of(json!([s.grant(true, None)])))]
    }),
    // The grants stay; whose credentials they work with comes with the permissions, and goes with them.
    ("membership.updated", |s| {
        s.team.owner.patch(&s.at_first(), &json!({"access": {"permissions": ["posts.write"]}})).ok();
        let before = access("workspace_id", json!(s.first), None, json!([s.grant(true, None)]));
        let after = access(
            "workspace_id",
            json!(s.first),
            Some("posts.write"),
            json!([s.grant(true, Some("owner"))]),
        );
        vec![(s.ana_id.clone(), before, after)]
    }),
    ("membership.updated", |s| {
        s.team.owner.patch(&s.at_first(), &json!({"access": {"permissions": "default"}})).ok();
        let before = access(
            "workspace_id",
            json!(s.first),
            Some("posts.write"),
            json!([s.grant(true, Some("owner"))]),
        );
        let after = access("workspace_id", json!(s.first), None, json!([s.grant(true, None)]));
        vec![(s.ana_id.clone(), before, after)]
    }),
    // A member writes posts by default: the grants get credentials.
    ("member.role_changed", |s| {
        s.team.owner.patch(&format!("/v1/members/{}", s.ana_id), &json!({"role": "member"})).ok();
        let told = |role: &str, credentials| {
            let at_first = access("workspace_id", json!(s.first), None, json!([s.grant(true, credentials)]));
            let at_second = access("workspace_id", json!(s.second), None, json!("all"));
            json!({"role": role, "name": "Somebody New", "memberships": [at_first, at_second], "more": 0})
        };
        vec![(s.ana_id.clone(), told("client", None), told("member", Some("owner")))]
    }),
    // What was chosen for her stays with every role, and so do its credentials.
    ("member.role_changed", |s| {
        let given = json!({"permissions": ["posts.write"], "require_mfa": true,
                           "resources": [{"id": s.page, "approve": true, "credentials": "member"}]});
        s.team.owner.patch(&s.at_first(), &json!({"access": given})).ok();
        s.team.owner.patch(&format!("/v1/members/{}", s.ana_id), &json!({"role": "admin"})).ok();
        let grants = json!([s.grant(true, Some("member"))]);
        let mut at_first = access("workspace_id", json!(s.first), Some("posts.write"), grants);
        at_first["require_mfa"] = true.into();
        let at_second = access("workspace_id", json!(s.second), None, json!("all"));
        let told = |role: &str| json!({"role": role, "name": "Somebody New", "memberships": [at_first, at_second], "more": 0});
        let (was, is) = (told("member"), told("admin"));
        s.team.owner.patch(&format!("/v1/members/{}", s.ana_id), &json!({"role": "member"})).ok();
        let default = json!({"permissions": "default", "require_mfa": false});
        s.team.owner.patch(&s.at_first(), &json!({"access": default})).ok();
        vec![(s.ana_id.clone(), is.clone(), was.clone()), (s.ana_id.clone(), was, is)]
    }),
    // An admin needs to be in no workspace; whoever is none any more is put in one.
    ("member.role_changed", |s| {
        let id = s.team.member("gus@studio.test");
        s.team.owner.patch(&format!("/v1/members/{id}"), &json!({"role": "client"})).ok();
        let told = |role: &str, memberships: Value| json!({"role": role, "name": "Somebody New", "memberships": memberships, "more": 0});
        let placed = json!([access("workspace_id", json!(s.first), None, json!([]))]);
        vec![(id, told("admin", json!([])), told("client", placed))]
    }),
    ("member.renamed", |s| {
        s.team.owner.patch(&format!("/v1/members/{}", s.ana_id), &json!({"name": "Ana"})).ok();
        let told = |name: &str| json!({"role": "member", "name": name});
        vec![(s.ana_id.clone(), told("Somebody New"), told("Ana"))]
    }),
    ("resource.added", |s| {
        let body = json!({"kind": "facebook", "name": "Hers"});
        let id = s.ana.post(&format!("/v1/workspaces/{}/resources", s.first), &body).ok().str("/id");
        let given = json!({"count": 1, "member_ids": [s.ana_id]});
        let after = json!({"workspace_id": s.first, "kind": "facebook", "name": "Hers", "granted_to": given});
        vec![(id, Value::Null, after)]
    }),
    ("resource.deleted", |s| {
        let flo = s.team.member("flo@client.test");
        let cy = s.team.member("cy@client.test");
        s.team.owner.delete(&format!("/v1/members/{cy}")).ok();
        s.team.owner.delete(&format!("/v1/resources/{}", s.page)).ok();
        let given = json!({"count": 2, "member_ids": [s.ana_id, flo]});
        let before =
            json!({"workspace_id": s.first, "kind": "facebook", "name": "A facebook", "granted_to": given});
        vec![(s.page.clone(), before, Value::Null)]
    }),
    // The invitations that somebody sent go with them.
    ("invitation.revoked", |s| {
        let admin = &mut s.team.joined("hal@studio.test", "admin");
        let body = json!({"kind": "email", "role": "client", "email": "ida@client.test"});
        let id = admin.post(&s.team.path("/invitations"), &body).ok().str("/id");
        let hal = s.team.member("hal@studio.test");
        s.team.owner.delete(&format!("/v1/members/{hal}?revoke_their_invitations=true")).ok();
        vec![(id, status("pending"), status("revoked"))]
    }),
    ("member.removed", |s| {
        s.team.owner.delete(&format!("/v1/members/{}", s.ana_id)).ok();
        // Of the page that was deleted nothing is given any more; of the one that she added, she has a grant.
        let hers = s.team.world.state().database.borrow().query(&format!(
            "SELECT id FROM resources WHERE deleted_at IS NULL AND connected_by = '{}'",
            s.ana_id
        ));
        let grants = json!([{"id": hers[0]["id"], "approve": false, "credentials": "member"}]);
        let at_first = access("workspace_id", json!(s.first), None, grants);
        let memberships = json!([at_first, access("workspace_id", json!(s.second), None, json!("all"))]);
        let before = json!({"role": "member", "status": "active", "memberships": memberships, "more": 0});
        vec![(s.ana_id.clone(), before, status("removed"))]
    }),
    ("owner.transferred", |s| {
        s.team.owner.post(&s.team.path("/owner"), &json!({"member_id": s.mia_id})).ok();
        let told = |owner: &str, role: &str, memberships: &Value| json!({"owner": owner, "role": role, "memberships": memberships, "more": 0});
        let mias = json!([access("workspace_id", json!(s.first), None, json!([]))]);
        let none = json!([]);
        vec![
            (s.mia_id.clone(), told(&s.owner, "member", &mias), told(&s.mia_id, "owner", &mias)),
            (s.owner.clone(), told(&s.owner, "owner", &none), told(&s.mia_id, "admin", &none)),
        ]
    }),
];

/// An entry stays small, and says how much it leaves out.
#[test]
fn of_somebody_with_very_much_an_entry_tells_the_first_and_how_many_more_there_are() {
    let mut team = Team::of("publishing");
    team.joined("mia@studio.test", "member");
    let id = team.member("mia@studio.test");
    let place = |number: usize| format!("wsp_01zz55vb4pex5vsknk08{number:06}");
    for number in 0..104 {
        team.world.state().database.borrow().change(&format!(
            "INSERT INTO workspaces (id, organization_id, name, created_at) VALUES ('{0}', '{1}', 'W', 0);
             INSERT INTO memberships (member_id, workspace_id, created_at) VALUES ('{id}', '{0}', 0);",
            place(number),
            team.organization
        ));
    }
    let change = |team: &mut Team, role: &str| {
        team.world.pass(Duration::from_secs(1));
        team.owner.patch(&format!("/v1/members/{id}"), &json!({"role": role})).ok();
        let entry = log(team, "&action=member.role_changed").swap_remove(0);
        let told = |side: &Value| (side["memberships"].as_array().unwrap().len(), side["more"].clone());
        assert_eq!(told(&entry["before"]), told(&entry["after"]));
        told(&entry["after"])
    };
    assert_eq!(change(&mut team, "client"), (100, json!(5)));
    // Six hundred resources in each of two workspaces are more than an entry lists.
    for number in [3, 7] {
        team.world.state().database.borrow().change(&format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
             INSERT INTO resources (id, organization_id, workspace_id, kind, name, created_at)
             SELECT 'res_01zz55vb4pex5vsknk08' || printf('%06d', {number} * 1000 + i), '{1}', '{0}', 'facebook', 'Page', 0 FROM n;
             INSERT INTO grants (member_id, workspace_id, resource_id, approve)
             SELECT '{id}', workspace_id, id, 0 FROM resources WHERE workspace_id = '{0}';",
            place(number),
            team.organization
        ));
    }
    let (told, more) = change(&mut team, "member");
    assert_eq!((told, more), (8, json!(97)));
}

/// Complete, in one shape, and true of what was there and what is.
#[test]
fn whatever_changes_who_may_do_what_tells_what_was_and_what_is() {
    let mut scene = Scene::new();
    for (place, (action, operation)) in OPERATIONS.iter().enumerate() {
        scene.team.world.pass(Duration::from_secs(1));
        let since = scene.team.world.now();
        let mut told: Told = operation(&mut scene);
        let mut entries: Told = log(&mut scene.team, &format!("&action={action}&since={since}"))
            .into_iter()
            .map(|entry| {
                (
                    entry["subject"].as_str().unwrap().to_owned(),
                    entry["before"].clone(),
                    entry["after"].clone(),
                )
            })
            .collect();
        // Of one moment, they are in no order.
        let key = |(subject, before, _): &(String, Value, Value)| (subject.clone(), before.to_string());
        entries.sort_by_key(key);
        told.sort_by_key(key);
        assert_eq!(entries, told, "{place}: {action}");
        for (subject, ..) in &told {
            let found = log(&mut scene.team, &format!("&subject={subject}&since={since}"));
            assert!(found.iter().any(|entry| entry["action"] == **action), "{action} by its subject");
        }
    }
}

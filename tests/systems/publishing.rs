//! S2 "How to add a Client to my Workspace": a client is given accounts, each with its own terms, and is in at once.
//! Template `publishing`.

use serde_json::{Value, json};

use crate::support::Answer;
use crate::support::client::{Client, PASSWORD, Team};
use crate::support::scene::{resource, workspace};

const ANA: &str = "ana.client@client.test";

/// S2-03: the owner and admins invite somebody as a client, or add them as one; nobody else does.
#[test]
fn the_owner_and_admins_choose_client_and_nobody_else_does() {
    let mut team = Team::of("publishing");
    let mut member = team.joined("mia@studio.test", "member");
    let mut client = team.joined("cleo@client.test", "client");
    let mut admin = team.joined("ada@studio.test", "admin");
    let (invitations, members) = (team.path("/invitations"), team.path("/members"));
    for (place, (caller, may)) in
        [(&mut team.owner, true), (&mut admin, true), (&mut member, false), (&mut client, false)]
            .into_iter()
            .enumerate()
    {
        let invite = json!({"kind": "email", "role": "client", "email": format!("i{place}@client.test")});
        let add = json!({"role": "client", "email": format!("a{place}@client.test"), "name": "Ana", "notify": false});
        for (path, body) in [(&invitations, invite), (&members, add)] {
            let answer = caller.post(path, &body);
            if may {
                assert_eq!(answer.ok().str("/role"), "client");
            } else {
                assert_eq!(answer.refusal(), (403, "role_not_allowed".to_owned()), "{place} {path}");
            }
        }
    }
}

/// S2-03, S2-04, S2-11, S2-16: one request says the client, their address, their access and, for each account they are
/// given, its terms.
#[test]
fn a_client_is_invited_with_an_access_and_the_accounts_they_are_assigned() {
    let mut team = Team::of("publishing");
    let [page, feed] = ["facebook", "instagram"].map(|kind| team.resource(kind));
    let access = json!({
        "permissions": ["posts.write"], "addable_kinds": ["linkedin"], "require_mfa": true,
        "resources": [{"id": page, "approve": true, "credentials": "member"}, {"id": feed}],
    });
    let body = json!({"kind": "email", "role": "client", "email": ANA, "access": access});
    let invited = team.owner.post(&team.path("/invitations"), &body).ok().json();
    let keys = &invited["access"]["permissions"]["keys"];
    assert_eq!(keys, &json!(["posts.write.create", "posts.write.edit", "posts.write.delete"]));
    assert_eq!(invited["access"]["addable_kinds"], json!(["linkedin"]));
    assert_eq!(
        invited["access"]["resources"],
        json!([
            {"id": page, "approve": true, "credentials": "member"},
            {"id": feed, "approve": false, "credentials": "owner"},
        ])
    );
    assert_eq!(invited["access"]["require_mfa"], true);
}

/// S2-03, S2-04, S2-16: the same in one step, where the client needn't accept first.
#[test]
fn a_client_is_added_with_an_access_and_the_accounts_they_are_assigned() {
    let mut team = Team::of("publishing");
    let page = team.resource("facebook");
    let access = json!({"permissions": ["posts.write"], "resources": [{"id": page, "approve": true}]});
    let added = team.add(ANA, "client", json!({"name": "Ana Client", "access": access})).ok();
    assert_eq!((added.str("/status"), added.str("/role")), ("active".to_owned(), "client".to_owned()));
    assert_eq!(
        team.world.count("SELECT count(*) FROM grants WHERE approve = 1 AND credentials = 'owner'"),
        1
    );
}

/// S2-17: the client gets a notification and an e-mail, and both say that they *are added*; nothing is left to accept.
#[test]
fn an_added_client_finds_a_notification_and_an_e_mail() {
    let mut team = Team::of("publishing");
    let workspace = team.workspace();
    team.add(ANA, "client", json!({"name": "Ana Client", "notify": true})).ok();
    team.world.deliver();
    let mail = team.world.mailbox().pop().unwrap();
    assert_eq!(
        (&mail["to"], &mail["subject"]),
        (&json!(ANA), &json!("Olga Owner added you to Example Studio"))
    );
    let mut ana = team.world.client();
    ana.set_password(&team.world.mailed_password_token(ANA)).ok();
    let told = ana.get("/v1/me/notifications").ok().json();
    assert_eq!(told["data"].as_array().unwrap().len(), 1);
    assert_eq!(told["data"][0]["kind"], "member.added");
    assert_eq!(told["data"][0]["organization"]["name"], "Example Studio");
    let reached = ana.get("/v1/me/workspaces").ok().json();
    assert_eq!(reached["data"][0]["workspace"]["id"], workspace);
}

/// S2-17: somebody with an account finds the notification there, and the mail tells them to sign in.
#[test]
fn an_added_client_with_an_account_is_in_with_the_session_they_have() {
    let mut team = Team::of("publishing");
    team.world.operator().create_organization("Other Studio", ANA);
    let mut ana = team.world.client();
    ana.join(ANA, "Ana Client").ok();
    team.world.pass(std::time::Duration::from_secs(1));
    team.add(ANA, "client", json!({"notify": true})).ok();
    team.world.deliver();
    let text = team.world.mailbox().pop().unwrap()["text"].as_str().unwrap().to_owned();
    assert!(text.contains("/sign-in") && !text.contains("/reset/"), "{text}");
    let kinds: Vec<Value> = ana.get("/v1/me/notifications").ok().json()["data"].as_array().unwrap().clone();
    assert_eq!(kinds[0]["kind"], "member.added");
    assert_eq!(ana.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len(), 2);
    team.world.client().post("/v1/sessions", &json!({"email": ANA, "password": PASSWORD})).ok();
}

/// S2-02: a workspace is made, accounts are connected in it, and then members and clients are added with their roles and
/// assigned accounts.
#[test]
fn a_new_workspace_gets_accounts_members_and_clients() {
    let mut team = Team::of("publishing");
    let workspace = team.owner.post(&team.path("/workspaces"), &json!({"name": "Bakery"})).ok().str("/id");
    let accounts = format!("/v1/workspaces/{workspace}/resources");
    let mut connect = |name: &str| {
        team.world.pass(std::time::Duration::from_secs(1));
        let body = json!({"kind": "instagram", "name": name});
        team.owner.post(&accounts, &body).ok().str("/id")
    };
    let (theirs, other) = (connect("The bakery"), connect("The other bakery"));
    let more = json!({"workspace_ids": [workspace], "access": {"resources": "all"}});
    let mut mia = team.joined_with("mia.member@studio.test", "member", more);
    let more =
        json!({"workspace_ids": [workspace], "access": {"resources": [{"id": theirs, "approve": true}]}});
    let mut ana = team.joined_with("ana.client@client.test", "client", more);
    let seen = |list: serde_json::Value| -> Vec<String> {
        let rows = list["data"].as_array().unwrap();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(seen(mia.get(&accounts).ok().json()), [other, theirs.clone()]);
    assert_eq!(seen(ana.get(&accounts).ok().json()), [theirs]);
    for person in [&mut mia, &mut ana] {
        let reached = person.get("/v1/me/workspaces").ok().json();
        assert_eq!(reached["data"].as_array().unwrap().len(), 1, "this workspace, not the first");
        assert_eq!(reached["data"][0]["workspace"]["name"], "Bakery");
    }
    let of = |role: &str| format!("/members?role={role}&workspace_id={workspace}");
    for role in ["member", "client"] {
        let listed = team.owner.get(&team.path(&of(role))).ok().json();
        assert_eq!(listed["data"].as_array().unwrap().len(), 1, "{role}");
    }
}

/// An organization with a client who was given this access, and two accounts of the first workspace, of which the access
/// may assign the first.
struct Scene {
    team: Team,
    ana: Client,
    id: String,
    place: String,
    assigned: String,
    other: String,
}

impl Scene {
    /// `access` gets the id of the account to assign.
    fn new(access: impl Fn(&str) -> Value) -> Self {
        let mut team = Team::of("publishing");
        let place = team.workspace();
        let (assigned, other) = (resource(&team, &place, "facebook"), resource(&team, &place, "linkedin"));
        let ana = team.joined_with(ANA, "client", json!({"access": access(&assigned)}));
        let id = team.member(ANA);
        Self { team, ana, id, place, assigned, other }
    }

    /// Whether the client may do this on the account.
    fn may(&mut self, permission: &str, account: &str) -> bool {
        let question = json!({
            "member_id": self.id, "workspace_id": self.place, "permission": permission, "resource_id": account,
        });
        self.ana.post("/v1/check", &question).ok().json()["allowed"].as_bool().unwrap()
    }

    /// What the client may do on an account: view, approve, write.
    fn row(&mut self, account: &str) -> [bool; 3] {
        ["posts.view", "posts.approve", "posts.write"].map(|permission| self.may(permission, account))
    }

    fn change(&mut self, access: &Value) -> Answer {
        let path = format!("/v1/workspaces/{}/members/{}", self.place, self.id);
        self.team.owner.patch(&path, &json!({"access": access}))
    }

    /// The client adds an account of this kind.
    fn add(&mut self, kind: &str) -> Answer {
        let body = json!({"kind": kind, "name": "Ana's bakery"});
        self.ana.post(&format!("/v1/workspaces/{}/resources", self.place), &body)
    }

    fn seen(&mut self) -> Value {
        self.ana.get(&format!("/v1/workspaces/{}/members/{}/access", self.place, self.id)).ok().json()
    }
}

/// S2-01: the owner has full access to a workspace that was there and to one that is made, without being put in it.
#[test]
fn the_owner_has_full_access_to_every_workspace() {
    let mut team = Team::of("publishing");
    let (owner, first) = (team.member("olga.owner@studio.test"), team.workspace());
    let second = workspace(&team, "Second");
    for place in [first, second] {
        let access = team.owner.get(&format!("/v1/workspaces/{place}/members/{owner}/access")).ok().json();
        assert_eq!((&access["state"], &access["resources"]), (&json!("ready"), &json!("all")));
        let account = resource(&team, &place, "facebook");
        let path = format!("/v1/workspaces/{place}/resources");
        for kind in ["facebook", "instagram", "linkedin"] {
            team.owner.post(&path, &json!({"kind": kind, "name": "An account"})).ok();
        }
        for permission in ["posts.view", "posts.approve", "posts.write"] {
            let question = json!({
                "member_id": owner, "workspace_id": place, "permission": permission, "resource_id": account,
            });
            assert_eq!(team.owner.post("/v1/check", &question).ok().json()["allowed"], true, "{permission}");
        }
    }
}

/// S2-02: a workspace is made, then a client is put in, with a role and with accounts assigned.
#[test]
fn people_and_accounts_are_put_into_a_workspace_that_was_made_before() {
    let mut team = Team::of("publishing");
    let place = workspace(&team, "Bakery");
    let account = resource(&team, &place, "instagram");
    let access = json!({"resources": [{"id": account}]});
    let mut ana = team.joined_with(ANA, "client", json!({"workspace_ids": [place], "access": access}));
    let row = ana.get("/v1/me/workspaces").ok().json()["data"].clone();
    assert_eq!((row.as_array().unwrap().len(), &row[0]["workspace"]["name"]), (1, &json!("Bakery")));
    assert_eq!(
        (&row[0]["role"], &row[0]["access"]["resources"][0]["id"]),
        (&json!("client"), &json!(account))
    );
}

fn kind_not_allowed() -> (u16, String) {
    (403, "kind_not_allowed".to_owned())
}

/// S2-05: adding accounts, and writing posts: both, either or neither.
#[test]
fn a_client_may_add_accounts_and_write_posts_both_either_or_neither() {
    for (adds, writes) in [(false, false), (true, false), (false, true), (true, true)] {
        let kinds = if adds { json!(["facebook"]) } else { json!([]) };
        let ticked = if writes { json!(["posts.write"]) } else { json!([]) };
        let mut scene = Scene::new(
            |account| json!({"permissions": ticked, "addable_kinds": kinds, "resources": [{"id": account}]}),
        );
        let account = scene.assigned.clone();
        assert_eq!(scene.may("posts.write", &account), writes);
        assert_eq!(scene.seen()["addable_kinds"], kinds);
        let added = scene.add("facebook");
        if adds {
            let added = added.ok().str("/id");
            assert_eq!(scene.row(&added), [true, false, writes], "what they add is theirs");
        } else {
            assert_eq!(added.refusal(), kind_not_allowed());
        }
        assert_eq!(scene.add("instagram").refusal(), kind_not_allowed(), "no kind that wasn't ticked");
    }
}

/// S2-06, S2-10: a second factor is asked of this client in this workspace; until there is one, nothing is theirs there.
#[test]
fn a_second_factor_is_asked_of_one_member_in_one_workspace() {
    let mut scene = Scene::new(|account| json!({"require_mfa": true, "resources": [{"id": account}]}));
    let second = workspace(&scene.team, "Second");
    let body = json!({"member_id": scene.id});
    scene.team.owner.post(&format!("/v1/workspaces/{second}/members"), &body).ok();
    let account = scene.assigned.clone();
    assert!(!scene.may("posts.view", &account));
    assert_eq!(scene.seen()["state"], "mfa_required");
    let paths = [format!("/v1/workspaces/{}/resources", scene.place), format!("/v1/resources/{account}")];
    for path in &paths {
        assert_eq!(scene.ana.get(path).refusal(), (403, "mfa_required".to_owned()), "{path}");
    }
    let rows = scene.ana.get("/v1/me/workspaces").ok().json();
    assert_eq!(rows["data"][0]["state"], "ready", "the other workspace asks for none");
    scene.team.world.state().database.borrow().change("UPDATE users SET mfa_enabled_at = 1");
    assert!(scene.may("posts.view", &account));
    assert_eq!(scene.seen()["state"], "ready");
    for path in &paths {
        scene.ana.get(path).ok();
    }
}

/// S2-07: only *add accounts*: adds them, sees posts of all assigned accounts, and approves where the owner said so.
#[test]
fn who_only_adds_accounts_sees_posts_of_assigned_accounts_and_approves_where_told() {
    for approve in [false, true] {
        let mut scene = Scene::new(|account| {
            json!({
                "permissions": [], "addable_kinds": ["instagram"], "resources": [{"id": account, "approve": approve}],
            })
        });
        let (assigned, other) = (scene.assigned.clone(), scene.other.clone());
        let added = scene.add("instagram").ok();
        assert_eq!(added.status, 201);
        assert_eq!(scene.row(&added.str("/id")), [true, false, false]);
        assert_eq!(scene.row(&assigned), [true, approve, false]);
        assert_eq!(scene.row(&other), [false; 3]);
    }
}

/// S2-08: *create, edit and delete posts*: those of the assigned accounts, and approves where the owner said so.
#[test]
fn who_writes_posts_does_so_on_assigned_accounts_and_approves_where_told() {
    for approve in [false, true] {
        let mut scene = Scene::new(
            |account| json!({"permissions": ["posts.write"], "resources": [{"id": account, "approve": approve}]}),
        );
        let (assigned, other) = (scene.assigned.clone(), scene.other.clone());
        assert_eq!(scene.row(&assigned), [true, approve, true]);
        for permission in ["posts.write.create", "posts.write.edit", "posts.write.delete"] {
            assert!(scene.may(permission, &assigned) && !scene.may(permission, &other), "{permission}");
        }
        assert_eq!(scene.add("facebook").refusal(), kind_not_allowed());
    }
}

/// S2-09: with neither ticked they only view, and approve where the owner said so: the read-only mode, which is also what a
/// client has of whom nothing was said.
#[test]
fn with_neither_ticked_a_client_only_views_and_approves_where_told() {
    for permissions in [json!([]), json!("default")] {
        for approve in [false, true] {
            let mut scene = Scene::new(
                |account| json!({"permissions": permissions, "resources": [{"id": account, "approve": approve}]}),
            );
            let (assigned, other) = (scene.assigned.clone(), scene.other.clone());
            assert_eq!(scene.row(&assigned), [true, approve, false]);
            assert_eq!(scene.row(&other), [false; 3]);
            for kind in ["facebook", "instagram", "linkedin"] {
                assert_eq!(scene.add(kind).refusal(), kind_not_allowed(), "{kind}");
            }
        }
    }
}

/// S2-12: whether the client approves is said of each assigned account, and can be changed later.
#[test]
fn approving_is_said_of_each_account() {
    let mut scene = Scene::new(|account| json!({"resources": [{"id": account, "approve": true}]}));
    let (first, second) = (scene.assigned.clone(), scene.other.clone());
    scene
        .change(&json!({"resources": [{"id": first, "approve": false}, {"id": second, "approve": true}]}))
        .ok();
    assert!(!scene.may("posts.approve", &first) && scene.may("posts.approve", &second));
}

/// S2-13: whose credentials are used is asked exactly when the client may write posts.
#[test]
fn credentials_are_chosen_only_for_who_writes_posts() {
    let mut scene = Scene::new(|account| json!({"resources": [{"id": account}]}));
    assert_eq!(scene.seen()["resources"][0]["credentials"], Value::Null);
    let account = scene.assigned.clone();
    let chosen = json!([{"id": account, "credentials": "member"}]);
    let refused = scene.change(&json!({"resources": chosen})).refusal();
    assert_eq!(refused, (422, "credentials_not_applicable".to_owned()));
    scene.change(&json!({"permissions": ["posts.write"], "resources": chosen})).ok();
    assert_eq!(scene.seen()["resources"][0]["credentials"], "member");
    scene.change(&json!({"permissions": []})).ok();
    assert_eq!(scene.seen()["resources"][0]["credentials"], Value::Null, "and goes with the permission");
}

/// S2-14, S2-15: the choice says who has to renew the account's credentials, and both sides read it: the owner unless
/// said.
#[test]
fn whose_duty_the_credentials_are_is_told_to_both_sides() {
    let mut scene =
        Scene::new(|account| json!({"permissions": ["posts.write"], "resources": [{"id": account}]}));
    let (first, second) = (scene.assigned.clone(), scene.other.clone());
    assert_eq!(scene.seen()["resources"][0]["credentials"], "owner");
    let both = json!([{"id": first, "credentials": "owner"}, {"id": second, "credentials": "member"}]);
    scene.change(&json!({"resources": both})).ok();
    let id = scene.id.clone();
    let told =
        scene.team.owner.get(&format!("/v1/members/{id}")).ok().json()["workspaces"][0]["access"].clone();
    assert_eq!(told["resources"][0]["credentials"], "owner");
    assert_eq!(told["resources"][1]["credentials"], "member");
    assert_eq!(scene.seen()["resources"], told["resources"]);
}

fn connect(by: &mut Client, account: &str, action: &str) -> (u16, String) {
    by.post(&format!("/v1/resources/{account}/{action}"), &json!({})).refusal()
}

/// S2-14, S2-15: who has to renew an account's credentials is who connects it again: with the owner's, the owner and not the
/// client; with the member's, the client too.
#[test]
fn whoever_has_the_credentials_connects_an_account_again() {
    let done = (200, String::new());
    let forbidden = (403, "forbidden".to_owned());
    for (credentials, theirs) in [("owner", &forbidden), ("member", &done)] {
        let mut scene = Scene::new(
            |account| json!({"permissions": ["posts.write"], "resources": [{"id": account, "credentials": credentials}]}),
        );
        let account = scene.assigned.clone();
        assert_eq!(
            &connect(&mut scene.ana, &account, "disconnect"),
            theirs,
            "{credentials}: not theirs to end"
        );
        assert_eq!(connect(&mut scene.team.owner, &account, "disconnect"), done);
        assert_eq!(&connect(&mut scene.ana, &account, "reconnect"), theirs, "{credentials}");
        assert_eq!(connect(&mut scene.team.owner, &account, "reconnect"), done);
    }
}

/// S2-14, S2-15: so it is of an account that the client added: theirs to renew until the owner takes it over.
#[test]
fn an_account_that_a_client_added_is_theirs_to_renew_until_the_owner_takes_it_over() {
    let mut scene = Scene::new(|_| json!({"permissions": ["posts.write"], "addable_kinds": ["facebook"]}));
    let account = scene.add("facebook").ok().str("/id");
    assert_eq!(scene.seen()["resources"][0]["credentials"], "member");
    let done = (200, String::new());
    for action in ["disconnect", "reconnect"] {
        assert_eq!(connect(&mut scene.ana, &account, action), done);
    }
    scene.change(&json!({"resources": [{"id": account, "credentials": "owner"}]})).ok();
    assert_eq!(connect(&mut scene.ana, &account, "disconnect"), done, "what they connected they may end");
    assert_eq!(connect(&mut scene.ana, &account, "reconnect"), (403, "forbidden".to_owned()));
    assert_eq!(connect(&mut scene.team.owner, &account, "reconnect"), done);
}

/// S2-18: the client sees their own membership and the accounts assigned to them, and nobody else's.
#[test]
fn a_client_sees_their_own_membership_and_assigned_accounts() {
    let mut scene = Scene::new(|account| json!({"resources": [{"id": account, "approve": true}]}));
    let (assigned, other) = (scene.assigned.clone(), scene.other.clone());
    let more = json!({"access": {"resources": [{"id": other}]}});
    let mut carl = scene.team.joined_with("carl.client@client.test", "client", more);
    let seen = scene.seen();
    assert_eq!(seen["resources"], json!([{"id": assigned, "approve": true, "credentials": null}]));
    assert!(!seen.to_string().contains(&other));
    let accounts = format!("/v1/workspaces/{}/resources", scene.place);
    for (person, theirs, hidden) in [(&mut scene.ana, &assigned, &other), (&mut carl, &other, &assigned)] {
        let listed = person.get(&accounts).ok().json();
        assert_eq!((listed["data"].as_array().unwrap().len(), &listed["data"][0]["id"]), (1, &json!(theirs)));
        person.get(&format!("/v1/resources/{theirs}")).ok();
        let answer = person.get(&format!("/v1/resources/{hidden}"));
        assert_eq!(answer.refusal(), (404, "not_found".to_owned()));
    }
    let carl = scene.team.member("carl.client@client.test");
    for path in
        [format!("/v1/workspaces/{}/members/{carl}/access", scene.place), format!("/v1/members/{carl}")]
    {
        assert_eq!(scene.ana.get(&path).refusal(), (403, "forbidden".to_owned()), "{path}");
    }
    let own = scene.ana.get(&format!("/v1/members/{}", scene.id)).ok().json();
    assert_eq!(own["workspaces"][0]["id"], scene.place);
    let owner = scene.team.member("olga.owner@studio.test");
    let path = format!("/v1/workspaces/{}/members/{owner}/access", scene.place);
    assert_eq!(scene.ana.get(&path).refusal(), (403, "forbidden".to_owned()));
    assert_eq!(scene.ana.get(&format!("/v1/members/{owner}")).refusal(), (403, "forbidden".to_owned()));
}

/// S2-19: there are other roles, each with its own measure, and a permission list between them.
#[test]
fn other_roles_have_their_own_measure() {
    let mut team = Team::of("publishing");
    let place = team.workspace();
    let account = resource(&team, &place, "facebook");
    let mut writes = |role: &str, access: Value| {
        let email = format!("{role}{}@studio.test", access.to_string().len());
        let more = if role == "admin" { json!({}) } else { json!({"access": access}) };
        let mut person = team.joined_with(&email, role, more);
        let question = json!({
            "member_id": team.member(&email), "workspace_id": place, "permission": "posts.write", "resource_id": account,
        });
        person.post("/v1/check", &question).ok().json()["allowed"].as_bool().unwrap()
    };
    let assigned = json!({"resources": [{"id": account}]});
    assert!(writes("admin", json!({})));
    assert!(writes("member", assigned.clone()));
    assert!(!writes("client", assigned));
    let narrow = json!({"permissions": ["posts.view"], "resources": [{"id": account}]});
    assert!(!writes("member", narrow));
}

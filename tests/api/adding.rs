//! Adding somebody at once: they are a member before they have done anything, under the checks that inviting has, and the
//! answer doesn't tell whether the address had an account.

use std::time::Duration;

use serde_json::{Value, json};
use usher::domain::ids::UserId;

use crate::support::World;
use crate::support::client::{Client, Team};
use crate::support::platform::Cost;
use crate::support::scene::{plan_of, workspace};
use crate::{about, another, complaint, copied_token, refusal, remove};

const ANA: &str = "ana.client@client.test";

#[test]
fn somebody_who_is_added_is_a_member_at_once() {
    let mut team = Team::new();
    let answer = team.add(ANA, "client", json!({"name": "Ana Client"})).ok();
    assert_eq!(answer.status, 201);
    let workspace = team.workspace();
    let mut member = answer.json();
    let told = member.as_object_mut().unwrap();
    let id = told.remove("id").unwrap();
    let user = told.remove("user").unwrap();
    let workspaces = told.remove("workspaces").unwrap();
    assert_eq!(
        Value::from(told.clone()),
        json!({
            "role": "client", "status": "active", "takes_seat": false, "more_workspaces": false,
            "joined_at": team.world.now().to_string(), "removed_at": null, "subject": null, "nickname": null,
        })
    );
    assert_eq!((&user["email"], &user["name"]), (&json!(ANA), &json!("Ana Client")));
    assert_eq!(workspaces[0]["id"], workspace, "the oldest, since none was named");
    let listed = team.owner.get(&team.path("/members?role=client")).ok().json();
    assert_eq!(listed["data"][0]["id"], id, "and everybody sees them at once");
}

/// The account that is made has no password and a mailbox that nobody proved: it can be signed in to by nobody.
#[test]
fn an_account_that_is_made_opens_nothing_by_itself() {
    let mut team = Team::new();
    team.add(ANA, "admin", json!({})).ok();
    let made =
        "SELECT count(*) FROM users WHERE email_key = 'ana.client@client.test' AND password_hash IS NULL
                AND email_verified_at IS NULL AND confined_to IS NULL";
    assert_eq!(team.world.count(made), 1);
    for password in ["", "a sentence works well"] {
        let answer = team.world.client().post("/v1/sessions", &json!({"email": ANA, "password": password}));
        assert_eq!(answer.refusal(), refusal(401, "invalid_credentials"));
    }
}

#[test]
fn workspaces_access_and_grants_are_theirs_at_once() {
    let mut team = Team::of("publishing");
    let first = team.workspace();
    let second = workspace(&team, "Second");
    let page = team.resource("facebook");
    let access = json!({
        "permissions": ["posts.write"], "addable_kinds": ["facebook"], "require_mfa": true,
        "resources": [{"id": page, "approve": true, "credentials": "member"}],
    });
    let body = json!({"workspace_ids": [second, first], "access": access});
    let member = team.add(ANA, "client", body).ok().str("/id");
    let rows = team.world.state().database.borrow().query(
        "SELECT workspace_id, permissions, all_resources, addable_kinds, require_mfa FROM memberships
         WHERE made_by IS NOT NULL AND member_id = (SELECT subject FROM audit_events WHERE action = 'member.added')
         ORDER BY workspace_id",
    );
    assert_eq!(rows.len(), 2);
    for (row, workspace) in rows.iter().zip([&first, &second]) {
        assert_eq!(row["workspace_id"], *workspace);
        assert!(row["permissions"].as_str().unwrap().contains("posts.write.create"));
        assert_eq!((&row["addable_kinds"], &row["require_mfa"]), (&json!("[\"facebook\"]"), &json!(1)));
    }
    let grants = team.world.state().database.borrow().query("SELECT * FROM grants");
    assert_eq!(
        grants,
        [json!({
            "member_id": member, "workspace_id": first, "resource_id": page, "approve": 1, "credentials": "member",
        })]
    );
}

#[test]
fn an_admin_who_is_added_reaches_all_and_is_put_in_none() {
    let mut team = Team::new();
    let answer = team.add("ada.admin@studio.test", "admin", json!({})).ok().json();
    assert_eq!((&answer["workspaces"], &answer["takes_seat"]), (&json!([]), &json!(true)));
    let refused = team.add(ANA, "admin", json!({"access": {"resources": "all"}}));
    assert_eq!(complaint(&refused), about(422, "invalid_value", "/access"));
}

/// What tells nothing: not the status, not the body's form, not the cost, not the id's time, not the spelling.
#[test]
fn the_answer_does_not_tell_whether_the_address_had_an_account() {
    let world = World::new();
    another(&world).joined("Ana.Client@Client.test", "admin");
    world.pass(Duration::from_hours(24 * 400));
    let mut team = Team::in_world(world);
    let mut told = |email: &str| {
        let answer = team.add(email, "client", json!({"name": "Ana C"})).ok();
        let cost = team.world.last_cost();
        let user: UserId = answer.str("/user/id").parse().unwrap();
        let mut body = answer.json();
        for id in ["/id", "/user/id"] {
            *body.pointer_mut(id).unwrap() = Value::Null;
        }
        let text = body.to_string().replace(email, "");
        (answer.status, text, cost, user)
    };
    let (known, unknown) = (told(ANA), told("nobody.yet@client.test"));
    assert_eq!((&known.0, &known.1, known.2), (&unknown.0, &unknown.1, unknown.2));
    assert_eq!(known.2, Cost { d1: 2, kv: 0 });
    // An id's time would be the account's age: it is made up for every account.
    let epoch = UserId::new(team.world.now(), [0; 10]);
    assert!(known.3 < epoch && unknown.3 < epoch, "{} {}", known.3, unknown.3);
    let listed = team.owner.get(&team.path("/members?role=client")).ok().text();
    assert!(listed.contains(ANA) && !listed.contains("Ana.Client@Client.test"), "{listed}");
}

#[test]
fn an_account_that_was_there_keeps_its_own_name_and_everything_else() {
    let world = World::new();
    let mut other = another(&world);
    let mut ana = other.joined(ANA, "client");
    let before = ana.get("/v1/me").ok().text();
    let mut team = Team::in_world(world);
    let added = team.add(ANA, "client", json!({"name": "The Client"})).ok();
    assert_eq!(added.str("/user/name"), "The Client");
    assert_eq!(ana.get("/v1/me").ok().text(), before);
    let workspaces = ana.get("/v1/me/workspaces").ok().json();
    assert_eq!(workspaces["data"].as_array().unwrap().len(), 2, "they are in with no more ado");
}

#[test]
fn a_member_is_added_once_and_an_open_invitation_stands_in_the_way() {
    let mut team = Team::new();
    team.add(ANA, "client", json!({})).ok();
    for email in [ANA, "ANA.CLIENT@client.test", "olga.owner@studio.test"] {
        assert_eq!(team.add(email, "member", json!({})).refusal(), refusal(409, "already_member"), "{email}");
    }
    let open = team.invited("mia@studio.test", "member");
    let refused = team.add("Mia@studio.test", "client", json!({}));
    assert_eq!(refused.refusal(), refusal(409, "already_invited"));
    assert_eq!(refused.json()["invitation_id"], open);
    team.world.pass(Duration::from_hours(7 * 24));
    team.add("mia@studio.test", "client", json!({})).ok();
    assert_eq!(team.world.count("SELECT count(*) FROM invitations WHERE outcome = 'open'"), 0);
}

/// Its id is for those who may see it.
#[test]
fn staff_are_not_told_which_invitation_is_open_if_they_may_not_see_it() {
    let mut team = Team::of("reporting");
    let mut staff = team.joined("sam.staff@studio.test", "member");
    team.invited("mia@studio.test", "admin");
    let body = json!({"email": "mia@studio.test", "name": "Mia", "role": "client", "notify": false});
    let refused = staff.post(&team.path("/members"), &body);
    assert_eq!(refused.refusal(), refusal(409, "already_invited"));
    assert_eq!(refused.json()["invitation_id"], Value::Null);
}

#[test]
fn somebody_who_was_removed_can_be_added_again() {
    let mut team = Team::new();
    let first = team.add(ANA, "client", json!({})).ok().str("/id");
    remove(&team, ANA);
    team.world.pass(Duration::from_secs(1));
    let again = team.add(ANA, "member", json!({})).ok();
    assert_ne!(again.str("/id"), first);
    assert_eq!(
        team.world.count("SELECT count(*) FROM members WHERE email_key = 'ana.client@client.test'"),
        2
    );
}

#[test]
fn every_seat_is_asked_for_and_none_where_none_is_taken() {
    let mut team = Team::make(World::new(), "client-links", Some(plan_of(2)));
    team.add("a@studio.test", "member", json!({})).ok();
    team.add(ANA, "client", json!({"access": {"permissions": ["posts.create"]}})).ok();
    let seat = || json!({"access": {"permissions": ["posts.create"]}});
    for (role, more) in [("admin", json!({})), ("member", json!({})), ("client", seat())] {
        let refused = team.add("b@studio.test", role, more);
        assert_eq!(refused.refusal(), refusal(409, "seat_limit_reached"), "{role}");
    }
    team.add("c@client.test", "client", json!({})).ok();
    assert_eq!(team.world.count("SELECT seats_used FROM organizations"), 2);
}

/// A seat that an open invitation keeps is not there to be taken.
#[test]
fn a_reserved_seat_is_taken_until_its_invitation_is_over() {
    let mut team = Team::with_seats(1);
    team.invited("mia@studio.test", "member");
    assert_eq!(team.add(ANA, "member", json!({})).refusal(), refusal(409, "seat_limit_reached"));
    team.world.pass(Duration::from_hours(7 * 24));
    team.add(ANA, "member", json!({})).ok();
}

#[test]
fn an_ended_trial_lets_nobody_in_who_takes_a_seat() {
    let world = World::new();
    let ends = world.now().plus(Duration::from_hours(24)).to_string();
    let plan = json!({"key": "trial", "seat_limit": 9, "trial_ends_at": ends});
    let mut team = Team::with_plan(world, Some(plan));
    team.add("a@studio.test", "member", json!({})).ok();
    team.world.pass(Duration::from_hours(24));
    assert_eq!(team.add("b@studio.test", "member", json!({})).refusal(), refusal(403, "trial_ended"));
    team.add(ANA, "client", json!({})).ok();
}

#[test]
fn what_is_another_organizations_or_not_in_the_plan_or_the_policy_is_refused_and_writes_nothing() {
    let mut team = Team::of("reporting");
    let mut other = another(&team.world);
    let (foreign, campaign) = (other.workspace(), other.resource("campaign"));
    let elsewhere = workspace(&team, "Second");
    let own = team.resource("campaign");
    let before = team.world.state().database.borrow().dump();
    for (role, more, expected) in [
        ("client", json!({"workspace_ids": [foreign]}), about(422, "invalid_value", "/workspace_ids/0")),
        (
            "client",
            json!({"access": {"resources": [{"id": campaign}]}}),
            about(422, "invalid_value", "/access/resources/0/id"),
        ),
        (
            "client",
            json!({"workspace_ids": [elsewhere], "access": {"resources": [{"id": own}]}}),
            about(422, "invalid_value", "/access/resources/0/id"),
        ),
        ("client", json!({"access": {"permissions": []}}), (403, "plan_feature_required".to_owned(), vec![])),
        ("owner", json!({}), (403, "role_not_allowed".to_owned(), vec![])),
        ("boss", json!({}), about(422, "invalid_value", "/role")),
        ("client", json!({"email": "ana@client"}), about(422, "invalid_email", "/email")),
        ("client", json!({"name": "www.evil.test"}), about(422, "invalid_value", "/name")),
        ("client", json!({"name": ""}), about(422, "invalid_value", "/name")),
        ("client", json!({"workspace_ids": []}), about(422, "invalid_value", "/workspace_ids")),
        ("client", json!({"notify": "yes"}), about(422, "invalid_type", "/notify")),
        ("client", json!({"password": "x"}), about(422, "unknown_field", "/password")),
        ("client", json!({"access": {"permission": []}}), about(422, "unknown_field", "/access/permission")),
    ] {
        let refused = team.add(ANA, role, more.clone());
        assert_eq!(complaint(&refused), expected, "{more}");
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);
    for field in ["email", "name", "role", "notify"] {
        let mut body = json!({"email": ANA, "name": "Ana", "role": "client", "notify": true});
        body.as_object_mut().unwrap().remove(field);
        let refused = team.owner.post(&team.path("/members"), &body);
        assert_eq!(complaint(&refused), about(422, "required", &format!("/{field}")));
    }
}

/// Nobody gives away more than they hold: staff of `reporting` add clients, to their own workspaces and campaigns.
#[test]
fn staff_add_clients_within_what_they_hold() {
    let mut team = Team::of("reporting");
    let mine = team.resource("campaign");
    let not_mine = team.resource("campaign");
    let elsewhere = workspace(&team, "Second");
    let access = json!({"access": {"resources": [{"id": mine}]}});
    let mut staff = team.joined_with("sam.staff@studio.test", "member", access);
    let path = team.path("/members");
    let mut add = |email: &str, role: &str, more: Value| {
        let mut body = json!({"email": email, "name": "Ana", "role": role, "notify": false});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        staff.post(&path, &body)
    };
    let with = |resource: &str| json!({"access": {"resources": [{"id": resource}]}});
    for role in ["admin", "member"] {
        assert_eq!(add(ANA, role, json!({})).refusal(), refusal(403, "role_not_allowed"));
    }
    for more in
        [with(&not_mine), json!({"access": {"resources": "all"}}), json!({"workspace_ids": [elsewhere]})]
    {
        assert_eq!(add(ANA, "client", more.clone()).refusal(), refusal(403, "beyond_your_access"), "{more}");
    }
    add(ANA, "client", with(&mine)).ok();
}

#[test]
fn who_added_whom_is_audited_without_their_address() {
    let mut team = Team::new();
    let member = team.add(ANA, "client", json!({"notify": true})).ok().str("/id");
    let owner = team.owner.get(&team.path("/members?role=owner")).ok().str("/data/0/id");
    let events = team
        .world
        .state()
        .database
        .borrow()
        .query("SELECT actor, subject, before, after FROM audit_events WHERE action = 'member.added'");
    let [event] = events.as_slice() else { panic!("one entry: {events:?}") };
    assert_eq!(
        (&event["actor"], &event["subject"], &event["before"]),
        (&json!(owner), &json!(member), &Value::Null)
    );
    let access = json!({
        "workspace_ids": [team.workspace()], "permissions": null, "resources": [], "addable_kinds": [],
        "require_mfa": false,
    });
    let after: Value = serde_json::from_str(event["after"].as_str().unwrap()).unwrap();
    assert_eq!(after, json!({"role": "client", "access": access, "notified": true}));
}

#[test]
fn a_mail_goes_out_only_if_it_is_asked_for() {
    let mut team = Team::new();
    let before = team.world.mailbox().len();
    team.add(ANA, "client", json!({"notify": false})).ok();
    team.world.deliver();
    team.world.tick();
    team.world.deliver();
    assert_eq!(team.world.mailbox().len(), before);
    team.add("mia@studio.test", "member", json!({"notify": true})).ok();
    team.world.deliver();
    let mail = team.world.mailbox().pop().unwrap();
    assert_eq!((&mail["to"], team.world.mailbox().len()), (&json!("mia@studio.test"), before + 1));
}

/// Added to a second organization, they have no password yet: what somebody was given by being added is no account that
/// stands in the way of an invitation that is handed over.
#[test]
fn who_was_only_added_accepts_a_copied_invitation_of_another_organization() {
    let mut team = Team::new();
    team.add(ANA, "client", json!({})).ok();
    let mut other = another(&team.world);
    let invitation = other.invited(ANA, "client");
    let token = copied_token(&mut other.owner, &invitation);
    let mut ana = team.world.client();
    ana.accept(&token, "Ana Client").ok();
    let reached = ana.get("/v1/me/workspaces").ok().text();
    assert!(reached.contains("Other Studio") && !reached.contains("Example Studio"), "{reached}");
    // From now on it has a password, which a second copied link doesn't replace.
    team.world.pass(Duration::from_secs(1));
    let third = team.world.operator().create_organization("Third Studio", "tina.owner@third.test");
    let mut tina = team.world.client();
    tina.join("tina.owner@third.test", "Tina Owner").ok();
    let invitation = tina.invite(&third, ANA, "client").ok().str("/id");
    let token = copied_token(&mut tina, &invitation);
    let answer = team.world.client().accept(&token, "Not Ana");
    assert_eq!(answer.refusal(), refusal(401, "sign_in_required"));
}

/// What two admins do at the same moment, and what goes wrong on the way.
#[test]
fn somebody_who_is_added_twice_at_once_is_in_once() {
    let mut team = Team::with_seats(1);
    let mut ada = team.owner.clone();
    let results = [
        team.add(ANA, "member", json!({})).refusal().0,
        ada.post(
            &team.path("/members"),
            &json!({"email": ANA, "name": "A", "role": "member", "notify": true}),
        )
        .refusal()
        .0,
    ];
    assert_eq!(results, [201, 409]);
    assert_eq!(team.world.count("SELECT count(*) FROM members WHERE removed_at IS NULL"), 2);
    assert_eq!(team.world.count("SELECT count(*) FROM jobs WHERE kind = 'member_email'"), 0);
}

/// Nobody outside may, whatever they send.
#[test]
fn clients_and_plain_members_add_nobody() {
    let mut team = Team::new();
    let before = team.world.count("SELECT count(*) FROM members");
    let mut low: Vec<Client> =
        ["client", "member"].map(|role| team.joined(&format!("{role}@studio.test"), role)).into();
    for person in &mut low {
        for role in ["admin", "member", "client"] {
            let body = json!({"email": ANA, "name": "Ana", "role": role, "notify": true});
            let refused = person.post(&team.path("/members"), &body);
            assert_eq!(refused.refusal(), refusal(403, "role_not_allowed"));
        }
    }
    assert_eq!(team.world.count("SELECT count(*) FROM members"), before + 2);
}

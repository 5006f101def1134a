//! Links for many people: making them, coming in by them, and what the inviter's side does with them.

use std::time::Duration;

use serde_json::{Value, json};
use usher::domain::secret;

use crate::support::World;
use crate::support::client::{Answer, Client, PASSWORD, Team};
use crate::support::platform::Cost;
use crate::{
    about, accept_signed_in, another, complaint, copied_token, decline, ids, preview, refusal, remove,
    sign_in,
};

const DAY: u64 = 24 * 3600;
const ANA: &str = "ana@client.test";
const MAY_CREATE: &str = "posts.create";

fn team() -> Team {
    Team::of("client-links")
}

fn offer(team: &mut Team, more: &Value) -> Answer {
    let mut body = json!({"kind": "link", "role": "client"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    team.owner.post(&team.path("/invitations"), &body)
}

/// A link with these fields: its id, and the token of its URL.
pub fn link(team: &mut Team, more: &Value) -> (String, String) {
    let id = offer(team, more).ok().str("/id");
    let token = copied_token(&mut team.owner, &id);
    (id, token)
}

/// Somebody with an account whose address is proved, signed in.
pub fn somebody(world: &World, email: &str) -> Client {
    let token = format!("{:A<43}", email.replace(['@', '.'], "-"));
    let user = format!("usr_1{:0>25}", world.count("SELECT count(*) FROM users"));
    world.state().database.borrow().change(&format!(
        "INSERT INTO users (id, email, email_key, name, name_key, email_verified_at, created_at)
         VALUES ('{user}', '{email}', '{email}', 'Ana Client', 'ana client', 1, 1);
         INSERT INTO sessions (id, user_id, token_digest, created_at, expires_at)
         VALUES ('{session}', '{user}', '{digest}', 0, {later})",
        session = user.replace("usr", "ses"),
        digest = secret::digest(token.as_bytes()),
        later = world.now().millis() + 400 * 86_400_000,
    ));
    world.client().with_cookie("__Host-usher_session", &token)
}

/// Comes by a link with a new account.
fn sign_up(world: &World, token: &str, email: &str) -> (Client, Answer) {
    let mut person = world.client();
    let body = json!({"token": token, "email": email, "name": "Ana Client", "password": PASSWORD});
    let answer = person.post("/v1/invitations/accept", &body);
    (person, answer)
}

fn act(team: &mut Team, id: &str, action: &str) -> Answer {
    team.owner.post(&format!("/v1/invitations/{id}/{action}"), &json!({}))
}

fn read(team: &mut Team, id: &str) -> Value {
    team.owner.get(&format!("/v1/invitations/{id}")).ok().json()
}

fn change(team: &mut Team, id: &str, changes: &Value) -> Answer {
    team.owner.patch(&format!("/v1/invitations/{id}"), changes)
}

fn counters(team: &Team) -> (i64, i64) {
    let count = |column| team.world.count(&format!("SELECT {column} FROM organizations"));
    (count("seats_used"), count("seats_reserved"))
}

/// A second workspace: no route of this part makes one.
fn second_workspace(team: &Team) -> String {
    let id = "wsp_7zz55vb4pex5vsknk084sn02q0".to_owned();
    team.world.state().database.borrow().change(&format!(
        "INSERT INTO workspaces (id, organization_id, name, created_at) VALUES ('{id}', '{}', 'Second', 0)",
        team.organization
    ));
    id
}

fn stored(team: &Team) -> String {
    team.world.state().database.borrow().dump()
}

fn memberships(team: &Team) -> Vec<Value> {
    team.world.state().database.borrow().query(
        "SELECT u.email_key AS email, p.workspace_id, p.permissions, p.addable_kinds, p.require_mfa
         FROM memberships p JOIN members m ON m.id = p.member_id JOIN users u ON u.id = m.user_id
         ORDER BY u.email_key, p.workspace_id",
    )
}

#[test]
fn what_is_not_said_of_a_link_has_a_default() {
    let mut team = team();
    let mut made = offer(&mut team, &json!({})).ok().json();
    let (workspace, inviter) = (team.workspace(), team.member("olga"));
    made["id"] = Value::Null;
    assert_eq!(
        made,
        json!({
            "id": null, "organization_id": team.organization, "kind": "link", "role": "client",
            "workspace_ids": [workspace], "email": null, "name": null, "nickname": null,
            "message": null, "locale": "en", "status": "pending", "delivery": "none", "takes_seat": false,
            "max_uses": null, "uses": 0,
            "expires_at": team.world.now().plus(Duration::from_secs(30 * DAY)).to_string(),
            "created_at": team.world.now().to_string(), "invited_by": inviter, "accepted_at": null,
            "accepted_by": null, "declined_at": null, "revoked_at": null, "disabled_at": null,
            "branding": {"name": null, "message": null},
            "access": {
                "permissions": {
                    "mode": "default", "keys": ["accounts.manage", "posts.view", "posts.edit", "posts.delete"],
                },
                "resources": [], "addable_kinds": [], "require_mfa": false,
            },
        })
    );
}

#[test]
fn what_is_said_of_a_link_is_kept() {
    let mut team = team();
    let second = second_workspace(&team);
    let said = json!({
        "nickname": "Bakery", "name": "Spring campaign", "message": "Welcome", "max_uses": 3, "expires_in": 3600,
        "branding": {"name": "Bright Agency", "message": "Join us"}, "workspace_ids": [second],
        "send_email": false,
        "access": {
            "permissions": ["posts"], "resources": "all", "addable_kinds": ["facebook"], "require_mfa": true,
        },
    });
    let made = offer(&mut team, &said).ok().json();
    for field in ["nickname", "name", "message", "max_uses", "branding", "workspace_ids"] {
        assert_eq!(made[field], said[field], "{field}");
    }
    assert_eq!(made["expires_at"], team.world.now().plus(Duration::from_hours(1)).to_string());
    assert_eq!(made["access"]["permissions"]["mode"], "custom");
    assert_eq!(made["access"]["resources"], "all");
    assert_eq!(made["access"]["addable_kinds"], json!(["facebook"]));
    assert_eq!(made["takes_seat"], true, "posts holds posts.create");
    assert_eq!(read(&mut team, made["id"].as_str().unwrap()), made);
}

#[test]
fn a_link_lives_for_an_hour_to_a_year_and_is_for_one_to_a_million() {
    let mut team = team();
    for (field, good, wrong) in [
        ("expires_in", [3600, 365 * DAY], [3599, 365 * DAY + 1]),
        ("max_uses", [1, 1_000_000], [0, 1_000_001]),
    ] {
        for value in good {
            offer(&mut team, &json!({field: value})).ok();
        }
        for value in wrong {
            let refused = complaint(&offer(&mut team, &json!({field: value})));
            assert_eq!(refused, about(422, "invalid_value", &format!("/{field}")), "{value}");
        }
    }
}

#[test]
fn a_link_goes_to_nobody_by_e_mail() {
    let mut team = team();
    for (field, value) in [("email", json!(ANA)), ("send_email", json!(true))] {
        let refused = complaint(&offer(&mut team, &json!({field: value})));
        assert_eq!(refused, about(422, "link_has_no_recipient", &format!("/{field}")));
    }
    let jobs = team.world.count("SELECT count(*) FROM jobs");
    let (id, _) = link(&mut team, &json!({}));
    assert_eq!(act(&mut team, &id, "resend").refusal(), refusal(422, "link_has_no_recipient"));
    assert_eq!(team.world.count("SELECT count(*) FROM jobs"), jobs);
    assert_eq!(read(&mut team, &id)["delivery"], "none");
}

#[test]
fn a_link_makes_clients_only() {
    let mut team = team();
    for role in ["admin", "member", "owner"] {
        let refused = offer(&mut team, &json!({"role": role})).refusal();
        assert_eq!(refused, refusal(403, "role_not_allowed"), "{role}");
    }
}

#[test]
fn a_link_reserves_no_seat_and_one_is_asked_for_when_somebody_comes_in() {
    let mut team = team();
    for seat in 0..5 {
        team.invited(&format!("m{seat}@studio.test"), "member");
    }
    let (id, token) = link(&mut team, &json!({"access": {"permissions": [MAY_CREATE]}}));
    assert_eq!(counters(&team), (0, 5));
    let before = stored(&team);
    let mut ana = somebody(&team.world, ANA);
    let with_ana = stored(&team);
    assert_ne!(before, with_ana);
    assert_eq!(accept_signed_in(&mut ana, &token).refusal(), refusal(409, "seat_limit_reached"));
    assert_eq!(
        sign_up(&team.world, &token, "bo@client.test").1.refusal(),
        refusal(409, "seat_limit_reached")
    );
    assert_eq!(stored(&team), with_ana, "and nothing is written");
    assert_eq!(read(&mut team, &id)["uses"], 0);
    let open = team.owner.get(&team.path("/invitations?kind=email")).ok().str("/data/0/id");
    act(&mut team, &open, "revoke").ok();
    accept_signed_in(&mut ana, &token).ok();
    assert_eq!(counters(&team), (1, 4));
    assert_eq!(
        sign_up(&team.world, &token, "bo@client.test").1.refusal(),
        refusal(409, "seat_limit_reached")
    );
}

#[test]
fn an_ended_trial_lets_nobody_in_who_would_take_a_seat() {
    let mut team = team();
    let (_, token) = link(&mut team, &json!({"access": {"permissions": [MAY_CREATE]}}));
    let (_, free) = link(&mut team, &json!({}));
    team.world.state().database.borrow().change("UPDATE organizations SET trial_ends_at = 1");
    let mut ana = somebody(&team.world, ANA);
    assert_eq!(accept_signed_in(&mut ana, &token).refusal(), refusal(403, "trial_ended"));
    accept_signed_in(&mut ana, &free).ok();
}

#[test]
fn somebody_new_makes_an_account_that_is_somebody_only_where_the_link_leads() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({}));
    assert_eq!(preview(&mut team.world.client(), &token).ok().str("/next"), "sign_up");
    let (mut ana, joined) = sign_up(&team.world, &token, "Ana@Client.test");
    let joined = joined.ok();
    assert!(joined.header("set-cookie").unwrap().starts_with("__Host-usher_session="));
    assert_eq!(joined.str("/role"), "client");
    assert_eq!(joined.json()["workspace_ids"], json!([team.workspace()]));
    let me = ana.get("/v1/me").ok().json();
    assert_eq!(
        (&me["user"]["email"], &me["user"]["name"]),
        (&json!("Ana@Client.test"), &json!("Ana Client"))
    );
    assert_eq!(me["user"]["email_verified"], false, "a link that was handed over proves no mailbox");
    assert_eq!(ana.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len(), 1);
    assert_eq!(preview(&mut ana, &token).ok().str("/next"), "none");
    assert_eq!(accept_signed_in(&mut ana, &token).ok().json(), joined.json(), "again is no error");
    assert_eq!(read(&mut team, &id)["uses"], 1);
    assert_eq!(
        team.world
            .state()
            .database
            .borrow()
            .query("SELECT confined_to FROM users WHERE email_key = 'ana@client.test'"),
        [json!({"confined_to": team.organization})]
    );

    let mut other = another(&team.world);
    let (_, elsewhere) = link(&mut other, &json!({}));
    let before = stored(&team);
    assert_eq!(accept_signed_in(&mut ana, &elsewhere).refusal(), refusal(403, "email_unverified"));
    assert_eq!(preview(&mut ana, &elsewhere).ok().str("/next"), "none");
    assert_eq!(stored(&team), before);
}

#[test]
fn an_account_says_its_address_its_name_and_its_password() {
    let mut team = team();
    let (_, token) = link(&mut team, &json!({}));
    let all = ["/email", "/name", "/password"].map(|field| (field.to_owned(), "required".to_owned()));
    let over = team.world.client().with_cookie("__Host-usher_session", &"x".repeat(43));
    for mut person in [team.world.client(), over] {
        let refused = complaint(&accept_signed_in(&mut person, &token));
        assert_eq!(refused, (422, "required".to_owned(), all.to_vec()));
    }
    let accept = |body: Value| complaint(&team.world.client().post("/v1/invitations/accept", &body));
    let wrong = accept(json!({"token": token, "email": "ana", "name": "Ana", "password": PASSWORD}));
    assert_eq!(wrong, about(422, "invalid_email", "/email"));
    let weak = accept(json!({"token": token, "email": ANA, "name": "Ana", "password": "ana@client.test"}));
    assert_eq!(weak, about(422, "weak_password", "/password"));
}

#[test]
fn an_address_that_has_an_account_signs_in_first_whether_it_is_proved_or_not() {
    let mut team = team();
    let (_, token) = link(&mut team, &json!({}));
    somebody(&team.world, ANA);
    sign_up(&team.world, &token, "bo@client.test").1.ok();
    let (_, second) = link(&mut team, &json!({}));
    let before = stored(&team);
    for address in ["ANA@client.test", "bo@client.test"] {
        let (person, refused) = sign_up(&team.world, &second, address);
        assert_eq!(complaint(&refused), about(401, "sign_in_required", "/email"));
        assert_eq!(person.cookie("__Host-usher_session"), None);
        let bare =
            team.world.client().post("/v1/invitations/accept", &json!({"token": second, "email": address}));
        assert_eq!(bare.refusal(), refusal(401, "sign_in_required"));
    }
    assert_eq!(stored(&team), before);
}

#[test]
fn whoever_is_signed_in_joins_in_one_round_trip_and_counts_once() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({}));
    let mut ana = somebody(&team.world, ANA);
    assert_eq!(preview(&mut ana, &token).ok().str("/next"), "accept");
    let joined = accept_signed_in(&mut ana, &token).ok().json();
    assert_eq!(team.world.last_cost(), Cost { d1: 1, kv: 1 });
    assert_eq!(accept_signed_in(&mut ana, &token).ok().json(), joined);
    assert_eq!(team.world.last_cost(), Cost { d1: 1, kv: 0 });
    let with_fields = json!({"token": token, "email": "bo@client.test", "name": "Bo", "password": PASSWORD});
    let again = ana.post("/v1/invitations/accept", &with_fields).ok().json();
    assert_eq!(again, joined, "whoever is signed in is who accepts");
    assert_eq!(read(&mut team, &id)["uses"], 1);
    assert_eq!(read(&mut team, &id)["status"], "pending", "and it is open for others");
}

#[test]
fn one_link_lets_in_as_many_as_it_may_and_then_is_full() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({"max_uses": 2}));
    for person in ["ana@client.test", "bo@client.test"] {
        accept_signed_in(&mut somebody(&team.world, person), &token).ok();
    }
    let mut late = somebody(&team.world, "cleo@client.test");
    assert_eq!(accept_signed_in(&mut late, &token).refusal(), refusal(410, "link_full"));
    assert_eq!(sign_up(&team.world, &token, "dan@client.test").1.refusal(), refusal(410, "link_full"));
    let full = read(&mut team, &id);
    assert_eq!(
        (&full["status"], &full["uses"], &full["accepted_at"]),
        (&json!("full"), &json!(2), &Value::Null)
    );
    change(&mut team, &id, &json!({"max_uses": 3})).ok();
    accept_signed_in(&mut late, &token).ok();
    assert_eq!(read(&mut team, &id)["uses"], 3);
}

#[test]
fn a_link_that_is_off_lets_nobody_in_until_it_is_on_again() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({}));
    let mut inside = somebody(&team.world, "bo@client.test");
    accept_signed_in(&mut inside, &token).ok();
    let mut ana = somebody(&team.world, ANA);
    let off = act(&mut team, &id, "disable").ok().json();
    assert_eq!(
        (&off["status"], &off["disabled_at"]),
        (&json!("disabled"), &json!(team.world.now().to_string()))
    );
    assert_eq!(accept_signed_in(&mut ana, &token).refusal(), refusal(410, "link_disabled"));
    assert_eq!(sign_up(&team.world, &token, "cleo@client.test").1.refusal(), refusal(410, "link_disabled"));
    assert_eq!(preview(&mut ana, &token).ok().str("/status"), "disabled");
    accept_signed_in(&mut inside, &token).ok();
    assert_eq!(inside.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len(), 1);
    let on = act(&mut team, &id, "enable").ok().json();
    assert_eq!((&on["status"], &on["disabled_at"]), (&json!("pending"), &Value::Null));
    accept_signed_in(&mut ana, &token).ok();
}

#[test]
fn a_link_that_is_over_or_withdrawn_lets_nobody_in() {
    let mut team = team();
    let mut ana = somebody(&team.world, ANA);
    let (id, token) = link(&mut team, &json!({}));
    act(&mut team, &id, "revoke").ok();
    assert_eq!(accept_signed_in(&mut ana, &token).refusal(), refusal(410, "invitation_revoked"));
    let (_, token) = link(&mut team, &json!({}));
    team.world.pass(Duration::from_millis(30 * DAY * 1000 - 1));
    assert_eq!(preview(&mut ana, &token).ok().str("/next"), "accept");
    team.world.pass(Duration::from_millis(1));
    assert_eq!(accept_signed_in(&mut ana, &token).refusal(), refusal(410, "invitation_expired"));
}

/// The end that counts is the row's: a URL may say a later one.
#[test]
fn a_link_that_was_made_shorter_ends_then_whatever_its_urls_say() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({}));
    change(&mut team, &id, &json!({"expires_in": 3600})).ok();
    team.world.pass(Duration::from_hours(1));
    let mut ana = somebody(&team.world, ANA);
    assert_eq!(accept_signed_in(&mut ana, &token).refusal(), refusal(410, "invitation_expired"));
}

#[test]
fn making_a_links_url_new_kills_the_older_ones_at_once() {
    let mut team = team();
    let (id, old) = link(&mut team, &json!({}));
    let mut visitor = team.world.client();
    assert_eq!(visitor.get(&format!("/i/{old}")).status, 200, "and now KV has a copy of the page");
    let rotated = act(&mut team, &id, "rotate").ok().json();
    assert_eq!((&rotated["id"], &rotated["status"]), (&json!(id), &json!("pending")));
    let mut ana = somebody(&team.world, ANA);
    assert_eq!(preview(&mut ana, &old).refusal(), refusal(410, "invitation_replaced"));
    assert_eq!(accept_signed_in(&mut ana, &old).refusal(), refusal(410, "invitation_replaced"));
    assert_eq!(sign_up(&team.world, &old, "bo@client.test").1.refusal(), refusal(410, "invitation_replaced"));
    assert_eq!(visitor.get(&format!("/i/{old}")).status, 410);
    let new = copied_token(&mut team.owner, &id);
    accept_signed_in(&mut ana, &new).ok();
    assert_eq!(preview(&mut ana, &old).ok().str("/next"), "none", "whoever is in needs no newer one");
}

#[test]
fn whoever_was_removed_is_let_back_in_by_a_new_invitation_only() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({}));
    let (_, unused) = link(&mut team, &json!({}));
    let mut ana = somebody(&team.world, ANA);
    let first = accept_signed_in(&mut ana, &token).ok().str("/member_id");
    team.world.pass(Duration::from_secs(1));
    remove(&team, ANA);
    for old in [&token, &unused] {
        assert_eq!(accept_signed_in(&mut ana, old).refusal(), refusal(403, "access_removed"));
    }
    act(&mut team, &id, "rotate").ok();
    let rotated = copied_token(&mut team.owner, &id);
    assert_eq!(accept_signed_in(&mut ana, &rotated).refusal(), refusal(403, "access_removed"));
    team.world.pass(Duration::from_secs(1));
    let (_, new) = link(&mut team, &json!({}));
    let back = accept_signed_in(&mut ana, &new).ok().str("/member_id");
    assert_ne!(back, first, "the earlier time keeps its row");
    assert_eq!(accept_signed_in(&mut ana, &token).refusal(), refusal(403, "access_removed"));
}

/// A person is offered an invitation again by sending it again, also after they were removed.
#[test]
fn an_e_mail_invitation_from_before_a_removal_lets_the_person_in_once_it_is_sent_again() {
    let mut team = team();
    let mut ana = somebody(&team.world, ANA);
    let (_, token) = link(&mut team, &json!({}));
    accept_signed_in(&mut ana, &token).ok();
    // No route invites a member: it is open from before they came in by the link.
    team.world.state().database.borrow().change("UPDATE members SET removed_at = 1 WHERE role = 'client'");
    let invitation = team.invited(ANA, "member");
    team.world.state().database.borrow().change(&format!(
        "UPDATE members SET removed_at = {} WHERE role = 'client'",
        team.world.now().millis()
    ));
    let old = copied_token(&mut team.owner, &invitation);
    assert_eq!(accept_signed_in(&mut ana, &old).refusal(), refusal(403, "access_removed"));
    team.world.pass(Duration::from_secs(1));
    act(&mut team, &invitation, "resend").ok();
    let new = copied_token(&mut team.owner, &invitation);
    assert_eq!(accept_signed_in(&mut ana, &new).ok().str("/role"), "member");
}

#[test]
fn a_member_who_comes_by_a_link_gains_the_workspaces_they_lack_and_nothing_else_changes() {
    let mut team = team();
    let first = team.workspace();
    let second = second_workspace(&team);
    let mut mia = team.joined("mia@studio.test", "member");
    let (_, token) = link(
        &mut team,
        &json!({"workspace_ids": [first, second], "access": {"permissions": ["posts.view"], "require_mfa": true}}),
    );
    let before = memberships(&team);
    let joined = accept_signed_in(&mut mia, &token).ok().json();
    assert_eq!(joined["role"], "member");
    assert_eq!(joined["workspace_ids"], json!([first, second]));
    let after = memberships(&team);
    assert_eq!(after[..1], before[..], "what they had stays as it was");
    assert_eq!(
        after[1],
        json!({
            "email": "mia@studio.test", "workspace_id": second, "permissions": "[\"posts.view\"]",
            "addable_kinds": "[]", "require_mfa": 1,
        })
    );
    assert_eq!(team.world.count("SELECT count(*) FROM members WHERE role = 'member'"), 1);
}

#[test]
fn an_admin_who_comes_by_a_link_lacks_nothing() {
    let mut team = team();
    let mut ada = team.joined("ada@studio.test", "admin");
    let (_, token) = link(&mut team, &json!({}));
    assert_eq!(accept_signed_in(&mut ada, &token).ok().str("/role"), "admin");
    assert_eq!(memberships(&team), Vec::<Value>::new());
}

/// A client who takes no seat would take one by this link, in a workspace that they lack.
#[test]
fn a_client_who_would_take_a_seat_by_a_further_link_needs_one_to_be_free() {
    let plan = json!({"key": "test", "seat_limit": 0, "features": ["custom_client_permissions"]});
    let mut team = Team::make(World::new(), "client-links", Some(plan));
    let second = second_workspace(&team);
    let (_, plain) = link(&mut team, &json!({}));
    let mut ana = somebody(&team.world, ANA);
    accept_signed_in(&mut ana, &plain).ok();
    let priced = json!({"permissions": [MAY_CREATE]});
    let (_, same_place) = link(&mut team, &json!({"access": priced}));
    accept_signed_in(&mut ana, &same_place).ok();
    assert_eq!(counters(&team), (0, 0), "where they are already their access stays, and so does their price");
    let (_, further) = link(&mut team, &json!({"access": priced, "workspace_ids": [second]}));
    assert_eq!(accept_signed_in(&mut ana, &further).refusal(), refusal(409, "seat_limit_reached"));
    team.world.state().database.borrow().change("UPDATE organizations SET seat_limit = 1");
    accept_signed_in(&mut ana, &further).ok();
    assert_eq!(counters(&team), (1, 0));
}

#[test]
fn each_person_is_given_the_access_of_the_moment_they_join() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({"access": {"addable_kinds": ["facebook"]}}));
    accept_signed_in(&mut somebody(&team.world, "ana@client.test"), &token).ok();
    change(&mut team, &id, &json!({"access": {"permissions": [MAY_CREATE], "addable_kinds": ["linkedin"]}}))
        .ok();
    accept_signed_in(&mut somebody(&team.world, "bo@client.test"), &token).ok();
    let given: Vec<_> = memberships(&team)
        .iter()
        .map(|row| (row["permissions"].clone(), row["addable_kinds"].clone()))
        .collect();
    assert_eq!(
        given,
        [(Value::Null, json!("[\"facebook\"]")), (json!("[\"posts.create\"]"), json!("[\"linkedin\"]"))]
    );
    assert_eq!(counters(&team), (1, 0));
}

#[test]
fn preview_says_what_a_link_offers_and_of_whom() {
    let mut team = team();
    let (id, token) =
        link(&mut team, &json!({"nickname": "Bakery", "branding": {"name": "Bright", "message": "Hi"}}));
    let seen = preview(&mut team.world.client(), &token).ok();
    let text = seen.text();
    let seen = seen.json();
    assert_eq!((&seen["invitation_id"], &seen["kind"]), (&json!(id), &json!("link")));
    assert_eq!((&seen["brand"]["name"], &seen["message"]), (&json!("Bright"), &json!("Hi")));
    assert_eq!(seen["email_hint"], Value::Null);
    assert!(!text.contains("Bakery"), "a nickname is the inviter's own");
}

#[test]
fn nobody_declines_for_many() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({}));
    let before = stored(&team);
    for person in [&mut team.world.client(), &mut team.owner.clone()] {
        assert_eq!(decline(person, &token).refusal(), refusal(422, "link_has_no_recipient"));
    }
    assert_eq!(stored(&team), before);
    act(&mut team, &id, "disable").ok();
    assert_eq!(decline(&mut team.world.client(), &token).refusal(), refusal(410, "link_disabled"));
}

#[test]
fn only_a_link_for_many_is_turned_off_or_made_new() {
    let mut team = team();
    let invitation = team.invited(ANA, "client");
    for action in ["rotate", "disable", "enable"] {
        assert_eq!(act(&mut team, &invitation, action).refusal(), refusal(409, "not_a_link"), "{action}");
    }
    let (revoked, _) = link(&mut team, &json!({}));
    act(&mut team, &revoked, "revoke").ok();
    let (expired, _) = link(&mut team, &json!({"expires_in": 3600}));
    team.world.pass(Duration::from_hours(1));
    for id in [revoked, expired] {
        for action in ["rotate", "disable", "enable", "link"] {
            assert_eq!(act(&mut team, &id, action).refusal(), refusal(409, "not_pending"), "{action}");
        }
    }
}

#[test]
fn turning_a_link_off_or_on_twice_is_no_error_and_is_audited_once_with_what_was_and_is() {
    let mut team = team();
    let (id, _) = link(&mut team, &json!({}));
    for action in ["disable", "disable", "rotate", "enable", "enable"] {
        team.world.pass(Duration::from_millis(1));
        act(&mut team, &id, action).ok();
    }
    let inviter = team.member("olga");
    let told = team.world.state().database.borrow().query(&format!(
        "SELECT actor, action, before, after FROM audit_events
         WHERE subject = '{id}' AND action LIKE 'invitation.link_%' AND action <> 'invitation.link_copied' ORDER BY at"
    ));
    let entry = |action: &str, before: &str, after: &str| json!({"actor": inviter, "action": action, "before": before, "after": after});
    assert_eq!(
        told,
        [
            entry("invitation.link_disabled", r#"{"disabled":false}"#, r#"{"disabled":true}"#),
            entry("invitation.link_rotated", r#"{"ver":1}"#, r#"{"ver":2}"#),
            entry("invitation.link_enabled", r#"{"disabled":true}"#, r#"{"disabled":false}"#),
        ]
    );
}

#[test]
fn who_came_in_by_a_link_is_listed_newest_first_with_who_was_removed_since() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({}));
    let path = format!("/v1/invitations/{id}/redemptions");
    assert_eq!(team.owner.get(&path).ok().json(), json!({"data": [], "next_cursor": null}));
    let mut expected = Vec::new();
    for person in ["ana@client.test", "bo@client.test", "cleo@client.test"] {
        team.world.pass(Duration::from_millis(1));
        let member = accept_signed_in(&mut somebody(&team.world, person), &token).ok().str("/member_id");
        let user = team.owner.get(&team.path(&format!("/members?q={person}"))).ok().json()["data"][0]["user"]
            .clone();
        let at = team.world.now().to_string();
        expected.insert(0, json!({"member_id": member, "user": user, "redeemed_at": at, "status": "active"}));
    }
    assert_eq!(expected[0]["user"]["email"], "cleo@client.test");
    remove(&team, "bo@client.test");
    expected[1]["status"] = json!("removed");
    let first = team.owner.get(&format!("{path}?limit=2")).ok().json();
    assert_eq!(first["data"], json!(expected[..2]));
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = team.owner.get(&format!("{path}?limit=2&cursor={cursor}")).ok().json();
    assert_eq!(second, json!({"data": expected[2..], "next_cursor": null}));
    assert_eq!(complaint(&team.owner.get(&format!("{path}?limit=0"))), about(422, "invalid_value", "?limit"));
}

#[test]
fn links_are_found_by_kind_by_nickname_and_by_what_became_of_them() {
    let mut team = team();
    let mut make = |more: Value| {
        team.world.pass(Duration::from_millis(1));
        link(&mut team, &more)
    };
    let (open, _) = make(json!({"nickname": "Bakery North"}));
    let (off, _) = make(json!({"nickname": "bakery South"}));
    let (full, token) = make(json!({"nickname": "Café", "max_uses": 1}));
    let (gone, _) = make(json!({}));
    team.invited("bakery@client.test", "client");
    act(&mut team, &off, "disable").ok();
    act(&mut team, &gone, "revoke").ok();
    accept_signed_in(&mut somebody(&team.world, ANA), &token).ok();
    let mut list =
        |query: &str| ids(&team.owner.get(&team.path(&format!("/invitations?{query}"))).ok().json());
    assert_eq!(list("kind=link"), [&gone, &full, &off, &open].map(Clone::clone));
    assert_eq!(list("kind=link&status=pending"), [open.clone()]);
    assert_eq!(list("status=disabled"), [off.clone()]);
    assert_eq!(list("status=full"), [full.clone()]);
    assert_eq!(list("kind=link&status=revoked"), [gone]);
    assert_eq!(list("q=BAKERY&kind=link"), [&off, &open].map(Clone::clone));
    assert_eq!(list("q=caf%C3%A9"), [full]);
    assert_eq!(list("q=bakery&status=disabled"), [off]);
    assert_eq!(list("q=bakery").len(), 3, "and an address that begins so");
}

#[test]
fn no_answer_but_its_own_holds_a_links_url() {
    let mut team = team();
    let (id, token) = link(&mut team, &json!({}));
    let signed_part = token.split('.').nth(1).unwrap().to_owned();
    let mut ana = somebody(&team.world, ANA);
    let answers = [
        accept_signed_in(&mut ana, &token).text(),
        act(&mut team, &id, "disable").text(),
        act(&mut team, &id, "enable").text(),
        change(&mut team, &id, &json!({"nickname": "Bakery"})).text(),
        team.owner.get(&format!("/v1/invitations/{id}/redemptions")).text(),
        act(&mut team, &id, "rotate").text(),
    ];
    for answer in answers {
        assert!(!answer.contains("eyJ") && !answer.contains(&signed_part), "{answer}");
    }
    assert!(!stored(&team).contains(&signed_part), "and it is stored nowhere");
}

#[test]
fn an_account_made_by_a_link_signs_in_with_its_password() {
    let mut team = team();
    let (_, token) = link(&mut team, &json!({}));
    sign_up(&team.world, &token, ANA).1.ok();
    let mut again = team.world.client();
    sign_in(&mut again, ANA).ok();
    assert_eq!(preview(&mut again, &token).ok().str("/next"), "none");
}

/// Every statement of this part, for the test that reads their plans.
pub fn walk(team: &mut Team) {
    let (id, token) = link(team, &json!({"max_uses": 9}));
    accept_signed_in(&mut somebody(&team.world, "walker@client.test"), &token).ok();
    for action in ["disable", "enable", "rotate"] {
        act(team, &id, action).ok();
    }
    team.owner.get(&format!("/v1/invitations/{id}/redemptions")).ok();
    let (invitation, workspace) = (team.invited("walked@client.test", "client"), team.workspace());
    change(team, &invitation, &json!({"email": "walking@client.test", "workspace_ids": [workspace]})).ok();
    change(team, &invitation, &json!({"role": "admin"})).ok();
}

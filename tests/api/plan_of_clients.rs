//! S3-15: what clients may be given one by one is the plan's, whenever it is offered, renewed or taken: not only when an
//! invitation is made.

use serde_json::{Value, json};

use crate::links::{act, change, link};
use crate::support::World;
use crate::support::client::{Client, PASSWORD, Team};
use crate::support::scene::{plan, somebody};
use crate::{accept_signed_in, copied_token, refusal};

const ANA: &str = "ana@client.test";
const FEATURE: &str = r#"["custom_client_permissions"]"#;

/// A team whose plan lets clients have lists of their own.
fn team() -> Team {
    let large = json!({"key": "large", "seat_limit": 25, "features": ["custom_client_permissions"]});
    Team::make(World::new(), "reporting", Some(large))
}

fn own_list() -> Value {
    json!({"access": {"permissions": ["reports"], "resources": "all"}})
}

fn invited(team: &mut Team, role: &str, more: &Value) -> String {
    let mut body = json!({"kind": "email", "role": role, "email": ANA});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    team.owner.post(&team.path("/invitations"), &body).ok().str("/id")
}

fn sign_up(team: &Team, token: &str, email: Option<&str>) -> crate::support::client::Answer {
    let mut body = json!({"token": token, "name": "Ana Client", "password": PASSWORD});
    if let Some(email) = email {
        body["email"] = email.into();
    }
    team.world.client().post("/v1/invitations/accept", &body)
}

#[test]
fn another_feature_of_the_plan_lets_nobody_choose_a_clients_permissions() {
    let mut team = team();
    plan(&team, Some(25), r#"["white_label", "custom_client_permission"]"#);
    let mut body = own_list();
    body.as_object_mut()
        .unwrap()
        .extend(json!({"kind": "email", "role": "client", "email": ANA}).as_object().unwrap().clone());
    let answer = team.owner.post(&team.path("/invitations"), &body);
    assert_eq!(answer.refusal(), refusal(403, "plan_feature_required"));
    plan(&team, Some(25), r#"["white_label", "custom_client_permissions"]"#);
    team.owner.post(&team.path("/invitations"), &body).ok();
}

#[test]
fn with_a_lowered_plan_nobody_new_comes_in_with_a_list_of_their_own() {
    let mut team = team();
    let mut ana = somebody(&team.world, ANA);
    let (_, many) = link(&mut team, &own_list());
    let id = invited(&mut team, "client", &own_list());
    let one = copied_token(&mut team.owner, &id);
    plan(&team, Some(25), r#"["white_label"]"#);
    let before = team.world.state().database.borrow().dump();
    let answers = [
        sign_up(&team, &many, Some("new@client.test")),
        accept_signed_in(&mut ana, &many),
        accept_signed_in(&mut ana, &one),
    ];
    for answer in &answers {
        assert_eq!(answer.refusal(), refusal(403, "plan_feature_required"));
        let detail = answer.str("/detail");
        assert!(detail.contains("plan doesn't allow") && detail.contains("whoever invited you"), "{detail}");
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);
    plan(&team, Some(25), FEATURE);
    accept_signed_in(&mut ana, &one).ok();
    sign_up(&team, &many, Some("new@client.test")).ok();
}

#[test]
fn a_client_who_is_in_keeps_their_list_and_gets_no_further_one() {
    let mut team = team();
    let first = team.workspace();
    let second = crate::support::scene::workspace(&team, "Second");
    let mut ana = team.joined_with(ANA, "client", own_list());
    let mut further = own_list();
    further["workspace_ids"] = json!([second]);
    let (_, further) = link(&mut team, &further);
    plan(&team, Some(25), "[]");
    assert_eq!(accept_signed_in(&mut ana, &further).refusal(), refusal(403, "plan_feature_required"));
    let member = team.member(ANA);
    let held = team.owner.get(&format!("/v1/workspaces/{first}/members/{member}/access")).ok().json();
    assert_eq!(held["permissions"]["mode"], "custom");
}

/// Staff's lists are no client's, and a client's default is everybody's.
#[test]
fn staff_with_a_list_and_clients_with_the_default_come_in_under_any_plan() {
    let mut team = team();
    let id = invited(&mut team, "member", &own_list());
    let staff = copied_token(&mut team.owner, &id);
    let (default, many) = link(&mut team, &json!({}));
    plan(&team, Some(25), "[]");
    act(&mut team, &default, "rotate").ok();
    assert_eq!(sign_up(&team, &many, Some("new@client.test")).status, 410, "the old URL");
    let many = copied_token(&mut team.owner, &default);
    sign_up(&team, &many, Some("new@client.test")).ok();
    change(&mut team, &default, &json!({"expires_in": 7200, "max_uses": 5})).ok();
    act(&mut team, &id, "resend").ok();
    assert_eq!(sign_up(&team, &staff, None).status, 410, "the old link");
    let staff = copied_token(&mut team.owner, &id);
    sign_up(&team, &staff, None).ok();
}

#[test]
fn with_a_lowered_plan_an_invitation_with_a_clients_list_is_not_made_good_for_longer() {
    let mut team = team();
    let mut few = own_list();
    few["max_uses"] = 3.into();
    let (many, _) = link(&mut team, &few);
    let (off, _) = link(&mut team, &own_list());
    act(&mut team, &off, "disable").ok();
    let one = invited(&mut team, "client", &own_list());
    plan(&team, Some(25), r#"["white_label"]"#);
    let before = team.world.state().database.borrow().dump();
    let refused = refusal(403, "plan_feature_required");
    assert_eq!(act(&mut team, &one, "resend").refusal(), refused);
    assert_eq!(act(&mut team, &many, "rotate").refusal(), refused);
    assert_eq!(act(&mut team, &off, "enable").refusal(), refused);
    for (id, changes) in [
        (&many, json!({"expires_in": 7200})),
        (&many, json!({"max_uses": 5})),
        (&many, json!({"max_uses": null})),
        (&one, json!({"expires_in": 7200})),
        (&one, json!({"email": "bo@client.test"})),
    ] {
        assert_eq!(change(&mut team, id, &changes).refusal(), refused, "{changes}");
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);

    act(&mut team, &many, "enable").ok();
    act(&mut team, &many, "disable").ok();
    change(&mut team, &one, &json!({"message": "Hello"})).ok();
    change(&mut team, &one, &json!({"access": {"permissions": "default"}, "expires_in": 7200})).ok();
    act(&mut team, &one, "resend").ok();
    plan(&team, Some(25), FEATURE);
    act(&mut team, &off, "enable").ok();
    act(&mut team, &many, "rotate").ok();
    change(&mut team, &many, &json!({"expires_in": 7200, "max_uses": 5})).ok();
}

/// The page says the same, in a sentence that tells what to do.
#[test]
fn the_page_tells_whom_to_ask() {
    let mut team = team();
    let mut ana: Client = somebody(&team.world, ANA);
    let (_, many) = link(&mut team, &own_list());
    plan(&team, Some(25), "[]");
    let page = format!("/i/{many}");
    let answer = ana.submit(&page, &page, &[]);
    assert!(answer.text().contains("tell <bdi>Olga Owner</bdi>, then try again"), "{}", answer.text());
}

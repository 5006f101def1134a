//! S3 "Create client accounts": an agency's staff give clients a campaign and a measure of permissions; without a campaign
//! nobody gets in. Template `reporting`.

use serde_json::{Value, json};

use crate::support::Answer;
use crate::support::client::{Client, Team};
use crate::support::scene::{plan, resource, workspace};

const ANA: &str = "ana@client.test";
const CARL: &str = "carl@client.test";

/// On the plan that has the clients' own lists of permissions.
fn agency() -> Team {
    let team = Team::of("reporting");
    plan(&team, Some(25), r#"["custom_client_permissions"]"#);
    team
}

fn change(team: &mut Team, member: &str, access: &Value) -> Answer {
    let place = team.workspace();
    team.owner.patch(&format!("/v1/workspaces/{place}/members/{member}"), &json!({"access": access}))
}

/// Every leaf that somebody may, as they read it themselves.
fn keys(person: &mut Client) -> Vec<String> {
    let rows = person.get("/v1/me/workspaces").ok().json();
    let keys = rows["data"][0]["access"]["permissions"]["keys"].as_array().unwrap().clone();
    keys.iter().map(|key| key.as_str().unwrap().to_owned()).collect()
}

fn may(team: &mut Team, email: &str, permission: &str) -> bool {
    let question =
        json!({"member_id": team.member(email), "workspace_id": team.workspace(), "permission": permission});
    team.owner.post("/v1/check", &question).ok().json()["allowed"].as_bool().unwrap()
}

/// S3-05: staff make clients only: whatever they send, they make no staff, by inviting or by changing somebody's role.
#[test]
fn staff_make_clients_and_nobody_else() {
    let mut team = agency();
    let mut staff = team.joined("mia.member@studio.test", "member");
    let refused = |answer: Answer| assert_eq!(answer.refusal(), (403, "role_not_allowed".to_owned()));
    refused(staff.invite(&team.organization, "new@studio.test", "member"));
    refused(staff.invite(&team.organization, "new@studio.test", "admin"));
    staff.invite(&team.organization, "new@client.test", "client").ok();
    team.joined(ANA, "client");
    let promoted = staff.patch(&format!("/v1/members/{}", team.member(ANA)), &json!({"role": "member"}));
    assert_eq!(promoted.refusal(), (403, "forbidden".to_owned()));
}

/// S3-07: no campaign is selected by default, however many there are.
#[test]
fn by_default_no_campaign_is_selected() {
    let mut team = agency();
    let place = team.workspace();
    for _ in 0..51 {
        resource(&team, &place, "campaign");
    }
    let mut ana = team.joined(ANA, "client");
    let row = ana.get("/v1/me/workspaces").ok().json();
    assert_eq!(row["data"][0]["access"]["resources"], json!([]));
}

/// S3-10: with no campaign a client signs in and is told so; nothing is theirs to see. It is a state, not a refusal.
#[test]
fn without_a_campaign_a_client_is_told_so_and_may_nothing() {
    let mut team = agency();
    let mut ana = team.joined(ANA, "client");
    assert_eq!(ana.get("/v1/me").status, 200);
    assert_eq!(ana.get("/v1/me/workspaces").ok().str("/data/0/state"), "no_resources");
    assert!(!may(&mut team, ANA, "dashboards.view"));
    team.joined("mia.member@studio.test", "member");
    assert!(may(&mut team, "mia.member@studio.test", "dashboards.view"), "staff need none");
}

/// S3-11: a campaign is granted, and they are in: at their next request, signed in again or not.
#[test]
fn with_a_campaign_granted_a_client_is_in_at_once() {
    let mut team = agency();
    let mut ana = team.joined(ANA, "client");
    let (id, place) = (team.member(ANA), team.workspace());
    let campaign = resource(&team, &place, "campaign");
    assert_eq!(ana.get("/v1/me/workspaces").ok().str("/data/0/state"), "no_resources");
    change(&mut team, &id, &json!({"resources": [{"id": campaign}]})).ok();
    assert_eq!(ana.get("/v1/me/workspaces").ok().str("/data/0/state"), "ready");
    assert!(may(&mut team, ANA, "dashboards.view"));
    let mut again = team.world.client();
    let signed_in = json!({"email": ANA, "password": crate::support::client::PASSWORD});
    again.post("/v1/sessions", &signed_in).ok();
    assert_eq!(again.get("/v1/me/workspaces").ok().str("/data/0/state"), "ready");
}

/// S3-12: the default is everything but sending messages, making or changing reports, and setting tasks.
#[test]
fn the_default_is_everything_but_four_things() {
    let mut team = agency();
    let mut ana = team.joined_with(ANA, "client", json!({"access": {"resources": "all"}}));
    let mut expected = all_leaves(&mut team);
    expected.retain(|key| {
        !["messages.send", "reports.create", "reports.edit", "tasks.set"].contains(&key.as_str())
    });
    assert_eq!(keys(&mut ana), expected);
    let row = ana.get("/v1/me/workspaces").ok().json();
    assert_eq!(row["data"][0]["access"]["permissions"]["mode"], "default");
}

/// Every leaf there is: what the owner has.
fn all_leaves(team: &mut Team) -> Vec<String> {
    keys(&mut team.owner)
}

/// S3-13: a client has exactly the features and integrations that were chosen.
#[test]
fn customized_a_client_has_exactly_what_was_chosen() {
    let mut team = agency();
    let chosen = json!(["reports.view", "integrations.google_ads"]);
    let more = json!({"access": {"permissions": chosen, "resources": "all"}});
    team.joined_with(ANA, "client", more);
    for (permission, allowed) in [
        ("reports.view", true),
        ("integrations.google_ads", true),
        ("integrations.google_ads.cost", true),
        ("integrations.facebook", false),
        ("reports.create", false),
        ("dashboards.view", false),
    ] {
        assert_eq!(may(&mut team, ANA, permission), allowed, "{permission}");
    }
}

/// S3-14, S3-19: a clone has the same permissions as another client had at that moment: not their campaigns, and not what
/// they are given later.
#[test]
fn a_clone_copies_permissions_once_and_no_campaign() {
    let mut team = agency();
    let more = json!({"access": {"permissions": ["reports.view", "tasks"], "resources": "all"}});
    team.joined_with(ANA, "client", more);
    let ana = team.member(ANA);
    let clone = json!({"access": {"permissions": {"clone_of": ana}}});
    let mut carl = team.joined_with(CARL, "client", clone);
    let copied = ["tasks.view", "tasks.set", "reports.view"];
    assert_eq!(keys(&mut carl), copied);
    let row = carl.get("/v1/me/workspaces").ok().json();
    assert_eq!(row["data"][0]["access"]["resources"], json!([]));
    change(&mut team, &ana, &json!({"permissions": "default"})).ok();
    assert_eq!(keys(&mut carl), copied, "a copy, no live link");
}

/// S3-19: what is cloned are other clients: those of the organization that the list of clients shows, nobody else.
#[test]
fn only_other_clients_are_cloned() {
    let mut team = agency();
    team.joined(ANA, "client");
    team.joined(CARL, "client");
    team.joined("mia.member@studio.test", "member");
    let (ana, carl, mia) = (team.member(ANA), team.member(CARL), team.member("mia.member@studio.test"));
    let clients = team.owner.get(&team.path("/members?role=client")).ok().json();
    let mut listed: Vec<_> =
        clients["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    listed.sort_unstable();
    let mut expected = [ana.as_str(), carl.as_str()];
    expected.sort_unstable();
    assert_eq!(listed, expected);
    change(&mut team, &ana, &json!({"permissions": {"clone_of": carl}})).ok();
    let staff = change(&mut team, &ana, &json!({"permissions": {"clone_of": mia}}));
    assert_eq!(staff.refusal(), (422, "invalid_value".to_owned()));
}

/// S3-15: choosing a client's permissions is a feature of the larger plans; the default is for everybody.
#[test]
fn only_larger_plans_choose_a_clients_permissions() {
    let mut team = Team::of("reporting");
    team.joined(ANA, "client");
    let id = team.member(ANA);
    let refused = change(&mut team, &id, &json!({"permissions": ["reports.view"]}));
    assert_eq!(refused.refusal(), (403, "plan_feature_required".to_owned()));
    change(&mut team, &id, &json!({"permissions": "default"})).ok();
    team.joined("mia.member@studio.test", "member");
    let staff = team.member("mia.member@studio.test");
    change(&mut team, &staff, &json!({"permissions": ["reports.view"]})).ok();
    plan(&team, Some(25), r#"["custom_client_permissions"]"#);
    change(&mut team, &id, &json!({"permissions": ["reports.view"]})).ok();
}

/// S3-16, S3-17, S3-18: of every permission there is, on or off can be read, down to each metric, under the headings that
/// group them.
#[test]
fn every_permission_is_on_or_off_down_to_each_metric() {
    let mut team = agency();
    let all = all_leaves(&mut team);
    assert!(all.len() > 60, "{}", all.len());
    assert!(all.contains(&"integrations.google_ads.cost".to_owned()));
    let kept: Vec<_> = all.iter().filter(|key| *key != "integrations.google_ads.cost").cloned().collect();
    let more = json!({"access": {"permissions": kept, "resources": "all"}});
    let mut ana = team.joined_with(ANA, "client", more);
    assert_eq!(keys(&mut ana), kept);
    for (permission, allowed) in [
        ("integrations.google_ads.cost", false),
        ("integrations.google_ads.clicks", true),
        ("integrations.google_ads", false),
        ("integrations.facebook_ads", true),
        ("integrations", false),
        ("dashboards", true),
        ("messages", true),
    ] {
        assert_eq!(may(&mut team, ANA, permission), allowed, "{permission}");
    }
}

/// S3-10: a campaign of another workspace is no way in.
#[test]
fn a_campaign_of_another_workspace_is_no_way_in() {
    let mut team = agency();
    team.joined(ANA, "client");
    let (id, first) = (team.member(ANA), team.workspace());
    let second = workspace(&team, "Second");
    let elsewhere = resource(&team, &second, "campaign");
    let path = format!("/v1/workspaces/{first}/members/{id}");
    let refused = team.owner.patch(&path, &json!({"access": {"resources": [{"id": elsewhere}]}}));
    assert_eq!(refused.refusal(), (422, "invalid_value".to_owned()));
}

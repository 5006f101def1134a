//! S3 "Create client accounts": an agency makes accounts for staff and clients, which exist before anybody has accepted
//! anything. Template `reporting`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::World;
use crate::support::client::{Answer, Client, PASSWORD, Team};
use crate::support::scene::{plan, resource, workspace};

const ANA: &str = "ana.client@client.test";

fn addresses(team: &mut Team, query: &str) -> Vec<String> {
    let listed = team.owner.get(&team.path(&format!("/members{query}"))).ok().json();
    let of = |row: &Value| row["user"]["email"].as_str().unwrap().to_owned();
    listed["data"].as_array().unwrap().iter().map(of).collect()
}

/// S3-01: the list of users has all staff and clients who have an account now: also those who have not signed in yet, neither
/// those who were only invited nor those who were removed.
#[test]
fn the_users_page_lists_staff_and_clients_who_have_an_account() {
    let mut team = Team::of("reporting");
    team.world.pass(std::time::Duration::from_secs(1));
    team.add("sam.staff@studio.test", "member", json!({})).ok();
    team.world.pass(std::time::Duration::from_secs(1));
    team.add(ANA, "client", json!({})).ok();
    team.invited("cem.client@client.test", "client");
    for role in ["member", "client"] {
        team.world.pass(std::time::Duration::from_secs(1));
        let gone = team.add(&format!("gone.{role}@studio.test"), role, json!({})).ok().str("/id");
        team.owner.delete(&format!("/v1/members/{gone}")).ok();
    }
    assert_eq!(addresses(&mut team, "?role=member"), ["sam.staff@studio.test"]);
    assert_eq!(addresses(&mut team, "?role=client"), [ANA]);
    assert_eq!(addresses(&mut team, ""), [ANA, "sam.staff@studio.test", "olga.owner@studio.test"]);
}

/// S3-06, S3-20: with the address and the campaigns the account is made, and it is there before anybody accepts anything.
#[test]
fn finishing_the_wizard_makes_the_account_with_its_campaigns() {
    let mut team = Team::of("reporting");
    let campaigns = [(); 3].map(|()| team.resource("campaign"));
    let access = json!({"resources": [{"id": campaigns[0]}, {"id": campaigns[2]}]});
    let made = team.add(ANA, "client", json!({"name": "Ana Client", "access": access})).ok();
    assert_eq!((made.status.as_u16(), made.str("/status")), (201, "active".to_owned()));
    let given =
        team.world.state().database.borrow().query("SELECT resource_id FROM grants ORDER BY resource_id");
    assert_eq!(given, [&campaigns[0], &campaigns[2]].map(|id| json!({"resource_id": id})));
    assert_eq!(
        team.world.count("SELECT count(*) FROM invitations WHERE email_key = 'ana.client@client.test'"),
        0
    );
}

/// S3-08: the same tick-box where somebody is to accept first: unticked, nobody is told by e-mail, one by one or many at once.
#[test]
fn an_invitation_is_mailed_only_with_the_box_ticked() {
    let mut team = Team::of("reporting");
    let before = team.world.mailbox().len();
    for (ticked, address) in [(false, "no@client.test"), (true, "yes@client.test")] {
        let body = json!({"kind": "email", "role": "client", "email": address, "send_email": ticked});
        team.owner.post(&team.path("/invitations"), &body).ok();
        let body = json!({"role": "client", "email": format!("many.{address}"), "send_email": ticked});
        team.owner.post(&team.path("/invitations/bulk"), &json!({"rows": [body]})).ok();
    }
    team.world.deliver();
    let mut told: Vec<_> = team.world.mailbox()[before..].iter().map(|mail| mail["to"].clone()).collect();
    told.sort_by_key(Value::to_string);
    assert_eq!(told, [json!("many.yes@client.test"), json!("yes@client.test")]);
}

/// S3-08: the tick-box "Invite users via email": with it, one e-mail brings a link to set a password and sign in.
#[test]
fn with_the_box_ticked_the_client_gets_an_e_mail_and_signs_in_by_it() {
    let mut team = Team::of("reporting");
    team.add(ANA, "client", json!({"name": "Ana Client", "notify": true})).ok();
    team.world.deliver();
    let page = format!("/reset/{}", team.world.mailed_password_token(ANA));
    let mut ana = team.world.client().with_header("accept", "text/html");
    let set = ana.submit(&page, &page, &[("password", PASSWORD)]);
    assert_eq!((set.status.as_u16(), set.header("location")), (303, Some("/me")));
    let mut later = team.world.client();
    later.post("/v1/sessions", &json!({"email": ANA, "password": PASSWORD})).ok();
    assert_eq!(later.get("/v1/me").ok().json()["user"]["email_verified"], true);
}

/// S3-09: without it nobody is told by e-mail; whoever made the account hands over a link to set its password.
#[test]
fn with_the_box_unticked_no_e_mail_goes_out_and_the_maker_hands_over_a_link() {
    let mut team = Team::of("reporting");
    let before = team.world.mailbox().len();
    let mut staff = team.joined("sam.staff@studio.test", "member");
    let mails = team.world.mailbox().len();
    assert_eq!(mails, before + 1, "the staff member's own invitation");
    let body = json!({"email": ANA, "name": "Ana Client", "role": "client", "notify": false});
    let member = staff.post(&team.path("/members"), &body).ok().str("/id");
    team.world.deliver();
    assert_eq!(team.world.mailbox().len(), mails);
    let link = staff.post(&format!("/v1/members/{member}/password-link"), &json!({})).ok();
    let token = crate::support::platform::password_token_in(&link.str("/url"));
    let mut ana = team.world.client();
    ana.set_password(&token).ok();
    assert_eq!(ana.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len(), 1);
    let told = ana.get("/v1/me/notifications").ok().json();
    assert_eq!(told["data"][0]["kind"], "member.added", "every direct add leaves a notification");
}

fn invite_client(team: &mut Team, email: &str, permissions: &Value) -> Answer {
    let body =
        json!({"kind": "email", "role": "client", "email": email, "access": {"permissions": permissions}});
    team.owner.post(&team.path("/invitations"), &body)
}

fn with_feature() -> Team {
    let plan = json!({"key": "agency", "seat_limit": 25, "features": ["custom_client_permissions"]});
    Team::make(World::new(), "reporting", Some(plan))
}

/// The leaves of a tree of permissions.
fn leaves(nodes: &[Value]) -> Vec<Value> {
    nodes
        .iter()
        .flat_map(|node| match node["children"].as_array().unwrap().as_slice() {
            [] => vec![node.clone()],
            children => leaves(children),
        })
        .collect()
}

fn keys(nodes: &[Value]) -> BTreeSet<String> {
    nodes.iter().map(|node| node["key"].as_str().unwrap().to_owned()).collect()
}

/// S3-15: choosing a client's permissions is part of the larger plans only; the default is part of every plan, and so is
/// whatever staff are given.
#[test]
fn a_clients_own_permissions_are_a_feature_of_the_plan() {
    let mut team = Team::of("reporting");
    let refused = invite_client(&mut team, "ana@client.test", &json!(["reports.view"])).refusal();
    assert_eq!(refused, (403, "plan_feature_required".to_owned()));
    assert_eq!(team.world.count("SELECT count(*) FROM invitations WHERE role = 'client'"), 0);
    invite_client(&mut team, "default@client.test", &json!("default")).ok();
    let staff = json!({"access": {"permissions": ["reports.view"]}});
    team.joined_with("sam.staff@studio.test", "member", staff);
    let larger = json!({"key": "agency", "seat_limit": 25, "features": ["custom_client_permissions"]});
    team.world.operator().put(&team.path("/plan"), &larger).ok();
    let invited = invite_client(&mut team, "ana@client.test", &json!(["reports.view"])).ok().json();
    assert_eq!(invited["access"]["permissions"], json!({"mode": "custom", "keys": ["reports.view"]}));
}

/// S3-15: copying another client's permissions is choosing them, if those were chosen; a copy of the default is the default.
#[test]
fn a_clone_of_chosen_permissions_needs_the_feature_and_a_clone_of_the_default_does_not() {
    let mut team = with_feature();
    let chosen = json!({"access": {"permissions": ["reports.view"]}});
    team.joined_with("chosen@client.test", "client", chosen);
    team.joined("default@client.test", "client");
    let (chosen, default) = (team.member("chosen@client.test"), team.member("default@client.test"));
    let copied = invite_client(&mut team, "a@client.test", &json!({"clone_of": chosen})).ok().json();
    assert_eq!(copied["access"]["permissions"], json!({"mode": "custom", "keys": ["reports.view"]}));
    let smaller = json!({"key": "freelancer", "seat_limit": 25, "features": []});
    team.world.operator().put(&team.path("/plan"), &smaller).ok();
    let refused = invite_client(&mut team, "b@client.test", &json!({"clone_of": chosen})).refusal();
    assert_eq!(refused, (403, "plan_feature_required".to_owned()));
    let copied = invite_client(&mut team, "c@client.test", &json!({"clone_of": default})).ok().json();
    assert_eq!(copied["access"]["permissions"]["mode"], "default");
    // What was chosen before stays.
    assert_eq!(
        team.owner.get(&team.path("/invitations?q=a@")).ok().str("/data/0/access/permissions/mode"),
        "custom"
    );
}

/// S3-16: the catalog shows every permission there is: whatever is granted is in it, and whatever is in it can be granted.
#[test]
fn the_catalog_shows_all_available_permissions() {
    let mut team = with_feature();
    let catalog = team.owner.get(&team.path("/catalog")).ok().json();
    let shown = leaves(catalog["permissions"].as_array().unwrap());
    assert!(shown.len() > 60, "{}", shown.len());
    assert_eq!(keys(&shown).len(), shown.len(), "each once");
    for leaf in &shown {
        assert!(!leaf["label"].as_str().unwrap().is_empty(), "{leaf}");
        assert!(leaf["client_preset"].is_boolean(), "on or off: {leaf}");
    }
    let all: Vec<String> = keys(&shown).into_iter().collect();
    let granted = invite_client(&mut team, "all@client.test", &json!(all)).ok().json();
    let granted: BTreeSet<String> =
        serde_json::from_value(granted["access"]["permissions"]["keys"].clone()).unwrap();
    assert_eq!(granted, keys(&shown));
    let on: Vec<Value> = shown.iter().filter(|leaf| leaf["client_preset"] == true).cloned().collect();
    let default = invite_client(&mut team, "default@client.test", &json!("default")).ok().json();
    let default: BTreeSet<String> =
        serde_json::from_value(default["access"]["permissions"]["keys"].clone()).unwrap();
    assert_eq!(default, keys(&on), "what is on is what a client has by default");
}

/// S3-17: integrations drill down to their metrics; turning one on turns on all under it, and one metric can be left out.
#[test]
fn integrations_drill_down_to_their_metrics() {
    let mut team = with_feature();
    let catalog = team.owner.get(&team.path("/catalog")).ok().json();
    let top = catalog["permissions"].as_array().unwrap();
    let integrations = top.iter().find(|node| node["key"] == "integrations").unwrap();
    let integrations = integrations["children"].as_array().unwrap();
    assert!(integrations.len() > 10);
    for integration in integrations {
        let metrics = leaves(std::slice::from_ref(integration));
        assert!(metrics.len() > 1, "{}", integration["key"]);
        let key = integration["key"].as_str().unwrap();
        assert!(keys(&metrics).iter().all(|metric| metric.starts_with(&format!("{key}."))), "{key}");
        let email = format!("{}@client.test", key.replace('.', "-"));
        let granted = invite_client(&mut team, &email, &json!([key])).ok().json();
        let granted: BTreeSet<String> =
            serde_json::from_value(granted["access"]["permissions"]["keys"].clone()).unwrap();
        assert_eq!(granted, keys(&metrics), "{key}");
    }
    let one = invite_client(&mut team, "one@client.test", &json!(["integrations.google_ads.clicks"])).ok();
    assert_eq!(one.json()["access"]["permissions"]["keys"], json!(["integrations.google_ads.clicks"]));
}

/// S3-18: what is neither an integration nor a report stands under the heading General.
#[test]
fn other_functions_stand_under_general() {
    let mut team = Team::of("reporting");
    let catalog = team.owner.get(&team.path("/catalog")).ok().json();
    let top = catalog["permissions"].as_array().unwrap();
    let general: Vec<Value> = top.iter().filter(|node| node["group"] == "General").cloned().collect();
    assert_eq!(keys(&general), BTreeSet::from(["dashboards", "messages", "tasks"].map(str::to_owned)));
    assert!(top.iter().all(|node| node["group"].is_string()), "everything has a heading");
}

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
fn held_keys(person: &mut Client) -> Vec<String> {
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
    team.joined("sam.member@studio.test", "member");
    let path =
        format!("/v1/workspaces/{}/members/{}", team.workspace(), team.member("sam.member@studio.test"));
    let changed = staff.patch(&path, &json!({"access": {"permissions": "default"}}));
    assert_eq!(changed.refusal(), (403, "forbidden".to_owned()), "nor is what staff may do theirs to say");
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
    assert_eq!(held_keys(&mut ana), expected);
    let row = ana.get("/v1/me/workspaces").ok().json();
    assert_eq!(row["data"][0]["access"]["permissions"]["mode"], "default");
}

/// Every leaf there is: what the owner has.
fn all_leaves(team: &mut Team) -> Vec<String> {
    held_keys(&mut team.owner)
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
    assert_eq!(held_keys(&mut carl), copied);
    let row = carl.get("/v1/me/workspaces").ok().json();
    assert_eq!(row["data"][0]["access"]["resources"], json!([]));
    change(&mut team, &ana, &json!({"permissions": "default"})).ok();
    assert_eq!(held_keys(&mut carl), copied, "a copy, no live link");
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
    plan(&team, Some(25), r#"["white_label"]"#);
    let refused = change(&mut team, &id, &json!({"permissions": ["reports.view"]}));
    assert_eq!(refused.refusal(), (403, "plan_feature_required".to_owned()), "another feature");
    plan(&team, Some(25), r#"["white_label", "custom_client_permissions"]"#);
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
    assert_eq!(held_keys(&mut ana), kept);
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

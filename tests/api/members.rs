//! Members: who sees them, and how they are found.

use std::time::Duration;

use serde_json::{Value, json};

use crate::change_member::patch;
use crate::support::client::Team;
use crate::support::scene::{resource, workspace};
use crate::{another, ids, refusal, remove};

pub const MIA: &str = "mia.member@studio.test";
pub const ANA: &str = "ana@client.test";

#[test]
fn a_member_is_shown_with_what_they_have_in_each_workspace() {
    let mut team = Team::of("publishing");
    let first = team.workspace();
    let page = resource(&team, &first, "facebook");
    let more = json!({"access": {
        "permissions": ["posts.write"], "addable_kinds": ["linkedin"], "require_mfa": true,
        "resources": [{"id": page, "approve": true, "credentials": "member"}],
    }});
    team.joined_with(ANA, "client", more);
    let ana = team.member(ANA);
    let shown = team.owner.get(&format!("/v1/members/{ana}")).ok().json();
    assert_eq!(shown["user"]["email"], ANA);
    assert_eq!(
        (&shown["role"], &shown["status"], &shown["takes_seat"]),
        (&json!("client"), &json!("active"), &json!(false))
    );
    assert_eq!(
        shown["workspaces"],
        json!([{"id": first, "name": "Example Studio", "access": {
            "permissions": {"mode": "custom", "keys": ["posts.write.create", "posts.write.edit", "posts.write.delete"]},
            "resources": [{"id": page, "approve": true, "credentials": "member"}],
            "addable_kinds": ["linkedin"], "require_mfa": true,
        }}])
    );
    let list = team.owner.get(&team.path("/members?role=client")).ok().json();
    assert_eq!(list["data"], json!([shown]));
}

#[test]
fn staff_see_everybody_and_a_client_only_themself() {
    let mut team = Team::new();
    let mut mia = team.joined(MIA, "member");
    let mut client = team.joined(ANA, "client");
    let (mia_id, ana) = (team.member(MIA), team.member(ANA));
    for id in [&mia_id, &ana] {
        mia.get(&format!("/v1/members/{id}")).ok();
    }
    assert_eq!(client.get(&format!("/v1/members/{ana}")).ok().str("/user/email"), ANA);
    assert_eq!(client.get(&format!("/v1/members/{mia_id}")).refusal(), refusal(403, "forbidden"));
}

#[test]
fn whoever_was_removed_is_still_shown_to_staff_as_removed_and_without_a_seat() {
    let mut team = Team::new();
    team.joined(MIA, "member");
    let mia = team.member(MIA);
    remove(&team, MIA);
    let shown = team.owner.get(&format!("/v1/members/{mia}")).ok().json();
    assert_eq!((&shown["status"], &shown["takes_seat"]), (&json!("removed"), &json!(false)));
    assert_eq!(shown["removed_at"], team.world.now().to_string());
}

#[test]
fn members_are_found_by_the_beginning_of_name_or_address_in_any_script() {
    let mut team = Team::new();
    for (email, name) in [(MIA, "Änne Öztürk"), (ANA, "Мария Иванова")] {
        team.joined(email, "member");
        let id = team.member(email);
        patch(&mut team.owner, &id, &json!({"name": name})).ok();
    }
    let mut found = |q: &str| {
        let list = team.owner.get(&team.path(&format!("/members?q={q}"))).ok().json();
        let emails = list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["user"]["email"].as_str().unwrap().to_owned());
        emails.collect::<Vec<_>>()
    };
    assert_eq!(found("%C3%A4NN"), [MIA]);
    assert_eq!(found("%D0%9C%D0%90%D0%A0"), [ANA]);
    assert_eq!(found("ANA%40"), [ANA]);
    assert_eq!(found("%C3%B6zt"), [""; 0], "the beginning of the name, not of each word");
}

#[test]
fn filters_go_together_and_pages_have_no_gaps() {
    let mut team = Team::new();
    let second = workspace(&team, "Second");
    for number in 0..5 {
        team.world.pass(Duration::from_millis(1));
        let role = if number % 2 == 0 { "client" } else { "member" };
        let places = if number < 3 { json!({"workspace_ids": [second]}) } else { json!({}) };
        team.joined_with(&format!("p{number}@client.test"), role, places);
    }
    let mut list = |query: &str| {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = team.owner.get(&team.path(&format!("/members?limit=1&{query}{cursor}"))).ok().json();
            seen.extend(page["data"].as_array().unwrap().iter().map(|row| row["user"]["email"].clone()));
            let Some(next) = page["next_cursor"].as_str() else { return seen };
            cursor = format!("&cursor={next}");
        }
    };
    assert_eq!(
        list(&format!("workspace_id={second}")),
        ["p2@client.test", "p1@client.test", "p0@client.test"]
    );
    assert_eq!(list(&format!("workspace_id={second}&role=client")), ["p2@client.test", "p0@client.test"]);
    assert_eq!(list("role=client"), ["p4@client.test", "p2@client.test", "p0@client.test"]);
    assert_eq!(list(&format!("q=p&role=client&workspace_id={second}")), ["p2@client.test", "p0@client.test"]);
    assert_eq!(list("q=p1"), ["p1@client.test"]);
    assert_eq!(list(&format!("workspace_id={second}&status=removed")), Vec::<Value>::new());
}

#[test]
fn nobody_of_another_organization_is_found_by_its_workspace_name_or_role() {
    let mut team = Team::new();
    let mut other = another(&team.world);
    other.joined(ANA, "client");
    let theirs = other.workspace();
    for query in [format!("workspace_id={theirs}"), "q=ana".to_owned(), "role=client".to_owned()] {
        let list = team.owner.get(&team.path(&format!("/members?{query}"))).ok().json();
        assert_eq!(ids(&list), [""; 0], "{query}");
    }
}

/// A workspace that staff don't come into doesn't exist to them: not among what others were given either.
#[test]
fn staff_see_of_others_only_the_workspaces_that_they_reach_themselves() {
    let mut team = Team::of("reporting");
    let first = team.workspace();
    let mut mia = team.joined_with(MIA, "member", json!({"workspace_ids": [first]}));
    let second = workspace(&team, "Secret Client");
    let secret = resource(&team, &second, "campaign");
    let more = json!({"workspace_ids": [second], "access": {"resources": [{"id": secret}]}});
    let ana = team.add(ANA, "client", more).ok().str("/id");
    let both = json!({"workspace_ids": [first, second]});
    let bea = team.add("bea@client.test", "client", both).ok().str("/id");
    let path = |id: &str| format!("/v1/members/{id}");
    let mut shown = mia.get(&team.path("/members")).ok().text();
    assert_eq!(mia.get(&path(&ana)).ok().json()["workspaces"], json!([]));
    let seen = mia.get(&path(&bea)).ok().json();
    assert_eq!(seen["workspaces"].as_array().unwrap().len(), 1);
    assert_eq!(seen["workspaces"][0]["id"], first);
    shown += &seen.to_string();
    let renamed = json!({"name": "Zoe"});
    shown += &mia.patch(&path(&ana), &renamed).text();
    shown += &mia.get(&team.path(&format!("/members?workspace_id={second}"))).ok().text();
    for hidden in [second.as_str(), secret.as_str(), "Secret"] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
    let inside = mia.get(&team.path(&format!("/members?workspace_id={second}"))).ok().json();
    assert_eq!(inside["data"], json!([]), "nor who is in it");
    let all = team.owner.get(&path(&bea)).ok().json();
    assert_eq!(all["workspaces"].as_array().unwrap().len(), 2, "the owner reaches every one");
}

/// S0-05: what only the inviter's side calls somebody stays once they are in. They themself never see it.
#[test]
fn a_nickname_comes_along_and_is_for_staff_alone() {
    let mut team = Team::new();
    let more = json!({"name": "Ana Client", "nickname": "The Bakery"});
    let mut ana = team.joined_with(ANA, "client", more);
    let mut mia = team.joined(MIA, "member");
    let id = team.member(ANA);
    let path = format!("/v1/members/{id}");
    for staff in [&mut team.owner, &mut mia] {
        assert_eq!(staff.get(&path).ok().json()["nickname"], "The Bakery");
    }
    assert_eq!(ana.get(&path).ok().json()["nickname"], Value::Null);
    assert!(!ana.get("/me/data.json").ok().text().contains("Bakery"));

    for found in ["the+b", "THE"] {
        let list = team.owner.get(&team.path(&format!("/members?q={found}"))).ok().json();
        assert_eq!(ids(&list), [id.as_str()], "{found}");
    }
    let changed = patch(&mut team.owner, &id, &json!({"nickname": " Bakery North "})).ok().json();
    assert_eq!(
        (&changed["nickname"], &changed["user"]["name"]),
        (&json!("Bakery North"), &json!("Somebody New"))
    );
    let logged = &team.owner.get(&team.path(&format!("/audit?subject={id}"))).ok().json()["data"][0];
    assert_eq!(logged["action"], "member.renamed");
    assert_eq!(
        (&logged["before"]["nickname"], &logged["after"]["nickname"]),
        (&json!("The Bakery"), &json!("Bakery North"))
    );
    assert_eq!(patch(&mut team.owner, &id, &json!({"nickname": null})).ok().json()["nickname"], Value::Null);
    assert_eq!(ids(&team.owner.get(&team.path("/members?q=bakery")).ok().json()), [""; 0]);

    for (who, status) in [(&mut mia, 403), (&mut ana, 403)] {
        assert_eq!(patch(who, &id, &json!({"nickname": "Mine"})).status, status);
    }
    let own = team.member(MIA);
    assert_eq!(patch(&mut mia, &own, &json!({"nickname": "Mine"})).status, 403, "not their own either");
    patch(&mut team.owner, &own, &json!({"nickname": "Quiet"})).ok();
    assert_eq!(mia.get(&format!("/v1/members/{own}")).ok().json()["nickname"], Value::Null);
    let refused = patch(&mut team.owner, &id, &json!({"nickname": ""}));
    assert_eq!(refused.refusal(), (422, "invalid_value".to_owned()));
}

//! Rows of many invitations that say workspaces and accounts by their names.
//!
//! The rule: a name stands for the one thing that is called so among what the sender reaches; which one is meant is never
//! guessed, and what somebody doesn't reach they can't name.

use http::Method;
use serde_json::{Value, json};

use crate::support::Client;
use crate::support::client::{Answer, Team};
use crate::support::scene::{resource, workspace};

/// An account of a workspace, called so.
fn account(team: &Team, workspace: &str, name: &str) -> String {
    let id = resource(team, workspace, "facebook");
    let change = format!("UPDATE resources SET name = '{name}' WHERE id = '{id}'");
    team.world.state().database.borrow().change(&change);
    id
}

fn dry(by: &mut Client, path: &str, rows: &Value) -> Value {
    by.post(path, &json!({"rows": rows, "dry_run": true})).ok().json()
}

fn csv(by: &mut Client, path: &str, file: &str) -> Answer {
    by.send(&Method::POST, path, Some("text/csv"), file.as_bytes().to_vec())
}

/// Of each row its outcome, or where it is wrong and why.
fn told(answer: &Value) -> Vec<String> {
    let row = |row: &Value| match row["problem"]["errors"][0].as_object() {
        Some(error) => {
            format!("{}: {}", error["pointer"].as_str().unwrap(), error["detail"].as_str().unwrap())
        }
        None => row["problem"]["code"].as_str().or(row["outcome"].as_str()).unwrap().to_owned(),
    };
    answer["data"].as_array().unwrap().iter().map(row).collect()
}

/// What every statement of this reads by an index.
pub fn walk(team: &mut Team) {
    let oldest = team.owner.get(&team.path("/workspaces")).ok().json();
    let oldest = oldest["data"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    let theirs = account(team, &oldest, "Named account");
    let rows = json!([{"email": "named@client.test", "role": "client", "workspaces": ["Elsewhere"],
                       "access": {"resources": [{"name": "Named account"}]}}]);
    let path = team.path("/invitations/bulk");
    dry(&mut team.owner, &path, &rows);
    // Both who reach everything and who reach some choose among accounts.
    team.owner.patch(&team.path(""), &json!({"policy": {"invites": {"member": ["client"]}}})).ok();
    let access = json!({"access": {"resources": [{"id": theirs}]}, "workspace_ids": [oldest]});
    let mut staff = team.joined_with("choosing@studio.test", "member", access);
    team.joined_with("chosen.for@client.test", "client", json!({"workspace_ids": [oldest]}));
    let client = team.member("chosen.for@client.test");
    for by in [&mut team.owner.clone(), &mut staff] {
        by.get(&format!("/w/{oldest}/members/{client}")).ok();
    }
    // Somebody opens an invitation that waits for them.
    let mut mia = crate::support::scene::somebody(&team.world, "waiting@client.test");
    let id = team.invited("waiting@client.test", "client");
    mia.submit("/me", "/me/invitations", &[("invitation", &id)]).ok();
}

#[test]
fn workspaces_and_accounts_are_named_as_people_know_them() {
    let mut team = Team::of("client-links");
    let oldest = team.workspace();
    let (bakery, harbour) = (workspace(&team, "Bakery North"), workspace(&team, "Hafen; Süd"));
    let page = account(&team, &bakery, "Bread: fresh");
    let other = account(&team, &oldest, "First page");
    let path = team.path("/invitations/bulk");
    let rows = json!([
        {"email": "a@client.test", "role": "client", "workspaces": ["bakery NORTH", "Hafen; Süd"],
         "access": {"resources": [{"name": " Bread: fresh ", "approve": true}]}},
        {"email": "b@client.test", "role": "client", "access": {"resources": [{"name": "first page"}]}},
        {"email": "c@client.test", "role": "client", "workspace_ids": [bakery], "access": {"resources": [{"name": "Bread: fresh"}]}},
    ]);
    assert_eq!(told(&dry(&mut team.owner, &path, &rows)), ["would_create"; 3]);
    team.owner.post(&path, &json!({"rows": rows})).ok();
    team.world.deliver();
    let made = team.owner.get(&team.path("/invitations?q=a@client")).ok().json();
    let made = &made["data"][0];
    assert_eq!(made["workspace_ids"], json!([bakery, harbour]));
    assert_eq!(made["access"]["resources"][0]["id"], json!(page));
    assert_eq!(made["access"]["resources"][0]["approve"], true);
    let made = team.owner.get(&team.path("/invitations?q=b@client")).ok().json();
    assert_eq!(made["data"][0]["access"]["resources"][0]["id"], json!(other));
}

#[test]
fn a_spreadsheet_names_them_in_two_columns() {
    let mut team = Team::of("client-links");
    let bakery = workspace(&team, "Bakery North");
    let page = account(&team, &bakery, "Bread, fresh");
    let second = account(&team, &bakery, "Rolls");
    let path = team.path("/invitations/bulk");
    let file = "email,role,workspaces,accounts,resources\n\
        a@client.test,client,Bakery North,\"Bread, fresh:approve; Rolls\",\n\
        b@client.test,client,Bakery North,all,\n\
        c@client.test,client,Bakery North; Nowhere,,\n"
        .to_owned()
        + &format!("d@client.test,client,Bakery North,Rolls,{page}\n");
    let answer = csv(&mut team.owner, &format!("{path}?dry_run=true"), &file).ok().json();
    assert_eq!(
        told(&answer),
        [
            "would_create",
            "would_create",
            "/workspaces/1: No workspace here is called “Nowhere”. Write its name as it is there.",
            "would_create",
        ]
    );
    csv(&mut team.owner, &path, &file).ok();
    team.world.deliver();
    let given = |team: &mut Team, who: &str| {
        let found = team.owner.get(&team.path(&format!("/invitations?q={who}@client"))).ok().json();
        let resources = found["data"][0]["access"]["resources"].clone();
        resources.as_array().map(|all| {
            let mut all: Vec<(String, bool)> = all
                .iter()
                .map(|each| (each["id"].as_str().unwrap().to_owned(), each["approve"] == true))
                .collect();
            all.sort();
            all
        })
    };
    assert_eq!(given(&mut team, "a"), Some(vec![(page.clone(), true), (second.clone(), false)]));
    assert_eq!(given(&mut team, "b"), None, "all");
    assert_eq!(given(&mut team, "d"), Some(vec![(page, false), (second, false)]));
}

#[test]
fn which_one_is_meant_is_never_guessed() {
    let mut team = Team::of("client-links");
    let (one, two) = (workspace(&team, "Bakery"), workspace(&team, "bakery"));
    account(&team, &one, "Page");
    account(&team, &two, "Page");
    account(&team, &one, "Twice");
    account(&team, &one, "Twice");
    let path = team.path("/invitations/bulk");
    let row = |more: Value| {
        let mut row = json!({"email": "a@client.test", "role": "client"});
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row
    };
    let named = |name: &str| json!({"resources": [{"name": name}]});
    let rows = json!([
        row(json!({"workspaces": ["Bakery"]})),
        row(json!({"workspace_ids": [one, two], "access": named("Page")})),
        row(json!({"workspace_ids": [one], "access": named("Twice")})),
        row(json!({"workspace_ids": [one], "access": named("Page")})),
        row(json!({"access": named("Page")})),
        row(json!({"workspace_ids": [one], "workspaces": ["Bakery"]})),
        row(json!({"workspaces": [5]})),
        row(json!({"workspaces": "Bakery"})),
        row(json!({"access": {"resources": [{"name": 5}]}})),
    ]);
    let told = told(&dry(&mut team.owner, &path, &rows));
    let more = "Rename one of them, or say which by its id.";
    assert_eq!(told[0], format!("/workspaces/0: More than one workspace is called “Bakery”. {more}"));
    assert_eq!(told[1], format!("/access/resources/0: More than one account is called “Page”. {more}"));
    assert_eq!(told[2], format!("/access/resources/0: More than one account is called “Twice”. {more}"));
    assert_eq!(told[3], "would_create");
    assert!(told[4].starts_with("/access/resources/0: No account here is called “Page”."), "{}", told[4]);
    assert!(told[5].starts_with("/workspaces: Say where either by"), "{}", told[5]);
    assert!(told[6].starts_with("/workspaces/0: "), "{}", told[6]);
    assert!(told[7..].iter().all(|told| told.starts_with('/')), "{told:?}");
}

/// Another organization's, and what was not given to the sender, have no name here.
#[test]
fn nobody_names_what_they_do_not_reach() {
    let mut team = Team::of("client-portal");
    let policy = json!({"policy": {"invites": {"member": ["client"]}}});
    team.owner.patch(&team.path(""), &policy).ok();
    let oldest = team.workspace();
    let hidden = workspace(&team, "Hidden place");
    let theirs = account(&team, &oldest, "Theirs");
    account(&team, &oldest, "Secret");
    account(&team, &hidden, "Hidden page");
    let access = json!({"access": {"resources": [{"id": theirs}]}, "workspace_ids": [oldest]});
    let mut mia = team.joined_with("mia.member@studio.test", "member", access);
    let path = team.path("/invitations/bulk");
    let named = |name: &str| json!({"email": "a@client.test", "role": "client", "access": {"resources": [{"name": name}]}});
    let rows = json!([
        named("Theirs"),
        named("Secret"),
        named("Nothing at all"),
        {"email": "b@client.test", "role": "client", "workspaces": ["Hidden place"]},
        {"email": "c@client.test", "role": "client", "workspaces": ["Nowhere"]},
    ]);
    let told = told(&dry(&mut mia, &path, &rows));
    assert_eq!(told[0], "would_create");
    assert_eq!(told[1].replace("Secret", "Nothing at all"), told[2], "as if it did not exist");
    assert_eq!(told[3].replace("Hidden place", "Nowhere"), told[4]);

    let other = team.world.operator().create_organization("Other Studio", "oscar.owner@other.test");
    let mut owner = team.world.client();
    owner.join("oscar.owner@other.test", "Oscar Owner").ok();
    let path = format!("/v1/organizations/{other}/invitations/bulk");
    let told = dry(&mut owner, &path, &json!([named("Theirs")]));
    assert!(self::told(&told)[0].starts_with("/access/resources/0: No account here"), "{told}");
}

#[test]
fn more_names_than_are_looked_up_are_refused_at_once() {
    let mut team = Team::of("client-links");
    let names: Vec<String> = (0..2_100).map(|number| format!("Place {number}")).collect();
    let rows: Vec<Value> = names
        .chunks(100)
        .map(|names| json!({"email": "a@client.test", "role": "client", "workspaces": names}))
        .collect();
    let path = team.path("/invitations/bulk");
    let answer = team.owner.post(&path, &json!({"rows": rows, "dry_run": true}));
    assert_eq!(crate::complaint(&answer), crate::about(422, "invalid_value", "/rows"));
}

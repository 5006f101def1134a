//! Somebody in very many workspaces: what is told of them is bounded, and so is what their own requests read.

use serde_json::{Value, json};

use crate::support::client::{Client, Team};
use crate::{ids, refusal};

const MIA: &str = "mia.member@studio.test";
const SHOWN: usize = 100;

/// A team with one who works in so many workspaces besides the first, and a client of the first.
fn team_of(workspaces: usize) -> (Team, Client, String) {
    let mut team = Team::of("publishing");
    let policy = json!({"policy": {"invites": {"member": ["client"]}}});
    team.owner.patch(&team.path(""), &policy).ok();
    let mia = team.joined(MIA, "member");
    let member = team.member(MIA);
    let id = "'wsp_00' || printf('%024d', value)";
    team.world.state().database.borrow().change(&format!(
        "BEGIN;
         WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < {workspaces})
         INSERT INTO workspaces (id, organization_id, name, created_at)
         SELECT {id}, '{}', 'Place ' || value, 1 FROM n;
         INSERT INTO memberships (member_id, workspace_id, created_at)
         SELECT '{member}', id, 1 FROM workspaces WHERE name LIKE 'Place %';
         COMMIT",
        team.organization
    ));
    (team, mia, member)
}

/// Each statement that only this part of the service has.
pub fn walk(team: &mut Team) {
    let member = team.member("olga.owner@studio.test");
    team.owner.get(&team.path(&format!("/workspaces?member_id={member}"))).ok();
    let workspace = team.workspace();
    team.owner.get(&format!("/w/{workspace}?person={member}")).ok();
    team.owner.get(&format!("/w/{workspace}/add?find=a")).ok();
    team.joined("looked@client.test", "client");
    let looked = team.member("looked@client.test");
    let theirs = team.owner.get(&format!("/v1/members/{looked}")).ok().str("/workspaces/0/id");
    let access = format!("/w/{theirs}/members/{looked}");
    team.owner.submit(&access, &access, &[("look", "yes"), ("find", "a")]).ok();
    let id = team.invited("own@client.test", "client");
    let token = crate::copied_token(&mut team.owner, &id);
    let fields = [("own", "1")];
    team.owner.clone().submit("/sign-in", &format!("/i/{token}/ask"), &fields).ok();
}

#[test]
fn of_very_many_workspaces_an_answer_names_a_hundred_and_a_list_the_rest() {
    let (mut team, _, member) = team_of(250);
    let shown = team.owner.get(&format!("/v1/members/{member}")).ok().json();
    assert_eq!(shown["workspaces"].as_array().unwrap().len(), SHOWN);
    assert_eq!(shown["more_workspaces"], true);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/workspaces?member_id={member}&limit=100{cursor}");
        let page = team.owner.get(&team.path(&path)).ok().json();
        seen.extend(ids(&page));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 251);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "newest first, each once");

    let listed = team.owner.get(&team.path("/members?role=member")).ok().json();
    assert_eq!(listed["data"][0]["workspaces"].as_array().unwrap().len(), SHOWN);
    let few = team.joined("ana@client.test", "client");
    let ana = team.member("ana@client.test");
    assert_eq!(team.owner.get(&format!("/v1/members/{ana}")).ok().json()["more_workspaces"], false);
    drop(few);
}

#[test]
fn whose_workspaces_are_listed_to_whom() {
    let (mut team, mut mia, member) = team_of(3);
    let mut ana = team.joined("ana@client.test", "client");
    let client = team.member("ana@client.test");
    let hidden = team.owner.post(&team.path("/workspaces"), &json!({"name": "Hidden"})).ok().str("/id");
    let body = json!({"member_id": client});
    team.owner.post(&format!("/v1/workspaces/{hidden}/members"), &body).ok();
    let organization = team.organization.clone();
    let path = |member: &str| format!("/v1/organizations/{organization}/workspaces?member_id={member}");
    let count = |answer: Value| answer["data"].as_array().unwrap().len();
    let (of_ana, of_mia) = (path(&client), path(&member));
    assert_eq!(count(team.owner.clone().get(&of_ana).ok().json()), 2);
    assert_eq!(count(mia.get(&of_ana).ok().json()), 1, "staff see those that they come into themselves");
    assert_eq!(count(mia.get(&of_mia).ok().json()), 4);
    assert_eq!(count(ana.get(&of_ana).ok().json()), 2, "a client their own");
    assert_eq!(ana.get(&of_mia).refusal(), refusal(403, "forbidden"));
    let nobody = path("mbr_01h455vb4pex5vsknk084sn02q");
    assert_eq!(team.owner.get(&nobody).refusal(), refusal(404, "not_found"));
    assert_eq!(team.owner.get(&path("mia")).refusal(), refusal(404, "not_found"));
    let mut other = crate::another(&team.world);
    let elsewhere = other.path(&format!("/workspaces?member_id={member}"));
    assert_eq!(other.owner.get(&elsewhere).refusal(), refusal(404, "not_found"));
}

/// What a request about one workspace or one resource costs doesn't grow with how many its caller, or whom it is about, is in.
#[test]
fn a_request_about_one_place_costs_no_more_to_whoever_is_in_very_many() {
    let costs = [5, 1000].map(|workspaces| {
        let (mut team, mia, member) = team_of(workspaces);
        let workspace = team.workspace();
        let resource = crate::support::scene::resource(&team, &workspace, "facebook");
        let all = json!({"access": {"resources": "all"}});
        team.owner.patch(&format!("/v1/workspaces/{workspace}/members/{member}"), &all).ok();
        let mut page = mia.clone().with_header("accept", "text/html");
        let mut mia = mia;
        let steps = |who: &mut Client, path: &str| {
            let before = team.world.state().database.borrow().steps();
            who.get(path).ok();
            (path.to_owned(), team.world.state().database.borrow().steps() - before)
        };
        let question = format!("/v1/workspaces/{workspace}/members/{member}/access");
        let mut owner = team.owner.clone();
        vec![
            steps(&mut mia, &format!("/v1/workspaces/{workspace}")),
            steps(&mut mia, &format!("/v1/workspaces/{workspace}/resources")),
            steps(&mut mia, &format!("/v1/resources/{resource}")),
            steps(&mut mia, &question),
            steps(&mut page, &format!("/w/{workspace}")),
            steps(&mut owner, &format!("/v1/members/{member}")),
            steps(&mut owner, &team.path("/members?role=member")),
        ]
    });
    let [few, many] = &costs;
    for ((path, few), (_, many)) in few.iter().zip(many) {
        // Those that tell of a hundred workspaces tell of them.
        let told = if path.contains("/members") && !path.ends_with("/access") { 100 * 150 } else { 0 };
        assert!(*many <= few + few / 2 + 1000 + told, "{path}: {few} steps, then {many}");
    }
}

/// Without a second factor, in workspaces that all ask for one: that is known from one look.
#[test]
fn whether_a_second_factor_is_missing_everywhere_is_one_look() {
    let costs = [5, 1000].map(|workspaces| {
        let (mut team, mut mia, _) = team_of(workspaces);
        team.world.state().database.borrow().change("UPDATE memberships SET require_mfa = 1");
        let path = format!("/v1/workspaces/{}", team.workspace());
        let before = team.world.state().database.borrow().steps();
        assert_eq!(mia.get(&path).refusal(), refusal(403, "mfa_required"));
        team.world.state().database.borrow().steps() - before
    });
    assert!(costs[1] <= costs[0] + costs[0] / 2 + 1000, "{costs:?}");
}

/// Whose places can't all be looked at is given no password by staff, who might lack one of them (V23).
#[test]
fn staff_hand_over_no_password_to_whoever_is_in_more_than_was_looked_at() {
    let (mut team, mut mia, member) = team_of(150);
    let all = json!({"resources": "all"});
    let workspace = team.workspace();
    team.owner.patch(&format!("/v1/workspaces/{workspace}/members/{member}"), &json!({"access": all})).ok();
    let added = team.add("new@client.test", "client", json!({"workspace_ids": [workspace]})).ok().str("/id");
    let path = format!("/v1/members/{added}/password-link");
    mia.post(&path, &json!({})).ok();
    team.world.state().database.borrow().change(&format!(
        "INSERT INTO memberships (member_id, workspace_id, created_at)
         SELECT '{added}', id, 1 FROM workspaces WHERE name LIKE 'Place %'"
    ));
    assert_eq!(mia.post(&path, &json!({})).status, 403);
    team.owner.post(&path, &json!({})).ok();
}

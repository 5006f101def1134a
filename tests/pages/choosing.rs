//! Choosing accounts where there are very many: a page of them at a time, looked for by their names.
//!
//! The rule: what was chosen stays chosen, listed or not, and exactly that is given; whoever gives sees only what is theirs.

use serde_json::{Value, json};
use usher::domain::ids::{Id, Resource};
use usher::platform::Entropy;

use crate::reading::{seen, tags};
use crate::scene::browsing;
use crate::structure::check_page;
use crate::support::client::{Answer, Client, Team};
use crate::support::platform::Native;
use crate::support::scene::plan_of;

const CARL: &str = "carl.client@client.test";

/// A client, the form of what they have, and this many accounts.
struct Scene {
    team: Team,
    owner: Client,
    workspace: String,
    member: String,
    accounts: Vec<String>,
}

impl Scene {
    fn of(template: &str, many: usize) -> Self {
        let mut team = Team::make(crate::support::World::new(), template, Some(plan_of(None)));
        let workspace = team.workspace();
        let accounts =
            (0..many).map(|number| account(&team, &workspace, &format!("Page {number:05}"))).collect();
        team.joined(CARL, "client");
        let member = team.member(CARL);
        Self { owner: browsing(team.owner.clone()), team, workspace, member, accounts }
    }

    fn path(&self) -> String {
        format!("/w/{}/members/{}", self.workspace, self.member)
    }

    fn page(&mut self) -> String {
        let page = self.owner.get(&self.path()).ok();
        check_page(&page);
        page.text()
    }

    /// Sends what stands in a page, but for the boxes that are unchecked and these fields besides.
    fn send(&mut self, page: &str, checked: &[&str], unchecked: &[&str], more: &[(&str, &str)]) -> Answer {
        let mut form: Vec<(String, String)> = fields(page);
        form.retain(|(name, value)| name != "resource" || !unchecked.contains(&value.as_str()));
        form.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        form.extend(checked.iter().map(|id| ("resource".to_owned(), (*id).to_owned())));
        form.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = self.owner.post_form(&self.path(), &form);
        if answer.status != 303 {
            check_page(&answer);
        }
        answer
    }

    fn save(&mut self, page: &str, checked: &[&str]) {
        let review = self.send(page, checked, &[], &[("do", "review")]);
        assert_eq!(review.status, 200, "{}", seen(&review.text()));
        let saved = self.send(&review.text(), &[], &[], &[("do", "save")]);
        assert_eq!(saved.status, 303, "{}", seen(&saved.text()));
    }

    fn has(&mut self) -> Vec<Value> {
        let path = format!("/v1/workspaces/{}/members/{}/access", self.workspace, self.member);
        self.team.owner.get(&path).ok().json()["resources"].as_array().unwrap().clone()
    }

    fn ids(&mut self) -> Vec<String> {
        let mut ids: Vec<String> =
            self.has().iter().map(|each| each["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    }

    fn give(&mut self, ids: &[String]) {
        let grants: Vec<Value> = ids.iter().map(|id| json!({"id": id, "approve": true})).collect();
        let path = format!("/v1/workspaces/{}/members/{}", self.workspace, self.member);
        self.team.owner.patch(&path, &json!({"access": {"resources": grants}})).ok();
    }
}

fn account(team: &Team, workspace: &str, name: &str) -> String {
    team.world.pass(std::time::Duration::from_millis(1));
    let id = Id::<Resource>::new(team.world.now(), Native::new(team.world.clone()).random()).to_string();
    team.world.state().database.borrow().change(&format!(
        "INSERT INTO resources (id, organization_id, workspace_id, kind, name, created_at)
         VALUES ('{id}', '{}', '{workspace}', 'facebook', '{name}', 0)",
        team.organization
    ));
    id
}

/// What a browser sends of the form that changes something, as it stands.
fn fields(page: &str) -> Vec<(String, String)> {
    let is_box = |kind: &str| ["checkbox", "radio"].contains(&kind);
    let inputs = tags(page).into_iter().filter(|tag| tag.name == "input");
    let sent = inputs.filter(|tag| tag.has("name") && (!is_box(tag.get("type")) || tag.has("checked")));
    let mut fields: Vec<(String, String)> =
        sent.map(|tag| (tag.get("name").to_owned(), tag.get("value").to_owned())).collect();
    fields.reverse();
    // The last nonce is that of the page's own form.
    let mut nonces = 0;
    fields.retain(|(name, _)| {
        name != "nonce" || {
            nonces += 1;
            nonces == 1
        }
    });
    fields
}

/// The boxes that a page lists, each with whether it is checked.
fn listed(page: &str) -> Vec<(String, bool)> {
    let boxes =
        tags(page).into_iter().filter(|tag| tag.get("name") == "resource" && tag.get("type") == "checkbox");
    boxes.map(|tag| (tag.get("value").to_owned(), tag.has("checked"))).collect()
}

fn next(page: &str) -> Option<String> {
    tags(page).into_iter().find(|tag| tag.get("name") == "more").map(|tag| tag.get("value").to_owned())
}

#[test]
fn of_many_accounts_each_is_reached_page_by_page_and_what_was_chosen_stays() {
    let mut scene = Scene::of("client-links", 90);
    let accounts = scene.accounts.clone();
    let mut page = scene.page();
    assert!(seen(&page).contains("Only some are listed, and those that you chose."), "{}", seen(&page));
    let (mut met, mut chosen) = (Vec::new(), Vec::new());
    loop {
        let mut here = listed(&page);
        assert!(here.len() <= 35, "{}", here.len());
        here.retain(|(id, _)| !met.contains(id));
        let first = here[0].0.clone();
        met.extend(here.into_iter().map(|(id, _)| id));
        chosen.push(first.clone());
        let Some(more) = next(&page) else {
            scene.save(&page, &[&first]);
            break;
        };
        page = scene.send(&page, &[&first], &[], &[("more", &more)]).text();
    }
    met.sort();
    assert_eq!(met, accounts, "each once");
    assert_eq!(chosen.len(), 4);
    chosen.sort();
    assert_eq!(scene.ids(), chosen);
}

#[test]
fn an_account_is_looked_for_by_how_its_name_begins() {
    let mut scene = Scene::of("client-links", 60);
    let (first, sought) = (scene.accounts[0].clone(), scene.accounts[57].clone());
    let page = scene.page();
    assert!(!page.contains(&sought));
    let look = [("find_resource", "pAGE 00057"), ("look", "resources")];
    let found = scene.send(&page, &[&first], &[], &look);
    assert_eq!(found.status, 200);
    assert_eq!(listed(&found.text()), [(first.clone(), true), (sought.clone(), false)]);
    let none =
        scene.send(&found.text(), &[&sought], &[], &[("find_resource", "nowhere"), ("look", "resources")]);
    assert_eq!(listed(&none.text()), [(first.clone(), true), (sought.clone(), true)]);
    let without = scene.send(
        &none.text(),
        &[],
        &[&first, &sought],
        &[("find_resource", "nowhere"), ("look", "resources")],
    );
    assert!(seen(&without.text()).contains("None is called that."), "{}", seen(&without.text()));
    scene.save(&none.text(), &[]);
    assert_eq!(scene.ids(), [first, sought]);
}

#[test]
fn all_that_are_shown_are_selected_at_once() {
    let mut scene = Scene::of("client-links", 60);
    let page = scene.page();
    let all = scene.send(&page, &[], &[], &[("all", "yes")]).text();
    assert_eq!(listed(&all).iter().filter(|(_, on)| *on).count(), 25, "{}", seen(&all));
    let page = scene.send(&all, &[], &[], &[("more", &next(&all).unwrap())]).text();
    let all = scene.send(&page, &[], &[], &[("all", "yes")]).text();
    assert!(seen(&all).contains("25 of 25 selected"), "{}", seen(&all));
    assert!(seen(&all).contains("25 more are chosen and not listed here."), "{}", seen(&all));
    let none = scene.send(&all, &[], &[], &[("all", "no")]).text();
    assert!(seen(&none).contains("0 of 25 selected"), "{}", seen(&none));
    assert!(seen(&none).contains("25 more are chosen and not listed here."), "{}", seen(&none));
    scene.save(&all, &[]);
    assert_eq!(scene.ids(), scene.accounts[..50]);
}

/// What somebody has and no page lists is neither lost nor shown to be, and what is taken away is only what was unchecked.
#[test]
fn what_is_given_and_not_listed_stays() {
    let mut scene = Scene::of("publishing", 80);
    let accounts = scene.accounts.clone();
    scene.give(&accounts[..60]);
    let page = scene.page();
    assert_eq!(listed(&page).len(), 25);
    assert!(
        seen(&page).contains("35 more are chosen and not listed here. They stay chosen."),
        "{}",
        seen(&page)
    );
    let review = scene.send(&page, &[], &[&accounts[3]], &[("do", "review")]);
    assert!(seen(&review.text()).contains("Page 00003") && !seen(&review.text()).contains("Page 00002"));
    let saved = scene.send(&review.text(), &[], &[], &[("do", "save")]);
    assert_eq!(saved.status, 303, "{}", seen(&saved.text()));
    let has = scene.has();
    assert_eq!(has.len(), 59);
    assert!(has.iter().all(|each| each["approve"] == true), "as it was");
    assert!(!scene.ids().contains(&accounts[3]));
    // What changes of very many is named as far as one reads it.
    let page = scene.page();
    let all = scene.send(&page, &[], &[], &[("resources", "listed"), ("given", "")]);
    let text = seen(&all.text());
    assert!(text.contains("Page 00030") && text.contains("10 more"), "{text}");
}

/// S2-13: of very many, each is reached whose credentials are asked, and the rest are answered for together.
#[test]
fn whose_credentials_are_used_is_asked_of_many_at_once() {
    let mut scene = Scene::of("publishing", 60);
    let accounts = scene.accounts.clone();
    scene.give(&accounts);
    let page = scene.page();
    let customize = [("permissions", "customize"), ("permission", "posts.write.create"), ("do", "review")];
    let review = scene.send(&page, &[], &[], &customize).text();
    assert!(seen(&review).contains("The other 35 accounts"), "{}", seen(&review));
    let sought = scene
        .send(
            &review,
            &[],
            &[],
            &[("others", "member"), ("find_resource", "Page 0005"), ("look", "credentials")],
        )
        .text();
    let asked = |page: &str| {
        let radios = tags(page)
            .into_iter()
            .filter(|tag| tag.get("type") == "radio" && tag.get("name").starts_with("credentials/"));
        radios.map(|tag| tag.get("name").to_owned()).collect::<std::collections::BTreeSet<_>>().len()
    };
    assert_eq!((asked(&review), asked(&sought)), (25, 10), "{}", seen(&sought));
    let own = format!("credentials/{}", accounts[55]);
    let saved = scene.send(&sought, &[], &[], &[(&own, "owner"), ("do", "save")]);
    assert_eq!(saved.status, 303, "{}", seen(&saved.text()));
    let whose = |has: &[Value], of: &str| has.iter().filter(|each| each["credentials"] == of).count();
    let has = scene.has();
    assert_eq!((whose(&has, "owner"), whose(&has, "member")), (26, 34));
}

/// The wizard's step does the same, and keeps it in its draft.
#[test]
fn an_invitation_is_given_accounts_from_several_pages() {
    let mut scene = Scene::of("client-links", 60);
    let accounts = scene.accounts.clone();
    let slug = scene.team.owner.get(&scene.team.path("")).ok().str("/slug");
    let mut at = format!("/o/{slug}/team/invite");
    let mut go = |scene: &mut Scene, more: &[(&str, &str)]| {
        let page = scene.owner.get(&at).ok();
        check_page(&page);
        let mut form = vec![("nonce".to_owned(), crate::support::client::nonce_in(&page.text()))];
        form.extend(
            fields(&page.text())
                .into_iter()
                .filter(|(name, _)| ["resource", "given", "after"].contains(&name.as_str())),
        );
        form.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = scene.owner.post_form(&at, &form);
        at = answer.header("location").unwrap_or_else(|| panic!("{}", answer.text())).to_owned();
        scene.owner.get(&at).text()
    };
    go(&mut scene, &[("who", "client")]);
    go(&mut scene, &[("email", "new@client.test"), ("how", "mail")]);
    let page = scene.owner.get(&format!("/o/{slug}/team")).text();
    drop(page);
    let first = go(&mut scene, &[("resources", "listed"), ("all", "yes")]);
    assert_eq!(listed(&first).iter().filter(|(_, on)| *on).count(), 25, "{}", seen(&first));
    let second = go(&mut scene, &[("resources", "listed"), ("more", &next(&first).unwrap())]);
    assert_eq!(listed(&second).len(), 25);
    assert!(seen(&second).contains("25 more are chosen and not listed here."), "{}", seen(&second));
    let sought = go(
        &mut scene,
        &[
            ("resources", "listed"),
            ("resource", &accounts[30]),
            ("find_resource", "Page 00059"),
            ("look", "resources"),
        ],
    );
    assert!(sought.contains(&accounts[59]));
    go(&mut scene, &[("resources", "listed"), ("resource", &accounts[59])]);
    let check = go(&mut scene, &[("permissions", "default")]);
    assert!(seen(&check).contains("and 22 more"), "{}", seen(&check));
    go(&mut scene, &[]);
    let invitation = scene.team.owner.get(&scene.team.path("/invitations")).ok().json()["data"][0].clone();
    let mut given: Vec<&str> = invitation["access"]["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["id"].as_str().unwrap())
        .collect();
    given.sort_unstable();
    let mut expected: Vec<&str> = accounts[..25].iter().map(String::as_str).collect();
    expected.extend([accounts[30].as_str(), accounts[59].as_str()]);
    assert_eq!(given, expected);
}

/// Staff are shown what they were given, and can begin behind nothing else.
#[test]
fn staff_choose_among_their_own() {
    let mut scene = Scene::of("client-portal", 60);
    let policy = json!({"policy": {"invites": {"member": ["client"]}}});
    scene.team.owner.patch(&scene.team.path(""), &policy).ok();
    let theirs = [scene.accounts[7].clone(), scene.accounts[41].clone()];
    let access = json!({"access": {"resources": [{"id": theirs[0]}, {"id": theirs[1]}]}});
    let mia = scene.team.joined_with("mia.member@studio.test", "member", access);
    scene.owner = browsing(mia);
    assert_eq!(listed(&scene.page()).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), theirs);
    let behind = scene.accounts[20].clone();
    let page = scene.page();
    let after = scene.send(&page, &[], &[], &[("more", &behind)]).text();
    assert_eq!(listed(&after), [(theirs[1].clone(), false)]);
}

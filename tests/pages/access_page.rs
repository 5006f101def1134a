//! What somebody was given in a workspace, as a form, and the difference that is read before it counts.

use serde_json::{Value, json};

use crate::reading::{seen, text_of};
use crate::scene::{OSCAR, browsing, elsewhere};
use crate::structure::check_page;
use crate::support::client::{Answer, Client, Team};
use crate::support::scene::{audited, plan, plan_of, resource, seats};

const CARL: &str = "carl.client@client.test";

/// A client in a workspace with accounts, and the owner in a browser.
struct Scene {
    team: Team,
    owner: Client,
    carl: Client,
    workspace: String,
    member: String,
    /// A Facebook page and an Instagram account.
    accounts: [String; 2],
    path: String,
}

impl Scene {
    fn of(template: &str, kinds: [&str; 2]) -> Self {
        let scene = Self::without_accounts(template);
        let accounts = kinds.map(|kind| resource(&scene.team, &scene.workspace, kind));
        Self { accounts, ..scene }
    }

    fn without_accounts(template: &str) -> Self {
        let mut team = Team::make(crate::support::World::new(), template, Some(plan_of(5)));
        let workspace = team.workspace();
        let carl = browsing(team.joined(CARL, "client"));
        let member = team.member(CARL);
        let path = format!("/w/{workspace}/members/{member}");
        let owner = browsing(team.owner.clone());
        Self { owner, team, carl, workspace, member, accounts: Default::default(), path }
    }

    fn publishing() -> Self {
        Self::of("publishing", ["facebook", "instagram"])
    }

    fn give(&mut self, access: &Value) {
        let path = format!("/v1/workspaces/{}/members/{}", self.workspace, self.member);
        self.team.owner.patch(&path, &json!({"access": access})).ok();
    }

    fn has(&mut self) -> Value {
        let path = format!("/v1/workspaces/{}/members/{}/access", self.workspace, self.member);
        self.team.owner.get(&path).ok().json()
    }

    /// What the form says now, with these fields in place of their namesakes.
    fn form(&mut self) -> Vec<(String, String)> {
        let page = self.owner.get(&self.path);
        check_page(&page);
        carried(&page.text())
    }

    fn send(&mut self, fields: &[(String, String)]) -> Answer {
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = self.owner.post_form(&self.path, &fields);
        if answer.status != 303 {
            check_page(&answer);
        }
        answer
    }

    /// Reviews the form with these fields besides.
    fn review(&mut self, more: &[(&str, &str)]) -> Answer {
        let mut fields = self.form();
        fields.retain(|(name, _)| name != "do" && !more.iter().any(|(other, _)| name == other));
        fields.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        fields.push(("do".to_owned(), "review".to_owned()));
        self.send(&fields)
    }

    /// Does this with a page that was reviewed.
    fn go_on(&mut self, review: &Answer, what: &str) -> Answer {
        let mut fields = carried(&review.text());
        fields.push(("do".to_owned(), what.to_owned()));
        self.send(&fields)
    }
}

/// What a browser sends of the last form on a page.
fn carried(page: &str) -> Vec<(String, String)> {
    let form = page.split("<form").last().unwrap().split("</form>").next().unwrap();
    let mut fields = Vec::new();
    for input in form.split("<input").skip(1) {
        let tag = input.split('>').next().unwrap();
        let get = |name: &str| {
            tag.split(&format!(" {name}=\"")).nth(1).map(|rest| rest.split('"').next().unwrap().to_owned())
        };
        let is_box = tag.contains("type=\"checkbox\"") || tag.contains("type=\"radio\"");
        if let Some(name) = get("name")
            && (!is_box || tag.ends_with(" checked"))
        {
            fields.push((name, get("value").unwrap_or_default()));
        }
    }
    if form.contains("<select") {
        fields.push(("clone_of".to_owned(), String::new()));
    }
    fields
}

/// S2-07, S2-08, S2-12, S2-13: what is turned on and given, whose credentials, then saved.
#[test]
fn what_is_chosen_is_read_as_a_difference_and_then_saved() {
    let mut scene = Scene::publishing();
    let [facebook, instagram] = scene.accounts.clone();
    scene.give(&json!({"resources": [{"id": instagram}]}));
    let review = scene.review(&[
        ("resource", &facebook),
        ("approve", &facebook),
        ("permissions", "customize"),
        ("permission", "posts.write.create"),
    ]);
    assert_eq!(review.status, 200);
    let html = review.text();
    let text = seen(&html);
    assert_eq!(text_of(&html, "h1"), "Check the changes");
    assert!(text.contains("For Somebody New in Example Studio."), "{text}");
    assert!(text.contains("Turn on Create posts"), "{text}");
    assert!(text.contains("Give these accounts A facebook, where they approve"), "{text}");
    assert!(text.contains("Take these accounts away A instagram"), "{text}");
    assert!(text.contains("You reconnect the account on their behalf."), "S2-14: {text}");
    let before = scene.has();
    assert_eq!(before["resources"][0]["id"], json!(instagram), "reading changes nothing");
    let mut fields = carried(&html);
    let credentials = format!("credentials/{facebook}");
    fields.retain(|(name, _)| *name != credentials);
    fields.extend([(credentials, "member".to_owned()), ("do".to_owned(), "save".to_owned())]);
    let done = scene.send(&fields);
    assert_eq!(done.header("location"), Some(scene.path.as_str()));
    let has = scene.has();
    assert_eq!(has["permissions"]["keys"], json!(["posts.write.create"]));
    assert_eq!(has["resources"], json!([{"id": facebook, "approve": true, "credentials": "member"}]));
    let path = scene.path.clone();
    let text = seen(&scene.owner.get(&path).text());
    assert!(
        text.contains(
            "Saved. Somebody New has this in Example Studio from now on, without signing in again."
        )
    );
    assert_eq!(audited(&scene.team, &scene.member).last().unwrap().0, "membership.updated");
}

/// S2-07, S2-09: what comes with the accounts is neither turned on nor off by its switch, and the review says so.
#[test]
fn a_switch_that_changes_nothing_is_told_as_no_change() {
    let mut scene = Scene::publishing();
    let [facebook, _] = scene.accounts.clone();
    let unchanged = "No change: view posts. That comes with the accounts they are given.";
    scene.give(&json!({"resources": [{"id": facebook}]}));
    let review = scene.review(&[("permissions", "customize"), ("permission", "posts.view")]);
    let text = seen(&review.text());
    assert!(text.contains(unchanged) && !text.contains("Turn on"), "{text}");
    assert_eq!(scene.go_on(&review, "save").status, 303);
    let text = seen(&scene.review(&[("permissions", "default")]).text());
    assert!(text.contains(unchanged) && !text.contains("Turn off"), "{text}");
    // Turned on it counts on every account, not on the one alone where they approve.
    let text = seen(
        &scene
            .review(&[("approve", &facebook), ("permissions", "customize"), ("permission", "posts.approve")])
            .text(),
    );
    assert!(text.contains("Turn on Approve posts") && !text.contains("No change: approve"), "{text}");
    // Without an account it goes.
    scene.give(&json!({"resources": []}));
    let text = seen(&scene.review(&[("permissions", "default")]).text());
    assert!(text.contains("Turn off View posts") && !text.contains("No change"), "{text}");
}

/// S2-13: without a permission that works with credentials nobody is asked whose.
#[test]
fn credentials_are_asked_for_only_where_they_count() {
    let mut scene = Scene::publishing();
    let [facebook, _] = scene.accounts.clone();
    let review = scene.review(&[("resource", &facebook)]);
    assert!(!review.text().contains("credentials/"), "{}", review.text());
    assert_eq!(scene.go_on(&review, "save").status, 303);
    assert_eq!(scene.has()["resources"], json!([{"id": facebook, "approve": false, "credentials": null}]));
}

/// S0-13: what makes a client take a seat says so, and what it does to the seats.
#[test]
fn a_permission_that_takes_a_seat_says_so_before_it_is_given() {
    let mut scene = Scene::of("client-links", ["facebook", "instagram"]);
    let review = scene.review(&[("permissions", "customize"), ("permission", "posts.create")]);
    let text = seen(&review.text());
    assert!(text.contains("Turn on Create, edit and schedule posts (uses a seat)"), "{text}");
    assert!(text.contains("They take 1 seat. 0 of 5 are taken now."), "{text}");
    assert_eq!(scene.go_on(&review, "save").status, 303);
    assert_eq!(seats(&scene.team).0, 1);
    let review = scene.review(&[("permissions", "default")]);
    assert!(seen(&review.text()).contains("Their seat becomes free."), "{}", seen(&review.text()));
}

#[test]
fn a_seat_that_there_is_not_is_refused_with_the_form_as_it_was() {
    let mut scene = Scene::of("client-links", ["facebook", "instagram"]);
    let review = scene.review(&[("permissions", "customize"), ("permission", "posts.create")]);
    plan(&scene.team, Some(0), r#"["custom_client_permissions"]"#);
    let refused = scene.go_on(&review, "save");
    assert_eq!(refused.status, 409);
    let html = refused.text();
    assert!(seen(&html).contains("Every seat is taken or reserved."), "{}", seen(&html));
    assert!(html.contains("value=\"posts.create\" autocomplete=\"off\" checked"), "{html}");
}

#[test]
fn changing_something_comes_back_to_the_form_with_all_that_was_chosen() {
    let mut scene = Scene::publishing();
    let [facebook, _] = scene.accounts.clone();
    let review = scene.review(&[
        ("resource", &facebook),
        ("permissions", "customize"),
        ("permission", "posts.write.edit"),
        ("require_mfa", "yes"),
    ]);
    assert!(
        seen(&review.text())
            .contains("Somebody New has not set up two-step sign-in yet, and comes in only with it.")
    );
    let form = scene.go_on(&review, "edit");
    assert_eq!(form.status, 200);
    let fields = carried(&form.text());
    let has = |name: &str, value: &str| fields.iter().any(|(n, v)| n == name && v == value);
    assert!(has("resource", &facebook) && has("permissions", "customize") && has("require_mfa", "yes"));
    assert!(has("permission", "posts.write.edit") && has(&format!("credentials/{facebook}"), "owner"));
}

/// A portal has no accounts, so that nobody is asked about any; what was given of them by a program stays.
#[test]
fn where_there_are_no_accounts_none_are_asked_about() {
    let mut scene = Scene::without_accounts("client-portal");
    scene.give(&json!({"resources": "all"}));
    let page = scene.owner.get(&scene.path);
    check_page(&page);
    assert!(!seen(&page.text()).to_lowercase().contains("account"), "{}", seen(&page.text()));
    let review = scene.review(&[("require_mfa", "yes")]);
    assert!(!seen(&review.text()).to_lowercase().contains("account"), "{}", seen(&review.text()));
    assert_eq!(scene.go_on(&review, "save").status, 303);
    assert_eq!(scene.has()["resources"], "all");
    assert_eq!(scene.has()["require_mfa"], true);
}

/// S3-14, S3-19: a clone copies the permissions as they are, and no account.
#[test]
fn a_clone_is_copied_before_it_is_read() {
    let mut scene = Scene::publishing();
    let access = json!({"permissions": ["posts.write"], "resources": "all"});
    scene.team.joined_with("cleo.client@client.test", "client", json!({"access": access}));
    let cleo = scene.team.member("cleo.client@client.test");
    let review = scene.review(&[("permissions", "clone"), ("clone_of", &cleo)]);
    let text = seen(&review.text());
    assert!(text.contains("Turn on"), "{text}");
    assert!(!text.contains("Give these accounts"), "{text}");
    assert_eq!(scene.go_on(&review, "save").status, 303);
    let has = scene.has();
    assert_eq!(has["permissions"]["mode"], "custom");
    assert_eq!(has["resources"], json!([]));
}

#[test]
fn a_clone_of_nobody_is_refused_at_its_field() {
    let mut scene = Scene::publishing();
    scene.team.joined("cleo.client@client.test", "client");
    let refused = scene.review(&[("permissions", "clone"), ("clone_of", "")]);
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("href=\"#access/permissions"), "{}", refused.text());
}

/// Somebody else's change is told, and never written over.
#[test]
fn a_change_made_meanwhile_is_told_and_not_overwritten() {
    let mut scene = Scene::publishing();
    let [facebook, instagram] = scene.accounts.clone();
    let review = scene.review(&[("resource", &facebook)]);
    scene.give(&json!({"resources": [{"id": instagram}]}));
    let told = scene.go_on(&review, "save");
    assert_eq!(told.status, 409);
    let text = seen(&told.text());
    assert!(text.contains("This was changed meanwhile You changed this yourself, elsewhere, on"), "{text}");
    assert!(text.contains("Nothing of yours was saved."), "{text}");
    assert!(text.contains("Give these accounts A facebook Take these accounts away A instagram"), "{text}");
    assert_eq!(scene.has()["resources"][0]["id"], json!(instagram));
    // Whoever has read that may still mean it.
    assert_eq!(scene.go_on(&told, "save").status, 303);
    assert_eq!(scene.has()["resources"], json!([{"id": facebook, "approve": false, "credentials": null}]));
}

#[test]
fn who_changed_it_meanwhile_is_named() {
    let mut scene = Scene::publishing();
    let mut adam = scene.team.joined("adam.admin@studio.test", "admin");
    let review = scene.review(&[("require_mfa", "yes")]);
    let path = format!("/v1/workspaces/{}/members/{}", scene.workspace, scene.member);
    adam.patch(&path, &json!({"access": {"resources": "all"}})).ok();
    let told = scene.go_on(&review, "save");
    assert!(seen(&told.text()).contains("Somebody New changed this on"), "{}", seen(&told.text()));
    assert_eq!(scene.has()["resources"], "all");
}

/// An account that the client connected meanwhile is theirs, and not lost by a form that doesn't know it.
#[test]
fn an_account_that_came_meanwhile_counts_as_a_change() {
    let mut scene = Scene::publishing();
    scene.give(&json!({"addable_kinds": ["facebook"]}));
    let review = scene.review(&[("require_mfa", "yes")]);
    let add = json!({"kind": "facebook", "name": "Carl's page"});
    scene.carl.post(&format!("/v1/workspaces/{}/resources", scene.workspace), &add).ok();
    let told = scene.go_on(&review, "save");
    assert_eq!(told.status, 409);
    assert!(seen(&told.text()).contains("Take these accounts away Carl's page"), "{}", seen(&told.text()));
}

#[test]
fn what_is_the_same_can_not_be_saved_again() {
    let mut scene = Scene::publishing();
    let review = scene.review(&[]);
    assert!(seen(&review.text()).contains("Nothing is different from what they have now."));
    assert!(!review.text().contains("value=\"save\""));
}

/// S3-15: who has permissions of their own keeps them under a plan that has them no longer.
#[test]
fn what_the_plan_has_no_longer_stays_as_it_is() {
    let mut scene = Scene::of("reporting", ["campaign", "campaign"]);
    scene.give(&json!({"permissions": ["dashboards.view"]}));
    plan(&scene.team, Some(5), "[]");
    let path = scene.path.clone();
    let form = scene.owner.get(&path);
    assert!(seen(&form.text()).contains("As they are now What they were given one by one stays."));
    let [campaign, _] = scene.accounts.clone();
    let review = scene.review(&[("resource", &campaign)]);
    assert!(!seen(&review.text()).contains("Turn o"), "{}", seen(&review.text()));
    assert_eq!(scene.go_on(&review, "save").status, 303);
    let has = scene.has();
    assert_eq!(has["permissions"]["keys"], json!(["dashboards.view"]));
    assert_eq!(has["resources"][0]["id"], json!(campaign));
}

/// S3-10: what they would see of it is said before.
#[test]
fn no_campaign_is_warned_of() {
    let mut scene = Scene::of("reporting", ["campaign", "campaign"]);
    let review = scene.review(&[("require_mfa", "yes")]);
    let text = seen(&review.text());
    assert!(
        text.contains("No campaign is chosen. Somebody New will be able to sign in but will see nothing."),
        "{text}"
    );
}

#[test]
fn the_form_is_for_those_who_may_change_it() {
    let mut scene = Scene::publishing();
    let path = scene.path.clone();
    let to = format!("/w/{}", scene.workspace);
    assert_eq!(scene.carl.get(&path).header("location"), Some(to.as_str()), "one's own");
    scene.team.joined("adam.admin@studio.test", "admin");
    let adam = scene.team.member("adam.admin@studio.test");
    let of_admin = format!("/w/{}/members/{adam}", scene.workspace);
    assert_eq!(scene.owner.get(&of_admin).status, 404, "who has everything has nothing to change");
    let owner = scene.team.member("olga.owner@studio.test");
    assert_eq!(scene.owner.get(&format!("/w/{}/members/{owner}", scene.workspace)).status, 303);
    let mut other = elsewhere(&scene.team.world);
    let stranger = other.member(OSCAR);
    let mixed = format!("/w/{}/members/{stranger}", scene.workspace);
    assert_eq!(scene.owner.get(&mixed).status, 404);
    assert_eq!(browsing(other.owner.clone()).get(&path).status, 404);
}

#[test]
fn whoever_gives_an_access_sees_what_it_shows() {
    let mut scene = Scene::publishing();
    let [facebook, _] = scene.accounts.clone();
    scene.give(&json!({"resources": [{"id": facebook, "approve": true}]}));
    let preview = scene.owner.get(&format!("{}/preview", scene.path));
    check_page(&preview);
    let html = preview.text();
    let text = seen(&html);
    assert!(text.contains("This is what Somebody New sees in Example Studio"), "{text}");
    assert!(text.contains("A facebook") && !text.contains("A instagram"), "{text}");
    let main = html.split("<main").nth(1).unwrap();
    assert!(!main.contains("<form") && !main.contains("<button"), "nothing can be done from there: {main}");
    let own = scene.carl.get(&format!("/w/{}", scene.workspace)).text();
    assert!(seen(&own).contains("A facebook") && !seen(&own).contains("A instagram"), "as they see it");
}

#[test]
fn taking_somebody_out_is_asked_once_more_and_leaves_them_in_the_organization() {
    let mut scene = Scene::publishing();
    let ask = format!("{}/remove", scene.path);
    let question = scene.owner.get(&ask);
    check_page(&question);
    assert_eq!(text_of(&question.text(), "h1"), "Take Somebody New out of Example Studio?");
    let done = scene.owner.submit(&ask, &ask, &[]);
    assert_eq!(done.status, 303);
    let page = scene.owner.get(done.header("location").unwrap());
    check_page(&page);
    let text = seen(&page.text());
    assert!(text.contains("Somebody New is out of Example Studio. They stay in the organization."), "{text}");
    assert!(text.contains("In no workspace of yours"), "{text}");
    assert_eq!(scene.owner.get(&ask).status, 404, "they are out");
}

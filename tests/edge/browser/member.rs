//! Who is in a workspace with what: a member's page, what they have in a workspace, adding from another one.
//!
//! The rule: the main job goes the same way with scripts and without; each page is looked at in the states that change it.

use serde_json::json;

use super::chromium::{Browser, run, server};
use super::look::{OF_PAGES, WIDTHS};
use crate::harness::{Answer, Client, Team};

/// A client with accounts in the first workspace, and a second one.
struct Scene<'a> {
    team: Team<'a>,
    carl: Client<'a>,
    slug: String,
    workspace: String,
    member: String,
}

impl<'a> Scene<'a> {
    fn new(server: &'a crate::harness::Server) -> Self {
        let mut team = Team::of(server, "publishing", Some(5));
        let slug = team.owner.get(&team.path("")).ok().str("/slug");
        team.owner.send_json("PATCH", &team.path(""), &json!({"branding": {"accent": "#6366f1"}})).ok();
        let workspace = team.owner.get(&team.path("/workspaces")).ok().str("/data/0/id");
        for (kind, name) in [
            ("facebook", "Bright Bakery"),
            ("instagram", "@brightbakery"),
            ("linkedin", "Bright Bakery GmbH"),
        ] {
            let body = json!({"kind": kind, "name": name});
            team.owner.post(&format!("/v1/workspaces/{workspace}/resources"), &body).ok();
        }
        let (_, token) = team.invited(&server.address("carl.client"), "client");
        let mut carl = server.client();
        carl.sign_up(&token, "Carl Client").ok();
        let member = team.owner.get(&team.path("/members?role=client")).ok().str("/data/0/id");
        Self { team, carl, slug, workspace, member }
    }

    fn has(&mut self) -> Answer {
        self.team.owner.get(&format!("/v1/workspaces/{}/members/{}/access", self.workspace, self.member)).ok()
    }

    fn page(&self) -> String {
        format!("/o/{}/members/{}", self.slug, self.member)
    }
}

impl Browser {
    /// Checks a box, or chooses a button, by what its label begins with.
    async fn pick(&self, label: &str) {
        let path = format!("//label[starts-with(normalize-space(.), '{label}')]");
        let found = self.client.find(fantoccini::Locator::XPath(&path)).await;
        found.unwrap_or_else(|_| panic!("no label {label:?}")).click().await.unwrap();
    }
}

/// From somebody's page to what they are given, read once more and saved; to another workspace, and to another role.
async fn job(browser: &Browser) {
    let server = server();
    let mut scene = Scene::new(server);
    browser.be(&scene.team.owner);
    browser.goto(&scene.page()).await;
    assert_eq!(browser.heading().await, "Carl Client");
    browser.press("Change access: Example Studio").await;
    browser.pick("Bright Bakery Facebook").await;
    browser.press("Review changes").await;
    assert_eq!(browser.heading().await, "Check the changes");
    browser.press("Change something").await;
    assert!(browser.heading().await.starts_with("What Carl Client may do in"), "with what was chosen");
    browser.press("Review changes").await;
    assert!(browser.text().await.contains("Bright Bakery"));
    browser.press("Save changes").await;
    assert!(browser.text().await.contains("Saved. Carl Client has this in Example Studio from now on"));
    assert_eq!(scene.has().json()["resources"].as_array().unwrap().len(), 1);

    // To a workspace of their own.
    browser.goto(&format!("/o/{}/workspaces", scene.slug)).await;
    browser.fill("Name", "Carl – Private").await;
    browser.press("Make the workspace").await;
    assert_eq!(browser.heading().await, "Carl – Private");
    browser.press("Add from another workspace").await;
    browser.press("Example Studio").await;
    browser.press("Choose: Carl Client").await;
    browser.pick("All existing and future").await;
    browser.press("Continue").await;
    assert_eq!(browser.heading().await, "Add Carl Client to Carl – Private?");
    browser.press("Add Carl Client").await;
    let text = browser.text().await;
    assert!(text.contains("Carl Client is in Carl – Private now. No e-mail was sent"), "{text}");
    assert!(text.contains("carl.client"), "the row shows at once: {text}");
    browser.be(&scene.carl);
    browser.goto("/me").await;
    assert!(browser.text().await.contains("Carl – Private"), "and so it does to them");

    // More is needed of them now.
    browser.be(&scene.team.owner);
    browser.goto(&scene.page()).await;
    browser.pick("Admin").await;
    browser.press("Save changes").await;
    assert!(browser.text().await.contains("Carl Client is an admin now."));
}

#[test]
fn somebody_is_given_more_and_added_to_another_workspace() {
    run(async { job(&Browser::start(true).await).await });
}

#[test]
fn the_same_goes_without_scripts() {
    run(async { job(&Browser::start(false).await).await });
}

#[test]
fn the_pages_of_a_member_fit_every_screen() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        let mut scene = Scene::new(server);
        let mut faults = Vec::new();
        browser.be(&scene.team.owner);
        let private =
            scene.team.owner.post(&scene.team.path("/workspaces"), &json!({"name": "Carl – Private"}));
        let private = private.ok().str("/id");
        let page = scene.page();
        let access = format!("/w/{}/members/{}", scene.workspace, scene.member);
        browser.goto(&page).await;
        faults.extend(browser.look("member", WIDTHS, OF_PAGES).await);
        browser.goto(&access).await;
        faults.extend(browser.look("member-access", WIDTHS, OF_PAGES).await);
        // Each switch can be seen.
        browser.pick("Customize").await;
        let open = "for (const each of document.querySelectorAll('details')) each.open = true;";
        browser.client.execute(open, vec![]).await.unwrap();
        faults.extend(browser.look("member-access-customize", WIDTHS, OF_PAGES).await);
        browser.pick("Bright Bakery Facebook").await;
        let on = "for (const each of document.querySelectorAll('[role=switch]')) each.checked = true;";
        browser.client.execute(on, vec![]).await.unwrap();
        browser.press("Review changes").await;
        faults.extend(browser.look("member-review", WIDTHS, OF_PAGES).await);
        let change = json!({"access": {"require_mfa": true}});
        let path = format!("/v1/workspaces/{}/members/{}", scene.workspace, scene.member);
        scene.team.owner.send_json("PATCH", &path, &change).ok();
        browser.press("Save changes").await;
        faults.extend(browser.look("member-overtaken", WIDTHS, OF_PAGES).await);
        browser.press("Save changes").await;
        browser.goto(&format!("{access}/preview")).await;
        faults.extend(browser.look("member-preview", WIDTHS, OF_PAGES).await);
        browser.goto(&format!("{access}/remove")).await;
        faults.extend(browser.look("member-end", WIDTHS, OF_PAGES).await);
        browser.goto(&format!("{page}/owner")).await;
        faults.extend(browser.look("member-owner", WIDTHS, OF_PAGES).await);

        let add = json!({"email": server.address("nina.new"), "name": "نينا محمد الطويلة جدا", "role": "client", "notify": false});
        let nina = scene.team.owner.post(&scene.team.path("/members"), &add).ok().str("/id");
        let of_nina = format!("/o/{}/members/{nina}", scene.slug);
        browser.goto(&of_nina).await;
        faults.extend(browser.look("member-new", WIDTHS, OF_PAGES).await);
        browser.press("Make a password link").await;
        browser.press("Make the link").await;
        faults.extend(browser.look("member-password", WIDTHS, OF_PAGES).await);

        scene.team.invite(&server.address("ida.invited"), "client").ok();
        browser.goto(&format!("/w/{private}/add")).await;
        faults.extend(browser.look("add-from", WIDTHS, OF_PAGES).await);
        browser.press("Example Studio").await;
        faults.extend(browser.look("add-person", WIDTHS, OF_PAGES).await);
        browser.press("Choose: Carl Client").await;
        faults.extend(browser.look("add-access", WIDTHS, OF_PAGES).await);
        browser.press("Continue").await;
        faults.extend(browser.look("add-check", WIDTHS, OF_PAGES).await);
        browser.press("Add Carl Client").await;
        faults.extend(browser.look("workspace-people", WIDTHS, OF_PAGES).await);
        browser.goto(&format!("/o/{}/workspaces", scene.slug)).await;
        browser.press("Make the workspace").await;
        faults.extend(browser.look("workspaces", WIDTHS, OF_PAGES).await);
        browser.goto(&page).await;
        faults.extend(browser.look("member-places", WIDTHS, OF_PAGES).await);
        browser.be(&scene.carl);
        browser.goto(&page).await;
        faults.extend(browser.look("member-self", WIDTHS, OF_PAGES).await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

/// A script spares clicks: a box for all of a group, half checked where some are on, and a list that shows what a word is in.
#[test]
fn a_group_is_turned_on_by_one_box_and_a_list_is_narrowed_while_one_types() {
    run(async {
        let mut scene = Scene::new(server());
        for number in 0..6 {
            let body = json!({"kind": "facebook", "name": format!("Harbour {number}")});
            scene.team.owner.post(&format!("/v1/workspaces/{}/resources", scene.workspace), &body).ok();
        }
        let browser = Browser::start(true).await;
        browser.be(&scene.team.owner);
        browser.goto(&format!("/w/{}/members/{}", scene.workspace, scene.member)).await;
        browser.pick("Customize").await;
        browser.client.execute("document.querySelector('details').open = true", vec![]).await.unwrap();
        let state = "const [all] = document.querySelectorAll('[data-each=\"of.posts\"]');
                     const on = document.querySelectorAll('#of\\\\.posts [role=switch]:checked').length;
                     return `${all.checked} ${all.indeterminate} ${on} ${document.querySelector('[data-counts=\"of.posts\"]').textContent}`";
        let state =
            async || browser.client.execute(state, vec![]).await.unwrap().as_str().unwrap().to_owned();
        assert_eq!(state().await, "false false 0 0 of 5 on");
        browser.pick("View posts").await;
        assert_eq!(state().await, "false true 1 1 of 5 on");
        browser.pick("All: Posts").await;
        assert_eq!(state().await, "true false 5 5 of 5 on");
        browser.pick("All: Posts").await;
        assert_eq!(state().await, "false false 0 0 of 5 on");

        browser.fill("Show only", "BAKERY g").await;
        let shown = "return [...document.querySelectorAll('#resources > :not([hidden])')].map((row) => row.textContent.trim())";
        let shown = async || browser.client.execute(shown, vec![]).await.unwrap().as_array().unwrap().len();
        assert_eq!(shown().await, 1);
        browser.touch("Select all shown").await;
        assert!(browser.text().await.contains("1 of 9 selected"), "and no more than are shown");
        browser.fill("Show only", "nothing like it").await;
        assert_eq!(shown().await, 0);
        assert!(browser.text().await.contains("None is called that."));
    });
}

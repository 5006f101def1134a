//! Inviting somebody, as a person does it who sees the words on the controls: with scripts, without, and by the keyboard alone.

use fantoccini::Locator;
use serde_json::{Value, json};

use super::chromium::{Browser, run, server};
use super::look::{OF_PAGES, WIDTHS};
use crate::harness::{Client, Team};

/// An organization with accounts, where the owner invites.
struct Studio<'a> {
    team: Team<'a>,
    start: String,
}

impl Studio<'_> {
    fn of(template: &str, kind: &str, accounts: &[&str]) -> Self {
        let mut team = Team::of(server(), template, Some(5));
        let slug = team.owner.get(&team.path("")).ok().str("/slug");
        let workspace = team.owner.get(&team.path("/workspaces")).ok().str("/data/0/id");
        for name in accounts {
            let body = json!({"kind": kind, "name": name});
            team.owner.post(&format!("/v1/workspaces/{workspace}/resources"), &body).ok();
        }
        Self { team, start: format!("/o/{slug}/team/invite") }
    }

    fn owner(&self) -> Client<'_> {
        self.team.owner.clone()
    }

    /// The newest invitation.
    fn invitation(&self) -> Value {
        self.owner().get(&self.team.path("/invitations")).ok().json()["data"][0].clone()
    }
}

impl Browser {
    /// Chooses what has this label.
    pub async fn choose(&self, label: &str) {
        let path = format!("//label[normalize-space(.)='{label}']");
        let found = self.client.find(Locator::XPath(&path)).await;
        found.unwrap_or_else(|_| panic!("nothing is labelled {label:?}")).click().await.unwrap();
    }

    async fn opens(&self, words: &str) {
        let path = format!("//summary[starts-with(normalize-space(.), '{words}')]");
        self.client.find(Locator::XPath(&path)).await.unwrap().click().await.unwrap();
    }

    pub async fn shows(&self, words: &str) {
        let text = self.text().await;
        assert!(text.contains(words), "{words} in {text}");
    }

    /// Presses a key.
    pub fn key(&self, key: &str) {
        let (code, number, text) = match key {
            "Tab" => ("Tab", 9, ""),
            " " => ("Space", 32, " "),
            "Enter" => ("Enter", 13, "\r"),
            "ArrowDown" => ("ArrowDown", 40, ""),
            "Escape" => ("Escape", 27, ""),
            _ => panic!("{key}"),
        };
        for kind in ["keyDown", "keyUp"] {
            let typed = if kind == "keyDown" { text } else { "" };
            let event = json!({"type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number, "text": typed});
            self.command("Input.dispatchKeyEvent", &event);
        }
    }

    /// Goes on by Tab until this is reached, by its id or its words. Wherever it stops on the way, that is to be seen.
    pub async fn tab_to(&self, what: &str) {
        let mut passed = Vec::new();
        for _ in 0..40 {
            self.key("Tab");
            let script = "
                const focused = document.activeElement, style = getComputedStyle(focused);
                if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 3) return 'no ring';
                return focused.id || focused.textContent.trim();";
            let here = self.client.execute(script, vec![]).await.unwrap();
            if here == what {
                return;
            }
            assert_ne!(here, "no ring", "after {passed:?}");
            passed.push(here);
        }
        panic!("{what} is not among {passed:?}");
    }

    /// Waits until the page with this heading is there.
    pub async fn arrives_at(&self, heading: &str) {
        for _ in 0..200 {
            if let Ok(found) = self.client.find(Locator::Css("h1")).await
                && found.text().await.is_ok_and(|text| text == heading)
            {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("{}, not {heading}", self.heading().await);
    }
}

/// More than are seen at a glance: then there is a field to look through them.
const NAMES: [&str; 9] =
    ["Bakery", "Bookshop", "Flowers", "Garage", "Hotel", "Library", "Museum", "Pharmacy", "Theatre"];

/// The job as a person does it, from whom to the list, with a mistake and a change of mind.
async fn walk(browser: &Browser, scripts: bool) {
    let studio = Studio::of("publishing", "facebook", &NAMES);
    let carl = server().address("carl.client");
    browser.be(&studio.owner());
    browser.set("light", 1280);
    browser.goto(&studio.start).await;
    browser.press("Continue").await;
    assert!(browser.client.title().await.unwrap().starts_with("Error: "));
    browser.choose("Client").await;
    browser.press("Continue").await;

    assert_eq!(browser.heading().await, "Who is it?");
    browser.fill("Name", "Carl Client").await;
    browser.press("Continue").await;
    assert!(browser.client.title().await.unwrap().starts_with("Error: "));
    browser.fill("E-mail address", &carl).await;
    browser.choose("Hand the link over yourself").await;
    browser.press("Back").await;
    assert_eq!(browser.heading().await, "Who are you inviting?");
    browser.press("Continue").await;
    browser.choose("Send an e-mail invitation").await;
    browser.press("Continue").await;

    assert_eq!(browser.heading().await, "What can they reach?");
    browser.shows("0 of 9 selected").await;
    assert!(!browser.text().await.contains("Approve posts"), "until an account is chosen");
    browser.choose("Bookshop Facebook").await;
    browser.choose("Approve posts on Bookshop").await;
    if scripts {
        browser.shows("1 of 9 selected").await;
        browser.fill("Show only", "flo").await;
        assert!(!browser.text().await.contains("Bakery"), "only what has the word");
        browser.shows("1 of 9 selected").await;
    }
    browser.press("Continue").await;

    assert_eq!(browser.heading().await, "What can they do?");
    assert!(!browser.text().await.contains("Create, edit and delete posts"), "until it is customized");
    browser.choose("Customize").await;
    browser.opens("Posts").await;
    browser.opens("Create, edit and delete posts").await;
    browser.choose("Edit posts").await;
    if scripts {
        browser.shows("1 of 3 on").await;
    }
    browser.press("Continue").await;

    assert_eq!(browser.heading().await, "Whose credentials are used?");
    browser.choose("Their own credentials").await;
    browser.press("Continue").await;

    assert_eq!(browser.heading().await, "Check and send");
    for words in ["Carl Client", "Bookshop", "They approve on Bookshop.", "Their own"] {
        browser.shows(words).await;
    }
    browser.press("Change Name").await;
    browser.fill("Nickname", "Spring").await;
    browser.press("Continue").await;
    browser.shows("Spring").await;
    browser.press(&format!("Send invitation to {carl}")).await;
    assert!(browser.path().await.ends_with("/team"));
    browser.shows(&format!("Invitation sent to {carl}.")).await;
    browser.shows("Carl Client").await;
    let access = studio.invitation()["access"].clone();
    assert_eq!(access["permissions"]["keys"], json!(["posts.write.edit"]));
    assert_eq!(access["resources"][0]["approve"], json!(true));
    assert_eq!(access["resources"][0]["credentials"], json!("member"));
}

#[test]
fn a_person_invites_a_client() {
    run(async {
        walk(&Browser::start(true).await, true).await;
    });
}

#[test]
fn a_person_invites_a_client_without_scripts() {
    run(async {
        walk(&Browser::start(false).await, false).await;
    });
}

/// Not a single click, and what has the focus is always to be seen.
#[test]
fn the_keyboard_alone_invites_a_client() {
    run(async {
        let studio = Studio::of("client-links", "facebook", &["Bakery", "Bookshop"]);
        let carl = server().address("carl.client");
        let browser = Browser::start(true).await;
        browser.be(&studio.owner());
        browser.set("light", 1280);
        browser.goto(&studio.start).await;
        browser.tab_to("who-staff").await;
        browser.key("ArrowDown");
        browser.key("Enter");
        browser.arrives_at("Who is it?").await;
        browser.tab_to("email").await;
        browser.command("Input.insertText", &json!({"text": carl}));
        browser.key("Enter");
        browser.arrives_at("What can they reach?").await;
        let bakery = browser.client.find(Locator::Css("[name=resource]")).await.unwrap();
        browser.tab_to(&bakery.attr("id").await.unwrap().unwrap()).await;
        browser.key(" ");
        browser.tab_to("Continue").await;
        browser.key("Enter");
        browser.arrives_at("What can they do?").await;
        browser.tab_to("permissions-default").await;
        browser.key("ArrowDown");
        browser.tab_to("Posts 3 of 6 on").await;
        browser.key("Enter");
        browser.tab_to("may.posts.create").await;
        browser.key(" ");
        browser.tab_to("Continue").await;
        browser.key("Enter");
        browser.arrives_at("Check and send").await;
        browser.shows("Uses 1 seat").await;
        browser.tab_to(&format!("Send invitation to {carl}")).await;
        browser.key("Enter");
        browser.arrives_at("Team & Clients").await;
        let access = studio.invitation()["access"].clone();
        assert_eq!(access["resources"].as_array().unwrap().len(), 1);
        assert!(access["permissions"]["keys"].as_array().unwrap().contains(&json!("posts.create")));
    });
}

#[test]
fn each_step_fits_every_screen() {
    run(async {
        let names: Vec<String> = (1..=12).map(|number| format!("Page {number} of the bakery")).collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.push("מאפיית הכפר, the village bakery with a name that goes on and on and on and on");
        let mut studio = Studio::of("client-links", "facebook", &names);
        let (_, token) = studio.team.invited(&server().address("ana.client"), "client");
        server().client().sign_up(&token, "Ana Client").ok();
        studio.team.owner.post(&studio.team.path("/workspaces"), &json!({"name": "Second workspace"})).ok();
        let mut faults = Vec::new();
        let browser = Browser::start(true).await;
        browser.be(&studio.owner());
        browser.goto(&studio.start).await;
        browser.press("Continue").await;
        faults.extend(browser.look("wizard-who-wrong", WIDTHS, OF_PAGES).await);
        browser.goto(&studio.start).await;
        faults.extend(browser.look("wizard-who", WIDTHS, OF_PAGES).await);
        browser.choose("Client").await;
        browser.press("Continue").await;
        faults.extend(browser.look("wizard-person", WIDTHS, OF_PAGES).await);
        browser.fill("Name", "www.bakery.test").await;
        browser.press("Continue").await;
        faults.extend(browser.look("wizard-person-wrong", WIDTHS, OF_PAGES).await);
        let name = browser.client.find(Locator::Css("#name")).await.unwrap();
        name.clear().await.unwrap();
        browser.fill("Name", "Carl Client").await;
        let email = browser.client.find(Locator::Css("#email")).await.unwrap();
        let carl = server().address("carl.client");
        email.send_keys(&carl).await.unwrap();
        browser.press("Continue").await;
        faults.extend(browser.look("wizard-workspaces", WIDTHS, OF_PAGES).await);
        browser.press("Continue").await;
        browser.choose("Page 3 of the bakery Facebook").await;
        browser.choose("Page 5 of the bakery Facebook").await;
        faults.extend(browser.look("wizard-accounts", WIDTHS, OF_PAGES).await);
        browser.press("Continue").await;
        faults.extend(browser.look("wizard-permissions", WIDTHS, OF_PAGES).await);
        browser.choose("Clone from another client").await;
        faults.extend(browser.look("wizard-permissions-clone", WIDTHS, OF_PAGES).await);
        browser.choose("Customize").await;
        browser.opens("Posts").await;
        browser.choose("Create, edit and schedule posts").await;
        faults.extend(browser.look("wizard-permissions-customize", WIDTHS, OF_PAGES).await);
        browser.press("Continue").await;
        faults.extend(browser.look("wizard-check", WIDTHS, OF_PAGES).await);
        browser.press("Change How they come in").await;
        browser.choose("Hand the link over yourself").await;
        browser.press("Continue").await;
        browser.press("Make the invitation").await;
        faults.extend(browser.look("wizard-made", WIDTHS, OF_PAGES).await);

        // The link for many, and whoever is known already.
        browser.goto(&studio.start).await;
        browser.choose("A link for many clients").await;
        browser.press("Continue").await;
        faults.extend(browser.look("wizard-link", WIDTHS, OF_PAGES).await);
        browser.goto(&studio.start).await;
        browser.choose("Client").await;
        browser.press("Continue").await;
        browser.client.find(Locator::Css("#email")).await.unwrap().send_keys(&carl).await.unwrap();
        browser.press("Continue").await;
        faults.extend(browser.look("wizard-known", WIDTHS, OF_PAGES).await);

        // A plan without permissions of their own, and credentials.
        let publishing = Studio::of("publishing", "facebook", &["Bakery", "Bookshop"]);
        let plan = json!({"key": "small", "seat_limit": 0, "features": []});
        server().operator().send_json("PUT", &publishing.team.path("/plan"), &plan).ok();
        browser.be(&publishing.owner());
        browser.goto(&publishing.start).await;
        browser.choose("Staff").await;
        browser.press("Continue").await;
        faults.extend(browser.look("wizard-staff", WIDTHS, OF_PAGES).await);
        let email = browser.client.find(Locator::Css("#email")).await.unwrap();
        email.send_keys(&server().address("mia.member")).await.unwrap();
        browser.press("Continue").await;
        browser.choose("Bakery Facebook").await;
        browser.press("Continue").await;
        browser.press("Continue").await;
        faults.extend(browser.look("wizard-credentials", WIDTHS, OF_PAGES).await);
        browser.press("Continue").await;
        faults.extend(browser.look("wizard-check-full", WIDTHS, OF_PAGES).await);
        browser.goto(&publishing.start).await;
        browser.choose("Client").await;
        browser.press("Continue").await;
        let email = browser.client.find(Locator::Css("#email")).await.unwrap();
        email.send_keys(&server().address("cleo.client")).await.unwrap();
        browser.press("Continue").await;
        browser.press("Continue").await;
        faults.extend(browser.look("wizard-permissions-gate", WIDTHS, OF_PAGES).await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

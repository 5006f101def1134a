//! The ways from a page: all of them in sight where there is room, behind one button where there is not.
//!
//! The rule: it works without scripts and by the keyboard alone, and says where one is before it is opened.

use fantoccini::Locator;
use serde_json::json;

use super::chromium::{Browser, run, server};
use super::look::{OF_PAGES, WIDTHS};
use crate::harness::Team;

/// An organization with a name that is long and begins the other way, whose owner has something new to read.
fn scene() -> (Team<'static>, String) {
    let server = server();
    let mut team = Team::of(server, "client-links", Some(5));
    let name = json!({"name": "مؤسسة عائشة القحطاني للتصميم والنشر, publishing house of the old harbour"});
    team.owner.send_json("PATCH", &team.path(""), &name).ok();
    let (_, token) = team.invited(&server.address("ana.client"), "client");
    server.client().sign_up(&token, "Ana Client").ok();
    let slug = team.owner.get(&team.path("")).ok().str("/slug");
    (team, format!("/o/{slug}"))
}

impl Browser {
    /// The words of the links and buttons in the header that can be seen.
    async fn ways(&self) -> Vec<String> {
        let script = "
            return [...document.querySelectorAll('header :is(a, button)')]
                .filter(each => each.checkVisibility()).map(each => each.innerText.trim().split('\\n')[0]);";
        serde_json::from_value(self.client.execute(script, vec![]).await.unwrap()).unwrap()
    }

    async fn height_of_the_header(&self) -> f64 {
        let script = "return document.querySelector('header').getBoundingClientRect().height";
        self.client.execute(script, vec![]).await.unwrap().as_f64().unwrap()
    }
}

#[test]
fn the_ways_are_in_sight_or_behind_one_button() {
    run(async {
        let browser = Browser::start(true).await;
        let (team, root) = scene();
        browser.be(&team.owner);
        browser.set("light", 1280);
        browser.goto(&format!("{root}/activity")).await;
        let all = [
            "Team & Clients",
            "Workspaces",
            "Activity",
            "Settings",
            "Notifications 1",
            "Olga Owner",
            "Sign out",
        ];
        assert_eq!(browser.ways().await, all);
        assert!(browser.height_of_the_header().await < 80.0, "one line");
        browser.set("light", 320);
        assert_eq!(browser.ways().await, ["Menu 1"]);
        assert!(browser.height_of_the_header().await < 80.0, "one line");
        let place = browser.client.find(Locator::Css(".place")).await.unwrap();
        assert_eq!(place.text().await.unwrap(), "Activity", "where one is");

        browser.tab_to("Menu 1 new notification").await;
        browser.key("Enter");
        browser.tab_to("Close the menu").await;
        browser.tab_to("Team & Clients").await;
        let open: Vec<String> = browser.ways().await;
        assert!(all.iter().all(|way| open.iter().any(|shown| shown == way)), "{open:?}");
        let faults = browser.look("menu", WIDTHS, OF_PAGES).await;
        browser.key("Escape");
        assert_eq!(browser.ways().await, ["Menu 1"]);
        browser.key("Enter");
        browser.tab_to("Settings").await;
        browser.key("Enter");
        browser.arrives_at("Settings").await;
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[test]
fn the_menu_opens_without_scripts() {
    run(async {
        let browser = Browser::start(false).await;
        let (team, root) = scene();
        browser.be(&team.owner);
        browser.set("light", 320);
        browser.goto(&format!("{root}/team")).await;
        browser.client.find(Locator::Css(".bar > .menu")).await.unwrap().click().await.unwrap();
        browser.press("Sign out").await;
        assert_eq!(browser.path().await, "/sign-in");
    });
}

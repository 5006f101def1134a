//! Team & Clients, as those use it who run an organization.

use std::time::Duration;

use fantoccini::Locator;
use serde_json::json;

use super::chromium::{Browser, run, server};
use super::look::{OF_PAGES, WIDTHS};
use crate::harness::Team;

/// A team with staff, two clients who joined, an open invitation and a link, and what it is called in paths.
fn peopled() -> (Team<'static>, String, [String; 3]) {
    let server = server();
    let mut team = Team::of(server, "client-links", Some(5));
    let slug = team.owner.get(&team.path("")).ok().str("/slug");
    team.owner.send_json("PATCH", &team.path(""), &json!({"branding": {"accent": "#16a34a"}})).ok();
    for (who, role, name) in [
        ("adam.admin", "admin", "Adam Admin"),
        ("mia.member", "member", "Mia Member with a long name that goes on and on"),
        ("ana.client", "client", "Ana Client"),
        ("bo.client", "client", "Bo Client"),
    ] {
        let (_, token) = team.invited(&server.address(who), role);
        server.client().sign_up(&token, name).ok();
    }
    let cleo = server.address("cleo.client");
    let mut invite = json!({"kind": "email", "role": "client", "email": cleo, "name": "Cleo Client"});
    let invitation = team.owner.post(&team.path("/invitations"), &invite).ok().str("/id");
    invite["email"] = json!(server.address("dan.client"));
    invite["name"] = json!("Dan Client");
    team.owner.post(&team.path("/invitations"), &invite).ok();
    let link = json!({"kind": "link", "role": "client", "nickname": "Spring campaign", "max_uses": 25});
    let link = team.owner.post(&team.path("/invitations"), &link).ok().str("/id");
    (team, slug, [cleo, invitation, link])
}

impl Browser {
    /// Waits until the page says this.
    async fn hears(&self, words: &str) {
        for _ in 0..10 * 50 {
            if self.text().await.contains(words) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{words:?} in {}", self.text().await);
    }

    async fn click(&self, css: &str) {
        self.client.find(Locator::Css(css)).await.unwrap().click().await.unwrap();
    }
}

#[test]
fn the_lists_of_a_team_and_what_is_in_them_fit_every_screen() {
    run(async {
        let browser = Browser::start(true).await;
        let empty = Team::of(server(), "client-links", Some(5));
        let mut faults = Vec::new();
        browser.be(&empty.owner);
        let slug = empty.owner.clone().get(&empty.path("")).ok().str("/slug");
        for tab in ["clients", "links", "removed"] {
            browser.goto(&format!("/o/{slug}/team?tab={tab}")).await;
            faults.extend(browser.look(&format!("team-empty-{tab}"), WIDTHS, OF_PAGES).await);
        }
        let (mut team, slug, [_, invitation, link]) = peopled();
        let named = json!({"name": "Elsewhere"});
        team.owner.post(&team.path("/workspaces"), &named).ok();
        browser.be(&team.owner);
        for tab in ["members", "clients", "invitations", "links"] {
            browser.goto(&format!("/o/{slug}/team?tab={tab}")).await;
            faults.extend(browser.look(&format!("team-{tab}"), WIDTHS, OF_PAGES).await);
        }
        for (name, path) in [
            ("invitation", format!("invitations/{invitation}")),
            ("invitation-withdraw", format!("invitations/{invitation}/withdraw")),
            ("link", format!("invitations/{link}")),
            ("link-replace", format!("invitations/{link}/replace")),
        ] {
            browser.goto(&format!("/o/{slug}/{path}")).await;
            faults.extend(browser.look(&format!("team-{name}"), WIDTHS, OF_PAGES).await);
        }
        browser.goto(&format!("/o/{slug}/invitations/{invitation}")).await;
        browser.client.find(Locator::Id("email")).await.unwrap().send_keys("@").await.unwrap();
        browser.press("Save the changes").await;
        faults.extend(browser.look("team-invitation-wrong", WIDTHS, OF_PAGES).await);
        browser.goto(&format!("/o/{slug}/invitations/{invitation}")).await;
        browser.press("Change what it gives").await;
        faults.extend(browser.look("wizard-change", WIDTHS, OF_PAGES).await);
        browser.goto(&format!("/o/{slug}/team?tab=links")).await;
        browser.press("QR code: Spring campaign").await;
        faults.extend(browser.look("team-link-shown", WIDTHS, OF_PAGES).await);
        browser.goto(&format!("/o/{slug}/team?tab=clients")).await;
        browser.click("td.pick input").await;
        faults.extend(browser.look("team-chosen", WIDTHS, OF_PAGES).await);
        browser.press("Remove those chosen").await;
        faults.extend(browser.look("team-remove", WIDTHS, OF_PAGES).await);
        browser.press("Remove").await;
        faults.extend(browser.look("team-clients-said", WIDTHS, OF_PAGES).await);
        browser.goto(&format!("/o/{slug}/team?tab=removed")).await;
        faults.extend(browser.look("team-removed", WIDTHS, OF_PAGES).await);
        let form = browser.client.find(Locator::Css("form[action$='/team/restore']")).await.unwrap();
        let at = form.find(Locator::Css("[name=at]")).await.unwrap().attr("value").await.unwrap().unwrap();
        let member =
            form.find(Locator::Css("[name=member]")).await.unwrap().attr("value").await.unwrap().unwrap();
        browser.goto(&format!("/o/{slug}/team/restore?at={at}&member={member}")).await;
        faults.extend(browser.look("team-restore", WIDTHS, OF_PAGES).await);
        browser.goto(&format!("/o/{slug}/team?tab=removed")).await;
        browser.press("Bo Client").await;
        faults.extend(browser.look("team-member", WIDTHS, OF_PAGES).await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

/// S0-30, S0-31, S4-06, S4-07: the job of whoever looks after the people, with what the controls say and no more.
async fn walk(browser: &Browser, scripts: bool) {
    let (team, slug, [cleo, invitation, link]) = peopled();
    let list = |tab: &str| format!("/o/{slug}/team?tab={tab}");
    browser.be(&team.owner);

    browser.goto(&list("invitations")).await;
    browser.press("Send again: Cleo Client").await;
    browser.hears(&format!("Sent again to {cleo}. The older link stopped working.")).await;
    assert!(browser.text().await.contains("Dan Client"), "back on the list");
    if scripts {
        let origin = server().origin();
        let allowed =
            json!({"origin": origin, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
        browser.command("Browser.grantPermissions", &allowed);
        browser.client.execute("window.stayed = true", vec![]).await.unwrap();
        let copy = browser
            .client
            .find(Locator::XPath("//button[normalize-space(.)='Copy link: Cleo Client']"))
            .await;
        copy.unwrap().click().await.unwrap();
        browser.hears(&format!("Link copied. Only {cleo} can use it.")).await;
        let read = "const done = arguments[0]; navigator.clipboard.readText().then(done, done);";
        let copied = browser.client.execute_async(read, vec![]).await.unwrap();
        let copied = copied.as_str().unwrap().to_owned();
        assert!(copied.starts_with(&format!("{origin}/i/")), "{copied}");
        server().token_in(&copied);
        assert_eq!(browser.client.execute("return window.stayed", vec![]).await.unwrap(), json!(true));
    } else {
        browser.press("Copy link: Cleo Client").await;
        assert_eq!(browser.heading().await, "The link of Cleo Client");
        let field = browser.client.find(Locator::Id("url")).await.unwrap();
        let url = field.attr("value").await.unwrap().unwrap();
        assert!(url.starts_with(&format!("{}/i/", server().origin())), "{url}");
        server().token_in(&url);
        browser.press("Back to the list").await;
    }
    browser.press("Withdraw: Cleo Client").await;
    assert_eq!(browser.heading().await, "Withdraw the invitation to Cleo Client?");
    browser.press("Keep the invitation").await;
    browser.press("Withdraw: Cleo Client").await;
    browser.press("Withdraw").await;
    assert!(!browser.text().await.contains("Cleo Client"), "no longer among those that wait");
    assert_eq!(team.invitation(&invitation)["status"], "revoked");

    browser.goto(&list("links")).await;
    browser.press("Turn off: Spring campaign").await;
    browser.hears("The link Spring campaign is turned off.").await;
    browser.press("Turn on: Spring campaign").await;
    assert_eq!(team.invitation(&link)["status"], "pending");
    browser.press("Spring campaign").await;
    browser.client.find(Locator::Id("nickname")).await.unwrap().clear().await.unwrap();
    browser.fill("What your team calls it", "Summer").await;
    browser.press("Save the changes").await;
    assert_eq!(browser.heading().await, "Summer");

    browser.goto(&list("clients")).await;
    browser.fill("Name, nickname or address", "ana").await;
    if !scripts {
        browser.press("Search").await;
    }
    browser.hears("1 found.").await;
    assert!(!browser.text().await.contains("Bo Client"), "who is sought, alone");
    let address = browser.client.current_url().await.unwrap();
    assert!(address.query().unwrap().contains("q=ana"), "{address}: it can be kept and sent");
    browser.goto(&list("clients")).await;
    for name in ["Ana Client", "Bo Client"] {
        let path = format!("//tr[.//bdi[.='{name}']]//input[@type='checkbox']");
        browser.client.find(Locator::XPath(&path)).await.unwrap().click().await.unwrap();
    }
    if scripts {
        browser.hears("2 of 2 selected").await;
    }
    browser.press("Remove those chosen").await;
    assert_eq!(browser.heading().await, "Remove 2 people?");
    browser.press("Remove 2 people").await;
    browser.hears("Removed").await;
    assert!(browser.text().await.contains("No clients yet"));
    browser.press("Undo the removal").await;
    browser.hears("Put back 2 clients.").await;
    assert!(browser.text().await.contains("Ana Client"));
    browser.goto(&format!("{}&chosen=all", list("clients"))).await;
    browser.press("Remove those chosen").await;
    browser.press("Remove 2 people").await;
    browser.hears("Removed").await;
    browser.goto(&list("removed")).await;
    assert!(browser.text().await.contains("Bo Client"));
}

#[test]
fn people_invitations_and_links_are_looked_after() {
    run(async { walk(&Browser::start(true).await, true).await });
}

#[test]
fn people_invitations_and_links_are_looked_after_without_scripts() {
    run(async { walk(&Browser::start(false).await, false).await });
}

//! The pages of those who run an organization: settings, branding, plan and seats, activity, and inviting many people.
//!
//! The rule: each does its main job as a person does it, with scripts and without, and fits every screen in every state.

use std::time::Duration;

use fantoccini::Locator;
use serde_json::json;

use super::chromium::{Browser, run, server};
use super::look::{OF_PAGES, WIDTHS};
use crate::harness::Team;

/// A picture of one dot.
const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0,
    0, 1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde, 0, 0, 0, 12, b'I', b'D', b'A', b'T', 8, 0xd7, 0x63, 0xf8,
    0xcf, 0xc0, 0, 0, 3, 1, 1, 0, 0x18, 0xdd, 0x8d, 0xb0, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42,
    0x60, 0x82,
];

fn file(name: &str, bytes: &[u8]) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

impl Browser {
    async fn element(&self, css: &str) -> fantoccini::elements::Element {
        self.client.find(Locator::Css(css)).await.unwrap_or_else(|_| panic!("nothing is at {css}"))
    }

    /// Writes into a field what it says from now on.
    async fn write(&self, id: &str, text: &str) {
        let field = self.element(&format!("[id='{id}']")).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Waits until the page says this.
    async fn says(&self, words: &str) {
        for _ in 0..300 {
            // The part that says it may be replaced meanwhile.
            let body = self.client.execute("return document.body.innerText", vec![]).await.unwrap();
            if body.as_str().unwrap().contains(words) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{words:?} isn't said: {}", self.text().await);
    }
}

fn studio() -> (Team<'static>, String) {
    let team = Team::of(server(), "client-links", Some(5));
    let slug = team.owner.clone().get(&team.path("")).ok().str("/slug");
    (team, format!("/o/{slug}"))
}

#[test]
fn the_pages_of_those_who_run_an_organization_fit_every_screen() {
    run(async {
        let browser = Browser::start(true).await;
        let (mut team, root) = studio();
        browser.be(&team.owner);
        let mut faults = Vec::new();
        let server = server();
        for (page, name) in [
            ("settings", "settings"),
            ("settings/branding", "branding"),
            ("settings/seats", "seats-none"),
            ("settings/keys", "keys-none"),
            ("team/import", "import"),
            ("activity?until=2020-01-01", "activity-none"),
        ] {
            browser.goto(&format!("{root}/{page}")).await;
            faults.extend(browser.look(name, WIDTHS, OF_PAGES).await);
        }
        let (_, token) = team.invited(&server.address("adam.admin"), "admin");
        let mut adam = server.client();
        adam.sign_up(&token, "Adam Admin").ok();
        team.invite(&server.address("mia.member"), "member").ok();
        let link = json!({"kind": "link", "role": "client", "nickname": "Spring campaign", "max_uses": 25});
        team.owner.post(&team.path("/invitations"), &link).ok();
        let policy = json!({"name": "Example Studio & Sons", "policy": {"send_email": false}});
        team.owner.send_json("PATCH", &team.path(""), &policy).ok();
        browser.goto(&format!("{root}/settings/seats")).await;
        faults.extend(browser.look("seats", WIDTHS, OF_PAGES).await);
        faults.extend(look_at_keys(&browser, &root).await);
        browser.goto(&format!("{root}/activity")).await;
        browser
            .client
            .execute("for (const each of document.querySelectorAll('details')) each.open = true", vec![])
            .await
            .unwrap();
        faults.extend(browser.look("activity", WIDTHS, OF_PAGES).await);
        browser.goto(&format!("{root}/activity?since=yesterday")).await;
        faults.extend(browser.look("activity-wrong", WIDTHS, OF_PAGES).await);

        browser.goto(&format!("{root}/settings/branding")).await;
        browser.write("branding/name", "Studio for Clients").await;
        browser.write("branding/accent", "#16a34a").await;
        browser.write("branding/message", "Hi,\nthis is where you see and approve your posts.").await;
        browser.says("We darkened #16a34a to").await;
        faults.extend(browser.look("branding-preview", WIDTHS, OF_PAGES).await);
        browser.write("branding/accent", "reddish").await;
        browser.press("Save the branding").await;
        faults.extend(browser.look("branding-wrong", WIDTHS, OF_PAGES).await);
        browser.write("branding/accent", "#ffe600").await;
        browser.press("Save the branding").await;
        let logo = browser.element("#logo").await;
        logo.send_keys(&file("logo.png", PNG)).await.unwrap();
        browser.client.wait().for_element(Locator::Css("#preview canvas.logo")).await.unwrap();
        browser.press("Save the branding").await;
        faults.extend(browser.look("branding-saved", WIDTHS, OF_PAGES).await);
        browser.press("Remove the logo").await;
        faults.extend(browser.look("logo-remove", WIDTHS, OF_PAGES).await);
        browser.be(&adam);
        browser.goto(&format!("{root}/settings")).await;
        browser.write("name", " ").await;
        browser.press("Save the settings").await;
        faults.extend(browser.look("settings-wrong", WIDTHS, OF_PAGES).await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

/// A slow answer to what was typed first comes after that to what was typed last.
#[test]
fn the_preview_shows_what_was_typed_last() {
    run(async {
        let browser = Browser::start(true).await;
        let (team, root) = studio();
        browser.be(&team.owner);
        browser.goto(&format!("{root}/settings/branding")).await;
        let slow = "
            const real = window.fetch;
            window.asked = [];
            window.fetch = async (url, options) => {
                const first = !window.asked.length;
                window.asked.push(options.body.get('branding/name'));
                const answer = await real(url, first ? {...options, signal: undefined} : options);
                const text = await answer.text();
                if (first) await new Promise(done => setTimeout(done, 2000));
                // As a browser does with what comes after it was given up.
                options.signal?.throwIfAborted();
                return new Response(text);
            };";
        browser.client.execute(slow, vec![]).await.unwrap();
        browser.write("branding/name", "First Studio").await;
        for _ in 0..300 {
            if browser.client.execute("return window.asked.length", vec![]).await.unwrap() == json!(1) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        browser.write("branding/name", "Last Studio").await;
        browser.says("Join Last Studio").await;
        tokio::time::sleep(Duration::from_millis(2500)).await;
        assert!(browser.text().await.contains("Join Last Studio"), "{}", browser.text().await);
        let asked = browser.client.execute("return window.asked", vec![]).await.unwrap();
        assert_eq!(
            (&asked[0], asked.as_array().unwrap().last().unwrap()),
            (&json!("First Studio"), &json!("Last Studio"))
        );
    });
}

/// The list goes in, what is wrong is mended, the rest is sent, and taken back.
async fn import(browser: &Browser) -> Vec<String> {
    let (team, root) = studio();
    browser.be(&team.owner);
    let server = server();
    let [ana, bo, mia] = ["ana.client", "bo.client", "mia.member"].map(|who| server.address(who));
    team.invite(&bo, "client").ok();
    let mut faults = Vec::new();
    let list = format!("email,role\n{ana},client\n{bo},client\nmo@studio,client\n{mia},boss\n");
    browser.goto(&format!("{root}/team/import")).await;
    browser.press("Check the list").await;
    browser.says("Choose a file, or paste the rows.").await;
    let field = browser.element("#file").await;
    field.send_keys(&file(&format!("list-{ana}.csv"), list.as_bytes())).await.unwrap();
    browser.press("Check the list").await;
    browser.says("Send 1 invitation").await;
    faults.extend(browser.look("import-check", WIDTHS, OF_PAGES).await);
    browser.press("To correct 2").await;
    assert!(!browser.text().await.contains(&ana), "only those");
    browser.press_summary().await;
    browser.write("rows", &list.replace("boss", "member")).await;
    browser.press("Check it again").await;
    browser.says("Send 2 invitations").await;
    browser.press("Send 2 invitations").await;
    browser.says("The import is done").await;
    faults.extend(browser.look("import-done", WIDTHS, OF_PAGES).await);
    browser.press("Take it back").await;
    faults.extend(browser.look("import-undo", WIDTHS, OF_PAGES).await);
    browser.press("Keep the import").await;
    browser.press("Take it back").await;
    browser.press("Take it back").await;
    browser.says("2 invitations are withdrawn.").await;
    faults.extend(browser.look("import-undone", WIDTHS, OF_PAGES).await);
    faults
}

impl Browser {
    async fn press_summary(&self) {
        self.element("summary").await.click().await.unwrap();
    }
}

#[test]
fn many_people_are_invited_with_a_list() {
    run(async {
        let faults = import(&Browser::start(true).await).await;
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[test]
fn many_people_are_invited_with_a_list_without_scripts() {
    run(async {
        let browser = Browser::start(false).await;
        let (team, root) = studio();
        browser.be(&team.owner);
        browser.goto(&format!("{root}/team/import")).await;
        let list = format!("email,role\n{},client\n", server().address("ana.client"));
        browser.element("#rows").await.send_keys(&list).await.unwrap();
        browser.press("Check the list").await;
        browser.press("Send 1 invitation").await;
        // The page looks again by itself.
        for _ in 0..200 {
            if browser.client.source().await.unwrap().contains("The import is done") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the import isn't done: {}", browser.text().await);
    });
}

#[test]
fn a_brand_is_chosen_without_scripts() {
    run(async {
        let browser = Browser::start(false).await;
        let (team, root) = studio();
        browser.be(&team.owner);
        browser.goto(&format!("{root}/settings/branding")).await;
        browser.write("branding/name", "Studio for Clients").await;
        browser.write("branding/accent", "#ffe600").await;
        browser.press("Show a preview").await;
        let text = browser.text().await;
        for told in ["Not saved yet.", "Join Studio for Clients", "Readable. Black text on your colour"] {
            assert!(text.contains(told), "{told} in {text}");
        }
        browser.press("Save the branding").await;
        assert!(browser.text().await.contains("The branding is saved."));
        browser.goto(&format!("{root}/settings")).await;
        browser.element("[id='policy/invites/member/client']").await.click().await.unwrap();
        browser.press("Save the settings").await;
        assert!(browser.text().await.contains("The settings are saved."));
        let policy =
            team.owner.clone().get(&team.path("")).ok().json()["policy"]["invites"]["member"].clone();
        assert_eq!(policy, json!(["client"]));
    });
}

/// A key is made, shown once, listed and revoked.
async fn look_at_keys(browser: &Browser, root: &str) -> Vec<String> {
    let mut faults = Vec::new();
    browser.goto(&format!("{root}/settings/keys")).await;
    browser.press("Make the key").await;
    faults.extend(browser.look("keys-wrong", WIDTHS, OF_PAGES).await);
    browser.write("name", "Backend of the customers’ portal").await;
    for scope in ["members:read", "invitations:write", "access:check"] {
        browser.element(&format!("[id='{scope}']")).await.click().await.unwrap();
    }
    browser.press("Make the key").await;
    faults.extend(browser.look("key-made", WIDTHS, OF_PAGES).await);
    browser.press("I saved it").await;
    faults.extend(browser.look("keys", WIDTHS, OF_PAGES).await);
    browser.press_at("//a[contains(@href, '/revoke')]").await;
    faults.extend(browser.look("key-revoke", WIDTHS, OF_PAGES).await);
    browser.press("Revoke the key").await;
    assert!(browser.text().await.contains("The key is revoked."));
    faults
}

//! What is typed is not lost, and what there is much of is found: a form sent after its session ended, accounts by the
//! dozen, leaving, and the invitations that wait.
//!
//! The rule: a person comes through with scripts and without, and each page is looked at.

use fantoccini::Locator;
use serde_json::json;

use super::chromium::{Browser, run, server};
use super::look::{OF_PAGES, WIDTHS};
use crate::harness::{PASSWORD, Team};

/// Ends what the browser knows of being signed in.
fn sign_out(browser: &Browser) {
    let cookie = json!({"name": "__Host-usher_session", "url": server().origin()});
    browser.command("Network.deleteCookies", &cookie);
}

async fn kept(browser: &Browser, looked_at: bool) -> Vec<String> {
    let server = server();
    let mut team = Team::of(server, "client-links", Some(5));
    let slug = team.owner.get(&team.path("")).ok().str("/slug");
    browser.be(&team.owner);
    browser.goto(&format!("/o/{slug}/workspaces")).await;
    browser.fill("Name", "مخبز الشمال – Typed before").await;
    sign_out(browser);
    browser.press("Make the workspace").await;
    assert_eq!(browser.heading().await, "Sign in");
    let mut faults = Vec::new();
    // axe-core is a script.
    if looked_at {
        faults.extend(browser.look("workspaces-kept", WIDTHS, OF_PAGES).await);
    }
    browser.fill("E-mail address", &team.owner_address).await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Sign in").await;
    let text = browser.text().await;
    assert!(text.contains("You were signed out before this was sent"), "{text}");
    if looked_at {
        faults.extend(browser.look("sign-in-kept", WIDTHS, OF_PAGES).await);
    }
    let before = team.owner.get(&team.path("/workspaces")).ok().json()["data"].as_array().unwrap().len();
    assert_eq!(before, 1, "nothing was made yet");
    browser.press("Make the workspace").await;
    assert_eq!(browser.heading().await, "مخبز الشمال – Typed before");
    faults
}

#[test]
fn a_form_that_was_sent_signed_out_comes_back() {
    run(async {
        let faults = kept(&Browser::start(true).await, true).await;
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[test]
fn the_same_goes_without_a_script() {
    run(async { assert!(kept(&Browser::start(false).await, false).await.is_empty()) });
}

#[test]
fn of_many_accounts_the_page_and_what_waits_fit_every_screen() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        let mut team = Team::of(server, "publishing", Some(5));
        let slug = team.owner.get(&team.path("")).ok().str("/slug");
        let workspace = team.owner.get(&team.path("/workspaces")).ok().str("/data/0/id");
        for number in 0..60 {
            let name = match number % 4 {
                0 => format!(
                    "{number:02} حساب المخبز الشمالي الكبير في المدينة القديمة قرب الميناء الجنوبي والسوق"
                ),
                1 => format!(
                    "{number:02} 面包店港口博物馆北方工作室花园图书办公夏冬市场桥酒戏院药房书车库学校河"
                ),
                2 => format!("{number:02} 👩‍🍳🏳️‍🌈🥐🏛️🌷📚☕"),
                _ => format!(
                    "{number:02} Bright Bakery in the old town by the southern harbour, and its market hall"
                ),
            };
            let body = json!({"kind": "facebook", "name": name});
            team.owner.post(&format!("/v1/workspaces/{workspace}/resources"), &body).ok();
        }
        let (_, token) = team.invited(&server.address("carl.client"), "client");
        let mut carl = server.client();
        carl.sign_up(&token, "Carl Client").ok();
        let member = team.owner.get(&team.path("/members?role=client")).ok().str("/data/0/id");
        browser.be(&team.owner);
        browser.goto(&format!("/w/{workspace}/members/{member}")).await;
        browser.touch("Select all shown").await;
        browser.press("Next accounts").await;
        let mut faults = browser.look("member-access-many", WIDTHS, OF_PAGES).await;
        browser.fill("Find others", "59").await;
        browser.press("Search").await;
        assert!(browser.text().await.contains("59 Bright Bakery"), "{}", browser.text().await);
        let found = browser.client.find(Locator::Css("[name=resource]")).await.unwrap();
        found.click().await.unwrap();
        browser.press("Review changes").await;
        faults.extend(browser.look("member-review-many", WIDTHS, OF_PAGES).await);
        browser.press("Save changes").await;
        let access = format!("/v1/workspaces/{workspace}/members/{member}/access");
        let has = team.owner.get(&access).ok().json();
        assert_eq!(has["resources"].as_array().unwrap().len(), 26);

        // What waits for Carl elsewhere, and how he leaves.
        let other = Team::of(server, "team", None);
        let address = team.owner.get(&format!("/v1/members/{member}")).ok().str("/user/email");
        other.invite(&address, "client").ok();
        browser.be(&carl);
        browser.goto("/me").await;
        faults.extend(browser.look("me-waiting", WIDTHS, OF_PAGES).await);
        browser.press_at("//button[starts-with(., 'Open')]").await;
        assert!(browser.heading().await.starts_with("Join "), "{}", browser.text().await);
        browser.goto(&format!("/w/{workspace}")).await;
        browser.press_at("//a[starts-with(normalize-space(.), 'Leave')]").await;
        assert_eq!(browser.heading().await, "Leave Example Studio?");
        faults.extend(browser.look("member-leave", WIDTHS, OF_PAGES).await);
        browser.press("Leave").await;
        assert!(browser.text().await.contains("You left Example Studio."), "{}", browser.text().await);
        browser.be(&team.owner);
        browser.goto(&format!("/o/{slug}/team")).await;
        browser.press_at("//header//a[contains(., 'switch workspace')]").await;
        assert_eq!(browser.heading().await, "Your workspaces");
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

//! Webhooks as a person has them: added, tried out against a receiver on this machine, looked through, changed and deleted.
//!
//! The rule: the main job is done with scripts and without, and each page fits every screen in every state. What is sent, and
//! what becomes of it, is shown elsewhere.

use std::time::Duration;

use fantoccini::Locator;
use serde_json::json;

use super::chromium::{Browser, run, server};
use super::look::{OF_PAGES, WIDTHS};
use crate::harness::{Heard, Receiver, Team, wait_for};

/// Where the receiver takes everything.
const HOOKS: &str = "/webhooks/usher";

/// What a receiver was told there, once it is this much.
fn once_heard(receiver: &Receiver, count: usize) -> Vec<Heard> {
    wait_for("the receiver to be told", || Some(receiver.heard(HOOKS)).filter(|heard| heard.len() == count))
}

fn studio() -> (Team<'static>, String) {
    let team = Team::of(server(), "client-links", Some(5));
    let slug = team.owner.clone().get(&team.path("")).ok().str("/slug");
    (team, format!("/o/{slug}/settings"))
}

impl Browser {
    /// Waits until the page says this, whether it looks again by itself or is replaced.
    async fn comes_to_say(&self, words: &str) {
        for _ in 0..300 {
            if self.client.source().await.is_ok_and(|page| page.contains(words)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{words:?} isn't said: {}", self.text().await);
    }

    async fn at(&self, css: &str) -> fantoccini::elements::Element {
        let found = self.client.find(Locator::Css(css)).await;
        found.unwrap_or_else(|_| panic!("nothing is at {css}"))
    }
}

/// A webhook is added, its secret kept, a test sent and seen to arrive, and sent again.
async fn main_job(scripts: bool) {
    let browser = Browser::start(scripts).await;
    let (team, settings) = studio();
    let receiver = Receiver::start();
    browser.be(&team.owner);
    browser.goto(&settings).await;
    browser.press("Webhooks").await;
    browser.fill("URL", &receiver.url(HOOKS)).await;
    browser.press("Add the webhook").await;
    let secret = browser.at("#secret").await.prop("value").await.unwrap().unwrap();
    server().keep_secret(&secret);
    if scripts {
        let allowed = json!({"origin": server().origin(), "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
        browser.command("Browser.grantPermissions", &allowed);
        browser.at("[data-copy]").await.click().await.unwrap();
        browser.comes_to_say("Secret copied. Keep it where only your program finds it.").await;
    } else {
        assert!(
            !browser.at("[data-copy]").await.is_displayed().await.unwrap(),
            "no button without what it does"
        );
    }
    browser.press("Send a test event").await;
    assert!(browser.text().await.contains("A test event is on its way."));
    browser.comes_to_say("<td data-of=\"Answer\">200</td>").await;
    let heard = once_heard(&receiver, 1).remove(0);
    heard.verify(&secret).unwrap();
    assert_eq!(heard.kind(), "webhook.test");
    let page = browser.text().await;
    let id = &heard.headers["webhook-id"];
    assert!(page.contains(id) && page.contains("\"type\": \"webhook.test\""), "{page}");
    browser.press("Replay").await;
    browser.comes_to_say("<td data-of=\"Answer\">200</td>").await;
    assert_eq!(&once_heard(&receiver, 2)[1].headers["webhook-id"], id);
    browser.press_at("//a[contains(., 'All deliveries to')]").await;
    let log = browser.text().await;
    assert_eq!(log.matches("Delivered").count(), 2, "{log}");
    assert_eq!(log.matches("1 of 11").count(), 2, "{log}");
}

#[test]
fn a_webhook_is_added_tried_out_and_looked_through() {
    run(main_job(true));
}

#[test]
fn a_webhook_is_added_tried_out_and_looked_through_without_scripts() {
    run(main_job(false));
}

/// The webhook's page is as if this had come of its deliveries.
fn as_if(webhook: &str, statements: &[&str]) {
    let about = [webhook];
    let statements: Vec<(&str, &[&str])> = statements.iter().map(|sql| (*sql, about.as_slice())).collect();
    server().batch(&statements);
}

/// Adds one by the form. Answers the path of its page.
async fn added(browser: &Browser, list: &str, url: &str) -> String {
    browser.goto(list).await;
    browser.fill("URL", url).await;
    browser.press("Add the webhook").await;
    let secret = browser.at("#secret").await.prop("value").await.unwrap().unwrap();
    server().keep_secret(&secret);
    let way = browser.client.find(Locator::LinkText("I saved it")).await.unwrap();
    way.attr("href").await.unwrap().unwrap()
}

#[test]
fn the_pages_of_webhooks_fit_every_screen() {
    run(async {
        let browser = Browser::start(true).await;
        let (mut team, settings) = studio();
        let receiver = Receiver::start();
        browser.be(&team.owner);
        let list = format!("{settings}/webhooks");
        let mut faults = Vec::new();
        browser.goto(&list).await;
        faults.extend(browser.look("webhooks-none", WIDTHS, OF_PAGES).await);
        browser.fill("URL", "http://app.example.com/webhooks/usher").await;
        browser.at("#everything").await.click().await.unwrap();
        faults.extend(browser.look("webhooks-some", WIDTHS, OF_PAGES).await);
        let clear = "for (const each of document.querySelectorAll('[name=events]')) each.checked = false";
        browser.client.execute(clear, vec![]).await.unwrap();
        browser.press("Add the webhook").await;
        faults.extend(browser.look("webhooks-wrong", WIDTHS, OF_PAGES).await);

        let page = added(&browser, &list, &receiver.url(HOOKS)).await;
        let id = page.rsplit('/').next().unwrap().to_owned();
        faults.extend(browser.look("webhook-made", WIDTHS, OF_PAGES).await);
        browser.press("I saved it").await;
        faults.extend(browser.look("webhook-none", WIDTHS, OF_PAGES).await);
        team.invited(&server().address("ana.client"), "client");
        once_heard(&receiver, 2);
        browser.goto(&page).await;
        browser.press("Send test").await;
        browser.comes_to_say("<td data-of=\"Answer\">200</td>").await;
        faults.extend(browser.look("delivery", WIDTHS, OF_PAGES).await);
        faults.extend(look_at_states(&browser, &mut team, &page, &id).await);

        let gone = added(&browser, &list, &receiver.url("/gone")).await;
        browser.goto(&gone).await;
        browser.press("Send test").await;
        browser.comes_to_say("<td data-of=\"Answer\">410</td>").await;
        server().mail_about(&team.owner_address, "The webhook to 127.0.0.1");
        browser.goto(&gone).await;
        faults.extend(browser.look("webhook-gone", WIDTHS, OF_PAGES).await);
        added(&browser, &list, "https://app.example.com/webhooks/of/the/customers/portal").await;
        browser.goto(&list).await;
        faults.extend(browser.look("webhooks", WIDTHS, OF_PAGES).await);
        browser.goto(&format!("{page}/delete")).await;
        faults.extend(browser.look("webhook-delete", WIDTHS, OF_PAGES).await);
        browser.press("Delete the webhook").await;
        assert!(browser.text().await.contains("The webhook is deleted. It is told nothing from now on."));
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

async fn look_at_states(browser: &Browser, team: &mut Team<'_>, page: &str, id: &str) -> Vec<String> {
    let mut faults = Vec::new();
    // The first of three was given up, and the second is tried again.
    let first = "(SELECT min(id) FROM jobs WHERE webhook_id = ?1)";
    let last = "(SELECT max(id) FROM jobs WHERE webhook_id = ?1)";
    let tried = |of: &str, times: i64, millis: i64, status: &str, failure: &str| {
        format!(
            "INSERT OR REPLACE INTO webhook_attempts (job_id, attempt, at, millis, status, failure)
             SELECT j.id, x.value, j.created_at + x.value * x.value * 300000, {millis} + x.value, {status}, '{failure}'
             FROM jobs j, json_each('{}') x WHERE j.id = {of}",
            json!((1..=times).collect::<Vec<_>>())
        )
    };
    let given_up = format!(
        "UPDATE jobs SET done_at = NULL, failed_at = created_at, failure = 'answered 503' WHERE id = {first}"
    );
    let retried = format!(
        "UPDATE jobs SET done_at = NULL, attempts = 3, due_at = created_at + 3600000, requeue_at = due_at + 3600000 WHERE id = {last}"
    );
    as_if(id, &[&given_up, &tried(first, 11, 241, "503", "answered 503")]);
    as_if(id, &[&retried, &tried(last, 3, 9987, "NULL", "no answer within ten seconds")]);
    as_if(id, &["UPDATE webhooks SET failures = 3, failing_since = created_at WHERE id = ?1"]);
    browser.goto(page).await;
    faults.extend(browser.look("webhook-failing", WIDTHS, OF_PAGES).await);
    browser.press("Failed only").await;
    faults.extend(browser.look("webhook-failed", WIDTHS, OF_PAGES).await);
    browser.press("invitation.created").await;
    faults.extend(browser.look("delivery-failed", WIDTHS, OF_PAGES).await);
    as_if(id, &["UPDATE webhooks SET failures = 0, failing_since = NULL, rests_until = NULL WHERE id = ?1"]);
    browser.goto(page).await;
    faults.extend(browser.look("webhook", WIDTHS, OF_PAGES).await);
    browser.at("#url").await.clear().await.unwrap();
    browser.fill("URL", "https://10.0.0.1/webhooks").await;
    browser.press("Save the webhook").await;
    faults.extend(browser.look("webhook-wrong", WIDTHS, OF_PAGES).await);
    // It was put off, so that it is not tried while it is looked at.
    let untried = format!("DELETE FROM webhook_attempts WHERE job_id = {last}");
    let waits = format!("UPDATE jobs SET attempts = 0, created_at = created_at - 120000 WHERE id = {last}");
    as_if(id, &[&untried, &waits]);
    let waiting = server().row(&format!("SELECT {last} AS id"), id)["id"].as_str().unwrap().to_owned();
    browser.goto(&format!("{page}/deliveries/{waiting}")).await;
    faults.extend(browser.look("delivery-waiting", WIDTHS, OF_PAGES).await);
    as_if(id, &["UPDATE webhooks SET disabled_at = created_at, disabled_for = 'failures' WHERE id = ?1"]);
    browser.goto(page).await;
    faults.extend(browser.look("webhook-off", WIDTHS, OF_PAGES).await);
    browser.press("Turn it on").await;
    assert!(browser.text().await.contains("The webhook is turned on."));
    browser.press("Replace the secret").await;
    faults.extend(browser.look("webhook-secret", WIDTHS, OF_PAGES).await);
    browser.press("Replace the secret").await;
    let secret = browser.at("#secret").await.prop("value").await.unwrap().unwrap();
    team.server.keep_secret(&secret);
    faults.extend(browser.look("webhook-secret-new", WIDTHS, OF_PAGES).await);
    faults
}

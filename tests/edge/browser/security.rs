//! One's own account, as a person keeps it: a forgotten password, the second factor, and where they are signed in.

use fantoccini::Locator;
use serde_json::json;
use usher::domain::time::Timestamp;

use super::chromium::{Browser, run, server};
use super::look::{OF_PAGES, WIDTHS};
use crate::harness::{PASSWORD, Team};
use crate::totp::App;

const NEW: &str = "another sentence entirely";

/// The time as this machine has it, which the runtime shares.
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    Timestamp::from_seconds(i64::try_from(since.as_secs()).unwrap())
}

/// The path of the link in somebody's newest message.
fn mailed(address: &str) -> String {
    let mail = server().mail_about(address, "Reset your password");
    let text = mail["text"].as_str().unwrap();
    let start = text.find("/reset/").unwrap_or_else(|| panic!("no link in {text}"));
    text[start..].split_whitespace().next().unwrap().to_owned()
}

/// Another address: begun, confirmed by the new mailbox, and stopped by the old one.
async fn change_address(browser: &Browser, look: bool, faults: &mut Vec<String>) {
    macro_rules! look {
        ($name:literal) => {
            if look {
                faults.extend(browser.look(concat!("security-", $name), WIDTHS, OF_PAGES).await);
            }
        };
    }
    let new = server().address("elsewhere");
    browser.press("Change address").await;
    look!("email");
    browser.fill("New address", &new).await;
    browser.fill("Your password", "not this one").await;
    browser.press("Send the links").await;
    look!("email-mistake");
    browser.fill("Your password", PASSWORD).await;
    browser.press("Send the links").await;
    assert!(browser.text().await.contains("not confirmed yet"));
    look!("email-under-way");
    let mail = server().mail_about(&new, "Confirm your new e-mail address");
    let text = mail["text"].as_str().unwrap();
    let start = text.find("/email/").unwrap_or_else(|| panic!("no link in {text}"));
    let link = text[start..].split_whitespace().next().unwrap();
    server().keep_secret(link.trim_start_matches("/email/"));
    browser.goto(link).await;
    look!("email-link");
    browser.press("This is my address").await;
    look!("email-confirmed");
    browser.goto(link).await;
    browser.press("Stop the change").await;
    look!("email-stopped");
}

/// The keys to the account and back to it, as somebody does it who sees only the words on the controls.
async fn walk(browser: &Browser, faults: &mut Vec<String>) {
    let look = faults.is_empty();
    macro_rules! look {
        ($name:literal) => {
            if look {
                faults.extend(browser.look(concat!("security-", $name), WIDTHS, OF_PAGES).await);
            }
        };
    }
    let team = Team::new(server());
    let olga = &team.owner_address;
    browser.goto("/sign-in").await;
    browser.press("Forgotten your password?").await;
    look!("forgot");
    browser.press("Send the link").await;
    look!("forgot-mistake");
    browser.fill("E-mail address", olga).await;
    browser.press("Send the link").await;
    assert_eq!(browser.heading().await, "Check your e-mail");
    look!("forgot-sent");
    browser.goto(&mailed(olga)).await;
    assert_eq!(browser.heading().await, "Choose a new password");
    look!("new-password");
    browser.fill("New password", NEW).await;
    browser.press("Set password and sign in").await;
    assert_eq!(browser.path().await, "/me");
    look!("workspaces");

    browser.press("Security").await;
    look!("overview");
    browser.press("Change password").await;
    browser.fill("Your password now", "not this one").await;
    browser.fill("New password", PASSWORD).await;
    browser.press("Change password").await;
    assert!(browser.text().await.contains("This is not your password."));
    look!("password-mistake");
    browser.fill("Your password now", NEW).await;
    browser.fill("New password", PASSWORD).await;
    browser.press("Change password").await;
    assert!(browser.text().await.contains("Your password is changed."));

    change_address(browser, look, faults).await;
    browser.goto("/me/security").await;
    browser.press("Set up").await;
    look!("two-step");
    browser.press("Show the key for the app").await;
    look!("two-step-key");
    let key = browser.client.find(Locator::Css("code.key")).await.unwrap().text().await.unwrap();
    let app = App::of(&key);
    browser.fill("Six-digit code", "12").await;
    browser.press("Turn on").await;
    look!("two-step-mistake");
    browser.fill("Six-digit code", &app.code(now())).await;
    browser.press("Turn on").await;
    assert_eq!(browser.heading().await, "Your recovery codes");
    look!("recovery-codes");
    let codes = browser.client.find_all(Locator::Css(".codes code")).await.unwrap();
    let (recovery, another) = (codes[0].text().await.unwrap(), codes[1].text().await.unwrap());
    browser.press("I have kept them").await;
    browser.press("New recovery codes").await;
    look!("codes");
    browser.fill("Your password", "not this one").await;
    browser.fill("Six-digit code", "12").await;
    browser.press("Show new codes").await;
    look!("codes-mistake");
    browser.goto("/me/security").await;

    // Somewhere else, and out of there.
    let mut elsewhere = server().client();
    let typed = json!({"email": olga, "password": PASSWORD});
    assert_eq!(elsewhere.post("/v1/sessions", &typed).ok().json(), json!({"mfa_required": true}));
    elsewhere.post("/v1/sessions/mfa", &json!({"code": recovery})).ok();
    browser.goto("/me/security").await;
    look!("overview-two");
    let row = "//tr[not(contains(., 'This one'))]//button";
    browser.press_at(row).await;
    assert!(browser.text().await.contains("That session is signed out."));
    assert_eq!(elsewhere.get("/v1/me").status, 401);

    // The code of the next half minute: the one before was taken.
    browser.press("Sign out").await;
    browser.fill("E-mail address", olga).await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Sign in").await;
    assert_eq!(browser.heading().await, "Type your code");
    look!("code");
    browser.press("Use a recovery code").await;
    look!("code-recovery");
    browser.press("Use a code of the app").await;
    browser.fill("Six-digit code", &app.code_of(now().seconds() / 30 + 1)).await;
    browser.press("Sign in").await;
    assert_eq!(browser.path().await, "/me");

    browser.press("Security").await;
    browser.press("Turn off").await;
    look!("off");
    browser.fill("Code of the app, or a recovery code", &another).await;
    browser.press("Turn it off").await;
    assert!(browser.text().await.contains("Two-step sign-in is off."));
}

#[test]
fn a_person_keeps_their_account_and_every_page_of_it_fits_every_screen() {
    run(async {
        let browser = Browser::start(true).await;
        let mut faults = Vec::new();
        walk(&browser, &mut faults).await;
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[test]
fn a_person_keeps_their_account_without_scripts() {
    run(async {
        let browser = Browser::start(false).await;
        walk(&browser, &mut vec![String::from("not looked at")]).await;
    });
}

#[test]
fn the_recovery_codes_are_printed_without_what_is_only_for_the_screen_and_copied() {
    run(async {
        let browser = Browser::start(true).await;
        let team = Team::new(server());
        browser.be(&team.owner);
        browser.goto("/me/security/two-step").await;
        browser.press("Show the key for the app").await;
        let key = browser.client.find(Locator::Css("code.key")).await.unwrap().text().await.unwrap();
        browser.fill("Six-digit code", &App::of(&key).code(now())).await;
        browser.press("Turn on").await;
        browser.command("Emulation.setEmulatedMedia", &json!({"media": "print"}));
        let shown = "return [...document.querySelectorAll('nav, .saving, .codes li')]
            .filter(element => element.offsetParent !== null).map(element => element.tagName)";
        let shown = browser.client.execute(shown, vec![]).await.unwrap();
        assert_eq!(shown, json!(vec!["LI"; 10]), "the codes and nothing to press");
        browser.command("Emulation.setEmulatedMedia", &json!({"media": ""}));
        let codes = browser.client.find(Locator::Css(".codes ul")).await.unwrap().text().await.unwrap();
        let allowed = json!({"origin": server().origin(), "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
        browser.command("Browser.grantPermissions", &allowed);
        browser.touch("Copy").await;
        let read = "const done = arguments[0]; navigator.clipboard.readText().then(done, done);";
        let copied = browser.client.execute_async(read, vec![]).await.unwrap();
        assert_eq!(copied, json!(codes), "and copied as they stand there");
    });
}

/// Who mistypes on a telephone sees it; and what remembers fields takes a password for nothing else.
#[test]
fn a_password_can_be_seen_and_is_one_again_when_it_is_sent() {
    run(async {
        let browser = Browser::start(true).await;
        let team = Team::new(server());
        browser.goto("/sign-in").await;
        browser.fill("E-mail address", &team.owner_address).await;
        browser.fill("Password", PASSWORD).await;
        let kind = "return document.querySelector('#password').type";
        for (words, becomes) in
            [("Show: Password", "text"), ("Hide: Password", "password"), ("Show: Password", "text")]
        {
            browser.touch(words).await;
            assert_eq!(browser.client.execute(kind, vec![]).await.unwrap(), json!(becomes), "{words}");
        }
        let note = "document.addEventListener('submit', () => { sessionStorage.sent = document.querySelector('#password').type })";
        browser.client.execute(note, vec![]).await.unwrap();
        browser.press("Sign in").await;
        assert_eq!(browser.path().await, "/me");
        let sent = browser.client.execute("return sessionStorage.sent", vec![]).await.unwrap();
        assert_eq!(sent, json!("password"));
    });
}

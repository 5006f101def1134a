//! The walk: from the mail to the workspace and the ways off it, by what a page shows.
//!
//! The rule: somebody who sees only the words on the controls gets there, with scripts and without; and the keyboard
//! reaches each of them.

use serde_json::json;

use super::chromium::{Browser, run, server};
use crate::harness::{PASSWORD, Team};

/// The job as a person does it, from the mail to the workspace, and the ways off it.
async fn walk(browser: &Browser) {
    let server = server();
    let team = Team::new(server);
    let mia = server.address("mia.member");
    team.invite(&mia, "member").ok();
    let path = format!("/i/{}", server.mailed_token(&mia, 1));

    // The mail lies in the mailbox; its link is clicked there.
    browser.goto("/dev/mailbox").await;
    let link = format!("//article[.//dd[.='{mia}']]//a[.='Open the link']");
    browser.press_at(&link).await;
    assert_eq!(browser.path().await, path);
    assert_eq!(browser.heading().await, "Join Example Studio");
    let text = browser.text().await;
    for fact in [
        "Olga Owner invited m••@studio.test to join as a member.",
        "works until",
        "opening it changed nothing",
    ] {
        assert!(text.contains(fact), "{fact} in {text}");
    }

    // A mistake first: the form comes back with what was typed.
    browser.fill("Your name", "Mia Member").await;
    browser.fill("Choose a password", "short").await;
    browser.press("Create account and join").await;
    assert!(browser.client.title().await.unwrap().starts_with("Error: "));
    assert!(browser.text().await.contains("Use at least 12 characters."));
    browser.fill("Choose a password", PASSWORD).await;
    browser.press("Create account and join").await;
    assert!(browser.path().await.starts_with("/w/wsp_"), "in what they were invited to");
    let text = browser.text().await;
    assert!(text.contains("You joined") && text.contains("You are a member"), "{text}");

    browser.press("Sign out").await;
    assert_eq!(browser.path().await, "/sign-in");
    browser.goto("/me").await;
    assert_eq!(browser.path().await, "/sign-in", "signed out is signed out");
    browser.fill("E-mail address", &mia).await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Sign in").await;
    assert_eq!(browser.path().await, "/me");
    browser.goto(&path).await;
    assert!(browser.path().await.ends_with("/workspaces"), "the link leads a member in");

    // A link for somebody else, while Mia is signed in.
    let carl = server.address("carl.client");
    let (invitation, token) = team.invited(&carl, "client");
    let path = format!("/i/{token}");
    browser.goto(&path).await;
    assert_eq!(browser.heading().await, "This invitation is for another address");
    browser.press("Sign out and continue as c••@studio.test").await;
    assert_eq!(browser.path().await, path);
    assert_eq!(browser.heading().await, "Join Example Studio");

    browser.press("Decline").await;
    browser.press("Back to the invitation").await;
    browser.press("Decline").await;
    assert_eq!(browser.heading().await, "Decline the invitation to Example Studio?");
    browser.press("Decline the invitation").await;
    assert_eq!(browser.heading().await, "You declined the invitation to Example Studio");
    assert_eq!(team.invitation(&invitation)["status"], "declined");
    browser.goto(&path).await;
    assert_eq!(browser.heading().await, "This invitation was declined");
    browser.press("Go to sign in").await;

    // Invited elsewhere, Mia signs in and joins by one form; then, signed in, with one click.
    let other = Team::new(server);
    other.invite(&mia, "admin").ok();
    browser.goto(&format!("/i/{}", server.mailed_token(&mia, 2))).await;
    assert_eq!(browser.heading().await, "Sign in to join Example Studio");
    browser.fill("Your password", PASSWORD).await;
    browser.press("Sign in and join").await;
    assert_eq!(browser.heading().await, "Team & Clients", "who runs it comes to what they run");
    assert!(browser.text().await.contains("You joined Example Studio."));
    let third = Team::new(server);
    third.invite(&mia, "client").ok();
    browser.goto(&format!("/i/{}", server.mailed_token(&mia, 3))).await;
    browser.press("Join Example Studio").await;
    assert!(browser.text().await.contains("You are a client"));
}

/// Whether scripts run is shown by a page that has one.
const SCRIPTED: &str =
    "data:text/html,<h1>without</h1><script>document.querySelector('h1').textContent = 'with'</script>";

#[test]
fn a_person_gets_from_the_mail_into_the_workspace() {
    run(async {
        let browser = Browser::start(true).await;
        browser.goto(SCRIPTED).await;
        assert_eq!(browser.heading().await, "with");
        walk(&browser).await;
    });
}

#[test]
fn a_person_gets_from_the_mail_into_the_workspace_without_scripts() {
    run(async {
        let browser = Browser::start(false).await;
        browser.goto(SCRIPTED).await;
        assert_eq!(browser.heading().await, "without");
        walk(&browser).await;
    });
}

#[test]
fn the_keyboard_reaches_every_control_in_the_order_they_are_read() {
    run(async {
        let browser = Browser::start(true).await;
        let team = Team::new(server());
        let (_, token) = team.invited(&server().address("mia.member"), "member");
        browser.goto(&format!("/i/{token}")).await;
        let mut order = Vec::new();
        for _ in 0..6 {
            for kind in ["keyDown", "keyUp"] {
                let key = json!({"type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9});
                browser.command("Input.dispatchKeyEvent", &key);
            }
            let script = "
                const focused = document.activeElement, style = getComputedStyle(focused);
                if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 3) return 'no ring';
                return focused.id || focused.textContent;";
            order.push(browser.client.execute(script, vec![]).await.unwrap());
        }
        assert_eq!(
            json!(order),
            json!([
                "Skip to the content",
                "name",
                "password",
                "Show: Choose a password",
                "Create account and join",
                "Decline"
            ])
        );
    });
}

/// From the link to the workspace, and an invitation declined, without a single click.
#[test]
fn the_keyboard_alone_joins_and_declines() {
    run(async {
        let browser = Browser::start(true).await;
        let team = Team::new(server());
        let (_, token) = team.invited(&server().address("mia.member"), "member");
        browser.goto(&format!("/i/{token}")).await;
        for (field, text) in [("name", "Mia Member"), ("password", PASSWORD)] {
            browser.tab_to(field).await;
            browser.command("Input.insertText", &json!({"text": text}));
        }
        browser.tab_to("Create account and join").await;
        browser.key("Enter");
        browser.arrives_at("Example Studio").await;
        assert!(browser.text().await.contains("You joined Example Studio."));

        let (invitation, token) = team.invited(&server().address("carl.client"), "client");
        browser.be(&server().client());
        browser.goto(&format!("/i/{token}")).await;
        browser.tab_to("Decline").await;
        browser.key("Enter");
        browser.arrives_at("Decline the invitation to Example Studio?").await;
        browser.tab_to("Decline the invitation").await;
        browser.key("Enter");
        browser.arrives_at("You declined the invitation to Example Studio").await;
        assert_eq!(team.invitation(&invitation)["status"], "declined");
    });
}

/// What is over leads to whoever can mend it: a new invitation and, for who was given nothing, access.
async fn ask(browser: &Browser) {
    let team = Team::of(server(), "reporting", None);
    let (_, token) = team.invited(&server().address("cleo.client"), "client");
    browser.goto(&format!("/i/{token}")).await;
    browser.press("Decline").await;
    browser.press("Decline the invitation").await;
    browser.goto(&format!("/i/{token}")).await;
    browser.press("Ask for a new invitation").await;
    assert_eq!(browser.heading().await, "Your request was passed on");
    let (_, token) = team.invited(&server().address("dan.client"), "client");
    browser.goto(&format!("/i/{token}")).await;
    browser.fill("Your name", "Dan Client").await;
    browser.fill("Choose a password", PASSWORD).await;
    browser.press("Create account and join").await;
    assert_eq!(browser.heading().await, "You have no access yet");
    browser.press("Ask for access").await;
    browser.be(&team.owner);
    browser.goto("/me/notifications").await;
    let text = browser.text().await;
    for told in ["asks for a new invitation", "asks for access"] {
        assert!(text.contains(told), "{told} in {text}");
    }
}

#[test]
fn a_person_asks_for_what_they_lack() {
    run(async { ask(&Browser::start(true).await).await });
}

#[test]
fn a_person_asks_for_what_they_lack_without_scripts() {
    run(async { ask(&Browser::start(false).await).await });
}

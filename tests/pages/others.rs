//! The pages beside the invitation's: signing in and out, one's workspaces, the mailbox, and what is nowhere.
//!
//! The rule: whoever comes to one finds the way on, and no form leads to another site.

use std::time::Duration;

use crate::reading::{primary_action, seen, text_of};
use crate::scene::{MIA, Scene, browser, browsing, team};
use crate::structure::check_page;
use crate::support::client::{PASSWORD, Team};
use crate::support::platform::{ORIGIN, World};

#[test]
fn signing_in_by_form_leads_to_the_workspaces_and_a_mistake_keeps_the_address() {
    let team = team();
    let mut olga = browser(&team.world);
    let page = olga.get("/sign-in");
    check_page(&page);
    assert_eq!(text_of(&page.text(), "title"), "Sign in – Zebraform");
    for (email, password, words) in [
        ("olga.owner@studio.test", "not this one, sorry", "do not match"),
        ("nobody@studio.test", PASSWORD, "do not match"),
        ("olga", PASSWORD, "do not match"),
        ("", PASSWORD, "Type your e-mail address."),
        ("olga.owner@studio.test", "", "Type your password."),
    ] {
        let wrong = olga.submit("/sign-in", "/sign-in", &[("email", email), ("password", password)]);
        check_page(&wrong);
        assert!(seen(&wrong.text()).contains(words), "{}", seen(&wrong.text()));
        assert!(wrong.text().contains(&format!("value=\"{email}\"")));
        assert_eq!(olga.get("/me").header("location"), Some("/sign-in"));
    }
    let right =
        olga.submit("/sign-in", "/sign-in", &[("email", "OLGA.owner@studio.test"), ("password", PASSWORD)]);
    assert_eq!(right.header("location"), Some("/me"));
    assert!(seen(&olga.get("/me").text()).contains("You are the owner"));
    assert_eq!(olga.get("/").header("location"), Some("/me"));
    assert_eq!(olga.submit("/me", "/sign-out", &[]).header("location"), Some("/sign-in"));
    assert!(seen(&olga.get("/sign-in").text()).contains("You are signed out."));
    assert_eq!(olga.get("/me").header("location"), Some("/sign-in"));
}

#[test]
fn signing_out_never_leads_to_another_site() {
    let team = team();
    for invitation in ["https://evil.test", "//evil.test", "../../evil", "a/b", ""] {
        let mut olga = browsing(team.owner.clone());
        let answer = olga.submit("/sign-in", "/sign-out", &[("invitation", invitation)]);
        let to = answer.header("location").unwrap();
        assert!(to == "/sign-in" || to.starts_with("/i/"), "{invitation}: {to}");
    }
}

#[test]
fn who_is_in_no_workspace_yet_is_told_what_to_do() {
    let mut scene = Scene::invited();
    let path = scene.path.clone();
    scene.visitor.submit(&path, &path, &[("name", "Mia Member"), ("password", PASSWORD)]).ok();
    let mut scene = scene.with("DELETE FROM memberships; UPDATE users SET email_verified_at = NULL");
    let me = scene.visitor.get("/me");
    check_page(&me);
    let text = seen(&me.text());
    assert!(text.contains("You are not in any workspace yet"), "{text}");
    assert!(text.contains("Your address is not confirmed yet"), "{text}");
}

#[test]
fn what_is_nowhere_has_a_page_with_a_way_on() {
    let world = World::new();
    let mut somebody = browser(&world);
    let answer = somebody.get("/nowhere");
    assert_eq!(answer.status, 404);
    check_page(&answer);
    assert_eq!(primary_action(&answer.text()), "Go to the start page");
    assert!(!answer.text().contains("Request id"), "which helps nobody here");
}

/// Whoever lacks the second factor that their only workspace asks for isn't sent in circles.
#[test]
fn whoever_needs_a_second_factor_is_led_to_set_one_up() {
    let mut team = Team::of("reporting");
    let mut ana = browsing(team.joined("ana@client.test", "client"));
    let (member, workspace) = (team.member("ana@client.test"), team.workspace());
    let body = serde_json::json!({"access": {"require_mfa": true}});
    team.owner.patch(&format!("/v1/workspaces/{workspace}/members/{member}"), &body).ok();
    let answer = ana.get(&format!("/w/{workspace}"));
    assert_eq!(answer.status, 403);
    check_page(&answer);
    assert_eq!(text_of(&answer.text(), "h1"), "Add a second step to sign in");
    assert_eq!(primary_action(&answer.text()), "Set up two-step sign-in");
    let back = format!("href=\"/me/security/two-step?to=%2Fw%2F{workspace}\"");
    assert!(answer.text().contains(&back), "{}", answer.text());
}

#[test]
fn the_mailbox_shows_the_newest_message_first_with_its_link_to_click() {
    let world = World::new();
    let mut developer = browser(&world);
    let empty = developer.get("/dev/mailbox");
    check_page(&empty);
    assert!(seen(&empty.text()).contains("No mail yet."));
    let mut team = Team::in_world(world);
    team.world.pass(Duration::from_mins(1));
    team.invited(MIA, "member");
    team.world.deliver();
    let answer = developer.get("/dev/mailbox");
    check_page(&answer);
    let page = answer.text();
    let text = seen(&page);
    let first = text.find("Olga Owner invited you to Example Studio").unwrap();
    assert!(first < text.find("You are invited to Example Studio").unwrap());
    assert!(text.contains("To mia.member@studio.test From Example Studio via Usher <invites@usher.test> Sent 21 November 2026, 22:01 UTC"), "{text}");
    assert_eq!(primary_action(&page), "Open the link");
    let token = team.world.mailed_token(MIA);
    assert!(page.contains(&format!("href=\"{ORIGIN}/i/{token}\"")));
    let part = page.split("href=\"/dev/mailbox/").nth(1).unwrap().split('"').next().unwrap();
    let html = developer.get(&format!("/dev/mailbox/{part}"));
    assert!(
        html.header("content-security-policy")
            .unwrap()
            .starts_with("default-src 'none'; style-src 'unsafe-inline'")
    );
    assert!(html.text().contains("View invitation"));
}

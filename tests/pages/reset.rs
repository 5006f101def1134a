//! Setting a password by form, with a link that was mailed or handed over.
//!
//! The rule: opening it changes nothing and tells no address; the form works once, and every refusal has a way on.

use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::reading::{primary_action, seen, text_of};
use crate::scene::{MIA, PRODUCT, browser, team};
use crate::structure::check_page;
use crate::support::Client;
use crate::support::client::{PASSWORD, Team, nonce_in};

/// Mia, who was added and told by e-mail: the page's path, and the browser that opens it.
fn added() -> (Team, String, Client) {
    let mut team = team();
    team.add(MIA, "member", json!({"name": "Mia Member", "notify": true})).ok();
    team.world.deliver();
    let path = format!("/reset/{}", team.world.mailed_password_token(MIA));
    let visitor = browser(&team.world);
    (team, path, visitor)
}

fn stored(team: &Team) -> String {
    team.world.state().database.borrow().dump()
}

#[test]
fn somebody_who_was_added_sets_a_password_and_is_in() {
    let (_, path, mut mia) = added();
    let page = mia.get(&path);
    assert_eq!(page.status, 200);
    check_page(&page);
    let text = page.text();
    assert_eq!(text_of(&text, "title"), "Set your password – Example Studio");
    assert_eq!(primary_action(&text), "Set password and sign in");
    assert!(seen(&text).contains("Example Studio added m••@studio.test."), "{}", seen(&text));
    assert!(!text.contains(MIA) && !text.contains(PRODUCT));
    let set = mia.submit(&path, &path, &[("username", ""), ("password", PASSWORD)]);
    assert_eq!((set.status.as_u16(), set.header("location")), (303, Some("/me")));
    let me = seen(&mia.get("/me").text());
    assert!(me.contains("Signed in as Mia Member") && me.contains("Example Studio You are a member"), "{me}");
    assert!(!me.contains("not confirmed"), "the mail has proved the address");
}

/// Mail scanners open links, with scripts on and more than once.
#[test]
fn opening_the_page_changes_nothing() {
    let (team, path, mut bot) = added();
    let before = stored(&team);
    for _ in 0..5 {
        bot.get(&path).ok();
        assert!(bot.send(&Method::HEAD, &path, None, Vec::new()).body.is_empty());
    }
    assert_eq!(stored(&team), before);
}

#[test]
fn mistakes_are_told_above_the_form_and_at_the_field_and_the_link_still_works() {
    let (team, path, mut mia) = added();
    let before = stored(&team);
    for (password, words) in [
        ("", "Choose a password."),
        ("too short", "Use at least 12 characters."),
        ("MIA.member@studio.test", "easy to guess"),
    ] {
        let answer = mia.submit(&path, &path, &[("password", password)]);
        assert_eq!(answer.status, 422);
        check_page(&answer);
        let page = answer.text();
        assert!(page.contains("<a href=\"#password\">") && page.contains("id=\"password-wrong\">"), "{page}");
        assert!(seen(&page).contains(words) && !page.contains("too short"), "{page}");
    }
    assert_eq!(stored(&team), before);
    assert_eq!(mia.submit(&path, &path, &[("password", PASSWORD)]).status, 303);
}

#[test]
fn a_form_that_is_not_ours_or_too_old_sets_nothing() {
    let (team, path, mut mia) = added();
    let nonce = nonce_in(&mia.get(&path).text());
    let foreign = nonce_in(&browser(&team.world).get(&path).text());
    let before = stored(&team);
    let send = |client: &mut Client, nonce: &str| {
        let answer = client.post_form(&path, &[("nonce", nonce), ("password", PASSWORD)]);
        check_page(&answer);
        answer.status.as_u16()
    };
    assert_eq!(send(&mut mia, ""), 403);
    assert_eq!(send(&mut mia, &foreign), 403, "another browser's");
    assert_eq!(send(&mut browser(&team.world), &nonce), 403, "without the cookie");
    assert_eq!(send(&mut mia.clone().with_header("origin", "https://evil.test"), &nonce), 403);
    assert_eq!(mia.post_form(&path, &[("password", PASSWORD)]).status, 400, "without any");
    team.world.pass(Duration::from_hours(13));
    let late = mia.post_form(&path, &[("nonce", &nonce), ("password", PASSWORD)]);
    assert_eq!(late.status, 403);
    assert_eq!(stored(&team), before);
    let again = nonce_in(&late.text());
    assert_eq!(send_ok(&mut mia, &path, &again), 303, "the form that came with the refusal works");
}

fn send_ok(client: &mut Client, path: &str, nonce: &str) -> u16 {
    client.post_form(path, &[("nonce", nonce), ("password", PASSWORD)]).status.as_u16()
}

#[test]
fn a_link_that_leads_nowhere_says_why_and_has_a_way_on() {
    let (team, path, mut mia) = added();
    let nonce = nonce_in(&mia.get(&path).text());
    mia.submit(&path, &path, &[("password", PASSWORD)]).ok();
    let closed = |client: &mut Client, path: &str, status: u16, title: &str, action: &str| {
        for post in [false, true] {
            let mut client = client.clone();
            let answer = if post {
                client.post_form(path, &[("nonce", &nonce), ("password", PASSWORD)])
            } else {
                client.get(path)
            };
            assert_eq!(answer.status, status, "{path}");
            check_page(&answer);
            assert_eq!(text_of(&answer.text(), "title"), title);
            assert_eq!(primary_action(&answer.text()), action);
        }
    };
    let used = "This link was already used – Example Studio";
    closed(&mut mia, &path, 410, used, "Go to your workspaces");
    let mut anybody = browser(&team.world);
    let form = mia.cookie("__Host-usher_form").unwrap().to_owned();
    anybody = anybody.with_cookie("__Host-usher_form", &form);
    closed(&mut anybody, &path, 410, used, "Go to sign in");
    closed(&mut anybody, "/reset/x", 404, "This link does not work – Zebraform", "Go to sign in");
    let invitation = format!("/reset/{}", team.world.mailed_token("olga.owner@studio.test"));
    closed(&mut anybody, &invitation, 404, "This link does not work – Zebraform", "Go to sign in");
}

#[test]
fn a_link_that_is_over_says_so() {
    let (team, path, mut mia) = added();
    team.world.pass(Duration::from_hours(7 * 24));
    let answer = mia.get(&path);
    assert_eq!(answer.status, 410);
    check_page(&answer);
    assert_eq!(text_of(&answer.text(), "h1"), "This link expired");
}

#[test]
fn who_tries_too_often_is_told_to_wait_and_finds_the_way_back() {
    let (team, path, mut mia) = added();
    let nonce = nonce_in(&mia.get(&path).text());
    let limit = (usher::platform::Limit::Network, "password:unknown".to_owned());
    team.world.state().limited.borrow_mut().push(limit);
    let answer = mia.post_form(&path, &[("nonce", &nonce), ("password", PASSWORD)]);
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, Some("60")));
    check_page(&answer);
    assert_eq!(primary_action(&answer.text()), "Try again");
    assert!(answer.text().contains(&format!("href=\"{path}\"")));
}

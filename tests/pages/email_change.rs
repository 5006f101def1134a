//! `/me/security/email` and `/email/{token}`: another address, by form; and `/me/security/two-step/codes`.
//!
//! The rule: looking changes nothing, what was typed stays, and every state says what comes next.

use std::time::Duration;

use crate::reading::seen;
use crate::scene::{browser, browsing, team};
use crate::structure::check_page;
use crate::support::Client;
use crate::support::client::{PASSWORD, Team};
use crate::support::scene::second_factor;

const OLGA: &str = "olga.owner@studio.test";
const NEW: &str = "olga@new.test";
const EMAIL: &str = "/me/security/email";
const CODES: &str = "/me/security/two-step/codes";
const FACTOR: &str = "/me/security/two-step";

fn olga() -> (Team, Client) {
    let team = team();
    let olga = browsing(team.owner.clone());
    (team, olga)
}

/// A change that was begun by form: the paths of the two links.
fn begun() -> (Team, Client, String, String) {
    let (team, mut olga) = olga();
    let answer = olga.submit(EMAIL, EMAIL, &[("email", NEW), ("password", PASSWORD)]);
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some(EMAIL)));
    team.world.deliver();
    let path = |address| format!("/email/{}", team.world.mailed_email_token(address));
    let (old, new) = (path(OLGA), path(NEW));
    (team, olga, old, new)
}

#[test]
fn the_address_is_changed_by_form_and_each_page_says_what_comes_next() {
    let (team, mut olga, old, new) = begun();
    let page = olga.get(EMAIL).ok();
    check_page(&page);
    let text = seen(&page.text());
    for words in ["We have written to both addresses", "On its way: olga@new.test", "not confirmed yet"] {
        assert!(text.contains(words), "{words} in {text}");
    }
    let mut stranger = browser(&team.world);
    let before = team.world.state().database.borrow().dump();
    for (path, words) in [(&old, "Change your address?"), (&new, "Is this your address?")] {
        let page = stranger.get(path).ok();
        check_page(&page);
        let text = seen(&page.text());
        // What is to be decided is told, whatever the two look like when they are masked.
        assert!(text.contains(words) && text.contains(NEW) && !text.contains(OLGA), "{text}");
    }
    assert_eq!(team.world.state().database.borrow().dump(), before, "opening changes nothing");
    let first = stranger.submit(&old, &old, &[("act", "confirm")]).ok();
    check_page(&first);
    assert!(seen(&first.text()).contains("Now open the link in the message to the other address"));
    let again = stranger.get(&old).ok();
    check_page(&again);
    assert!(seen(&again.text()).contains("This address has confirmed it"));
    assert!(seen(&olga.get(EMAIL).text()).contains("The old address: confirmed"));
    let second = stranger.submit(&new, &new, &[("act", "confirm")]).ok();
    check_page(&second);
    assert!(seen(&second.text()).contains("Your address is changed"));
    check_page(&stranger.get(&new).ok());
    let page = seen(&olga.get(EMAIL).ok().text());
    assert!(page.contains("You sign in as olga@new.test") && !page.contains("On its way"), "{page}");
}

#[test]
fn it_is_stopped_from_the_page_and_from_either_link() {
    for way in ["page", "old", "new"] {
        let (team, mut olga, old, new) = begun();
        let mut stranger = browser(&team.world);
        if way == "page" {
            olga.submit(EMAIL, EMAIL, &[("stop", "1")]).ok();
            assert!(seen(&olga.get(EMAIL).text()).contains("The change is stopped"));
        } else {
            let path = if way == "old" { &old } else { &new };
            let page = stranger.submit(path, path, &[("act", "stop")]).ok();
            check_page(&page);
            assert!(seen(&page.text()).contains("The change is stopped"));
        }
        let page = stranger.get(&old);
        check_page(&page);
        assert_eq!(page.status, 410, "{way}");
        assert!(seen(&page.text()).contains("This change is over"));
    }
}

#[test]
fn what_is_refused_comes_back_as_it_was_typed() {
    let (team, mut olga) = olga();
    for (email, password, field) in [
        ("not an address", PASSWORD, "email"),
        ("", PASSWORD, "email"),
        (NEW, "", "password"),
        (NEW, "wrong wrong wrong", "password"),
        (OLGA, PASSWORD, "email"),
    ] {
        let page = olga.submit(EMAIL, EMAIL, &[("email", email), ("password", password)]);
        assert!(page.status == 422 || page.status == 401, "{email}: {}", page.status);
        check_page(&page);
        let text = page.text();
        assert!(text.contains(&format!("value=\"{email}\"")), "{email} in {text}");
        assert!(text.contains(&format!("href=\"#{field}\"")), "{field} in {text}");
        assert!(!text.contains(PASSWORD));
    }
    assert_eq!(team.world.count("SELECT count(*) FROM email_changes"), 0);
}

#[test]
fn a_form_of_another_site_does_nothing_and_a_late_one_comes_back() {
    let (team, _, old, _) = begun();
    let mut stranger = browser(&team.world);
    let nonce = crate::support::client::nonce_in(&stranger.get(&old).text());
    let fields = [("nonce", nonce.as_str()), ("act", "confirm")];
    let mut evil = stranger.clone().with_header("origin", "https://evil.test");
    assert_eq!(evil.post_form(&old, &fields).status, 403);
    team.world.pass(Duration::from_hours(13));
    let late = stranger.post_form(&old, &fields);
    assert_eq!(late.status, 403);
    check_page(&late);
    assert!(late.text().contains("name=\"act\""), "the form again");
    assert_eq!(team.world.count("SELECT count(*) FROM email_changes WHERE old_proved_at IS NOT NULL"), 0);
}

#[test]
fn whose_address_nobody_proved_is_told_what_to_do_first() {
    let mut team = team();
    let member = team.add("mia.member@studio.test", "client", serde_json::json!({})).ok().str("/id");
    let token = team.password_token(&member);
    let mut mia = browser(&team.world);
    mia.set_password(&token).ok();
    let page = mia.get(EMAIL).ok();
    check_page(&page);
    assert!(seen(&page.text()).contains("Nobody has confirmed this address yet"));
    assert!(!page.text().contains("name=\"password\""));
}

#[test]
fn recovery_codes_are_renewed_by_form_and_shown_once() {
    let (team, mut olga) = olga();
    assert_eq!(olga.get(CODES).header("location"), Some(FACTOR));
    let (app, old) = second_factor(&mut team.owner.clone());
    let page = olga.get(CODES).ok();
    check_page(&page);
    let wrong = olga.submit(CODES, CODES, &[("password", PASSWORD), ("code", "000000")]);
    assert_eq!(wrong.status, 422);
    check_page(&wrong);
    let code = app.code(team.world.now());
    let page = olga.submit(CODES, CODES, &[("password", PASSWORD), ("code", &code)]).ok();
    check_page(&page);
    let text = page.text();
    assert!(text.contains("The old ones no longer work") && !text.contains(&old[0]));
    assert_eq!(text.matches("<li><code>").count(), 10);
}

#[test]
fn setting_up_two_step_sign_in_asks_for_the_password_after_a_while() {
    let (team, mut olga) = olga();
    assert!(!olga.get(FACTOR).text().contains("name=\"password\""));
    team.world.pass(Duration::from_mins(5));
    let page = olga.get(FACTOR).ok();
    check_page(&page);
    assert!(page.text().contains("name=\"password\""));
    let refused = olga.submit(FACTOR, FACTOR, &[("password", "")]);
    assert_eq!(refused.status, 403);
    check_page(&refused);
    assert!(refused.text().contains("href=\"#password\""));
    let begun = olga.submit(FACTOR, FACTOR, &[("password", PASSWORD)]);
    assert_eq!(begun.header("location"), Some(FACTOR));
    assert!(olga.get(FACTOR).ok().text().contains("Type the code that the app shows"));
}

#[test]
fn the_mails_of_a_change_tell_the_same_in_both_parts() {
    let (team, ..) = begun();
    for (address, words) in [(OLGA, "whoever asked for this has typed yours"), (NEW, "Confirm this address")]
    {
        let mail = team.world.mailbox().into_iter().rfind(|mail| mail["to"] == address).unwrap();
        let (text, html) = (mail["text"].as_str().unwrap(), mail["html"].as_str().unwrap());
        let told = [crate::reading::plain(text), seen(html)];
        assert!(told.iter().all(|part| part.contains(words)), "{told:?}");
        assert!(text.lines().all(|line| line.chars().count() <= 72 || line.starts_with("http")), "{text}");
    }
}

//! A forgotten password by form: asking, the mail, choosing a new one, and the way back to where one was.
//!
//! The rule: no page tells whether an address has an account; opening changes nothing; an invitation is never lost.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use http::Method;

use crate::reading::{plain, primary_action, seen, text_of};
use crate::scene::{MIA, PRODUCT, Scene, browser, team};
use crate::structure::check_page;
use crate::support::Client;
use crate::support::client::{PASSWORD, Team};
use crate::support::platform::ORIGIN;
use crate::support::scene::second_factor as set_up;

const OLGA: &str = "olga.owner@studio.test";
const NEW: &str = "another sentence entirely";
const FORGOT: &str = "/forgot-password";

/// The page of the link that was mailed to this address.
fn mailed(team: &Team, address: &str) -> String {
    team.world.deliver();
    format!("/reset/{}", team.world.mailed_password_token(address))
}

fn ask(person: &mut Client, page: &str, email: &str) -> crate::support::Answer {
    person.submit(page, FORGOT, &[("email", email)])
}

#[test]
fn whoever_forgot_their_password_chooses_a_new_one_and_is_in() {
    let team = team();
    let mut olga = browser(&team.world);
    let sign_in = olga.get("/sign-in").text();
    assert!(sign_in.contains(&format!("<a href=\"{FORGOT}\">Forgotten your password?</a>")));
    let page = olga.get(FORGOT).ok();
    check_page(&page);
    assert_eq!(primary_action(&page.text()), "Send the link");
    let sent = ask(&mut olga, FORGOT, OLGA);
    assert_eq!(sent.status, 200);
    check_page(&sent);
    assert_eq!(text_of(&sent.text(), "h1"), "Check your e-mail");
    assert!(seen(&sent.text()).contains(&format!("If {OLGA} has an account, a link is on its way there.")));

    let path = mailed(&team, OLGA);
    let page = olga.get(&path);
    assert_eq!(page.status, 200);
    check_page(&page);
    assert_eq!(text_of(&page.text(), "h1"), "Choose a new password");
    assert!(!page.text().contains(OLGA), "masked");
    let done = olga.submit(&path, &path, &[("username", ""), ("password", NEW)]);
    assert_eq!((done.status.as_u16(), done.header("location")), (303, Some("/me")));
    olga.get("/me").ok();
    let used = olga.get(&path);
    check_page(&used);
    assert_eq!(used.status, 410);
    assert_eq!(text_of(&used.text(), "h1"), "This link was already used");
    assert_eq!(primary_action(&used.text()), "Go to sign in");
}

/// V35.
#[test]
fn the_page_is_the_same_for_an_address_that_has_no_account() {
    let team = team();
    let mut anybody = browser(&team.world);
    let page = |person: &mut Client, email: &str| ask(person, FORGOT, email).text().replace(email, "…");
    assert_eq!(page(&mut anybody, OLGA), page(&mut anybody, "nobody@studio.test"));
}

#[test]
fn opening_the_pages_changes_nothing() {
    let team = team();
    let mut bot = browser(&team.world);
    ask(&mut bot, FORGOT, OLGA).ok();
    let path = mailed(&team, OLGA);
    let before = team.world.state().database.borrow().dump();
    for page in [FORGOT, &path, "/sign-in"] {
        bot.get(page).ok();
        bot.send(&Method::HEAD, page, None, Vec::new()).ok();
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

#[test]
fn mistakes_are_told_and_what_was_typed_stays() {
    let team = team();
    let mut olga = browser(&team.world);
    for (email, words) in [("", "Type your e-mail address."), ("no address", "address")] {
        let answer = ask(&mut olga, FORGOT, email);
        assert_eq!(answer.status, 422);
        check_page(&answer);
        assert!(seen(&answer.text()).contains(words) && answer.text().contains("href=\"#email\""));
        assert!(answer.text().contains(&format!("value=\"{email}\"")));
    }
    ask(&mut olga, FORGOT, OLGA).ok();
    let path = mailed(&team, OLGA);
    for (password, words) in [("", "Choose a password."), ("short", "Use at least 12 characters.")] {
        let answer = olga.submit(&path, &path, &[("password", password)]);
        assert_eq!(answer.status, 422);
        check_page(&answer);
        assert!(seen(&answer.text()).contains(words));
    }
    let foreign = olga.post_form(&path, &[("nonce", "made up"), ("password", NEW)]);
    assert_eq!(foreign.status, 403);
    check_page(&foreign);
    assert_eq!(olga.submit(&path, &path, &[("password", NEW)]).status, 303);
    team.world.pass(Duration::from_mins(31));
    let late = olga.get(&path);
    assert_eq!(late.status, 410);
    check_page(&late);
    assert_eq!(text_of(&late.text(), "h1"), "This link expired");
    assert_eq!(primary_action(&late.text()), "Ask for a new link");
}

/// The invitation is where one comes back to, with the new password and without a stop on the way.
#[test]
fn from_an_invitation_one_comes_back_to_it() {
    let mut scene = Scene::invited_with_account().signed_out();
    let page = scene.open().text();
    let start = page.find("<a href=\"/forgot-password?to=").expect("a way") + 9;
    let way = page[start..].split('"').next().unwrap().to_owned();
    let mut mia = scene.visitor.clone();
    let form = mia.get(&way).ok();
    check_page(&form);
    assert!(form.text().contains(&format!("name=\"to\" value=\"{}\"", scene.path)));
    let sent = mia.submit(&way, FORGOT, &[("email", MIA), ("to", &scene.path)]);
    check_page(&sent);
    let path = mailed(&scene.team, MIA);
    let chosen = mia.get(&path).ok();
    // The invitation's brand is on each page of the way.
    for page in [form, sent, chosen] {
        assert!(text_of(&page.text(), "title").ends_with("– Example Studio"), "{}", page.text());
        assert!(page.text().contains("<bdi>Example Studio</bdi>"), "{}", page.text());
    }
    let done = mia.submit(&path, &path, &[("password", NEW)]);
    assert_eq!(done.header("location"), Some(scene.path.as_str()));
    let invitation = mia.get(&scene.path).ok();
    assert_eq!(primary_action(&invitation.text()), "Join Example Studio");
    assert!(mia.cookie("__Host-usher_back").is_none(), "and only this once");
}

/// Nobody is sent to another site, whatever the form or the cookie says.
#[test]
fn no_way_back_leads_off_the_site() {
    for to in ["https://evil.test/", "//evil.test", "/\\evil.test", "/v1/me", "/nowhere"] {
        let team = team();
        let mut olga = browser(&team.world);
        olga.submit(FORGOT, FORGOT, &[("email", OLGA), ("to", to)]).ok();
        assert!(olga.cookie("__Host-usher_back").is_none(), "{to}");
        let path = mailed(&team, OLGA);
        // Nor where the cookie was written by somebody else.
        let forged = Base64UrlUnpadded::encode_string(to.as_bytes());
        olga = olga.with_cookie("__Host-usher_back", &forged);
        let set = olga.submit(&path, &path, &[("password", NEW)]);
        assert_eq!(set.header("location"), Some("/me"), "{to}");
    }
}

/// Whoever has a second factor types it before they come back.
#[test]
fn a_second_factor_comes_between_and_the_way_back_stays() {
    let mut scene = Scene::invited_with_account();
    let mut signed_in = scene.visitor.clone().with_header("accept", "application/json");
    let (app, _) = set_up(&mut signed_in);
    scene = scene.signed_out();
    let mut mia = scene.visitor.clone();
    let joined = mia.submit(&scene.path, &scene.path, &[("password", PASSWORD)]);
    let way = joined.header("location").unwrap().to_owned();
    assert!(way.starts_with("/sign-in/code?to=%2Fi%2F"), "{way}");
    let page = mia.get(&way).ok();
    check_page(&page);
    let code = app.code(scene.team.world.now());
    let fields = [("to", scene.path.as_str()), ("code", &code)];
    let passed = mia.submit(&way, "/sign-in/code", &fields);
    assert_eq!(passed.header("location"), Some(scene.path.as_str()));
    assert_eq!(primary_action(&mia.get(&scene.path).text()), "Join Example Studio");
}

#[test]
fn the_mails_tell_the_same_in_text_and_in_html() {
    let team = team();
    let mut olga = browser(&team.world);
    ask(&mut olga, FORGOT, OLGA).ok();
    let path = mailed(&team, OLGA);
    let mail = team.world.mailbox().pop().unwrap();
    assert_eq!(mail["subject"], format!("Reset your password for {PRODUCT}"));
    assert_eq!(mail["from"], format!("{PRODUCT} <invites@usher.test>"));
    let url = format!("{ORIGIN}{path}");
    let [text, html] = ["text", "html"].map(|part| mail[part].as_str().unwrap());
    for fact in [
        "asked for a new password for the account of olga.owner@studio.test.",
        "21 November 2026, 22:30 UTC",
        "Please do not forward it. The link works once,",
        "If you did not ask for this, do nothing: your password stays as it is.",
    ] {
        for part in [plain(text), seen(html)] {
            assert!(part.contains(fact), "{fact} in {part}");
        }
    }
    assert!(text.lines().any(|line| line == url) && html.contains(&format!("href=\"{url}\"")));
    assert!(text.lines().all(|line| line.chars().count() <= 72 || line.starts_with("http")), "{text}");
    assert!(text.starts_with("Reset your password for Zebraform\n\nSomebody,"), "{text}");

    olga.submit(&path, &path, &[("password", NEW)]).ok();
    team.world.deliver();
    let mail = team.world.mailbox().pop().unwrap();
    assert_eq!(mail["subject"], "Your password was changed");
    let [text, html] = ["text", "html"].map(|part| mail[part].as_str().unwrap());
    for part in [plain(text), seen(html)] {
        assert!(part.contains("for the account of olga.owner@studio.test."), "{part}");
        assert!(part.contains("If this was you, there is nothing to do."), "{part}");
    }
    assert!(text.lines().any(|line| line == format!("{ORIGIN}{FORGOT}")), "{text}");
    assert!(!text.contains("/reset/") && !html.contains("/reset/"));
}

//! `/me/security`: the password, the second factor and the sessions, by form.
//!
//! The rule: everything is a page that works without scripts, a secret is shown once, and looking changes nothing.

use base64ct::{Base64, Encoding};
use std::time::Duration;

use crate::reading::{primary_action, seen, text_of};
use crate::scene::{browser, browsing, team};
use crate::structure::check_page;
use crate::support::Client;
use crate::support::client::{PASSWORD, Team};
use crate::support::platform::World;
use crate::support::scene::second_factor as set_up;
use crate::support::totp::App;

const OLGA: &str = "olga.owner@studio.test";
const NEW: &str = "another sentence entirely";
const HOME: &str = "/me/security";
const FACTOR: &str = "/me/security/two-step";
const OFF: &str = "/me/security/two-step/off";
const CODE: &str = "/sign-in/code";

fn olga() -> (Team, Client) {
    let team = team();
    let olga = browsing(team.owner.clone());
    (team, olga)
}

/// Olga with a second factor: signed in here, and her app.
fn with_factor() -> (Team, Client, App, Vec<String>) {
    let (team, olga) = olga();
    let mut program = team.owner.clone();
    let (app, codes) = set_up(&mut program);
    (team, olga, app, codes)
}

/// A browser where her password was typed and nothing else.
fn waiting(team: &Team) -> Client {
    let mut person = browser(&team.world);
    let answer = person.submit("/sign-in", "/sign-in", &[("email", OLGA), ("password", PASSWORD)]);
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some(CODE)));
    person
}

#[test]
fn the_overview_says_how_one_signs_in_and_where_one_is_signed_in() {
    let (team, mut olga) = olga();
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";
    let mut elsewhere = browser(&team.world).with_header("user-agent", firefox);
    elsewhere.submit("/sign-in", "/sign-in", &[("email", OLGA), ("password", PASSWORD)]).ok();
    let page = olga.get(HOME).ok();
    check_page(&page);
    let text = seen(&page.text());
    for words in ["Signed in", "Firefox on Linux", "This one", "21 November 2026", "Two-step sign-in Off"] {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert!(page.text().contains("<a href=\"/me/security\" aria-current=\"page\">Security</a>"));
    let before = team.world.state().database.borrow().dump();
    for path in [HOME, FACTOR, OFF, "/me/security/password"] {
        olga.get(path).ok();
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);
    let mut nobody = browser(&team.world);
    assert_eq!(nobody.get(HOME).header("location"), Some("/sign-in?to=%2Fme%2Fsecurity"));
}

#[test]
fn a_session_is_signed_out_from_the_list_and_then_all_others() {
    let (team, mut olga) = olga();
    let mut elsewhere = [(); 2].map(|()| {
        team.world.pass(Duration::from_secs(1));
        let mut person = browser(&team.world);
        person.submit("/sign-in", "/sign-in", &[("email", OLGA), ("password", PASSWORD)]).ok();
        person
    });
    let page = olga.get(HOME).text();
    let id = page.split("name=\"session\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let done = olga.submit(HOME, "/me/security/sessions", &[("session", &id)]);
    assert_eq!(done.header("location"), Some(HOME));
    let page = olga.get(HOME);
    check_page(&page);
    assert!(seen(&page.text()).contains("That session is signed out."));
    assert_eq!(elsewhere[1].get("/me").status, 303, "the newest is first");
    elsewhere[0].get("/me").ok();
    assert_eq!(elsewhere[0].get("/me").status, 200);
    olga.submit(HOME, "/me/security/sessions", &[("session", &id)]).ok();
    assert!(seen(&olga.get(HOME).text()).contains("That session was signed out already."));
    olga.submit(HOME, "/me/security/sessions", &[]).ok();
    let page = olga.get(HOME).text();
    assert!(seen(&page).contains("You are signed out everywhere but here."));
    assert!(!page.contains("Sign out everywhere else"), "there is nowhere else");
    assert_eq!(elsewhere[0].get("/me").status, 303);
}

#[test]
fn the_password_is_changed_by_whoever_types_the_old_one() {
    let (team, mut olga) = olga();
    let path = "/me/security/password";
    for (current, new, words) in [
        ("", "", "Type the password that you have."),
        ("", "", "Choose a new password."),
        ("not this one", NEW, "This is not your password."),
        (PASSWORD, "short", "Use at least 12 characters."),
    ] {
        let answer =
            olga.submit(path, path, &[("username", OLGA), ("current_password", current), ("password", new)]);
        assert!(answer.status.is_client_error(), "{}", answer.status);
        check_page(&answer);
        assert!(seen(&answer.text()).contains(words), "{words}");
    }
    let done = olga.submit(path, path, &[("current_password", PASSWORD), ("password", NEW)]);
    assert_eq!(done.header("location"), Some(HOME));
    assert!(seen(&olga.get(HOME).text()).contains("Your password is changed."));
    let mut again = browser(&team.world);
    let answer = again.submit("/sign-in", "/sign-in", &[("email", OLGA), ("password", NEW)]);
    assert_eq!(answer.header("location"), Some("/me"));
}

#[test]
fn two_step_sign_in_is_set_up_with_a_picture_and_the_key_in_letters() {
    let (team, mut olga) = olga();
    let page = olga.get(FACTOR).ok();
    check_page(&page);
    assert!(!page.text().contains("<svg"), "nothing is there before it was begun");
    assert_eq!(primary_action(&page.text()), "Show the key for the app");
    assert_eq!(olga.submit(FACTOR, FACTOR, &[]).header("location"), Some(FACTOR));
    let page = olga.get(FACTOR).ok();
    check_page(&page);
    let text = page.text();
    let letters = text.split("<code class=\"key\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(letters.len(), 39, "{letters}");
    assert!(text.contains("<svg role=\"img\" aria-label=") && text.contains("<path d=\"M4 4h7v1h-7z"));
    let app = App::of(&letters);
    let before = team.world.state().database.borrow().dump();
    let foreign = olga.post_form(FACTOR, &[("nonce", "made up"), ("code", &app.code(team.world.now()))]);
    assert_eq!(foreign.status, 403);
    check_page(&foreign);
    assert_eq!(team.world.state().database.borrow().dump(), before);
    for (code, words) in [("", "Type the code that the app shows."), ("12 34", "This code does not match.")] {
        let answer = olga.submit(FACTOR, FACTOR, &[("code", code)]);
        assert_eq!(answer.status, 422);
        check_page(&answer);
        assert!(seen(&answer.text()).contains(words) && answer.text().contains(&letters), "the same key");
        assert!(!seen(&answer.text()).contains("A recovery code"), "there are none yet");
    }
    let shown = olga.submit(FACTOR, FACTOR, &[("code", &app.code(team.world.now()))]);
    assert_eq!(shown.status, 200);
    check_page(&shown);
    assert_eq!(text_of(&shown.text(), "h1"), "Your recovery codes");
    assert_eq!(shown.text().matches("<li><code>").count(), 10);
    let (_, file) = shown
        .text()
        .split_once("href=\"data:text/plain;charset=utf-8;base64,")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let file = Base64::decode_vec(file.split('"').next().unwrap()).unwrap();
    let file = String::from_utf8(file).unwrap();
    for code in
        shown.text().split("<li><code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned())
    {
        assert!(file.contains(&code), "{file}");
    }
    assert!(seen(&olga.get(HOME).text()).contains("Two-step sign-in On"));
    assert_eq!(
        olga.get(FACTOR).header("location"),
        Some(HOME),
        "nothing is shown twice, and nothing is turned off"
    );
}

#[test]
fn signing_in_asks_for_the_code_and_goes_on_to_where_one_wanted() {
    let (team, _, app, codes) = with_factor();
    let team_page = format!("/o/{}/team", team.owner.clone().get(&team.path("")).ok().str("/slug"));
    let mut person = browser(&team.world);
    let way = person.get(&team_page).header("location").unwrap().to_owned();
    let fields = [("email", OLGA), ("password", PASSWORD), ("to", &*team_page)];
    let answer = person.submit(&way, "/sign-in", &fields);
    let way = answer.header("location").unwrap().to_owned();
    assert_eq!(way, format!("/sign-in/code?to={}", team_page.replace('/', "%2F")));
    let page = person.get(&way).ok();
    check_page(&page);
    assert!(
        page.text().contains("autocomplete=\"one-time-code\"")
            && page.text().contains("inputmode=\"numeric\"")
    );
    for (code, words) in [("", "Type the code."), ("000", "This code does not match.")] {
        let answer = person.submit(&way, CODE, &[("to", &*team_page), ("code", code)]);
        assert_eq!(answer.status, 422);
        check_page(&answer);
        assert!(seen(&answer.text()).contains(words));
        assert!(answer.text().contains(&format!("name=\"to\" value=\"{team_page}\"")), "the way stays");
    }
    let code = app.code(team.world.now());
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let passed = person.submit(&way, CODE, &[("to", &*team_page), ("code", &spaced)]);
    assert_eq!(passed.header("location"), Some(&*team_page));
    person.get(&team_page).ok();

    let mut lost = waiting(&team);
    let page = lost.get(CODE).text();
    assert!(page.contains("<a href=\"/sign-in/code?recovery=1\">Use a recovery code</a>"));
    let other = "/sign-in/code?recovery=1";
    check_page(&lost.get(other));
    let wrong = lost.submit(other, CODE, &[("recovery", "1"), ("code", "aaaa-bbbb-cccc-dddd")]);
    assert_eq!(
        (wrong.status.as_u16(), text_of(&wrong.text(), "h1")),
        (422, "Type a recovery code".to_owned())
    );
    let text = seen(&wrong.text());
    assert!(text.contains("This recovery code does not match, or was used before"), "{text}");
    assert!(!text.contains("that your app shows"), "the app is what they don't have: {text}");
    let passed = lost.submit(other, CODE, &[("recovery", "1"), ("code", &codes[0])]);
    assert_eq!(passed.header("location"), Some("/me"));
}

/// Who runs out of them and loses the phone is locked out, so the page says it in time.
#[test]
fn how_many_recovery_codes_are_left_is_told() {
    let (team, mut olga, _, codes) = with_factor();
    assert!(seen(&olga.get(HOME).text()).contains("Recovery codes left: 10 of 10."));
    for code in &codes[..7] {
        let mut lost = waiting(&team);
        let recovery = [("recovery", "1"), ("code", code.as_str())];
        assert_eq!(lost.submit("/sign-in/code?recovery=1", CODE, &recovery).status, 303);
        team.world.pass(Duration::from_mins(1));
    }
    let page = olga.get(HOME);
    check_page(&page);
    let text = seen(&page.text());
    assert!(text.contains("Recovery codes left: 3 of 10. Make new ones while you can."), "{text}");
}

/// Who has neither needs somebody who can help, and the way there.
#[test]
fn who_lost_the_app_and_the_codes_is_told_who_helps() {
    let world =
        World::with_settings(&[("PRODUCT_NAME", "Zebraform"), ("SUPPORT_CONTACT", "help@zebraform.test")]);
    let team = Team::in_world(world);
    set_up(&mut team.owner.clone());
    let page = waiting(&team).get(CODE);
    check_page(&page);
    let text = seen(&page.text());
    assert!(text.contains("Whoever runs Zebraform can turn the second step off"), "{text}");
    assert!(
        page.text().contains("<a href=\"mailto:help@zebraform.test\">Ask for help</a>"),
        "{}",
        page.text()
    );
}

#[test]
fn a_code_that_comes_too_late_leads_back_to_the_sign_in() {
    let (team, _, app, _) = with_factor();
    let mut person = waiting(&team);
    team.world.pass(Duration::from_mins(10));
    let late = person.submit(CODE, CODE, &[("code", &app.code(team.world.now()))]);
    assert_eq!(late.header("location"), Some("/sign-in"));
    let page = person.get("/sign-in");
    check_page(&page);
    assert!(seen(&page.text()).contains("The code came too late. Sign in again, then type a new one."));
    let mut nobody = browser(&team.world);
    assert_eq!(nobody.get(CODE).header("location"), Some("/sign-in"));
}

#[test]
fn two_step_sign_in_is_turned_off_with_a_code() {
    let (team, mut olga, _, codes) = with_factor();
    let page = olga.get(OFF).ok();
    check_page(&page);
    assert_eq!(text_of(&page.text(), "h1"), "Turn off two-step sign-in?");
    for (code, words) in
        [("", "Type a code of your app, or a recovery code."), (PASSWORD, "This code does not match.")]
    {
        let answer = olga.submit(OFF, OFF, &[("code", code)]);
        assert!(answer.status.is_client_error());
        check_page(&answer);
        assert!(seen(&answer.text()).contains(words));
    }
    let done = olga.submit(OFF, OFF, &[("code", &codes[1])]);
    assert_eq!(done.header("location"), Some(HOME));
    let text = seen(&olga.get(HOME).text());
    assert!(text.contains("Two-step sign-in is off.") && text.contains("Two-step sign-in Off"), "{text}");
    let mut again = browser(&team.world);
    let answer = again.submit("/sign-in", "/sign-in", &[("email", OLGA), ("password", PASSWORD)]);
    assert_eq!(answer.header("location"), Some("/me"));
}

#[test]
fn a_form_that_is_not_ours_changes_nothing() {
    let (team, mut olga, app, _) = with_factor();
    let before = team.world.state().database.borrow().dump();
    let code = app.code(team.world.now());
    for (path, field, value) in [
        ("/me/security/password", "password", NEW),
        (OFF, "code", &code),
        ("/me/security/sessions", "session", ""),
        (CODE, "code", &code),
    ] {
        let answer = olga.post_form(path, &[("nonce", "made up"), (field, value)]);
        assert_eq!(answer.status, 403, "{path}");
        let mut elsewhere = olga.clone().with_header("origin", "https://evil.test");
        let answer = elsewhere.post_form(path, &[("nonce", "made up"), (field, value)]);
        assert_eq!(answer.status, 403, "{path}");
        check_page(&answer);
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

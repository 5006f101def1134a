//! The ways that lead away from an invitation before it is accepted, and the one that follows on it.
//!
//! The rule: whoever signs in, forgot their password, types a second factor or has the wrong account open comes back to the
//! invitation, and nothing of it is lost (S1-12). The forgotten password is in `forgotten.rs`.

use std::time::Duration;

use serde_json::json;

use crate::reading::{primary_action, seen, text_of};
use crate::scene::{MIA, Scene, browser, browsing, page_of};
use crate::structure::check_page;
use crate::support::Client;
use crate::support::client::{PASSWORD, nonce_in};
use crate::support::scene::{notified, second_factor, somebody};
use crate::support::totp::App;

const ALEX: &str = "alex@other.test";
const FACTOR: &str = "/me/security/two-step";

/// Alex, with an account of his own, at the page of Mia's invitation.
fn alex_at_mias() -> Scene {
    let mut scene = Scene::invited();
    scene.visitor = browsing(somebody(&scene.team.world, ALEX));
    scene
}

fn ask(scene: &mut Scene) -> String {
    let nonce = nonce_in(&scene.open().text());
    let path = scene.path.clone();
    let asked = scene.visitor.post_form(&format!("{path}/ask"), &[("nonce", &nonce), ("own", "1")]);
    assert_eq!((asked.status.as_u16(), asked.header("location")), (303, Some(path.as_str())));
    let page = scene.open();
    check_page(&page);
    assert_eq!(text_of(&page.text(), "h1"), "This invitation is for another address", "the same page");
    seen(&page.text())
}

fn told(scene: &mut Scene) -> Vec<String> {
    let owner = scene.team.member("olga.owner@studio.test");
    notified(&scene.team, &owner)
}

#[test]
fn whoever_has_another_account_open_asks_for_an_invitation_of_their_own_once_a_day() {
    let mut scene = alex_at_mias();
    let page = scene.open().text();
    assert!(seen(&page).contains("Ask for an invitation to alex@other.test"), "{}", seen(&page));
    let before = scene.team.world.count("SELECT count(*) FROM invitations");
    assert!(
        ask(&mut scene).contains("Your request was passed on, with the address that you are signed in as.")
    );
    assert!(!seen(&scene.open().text()).contains("passed on"), "said once");
    assert_eq!(told(&mut scene), ["invitation.asked"]);
    assert!(ask(&mut scene).contains("Nobody was told again"));
    assert_eq!(told(&mut scene), ["invitation.asked"], "once a day");
    scene.team.world.pass(Duration::from_hours(24));
    assert!(ask(&mut scene).contains("Your request was passed on"));
    assert_eq!(told(&mut scene).len(), 2, "and again the next day");
    assert_eq!(scene.team.world.count("SELECT count(*) FROM invitations"), before, "it grants nothing");

    let notifications = browsing(scene.team.owner.clone()).get("/me/notifications");
    check_page(&notifications);
    let words = "alex@other.test opened the invitation of mia.member@studio.test to Example Studio, and asks for one of \
                 their own.";
    assert!(seen(&notifications.text()).contains(words), "{}", seen(&notifications.text()));
    let offer = page_of(&mut scene.team, &format!("/invitations/{}", scene.invitation));
    assert!(notifications.text().contains(&format!("href=\"{offer}\"")));

    scene.team.world.deliver();
    let mail =
        scene.team.world.mailbox().into_iter().rfind(|mail| mail["to"] == "olga.owner@studio.test").unwrap();
    assert_eq!(mail["subject"], "alex@other.test asks for an invitation");
    let words = "alex@other.test opened the invitation to Example Studio that is for mia.member@studio.test";
    let text = mail["text"].as_str().unwrap().replace('\n', " ");
    assert!(text.contains(words), "{text}");
}

/// What somebody else asked for by the same link keeps nobody from hearing whoever was invited.
#[test]
fn whoever_was_invited_is_heard_though_somebody_else_asked_before() {
    let mut scene = alex_at_mias();
    ask(&mut scene);
    scene.visitor = browser(&scene.team.world);
    let path = scene.path.clone();
    for (day, times) in [(0, 2), (0, 2), (1, 3)] {
        scene.team.world.pass(Duration::from_hours(24 * day));
        let nonce = nonce_in(&scene.visitor.get(&format!("{path}/decline")).text());
        let asked = scene.visitor.post_form(&format!("{path}/ask"), &[("nonce", &nonce)]);
        assert_eq!(text_of(&asked.text(), "h1"), "Your request was passed on");
        assert!(seen(&asked.text()).contains("once a day however often you ask"));
        assert_eq!(told(&mut scene).len(), times);
    }
}

/// An address that nobody proved is nobody's to ask for; nor does the invited person ask so, or somebody signed out.
#[test]
fn nobody_asks_with_an_address_that_is_not_shown_to_be_theirs() {
    let mut scene =
        alex_at_mias().with(&format!("UPDATE users SET email_verified_at = NULL WHERE email = '{ALEX}'"));
    let page = scene.open().text();
    assert!(!page.contains("/ask\""), "{page}");
    let fields = |page: &str| [("nonce", nonce_in(page)), ("own", "1".to_owned())];
    let path = format!("{}/ask", scene.path);
    let post = |visitor: &mut Client, page: &str| {
        let fields = fields(page);
        visitor.post_form(&path, &fields.each_ref().map(|(name, value)| (*name, value.as_str()))).ok();
    };
    post(&mut scene.visitor, &page);
    assert_eq!(told(&mut scene), Vec::<String>::new());

    let mut own = Scene::invited_with_account();
    let page = own.open().text();
    let path = format!("{}/ask", own.path);
    own.visitor.post_form(&path, &[("nonce", &nonce_in(&page)), ("own", "1")]).ok();
    assert_eq!(told(&mut own), Vec::<String>::new(), "it is theirs already");
}

#[test]
fn an_invitation_that_is_over_takes_no_such_wish_and_another_sites_form_none() {
    let mut scene = alex_at_mias();
    let nonce = nonce_in(&scene.open().text());
    let path = format!("{}/ask", scene.path);
    let mut elsewhere = scene.visitor.clone().with_header("origin", "https://evil.test");
    assert_eq!(elsewhere.post_form(&path, &[("nonce", &nonce), ("own", "1")]).status, 403);
    scene.team.owner.post(&format!("/v1/invitations/{}/revoke", scene.invitation), &json!({})).ok();
    scene.visitor.post_form(&path, &[("nonce", &nonce), ("own", "1")]).ok();
    assert_eq!(told(&mut scene), Vec::<String>::new());
}

/// Whoever has an account with another address signs in to it, and is told there whom the invitation is for.
#[test]
fn signing_in_with_another_address_comes_back_to_the_invitation() {
    let mut scene = Scene::invited();
    scene.team.joined("adam.admin@studio.test", "admin");
    let page = scene.open().text();
    let way = page.split("<a href=\"/sign-in?to=").nth(1).expect("a way").split('"').next().unwrap();
    let way = format!("/sign-in?to={way}");
    let path = scene.path.clone();
    let fields = [("to", path.as_str()), ("email", "adam.admin@studio.test"), ("password", PASSWORD)];
    let signed_in = scene.visitor.submit(&way, "/sign-in", &fields);
    assert_eq!(signed_in.header("location"), Some(path.as_str()));
    assert_eq!(text_of(&scene.open().text(), "h1"), "This invitation is for another address");
    let token = path[3..].to_owned();
    let out = scene.visitor.submit(&path, "/sign-out", &[("invitation", &token)]);
    assert_eq!(out.header("location"), Some(path.as_str()));
    assert_eq!(primary_action(&scene.open().text()), "Create account and join");
    let joined = scene.visitor.submit(&path, &path, &[("name", "Mia Member"), ("password", PASSWORD)]);
    joined.led_into();
}

/// Whoever signs in here with a second factor types its code, or a recovery code, and is back at the invitation.
#[test]
fn the_second_factor_comes_between_and_leads_back() {
    for recovery in [false, true] {
        let mut scene = Scene::invited_with_account();
        let mut mia = scene.visitor.clone().with_header("accept", "application/json");
        let (app, codes) = second_factor(&mut mia);
        scene.visitor = browser(&scene.team.world);
        let path = scene.path.clone();
        let way = scene.visitor.submit(&path, &path, &[("password", PASSWORD)]);
        let way = way.header("location").unwrap().to_owned();
        assert_eq!(
            primary_action(&scene.open().text()),
            "Sign in and join",
            "the password alone is not enough"
        );
        let page = scene.visitor.get(&way);
        check_page(&page);
        let other = page
            .text()
            .split("<a href=\"/sign-in/code")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        assert!(other.contains("to=%2Fi%2F"), "{other}");
        let code = if recovery { codes[0].clone() } else { app.code(scene.team.world.now()) };
        // A mistake first: where one goes on is kept.
        let wrong = app.wrong_code(scene.team.world.now());
        let again = scene.visitor.submit(&way, "/sign-in/code", &[("to", &path), ("code", &wrong)]);
        assert!(again.text().contains(&format!("name=\"to\" value=\"{path}\"")));
        let passed = scene.visitor.submit(&way, "/sign-in/code", &[("to", &path), ("code", &code)]);
        assert_eq!(passed.header("location"), Some(path.as_str()));
        scene.visitor.submit(&path, &path, &[]).led_into();
    }
}

/// S2-06: whoever is asked for a second factor joins, is led to set it up, and comes into the workspace from there.
#[test]
fn joining_where_a_second_factor_is_asked_for_leads_on_to_setting_it_up() {
    let mut scene = Scene::invited();
    let body = json!({"access": {"require_mfa": true}});
    scene.team.owner.patch(&format!("/v1/invitations/{}", scene.invitation), &body).ok();
    let path = scene.path.clone();
    assert!(seen(&scene.open().text()).contains("With a second step"), "said before");
    let joined = scene.visitor.submit(&path, &path, &[("name", "Mia Member"), ("password", PASSWORD)]);
    assert_eq!((joined.status.as_u16(), joined.header("location")), (303, Some(path.as_str())));
    let page = scene.open();
    check_page(&page);
    assert!(seen(&page.text()).contains("Step 2 of 2"), "{}", seen(&page.text()));
    assert!(seen(&page.text()).contains("You have joined Example Studio. It requires two-step sign-in"));
    let workspace = format!("/w/{}", scene.team.workspace());

    // Not now: they are in, may do nothing there, and are told the way on.
    assert!(page.text().contains(&format!("<a class=\"button quiet\" href=\"{workspace}\">Not now")));
    let later = scene.visitor.get(&workspace);
    check_page(&later);
    assert_eq!(text_of(&later.text(), "h1"), "Add a second step to sign in");
    let way = format!("{FACTOR}?to={}", workspace.replace('/', "%2F"));
    assert!(later.text().contains(&format!("href=\"{way}\"")), "{}", later.text());
    assert!(page.text().contains(&format!("href=\"{way}\"")), "{}", page.text());

    // Now.
    let first = scene.visitor.get(&way);
    check_page(&first);
    let begun = scene.visitor.submit(&way, FACTOR, &[("to", &workspace)]);
    assert_eq!(begun.header("location"), Some(way.as_str()));
    let with_key = scene.visitor.get(&way);
    check_page(&with_key);
    let secret =
        with_key.text().split("class=\"key\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let app = App::of(&secret);
    let wrong = app.wrong_code(scene.team.world.now());
    let again = scene.visitor.submit(&way, FACTOR, &[("to", &workspace), ("code", &wrong)]);
    check_page(&again);
    assert!(again.text().contains(&format!("name=\"to\" value=\"{workspace}\"")));
    let code = app.code(scene.team.world.now());
    let done = scene.visitor.submit(&way, FACTOR, &[("to", &workspace), ("code", &code)]);
    check_page(&done);
    assert_eq!(text_of(&done.text(), "h1"), "Your recovery codes");
    assert!(done.text().contains(&format!("<a class=\"button\" href=\"{workspace}\">")), "{}", done.text());
    assert!(!seen(&scene.visitor.get(&workspace).text()).contains("Add a second step"), "they are in");
    let inside = page_of(&mut scene.team, "/workspaces");
    assert_eq!(scene.open().header("location"), Some(&*inside), "and the link has nothing more to say");
    assert_eq!(scene.visitor.get(&way).header("location"), Some(workspace.as_str()));
}

#[test]
fn whoever_has_a_second_factor_already_joins_in_one_step() {
    let mut scene = Scene::invited_with_account();
    let mut mia = scene.visitor.clone().with_header("accept", "application/json");
    second_factor(&mut mia);
    let body = json!({"access": {"require_mfa": true}});
    scene.team.owner.patch(&format!("/v1/invitations/{}", scene.invitation), &body).ok();
    let path = scene.path.clone();
    scene.visitor.submit(&path, &path, &[]).led_into();
    let inside = page_of(&mut scene.team, "/workspaces");
    assert_eq!(scene.open().header("location"), Some(&*inside));
}

/// What the page is led by, a program reads: `next` of `accept`, and of `preview` from then on.
#[test]
fn a_program_reads_that_a_second_factor_comes_next() {
    let scene = Scene::joined_without_factor();
    let mut mia = scene.visitor.clone().with_header("accept", "application/json");
    let token = json!({"token": scene.path[3..]});
    assert_eq!(mia.post("/v1/invitations/preview", &token).ok().str("/next"), "enrol_mfa");
    assert_eq!(
        mia.post("/v1/invitations/accept", &token).ok().str("/next"),
        "enrol_mfa",
        "accepting again too"
    );
    second_factor(&mut mia);
    for what in ["preview", "accept"] {
        assert_eq!(mia.post(&format!("/v1/invitations/{what}"), &token).ok().str("/next"), "none", "{what}");
    }
    assert_eq!(mia.get("/v1/me").ok().str("/user/email"), MIA);
}

/// The page to set a second factor up leads to no other site.
#[test]
fn setting_a_second_factor_up_leads_nowhere_else() {
    let mut scene = Scene::joined_without_factor();
    for to in ["https://evil.test/", "//evil.test", "/\\evil.test", "/v1/me"] {
        let way = format!("{FACTOR}?{}", serde_urlencoded::to_string([("to", to)]).unwrap());
        let page = scene.visitor.get(&way).text();
        assert!(!page.contains("href=\"https://evil") && !page.contains("href=\"//evil"), "{to}");
        assert!(page.contains("href=\"/me/security\">Not now"), "{to}: {page}");
    }
}

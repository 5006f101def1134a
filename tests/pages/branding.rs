//! Branding: what an organization is called to those it invites, its colour, its message, its logo (S0-06 to S0-09, S0-24).
//!
//! The rule: no colour is refused; what is looked at is not saved; whatever is sent as a form, nothing breaks by it.

use proptest::prelude::*;

use crate::reading::{seen, tags, text_of};
use crate::scene::{BOUNDARY, Scene, browsing, multipart, page_of, upload};
use crate::structure::check_page;
use crate::support::client::{Client, Team, nonce_in};

const JPEG: &[u8] = b"\xff\xd8\xff\xe0 a picture \r\n--not the end\r\n of it";

fn open() -> (Team, Client, String) {
    let mut team = Team::of("client-links");
    let path = page_of(&mut team, "/settings/branding");
    let owner = browsing(team.owner.clone());
    (team, owner, path)
}

fn typed<'a>(name: &'a str, accent: &'a str, message: &'a str, act: &'a str) -> [(&'a str, &'a str); 4] {
    [("branding/name", name), ("branding/accent", accent), ("branding/message", message), ("do", act)]
}

#[test]
fn a_brand_is_saved_and_taken_back() {
    let (mut team, mut owner, path) = open();
    check_page(&owner.get(&path));
    let saved = owner.submit(&path, &path, &typed("Studio for Clients", "#16A34A", "Welcome!", "save"));
    assert_eq!((saved.status.as_u16(), saved.header("location")), (303, Some(path.as_str())));
    let page = owner.get(&path);
    check_page(&page);
    let text = seen(&page.text());
    for told in [
        "The branding is saved.",
        "We darkened #16a34a to #00893a on buttons so that white text is readable.",
        "Join Studio for Clients",
        "Welcome!",
    ] {
        assert!(text.contains(told), "{told} in {text}");
    }
    let branding = team.owner.get(&team.path("")).ok().json()["branding"].clone();
    assert_eq!(branding["accent"], "#16a34a");
    owner.submit(&path, &path, &typed("", "", "", "save")).ok();
    let branding = team.owner.get(&team.path("")).ok().json()["branding"].clone();
    assert_eq!(branding, serde_json::json!({"name": null, "accent": null, "message": null}));
}

/// S0-06, S0-24: what is saved here is what an invited person sees.
#[test]
fn the_invitations_page_wears_the_brand() {
    let mut scene = Scene::invited();
    let path = page_of(&mut scene.team, "/settings/branding");
    let mut owner = browsing(scene.team.owner.clone());
    owner.submit(&path, &path, &typed("Brand & Sons", "16a34a", "From all of us", "save")).ok();
    let page = scene.open();
    check_page(&page);
    assert!(text_of(&page.text(), "title").contains("Brand & Sons"), "{}", text_of(&page.text(), "title"));
    assert!(page.text().contains("/16a34a.css"), "a colour without its sign is one too");
    assert!(seen(&page.text()).contains("From all of us"));
}

#[test]
fn a_preview_shows_what_is_typed_and_saves_nothing() {
    let (team, mut owner, path) = open();
    let before = team.world.state().database.borrow().dump();
    let page = owner.submit(&path, &path, &typed("Brand <b>", "#ffe600", "Hi\nthere", "preview"));
    check_page(&page);
    assert_eq!(page.status, 200);
    let text = seen(&page.text());
    for told in
        ["Not saved yet.", "Join Brand <b>", "Readable. Black text on your colour: 16.5 to 1.", "Hi there"]
    {
        assert!(text.contains(told), "{told} in {text}");
    }
    assert_eq!(text.matches("Join Brand <b>").count(), 2, "in the light and in the dark");
    let named = |name: &str| tags(&page.text()).into_iter().find(|tag| tag.get("name") == name).unwrap();
    assert_eq!(named("branding/accent").get("value"), "#ffe600");
    assert!(page.text().contains("/ffe600.css\""), "the page wears it");
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

/// The e-mail as it is previewed is the one that is sent.
#[test]
fn a_preview_shows_the_mail_as_it_comes() {
    let (mut team, mut owner, path) = open();
    owner.submit(&path, &path, &typed("Brand & Sons", "#ffe600", "From all of us", "save")).ok();
    let preview = seen(&owner.get(&path).text());
    team.invited("carl@client.test", "client");
    team.world.deliver();
    let mail = team.world.mailbox().pop().unwrap();
    let from = mail["from"].as_str().unwrap();
    let name = from.split('<').next().unwrap().trim().trim_matches('"');
    for shown in [&format!("From: {name}"), mail["subject"].as_str().unwrap()] {
        assert_eq!(preview.matches(shown).count(), 2, "{shown}: {preview}");
    }
    let html = seen(mail["html"].as_str().unwrap());
    for both in ["Message from Brand & Sons", "From all of us", "View invitation"] {
        assert!(html.contains(both) && preview.contains(both), "{both}: {html}");
    }
}

#[test]
fn what_is_no_colour_is_told_and_stays_in_the_form() {
    let (team, mut owner, path) = open();
    let before = team.world.state().database.borrow().dump();
    for act in ["preview", "save"] {
        let page = owner.submit(&path, &path, &typed("Studio", "reddish", "Hello", act));
        check_page(&page);
        assert_eq!(page.status, 422);
        assert!(page.text().contains("<a href=\"#branding/accent\">Write a colour such as #0a7cff.</a>"));
        assert!(page.text().contains("value=\"reddish\"") && page.text().contains("Hello"));
    }
    let long = "m".repeat(5000);
    let page = owner.submit(&path, &path, &typed("Studio", "#16a34a", &long, "save"));
    check_page(&page);
    assert!(page.text().contains("id=\"branding/message-wrong\"") && page.text().contains(&long));
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

#[test]
fn a_logo_is_set_from_a_file_and_removed_after_a_question() {
    let (mut team, mut owner, path) = open();
    let words = typed("Studio", "#16a34a", "Hello", "save");
    let done = upload(&mut owner, &path, &words, Some(("logo", "logo.jpg", JPEG)));
    assert_eq!(
        (done.status.as_u16(), done.header("location")),
        (303, Some(path.as_str())),
        "{}",
        done.text()
    );
    let page = owner.get(&path);
    check_page(&page);
    assert!(seen(&page.text()).contains("The branding is saved."));
    assert!(page.text().contains("value=\"Studio\"") && page.text().contains("Hello"), "{}", page.text());
    let shown: Vec<_> = tags(&page.text()).into_iter().filter(|tag| tag.get("class") == "logo").collect();
    let src = shown[0].get("src").to_owned();
    assert_eq!(team.world.client().get(&src).ok().body, JPEG, "not a byte of it changed");

    let ask = format!("{path}?remove=logo");
    let question = owner.get(&ask);
    check_page(&question);
    assert_eq!(text_of(&question.text(), "h1"), "Remove the logo?");
    assert_eq!(team.world.count("SELECT count(*) FROM organizations WHERE logo_hash IS NOT NULL"), 1);
    owner.submit(&ask, &path, &[("do", "remove_logo")]).ok();
    assert_eq!(team.world.count("SELECT count(*) FROM organizations WHERE logo_hash IS NOT NULL"), 0);
    let page = owner.get(&ask);
    assert_eq!(text_of(&page.text(), "h1"), "Branding", "there is nothing to ask about");
    team.owner.get(&team.path("")).ok();
}

/// Nothing of it is saved, and nothing typed beside it is lost.
#[test]
fn what_is_no_logo_is_told_at_its_field() {
    let (team, mut owner, path) = open();
    let large = [JPEG, &vec![0; 1024 * 1024]].concat();
    let svg = &b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..];
    let before = team.world.state().database.borrow().dump();
    for (file, status, told) in [
        (("logo", "logo.png", svg), 415, "This is no PNG, JPEG or WebP."),
        (("logo", "logo.jpg", &*large), 413, "Use one of at most 1 MiB."),
    ] {
        let page = upload(&mut owner, &path, &typed("Studio", "#16a34a", "Hello", "save"), Some(file));
        check_page(&page);
        assert_eq!(page.status.as_u16(), status, "{told}");
        assert!(page.text().contains("<a href=\"#logo\">") && seen(&page.text()).contains(told), "{told}");
        assert!(page.text().contains("value=\"Studio\"") && page.text().contains("Hello"));
    }
    let words = typed("Studio", "reddish", "Hello", "save");
    let page = upload(&mut owner, &path, &words, Some(("logo", "logo.jpg", JPEG)));
    assert_eq!(page.status, 422);
    assert!(seen(&page.text()).contains("Choose the picture again"), "{}", seen(&page.text()));
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a program sends as a form with a file, it is answered, and only a whole form with its nonce does anything.
    #[test]
    fn a_form_that_is_cut_or_spoiled_does_no_harm(
        cut in any::<prop::sample::Index>(),
        spoilt in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        boundary in prop_oneof![Just(BOUNDARY.to_owned()), "[ -~]{0,80}"],
    ) {
        let (team, mut owner, path) = open();
        let nonce = nonce_in(&owner.get(&path).text());
        let words = [("nonce", &*nonce), ("do", "save"), ("branding/name", "Studio")];
        let mut body = multipart(&words, Some(("logo", "l.jpg", JPEG)));
        for (place, byte) in spoilt {
            let place = place.index(body.len());
            body[place] = byte;
        }
        body.truncate(cut.index(body.len()) + 1);
        let content_type = format!("multipart/form-data; boundary={boundary}");
        let answer = owner.send(&http::Method::POST, &path, Some(&content_type), body);
        prop_assert!([303, 400, 403, 413, 415, 422].contains(&answer.status.as_u16()), "{}", answer.status);
        let logos = team.world.count("SELECT count(*) FROM organizations WHERE logo_hash IS NOT NULL");
        prop_assert!(logos == 0 || answer.status.as_u16() == 303);
    }
}

/// What was saved last can be taken back, and that too.
#[test]
fn the_version_before_is_put_back_whole_and_forth_again() {
    let (mut team, mut owner, path) = open();
    assert!(!owner.get(&path).text().contains("value=\"undo\""), "there is none yet");
    let nothing = owner.submit(&path, &path, &[("do", "undo")]);
    assert_eq!(nothing.status, 400);
    owner.submit(&path, &path, &typed("First", "#16a34a", "Hello", "save"));
    // A part of it, by a program.
    team.owner.patch(&team.path(""), &serde_json::json!({"branding": {"accent": "#123456"}})).ok();
    // What changes nothing of it leaves what was before.
    owner.submit(&path, &path, &typed("First", "#123456", "Hello", "save"));
    team.owner.patch(&team.path(""), &serde_json::json!({"name": "Another Studio"})).ok();
    let mut branding = || team.owner.get(&team.path("")).ok().json()["branding"].clone();
    let (first, second) = (
        serde_json::json!({"name": "First", "accent": "#16a34a", "message": "Hello"}),
        serde_json::json!({"name": "First", "accent": "#123456", "message": "Hello"}),
    );
    for expected in [first, second] {
        let page = owner.get(&path);
        check_page(&page);
        assert!(seen(&page.text()).contains("Go back to the version before"));
        // What stands in the form meanwhile is not what is put back.
        let undone = owner.submit(&path, &path, &typed("Typed", "#ffffff", "", "undo"));
        assert_eq!(undone.status, 303);
        assert!(seen(&owner.get(&path).text()).contains("The branding is as it was before."));
        assert_eq!(branding(), expected);
    }
    let log = team.owner.get(&team.path("/audit?action=organization.updated")).ok().json();
    assert!(log["data"].as_array().unwrap().len() >= 4, "each is in the log: {log}");
}

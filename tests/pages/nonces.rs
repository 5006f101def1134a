//! Whose form it is: a nonce that this browser was given not long ago, and our own origin.
//!
//! The rule: without both nothing is written, whichever form it is.

use std::time::Duration;

use crate::scene::{Scene, browser};
use crate::structure::check_page;
use crate::support::Client;
use crate::support::client::{PASSWORD, nonce_in};

/// CSRF: a nonce of this browser's, and our own origin.
#[test]
fn a_form_that_was_not_shown_to_this_browser_or_comes_from_elsewhere_is_refused() {
    let mut scene = Scene::invited();
    let path = scene.path.clone();
    let mut other = browser(&scene.team.world);
    let foreign = nonce_in(&other.get(&path).text());
    let ours = nonce_in(&scene.open().text());
    let before = scene.stored();
    for action in [path.clone(), format!("{path}/decline"), "/sign-in".to_owned(), "/sign-out".to_owned()] {
        let fields: Vec<(&str, &str)> = match action.as_str() {
            "/sign-in" => vec![("email", "olga.owner@studio.test"), ("password", PASSWORD)],
            "/sign-out" => vec![],
            action if action.ends_with("decline") => vec![],
            _ => vec![("name", "Mia Member"), ("password", PASSWORD)],
        };
        let with = |nonce: &str| [vec![("nonce", nonce.to_owned())], owned(&fields)].concat();
        let send = |client: &mut Client, fields: Vec<(&str, String)>| {
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = client.post_form(&action, &fields);
            check_page(&answer);
            answer.status.as_u16()
        };
        let mut visitor = scene.visitor.clone();
        assert_eq!(send(&mut visitor, owned(&fields)), 400, "{action} without a nonce");
        assert_eq!(send(&mut visitor, with("")), 403, "{action} with an empty nonce");
        assert_eq!(send(&mut visitor, with(&foreign)), 403, "{action} with another browser's nonce");
        assert_eq!(send(&mut browser(&scene.team.world), with(&ours)), 403, "{action} without the cookie");
        for origin in ["https://evil.test", "null", "http://localhost:8788", ""] {
            let mut elsewhere = visitor.clone().with_header("origin", origin);
            assert_eq!(send(&mut elsewhere, with(&ours)), 403, "{action} from {origin:?}");
            let mut told = elsewhere.with_header("sec-fetch-site", "cross-site");
            assert_eq!(send(&mut told, with(&ours)), 403, "{action} from {origin:?}, cross-site");
        }
    }
    assert_eq!(scene.stored(), before, "none of them wrote anything");

    let mut quiet =
        scene.visitor.clone().with_header("origin", "null").with_header("sec-fetch-site", "same-origin");
    let joined = quiet.post_form(&path, &[("nonce", &ours), ("name", "Mia Member"), ("password", PASSWORD)]);
    assert_eq!(
        joined.status, 303,
        "our own pages send no origin, since they have no referrer: the browser vouches"
    );
}

fn owned<'a>(fields: &[(&'a str, &str)]) -> Vec<(&'a str, String)> {
    fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

#[test]
fn a_page_that_was_open_too_long_gives_the_form_again_with_what_was_typed() {
    let mut scene = Scene::invited();
    let path = scene.path.clone();
    let nonce = nonce_in(&scene.open().text());
    scene.team.world.pass(Duration::from_hours(13));
    let late =
        scene.visitor.post_form(&path, &[("nonce", &nonce), ("name", "Mia M"), ("password", PASSWORD)]);
    assert_eq!(late.status, 403);
    check_page(&late);
    assert!(late.text().contains("value=\"Mia M\""));
    let again = nonce_in(&late.text());
    let joined =
        scene.visitor.post_form(&path, &[("nonce", &again), ("name", "Mia M"), ("password", PASSWORD)]);
    assert_eq!(joined.status, 303);
}

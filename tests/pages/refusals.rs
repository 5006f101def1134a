//! What a refusal looks like, and what follows asking: the organization's own page for whoever is in it, and the product's for
//! everybody else.
//!
//! The rule: the brand and the menu tell nobody that an organization is there who isn't in it, and cost no further round trip
//! where its page was opened already.

use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::reading::{seen, text_of};
use crate::scene::{MIA, PRODUCT, Scene, browser, browsing, elsewhere, page_of, team};
use crate::structure::check_page;
use crate::support::Answer;
use crate::support::client::nonce_in;

/// What stands in the menu.
fn ways(page: &str) -> Vec<String> {
    let menu = page.split("id=\"menu\"").nth(1).unwrap_or_default().split("</header>").next().unwrap();
    let links =
        menu.split("<a ").skip(1).map(|link| seen(&format!("<a {}", link.split("</a>").next().unwrap())));
    links.collect()
}

#[track_caller]
fn check_is_of(answer: &Answer, brand: &str, expected: &[&str]) {
    check_page(answer);
    let page = answer.text();
    assert!(text_of(&page, "title").ends_with(&format!(" – {brand}")), "{}", text_of(&page, "title"));
    assert_eq!(ways(&page), expected, "{page}");
}

/// The same of somebody whose own ways are all that there are.
#[track_caller]
fn check_is_own(answer: &Answer, brand: &str, person: &str) {
    check_is_of(answer, brand, &["Workspaces", "Notifications", "Security", person]);
}

/// A page without what is another in each.
fn apart_from_nonces(page: &Answer) -> String {
    let text = page.text();
    text.replace(&nonce_in(&text), "")
}

#[test]
fn who_may_not_see_a_page_of_their_organization_is_still_in_it() {
    let mut team = team();
    let settings = page_of(&mut team, "/settings");
    let mut mia = browsing(team.joined(MIA, "member"));
    let refused = mia.get(&settings);
    assert_eq!((refused.status.as_u16(), team.world.last_cost().d1), (403, 1));
    check_is_of(
        &refused,
        "Example Studio",
        &["Team & Clients", "Workspaces", "Notifications", "Somebody New: switch workspace"],
    );
    // Its only form works: there is nothing behind it that another page would have had to set up.
    let out = mia.submit(&settings, "/sign-out", &[]);
    assert_eq!(out.header("location"), Some("/sign-in"));
}

#[test]
fn an_address_that_is_no_page_of_ones_organization_has_its_menu() {
    let mut team = team();
    let root = page_of(&mut team, "");
    let mut olga = browsing(team.owner.clone());
    let all = [
        "Team & Clients",
        "Workspaces",
        "Activity",
        "Settings",
        "Notifications",
        "Olga Owner: switch workspace",
    ];
    for path in [format!("{root}/nowhere"), format!("{root}/members/nobody"), root.clone()] {
        let answer = olga.get(&path);
        assert_eq!((answer.status.as_u16(), team.world.last_cost().d1), (404, 1), "{path}");
        check_is_of(&answer, "Example Studio", &all);
    }
    let put = olga.send(&Method::PUT, &format!("{root}/team"), None, Vec::new());
    assert_eq!(put.status, 405);
    check_is_of(&put, "Example Studio", &all);
    let old = olga.post_form(&format!("{root}/settings"), &[("nonce", "too old")]);
    assert_eq!(old.status, 403);
    check_is_of(&old, "Example Studio", &all);
}

#[test]
fn who_is_not_in_an_organization_sees_no_more_of_it_than_of_one_that_is_not_there() {
    let mut team = team();
    let root = page_of(&mut team, "");
    let mut oscar = browsing(elsewhere(&team.world).owner);
    let mut nobody = browser(&team.world);
    for rest in ["/team", "/nowhere", ""] {
        let (there, not_there) = (format!("{root}{rest}"), format!("/o/no-such-studio{rest}"));
        let answers = [&there, &not_there].map(|path| (oscar.get(path), team.world.last_cost().d1));
        assert_eq!(apart_from_nonces(&answers[0].0), apart_from_nonces(&answers[1].0), "{rest}");
        assert_eq!((answers[0].1, answers[1].1), (2, 2));
        // They are shown the ways of their own.
        check_is_own(&answers[0].0, "Other Studio", "Oscar Owner");
        assert!(!answers[0].0.text().contains("Example Studio"));
    }
    let answers = [format!("{root}/nowhere"), "/o/no-such-studio/nowhere".to_owned()]
        .map(|path| (nobody.get(&path).text(), team.world.last_cost().d1));
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].1, 0, "nobody is signed in, so there is nothing to read");
    let mut mia = browsing(team.joined(MIA, "member"));
    let member = team.member(MIA);
    team.owner.delete(&format!("/v1/members/{member}")).ok();
    let answer = mia.get(&format!("{root}/nowhere"));
    check_is_of(&answer, PRODUCT, &["Workspaces", "Notifications 1 new", "Security", "Somebody New"]);
}

/// Which workspaces there are is no client's to know.
#[test]
fn a_workspace_that_somebody_is_not_in_looks_like_none() {
    let mut team = team();
    let mut ana = browsing(team.joined("ana@client.test", "client"));
    let mine = team.workspace();
    let private = team.owner.post(&team.path("/workspaces"), &json!({"name": "Private"})).ok().str("/id");
    let other = private.replace("wsp_0", "wsp_1");
    assert_ne!(private, other);
    let answers = [private, other].map(|id| ana.get(&format!("/w/{id}")));
    assert_eq!(apart_from_nonces(&answers[0]), apart_from_nonces(&answers[1]));
    check_is_own(&answers[0], "Example Studio", "Somebody New");
    let old = ana.post_form(&format!("/w/{mine}/ask"), &[("nonce", "too old")]);
    assert_eq!(old.status, 403);
    check_is_of(&old, "Example Studio", &["Workspaces", "Notifications", "Somebody New: switch workspace"]);
}

#[test]
fn who_lacks_the_second_factor_that_an_organization_asks_for_reads_whose_it_is() {
    let mut team = team();
    let path = page_of(&mut team, "/team");
    let mut mia = browsing(team.joined(MIA, "member"));
    team.world.state().database.borrow().change("UPDATE organizations SET require_mfa = 1");
    let answer = mia.get(&path);
    assert_eq!((answer.status.as_u16(), team.world.last_cost().d1), (403, 1));
    assert_eq!(text_of(&answer.text(), "h1"), "Add a second step to sign in");
    check_is_of(&answer, "Example Studio", &["Notifications", "Somebody New: switch workspace"]);
}

#[test]
fn what_follows_asking_is_headed_as_the_page_before() {
    // Declined: the page of a link that lives says whose it is.
    let mut scene = Scene::invited();
    let token = scene.path.trim_start_matches("/i/").to_owned();
    scene.team.world.client().post("/v1/invitations/decline", &json!({"token": token})).ok();
    let (page, ask) = (scene.path.clone(), format!("{}/ask", scene.path));
    let asked = scene.visitor.submit(&page, &ask, &[]);
    check_is_of(&asked, "Example Studio", &[]);
    assert!(seen(&asked.text()).contains("Go to sign in"));
    // Who is in the organization has its menu, even where the link is dead.
    scene.team.world.pass(Duration::from_hours(24 * 8));
    let mut olga = browsing(scene.team.owner.clone());
    let asked = olga.submit(&page, &ask, &[]);
    assert_eq!(scene.team.world.last_cost().d1, 1);
    let all = [
        "Team & Clients",
        "Workspaces",
        "Activity",
        "Settings",
        "Notifications 3 new",
        "Olga Owner: switch workspace",
    ];
    check_is_of(&asked, "Example Studio", &all);
    assert!(seen(&asked.text()).contains("Go to your workspaces"));
    let mut oscar = browsing(elsewhere(&scene.team.world).owner);
    check_is_of(&oscar.submit(&page, &ask, &[]), PRODUCT, &[]);
}

//! Asking for what only somebody else can give: a new invitation, and access.

use std::time::Duration;

use serde_json::json;

use crate::reading::{primary_action, seen, text_of};
use crate::scene::{Scene, browser, browsing};
use crate::structure::check_page;
use crate::support::Answer;
use crate::support::client::{Team, nonce_in};
use crate::support::scene::notified;

const DAY: Duration = Duration::from_hours(24);

fn ask(scene: &mut Scene) -> Answer {
    let page = scene.open();
    check_page(&page);
    let path = format!("{}/ask", scene.path);
    assert!(page.text().contains(&format!("action=\"{path}\"")), "{}", page.text());
    scene.visitor.post_form(&path, &[("nonce", &nonce_in(&page.text()))])
}

fn told(scene: &mut Scene) -> Vec<String> {
    let owner = scene.team.member("olga.owner@studio.test");
    notified(&scene.team, &owner)
}

#[test]
fn the_holder_of_an_expired_invitation_asks_for_a_new_one_and_its_inviter_is_told_once_a_day() {
    let mut scene = Scene::invited();
    scene.team.world.pass(Duration::from_hours(8 * 24));
    for (asked, notifications) in [("the first time", 1), ("again", 1)] {
        let answer = ask(&mut scene);
        check_page(&answer);
        assert_eq!(text_of(&answer.text(), "h1"), "Your request was passed on", "{asked}");
        assert!(!seen(&answer.text()).contains("Studio"), "a dead link tells nothing");
        assert_eq!(told(&mut scene), vec!["invitation.asked"; notifications], "{asked}");
    }
    scene.team.world.pass(DAY);
    ask(&mut scene);
    assert_eq!(told(&mut scene), ["invitation.asked", "invitation.asked"], "the next day");
    let count = scene.team.world.count("SELECT count(*) FROM invitations");
    assert_eq!(count, 2, "nothing is made by asking: the owner's and this one");
}

#[test]
fn whoever_declined_or_was_sent_a_newer_link_asks_too() {
    for end in ["declined_at", "ver"] {
        let value = if end == "ver" { 7 } else { 1 };
        let mut scene =
            Scene::invited().with(&format!("UPDATE invitations SET {end} = {value} WHERE email LIKE 'mia%'"));
        assert_eq!(ask(&mut scene).status, 200, "{end}");
        assert_eq!(told(&mut scene), ["invitation.asked"], "{end}");
    }
}

/// The organization decided: asking there is not a button.
#[test]
fn what_was_withdrawn_or_used_offers_no_asking_and_takes_none() {
    for end in ["revoked_at = 1", "accepted_at = 1"] {
        let mut scene =
            Scene::invited().with(&format!("UPDATE invitations SET {end} WHERE email LIKE 'mia%'"));
        let page = scene.open();
        assert!(!page.text().contains("/ask"), "{end}: {}", page.text());
        let nonce = nonce_in(&scene.visitor.get("/sign-in").text());
        let path = format!("{}/ask", scene.path);
        assert_eq!(scene.visitor.post_form(&path, &[("nonce", &nonce)]).status, 200, "{end}: as ever");
        assert_eq!(told(&mut scene), Vec::<String>::new(), "{end}");
    }
}

#[test]
fn a_form_that_lay_open_too_long_and_another_sites_ask_for_nothing() {
    let mut scene = Scene::invited();
    scene.team.world.pass(Duration::from_hours(8 * 24));
    let nonce = nonce_in(&scene.open().text());
    let path = format!("{}/ask", scene.path);
    scene.team.world.pass(Duration::from_hours(13));
    let late = scene.visitor.post_form(&path, &[("nonce", &nonce)]);
    check_page(&late);
    let mut elsewhere = browser(&scene.team.world).with_header("origin", "https://evil.test");
    assert_eq!(elsewhere.post_form(&path, &[("nonce", &nonce)]).status, 403);
    let forged = browser(&scene.team.world).post_form("/i/forged/ask", &[("nonce", &nonce)]);
    assert_eq!(forged.status, 404);
    assert_eq!(told(&mut scene), Vec::<String>::new());
}

/// Without the one who invited, the owner is told.
#[test]
fn where_the_inviter_is_gone_the_owner_is_told() {
    let mut team = Team::of("team");
    let mut adam = team.joined("adam.admin@studio.test", "admin");
    let body = json!({"kind": "email", "role": "member", "email": "mia@studio.test"});
    adam.post(&team.path("/invitations"), &body).ok();
    team.world.deliver();
    let path = format!("/i/{}", team.world.mailed_token("mia@studio.test"));
    let member = team.member("adam.admin@studio.test");
    assert_eq!(team.owner.delete(&format!("/v1/members/{member}")).status, 204);
    team.world.pass(Duration::from_hours(8 * 24));
    let mut mia = browser(&team.world);
    let nonce = nonce_in(&mia.get(&path).text());
    mia.post_form(&format!("{path}/ask"), &[("nonce", &nonce)]).ok();
    let owner = team.member("olga.owner@studio.test");
    assert!(notified(&team, &owner).contains(&"invitation.asked".to_owned()));
    assert_eq!(notified(&team, &member).iter().filter(|kind| *kind == "invitation.asked").count(), 0);
}

/// S3-10: whoever was given nothing sees a screen of its own, and asks.
#[test]
fn a_client_who_was_given_nothing_asks_for_access() {
    let mut team = Team::of("reporting");
    let mut ana = browsing(team.joined("ana@client.test", "client"));
    let workspace = team.owner.get(&team.path("/workspaces")).ok().str("/data/0/id");
    let path = format!("/w/{workspace}");
    let page = ana.get(&path);
    check_page(&page);
    assert_eq!((page.status.as_u16(), text_of(&page.text(), "h1").as_str()), (200, "You have no access yet"));
    for _ in 0..2 {
        let done = ana.post_form(&format!("{path}/ask"), &[("nonce", &nonce_in(&page.text()))]);
        assert_eq!((done.status.as_u16(), done.header("location")), (303, Some(path.as_str())));
        let after = ana.get(&path);
        check_page(&after);
        assert!(seen(&after.text()).contains("Your request was passed on."));
        let later = ana.get(&path).text();
        assert!(!seen(&later).contains("passed on"), "said once");
        // Asking again would tell nobody, so it is not what the page offers first.
        assert_eq!(primary_action(&later), "Check again");
        assert!(!later.contains(&format!("{path}/ask")) && seen(&later).contains("You asked for access on"));
    }
    let owner = team.member("olga.owner@studio.test");
    assert_eq!(notified(&team, &owner), ["invitation.accepted", "access.asked"]);
    team.world.pass(DAY);
    assert_eq!(primary_action(&ana.get(&path).text()), "Ask for access", "the next day");

    let member = team.member("ana@client.test");
    let access = json!({"access": {"resources": "all"}});
    team.owner.patch(&format!("/v1/workspaces/{workspace}/members/{member}"), &access).ok();
    let page = ana.get(&path);
    assert!(!seen(&page.text()).contains("You have no access yet"), "without signing in again");
}

//! The forms of an invitation: joining, switching accounts, declining.
//!
//! The rule: whatever goes wrong, nobody joins or declines by it, what was typed stays, and the page that says what is
//! wrong has a way on.

use serde_json::json;

use crate::reading::{primary_action, seen, text_of};
use crate::scene::{MIA, Scene, browser, browsing, page_of, team};
use crate::structure::check_page;
use crate::support::Answer;
use crate::support::client::{PASSWORD, nonce_in};
use crate::support::scene::workspace;

#[test]
fn a_person_joins_with_a_new_account_by_the_form() {
    let mut scene = Scene::invited();
    let path = scene.path.clone();
    let joined = scene.visitor.submit(
        &path,
        &path,
        &[("name", "Mia Member"), ("username", ""), ("password", PASSWORD)],
    );
    assert_eq!(joined.led_into(), format!("/w/{}", scene.team.workspace()));
    let inside = scene.visitor.get(joined.led_into());
    check_page(&inside);
    let text = seen(&inside.text());
    for told in ["You joined Example Studio.", "Mia Member", "You are a member."] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let led = scene.open();
    let list = page_of(&mut scene.team, "/workspaces");
    assert_eq!(led.header("location"), Some(&*list), "the link leads the member in from now on");
    assert!(seen(&scene.visitor.get(&list).text()).contains("You are in Example Studio already."));
}

/// Who is let into several finds all of them; an admin, who is in all, finds the team.
#[test]
fn whoever_joins_comes_into_what_they_were_invited_to() {
    for (role, leads) in [("member", "/workspaces"), ("client", "/workspaces"), ("admin", "/team")] {
        let mut team = team();
        let (first, second) = (team.workspace(), workspace(&team, "Second Place"));
        let list = page_of(&mut team, leads);
        let mut body = json!({"kind": "email", "role": role, "email": MIA});
        if role != "admin" {
            body["workspace_ids"] = json!([first, second]);
        }
        team.owner.post(&team.path("/invitations"), &body).ok();
        team.world.deliver();
        let path = format!("/i/{}", team.world.mailed_token(MIA));
        let mut mia = browser(&team.world);
        let joined = mia.submit(&path, &path, &[("name", "Mia Member"), ("password", PASSWORD)]);
        assert_eq!(joined.header("location"), Some(&*list), "{role}");
        let inside = mia.get(&list);
        check_page(&inside);
        assert!(seen(&inside.text()).contains("You joined Example Studio."), "{role}");
        if role != "admin" {
            assert!(seen(&inside.text()).contains("Second Place"), "{role}");
        }
    }
}

#[test]
fn a_person_with_an_account_signs_in_and_joins_by_one_form() {
    let mut scene = Scene::invited_with_account().signed_out();
    let path = scene.path.clone();
    let wrong = scene.visitor.submit(&path, &path, &[("password", "another sentence")]);
    assert_eq!(wrong.status, 401);
    check_page(&wrong);
    assert!(seen(&wrong.text()).contains("That password does not match this address."));
    scene.visitor.submit(&path, &path, &[("password", PASSWORD)]).led_into();
    let text = seen(&scene.visitor.get("/me").text());
    assert!(
        text.contains("Example Studio You are a member") && text.contains("Other Studio You are the owner"),
        "{text}"
    );
}

#[test]
fn a_signed_in_person_joins_with_one_click() {
    let mut scene = Scene::invited_with_account();
    let path = scene.path.clone();
    scene.visitor.submit(&path, &path, &[]).led_into();
}

#[test]
fn whoever_is_signed_in_as_somebody_else_switches_and_comes_back_to_the_invitation() {
    let mut scene = Scene::invited();
    scene.visitor = browsing(scene.team.owner.clone());
    let path = scene.path.clone();
    let page = scene.open().text();
    assert!(
        seen(&page)
            .contains("You are signed in as olga.owner@studio.test Example Studio invited m••@studio.test")
    );
    let joined = scene.visitor.post_form(&path, &[("nonce", &nonce_in(&page))]);
    assert_eq!(joined.status, 403, "and never joins as somebody else");
    check_page(&Answer { status: joined.status, headers: joined.headers, body: joined.body });
    let token = path[3..].to_owned();
    let switched = scene.visitor.submit(&path, "/sign-out", &[("invitation", &token)]);
    assert_eq!((switched.status.as_u16(), switched.header("location")), (303, Some(path.as_str())));
    assert_eq!(primary_action(&scene.open().text()), "Create account and join");
}

#[test]
fn mistakes_are_told_above_the_form_and_at_the_field_and_what_was_typed_stays() {
    let mut scene = Scene::invited();
    let path = scene.path.clone();
    let before = scene.stored();
    let empty = scene.visitor.submit(&path, &path, &[]);
    assert_eq!(empty.status, 422);
    check_page(&empty);
    let page = empty.text();
    assert_eq!(text_of(&page, "title"), "Error: Join Example Studio");
    for (field, words) in [("name", "Type your name."), ("password", "Choose a password.")] {
        assert!(page.contains(&format!("<a href=\"#{field}\">{words}")), "{words}");
        assert!(page.contains(&format!("id=\"{field}-wrong\">{words}")), "{words}");
        assert!(!page.contains("value=\"Mia Member\""), "what was typed, which is nothing");
    }
    let short =
        scene.visitor.submit(&path, &path, &[("name", "Mia \"M\" <Member>"), ("password", "too short")]);
    assert_eq!(short.status, 422);
    check_page(&short);
    let page = short.text();
    assert!(page.contains("value=\"Mia &#34;M&#34; &#60;Member&#62;\""), "{page}");
    assert!(page.contains("aria-describedby=\"password-hint password-wrong\""));
    assert!(!page.contains("too short"), "a password is never shown again");
    let url = scene.visitor.submit(&path, &path, &[("name", "www.evil.test"), ("password", PASSWORD)]);
    assert!(seen(&url.text()).contains("A name can't hold a web address."));
    assert_eq!(scene.stored(), before);
}

#[test]
fn without_a_free_seat_the_invitation_stays_and_says_so() {
    for (change, title) in [
        ("UPDATE organizations SET seat_limit = 0", "There is no free seat – Example Studio"),
        ("UPDATE organizations SET trial_ends_at = 1", "Nobody new can join now – Example Studio"),
    ] {
        let mut scene = Scene::invited().with(change);
        let path = scene.path.clone();
        let stored = |scene: &Scene| {
            ["users", "sessions", "members", "redemptions"]
                .map(|table| scene.team.world.count(&format!("SELECT count(*) FROM {table}")))
        };
        let before = stored(&scene);
        let full = scene.visitor.submit(&path, &path, &[("name", "Mia Member"), ("password", PASSWORD)]);
        check_page(&full);
        let page = full.text();
        assert_eq!(text_of(&page, "title"), title);
        assert_eq!(primary_action(&page), "Try again");
        assert!(page.contains(&format!("href=\"{path}\"")));
        assert!(seen(&page).contains("Your invitation is still valid"));
        assert_eq!(stored(&scene), before);
        assert_eq!(scene.open().status, 200);
        let mut scene = scene.with("UPDATE organizations SET seat_limit = NULL, trial_ends_at = NULL");
        let joined = scene.visitor.submit(&path, &path, &[("name", "Mia Member"), ("password", PASSWORD)]);
        joined.led_into();
    }
}

#[test]
fn who_signed_in_and_found_no_seat_need_not_sign_in_again() {
    let scene = Scene::invited_with_account().signed_out();
    let mut scene = scene.with("UPDATE organizations SET seat_limit = 0");
    let path = scene.path.clone();
    assert_eq!(scene.visitor.submit(&path, &path, &[("password", PASSWORD)]).status, 409);
    assert_eq!(primary_action(&scene.open().text()), "Join Example Studio");
}

#[test]
fn a_page_that_went_stale_shows_how_things_are_now() {
    let mut scene = Scene::invited();
    let path = scene.path.clone();
    let nonce = nonce_in(&scene.open().text());
    scene.team.owner.post(&format!("/v1/invitations/{}/revoke", scene.invitation), &json!({})).ok();
    let before = scene.stored();
    for action in [path.clone(), format!("{path}/decline")] {
        let late = scene.visitor.post_form(&action, &[("nonce", &nonce)]);
        assert_eq!(late.status, 410, "{action}");
        check_page(&late);
        assert_eq!(text_of(&late.text(), "h1"), "This invitation was withdrawn");
    }
    assert_eq!(scene.stored(), before);
}

#[test]
fn declining_is_asked_once_more_and_done_by_a_form() {
    let mut scene = Scene::invited();
    let path = scene.path.clone();
    let decline = format!("{path}/decline");
    assert!(scene.open().text().contains(&format!("href=\"{decline}\"")));
    let ask = scene.visitor.get(&decline);
    check_page(&ask);
    assert_eq!(text_of(&ask.text(), "h1"), "Decline the invitation to Example Studio?");
    assert!(ask.text().contains(&format!("href=\"{path}\"")), "there is a way back");
    let done = scene.visitor.submit(&decline, &decline, &[]);
    assert_eq!(done.status, 200);
    check_page(&done);
    assert_eq!(text_of(&done.text(), "h1"), "You declined the invitation to Example Studio");
    let shown = scene.team.owner.get(&format!("/v1/invitations/{}", scene.invitation)).ok().json();
    assert_eq!(shown["status"], "declined");
    let (told, logged) = (notifications(&mut scene), activity(&mut scene));
    assert!(told.contains("declined your invitation to Example Studio."), "{told}");
    assert!(!logged.contains("Unknown sender"), "{logged}");
}

fn notifications(scene: &mut Scene) -> String {
    seen(&browsing(scene.team.owner.clone()).get("/me/notifications").text())
}

fn activity(scene: &mut Scene) -> String {
    let path = page_of(&mut scene.team, "/activity");
    seen(&browsing(scene.team.owner.clone()).get(&path).text())
}

/// Whoever it was not meant for says so, and the inviter's side sees it.
#[test]
fn whoever_does_not_know_the_sender_says_so_when_they_decline() {
    let mut scene = Scene::invited();
    let decline = format!("{}/decline", scene.path);
    let ask = scene.visitor.get(&decline);
    let words = seen(&ask.text());
    assert!(words.contains("If you don't know who sent it, say so: Olga Owner sees"), "{words}");
    let nonce = nonce_in(&ask.text());
    let before = scene.stored();
    let wrong = scene.visitor.post_form(&decline, &[("nonce", &nonce), ("reason", "spite")]);
    assert_eq!((wrong.status.as_u16(), scene.stored()), (400, before), "no other reason is known");
    let done = scene.visitor.post_form(&decline, &[("nonce", &nonce), ("reason", "unknown_sender")]);
    assert_eq!(text_of(&done.text(), "h1"), "You declined the invitation to Example Studio");
    let told = notifications(&mut scene);
    assert!(
        told.contains(
            "declined your invitation to Example Studio: they say that they don't know who sent it."
        ),
        "{told}"
    );
    let logged = activity(&mut scene);
    assert!(logged.contains("They don't know who sent it"), "{logged}");
}

/// The same of a program.
#[test]
fn the_api_takes_the_reason_too() {
    let mut scene = Scene::invited();
    let token = scene.path[3..].to_owned();
    let mut program = scene.team.world.client();
    let wrong = program.post("/v1/invitations/decline", &json!({"token": token, "reason": "spite"}));
    assert_eq!(wrong.refusal(), (422, "invalid_value".to_owned()));
    program.post("/v1/invitations/decline", &json!({"token": token, "reason": "unknown_sender"})).ok();
    assert!(notifications(&mut scene).contains("they don't know who sent it"));
}

#[test]
fn who_tries_too_often_is_told_to_wait_and_finds_the_way_back() {
    let mut scene = Scene::invited();
    let path = scene.path.clone();
    let nonce = nonce_in(&scene.open().text());
    for what in ["accept", "decline", "sign-in"] {
        let limit = (usher::platform::Limit::Network, format!("{what}:unknown"));
        scene.team.world.state().limited.borrow_mut().push(limit);
    }
    for (action, back) in [
        (path.clone(), "Try again"),
        (format!("{path}/decline"), "Try again"),
        ("/sign-in".to_owned(), "Sign in"),
    ] {
        let fields = [("nonce", nonce.as_str()), ("email", "mia.member@studio.test"), ("password", PASSWORD)];
        let fields = if action == "/sign-in" { &fields[..] } else { &fields[..1] };
        let answer = scene.visitor.post_form(&action, fields);
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, Some("60")), "{action}");
        check_page(&answer);
        assert_eq!(primary_action(&answer.text()), back);
        assert!(seen(&answer.text()).contains("Wait a minute"));
    }
}

//! Drafts: whose they are, how long they last, and that each is sent once.

use std::time::Duration;

use super::*;
use crate::reading::seen;

const GONE: &str = "That was done already, or lay unfinished for more than a day.";

/// A wizard whose last button is to be pressed.
fn ready() -> Wizard {
    let mut wizard = Wizard::of("client-portal");
    wizard.meet_a_client(CARL);
    wizard.go(&[]);
    assert_eq!(wizard.step(), "check");
    wizard
}

#[track_caller]
fn assert_gone(wizard: &mut Wizard, answer: &Answer) {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let to = answer.header("location").unwrap().to_owned();
    assert!(to.ends_with("/team"), "{to}");
    assert!(seen(&wizard.who.get(&to).text()).contains(GONE));
}

/// S2-16: pressed twice, it is sent once.
#[test]
fn a_draft_is_sent_once() {
    let mut wizard = ready();
    let (at, nonce) = (wizard.at.clone(), nonce_in(&wizard.page()));
    wizard.who.post_form(&at, &[("nonce", &nonce)]).ok();
    let again = wizard.who.post_form(&at, &[("nonce", &nonce)]);
    assert_gone(&mut wizard, &again);
    let look = wizard.who.get(&at);
    assert_gone(&mut wizard, &look);
    assert_eq!(wizard.invitations(), 1);
}

#[test]
fn a_draft_that_is_being_sent_is_not_sent_by_another_tab_until_that_is_lost() {
    let mut wizard = ready();
    let now = wizard.team.world.now().millis();
    wizard.team.world.state().database.borrow().change(&format!("UPDATE drafts SET taken_at = {now}"));
    let (at, nonce) = (wizard.at.clone(), nonce_in(&wizard.page()));
    let early = wizard.who.post_form(&at, &[("nonce", &nonce)]);
    assert_gone(&mut wizard, &early);
    assert_eq!(wizard.invitations(), 0);
    wizard.team.world.pass(Duration::from_mins(2));
    wizard.who.post_form(&at, &[("nonce", &nonce)]).ok();
    assert_eq!(wizard.invitations(), 1);
}

#[test]
fn a_draft_is_its_writer_s_alone() {
    let mut wizard = ready();
    let at = wizard.at.clone();
    let adam = wizard.team.joined("adam.admin@studio.test", "admin");
    wizard.who = browsing(adam);
    let look = wizard.who.get(&at);
    assert_gone(&mut wizard, &look);
    let nonce = nonce_in(&wizard.who.get(&wizard.start.clone()).text());
    let sent = wizard.who.post_form(&at, &[("nonce", &nonce)]);
    assert_gone(&mut wizard, &sent);
    assert_eq!(wizard.drafts(), 1);
}

/// Through another organization's address a draft is not to be had either.
#[test]
fn a_draft_belongs_to_the_organization_that_it_was_begun_in() {
    let mut wizard = ready();
    let other = wizard.team.world.operator().create_organization("Other Studio", "olga.owner@studio.test");
    wizard.team.world.deliver();
    let token = wizard.team.world.mailed_token("olga.owner@studio.test");
    wizard.who.post("/v1/invitations/accept", &json!({"token": token})).ok();
    let slug = wizard.who.get(&format!("/v1/organizations/{other}")).ok().str("/slug");
    let there = wizard.at.split("/team/").nth(1).unwrap().to_owned();
    let answer = wizard.who.get(&format!("/o/{slug}/team/{there}"));
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, Some(format!("/o/{slug}/team").as_str()))
    );
}

#[test]
fn a_draft_lasts_a_day_from_when_it_was_last_touched_and_is_tidied_away() {
    let mut wizard = ready();
    wizard.team.world.pass(Duration::from_hours(23));
    wizard.go(&[("back", "yes")]);
    wizard.team.world.pass(Duration::from_hours(23));
    wizard.team.world.tick();
    assert_eq!(wizard.drafts(), 1);
    wizard.page();
    wizard.team.world.pass(Duration::from_hours(2));
    let late = wizard.who.get(&wizard.at.clone());
    assert_gone(&mut wizard, &late);
    wizard.team.world.tick();
    assert_eq!(wizard.drafts(), 0);
}

#[test]
fn a_member_has_at_most_twenty_drafts_and_keeps_the_newest() {
    let mut wizard = Wizard::of("client-portal");
    for _ in 0..22 {
        wizard.at = wizard.start.clone();
        wizard.team.world.pass(Duration::from_millis(1));
        wizard.go(&[("who", "client")]);
    }
    assert_eq!(wizard.drafts(), 20);
    wizard.page();
}

#[test]
fn a_form_without_its_nonce_changes_nothing() {
    let mut wizard = ready();
    let before = wizard.team.world.state().database.borrow().dump();
    for path in [wizard.start.clone(), wizard.at.clone(), wizard.at.replace("/check", "/person")] {
        assert_eq!(wizard.who.post_form(&path, &[("nonce", "made up"), ("who", "client")]).status, 403);
    }
    assert_eq!(wizard.team.world.state().database.borrow().dump(), before);
}

/// Whoever presses twice finds what they did in the list that it is in.
#[test]
fn what_was_sent_already_is_looked_for_in_its_own_list() {
    for (fields, list) in [
        (vec![("who", "link")], "links"),
        (vec![("who", "client"), ("email", CARL), ("how", "link")], "invitations"),
        (vec![("who", "client"), ("email", CARL), ("how", "add"), ("name", "Carl Client")], "clients"),
        (vec![("who", "staff"), ("email", CARL), ("how", "add"), ("name", "Carl Client")], "members"),
    ] {
        let mut wizard = Wizard::of("client-portal");
        wizard.go(&fields[..1]);
        wizard.go(&fields[1..]);
        while wizard.step() != "check" {
            wizard.go(&[]);
        }
        let page = wizard.page();
        assert!(page.contains(&format!("name=\"list\" value=\"{list}\"")), "{list}");
        let form = [("nonce", nonce_in(&page)), ("list", list.to_owned())];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(wizard.who.post_form(&wizard.at.clone(), &form).status, 200);
        let again = wizard.who.post_form(&wizard.at.clone(), &form);
        let to = format!("{}?tab={list}", wizard.start.strip_suffix("/invite").unwrap());
        assert_eq!((again.status.as_u16(), again.header("location")), (303, Some(to.as_str())));
        assert!(seen(&wizard.who.get(&to).text()).contains("That was done already"));
    }
}

//! What becomes of an invitation's links when it is changed. Whoever copied one held what it gave at that moment, and no more:
//! they must not get anything else with it.

use serde_json::json;

use crate::change_invitation::invited;
use crate::links::{change, link};
use crate::support::client::Team;
use crate::support::scene::place;
use crate::{accept_signed_in, copied_token, decline, preview, refusal};

const ANA: &str = "ana@client.test";

/// Somebody copies the link of a client's invitation and waits until more is made of it.
#[test]
fn a_copied_link_gives_nothing_but_what_it_gave_when_it_was_copied() {
    for more in [
        json!({"role": "member"}),
        json!({"role": "admin"}),
        json!({"access": {"permissions": ["posts.view", "posts.create"]}}),
        json!({"access": {"resources": "all"}}),
        json!({"access": {"addable_kinds": ["facebook"]}}),
    ] {
        let mut team = Team::of("client-links");
        let id = invited(&mut team, &json!({"access": {"permissions": ["posts.view"], "resources": []}}));
        let copied = copied_token(&mut team.joined("adam.admin@studio.test", "admin"), &id);
        change(&mut team, &id, &more).ok();
        let mut holder = team.world.client();
        let before = team.world.state().database.borrow().dump();
        for answer in [
            preview(&mut holder, &copied),
            holder.accept(&copied, "Ana Client"),
            decline(&mut holder, &copied),
            accept_signed_in(&mut team.owner, &copied),
        ] {
            assert_eq!(answer.refusal(), refusal(410, "invitation_replaced"), "{more}");
        }
        assert_eq!(team.world.state().database.borrow().dump(), before, "{more}");
        let anew = copied_token(&mut team.owner, &id);
        preview(&mut team.world.client(), &anew).ok();
    }
}

#[test]
fn another_workspace_is_something_else_too() {
    let mut team = Team::of("client-links");
    let (workspace, _) = place(&team, "facebook");
    let id = invited(&mut team, &json!({}));
    let copied = copied_token(&mut team.owner, &id);
    change(&mut team, &id, &json!({"workspace_ids": [workspace]})).ok();
    let answer = team.world.client().accept(&copied, "Ana Client");
    assert_eq!(answer.refusal(), refusal(410, "invitation_replaced"));
}

#[test]
fn words_and_time_leave_a_copied_link_as_it_is() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({}));
    let copied = copied_token(&mut team.owner, &id);
    let words = json!({"name": "Ana Cliente", "nickname": "Bakery", "message": "Hello", "expires_in": 7200});
    change(&mut team, &id, &words).ok();
    team.world.client().accept(&copied, "Ana Client").ok();
}

/// The mailbox's owner is who the invitation is for: what is in their mail is good for what it gives now.
#[test]
fn a_mailed_link_outlives_another_access() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({"access": {"permissions": ["posts.view"]}}));
    team.world.deliver();
    let mailed = team.world.mailed_token(ANA);
    change(&mut team, &id, &json!({"access": {"permissions": ["posts.view", "posts.create"]}})).ok();
    team.world.deliver();
    assert_eq!(mails_to_ana(&team), 1, "the page tells what it gives now");
    team.world.client().accept(&mailed, "Ana Client").ok();
}

/// The mail says what the person becomes.
#[test]
fn another_role_is_mailed_again_and_the_mail_that_names_the_old_one_is_dead() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({}));
    team.world.deliver();
    let old = team.world.mailed_token(ANA);
    assert_eq!(change(&mut team, &id, &json!({"role": "member"})).ok().str("/delivery"), "queued");
    team.world.deliver();
    assert_eq!(preview(&mut team.world.client(), &old).refusal(), refusal(410, "invitation_replaced"));
    assert_eq!(mails_to_ana(&team), 2);
    assert_eq!(team.world.client().join(ANA, "Ana Client").ok().str("/role"), "member");
}

/// One that waits to be mailed for the old role never is.
#[test]
fn a_role_changed_before_the_mail_went_out_is_mailed_once() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({}));
    change(&mut team, &id, &json!({"role": "member"})).ok();
    team.world.deliver();
    assert_eq!(mails_to_ana(&team), 1);
}

/// Its holders are many, and get what it gives when they come.
#[test]
fn a_link_for_many_keeps_its_urls_through_every_change() {
    let mut team = Team::of("client-links");
    let (workspace, _) = place(&team, "facebook");
    let (id, url) = link(&mut team, &json!({"access": {"permissions": ["posts.view"]}}));
    let more =
        json!({"access": {"permissions": ["posts.view", "posts.create"]}, "workspace_ids": [workspace]});
    change(&mut team, &id, &more).ok();
    preview(&mut team.world.client(), &url).ok();
}

fn mails_to_ana(team: &Team) -> usize {
    team.world.mailbox().iter().filter(|mail| mail["to"] == ANA).count()
}

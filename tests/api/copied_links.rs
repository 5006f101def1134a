//! What becomes of an invitation's links when it is changed. Whoever copied one held what it gave at that moment, and no more:
//! they must not get anything else with it.

use http::Method;
use serde_json::{Value, json};

use crate::change_invitation::invited;
use crate::links::{change, link, read};
use crate::overtaking::between_read_and_write;
use crate::support::client::Team;
use crate::support::platform::token_in;
use crate::support::scene::{place, resource, somebody};
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

/// The person whom it is for included: whoever handed it to them may hold less than it gives now.
#[test]
fn a_dead_copy_lets_in_not_even_whom_it_is_for() {
    let mut team = Team::of("client-links");
    let mut ana = somebody(&team.world, ANA);
    let id = invited(&mut team, &json!({"access": {"permissions": ["posts.view"]}}));
    let copied = copied_token(&mut team.owner, &id);
    change(&mut team, &id, &json!({"access": {"permissions": ["posts.view", "posts.create"]}})).ok();
    assert_eq!(accept_signed_in(&mut ana, &copied).refusal(), refusal(410, "invitation_replaced"));
    let anew = copied_token(&mut team.owner, &id);
    accept_signed_in(&mut ana, &anew).ok();
}

/// A copy that an admin's change overtakes is the link of what the invitation gives then, or none: never one that is dead.
#[test]
fn a_link_that_is_copied_while_more_is_made_of_it_is_good_or_is_not_given() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({"access": {"permissions": ["posts.view"]}}));
    let path = format!("/v1/invitations/{id}");
    let request = |method, path: &str, body: Value| {
        team.owner.request(&method, path, Some("application/json"), body.to_string().into_bytes())
    };
    let slow = request(Method::POST, &format!("{path}/link"), json!({}));
    let fast = request(Method::PATCH, &path, json!({"access": {"permissions": ["posts.create"]}}));
    let answer = between_read_and_write(&team.world, slow, fast);
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    match body["url"].as_str() {
        Some(url) => assert_eq!(preview(&mut team.world.client(), &token_in(url)).status, 200),
        None => assert_eq!(answer.status(), 409, "{body}"),
    }
}

/// The same lists in another order are the same access.
#[test]
fn what_is_named_in_another_order_leaves_a_copied_link_as_it_is() {
    let mut team = Team::of("client-links");
    let place = team.workspace();
    let [one, two] = ["facebook", "linkedin"].map(|kind| resource(&team, &place, kind));
    let access = |resources: Value, kinds: Value| json!({"access": {"permissions": ["posts.view"], "resources": resources, "addable_kinds": kinds}});
    let two_first =
        access(json!([{"id": two, "approve": true}, {"id": one}]), json!(["linkedin", "facebook"]));
    let one_first =
        access(json!([{"id": one}, {"id": two, "approve": true}]), json!(["facebook", "linkedin"]));
    let id = invited(&mut team, &two_first);
    let shown = read(&mut team, &id)["access"].clone();
    let copied = copied_token(&mut team.owner, &id);
    for same in [&one_first, &two_first] {
        assert_eq!(change(&mut team, &id, same).ok().json()["access"], shown, "one order for all");
    }
    assert_eq!(team.world.count(&format!("SELECT given + revision FROM invitations WHERE id = '{id}'")), 0);
    preview(&mut team.world.client(), &copied).ok();
    let other = access(json!([{"id": one}, {"id": two}]), json!(["facebook", "linkedin"]));
    change(&mut team, &id, &other).ok();
    assert_eq!(preview(&mut team.world.client(), &copied).status, 410);
}

/// KV may keep a page for a minute after it changed; the link tells that it does.
#[test]
fn a_link_that_was_copied_after_a_change_is_shown_as_it_is_now() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({"access": {"permissions": ["posts.view"]}}));
    let old = copied_token(&mut team.owner, &id);
    team.world.client().get(&format!("/i/{old}")).ok();
    let stale = team.world.state().kv.borrow().clone();
    assert!(!stale.is_empty());
    change(&mut team, &id, &json!({"access": {"permissions": ["posts.view", "posts.create"]}})).ok();
    let new = copied_token(&mut team.owner, &id);
    *team.world.state().kv.borrow_mut() = stale;
    team.world.client().get(&format!("/i/{new}")).ok();
}

/// The page's copy is kept by the version that it shows: that one goes, whether or not the change makes a newer one.
#[test]
fn no_page_of_before_a_change_is_kept() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({}));
    let token = copied_token(&mut team.owner, &id);
    let path = format!("/i/{token}");
    assert!(!team.world.client().get(&path).ok().text().contains("Good day"));
    change(&mut team, &id, &json!({"message": "Good day"})).ok();
    assert!(team.world.client().get(&path).ok().text().contains("Good day"));
    change(&mut team, &id, &json!({"role": "member"})).ok();
    assert_eq!(team.world.client().get(&path).status, 410);
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

//! Somebody's page: what it says of them to whom, and what is changed on it.
//!
//! The rule: who may do what is asked of the API in `tests/api/`; here it is what the page offers, says and keeps.

use serde_json::json;

use crate::reading::{seen, text_of};
use crate::scene::{OSCAR, browsing, elsewhere};
use crate::structure::check_page;
use crate::support::client::{Answer, Client, PASSWORD, Team, nonce_in};
use crate::support::platform::{ORIGIN, password_token_in};
use crate::support::scene::{audited, plan, plan_of, resource, seats, workspace};

const CARL: &str = "carl.client@client.test";
const ADAM: &str = "adam.admin@studio.test";
const MIA: &str = "mia.member@studio.test";

/// An organization with a client, and the owner in a browser.
struct Scene {
    team: Team,
    owner: Client,
    carl: Client,
    member: String,
    path: String,
}

impl Scene {
    fn of(template: &str) -> Self {
        let mut team = Team::make(crate::support::World::new(), template, Some(plan_of(10)));
        let carl = browsing(team.joined(CARL, "client"));
        let member = team.member(CARL);
        let path = page_of(&mut team, &member);
        Self { owner: browsing(team.owner.clone()), team, carl, member, path }
    }

    fn shown(&mut self) -> String {
        let page = self.owner.get(&self.path);
        check_page(&page);
        assert_eq!(page.status, 200);
        page.text()
    }

    fn change(&mut self, fields: &[(&str, &str)]) -> Answer {
        self.owner.submit(&self.path, &self.path, fields)
    }
}

fn page_of(team: &mut Team, member: &str) -> String {
    let slug = team.owner.get(&team.path("")).ok().str("/slug");
    format!("/o/{slug}/members/{member}")
}

/// Follows a way on, and answers the page that it leads to.
#[track_caller]
fn followed(client: &mut Client, answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let page = client.get(answer.header("location").unwrap());
    check_page(&page);
    page.text()
}

#[test]
fn the_page_says_who_somebody_is_and_what_they_have_where() {
    let mut scene = Scene::of("publishing");
    let page = scene.shown();
    let text = seen(&page);
    assert_eq!(text_of(&page, "h1"), "Somebody New");
    for words in [CARL, "Role Client", "Seat None", "Invited by Olga Owner", "Two-step sign-in Off", "Joined"]
    {
        assert!(text.contains(words), "{words} in {text}");
    }
    // S2-09: with nothing ticked it is read-only.
    assert!(text.contains("Only what comes with the accounts they are given: view posts, and approve posts where that is asked of them."), "{text}");
    assert!(text.contains("Ready"), "{text}");
    assert!(page.contains(&format!("/members/{}\">Change access", scene.member)), "{page}");
    assert!(page.contains(&format!("/team/remove?member={}\">Remove<", scene.member)), "{page}");
}

/// S3-10, S2-06: what keeps somebody outside stands with the workspace.
#[test]
fn a_state_that_keeps_them_outside_is_told_in_words() {
    let mut scene = Scene::of("reporting");
    assert!(seen(&scene.shown()).contains("Nothing shared yet"));
    let workspace = scene.team.workspace();
    let access = json!({"access": {"resources": "all", "require_mfa": true}});
    scene.team.owner.patch(&format!("/v1/workspaces/{workspace}/members/{}", scene.member), &access).ok();
    let text = seen(&scene.shown());
    assert!(
        text.contains("Two-step sign-in missing") && text.contains("All campaigns, now and later"),
        "{text}"
    );
}

/// S1-14: a member is made an admin when that is needed; S1-04, S1-05: what follows is said before.
#[test]
fn another_role_is_given_with_what_follows_from_it_said_before() {
    let mut scene = Scene::of("team");
    let text = seen(&scene.shown());
    assert!(
        text.contains("Admin Everything in every workspace, with the settings and the team. Takes 1 seat."),
        "{text}"
    );
    let of_member = "Member In their workspaces, unless it was said otherwise there: compose posts,";
    assert!(text.contains(of_member), "{text}");
    let done = scene.change(&[("name", "Somebody New"), ("role", "admin")]);
    let page = followed(&mut scene.owner, &done);
    let text = seen(&page);
    assert!(text.contains("Somebody New is an admin now."), "{text}");
    assert!(text.contains("Role Admin Seat Takes one") && text.contains("Every workspace"), "{text}");
    assert_eq!(seats(&scene.team).0, 1);
    assert_eq!(audited(&scene.team, &scene.member).last().unwrap().0, "member.role_changed");
}

#[test]
fn a_refused_change_keeps_everything_that_was_typed() {
    let mut scene = Scene::of("team");
    plan(&scene.team, Some(0), "[]");
    let before = scene.team.world.state().database.borrow().dump();
    for (fields, status, words) in [
        ([("name", "Carl C"), ("role", "member")], 409, "Every seat is taken or reserved."),
        ([("name", ""), ("role", "member")], 422, "Write something here: it can't be empty."),
        ([("name", "www.evil.test"), ("role", "admin")], 422, "A name can't hold a web address."),
        ([("name", "Carl C"), ("role", "emperor")], 422, "Use one of owner, admin, member, client."),
        ([("name", "Carl C"), ("role", "owner")], 403, "The owner transfers the ownership."),
    ] {
        let refused = scene.change(&fields);
        check_page(&refused);
        assert_eq!(refused.status, status, "{fields:?}");
        let page = refused.text();
        assert!(seen(&page).contains(words), "{words} in {}", seen(&page));
        assert!(page.contains(&format!("value=\"{}\"", fields[0].1)), "{page}");
        let chosen = format!("value=\"{}\" autocomplete=\"off\" checked", fields[1].1);
        assert_eq!(page.contains(&chosen), ["member", "admin"].contains(&fields[1].1), "{page}");
    }
    assert_eq!(scene.team.world.state().database.borrow().dump(), before);
}

#[test]
fn nothing_changed_is_said_and_nothing_written() {
    let mut scene = Scene::of("team");
    let before = audited(&scene.team, &scene.member);
    let done = scene.change(&[("name", "Somebody New"), ("role", "client")]);
    assert!(seen(&followed(&mut scene.owner, &done)).contains("Nothing was changed."));
    assert_eq!(audited(&scene.team, &scene.member), before);
}

/// What is about oneself says you, and offers no more than one's name.
#[test]
fn ones_own_page_is_about_oneself() {
    let mut scene = Scene::of("publishing");
    let path = scene.path.clone();
    let page = scene.carl.get(&path);
    check_page(&page);
    let text = seen(&page.text());
    assert!(
        text.contains("Somebody New You") && text.contains("What this organization calls you."),
        "{text}"
    );
    for words in [
        "Change access",
        "Remove",
        "Make a password link",
        "Back to the list",
        "Role Client Seat None Joined Admin",
    ] {
        assert!(!text.contains(words), "{words} in {text}");
    }
    let done = scene.carl.submit(&path, &path, &[("name", "Carl Client")]);
    let text = seen(&followed(&mut scene.carl, &done));
    assert!(text.contains("You are called Carl Client here from now on."), "{text}");
    // Nobody gives themself a role, by whatever form.
    assert_eq!(scene.carl.submit(&path, &path, &[("role", "admin")]).status, 403);
}

#[test]
fn a_client_sees_nobody_else_and_a_foreigner_nobody() {
    let mut scene = Scene::of("publishing");
    let owner = scene.team.member("olga.owner@studio.test");
    let of_owner = page_of(&mut scene.team, &owner);
    assert_eq!(scene.carl.get(&of_owner).status, 403);
    let misspelt = scene.path.replace("/o/", "/o/x");
    assert_eq!(scene.owner.get(&misspelt).status, 404, "the slug is the organization's");
    scene.team.joined(MIA, "member");
    let mut other = elsewhere(&scene.team.world);
    let theirs = browsing(other.owner.clone());
    assert_eq!(theirs.clone().get(&scene.path).status, 404);
    let member = other.member(OSCAR);
    let mixed = scene.path.replace(&scene.member, &member);
    assert_eq!(theirs.clone().get(&mixed).status, 404, "a member of another organization than the slug's");
}

#[test]
fn the_only_owner_is_told_why_they_stay_it() {
    let mut scene = Scene::of("team");
    let owner = scene.team.member("olga.owner@studio.test");
    let path = page_of(&mut scene.team, &owner);
    let page = scene.owner.get(&path);
    check_page(&page);
    let text = seen(&page.text());
    assert!(text.contains("You are the only owner. Make someone else owner first."), "{text}");
    assert!(!page.text().contains("name=\"role\"") && !text.contains("Remove"), "{text}");
}

#[test]
fn an_admin_does_not_change_what_they_are_themself() {
    let mut scene = Scene::of("team");
    let mut adam = browsing(scene.team.joined(ADAM, "admin"));
    let member = scene.team.member(ADAM);
    let path = page_of(&mut scene.team, &member);
    let page = adam.get(&path);
    check_page(&page);
    assert!(seen(&page.text()).contains("Nobody changes their own role. Ask another admin."));
}

#[test]
fn the_owner_hands_the_organization_over_after_being_asked_once_more() {
    let mut scene = Scene::of("team");
    let mut adam = browsing(scene.team.joined(ADAM, "admin"));
    let member = scene.team.member(ADAM);
    let path = page_of(&mut scene.team, &member);
    assert!(scene.owner.get(&path).text().contains(">Make them the owner<"));
    assert!(!adam.get(&scene.path).text().contains("Make them the owner"));
    let ask = format!("{path}/owner");
    let question = scene.owner.get(&ask);
    check_page(&question);
    assert_eq!(text_of(&question.text(), "h1"), "Make Somebody New the owner?");
    assert!(seen(&question.text()).contains("You become an admin, which takes a seat."));
    assert_eq!(adam.get(&ask).status, 403, "only the owner's");
    let before = audited(&scene.team, &member).len();
    assert_eq!(audited(&scene.team, &member).len(), before, "asking does nothing");
    let done = scene.owner.submit(&ask, &ask, &[]);
    let text = seen(&followed(&mut scene.owner, &done));
    assert!(text.contains("Somebody New is the owner now. You are an admin."), "{text}");
    assert_eq!(scene.owner.get(&ask).status, 403, "who has given it away gives it no more");
}

/// Whoever found a browser that was left open doesn't take the organization over.
#[test]
fn an_owner_who_signed_in_a_while_ago_types_their_password_to_hand_it_over() {
    let mut scene = Scene::of("team");
    let ask = format!("{}/owner", scene.path);
    assert!(!scene.owner.get(&ask).text().contains("type=\"password\""), "they just did");
    scene.team.world.pass(std::time::Duration::from_mins(6));
    let question = scene.owner.get(&ask);
    check_page(&question);
    let text = seen(&question.text());
    assert!(text.contains("Your password") && text.contains("They are a client now."), "{text}");
    for (typed, status) in [("", 403), ("not this one at all", 401)] {
        let refused = scene.owner.submit(&ask, &ask, &[("password", typed)]);
        check_page(&refused);
        assert_eq!(refused.status, status, "{typed}");
        assert!(refused.text().contains("type=\"password\""), "it is asked again");
    }
    let done = scene.owner.submit(&ask, &ask, &[("password", PASSWORD)]);
    assert!(seen(&followed(&mut scene.owner, &done)).contains("is the owner now."));
}

#[test]
fn a_transfer_that_is_refused_says_why() {
    let mut scene = Scene::of("team");
    plan(&scene.team, Some(0), "[]");
    let ask = format!("{}/owner", scene.path);
    let refused = scene.owner.submit(&ask, &ask, &[]);
    check_page(&refused);
    assert_eq!(refused.status, 409);
    assert!(seen(&refused.text()).contains("Every seat is taken or reserved."), "{}", seen(&refused.text()));
}

/// S3-09: whoever was added without an e-mail is handed the link with which they come in.
#[test]
fn somebody_who_was_added_without_an_e_mail_gets_a_password_link_that_is_shown_once() {
    let mut scene = Scene::of("reporting");
    scene.team.add("nina.new@client.test", "client", json!({})).ok();
    let member = scene.team.member("nina.new@client.test");
    let path = page_of(&mut scene.team, &member);
    let page = scene.owner.get(&path);
    check_page(&page);
    assert!(seen(&page.text()).contains("Not yet: no password was set"));
    assert!(page.text().contains(">Make a password link<"));
    let ask = format!("{path}/password");
    check_page(&scene.owner.get(&ask));
    let made = scene.owner.submit(&ask, &ask, &[]);
    check_page(&made);
    let html = made.text();
    assert!(seen(&html).contains("Copy it now: you will not see it again."), "{}", seen(&html));
    assert!(html.contains("data-copy=\"url\""));
    let url =
        html.split("value=\"").find(|part| part.starts_with(ORIGIN)).unwrap().split('"').next().unwrap();
    let token = password_token_in(url);
    assert!(!scene.owner.get(&ask).text().contains(&token), "once");
    scene.team.world.client().set_password(&token).ok();
    assert!(!scene.owner.get(&path).text().contains("Make a password link"), "they have one");
    scene.team.world.pass(std::time::Duration::from_secs(1));
    let refused = scene.owner.submit(&ask, &ask, &[]);
    check_page(&refused);
    assert_eq!(refused.status, 409);
    assert!(seen(&refused.text()).contains("so they sign in by themselves"));
}

/// A reload of the answer, or a second press.
#[test]
fn a_password_link_that_is_asked_for_twice_is_made_once() {
    let mut scene = Scene::of("reporting");
    scene.team.add("nina.new@client.test", "client", json!({})).ok();
    let member = scene.team.member("nina.new@client.test");
    let path = page_of(&mut scene.team, &member);
    let ask = format!("{path}/password");
    let nonce = nonce_in(&scene.owner.get(&ask).text());
    let form = [("nonce", &*nonce)];
    assert_eq!(scene.owner.post_form(&ask, &form).status, 200);
    let again = scene.owner.post_form(&ask, &form);
    assert_eq!((again.status.as_u16(), again.header("location")), (303, Some(&*path)));
    assert!(seen(&scene.owner.get(&path).text()).contains("That link was made already, and shown once."));
    let copied = "SELECT count(*) FROM audit_events WHERE action = 'member.password_link_copied'";
    assert_eq!(scene.team.world.count(copied), 1);
    // Somebody else's page, loaded in the same second, has the same bytes.
    scene.team.add("nora.new@client.test", "client", json!({})).ok();
    let nora = scene.team.member("nora.new@client.test");
    let other = format!("{}/password", page_of(&mut scene.team, &nora));
    assert_eq!(scene.owner.post_form(&other, &form).status, 200);
    assert_eq!(scene.team.world.count(copied), 2);
}

#[test]
fn who_came_by_an_invitation_needs_no_password_link() {
    let mut scene = Scene::of("team");
    assert!(!scene.shown().contains("Make a password link"));
    let ask = format!("{}/password", scene.path);
    let path = scene.path.clone();
    let own = scene.carl.get(&format!("{path}/password"));
    assert_eq!(own.status, 403);
    assert_eq!(scene.owner.submit(&ask, &ask, &[]).status, 409);
}

#[test]
fn who_was_removed_can_be_invited_again_and_changed_no_more() {
    let mut scene = Scene::of("team");
    scene.team.owner.delete(&format!("/v1/members/{}", scene.member));
    let page = scene.shown();
    let text = seen(&page);
    assert!(text.contains("Invite again") && text.contains("Removed"), "{text}");
    assert!(!page.contains("name=\"role\"") && !page.contains("Change access"), "{page}");
    let late = scene.change_as_if_shown();
    assert_eq!(late.status, 409);
    check_page(&late);
}

impl Scene {
    /// Sends the form with another page's nonce, where the page has none any more.
    fn change_as_if_shown(&mut self) -> Answer {
        let slug = self.path.split('/').nth(2).unwrap().to_owned();
        let path = self.path.clone();
        self.owner.submit(&format!("/o/{slug}/workspaces"), &path, &[("name", "Carl"), ("role", "admin")])
    }
}

#[test]
fn the_workspaces_that_somebody_is_not_in_are_a_click_away() {
    let mut scene = Scene::of("publishing");
    let private = workspace(&scene.team, "Client One – Private");
    let page = scene.shown();
    assert!(page.contains(&format!("/w/{private}/add?member={}", scene.member)), "{page}");
    assert!(seen(&page).contains("Add to another workspace Client One – Private"));
    let ours = scene.team.workspace();
    assert!(ours == private || !page.contains(&format!("/w/{ours}/add")), "not to where they are");
}

/// Staff who invite clients see of somebody's workspaces those that they come into themselves.
#[test]
fn staff_see_only_the_workspaces_that_they_come_into() {
    let mut scene = Scene::of("reporting");
    let hidden = workspace(&scene.team, "Hidden");
    let shared = scene.team.owner.get(&scene.team.path("/workspaces")).ok().json()["data"][1]["id"].clone();
    let mut mia = browsing(scene.team.joined_with(MIA, "member", json!({"workspace_ids": [shared]})));
    let body = json!({"member_id": scene.member});
    scene.team.owner.post(&format!("/v1/workspaces/{hidden}/members"), &body).ok();
    let page = mia.get(&scene.path);
    check_page(&page);
    assert!(!page.text().contains("Hidden"), "{}", page.text());
    assert!(scene.shown().contains("Hidden"));
    assert!(
        !seen(&page.text()).contains("Two-step sign-in Off"),
        "whether they have one is the admins' to know"
    );
}

/// S2-09: what comes with somebody's accounts is part of what they may do, wherever that is told.
#[test]
fn what_comes_with_the_accounts_is_told_with_the_rest() {
    let mut scene = Scene::of("publishing");
    assert!(seen(&scene.shown()).contains("Only what comes with the accounts they are given: view posts, and approve posts where that is asked of them."));
    let workspace = scene.team.workspace();
    let account = resource(&scene.team, &workspace, "facebook");
    let access = json!({"access": {"permissions": ["posts.write.create"], "resources": [{"id": account, "approve": true}]}});
    scene.team.owner.patch(&format!("/v1/workspaces/{workspace}/members/{}", scene.member), &access).ok();
    let told = "Everything except: edit posts and delete posts.";
    assert!(seen(&scene.shown()).contains(told), "{}", seen(&scene.shown()));
    let access = seen(&scene.owner.get(&format!("/w/{workspace}/members/{}", scene.member)).ok().text());
    assert!(access.contains(&format!("Now: {told}")), "{access}");
    let own = seen(&scene.carl.get(&format!("/w/{workspace}")).ok().text());
    assert!(own.contains("View posts Approve posts Create posts"), "{own}");
}

/// S0-05: it is shown to staff, in the list and on the page, and changed and taken away there.
#[test]
fn what_only_staff_call_somebody_is_changed_on_their_page() {
    let mut scene = Scene::of("publishing");
    assert!(!seen(&scene.shown()).contains("The Bakery"));
    for (typed, said) in [("The Bakery", "Saved."), ("The Bakery", "Nothing was changed."), (" ", "Saved.")] {
        let answer = scene.change(&[("name", "Somebody New"), ("role", "client"), ("nickname", typed)]);
        let page = followed(&mut scene.owner, &answer);
        assert!(seen(&page).contains(said), "{typed}: {page}");
        assert_eq!(seen(&page).contains("The Bakery"), !typed.trim().is_empty());
        let slug = scene.path.split('/').nth(2).unwrap();
        let list = seen(&scene.owner.get(&format!("/o/{slug}/team?tab=clients")).ok().text());
        assert_eq!(list.contains("The Bakery"), !typed.trim().is_empty(), "{list}");
    }
    scene.change(&[("nickname", "The Bakery")]).ok();
    let path = scene.path.clone();
    let own = scene.carl.get(&path).ok().text();
    assert!(!own.contains("Bakery") && !own.contains("Nickname"), "{own}");
}

/// Nobody but those who run the organization learns whose address is not confirmed.
#[test]
fn that_an_address_is_not_confirmed_is_told_to_those_who_run_the_organization() {
    let mut scene = Scene::of("publishing");
    assert!(!seen(&scene.shown()).contains("Not confirmed"));
    let unconfirmed = format!("UPDATE users SET email_verified_at = NULL WHERE email = '{CARL}'");
    scene.team.world.state().database.borrow().change(&unconfirmed);
    assert!(seen(&scene.shown()).contains("Address Not confirmed"), "{}", seen(&scene.shown()));
    let mut mia = browsing(scene.team.joined(MIA, "member"));
    let page = mia.get(&scene.path);
    assert!(!seen(&page.text()).contains("Not confirmed"), "{}", page.text());
}

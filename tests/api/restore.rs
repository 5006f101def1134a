//! Undoing a removal: what comes back is what there was, for ten minutes, and as far as seats are free.

use std::time::Duration;

use serde_json::{Value, json};

use crate::plans::assert_all_served;
use crate::support::Answer;
use crate::support::client::{Client, Team};
use crate::support::scene::{audited, notified, place, plan, resource, seats};
use crate::{accept_signed_in, copied_token, refusal};

const MIA: &str = "mia.member@studio.test";
const ANA: &str = "ana@client.test";
const ADA: &str = "ada.admin@studio.test";
const BO: &str = "bo@client.test";
const TEN_MINUTES: Duration = Duration::from_mins(10);
const JUST_UNDER: Duration = Duration::from_millis(599_999);

fn restore(by: &mut Client, member: &str) -> Answer {
    by.post(&format!("/v1/members/{member}/restore"), &json!({}))
}

fn remove(team: &mut Team, members: &[&String], with_sent: bool) {
    let path = team.path("/members/remove");
    let body = json!({"member_ids": members, "revoke_their_invitations": with_sent});
    team.owner.post(&path, &body).ok();
}

/// Everything but what is logged, and when somebody was last seen.
fn stored(team: &Team) -> Vec<String> {
    let dump = team.world.state().database.borrow().dump();
    let logged = ["audit_events:", "sessions:", "mailbox:"];
    let lines = dump.lines().filter(|line| !logged.iter().any(|table| line.starts_with(table)));
    lines.map(str::to_owned).collect()
}

/// Asserts that this is all that there is.
#[track_caller]
fn assert_stored(team: &Team, before: &[String]) {
    let now = stored(team);
    let other: Vec<_> = now.iter().filter(|line| !before.contains(line)).collect();
    assert!(now == before, "{other:#?}");
}

/// A client with an access of their own in one workspace, and a member in another, each with an invitation that they sent.
fn scene() -> (Team, String, String) {
    let mut team = Team::of("client-links");
    team.owner.patch(&team.path(""), &json!({"policy": {"invites": {"member": ["client"]}}})).ok();
    let workspace = team.workspace();
    let account = resource(&team, &workspace, "facebook");
    let (away, _) = place(&team, "instagram");
    let access = json!({"access": {"permissions": ["posts.create"], "resources": [{"id": account, "approve": true}]},
                        "workspace_ids": [workspace]});
    team.joined_with(ANA, "client", access);
    let mut mia = team.joined_with(MIA, "member", json!({"workspace_ids": [workspace, away]}));
    let organization = team.organization.clone();
    mia.invite(&organization, BO, "client").ok();
    let (ana, mia) = (team.member(ANA), team.member(MIA));
    (team, ana, mia)
}

/// Role, workspaces, grants, seat, and the links of what they sent: not a value of a row is another than before.
#[test]
fn whoever_was_removed_comes_back_as_what_they_were() {
    let (mut team, ana, mia) = scene();
    team.world.deliver();
    let token = team.world.mailed_token(BO);
    let (before, held) = (stored(&team), seats(&team));
    remove(&mut team, &[&ana, &mia], true);
    assert_eq!(notified(&team, &ana), ["member.removed"]);
    assert!(stored(&team) != before);
    team.world.pass(JUST_UNDER);
    for id in [&ana, &mia] {
        let back = restore(&mut team.owner, id).ok();
        assert_eq!(back.status, 200);
        assert_eq!((back.str("/id"), back.str("/status")), (id.clone(), "active".to_owned()));
        assert_eq!(back.json()["takes_seat"], true);
    }
    assert_eq!(team.world.last_cost().d1, 2);
    assert_stored(&team, &before);
    assert_eq!(seats(&team), held);
    let owner = team.member("olga.owner@studio.test");
    let logged = ["member.removed", "member.restored"].map(|action| (action.to_owned(), owner.clone()));
    assert_eq!(audited(&team, &ana), logged);
    // The link in Bo's mail works as it did.
    team.world.client().accept(&token, "Bo Client").ok();
}

#[test]
fn what_they_do_here_they_do_again_at_once() {
    let mut team = Team::new();
    let mut mia = team.joined(MIA, "member");
    let id = team.member(MIA);
    remove(&mut team, &[&id], false);
    assert_eq!(mia.get(&team.path("/members")).refusal(), refusal(404, "not_found"));
    restore(&mut team.owner, &id).ok();
    assert_eq!(mia.get(&team.path("/members")).status, 200, "their session lived on");
}

#[test]
fn ten_minutes_later_it_is_too_late() {
    let mut team = Team::new();
    team.joined(MIA, "member");
    let mia = team.member(MIA);
    remove(&mut team, &[&mia], false);
    team.world.pass(TEN_MINUTES);
    let before = stored(&team);
    assert_eq!(restore(&mut team.owner, &mia).refusal(), refusal(409, "not_undoable"));
    assert_stored(&team, &before);
    assert_eq!(audited(&team, &mia).len(), 1);
}

#[test]
fn a_seat_must_be_free() {
    let mut team = Team::with_seats(1);
    team.joined(MIA, "member");
    let mia = team.member(MIA);
    remove(&mut team, &[&mia], false);
    let next = team.invited("next@studio.test", "member");
    assert_eq!(restore(&mut team.owner, &mia).refusal(), refusal(409, "seat_limit_reached"));
    assert_eq!(seats(&team), (0, 1));
    team.owner.post(&format!("/v1/invitations/{next}/revoke"), &json!({})).ok();
    let ended = json!({"key": "trial", "seat_limit": 5, "trial_ends_at": "2020-01-01T00:00:00Z"});
    team.world.operator().put(&team.path("/plan"), &ended).ok();
    assert_eq!(restore(&mut team.owner, &mia).refusal(), refusal(403, "trial_ended"));
    team.world.operator().put(&team.path("/plan"), &json!({"key": "small", "seat_limit": 1})).ok();
    restore(&mut team.owner, &mia).ok();
    assert_eq!(seats(&team), (1, 0));
}

/// What they had stays theirs whatever the plan has now (a lowered plan keeps everybody), but no seat is made for them.
#[test]
fn who_takes_no_seat_comes_back_whatever_the_plan() {
    let mut team = Team::new();
    team.joined(ANA, "client");
    let ana = team.member(ANA);
    remove(&mut team, &[&ana], false);
    plan(&team, Some(0), "[]");
    restore(&mut team.owner, &ana).ok();
}

#[test]
fn only_who_may_remove_them_puts_them_back_and_nobody_whoever_left() {
    let mut team = Team::new();
    let mut ada = team.joined(ADA, "admin");
    let mut mia = team.joined(MIA, "member");
    let mut ana = team.joined(ANA, "client");
    team.joined(BO, "admin");
    team.owner.patch(&team.path(""), &json!({"policy": {"invites": {"admin": ["client"]}}})).ok();
    let (ana_id, bo, mia_id) = (team.member(ANA), team.member(BO), team.member(MIA));
    remove(&mut team, &[&bo], false);
    assert_eq!(restore(&mut ada, &bo).refusal(), refusal(403, "forbidden"));
    assert_eq!(restore(&mut mia, &bo).refusal(), refusal(403, "forbidden"));
    ana.delete(&format!("/v1/members/{ana_id}"));
    for by in [&mut ada, &mut team.owner] {
        assert_eq!(restore(by, &ana_id).refusal(), refusal(409, "not_undoable"));
    }
    remove(&mut team, &[&mia_id], false);
    assert_eq!(restore(&mut mia, &mia_id).refusal(), refusal(404, "not_found"), "nor themself");
    let other = crate::another(&team.world);
    let mut stranger = other.owner;
    assert_eq!(restore(&mut stranger, &mia_id).refusal(), refusal(404, "not_found"));
    assert_eq!(
        restore(&mut team.owner, "mbr_01h455vb4pex5vsknk084sn02q").refusal(),
        refusal(404, "not_found")
    );
    restore(&mut team.owner, &bo).ok();
    assert_eq!(restore(&mut team.owner, &bo).refusal(), refusal(409, "not_undoable"), "they are in");
    let typed = team.owner.post(&format!("/v1/members/{bo}/restore"), &json!({"role": "owner"}));
    assert_eq!(typed.refusal(), refusal(422, "unknown_field"));
}

/// What happened since is not undone with it.
#[test]
fn whoever_was_invited_again_or_came_again_is_not_put_back() {
    let mut team = Team::new();
    let mut mia = team.joined(MIA, "member");
    let first = team.member(MIA);
    remove(&mut team, &[&first], false);
    team.world.pass(Duration::from_secs(1));
    let again = team.invited(MIA, "client");
    assert_eq!(restore(&mut team.owner, &first).refusal(), refusal(409, "already_invited"));
    let token = copied_token(&mut team.owner, &again);
    accept_signed_in(&mut mia, &token).ok();
    assert_eq!(restore(&mut team.owner, &first).refusal(), refusal(409, "not_undoable"));
    let second = team.member(MIA);
    team.world.pass(Duration::from_secs(1));
    remove(&mut team, &[&second], false);
    assert_eq!(
        restore(&mut team.owner, &first).refusal(),
        refusal(409, "not_undoable"),
        "only the last time"
    );
    assert_eq!(restore(&mut team.owner, &second).ok().str("/role"), "client");
}

/// S0-21: a link for many that went with whoever made it has the same address again, and is off if it was off.
#[test]
fn links_and_invitations_are_open_again_as_they_were() {
    let (mut team, _, mia) = scene();
    let body = json!({"kind": "link", "role": "client"});
    let admin = team.joined(ADA, "admin");
    let mut ada = admin;
    let links = [0, 1].map(|_| ada.post(&team.path("/invitations"), &body).ok().str("/id"));
    ada.post(&format!("/v1/invitations/{}/disable", links[1]), &json!({})).ok();
    let url = ada.post(&format!("/v1/invitations/{}/link", links[0]), &json!({})).ok().str("/url");
    // One that somebody else sent stays as it is whatever becomes of these.
    let theirs = team.invited("other@client.test", "client");
    team.owner.post(&format!("/v1/invitations/{theirs}/revoke"), &json!({})).ok();
    let ada = team.member(ADA);
    let before = stored(&team);
    remove(&mut team, &[&ada, &mia], true);
    let status =
        |team: &mut Team, id: &String| team.owner.get(&format!("/v1/invitations/{id}")).ok().str("/status");
    assert_eq!(status(&mut team, &links[0]), "revoked");
    restore(&mut team.owner, &ada).ok();
    assert_eq!(links.each_ref().map(|id| status(&mut team, id)), ["pending", "disabled"]);
    assert_eq!(status(&mut team, &theirs), "revoked");
    let bo = team
        .world
        .state()
        .database
        .borrow()
        .query("SELECT id FROM invitations WHERE email = 'bo@client.test'")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(status(&mut team, &bo), "revoked", "Mia is not back");
    restore(&mut team.owner, &mia).ok();
    assert_stored(&team, &before);
    let again = team.owner.post(&format!("/v1/invitations/{}/link", links[0]), &json!({})).ok().str("/url");
    assert_eq!(again.split('/').next_back().map(str::len), url.split('/').next_back().map(str::len));
    let page = team.world.client().get(&format!("/i/{}", url.rsplit('/').next().unwrap()));
    assert_eq!(page.status, 200);
    let owner = team.member("olga.owner@studio.test");
    assert_eq!(audited(&team, &bo).last(), Some(&("invitation.restored".to_owned(), owner)));
}

/// A mail that was on its way when its invitation was withdrawn, and was given up, goes out all the same.
#[test]
fn a_mail_that_was_given_up_is_sent() {
    for delivered_between in [false, true] {
        let (mut team, _, mia) = scene();
        remove(&mut team, &[&mia], true);
        if delivered_between {
            team.world.deliver();
        }
        restore(&mut team.owner, &mia).ok();
        team.world.pass(Duration::from_mins(1));
        team.world.tick();
        team.world.deliver();
        let to = |mail: &&Value| mail["to"] == BO;
        assert_eq!(team.world.mailbox().iter().filter(to).count(), 1, "{delivered_between}");
        assert_eq!(
            team.world.count(
                "SELECT count(*) FROM invitations WHERE email = 'bo@client.test' AND delivery = 'sent'"
            ),
            1
        );
    }
}

/// Nobody is told of a withdrawal that may still be undone; then they are, once.
#[test]
fn whoever_was_invited_hears_of_it_only_when_it_can_not_be_undone() {
    let told = |team: &Team| {
        let about =
            |mail: &&Value| mail["to"] == BO && mail["subject"].as_str().unwrap().contains("withdrawn");
        team.world.mailbox().iter().filter(about).count()
    };
    let wait = |team: &Team, time| {
        team.world.pass(time);
        team.world.tick();
        team.world.deliver();
    };
    for undone in [true, false] {
        let (mut team, _, mia) = scene();
        team.world.deliver();
        remove(&mut team, &[&mia], true);
        wait(&team, JUST_UNDER);
        assert_eq!(told(&team), 0);
        if undone {
            restore(&mut team.owner, &mia).ok();
        }
        wait(&team, Duration::from_millis(1));
        wait(&team, Duration::from_hours(1));
        assert_eq!(told(&team), usize::from(!undone));
    }
}

/// Nobody who was taken back by hand since, or is in now, is invited once more.
#[test]
fn what_happened_to_an_address_since_stays() {
    let (mut team, _, mia) = scene();
    remove(&mut team, &[&mia], true);
    team.add(BO, "client", json!({"notify": false})).ok();
    restore(&mut team.owner, &mia).ok();
    assert_eq!(team.world.count("SELECT count(*) FROM invitations WHERE outcome = 'open'"), 0);

    let (mut team, _, mia) = scene();
    remove(&mut team, &[&mia], true);
    team.invited(BO, "client");
    restore(&mut team.owner, &mia).ok();
    assert_eq!(team.world.count("SELECT count(*) FROM invitations WHERE outcome = 'open'"), 1);
}

/// As often as one likes, within one moment too.
#[test]
fn removing_and_putting_back_go_on_and_on() {
    let (mut team, ana, mia) = scene();
    team.world.deliver();
    let before = stored(&team);
    for _ in 0..4 {
        remove(&mut team, &[&ana, &mia], true);
        restore(&mut team.owner, &ana).ok();
        restore(&mut team.owner, &mia).ok();
        assert_stored(&team, &before);
    }
    assert_all_served(&team.world);
}

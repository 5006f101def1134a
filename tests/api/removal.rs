//! Removing members: one or several, with what goes with them and what stays.

use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::plans::assert_all_served;
use crate::support::Answer;
use crate::support::client::{Client, Team};
use crate::support::platform::Cost;
use crate::support::race::{Racer, race};
use crate::support::scene::{audited, notified, resource, seats};
use crate::{about, accept_signed_in, another, complaint, copied_token, refusal};

const MIA: &str = "mia.member@studio.test";
const ANA: &str = "ana@client.test";
const ADA: &str = "ada.admin@studio.test";

fn delete(by: &mut Client, member: &str) -> Answer {
    by.delete(&format!("/v1/members/{member}"))
}

fn remove_all(team: &mut Team, body: &Value) -> Vec<Value> {
    let path = team.path("/members/remove");
    team.owner.post(&path, body).ok().json()["data"].as_array().unwrap().clone()
}

/// Each row's outcome, or the code of why not.
fn outcomes(rows: &[Value]) -> Vec<&str> {
    rows.iter()
        .map(|row| row["problem"]["code"].as_str().unwrap_or_else(|| row["outcome"].as_str().unwrap()))
        .collect()
}

#[test]
fn removal_is_at_once_and_frees_the_seat() {
    let mut team = Team::with_seats(1);
    let mut mia = team.joined(MIA, "member");
    let (id, owner) = (team.member(MIA), team.member("olga.owner@studio.test"));
    assert_eq!(delete(&mut team.owner, &id).status, 204);
    assert_eq!(seats(&team), (0, 0));
    assert_eq!(audited(&team, &id), [("member.removed".to_owned(), owner)]);
    assert_eq!(notified(&team, &id), ["member.removed"]);
    assert_eq!(mia.get("/v1/me").status, 200, "the session lives on");
    assert_eq!(mia.get("/v1/me/workspaces").ok().json()["data"], json!([]), "and reaches nothing");
    assert_eq!(mia.get(&team.path("/members")).refusal(), refusal(404, "not_found"));
    team.joined("next@studio.test", "member");
}

#[test]
fn only_owner_and_admins_remove_and_anybody_may_leave() {
    let mut team = Team::of("reporting");
    let mut staff = team.joined(MIA, "member");
    let mut ana = team.joined(ANA, "client");
    let mut ada = team.joined(ADA, "admin");
    team.joined("carl@client.test", "client");
    let (mia_id, ana_id, carl) = (team.member(MIA), team.member(ANA), team.member("carl@client.test"));
    // Staff may invite clients here; removing them is not theirs all the same.
    assert_eq!(delete(&mut staff, &ana_id).refusal(), refusal(403, "forbidden"));
    let several = staff.post(&team.path("/members/remove"), &json!({"member_ids": [mia_id]}));
    assert_eq!(several.refusal(), refusal(403, "forbidden"));
    assert_eq!(delete(&mut ana, &carl).refusal(), refusal(403, "forbidden"));
    assert_eq!(delete(&mut ada, &carl).status, 204);
    assert_eq!(delete(&mut ana, &ana_id).status, 204);
    assert_eq!(audited(&team, &ana_id), [("member.removed".to_owned(), ana_id.clone())]);
    assert_eq!(notified(&team, &ana_id), [""; 0], "who leaves knows it");
    assert_eq!(delete(&mut staff, &mia_id).status, 204);
}

#[test]
fn an_admin_leaves_and_removes_admins_and_the_owner_never_goes() {
    let mut team = Team::new();
    let mut ada = team.joined(ADA, "admin");
    team.joined("second.admin@studio.test", "admin");
    let owner = team.member("olga.owner@studio.test");
    let (own, second) = (team.member(ADA), team.member("second.admin@studio.test"));
    assert_eq!(delete(&mut ada, &owner).refusal(), refusal(409, "last_owner"));
    assert_eq!(delete(&mut team.owner, &owner).refusal(), refusal(409, "last_owner"));
    assert_eq!(delete(&mut ada, &second).status, 204);
    assert_eq!(delete(&mut ada, &own).status, 204);
}

#[test]
fn somebody_who_was_removed_is_not_removed_again() {
    let mut team = Team::new();
    team.joined(MIA, "member");
    let mia = team.member(MIA);
    delete(&mut team.owner, &mia).ok();
    assert_eq!(delete(&mut team.owner, &mia).refusal(), refusal(409, "member_not_active"));
    assert_eq!(audited(&team, &mia).len(), 1);
}

#[test]
fn several_are_removed_in_one_request_each_with_an_answer_in_order() {
    let mut team = Team::new();
    team.joined(MIA, "member");
    team.joined(ANA, "client");
    team.joined("gone@client.test", "client");
    let mut other = another(&team.world);
    let foreign = other.member("oscar.owner@other.test");
    let (owner, mia, ana, gone) = (
        team.member("olga.owner@studio.test"),
        team.member(MIA),
        team.member(ANA),
        team.member("gone@client.test"),
    );
    delete(&mut team.owner, &gone).ok();
    let unknown = "mbr_01h455vb4pex5vsknk084sn02q";
    let asked = [&mia, &owner, unknown, &foreign, &gone, "nonsense", &ana, &mia];
    let rows = remove_all(&mut team, &json!({"member_ids": asked}));
    assert_eq!(
        outcomes(&rows),
        [
            "removed",
            "last_owner",
            "not_found",
            "not_found",
            "member_not_active",
            "not_found",
            "removed",
            "removed"
        ]
    );
    let named: Vec<_> = rows.iter().map(|row| row["member_id"].as_str().unwrap()).collect();
    assert_eq!(named, asked);
    assert_eq!(rows[1]["outcome"], "refused");
    assert_eq!(rows[1]["problem"]["status"], 409);
    assert!(rows[1]["problem"]["detail"].as_str().unwrap().ends_with('.'));
    for id in [&mia, &ana] {
        assert_eq!(audited(&team, id).len(), 1, "named twice, removed once");
    }
    assert_eq!(team.world.last_cost().d1, 2, "however many");
    assert_eq!(team.world.count("SELECT count(*) FROM members WHERE removed_at IS NULL"), 2);
}

#[test]
fn one_to_a_hundred_are_removed_at_a_time() {
    let mut team = Team::new();
    let path = team.path("/members/remove");
    let nobody = "mbr_01h455vb4pex5vsknk084sn02q";
    for ids in [vec![], vec![nobody; 101]] {
        let refused = team.owner.post(&path, &json!({"member_ids": ids}));
        assert_eq!(complaint(&refused), about(422, "invalid_value", "/member_ids"));
    }
    assert_eq!(remove_all(&mut team, &json!({"member_ids": vec![nobody; 100]})).len(), 100);
}

#[test]
fn an_old_link_does_not_let_somebody_back_in_and_a_new_invitation_does() {
    let mut team = Team::of("client-links");
    let link = team
        .owner
        .post(&team.path("/invitations"), &json!({"kind": "link", "role": "client"}))
        .ok()
        .str("/id");
    let token = copied_token(&mut team.owner, &link);
    let invitation = team.invited(ANA, "client");
    let mut ana = team.world.client();
    ana.join(ANA, "Ana Client").ok();
    let first = team.member(ANA);
    delete(&mut team.owner, &first).ok();
    assert_eq!(accept_signed_in(&mut ana, &token).refusal(), refusal(403, "access_removed"));
    let shown = team.owner.get(&format!("/v1/invitations/{invitation}")).ok().str("/status");
    assert_eq!(shown, "accepted", "what was accepted stays so");
    team.world.pass(std::time::Duration::from_secs(1));
    let again = team.invited(ANA, "client");
    let token = copied_token(&mut team.owner, &again);
    accept_signed_in(&mut ana, &token).ok();
    assert_ne!(team.member(ANA), first, "a new time in is a new member");
}

#[test]
fn what_is_open_to_their_address_goes_with_them_and_what_they_sent_if_that_is_asked() {
    let mut team = Team::new();
    let mut ada = team.joined(ADA, "admin");
    team.joined(MIA, "admin");
    let organization = team.organization.clone();
    let sent = ada.invite(&organization, "sent@client.test", "client").ok().str("/id");
    let link =
        ada.post(&team.path("/invitations"), &json!({"kind": "link", "role": "client"})).ok().str("/id");
    let settled = ada.invite(&organization, "settled@client.test", "client").ok().str("/id");
    ada.post(&format!("/v1/invitations/{settled}/revoke"), &json!({})).ok();
    let others = team.invited("others@client.test", "client");
    // An invitation to somebody who came in by another way meanwhile.
    let crossed = team.invited("crossed@client.test", "client");
    team.world.state().database.borrow().change(&format!(
        "UPDATE invitations SET email = '{ADA}', email_key = '{ADA}' WHERE id = '{crossed}'"
    ));
    let (ada_id, mia) = (team.member(ADA), team.member(MIA));
    let status =
        |team: &mut Team, id: &str| team.owner.get(&format!("/v1/invitations/{id}")).ok().str("/status");

    delete(&mut team.owner, &mia).ok();
    assert_eq!(status(&mut team, &sent), "pending", "somebody else's stay");
    let path = format!("/v1/members/{ada_id}?revoke_their_invitations=true");
    team.owner.delete(&path).ok();
    for id in [&sent, &link, &crossed] {
        assert_eq!(status(&mut team, id), "revoked");
        let owner = team.member("olga.owner@studio.test");
        assert_eq!(audited(&team, id).pop(), Some(("invitation.revoked".to_owned(), owner)));
    }
    assert_eq!(audited(&team, &settled).len(), 2, "created, and revoked once");
    assert_eq!(status(&mut team, &others), "pending");
    let events = team.world.state().database.borrow().query("SELECT id FROM audit_events");
    for event in events {
        assert!(event["id"].as_str().unwrap().parse::<usher::domain::ids::EventId>().is_ok(), "{event}");
    }
}

#[test]
fn what_they_sent_stays_open_unless_that_is_asked() {
    let mut team = Team::new();
    let mut ada = team.joined(ADA, "admin");
    let organization = team.organization.clone();
    let sent = ada.invite(&organization, "sent@studio.test", "member").ok().str("/id");
    let id = team.member(ADA);
    let rows = remove_all(&mut team, &json!({"member_ids": [id]}));
    assert_eq!(outcomes(&rows), ["removed"]);
    assert_eq!(team.owner.get(&format!("/v1/invitations/{sent}")).ok().str("/status"), "pending");
    assert_eq!(seats(&team), (0, 1));
}

#[test]
fn the_seats_that_their_invitations_reserved_are_free_at_once() {
    let mut team = Team::with_seats(3);
    let mut ada = team.joined(ADA, "admin");
    let organization = team.organization.clone();
    for number in 0..2 {
        ada.invite(&organization, &format!("m{number}@studio.test"), "member").ok();
    }
    assert_eq!(seats(&team), (1, 2));
    let id = team.member(ADA);
    remove_all(&mut team, &json!({"member_ids": [id], "revoke_their_invitations": true}));
    assert_eq!(seats(&team), (0, 0));
}

/// However many there are: in batches that D1 carries out in far less than its half minute, each of which reads what it withdraws
/// and not what was withdrawn before.
#[test]
#[allow(clippy::disallowed_methods, reason = "how long it takes is what is asked")]
fn five_thousand_invitations_go_with_their_inviter() {
    let mut team = Team::new();
    team.joined(ADA, "admin");
    let ada = team.member(ADA);
    team.world.state().database.borrow().change(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
         INSERT INTO invitations (id, organization_id, kind, role, email, email_key, locale, takes_seat, delivery,
                                  expires_at, created_at, invited_by)
         SELECT printf('inv_%026d', i), '{}', 'email', 'member', 'p' || i || '@x.test', 'p' || i || '@x.test', 'en', 1, 'none',
                {}, 0, '{ada}' FROM n",
        team.organization,
        (team.world.now().seconds() + 86_400) * 1000,
    ));
    let begun = std::time::Instant::now();
    team.owner.delete(&format!("/v1/members/{ada}?revoke_their_invitations=true")).ok();
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    assert_eq!(team.world.last_cost(), Cost { d1: 4, kv: 100 }, "who asks, and three batches");
    assert_eq!(
        team.world.count("SELECT count(*) FROM invitations WHERE outcome = 'revoked' AND ver = 2"),
        5000
    );
    let logged = "SELECT count(DISTINCT subject) FROM audit_events WHERE action = 'invitation.revoked'";
    assert_eq!(team.world.count(logged), 5000);
    assert_eq!(seats(&team), (0, 0));
    let owner = team.member("olga.owner@studio.test");
    let id = format!("inv_{:026}", 4999);
    assert_eq!(audited(&team, &id), [("invitation.revoked".to_owned(), owner)]);
}

#[test]
fn the_resources_they_connected_stay() {
    let mut team = Team::of("client-links");
    team.joined(ANA, "client");
    let (ana, first) = (team.member(ANA), team.workspace());
    let page = resource(&team, &first, "facebook");
    team.world
        .state()
        .database
        .borrow()
        .change(&format!("UPDATE resources SET connected_by = '{ana}' WHERE id = '{page}'"));
    delete(&mut team.owner, &ana).ok();
    let here = format!(
        "SELECT count(*) FROM resources WHERE id = '{page}' AND deleted_at IS NULL AND connected_by = '{ana}'"
    );
    assert_eq!(team.world.count(&here), 1);
}

#[test]
fn every_statement_of_a_removal_is_served_by_an_index() {
    let mut team = Team::new();
    team.joined(MIA, "member");
    let mia = team.member(MIA);
    remove_all(&mut team, &json!({"member_ids": [mia], "revoke_their_invitations": true}));
    assert_all_served(&team.world);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// However the owner's and the admins' requests come in between each other: exactly one owner, each person removed
    /// once, and the counters are what the rows say.
    #[test]
    fn however_removals_and_transfers_race_there_is_one_owner(
        wanted in proptest::collection::vec((0..3_usize, 0..4_usize, 0..4_usize), 2..6),
        schedule in proptest::collection::vec(0..6_usize, 0..30),
    ) {
        let mut team = Team::new();
        let people = [ADA, MIA];
        let callers = [vec![team.owner.clone()], people.map(|email| team.joined(email, "admin")).to_vec()].concat();
        let members = ["olga.owner@studio.test", ADA, MIA].map(|email| team.member(email));
        let racers = wanted.iter().map(|(by, what, on)| {
            let (by, on) = (&callers[*by], &members[*on % 3]);
            match what {
                0 => Racer::new(by, &Method::POST, &team.path("/owner"), &json!({"member_id": on})),
                1 => Racer::new(by, &Method::DELETE, &format!("/v1/members/{on}"), &Value::Null),
                2 => Racer::new(by, &Method::POST, &team.path("/members/remove"), &json!({"member_ids": members})),
                _ => Racer::new(by, &Method::PATCH, &format!("/v1/members/{on}"), &json!({"role": "client"})),
            }
        });
        let answers = race(&team.world, racers.collect(), &schedule);
        for answer in &answers {
            prop_assert!(answer.status.as_u16() < 500, "{}", answer.text());
        }
        let count = |sql: &str| team.world.count(sql);
        prop_assert_eq!(count("SELECT count(*) FROM members WHERE role = 'owner' AND removed_at IS NULL"), 1);
        prop_assert_eq!(
            count("SELECT count(*) FROM members WHERE removed_at IS NOT NULL"),
            count("SELECT count(*) FROM audit_events WHERE action = 'member.removed'")
        );
        prop_assert_eq!(
            count("SELECT seats_used FROM organizations"),
            count("SELECT count(*) FROM members WHERE holds_seat = 1")
        );
        prop_assert_eq!(
            count("SELECT count(*) FROM members WHERE removed_at IS NULL AND takes_seat <> (role IN ('admin', 'member'))"), 0
        );
    }
}

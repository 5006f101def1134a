//! What a day allows: invitations of one organization, and mails to one address. Whoever comes too late is told when to come
//! again, and nothing that is there is harmed.

use std::time::Duration;

use http::Method;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::bulk::{client, job, made, outcomes, send};
use crate::support::World;
use crate::support::client::{Answer, Client, PASSWORD, Team};
use crate::support::race::{Racer, race};
use crate::{another, preview, refusal};

const ANA: &str = "ana@client.test";
/// The worlds begin two hours before midnight.
const TO_MIDNIGHT: &str = "7200";

/// A team that may still invite so many today, and mail each address so often, as all senders together may.
fn team_with(invitations: u32, mails: u32) -> Team {
    team_with_share(invitations, mails, mails)
}

/// The same, where each sender mails an address no oftener than so.
fn team_with_share(invitations: u32, mails: u32, share: u32) -> Team {
    // One was the owner's own.
    let [invitations, mails, share] = [invitations + 1, mails, share].map(|number| number.to_string());
    let settings = [
        ("INVITATIONS_PER_DAY", invitations.as_str()),
        ("MAILS_PER_ADDRESS", mails.as_str()),
        ("MAILS_PER_SENDER", share.as_str()),
    ];
    Team::in_world(World::with_settings(&settings))
}

fn invite(team: &mut Team, email: &str) -> Answer {
    team.owner.invite(&team.organization.clone(), email, "client")
}

#[track_caller]
fn assert_enough(answer: &Answer) {
    assert_eq!(answer.refusal(), refusal(429, "daily_limit"));
    assert_eq!(answer.header("retry-after"), Some(TO_MIDNIGHT));
}

fn dump(team: &Team) -> String {
    team.world.state().database.borrow().dump()
}

#[test]
fn an_organization_invites_as_many_as_a_day_allows_and_more_the_next() {
    let mut team = team_with(2, 9);
    let mut other = another(&team.world);
    invite(&mut team, ANA).ok();
    team.owner.post(&team.path("/invitations"), &json!({"kind": "link", "role": "client"})).ok();
    let before = dump(&team);
    assert_enough(&invite(&mut team, "more@client.test"));
    let link = team.owner.post(&team.path("/invitations"), &json!({"kind": "link", "role": "client"}));
    assert_enough(&link);
    let quiet = json!({"kind": "email", "role": "client", "email": "quiet@client.test", "send_email": false});
    assert_enough(&team.owner.post(&team.path("/invitations"), &quiet));
    assert_eq!(dump(&team), before, "nothing is written");
    invite(&mut other, "theirs@client.test").ok();
    team.world.pass(Duration::from_hours(2));
    invite(&mut team, "more@client.test").ok();
}

/// Whoever is mailed by many is told to none of them: one answer for both counts.
#[test]
fn one_address_gets_so_many_mails_a_day_from_all_organizations_and_nobody_is_told_which() {
    let mut team = team_with(2, 2);
    let mut other = another(&team.world);
    let third = team.world.operator().create_organization("Third Studio", "theo.owner@third.test");
    let mut theo = team.world.client();
    theo.join("theo.owner@third.test", "Theo Owner").ok();
    invite(&mut team, "Ana@Client.test").ok();
    invite(&mut other, ANA).ok();
    let told = |answer: Answer| {
        assert_enough(&answer);
        let mut told = answer.json();
        told["request_id"] = Value::Null;
        told
    };
    let by_address = told(theo.invite(&third, ANA, "client"));
    theo.invite(&third, "somebody.else@client.test", "client").ok();
    invite(&mut team, "second@client.test").ok();
    let by_organization = told(invite(&mut team, "third@client.test"));
    assert_eq!(by_address, by_organization);
    // Without a mail the address is not troubled.
    let quiet = json!({"kind": "email", "role": "client", "email": ANA, "send_email": false});
    theo.post(&format!("/v1/organizations/{third}/invitations"), &quiet).ok();
}

#[test]
fn sending_again_counts_and_when_it_is_refused_the_invitation_and_its_link_stay() {
    let mut team = team_with(9, 3);
    let id = invite(&mut team, ANA).ok().str("/id");
    let resend = |team: &mut Team| team.owner.post(&format!("/v1/invitations/{id}/resend"), &json!({}));
    resend(&mut team).ok();
    resend(&mut team).ok();
    team.world.deliver();
    let token = team.world.mailed_token(ANA);
    let before = dump(&team);
    assert_enough(&resend(&mut team));
    assert_eq!(dump(&team), before);
    assert_eq!(preview(&mut team.world.client(), &token).ok().str("/status"), "pending");
    team.world.pass(Duration::from_hours(2));
    resend(&mut team).ok();
}

#[test]
fn what_is_withdrawn_again_mails_an_address_no_oftener() {
    let mut team = team_with(100, 4);
    for _ in 0..4 {
        let answer = invite(&mut team, ANA);
        if answer.status == 429 {
            break;
        }
        let id = answer.ok().str("/id");
        team.world.deliver();
        team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok();
        team.world.tick();
        team.world.deliver();
    }
    assert_enough(&invite(&mut team, ANA));
    let to_ana = team.world.mailbox().into_iter().filter(|mail| mail["to"] == ANA).count();
    assert_eq!(to_ana, 4, "two invitations, and that they were withdrawn");
}

#[test]
fn another_address_or_role_of_an_invitation_and_a_mail_to_who_is_added_count_too() {
    let mut team = team_with(9, 1);
    invite(&mut team, ANA).ok();
    let id = invite(&mut team, "other@client.test").ok().str("/id");
    let path = format!("/v1/invitations/{id}");
    let mut theirs = another(&team.world);
    let before = dump(&team);
    assert_enough(&team.owner.patch(&path, &json!({"role": "member"})));
    let taken =
        theirs.owner.invite(&theirs.organization.clone(), "new@client.test", "client").ok().str("/id");
    let moved = theirs.owner.patch(&format!("/v1/invitations/{taken}"), &json!({"email": ANA}));
    assert_enough(&moved);
    assert_enough(&theirs.add(ANA, "client", json!({"notify": true})));
    team.owner.patch(&path, &json!({"nickname": "No mail"})).ok();
    theirs.add(ANA, "client", json!({"notify": false})).ok();
    assert_ne!(dump(&team), before);
    // One that goes to nobody by mail may become anything.
    let quiet = json!({"kind": "email", "role": "client", "email": "quiet@client.test", "send_email": false});
    let quiet = team.owner.post(&team.path("/invitations"), &quiet).ok().str("/id");
    for role in ["member", "client"] {
        team.owner.patch(&format!("/v1/invitations/{quiet}"), &json!({"role": role})).ok();
    }
}

/// Row by row, in their order, as if each were invited after the one before.
#[test]
fn of_many_rows_those_are_made_that_the_day_allows() {
    let mut team = team_with(5, 1);
    let mut other = another(&team.world);
    invite(&mut other, ANA).ok();
    invite(&mut team, "first@client.test").ok();
    let mut rows = vec![client(ANA), client("p0@client.test"), client("p0@client.test")];
    rows.extend((1..5).map(|number| client(&format!("p{number}@client.test"))));
    rows.push(client("p4@client.test"));
    let rows = Value::from(rows);
    let foreseen = outcomes(&send(&mut team.owner, &team.organization, &rows, true).ok().json());
    let expected =
        ["daily_limit", "would_create", "already_invited", "would_create", "would_create", "would_create"];
    assert_eq!(foreseen[..6], expected);
    assert_eq!(foreseen[6..], ["daily_limit", "daily_limit"]);
    let became: Vec<_> = foreseen.iter().map(|told| told.replace("would_create", "created")).collect();
    assert_eq!(outcomes(&made(&mut team, &rows)), became);
    // The job's mails count as others do.
    let again = made(&mut other, &json!([client("p1@client.test")]));
    assert_eq!(outcomes(&again), ["daily_limit"]);
}

#[test]
fn a_thousand_rows_are_within_the_usual_day() {
    let mut team = Team::new();
    let rows: Value = (0..1000).map(|number| client(&format!("p{number}@client.test"))).collect();
    let id = send(&mut team.owner, &team.organization, &rows, false).ok().str("/job_id");
    team.world.deliver();
    let outcomes = outcomes(&job(&mut team.owner, &id));
    assert_eq!(
        (outcomes.len(), outcomes.iter().filter(|outcome| *outcome == "created").count()),
        (1000, 1000)
    );
    assert_eq!(team.world.count("SELECT sum(count) FROM daily_counts WHERE whose LIKE 'p%'"), 1000);
}

#[test]
fn a_refusal_for_the_day_costs_no_more_than_another() {
    let mut team = team_with(1, 9);
    invite(&mut team, ANA).ok();
    let served = team.world.last_cost();
    assert_enough(&invite(&mut team, "more@client.test"));
    assert_eq!(team.world.last_cost(), served);
}

#[test]
fn the_tick_forgets_what_was_counted_on_earlier_days() {
    let mut team = team_with(9, 9);
    invite(&mut team, ANA).ok();
    team.world.tick();
    assert_eq!(
        team.world.count("SELECT count(*) FROM daily_counts"),
        5,
        "the team, its owner and the client, and what the team sent to each of them"
    );
    team.world.pass(Duration::from_hours(2));
    team.world.tick();
    assert_eq!(team.world.count("SELECT count(*) FROM daily_counts"), 0);
}

/// One organization uses up its own share of an address's day, and the others find theirs.
#[test]
fn no_organization_keeps_another_from_mailing_an_address() {
    let mut team = team_with_share(99, 5, 2);
    let mut other = another(&team.world);
    let id = invite(&mut team, ANA).ok().str("/id");
    let resend = |team: &mut Team| team.owner.post(&format!("/v1/invitations/{id}/resend"), &json!({}));
    resend(&mut team).ok();
    assert_enough(&resend(&mut team));
    // By whatever way, and for many at once.
    let elsewhere = invite(&mut team, "else@client.test").ok().str("/id");
    team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok();
    let moved = json!({"email": ANA, "role": "member"});
    assert_enough(&team.owner.patch(&format!("/v1/invitations/{elsewhere}"), &moved));
    assert_enough(&invite(&mut team, ANA));
    assert_enough(&team.add(ANA, "client", json!({"notify": true})));
    assert_eq!(outcomes(&made(&mut team, &json!([client(ANA)]))), ["daily_limit"]);
    // What others sent is no matter of theirs, nor the other way round.
    invite(&mut other, ANA).ok();
    team.world.pass(Duration::from_hours(2));
    invite(&mut team, ANA).ok();
}

/// Adding makes a row and an account as much as inviting does, told by mail or not.
#[test]
fn who_is_added_at_once_counts_with_those_who_are_invited() {
    let mut team = team_with(3, 9);
    team.add("one@client.test", "client", json!({"notify": false})).ok();
    team.add("two@client.test", "client", json!({"notify": true})).ok();
    invite(&mut team, "three@client.test").ok();
    let before = dump(&team);
    assert_enough(&team.add("four@client.test", "client", json!({"notify": false})));
    assert_enough(&team.add("four@client.test", "client", json!({"notify": true})));
    assert_enough(&invite(&mut team, "four@client.test"));
    assert_eq!(dump(&team), before, "nothing is written");
    team.world.pass(Duration::from_hours(2));
    team.add("four@client.test", "client", json!({"notify": false})).ok();
}

/// The new address of a change is one that somebody typed, so its mail counts with those of invitations; the old one's doesn't.
#[test]
fn mails_that_ask_whether_an_address_is_to_be_somebodys_count_with_it() {
    let mut team = team_with_share(99, 3, 2);
    let mut other = another(&team.world);
    let change = |by: &mut Client, email: &str| {
        by.post("/v1/me/email", &json!({"email": email, "password": PASSWORD}))
    };
    for _ in 0..2 {
        change(&mut team.owner, ANA).ok();
    }
    let before = dump(&team);
    let refused = change(&mut team.owner, ANA);
    assert_enough(&refused);
    assert!(refused.text().contains("This address was sent as much mail"), "{}", refused.text());
    assert_eq!(dump(&team), before, "what was begun before is still open");
    // Nobody is kept from another address, and the account's own mailbox is not troubled less.
    change(&mut team.owner, "olga@new.test").ok();
    invite(&mut other, ANA).ok();
    assert_enough(&invite(&mut team, ANA));
    assert_enough(&change(&mut other.owner, ANA));
}

/// A link for a forgotten password is not kept from anybody by what others mail them, nor an invitation by such links.
#[test]
fn links_for_forgotten_passwords_are_counted_by_themselves() {
    let mut team = team_with(99, 2);
    team.joined(ANA, "client");
    let mut other = another(&team.world);
    let id = invite(&mut other, ANA).ok().str("/id");
    assert_enough(&other.owner.post(&format!("/v1/invitations/{id}/resend"), &json!({})));
    team.world.client().post("/v1/password-resets", &json!({"email": ANA})).ok();
    team.world.deliver();
    let subjects: Vec<_> = team.world.mailbox().iter().map(|mail| mail["subject"].to_string()).collect();
    assert!(subjects.iter().any(|subject| subject.contains("Reset your password")), "{subjects:?}");
    let counted = "SELECT count FROM daily_counts WHERE whose = 'ana@client.test'";
    assert_eq!(team.world.count(counted), 2);
}

/// However requests interleave, a day allows no more than it allows, and no less.
#[test]
fn no_interleaving_invites_more_than_a_day_allows() {
    let plan = (
        1_u32..5,
        1_u32..4,
        1_u32..3,
        prop::collection::vec((any::<bool>(), any::<bool>(), 0_usize..3), 2..7),
        prop::collection::vec(0_usize..8, 0..60),
    );
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&plan, |(invitations, mails, share, asked, schedule)| {
            let team = team_with_share(invitations, mails, share);
            let other = another(&team.world);
            let racers = asked.iter().map(|(ours, at_once, address)| {
                let by = if *ours { &team } else { &other };
                let email = format!("p{address}@client.test");
                let (path, body) = if *at_once {
                    let who = json!({"email": email, "name": "Petra", "role": "client", "notify": address % 2 == 0});
                    (by.path("/members"), who)
                } else {
                    (by.path("/invitations"), json!({"kind": "email", "role": "client", "email": email}))
                };
                Racer::new(&by.owner, &Method::POST, &path, &body)
            });
            let answers = race(&team.world, racers.collect(), &schedule);
            for (of, ours) in [(&team, true), (&other, false)] {
                let made = asked
                    .iter()
                    .zip(&answers)
                    .filter(|((whose, ..), answer)| *whose == ours && answer.status == 201);
                let counted =
                    format!("SELECT count - 1 FROM daily_counts WHERE whose = '{}'", of.organization);
                let made = i64::try_from(made.count()).unwrap();
                prop_assert!(made <= i64::from(invitations));
                prop_assert_eq!(made, team.world.count(&counted), "what was made was counted");
            }
            for answer in &answers {
                let (status, code) = answer.refusal();
                prop_assert!(
                    [(201, ""), (409, "already_invited"), (409, "already_member"), (429, "daily_limit")]
                        .contains(&(status, code.as_str()))
                );
            }
            let most =
                team.world.count("SELECT coalesce(max(count), 0) FROM daily_counts WHERE whose LIKE 'p%'");
            prop_assert!(most <= i64::from(mails));
            let of_one = "SELECT coalesce(max(count), 0) FROM daily_counts WHERE whose LIKE 'org_% p%'";
            prop_assert!(team.world.count(of_one) <= i64::from(share));
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

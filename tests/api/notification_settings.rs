//! What people want to be told of, and how: what they choose counts wherever somebody is told, and what nobody may choose is told
//! all the same.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use usher::store::notification_choices::EVENTS;

use crate::support::World;
use crate::support::client::{Answer, Client, Team};
use crate::{another, complaint, copied_token, decline, refusal};

const PATH: &str = "/v1/me/notification-settings";
const MIA: &str = "mia.member@studio.test";
const OLGA: &str = "olga.owner@studio.test";

/// Chooses these in the team's organization.
fn choose(team: &mut Team, events: &Value) -> Answer {
    let body = json!({"organization_id": team.organization, "events": events});
    team.owner.patch(PATH, &body)
}

/// One event of the only organization's settings.
fn told(person: &mut Client, kind: &str) -> Value {
    let settings = person.get(PATH).ok().json();
    let events = settings["data"][0]["events"].as_array().unwrap().clone();
    events.into_iter().find(|event| event["kind"] == kind).unwrap()
}

/// The kinds of what somebody is told in the app, newest first.
fn in_app(person: &mut Client) -> Vec<String> {
    let rows = person.get("/v1/me/notifications").ok().json()["data"].as_array().unwrap().clone();
    rows.iter().map(|row| row["kind"].as_str().unwrap().to_owned()).collect()
}

/// The subjects of Olga's mails, but for her own invitation.
fn mailed(world: &World) -> Vec<String> {
    let mails = world.mailbox().into_iter().filter(|mail| mail["to"] == OLGA).skip(1);
    mails.map(|mail| mail["subject"].as_str().unwrap().to_owned()).collect()
}

/// Mia's link does not work any more, and she asks for a new one.
fn asked(team: &mut Team) -> String {
    let invitation = team.invited(MIA, "member");
    let token = copied_token(&mut team.owner, &invitation);
    decline(&mut team.world.client(), &token).ok();
    team.world.client().submit("/sign-in", &format!("/i/{token}/ask"), &[]).ok();
    team.world.deliver();
    invitation
}

#[test]
fn whoever_chose_nothing_is_told_as_usual() {
    let mut team = Team::new();
    let settings = team.owner.get(PATH).ok().json();
    assert_eq!(settings["next_cursor"], Value::Null);
    assert_eq!(
        settings["data"][0],
        json!({
            "organization": {"id": team.organization, "name": "Example Studio"},
            "events": [
                {"kind": "invitation.accepted", "in_app": true, "by_email": false},
                {"kind": "invitation.declined", "in_app": true, "by_email": false},
                {"kind": "invitation.undelivered", "in_app": true, "by_email": true},
                {"kind": "invitation.no_seat", "in_app": true, "by_email": true},
                {"kind": "invitation.asked", "in_app": true, "by_email": true},
                {"kind": "access.asked", "in_app": true, "by_email": true},
                {"kind": "invitation.ending", "in_app": true, "by_email": true},
                {"kind": "bulk.finished", "in_app": true, "by_email": null},
                {"kind": "webhook.disabled", "in_app": true, "by_email": true},
            ],
        })
    );
    asked(&mut team);
    assert_eq!(in_app(&mut team.owner), ["invitation.asked", "invitation.declined"]);
    assert_eq!(mailed(&team.world), [format!("{MIA} asks for a new invitation")]);
}

#[test]
fn what_is_not_wanted_by_email_is_told_in_the_app_alone_and_the_other_way_round() {
    let mut team = Team::new();
    let events = json!([
        {"kind": "invitation.asked", "by_email": false}, {"kind": "invitation.declined", "in_app": false, "by_email": true},
    ]);
    let settings = choose(&mut team, &events).ok().json();
    assert_eq!(settings["organization"]["id"], team.organization);
    assert_eq!(told(&mut team.owner, "invitation.asked")["by_email"], false);
    assert_eq!(
        told(&mut team.owner, "invitation.declined"),
        json!({"kind": "invitation.declined", "in_app": false, "by_email": true})
    );
    asked(&mut team);
    assert_eq!(in_app(&mut team.owner), ["invitation.asked"]);
    assert_eq!(mailed(&team.world), [format!("{MIA} declined your invitation")]);
    // What is not in the app is not unread there either.
    let slug = team.owner.get(&team.path("")).ok().str("/slug");
    let page = team.owner.get(&format!("/o/{slug}/team")).ok().text();
    assert!(page.contains("status good\">1<"), "{page}");
    assert_eq!(
        team.owner.get("/v1/me/notifications?unread=true").ok().json()["data"].as_array().unwrap().len(),
        1
    );
    team.owner.post("/v1/me/notifications/read", &json!({})).ok();
    let unread = "SELECT count(*) FROM notifications WHERE read_at IS NULL";
    assert_eq!(team.world.count(unread), 1, "nobody has seen what is not shown");
}

#[test]
fn what_is_wanted_neither_way_is_noted_all_the_same_so_that_nobody_is_asked_twice() {
    let mut team = Team::new();
    choose(&mut team, &json!([{"kind": "invitation.asked", "in_app": false, "by_email": false}])).ok();
    let invitation = asked(&mut team);
    assert_eq!(
        (in_app(&mut team.owner), mailed(&team.world)),
        (vec!["invitation.declined".to_owned()], vec![])
    );
    let noted =
        format!("SELECT count(*) FROM invitations WHERE id = '{invitation}' AND asked_at IS NOT NULL");
    assert_eq!(team.world.count(&noted), 1);
}

/// Whoever asks from another address is told that they were heard, whatever the inviter wants to be mailed.
#[test]
fn whoever_asks_is_heard_once_a_day_whatever_the_inviter_chose() {
    let mut team = Team::new();
    let mut oscar = another(&team.world).owner;
    choose(&mut team, &json!([{"kind": "invitation.asked", "by_email": false}])).ok();
    let invitation = team.invited(MIA, "member");
    let token = copied_token(&mut team.owner, &invitation);
    let page = format!("/i/{token}");
    let mut ask = || {
        oscar.submit(&page, &format!("/i/{token}/ask"), &[("own", "1")]);
        oscar.get(&page).text()
    };
    let (first, second) = (ask(), ask());
    assert!(first.contains("Your request was passed on") && !second.contains("Your request was passed on"));
    assert_eq!(in_app(&mut team.owner), ["invitation.asked"]);
}

#[test]
fn somebody_who_joins_is_mailed_of_only_where_that_is_wanted() {
    for wanted in [false, true] {
        let mut team = Team::new();
        choose(&mut team, &json!([{"kind": "invitation.accepted", "by_email": wanted}])).ok();
        team.invited(MIA, "member");
        team.world.client().join(MIA, "Mia Member").ok();
        // By a link that they copied, with an account that they have.
        let mut ana = another(&team.world).joined("ana@client.test", "client");
        let invitation = team.invited("ana@client.test", "client");
        let token = copied_token(&mut team.owner, &invitation);
        crate::accept_signed_in(&mut ana, &token).ok();
        team.world.deliver();
        let expected = [MIA, "ana@client.test"].map(|who| format!("{who} accepted your invitation"));
        assert_eq!(mailed(&team.world), if wanted { expected.to_vec() } else { vec![] });
        assert_eq!(in_app(&mut team.owner).len(), 2);
    }
}

/// What the tick tells follows the choice too.
#[test]
fn a_mail_that_the_tick_finds_due_is_not_sent_to_whoever_wants_none() {
    let mut team = Team::new();
    choose(&mut team, &json!([{"kind": "invitation.ending", "by_email": false}])).ok();
    team.invited(MIA, "member");
    team.world.deliver();
    for _ in 0..2 {
        team.world.pass(Duration::from_hours(24 * 3));
        team.world.tick();
        team.world.deliver();
    }
    assert_eq!(in_app(&mut team.owner), ["invitation.ending"]);
    assert_eq!(mailed(&team.world), [""; 0]);
}

#[test]
fn a_choice_is_for_one_organization_and_one_person() {
    let mut team = Team::new();
    let mut other = another(&team.world);
    team.add("oscar.owner@other.test", "admin", json!({"notify": false})).ok();
    let body =
        json!({"organization_id": team.organization, "events": [{"kind": "access.asked", "in_app": false}]});
    other.owner.patch(PATH, &body).ok();
    let settings = other.owner.get(PATH).ok().json()["data"].as_array().unwrap().clone();
    let of = |organization: &str| {
        let there = settings.iter().find(|there| there["organization"]["id"] == organization).unwrap();
        there["events"][5]["in_app"].clone()
    };
    assert_eq!((of(&team.organization), of(&other.organization)), (json!(false), json!(true)));
    assert_eq!(told(&mut team.owner, "access.asked")["in_app"], true);
    // A page at a time.
    let first = other.owner.get(&format!("{PATH}?limit=1")).ok().json();
    let second =
        other.owner.get(&format!("{PATH}?limit=1&cursor={}", first["next_cursor"].as_str().unwrap()));
    assert_ne!(first["data"][0]["organization"], second.ok().json()["data"][0]["organization"]);
    // Somebody who was removed has nothing to choose there any more.
    let member = team.member("oscar.owner@other.test");
    team.owner.delete(&format!("/v1/members/{member}"));
    assert_eq!(other.owner.patch(PATH, &body).refusal(), refusal(404, "not_found"));
}

#[test]
fn what_can_not_be_chosen_is_refused_with_its_place_and_nothing_is_kept() {
    let mut team = Team::new();
    for (events, code, pointer) in [
        (json!([{"kind": "member.removed", "in_app": false}]), "invalid_value", "/events/0/kind"),
        (json!([{"kind": "new_sign_in", "by_email": false}]), "invalid_value", "/events/0/kind"),
        (json!([{"kind": "bulk.finished", "by_email": true}]), "invalid_value", "/events/0/by_email"),
        (
            json!([{"kind": "access.asked", "in_app": false}, {"kind": "access.asked", "in_app": true}]),
            "invalid_value",
            "/events/1/kind",
        ),
        (json!([{"kind": "access.asked", "in_app": "no"}]), "invalid_type", "/events/0/in_app"),
        (json!([{"kind": "access.asked", "webhook": true}]), "unknown_field", "/events/0/webhook"),
        (json!([{"in_app": true}]), "required", "/events/0/kind"),
    ] {
        let answer = choose(&mut team, &events);
        let (_, _, fields) = complaint(&answer);
        assert_eq!(fields, [(pointer.to_owned(), code.to_owned())], "{events}");
    }
    let body = json!({"organization_id": "studio", "events": []});
    let (_, _, fields) = complaint(&team.owner.patch(PATH, &body));
    assert_eq!(fields, [("/organization_id".to_owned(), "invalid_value".to_owned())]);
    assert_eq!(team.world.count("SELECT count(*) FROM notification_choices"), 0);
}

/// An account whose mailbox nobody proved is somebody in one organization only.
#[test]
fn an_account_that_nobody_proved_chooses_only_where_it_is_confined() {
    let mut team = Team::of("client-links");
    let body = json!({"kind": "link", "role": "client"});
    let link = team.owner.post(&team.path("/invitations"), &body).ok().str("/id");
    let token = copied_token(&mut team.owner, &link);
    let mut ana = team.world.client();
    let join = json!({"token": token, "email": "ana@client.test", "name": "Ana", "password": "a sentence works well"});
    ana.post("/v1/invitations/accept", &join).ok();
    let mut other = another(&team.world);
    other.add("ana@client.test", "client", json!({"notify": false})).ok();
    let settings = ana.get(PATH).ok().json();
    assert_eq!(settings["data"].as_array().unwrap().len(), 1, "{settings}");
    let elsewhere = json!({"organization_id": other.organization, "events": [{"kind": "access.asked"}]});
    assert_eq!(ana.patch(PATH, &elsewhere).refusal(), refusal(404, "not_found"));
}

/// For the journey over every statement.
pub fn walk(team: &mut Team) {
    choose(team, &json!([{"kind": "access.asked", "by_email": true}])).ok();
    team.owner.get("/me/notifications/settings").ok();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is chosen one after the other, each event and each way is as the last word of it says.
    #[test]
    fn each_word_changes_what_it_says_and_nothing_else(
        words in prop::collection::vec((0..EVENTS.len(), any::<Option<bool>>(), any::<Option<bool>>()), 1..12)
    ) {
        let mut team = Team::new();
        let mut expected: Vec<(bool, Option<bool>)> = EVENTS.iter().map(|event| (true, event.mailed)).collect();
        for (place, in_app, by_email) in words {
            let by_email = by_email.filter(|_| EVENTS[place].mailed.is_some());
            let mut word = json!({"kind": EVENTS[place].kind});
            if let Some(in_app) = in_app {
                word["in_app"] = json!(in_app);
                expected[place].0 = in_app;
            }
            if let Some(by_email) = by_email {
                word["by_email"] = json!(by_email);
                expected[place].1 = Some(by_email);
            }
            choose(&mut team, &json!([word])).ok();
        }
        for (event, (in_app, by_email)) in EVENTS.iter().zip(expected) {
            let shown = told(&mut team.owner, event.kind);
            prop_assert_eq!((&shown["in_app"], &shown["by_email"]), (&json!(in_app), &json!(by_email)));
        }
    }
}

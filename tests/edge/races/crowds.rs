//! Crowds at one door: more people than there is room for, by one way in or by every way at once.

use serde_json::{Value, json};

use super::{at_each_delay, at_once, check_counts, let_in, members, redemptions, rounds};
use crate::harness::{Answer, Client, Person, Team};

/// A new link with these fields, and the token of its URL.
fn link(team: &Team<'_>, more: &Value) -> (String, String) {
    let mut body = json!({"kind": "link", "role": "client"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let id = team.owner.clone().post(&team.path("/invitations"), &body).ok().str("/id");
    let token = team.token_of(&id);
    (id, token)
}

#[test]
fn of_two_hundred_people_on_a_link_for_fifty_fifty_come_in() {
    at_each_delay(|server| {
        let people = server.people(200);
        for _ in 0..rounds(1) {
            let team = Team::of(server, "client-links", None);
            let (id, token) = link(&team, &json!({"max_uses": 50}));
            let crowd = people.iter().map(|person| person.client.clone()).collect();
            let answers = at_once(crowd, |_, person| person.accept(&token));
            assert_eq!(let_in(&answers, (410, "link_full")), 50);
            assert_eq!((redemptions(server, &id), members(&team)), (50, 51), "and the owner");
            let shown = team.invitation(&id);
            assert_eq!((&shown["uses"], &shown["status"]), (&json!(50), &json!("full")));
            check_counts(&team);
        }
    });
}

/// Adds somebody at once, to a seat.
fn add(team: &Team<'_>, person: &Person<'_>, owner: &mut Client<'_>) -> Answer {
    let body = json!({"email": person.address, "name": "Added Person", "role": "member", "notify": false});
    owner.post(&team.path("/members"), &body)
}

/// Of the organization of the last seats, in all.
const SEATS: u32 = 8;

/// A third of them each come by a link that gives a seat, are invited, and are added by staff.
#[test]
fn a_hundred_people_take_the_last_five_seats_once_over_links_invitations_and_direct_adds() {
    at_each_delay(|server| {
        let people = server.people(100);
        for _ in 0..rounds(1) {
            let team = Team::of(server, "client-links", Some(SEATS));
            for person in server.people(3) {
                add(&team, &person, &mut team.owner.clone()).ok();
            }
            let (_, token) = link(&team, &json!({"access": {"permissions": ["posts"]}}));
            let crowd = people.iter().enumerate().map(|(place, person)| match place % 3 {
                0 => person.client.clone(),
                _ => team.owner.clone(),
            });
            let answers = at_once(crowd.collect(), |place, client| match place % 3 {
                0 => client.accept(&token),
                1 => {
                    let body = json!({"kind": "email", "role": "member", "email": people[place].address});
                    client.post(&team.path("/invitations"), &body)
                }
                _ => add(&team, &people[place], client),
            });
            assert_eq!(let_in(&answers, (409, "seat_limit_reached")), 5);
            let seats = "SELECT seats_used + seats_reserved FROM organizations WHERE id = ?1";
            assert_eq!(server.count(seats, &team.organization), i64::from(SEATS));
            // Whoever was refused has left nothing: those who were let in are all that there are.
            let invited = answers.iter().skip(1).step_by(3).filter(|answer| answer.status.is_success());
            let invited = i64::try_from(invited.count()).unwrap();
            let open = "SELECT count(*) FROM invitations WHERE organization_id = ?1 AND kind = 'email' AND outcome = 'open'";
            assert_eq!(server.count(open, &team.organization), invited);
            assert_eq!(members(&team), 1 + i64::from(SEATS) - invited, "and the owner");
            check_counts(&team);
        }
    });
}

#[test]
fn ten_invitations_at_once_into_three_free_seats_are_three() {
    at_each_delay(|server| {
        for _ in 0..rounds(1) {
            let team = Team::with_seats(server, Some(4));
            let mut people = server.people(11);
            let mut mo = people.remove(10);
            let (_, token) = team.invited(&mo.address, "member");
            mo.client.accept(&token).ok();
            let answers = at_once(vec![team.owner.clone(); 10], |place, owner| {
                let body = json!({"kind": "email", "role": "member", "email": people[place].address});
                owner.post(&team.path("/invitations"), &body)
            });
            assert_eq!(let_in(&answers, (409, "seat_limit_reached")), 3);
            let seats = "SELECT seats_used * 100 + seats_reserved FROM organizations WHERE id = ?1";
            assert_eq!(server.count(seats, &team.organization), 103, "one used, three reserved");
            let mails = "SELECT count(*) FROM jobs WHERE organization_id = ?1 AND invitation_id IN (
                SELECT id FROM invitations WHERE organization_id = ?1 AND outcome = 'open')";
            assert_eq!(server.count(mails, &team.organization), 3, "a refused invitation has no mail");

            // Those three can all come in, and nobody else.
            for (person, answer) in people.iter_mut().zip(&answers) {
                if answer.status == 201 {
                    person.client.accept(&server.token(&team.organization, &answer.str("/id"))).ok();
                }
            }
            assert_eq!(members(&team), 5, "an owner takes no seat");
            assert_eq!(
                team.invite(&server.address("max.member"), "member").refusal().1,
                "seat_limit_reached"
            );
            check_counts(&team);
        }
    });
}

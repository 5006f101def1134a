//! Races, with real requests in flight at once and each call to D1 taking as long as a network hop: whatever the order,
//! what must be true stays true. Counted through the API, and in the database itself.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::harness::{Answer, Client, Team, racing};

/// Lets everybody loose at once and answers what they got.
pub fn at_once<'a>(
    people: Vec<Client<'a>>,
    act: impl Fn(usize, &mut Client<'a>) -> Answer + Sync,
) -> Vec<Answer> {
    let start = Barrier::new(people.len());
    thread::scope(|scope| {
        let runs: Vec<_> = people
            .into_iter()
            .enumerate()
            .map(|(place, mut person)| {
                let (start, act) = (&start, &act);
                scope.spawn(move || {
                    start.wait();
                    act(place, &mut person)
                })
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    })
}

const REDEMPTIONS: &str = "SELECT count(*) FROM redemptions WHERE invitation_id = ?1";
const MEMBERS: &str = "SELECT count(*) FROM members WHERE organization_id = ?1";

#[test]
fn forty_accepts_at_once_by_one_person_make_one_member() {
    let server = racing();
    let (home, other) = (Team::new(&server), Team::new(&server));
    let (id, token) = other.invited(&home.owner_address, "admin");
    let answers = at_once(vec![home.owner; 40], |_, olga| olga.accept(&token));
    let members: BTreeSet<String> = answers.into_iter().map(|answer| answer.ok().str("/member_id")).collect();
    assert_eq!(members.len(), 1, "everybody was told of the same member: {members:?}");
    assert_eq!(other.members(), 2);
    assert_eq!(server.count(REDEMPTIONS, &id), 1);
    assert_eq!(server.count(MEMBERS, &other.organization), 2);
    assert_eq!(other.invitation(&id)["uses"], 1);
}

#[test]
fn forty_sign_ups_at_once_by_one_link_make_one_account_and_one_member() {
    let server = racing();
    let team = Team::new(&server);
    let address = server.address("mia.member");
    let (id, token) = team.invited(&address, "member");
    let people = (0..40).map(|_| server.client()).collect();
    let answers = at_once(people, |place, person| person.sign_up(&token, &format!("Mia Number {place}")));
    let (joined, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(joined.len(), 1);
    for answer in refused {
        let refusal = answer.refusal();
        let known = [(401, "sign_in_required"), (410, "invitation_used")];
        assert!(known.contains(&(refusal.0, refusal.1.as_str())), "{refusal:?}");
        assert_eq!(answer.header("set-cookie"), None);
    }
    assert_eq!(team.members(), 2);
    assert_eq!(server.count(REDEMPTIONS, &id), 1);
    assert_eq!(server.count("SELECT count(*) FROM users WHERE email_key = ?1", &address), 1);
    let sessions = "SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email_key = ?1";
    assert_eq!(server.count(sessions, &address), 1);
}

#[test]
fn either_the_accept_or_the_revoke_wins_and_both_are_told_so() {
    let server = racing();
    let home = Team::new(&server);
    let mut wins = [0, 0];
    for round in 0..12 {
        let team = Team::new(&server);
        let (id, token) = team.invited(&home.owner_address, "member");
        let revoke = format!("/v1/invitations/{id}/revoke");
        let answers = at_once(vec![home.owner.clone(), team.owner.clone()], |place, person| match place {
            0 => {
                // Revoking reads before it writes, so an accept that starts together with it comes first.
                thread::sleep(Duration::from_millis(round * round * 2));
                person.accept(&token)
            }
            _ => person.post(&revoke, &json!({})),
        });
        let [accepted, revoked] = answers.as_slice() else { panic!("two answers") };
        let status = team.invitation(&id)["status"].clone();
        let members = server.count(MEMBERS, &team.organization);
        if accepted.status == 200 {
            wins[0] += 1;
            assert_eq!(revoked.refusal(), (409, "not_pending".to_owned()));
            assert_eq!((status, members), (json!("accepted"), 2));
        } else {
            wins[1] += 1;
            assert_eq!(accepted.refusal(), (410, "invitation_revoked".to_owned()));
            assert_eq!(revoked.status, 200);
            assert_eq!((status, members), (json!("revoked"), 1));
        }
        assert_eq!(server.count(REDEMPTIONS, &id), members - 1);
    }
    assert!(wins[0] > 0 && wins[1] > 0, "both orders were tried: {wins:?}");
}

#[test]
fn ten_invitations_at_once_into_three_free_seats_are_three() {
    let server = racing();
    let team = Team::with_seats(&server, Some(4));
    let (_, token) = team.invited(&server.address("mo.member"), "member");
    server.client().sign_up(&token, "Mo Member").ok();
    let addresses: Vec<_> = (0..10).map(|_| server.address("mia.member")).collect();
    let answers = at_once(vec![team.owner.clone(); 10], |place, owner| {
        let body = json!({"kind": "email", "role": "member", "email": addresses[place]});
        owner.post(&team.path("/invitations"), &body)
    });
    let (invited, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(invited.len(), 3);
    for answer in refused {
        assert_eq!(answer.refusal(), (409, "seat_limit_reached".to_owned()));
    }
    let seats = "SELECT seats_used * 100 + seats_reserved FROM organizations WHERE id = ?1";
    assert_eq!(server.count(seats, &team.organization), 103, "one used, three reserved");
    let written = "SELECT count(*) FROM jobs WHERE organization_id = ?1";
    assert_eq!(server.count(written, &team.organization), 5, "a refused invitation has no mail");

    // Those three can all come in, and nobody else.
    for invited in answers.iter().filter(|answer| answer.status == 201) {
        server.client().sign_up(&server.token(&team.organization, &invited.str("/id")), "Mia Member").ok();
    }
    assert_eq!(team.members(), 5, "an owner takes no seat");
    assert_eq!(team.invite(&server.address("max.member"), "member").refusal().1, "seat_limit_reached");
}

#[test]
fn one_address_invited_ten_times_at_once_has_one_open_invitation() {
    let server = racing();
    let team = Team::new(&server);
    let address = server.address("mia.member");
    let answers = at_once(vec![team.owner.clone(); 10], |place, owner| {
        // An address is the same in any case.
        let address = if place % 2 == 0 { address.clone() } else { address.replace("mia", "MIA") };
        owner.post(&team.path("/invitations"), &json!({"kind": "email", "role": "member", "email": address}))
    });
    let (invited, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(invited.len(), 1);
    for answer in refused {
        assert_eq!(answer.refusal(), (409, "already_invited".to_owned()));
        assert_eq!(answer.str("/invitation_id"), invited[0].str("/id"));
    }
}

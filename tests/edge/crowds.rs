//! Crowds at one door: many people on one link, and the last seats wanted by every way in at once. Counted in the database.

use serde_json::json;

use crate::harness::{Answer, Client, Server, Team, racing};
use crate::races::at_once;

/// So many people with accounts whose addresses are proved.
fn people(server: &Server, number: usize) -> Vec<Client<'_>> {
    let home = Team::new(server);
    let join = |_| {
        let (_, token) = home.invited(&server.address("person"), "client");
        let mut person = server.client();
        person.sign_up(&token, "Some Person").ok();
        person
    };
    (0..number).map(join).collect()
}

/// A new link of an organization with these fields, and the token of its URL.
fn link(team: &Team<'_>, more: &serde_json::Value) -> (String, String) {
    let mut body = json!({"kind": "link", "role": "client"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut owner = team.owner.clone();
    let id = owner.post(&team.path("/invitations"), &body).ok().str("/id");
    let given = owner.post(&format!("/v1/invitations/{id}/link"), &json!({})).ok();
    (id, team.server.token_in(&given.str("/url")))
}

/// How many came in; the others were told this.
#[track_caller]
fn let_in(answers: &[Answer], refusal: (u16, &str)) -> usize {
    let refused = answers.iter().filter(|answer| !answer.status.is_success());
    for answer in refused {
        assert_eq!(answer.refusal(), (refusal.0, refusal.1.to_owned()));
    }
    answers.iter().filter(|answer| answer.status.is_success()).count()
}

#[test]
fn of_thirty_people_on_a_link_for_seven_seven_come_in() {
    let server = racing();
    let team = Team::of(&server, "client-links", None);
    let (id, token) = link(&team, &json!({"max_uses": 7}));
    let answers = at_once(people(&server, 30), |_, person| person.accept(&token));
    assert_eq!(let_in(&answers, (410, "link_full")), 7);
    assert_eq!(server.count("SELECT uses FROM invitations WHERE id = ?1", &id), 7);
    assert_eq!(server.count("SELECT count(*) FROM redemptions WHERE invitation_id = ?1", &id), 7);
    let members = "SELECT count(*) FROM members WHERE organization_id = ?1";
    assert_eq!(server.count(members, &team.organization), 8, "and the owner");
}

#[test]
fn the_last_five_seats_are_taken_once_over_links_invitations_and_direct_adds() {
    let server = racing();
    for _ in 0..3 {
        let team = Team::of(&server, "client-links", Some(5));
        let (_, token) = link(&team, &json!({"access": {"permissions": ["posts"]}}));
        let addresses: Vec<_> = (0..24).map(|_| server.address("wanted")).collect();
        let mut crowd = people(&server, 8);
        crowd.extend(vec![team.owner.clone(); 16]);
        let answers = at_once(crowd, |place, person| match place {
            0..8 => person.accept(&token),
            8..16 => {
                let body = json!({"kind": "email", "role": "member", "email": addresses[place]});
                person.post(&team.path("/invitations"), &body)
            }
            _ => {
                let body = json!({
                    "email": addresses[place], "name": "Added Person", "role": "member", "notify": false,
                });
                person.post(&team.path("/members"), &body)
            }
        });
        assert_eq!(let_in(&answers, (409, "seat_limit_reached")), 5);
        let seats = "SELECT seats_used + seats_reserved FROM organizations WHERE id = ?1";
        assert_eq!(server.count(seats, &team.organization), 5);
        let held = "SELECT (SELECT count(*) FROM members WHERE organization_id = ?1 AND takes_seat = 1)
            + (SELECT count(*) FROM invitations WHERE organization_id = ?1 AND reserves = 1)";
        assert_eq!(server.count(held, &team.organization), 5);
    }
}

#[test]
fn of_two_transfers_and_a_demotion_at_once_one_owner_is_left() {
    let server = racing();
    let team = Team::new(&server);
    let mut ids = Vec::new();
    for _ in 0..4 {
        let (_, token) = team.invited(&server.address("ada.admin"), "admin");
        ids.push(server.client().sign_up(&token, "Ada Admin").ok().str("/member_id"));
    }
    let answers = at_once(vec![team.owner.clone(); 4], |place, owner| {
        owner.post(&team.path("/owner"), &json!({"member_id": ids[place]}))
    });
    assert_eq!(let_in(&answers, (403, "forbidden")), 1);
    let owners = "SELECT count(*) FROM members WHERE organization_id = ?1 AND role = 'owner'";
    assert_eq!(server.count(owners, &team.organization), 1);
}

//! One invitation, one address: however often it is tried at once, it comes about once.

use std::collections::BTreeSet;

use serde_json::json;

use super::{at_each_delay, at_once, check_counts, let_in, members, redemptions, rounds};
use crate::harness::Team;

#[test]
fn two_hundred_accepts_of_one_invitation_at_once_make_one_member() {
    at_each_delay(|server| {
        let mia = server.people(1).remove(0);
        for _ in 0..rounds(1) {
            let team = Team::new(server);
            let (id, token) = team.invited(&mia.address, "admin");
            let answers = at_once(vec![mia.client.clone(); 200], |_, mia| mia.accept(&token));
            let told: BTreeSet<String> =
                answers.into_iter().map(|answer| answer.ok().str("/member_id")).collect();
            assert_eq!(told.len(), 1, "everybody was told of the same member: {told:?}");
            assert_eq!(team.invitation(&id)["accepted_by"], *told.first().unwrap());
            assert_eq!((redemptions(server, &id), members(&team)), (1, 2));
            check_counts(&team);
        }
    });
}

#[test]
fn forty_sign_ups_at_once_by_one_link_make_one_account_and_one_member() {
    at_each_delay(|server| {
        for _ in 0..rounds(1) {
            let team = Team::new(server);
            let address = server.address("mia.member");
            let (id, token) = team.invited(&address, "member");
            let people = (0..40).map(|_| server.client()).collect();
            let answers =
                at_once(people, |place, person| person.sign_up(&token, &format!("Mia Number {place}")));
            let (joined, refused): (Vec<_>, Vec<_>) =
                answers.into_iter().partition(|answer| answer.status == 200);
            assert_eq!(joined.len(), 1);
            for answer in refused {
                let refusal = answer.refusal();
                let known = [(401, "sign_in_required"), (410, "invitation_used")];
                assert!(known.contains(&(refusal.0, refusal.1.as_str())), "{refusal:?}");
                assert_eq!(answer.header("set-cookie"), None);
            }
            assert_eq!((redemptions(server, &id), members(&team)), (1, 2));
            assert_eq!(server.count("SELECT count(*) FROM users WHERE email_key = ?1", &address), 1);
            let sessions =
                "SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email_key = ?1";
            assert_eq!(server.count(sessions, &address), 1);
            check_counts(&team);
        }
    });
}

#[test]
fn one_address_invited_ten_times_at_once_has_one_open_invitation() {
    at_each_delay(|server| {
        for _ in 0..rounds(1) {
            let team = Team::new(server);
            let address = server.address("mia.member");
            let answers = at_once(vec![team.owner.clone(); 10], |place, owner| {
                // An address is the same in any case.
                let address = if place % 2 == 0 { address.clone() } else { address.replace("mia", "MIA") };
                let body = json!({"kind": "email", "role": "member", "email": address});
                owner.post(&team.path("/invitations"), &body)
            });
            let (invited, refused): (Vec<_>, Vec<_>) =
                answers.into_iter().partition(|answer| answer.status == 201);
            assert_eq!(invited.len(), 1);
            for answer in refused {
                assert_eq!(answer.refusal(), (409, "already_invited".to_owned()));
                assert_eq!(answer.str("/invitation_id"), invited[0].str("/id"));
            }
            let open = "SELECT count(*) FROM invitations WHERE email_key = ?1 AND outcome = 'open'";
            assert_eq!(server.count(open, &address), 1);
            check_counts(&team);
        }
    });
}

#[test]
fn of_four_transfers_at_once_one_owner_is_left() {
    at_each_delay(|server| {
        for _ in 0..rounds(1) {
            let team = Team::new(server);
            let admins: Vec<String> = server
                .people(4)
                .iter_mut()
                .map(|ada| {
                    let (_, token) = team.invited(&ada.address, "admin");
                    ada.client.accept(&token).ok().str("/member_id")
                })
                .collect();
            let answers = at_once(vec![team.owner.clone(); 4], |place, owner| {
                owner.post(&team.path("/owner"), &json!({"member_id": admins[place]}))
            });
            assert_eq!(let_in(&answers, (403, "forbidden")), 1);
            let owner = server.row(
                "SELECT id FROM members WHERE organization_id = ?1 AND role = 'owner'",
                &team.organization,
            );
            let told = answers.iter().position(|answer| answer.status.is_success()).unwrap();
            assert_eq!(owner["id"], admins[told]);
            check_counts(&team);
        }
    });
}

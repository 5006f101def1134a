//! Somebody accepts while somebody else takes away what they accept: either comes first, both are told so, and what is left is
//! what that order leaves.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::{at_each_delay, at_once, check_counts, members, redemptions, rounds};
use crate::harness::{Answer, PASSWORD, Team};

/// However long it takes until both orders were met, it's never so many rounds.
const MOST: u32 = 60;

/// What happens to an invitation while somebody accepts it.
struct Duel {
    /// The invitation's body; its address is put in, if it has one.
    offer: Value,
    /// What the other does.
    act: fn(&Team<'_>, &str) -> Answer,
    /// What they are told whose accept came second.
    refused: (u16, &'static str),
    /// What the other is told after an accept that came first, and the invitation's status then.
    overtaken: (u16, &'static str, &'static str),
    /// The invitation's status if the accept came second.
    left: &'static str,
    /// What the other's entry in the audit log is called.
    entry: &'static str,
}

/// How much later the accept begins than what goes against it; below nothing, so much earlier. Whoever lost begins earlier the
/// next time, by twice as much as the time before; by half as much once that was enough. So both orders are met soon, and most
/// rounds are close to where the two meet.
struct Lead {
    micros: i64,
    step: i64,
    last: Option<bool>,
}

impl Lead {
    fn new() -> Self {
        Self { micros: 0, step: 2000, last: None }
    }

    fn note(&mut self, accepted: bool) {
        match self.last.replace(accepted) {
            Some(last) if last == accepted => self.step *= 2,
            Some(_) => self.step = (self.step / 2).max(250),
            None => {}
        }
        self.micros += if accepted { self.step } else { -self.step };
    }

    /// How long this one waits before it begins.
    fn wait(&self, accepting: bool) -> Duration {
        let micros = if accepting { self.micros } else { -self.micros };
        Duration::from_micros(u64::try_from(micros).unwrap_or_default())
    }
}

impl Duel {
    /// Runs it at each delay, until both orders were met: with somebody who is signed in, who is let in by one write, and with
    /// somebody new, whose password is hashed between the look at the invitation and that write.
    fn run(&self) {
        at_each_delay(|server| {
            for newcomer in [false, true] {
                let (mut lead, mut orders) = (Lead::new(), [0, 0]);
                for round in 0..MOST {
                    if round >= rounds(3) && orders[0] > 0 && orders[1] > 0 {
                        break;
                    }
                    let team = Team::of(server, "client-links", Some(5));
                    let accepted = self.round(&team, newcomer, &lead);
                    orders[usize::from(!accepted)] += 1;
                    lead.note(accepted);
                    check_counts(&team);
                }
                assert!(orders[0] > 0 && orders[1] > 0, "both orders were tried: {orders:?}");
            }
        });
    }

    /// One accept and what goes against it. Whether the accept came first.
    fn round(&self, team: &Team<'_>, newcomer: bool, lead: &Lead) -> bool {
        let server = team.server;
        let (address, client) = if newcomer {
            (server.address("new"), server.client())
        } else {
            let person = server.people(1).remove(0);
            (person.address, person.client)
        };
        let mut body = self.offer.clone();
        if body["kind"] == "email" {
            body["email"] = json!(address);
        }
        let id = team.owner.clone().post(&team.path("/invitations"), &body).ok().str("/id");
        let token = team.token_of(&id);
        let mut accept = json!({"token": token});
        if newcomer {
            accept = json!({"token": token, "email": address, "name": "New Person", "password": PASSWORD});
        }
        let answers = at_once(vec![client, team.owner.clone()], |place, client| {
            thread::sleep(lead.wait(place == 0));
            if place == 0 { client.post("/v1/invitations/accept", &accept) } else { (self.act)(team, &id) }
        });
        let [accepted, other] = answers.as_slice() else { panic!("two answers") };
        let came_in = accepted.status == 200;
        let (status, told, left) = if came_in { self.overtaken } else { (200, "", self.left) };
        if !came_in {
            assert_eq!(accepted.refusal(), (self.refused.0, self.refused.1.to_owned()));
        }
        assert_eq!(other.refusal(), (status, told.to_owned()));
        let shown = team.invitation(&id);
        let one = i64::from(came_in);
        assert_eq!((&shown["status"], &shown["uses"]), (&json!(left), &json!(one)));
        assert_eq!((redemptions(server, &id), members(team)), (one, 1 + one), "and the owner");
        // Where both were let through, the one that was to be second must have been: entries stand in the order of their writes.
        let latest = "SELECT action FROM audit_events WHERE organization_id = ?1 ORDER BY rowid DESC LIMIT 1";
        let last = if status == 200 { self.entry } else { "invitation.accepted" };
        assert_eq!(server.row(latest, &team.organization)["action"], last);
        let accounts = server.count("SELECT count(*) FROM users WHERE email_key = ?1", &address);
        assert_eq!(accounts, if newcomer { one } else { 1 });
        came_in
    }
}

/// A new plan of the operator's, of which nothing is left that the link gives but this.
fn plan(team: &Team<'_>, seat_limit: u32, features: &[&str], trial_ends_at: Option<&str>) -> Answer {
    let plan = json!({
        "key": "other", "seat_limit": seat_limit, "features": features, "trial_ends_at": trial_ends_at,
    });
    team.server.operator().send_json("PUT", &team.path("/plan"), &plan)
}

/// A link whose clients take a seat and have permissions of their own.
fn costly_link() -> Value {
    json!({"kind": "link", "role": "client", "access": {"permissions": ["posts"]}})
}

#[test]
fn either_the_accept_or_the_revoke_wins_and_both_are_told_so() {
    let duel = Duel {
        offer: json!({"kind": "email", "role": "member"}),
        act: |team, id| team.owner.clone().post(&format!("/v1/invitations/{id}/revoke"), &json!({})),
        refused: (410, "invitation_revoked"),
        overtaken: (409, "not_pending", "accepted"),
        left: "revoked",
        entry: "invitation.revoked",
    };
    duel.run();
}

#[test]
fn either_the_accept_wins_or_the_invitation_is_sent_again_by_another_link() {
    let duel = Duel {
        offer: json!({"kind": "email", "role": "member"}),
        act: |team, id| team.owner.clone().post(&format!("/v1/invitations/{id}/resend"), &json!({})),
        refused: (410, "invitation_replaced"),
        overtaken: (409, "not_pending", "accepted"),
        left: "pending",
        entry: "invitation.resent",
    };
    duel.run();
}

#[test]
fn whoever_came_by_a_link_before_it_was_disabled_is_in_and_nobody_else() {
    let duel = Duel {
        offer: json!({"kind": "link", "role": "client"}),
        act: |team, id| team.owner.clone().post(&format!("/v1/invitations/{id}/disable"), &json!({})),
        refused: (410, "link_disabled"),
        overtaken: (200, "", "disabled"),
        left: "disabled",
        entry: "invitation.link_disabled",
    };
    duel.run();
}

#[test]
fn whoever_took_a_seat_before_the_plan_had_none_keeps_it_and_nobody_else_takes_one() {
    let duel = Duel {
        offer: costly_link(),
        act: |team, _| plan(team, 0, &["custom_client_permissions"], None),
        refused: (409, "seat_limit_reached"),
        overtaken: (200, "", "pending"),
        left: "pending",
        entry: "organization.plan_changed",
    };
    duel.run();
}

#[test]
fn whoever_came_in_before_the_plan_lost_what_the_link_gives_is_in_and_nobody_else() {
    let duel = Duel {
        offer: costly_link(),
        act: |team, _| plan(team, 5, &[], None),
        refused: (403, "plan_feature_required"),
        overtaken: (200, "", "pending"),
        left: "pending",
        entry: "organization.plan_changed",
    };
    duel.run();
}

#[test]
fn whoever_took_a_seat_before_the_trial_ended_keeps_it_and_nobody_else_takes_one() {
    let duel = Duel {
        offer: costly_link(),
        act: |team, _| plan(team, 5, &["custom_client_permissions"], Some("2020-01-01T00:00:00Z")),
        refused: (403, "trial_ended"),
        overtaken: (200, "", "pending"),
        left: "pending",
        entry: "organization.plan_changed",
    };
    duel.run();
}

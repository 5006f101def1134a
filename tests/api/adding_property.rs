//! Adding, inviting, removing and waiting in any order: nobody is in twice, and no seat is taken twice.

use crate::remove;
use crate::support::World;
use crate::support::client::{Answer, Team};
use crate::support::scene::plan_of;
use proptest::prelude::*;
use serde_json::json;
use std::time::Duration;

#[derive(Debug, Clone)]
enum Step {
    Add(u8, u8),
    Invite(u8, u8),
    Remove(u8),
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..5_u8, 0..4_u8).prop_map(|(who, what)| Step::Add(who, what)),
        3 => (0..5_u8, 0..3_u8).prop_map(|(who, what)| Step::Invite(who, what)),
        2 => (0..5_u8).prop_map(Step::Remove),
        1 => Just(Step::Wait),
    ]
}

fn person(who: u8) -> String {
    format!("p{who}@client.test")
}

fn take(team: &mut Team, step: &Step) -> Option<Answer> {
    const ROLES: [&str; 4] = ["admin", "member", "client", "client"];
    match step {
        Step::Add(who, what) => {
            let more =
                if *what == 3 { json!({"access": {"permissions": ["posts.create"]}}) } else { json!({}) };
            Some(team.add(&person(*who), ROLES[usize::from(*what)], more))
        }
        Step::Invite(who, what) => {
            let organization = team.organization.clone();
            Some(team.owner.invite(&organization, &person(*who), ROLES[usize::from(*what)]))
        }
        Step::Remove(who) => {
            remove(team, &person(*who));
            None
        }
        Step::Wait => {
            team.world.pass(Duration::from_hours(3 * 24));
            None
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// However adding, inviting and removing come one after another: the counters are what counting would tell, and no step
    /// goes over the limit or puts anybody in twice.
    #[test]
    fn no_order_of_adding_and_inviting_takes_more_seats_than_there_are(
        limit in 0..4_i64,
        steps in prop::collection::vec(step(), 1..16),
    ) {
        let mut team = Team::make(World::new(), "client-links", Some(plan_of(limit)));
        for step in steps {
            if let Some(answer) = take(&mut team, &step) {
                prop_assert!([201, 409].contains(&answer.status.as_u16()), "{step:?}: {}", answer.text());
            }
            let now = team.world.now().millis();
            let held = team.world.count("SELECT count(*) FROM members WHERE holds_seat = 1");
            prop_assert_eq!(team.world.count("SELECT seats_used FROM organizations"), held);
            let reserved = team.world.count(&format!(
                "SELECT count(*) FROM invitations WHERE reserves = 1 AND expires_at > {now}"
            ));
            prop_assert!(held + reserved <= limit, "{held} and {reserved} of {limit} after {step:?}");
            let twice = "SELECT count(*) FROM (SELECT 1 FROM members WHERE removed_at IS NULL
                         GROUP BY user_id HAVING count(*) > 1)";
            prop_assert_eq!(team.world.count(twice), 0);
        }
    }
}

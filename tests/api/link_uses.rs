//! A link's uses, whatever is done to it in whatever order: they are exactly the people who came in, and never more than it
//! allows.

use http::Method;
use proptest::prelude::*;

use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::links::link;
use crate::overtaking::all_at_once;
use crate::support::client::{Client, PASSWORD, Team};
use crate::support::scene::somebody;
use crate::{accept_signed_in, copied_token};

/// How many people there are.
const PEOPLE: usize = 6;

#[derive(Debug, Clone)]
enum Step {
    /// This person accepts with the newest URL, or with the one before it.
    Accept(usize, bool),
    Rotate,
    Disable,
    Enable,
    Limit(Option<i64>),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..PEOPLE, prop::bool::weighted(0.8)).prop_map(|(person, newest)| Step::Accept(person, newest)),
        1 => Just(Step::Rotate),
        1 => Just(Step::Disable),
        2 => Just(Step::Enable),
        3 => prop::option::weighted(0.8, 0_i64..5).prop_map(Step::Limit),
    ]
}

/// What the link should be, told by the rules alone.
#[derive(Default)]
struct Model {
    inside: Vec<usize>,
    limit: Option<i64>,
    disabled: bool,
    replaced: bool,
}

impl Model {
    fn uses(&self) -> i64 {
        i64::try_from(self.inside.len()).unwrap()
    }

    /// What accepting answers, and who is in then.
    fn accept(&mut self, person: usize, newest: bool) -> (u16, &'static str) {
        if self.inside.contains(&person) {
            return (200, "");
        }
        let full = self.limit.is_some_and(|most| self.uses() >= most);
        match (self.disabled, full, newest || !self.replaced) {
            (true, ..) => (410, "link_disabled"),
            (_, true, _) => (410, "link_full"),
            (_, _, false) => (410, "invitation_replaced"),
            _ => {
                self.inside.push(person);
                (200, "")
            }
        }
    }

    fn limit(&mut self, limit: Option<i64>) -> u16 {
        if limit.is_some_and(|most| most < 1 || most < self.uses()) {
            return 422;
        }
        self.limit = limit;
        200
    }
}

fn check(steps: &[Step]) {
    let mut team = Team::of("client-links");
    let (id, token) = link(&mut team, &json!({}));
    let (mut newest, mut before) = (token.clone(), token);
    let mut people: Vec<_> =
        (0..PEOPLE).map(|person| somebody(&team.world, &format!("c{person}@client.test"))).collect();
    let mut model = Model::default();
    let path = format!("/v1/invitations/{id}");
    for step in steps {
        let mut act = |action: &str| team.owner.post(&format!("{path}/{action}"), &json!({})).ok();
        match step {
            Step::Accept(person, with_newest) => {
                let token = if *with_newest { &newest } else { &before };
                let (status, code) = accept_signed_in(&mut people[*person], token).refusal();
                assert_eq!(
                    (status, code.as_str()),
                    model.accept(*person, *with_newest),
                    "{step:?} of {steps:?}"
                );
            }
            Step::Rotate => {
                act("rotate");
                before = std::mem::replace(&mut newest, copied_token(&mut team.owner, &id));
                model.replaced = true;
            }
            Step::Disable => {
                act("disable");
                model.disabled = true;
            }
            Step::Enable => {
                act("enable");
                model.disabled = false;
            }
            Step::Limit(limit) => {
                let answer = team.owner.patch(&path, &json!({"max_uses": limit}));
                assert_eq!(answer.status.as_u16(), model.limit(*limit), "{step:?} of {steps:?}");
            }
        }
        let shown = team.owner.get(&path).ok().json();
        assert_eq!(shown["uses"], model.uses(), "after {step:?} of {steps:?}");
        assert_eq!(
            team.world.count(
                "SELECT count(*) FROM redemptions r JOIN invitations i ON i.id = r.invitation_id
                                     WHERE i.kind = 'link'"
            ),
            model.uses()
        );
        assert_eq!(team.world.count("SELECT count(*) FROM members WHERE role = 'client'"), model.uses());
    }
}

#[test]
fn uses_are_exactly_those_who_came_in_and_never_more_than_allowed() {
    let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&prop::collection::vec(step(), 1..30), |steps| {
            check(&steps);
            Ok(())
        })
        .unwrap();
}

/// The same requests all at once, their round trips in any order.
#[test]
fn however_requests_interleave_uses_are_exactly_those_who_came_in_and_never_more_than_allowed() {
    let strategy = (prop::collection::vec(step(), 2..9), prop::collection::vec(0_usize..9, 1..40), 1_i64..4);
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&strategy, |(steps, turns, limit)| {
            check_at_once(&steps, &turns, limit);
            Ok(())
        })
        .unwrap();
}

fn check_at_once(steps: &[Step], turns: &[usize], limit: i64) {
    let mut team = Team::of("client-links");
    let (id, token) = link(&mut team, &json!({"max_uses": limit}));
    let people: Vec<_> =
        (0..PEOPLE).map(|person| somebody(&team.world, &format!("c{person}@client.test"))).collect();
    let path = format!("/v1/invitations/{id}");
    let json = Some("application/json");
    let post =
        |by: &Client, path: &str, body: Value| by.request(&Method::POST, path, json, body.to_string().into());
    let act = |action: &str| post(&team.owner, &format!("{path}/{action}"), json!({}));
    let requests = steps
        .iter()
        .map(|step| match step {
            // The same person may be there several times; some make an account, each another one.
            Step::Accept(person, true) => post(&people[*person], "/v1/invitations/accept", json!({"token": token})),
            Step::Accept(person, false) => post(
                &team.world.client(),
                "/v1/invitations/accept",
                json!({"token": token, "email": format!("n{person}@client.test"), "name": "New", "password": PASSWORD}),
            ),
            Step::Rotate => act("rotate"),
            Step::Disable => act("disable"),
            Step::Enable => act("enable"),
            Step::Limit(limit) => {
                team.owner.request(&Method::PATCH, &path, json, json!({"max_uses": limit}).to_string().into())
            }
        })
        .collect();
    for (answer, step) in all_at_once(&team.world, requests, turns).iter().zip(steps) {
        assert!(answer.status().as_u16() < 500, "{step:?} of {steps:?}: {answer:?}");
    }
    let shown = team.owner.get(&path).ok().json();
    let uses = shown["uses"].as_i64().unwrap();
    assert!(shown["max_uses"].as_i64().is_none_or(|most| uses <= most), "{shown} after {steps:?} {turns:?}");
    for came_in in [
        "FROM members WHERE role = 'client'",
        "FROM redemptions WHERE invitation_id IN (SELECT id FROM invitations WHERE kind = 'link')",
    ] {
        assert_eq!(team.world.count(&format!("SELECT count(*) {came_in}")), uses, "{steps:?} {turns:?}");
    }
    let memberships = team.world.count("SELECT count(*) FROM memberships");
    assert_eq!(memberships, uses, "each with their workspace: {steps:?}");
}

//! What is paid for, as Stripe tells it: an organization's plan follows its subscriptions, whatever order they are told in.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use usher::domain::time::Timestamp;
use usher::jobs::tick::EVENTS_KEPT;

use crate::refusal;
use crate::support::World;
use crate::support::client::Team;
use crate::support::hooks::{Subscription, stripe_tells};

fn began() -> Timestamp {
    World::new().now()
}

/// The usual subscription, made and paid for in the organization's first second.
fn paid<'a>(event: &'a str, organization: &'a str) -> Subscription<'a> {
    Subscription {
        event,
        kind: "updated",
        id: "sub_1",
        organization,
        status: "active",
        plan: "agency",
        seats: 7,
        begun: 0,
        told: 1,
    }
}

/// Tells it, and lets it be applied.
fn tell(team: &Team, subscription: &Subscription) {
    tell_in(&team.world, subscription);
}

fn tell_in(world: &World, subscription: &Subscription) {
    stripe_tells(world, &subscription.event(began())).ok();
    world.deliver();
}

fn plan(team: &mut Team) -> Value {
    team.owner.get(&team.path("")).ok().json()["plan"].clone()
}

/// Its seats, without asking anybody.
fn plan_of(team: &Team) -> i64 {
    team.world.count("SELECT seat_limit FROM organizations")
}

fn agency(seats: i64) -> Value {
    json!({"key": "agency", "seat_limit": seats, "features": ["custom_client_permissions"], "trial_ends_at": null})
}

/// The plan that an organization begins with if nobody names one.
fn usual() -> Value {
    plan(&mut Team::new())
}

#[test]
fn a_subscription_sets_plan_seats_and_features_and_its_end_takes_them_back() {
    let mut team = Team::new();
    let organization = team.organization.clone();
    tell(&team, &Subscription { kind: "created", ..paid("evt_1", &organization) });
    assert_eq!(plan(&mut team), agency(7));
    tell(&team, &Subscription { seats: 9, told: 2, ..paid("evt_2", &organization) });
    assert_eq!(plan(&mut team), agency(9));
    let seats = team.owner.get(&team.path("/seats")).ok().json();
    assert_eq!(seats["limit"], 9);
    // A plan that no setting names has no features.
    tell(&team, &Subscription { plan: "solo", seats: 1, told: 3, ..paid("evt_3", &organization) });
    assert_eq!(
        plan(&mut team),
        json!({"key": "solo", "seat_limit": 1, "features": [], "trial_ends_at": null})
    );
    tell(
        &team,
        &Subscription { kind: "deleted", status: "canceled", told: 4, ..paid("evt_4", &organization) },
    );
    assert_eq!(plan(&mut team), usual());
    assert_ne!(usual()["key"], "agency");
}

#[test]
fn each_state_of_a_subscription_is_paid_for_or_not() {
    for (status, is_paid) in [
        ("active", true),
        ("trialing", true),
        ("past_due", true),
        ("unpaid", false),
        ("paused", false),
        ("canceled", false),
    ] {
        // Of an organization that has another plan from its operator.
        let operators = json!({"key": "of the operator", "seat_limit": 3, "features": []});
        let mut team = Team::with_plan(World::new(), Some(operators.clone()));
        let organization = team.organization.clone();
        tell(&team, &Subscription { status, ..paid("evt_1", &organization) });
        assert_eq!(plan(&mut team), if is_paid { agency(7) } else { usual() }, "{status}");
    }
    for status in ["incomplete", "incomplete_expired", "of another year"] {
        let mut team = Team::with_seats(3);
        let before = plan(&mut team);
        let organization = team.organization.clone();
        tell(&team, &Subscription { status, ..paid("evt_1", &organization) });
        assert_eq!(plan(&mut team), before, "never paid for yet: {status}");
    }
}

#[test]
fn a_trial_of_the_operators_ends_where_somebody_pays() {
    let trial =
        json!({"key": "trial", "seat_limit": 3, "features": [], "trial_ends_at": "2026-11-23T00:00:00Z"});
    let mut team = Team::with_plan(World::new(), Some(trial));
    let organization = team.organization.clone();
    tell(&team, &paid("evt_1", &organization));
    assert_eq!(plan(&mut team), agency(7));
}

#[test]
fn a_plan_with_fewer_seats_keeps_everybody_and_lets_nobody_new_in() {
    let mut team = Team::new();
    team.joined("mia.member@studio.test", "member");
    team.joined("nico.member@studio.test", "member");
    let organization = team.organization.clone();
    tell(&team, &Subscription { seats: 1, ..paid("evt_1", &organization) });
    let refused = team.owner.invite(&organization, "pia.member@studio.test", "member");
    assert_eq!(refused.refusal(), refusal(409, "seat_limit_reached"));
    assert_eq!(team.owner.get(&team.path("/members")).ok().json()["data"].as_array().unwrap().len(), 3);
}

#[test]
fn an_event_is_applied_once_and_an_older_one_not_at_all() {
    let mut team = Team::new();
    let organization = team.organization.clone();
    let newer = Subscription { seats: 9, told: 5, ..paid("evt_2", &organization) };
    tell(&team, &newer);
    tell(&team, &Subscription { seats: 2, told: 4, ..paid("evt_1", &organization) });
    assert_eq!(plan(&mut team), agency(9));
    let changes = "SELECT count(*) FROM audit_events WHERE action = 'organization.plan_changed'";
    for _ in 0..3 {
        tell(&team, &newer);
    }
    assert_eq!(team.world.count(changes), 1);
    // In the same second it is made before it is changed, and changed before it ends.
    tell(&team, &Subscription { kind: "created", seats: 1, told: 5, ..paid("evt_3", &organization) });
    assert_eq!(plan(&mut team), agency(9));
    tell(
        &team,
        &Subscription { kind: "deleted", status: "canceled", told: 5, ..paid("evt_4", &organization) },
    );
    assert_eq!(plan(&mut team), usual());
    // What has ended never comes back, whatever their clocks say.
    tell(&team, &Subscription { told: 60, ..paid("evt_5", &organization) });
    assert_eq!(plan(&mut team), usual());
}

/// What the operator sets stays until a subscription's next event: one that comes late is none.
#[test]
fn an_event_that_comes_late_leaves_what_the_operator_set_since() {
    let mut team = Team::new();
    let organization = team.organization.clone();
    tell(&team, &Subscription { told: 5, ..paid("evt_2", &organization) });
    let own = json!({"key": "of the operator", "seat_limit": 50, "features": []});
    team.world.operator().put(&format!("/v1/organizations/{organization}/plan"), &own).ok();
    for (event, kind, status) in
        [("evt_1", "updated", "active"), ("evt_0", "created", "trialing"), ("evt_3", "updated", "unpaid")]
    {
        tell(&team, &Subscription { kind, status, told: 4, ..paid(event, &organization) });
        assert_eq!(plan(&mut team)["key"], "of the operator", "{kind} {status}");
    }
    tell(&team, &Subscription { told: 6, ..paid("evt_4", &organization) });
    assert_eq!(plan(&mut team), agency(7));
}

/// An event of a subscription without its metadata.
fn unnamed(subscription: &Subscription) -> Value {
    let mut event = subscription.event(began());
    event["data"]["object"]["metadata"] = json!({});
    event
}

#[test]
fn a_subscription_that_is_known_by_its_id_ends_whatever_became_of_its_metadata() {
    let mut team = Team::new();
    let organization = team.organization.clone();
    tell(&team, &paid("evt_1", &organization));
    let end = Subscription { kind: "deleted", status: "canceled", told: 2, ..paid("evt_2", &organization) };
    stripe_tells(&team.world, &unnamed(&end)).ok();
    team.world.deliver();
    assert_eq!(plan(&mut team), usual());
}

#[test]
fn a_subscription_that_names_nobody_and_is_not_known_is_nothing_to_us() {
    let mut team = Team::new();
    let before = plan(&mut team);
    let organization = team.organization.clone();
    let mut other = unnamed(&paid("evt_1", &organization));
    stripe_tells(&team.world, &other).ok();
    // Nor is it worth a word that its price has no key.
    other["data"]["object"]["items"]["data"] = json!([]);
    other["id"] = json!("evt_2");
    stripe_tells(&team.world, &other).ok();
    team.world.deliver();
    assert_eq!(plan(&mut team), before);
    assert_eq!(team.world.count("SELECT count(*) FROM subscriptions"), 0);
    assert_eq!(team.world.count("SELECT count(*) FROM jobs WHERE failure IS NOT NULL"), 0);
    assert!(!team.world.log_text().contains(r#""event":"hook""#));
}

#[test]
fn of_two_subscriptions_the_newer_one_counts_and_the_end_of_the_older_takes_nothing() {
    let mut team = Team::new();
    let organization = team.organization.clone();
    let older = |told, kind, status| Subscription { kind, status, told, ..paid("evt", &organization) };
    let newer = |told, kind, status| Subscription {
        id: "sub_2",
        plan: "larger",
        seats: 20,
        begun: 10,
        told,
        kind,
        status,
        ..paid("evt", &organization)
    };
    let mut number = 0;
    let mut plan_after = |team: &mut Team, subscription: Subscription| {
        number += 1;
        let event = format!("evt_{number}");
        tell(team, &Subscription { event: &event, ..subscription });
        plan(team)["key"].as_str().unwrap().to_owned()
    };
    assert_eq!(plan_after(&mut team, older(1, "created", "active")), "agency");
    assert_eq!(plan_after(&mut team, newer(10, "created", "active")), "larger");
    // The older one runs to the end of its month, and then out.
    assert_eq!(plan_after(&mut team, older(11, "updated", "active")), "larger");
    assert_eq!(plan_after(&mut team, older(12, "deleted", "canceled")), "larger");
    assert_eq!(plan_after(&mut team, newer(13, "updated", "unpaid")), usual()["key"]);
    assert_eq!(plan_after(&mut team, newer(14, "updated", "active")), "larger");
}

#[test]
fn what_the_subscription_changed_is_in_the_audit_log_and_on_the_activity_page() {
    let mut team = Team::new();
    let organization = team.organization.clone();
    let before = plan(&mut team);
    tell(&team, &paid("evt_1", &organization));
    let log = team.owner.get(&team.path("/audit?action=organization.plan_changed")).ok().json();
    let entry = &log["data"][0];
    assert_eq!((&entry["actor"], &entry["subject"]), (&json!("billing"), &json!(organization)));
    assert_eq!((&entry["before"], &entry["after"]), (&before, &agency(7)));
    assert_eq!(entry["request_id"], "stripe:evt_1");
    let slug = team.owner.get(&team.path("")).ok().str("/slug");
    let page = team.owner.get(&format!("/o/{slug}/activity")).ok().text();
    assert!(page.contains("The subscription"), "{page}");
}

#[test]
fn nobody_elses_organization_is_touched_and_one_that_never_was_is_told_to_the_operator() {
    let team = Team::new();
    let mut other = crate::another(&team.world);
    let before = plan(&mut other);
    let organization = team.organization.clone();
    tell(&team, &paid("evt_1", &organization));
    assert_eq!(plan(&mut other), before);
    // A subscription stays with the organization that it named first.
    let elsewhere = other.organization.clone();
    tell(&team, &Subscription { told: 2, ..paid("evt_2", &elsewhere) });
    assert_eq!(plan(&mut other), before);

    tell(&team, &Subscription { id: "sub_9", ..paid("evt_3", "org_01h455vb4pex5vsknk084sn02q") });
    let failed = "SELECT count(*) FROM jobs WHERE kind = 'hook_event' AND failure = 'no such organization'";
    assert_eq!(team.world.count(failed), 1);
    assert_eq!(team.world.count("SELECT count(*) FROM subscriptions"), 1);
}

/// Whatever kept the jobs from being done for so long.
#[test]
fn what_waits_to_be_applied_is_not_forgotten() {
    let team = Team::new();
    let organization = team.organization.clone();
    stripe_tells(&team.world, &paid("evt_1", &organization).event(began())).ok();
    team.world.pass(EVENTS_KEPT + Duration::from_mins(1));
    team.world.tick();
    team.world.deliver();
    let kept = |team: &Team| team.world.count("SELECT count(*) FROM hook_events");
    assert_eq!((plan_of(&team), kept(&team)), (7, 1));
    team.world.tick();
    assert_eq!(kept(&team), 0);
}

/// A key that is moved to a new price is gone from the old one, and with it from what Stripe tells of whoever pays the old one.
#[test]
fn a_subscription_ends_whatever_its_price_is_called_by_then() {
    let mut team = Team::new();
    let organization = team.organization.clone();
    for (event, kind, status) in [("evt_2", "deleted", "canceled"), ("evt_3", "updated", "unpaid")] {
        let id = format!("sub_{event}");
        let begun = format!("begun_{event}");
        tell(&team, &Subscription { id: &id, ..paid(&begun, &organization) });
        assert_eq!(plan(&mut team), agency(7));
        let end = Subscription { id: &id, kind, status, told: 2, ..paid(event, &organization) };
        let mut end = end.event(began());
        for item in end["data"]["object"]["items"]["data"].as_array_mut().unwrap() {
            item["price"]["lookup_key"] = Value::Null;
        }
        stripe_tells(&team.world, &end).ok();
        team.world.deliver();
        assert_eq!(plan(&mut team), usual(), "{kind}");
    }
}

#[test]
fn what_can_not_be_used_is_answered_and_told_to_the_operator() {
    let mut team = Team::new();
    let before = plan(&mut team);
    let organization = team.organization.clone();
    let good = paid("evt_1", &organization).event(began());
    let item = "/data/object/items/data/1";
    for (pointer, value) in [
        ("/data/object/metadata/organization_id".to_owned(), json!("org_")),
        (format!("{item}/price/lookup_key"), json!(null)),
        (format!("{item}/price/lookup_key"), json!("")),
        (format!("{item}/price/lookup_key"), json!("a\nb")),
        (format!("{item}/price/lookup_key"), json!("x".repeat(81))),
        (format!("{item}/quantity"), json!(-1)),
        (format!("{item}/quantity"), json!(1.5)),
        (format!("{item}/quantity"), json!(1_000_001)),
        (format!("{item}/quantity"), json!("7")),
        ("/data/object/items/data".to_owned(), json!([])),
        ("/data/object/items".to_owned(), json!(null)),
        ("/id".to_owned(), json!("")),
        ("/created".to_owned(), json!("yesterday")),
        ("/data/object/id".to_owned(), json!(7)),
        ("/data/object/created".to_owned(), json!(null)),
    ] {
        let mut event = good.clone();
        *event.pointer_mut(&pointer).unwrap() = value;
        let told = |team: &Team| team.world.log_text().matches(r#""event":"hook""#).count();
        let before = told(&team);
        stripe_tells(&team.world, &event).ok();
        assert_eq!(told(&team), before + 1, "{pointer}");
    }
    team.world.deliver();
    assert_eq!(plan(&mut team), before);
    // A metered price has no quantity: any number of seats.
    let mut event = good;
    event["data"]["object"]["items"]["data"][1].as_object_mut().unwrap().remove("quantity");
    stripe_tells(&team.world, &event).ok();
    team.world.deliver();
    assert_eq!(plan(&mut team)["seat_limit"], Value::Null);
}

/// For the journey over every statement.
pub fn walk(team: &mut Team) {
    let organization = team.organization.clone();
    let now = team.world.now();
    for subscription in [
        paid("evt_1", &organization),
        Subscription { kind: "deleted", status: "canceled", told: 2, ..paid("evt_2", &organization) },
    ] {
        stripe_tells(&team.world, &subscription.event(now)).ok();
    }
    team.world.deliver();
}

/// What happens to three subscriptions of one organization, each event in a second of its own.
fn history() -> impl Strategy<Value = Vec<(usize, usize, i64)>> {
    prop::collection::vec((0..3_usize, 0..5_usize, 1..9_i64), 1..9)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    /// Told in any order, and any of it twice, it comes to what it comes to in theirs.
    #[test]
    fn the_order_of_events_does_not_matter(history in history(), order in prop::collection::vec(any::<prop::sample::Index>(), 0..24)) {
        const SUBSCRIPTIONS: [&str; 3] = ["sub_1", "sub_2", "sub_3"];
        const STATES: [(&str, &str); 5] = [
            ("updated", "active"), ("updated", "past_due"), ("updated", "unpaid"), ("updated", "paused"), ("deleted", "canceled"),
        ];
        let ids: Vec<String> = (0..history.len()).map(|number| format!("evt_{number}")).collect();
        let run = |order: Vec<usize>| {
            let world = World::new();
            let organization = world.operator().create_organization("Example Studio", "olga.owner@studio.test");
            for place in order {
                let (which, state, seats) = history[place];
                let (kind, status) = STATES[state];
                tell_in(&world, &Subscription {
                    id: SUBSCRIPTIONS[which], kind, status, seats, begun: i64::try_from(which).unwrap(),
                    told: i64::try_from(place).unwrap() + 10, ..paid(&ids[place], &organization)
                });
            }
            world.operator().get(&format!("/v1/organizations/{organization}")).ok().json()["plan"].clone()
        };
        let in_turn: Vec<usize> = (0..history.len()).collect();
        let mut shuffled: Vec<usize> = order.iter().map(|index| index.index(history.len())).collect();
        shuffled.extend(&in_turn);
        // What ended for good ends all that follows; so of each subscription only what comes before counts.
        let over = |place: usize| (0..place).any(|earlier| history[earlier].0 == history[place].0 && history[earlier].1 == 4);
        let real = |places: Vec<usize>| places.into_iter().filter(|place| !over(*place)).collect::<Vec<_>>();
        prop_assert_eq!(run(real(in_turn)), run(real(shuffled)));
    }
}

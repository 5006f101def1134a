//! The seat ledger under any history of invitations, joins, changes, removals, transfers, other plans and time passing: no
//! plan is overfilled unless it was lowered, the counters are what the rows say, and a person never takes two.

mod scene;

use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;

use scene::Scene;

const PEOPLE: usize = 5;
const ROLES: [&str; 3] = ["client", "member", "admin"];

/// One thing that somebody does. People and workspaces are counted round.
#[derive(Debug, Clone)]
enum Step {
    Invite { person: usize, role: usize, creates: bool, place: usize },
    InviteByLink { creates: bool, place: usize },
    Join { person: usize, invitation: usize },
    Decline { invitation: usize },
    Act { invitation: usize, resend: bool },
    ChangeRole { person: usize, role: usize },
    ChangeAccess { person: usize, place: usize, creates: bool },
    Clone { person: usize, of: usize, place: usize },
    Add { person: usize, place: usize, creates: bool },
    TakeOut { person: usize, place: usize },
    Remove { people: Vec<usize>, with_sent: bool },
    Restore { person: usize },
    Leave { person: usize },
    Transfer { person: usize },
    AddNew { person: usize, role: usize, creates: bool, place: usize },
    Bulk { rows: Vec<(usize, usize, bool)>, place: usize },
    Plan { seats: Option<i64> },
    Wait { hours: u64 },
    Tick,
    Race { racers: Vec<Run>, schedule: Vec<usize> },
}

/// One of several things that are done at the same time.
#[derive(Debug, Clone)]
enum Run {
    ChangeAccess { person: usize },
    ChangeRole { person: usize },
    Remove { person: usize },
    Restore { person: usize },
    Join { person: usize, invitation: usize },
    Invite { person: usize, role: usize },
    AddNew { person: usize, role: usize },
    Plan { seats: Option<i64> },
}

fn runs() -> impl Strategy<Value = Run> {
    let person = || 0..PEOPLE;
    prop_oneof![
        1 => person().prop_map(|person| Run::ChangeAccess { person }),
        1 => person().prop_map(|person| Run::ChangeRole { person }),
        1 => person().prop_map(|person| Run::Remove { person }),
        1 => person().prop_map(|person| Run::Restore { person }),
        3 => (person(), 0..3_usize).prop_map(|(person, invitation)| Run::Join { person, invitation }),
        2 => (person(), 0..3_usize).prop_map(|(person, role)| Run::Invite { person, role }),
        2 => (person(), 0..3_usize).prop_map(|(person, role)| Run::AddNew { person, role }),
        1 => seats().prop_map(|seats| Run::Plan { seats }),
    ]
}

fn seats() -> impl Strategy<Value = Option<i64>> {
    proptest::option::of(0..5_i64)
}

fn steps() -> impl Strategy<Value = Step> {
    let person = || 0..PEOPLE;
    let place = || 0..2_usize;
    let invitation = || 0..12_usize;
    prop_oneof![
        4 => (person(), 0..3_usize, any::<bool>(), place())
            .prop_map(|(person, role, creates, place)| Step::Invite { person, role, creates, place }),
        1 => (any::<bool>(), place()).prop_map(|(creates, place)| Step::InviteByLink { creates, place }),
        4 => (person(), invitation()).prop_map(|(person, invitation)| Step::Join { person, invitation }),
        1 => invitation().prop_map(|invitation| Step::Decline { invitation }),
        1 => (invitation(), any::<bool>()).prop_map(|(invitation, resend)| Step::Act { invitation, resend }),
        3 => (person(), 0..3_usize).prop_map(|(person, role)| Step::ChangeRole { person, role }),
        3 => (person(), place(), any::<bool>())
            .prop_map(|(person, place, creates)| Step::ChangeAccess { person, place, creates }),
        1 => (person(), person(), place()).prop_map(|(person, of, place)| Step::Clone { person, of, place }),
        2 => (person(), place(), any::<bool>()).prop_map(|(person, place, creates)| Step::Add { person, place, creates }),
        1 => (person(), place()).prop_map(|(person, place)| Step::TakeOut { person, place }),
        2 => (proptest::collection::vec(person(), 1..3), any::<bool>())
            .prop_map(|(people, with_sent)| Step::Remove { people, with_sent }),
        2 => person().prop_map(|person| Step::Restore { person }),
        1 => person().prop_map(|person| Step::Leave { person }),
        1 => person().prop_map(|person| Step::Transfer { person }),
        2 => (person(), 0..3_usize, any::<bool>(), place())
            .prop_map(|(person, role, creates, place)| Step::AddNew { person, role, creates, place }),
        1 => (proptest::collection::vec((person(), 0..3_usize, any::<bool>()), 1..4), place())
            .prop_map(|(rows, place)| Step::Bulk { rows, place }),
        1 => seats().prop_map(|seats| Step::Plan { seats }),
        1 => (1..200_u64).prop_map(|hours| Step::Wait { hours }),
        1 => Just(Step::Tick),
        3 => (proptest::collection::vec(runs(), 2..4), schedules())
            .prop_map(|(racers, schedule)| Step::Race { racers, schedule }),
    ]
}

/// Whose turn it is, so often; then all in turn.
fn schedules() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0..3_usize, 0..10)
}

/// The largest plan that stood at any time of a race that began with this one, none being any number of seats.
fn largest(step: &Step, limit: Option<i64>) -> Option<i64> {
    let Step::Race { racers, .. } = step else { return Some(0) };
    let plans =
        racers.iter().filter_map(|run| if let Run::Plan { seats } = run { Some(*seats) } else { None });
    std::iter::once(limit).chain(plans).try_fold(0, |most, seats| seats.map(|seats| most.max(seats)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 28, ..ProptestConfig::default() })]

    #[test]
    fn no_history_overfills_a_plan_or_miscounts_a_seat(history in proptest::collection::vec(steps(), 1..60)) {
        let mut scene = Scene::new();
        for (place, step) in history.iter().enumerate() {
            scene.team.world.pass(Duration::from_millis(1));
            let (before, limit_before) = scene.taken();
            scene.take(step);
            let (taken, limit) = scene.taken();
            let allowed = |limit: Option<i64>| limit.unwrap_or(i64::MAX);
            let most = allowed(limit).max(allowed(largest(step, limit_before))).max(before);
            prop_assert!(taken <= most, "step {place} {step:?}: {taken} of {limit:?}, {before} before");
            prop_assert_eq!(scene.flaws(), Vec::<Value>::new(), "step {} {:?}", place, step);
        }
    }
}

/// The histories above do what they are to: people come in, take seats, and are refused them.
#[test]
fn histories_fill_the_plan_and_are_refused_more() {
    let mut scene = Scene::new();
    for person in 0..3 {
        scene.take(&Step::Invite { person, role: 0, creates: person < 2, place: 0 });
        scene.take(&Step::Join { person, invitation: 0 });
    }
    assert_eq!(scene.taken(), (2, Some(2)));
    scene.take(&Step::ChangeRole { person: 2, role: 1 });
    scene.take(&Step::ChangeAccess { person: 2, place: 0, creates: true });
    scene.take(&Step::Clone { person: 2, of: 0, place: 0 });
    scene.take(&Step::Add { person: 2, place: 1, creates: true });
    scene.take(&Step::AddNew { person: 3, role: 1, creates: false, place: 0 });
    scene.take(&Step::Bulk { rows: vec![(3, 1, false), (4, 0, true)], place: 0 });
    assert_eq!(scene.taken(), (2, Some(2)), "each was refused");
    scene.take(&Step::Add { person: 0, place: 1, creates: true });
    scene.take(&Step::ChangeAccess { person: 0, place: 0, creates: false });
    assert_eq!(scene.taken().0, 2, "the other workspace still takes it");
    scene.take(&Step::Transfer { person: 1 });
    assert_eq!(scene.taken().0, 2, "one seat changes hands");
    scene.take(&Step::Remove { people: vec![0, 2], with_sent: true });
    assert_eq!((scene.taken().0, scene.flaws()), (1, Vec::new()));
}

/// Every other way in takes seats too, while there are any.
#[test]
fn adding_and_importing_fill_the_plan() {
    let mut scene = Scene::new();
    scene.take(&Step::AddNew { person: 0, role: 0, creates: false, place: 0 });
    assert_eq!(scene.taken().0, 0, "a client without the permission takes none");
    scene.take(&Step::AddNew { person: 1, role: 0, creates: true, place: 0 });
    scene.take(&Step::Bulk { rows: vec![(2, 1, false), (3, 1, false)], place: 0 });
    assert_eq!(scene.taken(), (2, Some(2)), "one of the rows had room");
    scene.take(&Step::Join { person: 2, invitation: 0 });
    assert_eq!((scene.taken().0, scene.flaws()), (2, Vec::new()));
    scene.take(&Step::Plan { seats: Some(3) });
    scene.take(&Step::AddNew { person: 3, role: 1, creates: false, place: 0 });
    assert_eq!((scene.taken(), scene.flaws()), ((3, Some(3)), Vec::new()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn of_two_who_come_at_once_the_last_seat_is_one_persons(schedule in schedules()) {
        let one = |statuses: &[u16], good: u16| {
            let mut statuses = statuses.to_vec();
            statuses.sort_unstable();
            statuses == [good, 409]
        };
        let mut scene = Scene::new();
        scene.take(&Step::Plan { seats: Some(1) });
        scene.take(&Step::InviteByLink { creates: true, place: 0 });
        let both = [0, 1].map(|person| Run::Join { person, invitation: 0 });
        let statuses = scene.race(&both, &schedule);
        prop_assert!(one(&statuses, 200), "two accept: {statuses:?}");
        prop_assert_eq!((scene.taken().0, scene.flaws()), (1, Vec::new()));

        scene.take(&Step::Plan { seats: Some(2) });
        let both = [Run::Invite { person: 2, role: 1 }, Run::AddNew { person: 3, role: 1 }];
        let statuses = scene.race(&both, &schedule);
        prop_assert!(one(&statuses, 201), "one is invited, one added: {statuses:?}");
        prop_assert_eq!((scene.taken().0, scene.flaws()), (2, Vec::new()));
    }

    /// Whichever comes first: who came in before the plan was lowered stays, and after it nobody comes in.
    #[test]
    fn an_accept_and_a_lowered_plan_are_one_after_the_other(schedule in schedules()) {
        let mut scene = Scene::new();
        scene.take(&Step::InviteByLink { creates: true, place: 0 });
        let both = [Run::Join { person: 0, invitation: 0 }, Run::Plan { seats: Some(0) }];
        let statuses = scene.race(&both, &schedule);
        prop_assert!(statuses == [200, 200] || statuses == [409, 200], "{statuses:?}");
        prop_assert_eq!(scene.taken(), (i64::from(statuses[0] == 200), Some(0)));
        prop_assert_eq!(scene.flaws(), Vec::<Value>::new());
        scene.take(&Step::Join { person: 1, invitation: 0 });
        prop_assert_eq!(scene.taken().0, i64::from(statuses[0] == 200), "and nobody more");
    }
}

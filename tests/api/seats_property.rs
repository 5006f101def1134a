//! The seat ledger under any history of invitations, joins, changes, removals, transfers, other plans and time passing: no
//! plan is overfilled unless it was lowered, the counters are what the rows say, and a person never takes two.

use std::time::Duration;

use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::client::{Client, Team};
use crate::support::race::{Racer, race};
use crate::support::scene::{somebody, workspace};
use crate::{accept_signed_in, copied_token, decline};

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
        1 => (proptest::collection::vec(person(), 1..3), any::<bool>())
            .prop_map(|(people, with_sent)| Step::Remove { people, with_sent }),
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

/// An organization with few seats, two workspaces, and people with accounts who are in nothing yet.
struct Scene {
    team: Team,
    people: Vec<Client>,
    places: Vec<String>,
    invitations: Vec<String>,
}

impl Scene {
    fn new() -> Self {
        let mut team = Team::of("client-links");
        team.world.operator().put(&team.path("/plan"), &plan(Some(2))).ok();
        let places = vec![team.workspace(), workspace(&team, "Second")];
        let people = (0..PEOPLE).map(|number| somebody(&team.world, &address(number))).collect();
        // A history outlives a session.
        team.world.state().database.borrow().change("UPDATE sessions SET expires_at = 9000000000000");
        Self { team, people, places, invitations: Vec::new() }
    }

    /// The member that somebody is, or was; nobody's id if they never were in.
    fn member(&self, person: usize) -> String {
        let rows = self.team.world.state().database.borrow().query(&format!(
            "SELECT id FROM members WHERE user_id = (SELECT id FROM users WHERE email_key = '{}')
             ORDER BY removed_at IS NULL DESC, id DESC LIMIT 1",
            address(person)
        ));
        rows.first()
            .map_or("mbr_01h455vb4pex5vsknk084sn02q".to_owned(), |row| row["id"].as_str().unwrap().to_owned())
    }

    /// Whoever is the owner now.
    fn owner(&mut self) -> &mut Client {
        let rows = self.team.world.state().database.borrow().query(
            "SELECT u.email FROM members m JOIN users u ON u.id = m.user_id WHERE m.role = 'owner' AND m.removed_at IS NULL",
        );
        let email = rows[0]["email"].as_str().unwrap().to_owned();
        (0..PEOPLE)
            .find(|number| email == address(*number))
            .map_or(&mut self.team.owner, |number| &mut self.people[number])
    }

    fn take(&mut self, step: &Step) {
        let paths =
            (self.team.path("/invitations"), self.team.path("/members/remove"), self.team.path("/owner"));
        let (invite, remove, transfer) = paths;
        let answer = match step {
            Step::Invite { person, role, creates, place } => {
                let mut body = self.offer(*person, *role, *creates, *place);
                body["kind"] = "email".into();
                self.owner().post(&invite, &body)
            }
            Step::InviteByLink { creates, place } => {
                let places = json!([self.places[*place]]);
                let body = json!({"kind": "link", "role": "client", "workspace_ids": places, "access": access(*creates)});
                self.owner().post(&invite, &body)
            }
            Step::Join { person, invitation } => {
                let Some(token) = self.token(*invitation) else { return };
                accept_signed_in(&mut self.people[*person], &token)
            }
            Step::Decline { invitation } => {
                let Some(token) = self.token(*invitation) else { return };
                decline(&mut self.team.world.client(), &token)
            }
            Step::Act { invitation, resend } => {
                let Some(id) = self.invitation(*invitation) else { return };
                let action = if *resend { "resend" } else { "revoke" };
                self.owner().post(&format!("/v1/invitations/{id}/{action}"), &json!({}))
            }
            Step::ChangeRole { person, role } => {
                let path = format!("/v1/members/{}", self.member(*person));
                self.owner().patch(&path, &json!({"role": ROLES[*role]}))
            }
            Step::ChangeAccess { person, place, creates } => {
                let path = format!("/v1/workspaces/{}/members/{}", self.places[*place], self.member(*person));
                self.owner().patch(&path, &json!({"access": access(*creates)}))
            }
            Step::Clone { person, of, place } => {
                let path = format!("/v1/workspaces/{}/members/{}", self.places[*place], self.member(*person));
                let access = json!({"permissions": {"clone_of": self.member(*of)}});
                self.owner().patch(&path, &json!({"access": access}))
            }
            Step::Add { person, place, creates } => {
                let path = format!("/v1/workspaces/{}/members", self.places[*place]);
                let body = json!({"member_id": self.member(*person), "access": access(*creates)});
                self.owner().post(&path, &body)
            }
            Step::TakeOut { person, place } => {
                let path = format!("/v1/workspaces/{}/members/{}", self.places[*place], self.member(*person));
                self.owner().delete(&path)
            }
            Step::Remove { people, with_sent } => {
                let members: Vec<_> = people.iter().map(|person| self.member(*person)).collect();
                let body = json!({"member_ids": members, "revoke_their_invitations": with_sent});
                self.owner().post(&remove, &body)
            }
            Step::Leave { person } => {
                let path = format!("/v1/members/{}", self.member(*person));
                self.people[*person].delete(&path)
            }
            Step::Transfer { person } => {
                let body = json!({"member_id": self.member(*person)});
                self.owner().post(&transfer, &body)
            }
            Step::AddNew { person, role, creates, place } => {
                let path = self.team.path("/members");
                let body = added(self.offer(*person, *role, *creates, *place));
                self.owner().post(&path, &body)
            }
            Step::Bulk { rows, place } => return self.import(rows, *place),
            Step::Plan { seats } => {
                self.team.world.operator().put(&self.team.path("/plan"), &plan(*seats)).ok()
            }
            Step::Wait { hours } => return self.team.world.pass(Duration::from_hours(*hours)),
            Step::Tick => return self.team.world.tick(),
            Step::Race { racers, schedule } => {
                self.race(racers, schedule);
                return;
            }
        };
        assert!(answer.status.as_u16() < 500, "{step:?}: {}", answer.text());
        if let Step::Invite { .. } | Step::InviteByLink { .. } = step
            && answer.status == 201
        {
            self.invitations.push(answer.str("/id"));
        }
    }

    /// What somebody is invited or added as.
    fn offer(&self, person: usize, role: usize, creates: bool, place: usize) -> Value {
        let role = ROLES[role];
        let mut body = json!({"role": role, "email": address(person), "send_email": false});
        if role != "admin" {
            body["workspace_ids"] = json!([self.places[place]]);
            body["access"] = access(creates);
        }
        body
    }

    /// Many at once, by a job that runs now.
    fn import(&mut self, rows: &[(usize, usize, bool)], place: usize) {
        let rows: Vec<_> =
            rows.iter().map(|(person, role, creates)| self.offer(*person, *role, *creates, place)).collect();
        let path = self.team.path("/invitations/bulk");
        let job = self.owner().post(&path, &json!({"rows": rows})).ok().str("/job_id");
        self.team.world.deliver();
        let made = self.owner().get(&format!("/v1/jobs/{job}")).ok().json();
        assert_eq!(made["status"], "done", "{made}");
        let made = made["data"].as_array().unwrap().clone();
        self.invitations
            .extend(made.iter().filter_map(|row| row["invitation_id"].as_str()).map(str::to_owned));
    }

    /// Several things at the same time. Answers each one's status.
    fn race(&mut self, runs: &[Run], schedule: &[usize]) -> Vec<u16> {
        let racers = runs.iter().filter_map(|run| self.racer(run)).collect::<Vec<_>>();
        let answers = if racers.is_empty() { Vec::new() } else { race(&self.team.world, racers, schedule) };
        for answer in &answers {
            assert!(answer.status.as_u16() < 500, "{}", answer.text());
            if let Some(id) =
                serde_json::from_slice::<Value>(&answer.body).ok().as_ref().and_then(invitation_made)
            {
                self.invitations.push(id);
            }
        }
        answers.iter().map(|answer| answer.status.as_u16()).collect()
    }

    /// Nobody where the invitation to accept is over.
    fn racer(&mut self, run: &Run) -> Option<Racer> {
        let owner = self.owner().clone();
        let (post, change) = (Method::POST, Method::PATCH);
        Some(match run {
            Run::ChangeAccess { person } => {
                let path = format!("/v1/workspaces/{}/members/{}", self.places[0], self.member(*person));
                Racer::new(&owner, &change, &path, &json!({"access": access_that_creates()}))
            }
            Run::ChangeRole { person } => {
                let path = format!("/v1/members/{}", self.member(*person));
                Racer::new(&owner, &change, &path, &json!({"role": "member"}))
            }
            Run::Remove { person } => {
                let path = format!("/v1/members/{}", self.member(*person));
                Racer::new(&owner, &Method::DELETE, &path, &Value::Null)
            }
            Run::Join { person, invitation } => {
                let token = self.token(*invitation)?;
                let body = json!({"token": token});
                Racer::new(&self.people[*person], &post, "/v1/invitations/accept", &body)
            }
            Run::Invite { person, role } => {
                let mut body = self.offer(*person, *role, true, 0);
                body["kind"] = "email".into();
                Racer::new(&owner, &post, &self.team.path("/invitations"), &body)
            }
            Run::AddNew { person, role } => {
                let body = added(self.offer(*person, *role, true, 0));
                Racer::new(&owner, &post, &self.team.path("/members"), &body)
            }
            Run::Plan { seats } => {
                let operator = self.team.world.operator();
                Racer::new(&operator, &Method::PUT, &self.team.path("/plan"), &plan(*seats))
            }
        })
    }

    fn invitation(&self, place: usize) -> Option<String> {
        self.invitations
            .iter()
            .rev()
            .cycle()
            .take(usize::from(!self.invitations.is_empty()) * (place + 1))
            .last()
            .cloned()
    }

    fn token(&mut self, place: usize) -> Option<String> {
        let id = self.invitation(place)?;
        let open = format!(
            "SELECT count(*) FROM invitations WHERE id = '{id}' AND outcome = 'open' AND expires_at > {}",
            self.team.world.now().millis()
        );
        (self.team.world.count(&open) == 1).then(|| copied_token(self.owner(), &id))
    }

    /// The seats that are taken or reserved now, and the limit.
    fn taken(&self) -> (i64, Option<i64>) {
        let row = &self.team.world.state().database.borrow().query(&format!(
            "SELECT seats_used + seats_reserved - (SELECT count(*) FROM invitations WHERE reserves = 1 AND expires_at <= {})
               AS taken, seat_limit FROM organizations",
            self.team.world.now().millis()
        ))[0];
        (row["taken"].as_i64().unwrap(), row["seat_limit"].as_i64())
    }

    /// What is wrong with the rows.
    fn flaws(&self) -> Vec<Value> {
        let database = self.team.world.state().database.borrow();
        [
            "SELECT 'used' FROM organizations WHERE seats_used <>
               (SELECT count(*) FROM members WHERE takes_seat = 1 AND removed_at IS NULL)",
            "SELECT 'reserved' FROM organizations WHERE seats_reserved <> (SELECT count(*) FROM invitations
               WHERE kind = 'email' AND takes_seat = 1 AND accepted_at IS NULL AND declined_at IS NULL
                 AND revoked_at IS NULL AND expired_at IS NULL)",
            "SELECT 'seat', m.* FROM members m WHERE m.removed_at IS NULL AND m.takes_seat <> CASE m.role
               WHEN 'owner' THEN 0 WHEN 'client' THEN EXISTS (
                 SELECT 1 FROM memberships p JOIN json_each(p.permissions) k ON k.value = 'posts.create'
                 WHERE p.member_id = m.id)
               ELSE 1 END",
            "SELECT 'twice' FROM members WHERE removed_at IS NULL GROUP BY user_id HAVING count(*) > 1",
            "SELECT 'owners' WHERE (SELECT count(*) FROM members WHERE role = 'owner' AND removed_at IS NULL) <> 1",
        ]
        .into_iter()
        .flat_map(|sql| database.query(sql))
        .collect()
    }
}

/// A plan of so many seats.
fn plan(seats: Option<i64>) -> Value {
    json!({"key": "test", "seat_limit": seats, "features": ["custom_client_permissions"]})
}

/// The same as an offer, for whoever is in at once.
fn added(mut offer: Value) -> Value {
    offer["name"] = "Somebody".into();
    offer["notify"] = false.into();
    offer.as_object_mut().unwrap().remove("send_email");
    offer
}

/// The invitation that this answer shows.
fn invitation_made(answer: &Value) -> Option<String> {
    answer["id"].as_str().filter(|id| id.starts_with("inv_")).map(str::to_owned)
}

/// The largest plan that stood at any time of a race that began with this one, none being any number of seats.
fn largest(step: &Step, limit: Option<i64>) -> Option<i64> {
    let Step::Race { racers, .. } = step else { return Some(0) };
    let plans =
        racers.iter().filter_map(|run| if let Run::Plan { seats } = run { Some(*seats) } else { None });
    std::iter::once(limit).chain(plans).try_fold(0, |most, seats| seats.map(|seats| most.max(seats)))
}

fn address(number: usize) -> String {
    format!("p{number}@studio.test")
}

fn access(creates: bool) -> Value {
    if creates { access_that_creates() } else { json!({"permissions": "default"}) }
}

fn access_that_creates() -> Value {
    json!({"permissions": ["posts.create", "posts.view"]})
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

//! Where a history happens: takes its steps through the API, and looks at the rows behind it.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::{PEOPLE, ROLES, Run, Step};
use crate::support::client::{Client, Team};
use crate::support::race::{Racer, race};
use crate::support::scene::{somebody, workspace};
use crate::{accept_signed_in, copied_token, decline};

/// An organization with few seats, two workspaces, and people with accounts who are in nothing yet.
pub struct Scene {
    pub team: Team,
    people: Vec<Client>,
    places: Vec<String>,
    invitations: Vec<String>,
}

impl Scene {
    pub fn new() -> Self {
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

    pub fn take(&mut self, step: &Step) {
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
            Step::Restore { person } => {
                let path = format!("/v1/members/{}/restore", self.member(*person));
                self.owner().post(&path, &json!({}))
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
    pub fn race(&mut self, runs: &[Run], schedule: &[usize]) -> Vec<u16> {
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
            Run::Restore { person } => {
                let path = format!("/v1/members/{}/restore", self.member(*person));
                Racer::new(&owner, &post, &path, &json!({}))
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
    pub fn taken(&self) -> (i64, Option<i64>) {
        let row = &self.team.world.state().database.borrow().query(&format!(
            "SELECT seats_used + seats_reserved - (SELECT count(*) FROM invitations WHERE reserves = 1 AND expires_at <= {})
               AS taken, seat_limit FROM organizations",
            self.team.world.now().millis()
        ))[0];
        (row["taken"].as_i64().unwrap(), row["seat_limit"].as_i64())
    }

    /// What is wrong with the rows.
    pub fn flaws(&self) -> Vec<Value> {
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
            "SELECT 'two seats', i.id FROM members m JOIN users u ON u.id = m.user_id AND u.email_verified_at IS NOT NULL
               JOIN invitations i ON i.organization_id = m.organization_id AND i.email_key = u.email_key
             WHERE m.holds_seat = 1 AND i.reserves = 1",
            "SELECT 'unreserved', i.id FROM invitations i
               JOIN json_each(iif(i.role = 'client', i.permissions, '[\"posts.create\"]')) k ON k.value = 'posts.create'
             WHERE i.kind = 'email' AND i.outcome = 'open' AND i.role <> 'owner' AND i.reserves = 0
               AND NOT EXISTS (SELECT 1 FROM members m WHERE m.email_key = i.email_key AND m.joined_at >= i.offered_at)",
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

fn address(number: usize) -> String {
    format!("p{number}@studio.test")
}

fn access(creates: bool) -> Value {
    if creates { access_that_creates() } else { json!({"permissions": "default"}) }
}

fn access_that_creates() -> Value {
    json!({"permissions": ["posts.create", "posts.view"]})
}

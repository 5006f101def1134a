//! Inviting somebody, step by step.
//!
//! The rule: each step is opened and sent as a browser does, and what came of it is asked of the API.

mod anew;
mod drafts;
mod finding;
mod offers;
mod sending;
mod steps;

use serde_json::{Value, json};

use crate::scene::browsing;
use crate::structure::check_page;
use crate::support::client::{Team, nonce_in};
use crate::support::{Answer, Client, scene};

const CARL: &str = "carl.client@client.test";

/// Somebody who invites, in their browser.
struct Wizard {
    team: Team,
    who: Client,
    start: String,
    /// The page that is open.
    at: String,
}

impl Wizard {
    /// The owner of a new organization of this template, at the beginning.
    fn of(template: &str) -> Self {
        Self::in_team(Team::of(template))
    }

    fn in_team(mut team: Team) -> Self {
        // The newest invitation is told by its time.
        team.world.pass(std::time::Duration::from_millis(1));
        let slug = team.owner.get(&team.path("")).ok().str("/slug");
        let who = browsing(team.owner.clone());
        let start = format!("/o/{slug}/team/invite");
        Self { team, who, at: start.clone(), start }
    }

    /// The same pages, opened by somebody else.
    fn by(mut self, who: Client) -> Self {
        self.who = browsing(who);
        self
    }

    /// The page that is open, which is as every page must be.
    #[track_caller]
    fn page(&mut self) -> String {
        let answer = self.who.get(&self.at);
        assert_eq!(answer.status, 200, "{} {}", self.at, answer.text());
        check_page(&answer);
        answer.text()
    }

    /// Sends the form of the page that is open, and goes where that leads.
    #[track_caller]
    fn send(&mut self, fields: &[(&str, &str)]) -> Answer {
        let nonce = nonce_in(&self.page());
        let mut form = vec![("nonce", nonce.as_str())];
        form.extend(fields);
        let answer = self.who.post_form(&self.at.clone(), &form);
        if let Some(next) = answer.header("location") {
            next.clone_into(&mut self.at);
        } else {
            check_page(&answer);
        }
        answer
    }

    /// Sends a form that nothing is wrong with.
    #[track_caller]
    fn go(&mut self, fields: &[(&str, &str)]) {
        let answer = self.send(fields);
        assert_eq!(answer.status, 303, "{}", answer.text());
    }

    /// The step that is open.
    fn step(&self) -> &str {
        self.at.rsplit('/').next().unwrap().split('?').next().unwrap()
    }

    /// The newest invitation.
    #[track_caller]
    fn invitation(&mut self) -> Value {
        let path = self.team.path("/invitations");
        self.team.owner.get(&path).ok().json()["data"][0].clone()
    }

    fn invitations(&self) -> i64 {
        // The owner's own is one.
        self.team.world.count("SELECT count(*) FROM invitations") - 1
    }

    fn drafts(&self) -> i64 {
        self.team.world.count("SELECT count(*) FROM drafts")
    }

    /// As far as the person: a client with this address, who gets an e-mail.
    fn meet_a_client(&mut self, email: &str) {
        self.go(&[("who", "client")]);
        self.go(&[("email", email), ("how", "mail")]);
    }
}

//! One round: somebody is invited, gets the mail, and comes in. It outlives the Worker: whoever was not answered does the
//! same again as soon as there is one, and must be told then how things stand.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::Life;
use crate::chance::Chance;
use crate::harness::{PASSWORD, Server};

/// What the invited person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Waits for the mail and follows its link.
    ByMail,
    /// Is given the link by other means, perhaps before there is a mail.
    AtOnce,
    /// Lets it lie.
    Never,
}

/// A round, as far as it has come.
#[derive(Debug)]
pub struct Round {
    pub address: String,
    way: Way,
    /// How long after a Worker is there its person is.
    late: Duration,
    asked_to_invite: bool,
    /// The invitation, once its inviter was told of it.
    pub invitation: Option<String>,
    asked_to_join: bool,
    /// The member, once they were told.
    pub member: Option<String>,
}

impl Round {
    /// Anybody's.
    pub fn draw(chance: &Chance, server: &Server) -> Self {
        let way = *chance.pick(&[Way::ByMail, Way::ByMail, Way::AtOnce, Way::Never, Way::Never]);
        Self {
            // The provider takes its time over it, so that a kill may fall within.
            address: server.address("slow"),
            way,
            late: Duration::from_millis(chance.between(0, 1200)),
            asked_to_invite: false,
            invitation: None,
            asked_to_join: false,
            member: None,
        }
    }

    /// Whether nothing is left to be done.
    pub fn is_over(&self) -> bool {
        self.invitation.is_some() && (self.way == Way::Never || self.member.is_some())
    }

    /// Whether its mail must have gone out: nobody answered the invitation before it did.
    pub fn needs_its_mail(&self) -> bool {
        self.way != Way::AtOnce
    }

    /// Goes on until it is through or the Worker was killed.
    pub fn go_on(&mut self, life: &Life<'_>) {
        thread::sleep(self.late);
        if self.invitation.is_none() {
            self.invitation = self.invite(life);
        }
        let Some(invitation) = self.invitation.clone() else { return };
        let token = match self.way {
            Way::Never => None,
            Way::AtOnce => Some(life.server.token(life.organization, &invitation)),
            Way::ByMail => self.mailed_token(life),
        };
        if let Some(token) = token {
            self.member = self.join(life, &token);
        }
    }

    /// The owner invites them. Whoever was not answered invites again, and is told the same invitation.
    fn invite(&mut self, life: &Life<'_>) -> Option<String> {
        if life.is_over() {
            return None;
        }
        let mut owner = life.server.client().with_session(life.owner);
        let before = std::mem::replace(&mut self.asked_to_invite, true);
        let body = json!({"kind": "email", "role": "member", "email": self.address});
        let path = format!("/v1/organizations/{}/invitations", life.organization);
        let answer = life.post(&mut owner, &path, &body)?;
        match answer.refusal() {
            (201, _) => Some(answer.str("/id")),
            (409, code) if before && code == "already_invited" => Some(answer.str("/invitation_id")),
            refused => panic!("an invitation is refused: {refused:?}"),
        }
    }

    fn mailed_token(&self, life: &Life<'_>) -> Option<String> {
        for _ in 0..6_000 {
            let taken = life.provider.taken(&self.address);
            if let Some((_, mail)) = taken.first() {
                return Some(life.server.token_in(mail.body["text"].as_str().unwrap()));
            }
            if life.is_over() {
                return None;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("no mail has come");
    }

    /// They make an account and come in. Whoever was not answered tries again; if they were in they can sign in, and are
    /// told so.
    fn join(&mut self, life: &Life<'_>, token: &str) -> Option<String> {
        if life.is_over() {
            return None;
        }
        let mut person = life.server.client();
        let before = std::mem::replace(&mut self.asked_to_join, true);
        let accept = |more: Value| {
            let mut body = json!({"token": token});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let signs_up = accept(json!({"name": "Mia Member", "password": PASSWORD}));
        let mut answer = life.post(&mut person, "/v1/invitations/accept", &signs_up)?;
        if before && matches!(answer.refusal(), (401 | 410, _)) {
            let credentials = json!({"email": self.address, "password": PASSWORD});
            let signed_in = life.post(&mut person, "/v1/sessions", &credentials)?;
            assert_eq!(signed_in.status, 201, "half in: {}, {}", answer.text(), signed_in.text());
            answer = life.post(&mut person, "/v1/invitations/accept", &accept(json!({})))?;
        }
        assert_eq!(answer.status, 200, "{}", answer.text());
        Some(answer.str("/member_id"))
    }
}

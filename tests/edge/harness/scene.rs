//! What tests set their scenes with: people, an organization, the links in their mail.
//!
//! The rule: everybody and everything is new, so that no test meets what another one made; and it comes about as it does
//! in life, through the API, except for the signatures that a test makes itself with the deployment's key, and for crowds.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use usher::domain::keys::KeyRing;
use usher::domain::link::{Link, Via};
use usher::domain::time::Timestamp;

use super::client::{Answer, Client};
use super::server::{ROOT_KEY, Server};

/// The password that everybody here has.
pub const PASSWORD: &str = "a sentence works well";

impl Server {
    /// Its keys, for tokens that it never signed.
    pub fn keys(&self, root_keys: &str) -> KeyRing {
        KeyRing::parse(root_keys, &self.origin()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// An address that nobody else has.
    pub fn address(&self, who: &str) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let address = format!("{who}.{}@studio.test", COUNT.fetch_add(1, Ordering::Relaxed));
        self.keep_secret(&address);
        address
    }

    /// The token in that message's link.
    #[track_caller]
    pub fn mailed_token(&self, address: &str, count: usize) -> String {
        self.token_in(self.mail(address, count)["text"].as_str().unwrap())
    }

    /// The token of the first link in a text.
    #[track_caller]
    pub fn token_in(&self, text: &str) -> String {
        let start = format!("{}/i/", self.origin());
        let rest = text.split_once(&start).unwrap_or_else(|| panic!("no link in {text}")).1;
        let token =
            rest.split(|letter: char| letter.is_whitespace() || letter == '"').next().unwrap().to_owned();
        self.keep_secret(&token);
        token
    }

    /// The token of an invitation's first mail, made with the key that the Worker has: for tests in which the mail itself
    /// doesn't matter, since the queue waits a second before it delivers.
    pub fn token(&self, organization: &str, invitation: &str) -> String {
        let link = Link {
            invitation_id: invitation.parse().unwrap(),
            organization_id: organization.parse().unwrap(),
            ver: 1,
            via: Via::Email,
            given: 0,
        };
        let token = link.sign(&self.keys(ROOT_KEY), Timestamp::from_seconds(4_000_000_000));
        self.keep_secret(&token);
        token
    }
}

/// An organization with its owner signed in: where most tests begin.
pub struct Team<'a> {
    pub server: &'a Server,
    pub organization: String,
    pub owner: Client<'a>,
    pub owner_address: String,
}

impl<'a> Team<'a> {
    pub fn new(server: &'a Server) -> Self {
        Self::with_seats(server, None)
    }

    /// With so many seats, of which the owner takes none.
    pub fn with_seats(server: &'a Server, seats: Option<u32>) -> Self {
        Self::of(server, "team", seats)
    }

    /// Of one of the five systems, with so many seats; none is any number.
    pub fn of(server: &'a Server, template: &str, seats: Option<u32>) -> Self {
        let owner_address = server.address("olga.owner");
        let body = json!({
            "name": "Example Studio", "template": template,
            "owner": {"email": owner_address, "name": "Olga Owner"},
            "plan": {"key": "test", "seat_limit": seats, "features": ["custom_client_permissions"]},
        });
        let made = server.operator().post("/v1/organizations", &body).ok();
        let organization = made.str("/id");
        let mut owner = server.client();
        owner.sign_up(&server.token(&organization, &made.str("/owner_invitation_id")), "Olga Owner").ok();
        Self { server, organization, owner, owner_address }
    }

    /// One that was there before the Worker was started again, with its owner's session.
    pub fn again(server: &'a Server, organization: &str, session: &str) -> Self {
        Self {
            server,
            organization: organization.to_owned(),
            owner: server.client().with_session(session),
            owner_address: String::new(),
        }
    }

    /// A path below this organization.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/organizations/{}{rest}", self.organization)
    }

    /// Invites somebody as the owner.
    #[track_caller]
    pub fn invite(&self, address: &str, role: &str) -> Answer {
        let body = json!({"kind": "email", "role": role, "email": address});
        self.owner.clone().post(&self.path("/invitations"), &body)
    }

    /// Invites somebody and answers the invitation's id and the token that is mailed.
    #[track_caller]
    pub fn invited(&self, address: &str, role: &str) -> (String, String) {
        let id = self.invite(address, role).ok().str("/id");
        let token = self.server.token(&self.organization, &id);
        (id, token)
    }

    /// The token of an invitation's first mail, or of a link's URL.
    #[track_caller]
    pub fn token_of(&self, invitation: &str) -> String {
        if self.invitation(invitation)["kind"] == "email" {
            return self.server.token(&self.organization, invitation);
        }
        let given = self.owner.clone().post(&format!("/v1/invitations/{invitation}/link"), &json!({})).ok();
        self.server.token_in(&given.str("/url"))
    }

    /// An invitation as it is now.
    #[track_caller]
    pub fn invitation(&self, id: &str) -> Value {
        self.owner.clone().get(&format!("/v1/invitations/{id}")).ok().json()
    }
}

//! What the tests begin with: a team, somebody whom it invited, and the browser that opens the link.
//!
//! The rule: scenes come about as in life, by requests and mail; only what no route does yet is written to the database.

use std::time::Duration;

use serde_json::json;

use crate::support::client::{Team, nonce_in};
use crate::support::platform::World;
use crate::support::{Answer, Client};

pub const MIA: &str = "mia.member@studio.test";
/// The owner of another organization.
pub const OSCAR: &str = "oscar.owner@other.test";
/// What no page of an organization may say.
pub const PRODUCT: &str = "Zebraform";

/// A browser, which asks for pages.
pub fn browser(world: &World) -> Client {
    world.client().with_header("accept", "text/html")
}

/// Somebody's cookies in a browser.
pub fn browsing(person: Client) -> Client {
    person.with_header("accept", "text/html")
}

/// A team in a deployment whose product's name stands out.
pub fn team() -> Team {
    Team::in_world(World::with_settings(&[("PRODUCT_NAME", PRODUCT)]))
}

/// The path of a page of this team's organization.
pub fn page_of(team: &mut Team, rest: &str) -> String {
    let slug = team.owner.get(&team.path("")).ok().str("/slug");
    format!("/o/{slug}{rest}")
}

/// The body of a form with a file in it, as browsers write it, with this boundary.
pub const BOUNDARY: &str = "----WebKitFormBoundaryAbCdEf0123456789";
pub fn multipart(fields: &[(&str, &str)], file: Option<(&str, &str, &[u8])>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.into_bytes());
    }
    if let Some((name, called, bytes)) = file {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{called}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend(head.into_bytes());
        body.extend(bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    body
}

/// Sends such a form, with the nonce of the page.
pub fn upload(
    person: &mut Client,
    path: &str,
    fields: &[(&str, &str)],
    file: Option<(&str, &str, &[u8])>,
) -> Answer {
    let nonce = nonce_in(&person.get(path).text());
    let fields: Vec<(&str, &str)> =
        std::iter::once(("nonce", nonce.as_str())).chain(fields.iter().copied()).collect();
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    person.send(&http::Method::POST, path, Some(&content_type), multipart(&fields, file))
}

/// Another organization in the same deployment, with its owner signed in.
pub fn elsewhere(world: &World) -> Team {
    let organization = world.operator().create_organization("Other Studio", OSCAR);
    let mut owner = world.client();
    owner.join(OSCAR, "Oscar Owner").ok();
    Team { world: world.clone(), organization, owner }
}

/// Somebody at the page of an invitation.
pub struct Scene {
    pub team: Team,
    pub invitation: String,
    pub path: String,
    pub visitor: Client,
}

impl Scene {
    /// An open invitation for Mia, and its page's path.
    pub fn invited() -> Self {
        let mut team = team();
        let invitation = team.invited(MIA, "member");
        team.world.deliver();
        let path = format!("/i/{}", team.world.mailed_token(MIA));
        let visitor = browser(&team.world);
        Self { team, invitation, path, visitor }
    }

    /// The same, for somebody who has an account from another organization. `visitor` is signed in to it.
    pub fn invited_with_account() -> Self {
        let team = team();
        let other = team.world.operator().create_organization("Other Studio", MIA);
        let mut mia = team.world.client();
        mia.join(MIA, "Mia Member").ok();
        // The newest message is told by its time.
        team.world.pass(Duration::from_mins(1));
        let mut scene = Self { invitation: other, path: String::new(), visitor: browsing(mia), team };
        scene.invitation = scene.team.invited(MIA, "member");
        scene.team.world.deliver();
        scene.path = format!("/i/{}", scene.team.world.mailed_token(MIA));
        scene
    }

    /// An open invitation for Mia to a workspace that asks for a second factor. `visitor` has joined by it.
    pub fn joined_without_factor() -> Self {
        let mut team = team();
        let body = json!({"kind": "email", "role": "member", "email": MIA, "access": {"require_mfa": true}});
        let invitation = team.owner.post(&team.path("/invitations"), &body).ok().str("/id");
        team.world.deliver();
        let token = team.world.mailed_token(MIA);
        let mut mia = team.world.client();
        assert_eq!(mia.accept(&token, "Mia Member").ok().str("/next"), "enrol_mfa");
        Self { team, invitation, path: format!("/i/{token}"), visitor: browsing(mia) }
    }

    pub fn signed_out(mut self) -> Self {
        self.visitor = browser(&self.team.world);
        self
    }

    /// Changes a row that no route changes yet.
    pub fn with(self, sql: &str) -> Self {
        self.team.world.state().database.borrow().change(sql);
        self
    }

    pub fn open(&mut self) -> Answer {
        self.visitor.get(&self.path)
    }

    pub fn stored(&self) -> String {
        self.team.world.state().database.borrow().dump()
    }
}

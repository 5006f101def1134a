//! What the tests begin with: a team, somebody whom it invited, and the browser that opens the link.
//!
//! The rule: scenes come about as in life, by requests and mail; only what no route does yet is written to the database.

use std::time::Duration;

use crate::support::client::Team;
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

//! What attackers did to other invitation systems, a test each: named after its row in the list of attacks.
//!
//! Rows that don't apply yet, or only in part, and why (V13 to V15, V26, V28 and V31 are not in the list):
//!
//! - V4: an invitation holds no place to go on to; what a browser says of where it wants to go is held (`v04_…`).
//! - V23: nobody is half a member: who has accepted is in, who has not has no account that counts. Half a session is nobody's,
//!   and who lacks a second factor holds nothing (`v30_…`), on every route (`tests/api/authorization.rs`).
//! - V25: there is no approval to pass by; the seat is checked in the claim (`v25_…`), and so is the second factor (V30).
//! - V27: there is no allow-list of domains; what is no address is refused (`v27_…`).
//! - V29: networks are counted by `CF-Connecting-IP` and IPv6 by its /64 (`v29_…`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod accounts;
mod ahead;
mod callers;
mod email_changes;
#[path = "../support/mod.rs"]
mod support;
mod tokens;
mod words;

use std::time::Duration;

use serde_json::json;
use support::World;
use support::client::{Answer, Client, Team};
use support::platform::token_in;

const MIA: &str = "mia.member@studio.test";

fn refusal(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// A team with an open invitation whose mail has arrived: its id and token.
fn invited(role: &str) -> (Team, String, String) {
    let mut team = Team::new();
    let invitation = team.invited(MIA, role);
    team.world.deliver();
    let token = team.world.mailed_token(MIA);
    (team, invitation, token)
}

fn other_team(world: &World) -> Team {
    world.pass(Duration::from_secs(1));
    let organization = world.operator().create_organization("Other Studio", "oscar.owner@other.test");
    let mut owner = world.client();
    owner.join("oscar.owner@other.test", "Oscar Owner").ok();
    Team { world: world.clone(), organization, owner }
}

fn with_token(by: &mut Client, action: &str, token: &str) -> Answer {
    by.post(&format!("/v1/invitations/{action}"), &json!({"token": token}))
}

fn copied(by: &mut Client, invitation: &str) -> String {
    token_in(&by.post(&format!("/v1/invitations/{invitation}/link"), &json!({})).ok().str("/url"))
}

fn dump(team: &Team) -> String {
    team.world.state().database.borrow().dump()
}

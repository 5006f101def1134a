//! A person takes one seat at most, by however many ways they come.

use serde_json::json;

use crate::support::client::{Client, Team};
use crate::support::scene::seats;
use crate::{accept_signed_in, another, copied_token};

const ANA: &str = "ana@client.test";

/// The token of a new link that gives clients these permissions.
fn link(team: &mut Team, permissions: &serde_json::Value) -> String {
    let body = json!({"kind": "link", "role": "client", "access": {"permissions": permissions}});
    let id = team.owner.post(&team.path("/invitations"), &body).ok().str("/id");
    copied_token(&mut team.owner, &id)
}

/// Somebody with an account whose address is proved, from another organization of the same world.
fn with_account(team: &Team, email: &str) -> Client {
    another(&team.world).joined(email, "client")
}

#[test]
fn somebody_invited_as_staff_who_comes_by_a_link_keeps_no_seat_reserved() {
    let mut team = Team::of("client-links");
    let mut ana = with_account(&team, ANA);
    let invitation = team.invited(ANA, "member");
    assert_eq!(seats(&team), (0, 1));
    let token = link(&mut team, &json!("default"));
    accept_signed_in(&mut ana, &token).ok();
    assert_eq!(seats(&team), (0, 0), "a client without such a permission takes none, and is invited to none");

    let token = copied_token(&mut team.owner, &invitation);
    assert_eq!(accept_signed_in(&mut ana, &token).ok().str("/role"), "client", "the role stays");
    assert_eq!(seats(&team), (0, 0));
}

#[test]
fn somebody_who_is_in_takes_a_second_seat_by_no_further_link() {
    let mut team = Team::of("client-links");
    let mut ana = with_account(&team, ANA);
    for _ in 0..3 {
        let token = link(&mut team, &json!(["posts"]));
        accept_signed_in(&mut ana, &token).ok();
        assert_eq!(seats(&team), (1, 0));
    }
}

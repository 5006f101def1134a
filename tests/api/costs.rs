//! What every request costs: round trips to D1 and calls to KV, and that each statement is served by an index.

use serde_json::json;
use usher::web::route::Route;

use crate::cast::Cast;
use crate::rows::{self, Costs};
use crate::support::World;
use crate::support::client::{PASSWORD, Team};
use crate::support::platform::Cost;
use crate::support::scene::somebody;
use crate::{accept_signed_in, another, copied_token, sign_in};

/// What each route costs somebody whom it serves (a form without its nonce is not served).
const TABLE: &[Costs] = &[
    ("GET", "/", "owner", 0, 0),
    ("GET", "/sign-in", "nobody", 0, 0),
    ("POST", "/sign-in", "nobody", 0, 0),
    ("POST", "/sign-out", "nobody", 0, 0),
    // A signed-in page: session, user and memberships together.
    ("GET", "/me", "owner", 1, 0),
    // From a cold KV; the warm one is below.
    ("GET", "/i/{token}", "nobody", 1, 2),
    ("GET", "/i/{token}", "owner", 1, 0),
    ("POST", "/i/{token}", "nobody", 1, 0),
    ("GET", "/i/{token}/decline", "nobody", 1, 2),
    ("POST", "/i/{token}/ask", "nobody", 0, 0),
    ("POST", "/i/{token}/decline", "nobody", 1, 2),
    ("GET", "/dev/mailbox", "nobody", 1, 0),
    ("GET", "/dev/mailbox/{job}", "nobody", 1, 0),
    // From a cold KV, which has no copy, and there is none to put.
    ("GET", "/brand/{organization}/{hash}", "nobody", 1, 1),
    ("PUT", "/v1/organizations/{organization}/logo", "owner", 2, 0),
    ("DELETE", "/v1/organizations/{organization}/logo", "owner", 2, 0),
    ("GET", "/healthz", "nobody", 0, 0),
    ("GET", "/readyz", "nobody", 1, 0),
    ("GET", "/v1/organizations", "operator", 1, 0),
    ("POST", "/v1/organizations", "operator", 1, 0),
    ("GET", "/v1/organizations/{organization}/invitations", "owner", 1, 0),
    ("POST", "/v1/organizations/{organization}/invitations", "owner", 2, 0),
    ("GET", "/v1/organizations/{organization}/members", "owner", 2, 0),
    ("GET", "/v1/organizations/{organization}/workspaces", "owner", 2, 0),
    ("POST", "/v1/invitations/preview", "nobody", 1, 0),
    // Asked what is missing.
    ("POST", "/v1/invitations/accept", "nobody", 1, 0),
    ("POST", "/v1/invitations/decline", "nobody", 1, 1),
    ("GET", "/v1/invitations/{invitation}", "owner", 1, 0),
    ("POST", "/v1/invitations/{invitation}/resend", "owner", 2, 1),
    ("POST", "/v1/invitations/{invitation}/revoke", "owner", 2, 1),
    ("POST", "/v1/invitations/{invitation}/link", "owner", 2, 0),
    ("GET", "/v1/me", "owner", 1, 0),
    ("GET", "/v1/me/workspaces", "owner", 1, 0),
    // Refused for what is no address; signing in is below.
    ("POST", "/v1/sessions", "nobody", 0, 0),
    ("DELETE", "/v1/sessions/current", "owner", 1, 0),
];

/// Every row.
fn all_rows() -> impl Iterator<Item = &'static Costs> {
    TABLE.iter().chain(rows::COSTS.iter().copied().flatten())
}

/// Asks the platform itself, for tests of the platform.
const UNCOUNTED: &str = "/dev/probe";

#[test]
fn every_route_costs_what_the_table_says() {
    let mut cast = Cast::new();
    let mut wrong = Vec::new();
    for (pattern, methods) in Route::PATTERNS.iter().filter(|(pattern, _)| *pattern != UNCOUNTED) {
        for method in *methods {
            let mut rows = all_rows().filter(|(m, p, ..)| m == method && p == pattern).peekable();
            assert!(rows.peek().is_some(), "no row for {method} {pattern}");
            for (method, pattern, kind, d1, kv) in rows {
                let answer = cast.ask(method, pattern, kind);
                let paid = cast.team.world.last_cost();
                if paid != (Cost { d1: *d1, kv: *kv }) {
                    wrong.push(format!("{method} {pattern} as {kind}: {paid:?} {}", answer.status));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const MIA: &str = "mia.member@studio.test";

/// A team with an open invitation whose mail has arrived.
fn invited() -> (Team, String) {
    let mut team = Team::new();
    team.invited(MIA, "member");
    team.world.deliver();
    let token = team.world.mailed_token(MIA);
    (team, token)
}

#[test]
fn a_landing_page_that_was_opened_before_costs_no_round_trip() {
    let (team, token) = invited();
    let mut anybody = team.world.client();
    anybody.get(&format!("/i/{token}")).ok();
    for path in [format!("/i/{token}"), format!("/i/{token}/decline")] {
        assert_eq!(anybody.get(&path).status, 200);
        assert_eq!(team.world.last_cost(), Cost { d1: 0, kv: 1 });
    }
}

#[test]
fn accepting_signed_in_costs_one_round_trip_and_so_does_being_refused() {
    let (mut team, token) = invited();
    let mut eve = team.joined("eve@other.test", "client");
    assert_eq!(accept_signed_in(&mut eve, &token).status, 403);
    assert_eq!(team.world.last_cost(), Cost { d1: 1, kv: 0 });
    let mut mia = team.world.client();
    mia.accept(&token, "Mia Member").ok();
    assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 1 }, "making the account in the same step");
    assert_eq!(accept_signed_in(&mut mia, &token).status, 200);
    assert_eq!(team.world.last_cost(), Cost { d1: 1, kv: 0 }, "again");
    team.world.pass(std::time::Duration::from_secs(1));
    let mut other = another(&team.world);
    let id = other.invited(MIA, "admin");
    let token = copied_token(&mut other.owner, &id);
    accept_signed_in(&mut mia, &token).ok();
    assert_eq!(team.world.last_cost(), Cost { d1: 1, kv: 1 });
}

#[test]
fn joining_by_form_costs_three_round_trips_at_most() {
    let (team, token) = invited();
    let mut mia = team.world.client();
    let path = format!("/i/{token}");
    let fields = [("name", "Mia Member"), ("password", PASSWORD)];
    assert_eq!(mia.submit(&path, &path, &fields).status, 303);
    assert!(team.world.last_cost().d1 <= 3, "{:?}", team.world.last_cost());
}

#[test]
fn signing_in_costs_two_round_trips_and_a_wrong_password_one() {
    let team = Team::new();
    sign_in(&mut team.world.client(), "olga.owner@studio.test").ok();
    assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 0 });
    assert_eq!(sign_in(&mut team.world.client(), "nobody@studio.test").status, 401);
    assert_eq!(team.world.last_cost(), Cost { d1: 1, kv: 0 });
}

/// The cost of a request doesn't grow with what there is.
#[test]
fn costs_do_not_grow_with_the_number_of_invitations() {
    let mut team = Team::with_plan(World::new(), Some(json!({"key": "test", "seat_limit": null})));
    for number in 0..60 {
        team.invited(&format!("c{number}@client.test"), "client");
        assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 0 });
    }
    team.owner.get(&team.path("/invitations?limit=100")).ok();
    assert_eq!(team.world.last_cost(), Cost { d1: 1, kv: 0 });
}

/// A refused request with a body that can't be used reads nothing but who asks.
#[test]
fn what_is_malformed_costs_no_more_than_knowing_who_asks() {
    let team = Team::new();
    let mut owner = team.owner.clone();
    owner.post(&team.path("/invitations"), &json!({"rloe": 1}));
    assert_eq!(team.world.last_cost(), Cost { d1: 1, kv: 0 });
    let mut nobody = team.world.client();
    nobody.post(&team.path("/invitations"), &json!({}));
    assert_eq!(team.world.last_cost(), Cost { d1: 0, kv: 0 });
}

/// How many rows this writes, triggers' too; an entry of an index is none.
fn rows_written(world: &World, work: impl FnOnce()) -> i64 {
    let written = || world.count("SELECT total_changes()");
    let before = written();
    work();
    written() - before
}

#[test]
fn inviting_and_accepting_write_each_row_once() {
    let mut team = Team::new();
    let world = team.world.clone();
    let mut mia = somebody(&world, MIA);
    team.invited("first.of@the-day.test", "member");
    let mut id = String::new();
    // The invitation, its workspace, its entry in the log and its mail; the seats reserved; what the organization invited today, and
    // what the address was mailed, by anybody and by it.
    assert_eq!(rows_written(&world, || id = team.invited(MIA, "member")), 8);
    let token = copied_token(&mut team.owner, &id);
    let accept = || {
        accept_signed_in(&mut mia, &token).ok();
    };
    // The redemption, the member and their membership, with their access's number; the invitation and its workspace; the seats, one
    // used and one less reserved; the entry in the log; and what the inviter is told.
    assert_eq!(rows_written(&world, accept), 10);
}

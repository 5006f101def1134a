//! A person takes one seat at most, by however many ways they come.

use serde_json::json;

use crate::support::World;
use crate::support::client::{Client, PASSWORD, Team};
use crate::support::scene::{plan_of, somebody, workspace};
use crate::{accept_signed_in, another, copied_token, refusal};

const ANA: &str = "ana@client.test";

/// The token of a new link that gives clients these permissions.
fn link(team: &mut Team, permissions: &serde_json::Value) -> String {
    let body = json!({"kind": "link", "role": "client", "access": {"permissions": permissions}});
    let id = team.owner.post(&team.path("/invitations"), &body).ok().str("/id");
    copied_token(&mut team.owner, &id)
}

/// Seats used and reserved.
fn seats(team: &Team) -> (i64, i64) {
    let count = |column| {
        team.world.count(&format!("SELECT {column} FROM organizations WHERE id = '{}'", team.organization))
    };
    (count("seats_used"), count("seats_reserved"))
}

/// Somebody with an account whose address is proved, from another organization of the same world.
fn with_account(team: &Team, email: &str) -> Client {
    another(&team.world).joined(email, "client")
}

#[test]
fn somebody_invited_as_staff_who_comes_by_a_link_takes_no_seat_and_frees_the_reserved_one_by_accepting() {
    let mut team = Team::of("client-links");
    let mut ana = with_account(&team, ANA);
    let invitation = team.invited(ANA, "member");
    let token = link(&mut team, &json!("default"));
    accept_signed_in(&mut ana, &token).ok();
    assert_eq!(seats(&team), (0, 1), "the invitation is still open");

    let token = copied_token(&mut team.owner, &invitation);
    assert_eq!(accept_signed_in(&mut ana, &token).ok().str("/role"), "client", "the role stays");
    assert_eq!(seats(&team), (0, 0));
}

fn creates() -> serde_json::Value {
    json!({"kind": "email", "role": "client", "email": ANA, "access": {"permissions": ["posts.create"]}})
}

/// With one seat in all, the one that is reserved for somebody is theirs by whatever way they come.
#[test]
fn somebody_who_comes_by_a_link_takes_the_seat_that_their_invitation_reserves() {
    let mut team = Team::make(World::new(), "client-links", Some(plan_of(1)));
    let mut ana = with_account(&team, ANA);
    let mut bo = somebody(&team.world, "bo@client.test");
    let invitation = team.owner.post(&team.path("/invitations"), &creates()).ok().str("/id");
    let token = link(&mut team, &json!(["posts.create"]));
    let full = refusal(409, "seat_limit_reached");
    assert_eq!(accept_signed_in(&mut bo, &token).refusal(), full, "it is reserved for somebody else");
    accept_signed_in(&mut ana, &token).ok();
    assert_eq!(seats(&team), (1, 0));
    let holders = team.owner.get(&team.path("/seats/holders")).ok().json();
    assert_eq!(holders["data"].as_array().unwrap().len(), 1, "{holders}");
    assert_eq!(accept_signed_in(&mut bo, &token).refusal(), full);

    let of = format!("/v1/invitations/{invitation}");
    assert_eq!(team.owner.get(&of).str("/status"), "pending", "it stays open");
    team.owner.patch(&of, &json!({"message": "Hello", "expires_in": 7200})).ok();
    assert_eq!(seats(&team), (1, 0), "and reserves no seat again while they hold one");
    let token = copied_token(&mut team.owner, &invitation);
    accept_signed_in(&mut ana, &token).ok();
    assert_eq!(seats(&team), (1, 0));
}

#[test]
fn somebody_who_is_given_more_takes_the_seat_that_their_invitation_reserves() {
    for way in ["membership", "further membership", "role"] {
        let mut team = Team::make(World::new(), "client-links", Some(plan_of(1)));
        let mut ana = with_account(&team, ANA);
        team.owner.post(&team.path("/invitations"), &creates()).ok();
        let token = link(&mut team, &json!("default"));
        accept_signed_in(&mut ana, &token).ok();
        assert_eq!(seats(&team), (0, 1), "they take none yet");
        let (member, place) = (team.member(ANA), team.workspace());
        let more = json!({"member_id": member, "access": {"permissions": ["posts.create"]}});
        match way {
            "membership" => {
                let path = format!("/v1/workspaces/{place}/members/{member}");
                team.owner.patch(&path, &json!({"access": more["access"]})).ok()
            }
            "further membership" => {
                let second = workspace(&team, "Second");
                team.owner.post(&format!("/v1/workspaces/{second}/members"), &more).ok()
            }
            _ => team.owner.patch(&format!("/v1/members/{member}"), &json!({"role": "member"})).ok(),
        };
        assert_eq!(seats(&team), (1, 0), "{way}");
    }
}

/// It is their invitation only if the mailbox is theirs.
#[test]
fn an_account_that_nobody_proved_frees_no_seat_that_is_reserved_for_its_address() {
    let mut team = Team::make(World::new(), "client-links", Some(plan_of(1)));
    team.owner.post(&team.path("/invitations"), &creates()).ok();
    let token = link(&mut team, &json!(["posts.create"]));
    let body = json!({"token": token, "email": ANA, "name": "Eve Other", "password": PASSWORD});
    let eve = team.world.client().post("/v1/invitations/accept", &body);
    assert_eq!(eve.refusal(), refusal(409, "seat_limit_reached"));
    team.world.operator().put(&team.path("/plan"), &plan_of(2)).ok();
    team.world.client().post("/v1/invitations/accept", &body).ok();
    assert_eq!(seats(&team), (1, 1));
}

/// The proof may come from elsewhere.
#[test]
fn an_account_that_is_proved_later_frees_the_seat_that_is_reserved_for_its_address() {
    let mut team = Team::make(World::new(), "client-links", Some(plan_of(2)));
    let mut other = another(&team.world);
    team.owner.post(&team.path("/invitations"), &creates()).ok();
    let token = link(&mut team, &json!(["posts.create"]));
    let body = json!({"token": token, "email": ANA, "name": "Ana Client", "password": PASSWORD});
    team.world.client().post("/v1/invitations/accept", &body).ok();
    assert_eq!(seats(&team), (1, 1));
    other.joined(ANA, "client");
    assert_eq!(seats(&team), (1, 0));
}

/// What was freed while they held a seat is reserved again with the next offer, which asks for a free one.
#[test]
fn an_invitation_whose_person_lost_their_seat_reserves_one_again_when_it_is_sent_again() {
    let mut team = Team::make(World::new(), "client-links", Some(plan_of(1)));
    let mut ana = with_account(&team, ANA);
    let mut short = creates();
    short["expires_in"] = 3600.into();
    let invitation = team.owner.post(&team.path("/invitations"), &short).ok().str("/id");
    let token = link(&mut team, &json!(["posts.create"]));
    accept_signed_in(&mut ana, &token).ok();
    let member = team.member(ANA);
    let resend = format!("/v1/invitations/{invitation}/resend");
    assert_eq!(team.owner.post(&resend, &json!({})).refusal(), refusal(409, "already_member"));
    assert_eq!(seats(&team), (1, 0));
    // With the person, only what is open goes.
    team.world.pass(std::time::Duration::from_hours(2));
    team.owner.delete(&format!("/v1/members/{member}")).ok();
    assert_eq!(seats(&team), (0, 0));
    team.joined("yoko.member@studio.test", "member");
    assert_eq!(team.owner.post(&resend, &json!({})).refusal(), refusal(409, "seat_limit_reached"));
    team.world.operator().put(&team.path("/plan"), &plan_of(2)).ok();
    team.world.pass(std::time::Duration::from_secs(1));
    team.owner.post(&resend, &json!({})).ok();
    assert_eq!(seats(&team), (1, 1));
    let token = copied_token(&mut team.owner, &invitation);
    accept_signed_in(&mut ana, &token).ok();
    assert_eq!(seats(&team), (2, 0));
}

/// What an open invitation reserved is counted until it is settled, whoever came in meanwhile: else sending it again would
/// take a seat that nobody counts.
#[test]
fn an_invitation_that_is_sent_again_after_its_person_was_removed_needs_a_free_seat() {
    let mut team = Team::make(World::new(), "client-links", Some(json!({"key": "test", "seat_limit": 1})));
    let short = json!({"kind": "email", "role": "member", "email": ANA, "expires_in": 3600});
    let invitation = team.owner.post(&team.path("/invitations"), &short).ok().str("/id");
    let token = link(&mut team, &json!("default"));
    let body = json!({"token": token, "email": ANA, "name": "Ana Client", "password": PASSWORD});
    team.world.client().post("/v1/invitations/accept", &body).ok();
    team.world.pass(std::time::Duration::from_hours(2));
    let ana = team.member(ANA);
    team.owner.delete(&format!("/v1/members/{ana}")).ok();
    team.joined("yoko.member@studio.test", "member");
    let again = team.owner.post(&format!("/v1/invitations/{invitation}/resend"), &json!({})).refusal();
    assert_eq!(again, refusal(409, "seat_limit_reached"));
    assert_eq!(seats(&team), (1, 0));
}

/// Somebody typed Ana's address at a link for many: whoever proves the mailbox becomes what they were invited as.
#[test]
fn an_address_that_somebody_typed_at_a_link_takes_no_role_from_the_one_who_was_invited() {
    let mut team = Team::make(World::new(), "client-links", Some(json!({"key": "test", "seat_limit": 1})));
    team.invited(ANA, "admin");
    let token = link(&mut team, &json!("default"));
    let body = json!({"token": token, "email": ANA, "name": "Eve Other", "password": PASSWORD});
    let mut eve = team.world.client();
    eve.post("/v1/invitations/accept", &body).ok();
    assert_eq!(seats(&team), (0, 1));
    team.world.deliver();
    let token = team.world.mailed_token(ANA);
    let mut ana = team.world.client();
    assert_eq!(ana.accept(&token, "Ana Admin").ok().str("/role"), "admin");
    assert_eq!(seats(&team), (1, 0));
    ana.get(&team.path("/audit")).ok();
    assert_eq!(eve.get("/v1/me").status, 401, "what was set up before the proof is over");
}

/// S3-15: a list of permissions that was offered to staff is no way round the plan for a client.
#[test]
fn a_client_gets_no_list_of_their_own_by_an_invitation_as_staff() {
    let plan = json!({"key": "small", "seat_limit": 25, "features": []});
    let mut team = Team::make(World::new(), "reporting", Some(plan));
    let mut ana = with_account(&team, ANA);
    let staff =
        json!({"kind": "email", "role": "member", "email": ANA, "access": {"permissions": ["reports"]}});
    let invitation = team.owner.post(&team.path("/invitations"), &staff).ok().str("/id");
    let link = json!({"kind": "link", "role": "client"});
    let link = team.owner.post(&team.path("/invitations"), &link).ok().str("/id");
    let token = copied_token(&mut team.owner, &link);
    accept_signed_in(&mut ana, &token).ok();
    let token = copied_token(&mut team.owner, &invitation);
    assert_eq!(accept_signed_in(&mut ana, &token).refusal(), refusal(403, "plan_feature_required"));
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

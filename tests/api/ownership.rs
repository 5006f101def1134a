//! Handing an organization over.

use crate::change_member::roles;
use crate::members::{ANA, MIA};
use crate::support::client::{PASSWORD, Team};
use crate::support::scene::{audited, notified, plan, seats};
use crate::{about, another, complaint, refusal, remove};
use serde_json::json;

#[test]
fn the_owner_hands_the_organization_over_and_becomes_an_admin() {
    let mut team = Team::new();
    let mut mia = team.joined(MIA, "member");
    let (id, old) = (team.member(MIA), team.member("olga.owner@studio.test"));
    let path = team.path("/owner");
    let shown = team.owner.post(&path, &json!({"member_id": id})).ok();
    assert_eq!((shown.str("/id"), shown.str("/role")), (id.clone(), "owner".to_owned()));
    let mut now = roles(&team);
    now.sort();
    assert_eq!(now, [("admin".to_owned(), 1), ("owner".to_owned(), 0)]);
    assert_eq!(seats(&team), (1, 0), "one seat changes hands");
    assert_eq!(audited(&team, &id), [("owner.transferred".to_owned(), old.clone())]);
    assert_eq!(notified(&team, &id), ["member.role_changed"]);
    let again = team.owner.post(&path, &json!({"member_id": old}));
    assert_eq!(again.refusal(), refusal(403, "forbidden"), "the old owner is the owner no more");
    mia.post(&path, &json!({"member_id": old})).ok();
}

/// Whoever found a browser that was left open doesn't take the organization over.
#[test]
fn an_owner_who_signed_in_a_while_ago_types_their_password() {
    let mut team = Team::new();
    team.joined(MIA, "member");
    team.world.pass(std::time::Duration::from_mins(6));
    let path = team.path("/owner");
    let mut body = json!({"member_id": team.member(MIA)});
    let hand_over = |team: &mut Team, body: &serde_json::Value| team.owner.post(&path, body);
    assert_eq!(complaint(&hand_over(&mut team, &body)), about(403, "reauthentication_required", "/password"));
    body["password"] = json!("not this one at all");
    assert_eq!(complaint(&hand_over(&mut team, &body)), about(401, "invalid_credentials", "/password"));
    assert!(roles(&team).contains(&("member".to_owned(), 1)), "nothing was handed over");
    body["password"] = json!(PASSWORD);
    hand_over(&mut team, &body).ok();
}

#[test]
fn the_new_owner_is_in_and_has_proved_their_address() {
    let mut team = Team::new();
    team.joined(MIA, "member");
    let mia = team.member(MIA);
    let copied = team.invited("copy@studio.test", "member");
    let token = crate::copied_token(&mut team.owner, &copied);
    team.world.client().accept(&token, "Carl Copied").ok();
    let unproved = team.member("copy@studio.test");
    remove(&team, MIA);
    let mut other = another(&team.world);
    let foreign = other.member("oscar.owner@other.test");
    let path = team.path("/owner");
    for (to, expected) in [
        (mia.as_str(), refusal(409, "member_not_active")),
        (&unproved, refusal(403, "email_unverified")),
        (&foreign, refusal(404, "not_found")),
        ("mbr_01h455vb4pex5vsknk084sn02q", refusal(404, "not_found")),
        ("nonsense", refusal(404, "not_found")),
    ] {
        assert_eq!(team.owner.post(&path, &json!({"member_id": to})).refusal(), expected, "{to}");
    }
    assert_eq!(complaint(&team.owner.post(&path, &json!({}))), about(422, "required", "/member_id"));
}

#[test]
fn the_old_owner_needs_a_seat_unless_the_new_one_frees_theirs() {
    let mut team = Team::with_seats(1);
    team.joined(MIA, "member");
    team.joined(ANA, "client");
    let (mia, ana) = (team.member(MIA), team.member(ANA));
    let path = team.path("/owner");
    let refused = team.owner.post(&path, &json!({"member_id": ana}));
    assert_eq!(refused.refusal(), refusal(409, "seat_limit_reached"));
    plan(&team, Some(0), "[]");
    team.owner.post(&path, &json!({"member_id": mia})).ok();
    assert_eq!(seats(&team), (1, 0), "a lowered plan keeps everybody");
}

#[test]
fn no_admin_takes_the_organization_over() {
    let mut team = Team::new();
    let mut admin = team.joined("admin@studio.test", "admin");
    let own = team.member("admin@studio.test");
    let path = team.path("/owner");
    assert_eq!(admin.post(&path, &json!({"member_id": own})).refusal(), refusal(403, "forbidden"));
}

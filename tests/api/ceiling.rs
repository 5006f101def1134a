//! Nobody hands out more than they hold: what staff may do with what others made, and what a link that was given out is
//! worth afterwards.

use serde_json::{Value, json};

use crate::links::{link, stored};
use crate::support::World;
use crate::support::client::{Answer, Client, Team};
use crate::support::platform::password_token_in;
use crate::support::scene::{resource, workspace};
use crate::{accept_signed_in, another, refusal, sign_in};

const ANA: &str = "ana.client@client.test";
const SAM: &str = "sam.staff@studio.test";
const OTHER: &str = "another sentence entirely";

fn team(template: &str) -> Team {
    let plan = json!({"key": "big", "seat_limit": 25, "features": ["custom_client_permissions"]});
    Team::make(World::new(), template, Some(plan))
}

/// A team with staff who only view dashboards, in the first of its two workspaces: they, and both workspaces.
fn with_staff() -> (Team, Client, String, String) {
    let mut team = team("reporting");
    let (first, second) = (team.workspace(), workspace(&team, "Second"));
    let more = json!({"access": {"permissions": ["dashboards.view"]}, "workspace_ids": [first]});
    let sam = team.joined_with(SAM, "member", more);
    (team, sam, first, second)
}

fn act(by: &mut Client, invitation: &str, action: &str) -> Answer {
    by.post(&format!("/v1/invitations/{invitation}/{action}"), &json!({}))
}

fn password_link(by: &mut Client, member: &str) -> Answer {
    by.post(&format!("/v1/members/{member}/password-link"), &json!({}))
}

fn redeem(team: &Team, token: &str, password: &str) -> (u16, String) {
    let body = json!({"token": token, "password": password});
    team.world.client().post("/v1/password-resets/redeem", &body).refusal()
}

fn may(team: &mut Team, member: &str, workspace: &str, permission: &str) -> bool {
    let question = json!({"member_id": member, "workspace_id": workspace, "permission": permission});
    team.owner.post("/v1/check", &question).ok().json()["allowed"].as_bool().unwrap()
}

/// An invitation that is worth more than whoever asks for its link holds is not theirs to hand over, send or open up.
#[test]
fn staff_hand_out_no_invitation_that_gives_more_than_they_hold() {
    let (mut team, mut sam, first, second) = with_staff();
    let more = json!({"permissions": ["dashboards", "reports"]});
    for place in [
        json!({"workspace_ids": [second], "access": {"permissions": ["dashboards.view"]}}),
        json!({"workspace_ids": [first], "access": more}),
    ] {
        let (id, _) = link(&mut team, &place);
        let mut one = json!({"kind": "email", "role": "client", "email": ANA});
        one.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
        let mailed = team.owner.post(&team.path("/invitations"), &one).ok().str("/id");
        act(&mut team.owner, &id, "disable").ok();
        let before = stored(&team);
        for (invitation, action) in [(&id, "enable"), (&id, "rotate"), (&mailed, "link"), (&mailed, "resend")]
        {
            let refused = act(&mut sam, invitation, action).refusal();
            assert_eq!(refused, refusal(403, "beyond_your_access"), "{action}: {place}");
        }
        assert_eq!(stored(&team), before);
        act(&mut team.owner, &id, "enable").ok();
        assert_eq!(act(&mut sam, &id, "link").refusal(), refusal(403, "beyond_your_access"));
        sam.get(&format!("/v1/invitations/{id}")).ok();
        // What takes away stays theirs.
        act(&mut sam, &id, "disable").ok();
        for invitation in [&id, &mailed] {
            act(&mut sam, invitation, "revoke").ok();
        }
    }
}

#[test]
fn staff_hand_out_what_they_could_have_offered() {
    let (mut team, mut sam, first, _) = with_staff();
    let (id, _) =
        link(&mut team, &json!({"workspace_ids": [first], "access": {"permissions": ["dashboards.view"]}}));
    for action in ["link", "disable", "enable", "rotate"] {
        act(&mut sam, &id, action).ok();
    }
    sam.patch(&format!("/v1/invitations/{id}"), &json!({"max_uses": 5, "expires_in": 7200})).ok();
}

/// Letting in more people, or for longer, is handing out too; words are not.
#[test]
fn staff_change_nothing_but_words_of_an_invitation_that_gives_more_than_they_hold() {
    let (mut team, mut sam, _, second) = with_staff();
    let (id, _) = link(&mut team, &json!({"workspace_ids": [second], "max_uses": 1}));
    let path = format!("/v1/invitations/{id}");
    let before = stored(&team);
    for changes in [json!({"max_uses": null}), json!({"max_uses": 2}), json!({"expires_in": 31_536_000})] {
        let refused = sam.patch(&path, &changes).refusal();
        assert_eq!(refused, refusal(403, "beyond_your_access"), "{changes}");
    }
    assert_eq!(stored(&team), before);
    sam.patch(&path, &json!({"nickname": "Theirs", "message": "See you soon"})).ok();
}

/// Whoever holds a password's link is that person: of somebody who may more than they, staff are given none.
#[test]
fn staff_are_given_the_password_link_of_nobody_who_holds_more_than_they() {
    let (mut team, mut sam, first, second) = with_staff();
    let view = json!({"permissions": ["dashboards.view"]});
    for (place, may) in [
        (json!({"workspace_ids": [first], "access": view}), true),
        (json!({"workspace_ids": [second], "access": view}), false),
        (json!({"workspace_ids": [first, second], "access": view}), false),
        (json!({"workspace_ids": [first], "access": {"permissions": ["dashboards", "reports"]}}), false),
    ] {
        let member = team.add(ANA, "client", place.clone()).ok().str("/id");
        let answer = password_link(&mut sam, &member);
        let wanted = if may { 200 } else { 403 };
        assert_eq!(answer.status, wanted, "{place}");
        if !may {
            assert_eq!(answer.refusal(), refusal(403, "beyond_your_access"));
        }
        password_link(&mut team.owner, &member).ok();
        team.owner.delete(&format!("/v1/members/{member}"));
    }
    let nowhere = team.add(ANA, "client", json!({"workspace_ids": [first], "access": view})).ok().str("/id");
    team.owner.delete(&format!("/v1/workspaces/{first}/members/{nowhere}"));
    assert_eq!(password_link(&mut sam, &nowhere).refusal(), refusal(403, "beyond_your_access"));
}

/// A copied link is for what the member was: not for what they become, nor for who they are added as again.
#[test]
fn a_copied_password_link_dies_with_the_role_it_was_made_for() {
    let (mut team, mut sam, first, _) = with_staff();
    let place = json!({"workspace_ids": [first], "access": {"permissions": ["dashboards.view"]}});
    let member = team.add(ANA, "client", place.clone()).ok().str("/id");
    let token = password_token_in(&password_link(&mut sam, &member).ok().str("/url"));
    for role in ["admin", "member"] {
        team.owner.patch(&format!("/v1/members/{member}"), &json!({"role": role})).ok();
        let before = stored(&team);
        assert_eq!(redeem(&team, &token, OTHER), refusal(410, "password_link_used"), "{role}");
        assert_eq!(stored(&team), before);
    }
    let of_staff = team.password_token(&member);
    team.owner.delete(&format!("/v1/members/{member}"));
    team.add(ANA, "member", json!({"workspace_ids": [first]})).ok();
    for old in [&token, &of_staff] {
        assert_eq!(redeem(&team, old, OTHER), refusal(410, "password_link_used"));
    }
}

/// The mail went to the mailbox, so its link is the person's whatever they have become.
#[test]
fn a_mailed_password_link_outlives_a_change_of_role() {
    let mut team = Team::new();
    let member = team.add(ANA, "client", json!({"notify": true})).ok().str("/id");
    team.world.deliver();
    team.owner.patch(&format!("/v1/members/{member}"), &json!({"role": "admin"})).ok();
    assert_eq!(redeem(&team, &team.world.mailed_password_token(ANA), OTHER).0, 200);
}

/// Whoever adds the same address elsewhere and sets its password there keeps nobody out: until the mailbox is proved, the
/// account is confined to where its newest password came from, and each organization's link works once.
#[test]
fn another_organizations_copied_link_keeps_nobody_out() {
    let mut team = Team::new();
    let mut other = another(&team.world);
    let member = team.add(ANA, "client", json!({})).ok().str("/id");
    let token = team.password_token(&member);
    let stranger = other.add(ANA, "client", json!({})).ok().str("/id");
    let theirs = other.password_token(&stranger);
    let mut squatter = team.world.client();
    squatter.set_password(&theirs).ok();
    assert_eq!(squatter.get(&team.path("/workspaces")).refusal(), refusal(404, "not_found"));

    let mut ana = team.world.client();
    let body = json!({"token": token, "password": OTHER});
    ana.post("/v1/password-resets/redeem", &body).ok();
    ana.get(&team.path("/workspaces")).ok();
    assert_eq!(squatter.get("/v1/me").refusal(), refusal(401, "unauthenticated"), "their sessions ended");
    assert_eq!(sign_in(&mut squatter, ANA).refusal(), refusal(401, "invalid_credentials"));
    for used in [&token, &theirs] {
        assert_eq!(redeem(&team, used, OTHER), refusal(410, "password_link_used"));
    }
    assert_eq!(password_link(&mut team.owner, &member).refusal(), refusal(409, "password_already_set"));

    // Memberships stay, and so the other organization may hand over a link of its own again.
    let again = other.password_token(&stranger);
    assert_eq!(redeem(&team, &again, OTHER).0, 200);
    assert_eq!(ana.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
    assert_eq!(
        team.world.count("SELECT count(*) FROM members WHERE removed_at IS NULL AND role = 'client'"),
        2
    );
}

/// What staff gain by a link for clients is what the link offers, not what staff have unless somebody says otherwise.
#[test]
fn staff_who_join_by_a_clients_link_gain_what_it_offers_a_client() {
    let (mut team, mut sam, _, second) = with_staff();
    let offer = json!({"workspace_ids": [second], "access": {"resources": "all"}});
    let (_, token) = link(&mut team, &offer);
    accept_signed_in(&mut sam, &token).ok();
    let client = team.add(ANA, "client", offer).ok().str("/id");
    let staff = team.member(SAM);
    let access = |team: &mut Team, member: &str| {
        let path = format!("/v1/workspaces/{second}/members/{member}/access");
        team.owner.get(&path).ok().json()["permissions"].clone()
    };
    let (theirs, clients) = (access(&mut team, &staff), access(&mut team, &client));
    assert_eq!(theirs["keys"], clients["keys"]);
    assert_eq!((&theirs["mode"], &clients["mode"]), (&json!("custom"), &json!("default")));
    assert!(!may(&mut team, &staff, &second, "reports.edit"));
}

/// A team in which staff may invite staff, with staff who are given this of a resource, and it.
fn with_resource(access: impl Fn(&str) -> Value) -> (Team, Client, String) {
    let mut team = team("publishing");
    let first = team.workspace();
    let page = resource(&team, &first, "facebook");
    let policy = json!({"policy": {"invites": {"member": ["member", "client"]}}});
    team.owner.patch(&team.path(""), &policy).ok();
    let sam = team.joined_with(SAM, "member", json!({"access": access(&page)}));
    (team, sam, page)
}

fn offered(by: &mut Client, path: &str, email: &str, resources: &Value) -> (u16, String) {
    let access = json!({"permissions": ["posts.view"], "resources": resources});
    by.post(path, &json!({"kind": "email", "email": email, "role": "client", "access": access})).refusal()
}

/// Approving is given by whoever approves: on that resource, or everywhere by their permissions.
#[test]
fn staff_let_approve_only_where_they_approve() {
    let approving = |page: &str| json!([{"id": page, "approve": true}]);
    let viewing = |page: &str| json!([{"id": page, "approve": false}]);
    for (held, may) in [
        (json!({"permissions": ["posts.view"], "resources": "viewing"}), false),
        (json!({"permissions": ["posts.view"], "resources": "all"}), false),
        (json!({"permissions": ["posts.view"], "resources": "approving"}), true),
        (json!({"permissions": ["posts.view", "posts.approve"], "resources": "viewing"}), true),
        (json!({"permissions": ["posts.view", "posts.approve"], "resources": "all"}), true),
    ] {
        let (team, mut sam, page) = with_resource(|page| {
            let mut access = held.clone();
            match held["resources"].as_str() {
                Some("viewing") => access["resources"] = viewing(page),
                Some("approving") => access["resources"] = approving(page),
                _ => {}
            }
            access
        });
        let path = team.path("/invitations");
        assert_eq!(offered(&mut sam, &path, ANA, &viewing(&page)).0, 201, "{held}");
        let wanted = if may { (201, String::new()) } else { refusal(403, "beyond_your_access") };
        let answer = offered(&mut sam, &path, "bo@client.test", &approving(&page));
        assert_eq!((answer.0, may || answer == wanted), (wanted.0, true), "{held}: {answer:?}");
    }
}

#[test]
fn nobody_changes_their_own_access() {
    let (mut team, mut sam, page) = with_resource(|page| json!({"resources": [{"id": page}]}));
    let (first, me) = (team.workspace(), team.member(SAM));
    let path = format!("/v1/workspaces/{first}/members/{me}");
    let before = stored(&team);
    for access in [json!({"resources": [{"id": page, "approve": true}]}), json!({"require_mfa": false})] {
        let refused = sam.patch(&path, &json!({"access": access}));
        assert_eq!(refused.refusal(), refusal(403, "forbidden"));
        assert_eq!(refused.str("/detail"), "Nobody changes their own access. Ask the owner or an admin.");
    }
    assert_eq!(stored(&team), before);
    // Somebody else of their role they do change.
    team.joined_with("tom.staff@studio.test", "member", json!({"access": {"resources": [{"id": page}]}}));
    let tom = team.member("tom.staff@studio.test");
    sam.patch(&format!("/v1/workspaces/{first}/members/{tom}"), &json!({"access": {"require_mfa": true}}))
        .ok();
}

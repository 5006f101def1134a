//! Who may change an invitation, and what stands in the way: seats, the plan, and whatever happens in between.

use std::time::Duration;

use serde_json::{Value, json};
use usher::domain::quota::Quota;
use usher::domain::time::Timestamp;
use usher::platform::Database;

use crate::change_invitation::invited;
use crate::links::{change, link, read, stored};
use crate::overtaking::between_read_and_write;
use crate::support::World;
use crate::support::client::{Client, Team};
use crate::support::platform::{Native, block_on};
use crate::support::scene::{place, seats, somebody};
use crate::{about, another, complaint, copied_token, refusal};

const ANA: &str = "ana@client.test";
const BO: &str = "bo@client.test";

fn with_plan(seats: i64, features: &Value) -> Team {
    let plan = json!({"key": "test", "seat_limit": seats, "features": features});
    Team::make(World::new(), "client-links", Some(plan))
}

#[test]
fn a_change_that_would_reserve_a_seat_needs_a_free_one_and_one_that_does_not_frees_it() {
    let mut team = with_plan(1, &json!(["custom_client_permissions"]));
    let id = invited(&mut team, &json!({}));
    let other = invited(&mut team, &json!({"email": BO, "role": "member"}));
    let priced = json!({"access": {"permissions": ["posts.create"]}});
    let before = stored(&team);
    for changes in [&priced, &json!({"role": "member"}), &json!({"role": "admin"})] {
        let refused = change(&mut team, &id, changes).refusal();
        assert_eq!(refused, refusal(409, "seat_limit_reached"), "{changes}");
    }
    assert_eq!(stored(&team), before);
    change(&mut team, &other, &json!({"role": "client"})).ok();
    assert_eq!(seats(&team), (0, 0));
    assert_eq!(change(&mut team, &id, &priced).ok().json()["takes_seat"], true);
    assert_eq!(seats(&team), (0, 1));
    change(&mut team, &id, &json!({"role": "member", "email": "cleo@client.test", "expires_in": 3600})).ok();
    assert_eq!(seats(&team), (0, 1), "it has its seat already");
    assert_eq!(change(&mut team, &other, &priced).refusal(), refusal(409, "seat_limit_reached"));
}

#[test]
fn a_link_reserves_nothing_however_it_is_changed() {
    let mut team = with_plan(0, &json!(["custom_client_permissions"]));
    let (id, _) = link(&mut team, &json!({}));
    let changed = change(&mut team, &id, &json!({"access": {"permissions": ["posts.create"]}})).ok().json();
    assert_eq!(changed["takes_seat"], true);
    assert_eq!(seats(&team), (0, 0));
}

#[test]
fn a_lowered_plan_or_an_ended_trial_keeps_a_seat_that_is_reserved_and_gives_no_new_one() {
    let mut team = with_plan(1, &json!([]));
    let member = invited(&mut team, &json!({"role": "member"}));
    let client = invited(&mut team, &json!({"email": BO}));
    team.world.state().database.borrow().change("UPDATE organizations SET seat_limit = 0");
    change(&mut team, &member, &json!({"role": "admin", "nickname": "Kept"})).ok();
    assert_eq!(
        change(&mut team, &client, &json!({"role": "member"})).refusal(),
        refusal(409, "seat_limit_reached")
    );
    assert_eq!(
        change(&mut team, &member, &json!({"expires_in": 3600})).refusal(),
        refusal(409, "seat_limit_reached")
    );
    team.world.state().database.borrow().change("UPDATE organizations SET seat_limit = 9, trial_ends_at = 1");
    assert_eq!(change(&mut team, &client, &json!({"role": "member"})).refusal(), refusal(403, "trial_ended"));
    change(&mut team, &member, &json!({"expires_in": 3600})).ok();
}

/// S3-15.
#[test]
fn a_clients_own_list_of_permissions_is_a_feature_of_the_plan() {
    let mut team = with_plan(5, &json!([]));
    let id = invited(&mut team, &json!({}));
    let listed = json!({"access": {"permissions": ["posts.view"]}});
    assert_eq!(change(&mut team, &id, &listed).refusal(), refusal(403, "plan_feature_required"));
    let staff = invited(
        &mut team,
        &json!({"email": BO, "role": "member", "access": {"permissions": ["posts.view"]}}),
    );
    assert_eq!(
        change(&mut team, &staff, &json!({"role": "client"})).refusal(),
        refusal(403, "plan_feature_required")
    );
    change(&mut team, &staff, &json!({"role": "client", "access": {"permissions": "default"}})).ok();
    let features = |list: &str| format!("UPDATE organizations SET plan_features = '{list}'");
    team.world.state().database.borrow().change(&features("[\"custom_client_permissions\"]"));
    change(&mut team, &id, &listed).ok();
    team.world.state().database.borrow().change(&features("[]"));
    let kept = change(&mut team, &id, &json!({"access": {"addable_kinds": ["facebook"]}})).ok().json();
    assert_eq!(kept["access"]["permissions"]["mode"], "custom", "what was given stays");
    change(&mut team, &id, &json!({"access": {"permissions": null}})).ok();
}

/// Two people change one invitation at once: each change is made of what the other's left, and none is lost.
#[test]
fn of_two_changes_at_once_the_later_is_worked_out_again() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({}));
    let path = format!("/v1/invitations/{id}");
    let request = |body: Value| {
        team.owner.request(&http::Method::PATCH, &path, Some("application/json"), body.to_string().into())
    };
    let (first, second) = (
        request(json!({"access": {"permissions": ["posts.create"]}})),
        request(json!({"access": {"addable_kinds": ["facebook"]}, "nickname": "Bakery"})),
    );
    between_read_and_write(&team.world, second, first);
    let now = read(&mut team, &id);
    assert_eq!(now["access"]["permissions"]["keys"], json!(["posts.create"]));
    assert_eq!(now["access"]["addable_kinds"], json!(["facebook"]));
    assert_eq!((&now["nickname"], &now["takes_seat"]), (&json!("Bakery"), &json!(true)));
    assert_eq!(seats(&team), (0, 1));
}

#[test]
fn what_was_accepted_while_somebody_changed_it_is_not_changed() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({}));
    let token = copied_token(&mut team.owner, &id);
    let ana = somebody(&team.world, ANA);
    let accept = ana.request(
        &http::Method::POST,
        "/v1/invitations/accept",
        Some("application/json"),
        json!({"token": token}).to_string().into(),
    );
    let body = json!({"role": "admin"}).to_string().into();
    let patch = team.owner.request(
        &http::Method::PATCH,
        &format!("/v1/invitations/{id}"),
        Some("application/json"),
        body,
    );
    let reply = between_read_and_write(&team.world, patch, accept);
    let answer = team.world.client().receive(reply);
    assert_eq!(answer.refusal(), refusal(409, "not_pending"));
    assert_eq!(read(&mut team, &id)["role"], "client");
    assert_eq!(team.world.count("SELECT count(*) FROM audit_events WHERE action = 'invitation.changed'"), 0);
}

/// A slow request may carry a `now` from just before an invitation's end to just after its seat was given away.
#[test]
fn living_longer_takes_no_seat_that_was_given_away_at_the_very_end() {
    use usher::store::access::Columns;
    use usher::store::acting::Acting;
    use usher::store::audit::Entry;
    use usher::store::change_invitation::{Changed, claim};

    let mut team = with_plan(1, &json!([]));
    let id = invited(&mut team, &json!({"role": "member", "expires_in": 3600}));
    team.world.pass(Duration::from_millis(3_600_000 - 1));
    let before_the_end = team.world.now();
    team.world.pass(Duration::from_millis(1));
    invited(&mut team, &json!({"email": BO, "role": "member"}));
    let claimed = |expires_at: Option<Timestamp>| {
        let entry = Entry {
            id: usher::domain::ids::Id::new(before_the_end, [expires_at.is_some().into(); 10]),
            at: before_the_end,
            actor: "operator".to_owned(),
            request_id: "slow".to_owned(),
        };
        let access = Columns {
            permissions: None,
            all_resources: false,
            grants: "[]".to_owned(),
            addable_kinds: "[]".to_owned(),
            require_mfa: false,
            takes_seat: true,
        };
        let changed = Changed {
            id: id.parse().unwrap(),
            revision: 0,
            role: usher::domain::role::Role::Member,
            email: ANA.parse().ok(),
            readdressed: false,
            offered_anew: false,
            gives_else: false,
            name: None,
            nickname: None,
            message: None,
            locale: "en".to_owned(),
            branding_name: None,
            branding_message: None,
            access,
            asked_grants: "[]".to_owned(),
            customized: false,
            takes_seat: true,
            workspaces: None,
            expires_at,
            max_uses: Some(1),
        };
        let statement =
            claim(&entry, &Acting::OPERATOR, &changed, Quota::NONE, "{}".to_owned(), "{}".to_owned());
        block_on(Native::new(team.world.clone()).run(statement)).unwrap().any()
    };
    assert!(!claimed(Some(before_the_end.plus(Duration::from_hours(1)).whole_seconds())));
    assert!(claimed(None), "a change that keeps its end takes no seat anew");
}

/// V20: neither the role that it has nor the one that it gets is above the inviter's.
#[test]
fn nobody_changes_an_invitation_they_could_not_make() {
    let mut team = Team::of("reporting");
    let (first, campaign) = (team.workspace(), place(&team, "campaign").1);
    let mut mia = team.joined("mia.member@studio.test", "member");
    let clients = invited(&mut team, &json!({}));
    let members = invited(&mut team, &json!({"email": BO, "role": "member"}));
    let mut by_mia =
        |id: &str, changes: Value| mia.patch(&format!("/v1/invitations/{id}"), &changes).refusal();
    assert_eq!(by_mia(&members, json!({"nickname": "Mine"})), refusal(403, "forbidden"));
    assert_eq!(by_mia(&clients, json!({"role": "member"})), refusal(403, "role_not_allowed"));
    let beyond =
        json!({"access": {"resources": "all"}, "workspace_ids": [first, "wsp_7zz55vb4pex5vsknk084sn02q1"]});
    assert_eq!(by_mia(&clients, beyond), refusal(403, "beyond_your_access"));
    let beyond = json!({"access": {"resources": [{"id": campaign}]}});
    assert_eq!(by_mia(&clients, beyond), refusal(403, "beyond_your_access"));
    assert_eq!(by_mia(&clients, json!({"nickname": "Mine"})).0, 200);
    assert_eq!(by_mia(&clients, json!({"email": "cleo@client.test"})).0, 200);
}

/// Somebody else's generous invitation is not turned to an address of one's own.
#[test]
fn an_access_beyond_the_actors_own_is_readdressed_by_nobody_who_does_not_hold_it() {
    let mut team = Team::of("reporting");
    let mut mia = team.joined("mia.member@studio.test", "member");
    let id = invited(&mut team, &json!({"access": {"resources": "all"}}));
    let path = format!("/v1/invitations/{id}");
    let before = stored(&team);
    let refused = mia.patch(&path, &json!({"email": "mia.else@client.test"})).refusal();
    assert_eq!(refused, refusal(403, "beyond_your_access"));
    assert_eq!(stored(&team), before);
    mia.patch(&path, &json!({"message": "See you soon"})).ok();
}

#[test]
fn a_link_stays_a_link_for_clients() {
    let mut team = Team::of("client-links");
    let (id, _) = link(&mut team, &json!({}));
    for role in ["admin", "member", "owner"] {
        let refused = change(&mut team, &id, &json!({"role": role})).refusal();
        assert_eq!(refused, refusal(403, "role_not_allowed"), "{role}");
    }
    change(&mut team, &id, &json!({"role": "client"})).ok();
    let refused = change(&mut team, &id, &json!({"email": ANA}));
    assert_eq!(complaint(&refused), about(422, "link_has_no_recipient", "/email"));
}

/// The operator reaches owners' invitations: the one who was to be the owner may have been typed wrongly.
#[test]
fn the_operator_corrects_the_address_of_an_owner_who_never_came() {
    let world = World::new();
    let body = json!({"name": "Example", "template": "team", "owner": {"email": "olag@studio.test", "name": "Olga Owner"}});
    let made = world.operator().post("/v1/organizations", &body).ok();
    let id = made.str("/owner_invitation_id");
    let mut operator = world.operator();
    let path = format!("/v1/invitations/{id}");
    let changed = operator.patch(&path, &json!({"email": "olga@studio.test"})).ok().json();
    assert_eq!((&changed["email"], &changed["role"]), (&json!("olga@studio.test"), &json!("owner")));
    assert_eq!(world.client().join("olga@studio.test", "Olga Owner").ok().str("/role"), "owner");
    let body = json!({"name": "Second", "template": "team", "owner": {"email": "oscar@studio.test", "name": "Oscar"}});
    let id = operator.post("/v1/organizations", &body).ok().str("/owner_invitation_id");
    let path = format!("/v1/invitations/{id}");
    assert_eq!(operator.patch(&path, &json!({"role": "admin"})).refusal(), refusal(403, "role_not_allowed"));
    let refused = operator.patch(&path, &json!({"access": {"resources": "all"}}));
    assert_eq!(complaint(&refused), about(422, "invalid_value", "/access"));
}

#[test]
fn an_invitation_of_another_organization_is_nowhere() {
    let mut team = Team::of("client-links");
    let id = invited(&mut team, &json!({}));
    let mut foreign: Client = another(&team.world).owner;
    let before = stored(&team);
    let answer = foreign.patch(&format!("/v1/invitations/{id}"), &json!({"nickname": "Mine"}));
    assert_eq!(answer.refusal(), refusal(404, "not_found"));
    assert_eq!(stored(&team), before);
}

//! S1 "Inviting Team Members": a team invites colleagues by e-mail, sees who has not come yet, and withdraws what was a
//! mistake. Template `team`.
//!
//! What is about a screen (S1-02) is with the pages.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::World;
use crate::support::client::{Answer, Client, PASSWORD, Team};

const MIA: &str = "mia.member@studio.test";

fn pending(team: &mut Team) -> Vec<Value> {
    let list = team.owner.get(&team.path("/invitations?status=pending")).ok().json();
    list["data"].as_array().unwrap().clone()
}

fn accept(person: &mut Client, token: &str) -> Answer {
    person.post("/v1/invitations/accept", &json!({"token": token}))
}

/// S1-01, S1-06, S1-10, S1-12: a colleague is invited to the organization, gets an e-mail with a link, opens it in the
/// app, makes an account first and then is in.
#[test]
fn a_new_colleague_gets_an_e_mail_makes_an_account_and_joins_by_the_page() {
    let mut team = Team::new();
    team.invited(MIA, "member");
    team.world.deliver();
    let mail = team.world.mailbox().pop().unwrap();
    assert_eq!(mail["to"], MIA);
    let token = team.world.mailed_token(MIA);
    let page = format!("/i/{token}");
    let mut mia = team.world.client().with_header("accept", "text/html");
    let shown = mia.get(&page).ok().text();
    assert!(shown.contains("Example Studio"), "it says to what");
    assert!(shown.contains("Olga Owner"), "and who invites");
    let joined = mia.submit(&page, &page, &[("name", "Mia Member"), ("password", PASSWORD)]);
    joined.led_into();
    let mut mia = mia.with_header("accept", "application/json");
    let workspaces = mia.get("/v1/me/workspaces").ok().json();
    assert_eq!(workspaces["data"][0]["organization"]["id"], team.organization);
}

/// S1-11: somebody with an account signs in on the page, and that joins.
#[test]
fn somebody_with_an_account_signs_in_and_joins_in_one_step() {
    let mut team = Team::new();
    team.joined(MIA, "member");
    team.world.pass(Duration::from_secs(1));
    let other = team.world.operator().create_organization("Other Studio", MIA);
    team.world.deliver();
    let page = format!("/i/{}", team.world.mailed_token(MIA));
    let mut mia = team.world.client();
    let joined = mia.submit(&page, &page, &[("password", PASSWORD)]);
    assert_eq!(joined.status, 303, "{}", joined.text());
    let workspaces = mia.get("/v1/me/workspaces").ok().json();
    let organizations: Vec<_> =
        workspaces["data"].as_array().unwrap().iter().map(|row| &row["organization"]["id"]).collect();
    assert!(organizations.contains(&&json!(other)) && organizations.len() == 2);
}

/// S1-12: the invitation survives the sign-up: nobody lands in a team of their own.
#[test]
fn signing_up_makes_no_stray_organization_or_workspace() {
    let mut team = Team::new();
    let before = team.world.count("SELECT count(*) FROM workspaces");
    team.joined(MIA, "member");
    assert_eq!(team.world.count("SELECT count(*) FROM organizations"), 1);
    assert_eq!(team.world.count("SELECT count(*) FROM workspaces"), before);
}

/// S1-03: the address is checked, trimmed, and compared without case.
#[test]
fn the_address_is_checked_and_one_person_is_invited_once() {
    let mut team = Team::new();
    let organization = team.organization.clone();
    let refused = team.owner.invite(&organization, "mia.member@studio", "member").refusal();
    assert_eq!(refused, (422, "invalid_email".to_owned()));
    let invited = team.owner.invite(&organization, "  Mia.Member@studio.test ", "member").ok();
    assert_eq!(invited.str("/email"), "Mia.Member@studio.test");
    let again = team.owner.invite(&organization, MIA, "member").refusal();
    assert_eq!(again, (409, "already_invited".to_owned()));
    let id = invited.str("/id");
    team.world.operator().create_organization("Other Studio", MIA);
    let mut mia = team.world.client();
    mia.join(MIA, "Mia Member").ok();
    let link = team.owner.post(&format!("/v1/invitations/{id}/link"), &json!({})).ok().str("/url");
    accept(&mut mia, &crate::support::platform::token_in(&link)).ok();
}

/// S1-04, S1-16: an admin manages the team as the owner does: sees who is invited, invites, sends again, withdraws.
#[test]
fn an_admin_has_full_access_to_the_team() {
    let mut team = Team::new();
    let invitation = team.invited(MIA, "member");
    let mut admin = team.joined("ada.admin@studio.test", "admin");
    admin.get(&team.path("/members")).ok();
    assert_eq!(admin.get(&team.path("/invitations?status=pending")).ok().str("/data/0/id"), invitation);
    for role in ["admin", "member", "client"] {
        admin.invite(&team.organization, &format!("{role}@new.test"), role).ok();
    }
    for action in ["resend", "link", "revoke"] {
        admin.post(&format!("/v1/invitations/{invitation}/{action}"), &json!({})).ok();
    }
}

/// S1-05, S1-16: a member works in their workspaces; invitations and who gets in are not theirs, they must ask an admin.
#[test]
fn a_member_invites_nobody_and_sees_no_invitation() {
    let mut team = Team::new();
    let mut mia = team.joined(MIA, "member");
    let invitation = team.invited("new@studio.test", "member");
    assert_eq!(mia.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len(), 1);
    for role in ["admin", "member", "client"] {
        let refused = mia.invite(&team.organization, "friend@studio.test", role).refusal();
        assert_eq!(refused, (403, "role_not_allowed".to_owned()), "{role}");
    }
    assert_eq!(mia.get(&team.path("/invitations")).status, 403);
    for action in ["resend", "link", "revoke"] {
        let refused = mia.post(&format!("/v1/invitations/{invitation}/{action}"), &json!({})).refusal();
        assert_eq!(refused, (403, "forbidden".to_owned()), "{action}");
    }
}

/// Whether this address may do this in the first workspace, as the service answers the host product.
fn may(team: &mut Team, email: &str, permission: &str) -> bool {
    let question =
        json!({"member_id": team.member(email), "workspace_id": team.workspace(), "permission": permission});
    team.owner.post("/v1/check", &question).ok().json()["allowed"].as_bool().unwrap()
}

/// S1-04, S1-05: a member composes, schedules and reads analytics; settings, billing and the team are an admin's, each by
/// itself.
#[test]
fn settings_billing_and_the_team_are_the_admins_and_not_the_members() {
    let mut team = Team::new();
    let mut admin = team.joined("ada.admin@studio.test", "admin");
    let mut mia = team.joined(MIA, "member");
    for (permission, members) in [
        ("compose", true),
        ("schedule", true),
        ("analytics", true),
        ("settings.profile", false),
        ("settings.accounts", false),
        ("settings.security", false),
        ("billing.view", false),
        ("billing.manage", false),
        ("team.invite", false),
        ("team.roles", false),
        ("team.remove", false),
    ] {
        assert!(may(&mut team, "ada.admin@studio.test", permission), "an admin: {permission}");
        assert_eq!(may(&mut team, MIA, permission), members, "a member: {permission}");
    }
    let change = json!({"name": "Renamed Studio"});
    assert_eq!(mia.patch(&team.path(""), &change).refusal(), (403, "forbidden".to_owned()));
    assert_eq!(team.owner.get(&team.path("")).ok().str("/name"), "Example Studio");
    assert_eq!(admin.patch(&team.path(""), &change).ok().str("/name"), "Renamed Studio");
}

/// S1-05: a limited access to settings can be given to a member, leaf by leaf.
#[test]
fn a_member_is_given_one_setting_and_has_no_other() {
    let mut team = Team::new();
    let access = json!({"access": {"permissions": ["compose", "settings.profile"]}});
    team.joined_with(MIA, "member", access);
    assert!(may(&mut team, MIA, "settings.profile") && may(&mut team, MIA, "compose"));
    for permission in ["settings", "settings.accounts", "settings.security", "billing.view", "schedule"] {
        assert!(!may(&mut team, MIA, permission), "{permission}");
    }
}

/// S1-07, S1-08: whoever was invited and has not accepted is in the list of pending invitations, and nobody else.
#[test]
fn the_pending_list_shows_who_was_invited_and_has_not_accepted_yet() {
    let mut team = Team::new();
    team.joined("in@studio.test", "member");
    team.invited("first@studio.test", "member");
    team.world.pass(Duration::from_secs(1));
    team.invited("second@studio.test", "admin");
    let listed = pending(&mut team);
    let emails: Vec<_> = listed.iter().map(|invitation| invitation["email"].as_str().unwrap()).collect();
    assert_eq!(emails, ["second@studio.test", "first@studio.test"]);
    assert_eq!(listed[0]["role"], "admin");
    team.world.client().join("second@studio.test", "Sara Second").ok();
    assert_eq!(pending(&mut team).len(), 1);
}

/// S1-09, S1-15: an invitation that went to a wrong address is withdrawn before it is accepted; its link is dead, and the
/// right person is invited instead.
#[test]
fn an_invitation_to_a_wrong_address_is_withdrawn_before_it_is_accepted() {
    let mut team = Team::with_seats(1);
    let wrong = team.invited("mia.membre@studio.test", "member");
    team.world.deliver();
    let token = team.world.mailed_token("mia.membre@studio.test");
    team.owner.post(&format!("/v1/invitations/{wrong}/revoke"), &json!({})).ok();
    assert!(pending(&mut team).is_empty());
    let stranger = team.world.client().accept(&token, "Some Stranger").refusal();
    assert_eq!(stranger, (410, "invitation_revoked".to_owned()));
    team.joined(MIA, "member");
}

/// S1-09: what was accepted can't be withdrawn any more.
#[test]
fn an_accepted_invitation_is_not_withdrawn() {
    let mut team = Team::new();
    let invitation = team.invited(MIA, "member");
    team.world.client().join(MIA, "Mia Member").ok();
    let late = team.owner.post(&format!("/v1/invitations/{invitation}/revoke"), &json!({})).refusal();
    assert_eq!(late, (409, "not_pending".to_owned()));
}

/// S1-15: an invitation that reached somebody else lets them in under no other address than the invited one.
#[test]
fn somebody_else_who_is_signed_in_can_not_use_the_link() {
    let mut team = Team::new();
    let mut eve = team.joined("eve@other.test", "client");
    team.invited(MIA, "admin");
    team.world.deliver();
    let token = team.world.mailed_token(MIA);
    assert_eq!(accept(&mut eve, &token).refusal(), (403, "wrong_account".to_owned()));
    let members = team.owner.get(&team.path("/members?role=admin")).ok().json();
    assert_eq!(members["data"], json!([]));
}

/// S1-13: during a free trial team members are invited and join.
#[test]
fn a_trial_permits_inviting() {
    let world = World::new();
    let ends = world.now().plus(Duration::from_hours(14 * 24)).to_string();
    let plan = json!({"key": "trial", "seat_limit": 3, "trial_ends_at": ends});
    let mut team = Team::with_plan(world, Some(plan));
    team.joined(MIA, "member");
}

/// S1-04, S1-05: an admin reaches every workspace, a member those they were put in.
#[test]
fn an_admin_reaches_every_workspace_and_a_member_their_own() {
    let mut team = Team::new();
    team.world.state().database.borrow().change(&format!(
        "INSERT INTO workspaces (id, organization_id, name, created_at)
         VALUES ('wsp_01zz55vb4pex5vsknk084sn02q', '{}', 'Second', 0)",
        team.organization
    ));
    let reached =
        |person: &mut Client| person.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len();
    assert_eq!(reached(&mut team.joined("ada.admin@studio.test", "admin")), 2);
    assert_eq!(reached(&mut team.joined(MIA, "member")), 1);
}

/// S1-14: somebody starts as a member and becomes an admin when that is needed; what an admin may is theirs at once.
#[test]
fn a_member_is_made_an_admin_when_needed() {
    let mut team = Team::with_seats(1);
    let mut mia = team.joined(MIA, "member");
    let id = team.member(MIA);
    let refused = mia.invite(&team.organization, "friend@studio.test", "client").refusal();
    assert_eq!(refused, (403, "role_not_allowed".to_owned()));
    let own = mia.patch(&format!("/v1/members/{id}"), &json!({"role": "admin"})).refusal();
    assert_eq!(own, (403, "forbidden".to_owned()), "not by themself");
    let shown = team.owner.patch(&format!("/v1/members/{id}"), &json!({"role": "admin"})).ok();
    assert_eq!(shown.str("/role"), "admin", "and it takes no second seat");
    mia.invite(&team.organization, "friend@studio.test", "client").ok();
}

//! What is tried by whoever takes an address before its holder comes: it gains them nothing.

use crate::support::client::{Client, PASSWORD, Team};
use crate::support::scene::second_factor;
use crate::{MIA, copied, other_team, refusal, with_token};
use serde_json::json;

/// A stranger's address that an organization's admin took: they were added to it, and the admin set the password with the
/// link that was theirs to hand over. Answers the team, the stranger's id in it, and the admin in the stranger's account.
fn hijacked() -> (Team, String, Client) {
    let mut team = Team::new();
    let member = team.add(MIA, "admin", json!({})).ok().str("/id");
    let token = team.password_token(&member);
    let mut hijacker = team.world.client();
    hijacker.set_password(&token).ok();
    (team, member, hijacker)
}

/// Nothing of the other organization is there for whoever only took the address, however they ask.
fn assert_sees_nothing_of(hijacker: &mut Client, other: &mut Team) {
    for path in
        ["/v1/me", "/v1/me/workspaces", "/v1/me/notifications", "/v1/me/notifications?unread=true", "/me"]
    {
        let seen = hijacker.get(path).ok().text();
        assert!(!seen.contains("Other Studio") && !seen.contains(&other.organization), "{path}: {seen}");
    }
    for path in ["/members", "/invitations", "/workspaces"] {
        assert_eq!(hijacker.get(&other.path(path)).refusal(), refusal(404, "not_found"), "{path}");
    }
    let member = other.member(MIA);
    let answer = hijacker.post(&format!("/v1/members/{member}/password-link"), &json!({}));
    assert_eq!(answer.refusal(), refusal(404, "not_found"));
    let friend = json!({"email": "friend@evil.test", "name": "A Friend", "role": "admin", "notify": false});
    assert_eq!(hijacker.post(&other.path("/members"), &friend).refusal(), refusal(404, "not_found"));
}

/// In the manner of account pre-hijacking: an account that somebody set up under a stranger's address before the stranger
/// came is theirs nowhere but where they were an admin anyway, and the stranger's first proof of the mailbox ends it.
#[test]
fn pre_hijack_who_took_an_address_sees_nothing_of_where_its_holder_is_added_and_loses_it_to_them() {
    let (team, _, mut hijacker) = hijacked();
    let mut other = other_team(&team.world);
    other.add(MIA, "admin", json!({"notify": true})).ok();
    assert_sees_nothing_of(&mut hijacker, &mut other);
    team.world.deliver();
    let token = team.world.mailed_password_token(MIA);
    let mut mia = team.world.client();
    let own = json!({"token": token, "password": "another sentence entirely"});
    mia.post("/v1/password-resets/redeem", &own).ok();
    assert_eq!(hijacker.get("/v1/me").refusal(), refusal(401, "unauthenticated"), "their session ended");
    let old = hijacker.post("/v1/sessions", &json!({"email": MIA, "password": PASSWORD}));
    assert_eq!(old.refusal(), refusal(401, "invalid_credentials"), "and their password");
    let reached = mia.get("/v1/me/workspaces").ok().text();
    assert!(
        reached.contains("Example Studio") && reached.contains("Other Studio"),
        "memberships stay: {reached}"
    );
}

/// The same where the other organization was first, and where it invites instead of adding.
#[test]
fn pre_hijack_it_makes_no_difference_who_comes_first_or_how_the_holder_proves_the_mailbox() {
    let mut first = Team::new();
    let mut other = other_team(&first.world);
    other.add(MIA, "admin", json!({"notify": true})).ok();
    let member = first.add(MIA, "client", json!({})).ok().str("/id");
    let token = first.password_token(&member);
    let mut hijacker = first.world.client();
    hijacker.set_password(&token).ok();
    assert_sees_nothing_of(&mut hijacker, &mut other);

    let (team, _, mut hijacker) = hijacked();
    let mut other = other_team(&team.world);
    let invitation = other.invited(MIA, "admin");
    let copy = copied(&mut other.owner, &invitation);
    assert_eq!(with_token(&mut hijacker, "accept", &copy).refusal(), refusal(403, "email_unverified"));
    team.world.deliver();
    let mailed = team.world.mailed_token(MIA);
    let own = json!({"token": mailed, "name": "Mia Member", "password": "another sentence entirely"});
    let mut mia = team.world.client();
    mia.post("/v1/invitations/accept", &own).ok();
    assert_eq!(hijacker.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
    let old = hijacker.post("/v1/sessions", &json!({"email": MIA, "password": PASSWORD}));
    assert_eq!(old.refusal(), refusal(401, "invalid_credentials"));
    let reached = mia.get("/v1/me/workspaces").ok().text();
    assert!(reached.contains("Example Studio") && reached.contains("Other Studio"), "{reached}");
}

/// A link that was kept for later opens nothing once the holder has the account; and none is given out any more.
#[test]
fn pre_hijack_a_link_that_was_kept_is_dead_once_the_mailbox_was_proved() {
    let mut team = Team::new();
    let member = team.add(MIA, "admin", json!({})).ok().str("/id");
    let kept = team.password_token(&member);
    let mut other = other_team(&team.world);
    other.add(MIA, "client", json!({"notify": true})).ok();
    team.world.deliver();
    let token = team.world.mailed_password_token(MIA);
    team.world.client().set_password(&token).ok();
    let own = json!({"token": kept, "password": "another sentence entirely"});
    let answer = team.world.client().post("/v1/password-resets/redeem", &own);
    assert_eq!(answer.refusal(), refusal(410, "password_link_used"));
    let answer = team.owner.post(&format!("/v1/members/{member}/password-link"), &json!({}));
    assert_eq!(answer.refusal(), refusal(409, "password_already_set"));
    team.world.client().post("/v1/sessions", &json!({"email": MIA, "password": PASSWORD})).ok();
}

/// The organization that gave the link out takes it away with the membership: a confined account is nobody without it.
#[test]
fn pre_hijack_a_confined_account_is_nobody_once_it_was_removed() {
    let (team, member, mut hijacker) = hijacked();
    hijacker.get(&team.path("/members")).ok();
    let now = team.world.now().millis();
    let remove = format!("UPDATE members SET removed_at = {now} WHERE id = '{member}'");
    team.world.state().database.borrow().change(&remove);
    assert_eq!(hijacker.get(&team.path("/members")).refusal(), refusal(404, "not_found"));
    assert_eq!(hijacker.get("/v1/me/workspaces").ok().json()["data"], json!([]));
}

/// Whatever was set up before the mailbox's holder came is gone with their first proof of it: the password, every session, the
/// second factor with its recovery codes, a sign-in that waited, and every link that was kept.
#[test]
fn pre_hijack_nothing_that_was_set_up_before_survives_the_first_proof() {
    for way in ["mailed invitation", "mailed password link", "reset"] {
        let (team, member, mut hijacker) = hijacked();
        let (app, codes) = second_factor(&mut hijacker);
        let mut other_session = team.world.client();
        other_session.post("/v1/sessions", &json!({"email": MIA, "password": PASSWORD})).ok();
        let code = json!({"code": app.code(team.world.now())});
        other_session.post("/v1/sessions/mfa", &code).ok();
        let mut waiting = team.world.client();
        waiting.post("/v1/sessions", &json!({"email": MIA, "password": PASSWORD})).ok();
        let begun = hijacker.post(
            "/v1/me/email",
            &json!({"email": "evil@evil.test", "password": PASSWORD, "code": codes[0]}),
        );
        assert!(
            begun.status == 403 || begun.status == 422,
            "no change of address is under way: {}",
            begun.text()
        );

        let mut other = other_team(&team.world);
        let own = "another sentence entirely";
        let mut mia = team.world.client();
        match way {
            "mailed invitation" => {
                other.invited(MIA, "admin");
                team.world.deliver();
                let token = team.world.mailed_token(MIA);
                let body = json!({"token": token, "name": "Mia Member", "password": own});
                mia.post("/v1/invitations/accept", &body).ok();
            }
            "mailed password link" => {
                other.add(MIA, "admin", json!({"notify": true})).ok();
                team.world.deliver();
                let token = team.world.mailed_password_token(MIA);
                mia.post("/v1/password-resets/redeem", &json!({"token": token, "password": own})).ok();
            }
            _ => {
                other.add(MIA, "admin", json!({"notify": false})).ok();
                team.world.client().post("/v1/password-resets", &json!({"email": MIA})).ok();
                team.world.deliver();
                let token = team.world.mailed_password_token(MIA);
                mia.post("/v1/password-resets/redeem", &json!({"token": token, "password": own})).ok();
            }
        }
        let me = mia.get("/v1/me").ok().json();
        assert_eq!(
            (&me["user"]["email_verified"], &me["user"]["mfa_enabled"]),
            (&json!(true), &json!(false)),
            "{way}"
        );
        for session in [&mut hijacker, &mut other_session] {
            assert_eq!(session.get("/v1/me").refusal(), refusal(401, "unauthenticated"), "{way}");
        }
        for code in [app.code(team.world.now()), codes[1].clone()] {
            let answer = waiting.post("/v1/sessions/mfa", &json!({"code": code}));
            assert_eq!(answer.refusal(), refusal(401, "unauthenticated"), "{way}");
        }
        let old = team.world.client().post("/v1/sessions", &json!({"email": MIA, "password": PASSWORD}));
        assert_eq!(old.refusal(), refusal(401, "invalid_credentials"), "{way}");
        for table in ["second_factors", "recovery_codes", "email_changes"] {
            let of_hers = format!(
                "SELECT count(*) FROM {table} WHERE user_id = (SELECT user_id FROM members WHERE id = '{member}')"
            );
            assert_eq!(team.world.count(&of_hers), 0, "{way}: {table}");
        }
        mia.get(&other.path("/members")).ok();
    }
}

/// Through an invitation's copied link: the admin who makes an account with it, for an address that a stranger has, is somebody
/// in their own organization and nowhere else; what the stranger is later invited to is not shown to them.
#[test]
fn pre_hijack_an_account_made_through_a_copied_invitation_link_is_nobody_elsewhere() {
    let mut team = Team::new();
    let invitation = team.invited(MIA, "admin");
    let token = copied(&mut team.owner, &invitation);
    let mut hijacker = team.world.client();
    hijacker.accept(&token, "Not Mia").ok();
    hijacker.get(&team.path("/members")).ok();
    let mut other = other_team(&team.world);
    other.invited(MIA, "admin");
    team.world.deliver();
    let mailed = team.world.mailed_token(MIA);
    let seen = hijacker.get("/v1/me/workspaces").ok().text();
    assert!(!seen.contains("Other Studio"), "{seen}");
    assert_eq!(hijacker.get(&other.path("/members")).refusal(), refusal(404, "not_found"));
    let mut mia = team.world.client();
    let own = json!({"token": mailed, "name": "Mia Member", "password": "another sentence entirely"});
    mia.post("/v1/invitations/accept", &own).ok();
    assert_sees_nobody(&mut hijacker);
    let me = mia.get("/v1/me").ok().json();
    assert_eq!(me["user"]["name"], "Mia Member", "the name was nobody's too");
}

#[track_caller]
fn assert_sees_nobody(hijacker: &mut Client) {
    for path in ["/v1/me", "/v1/me/workspaces", "/v1/sessions"] {
        assert_eq!(hijacker.get(path).refusal(), refusal(401, "unauthenticated"), "{path}");
    }
}

/// A password that another organization's copied link set stands in the way of a copied invitation link; the mailbox's holder
/// resets it, and then accepts by the same link.
#[test]
fn pre_hijack_a_foreign_password_in_the_way_of_a_copied_link_is_reset_by_the_mailbox() {
    let (team, _, mut hijacker) = hijacked();
    let mut other = other_team(&team.world);
    let invitation = other.invited(MIA, "client");
    let copy = copied(&mut other.owner, &invitation);
    let mut mia = team.world.client();
    let sign_up = json!({"token": copy, "name": "Mia Member", "password": "another sentence entirely"});
    assert_eq!(mia.post("/v1/invitations/accept", &sign_up).refusal(), refusal(401, "sign_in_required"));
    mia.post("/v1/password-resets", &json!({"email": MIA})).ok();
    team.world.deliver();
    let reset = team.world.mailed_password_token(MIA);
    let own = json!({"token": reset, "password": "another sentence entirely"});
    mia.post("/v1/password-resets/redeem", &own).ok();
    with_token(&mut mia, "accept", &copy).ok();
    mia.get(&other.path("")).ok();
    assert_sees_nobody(&mut hijacker);
}

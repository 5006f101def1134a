//! What attackers did to other invitation systems, a test each: named after its row in the list of attacks.
//!
//! Rows that don't apply yet, or only in part, and why (V13 to V15, V26, V28 and V31 are not in the list):
//!
//! - V4: an invitation holds no place to go on to; every redirect is to a route of ours.
//! - V20, V22, V33: bulk, clone, role changes and removal have no routes yet; what there is, is held.
//! - V21: there are no permissions, groups or API keys to name yet.
//! - V23: nobody is half a member: who has accepted is in, who has not has no account that counts.
//! - V24: there is no sign-in by another provider.
//! - V25: there is no approval and no second factor to pass by; the seat is checked in the claim (`v25_…`).
//! - V27: there is no allow-list of domains; what is no address is refused (`v27_…`).
//! - V29: networks are counted by `CF-Connecting-IP` and IPv6 by its /64 (`v29_…`).
//! - V30: there is no second factor yet.
//! - V32: removing somebody has no route yet; every invitation ends (`v32_…`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use support::World;
use support::client::{Answer, Client, PASSWORD, Team, nonce_in};
use support::platform::{Cost, OPERATOR_KEY, token_in};
use usher::domain::keys::Purpose;
use usher::domain::link::{Link, Via};
use usher::domain::time::Timestamp;

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

/// An invitation's token is read only after its signature: edited, unsigned or signed by another it opens nothing.
#[test]
fn v01_a_token_that_was_edited_is_refused_and_writes_nothing() {
    let (team, _, token) = invited("member");
    let before = dump(&team);
    let parts: Vec<_> = token.split('.').collect();
    let encode = |json: &Value| Base64UrlUnpadded::encode_string(json.to_string().as_bytes());
    let mut claims: Value =
        serde_json::from_slice(&Base64UrlUnpadded::decode_vec(parts[1]).unwrap()).unwrap();
    claims["org"] = json!("org_01h455vb4pex5vsknk084sn02q");
    let none = json!({"alg": "none", "typ": "invitation+jwt", "kid": "k1"});
    let mut forged = vec![
        format!("{}.{}.{}", parts[0], encode(&claims), parts[2]),
        format!("{}.{}.", encode(&none), parts[1]),
        format!("{}.{}.{}", encode(&none), parts[1], parts[2]),
    ];
    for place in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'x' { b'y' } else { b'x' };
        forged.push(String::from_utf8(bytes).unwrap());
    }
    let mut eve = team.world.client();
    for token in forged {
        assert_eq!(eve.accept(&token, "Eve Other").refusal(), refusal(404, "invitation_invalid"), "{token}");
        assert_eq!(team.world.last_cost(), Cost { d1: 0, kv: 0 });
    }
    assert_eq!(dump(&team), before);
}

/// Whoever manages an organization can't read an invited person's link; copying one is a right and is audited.
#[test]
fn v02_no_answer_but_the_copied_link_holds_a_token() {
    let (mut team, invitation, token) = invited("member");
    let signature = token.rsplit('.').next().unwrap();
    for path in [format!("/v1/invitations/{invitation}"), team.path("/invitations"), team.path("/members")] {
        let text = team.owner.get(&path).ok().text();
        assert!(!text.contains(signature) && !text.contains("eyJ"), "{path}");
    }
    copied(&mut team.owner, &invitation);
    let audited = "SELECT count(*) FROM audit_events WHERE action = 'invitation.link_copied'";
    assert_eq!(team.world.count(audited), 1);
    assert!(!team.world.log_text().contains("eyJ"));
}

/// A copied link is no proof of the mailbox, so who copies it for themselves gains nothing outside that organization.
#[test]
fn v02_who_copies_a_link_and_registers_with_it_has_no_power_elsewhere() {
    let (mut team, invitation, _) = invited("member");
    let token = copied(&mut team.owner, &invitation);
    let mut insider = team.world.client();
    insider.accept(&token, "Not Mia").ok();
    let mut other = other_team(&team.world);
    let elsewhere = other.invited(MIA, "admin");
    let elsewhere = copied(&mut other.owner, &elsewhere);
    assert_eq!(with_token(&mut insider, "accept", &elsewhere).refusal(), refusal(403, "email_unverified"));
}

#[test]
fn v03_every_invitation_id_is_checked_against_the_callers_organization() {
    let (team, invitation, _) = invited("member");
    let mut other = other_team(&team.world);
    let before = dump(&team);
    let path = format!("/v1/invitations/{invitation}");
    assert_eq!(other.owner.get(&path).refusal(), refusal(404, "not_found"));
    for action in ["resend", "revoke", "link"] {
        let answer = other.owner.post(&format!("{path}/{action}"), &json!({}));
        assert_eq!(answer.refusal(), refusal(404, "not_found"), "{action}");
    }
    assert_eq!(dump(&team), before);
}

/// An account that somebody made under a victim's address lists, reads and accepts nothing that the victim was sent.
#[test]
fn v05_an_unproved_address_neither_accepts_nor_lists_what_was_sent_to_it() {
    let (mut team, invitation, _) = invited("member");
    let token = copied(&mut team.owner, &invitation);
    let mut squatter = team.world.client();
    squatter.accept(&token, "Not Mia").ok();
    let mut other = other_team(&team.world);
    let id = other.invited(MIA, "admin");
    let token = copied(&mut other.owner, &id);
    assert_eq!(with_token(&mut squatter, "accept", &token).refusal(), refusal(403, "email_unverified"));
    assert_eq!(squatter.get(&format!("/v1/invitations/{id}")).refusal(), refusal(404, "not_found"));
    assert_eq!(squatter.get(&other.path("/invitations")).refusal(), refusal(404, "not_found"));
    for path in ["/v1/me", "/v1/me/workspaces", "/me"] {
        assert!(!squatter.get(path).text().contains("Other Studio"), "{path}");
    }
}

/// Nobody squats an address: what was set up before the mailbox was proved ends with the first proof.
#[test]
fn v06_signing_up_ahead_of_a_victim_gains_nothing() {
    let (mut team, invitation, _) = invited("member");
    let token = copied(&mut team.owner, &invitation);
    let mut squatter = team.world.client();
    squatter.accept(&token, "Not Mia").ok();
    let mut other = other_team(&team.world);
    other.invited(MIA, "admin");
    team.world.deliver();
    let mailed = team.world.mailed_token(MIA);
    let body = json!({"token": mailed, "name": "Mia Member", "password": "another sentence entirely"});
    team.world.client().post("/v1/invitations/accept", &body).ok();
    assert_eq!(squatter.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
    let old = squatter.post("/v1/sessions", &json!({"email": MIA, "password": PASSWORD}));
    assert_eq!(old.refusal(), refusal(401, "invalid_credentials"));
}

#[test]
fn v07_who_has_no_token_is_shown_nothing_and_who_has_one_no_address_and_no_token() {
    let (team, invitation, token) = invited("member");
    let mut eve = team.world.client();
    for body in [json!({"token": ""}), json!({"token": invitation})] {
        let answer = eve.post("/v1/invitations/preview", &body);
        assert_eq!(answer.refusal(), refusal(404, "invitation_invalid"));
    }
    assert_eq!(eve.post("/v1/invitations/preview", &json!({})).refusal(), refusal(422, "required"));
    assert_eq!(eve.get(&format!("/v1/invitations/{invitation}")).refusal(), refusal(401, "unauthenticated"));
    let seen = with_token(&mut eve, "preview", &token).ok().text();
    for secret in [MIA, "olga.owner@studio.test", &token, "eyJ"] {
        assert!(!seen.contains(secret), "{secret}");
    }
}

/// An address is no proof of anything: it takes the token, and then the identity.
#[test]
fn v08_joining_takes_the_token_and_the_identity() {
    let (mut team, _, token) = invited("member");
    let mut eve = team.joined("eve@other.test", "client");
    let by_address = json!({"email": MIA, "name": "Eve Other", "password": PASSWORD});
    let answer = team.world.client().post("/v1/invitations/accept", &by_address);
    assert_eq!(answer.refusal(), refusal(422, "required"));
    let by_another =
        json!({"token": token, "email": "eve@new.test", "name": "Eve Other", "password": PASSWORD});
    let answer = team.world.client().post("/v1/invitations/accept", &by_another);
    assert_eq!(answer.refusal(), refusal(403, "wrong_account"));
    assert_eq!(with_token(&mut eve, "accept", &token).refusal(), refusal(403, "wrong_account"));
}

#[test]
fn v09_a_member_reads_no_invitation_and_uses_no_link_of_a_rank_above_theirs() {
    let (mut team, invitation, _) = invited("admin");
    let mut low = team.joined("low@studio.test", "member");
    assert_eq!(low.get(&team.path("/invitations")).refusal(), refusal(403, "forbidden"));
    let path = format!("/v1/invitations/{invitation}");
    assert_eq!(low.get(&path).refusal(), refusal(403, "forbidden"));
    assert_eq!(low.post(&format!("{path}/link"), &json!({})).refusal(), refusal(403, "forbidden"));
    let taken = low.invite(&team.organization, MIA, "member");
    assert_eq!(taken.json()["invitation_id"], Value::Null);
}

/// Every purpose has a key of its own: nothing that was made for one is taken for another.
#[test]
fn v10_a_token_for_one_purpose_is_refused_for_every_other() {
    let (mut team, _, token) = invited("member");
    let mut olga = team.owner.clone();
    let page = olga.get("/me").ok().text();
    let nonce = nonce_in(&page);
    let session = olga.cookie("__Host-usher_session").unwrap().to_owned();
    let form = olga.cookie("__Host-usher_form").unwrap().to_owned();
    let added = team.add("ana@client.test", "client", json!({})).ok().str("/id");
    let password = team.password_token(&added);
    for foreign in [nonce.as_str(), &session, &form, &password, OPERATOR_KEY] {
        for action in ["preview", "decline"] {
            let answer = with_token(&mut team.world.client(), action, foreign);
            assert_eq!(answer.refusal(), refusal(404, "invitation_invalid"), "as an invitation");
        }
        let answer = team.world.client().accept(foreign, "Eve Other");
        assert_eq!(answer.refusal(), refusal(404, "invitation_invalid"), "as an invitation");
    }
    for foreign in [token.as_str(), &nonce, &session, &form, OPERATOR_KEY] {
        let answer = team.world.client().set_password(foreign);
        assert_eq!(answer.refusal(), refusal(404, "password_link_invalid"), "as a link to set a password");
    }
    for foreign in [token.as_str(), &nonce, &form, &password] {
        let mut eve = team.world.client().with_cookie("__Host-usher_session", foreign);
        assert_eq!(eve.get("/v1/me").refusal(), refusal(401, "unauthenticated"), "as a session");
    }
    for foreign in [token.as_str(), &nonce, &session, &password] {
        let mut eve = team.world.client().bearer(foreign);
        assert_eq!(eve.get("/v1/organizations").refusal(), refusal(401, "unauthenticated"), "as a key");
    }
    for foreign in [token.as_str(), &session, &form, &password] {
        let answer = olga.post_form("/sign-out", &[("nonce", foreign)]);
        assert_eq!(answer.status, 403, "as a form's nonce");
    }
    let config = team.world.state().config.as_ref().ok().unwrap();
    let claims = |token: &str| -> Value {
        let claims = Base64UrlUnpadded::decode_vec(token.split('.').nth(1).unwrap()).unwrap();
        serde_json::from_slice(&claims).unwrap()
    };
    // What one purpose says, signed for another.
    let relabelled =
        |purpose, token| config.keys.sign(purpose, claims(token), Timestamp::from_seconds(2_000_000_000));
    for purpose in [Purpose::Form, Purpose::Password] {
        let answer = with_token(&mut team.world.client(), "accept", &relabelled(purpose, &token));
        assert_eq!(answer.refusal(), refusal(404, "invitation_invalid"), "{purpose:?}");
    }
    for purpose in [Purpose::Form, Purpose::Invitation] {
        let answer = team.world.client().set_password(&relabelled(purpose, &password));
        assert_eq!(answer.refusal(), refusal(404, "password_link_invalid"), "{purpose:?}");
    }
}

/// With a secret missing, short or an example, nothing is served at all, and the log says which.
#[test]
fn v11_without_strong_secrets_every_route_answers_503() {
    for (setting, value) in [
        ("OPERATOR_KEY", ""),
        ("OPERATOR_KEY", "short"),
        ("OPERATOR_KEY", "changeme-changeme-changeme-changeme-1234"),
        ("ROOT_KEYS", ""),
        ("ROOT_KEYS", "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("ORIGIN", ""),
    ] {
        let world = World::with_settings(&[(setting, value)]);
        let mut anybody = world.client().bearer(value);
        for path in ["/", "/healthz", "/sign-in", "/v1/me", "/v1/organizations", "/nowhere", "/i/x"] {
            assert_eq!(anybody.get(path).refusal(), refusal(503, "misconfigured"), "{setting} {path}");
        }
        assert_eq!(anybody.post("/v1/sessions", &json!({})).status, 503);
        let log = world.log_text();
        assert!(log.contains(setting), "{log}");
        assert!(value.is_empty() || !log.contains(value), "it never says the secret");
    }
}

/// A link of one organization opens nothing of another, whatever it is held against.
#[test]
fn v12_a_link_joins_the_organization_it_was_made_for_and_no_other() {
    let (team, invitation, _) = invited("admin");
    let other = other_team(&team.world);
    let config = team.world.state().config.as_ref().ok().unwrap();
    let swapped = Link {
        invitation_id: invitation.parse().unwrap(),
        organization_id: other.organization.parse().unwrap(),
        ver: 1,
        via: Via::Email,
    };
    // Even signed by ourselves, which nobody can make us do.
    let token = swapped.sign(&config.keys, Timestamp::from_seconds(2_000_000_000));
    let before = dump(&team);
    let mut eve = team.world.client();
    for action in ["preview", "accept", "decline"] {
        let answer = with_token(&mut eve, action, &token);
        assert_eq!(answer.refusal(), refusal(404, "invitation_invalid"), "{action}");
    }
    assert_eq!(eve.accept(&token, "Eve Other").refusal(), refusal(404, "invitation_invalid"));
    assert_eq!(eve.get(&format!("/i/{token}")).status, 404);
    assert_eq!(dump(&team), before);
}

/// Expiry is asked wherever a link is used: on no path does an ended invitation let anybody in.
#[test]
fn v16_no_side_path_accepts_an_expired_invitation() {
    let (mut team, _, token) = invited("member");
    let page = format!("/i/{token}");
    let mut mia = team.world.client();
    let shown = mia.get(&page).ok().text();
    let nonce = nonce_in(&shown);
    team.world.pass(Duration::from_hours(7 * 24));
    let before = dump(&team);
    assert_eq!(mia.accept(&token, "Mia Member").refusal(), refusal(410, "invitation_expired"));
    let form = [("nonce", nonce.as_str()), ("name", "Mia Member"), ("password", PASSWORD)];
    assert_eq!(mia.post_form(&page, &form).status, 410);
    assert_eq!(dump(&team), before);
    // Nor for somebody who signs in and whose address is the invited one.
    let signed_in = team.owner.post("/v1/invitations/accept", &json!({"token": token}));
    assert_eq!(signed_in.refusal(), refusal(410, "invitation_expired"));
}

#[test]
fn v17_a_link_ends_at_exp_to_the_second() {
    let (team, _, token) = invited("member");
    let mut mia = team.world.client();
    team.world.pass(Duration::from_secs(7 * 24 * 3600 - 1));
    with_token(&mut mia, "preview", &token).ok();
    for _ in 0..2 {
        team.world.pass(Duration::from_secs(1));
        assert_eq!(with_token(&mut mia, "preview", &token).refusal(), refusal(410, "invitation_expired"));
    }
}

/// The row's own end counts too: a link that outlives it opens nothing.
#[test]
fn v17_an_invitation_whose_row_is_over_is_over_whatever_the_token_says() {
    let (team, _, token) = invited("member");
    let ended = team.world.now().whole_seconds().millis();
    team.world.state().database.borrow().change(&format!("UPDATE invitations SET expires_at = {ended}"));
    let answer = team.world.client().accept(&token, "Mia Member");
    assert_eq!(answer.refusal(), refusal(410, "invitation_expired"));
}

/// Secrets are drawn, not derived from the time: in one millisecond no two are alike.
#[test]
fn v18_secrets_made_in_the_same_millisecond_have_nothing_in_common() {
    let team = Team::new();
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        let mut olga = team.world.client();
        olga.post("/v1/sessions", &json!({"email": "olga.owner@studio.test", "password": PASSWORD})).ok();
        let session = olga.cookie("__Host-usher_session").unwrap().to_owned();
        let bytes = Base64UrlUnpadded::decode_vec(&session).unwrap();
        assert_eq!(bytes.len(), 32, "256 bits");
        assert!(seen.insert(bytes[..8].to_vec()) && seen.insert(bytes[24..].to_vec()));
    }
}

#[test]
fn v19_no_link_is_in_the_log_the_audit_log_the_jobs_or_the_queue() {
    let (mut team, invitation, token) = invited("member");
    copied(&mut team.owner, &invitation);
    team.world.client().get(&format!("/i/{token}")).ok();
    team.world.client().accept(&token, "Mia Member").ok();
    let kept: String = dump(&team).lines().filter(|line| !line.starts_with("mailbox: ")).collect();
    for text in [team.world.log_text(), kept, format!("{:?}", team.world.state().queue.borrow())] {
        assert!(!text.contains("eyJ") && !text.contains(token.rsplit('.').next().unwrap()));
    }
}

#[test]
fn v20_nobody_invites_above_their_own_role() {
    let mut team = Team::new();
    let mut admin = team.joined("ada.admin@studio.test", "admin");
    let mut member = team.joined(MIA, "member");
    let mut client = team.joined("ana@client.test", "client");
    let before = dump(&team);
    for (by, roles) in [
        (&mut team.owner, vec!["owner"]),
        (&mut admin, vec!["owner"]),
        (&mut member, vec!["owner", "admin", "member", "client"]),
        (&mut client, vec!["owner", "admin", "member", "client"]),
    ] {
        for role in roles {
            let answer = by.invite(&team.organization, "friend@studio.test", role);
            assert_eq!(answer.refusal(), refusal(403, "role_not_allowed"), "{role}");
        }
    }
    assert_eq!(dump(&team), before);
}

#[test]
fn v20_nobody_invites_above_their_own_role_among_many() {
    let rows: Vec<Value> = ["owner", "admin", "member", "client"]
        .iter()
        .map(|role| json!({"email": format!("{role}@friends.test"), "role": role}))
        .collect();
    for (template, by, made) in [
        ("team", "admin", &["admin", "member", "client"][..]),
        ("reporting", "admin", &["admin", "member", "client"]),
        ("reporting", "member", &["client"]),
        ("team", "member", &[]),
        ("reporting", "client", &[]),
    ] {
        let mut team = Team::of(template);
        let mut caller = team.joined(MIA, by);
        let path = team.path("/invitations/bulk");
        let before = dump(&team);
        let told = caller.post(&path, &json!({"rows": rows, "dry_run": true}));
        assert_eq!(dump(&team), before);
        let started = caller.post(&path, &json!({"rows": rows}));
        team.world.deliver();
        if made.is_empty() {
            assert_eq!(told.refusal(), refusal(403, "role_not_allowed"), "{template} {by}");
            assert_eq!(started.refusal(), refusal(403, "role_not_allowed"), "{template} {by}");
            assert_eq!(dump(&team), before);
            continue;
        }
        let job = team.owner.get(&format!("/v1/jobs/{}", started.ok().str("/job_id"))).ok().json();
        for (row, role) in ["owner", "admin", "member", "client"].iter().enumerate() {
            let (told, made_it) = (&told.json()["data"][row], &job["data"][row]);
            let exists = format!("SELECT count(*) FROM invitations WHERE email = '{role}@friends.test'");
            let expected = i64::from(made.contains(role));
            assert_eq!(team.world.count(&exists), expected, "{template} {by} {role}");
            for shown in [told, made_it] {
                let code = shown["problem"]["code"].as_str();
                assert_eq!(code, (expected == 0).then_some("role_not_allowed"), "{template} {by} {role}");
            }
        }
    }
}

/// Neither by what goes along with accepting nor by the route that changes roles; and the owner can't be put aside, one by
/// one or among many.
#[test]
fn v22_nobody_changes_their_own_role_or_removes_the_owner() {
    let (mut team, _, token) = invited("client");
    let mut mia = team.world.client();
    let body = json!({"token": token, "name": "Mia", "password": PASSWORD, "role": "owner"});
    assert_eq!(mia.post("/v1/invitations/accept", &body).refusal(), refusal(422, "unknown_field"));
    mia.accept(&token, "Mia Member").ok();
    let own = team.owner.get(&team.path("/members?role=client")).ok().str("/data/0/id");
    let owner = team.owner.get(&team.path("/members?role=owner")).ok().str("/data/0/id");
    let mut admin = team.joined("ada.admin@studio.test", "admin");
    let admins = team.owner.get(&team.path("/members?role=admin")).ok().str("/data/0/id");
    for role in ["member", "admin", "owner"] {
        let answer = mia.patch(&format!("/v1/members/{own}"), &json!({"role": role}));
        assert_eq!(answer.refusal(), refusal(403, "forbidden"), "{role}");
    }
    let raised = admin.patch(&format!("/v1/members/{admins}"), &json!({"role": "owner"}));
    assert_eq!(raised.refusal(), refusal(403, "forbidden"));
    let lowered = admin.patch(&format!("/v1/members/{owner}"), &json!({"role": "client"}));
    assert_eq!(lowered.refusal(), refusal(409, "last_owner"));
    for person in [&mut mia, &mut admin] {
        assert!(!person.delete(&format!("/v1/members/{owner}")).status.is_success());
    }
    let several = admin.post(&team.path("/members/remove"), &json!({"member_ids": [owner]})).ok().json();
    assert_eq!(several["data"][0]["problem"]["code"], "last_owner");
    assert_eq!(
        team.world.count("SELECT count(*) FROM members WHERE role = 'owner' AND removed_at IS NULL"),
        1
    );
}

#[test]
fn v25_an_invitation_is_no_way_around_the_seat_limit() {
    let (team, _, token) = invited("member");
    team.world.state().database.borrow().change("UPDATE organizations SET seat_limit = 0");
    let answer = team.world.client().accept(&token, "Mia Member");
    assert_eq!(answer.refusal(), refusal(409, "seat_limit_reached"));
    assert_eq!(team.world.count("SELECT count(*) FROM members WHERE takes_seat = 1"), 0);
}

#[test]
fn v27_what_only_looks_like_an_address_is_refused() {
    let mut team = Team::new();
    for wrong in
        ["a@b@example.test", "ana@example.test.", "ana@-example.test", "ana@exämple.test", "@example.test"]
    {
        let answer = team.owner.invite(&team.organization.clone(), wrong, "member");
        assert_eq!(answer.refusal(), refusal(422, "invalid_email"), "{wrong}");
    }
}

#[test]
fn v29_a_network_is_what_the_platform_says_and_ipv6_its_64() {
    let world = World::new();
    let limit = (usher::platform::Limit::Network, "preview:2001:db8:0:1::/64".to_owned());
    world.state().limited.borrow_mut().push(limit);
    for address in ["2001:db8:0:1::1", "2001:0DB8:0000:0001:ffff::2", "2001:db8:0:1:9:9:9:9"] {
        let mut bot = world.client().with_header("cf-connecting-ip", address);
        let mut bot2 = bot.clone().with_header("x-forwarded-for", "203.0.113.7");
        assert_eq!(with_token(&mut bot, "preview", "x").status, 429, "{address}");
        assert_eq!(with_token(&mut bot2, "preview", "x").status, 429, "{address}");
    }
}

#[test]
fn v32_every_invitation_ends() {
    let (mut team, invitation, _) = invited("member");
    let read = |team: &mut Team| team.owner.get(&format!("/v1/invitations/{invitation}")).ok().str("/status");
    assert_eq!(read(&mut team), "pending");
    team.world.pass(Duration::from_hours(30 * 24));
    let mut olga = team.world.client();
    olga.post("/v1/sessions", &json!({"email": "olga.owner@studio.test", "password": PASSWORD})).ok();
    team.owner = olga;
    assert_eq!(read(&mut team), "expired");
}

/// Names stand in mails that the service sends: they carry no advertisement, no second line and nothing invisible.
#[test]
fn v33_a_name_that_could_advertise_or_spoof_is_refused_wherever_one_is_typed() {
    let (mut team, _, token) = invited("member");
    for wrong in [
        "Win https://evil.test now",
        "www.evil.test",
        "evil.com",
        "Ana\r\nBcc: all@client.test",
        "Ana\nClient",
        "Ana\u{202e}tneilC",
        "Ana\u{0}",
        "Ana\u{7f}",
    ] {
        for field in ["name", "nickname"] {
            let mut body = json!({"kind": "email", "role": "member", "email": "new@studio.test"});
            body[field] = json!(wrong);
            let answer = team.owner.post(&team.path("/invitations"), &body);
            assert_eq!(answer.refusal(), refusal(422, "invalid_value"), "{field} {wrong:?}");
        }
        let organization = json!({
            "name": wrong, "template": "team", "owner": {"email": "o@new.test", "name": "O"},
        });
        let answer = team.world.operator().post("/v1/organizations", &organization);
        assert_eq!(answer.refusal(), refusal(422, "invalid_value"), "{wrong:?}");
        let answer = team.world.client().accept(&token, wrong);
        assert_eq!(answer.refusal(), refusal(422, "invalid_value"), "{wrong:?}");
    }
}

#[test]
fn v33_what_the_inviter_types_stands_in_no_header_of_the_mail() {
    let mut team = Team::new();
    let body = json!({
        "kind": "email", "role": "member", "email": MIA, "name": "Zebra Name", "nickname": "Zebra Nick",
        "message": "Zebra message\r\nBcc: all@client.test",
    });
    team.owner.post(&team.path("/invitations"), &body).ok();
    team.world.deliver();
    let mail = team.world.mailbox().into_iter().find(|mail| mail["to"] == MIA).unwrap();
    for header in ["subject", "from", "to"] {
        let text = mail[header].as_str().unwrap();
        assert!(!text.contains("Zebra") && !text.contains('\n') && !text.contains('\r'), "{header}: {text}");
    }
    assert!(!mail["html"].as_str().unwrap().contains("Zebra Nick"), "the nickname is for the inviter's side");
}

/// Links are made of the configured origin; what a request says of itself is never looked at.
#[test]
fn v34_a_spoofed_host_makes_no_link() {
    let mut team = Team::new();
    let mut spoofed = team.owner.clone();
    for header in ["host", "x-forwarded-host", "x-forwarded-server", "x-original-url", "forwarded"] {
        spoofed = spoofed.with_header(header, "evil.test");
    }
    spoofed = spoofed.with_header("x-forwarded-proto", "https");
    let invitation = spoofed.invite(&team.organization, MIA, "member").ok().str("/id");
    let url = spoofed.post(&format!("/v1/invitations/{invitation}/link"), &json!({})).ok().str("/url");
    assert!(url.starts_with("http://localhost:8787/i/"), "{url}");
    team.world.deliver();
    let mail = team.world.mailbox().pop().unwrap().to_string();
    assert!(!mail.contains("evil.test"));
    let token = team.world.mailed_token(MIA);
    let page = team.world.client().with_header("host", "evil.test").get(&format!("/i/{token}")).text();
    assert!(!page.contains("evil.test"));
    team.owner.get("/v1/me").ok();
}

/// No answer outside a valid link tells whether an address has an account.
#[test]
fn v35_signing_in_and_inviting_answer_alike_for_known_and_unknown_addresses() {
    let mut team = Team::new();
    let mut other = other_team(&team.world);
    team.joined(MIA, "member");
    let told = |answer: &Answer| {
        let mut body = answer.json();
        body["request_id"] = Value::Null;
        (answer.status.as_u16(), body.to_string())
    };
    let mut eve = team.world.client();
    let mut sign_in = |email: &str| {
        told(&eve.post("/v1/sessions", &json!({"email": email, "password": "not the password"})))
    };
    assert_eq!(sign_in(MIA), sign_in("nobody@studio.test"));
    let mut invite = |email: &str| {
        let answer = other.owner.invite(&other.organization.clone(), email, "member").ok().json();
        answer.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(invite(MIA), invite("nobody@studio.test"));
}

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

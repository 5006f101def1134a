//! What is tried with links, tokens and secrets.

use crate::support::World;
use crate::support::client::{PASSWORD, Team, nonce_in};
use crate::support::platform::{Cost, OPERATOR_KEY};
use crate::{MIA, copied, dump, invited, other_team, refusal, with_token};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use usher::domain::keys::Purpose;
use usher::domain::link::{Link, Via};
use usher::domain::time::Timestamp;

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
        given: 0,
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

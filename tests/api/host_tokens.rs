//! Tokens for host products: a product knows who somebody is and what they may do by the token, without asking.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::EncodedPoint;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::{Value, json};

use crate::support::World;
use crate::support::client::{Answer, Client, Team};
use crate::support::platform::ORIGIN;
use crate::support::scene::workspace;
use crate::{about, another, complaint, refusal, remove};

fn ask(person: &mut Client, organization: &str) -> Answer {
    person.post("/v1/me/token", &json!({"organization_id": organization}))
}

fn part(text: &str) -> Value {
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(text).unwrap()).unwrap()
}

/// As a host product reads a token: its header and claims, if one of the listed keys signed it.
fn verified(keys: &Value, token: &str) -> Option<(Value, Value)> {
    let [head, claims, signature] = token.split('.').collect::<Vec<_>>().try_into().ok()?;
    let header = part(head);
    let key = keys["keys"].as_array()?.iter().find(|key| key["kid"] == header["kid"])?;
    let number = |name: &str| Base64UrlUnpadded::decode_vec(key[name].as_str().unwrap()).unwrap();
    let (x, y) = (number("x"), number("y"));
    let point = EncodedPoint::from_affine_coordinates(x.as_slice().into(), y.as_slice().into(), false);
    let key = VerifyingKey::from_encoded_point(&point).ok()?;
    let signature = Signature::from_slice(&Base64UrlUnpadded::decode_vec(signature).ok()?).ok()?;
    key.verify(format!("{head}.{claims}").as_bytes(), &signature).ok()?;
    Some((header, part(claims)))
}

fn keys(world: &World) -> Value {
    world.client().get("/.well-known/jwks.json").ok().json()
}

#[test]
fn a_member_is_known_by_a_token_for_five_minutes() {
    let mut team = Team::of("client-links");
    let second = workspace(&team, "Second");
    let access = json!({"workspace_ids": [second], "access": {"permissions": ["posts.view"]}});
    let mut ana = team.joined_with("ana@client.test", "client", access);
    let answer = ask(&mut ana, &team.organization).ok();
    let (header, claims) = verified(&keys(&team.world), &answer.str("/token")).unwrap();
    assert_eq!(header["alg"], "ES256");
    assert_eq!(claims["iss"], ORIGIN);
    assert_eq!(claims["sub"], ana.get("/v1/me").ok().str("/user/id"));
    assert_eq!((&claims["org"], &claims["aud"]), (&json!(team.organization), &json!(team.organization)));
    assert_eq!(claims["member"], team.member("ana@client.test"));
    assert_eq!(claims["role"], "client");
    assert_eq!(claims["workspaces"], json!({second: ["posts.view"]}));
    assert_eq!(claims["more_workspaces"], false);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
    assert_eq!(
        answer.json()["expires_at"],
        team.world.now().plus(Duration::from_mins(5)).whole_seconds().to_string()
    );
}

#[test]
fn who_reaches_everything_is_told_so_in_a_word() {
    let mut team = Team::new();
    let token = ask(&mut team.owner, &team.organization).ok().str("/token");
    let (_, claims) = verified(&keys(&team.world), &token).unwrap();
    assert_eq!((&claims["role"], &claims["workspaces"]), (&json!("owner"), &json!("all")));
}

/// A token has to fit into a header, however many workspaces somebody is in.
#[test]
fn of_very_many_workspaces_a_token_tells_of_the_oldest_and_that_there_are_more() {
    let mut team = Team::of("client-links");
    let places: Vec<String> = (0..52)
        .map(|number| {
            team.owner.post(&team.path("/workspaces"), &json!({"name": format!("W{number}")})).ok().str("/id")
        })
        .collect();
    let mut ana = team.joined_with("ana@client.test", "client", json!({"workspace_ids": places}));
    let token = ask(&mut ana, &team.organization).ok().str("/token");
    assert!(token.len() < 8000, "{}", token.len());
    let (_, claims) = verified(&keys(&team.world), &token).unwrap();
    assert_eq!(claims["workspaces"].as_object().unwrap().len(), 50);
    assert_eq!(claims["more_workspaces"], true);
}

#[test]
fn a_token_with_any_part_changed_is_nobodys() {
    let mut team = Team::new();
    let token = ask(&mut team.owner, &team.organization).ok().str("/token");
    let keys = keys(&team.world);
    for place in (0..token.len()).step_by(7) {
        let mut changed = token.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        let still = changed.split('.').count() == 3
            && std::panic::catch_unwind(|| verified(&keys, &changed)).is_ok_and(|read| read.is_some());
        assert!(!still, "{place}");
    }
}

/// V10: keys of one purpose open nothing of another.
#[test]
fn a_token_for_host_products_is_none_of_ours() {
    let mut team = Team::new();
    let token = ask(&mut team.owner, &team.organization).ok().str("/token");
    let answer = team.world.client().post("/v1/invitations/preview", &json!({"token": token}));
    assert_eq!(answer.refusal(), refusal(404, "invitation_invalid"));
    let mut bearer = team.world.client().bearer(&token);
    assert_eq!(bearer.get(&team.path("/members")).refusal(), refusal(401, "unauthenticated"));
}

#[test]
fn it_is_for_members_of_that_organization_alone() {
    let mut team = Team::new();
    let other = another(&team.world);
    assert_eq!(ask(&mut team.owner, &other.organization).refusal(), refusal(404, "not_found"));
    assert_eq!(ask(&mut team.owner, "org_none").refusal(), refusal(404, "not_found"));
    assert_eq!(
        complaint(&team.owner.post("/v1/me/token", &json!({}))),
        about(422, "required", "/organization_id")
    );
    assert_eq!(ask(&mut team.world.client(), &team.organization).refusal(), refusal(401, "unauthenticated"));
    assert_eq!(ask(&mut team.world.operator(), &team.organization).refusal(), refusal(403, "forbidden"));
    let mut mia = team.joined("mia.member@studio.test", "member");
    ask(&mut mia, &team.organization).ok();
    remove(&team, "mia.member@studio.test");
    assert_eq!(ask(&mut mia, &team.organization).refusal(), refusal(404, "not_found"));
}

#[test]
fn before_the_second_factor_that_is_asked_for_there_is_no_token() {
    let mut team = Team::new();
    let mut mia = team.joined("mia.member@studio.test", "member");
    team.world.state().database.borrow().change("UPDATE organizations SET require_mfa = 1");
    assert_eq!(ask(&mut mia, &team.organization).refusal(), refusal(403, "mfa_required"));
}

/// Their id would stand for whoever the address belongs to, in every organization that meets it.
#[test]
fn an_account_that_nobody_proved_has_no_token() {
    let mut team = Team::new();
    let id = team.invited("victim@client.test", "client");
    let token = crate::copied_token(&mut team.owner, &id);
    let mut squatter = team.world.client();
    squatter.accept(&token, "Not The Victim").ok();
    assert_eq!(ask(&mut squatter, &team.organization).refusal(), refusal(403, "email_unverified"));
}

/// A new root key signs from then on, and the old one is listed for as long as it is among them.
#[test]
fn keys_rotate_with_the_root_keys() {
    const OLD: &str = "k1:vQ3m1Yb7TgJx5kR2mWz8NfLdHs4PqAeU0cXoZtI6w9E";
    const NEW: &str = "k2:Zt8wK4nQ1yLr7UvBx2MfDc9GjHs5TpAe3RkOiW6bXaY";
    let mut team = Team::in_world(World::with_settings(&[("ROOT_KEYS", OLD)]));
    let old = ask(&mut team.owner, &team.organization).ok().str("/token");
    let both = format!("{NEW},{OLD}");
    let mut later = Team::in_world(World::with_settings(&[("ROOT_KEYS", &both)]));
    let listed = keys(&later.world);
    assert_eq!(listed["keys"].as_array().unwrap().len(), 2);
    assert!(verified(&listed, &old).is_some());
    let new = ask(&mut later.owner, &later.organization).ok().str("/token");
    assert_eq!(verified(&listed, &new).unwrap().0["kid"], "k2");
    assert!(verified(&keys(&team.world), &new).is_none(), "whoever has the old list asks for it anew");
}

#[test]
fn the_keys_are_public_and_hold_no_secret() {
    let team = Team::new();
    let answer = team.world.client().get("/.well-known/jwks.json").ok();
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    for key in answer.json()["keys"].as_array().unwrap() {
        let names: Vec<&String> = key.as_object().unwrap().keys().collect();
        assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    }
}

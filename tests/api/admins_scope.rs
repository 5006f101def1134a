//! A program lets admins in only with the scope for it, by whatever way they would come: whoever comes in as an admin makes keys
//! of every scope.

use http::Method;
use serde_json::{Value, json};

use crate::api_keys::program;
use crate::copied_token;
use crate::support::client::{Client, Team};

/// Everything that a program needs to let people in, but that one scope.
const OTHERS: [&str; 5] =
    ["invitations:read", "invitations:write", "invitations:accept", "members:read", "members:write"];

/// A way by which somebody becomes an admin, or what lets them become one is handed out.
struct Way {
    name: &'static str,
    method: Method,
    path: String,
    body: Value,
}

/// A team with an open invitation of an admin, an admin who was added and a client; and every way.
fn ways() -> (Team, Vec<Way>) {
    let mut team = Team::new();
    let invited = team.invited("ada.admin@studio.test", "admin");
    let open = team.invited("bea@client.test", "client");
    let added =
        json!({"email": "alan.admin@studio.test", "name": "Alan Admin", "role": "admin", "notify": false});
    let admin = team.owner.post(&team.path("/members"), &added).ok().str("/id");
    team.joined("ana@client.test", "client");
    let client = team.member("ana@client.test");
    let mut ways = Vec::new();
    let mut way = |name, method: &Method, path: String, body| {
        ways.push(Way { name, method: method.clone(), path, body });
    };
    let (post, patch) = (Method::POST, Method::PATCH);
    let new = |kind: &str| json!({"kind": kind, "role": "admin", "email": "new.admin@studio.test", "send_email": false});
    way("inviting one", &post, team.path("/invitations"), new("email"));
    way("sending theirs again", &post, format!("/v1/invitations/{invited}/resend"), json!({}));
    way("their link", &post, format!("/v1/invitations/{invited}/link"), json!({}));
    way(
        "theirs to another address",
        &patch,
        format!("/v1/invitations/{invited}"),
        json!({"email": "other@studio.test"}),
    );
    way("a client's for one", &patch, format!("/v1/invitations/{open}"), json!({"role": "admin"}));
    way(
        "adding one",
        &post,
        team.path("/members"),
        json!({"email": "next.admin@studio.test", "name": "Nia Admin", "role": "admin", "notify": false}),
    );
    way("raising a client", &patch, format!("/v1/members/{client}"), json!({"role": "admin"}));
    let token = copied_token(&mut team.owner, &invited);
    let user = json!({"subject": "7", "email": "ada.admin@studio.test", "name": "Ada Admin", "email_verified": true});
    way(
        "vouching for one",
        &post,
        "/v1/invitations/accept".to_owned(),
        json!({"token": token, "user": user}),
    );
    way("their password's link", &post, format!("/v1/members/{admin}/password-link"), json!({}));
    (team, ways)
}

fn take(by: &mut Client, way: &Way) -> crate::support::client::Answer {
    by.send(&way.method, &way.path, Some("application/json"), way.body.to_string().into_bytes())
}

/// A program with these scopes and those that everybody of these tests has; in the name of an admin, if of anybody.
fn with(team: &mut Team, scope: Option<&str>, acting: bool) -> Client {
    let scopes: Vec<&str> = OTHERS.into_iter().chain(scope).collect();
    let program = program(team, &scopes);
    if acting {
        let owner = team.member("olga.owner@studio.test");
        return program.with_header("usher-actor", &owner);
    }
    program
}

#[test]
fn no_way_lets_an_admin_in_by_a_key_without_the_scope() {
    for acting in [false, true] {
        let (mut team, ways) = ways();
        let mut program = with(&mut team, None, acting);
        program.get(&team.path("/members")).ok();
        let before = team.world.state().database.borrow().dump();
        for way in &ways {
            let answer = take(&mut program, way);
            assert_eq!(answer.refusal(), (403, "insufficient_scope".to_owned()), "{}", way.name);
            assert!(answer.str("/detail").contains("admins:write"), "{}", way.name);
        }
        assert_eq!(team.world.state().database.borrow().dump(), before);
    }
}

#[test]
fn each_way_is_open_to_a_key_with_the_scope() {
    for acting in [false, true] {
        let (team, ways) = ways();
        for way in ways.iter().map(|way| way.name) {
            // Each begins anew, because the one before may have changed what it is about.
            let (mut team, ways) = self::ways();
            let way = ways.iter().find(|other| other.name == way).unwrap();
            let answer = take(&mut with(&mut team, Some("admins:write"), acting), way);
            assert!(answer.status.is_success(), "{}: {}", way.name, answer.text());
        }
        drop(team);
    }
}

/// It is no scope of a route: by itself it opens nothing.
#[test]
fn the_scope_alone_opens_nothing() {
    let (team, ways) = ways();
    let mut program = program(&team, &["admins:write"]);
    for way in &ways {
        let answer = take(&mut program, way);
        assert_eq!(answer.refusal(), (403, "insufficient_scope".to_owned()), "{}", way.name);
        assert!(!answer.str("/detail").contains("admins:write"), "{}", way.name);
    }
}

#[test]
fn a_bulk_refuses_the_rows_of_admins_to_a_key_without_the_scope() {
    let (mut team, _) = ways();
    let rows = json!({"dry_run": true, "rows": [
        {"email": "one@studio.test", "role": "admin"}, {"email": "two@studio.test", "role": "client"},
    ]});
    let outcomes = |team: &mut Team, scope| {
        let path = team.path("/invitations/bulk");
        let told = with(team, scope, false).post(&path, &rows).ok().json();
        [0, 1].map(|row| told["data"][row]["problem"]["code"].clone())
    };
    assert_eq!(outcomes(&mut team, None), [json!("insufficient_scope"), json!(null)]);
    assert_eq!(outcomes(&mut team, Some("admins:write")), [json!(null), json!(null)]);
}

/// Staff and clients are let in as before, and who runs the organization may be looked at.
#[test]
fn whoever_is_no_admin_comes_in_without_the_scope() {
    let (mut team, _) = ways();
    let mut program = with(&mut team, None, false);
    for (role, email) in [("member", "mia@studio.test"), ("client", "cleo@client.test")] {
        let new = json!({"kind": "email", "role": role, "email": email, "send_email": false});
        let id = program.post(&team.path("/invitations"), &new).ok().str("/id");
        program.post(&format!("/v1/invitations/{id}/link"), &json!({})).ok();
    }
    let seen = program.get(&team.path("/invitations")).ok().json();
    assert!(seen["data"].as_array().unwrap().iter().any(|invitation| invitation["role"] == "admin"));
}

/// An admin who was removed is put back only by who may let one in.
#[test]
fn an_admin_is_put_back_only_with_the_scope() {
    let (mut team, _) = ways();
    let admin = team.member("alan.admin@studio.test");
    let path = format!("/v1/members/{admin}");
    for (scope, back) in [(None, false), (Some("admins:write"), true)] {
        let mut program = with(&mut team, scope, false);
        program.delete(&path);
        let answer = program.post(&format!("{path}/restore"), &json!({}));
        assert_eq!(answer.status.is_success(), back, "{}", answer.text());
    }
}

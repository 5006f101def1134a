//! A refusal tells the person who reads it what to do next, in their words and at the right place.

use http::Method;
use serde_json::{Value, json};

use crate::bulk::{client, made, send};
use crate::support::client::{Answer, Client, Team};
use crate::support::scene::{plan, somebody, workspace};
use crate::{about, accept_signed_in, complaint, copied_token};

/// The status, and whether the sentence says this.
#[track_caller]
fn assert_tells(answer: &Answer, status: u16, words: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    assert!(answer.str("/detail").contains(words), "{}", answer.text());
}

fn raw(by: &mut Client, method: &Method, path: &str, body: &str) -> Answer {
    by.send(method, path, Some("application/json"), body.as_bytes().to_vec())
}

/// Of a row of many: the sentence that it is refused with.
fn told(answer: &Value, row: usize) -> String {
    answer["data"][row]["problem"]["detail"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_link_for_staff_is_refused_with_what_links_are_for() {
    let mut team = Team::of("client-links");
    let path = team.path("/invitations");
    for role in ["admin", "member"] {
        let answer = team.owner.post(&path, &json!({"kind": "link", "role": role}));
        assert_tells(&answer, 403, "for clients only");
    }
    let link = team.owner.post(&path, &json!({"kind": "link", "role": "client"})).ok().str("/id");
    let answer = team.owner.patch(&format!("/v1/invitations/{link}"), &json!({"role": "member"}));
    assert_tells(&answer, 403, "for clients only");
}

#[test]
fn nobody_is_invited_or_added_as_the_owner_and_everybody_is_told_how_one_becomes_it() {
    let mut team = Team::new();
    let words = "Nobody is invited as the owner";
    let owner = json!({"email": "max@studio.test", "role": "owner"});
    let organization = team.organization.clone();
    assert_tells(&team.owner.invite(&organization, "max@studio.test", "owner"), 403, words);
    assert_tells(&team.add("max@studio.test", "owner", json!({})), 403, words);
    let invitation = team.invited("max@studio.test", "member");
    let changed = team.owner.patch(&format!("/v1/invitations/{invitation}"), &json!({"role": "owner"}));
    assert_tells(&changed, 403, words);
    let rows = send(&mut team.owner, &organization, &json!([owner]), true).ok().json();
    assert!(told(&rows, 0).starts_with(words), "{rows}");
}

#[test]
fn an_admin_who_may_not_is_sent_to_the_owner_and_not_to_an_admin() {
    let mut team = Team::new();
    let mut admin = team.joined("ada@studio.test", "admin");
    let job = made(&mut team, &json!([{"email": "max@studio.test", "role": "admin"}])).get("id").cloned();
    let job = job.unwrap().as_str().unwrap().to_owned();
    team.joined("mia@studio.test", "member");
    let mia = team.member("mia@studio.test");
    team.owner.patch(&team.path(""), &json!({"policy": {"invites": {"admin": ["client"]}}})).ok();
    let organization = team.organization.clone();
    for answer in [
        admin.post(&format!("/v1/jobs/{job}/undo"), &json!({})),
        admin.invite(&organization, "new@studio.test", "member"),
        admin.patch(&format!("/v1/members/{mia}"), &json!({"role": "client"})),
    ] {
        assert_eq!(answer.refusal(), (403, "role_not_allowed".to_owned()));
        assert_tells(&answer, 403, "the owner");
    }
    let handed = admin.post(&team.path("/owner"), &json!({"member_id": mia}));
    assert_tells(&handed, 403, "Only the owner hands the organization over");
}

#[test]
fn what_is_the_operators_sends_to_the_operator() {
    let mut team = Team::new();
    let path = team.path("/plan");
    let body = json!({"key": "large", "seat_limit": null, "features": []});
    assert_tells(&team.owner.put(&path, &body), 403, "Only the operator");
    assert_tells(&team.owner.post("/v1/organizations", &json!({})), 403, "Only the operator");
}

#[test]
fn whoever_accepts_what_the_plan_does_not_have_is_not_told_to_choose_a_plan() {
    let mut team = Team::of("client-links");
    plan(&team, Some(5), r#"["custom_client_permissions"]"#);
    let mut ana = somebody(&team.world, "ana@client.test");
    let second = workspace(&team, "Second");
    let mut offer = |body: Value| {
        let made = team.owner.post(&team.path("/invitations"), &body).ok().str("/id");
        copied_token(&mut team.owner, &made)
    };
    // Somebody who is a client stays one, with what staff were to be given.
    let token = offer(json!({"kind": "email", "role": "member", "email": "ana@client.test",
                             "workspace_ids": [second],
                             "access": {"permissions": ["posts.view"]}}));
    let link = offer(json!({"kind": "link", "role": "client"}));
    accept_signed_in(&mut ana, &link).ok();
    plan(&team, Some(5), "[]");
    let answer = accept_signed_in(&mut ana, &token);
    assert_eq!(answer.refusal(), (403, "plan_feature_required".to_owned()));
    assert_tells(&answer, 403, "Tell whoever invited you");
}

#[test]
fn a_field_of_the_wrong_type_is_answered_with_what_to_write() {
    let mut team = Team::new();
    let path = team.path("/invitations");
    for (field, wrong, sentence) in [
        ("email", json!(7), "Use a text, in quotes."),
        ("expires_in", json!("soon"), "Use a whole number, 0 or more."),
        ("max_uses", json!("many"), "Use a whole number."),
        ("send_email", json!("yes"), "Use true or false."),
        ("workspace_ids", json!("wsp_1"), "Use a list, in square brackets."),
        ("branding", json!(true), "Use an object, in braces."),
    ] {
        let mut body = json!({"kind": "email", "role": "client", "email": "ana@client.test"});
        body[field] = wrong;
        let answer = team.owner.post(&path, &body);
        assert_eq!(complaint(&answer), about(422, "invalid_type", &format!("/{field}")));
        assert_tells(&answer, 422, sentence);
    }
    let answer = team.owner.post(&team.path("/invitations/bulk"), &json!({"rows": "all"}));
    assert_tells(&answer, 422, "Use a list, in square brackets.");
    let answer = team.owner.patch(&team.path(""), &json!({"policy": []}));
    assert_eq!(complaint(&answer), about(422, "invalid_type", "/policy"));
    assert_tells(&answer, 422, "Use an object, in braces.");
}

#[test]
fn a_query_parameter_is_refused_by_its_name() {
    let mut team = Team::new();
    team.joined("ana@client.test", "client");
    let id = team.member("ana@client.test");
    let answer = team.owner.delete(&format!("/v1/members/{id}?revoke_their_invitations=yes"));
    assert_eq!(complaint(&answer), about(422, "invalid_value", "?revoke_their_invitations"));
    assert_tells(&answer, 422, "Use true or false.");
    let answer = team.owner.get(&team.path("/members?limit=2&limit=3"));
    assert_eq!(complaint(&answer), about(422, "invalid_value", "?limit"));
    assert_tells(&answer, 422, "there twice");
    assert_eq!(team.owner.get(&format!("/v1/members/{id}")).ok().str("/status"), "active");
    team.owner.delete(&format!("/v1/members/{id}?revoke_their_invitations=false")).ok();
}

#[test]
fn a_line_with_too_many_cells_and_an_address_that_stands_there_twice_are_told_as_such() {
    let mut team = Team::new();
    let path = team.path("/invitations/bulk?dry_run=true");
    let file = "email,role\nana@client.test,client\nbea@client.test,client,more\nANA@client.test,client\n";
    let rows = team.owner.send(&Method::POST, &path, Some("text/csv"), file.as_bytes().to_vec()).ok().json();
    assert!(told(&rows, 1).starts_with("This line has 3 cells, and there are 2 columns."), "{rows}");
    assert!(told(&rows, 2).starts_with("An earlier row is for this address already."), "{rows}");
    let made = made(&mut team, &json!([client("ana@client.test"), client("ANA@client.test")]));
    assert!(told(&made, 1).starts_with("An earlier row is for this address already."), "{made}");
}

/// Whichever of the two was meant, nobody can tell; one may take away what the other gives.
#[test]
fn a_field_that_is_there_twice_is_refused_at_its_place_wherever_it_stands() {
    let mut team = Team::of("publishing");
    team.joined("ana@client.test", "client");
    let (id, first) = (team.member("ana@client.test"), team.workspace());
    let second = workspace(&team, "Second");
    let open = team.invited("bea@client.test", "client");
    let before = team.world.state().database.borrow().dump();
    let (post, patch) = (Method::POST, Method::PATCH);
    let twice = r#""access":{"resources":[],"resources":"all"}"#;
    for (method, path, body, pointer) in [
        (
            &post,
            team.path("/invitations"),
            r#"{"kind":"email","role":"client","role":"admin"}"#.to_owned(),
            "/role",
        ),
        (
            &post,
            team.path("/invitations"),
            format!(r#"{{"kind":"link","role":"client",{twice}}}"#),
            "/access/resources",
        ),
        (&patch, format!("/v1/invitations/{open}"), format!("{{{twice}}}"), "/access/resources"),
        (
            &post,
            team.path("/members"),
            format!(r#"{{"email":"cy@client.test","name":"Cy","role":"client","notify":false,{twice}}}"#),
            "/access/resources",
        ),
        (
            &post,
            format!("/v1/workspaces/{second}/members"),
            format!(r#"{{"member_id":"{id}",{twice}}}"#),
            "/access/resources",
        ),
        (&patch, format!("/v1/workspaces/{first}/members/{id}"), format!("{{{twice}}}"), "/access/resources"),
        (
            &patch,
            format!("/v1/workspaces/{first}/members/{id}"),
            r#"{"access":{"resources":[{"id":"res_1","approve":false,"approve":true}]}}"#.to_owned(),
            "/access/resources/0/approve",
        ),
        (
            &patch,
            team.path(""),
            r#"{"policy":{"send_email":true,"send_email":false}}"#.to_owned(),
            "/policy/send_email",
        ),
        (&post, team.path("/invitations/bulk"), r#"{"rows":[],"rows":[]}"#.to_owned(), "/rows"),
    ] {
        let answer = raw(&mut team.owner, method, &path, &body);
        assert_eq!(complaint(&answer), about(422, "invalid_value", pointer), "{path} {body}");
        assert_tells(&answer, 422, "there twice");
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

#[test]
fn a_row_that_says_a_field_twice_is_refused_by_itself() {
    let mut team = Team::of("publishing");
    let path = team.path("/invitations/bulk?dry_run=true");
    let body = r#"{"rows":[{"email":"a@client.test","role":"client","role":"admin"},
                           {"email":"b@client.test","role":"client","access":{"require_mfa":true,"require_mfa":false}},
                           {"email":"c@client.test","role":"client"}]}"#;
    let rows = raw(&mut team.owner, &Method::POST, &path, body).ok().json();
    let places = [0, 1].map(|row: usize| rows["data"][row]["problem"]["errors"][0]["pointer"].clone());
    assert_eq!(places, ["/role", "/access/require_mfa"]);
    assert_eq!(rows["data"][2]["outcome"], "would_create");
}

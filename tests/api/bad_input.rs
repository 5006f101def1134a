//! Bad input: each kind gets its 4xx with its code, writes nothing, and is never our failure.

use base64ct::{Base64UrlUnpadded, Encoding};
use http::Method;
use serde_json::{Value, json};
use usher::domain::keys::{KeyRing, Purpose};
use usher::domain::link::{Link, Via};
use usher::domain::time::Timestamp;
use usher::web::route::Route;

use crate::support::World;
use crate::support::client::{Answer, Client, Team};
use crate::support::platform::{Cost, ORIGIN, ROOT_KEY};
use crate::{bulk, complaint, refusal};

pub const JSON: Option<&str> = Some("application/json");

/// A team with an open invitation whose mail has arrived.
pub struct Scene {
    pub team: Team,
    invitation: String,
    token: String,
    workspace: String,
    member: String,
    resource: String,
    /// Of many invitations.
    job: String,
}

impl Scene {
    pub fn new() -> Self {
        let mut team =
            Team::in_world(World::with_settings(&[("PRODUCT_URL", "https://app.example.test/callback")]));
        let invitation = team.invited("mia.member@studio.test", "member");
        team.world.deliver();
        let token = team.world.mailed_token("mia.member@studio.test");
        let (workspace, member) = (team.workspace(), team.member("olga"));
        let resource = team.resource("facebook");
        let rows = json!([{"email": "ana@client.test", "role": "client"}]);
        let job = bulk::send(&mut team.owner, &team.organization, &rows, false).ok().str("/job_id");
        Self { team, invitation, token, workspace, member, resource, job }
    }

    /// Every POST route that takes JSON, with somebody who may use it.
    fn json_posts(&self) -> Vec<(String, Client)> {
        let takes_json = |(pattern, methods): &&(&str, &[Method])| {
            // A job that isn't there is 404 whatever the body says.
            // Only programs exchange codes: what they send is walked through (`description.rs`).
            pattern.starts_with("/v1/")
                && methods.contains(&Method::POST)
                && !pattern.contains("{job}")
                && *pattern != "/v1/tokens"
        };
        let posts = Route::PATTERNS.iter().filter(takes_json);
        posts
            .map(|(pattern, _)| {
                let caller = match *pattern {
                    "/v1/organizations" | "/v1/mfa-resets" => self.team.world.operator(),
                    _ => self.team.owner.clone(),
                };
                (self.path(pattern), caller)
            })
            .collect()
    }

    /// A path with ids of what there is.
    pub fn path(&self, pattern: &str) -> String {
        pattern
            .replace("{organization}", &self.team.organization)
            .replace("{invitation}", &self.invitation)
            .replace("{token}", &self.token)
            .replace("{workspace}", &self.workspace)
            .replace("{member}", &self.member)
            .replace("{resource}", &self.resource)
            .replace("{session}", "ses_01h455vb4pex5vsknk084sn02q")
            .replace("{hash}", "0123456789abcdef")
            .replace("{job}", &self.job)
            .replace("{draft}", "drf_01h455vb4pex5vsknk084sn02q")
            .replace("{step}", "person")
            .replace("{key}", "key_01h455vb4pex5vsknk084sn02q")
            .replace("{webhook}", "whk_01h455vb4pex5vsknk084sn02q")
    }

    fn dump(&self) -> String {
        self.team.world.state().database.borrow().dump()
    }

    fn claims(&self) -> Value {
        let claims = self.token.split('.').nth(1).unwrap();
        serde_json::from_slice(&Base64UrlUnpadded::decode_vec(claims).unwrap()).unwrap()
    }
}

#[test]
fn what_is_not_the_json_that_a_route_takes_is_refused_and_writes_nothing() {
    let scene = Scene::new();
    let before = scene.dump();
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let deep_field = format!("{{\"token\":{deep}}}");
    for (path, mut caller) in scene.json_posts() {
        let mut send = |content_type, body: &str| {
            caller.send(&Method::POST, &path, content_type, body.as_bytes().to_vec()).refusal()
        };
        for malformed in ["{", "nonsense", "\u{0}", "{'a':1}", "\u{feff}{}"] {
            assert_eq!(send(JSON, malformed), refusal(400, "invalid_json"), "{path} {malformed}");
        }
        // Whichever is wrong first is told: the JSON, or a field of it.
        for malformed in ["{} {}", "{\"a\":}", "{\"a\":1,}", "{\"token\":\"\\ud800\"}"] {
            assert!([400, 422].contains(&send(JSON, malformed).0), "{path} {malformed}");
        }
        for wrong in ["[]", "null", "7", "\"text\"", "true"] {
            assert_eq!(send(JSON, wrong), refusal(422, "invalid_type"), "{path} {wrong}");
        }
        for (content_type, body) in [
            (Some("text/plain"), "{}"),
            (Some("application/x-www-form-urlencoded"), "a=b"),
            (Some("multipart/form-data; boundary=x"), "--x--"),
            (Some("application/jsonp"), "{}"),
        ] {
            let answer = send(content_type, body);
            assert_eq!(answer, refusal(415, "unsupported_media_type"), "{path} {content_type:?}");
        }
        assert_eq!(send(JSON, "{\"rloe\":1}"), refusal(422, "unknown_field"), "{path}");
        assert!([400, 422].contains(&send(JSON, &deep).0), "{path}");
        assert!([400, 422].contains(&send(JSON, &deep_field).0), "{path}");
    }
    assert_eq!(scene.dump(), before);
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let scene = Scene::new();
    for (path, mut caller) in scene.json_posts() {
        let answer = caller.send(&Method::POST, &path, JSON, b"{\"token\":\"\xff\xfe\"}".to_vec());
        assert!([400, 422].contains(&answer.status.as_u16()), "{path} {}", answer.status);
    }
}

#[test]
fn a_body_over_the_limit_is_too_large_on_every_route() {
    let scene = Scene::new();
    let before = scene.dump();
    for (pattern, methods) in Route::PATTERNS {
        let path = scene.path(pattern);
        for method in *methods {
            let mut caller = scene.team.owner.clone();
            let most = if pattern.ends_with("/bulk") || pattern.ends_with("/logo") {
                1024 * 1024
            } else if pattern.ends_with("/branding") || pattern.ends_with("/import") {
                // A file of that size in a form.
                1024 * 1024 + 64 * 1024
            } else {
                64 * 1024
            };
            for size in [2 * 1024 * 1024, most + 1] {
                let answer = caller.send(method, &path, JSON, vec![b' '; size]);
                assert_eq!(answer.status, 413, "{method} {pattern}");
            }
        }
    }
    assert_eq!(scene.dump(), before);
    let mut caller = scene.team.world.client();
    let mut largest = json!({"token": ""}).to_string();
    largest.push_str(&" ".repeat(64 * 1024 - largest.len()));
    let answer = caller.send(&Method::POST, "/v1/invitations/preview", JSON, largest.into_bytes());
    assert_eq!(answer.refusal(), refusal(404, "invitation_invalid"), "64 KiB are taken");
}

#[test]
fn fields_of_the_wrong_type_are_refused_at_their_place() {
    let scene = Scene::new();
    let mut nobody = scene.team.world.client();
    for (path, good) in [
        ("/v1/invitations/accept", json!({"token": scene.token, "name": "Mia", "password": "x"})),
        ("/v1/invitations/preview", json!({"token": scene.token})),
        ("/v1/invitations/decline", json!({"token": scene.token})),
        ("/v1/sessions", json!({"email": "a@b.test", "password": "x"})),
    ] {
        for field in good.as_object().unwrap().keys() {
            for wrong in [json!(7), json!(true), json!([]), json!({}), json!(["x"])] {
                let mut body = good.clone();
                body[field] = wrong.clone();
                let pointer = (format!("/{field}"), "invalid_type".to_owned());
                let expected = (422, "invalid_type".to_owned(), vec![pointer]);
                assert_eq!(complaint(&nobody.post(path, &body)), expected, "{path} {field} {wrong}");
            }
        }
        let first = good.as_object().unwrap().keys().next().unwrap();
        let twice = format!("{{\"{first}\":\"a\",\"{first}\":\"b\"}}");
        let answer = nobody.send(&Method::POST, path, JSON, twice.into_bytes());
        assert_eq!(answer.refusal().0, 422, "{path}: a field twice");
    }
}

#[test]
fn a_problem_is_told_as_rfc_9457_says_and_echoes_nothing() {
    let scene = Scene::new();
    let secret = "Zebra-7f3a";
    let answer = scene.team.owner.clone().invite(&scene.team.organization, secret, secret);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let problem = answer.json();
    for field in ["type", "title", "detail", "code", "request_id"] {
        assert!(problem[field].is_string(), "{field}");
    }
    assert_eq!(problem["status"], 422);
    assert_eq!(problem["request_id"].as_str(), answer.header("request-id"));
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2);
    assert!(!answer.text().contains(secret), "{}", answer.text());
}

/// Every way to ask with a token, on the JSON API and on the pages.
fn with_token(caller: &mut Client, token: &str) -> Vec<Answer> {
    let body = json!({"token": token});
    let mut answers: Vec<_> = ["preview", "accept", "decline"]
        .iter()
        .map(|action| caller.post(&format!("/v1/invitations/{action}"), &body))
        .collect();
    if token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) && !token.is_empty() {
        answers.push(caller.get(&format!("/i/{token}")));
        answers.push(caller.get(&format!("/i/{token}/decline")));
        answers.push(
            caller.post_form(&format!("/i/{token}"), &[("nonce", "x"), ("name", "M"), ("password", "p")]),
        );
    }
    answers
}

/// A forged token costs no look at anything, answers 404 and changes nothing.
fn assert_forged(scene: &Scene, token: &str) {
    let world = &scene.team.world;
    let mut nobody = world.client();
    for answer in with_token(&mut nobody, token) {
        assert_eq!(answer.status, 404, "{token}");
        assert_eq!(world.last_cost(), Cost { d1: 0, kv: 0 }, "{token}");
    }
    let refused = nobody.post("/v1/invitations/accept", &json!({"token": token})).refusal();
    assert_eq!(refused, refusal(404, "invitation_invalid"), "{token}");
}

#[test]
fn a_token_with_any_byte_changed_is_refused_with_no_look_at_anything() {
    let scene = Scene::new();
    let before = scene.dump();
    for place in 0..scene.token.len() {
        let mut bytes = scene.token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        assert_forged(&scene, &String::from_utf8(bytes).unwrap());
    }
    assert_eq!(scene.dump(), before);
}

#[test]
fn a_token_cut_or_made_longer_anywhere_is_refused() {
    let scene = Scene::new();
    for end in (0..scene.token.len()).step_by(7) {
        assert_forged(&scene, &scene.token[..end]);
    }
    for more in ["A", "=", ".", ".A", " "] {
        assert_forged(&scene, &format!("{}{more}", scene.token));
    }
    assert_forged(&scene, &scene.token.repeat(50));
}

#[test]
fn a_token_whose_header_says_something_else_is_refused() {
    let scene = Scene::new();
    let parts: Vec<_> = scene.token.split('.').collect();
    for header in [
        json!({"alg": "none", "typ": "invitation+jwt", "kid": "k1"}),
        json!({"alg": "HS512", "typ": "invitation+jwt", "kid": "k1"}),
        json!({"alg": "RS256", "typ": "invitation+jwt", "kid": "k1"}),
        json!({"alg": "HS256", "typ": "form+jwt", "kid": "k1"}),
        json!({"alg": "HS256", "typ": "invitation+jwt", "kid": "k2"}),
        json!({"alg": "HS256", "typ": "invitation+jwt", "kid": "../k1"}),
        json!({"alg": "HS256", "typ": "invitation+jwt"}),
    ] {
        let header = Base64UrlUnpadded::encode_string(header.to_string().as_bytes());
        for signature in [parts[2], ""] {
            assert_forged(&scene, &format!("{header}.{}.{signature}", parts[1]));
        }
    }
}

#[test]
fn a_token_whose_claims_were_edited_is_refused() {
    let scene = Scene::new();
    let parts: Vec<_> = scene.token.split('.').collect();
    let other = scene.team.world.operator().create_organization("Other Studio", "oscar.owner@other.test");
    for (claim, value) in [
        ("org", json!(other)),
        ("ver", json!(2)),
        ("via", json!("email ")),
        ("exp", json!(9_999_999_999_i64)),
        ("sub", json!("inv_01h455vb4pex5vsknk084sn02q")),
        ("aud", json!("form")),
        ("iss", json!("https://other.test")),
    ] {
        let mut claims = scene.claims();
        claims[claim] = value;
        let claims = Base64UrlUnpadded::encode_string(claims.to_string().as_bytes());
        assert_forged(&scene, &format!("{}.{claims}.{}", parts[0], parts[2]));
    }
}

#[test]
fn what_was_signed_for_another_purpose_or_elsewhere_is_refused() {
    let scene = Scene::new();
    let later = Timestamp::from_seconds(2_000_000_000);
    let link = Link {
        invitation_id: scene.invitation.parse().unwrap(),
        organization_id: scene.team.organization.parse().unwrap(),
        ver: 1,
        via: Via::Email,
        given: 0,
    };
    let ours = scene.team.world.state().config.as_ref().ok().unwrap();
    assert_forged(&scene, &ours.keys.sign(Purpose::Form, link, later));
    let another_key = "k1:HxwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEAAx8";
    for (keys, origin) in [(ROOT_KEY, "https://other.test"), (another_key, ORIGIN)] {
        let ring = KeyRing::parse(keys, origin).ok().unwrap();
        assert_forged(&scene, &link.sign(&ring, later));
    }
}

/// Signed by us, but the invitation is another organization's: the row says so.
#[test]
fn a_token_that_names_another_organization_opens_nothing_even_if_we_signed_it() {
    let scene = Scene::new();
    let other = scene.team.world.operator().create_organization("Other Studio", "oscar.owner@other.test");
    let link = Link {
        invitation_id: scene.invitation.parse().unwrap(),
        organization_id: other.parse().unwrap(),
        ver: 1,
        via: Via::Email,
        given: 0,
    };
    let config = scene.team.world.state().config.as_ref().ok().unwrap();
    let token = link.sign(&config.keys, Timestamp::from_seconds(2_000_000_000));
    let before = scene.dump();
    for answer in with_token(&mut scene.team.world.client(), &token).into_iter().take(5) {
        assert_eq!(answer.status, 404);
    }
    assert_eq!(scene.team.world.client().accept(&token, "Mia").refusal(), refusal(404, "invitation_invalid"));
    assert_eq!(scene.dump(), before);
}

#[test]
fn an_expired_token_is_told_apart_with_no_look_at_anything() {
    let scene = Scene::new();
    scene.team.world.pass(std::time::Duration::from_hours(7 * 24));
    let before = scene.dump();
    for answer in with_token(&mut scene.team.world.client(), &scene.token) {
        assert_eq!(answer.status, 410);
        assert_eq!(scene.team.world.last_cost(), Cost { d1: 0, kv: 0 });
    }
    assert_eq!(scene.dump(), before);
}

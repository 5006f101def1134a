//! What requests cost on the real runtime, as the Worker's own log counts it, and that this log tells nobody's secrets.

use serde_json::json;
use usher::domain::link::{Link, Via};
use usher::domain::time::Timestamp;

use crate::harness::{Answer, PASSWORD, ROOT_KEY, Server, Team, shared};

/// Round trips to D1 and calls to KV.
fn trips(server: &Server, answer: &Answer) -> (u64, u64) {
    let cost = server.cost(answer);
    (cost.d1, cost.kv)
}

#[test]
fn a_forged_and_an_expired_link_cost_nothing() {
    let server = shared();
    let team = Team::new(&server);
    let (id, token) = team.invited(&server.address("mia.member"), "member");
    let link = Link {
        invitation_id: id.parse().unwrap(),
        organization_id: team.organization.parse().unwrap(),
        ver: 1,
        via: Via::Email,
        given: 0,
    };
    let expired = link.sign(&server.keys(ROOT_KEY), Timestamp::from_seconds(1_700_000_000));
    let other_key = server.keys("k1:Zp7RkT2yWc9VbXs4LmQ0aJd6NuEh1FgOi8CxYqB5vKw");
    let forged = link.sign(&other_key, Timestamp::from_seconds(4_000_000_000));
    let cut = token[..token.len() - 1].to_owned();
    for (token, status) in [(expired, 410), (forged, 404), (cut, 404), ("nonsense".to_owned(), 404)] {
        server.keep_secret(&token);
        let mut stranger = server.client();
        for answer in [
            stranger.preview(&token),
            stranger.sign_up(&token, "Mia Member"),
            stranger.post("/v1/invitations/decline", &json!({"token": token})),
            stranger.get(&format!("/i/{token}")),
            stranger.get(&format!("/i/{token}/decline")),
            // With a cookie it is no dearer.
            team.owner.clone().get(&format!("/i/{token}")),
            team.owner.clone().accept(&token),
        ] {
            assert_eq!(answer.status, status, "{}", answer.text());
            assert_eq!(trips(&server, &answer), (0, 0), "{}", answer.text());
        }
    }
}

#[test]
fn accepting_signed_in_takes_one_round_trip_and_inviting_at_most_two() {
    let server = shared();
    let (home, other) = (Team::new(&server), Team::new(&server));
    let address = server.address("mia.member");
    let invited = home.invite(&address, "member").ok();
    assert!(trips(&server, &invited).0 <= 2, "{:?}", server.cost(&invited));
    let mut mia = server.client();
    mia.sign_up(&server.token(&home.organization, &invited.str("/id")), "Mia Member").ok();

    let (_, token) = other.invited(&address, "admin");
    let accepted = mia.accept(&token).ok();
    assert_eq!(trips(&server, &accepted).0, 1, "{:?}", server.cost(&accepted));
}

#[test]
fn a_page_and_a_call_of_somebody_signed_in_cost_one_round_trip_each() {
    let server = shared();
    let team = Team::new(&server);
    for path in ["/v1/me", "/healthz", "/sign-in"] {
        let answer = team.owner.clone().get(path).ok();
        let most = u64::from(path == "/v1/me");
        assert_eq!(trips(&server, &answer), (most, 0), "{path}");
    }
}

#[test]
fn the_log_tells_what_was_done_and_nobodys_secrets() {
    let server = shared();
    let team = Team::new(&server);
    let address = server.address("mia.member");
    let id = team.invite(&address, "member").ok().str("/id");
    let token = server.mailed_token(&address, 1);
    let mut mia = server.client();
    // As many ways to leave a secret behind as there are: query, path, headers, fields of the wrong kind.
    mia.preview(&token).ok();
    mia.get(&format!("/nowhere?token={token}&email={address}"));
    mia.get(&format!("/v1/invitations/{token}"));
    mia.post("/v1/invitations/preview", &json!({token.as_str(): 1}));
    mia.post("/v1/sessions", &json!({"email": address, "password": PASSWORD, "token": token}));
    mia.send("POST", "/v1/sessions", Some(&token), address.as_bytes());
    mia.clone().with_header("authorization", &format!("Bearer {token}")).get("/v1/me");
    let signed_up = mia.sign_up(&token, "Mia Member").ok();
    let cookie = mia.cookie(crate::harness::SESSION_COOKIE).unwrap().to_owned();
    mia.get(&format!("/nowhere/{cookie}"));
    team.owner.clone().post(&format!("/v1/invitations/{id}/resend"), &json!({}));

    server.cost(&signed_up);
    assert!(server.log().lines().len() > 10, "there is a log to look at");
    server.check_log();
    let line = server.log().events("request").pop().unwrap();
    for field in ["request_id", "method", "route", "status", "d1", "kv", "rows_read", "rows_written"] {
        assert!(!line[field].is_null(), "no {field} in {line}");
    }
}

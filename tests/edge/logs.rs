//! The log of a whole journey on the real runtime, with as much going wrong on the way as can: each request leaves one line with
//! its costs, each message of a queue and each tick leaves one, and none holds anybody's secret or address.
//!
//! The harness watches every line of every other test too; here are the failures that those don't come by.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde_json::{Value, json};
use usher::domain::time::Timestamp;

use crate::harness::{
    Deployment, OUT_OF_ORDER, PASSWORD, PROVIDER_KEY, Provider, Receiver, Server, Team, wait_for,
};
use crate::logged::{check, described};
use crate::totp::App;

/// All that happens, well and badly. Everything that nobody else may know is noted as it comes about.
fn live(server: &Server, receiver: &Receiver) {
    let team = Team::new(server);
    let mut owner = team.owner.clone();
    let hook = json!({"url": receiver.url("/gone"), "events": ["invitation.created", "member.added"]});
    let made = server.operator().post(&team.path("/webhooks"), &hook).ok();
    server.keep_secret(&made.str("/secret"));
    let key = server
        .operator()
        .post(&team.path("/api-keys"), &json!({"name": "Sync", "scopes": ["members:read"]}))
        .ok();
    server.keep_secret(&key.str("/secret"));
    let program = format!("Bearer {}", key.str("/secret"));
    server.client().with_header("authorization", &program).get(&team.path("/members")).ok();
    server.client().with_header("authorization", &format!("{program}0")).get(&team.path("/members"));

    // Mails that go out, that are refused in words that name the address, and that meet an outage.
    let address = server.address("mia.member");
    let (id, token) = team.invited(&address, "member");
    for who in ["suppressed", "down", "cut", "moved"] {
        team.invite(&server.address(who), "client").ok();
    }
    let rows = json!([{"email": server.address("one"), "role": "client"}, {"email": address, "role": "client"}, {"email": "two @studio.test"}]);
    owner.post(&team.path("/invitations/bulk"), &json!({"rows": rows, "dry_run": false}));
    owner.post(
        &team.path("/invitations"),
        &json!({"kind": "email", "role": "member", "email": format!("{address} x")}),
    );
    owner.get(&team.path(&format!("/members?q={address}")));

    let mut mia = server.client();
    mia.get(&format!("/i/{token}")).ok();
    mia.get(&format!("/i/{token}x"));
    mia.get(&format!("/nowhere/{token}?email={address}"));
    mia.sign_up(&token, "Mia Member").ok();
    mia.sign_up(&token, "Mia Member");
    let begun = mia.post("/v1/me/mfa/totp", &json!({"password": PASSWORD})).ok();
    server.keep_secret(&begun.str("/secret"));
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let code = App::of(&begun.str("/secret")).code(Timestamp::from_seconds(i64::try_from(now).unwrap()));
    let confirmed = mia.post("/v1/me/mfa/totp/confirm", &json!({"code": code})).ok().json();
    for code in confirmed["recovery_codes"].as_array().unwrap() {
        server.keep_secret(code.as_str().unwrap());
    }
    let other = server.address("mia.elsewhere");
    mia.post("/v1/me/email", &json!({"email": other, "password": PASSWORD}));
    for body in [
        json!({"email": address, "password": "a wrong sentence altogether"}),
        json!({"email": address, "password": PASSWORD}),
        json!({"email": address, "password": [PASSWORD]}),
        json!({address.as_str(): PASSWORD}),
    ] {
        server.client().post("/v1/sessions", &body);
    }
    server.keep_secret("a wrong sentence altogether");
    server.client().post("/v1/password-resets", &json!({"email": address}));
    owner.post(&format!("/v1/invitations/{id}/resend"), &json!({}));
    for path in ["/hooks/email/resend", "/hooks/billing/stripe", "/hooks/email/postmark"] {
        server.client().post(path, &json!({"type": "email.bounced", "data": {"to": [address]}}));
    }

    // What the database says is of the log, and of nobody's row.
    let me = mia.get("/v1/me").ok().str("/user/id");
    let trigger = format!(
        "CREATE TRIGGER no_end BEFORE UPDATE ON sessions WHEN OLD.user_id = '{me}' BEGIN SELECT RAISE(ABORT, '{OUT_OF_ORDER}'); END"
    );
    server.batch(&[(&trigger, &[])]);
    let broken = mia.send("DELETE", "/v1/sessions/current", None, b"");
    assert_eq!(broken.status, 500);
    server.tick();
    server.cost(&broken);
}

#[test]
fn each_event_of_a_journey_leaves_one_line_with_its_costs_and_nobodys_secret() {
    let (provider, receiver) = (Provider::start(), Receiver::start());
    let deployment = Deployment::new().set("MAIL_PROVIDER", "resend").set("RESEND_API_KEY", PROVIDER_KEY);
    let server = deployment
        .set("RESEND_URL", provider.url())
        .set("POSTMARK_WEBHOOK_SECRET", "pm_8sLdHs4PqAe3vQ9c1Yb7TgJx5kR2mWz")
        .start();
    server.keep_secret(PROVIDER_KEY);
    live(&server, &receiver);

    let jobs = wait_for(
        "a mail that went out, one that waits, one that never will, and a delivery that failed",
        || {
            let jobs = server.log().events("job");
            let has = |outcome: &str| jobs.iter().any(|line| line["outcome"] == outcome);
            let delivered =
                jobs.iter().any(|line| line["queue"] == "deliveries" && line["outcome"] == "failed");
            (has("done") && has("retry") && has("failed") && delivered).then_some(jobs)
        },
    );
    assert!(jobs.iter().all(|line| line["d1"].as_u64().unwrap() >= 1), "{jobs:?}");
    server.check_log();

    let described = described();
    let mut requests = BTreeMap::<String, usize>::new();
    for line in server.log().lines().iter().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        check(&described, &line);
        if line["event"] == "request" {
            *requests.entry(line["request_id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    assert!(requests.values().all(|lines| *lines == 1), "{requests:?}");
    let answered = server.log().answered();
    assert!(answered.len() > 30, "{}", answered.len());
    let silent: Vec<&String> = answered.iter().filter(|id| !requests.contains_key(*id)).collect();
    assert_eq!(silent, Vec::<&String>::new(), "answers without a line");
}

//! Webhooks through the real runtime, to receivers on this machine: what comes over the wire is what the reference library
//! takes, redirects lead nowhere, and a receiver that never answers keeps nothing from anybody. What each answer means is shown
//! natively (`tests/api/webhook*.rs`).

use serde_json::{Value, json};

use crate::harness::{Deployment, Receiver, Server, Team, wait_for};

/// A webhook at this path, told of these events. Answers its own path in the API, and its secret.
fn hook(team: &Team, receiver: &Receiver, path: &str, events: &[&str]) -> (String, String) {
    let body = json!({"url": receiver.url(path), "events": events});
    let made = team.server.operator().post(&team.path("/webhooks"), &body).ok();
    team.server.keep_secret(&made.str("/secret"));
    (team.path(&format!("/webhooks/{}", made.str("/id"))), made.str("/secret"))
}

fn deliveries(server: &Server, hook: &str) -> Vec<Value> {
    let page = server.operator().get(&format!("{hook}/deliveries?limit=100")).ok().json();
    page["data"].as_array().unwrap().clone()
}

#[test]
fn an_event_reaches_its_receiver_as_the_reference_library_takes_it() {
    let receiver = Receiver::start();
    let server = Deployment::new().start();
    let team = Team::new(&server);
    let (path, secret) =
        hook(&team, &receiver, "/takes", &["invitation.created", "invitation.sent", "member.added"]);
    let address = server.address("ana.client");
    let token = team.invited(&address, "client").1;
    server.mail(&address, 1);
    server.client().sign_up(&token, "Ána Client \u{1f642}").ok();
    let heard = wait_for("three events", || Some(receiver.heard("/takes")).filter(|heard| heard.len() == 3));
    for event in &heard {
        event.verify(&secret).unwrap();
        assert_eq!(event.headers["content-type"], "application/json");
        assert_eq!(event.headers["user-agent"], "usher");
        let mut tampered = event.clone();
        tampered.body[20] ^= 1;
        assert!(tampered.verify(&secret).is_err());
    }
    let added = heard.iter().find(|event| event.kind() == "member.added").unwrap().json();
    assert_eq!(added["data"]["user"]["email"], address);
    assert_eq!(added["data"]["user"]["name"], "Ána Client \u{1f642}");
    // A receiver has heard of it a moment before that is noted.
    let listed = wait_for("what came of each", || {
        Some(deliveries(&server, &path)).filter(|listed| listed.iter().all(|one| one["status"] != "waiting"))
    });
    assert_eq!(listed.len(), 3);
    assert!(
        listed.iter().all(|one| one["status"] == "delivered" && one["attempts"][0]["status"] == 200),
        "{listed:?}"
    );
    let ids: Vec<&str> = listed.iter().map(|one| one["event_id"].as_str().unwrap()).collect();
    assert!(heard.iter().all(|event| ids.contains(&event.headers["webhook-id"].as_str())));
}

#[test]
fn what_fails_is_told_again_within_seconds_and_a_redirect_is_not_followed() {
    let receiver = Receiver::start();
    let server = Deployment::new().start();
    let team = Team::new(&server);
    let (fails, secret) = hook(&team, &receiver, "/fails-once", &["invitation.created"]);
    let (moves, _) = hook(&team, &receiver, "/moves", &["invitation.created"]);
    team.invite(&server.address("ana.client"), "client").ok();
    let heard =
        wait_for("the second try", || Some(receiver.heard("/fails-once")).filter(|heard| heard.len() == 2));
    let [first, second] = heard.as_slice() else { panic!("two tries") };
    assert_eq!((&first.body, &first.headers["webhook-id"]), (&second.body, &second.headers["webhook-id"]));
    second.verify(&secret).unwrap();
    let attempts = wait_for("both tries in the log", || {
        let [one] = deliveries(&server, &fails).try_into().unwrap();
        let attempts: Vec<Value> = one["attempts"].as_array().unwrap().clone();
        (attempts.len() == 2).then_some(attempts)
    });
    assert_eq!((&attempts[0]["status"], &attempts[1]["status"]), (&json!(500), &json!(200)));
    let moment = |attempt: &Value| {
        attempt["at"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_millis()
    };
    let between = moment(&attempts[1]) - moment(&attempts[0]);
    assert!(between >= 5_000, "the first step is 5 to 15 seconds: {between}");
    let [led] = deliveries(&server, &moves).try_into().unwrap();
    assert_eq!(led["attempts"][0]["failure"], "answered 307: redirects are not followed");
    assert!(receiver.heard("/moved").is_empty());
}

/// One receiver never answers: the others hear everything, and every mail goes out, before it is let go.
#[test]
fn a_receiver_that_never_answers_keeps_nothing_from_anybody() {
    let receiver = Receiver::start();
    let server = Deployment::new().start();
    let team = Team::new(&server);
    let (hangs, _) = hook(&team, &receiver, "/hangs", &["invitation.created"]);
    hook(&team, &receiver, "/takes", &["invitation.created"]);
    let addresses: Vec<String> = (0..25).map(|n| server.address(&format!("client{n}"))).collect();
    for address in &addresses {
        team.invite(address, "client").ok();
    }
    wait_for("everybody else to hear everything", || (receiver.heard("/takes").len() == 25).then_some(()));
    for address in &addresses {
        server.mail(address, 1);
    }
    assert!(receiver.heard("/hangs").len() < 25, "it is left alone after the first that it did not answer");
    assert!(deliveries(&server, &hangs).iter().all(|one| one["status"] == "waiting"));
    receiver.let_go();
}

/// One receiver takes everything, and some seconds for each: what happens in another organization after forty such events is told
/// before it has taken a quarter of them.
#[test]
fn a_receiver_that_answers_slowly_keeps_nothing_from_another_organizations() {
    let receiver = Receiver::start();
    let server = Deployment::new().start();
    let (slow, quick) = (Team::new(&server), Team::new(&server));
    hook(&slow, &receiver, "/slow", &["invitation.created"]);
    hook(&quick, &receiver, "/takes", &["invitation.created"]);
    let rows: Vec<Value> = (0..40)
        .map(|n| json!({"email": server.address(&format!("slow{n}")), "role": "client", "send_email": false}))
        .collect();
    slow.owner.clone().post(&slow.path("/invitations/bulk"), &json!({"rows": rows})).ok();
    wait_for("the first of them", || (!receiver.heard("/slow").is_empty()).then_some(()));
    quick.invite(&server.address("quick.client"), "client").ok();
    wait_for("the other organization's", || (receiver.heard("/takes").len() == 1).then_some(()));
    let before = receiver.heard("/slow").len();
    assert!(before < 10, "{before} were told before it");
}

//! Webhooks as those who run an organization have them: made, changed, turned off, with a secret that is shown once.

use serde_json::{Value, json};
use usher::domain::keys::KeyRing;
use usher::domain::signature::Secret;
use usher::domain::time::Timestamp;

use crate::support::World;
use crate::support::client::{PASSWORD, Team};
use crate::support::platform::{ORIGIN, ROOT_KEY};
use crate::support::scene::audited;
use crate::support::webhooks::{Hooked, URL, header, is_signed_with, make, says, sent};
use crate::{about, api_keys, complaint, refusal};

/// Everything about webhooks, so that each of their statements is run.
pub fn walk(team: &mut Team) {
    // What waits from before would be told to the new webhook, whose receiver isn't there yet: it would rest.
    team.world.deliver();
    let mut hooked = Hooked::to(Team {
        world: team.world.clone(),
        organization: team.organization.clone(),
        owner: team.owner.clone(),
    });
    hooked.team.owner.post(&hooked.path("/test"), &json!({})).ok();
    hooked.answers([says(410)]);
    let failed = hooked.path("/deliveries?status=failed");
    let job = hooked.team.owner.get(&failed).ok().str("/data/0/id");
    hooked.team.owner.patch(&hooked.path(""), &json!({"enabled": true})).ok();
    hooked.team.owner.post(&hooked.path("/deliveries/replay"), &json!({})).ok();
    hooked.answers([says(500)]);
    hooked.team.owner.post(&hooked.path(&format!("/deliveries/{job}/replay")), &json!({})).ok();
    hooked.answers([]);
    hooked.team.world.pass(std::time::Duration::from_mins(1));
    hooked.team.world.tick();
    hooked.hears();
    // It takes long to answer.
    hooked
        .team
        .world
        .state()
        .slow
        .borrow_mut()
        .insert("app.example.com".to_owned(), std::time::Duration::from_secs(2));
    hooked.team.owner.post(&hooked.path("/test"), &json!({})).ok();
    hooked.hears();
    hooked.team.world.state().slow.borrow_mut().clear();
    let rows: Vec<Value> = (0..90)
        .map(|n| json!({"email": format!("told{n}@client.test"), "role": "client", "send_email": false}))
        .collect();
    hooked.team.owner.post(&hooked.team.path("/invitations/bulk"), &json!({"rows": rows})).ok();
    hooked.hears();
    hooked.team.owner.post(&hooked.path("/rotate"), &json!({})).ok();
    hooked.team.owner.delete(&hooked.path("")).ok();
}

#[test]
fn a_secret_is_shown_once_and_kept_sealed() {
    let mut team = Team::new();
    let body = json!({"url": URL, "events": ["member.added", "invitation.created", "member.added"]});
    let made = team.owner.post(&team.path("/webhooks"), &body).ok();
    assert_eq!(made.status, 201);
    let secret = made.str("/secret");
    assert!(secret.starts_with("whsec_"), "{secret}");
    let shown = made.json();
    assert_eq!(shown["url"], URL);
    assert_eq!(shown["events"], json!(["member.added", "invitation.created"]));
    assert_eq!(shown["status"], "active");
    assert_eq!(shown["created_by"], team.member("olga.owner@studio.test"));
    let mut without = shown.clone();
    without.as_object_mut().unwrap().remove("secret");
    assert_eq!(team.owner.get(&team.path("/webhooks")).ok().json()["data"], json!([without]));
    let path = team.path(&format!("/webhooks/{}", made.str("/id")));
    assert_eq!(team.owner.get(&path).ok().json(), without);
    let kept = team.world.state().database.borrow().dump();
    assert!(!kept.contains(&secret["whsec_".len()..]), "it is sealed");
    assert!(!team.world.log_text().contains(&secret));
}

#[test]
fn whoever_makes_one_shows_again_who_they_are() {
    let mut team = Team::new();
    team.world.pass(std::time::Duration::from_mins(6));
    let path = team.path("/webhooks");
    let mut body = json!({"url": URL, "events": ["member.added"]});
    let refused = team.owner.post(&path, &body);
    assert_eq!(refused.refusal(), refusal(403, "reauthentication_required"));
    body["password"] = json!(PASSWORD);
    let id = team.owner.post(&path, &body).ok().str("/id");
    let path = format!("{path}/{id}");
    team.owner.patch(&path, &json!({"events": ["member.removed"], "enabled": false})).ok();
    let elsewhere = json!({"url": "https://other.example.com/"});
    assert_eq!(team.owner.patch(&path, &elsewhere).refusal(), refusal(403, "reauthentication_required"));
}

#[test]
fn an_address_that_leads_to_a_private_network_is_refused() {
    let mut team = Team::new();
    let path = team.path("/webhooks");
    let before = team.world.state().database.borrow().dump();
    for url in [
        "http://app.example.com/",
        "https://10.0.0.1/",
        "https://2130706433/",
        "https://[::ffff:7f00:1]/",
        "https://db.internal/",
        "x",
    ] {
        let refused = team.owner.post(&path, &json!({"url": url, "events": ["member.added"]}));
        assert_eq!(complaint(&refused), about(422, "invalid_value", "/url"), "{url}");
    }
    for (events, pointer) in [(json!([]), "/events"), (json!(["member.added", "member.gone"]), "/events/1")] {
        let refused = team.owner.post(&path, &json!({"url": URL, "events": events}));
        assert_eq!(complaint(&refused), about(422, "invalid_value", pointer));
    }
    assert_eq!(team.world.state().database.borrow().dump(), before, "nothing is written");
    let (id, _) = make(&mut team, URL, &["member.added"]);
    let path = format!("{path}/{id}");
    for (body, pointer) in [
        (json!({"url": "https://127.1/"}), "/url"),
        (json!({"url": null}), "/url"),
        (json!({"events": null}), "/events"),
        (json!({"enabled": null}), "/enabled"),
        (json!({"events": ["nothing"]}), "/events/0"),
    ] {
        assert_eq!(
            complaint(&team.owner.patch(&path, &body)),
            about(422, "invalid_value", pointer),
            "{body}"
        );
    }
}

#[test]
fn in_development_it_may_be_this_machine() {
    let mut team = Team::new();
    for url in ["http://127.0.0.1:9000/hook", "http://[::1]:9000/", "http://localhost:9000/"] {
        make(&mut team, url, &["member.added"]);
    }
    let production = World::with_settings(&[
        ("ORIGIN", "https://join.example.test"),
        ("MAIL_PROVIDER", "resend"),
        ("RESEND_API_KEY", "re_3vQ9c1Yb"),
    ]);
    let owner = json!({"email": "olga.owner@studio.test", "name": "Olga Owner"});
    let body = json!({"name": "Studio", "template": "team", "owner": owner});
    let organization = production.operator().post("/v1/organizations", &body).ok().str("/id");
    let path = format!("/v1/organizations/{organization}/webhooks");
    let body = json!({"url": "http://127.0.0.1:9000/hook", "events": ["member.added"]});
    assert_eq!(complaint(&production.operator().post(&path, &body)), about(422, "invalid_value", "/url"));
}

#[test]
fn there_are_twenty_at_most_and_they_are_listed_by_pages() {
    let mut team = Team::new();
    let mut made: Vec<String> = Vec::new();
    for _ in 0..20 {
        team.world.pass(std::time::Duration::from_millis(5));
        made.push(make(&mut team, URL, &["member.added"]).0);
    }
    let body = json!({"url": URL, "events": ["member.added"]});
    assert_eq!(team.owner.post(&team.path("/webhooks"), &body).refusal(), refusal(409, "too_many_webhooks"));
    let first = team.owner.get(&team.path("/webhooks?limit=15")).ok();
    let rest = team.owner.get(&team.path(&format!("/webhooks?cursor={}", first.str("/next_cursor")))).ok();
    let ids = |page: &Value| -> Vec<String> {
        page["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    let mut listed = [ids(&first.json()), ids(&rest.json())].concat();
    listed.reverse();
    assert_eq!(listed, made);
    let gone = team.path(&format!("/webhooks/{}", made[0]));
    team.owner.delete(&gone).ok();
    assert_eq!(team.owner.get(&gone).refusal(), refusal(404, "not_found"));
    team.owner.post(&team.path("/webhooks"), &body).ok();
}

/// Standard Webhooks: a receiver that knows the old secret goes on working while it is given the new one.
#[test]
fn for_a_day_after_its_secret_was_replaced_both_sign() {
    let mut hooked = Hooked::of("team");
    let rotated = hooked.team.owner.post(&hooked.path("/rotate"), &json!({})).ok();
    let secrets = [rotated.str("/secret"), hooked.secret.clone()];
    assert_ne!(secrets[0], secrets[1]);
    assert_eq!(hooked.shown()["old_secret_until"], rotated.json()["old_secret_until"]);
    assert_eq!(signs(&mut hooked, &secrets), [true, true]);
    hooked.team.world.pass(std::time::Duration::from_hours(24));
    assert_eq!(signs(&mut hooked, &secrets), [true, false]);
    assert_eq!(hooked.shown()["old_secret_until"], Value::Null);
}

/// Whoever rotates again because an answer was lost breaks no receiver: each secret counts until its own day is over.
#[test]
fn a_secret_that_is_replaced_twice_within_a_day_counts_until_its_own_day_is_over() {
    let mut hooked = Hooked::of("team");
    let mut secrets = vec![hooked.secret.clone()];
    for _ in 0..2 {
        secrets.push(hooked.team.owner.post(&hooked.path("/rotate"), &json!({})).ok().str("/secret"));
        hooked.team.world.pass(std::time::Duration::from_hours(12));
    }
    // The first was replaced a day ago, the second half a day.
    assert_eq!(signs(&mut hooked, &secrets), [false, true, true]);
    let mut hooked = Hooked::of("team");
    let mut secrets = vec![hooked.secret.clone()];
    for _ in 0..3 {
        secrets.push(hooked.team.owner.post(&hooked.path("/rotate"), &json!({})).ok().str("/secret"));
        hooked.team.world.pass(std::time::Duration::from_hours(1));
    }
    assert_eq!(signs(&mut hooked, &secrets), [true; 4]);
    hooked.team.world.pass(std::time::Duration::from_hours(21));
    assert_eq!(signs(&mut hooked, &secrets), [false, true, true, true]);
}

/// Each is one more signature of every delivery, and any of them may be the one that a receiver knows: so none is dropped, and the
/// next has to wait until the oldest one's day is over.
#[test]
fn while_five_replaced_secrets_count_no_other_is_made() {
    let mut hooked = Hooked::of("team");
    let rotate = hooked.path("/rotate");
    let mut secrets = vec![hooked.secret.clone()];
    for _ in 0..5 {
        secrets.push(hooked.team.owner.post(&rotate, &json!({})).ok().str("/secret"));
        hooked.team.world.pass(std::time::Duration::from_hours(1));
    }
    let before = hooked.team.world.state().database.borrow().dump();
    let refused = hooked.team.owner.post(&rotate, &json!({}));
    assert_eq!(refused.refusal(), refusal(429, "rate_limited"));
    assert_eq!(refused.header("retry-after"), Some("68400"), "19 hours of the first one's day are left");
    assert_eq!(hooked.team.world.state().database.borrow().dump(), before);
    assert_eq!(signs(&mut hooked, &secrets), [true; 6]);
    hooked.team.world.pass(std::time::Duration::from_hours(19));
    secrets.push(hooked.team.owner.post(&rotate, &json!({})).ok().str("/secret"));
    assert_eq!(signs(&mut hooked, &secrets), [false, true, true, true, true, true, true]);
}

/// What a webhook's newest delivery is signed with, of these.
fn signs(hooked: &mut Hooked, secrets: &[String]) -> Vec<bool> {
    hooked.team.owner.post(&hooked.path("/test"), &json!({})).ok();
    hooked.answers([says(204)]);
    let request = sent(&hooked.team.world).pop().unwrap();
    hooked.team.world.state().asked.borrow_mut().clear();
    secrets.iter().map(|secret| is_signed_with(secret, &request)).collect()
}

/// A delivery may be made with a secret that was sealed under an older root key, while the one that replaced it is sealed under the
/// newest: neither takes the other's place.
#[test]
fn a_secret_that_was_replaced_is_never_sealed_anew_in_the_place_of_the_present_one() {
    let keys = format!("k2:Zp7RkT2yWc9VbXs4LmQ0aJd6NuEh1FgOi8CxYqB5vKw,{ROOT_KEY}");
    let mut hooked = Hooked::to(Team::in_world(World::with_settings(&[("ROOT_KEYS", &keys)])));
    let seal = |hooked: &Hooked, secret: &str| {
        let secret = Secret::parse(secret).unwrap();
        KeyRing::parse(ROOT_KEY, ORIGIN).ok().unwrap().seal(&hooked.id, secret.bytes(), [9; 24]).unwrap()
    };
    let old = seal(&hooked, &hooked.secret);
    hooked.team.world.state().database.borrow().change(&format!("UPDATE webhooks SET secret = '{old}'"));
    let new = hooked.team.owner.post(&hooked.path("/rotate"), &json!({})).ok().str("/secret");
    let secrets = [hooked.secret.clone(), new];
    for _ in 0..2 {
        assert_eq!(signs(&mut hooked, &secrets), [true, true]);
    }
    // Each in its own place, so that the older root key may go.
    let old = hooked.team.world.state().database.borrow().query("SELECT secret FROM webhook_old_secrets");
    assert!(old[0]["secret"].as_str().unwrap().starts_with("k2."), "{old:?}");
    // The present one is the older seal's now, and the replaced one can't be opened any more.
    let present = seal(&hooked, &secrets[1]);
    hooked.team.world.state().database.borrow().change(&format!(
        "UPDATE webhooks SET secret = '{present}';
         UPDATE webhook_old_secrets SET secret = 'k0.' || substr(secret, 4)"
    ));
    for _ in 0..2 {
        assert_eq!(signs(&mut hooked, &secrets), [false, true]);
    }
    let sealed = hooked.team.world.state().database.borrow().query("SELECT secret FROM webhooks");
    assert!(sealed[0]["secret"].as_str().unwrap().starts_with("k2."), "{sealed:?}");
}

#[test]
fn after_the_root_keys_were_rotated_a_secret_is_sealed_anew_when_it_is_used() {
    let keys = format!("k2:Zp7RkT2yWc9VbXs4LmQ0aJd6NuEh1FgOi8CxYqB5vKw,{ROOT_KEY}");
    let mut hooked = Hooked::to(Team::in_world(World::with_settings(&[("ROOT_KEYS", &keys)])));
    let sealed = |hooked: &Hooked| {
        let rows = hooked.team.world.state().database.borrow().query("SELECT secret FROM webhooks");
        rows[0]["secret"].as_str().unwrap().to_owned()
    };
    let secret = Secret::parse(&hooked.secret).unwrap();
    let old =
        KeyRing::parse(ROOT_KEY, ORIGIN).ok().unwrap().seal(&hooked.id, secret.bytes(), [9; 24]).unwrap();
    hooked.team.world.state().database.borrow().change(&format!("UPDATE webhooks SET secret = '{old}'"));
    hooked.team.owner.post(&hooked.path("/test"), &json!({})).ok();
    hooked.answers([says(200)]);
    assert!(sealed(&hooked).starts_with("k2."), "{}", sealed(&hooked));
    let request = sent(&hooked.team.world).pop().unwrap();
    assert!(is_signed_with(&hooked.secret, &request));
    let gone = sealed(&hooked).replace("k2.", "k0.");
    hooked.team.world.state().database.borrow().change(&format!("UPDATE webhooks SET secret = '{gone}'"));
    hooked.team.world.pass(std::time::Duration::from_secs(1));
    hooked.team.owner.post(&hooked.path("/test"), &json!({})).ok();
    hooked.answers([]);
    let attempt = hooked.delivery()["attempts"][0].clone();
    assert_eq!(attempt["failure"], "its secret can't be opened: the root key that sealed it is gone");
}

#[test]
fn what_is_done_with_it_is_in_the_audit_log_without_what_its_address_may_hide() {
    let mut hooked = Hooked::of("team");
    hooked
        .team
        .owner
        .patch(&hooked.path(""), &json!({"url": "https://hooks.example.com?token=s3cr3t", "enabled": false}))
        .ok();
    hooked.team.world.pass(std::time::Duration::from_secs(1));
    hooked.team.owner.patch(&hooked.path(""), &json!({"enabled": true})).ok();
    hooked.team.owner.post(&hooked.path("/rotate"), &json!({})).ok();
    hooked.team.owner.post(&hooked.path("/test"), &json!({})).ok();
    hooked.hears();
    let job = hooked.delivery()["id"].as_str().unwrap().to_owned();
    hooked.team.owner.post(&hooked.path(&format!("/deliveries/{job}/replay")), &json!({})).ok();
    hooked.team.owner.delete(&hooked.path("")).ok();
    let did: Vec<String> = audited(&hooked.team, &hooked.id).into_iter().map(|(action, _)| action).collect();
    assert_eq!(
        did,
        [
            "webhook.created",
            "webhook.updated",
            "webhook.updated",
            "webhook.secret_rotated",
            "webhook.tested",
            "webhook.replayed",
            "webhook.deleted"
        ]
    );
    let log = hooked.team.owner.get(&hooked.team.path("/audit?limit=100")).ok().json();
    let updated =
        log["data"].as_array().unwrap().iter().rfind(|entry| entry["action"] == "webhook.updated").unwrap();
    assert_eq!(updated["before"]["name"], "https://app.example.com");
    assert_eq!(updated["after"]["name"], "https://hooks.example.com");
    assert_eq!((&updated["before"]["enabled"], &updated["after"]["enabled"]), (&json!(true), &json!(false)));
    assert!(!log.to_string().contains("s3cr3t") && !log.to_string().contains("tenant=7"));
}

#[test]
fn one_that_is_turned_off_hears_nothing_and_one_that_is_deleted_has_no_secret_left() {
    let mut hooked = Hooked::of("team");
    hooked.team.owner.patch(&hooked.path(""), &json!({"enabled": false})).ok();
    assert_eq!(hooked.shown()["disabled_for"], "choice");
    hooked.team.invited("ana@client.test", "client");
    assert_eq!(hooked.hears(), []);
    assert_eq!(
        hooked.team.world.count("SELECT count(*) FROM webhook_events"),
        0,
        "nothing is even written down"
    );
    let refused = hooked.team.owner.post(&hooked.path("/test"), &json!({}));
    assert_eq!(refused.refusal(), refusal(409, "webhook_disabled"));
    hooked.team.owner.patch(&hooked.path(""), &json!({"enabled": true})).ok();
    hooked.team.invited("bea@client.test", "client");
    hooked.team.owner.delete(&hooked.path("")).ok();
    assert_eq!(hooked.hears(), [], "what waited for it is given up");
    assert_eq!(hooked.team.world.count("SELECT count(*) FROM webhooks WHERE secret <> ''"), 0);
}

#[test]
fn a_program_makes_one_within_its_scopes_and_another_organization_has_none_of_it() {
    let mut hooked = Hooked::of("team");
    let mut program = api_keys::program(&hooked.team, &["webhooks:read"]);
    program.get(&hooked.path("")).ok();
    program.get(&hooked.path("/deliveries")).ok();
    let body = json!({"url": URL, "events": ["member.added"]});
    let path = hooked.team.path("/webhooks");
    assert_eq!(program.post(&path, &body).refusal(), refusal(403, "insufficient_scope"));
    api_keys::program(&hooked.team, &["webhooks:write"]).post(&path, &body).ok();
    let mut other = crate::another(&hooked.team.world);
    let elsewhere = other.path(&format!("/webhooks/{}", hooked.id));
    for rest in ["", "/deliveries"] {
        assert_eq!(other.owner.get(&format!("{elsewhere}{rest}")).refusal(), refusal(404, "not_found"));
    }
    for rest in ["/test", "/rotate", "/deliveries/replay"] {
        let answer = other.owner.post(&format!("{elsewhere}{rest}"), &json!({}));
        assert_eq!(answer.refusal(), refusal(404, "not_found"), "{rest}");
    }
    assert_eq!(other.owner.delete(&elsewhere).refusal(), refusal(404, "not_found"));
    hooked.shown();
}

/// The same key and body make one webhook; its secret is not told again.
#[test]
fn making_one_again_under_the_same_key_makes_no_second() {
    let team = Team::new();
    let mut operator = team.world.operator().with_header("idempotency-key", "one");
    let body = json!({"url": URL, "events": ["member.added"]});
    let first = operator.post(&team.path("/webhooks"), &body).ok();
    let again = operator.post(&team.path("/webhooks"), &body).ok();
    assert_eq!(again.str("/id"), first.str("/id"));
    assert_eq!((&again.json()["secret"], &again.json()["url"]), (&Value::Null, &json!(URL)));
    assert_eq!(team.world.count("SELECT count(*) FROM webhooks"), 1);
}

#[allow(clippy::disallowed_methods, reason = "the library looks at it too")]
fn seconds_now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    since.as_secs().try_into().unwrap()
}

#[test]
fn a_delivery_is_signed_as_the_reference_library_expects_it() {
    let mut hooked = Hooked::of("team");
    // The library looks at the clock itself.
    hooked.team.world.state().now.set(Timestamp::from_seconds(seconds_now()));
    hooked.team.invited("ana@client.test", "client");
    hooked.answers([says(200), says(200)]);
    let library = standardwebhooks::Webhook::new(&hooked.secret).unwrap();
    let requests = sent(&hooked.team.world);
    assert_eq!(requests.len(), 2, "it was made, and it was sent");
    for request in requests {
        assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("POST", URL));
        assert_eq!(header(&request, "content-type"), "application/json");
        assert!(header(&request, "webhook-id").starts_with("evt_"));
        assert_eq!(header(&request, "webhook-timestamp"), hooked.team.world.now().seconds().to_string());
        library.verify(request.body(), request.headers()).unwrap();
        let mut tampered = request.body().to_vec();
        tampered[10] ^= 1;
        assert!(library.verify(&tampered, request.headers()).is_err());
    }
}

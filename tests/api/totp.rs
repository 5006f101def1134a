//! The second factor: set up by whoever is signed in, asked for at every sign-in, passed once by each code.

use std::time::Duration;

use http::Method;
use serde_json::json;
use usher::domain::keys::KeyRing;
use usher::platform::Limit;

use crate::support::World;
use crate::support::client::{Answer, Client, PASSWORD, Team};
use crate::support::platform::{Cost, ORIGIN, ROOT_KEY};
use crate::support::race::{Racer, race};
use crate::support::scene::second_factor as set_up;
use crate::support::totp::App;
use crate::{about, accept_signed_in, complaint, copied_token, refusal, sign_in};

const OLGA: &str = "olga.owner@studio.test";
const ANA: &str = "ana.client@client.test";
const OTHER: &str = "another sentence entirely";

/// Everything that this part of the API does, for whoever wants every statement to have run.
pub fn walk(team: &mut Team) {
    let mut ana = team.joined("ida.client@client.test", "client");
    let (app, codes) = set_up(&mut ana);
    let mut ana = team.world.client();
    sign_in(&mut ana, "ida.client@client.test").ok();
    pass(&mut ana, &codes[0]).ok();
    let body = json!({"code": app.code(team.world.now())}).to_string().into_bytes();
    ana.send(&Method::DELETE, "/v1/me/mfa/totp", Some("application/json"), body).ok();
    ana.get("/v1/sessions").ok();
    ana.delete("/v1/sessions").ok();
    ana.delete("/v1/sessions/current").ok();
    team.world.deliver();
}

fn pass(person: &mut Client, code: &str) -> Answer {
    person.post("/v1/sessions/mfa", &json!({"code": code}))
}

fn remove(person: &mut Client, body: &serde_json::Value) -> Answer {
    let body = body.to_string().into_bytes();
    person.send(&Method::DELETE, "/v1/me/mfa/totp", Some("application/json"), body)
}

/// A team whose owner has a second factor, and somebody who typed her password and nothing else.
fn waiting() -> (Team, Client, App, Vec<String>) {
    let mut team = Team::new();
    let (app, codes) = set_up(&mut team.owner);
    let mut person = team.world.client();
    let answer = sign_in(&mut person, OLGA).ok();
    assert_eq!((answer.status.as_u16(), answer.json()), (201, json!({"mfa_required": true})));
    (team, person, app, codes)
}

fn told(world: &World, email: &str) -> String {
    world.deliver();
    let mail = world.mailbox().into_iter().rfind(|mail| mail["to"] == email).unwrap();
    mail["subject"].as_str().unwrap().to_owned()
}

#[test]
fn it_is_set_up_with_the_apps_first_code_and_asked_for_from_then_on() {
    let mut team = Team::new();
    assert_eq!(team.owner.get("/v1/me").ok().json()["user"]["mfa_enabled"], false);
    let begun = team.owner.post("/v1/me/mfa/totp", &json!({})).ok();
    assert_eq!(begun.status, 201);
    let (secret, url) = (begun.str("/secret"), begun.str("/otpauth_url"));
    let expected = format!("otpauth://totp/Usher:olga.owner%40studio.test?secret={secret}&issuer=Usher");
    assert!(url.starts_with(&expected) && secret.len() == 32, "{url}");
    sign_in(&mut team.world.client(), OLGA).ok().str("/user/id");
    let app = App::of(&secret);
    let code = json!({"code": app.code(team.world.now())});
    let confirmed = team.owner.post("/v1/me/mfa/totp/confirm", &code).ok().json();
    assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 0 });
    let codes: Vec<&str> =
        confirmed["recovery_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
    assert!(codes.len() == 10 && codes.iter().all(|code| code.len() == 19), "{codes:?}");
    assert_eq!(team.owner.get("/v1/me").ok().json()["user"]["mfa_enabled"], true, "this session stays");
    assert_eq!(told(&team.world, OLGA), "Two-step sign-in was turned on");
    let answer = sign_in(&mut team.world.client(), OLGA);
    assert_eq!(answer.json(), json!({"mfa_required": true}));
}

/// What began before has not passed it.
#[test]
fn turning_it_on_ends_every_other_session() {
    let mut team = Team::new();
    let mut elsewhere = team.world.client();
    sign_in(&mut elsewhere, OLGA).ok();
    set_up(&mut team.owner);
    assert_eq!(elsewhere.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
    team.owner.get("/v1/me").ok();
}

/// V30: a session that lacks its second factor is nobody everywhere but where that is given.
#[test]
fn a_session_without_its_second_factor_is_nobody_on_every_route() {
    let mut team = Team::new();
    let organization = team.path("");
    let invitation = team.invited(ANA, "client");
    let token = copied_token(&mut team.owner, &invitation);
    set_up(&mut team.owner);
    let mut person = team.world.client();
    sign_in(&mut person, OLGA).ok();
    let nobody = refusal(401, "unauthenticated");
    for path in [
        "/v1/me",
        "/v1/me/workspaces",
        "/v1/me/notifications",
        "/v1/sessions",
        &organization,
        &format!("{organization}/members"),
        &format!("/v1/invitations/{invitation}"),
    ] {
        assert_eq!(person.get(path).refusal(), nobody, "{path}");
    }
    let before = team.world.state().database.borrow().dump();
    for path in [
        "/v1/me/mfa/totp",
        "/v1/me/notifications/read",
        &format!("/v1/invitations/{invitation}/revoke"),
        &format!("{organization}/workspaces"),
    ] {
        assert_eq!(person.post(path, &json!({})).refusal(), nobody, "{path}");
    }
    assert_eq!(remove(&mut person, &json!({"code": "123456"})).refusal(), nobody);
    let change = json!({"current_password": PASSWORD, "password": OTHER});
    assert_eq!(person.put("/v1/me/password", &change).refusal(), nobody);
    assert_eq!(
        accept_signed_in(&mut person, &token).status,
        422,
        "an invitation asks for a name: nobody is here"
    );
    assert_eq!(team.world.state().database.borrow().dump(), before);
    for page in ["/me", "/o/example-studio/team"] {
        let location = person.get(page).header("location").unwrap().to_owned();
        assert!(location.starts_with("/sign-in"), "{page}: {location}");
    }
}

#[test]
fn the_apps_code_makes_it_a_session_with_a_new_cookie() {
    let (team, mut olga, app, _) = waiting();
    let waited = olga.cookie("__Host-usher_session").unwrap().to_owned();
    let passed = pass(&mut olga, &app.code(team.world.now())).ok();
    assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 0 });
    assert_eq!((passed.status.as_u16(), passed.json()), (201, olga.get("/v1/me").ok().json()));
    assert_ne!(olga.cookie("__Host-usher_session").unwrap(), waited);
    let mut old = team.world.client().with_cookie("__Host-usher_session", &waited);
    for answer in [old.get("/v1/me"), pass(&mut old, &app.code_of(0))] {
        assert_eq!(answer.refusal(), refusal(401, "unauthenticated"));
    }
}

/// A code that was seen over a shoulder opens nothing, nor does the one before it.
#[test]
fn a_code_is_taken_once_and_none_before_it_any_more() {
    let (team, mut olga, app, _) = waiting();
    let step = team.world.now().seconds() / 30;
    pass(&mut olga, &app.code_of(step)).ok();
    for replayed in [step, step - 1] {
        let mut eve = team.world.client();
        sign_in(&mut eve, OLGA).ok();
        let answer = pass(&mut eve, &app.code_of(replayed));
        assert_eq!(complaint(&answer), about(422, "invalid_code", "/code"), "{replayed}");
    }
    let mut again = team.world.client();
    sign_in(&mut again, OLGA).ok();
    pass(&mut again, &app.code_of(step + 1)).ok();

    let mut team = Team::new();
    let app = App::of(&team.owner.post("/v1/me/mfa/totp", &json!({})).ok().str("/secret"));
    let code = app.code(team.world.now());
    team.owner.post("/v1/me/mfa/totp/confirm", &json!({"code": code})).ok();
    let mut eve = team.world.client();
    sign_in(&mut eve, OLGA).ok();
    assert_eq!(pass(&mut eve, &code).refusal(), refusal(422, "invalid_code"), "the first one is taken too");
}

/// Two requests with one code at once: both have read the same step, and the write lets one in.
#[test]
fn of_two_who_type_one_code_at_once_one_comes_in() {
    let (team, olga, app, codes) = waiting();
    for code in [app.code(team.world.now()), codes[0].clone()] {
        let mut people = [olga.clone(), team.world.client()];
        for person in &mut people {
            sign_in(person, OLGA).ok();
        }
        let body = json!({"code": code});
        let racers = people.iter().map(|person| Racer::new(person, &Method::POST, "/v1/sessions/mfa", &body));
        let mut statuses: Vec<u16> =
            race(&team.world, racers.collect(), &[]).iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422]);
        team.world.pass(Duration::from_mins(2));
    }
}

#[test]
fn a_recovery_code_opens_the_account_once_and_its_holder_is_told() {
    let (team, mut olga, _, codes) = waiting();
    let spaced = codes[3].to_uppercase().replace('-', " ");
    pass(&mut olga, &spaced).ok();
    olga.get("/v1/me").ok();
    assert_eq!(told(&team.world, OLGA), "A recovery code was used");
    let mut again = team.world.client();
    sign_in(&mut again, OLGA).ok();
    assert_eq!(complaint(&pass(&mut again, &codes[3])), about(422, "invalid_code", "/code"));
    pass(&mut again, &codes[4]).ok();
    let mut eve = team.world.client();
    sign_in(&mut eve, OLGA).ok();
    assert_eq!(pass(&mut eve, "aaaa-bbbb-cccc-dddd").refusal(), refusal(422, "invalid_code"));
}

/// Guessing is counted by account, whatever number of sign-ins it is spread over; what was typed right ends the count.
#[test]
fn ten_codes_are_tried_for_an_account_in_an_hour_and_no_more() {
    let (team, mut olga, app, codes) = waiting();
    let wrong = app.wrong_code(team.world.now());
    for _ in 0..9 {
        let mut eve = team.world.client();
        sign_in(&mut eve, OLGA).ok();
        assert_eq!(pass(&mut eve, &wrong).refusal(), refusal(422, "invalid_code"));
    }
    pass(&mut olga, &codes[0]).ok();
    let mut eve = team.world.client();
    sign_in(&mut eve, OLGA).ok();
    for _ in 0..10 {
        assert_eq!(pass(&mut eve, &wrong).refusal(), refusal(422, "invalid_code"));
    }
    let refused = pass(&mut eve, &app.code(team.world.now()));
    assert_eq!(refused.refusal(), refusal(429, "rate_limited"), "even the right one");
    assert_eq!(refused.header("retry-after"), Some("3600"));
    olga.get("/v1/me").ok();
    team.world.pass(Duration::from_hours(1));
    sign_in(&mut eve, OLGA).ok();
    pass(&mut eve, &app.code(team.world.now())).ok();
}

#[test]
fn a_sign_in_waits_ten_minutes_and_dies_with_its_password_or_when_it_signs_out() {
    let (team, mut olga, app, _) = waiting();
    team.world.pass(Duration::from_mins(10));
    assert_eq!(pass(&mut olga, &app.code(team.world.now())).refusal(), refusal(401, "unauthenticated"));

    let (mut team, mut eve, app, _) = waiting();
    let change = json!({"current_password": PASSWORD, "password": OTHER});
    team.owner.put("/v1/me/password", &change).ok();
    assert_eq!(pass(&mut eve, &app.code(team.world.now())).refusal(), refusal(401, "unauthenticated"));

    let (team, mut olga, app, _) = waiting();
    let mut kept = olga.clone();
    olga.delete("/v1/sessions/current").ok();
    assert_eq!(pass(&mut kept, &app.code(team.world.now())).refusal(), refusal(401, "unauthenticated"));
}

#[test]
fn setting_it_up_takes_the_newest_secret_within_an_hour_and_only_where_there_is_none() {
    let mut team = Team::new();
    let confirm =
        |person: &mut Client, code: &str| person.post("/v1/me/mfa/totp/confirm", &json!({"code": code}));
    assert_eq!(confirm(&mut team.owner, "123456").refusal(), refusal(409, "mfa_not_begun"));
    let [old, new] =
        [(), ()].map(|()| App::of(&team.owner.post("/v1/me/mfa/totp", &json!({})).ok().str("/secret")));
    let answer = confirm(&mut team.owner, &old.code(team.world.now()));
    assert_eq!(complaint(&answer), about(422, "invalid_code", "/code"));
    team.world.pass(Duration::from_hours(1));
    let late = confirm(&mut team.owner, &new.code(team.world.now()));
    assert_eq!(late.refusal(), refusal(409, "mfa_not_begun"));
    let (app, _) = set_up(&mut team.owner);
    let again = team.owner.post("/v1/me/mfa/totp", &json!({}));
    assert_eq!(again.refusal(), refusal(409, "mfa_already_enabled"));
    let again = confirm(&mut team.owner, &app.code(team.world.now()));
    assert_eq!(again.refusal(), refusal(409, "mfa_already_enabled"));
}

#[test]
fn it_is_turned_off_with_a_code_and_nothing_less() {
    for shown in ["code", "recovery"] {
        let mut team = Team::new();
        let (app, codes) = set_up(&mut team.owner);
        let wrong = app.wrong_code(team.world.now());
        for (body, expected) in [
            (json!({}), about(422, "required", "/code")),
            (json!({"password": PASSWORD}), about(422, "unknown_field", "/password")),
            (json!({"code": wrong}), about(422, "invalid_code", "/code")),
            (json!({"code": "aaaa-bbbb-cccc-dddd"}), about(422, "invalid_code", "/code")),
        ] {
            assert_eq!(complaint(&remove(&mut team.owner, &body)), expected, "{body}");
        }
        let body = match shown {
            "code" => json!({"code": app.code(team.world.now())}),
            _ => json!({"code": codes[9]}),
        };
        assert_eq!(remove(&mut team.owner, &body).ok().status, 204, "{shown}");
        assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 0 });
        assert_eq!(told(&team.world, OLGA), "Two-step sign-in was turned off");
        for table in ["second_factors", "recovery_codes"] {
            assert_eq!(team.world.count(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
        }
        sign_in(&mut team.world.client(), OLGA).ok().str("/user/id");
        assert_eq!(remove(&mut team.owner, &body).refusal(), refusal(409, "mfa_not_enabled"));
    }
}

#[test]
fn guessing_to_turn_it_off_is_counted_too() {
    let mut team = Team::new();
    let (app, _) = set_up(&mut team.owner);
    let wrong = json!({"code": app.wrong_code(team.world.now())});
    for _ in 0..10 {
        assert_eq!(remove(&mut team.owner, &wrong).refusal(), refusal(422, "invalid_code"));
    }
    let right = json!({"code": app.code(team.world.now())});
    assert_eq!(remove(&mut team.owner, &right).refusal(), refusal(429, "rate_limited"));
}

/// A copy of the database makes no code: secrets are sealed, for one account each, and recovery codes are digests.
#[test]
fn nothing_in_the_database_or_the_log_is_a_secret_or_a_code() {
    let mut team = Team::new();
    let begun = team.owner.post("/v1/me/mfa/totp", &json!({})).ok();
    let secret = begun.str("/secret");
    let app = App::of(&secret);
    let code = app.code(team.world.now());
    let confirmed = team.owner.post("/v1/me/mfa/totp/confirm", &json!({"code": code})).ok().json();
    team.world.deliver();
    let (dump, log) = (team.world.state().database.borrow().dump(), team.world.log_text());
    assert!(!dump.contains(&secret) && !log.contains(&secret));
    for code in confirmed["recovery_codes"].as_array().unwrap() {
        let code = code.as_str().unwrap();
        assert!(!dump.contains(code) && !dump.contains(&code.replace('-', "")) && !log.contains(code));
    }
    // Somebody else's sealed secret in one's own row is nobody's.
    let mut ana = team.joined(ANA, "client");
    let (own, _) = set_up(&mut ana);
    team.world.state().database.borrow().change(
        "UPDATE second_factors SET secret = (SELECT f.secret FROM second_factors f JOIN users u ON u.id = f.user_id
           WHERE u.email_key = 'ana.client@client.test')
         WHERE user_id = (SELECT id FROM users WHERE email_key = 'olga.owner@studio.test')",
    );
    let mut person = team.world.client();
    sign_in(&mut person, OLGA).ok();
    assert_eq!(pass(&mut person, &own.code(team.world.now())).status, 500);
}

/// A mailbox is not both factors: whoever has the link still lacks the app. Neither does it lock its holder out for good: what
/// they typed wrong is counted anew under the new password.
#[test]
fn a_forgotten_password_leaves_the_second_factor_where_the_mailbox_was_proved() {
    let (team, _, app, _) = waiting();
    team.world.client().post("/v1/password-resets", &json!({"email": OLGA})).ok();
    team.world.deliver();
    let token = team.world.mailed_password_token(OLGA);
    let mut person = team.world.client();
    let set = person.post("/v1/password-resets/redeem", &json!({"token": token, "password": OTHER})).ok();
    assert_eq!(set.json(), json!({"mfa_required": true}));
    assert_eq!(person.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
    pass(&mut person, &app.code(team.world.now())).ok();
    person.get("/v1/me").ok();
}

/// S2-06: what a membership asks for is there from the moment that it is set up, and gone when it is turned off.
#[test]
fn a_membership_that_asks_for_it_gives_its_access_while_it_is_there() {
    let mut team = Team::of("publishing");
    let mut ana =
        team.joined_with(ANA, "client", json!({"access": {"require_mfa": true, "resources": "all"}}));
    let state = |person: &mut Client| person.get("/v1/me/workspaces").ok().str("/data/0/state");
    assert_eq!(state(&mut ana), "mfa_required");
    let (app, _) = set_up(&mut ana);
    assert_ne!(state(&mut ana), "mfa_required");
    remove(&mut ana, &json!({"code": app.code(team.world.now())})).ok();
    assert_eq!(state(&mut ana), "mfa_required");
}

#[test]
fn one_network_and_other_sites_pages_are_held_as_at_the_sign_in() {
    let (team, olga, app, _) = waiting();
    let code = app.code(team.world.now());
    let mut elsewhere = olga.clone().with_header("origin", "https://evil.test");
    assert_eq!(pass(&mut elsewhere, &code).refusal(), refusal(403, "cross_site_request"));
    team.world.state().limited.borrow_mut().push((Limit::Network, "sign-in:203.0.113.7".to_owned()));
    let mut limited = olga.clone().with_header("cf-connecting-ip", "203.0.113.7");
    assert_eq!(pass(&mut limited, &code).refusal(), refusal(429, "rate_limited"));
    pass(&mut olga.clone(), &code).ok();
}

/// An older root key is dropped once everybody has signed in; who has not comes in with a recovery code.
#[test]
fn a_secret_is_sealed_anew_at_a_sign_in_after_the_root_keys_were_rotated() {
    let keys = format!("k2:Zp7RkT2yWc9VbXs4LmQ0aJd6NuEh1FgOi8CxYqB5vKw,{ROOT_KEY}");
    let mut team = Team::in_world(World::with_settings(&[("ROOT_KEYS", &keys)]));
    let (app, codes) = set_up(&mut team.owner);
    let row = || {
        team.world.state().database.borrow().query("SELECT user_id, secret FROM second_factors")[0].clone()
    };
    let user = row()["user_id"].as_str().unwrap().to_owned();
    let of_old = |keys: &str| {
        let config = team.world.state().config.as_ref().ok().unwrap();
        let secret = config.keys.unseal(&user, row()["secret"].as_str().unwrap()).unwrap();
        let old = KeyRing::parse(keys, ORIGIN).ok().unwrap().seal(&user, &secret, [9; 24]).unwrap();
        let change = format!("UPDATE second_factors SET secret = '{old}'");
        team.world.state().database.borrow().change(&change);
    };
    of_old(ROOT_KEY);
    assert!(row()["secret"].as_str().unwrap().starts_with("k1."));
    let mut olga = team.world.client();
    sign_in(&mut olga, OLGA).ok();
    pass(&mut olga, &app.code(team.world.now())).ok();
    assert!(row()["secret"].as_str().unwrap().starts_with("k2."));
    let dropped = ROOT_KEY.replace("k1:", "k0:");
    of_old(&dropped);
    sign_in(&mut olga, OLGA).ok();
    pass(&mut olga, &codes[0]).ok();
    remove(&mut olga, &json!({"code": codes[1]})).ok();
}

//! Recovery codes renewed, and who may set a second factor up: a session alone does neither.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::support::client::{Answer, Client, PASSWORD, Team};
use crate::support::platform::Cost;
use crate::support::race::{Racer, race};
use crate::support::scene::second_factor;
use crate::support::totp::App;
use crate::{about, complaint, refusal, sign_in};

const OLGA: &str = "olga.owner@studio.test";

/// Everything that this part of the API does, for whoever wants every statement to have run.
pub fn walk(team: &mut Team) {
    let mut rita = team.joined("rita.client@client.test", "client");
    let (app, _) = second_factor(&mut rita);
    renew(&mut rita, &app).ok();
    team.world.deliver();
}

fn renew(person: &mut Client, app: &App) -> Answer {
    let code = app.code(person.world().now());
    person.post("/v1/me/mfa/recovery-codes", &json!({"password": PASSWORD, "code": code}))
}

fn codes(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let codes = body["recovery_codes"].as_array().unwrap().iter();
    codes.map(|code| code.as_str().unwrap().to_owned()).collect()
}

fn pass(team: &Team, code: &str) -> (u16, String) {
    let mut person = team.world.client();
    sign_in(&mut person, OLGA).ok();
    person.post("/v1/sessions/mfa", &json!({"code": code})).refusal()
}

#[test]
fn renewed_codes_work_and_the_old_ones_do_not_and_the_holder_is_told() {
    let mut team = Team::new();
    let (app, old) = second_factor(&mut team.owner);
    let answer = renew(&mut team.owner, &app).ok();
    assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 0 });
    let new = codes(&answer);
    assert_eq!(new.len(), 10);
    assert!(new.iter().all(|code| !old.contains(code)));
    assert_eq!(pass(&team, &old[0]), refusal(422, "invalid_code"));
    assert_eq!(pass(&team, &new[0]), (201, String::new()));
    assert_eq!(pass(&team, &new[0]), refusal(422, "invalid_code"), "once each");
    team.world.deliver();
    let subjects: Vec<Value> = team.world.mailbox().iter().map(|mail| mail["subject"].clone()).collect();
    assert!(subjects.contains(&json!("Your recovery codes were renewed")), "{subjects:?}");
    assert!(!team.world.state().database.borrow().dump().contains(&new[1]), "kept as digests alone");
}

#[test]
fn renewing_takes_the_password_and_a_code_that_was_not_taken_before() {
    let mut team = Team::new();
    let none = json!({"password": PASSWORD});
    assert_eq!(
        team.owner.post("/v1/me/mfa/recovery-codes", &none).refusal(),
        refusal(409, "mfa_not_enabled")
    );
    let (app, old) = second_factor(&mut team.owner);
    let code = app.code(team.world.now());
    let mut asked = |body: Value| complaint(&team.owner.post("/v1/me/mfa/recovery-codes", &body));
    assert_eq!(asked(json!({"password": PASSWORD})), about(422, "required", "/code"));
    let wrong = json!({"password": "wrong wrong wrong", "code": code});
    assert_eq!(asked(wrong), about(401, "invalid_credentials", "/password"));
    assert_eq!(asked(json!({"password": PASSWORD, "code": "000000"})), about(422, "invalid_code", "/code"));
    let recovery = json!({"password": PASSWORD, "code": old[0]});
    assert_eq!(asked(recovery), about(422, "invalid_code", "/code"), "of the app");
    assert_eq!(asked(json!({"password": PASSWORD, "code": code})).0, 200);
    assert_eq!(
        asked(json!({"password": PASSWORD, "code": code})),
        about(422, "invalid_code", "/code"),
        "replayed"
    );
}

#[test]
fn of_two_renewals_with_one_code_one_comes_through() {
    for schedule in [&[][..], &[0, 0, 1, 1], &[0, 1, 0, 1, 0, 1], &[1, 0, 0, 1, 1, 0, 0]] {
        let mut team = Team::new();
        let (app, _) = second_factor(&mut team.owner);
        let body = json!({"password": PASSWORD, "code": app.code(team.world.now())});
        let racer = || Racer::new(&team.owner, &Method::POST, "/v1/me/mfa/recovery-codes", &body);
        let answers = race(&team.world, vec![racer(), racer()], schedule);
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422], "{schedule:?}");
        assert_eq!(team.world.count("SELECT count(*) FROM recovery_codes"), 10);
    }
}

#[test]
fn setting_a_second_factor_up_asks_for_the_password_five_minutes_after_it_was_typed() {
    let mut team = Team::new();
    team.world.pass(Duration::from_secs(299));
    team.owner.post("/v1/me/mfa/totp", &json!({})).ok();
    team.world.pass(Duration::from_secs(1));
    let refused = team.owner.post("/v1/me/mfa/totp", &json!({}));
    assert_eq!(complaint(&refused), about(403, "reauthentication_required", "/password"));
    let wrong = team.owner.post("/v1/me/mfa/totp", &json!({"password": "wrong wrong wrong"}));
    assert_eq!(complaint(&wrong), about(401, "invalid_credentials", "/password"));
    let begun = team.owner.post("/v1/me/mfa/totp", &json!({"password": PASSWORD})).ok();
    let code = App::of(&begun.str("/secret")).code(team.world.now());
    team.owner.post("/v1/me/mfa/totp/confirm", &json!({"code": code})).ok();
}

//! Accounts on the real runtime: what a local database that answers at once would hide.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use usher::domain::time::Timestamp;

use crate::harness::{Client, Deployment, PASSWORD, Server, Team, shared};
use crate::totp::App;

fn now() -> Timestamp {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    Timestamp::from_seconds(i64::try_from(since.as_secs()).unwrap())
}

/// A team whose owner has a second factor: her app and recovery codes.
fn with_factor(server: &Server) -> (Team<'_>, App, Vec<String>) {
    let mut team = Team::new(server);
    let app = App::of(&team.owner.post("/v1/me/mfa/totp", &json!({})).ok().str("/secret"));
    let confirmed = team.owner.post("/v1/me/mfa/totp/confirm", &json!({"code": app.code(now())})).ok().json();
    let codes = confirmed["recovery_codes"].as_array().unwrap().iter();
    let codes = codes.map(|code| code.as_str().unwrap().to_owned()).collect();
    (team, app, codes)
}

fn waiting<'a>(server: &'a Server, team: &Team<'_>) -> Client<'a> {
    let mut person = server.client();
    let body = json!({"email": team.owner_address, "password": PASSWORD});
    assert_eq!(person.post("/v1/sessions", &body).ok().json(), json!({"mfa_required": true}));
    person
}

/// The same cipher, the same clock and the same codes as natively; and of many who type one code at once, one comes in.
#[test]
fn a_code_lets_one_in_however_many_type_it_at_once() {
    let server = Deployment::new().set("D1_DELAY", "20").start();
    let (team, app, codes) = with_factor(&server);
    for code in [app.code_of(now().seconds() / 30 + 1), codes[0].clone()] {
        let people: Vec<_> = (0..4).map(|_| waiting(&server, &team)).collect();
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let race: Vec<_> = people
                .into_iter()
                .map(|mut person| {
                    let body = json!({"code": code});
                    scope.spawn(move || person.post("/v1/sessions/mfa", &body).status.as_u16())
                })
                .collect();
            race.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 3, "{statuses:?}");
    }
}

#[test]
fn a_forgotten_password_travels_through_the_queue_and_back() {
    let server = shared();
    let mut team = Team::new(&server);
    let address = team.owner_address.clone();
    let asked = server.client().post("/v1/password-resets", &json!({"email": address}));
    assert_eq!((asked.status.as_u16(), asked.json()), (202, json!({})));
    let mail = server.mail_about(&address, "Reset your password");
    let text = mail["text"].as_str().unwrap();
    let token = text.split_once("/reset/").unwrap().1.split_whitespace().next().unwrap();
    server.keep_secret(token);
    let mut olga = server.client();
    let body = json!({"token": token, "password": "another sentence entirely"});
    olga.post("/v1/password-resets/redeem", &body).ok().str("/user/id");
    assert_eq!(team.owner.get("/v1/me").status, 401);
    server.mail_about(&address, "Your password was changed");
    let rows: Value = olga.get("/v1/sessions").ok().json();
    assert_eq!(rows["data"].as_array().unwrap().len(), 1, "{rows}");
}

/// The runtime composes what is typed, and the common passwords are in the Wasm.
#[test]
fn a_password_is_composed_and_compared_with_the_common_ones() {
    let server = shared();
    let mut team = Team::new(&server);
    let change = |to: &str| json!({"current_password": PASSWORD, "password": to});
    let put = |person: &mut Client<'_>, body: Value| {
        person.send("PUT", "/v1/me/password", Some("application/json"), body.to_string().as_bytes())
    };
    let common = put(&mut team.owner, change("QwertyQwerty"));
    assert_eq!((common.status.as_u16(), common.json()["code"].clone()), (422, json!("password_too_common")));
    put(&mut team.owner, change("Zwölf Boxkämpfer jagen")).ok();
    let typed = json!({"email": team.owner_address, "password": "Zwo\u{308}lf Boxka\u{308}mpfer jagen"});
    server.client().post("/v1/sessions", &typed).ok();
}

/// Both mails travel through the queue, and the change is one batch of the real database.
#[test]
fn an_address_changes_once_both_mailboxes_have_proved_it() {
    let server = shared();
    let mut team = Team::new(&server);
    let (old, new) = (team.owner_address.clone(), server.address("elsewhere"));
    team.owner.post("/v1/me/email", &json!({"email": new, "password": PASSWORD})).ok();
    for (address, subject, state) in [
        (&old, "Confirm that your e-mail address changes", "waiting"),
        (&new, "Confirm your new e-mail address", "changed"),
    ] {
        let mail = server.mail_about(address, subject);
        let text = mail["text"].as_str().unwrap();
        let token = text.split_once("/email/").unwrap().1.split_whitespace().next().unwrap();
        server.keep_secret(token);
        let answer = server.client().post("/v1/email-changes/confirm", &json!({"token": token})).ok();
        assert_eq!(answer.json(), json!({"state": state}));
    }
    assert_eq!(team.owner.get("/v1/me").ok().json()["user"]["email"], json!(new));
    for address in [&old, &new] {
        server.mail_about(address, "Your e-mail address was changed");
    }
}

/// V35: in time, too. Medians, since one request's time says little.
#[allow(clippy::disallowed_methods, reason = "what is compared here is how long two answers take")]
#[test]
fn v35_asking_takes_as_long_for_an_address_without_an_account() {
    let server = Deployment::new().set("LIMITS", "off").start();
    let team = Team::new(&server);
    let median = |address: &dyn Fn(usize) -> String| {
        let mut times: Vec<Duration> = (0..40)
            .map(|number| {
                let body = json!({"email": address(number)});
                let start = Instant::now();
                server.client().post("/v1/password-resets", &body).ok();
                start.elapsed()
            })
            .collect();
        times.sort_unstable();
        times[20]
    };
    // Each address is asked for as often as the other, so that no limit tells them apart; the first ones warm up.
    median(&|number| format!("warm{number}@studio.test"));
    let people: Vec<String> = (0..40)
        .map(|_| {
            let address = server.address("somebody");
            let body = json!({"email": address, "name": "Some Body", "role": "client", "notify": false});
            team.owner.clone().post(&team.path("/members"), &body).ok();
            address
        })
        .collect();
    let known = median(&|number| people[number].clone());
    let unknown = median(&|number| format!("nobody{number}@studio.test"));
    let apart = known.abs_diff(unknown);
    assert!(apart < known.max(unknown) / 2, "{known:?} with an account, {unknown:?} without");
}

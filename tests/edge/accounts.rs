//! Accounts on the real runtime: what a local database that answers at once would hide.

use std::time::Instant;

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

/// That one takes as long as the other: the medians of many, in turn, since one request's time says little. A machine that does
/// something else meanwhile slows both; if one median is far from the other all the same, it is asked again.
#[allow(clippy::disallowed_methods, reason = "what is compared here is how long two answers take")]
#[track_caller]
fn assert_as_long(many: usize, mut one: impl FnMut(usize), mut other: impl FnMut(usize)) {
    let mut told = Vec::new();
    for again in 0..4 {
        let mut times = [Vec::new(), Vec::new()];
        for number in 0..many {
            let number = again * many + number;
            let start = Instant::now();
            one(number);
            times[0].push(start.elapsed());
            let start = Instant::now();
            other(number);
            times[1].push(start.elapsed());
        }
        let [one, other] = times.map(|mut times| {
            times.sort_unstable();
            times[many / 2]
        });
        if one.abs_diff(other) < one.max(other) / 4 {
            return;
        }
        told.push((one, other));
    }
    panic!("apart, each time: {told:?}");
}

/// V35: in time, too.
#[test]
fn v35_asking_takes_as_long_for_an_address_without_an_account() {
    let server = Deployment::new().set("LIMITS", "off").start();
    let team = Team::new(&server);
    // Each address is asked for as often as the other, so that no limit tells them apart.
    let people: Vec<String> = (0..160).map(|_| added(&server, &team)).collect();
    let ask = |address: &str| {
        server.client().post("/v1/password-resets", &json!({"email": address})).ok();
    };
    assert_as_long(40, |number| ask(&people[number]), |number| ask(&format!("nobody{number}@studio.test")));
}

/// Somebody who was added, and has no password yet.
fn added(server: &Server, team: &Team<'_>) -> String {
    let address = server.address("somebody");
    let body = json!({"email": address, "name": "Some Body", "role": "client", "notify": false});
    team.owner.clone().post(&team.path("/members"), &body).ok();
    address
}

/// V35: a wrong password is looked at for as long where there is none to compare it with: no account, or none that has one.
#[test]
fn v35_signing_in_takes_as_long_for_an_address_without_an_account() {
    let server = Deployment::new().set("LIMITS", "off").start();
    let teams: Vec<Team<'_>> = (0..3).map(|_| Team::new(&server)).collect();
    let added: Vec<String> = (0..80).map(|_| added(&server, &teams[0])).collect();
    // Each from a network of its own, as the guesses of one are slowed.
    let guess = |network: usize, address: &str| {
        let network = format!("2001:db8:{:x}:{network:x}::1", address.len());
        let mut stranger = server.client().with_header("cf-connecting-ip", &network);
        let body = json!({"email": address, "password": "none of theirs at all"});
        assert_eq!(stranger.post("/v1/sessions", &body).status, 401, "looked at");
    };
    assert_as_long(
        6,
        |number| guess(number, &teams[number % 3].owner_address),
        |number| guess(number, &format!("nobody{number}@studio.test")),
    );
    assert_as_long(
        20,
        |number| guess(number, &added[number]),
        |number| guess(number, &format!("not.there{number}@studio.test")),
    );
}

/// V35: nor does the time tell whether an id is another organization's or nobody's.
#[test]
fn v35_an_id_of_another_organization_takes_as_long_as_one_that_never_was() {
    let server = Deployment::new().set("LIMITS", "off").start();
    let (team, other) = (Team::new(&server), Team::new(&server));
    let theirs = other.invite(&server.address("ana.client"), "client").ok().str("/id");
    let look = |id: &str| {
        let answer = team.owner.clone().get(&format!("/v1/invitations/{id}"));
        assert_eq!(answer.refusal(), (404, "not_found".to_owned()));
    };
    assert_as_long(60, |_| look(&theirs), |_| look("inv_01h455vb4pex5vsknk084sn02q"));
}

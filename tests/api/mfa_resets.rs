//! A second factor that its account's holder can't use: lost with their phone, or set up by a thief. The operator takes it off,
//! and whoever has the mailbox comes in again.

use http::Method;
use serde_json::{Value, json};

use crate::audit::log;
use crate::support::World;
use crate::support::client::{Answer, Client, PASSWORD, Team};
use crate::support::platform::{Cost, password_token_in};
use crate::support::race::{Racer, race};
use crate::support::scene::second_factor;
use crate::{another, copied_token, refusal, sign_in};

const OLGA: &str = "olga.owner@studio.test";
const ANA: &str = "ana.client@client.test";
const ROUTE: &str = "/v1/mfa-resets";

/// Everything that this part of the API does, for whoever wants every statement to have run.
pub fn walk(team: &mut Team) {
    let mut una = team.joined("una.client@client.test", "client");
    second_factor(&mut una);
    take_off(&team.world, "una.client@client.test").ok();
    team.world.deliver();
}

fn take_off(world: &World, email: &str) -> Answer {
    world.operator().post(ROUTE, &json!({"email": email}))
}

/// What somebody was mailed last.
fn told(world: &World, email: &str) -> Value {
    world.deliver();
    world.mailbox().into_iter().rfind(|mail| mail["to"] == email).unwrap()
}

fn new_password(world: &World, email: &str, password: &str) -> Answer {
    world.client().post("/v1/password-resets", &json!({"email": email})).ok();
    let token = password_token_in(told(world, email)["text"].as_str().unwrap());
    world.client().post("/v1/password-resets/redeem", &json!({"token": token, "password": password}))
}

/// Whoever lost phone and recovery codes: their mailbox lets them in again, and nothing less does.
#[test]
fn who_lost_their_second_factor_comes_in_by_their_mailbox_once_the_operator_took_it_off() {
    let mut team = Team::new();
    second_factor(&mut team.owner);
    let answer = take_off(&team.world, "Olga.OWNER@studio.test").ok();
    assert_eq!(team.world.last_cost(), Cost { d1: 1, kv: 0 });
    let user = answer.json()["user"].clone();
    assert_eq!((&user["email"], &user["name"]), (&json!(OLGA), &json!("Olga Owner")));
    assert_eq!(user["mfa_enabled"], false);
    assert_eq!(team.owner.get("/v1/me").refusal(), refusal(401, "unauthenticated"), "its sessions are over");
    assert_eq!(sign_in(&mut team.world.client(), OLGA).refusal(), refusal(401, "invalid_credentials"));
    let mail = told(&team.world, OLGA);
    assert_eq!(mail["subject"], "Two-step sign-in was turned off");
    let text = mail["text"].as_str().unwrap().replace('\n', " ");
    assert!(text.contains("Whoever runs this service turned it off"), "{text}");
    assert!(
        text.contains("To sign in, choose a new password.") && text.contains("/forgot-password"),
        "{text}"
    );
    new_password(&team.world, OLGA, "an entirely new sentence").ok();
    let mut olga = team.world.client();
    let body = json!({"email": OLGA, "password": "an entirely new sentence"});
    assert_eq!(olga.post("/v1/sessions", &body).ok().json()["user"]["mfa_enabled"], false);
    olga.get(&team.path("/members")).ok();
    second_factor(&mut olga);
}

/// A thief with the password set a factor up first, so that a new password let nobody in. Without the mailbox nothing is left to
/// them: neither the factor and its recovery codes, nor a session, nor the password.
#[test]
fn a_thief_who_set_a_second_factor_up_first_loses_the_account_to_its_mailbox() {
    let mut team = Team::new();
    team.joined(ANA, "client");
    let mut thief = team.world.client();
    sign_in(&mut thief, ANA).ok();
    let (app, codes) = second_factor(&mut thief);
    assert_eq!(
        new_password(&team.world, ANA, "her next sentence").ok().json(),
        json!({"mfa_required": true})
    );
    let mut waiting = team.world.client();
    let body = json!({"email": ANA, "password": "her next sentence"});
    waiting.post("/v1/sessions", &body).ok();
    let reset = take_off(&team.world, ANA).ok();
    assert_eq!(reset.status, 200);
    for code in [app.code(team.world.now()), codes[0].clone()] {
        let answer = waiting.post("/v1/sessions/mfa", &json!({"code": code}));
        assert_eq!(answer.refusal(), refusal(401, "unauthenticated"));
    }
    for password in [PASSWORD, "her next sentence"] {
        let body = json!({"email": ANA, "password": password});
        assert_eq!(
            team.world.client().post("/v1/sessions", &body).refusal(),
            refusal(401, "invalid_credentials")
        );
    }
    assert_eq!(team.world.count("SELECT count(*) FROM second_factors"), 0);
    assert_eq!(team.world.count("SELECT count(*) FROM recovery_codes"), 0);
    new_password(&team.world, ANA, "and one more of hers").ok().str("/user/id");
}

#[test]
fn only_the_operator_takes_it_off_and_only_where_there_is_one() {
    let mut team = Team::new();
    let mut ana = team.joined(ANA, "client");
    for by in [&mut team.owner.clone(), &mut ana] {
        assert_eq!(by.post(ROUTE, &json!({"email": OLGA})).refusal(), refusal(403, "forbidden"));
    }
    let nobody = team.world.client().post(ROUTE, &json!({"email": OLGA}));
    assert_eq!(nobody.refusal(), refusal(401, "unauthenticated"));
    let before = team.world.state().database.borrow().dump();
    assert_eq!(take_off(&team.world, OLGA).refusal(), refusal(409, "mfa_not_enabled"));
    assert_eq!(take_off(&team.world, "nobody@studio.test").refusal(), refusal(404, "not_found"));
    assert_eq!(take_off(&team.world, "no address").refusal(), refusal(422, "invalid_email"));
    assert_eq!(team.world.state().database.borrow().dump(), before, "nothing is written");
    second_factor(&mut team.owner);
    take_off(&team.world, OLGA).ok();
    assert_eq!(take_off(&team.world, OLGA).refusal(), refusal(409, "mfa_not_enabled"), "nor is it twice");
    assert!(!team.world.log_text().contains("olga"), "no address in a log");
}

/// In each organization where they are, and in no other.
#[test]
fn the_logs_of_the_accounts_organizations_tell_it() {
    let mut team = Team::new();
    let mut ana = team.joined(ANA, "client");
    let mut other = another(&team.world);
    other.invited(ANA, "client");
    other.world.deliver();
    let token = other.world.mailed_token(ANA);
    crate::accept_signed_in(&mut ana, &token).ok();
    let third = team.world.operator().create_organization("Third Studio", "theo.owner@third.test");
    second_factor(&mut ana);
    take_off(&team.world, ANA).ok();
    for of in [&mut team, &mut other] {
        let told = log(of, "&action=member.mfa_removed");
        let [told] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((&told["actor"], &told["subject"]), (&json!("operator"), &json!(of.member(ANA))));
        let change = (&told["before"], &told["after"]);
        assert_eq!(change, (&json!({"mfa_enabled": true}), &json!({"mfa_enabled": false})));
    }
    let elsewhere = format!(
        "SELECT count(*) FROM audit_events WHERE organization_id = '{third}' AND action LIKE 'member%'"
    );
    assert_eq!(team.world.count(&elsewhere), 0);
}

/// Whoever was removed is somebody else's concern; and of an account that nobody proved only the organization knows whose link
/// made it.
#[test]
fn no_log_tells_it_where_the_account_is_nobody() {
    let mut team = Team::new();
    let mut other = another(&team.world);
    let id = team.invited(ANA, "client");
    let token = copied_token(&mut team.owner, &id);
    let mut stranger: Client = team.world.client();
    stranger.accept(&token, "Ana").ok();
    second_factor(&mut stranger);
    other.add(ANA, "client", json!({"notify": false})).ok();
    take_off(&team.world, ANA).ok();
    assert_eq!(log(&mut team, "&action=member.mfa_removed").len(), 1);
    assert_eq!(log(&mut other, "&action=member.mfa_removed"), Vec::<Value>::new());
}

/// Somebody in very many organizations costs no more than somebody in a hundred.
#[test]
fn the_logs_of_a_hundred_organizations_tell_it_and_no_more() {
    let mut team = Team::new();
    second_factor(&mut team.owner);
    team.world.state().database.borrow().change(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
         INSERT INTO organizations (id, name, slug, template, plan_key, created_at)
         SELECT printf('org_%026d', i), 'S', 's' || i, 'team', 'p', 0 FROM n;
         INSERT INTO members (id, organization_id, user_id, role, name, takes_seat, joined_at)
         SELECT 'mbr_' || substr(o.id, 5), o.id, u.id, 'client', 'Olga', 0, 0
         FROM organizations o, users u WHERE o.name = 'S' AND u.email_key = 'olga.owner@studio.test'",
    );
    take_off(&team.world, OLGA).ok();
    assert_eq!(
        team.world.count("SELECT count(*) FROM audit_events WHERE action = 'member.mfa_removed'"),
        100
    );
}

/// Two at once take it off once, and its holder is told once.
#[test]
fn of_two_at_once_one_takes_it_off() {
    for schedule in [vec![0, 1], vec![1, 0, 0], vec![0, 0, 1]] {
        let mut team = Team::new();
        second_factor(&mut team.owner);
        let operator = team.world.operator();
        let racer = || Racer::new(&operator, &Method::POST, ROUTE, &json!({"email": OLGA}));
        let mut answers: Vec<_> = race(&team.world, vec![racer(), racer()], &schedule)
            .iter()
            .map(|answer| answer.status.as_u16())
            .collect();
        answers.sort_unstable();
        assert_eq!(answers, [200, 409]);
        assert_eq!(team.world.count("SELECT count(*) FROM jobs WHERE notice = 'factor_removed'"), 1);
        assert_eq!(
            team.world.count("SELECT count(*) FROM audit_events WHERE action = 'member.mfa_removed'"),
            1
        );
    }
}

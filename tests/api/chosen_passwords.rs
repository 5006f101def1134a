//! The password that somebody chooses: what is taken is the same wherever one is set, and how it is kept follows the times.

use proptest::prelude::*;
use serde_json::json;

use crate::support::client::{Answer, PASSWORD, Team};
use crate::{about, complaint, copied_token, refusal, sign_in};

const OLGA: &str = "olga.owner@studio.test";
const MIA: &str = "mia.member@studio.test";

/// As a hash was made before, of [`PASSWORD`].
fn dated(team: &Team) {
    use argon2::password_hash::{PasswordHasher, SaltString};
    use argon2::{Algorithm, Argon2, Params, Version};
    let weaker = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8 * 1024, 1, 1, None).unwrap());
    let salt = SaltString::encode_b64(&[7; 16]).unwrap();
    let hash = weaker.hash_password(PASSWORD.as_bytes(), &salt).unwrap();
    let change = format!("UPDATE users SET password_hash = '{hash}' WHERE email_key = '{OLGA}'");
    team.world.state().database.borrow().change(&change);
}

/// Everything that this part does, for whoever wants every statement to have run.
pub fn walk(team: &mut Team) {
    dated(team);
    sign_in(&mut team.world.client(), OLGA).ok();
}

/// What comes of this password in every way that one is set.
fn set_everywhere(password: &str) -> Vec<(&'static str, Answer)> {
    let mut team = Team::new();
    let mut answers = Vec::new();
    let invitation = team.invited("ina.client@client.test", "client");
    let token = copied_token(&mut team.owner, &invitation);
    let body = json!({"token": token, "name": "Ina Client", "password": password});
    answers.push(("sign-up", team.world.client().post("/v1/invitations/accept", &body)));

    let link = json!({"kind": "link", "role": "client"});
    let link = team.owner.post(&team.path("/invitations"), &link).ok().str("/id");
    let token = copied_token(&mut team.owner, &link);
    let body = json!({"token": token, "name": "Lu", "email": "lu.client@client.test", "password": password});
    answers.push(("a link for many", team.world.client().post("/v1/invitations/accept", &body)));

    let member = team.add(MIA, "member", json!({"notify": true})).ok().str("/id");
    team.world.deliver();
    let mailed = team.world.mailed_password_token(MIA);
    for (way, token) in [("a copied link", team.password_token(&member)), ("a mailed link", mailed)] {
        let body = json!({"token": token, "password": password});
        answers.push((way, team.world.client().post("/v1/password-resets/redeem", &body)));
    }

    team.world.client().post("/v1/password-resets", &json!({"email": OLGA})).ok();
    team.world.deliver();
    let body = json!({"token": team.world.mailed_password_token(OLGA), "password": password});
    answers.push(("a reset", team.world.client().post("/v1/password-resets/redeem", &body)));

    let mut team = Team::new();
    let body = json!({"current_password": PASSWORD, "password": password});
    answers.push(("a change", team.owner.put("/v1/me/password", &body)));
    answers
}

#[test]
fn a_common_password_is_refused_wherever_one_is_set() {
    for (way, answer) in set_everywhere("QwertyQwerty") {
        assert_eq!(complaint(&answer), about(422, "password_too_common", "/password"), "{way}");
        assert!(answer.json()["detail"].as_str().unwrap().contains("Choose another"), "{way}");
    }
}

#[test]
fn a_password_that_only_contains_a_common_one_is_taken_wherever_one_is_set() {
    for (way, answer) in set_everywhere("QwertyQwerty and a lamp") {
        assert!(answer.status.is_success(), "{way}: {}", answer.text());
    }
}

#[test]
fn the_organizations_name_is_no_password_wherever_one_is_set() {
    for (way, answer) in set_everywhere("example STUDIO") {
        assert_eq!(complaint(&answer), about(422, "weak_password", "/password"), "{way}");
    }
}

#[test]
fn ones_own_name_and_address_are_no_passwords() {
    for password in ["Ina Ingeborg Client", "inaingeborgclient", "INA.client@client.test"] {
        let mut team = Team::new();
        let invitation = team.invited("ina.client@client.test", "client");
        let token = copied_token(&mut team.owner, &invitation);
        let body = json!({"token": token, "name": "Ina Ingeborg Client", "password": password});
        let answer = team.world.client().post("/v1/invitations/accept", &body);
        assert_eq!(complaint(&answer), about(422, "weak_password", "/password"), "{password}");
    }
}

/// The same letters, typed on a keyboard that sends an accent as a letter of its own.
#[test]
fn a_password_signs_in_however_its_letters_were_typed() {
    let mut team = Team::new();
    let change = json!({"current_password": PASSWORD, "password": "Zwölf Boxkämpfer jagen"});
    team.owner.put("/v1/me/password", &change).ok();
    let typed = json!({"email": OLGA, "password": "Zwo\u{308}lf Boxka\u{308}mpfer jagen"});
    team.world.client().post("/v1/sessions", &typed).ok();
}

#[test]
fn a_hash_of_older_parameters_is_made_anew_at_the_next_sign_in_and_nothing_else_changes() {
    let mut team = Team::new();
    let hash = || {
        let rows =
            team.world.state().database.borrow().query("SELECT password_hash, password_ver FROM users");
        (rows[0]["password_hash"].as_str().unwrap().to_owned(), rows[0]["password_ver"].as_i64().unwrap())
    };
    let version = hash().1;
    dated(&team);
    let wrong = json!({"email": OLGA, "password": "wrong wrong wrong"});
    let refused = team.world.client().post("/v1/sessions", &wrong);
    assert_eq!(refused.refusal(), refusal(401, "invalid_credentials"));
    assert!(hash().0.contains("m=8192,t=1"), "a wrong password makes none");
    sign_in(&mut team.world.client(), OLGA).ok();
    let (renewed, now) = hash();
    assert!(renewed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{renewed}");
    assert_eq!(now, version, "it is the same password: what it opened stays open");
    sign_in(&mut team.world.client(), OLGA).ok();
    assert_eq!(hash().0, renewed, "once");
    team.owner.get("/v1/me").ok();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever stands around a common password, in whatever case it is written: the whole is refused, or the whole is taken.
    /// The set takes one in 4,096 for another: these are long enough to be none of the list, so a refusal is that chance,
    /// and two in a row are not.
    #[test]
    fn a_password_is_compared_as_a_whole(line in 0_usize..7000, before in "[a-z]{3,9} ", after in " [a-z]{3,9}", upper in any::<bool>()) {
        let list = include_str!("../../src/domain/password/common.txt");
        let common = list.lines().filter(|line| !line.starts_with('#')).nth(line).unwrap();
        let common = if upper { common.to_uppercase() } else { common.to_owned() };
        let check = |password: &str| usher::domain::password::check(password, &["x"]);
        prop_assert!(check(&common).is_err());
        let wholes = [format!("{before}{common}"), format!("{common}{after}"), format!("{before}{common}{after}")];
        let refused = wholes.iter().filter(|whole| check(whole).is_err()).count();
        prop_assert!(refused < 2, "{wholes:?}");
    }
}

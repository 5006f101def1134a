//! Handing somebody over to the host product: `/open` sends their browser there with a code, and the product exchanges it for
//! the token that says who they are.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use http::Method;
use serde_json::{Value, json};
use usher::domain::secret;

use crate::api_keys::program;
use crate::support::World;
use crate::support::client::{Answer, Client, PASSWORD, Team};
use crate::{about, another, complaint, copied_token, refusal, remove, sign_in};

/// Where the host product takes people over.
pub const PRODUCT_URL: &str = "https://app.example.test/callback";
/// What it keeps in the cookie of the browser that it sends here.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const ANA: &str = "ana@client.test";

fn team() -> Team {
    let world = World::with_settings(&[("PRODUCT_URL", PRODUCT_URL), ("PRODUCT_NAME", "Postbox")]);
    Team::make(world, "client-links", None)
}

/// What the product made of its verifier.
pub fn state() -> String {
    secret::digest(VERIFIER.as_bytes())
}

/// The address that the product sends browsers to.
pub fn way(organization: &str) -> String {
    format!("/open?organization={organization}&state={}", state())
}

/// What an answer that leads to the product brings there, by name.
pub fn brought(answer: &Answer) -> Option<Vec<(String, String)>> {
    let query = answer.header("location")?.strip_prefix(PRODUCT_URL)?.strip_prefix('?')?;
    assert_eq!(answer.status, 303);
    Some(serde_urlencoded::from_str(query).unwrap())
}

/// The code that this person's browser brings to the product.
#[track_caller]
pub fn code(person: &mut Client, organization: &str) -> String {
    let answer = person.get(&way(organization));
    let brought = brought(&answer).unwrap_or_else(|| panic!("{} {}", answer.status, answer.text()));
    brought.into_iter().find(|(name, _)| name == "code").unwrap().1
}

fn exchange(product: &mut Client, code: &str) -> Answer {
    product.post("/v1/tokens", &json!({"code": code, "verifier": VERIFIER}))
}

fn product(team: &Team) -> Client {
    program(team, &["tokens:issue"])
}

fn claims(token: &str) -> Value {
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// Every statement of it, where there is a host product.
pub fn walk(team: &mut Team) {
    team.owner.get(&format!("/open?state={}", state())).ok();
    let code = code(&mut team.owner, &team.organization);
    exchange(&mut product(team), &code).ok();
}

fn none() -> (u16, String) {
    refusal(404, "hand_over_invalid")
}

#[test]
fn a_member_is_handed_over_with_the_token_that_they_could_ask_for() {
    let mut team = team();
    let mut ana = team.joined(ANA, "client");
    let answer = ana.get(&way(&team.organization));
    let brought = brought(&answer).unwrap();
    let names: Vec<&str> = brought.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["organization", "state", "code"]);
    assert_eq!((&brought[0].1, &brought[1].1), (&team.organization, &state()));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));

    let told = exchange(&mut product(&team), &brought[2].1).ok().json();
    let member = team.member(ANA);
    let me = ana.get("/v1/me").ok().str("/user/id");
    assert_eq!(told["member_id"], member);
    assert_eq!(told["user"], json!({"id": me, "email": ANA, "name": "Somebody New"}));
    let own = ana.post("/v1/me/token", &json!({"organization_id": team.organization})).ok();
    assert_eq!(claims(told["token"].as_str().unwrap()), claims(&own.str("/token")));
    assert_eq!(told["expires_at"], own.json()["expires_at"]);
}

#[test]
fn who_is_not_signed_in_signs_in_first_and_comes_back() {
    let mut team = team();
    team.joined(ANA, "client");
    let mut browser = team.world.client().with_header("accept", "text/html");
    let way_in = browser.get(&way(&team.organization));
    let way_in = way_in.header("location").unwrap().to_owned();
    assert!(way_in.starts_with("/sign-in?to=%2Fopen"), "{way_in}");
    let page = browser.get(&way_in).ok();
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.ends_with("form-action 'self' https://app.example.test"), "{policy}");
    let way = way(&team.organization);
    let fields = [("email", ANA), ("password", PASSWORD), ("to", way.as_str())];
    let signed_in = browser.submit(&way_in, "/sign-in", &fields);
    assert_eq!(signed_in.header("location"), Some(&*way));
    assert!(brought(&browser.get(&way)).is_some());
}

#[test]
fn without_a_host_product_in_the_settings_none_of_it_is_there() {
    let mut team = Team::new();
    let mut key = product(&team);
    assert_eq!(team.owner.get(&way(&team.organization)).status, 404);
    assert_eq!(team.world.client().get(&way(&team.organization)).status, 404);
    assert_eq!(exchange(&mut key, "x").refusal(), refusal(404, "not_found"));
    let policy = team.owner.get("/me").ok();
    assert!(policy.header("content-security-policy").unwrap().ends_with("form-action 'self'"));
}

/// Without a state of its own making the product couldn't tell that it sent this browser here itself.
#[test]
fn there_is_no_code_without_the_digest_of_a_verifier() {
    let mut team = team();
    for state in ["", "abc", &"A".repeat(44), &format!("{}%26x=1", "A".repeat(39)), &"é".repeat(21)] {
        let path = format!("/open?organization={}&state={state}", team.organization);
        let answer = team.owner.get(&path);
        assert_eq!(answer.status, 422, "{state}");
        assert_eq!(answer.header("location"), None, "{state}");
    }
    assert_eq!(team.owner.get("/open").status, 422);
}

/// V3: whoever is in another organization, was removed, or names none that there is.
#[test]
fn nobody_is_handed_over_as_what_they_are_not() {
    let mut team = team();
    let other = another(&team.world);
    let mut ana = team.joined(ANA, "client");
    remove(&team, ANA);
    let own = team.organization.clone();
    for (person, organization) in [
        (&mut ana, own.as_str()),
        (&mut team.owner.clone(), &other.organization),
        (&mut team.owner.clone(), "org_01h455vb4pex5vsknk084sn02q"),
        (&mut team.owner.clone(), "example-studio"),
    ] {
        let answer = person.get(&way(organization));
        assert_eq!((answer.status.as_u16(), answer.header("location")), (404, None), "{organization}");
    }
}

#[test]
fn before_the_second_factor_that_is_asked_for_nobody_is_handed_over() {
    let mut team = team();
    let mut mia = team.joined("mia.member@studio.test", "member").with_header("accept", "text/html");
    let early = code(&mut mia, &team.organization);
    team.world.state().database.borrow().change("UPDATE organizations SET require_mfa = 1");
    let answer = mia.get(&way(&team.organization));
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("/me/security/two-step?to=%2Fopen"), "{}", answer.text());
    assert_eq!(exchange(&mut product(&team), &early).refusal(), none());
}

/// An account that somebody set up ahead of its holder is nobody's yet: not in their own organization, which it is confined to,
/// and in no other.
#[test]
fn an_account_that_nobody_proved_is_handed_over_nowhere() {
    let mut team = team();
    let id = team.invited("victim@client.test", "client");
    let token = copied_token(&mut team.owner, &id);
    let mut squatter = team.world.client();
    squatter.accept(&token, "Not The Victim").ok();
    let mut browser = squatter.with_header("accept", "text/html");
    for way in [way(&team.organization), format!("/open?state={}", state())] {
        let answer = browser.get(&way);
        assert_eq!((answer.status.as_u16(), answer.header("location")), (403, None));
        assert!(answer.text().contains("/forgot-password?to=%2Fopen"), "{}", answer.text());
    }
    let other = another(&team.world);
    assert_eq!(browser.get(&way(&other.organization)).status, 404);
}

#[test]
fn a_code_is_over_after_a_minute_with_its_session_and_with_its_membership() {
    let mut team = team();
    let mut product = product(&team);
    let mut ana = team.joined(ANA, "client");
    let late = code(&mut ana, &team.organization);
    team.world.pass(Duration::from_secs(59));
    exchange(&mut product, &late).ok();
    team.world.pass(Duration::from_secs(1));
    assert_eq!(exchange(&mut product, &late).refusal(), none());

    let after_sign_out = code(&mut ana, &team.organization);
    let mut elsewhere = team.world.client();
    sign_in(&mut elsewhere, ANA).ok();
    ana.delete("/v1/sessions/current").ok();
    assert_eq!(exchange(&mut product, &after_sign_out).refusal(), none(), "another session is not this one");

    let after_removal = code(&mut elsewhere, &team.organization);
    remove(&team, ANA);
    assert_eq!(exchange(&mut product, &after_removal).refusal(), none());
    // Somebody who comes in again is another member.
    team.world.pass(Duration::from_secs(1));
    team.invited(ANA, "client");
    team.world.deliver();
    let token = team.world.mailed_token(ANA);
    crate::accept_signed_in(&mut elsewhere, &token).ok();
    assert_eq!(exchange(&mut product, &after_removal).refusal(), none());
    exchange(&mut product, &code(&mut elsewhere, &team.organization)).ok();
}

/// Whoever reads a code on its way (a log, the history, a window over a shoulder) lacks the verifier, which never was in an
/// address; and a code that somebody was given of their own fits no other browser.
#[test]
fn a_code_is_worth_nothing_without_its_verifier() {
    let mut team = team();
    let mut product = product(&team);
    let code = code(&mut team.owner, &team.organization);
    let other = "x".repeat(43);
    for verifier in [other.as_str(), &state(), ""] {
        let body = json!({"code": code, "verifier": verifier});
        assert_eq!(product.post("/v1/tokens", &body).refusal(), none(), "{verifier}");
    }
    for wrong in ["", "x", &code[1..], &code[..code.len() - 1]] {
        assert_eq!(exchange(&mut product, wrong).refusal(), none(), "{wrong}");
    }
    for (body, wrong) in [
        (json!({"code": code}), about(422, "required", "/verifier")),
        (json!({"verifier": VERIFIER}), about(422, "required", "/code")),
        (json!({"code": code, "verifier": VERIFIER, "state": 1}), about(422, "unknown_field", "/state")),
    ] {
        assert_eq!(complaint(&product.post("/v1/tokens", &body)), wrong);
    }
    exchange(&mut product, &code).ok();
}

/// V10: no token of another purpose is a code, and a code is none of those.
#[test]
fn a_code_is_no_other_token() {
    let mut team = team();
    let code = code(&mut team.owner, &team.organization);
    let preview = team.world.client().post("/v1/invitations/preview", &json!({"token": code}));
    assert_eq!(preview.refusal(), refusal(404, "invitation_invalid"));
    let mut bearer = team.world.client().bearer(&code);
    assert_eq!(bearer.get(&team.path("/members")).refusal(), refusal(401, "unauthenticated"));
    let id = team.invited(ANA, "client");
    let link = copied_token(&mut team.owner, &id);
    assert_eq!(exchange(&mut product(&team), &link).refusal(), none());
    let token = team.owner.post("/v1/me/token", &json!({"organization_id": team.organization})).ok();
    assert_eq!(exchange(&mut product(&team), &token.str("/token")).refusal(), none());
}

#[test]
fn only_a_key_of_that_organization_with_the_scope_exchanges_a_code() {
    let mut team = team();
    let other = another(&team.world);
    let code = code(&mut team.owner, &team.organization);
    assert_eq!(exchange(&mut program(&other, &["tokens:issue"]), &code).refusal(), none());
    let mut narrow = program(&team, &["access:check", "members:read"]);
    assert_eq!(exchange(&mut narrow, &code).refusal(), refusal(403, "insufficient_scope"));
    assert_eq!(exchange(&mut narrow, "x").refusal(), refusal(403, "insufficient_scope"));
    assert_eq!(exchange(&mut team.world.client(), &code).refusal(), refusal(401, "unauthenticated"));
    assert_eq!(exchange(&mut team.world.operator(), &code).refusal(), refusal(403, "forbidden"));
    assert_eq!(exchange(&mut team.owner, &code).refusal(), refusal(403, "forbidden"), "not even their own");
}

/// Whom a key acts for may not learn by it who others are.
#[test]
fn in_a_members_name_a_key_exchanges_their_own_code_or_whatever_those_do_who_run_the_organization() {
    let mut team = team();
    let mut ana = team.joined(ANA, "client");
    let (of_ana, of_olga) = (code(&mut ana, &team.organization), code(&mut team.owner, &team.organization));
    let mut as_ana = product(&team).with_header("usher-actor", &team.member(ANA));
    exchange(&mut as_ana, &of_ana).ok();
    assert_eq!(exchange(&mut as_ana, &of_olga).refusal(), refusal(403, "forbidden"));
}

#[test]
fn who_does_not_say_which_organization_goes_to_the_only_one_or_chooses() {
    let team = team();
    let anywhere = format!("/open?state={}", state());
    let mut olga = team.owner.clone().with_header("accept", "text/html");
    let brought_there = brought(&olga.get(&anywhere)).unwrap();
    assert_eq!(brought_there[0].1, team.organization);

    let name = json!({"name": "Second <Studio>", "template": "team",
        "owner": {"email": "olga.owner@studio.test", "name": "Olga Owner"}});
    let second = team.world.operator().post("/v1/organizations", &name).ok().str("/id");
    team.world.deliver();
    let token = team.world.mailed_token("olga.owner@studio.test");
    crate::accept_signed_in(&mut olga, &token).ok();
    let page = olga.get(&anywhere).ok();
    assert_eq!(page.status, 200);
    let text = page.text();
    assert!(
        text.contains("Continue to <bdi>Postbox</bdi>") && text.contains("Second &#60;Studio&#62;"),
        "{text}"
    );
    for organization in [&second, &team.organization] {
        let way = format!("/open?organization={organization}&#38;state={}", state());
        assert!(text.contains(&way), "{text}");
        assert_eq!(brought(&olga.get(&way.replace("&#38;", "&"))).unwrap()[0].1, **organization);
    }

    let mut nowhere = crate::support::scene::somebody(&team.world, "nobody@else.test");
    assert_eq!(nowhere.get(&anywhere).header("location"), Some("/me"));
    assert!(team.world.client().get(&anywhere).header("location").unwrap().starts_with("/sign-in?to="));
}

/// Scanners open addresses, and so does a browser that looks ahead.
#[test]
fn opening_it_writes_nothing_and_no_code_is_kept() {
    let mut team = team();
    let mut ana = team.joined(ANA, "client");
    ana.get("/me").ok();
    let before = team.world.state().database.borrow().dump();
    let head = ana.send(&Method::HEAD, &way(&team.organization), None, Vec::new());
    assert!(brought(&head).is_some() && head.body.is_empty());
    let code = code(&mut ana, &team.organization);
    assert_eq!(team.world.state().database.borrow().dump(), before);
    exchange(&mut product(&team), &code).ok();
    assert!(!team.world.log_text().contains(&code));
}

#[test]
fn ones_own_page_leads_to_the_product() {
    let mut team = team();
    let text = team.owner.get("/me").ok().text();
    assert!(text.contains(&format!("href=\"{PRODUCT_URL}\">Open <bdi>Postbox</bdi>")), "{text}");
    let nowhere = crate::support::scene::somebody(&team.world, "nobody@else.test").get("/me").ok();
    assert!(!nowhere.text().contains(PRODUCT_URL));
}

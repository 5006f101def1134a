//! What is tried with addresses, names, hosts and networks.

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::support::World;
use crate::support::client::{Answer, Team};
use crate::{MIA, invited, other_team, refusal, with_token};
use serde_json::{Value, json};

#[test]
fn v27_what_only_looks_like_an_address_is_refused() {
    let mut team = Team::new();
    for wrong in
        ["a@b@example.test", "ana@example.test.", "ana@-example.test", "ana@exämple.test", "@example.test"]
    {
        let answer = team.owner.invite(&team.organization.clone(), wrong, "member");
        assert_eq!(answer.refusal(), refusal(422, "invalid_email"), "{wrong}");
    }
}

#[test]
fn v29_a_network_is_what_the_platform_says_and_ipv6_its_64() {
    let world = World::new();
    let limit = (usher::platform::Limit::Network, "preview:2001:db8:0:1::/64".to_owned());
    world.state().limited.borrow_mut().push(limit);
    for address in ["2001:db8:0:1::1", "2001:0DB8:0000:0001:ffff::2", "2001:db8:0:1:9:9:9:9"] {
        let mut bot = world.client().with_header("cf-connecting-ip", address);
        let mut bot2 = bot.clone().with_header("x-forwarded-for", "203.0.113.7");
        assert_eq!(with_token(&mut bot, "preview", "x").status, 429, "{address}");
        assert_eq!(with_token(&mut bot2, "preview", "x").status, 429, "{address}");
    }
}

/// Names stand in mails that the service sends: they carry no advertisement, no second line and nothing invisible.
#[test]
fn v33_a_name_that_could_advertise_or_spoof_is_refused_wherever_one_is_typed() {
    let (mut team, _, token) = invited("member");
    for wrong in [
        "Win https://evil.test now",
        "www.evil.test",
        "evil.com",
        "Ana\r\nBcc: all@client.test",
        "Ana\nClient",
        "Ana\u{202e}tneilC",
        "Ana\u{0}",
        "Ana\u{7f}",
    ] {
        for field in ["name", "nickname"] {
            let mut body = json!({"kind": "email", "role": "member", "email": "new@studio.test"});
            body[field] = json!(wrong);
            let answer = team.owner.post(&team.path("/invitations"), &body);
            assert_eq!(answer.refusal(), refusal(422, "invalid_value"), "{field} {wrong:?}");
        }
        let organization = json!({
            "name": wrong, "template": "team", "owner": {"email": "o@new.test", "name": "O"},
        });
        let answer = team.world.operator().post("/v1/organizations", &organization);
        assert_eq!(answer.refusal(), refusal(422, "invalid_value"), "{wrong:?}");
        let answer = team.world.client().accept(&token, wrong);
        assert_eq!(answer.refusal(), refusal(422, "invalid_value"), "{wrong:?}");
    }
}

#[test]
fn v33_what_the_inviter_types_stands_in_no_header_of_the_mail() {
    let mut team = Team::new();
    let body = json!({
        "kind": "email", "role": "member", "email": MIA, "name": "Zebra Name", "nickname": "Zebra Nick",
        "message": "Zebra message\r\nBcc: all@client.test",
    });
    team.owner.post(&team.path("/invitations"), &body).ok();
    team.world.deliver();
    let mail = team.world.mailbox().into_iter().find(|mail| mail["to"] == MIA).unwrap();
    for header in ["subject", "from", "to"] {
        let text = mail[header].as_str().unwrap();
        assert!(!text.contains("Zebra") && !text.contains('\n') && !text.contains('\r'), "{header}: {text}");
    }
    assert!(!mail["html"].as_str().unwrap().contains("Zebra Nick"), "the nickname is for the inviter's side");
}

/// Links are made of the configured origin; what a request says of itself is never looked at.
#[test]
fn v34_a_spoofed_host_makes_no_link() {
    let mut team = Team::new();
    let mut spoofed = team.owner.clone();
    for header in ["host", "x-forwarded-host", "x-forwarded-server", "x-original-url", "forwarded"] {
        spoofed = spoofed.with_header(header, "evil.test");
    }
    spoofed = spoofed.with_header("x-forwarded-proto", "https");
    let invitation = spoofed.invite(&team.organization, MIA, "member").ok().str("/id");
    let url = spoofed.post(&format!("/v1/invitations/{invitation}/link"), &json!({})).ok().str("/url");
    assert!(url.starts_with("http://localhost:8787/i/"), "{url}");
    team.world.deliver();
    let mail = team.world.mailbox().pop().unwrap().to_string();
    assert!(!mail.contains("evil.test"));
    let token = team.world.mailed_token(MIA);
    let page = team.world.client().with_header("host", "evil.test").get(&format!("/i/{token}")).text();
    assert!(!page.contains("evil.test"));
    team.owner.get("/v1/me").ok();
}

/// No answer outside a valid link tells whether an address has an account.
#[test]
fn v35_signing_in_and_inviting_answer_alike_for_known_and_unknown_addresses() {
    let mut team = Team::new();
    let mut other = other_team(&team.world);
    team.joined(MIA, "member");
    let told = |answer: &Answer| {
        let mut body = answer.json();
        body["request_id"] = Value::Null;
        (answer.status.as_u16(), body.to_string())
    };
    let mut eve = team.world.client();
    let mut sign_in = |email: &str| {
        told(&eve.post("/v1/sessions", &json!({"email": email, "password": "not the password"})))
    };
    assert_eq!(sign_in(MIA), sign_in("nobody@studio.test"));
    let mut invite = |email: &str| {
        let answer = other.owner.invite(&other.organization.clone(), email, "member").ok().json();
        answer.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(invite(MIA), invite("nobody@studio.test"));
}

/// An address to go on to comes from the browser: it is looked at when it comes, and again when it is used.
#[test]
fn v04_no_way_in_leads_anywhere_else() {
    let mut team = Team::new();
    let mine = "olga.owner@studio.test";
    for away in [
        "https://evil.test/",
        "//evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "/%2f%2fevil.test",
        "/me/../..//evil.test",
        "javascript:alert(1)",
        "/me\r\nLocation: https://evil.test",
        "/sign-out",
        "/v1/me",
        " /me",
    ] {
        let mut olga = team.world.client();
        let form = [("email", mine), ("password", crate::support::client::PASSWORD), ("to", away)];
        let answer = olga.submit("/sign-in", "/sign-in", &form).ok();
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/me")), "{away:?}");
        // And where the browser kept it while a mail came.
        let kept = Base64UrlUnpadded::encode_string(away.as_bytes());
        let mut olga = team.world.client().with_cookie("__Host-usher_back", &kept);
        team.world.pass(std::time::Duration::from_hours(1));
        olga.post("/v1/password-resets", &json!({"email": mine})).ok();
        team.world.deliver();
        let page = format!("/reset/{}", team.world.mailed_password_token(mine));
        let answer = olga.submit(&page, &page, &[("password", crate::support::client::PASSWORD)]).ok();
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/me")), "{away:?}");
    }
    let way =
        team.world.client().get("/o/studio/team?x=https://evil.test").header("location").unwrap().to_owned();
    assert!(way.starts_with("/sign-in?to=%2Fo%2Fstudio%2Fteam"), "{way}");
    team.owner.get("/healthz").ok();
}

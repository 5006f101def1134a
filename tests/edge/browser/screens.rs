//! Every page and every mail, on every screen.
//!
//! The rule: whatever it shows and whatever people call themselves, it fits, and axe-core has nothing to say.

use fantoccini::Locator;
use serde_json::json;
use usher::domain::link::{Link, Via};
use usher::domain::time::Timestamp;

use super::chromium::{Browser, run, server};
use super::look::{OF_MAILS, OF_PAGES, WIDTHS};
use crate::harness::{ROOT_KEY, Team};

/// Names that fill a line, run the other way, or count as many letters as they are.
fn hostile_names() -> [(&'static str, String); 4] {
    [
        ("long", "W".repeat(80)),
        ("arabic", "مؤسسة عائشة القحطاني للتصميم والنشر".to_owned()),
        ("chinese", "上海市浦东新区世纪大道设计与出版工作室有限责任公司".repeat(3)),
        ("emoji", "👩‍👩‍👧‍👦".repeat(40)),
    ]
}

/// An organization and an owner of this name invite somebody of this name. Answers the paths of the invitation and of
/// its mail.
fn named(name: &str) -> (String, String) {
    let server = server();
    let owner_address = server.address("olga.owner");
    let body = json!({"name": name, "template": "team", "owner": {"email": owner_address, "name": name}});
    let organization = server.operator().post("/v1/organizations", &body).ok().str("/id");
    let mut owner = server.client();
    owner.sign_up(&server.mailed_token(&owner_address, 1), name).ok();
    let mia = server.address("mia.member");
    let body = json!({"kind": "email", "role": "member", "email": mia, "name": name, "message": name});
    owner.post(&format!("/v1/organizations/{organization}/invitations"), &body).ok();
    let mail = server.mail(&mia, 1);
    let part = format!("/dev/mailbox/{}", mail["id"].as_str().unwrap());
    (format!("/i/{}", server.mailed_token(&mia, 1)), part)
}

#[test]
fn every_page_fits_every_screen_and_axe_finds_nothing() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        // What axe says nothing about must be because nothing is wrong: here it must speak.
        browser
            .goto(
                "data:text/html,<body><img src=x><input><p style='color:%23bbb;background:%23fff'>faint</p>",
            )
            .await;
        browser.set("light", 320);
        let known = browser.axe(OF_PAGES).await.join("\n");
        for rule in ["color-contrast", "document-title", "html-has-lang", "image-alt", "label"] {
            assert!(known.contains(&format!("{rule}: ")), "axe ran: {rule} in {known}");
        }

        let mut faults = Vec::new();
        let nobody = server.client();
        let mut team = Team::new(server);
        browser.be(&nobody);
        for (name, path) in [("sign-in", "/sign-in"), ("nowhere", "/nowhere"), ("forged", "/i/forged")] {
            browser.goto(path).await;
            faults.extend(browser.look(name, WIDTHS, OF_PAGES).await);
        }
        browser.goto("/sign-in").await;
        browser.press("Sign in").await;
        faults.extend(browser.look("sign-in-wrong", WIDTHS, OF_PAGES).await);

        let mia_address = server.address("mia.member");
        let message = "Hi Mia,\nthis is where we plan the spring campaign. Have a look at the drafts, and tell me what \
                       you would change.";
        let body = json!({"kind": "email", "role": "member", "email": mia_address, "name": "Mia Member", "message": message});
        let first = team.owner.post(&team.path("/invitations"), &body).ok().str("/id");
        let open = format!("/i/{}", server.mailed_token(&mia_address, 1));
        browser.goto(&open).await;
        faults.extend(browser.look("invitation-new", WIDTHS, OF_PAGES).await);
        browser.client.find(Locator::Id("name")).await.unwrap().clear().await.unwrap();
        browser.press("Create account and join").await;
        faults.extend(browser.look("invitation-wrong", WIDTHS, OF_PAGES).await);
        browser.goto(&format!("{open}/decline")).await;
        faults.extend(browser.look("decline", WIDTHS, OF_PAGES).await);
        browser.be(&team.owner);
        browser.goto(&open).await;
        faults.extend(browser.look("invitation-other-account", WIDTHS, OF_PAGES).await);
        browser.goto("/me").await;
        faults.extend(browser.look("me", WIDTHS, OF_PAGES).await);

        // Mails, as wide as programs show them.
        let owner = server.address("oscar.owner");
        let body = json!({"name": "Other Studio", "template": "team", "owner": {"email": owner, "name": "Oscar Owner"}});
        server.operator().post("/v1/organizations", &body).ok();
        for (name, address) in [("mail-message", &mia_address), ("mail-owner", &owner)] {
            let mail = server.mail(address, 1);
            browser.goto(&format!("/dev/mailbox/{}", mail["id"].as_str().unwrap())).await;
            faults.extend(browser.look(name, [320, 640], OF_MAILS).await);
        }
        browser.goto("/dev/mailbox").await;
        faults.extend(browser.look("mailbox", WIDTHS, OF_PAGES).await);

        // The invitation's other faces.
        team.owner.post(&format!("/v1/invitations/{first}/resend"), &json!({})).ok();
        browser.be(&nobody);
        browser.goto(&open).await;
        faults.extend(browser.look("closed-replaced", WIDTHS, OF_PAGES).await);
        let again = server.mailed_token(&mia_address, 2);
        let mut mia = server.client();
        mia.sign_up(&again, "Mia Member").ok();
        browser.goto(&format!("/i/{again}")).await;
        faults.extend(browser.look("closed-used", WIDTHS, OF_PAGES).await);
        let mut other = Team::new(server);
        let second = other.invite(&mia_address, "admin").ok().str("/id");
        let path = format!("/i/{}", server.mailed_token(&mia_address, 3));
        browser.goto(&path).await;
        faults.extend(browser.look("invitation-sign-in", WIDTHS, OF_PAGES).await);
        browser.be(&mia);
        browser.goto(&path).await;
        faults.extend(browser.look("invitation-one-click", WIDTHS, OF_PAGES).await);
        other.owner.post(&format!("/v1/invitations/{second}/revoke"), &json!({})).ok();
        browser.goto(&path).await;
        faults.extend(browser.look("closed-revoked", WIDTHS, OF_PAGES).await);
        let (third, token) = other.invited(&server.address("carl.client"), "client");
        let link = Link {
            invitation_id: third.parse().unwrap(),
            organization_id: other.organization.parse().unwrap(),
            ver: 1,
            via: Via::Email,
            given: 0,
        };
        let over = link.sign(&server.keys(ROOT_KEY), Timestamp::from_seconds(1_700_000_000));
        browser.goto(&format!("/i/{over}")).await;
        assert_eq!(browser.heading().await, "This invitation expired on 14 November 2023");
        faults.extend(browser.look("closed-expired", WIDTHS, OF_PAGES).await);
        browser.be(&nobody);
        browser.goto(&format!("/i/{token}/decline")).await;
        browser.press("Decline the invitation").await;
        faults.extend(browser.look("declined", WIDTHS, OF_PAGES).await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[test]
fn names_of_any_length_and_script_fit_every_screen() {
    run(async {
        let browser = Browser::start(true).await;
        let mut faults = Vec::new();
        for (name, called) in hostile_names() {
            let (path, mail) = named(&called);
            browser.goto(&path).await;
            faults.extend(browser.look(&format!("name-{name}"), WIDTHS, OF_PAGES).await);
            browser.goto(&format!("{path}/decline")).await;
            faults.extend(browser.look(&format!("name-{name}-decline"), WIDTHS, OF_PAGES).await);
            browser.goto(&mail).await;
            faults.extend(browser.look(&format!("name-{name}-mail"), [320, 640], OF_MAILS).await);
        }
        browser.goto("/dev/mailbox").await;
        faults.extend(browser.look("name-all-mailbox", WIDTHS, OF_PAGES).await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

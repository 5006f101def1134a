//! The ways in besides an invitation by e-mail: a link for many, and being added.
//!
//! The rule: whatever such a page or mail shows, it fits, axe-core has nothing to say, and it leads where it says.

use base64ct::{Base64, Encoding};
use serde_json::json;

use super::chromium::{Browser, run, server};
use super::look::{OF_MAILS, OF_PAGES, WIDTHS};
use crate::harness::{PASSWORD, Team};

/// A ring, as an organization's logo.
const LOGO: &str = "iVBORw0KGgoAAAANSUhEUgAAAEgAAABICAIAAADajyQQAAABLklEQVR42u3b0Q3DMAgEUKbocJ2k26cLJJIxB4bLRf2tzVMaFTCxi/QywQS7rs/v6/20hm148oTWh4TlWTcSimc9SXGedSZFeDZCtWGzKSqvzaaQvDwbp1q02UTViu2tsIIHPWkLg29Z/I/vhp3KX1H7wmAHqwQH7Hg1FQ8gCkutgsGwJqpgMKWwva9gYFhVzSK3q23CsE8/arVH2BFVkg0PS0rB0mGpGXN88RtYfO/snN21AgxWUI8kwmrKNsivEQMrKyIFE0wwIlhlE0p3TDDBBBsBG58r0mb3I+sx2gr67T2PkV0q2r4icyeYtnfPfNpCez7GfKJJewbNPDVAO+fBPJmjIbGZMNp5ReYJ0z689VA1xX3a5g1Sb0qc4EUC09tIVTxUMHrjb9pFC/sD+FV07sYYOAwAAAAASUVORK5CYII=";

#[test]
fn a_link_for_many_looks_like_the_organizations_and_lets_somebody_in() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        let mut team = Team::of(server, "client-links", None);
        let logo = Base64::decode_vec(LOGO).unwrap();
        team.owner.send("PUT", &team.path("/logo"), Some("image/png"), &logo).ok();
        let branding =
            json!({"name": "Bright Bakery Marketing", "message": "Connect your pages here,\nand we begin."});
        let body = json!({"kind": "link", "role": "client", "nickname": "Bakery", "branding": branding});
        let id = team.owner.post(&team.path("/invitations"), &body).ok().str("/id");
        let path = format!("/i/{}", server.token_in(&copied(&mut team, &id)));

        let mut faults = Vec::new();
        browser.goto(&path).await;
        assert_eq!(browser.heading().await, "Join Bright Bakery Marketing");
        assert_eq!(browser.client.title().await.unwrap(), "Join Bright Bakery Marketing");
        let drawn = "return document.querySelector('.logo').naturalWidth;";
        assert_eq!(browser.client.execute(drawn, vec![]).await.unwrap(), 72, "the logo is there");
        faults.extend(browser.look("link-new", WIDTHS, OF_PAGES).await);
        browser.press("Create account and join").await;
        faults.extend(browser.look("link-wrong", WIDTHS, OF_PAGES).await);
        browser.fill("Your name", "Ana Client").await;
        browser.fill("Your e-mail address", &server.address("ana.client")).await;
        browser.fill("Choose a password", PASSWORD).await;
        browser.press("Create account and join").await;
        assert!(browser.path().await.starts_with("/w/wsp_"), "in what they were invited to");
        browser.goto("/me").await;
        faults.extend(browser.look("me-unconfirmed", WIDTHS, OF_PAGES).await);

        browser.be(&team.owner);
        browser.goto(&path).await;
        faults.extend(browser.look("link-one-click", WIDTHS, OF_PAGES).await);
        browser.be(&server.client());
        team.owner.post(&format!("/v1/invitations/{id}/disable"), &json!({})).ok();
        browser.goto(&path).await;
        faults.extend(browser.look("link-disabled", WIDTHS, OF_PAGES).await);
        team.owner.post(&format!("/v1/invitations/{id}/enable"), &json!({})).ok();
        team.owner.send_json("PATCH", &format!("/v1/invitations/{id}"), &json!({"max_uses": 1})).ok();
        browser.goto(&path).await;
        faults.extend(browser.look("link-full", WIDTHS, OF_PAGES).await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[test]
fn who_is_added_reads_it_in_a_mail_and_sets_a_password() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        let mut team = Team::of(server, "client-portal", None);
        let mut faults = Vec::new();
        let ana = server.address("ana.client");
        let body = json!({"role": "client", "email": ana, "name": "Ana Client", "notify": true});
        team.owner.post(&team.path("/members"), &body).ok();
        let mail = server.mail(&ana, 1);
        browser.goto(&format!("/dev/mailbox/{}", mail["id"].as_str().unwrap())).await;
        faults.extend(browser.look("mail-added", [320, 640], OF_MAILS).await);
        let text = mail["text"].as_str().unwrap();
        let start = text.find("/reset/").expect("a link to set a password");
        let link = text[start..].split_whitespace().next().unwrap();
        server.keep_secret(link.trim_start_matches("/reset/"));

        browser.goto(link).await;
        assert_eq!(browser.heading().await, "Set your password");
        faults.extend(browser.look("reset", WIDTHS, OF_PAGES).await);
        browser.fill("Choose a password", "short").await;
        browser.press("Set password and sign in").await;
        faults.extend(browser.look("reset-wrong", WIDTHS, OF_PAGES).await);
        browser.fill("Choose a password", PASSWORD).await;
        browser.press("Set password and sign in").await;
        assert_eq!(browser.path().await, "/me");
        browser.goto(link).await;
        faults.extend(browser.look("reset-used", WIDTHS, OF_PAGES).await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

fn copied(team: &mut Team<'_>, invitation: &str) -> String {
    team.owner.post(&format!("/v1/invitations/{invitation}/link"), &json!({})).ok().str("/url")
}

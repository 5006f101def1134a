//! What somebody is told of, and how they choose it; and how the e-mails of an invitation are told to whoever sent it.
//!
//! The rule: a choice is made as a person makes one, with scripts and without; and each state fits every screen.

use fantoccini::Locator;
use serde_json::json;

use super::chromium::{Browser, run, server};
use super::look::{OF_PAGES, WIDTHS};
use crate::harness::Team;

const PAGE: &str = "/me/notifications/settings";

impl Browser {
    /// Whether this box is checked.
    async fn is_checked(&self, id: &str) -> bool {
        let script = "return document.getElementById(arguments[0]).checked";
        self.client.execute(script, vec![json!(id)]).await.unwrap().as_bool().unwrap()
    }

    /// Presses this box.
    async fn turn(&self, id: &str) {
        let found = self.client.find(Locator::XPath(&format!("//input[@id='{id}']"))).await;
        found.unwrap_or_else(|_| panic!("no box {id}")).click().await.unwrap();
    }
}

#[test]
fn somebody_chooses_what_they_are_told_with_and_without_scripts() {
    run(async {
        for scripts in [true, false] {
            let browser = Browser::start(scripts).await;
            let team = Team::of(server(), "client-links", None);
            browser.be(&team.owner);
            browser.goto("/me/notifications").await;
            browser.press("Choose what you are told").await;
            assert_eq!(browser.heading().await, "What you are told");
            browser.turn("invitation.accepted/by_email").await;
            browser.turn("access.asked/in_app").await;
            browser.press("Save").await;
            assert!(browser.text().await.contains("Saved. You are told so from now on."));
            assert!(browser.path().await.starts_with(PAGE));
            assert!(browser.is_checked("invitation.accepted/by_email").await);
            assert!(!browser.is_checked("access.asked/in_app").await);
            assert!(browser.is_checked("access.asked/by_email").await, "what was not touched stays");
        }
    });
}

#[test]
fn what_somebody_is_told_fits_every_screen() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        let mut team = Team::of(server, "client-links", None);
        let mut faults = Vec::new();
        browser.be(&team.owner);
        browser.goto(PAGE).await;
        faults.extend(browser.look("told", WIDTHS, OF_PAGES).await);
        let mut other = Team::of(server, "team", None);
        let (_, token) = other.invited(&team.owner_address, "admin");
        team.owner.post("/v1/invitations/accept", &json!({"token": token})).ok();
        let name = json!({"name": "مؤسسة عائشة القحطاني للتصميم والنشر"});
        other.owner.send_json("PATCH", &other.path(""), &name).ok();
        browser.goto(PAGE).await;
        faults.extend(browser.look("told-two", WIDTHS, OF_PAGES).await);
        let (_, token) = team.invited(&server.address("ana.client"), "client");
        let mut ana = server.client();
        ana.sign_up(&token, "Ana Client").ok();
        browser.be(&ana);
        browser.goto(PAGE).await;
        faults.extend(browser.look("told-client", WIDTHS, OF_PAGES).await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[test]
fn how_the_emails_of_an_invitation_went_fits_every_screen() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        let mut team = Team::of(server, "team", Some(5));
        let slug = team.owner.get(&team.path("")).ok().str("/slug");
        browser.be(&team.owner);
        let mut faults = Vec::new();
        // As if a provider had told it, of a mail that was sent twice.
        let step = "INSERT INTO invitation_steps (invitation_id, ver, step, at, why)
                    SELECT invitation_id, ver, ?2, done_at + 1000, nullif(?3, '') FROM jobs
                    WHERE invitation_id = ?1 AND kind = 'invitation_email' AND ver = CAST(?4 AS INTEGER)";
        let delivery = "UPDATE invitations SET delivery = ?2 WHERE id = ?1";
        for (who, told, why, look) in [
            ("mia.member", "delivered", "", "team-invitation-delivered"),
            ("nora.member", "bounced", "no_mailbox", "team-invitation-bounced"),
            ("otto.member", "complained", "", "team-invitation-reported"),
        ] {
            let address = server.address(who);
            let id = team.invite(&address, "member").ok().str("/id");
            server.mail_about(&address, "Olga Owner invited you");
            server.batch(&[(step, &[&id, "failed", "mailbox_full", "1"])]);
            team.owner.post(&format!("/v1/invitations/{id}/resend"), &json!({})).ok();
            let sent = "SELECT count(*) FROM jobs WHERE invitation_id = ?1 AND done_at IS NOT NULL";
            crate::harness::wait_for("the second", || (server.count(sent, &id) == 2).then_some(()));
            server.batch(&[(step, &[&id, told, why, "2"]), (delivery, &[&id, told])]);
            browser.goto(&format!("/o/{slug}/invitations/{id}")).await;
            faults.extend(browser.look(look, WIDTHS, OF_PAGES).await);
            if told == "bounced" {
                let way = browser.client.find(Locator::LinkText("Fix the address")).await.unwrap();
                way.click().await.unwrap();
                let field = "return location.hash === '#email' && !!document.querySelector(':target')";
                let there = browser.client.execute(field, vec![]).await.unwrap();
                assert_eq!(there, json!(true), "the field of the address");
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

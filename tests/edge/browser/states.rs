//! The states that nobody passes through on the way to something: what is shut, over, missing, or asked for.
//!
//! The rule: they are looked at as carefully as the others, for whoever meets one is stuck there.

use serde_json::json;

use super::chromium::{Browser, run, server};
use super::look::{OF_PAGES, WIDTHS};
use crate::harness::{Client, PASSWORD, Team};

/// Somebody who joined with an account, and what their address is.
fn joined<'a>(team: &Team<'a>, who: &str, role: &str, name: &str) -> (Client<'a>, String) {
    let address = team.server.address(who);
    let (_, token) = team.invited(&address, role);
    let mut person = team.server.client();
    person.sign_up(&token, name).ok();
    (person, address)
}

impl Browser {
    /// Opens a page, which begins with this heading, and looks at it.
    async fn sees(&self, path: &str, heading: &str, name: &str) -> Vec<String> {
        self.goto(path).await;
        assert_eq!(self.heading().await, heading, "{path}");
        self.look(name, WIDTHS, OF_PAGES).await
    }
}

#[test]
fn an_invitation_that_lets_nobody_in_fits_every_screen() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        let mut faults = Vec::new();

        // No seat, and then no trial any more: it shows when somebody tries.
        let mut full = Team::of(server, "team", Some(1));
        let (_, token) = full.invited(&server.address("mia.member"), "member");
        let path = format!("/i/{token}");
        let plan = json!({"key": "small", "seat_limit": 0});
        server.operator().send_json("PUT", &full.path("/plan"), &plan).ok();
        browser.goto(&path).await;
        browser.fill("Your name", "Mia Member").await;
        browser.fill("Choose a password", PASSWORD).await;
        browser.press("Create account and join").await;
        assert_eq!(browser.heading().await, "There is no free seat");
        faults.extend(browser.look("closed-seats", WIDTHS, OF_PAGES).await);
        let trial = json!({"key": "trial", "seat_limit": null, "trial_ends_at": "2020-01-01T00:00:00Z"});
        server.operator().send_json("PUT", &full.path("/plan"), &trial).ok();
        browser.goto(&path).await;
        browser.fill("Your name", "Mia Member").await;
        browser.fill("Choose a password", PASSWORD).await;
        browser.press("Create account and join").await;
        assert_eq!(browser.heading().await, "Nobody new can join now");
        faults.extend(browser.look("closed-trial", WIDTHS, OF_PAGES).await);
        browser.press("Tell whoever invited you").await;
        faults.extend(browser.look("asked", WIDTHS, OF_PAGES).await);
        browser.be(&full.owner);
        let slug = full.owner.get(&full.path("")).ok().str("/slug");
        let seats = format!("/o/{slug}/settings/seats");
        faults.extend(browser.sees(&seats, "Plan and seats", "seats-trial").await);
        faults.extend(browser.sees("/me/notifications", "Notifications", "notifications").await);

        // Somebody who was let in and removed.
        let mut team = Team::of(server, "team", None);
        let mia = server.address("mia.member");
        let (_, token) = team.invited(&mia, "member");
        let mut person = server.client();
        person.sign_up(&token, "Mia Member").ok();
        let member = team.owner.get(&team.path("/members?role=member")).ok().str("/data/0/id");
        team.owner.send("DELETE", &format!("/v1/members/{member}"), None, b"").ok();
        browser.be(&person);
        let path = format!("/i/{token}");
        faults.extend(browser.sees(&path, "Your access was removed", "closed-removed").await);
        faults.extend(browser.sees("/me", "Your workspaces", "me-none").await);
        faults.extend(browser.sees("/me/notifications", "Notifications", "notifications-removed").await);

        // An address that nobody proved: a link for many took it as it was typed, and an invitation of it was copied.
        let mut links = Team::of(server, "client-links", None);
        let body = json!({"kind": "link", "role": "client"});
        let id = links.owner.post(&links.path("/invitations"), &body).ok().str("/id");
        let url = links.owner.post(&format!("/v1/invitations/{id}/link"), &json!({})).ok().str("/url");
        let ana = server.address("ana.client");
        let join =
            json!({"token": server.token_in(&url), "email": ana, "name": "Ana Client", "password": PASSWORD});
        let mut person = server.client();
        person.post("/v1/invitations/accept", &join).ok();
        let id = team.invite(&ana, "client").ok().str("/id");
        let url = team.owner.post(&format!("/v1/invitations/{id}/link"), &json!({})).ok().str("/url");
        browser.be(&person);
        let path = format!("/i/{}", server.token_in(&url));
        faults.extend(browser.sees(&path, "Confirm your address first", "closed-unproved").await);

        // A form that another page sent.
        browser.be(&server.client());
        browser.goto("/sign-in").await;
        browser.command("Network.clearBrowserCookies", &json!({}));
        browser.fill("E-mail address", &ana).await;
        browser.fill("Password", PASSWORD).await;
        browser.press("Sign in").await;
        faults.extend(browser.look("form-expired", WIDTHS, OF_PAGES).await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[test]
fn what_is_asked_once_more_fits_every_screen() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        let mut faults = Vec::new();
        let mut team = Team::of(server, "client-links", Some(5));
        let slug = team.owner.get(&team.path("")).ok().str("/slug");
        let (ana, _) = joined(&team, "ana.client", "client", "Ana Client");
        let (mia, _) = joined(&team, "mia.member", "member", "Mia Member");
        let mail = json!({"kind": "email", "role": "client", "email": server.address("bo.client"), "name": "Bo Client"});
        let mail = team.owner.post(&team.path("/invitations"), &mail).ok().str("/id");
        let link = json!({"kind": "link", "role": "client", "nickname": "Spring campaign", "max_uses": 25});
        let link = team.owner.post(&team.path("/invitations"), &link).ok().str("/id");
        browser.be(&team.owner);
        for (id, act, heading, name) in [
            (&mail, "link", "Copy the link of Bo Client?", "offer-copy"),
            (&mail, "send", "Send the invitation to Bo Client again?", "offer-send"),
            (&link, "off", "Turn off the link Spring campaign?", "offer-off"),
            (&link, "on", "Turn on the link Spring campaign?", "offer-on"),
        ] {
            let path = format!("/o/{slug}/invitations/{id}/{act}");
            faults.extend(browser.sees(&path, heading, name).await);
        }
        let path = format!("/o/{slug}/team?tab=clients&q=zebra");
        faults.extend(browser.sees(&path, "Team & Clients", "team-nobody").await);
        let path = format!("/o/{slug}/team/remove");
        faults.extend(browser.sees(&path, "Nobody to remove", "team-remove-nobody").await);
        let added = json!({"email": server.address("nina.new"), "name": "Nina New", "role": "client", "notify": false});
        let nina = team.owner.post(&team.path("/members"), &added).ok().str("/id");
        let path = format!("/o/{slug}/members/{nina}/password");
        faults.extend(browser.sees(&path, "Make a password link for Nina New?", "member-password-ask").await);
        let workspace = team.owner.get(&team.path("/workspaces")).ok().str("/data/0/id");
        browser.goto(&format!("/o/{slug}/workspaces?rename={workspace}")).await;
        faults.extend(browser.look("workspace-rename", WIDTHS, OF_PAGES).await);

        // A workspace, as a client sees it: nothing yet, then accounts, then only with a second step.
        let page = format!("/w/{workspace}");
        browser.be(&ana);
        faults.extend(browser.sees(&page, "Example Studio", "workspace-client").await);
        for (kind, name) in [("facebook", "Corner Bakery"), ("instagram", "Corner Bakery photos")] {
            let body = json!({"kind": kind, "name": name});
            team.owner.post(&format!("/v1/workspaces/{workspace}/resources"), &body).ok();
        }
        let resource =
            team.owner.get(&format!("/v1/workspaces/{workspace}/resources")).ok().str("/data/0/id");
        browser.be(&team.owner);
        faults.extend(browser.sees(&page, "Example Studio", "workspace-owner").await);
        let path = format!("{page}/accounts/{resource}");
        faults.extend(browser.sees(&path, "Delete Corner Bakery photos?", "account-delete").await);
        browser.be(&mia);
        browser.goto(&format!("/o/{slug}/settings")).await;
        faults.extend(browser.look("forbidden", WIDTHS, OF_PAGES).await);

        let mut reports = Team::of(server, "reporting", None);
        let (cleo, _) = joined(&reports, "cleo.client", "client", "Cleo Client");
        let workspace = reports.owner.get(&reports.path("/workspaces")).ok().str("/data/0/id");
        let page = format!("/w/{workspace}");
        browser.be(&cleo);
        faults.extend(browser.sees(&page, "You have no access yet", "workspace-none").await);
        browser.press("Ask for access").await;
        faults.extend(browser.look("workspace-asked", WIDTHS, OF_PAGES).await);
        let member = reports.owner.get(&reports.path("/members?role=client")).ok().str("/data/0/id");
        let body = json!({"kind": "campaign", "name": "Summer sale"});
        reports.owner.post(&format!("/v1/workspaces/{workspace}/resources"), &body).ok();
        let asked = json!({"access": {"require_mfa": true, "resources": "all"}});
        let path = format!("/v1/workspaces/{workspace}/members/{member}");
        reports.owner.send_json("PATCH", &path, &asked).ok();
        faults.extend(browser.sees(&page, "Add a second step to sign in", "workspace-second-step").await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

//! What stops somebody: a link that is over, a plan that has not what they were given, an address that is none, too many tries,
//! and the service itself when it fails.
//!
//! The rule: whoever is stopped reads why, in the look of whoever they came to, and where to go on.

use serde_json::json;
use usher::domain::link::{Link, Via};
use usher::domain::password_link::PasswordLink;
use usher::domain::reset_link::ResetLink;
use usher::domain::time::Timestamp;

use super::chromium::{Browser, run, server};
use super::look::{OF_PAGES, WIDTHS};
use crate::harness::{Client, Deployment, OUT_OF_ORDER, PASSWORD, ROOT_KEY, Team};

/// Long ago: 14 November 2023.
fn over() -> Timestamp {
    Timestamp::from_seconds(1_700_000_000)
}

impl Browser {
    /// Opens an address, whose page begins with this heading, and looks at it.
    async fn finds(&self, url: &str, heading: &str, name: &str) -> Vec<String> {
        self.goto(url).await;
        assert_eq!(self.heading().await, heading, "{url}");
        self.look(name, WIDTHS, OF_PAGES).await
    }

    /// Takes an invitation as somebody new, who is not let in, and looks at why.
    async fn is_kept_out(&self, path: &str, heading: &str, name: &str) -> Vec<String> {
        self.goto(path).await;
        self.fill("Your name", "Ana Client").await;
        self.fill("Choose a password", PASSWORD).await;
        self.press("Create account and join").await;
        assert_eq!(self.heading().await, heading, "{path}");
        self.look(name, WIDTHS, OF_PAGES).await
    }
}

/// The path of the page of a link for many, as it is now.
fn copied(team: &mut Team<'_>, invitation: &str) -> String {
    let url = team.owner.post(&format!("/v1/invitations/{invitation}/link"), &json!({})).ok().str("/url");
    format!("/i/{}", team.server.token_in(&url))
}

#[test]
fn a_link_that_is_over_fits_every_screen() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        let mut faults = Vec::new();
        let mut team = Team::of(server, "client-links", None);
        team.owner.send_json("PATCH", &team.path(""), &json!({"branding": {"accent": "#0f766e"}})).ok();
        let body = json!({"kind": "link", "role": "client", "nickname": "Spring campaign"});
        let id = team.owner.post(&team.path("/invitations"), &body).ok().str("/id");
        let old = copied(&mut team, &id);
        team.owner.post(&format!("/v1/invitations/{id}/rotate"), &json!({})).ok();
        faults.extend(browser.finds(&old, "A newer link was made", "link-replaced").await);
        let path = copied(&mut team, &id);
        // Its end was set earlier after it was shared.
        let sooner = "UPDATE invitations SET offered_at = 1, expires_at = 1700000000000 WHERE id = ?1";
        server.batch(&[(sooner, &[&id])]);
        faults.extend(browser.finds(&path, "This link expired on 14 November 2023", "link-expired").await);
        let dead = Link {
            invitation_id: id.parse().unwrap(),
            organization_id: team.organization.parse().unwrap(),
            ver: 2,
            via: Via::Copy,
            given: 0,
        };
        let path = format!("/i/{}", dead.sign(&server.keys(ROOT_KEY), over()));
        let heading = "This invitation expired on 14 November 2023";
        faults.extend(browser.finds(&path, heading, "link-expired-unread").await);

        let user =
            server.row("SELECT id FROM users WHERE email_key = lower(?1)", &team.owner_address)["id"].clone();
        let reset = ResetLink { user_id: user.as_str().unwrap().parse().unwrap(), ver: 1 };
        let path = format!("/reset/{}", reset.sign(&server.keys(ROOT_KEY), over()));
        faults.extend(browser.finds(&path, "This link expired", "reset-expired").await);
        let added = PasswordLink {
            user_id: reset.user_id,
            organization_id: dead.organization_id,
            ver: 1,
            via: Via::Email,
            of: None,
        };
        let path = format!("/reset/{}", added.sign(&server.keys(ROOT_KEY), over()));
        faults.extend(browser.finds(&path, "This link expired", "reset-expired-added").await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[test]
fn a_plan_that_has_not_what_an_invitation_gives_fits_every_screen() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        let mut team = Team::of(server, "reporting", Some(5));
        let body = json!({
            "kind": "email", "role": "client", "email": server.address("ana.client"),
            "access": {"permissions": ["messages.send"], "resources": "all"},
        });
        let id = team.owner.post(&team.path("/invitations"), &body).ok().str("/id");
        let path = format!("/i/{}", server.token(&team.organization, &id));
        let plan = json!({"key": "small", "seat_limit": 5, "features": []});
        server.operator().send_json("PUT", &team.path("/plan"), &plan).ok();
        let faults = browser.is_kept_out(&path, "You can't join at the moment", "closed-plan").await;
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[test]
fn what_is_no_page_fits_every_screen() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        let mut faults = Vec::new();
        let mut team = Team::of(server, "client-links", None);
        let slug = team.owner.get(&team.path("")).ok().str("/slug");
        team.owner.send_json("PATCH", &team.path(""), &json!({"branding": {"accent": "#16a34a"}})).ok();
        browser.be(&team.owner);
        let path = format!("/o/{slug}/nowhere");
        faults.extend(browser.finds(&path, "Page not found", "nowhere-inside").await);
        faults.extend(browser.finds("/sign-out", "Nothing opens here", "no-page").await);
        let path = format!("/w/{}/ask", team.owner.get(&team.path("/workspaces")).ok().str("/data/0/id"));
        faults.extend(browser.finds(&path, "Nothing opens here", "no-page-inside").await);

        // What D1 refuses, for this one person.
        let me = team.owner.get("/v1/me").ok().str("/user/id");
        let trigger = format!(
            "CREATE TRIGGER no_end_{} BEFORE UPDATE ON sessions WHEN OLD.user_id = '{me}'
                 BEGIN SELECT RAISE(ABORT, '{OUT_OF_ORDER}'); END",
            me.to_lowercase()
        );
        server.batch(&[(&trigger, &[])]);
        browser.goto("/me").await;
        browser.set("light", 1280);
        browser.press("Sign out").await;
        assert_eq!(browser.heading().await, "Something went wrong");
        faults.extend(browser.look("broken", WIDTHS, OF_PAGES).await);

        let unready = Deployment::new().set("OPERATOR_KEY", "short").start();
        let url = format!("{}/sign-in", unready.origin());
        faults.extend(browser.finds(&url, "Not set up", "unready").await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

/// Sends a form until it is one too many.
fn exhaust(person: &mut Client<'_>, page: &str, action: &str, fields: &[(&str, &str)]) {
    let limited = (0..200).any(|_| person.submit(page, action, fields).status == 429);
    assert!(limited, "{action} takes any number");
}

#[test]
fn whoever_tried_too_often_is_told_so() {
    run(async {
        let browser = Browser::start(true).await;
        let mut faults = Vec::new();
        // With its limits, which the shared one has not.
        let limited = Deployment::new().start();
        let origin = limited.origin();
        let mut person = limited.client().with_header("cf-connecting-ip", "");
        let mine = [("email", "olga@studio.test"), ("password", "not this one")];
        exhaust(&mut person, "/sign-in", "/sign-in", &mine);
        browser.goto(&format!("{origin}/sign-in")).await;
        browser.fill("E-mail address", "olga@studio.test").await;
        browser.fill("Password", PASSWORD).await;
        browser.press("Sign in").await;
        assert!(browser.text().await.contains("Too many"), "{}", browser.text().await);
        faults.extend(browser.look("sign-in-limited", WIDTHS, OF_PAGES).await);

        let team = Team::of(&limited, "team", None);
        let (_, token) = team.invited(&limited.address("ana.client"), "client");
        let path = format!("/i/{token}");
        exhaust(&mut person, &path, &path, &[("name", "Ana Client")]);
        let url = format!("{origin}{path}");
        faults.extend(browser.is_kept_out(&url, "Too many tries", "closed-limited").await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

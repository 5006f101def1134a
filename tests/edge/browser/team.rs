//! Team & Clients, as those see it who run an organization.

use serde_json::json;

use super::chromium::{Browser, run, server};
use super::look::{OF_PAGES, WIDTHS};
use crate::harness::Team;

#[test]
fn the_lists_of_a_team_fit_every_screen() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        let mut team = Team::of(server, "client-links", Some(5));
        let mut faults = Vec::new();
        browser.be(&team.owner);
        let slug = team.owner.get(&team.path("")).ok().str("/slug");
        team.owner.send_json("PATCH", &team.path(""), &json!({"branding": {"accent": "#16a34a"}})).ok();
        browser.goto(&format!("/o/{slug}/team?tab=clients")).await;
        faults.extend(browser.look("team-empty", WIDTHS, OF_PAGES).await);
        for (who, role, name) in [
            ("adam.admin", "admin", "Adam Admin"),
            ("mia.member", "member", "Mia Member with a long name that goes on and on"),
            ("mo.member", "member", "Mo Member"),
        ] {
            let (_, token) = team.invited(&server.address(who), role);
            server.client().sign_up(&token, name).ok();
        }
        for who in ["ana.client", "bo.client", "cleo.client"] {
            team.invite(&server.address(who), "client").ok();
        }
        let link = json!({"kind": "link", "role": "client", "nickname": "Spring campaign", "max_uses": 25});
        team.owner.post(&team.path("/invitations"), &link).ok();
        for tab in ["members", "invitations", "links", "removed"] {
            browser.goto(&format!("/o/{slug}/team?tab={tab}")).await;
            faults.extend(browser.look(&format!("team-{tab}"), WIDTHS, OF_PAGES).await);
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

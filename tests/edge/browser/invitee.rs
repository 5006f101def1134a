//! What comes between an invitation and the workspace: a second factor, no seat, the wrong account; and a decline with a reason.
//!
//! The rule: each of them leads on, and fits every screen.

use fantoccini::Locator;
use serde_json::json;

use super::chromium::{Browser, run, server};
use super::look::{OF_PAGES, WIDTHS};
use super::security::now;
use crate::harness::{PASSWORD, Team};
use crate::totp::App;

#[test]
fn whoever_is_asked_for_a_second_factor_sets_it_up_and_is_in_the_workspace() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        let mut team = Team::new(server);
        let mut faults = Vec::new();
        let mia = server.address("mia.member");
        let body = json!({"kind": "email", "role": "member", "email": mia, "access": {"require_mfa": true}});
        team.owner.post(&team.path("/invitations"), &body).ok();
        browser.goto(&format!("/i/{}", server.mailed_token(&mia, 1))).await;
        browser.fill("Your name", "Mia Member").await;
        browser.fill("Choose a password", PASSWORD).await;
        browser.press("Create account and join").await;
        assert_eq!(browser.heading().await, "Add a second step to sign in");
        faults.extend(browser.look("invitation-second-step", WIDTHS, OF_PAGES).await);
        browser.press("Not now").await;
        let workspace = browser.path().await;
        assert!(workspace.starts_with("/w/"), "{workspace}");
        assert_eq!(browser.heading().await, "Add a second step to sign in");
        faults.extend(browser.look("workspace-second-step", WIDTHS, OF_PAGES).await);
        browser.press("Set up two-step sign-in").await;
        browser.press("Show the key for the app").await;
        faults.extend(browser.look("second-step-key", WIDTHS, OF_PAGES).await);
        let key = browser.client.find(Locator::Css(".key")).await.unwrap().text().await.unwrap();
        browser.fill("Six-digit code", &App::of(&key).code(now())).await;
        browser.press("Turn on").await;
        assert_eq!(browser.heading().await, "Your recovery codes");
        browser.press("I have kept them").await;
        assert_eq!(browser.path().await, workspace);
        assert!(browser.text().await.contains("You are a member"));
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[test]
fn what_is_in_the_way_of_an_invitation_has_a_way_on() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        let team = Team::with_seats(server, Some(5));
        let mut faults = Vec::new();
        let (_, token) = team.invited(&server.address("mia.member"), "member");
        let path = format!("/i/{token}");

        // No seat: the plan was lowered meanwhile. Then there is one again.
        let plan = |seats: u32| json!({"key": "test", "seat_limit": seats, "features": []});
        server.operator().send_json("PUT", &team.path("/plan"), &plan(0)).ok();
        browser.goto(&path).await;
        browser.fill("Your name", "Mia Member").await;
        browser.fill("Choose a password", PASSWORD).await;
        browser.press("Create account and join").await;
        assert_eq!(browser.heading().await, "There is no free seat");
        faults.extend(browser.look("closed-no-seat", WIDTHS, OF_PAGES).await);
        server.operator().send_json("PUT", &team.path("/plan"), &plan(5)).ok();
        browser.press("Try again").await;
        assert_eq!(browser.heading().await, "Join Example Studio");

        // Somebody else is signed in, and asks for one of their own.
        browser.be(&team.owner);
        browser.goto(&path).await;
        browser.press_at("//button[starts-with(normalize-space(.), 'Ask for an invitation to')]").await;
        assert_eq!(browser.path().await, path);
        assert!(browser.text().await.contains("Your request was passed on"));
        faults.extend(browser.look("invitation-asked", WIDTHS, OF_PAGES).await);
        browser.goto("/me/notifications").await;
        faults.extend(browser.look("notification-asked", WIDTHS, OF_PAGES).await);

        // It was not meant for whoever got it.
        browser.be(&server.client());
        browser.goto(&format!("{path}/decline")).await;
        browser.press_at("//button[@name='reason']").await;
        assert_eq!(browser.heading().await, "You declined the invitation to Example Studio");
        browser.goto(&path).await;
        assert_eq!(browser.heading().await, "This invitation was declined");
        faults.extend(browser.look("closed-declined", WIDTHS, OF_PAGES).await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[test]
fn a_list_is_mended_and_many_are_chosen_and_removed() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        let mut team = Team::of(server, "client-links", None);
        let slug = team.owner.get(&team.path("")).ok().str("/slug");
        let mut faults = Vec::new();
        browser.be(&team.owner);
        browser.goto(&format!("/o/{slug}/team/import")).await;
        let rows = "email,role,name\nana@client.test,client,Ana\nbo@client,client,Bo\n";
        browser.client.find(Locator::Id("rows")).await.unwrap().send_keys(rows).await.unwrap();
        browser.press("Check the list").await;
        browser.client.find(Locator::Css("summary")).await.unwrap().click().await.unwrap();
        faults.extend(browser.look("import-to-mend", WIDTHS, OF_PAGES).await);

        let mut chosen = Vec::new();
        for number in 0..22 {
            let body = json!({"email": server.address(&format!("c{number}")), "name": format!("Client {number}"),
                              "role": "client", "notify": false});
            chosen.push(team.owner.post(&team.path("/members"), &body).ok().str("/id"));
        }
        browser.goto(&format!("/o/{slug}/team?tab=clients")).await;
        let all = browser.client.find(Locator::Css("[data-all]")).await.unwrap();
        assert_eq!(all.text().await.unwrap(), "Choose all 22 on this page");
        all.click().await.unwrap();
        assert!(browser.text().await.contains("22 of 22 selected"), "{}", browser.text().await);
        faults.extend(browser.look("team-all-chosen", WIDTHS, OF_PAGES).await);
        // Once more for none, and once more for all.
        all.click().await.unwrap();
        assert!(
            browser.text().await.contains("0 of 22 selected") || !browser.text().await.contains("22 of 22")
        );
        all.click().await.unwrap();
        browser.press("Remove those chosen").await;
        assert_eq!(browser.heading().await, "Remove 22 people?");
        browser.press("Remove 22 people").await;
        faults.extend(browser.look("team-remove-typed", WIDTHS, OF_PAGES).await);
        browser.fill("How many people are removed?", "22").await;
        browser.press("Remove 22 people").await;
        assert!(browser.text().await.contains("Removed 22 clients."));
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[test]
fn of_many_workspaces_some_are_looked_for() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        let mut team = Team::of(server, "client-portal", None);
        let slug = team.owner.get(&team.path("")).ok().str("/slug");
        for number in 1..=105 {
            team.owner.post(&team.path("/workspaces"), &json!({"name": format!("Client {number}")})).ok();
        }
        let mut faults = Vec::new();
        browser.be(&team.owner);
        browser.goto(&format!("/o/{slug}/team/invite?who=client&email={}", server.address("ana"))).await;
        browser.press("Continue").await;
        browser.press("Continue").await;
        assert_eq!(browser.heading().await, "Where will they be?");
        browser.fill("Find a workspace", "client 10").await;
        browser.press("Search").await;
        let text = browser.text().await;
        assert!(text.contains("Client 105") && !text.contains("Client 99"), "{text}");
        faults.extend(browser.look("wizard-find-workspace", WIDTHS, OF_PAGES).await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

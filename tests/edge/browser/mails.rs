//! Every kind of mail, as whoever gets it sees it: narrow and wide, light and dark, with no image and nothing that runs.
//!
//! The rule: it fits, and axe-core has nothing to say. What each says is in `tests/pages/mails.rs`.

use serde_json::json;

use super::chromium::{Browser, run, server};
use super::look::OF_MAILS;
use crate::harness::{PASSWORD, Server, Team};

const WIDTHS: [u32; 2] = [320, 640];

/// As if the open invitation to this address had been sent so many days ago; then the tick comes.
fn age(server: &Server, address: &str, days: &str) {
    let sql = "UPDATE invitations SET offered_at = offered_at - ?2 * 86400000, expires_at = expires_at - ?2 * 86400000
               WHERE email_key = lower(?1) AND outcome = 'open'";
    server.batch(&[(sql, &[address, days])]);
    server.tick();
}

/// A team with a brand of its own, a client who is invited and one who is in.
fn branded() -> (Team<'static>, String, String) {
    let server = server();
    let mut team = Team::of(server, "reporting", Some(5));
    let branding = json!({"branding": {"name": "Fjord & Field", "accent": "#0f766e"}});
    team.owner.send_json("PATCH", &team.path(""), &branding).ok();
    let carl = server.address("carl.client");
    let body = json!({
        "kind": "email", "role": "client", "email": carl, "name": "Carl Client",
        "message": "Hi Carl,\nthis is where you find the reports of the spring campaign. Have a look before Friday.",
        "access": {"resources": "all", "require_mfa": true},
    });
    team.owner.post(&team.path("/invitations"), &body).ok();
    server.mail_about(&carl, "Olga Owner invited you");
    let (_, token) = team.invited(&server.address("ana.client"), "client");
    let mut ana = server.client();
    ana.sign_up(&token, "Ana Client").ok();
    let workspace = ana.get("/v1/me/workspaces").ok().str("/data/0/workspace/id");
    ana.submit("/me", &format!("/w/{workspace}/ask"), &[]);
    (team, carl, workspace)
}

#[test]
fn every_mail_fits_and_axe_finds_nothing() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        let (mut team, carl, _) = branded();
        let olga = team.owner_address.clone();
        let mut shown: Vec<(&str, String, &str)> = vec![
            ("invitation-client", carl.clone(), "Olga Owner invited you"),
            ("access-asked", olga.clone(), "ana.client"),
        ];

        let mia = server.address("mia.member");
        team.invite(&mia, "member").ok();
        server.mail_about(&mia, "Olga Owner invited you");
        shown.push(("invitation-staff", mia.clone(), "Olga Owner invited you"));
        let nora = server.address("nora.new");
        let added = json!({"role": "member", "email": nora, "name": "Nora New", "notify": true});
        team.owner.post(&team.path("/members"), &added).ok();
        shown.push(("added", nora, "Olga Owner added you"));

        age(server, &carl, "3");
        shown.push(("reminder", carl.clone(), "Reminder: "));
        server.mail_about(&carl, "Reminder: ");
        age(server, &carl, "2");
        let begins = |words: &'static str| words;
        shown.push(("ending", olga.clone(), begins("carl.client")));
        server.mail_about(&olga, "carl.client");

        let dan = server.address("dan.client");
        team.invite(&dan, "client").ok();
        server.mail_about(&dan, "Olga Owner invited you");
        let bounced = "UPDATE invitations SET delivery = 'bounced' WHERE email_key = lower(?1)";
        server.batch(&[(bounced, &[&dan])]);
        server.tick();
        shown.push(("undelivered", olga.clone(), "dan.client"));

        let token = server.mailed_token(&mia, 1);
        let full = "UPDATE organizations SET seat_limit = seats_used WHERE id = ?1";
        server.batch(&[(full, &[&team.organization])]);
        assert_eq!(server.client().sign_up(&token, "Mia Member").status, 409);
        shown.push(("no-seat", olga.clone(), "mia.member"));

        let eve = server.address("eve.client");
        let (id, _) = team.invited(&eve, "client");
        server.mail_about(&eve, "Olga Owner invited you");
        team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok();
        server.tick();
        shown.push(("withdrawn", eve, "Your invitation"));

        let finn = server.address("finn.client");
        let (_, token) = team.invited(&finn, "client");
        let mut person = server.client();
        person.post("/v1/invitations/decline", &json!({"token": token})).ok();
        person.submit(&format!("/i/{token}"), &format!("/i/{token}/ask"), &[]);
        shown.push(("asked", olga.clone(), "finn.client"));

        server.client().post("/v1/password-resets", &json!({"email": olga})).ok();
        shown.push(("reset", olga.clone(), "Reset your password"));
        let signed_in = json!({"email": olga, "password": PASSWORD});
        let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0 Safari/537.36";
        server.client().with_header("user-agent", windows).post("/v1/sessions", &signed_in).ok();
        shown.push(("new-sign-in", olga.clone(), "New sign-in from Chrome on Windows"));

        let mut faults = Vec::new();
        for (name, address, words) in shown {
            let mail = server.mail_about(&address, words);
            browser.goto(&format!("/dev/mailbox/{}", mail["id"].as_str().unwrap())).await;
            faults.extend(browser.look(&format!("mail-{name}"), WIDTHS, OF_MAILS).await);
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

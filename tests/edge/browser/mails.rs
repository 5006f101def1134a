//! Every kind of mail, as whoever gets it sees it: narrow and wide, light and dark, with no image and nothing that runs.
//!
//! The rule: it fits, whatever anybody is called, and axe-core has nothing to say; a kind that nobody looks at fails. What each
//! says is in `tests/pages/mails.rs`.

use std::collections::BTreeSet;

use serde_json::json;

use super::chromium::{Browser, run, server};
use super::look::OF_MAILS;
use super::security::now;
use crate::harness::{PASSWORD, Receiver, Server, Team};
use crate::mails;
use crate::totp::App;

const WIDTHS: [u32; 2] = [320, 640];

/// A mail that is looked at.
struct Shown {
    /// What its job says it is, and which of those it is where there are more.
    what: (&'static str, &'static str),
    to: String,
    /// How its subject begins.
    subject: &'static str,
}

/// A mail that has come about.
fn shown(kind: &'static str, which: &'static str, to: &str, subject: &'static str) -> Shown {
    server().mail_about(to, subject);
    Shown { what: (kind, which), to: to.to_owned(), subject }
}

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
    server.mail_about(&carl, "Fjord & Field invited you");
    let (_, token) = team.invited(&server.address("ana.client"), "client");
    let mut ana = server.client();
    ana.sign_up(&token, "Ana Client").ok();
    let workspace = ana.get("/v1/me/workspaces").ok().str("/data/0/workspace/id");
    ana.submit("/me", &format!("/w/{workspace}/ask"), &[]);
    (team, carl, workspace)
}

/// What an organization's people are sent.
fn of_an_organization() -> Vec<Shown> {
    let server = server();
    let (mut team, carl, _) = branded();
    let olga = team.owner_address.clone();
    let mut all = vec![
        shown("invitation_email", "client", &carl, "Fjord & Field invited you"),
        shown("access.asked", "", &olga, "ana.client"),
    ];

    let event = |kind: &str| json!({"kind": kind, "by_email": true});
    let events = [event("invitation.accepted"), event("invitation.declined")];
    let wanted = json!({"organization_id": team.organization, "events": events});
    team.owner.send_json("PATCH", "/v1/me/notification-settings", &wanted).ok();
    let (_, token) = team.invited(&server.address("gina.client"), "client");
    server.client().sign_up(&token, "Gina Client").ok();
    all.push(shown("invitation.accepted", "", &olga, "gina.client"));
    let (_, token) = team.invited(&server.address("hugo.client"), "client");
    server.client().post("/v1/invitations/decline", &json!({"token": token})).ok();
    all.push(shown("invitation.declined", "", &olga, "hugo.client"));

    let mia = server.address("mia.member");
    team.invite(&mia, "member").ok();
    all.push(shown("invitation_email", "staff", &mia, "Olga Owner invited you"));
    let nora = server.address("nora.new");
    let added = json!({"role": "member", "email": nora, "name": "Nora New", "notify": true});
    team.owner.post(&team.path("/members"), &added).ok();
    all.push(shown("member_email", "", &nora, "Olga Owner added you"));

    age(server, &carl, "3");
    all.push(shown("reminder_email", "", &carl, "Reminder: "));
    age(server, &carl, "2");
    all.push(shown("invitation.ending", "", &olga, "carl.client"));

    let dan = server.address("dan.client");
    team.invite(&dan, "client").ok();
    server.mail_about(&dan, "Fjord & Field invited you");
    let bounced = "UPDATE invitations SET delivery = 'bounced' WHERE email_key = lower(?1)";
    server.batch(&[(bounced, &[&dan])]);
    server.tick();
    all.push(shown("invitation.undelivered", "", &olga, "dan.client"));

    let token = server.mailed_token(&mia, 1);
    let full = "UPDATE organizations SET seat_limit = seats_used WHERE id = ?1";
    server.batch(&[(full, &[&team.organization])]);
    assert_eq!(server.client().sign_up(&token, "Mia Member").status, 409);
    all.push(shown("invitation.no_seat", "", &olga, "mia.member"));

    let eve = server.address("eve.client");
    let (id, _) = team.invited(&eve, "client");
    server.mail_about(&eve, "Fjord & Field invited you");
    team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok();
    // Nobody is told as long as it may be taken back.
    server.batch(&[("UPDATE invitations SET revoked_at = revoked_at - 600000 WHERE id = ?1", &[&id])]);
    server.tick();
    all.push(shown("withdrawal_email", "", &eve, "Your invitation"));

    let finn = server.address("finn.client");
    let (_, token) = team.invited(&finn, "client");
    let mut person = server.client();
    person.post("/v1/invitations/decline", &json!({"token": token})).ok();
    person.submit(&format!("/i/{token}"), &format!("/i/{token}/ask"), &[]);
    all.push(shown("invitation.asked", "", &olga, "finn.client"));
    let webhook = json!({"url": Receiver::start().url("/gone"), "events": ["seats.limit_reached"]});
    let webhook = team.owner.post(&team.path("/webhooks"), &webhook).ok();
    server.keep_secret(&webhook.str("/secret"));
    team.owner.post(&team.path(&format!("/webhooks/{}/test", webhook.str("/id"))), &json!({})).ok();
    all.push(shown("webhook.disabled", "", &olga, "The webhook to 127.0.0.1"));
    all
}

/// What somebody is sent about their account.
fn of_an_account() -> Vec<Shown> {
    let server = server();
    let mut team = Team::new(server);
    let (olga, of_olga) = (team.owner_address.clone(), &mut team.owner);
    server.client().post("/v1/password-resets", &json!({"email": olga})).ok();
    let mut all = vec![shown("password_reset", "", &olga, "Reset your password")];
    let signed_in = json!({"email": olga, "password": PASSWORD});
    let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0 Safari/537.36";
    server.client().with_header("user-agent", windows).post("/v1/sessions", &signed_in).ok();
    all.push(shown("new_sign_in", "", &olga, "New sign-in from Chrome on Windows"));

    // Each code of the app works once, so the other steps take one that was written down.
    let app = App::of(&of_olga.post("/v1/me/mfa/totp", &json!({})).ok().str("/secret"));
    let codes = of_olga.post("/v1/me/mfa/totp/confirm", &json!({"code": app.code(now())})).ok();
    all.push(shown("factor_added", "", &olga, "Two-step sign-in was turned on"));
    let mut elsewhere = server.client();
    elsewhere.post("/v1/sessions", &signed_in).ok();
    elsewhere.post("/v1/sessions/mfa", &json!({"code": codes.str("/recovery_codes/0")})).ok();
    all.push(shown("recovery_code_used", "", &olga, "A recovery code was used"));
    let typed = json!({"password": PASSWORD, "code": app.code_of(now().seconds() / 30 + 1)});
    let codes = of_olga.post("/v1/me/mfa/recovery-codes", &typed).ok();
    all.push(shown("recovery_codes_renewed", "", &olga, "Your recovery codes were renewed"));
    let code = json!({"code": codes.str("/recovery_codes/0")});
    of_olga.send_json("DELETE", "/v1/me/mfa/totp", &code).ok();
    all.push(shown("factor_removed", "", &olga, "Two-step sign-in was turned off"));

    let wanted = json!({"email": olga, "password": PASSWORD});
    Team::new(server).owner.post("/v1/me/email", &wanted).ok();
    all.push(shown("email_change", "taken", &olga, "You have an account with this address"));
    let new = server.address("elsewhere");
    of_olga.post("/v1/me/email", &json!({"email": new, "password": PASSWORD})).ok();
    all.push(shown("email_change", "new", &new, "Confirm your new e-mail address"));
    all.push(shown("email_change", "old", &olga, "Confirm that your e-mail address changes"));
    for mail in &all[all.len() - 2..] {
        let mail = server.mail_about(&mail.to, mail.subject);
        let text = mail["text"].as_str().unwrap();
        let token = text.split_once("/email/").unwrap().1.split_whitespace().next().unwrap();
        server.keep_secret(token);
        server.client().post("/v1/email-changes/confirm", &json!({"token": token})).ok();
    }
    all.push(shown("email_changed", "new", &new, "Your e-mail address was changed"));
    all.push(shown("email_changed", "old", &olga, "Your e-mail address was changed"));
    let body = json!({"current_password": PASSWORD, "password": "another long enough password"});
    of_olga.send_json("PUT", "/v1/me/password", &body).ok();
    all.push(shown("password_changed", "", &new, "Your password was changed"));
    all
}

#[test]
fn every_mail_fits_and_axe_finds_nothing() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        let mut all = of_an_organization();
        all.extend(of_an_account());
        let schema = server.batch(&[(mails::SCHEMA, &[])]).remove(0).remove(0);
        let kinds: BTreeSet<&str> = all.iter().map(|mail| mail.what.0).collect();
        assert_eq!(kinds, mails::kinds(schema["sql"].as_str().unwrap()), "each is looked at");
        let mut faults = Vec::new();
        for Shown { what: (kind, which), to, subject } in all {
            let mail = server.mail_about(&to, subject);
            browser.goto(&format!("/dev/mailbox/{}", mail["id"].as_str().unwrap())).await;
            let name = ["mail", kind, which].join("-").replace(['.', '_'], "-");
            faults.extend(browser.look(name.trim_end_matches('-'), WIDTHS, OF_MAILS).await);
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

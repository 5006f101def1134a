//! What is kept and what is logged: no token, no password, no session, no address where none belongs. And the audit log.

use serde_json::{Value, json};

use crate::support::World;
use crate::support::client::{Client, PASSWORD, Team};
use crate::{accept_signed_in, another, copied_token, decline, preview, refusal, remove, sign_in};

const ANA: &str = "ana.client@client.test";
const MIA: &str = "mia.member@studio.test";

/// Everything that happens to invitations, with every secret that anybody held on the way.
struct Run {
    team: Team,
    tokens: Vec<String>,
    sessions: Vec<String>,
}

fn run() -> Run {
    let mut team = Team::new();
    let mut sessions = Vec::new();
    let mut keep = |person: &Client| {
        sessions.extend(person.cookie("__Host-usher_session").map(str::to_owned));
        sessions.extend(person.cookie("__Host-usher_form").map(str::to_owned));
    };
    keep(&team.owner);
    let mut tokens = Vec::new();

    let id = team.invited(MIA, "member");
    tokens.push(copied_token(&mut team.owner, &id));
    team.world.deliver();
    tokens.push(team.world.mailed_token(MIA));
    let mut mia = team.world.client();
    mia.get(&format!("/i/{}", tokens[0])).ok();
    preview(&mut mia, &tokens[1]).ok();
    mia.accept(&tokens[1], "Mia Member").ok();
    keep(&mia);
    accept_signed_in(&mut mia, &tokens[0]).ok();

    team.world.pass(std::time::Duration::from_secs(1));
    let id = team.invited(ANA, "client");
    team.world.deliver();
    tokens.push(team.world.mailed_token(ANA));
    team.world.pass(std::time::Duration::from_secs(1));
    team.owner.post(&format!("/v1/invitations/{id}/resend"), &json!({})).ok();
    team.world.deliver();
    tokens.push(team.world.mailed_token(ANA));
    let mut ana = team.world.client();
    assert_eq!(preview(&mut ana, &tokens[2]).status, 410);
    ana.get(&format!("/i/{}", tokens[3])).ok();
    decline(&mut ana, &tokens[3]).ok();

    let id = team.invited("revoked@studio.test", "admin");
    team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok();
    sign_in(&mut ana, MIA).ok();
    keep(&ana);
    assert_eq!(sign_in(&mut team.world.client(), "nobody@secret.test").status, 401);
    team.owner.invite(&team.organization.clone(), "not an address at all", "member");
    team.owner.invite(&team.organization.clone(), MIA, "member");
    team.owner.get(&team.path(&format!("/members?q={MIA}")));
    ana.get("/me").ok();
    keep(&ana);
    remove(&team, MIA);
    assert_eq!(accept_signed_in(&mut ana, &tokens[0]).status, 403);
    ana.delete("/v1/sessions/current").ok();
    team.world.tick();
    Run { team, tokens, sessions }
}

/// The team that all of it happened to.
pub fn life() -> Team {
    run().team
}

impl Run {
    /// Fails if a text holds a token, any part of one that opens something, a password or a session.
    fn assert_no_secret(&self, place: &str, text: &str) {
        let signatures = self.tokens.iter().map(|token| token.rsplit('.').next().unwrap());
        let secrets = signatures.chain(self.sessions.iter().map(String::as_str)).chain([PASSWORD, "/i/eyJ"]);
        for secret in secrets {
            assert!(!text.contains(secret), "{place} holds {secret}: {text}");
        }
    }

    fn table(&self, name: &str) -> String {
        let rows = self.team.world.state().database.borrow().query(&format!("SELECT * FROM {name}"));
        Value::from(rows).to_string()
    }
}

#[test]
fn no_secret_is_in_the_log_a_row_a_message_or_kv() {
    let run = run();
    assert!(run.tokens.len() == 4 && run.sessions.len() >= 4);
    run.assert_no_secret("the log", &run.team.world.log_text());
    for table in ["audit_events", "jobs", "invitations", "sessions", "users", "redemptions"] {
        run.assert_no_secret(table, &run.table(table));
    }
    for (key, value) in run.team.world.state().kv.borrow().iter() {
        run.assert_no_secret("KV", &format!("{key} {value}"));
    }
    let queue = format!("{:?}", run.team.world.state().queue.borrow());
    run.assert_no_secret("the queue", &queue);
}

/// What a copy of the database opens: nothing. The development mailbox exists only where nobody else comes.
#[test]
fn a_copy_of_the_database_holds_no_link() {
    let run = run();
    let dump = run.team.world.state().database.borrow().dump();
    let without_mailbox: String = dump.lines().filter(|line| !line.starts_with("mailbox: ")).collect();
    assert_ne!(without_mailbox.len(), dump.len(), "there was mail");
    run.assert_no_secret("the database", &without_mailbox);
    for part in ["/i/", "eyJ", "localhost"] {
        assert!(!without_mailbox.contains(part), "{part}");
    }
}

#[test]
fn no_address_is_in_the_log_or_the_audit_log() {
    let run = run();
    for text in [run.team.world.log_text(), run.table("audit_events"), run.table("jobs")] {
        for part in [ANA, MIA, "olga.owner", "nobody@", "revoked@", "not an address", "@"] {
            assert!(!text.contains(part), "{part} in {text}");
        }
    }
}

#[test]
fn kv_holds_nothing_but_the_landing_pages_copy() {
    let run = run();
    for key in run.team.world.state().kv.borrow().keys() {
        assert!(key.starts_with("landing:inv_"), "{key}");
    }
}

#[test]
fn every_change_is_in_the_audit_log_under_who_did_it() {
    let run = run();
    let entries =
        run.team.world.state().database.borrow().query(
            "SELECT action, substr(actor, 1, 4) AS actor, request_id FROM audit_events ORDER BY at, id",
        );
    let mut seen: Vec<_> = entries
        .iter()
        .map(|entry| format!("{} by {}", entry["action"].as_str().unwrap(), entry["actor"].as_str().unwrap()))
        .collect();
    seen.sort_unstable();
    assert_eq!(
        seen,
        [
            "invitation.accepted by mbr_",
            "invitation.accepted by mbr_",
            "invitation.created by mbr_",
            "invitation.created by mbr_",
            "invitation.created by mbr_",
            "invitation.created by oper",
            "invitation.declined by invi",
            "invitation.link_copied by mbr_",
            "invitation.resent by mbr_",
            "invitation.revoked by mbr_",
            "organization.created by oper",
        ]
    );
    let log = run.team.world.log_text();
    for entry in &entries {
        let request = entry["request_id"].as_str().unwrap();
        assert!(log.contains(request), "an entry leads to its request");
    }
}

#[test]
fn a_refused_change_is_not_in_the_audit_log() {
    let mut team = Team::new();
    let id = team.invited(MIA, "member");
    let revoke = format!("/v1/invitations/{id}/revoke");
    team.owner.post(&revoke, &json!({})).ok();
    let before = team.world.count("SELECT count(*) FROM audit_events");
    assert_eq!(team.owner.post(&revoke, &json!({})).status, 409);
    assert_eq!(team.owner.post(&format!("/v1/invitations/{id}/resend"), &json!({})).status, 409);
    assert_eq!(team.owner.post(&format!("/v1/invitations/{id}/link"), &json!({})).status, 409);
    assert_eq!(team.owner.invite(&team.organization.clone(), "olga.owner@studio.test", "member").status, 409);
    assert_eq!(team.world.count("SELECT count(*) FROM audit_events"), before);
}

#[test]
fn the_audit_log_can_not_be_changed_or_shortened() {
    let team = Team::new();
    for change in ["UPDATE audit_events SET actor = 'nobody'", "DELETE FROM audit_events"] {
        let database = team.world.state().database.borrow();
        let attempt = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| database.change(change)));
        assert!(attempt.is_err(), "{change}");
    }
    assert_eq!(team.world.count("SELECT count(*) FROM audit_events WHERE actor <> 'nobody'"), 3);
}

#[test]
fn what_is_personal_is_kept_by_no_cache_and_told_to_no_other_site() {
    let mut team = Team::new();
    let id = team.invited(MIA, "member");
    let token = copied_token(&mut team.owner, &id);
    for path in ["/v1/me", "/me", "/sign-in", "/v1/nothing", &team.path("/members"), &format!("/i/{token}")] {
        let answer = team.owner.get(path);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(answer.header("strict-transport-security").is_some(), "{path}");
    }
}

/// The pages for developers exist only together with the mailbox, which exists only where nobody else comes.
#[test]
fn where_mail_really_goes_out_nobody_finds_a_page_for_developers() {
    let world =
        World::with_settings(&[("MAIL_PROVIDER", "cloudflare"), ("ORIGIN", "https://join.example.test")]);
    let mut operator = world.operator();
    for path in ["/dev/mailbox", "/dev/mailbox/job_01h455vb4pex5vsknk084sn02q"] {
        assert_eq!(operator.get(path).status, 404, "{path}");
    }
    assert_eq!(operator.post("/dev/probe", &json!({"values": []})).status, 404);
}

/// What one organization calls somebody, and how it writes their address, is nothing to another: nothing that it is shown
/// of them tells whether their address has an account, is proved, or was made by an organization that added them. Whoever may
/// copy the link to set a member's password is told as much as that needs: that the account has one already.
#[test]
fn nobody_sees_what_another_organization_calls_somebody() {
    let world = World::new();
    let mut other = another(&world);
    let secret = ["Hush Merger", "hush merger", "Hush@", "ANA.Client@", "Ana Secret"];
    other.add("Hush@Client.test", "client", json!({"name": "Hush Merger"})).ok();
    other.joined("ANA.Client@client.test", "client");
    let proved = other.member("ana.client@client.test");
    other.owner.patch(&format!("/v1/members/{proved}"), &json!({"name": "Ana Secret"})).ok();
    let mut team = Team::in_world(world);
    let mut shown = String::new();
    for email in ["hush@client.test", "ana.client@client.test", "nobody.yet@client.test"] {
        let added = team.add(email, "member", json!({"name": "Zoe"})).ok();
        let path = format!("/v1/members/{}", added.str("/id"));
        let cleared = team.owner.patch(&path, &json!({"name": null}));
        assert_eq!(cleared.refusal(), refusal(422, "required"));
        for answer in [added, cleared, team.owner.get(&path)] {
            shown += &answer.text();
        }
    }
    let member = team.member("hush@client.test");
    let token = team.password_token(&member);
    shown += &team.world.client().get(&format!("/reset/{token}")).text();
    let mut hush = team.world.client();
    hush.set_password(&token).ok();
    for path in ["/v1/me", "/v1/me/workspaces", "/me"] {
        shown += &hush.get(path).text();
    }
    for rest in ["/members", "/seats/holders", "/audit", "/invitations"] {
        shown += &team.owner.get(&team.path(rest)).ok().text();
    }
    for name in secret {
        assert!(!shown.contains(name), "{name}: {shown}");
    }
}

/// Whoever was added elsewhere and comes in by an invitation is called what they say they are.
#[test]
fn who_was_added_elsewhere_is_called_here_what_they_say() {
    let world = World::new();
    let mut other = another(&world);
    other.add("hush@client.test", "client", json!({"name": "Hush Merger"})).ok();
    let mut team = Team::in_world(world);
    let invitation = team.invited("hush@client.test", "client");
    let token = copied_token(&mut team.owner, &invitation);
    let mut hush = team.world.client();
    hush.accept(&token, "Hanna Client").ok();
    let seen = team.owner.get(&team.path("/members?q=hush")).ok();
    assert_eq!(seen.str("/data/0/user/name"), "Hanna Client");
    assert_eq!(hush.get("/v1/me").ok().str("/user/name"), "Hanna Client");
    let theirs = other.owner.get(&other.path("/members?q=hush")).ok();
    assert_eq!(theirs.str("/data/0/user/name"), "Hush Merger", "and stays there what they were");
}

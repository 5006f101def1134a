//! Notifications: what happened that concerns whoever is signed in, and what of it they have read.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::client::{Client, Team};
use crate::{about, accept_signed_in, another, complaint, copied_token, decline, ids, refusal, remove};

const ANA: &str = "ana.client@client.test";

fn list(person: &mut Client, query: &str) -> Value {
    person.get(&format!("/v1/me/notifications{query}")).ok().json()
}

fn kinds(person: &mut Client) -> Vec<String> {
    let rows = list(person, "")["data"].as_array().unwrap().clone();
    rows.iter().map(|row| row["kind"].as_str().unwrap().to_owned()).collect()
}

/// Every direct add leaves one, whether or not a mail goes out.
#[test]
fn whoever_is_added_finds_it_in_the_app() {
    let mut team = Team::new();
    let mut other = another(&team.world);
    let mut ana = other.joined(ANA, "client");
    assert_eq!(list(&mut ana, ""), json!({"data": [], "next_cursor": null}));
    for notify in [false, true] {
        team.world.pass(Duration::from_secs(1));
        let member = team.add(ANA, "client", json!({"notify": notify})).ok().str("/id");
        let newest = &list(&mut ana, "")["data"][0];
        let id = newest["id"].as_str().unwrap();
        assert!(id.starts_with("ntf_"));
        assert_eq!(
            newest,
            &json!({
                "id": id, "kind": "member.added",
                "organization": {"id": team.organization, "name": "Example Studio"},
                "about": {"member_id": member}, "created_at": team.world.now().to_string(), "read_at": null,
            })
        );
        remove(&team, ANA);
    }
}

#[test]
fn an_inviter_sees_who_came_in_and_who_said_no_and_nobody_is_mailed() {
    let mut team = Team::new();
    let accepted = team.invited("mia@studio.test", "member");
    let declined = team.invited("dan@studio.test", "member");
    team.world.deliver();
    let mails = team.world.mailbox().len();
    let token = copied_token(&mut team.owner, &accepted);
    let mut mia = team.world.client();
    mia.accept(&token, "Mia Member").ok();
    accept_signed_in(&mut mia, &token).ok();
    let token = copied_token(&mut team.owner, &declined);
    for _ in 0..2 {
        team.world.pass(Duration::from_secs(1));
        decline(&mut team.world.client(), &token).ok();
    }
    let shown = list(&mut team.owner, "")["data"].as_array().unwrap().clone();
    assert_eq!(kinds(&mut team.owner), ["invitation.declined", "invitation.accepted"], "once each");
    assert_eq!(shown[0]["about"], json!({"invitation_id": declined}));
    let member = team.member("mia@studio.test");
    assert_eq!(shown[1]["about"], json!({"invitation_id": accepted, "member_id": member}));
    team.world.deliver();
    assert_eq!(team.world.mailbox().len(), mails);
}

/// Somebody with an account who accepts tells the inviter too.
#[test]
fn an_inviter_sees_that_somebody_with_an_account_came_in() {
    let mut team = Team::new();
    let mut mia = another(&team.world).joined("mia@studio.test", "member");
    let invitation = team.invited("mia@studio.test", "member");
    let token = copied_token(&mut team.owner, &invitation);
    accept_signed_in(&mut mia, &token).ok();
    assert_eq!(kinds(&mut team.owner), ["invitation.accepted"]);
}

#[test]
fn an_inviter_who_was_removed_is_told_nothing_more_of_the_organization() {
    let mut team = Team::new();
    let mut ada = team.joined("ada.admin@studio.test", "admin");
    for email in ["mia@studio.test", "dan@studio.test"] {
        ada.invite(&team.organization, email, "member").ok();
    }
    team.world.deliver();
    remove(&team, "ada.admin@studio.test");
    let tokens = ["mia@studio.test", "dan@studio.test"].map(|email| team.world.mailed_token(email));
    team.world.client().accept(&tokens[0], "Mia Member").ok();
    decline(&mut team.world.client(), &tokens[1]).ok();
    assert!(kinds(&mut ada).is_empty());
}

#[test]
fn a_list_is_paged_newest_first() {
    let mut team = Team::new();
    for number in 0..5 {
        team.world.pass(Duration::from_secs(1));
        team.joined(&format!("p{number}@studio.test"), "client");
    }
    let all = ids(&list(&mut team.owner, ""));
    assert_eq!(all.len(), 5);
    assert!(all.windows(2).all(|pair| pair[0] > pair[1]), "{all:?}");
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(&mut team.owner, &format!("?limit=2{cursor}"));
        seen.extend(ids(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, all);
    for (query, pointer) in [("limit=0", "?limit"), ("cursor=inv_1", "?cursor"), ("unread=maybe", "?unread")]
    {
        let answer = team.owner.get(&format!("/v1/me/notifications?{query}"));
        assert_eq!(complaint(&answer), about(422, "invalid_value", pointer));
    }
    let answer = team.owner.get("/v1/me/notifications?read=true");
    assert_eq!(complaint(&answer), about(422, "unknown_field", "?read"));
}

#[test]
fn what_was_read_stays_and_is_no_longer_unread() {
    let mut team = Team::new();
    for number in 0..3 {
        team.world.pass(Duration::from_secs(1));
        team.joined(&format!("p{number}@studio.test"), "client");
    }
    let all = ids(&list(&mut team.owner, ""));
    team.owner.post("/v1/me/notifications/read", &json!({"ids": [all[1]]})).ok();
    let first_read = team.world.now().to_string();
    assert_eq!(ids(&list(&mut team.owner, "?unread=true")), [all[0].clone(), all[2].clone()]);
    assert_eq!(ids(&list(&mut team.owner, "?unread=false")), all);
    team.world.pass(Duration::from_secs(1));
    let answer = team.owner.post("/v1/me/notifications/read", &json!({})).ok();
    assert_eq!(answer.status, 204);
    assert_eq!(list(&mut team.owner, "?unread=true")["data"], json!([]));
    assert_eq!(list(&mut team.owner, "")["data"][1]["read_at"], first_read, "when it was read first");
    for (body, code, pointer) in [
        (json!({"ids": []}), "invalid_value", "/ids"),
        (json!({"ids": ["inv_01h455vb4pex5vsknk084sn02q"]}), "invalid_value", "/ids/0"),
        (json!({"ids": all[0]}), "invalid_type", "/ids"),
        (json!({"all": true}), "unknown_field", "/all"),
    ] {
        let answer = team.owner.post("/v1/me/notifications/read", &body);
        assert_eq!(complaint(&answer), about(422, code, pointer), "{body}");
    }
}

#[test]
fn nobody_reads_or_marks_what_is_somebody_elses() {
    let mut team = Team::new();
    let mut mia = team.joined("mia@studio.test", "admin");
    let theirs = ids(&list(&mut team.owner, ""));
    assert_eq!(theirs.len(), 1);
    assert_eq!(list(&mut mia, "")["data"], json!([]));
    mia.post("/v1/me/notifications/read", &json!({"ids": theirs})).ok();
    mia.post("/v1/me/notifications/read", &json!({})).ok();
    assert_eq!(ids(&list(&mut team.owner, "?unread=true")), theirs);
    let mut gone = mia.clone();
    mia.delete("/v1/sessions/current").ok();
    assert_eq!(gone.get("/v1/me/notifications").refusal(), refusal(401, "unauthenticated"));
    assert_eq!(gone.post("/v1/me/notifications/read", &json!({})).refusal(), refusal(401, "unauthenticated"));
}

/// V5: an account whose mailbox nobody proved sees only what happened where it is confined to.
#[test]
fn an_unproved_account_sees_and_marks_only_those_of_its_organization() {
    let mut team = Team::new();
    let member = team.add(ANA, "client", json!({})).ok().str("/id");
    let token = team.password_token(&member);
    let mut squatter = team.world.client();
    squatter.set_password(&token).ok();
    let mut other = another(&team.world);
    other.add(ANA, "client", json!({"notify": true})).ok();
    let shown = list(&mut squatter, "");
    assert_eq!(shown["data"].as_array().unwrap().len(), 1);
    assert_eq!(shown["data"][0]["organization"]["id"], team.organization);
    squatter.post("/v1/me/notifications/read", &json!({})).ok();
    assert_eq!(team.world.count("SELECT count(*) FROM notifications WHERE read_at IS NULL"), 1);
    team.world.deliver();
    let mut ana = team.world.client();
    ana.set_password(&team.world.mailed_password_token(ANA)).ok();
    assert_eq!(kinds(&mut ana), ["member.added", "member.added"]);
}

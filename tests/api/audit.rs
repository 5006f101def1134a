//! The audit log: who changed what, from what to what, found by each of its filters, and with no secret in it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::client::Team;
use crate::{about, accept_signed_in, another, complaint, copied_token, decline, ids, refusal};

/// The newest entries.
pub fn log(team: &mut Team, query: &str) -> Vec<Value> {
    let list = team.owner.get(&team.path(&format!("/audit?limit=100{query}"))).ok().json();
    list["data"].as_array().unwrap().clone()
}

/// The newest entry of an action.
#[track_caller]
fn newest(team: &mut Team, action: &str) -> Value {
    log(team, &format!("&action={action}")).remove(0)
}

/// Each filter and what they come to together, for whoever looks at the statements that it takes.
pub fn use_all(team: &mut Team) {
    let filters =
        ["subject=x", "actor=x", "action=x", "since=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z"];
    for filter in filters {
        team.owner.get(&team.path(&format!("/audit?{filter}"))).ok();
    }
}

/// A team in which everything happened that this part of the service writes down.
fn busy() -> Team {
    let mut team = Team::of("client-links");
    let pass = |team: &Team| team.world.pass(Duration::from_mins(1));
    let workspace = team.owner.post(&team.path("/workspaces"), &json!({"name": "Second"})).ok().str("/id");
    team.owner.patch(&format!("/v1/workspaces/{workspace}"), &json!({"name": "Renamed"})).ok();
    pass(&team);
    let branding = json!({"name": "Studio", "accent": "#0a7cff", "message": "Write to help@studio.test"});
    let change = json!({"branding": branding, "policy": {"invites": {"member": ["client"]}}});
    team.owner.patch(&team.path(""), &change).ok();
    team.world.operator().put(&team.path("/plan"), &json!({"key": "agency", "seat_limit": 9})).ok();
    pass(&team);
    let path = format!("/v1/workspaces/{workspace}/resources");
    let page = json!({"kind": "facebook", "name": "A page", "external_id": "page@owner.test"});
    let resource = team.owner.post(&path, &page).ok().str("/id");
    for action in ["disconnect", "reconnect"] {
        team.owner.post(&format!("/v1/resources/{resource}/{action}"), &json!({})).ok();
    }
    team.owner.delete(&format!("/v1/resources/{resource}")).ok();
    pass(&team);
    let more = json!({"message": "From olga.owner@studio.test", "name": "Ana", "nickname": "the bakery"});
    let mut ana = team.joined_with("ana@client.test", "client", more);
    let id = team.invited("carl@client.test", "client");
    team.owner.post(&format!("/v1/invitations/{id}/resend"), &json!({})).ok();
    let token = copied_token(&mut team.owner, &id);
    decline(&mut team.world.client(), &token).ok();
    let id = team.invited("dora@client.test", "client");
    team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok();
    team.world.deliver();
    let link = team.owner.post(&team.path("/invitations"), &json!({"kind": "link", "role": "client"})).ok();
    let token = copied_token(&mut team.owner, &link.str("/id"));
    accept_signed_in(&mut ana, &token).ok();
    team
}

#[test]
fn an_entry_says_who_did_what_to_what_when_and_in_which_request() {
    let mut team = Team::new();
    let owner = team.member("olga.owner@studio.test");
    team.world.pass(Duration::from_secs(1));
    let made = team.owner.post(&team.path("/workspaces"), &json!({"name": "Second"})).ok();
    let entry = log(&mut team, "").remove(0);
    let expected = json!({
        "id": entry["id"], "at": team.world.now().to_string(), "actor": owner, "action": "workspace.created",
        "subject": made.str("/id"), "before": null, "after": {"name": "Second"},
        "key_id": null, "request_id": made.header("request-id"),
    });
    assert_eq!(entry, expected);
    assert!(entry["id"].as_str().unwrap().starts_with("evt_"));
}

#[test]
fn entries_say_what_it_was_and_what_it_became() {
    let mut team = busy();
    let both = |entry: &Value| (entry["before"].clone(), entry["after"].clone());
    let renamed = newest(&mut team, "workspace.renamed");
    assert_eq!(both(&renamed), (json!({"name": "Second"}), json!({"name": "Renamed"})));
    let updated = newest(&mut team, "organization.updated");
    let nothing = json!({"name": null, "accent": null, "message_length": null});
    let before = json!({"name": "Example Studio", "branding": nothing, "policy": null, "require_mfa": false});
    assert_eq!(updated["before"], before);
    assert_eq!(
        updated["after"]["branding"],
        json!({"name": "Studio", "accent": "#0a7cff", "message_length": 25})
    );
    assert_eq!(updated["after"]["policy"], json!({"invites": {"member": ["client"]}}));
    let plan = newest(&mut team, "organization.plan_changed");
    assert_eq!(plan["actor"], "operator");
    let features = json!(["custom_client_permissions"]);
    let was = json!({"key": "default", "seat_limit": 5, "features": features, "trial_ends_at": null});
    let is = json!({"key": "agency", "seat_limit": 9, "features": [], "trial_ends_at": null});
    assert_eq!(both(&plan), (was, is));
    let added = newest(&mut team, "resource.added");
    assert_eq!(added["after"]["kind"], "facebook");
    let status = |status: &str| json!({"status": status});
    let off = newest(&mut team, "resource.disconnected");
    assert_eq!(both(&off), (status("connected"), status("disconnected")));
    let on = newest(&mut team, "resource.reconnected");
    assert_eq!(both(&on), (status("disconnected"), status("connected")));
    let deleted = newest(&mut team, "resource.deleted");
    assert_eq!((&deleted["before"], &deleted["after"]), (&added["after"], &Value::Null));
    let revoked = newest(&mut team, "invitation.revoked");
    assert_eq!(both(&revoked), (status("pending"), status("revoked")));
    let declined = newest(&mut team, "invitation.declined");
    assert_eq!(both(&declined), (status("pending"), status("declined")));
    assert_eq!(declined["actor"], "invitee");
    let resent = newest(&mut team, "invitation.resent");
    let until = team.world.now().plus(Duration::from_hours(7 * 24)).to_string();
    assert_eq!(both(&resent), (json!({"ver": 1}), json!({"ver": 2, "expires_at": until})));
    let first = team.workspace();
    let accepted = newest(&mut team, "invitation.accepted");
    assert_eq!(accepted["after"]["member_id"], accepted["actor"]);
    assert_eq!(accepted["after"]["role"], "client");
    assert_eq!(accepted["after"]["workspace_ids"].as_array().unwrap().len(), 1, "{first}");
    let created = newest(&mut team, "organization.created");
    assert_eq!(created["after"]["plan"]["key"], "default");
    assert_eq!(created["subject"], team.organization);
}

#[test]
fn an_invitations_entry_says_what_it_offered() {
    let mut team = Team::of("publishing");
    let workspace = team.workspace();
    let page = json!({"kind": "facebook", "name": "A page"});
    let resource = team.owner.post(&format!("/v1/workspaces/{workspace}/resources"), &page).ok().str("/id");
    let body = json!({
        "kind": "email", "role": "client", "email": "ana@client.test",
        "access": {"permissions": ["posts.write"], "resources": [{"id": resource, "approve": true}],
                   "addable_kinds": ["facebook"], "require_mfa": true},
    });
    team.owner.post(&team.path("/invitations"), &body).ok();
    let expected = json!({
        "status": "pending", "kind": "email", "role": "client", "max_uses": 1,
        "expires_at": team.world.now().plus(Duration::from_hours(7 * 24)).to_string(),
        "access": {
            "workspace_ids": [workspace],
            "permissions": ["posts.write.create", "posts.write.edit", "posts.write.delete"],
            "resources": [{"id": resource, "approve": true, "credentials": "owner"}],
            "addable_kinds": ["facebook"], "require_mfa": true,
        },
    });
    assert_eq!(newest(&mut team, "invitation.created")["after"], expected);
    let all =
        json!({"kind": "email", "role": "client", "email": "b@client.test", "access": {"resources": "all"}});
    team.world.pass(Duration::from_secs(1));
    team.owner.post(&team.path("/invitations"), &all).ok();
    let access = newest(&mut team, "invitation.created")["after"]["access"].clone();
    assert_eq!((&access["permissions"], &access["resources"]), (&Value::Null, &json!("all")));
}

#[test]
fn each_filter_leaves_out_what_it_should_and_nothing_else() {
    let mut team = busy();
    let all = log(&mut team, "");
    let olga = team.member("olga.owner@studio.test");
    for key in ["actor", "action", "subject"] {
        let values: BTreeSet<&str> = all.iter().map(|entry| entry[key].as_str().unwrap()).collect();
        assert!(values.len() >= 3, "{key}");
        for value in values {
            let expected: Vec<_> = all.iter().filter(|entry| entry[key] == value).cloned().collect();
            assert_eq!(log(&mut team, &format!("&{key}={value}")), expected, "{key} {value}");
        }
    }
    let both: Vec<_> = all
        .iter()
        .filter(|entry| entry["actor"] == olga && entry["action"] == "invitation.created")
        .cloned()
        .collect();
    assert!(both.len() >= 3);
    assert_eq!(log(&mut team, &format!("&actor={olga}&action=invitation.created")), both);
    let subject = both[0]["subject"].as_str().unwrap();
    let one = log(&mut team, &format!("&actor={olga}&action=invitation.created&subject={subject}"));
    assert_eq!(one, both[..1]);
    assert!(log(&mut team, &format!("&actor=operator&subject={subject}")).is_empty());
    let moments: BTreeSet<&str> = all.iter().map(|entry| entry["at"].as_str().unwrap()).collect();
    assert!(moments.len() >= 3);
    for moment in &moments {
        let since: Vec<_> =
            all.iter().filter(|entry| entry["at"].as_str() >= Some(moment)).cloned().collect();
        assert_eq!(log(&mut team, &format!("&since={moment}")), since);
        let until: Vec<_> = all.iter().filter(|entry| entry["at"].as_str() < Some(moment)).cloned().collect();
        assert_eq!(log(&mut team, &format!("&until={moment}")), until);
    }
    for (query, pointer) in [("since=today", "?since"), ("until=1", "?until")] {
        let answer = team.owner.get(&team.path(&format!("/audit?{query}")));
        assert_eq!(complaint(&answer), about(422, "invalid_value", pointer));
    }
    let unknown = team.owner.get(&team.path("/audit?who=x"));
    assert_eq!(complaint(&unknown), about(422, "unknown_field", "?who"));
}

#[test]
fn it_is_paged_newest_first_within_a_filter_too() {
    let mut team = busy();
    for filter in ["", "&action=invitation.created", "&until=2030-01-01T00:00:00Z"] {
        let all: Vec<_> =
            log(&mut team, filter).iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect();
        let mut sorted = all.clone();
        sorted.sort_unstable_by(|one, other| other.cmp(one));
        assert_eq!(all, sorted);
        let mut paged = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = team.owner.get(&team.path(&format!("/audit?limit=2{filter}{cursor}"))).ok().json();
            paged.extend(ids(&page));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(paged, all, "{filter}");
    }
}

#[test]
fn each_filter_is_served_by_its_index() {
    let mut team = busy();
    use_all(&mut team);
    let database = team.world.state().database.borrow();
    let plans: Vec<String> = database
        .ran()
        .iter()
        .filter(|statement| {
            statement.sql.contains("FROM audit_events AS e") && statement.sql.contains("ORDER BY")
        })
        .map(|statement| database.plan(statement).join("\n"))
        .collect();
    for index in [
        "audit_events_by_subject (organization_id=? AND subject=? AND id>? AND id<?)",
        "audit_events_by_actor (organization_id=? AND actor=? AND id>? AND id<?)",
        "audit_events_by_action (organization_id=? AND action=? AND id>? AND id<?)",
        "audit_events_of_organization (organization_id=? AND id>? AND id<?)",
    ] {
        assert!(
            plans.iter().any(|plan| plan.contains(index) && !plan.contains("TEMP B-TREE")),
            "{index}: {plans:?}"
        );
    }
}

#[test]
fn it_is_for_those_who_run_the_organization_and_shows_nobody_elses() {
    let mut team = busy();
    let mut other = another(&team.world);
    assert_eq!(other.owner.get(&team.path("/audit")).refusal(), refusal(404, "not_found"));
    let theirs = log(&mut other, "");
    assert!(theirs.iter().all(|entry| entry["subject"] != team.organization));
    for role in ["member", "client"] {
        let mut person = team.joined(&format!("{role}@studio.test"), role);
        assert_eq!(person.get(&team.path("/audit")).refusal(), refusal(403, "forbidden"), "{role}");
    }
}

#[test]
fn a_change_that_changed_nothing_is_no_entry() {
    let mut team = busy();
    let before = team.world.count("SELECT count(*) FROM audit_events");
    let organization = team.owner.get(&team.path("")).ok().json();
    team.owner.patch(&team.path(""), &json!({})).ok();
    team.owner.patch(&team.path(""), &json!({"branding": organization["branding"]})).ok();
    team.owner.patch(&team.path(""), &json!({"policy": {"invites": {"member": ["client"]}}})).ok();
    team.world.operator().put(&team.path("/plan"), &organization["plan"]).ok();
    let workspace = team.workspace();
    team.owner.patch(&format!("/v1/workspaces/{workspace}"), &json!({"name": "Renamed"})).ok();
    assert_eq!(team.world.count("SELECT count(*) FROM audit_events"), before);
    // Another message of the same length is another message.
    let message = json!({"branding": {"message": "Write to HELP@studio.test"}});
    assert_eq!(
        team.owner.patch(&team.path(""), &message).ok().json()["branding"]["message"],
        message["branding"]["message"]
    );
    assert_eq!(team.world.count("SELECT count(*) FROM audit_events"), before + 1);
}

/// Messages, external ids and addresses may hold anything; the log holds none of them.
#[test]
fn it_holds_no_address_no_link_and_nothing_that_somebody_wrote_to_another() {
    let team = busy();
    let database = team.world.state().database.borrow();
    let entries = Value::from(database.query("SELECT * FROM audit_events")).to_string();
    assert!(entries.contains("invitation.link_copied") && entries.contains("resource.added"));
    for secret in ["@", "/i/", "eyJ", "Write to", "bakery", "\"Ana\"", "password"] {
        assert!(!entries.contains(secret), "{secret} in {entries}");
    }
    drop(database);
    assert!(!team.world.log_text().contains('@'));
}

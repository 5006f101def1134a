//! What happens, as webhooks are told it: which events come of which doing, each once, with the thing as the API shows it.

use serde_json::{Value, json};

use crate::support::World;
use crate::support::client::Team;
use crate::support::scene::{self, plan_of};
use crate::support::webhooks::{Hooked, make, says, sent, told};

/// What an invitation goes through, from being made to somebody coming in.
#[test]
fn an_invitation_is_told_when_it_is_made_sent_and_accepted() {
    let mut hooked = Hooked::of("team");
    let id = hooked.team.invited("ana@client.test", "client");
    let heard = hooked.hears();
    let kinds: Vec<&str> = heard.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["invitation.created", "invitation.sent"]);
    let shown = hooked.team.owner.get(&format!("/v1/invitations/{id}")).ok().json();
    let deliveries: Vec<&Value> = heard.iter().map(|(_, data)| &data["delivery"]).collect();
    assert_eq!(deliveries, ["queued", "sent"]);
    assert_eq!(heard[1].1, shown, "as the API shows it");
    assert!(!format!("{heard:?}").contains("/i/"), "no link");
    let mut ana = hooked.team.world.client();
    ana.join("ana@client.test", "Ana Client").ok();
    let heard = hooked.hears();
    let mut kinds: Vec<&str> = heard.iter().map(|(kind, _)| kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["invitation.accepted", "member.added", "membership.added"]);
    let member = hooked.team.member("ana@client.test");
    let of = |kind: &str| heard.iter().find(|(known, _)| known == kind).unwrap().1.clone();
    assert_eq!(of("invitation.accepted")["id"], id);
    assert_eq!(of("invitation.accepted")["status"], "accepted");
    assert_eq!(of("invitation.accepted")["member_id"], member);
    assert_eq!(of("member.added")["id"], member);
    assert_eq!(of("member.added")["organization_id"], hooked.team.organization);
    assert_eq!(of("member.added")["user"]["email"], "ana@client.test");
    let added = of("membership.added");
    assert_eq!(
        (&added["member_id"], &added["workspace_id"]),
        (&json!(member), &json!(hooked.team.workspace()))
    );
    assert_eq!(added["access"]["permissions"]["mode"], "default");
}

#[test]
fn declining_withdrawing_and_time_are_told() {
    let mut hooked = Hooked::of("team");
    let token = |hooked: &Hooked, address: &str| hooked.team.world.mailed_token(address);
    hooked.team.invited("ana@client.test", "client");
    let revoked = hooked.team.invited("bea@client.test", "client");
    hooked.team.invited("cia@client.test", "client");
    hooked.hears();
    let declined = json!({"token": token(&hooked, "ana@client.test")});
    hooked.team.world.client().post("/v1/invitations/decline", &declined).ok();
    hooked.team.owner.post(&format!("/v1/invitations/{revoked}/revoke"), &json!({})).ok();
    assert_eq!(hooked.hears_of(), ["invitation.declined", "invitation.revoked"]);
    hooked.team.world.pass(std::time::Duration::from_hours(24 * 30));
    hooked.team.world.tick();
    assert!(hooked.hears_of().contains(&"invitation.expired".to_owned()));
}

#[test]
fn what_a_provider_tells_of_a_mail_is_told_on() {
    use usher::domain::ids::Id;
    let mut hooked = Hooked::of("team");
    let invitation = hooked.team.invited("ana@client.test", "client");
    hooked.hears();
    let rows = hooked.team.world.state().database.borrow().query("SELECT provider_message_id AS id FROM jobs WHERE kind = 'invitation_email' AND provider_message_id IS NOT NULL ORDER BY rowid DESC LIMIT 1");
    let message = rows[0]["id"].as_str().unwrap();
    for delivery in ["delivered", "bounced", "complained"] {
        let job: usher::domain::ids::JobId = Id::new(hooked.team.world.now(), hooked.team.world.random());
        let told =
            json!({"message": {"id": message, "delivery": delivery}, "subscription": null}).to_string();
        let now = hooked.team.world.now().millis();
        hooked.team.world.state().database.borrow().change(&format!(
            "INSERT INTO hook_events (id, told, received_at) VALUES ('{job}', '{told}', {now});
             INSERT INTO jobs (id, kind, hook_event_id, created_at, due_at, requeue_at) VALUES ('{job}', 'hook_event', '{job}', {now}, {now}, {now})"
        ));
        hooked.team.world.deliver_one(job);
        let heard = hooked.hears();
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert_eq!(heard[0].0, format!("invitation.{delivery}"));
        assert_eq!((&heard[0].1["id"], &heard[0].1["delivery"]), (&json!(invitation), &json!(delivery)));
    }
}

#[test]
fn a_member_is_told_of_once_for_each_request_that_changes_them() {
    let mut hooked = Hooked::of("client-links");
    let page = hooked.team.resource("facebook");
    let member = hooked.team.add("ana@client.test", "client", json!({})).ok().str("/id");
    let mut added = hooked.hears_of();
    added.sort();
    assert_eq!(added, ["member.added", "membership.added"]);
    let workspace = hooked.team.workspace();
    let place = format!("/v1/workspaces/{workspace}/members/{member}");
    let access = json!({"access": {"resources": [{"id": page, "approve": true}], "require_mfa": true}});
    hooked.team.owner.patch(&place, &access).ok();
    let heard = hooked.hears();
    assert_eq!(heard.len(), 1, "its grants and itself are one change: {heard:?}");
    assert_eq!(heard[0].0, "membership.updated");
    assert_eq!(heard[0].1["access"]["resources"][0]["id"], page);
    hooked.team.owner.patch(&format!("/v1/members/{member}"), &json!({"name": "Ana Other"})).ok();
    hooked.team.owner.delete(&place).ok();
    assert_eq!(hooked.hears_of(), ["member.updated", "membership.removed"]);
    hooked.team.owner.delete(&format!("/v1/members/{member}")).ok();
    let heard = hooked.hears();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!((heard[0].0.as_str(), &heard[0].1["status"]), ("member.removed", &json!("removed")));
}

#[test]
fn an_organization_and_its_plan_are_told_when_they_change() {
    let mut hooked = Hooked::of("team");
    hooked.team.owner.patch(&hooked.team.path(""), &json!({"name": "Another Studio"})).ok();
    let plan = json!({"key": "agency", "seat_limit": 9});
    hooked.team.world.operator().put(&hooked.team.path("/plan"), &plan).ok();
    let heard = hooked.hears();
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(
        heard.iter().all(|(kind, data)| kind == "organization.updated" && data["plan"]["key"] == "agency")
    );
}

/// The last seat is told when it goes, not each time that somebody comes in with the seat that was kept for them.
#[test]
fn the_last_seat_is_told_once() {
    let mut hooked = Hooked::to(Team::make(World::new(), "team", Some(plan_of(2))));
    let reached =
        |heard: &[(String, Value)]| heard.iter().filter(|(kind, _)| kind == "seats.limit_reached").count();
    hooked.team.invited("mia@studio.test", "member");
    assert_eq!(reached(&hooked.hears()), 0);
    let last = hooked.team.invited("max@studio.test", "member");
    let heard = hooked.hears();
    assert_eq!(reached(&heard), 1);
    let seats = &heard.iter().find(|(kind, _)| kind == "seats.limit_reached").unwrap().1;
    assert_eq!((&seats["limit"], &seats["available"]), (&json!(2), &json!(0)));
    hooked.team.world.client().join("mia@studio.test", "Mia Member").ok();
    assert_eq!(scene::seats(&hooked.team), (1, 1));
    assert_eq!(reached(&hooked.hears()), 0, "her seat was kept for her");
    hooked.team.owner.post(&format!("/v1/invitations/{last}/revoke"), &json!({})).ok();
    hooked.team.invited("moe@studio.test", "member");
    assert_eq!(reached(&hooked.hears()), 1, "it was free in between");
}

#[test]
fn only_what_a_webhook_asked_for_is_told_to_it_and_only_of_its_organization() {
    let mut hooked = Hooked::of("team");
    hooked.team.owner.patch(&hooked.path(""), &json!({"events": ["member.added"]})).ok();
    hooked.hears();
    let mut other = crate::another(&hooked.team.world);
    make(&mut other, "https://other.example.com/", &["invitation.created"]);
    hooked.team.joined("ana@client.test", "client");
    other.invited("bea@client.test", "client");
    hooked.answers((0..9).map(|_| says(200)));
    let heard: Vec<(String, String)> = sent(&hooked.team.world)
        .iter()
        .map(|request| (request.uri().host().unwrap().to_owned(), told(request).0))
        .collect();
    let expected = [("app.example.com", "member.added"), ("other.example.com", "invitation.created")];
    assert_eq!(heard, expected.map(|(host, kind)| (host.to_owned(), kind.to_owned())));
}

/// What was refused is not told: nothing happened.
#[test]
fn what_is_refused_is_not_told() {
    let mut hooked = Hooked::of("team");
    hooked.team.invited("ana@client.test", "client");
    hooked.hears();
    let body = json!({"kind": "email", "role": "client", "email": "ana@client.test"});
    let refused = hooked.team.owner.post(&hooked.team.path("/invitations"), &body);
    assert_eq!(refused.status, 409);
    assert_eq!(hooked.hears(), []);
}

/// The job died at any point, or its message came twice: each event is told once to each webhook.
#[test]
fn however_often_the_job_is_done_each_event_is_delivered_once() {
    let mut hooked = Hooked::of("team");
    let body = json!({"kind": "email", "role": "client", "email": "ana@client.test", "send_email": false});
    hooked.team.owner.post(&hooked.team.path("/invitations"), &body).ok();
    let jobs: Vec<_> = hooked.team.world.state().queue.borrow_mut().drain(..).collect();
    let [job] = jobs.as_slice() else { panic!("one job: {jobs:?}") };
    hooked.team.world.pass(std::time::Duration::from_secs(31));
    hooked.team.world.tick();
    for _ in 0..3 {
        hooked.team.world.deliver_one(*job);
    }
    assert_eq!(hooked.hears_of(), ["invitation.created"]);
    assert_eq!(
        hooked.team.world.count("SELECT count(*) FROM jobs WHERE kind = 'webhook_events'"),
        0,
        "and forgotten"
    );
}

/// Whoever changes the address of their account is told of wherever they are a member, and nowhere else.
#[test]
fn a_members_new_address_is_told() {
    let mut hooked = Hooked::of("team");
    hooked.team.invited("ana@client.test", "client");
    hooked.hears();
    let mut ana = hooked.team.world.client();
    ana.join("ana@client.test", "Ana Client").ok();
    hooked.hears();
    let (old, new) = crate::email_changes::begun(&hooked.team, &mut ana, "ana@client.test", "ana@other.test");
    for token in [old, new] {
        crate::email_changes::confirm(&hooked.team, &token).ok();
    }
    let [(kind, data)] = hooked.hears().try_into().unwrap();
    assert_eq!((&*kind, &data["user"]["email"]), ("member.updated", &json!("ana@other.test")));
    assert_eq!(data["id"], hooked.team.member("ana@other.test"));
}

/// Many at once: a list of a hundred clients is a hundred events, in their order.
#[test]
fn many_events_are_told_in_their_order() {
    let mut hooked = Hooked::of("team");
    let rows: Vec<Value> = (0..100)
        .map(|n| json!({"email": format!("client{n:03}@client.test"), "role": "client", "send_email": false}))
        .collect();
    hooked.team.owner.post(&hooked.team.path("/invitations/bulk"), &json!({"rows": rows})).ok();
    // Some at a time: others have their turn in between.
    let mut heard = hooked.hears();
    assert!(heard.len() < 100, "{}", heard.len());
    hooked.team.world.pass(std::time::Duration::from_secs(31));
    hooked.team.world.tick();
    heard.extend(hooked.hears());
    let created: Vec<String> = heard
        .iter()
        .filter(|(kind, _)| kind == "invitation.created")
        .map(|(_, data)| data["email"].as_str().unwrap().to_owned())
        .collect();
    let expected: Vec<String> = (0..100).map(|n| format!("client{n:03}@client.test")).collect();
    assert_eq!(created, expected);
}

/// The database takes two million bytes at a time, and so does nobody's receiver.
#[test]
fn what_is_too_large_to_be_told_is_told_in_brief() {
    let mut hooked = Hooked::of("client-links");
    let member = hooked.team.add("ana@client.test", "client", json!({})).ok().str("/id");
    hooked.hears();
    let organization = hooked.team.organization.clone();
    hooked.team.world.state().database.borrow().change(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 17)
           INSERT INTO workspaces (id, organization_id, name, created_at)
           SELECT 'wsp_000000000000000000000000' || i, '{organization}', 'Workspace ' || i, 0 FROM n;
         INSERT INTO memberships (member_id, workspace_id, created_at)
           SELECT '{member}', id, 0 FROM workspaces WHERE created_at = 0;
         WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 1499)
           INSERT INTO resources (id, organization_id, workspace_id, kind, name, created_at)
           SELECT 'res_00000000000000000000' || substr(w.id, 29) || n.i, '{organization}', w.id, 'facebook', 'A page', 0
           FROM n CROSS JOIN workspaces w WHERE w.created_at = 0;
         INSERT INTO grants (member_id, workspace_id, resource_id, approve)
           SELECT '{member}', workspace_id, id, 1 FROM resources WHERE created_at = 0;
         DELETE FROM webhook_events WHERE at IS NULL"
    ));
    hooked.team.owner.patch(&format!("/v1/members/{member}"), &json!({"name": "Ana Other"})).ok();
    let [(kind, data)] = hooked.hears().try_into().unwrap();
    assert_eq!(kind, "member.updated");
    assert_eq!(data, json!({"id": member, "organization_id": organization, "too_large": true}));
}

/// Of several mails to an address that reported one, that one was reported.
#[test]
fn a_complaint_is_told_of_the_invitation_whose_mail_was_reported() {
    let mut hooked = Hooked::of("team");
    let reported = hooked.team.invited("ana@client.test", "client");
    hooked.hears();
    let rows = hooked.team.world.state().database.borrow().query(
        "SELECT provider_message_id AS id FROM jobs WHERE kind = 'invitation_email' AND provider_message_id IS NOT NULL ORDER BY rowid DESC LIMIT 1",
    );
    let message = rows[0]["id"].as_str().unwrap().to_owned();
    hooked.team.owner.post(&format!("/v1/invitations/{reported}/revoke"), &json!({})).ok();
    hooked.team.invited("ana@client.test", "client");
    hooked.hears();
    let job: usher::domain::ids::JobId =
        usher::domain::ids::Id::new(hooked.team.world.now(), hooked.team.world.random());
    let told =
        json!({"message": {"id": message, "delivery": "complained"}, "subscription": null}).to_string();
    let now = hooked.team.world.now().millis();
    hooked.team.world.state().database.borrow().change(&format!(
        "INSERT INTO hook_events (id, told, received_at) VALUES ('{job}', '{told}', {now});
         INSERT INTO jobs (id, kind, hook_event_id, created_at, due_at, requeue_at) VALUES ('{job}', 'hook_event', '{job}', {now}, {now}, {now})"
    ));
    hooked.team.world.deliver_one(job);
    let heard = hooked.hears();
    let told: Vec<(&str, &Value)> = heard.iter().map(|(kind, data)| (kind.as_str(), &data["id"])).collect();
    assert_eq!(told, [("invitation.complained", &json!(reported))]);
}

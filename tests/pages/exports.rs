//! What leaves as a file: the lists of Team & Clients, the activity, and one's own data.
//!
//! The rule: a file holds what its page shows to whoever asks, no link and no secret, no cell that a spreadsheet would run, and
//! is bounded.

use serde_json::{Value, json};

use crate::scene::{browser, browsing};
use crate::support::platform::Cost;
use crate::support::{Answer, Client};
use crate::team::{ANA, Desk};

const MIA: &str = "mia.member@studio.test";

/// The cells of a file, line by line; as a program reads it that is not ours.
fn cells(answer: &Answer) -> Vec<Vec<String>> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&answer.body[..]);
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn name_of(answer: &Answer) -> String {
    answer.header("content-disposition").unwrap().replace("attachment; filename=", "").replace('"', "")
}

fn rename(desk: &mut Desk, email: &str, name: &str) -> String {
    let id = desk.team.member(email);
    desk.team.owner.patch(&format!("/v1/members/{id}"), &json!({"name": name})).ok();
    id
}

/// What is asked of the database is what the organization's size asks for, not more.
fn cost(desk: &Desk) -> u32 {
    desk.team.world.last_cost().d1
}

#[test]
fn a_list_of_people_is_a_file_with_its_filters() {
    let mut desk = Desk::new();
    let slug = desk.path.trim_start_matches("/o/").to_owned();
    desk.team.joined(ANA, "client");
    desk.team.joined("bo@client.test", "client");
    let ana = rename(&mut desk, ANA, "=SUM(\"A1\")");
    rename(&mut desk, "bo@client.test", "Bo \"the\" Client, Ltd.");
    // With whatever the form says when it is pressed, and not with what the page was shown for.
    let page = desk.page("/team?tab=clients&q=a&cursor=");
    let (form, _) = page.split_once("class=\"filters\"").unwrap().1.split_once("</form>").unwrap();
    assert!(
        form.contains(&format!(
            "<button class=\"button quiet\" formaction=\"{}/team/export.csv\">",
            desk.path
        )),
        "{form}"
    );
    assert!(form.contains("name=\"tab\" value=\"clients\""), "{form}");
    let before = desk.stored();
    let file = desk.owner.get(&format!("{}/team/export.csv?tab=clients", desk.path));
    assert_eq!(cost(&desk), 2);
    assert_eq!(desk.stored(), before, "asking changes nothing");
    assert_eq!(name_of(&file), format!("{slug}-clients.csv"));
    let lines = cells(&file);
    assert_eq!(
        lines[0],
        [
            "name",
            "email",
            "nickname",
            "role",
            "workspaces",
            "takes_seat",
            "joined_at",
            "removed_at",
            "member_id"
        ]
    );
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[1][0], "Bo \"the\" Client, Ltd.");
    assert_eq!(lines[2][0], "'=SUM(\"A1\")", "no formula");
    assert_eq!(lines[2][1..5], [ANA, "", "client", "Example Studio"]);
    assert_eq!(lines[2][5], "no");
    assert_eq!((lines[2][7].as_str(), &lines[2][8]), ("", &ana));
    let of = |desk: &mut Desk, query: &str| {
        cells(&desk.owner.get(&format!("{}/team/export.csv?{query}", desk.path)))[1..]
            .iter()
            .map(|line| line[1].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&mut desk, "tab=clients&q=bo"), ["bo@client.test"]);
    assert_eq!(of(&mut desk, ""), ["olga.owner@studio.test"]);
    assert_eq!(of(&mut desk, "tab=members&role=admin"), [""; 0]);
    assert_eq!(of(&mut desk, "tab=removed"), [""; 0]);
    desk.team.owner.delete(&format!("/v1/members/{ana}")).ok();
    assert_eq!(of(&mut desk, "tab=removed"), [ANA]);
    assert!(desk.stored().lines().count() > 0);
    let workspace = desk.team.workspace();
    assert_eq!(of(&mut desk, &format!("tab=clients&workspace={workspace}")), ["bo@client.test"]);
    assert_eq!(of(&mut desk, &format!("tab=clients&role=client&workspace={workspace}")), ["bo@client.test"]);
}

/// Who comes into one workspace learns nothing of another by a file either; and a client of nobody.
#[test]
fn a_file_holds_what_its_reader_may_see() {
    let mut desk = Desk::new();
    let home = desk.team.workspace();
    let away = desk
        .team
        .owner
        .post(&desk.team.path("/workspaces"), &json!({"name": "Secret place"}))
        .ok()
        .str("/id");
    let both = json!({"workspace_ids": [home, away]});
    let mut ana = browsing(desk.team.joined_with(ANA, "client", both));
    let mut mia = browsing(desk.team.joined_with(MIA, "member", json!({"workspace_ids": [home]})));
    let path = format!("{}/team/export.csv", desk.path);
    let places = |person: &mut Client| cells(&person.get(&format!("{path}?tab=clients")))[1][4].clone();
    assert_eq!(places(&mut desk.owner), "Example Studio; Secret place");
    assert_eq!(places(&mut mia), "Example Studio");
    assert_eq!(cells(&mia.get(&format!("{path}?tab=clients&workspace={away}"))).len(), 1);
    // Who invites nobody sees no invitations, and the removed are for who runs the organization: they get what they may see.
    for tab in ["invitations", "links", "removed"] {
        assert!(name_of(&mia.get(&format!("{path}?tab={tab}"))).ends_with("-members.csv"), "{tab}");
    }
    assert_eq!(ana.get(&path).status, 403);
    assert_eq!(browser(&desk.team.world).get(&path).status, 303);
}

#[test]
fn invitations_and_links_are_a_file_without_a_link() {
    let mut desk = Desk::new();
    desk.invited("bo@client.test", &json!({"name": "+Bo", "nickname": "Bakery"}));
    desk.link(&json!({"nickname": "Spring", "max_uses": 25}));
    desk.team.world.deliver();
    let path = format!("{}/team/export.csv", desk.path);
    let file = desk.owner.get(&format!("{path}?tab=invitations"));
    let lines = cells(&file);
    assert_eq!(lines[0].len(), 11);
    assert_eq!(
        lines[1][..8],
        ["bo@client.test", "'+Bo", "Bakery", "client", "pending", "Sent", "no", "0 of 1"]
    );
    let of_links = desk.owner.get(&format!("{path}?tab=links"));
    assert_eq!(cells(&of_links)[1][2..8], ["Spring", "client", "pending", "On", "no", "0 of 25"]);
    for file in [file, of_links] {
        assert!(!file.text().contains("/i/") && !file.text().contains("eyJ"), "{}", file.text());
    }
    let declined = desk.owner.get(&format!("{path}?tab=invitations&status=declined"));
    assert_eq!(cells(&declined).len(), 1);
}

/// So many rows as a file takes, in parts, and its name says that there are more.
#[test]
fn a_file_ends_somewhere_and_says_so() {
    let desk = &mut Desk::new();
    let many = |from: usize, to: usize| {
        format!(
            "WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {to})
             INSERT INTO users (id, email, email_key, name, created_at)
               SELECT printf('usr_%026d', i), 'c' || i || '@x.test', 'c' || i || '@x.test', 'Client ' || i, 0 FROM n;
             WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {to})
             INSERT INTO members (id, organization_id, user_id, role, name, takes_seat, joined_at)
               SELECT printf('mbr_%026d', i), (SELECT id FROM organizations), printf('usr_%026d', i), 'client',
                      'Client ' || i, 0, 0 FROM n;"
        )
    };
    let database = |desk: &Desk, sql: &str| desk.team.world.state().database.borrow().change(sql);
    database(desk, &many(1, 502));
    let path = format!("{}/team/export.csv?tab=clients", desk.path);
    let file = desk.owner.get(&path);
    assert_eq!((cells(&file).len(), cost(desk)), (502, 3), "each once, in two parts");
    let mut seen: Vec<_> = cells(&file).iter().map(|line| line[8].clone()).collect();
    seen.dedup();
    assert_eq!(seen.len(), 502);
    database(desk, &many(502, 10_002));
    let file = desk.owner.get(&path);
    assert_eq!(cells(&file).len(), 10_001);
    assert!(name_of(&file).ends_with("-clients-newest-10000.csv"), "{}", name_of(&file));
    assert_eq!(desk.team.world.last_cost(), Cost { d1: 22, kv: 0 });
    assert_eq!(cells(&file)[1][0], "Client 10001");
}

#[test]
fn activity_is_a_file_with_its_filters() {
    let mut desk = Desk::new();
    desk.team.joined(ANA, "client");
    let ana = rename(&mut desk, ANA, "@Ana");
    let page = desk.page("/activity?action=member.renamed");
    for file in ["csv", "json"] {
        assert!(page.contains(&format!("formaction=\"{}/activity/export.{file}\"", desk.path)), "{page}");
    }
    let before = desk.stored();
    let file = desk.owner.get(&format!("{}/activity/export.csv?action=member.renamed", desk.path));
    assert_eq!(cost(&desk), 2);
    let lines = cells(&file);
    assert_eq!(lines[0], ["at", "who", "actor", "what", "action", "subject", "before", "after"]);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1][1], "Olga Owner");
    assert_eq!(lines[1][3..6], ["renamed @Ana".to_owned(), "member.renamed".to_owned(), ana]);
    let after: Value = serde_json::from_str(&lines[1][7]).unwrap();
    assert_eq!(after["name"], "@Ana");
    let json = desk.owner.get(&format!("{}/activity/export.json", desk.path)).ok();
    assert_eq!(json.header("content-type"), Some("application/json"));
    assert!(name_of(&json).ends_with("-activity.json"));
    let listed = desk.team.owner.get(&desk.team.path("/audit?limit=100")).ok().json();
    assert_eq!(json.json()["data"], listed["data"], "as the API has them");
    assert_eq!(json.json()["more"], false);
    assert_eq!(desk.stored(), before, "asking changes nothing");
    let wrong = desk.owner.get(&format!("{}/activity/export.csv?since=yesterday", desk.path));
    assert_eq!(wrong.status, 422);
    let nothing = desk.seen("/activity?since=2020-01-01&until=2020-01-02");
    assert!(nothing.contains("No events match") && nothing.contains("Clear filters"), "{nothing}");
    assert!(!nothing.contains("Export"), "{nothing}");
}

#[test]
fn the_activitys_file_ends_somewhere_too() {
    let mut desk = Desk::new();
    desk.team.world.state().database.borrow().change(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5001)
         INSERT INTO audit_events (id, organization_id, at, actor, action, subject, request_id)
         SELECT printf('evt_%026d', i), (SELECT id FROM organizations), i, 'operator', 'organization.updated',
                (SELECT id FROM organizations), 'r' FROM n",
    );
    let file = desk.owner.get(&format!("{}/activity/export.csv?action=organization.updated", desk.path));
    assert_eq!((cells(&file).len(), cost(&desk)), (5001, 22));
    assert!(name_of(&file).ends_with("-activity-newest-5000.csv"));
    let file =
        desk.owner.get(&format!("{}/activity/export.json?action=organization.updated", desk.path)).ok();
    assert_eq!((file.json()["data"].as_array().unwrap().len(), &file.json()["more"]), (5000, &json!(true)));
    assert!(name_of(&file).ends_with("-activity-newest-5000.json"));
}

/// Account, memberships with what they may do, invitations, notifications, sessions, changes of address, and what they did.
#[test]
fn ones_own_data_is_a_file() {
    let mut desk = Desk::new();
    let ana = desk.team.joined_with(ANA, "client", json!({"access": {"permissions": ["posts.create"]}}));
    let mut other = crate::scene::elsewhere(&desk.team.world);
    other.invited(ANA, "client");
    desk.team.world.deliver();
    let mut ana = browsing(ana);
    assert!(ana.get("/me").text().contains("href=\"/me/data.json\" download"));
    let before = desk.stored();
    let file = ana.get("/me/data.json").ok();
    assert_eq!(desk.team.world.last_cost(), Cost { d1: 1, kv: 0 });
    assert_eq!(desk.stored(), before, "GET changes nothing");
    assert_eq!(file.header("cache-control"), Some("no-store"));
    assert_eq!(name_of(&file), "my-data.json");
    let data = file.json();
    assert_eq!(data["account"]["email"], ANA);
    assert_eq!(data["account"]["has_password"], true);
    assert!(
        data["account"]["email_confirmed_at"].is_string()
            && data["account"]["two_step_sign_in_since"].is_null()
    );
    let place = &data["memberships"][0];
    assert_eq!(
        (&place["organization_name"], &place["role"], &place["status"]),
        (&json!("Example Studio"), &json!("client"), &json!("active"))
    );
    assert_eq!(place["workspaces"][0]["access"]["permissions"]["keys"], json!(["posts.create"]));
    assert!(!place["workspaces"][0]["may"].as_array().unwrap().is_empty());
    assert_eq!(data["invitations"][0]["organization_name"], "Other Studio");
    assert_eq!(data["sessions"][0]["current"], true);
    assert_eq!(data["actions"][0]["action"], "invitation.accepted");
    assert!(data["actions"][0].get("subject").is_none(), "the log is for who runs the organization");
    assert_eq!(data["cut_off"], json!([]));
    // No secret, no link, nobody else's address.
    let text = file.text();
    for secret in ["eyJ", "/i/", "argon2", "token", "digest", "olga", "oscar"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    // Who runs an organization reads its log, and so what they did there, whole.
    let data = desk.owner.get("/me/data.json").ok();
    let accepted = data.json()["actions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["action"] == "invitation.created")
        .cloned();
    assert_eq!(accepted.unwrap()["after"]["role"], "client");
    assert!(!data.text().contains(ANA), "{}", data.text());
    assert_eq!(browser(&desk.team.world).get("/me/data.json").status, 303);
}

/// S2-06: before the second factor is there that a workspace asks for, what is in it is not told here either.
#[test]
fn ones_own_data_waits_for_the_second_factor_that_is_asked_for() {
    let mut desk = Desk::new();
    let access = json!({"access": {"permissions": ["posts.create"], "require_mfa": true}});
    let ana = desk.team.joined_with(ANA, "client", access);
    let mut ana = browsing(ana);
    let place = ana.get("/me/data.json").ok().json()["memberships"][0]["workspaces"][0].clone();
    assert_eq!((&place["may"], &place["access"]["require_mfa"]), (&json!([]), &json!(true)));
    desk.team.world.state().database.borrow().change("UPDATE organizations SET require_mfa = 1");
    assert_eq!(ana.get("/me/data.json").ok().json()["memberships"], json!([]));
}

/// What somebody else's address is about, and what an account that nobody proved is not.
#[test]
fn ones_own_data_is_ones_own_alone() {
    let mut desk = Desk::new();
    // Somebody typed Ana's address at a link, and she is in another organization.
    let mut other = crate::scene::elsewhere(&desk.team.world);
    let id = desk.link(&json!({}));
    let copied = desk.team.owner.post(&format!("/v1/invitations/{id}/link"), &json!({})).ok().str("/url");
    let mut somebody = desk.team.world.client();
    let body = json!({"token": copied.rsplit('/').next().unwrap(), "name": "Not Ana", "password": "a sentence works well", "email": ANA});
    somebody.post("/v1/invitations/accept", &body).ok();
    let body = json!({"email": ANA, "name": "Ana Client", "role": "client", "notify": false});
    other.owner.post(&other.path("/members"), &body).ok();
    let data = browsing(somebody).get("/me/data.json").ok().json();
    assert!(data["account"]["email_confirmed_at"].is_null());
    let places: Vec<_> =
        data["memberships"].as_array().unwrap().iter().map(|place| &place["organization_name"]).collect();
    assert_eq!(places, ["Example Studio"]);
    assert_eq!(data["invitations"], json!([]));
    assert!(!data.to_string().contains("Other Studio"), "{data}");
    // Who was removed keeps that they were, and nothing of where.
    let mia = desk.team.joined(MIA, "member");
    let member = desk.team.member(MIA);
    desk.team.owner.delete(&format!("/v1/members/{member}")).ok();
    let data = browsing(mia).get("/me/data.json").ok().json();
    assert_eq!(data["memberships"][0]["status"], "removed");
    assert_eq!(data["memberships"][0]["workspaces"], json!([]));
}

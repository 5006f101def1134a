//! Cost must not grow with what there is: the rows that D1 reads for a request, in an organization of a hundred members and
//! invitations and in one of a hundred thousand.

use serde_json::json;

use crate::harness::{Answer, Deployment, Server, Team};

const FEW: u32 = 100;
const MANY: u32 = 100_000;

/// Fills an organization behind the Worker's back: so many members, of every role and name, each in its first workspace with
/// a grant of its one resource; so many invitations, of which every tenth reserves a seat and every tenth has lapsed and
/// was stamped; an entry of the audit log and a redemption for each.
fn fill(server: &Server, team: &Team<'_>, prefix: u32, number: u32) {
    let workspace = team.owner.clone().get(&team.path("/workspaces")).ok().str("/data/0/id");
    let owner = team.owner.clone().get(&team.path("/members")).ok().str("/data/0/id");
    let organization = &team.organization;
    let id = |kind: &str| format!("'{kind}_{prefix:02}' || printf('%024d', value)");
    let numbers = format!(
        "WITH RECURSIVE numbers (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM numbers WHERE value < {number})"
    );
    let later = "4000000000000";
    let role = "CASE value % 10 WHEN 0 THEN 'admin' WHEN 1 THEN 'member' ELSE 'client' END";
    let takes_seat = "value % 10 < 2";
    let email = "'p' || value || '.' || ?1 || '@grown.test'";
    let statements = [
        format!(
            "{numbers} INSERT INTO users (id, email, email_key, name, name_key, email_verified_at, created_at)
             SELECT {}, {email}, {email}, 'Person ' || printf('%06d', value), 'person ' || printf('%06d', value), 1, 1 FROM numbers",
            id("usr")
        ),
        format!(
            "{numbers} INSERT INTO members
               (id, organization_id, user_id, role, name, name_key, email_key, takes_seat, joined_at)
             SELECT {}, '{organization}', {}, {role}, 'Person ' || printf('%06d', value), 'person ' || printf('%06d', value), {email}, {takes_seat}, 1
             FROM numbers WHERE ?1 = ?1",
            id("mbr"),
            id("usr")
        ),
        format!(
            "{numbers} INSERT INTO memberships (member_id, workspace_id, created_at)
             SELECT {}, '{workspace}', 1 FROM numbers WHERE ?1 = ?1",
            id("mbr")
        ),
        format!(
            "INSERT INTO resources (id, organization_id, workspace_id, kind, name, created_at)
             SELECT 'res_{prefix:02}' || printf('%024d', 1), '{organization}', '{workspace}', 'facebook', 'A page', 1
             WHERE ?1 = ?1"
        ),
        format!(
            "{numbers} INSERT INTO grants (member_id, workspace_id, resource_id, approve)
             SELECT {}, '{workspace}', 'res_{prefix:02}' || printf('%024d', 1), 0 FROM numbers WHERE ?1 = ?1",
            id("mbr")
        ),
        format!(
            "{numbers} INSERT INTO invitations
               (id, organization_id, kind, role, email, email_key, name, name_key, locale, takes_seat, max_uses, delivery,
                expires_at, created_at, offered_at, invited_by, expired_at)
             SELECT {}, '{organization}', 'email', iif(value % 10 = 0, 'member', 'client'), 'i' || {email},
                    'i' || {email}, 'Invited ' || printf('%06d', value), 'invited ' || printf('%06d', value), 'en', value % 10 = 0, 1, 'sent',
                    {later}, 1, 1, '{owner}', iif(value % 10 = 5, 1, NULL)
             FROM numbers",
            id("inv")
        ),
        format!(
            "{numbers} INSERT INTO invitation_workspaces (invitation_id, workspace_id)
             SELECT {}, '{workspace}' FROM numbers WHERE ?1 = ?1",
            id("inv")
        ),
        format!(
            "{numbers} INSERT INTO audit_events (id, organization_id, at, actor, action, subject, request_id)
             SELECT {}, '{organization}', 1, '{owner}', 'invitation.created', {}, 'grown' FROM numbers WHERE ?1 = ?1",
            id("evt"),
            id("inv")
        ),
    ];
    let prefix = prefix.to_string();
    let parameters: &[&str] = &[&prefix];
    let statements: Vec<_> = statements.iter().map(|sql| (sql.as_str(), parameters)).collect();
    server.batch(&statements);
}

/// Everything that is done all day, with the rows that each reads.
fn costs(server: &Server, team: &Team<'_>, prefix: u32) -> Vec<(&'static str, u64)> {
    let mut owner = team.owner.clone();
    let mut read = Vec::new();
    let mut note = |what: &'static str, answer: Answer| {
        let answer = answer.ok();
        read.push((what, server.cost(&answer).rows_read));
        answer
    };
    let id = |kind: &str, number: u32| format!("{kind}_{prefix:02}{number:024}");
    let workspace = owner.get(&team.path("/workspaces")).ok().str("/data/0/id");
    let (client, resource) = (id("mbr", 52), id("res", 1));

    for (what, query) in [
        ("a page of members", "/members"),
        ("the next one", &format!("/members?cursor={}", id("mbr", 90))),
        ("members of a role", "/members?role=admin&limit=5"),
        ("members of a workspace", &format!("/members?workspace_id={workspace}")),
        ("members by name", "/members?q=person+000099"),
        ("members by address", &format!("/members?q=p99.{prefix}@")),
        ("members removed", "/members?status=removed"),
        ("invitations by address", &format!("/invitations?q=ip99.{prefix}@")),
        ("invitations by name", "/invitations?q=invited+000099"),
        ("links", "/invitations?kind=link&status=disabled&limit=1&q=nobody"),
        ("the audit log", "/audit"),
        ("the audit log of somebody", &format!("/audit?subject={}", id("inv", 50))),
        ("seats", "/seats"),
        ("who holds them", "/seats/holders?limit=5"),
    ] {
        note(what, owner.get(&team.path(query)));
    }
    note("a member", owner.get(&format!("/v1/members/{client}")));
    note("an access", owner.get(&format!("/v1/workspaces/{workspace}/members/{client}/access")));
    let question = json!({
        "member_id": client, "workspace_id": workspace, "permission": "posts.view", "resource_id": resource,
    });
    note("a check", owner.post("/v1/check", &question));
    note("an invitation", owner.get(&format!("/v1/invitations/{}", id("inv", 52))));

    let address = server.address("grown");
    let invited = note("inviting", team.invite(&address, "member"));
    let token = server.token(&team.organization, &invited.str("/id"));
    note("looking at the link", server.client().preview(&token));
    let mut person = server.client();
    note("accepting with a new account", person.sign_up(&token, "Grown Person"));
    note("accepting again", person.accept(&token));
    note("my workspaces", person.get("/v1/me/workspaces"));

    let other = Team::new(server);
    let address = server.address("grown.elsewhere");
    let (_, token) = other.invited(&address, "member");
    let mut person = server.client();
    person.sign_up(&token, "Elsewhere Person").ok();
    let invited = team.invite(&address, "client").ok().str("/id");
    note("accepting signed in", person.accept(&server.token(&team.organization, &invited)));

    let added =
        json!({"email": server.address("added"), "name": "Added Person", "role": "client", "notify": false});
    let added = note("adding at once", owner.post(&team.path("/members"), &added)).str("/id");
    note("a new role", owner.send_json("PATCH", &format!("/v1/members/{added}"), &json!({"role": "member"})));
    note("removing", owner.post(&team.path("/members/remove"), &json!({"member_ids": [added]})));
    let link = json!({"kind": "link", "role": "client", "max_uses": 5});
    let link = note("making a link", owner.post(&team.path("/invitations"), &link)).str("/id");
    note("who came by it", owner.get(&format!("/v1/invitations/{link}/redemptions")));
    note("disabling it", owner.post(&format!("/v1/invitations/{link}/disable"), &json!({})));
    let resource = json!({"kind": "facebook", "name": "Another page"});
    let made = note("a resource", owner.post(&format!("/v1/workspaces/{workspace}/resources"), &resource));
    note("deleting it", owner.send_json("DELETE", &format!("/v1/resources/{}", made.str("/id")), &json!({})));
    read
}

/// Each list under its filters and their combinations, with the rows that its first page reads. Five rows a page, because of
/// each role there are ten in the small organization.
fn lists(server: &Server, team: &Team<'_>, prefix: u32) -> Vec<(String, u64)> {
    let mut owner = team.owner.clone();
    let full = owner.get(&team.path("/workspaces")).ok().str("/data/0/id");
    let empty = owner.post(&team.path("/workspaces"), &json!({"name": "Empty"})).ok().str("/id");
    let me = owner.get(&team.path("/members?role=owner")).ok().str("/data/0/id");
    let invitation = format!("inv_{prefix:02}{:024}", 50);
    let workspaces = ["", "&workspace_id={full}", "&workspace_id={empty}"];
    let mut lists = Vec::new();
    for workspace in workspaces {
        for status in ["", "&status=removed"] {
            for role in ["", "&role=owner", "&role=admin", "&role=member", "&role=client"] {
                lists.push(format!("/members?limit=5{workspace}{status}{role}"));
            }
        }
        for kind in ["", "&kind=email", "&kind=link"] {
            lists.push(format!("/invitations?limit=5{workspace}{kind}"));
            for status in ["pending", "accepted", "declined", "revoked", "expired", "disabled", "full"] {
                lists.push(format!("/invitations?limit=5{workspace}{kind}&status={status}"));
            }
        }
    }
    for actor in ["", "&actor={me}", "&actor=operator"] {
        for action in ["", "&action=invitation.created", "&action=plan.changed"] {
            for subject in ["", "&subject={invitation}", "&subject={me}"] {
                for time in ["", "&since=2020-01-01T00:00:00Z", "&until=2020-01-01T00:00:00Z"] {
                    lists.push(format!("/audit?limit=5{actor}{action}{subject}{time}"));
                }
            }
        }
    }
    for workspace in ["{full}", "{empty}"] {
        for kind in ["", "&kind=linkedin"] {
            lists.push(format!("/v1/workspaces/{workspace}/resources?limit=5{kind}"));
        }
    }
    let read = |list: String| {
        let path = list
            .replace("{full}", &full)
            .replace("{empty}", &empty)
            .replace("{me}", &me)
            .replace("{invitation}", &invitation);
        let path = if path.starts_with("/v1/") { path } else { team.path(&path) };
        let answer = owner.get(&path).ok();
        (list, server.cost(&answer).rows_read)
    };
    lists.into_iter().map(read).collect()
}

/// A list reads a range of an index for each role and kind that it shows: each may end beside a row of somebody else's.
const RANGES: u64 = 6;

#[test]
fn rows_read_by_a_list_are_the_same_whatever_it_is_filtered_by() {
    let server = Deployment::new().set("LIMITS", "off").start();
    let (small, large) = (Team::of(&server, "publishing", None), Team::of(&server, "publishing", None));
    fill(&server, &small, 33, FEW);
    fill(&server, &large, 44, MANY);
    let mut grown = Vec::new();
    for ((what, few), (_, many)) in lists(&server, &small, 33).iter().zip(&lists(&server, &large, 44)) {
        assert!(*few > 0, "{what} reads nothing: is it counted?");
        if *many > few + RANGES {
            grown.push(format!("{what}: {few} rows with {FEW}, {many} with {MANY}"));
        }
    }
    assert!(grown.is_empty(), "{}", grown.join("\n"));
}

/// It looks at a thousand matches of a key at most, each with what the other filters ask.
#[test]
fn rows_read_by_a_search_have_a_bound_however_many_match() {
    let server = Deployment::new().set("LIMITS", "off").start();
    let team = Team::of(&server, "publishing", None);
    fill(&server, &team, 55, MANY);
    let mut owner = team.owner.clone();
    let empty = owner.post(&team.path("/workspaces"), &json!({"name": "Empty"})).ok().str("/id");
    for search in [
        "/members?q=p".to_owned(),
        "/members?q=person&role=owner".to_owned(),
        format!("/members?q=p&workspace_id={empty}"),
        "/invitations?q=i".to_owned(),
        "/invitations?q=invited&status=revoked&kind=link".to_owned(),
        format!("/invitations?q=i&workspace_id={empty}"),
    ] {
        let answer = owner.get(&team.path(&search)).ok();
        let read = server.cost(&answer).rows_read;
        assert!(read > 0 && read < 20_000, "{search}: {read} rows of {MANY}");
    }
}

#[test]
fn rows_read_are_the_same_with_a_hundred_thousand_members_as_with_a_hundred() {
    let server = Deployment::new().set("LIMITS", "off").start();
    let (small, large) = (Team::of(&server, "publishing", None), Team::of(&server, "publishing", None));
    fill(&server, &small, 11, FEW);
    fill(&server, &large, 22, MANY);
    let (few, many) = (costs(&server, &small, 11), costs(&server, &large, 22));
    let mut grown = Vec::new();
    for ((what, few), (_, many)) in few.iter().zip(&many) {
        println!("{what}: {few} rows, {many} rows");
        assert!(*few > 0, "{what} reads nothing: is it counted?");
        // A range that reaches to the end of an index reads one row less than one that ends where others' begin.
        if *many > few + 1 {
            grown.push(format!("{what}: {few} rows with {FEW}, {many} with {MANY}"));
        }
    }
    assert!(grown.is_empty(), "{}", grown.join("\n"));
}

//! Cost must not grow with what there is: the rows that D1 reads for a request, in an organization of a hundred members and as
//! many invitations, in one of ten thousand, and in one of a hundred thousand. Each is measured before the next is filled, so what
//! would grow with the whole database shows too.
//!
//! `USHER_GROWTH=1000000 cargo test --test edge -- growth --nocapture` fills the last with a million, which takes ten
//! minutes and some gigabytes, and prints every number.

use std::sync::LazyLock;

use serde_json::json;

use crate::harness::{Answer, Deployment, Server, Team};

const FEW: u32 = 100;
const SOME: u32 = 10_000;
const MANY: u32 = 100_000;

/// So many are written in one batch.
const PART: u32 = 20_000;

/// So many in the largest.
fn many() -> u32 {
    std::env::var("USHER_GROWTH").map_or(MANY, |number| number.parse().expect("USHER_GROWTH is a number"))
}

/// What each request reads, in rows.
type Reads = Vec<(String, u64)>;

/// What was read where there are so many.
struct Measured {
    number: u32,
    /// What is done all day.
    work: Reads,
    /// Each list under its filters.
    lists: Reads,
    /// Searches that match everything.
    searches: Reads,
}

/// Smallest first. One database for all of them: filling it takes longer than the rest.
static MEASURED: LazyLock<Vec<Measured>> = LazyLock::new(|| {
    let server = Deployment::new().set("LIMITS", "off").start();
    let sizes = [FEW, SOME, many()].into_iter().zip(11..);
    let measured = sizes.map(|(number, prefix)| {
        let team = Team::of(&server, "publishing", None);
        fill(&server, &team, prefix, number);
        Measured {
            number,
            work: work(&server, &team, prefix),
            lists: lists(&server, &team, prefix),
            searches: searches(&server, &team),
        }
    });
    measured.collect()
});

/// That nothing reads more than in the smallest, but for so many rows.
#[track_caller]
fn assert_constant(reads: fn(&Measured) -> &Reads, slack: u64) {
    let mut grown = Vec::new();
    for (place, (what, few)) in reads(&MEASURED[0]).iter().enumerate() {
        assert!(*few > 0, "{what} reads nothing: is it counted?");
        let all: Vec<_> =
            MEASURED.iter().map(|measured| (measured.number, reads(measured)[place].1)).collect();
        let told = all.iter().map(|(number, read)| format!("{read} of {number}")).collect::<Vec<_>>();
        let told = format!("{what}: rows read {}", told.join(", "));
        println!("{told}");
        if all.iter().any(|(_, read)| *read > few + slack) {
            grown.push(told);
        }
    }
    assert!(grown.is_empty(), "{}", grown.join("\n"));
}

/// Fills an organization behind the Worker's back: so many members, of every role and name, each in its first workspace with
/// a grant of its one resource; so many invitations, of which every tenth reserves a seat and every tenth has lapsed and
/// was stamped; an entry of the audit log for each.
fn fill(server: &Server, team: &Team<'_>, prefix: u32, number: u32) {
    let workspace = team.owner.clone().get(&team.path("/workspaces")).ok().str("/data/0/id");
    let owner = team.owner.clone().get(&team.path("/members")).ok().str("/data/0/id");
    let organization = &team.organization;
    let id = |kind: &str| format!("'{kind}_{prefix:02}' || printf('%024d', value)");
    let (user, member, invitation, entry) = (id("usr"), id("mbr"), id("inv"), id("evt"));
    let resource = format!("res_{prefix:02}{:024}", 1);
    let later = "4000000000000";
    let role = "CASE value % 10 WHEN 0 THEN 'admin' WHEN 1 THEN 'member' ELSE 'client' END";
    let email = format!("'p' || value || '.{prefix}@grown.test'");
    let statements = [
        format!(
            "INSERT INTO users (id, email, email_key, name, name_key, email_verified_at, created_at)
             SELECT {user}, {email}, {email}, 'Person ' || printf('%06d', value), 'person ' || printf('%06d', value), 1, 1"
        ),
        format!(
            "INSERT INTO members
               (id, organization_id, user_id, role, name, name_key, email_key, takes_seat, joined_at)
             SELECT {member}, '{organization}', {user}, {role}, 'Person ' || printf('%06d', value),
                    'person ' || printf('%06d', value), {email}, value % 10 < 2, 1"
        ),
        format!(
            "INSERT INTO memberships (member_id, workspace_id, created_at) SELECT {member}, '{workspace}', 1"
        ),
        format!(
            "INSERT INTO grants (member_id, workspace_id, resource_id, approve)
             SELECT {member}, '{workspace}', '{resource}', 0"
        ),
        format!(
            "INSERT INTO invitations
               (id, organization_id, kind, role, email, email_key, name, name_key, locale, takes_seat, max_uses, delivery,
                expires_at, created_at, offered_at, invited_by, expired_at)
             SELECT {invitation}, '{organization}', 'email', iif(value % 10 = 0, 'member', 'client'), 'i' || {email},
                    'i' || {email}, 'Invited ' || printf('%06d', value), 'invited ' || printf('%06d', value), 'en', value % 10 = 0, 1, 'sent',
                    {later}, 1, 1, '{owner}', iif(value % 10 = 5, 1, NULL)"
        ),
        format!(
            "INSERT INTO invitation_workspaces (invitation_id, workspace_id) SELECT {invitation}, '{workspace}'"
        ),
        format!(
            "INSERT INTO audit_events (id, organization_id, at, actor, action, subject, request_id)
             SELECT {entry}, '{organization}', 1, '{owner}', 'invitation.created', {invitation}, 'grown'"
        ),
    ];
    let made = "INSERT INTO resources (id, organization_id, workspace_id, kind, name, created_at)
        VALUES (?1, ?2, ?3, 'facebook', 'A page', 1)";
    server.batch(&[(made, &[&resource, organization, &workspace])]);
    let of_each = statements.map(|sql| {
        format!(
            "WITH RECURSIVE numbers (value) AS (
               SELECT CAST(?1 AS INTEGER) UNION ALL SELECT value + 1 FROM numbers WHERE value < CAST(?2 AS INTEGER))
             {sql} FROM numbers"
        )
    });
    for first in (1..=number).step_by(PART as usize) {
        let (first, last) = (first.to_string(), number.min(first + PART - 1).to_string());
        let bounds: &[&str] = &[&first, &last];
        server.batch(&of_each.each_ref().map(|sql| (sql.as_str(), bounds)));
    }
}

/// Everything that is done all day, with the rows that each reads.
fn work(server: &Server, team: &Team<'_>, prefix: u32) -> Reads {
    let mut owner = team.owner.clone();
    let mut read = Vec::new();
    let mut note = |what: &'static str, answer: Answer| {
        let answer = answer.ok();
        read.push((what.to_owned(), server.cost(&answer).rows_read));
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
fn lists(server: &Server, team: &Team<'_>, prefix: u32) -> Reads {
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

/// Searches that match everything, or whose other filters leave nothing of it.
fn searches(server: &Server, team: &Team<'_>) -> Reads {
    let mut owner = team.owner.clone();
    let empty = owner.post(&team.path("/workspaces"), &json!({"name": "Nobody's"})).ok().str("/id");
    let searches = [
        "/members?q=p",
        "/members?q=person&role=owner",
        "/members?q=p&workspace_id={empty}",
        "/invitations?q=i",
        "/invitations?q=invited&status=revoked&kind=link",
        "/invitations?q=i&workspace_id={empty}",
    ];
    let read = |search: &str| {
        let answer = owner.get(&team.path(&search.replace("{empty}", &empty))).ok();
        (search.to_owned(), server.cost(&answer).rows_read)
    };
    searches.map(read).into()
}

#[test]
fn rows_read_by_whatever_is_done_all_day_are_the_same_with_many_as_with_a_hundred() {
    // A range that reaches to the end of an index reads one row less than one that ends where others' begin.
    assert_constant(|measured| &measured.work, 1);
}

#[test]
fn rows_read_by_a_list_are_the_same_whatever_it_is_filtered_by() {
    // A list reads a range of an index for each role and kind that it shows: each may end beside a row of somebody else's.
    assert_constant(|measured| &measured.lists, 6);
}

/// It looks at a thousand matches of a key at most, each with what the other filters ask.
#[test]
fn rows_read_by_a_search_have_a_bound_however_many_match() {
    for measured in MEASURED.iter() {
        for (search, read) in &measured.searches {
            println!("{search}: rows read {read} of {}", measured.number);
            assert!(*read > 0 && *read < 20_000, "{search}: {read} rows of {}", measured.number);
        }
    }
}

/// In its index, in the order of the page, and its workspaces with what comes after them: what more there is of an entry is in
/// its row.
#[test]
fn an_entry_of_a_page_of_invitations_takes_five_rows_at_most() {
    let server = Deployment::new().set("LIMITS", "off").start();
    let team = Team::of(&server, "publishing", None);
    fill(&server, &team, 11, FEW);
    let read = |limit: u64| {
        let path = team.path(&format!("/invitations?status=pending&limit={limit}"));
        server.cost(&team.owner.clone().get(&path).ok()).rows_read
    };
    let (one, many) = (read(1), read(81));
    assert!(many - one <= 80 * 5, "one entry reads {one} rows, and 81 read {many}");
}

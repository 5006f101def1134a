//! Cost must not grow with what there is: each list under each of its filters, and inviting, in an organization of a hundred
//! and in one of twenty thousand. What is counted are the steps of SQLite's machine; `tests/edge/growth.rs` counts rows.

use serde_json::json;

use crate::support::World;
use crate::support::client::Team;

const FEW: u32 = 100;
const MANY: u32 = 20_000;
/// A search looks at the first thousand of each key that it matches.
const SEARCHED: u32 = 2_000;
/// Cheaper than fifty rows.
const SLACK: u64 = 1_000;

/// A team with so many members, all clients; pending invitations of clients by mail; resources of one kind; entries of the
/// audit log. All of it is in its first workspace; the second is empty.
struct Filled {
    team: Team,
    workspace: String,
    empty: String,
    owner: String,
}

impl Filled {
    fn with(number: u32) -> Self {
        let mut team = Team::make(World::new(), "publishing", None);
        let (workspace, owner) = (team.workspace(), team.member("olga.owner@studio.test"));
        let empty = team.owner.post(&team.path("/workspaces"), &json!({"name": "Empty"})).ok().str("/id");
        let organization = &team.organization;
        let of_each = |sql: &str| {
            format!(
                "WITH RECURSIVE numbers (value) AS (
                   SELECT 1 UNION ALL SELECT value + 1 FROM numbers WHERE value < {number}) {sql} FROM numbers;"
            )
        };
        let id = |kind: &str| format!("'{kind}_11' || printf('%024d', value)");
        let (user, member, invitation) = (id("usr"), id("mbr"), id("inv"));
        let statements = [
            format!(
                "INSERT INTO users (id, email, email_key, name, name_key, email_verified_at, created_at)
                 SELECT {user}, 'p' || value || '@grown.test', 'p' || value || '@grown.test', 'Person',
                        'person ' || value, 1, 1"
            ),
            format!(
                "INSERT INTO members
                   (id, organization_id, user_id, role, name, name_key, email_key, takes_seat, joined_at)
                 SELECT {member}, '{organization}', {user}, 'client', 'Person', 'person ' || value,
                        'p' || value || '@grown.test', 0, 1"
            ),
            format!(
                "INSERT INTO memberships (member_id, workspace_id, created_at) SELECT {member}, '{workspace}', 1"
            ),
            format!(
                "INSERT INTO resources (id, organization_id, workspace_id, kind, name, created_at)
                 SELECT {}, '{organization}', '{workspace}', 'facebook', 'Page', 1",
                id("res")
            ),
            format!(
                "INSERT INTO invitations
                   (id, organization_id, kind, role, email, email_key, name, name_key, locale, takes_seat, max_uses,
                    delivery, expires_at, created_at, offered_at, invited_by)
                 SELECT {invitation}, '{organization}', 'email', 'client', 'i' || value || '@grown.test',
                        'i' || value || '@grown.test', 'Invited', 'invited ' || value, 'en', 0, 1, 'sent',
                        4000000000000, 1, 1, '{owner}'"
            ),
            format!(
                "INSERT INTO invitation_workspaces (invitation_id, workspace_id)
                 SELECT {invitation}, '{workspace}'"
            ),
            format!(
                "INSERT INTO audit_events (id, organization_id, at, actor, action, subject, request_id)
                 SELECT {}, '{organization}', 1, '{owner}', 'invitation.created', {invitation}, 'grown'",
                id("evt")
            ),
        ];
        let sql: String = statements.iter().map(|statement| of_each(statement)).collect();
        team.world.state().database.borrow().change(&format!("BEGIN; {sql} COMMIT"));
        Self { team, workspace, empty, owner }
    }

    fn change(&self, sql: &str) {
        self.team.world.state().database.borrow().change(sql);
    }

    /// The steps that a page of a list takes. `{full}`, `{empty}` and `{owner}` stand for ids.
    fn steps_of(&mut self, path: &str) -> u64 {
        let path = path
            .replace("{full}", &self.workspace)
            .replace("{empty}", &self.empty)
            .replace("{owner}", &self.owner);
        let path =
            if path.starts_with("/v1/") || path.starts_with("/w/") { path } else { self.team.path(&path) };
        self.steps(|team| {
            team.owner.get(&path).ok();
        })
    }

    fn steps(&mut self, work: impl FnOnce(&mut Team)) -> u64 {
        let before = self.team.world.state().database.borrow().steps();
        work(&mut self.team);
        self.team.world.state().database.borrow().steps() - before
    }
}

/// Every combination of one choice of each filter: an empty choice leaves it out.
fn combinations(list: &str, filters: &[&[&str]]) -> Vec<String> {
    let mut queries = vec![String::new()];
    for choices in filters {
        queries = queries
            .iter()
            .flat_map(|query| {
                let more = |choice: &&str| {
                    if choice.is_empty() { query.clone() } else { format!("{query}&{choice}") }
                };
                std::iter::once(query.clone()).chain(choices.iter().map(more)).collect::<Vec<_>>()
            })
            .collect();
    }
    queries.into_iter().map(|query| format!("{list}?limit=25{query}")).collect()
}

const ROLES: &[&str] = &["role=owner", "role=admin", "role=member", "role=client"];
const MEMBER_STATUS: &[&str] = &["status=removed"];
const WORKSPACES: &[&str] = &["workspace_id={full}", "workspace_id={empty}"];
const KINDS: &[&str] = &["kind=email", "kind=link"];
const STATUS: &[&str] = &[
    "status=pending",
    "status=accepted",
    "status=declined",
    "status=revoked",
    "status=expired",
    "status=disabled",
    "status=full",
];

fn lists() -> Vec<String> {
    let mut lists = combinations("/members", &[ROLES, MEMBER_STATUS, WORKSPACES]);
    lists.extend(combinations("/invitations", &[KINDS, STATUS, WORKSPACES]));
    lists.extend(combinations(
        "/audit",
        &[
            &["actor={owner}", "actor=operator"],
            &["action=invitation.created", "action=plan.changed"],
            &["subject=inv_11000000000000000000000050", "subject={owner}"],
            &["since=2020-01-01T00:00:00Z"],
            &["until=2020-01-01T00:00:00Z"],
        ],
    ));
    for workspace in ["{full}", "{empty}"] {
        let list = format!("/v1/workspaces/{workspace}/resources");
        lists.extend(combinations(&list, &[&["kind=facebook", "kind=linkedin"]]));
    }
    lists.extend(["/seats", "/seats/holders", "/workspaces"].map(str::to_owned));
    lists
}

fn searches() -> Vec<String> {
    let mut searches = combinations("/members?q=p&", &[ROLES, MEMBER_STATUS, WORKSPACES]);
    searches.extend(combinations("/invitations?q=i&", &[KINDS, STATUS, WORKSPACES]));
    searches.into_iter().map(|search| search.replace("&?", "&")).collect()
}

#[track_caller]
fn assert_flat(paths: &[String], small: &mut Filled, large: &mut Filled) {
    let mut grown = Vec::new();
    for path in paths {
        let (few, many) = (small.steps_of(path), large.steps_of(path));
        assert!(few > 0, "{path} takes no steps: are they counted?");
        if many > few + few / 2 + SLACK {
            grown.push(format!("{path}: {few} steps, then {many}"));
        }
    }
    assert!(grown.is_empty(), "{} of {}:\n{}", grown.len(), paths.len(), grown.join("\n"));
}

#[test]
fn no_list_costs_more_in_a_large_organization_whatever_it_is_filtered_by() {
    assert_flat(&lists(), &mut Filled::with(FEW), &mut Filled::with(MANY));
}

#[test]
fn a_list_of_what_has_another_state_than_most_costs_no_more_in_a_large_organization() {
    let (mut small, mut large) = (Filled::with(FEW), Filled::with(MANY));
    let invitations = combinations("/invitations", &[KINDS, STATUS, WORKSPACES]);
    let members = combinations("/members", &[ROLES, MEMBER_STATUS, WORKSPACES]);
    for change in [
        "UPDATE invitations SET expired_at = 1; UPDATE members SET removed_at = 1 WHERE role = 'client'",
        "UPDATE invitations SET revoked_at = 1, role = 'admin';
         UPDATE members SET removed_at = NULL, role = 'admin' WHERE role = 'client'",
    ] {
        for filled in [&small, &large] {
            filled.change(&format!("BEGIN; {change}; COMMIT"));
        }
        assert_flat(&invitations, &mut small, &mut large);
        assert_flat(&members, &mut small, &mut large);
    }
}

#[test]
fn invitations_that_somebody_may_not_see_cost_them_nothing() {
    let (mut small, mut large) = (Filled::with(FEW), Filled::with(MANY));
    for filled in [&mut small, &mut large] {
        let policy = json!({"policy": {"invites": {"member": ["client"]}}});
        filled.team.owner.patch(&filled.team.path(""), &policy).ok();
        let staff = filled.team.joined("mia.member@studio.test", "member");
        filled.change("UPDATE invitations SET role = 'admin'");
        assert_eq!(staff.clone().get(&filled.team.path("/invitations")).ok().json()["data"], json!([]));
        filled.team.owner = staff;
    }
    let lists = combinations("/invitations", &[KINDS, STATUS, &["workspace_id={full}"]]);
    assert_flat(&lists, &mut small, &mut large);
}

/// What somebody is given is chosen from a page of accounts, however many there are.
#[test]
fn choosing_among_accounts_costs_no_more_the_more_there_are() {
    let (mut small, mut large) = (Filled::with(FEW), Filled::with(MANY));
    for filled in [&mut small, &mut large] {
        filled.change("UPDATE resources SET name = 'Page ' || id");
        let policy = json!({"policy": {"invites": {"member": ["client"]}}});
        filled.team.owner.patch(&filled.team.path(""), &policy).ok();
    }
    let page = "/w/{full}/members/mbr_11000000000000000000000050".to_owned();
    assert_flat(std::slice::from_ref(&page), &mut small, &mut large);
    for filled in [&mut small, &mut large] {
        let given = json!({"resources": [{"id": "res_11000000000000000000000050"}]});
        filled.team.owner =
            filled.team.joined_with("mia.member@studio.test", "member", json!({"access": given}));
    }
    assert_flat(&[page], &mut small, &mut large);
}

#[test]
fn a_search_looks_at_so_many_matches_and_no_more() {
    assert_flat(&searches(), &mut Filled::with(SEARCHED), &mut Filled::with(MANY));
}

#[test]
fn inviting_costs_no_more_the_more_reservations_have_lapsed() {
    let mut steps = [FEW, MANY].map(|number| {
        let mut filled = Filled::with(number);
        // Every seat is reserved, and every reservation is over.
        filled.change(&format!(
            "BEGIN; UPDATE invitations SET takes_seat = 1, role = 'member', expires_at = 1000;
             UPDATE organizations SET seat_limit = seats_used + seats_reserved WHERE id = '{}'; COMMIT",
            filled.team.organization
        ));
        filled.steps(|team| {
            let organization = team.organization.clone();
            team.owner.invite(&organization, "new@grown.test", "member").ok();
        })
    });
    let [few, many] = &mut steps;
    assert!(*many <= *few + *few / 2 + SLACK, "{few} steps, then {many}");
}

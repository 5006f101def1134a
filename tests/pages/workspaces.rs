//! The workspaces of an organization, and who is in one.

use serde_json::json;

use crate::reading::{seen, text_of};
use crate::scene::{browsing, elsewhere};
use crate::structure::check_page;
use crate::support::client::{Client, Team};
use crate::support::scene::workspace;

/// A team, the owner in a browser, and the page of its workspaces.
fn scene() -> (Team, Client, String) {
    let mut team = Team::of("team");
    let slug = team.owner.get(&team.path("")).ok().str("/slug");
    let owner = browsing(team.owner.clone());
    (team, owner, format!("/o/{slug}/workspaces"))
}

#[test]
fn workspaces_are_listed_made_and_renamed() {
    let (team, mut owner, path) = scene();
    let page = owner.get(&path);
    check_page(&page);
    let text = seen(&page.text());
    assert!(text.contains("Example Studio 21 November 2026 Rename: Example Studio"), "{text}");
    assert!(page.text().contains(&format!("<a href=\"{path}\" aria-current=\"page\">Workspaces</a>")));
    let made = owner.submit(&path, &path, &[("name", "Client One – Private")]);
    let to = made.header("location").unwrap().to_owned();
    let page = owner.get(&to);
    check_page(&page);
    assert!(seen(&page.text()).contains("Client One – Private is there. Add accounts and people to it."));
    let id = to.strip_prefix("/w/").unwrap();
    let form = owner.get(&format!("{path}?rename={id}"));
    check_page(&form);
    assert_eq!(text_of(&form.text(), "h1"), "Rename Client One – Private");
    let renamed =
        owner.submit(&format!("{path}?rename={id}"), &path, &[("workspace", id), ("name", "Private")]);
    let page = owner.get(renamed.header("location").unwrap());
    check_page(&page);
    assert!(seen(&page.text()).contains("It is called Private now."));
    assert_eq!(team.world.count("SELECT count(*) FROM workspaces WHERE name = 'Private'"), 1);
}

#[test]
fn a_name_that_is_none_is_refused_and_stays_in_the_form() {
    let (team, mut owner, path) = scene();
    let id = workspace(&team, "Private");
    let before = team.world.state().database.borrow().dump();
    for (fields, title) in [
        (vec![("name", "see www.evil.test")], "Error: Workspaces"),
        (vec![("name", "see www.evil.test"), ("workspace", id.as_str())], "Error: Rename Private"),
    ] {
        let refused = owner.submit(&path, &path, &fields);
        check_page(&refused);
        assert_eq!(refused.status, 422);
        assert!(text_of(&refused.text(), "title").starts_with(title), "{}", refused.text());
        assert!(seen(&refused.text()).contains("A name can't hold a web address."));
        assert!(refused.text().contains("value=\"see www.evil.test\""));
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

#[test]
fn who_does_not_run_the_organization_sees_their_own_and_makes_none() {
    let (mut team, mut owner, path) = scene();
    let hidden = workspace(&team, "Hidden");
    for role in ["member", "client"] {
        let first = team.owner.get(&team.path("/workspaces")).ok().json()["data"][1]["id"].clone();
        let body = json!({"workspace_ids": [first]});
        let mut person = browsing(team.joined_with(&format!("{role}@studio.test"), role, body));
        let page = person.get(&path);
        check_page(&page);
        let text = seen(&page.text());
        assert!(text.contains("Those that you are in.") && text.contains("Example Studio"), "{text}");
        assert!(!text.contains("Hidden") && !text.contains("Rename") && !text.contains("Make"), "{text}");
        assert_eq!(person.get(&format!("{path}?rename={hidden}")).status, 403);
        assert_eq!(person.submit(&path, &path, &[("name", "Mine")]).status, 403);
    }
    let mut other = elsewhere(&team.world);
    let theirs = other.workspace();
    assert_eq!(owner.get(&format!("{path}?rename={theirs}")).status, 404);
    assert_eq!(owner.submit(&path, &path, &[("name", "Ours"), ("workspace", &theirs)]).status, 404);
}

#[test]
fn a_long_list_has_a_next_page() {
    let (team, mut owner, path) = scene();
    for number in 0..30 {
        workspace(&team, &format!("Workspace {number}"));
    }
    let first = owner.get(&path);
    check_page(&first);
    assert!(seen(&first.text()).contains("Workspace 29") && !seen(&first.text()).contains("Workspace 4 "));
    let next = first
        .text()
        .split(&format!("href=\"{path}?cursor="))
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let second = owner.get(&format!("{path}?cursor={next}"));
    check_page(&second);
    let text = seen(&second.text());
    assert!(
        text.contains("Workspace 4 ") && text.contains("First page") && !text.contains("Next page"),
        "{text}"
    );
}

/// Who is in a workspace is told those who manage it, a page at a time.
#[test]
fn a_workspace_lists_who_is_in_it_for_those_who_manage_it() {
    let (mut team, mut owner, _) = scene();
    let id = team.workspace();
    let path = format!("/w/{id}");
    let page = owner.get(&path);
    check_page(&page);
    assert!(seen(&page.text()).contains("Nobody here yet"), "{}", seen(&page.text()));
    let mut mia = browsing(team.joined("mia.member@studio.test", "member"));
    let member = team.member("mia.member@studio.test");
    let page = owner.get(&path);
    check_page(&page);
    let html = page.text();
    assert!(
        seen(&html).contains("Somebody New mia.member@studio.test Member Ready Change access"),
        "{}",
        seen(&html)
    );
    assert!(html.contains(&format!("href=\"{path}/members/{member}\"")));
    assert!(html.contains(&format!("href=\"{path}/add\"")), "the way to add somebody");
    let own = mia.get(&path);
    check_page(&own);
    assert!(
        !own.text().contains("id=\"people\"") && !own.text().contains("/add\""),
        "staff here invite nobody"
    );

    team.world.state().database.borrow().change(&format!(
        "WITH RECURSIVE numbers (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM numbers WHERE value < 30)
         INSERT INTO users (id, email, email_key, name, name_key, email_verified_at, created_at)
         SELECT 'usr_0' || printf('%025d', value), 'p' || value || '@c.test', 'p' || value || '@c.test', 'P', 'p', 1, 1 FROM numbers;
         INSERT INTO members (id, organization_id, user_id, role, name, takes_seat, joined_at)
         SELECT 'mbr_' || substr(id, 5), '{}', id, 'client', 'P ' || email, 0, 1 FROM users WHERE email LIKE '%@c.test';
         INSERT INTO memberships (member_id, workspace_id, created_at)
         SELECT id, '{id}', 1 FROM members WHERE name LIKE 'P %'",
        team.organization
    ));
    let first = owner.get(&path);
    check_page(&first);
    let next = first
        .text()
        .split(&format!("href=\"{path}?people="))
        .nth(1)
        .unwrap()
        .split(['"', '#'])
        .next()
        .unwrap()
        .to_owned();
    let second = owner.get(&format!("{path}?people={next}"));
    check_page(&second);
    assert!(seen(&second.text()).contains("P p1@c.test") && !seen(&first.text()).contains("P p1@c.test "));
    // Who was just added stands first, wherever the list has them.
    let last = format!("mbr_0{:0>25}", 1);
    let page = owner.get(&format!("{path}?person={last}"));
    check_page(&page);
    assert!(seen(&page.text()).contains("P p1@c.test"), "{}", seen(&page.text()));
}

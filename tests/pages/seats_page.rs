//! Plan and seats: what was paid for, how much of it is in use, by whom, and why (S1-13, S3-15).

use serde_json::json;

use crate::reading::{seen, tags};
use crate::scene::{browsing, page_of};
use crate::structure::check_page;
use crate::support::World;
use crate::support::client::Team;

fn shown(team: &mut Team) -> String {
    let path = page_of(team, "/settings/seats");
    let page = browsing(team.owner.clone()).get(&path);
    check_page(&page);
    seen(&page.text())
}

#[test]
fn seats_are_told_with_who_holds_each_and_why() {
    let plan = json!({"key": "agency_plus", "seat_limit": 3, "features": ["custom_client_permissions", "priority_support"]});
    let mut team = Team::make(World::new(), "client-links", Some(plan));
    assert!(shown(&mut team).contains("Nobody holds a seat"));
    team.joined("adam.admin@studio.test", "admin");
    team.invited("mia.member@studio.test", "member");
    let text = shown(&mut team);
    for told in [
        "Agency plus",
        "1 of 3 seats is taken. 1 more is reserved by an open invitation. 1 is free.",
        "Somebody New adam.admin@studio.test Admin Taken Every admin and member takes one.",
        "mia.member@studio.test Member Reserved Every admin and member takes one.",
        "Choose what a client may do, one permission at a time",
        "Priority support",
    ] {
        assert!(text.contains(told), "{told} in {text}");
    }
    assert!(!text.contains("Trial"));
    team.invited("mo.member@studio.test", "member");
    assert!(shown(&mut team).contains("None is free: free one, or choose a larger plan."));
}

/// S1-13, S3-15: a trial has an end, and what a plan lacks is told.
#[test]
fn a_trial_is_told_while_it_lasts_and_when_it_is_over() {
    let plan = json!({"key": "trial", "seat_limit": null, "trial_ends_at": "2026-12-01T00:00:00Z"});
    let mut team = Team::make(World::new(), "reporting", Some(plan));
    let text = shown(&mut team);
    for told in ["there is no limit", "Until 1 December 2026. Invite people", "not part of this plan"] {
        assert!(text.contains(told), "{told} in {text}");
    }
    let over = json!({"key": "trial", "seat_limit": null, "trial_ends_at": "2020-01-01T00:00:00Z"});
    team.world.operator().put(&team.path("/plan"), &over).ok();
    let text = shown(&mut team);
    assert!(text.contains("Ended on 1 January 2020. Everybody works on; nobody new takes a seat"), "{text}");
}

#[test]
fn a_long_list_of_holders_has_pages_and_each_holder_is_on_one() {
    let mut team = Team::with_plan(World::new(), Some(json!({"key": "test", "seat_limit": null})));
    for number in 0..28 {
        team.invited(&format!("m{number}@studio.test"), "member");
    }
    team.joined("adam.admin@studio.test", "admin");
    let mut path = page_of(&mut team, "/settings/seats");
    let mut owner = browsing(team.owner.clone());
    let mut holders = 0;
    for page_number in 1..=2 {
        let page = owner.get(&path);
        check_page(&page);
        holders += page.text().matches("<th scope=\"row\">").count();
        let links = tags(&page.text());
        let next = links.iter().find(|tag| tag.get("href").contains("?cursor="));
        assert_eq!(next.is_some(), page_number == 1);
        path = next.map_or(path, |tag| tag.get("href").to_owned());
    }
    assert_eq!(holders, 29);
}

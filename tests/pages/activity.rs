//! Activity: what happened, as sentences.

use std::time::Duration;

use serde_json::json;

use crate::reading::{plain, seen, tags};
use crate::scene::{browsing, page_of};
use crate::structure::check_page;
use crate::support::client::Team;

/// An organization in which much happened, a second between each of it.
fn busy() -> Team {
    let pause = |team: &Team| team.world.pass(Duration::from_secs(1));
    let mut team = Team::of("client-links");
    pause(&team);
    team.joined("adam.admin@studio.test", "admin");
    pause(&team);
    let client = team.invited("carl@client.test", "client");
    pause(&team);
    let link = json!({"kind": "link", "role": "client", "nickname": "Spring campaign"});
    let link = team.owner.post(&team.path("/invitations"), &link).ok().str("/id");
    pause(&team);
    for (id, act) in [(&client, "resend"), (&client, "revoke"), (&link, "rotate"), (&link, "disable")] {
        team.owner.post(&format!("/v1/invitations/{id}/{act}"), &json!({})).ok();
        pause(&team);
    }
    let member = team.member("adam.admin@studio.test");
    team.owner.patch(&format!("/v1/members/{member}"), &json!({"name": "Adam Admin"})).ok();
    pause(&team);
    team.owner.patch(&format!("/v1/members/{member}"), &json!({"role": "member"})).ok();
    pause(&team);
    team.owner
        .patch(&team.path(""), &json!({"name": "Renamed Studio", "policy": {"send_email": false}}))
        .ok();
    pause(&team);
    let rows = json!({"rows": [{"email": "many@client.test", "role": "client"}]});
    team.owner.post(&team.path("/invitations/bulk"), &rows).ok();
    pause(&team);
    team.owner.delete(&format!("/v1/members/{member}"));
    pause(&team);
    team
}

/// The sentences on a page, newest first.
fn sentences(page: &str) -> Vec<String> {
    page.split("<th scope=\"row\">").skip(1).map(|row| plain(row.split("</th>").next().unwrap())).collect()
}

#[test]
fn what_happened_is_told_in_sentences_newest_first() {
    let mut team = busy();
    let path = page_of(&mut team, "/activity");
    let page = browsing(team.owner.clone()).get(&path);
    check_page(&page);
    let told = sentences(&page.text());
    let (newest, mut oldest) = (&told[..11], told[11..].to_vec());
    assert_eq!(
        newest,
        [
            "Olga Owner removed Adam Admin",
            "Olga Owner imported a list of 1 person",
            "Olga Owner changed the settings",
            "Olga Owner made Adam Admin a member",
            "Olga Owner renamed Adam Admin",
            "Olga Owner turned off the link Spring campaign",
            "Olga Owner replaced the link Spring campaign",
            "Olga Owner withdrew the invitation of c••@client.test",
            "Olga Owner sent the invitation of c••@client.test again",
            "Olga Owner made the link Spring campaign for clients",
            "Olga Owner invited c••@client.test as a client",
        ]
    );
    // These came about in the same moment, two by two.
    oldest.sort_unstable();
    assert_eq!(
        oldest,
        [
            "Adam Admin accepted an invitation as an admin",
            "Olga Owner accepted an invitation as the owner",
            "Olga Owner invited a••@studio.test as an admin",
            "The operator invited somebody as the owner",
            "The operator made the organization",
        ]
    );
    let text = seen(&page.text());
    assert!(!text.contains("carl@client.test") && !text.contains('{'), "{text}");
    assert!(!text.contains("wsp_") && !text.contains("mbr_"), "names, not ids: {text}");
    for told in ["Role Member instead of Admin", "Name Renamed Studio instead of Example Studio"] {
        assert!(text.contains(told), "{told} in {text}");
    }
    let actions = team.world.state().database.borrow().query("SELECT DISTINCT action FROM audit_events");
    for action in actions {
        let option = format!("<option value=\"{}\">", action["action"].as_str().unwrap());
        assert!(page.text().contains(&option), "{option}");
    }
}

#[test]
fn each_filter_stands_in_the_address_and_can_be_cleared() {
    let mut team = busy();
    let path = page_of(&mut team, "/activity");
    let member =
        team.world.state().database.borrow().query("SELECT id FROM members WHERE name = 'Adam Admin'");
    let member = member[0]["id"].as_str().unwrap().to_owned();
    let mut owner = browsing(team.owner.clone());
    let today = team.world.now().to_string()[..10].to_owned();
    for (query, count, about) in [
        ("action=invitation.created".to_owned(), 4, None),
        (format!("actor={member}"), 1, Some("Only what Adam Admin did.")),
        (format!("subject={member}"), 3, Some("Only what happened to Adam Admin.")),
        (format!("subject={member}&action=member.removed"), 1, Some("Only what happened to Adam Admin.")),
        (format!("since={today}&until={today}"), 16, None),
        ("until=2020-01-01".to_owned(), 0, None),
    ] {
        let page = owner.get(&format!("{path}?{query}"));
        check_page(&page);
        assert_eq!(sentences(&page.text()).len(), count, "{query}");
        let text = seen(&page.text());
        assert!(text.contains("Clear filters"), "{text}");
        assert!(about.is_none_or(|about| text.contains(about)), "{about:?} in {text}");
        assert_eq!(text.contains("No events match"), count == 0, "{query}");
    }
    let wrong = owner.get(&format!("{path}?since=yesterday"));
    check_page(&wrong);
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("<a href=\"#since\">Write a day such as 2026-11-21.</a>"));
    assert!(wrong.text().contains("value=\"yesterday\""));
}

#[test]
fn a_long_list_goes_on_and_keeps_its_filter() {
    let mut team = Team::of("client-links");
    for number in 0..27 {
        team.invited(&format!("c{number}@client.test"), "client");
    }
    let path = page_of(&mut team, "/activity");
    let mut owner = browsing(team.owner.clone());
    let page = owner.get(&format!("{path}?action=invitation.created"));
    check_page(&page);
    assert_eq!(sentences(&page.text()).len(), 25);
    let links = tags(&page.text());
    let next = links.iter().find(|tag| tag.get("href").contains("cursor=")).unwrap().get("href");
    assert!(next.contains("action=invitation.created"), "{next}");
    let page = owner.get(&next.replace("&#38;", "&"));
    check_page(&page);
    assert_eq!(sentences(&page.text()).len(), 3);
    assert!(seen(&page.text()).contains("Newest"));
}

/// Whose invitation it is, is for those alone who may see it.
#[test]
fn an_admin_who_may_not_invite_a_role_is_not_told_whose_invitation_it_was() {
    let mut team = Team::of("client-links");
    let mut adam = browsing(team.joined("adam.admin@studio.test", "admin"));
    team.invited("mia.member@studio.test", "member");
    team.owner.patch(&team.path(""), &json!({"policy": {"invites": {"admin": ["client"]}}})).ok();
    let path = page_of(&mut team, "/activity");
    let page = adam.get(&path);
    check_page(&page);
    let told = sentences(&page.text());
    assert!(told.contains(&"Olga Owner invited somebody as a member".to_owned()), "{told:?}");
}

/// The log has a row for each of the two, and each says what became of whom.
#[test]
fn a_handover_is_told_of_both_people_as_it_was() {
    let mut team = Team::of("client-links");
    team.joined("adam.admin@studio.test", "admin");
    team.world.pass(Duration::from_secs(1));
    let adam = json!({"member_id": team.member("adam.admin@studio.test")});
    team.owner.post(&team.path("/owner"), &adam).ok();
    let path = page_of(&mut team, "/activity");
    let told = sentences(&browsing(team.owner.clone()).get(&path).text());
    let mut both = told[..2].to_vec();
    both.sort();
    assert!(both[0].ends_with("became an admin in the place of the owner"), "{both:?}");
    assert!(both[1].contains("handed the organization over to Somebody New"), "{both:?}");
}

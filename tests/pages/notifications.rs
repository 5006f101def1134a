//! What happened, as sentences to whom it concerns.

use serde_json::json;

use crate::reading::seen;
use crate::scene::{browser, browsing};
use crate::structure::check_page;
use crate::support::client::Team;

const PAGE: &str = "/me/notifications";

#[test]
fn what_happened_is_told_with_names_and_the_way_there() {
    let mut team = Team::of("client-portal");
    let ana = team.joined_with("ana@client.test", "client", json!({"name": "Ana Client"}));
    team.world.client().join("ana@client.test", "Ana Client");
    let mut owner = browsing(team.owner.clone());
    let page = owner.get(PAGE);
    check_page(&page);
    let member = team.member("ana@client.test");
    let text = seen(&page.text());
    assert!(text.contains("joined Example Studio by your invitation."), "{text}");
    // Each name in its own direction, and the sentence in that of the page.
    let told = "<bdi>Somebody New</bdi> joined <bdi>Example Studio</bdi> by your invitation.";
    assert_eq!(page.text().matches(told).count(), 2, "{}", page.text());
    assert!(page.text().contains(&format!("/members/{member}\"")), "{}", page.text());
    assert!(text.contains("New"), "{text}");

    let another = team.owner.post(&team.path("/workspaces"), &json!({"name": "Private"})).ok().str("/id");
    let body = json!({"member_id": member});
    team.owner.post(&format!("/v1/workspaces/{another}/members"), &body).ok();
    let page = browsing(ana).get(PAGE);
    check_page(&page);
    assert!(seen(&page.text()).contains("You were added to Private in Example Studio."), "{}", page.text());
    assert!(page.text().contains(&format!("href=\"/w/{another}\"")));
}

#[test]
fn all_of_them_are_marked_as_read_by_a_form_and_by_nothing_else() {
    let mut team = Team::of("client-portal");
    team.joined("ana@client.test", "client");
    let mut owner = browsing(team.owner.clone());
    owner.get(PAGE);
    assert!(seen(&owner.get(PAGE).text()).contains("New"), "looking reads nothing");
    for own in [PAGE, "/me", "/me/security"] {
        let page = seen(&owner.get(own).ok().text());
        assert!(page.contains("Menu 1 new") && page.contains("Notifications 1 new"), "{page}");
    }
    assert_eq!(owner.submit(PAGE, PAGE, &[]).header("location"), Some(PAGE));
    let page = owner.get(PAGE);
    check_page(&page);
    assert!(!page.text().contains("status good") && !page.text().contains("Mark all"), "{}", page.text());
}

#[test]
fn whoever_has_none_is_told_so_and_whoever_is_not_signed_in_is_shown_the_way() {
    let team = Team::of("client-portal");
    let page = browsing(team.owner.clone()).get(PAGE);
    check_page(&page);
    assert!(seen(&page.text()).contains("Nothing new"));
    let nobody = browser(&team.world).get(PAGE);
    assert_eq!(nobody.header("location"), Some("/sign-in?to=%2Fme%2Fnotifications"));
}

/// Names of an organization are for those who are in it.
#[test]
fn whoever_was_removed_is_told_that_and_no_more_names() {
    let mut team = Team::of("client-portal");
    let adam = team.joined("adam.admin@studio.test", "admin");
    let body = json!({"kind": "email", "role": "client", "email": "ana@client.test"});
    adam.clone().post(&team.path("/invitations"), &body).ok();
    team.world.client().join("ana@client.test", "Ana Client").ok();
    let mut adam = browsing(adam);
    assert!(seen(&adam.get(PAGE).text()).contains("Ana Client joined"));
    let member = team.member("adam.admin@studio.test");
    assert_eq!(team.owner.delete(&format!("/v1/members/{member}")).status, 204);
    let page = adam.get(PAGE);
    check_page(&page);
    let text = seen(&page.text());
    assert!(text.contains("You were removed from Example Studio."), "{text}");
    assert!(!text.contains("Ana Client") && !page.text().contains("/members/"), "{text}");
}

/// Whoever was made the owner reads that they are.
#[test]
fn whose_role_was_changed_is_told_what_they_are_now() {
    let mut team = Team::of("client-portal");
    let mut adam = browsing(team.joined("adam.admin@studio.test", "admin"));
    let body = json!({"member_id": team.member("adam.admin@studio.test")});
    team.owner.post(&team.path("/owner"), &body).ok();
    let text = seen(&adam.get(PAGE).text());
    assert!(text.contains("Your role in Example Studio was changed. You are the owner there now."), "{text}");
}

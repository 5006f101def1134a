//! What somebody chooses to be told, by form.

use serde_json::json;

use crate::reading::{seen, tags};
use crate::scene::{browser, browsing};
use crate::structure::check_page;
use crate::support::client::{Client, Team, nonce_in};

const PAGE: &str = "/me/notifications/settings";

fn open() -> (Team, Client) {
    let team = Team::of("client-portal");
    let owner = browsing(team.owner.clone());
    (team, owner)
}

/// The boxes of a page that are checked.
fn checked(page: &str) -> Vec<String> {
    tags(page)
        .iter()
        .filter(|tag| tag.get("type") == "checkbox" && tag.has("checked"))
        .map(|tag| tag.get("value").to_owned())
        .collect()
}

/// Sends a page's form with these boxes turned over.
fn send(owner: &mut Client, page: &str, turned: &[&str]) -> crate::support::Answer {
    let hidden: Vec<(String, String)> = tags(page)
        .iter()
        .filter(|tag| tag.get("type") == "hidden" && ["was", "organization"].contains(&tag.get("name")))
        .map(|tag| (tag.get("name").to_owned(), tag.get("value").to_owned()))
        .collect();
    let mut on = checked(page);
    for turned in turned {
        match on.iter().position(|on| on == turned) {
            Some(place) => drop(on.remove(place)),
            None => on.push((*turned).to_owned()),
        }
    }
    let nonce = nonce_in(page);
    let mut fields: Vec<(&str, &str)> = vec![("nonce", &nonce)];
    fields.extend(hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    fields.extend(on.iter().map(|value| ("on", value.as_str())));
    owner.post_form(PAGE, &fields)
}

#[test]
fn what_is_chosen_is_saved_and_shown_and_the_rest_stays() {
    let (_team, mut owner) = open();
    let page = owner.get(PAGE);
    check_page(&page);
    let page = page.text();
    let text = seen(&page);
    assert!(
        text.contains("Always sent for your security.") && text.contains("Somebody asks for access"),
        "{text}"
    );
    assert!(!tags(&page).iter().any(|tag| tag.has("disabled")));
    let before = checked(&page);
    assert!(!before.contains(&"invitation.accepted/by_email".to_owned()), "{before:?}");
    let saved = send(&mut owner, &page, &["invitation.accepted/by_email", "access.asked/in_app"]);
    let there = saved.header("location").unwrap().to_owned();
    assert!(saved.status == 303 && there.starts_with(&format!("{PAGE}?of=")), "{there}");
    let page = owner.get(&there);
    check_page(&page);
    assert!(seen(&page.text()).contains("Saved. You are told so from now on."));
    let after = checked(&page.text());
    assert!(after.contains(&"invitation.accepted/by_email".to_owned()), "{after:?}");
    assert!(!after.contains(&"access.asked/in_app".to_owned()), "{after:?}");
    assert_eq!(after.len(), before.len());
    send(&mut owner, &page.text(), &[]);
    assert!(seen(&owner.get(PAGE).text()).contains("Nothing was changed."));
}

/// Each form changes what is different from what it came with: the other's word stays.
#[test]
fn of_two_forms_that_change_two_things_both_count() {
    let (_team, mut owner) = open();
    let page = owner.get(PAGE).text();
    send(&mut owner, &page, &["access.asked/by_email"]);
    send(&mut owner, &page, &["invitation.ending/in_app"]);
    let now = checked(&owner.get(PAGE).text());
    for gone in ["access.asked/by_email", "invitation.ending/in_app"] {
        assert!(!now.contains(&gone.to_owned()), "{gone} in {now:?}");
    }
}

#[test]
fn somebody_in_two_organizations_chooses_for_each() {
    let (mut team, mut owner) = open();
    team.world.pass(std::time::Duration::from_secs(1));
    team.world.operator().create_organization("<b>Second & Sons</b>", "olga.owner@studio.test");
    team.world.deliver();
    let token = team.world.mailed_token("olga.owner@studio.test");
    team.owner.post("/v1/invitations/accept", &json!({"token": token})).ok();
    let page = owner.get(PAGE);
    check_page(&page);
    let page = page.text();
    assert!(page.contains("aria-label=\"Organizations\"") && !page.contains("<b>Second"), "{page}");
    assert!(seen(&page).contains("whom you invite to <b>Second & Sons</b>"), "{}", seen(&page));
    send(&mut owner, &page, &["access.asked/by_email"]);
    let slug = team.owner.get(&team.path("")).ok().str("/slug");
    let first = owner.get(&format!("{PAGE}?of={slug}")).text();
    assert!(checked(&first).contains(&"access.asked/by_email".to_owned()));
    assert!(seen(&first).contains("whom you invite to Example Studio"));
}

#[test]
fn a_client_who_invites_nobody_is_told_what_is_always_told() {
    let (mut team, _) = open();
    let mut ana = browsing(team.joined("ana@client.test", "client"));
    let page = ana.get(PAGE);
    check_page(&page);
    let text = seen(&page.text());
    assert!(text.contains("You invite nobody to Example Studio"), "{text}");
    assert!(text.contains("Always shown, because it is about what you can do."), "{text}");
    assert!(!page.text().contains("type=\"checkbox\""));
    // Nor is there anything for somebody who is in no organization.
    let member = team.member("ana@client.test");
    team.owner.delete(&format!("/v1/members/{member}"));
    let page = ana.get(PAGE);
    check_page(&page);
    assert!(seen(&page.text()).contains("You are in no organization"));
}

#[test]
fn what_no_form_of_ours_sends_changes_nothing() {
    let (team, mut owner) = open();
    let other = team.world.operator().create_organization("Other Studio", "oscar.owner@other.test");
    let page = owner.get(PAGE).text();
    let nonce = nonce_in(&page);
    let foreign =
        [("nonce", nonce.as_str()), ("organization", other.as_str()), ("on", "access.asked/in_app")];
    assert_eq!(owner.post_form(PAGE, &foreign).status, 404);
    assert_eq!(owner.post_form(PAGE, &[("nonce", &nonce), ("organization", "studio")]).status, 400);
    let unknown = [
        ("nonce", nonce.as_str()),
        ("organization", team.organization.as_str()),
        ("on", "member.removed/in_app"),
    ];
    assert_eq!(owner.post_form(PAGE, &unknown).status, 303);
    assert_eq!(team.world.count("SELECT count(*) FROM notification_choices"), 0);
    let nobody = browser(&team.world).get(PAGE);
    assert_eq!(nobody.header("location"), Some("/sign-in?to=%2Fme%2Fnotifications%2Fsettings"));
}

/// Whoever is mailed is told why, and where to choose otherwise.
#[test]
fn each_mail_that_can_be_turned_off_leads_here() {
    let (mut team, mut owner) = open();
    let page = owner.get(PAGE).text();
    send(&mut owner, &page, &["invitation.accepted/by_email", "invitation.accepted/in_app"]);
    team.joined("ana@client.test", "client");
    team.world.deliver();
    let mail = team.world.mailbox().into_iter().rfind(|mail| mail["to"] == "olga.owner@studio.test").unwrap();
    assert_eq!(mail["subject"], "ana@client.test accepted your invitation");
    let text = mail["text"].as_str().unwrap();
    assert!(!text.contains("It is in your notifications too."), "{text}");
    let slug = team.owner.get(&team.path("")).ok().str("/slug");
    assert!(text.contains(&format!("{PAGE}?of={slug}")), "{text}");
    check_page(&owner.get(&format!("{PAGE}?of={slug}")));
}

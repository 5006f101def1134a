//! Settings: an organization's name, and who invites whom there.
//!
//! The rule: what the form says goes the API's way, so it means the same; what can't be saved stays in the form.

use serde_json::{Value, json};

use crate::reading::{seen, tags, text_of};
use crate::scene::{browser, browsing, page_of};
use crate::structure::check_page;
use crate::support::Answer;
use crate::support::client::Team;

/// The boxes that are checked, as name and value.
fn checked(page: &Answer) -> Vec<(String, String)> {
    tags(&page.text())
        .iter()
        .filter(|tag| tag.has("checked"))
        .map(|tag| (tag.get("name").to_owned(), tag.get("value").to_owned()))
        .collect()
}

fn policy(team: &Team) -> Value {
    let rows = team.world.state().database.borrow().query("SELECT policy FROM organizations LIMIT 1");
    rows[0]["policy"].as_str().map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}

#[test]
fn the_owner_changes_the_name_and_the_rules() {
    let mut team = Team::of("client-links");
    let path = page_of(&mut team, "/settings");
    let mut owner = browsing(team.owner.clone());
    let page = owner.get(&path);
    check_page(&page);
    let text = seen(&page.text());
    for told in ["Admins may invite", "Members may invite", "An invitation by e-mail works for", "7 days"] {
        assert!(text.contains(told), "{told} in {text}");
    }
    let fields = [
        ("name", "Renamed Studio"),
        ("policy/invites/admin", "client"),
        ("policy/invites/member", "client"),
        ("policy/invites/member", "member"),
    ];
    let saved = owner.submit(&path, &path, &fields);
    assert_eq!((saved.status.as_u16(), saved.header("location")), (303, Some(path.as_str())));
    let page = owner.get(&path);
    check_page(&page);
    assert!(seen(&page.text()).contains("The settings are saved."));
    let told = team.owner.get(&team.path("")).ok().json();
    assert_eq!(told["name"], "Renamed Studio");
    assert_eq!(told["policy"]["invites"]["admin"], json!(["client"]));
    assert_eq!(told["policy"]["invites"]["member"], json!(["client", "member"]));
    assert_eq!(told["policy"]["send_email"], false);
    let expected = [
        ("policy/invites/admin", "client"),
        ("policy/invites/member", "client"),
        ("policy/invites/member", "member"),
    ];
    assert_eq!(checked(&page), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

/// What is as the template says is kept as its, so that it changes with it.
#[test]
fn what_is_saved_as_it_was_changes_nothing() {
    for template in ["team", "client-links", "reporting", "publishing", "client-portal"] {
        let mut team = Team::of(template);
        let path = page_of(&mut team, "/settings");
        let mut owner = browsing(team.owner.clone());
        let boxes = checked(&owner.get(&path));
        let count = team.world.count("SELECT count(*) FROM audit_events");
        let mut fields: Vec<(&str, &str)> =
            boxes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.push(("name", "Example Studio"));
        assert_eq!(owner.submit(&path, &path, &fields).status, 303, "{template}");
        assert_eq!(policy(&team), Value::Null, "{template}");
        assert_eq!(team.world.count("SELECT count(*) FROM audit_events"), count, "{template}");
    }
}

#[test]
fn what_can_not_be_saved_stays_in_the_form() {
    let mut team = Team::of("reporting");
    let path = page_of(&mut team, "/settings");
    let mut owner = browsing(team.owner.clone());
    let fields = [("name", "  "), ("policy/invites/member", "client"), ("policy/send_email", "true")];
    let refused = owner.submit(&path, &path, &fields);
    assert_eq!(refused.status, 422);
    check_page(&refused);
    assert!(refused.text().contains("<a href=\"#name\">"), "{}", refused.text());
    let sent = [("policy/invites/member", "client"), ("policy/send_email", "true")];
    assert_eq!(checked(&refused), sent.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(policy(&team), Value::Null);
}

/// Whom admins may invite is for the owner to say, whatever is sent.
#[test]
fn an_admin_is_told_whom_admins_may_invite_and_changes_the_rest() {
    let mut team = Team::of("client-links");
    let mut adam = browsing(team.joined("adam.admin@studio.test", "admin"));
    let path = page_of(&mut team, "/settings");
    let page = adam.get(&path);
    check_page(&page);
    let text = seen(&page.text());
    assert!(text.contains("That is for the owner to change."), "{text}");
    assert!(!page.text().contains("name=\"policy/invites/admin\""));
    let fields = [
        ("name", "Example Studio"),
        ("policy/invites/admin", "client"),
        ("policy/invites/member", "client"),
        ("policy/send_email", "true"),
        ("policy/clients_need_resource", "true"),
    ];
    assert_eq!(adam.submit(&path, &path, &fields).status, 303);
    assert!(policy(&team)["invites"].get("admin").is_none(), "{}", policy(&team));
    assert_eq!(policy(&team)["invites"]["member"], json!(["client"]));
}

#[test]
fn settings_are_for_those_who_run_the_organization() {
    let mut team = Team::of("team");
    let mut mia = browsing(team.joined("mia.member@studio.test", "member"));
    for rest in ["/settings", "/settings/branding", "/settings/seats", "/settings/keys", "/activity"] {
        let path = page_of(&mut team, rest);
        let refused = mia.get(&path);
        check_page(&refused);
        assert_eq!(refused.status, 403, "{rest}");
        let away = browser(&team.world).get(&path);
        assert_eq!(away.status, 303, "{rest}");
        assert!(away.header("location").unwrap().starts_with("/sign-in?to="), "{rest}");
        let page = browsing(team.owner.clone()).get(&path);
        let here: Vec<_> = tags(&page.text()).into_iter().filter(|tag| tag.has("aria-current")).collect();
        assert!(here.iter().any(|tag| path.starts_with(tag.get("href"))), "{rest}: {here:?}");
    }
    let path = page_of(&mut team, "/settings");
    let page = mia.get("/me");
    let nonce = crate::support::client::nonce_in(&page.text());
    assert_eq!(mia.post_form(&path, &[("nonce", &nonce), ("name", "Mia's")]).status, 403);
    assert_eq!(team.owner.get(&team.path("")).ok().str("/name"), "Example Studio");
    assert_eq!(text_of(&browsing(team.owner.clone()).get(&path).text(), "h1"), "Settings");
}

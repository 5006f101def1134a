//! The keys of an organization's programs: made, shown once, listed and revoked by those who run it.

use crate::reading::{seen, tags, text_of};
use crate::scene::{browsing, page_of};
use crate::structure::check_page;
use crate::support::client::{PASSWORD, Team, nonce_in};
use crate::support::{Answer, Client};

fn scene() -> (Team, Client, String) {
    let mut team = Team::new();
    let path = page_of(&mut team, "/settings/keys");
    let owner = browsing(team.owner.clone());
    (team, owner, path)
}

fn value_of(page: &Answer, id: &str) -> String {
    tags(&page.text()).into_iter().find(|tag| tag.get("id") == id).unwrap().get("value").to_owned()
}

#[test]
fn a_key_is_made_and_shown_once() {
    let (team, mut owner, path) = scene();
    let empty = owner.get(&path);
    check_page(&empty);
    assert!(seen(&empty.text()).contains("No key yet"));
    let fields =
        [("name", "Backend"), ("scopes", "members:read"), ("scopes", "access:check"), ("life", "30")];
    let made = owner.submit(&path, &path, &fields);
    check_page(&made);
    assert_eq!(made.status, 200);
    assert!(seen(&made.text()).contains("Copy this key now. You will not see it again."));
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let secret = value_of(&made, "secret");
    team.world.client().bearer(&secret).get(&team.path("/members")).ok();
    let listed = owner.get(&path);
    check_page(&listed);
    let text = seen(&listed.text());
    for told in ["Backend", "members:read, access:check", "Active", "until 21 December 2026"] {
        assert!(text.contains(told), "{told} in {text}");
    }
    assert!(!listed.text().contains(&secret));
}

/// Who reloads the page that shows it sends the form again: that makes no other key, and tells no secret.
#[test]
fn a_form_that_is_sent_twice_makes_one_key() {
    let (team, mut owner, path) = scene();
    let nonce = nonce_in(&owner.get(&path).text());
    let form = [("nonce", &*nonce), ("name", "Backend"), ("scopes", "members:read"), ("life", "30")];
    let made = owner.post_form(&path, &form);
    let secret = value_of(&made, "secret");
    let again = owner.post_form(&path, &form);
    assert_eq!((again.status.as_u16(), again.header("location")), (303, Some(&*path)));
    let list = owner.get(&path).text();
    assert!(seen(&list).contains("That key was made already, and shown once."), "{}", seen(&list));
    assert!(!list.contains(&secret));
    assert_eq!(team.world.count("SELECT count(*) FROM api_keys"), 1);
    // The same once more, from a page that was loaded since, is meant.
    team.world.pass(std::time::Duration::from_secs(1));
    assert_eq!(owner.submit(&path, &path, &form[1..]).status, 200);
    assert_eq!(team.world.count("SELECT count(*) FROM api_keys"), 2);
}

#[test]
fn what_was_typed_comes_back_with_what_is_wrong() {
    let (team, mut owner, path) = scene();
    let refused = owner.submit(&path, &path, &[("name", "Typed Name"), ("life", "90")]);
    check_page(&refused);
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("value=\"Typed Name\""));
    assert!(seen(&refused.text()).contains("without a scope it could do nothing"));
    assert_eq!(team.world.count("SELECT count(*) FROM api_keys"), 0);
}

#[test]
fn whoever_signed_in_a_while_ago_types_their_password() {
    let (team, mut owner, path) = scene();
    assert!(!owner.get(&path).text().contains("type=\"password\""));
    team.world.pass(std::time::Duration::from_mins(6));
    let fields = [("name", "Backend"), ("scopes", "members:read"), ("life", "")];
    let refused = owner.submit(&path, &path, &fields);
    check_page(&refused);
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("id=\"password-wrong\""));
    assert!(refused.text().contains("value=\"members:read\" autocomplete=\"off\" checked"));
    let with = [fields.as_slice(), &[("password", PASSWORD)]].concat();
    assert_eq!(owner.submit(&path, &path, &with).status, 200);
    assert!(seen(&owner.get(&path).text()).contains("Active"));
}

#[test]
fn revoking_is_asked_once_more_and_then_requests_with_it_fail() {
    let (team, mut owner, path) = scene();
    let fields = [("name", "Backend"), ("scopes", "members:read"), ("life", "365")];
    let secret = value_of(&owner.submit(&path, &path, &fields), "secret");
    let listed = owner.get(&path).text();
    let way = tags(&listed).into_iter().find(|tag| tag.get("href").ends_with("/revoke")).unwrap();
    let way = way.get("href").to_owned();
    let question = owner.get(&way);
    check_page(&question);
    assert!(text_of(&question.text(), "h1").contains("Revoke the API key Backend?"));
    assert_eq!(owner.submit(&way, &way, &[]).header("location"), Some(path.as_str()));
    assert_eq!(team.world.client().bearer(&secret).get(&team.path("/members")).status, 401);
    let after = owner.get(&path).text();
    assert!(seen(&after).contains("Revoked") && !after.contains("/revoke"), "{}", seen(&after));
}

#[test]
fn a_key_that_ended_by_itself_is_told_so_and_works_no_more() {
    let (team, mut owner, path) = scene();
    let fields = [("name", "Backend"), ("scopes", "members:read"), ("life", "30")];
    let secret = value_of(&owner.submit(&path, &path, &fields), "secret");
    team.world.pass(std::time::Duration::from_hours(24 * 29));
    team.world.client().bearer(&secret).get(&team.path("/members")).ok();
    team.world.pass(std::time::Duration::from_hours(24));
    assert_eq!(team.world.client().bearer(&secret).get(&team.path("/members")).status, 401);
    owner.submit("/sign-in", "/sign-in", &[("email", "olga.owner@studio.test"), ("password", PASSWORD)]).ok();
    assert!(seen(&owner.get(&path).text()).contains("Expired"));
}

//! An organization's logo: the one of all its links.

use http::Method;
use serde_json::{Value, json};

use crate::support::client::{Answer, Client, Team};
use crate::support::platform::Cost;
use crate::{copied_token, preview, refusal};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nsome pixels";

fn put(by: &mut Client, path: &str, bytes: &[u8]) -> Answer {
    by.send(&Method::PUT, path, Some("image/svg+xml"), bytes.to_vec())
}

/// What the holder of a new link is shown.
fn shown(team: &mut Team) -> Value {
    let link = json!({"kind": "link", "role": "client"});
    let id = team.owner.post(&team.path("/invitations"), &link).ok().str("/id");
    let token = copied_token(&mut team.owner, &id);
    preview(&mut team.world.client(), &token).ok().json()["organization"]["logo_url"].clone()
}

#[test]
fn a_logo_is_shown_by_every_link_and_served_to_everybody_for_ever() {
    let mut team = Team::of("client-links");
    assert_eq!(shown(&mut team), Value::Null);
    let path = team.path("/logo");
    let url = put(&mut team.owner, &path, PNG).ok().str("/logo_url");
    assert_eq!(shown(&mut team), json!(url));

    let path = url.split_once("8787").unwrap().1.to_owned();
    let served = team.world.client().get(&path).ok();
    assert_eq!(served.body, PNG);
    assert_eq!(served.header("content-type"), Some("image/png"), "whatever the sender called it");
    assert_eq!(served.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(served.header("cache-control"), Some("public, max-age=31536000, immutable"));
    team.world.client().get(&path).ok();
    assert_eq!(team.world.last_cost(), Cost { d1: 0, kv: 1 }, "from its copy");
}

#[test]
fn a_new_logo_has_a_new_address_and_none_is_none() {
    let mut team = Team::of("client-links");
    let path = team.path("/logo");
    let first = put(&mut team.owner, &path, PNG).ok().str("/logo_url");
    assert_eq!(put(&mut team.owner, &path, PNG).ok().str("/logo_url"), first);
    let second = put(&mut team.owner, &path, b"\xff\xd8\xffanother").ok().str("/logo_url");
    assert_ne!(first, second);
    assert_eq!(shown(&mut team), json!(second));
    assert_eq!(team.owner.delete(&path).status, 204);
    assert_eq!(shown(&mut team), Value::Null);
    assert_eq!(team.owner.delete(&path).status, 204, "again");
    let changes = "SELECT count(*) FROM audit_events WHERE action = 'organization.logo_changed'";
    assert_eq!(team.world.count(changes), 3, "what changed nothing is no change");
}

#[test]
fn what_is_no_picture_is_no_logo() {
    let mut team = Team::of("client-links");
    let path = team.path("/logo");
    for bytes in [&b"<svg onload='alert(1)'/>"[..], b"GIF89a", b"", b"<html>"] {
        assert_eq!(put(&mut team.owner, &path, bytes).refusal(), refusal(415, "not_a_logo"));
    }
    let large = [PNG, &vec![0; 1024 * 1024]].concat();
    assert_eq!(put(&mut team.owner, &path, &large).refusal(), refusal(413, "payload_too_large"));
    assert_eq!(team.world.count("SELECT count(*) FROM logos"), 0);
}

/// S0-06: the page of a link shows the organization's logo.
#[test]
fn the_page_of_a_link_shows_the_logo() {
    let mut team = Team::of("client-links");
    let path = team.path("/logo");
    let url = put(&mut team.owner, &path, PNG).ok().str("/logo_url");
    let link = json!({"kind": "link", "role": "client"});
    let id = team.owner.post(&team.path("/invitations"), &link).ok().str("/id");
    let token = copied_token(&mut team.owner, &id);
    let page = team.world.client().get(&format!("/i/{token}")).ok().text();
    let shown = url.split_once("8787").unwrap().1;
    assert!(page.contains(&format!("<img class=\"logo\" src=\"{shown}\" alt=\"\"")), "{page}");
}

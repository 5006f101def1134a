//! Undoing a removal: from the sentence that says it, and from the list of those who were removed.
//!
//! The rule: it works by a plain form, once, for ten minutes, and says of each who is back and who is not.

use std::time::Duration;

use crate::reading::{seen, tags, text_of};
use crate::scene::browsing;
use crate::structure::check_page;
use crate::support::client::nonce_in;
use crate::support::scene::{plan, seats};
use crate::team::{ANA, Desk};

const BO: &str = "bo@client.test";
const MIA: &str = "mia.member@studio.test";

fn with_clients() -> (Desk, [String; 2]) {
    let mut desk = Desk::new();
    desk.team.joined(ANA, "client");
    desk.team.joined_with(BO, "client", serde_json::json!({"access": {"permissions": ["posts.create"]}}));
    let ids = [desk.team.member(ANA), desk.team.member(BO)];
    for (id, name) in ids.iter().zip(["Ana Client", "Bo Client"]) {
        desk.team.owner.patch(&format!("/v1/members/{id}"), &serde_json::json!({"name": name})).ok();
    }
    (desk, ids)
}

/// Removes them by the page, and answers the page that follows with the fields of the form that undoes it.
fn removed(desk: &mut Desk, ids: &[&String]) -> (String, Vec<(String, String)>) {
    let query: Vec<String> = ids.iter().map(|id| format!("member={id}")).collect();
    let fields: Vec<(&str, &str)> = ids.iter().map(|id| ("member", id.as_str())).collect();
    let done = desk.submit(&format!("/team/remove?{}", query.join("&")), "/team/remove", &fields);
    assert_eq!(done.status, 303, "{}", done.text());
    let page = desk.owner.get(done.header("location").unwrap());
    check_page(&page);
    let page = page.text();
    let fields = undo_in(&page);
    (page, fields)
}

/// The fields of the form that undoes, as a browser sends them.
fn undo_in(page: &str) -> Vec<(String, String)> {
    let form = page.split("<form").find(|form| form.contains("/team/restore")).expect("a form that undoes");
    let inputs = tags(&format!("<!doctype html><form{}</form>", form.split("</form>").next().unwrap()))
        .into_iter()
        .filter(|tag| tag.name == "input");
    inputs.map(|tag| (tag.get("name").to_owned(), tag.get("value").replace("&#38;", "&"))).collect()
}

fn send(desk: &mut Desk, fields: &[(String, String)]) -> crate::support::Answer {
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    desk.owner.post_form(&format!("{}/team/restore", desk.path), &fields)
}

#[test]
fn the_sentence_that_says_it_undoes_it() {
    let (mut desk, ids) = with_clients();
    let (page, undo) = removed(&mut desk, &[&ids[0], &ids[1]]);
    let words = seen(&page);
    assert!(
        words.contains("Removed Ana Client and Bo Client. They have no access any more. Undo"),
        "{words}"
    );
    assert!(words.contains("(10 minutes)"), "{words}");
    assert!(words.contains("No clients yet"));
    let done = send(&mut desk, &undo);
    let (at, words) = desk.after(&done);
    assert_eq!((at, words.as_str()), (format!("{}/team?tab=clients", desk.path), "Put back 2 clients."));
    assert_eq!(seats(&desk.team), (1, 0));
    assert!(desk.seen("/team?tab=clients").contains("Ana Client"));
    assert!(!desk.page("/team").contains("/team/restore"), "it was said, once");
    // Who presses twice has what they wanted.
    let again = send(&mut desk, &undo);
    assert_eq!(desk.after(&again).1, "Put back 2 clients.");
    assert!(desk.seen("/activity").contains("Olga Owner put back Ana Client"));
}

/// The list is as it was searched when they are back in it.
#[test]
fn who_undoes_it_comes_back_to_the_list_as_it_was_searched() {
    let (mut desk, ids) = with_clients();
    let list = format!("{}/team?tab=clients&q=ana", desk.path);
    let fields = [("member", ids[0].as_str()), ("back", list.as_str())];
    let gone = desk.submit("/team?tab=clients", "/team/remove", &fields);
    let page = desk.owner.get(gone.header("location").unwrap()).ok().text();
    let done = send(&mut desk, &undo_in(&page));
    assert_eq!(desk.after(&done), (list, "Put back Ana Client.".to_owned()));
}

/// Of those who need a seat only as many come back as there are seats, in the order that they were removed in.
#[test]
fn who_finds_no_seat_is_named() {
    let (mut desk, ids) = with_clients();
    let (_, undo) = removed(&mut desk, &[&ids[1], &ids[0]]);
    plan(&desk.team, Some(0), "[\"custom_client_permissions\"]");
    let done = send(&mut desk, &undo);
    assert_eq!(desk.after(&done).1, "Put back Ana Client. Not put back: Bo Client (no free seat).");
    // Of him alone, the page says it.
    let list = desk.page("/team?tab=removed");
    let refused = send(&mut desk, &undo_in(&list));
    assert_eq!(refused.status, 409);
    check_page(&refused);
    assert_eq!(text_of(&refused.text(), "h1"), "Put back Bo Client?");
    assert!(seen(&refused.text()).contains("Every seat is taken or reserved."), "{}", seen(&refused.text()));
    plan(&desk.team, Some(1), "[\"custom_client_permissions\"]");
    let done = send(&mut desk, &undo_in(&refused.text()));
    assert_eq!(desk.after(&done).1, "Put back Bo Client.");
}

#[test]
fn the_list_of_the_removed_puts_back_one_for_ten_minutes() {
    let (mut desk, ids) = with_clients();
    desk.team.joined(MIA, "member");
    let mia = desk.team.member(MIA);
    removed(&mut desk, &[&ids[0], &mia]);
    let list = desk.page("/team?tab=removed");
    assert_eq!(list.matches("Put back<span").count(), 2);
    let forms = list.split("<form").map(|form| form.split("</form>").next().unwrap());
    let of_mia =
        forms.into_iter().find(|form| form.contains("/team/restore") && form.contains(&mia)).unwrap();
    let done = send(&mut desk, &undo_in(&format!("<form{of_mia}</form>")));
    let (at, words) = desk.after(&done);
    assert_eq!(at, format!("{}/team?tab=members", desk.path));
    assert_eq!(words, "Put back Somebody New.");
    desk.team.world.pass(Duration::from_mins(10));
    let undo = undo_in(&list);
    assert!(!desk.page("/team?tab=removed").contains("/team/restore"));
    let nonce = nonce_in(&desk.page("/team?tab=removed"));
    let late: Vec<_> = undo
        .into_iter()
        .map(|(name, value)| if name == "nonce" { (name, nonce.clone()) } else { (name, value) })
        .map(|(name, value)| if name == "member" { (name, ids[0].clone()) } else { (name, value) })
        .collect();
    let refused = send(&mut desk, &late);
    assert_eq!(refused.status, 409);
    assert!(seen(&refused.text()).contains("A removal can be undone for ten minutes."));
}

/// Some stay: what came of the others can be undone from there.
#[test]
fn the_page_that_says_who_stayed_undoes_the_rest() {
    let (mut desk, ids) = with_clients();
    let owner = desk.team.member("olga.owner@studio.test");
    let page = format!("/team/remove?member={}", ids[0]);
    let told = desk.submit(&page, "/team/remove", &[("member", &ids[0]), ("member", &owner)]);
    assert_eq!(text_of(&told.text(), "h1"), "Not everybody was removed");
    check_page(&told);
    let done = send(&mut desk, &undo_in(&told.text()));
    assert_eq!(desk.after(&done).1, "Put back Ana Client.");
    let nobody = desk.submit(&page, "/team/remove", &[("member", &owner)]);
    assert!(!nobody.text().contains("/team/restore"));
}

/// Everybody who was removed at one moment is not everybody whom one request removed.
#[test]
fn only_that_removal_is_undone() {
    let (mut desk, ids) = with_clients();
    let (_, first) = removed(&mut desk, &[&ids[0]]);
    let (_, second) = removed(&mut desk, &[&ids[1]]);
    let at = |fields: &[(String, String)]| fields.iter().find(|(name, _)| name == "at").unwrap().1.clone();
    assert_eq!(at(&first), at(&second), "within one millisecond");
    let done = send(&mut desk, &first);
    assert_eq!(desk.after(&done).1, "Put back Ana Client.");
    assert!(desk.seen("/team?tab=removed").contains("Bo Client"));
}

#[test]
fn whoever_may_not_remove_may_not_undo_it_and_another_organization_is_none() {
    let (mut desk, ids) = with_clients();
    let mia = desk.team.joined(MIA, "member");
    let (page, undo) = removed(&mut desk, &[&ids[0]]);
    let before = desk.stored();
    let fields: Vec<(&str, &str)> =
        undo.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let path = format!("{}/team/restore", desk.path);
    let mut mia = browsing(mia);
    let theirs = nonce_in(&mia.get(&format!("{}/team", desk.path)).text());
    let forged: Vec<_> = fields
        .iter()
        .map(|(name, value)| (*name, if *name == "nonce" { theirs.as_str() } else { value }))
        .collect();
    assert_eq!(mia.post_form(&path, &forged).status, 403);
    let mut other = crate::scene::elsewhere(&desk.team.world);
    let slug = other.owner.get(&other.path("")).ok().str("/slug");
    let mut oscar = browsing(other.owner);
    let theirs = nonce_in(&oscar.get(&format!("/o/{slug}/team")).text());
    let forged: Vec<_> = fields
        .iter()
        .map(|(name, value)| (*name, if *name == "nonce" { theirs.as_str() } else { value }))
        .collect();
    for path in [path.clone(), format!("/o/{slug}/team/restore")] {
        assert_eq!(oscar.post_form(&path, &forged).status, 404, "{path}");
    }
    let changed = |dump: &str| {
        dump.lines().filter(|line| line.starts_with("members:")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(changed(&desk.stored())[..4] == changed(&before)[..4]);
    assert!(page.contains("/team/restore"));
    // What comes back from the browser is text: no moment is none at which anybody was removed.
    for (at, request) in [("", ""), ("yesterday", "x"), ("2026-11-21T22:00:00.000Z", "<script>")] {
        let fields = [("at".to_owned(), at.to_owned()), ("request".to_owned(), request.to_owned())];
        let nonce = nonce_in(&desk.page("/team"));
        let sent = send(&mut desk, &[vec![("nonce".to_owned(), nonce)], fields.to_vec()].concat());
        assert_eq!(sent.status, 404, "{at}");
    }
}

/// The page that asks, for whoever comes to it by its address.
#[test]
fn it_has_a_page_of_its_own() {
    let (mut desk, ids) = with_clients();
    let (_, undo) = removed(&mut desk, &[&ids[0], &ids[1]]);
    let of = |name: &str| undo.iter().find(|(known, _)| known == name).unwrap().1.clone();
    let before = desk.stored();
    let path = format!("/team/restore?at={}&request={}", of("at"), of("request"));
    assert_eq!(text_of(&desk.page(&path), "h1"), "Put back everybody whom you removed?");
    let one = format!("/team/restore?at={}&member={}", of("at"), ids[0]);
    assert_eq!(text_of(&desk.page(&one), "h1"), "Put back Ana Client?");
    assert_eq!(desk.stored(), before, "looking changes nothing");
    let done = desk.submit(&one, "/team/restore", &[("at", &of("at")), ("member", &ids[0])]);
    assert_eq!(desk.after(&done).1, "Put back Ana Client.");
}

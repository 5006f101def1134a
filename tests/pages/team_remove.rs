//! Removing people, one or several (S0-28 to S0-31).
//!
//! The rule: whoever removes sees first whom and what follows; afterwards, of each who stayed, why.

use serde_json::json;

use crate::reading::{seen, tags, text_of};
use crate::scene::browsing;
use crate::structure::check_page;
use crate::support::platform::Cost;
use crate::support::scene::seats;
use crate::team::{ANA, Desk};

const BO: &str = "bo@client.test";

fn with_clients() -> (Desk, [String; 2]) {
    let mut desk = Desk::new();
    desk.team.joined(ANA, "client");
    desk.team.joined_with(BO, "client", json!({"access": {"permissions": ["posts.create"]}}));
    let ids = [desk.team.member(ANA), desk.team.member(BO)];
    for (id, name) in ids.iter().zip(["Ana Client", "Bo Client"]) {
        desk.team.owner.patch(&format!("/v1/members/{id}"), &json!({"name": name})).ok();
    }
    (desk, ids)
}

/// S0-31: boxes in the list, one page for all of them.
#[test]
fn several_are_chosen_in_the_list_and_asked_about_at_once() {
    let (mut desk, ids) = with_clients();
    let list = desk.page("/team?tab=clients");
    let boxes: Vec<_> = tags(&list).into_iter().filter(|tag| tag.get("type") == "checkbox").collect();
    assert_eq!(boxes.len(), 2);
    assert!(boxes.iter().all(|each| (each.get("name"), each.get("form")) == ("member", "chosen")));
    let path = format!("/team/remove?member={}&member={}&member={}", ids[0], ids[1], ids[0]);
    let before = desk.stored();
    let page = desk.page(&path);
    assert_eq!(text_of(&page, "h1"), "Remove 2 people?");
    let words = seen(&page);
    for fact in
        ["Ana Client", ANA, "Bo Client", "What they connected, and its data, stays.", "1 seat becomes free."]
    {
        assert!(words.contains(fact), "{fact} in {words}");
    }
    assert_eq!(desk.stored(), before, "looking changes nothing");
    assert_eq!(desk.team.world.last_cost(), Cost { d1: 1, kv: 0 });
    let fields = [("member", ids[0].as_str()), ("member", ids[1].as_str())];
    let done = desk.submit(&path, "/team/remove", &fields);
    let (at, words) = desk.after(&done);
    assert_eq!(at, format!("{}/team?tab=clients", desk.path));
    assert_eq!(words, "Removed Ana Client and Bo Client. They have no access any more.");
    assert!(desk.seen("/team?tab=clients").contains("No clients yet"));
    assert_eq!(seats(&desk.team), (0, 0));
}

/// The list is as it was searched when one comes back to it.
#[test]
fn who_removed_somebody_comes_back_to_the_list_as_it_was_searched() {
    let (mut desk, ids) = with_clients();
    let from = format!("{}/team?tab=clients&q=ana", desk.path);
    let list = desk.page("/team?tab=clients&q=ana");
    assert!(list.contains(&format!("name=\"back\" value=\"{}\"", from.replace('&', "&#38;"))), "{list}");
    let remove = list.split(" href=\"").find(|href| href.contains("/team/remove?member=")).unwrap();
    let remove = remove.split('"').next().unwrap().replace("&#38;", "&");
    let page = desk.owner.get(&remove).ok();
    check_page(&page);
    assert!(page.text().contains(&from.replace('&', "&#38;")), "{}", page.text());
    let fields = [("member", ids[0].as_str()), ("back", from.as_str())];
    let done = desk.submit("/team?tab=clients", "/team/remove", &fields);
    assert_eq!(done.header("location"), Some(from.as_str()));
    // Nowhere else.
    let fields = [("member", ids[1].as_str()), ("back", "https://evil.test/team?tab=clients")];
    let done = desk.submit("/team?tab=clients", "/team/remove", &fields);
    assert_eq!(desk.after(&done).0, format!("{}/team?tab=clients", desk.path));
}

/// Everybody on the page is chosen by one link, with or without a script.
#[test]
fn all_on_the_page_are_chosen_by_one_link() {
    let (mut desk, _) = with_clients();
    let list = desk.page("/team?tab=clients");
    assert!(seen(&list).contains("Choose all 2 on this page"), "{}", seen(&list));
    let boxes = |page: &str| {
        let boxes = tags(page).into_iter().filter(|tag| tag.get("type") == "checkbox");
        boxes.map(|tag| tag.has("checked")).collect::<Vec<_>>()
    };
    assert_eq!(boxes(&list), [false, false]);
    assert!(list.contains("/team?tab=clients&#38;chosen=all#people\" data-all=\"people\""), "{list}");
    assert_eq!(boxes(&desk.page("/team?tab=clients&chosen=all")), [true, true]);
    // The owner stays, so there is nobody to choose, and of one there is no all.
    assert!(!desk.seen("/team").contains("Choose all"));
}

/// Of more than twenty the number is typed.
#[test]
fn of_very_many_the_number_is_typed() {
    let (mut desk, _) = with_clients();
    let ids: Vec<String> = (0..21)
        .map(|number| {
            let body = json!({"role": "client", "name": format!("Client {number}")});
            desk.team.add(&format!("c{number}@client.test"), "client", body).ok().str("/id")
        })
        .collect();
    let query = |ids: &[String]| ids.iter().map(|id| format!("member={id}")).collect::<Vec<_>>().join("&");
    let (few, many) = (format!("/team/remove?{}", query(&ids[1..])), format!("/team/remove?{}", query(&ids)));
    assert!(!desk.page(&few).contains("name=\"typed\""), "twenty go as they are");
    assert!(desk.page(&many).contains("name=\"typed\""));
    let fields = |typed: &'static str| {
        let members = ids.iter().map(|id| ("member", id.as_str()));
        members.chain([("typed", typed), ("sent", "1")]).collect::<Vec<_>>()
    };
    let before = desk.stored();
    for typed in ["", "20", "all"] {
        let refused = desk.submit(&many, "/team/remove", &fields(typed));
        assert_eq!(refused.status, 422, "{typed}");
        check_page(&refused);
        assert!(seen(&refused.text()).contains("Type 21 here"), "{}", seen(&refused.text()));
        assert_eq!(text_of(&refused.text(), "h1"), "Remove 21 people?", "those that were chosen stay so");
    }
    assert_eq!(desk.stored(), before);
    let done = desk.submit(&many, "/team/remove", &fields(" 21 "));
    assert_eq!(desk.after(&done).1, "Removed 21 clients. They have no access any more.");
}

/// S0-28, S0-30: what they connected stays.
#[test]
fn one_is_removed_from_their_row_and_what_they_connected_stays() {
    let (mut desk, ids) = with_clients();
    let resource = desk.team.resource("facebook");
    let connected = format!("UPDATE resources SET connected_by = '{}' WHERE id = '{resource}'", ids[0]);
    desk.team.world.state().database.borrow().change(&connected);
    let path = format!("/team/remove?member={}", ids[0]);
    assert_eq!(text_of(&desk.page(&path), "h1"), "Remove Ana Client?");
    let done = desk.submit(&path, "/team/remove", &[("member", &ids[0])]);
    assert_eq!(desk.after(&done).1, "Removed Ana Client. They have no access any more.");
    assert_eq!(desk.team.owner.get(&format!("/v1/resources/{resource}")).status, 200);
    assert!(desk.seen("/team?tab=removed").contains("Ana Client"));
}

#[test]
fn the_invitations_that_they_sent_go_only_if_that_was_asked_for() {
    for (asked, state) in [(true, "revoked"), (false, "pending")] {
        let mut desk = Desk::new();
        let mut adam = desk.team.joined("adam@studio.test", "admin");
        let path = desk.team.path("/invitations");
        let body = json!({"kind": "email", "role": "client", "email": ANA});
        let invitation = adam.post(&path, &body).ok().str("/id");
        let id = desk.team.member("adam@studio.test");
        let page = format!("/team/remove?member={id}");
        assert!(desk.seen(&page).contains("Also withdraw the open invitation that they sent"));
        let mut fields = vec![("member", id.as_str())];
        if asked {
            fields.push(("sent", "1"));
        }
        desk.submit(&page, "/team/remove", &fields).ok();
        let shown = desk.team.owner.get(&format!("/v1/invitations/{invitation}")).ok();
        assert_eq!(shown.str("/status"), state);
    }
}

#[test]
fn whoever_stays_is_told_with_the_reason() {
    let (mut desk, ids) = with_clients();
    let owner = desk.team.member("olga.owner@studio.test");
    let page = format!("/team/remove?member={}&member={owner}", ids[0]);
    let words = desk.seen(&page);
    assert!(words.contains("Olga Owner: The owner stays until ownership is handed over."), "{words}");
    assert_eq!(text_of(&desk.page(&page), "h1"), "Remove Ana Client?");
    // Somebody else was faster with Bo, and the owner's id was slipped in.
    desk.team.owner.delete(&format!("/v1/members/{}", ids[1])).ok();
    let unknown = "mbr_01h455vb4pex5vsknk084sn02q";
    let fields: Vec<_> = [ids[0].as_str(), &ids[1], &owner, unknown].map(|id| ("member", id)).to_vec();
    let told = desk.submit(&page, "/team/remove", &fields);
    assert_eq!(told.status, 200);
    check_page(&told);
    let words = seen(&told.text());
    for fact in ["Not removed: 3", "Bo Client", "removed already", "Olga Owner", "Removed: 1", "Ana Client"] {
        assert!(words.contains(fact), "{fact} in {words}");
    }
    let again = desk.submit(&page, "/team/remove", &fields[1..2]);
    assert_eq!(again.status, 409);
    check_page(&again);
    assert_eq!(text_of(&again.text(), "h1"), "Nobody was removed");
}

#[test]
fn without_anybody_chosen_it_says_where_to_choose() {
    let (mut desk, ids) = with_clients();
    assert!(desk.seen("/team/remove").contains("Choose whom to remove in the list first."));
    let nobody = desk.submit("/team?tab=clients", "/team/remove", &[("member", "nonsense")]);
    assert_eq!(desk.after(&nobody).1, "Nobody was chosen, so nobody was removed.");
    let unknown = desk.owner.get(&format!("{}/team/remove?member=mbr_01h455vb4pex5vsknk084sn02q", desk.path));
    assert_eq!(unknown.status, 404);
    // Who is removed already has nothing to lose.
    desk.team.owner.delete(&format!("/v1/members/{}", ids[0])).ok();
    let words = desk.seen(&format!("/team/remove?member={}", ids[0]));
    assert!(words.contains("None of those that you chose can be removed."), "{words}");
}

/// S0-29: owner and admins alone; and another organization's people are nobody's here.
#[test]
fn only_those_who_run_the_organization_remove_and_only_their_own() {
    let (mut desk, ids) = with_clients();
    let theirs = {
        let organization = desk.team.world.operator().create_organization("Other Studio", "oscar@other.test");
        let mut oscar = desk.team.world.client();
        oscar.join("oscar@other.test", "Oscar Owner").ok();
        oscar.get(&format!("/v1/organizations/{organization}/members")).ok().str("/data/0/id")
    };
    let unknown = desk.owner.get(&format!("{}/team/remove?member={theirs}", desk.path));
    assert_eq!(unknown.status, 404);
    let before = desk.stored();
    let refused = desk.submit("/team?tab=clients", "/team/remove", &[("member", &theirs)]);
    assert_eq!(refused.status, 404, "{}", refused.text());
    assert!(!refused.text().contains("Oscar"), "nor is their name told");
    desk.owner = browsing(desk.team.joined("mia@studio.test", "member"));
    let before_mia = desk.stored();
    let path = format!("{}/team/remove?member={}", desk.path, ids[0]);
    assert_eq!(desk.owner.get(&path).status, 403);
    assert_eq!(desk.submit("/team", "/team/remove", &[("member", &ids[0])]).status, 403);
    assert_eq!(desk.stored(), before_mia);
    assert_ne!(before, before_mia, "Mia joined in between");
}

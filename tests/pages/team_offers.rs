//! What is done with an invitation and with a link, by form.
//!
//! The rule: each says what it did; what can't be taken back is asked once more; a refusal loses nothing that was typed.

use std::time::Duration;

use serde_json::json;

use crate::reading::{seen, text_of};
use crate::scene::{browser, browsing};
use crate::structure::check_page;
use crate::support::client::{PASSWORD, nonce_in};
use crate::support::platform::{Cost, ORIGIN, token_in};
use crate::support::scene::{audited, resource};
use crate::team::{ANA, Desk, said};

const LIST: &str = "/team?tab=invitations";
const LINKS: &str = "/team?tab=links";

fn state(desk: &mut Desk, id: &str) -> String {
    desk.team.owner.get(&format!("/v1/invitations/{id}")).ok().str("/status")
}

/// S4-07: the link stands on a page of its own, and that it was handed out is noted.
#[test]
fn the_copied_link_is_shown_on_a_page_of_its_own() {
    let mut desk = Desk::new();
    let id = desk.invited(ANA, &json!({}));
    let path = format!("/invitations/{id}/link");
    let before = desk.stored();
    assert!(desk.seen(&path).contains("Only ana@client.test can use it."));
    assert_eq!(desk.stored(), before, "asking hands nothing out");
    let searched = format!("{}{LIST}&q=ana", desk.path);
    let shown = desk.submit(LIST, &path, &[("back", &searched)]);
    let back = format!("href=\"{}\">Back to the list", searched.replace('&', "&#38;"));
    assert!(shown.text().contains(&back), "{}", shown.text());
    assert_eq!((shown.status, desk.team.world.last_cost()), (200.try_into().unwrap(), Cost { d1: 2, kv: 0 }));
    check_page(&shown);
    let page = shown.text();
    let url = page.split("id=\"url\" type=\"text\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(url.starts_with(&format!("{ORIGIN}/i/")), "{url}");
    assert!(seen(&page).contains("Only ana@client.test can use it."), "{page}");
    assert!(page.contains("<svg") && page.contains("aria-label=\"QR code of this link\""));
    assert_eq!(browser(&desk.team.world).get(url.strip_prefix(ORIGIN).unwrap()).status, 200, "it works");
    assert_eq!(audited(&desk.team, &id).last().unwrap().0, "invitation.link_copied");
}

/// S1-07: who was invited to what, by whom.
#[test]
fn the_list_tells_what_is_offered_and_who_invited() {
    let mut desk = Desk::new();
    let workspace = desk.team.workspace();
    let account = resource(&desk.team, &workspace, "facebook");
    let id = desk.invited(ANA, &json!({"access": {"resources": [{"id": account}]}}));
    let offer = desk.seen(&format!("/invitations/{id}"));
    assert!(
        offer.contains("Permissions Manage accounts, view posts, edit posts and delete posts."),
        "{offer}"
    );
    let list = desk.seen(LIST);
    assert!(list.contains("Client 1 account") && list.contains("28 November 2026 "), "{list}");
    desk.team.world.pass(Duration::from_hours(6 * 24));
    assert!(desk.seen(LIST).contains("28 November 2026, 22:00 UTC"), "to the minute where it is near");
    assert!(list.contains("from Olga Owner"), "{list}");
    desk.team.joined_with("bo@client.test", "client", json!({"access": {"resources": "all"}}));
    let clients = desk.seen("/team?tab=clients");
    assert!(clients.contains("bo@client.test All accounts, now and later"), "{clients}");
    assert!(desk.seen("/team").contains("Two-step sign-in"));
}

/// A script copies without leaving the list: the same form, and the link alone.
#[test]
fn a_script_is_given_the_link_alone() {
    let mut desk = Desk::new();
    let id = desk.invited(ANA, &json!({}));
    let list = desk.page(LIST);
    assert!(list.contains("data-copies=\"Link copied. Only ana@client.test can use it.\""), "{list}");
    let nonce = nonce_in(&list);
    desk.owner = desk.owner.with_header("accept", "application/json");
    let path = format!("{}/invitations/{id}/link", desk.path);
    let answer = desk.owner.post_form(&path, &[("nonce", &nonce)]);
    assert!(answer.json()["url"].as_str().unwrap().starts_with(ORIGIN));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(desk.owner.post_form(&path, &[("nonce", "made up")]).status, 403);
}

/// What the page of a link says is so: of one that lets nobody in it says that, and what to do.
#[test]
fn a_links_page_tells_whether_anybody_can_use_it() {
    let mut desk = Desk::new();
    let id = desk.link(&json!({}));
    let shown = |desk: &mut Desk| seen(&desk.submit(LINKS, &format!("/invitations/{id}/link"), &[]).text());
    let open = shown(&mut desk);
    assert!(open.contains("Whoever has it can join. It works until"), "{open}");
    desk.team.owner.post(&format!("/v1/invitations/{id}/disable"), &json!({})).ok();
    let off = shown(&mut desk);
    assert!(off.contains("Nobody can join by it until you turn it on."), "{off}");
    assert!(!off.contains("Whoever has it can join") && !off.contains("It works until"), "{off}");
    let list = desk.page(LINKS);
    assert!(
        list.contains("data-copies=\"Link copied. Nobody can join by it until you turn it on.\""),
        "{list}"
    );
    let withdrawn = desk.invited(ANA, &json!({}));
    desk.team.owner.post(&format!("/v1/invitations/{withdrawn}/revoke"), &json!({})).ok();
    let asked = seen(&desk.page(&format!("/invitations/{withdrawn}/link")));
    assert!(asked.contains("Nobody can use it any more."), "{asked}");
}

/// Everything a code shows is in it: a camera reads the very link. The modules are counted as a reader of QR codes does.
#[test]
fn the_code_is_dark_on_light_with_the_edge_that_cameras_need() {
    let mut desk = Desk::new();
    let id = desk.link(&json!({}));
    let page = desk.submit(LINKS, &format!("/invitations/{id}/link"), &[]).text();
    let svg = page.split("<svg").nth(1).unwrap().split("</svg>").next().unwrap();
    let size: usize = svg.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    // Versions 1 to 40 are 21 to 177 squares wide, in steps of four, and the edge is four on each side.
    assert!((21 + 8..=177 + 8).contains(&size) && (size - 8 - 21).is_multiple_of(4), "{size}");
    let mut dark = vec![vec![false; size]; size];
    for run in svg.split("d=\"").nth(1).unwrap().split('"').next().unwrap().split('M').skip(1) {
        let (at, rest) = run.split_once('h').unwrap();
        let (x, y) = at.split_once(' ').unwrap();
        let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
        let length: usize = rest.split('v').next().unwrap().parse().unwrap();
        for square in &mut dark[y][x..x + length] {
            assert!(!*square, "drawn twice");
            *square = true;
        }
    }
    assert!(dark.iter().take(4).flatten().all(|square| !square), "the edge is light");
    // The three corners by which a camera finds it.
    let finder = ["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"];
    for (left, top) in [(4, 4), (size - 11, 4), (4, size - 11)] {
        for (y, line) in finder.iter().enumerate() {
            for (x, square) in line.chars().enumerate() {
                assert_eq!(dark[top + y][left + x], square == '#', "corner {left} {top} at {x} {y}");
            }
        }
    }
}

#[test]
fn sending_again_says_so_and_comes_back_to_the_list() {
    let mut desk = Desk::new();
    let id = desk.invited(ANA, &json!({}));
    desk.team.world.deliver();
    let old = desk.team.world.mailed_token(ANA);
    desk.team.world.pass(Duration::from_mins(1));
    let list = format!("{}{LIST}&q=ana", desk.path);
    let sent = desk.submit(LIST, &format!("/invitations/{id}/send"), &[("back", &list)]);
    let (path, words) = desk.after(&sent);
    assert_eq!(path, list);
    assert_eq!(words, "Sent again to ana@client.test. The older link stopped working.");
    assert_eq!(said(&desk.page(LIST)), "", "and once is enough");
    assert_eq!(browser(&desk.team.world).get(&format!("/i/{old}")).status, 410);
    // From its own page one comes back there; and nobody is led to another site.
    for back in ["", "https://elsewhere.test/", "//elsewhere.test", "/me", "/o/other/team?x"] {
        desk.team.world.pass(Duration::from_hours(24));
        let sent = desk.submit(LIST, &format!("/invitations/{id}/send"), &[("back", back)]);
        assert_eq!(desk.after(&sent).0, format!("{}/invitations/{id}", desk.path), "{back}");
    }
}

#[test]
fn one_that_is_over_is_sent_again_and_waits_anew() {
    let mut desk = Desk::new();
    let id = desk.invited(ANA, &json!({}));
    desk.team.world.pass(Duration::from_hours(24 * 20));
    desk.team.world.tick();
    let expired = format!("{}{LIST}&status=expired", desk.path);
    assert!(desk.seen(&format!("{LIST}&status=expired")).contains("Send again"));
    let sent = desk.submit(LIST, &format!("/invitations/{id}/send"), &[("back", &expired)]);
    let (path, _) = desk.after(&sent);
    assert_eq!(path, format!("{}{LIST}", desk.path), "to the list that it is in now");
    assert!(desk.seen(LIST).contains(ANA));
}

#[test]
fn withdrawing_is_asked_once_more_with_what_follows() {
    let mut desk = Desk::new();
    let id = desk.invited("mo@studio.test", &json!({"role": "member", "name": "Mo"}));
    let path = format!("/invitations/{id}/withdraw");
    let before = desk.stored();
    let page = desk.page(&path);
    assert_eq!(text_of(&page, "h1"), "Withdraw the invitation to Mo?");
    let words = seen(&page);
    for fact in ["The link stops working now.", "1 reserved seat becomes free.", "Keep the invitation"] {
        assert!(words.contains(fact), "{fact} in {words}");
    }
    assert_eq!(desk.stored(), before, "looking changes nothing");
    let done = desk.submit(&path, &path, &[]);
    let (at, words) = desk.after(&done);
    assert_eq!(at, format!("{}{LIST}", desk.path));
    assert_eq!(words, "The invitation to mo@studio.test is withdrawn. Its link stopped working.");
    assert_eq!(state(&mut desk, &id), "revoked");
    // Somebody else was faster: it says so, where one is.
    let again = desk.submit(LINKS, &path, &[]);
    assert_eq!(again.status, 409);
    check_page(&again);
    assert_eq!(text_of(&again.text(), "h1"), "Withdraw the invitation to Mo?");
}

/// The list is as it was searched when one comes back to it, whether or not one did it.
#[test]
fn who_withdrew_an_invitation_comes_back_to_the_list_as_it_was_searched() {
    let mut desk = Desk::new();
    let id = desk.invited(ANA, &json!({}));
    let (list, plain) = (format!("{LIST}&q=ana"), format!("/invitations/{id}/withdraw"));
    let page = desk.page(&list);
    let row = page.split(" href=\"").find(|href| href.contains(&plain)).expect("a way to withdraw it");
    let row = row.split('"').next().unwrap().replace("&#38;", "&");
    let row = row.strip_prefix(&desk.path).unwrap().to_owned();
    let back = format!("{}{list}", desk.path);
    let question = desk.page(&row);
    let keep = format!("href=\"{}\">Keep the invitation", back.replace('&', "&#38;"));
    assert!(question.contains(&keep), "{question}");
    let done = desk.submit(&row, &plain, &[("back", &back)]);
    assert_eq!(desk.after(&done).0, back);
    // A link's is replaced in the same way.
    let spring = desk.link(&json!({"nickname": "Spring"}));
    let page = desk.page(&format!("{LINKS}&q=spring"));
    let row =
        page.split(" href=\"").find(|href| href.contains("/replace?back=")).expect("a way to replace it");
    assert!(row.contains("%26q%3Dspring"), "{row}");
    let (action, back) = (format!("/invitations/{spring}/replace"), format!("{}{LINKS}&q=spring", desk.path));
    let done = desk.submit(&action, &action, &[("back", &back)]);
    assert_eq!(desk.after(&done).0, back);
    // Nowhere else.
    let other = desk.invited("bo@client.test", &json!({}));
    let action = format!("/invitations/{other}/withdraw");
    let question = desk.page(&format!("{action}?back=https://evil.test/team"));
    assert!(question.contains(&format!("href=\"{}/invitations/{other}\">Keep", desk.path)), "{question}");
    let done = desk.submit(&action, &action, &[("back", "https://evil.test/team")]);
    assert_eq!(desk.after(&done).0, format!("{}{LIST}", desk.path));
}

#[test]
fn a_link_is_turned_off_and_on_and_replaced() {
    let mut desk = Desk::new();
    let id = desk.link(&json!({"nickname": "Spring"}));
    let copy = format!("/v1/invitations/{id}/link");
    let url = desk.team.owner.post(&copy, &json!({})).ok().str("/url");
    let path = format!("/i/{}", token_in(&url));
    let opened = |desk: &Desk| browser(&desk.team.world).get(&path).status.as_u16();
    for (act, words, opens) in [
        (
            "off",
            "The link Spring is turned off. Nobody new can join. People who joined keep their access.",
            410,
        ),
        ("on", "The link Spring is turned on. Whoever has it can join.", 200),
    ] {
        let action = format!("/invitations/{id}/{act}");
        let back = format!("{}{LINKS}", desk.path);
        assert!(desk.page(&action).contains(&format!("{action}\"")));
        let done = desk.submit(LINKS, &action, &[("back", &back)]);
        assert_eq!(desk.after(&done), (back, words.to_owned()));
        assert_eq!(opened(&desk), opens, "{act}");
    }
    let mut ana = desk.team.world.client();
    ana.accept(&token_in(&url), "Ana Client");
    let replace = format!("/invitations/{id}/replace");
    let page = desk.seen(&replace);
    assert!(page.contains("The current link stops working at once."), "{page}");
    let done = desk.submit(&replace, &replace, &[]);
    assert!(desk.after(&done).1.starts_with("The link Spring is a new one."));
    assert_eq!(opened(&desk), 410);
}

#[test]
fn a_link_has_no_mail_and_an_invitation_no_switch() {
    let mut desk = Desk::new();
    let (link, invitation) = (desk.link(&json!({})), desk.invited(ANA, &json!({})));
    let before = desk.stored();
    for (id, act) in [(&link, "send"), (&invitation, "off"), (&invitation, "on"), (&invitation, "replace")] {
        let refused = desk.submit(LIST, &format!("/invitations/{id}/{act}"), &[]);
        assert_eq!(refused.status, if act == "send" { 422 } else { 409 }, "{act}");
        check_page(&refused);
        assert!(refused.text().contains("class=\"summary\""), "{act}");
    }
    assert_eq!(desk.stored(), before);
}

/// Everything that is offered, when, by whom, and how its e-mail went.
#[test]
fn an_invitation_has_a_page_with_all_that_it_offers() {
    let mut desk = Desk::of("publishing");
    let resource = desk.team.resource("facebook");
    let access = json!({
        "resources": [{"id": resource, "approve": true}], "permissions": ["posts.view"],
        "addable_kinds": ["linkedin"], "require_mfa": true,
    });
    let id = desk.invited(ANA, &json!({"name": "Ana Client", "nickname": "The bakery", "access": access}));
    let page = desk.seen(&format!("/invitations/{id}"));
    for fact in [
        "Ana Client",
        ANA,
        "A facebook",
        "They approve on A facebook",
        "May add LinkedIn",
        "With a second step",
        "by Olga Owner",
        "Queued",
    ] {
        assert!(page.contains(fact), "{fact} in {page}");
    }
    desk.team.world.deliver();
    let page = desk.page(&format!("/invitations/{id}"));
    assert!(seen(&page).contains("They have not answered yet."), "{page}");
    assert_eq!(desk.team.world.last_cost(), Cost { d1: 1, kv: 0 });
    assert!(page.contains("value=\"The bakery\""), "{page}");
    let elsewhere = desk.owner.get(&format!("/o/elsewhere/invitations/{id}"));
    assert_eq!(elsewhere.status, 404, "another organization's path");
}

#[test]
fn each_state_has_words_and_a_next_step() {
    for (sql, words) in [
        ("delivery = 'bounced'", "Fix the address"),
        ("delivery = 'complained'", "We will not send to them again from Example Studio."),
        ("delivery = 'delayed'", "It is tried again by itself"),
        ("delivery = 'failed'", "The e-mail could not be sent."),
        ("delivery = 'none'", "hand it over yourself"),
        ("expires_at = 1000", "Send it again, and it works anew."),
        ("declined_at = 1", "Invite again"),
        ("revoked_at = 1", "Invite again"),
    ] {
        let mut desk = Desk::new();
        let id = desk.invited(ANA, &json!({}));
        let change = format!("UPDATE invitations SET {sql} WHERE id = '{id}'");
        desk.team.world.state().database.borrow().change(&change);
        let page = desk.seen(&format!("/invitations/{id}"));
        assert!(page.contains(words), "{words} in {page}");
    }
}

#[test]
fn the_form_changes_what_was_changed_in_it_and_nothing_else() {
    let mut desk = Desk::new();
    let id = desk.invited(ANA, &json!({"name": "Ana", "message": "Hello\nyou", "nickname": "A"}));
    let path = format!("/invitations/{id}");
    let as_it_is = [
        ("email", ANA),
        ("name", "Ana"),
        ("message", "Hello\r\nyou"),
        ("nickname", "A"),
        ("role", "client"),
        ("expires_in", ""),
    ];
    let before = desk.stored();
    let nothing = desk.submit(&path, &path, &as_it_is);
    assert_eq!(desk.after(&nothing).1, "Nothing was changed.");
    assert_eq!(desk.stored(), before);
    let mut changed = as_it_is;
    changed[1].1 = "Ana Client";
    changed[3].1 = "";
    changed[5].1 = "86400";
    let saved = desk.submit(&path, &path, &changed);
    assert_eq!(desk.after(&saved), (format!("{}{path}", desk.path), "Saved.".to_owned()));
    let shown = desk.team.owner.get(&format!("/v1/invitations/{id}")).ok().json();
    assert_eq!((&shown["name"], &shown["nickname"]), (&json!("Ana Client"), &json!(null)));
    assert_eq!(shown["message"], "Hello\nyou");
    let day = desk.team.world.now().plus(Duration::from_hours(24)).whole_seconds();
    assert_eq!(shown["expires_at"], day.to_string());
}

#[test]
fn another_address_is_sent_a_new_link() {
    let mut desk = Desk::new();
    let id = desk.invited(ANA, &json!({}));
    desk.team.world.deliver();
    let path = format!("/invitations/{id}");
    let fields =
        [("email", "bea@client.test"), ("name", ""), ("message", ""), ("nickname", ""), ("expires_in", "")];
    let saved = desk.submit(&path, &path, &fields);
    assert_eq!(
        desk.after(&saved).1,
        "Saved. A new e-mail is on its way, and the older links stopped working."
    );
    desk.team.world.deliver();
    desk.team.world.mailed_token("bea@client.test");
}

#[test]
fn what_is_refused_stays_typed_with_what_to_do_at_the_field() {
    let mut desk = Desk::new();
    let id = desk.invited(ANA, &json!({}));
    let path = format!("/invitations/{id}");
    let before = desk.stored();
    let fields = [
        ("email", "no address"),
        ("name", "Ana \"A\""),
        ("nickname", "www.elsewhere.test"),
        ("message", "</textarea><b>x"),
        ("role", "nobody"),
        ("expires_in", "5"),
    ];
    let refused = desk.submit(&path, &path, &fields);
    assert_eq!(refused.status, 422);
    check_page(&refused);
    let page = refused.text();
    for field in ["email", "role", "expires_in"] {
        assert!(page.contains(&format!("<a href=\"#{field}\">")), "{field}: {page}");
        assert!(page.contains(&format!("id=\"{field}-wrong\"")), "{field}: {page}");
    }
    for typed in ["value=\"no address\"", "value=\"Ana &#34;A&#34;\"", "&#60;/textarea&#62;&#60;b&#62;x"] {
        assert!(page.contains(typed), "{typed} in {page}");
    }
    assert_eq!(desk.stored(), before);
    // A link: how many, and what its page calls itself.
    let id = desk.link(&json!({"max_uses": 5}));
    let path = format!("/invitations/{id}");
    let fields = [
        ("nickname", "N"),
        ("branding/name", "Bright"),
        ("max_uses", "many"),
        ("message", ""),
        ("expires_in", ""),
    ];
    let refused = desk.submit(&path, &path, &fields);
    assert_eq!(refused.status, 422);
    check_page(&refused);
    assert!(refused.text().contains("id=\"max_uses-wrong\"") && refused.text().contains("value=\"many\""));
    let mut fields = fields;
    fields[2].1 = "";
    let saved = desk.submit(&path, &path, &fields);
    assert_eq!(desk.after(&saved).1, "Saved.");
    let shown = desk.team.owner.get(&format!("/v1/invitations/{id}")).ok().json();
    assert_eq!((&shown["max_uses"], &shown["branding"]["name"]), (&json!(null), &json!("Bright")));
}

#[test]
fn a_link_tells_who_joined_by_it() {
    let mut desk = Desk::new();
    let id = desk.link(&json!({"nickname": "Spring", "max_uses": 40}));
    let path = format!("/invitations/{id}");
    assert!(desk.seen(&path).contains("Nobody yet."));
    let url = desk.team.owner.post(&format!("/v1{path}/link"), &json!({})).ok().str("/url");
    for number in 0..26 {
        desk.team.world.pass(Duration::from_millis(1));
        let mut ana = desk.team.world.client();
        let body = json!({
            "token": token_in(&url), "name": format!("Ana {number:02}"), "email": format!("ana{number:02}@client.test"),
            "password": PASSWORD,
        });
        ana.post("/v1/invitations/accept", &body).ok();
    }
    let page = desk.page(&path);
    assert!(page.contains("Ana 25") && !page.contains("Ana 00"), "newest first");
    let next =
        page.split("Next page").next().unwrap().rsplit("href=\"").next().unwrap().split('"').next().unwrap();
    let next = desk.owner.get(next);
    check_page(&next);
    assert!(next.text().contains("Ana 00") && !next.text().contains("Ana 01"));
    assert!(desk.seen(LINKS).contains("26 of 40"));
}

/// Who may invite clients only finds no admin's invitation, and does nothing with it.
#[test]
fn nobody_opens_an_invitation_of_a_role_that_they_may_not_invite() {
    let mut desk = Desk::new();
    let id = desk.invited("adam@studio.test", &json!({"role": "admin"}));
    let policy = json!({"policy": {"invites": {"member": ["client"]}}});
    desk.team.owner.patch(&desk.team.path(""), &policy).ok();
    desk.owner = browsing(desk.team.joined("mia@studio.test", "member"));
    let list = desk.page(LIST);
    assert!(!list.contains("adam@studio.test"), "{list}");
    let before = desk.stored();
    let path = format!("/invitations/{id}");
    assert_eq!(desk.owner.get(&format!("{}{path}", desk.path)).status, 403);
    for act in ["", "/link", "/send", "/withdraw"] {
        assert_eq!(desk.submit(LIST, &format!("{path}{act}"), &[]).status, 403, "{act}");
    }
    assert_eq!(desk.stored(), before);
}

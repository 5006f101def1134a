//! The page of a link for many: everybody says which address is theirs, and nobody declines.
//!
//! The rule: the page is the brand's, what was typed stays, and who has an account signs in where they are.

use serde_json::{Value, json};

use crate::reading::{primary_action, seen, tags, text_of};
use crate::scene::{PRODUCT, Scene, browser, browsing, page_of};
use crate::structure::check_page;
use crate::support::client::{PASSWORD, Team, nonce_in};
use crate::support::platform::{Cost, World, token_in};

const ANA: &str = "ana@client.test";

/// A visitor at the page of a link with these fields.
pub fn at_link(more: &Value) -> Scene {
    let world = World::with_settings(&[("PRODUCT_NAME", PRODUCT)]);
    at_link_of(Team::make(world, "client-links", None), more)
}

fn at_link_of(mut team: Team, more: &Value) -> Scene {
    let mut body = json!({"kind": "link", "role": "client"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let invitation = team.owner.post(&team.path("/invitations"), &body).ok().str("/id");
    let url = team.owner.post(&format!("/v1/invitations/{invitation}/link"), &json!({})).ok().str("/url");
    let visitor = browser(&team.world);
    Scene { team, invitation, path: format!("/i/{}", token_in(&url)), visitor }
}

pub fn act(scene: &mut Scene, action: &str) {
    scene.team.owner.post(&format!("/v1/invitations/{}/{action}", scene.invitation), &json!({})).ok();
}

fn submit(scene: &mut Scene, fields: &[(&str, &str)]) -> crate::support::Answer {
    let path = scene.path.clone();
    scene.visitor.submit(&path, &path, fields)
}

const SIGN_UP: [(&str, &str); 3] = [("name", "Ana Client"), ("email", ANA), ("password", PASSWORD)];

#[test]
fn a_client_opens_the_link_signs_up_and_lands_on_their_workspaces() {
    let mut scene = at_link(&json!({"branding": {"name": "Bright Agency"}, "message": "Welcome on board"}));
    let page = scene.open();
    check_page(&page);
    assert_eq!(page.status, 200);
    let text = page.text();
    assert_eq!(text_of(&text, "title"), "Join Bright Agency");
    assert_eq!(primary_action(&text), "Create account and join");
    let words = seen(&text);
    for fact in ["Olga Owner invited you to join as a client.", "Welcome on board", "Your e-mail address"] {
        assert!(words.contains(fact), "{fact} in {words}");
    }
    assert!(!words.contains("Decline") && !words.contains(PRODUCT), "{words}");
    let joined = submit(&mut scene, &SIGN_UP);
    let words = seen(&scene.visitor.get(joined.led_into()).text());
    assert!(words.contains("You joined") && words.contains("Ana Client"), "{words}");
    assert!(words.contains("Your address is not confirmed yet"), "{words}");
    assert!(words.contains("You are a client"), "{words}");
    let inside = page_of(&mut scene.team, "/workspaces");
    assert_eq!(scene.open().header("location"), Some(&*inside), "the link leads them in from now on");
}

/// S0-06, S0-08, S0-09, S0-24: the link's own name, else the organization's brand, else the product's; the title always says
/// whom one joins.
#[test]
fn the_name_above_the_page_is_the_links_else_the_brands_else_the_products() {
    let masthead = |scene: &mut Scene| {
        let page = scene.open();
        check_page(&page);
        let page = page.text();
        (
            text_of(&page, "title"),
            seen(page.split("<header").nth(1).unwrap().split("</header>").next().unwrap()),
        )
    };
    let of = |title: &str, brand: &str| {
        (format!("Join {title}"), format!("{}{brand}", brand.chars().next().unwrap()))
    };
    let mut plain = at_link(&json!({}));
    assert_eq!(masthead(&mut plain), of("Example Studio", PRODUCT));
    let branded = "UPDATE organizations SET branding_name = 'Example Brand'";
    let mut branded = at_link(&json!({})).with(branded);
    assert_eq!(masthead(&mut branded), of("Example Brand", "Example Brand"));
    let mut own = at_link(&json!({"branding": {"name": "Bright"}}))
        .with("UPDATE organizations SET branding_name = 'No'");
    assert_eq!(masthead(&mut own), of("Bright", "Bright"));
}

#[test]
fn mistakes_are_told_at_the_field_and_what_was_typed_stays() {
    let mut scene = at_link(&json!({"name": "Spring campaign"}));
    assert!(!scene.open().text().contains("Spring campaign"), "what a link is called is nobody's name");
    let before = scene.stored();
    let empty = submit(&mut scene, &[("name", ""), ("email", ""), ("password", "")]);
    assert_eq!(empty.status, 422);
    check_page(&empty);
    let page = empty.text();
    for (field, words) in [
        ("name", "Type your name."),
        ("email", "Type your e-mail address."),
        ("password", "Choose a password."),
    ] {
        assert!(page.contains(&format!("<a href=\"#{field}\">{words}")), "{words}");
        assert!(page.contains(&format!("id=\"{field}-wrong\">{words}")), "{words}");
    }
    for (email, password, field) in [("ana@", PASSWORD, "email"), (ANA, "ana@client.test", "password")] {
        let wrong = submit(&mut scene, &[("name", "Ana \"A\""), ("email", email), ("password", password)]);
        assert_eq!(wrong.status, 422, "{field}");
        check_page(&wrong);
        let page = wrong.text();
        assert!(page.contains(&format!("id=\"{field}-wrong\"")), "{page}");
        assert!(
            page.contains("value=\"Ana &#34;A&#34;\"") && page.contains(&format!("value=\"{email}\"")),
            "{page}"
        );
    }
    assert_eq!(scene.stored(), before);
}

#[test]
fn a_typed_address_that_has_an_account_turns_the_form_into_signing_in() {
    let mut scene = at_link(&json!({"branding": {"name": "Bright"}}));
    scene.team.joined(ANA, "client");
    let before = scene.stored();
    let asked = submit(&mut scene, &SIGN_UP);
    assert_eq!(asked.status, 401);
    check_page(&asked);
    let page = asked.text();
    assert_eq!(text_of(&page, "title"), "Error: Sign in to join Bright");
    assert_eq!(primary_action(&page), "Sign in and join");
    assert!(seen(&page).contains("There is an account with this address already."));
    assert!(page.contains(&format!("value=\"{ANA}\"")), "the address is kept");
    let names: Vec<_> = tags(&page).iter().map(|tag| tag.get("name").to_owned()).collect();
    assert!(!names.contains(&"name".to_owned()), "{names:?}");
    assert_eq!(scene.stored(), before, "the password that was chosen is not tried");

    for (password, status) in [("not this one, sorry", 401), ("", 422)] {
        let wrong = submit(&mut scene, &[("email", ANA), ("password", password)]);
        assert_eq!(wrong.status, status);
        check_page(&wrong);
        assert_eq!(primary_action(&wrong.text()), "Sign in and join");
        assert!(wrong.text().contains(&format!("value=\"{ANA}\"")));
    }
    let joined = submit(&mut scene, &[("email", "ANA@client.test"), ("password", PASSWORD)]);
    joined.led_into();
    assert_eq!(scene.team.world.count("SELECT count(*) FROM members WHERE role = 'client'"), 1);
    let uses = "SELECT uses FROM invitations WHERE kind = 'link'";
    assert_eq!(scene.team.world.count(uses), 1);
}

/// Whoever corrects the address on the form that signs in makes an account after all.
#[test]
fn an_address_without_an_account_turns_the_form_back_into_signing_up() {
    let mut scene = at_link(&json!({}));
    let back = submit(&mut scene, &[("email", "new@client.test"), ("password", PASSWORD)]);
    assert_eq!(back.status, 422);
    check_page(&back);
    assert_eq!(primary_action(&back.text()), "Create account and join");
    assert!(seen(&back.text()).contains("Type your name."));
    assert!(back.text().contains("value=\"new@client.test\""));
}

/// An account that nobody proved signs in, and is told why it can't join by a link that proves nothing either.
#[test]
fn an_unproved_account_signs_in_and_is_told_to_confirm_its_address() {
    let mut scene = at_link(&json!({}));
    submit(&mut scene, &SIGN_UP).ok();
    let mut scene = at_link_of(scene.team, &json!({}));
    let refused = submit(&mut scene, &[("email", ANA), ("password", PASSWORD)]);
    assert_eq!(refused.status, 403);
    check_page(&refused);
    let words = seen(&refused.text());
    assert!(words.contains("Ask Olga Owner to invite that address by e-mail"), "{words}");
    assert_eq!(primary_action(&refused.text()), "Go to your workspaces");
    assert_eq!(scene.visitor.get("/me").status, 200, "they are signed in");
}

#[test]
fn whoever_is_signed_in_sees_as_whom_and_joins_or_uses_another_account() {
    let mut scene = at_link(&json!({}));
    scene.visitor = browsing(scene.team.joined("mia@studio.test", "member"));
    let page = scene.open();
    check_page(&page);
    let page = page.text();
    assert_eq!(primary_action(&page), "Join Example Studio");
    assert!(seen(&page).contains("You are signed in as mia@studio.test."));
    assert!(!page.contains("name=\"email\"") && !page.contains("type=\"password\""), "{page}");
    let token = scene.path[3..].to_owned();
    let fields = [("nonce", nonce_in(&page)), ("invitation", token)];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let out = scene.visitor.post_form("/sign-out", &fields);
    assert_eq!(out.header("location"), Some(scene.path.as_str()));
    assert_eq!(primary_action(&scene.open().text()), "Create account and join");

    scene.visitor = browsing(scene.team.owner.clone());
    let joined = submit(&mut scene, &[]);
    let had = page_of(&mut scene.team, "/team");
    assert_eq!(joined.header("location"), Some(&*had), "the owner has what they had");
}

#[test]
fn each_way_in_which_a_link_ends_has_words_of_its_own() {
    for (action, title, words) in [
        ("disable", "This link is turned off", "Ask whoever gave it to you for a new one."),
        ("rotate", "A newer link was made", "the older ones stopped working"),
        ("revoke", "This invitation was withdrawn", "withdrew it"),
    ] {
        let mut scene = at_link(&json!({"branding": {"name": "Bright"}}));
        assert_eq!(scene.open().status, 200, "and now KV has a copy");
        act(&mut scene, action);
        for (page, from) in [(scene.open(), "opened"), (submit_stale(&mut scene), "sent")] {
            assert_eq!(page.status, 410, "{action} {from}");
            check_page(&page);
            assert_eq!(text_of(&page.text(), "title"), format!("{title} – Bright"), "{from}");
            assert!(seen(&page.text()).contains(words), "{action} {from}");
        }
    }
    let mut full = at_link(&json!({"max_uses": 1}));
    submit(&mut full, &SIGN_UP).ok();
    full.visitor = browser(&full.team.world);
    let page = full.open();
    check_page(&page);
    assert_eq!(
        (page.status.as_u16(), text_of(&page.text(), "h1").as_str()),
        (410, "This link has reached its limit")
    );
}

/// A form that was open while the link ended.
fn submit_stale(scene: &mut Scene) -> crate::support::Answer {
    let form = scene.visitor.get("/sign-in").text();
    let nonce = nonce_in(&form);
    let path = scene.path.clone();
    let mut fields = vec![("nonce", nonce.as_str())];
    fields.extend(SIGN_UP);
    scene.visitor.post_form(&path, &fields)
}

#[test]
fn nobody_declines_a_link_for_many() {
    let mut scene = at_link(&json!({}));
    let decline = format!("{}/decline", scene.path);
    let before = scene.stored();
    let asked = scene.visitor.get(&decline);
    assert_eq!((asked.status.as_u16(), asked.header("location")), (303, Some(scene.path.as_str())));
    let page = scene.path.clone();
    let sent = scene.visitor.submit(&page, &decline, &[]);
    assert_eq!((sent.status.as_u16(), sent.header("location")), (303, Some(scene.path.as_str())));
    assert_eq!(scene.stored(), before);
}

#[test]
fn a_link_without_a_free_seat_says_so_and_lets_one_try_again() {
    let mut scene = at_link(&json!({"access": {"permissions": ["posts.create"]}}))
        .with("UPDATE organizations SET seat_limit = 0");
    let full = submit(&mut scene, &SIGN_UP);
    assert_eq!(full.status, 409);
    check_page(&full);
    assert_eq!(text_of(&full.text(), "h1"), "There is no free seat");
    assert_eq!(primary_action(&full.text()), "Try again");
}

/// One link is opened by thousands.
#[test]
fn a_links_page_that_was_opened_before_costs_no_round_trip() {
    let mut scene = at_link(&json!({}));
    scene.open().ok();
    scene.open().ok();
    assert_eq!(scene.team.world.last_cost(), Cost { d1: 0, kv: 1 });
}

/// S0-07: a message is text, whatever it holds.
#[test]
fn a_links_message_is_text_whatever_it_holds() {
    let message = "Hi <b onclick=x>\"'&amp; https://elsewhere.test";
    let mut scene = at_link(&json!({"message": message}));
    let page = scene.open();
    check_page(&page);
    assert!(
        page.text()
            .contains("dir=\"auto\">Hi &#60;b onclick=x&#62;&#34;&#39;&#38;amp; https://elsewhere.test")
    );
}

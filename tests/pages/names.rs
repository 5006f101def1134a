//! What people call themselves and their organizations, on every page and in the mail.
//!
//! The rule (V33): it stays text, in one place, and turns nothing around it.

use serde_json::json;

use crate::scene::{MIA, browser};
use crate::structure::check_page;
use crate::support::client::PASSWORD;
use crate::support::platform::World;
use crate::support::{Answer, Client};

#[test]
fn names_of_any_kind_are_text_that_turns_nothing_around_them() {
    let names =
        ["W".repeat(80), "عائشة القحطاني".to_owned(), "👩‍👩‍👧".repeat(20), "<b onclick=x>\"'&amp;".to_owned()];
    for name in &names {
        let world = World::new();
        let body = json!({"name": name, "template": "team", "owner": {"email": "olga.owner@studio.test", "name": name}});
        let organization = world.operator().post("/v1/organizations", &body).ok().str("/id");
        let mut owner = browser(&world);
        world.deliver();
        let path = format!("/i/{}", world.mailed_token("olga.owner@studio.test"));
        let mut pages = vec![owner.get(&path), owner.get(&format!("{path}/decline"))];
        owner.submit(&path, &path, &[("name", name), ("password", PASSWORD)]).ok();
        pages.push(owner.get("/me"));
        let body = json!({"kind": "email", "role": "member", "email": MIA, "name": name, "message": name});
        owner.post(&format!("/v1/organizations/{organization}/invitations"), &body).ok();
        world.deliver();
        let path = format!("/i/{}", world.mailed_token(MIA));
        pages.push(browser(&world).get(&path));
        pages.push(owner.get(&path));
        pages.push(owner.get("/dev/mailbox"));
        pages.extend(after_sentences(&world, &mut owner, &organization, name));
        let written = escaped(name);
        for page in &pages {
            check_page(page);
            let page = page.text();
            let body = page.split_once("<body").unwrap().1;
            for (place, _) in body.match_indices(&written) {
                let before = &body[..place];
                let alone = before.ends_with("<bdi>")
                    || before.ends_with("value=\"")
                    || before.ends_with("aria-label=\"")
                    // A choice holds text alone.
                    || before.rfind("<option") > before.rfind("</option>")
                    // In a sentence, between the marks that do the same.
                    || before.ends_with('\u{2068}')
                    || before.ends_with("dir=\"auto\">")
                    // Whole subjects and the plain text of a mail, which are isolated as a whole.
                    || before.rfind("<bdi") > before.rfind("</bdi>")
                    || before.rfind("<pre dir=\"ltr\">") > before.rfind("</pre>");
                assert!(alone, "{name} stands alone: …{}", &body[place.saturating_sub(80)..place]);
            }
        }
        let mail = &world.mailbox()[1];
        let html = mail["html"].as_str().unwrap();
        assert!(
            html.contains(&format!("<bdi>{written}</bdi> invited you to <bdi>{written}</bdi>")),
            "{html}"
        );
        if name.contains('<') {
            assert!(!html.contains(name.as_str()));
        }
    }
}

/// The pages of those who run it, after each act that is told with a name.
fn after_sentences(world: &World, owner: &mut Client, organization: &str, name: &str) -> Vec<Answer> {
    let slug = owner.get(&format!("/v1/organizations/{organization}")).ok().str("/slug");
    let token = world.mailed_token(MIA);
    let joined = world
        .client()
        .post("/v1/invitations/accept", &json!({"token": token, "name": name, "password": PASSWORD}));
    let mia = joined.ok().str("/member_id");
    let team = format!("/o/{slug}/team");
    let member = format!("/o/{slug}/members/{mia}");
    let mut pages = Vec::new();
    let mut act = |page: &str, action: &str, fields: &[(&str, &str)]| {
        let done = owner.submit(page, action, fields);
        let to = done.header("location").map(str::to_owned);
        pages.push(to.map_or(done, |to| owner.get(&to)));
        pages.push(owner.get(page));
    };
    act(&format!("/o/{slug}/workspaces"), &format!("/o/{slug}/workspaces"), &[("name", name)]);
    act(&member, &member, &[("name", &name.replace(' ', "")), ("role", "member")]);
    act(&member, &member, &[("name", name), ("role", "admin")]);
    act(&member, &member, &[("name", name), ("role", "client")]);
    let remove = format!("{team}/remove?member={mia}");
    act(&remove, &format!("{team}/remove"), &[("member", &mia)]);
    pages.push(owner.get(&format!("/o/{slug}/activity")));
    pages
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&#38;"),
            '<' => out.push_str("&#60;"),
            '>' => out.push_str("&#62;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

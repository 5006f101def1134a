//! What people call themselves and their organizations, on every page and in the mail.
//!
//! The rule (V33): it stays text, in one place, and turns nothing around it.

use serde_json::json;

use crate::scene::{MIA, browser};
use crate::structure::check_page;
use crate::support::client::PASSWORD;
use crate::support::platform::World;

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
        let written = escaped(name);
        for page in &pages {
            check_page(page);
            let page = page.text();
            let body = page.split_once("<body").unwrap().1;
            for (place, _) in body.match_indices(&written) {
                let before = &body[..place];
                let alone = before.ends_with("<bdi>")
                    || before.ends_with("value=\"")
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

//! The mail to somebody who was added at once: its subject, its text, its HTML.
//!
//! The rule: it says that they are in, not that they are asked; both parts tell the same, and its one link is theirs.

use serde_json::{Value, json};

use crate::reading::{plain, seen, tags};
use crate::scene::{MIA, PRODUCT, team};
use crate::support::platform::{ORIGIN, World};
use crate::support::scene::workspace;

/// The newest message to Mia, who was added in this role; with an account of her own already, or without.
fn mail_to_mia(role: &str, name: &str, has_account: bool) -> (World, Value) {
    let mut team = team();
    if has_account {
        team.world.operator().create_organization("Other Studio", MIA);
        team.world.client().join(MIA, "Mia Member").ok();
        team.world.pass(std::time::Duration::from_secs(1));
    }
    team.add(MIA, role, json!({"name": name, "notify": true})).ok();
    team.world.deliver();
    let mail = team.world.mailbox().pop().unwrap();
    (team.world, mail)
}

fn parts(mail: &Value) -> [&str; 2] {
    ["text", "html"].map(|part| mail[part].as_str().unwrap())
}

/// S2-17: the mail says *added*.
#[test]
fn the_text_and_the_html_of_a_mail_tell_that_somebody_was_added_and_how_they_get_in() {
    let (world, mail) = mail_to_mia("member", "Mia Member", false);
    assert_eq!(mail["subject"], "Olga Owner added you to Example Studio");
    assert_eq!(mail["to"], MIA);
    let [text, html] = parts(&mail);
    for fact in [
        "Olga Owner added you to Example Studio",
        "Hello Mia Member,",
        "You are in Example Studio now, as a member. You work as part of the team,",
        "Only for mia.member@studio.test, until 28 November 2026, 22:00 UTC.",
        "Please do not forward it. The link works once, and signs you in.",
        "You received this because Olga Owner at Example Studio entered your address.",
        "ask Example Studio to remove you",
    ] {
        for part in [plain(text), seen(html)] {
            assert!(part.contains(fact), "{fact} in {part}");
        }
    }
    let url = format!("{ORIGIN}/reset/{}", world.mailed_password_token(MIA));
    assert!(text.lines().any(|line| line == url), "alone on its line: {text}");
    assert!(html.contains(&format!("href=\"{url}\"")) && html.contains(">Set your password</a>"));
    assert!(text.lines().all(|line| line.chars().count() <= 72 || line.starts_with("http")), "{text}");
    assert!(text.contains("given.\n\nWhere:\n- Example Studio\n\nSet your password:\n"), "{text}");
    assert!(!text.contains(PRODUCT) && !html.contains(PRODUCT), "the mail is the organization's");
    for word in ["invit", "accept"] {
        assert!(!text.to_lowercase().replace("invite and manage", "").contains(word), "{word} in {text}");
    }
}

#[test]
fn somebody_with_an_account_signs_in_as_ever() {
    let (_, mail) = mail_to_mia("admin", "Mia Member", true);
    let [text, html] = parts(&mail);
    for part in [plain(text), seen(html)] {
        assert!(part.contains("as an admin. You reach every workspace"), "{part}");
        assert!(part.contains("Sign in with mia.member@studio.test"), "{part}");
    }
    assert!(
        text.contains(&format!(
            "people.\n\nSign in:\n\n{ORIGIN}/sign-in\n\nSign in with {MIA}.\n\nYou received"
        )),
        "{text}"
    );
    for part in [text, html] {
        assert!(!part.contains("/reset/") && !part.contains("password") && !part.contains("eyJ"), "{part}");
    }
}

#[test]
fn the_mail_reads_without_images_scripts_or_much_weight_and_names_stay_text() {
    let name = "<b onclick=x>\"'&amp;";
    for has_account in [false, true] {
        let (_, mail) = mail_to_mia("client", name, has_account);
        let [text, html] = parts(&mail);
        assert!(html.len() <= 10 * 1024, "{}", html.len());
        let tags = tags(html);
        for tag in &tags {
            assert!(
                !["img", "script", "form", "link", "iframe", "b"].contains(&tag.name.as_str()),
                "<{}>",
                tag.name
            );
            assert!(tag.name != "table" || tag.get("role") == "presentation");
            if tag.name == "a" {
                assert!(tag.get("href").starts_with(ORIGIN), "{tag:?}");
            }
        }
        assert_eq!(tags.iter().filter(|tag| tag.name == "h1").count(), 1);
        assert!(text.contains(&format!("Hello {name},")), "{text}");
        for header in ["subject", "from", "to"] {
            assert!(!mail[header].as_str().unwrap().contains("onclick"), "V33: in no header");
        }
    }
}

#[test]
fn a_long_list_of_workspaces_is_counted() {
    let mut team = team();
    let ids: Vec<String> = (0..9).map(|n| workspace(&team, &format!("Place {n}"))).collect();
    team.add(MIA, "member", json!({"workspace_ids": ids, "notify": true})).ok();
    team.world.deliver();
    let mail = team.world.mailbox().pop().unwrap();
    for part in [plain(parts(&mail)[0]), seen(parts(&mail)[1])] {
        assert!(
            part.contains("Place 7") && part.contains("and 1 more") && !part.contains("Place 8"),
            "{part}"
        );
    }
}

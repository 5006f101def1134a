//! The invitation's mail: its subject, its text, its HTML.
//!
//! The rule: both parts tell the same, they are the organization's, and the only links lead to the invitation.

use serde_json::{Value, json};

use crate::reading::{plain, seen, tags};
use crate::scene::{MIA, PRODUCT, team};
use crate::support::platform::{ORIGIN, World};

/// The newest message to Mia, invited with a name and a message.
fn mail_to_mia(role: &str, message: &str) -> (World, Value) {
    let mut team = team();
    let body = json!({"kind": "email", "role": role, "email": MIA, "name": "Mia Member", "message": message});
    team.owner.post(&team.path("/invitations"), &body).ok();
    team.world.deliver();
    let mail = team.world.mailbox().pop().unwrap();
    (team.world, mail)
}

#[test]
fn the_subject_says_who_invites_to_what() {
    let (world, mail) = mail_to_mia("admin", "Hi");
    assert_eq!(mail["subject"], "Olga Owner invited you to Example Studio");
    assert_eq!(
        world.mailbox()[0]["subject"],
        "You are invited to Example Studio",
        "where the operator invites"
    );
}

#[test]
fn the_text_and_the_html_of_a_mail_tell_the_same() {
    let (world, mail) = mail_to_mia("admin", "Hi Mia,\nthis is where we plan the spring.");
    let text = mail["text"].as_str().unwrap();
    let html = mail["html"].as_str().unwrap();
    let told = [plain(text), seen(html)];
    for fact in [
        "Olga Owner invited you to Example Studio",
        "Hello Mia Member,",
        "as an admin. You reach every workspace, and you can invite and manage people.",
        "Message from Olga Owner",
        "this is where we plan the spring.",
        "28 November 2026, 22:00 UTC",
        "mia.member@studio.test",
        "You received this because Olga Owner at Example Studio entered your address.",
        "nothing happens unless you accept",
    ] {
        for part in &told {
            assert!(part.contains(fact), "{fact} in {part}");
        }
    }
    let url = format!("{ORIGIN}/i/{}", world.mailed_token(MIA));
    for url in [url.clone(), format!("{url}/decline")] {
        assert!(text.lines().any(|line| line == url), "alone on its line: {url}");
        assert!(html.contains(&format!("href=\"{url}\"")), "{url}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 72 || line.starts_with("http")), "{text}");
    assert!(text.contains("> Hi Mia,\n> this is where we plan the spring.\n"), "{text}");
    assert!(!text.contains(PRODUCT) && !html.contains(PRODUCT), "the mail is the organization's");
}

#[test]
fn a_mail_reads_without_images_scripts_or_much_weight() {
    let (_, mail) = mail_to_mia("client", &"A long message. ".repeat(60));
    let html = mail["html"].as_str().unwrap();
    assert!(html.len() <= 7 * 1024, "{}", html.len());
    let tags = tags(html);
    for tag in &tags {
        assert!(!["img", "script", "form", "link", "iframe"].contains(&tag.name.as_str()), "<{}>", tag.name);
        assert!(tag.name != "table" || tag.get("role") == "presentation");
        assert!(tag.attributes.keys().all(|attribute| !attribute.starts_with("on")));
    }
    let count = |name: &str| tags.iter().filter(|tag| tag.name == name).count();
    assert_eq!((count("h1"), count("title")), (1, 1));
    assert!(tags.iter().any(|tag| tag.get("name") == "color-scheme" && tag.get("content") == "light dark"));
    let words: Vec<_> = html.matches(">View invitation</a>").collect();
    assert_eq!(words.len(), 1, "opening the link accepts nothing, and the button says so");
}

/// V33: the message is the inviter's, and only text.
#[test]
fn a_message_in_a_mail_is_quoted_text_and_never_a_link() {
    let message = "</p><a href=\"https://evil.test\">Win</a>\nhttps://evil.test/win\nView the invitation:";
    let (_, mail) = mail_to_mia("member", message);
    let html = mail["html"].as_str().unwrap();
    for tag in tags(html).iter().filter(|tag| tag.name == "a") {
        assert!(tag.get("href").starts_with(&format!("{ORIGIN}/i/")), "{tag:?}");
    }
    let text = mail["text"].as_str().unwrap();
    for line in message.lines() {
        assert!(text.lines().any(|written| written == format!("> {line}")), "{line} in {text}");
    }
}

#[test]
fn the_text_says_that_the_workspaces_it_lists_are_where_somebody_joins() {
    let text_to = |role| mail_to_mia(role, "Hi").1["text"].as_str().unwrap().to_owned();
    let text = text_to("member");
    assert!(text.contains(".\n\nWhere:\n- Example Studio\n\nMessage from Olga Owner:\n"), "{text}");
    let text = text_to("admin");
    assert!(!text.contains("Where:"), "who reaches every workspace is told so in words: {text}");

    let mut team = team();
    team.invited(MIA, "member");
    team.world.state().database.borrow().change("DELETE FROM invitation_workspaces");
    team.world.deliver();
    let text = team.world.mailbox().pop().unwrap()["text"].as_str().unwrap().to_owned();
    assert!(
        text.contains(".\n\nView invitation:") && !text.contains("Where:"),
        "no list, no word before it: {text}"
    );
}

//! Every mail there is, one row each: what holds of all of them, and what each must tell.
//!
//! The rule: a mail comes about as in life, and both of its parts tell the same. A new one without a row fails.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};

use crate::reading::{plain, seen, tags};
use crate::scene::{MIA, PRODUCT, browser, team};
use crate::support::client::{PASSWORD, Team, nonce_in};
use crate::support::mails;
use crate::support::platform::{ORIGIN, World};
use crate::support::scene::{plan, second_factor};
use crate::support::webhooks::{Hooked, says};

const OLGA: &str = "olga.owner@studio.test";
/// Where Olga wants to be written to.
const ELSEWHERE: &str = "olga@new.test";
const DAY: Duration = Duration::from_hours(24);

/// One mail.
struct Row {
    /// What its job says it is: its kind, or what it tells.
    what: &'static str,
    /// Brings it about; it is the newest.
    comes: fn() -> World,
    to: &'static str,
    subject: &'static str,
    /// Behind the subject, in a list of messages.
    preview: &'static str,
    /// What both parts tell, beside the subject.
    facts: &'static [&'static str],
    /// What its button says, and how the address begins that it opens.
    action: Option<(&'static str, &'static str)>,
}

impl Row {
    /// Its mail: the newest to whom it is for.
    fn newest(&self, world: &World) -> Value {
        world
            .mailbox()
            .into_iter()
            .rfind(|mail| mail["to"] == self.to)
            .unwrap_or_else(|| panic!("{}", self.what))
    }
}

const ALL: &[Row] = &[
    Row {
        what: "invitation_email",
        comes: || invited().world,
        to: MIA,
        subject: "Olga Owner invited you to Example Studio",
        preview: "Join as a member. The invitation works until 28 November 2026, 22:00 UTC.",
        facts: &[
            "Hello Mia Member,",
            "You will join as a member. You work as part of the team, in the workspaces that you are given.",
            "Your access: ",
            "Where: Example Studio",
            "Message from Olga Owner: Hi Mia, this is where we plan the spring.",
            "Only for mia.member@studio.test, until 28 November 2026, 22:00 UTC. Please do not forward it.",
            "Opening it accepts nothing yet.",
            "You received this because Olga Owner at Example Studio entered your address.",
            "nothing happens unless you accept",
            "Decline the invitation",
        ],
        action: Some(("View invitation", "/i/")),
    },
    Row {
        what: "reminder_email",
        comes: || {
            let team = invited();
            wait(&team, 3);
            team.world
        },
        to: MIA,
        subject: "Reminder: Olga Owner invited you to Example Studio",
        preview: "Your invitation works until 28 November 2026, 22:00 UTC.",
        facts: &[
            "You will join as a member.",
            "Where: Example Studio",
            "Only for mia.member@studio.test, until 28 November 2026, 22:00 UTC.",
            "This is the only reminder.",
            "Decline the invitation",
        ],
        action: Some(("View invitation", "/i/")),
    },
    Row {
        what: "withdrawal_email",
        comes: || {
            let mut team = invited();
            let id = open_invitation(&team);
            team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok();
            // Until then it may be taken back.
            team.world.pass(Duration::from_mins(10));
            wait(&team, 0);
            team.world
        },
        to: MIA,
        subject: "Your invitation to Example Studio was withdrawn",
        preview: "The link no longer works. There is nothing for you to do.",
        facts: &[
            "Example Studio withdrew it on 21 November 2026.",
            "ask your contact there",
            "You received this because you were sent the invitation.",
        ],
        action: None,
    },
    Row {
        what: "member_email",
        comes: || {
            let mut team = team();
            team.add(MIA, "member", json!({"name": "Mia Member", "notify": true})).ok();
            team.world.deliver();
            team.world
        },
        to: MIA,
        subject: "Olga Owner added you to Example Studio",
        preview: "You are in as a member. Set your password until 28 November 2026, 22:00 UTC.",
        facts: &[
            "Hello Mia Member,",
            "You are in Example Studio now, as a member.",
            "Where: Example Studio",
            "Only for mia.member@studio.test, until 28 November 2026, 22:00 UTC.",
            "The link works once, and signs you in.",
            "or ask Example Studio to remove you.",
        ],
        action: Some(("Set your password", "/reset/")),
    },
    Row {
        what: "password_reset",
        comes: || {
            let team = team();
            team.world.client().post("/v1/password-resets", &json!({"email": OLGA})).ok();
            team.world.deliver();
            team.world
        },
        to: OLGA,
        subject: "Reset your password for Zebraform",
        preview: "The link works until 21 November 2026, 22:30 UTC.",
        facts: &[
            "asked for a new password for the account of olga.owner@studio.test.",
            "The link works once",
        ],
        action: Some(("Choose a new password", "/reset/")),
    },
    Row {
        what: "password_changed",
        comes: || {
            let mut team = team();
            let body = json!({"current_password": PASSWORD, "password": "another long enough password"});
            team.owner.put("/v1/me/password", &body).ok();
            notice(team, "password_changed")
        },
        to: OLGA,
        subject: "Your password was changed",
        preview: "21 November 2026, 22:00 UTC. If this was not you, act now.",
        facts: &[
            "everybody else who was signed in was signed out",
            "for the account of olga.owner@studio.test",
        ],
        action: Some(("Choose a new password", "/forgot-password")),
    },
    Row {
        what: "factor_added",
        comes: || {
            let mut team = team();
            second_factor(&mut team.owner);
            team.world.deliver();
            team.world
        },
        to: OLGA,
        subject: "Two-step sign-in was turned on",
        preview: "If this was not you, act now.",
        facts: &["Signing in asks for a code of your app from now on.", "for the account of"],
        action: Some(("Choose a new password", "/forgot-password")),
    },
    Row {
        what: "factor_removed",
        comes: || {
            let mut team = team();
            let (app, _) = second_factor(&mut team.owner);
            let code = json!({"code": app.code(team.world.now())});
            let body = code.to_string().into_bytes();
            let path = "/v1/me/mfa/totp";
            team.owner.send(&http::Method::DELETE, path, Some("application/json"), body).ok();
            notice(team, "factor_removed")
        },
        to: OLGA,
        subject: "Two-step sign-in was turned off",
        preview: "If this was not you, act now.",
        facts: &["Signing in asks for your password only from now on.", "for the account of"],
        action: Some(("Choose a new password", "/forgot-password")),
    },
    Row {
        what: "recovery_code_used",
        comes: || {
            let mut team = team();
            let (_, codes) = second_factor(&mut team.owner);
            let mut olga = team.world.client();
            olga.post("/v1/sessions", &json!({"email": OLGA, "password": PASSWORD})).ok();
            olga.post("/v1/sessions/mfa", &json!({"code": codes[0]})).ok();
            team.world.pass(Duration::from_secs(1));
            team.world.deliver();
            team.world
        },
        to: OLGA,
        subject: "A recovery code was used",
        preview: "If this was not you, act now.",
        facts: &["one of your recovery codes, which is used up now", "for the account of"],
        action: Some(("Choose a new password", "/forgot-password")),
    },
    Row {
        what: "recovery_codes_renewed",
        comes: || {
            let mut team = team();
            let (app, _) = second_factor(&mut team.owner);
            team.world.pass(Duration::from_secs(30));
            let typed = json!({"password": PASSWORD, "code": app.code(team.world.now())});
            team.owner.post("/v1/me/mfa/recovery-codes", &typed).ok();
            team.world.pass(Duration::from_secs(1));
            team.world.deliver();
            team.world
        },
        to: OLGA,
        subject: "Your recovery codes were renewed",
        preview: "If this was not you, act now.",
        facts: &["of the old ones none works any more", "for the account of"],
        action: Some(("Choose a new password", "/forgot-password")),
    },
    Row {
        what: "email_change",
        comes: || changing().0,
        to: ELSEWHERE,
        subject: "Confirm your new e-mail address",
        preview: "Confirm that this address is yours.",
        facts: &[
            "Somebody, hopefully you, wants to sign in with this address from now on.",
            "If this was not you, do nothing: somebody has mistyped their address.",
            "opening the page does nothing",
        ],
        action: Some(("Confirm this address", "/email/")),
    },
    Row {
        what: "email_changed",
        comes: || {
            let (world, tokens) = changing();
            for token in tokens {
                world.client().post("/v1/email-changes/confirm", &json!({"token": token})).ok();
            }
            world.pass(Duration::from_secs(1));
            world.deliver();
            world
        },
        to: ELSEWHERE,
        subject: "Your e-mail address was changed",
        preview: "If this was not you, act now.",
        facts: &[
            "You sign in to your account with another address from now on: olga@new.test.",
            "Everywhere else you are signed out",
        ],
        action: Some(("Sign in", "/sign-in")),
    },
    Row {
        what: "new_sign_in",
        comes: || {
            let team = team();
            let mut olga = team.world.client().with_header("user-agent", "(Windows NT 10.0) Chrome/131.0");
            olga.post("/v1/sessions", &json!({"email": OLGA, "password": PASSWORD})).ok();
            team.world.deliver();
            team.world
        },
        to: OLGA,
        subject: "New sign-in from Chrome on Windows",
        preview: "21 November 2026, 22:00 UTC. If this was not you, act now.",
        facts: &[
            "Somebody signed in from Chrome on Windows, which this account was not used with before.",
            "This happened on 21 November 2026, 22:00 UTC, for the account of olga.owner@studio.test.",
            "If this was you, there is nothing to do.",
        ],
        action: Some(("Choose a new password", "/forgot-password")),
    },
    Row {
        what: "invitation.asked",
        comes: || {
            let team = invited();
            let path = format!("/i/{}", team.world.mailed_token(MIA));
            team.world.pass(DAY * 8);
            let mut mia = browser(&team.world);
            let nonce = nonce_in(&mia.get(&path).text());
            mia.post_form(&format!("{path}/ask"), &[("nonce", &nonce)]).ok();
            team.world.deliver();
            team.world
        },
        to: OLGA,
        subject: "mia.member@studio.test asks for a new invitation",
        preview: "The link they have to Example Studio does not work any more.",
        facts: &["Mia Member (mia.member@studio.test) has an invitation", "Nothing was sent to them yet."],
        action: Some(("See the invitation", "/o/example-studio-*/invitations/inv_")),
    },
    Row {
        what: "access.asked",
        comes: || {
            let mut team = Team::make(World::with_settings(&[("PRODUCT_NAME", PRODUCT)]), "reporting", None);
            let mut ana = team.joined_with("ana@client.test", "client", json!({"name": "Ana Client"}));
            let workspace = team.workspace();
            let path = format!("/w/{workspace}");
            ana.submit("/sign-in", &format!("{path}/ask"), &[]).ok();
            team.world.deliver();
            team.world
        },
        to: OLGA,
        subject: "ana@client.test asks for access",
        preview: "They are in Example Studio and were given nothing there.",
        facts: &["(ana@client.test) is in Example Studio", "on their page you choose what they get."],
        action: Some(("Review the request", "/o/example-studio-*/members/mbr_")),
    },
    Row {
        what: "invitation.undelivered",
        comes: || {
            let team = invited();
            team.world
                .state()
                .database
                .borrow()
                .change("UPDATE invitations SET delivery = 'bounced' WHERE outcome = 'open'");
            wait(&team, 0);
            team.world
        },
        to: OLGA,
        subject: "mia.member@studio.test did not get your invitation",
        preview: "The e-mail with your invitation to Example Studio did not arrive.",
        facts: &[
            "which is for Mia Member (mia.member@studio.test)",
            "copy the link and hand it over yourself",
        ],
        action: Some(("Check the address", "/o/example-studio-*/invitations/inv_")),
    },
    Row {
        what: "invitation.no_seat",
        comes: || {
            let mut team = invited();
            team.world.pass(Duration::from_secs(1));
            let token = team.world.mailed_token(MIA);
            plan(&team, Some(0), "[]");
            team.owner.get("/v1/me").ok();
            team.world.client().accept(&token, "Mia Member");
            team.world.deliver();
            team.world
        },
        to: OLGA,
        subject: "mia.member@studio.test tried to join, but no seat is free",
        preview: "1 seat is taken or reserved, and the plan has 0.",
        facts: &["Mia Member (mia.member@studio.test) tried to join Example Studio", "they can try again"],
        action: Some(("Manage seats", "/o/example-studio-*/settings/seats")),
    },
    Row {
        what: "invitation.accepted",
        comes: || {
            let team = invited();
            wants(&team, "invitation.accepted");
            team.world.client().join(MIA, "Mia Member").ok();
            team.world.deliver();
            team.world
        },
        to: OLGA,
        subject: "mia.member@studio.test accepted your invitation",
        preview: "They are in Example Studio now.",
        facts: &["Mia Member (mia.member@studio.test) joined Example Studio by your invitation."],
        action: Some(("See them", "/o/example-studio-*/members/mbr_")),
    },
    Row {
        what: "invitation.declined",
        comes: || {
            let team = invited();
            wants(&team, "invitation.declined");
            let body = json!({"token": team.world.mailed_token(MIA), "reason": "unknown_sender"});
            team.world.client().post("/v1/invitations/decline", &body).ok();
            team.world.deliver();
            team.world
        },
        to: OLGA,
        subject: "mia.member@studio.test declined your invitation",
        preview: "They do not join Example Studio.",
        facts: &["they say that they don't know who sent it.", "invite them again"],
        action: Some(("See the invitation", "/o/example-studio-*/invitations/inv_")),
    },
    Row {
        what: "invitation.ending",
        comes: || {
            let team = invited();
            wait(&team, 3);
            wait(&team, 2);
            team.world
        },
        to: OLGA,
        subject: "mia.member@studio.test has not joined yet",
        preview: "The invitation ends on 28 November 2026, 22:00 UTC.",
        facts: &["Mia Member (mia.member@studio.test) has not answered", "or withdraw it"],
        action: Some(("Manage the invitation", "/o/example-studio-*/invitations/inv_")),
    },
    Row {
        what: "webhook.disabled",
        comes: || {
            let mut hooked = Hooked::to(team());
            hooked.team.owner.post(&hooked.path("/test"), &json!({})).ok();
            hooked.answers([says(410)]);
            hooked.team.world
        },
        to: OLGA,
        subject: "The webhook to app.example.com was turned off",
        preview: "It was turned off because its receiver is gone.",
        facts: &[
            "app.example.com answered that it is gone for good (410), so it is not told any more what happens in \
             Example Studio.",
            "Then turn it on and deliver again what failed.",
            "What happens while it is off is not told later.",
        ],
        action: Some(("Look at the webhook", "/o/example-studio-*/settings/webhooks/whk_")),
    },
];

/// A team that has invited Mia by e-mail.
fn invited() -> Team {
    let mut team = team();
    let body = json!({
        "kind": "email", "role": "member", "email": MIA, "name": "Mia Member",
        "message": "Hi Mia,\nthis is where we plan the spring.",
    });
    team.owner.post(&team.path("/invitations"), &body).ok();
    team.world.deliver();
    team
}

/// Olga wants to be mailed of this too.
fn wants(team: &Team, kind: &str) {
    let body = json!({"organization_id": team.organization, "events": [{"kind": kind, "by_email": true}]});
    team.owner.clone().patch("/v1/me/notification-settings", &body).ok();
}

fn open_invitation(team: &Team) -> String {
    let rows =
        team.world.state().database.borrow().query("SELECT id FROM invitations WHERE outcome = 'open'");
    rows[0]["id"].as_str().unwrap().to_owned()
}

/// So many days, a tick, and what it found.
fn wait(team: &Team, days: u32) {
    team.world.pass(DAY * days + Duration::from_secs(1));
    team.world.tick();
    team.world.deliver();
}

/// What came about told this.
fn notice(team: Team, notice: &str) -> World {
    let told = format!("SELECT count(*) FROM jobs WHERE notice = '{notice}'");
    assert_eq!(team.world.count(&told), 1, "{notice} came about");
    team.world.deliver();
    team.world
}

/// A change of address that was begun, with the tokens of both sides.
fn changing() -> (World, [String; 2]) {
    let mut team = team();
    team.owner.post("/v1/me/email", &json!({"email": ELSEWHERE, "password": PASSWORD})).ok();
    team.world.pass(Duration::from_secs(1));
    team.world.deliver();
    let tokens = [OLGA, ELSEWHERE].map(|address| team.world.mailed_email_token(address));
    (team.world, tokens)
}

/// The mails of all rows, brought about once.
fn each() -> impl Iterator<Item = (&'static Row, &'static Value)> {
    static MAILS: LazyLock<Vec<Value>> =
        LazyLock::new(|| ALL.iter().map(|row| row.newest(&(row.comes)())).collect());
    ALL.iter().zip(MAILS.iter())
}

fn part<'a>(mail: &'a Value, name: &str) -> &'a str {
    mail[name].as_str().unwrap()
}

#[test]
fn every_mail_that_a_job_can_send_has_a_row() {
    let schema = World::new().state().database.borrow().query(mails::SCHEMA);
    let rows: BTreeSet<&str> = ALL.iter().map(|row| row.what).collect();
    assert_eq!(rows, mails::kinds(schema[0]["sql"].as_str().unwrap()));
}

#[test]
fn both_parts_of_every_mail_tell_every_fact() {
    for (row, mail) in each() {
        let (text, html) = (part(mail, "text"), part(mail, "html"));
        assert_eq!((part(mail, "to"), part(mail, "subject")), (row.to, row.subject), "{}", row.what);
        assert!(
            seen(html).split(" Example Studio ").next().unwrap().contains(row.preview)
                || seen(html).split(PRODUCT).next().unwrap().contains(row.preview),
            "{}: {}",
            row.what,
            seen(html)
        );
        let text_part = plain(&text.replace("\n> ", "\n").replace("\n- ", "\n"));
        for told in [text_part, seen(html)] {
            for fact in row.facts.iter().chain([&row.subject]) {
                assert!(told.contains(fact), "{}: {fact} in {told}", row.what);
            }
        }
        if let Some((words, address)) = row.action {
            let url = text.lines().find(|line| line.starts_with("http")).unwrap();
            // What an organization is called in paths ends in letters of its own.
            let (begins, holds) = address.split_once('*').unwrap_or((address, ""));
            let leads = url.starts_with(&format!("{ORIGIN}{begins}")) && url.contains(holds);
            assert!(leads, "{}: {url}", row.what);
            assert!(text.contains(&format!("\n{words}:\n\n{url}\n")), "{}: {text}", row.what);
            assert!(html.contains(&format!("href=\"{url}\"")) && html.contains(&format!(">{words}</a>")));
        } else {
            assert!(!text.contains("http") && !html.contains("<a "), "{}", row.what);
        }
    }
}

/// Sentence by sentence, whatever it says: what one part tells the other does too.
#[test]
fn neither_part_of_a_mail_tells_anything_that_the_other_does_not() {
    for (row, mail) in each() {
        let (text, html) = (part(mail, "text"), part(mail, "html"));
        let words = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        let mut told = words(&text.replace("\n> ", "\n").replace("\n- ", "\n"));
        let mut shown = words(&seen(html));
        // The text has colons where the HTML has a button or a link, and writes out where that leads.
        for list in [&mut told, &mut shown] {
            list.retain(|word| !word.starts_with("http"));
            for word in list.iter_mut() {
                *word = word.trim_end_matches(':').to_owned();
            }
        }
        // Only HTML has a line for lists of messages, whose it is above it, and what to do without its button.
        let above = if seen(html).contains(PRODUCT) { PRODUCT } else { "Example Studio" };
        let mut extra = words(&format!("{} {above}", hidden(html)));
        if row.action.is_some() {
            extra.extend(words("If the button does not work, open this address"));
        }
        for list in [&mut told, &mut shown, &mut extra] {
            list.sort_unstable();
        }
        for word in extra {
            let word = word.trim_end_matches(':');
            let at = shown.iter().position(|other| other == word).unwrap_or_else(|| panic!("{word}"));
            shown.remove(at);
        }
        assert_eq!(told, shown, "{}: {text}", row.what);
    }
}

/// What a list of messages shows of it.
fn hidden(html: &str) -> String {
    plain(html.split_once("mso-hide:all;\">").unwrap().1.split_once("</div>").unwrap().0)
}

#[test]
fn every_mail_is_small_and_reads_without_images_scripts_or_colours() {
    for (row, mail) in each() {
        let (text, html) = (part(mail, "text"), part(mail, "html"));
        assert!(part(mail, "subject").chars().count() <= 60, "{}", part(mail, "subject"));
        for line in text.lines().filter(|line| !line.starts_with("http")) {
            assert!(line.chars().count() <= 72, "{}: {line}", row.what);
        }
        assert!(!text.contains("\n\n\n") && text.ends_with('\n') && !text.ends_with("\n\n"), "{text}");
        // What is said counts; how long a signed address is doesn't.
        let addresses: usize =
            html.split('"').filter(|value| value.starts_with("http")).map(|url| url.len() * 2).sum();
        assert!(html.len() - addresses.min(html.len()) <= 5 * 1024, "{}: {}", row.what, html.len());
        let tags = tags(html);
        let count = |name: &str| tags.iter().filter(|tag| tag.name == name).count();
        assert_eq!((count("h1"), count("title"), count("html")), (1, 1, 1), "{}", row.what);
        let html = tags.iter().find(|tag| tag.name == "html").unwrap();
        assert_eq!((html.get("lang"), html.get("dir")), ("en", "ltr"), "{}", row.what);
        for tag in &tags {
            let name = tag.name.as_str();
            assert!(!["img", "script", "form", "link", "iframe"].contains(&name), "{}: <{name}>", row.what);
            assert!(name != "table" || tag.get("role") == "presentation", "{}", row.what);
            assert!(tag.attributes.keys().all(|attribute| !attribute.starts_with("on")), "{}", row.what);
            assert!(name != "a" || tag.get("href").starts_with(ORIGIN), "{}: {tag:?}", row.what);
        }
        assert!(
            tags.iter().any(|tag| tag.get("name") == "color-scheme" && tag.get("content") == "light dark")
        );
    }
}

/// Mails of an organization say nothing of the product but in how they are sent; those of an account are the product's.
#[test]
fn a_mail_is_the_organizations_unless_it_is_about_an_account() {
    for (row, mail) in each() {
        let own = !row.what.contains('.')
            && !["invitation_email", "reminder_email", "withdrawal_email", "member_email"]
                .contains(&row.what);
        for name in ["text", "html", "subject"] {
            let names_product = part(mail, name).contains(PRODUCT);
            assert!(own || !names_product, "{}: {name}", row.what);
        }
        let from = part(mail, "from");
        let expected = if own { format!("{PRODUCT} <") } else { format!("Example Studio via {PRODUCT} <") };
        assert!(from.starts_with(&expected), "{}: {from}", row.what);
    }
}

/// S0-06 to S0-09: a client meets the brand that they know, in its colour. In headers it is what the organization says of
/// itself, never what one invitation does (V33).
#[test]
fn a_mail_to_a_client_is_branded() {
    let mut team = team();
    let branding =
        json!({"branding": {"name": "Studio Brand", "accent": "#ffe600", "message": "Welcome to us."}});
    team.owner.patch(&team.path(""), &branding).ok();
    let body = json!({
        "kind": "email", "role": "client", "email": "ana@client.test", "branding": {"name": "Spring Campaign"},
    });
    team.owner.post(&team.path("/invitations"), &body).ok();
    team.world.deliver();
    let mail = team.world.mailbox().pop().unwrap();
    assert_eq!(part(&mail, "subject"), "Studio Brand invited you to join");
    assert!(part(&mail, "from").starts_with("Studio Brand via "), "{}", part(&mail, "from"));
    for told in [plain(part(&mail, "text")), seen(part(&mail, "html"))] {
        assert!(
            told.contains("Spring Campaign invited you to join") && told.contains("Olga Owner"),
            "{told}"
        );
        assert!(
            told.contains("Message from Spring Campaign: Welcome to us.")
                || told.contains("> Welcome to us."),
            "{told}"
        );
        assert!(!told.contains("Example Studio entered"), "{told}");
    }
    assert!(part(&mail, "html").contains("background-color:#ffe600"), "its button");
    assert!(part(&mail, "html").contains("color:#000000;font-weight"), "with letters that can be read on it");
}

#[test]
fn what_an_invitation_gives_is_told_as_its_page_tells_it() {
    let mut team = Team::of("reporting");
    let resource = team.resource("campaign");
    let body = json!({
        "kind": "email", "role": "client", "email": "ana@client.test",
        "access": {"resources": [{"id": resource}], "require_mfa": true},
    });
    team.owner.post(&team.path("/invitations"), &body).ok();
    team.world.deliver();
    let mail = team.world.mailbox().pop().unwrap();
    let page =
        seen(&browser(&team.world).get(&format!("/i/{}", team.world.mailed_token("ana@client.test"))).text());
    for told in [plain(part(&mail, "text")), seen(part(&mail, "html")), page] {
        assert!(told.contains("You see and do only what is shared with you."), "{told}");
        assert!(told.contains("Campaigns") && told.contains("1 campaign"), "{told}");
        assert!(told.contains("a code from an app on your phone. You set it up after you join."), "{told}");
    }
}

/// V33: a hostile name stays a name, in every part and header, and nothing that somebody else typed is in a header.
#[test]
fn names_stay_text_and_out_of_the_headers() {
    let name = "<b onclick=x>\"'&amp; Quagga";
    let mut team = team();
    for (place, what) in ["invitation.undelivered", "invitation.ending"].into_iter().enumerate() {
        let body = json!({"kind": "email", "role": "client", "email": format!("m{place}@client.test"), "name": name});
        let id = team.owner.post(&team.path("/invitations"), &body).ok().str("/id");
        team.world.deliver();
        let first = team.world.mailbox().pop().unwrap();
        if what == "invitation.undelivered" {
            team.world
                .state()
                .database
                .borrow()
                .change(&format!("UPDATE invitations SET delivery = 'failed' WHERE id = '{id}'"));
            wait(&team, 0);
        } else {
            wait(&team, 3);
            wait(&team, 3);
        }
        for mail in [first, team.world.mailbox().pop().unwrap()] {
            for header in ["subject", "from", "to"] {
                assert!(!part(&mail, header).contains("Quagga"), "{what}: {header}: {mail}");
            }
            assert!(part(&mail, "text").replace('\n', " ").contains(name), "{what}: {mail}");
            assert!(tags(part(&mail, "html")).iter().all(|tag| tag.name != "b"), "{what}");
            assert!(seen(part(&mail, "html")).contains(name), "{what}");
        }
    }
}

//! The faces of an invitation: everything that opening its link can show.
//!
//! The rule: each face says what it is in words of its own and has one next step, bears the name of whoever is known to
//! invite, and has changed nothing by being looked at.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Method;
use serde_json::json;
use usher::domain::ids::WorkspaceId;

use crate::links::{act, at_link};
use crate::reading::{primary_action, seen, text_of};
use crate::scene::{MIA, PRODUCT, Scene, browser, browsing, team};
use crate::structure::check_page;
use crate::support::Answer;
use crate::support::client::{Team, nonce_in};
use crate::support::platform::{Cost, token_in};

const DAY: Duration = Duration::from_hours(24);

pub struct Face {
    pub what: &'static str,
    pub scene: fn() -> Scene,
    status: u16,
    title: &'static str,
    heading: &'static str,
    primary: &'static str,
}

/// Everything that opening a link can show.
pub const FACES: &[Face] = &[
    Face {
        what: "somebody new",
        scene: Scene::invited,
        status: 200,
        title: "Join Example Studio",
        heading: "Join Example Studio",
        primary: "Create account and join",
    },
    Face {
        what: "somebody with an account, signed out",
        scene: || Scene::invited_with_account().signed_out(),
        status: 200,
        title: "Sign in to join Example Studio",
        heading: "Sign in to join Example Studio",
        primary: "Sign in and join",
    },
    Face {
        what: "the invited person, signed in",
        scene: Scene::invited_with_account,
        status: 200,
        title: "Join Example Studio",
        heading: "Join Example Studio",
        primary: "Join Example Studio",
    },
    Face {
        what: "somebody else, signed in",
        scene: || {
            let mut scene = Scene::invited();
            scene.visitor = browsing(scene.team.owner.clone());
            scene
        },
        status: 200,
        title: "This invitation is for another address – Example Studio",
        heading: "This invitation is for another address",
        primary: "Sign out and continue as m••@studio.test",
    },
    Face {
        what: "an expired link: known by its token alone, so it bears the product's name",
        scene: || {
            let scene = Scene::invited();
            scene.team.world.pass(8 * DAY);
            scene
        },
        status: 410,
        title: "This invitation expired on 28 November 2026 – Zebraform",
        heading: "This invitation expired on 28 November 2026",
        primary: "Ask for a new invitation",
    },
    Face {
        what: "an invitation that was withdrawn",
        scene: || {
            let mut scene = Scene::invited();
            scene.team.owner.post(&format!("/v1/invitations/{}/revoke", scene.invitation), &json!({})).ok();
            scene
        },
        status: 410,
        title: "This invitation was withdrawn – Example Studio",
        heading: "This invitation was withdrawn",
        primary: "Go to sign in",
    },
    Face {
        what: "a link that a newer one replaced",
        scene: || {
            let mut scene = Scene::invited();
            scene.team.owner.post(&format!("/v1/invitations/{}/resend", scene.invitation), &json!({})).ok();
            scene
        },
        status: 410,
        title: "A newer invitation was sent – Example Studio",
        heading: "A newer invitation was sent",
        primary: "Ask for a new invitation",
    },
    Face {
        what: "an invitation that somebody used, signed out",
        scene: || {
            let scene = Scene::invited();
            scene.team.world.client().join(MIA, "Mia Member").ok();
            scene
        },
        status: 410,
        title: "This invitation was already used – Example Studio",
        heading: "This invitation was already used",
        primary: "Go to sign in",
    },
    Face {
        what: "an invitation that was declined",
        scene: || {
            let mut scene = Scene::invited();
            let decline = format!("{}/decline", scene.path);
            scene.visitor.submit(&decline, &decline, &[]).ok();
            scene
        },
        status: 410,
        title: "This invitation was declined – Example Studio",
        heading: "This invitation was declined",
        primary: "Ask for a new invitation",
    },
    Face {
        what: "a forged link",
        scene: || {
            let mut scene = Scene::invited();
            scene.path = scene.path.replace("/i/ey", "/i/eY");
            scene
        },
        status: 404,
        title: "This link does not work – Zebraform",
        heading: "This link does not work",
        primary: "Go to sign in",
    },
    Face {
        what: "somebody who was removed after they joined",
        scene: || {
            let mut scene = Scene::invited();
            scene.visitor.join(MIA, "Mia Member").ok();
            scene.with("UPDATE members SET removed_at = joined_at + 1 WHERE role = 'member'")
        },
        status: 403,
        title: "Your access was removed – Example Studio",
        heading: "Your access was removed",
        primary: "Go to your workspaces",
    },
    Face {
        what: "a copied link, to an account whose address nobody confirmed",
        scene: || {
            let mut scene = Scene::invited_with_account();
            let copy = format!("/v1/invitations/{}/link", scene.invitation);
            let url = scene.team.owner.post(&copy, &json!({})).ok().str("/url");
            scene.path = format!("/i/{}", token_in(&url));
            scene.with("UPDATE users SET email_verified_at = NULL WHERE name = 'Mia Member'")
        },
        status: 403,
        title: "Confirm your address first – Example Studio",
        heading: "Confirm your address first",
        primary: "Go to your workspaces",
    },
    Face {
        what: "a mailed link, to whoever is signed in to the account that it confirms",
        scene: || {
            Scene::invited_with_account()
                .with("UPDATE users SET email_verified_at = NULL WHERE name = 'Mia Member'")
        },
        status: 200,
        title: "Join Example Studio",
        heading: "Join Example Studio",
        primary: "Confirm and join",
    },
    Face {
        what: "somebody who joined and lacks the second factor that they are asked for",
        scene: Scene::joined_without_factor,
        status: 200,
        title: "Add a second step to sign in – Example Studio",
        heading: "Add a second step to sign in",
        primary: "Set up two-step sign-in",
    },
    Face {
        what: "a link for many",
        scene: || at_link(&json!({"branding": {"name": "Example Studio"}})),
        status: 200,
        title: "Join Example Studio",
        heading: "Join Example Studio",
        primary: "Create account and join",
    },
    Face {
        what: "a link for many that is turned off",
        scene: || {
            let mut scene = at_link(&json!({"branding": {"name": "Example Studio"}}));
            act(&mut scene, "disable");
            scene
        },
        status: 410,
        title: "This link is turned off – Example Studio",
        heading: "This link is turned off",
        primary: "Go to sign in",
    },
    Face {
        what: "a link for many that let in as many as it may",
        scene: || {
            let scene = at_link(&json!({"branding": {"name": "Example Studio"}, "max_uses": 1}));
            scene.with("UPDATE invitations SET uses = 1 WHERE kind = 'link'")
        },
        status: 410,
        title: "This link has reached its limit – Example Studio",
        heading: "This link has reached its limit",
        primary: "Go to sign in",
    },
];

/// The pages of an organization's invitation: those that opening it shows, and those that its forms lead to.
fn pages_of(scene: &mut Scene) -> Vec<Answer> {
    let path = scene.path.clone();
    let mut pages = vec![scene.open(), scene.visitor.get(&format!("{path}/decline"))];
    let nonce = nonce_in(&scene.visitor.get("/sign-in").text());
    let fields = [("nonce", nonce.as_str()), ("name", ""), ("password", "")];
    pages.push(scene.visitor.post_form(&path, &fields));
    pages.push(scene.visitor.post_form(&format!("{path}/decline"), &fields[..1]));
    pages.retain(|page| page.header("location").is_none());
    pages
}

/// S0-06, ux.md R10: a page of an organization names the product nowhere but in one line at its foot, and not there where a
/// brand was set up or the plan leaves it out.
#[test]
fn no_page_of_an_organization_names_a_product_that_is_hidden() {
    let plan = "UPDATE organizations SET plan_features = '[\"hide_product_name\"]'";
    let brand = "UPDATE organizations SET branding_name = 'Example Studio'";
    for face in FACES.iter().filter(|face| !face.title.contains(PRODUCT)) {
        for hidden in [plan, brand] {
            let mut scene = (face.scene)().with(hidden);
            for page in pages_of(&mut scene) {
                assert!(!page.text().contains(PRODUCT), "{}, {hidden}: {}", face.what, page.text());
            }
        }
        let mut scene = (face.scene)();
        for page in pages_of(&mut scene) {
            check_page(&page);
            let said = page.text().matches(PRODUCT).count();
            assert_eq!(said, page.text().matches("Powered by <bdi>Zebraform</bdi>").count(), "{}", face.what);
        }
    }
    // On a link without any brand it is the product's own page, unless the plan hides that.
    let masthead = |scene: &mut Scene| {
        let page = scene.open().text();
        seen(page.split("<header").nth(1).unwrap().split("</header>").next().unwrap())
    };
    assert_eq!(masthead(&mut at_link(&json!({}))), "ZZebraform");
    let mut hidden = at_link(&json!({})).with(plan);
    assert_eq!(masthead(&mut hidden), "EExample Studio");
    let preview = hidden.visitor.post("/v1/invitations/preview", &json!({"token": hidden.path[3..]})).json();
    assert_eq!(preview["brand"], json!({"name": "Example Studio", "is_product": false}));
}

#[test]
pub fn each_face_of_an_invitation_says_what_it_is_and_has_one_next_step() {
    for face in FACES {
        let mut scene = (face.scene)();
        let answer = scene.open();
        let page = answer.text();
        assert_eq!(answer.status, face.status, "{}", face.what);
        check_page(&answer);
        assert_eq!(text_of(&page, "title"), face.title, "{}", face.what);
        assert_eq!(text_of(&page, "h1"), face.heading, "{}", face.what);
        assert_eq!(primary_action(&page), face.primary, "{}", face.what);
        assert!(page.matches("class=\"button\"").count() == 1, "one primary action: {}", face.what);
        let masthead = seen(page.split("<header").nth(1).unwrap().split("</header>").next().unwrap());
        let of_organization = page.contains("Example Studio");
        assert_ne!(of_organization, masthead.contains(PRODUCT), "{}: whose page it is", face.what);
    }
}

#[test]
pub fn no_two_faces_have_the_same_words() {
    let mut words = BTreeSet::new();
    for face in FACES {
        assert!(words.insert(seen(&(face.scene)().open().text())), "{}", face.what);
    }
}

/// R1: scanners open links, run their scripts, and ask with HEAD.
#[test]
pub fn opening_a_link_changes_nothing_however_often_and_whatever_it_shows() {
    for face in FACES {
        let mut scene = (face.scene)();
        for path in [scene.path.clone(), format!("{}/decline", scene.path)] {
            let before = scene.stored();
            for _ in 0..10 {
                let head = scene.visitor.send(&Method::HEAD, &path, None, Vec::new());
                assert!(head.body.is_empty());
            }
            for _ in 0..10 {
                scene.visitor.get(&path);
            }
            assert_eq!(scene.stored(), before, "{}: {path}", face.what);
        }
    }
    let mut scene = Scene::invited();
    scene.open();
    assert_eq!(
        scene.visitor.accept(&scene.path[3..], "Mia Member").status,
        200,
        "and a person still joins by it"
    );
}

#[test]
pub fn a_link_that_is_forged_or_over_is_refused_without_reading_anything() {
    for face in FACES.iter().filter(|face| face.title.contains(PRODUCT)) {
        let mut scene = (face.scene)();
        scene.open();
        assert_eq!(scene.team.world.last_cost(), Cost { d1: 0, kv: 0 }, "{}", face.what);
    }
}

#[test]
pub fn the_invitation_says_who_invites_whom_as_what_to_where_and_until_when() {
    let mut team = team();
    let message = "Hi Mia,\nsee https://elsewhere.test <b>now</b>";
    let body =
        json!({"kind": "email", "role": "member", "email": MIA, "name": "Mia Member", "message": message});
    team.owner.post(&team.path("/invitations"), &body).ok();
    team.world.deliver();
    let mut mia = browser(&team.world);
    let page = mia.get(&format!("/i/{}", team.world.mailed_token(MIA))).text();
    let text = seen(&page);
    for fact in [
        "Olga Owner invited m••@studio.test to join as a member.",
        "You work as part of the team, in the workspaces that you are given.",
        "Where Example Studio",
        "This invitation works until 28 November 2026 (in 7 days)",
        "Message from Olga Owner Hi Mia, see https://elsewhere.test <b>now</b>",
        "Opening it changed nothing.".to_lowercase().as_str(),
    ] {
        assert!(text.to_lowercase().contains(&fact.to_lowercase()), "{fact} in {text}");
    }
    assert!(page.contains("<time datetime=\"2026-11-28T22:00:00.000Z\">"));
    assert!(page.contains("value=\"Mia Member\""), "the name that the inviter gave is filled in");
    assert!(!page.contains("href=\"https://elsewhere.test"), "a message is text, whatever it holds");
    assert!(!page.contains(MIA), "the address is masked until it is known to be theirs");

    let owner = team.world.operator().create_organization("Other Studio", "oscar.owner@other.test");
    assert!(!owner.is_empty());
    team.world.deliver();
    let mut oscar = browser(&team.world);
    let page = oscar.get(&format!("/i/{}", team.world.mailed_token("oscar.owner@other.test"))).text();
    let text = seen(&page);
    assert!(text.contains("Other Studio invited o••@other.test to join as the owner."), "{text}");
    assert!(text.contains("Where Every workspace of Other Studio"), "{text}");
}

#[test]
pub fn the_address_is_shown_in_full_only_to_whom_it_belongs() {
    for face in FACES {
        let mut scene = (face.scene)();
        let page = scene.open().text();
        let theirs =
            ["the invited person, signed in", "a mailed link, to whoever is signed in", "a copied link"]
                .iter()
                .any(|what| face.what.starts_with(what));
        assert_eq!(page.to_lowercase().contains(MIA), theirs, "{}", face.what);
    }
}

#[test]
pub fn a_place_that_a_page_names_is_never_cut_but_a_long_list_is_counted() {
    let scene = Scene::invited();
    let places: Vec<String> = (0..30)
        .map(|place| {
            let id = WorkspaceId::new(scene.team.world.now(), [place; 10]);
            let invitation = &scene.invitation;
            format!(
                "INSERT INTO workspaces (id, organization_id, name, created_at)
                 SELECT '{id}', id, 'Place {place}', 1 FROM organizations;
                 INSERT INTO invitation_workspaces (invitation_id, workspace_id) VALUES ('{invitation}', '{id}');"
            )
        })
        .collect();
    let mut scene = scene.with(&places.concat());
    let text = seen(&scene.open().text());
    assert!(text.contains("and 19 more"), "{text}");
}

/// Where a template has accounts, whoever is given none learns so before they join, on the page and in the mail.
#[test]
pub fn a_client_who_is_given_no_account_is_told_so() {
    let mut team = Team::of("publishing");
    team.invited("carl.client@client.test", "client");
    team.world.deliver();
    let mut carl = browser(&team.world);
    let path = format!("/i/{}", team.world.mailed_token("carl.client@client.test"));
    let page = seen(&carl.get(&path).text());
    assert!(page.contains("Accounts None yet"), "{page}");
    let mailbox = team.world.mailbox();
    let mail = mailbox.iter().rev().find(|mail| mail["to"] == "carl.client@client.test").unwrap();
    for part in ["text", "html"] {
        assert!(mail[part].as_str().unwrap().contains("None yet"), "{mail}");
    }
}

/// The summary stands above the form, where "this" points at nothing.
#[test]
pub fn the_summary_names_the_field_whose_sentence_points_at_it() {
    let mut scene = Scene::invited();
    let long = "a".repeat(81);
    for (name, told) in [
        (long.as_str(), "Name: This is too long: 80 letters are the most."),
        ("M\u{202e}ia", "Name: This holds invisible control characters."),
    ] {
        let path = scene.path.clone();
        let fields = [("name", name), ("password", "a long enough password")];
        let page = seen(&scene.visitor.submit(&path, &path, &fields).text());
        assert!(page.contains(told), "{told} in {page}");
    }
}

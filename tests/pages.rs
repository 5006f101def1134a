//! The pages and the mails, each rendered from samples: what they say, how they are built, and that looking at them
//! changes nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use http::Method;
use serde_json::json;
use support::client::{PASSWORD, Team, nonce_in};
use support::platform::{Cost, ORIGIN, World, token_in};
use support::{Answer, Client};
use usher::domain::ids::WorkspaceId;

const MIA: &str = "mia.member@studio.test";
/// What no page of an organization may say.
const PRODUCT: &str = "Zebraform";
const DAY: Duration = Duration::from_hours(24);

// Reading pages.

/// One tag of a page, in the order they stand.
#[derive(Debug)]
struct Tag {
    name: String,
    attributes: BTreeMap<String, String>,
}

impl Tag {
    fn get(&self, attribute: &str) -> &str {
        self.attributes.get(attribute).map_or("", String::as_str)
    }

    fn has(&self, attribute: &str) -> bool {
        self.attributes.contains_key(attribute)
    }
}

/// The opening tags. Our pages are written well-formed, which is checked on the way: each tag that is opened is closed, in
/// order, but for those that have no end.
#[track_caller]
fn tags(page: &str) -> Vec<Tag> {
    const VOID: [&str; 6] = ["meta", "link", "input", "br", "hr", "img"];
    let mut found = Vec::new();
    let mut open = Vec::new();
    let mut rest = page.strip_prefix("<!doctype html>").expect("a doctype");
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find('>').expect("a tag ends");
        let inside = &rest[..end];
        rest = &rest[end + 1..];
        if let Some(closed) = inside.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(closed), "closed in order: {page}");
            continue;
        }
        let (name, mut text) = inside.split_once([' ', '\n']).unwrap_or((inside, ""));
        let mut attributes = BTreeMap::new();
        loop {
            text = text.trim_start();
            if text.is_empty() {
                break;
            }
            let name_ends = text.find(['=', ' ', '\n']).unwrap_or(text.len());
            let (attribute, after) = text.split_at(name_ends);
            let mut value = "";
            text = after;
            if let Some(quoted) = after.strip_prefix("=\"") {
                (value, text) = quoted.split_once('"').expect("a value ends");
            } else {
                assert!(!after.starts_with('='), "values are quoted: {inside}");
            }
            let twice = attributes.insert(attribute.to_owned(), value.to_owned());
            assert!(twice.is_none(), "{attribute} twice in {inside}");
        }
        found.push(Tag { name: name.to_owned(), attributes });
        if !VOID.contains(&name) {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    found
}

/// The text between the first opening tag of this name and its end, without tags.
#[track_caller]
fn text_of(page: &str, name: &str) -> String {
    let start = page.find(&format!("<{name}")).unwrap_or_else(|| panic!("no {name} in {page}"));
    let inside = &page[start..];
    let inside = &inside[inside.find('>').unwrap() + 1..];
    plain(&inside[..inside.find(&format!("</{name}>")).unwrap()])
}

/// Text without its tags and entities.
fn plain(html: &str) -> String {
    let mut text = String::new();
    for (place, part) in html.split('<').enumerate() {
        let Some((tag, after)) = part.split_once('>').filter(|_| place > 0) else {
            text.push_str(part);
            continue;
        };
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap_or_default();
        // What stands in a line is no new word; what stands by itself is.
        if !["a", "bdi", "code", "span", "strong", "time"].contains(&name) {
            text.push(' ');
        }
        text.push_str(after);
    }
    for (entity, letter) in [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
    {
        text = text.replace(entity, letter);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a person sees of it: the body's text.
fn seen(page: &str) -> String {
    plain(page.split_once("<body").map_or(page, |(_, body)| body).split_once('>').unwrap().1)
}

/// The words on the first button or link that looks like one.
fn primary_action(page: &str) -> String {
    let Some(start) = page.find("class=\"button") else { return String::new() };
    let inside = &page[start..];
    let end = inside.find("</button>").unwrap_or(usize::MAX).min(inside.find("</a>").unwrap_or(usize::MAX));
    plain(&inside[inside.find('>').unwrap() + 1..end])
}

/// What holds for every page.
#[track_caller]
fn check_page(answer: &Answer) {
    let page = answer.text();
    let tags = tags(&page);
    let named = |name: &str| tags.iter().filter(|tag| tag.name == name).collect::<Vec<_>>();
    let ids: Vec<&str> = tags.iter().filter(|tag| tag.has("id")).map(|tag| tag.get("id")).collect();
    let once: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(once.len(), ids.len(), "each id once: {ids:?}");

    assert_eq!(named("html").len(), 1);
    assert_eq!(named("html")[0].get("lang"), "en");
    assert_eq!(named("title").len(), 1);
    assert!(!text_of(&page, "title").is_empty());
    assert_eq!(named("h1").len(), 1, "one h1: {page}");
    assert_eq!(named("main").len(), 1);
    let skip = named("a")[0];
    assert_eq!(
        (skip.get("class"), skip.get("href")),
        ("skip", "#main"),
        "the first link skips to the content"
    );
    assert!(once.contains("main"));

    for tag in &tags {
        assert!(
            !["script", "style", "iframe", "object", "base"].contains(&tag.name.as_str()),
            "<{}>",
            tag.name
        );
        for (attribute, value) in &tag.attributes {
            assert!(attribute != "style" && !attribute.starts_with("on"), "{attribute} on <{}>", tag.name);
            assert!(!value.to_lowercase().starts_with("javascript:"), "{value}");
        }
        for reference in ["aria-describedby", "aria-labelledby"] {
            for id in tag.get(reference).split_whitespace() {
                assert!(once.contains(id), "{reference} names {id}, which is nowhere");
            }
        }
    }
    let [stylesheet] = named("link")[..] else { panic!("one stylesheet: {page}") };
    let name =
        stylesheet.get("href").strip_prefix("/assets/usher.").and_then(|name| name.strip_suffix(".css"));
    assert!(name.is_some_and(|hash| hash.len() == 16), "a stylesheet named by its content: {stylesheet:?}");

    let labelled: BTreeSet<&str> = named("label").iter().map(|label| label.get("for")).collect();
    for input in named("input") {
        if input.get("type") != "hidden" && !input.has("hidden") {
            assert!(labelled.contains(input.get("id")), "a label for {input:?}");
            assert!(!input.get("autocomplete").is_empty(), "{input:?}");
        }
        if input.get("type") == "password" {
            assert!(!input.has("value"), "a password is never written into a page");
        }
        assert_eq!(input.get("aria-invalid") == "true", input.get("aria-describedby").contains("-wrong"));
    }
    let forms = page.split("<form").skip(1).map(|form| form.split("</form>").next().unwrap());
    for (tag, form) in named("form").iter().zip(forms) {
        assert_eq!(tag.get("method"), "post");
        assert!(tag.get("action").starts_with('/'), "{tag:?}");
        assert!(nonce_in(form).len() > 40, "a nonce in {form}");
        assert!(form.contains("<button"), "a button in {form}");
    }
    for link in named("a") {
        let href = link.get("href");
        let ours = href.starts_with('/') || href.strip_prefix('#').is_some_and(|id| once.contains(id));
        assert!(ours || href.starts_with(ORIGIN), "{href}");
    }

    let title = text_of(&page, "title");
    assert_eq!(
        title.starts_with("Error: "),
        page.contains("class=\"summary\"") || page.contains(">Go to the start page<")
    );
    check_headers(answer);
}

/// security.md: what every page carries.
#[track_caller]
fn check_headers(answer: &Answer) {
    let policy = answer.header("content-security-policy").unwrap();
    for part in [
        "default-src 'none'",
        "style-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(part), "{part} in {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("x-robots-tag", "noindex"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert!(answer.header("strict-transport-security").unwrap().starts_with("max-age="));
}

/// A browser, which asks for pages.
fn browser(world: &World) -> Client {
    world.client().with_header("accept", "text/html")
}

/// Somebody's cookies in a browser.
fn browsing(person: Client) -> Client {
    person.with_header("accept", "text/html")
}

/// A team in a deployment whose product's name stands out.
fn team() -> Team {
    Team::in_world(World::with_settings(&[("PRODUCT_NAME", PRODUCT)]))
}

impl Scene {
    /// An open invitation for Mia, and its page's path.
    fn invited() -> Self {
        let mut team = team();
        let invitation = team.invited(MIA, "member");
        team.world.deliver();
        let path = format!("/i/{}", team.world.mailed_token(MIA));
        let visitor = browser(&team.world);
        Self { team, invitation, path, visitor }
    }

    /// The same, for somebody who has an account from another organization. `visitor` is signed in to it.
    fn invited_with_account() -> Self {
        let team = team();
        let other = team.world.operator().create_organization("Other Studio", MIA);
        let mut mia = team.world.client();
        mia.join(MIA, "Mia Member").ok();
        // The newest message is told by its time.
        team.world.pass(Duration::from_mins(1));
        let mut scene = Self { invitation: other, path: String::new(), visitor: browsing(mia), team };
        scene.invitation = scene.team.invited(MIA, "member");
        scene.team.world.deliver();
        scene.path = format!("/i/{}", scene.team.world.mailed_token(MIA));
        scene
    }

    fn signed_out(mut self) -> Self {
        self.visitor = browser(&self.team.world);
        self
    }

    /// Changes a row that no route changes yet.
    fn with(self, sql: &str) -> Self {
        self.team.world.state().database.borrow().change(sql);
        self
    }

    fn open(&mut self) -> Answer {
        self.visitor.get(&self.path)
    }

    fn stored(&self) -> String {
        self.team.world.state().database.borrow().dump()
    }
}

/// Somebody at the page of an invitation.
struct Scene {
    team: Team,
    invitation: String,
    path: String,
    visitor: Client,
}

// The faces of an invitation.

struct Face {
    what: &'static str,
    scene: fn() -> Scene,
    status: u16,
    title: &'static str,
    heading: &'static str,
    primary: &'static str,
}

/// Everything that opening a link can show.
const FACES: &[Face] = &[
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
        primary: "Go to sign in",
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
        primary: "Go to sign in",
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
        primary: "Go to sign in",
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
];

#[test]
fn each_face_of_an_invitation_says_what_it_is_and_has_one_next_step() {
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
        let of_organization = page.contains("Example Studio");
        assert_ne!(of_organization, page.contains(PRODUCT), "{}: whose page it is", face.what);
    }
}

#[test]
fn no_two_faces_have_the_same_words() {
    let mut words = BTreeSet::new();
    for face in FACES {
        assert!(words.insert(seen(&(face.scene)().open().text())), "{}", face.what);
    }
}

/// R1: scanners open links, run their scripts, and ask with HEAD.
#[test]
fn opening_a_link_changes_nothing_however_often_and_whatever_it_shows() {
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
fn a_link_that_is_forged_or_over_is_refused_without_reading_anything() {
    for face in FACES.iter().filter(|face| face.title.contains(PRODUCT)) {
        let mut scene = (face.scene)();
        scene.open();
        assert_eq!(scene.team.world.last_cost(), Cost { d1: 0, kv: 0 }, "{}", face.what);
    }
}

#[test]
fn the_invitation_says_who_invites_whom_as_what_to_where_and_until_when() {
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
fn the_address_is_shown_in_full_only_to_whom_it_belongs() {
    for face in FACES {
        let mut scene = (face.scene)();
        let page = scene.open().text();
        let theirs =
            ["the invited person, signed in", "a copied link"].iter().any(|what| face.what.starts_with(what));
        assert_eq!(page.to_lowercase().contains(MIA), theirs, "{}", face.what);
    }
}

#[test]
fn a_place_that_a_page_names_is_never_cut_but_a_long_list_is_counted() {
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

// Forms.

#[test]
fn a_person_joins_with_a_new_account_by_the_form() {
    let mut scene = Scene::invited();
    let path = scene.path.clone();
    let joined = scene.visitor.submit(
        &path,
        &path,
        &[("name", "Mia Member"), ("username", ""), ("password", PASSWORD)],
    );
    assert_eq!((joined.status.as_u16(), joined.header("location")), (303, Some("/me")));
    let me = scene.visitor.get("/me");
    check_page(&me);
    let text = seen(&me.text());
    assert!(text.contains("Signed in as Mia Member, mia.member@studio.test"), "{text}");
    assert!(text.contains("Example Studio You are a member"), "{text}");
    assert_eq!(scene.open().header("location"), Some("/me"), "the link leads the member in from now on");
}

#[test]
fn a_person_with_an_account_signs_in_and_joins_by_one_form() {
    let mut scene = Scene::invited_with_account().signed_out();
    let path = scene.path.clone();
    let wrong = scene.visitor.submit(&path, &path, &[("password", "another sentence")]);
    assert_eq!(wrong.status, 401);
    check_page(&wrong);
    assert!(seen(&wrong.text()).contains("That password does not match this address."));
    assert_eq!(scene.visitor.submit(&path, &path, &[("password", PASSWORD)]).header("location"), Some("/me"));
    let text = seen(&scene.visitor.get("/me").text());
    assert!(
        text.contains("Example Studio You are a member") && text.contains("Other Studio You are the owner"),
        "{text}"
    );
}

#[test]
fn a_signed_in_person_joins_with_one_click() {
    let mut scene = Scene::invited_with_account();
    let path = scene.path.clone();
    assert_eq!(scene.visitor.submit(&path, &path, &[]).header("location"), Some("/me"));
}

#[test]
fn whoever_is_signed_in_as_somebody_else_switches_and_comes_back_to_the_invitation() {
    let mut scene = Scene::invited();
    scene.visitor = browsing(scene.team.owner.clone());
    let path = scene.path.clone();
    let page = scene.open().text();
    assert!(
        seen(&page)
            .contains("You are signed in as olga.owner@studio.test Example Studio invited m••@studio.test")
    );
    let joined = scene.visitor.post_form(&path, &[("nonce", &nonce_in(&page))]);
    assert_eq!(joined.status, 403, "and never joins as somebody else");
    check_page(&Answer { status: joined.status, headers: joined.headers, body: joined.body });
    let token = path[3..].to_owned();
    let switched = scene.visitor.submit(&path, "/sign-out", &[("invitation", &token)]);
    assert_eq!((switched.status.as_u16(), switched.header("location")), (303, Some(path.as_str())));
    assert_eq!(primary_action(&scene.open().text()), "Create account and join");
}

#[test]
fn mistakes_are_told_above_the_form_and_at_the_field_and_what_was_typed_stays() {
    let mut scene = Scene::invited();
    let path = scene.path.clone();
    let before = scene.stored();
    let empty = scene.visitor.submit(&path, &path, &[]);
    assert_eq!(empty.status, 422);
    check_page(&empty);
    let page = empty.text();
    assert_eq!(text_of(&page, "title"), "Error: Join Example Studio");
    for (field, words) in [("name", "Type your name."), ("password", "Choose a password.")] {
        assert!(page.contains(&format!("<a href=\"#{field}\">{words}")), "{words}");
        assert!(page.contains(&format!("id=\"{field}-wrong\">{words}")), "{words}");
        assert!(!page.contains("value=\"Mia Member\""), "what was typed, which is nothing");
    }
    let short =
        scene.visitor.submit(&path, &path, &[("name", "Mia \"M\" <Member>"), ("password", "too short")]);
    assert_eq!(short.status, 422);
    check_page(&short);
    let page = short.text();
    assert!(page.contains("value=\"Mia &#34;M&#34; &#60;Member&#62;\""), "{page}");
    assert!(page.contains("aria-describedby=\"password-hint password-wrong\""));
    assert!(!page.contains("too short"), "a password is never shown again");
    let url = scene.visitor.submit(&path, &path, &[("name", "www.evil.test"), ("password", PASSWORD)]);
    assert!(seen(&url.text()).contains("A name can't hold a web address."));
    assert_eq!(scene.stored(), before);
}

#[test]
fn without_a_free_seat_the_invitation_stays_and_says_so() {
    for (change, title) in [
        ("UPDATE organizations SET seat_limit = 0", "There is no free seat – Example Studio"),
        ("UPDATE organizations SET trial_ends_at = 1", "Nobody new can join now – Example Studio"),
    ] {
        let mut scene = Scene::invited().with(change);
        let path = scene.path.clone();
        let before = scene.stored();
        let full = scene.visitor.submit(&path, &path, &[("name", "Mia Member"), ("password", PASSWORD)]);
        check_page(&full);
        let page = full.text();
        assert_eq!(text_of(&page, "title"), title);
        assert_eq!(primary_action(&page), "Try again");
        assert!(page.contains(&format!("href=\"{path}\"")));
        assert!(seen(&page).contains("Your invitation is still valid"));
        assert_eq!(scene.stored(), before);
        assert_eq!(scene.open().status, 200);
    }
}

#[test]
fn who_signed_in_and_found_no_seat_need_not_sign_in_again() {
    let scene = Scene::invited_with_account().signed_out();
    let mut scene = scene.with("UPDATE organizations SET seat_limit = 0");
    let path = scene.path.clone();
    assert_eq!(scene.visitor.submit(&path, &path, &[("password", PASSWORD)]).status, 409);
    assert_eq!(primary_action(&scene.open().text()), "Join Example Studio");
}

#[test]
fn a_page_that_went_stale_shows_how_things_are_now() {
    let mut scene = Scene::invited();
    let path = scene.path.clone();
    let nonce = nonce_in(&scene.open().text());
    scene.team.owner.post(&format!("/v1/invitations/{}/revoke", scene.invitation), &json!({})).ok();
    let before = scene.stored();
    for action in [path.clone(), format!("{path}/decline")] {
        let late = scene.visitor.post_form(&action, &[("nonce", &nonce)]);
        assert_eq!(late.status, 410, "{action}");
        check_page(&late);
        assert_eq!(text_of(&late.text(), "h1"), "This invitation was withdrawn");
    }
    assert_eq!(scene.stored(), before);
}

#[test]
fn declining_is_asked_once_more_and_done_by_a_form() {
    let mut scene = Scene::invited();
    let path = scene.path.clone();
    let decline = format!("{path}/decline");
    assert!(scene.open().text().contains(&format!("href=\"{decline}\"")));
    let ask = scene.visitor.get(&decline);
    check_page(&ask);
    assert_eq!(text_of(&ask.text(), "h1"), "Decline the invitation to Example Studio?");
    assert!(ask.text().contains(&format!("href=\"{path}\"")), "there is a way back");
    let done = scene.visitor.submit(&decline, &decline, &[]);
    assert_eq!(done.status, 200);
    check_page(&done);
    assert_eq!(text_of(&done.text(), "h1"), "You declined the invitation to Example Studio");
    let shown = scene.team.owner.get(&format!("/v1/invitations/{}", scene.invitation)).ok().json();
    assert_eq!(shown["status"], "declined");
}

/// CSRF: a nonce of this browser's, and our own origin.
#[test]
fn a_form_that_was_not_shown_to_this_browser_or_comes_from_elsewhere_is_refused() {
    let mut scene = Scene::invited();
    let path = scene.path.clone();
    let mut other = browser(&scene.team.world);
    let foreign = nonce_in(&other.get(&path).text());
    let ours = nonce_in(&scene.open().text());
    let before = scene.stored();
    for action in [path.clone(), format!("{path}/decline"), "/sign-in".to_owned(), "/sign-out".to_owned()] {
        let fields: Vec<(&str, &str)> = match action.as_str() {
            "/sign-in" => vec![("email", "olga.owner@studio.test"), ("password", PASSWORD)],
            "/sign-out" => vec![],
            action if action.ends_with("decline") => vec![],
            _ => vec![("name", "Mia Member"), ("password", PASSWORD)],
        };
        let with = |nonce: &str| [vec![("nonce", nonce.to_owned())], owned(&fields)].concat();
        let send = |client: &mut Client, fields: Vec<(&str, String)>| {
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = client.post_form(&action, &fields);
            check_page(&answer);
            answer.status.as_u16()
        };
        let mut visitor = scene.visitor.clone();
        assert_eq!(send(&mut visitor, owned(&fields)), 400, "{action} without a nonce");
        assert_eq!(send(&mut visitor, with("")), 403, "{action} with an empty nonce");
        assert_eq!(send(&mut visitor, with(&foreign)), 403, "{action} with another browser's nonce");
        assert_eq!(send(&mut browser(&scene.team.world), with(&ours)), 403, "{action} without the cookie");
        for origin in ["https://evil.test", "null", "http://localhost:8788", ""] {
            let mut elsewhere = visitor.clone().with_header("origin", origin);
            assert_eq!(send(&mut elsewhere, with(&ours)), 403, "{action} from {origin:?}");
            let mut told = elsewhere.with_header("sec-fetch-site", "cross-site");
            assert_eq!(send(&mut told, with(&ours)), 403, "{action} from {origin:?}, cross-site");
        }
    }
    assert_eq!(scene.stored(), before, "none of them wrote anything");

    let mut quiet =
        scene.visitor.clone().with_header("origin", "null").with_header("sec-fetch-site", "same-origin");
    let joined = quiet.post_form(&path, &[("nonce", &ours), ("name", "Mia Member"), ("password", PASSWORD)]);
    assert_eq!(
        joined.status, 303,
        "our own pages send no origin, since they have no referrer: the browser vouches"
    );
}

fn owned<'a>(fields: &[(&'a str, &str)]) -> Vec<(&'a str, String)> {
    fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

#[test]
fn a_page_that_was_open_too_long_gives_the_form_again_with_what_was_typed() {
    let mut scene = Scene::invited();
    let path = scene.path.clone();
    let nonce = nonce_in(&scene.open().text());
    scene.team.world.pass(Duration::from_hours(3));
    let late =
        scene.visitor.post_form(&path, &[("nonce", &nonce), ("name", "Mia M"), ("password", PASSWORD)]);
    assert_eq!(late.status, 403);
    check_page(&late);
    assert!(late.text().contains("value=\"Mia M\""));
    let again = nonce_in(&late.text());
    let joined =
        scene.visitor.post_form(&path, &[("nonce", &again), ("name", "Mia M"), ("password", PASSWORD)]);
    assert_eq!(joined.status, 303);
}

#[test]
fn who_tries_too_often_is_told_to_wait_and_finds_the_way_back() {
    let mut scene = Scene::invited();
    let path = scene.path.clone();
    let nonce = nonce_in(&scene.open().text());
    for what in ["accept", "decline", "sign-in"] {
        let limit = (usher::platform::Limit::Network, format!("{what}:unknown"));
        scene.team.world.state().limited.borrow_mut().push(limit);
    }
    for (action, back) in [
        (path.clone(), "Try again"),
        (format!("{path}/decline"), "Try again"),
        ("/sign-in".to_owned(), "Sign in"),
    ] {
        let fields = [("nonce", nonce.as_str()), ("email", "mia.member@studio.test"), ("password", PASSWORD)];
        let fields = if action == "/sign-in" { &fields[..] } else { &fields[..1] };
        let answer = scene.visitor.post_form(&action, fields);
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, Some("60")), "{action}");
        check_page(&answer);
        assert_eq!(primary_action(&answer.text()), back);
        assert!(seen(&answer.text()).contains("Wait a minute"));
    }
}

// The other pages.

#[test]
fn signing_in_by_form_leads_to_the_workspaces_and_a_mistake_keeps_the_address() {
    let team = team();
    let mut olga = browser(&team.world);
    let page = olga.get("/sign-in");
    check_page(&page);
    assert_eq!(text_of(&page.text(), "title"), "Sign in – Zebraform");
    for (email, password, words) in [
        ("olga.owner@studio.test", "not this one, sorry", "do not match"),
        ("nobody@studio.test", PASSWORD, "do not match"),
        ("olga", PASSWORD, "do not match"),
        ("", PASSWORD, "Type your e-mail address."),
        ("olga.owner@studio.test", "", "Type your password."),
    ] {
        let wrong = olga.submit("/sign-in", "/sign-in", &[("email", email), ("password", password)]);
        check_page(&wrong);
        assert!(seen(&wrong.text()).contains(words), "{}", seen(&wrong.text()));
        assert!(wrong.text().contains(&format!("value=\"{email}\"")));
        assert_eq!(olga.get("/me").header("location"), Some("/sign-in"));
    }
    let right =
        olga.submit("/sign-in", "/sign-in", &[("email", "OLGA.owner@studio.test"), ("password", PASSWORD)]);
    assert_eq!(right.header("location"), Some("/me"));
    assert!(seen(&olga.get("/me").text()).contains("You are the owner"));
    assert_eq!(olga.get("/").header("location"), Some("/me"));
    assert_eq!(olga.submit("/me", "/sign-out", &[]).header("location"), Some("/sign-in"));
    assert_eq!(olga.get("/me").header("location"), Some("/sign-in"));
}

#[test]
fn signing_out_never_leads_to_another_site() {
    let team = team();
    for invitation in ["https://evil.test", "//evil.test", "../../evil", "a/b", ""] {
        let mut olga = browsing(team.owner.clone());
        let answer = olga.submit("/sign-in", "/sign-out", &[("invitation", invitation)]);
        let to = answer.header("location").unwrap();
        assert!(to == "/sign-in" || to.starts_with("/i/"), "{invitation}: {to}");
    }
}

#[test]
fn who_is_in_no_workspace_yet_is_told_what_to_do() {
    let mut scene = Scene::invited();
    let path = scene.path.clone();
    scene.visitor.submit(&path, &path, &[("name", "Mia Member"), ("password", PASSWORD)]).ok();
    let mut scene = scene.with("DELETE FROM memberships; UPDATE users SET email_verified_at = NULL");
    let me = scene.visitor.get("/me");
    check_page(&me);
    let text = seen(&me.text());
    assert!(text.contains("You are not in any workspace yet"), "{text}");
    assert!(text.contains("Your address is not confirmed yet"), "{text}");
}

#[test]
fn what_is_nowhere_has_a_page_with_a_way_on() {
    let world = World::new();
    let mut somebody = browser(&world);
    let answer = somebody.get("/nowhere");
    assert_eq!(answer.status, 404);
    check_page(&answer);
    assert_eq!(primary_action(&answer.text()), "Go to the start page");
    assert!(!answer.text().contains("Request id"), "which helps nobody here");
}

#[test]
fn the_mailbox_shows_the_newest_message_first_with_its_link_to_click() {
    let world = World::new();
    let mut developer = browser(&world);
    let empty = developer.get("/dev/mailbox");
    check_page(&empty);
    assert!(seen(&empty.text()).contains("No mail yet."));
    let mut team = Team::in_world(world);
    team.world.pass(Duration::from_mins(1));
    team.invited(MIA, "member");
    team.world.deliver();
    let answer = developer.get("/dev/mailbox");
    check_page(&answer);
    let page = answer.text();
    let text = seen(&page);
    let first = text.find("Olga Owner invited you to Example Studio").unwrap();
    assert!(first < text.find("You are invited to Example Studio").unwrap());
    assert!(text.contains("To mia.member@studio.test From Example Studio via Usher <invites@usher.test> Sent 21 November 2026, 22:01 UTC"), "{text}");
    assert_eq!(primary_action(&page), "Open the link");
    let token = team.world.mailed_token(MIA);
    assert!(page.contains(&format!("href=\"{ORIGIN}/i/{token}\"")));
    let part = page.split("href=\"/dev/mailbox/").nth(1).unwrap().split('"').next().unwrap();
    let html = developer.get(&format!("/dev/mailbox/{part}"));
    assert!(
        html.header("content-security-policy")
            .unwrap()
            .starts_with("default-src 'none'; style-src 'unsafe-inline'")
    );
    assert!(html.text().contains("View invitation"));
}

// Names.

/// V33: whatever people call themselves stays text, in one place, and turns nothing around it.
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

// Weight.

fn gzipped(bytes: &[u8]) -> usize {
    let mut gzip =
        Command::new("gzip").arg("-9c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    gzip.stdin.take().unwrap().write_all(bytes).unwrap();
    gzip.wait_with_output().unwrap().stdout.len()
}

/// One round trip's worth of bytes on a new connection (RFC 6928: ten segments).
#[test]
fn an_invitation_page_and_its_stylesheet_arrive_in_one_round_trip() {
    let css = gzipped(include_bytes!("../assets/usher.css"));
    assert!(css <= 6 * 1024, "the stylesheet: {css}");
    for face in FACES {
        let page = gzipped(&(face.scene)().open().body);
        assert!(page + css <= 14 * 1024, "{}: {page} + {css}", face.what);
    }
}

// Mail.

/// The newest message to Mia, invited with a name and a message.
fn mail_to_mia(role: &str, message: &str) -> (World, serde_json::Value) {
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
    assert!(html.len() <= 10 * 1024, "{}", html.len());
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

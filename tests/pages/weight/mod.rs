//! What a page weighs: its HTML, the stylesheets and the script, compressed.
//!
//! The rule: whoever opens an invitation on a bad line waits for one round trip; every other page, as full as it can get,
//! takes two. Every route that answers with a page stands in the table, or says here why it weighs nothing.

mod heavy;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use usher::web::route::Route;

use crate::faces::FACES;
use crate::reading::tags;
use crate::support::{Answer, Client};
use heavy::{Heavy, SCREENS};

/// One round trip's worth of bytes on a new connection (RFC 6928: ten segments).
const AN_INVITEES: usize = 14 * 1024;
const ANY_OTHER: usize = 24 * 1024;

/// What is no page of ours: nobody waits for it.
const NOT_PAGES: &[(&str, &str)] = &[
    ("/", "only leads on"),
    ("/brand/{organization}/{hash}", "a picture, or a colour that counts with each page"),
    ("/o/{slug}/team/import/example.csv", "a file"),
    ("/o/{slug}/team/export.csv", "a file"),
    ("/o/{slug}/activity/export.csv", "a file"),
    ("/o/{slug}/activity/export.json", "a file"),
    ("/me/data.json", "a file"),
    ("/.well-known/security.txt", "a text"),
    ("/.well-known/jwks.json", "for programs"),
    ("/.well-known/change-password", "only leads on"),
    ("/dev/mailbox", "for developers, on their own machine"),
    ("/dev/mailbox/{job}", "a mail"),
];

/// What the stylesheet and the script weigh as they are served, which the build makes of those in `assets/`.
static STYLESHEET: LazyLock<usize> = LazyLock::new(|| gzipped(&SERVED.0));
static SCRIPT: LazyLock<usize> = LazyLock::new(|| gzipped(&SERVED.1));

static SERVED: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    let to = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("served");
    let node = Command::new("node_modules/.bin/node").args([".ci/assets.mjs", "assets"]).arg(&to).status();
    assert!(node.is_ok_and(|status| status.success()), "`make setup` installs what the build needs");
    let file = |path: &str| std::fs::read(to.join(path.trim_start_matches('/'))).unwrap();
    (file(env!("USHER_STYLESHEET")), file(env!("USHER_SCRIPT")))
});

fn gzipped(bytes: &[u8]) -> usize {
    let mut gzip =
        Command::new("gzip").arg("-9c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // Written from beside: what comes out would else wait for whoever still writes.
    let mut input = gzip.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    let writes = std::thread::spawn(move || input.write_all(&bytes).unwrap());
    let out = gzip.wait_with_output().unwrap().stdout.len();
    writes.join().unwrap();
    out
}

/// A page with its stylesheets and its script, compressed.
#[track_caller]
fn weight(page: &Answer, visitor: &mut Client) -> usize {
    let loaded = tags(&page.text()).into_iter().filter_map(|tag| match tag.name.as_str() {
        "link" if tag.get("rel") == "stylesheet" => Some(tag.get("href").to_owned()),
        "script" => Some(tag.get("src").to_owned()),
        _ => None,
    });
    let loaded = loaded.map(|path| match path.rsplit_once('.') {
        Some((_, "js")) => *SCRIPT,
        _ if path.starts_with("/brand/") => gzipped(&visitor.get(&path).ok().body),
        _ => *STYLESHEET,
    });
    gzipped(&page.body) + loaded.sum::<usize>()
}

#[test]
fn an_invitation_page_arrives_in_one_round_trip() {
    for face in FACES {
        let mut scene = (face.scene)();
        let page = scene.open();
        let weight = weight(&page, &mut scene.visitor);
        assert!(weight <= AN_INVITEES, "{}: {weight}", face.what);
    }
}

#[test]
fn the_stylesheet_and_the_script_keep_to_their_share() {
    assert!(*STYLESHEET <= 6 * 1024, "the stylesheet: {}", *STYLESHEET);
    assert!(*SCRIPT <= 3 * 1024, "the script: {}", *SCRIPT);
}

#[test]
fn every_page_as_full_as_it_gets_keeps_to_its_weight() {
    let mut heavy = Heavy::new();
    let mut table: BTreeMap<&str, _> = SCREENS.iter().map(|(pattern, open)| (*pattern, open)).collect();
    assert_eq!(table.len(), SCREENS.len(), "each once");
    let mut wrong = Vec::new();
    for (pattern, methods) in Route::PATTERNS {
        let is_page = !pattern.starts_with("/v1/") && !["/healthz", "/readyz"].contains(pattern);
        if !is_page || !methods.contains(&http::Method::GET) {
            continue;
        }
        if NOT_PAGES.iter().any(|(other, _)| other == pattern) {
            continue;
        }
        let open = table.remove(pattern).unwrap_or_else(|| panic!("no row for {pattern}"));
        let most = if pattern.starts_with("/i/") { AN_INVITEES } else { ANY_OTHER };
        for (what, page) in open(&mut heavy) {
            assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "{pattern} {what}");
            let weight = weight(&page, &mut heavy.owner);
            println!("{weight:6} {pattern} {what}");
            if weight > most {
                wrong.push(format!("{pattern} {what}: {weight} of {most}"));
            }
        }
    }
    assert!(table.is_empty(), "gone: {:?}", table.keys());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

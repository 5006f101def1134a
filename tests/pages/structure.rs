//! What holds for every page: how it is built, and the headers it comes with.
//!
//! The rule: what is true of all pages is said once, in [`check_page`], which every kind of page and each of its refusals
//! goes through in the test that shows it.

use std::collections::BTreeSet;

use crate::reading::{tags, text_of};
use crate::support::Answer;
use crate::support::client::nonce_in;
use crate::support::platform::ORIGIN;

/// What holds for every page.
#[track_caller]
pub fn check_page(answer: &Answer) {
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
        assert!(!["style", "iframe", "object", "base"].contains(&tag.name.as_str()), "<{}>", tag.name);
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
    // Ours, named by its content, and after it the organization's colour.
    let by_content = |path: &str, extension: &str| {
        let name = path.strip_prefix("/assets/usher.").and_then(|name| name.strip_suffix(extension));
        name.is_some_and(|hash| hash.len() == 16)
    };
    let links = |rel: &str| -> Vec<&str> {
        named("link").iter().filter(|link| link.get("rel") == rel).map(|link| link.get("href")).collect()
    };
    let stylesheets = links("stylesheet");
    assert!(by_content(stylesheets[0], ".css"), "{stylesheets:?}");
    assert!(stylesheets[1..].iter().all(|path| path.starts_with("/brand/")), "{stylesheets:?}");
    assert!(stylesheets.len() <= 2, "{stylesheets:?}");
    // Whose page it is, in a browser's tab: the logo, or a mark that names nobody.
    let [icon] = links("icon")[..] else { panic!("one icon: {page}") };
    assert!(
        by_content(icon, ".svg") || page.contains(&format!("<img class=\"logo\" src=\"{icon}\"")),
        "{icon}"
    );
    assert_eq!(named("link").len(), stylesheets.len() + 1);
    let [script] = named("script")[..] else { panic!("one script: {page}") };
    assert!(by_content(script.get("src"), ".js") && script.has("defer"), "{script:?}");
    assert!(page.contains("defer></script>"), "and nothing written into it");

    let labelled: BTreeSet<&str> = named("label").iter().map(|label| label.get("for")).collect();
    for input in named("input") {
        if input.get("type") != "hidden" && !input.has("hidden") {
            assert!(labelled.contains(input.get("id")), "a label for {input:?}");
            let is_typed = !["checkbox", "radio", "file"].contains(&input.get("type"));
            assert!(!is_typed || !input.get("autocomplete").is_empty(), "{input:?}");
        }
        if input.get("type") == "password" {
            assert!(!input.has("value"), "a password is never written into a page");
        }
        assert_eq!(input.get("aria-invalid") == "true", input.get("aria-describedby").contains("-wrong"));
    }
    let forms = page.split("<form").skip(1).map(|form| form.split("</form>").next().unwrap());
    for (tag, form) in named("form").iter().zip(forms) {
        assert!(["get", "post"].contains(&tag.get("method")), "{tag:?}");
        assert!(tag.get("action").starts_with('/'), "{tag:?}");
        // What only looks for something changes nothing, and its address is kept: no nonce in it.
        assert_eq!(form.contains("name=\"nonce\""), tag.get("method") == "post", "{form}");
        assert!(tag.get("method") == "get" || nonce_in(form).len() > 40, "a nonce in {form}");
        assert!(form.contains("<button"), "a button in {form}");
    }
    for link in named("a") {
        let href = link.get("href");
        // What an app on the same device opens, and a file that is in the page itself.
        let no_page = href.starts_with("otpauth://totp/")
            || href == "mailto:help@zebraform.test"
            || href.starts_with("data:text/plain;charset=utf-8;base64,");
        let ours =
            no_page || href.starts_with('/') || href.strip_prefix('#').is_some_and(|id| once.contains(id));
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

/// Whoever gets dizzy needs no setting for it.
#[test]
fn nothing_on_a_page_moves_by_itself() {
    let sheet = include_str!("../../assets/usher.css");
    for rule in ["animation", "transition", "@keyframes", "scroll-behavior"] {
        assert!(!sheet.contains(rule), "{rule}");
    }
}

/// What is shown in the dark to whoever looks at it in the light is what others have there.
#[test]
fn dark_is_the_same_wherever_it_is_shown() {
    let sheet = include_str!("../../assets/usher.css");
    let tokens = |begins: &str| {
        let rule = sheet.split(begins).nth(1).unwrap().split('}').next().unwrap();
        rule.lines().map(str::trim).filter(|line| line.starts_with("--")).collect::<Vec<_>>()
    };
    let dark = tokens("(prefers-color-scheme: dark) {\n  :root {");
    assert!(dark.len() > 15 && dark == tokens("\n.dark {"), "{dark:?}");
}

/// Whoever reads from right to left has the same pages, mirrored: a sheet that knows only where lines begin and end does that by
/// itself.
#[test]
fn nothing_on_a_page_knows_left_from_right() {
    let sheet = include_str!("../../assets/usher.css");
    let rules: String =
        sheet.split("/*").map(|part| part.split_once("*/").map_or(part, |(_, rest)| rest)).collect();
    for declaration in rules.split(['{', '}', ';']).map(str::trim) {
        let (name, value) = declaration.split_once(':').unwrap_or_default();
        let sided = |text: &str| text.split(['-', ' ']).any(|word| ["left", "right"].contains(&word));
        assert!(!sided(name) && !sided(value), "{declaration}");
        // A shadow to one side.
        let across = value.split("inset ").nth(1).and_then(|rest| rest.split(' ').next());
        assert!(name != "box-shadow" || across.is_none_or(|across| across == "0"), "{declaration}");
    }
}

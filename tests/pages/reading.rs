//! Reading a page: its tags, and the words that a person sees.
//!
//! The rule: it reads only what is well-formed, and fails on anything else; what is right stands in the tests.

use std::collections::BTreeMap;

/// One tag of a page, in the order they stand.
#[derive(Debug)]
pub struct Tag {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
}

impl Tag {
    pub fn get(&self, attribute: &str) -> &str {
        self.attributes.get(attribute).map_or("", String::as_str)
    }

    pub fn has(&self, attribute: &str) -> bool {
        self.attributes.contains_key(attribute)
    }
}

/// The opening tags. Our pages are written well-formed, which is checked on the way: each tag that is opened is closed, in
/// order, but for those that have no end.
#[track_caller]
pub fn tags(page: &str) -> Vec<Tag> {
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
        // A drawing's shapes end where they begin.
        let (inside, ends) = inside.strip_suffix('/').map_or((inside, false), |inside| (inside, true));
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
        if !ends && !VOID.contains(&name) {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    found
}

/// The text between the first opening tag of this name and its end, without tags.
#[track_caller]
pub fn text_of(page: &str, name: &str) -> String {
    let start = page.find(&format!("<{name}")).unwrap_or_else(|| panic!("no {name} in {page}"));
    let inside = &page[start..];
    let inside = &inside[inside.find('>').unwrap() + 1..];
    plain(&inside[..inside.find(&format!("</{name}>")).unwrap()])
}

/// Text without its tags and entities.
pub fn plain(html: &str) -> String {
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
    // Marks around names are not seen.
    let text = text.replace(['\u{2068}', '\u{2069}'], "");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a person sees of it: the body's text.
pub fn seen(page: &str) -> String {
    plain(page.split_once("<body").map_or(page, |(_, body)| body).split_once('>').unwrap().1)
}

/// The words on the first button or link that looks like one.
pub fn primary_action(page: &str) -> String {
    let Some(start) = page.find("class=\"button") else { return String::new() };
    let inside = &page[start..];
    let end = inside.find("</button>").unwrap_or(usize::MAX).min(inside.find("</a>").unwrap_or(usize::MAX));
    plain(&inside[inside.find('>').unwrap() + 1..end])
}

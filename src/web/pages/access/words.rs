//! Permissions in words.

use crate::domain::catalog::{Catalog, Node, PermissionSet};
use crate::domain::role::Role;
use crate::domain::template::Template;

/// A node of which everything is meant is said as one from so many leaves on.
const SAID_AS_ONE: usize = 4;

/// A set in words, in the tree's order: "view posts", "all of Google Ads", "Google Ads (cost, clicks)".
#[must_use]
pub fn of(catalog: &Catalog, set: PermissionSet) -> Vec<String> {
    catalog.tree().iter().flat_map(|node| said(catalog, node, set, true)).collect()
}

fn said(catalog: &Catalog, node: &Node, set: PermissionSet, at_the_top: bool) -> Vec<String> {
    let leaves = catalog.under(&node.key).unwrap_or_default();
    if !set.meets(leaves) {
        return Vec::new();
    }
    if node.children.is_empty() {
        return vec![uncapitalized(&node.label)];
    }
    if set.contains(leaves) && catalog.members(leaves).count() >= SAID_AS_ONE {
        return vec![format!("all of {}", node.label)];
    }
    let parts: Vec<String> =
        node.children.iter().flat_map(|child| said(catalog, child, set, false)).collect();
    if at_the_top { parts } else { vec![format!("{} ({})", node.label, parts.join(", "))] }
}

/// What a role may do unless somebody says otherwise, as a sentence (S3-12).
#[must_use]
pub fn default_of(template: &Template, role: Role) -> String {
    sentence(template, template.default_permissions(role))
}

/// What a set lets somebody do, as a sentence. What comes with the accounts alone is said where nothing else is.
#[must_use]
pub fn sentence(template: &Template, set: PermissionSet) -> String {
    let catalog = &template.catalog;
    let all = catalog.all();
    let missing = all.without(set);
    let count = |set| catalog.members(set).count();
    if missing.is_empty() {
        "Everything.".to_owned()
    } else if set.is_empty() {
        let follows = catalog.from_grant(false);
        if follows.is_empty() {
            "Nothing, until somebody chooses what.".to_owned()
        } else {
            let (_, nouns) = noun(template);
            format!("Only what comes with the {nouns} they are given: {}.", list(&of(catalog, follows)))
        }
    } else if count(missing) * 2 < count(all) {
        format!("Everything except: {}.", list(&of(catalog, missing)))
    } else {
        capitalized(&format!("{}.", list(&of(catalog, set))))
    }
}

/// What people call a resource of this organization, one and many: by its kind, where there is one kind only.
#[must_use]
pub fn noun(template: &Template) -> (String, String) {
    let one = match template.kinds.as_slice() {
        [only] => uncapitalized(&only.label),
        _ => "account".to_owned(),
    };
    let many = format!("{one}s");
    (one, many)
}

/// "a, b and c".
#[must_use]
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// With a capital at the beginning.
#[must_use]
pub fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A label inside a sentence. One that is written in capitals stays.
#[must_use]
pub fn uncapitalized(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::template::Templates;

    fn template(key: &str) -> &'static Template {
        Templates::built_in().named(key).unwrap()
    }

    /// S3-12: what a client may do by default, in words.
    #[test]
    fn a_default_is_told_as_a_sentence() {
        for (key, role, words) in [
            (
                "reporting",
                Role::Client,
                "Everything except: send messages, set tasks, create reports and edit reports.",
            ),
            ("client-links", Role::Client, "Manage accounts, view posts, edit posts and delete posts."),
            ("publishing", Role::Client, "Only what comes with the accounts they are given: view posts."),
            ("team", Role::Client, "Nothing, until somebody chooses what."),
            ("reporting", Role::Member, "Everything."),
        ] {
            assert_eq!(default_of(template(key), role), words, "{key}");
        }
    }

    #[test]
    fn what_is_deep_in_the_tree_says_what_it_is_of() {
        let reporting = template("reporting");
        let set = |keys: &[&str]| {
            let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            of(&reporting.catalog, reporting.catalog.read_keys(&keys))
        };
        assert_eq!(
            set(&["integrations.google_ads.cost", "integrations.google_ads.clicks", "dashboards.view"]),
            ["view dashboards", "Google Ads (cost, clicks)"]
        );
        assert_eq!(set(&["integrations.google_ads"]), ["all of Google Ads"]);
        assert_eq!(set(&["integrations"]), ["all of Integrations"]);
    }
}

//! Permissions in words.

use crate::domain::access::{Access, Resources};
use crate::domain::catalog::PermissionSet;
use crate::domain::role::Role;
use crate::domain::template::Template;
use crate::domain::text::{capitalized, list};

/// What a role may do unless somebody says otherwise, as a sentence (S3-12).
#[must_use]
pub fn default_of(template: &Template, role: Role) -> String {
    sentence(template, template.default_permissions(role))
}

/// What an access lets somebody in this role do, with what comes with its accounts, as a sentence.
#[must_use]
pub fn of(template: &Template, role: Role, access: &Access) -> String {
    sentence(template, access.permissions.effective(template, role) | access.follows(template))
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
            let (_, nouns) = template.noun();
            let mut told = list(&catalog.in_words(follows));
            let where_asked = catalog.from_grant(true).without(follows);
            if !where_asked.is_empty() {
                let more = list(&catalog.in_words(where_asked));
                told = format!("{told}, and {more} where that is asked of them");
            }
            format!("Only what comes with the {nouns} they are given: {told}.")
        }
    } else if count(missing) * 2 < count(all) {
        format!("Everything except: {}.", list(&catalog.in_words(missing)))
    } else {
        capitalized(&format!("{}.", list(&catalog.in_words(set))))
    }
}

/// On how many accounts somebody in this role works, in words; nothing where none are given: the role reaches all, or there is
/// no kind of them.
#[must_use]
pub fn accounts(template: &Template, role: Role, given: &Resources) -> String {
    if role.reaches_every_workspace() || template.kinds.is_empty() {
        return String::new();
    }
    template.so_many(match given {
        Resources::All => None,
        Resources::Listed(grants) => Some(grants.len()),
    })
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
            (
                "publishing",
                Role::Client,
                "Only what comes with the accounts they are given: view posts, and approve posts where that is asked of them.",
            ),
            ("team", Role::Client, "Nothing, until somebody chooses what."),
            ("reporting", Role::Member, "Everything."),
        ] {
            assert_eq!(default_of(template(key), role), words, "{key}");
        }
    }
}

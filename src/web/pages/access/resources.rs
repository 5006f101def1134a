//! The part that says on what: the accounts that are given, whether they are approved on, and which may be added.

use askama::Template;

use super::{Chosen, words, wrong};
use crate::domain::authority::{Actor, Reach};
use crate::domain::ids::WorkspaceId;
use crate::domain::order;
use crate::domain::role::Role;
use crate::store::choices::Resource;
use crate::web::pages::Problems;

/// The fields `resources`, `resource`, `approve` and `addable_kinds`.
#[derive(Template)]
#[template(path = "pages/access_resources.html")]
pub struct Resources {
    /// What people call them.
    many: String,
    rows: Vec<Row>,
    /// How many of them are chosen.
    chosen: usize,
    /// Whether there are more than are listed.
    more: bool,
    all: bool,
    /// Whether whoever fills in the form may give all of them.
    may_all: bool,
    /// What approving on one is called, where there is such a thing (S2-12).
    approving: Option<String>,
    /// The kinds that a client may be let add (S0-15).
    kinds: Vec<Kind>,
    wrong: Option<String>,
    wrong_kinds: Option<String>,
}

/// A resource that can be given.
struct Row {
    id: String,
    name: String,
    /// Its kind, and its workspace where there are several.
    about: String,
    given: bool,
    approve: bool,
}

/// A kind that can be added.
struct Kind {
    key: &'static str,
    label: &'static str,
    on: bool,
}

/// As many resources as one list shows: as many as one access gives.
pub const MOST_RESOURCES: usize = 500;

/// A list that is no longer than this needs no field to look through it.
pub const MOST_AT_A_GLANCE: usize = 7;

impl Resources {
    /// For somebody in this role in these workspaces, with what is chosen, of these resources.
    #[must_use]
    pub fn of(
        actor: &Actor,
        role: Role,
        workspaces: &[WorkspaceId],
        chosen: &Chosen,
        mut found: Vec<Resource>,
        problems: &Problems,
    ) -> Self {
        let template = actor.template;
        let (_, many) = words::noun(template);
        let more = found.len() > MOST_RESOURCES;
        found.truncate(MOST_RESOURCES);
        let several = workspaces.len() > 1;
        // The workspace's name ends before any letter that a name may have.
        let key =
            |each: &Resource| format!("{}\0{}", each.workspace_name.to_lowercase(), in_order(&each.name));
        let found = order::by(found, key);
        let kind = |key: &str| template.kinds.iter().find(|kind| kind.key == key);
        let rows: Vec<Row> = found
            .into_iter()
            .map(|resource| {
                let id = resource.id.to_string();
                let given = chosen.grants.iter().find(|given| given.id == id);
                let mut about = Vec::new();
                // One kind alone is what they are all called anyway.
                if template.kinds.len() > 1 {
                    about.push(kind(&resource.kind).map_or(resource.kind.clone(), |kind| kind.label.clone()));
                }
                about.extend(several.then_some(resource.workspace_name));
                about.extend(resource.disconnected.then(|| "Disconnected".to_owned()));
                Row {
                    name: resource.name,
                    about: about.join(" · "),
                    given: given.is_some(),
                    approve: given.is_some_and(|given| given.approve),
                    id,
                }
            })
            .collect();
        let catalog = &template.catalog;
        let approving = catalog.from_grant(true).without(catalog.from_grant(false));
        let approving = words::of(catalog, approving);
        Self {
            many,
            chosen: rows.iter().filter(|row| row.given).count(),
            rows,
            more,
            all: chosen.all,
            may_all: match &actor.reach {
                Reach::Everything => true,
                Reach::Only(held) => held
                    .iter()
                    .filter(|holding| workspaces.contains(&holding.workspace_id))
                    .all(|holding| holding.resources.is_none()),
            },
            approving: (!approving.is_empty()).then(|| words::capitalized(&words::list(&approving))),
            kinds: template
                .kinds
                .iter()
                .filter(|_| role == Role::Client)
                .map(|kind| Kind { key: &kind.key, label: &kind.label, on: chosen.kinds.contains(&kind.key) })
                .collect(),
            wrong: wrong(problems, "access/resources"),
            wrong_kinds: wrong(problems, "access/addable_kinds"),
        }
    }
}

/// What names are put in order by: numbers in them count as numbers, so that the second comes before the tenth.
fn in_order(name: &str) -> String {
    let mut key = String::new();
    let mut digits = String::new();
    for letter in name.to_lowercase().chars().chain([' ']) {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        if !digits.is_empty() {
            key.extend(std::iter::repeat_n('0', 12_usize.saturating_sub(digits.len())));
            key.push_str(&std::mem::take(&mut digits));
        }
        key.push(letter);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_comes_before_the_tenth() {
        let mut names = ["Page 10", "Page 2", "page 1b", "Page", "Blog 7"];
        names.sort_by_key(|name| in_order(name));
        assert_eq!(names, ["Blog 7", "Page", "page 1b", "Page 2", "Page 10"]);
    }
}

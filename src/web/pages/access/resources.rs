//! The part that says on what: the accounts that are given, whether they are approved on, and which may be added.

use std::collections::BTreeMap;

use askama::Template;

use super::chosen::CARRIED;
use super::{Chosen, Given, wrong};
use crate::domain::authority::{Actor, Reach};
use crate::domain::ids::{ResourceId, WorkspaceId};
use crate::domain::order;
use crate::domain::role::Role;
use crate::domain::text;
use crate::store::choices::{Listed, Resource};
use crate::web::pages::Problems;
use crate::web::pages::form::Form;

/// The fields `resources`, `resource`, `approve` and `addable_kinds`.
#[derive(Template)]
#[template(path = "pages/access_resources.html")]
pub struct Resources {
    /// Whether there can be any of them. Where none can be and none is, nothing is asked, unless something is wrong with it.
    is_asked: bool,
    /// What people call them.
    many: String,
    rows: Vec<Row>,
    /// How many of them are chosen, and how many that are not listed.
    chosen: usize,
    hidden: usize,
    /// The fields of those.
    carried: Vec<(String, String)>,
    /// Which part of a long list this is, and behind which one the next begins.
    listing: Listing,
    next: Option<ResourceId>,
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

/// As many resources as one page lists.
pub const ON_A_PAGE: usize = 25;
/// As many where more than [`MANY`] are chosen: each of them weighs something, listed or not.
const FEW: usize = 3;
const MANY: usize = 100;
/// Those that are chosen are listed besides, if they are no more than this.
const BESIDES: usize = 10;

/// Which part of a long list is looked at.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// What names begin with.
    pub find: String,
    /// Behind which one it begins.
    pub after: Option<ResourceId>,
    /// How many a page has.
    size: usize,
}

impl Listing {
    /// As a form asks for it: what is sought from the first on, what comes next, or as it was.
    #[must_use]
    pub fn typed(form: &Form, chosen: &Chosen) -> Self {
        let after = match form.filled("more") {
            None if form.text("look") == "resources" => "",
            None => form.text("after"),
            Some(last) => last,
        };
        let size = if chosen.grants.len() > MANY { FEW } else { ON_A_PAGE };
        Self { find: form.text("find_resource").trim().to_owned(), after: after.parse().ok(), size }
    }

    /// Whether a form was sent for this, and not to go on.
    #[must_use]
    pub fn is_asked(form: &Form) -> bool {
        form.has("look") || form.has("more") || form.has("all")
    }

    /// As the store reads it: one more than is listed.
    #[must_use]
    pub fn listed(&self) -> Listed<'_> {
        Listed { find: &self.find, after: self.after, most: self.size + 1 }
    }

    fn is_whole(&self) -> bool {
        self.find.is_empty() && self.after.is_none()
    }
}

/// What of the resources was read.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Those that are chosen.
    pub chosen: Vec<Resource>,
    /// Those of a page, and one more if there are more.
    pub listed: Vec<Resource>,
    /// Which page that is.
    pub listing: Listing,
}

impl Found {
    /// Those that a page lists.
    pub fn page(&self) -> impl Iterator<Item = &Resource> {
        self.listed.iter().take(self.listing.size)
    }
}

/// A list that is no longer than this needs no field to look through it.
pub const MOST_AT_A_GLANCE: usize = 7;

/// From as many on, a button that chooses all of them is less work than choosing each.
const WORTH_ALL_AT_ONCE: usize = 3;

impl Resources {
    /// For somebody in this role in these workspaces, with what is chosen, of these resources.
    #[must_use]
    pub fn of(
        actor: &Actor,
        role: Role,
        workspaces: &[WorkspaceId],
        chosen: &Chosen,
        found: Found,
        problems: &Problems,
    ) -> Self {
        let template = actor.template;
        let (_, many) = template.noun();
        let more = found.listed.len() > found.listing.size;
        let next = found.page().last().filter(|_| more).map(|last| last.id);
        let given: BTreeMap<&str, &Given> =
            order::map(chosen.grants.iter().map(|given| (given.id.as_str(), given)));
        // Whoever is asked about may have more than is chosen.
        let ids = chosen.ids();
        let theirs: Vec<&Resource> = found.chosen.iter().filter(|each| ids.contains(&each.id)).collect();
        let besides = theirs.iter().copied().filter(|_| theirs.len() <= BESIDES);
        let shown: BTreeMap<ResourceId, Resource> =
            order::map(found.page().chain(besides).map(|each| (each.id, each.clone())));
        let hidden =
            theirs.iter().filter(|each| !shown.contains_key(&each.id)).map(|each| each.id.to_string());
        let hidden = order::set(hidden);
        let mut carried = Vec::new();
        if !hidden.is_empty() {
            carried.push((CARRIED.to_owned(), chosen.carried(|given| hidden.contains(&given.id))));
        }
        // Asked on another page.
        let whose = |id: &ResourceId| {
            let id = id.to_string();
            let whose = given.get(id.as_str())?.credentials.clone()?;
            Some((format!("credentials/{id}"), whose))
        };
        carried.extend(shown.keys().filter_map(whose));
        let listing = found.listing;
        let found: Vec<Resource> = shown.into_values().collect();
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
                let given = given.get(id.as_str());
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
        let approving = catalog.in_words(approving);
        Self {
            is_asked: !template.kinds.is_empty()
                || !rows.is_empty()
                || !listing.is_whole()
                || wrong(problems, "access/resources").is_some(),
            many,
            chosen: rows.iter().filter(|row| row.given).count(),
            rows,
            hidden: hidden.len(),
            carried,
            listing,
            next,
            all: chosen.all,
            may_all: match &actor.reach {
                Reach::Everything => true,
                Reach::Only(held) => held
                    .iter()
                    .filter(|holding| workspaces.contains(&holding.workspace_id))
                    .all(|holding| holding.resources.is_none()),
            },
            approving: (!approving.is_empty()).then(|| text::capitalized(&text::list(&approving))),
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
        let names = vec!["Page 10", "Page 2", "page 1b", "Page", "Blog 7"];
        assert_eq!(
            order::by(names, |name| in_order(name)),
            ["Blog 7", "Page", "page 1b", "Page 2", "Page 10"]
        );
    }
}

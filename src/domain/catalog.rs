//! The catalog: the tree of permissions that an organization uses, and what each one implies.
//!
//! A template's file writes the tree; what a node says of itself its children inherit unless they say otherwise. Only the
//! leaves are ever granted: granting a node grants every leaf under it, so that turning one of them off afterwards is
//! leaving it out. In memory a set of leaves is a [`PermissionSet`]; in rows and in JSON it is their keys.

use std::ops::BitOr;

use serde::{Deserialize, Serialize};

use crate::domain::role::Role;
use crate::domain::text::uncapitalized;

/// The most leaves a catalog may have: what a [`PermissionSet`] holds.
pub const MOST_LEAVES: usize = 128;
/// A node of which everything is meant is said as one from so many leaves on.
const SAID_AS_ONE: usize = 6;

/// What follows from a grant alone, with nothing ticked (S2-07, S2-09).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(described, derive(schemars::JsonSchema))]
pub enum FromGrant {
    /// From any grant: whoever is given an account may view it.
    Any,
    /// From a grant that says they may approve.
    Approve,
}

/// A node as its file writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    key: String,
    label: String,
    group: Option<String>,
    #[serde(default)]
    children: Vec<Self>,
    client_preset: Option<bool>,
    member_preset: Option<bool>,
    takes_seat: Option<bool>,
    needs_credentials: Option<bool>,
    only_kinds: Option<Vec<String>>,
    from_grant: Option<FromGrant>,
}

/// What a leaf implies.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the flags of a template's file: any of them goes with any other"
)]
pub struct Implies {
    /// A client has it unless somebody says otherwise.
    pub client_preset: bool,
    /// A member has it unless somebody says otherwise.
    pub member_preset: bool,
    /// A client who has it takes a seat (S0-13).
    pub takes_seat: bool,
    /// Whoever has it works with somebody's credentials (S2-13).
    pub needs_credentials: bool,
    /// It counts on resources of these kinds only (S0-18); none is any kind.
    pub only_kinds: Vec<String>,
    /// What follows from a grant alone.
    pub from_grant: Option<FromGrant>,
}

/// A permission that can be granted: an end of the tree.
#[derive(Debug)]
pub struct Leaf {
    /// Such as `posts.create`.
    pub key: String,
    /// What it implies.
    pub implies: Implies,
}

/// A node of the tree, as `GET …/catalog` shows it. What it says of itself sums up the leaves under it: what granting it
/// would bring.
#[derive(Debug, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the flags of a leaf, summed up: any of them goes with any other"
)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Permission"))]
pub struct Node {
    /// Such as `posts`.
    pub key: String,
    /// For people.
    pub label: String,
    /// The heading it stands under, at the top of the tree.
    pub group: Option<String>,
    /// Whether granting it makes a client take a seat.
    pub takes_seat: bool,
    /// Whether granting it asks whose credentials are used.
    pub needs_credentials: bool,
    /// The kinds of resource that it counts on, if not on all.
    pub only_kinds: Vec<String>,
    /// Whether a client has all of it unless somebody says otherwise.
    pub client_preset: bool,
    /// Whether a member has.
    pub member_preset: bool,
    /// What gives it without its being granted.
    pub from_grant: Option<FromGrant>,
    /// What it consists of; nothing for a leaf.
    pub children: Vec<Self>,
    #[serde(skip)]
    leaves: PermissionSet,
}

/// A set of a catalog's leaves. Of one catalog: two catalogs' sets mean nothing to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PermissionSet(u128);

impl PermissionSet {
    /// None.
    pub const NONE: Self = Self(0);

    /// Whether all of the other set is in this one.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of the other set is in this one.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// This set without the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn one(place: usize) -> Self {
        Self(1_u128.checked_shl(u32::try_from(place).unwrap_or(u32::MAX)).unwrap_or(0))
    }
}

impl BitOr for PermissionSet {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A template's permissions.
#[derive(Debug)]
pub struct Catalog {
    tree: Vec<Node>,
    leaves: Vec<Leaf>,
}

impl Catalog {
    pub(super) fn read(written: Vec<Written>) -> Self {
        let mut leaves = Vec::new();
        let tree = written.into_iter().map(|node| grow(node, &Implies::default(), &mut leaves)).collect();
        Self { tree, leaves }
    }

    /// The tree, for people.
    #[must_use]
    pub fn tree(&self) -> &[Node] {
        &self.tree
    }

    /// Every permission that can be granted, in the tree's order.
    #[must_use]
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// Everything under a node: a leaf alone, if it is one. `None` for a key that isn't in this catalog.
    #[must_use]
    pub fn under(&self, key: &str) -> Option<PermissionSet> {
        let mut nodes = &self.tree;
        loop {
            let node = nodes.iter().find(|node| {
                key.strip_prefix(&node.key).is_some_and(|r| r.is_empty() || r.starts_with('.'))
            })?;
            if node.key == key {
                return Some(node.leaves);
            }
            nodes = &node.children;
        }
    }

    /// The leaves of these keys as rows hold them. A key that the catalog has no longer is left out: it grants nothing.
    #[must_use]
    pub fn read_keys(&self, keys: &[String]) -> PermissionSet {
        keys.iter().filter_map(|key| self.under(key)).fold(PermissionSet::NONE, BitOr::bitor)
    }

    /// The keys of a set, in the tree's order.
    #[must_use]
    pub fn keys(&self, set: PermissionSet) -> Vec<&str> {
        self.members(set).map(|leaf| leaf.key.as_str()).collect()
    }

    /// The leaves of a set.
    pub fn members(&self, set: PermissionSet) -> impl Iterator<Item = &Leaf> {
        let is_in = move |(place, leaf)| set.contains(PermissionSet::one(place)).then_some(leaf);
        self.leaves.iter().enumerate().filter_map(is_in)
    }

    /// A set in words, in the tree's order: "view posts", "all of Google Ads", "Google Ads (cost, clicks)".
    #[must_use]
    pub fn in_words(&self, set: PermissionSet) -> Vec<String> {
        self.tree.iter().flat_map(|node| self.told(node, set, true)).collect()
    }

    fn told(&self, node: &Node, set: PermissionSet, at_the_top: bool) -> Vec<String> {
        if !set.meets(node.leaves) {
            return Vec::new();
        }
        if node.children.is_empty() {
            return vec![uncapitalized(&node.label)];
        }
        // "Create, edit and delete posts" says what its leaves say.
        let is_phrase = node.label.contains(", ");
        if set.contains(node.leaves) && is_phrase {
            return vec![uncapitalized(&node.label)];
        }
        if set.contains(node.leaves) && self.members(node.leaves).count() >= SAID_AS_ONE {
            return vec![format!("all of {}", node.label)];
        }
        let parts: Vec<String> =
            node.children.iter().flat_map(|child| self.told(child, set, false)).collect();
        if at_the_top || is_phrase { parts } else { vec![format!("{} ({})", node.label, parts.join(", "))] }
    }

    /// Every leaf.
    #[must_use]
    pub fn all(&self) -> PermissionSet {
        self.of(|_| true)
    }

    /// What a role has unless somebody says otherwise.
    #[must_use]
    pub fn preset(&self, role: Role) -> PermissionSet {
        match role {
            Role::Owner | Role::Admin => self.all(),
            Role::Member => self.of(|implies| implies.member_preset),
            Role::Client => self.of(|implies| implies.client_preset),
        }
    }

    /// What follows from a grant alone.
    #[must_use]
    pub fn from_grant(&self, approving: bool) -> PermissionSet {
        self.of(|implies| match implies.from_grant {
            Some(FromGrant::Any) => true,
            Some(FromGrant::Approve) => approving,
            None => false,
        })
    }

    /// What makes a client take a seat (S0-13).
    #[must_use]
    pub fn taking_seats(&self) -> PermissionSet {
        self.of(|implies| implies.takes_seat)
    }

    /// Whether a client with this set takes a seat.
    #[must_use]
    pub fn takes_seat(&self, set: PermissionSet) -> bool {
        set.meets(self.taking_seats())
    }

    /// Whether somebody with this set works with somebody's credentials (S2-13).
    #[must_use]
    pub fn needs_credentials(&self, set: PermissionSet) -> bool {
        set.meets(self.of(|implies| implies.needs_credentials))
    }

    fn of(&self, wanted: impl Fn(&Implies) -> bool) -> PermissionSet {
        let chosen = self.leaves.iter().enumerate().filter(|(_, leaf)| wanted(&leaf.implies));
        chosen.map(|(place, _)| PermissionSet::one(place)).fold(PermissionSet::NONE, BitOr::bitor)
    }
}

/// Adds a node's leaves to the list and answers the node, with what its leaves have in common.
fn grow(written: Written, parent: &Implies, leaves: &mut Vec<Leaf>) -> Node {
    let implies = Implies {
        client_preset: written.client_preset.unwrap_or(parent.client_preset),
        member_preset: written.member_preset.unwrap_or(parent.member_preset),
        takes_seat: written.takes_seat.unwrap_or(parent.takes_seat),
        needs_credentials: written.needs_credentials.unwrap_or(parent.needs_credentials),
        only_kinds: written.only_kinds.unwrap_or_else(|| parent.only_kinds.clone()),
        from_grant: written.from_grant.or(parent.from_grant),
    };
    let place = leaves.len();
    let children: Vec<Node> =
        written.children.into_iter().map(|child| grow(child, &implies, leaves)).collect();
    if children.is_empty() {
        leaves.push(Leaf { key: written.key.clone(), implies: implies.clone() });
    }
    let under = (place..leaves.len()).map(PermissionSet::one).fold(PermissionSet::NONE, BitOr::bitor);
    let any = |says: fn(&Node) -> bool, own: bool| {
        if children.is_empty() { own } else { children.iter().any(says) }
    };
    let all = |says: fn(&Node) -> bool, own: bool| {
        if children.is_empty() { own } else { children.iter().all(says) }
    };
    Node {
        takes_seat: any(|node| node.takes_seat, implies.takes_seat),
        needs_credentials: any(|node| node.needs_credentials, implies.needs_credentials),
        client_preset: all(|node| node.client_preset, implies.client_preset),
        member_preset: all(|node| node.member_preset, implies.member_preset),
        key: written.key,
        label: written.label,
        group: written.group,
        only_kinds: implies.only_kinds,
        from_grant: implies.from_grant,
        children,
        leaves: under,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::template::Templates;

    fn catalog() -> Catalog {
        let text = r#"[
          {"key": "posts", "label": "Posts", "client_preset": true, "children": [
            {"key": "posts.view", "label": "View", "from_grant": "any"},
            {"key": "posts.create", "label": "Create", "client_preset": false, "takes_seat": true}]},
          {"key": "ads", "label": "Ads", "children": [
            {"key": "ads.google", "label": "Google", "children": [
              {"key": "ads.google.cost", "label": "Cost"}, {"key": "ads.google.clicks", "label": "Clicks"}]}]}]"#;
        Catalog::read(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn a_node_is_all_the_leaves_under_it_and_a_leaf_is_itself() {
        let catalog = catalog();
        let keys = |key| catalog.under(key).map(|set| catalog.keys(set));
        assert_eq!(keys("ads"), Some(vec!["ads.google.cost", "ads.google.clicks"]));
        assert_eq!(keys("ads.google"), keys("ads"));
        assert_eq!(keys("posts.view"), Some(vec!["posts.view"]));
        for unknown in ["", "post", "posts.", "posts.delete", "ads.google.cost.day", "postsx"] {
            assert_eq!(keys(unknown), None, "{unknown:?}");
        }
    }

    #[test]
    fn children_inherit_and_may_say_otherwise_and_a_node_sums_its_leaves_up() {
        let catalog = catalog();
        assert_eq!(catalog.keys(catalog.preset(Role::Client)), ["posts.view"]);
        let posts = &catalog.tree()[0];
        assert!(posts.takes_seat && !posts.client_preset);
        assert!(catalog.takes_seat(catalog.all()));
        assert!(!catalog.takes_seat(catalog.preset(Role::Client)));
        assert_eq!(catalog.keys(catalog.from_grant(false)), ["posts.view"]);
    }

    #[test]
    fn what_is_deep_in_the_tree_says_what_it_is_of_and_many_that_are_all_are_said_as_one() {
        for (template, keys, words) in [
            ("client-links", &["posts.view", "posts.edit"][..], &["view posts", "edit posts"][..]),
            ("client-links", &["accounts"], &["manage accounts"]),
            ("client-links", &[], &[]),
            (
                "reporting",
                &["integrations.google_ads.cost", "integrations.google_ads.clicks", "dashboards.view"],
                &["view dashboards", "Google Ads (cost, clicks)"],
            ),
            ("reporting", &["integrations"], &["all of Integrations"]),
            ("publishing", &["posts.write"], &["create, edit and delete posts"]),
            ("publishing", &["posts.view", "posts.write.edit"], &["view posts", "edit posts"]),
        ] {
            let catalog = &Templates::built_in().named(template).unwrap().catalog;
            let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            assert_eq!(catalog.in_words(catalog.read_keys(&keys)), words);
        }
    }
}

//! The catalog as a tree of switches: a group of fields for each area, with what is general last (S3-16 to S3-18).

use askama::Template;

use crate::domain::authority::{Actor, Reach};
use crate::domain::catalog::{FromGrant, Node, PermissionSet};
use crate::domain::ids::WorkspaceId;
use crate::domain::role::Role;

/// An area: what stands under one heading.
pub struct Group {
    pub label: String,
    pub branches: Vec<Branch>,
}

/// A node with its switches, or one switch.
#[derive(Template)]
#[template(path = "pages/access_branch.html")]
pub struct Branch {
    key: String,
    label: String,
    /// What it brings with it.
    notes: Vec<String>,
    /// Whether whoever fills in the form may give it.
    theirs: bool,
    on: bool,
    /// How many of its switches are on, and how many there are.
    count: (usize, usize),
    branches: Vec<Self>,
}

/// What the tree is written from.
struct Writing<'a> {
    actor: &'a Actor,
    role: Role,
    on: PermissionSet,
    theirs: PermissionSet,
}

/// The tree, with these switches on, for somebody in this role in these workspaces.
pub fn groups(actor: &Actor, role: Role, workspaces: &[WorkspaceId], on: PermissionSet) -> Vec<Group> {
    let writing = Writing { actor, role, on, theirs: held(actor, workspaces) };
    let mut groups: Vec<Group> = Vec::new();
    for node in actor.template.catalog.tree() {
        let label = node.group.as_deref().unwrap_or(GENERAL);
        let branch = writing.branch(node);
        match groups.iter_mut().find(|group| group.label == label) {
            Some(group) => group.branches.push(branch),
            None => groups.push(Group { label: label.to_owned(), branches: vec![branch] }),
        }
    }
    let (mut groups, general): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|group| group.label != GENERAL);
    groups.extend(general);
    groups
}

const GENERAL: &str = "General";

/// What somebody holds in all of these workspaces, and so may give away there.
fn held(actor: &Actor, workspaces: &[WorkspaceId]) -> PermissionSet {
    let all = actor.template.catalog.all();
    match &actor.reach {
        Reach::Everything => all,
        Reach::Only(held) => held
            .iter()
            .filter(|holding| workspaces.contains(&holding.workspace_id))
            .fold(all, |common, holding| common.without(all.without(holding.permissions))),
    }
}

impl Writing<'_> {
    fn branch(&self, node: &Node) -> Branch {
        // A switch that is alone needs no drawer to be in.
        if let [only] = node.children.as_slice() {
            return self.branch(only);
        }
        let catalog = &self.actor.template.catalog;
        let leaves = catalog.under(&node.key).unwrap_or_default();
        let all = catalog.members(leaves).count();
        let off = catalog.members(leaves.without(self.on)).count();
        Branch {
            key: node.key.clone(),
            label: node.label.clone(),
            notes: if node.children.is_empty() { self.notes(node) } else { Vec::new() },
            theirs: self.theirs.contains(leaves),
            on: off == 0,
            count: (all - off, all),
            branches: node.children.iter().map(|child| self.branch(child)).collect(),
        }
    }

    fn notes(&self, leaf: &Node) -> Vec<String> {
        let template = self.actor.template;
        let (one, many) = template.noun();
        let mut notes = Vec::new();
        if leaf.takes_seat && self.role == Role::Client {
            notes.push("Uses a seat.".to_owned());
        }
        if leaf.needs_credentials {
            notes.push(format!("Works with the credentials of each {one}."));
        }
        if !leaf.only_kinds.is_empty() {
            let kinds = template.kinds.iter().filter(|kind| leaf.only_kinds.contains(&kind.key));
            let labels: Vec<&str> = kinds.map(|kind| kind.label.as_str()).collect();
            notes.push(format!("On {} only.", labels.join(", ")));
        }
        match leaf.from_grant {
            Some(FromGrant::Any) => notes.push(format!("Comes with the {many} they are given anyway.")),
            Some(FromGrant::Approve) => {
                notes.push(format!("Comes with the {many} they are to approve on anyway."));
            }
            None => {}
        }
        notes
    }
}

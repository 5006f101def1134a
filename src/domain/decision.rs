//! May this person do this? One pure function, asked by `POST /v1/check` on each request of a host product.
//!
//! Nothing is allowed that was not given: owner and admins pass, and everybody else needs the permission, and the resource
//! it is asked for. What they were given counts only while nothing keeps them outside (see [`State`]).

use serde::{Deserialize, Serialize};

use crate::domain::access::Resources;
use crate::domain::catalog::{FromGrant, Leaf, PermissionSet};
use crate::domain::role::Role;
use crate::domain::template::Template;

/// A person in a workspace, as far as deciding needs to know them.
#[derive(Debug, Clone)]
pub struct Subject {
    /// What they are in the organization.
    pub role: Role,
    /// Whether they still are.
    pub active: bool,
    /// What they were given in the workspace; nothing if they are not in it. Owner and admins need none.
    pub held: Option<Held>,
    /// Whether a second factor was shown.
    pub second_factor: bool,
    /// Whether the workspace, or its organization, asks everybody for one, whatever they are.
    pub asked_of_all: bool,
}

/// What somebody was given in a workspace.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// What they may do.
    pub permissions: PermissionSet,
    /// Whether they were given every resource, or any.
    pub resources: HeldResources,
    /// Whether they come in only with a second factor.
    pub require_mfa: bool,
}

/// How much of a workspace's resources somebody was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldResources {
    /// Nothing.
    None,
    /// Some, on none of which they approve.
    Some,
    /// Some, on at least one of which they approve.
    Approving,
    /// All, now and later.
    All,
}

impl HeldResources {
    /// Of what somebody was given.
    #[must_use]
    pub fn of(resources: &Resources) -> Self {
        match resources {
            Resources::All => Self::All,
            Resources::Listed(grants) if grants.is_empty() => Self::None,
            Resources::Listed(grants) if grants.iter().any(|grant| grant.approve) => Self::Approving,
            Resources::Listed(_) => Self::Some,
        }
    }
}

/// What stands between a person and what they were given, if anything does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "AccessState"))]
pub enum State {
    /// Nothing.
    Ready,
    /// They need a resource to come in, and were given none (S3-10).
    NoResources,
    /// They must show a second factor first (S2-06).
    MfaRequired,
    /// They were removed, or never were in.
    Removed,
}

impl Subject {
    /// What stands between them and what they were given.
    #[must_use]
    pub fn state(&self, clients_need_resource: bool) -> State {
        let lacks_factor = self.asked_of_all && !self.second_factor;
        let Some(held) = self.held else {
            let reaches = self.active && self.role.reaches_every_workspace();
            return match (reaches, lacks_factor) {
                (false, _) => State::Removed,
                (true, true) => State::MfaRequired,
                (true, false) => State::Ready,
            };
        };
        if !self.active {
            State::Removed
        } else if lacks_factor {
            State::MfaRequired
        } else if self.role.reaches_every_workspace() {
            State::Ready
        } else if held.require_mfa && !self.second_factor {
            State::MfaRequired
        } else if clients_need_resource && self.role == Role::Client && held.resources == HeldResources::None
        {
            State::NoResources
        } else {
            State::Ready
        }
    }
}

/// The resource that a question is about.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its kind.
    pub kind: String,
    /// Whether the subject was given it: and then, whether they approve on it.
    pub granted: Option<bool>,
}

/// What a question's resource turned out to be.
#[derive(Debug, Clone)]
pub enum About {
    /// The question names none.
    Nothing,
    /// It names one that isn't in this workspace.
    Unknown,
    /// It names this one.
    Resource(Asked),
}

/// Why something is allowed or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "CheckReason"))]
pub enum Reason {
    /// Allowed: owner and admins may everything.
    OwnerOrAdmin,
    /// Allowed: they were given the permission.
    Granted,
    /// Allowed: it follows from the resource's being given to them.
    FollowsFromGrant,
    /// The catalog has no such permission.
    UnknownPermission,
    /// The workspace has no such resource.
    UnknownResource,
    /// They are no member, or not in this workspace.
    NotInWorkspace,
    /// They were removed.
    Removed,
    /// They must show a second factor first.
    MfaRequired,
    /// They were given no resource, and need one to come in.
    NoResources,
    /// They were not given the permission.
    PermissionNotGranted,
    /// They were not given this resource.
    ResourceNotGranted,
    /// The permission doesn't count on resources of this kind.
    KindNotCovered,
}

impl Reason {
    /// Whether it is one that allows.
    #[must_use]
    pub fn allows(self) -> bool {
        matches!(self, Self::OwnerOrAdmin | Self::Granted | Self::FollowsFromGrant)
    }
}

/// Decides. `clients_need_resource` is the organization's policy. A node of the tree is allowed if every leaf under it is.
#[must_use]
pub fn decide(
    template: &Template,
    clients_need_resource: bool,
    subject: &Subject,
    permission: &str,
    about: &About,
) -> Reason {
    let Some(wanted) = template.catalog.under(permission) else { return Reason::UnknownPermission };
    if matches!(about, About::Unknown) {
        return Reason::UnknownResource;
    }
    let state = subject.state(clients_need_resource);
    if state == State::Ready && subject.role.reaches_every_workspace() {
        return Reason::OwnerOrAdmin;
    }
    match state {
        State::Ready => {}
        State::MfaRequired => return Reason::MfaRequired,
        State::NoResources => return Reason::NoResources,
        State::Removed if subject.active => return Reason::NotInWorkspace,
        State::Removed => return Reason::Removed,
    }
    let Some(held) = subject.held else { return Reason::NotInWorkspace };
    let ticked =
        |leaf: &Leaf| template.catalog.under(&leaf.key).is_some_and(|one| held.permissions.contains(one));
    let reasons = template.catalog.members(wanted).map(|leaf| on_leaf(leaf, ticked(leaf), held, about));
    // Refused for the first leaf that is; else for what the last one is allowed by.
    let mut answer = Reason::PermissionNotGranted;
    for reason in reasons {
        answer = reason;
        if !reason.allows() {
            break;
        }
    }
    answer
}

fn on_leaf(leaf: &Leaf, ticked: bool, held: Held, about: &About) -> Reason {
    let (approves, has_any) = match about {
        About::Resource(asked) => {
            let only = &leaf.implies.only_kinds;
            if !only.is_empty() && !only.contains(&asked.kind) {
                return Reason::KindNotCovered;
            }
            let granted = match held.resources {
                HeldResources::All => Some(asked.granted.unwrap_or(false)),
                _ => asked.granted,
            };
            let Some(approves) = granted else { return Reason::ResourceNotGranted };
            (approves, true)
        }
        About::Nothing | About::Unknown => {
            (held.resources == HeldResources::Approving, held.resources != HeldResources::None)
        }
    };
    match leaf.implies.from_grant {
        _ if ticked => Reason::Granted,
        Some(FromGrant::Any) if has_any => Reason::FollowsFromGrant,
        Some(FromGrant::Approve) if approves => Reason::FollowsFromGrant,
        _ => Reason::PermissionNotGranted,
    }
}

#[cfg(test)]
mod tests;

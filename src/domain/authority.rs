//! Who acts, and what they may do to invitations, members and accesses.

use crate::domain::access::{Access, Credentials, Resources};
use crate::domain::catalog::PermissionSet;
use crate::domain::ids::{ApiKeyId, MemberId, OrganizationId, ResourceId, WorkspaceId};
use crate::domain::policy::Policy;
use crate::domain::role::Role;
use crate::domain::template::Template;

/// Whose doing something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal {
    /// A member's: their own, or a program's in their name.
    Member(MemberId),
    /// A program's, in nobody's name.
    Key(ApiKeyId),
}

impl Principal {
    /// The member.
    #[must_use]
    pub fn member(self) -> Option<MemberId> {
        match self {
            Self::Member(id) => Some(id),
            Self::Key(_) => None,
        }
    }
}

impl std::fmt::Display for Principal {
    /// As the audit log names an actor.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Member(id) => id.fmt(f),
            Self::Key(id) => id.fmt(f),
        }
    }
}

/// A member, acting in their organization; or a program with a key of it, which acts as an admin would.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Who.
    pub principal: Principal,
    /// As what.
    pub role: Role,
    /// Where.
    pub organization_id: OrganizationId,
    /// What that was made from.
    pub template: &'static Template,
    /// The organization's policy: the template's with its own changes.
    pub policy: Policy,
    /// How far they reach, and so how far what they give away can reach.
    pub reach: Reach,
    /// Which of their accesses that was read from: raised whenever what they were given is changed.
    pub access_rev: i64,
    /// Whether they may let people in who run the organization: every person whose role allows it; of programs those whose key
    /// has the scope for it. Whoever comes in so makes keys of every scope, and with what a key may hand out they are whoever
    /// holds the key.
    pub makes_admins: bool,
}

/// How far somebody reaches in their organization.
#[derive(Debug, Clone)]
pub enum Reach {
    /// Everywhere, with everything: owner and admins.
    Everything,
    /// Into these workspaces, with what they hold there. Oldest first.
    Only(Vec<Holding>),
}

/// What somebody holds in a workspace.
#[derive(Debug, Clone)]
pub struct Holding {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// What they may do there.
    pub permissions: PermissionSet,
    /// The resources they were given; none is all of them.
    pub resources: Option<Vec<ResourceId>>,
    /// Those that they were given to approve on.
    pub approves: Vec<ResourceId>,
    /// Those that they work on with their own credentials.
    pub own_credentials: Vec<ResourceId>,
}

impl Actor {
    /// Whether they are this member.
    #[must_use]
    pub fn is(&self, member: MemberId) -> bool {
        self.principal == Principal::Member(member)
    }

    /// The roles they may invite, and so whose invitations they may see and manage.
    #[must_use]
    pub fn invitable(&self) -> &[Role] {
        self.policy.invitable_by(self.role)
    }

    /// Whether they may invite somebody as this role, and change what such people may do.
    #[must_use]
    pub fn may_invite(&self, role: Role) -> bool {
        self.invitable().contains(&role)
    }

    /// Whether it takes more than they have to let somebody in as this, by whatever way: see [`Actor::makes_admins`].
    #[must_use]
    pub fn lacks_scope_for(&self, role: Role) -> bool {
        match role {
            Role::Client | Role::Member => false,
            Role::Admin | Role::Owner => !self.makes_admins,
        }
    }

    /// Whether they run the organization: its people, its plan, its resources.
    #[must_use]
    pub fn administers(&self) -> bool {
        self.role.reaches_every_workspace()
    }

    /// The roles of the people they may remove: those they may invite, if they run the organization (S0-29). The owner's
    /// is never among them.
    #[must_use]
    pub fn removable(&self) -> Vec<Role> {
        let may = |role: &Role| *role != Role::Owner && (self.role == Role::Owner || self.may_invite(*role));
        Role::ALL.into_iter().filter(|role| self.administers() && may(role)).collect()
    }

    /// Whether they come into this workspace.
    #[must_use]
    pub fn reaches(&self, workspace: WorkspaceId) -> bool {
        match &self.reach {
            Reach::Everything => true,
            Reach::Only(held) => held.iter().any(|holding| holding.workspace_id == workspace),
        }
    }

    /// Whether they may give somebody in this role such an access in these workspaces: nobody gives away more than they
    /// hold themselves, nor into where they aren't, nor lets approve where they don't, nor lets work with the owner's
    /// credentials where they work with their own.
    #[must_use]
    pub fn may_grant(&self, role: Role, workspaces: &[WorkspaceId], access: &Access) -> bool {
        let Reach::Only(held) = &self.reach else { return true };
        let wanted = access.permissions.effective(self.template, role);
        let there = |workspace| held.iter().find(|holding| holding.workspace_id == workspace);
        let Some(there) = workspaces.iter().map(|id| there(*id)).collect::<Option<Vec<_>>>() else {
            return false;
        };
        // Which workspace a resource is in only the database knows. So where any of theirs was listed to them, it must be
        // on such a list. That refuses more than need be where they hold all of one workspace and a list of another, and give
        // something of the first in both at once: they then give it in that one alone.
        let mut lists = there.iter().filter_map(|holding| holding.resources.as_ref()).peekable();
        let resources = match &access.resources {
            _ if lists.peek().is_none() => true,
            Resources::All => false,
            Resources::Listed(grants) => {
                let listed: Vec<ResourceId> = lists.flatten().copied().collect();
                grants.iter().all(|grant| listed.contains(&grant.id))
            }
        };
        let approving = match &access.resources {
            Resources::All => true,
            Resources::Listed(grants) => {
                grants.iter().filter(|grant| grant.approve).all(|grant| self.lets_approve(&there, grant.id))
            }
        };
        let lending = match &access.resources {
            Resources::All => true,
            Resources::Listed(grants) => grants
                .iter()
                .filter(|grant| grant.credentials == Some(Credentials::Owner))
                .all(|grant| !there.iter().any(|holding| holding.own_credentials.contains(&grant.id))),
        };
        !there.is_empty()
            && resources
            && approving
            && lending
            && there.iter().all(|holding| holding.permissions.contains(wanted))
    }

    /// Whether somebody who holds this may let others approve on a resource: they approve on it themselves, because they
    /// were given it so in one of these workspaces, or everywhere in all of them.
    fn lets_approve(&self, there: &[&Holding], resource: ResourceId) -> bool {
        let catalog = &self.template.catalog;
        let follows = catalog.from_grant(true).without(catalog.from_grant(false));
        there.iter().any(|holding| holding.approves.contains(&resource))
            || there.iter().all(|holding| holding.permissions.contains(follows))
    }

    /// Whether they may see a resource of a workspace: it is given to them there, as every one is to owner and admins.
    #[must_use]
    pub fn is_given(&self, workspace: WorkspaceId, resource: ResourceId) -> bool {
        match &self.reach {
            Reach::Everything => true,
            Reach::Only(held) => held.iter().any(|holding| {
                holding.workspace_id == workspace
                    && holding.resources.as_ref().is_none_or(|resources| resources.contains(&resource))
            }),
        }
    }

    /// Whether what they may do in this workspace needs somebody's credentials (S2-13).
    #[must_use]
    pub fn works_with_credentials(&self, workspace: WorkspaceId) -> bool {
        match &self.reach {
            Reach::Everything => false,
            Reach::Only(held) => held
                .iter()
                .filter(|holding| holding.workspace_id == workspace)
                .any(|holding| self.template.catalog.needs_credentials(holding.permissions)),
        }
    }

    /// The workspaces that a request means: those that it names, else a staff member's own oldest. For owner and admins
    /// `None` stays: the organization's oldest, which only the database knows.
    #[must_use]
    pub fn workspaces_meant(&self, named: Option<Vec<WorkspaceId>>) -> Option<Vec<WorkspaceId>> {
        match (&self.reach, named) {
            (Reach::Only(held), None) => {
                Some(held.first().map(|holding| holding.workspace_id).into_iter().collect())
            }
            (_, named) => named,
        }
    }
}

/// Who acts on an invitation.
#[derive(Debug, Clone)]
pub enum Authority {
    /// The operator: on owners' invitations only, since no member may invite an owner. With the template of the
    /// invitation's organization.
    Operator(&'static Template),
    /// A member: on invitations of the roles they may invite.
    Member(Actor),
}

impl Authority {
    /// The template of the organization that it is in.
    #[must_use]
    pub fn template(&self) -> &'static Template {
        match self {
            Self::Operator(template) => template,
            Self::Member(actor) => actor.template,
        }
    }

    /// The policy of the organization that it is in.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        match self {
            Self::Operator(template) => &template.policy,
            Self::Member(actor) => &actor.policy,
        }
    }

    /// Whether it reaches invitations of this role.
    #[must_use]
    pub fn covers(&self, role: Role) -> bool {
        match self {
            Self::Operator(_) => role == Role::Owner,
            Self::Member(actor) => actor.may_invite(role),
        }
    }
}

impl std::fmt::Display for Authority {
    /// As the audit log names an actor.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Operator(_) => f.write_str("operator"),
            Self::Member(actor) => actor.principal.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;

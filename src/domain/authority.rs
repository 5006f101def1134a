//! Who acts, and what they may do to invitations, members and accesses.

use crate::domain::access::{Access, Resources};
use crate::domain::catalog::PermissionSet;
use crate::domain::ids::{MemberId, OrganizationId, ResourceId, WorkspaceId};
use crate::domain::policy::Policy;
use crate::domain::role::Role;
use crate::domain::template::Template;

/// A member, acting in their organization.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Who.
    pub member_id: MemberId,
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
}

impl Actor {
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

    /// Whether they run the organization: its people, its plan, its resources.
    #[must_use]
    pub fn administers(&self) -> bool {
        self.role.reaches_every_workspace()
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
    /// hold themselves, nor into where they aren't.
    #[must_use]
    pub fn may_grant(&self, role: Role, workspaces: &[WorkspaceId], access: &Access) -> bool {
        let Reach::Only(held) = &self.reach else { return true };
        let wanted = access.permissions.effective(self.template, role);
        let there = |workspace| held.iter().find(|holding| holding.workspace_id == workspace);
        let Some(there) = workspaces.iter().map(|id| there(*id)).collect::<Option<Vec<_>>>() else {
            return false;
        };
        // Which workspace a resource is in only the database knows. So where any of theirs was listed to them, it must be
        // on such a list.
        let mut lists = there.iter().filter_map(|holding| holding.resources.as_ref()).peekable();
        let resources = match &access.resources {
            _ if lists.peek().is_none() => true,
            Resources::All => false,
            Resources::Listed(grants) => {
                let listed: Vec<ResourceId> = lists.flatten().copied().collect();
                grants.iter().all(|grant| listed.contains(&grant.id))
            }
        };
        !there.is_empty() && resources && there.iter().all(|holding| holding.permissions.contains(wanted))
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
            Self::Member(actor) => actor.member_id.fmt(f),
        }
    }
}

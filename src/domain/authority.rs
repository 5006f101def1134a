//! Who acts, and what they may do to invitations.

use crate::domain::ids::{MemberId, OrganizationId};
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
}

impl Actor {
    /// The roles they may invite, and so whose invitations they may see and manage.
    #[must_use]
    pub fn invitable(&self) -> &'static [Role] {
        self.template.invitable_by(self.role)
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

    /// Whether it reaches invitations of this role.
    #[must_use]
    pub fn covers(&self, role: Role) -> bool {
        match self {
            Self::Operator(_) => role == Role::Owner,
            Self::Member(actor) => actor.invitable().contains(&role),
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

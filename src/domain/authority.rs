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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::access::{Grant, Permissions};
    use crate::domain::ids::{Id, Kind};
    use crate::domain::template::Templates;
    use crate::domain::time::Timestamp;

    fn id<K: Kind>(number: u8) -> Id<K> {
        Id::new(Timestamp::from_millis(1), [number; 10])
    }

    fn actor(role: Role, reach: Reach) -> Actor {
        let template = Templates::built_in().named("reporting").unwrap();
        let (principal, organization_id, policy) = (Principal::Member(id(1)), id(1), template.policy.clone());
        Actor { principal, role, organization_id, template, policy, reach, access_rev: 0, makes_admins: true }
    }

    fn grants(resources: &[u8]) -> Resources {
        let grant = |number: &u8| Grant { id: id(*number), approve: true, credentials: None };
        Resources::Listed(resources.iter().map(grant).collect())
    }

    /// S0-29, S3-05: staff who may invite clients remove nobody; nobody removes the owner.
    #[test]
    fn only_those_who_run_the_organization_remove_and_never_the_owner() {
        let everywhere = |role| actor(role, Reach::Everything).removable();
        assert_eq!(everywhere(Role::Owner), [Role::Client, Role::Member, Role::Admin]);
        assert_eq!(everywhere(Role::Admin), [Role::Client, Role::Member, Role::Admin]);
        for role in [Role::Member, Role::Client] {
            assert_eq!(actor(role, Reach::Only(Vec::new())).removable(), []);
        }
    }

    #[test]
    fn an_admin_removes_only_whom_they_may_invite() {
        let mut admin = actor(Role::Admin, Reach::Everything);
        let changes = r#"{"invites": {"admin": ["client"]}}"#;
        admin.policy = admin.policy.with(serde_json::from_str(changes).unwrap());
        assert_eq!(admin.removable(), [Role::Client]);
        admin.role = Role::Owner;
        admin.policy = admin.policy.with(serde_json::from_str(r#"{"invites": {"owner": []}}"#).unwrap());
        assert_eq!(admin.removable(), [Role::Client, Role::Member, Role::Admin], "the owner removes anybody");
    }

    #[test]
    fn staff_reach_their_workspaces_and_mean_the_oldest_of_them() {
        let holding = |number| Holding {
            workspace_id: id(number),
            permissions: PermissionSet::NONE,
            resources: None,
            approves: Vec::new(),
            own_credentials: Vec::new(),
        };
        let staff = actor(Role::Member, Reach::Only(vec![holding(3), holding(5)]));
        assert!(staff.reaches(id(5)) && !staff.reaches(id(4)) && !staff.administers());
        assert_eq!(staff.workspaces_meant(None), Some(vec![id(3)]));
        assert_eq!(staff.workspaces_meant(Some(vec![id(4)])), Some(vec![id(4)]));
        let admin = actor(Role::Admin, Reach::Everything);
        assert!(admin.reaches(id(4)) && admin.administers());
        assert_eq!(admin.workspaces_meant(None), None, "which only the database knows");
    }

    /// Approving follows from a grant, so it is given by whoever has such a grant, or may approve on anything.
    #[test]
    fn only_who_approves_on_a_resource_lets_others_approve_on_it() {
        let template = Templates::built_in().named("publishing").unwrap();
        let keys = |keys: &[&str]| {
            template.catalog.read_keys(&keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>())
        };
        let may = |permissions: &[&str], resources: Option<Vec<ResourceId>>, approves: Vec<ResourceId>| {
            let holding = Holding {
                workspace_id: id(1),
                permissions: keys(permissions),
                resources,
                approves,
                own_credentials: Vec::new(),
            };
            let access = Access {
                permissions: Permissions::Custom(keys(&["posts.view"])),
                resources: grants(&[7]),
                ..Access::default()
            };
            let staff = Actor { template, ..actor(Role::Member, Reach::Only(vec![holding])) };
            staff.may_grant(Role::Client, &[id(1)], &access)
        };
        assert!(!may(&["posts.view"], Some(vec![id(7)]), Vec::new()));
        assert!(!may(&["posts.view"], Some(vec![id(7), id(8)]), vec![id(8)]));
        assert!(!may(&["posts.view"], None, Vec::new()), "every resource, and nothing to approve on");
        assert!(may(&["posts.view"], Some(vec![id(7)]), vec![id(7)]));
        assert!(may(&["posts.view", "posts.approve"], Some(vec![id(7)]), Vec::new()));
    }

    /// All of one workspace and a list of another: what is on no list is given in the first alone, never in both at once.
    #[test]
    fn what_is_held_without_a_list_is_given_where_no_list_counts() {
        let holding = |number, resources| Holding {
            workspace_id: id(number),
            permissions: PermissionSet::NONE,
            resources,
            approves: vec![id(7), id(8)],
            own_credentials: Vec::new(),
        };
        let staff = actor(Role::Member, Reach::Only(vec![holding(1, None), holding(2, Some(vec![id(8)]))]));
        let may = |places: &[u8], resources: &[u8]| {
            let access = Access {
                permissions: Permissions::Custom(PermissionSet::NONE),
                resources: grants(resources),
                ..Access::default()
            };
            let places: Vec<WorkspaceId> = places.iter().map(|place| id(*place)).collect();
            staff.may_grant(Role::Client, &places, &access)
        };
        assert!(may(&[1], &[7]) && may(&[2], &[8]) && may(&[1, 2], &[8]));
        assert!(!may(&[2], &[7]) && !may(&[1, 2], &[7]));
    }

    proptest! {
        /// Nobody gives away more than they hold, wherever it is to count.
        #[test]
        fn what_staff_may_give_they_hold_themselves(
            held in proptest::collection::vec((0..4_u8, any::<u64>(), proptest::option::of(proptest::collection::vec(0..4_u8, 0..3))), 0..4),
            wanted in (any::<u64>(), proptest::option::of(proptest::collection::vec(0..4_u8, 0..3))),
            places in proptest::collection::vec(0..4_u8, 1..3),
        ) {
            let template = Templates::built_in().named("reporting").unwrap();
            let some = |bits: u64| {
                let leaves = template.catalog.leaves().iter().enumerate();
                let keys = leaves.filter(|(place, _)| bits >> (place % 64) & 1 == 1).map(|(_, leaf)| leaf.key.clone());
                template.catalog.read_keys(&keys.collect::<Vec<_>>())
            };
            let holdings: Vec<_> = held.iter().map(|(place, bits, resources)| Holding {
                workspace_id: id(*place),
                permissions: some(*bits),
                resources: resources.as_ref().map(|resources| resources.iter().map(|number| id(*number)).collect()),
                approves: Vec::new(),
                own_credentials: Vec::new(),
            }).collect();
            let (bits, resources) = wanted;
            let access = Access {
                permissions: Permissions::Custom(some(bits)),
                resources: resources.as_deref().map_or(Resources::All, grants),
                ..Access::default()
            };
            let places: Vec<WorkspaceId> = places.iter().map(|place| id(*place)).collect();
            let staff = actor(Role::Member, Reach::Only(holdings.clone()));
            if staff.may_grant(Role::Client, &places, &access) {
                for place in &places {
                    let here = holdings.iter().find(|holding| holding.workspace_id == *place).unwrap();
                    prop_assert!(here.permissions.contains(some(bits)));
                    prop_assert!(here.resources.is_none() || access.resources != Resources::All);
                }
            }
            let everything = actor(Role::Admin, Reach::Everything);
            prop_assert!(everything.may_grant(Role::Client, &places, &access));
        }
    }
}

//! From the access that a request asks for to the one that is given: a clone is followed once and copied (S3-14), credentials
//! are asked for exactly where they count (S2-13), and nobody gives away more than they hold.

use crate::domain::access::{Access, Permissions, Resources};
use crate::domain::api_key::Scope;
use crate::domain::authority::{Actor, Authority};
use crate::domain::catalog::PermissionSet;
use crate::domain::ids::{MemberId, WorkspaceId};
use crate::domain::role::Role;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::access::{CloneSource, Placed, select_clone_sources};
use crate::store::invitations::Record;

/// An access as a request asks for it. What is `None` stays as it was, or takes its default.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// What they may do.
    pub permissions: Option<WantedPermissions>,
    /// On what.
    pub resources: Option<Resources>,
    /// The kinds of resource they may add.
    pub addable_kinds: Option<Vec<String>>,
    /// Whether they come in only with a second factor.
    pub require_mfa: Option<bool>,
}

/// Permissions as a request asks for them.
#[derive(Debug, Clone, Copy)]
pub enum WantedPermissions {
    /// The template's default.
    Default,
    /// Exactly these.
    These(PermissionSet),
    /// What this member has now.
    CloneOf(MemberId),
}

impl Wanted {
    /// Whether nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.permissions.is_none()
            && self.resources.is_none()
            && self.addable_kinds.is_none()
            && self.require_mfa.is_none()
    }

    /// Whose permissions are to be copied, if anybody's are.
    #[must_use]
    pub fn clone_of(&self) -> Option<MemberId> {
        match self.permissions {
            Some(WantedPermissions::CloneOf(source)) => Some(source),
            _ => None,
        }
    }
}

/// What `wanted` makes of an access, for somebody in this role in these workspaces (`None`: the organization's oldest).
///
/// # Errors
/// 422 for a clone of somebody who can't be copied, for credentials where none are needed, and for any access of somebody who
/// has everything anyway; 403 for more than the actor holds.
pub async fn resolve<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    role: Role,
    workspaces: Option<&[WorkspaceId]>,
    before: Access,
    wanted: Wanted,
) -> Result<Access> {
    let source = match wanted.clone_of().filter(|_| !role.reaches_every_workspace()) {
        None => None,
        Some(source) => {
            let asked = [(source, workspaces.map(<[WorkspaceId]>::to_vec))];
            let found = ctx.platform.run(select_clone_sources(&asked, actor.organization_id)).await?;
            found.first::<Placed>()?.map(|found| found.source)
        }
    };
    settle(actor, role, workspaces, before, wanted, source.as_ref())
}

/// The same, with what was found of whom permissions are copied from, if they are.
///
/// # Errors
/// Those of [`resolve`].
pub fn settle(
    actor: &Actor,
    role: Role,
    workspaces: Option<&[WorkspaceId]>,
    before: Access,
    wanted: Wanted,
    source: Option<&CloneSource>,
) -> Result<Access> {
    if role.reaches_every_workspace() {
        return everything(&wanted);
    }
    let mut access = before;
    match wanted.permissions {
        None => {}
        Some(WantedPermissions::Default) => access.permissions = Permissions::Default,
        Some(WantedPermissions::These(set)) => access.permissions = Permissions::Custom(set),
        Some(WantedPermissions::CloneOf(_)) => access.permissions = copied(actor, role, source)?,
    }
    if let Some(resources) = wanted.resources {
        let needed =
            actor.template.catalog.needs_credentials(access.permissions.effective(actor.template, role));
        if let (Resources::Listed(grants), false) = (&resources, needed)
            && let Some(place) = grants.iter().position(|grant| grant.credentials.is_some())
        {
            return Err(Error::field(
                format!("/access/resources/{place}/credentials"),
                Code::CredentialsNotApplicable,
                "Credentials are asked for only with a permission that works with them.",
            ));
        }
        access.resources = resources;
    }
    access.addable_kinds = wanted.addable_kinds.unwrap_or(access.addable_kinds);
    access.require_mfa = wanted.require_mfa.unwrap_or(access.require_mfa);
    access.settle_credentials(actor.template, role);
    if actor.may_grant(role, workspaces.unwrap_or_default(), &access) {
        Ok(access)
    } else {
        Err(Code::BeyondYourAccess.into())
    }
}

/// Whether an invitation, whoever made it, may be handed out, sent or opened up by this actor: only one that they could have
/// made, since whoever comes by it may be they themselves. To see it and to take it away they need no more than its role.
///
/// # Errors
/// 403 for one of a role that they may not invite, or that gives more than they hold.
pub fn check_hand_out(by: &Authority, record: &Record) -> Result<()> {
    if !by.covers(record.state.role) {
        return Err(Code::Forbidden.into());
    }
    let Authority::Member(actor) = by else { return Ok(()) };
    check_scope(actor, record.state.role)?;
    let access = record.access.clone().read(&actor.template.catalog);
    if actor.may_grant(record.state.role, &record.workspace_ids, &access) {
        Ok(())
    } else {
        Err(Code::BeyondYourAccess.into())
    }
}

/// Whether this actor may let somebody in as this, or hand out what lets them in: a program needs a scope of its own for whoever
/// runs the organization. Asked wherever the role is known, beside what the role of whoever acts allows.
///
/// # Errors
/// `insufficient_scope`, which names the scope.
pub fn check_scope(actor: &Actor, role: Role) -> Result<()> {
    if actor.lacks_scope_for(role) { Err(lacks(Scope::AdminsWrite)) } else { Ok(()) }
}

/// The refusal of a key without this scope.
#[must_use]
pub fn lacks(scope: Scope) -> Error {
    let detail = format!("This key was not made for that. Use one with the scope {}.", scope.as_str());
    Refusal::new(Code::InsufficientScope).because(detail).into()
}

/// Whether a changed access still asks for the second factor that it asked for before: only those who run the organization
/// do without one that somebody found needed.
///
/// # Errors
/// 403 for anybody else.
pub fn keep_second_factor(actor: &Actor, asked_before: bool, access: &Access) -> Result<()> {
    if !asked_before || access.require_mfa || actor.administers() { Ok(()) } else { Err(factor_needed()) }
}

/// The refusal of whoever would do without a second factor that somebody found needed: also by ending what asks for it, which
/// could then be made anew without.
#[must_use]
pub fn factor_needed() -> Error {
    let detail =
        "Only the owner and admins may do without two-step sign-in that is asked for. Ask one of them.";
    Refusal::new(Code::BeyondYourAccess).because(detail).into()
}

/// The access of somebody who has everything anyway, of which there is nothing to say.
///
/// # Errors
/// 422 where something was said.
pub fn everything(wanted: &Wanted) -> Result<Access> {
    if wanted.is_empty() {
        Ok(Access::default())
    } else {
        let detail = "The owner and admins may do everything everywhere: leave the access out.";
        Err(Error::field("/access", Code::InvalidValue, detail))
    }
}

fn copied(actor: &Actor, role: Role, source: Option<&CloneSource>) -> Result<Permissions> {
    let found = source.filter(|found| found.role == role);
    found.map(|found| found.permissions(&actor.template.catalog)).ok_or_else(|| {
        Error::field(
            "/access/permissions/clone_of",
            Code::InvalidValue,
            format!("Name a member of this organization who is {} too.", role.with_article()),
        )
    })
}

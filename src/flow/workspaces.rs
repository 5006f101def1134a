//! Workspaces: making and naming them, and who comes in.

use crate::domain::authority::Actor;
use crate::domain::ids::WorkspaceId;
use crate::domain::text::Name;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::flow::change_organization::needs_own_factor;
use crate::platform::{Platform, ResultSet};
use crate::store::organizations::{self, Runs};
use crate::store::workspaces::{self, Workspace};

/// Makes a workspace. For whoever runs the organization.
pub async fn create<P: Platform>(ctx: &Context<'_, P>, actor: &Actor, name: &Name) -> Result<Workspace> {
    let entry = ctx.entry(&actor.principal);
    let id = ctx.id();
    let results = ctx
        .platform
        .batch(vec![
            workspaces::claim_new(&entry, id, actor.organization_id, name),
            workspaces::insert_claimed(entry.id),
            workspaces::select(id),
        ])
        .await?;
    let made = ResultSet::row_of(results.last())?;
    made.ok_or_else(|| Code::Forbidden.into())
}

/// Gives a workspace another name. For whoever runs the organization.
pub async fn rename<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    id: WorkspaceId,
    name: &Name,
) -> Result<Workspace> {
    let entry = ctx.entry(&actor.principal);
    let results = ctx
        .platform
        .batch(vec![
            workspaces::claim_name(&entry, id, name),
            workspaces::rename_claimed(entry.id),
            workspaces::select(id),
            organizations::select_administers(actor.principal),
        ])
        .await?;
    let [_, _, workspace, administers] = results.as_slice() else {
        return Err(Error::Internal("four results".to_owned()));
    };
    if !administers.any() {
        return Err(Code::Forbidden.into());
    }
    workspace.first()?.ok_or_else(|| Code::NotFound.into())
}

/// Has a workspace ask everybody for a second factor, or no longer. For whoever runs the organization and has one.
///
/// # Errors
/// `mfa_required` for whoever has none.
pub async fn ask_factor<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    id: WorkspaceId,
    asks: bool,
) -> Result<Workspace> {
    let entry = ctx.entry(&actor.principal);
    let results = ctx
        .platform
        .batch(vec![
            workspaces::claim_factor(&entry, id, asks),
            workspaces::ask_factor_claimed(entry.id),
            workspaces::select(id),
            organizations::select_administers(actor.principal),
        ])
        .await?;
    let [_, _, workspace, administers] = results.as_slice() else {
        return Err(Error::Internal("four results".to_owned()));
    };
    let Runs { second_factor, .. } = administers.first()?.ok_or_else(|| Error::from(Code::Forbidden))?;
    let workspace: Workspace = workspace.first()?.ok_or_else(|| Error::from(Code::NotFound))?;
    if workspace.require_mfa == asks || second_factor { Ok(workspace) } else { Err(needs_own_factor()) }
}

/// Refuses whoever doesn't come into a workspace of their organization: to somebody who was never put in, it doesn't exist;
/// somebody who was is told what keeps them outside (S2-06).
pub async fn check_inside<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    workspace: WorkspaceId,
) -> Result<()> {
    if actor.reaches(workspace) {
        return Ok(());
    }
    let Some(member) = actor.principal.member() else { return Err(Code::NotFound.into()) };
    let put_in = ctx.platform.run(workspaces::select_membership(member, workspace)).await?;
    Err(if put_in.any() { Code::MfaRequired } else { Code::NotFound }.into())
}

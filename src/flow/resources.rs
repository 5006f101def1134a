//! Resources: adding them, disconnecting and connecting them, and deleting them for good.

use crate::domain::access::Credentials;
use crate::domain::authority::Actor;
use crate::domain::ids::{ResourceId, WorkspaceId};
use crate::domain::role::Role;
use crate::domain::text::Name;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::resources::{self, New, Obstacles, Resource, Status};

/// What somebody adds.
#[derive(Debug)]
pub struct Add {
    /// Of which kind: one of the template's.
    pub kind: String,
    /// What people call it.
    pub name: Name,
    /// What the host product calls it.
    pub external_id: Option<String>,
}

/// Adds a resource. Staff add any kind, a client those they were allowed; it is given to whoever adds it. Refuses what the
/// workspace has already, naming it to those who may see it, and one more than it may have.
pub async fn add<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    workspace: WorkspaceId,
    add: &Add,
) -> Result<Resource> {
    let entry = ctx.entry(&actor.principal);
    let new = New {
        id: ctx.id(),
        workspace,
        kind: &add.kind,
        name: &add.name,
        external_id: add.external_id.as_deref(),
        credentials: actor.works_with_credentials(workspace).then_some(Credentials::Member),
    };
    let mut batch = vec![resources::claim_new(&entry, &new)];
    batch.extend(resources::insert(entry.id, &new));
    batch.push(resources::select(new.id));
    batch.push(resources::select_obstacles(actor.principal, &new));
    let results = ctx.platform.batch(batch).await?;
    let [.., resource, obstacles] = results.as_slice() else {
        return Err(Error::Internal("a resource and its obstacles".to_owned()));
    };
    if let Some(resource) = resource.first()? {
        return Ok(resource);
    }
    Err(match obstacles.first::<Obstacles>()? {
        Some(Obstacles { may_add: true, resource_id: Some(taken), .. }) => {
            let visible = actor.is_given(workspace, taken).then_some(taken);
            Refusal { resource_id: visible, ..Refusal::new(Code::ResourceExists) }.into()
        }
        Some(Obstacles { may_add: true, has_room: false, .. }) => Code::TooManyResources.into(),
        Some(Obstacles { may_add: false, .. }) if actor.role == Role::Client => Code::KindNotAllowed.into(),
        _ => Code::Forbidden.into(),
    })
}

/// Disconnects a resource, or connects it again. It is so already: no error.
pub async fn set_status<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    id: ResourceId,
    status: Status,
) -> Result<Resource> {
    let entry = ctx.entry(&actor.principal);
    let results = ctx
        .platform
        .batch(vec![
            resources::claim_status(&entry, id, status),
            resources::set_status(entry.id, status),
            resources::select(id),
            resources::select_may_connect(id, actor.principal, status),
        ])
        .await?;
    let [_, _, resource, may] = results.as_slice() else {
        return Err(Error::Internal("four results".to_owned()));
    };
    let resource = resource.first()?.ok_or_else(|| Error::from(Code::NotFound))?;
    if may.any() { Ok(resource) } else { Err(Code::Forbidden.into()) }
}

/// Deletes a resource, with every grant of it. Clients never do: its data would be lost (S0-28).
pub async fn delete<P: Platform>(ctx: &Context<'_, P>, actor: &Actor, id: ResourceId) -> Result<()> {
    if !actor.administers() {
        let client = actor.role == Role::Client;
        return Err(if client { Code::ClientsCannotDelete } else { Code::Forbidden }.into());
    }
    let entry = ctx.entry(&actor.principal);
    let mut batch = vec![resources::claim_deletion(&entry, id)];
    batch.extend(resources::delete(entry.id));
    batch.push(resources::select(id));
    let results = ctx.platform.batch(batch).await?;
    let [claim, .., left] = results.as_slice() else {
        return Err(Error::Internal("a claim and what is left".to_owned()));
    };
    match (claim.any(), left.any()) {
        (true, _) => Ok(()),
        // Somebody deleted it a moment ago.
        (false, false) => Err(Code::NotFound.into()),
        (false, true) => Err(Code::Forbidden.into()),
    }
}

/// The resource of this result, if this actor may see it: else it doesn't exist for them. Whom a second factor keeps outside
/// is told so.
pub async fn visible<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    found: &[ResultSet],
) -> Result<Resource> {
    let resource: Option<Resource> = ResultSet::row_of(found.first())?;
    let resource = resource.ok_or_else(|| Error::from(Code::NotFound))?;
    crate::flow::workspaces::check_inside(ctx, actor, resource.workspace_id).await?;
    if actor.is_given(resource.workspace_id, resource.id) { Ok(resource) } else { Err(Code::NotFound.into()) }
}

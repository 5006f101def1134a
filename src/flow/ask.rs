//! Asking for what only somebody else can give: a new invitation, or access. The answer is the same whether it is the first
//! time or the tenth today.

use crate::domain::authority::Actor;
use crate::domain::ids::WorkspaceId;
use crate::domain::link::Link;
use crate::error::Result;
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::asking;

/// The holder of a link that leads nowhere asks for a new one, whose inviter sees that. Nothing is made by it.
pub async fn for_invitation<P: Platform>(ctx: &Context<'_, P>, link: &Link) -> Result<()> {
    ctx.platform.batch(asking::for_invitation(ctx.id(), link, ctx.now())).await?;
    Ok(())
}

/// Somebody who is in a workspace and was given nothing there asks for it (S3-10).
pub async fn for_access<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    workspace: WorkspaceId,
) -> Result<()> {
    let (organization, member) = (actor.organization_id, actor.member_id);
    let batch = asking::for_access(ctx.id(), organization, member, workspace, ctx.now());
    ctx.platform.batch(batch).await?;
    Ok(())
}

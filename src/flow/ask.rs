//! Asking for what only somebody else can give: a new invitation, or access. Whoever is not signed in is answered the same
//! whether it is the first time or the tenth today.

use crate::domain::authority::Actor;
use crate::domain::ids::WorkspaceId;
use crate::domain::link::Link;
use crate::error::Result;
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::asking;

/// The holder of a link that leads nowhere asks for a new one, whose inviter sees that. Nothing is made by it.
pub async fn for_invitation<P: Platform>(ctx: &Context<'_, P>, link: &Link) -> Result<()> {
    ctx.platform.batch(asking::for_invitation(ctx.id(), link, ctx.now())).await?;
    Ok(())
}

/// Whoever is signed in with another address asks for an invitation to that: the inviter sees which it is. It gives nothing.
/// Answers whether the inviter was told: nobody is, of one invitation, more than once a day.
pub async fn for_own_invitation<P: Platform>(
    ctx: &Context<'_, P>,
    link: &Link,
    session: &str,
) -> Result<bool> {
    let results = ctx.platform.batch(asking::for_own_invitation(ctx.id(), link, session, ctx.now())).await?;
    Ok(results.last().is_some_and(ResultSet::any))
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

//! Asking for what only somebody else can give: a new invitation, access, or a seat. Whoever is not signed in is answered the
//! same whether it is the first time or the tenth today.

use crate::domain::authority::Actor;
use crate::domain::ids::WorkspaceId;
use crate::domain::link::Link;
use crate::error::Code;
use crate::error::Result;
use crate::flow::Context;
use crate::jobs::lost_at;
use crate::platform::{Platform, ResultSet, Statement};
use crate::store::asking::{self, Word};

/// The holder of a link that leads nowhere asks for a new one, whose inviter sees that. Nothing is made by it. Answers what else
/// was to be read, in the same round trip.
pub async fn for_invitation<P: Platform>(
    ctx: &Context<'_, P>,
    link: &Link,
    reads: Vec<Statement>,
) -> Result<Vec<ResultSet>> {
    let word = word(ctx);
    let mut batch = asking::for_invitation(word, link);
    let asking = batch.len();
    batch.extend(reads);
    let mut results = ctx.platform.batch(batch).await?;
    let found = results.split_off(asking);
    passed_on(ctx, word, &results);
    Ok(found)
}

/// Whoever is signed in with another address asks for an invitation to that: the inviter sees which it is. It gives nothing.
/// Answers whether the inviter was told: nobody is, of one invitation, more than once a day.
pub async fn for_own_invitation<P: Platform>(
    ctx: &Context<'_, P>,
    link: &Link,
    session: &str,
) -> Result<bool> {
    let word = word(ctx);
    pass_on(ctx, word, asking::for_own_invitation(word, link, session)).await
}

/// Somebody who is in a workspace and was given nothing there asks for it (S3-10).
pub async fn for_access<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    workspace: WorkspaceId,
) -> Result<()> {
    let Some(member) = actor.principal.member() else { return Err(Code::Forbidden.into()) };
    let word = word(ctx);
    let batch = asking::for_access(word, actor.organization_id, member, workspace);
    pass_on(ctx, word, batch).await?;
    Ok(())
}

/// The holder of a good link found no seat free: its inviter can free one.
pub async fn for_a_seat<P: Platform>(ctx: &Context<'_, P>, link: &Link) -> Result<()> {
    let word = word(ctx);
    pass_on(ctx, word, asking::for_a_seat(word, link)).await?;
    Ok(())
}

/// The ids of what somebody is told now.
pub(super) fn word<P: Platform>(ctx: &Context<'_, P>) -> Word {
    let now = ctx.now();
    Word { id: ctx.id(), job: ctx.id(), now, requeue_at: lost_at(now) }
}

/// Answers whether somebody is told.
async fn pass_on<P: Platform>(ctx: &Context<'_, P>, word: Word, batch: Vec<Statement>) -> Result<bool> {
    let results = ctx.platform.batch(batch).await?;
    Ok(passed_on(ctx, word, &results))
}

fn passed_on<P: Platform>(ctx: &Context<'_, P>, word: Word, results: &[ResultSet]) -> bool {
    let any = |result: usize| results.get(result).is_some_and(ResultSet::any);
    // Whoever is told chose whether by e-mail too.
    if any(asking::MAIL) {
        ctx.platform.enqueue(word.job);
    }
    any(asking::TOLD)
}

//! The mail of an invitation once more, for whoever it is for: they are signed in, have proved its address, and can't find it.

use crate::domain::ids::InvitationId;
use crate::domain::quota;
use crate::error::{Code, Error, Result};
use crate::flow::{Context, look};
use crate::jobs::lost_at;
use crate::platform::{Platform, ResultSet};
use crate::store::invitations::{self, Waiting};
use crate::store::removal::Revoked;
use crate::store::{audit, jobs};

/// As many invitations as are shown to whoever they are for.
pub const MOST_WAITING: i64 = 25;

/// Sends it, within what a day allows, and answers whose invitation it is. It gives nothing that it did not give before.
///
/// # Errors
/// `not_found` for what doesn't wait for this person's address, `daily_limit`.
pub async fn send_me<P: Platform>(ctx: &Context<'_, P>, session: &str, id: InvitationId) -> Result<String> {
    let now = ctx.now();
    let job = ctx.id();
    let entry = audit::Entry { at: now, ..ctx.entry(&"invitee") };
    let results = ctx
        .platform
        .batch(vec![
            invitations::renew_own(id, session, ctx.config.quota, now),
            jobs::insert_invitation_email(job, id, now, lost_at(now)),
            audit::of_invitation(entry, id, audit::Event::Resent(job)),
            invitations::waiting(session, MOST_WAITING, now),
        ])
        .await?;
    let [renewed, .., waiting] = results.as_slice() else {
        return Err(Error::Internal("four results".to_owned()));
    };
    let waiting = waiting.rows::<Waiting>()?.into_iter().find(|waiting| waiting.id == id);
    let renewed: Option<Revoked> = ResultSet::row_of(Some(renewed))?;
    let (renewed, waiting) = match (renewed, waiting) {
        (Some(renewed), waiting) => (renewed, waiting),
        (None, Some(_)) => return Err(quota::refusal(now)),
        (None, None) => return Err(Code::NotFound.into()),
    };
    ctx.platform.enqueue(job);
    look::forget(ctx, id, renewed.ver).await;
    // One that is older than those that are shown was sent all the same.
    Ok(waiting.map_or_else(|| "the organization".to_owned(), |waiting| waiting.organization_name))
}

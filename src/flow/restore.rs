//! Undoing a removal: for ten minutes, those who were removed are put back as they were. What they do elsewhere was never ended;
//! here they have again what they had, with the seats that are still free.

use crate::domain::authority::Actor;
use crate::domain::ids::MemberId;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::removal::leaving;
use crate::flow::{Context, look};
use crate::platform::{Platform, ResultSet, Statement};
use crate::store::audit::Withdrawal;
use crate::store::removal::{MOST_REVOKED, Removed, Revoked};
use crate::store::restore::{self, Fate, Undoing, Why};

/// Puts back those of these members who were removed at that moment, each who may be; answers of each who was named why they were
/// not, if they were not, and what `then` reads. Only for those who run the organization.
///
/// # Errors
/// 403 for whoever doesn't.
pub async fn restore<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    members: &[MemberId],
    at: Timestamp,
    then: Option<Statement>,
) -> Result<(Vec<Option<Why>>, Option<ResultSet>)> {
    if !actor.administers() {
        return Err(Code::Forbidden.into());
    }
    let entry = ctx.entry(&actor.principal);
    let returning = leaving(ctx, members, entry.at);
    let mut roles = actor.removable();
    roles.retain(|role| !actor.lacks_scope_for(*role));
    let undoing = Undoing {
        organization: actor.organization_id,
        at,
        members: &returning,
        by: actor.role,
        removable: &roles,
        withdrawal: Withdrawal::by_member(actor),
    };
    ctx.is_done_with(&returning.iter().map(|returning| returning.event).collect::<Vec<_>>());
    let mut batch = restore::restore(&entry, &undoing);
    batch.push(restore::select_fates(&entry, &undoing));
    let reads = then.is_some();
    batch.extend(then);
    let mut results = ctx.platform.batch(batch).await?;
    let read = if reads { results.pop() } else { None };
    let [_, back, _, _, reopened, .., fates] = results.as_slice() else {
        return Err(Error::Internal("eight results".to_owned()));
    };
    let back: Vec<Removed> = back.rows()?;
    let fates: Vec<Fate> = fates.rows()?;
    let mut reopened: Vec<Revoked> = reopened.rows()?;
    // Their pages may be kept as those of what is withdrawn.
    for invitation in reopened.iter().take(super::removal::MOST_FORGOTTEN) {
        look::forget(ctx, invitation.id, invitation.ver).await;
    }
    while reopened.len() == MOST_REVOKED {
        let batch = restore::reopen(&ctx.entry(&actor.principal), &undoing);
        let results = ctx.platform.batch(batch.into()).await?;
        reopened = results.get(1).map(ResultSet::rows).transpose()?.unwrap_or_default();
    }
    let why_not = |member: &MemberId| {
        let is_back = back.iter().any(|back| back.subject == *member);
        let fate = fates.iter().find(|fate| fate.id == *member);
        // Who never was here was not removed.
        (!is_back).then(|| fate.map_or(Why::Late, |fate| fate.why))
    };
    Ok((members.iter().map(why_not).collect(), read))
}

/// Why somebody is not put back, as a refusal.
#[must_use]
pub fn refusal_of(why: Why) -> Error {
    let (code, detail) = match why {
        Why::Actor => (Code::Forbidden, Code::Forbidden.detail()),
        Why::Role => {
            (Code::Forbidden, "You may not remove somebody in this role, nor put them back. Ask the owner.")
        }
        Why::In => (Code::NotUndoable, "This person is in the organization. There is nothing to undo."),
        Why::Again => {
            (Code::NotUndoable, "This person came in again since. What they were before that stays history.")
        }
        Why::Left => {
            (Code::NotUndoable, "This person left by themself. Invite them if they want to come back.")
        }
        Why::Late => {
            (Code::NotUndoable, "A removal can be undone for ten minutes. Invite this person again instead.")
        }
        Why::Invited => (
            Code::AlreadyInvited,
            "This person was invited again since. Let them accept, or withdraw that invitation first.",
        ),
        Why::Trial => (Code::TrialEnded, Code::TrialEnded.detail()),
        Why::Seat => (Code::SeatLimitReached, Code::SeatLimitReached.detail()),
    };
    Refusal::new(code).because(detail).into()
}

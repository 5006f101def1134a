//! Removing members. Their rights, seats and links are gone at once; their sessions live on and reach nothing here.

use crate::domain::authority::Actor;
use crate::domain::ids::{Id, MemberId};
use crate::domain::order;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::{Context, look};
use crate::platform::{Platform, ResultSet};
use crate::store::audit::Withdrawal;
use crate::store::removal::{self, Fate, Leaving, Removal, Removed, Revoked};

/// How many pages' copies are dropped when invitations go with their inviter: the rest lag, as pages may, for a minute.
pub(super) const MOST_FORGOTTEN: usize = 100;

/// Removes members, each who may be removed; answers of each who was named why they were not, if they were not, and when that was.
/// Only for those who run the organization, but anybody may leave by themself. The owner never goes.
pub async fn remove<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    members: &[MemberId],
    with_sent: bool,
) -> Result<(Vec<Option<Error>>, Timestamp)> {
    if !actor.administers() && !matches!(members, [own] if actor.is(*own)) {
        return Err(Code::Forbidden.into());
    }
    let entry = ctx.entry(&actor.principal);
    let leaving = leaving(ctx, members, entry.at);
    let roles = actor.removable();
    let removal = Removal {
        organization: actor.organization_id,
        members: &leaving,
        by: actor.role,
        removable: &roles,
        with_sent,
        withdrawal: Withdrawal::by_member(actor),
    };
    ctx.is_done_with(&leaving.iter().map(|leaving| leaving.event).collect::<Vec<_>>());
    let mut batch = removal::remove(&entry, &removal);
    batch.push(removal::select_fates(&removal));
    let results = ctx.platform.batch(batch).await?;
    let [removed, _, revoked, .., fates] = results.as_slice() else {
        return Err(Error::Internal("six results".to_owned()));
    };
    let removed: Vec<Removed> = removed.rows()?;
    let fates: Vec<Fate> = fates.rows()?;
    let mut revoked = revoked.rows::<Revoked>()?;
    for invitation in revoked.iter().take(MOST_FORGOTTEN) {
        look::forget(ctx, invitation.id, invitation.ver).await;
    }
    // They are removed already. Of what they sent, what is not withdrawn yet speaks for the organization.
    while revoked.len() == removal::MOST_REVOKED {
        let batch = removal::revoke(&ctx.entry(&actor.principal), &removal);
        let results = ctx.platform.batch(batch.into()).await?;
        revoked = results.last().map(ResultSet::rows).transpose()?.unwrap_or_default();
    }
    let why_not = |member: &MemberId| {
        let was_removed = removed.iter().any(|removed| removed.subject == *member);
        (!was_removed).then(|| refusal_of(fates.iter().find(|fate| fate.id == *member)))
    };
    Ok((members.iter().map(why_not).collect(), entry.at))
}

/// Those who are named, each once, with an entry's id that begins with this moment: by it they are found again.
pub(super) fn leaving<P: Platform>(
    ctx: &Context<'_, P>,
    members: &[MemberId],
    at: Timestamp,
) -> Vec<Leaving> {
    let leaving = |member: &MemberId| Leaving { member: *member, event: Id::new(at, ctx.platform.random()) };
    order::once(members).into_iter().map(leaving).collect()
}

fn refusal_of(fate: Option<&Fate>) -> Error {
    match fate {
        None => Code::NotFound.into(),
        Some(fate) if !fate.active => Refusal::new(Code::MemberNotActive)
            .because("This person was removed already. Invite them again if they should come back.")
            .into(),
        Some(fate) if fate.role == Role::Owner => Code::LastOwner.into(),
        Some(_) => Code::Forbidden.into(),
    }
}

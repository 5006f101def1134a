//! What the inviter's side does with a link for many: makes its URLs new, turns it off and on.

use crate::domain::authority::Authority;
use crate::domain::invitation::Kind;
use crate::error::{Code, Error, Result};
use crate::flow::access::check_hand_out;
use crate::flow::change_invitation::{MOST_TRIES, is_open};
use crate::flow::{Attempt, Context, check_still_acts, look};
use crate::platform::{Platform, ResultSet};
use crate::store::acting::Acting;
use crate::store::invitations::{self, Record};
use crate::store::links::{self, Action, PlanAllows};

/// Changes an open link; whoever holds one of its URLs finds that at once. A link that is as wanted already stays so, which
/// is no error. Nobody who came in by it is touched. Whoever opens one, or makes it new, must hold what it gives by then.
pub async fn change<P: Platform>(
    ctx: &Context<'_, P>,
    by: &Authority,
    mut record: Record,
    action: Action,
) -> Result<Record> {
    for _ in 0..MOST_TRIES {
        match attempt(ctx, by, &record, action).await? {
            Attempt::Done(changed) => return Ok(changed),
            Attempt::Overtaken(current) => record = *current,
        }
    }
    Err(Error::slow_down())
}

async fn attempt<P: Platform>(
    ctx: &Context<'_, P>,
    by: &Authority,
    record: &Record,
    action: Action,
) -> Result<Attempt<Record>> {
    if record.state.kind != Kind::Link {
        return Err(Code::NotALink.into());
    }
    if action != Action::Disabled {
        check_hand_out(by, record)?;
    }
    let id = record.state.id;
    let acting = Acting::by(by);
    let entry = ctx.entry(by);
    let results = ctx
        .platform
        .batch(vec![
            links::claim(&entry, &acting, id, record.revision, action),
            links::apply(entry.id, id, action, entry.at),
            invitations::select(id),
            links::select_plan_allows(id),
            acting.select(),
        ])
        .await?;
    let [claimed, _, current, plan, acts] = results.as_slice() else {
        return Err(Error::Internal("five results".to_owned()));
    };
    let current: Record = current.first()?.ok_or_else(|| Error::from(Code::NotFound))?;
    if ResultSet::any(claimed) {
        let shown = current.state.ver - i64::from(action == Action::Rotated);
        look::forget(ctx, id, shown).await;
        return Ok(Attempt::Done(current));
    }
    check_still_acts(&acting, acts)?;
    if !is_open(&current, entry.at) {
        return Err(Code::NotPending.into());
    }
    if current.revision != record.revision {
        return Ok(Attempt::Overtaken(Box::new(current)));
    }
    let as_wanted = match action {
        Action::Rotated => false,
        Action::Disabled => current.state.disabled_at.is_some(),
        Action::Enabled => current.state.disabled_at.is_none(),
    };
    if !as_wanted && plan.first::<PlanAllows>()?.is_some_and(|plan| !plan.allows) {
        return Err(Code::PlanFeatureRequired.into());
    }
    Ok(Attempt::Done(current))
}

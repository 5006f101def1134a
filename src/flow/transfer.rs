//! Handing the organization over: the owner makes another member the owner, and becomes an admin.

use crate::domain::authority::Actor;
use crate::domain::ids::MemberId;
use crate::domain::role::Role;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::Context;
use crate::flow::members::no_seat;
use crate::platform::{Platform, ResultSet};
use crate::store::change_member::{self, Obstacles};
use crate::store::members::{self, Member};
use crate::store::ownership;

/// The refusal of anybody else.
#[must_use]
pub fn only_the_owner() -> Error {
    Refusal::new(Code::Forbidden).because("Only the owner hands the organization over. Ask them.").into()
}

/// Transfers the ownership. Answers the new owner. Refuses anybody but the owner, somebody who is not in or has not proved
/// their address, and a seat more than there is: the old owner takes one as an admin.
pub async fn transfer<P: Platform>(ctx: &Context<'_, P>, actor: &Actor, to: MemberId) -> Result<Member> {
    let Some(from) = actor.principal.member() else { return Err(only_the_owner()) };
    let entry = ctx.entry(&from);
    let mut batch = vec![ownership::claim(&entry, actor.organization_id, to)];
    batch.extend(ownership::apply(&entry, ctx.id(), from, to));
    batch.push(change_member::notify_of_role(ctx.id(), &entry, to));
    batch.push(members::select(to));
    batch.push(change_member::select_obstacles(actor.organization_id, to, actor.principal));
    let results = ctx.platform.batch(batch).await?;
    let [claim, .., current, obstacles] = results.as_slice() else {
        return Err(Error::Internal("a claim and two reads".to_owned()));
    };
    if ResultSet::any(claim) {
        return current.first()?.ok_or_else(|| Code::NotFound.into());
    }
    let to: Obstacles = obstacles.first()?.ok_or_else(|| Error::from(Code::NotFound))?;
    Err(if to.actor_role != Some(Role::Owner) {
        only_the_owner()
    } else if to.role == Role::Owner && to.active {
        Error::field("/member_id", Code::InvalidValue, "This member is the owner already.")
    } else if !to.active {
        Code::MemberNotActive.into()
    } else if !to.proved {
        let detail = "The new owner has to confirm their e-mail address first.";
        Refusal::new(Code::EmailUnverified).because(detail).into()
    } else {
        no_seat(to.trial_ends_at.is_some_and(|end| end <= ctx.now()))
    })
}

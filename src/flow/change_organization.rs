//! What changes about an organization: its name, brand and policy by those who run it, its plan by the operator.

use crate::domain::authority::Actor;
use crate::domain::ids::OrganizationId;
use crate::domain::organization::Plan;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::organizations::{self, Difference, Organization};

/// Changes name, brand and policy. Copies of its links' pages show the old ones for up to a minute.
pub async fn change<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    to: &Difference,
) -> Result<Organization> {
    let entry = ctx.entry(&actor.member_id);
    let results = ctx
        .platform
        .batch(vec![
            organizations::claim_change(&entry, actor.organization_id, to),
            organizations::change(entry.id, to),
            organizations::select(actor.organization_id),
            organizations::select_administers(actor.member_id),
        ])
        .await?;
    let [_, _, organization, administers] = results.as_slice() else {
        return Err(Error::Internal("four results".to_owned()));
    };
    if !administers.any() {
        return Err(Code::Forbidden.into());
    }
    organization.first()?.ok_or_else(|| Code::NotFound.into())
}

/// Sets the plan. One with fewer seats than are taken keeps everybody.
pub async fn set_plan<P: Platform>(
    ctx: &Context<'_, P>,
    id: OrganizationId,
    plan: &Plan,
) -> Result<Organization> {
    let entry = ctx.entry(&"operator");
    let results = ctx
        .platform
        .batch(vec![
            organizations::claim_plan(&entry, id, plan),
            organizations::set_plan(entry.id, plan),
            organizations::select(id),
        ])
        .await?;
    let organization = ResultSet::row_of(results.last())?;
    organization.ok_or_else(|| Code::NotFound.into())
}

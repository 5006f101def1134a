//! What changes about an organization: its name, brand and policy by those who run it, its plan by the operator.

use crate::domain::authority::Actor;
use crate::domain::ids::OrganizationId;
use crate::domain::organization::Plan;
use crate::domain::role::Role;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::organizations::{self, Difference, OfAdmins, Organization, Runs};

/// Changes name, brand and policy; whom admins may invite, only the owner changes. Copies of its links' pages show the old ones for up to a minute.
pub async fn change<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    to: &Difference,
) -> Result<Organization> {
    if to.of_admins == OfAdmins::Said && actor.role != Role::Owner {
        return Err(for_the_owner());
    }
    let entry = ctx.entry(&actor.principal);
    let results = ctx
        .platform
        .batch(vec![
            organizations::claim_change(&entry, actor.organization_id, to),
            organizations::change(entry.id, to),
            organizations::select(actor.organization_id),
            organizations::select_administers(actor.principal),
        ])
        .await?;
    let [claim, _, organization, runs] = results.as_slice() else {
        return Err(Error::Internal("four results".to_owned()));
    };
    let Runs { role, second_factor } = runs.first()?.ok_or_else(|| Error::from(Code::Forbidden))?;
    let organization: Organization = organization.first()?.ok_or_else(|| Error::from(Code::NotFound))?;
    let stands_in_the_way = match to.of_admins {
        OfAdmins::Unsaid => false,
        OfAdmins::Cleared => organization.policy.as_ref().is_some_and(|policy| policy.names(Role::Admin)),
        OfAdmins::Said => true,
    };
    if !claim.any() && role != Role::Owner && stands_in_the_way {
        return Err(for_the_owner());
    }
    if to.require_mfa == Some(true) && !claim.any() && !organization.require_mfa && !second_factor {
        return Err(needs_own_factor());
    }
    Ok(organization)
}

/// Whoever asks everybody for a second factor has one first: they would stand outside themselves.
#[must_use]
pub fn needs_own_factor() -> Error {
    let detail = "Set up two-step sign-in for your own account first: without it you would be the first to stand outside.";
    Error::field("/require_mfa", Code::MfaRequired, detail)
}

fn for_the_owner() -> Error {
    let detail = "Whom admins may invite is for the owner to say. Ask the owner to change it.";
    Refusal::new(Code::Forbidden).because(detail).into()
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
            organizations::set_plan(entry.id, plan.trial_ends_at),
            organizations::select(id),
        ])
        .await?;
    let organization = ResultSet::row_of(results.last())?;
    organization.ok_or_else(|| Code::NotFound.into())
}

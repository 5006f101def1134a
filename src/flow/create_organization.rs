//! The operator makes an organization: with its first workspace, and its owner's invitation on the way.

use std::time::Duration;

use crate::domain::access::Access;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::OrganizationId;
use crate::domain::offer::Offer;
use crate::domain::organization::{Plan, Slug};
use crate::domain::quota::Quota;
use crate::domain::role::Role;
use crate::domain::template::Template;
use crate::domain::text::Name;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::jobs::lost_at;
use crate::platform::{Platform, ResultSet};
use crate::store::access::Columns;
use crate::store::acting::Acting;
use crate::store::organizations::Organization;
use crate::store::{audit, invitations, jobs, organizations, workspaces};

/// What the operator said.
#[derive(Debug)]
pub struct New {
    /// The organization's name.
    pub name: Name,
    /// The template.
    pub template: &'static Template,
    /// The owner's address.
    pub owner_email: EmailAddress,
    /// The owner's name.
    pub owner_name: Name,
    /// A slug, if the operator wants a certain one.
    pub slug: Option<Slug>,
    /// A plan other than the template's.
    pub plan: Option<Plan>,
}

/// How often another ending is tried for a slug that nobody chose. There are half a million of them for each name.
const TRIES: usize = 5;

/// Makes the organization, its first workspace (of the same name), and the owner's invitation with its e-mail, in one
/// batch. Refuses a chosen slug that is taken; one made of the name gets another ending instead.
pub async fn create_organization<P: Platform>(ctx: &Context<'_, P>, new: New) -> Result<Organization> {
    if let Some(slug) = &new.slug {
        return attempt(ctx, &new, slug).await?.ok_or_else(|| {
            Error::field("/slug", Code::SlugTaken, "Another organization has this slug. Choose another.")
        });
    }
    for _ in 0..TRIES {
        let slug = Slug::derive(new.name.as_str(), ctx.platform.random());
        if let Some(made) = attempt(ctx, &new, &slug).await? {
            return Ok(made);
        }
    }
    Err(Error::Internal(format!("{TRIES} slugs in turn were taken")))
}

/// Makes the organization, unless another one has this slug.
async fn attempt<P: Platform>(ctx: &Context<'_, P>, new: &New, slug: &Slug) -> Result<Option<Organization>> {
    let now = ctx.now();
    let id: OrganizationId = ctx.id();
    let plan = new.plan.as_ref().unwrap_or(&new.template.plan);
    let lifetime = Duration::from_secs(new.template.policy.email_lifetime.default);
    let invitation = invitations::New {
        id: ctx.id(),
        organization_id: id,
        email: Some(new.owner_email.clone()),
        offer: Offer {
            role: Role::Owner,
            workspaces: None,
            access: Columns::of(&Access::default(), new.template),
            name: Some(new.owner_name.clone()),
            nickname: None,
            message: None,
            branding_name: None,
            branding_message: None,
            locale: "en".to_owned(),
        },
        customized: false,
        max_uses: Some(1),
        queued: true,
        expires_at: now.plus(lifetime).whole_seconds(),
        invited_by: None,
    };
    let job = ctx.id();
    let results = ctx
        .platform
        .batch(vec![
            organizations::insert(id, &new.name, slug, &new.template.key, plan, now),
            workspaces::insert(ctx.id(), id, &new.name, now),
            invitations::insert(&invitation, &Acting::OPERATOR, Quota::NONE, now),
            invitations::insert_workspaces(&invitation),
            jobs::insert_invitation_email(job, invitation.id, now, lost_at(now)),
            audit::of_organization(ctx.entry(&"operator"), id),
            audit::of_invitation(ctx.entry(&"operator"), invitation.id, audit::Event::Created),
            organizations::select(id),
        ])
        .await?;
    // If there is none, nothing of the batch was written: the organization's own insert is what all the rest hangs on.
    let made = ResultSet::row_of(results.last())?;
    if made.is_some() {
        ctx.platform.enqueue(job);
    }
    Ok(made)
}

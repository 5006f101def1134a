//! Adding somebody at once (S2-17, S3-09, S3-20): they are a member before they have done anything, and are told in the app
//! and, if that is wanted, by e-mail. The answer is the same whether or not the address had an account.

use crate::domain::access::Access;
use crate::domain::authority::{Actor, Authority};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::WorkspaceId;
use crate::domain::role::Role;
use crate::domain::text::Name;
use crate::error::{Code, Error, Result};
use crate::flow::access::{Wanted, check_scope, resolve};
use crate::flow::invite::{refusal_of, role_not_allowed};
use crate::flow::{Context, check_still_acts};
use crate::jobs::lost_at;
use crate::platform::{Platform, ResultSet};
use crate::store::access::Columns;
use crate::store::acting::Acting;
use crate::store::adding::{self, New};
use crate::store::members::Member;
use crate::store::obstacles::{self, Asked, Obstacles};
use crate::store::{audit, invitations, jobs, members, notifications};

/// Who is to be added, and how.
#[derive(Debug)]
pub struct AddMember {
    /// Their address.
    pub email: EmailAddress,
    /// What this organization calls them.
    pub name: Name,
    /// As what.
    pub role: Role,
    /// Into which workspaces; `None` is the oldest.
    pub workspaces: Option<Vec<WorkspaceId>>,
    /// With what access there.
    pub access: Wanted,
    /// Whether an e-mail tells them (S3-08); without one whoever adds them does (S3-09).
    pub notify: bool,
}

/// Adds somebody. Refuses what inviting them would be refused for, see [`invite`](crate::flow::invite::invite); here a seat
/// is taken at once. Answers them, and whether they are told by e-mail: nobody is who reported one of the organization's.
pub async fn add_member<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    add: AddMember,
) -> Result<(Member, bool)> {
    if !actor.may_invite(add.role) {
        return Err(role_not_allowed(actor, add.role));
    }
    check_scope(actor, add.role)?;
    let workspaces = actor.workspaces_meant(add.workspaces);
    let access = resolve(ctx, actor, add.role, workspaces.as_deref(), Access::default(), add.access).await?;
    let now = ctx.now();
    let new = New {
        member_id: ctx.id(),
        organization_id: actor.organization_id,
        user_id: ctx.user_id(),
        email: add.email,
        name: add.name,
        role: add.role,
        customized: access.is_custom_for(add.role),
        access: Columns::of(&access, actor.template),
        workspaces,
        notify: add.notify,
    };
    let entry = audit::Entry { at: now, ..ctx.entry(&actor.principal) };
    let by = Acting::of(actor);
    let job = ctx.id();
    let mut batch = vec![
        // An invitation that is over doesn't stand in the way.
        invitations::stamp_lapsed_of(new.organization_id, &new.email, now),
        adding::claim(&new, &by, ctx.config.quota, &entry),
    ];
    batch.extend(adding::let_in(&new, entry.id));
    batch.push(notifications::of_new_member(ctx.id(), entry.id));
    if new.notify {
        batch.push(jobs::insert_member_email(job, entry.id, lost_at(now)));
    }
    batch.extend([
        members::select(new.member_id),
        obstacles::select(&Asked {
            organization: new.organization_id,
            email: Some(&new.email),
            workspaces: new.workspaces.as_deref(),
            grants: &new.access.grants,
            mailed: Some(&new.email).filter(|_| new.notify),
            quota: ctx.config.quota,
            now,
            except: None,
            unless: None,
        }),
        by.select(),
    ]);
    let results = ctx.platform.batch(batch).await?;
    let [.., member, obstacles, acts] = results.as_slice() else {
        return Err(Error::Internal("a member, what stood in the way and who added".to_owned()));
    };
    if let Some(member) = member.first::<Member>()? {
        let mailed = new.notify && results.iter().rev().nth(3).is_some_and(ResultSet::any);
        if mailed {
            ctx.platform.enqueue(job);
        }
        return Ok((member, mailed));
    }
    check_still_acts(&by, acts)?;
    let obstacles: Obstacles = obstacles.first()?.ok_or_else(|| Error::from(Code::NotFound))?;
    Err(refusal_of(&obstacles, &Authority::Member(actor.clone()), new.customized, now))
}

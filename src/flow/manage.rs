//! What the inviter's side does with an invitation: send it again, withdraw it, copy its link.

use std::time::Duration;

use crate::domain::authority::Authority;
use crate::domain::invitation::Status;
use crate::domain::link::{Link, Via};
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::flow::access::check_hand_out;
use crate::flow::invite::refusal_of;
use crate::flow::{Context, check_still_acts, look};
use crate::jobs::lost_at;
use crate::platform::{Platform, ResultSet};
use crate::store::acting::Acting;
use crate::store::invitations::Record;
use crate::store::obstacles::{self, Asked, Obstacles};
use crate::store::{audit, invitations, jobs};
use crate::web::route::Route;

/// Sends an invitation again: it lives as long as a new one, under a new version, so every older link is dead. An expired
/// one comes back to life if nothing stands in the way. Refuses one that gives more than whoever sends it holds.
pub async fn resend<P: Platform>(ctx: &Context<'_, P>, by: &Authority, record: &Record) -> Result<Record> {
    let now = ctx.now();
    let invitation = &record.state;
    let Some(email) = &invitation.email else { return Err(Code::LinkHasNoRecipient.into()) };
    check_hand_out(by, record)?;
    let acting = Acting::by(by);
    let job = ctx.id();
    let lifetime = Duration::from_secs(by.policy().email_lifetime.default);
    let expires_at = now.plus(lifetime).whole_seconds();
    let results = ctx
        .platform
        .batch(vec![
            invitations::stamp_lapsed_of(invitation.organization_id, email, now),
            invitations::renew(invitation.id, &acting, expires_at, now),
            jobs::insert_invitation_email(job, invitation.id, now, lost_at(now)),
            audit::of_invitation(ctx.entry(by), invitation.id, audit::Event::Resent(job)),
            invitations::select(invitation.id),
            obstacles::select(&Asked {
                organization: invitation.organization_id,
                email: Some(email),
                workspaces: None,
                grants: "[]",
                except: Some(invitation.id),
            }),
            acting.select(),
        ])
        .await?;
    let [_, renewed, .., current, obstacles, acts] = results.as_slice() else {
        return Err(Error::Internal("seven results".to_owned()));
    };
    let current: Record = current.first()?.ok_or_else(|| Error::from(Code::NotFound))?;
    if ResultSet::any(renewed) {
        ctx.platform.enqueue(job);
        look::forget(ctx, invitation.id, invitation.ver).await;
        return Ok(current);
    }
    check_still_acts(&acting, acts)?;
    if !matches!(current.state.status(now), Status::Pending | Status::Expired) {
        return Err(Code::NotPending.into());
    }
    let Some(obstacles) = obstacles.first::<Obstacles>()? else { return Err(Code::NotFound.into()) };
    let customized = match by {
        Authority::Member(actor) => {
            let access = current.access.read(&actor.template.catalog);
            access.is_custom_for(current.state.role)
        }
        // An owner's has no list at all.
        Authority::Operator(_) => false,
    };
    Err(refusal_of(&obstacles, by, customized, now))
}

/// Withdraws an open invitation; its links and its seat are free at once.
pub async fn revoke<P: Platform>(ctx: &Context<'_, P>, by: &Authority, record: &Record) -> Result<Record> {
    let now = ctx.now();
    let id = record.state.id;
    let acting = Acting::by(by);
    let entry = audit::Entry { at: now, ..ctx.entry(by) };
    let claim = entry.id;
    let results = ctx
        .platform
        .batch(vec![
            audit::of_invitation(entry, id, audit::Event::Revoked(&acting)),
            invitations::revoke(claim, id, now),
            invitations::select(id),
            acting.select(),
        ])
        .await?;
    let [_, revoked, current, acts] = results.as_slice() else {
        return Err(Error::Internal("four results".to_owned()));
    };
    if !ResultSet::any(revoked) {
        check_still_acts(&acting, acts)?;
        return Err(Code::NotPending.into());
    }
    look::forget(ctx, id, record.state.ver).await;
    current.first()?.ok_or_else(|| Code::NotFound.into())
}

/// The link of an open invitation, to be handed over in some other way than by our e-mail. That it was given out is
/// audited; the link itself is nowhere kept. Refuses one that gives more than whoever asks for it holds.
pub async fn copy_link<P: Platform>(
    ctx: &Context<'_, P>,
    by: &Authority,
    record: &Record,
) -> Result<(String, Timestamp)> {
    check_hand_out(by, record)?;
    let invitation = &record.state;
    let acting = Acting::by(by);
    let copied = audit::Event::LinkCopied(invitation, &acting);
    let given = audit::of_invitation(ctx.entry(by), invitation.id, copied);
    let results = ctx.platform.batch(vec![given, acting.select()]).await?;
    let [given, acts] = results.as_slice() else {
        return Err(Error::Internal("two results".to_owned()));
    };
    if !given.any() {
        check_still_acts(&acting, acts)?;
        return Err(Code::NotPending.into());
    }
    let token = Link::to(invitation, Via::Copy).sign(&ctx.config.keys, invitation.expires_at);
    Ok((Route::Invitation(token).url(&ctx.config.origin), invitation.expires_at))
}

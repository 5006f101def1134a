//! What the inviter's side does with an invitation: send it again, withdraw it, copy its link.

use std::time::Duration;

use crate::domain::authority::Authority;
use crate::domain::invitation::Status;
use crate::domain::link::{Link, Via};
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::flow::access::{check_hand_out, factor_needed};
use crate::flow::change_invitation::{MOST_TRIES, is_open};
use crate::flow::invite::refusal_of;
use crate::flow::{Attempt, Context, check_still_acts, look};
use crate::jobs::lost_at;
use crate::platform::{Platform, ResultSet};
use crate::store::acting::Acting;
use crate::store::audit::Withdrawal;
use crate::store::invitations::Record;
use crate::store::obstacles::{self, Asked, Obstacles};
use crate::store::{audit, invitations, jobs};
use crate::web::route::Route;

/// Sends an invitation again: it lives as long as a new one, under a new version, so every older link is dead. An expired
/// one comes back to life if nothing stands in the way. Refuses one that gives more than whoever sends it holds, as it is when
/// it is sent. To an address from which a mail came back only if whoever sends says that it is right by now (`confirmed`).
pub async fn resend<P: Platform>(
    ctx: &Context<'_, P>,
    by: &Authority,
    mut record: Record,
    confirmed: bool,
) -> Result<Record> {
    for _ in 0..MOST_TRIES {
        match try_resend(ctx, by, &record, confirmed).await? {
            Attempt::Done(sent) => return Ok(sent),
            Attempt::Overtaken(current) => record = *current,
        }
    }
    Err(Error::slow_down())
}

async fn try_resend<P: Platform>(
    ctx: &Context<'_, P>,
    by: &Authority,
    record: &Record,
    confirmed: bool,
) -> Result<Attempt<Record>> {
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
            invitations::renew(
                invitation.id,
                record.revision,
                &acting,
                expires_at,
                confirmed,
                ctx.config.quota,
                now,
            ),
            invitations::confirm_address(invitation.id),
            jobs::insert_invitation_email(job, invitation.id, now, lost_at(now)),
            audit::of_invitation(ctx.entry(by), invitation.id, audit::Event::Resent(job)),
            invitations::select(invitation.id),
            obstacles::select(&Asked {
                organization: invitation.organization_id,
                email: Some(email),
                workspaces: None,
                grants: "[]",
                mailed: Some(email),
                quota: ctx.config.quota,
                now,
                except: Some(invitation.id),
                unless: None,
            }),
            acting.select(),
        ])
        .await?;
    let [_, renewed, .., current, obstacles, acts] = results.as_slice() else {
        return Err(Error::Internal("eight results".to_owned()));
    };
    let current: Record = current.first()?.ok_or_else(|| Error::from(Code::NotFound))?;
    if ResultSet::any(renewed) {
        ctx.platform.enqueue(job);
        look::forget(ctx, invitation.id, invitation.ver).await;
        return Ok(Attempt::Done(current));
    }
    check_still_acts(&acting, acts)?;
    if current.revision != record.revision {
        return Ok(Attempt::Overtaken(Box::new(current)));
    }
    if !matches!(current.state.status(now), Status::Pending | Status::Expired) {
        return Err(Code::NotPending.into());
    }
    if current.delivery.is_refusal() {
        return Err(Code::Undeliverable.into());
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

/// Withdraws an open invitation; its links and its seat are free at once. One that asks for a second factor only those who run
/// the organization withdraw: made again, it would ask for none.
pub async fn revoke<P: Platform>(ctx: &Context<'_, P>, by: &Authority, record: &Record) -> Result<Record> {
    let now = ctx.now();
    let id = record.state.id;
    let acting = Acting::by(by);
    let withdrawal = Withdrawal::by(by);
    let entry = audit::Entry { at: now, ..ctx.entry(by) };
    let claim = entry.id;
    let results = ctx
        .platform
        .batch(vec![
            audit::of_invitation(entry, id, audit::Event::Revoked(&acting, &withdrawal)),
            invitations::revoke(claim, id, now),
            invitations::select(id),
            acting.select(),
        ])
        .await?;
    let [_, revoked, current, acts] = results.as_slice() else {
        return Err(Error::Internal("four results".to_owned()));
    };
    let current: Record = current.first()?.ok_or_else(|| Error::from(Code::NotFound))?;
    if ResultSet::any(revoked) {
        look::forget(ctx, id, current.state.ver - 1).await;
        return Ok(current);
    }
    check_still_acts(&acting, acts)?;
    if !by.covers(current.state.role) {
        return Err(Code::Forbidden.into());
    }
    Err(if is_open(&current, now) { factor_needed() } else { Code::NotPending.into() })
}

/// The link of an open invitation, to be handed over in some other way than by our e-mail. That it was given out is
/// audited; the link itself is nowhere kept. Refuses one that gives more than whoever asks for it holds, as it is when it is
/// given out.
pub async fn copy_link<P: Platform>(
    ctx: &Context<'_, P>,
    by: &Authority,
    mut record: Record,
) -> Result<(String, Timestamp)> {
    for _ in 0..MOST_TRIES {
        match try_copy(ctx, by, &record).await? {
            Attempt::Done(link) => return Ok(link),
            Attempt::Overtaken(current) => record = *current,
        }
    }
    Err(Error::slow_down())
}

async fn try_copy<P: Platform>(
    ctx: &Context<'_, P>,
    by: &Authority,
    record: &Record,
) -> Result<Attempt<(String, Timestamp)>> {
    check_hand_out(by, record)?;
    let invitation = &record.state;
    let acting = Acting::by(by);
    let entry = ctx.entry(by);
    let now = entry.at;
    let given = audit::of_invitation(entry, invitation.id, audit::Event::LinkCopied(record, &acting));
    let batch = vec![given, invitations::select(invitation.id), acting.select()];
    let results = ctx.platform.batch(batch).await?;
    let [given, current, acts] = results.as_slice() else {
        return Err(Error::Internal("three results".to_owned()));
    };
    if !given.any() {
        check_still_acts(&acting, acts)?;
        let current: Record = current.first()?.ok_or_else(|| Error::from(Code::NotFound))?;
        return if is_open(&current, now) {
            Ok(Attempt::Overtaken(Box::new(current)))
        } else {
            Err(Code::NotPending.into())
        };
    }
    let token = Link::to(invitation, Via::Copy).sign(&ctx.config.keys, invitation.expires_at);
    Ok(Attempt::Done((Route::Invitation(token).url(&ctx.config.origin), invitation.expires_at)))
}

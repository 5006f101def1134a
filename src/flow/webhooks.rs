//! Webhooks: made and changed by those who run the organization, after they showed again who they are where it decides who is
//! told; or by the operator. Secrets are shown once, and sealed wherever they are kept.

use std::time::Duration;

use serde_json::Value;

use crate::domain::authority::Actor;
use crate::domain::ids::{JobId, OrganizationId, WebhookId};
use crate::domain::order;
use crate::domain::signature::Secret;
use crate::domain::time::Timestamp;
use crate::domain::webhook::TEST;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::{Context, check_still_acts};
use crate::jobs::lost_at;
use crate::jobs::webhook_delivery::{self, MOST_ATTEMPTS};
use crate::platform::{Platform, ResultSet, Statement};
use crate::store::acting::Acting;
use crate::store::jobs::Requeued;
use crate::store::webhook_deliveries::{self, Shown as Delivery};
use crate::store::webhook_turns::{self, Tried};
use crate::store::webhooks::{self as store, Changes, New, Oldest, Shown, Write};

/// For how long deliveries are signed with a secret that was replaced too.
pub const OVERLAP: Duration = Duration::from_hours(24);

/// As many deliveries that failed are made again by one request.
pub const MOST_REPLAYED: usize = 100;

/// Makes a webhook. Answers it, with its secret.
pub async fn create<P: Platform>(
    ctx: &Context<'_, P>,
    organization: OrganizationId,
    actor: Option<&Actor>,
    url: &str,
    events: &[&'static str],
) -> Result<(Shown, Secret)> {
    let id: WebhookId = ctx.id();
    let (secret, sealed) = new_secret(ctx, id)?;
    let new = New {
        id,
        organization_id: organization,
        url,
        events: events.iter().copied().map(Value::from).collect::<Value>().to_string(),
        secret: sealed,
    };
    let (entry, by) = ctx.acting(actor);
    let batch = vec![
        store::claim_new(&entry, &new, &by),
        store::insert(entry.id, &new),
        store::select(organization, id, ctx.now()),
        by.select(),
    ];
    let results = ctx.platform.batch(batch).await?;
    let [claim, _, shown, acts] = results.as_slice() else {
        return Err(Error::Internal("a claim, a write and two reads".to_owned()));
    };
    if !claim.any() {
        check_still_acts(&by, acts)?;
        return Err(Code::TooManyWebhooks.into());
    }
    Ok((shown.first()?.ok_or_else(|| Error::from(Code::NotFound))?, secret))
}

/// Changes a webhook. What waited for one that is turned on, or is reached elsewhere from now on, goes out from now on: what was tried
/// before too.
pub async fn change<P: Platform>(
    ctx: &Context<'_, P>,
    organization: OrganizationId,
    actor: Option<&Actor>,
    id: WebhookId,
    changes: &Changes,
) -> Result<Shown> {
    let shown = write(ctx, organization, actor, id, |write| Vec::from(store::change(write, changes))).await?;
    if shown.disabled_at.is_none() && (changes.url.is_some() || changes.enabled == Some(true)) {
        let_go(ctx, id).await?;
    }
    Ok(shown)
}

/// Has delivered, one after the other from now on, all that waits for a webhook. Answers how much of it was tried before.
async fn let_go<P: Platform>(ctx: &Context<'_, P>, id: WebhookId) -> Result<usize> {
    let now = ctx.now();
    let mut batch = vec![webhook_deliveries::end_rest(id), webhook_turns::park_all(id, MOST_ATTEMPTS, now)];
    batch.extend(webhook_delivery::go_on(id, now));
    let results = ctx.platform.batch(batch).await?;
    let [_, parked, next, _] = results.as_slice() else {
        return Err(Error::Internal("four results".to_owned()));
    };
    let next: Vec<JobId> = next.rows::<Requeued>()?.into_iter().map(|job| job.id).collect();
    ctx.platform.enqueue_deliveries(&next);
    Ok(parked.rows::<Tried>()?.iter().filter(|one| one.attempts > 0).count())
}

/// Gives a webhook another secret. Deliveries are signed with the one before too for [`OVERLAP`], so that its receiver never has
/// to stop. Answers both.
///
/// # Errors
/// `rate_limited` while as many as [`MOST_OLD`](store::MOST_OLD) that were replaced still count.
pub async fn rotate<P: Platform>(
    ctx: &Context<'_, P>,
    organization: OrganizationId,
    actor: Option<&Actor>,
    id: WebhookId,
) -> Result<(Shown, Secret)> {
    let (secret, sealed) = new_secret(ctx, id)?;
    let (entry, by) = ctx.acting(actor);
    let now = entry.at;
    let written = Write { entry: &entry, organization, id, by: &by };
    let mut batch = Vec::from(store::rotate(written, &sealed, now.plus(OVERLAP)));
    batch.extend([store::oldest_secret(id, now), store::select(organization, id, now), by.select()]);
    let results = ctx.platform.batch(batch).await?;
    let [claim, .., oldest, shown, acts] = results.as_slice() else {
        return Err(Error::Internal("a claim, a write and three reads".to_owned()));
    };
    if !claim.any() {
        check_still_acts(&by, acts)?;
    }
    let shown: Shown = shown.first()?.ok_or_else(|| Error::from(Code::NotFound))?;
    match oldest.first::<Oldest>()?.filter(|_| !claim.any()) {
        None => Ok((shown, secret)),
        Some(oldest) => Err(enough_secrets(oldest.until, now)),
    }
}

fn enough_secrets(until: Timestamp, now: Timestamp) -> Error {
    let retry_after = u32::try_from((until.millis() - now.millis() + 999).div_euclid(1000)).ok();
    let detail = "The secret was replaced five times within a day, and each of those still counts, so that no receiver stops. Replace it again when the first one's day is over, or make another webhook and delete this one.";
    Refusal { retry_after, ..Refusal::new(Code::RateLimited).because(detail) }.into()
}

/// Deletes a webhook. What waits to be delivered to it is given up.
pub async fn delete<P: Platform>(
    ctx: &Context<'_, P>,
    organization: OrganizationId,
    actor: Option<&Actor>,
    id: WebhookId,
) -> Result<()> {
    let (entry, by) = ctx.acting(actor);
    let [claim, deleted, secrets] = store::delete(Write { entry: &entry, organization, id, by: &by });
    let results = ctx.platform.batch(vec![claim, deleted, secrets, by.select()]).await?;
    let [claim, _, _, acts] = results.as_slice() else {
        return Err(Error::Internal("a claim, a write and a read".to_owned()));
    };
    if claim.any() {
        return Ok(());
    }
    check_still_acts(&by, acts)?;
    Err(Code::NotFound.into())
}

/// Has an event delivered that tells nothing.
pub async fn test<P: Platform>(
    ctx: &Context<'_, P>,
    organization: OrganizationId,
    actor: Option<&Actor>,
    id: WebhookId,
) -> Result<Delivery> {
    let (job, event, now) = (ctx.id(), ctx.id(), ctx.now());
    let data = serde_json::json!({"organization_id": organization, "webhook_id": id});
    let body = body(TEST, now, &data);
    let tested =
        |write: Write<'_>| Vec::from(webhook_deliveries::test(write, event, &body, job, lost_at(now)));
    deliver(ctx, organization, actor, id, (job, None), tested).await
}

/// Has an event delivered again, under its own id; if that delivery still waits for its next try, now.
pub async fn replay<P: Platform>(
    ctx: &Context<'_, P>,
    organization: OrganizationId,
    actor: Option<&Actor>,
    id: WebhookId,
    delivery: JobId,
) -> Result<Delivery> {
    let (job, now) = (ctx.id(), ctx.now());
    let replayed =
        |write: Write<'_>| Vec::from(webhook_deliveries::replay(write, delivery, job, lost_at(now)));
    deliver(ctx, organization, actor, id, (job, Some(delivery)), replayed).await
}

/// Has what was given up delivered again, the newest [`MOST_REPLAYED`] of it; and what waits for its next try, from now on. Answers
/// how many that are.
pub async fn replay_failed<P: Platform>(
    ctx: &Context<'_, P>,
    organization: OrganizationId,
    actor: Option<&Actor>,
    id: WebhookId,
) -> Result<usize> {
    let now = ctx.now();
    // Lists are in the order of ids, and these are of one moment: the older event is to have the smaller one.
    let jobs: Vec<JobId> = order::set((0..MOST_REPLAYED).map(|_| ctx.id())).into_iter().collect();
    let (entry, by) = ctx.acting(actor);
    let [claim, put] = webhook_deliveries::replay_failed(
        Write { entry: &entry, organization, id, by: &by },
        &jobs,
        lost_at(now),
    );
    let results =
        ctx.platform.batch(vec![claim, put, store::select(organization, id, now), by.select()]).await?;
    let [claim, put, shown, acts] = results.as_slice() else {
        return Err(Error::Internal("a claim, a write and two reads".to_owned()));
    };
    if !claim.any() {
        return Err(not_delivered(&by, acts, shown)?);
    }
    // These have not been tried, and go out with what was.
    Ok(put.rows::<Requeued>()?.len() + let_go(ctx, id).await?)
}

/// What receivers are sent: `{type, timestamp, data}`.
#[must_use]
pub fn body(kind: &str, at: Timestamp, data: &Value) -> String {
    serde_json::json!({"type": kind, "timestamp": at, "data": data}).to_string()
}

fn new_secret<P: Platform>(ctx: &Context<'_, P>, id: WebhookId) -> Result<(Secret, String)> {
    let secret = Secret::new(ctx.platform.random());
    let sealed = ctx.config.keys.seal(&id.to_string(), secret.bytes(), ctx.platform.random());
    let sealed = sealed.ok_or_else(|| Error::Internal("a secret was not sealed".to_owned()))?;
    Ok((secret, sealed))
}

/// Runs a claim and its write, and answers the webhook as it is now.
async fn write<P: Platform>(
    ctx: &Context<'_, P>,
    organization: OrganizationId,
    actor: Option<&Actor>,
    id: WebhookId,
    statements: impl FnOnce(Write<'_>) -> Vec<Statement>,
) -> Result<Shown> {
    let (entry, by) = ctx.acting(actor);
    let mut batch = statements(Write { entry: &entry, organization, id, by: &by });
    batch.extend([store::select(organization, id, ctx.now()), by.select()]);
    let results = ctx.platform.batch(batch).await?;
    let (Some(claim), [.., shown, acts]) = (results.first(), results.as_slice()) else {
        return Err(Error::Internal("a claim, a write and two reads".to_owned()));
    };
    if !claim.any() {
        check_still_acts(&by, acts)?;
    }
    shown.first()?.ok_or_else(|| Code::NotFound.into())
}

/// Runs a claim and what puts a delivery into the outbox, or has the one that it is `of` made now, and answers that.
async fn deliver<P: Platform>(
    ctx: &Context<'_, P>,
    organization: OrganizationId,
    actor: Option<&Actor>,
    id: WebhookId,
    (job, of): (JobId, Option<JobId>),
    statements: impl FnOnce(Write<'_>) -> Vec<Statement>,
) -> Result<Delivery> {
    let (entry, by) = ctx.acting(actor);
    let mut batch = statements(Write { entry: &entry, organization, id, by: &by });
    batch.extend([
        webhook_deliveries::one(id, job, of),
        store::select(organization, id, ctx.now()),
        by.select(),
    ]);
    let results = ctx.platform.batch(batch).await?;
    let [claim, .., delivery, shown, acts] = results.as_slice() else {
        return Err(Error::Internal("a claim, a write and three reads".to_owned()));
    };
    if let Some(delivery) = delivery.first::<Delivery>()?.filter(|_| claim.any()) {
        ctx.platform.enqueue_deliveries(&[delivery.id]);
        return Ok(delivery);
    }
    Err(not_delivered(&by, acts, shown)?)
}

/// Why nothing is delivered.
fn not_delivered(by: &Acting, acts: &ResultSet, shown: &ResultSet) -> Result<Error> {
    check_still_acts(by, acts)?;
    Ok(match shown.first::<Shown>()? {
        None => Code::NotFound.into(),
        Some(shown) if shown.disabled_at.is_some() => Code::WebhookDisabled.into(),
        // It is there, and on: so it is the delivery that isn't.
        Some(_) => Code::NotReplayable.into(),
    })
}

//! The job that applies what others told.

use crate::config::Config;
use crate::domain::ids::{Id, JobId};
use crate::error::{Error, Result};
use crate::jobs::{Outcome, backoff, lost_at};
use crate::platform::{Platform, ResultSet};
use crate::store::audit::Entry;
use crate::store::hooks::{self, Event, Message, Subscription, Told};
use crate::store::{jobs, organizations};

/// A provider may tell of a message before its sending is noted here: so often is it looked for. That is over a minute, longer
/// than a lease; what is then not found was sent by somebody else, with the same account.
const LOOKED_FOR: i64 = 5;

/// Applies an event, and settles the job.
///
/// # Errors
/// The database's; the lease then runs out and the job is taken again.
pub async fn run(
    platform: &impl Platform,
    config: &Config,
    id: JobId,
    attempt: i64,
    event: Option<Event>,
) -> Result<Outcome> {
    let Some(Event { told, id: event }) = event else {
        return Err(Error::Internal("an event's job without its event".to_owned()));
    };
    match told {
        Told { message: Some(told), .. } => deliver(platform, id, attempt, &told).await,
        Told { subscription: Some(told), .. } => {
            subscribe(platform, config, id, attempt, &event, &told).await
        }
        Told { message: None, subscription: None } => Err(Error::Internal("an event of nothing".to_owned())),
    }
}

async fn deliver(platform: &impl Platform, id: JobId, attempt: i64, told: &Message) -> Result<Outcome> {
    let now = platform.now();
    let mut batch = Vec::from(hooks::deliver(told, now));
    batch.push(hooks::is_ours(&told.id));
    let results = platform.batch(batch).await?;
    let found = results.last().is_some_and(ResultSet::any);
    if !found && attempt < LOOKED_FOR {
        let wait = backoff::after(attempt, platform.random());
        let due = now.plus(wait);
        platform.run(jobs::retry(id, attempt, due, lost_at(due), "no such message")).await?;
        return Ok(Outcome::Retry(wait));
    }
    platform.run(jobs::done(id, attempt, None, now)).await?;
    Ok(Outcome::Done)
}

async fn subscribe(
    platform: &impl Platform,
    config: &Config,
    id: JobId,
    attempt: i64,
    event: &str,
    told: &Subscription,
) -> Result<Outcome> {
    let now = platform.now();
    let entry = Entry {
        id: Id::new(now, platform.random()),
        at: now,
        actor: "billing".to_owned(),
        request_id: event.to_owned(),
    };
    let claim = hooks::claim_plan(&entry, told, &config.plan_features, config.templates.plans());
    let results = platform
        .batch(vec![
            hooks::subscribe(told),
            claim,
            organizations::set_plan(entry.id, None),
            hooks::is_known(&told.id),
        ])
        .await?;
    let known = results.last().is_some_and(ResultSet::any);
    // One that names nobody and was never heard of is of another product.
    let known = known || told.organization_id.is_none();
    let settled = if known {
        jobs::done(id, attempt, None, now)
    } else {
        jobs::failed(id, attempt, "no such organization", now)
    };
    platform.run(settled).await?;
    Ok(if known { Outcome::Done } else { Outcome::Failed })
}

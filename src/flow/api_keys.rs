//! The keys that an organization's programs call with: made by those who run it, after they showed again who they are, or by
//! the operator; shown once.

use std::time::Duration;

use serde_json::Value;

use crate::domain::api_key::{ApiKey, Scope};
use crate::domain::authority::Actor;
use crate::domain::ids::{ApiKeyId, OrganizationId};
use crate::domain::text::Name;
use crate::error::{Code, Error, Result};
use crate::flow::{Context, check_still_acts};
use crate::platform::{Platform, ResultSet, Statement};
use crate::store::acting::Acting;
use crate::store::api_keys::{self as store, New, Shown};

/// A key that is to be made.
#[derive(Debug)]
pub struct Wanted {
    /// What people call it.
    pub name: Name,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// How long it lives, if it is to end by itself.
    pub lifetime: Option<Duration>,
}

/// Makes a key, for whoever runs the organization; without an actor, for the operator. Answers it, with the key itself.
pub async fn create<P: Platform>(
    ctx: &Context<'_, P>,
    organization: OrganizationId,
    actor: Option<&Actor>,
    wanted: Wanted,
) -> Result<(Shown, ApiKey)> {
    let key = ApiKey::new(ctx.platform.random());
    let Wanted { name, scopes, lifetime } = wanted;
    let expires_at = lifetime.map(|lifetime| ctx.now().plus(lifetime));
    let scopes = scopes.iter().map(|scope| Value::from(scope.as_str())).collect::<Value>().to_string();
    let (id, digest, hint) = (ctx.id(), key.digest(), key.hint());
    let new = New { id, organization_id: organization, name: &name, scopes, digest, hint, expires_at };
    let (entry, by) = ctx.acting(actor);
    let batch = vec![store::claim_new(&entry, &new, &by), store::insert(entry.id, &new)];
    Ok((run(ctx, batch, &by, organization, id).await?, key))
}

/// Revokes a key. One that was revoked before stays so.
pub async fn revoke<P: Platform>(
    ctx: &Context<'_, P>,
    organization: OrganizationId,
    actor: Option<&Actor>,
    id: ApiKeyId,
) -> Result<()> {
    let (entry, by) = ctx.acting(actor);
    let batch = vec![store::claim_revocation(&entry, organization, id, &by), store::revoke(entry.id)];
    run(ctx, batch, &by, organization, id).await.map(|_| ())
}

/// Runs a claim and its write, and answers the key as it is now.
async fn run<P: Platform>(
    ctx: &Context<'_, P>,
    mut batch: Vec<Statement>,
    by: &Acting,
    organization: OrganizationId,
    id: ApiKeyId,
) -> Result<Shown> {
    batch.extend([store::select(organization, id), by.select()]);
    let results = ctx.platform.batch(batch).await?;
    let [claim, _, shown, acts] = results.as_slice() else {
        return Err(Error::Internal("a claim, a write and two reads".to_owned()));
    };
    if !ResultSet::any(claim) {
        check_still_acts(by, acts)?;
    }
    shown.first()?.ok_or_else(|| Code::NotFound.into())
}

//! What somebody chooses to be told, and how, in an organization that they are in.

use crate::domain::ids::OrganizationId;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::accounts::select_signed_in;
use crate::store::notification_choices::{self, Chosen, Wish};

/// Keeps the wishes of whoever holds this session. What they don't say stays as it is, whoever says something else of it at the
/// same time.
///
/// # Errors
/// 401 for whoever holds none, 404 where they are not in.
pub async fn choose<P: Platform>(
    ctx: &Context<'_, P>,
    session: &str,
    organization: OrganizationId,
    wishes: &[Wish],
) -> Result<Chosen> {
    let now = ctx.now();
    let results = ctx
        .platform
        .batch(vec![
            select_signed_in(session, now),
            notification_choices::choose(session, organization, wishes, now),
            notification_choices::select(session, Some(organization), None, 1, now),
        ])
        .await?;
    let [me, _, chosen] = results.as_slice() else {
        return Err(Error::Internal("three results".to_owned()));
    };
    if !me.any() {
        return Err(Code::Unauthenticated.into());
    }
    chosen.first()?.ok_or_else(|| Code::NotFound.into())
}

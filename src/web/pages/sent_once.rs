//! A form whose answer shows what is shown once. Sent a second time, by a reload or a second press, it makes no second one:
//! the page that it is on is another by each nonce, so the same bytes are the same sending.

use crate::domain::secret;
use crate::error::Result;
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::idempotency::Once;
use crate::web::idempotency::was_second;
use crate::web::pages::session;
use crate::web::request::Request;

/// Makes it, unless this form made it already: then there is none. What is refused may be sent again as it is.
///
/// # Errors
/// What `make` answers.
pub async fn sent_once<P: Platform, T>(
    ctx: &Context<'_, P>,
    request: &Request,
    make: impl AsyncFnOnce(&Context<'_, P>) -> Result<T>,
) -> Result<Option<T>> {
    let session = session(request).unwrap_or_default();
    let fingerprint = secret::digest(request.body());
    let once = Once {
        caller: format!("session {session}"),
        credential: Some(session),
        key: format!("form {fingerprint}"),
        fingerprint,
        request_id: ctx.request_id.clone(),
        at: ctx.now(),
    };
    let before = ctx.platform.batch(vec![once.lapse(), once.select()]).await?;
    if before.last().is_some_and(ResultSet::any) {
        return Ok(None);
    }
    let ctx = ctx.under(once);
    let made = make(&ctx).await;
    ctx.platform.meter().rider.replace(None);
    match made {
        Ok(made) => Ok(Some(made)),
        Err(error) if was_second(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

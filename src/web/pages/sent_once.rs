//! A form whose answer shows what is shown once. Sent a second time, by a reload or a second press, it makes no second one:
//! the page that it is on is another by each nonce, so the same bytes to the same address are the same sending.

use crate::domain::secret;
use crate::error::Result;
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::idempotency::Once;
use crate::web::idempotency::was_second;
use crate::web::pages::form::Form;
use crate::web::pages::session;
use crate::web::request::Request;

/// With what the form is done; nothing, if it was done already. What is refused may be sent again as it is.
///
/// # Errors
/// The database's.
pub async fn begin<'a, P: Platform>(
    ctx: &Context<'a, P>,
    request: &Request,
    form: &Form,
) -> Result<Option<Context<'a, P>>> {
    // It is only shown again.
    if form.fresh().is_err() {
        return Ok(Some(ctx.under(None)));
    }
    let session = session(request).unwrap_or_default();
    let fingerprint = secret::digest(&[request.uri().path().as_bytes(), b"\n", request.body()].concat());
    let once = Once {
        caller: format!("session {session}"),
        credential: Some(session),
        key: format!("form {fingerprint}"),
        fingerprint,
        request_id: ctx.request_id.clone(),
        at: ctx.now(),
    };
    let before = ctx.platform.batch(vec![once.lapse(), once.select()]).await?;
    Ok((!before.last().is_some_and(ResultSet::any)).then(|| ctx.under(Some(once))))
}

/// What came of it; nothing, if the same form was done while this one was looked at.
///
/// # Errors
/// What it was refused with.
pub fn end<P: Platform, T>(ctx: &Context<'_, P>, made: Result<T>) -> Result<Option<T>> {
    ctx.platform.meter().rider.replace(None);
    match made {
        Ok(made) => Ok(Some(made)),
        Err(error) if was_second(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

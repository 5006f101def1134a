//! A form whose answer shows what is shown once. Sent a second time, by a reload or a second press, it makes no second one:
//! the page that it is on is another by each nonce, so the same bytes to the same address are the same sending.

use crate::domain::secret;
use crate::error::Result;
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::idempotency::Once;
use crate::web::idempotency::was_second;
use crate::web::pages::form::Form;
use crate::web::pages::session;
use crate::web::request::Request;

/// Does what the form asks for; nothing, if it was done already or just now beside this. What is refused may be sent again as it is.
///
/// # Errors
/// What it was refused with, and the database's.
pub async fn once<'a, P: Platform, T>(
    ctx: &Context<'a, P>,
    request: &Request,
    form: &Form,
    make: impl AsyncFnOnce(&Context<'a, P>) -> Result<T>,
) -> Result<Option<T>> {
    // A stale one is only shown again.
    if form.fresh().is_err() {
        return make(&ctx.under(None)).await.map(Some);
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
    // Its row outlives the nonce that is in the fingerprint, so none of it ever has to lapse first.
    if ctx.platform.run(once.select()).await?.any() {
        return Ok(None);
    }
    let answer = make(&ctx.under(Some(once))).await;
    ctx.platform.meter().rider.replace(None);
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if was_second(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

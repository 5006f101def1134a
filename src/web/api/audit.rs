//! The audit log.

use crate::domain::ids::OrganizationId;
use crate::error::{Code, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// To be written.
pub async fn list<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: OrganizationId,
) -> Result<Reply> {
    Err(Code::NotFound.into())
}

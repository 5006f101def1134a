//! Bulk invitations.

use crate::domain::ids::{JobId, OrganizationId};
use crate::error::{Code, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// To be written.
pub async fn create<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: OrganizationId,
) -> Result<Reply> {
    Err(Code::NotFound.into())
}

/// To be written.
pub async fn get<P: Platform>(_ctx: &Context<'_, P>, _request: &Request, _0: JobId) -> Result<Reply> {
    Err(Code::NotFound.into())
}

/// To be written.
pub async fn undo<P: Platform>(_ctx: &Context<'_, P>, _request: &Request, _0: JobId) -> Result<Reply> {
    Err(Code::NotFound.into())
}

//! Resources.

use crate::domain::ids::{ResourceId, WorkspaceId};
use crate::error::{Code, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// To be written.
pub async fn create<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: WorkspaceId,
) -> Result<Reply> {
    Err(Code::NotFound.into())
}

/// To be written.
pub async fn list<P: Platform>(_ctx: &Context<'_, P>, _request: &Request, _0: WorkspaceId) -> Result<Reply> {
    Err(Code::NotFound.into())
}

/// To be written.
pub async fn get<P: Platform>(_ctx: &Context<'_, P>, _request: &Request, _0: ResourceId) -> Result<Reply> {
    Err(Code::NotFound.into())
}

/// To be written.
pub async fn delete<P: Platform>(_ctx: &Context<'_, P>, _request: &Request, _0: ResourceId) -> Result<Reply> {
    Err(Code::NotFound.into())
}

/// To be written.
pub async fn disconnect<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: ResourceId,
) -> Result<Reply> {
    Err(Code::NotFound.into())
}

/// To be written.
pub async fn reconnect<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: ResourceId,
) -> Result<Reply> {
    Err(Code::NotFound.into())
}

//! Memberships.

use crate::domain::ids::{MemberId, WorkspaceId};
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
pub async fn change<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: WorkspaceId,
    _1: MemberId,
) -> Result<Reply> {
    Err(Code::NotFound.into())
}

/// To be written.
pub async fn remove<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: WorkspaceId,
    _1: MemberId,
) -> Result<Reply> {
    Err(Code::NotFound.into())
}

/// To be written.
pub async fn access<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: WorkspaceId,
    _1: MemberId,
) -> Result<Reply> {
    Err(Code::NotFound.into())
}

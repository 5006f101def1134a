//! Links for many.

use crate::domain::ids::InvitationId;
use crate::error::{Code, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// To be written.
pub async fn rotate<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: InvitationId,
) -> Result<Reply> {
    Err(Code::NotFound.into())
}

/// To be written.
pub async fn disable<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: InvitationId,
) -> Result<Reply> {
    Err(Code::NotFound.into())
}

/// To be written.
pub async fn enable<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: InvitationId,
) -> Result<Reply> {
    Err(Code::NotFound.into())
}

/// To be written.
pub async fn redemptions<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: InvitationId,
) -> Result<Reply> {
    Err(Code::NotFound.into())
}

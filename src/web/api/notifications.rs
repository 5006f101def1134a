//! Notifications.

use crate::error::{Code, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// To be written.
pub async fn list<P: Platform>(_ctx: &Context<'_, P>, _request: &Request) -> Result<Reply> {
    Err(Code::NotFound.into())
}

/// To be written.
pub async fn read<P: Platform>(_ctx: &Context<'_, P>, _request: &Request) -> Result<Reply> {
    Err(Code::NotFound.into())
}

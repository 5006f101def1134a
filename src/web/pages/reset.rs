//! Setting a password.

use crate::error::{Code, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// To be written.
pub async fn show<P: Platform>(_ctx: &Context<'_, P>, _request: &Request, _0: &str) -> Result<Reply> {
    Err(Code::NotFound.into())
}

/// To be written.
pub async fn submit<P: Platform>(_ctx: &Context<'_, P>, _request: &Request, _0: &str) -> Result<Reply> {
    Err(Code::NotFound.into())
}

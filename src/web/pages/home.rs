//! The first page: on to where the person belongs.

use super::session;
use crate::error::Result;
use crate::flow::Context;
use crate::platform::Platform;
use crate::web::reply::{self, Reply};
use crate::web::request::Request;
use crate::web::route::Route;

/// `GET /`.
pub async fn show<P: Platform>(_ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let to = if session(request).is_some() { Route::Me } else { Route::SignIn };
    Ok(reply::see_other(&to.path()))
}

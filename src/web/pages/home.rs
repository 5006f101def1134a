//! The first page: on to where the person belongs.

use super::session;
use crate::web::reply::{self, Reply};
use crate::web::request::Request;
use crate::web::route::Route;

/// `GET /`.
pub fn show(request: &Request) -> Reply {
    let to = if session(request).is_some() { Route::Me } else { Route::SignIn };
    reply::see_other(&to.path())
}

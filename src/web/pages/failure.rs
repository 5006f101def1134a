//! The page for whatever has no page of its own.

use askama::Template;

use super::{Frame, page};
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::Context;
use crate::web::reply::{self, Reply};
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "pages/failure.html")]
struct Failure<'a> {
    frame: Frame,
    title: &'a str,
    detail: &'a str,
    request_id: Option<&'a str>,
    /// Whether a second factor is all that is missing.
    lacks_factor: bool,
}

/// Shows a refusal to a person.
pub fn show<P>(ctx: &Context<'_, P>, error: &Error) -> Result<Reply> {
    let refusal = match error {
        Error::Refused(refusal) => refusal.as_ref().clone(),
        Error::Internal(_) => Refusal::new(error.code()),
    };
    // The code's own words are for programs' authors.
    let (title, detail) = match refusal.code {
        Code::NotFound => ("Page not found", "There is nothing here. Check that the address is complete."),
        code => (code.title(), refusal.detail.as_ref()),
    };
    let mut reply = page(
        refusal.code.status(),
        &Failure {
            frame: Frame::product(ctx),
            title,
            detail,
            // Only where telling the operator helps.
            lacks_factor: refusal.code == Code::MfaRequired,
            request_id: refusal.code.status().is_server_error().then_some(ctx.request_id.as_str()),
        },
    )?;
    reply::tell(&mut reply, &refusal);
    Ok(reply)
}

//! The page for whatever has no page of its own.

use askama::Template;
use http::uri::PathAndQuery;

use super::own::{Own, ends};
use super::sign_in::{is_ours, with_to};
use super::{FormKey, Frame, desk, page, session};
use crate::config::PRODUCT;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::web::reply::{self, Reply};
use crate::web::request::Request;
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "pages/failure.html")]
struct Failure<'a> {
    frame: Frame,
    title: &'a str,
    detail: &'a str,
    request_id: Option<&'a str>,
    /// What is missing and can be made up for, and where: a second factor that is asked for here, a mailbox that nobody proved.
    /// From there one comes back.
    set_up: Option<(&'static str, String)>,
}

/// Tells a person that the service can't be used with the settings it has: not even what it is called is known.
pub fn unready(request_id: &str) -> Result<Reply> {
    let code = Code::Misconfigured;
    let frame = Frame::of(PRODUCT);
    let (title, detail) = (code.title(), code.detail());
    page(code.status(), &Failure { frame, title, detail, request_id: Some(request_id), set_up: None })
}

/// Shows a refusal to a person: where they are in the organization whose page it is, under its brand and with its menu.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, error: &Error) -> Result<Reply> {
    let refusal = match error {
        Error::Refused(refusal) => refusal.as_ref().clone(),
        Error::Internal(_) => Refusal::new(error.code()),
    };
    // The code's own words are for programs' authors.
    let (title, detail) = match refusal.code {
        Code::NotFound => ("Page not found", "There is nothing here. Check that the address is complete."),
        Code::MfaRequired => (
            "Add a second step to sign in",
            "You are in, but two-step sign-in is required here: your password, and then a code from an app on your phone. \
             Until it is set up, nothing shows.",
        ),
        Code::MethodNotAllowed => (
            "Nothing opens here",
            "This address only takes a form from one of our pages. Open that page, and send the form from there.",
        ),
        // Their titles say the rest of the sentence.
        Code::Internal => (
            Code::Internal.title(),
            "It is not your doing. Try again. If it happens once more, tell whoever runs this service the request id.",
        ),
        Code::RateLimited => (Code::RateLimited.title(), "Wait a minute, then try again."),
        code => (code.title(), refusal.detail.as_ref()),
    };
    let mut key = FormKey::of(ctx, request);
    let mut frame = desk::frame_of_refusal(ctx, request, error, &key.nonce).await;
    // Whoever is signed in has their own ways on from anywhere else. Who sends too much has nothing read for it.
    let cheap = error.code().status().is_server_error() || error.code() == Code::RateLimited;
    if frame.is_none()
        && session(request).is_some()
        && !ends(error)
        && !cheap
        && let Ok((own, _)) = Own::open(ctx, request, |_| Vec::new()).await
    {
        frame = Some(Frame { said: None, ..own.frame_at(ctx, None) });
        key = own.key;
    }
    let with_menu = frame.is_some();
    let mut reply = page(
        refusal.code.status(),
        &Failure {
            frame: frame.unwrap_or_else(|| Frame::product(ctx)),
            title,
            detail,
            set_up: match refusal.code {
                Code::MfaRequired => Some(("Set up two-step sign-in", Route::SecurityFactor)),
                Code::EmailUnverified => Some(("Send me that link", Route::ForgotPassword)),
                _ => None,
            }
            .map(|(words, route)| {
                let back = request.uri().path_and_query().map_or("", PathAndQuery::as_str);
                (words, with_to(&route, if is_ours(back) { back } else { "" }))
            }),
            // Only where telling the operator helps.
            request_id: refusal.code.status().is_server_error().then_some(ctx.request_id.as_str()),
        },
    )?;
    reply::tell(&mut reply, &refusal);
    Ok(if with_menu { key.keep(reply) } else { reply })
}

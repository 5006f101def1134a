//! Replies: JSON, problems, pages, redirects, and the headers that every one of them carries.

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use crate::config::Product;
use crate::domain::ids::{InvitationId, ResourceId};
use crate::domain::secret::Bearer;
use crate::error::{Error, FieldError, Refusal};
use crate::flow::accept::SESSION;
use crate::flow::sign_in::Entry;
use crate::jobs::tick::SESSIONS_KEPT;
use crate::web::request::{DEVICE_COOKIE, SESSION_COOKIE};

/// A buffered reply.
pub type Reply = http::Response<Bytes>;

/// Nothing from elsewhere, nothing inline, no frame around us. The script asks our own pages for a part of them. Where a form
/// may go stands at the end, for the host product to follow.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// A reply with a body.
#[must_use]
pub fn with_body(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Reply::new(body.into());
    *reply.status_mut() = status;
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

/// A JSON reply.
#[must_use]
pub fn json(status: StatusCode, value: &impl Serialize) -> Reply {
    json_written(status, &|body| value.serialize(&mut serde_json::Serializer::new(body)).is_ok())
}

/// What of a JSON reply is the same for every type: once in the Wasm, and not as often as there are types.
fn json_written(status: StatusCode, write: &dyn Fn(&mut Vec<u8>) -> bool) -> Reply {
    let mut body = Vec::new();
    // Our own types always serialise: their keys are strings and their numbers finite.
    if !write(&mut body) {
        body.clear();
    }
    with_body(status, "application/json", body)
}

/// A JSON reply that was written before.
#[must_use]
pub fn json_text(status: StatusCode, json: String) -> Reply {
    with_body(status, "application/json", json)
}

/// A file to keep, under a name of ASCII letters.
#[must_use]
pub fn file(content_type: &'static str, name: &str, body: String) -> Reply {
    let mut reply = with_body(StatusCode::OK, content_type, body);
    set(reply.headers_mut(), header::CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""));
    reply
}

/// The content type of a spreadsheet.
pub const CSV: &str = "text/csv; charset=utf-8; header=present";

/// A page.
#[must_use]
pub fn html(status: StatusCode, page: String) -> Reply {
    with_body(status, "text/html; charset=utf-8", page)
}

/// Nothing to say.
#[must_use]
pub fn no_content() -> Reply {
    let mut reply = Reply::new(Bytes::new());
    *reply.status_mut() = StatusCode::NO_CONTENT;
    reply
}

/// Look there, with GET. Only ever to a path of our own.
#[must_use]
pub fn see_other(path: &str) -> Reply {
    let mut reply = Reply::new(Bytes::new());
    *reply.status_mut() = StatusCode::SEE_OTHER;
    set(reply.headers_mut(), header::LOCATION, path);
    reply
}

/// A refusal (RFC 9457). Programs read `code`.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
pub struct Problem<'a> {
    /// `urn:usher:problem:` and the code.
    r#type: String,
    /// A few words for the whole class of problem.
    title: &'a str,
    status: u16,
    /// For people: what to do next.
    detail: &'a str,
    /// Stable: what programs read.
    code: &'a str,
    /// What whoever runs the service finds the request by.
    request_id: &'a str,
    /// What is wrong with which field: the first twenty.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    /// With `already_invited`: the invitation that is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation_id: Option<InvitationId>,
    /// With `resource_exists`: the resource that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_id: Option<ResourceId>,
}

/// A refusal as `application/problem+json` (RFC 9457).
#[must_use]
pub fn problem(error: &Error, request_id: &str) -> Reply {
    let internal;
    let refusal = match error {
        Error::Refused(refusal) => refusal.as_ref(),
        Error::Internal(_) => {
            internal = Refusal::new(error.code());
            &internal
        }
    };
    let code = refusal.code;
    let mut reply = json(
        code.status(),
        &Problem {
            r#type: format!("urn:usher:problem:{}", code.as_str()),
            title: code.title(),
            status: code.status().as_u16(),
            detail: &refusal.detail,
            code: code.as_str(),
            request_id,
            errors: &refusal.errors,
            invitation_id: refusal.invitation_id,
            resource_id: refusal.resource_id,
        },
    );
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    tell(&mut reply, refusal);
    reply
}

/// The headers that go with a refusal, whether it is told as JSON or as a page.
pub fn tell(reply: &mut Reply, refusal: &Refusal) {
    if let Some(seconds) = refusal.retry_after {
        set(reply.headers_mut(), header::RETRY_AFTER, &seconds.to_string());
    }
    if let Some(methods) = &refusal.allow {
        set(reply.headers_mut(), header::ALLOW, methods);
    }
    if refusal.code.status() == StatusCode::UNAUTHORIZED {
        set(reply.headers_mut(), header::WWW_AUTHENTICATE, "Bearer");
    }
}

/// Gives a browser a secret to keep, for so many seconds: out of reach of scripts and of other sites' requests.
pub fn set_cookie(reply: &mut Reply, name: &'static str, secret: &str, seconds: i64) {
    let cookie = format!("{name}={secret}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        reply.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Lets a browser keep that somebody showed who they are.
pub fn let_in(reply: &mut Reply, entry: &Entry) {
    if entry.me.is_some() {
        keep_session(reply, &entry.token);
    } else {
        set_cookie(reply, SESSION_COOKIE, entry.token.reveal(), entry.lasts().as_secs().cast_signed());
    }
}

/// Lets a browser keep a session; and when that is over, that it had one.
pub fn keep_session(reply: &mut Reply, session: &Bearer) {
    set_cookie(reply, SESSION_COOKIE, session.reveal(), SESSION.as_secs().cast_signed());
    set_cookie(reply, DEVICE_COOKIE, session.reveal(), (SESSION + SESSIONS_KEPT).as_secs().cast_signed());
}

/// Takes a secret away from a browser.
pub fn clear_cookie(reply: &mut Reply, name: &'static str) {
    set_cookie(reply, name, "", 0);
}

/// Look there, at the host product. Only ever to the address that is in the settings.
#[must_use]
pub fn to_product(product: &Product, query: &str) -> Reply {
    see_other(&format!("{}?{query}", product.url))
}

/// Puts on what every reply carries. What a reply already says stays.
pub fn seal(reply: &mut Reply, request_id: &str, product: Option<&Product>) {
    let headers = reply.headers_mut();
    if let Some(Product { origin, .. }) = product {
        // Browsers look at where a form's answer leads on to as well, and the sign-in's leads to the product.
        let policy = format!("{CONTENT_SECURITY_POLICY} {origin}");
        set(headers, header::CONTENT_SECURITY_POLICY, &policy);
    }
    set(headers, header::HeaderName::from_static("request-id"), request_id);
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains"),
        (header::CACHE_CONTROL, "no-store"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("x-robots-tag"), "noindex"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    // A value that is no header text (a name with letters outside ASCII can't get here) is left out, never cut.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

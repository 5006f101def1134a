//! A request as every handler gets it: whole, in memory, with what they all ask of it.

use bytes::Bytes;
use http::{HeaderMap, header};
use serde::de::DeserializeOwned;

use crate::domain::secret::Bearer;
use crate::error::{Code, Error, Refusal, Result};
use crate::json::{self, Json};
use crate::web::route::Route;
use crate::web::shape::{self, named};

/// A buffered request. Its URI has path and query only.
pub type Request = http::Request<Bytes>;

/// The largest body that a route takes, in bytes: more where many invitations come in one request, and a logo; in a form
/// there are other fields around them.
#[must_use]
pub fn largest_body(route: Option<&Route>) -> usize {
    const USUAL: usize = 64 * 1024;
    const FILE: usize = 1024 * 1024;
    match route {
        Some(Route::BulkInvitations(_) | Route::Logo(_)) => FILE,
        Some(Route::BrandingPage(_) | Route::ImportPage(_)) => FILE + USUAL,
        _ => USUAL,
    }
}

/// Marks a request whose body was too large to read: it came without one.
#[derive(Debug, Clone, Copy)]
pub struct Oversized;

/// The session cookie. `__Host-` keeps other hosts of the domain from setting it.
pub const SESSION_COOKIE: &str = "__Host-usher_session";
/// The cookie that a form's nonce is bound to.
pub const FORM_COOKIE: &str = "__Host-usher_form";

/// A header's text, if it is there once.
#[must_use]
pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The last session that a browser had, kept when it is over: it opens nothing, but tells that its holder signed in here
/// before, so that a stranger's guesses at their password don't hold them up.
pub const DEVICE_COOKIE: &str = "__Host-usher_device";

/// A cookie that says what was just done, for the page that follows.
pub const SAID_COOKIE: &str = "__Host-usher_said";

/// A cookie that says where somebody goes on who has to choose a new password first.
pub const BACK_COOKIE: &str = "__Host-usher_back";

/// The secret in a cookie, if it could be one of ours.
#[must_use]
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<Bearer> {
    cookie_text(headers, name).and_then(Bearer::parse)
}

/// A cookie's value. Those of ours need no decoding (RFC 6265, section 5.4), so splitting is all there is to it; the crates
/// for this bring a calendar of 17 KB.
#[must_use]
pub fn cookie_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    header(headers, header::COOKIE.as_str())?
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

/// What limits per network count by: the caller's address as the platform tells it, IPv6 by its /64. What callers write
/// into `X-Forwarded-For` is never looked at.
#[must_use]
pub fn network(headers: &HeaderMap) -> String {
    match header(headers, "cf-connecting-ip").map(str::parse::<std::net::IpAddr>) {
        Some(Ok(std::net::IpAddr::V4(address))) => address.to_string(),
        Some(Ok(std::net::IpAddr::V6(address))) => {
            let [a, b, c, d, ..] = address.segments();
            let whole = || format!("{a:x}:{b:x}:{c:x}:{d:x}::/64");
            address.to_ipv4_mapped().map_or_else(whole, |address| address.to_string())
        }
        _ => "unknown".to_owned(),
    }
}

/// Whether the body is of this content type, whatever parameters follow. One that doesn't say is JSON.
#[must_use]
pub fn is_of_type(request: &Request, wanted: &str) -> bool {
    let content_type = header(request.headers(), header::CONTENT_TYPE.as_str()).unwrap_or("application/json");
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
}

/// The body as JSON. An empty body is an empty object, so that a POST without fields needs none.
///
/// # Errors
/// 415 for another content type, 400 for what is not JSON, 422 with a pointer for what doesn't fit.
pub fn json<T: DeserializeOwned>(request: &Request) -> Result<T> {
    let body: &[u8] = match request.body().as_ref() {
        [] => b"{}",
        body => body,
    };
    if !request.body().is_empty() && !is_of_type(request, "application/json") {
        return Err(Code::UnsupportedMediaType.into());
    }
    json::body(body).map_err(|mismatch| shape::refusal(&mismatch))
}

/// A part of a body, such as one row of many. Pointers are relative to it.
///
/// # Errors
/// 422 with a pointer for what doesn't fit.
pub fn part<T: DeserializeOwned>(part: impl Into<Json>) -> Result<T> {
    json::part(part.into()).map_err(|mismatch| shape::refusal(&mismatch))
}

/// The body of a form.
///
/// # Errors
/// 400 or 415: no form of ours sends such a body.
pub fn form<T: DeserializeOwned>(request: &Request) -> Result<T> {
    let content_type = header(request.headers(), header::CONTENT_TYPE.as_str()).unwrap_or_default();
    if !content_type.starts_with("application/x-www-form-urlencoded") {
        return Err(Refusal::new(Code::UnsupportedMediaType)
            .because("Send the form as a browser does.")
            .into());
    }
    serde_urlencoded::from_bytes(request.body()).map_err(|_| Code::InvalidForm.into())
}

/// The query parameters.
///
/// # Errors
/// 422 for a parameter that the route doesn't know, or that can't be used.
pub fn query<T: DeserializeOwned>(request: &Request) -> Result<T> {
    let text = request.uri().query().unwrap_or_default();
    serde_urlencoded::from_str(text).map_err(|error| {
        let why = error.to_string();
        if let Some(name) = named(&why, "unknown field `") {
            let detail = "This parameter is not known here. Check its spelling.";
            Error::field(format!("?{name}"), Code::UnknownField, detail)
        } else if let Some(name) = named(&why, "duplicate field `") {
            let detail = "This parameter is there twice. Leave one of them out.";
            Error::field(format!("?{name}"), Code::InvalidValue, detail)
        } else {
            // Every parameter that a route knows is a text, so nothing else is wrong with one.
            Error::field("?", Code::InvalidValue, "A query parameter can't be used as it is.")
        }
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Body {
        #[serde(default)]
        name: Option<String>,
        #[serde(default)]
        inner: Option<Inner>,
        #[serde(default)]
        several: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        size: i64,
    }

    fn read(body: &str) -> std::result::Result<Body, (Code, String)> {
        let request = http::Request::builder()
            .header("content-type", "application/json; charset=utf-8")
            .body(Bytes::from(body.to_owned()))
            .unwrap();
        json::<Body>(&request).map_err(|error| match error {
            Error::Refused(refusal) => {
                (refusal.code, refusal.errors.first().map(|field| field.pointer.clone()).unwrap_or_default())
            }
            Error::Internal(why) => panic!("{why}"),
        })
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_code_and_place() {
        assert_eq!(read("").unwrap().name, None);
        assert_eq!(read(r#"{"several":[{"size":3}]}"#).unwrap().several.len(), 1);
        assert_eq!(read(r#"{"inner":{"size":3}}"#).unwrap().inner.unwrap().size, 3);
        for (body, code, pointer) in [
            ("{", Code::InvalidJson, ""),
            ("{} {}", Code::InvalidJson, ""),
            (r#"{"nmae":1"#, Code::InvalidJson, ""),
            (r#"{"inner":{}}{}"#, Code::InvalidJson, ""),
            ("\u{0}", Code::InvalidJson, ""),
            (r#"{"nmae":"Ana"}"#, Code::UnknownField, "/nmae"),
            (r#"{"name":"Ana","nmae":"Ana"}"#, Code::UnknownField, "/nmae"),
            (r#"{"inner":{"size":3,"sise":3}}"#, Code::UnknownField, "/inner/sise"),
            (r#"{"inner":{"inner":3}}"#, Code::UnknownField, "/inner/inner"),
            (r#"{"a/b`c":3}"#, Code::UnknownField, "/a~1b`c"),
            (r#"{"inner":{}}"#, Code::Required, "/inner/size"),
            (r#"{"name":5}"#, Code::InvalidType, "/name"),
            (r#"{"inner":{"size":"3"}}"#, Code::InvalidType, "/inner/size"),
            (r#"{"inner":{"size":99999999999999999999}}"#, Code::InvalidType, "/inner/size"),
            (r#"{"inner":[3]}"#, Code::InvalidType, "/inner"),
            (r#"{"several":[{"size":3},[3]]}"#, Code::InvalidType, "/several/1"),
            (r#"{"several":[{"size":3,"sise":3}]}"#, Code::UnknownField, "/several/0/sise"),
            (r#"["Ana",{"size":3}]"#, Code::InvalidType, ""),
            ("[]", Code::InvalidType, ""),
            ("null", Code::InvalidType, ""),
        ] {
            assert_eq!(read(body).map(|_| ()), Err((code, pointer.to_owned())), "{body}");
        }
    }

    #[test]
    fn networks_are_counted_by_what_the_platform_says_and_ipv6_by_its_64() {
        let of = |address: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", "9.9.9.9".parse().unwrap());
            headers.insert("cf-connecting-ip", address.parse().unwrap());
            network(&headers)
        };
        assert_eq!(of("203.0.113.7"), "203.0.113.7");
        assert_eq!(of("::ffff:203.0.113.7"), "203.0.113.7");
        assert_eq!(of("2001:db8:0:1:2:3:4:5"), of("2001:0db8::1:ffff:0:0:1"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
        assert_eq!(of("nonsense"), "unknown");
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        let secret = Bearer::new([5; 32]);
        let text = format!("a=b; {SESSION_COOKIE}={}; c=\"d\"", secret.reveal());
        headers.insert("cookie", text.parse().unwrap());
        assert_eq!(cookie(&headers, SESSION_COOKIE).unwrap().digest(), secret.digest());
        assert!(cookie(&headers, "a").is_none());
    }
}

//! What was typed by somebody whose session had ended meanwhile: it goes with them through signing in, in those pages and
//! nowhere else, and is shown again in its own form afterwards.
//!
//! It does nothing by then. No nonce goes along, so that whoever signed in, which may be somebody else, sees the form and
//! sends it or doesn't; and no password, no code and no file does.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, HeaderValue, SET_COOKIE};
use http::{Method, Uri};

use super::form::{Form, ShownAgain};
use super::{said, sign_in};
use crate::domain::secret::Bearer;
use crate::error::Result;
use crate::flow::Context;
use crate::platform::Platform;
use crate::web::reply::Reply;
use crate::web::request::{self, Request, SESSION_COOKIE};
use crate::web::route::Route;

/// What a field of another form is called here.
const PREFIX: &str = "kept.";
/// What is never kept. A test finds every such field of every page in here.
const SECRET: [&str; 4] = ["nonce", "password", "current_password", "code"];
/// As much as goes along, in bytes as a browser sends them: less than a page takes in.
const MOST: usize = 56 * 1024;

/// The fields of a form, to go along.
#[derive(Debug, Clone, Default)]
pub struct Kept(Vec<(String, String)>);

impl Kept {
    /// What a page on the way carries.
    #[must_use]
    pub fn carried(form: &Form) -> Self {
        let kept = form.fields().filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?, value)));
        Self(kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// Whether nothing does.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields in which it is carried.
    pub fn fields(&self) -> impl Iterator<Item = (String, &str)> {
        self.0.iter().map(|(name, value)| (format!("{PREFIX}{name}"), value.as_str()))
    }

    /// What of a form is kept.
    async fn of(request: &Request) -> Self {
        let Ok((form, _)) = Form::parse_with_file(request, "").await else { return Self::default() };
        let open = form.fields().filter(|(name, _)| !SECRET.contains(name));
        Self(open.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    fn fits(&self) -> bool {
        serde_urlencoded::to_string(self.fields().collect::<Vec<_>>()).is_ok_and(|text| text.len() <= MOST)
    }
}

/// To the sign-in, for whoever is not; from there back to the page that they asked for, or to the form that they sent.
pub async fn way<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let kept = if request.method() == Method::POST { Kept::of(request).await } else { Kept::default() };
    if kept.is_empty() {
        return Ok(sign_in::way(request));
    }
    if !kept.fits() {
        let path = sign_in::with_to(&Route::SignIn, sign_in::place(request));
        return Ok(said::see_other(
            &path,
            "What you sent was too long to be kept. Sign in, then choose it again.",
        ));
    }
    sign_in::keeping(ctx, request, &kept).await
}

/// A form that is to be shown again to whoever just signed in: goes with the reply that leads them on.
#[derive(Debug, Clone)]
pub struct Again {
    to: String,
    kept: Kept,
    session: String,
}

impl Again {
    /// Has a form shown in the place of the page that a reply leads to.
    pub fn instead_of(reply: &mut Reply, to: &str, kept: Kept, session: &Bearer) {
        if !kept.is_empty() {
            let session = session.reveal().to_owned();
            reply.extensions_mut().insert(Self { to: to.to_owned(), kept, session });
        }
    }

    /// The request that shows it: as the form was sent, but by whoever signed in, and with a nonce that is none.
    #[must_use]
    pub fn request(self, signed_in: &Request) -> Option<(Request, Route)> {
        let to: Uri = self.to.parse().ok().filter(|_| self.to.starts_with('/'))?;
        let route = Route::parse(to.path())?;
        if !route.is_page() || !route.methods().contains(&Method::POST) {
            return None;
        }
        let mut fields = self.kept.0;
        fields.push(("nonce".to_owned(), String::new()));
        let mut again = Request::new(Bytes::from(serde_urlencoded::to_string(fields).ok()?));
        *again.method_mut() = Method::POST;
        *again.uri_mut() = to;
        again.headers_mut().clone_from(signed_in.headers());
        let cookies = request::header(signed_in.headers(), COOKIE.as_str()).unwrap_or_default();
        let others = cookies.split(';').filter(|pair| !pair.trim_start().starts_with(SESSION_COOKIE));
        let cookies =
            others.fold(format!("{SESSION_COOKIE}={}", self.session), |all, other| all + ";" + other);
        again.headers_mut().insert(COOKIE, HeaderValue::from_str(&cookies).ok()?);
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        again.headers_mut().insert(CONTENT_TYPE, form);
        again.extensions_mut().insert(ShownAgain);
        Some((again, route))
    }
}

/// A page, with what another reply gave the browser to keep.
#[must_use]
pub fn with_cookies_of(mut page: Reply, reply: &Reply) -> Reply {
    for cookie in reply.headers().get_all(SET_COOKIE) {
        page.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page whose field holds a secret under another name would have it carried along.
    #[test]
    fn every_field_of_a_secret_is_left_out() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/templates/pages");
        let mut found = 0;
        for page in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(page.unwrap().path()).unwrap();
            let code = text.split("fields::code(problems, \"").skip(1);
            let password = text.split("fields::field(problems, \"").skip(1).filter(|rest| {
                rest.split('\n').next().is_some_and(|line| line.contains("\", \"password\", \""))
            });
            for field in code.chain(password) {
                let name = field.split('"').next().unwrap();
                assert!(SECRET.contains(&name), "{name}");
                found += 1;
            }
            let others = text.matches("type=\"password\"").count();
            assert_eq!(others, 0, "a password's field is written by fields::field");
        }
        assert!(found >= 8, "{found}");
    }
}

//! A form that somebody sent from one of our pages.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http::header;
use multer::Multipart;

use super::{check_form, session};
use crate::error::{Code, Refusal, Result};
use crate::flow::Context;
use crate::flow::again::unless_fresh;
use crate::flow::second_factor::is_fresh;
use crate::platform::Platform;
use crate::store::accounts::SignedIn;
use crate::web::request::{self, FORM_COOKIE, Request};

/// Its fields, in their order. A field may stand there several times, as checked boxes of one name do.
///
/// One that lay open too long is read like any other, so that its page comes back with all that was typed: whatever a form
/// does, it asks [`fresh`](Self::fresh) first. A test sends a stale form to every route that takes one.
#[derive(Debug, Clone, Default)]
pub struct Form {
    fields: Vec<(String, String)>,
    /// Why it does nothing, if it may not.
    stale: Option<&'static str>,
}

/// Marks a form that was sent before its sender signed in, and is only shown again.
#[derive(Debug, Clone, Copy)]
pub struct ShownAgain;

const TOO_OLD: &str = "This page had been open for too long. Look it over and send it again.";
const NO_COOKIE: &str = "This page had been open for too long, or your browser keeps no cookies. Allow them here, then send it again.";
const SIGNED_OUT: &str =
    "You were signed out before this was sent, so nothing was done yet. Look it over and send it again.";

/// The address of whoever is asked for their password in a form that is to be [`proved`](Form::proved), for password managers;
/// nobody is who typed it within five minutes.
#[must_use]
pub fn asked_of<P: Platform>(ctx: &Context<'_, P>, me: &SignedIn) -> Option<String> {
    (!is_fresh(ctx, me)).then(|| me.email.as_str().to_owned())
}

impl Form {
    /// Reads a form from a page of ours.
    ///
    /// # Errors
    /// 400 or 415 for what no form of ours sends, 403 for another site's.
    pub fn read<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Self> {
        Self::parse(request)?.checked(ctx, request)
    }

    /// Whether it was sent from a page that this browser was shown not long ago.
    ///
    /// # Errors
    /// `form_expired`, for the page to show above what was typed.
    pub fn fresh(&self) -> Result<()> {
        match self.stale {
            None => Ok(()),
            Some(why) => Err(Refusal::new(Code::FormExpired).because(why).into()),
        }
    }

    /// Whether whoever sent it shows that it is they who signed in: by the password in it, unless they typed one within five
    /// minutes. [`asked_of`] tells the page that asks for it.
    ///
    /// # Errors
    /// Those of [`unless_fresh`].
    pub async fn proved<P: Platform>(&self, ctx: &Context<'_, P>, request: &Request) -> Result<()> {
        let session = session(request).unwrap_or_default();
        let password = Some(self.text("password")).filter(|password| !password.is_empty());
        unless_fresh(ctx, &session, password).await.map(|_| ())
    }

    fn checked<P: Platform>(mut self, ctx: &Context<'_, P>, request: &Request) -> Result<Self> {
        if !self.has("nonce") {
            return Err(Code::InvalidForm.into());
        }
        self.stale = match check_form(ctx, request, self.text("nonce")) {
            Err(error) if error.code() != Code::FormExpired => return Err(error),
            _ if request.extensions().get::<ShownAgain>().is_some() => Some(SIGNED_OUT),
            Err(_) if request::cookie(request.headers(), FORM_COOKIE).is_none() => Some(NO_COOKIE),
            Err(_) => Some(TOO_OLD),
            Ok(()) => None,
        };
        Ok(self)
    }

    /// Reads a form without asking where it is from.
    ///
    /// # Errors
    /// 400 or 415 for what no form of ours sends.
    pub fn parse(request: &Request) -> Result<Self> {
        let content_type =
            request::header(request.headers(), header::CONTENT_TYPE.as_str()).unwrap_or_default();
        if !content_type.starts_with("application/x-www-form-urlencoded") {
            return Err(Refusal::new(Code::UnsupportedMediaType)
                .because("Send the form as a browser does.")
                .into());
        }
        let fields = serde_urlencoded::from_bytes(request.body()).map_err(|_| Code::InvalidForm)?;
        Ok(Self::of(fields))
    }

    /// A form of these fields.
    #[must_use]
    pub fn of(fields: Vec<(String, String)>) -> Self {
        Self { fields, stale: None }
    }

    /// The same for a form that brings a file in the field of this name, as `multipart/form-data`. A field in which no file
    /// was chosen brings none.
    ///
    /// # Errors
    /// As [`read`](Self::read)'s.
    pub async fn read_with_file<P: Platform>(
        ctx: &Context<'_, P>,
        request: &Request,
        name: &str,
    ) -> Result<(Self, Option<Bytes>)> {
        let (form, file) = Self::parse_with_file(request, name).await?;
        Ok((form.checked(ctx, request)?, file))
    }

    /// Reads such a form without asking where it is from. Other files than that are left out.
    ///
    /// # Errors
    /// 400 or 415 for what no form of ours sends.
    pub async fn parse_with_file(request: &Request, name: &str) -> Result<(Self, Option<Bytes>)> {
        let content_type =
            request::header(request.headers(), header::CONTENT_TYPE.as_str()).unwrap_or_default();
        let Ok(boundary) = multer::parse_boundary(content_type) else {
            return Ok((Self::parse(request)?, None));
        };
        let unreadable = |_| Code::InvalidForm;
        let body = request.body().clone();
        let body = stream::once(std::future::ready(Ok::<_, Infallible>(body)));
        let mut parts = Multipart::new(body, boundary);
        let (mut form, mut file) = (Self::default(), None);
        while let Some(part) = parts.next_field().await.map_err(unreadable)? {
            let known = part.name().unwrap_or_default().to_owned();
            let is_file = part.file_name().is_some();
            let bytes = part.bytes().await.map_err(unreadable)?;
            if known == name {
                file = Some(bytes).filter(|bytes| !bytes.is_empty());
            } else if !is_file {
                let text = String::from_utf8(bytes.to_vec()).map_err(|_| Code::InvalidForm)?;
                form.fields.push((known, text));
            }
        }
        Ok((form, file))
    }

    /// What was typed into a field; nothing where there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// What was typed into a field, if it is more than blanks.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<&str> {
        Some(self.text(name).trim()).filter(|text| !text.is_empty())
    }

    /// Each value of a field.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether a box of this name is checked, or a button of it was pressed.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(known, _)| known == name)
    }

    /// Every field with its value.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

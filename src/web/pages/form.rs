//! A form that somebody sent from one of our pages.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http::header;
use multer::Multipart;

use super::check_form;
use crate::error::{Code, Refusal, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::web::request::{self, Request};

/// Its fields, in their order. A field may stand there several times, as checked boxes of one name do.
#[derive(Debug, Clone, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form and checks that it was sent from a page of ours, in the browser that was shown it.
    ///
    /// # Errors
    /// 400 or 415 for what no form of ours sends, 403 for another site's, `form_expired` for one that lay open too long.
    pub fn read<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Self> {
        let form = Self::parse(request)?;
        form.check(ctx, request)?;
        Ok(form)
    }

    /// Reads a form whose refusal is to show again what was typed, and which is checked then.
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
        Ok(Self(fields))
    }

    /// Checks that it was sent from a page of ours, in the browser that was shown it.
    ///
    /// # Errors
    /// 403 for another site's, `form_expired` for one that lay open too long.
    pub fn check<P: Platform>(&self, ctx: &Context<'_, P>, request: &Request) -> Result<()> {
        check_form(ctx, request, self.text("nonce"))
    }

    /// A form of these fields.
    #[must_use]
    pub fn of(fields: Vec<(String, String)>) -> Self {
        Self(fields)
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
        form.check(ctx, request)?;
        Ok((form, file))
    }

    /// Reads such a form without checking it.
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
            let bytes = part.bytes().await.map_err(unreadable)?;
            if known == name {
                file = Some(bytes).filter(|bytes| !bytes.is_empty());
            } else {
                let text = String::from_utf8(bytes.to_vec()).map_err(|_| Code::InvalidForm)?;
                form.0.push((known, text));
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
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether a box of this name is checked, or a button of it was pressed.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Every field with its value.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

//! The JSON API: reads a body or query, asks the guard, calls a flow or a list, writes JSON.

mod access;
pub mod adding;
pub mod audit;
pub mod bulk;
pub mod catalog;
pub mod check;
pub mod invitations;
pub mod invitee;
pub mod links;
pub mod logo;
pub mod me;
pub mod members;
pub mod memberships;
pub mod notifications;
mod offer;
pub mod organizations;
pub mod passwords;
mod policy;
pub mod probe;
pub mod resources;
pub mod seats;
pub mod sessions;
mod spreadsheet;
pub mod workspaces;

use std::str::FromStr;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::domain::change::Change;
use crate::domain::ids::{Id, Kind};
use crate::domain::text::Name;
use crate::error::{Code, Error, Fields, Result};
use crate::web::reply::{self, Reply};

const LARGEST_PAGE: usize = 100;
const DEFAULT_PAGE: usize = 25;

/// Where a list goes on, and how far: `?limit=` and `&cursor=` of every list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    limit: Option<String>,
    cursor: Option<String>,
}

/// A checked [`PageQuery`].
pub struct Page<K> {
    limit: usize,
    /// Lists are newest first: the page begins before this id.
    pub before: Option<Id<K>>,
}

impl<K: Kind> Page<K> {
    /// Checks what was asked for.
    pub fn read(limit: Option<&str>, cursor: Option<&str>) -> Result<Self> {
        let mut fields = Fields::default();
        let limit = match limit.map(usize::from_str) {
            None => DEFAULT_PAGE,
            Some(Ok(limit)) if (1..=LARGEST_PAGE).contains(&limit) => limit,
            Some(_) => {
                fields.refuse("?limit", Code::InvalidValue, "Ask for 1 to 100.".to_owned());
                DEFAULT_PAGE
            }
        };
        let before = cursor.and_then(|cursor| {
            let known =
                cursor.parse::<Id<K>>().map_err(|_| "Use the next_cursor of the page before, as it is.");
            fields.take("?cursor", Code::InvalidValue, known)
        });
        fields.finish(Some(Self { limit, before }))
    }

    /// How many rows to ask the database for: one more than shown tells whether there is a next page.
    #[must_use]
    pub fn rows(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(0) + 1
    }

    /// Takes away the row that only tells that there is a next page, and answers that page's cursor.
    pub fn cut<T>(&self, rows: &mut Vec<T>, id: impl Fn(&T) -> String) -> Option<String> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        if more { rows.last().map(id) } else { None }
    }

    /// The page as JSON: each row as `shown`.
    pub fn reply<T, S: Serialize>(
        &self,
        mut rows: Vec<T>,
        id: impl Fn(&T) -> String,
        shown: impl Fn(T) -> S,
    ) -> Reply {
        let next_cursor = self.cut(&mut rows, id);
        let data: Vec<S> = rows.into_iter().map(shown).collect();
        reply::json(StatusCode::OK, &serde_json::json!({"data": data, "next_cursor": next_cursor}))
    }
}

/// A query parameter that must be one of some words.
fn one_of<T: for<'a> Deserialize<'a>>(
    fields: &mut Fields,
    pointer: &str,
    value: Option<&str>,
    known: &str,
) -> Option<T> {
    let value = value?;
    let word = serde_json::from_value::<T>(serde_json::Value::from(value))
        .map_err(|_| format!("Use one of {known}."));
    fields.take(pointer, Code::InvalidValue, word)
}

/// A name of a PATCH: null clears nothing here, for what has a name always has one.
fn changed_name(fields: &mut Fields, name: Change<String>) -> Option<Name> {
    match name {
        Change::Keep => None,
        Change::Set(name) => fields.take("/name", Code::InvalidValue, Name::parse(&name)),
        Change::Clear => {
            let detail = "A name can't be cleared. Leave this out to keep the one that is there.";
            fields.refuse("/name", Code::InvalidValue, detail.to_owned());
            None
        }
    }
}

/// An empty POST: a body without fields, or none.
fn no_fields(request: &crate::web::request::Request) -> Result<()> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    crate::web::request::json::<Nothing>(request).map(|_| ())
}

/// Nobody.
fn unauthenticated() -> Error {
    Code::Unauthenticated.into()
}

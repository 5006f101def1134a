//! The JSON API: reads a body or query, asks the guard, calls a flow or a list, writes JSON.

pub(super) mod access;
pub mod adding;
pub mod api_keys;
pub mod audit;
pub mod bulk;
#[cfg(described)]
mod by_hand;
pub mod catalog;
pub mod check;
pub mod deliveries;
#[cfg(described)]
pub mod description;
pub mod email_change;
pub mod field;
pub mod host_token;
pub mod invitations;
pub mod invitee;
pub mod links;
pub mod logo;
pub mod me;
pub mod members;
pub mod memberships;
mod named;
pub mod notification_settings;
pub mod notifications;
pub mod offer;
pub mod organizations;
pub mod passwords;
mod policy;
pub mod probe;
pub mod resources;
pub mod seats;
pub mod second_factor;
pub mod sessions;
pub mod spreadsheet;
pub mod told;
pub mod webhooks;
pub mod workspaces;

pub use field::kind as kind_of;

use std::str::FromStr;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::domain::ids::{Id, Kind};
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Fields, Result};
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

const LARGEST_PAGE: usize = 100;
const DEFAULT_PAGE: usize = 25;

/// Where a list goes on, and how far: `?limit=` and `&cursor=` of every list.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// How many to answer at most: 1 to 100; 25 unless said.
    #[cfg_attr(described, schemars(with = "Option<by_hand::Limit>"))]
    limit: Option<String>,
    /// Where to go on: `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of a list, newest first.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(inline))]
pub(super) struct Listed<S> {
    data: Vec<S>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// Something for each of what a request named, in its order.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(inline))]
struct Each<S> {
    data: Vec<S>,
}

/// Nothing: the request was taken in, and what comes of it is told elsewhere.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
struct Taken {}

/// A link, to be handed over. No other answer holds one.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
struct HandedOver {
    /// Null where the answer is a repeated one.
    #[cfg_attr(described, schemars(with = "Option<String>"))]
    url: String,
    expires_at: Timestamp,
}

/// A checked [`PageQuery`].
pub struct Page<K> {
    limit: usize,
    /// Lists are newest first: the page begins before this id.
    pub before: Option<Id<K>>,
}

impl<K: Kind> Page<K> {
    /// The page that a list without further questions is asked for.
    pub fn of(request: &Request) -> Result<Self> {
        let query: PageQuery = request::query(request)?;
        Self::read(query.limit.as_deref(), query.cursor.as_deref())
    }

    /// Checks what was asked for.
    pub fn read(limit: Option<&str>, cursor: Option<&str>) -> Result<Self> {
        let mut fields = Fields::default();
        let limit = match limit.map(usize::from_str) {
            None => DEFAULT_PAGE,
            Some(Ok(limit)) if (1..=LARGEST_PAGE).contains(&limit) => limit,
            Some(_) => {
                fields.refuse("?limit", Code::InvalidValue, "Ask for 1 to 100.");
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
        reply::json(StatusCode::OK, &Listed { data, next_cursor })
    }
}

/// An empty POST: a body without fields, or none.
fn no_fields(request: &Request) -> Result<()> {
    request::json::<Nothing>(request).map(|_| ())
}

/// No field: what there is to say is said by the path.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Nobody.
fn unauthenticated() -> Error {
    Code::Unauthenticated.into()
}

//! A statement with its parameters, and the rows it answered.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::DatabaseError;
use crate::domain::authority::Principal;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{Id, Kind};
use crate::domain::role::Role;
use crate::domain::text::{Message, Name};
use crate::domain::time::Timestamp;
use crate::json;

/// SQL with its parameters, `?1` the first. The SQL is always a constant: what callers sent goes into parameters only.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The SQL.
    pub sql: &'static str,
    /// What stands for `?1`, `?2` …
    pub params: Vec<Param>,
}

impl Statement {
    /// A statement.
    #[must_use]
    pub fn new(sql: &'static str, params: Vec<Param>) -> Self {
        Self { sql, params }
    }

    /// Whether it may write: anything but a query.
    #[must_use]
    pub fn writes(&self) -> bool {
        !self.sql.trim_start().starts_with("SELECT")
    }
}

/// A parameter. Integers must stay within ±2⁵³: D1 takes them as JavaScript numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Param {
    /// NULL.
    Null,
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(String),
}

/// The rows that one statement answered, still as the JSON text that came over the edge.
#[derive(Debug, Clone)]
pub struct ResultSet {
    /// A JSON array of objects, one a row.
    pub json: String,
    /// Rows the database read for it.
    pub rows_read: u64,
    /// Rows the database wrote for it.
    pub rows_written: u64,
}

impl ResultSet {
    /// Every row.
    ///
    /// # Errors
    /// A row is not of this shape.
    pub fn rows<T: DeserializeOwned>(&self) -> Result<Vec<T>, DatabaseError> {
        json::row(&self.json).map_err(unexpected)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// A row is not of this shape.
    pub fn first<T: DeserializeOwned>(&self) -> Result<Option<T>, DatabaseError> {
        Ok(self.rows()?.into_iter().next())
    }

    /// The first row of a result that may not be there: the first or last one of a batch.
    ///
    /// # Errors
    /// A row is not of this shape.
    pub fn row_of<T: DeserializeOwned>(result: Option<&Self>) -> Result<Option<T>, DatabaseError> {
        result.map(Self::first).transpose().map(Option::flatten)
    }

    /// Whether there is any row: for `RETURNING`, whether the guard let the write through.
    #[must_use]
    pub fn any(&self) -> bool {
        self.json.trim() != "[]"
    }
}

#[inline(never)]
#[allow(clippy::needless_pass_by_value, reason = "an error's")]
fn unexpected(error: json::Mismatch) -> DatabaseError {
    DatabaseError(format!("unexpected row: {error}"))
}

/// Parameters of any types, in order.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { vec![$($crate::platform::Param::from($value)),*] };
}

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Param {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<&String> for Param {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}
impl From<i64> for Param {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}
impl From<bool> for Param {
    fn from(truth: bool) -> Self {
        Self::Integer(i64::from(truth))
    }
}
impl From<Timestamp> for Param {
    fn from(at: Timestamp) -> Self {
        Self::Integer(at.millis())
    }
}
impl<K: Kind> From<Id<K>> for Param {
    fn from(id: Id<K>) -> Self {
        Self::Text(id.to_string())
    }
}
impl From<Principal> for Param {
    fn from(principal: Principal) -> Self {
        Self::Text(principal.to_string())
    }
}
impl From<Role> for Param {
    fn from(role: Role) -> Self {
        role.as_str().into()
    }
}
impl From<&Name> for Param {
    fn from(name: &Name) -> Self {
        name.as_str().into()
    }
}
impl From<&Message> for Param {
    fn from(message: &Message) -> Self {
        message.as_str().into()
    }
}
impl From<&EmailAddress> for Param {
    fn from(email: &EmailAddress) -> Self {
        email.as_str().into()
    }
}
impl<T: Into<Param>> From<Option<T>> for Param {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

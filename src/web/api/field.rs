//! One field of a body or a query, read by itself. What is wrong with it is noted with its place; then there is none.

use std::fmt::Display;

use serde::Deserialize;
use serde_json::Value;

use crate::domain::change::Change;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::WorkspaceId;
use crate::domain::template::Template;
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Fields, Result};

/// A word that must be one of some.
pub fn one_of<T: for<'a> Deserialize<'a>>(
    fields: &mut Fields,
    pointer: &str,
    value: Option<&str>,
    known: &str,
) -> Option<T> {
    let value = value?;
    let word = serde_json::from_value::<T>(Value::from(value)).map_err(|_| format!("Use one of {known}."));
    fields.take(pointer, Code::InvalidValue, word)
}

/// Reads an address.
pub fn email(fields: &mut Fields, pointer: &str, text: &str) -> Option<EmailAddress> {
    fields.take(pointer, Code::InvalidEmail, text.parse::<EmailAddress>())
}

/// Reads a text that may be left out.
pub fn optional<T, E: Display>(
    fields: &mut Fields,
    pointer: &str,
    text: Option<&str>,
    parse: impl Fn(&str) -> std::result::Result<T, E>,
) -> Option<T> {
    text.and_then(|text| fields.take(pointer, Code::InvalidValue, parse(text)))
}

/// Reads a workspace's id.
pub fn workspace(fields: &mut Fields, pointer: &str, id: &str) -> Option<WorkspaceId> {
    let id = id.parse::<WorkspaceId>().map_err(|_| "This is not a workspace's id.");
    fields.take(pointer, Code::InvalidValue, id)
}

/// Reads a time.
pub fn time(fields: &mut Fields, pointer: &str, text: &str) -> Option<Timestamp> {
    let time = Timestamp::parse(text).ok_or("Write a time such as 2026-11-21T22:00:00Z.");
    fields.take(pointer, Code::InvalidValue, time)
}

/// Reads a kind of resource.
pub fn kind(fields: &mut Fields, pointer: &str, template: &Template, kind: Option<&str>) -> Option<String> {
    let known = kind.filter(|kind| template.knows_kind(kind)).map(str::to_owned);
    if known.is_none() {
        let kinds: Vec<&str> = template.kinds.iter().map(|kind| kind.key.as_str()).collect();
        let detail = if kinds.is_empty() {
            "This organization has no kinds of resource.".to_owned()
        } else {
            format!("Use one of {}.", kinds.join(", "))
        };
        fields.refuse(pointer, Code::InvalidValue, detail);
    }
    known
}

/// A query's `true` or `false`; left out, it is false.
pub fn flag(pointer: &str, text: Option<&str>) -> Result<bool> {
    match text {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Error::field(pointer, Code::InvalidValue, "Use true or false.")),
    }
}

/// What a list's `q` looks for: whatever begins with this, in lower case. Of what more than a thousand names or addresses
/// begin with, the list knows the first thousand of each, in alphabetical order: more letters find the others.
#[must_use]
pub fn prefix(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty())
}

/// A text of a PATCH.
pub fn changed<T, E: Display>(
    fields: &mut Fields,
    pointer: &str,
    text: Change<String>,
    parse: impl Fn(&str) -> std::result::Result<T, E>,
) -> Change<T> {
    text.and_then(|text| fields.take(pointer, Code::InvalidValue, parse(&text)))
}

/// A name of a PATCH: null clears nothing here, for what has a name always has one.
pub fn changed_name(fields: &mut Fields, name: Change<String>) -> Option<Name> {
    match name {
        Change::Keep => None,
        Change::Set(name) => fields.take("/name", Code::InvalidValue, Name::parse(&name)),
        Change::Clear => {
            let detail = "A name can't be cleared. Leave this out to keep the one that is there.";
            fields.refuse("/name", Code::InvalidValue, detail);
            None
        }
    }
}

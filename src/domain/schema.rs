//! What the newtypes of the domain look like in the API's description, where serde tells nothing of it.
//!
//! Only in native builds (`described`): the Worker carries the description as a file.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::api_key::Scope;
use super::change::Change;
use super::email_address::EmailAddress;
use super::ids::{Id, Kind};
use super::organization::{Accent, Slug};
use super::text::{Message, Name};
use super::time::Timestamp;

/// A schema that stands wherever its type does, under no name of its own.
macro_rules! inline {
    ($($type:ty => $schema:tt)*) => {$(
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )*};
}

inline! {
    Timestamp => {"type": "string", "format": "date-time"}
    EmailAddress => {"type": "string", "format": "email"}
    Name => {"type": "string", "minLength": 1, "description": "1 to 80 letters on one line, with no web address in it."}
    Message => {"type": "string", "minLength": 1, "description": "1 to 1,000 letters; line breaks are kept."}
    Slug => {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$"}
    Accent => {"type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"}
}

impl<K: Kind> JsonSchema for Id<K> {
    fn schema_name() -> Cow<'static, str> {
        let kind = std::any::type_name::<K>();
        format!("{}Id", kind.rsplit("::").next().unwrap_or(kind)).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": format!("^{}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$", K::PREFIX),
            "examples": [format!("{}_01kasz6kfxe0ptazwdzyn0vh8c", K::PREFIX)],
        })
    }
}

/// What is not given stays, so it is never required; null clears.
impl<T: JsonSchema> JsonSchema for Change<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}Change", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
}

impl JsonSchema for Scope {
    fn schema_name() -> Cow<'static, str> {
        "Scope".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let each = Self::ALL
            .iter()
            .map(|scope| json_schema!({"const": scope.as_str(), "description": scope.told()}));
        json_schema!({"type": "string", "oneOf": each.collect::<Vec<_>>()})
    }
}

//! Reads JSON, that of a request's body and that of a row of the database, into the types that serde derives for it, and
//! says where it doesn't fit.
//!
//! The rule: a struct is read by position. Derived code can read one in two ways, by the names it comes upon and by position,
//! and the first is several times as long; there are two hundred such types. So the names are looked up here, once for
//! all of them, and the derived list of fields says which is next. That also finds, without a word in any of the types,
//! what is there twice and what nobody knows.

mod cell;
mod pretty;

use std::fmt::Display;

use serde::de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::error::below;
use cell::Cell;

pub use pretty::pretty;

/// JSON as it was written: objects in their order, with what is in them twice.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// Null, a truth value, a number or a text.
    Scalar(Value),
    /// A list.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(String, Json)>),
}

/// Why JSON can't be read as what it should be.
#[derive(Debug, PartialEq, Eq)]
pub enum Why {
    /// It is no JSON.
    NotJson,
    /// Nobody knows this field.
    Unknown,
    /// This field is there twice: nobody can tell which of the two was meant.
    Twice,
    /// This field is needed.
    Missing,
    /// In serde's words, the beginnings of which are its own.
    Unfit(String),
}

/// Where JSON doesn't fit, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct Mismatch(Box<Misfit>);

#[derive(Debug, PartialEq, Eq)]
struct Misfit {
    pointer: String,
    why: Why,
}

/// Reads JSON of our own: a row, or a copy that was kept. It may have more fields than are asked for.
///
/// # Errors
/// What doesn't fit.
pub fn row<T: DeserializeOwned>(text: &str) -> Result<T, Mismatch> {
    T::deserialize(Cell { json: parse(text.as_bytes())?, strict: false })
}

/// Reads JSON that somebody sent: every field is known, and there once.
///
/// # Errors
/// What doesn't fit.
pub fn body<T: DeserializeOwned>(text: &[u8]) -> Result<T, Mismatch> {
    part(parse(text)?)
}

/// The same for a part of what somebody sent, such as one row of many. Pointers are relative to it.
///
/// # Errors
/// What doesn't fit.
pub fn part<T: DeserializeOwned>(json: Json) -> Result<T, Mismatch> {
    T::deserialize(Cell { json, strict: true })
}

/// What stands at a pointer (RFC 6901) in somebody else's JSON; null where nothing does.
#[must_use]
pub fn at<'a>(json: &'a Value, pointer: &str) -> &'a Value {
    static NOTHING: Value = Value::Null;
    json.pointer(pointer).unwrap_or(&NOTHING)
}

fn parse(text: &[u8]) -> Result<Json, Mismatch> {
    serde_json::from_slice(text).map_err(|_| Mismatch::here(Why::NotJson))
}

impl Mismatch {
    /// The place, as a pointer (RFC 6901).
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.0.pointer
    }

    /// The reason.
    #[must_use]
    pub fn why(&self) -> &Why {
        &self.0.why
    }

    fn here(why: Why) -> Self {
        Self(Box::new(Misfit { pointer: String::new(), why }))
    }

    fn at(name: &str, why: Why) -> Self {
        Self::here(why).under(name)
    }

    #[inline(never)]
    fn under(mut self, name: &str) -> Self {
        self.0.pointer.insert_str(0, &below("", name));
        self
    }
}

impl Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} at {:?}", self.why(), self.pointer())
    }
}

impl std::error::Error for Mismatch {}

impl serde::de::Error for Mismatch {
    fn custom<T: Display>(why: T) -> Self {
        Self::here(Why::Unfit(why.to_string()))
    }
}

impl From<serde_json::Error> for Mismatch {
    fn from(error: serde_json::Error) -> Self {
        Self::custom(error)
    }
}

impl Json {
    /// How many bytes its texts, names and values take together, about.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Scalar(Value::String(text)) => text.len() + 2,
            Self::Scalar(_) => 4,
            Self::List(values) => values.iter().map(|value| value.size() + 1).sum::<usize>() + 2,
            Self::Object(fields) => {
                fields.iter().map(|(name, value)| name.len() + value.size() + 4).sum::<usize>() + 2
            }
        }
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        match json {
            Json::Scalar(value) => value,
            Json::List(values) => Self::Array(values.into_iter().map(Self::from).collect()),
            Json::Object(fields) => {
                let mut object = serde_json::Map::new();
                for (name, json) in fields {
                    object.insert(name, json.into());
                }
                Self::Object(object)
            }
        }
    }
}

impl From<serde_json::Map<String, Value>> for Json {
    fn from(fields: serde_json::Map<String, Value>) -> Self {
        Value::Object(fields).into()
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        match value {
            Value::Array(values) => Self::List(values.into_iter().map(Self::from).collect()),
            Value::Object(fields) => {
                Self::Object(fields.into_iter().map(|(name, value)| (name, value.into())).collect())
            }
            scalar => Self::Scalar(scalar),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Anything;
        impl<'de> Visitor<'de> for Anything {
            type Value = Json;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("any JSON")
            }
            fn visit_newtype_struct<D: Deserializer<'de>>(self, json: D) -> Result<Json, D::Error> {
                json.deserialize_any(self)
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Scalar(Value::Null))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }
            fn visit_str<E>(self, value: &str) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }
            fn visit_string<E>(self, value: String) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                Ok(Json::List(values))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = object.next_entry()? {
                    fields.push(field);
                }
                Ok(Json::Object(fields))
            }
        }
        deserializer.deserialize_newtype_struct(AS_WRITTEN, Anything)
    }
}

/// The name under which a part of a body is read as it was written, with what is in it twice: to be looked at by itself.
const AS_WRITTEN: &str = "Json";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Row {
        id: String,
        count: Option<i64>,
        #[serde(default)]
        tags: Vec<String>,
        inner: Option<Inner>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        pair: (String, u8),
        #[serde(rename = "is")]
        kind: Kind,
        more: Option<serde_json::Map<String, Value>>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        OneOfThem,
    }

    #[test]
    fn what_is_there_goes_to_the_fields_of_its_names_in_any_order() {
        let text =
            r#"{"count": 2, "inner": {"is": "one_of_them", "pair": ["a", 1]}, "id": "x", "tags": ["t"]}"#;
        let inner = Inner { pair: ("a".to_owned(), 1), kind: Kind::OneOfThem, more: None };
        let expected =
            Row { id: "x".to_owned(), count: Some(2), tags: vec!["t".to_owned()], inner: Some(inner) };
        assert_eq!(row::<Row>(text).unwrap(), expected);
        assert_eq!(body::<Row>(text.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn null_is_none_and_so_is_what_is_missing_and_a_default_takes_its_place() {
        let expected = Row { id: "x".to_owned(), count: None, tags: Vec::new(), inner: None };
        assert_eq!(row::<Row>(r#"{"id": "x", "count": null}"#), Ok(expected));
    }

    #[test]
    fn a_row_may_have_more_columns_and_a_body_no_more_fields() {
        let text = r#"{"id": "x", "more": 1}"#;
        assert!(row::<Row>(text).is_ok());
        assert_eq!(body::<Row>(text.as_bytes()), Err(Mismatch::at("more", Why::Unknown)));
    }

    #[test]
    fn what_does_not_fit_is_found_at_its_place() {
        let why = |text: &str| body::<Row>(text.as_bytes()).map_err(|found| (found.0.pointer, found.0.why));
        let unfit = |text: &str| match why(text) {
            Err((pointer, Why::Unfit(_))) => pointer,
            other => panic!("{text}: {other:?}"),
        };
        let place = |pointer: &str, why| Err((pointer.to_owned(), why));
        for text in ["", "{", "{} {}", "\u{0}", "[1"] {
            assert_eq!(why(text), place("", Why::NotJson), "{text}");
        }
        assert_eq!(why("{}"), place("/id", Why::Missing));
        assert_eq!(why(r#"{"id": "x", "id": "y"}"#), place("/id", Why::Twice));
        assert_eq!(why(r#"{"id": "x", "inner": {"is": "one_of_them"}}"#), place("/inner/pair", Why::Missing));
        assert_eq!(
            why(
                r#"{"id": "x", "inner": {"pair": ["a", 1], "is": "one_of_them", "more": {"a/b": {"c": 1, "c": 2}}}}"#
            ),
            place("/inner/more/a~1b/c", Why::Twice)
        );
        for (text, pointer) in [
            ("null", ""),
            ("[]", ""),
            (r#""x""#, ""),
            (r#"{"id": 1}"#, "/id"),
            (r#"{"id": ["x"]}"#, "/id"),
            (r#"{"id": "x", "count": "2"}"#, "/count"),
            (r#"{"id": "x", "count": 1e400}"#, ""),
            (r#"{"id": "x", "count": 99999999999999999999}"#, "/count"),
            (r#"{"id": "x", "tags": ["a", 1]}"#, "/tags/1"),
            (r#"{"id": "x", "inner": []}"#, "/inner"),
            (r#"{"id": "x", "inner": {"pair": ["a", 300], "is": "one_of_them"}}"#, "/inner/pair/1"),
            (r#"{"id": "x", "inner": {"pair": ["a"], "is": "one_of_them"}}"#, "/inner/pair"),
            (r#"{"id": "x", "inner": {"pair": ["a", 1], "is": "another"}}"#, "/inner/is"),
        ] {
            if pointer.is_empty() && text.contains("1e400") {
                assert_eq!(why(text), place("", Why::NotJson));
            } else {
                assert_eq!(unfit(text), pointer, "{text}");
            }
        }
    }

    #[test]
    fn a_part_that_is_to_be_read_by_itself_says_a_field_twice_until_then() {
        let rows: Vec<Json> = body(br#"[{"id": "x", "id": "y"}]"#).unwrap();
        let row = rows.into_iter().next().unwrap();
        assert_eq!(part::<Row>(row), Err(Mismatch::at("id", Why::Twice)));
    }

    #[test]
    fn any_json_is_read_as_it_is() {
        let whole = json!({"a": [null, true, -1, 18_446_744_073_709_551_615_u64, 0.5, "\u{1f600}", {"a": {"a": []}}], "b": {}});
        assert_eq!(body::<Value>(whole.to_string().as_bytes()), Ok(whole.clone()));
        assert_eq!(part::<Value>(whole.clone().into()), Ok(whole));
    }
}

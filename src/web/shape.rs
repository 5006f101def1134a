//! What JSON must be like to be read at all: whatever its fields mean, each is of the right type, known, and there once.
//!
//! serde has no codes, only sentences for whoever writes Rust. Here is the one place that turns them into refusals that a
//! person can use.

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::error::{Code, Error, UNKNOWN_FIELD, below};

/// JSON of any type, in which no object says a field twice: nobody can tell which of the two was meant, and by itself serde
/// takes the last.
#[derive(Debug, Clone, PartialEq)]
pub struct Distinct(pub Value);

/// A JSON object of any fields, read like [`Distinct`].
#[derive(Debug, Clone, PartialEq)]
pub struct DistinctFields(pub Map<String, Value>);

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Anything;
        impl<'de> Visitor<'de> for Anything {
            type Value = Value;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("any JSON")
            }
            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_str<E>(self, value: &str) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
                let mut values = Vec::new();
                while let Some(Distinct(value)) = list.next_element()? {
                    values.push(value);
                }
                Ok(values.into())
            }
            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Value, A::Error> {
                distinct(fields).map(Value::Object)
            }
        }
        deserializer.deserialize_any(Anything).map(Self)
    }
}

impl<'de> Deserialize<'de> for DistinctFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Map<String, Value>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
                distinct(fields)
            }
        }
        deserializer.deserialize_map(Fields).map(Self)
    }
}

fn distinct<'de, A: MapAccess<'de>>(mut fields: A) -> Result<Map<String, Value>, A::Error> {
    /// The value of a field that is there already. Refusing it while it is read leaves its name at the end of the path.
    struct Repeated;
    impl<'de> DeserializeSeed<'de> for Repeated {
        type Value = ();
        fn deserialize<D: Deserializer<'de>>(self, _: D) -> Result<(), D::Error> {
            Err(D::Error::custom("duplicate field"))
        }
    }
    let mut object = Map::new();
    while let Some(name) = fields.next_key::<String>()? {
        if object.contains_key(&name) {
            fields.next_value_seed(Repeated)?;
        }
        let Distinct(value) = fields.next_value()?;
        object.insert(name, value);
    }
    Ok(object)
}

/// The refusal of what doesn't fit: 400 for what is no JSON, 422 with a pointer for the rest.
#[must_use]
pub fn refusal(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let why = error.inner();
    if !why.is_data() {
        return Code::InvalidJson.into();
    }
    shape_error(&pointer(error.path()), &why.to_string())
}

/// Turns serde's words into a field's refusal. The beginnings are its own.
fn shape_error(pointer: &str, why: &str) -> Error {
    if why.starts_with("unknown field `") {
        // The path ends with the field itself.
        return Error::field(pointer, Code::UnknownField, UNKNOWN_FIELD);
    }
    if let Some(name) = named(why, "missing field `") {
        return Error::field(below_field(pointer, name), Code::Required, "This is needed.");
    }
    if why.starts_with("duplicate field") {
        // A struct's path ends above the field, which is named; another object's with the field.
        let place = named(why, "duplicate field `")
            .map_or_else(|| pointer.to_owned(), |name| below_field(pointer, name));
        return Error::field(place, Code::InvalidValue, "This is there twice. Leave one of them out.");
    }
    let code = if why.starts_with("invalid type") { Code::InvalidType } else { Code::InvalidValue };
    // The value that was sent may be anything, so the sentence tells only what to send instead.
    let expected = why.rsplit_once("expected ").map_or("", |(_, expected)| expected);
    let expected = expected.split(" at line ").next().unwrap_or_default();
    Error::field(pointer, code, format!("This can't be used here. {}", instead(expected)))
}

/// The name that serde writes behind these words, if its sentence begins with them: further in may be what somebody sent.
#[must_use]
pub fn named<'a>(why: &'a str, words: &str) -> Option<&'a str> {
    why.strip_prefix(words).and_then(|rest| rest.split('`').next())
}

fn below_field(pointer: &str, name: &str) -> String {
    format!("{pointer}{}", below("", name))
}

/// What to send, for what serde calls by the names of Rust.
fn instead(expected: &str) -> &'static str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "Use a whole number, 0 or more.",
        "i8" | "i16" | "i32" | "i64" | "isize" => "Use a whole number.",
        "f32" | "f64" => "Use a number.",
        "a boolean" => "Use true or false.",
        "a string" | "a borrowed string" | "a character" => "Use a text, in quotes.",
        "a list" | "a sequence" => "Use a list, in square brackets.",
        "an object" | "a map" => "Use an object, in braces.",
        _ if expected.starts_with("struct ") => "Use an object, in braces.",
        _ => "Check what this field takes.",
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => below("", key),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only what refuses to be read counts")]
    struct Everything {
        text: Option<String>,
        truth: Option<bool>,
        count: Option<u64>,
        change: Option<i64>,
        byte: Option<u8>,
        share: Option<f64>,
        list: Option<Vec<String>>,
        any: Option<Distinct>,
        fields: Option<DistinctFields>,
        map: Option<Map<String, Value>>,
        inner: Option<Box<Everything>>,
    }

    fn complaint(body: &str) -> (Code, String, String) {
        let mut deserializer = serde_json::Deserializer::from_str(body);
        let error = serde_path_to_error::deserialize::<_, Everything>(&mut deserializer).unwrap_err();
        let Error::Refused(told) = refusal(&error) else { panic!("{error}") };
        let field = told.errors.first().unwrap();
        (told.code, field.pointer.clone(), field.detail.clone())
    }

    #[test]
    fn no_word_of_rust_reaches_a_person() {
        for field in ["text", "truth", "count", "change", "byte", "share", "list", "fields", "map", "inner"] {
            for wrong in ["{}", "[{}]", "\"x\"", "true", "1.5", "-99999999999999999999", "-1", "300"] {
                let body = format!("{{\"{field}\":{wrong}}}");
                if serde_json::from_str::<Everything>(&body).is_ok() {
                    continue;
                }
                let (_, _, detail) = complaint(&body);
                let (_, tells) = detail.split_once("This can't be used here. ").expect(&detail);
                assert!(tells.starts_with("Use "), "{body}: {detail}");
                for word in [
                    "u64",
                    "i64",
                    "u8",
                    "f64",
                    "sequence",
                    "struct",
                    "map",
                    "string",
                    "boolean",
                    "Option",
                    "Everything",
                ] {
                    assert!(!detail.contains(word), "{body}: {detail}");
                }
            }
        }
    }

    #[test]
    fn a_field_that_is_there_twice_is_refused_at_its_own_place() {
        for (body, pointer) in [
            (r#"{"text":"a","text":"b"}"#, "/text"),
            (r#"{"inner":{"text":"a","text":"b"}}"#, "/inner/text"),
            (r#"{"any":{"a":1,"a":1}}"#, "/any/a"),
            (r#"{"any":[1,{"a":{"b/`":[],"c":2,"b/`":1}}]}"#, "/any/1/a/b~1`"),
            (r#"{"fields":{"a":{"b":1,"b":2}}}"#, "/fields/a/b"),
            (r#"{"fields":{"a":1,"b":1,"a":2}}"#, "/fields/a"),
        ] {
            let (code, place, _) = complaint(body);
            assert_eq!((code, place.as_str()), (Code::InvalidValue, pointer), "{body}");
        }
        assert_eq!(complaint(r#"{"fields":[]}"#).1, "/fields");
    }

    #[test]
    fn whatever_is_there_once_is_read_as_it_is() {
        let whole = json!({"a": [null, true, -1, 18_446_744_073_709_551_615_u64, 0.5, "\u{1f600}", {"a": {"a": []}}], "b": {}});
        let Distinct(read) = serde_json::from_str(&whole.to_string()).unwrap();
        assert_eq!(read, whole);
        let Distinct(read) = serde_json::from_value(whole.clone()).unwrap();
        assert_eq!(read, whole);
    }
}

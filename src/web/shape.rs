//! What JSON must be like to be read at all: whatever its fields mean, each is of the right type, known, and there once.
//!
//! serde has no codes, only sentences for whoever writes Rust. Here is the one place that turns them into refusals that a
//! person can use.

use crate::error::{Code, Error, UNKNOWN_FIELD};
use crate::json::{Mismatch, Why};

/// The refusal of what doesn't fit: 400 for what is no JSON, 422 with a pointer for the rest.
#[must_use]
pub fn refusal(mismatch: &Mismatch) -> Error {
    let pointer = mismatch.pointer();
    match mismatch.why() {
        Why::NotJson => Code::InvalidJson.into(),
        Why::Unknown => Error::field(pointer, Code::UnknownField, UNKNOWN_FIELD),
        Why::Missing => Error::field(pointer, Code::Required, "This is needed."),
        Why::Twice => {
            Error::field(pointer, Code::InvalidValue, "This is there twice. Leave one of them out.")
        }
        Why::Unfit(why) => {
            let code = if why.starts_with("invalid type") { Code::InvalidType } else { Code::InvalidValue };
            // The value that was sent may be anything, so the sentence tells only what to send instead.
            let expected = why.rsplit_once("expected ").map_or("", |(_, expected)| expected);
            Error::field(pointer, code, format!("This can't be used here. {}", instead(expected)))
        }
    }
}

/// The name that serde writes behind these words, if its sentence begins with them: further in may be what somebody sent.
#[must_use]
pub fn named<'a>(why: &'a str, words: &str) -> Option<&'a str> {
    why.strip_prefix(words).and_then(|rest| rest.split('`').next())
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

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::{Map, Value};

    use super::*;
    use crate::json;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only what refuses to be read counts")]
    struct Everything {
        text: Option<String>,
        truth: Option<bool>,
        count: Option<u64>,
        change: Option<i64>,
        byte: Option<u8>,
        share: Option<f64>,
        list: Option<Vec<String>>,
        any: Option<Value>,
        map: Option<Map<String, Value>>,
        inner: Option<Box<Everything>>,
    }

    fn complaint(body: &str) -> (Code, String, String) {
        let mismatch = json::body::<Everything>(body.as_bytes()).unwrap_err();
        let Error::Refused(told) = refusal(&mismatch) else { panic!("{mismatch}") };
        let field = told.errors.first().unwrap();
        (told.code, field.pointer.clone(), field.detail.clone())
    }

    #[test]
    fn no_word_of_rust_reaches_a_person() {
        for field in ["text", "truth", "count", "change", "byte", "share", "list", "map", "inner"] {
            for wrong in ["{}", "[{}]", "\"x\"", "true", "1.5", "-99999999999999999999", "-1", "300"] {
                let body = format!("{{\"{field}\":{wrong}}}");
                if json::body::<Everything>(body.as_bytes()).is_ok() {
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
            (r#"{"map":{"a":{"b":1,"b":2}}}"#, "/map/a/b"),
            (r#"{"map":{"a":1,"b":1,"a":2}}"#, "/map/a"),
        ] {
            let (code, place, _) = complaint(body);
            assert_eq!((code, place.as_str()), (Code::InvalidValue, pointer), "{body}");
        }
        assert_eq!(complaint(r#"{"map":[]}"#).1, "/map");
    }
}

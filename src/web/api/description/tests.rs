use std::collections::BTreeSet;

use super::*;
use crate::web::route::Route;

fn operations() -> impl Iterator<Item = Operation> {
    parts().into_iter().flat_map(|(_, _, operations)| operations)
}

/// Whether programs call it: what is no page, and the keys that they check tokens with.
fn is_for_programs(pattern: &str) -> bool {
    ["/v1/", "/hooks/"].iter().any(|start| pattern.starts_with(start))
        || ["/healthz", "/readyz", "/.well-known/jwks.json"].contains(&pattern)
}

#[test]
fn every_route_that_programs_call_is_described_and_nothing_else_is() {
    let described: Vec<String> =
        operations().map(|operation| format!("{} {}", operation.method, operation.path)).collect();
    let routes: BTreeSet<String> = Route::PATTERNS
        .iter()
        .filter(|(pattern, _)| is_for_programs(pattern))
        .flat_map(|(pattern, methods)| methods.iter().map(move |method| format!("{method} {pattern}")))
        .collect();
    assert_eq!(described.iter().cloned().collect::<BTreeSet<_>>(), routes);
    assert_eq!(described.len(), routes.len(), "each once");
    for operation in operations() {
        let path = operation.sample();
        assert!(Route::parse(&path).is_some(), "{path}: name its parameter in `PARAMETERS`");
    }
}

/// The operations' ids are what generated programs call: each its own, and the same for ever.
#[test]
fn every_operation_has_an_id_of_its_own() {
    let document = document();
    let mut ids = BTreeSet::new();
    for operation in
        document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values())
    {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{id}");
    }
}

/// Every code is an example, and every one that programs meet is one of an operation.
#[test]
fn every_code_is_an_example_somewhere() {
    // Of pages, and of a method that no operation has.
    const ELSEWHERE: [Code; 2] = [Code::FormExpired, Code::MethodNotAllowed];
    let document = document();
    let text = document["paths"].to_string() + &document["components"]["responses"].to_string();
    for code in Code::ALL {
        let named = text.contains(&format!("\"#/components/examples/{}\"", code.as_str()));
        assert_eq!(named, !ELSEWHERE.contains(code), "{}", code.as_str());
    }
}

/// Each parameter says what it is for, or nothing: never null.
#[test]
fn nothing_is_described_as_null() {
    fn look(value: &Value, place: &str) {
        match value {
            Value::Object(fields) => {
                assert!(fields.get("description") != Some(&Value::Null), "{place}");
                fields.iter().for_each(|(name, value)| look(value, &format!("{place}/{name}")));
            }
            Value::Array(values) => values.iter().for_each(|value| look(value, place)),
            _ => {}
        }
    }
    look(&document()["paths"], "");
    for operation in document()["paths"].as_object().unwrap().values() {
        for described in operation.as_object().unwrap().values() {
            for parameter in described["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["name"] != "limit" || parameter["description"].is_string(), "{described}");
            }
        }
    }
}

/// A receiver knows from the document what every type of event tells.
#[test]
fn every_type_of_event_is_described() {
    use crate::domain::webhook::{EVENTS, TEST};
    let document = document();
    let described: BTreeSet<&str> =
        document["webhooks"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(described, EVENTS.iter().map(|(name, _)| *name).chain([TEST]).collect());
    for (pointer, values) in [
        ("Webhook/properties/status", json!(["active", "disabled"])),
        ("Webhook/properties/disabled_for", json!(["choice", "failures", "gone", null])),
        ("WebhookDelivery/properties/status", json!(["waiting", "delivered", "failed"])),
    ] {
        let pointer = format!("/components/schemas/{pointer}/enum");
        assert_eq!(document.pointer(&pointer), Some(&values), "{pointer}");
    }
}

#[test]
fn everything_that_is_referred_to_is_there() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in &found {
        assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
    }
    for (name, _) in document["components"]["schemas"].as_object().unwrap() {
        assert!(found.contains(&format!("#/components/schemas/{name}")), "{name} is a schema of nothing");
        assert!(!name.ends_with(|last: char| last.is_ascii_digit()), "{name}: two types have one name");
    }
}

#[test]
fn what_is_written_for_whoever_reads_the_code_is_left_out() {
    assert_eq!(plain("Why (S0-13): [`Foo`]\n takes it (S1-02, S1-03)."), "Why: `Foo` takes it.");
    assert_eq!(plain("Nothing (Something) here (S"), "Nothing (Something) here (S");
}

/// The file that is served: `make openapi` writes it.
#[test]
fn the_file_is_what_the_types_say() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/openapi.json");
    if std::env::var_os("USHER_WRITE_OPENAPI").is_some() {
        std::fs::write(&file, text()).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == text(),
        "assets/openapi.json is not what the types say any more: `make openapi` writes it anew"
    );
}

//! The API's description as tests hold answers against it: each is one that the document tells of, its body fits the schema that
//! goes with its status, it has no field that isn't described, and the code of a refusal is among the examples.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Value, json};

/// The document, ready to be asked.
pub struct Description {
    document: Value,
    /// The schemas of answers, closed: what is not described is not there.
    closed: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// An operation of it.
#[derive(Clone, Copy)]
pub struct Operation<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub described: &'a Value,
}

impl<'a> Operation<'a> {
    /// Its name.
    pub fn id(self) -> &'a str {
        self.described["operationId"].as_str().unwrap()
    }

    /// The scope that an API key needs for it.
    pub fn scope(self) -> Option<&'a str> {
        self.described["security"].as_array().unwrap().iter().find_map(|one| one["apiKey"][0].as_str())
    }
}

/// What is held against it.
pub struct Answered<'a> {
    pub status: u16,
    pub content_type: Option<&'a str>,
    pub body: &'a [u8],
}

/// The file that is served.
pub static DESCRIPTION: LazyLock<Description> = LazyLock::new(|| {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/openapi.json");
    Description::read(&std::fs::read(file).unwrap())
});

impl Description {
    pub fn read(text: &[u8]) -> Self {
        Self::of(serde_json::from_slice(text).unwrap())
    }

    pub fn of(document: Value) -> Self {
        let mut closed = document["components"]["schemas"].clone();
        close(&mut closed);
        Self { document, closed, validators: Mutex::default() }
    }

    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Every operation, in the order of the document.
    pub fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        self.document["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().iter();
            methods.map(move |(method, described)| Operation { method, path, described })
        })
    }

    /// The operation that a request meets, if there is one.
    pub fn operation(&self, method: &str, path: &str) -> Option<Operation<'_>> {
        let path = path.split('?').next().unwrap();
        let paths = self.document["paths"].as_object().unwrap();
        // A path that says it outright comes before one that has a parameter there.
        let (path, methods) =
            paths.get_key_value(path).or_else(|| paths.iter().find(|(pattern, _)| matches(pattern, path)))?;
        let (method, described) = methods.as_object().unwrap().get_key_value(&method.to_lowercase())?;
        Some(Operation { method, path, described })
    }

    /// What is referred to, or the value itself.
    pub fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self.resolved(self.document.pointer(&reference[1..]).unwrap()),
            None => value,
        }
    }

    /// What is wrong with an answer, if anything is.
    pub fn complaint(&self, operation: Operation<'_>, answered: &Answered<'_>) -> Option<String> {
        let Some(response) = operation.described["responses"].get(answered.status.to_string()) else {
            return Some(format!("{} is not a status that is described", answered.status));
        };
        let response = self.resolved(response);
        let Some(contents) = response["content"].as_object() else {
            return (!answered.body.is_empty()).then(|| "there is a body, and none is described".to_owned());
        };
        let content_type = answered.content_type.unwrap_or_default();
        let Some(content) = contents.get(content_type) else {
            return Some(format!("{content_type} is not a content type that is described"));
        };
        let Ok(body) = serde_json::from_slice::<Value>(answered.body) else {
            return Some("it is no JSON".to_owned());
        };
        let validator = self.validator(&content["schema"]);
        if let Some(error) = validator.iter_errors(&body).next() {
            return Some(format!("{}: {error}", error.instance_path()));
        }
        let code = body["code"].as_str().filter(|_| content_type == "application/problem+json")?;
        let known = content["examples"].get(code).is_some();
        (!known).then(|| format!("{code} is not a code that is described for {}", answered.status))
    }

    /// What of a value doesn't fit a schema of the document, if anything does not.
    pub fn misfit(&self, schema: &Value, value: &Value) -> Option<String> {
        let validator = self.validator(schema);
        validator.iter_errors(value).next().map(|error| format!("{}: {error}", error.instance_path()))
    }

    /// What is wrong with an event that a webhook is told, if anything is.
    pub fn complaint_of_event(&self, body: &Value) -> Option<String> {
        let kind = body["type"].as_str().unwrap_or_default();
        let Some(described) = self.document["webhooks"].get(kind) else {
            return Some(format!("{kind} is not a type of event that is described"));
        };
        let schema = &described["post"]["requestBody"]["content"]["application/json"]["schema"];
        let validator = self.validator(schema);
        validator.iter_errors(body).next().map(|error| format!("{}: {error}", error.instance_path()))
    }

    fn validator(&self, schema: &Value) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap();
        let compiled = validators.entry(schema.to_string()).or_insert_with(|| {
            let mut closed = schema.clone();
            close(&mut closed);
            let whole = json!({"components": {"schemas": self.closed}, "allOf": [closed]});
            Arc::new(jsonschema::draft202012::new(&whole).unwrap())
        });
        Arc::clone(compiled)
    }
}

/// Lets no object have a property that isn't named.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.get("properties").is_some_and(Value::is_object) {
                fields.entry("additionalProperties").or_insert(Value::Bool(false));
            }
            fields.values_mut().for_each(close);
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(close),
        _ => {}
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let (mut parts, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (parts.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(given)) if part == given || part.starts_with('{') => {}
            _ => return false,
        }
    }
}

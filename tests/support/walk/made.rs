//! Values made from a schema: ones that fit it, and ones that don't.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Map, Value, json};

use super::super::description::Description;
use super::PASSWORD;

/// Makes values. The same ones in each run.
pub struct Maker<'a> {
    description: &'a Description,
    chance: ChaCha8Rng,
    count: u32,
}

/// What stands for something that exists, by the name of its schema: `WorkspaceId`.
pub type Known<'a> = &'a dyn Fn(&str) -> Option<String>;

impl<'a> Maker<'a> {
    pub fn new(description: &'a Description) -> Self {
        Self { description, chance: ChaCha8Rng::seed_from_u64(6), count: 0 }
    }

    fn one_in(&mut self, many: u32) -> bool {
        self.chance.next_u32().is_multiple_of(many)
    }

    /// A number that was not made before.
    fn new_number(&mut self) -> u32 {
        self.count += 1;
        self.count
    }

    /// A value of this schema. With `all`, or else by chance, with what it need not have.
    pub fn value(&mut self, schema: &Value, known: Known<'_>, all: bool) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            if let Some(id) = known(reference.rsplit('/').next().unwrap()) {
                return id.into();
            }
            return self.value(self.description.resolved(schema), known, all);
        }
        if let Some(only) = schema.get("const") {
            return only.clone();
        }
        for several in ["enum", "oneOf", "anyOf"] {
            if let Some(choices) = schema[several].as_array() {
                let choices: Vec<_> =
                    choices.iter().filter(|choice| !choice.is_null() && choice["type"] != "null").collect();
                let chosen = choices[self.chance.next_u32() as usize % choices.len()];
                return if several == "enum" { chosen.clone() } else { self.value(chosen, known, all) };
            }
        }
        let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("object");
        match kind {
            "object" => self.object(schema, known, all),
            "array" => json!([self.value(&schema["items"], known, all)]),
            "boolean" => self.one_in(2).into(),
            // As seconds it is a day, which every lifetime allows.
            "integer" => schema["maximum"].as_u64().unwrap_or(86_400).min(86_400).into(),
            "string" => self.text(schema),
            other => panic!("a value of the type {other}"),
        }
    }

    fn object(&mut self, schema: &Value, known: Known<'_>, all: bool) -> Value {
        let mut made = Map::new();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            if required.iter().any(|needed| needed == name) || all || self.one_in(3) {
                let value = match name.as_str() {
                    "password" | "current_password" => PASSWORD.into(),
                    // An address that is proved.
                    "email_verified" => true.into(),
                    "permission" => "compose".into(),
                    _ => known(name).map_or_else(|| self.value(field, known, all), Value::from),
                };
                made.insert(name.clone(), value);
            }
        }
        made.into()
    }

    fn text(&mut self, schema: &Value) -> Value {
        let number = self.new_number();
        if let Some(example) = schema["examples"].get(0) {
            return example.clone();
        }
        let pattern = schema["pattern"].as_str().unwrap_or_default();
        match schema["format"].as_str() {
            Some("email") => format!("walk{number}@client.test"),
            Some("date-time") => "2030-01-31T12:00:00Z".to_owned(),
            _ if pattern.starts_with("^#") => "#0a7cff".to_owned(),
            _ if pattern.is_empty() => format!("Walk {number}"),
            _ => format!("walk-{number}"),
        }
        .into()
    }

    /// Bodies that this one, which fits, becomes when one thing about it is wrong; each with what that is.
    pub fn spoilt(&mut self, schema: &Value, body: &Value) -> Vec<(&'static str, Vec<u8>)> {
        let schema = self.description.resolved(schema);
        let with = |name: &str, value: Value| {
            let mut spoilt = body.clone();
            spoilt[name] = value;
            spoilt
        };
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        let mut all = vec![
            ("no JSON", b"{\"".to_vec()),
            ("no object", b"[]".to_vec()),
            ("a field that is not known", with("walked", json!(1)).to_string().into_bytes()),
        ];
        if let Some(needed) = schema["required"].get(0).and_then(Value::as_str) {
            let mut spoilt = body.clone();
            spoilt.as_object_mut().unwrap().remove(needed);
            all.push(("a field is missing", spoilt.to_string().into_bytes()));
        }
        if !properties.is_empty() {
            let names: Vec<&String> = properties.keys().collect();
            let name = names[self.chance.next_u32() as usize % names.len()];
            all.push(("a wrong type", with(name, json!({"walked": [1]})).to_string().into_bytes()));
            all.push(("too long a text", with(name, "long ".repeat(2_000).into()).to_string().into_bytes()));
        }
        all
    }
}

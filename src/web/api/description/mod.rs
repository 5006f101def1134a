//! The API's description (`OpenAPI` 3.1), made from the types that the handlers read and write.
//!
//! Only in native builds: what comes of it is `assets/openapi.json`, which the platform serves without asking the Worker. A test
//! fails where that file is not what is made here; `make openapi` writes it anew. Every route that programs may call has its
//! operation here, a few lines in the file of its part: a route without one, and one without a route, fail a test.

#![allow(
    clippy::indexing_slicing,
    clippy::too_many_lines,
    clippy::type_complexity,
    reason = "it is made in tests only, where what is missing fails at once; and its tables are as long as the API"
)]

mod account;
mod elsewhere;
mod events;
mod invitations;
mod members;
mod operation;
mod organizations;
mod webhooks;
mod workspaces;

use std::collections::BTreeMap;

use schemars::SchemaGenerator;
use schemars::generate::{Contract, SchemaSettings};
use serde_json::{Map, Value, json};

use crate::domain::api_key::Scope;
use crate::domain::text::Name;
use crate::error::{Code, Error, Fields, Refusal};
use crate::flow::access::lacks;
use crate::json;
use crate::web::api::field;
use crate::web::{reply, shape};
use operation::Operation;

/// What stands above all operations.
const ABOUT: &str = include_str!("about.md");

/// The parts of the API, in the order in which a reader meets them.
fn parts() -> [(&'static str, &'static str, Vec<Operation>); 7] {
    [
        (
            "organizations",
            "Organizations: plans, brands, seats, catalogs, API keys and the audit log.",
            organizations::operations(),
        ),
        ("workspaces", "Workspaces, their resources, and who has what in them.", workspaces::operations()),
        (
            "invitations",
            "Invitations: one, many, links; and what the holder of a link does.",
            invitations::operations(),
        ),
        ("members", "Members of an organization.", members::operations()),
        (
            "account",
            "Whoever is signed in: their account, sessions and second factor.",
            account::operations(),
        ),
        ("webhooks", "Webhooks: what happens, told to an organization's programs.", webhooks::operations()),
        ("elsewhere", "Health, public keys, and what providers tell.", elsewhere::operations()),
    ]
}

/// The schemas that operations name.
struct Schemas {
    /// Of what is sent.
    bodies: SchemaGenerator,
    /// Of what is answered.
    answers: SchemaGenerator,
    /// The refusals that have a status of their own wherever they are answered.
    refusals: Map<String, Value>,
}

impl Schemas {
    fn new() -> Self {
        let generator = |contract| {
            let mut settings = SchemaSettings::draft2020_12();
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
            settings.contract = contract;
            settings.into_generator()
        };
        Self {
            bodies: generator(Contract::Deserialize),
            answers: generator(Contract::Serialize),
            refusals: Map::new(),
        }
    }

    /// The schema itself, in the place of its name.
    fn inlined(&mut self, schema: fn(&mut SchemaGenerator) -> Value) -> Value {
        let named = schema(&mut self.bodies);
        let name =
            named["$ref"].as_str().and_then(|name| name.rsplit('/').next()).unwrap_or_default().to_owned();
        self.bodies.definitions_mut().remove(&name).unwrap_or(named)
    }

    /// The refusal with this code alone, by its name.
    fn refused_with(&mut self, code: Code) -> Value {
        if !self.refusals.contains_key(code.as_str()) {
            let refused = operation::refused(&[code], self);
            self.refusals.insert(code.as_str().to_owned(), refused);
        }
        json!({"$ref": format!("#/components/responses/{}", code.as_str())})
    }

    /// All that have a name. What is both sent and answered has one schema.
    ///
    /// # Panics
    /// If two types have one name: their `schemars(rename)` tells them apart.
    fn all(mut self) -> BTreeMap<String, Value> {
        let mut all: BTreeMap<String, Value> = self.bodies.take_definitions(true).into_iter().collect();
        for (name, schema) in self.answers.take_definitions(true) {
            let before = all.insert(name.clone(), schema.clone());
            assert!(before.is_none_or(|before| before == schema), "two schemas are called {name}");
        }
        all
    }
}

/// The document.
#[must_use]
pub fn document() -> Value {
    let mut schemas = Schemas::new();
    let mut paths: Map<String, Value> = Map::new();
    let mut tags = Vec::new();
    let samples = examples();
    for (tag, told, operations) in parts() {
        tags.push(json!({"name": tag, "description": told}));
        for operation in operations {
            let described = operation.describe(tag, &mut schemas, &samples);
            let path = paths.entry(operation.path).or_insert_with(|| json!({}));
            path[operation.method.as_str().to_lowercase()] = described;
        }
    }
    let webhooks = events::webhooks(&mut schemas);
    let examples: Map<String, Value> =
        Code::ALL.iter().map(|code| (code.as_str().to_owned(), example(*code))).collect();
    let refusals = std::mem::take(&mut schemas.refusals);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {"title": "Usher", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT},
        "servers": [{"url": "/"}],
        "tags": tags,
        "paths": paths,
        "webhooks": webhooks,
        "components": {
            "schemas": schemas.all(),
            "responses": refusals,
            "examples": examples,
            "parameters": parameters(),
            "headers": headers(),
            "securitySchemes": security_schemes(),
        },
    });
    tidy(&mut document);
    document
}

/// The document as its file holds it.
#[must_use]
pub fn text() -> String {
    format!("{:#}\n", document())
}

/// A refusal, as it is answered: by what answers it.
fn example(code: Code) -> Value {
    let answered = reply::problem(&refusal(code), "hGc1pT0JmPzvQx3K");
    let value: Value = serde_json::from_slice(answered.body()).unwrap_or_default();
    json!({"summary": code.title(), "value": value})
}

/// What a request is usually refused with by this code.
fn refusal(code: Code) -> Error {
    let invitation = "inv_01kasz6kfxe0ptazwdzyn0vh8c".parse().ok();
    let resource = "res_01kasz6kfxe0ptazwdzyn0vh8c".parse().ok();
    let sent = |body: &str| match json::body::<Sample>(body.as_bytes()) {
        Ok(_) => code.into(),
        Err(mismatch) => shape::refusal(&mismatch),
    };
    let mut fields = Fields::default();
    match code {
        Code::AlreadyInvited => Refusal { invitation_id: invitation, ..Refusal::new(code) }.into(),
        Code::ResourceExists => Refusal { resource_id: resource, ..Refusal::new(code) }.into(),
        Code::InsufficientScope => lacks(Scope::AdminsWrite),
        Code::Required => sent("{}"),
        Code::UnknownField => sent(r#"{"name": "Ana", "nmae": "Ana"}"#),
        Code::InvalidType => sent(r#"{"name": 7}"#),
        Code::InvalidRequest => {
            fields.required::<()>("/email", None);
            fields.take("/name", Code::InvalidValue, Name::parse(""));
            fields.refusal()
        }
        Code::InvalidValue => {
            fields.take("/name", code, Name::parse(""));
            fields.refusal()
        }
        Code::InvalidEmail => {
            field::email(&mut fields, "/email", "ana");
            fields.refusal()
        }
        Code::WeakPassword | Code::PasswordTooCommon | Code::ReauthenticationRequired => {
            Error::field("/password", code, code.detail())
        }
        Code::InvalidCode => Error::field("/code", code, code.detail()),
        Code::SlugTaken => Error::field("/slug", code, code.detail()),
        Code::CredentialsNotApplicable => {
            Error::field("/access/resources/0/credentials", code, code.detail())
        }
        code => code.into(),
    }
}

/// A body, to have something wrong with it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    #[serde(rename = "name")]
    _name: String,
}

/// What is sent and answered at the operations that an integration begins with, by their ids. Each is what the tests were answered
/// once, and still are in shape (`tests/api/examples.rs`).
fn examples() -> Value {
    serde_json::from_str(include_str!("examples.json")).unwrap_or_default()
}

fn parameters() -> Value {
    json!({
        "UsherActor": {
            "name": "Usher-Actor",
            "in": "header",
            "description": "With an API key: the member that it acts for. Then it may do what that member may, within its scopes.",
            "schema": {"$ref": "#/components/schemas/MemberId"},
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "The same request under the same key is answered as the first time for 24 hours, and done once. A \
                repeated answer has no secrets and no links in it.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        },
    })
}

fn headers() -> Value {
    json!({
        "RetryAfter": {"description": "After how many seconds to ask again.", "schema": {"type": "integer", "minimum": 1}},
        "IdempotentReplayed": {
            "description": "`true` where this is the answer of before.",
            "schema": {"const": "true"},
        },
    })
}

fn security_schemes() -> Value {
    json!({
        "operatorKey": {"type": "http", "scheme": "bearer", "description": "The secret `OPERATOR_KEY` of the deployment."},
        "apiKey": {
            "type": "http",
            "scheme": "bearer",
            "description": "A key of an organization's programs: `usher_…`. It needs the scope that the operation names; for whatever \
                lets somebody in as an admin, `admins:write` besides.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": crate::web::request::SESSION_COOKIE,
            "description": "Whoever is signed in. What changes something also needs the deployment's own `Origin`.",
        },
        "resend": {
            "type": "apiKey", "in": "header", "name": "svix-signature",
            "description": "Resend's signature, with `svix-id` and `svix-timestamp`, by `RESEND_WEBHOOK_SECRET`.",
        },
        "postmark": {"type": "http", "scheme": "basic", "description": "`POSTMARK_WEBHOOK_SECRET` as the password."},
        "stripe": {
            "type": "apiKey", "in": "header", "name": "stripe-signature",
            "description": "Stripe's signature, by `STRIPE_WEBHOOK_SECRET`.",
        },
    })
}

/// What the types' documentation says is for whoever reads the code: here its references to rules and to other types are left
/// out, and lines are not broken.
fn tidy(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(tidy),
        Value::Object(fields) => {
            // What is left out is left out, and not null.
            if fields.get("default") == Some(&Value::Null) {
                fields.remove("default");
            }
            for (name, value) in fields.iter_mut() {
                match value {
                    Value::String(text) if name == "description" && text != ABOUT => *text = plain(text),
                    value => tidy(value),
                }
            }
        }
        _ => {}
    }
}

fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(" (S") {
        let rule =
            after.split_once(')').filter(|(rule, _)| rule.starts_with(|first: char| first.is_ascii_digit()));
        plain.push_str(before);
        rest = if let Some((_, after)) = rule {
            after
        } else {
            plain.push_str(" (S");
            after
        };
    }
    (plain + rest).replace("[`", "`").replace("`]", "`").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;

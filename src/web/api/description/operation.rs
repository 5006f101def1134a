//! One operation: what there is to say of a route with a method. What follows from its path, from the scope that its route asks
//! a key for, and from who may call it, is not said again.

use http::Method;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::Schemas;
use crate::domain::api_key::Scope;
use crate::domain::ids;
use crate::error::Code;
use crate::web::api::{Nothing, PageQuery};
use crate::web::route::Route;

/// Who may call, besides API keys: which scope they need the route says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The operator, with their key.
    Operator,
    /// Whoever is signed in.
    Session,
    /// Whoever has the token in the body, signed in or not.
    Holder,
    /// Everybody: nobody looks at who calls.
    Everybody,
    /// A provider that knows the hook's secret.
    Provider(&'static str),
}

/// A kind of content, with what it holds.
type Content = (&'static str, fn(&mut SchemaGenerator) -> Value);

/// What is answered, with this status.
struct Answer {
    status: u16,
    told: &'static str,
    content: Option<Content>,
}

/// A route with a method.
pub struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    id: &'static str,
    summary: &'static str,
    told: &'static str,
    by: &'static [By],
    query: Option<fn(&mut SchemaGenerator) -> Value>,
    body: Vec<Content>,
    needs_body: bool,
    answers: Vec<Answer>,
    codes: Vec<Code>,
}

pub(super) fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

/// Bytes of any kind.
fn bytes(_: &mut SchemaGenerator) -> Value {
    json!({})
}

fn text(_: &mut SchemaGenerator) -> Value {
    json!({"type": "string"})
}

const JSON: &str = "application/json";

impl Operation {
    /// An operation. `id` is what programs that are made from the description call it; it never changes.
    pub fn new(method: Method, path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path,
            id,
            summary,
            told: "",
            by: &[By::Session],
            query: None,
            body: Vec::new(),
            needs_body: false,
            answers: Vec::new(),
            codes: Vec::new(),
        }
    }

    /// What there is to know that its summary doesn't tell.
    pub fn told(self, told: &'static str) -> Self {
        Self { told, ..self }
    }

    /// Who may call; whoever is signed in unless said.
    pub fn by(self, by: &'static [By]) -> Self {
        Self { by, ..self }
    }

    /// What its query may say.
    pub fn query<T: JsonSchema>(self) -> Self {
        Self { query: Some(schema::<T>), ..self }
    }

    /// A list: its query says how far, and where it goes on.
    pub fn paged(self) -> Self {
        self.query::<PageQuery>()
    }

    /// What its body is, as JSON.
    pub fn body<T: JsonSchema>(mut self) -> Self {
        self.body.push((JSON, schema::<T>));
        Self { needs_body: true, ..self }
    }

    /// A body without fields, or none.
    pub fn no_fields(self) -> Self {
        Self { needs_body: false, ..self.body::<Nothing>() }
    }

    /// A body that may be left out.
    pub fn maybe_body<T: JsonSchema>(self) -> Self {
        Self { needs_body: false, ..self.body::<T>() }
    }

    /// What else its body may be: text of this kind.
    pub fn or_text(mut self, content_type: &'static str) -> Self {
        self.body.push((content_type, text));
        self
    }

    /// What its body may be: bytes of this kind.
    pub fn bytes(mut self, content_type: &'static str) -> Self {
        self.body.push((content_type, bytes));
        Self { needs_body: true, ..self }
    }

    /// What it answers, as JSON.
    pub fn answers<T: JsonSchema>(mut self, status: u16, told: &'static str) -> Self {
        self.answers.push(Answer { status, told, content: Some((JSON, schema::<T>)) });
        self
    }

    /// It was done, and there is nothing to say.
    pub fn done(mut self) -> Self {
        self.answers.push(Answer { status: 204, told: "Done.", content: None });
        self
    }

    /// What it may be refused with, besides what follows from its path, its body and its callers.
    pub fn refuses(mut self, codes: &[Code]) -> Self {
        self.codes.extend(codes);
        self
    }

    /// The path with ids in it, to read the route by.
    pub(super) fn sample(&self) -> String {
        let mut path = self.path.to_owned();
        for (name, prefix, _) in PARAMETERS {
            path = path.replace(&format!("{{{name}}}"), &format!("{prefix}_01kasz6kfxe0ptazwdzyn0vh8c"));
        }
        path
    }

    fn route(&self) -> Option<Route> {
        Route::parse(&self.sample())
    }

    /// The scope that a key needs; with none, no key may call.
    fn scope(&self) -> Option<Scope> {
        self.route()?.scope(&self.method)
    }

    fn is_done_once(&self) -> bool {
        self.method == Method::POST && self.route().is_some_and(|route| route.is_done_once())
    }

    fn is_by(&self, by: By) -> bool {
        self.by.contains(&by)
    }

    /// Whether anybody looks at who calls.
    fn is_public(&self) -> bool {
        self.by.iter().all(|by| matches!(by, By::Everybody | By::Provider(_)))
    }

    /// All that it may be refused with.
    fn all_codes(&self) -> Vec<Code> {
        let mut codes = vec![Code::PayloadTooLarge, Code::Internal, Code::Misconfigured];
        let mut add = |applies: bool, more: &[Code]| {
            if applies {
                codes.extend(more);
            }
        };
        let changes = !self.method.is_safe();
        let is_of_others = self.by.iter().any(|by| matches!(by, By::Provider(_)));
        let reads_json = self.body.iter().any(|(content_type, _)| *content_type == JSON);
        add(!self.is_public() || is_of_others, &[Code::Unauthenticated]);
        add(!self.is_public() && !self.is_by(By::Holder), &[Code::Forbidden]);
        add(changes && !is_of_others, &[Code::CrossSiteRequest]);
        add(self.scope().is_some(), &[Code::Forbidden, Code::InsufficientScope, Code::UnknownActor]);
        add(self.path.contains('{'), &[Code::NotFound]);
        add(self.path.contains('{') && self.is_by(By::Session), &[Code::MfaRequired]);
        add(self.query.is_some(), &[Code::UnknownField, Code::InvalidValue, Code::InvalidRequest]);
        add(reads_json, &[Code::InvalidJson]);
        add(
            reads_json && !is_of_others,
            &[Code::UnsupportedMediaType, Code::UnknownField, Code::InvalidType, Code::InvalidValue],
        );
        add(reads_json && self.needs_body && !is_of_others, &[Code::Required, Code::InvalidRequest]);
        add(
            self.is_done_once(),
            &[Code::IdempotencyConflict, Code::IdempotencyInProgress, Code::InvalidValue],
        );
        add(true, &self.codes);
        let order = |code: &Code| Code::ALL.iter().position(|known| known == code);
        codes.sort_by_key(|code| (code.status().as_u16(), order(code)));
        codes.dedup();
        codes
    }

    /// As the document has it.
    pub(super) fn describe(&self, tag: &str, schemas: &mut Schemas, samples: &Value) -> Value {
        let sample = &samples[self.id];
        let mut operation = json!({
            "operationId": self.id,
            "tags": [tag],
            "summary": self.summary,
            "security": self.security(),
            "responses": self.responses(schemas, sample),
        });
        let mut set = |name: &str, value: Value| {
            operation[name] = value;
        };
        if !self.told.is_empty() {
            set("description", self.told.into());
        }
        let parameters = self.parameters(schemas);
        if !parameters.is_empty() {
            set("parameters", parameters.into());
        }
        if !self.body.is_empty() {
            let contents = self.body.iter().map(|content| described(*content, &mut schemas.bodies));
            let mut content: Map<_, _> = contents.collect();
            if let (Some(sent), Some(json)) = (sample.get("request"), content.get_mut(JSON)) {
                json["example"] = sent.clone();
            }
            set("requestBody", json!({"required": self.needs_body, "content": content}));
        }
        operation
    }

    fn parameters(&self, schemas: &mut Schemas) -> Vec<Value> {
        let mut parameters = Vec::new();
        for (name, _, schema) in PARAMETERS {
            if self.path.contains(&format!("{{{name}}}")) {
                let schema = schema(&mut schemas.bodies);
                parameters.push(json!({"name": name, "in": "path", "required": true, "schema": schema}));
            }
        }
        if let Some(query) = self.query {
            let fields = schemas.inlined(query);
            for (name, field) in fields["properties"].as_object().into_iter().flatten() {
                let mut field = said(field);
                let told = field.as_object_mut().and_then(|field| field.remove("description"));
                let mut parameter = json!({"name": name, "in": "query", "schema": field});
                if let Some(told) = told {
                    parameter["description"] = told;
                }
                parameters.push(parameter);
            }
        }
        let shared = |name: &str| json!({"$ref": format!("#/components/parameters/{name}")});
        if self.scope().is_some() {
            parameters.push(shared("UsherActor"));
        }
        if self.is_done_once() {
            parameters.push(shared("IdempotencyKey"));
        }
        parameters
    }

    fn security(&self) -> Vec<Value> {
        let mut security = Vec::new();
        for by in self.by {
            match by {
                By::Operator => security.push(json!({"operatorKey": []})),
                By::Session => security.push(json!({"session": []})),
                By::Holder => security.extend([json!({}), json!({"session": []})]),
                By::Everybody => security.push(json!({})),
                By::Provider(scheme) => security.push(json!({*scheme: []})),
            }
        }
        if let Some(scope) = self.scope() {
            security.push(json!({"apiKey": [scope.as_str()]}));
        }
        security
    }

    fn responses(&self, schemas: &mut Schemas, sample: &Value) -> Map<String, Value> {
        let mut responses = Map::new();
        for answer in &self.answers {
            let mut response = json!({"description": answer.told});
            if let Some(content) = answer.content {
                let (content_type, mut content) = described(content, &mut schemas.answers);
                if let Some(answered) = sample.get("response") {
                    content["example"] = answered.clone();
                }
                response["content"] = json!({content_type: content});
            }
            if self.is_done_once() {
                response["headers"] =
                    json!({"Idempotent-Replayed": {"$ref": "#/components/headers/IdempotentReplayed"}});
            }
            responses.insert(answer.status.to_string(), response);
        }
        for codes in self.all_codes().chunk_by(|one, other| one.status() == other.status()) {
            let Some(status) = codes.first().map(|code| code.status()) else { continue };
            let described = match codes {
                [only] => schemas.refused_with(*only),
                codes => refused(codes, schemas),
            };
            responses.insert(status.as_str().to_owned(), described);
        }
        responses
    }
}

/// A field that can be left out, but not be null: a query's.
fn said(field: &Value) -> Value {
    let mut field = field.clone();
    if let Some(kinds) = field["type"].as_array() {
        let kind = kinds.iter().find(|kind| *kind != "null").cloned();
        field["type"] = kind.unwrap_or_default();
    }
    if let Some(values) = field.get_mut("enum").and_then(Value::as_array_mut) {
        values.retain(|value| !value.is_null());
    }
    let choices = field.get("anyOf").and_then(Value::as_array);
    if let Some(only) =
        choices.and_then(|choices| choices.iter().find(|choice| choice["type"] != "null")).cloned()
        && let Some(fields) = field.as_object_mut()
    {
        fields.remove("anyOf");
        fields.extend(only.as_object().cloned().unwrap_or_default());
    }
    field
}

/// A refusal with one of these codes, which have one status.
pub(super) fn refused(codes: &[Code], schemas: &mut Schemas) -> Value {
    let status = codes.first().and_then(|code| code.status().canonical_reason()).unwrap_or_default();
    let names: Vec<String> = codes.iter().map(|code| format!("`{}`", code.as_str())).collect();
    let example = |code: &Code| {
        let name = code.as_str();
        (name.to_owned(), json!({"$ref": format!("#/components/examples/{name}")}))
    };
    let examples: Map<_, _> = codes.iter().map(example).collect();
    let problem = schema::<crate::web::reply::Problem<'_>>(&mut schemas.answers);
    let mut response = json!({
        "description": format!("{status}: {}.", names.join(", ")),
        "content": {"application/problem+json": {"schema": problem, "examples": examples}},
    });
    if codes.iter().any(|code| matches!(code, Code::RateLimited | Code::IdempotencyInProgress)) {
        response["headers"] = json!({"Retry-After": {"$ref": "#/components/headers/RetryAfter"}});
    }
    response
}

fn described((content_type, schema): Content, generator: &mut SchemaGenerator) -> (String, Value) {
    let schema = schema(generator);
    let empty = schema.as_object().is_some_and(Map::is_empty);
    (content_type.to_owned(), if empty { json!({}) } else { json!({"schema": schema}) })
}

/// What paths name: the parameter, its prefix, and its schema.
pub(super) const PARAMETERS: [(&str, &str, fn(&mut SchemaGenerator) -> Value); 9] = [
    ("organization", "org", schema::<ids::OrganizationId>),
    ("workspace", "wsp", schema::<ids::WorkspaceId>),
    ("resource", "res", schema::<ids::ResourceId>),
    ("invitation", "inv", schema::<ids::InvitationId>),
    ("member", "mbr", schema::<ids::MemberId>),
    ("job", "job", schema::<ids::JobId>),
    ("key", "key", schema::<ids::ApiKeyId>),
    ("session", "ses", schema::<ids::SessionId>),
    ("webhook", "whk", schema::<ids::WebhookId>),
];

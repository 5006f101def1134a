//! The description's examples: what docs/integrate.md sends, and what is answered to it. The file of them holds what was answered
//! once; whenever an answer has other fields than there, `USHER_WRITE_EXAMPLES=1` writes it anew.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use crate::api_keys::any_program;
use crate::hand_over;
use crate::support::World;
use crate::support::client::{Client, Team};
use crate::support::description::DESCRIPTION;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/api/description/examples.json");

/// What was sent and answered, by the operations' ids.
#[derive(Default)]
struct Examples(BTreeMap<String, Value>);

impl Examples {
    /// Sends it, and keeps both under the id of its operation.
    fn ask(&mut self, by: &mut Client, method: &Method, path: &str, body: Option<Value>) -> Value {
        let (kind, sent) = match &body {
            Some(body) => (Some("application/json"), body.to_string().into_bytes()),
            None => (None, Vec::new()),
        };
        let answer = by.send(method, path, kind, sent).ok().json();
        let operation = DESCRIPTION.operation(method.as_str(), path).unwrap();
        let mut example = json!({"response": answer});
        if let Some(body) = body {
            example["request"] = body;
        }
        self.0.insert(operation.id().to_owned(), example);
        answer
    }

    fn post(&mut self, by: &mut Client, path: &str, body: Value) -> Value {
        self.ask(by, &Method::POST, path, Some(body))
    }

    fn get(&mut self, by: &mut Client, path: &str) -> Value {
        self.ask(by, &Method::GET, path, None)
    }
}

/// Everything that the page does.
fn integrated() -> BTreeMap<String, Value> {
    let world = World::with_settings(&[("PRODUCT_URL", hand_over::PRODUCT_URL), ("PRODUCT_NAME", "Postbox")]);
    let mut all = Examples::default();
    let owner = json!({"email": "olga@studio.test", "name": "Olga Owner"});
    let body = json!({"name": "Example Studio", "template": "client-links", "owner": owner});
    let made = all.post(&mut world.operator(), "/v1/organizations", body);
    let organization = made["id"].as_str().unwrap().to_owned();
    let mut olga = world.client();
    olga.join("olga@studio.test", "Olga Owner").ok();
    let mut team = Team { world: world.clone(), organization, owner: olga };
    let path = |rest: &str| format!("/v1/organizations/{}{rest}", team.organization);
    let body =
        json!({"name": "Postbox", "scopes": ["invitations:write", "invitations:accept", "access:check"]});
    all.post(&mut world.operator(), &path("/api-keys"), body);
    let mut product = any_program(&team);

    let workspaces = all.get(&mut product, &path("/workspaces"));
    let workspace = workspaces["data"][0]["id"].as_str().unwrap();
    let page = json!({"kind": "facebook", "name": "Corner Bakery", "external_id": "page-42"});
    let resource = all.post(&mut product, &format!("/v1/workspaces/{workspace}/resources"), page);
    all.get(&mut product, &format!("/v1/workspaces/{workspace}/resources"));
    let hook = json!({"url": "https://app.example.test/webhooks", "events": ["member.removed"]});
    all.post(&mut product, &path("/webhooks"), hook);

    let body = json!({"kind": "email", "role": "client", "email": "bo@client.test", "name": "Bo Client",
        "access": {"permissions": "default", "resources": [{"id": resource["id"]}]}, "send_email": false});
    let invitation = all.post(&mut product, &path("/invitations"), body);
    let link = format!("/v1/invitations/{}/link", invitation["id"].as_str().unwrap());
    let link = all.ask(&mut product, &Method::POST, &link, None);
    let token = link["url"].as_str().unwrap().rsplit('/').next().unwrap();
    all.post(&mut product, "/v1/invitations/preview", json!({"token": token}));
    let user =
        json!({"subject": "user-7", "email": "bo@client.test", "name": "Bo Client", "email_verified": true});
    let bo = all.post(&mut product, "/v1/invitations/accept", json!({"token": token, "user": user}));
    let question =
        json!({"member_id": bo["member_id"], "workspace_id": workspace, "permission": "posts.edit"});
    all.post(&mut product, "/v1/check", question);
    all.get(&mut product, &path("/members?subject=user-7"));

    let code = hand_over::code(&mut team.owner, &team.organization);
    let body = json!({"code": code, "verifier": hand_over::VERIFIER});
    all.post(&mut product, "/v1/tokens", body);
    all.0
}

/// Which fields there are, whatever they hold.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::Array(values) => values.first().map(shape).into_iter().collect(),
        _ => Value::Null,
    }
}

#[test]
fn the_examples_are_what_is_answered() {
    let answered = json!(integrated());
    if std::env::var_os("USHER_WRITE_EXAMPLES").is_some() {
        std::fs::write(FILE, format!("{answered:#}\n")).unwrap();
    }
    let kept: Value = serde_json::from_slice(&std::fs::read(FILE).unwrap()).unwrap();
    assert_eq!(shape(&kept), shape(&answered), "write them anew with USHER_WRITE_EXAMPLES=1");
}

/// Of the document that is served: each stands at its operation, and fits the schema there.
#[test]
fn every_example_fits_its_schema() {
    let kept: Value = serde_json::from_slice(&std::fs::read(FILE).unwrap()).unwrap();
    let mut seen = 0;
    for operation in DESCRIPTION.operations() {
        let Some(sample) = kept.get(operation.id()) else { continue };
        seen += 1;
        let answers = operation.described["responses"].as_object().unwrap();
        let answered = answers.iter().find(|(status, _)| status.starts_with('2')).unwrap().1;
        let sent = &operation.described["requestBody"];
        for (content, example) in [(sent, sample.get("request")), (answered, sample.get("response"))] {
            let Some(example) = example else { continue };
            let content = &content["content"]["application/json"];
            assert_eq!(&content["example"], example, "{}: `make openapi`", operation.id());
            let complaint = DESCRIPTION.misfit(&content["schema"], example);
            assert_eq!(complaint, None, "{}", operation.id());
        }
    }
    assert_eq!(seen, kept.as_object().unwrap().len(), "each is of an operation");
}

#[test]
fn every_example_of_a_refusal_fits_the_schema_of_problems() {
    let document = DESCRIPTION.document();
    let schema = json!({"$ref": "#/components/schemas/Problem"});
    for (code, example) in document["components"]["examples"].as_object().unwrap() {
        assert_eq!(DESCRIPTION.misfit(&schema, &example["value"]), None, "{code}");
        assert_eq!(example["value"]["code"], code.as_str());
    }
    let example = |code: &str| &document["components"]["examples"][code]["value"];
    assert!(example("already_invited")["invitation_id"].is_string());
    for code in
        ["required", "invalid_value", "invalid_request", "unknown_field", "invalid_type", "invalid_email"]
    {
        assert!(example(code)["errors"][0]["pointer"].is_string(), "{code}");
    }
}

/// The document is one, by the schema of those who make the standard.
#[test]
fn the_description_is_valid_by_the_standards_own_schema() {
    let schema = include_str!("../support/openapi-3.1.json");
    let validator = jsonschema::draft202012::new(&serde_json::from_str(schema).unwrap()).unwrap();
    let complaint = |document: &Value| validator.iter_errors(document).next().map(|error| error.to_string());
    assert_eq!(complaint(DESCRIPTION.document()), None);
    let mut wrong = DESCRIPTION.document().clone();
    wrong["paths"]["/v1/check"]["post"]["description"] = Value::Null;
    assert!(complaint(&wrong).is_some());
}

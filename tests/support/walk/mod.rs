//! A walk through the API's description: each operation is asked, as each kind of caller, with requests that are made from its
//! schemas and with ones that one thing is wrong with. Whatever comes back is held against the description.
//!
//! The rule: it sets its scene through the API alone, and asks through one function; so it walks natively in milliseconds and on
//! the real runtime, and is the same walk. What an operation takes away was made for it.

mod made;
mod scene;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::description::{Answered, Description, Operation};
use made::Maker;
pub use scene::Scene;

/// The password that everybody has.
pub const PASSWORD: &str = "a sentence works well";

/// How a request says who it is from.
#[derive(Clone, Default)]
pub struct Credentials {
    pub bearer: Option<String>,
    pub session: Option<String>,
}

/// A request.
pub struct Sent<'a> {
    pub by: &'a Credentials,
    pub method: &'a str,
    pub path: &'a str,
    pub content_type: Option<&'a str>,
    pub body: &'a [u8],
}

/// What came back.
pub struct Got {
    pub status: u16,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
    /// The session that the answer begins, if it does.
    pub session: Option<String>,
}

/// What is walked through.
pub struct Deployment<'a> {
    pub origin: &'a str,
    pub operator_key: &'a str,
    pub root_key: &'a str,
    /// What carries requests to it.
    pub send: &'a mut dyn FnMut(&Sent<'_>) -> Got,
}

/// Who calls.
pub const CALLERS: [&str; 9] =
    ["operator", "key", "key_without_scope", "owner", "admin", "member", "client", "foreigner", "nobody"];

/// What takes a provider's signature, a mail or an authenticator app to do: the tests of these do it, and hold what is answered
/// against the same description.
const DONE_ELSEWHERE: [&str; 12] = [
    "exchangeHandOver",
    "replayDelivery",
    "hearResend",
    "hearPostmark",
    "hearStripe",
    "confirmEmailChange",
    "cancelEmailChange",
    "confirmSecondFactor",
    "removeSecondFactor",
    "renewRecoveryCodes",
    "resetSecondFactor",
    "passSecondFactor",
];

/// What came of a walk.
#[derive(Default)]
pub struct Walked {
    /// How many requests it was.
    pub requests: usize,
    /// What was not as the description says.
    pub complaints: Vec<String>,
    /// How often each operation did what it is for.
    done: BTreeMap<String, usize>,
}

impl Walked {
    /// The operations that never did what they are for, though nothing is in the way.
    pub fn undone(&self) -> Vec<&str> {
        let undone =
            self.done.iter().filter(|(id, times)| **times == 0 && !DONE_ELSEWHERE.contains(&id.as_str()));
        undone.map(|(id, _)| id.as_str()).collect()
    }
}

/// Walks through all operations.
pub fn walk(description: &Description, deployment: Deployment<'_>) -> Walked {
    let mut walk = Walk {
        scene: Scene::set(deployment),
        maker: Maker::new(description),
        description,
        walked: Walked::default(),
    };
    for operation in description.operations() {
        walk.ask(operation);
    }
    walk.walked
}

struct Walk<'d, 's> {
    scene: Scene<'s>,
    maker: Maker<'d>,
    description: &'d Description,
    walked: Walked,
}

/// A request that is made, before it is known what is wrong with it.
struct Request {
    path: String,
    content_type: Option<String>,
    body: Vec<u8>,
}

impl Walk<'_, '_> {
    fn ask(&mut self, operation: Operation<'_>) {
        self.walked.done.insert(operation.id().to_owned(), 0);
        for caller in CALLERS {
            // With what it needs, and with all that it takes.
            for all in [false, true] {
                let request = self.request(operation, all);
                let status = self.send(operation, caller, &request, "as it is described");
                if (200..300).contains(&status) {
                    *self.walked.done.get_mut(operation.id()).unwrap() += 1;
                }
                // One that doesn't get in is not told more by sending more.
                if [401, 403, 404].contains(&status) {
                    break;
                }
            }
        }
        self.ask_wrongly(operation);
    }

    /// Asks with what is wrong, as somebody who may ask.
    fn ask_wrongly(&mut self, operation: Operation<'_>) {
        let may = |scheme: &str| {
            operation.described["security"].as_array().unwrap().iter().any(|one| one.get(scheme).is_some())
        };
        let of_account = operation.described["tags"][0] == "account";
        let caller = match () {
            // Whoever tries passwords too often has to wait.
            () if may("session") && of_account => {
                self.scene.replace_person();
                "person"
            }
            () if may("session") => "owner",
            () if may("operatorKey") => "operator",
            () => "nobody",
        };
        let right = self.request(operation, false);
        let mut wrong: Vec<(&str, Request)> = Vec::new();
        let beside = |path: String| Request {
            path,
            content_type: right.content_type.clone(),
            body: right.body.clone(),
        };
        if let Some(schema) = json_schema(operation) {
            let body = serde_json::from_slice(&right.body).unwrap_or_else(|_| json!({}));
            for (what, body) in self.maker.spoilt(&schema, &body) {
                let request =
                    Request { path: right.path.clone(), content_type: right.content_type.clone(), body };
                wrong.push((what, request));
            }
            let body = if right.body.is_empty() { b"{}".to_vec() } else { right.body.clone() };
            let text = Some("text/plain".to_owned());
            wrong.push((
                "another content type",
                Request { path: right.path.clone(), content_type: text, body },
            ));
        }
        let path = right.path.split('?').next().unwrap();
        for parameter in self.parameters(operation) {
            let name = parameter["name"].as_str().unwrap().to_owned();
            match parameter["in"].as_str().unwrap() {
                "path" => {
                    let mut other = operation.path.to_owned();
                    for known in ["org", "wsp", "res", "inv", "mbr", "job", "key", "ses", "whk"] {
                        other =
                            other.replace(&format!("{{{}}}", scene::named(known)), &scene::unknown(known));
                    }
                    wrong.push(("an id of nothing", beside(other)));
                    let other = path.replace("_0", "x0");
                    wrong.push(("what is no id", beside(other)));
                }
                "query" => {
                    // Where anything can be said, there is nothing wrong to say.
                    if !["q", "actor", "action", "subject"].contains(&name.as_str()) {
                        wrong.push(("a wrong parameter", beside(format!("{path}?{name}=wa%20lked"))));
                    }
                    wrong.push(("a parameter that is not known", beside(format!("{path}?walked=1"))));
                }
                _ => {}
            }
        }
        for (what, request) in wrong {
            let status = self.send(operation, caller, &request, what);
            // A text may be as long as it likes where it is only looked for.
            if (200..300).contains(&status) && what != "too long a text" {
                self.complain(operation, caller, what, &format!("it is taken, with {status}"));
            }
        }
    }

    fn parameters(&self, operation: Operation<'_>) -> Vec<Value> {
        let parameters = operation.described["parameters"].as_array().into_iter().flatten();
        parameters.map(|parameter| self.description.resolved(parameter).clone()).collect()
    }

    /// A request as the description has it. With `all`, with what it need not say.
    fn request(&mut self, operation: Operation<'_>, all: bool) -> Request {
        self.scene.prepare(operation);
        let said = if all { None } else { self.scene.body(operation) };
        let scene = &self.scene;
        let known = |name: &str| scene.known(name);
        let mut path = operation.path.to_owned();
        let mut query = Vec::new();
        for parameter in self.parameters(operation) {
            let name = parameter["name"].as_str().unwrap();
            match parameter["in"].as_str().unwrap() {
                "path" => path = path.replace(&format!("{{{name}}}"), &self.scene.path(name)),
                "query" if all && name != "cursor" => {
                    let value = self.maker.value(&parameter["schema"], &known, true);
                    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    query.push((name.to_owned(), value));
                }
                _ => {}
            }
        }
        if !query.is_empty() {
            path = format!("{path}?{}", serde_urlencoded::to_string(query).unwrap());
        }
        let contents = operation.described["requestBody"]["content"].as_object();
        let required = operation.described["requestBody"]["required"] == true;
        let (content_type, body) = match contents.and_then(|contents| contents.keys().next()) {
            None => (None, Vec::new()),
            Some(first) if first == "image/jpeg" => (Some("image/jpeg"), b"\xff\xd8\xff\xe0".to_vec()),
            Some(_) if !required && !all => (None, Vec::new()),
            Some(_) => {
                let schema = json_schema(operation).unwrap();
                let body = said.unwrap_or_else(|| self.maker.value(&schema, &known, all));
                (Some("application/json"), body.to_string().into_bytes())
            }
        };
        Request { path, content_type: content_type.map(str::to_owned), body }
    }

    /// Sends a request and holds what comes back against the description. Answers the status.
    fn send(&mut self, operation: Operation<'_>, caller: &str, request: &Request, what: &str) -> u16 {
        let by = self.scene.credentials(caller, operation);
        let method = operation.method.to_uppercase();
        let got = self.scene.send(&Sent {
            by: &by,
            method: &method,
            path: &request.path,
            content_type: request.content_type.as_deref(),
            body: &request.body,
        });
        self.walked.requests += 1;
        self.scene.settle(operation, got.status);
        let answered =
            Answered { status: got.status, content_type: got.content_type.as_deref(), body: &got.body };
        let told =
            || format!("{}: {}", String::from_utf8_lossy(&request.body), String::from_utf8_lossy(&got.body));
        if got.status >= 500 {
            self.complain(operation, caller, what, &format!("{} to {}", got.status, told()));
        } else if let Some(complaint) = self.description.complaint(operation, &answered) {
            self.complain(operation, caller, what, &format!("{complaint}, to {}", told()));
        }
        got.status
    }

    fn complain(&mut self, operation: Operation<'_>, caller: &str, what: &str, why: &str) {
        let Operation { method, path, .. } = operation;
        self.walked.complaints.push(format!("{method} {path} as {caller}, {what}: {why}"));
    }
}

fn json_schema(operation: Operation<'_>) -> Option<Value> {
    let schema = &operation.described["requestBody"]["content"]["application/json"]["schema"];
    (!schema.is_null()).then(|| schema.clone())
}

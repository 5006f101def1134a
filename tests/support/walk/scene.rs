//! What a walk finds: an organization with everybody in it, and something of each kind, made through the API.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use usher::domain::keys::KeyRing;
use usher::domain::link::{Link, Via};
use usher::domain::time::Timestamp;

use super::super::description::Operation;
use super::{Credentials, Deployment, Got, PASSWORD, Sent};

/// The people and what there is.
pub struct Scene<'a> {
    deployment: Deployment<'a>,
    keys: KeyRing,
    operator: Credentials,
    callers: BTreeMap<String, Credentials>,
    /// What stands for a schema or a field, by its name.
    known: BTreeMap<String, String>,
    /// What stands for a path's parameter, by its name.
    path: BTreeMap<String, String>,
    scopes: Vec<String>,
    /// The keys that lack one of them, by that one.
    lacking: BTreeMap<String, Credentials>,
    count: u32,
}

/// What a path calls the things with ids of this prefix.
pub fn named(prefix: &str) -> &'static str {
    match prefix {
        "org" => "organization",
        "wsp" => "workspace",
        "res" => "resource",
        "inv" => "invitation",
        "mbr" => "member",
        "job" => "job",
        "key" => "key",
        "ses" => "session",
        "whk" => "webhook",
        other => panic!("what is {other}"),
    }
}

/// An id that nothing has.
pub fn unknown(prefix: &str) -> String {
    format!("{prefix}_01h455vb4pex5vsknk084sn02q")
}

impl<'a> Scene<'a> {
    /// Makes it all.
    pub fn set(deployment: Deployment<'a>) -> Self {
        let operator = Credentials { bearer: Some(deployment.operator_key.to_owned()), session: None };
        let mut scene = Self {
            keys: KeyRing::parse(deployment.root_key, deployment.origin).unwrap(),
            deployment,
            operator,
            callers: BTreeMap::new(),
            known: BTreeMap::new(),
            path: BTreeMap::new(),
            scopes: Vec::new(),
            lacking: BTreeMap::new(),
            count: 0,
        };
        let organization = scene.organization("owner");
        scene.organization("foreigner");
        scene.path.insert("organization".to_owned(), organization.clone());
        scene.known.insert("OrganizationId".to_owned(), organization);
        let owner = scene.get("owner", &scene.below("/members"))["data"][0]["id"].clone();
        scene.path.insert("owner".to_owned(), owner.as_str().unwrap().to_owned());
        let workspaces = scene.get("owner", &scene.below("/workspaces"));
        let workspace = workspaces["data"][0]["id"].as_str().unwrap().to_owned();
        scene.path.insert("workspace".to_owned(), workspace.clone());
        scene.known.insert("WorkspaceId".to_owned(), workspace);
        for role in ["admin", "member", "client"] {
            let session = scene.joined(role);
            scene.callers.insert(role.to_owned(), session);
        }
        scene.make("resource");
        scene.make("member");
        let scopes = usher::domain::api_key::Scope::ALL.iter().map(|scope| scope.as_str().to_owned());
        scene.scopes = scopes.collect();
        let key = scene.key(&scene.scopes.clone());
        scene.callers.insert("key".to_owned(), key);
        scene.callers.insert("operator".to_owned(), scene.operator.clone());
        scene.callers.insert("nobody".to_owned(), Credentials::default());
        scene
    }

    /// Sends a request.
    pub fn send(&mut self, sent: &Sent<'_>) -> Got {
        (self.deployment.send)(sent)
    }

    /// What stands for a schema or a field of this name.
    pub fn known(&self, name: &str) -> Option<String> {
        self.known.get(name).cloned()
    }

    /// What stands for this parameter of a path.
    pub fn path(&self, name: &str) -> String {
        self.path.get(name).cloned().unwrap_or_else(|| panic!("say here what stands for {name}"))
    }

    /// Makes what a request of this operation takes, or takes away.
    pub fn prepare(&mut self, operation: Operation<'_>) {
        let Operation { method, path, .. } = operation;
        let id = operation.id();
        self.known.remove("token");
        self.known.remove("email");
        for parameter in ["invitation", "job", "key", "session", "webhook"] {
            // The owner's other session is one until they end it: signing in is limited.
            let is_there = parameter == "session" && self.path.contains_key(parameter);
            if path.contains(&format!("{{{parameter}}}")) && !is_there {
                self.make(parameter);
            }
        }
        if ["rotateLink", "disableLink", "enableLink"].contains(&id) {
            self.make("link");
        }
        if method == "delete" && path.contains("{resource}") {
            self.make("resource");
        }
        // Each of them changes what the member is, or where.
        if path.contains("{member}") || ["removeMembers", "check"].contains(&id) {
            self.make("member");
        }
        match id {
            "restoreMember" => {
                self.make("member");
                let member = self.path("member");
                let owner = self.callers["owner"].clone();
                self.asked(&owner, "DELETE", &format!("/v1/members/{member}"), &Value::Null);
            }
            "replayDelivery" => {
                // It waits: what is settled by then is delivered again in other tests.
                let hook = self.below(&format!("/webhooks/{}", self.path("webhook")));
                let delivery = self.post("owner", &format!("{hook}/test"), &json!({}));
                self.path.insert("job".to_owned(), delivery["id"].as_str().unwrap().to_owned());
            }
            "addMembership" => {
                self.newcomer();
                self.take_out();
            }
            "transferOwnership" => {
                self.newcomer();
            }
            "previewInvitation" | "acceptInvitation" | "declineInvitation" => {
                self.make("invitation");
                let token = self.token(&self.path("organization"));
                self.know("token", &token);
            }
            "setPassword" => {
                self.make("member");
                let member = self.path("member");
                let link = self.post("owner", &format!("/v1/members/{member}/password-link"), &json!({}));
                self.know("token", link["url"].as_str().unwrap().rsplit('/').next().unwrap());
            }
            // Too often for whoever is asked something else.
            "signIn" => {
                let member = self.get("member", "/v1/me");
                self.know("email", member["user"]["email"].as_str().unwrap());
            }
            _ => {}
        }
    }

    /// How this caller calls this operation. What ends somebody's session is asked by somebody who is there for nothing else.
    pub fn credentials(&mut self, caller: &str, operation: Operation<'_>) -> Credentials {
        match caller {
            "owner" | "admin" | "member" | "client" | "foreigner" if operation.id() == "signOut" => {
                self.joined("client")
            }
            "owner" if operation.id() == "cancelMyEmailChange" => {
                let person = self.joined("client");
                let body = json!({"email": self.address("other"), "password": PASSWORD});
                self.post_as(&person, "/v1/me/email", &body);
                person
            }
            "key_without_scope" => {
                let scope = operation.scope().unwrap_or("access:check").to_owned();
                if !self.lacking.contains_key(&scope) {
                    let others: Vec<_> =
                        self.scopes.iter().filter(|known| **known != scope).cloned().collect();
                    let key = self.key(&others);
                    self.lacking.insert(scope.clone(), key);
                }
                self.lacking[&scope].clone()
            }
            _ => self.callers[caller].clone(),
        }
    }

    /// What the schema of an operation can't tell of the body that does what it is for.
    pub fn body(&mut self, operation: Operation<'_>) -> Option<Value> {
        match operation.id() {
            "acceptInvitation" => {
                Some(json!({"token": self.known("token"), "name": "Somebody New", "password": PASSWORD}))
            }
            "changeNotificationSettings" => Some(json!({
                "organization_id": self.path("organization"), "events": [{"kind": "access.asked", "in_app": true}],
            })),
            "createInvitation" => {
                Some(json!({"kind": "email", "role": "client", "email": self.address("invited")}))
            }
            _ => None,
        }
    }

    fn know(&mut self, name: &str, value: &str) {
        self.known.insert(name.to_owned(), value.to_owned());
    }

    fn below(&self, rest: &str) -> String {
        format!("/v1/organizations/{}{rest}", self.path("organization"))
    }

    fn address(&mut self, who: &str) -> String {
        self.count += 1;
        format!("{who}.{}@walk.test", self.count)
    }

    /// A new organization whose owner calls by this name. Answers its id.
    fn organization(&mut self, caller: &str) -> String {
        let email = self.address(caller);
        let body = json!({
            "name": "Example Studio", "template": "client-links", "owner": {"email": email, "name": "Olga Owner"},
            "plan": {"key": "test", "seat_limit": null, "features": ["custom_client_permissions"]},
        });
        let made = self.post_as(&self.operator.clone(), "/v1/organizations", &body);
        self.path.insert("invitation".to_owned(), made["owner_invitation_id"].as_str().unwrap().to_owned());
        let organization = made["id"].as_str().unwrap().to_owned();
        let session = self.accepted(&organization);
        self.callers.insert(caller.to_owned(), session);
        organization
    }

    /// Somebody new in this role, signed in.
    fn joined(&mut self, role: &str) -> Credentials {
        let email = self.address(role);
        let body = json!({"kind": "email", "role": role, "email": email, "send_email": false});
        let made = self.post("owner", &self.below("/invitations"), &body);
        let before = self.path.insert("invitation".to_owned(), made["id"].as_str().unwrap().to_owned());
        let session = self.accepted(&self.path("organization"));
        self.path.extend(before.map(|before| ("invitation".to_owned(), before)));
        session
    }

    /// Whoever accepts the invitation by its mail, with a new account.
    fn accepted(&mut self, organization: &str) -> Credentials {
        let token = self.token(organization);
        let body = json!({"token": token, "name": "Somebody New", "password": PASSWORD});
        let got = self.asked(&Credentials::default(), "POST", "/v1/invitations/accept", &body);
        Credentials { bearer: None, session: Some(got.session.unwrap()) }
    }

    /// The token that the invitation's mail has.
    fn token(&self, organization: &str) -> String {
        let link = Link {
            invitation_id: self.path("invitation").parse().unwrap(),
            organization_id: organization.parse().unwrap(),
            ver: 1,
            via: Via::Email,
            given: 0,
        };
        link.sign(&self.keys, Timestamp::from_seconds(4_000_000_000))
    }

    fn key(&mut self, scopes: &[String]) -> Credentials {
        let body = json!({"name": "Walk", "scopes": scopes});
        let made = self.post_as(&self.operator.clone(), &self.below("/api-keys"), &body);
        self.path.insert("key".to_owned(), made["id"].as_str().unwrap().to_owned());
        Credentials { bearer: Some(made["secret"].as_str().unwrap().to_owned()), session: None }
    }

    /// Makes another one, to be named by paths from now on.
    fn make(&mut self, what: &str) {
        let email = self.address(what);
        let id = match what {
            "invitation" => {
                let body = json!({"kind": "email", "role": "client", "email": email, "send_email": false});
                self.post("owner", &self.below("/invitations"), &body)["id"].clone()
            }
            "link" => {
                let body = json!({"kind": "link", "role": "client"});
                self.post("owner", &self.below("/invitations"), &body)["id"].clone()
            }
            "job" => {
                let rows = json!({"rows": [{"email": email, "role": "client", "send_email": false}]});
                self.post("owner", &self.below("/invitations/bulk"), &rows)["job_id"].clone()
            }
            "member" => {
                let body = json!({"email": email, "name": "Petra Passer", "role": "client", "notify": false});
                self.post("owner", &self.below("/members"), &body)["id"].clone()
            }
            "resource" => {
                let path = format!("/v1/workspaces/{}/resources", self.path("workspace"));
                self.post("owner", &path, &json!({"kind": "facebook", "name": "A page"}))["id"].clone()
            }
            "key" => {
                self.key(&["access:check".to_owned()]);
                return;
            }
            "webhook" => {
                // There may be twenty.
                let owner = self.callers["owner"].clone();
                for before in self.get("owner", &self.below("/webhooks"))["data"].as_array().unwrap() {
                    let before = self.below(&format!("/webhooks/{}", before["id"].as_str().unwrap()));
                    self.asked(&owner, "DELETE", &before, &Value::Null);
                }
                let operator = self.operator.clone();
                let body = json!({"url": "https://receiver.example.com/", "events": ["seats.limit_reached"]});
                self.post_as(&operator, &self.below("/webhooks"), &body)["id"].clone()
            }
            "session" => {
                let me = self.get("owner", "/v1/me")["user"]["email"].clone();
                self.post_as(
                    &Credentials::default(),
                    "/v1/sessions",
                    &json!({"email": me, "password": PASSWORD}),
                );
                self.get("owner", "/v1/sessions")["data"][0]["id"].clone()
            }
            other => panic!("how is a {other} made"),
        };
        let id = id.as_str().unwrap().to_owned();
        match what {
            "member" => self.know("MemberId", &id.clone()),
            "resource" => self.know("ResourceId", &id.clone()),
            _ => {}
        }
        let parameter = if what == "link" { "invitation" } else { what };
        self.path.insert(parameter.to_owned(), id);
    }

    /// Somebody else than before calls as `person`.
    pub fn replace_person(&mut self) {
        let person = self.joined("client");
        self.callers.insert("person".to_owned(), person);
    }

    /// After this was answered: what has to be as it was.
    pub fn settle(&mut self, operation: Operation<'_>, status: u16) {
        if operation.id() == "transferOwnership" && status == 200 {
            let owner = json!({"member_id": self.path("owner"), "password": PASSWORD});
            self.post("newcomer", &self.below("/owner"), &owner);
        }
    }

    /// A member who came in by themself.
    fn newcomer(&mut self) {
        let session = self.joined("client");
        self.callers.insert("newcomer".to_owned(), session);
        let newest = self.get("owner", &self.below("/members?limit=1"))["data"][0]["id"].clone();
        let id = newest.as_str().unwrap();
        self.know("MemberId", id);
        self.path.insert("member".to_owned(), id.to_owned());
    }

    /// Takes the member out of the workspace that whoever is added comes into.
    fn take_out(&mut self) {
        let path = format!("/v1/workspaces/{}/members/{}", self.path("workspace"), self.path("member"));
        let owner = self.callers["owner"].clone();
        self.asked(&owner, "DELETE", &path, &Value::Null);
    }

    fn get(&mut self, caller: &str, path: &str) -> Value {
        let by = self.callers[caller].clone();
        serde_json::from_slice(&self.asked(&by, "GET", path, &Value::Null).body).unwrap()
    }

    fn post(&mut self, caller: &str, path: &str, body: &Value) -> Value {
        self.post_as(&self.callers[caller].clone(), path, body)
    }

    fn post_as(&mut self, by: &Credentials, path: &str, body: &Value) -> Value {
        serde_json::from_slice(&self.asked(by, "POST", path, body).body).unwrap()
    }

    /// What sets the scene is a success.
    fn asked(&mut self, by: &Credentials, method: &str, path: &str, body: &Value) -> Got {
        let text = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let content_type = (!body.is_null()).then_some("application/json");
        let got = (self.deployment.send)(&Sent { by, method, path, content_type, body: &text });
        assert!(
            (200..300).contains(&got.status),
            "{method} {path}: {} {}",
            got.status,
            String::from_utf8_lossy(&got.body)
        );
        got
    }
}

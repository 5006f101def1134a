//! A caller: sends requests, keeps cookies as a browser does, and reads answers.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use super::description::{Answered, DESCRIPTION};
use super::platform::{ORIGIN, World, block_on};
use super::scene;

/// The password everybody in the tests has.
pub const PASSWORD: &str = "a sentence works well";

/// Somebody who calls the service.
#[derive(Clone)]
pub struct Client {
    world: World,
    bearer: Option<String>,
    cookies: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    /// Status and code: what a test of a refusal compares.
    pub fn refusal(&self) -> (u16, String) {
        let code = serde_json::from_slice::<Value>(&self.body)
            .ok()
            .and_then(|body| body["code"].as_str().map(str::to_owned))
            .unwrap_or_default();
        (self.status.as_u16(), code)
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The workspace that it leads whoever joined into.
    #[track_caller]
    pub fn led_into(&self) -> &str {
        let to = self.header("location").unwrap_or_default();
        assert!(self.status == 303 && to.starts_with("/w/wsp_"), "{} {to} {}", self.status, self.text());
        to
    }

    /// The answer, which must be a success.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(self.status.is_success() || self.status.is_redirection(), "{} {}", self.status, self.text());
        self
    }

    /// A text field of the JSON body, by pointer.
    #[track_caller]
    pub fn str(&self, pointer: &str) -> String {
        let body = self.json();
        let field = body.pointer(pointer).and_then(Value::as_str);
        field.unwrap_or_else(|| panic!("{pointer} in {body}")).to_owned()
    }
}

impl Client {
    pub fn new(world: World) -> Self {
        Self { world, bearer: None, cookies: BTreeMap::new(), headers: BTreeMap::new() }
    }

    /// With a bearer key.
    pub fn bearer(mut self, key: &str) -> Self {
        self.bearer = Some(key.to_owned());
        self
    }

    /// With a header on every request; an empty value takes a default one (`origin`) away.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    /// With a cookie.
    pub fn with_cookie(mut self, name: &str, value: &str) -> Self {
        self.cookies.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A cookie that the service set.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// The world this caller is in.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Any request.
    pub fn send(&mut self, method: &Method, path: &str, content_type: Option<&str>, body: Vec<u8>) -> Answer {
        let request = self.request(method, path, content_type, body);
        let reply = block_on(self.world.app().handle(request));
        let answer = self.receive(reply);
        check(method, path, &answer);
        answer
    }

    /// Builds a request without sending it, for whoever polls it themselves.
    pub fn request(
        &self,
        method: &Method,
        path: &str,
        content_type: Option<&str>,
        body: Vec<u8>,
    ) -> Request<Bytes> {
        let mut request = Request::builder().method(method).uri(path);
        let mut headers = BTreeMap::from([("accept".to_owned(), "application/json".to_owned())]);
        if !method.is_safe() {
            headers.insert("origin".to_owned(), ORIGIN.to_owned());
        }
        if let Some(content_type) = content_type {
            headers.insert("content-type".to_owned(), content_type.to_owned());
        }
        if let Some(key) = &self.bearer {
            headers.insert("authorization".to_owned(), format!("Bearer {key}"));
        }
        if !self.cookies.is_empty() {
            let cookies: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            headers.insert("cookie".to_owned(), cookies.join("; "));
        }
        headers.extend(self.headers.clone());
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(name, value);
        }
        request.body(Bytes::from(body)).unwrap()
    }

    /// Takes in a reply: keeps its cookies.
    pub fn receive(&mut self, reply: http::Response<Bytes>) -> Answer {
        let (parts, body) = reply.into_parts();
        for set in parts.headers.get_all("set-cookie") {
            let cookie = set.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send(&Method::GET, path, None, Vec::new())
    }

    pub fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.send(&Method::POST, path, Some("application/json"), body.to_string().into_bytes())
    }

    pub fn patch(&mut self, path: &str, body: &Value) -> Answer {
        self.send(&Method::PATCH, path, Some("application/json"), body.to_string().into_bytes())
    }

    pub fn put(&mut self, path: &str, body: &Value) -> Answer {
        self.send(&Method::PUT, path, Some("application/json"), body.to_string().into_bytes())
    }

    pub fn delete(&mut self, path: &str) -> Answer {
        self.send(&Method::DELETE, path, None, Vec::new())
    }

    /// Sends a form as a browser does, with the nonce of the page that was last loaded at `page`.
    pub fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let shown = self.get(page).text();
        let nonce = nonce_in(&shown);
        let mut form: Vec<(&str, &str)> = vec![("nonce", &nonce)];
        form.extend(fields);
        self.post_form(action, &form)
    }

    /// Sends a form with exactly these fields.
    pub fn post_form(&mut self, action: &str, fields: &[(&str, &str)]) -> Answer {
        let body = serde_urlencoded::to_string(fields).unwrap();
        self.send(&Method::POST, action, Some("application/x-www-form-urlencoded"), body.into_bytes())
    }

    // What the tests set their scenes with.

    /// The operator makes an organization of the template `team`. Answers its id.
    pub fn create_organization(&mut self, name: &str, owner: &str) -> String {
        let body = json!({"name": name, "template": "team", "owner": {"email": owner, "name": "Olga Owner"}});
        self.post("/v1/organizations", &body).ok().str("/id")
    }

    /// Accepts the newest invitation in the mailbox with a new account.
    pub fn join(&mut self, address: &str, name: &str) -> Answer {
        self.world.deliver();
        let token = self.world.mailed_token(address);
        self.accept(&token, name)
    }

    /// Accepts with a new account.
    pub fn accept(&mut self, token: &str, name: &str) -> Answer {
        self.post("/v1/invitations/accept", &json!({"token": token, "name": name, "password": PASSWORD}))
    }

    /// Sets the password that everybody has, with a link.
    pub fn set_password(&mut self, token: &str) -> Answer {
        self.post("/v1/password-resets/redeem", &json!({"token": token, "password": PASSWORD}))
    }

    /// Invites somebody by e-mail.
    pub fn invite(&mut self, organization: &str, email: &str, role: &str) -> Answer {
        let body = json!({"kind": "email", "role": role, "email": email});
        self.post(&format!("/v1/organizations/{organization}/invitations"), &body)
    }
}

/// Holds an answer against the API's description, wherever that tells of the request.
fn check(method: &Method, path: &str, answer: &Answer) {
    let Some(operation) = DESCRIPTION.operation(method.as_str(), path) else { return };
    let answered = Answered {
        status: answer.status.as_u16(),
        content_type: answer.header("content-type"),
        body: &answer.body,
    };
    if let Some(complaint) = DESCRIPTION.complaint(operation, &answered) {
        panic!("{method} {path}: {complaint}: {}", answer.text());
    }
}

/// The nonce of the first form on a page.
pub fn nonce_in(page: &str) -> String {
    let start = page.find("name=\"nonce\" value=\"").unwrap_or_else(|| panic!("no form in {page}")) + 20;
    page[start..].split('"').next().unwrap().to_owned()
}

/// An organization with its owner signed in: where most tests begin.
pub struct Team {
    pub world: World,
    pub organization: String,
    pub owner: Client,
}

impl Team {
    pub fn new() -> Self {
        Self::in_world(World::new())
    }

    pub fn in_world(world: World) -> Self {
        Self::with_plan(world, None)
    }

    pub fn with_seats(seats: i64) -> Self {
        Self::with_plan(World::new(), Some(json!({"key": "test", "seat_limit": seats, "features": []})))
    }

    pub fn with_plan(world: World, plan: Option<Value>) -> Self {
        Self::make(world, "team", plan)
    }

    /// Of one of the five systems.
    pub fn of(template: &str) -> Self {
        Self::make(World::new(), template, None)
    }

    /// Of any template, with any plan; none is the template's own.
    pub fn make(world: World, template: &str, plan: Option<Value>) -> Self {
        let mut body = json!({
            "name": "Example Studio", "template": template,
            "owner": {"email": "olga.owner@studio.test", "name": "Olga Owner"},
        });
        if let Some(plan) = plan {
            body["plan"] = plan;
        }
        let organization = world.operator().post("/v1/organizations", &body).ok().str("/id");
        let mut owner = world.client();
        owner.join("olga.owner@studio.test", "Olga Owner").ok();
        Self { world, organization, owner }
    }

    /// Invites somebody as the owner. Answers the invitation's id.
    pub fn invited(&mut self, email: &str, role: &str) -> String {
        self.owner.invite(&self.organization.clone(), email, role).ok().str("/id")
    }

    /// Invites somebody and lets them join. Answers them, signed in.
    pub fn joined(&mut self, email: &str, role: &str) -> Client {
        self.invited(email, role);
        let mut person = self.world.client();
        person.join(email, "Somebody New").ok();
        person
    }

    /// Invites somebody as the owner with these fields besides, and lets them join. Answers them, signed in.
    pub fn joined_with(&mut self, email: &str, role: &str, more: Value) -> Client {
        let mut body = json!({"kind": "email", "role": role, "email": email});
        let Value::Object(more) = more else { panic!("fields") };
        body.as_object_mut().unwrap().extend(more);
        self.owner.post(&self.path("/invitations"), &body).ok();
        let mut person = self.world.client();
        person.join(email, "Somebody New").ok();
        person
    }

    /// Adds somebody at once, as the owner, with these fields besides. Answers what came back.
    pub fn add(&mut self, email: &str, role: &str, more: Value) -> Answer {
        let mut body = json!({"email": email, "name": "Somebody New", "role": role, "notify": false});
        let Value::Object(more) = more else { panic!("no fields: {more}") };
        body.as_object_mut().unwrap().extend(more);
        self.owner.post(&self.path("/members"), &body)
    }

    /// The token of the link to set a password that the owner is given for this member.
    pub fn password_token(&mut self, member: &str) -> String {
        let link = self.owner.post(&format!("/v1/members/{member}/password-link"), &json!({})).ok();
        super::platform::password_token_in(&link.str("/url"))
    }

    /// The member with this address.
    pub fn member(&mut self, email: &str) -> String {
        self.owner.get(&self.path(&format!("/members?q={email}"))).ok().str("/data/0/id")
    }

    /// A resource in the oldest workspace, as the host product would register it. Answers its id.
    pub fn resource(&self, kind: &str) -> String {
        let oldest = self.world.state().database.borrow().query(&format!(
            "SELECT min(id) AS id FROM workspaces WHERE organization_id = '{}'",
            self.organization
        ));
        scene::resource(self, oldest[0]["id"].as_str().unwrap(), kind)
    }

    /// The organization's workspace, or its newest.
    pub fn workspace(&mut self) -> String {
        self.owner.get(&self.path("/workspaces")).ok().str("/data/0/id")
    }

    /// A path below this organization.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/organizations/{}{rest}", self.organization)
    }
}

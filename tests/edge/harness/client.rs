//! Whoever calls the service, over HTTP.
//!
//! The rule: a client does by itself what every browser or program does (cookies, the origin, a page's nonce) and nothing
//! more: it follows no redirect, tries nothing twice and takes a refusal for an answer.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use super::scene::PASSWORD;
use super::server::{OPERATOR_KEY, Server};
use super::wait::PATIENCE;

/// The session's cookie.
pub const SESSION_COOKIE: &str = "__Host-usher_session";

/// What sends the requests: it keeps connections, so a Worker that starts again needs a new one.
pub(super) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(PATIENCE))
        .build()
        .into()
}

impl Server {
    /// Somebody new, in a network of their own.
    pub fn client(&self) -> Client<'_> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let [_, a, b, c] = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let network = BTreeMap::from([("cf-connecting-ip".to_owned(), format!("10.{a}.{b}.{c}"))]);
        Client { server: self, cookies: BTreeMap::new(), headers: network }
    }

    /// Whoever runs the deployment.
    pub fn operator(&self) -> Client<'_> {
        self.client().with_header("authorization", &format!("Bearer {OPERATOR_KEY}"))
    }

    /// Sends bytes as they are and reads what comes until the connection ends.
    pub fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port())).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // It may answer and hang up before it has read everything.
        let _ = stream.write_all(request);
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        let end = all.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap_or(all.len());
        let head = String::from_utf8_lossy(&all[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no answer to {}", String::from_utf8_lossy(request)));
        let headers = lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| {
            (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap())
        });
        Answer { status, headers: headers.collect(), body: all.get(end + 4..).unwrap_or_default().to_vec() }
    }
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
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

    /// Status and code: what a test of a refusal compares.
    pub fn refusal(&self) -> (u16, String) {
        let body = serde_json::from_slice::<Value>(&self.body).unwrap_or_default();
        (self.status.as_u16(), body["code"].as_str().unwrap_or_default().to_owned())
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
        body.pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("{pointer} in {body}"))
            .to_owned()
    }
}

/// Somebody who calls the service: sends requests and keeps cookies as a browser does.
#[derive(Clone)]
pub struct Client<'a> {
    server: &'a Server,
    cookies: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
}

impl Client<'_> {
    /// With a header on every request; an empty value takes a default one (`origin`) away.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    /// With a session that was begun before.
    pub fn with_session(mut self, session: &str) -> Self {
        self.cookies.insert(SESSION_COOKIE.to_owned(), session.to_owned());
        self
    }

    /// The session that this client holds.
    pub fn session(&self) -> String {
        self.cookies[SESSION_COOKIE].clone()
    }

    /// A cookie that the service set.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// A request with a body of JSON.
    pub fn send_json(&mut self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(method, path, Some("application/json"), body.to_string().as_bytes())
    }

    /// Any request.
    #[track_caller]
    pub fn send(&mut self, method: &str, path: &str, content_type: Option<&str>, body: &[u8]) -> Answer {
        let answer = self.try_send(method, path, content_type, body);
        answer.unwrap_or_else(|error| panic!("no answer from {path}: {error}"))
    }

    /// Any request, to a Worker that may be killed before it has answered.
    pub fn try_send(
        &mut self,
        method: &str,
        path: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<Answer, ureq::Error> {
        let method: Method = method.parse().unwrap();
        let mut headers = BTreeMap::from([("accept".to_owned(), "application/json".to_owned())]);
        if !method.is_safe() {
            headers.insert("origin".to_owned(), self.server.origin());
        }
        if let Some(content_type) = content_type {
            headers.insert("content-type".to_owned(), content_type.to_owned());
        }
        if !self.cookies.is_empty() {
            let cookies: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            headers.insert("cookie".to_owned(), cookies.join("; "));
        }
        headers.extend(self.headers.clone());
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("http://127.0.0.1:{}{path}", self.server.port()));
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(name, value);
        }
        let reply = if body.is_empty() {
            self.server.agent().run(request.body(()).unwrap())
        } else {
            self.server.agent().run(request.body(body).unwrap())
        };
        let mut reply = reply?;
        let body = reply.body_mut().read_to_vec()?;
        for set in reply.headers().get_all("set-cookie") {
            let cookie = set.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.server.keep_secret(value);
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if let Some(id) = reply.headers().get("request-id") {
            self.server.log().note_answer(id.to_str().unwrap());
        }
        Ok(Answer { status: reply.status(), headers: reply.headers().clone(), body })
    }

    #[track_caller]
    pub fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, None, b"")
    }

    #[track_caller]
    pub fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some("application/json"), body.to_string().as_bytes())
    }

    /// Sends a form as a browser does, with the nonce of the page at `page`.
    #[track_caller]
    pub fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let shown = self.get(page).text();
        let nonce =
            shown.split_once("name=\"nonce\" value=\"").unwrap_or_else(|| panic!("no form in {shown}")).1;
        let mut form = vec![("nonce", nonce.split('"').next().unwrap())];
        form.extend(fields);
        let body = serde_urlencoded::to_string(form).unwrap();
        self.send("POST", action, Some("application/x-www-form-urlencoded"), body.as_bytes())
    }

    /// Looks at an invitation.
    #[track_caller]
    pub fn preview(&mut self, token: &str) -> Answer {
        self.post("/v1/invitations/preview", &json!({"token": token}))
    }

    /// Accepts as whoever is signed in.
    #[track_caller]
    pub fn accept(&mut self, token: &str) -> Answer {
        self.post("/v1/invitations/accept", &json!({"token": token}))
    }

    /// Accepts with a new account.
    #[track_caller]
    pub fn sign_up(&mut self, token: &str, name: &str) -> Answer {
        self.post("/v1/invitations/accept", &json!({"token": token, "name": name, "password": PASSWORD}))
    }
}

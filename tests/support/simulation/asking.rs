//! Who asks for an operation, and how: somebody at a browser, a program with its organization's key, the operator, or those who
//! tell something; and under which key of theirs, if they mean to ask again (`Idempotency-Key`).

use bytes::Bytes;
use http::request::Builder;
use http::{Method, Request};
use usher::domain::nonce;
use usher::domain::secret::Bearer;
use usher::web::request::{FORM_COOKIE, SESSION_COOKIE};

use super::super::client::PASSWORD;
use super::super::hooks::{stripe, svix};
use super::super::platform::{OPERATOR_KEY, ORIGIN, RESEND_SECRET, STRIPE_SECRET};
use super::operation::{Caller, Operation as Op};
use super::scene::{Program, Scene};
use super::world::World;

/// An operation, and who asks for it.
#[derive(Debug, Clone)]
pub struct Asking {
    pub browser: usize,
    pub operation: Op,
    /// The program that asks in the place of the browser.
    pub program: Option<Program>,
    /// What it is asked under.
    pub once: Option<String>,
}

impl Asking {
    /// Somebody at a browser asks.
    pub fn at(browser: usize, operation: Op) -> Self {
        Self { browser, operation, program: None, once: None }
    }

    /// The same, and perhaps it is a program; and perhaps they give a key, to ask again if no answer comes.
    pub fn drawn(world: &World, scene: &Scene, browser: usize, operation: Op) -> Self {
        let chance = &world.chance;
        let mut asking = Self::at(browser, operation);
        if world.parts.programs {
            if asking.operation.is_for_programs() && chance.one_in(3) {
                asking.program.clone_from(&chance.pick(&scene.organizations).program);
            }
            let (method, route, _) = asking.operation.asked(world, &scene.people[0]);
            if method == Method::POST && route.is_done_once() && chance.one_in(2) {
                asking.once = Some(format!("key-{}", chance.below(usize::MAX)));
            }
        }
        asking
    }

    /// As a request.
    pub fn request(&self, world: &World, scene: &Scene) -> Request<Bytes> {
        let browser = &scene.browsers[self.browser];
        let person = &scene.people[browser.person];
        let (method, route, body) = self.operation.asked(world, person);
        let form = |fields: &[(&str, &str)]| {
            let cookie = Bearer::parse(&browser.form).unwrap();
            let nonce = nonce::issue(&world.settings().keys, &cookie, world.now.get());
            let mut form = vec![("nonce", nonce.as_str())];
            form.extend(fields);
            serde_urlencoded::to_string(form).unwrap()
        };
        let (content_type, body) = match &self.operation {
            Op::AcceptForm(_) => {
                let email = person.address.as_str();
                let fields = [("name", "Somebody New"), ("password", PASSWORD), ("email", email)];
                ("application/x-www-form-urlencoded", form(&fields))
            }
            Op::DeclineForm(_) => ("application/x-www-form-urlencoded", form(&[])),
            _ if body.is_null() => ("application/json", String::new()),
            _ => ("application/json", body.to_string()),
        };
        let mut request = Request::builder().method(&method).uri(route.path());
        if let Some(once) = &self.once {
            request = request.header("idempotency-key", once);
        }
        request = self.signed(request, world, scene, body.as_bytes());
        request.header("content-type", content_type).body(Bytes::from(body)).unwrap()
    }

    /// Adds whatever shows who asks.
    fn signed(&self, request: Builder, world: &World, scene: &Scene, body: &[u8]) -> Builder {
        let seconds = world.now.get().seconds();
        let browser = &scene.browsers[self.browser];
        match (self.operation.caller(), &self.program) {
            (Caller::Operator, _) => request.header("authorization", format!("Bearer {OPERATOR_KEY}")),
            (Caller::Stripe, _) => request.header("stripe-signature", stripe(STRIPE_SECRET, seconds, body)),
            (Caller::MailProvider(id), _) => request
                .header("svix-id", id)
                .header("svix-timestamp", seconds)
                .header("svix-signature", svix(RESEND_SECRET, id, seconds, body)),
            (Caller::Person, Some(program)) => {
                request.header("authorization", format!("Bearer {}", program.key))
            }
            (Caller::Person, None) => {
                let mut cookies = vec![format!("{FORM_COOKIE}={}", browser.form)];
                cookies.extend(
                    browser.session.borrow().iter().map(|session| format!("{SESSION_COOKIE}={session}")),
                );
                request.header("origin", ORIGIN).header("cookie", cookies.join("; "))
            }
        }
    }

    /// Whose key it is asked under: the same key of somebody else's is another.
    pub fn once_of(&self, scene: &Scene) -> Option<String> {
        let session = scene.browsers[self.browser].session.borrow().clone();
        let whose = self.program.as_ref().map(|program| program.key.clone()).or(session);
        self.once.as_ref().map(|once| format!("{once} of {}", whose.unwrap_or_default()))
    }
}

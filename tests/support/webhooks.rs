//! A webhook of an organization, and what its receiver hears.

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use usher::domain::webhook::EVENTS;
use usher::platform::Unanswered;

use super::World;
use super::client::Team;
use super::description::DESCRIPTION;

/// Where receivers are.
pub const URL: &str = "https://app.example.com/webhooks/usher?tenant=7";

/// What a receiver answers.
pub type Said = Result<Response<Bytes>, Unanswered>;

/// An answer of this status.
#[allow(clippy::unnecessary_wraps, reason = "it reads as what a server says")]
pub fn says(status: u16) -> Said {
    Ok(Response::builder().status(status).body(Bytes::from_static(b"what a receiver says")).unwrap())
}

/// A webhook, and its team.
pub struct Hooked {
    pub team: Team,
    pub id: String,
    pub secret: String,
}

impl Hooked {
    /// A team of this template with a webhook that is told everything.
    pub fn of(template: &str) -> Self {
        Self::to(Team::of(template))
    }

    /// The same for a team that is there.
    pub fn to(mut team: Team) -> Self {
        let events: Vec<&str> = EVENTS.iter().map(|(name, _)| *name).collect();
        let made = make(&mut team, URL, &events);
        team.world.deliver();
        team.world.state().asked.borrow_mut().clear();
        Self { id: made.0, secret: made.1, team }
    }

    /// Where it is.
    pub fn path(&self, rest: &str) -> String {
        self.team.path(&format!("/webhooks/{}{rest}", self.id))
    }

    /// Delivers what waits; the receiver takes it all. Answers what it heard: types and data, in order.
    pub fn hears(&mut self) -> Vec<(String, Value)> {
        self.answers((0..200).map(|_| says(200)));
        let heard = self.team.world.state().asked.borrow().iter().map(|(request, _)| told(request)).collect();
        self.team.world.state().answers.borrow_mut().clear();
        self.team.world.state().asked.borrow_mut().clear();
        heard
    }

    /// Only what happened.
    pub fn hears_of(&mut self) -> Vec<String> {
        self.hears().into_iter().map(|(kind, _)| kind).collect()
    }

    /// Delivers what waits to a receiver that answers so.
    pub fn answers(&mut self, answers: impl IntoIterator<Item = Said>) {
        self.team.world.state().answers.borrow_mut().extend(answers);
        self.team.world.deliver();
    }

    /// Its deliveries, newest first.
    pub fn deliveries(&mut self) -> Vec<Value> {
        let path = self.path("/deliveries?limit=100");
        self.team.owner.get(&path).ok().json()["data"].as_array().unwrap().clone()
    }

    /// The newest one.
    pub fn delivery(&mut self) -> Value {
        self.deliveries().swap_remove(0)
    }

    /// What there is to see of it.
    pub fn shown(&mut self) -> Value {
        let path = self.path("");
        self.team.owner.get(&path).ok().json()
    }
}

/// Makes a webhook; answers its id and its secret.
pub fn make(team: &mut Team, url: &str, events: &[&str]) -> (String, String) {
    let body = json!({"url": url, "events": events});
    let made = team.world.operator().post(&team.path("/webhooks"), &body).ok();
    (made.str("/id"), made.str("/secret"))
}

/// Every request that was sent to a receiver.
pub fn sent(world: &World) -> Vec<Request<Bytes>> {
    world.state().asked.borrow().iter().map(|(request, _)| request.clone()).collect()
}

/// A header of a request.
pub fn header(request: &Request<Bytes>, name: &str) -> String {
    request.headers()[name].to_str().unwrap().to_owned()
}

/// The type and the data of a request's event.
pub fn told(request: &Request<Bytes>) -> (String, Value) {
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    assert_eq!(body.as_object().unwrap().len(), 3, "{body}");
    assert!(body["timestamp"].as_str().unwrap().ends_with('Z'), "{body}");
    assert_eq!(DESCRIPTION.complaint_of_event(&body), None, "{body}");
    (body["type"].as_str().unwrap().to_owned(), body["data"].clone())
}

/// Whether one of a request's signatures is what the reference library makes of it with this secret.
pub fn is_signed_with(secret: &str, request: &Request<Bytes>) -> bool {
    let library = standardwebhooks::Webhook::new(secret).unwrap();
    let seconds = header(request, "webhook-timestamp").parse().unwrap();
    let expected = library.sign(&header(request, "webhook-id"), seconds, request.body()).unwrap();
    header(request, "webhook-signature").split(' ').any(|signature| signature == expected)
}

//! Requests at the same time: each waits before every round trip to the database, and a schedule says who goes on.

use bytes::Bytes;
use http::{Method, Request};
use serde_json::Value;

use super::client::{Answer, Client};
use super::platform::World;

/// One request of a race, by somebody.
pub struct Racer {
    client: Client,
    request: Request<Bytes>,
}

impl Racer {
    pub fn new(client: &Client, method: &Method, path: &str, body: &Value) -> Self {
        let body = if *method == Method::DELETE { Vec::new() } else { body.to_string().into_bytes() };
        let content_type = (!body.is_empty()).then_some("application/json");
        Self { client: client.clone(), request: client.request(method, path, content_type, body) }
    }
}

/// Runs them all, each step by the racer whom the schedule names next, then in turn until all are done. Answers what each
/// got.
pub fn race(world: &World, racers: Vec<Racer>, schedule: &[usize]) -> Vec<Answer> {
    world.state().yields.set(true);
    let apps: Vec<_> = racers.iter().map(|_| world.app()).collect();
    let (mut clients, requests): (Vec<_>, Vec<_>) =
        racers.into_iter().map(|racer| (racer.client, racer.request)).unzip();
    let mut running: Vec<_> =
        apps.iter().zip(requests).map(|(app, request)| Some(Box::pin(app.handle(request)))).collect();
    let mut replies: Vec<_> = running.iter().map(|_| None).collect();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let all = 0..running.len();
    for place in schedule.iter().copied().chain(std::iter::repeat(all).flatten()) {
        let place = place % running.len();
        if let Some(future) = &mut running[place]
            && let std::task::Poll::Ready(reply) = future.as_mut().poll(&mut context)
        {
            replies[place] = Some(reply);
            running[place] = None;
        }
        if running.iter().all(Option::is_none) {
            break;
        }
    }
    drop(running);
    world.state().yields.set(false);
    clients.iter_mut().zip(replies).map(|(client, reply)| client.receive(reply.unwrap())).collect()
}

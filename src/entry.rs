//! Where the platform comes in: converts its events, calls [`App`], converts back.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::OnceLock;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::Uri;
use http::header::CONTENT_LENGTH;
use js_sys::{Function, JSON, Promise, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::wasm_bindgen_futures::spawn_local;
use worker::{
    Context, Env, MessageBatch, MessageExt, QueueRetryOptionsBuilder, ScheduleContext, ScheduledEvent, event,
    web_sys, worker_sys,
};

use crate::app::App;
use crate::config::{Config, ConfigError};
use crate::jobs::message::{Message, Source, Verdict};
use crate::platform::executor;
use crate::platform::worker::{CloudflarePlatform, Deferred, to_headers};
use crate::web::reply::Reply;
use crate::web::request::{Oversized, Request, largest_body};
use crate::web::route::Route;

/// Settings don't change while an isolate lives, so it reads them once.
static CONFIG: OnceLock<Result<Config, ConfigError>> = OnceLock::new();

/// As many connections to others as the platform lets one event have open.
const CONNECTIONS: usize = 6;

/// A path that no route has.
const NOWHERE: &str = "/-";

fn config(env: &Env) -> &'static Result<Config, ConfigError> {
    CONFIG.get_or_init(|| Config::read(|name| env.var(name).ok().map(|value| value.to_string())))
}

/// What the platform calls for each request: a response, or a promise of one where it waits for something. The SDK's macro would
/// promise it always, and so put off what could be answered at once: see [`executor`].
#[wasm_bindgen]
#[must_use]
pub fn fetch(request: web_sys::Request, env: Env, context: worker_sys::Context) -> JsValue {
    let answer = Rc::new(Answer::default());
    let told = Rc::clone(&answer);
    let answering = async move {
        told.give(match answered(request, env, Context::new(context)).await {
            Ok(response) => response.into(),
            Err(error) => broken(&error),
        });
    };
    executor::run(answering, soon);
    answer.or_promise()
}

fn soon(number: u64) {
    spawn_local(async move { executor::go_on(number, soon) });
}

async fn answered(
    request: web_sys::Request,
    env: Env,
    context: Context,
) -> worker::Result<web_sys::Response> {
    let config = config(&env);
    let platform = CloudflarePlatform::new(env, config, Deferred::Event(Rc::new(context)));
    let reply = App::new(platform, config).handle(to_request(request).await?).await;
    to_response(&reply)
}

/// What is answered where the platform gave a request that can't be read, or took no response.
fn broken(error: &worker::Error) -> JsValue {
    worker::console_error!("{error}");
    let init = web_sys::ResponseInit::new();
    init.set_status(500);
    web_sys::Response::new_with_opt_str_and_init(None, &init).map_or(JsValue::UNDEFINED, JsValue::from)
}

/// An answer that is there, or whom to give it when it is.
#[derive(Default)]
struct Answer {
    given: Cell<Option<JsValue>>,
    awaited: Cell<Option<Function>>,
}

impl Answer {
    fn give(&self, value: JsValue) {
        match self.awaited.take() {
            // Settling a promise throws nothing.
            Some(settle) => drop(settle.call1(&JsValue::UNDEFINED, &value)),
            None => self.given.set(Some(value)),
        }
    }

    fn or_promise(&self) -> JsValue {
        self.given
            .take()
            .unwrap_or_else(|| Promise::new(&mut |settle, _| self.awaited.set(Some(settle))).into())
    }
}

// Returning `Err` from here would be a panic, and take every request of this isolate with it: each message is settled on
// its own, and this always succeeds.
#[event(queue)]
async fn queue(batch: MessageBatch<String>, env: Env, context: Context) -> worker::Result<()> {
    let config = config(&env);
    let deferred = Deferred::Event(Rc::new(context));
    let source = Source::of(&batch.queue());
    // A receiver that takes long holds up no other. Mails go one by one: their providers count requests a second.
    let at_once = if source == Source::Deliveries { CONNECTIONS } else { 1 };
    let settled = batch.raw_iter().map(|message| {
        let body = message.body().as_string().unwrap_or_default();
        let platform = CloudflarePlatform::new(env.clone(), config, deferred.clone());
        async move {
            match App::new(platform, config).consume(Message { source, body }).await {
                Verdict::Ack => message.ack(),
                Verdict::Retry(wait) => {
                    let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
                    let options = QueueRetryOptionsBuilder::new().with_delay_seconds(seconds).build();
                    message.retry_with_options(&options);
                }
            }
        }
    });
    stream::iter(settled).buffer_unordered(at_once).collect::<()>().await;
    Ok(())
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, context: ScheduleContext) {
    let config = config(&env);
    let platform = CloudflarePlatform::new(env, config, Deferred::Scheduled(Rc::new(context)));
    App::new(platform, config).tick().await;
}

/// What is asked of the platform's request is only what a request of ours has: the SDK's reads more of every one, such as where it
/// came from, which the platform makes anew each time.
async fn to_request(request: web_sys::Request) -> worker::Result<Request> {
    // The URL as the platform has it: parsing it again would cost 69 KB of Unicode tables.
    let url = request.url();
    let path = url.splitn(4, '/').nth(3).unwrap_or_default();
    let path = path.split('#').next().unwrap_or_default();
    // What is too long or too odd for an address is none of ours.
    let uri: Uri = format!("/{path}").parse().unwrap_or_else(|_| Uri::from_static(NOWHERE));
    let largest = largest_body(Route::parse(uri.path()).as_ref());
    // The platform's own word, since the SDK takes every method it doesn't know for GET.
    let mut whole = http::Request::builder().method(request.method().as_str()).uri(uri);
    let headers = to_headers(&request.headers());
    let declared = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if let Some(place) = whole.headers_mut() {
        *place = headers;
    }
    let body = read(request, declared, largest).await?;
    if body.is_none() {
        whole = whole.extension(Oversized);
    }
    whole.body(body.unwrap_or_default()).map_err(|error| worker::Error::RustError(error.to_string()))
}

/// The body, or nothing if it is larger than its route takes: then no more of it is read than shows that.
async fn read(
    request: web_sys::Request,
    declared: Option<usize>,
    largest: usize,
) -> worker::Result<Option<Bytes>> {
    if request.body().is_none() {
        return Ok(Some(Bytes::new()));
    }
    if declared.is_some_and(|length| length > largest) {
        return Ok(None);
    }
    let mut body = Vec::with_capacity(declared.unwrap_or(0));
    let mut stream = worker::Request::from(request).stream()?;
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk?);
        if body.len() > largest {
            return Ok(None);
        }
    }
    Ok(Some(Bytes::from(body)))
}

/// All headers cross the border as one text, which is cheaper than a call for each.
fn to_response(reply: &Reply) -> worker::Result<web_sys::Response> {
    let headers: Vec<(&str, &str)> = reply
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    let init = web_sys::ResponseInit::new();
    init.set_status(reply.status().as_u16());
    init.set_headers(&JSON::parse(&serde_json::to_string(&headers)?)?);
    let body = reply.body();
    // An empty one would not do for an answer that may have none.
    let body = (!body.is_empty()).then(|| Uint8Array::from(body.as_ref()));
    Ok(web_sys::Response::new_with_opt_buffer_source_and_init(body.as_deref(), &init)?)
}

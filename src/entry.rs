//! Where the platform comes in: converts its events, calls [`App`], converts back.

use std::rc::Rc;
use std::sync::OnceLock;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::Uri;
use worker::{
    Context, Env, MessageBatch, MessageExt, QueueRetryOptionsBuilder, ResponseBuilder, ScheduleContext,
    ScheduledEvent, event,
};

use crate::app::App;
use crate::config::{Config, ConfigError};
use crate::jobs::message::{Message, Source, Verdict};
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

#[event(fetch)]
async fn fetch(request: worker::Request, env: Env, context: Context) -> worker::Result<worker::Response> {
    let config = config(&env);
    let platform = CloudflarePlatform::new(env, config, Deferred::Event(Rc::new(context)));
    let reply = App::new(platform, config).handle(to_request(request).await?).await;
    to_response(reply)
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

async fn to_request(mut request: worker::Request) -> worker::Result<Request> {
    // The URL as the platform has it: parsing it again would cost 69 KB of Unicode tables.
    let url = request.inner().url();
    let path = url.splitn(4, '/').nth(3).unwrap_or_default();
    let path = path.split('#').next().unwrap_or_default();
    // What is too long or too odd for an address is none of ours.
    let uri: Uri = format!("/{path}").parse().unwrap_or_else(|_| Uri::from_static(NOWHERE));
    let largest = largest_body(Route::parse(uri.path()).as_ref());
    // The platform's own word, since the SDK takes every method it doesn't know for GET.
    let mut whole = http::Request::builder().method(request.inner().method().as_str()).uri(uri);
    if let Some(headers) = whole.headers_mut() {
        *headers = to_headers(request.headers());
    }
    let body = read(&mut request, largest).await?;
    if body.is_none() {
        whole = whole.extension(Oversized);
    }
    whole.body(body.unwrap_or_default()).map_err(|error| worker::Error::RustError(error.to_string()))
}

/// The body, or nothing if it is larger than its route takes: then no more of it is read than shows that.
async fn read(request: &mut worker::Request, largest: usize) -> worker::Result<Option<Bytes>> {
    if request.inner().body().is_none() {
        return Ok(Some(Bytes::new()));
    }
    let declared = request.headers().get("content-length")?.and_then(|length| length.parse::<usize>().ok());
    if declared.is_some_and(|length| length > largest) {
        return Ok(None);
    }
    let mut body = Vec::with_capacity(declared.unwrap_or(0));
    let mut stream = request.stream()?;
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk?);
        if body.len() > largest {
            return Ok(None);
        }
    }
    Ok(Some(Bytes::from(body)))
}

fn to_response(reply: Reply) -> worker::Result<worker::Response> {
    let (parts, body) = reply.into_parts();
    let headers = worker::Headers::new();
    for (name, value) in &parts.headers {
        if let Ok(value) = value.to_str() {
            headers.append(name.as_str(), value)?;
        }
    }
    let response = ResponseBuilder::new().with_status(parts.status.as_u16()).with_headers(headers);
    Ok(if body.is_empty() { response.empty() } else { response.fixed(body.to_vec()) })
}

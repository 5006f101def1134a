//! The whole service, over any platform: a request to a reply, a queue message to a verdict, a tick.
//!
//! The Worker makes one `App` for each event; the tests make one for each of theirs. It holds nothing between events.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderValue};
use http::{Method, StatusCode};
use serde_json::Value;

use crate::config::{Config, ConfigError};
use crate::domain::device;
use crate::domain::ids::JobId;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error};
use crate::flow::Context;
use crate::jobs::message::{self, Message, Source, Verdict};
use crate::jobs::tick::{self, Ticked};
use crate::jobs::{self, Outcome, dead_letter, webhook_delivery};
use crate::platform::{Level, Platform};
use crate::web;
use crate::web::pages::desk::Whose;
use crate::web::reply::{self, Reply};
use crate::web::request::Request;
use crate::web::route::Route;

/// The service, for one event.
pub struct App<'a, P> {
    platform: P,
    config: &'a Result<Config, ConfigError>,
    began: Timestamp,
}

impl<'a, P: Platform> App<'a, P> {
    /// The service over a platform. With settings it can't serve with, it answers 503 and says in the log which.
    pub fn new(platform: P, config: &'a Result<Config, ConfigError>) -> Self {
        let began = platform.now();
        Self { platform, config, began }
    }

    /// Answers a request. Never fails: what goes wrong is a reply too.
    pub async fn handle(&self, mut request: Request) -> Reply {
        let request_id = self.request_id();
        let head = request.method() == Method::HEAD;
        if head {
            *request.method_mut() = Method::GET;
        }
        request.extensions_mut().insert(Whose::default());
        let route = Route::parse(request.uri().path());
        let mut reply = match self.config {
            Ok(config) => {
                let user_agent = web::request::header(request.headers(), "user-agent").unwrap_or_default();
                let ctx = Context {
                    platform: &self.platform,
                    config,
                    request_id: request_id.clone(),
                    device: device::in_words(user_agent),
                    once: None,
                };
                self.reply(&ctx, &request, route.as_ref()).await
            }
            Err(error) => {
                self.misconfigured(error);
                // Programs ask even pages whether all is well.
                let accepted = web::request::header(request.headers(), "accept").unwrap_or_default();
                let page = accepted.contains("text/html") && is_for_people(&request, route.as_ref());
                let page = page.then(|| web::pages::failure::unready(&request_id));
                page.and_then(crate::error::Result::ok)
                    .unwrap_or_else(|| reply::problem(&Code::Misconfigured.into(), &request_id))
            }
        };
        let product = self.config.as_ref().ok().and_then(|config| config.product.as_ref());
        reply::seal(&mut reply, &request_id, product);
        let length = reply.body().len();
        reply.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
        if head {
            *reply.body_mut() = Bytes::new();
        }
        if reply.status() == StatusCode::NO_CONTENT {
            reply.headers_mut().remove(CONTENT_LENGTH);
        }
        self.log_request(&request_id, request.method(), route.as_ref(), &reply);
        reply
    }

    async fn reply(&self, ctx: &Context<'_, P>, request: &Request, route: Option<&Route>) -> Reply {
        let answer = match route {
            Some(route) => web::answer(ctx, request, route).await,
            None => Err(Code::NotFound.into()),
        };
        let error = match answer {
            Ok(reply) => return reply,
            Err(error) => error,
        };
        if let Error::Internal(why) = &error {
            let line = serde_json::json!({"event": "error", "request_id": ctx.request_id, "why": why});
            self.platform.log(Level::Error, &line.to_string());
        }
        if is_for_people(request, route)
            && let Ok(page) = web::pages::failure::show(ctx, request, &error).await
        {
            return page;
        }
        reply::problem(&error, &ctx.request_id)
    }

    /// Does what a queue message asks for.
    pub async fn consume(&self, message: Message) -> Verdict {
        let config = match self.config {
            Ok(config) => config,
            Err(error) => {
                self.misconfigured(error);
                return Verdict::Retry(crate::jobs::LOST_AFTER);
            }
        };
        let Some(job) = message::decode(&message.body) else {
            // Nobody can ever do it, and its text may be anything: it is dropped and only counted here.
            self.log_job(message.source, None, "dropped", None);
            return Verdict::Ack;
        };
        let done = match message.source {
            Source::Jobs => jobs::run(&self.platform, config, job).await,
            Source::Deliveries => webhook_delivery::run(&self.platform, config, job).await,
            Source::DeadLetters => dead_letter::run(&self.platform, job).await,
        };
        let (outcome, verdict) = match &done {
            // A second more than the row's own wait, so that the message doesn't come before the job is due.
            Ok(Outcome::Retry(wait)) => ("retry", Verdict::Retry(*wait + std::time::Duration::from_secs(1))),
            Ok(Outcome::Done) => ("done", Verdict::Ack),
            Ok(Outcome::Failed) => ("failed", Verdict::Ack),
            Ok(Outcome::NotOurs) => ("not_ours", Verdict::Ack),
            // The lease has not been settled: the queue delivers again after it ran out, or else the tick does.
            Err(_) => ("error", Verdict::Retry(crate::jobs::LEASE + crate::jobs::LOST_AFTER)),
        };
        self.log_job(message.source, Some(job), outcome, done.err());
        verdict
    }

    /// Does what has to be done every minute.
    pub async fn tick(&self) {
        let config = match self.config {
            Ok(config) => config,
            Err(error) => return self.misconfigured(error),
        };
        let (outcome, ticked, error) = match tick::run(&self.platform, config).await {
            Ok(ticked) => ("done", ticked, None),
            Err(error) => ("error", Ticked::default(), Some(error)),
        };
        let Ticked { requeued, given_up } = ticked;
        let line = serde_json::json!({
            "event": "tick", "outcome": outcome, "requeued": requeued, "given_up": given_up,
        });
        self.log_event(line, error);
    }

    /// The platform that this service runs over.
    pub fn platform(&self) -> &P {
        &self.platform
    }

    fn request_id(&self) -> String {
        use base64ct::{Base64UrlUnpadded, Encoding};
        Base64UrlUnpadded::encode_string(&self.platform.random::<12>())
    }

    fn log_request(&self, request_id: &str, method: &Method, route: Option<&Route>, reply: &Reply) {
        let line = serde_json::json!({
            "event": "request",
            "request_id": request_id,
            "method": method.as_str(),
            "route": route.map_or("none", Route::name),
            "status": reply.status().as_u16(),
        });
        self.log_event(line, None);
    }

    fn log_job(&self, source: Source, job: Option<JobId>, outcome: &str, error: Option<Error>) {
        let queue = match source {
            Source::Jobs => "jobs",
            Source::Deliveries => "deliveries",
            Source::DeadLetters => "dead",
        };
        let line = serde_json::json!({"event": "job", "queue": queue, "job": job, "outcome": outcome});
        self.log_event(line, error);
    }

    /// Writes the one line of an event, with what it cost, and why it failed if it did. Its fields are an interface:
    /// `docs/operations.md` lists them.
    fn log_event(&self, mut line: Value, error: Option<Error>) {
        let meter = self.platform.meter();
        let millis = self.began.until(self.platform.now()).as_millis();
        let level = if error.is_some() { Level::Error } else { Level::Info };
        if let Some(line) = line.as_object_mut() {
            for (name, number) in [
                ("d1", u64::from(meter.trips.get())),
                ("rows_read", meter.rows_read.get()),
                ("rows_written", meter.rows_written.get()),
                ("kv", u64::from(meter.kv.get())),
                ("ms", u64::try_from(millis).unwrap_or(u64::MAX)),
            ] {
                line.insert(name.to_owned(), number.into());
            }
            if let Some(error) = error {
                let why = match error {
                    Error::Internal(why) => why,
                    Error::Refused(refusal) => refusal.code.as_str().to_owned(),
                };
                line.insert("why".to_owned(), why.into());
            }
        }
        self.platform.log(level, &line.to_string());
    }

    fn misconfigured(&self, error: &ConfigError) {
        let line = serde_json::json!({"event": "misconfigured", "setting": error.setting, "why": error.why});
        self.platform.log(Level::Error, &line.to_string());
    }
}

/// Whether it is a person who asks, for a page or for what is none; else it is a program.
fn is_for_people(request: &Request, route: Option<&Route>) -> bool {
    route.map_or(!request.uri().path().starts_with("/v1/"), Route::is_page)
}

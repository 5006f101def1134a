//! The whole service, over any platform: a request to a reply, a queue message to a verdict, a tick.
//!
//! The Worker makes one `App` for each event; the tests make one for each of theirs. It holds nothing between events.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderValue};
use http::{Method, StatusCode};

use crate::config::{Config, ConfigError};
use crate::domain::device;
use crate::error::{Code, Error};
use crate::flow::Context;
use crate::jobs::message::{self, Message, Source, Verdict};
use crate::jobs::{self, Outcome, dead_letter, tick, webhook_delivery};
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
}

impl<'a, P: Platform> App<'a, P> {
    /// The service over a platform. With settings it can't serve with, it answers 503 and says in the log which.
    pub fn new(platform: P, config: &'a Result<Config, ConfigError>) -> Self {
        Self { platform, config }
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
            self.log_job("undecodable", "dropped");
            return Verdict::Ack;
        };
        let done = match message.source {
            Source::Jobs => jobs::run(&self.platform, config, job).await,
            Source::Deliveries => webhook_delivery::run(&self.platform, config, job).await,
            Source::DeadLetters => dead_letter::run(&self.platform, job).await,
        };
        match done {
            Ok(outcome) => {
                self.log_job(&job.to_string(), &format!("{outcome:?}"));
                match outcome {
                    // A second more than the row's own wait, so that the message doesn't come before the job is due.
                    Outcome::Retry(wait) => Verdict::Retry(wait + std::time::Duration::from_secs(1)),
                    Outcome::Done | Outcome::Failed | Outcome::NotOurs => Verdict::Ack,
                }
            }
            // The lease has not been settled: the queue delivers again after it ran out, or else the tick does.
            Err(error) => {
                self.log_failure("job", &error);
                Verdict::Retry(crate::jobs::LEASE + crate::jobs::LOST_AFTER)
            }
        }
    }

    /// Does what has to be done every minute.
    pub async fn tick(&self) {
        let config = match self.config {
            Ok(config) => config,
            Err(error) => return self.misconfigured(error),
        };
        match tick::run(&self.platform, config).await {
            Ok(0) => {}
            Ok(requeued) => {
                let line = serde_json::json!({"event": "tick", "requeued": requeued});
                self.platform.log(Level::Info, &line.to_string());
            }
            Err(error) => self.log_failure("tick", &error),
        }
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
        let meter = self.platform.meter();
        let line = serde_json::json!({
            "event": "request",
            "request_id": request_id,
            "method": method.as_str(),
            "route": route.map_or("none", Route::name),
            "status": reply.status().as_u16(),
            "d1": meter.trips.get(),
            "rows_read": meter.rows_read.get(),
            "rows_written": meter.rows_written.get(),
            "kv": meter.kv.get(),
        });
        self.platform.log(Level::Info, &line.to_string());
    }

    fn log_job(&self, job: &str, outcome: &str) {
        let line = serde_json::json!({"event": "job", "job": job, "outcome": outcome});
        self.platform.log(Level::Info, &line.to_string());
    }

    fn log_failure(&self, event: &str, error: &Error) {
        let why = match error {
            Error::Internal(why) => why.as_str(),
            Error::Refused(refusal) => refusal.code.as_str(),
        };
        let line = serde_json::json!({"event": event, "why": why});
        self.platform.log(Level::Error, &line.to_string());
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

//! The platform's traits over Cloudflare's bindings.

use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use js_sys::futures::JsFuture;
use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use serde::Deserialize;
use wasm_bindgen::{JsCast, JsValue};
use worker::worker_sys::types::D1Database as D1;
use worker::{
    Context, Delay, EmailAddress, Env, Headers, MessageBuilder, QueueContentType, ScheduleContext,
    SendEmailBuilder, web_sys,
};

use super::{
    Clock, Database, DatabaseError, Entropy, Http, KeyValue, LARGEST_ANSWER, Level, Limit, Limiter, Log,
    MailError, Mailer, Meter, Metered, Queue, ResultSet, Statement, Unanswered,
};
use crate::config::{Config, ConfigError};
use crate::domain::ids::JobId;
use crate::domain::time::Timestamp;
use crate::jobs::message;
use crate::mail::Mail;

/// The bindings' names, as `wrangler.toml` gives them.
mod binding {
    pub(super) const DATABASE: &str = "DB";
    pub(super) const CACHE: &str = "CACHE";
    pub(super) const JOBS: &str = "JOBS";
    pub(super) const DELIVERIES: &str = "DELIVERIES";
    pub(super) const EMAIL: &str = "EMAIL";
    pub(super) const NETWORK_LIMIT: &str = "NETWORK_LIMIT";
    pub(super) const ACCOUNT_LIMIT: &str = "ACCOUNT_LIMIT";
}

/// What may go on after the event was answered.
#[derive(Clone)]
pub enum Deferred {
    /// After a reply, or after a batch of queue messages was settled.
    Event(Rc<Context>),
    /// After a tick.
    Scheduled(Rc<ScheduleContext>),
}

impl Deferred {
    fn until(&self, done: impl Future<Output = ()> + 'static) {
        match self {
            Self::Event(context) => context.wait_until(done),
            Self::Scheduled(context) => context.wait_until(done),
        }
    }
}

/// The platform, for one event.
pub struct CloudflarePlatform {
    env: Env,
    d1_delay: std::time::Duration,
    deferred: Deferred,
    meter: Meter,
}

impl CloudflarePlatform {
    /// The platform with these bindings.
    #[must_use]
    pub fn new(env: Env, config: &Result<Config, ConfigError>, deferred: Deferred) -> Self {
        let d1_delay = config.as_ref().map_or(std::time::Duration::ZERO, |config| config.d1_delay);
        Self { env, d1_delay, deferred, meter: Meter::default() }
    }
}

impl Metered for CloudflarePlatform {
    fn meter(&self) -> &Meter {
        &self.meter
    }
}

/// D1's own answer to one statement, as its documentation gives it.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default)]
    results: Option<&'a serde_json::value::RawValue>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta {
    rows_read: u64,
    rows_written: u64,
}

impl Database for CloudflarePlatform {
    async fn execute(&self, statements: Vec<Statement>) -> Result<Vec<ResultSet>, DatabaseError> {
        if !self.d1_delay.is_zero() {
            Delay::from(self.d1_delay).await;
        }
        let answers = self.batch_in_d1(statements).await.map_err(|error| DatabaseError(say(&error)))?;
        // One crossing of the border for the whole answer; serde reads each row straight into its struct.
        let text = JSON::stringify(&answers).map_err(|error| DatabaseError(say(&error)))?.as_string();
        let text = text.ok_or_else(|| DatabaseError("an answer that is not JSON".to_owned()))?;
        let answers: Vec<Answer<'_>> = serde_json::from_str(&text)
            .map_err(|error| DatabaseError(format!("unexpected answer: {error}")))?;
        Ok(answers
            .into_iter()
            .map(|answer| ResultSet {
                json: answer.results.map_or("[]", serde_json::value::RawValue::get).to_owned(),
                rows_read: answer.meta.rows_read,
                rows_written: answer.meta.rows_written,
            })
            .collect())
    }
}

impl CloudflarePlatform {
    /// All parameters cross the border as one text, and not in a call for each. D1 takes numbers, never a `BigInt`, and null, never
    /// undefined: what JSON has. They are exact up to 2⁵³, which no count and no time of ours comes near.
    async fn batch_in_d1(&self, statements: Vec<Statement>) -> Result<JsValue, JsValue> {
        // Not by the SDK's lookup, which compares the name of its type each time.
        let d1: D1 = Reflect::get(&self.env, &binding::DATABASE.into())?.unchecked_into();
        let params: Vec<_> = statements.iter().map(|statement| &statement.params).collect();
        let params = serde_json::to_string(&params).map_err(|error| JsValue::from(error.to_string()))?;
        let params: Array = JSON::parse(&params)?.unchecked_into();
        let prepared = Array::new();
        for (statement, params) in statements.iter().zip(params.iter()) {
            prepared.push(d1.prepare(statement.sql)?.bind(params.unchecked_into())?.as_ref());
        }
        JsFuture::from(d1.batch(prepared)?).await
    }
}

fn say(error: &JsValue) -> String {
    error
        .dyn_ref::<js_sys::Error>()
        .map(|error| String::from(error.message()))
        .or_else(|| error.as_string())
        .unwrap_or_else(|| "unknown".to_owned())
}

impl KeyValue for CloudflarePlatform {
    async fn read(&self, key: &str) -> Option<String> {
        self.ask_kv("get", &[key.into()]).await?.as_string()
    }

    async fn write(&self, key: &str, value: &str, ttl_seconds: u64) {
        let options = Object::new();
        // Exact up to 2⁵³ seconds.
        #[allow(clippy::cast_precision_loss)]
        let seconds = JsValue::from_f64(ttl_seconds as f64);
        if Reflect::set(&options, &"expirationTtl".into(), &seconds).is_ok() {
            self.ask_kv("put", &[key.into(), value.into(), options.into()]).await;
        }
    }

    async fn remove(&self, key: &str) {
        self.ask_kv("delete", &[key.into()]).await;
    }
}

impl CloudflarePlatform {
    /// Calls a method of KV; answers nothing if it fails. Not by the SDK's store, which looks up all five methods for each call.
    async fn ask_kv(&self, method: &str, values: &[JsValue]) -> Option<JsValue> {
        let asked = async {
            let kv = Reflect::get(&self.env, &binding::CACHE.into())?;
            let method: Function = Reflect::get(&kv, &method.into())?.dyn_into()?;
            let promise: Promise = method.apply(&kv, &values.iter().collect())?.unchecked_into();
            JsFuture::from(promise).await
        };
        asked.await.inspect_err(|error| self.log_trouble("kv", &say(error))).ok()
    }
}

/// The most messages that the queue takes in one call.
const MOST_MESSAGES: usize = 100;

impl Queue for CloudflarePlatform {
    fn enqueue(&self, job: JobId) {
        self.enqueue_all(&[job]);
    }

    fn enqueue_all(&self, jobs: &[JobId]) {
        self.put_into(binding::JOBS, jobs);
    }

    fn enqueue_deliveries(&self, jobs: &[JobId]) {
        self.put_into(binding::DELIVERIES, jobs);
    }
}

impl CloudflarePlatform {
    fn put_into(&self, queue: &'static str, jobs: &[JobId]) {
        for jobs in jobs.chunks(MOST_MESSAGES) {
            let messages: Vec<_> = jobs
                .iter()
                .map(|job| {
                    MessageBuilder::new(message::encode(*job)).content_type(QueueContentType::Text).build()
                })
                .collect();
            let (env, first, many) = (self.env.clone(), jobs.first().copied(), jobs.len());
            self.deferred.until(async move {
                let sent = async { env.queue(queue)?.send_batch(messages).await };
                if let Err(error) = sent.await {
                    // The outbox still has the jobs: the tick enqueues them again.
                    let line = serde_json::json!({"event": "queue", "job": first, "many": many, "why": error.to_string()});
                    worker::console_error!("{line}");
                }
            });
        }
    }
}

impl Mailer for CloudflarePlatform {
    async fn send(&self, mail: &Mail, within: Duration) -> Result<String, MailError> {
        let email = self
            .env
            .send_email(binding::EMAIL)
            .map_err(|error| MailError::Retry(format!("no mail binding: {error}")))?;
        let from = EmailAddress::new(&mail.from.name, &mail.from.address);
        let message = SendEmailBuilder::builder_with_email_address_and_str(&from, &mail.to, &mail.subject)
            .text(&mail.text)
            .html(&mail.html)
            .build();
        // The binding has no limit of its own, and who never hears from it never settles the job.
        let (sending, waiting) = (pin!(email.send_with_builder(&message)), pin!(Delay::from(within)));
        match select(sending, waiting).await {
            Either::Left((Ok(sent), _)) => Ok(sent.message_id()),
            Either::Right(_) => Err(MailError::Retry("cloudflare: took too long".to_owned())),
            Either::Left((Err(error), _)) => {
                let code =
                    Reflect::get(&error, &JsValue::from_str("code")).ok().and_then(|code| code.as_string());
                Err(sort(code.as_deref().unwrap_or("unknown")))
            }
        }
    }
}

/// Which of the binding's errors may pass: those about the moment. The others are about the message. Only the code is
/// kept: the text may name the address.
fn sort(code: &str) -> MailError {
    let why = format!("cloudflare: {code}");
    match code {
        "E_INTERNAL_SERVER_ERROR" | "E_DELIVERY_FAILED" | "unknown" => MailError::Retry(why),
        "E_RATE_LIMIT_EXCEEDED" => MailError::Wait(Duration::ZERO, why),
        "E_DAILY_LIMIT_EXCEEDED" | "E_SENDER_NOT_VERIFIED" | "E_SENDER_DOMAIN_NOT_AVAILABLE" => {
            MailError::Unable(why)
        }
        _ => MailError::Refused(why),
    }
}

impl Http for CloudflarePlatform {
    async fn exchange(
        &self,
        request: http::Request<Bytes>,
        within: Duration,
    ) -> Result<http::Response<Bytes>, Unanswered> {
        let millis = u32::try_from(within.as_millis()).unwrap_or(u32::MAX);
        let signal = web_sys::AbortSignal::timeout_with_u32(millis);
        // The error's text may hold the address, which may be a secret.
        fetch(request, &signal)
            .await
            .map_err(|_| if signal.aborted() { Unanswered::TimedOut } else { Unanswered::Unreachable })
    }
}

/// The signal ends the reading of the body too. Not by the SDK's `Fetch`, which brings whatever else a request could be.
async fn fetch(
    request: http::Request<Bytes>,
    signal: &web_sys::AbortSignal,
) -> worker::Result<http::Response<Bytes>> {
    let (parts, body) = request.into_parts();
    let headers = Headers::new();
    for (name, value) in &parts.headers {
        if let Ok(value) = value.to_str() {
            headers.append(name.as_str(), value)?;
        }
    }
    let init = web_sys::RequestInit::new();
    init.set_method(parts.method.as_str());
    init.set_headers(headers.as_ref());
    init.set_redirect(web_sys::RequestRedirect::Manual);
    init.set_signal(Some(signal));
    if !body.is_empty() {
        init.set_body(&js_sys::Uint8Array::from(body.as_ref()));
    }
    let global: web_sys::WorkerGlobalScope = js_sys::global().unchecked_into();
    let answered = JsFuture::from(global.fetch_with_str_and_init(&parts.uri.to_string(), &init)).await?;
    let answered: web_sys::Response = answered.unchecked_into();
    let headers = to_headers(&answered.headers());
    let mut answer = worker::Response::from(answered);
    let mut body = Vec::new();
    // An answer without a body has no stream.
    if let Ok(mut stream) = answer.stream() {
        while body.len() < LARGEST_ANSWER
            && let Some(chunk) = stream.next().await
        {
            body.extend_from_slice(&chunk?);
        }
        body.truncate(LARGEST_ANSWER);
    }
    let mut whole = http::Response::new(Bytes::from(body));
    *whole.status_mut() =
        http::StatusCode::from_u16(answer.status_code()).unwrap_or(http::StatusCode::BAD_GATEWAY);
    *whole.headers_mut() = headers;
    Ok(whole)
}

/// The headers that can be; one that is no text stays one, so that it is not taken for none. The SDK's own conversion panics at any other, and takes every request of this isolate with
/// it. They cross the border as one text, a line each: no name has a comma in it, and no value a line's end.
#[must_use]
pub fn to_headers(headers: &web_sys::Headers) -> HeaderMap {
    let lines = String::from(Array::from(headers).join("\n"));
    lines
        .split('\n')
        .filter_map(|line| {
            let (name, value) = line.split_once(',')?;
            Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_bytes(value.as_bytes()).ok()?))
        })
        .collect()
}

impl Limiter for CloudflarePlatform {
    async fn allows(&self, limit: Limit, key: &str) -> bool {
        let name = match limit {
            Limit::Network => binding::NETWORK_LIMIT,
            Limit::Account => binding::ACCOUNT_LIMIT,
        };
        let asked = async { self.env.rate_limiter(name)?.limit(key.to_owned()).await };
        match asked.await {
            Ok(outcome) => outcome.success,
            // A limiter that fails must not keep everybody out.
            Err(error) => {
                self.log_trouble("limiter", &error.to_string());
                true
            }
        }
    }
}

impl Clock for CloudflarePlatform {
    fn now(&self) -> Timestamp {
        #[allow(clippy::disallowed_methods)] // This is the clock that everybody else is given.
        let millis = js_sys::Date::now();
        // Whole milliseconds, of which there are fewer than 2⁵³.
        #[allow(clippy::cast_possible_truncation)]
        Timestamp::from_millis(millis as i64)
    }
}

impl Entropy for CloudflarePlatform {
    fn fill(&self, bytes: &mut [u8]) {
        #[allow(clippy::disallowed_methods)] // This is the entropy that everybody else is given.
        let filled = getrandom::fill(bytes);
        // `crypto.getRandomValues` fails for more than 64 KiB only. Going on with zeros would be worse than stopping.
        #[allow(clippy::expect_used)]
        filled.expect("the runtime has randomness");
    }
}

impl Log for CloudflarePlatform {
    fn log(&self, level: Level, line: &str) {
        let line = JsValue::from_str(line);
        match level {
            Level::Info => web_sys::console::log_1(&line),
            Level::Error => web_sys::console::error_1(&line),
        }
    }
}

impl CloudflarePlatform {
    fn log_trouble(&self, event: &str, why: &str) {
        self.log(Level::Error, &serde_json::json!({"event": event, "why": why}).to_string());
    }
}

//! What holds of every parser, whatever bytes it is given: it never panics, what it refuses is the sender's mistake, and what
//! it takes reads back as itself. `tests/parsers.rs` asks it of made-up bytes, `tests/fuzz/` of those that a fuzzer finds.

use std::sync::LazyLock;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Request};
use serde::Deserialize;
use serde_json::Value;
use usher::domain::email_address::EmailAddress;
use usher::domain::hand_over::{HandOver, State};
use usher::domain::ids::{Id, InvitationId, JobId, Kind, MemberId, OrganizationId, UserId};
use usher::domain::keys::{KeyRing, Opened};
use usher::domain::link::{Link, Via};
use usher::domain::nonce;
use usher::domain::password_link::PasswordLink;
use usher::domain::reset_link::ResetLink;
use usher::domain::second_factor::Typed;
use usher::domain::secret::Bearer;
use usher::domain::signature::{self, Signed};
use usher::domain::text::{Message, Name};
use usher::domain::time::Timestamp;
use usher::error::{Error, Result};
use usher::web::api::spreadsheet;
use usher::web::hooks::{self, Read};
use usher::web::pages::form::Form;
use usher::web::request;
use usher::web::route::Route;

/// What a parser is called, and what it is given.
type Named = (&'static str, fn(&[u8]));

/// Every parser by name: what is asked of it panics if it doesn't hold.
pub const ALL: [Named; 12] = [
    ("token", token),
    ("json", json),
    ("query", query),
    ("form", form),
    ("multipart", multipart),
    ("headers", headers),
    ("path", path),
    ("id", id),
    ("email", email),
    ("csv", csv),
    ("text", text),
    ("signature", signature),
];

/// Refused as the sender's mistake, never as ours.
#[track_caller]
fn is_senders(error: &Error) {
    let status = error.code().status();
    assert!(status.is_client_error(), "{status}: {}", error.detail());
}

#[track_caller]
fn of_sender<T>(result: Result<T>) -> Option<T> {
    result.inspect_err(is_senders).ok()
}

fn request(uri: &str, content_type: &str, body: &[u8]) -> Option<request::Request> {
    let request = Request::builder().method("POST").uri(uri).header("content-type", content_type);
    request.body(Bytes::copy_from_slice(body)).ok()
}

static KEYS: LazyLock<KeyRing> = LazyLock::new(|| {
    KeyRing::parse("k1:vQ3m1Yb7TgJx5kR2mWz8NfLdHs4PqAeU0cXoZtI6w9E", "https://join.example.test").unwrap()
});

const NOW: i64 = 1_795_298_400;

/// A link that is good.
static GOOD: LazyLock<String> = LazyLock::new(|| {
    let link = Link {
        invitation_id: "inv_01h455vb4pex5vsknk084sn02q".parse().unwrap(),
        organization_id: "org_01h455vb4pex5vsknk084sn02q".parse().unwrap(),
        ver: 3,
        via: Via::Email,
        given: 0,
    };
    link.sign(&KEYS, Timestamp::from_seconds(NOW + 3600))
});

/// Of the bytes, two each say which letter of a good token becomes what; or they are a text themselves. Only the good one
/// opens anything.
pub fn token(bytes: &[u8]) {
    let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let text = if first % 2 == 0 {
        String::from_utf8_lossy(rest).into_owned()
    } else {
        let mut letters = GOOD.clone().into_bytes();
        for edit in rest.chunks_exact(2) {
            let place = usize::from(edit[0]) * letters.len() / 256;
            letters[place] = edit[1];
        }
        String::from_utf8_lossy(&letters).into_owned()
    };
    let now = Timestamp::from_seconds(NOW);
    let opened = Link::open(&KEYS, &text, now);
    assert_eq!(matches!(opened, Opened::Live(_)), text == *GOOD, "{text}");
    assert!(!matches!(opened, Opened::Expired(..)), "{text}");
    assert!(matches!(ResetLink::open(&KEYS, &text, now), Opened::Forged), "{text}");
    assert!(PasswordLink::open(&KEYS, &text, now).is_err(), "{text}");
    assert!(!nonce::is_valid(&KEYS, &Bearer::new([1; 32]), &text, now), "{text}");
    assert!(HandOver::open(&KEYS, &text, &"v".repeat(43), now).is_none(), "{text}");
    let goes_into_an_address = |state: &State| state.as_str() == text && text.len() == 43 && text.is_ascii();
    assert!(State::parse(&text).is_none_or(|state| goes_into_an_address(&state)), "{text}");
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    size: Option<i64>,
    #[serde(default)]
    on: Option<bool>,
    #[serde(default)]
    email: Option<EmailAddress>,
    #[serde(default)]
    workspace_ids: Vec<Id<usher::domain::ids::Workspace>>,
    #[serde(default)]
    inner: Option<Box<Body>>,
    #[serde(default)]
    anything: Option<Value>,
}

/// A body in JSON. What is refused names its field by a JSON pointer.
pub fn json(bytes: &[u8]) {
    let Some(request) = request("/v1/any", "application/json", bytes) else { return };
    match request::json::<Body>(&request) {
        Ok(Body { name, size, on, email, workspace_ids, inner, anything }) => {
            let plain: Value = serde_json::from_slice(if bytes.is_empty() { b"{}" } else { bytes }).unwrap();
            assert_eq!(plain["name"].as_str(), name.as_deref());
            assert_eq!((plain["size"].as_i64(), plain["on"].as_bool()), (size, on));
            assert_eq!(plain["email"].as_str().map(str::trim), email.as_ref().map(EmailAddress::as_str));
            assert_eq!(plain["workspace_ids"].as_array().map_or(0, Vec::len), workspace_ids.len());
            assert_eq!(plain["inner"].is_object(), inner.is_some());
            assert_eq!(Some(&plain["anything"]).filter(|value| !value.is_null()), anything.as_ref());
        }
        Err(error) => {
            is_senders(&error);
            let Error::Refused(refusal) = error else { unreachable!("is the sender's") };
            for field in &refusal.errors {
                assert!(field.pointer.is_empty() || field.pointer.starts_with('/'), "{}", field.pointer);
            }
        }
    }
    if let Ok(whole) = usher::json::body::<Value>(bytes) {
        assert_eq!(Some(whole), serde_json::from_slice(bytes).ok());
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    q: String,
    cursor: Option<String>,
    limit: Option<String>,
}

/// What stands behind the question mark.
pub fn query(bytes: &[u8]) {
    let Some(request) = request(&format!("/any?{}", String::from_utf8_lossy(bytes)), "text/plain", &[])
    else {
        return;
    };
    let Some(asked) = of_sender(request::query::<Asked>(&request)) else { return };
    let mut fields = vec![("q", asked.q.clone())];
    fields.extend(asked.cursor.clone().map(|cursor| ("cursor", cursor)));
    fields.extend(asked.limit.clone().map(|limit| ("limit", limit)));
    let again = format!("/any?{}", serde_urlencoded::to_string(fields).unwrap());
    let again = request::query::<Asked>(&self::request(&again, "text/plain", &[]).unwrap()).unwrap();
    assert_eq!((again.q, again.cursor, again.limit), (asked.q, asked.cursor, asked.limit));
}

const FORM: &str = "application/x-www-form-urlencoded";

/// A form. What was typed survives being shown and sent again.
pub fn form(bytes: &[u8]) {
    let Some(request) = request("/any", FORM, bytes) else { return };
    let Some(form) = of_sender(Form::parse(&request)) else { return };
    let fields: Vec<(&str, &str)> = form.fields().collect();
    let again = serde_urlencoded::to_string(&fields).unwrap();
    let again = Form::parse(&self::request("/any", FORM, again.as_bytes()).unwrap()).unwrap();
    assert_eq!(again.fields().collect::<Vec<_>>(), fields);
}

/// A form with a file in it. The body is there at once, so nothing waits.
pub fn read_multipart(boundary: &str, body: &[u8]) -> Result<(Form, Option<Bytes>)> {
    let request = request("/any", &format!("multipart/form-data; boundary={boundary}"), body).unwrap();
    let mut read = Box::pin(Form::parse_with_file(&request, "file"));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for _ in 0..1000 {
        if let std::task::Poll::Ready(read) = read.as_mut().poll(&mut context) {
            return read;
        }
    }
    panic!("a body that is there is waited for");
}

/// The same of any bytes.
pub fn multipart(bytes: &[u8]) {
    of_sender(read_multipart("b", bytes));
}

/// Headers that decide something: the first byte says which, the rest is its value.
pub fn headers(bytes: &[u8]) {
    let names = ["cookie", "cf-connecting-ip", "content-type", "origin", "authorization", "user-agent"];
    let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let Ok(value) = HeaderValue::from_bytes(rest) else { return };
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static(names[usize::from(*first) % names.len()]), value);
    for name in [request::SESSION_COOKIE, request::FORM_COOKIE, request::DEVICE_COOKIE] {
        if let Some(secret) = request::cookie(&headers, name) {
            assert_eq!(secret.reveal().len(), 43);
            assert_eq!(Bearer::parse(secret.reveal()).unwrap().digest(), secret.digest());
        }
    }
    let network = request::network(&headers);
    let address = network.split_once('/').map_or(network.as_str(), |(address, _)| address);
    assert!(network == "unknown" || address.parse::<std::net::IpAddr>().is_ok(), "{network}");
    if let Some(agent) = request::header(&headers, "user-agent") {
        assert!(usher::domain::device::in_words(agent).len() < 200);
    }
}

/// An address of ours is the address of one route.
pub fn path(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(route) = Route::parse(&text) {
        assert_eq!(route.path(), text);
        assert!(!route.methods().is_empty());
    }
}

/// An id is written in one way, and is of one kind.
pub fn id(bytes: &[u8]) {
    fn read<K: Kind>(text: &str) -> usize {
        let read = text.parse::<Id<K>>().ok();
        if let Some(id) = read {
            assert_eq!(id.to_string(), text);
        }
        usize::from(read.is_some())
    }
    let text = String::from_utf8_lossy(bytes);
    let kinds = [
        text.parse::<InvitationId>().is_ok(),
        text.parse::<JobId>().is_ok(),
        text.parse::<MemberId>().is_ok(),
        text.parse::<OrganizationId>().is_ok(),
        text.parse::<UserId>().is_ok(),
    ];
    assert!(kinds.into_iter().filter(|is| *is).count() <= 1, "{text}");
    read::<usher::domain::ids::Invitation>(&text);
    read::<usher::domain::ids::Member>(&text);
    read::<usher::domain::ids::Draft>(&text);
}

/// An address: one mailbox at one host, with nothing that could end a header or begin another address.
pub fn email(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(address) = text.parse::<EmailAddress>() else { return };
    let written = address.as_str();
    assert_eq!(written, text.trim());
    assert_eq!(written.matches('@').count(), 1, "{written}");
    assert!(
        written.is_ascii() && !written.contains([' ', '\r', '\n', '\t', '"', '<', '>', ',', ';', '\0']),
        "{written}"
    );
    assert!(!written.ends_with('.') && written.len() <= 254);
    let key: EmailAddress = address.key().parse().unwrap();
    assert!(key == address && key.key() == address.key());
    assert!(address.masked().contains("••@"));
}

/// A spreadsheet: rows in their order, each an object of known columns, or refused by itself.
pub fn csv(bytes: &[u8]) {
    let read = spreadsheet::rows(bytes, 20, 4096, |line, row| (line, row));
    let Some(rows) = of_sender(read) else { return };
    assert!(rows.len() <= 21);
    // Two may say the same: a carriage return by itself ends a row, and is no line end to what people look at files with.
    assert!(rows.is_sorted_by(|(one, _), (next, _)| one <= next), "lines in their order");
    for (_, row) in rows {
        if let Some(row) = of_sender(row) {
            assert!(row.is_object(), "{row}");
        }
    }
}

/// What people type: names, messages, codes.
pub fn text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(name) = Name::parse(&text) {
        assert!(!name.as_str().is_empty() && !name.as_str().contains(char::is_control), "{name}");
        assert_eq!(Name::parse(name.as_str()).unwrap().as_str(), name.as_str());
    }
    if let Ok(message) = Message::parse(&text) {
        assert_eq!(Message::parse(message.as_str()).unwrap().as_str(), message.as_str());
    }
    if let Some(Typed::Totp(code)) = Typed::read(&text) {
        assert!(code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit()));
    }
}

/// Of the specification of Standard Webhooks: a secret, and the signature of a body at a moment.
const SVIX: (&str, &str, i64, &[u8], &str) = (
    "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
    1_649_367_553,
    br#"{"email":"test@example.com","username":"test_user"}"#,
    "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
);
/// The same of Stripe's, over the body `{}`, made with their secret as it is written.
const STRIPE: (&str, i64, &[u8], &str) =
    ("whsec_test", NOW, b"{}", "v1=df18736168843c41a33ec5de8571bc1ae5d97639ba288dd7b3500b6fccf18221");

/// A header that says whose word something is, or what they say: the first byte says which. Only what the secret's holder
/// signed counts, and nothing that they say is our failure.
pub fn signature(bytes: &[u8]) {
    let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let text = String::from_utf8_lossy(rest);
    let (secret, id, seconds, body, good) = SVIX;
    let at = Timestamp::from_seconds(seconds);
    let is_svix = |signature: &str, body: &[u8]| {
        let secret = signature::Secret::parse(secret).unwrap();
        signature::is_svix(&secret, Signed { id, timestamp: &seconds.to_string(), signature }, body, at)
    };
    let (stripe_secret, stripe_seconds, stripe_body, stripe_good) = STRIPE;
    let is_stripe = |header: &str, body: &[u8]| {
        signature::is_stripe(stripe_secret, header, body, Timestamp::from_seconds(stripe_seconds))
    };
    let edited = |good: &str| {
        let mut letters = good.as_bytes().to_vec();
        for edit in rest.chunks_exact(2) {
            let place = usize::from(edit[0]) * letters.len() / 256;
            letters[place] = edit[1];
        }
        String::from_utf8_lossy(&letters).into_owned()
    };
    match first % 5 {
        0 => {
            let signature = edited(good);
            assert_eq!(is_svix(&signature, body), signature == good, "{signature}");
            assert!(!is_svix(good, rest) || rest == body);
        }
        1 => {
            let header = format!("t={stripe_seconds},{stripe_good}");
            let changed = edited(&header);
            assert_eq!(is_stripe(&changed, stripe_body), changed == header, "{changed}");
            assert!(!is_stripe(&header, rest) || rest == stripe_body);
        }
        2 => {
            assert!(!is_svix(&text, body) || text.split(' ').any(|one| one == good), "{text}");
            assert!(!is_stripe(&text, stripe_body) || text.contains(stripe_good), "{text}");
        }
        3 => assert!(!hooks::postmark::knows(secret, &text) || text.contains(' '), "{text}"),
        _ => {
            let Ok(event) = usher::json::row::<Value>(&text) else { return };
            for read in [
                hooks::resend::read("msg_1", &event),
                hooks::postmark::read(&event),
                hooks::stripe::read(&event),
            ] {
                if let Read::Event(_, told) = read {
                    assert!(told.message.is_some() != told.subscription.is_some(), "{told:?}");
                }
            }
        }
    }
}

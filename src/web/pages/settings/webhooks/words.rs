//! How a webhook and its deliveries are, in words; and the fields that say what one is told.

use askama::Template;

use crate::domain::time::Timestamp;
use crate::domain::webhook::{EVENTS, turned_off};
use crate::jobs::webhook_delivery::MOST_ATTEMPTS;
use crate::store::webhook_deliveries::{Attempt, Shown as Delivery};
use crate::store::webhooks::Shown;
use crate::web::pages::Problems;
use crate::web::pages::form::Form;

/// What a form sends for every type of event.
pub const ALL: &str = "all";

/// A word, its colour, and what else there is to say.
pub struct State {
    /// The word.
    pub word: &'static str,
    /// Its colour.
    pub mark: &'static str,
    /// Why.
    pub why: &'static str,
    /// Since when.
    pub since: Option<Timestamp>,
}

impl State {
    /// How a webhook is.
    pub fn of(webhook: &Shown) -> Self {
        match (&webhook.disabled_for, webhook.failing_since) {
            (Some(why), _) => {
                let mark = if why == "choice" { "" } else { "bad" };
                Self { word: "Turned off", mark, why: turned_off(why), since: None }
            }
            (None, Some(since)) => Self { word: "Failing", mark: "warn", why: "", since: Some(since) },
            (None, None) => Self { word: "Active", mark: "good", why: "", since: None },
        }
    }
}

/// A delivery, as a row or a page shows it.
pub struct Row {
    /// What is known of it.
    pub delivery: Delivery,
    /// Its page.
    pub path: String,
    /// A word, and its colour.
    pub status: (&'static str, &'static str),
    /// Whether it can be made again, or now: one that was not tried yet is on its way.
    pub again: bool,
}

impl Row {
    /// A row for this delivery, whose page is there.
    pub fn of(delivery: Delivery, path: String) -> Self {
        let status = match &*delivery.status {
            "delivered" => ("Delivered", "good"),
            "failed" => ("Failed", "bad"),
            _ if delivery.attempts.is_empty() => ("Waiting", ""),
            _ => ("Retrying", "warn"),
        };
        let again = delivery.next_attempt_at.is_none() || !delivery.attempts.is_empty();
        Self { delivery, path, status, again }
    }

    /// What was tried last.
    pub fn last(&self) -> Option<&Attempt> {
        self.delivery.attempts.last()
    }

    /// How often it was tried, of how often it may be.
    pub fn tries(&self) -> String {
        format!("{} of {MOST_ATTEMPTS}", self.delivery.attempts.len())
    }
}

/// What came of a try: the answer's status, or that there was none.
pub fn answer(attempt: &Attempt) -> String {
    attempt.status.map_or_else(|| "No answer".to_owned(), |status| status.to_string())
}

/// How long a try took.
pub fn took(attempt: &Attempt) -> String {
    match attempt.millis {
        millis @ ..1000 => format!("{millis} ms"),
        millis => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
    }
}

/// How many types of events those are.
pub fn of_all(events: usize) -> String {
    let all = EVENTS.len();
    if events == all { format!("All {all} types") } else { format!("{events} of {all} types") }
}

/// The fields of a webhook: where it is told, and what. What was typed, or what it is.
#[derive(Template)]
#[template(path = "pages/webhook_fields.html")]
pub struct Fields<'a> {
    problems: &'a Problems,
    url: &'a str,
    all: bool,
    chosen: Vec<&'a str>,
    groups: Vec<(&'static str, &'static [(&'static str, &'static str)])>,
    /// For password managers, where the password is to be typed.
    email: Option<&'a str>,
    /// When that is.
    asked: &'static str,
}

impl<'a> Fields<'a> {
    /// Of a new one: it is told everything, unless something else was chosen.
    pub fn of_new(problems: &'a Problems, typed: Option<&'a Form>, email: Option<&'a str>) -> Self {
        let (url, chosen) =
            typed.map_or(("", vec![ALL]), |form| (form.text("url"), form.all("events").collect()));
        Self::of(problems, url, chosen, email, "You signed in a while ago.")
    }

    /// Of one that there is.
    pub fn of_known(
        problems: &'a Problems,
        webhook: &'a Shown,
        typed: Option<&'a Form>,
        email: Option<&'a str>,
    ) -> Self {
        let known = || (&*webhook.url, webhook.events.iter().map(String::as_str).collect());
        let (url, chosen) = typed.map_or_else(known, |form| (form.text("url"), form.all("events").collect()));
        Self::of(problems, url, chosen, email, "Only where you change the URL: you signed in a while ago.")
    }

    fn of(
        problems: &'a Problems,
        url: &'a str,
        chosen: Vec<&'a str>,
        email: Option<&'a str>,
        asked: &'static str,
    ) -> Self {
        let all = chosen.contains(&ALL) || chosen.len() == EVENTS.len();
        let groups = EVENTS.chunk_by(|a, b| group(a.0) == group(b.0));
        let groups =
            groups.map(|events| (group(events.first().map_or("", |first| first.0)), events)).collect();
        Self { problems, url, all, chosen, groups, email, asked }
    }
}

/// What a type of event is about.
fn group(event: &str) -> &'static str {
    match event.split('.').next() {
        Some("invitation") => "Invitations",
        Some("member") => "Members",
        Some("membership") => "Access",
        _ => "Organization",
    }
}

/// The types of events that a form names.
pub fn events(form: &Form) -> Vec<String> {
    if form.all("events").any(|event| event == ALL) {
        return EVENTS.iter().map(|(name, _)| (*name).to_owned()).collect();
    }
    form.all("events").map(str::to_owned).collect()
}

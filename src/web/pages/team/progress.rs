//! How an invitation fares: what became of each of its e-mails, line by line, and what to do about the state it is in.

use super::offers::{Told, told};
use crate::domain::invitation::{Delivery, Kind, Obstruction, Status};
use crate::domain::time::Timestamp;
use crate::store::deliveries::{Mailed, Step};
use crate::store::invitations::Record;

/// How an e-mail of it went.
pub(super) struct Sending {
    pub lines: Vec<Line>,
}

/// A step of that.
pub(super) struct Line {
    pub told: Told,
    /// Why no further.
    pub why: &'static str,
    pub at: Option<Timestamp>,
}

/// Each sending of it, line by line. What became of the invitation stands behind the newest.
pub(super) fn sendings(record: &Record, mails: Vec<Mailed>, now: Timestamp) -> Vec<Sending> {
    let state = &record.state;
    let mut sendings: Vec<Sending> = mails
        .into_iter()
        .map(|mailed| {
            let sent = mailed.steps.iter().any(|step| step.step == "sent");
            Sending { lines: mailed.steps.into_iter().map(|step| line(&step, sent)).collect() }
        })
        .collect();
    let at = match state.status(now) {
        Status::Accepted => state.accepted_at,
        Status::Declined => state.declined_at,
        Status::Revoked => state.revoked_at,
        Status::Expired => Some(state.expires_at),
        _ => None,
    };
    if let (Some(newest), Some(_)) = (sendings.first_mut(), at) {
        let told = match told(state.kind, state.status(now), record.delivery) {
            Told { words: "Accepted", mark } => Told { words: "Joined", mark },
            told => told,
        };
        newest.lines.push(Line { told, why: "", at });
    }
    sendings
}

/// A step in the words of the list.
fn line(step: &Step, sent: bool) -> Line {
    let on_the_list = |delivery| told(Kind::Email, Status::Pending, delivery);
    let told = match step.step.as_str() {
        "queued" => on_the_list(Delivery::Queued),
        "sent" => Told { words: "Taken by the mail provider", mark: "" },
        "delayed" => on_the_list(Delivery::Delayed),
        "failed" if !sent => Told { words: "Could not be sent", mark: "bad" },
        "delivered" => on_the_list(Delivery::Delivered),
        "reminded" => Told { words: "Reminder sent", mark: "" },
        "failed" | "bounced" => on_the_list(Delivery::Bounced),
        "complained" => on_the_list(Delivery::Complained),
        _ => Told { words: "Not sent any more", mark: "" },
    };
    Line { told, why: step.why.as_deref().map_or("", Obstruction::words), at: step.at }
}

/// Why the newest e-mail did not arrive, in words; empty where that is not known.
fn why_of(mails: &[Sending]) -> &'static str {
    mails
        .first()
        .and_then(|newest| newest.lines.iter().rev().find(|line| !line.why.is_empty()))
        .map_or("", |line| line.why)
}

/// Some words as a sentence.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// What to do about the state, for whoever waits.
pub(super) fn advice(record: &Record, status: Status, mails: &[Sending], organization: &str) -> String {
    let (why, mailed) = (why_of(mails), !mails.is_empty());
    let (is_link, delivery) = (record.state.kind == Kind::Link, record.delivery);
    let fixed = match (status, delivery) {
        (Status::Disabled, _) => "Nobody new can join by it until you turn it on.",
        (Status::Full, _) => "As many as it is for have joined. Let more in with a higher number below.",
        (Status::Expired, _) if is_link => "Its time is over. Make a new link for those who come later.",
        (Status::Expired, Delivery::Bounced | Delivery::Complained) => {
            "Its time is over, and mail to this address came back or was not wanted. Invite the person at another address."
        }
        (Status::Expired, _) => "Its time is over. Send it again, and it works anew.",
        (Status::Pending, _) if is_link => "Whoever has it can join.",
        (Status::Pending, Delivery::None) => "No e-mail was sent. Copy the link and hand it over yourself.",
        (Status::Pending, Delivery::Queued) => "The e-mail goes out in a moment.",
        (Status::Pending, Delivery::Delayed) => {
            "Their mail server asks us to wait. It is tried again by itself; or copy the link and hand it over."
        }
        (Status::Pending, Delivery::Bounced) if why.is_empty() => {
            "Their mail server refused the e-mail, so nothing more is sent there. Fix the address, or copy the link and hand it over."
        }
        (Status::Pending, Delivery::Bounced) => {
            return format!(
                "{} Nothing more is sent there: fix the address, or copy the link and hand it over.",
                sentence(why)
            );
        }
        (Status::Pending, Delivery::Complained) => {
            let which = if mailed { "this e-mail" } else { "an e-mail of yours" };
            return format!(
                "The person reported {which}. We will not send to them again from {organization}. Talk to them, or copy the link and hand it over."
            );
        }
        (Status::Pending, Delivery::Failed) if why.is_empty() => {
            "The e-mail could not be sent. Check the address, then send it again; or copy the link and hand it over."
        }
        (Status::Pending, Delivery::Failed) => {
            return format!(
                "{} Check the address, then send it again; or copy the link and hand it over.",
                sentence(why)
            );
        }
        (Status::Pending, Delivery::Sent | Delivery::Delivered) => "They have not answered yet.",
        (Status::Accepted | Status::Declined | Status::Revoked, _) => "",
    };
    fixed.to_owned()
}

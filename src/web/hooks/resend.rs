//! Resend's events (<https://resend.com/docs/dashboard/webhooks/event-types>).

use serde_json::Value;

use super::{Read, message};
use crate::domain::invitation::{Delivery, Obstruction};
use crate::json::at;

/// What an event is, under the id that it was signed with.
#[must_use]
pub fn read(id: &str, event: &Value) -> Read {
    let delivery = match at(event, "/type").as_str().unwrap_or_default() {
        "email.sent" => Delivery::Sent,
        "email.delivered" => Delivery::Delivered,
        "email.delivery_delayed" => Delivery::Delayed,
        // A full mailbox, say: another message may arrive.
        "email.bounced" if at(event, "/data/bounce/type") == "Transient" => Delivery::Failed,
        // What came back once, they don't send there again.
        "email.bounced" | "email.suppressed" => Delivery::Bounced,
        "email.complained" => Delivery::Complained,
        "email.failed" => Delivery::Failed,
        _ => return Read::Nothing,
    };
    let why = match at(event, "/data/bounce/subType").as_str().unwrap_or_default() {
        _ if delivery == Delivery::Delivered => None,
        "NoEmail" => Some(Obstruction::NoMailbox),
        "MailboxFull" => Some(Obstruction::MailboxFull),
        "MessageTooLarge" => Some(Obstruction::TooLarge),
        "ContentRejected" | "AttachmentRejected" => Some(Obstruction::Filtered),
        "Suppressed" | "OnAccountSuppressionList" => Some(Obstruction::Suppressed),
        _ if at(event, "/type") == "email.suppressed" => Some(Obstruction::Suppressed),
        _ => None,
    };
    let then = at(event, "/created_at").as_str().unwrap_or_default();
    message(id.to_owned(), at(event, "/data/email_id"), delivery, then, why)
}

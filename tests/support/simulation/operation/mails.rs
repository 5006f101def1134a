//! What the mail provider tells of a mail: that it arrived, came back, or was reported.

use http::Method;
use serde_json::Value;
use usher::params;
use usher::web::route::Route;

use super::super::super::hooks::resend_event;
use super::super::world::World;

/// What it tells; what was reported as unwanted has the most consequences.
const KINDS: [&str; 6] = [
    "email.delivered",
    "email.delivered",
    "email.delivery_delayed",
    "email.bounced",
    "email.complained",
    "email.complained",
];

/// The provider's word about a mail.
#[derive(Debug, Clone)]
pub struct Op {
    /// The provider's id of the event.
    pub event: String,
    message: String,
    kind: &'static str,
}

impl Op {
    /// A word about one of the mails that were sent.
    pub fn choose(world: &World) -> Option<Self> {
        let chance = &world.chance;
        let sent = world.read(
            "SELECT provider_message_id AS id FROM jobs
             WHERE provider_message_id IS NOT NULL AND invitation_id IS NOT NULL ORDER BY rowid DESC LIMIT 4",
            params![],
        );
        if sent.is_empty() {
            return None;
        }
        let message = chance.pick(&sent)["id"].as_str().unwrap().to_owned();
        let kind = *chance.pick(&KINDS);
        // The same thing is told under the same id.
        Some(Self { event: format!("msg_{message}_{kind}"), message, kind })
    }

    /// What is asked, and where.
    pub fn asked(&self) -> (Method, Route, Value) {
        let bounce = (self.kind == "email.bounced").then_some("Permanent");
        (Method::POST, Route::HookResend, resend_event(self.kind, &self.message, bounce))
    }

    /// Whether the contract has this answer. A word that is on its way for five minutes is taken for a copy.
    pub fn is_documented(status: u16, code: &str) -> bool {
        status == 200 || matches!(code, "unauthenticated" | "rate_limited")
    }
}

//! What programs do about the webhooks of their organization.

use http::Method;
use serde_json::{Value, json};
use usher::domain::ids::{JobId, OrganizationId, WebhookId};
use usher::domain::webhook::EVENTS;
use usher::params;
use usher::web::route::Route;

use super::super::scene::Organization;
use super::super::world::World;

/// Something about webhooks.
#[derive(Debug, Clone)]
pub enum Op {
    /// Of all events, or of a few.
    Make {
        organization: OrganizationId,
        url: &'static str,
        all: bool,
    },
    TurnOn(OrganizationId, WebhookId),
    TurnOff(OrganizationId, WebhookId),
    Move(OrganizationId, WebhookId, &'static str),
    Rotate(OrganizationId, WebhookId),
    Delete(OrganizationId, WebhookId),
    Test(OrganizationId, WebhookId),
    Replay(OrganizationId, WebhookId, JobId),
    ReplayFailed(OrganizationId, WebhookId),
    List(OrganizationId, WebhookId),
}

/// Where the receivers are.
pub const URLS: [&str; 2] = ["https://app.example.com/usher?tenant=7", "https://other.example.com/told"];

impl Op {
    /// Something to do.
    pub fn choose(world: &World, organization: &Organization) -> Self {
        let (chance, of) = (&world.chance, organization.id);
        let known = world.read(
            "SELECT id, live FROM webhooks WHERE organization_id = ?1 AND deleted_at IS NULL ORDER BY rowid",
            params![of],
        );
        let url = *chance.pick(&URLS);
        if known.is_empty() || (known.len() < 3 && chance.one_in(8)) {
            return Self::Make { organization: of, url, all: !chance.one_in(4) };
        }
        let webhook = chance.pick(&known);
        let id = webhook["id"].as_str().unwrap().parse().unwrap();
        let off = webhook["live"] == 0;
        match chance.below(16) {
            0..7 if off => Self::TurnOn(of, id),
            0 => Self::TurnOff(of, id),
            1 => Self::TurnOn(of, id),
            2..5 => Self::Rotate(of, id),
            5 if chance.one_in(2) => Self::Delete(of, id),
            6 => Self::Move(of, id, url),
            7 => Self::List(of, id),
            8 | 9 => Self::ReplayFailed(of, id),
            10..14 => {
                let settled = world.read(
                    "SELECT id FROM jobs WHERE webhook_id = ?1 AND waiting = 0 ORDER BY rowid DESC LIMIT 5",
                    params![id],
                );
                if settled.is_empty() {
                    return Self::Test(of, id);
                }
                Self::Replay(of, id, chance.pick(&settled)["id"].as_str().unwrap().parse().unwrap())
            }
            _ => Self::Test(of, id),
        }
    }

    /// What is asked, and where.
    pub fn asked(&self) -> (Method, Route, Value) {
        match *self {
            Self::Make { organization, url, all } => {
                let few = ["member.added", "invitation.accepted", "organization.updated"];
                let events: Vec<&str> =
                    EVENTS.iter().map(|(name, _)| *name).filter(|name| all || few.contains(name)).collect();
                (Method::POST, Route::Webhooks(organization), json!({"url": url, "events": events}))
            }
            Self::TurnOn(of, id) => (Method::PATCH, Route::Webhook(of, id), json!({"enabled": true})),
            Self::TurnOff(of, id) => (Method::PATCH, Route::Webhook(of, id), json!({"enabled": false})),
            Self::Move(of, id, url) => (Method::PATCH, Route::Webhook(of, id), json!({"url": url})),
            Self::Rotate(of, id) => (Method::POST, Route::WebhookRotate(of, id), json!({})),
            Self::Delete(of, id) => (Method::DELETE, Route::Webhook(of, id), Value::Null),
            Self::Test(of, id) => (Method::POST, Route::WebhookTest(of, id), json!({})),
            Self::Replay(of, id, job) => (Method::POST, Route::Replay(of, id, job), json!({})),
            Self::ReplayFailed(of, id) => (Method::POST, Route::ReplayFailed(of, id), json!({})),
            Self::List(of, id) => (Method::GET, Route::Deliveries(of, id), Value::Null),
        }
    }

    /// Whether the contract has this answer.
    pub fn is_documented(&self, status: u16, code: &str) -> bool {
        match self {
            Self::Make { .. } => status == 201 || code == "reauthentication_required",
            Self::Move(..) => status == 200 || code == "reauthentication_required",
            Self::TurnOn(..) | Self::TurnOff(..) | Self::Rotate(..) | Self::List(..) => status == 200,
            Self::Delete(..) => status == 204,
            Self::Test(..) | Self::ReplayFailed(..) => status == 202 || code == "webhook_disabled",
            Self::Replay(..) => status == 202 || matches!(code, "webhook_disabled" | "not_replayable"),
        }
    }
}

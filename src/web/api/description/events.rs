//! What webhooks are told: each type of event, with what stands in its body. The job that tells them adds to the things as the API
//! shows them what else there is to know; here is both. That it is so each event of the tests shows.

#![allow(dead_code, clippy::struct_field_names, reason = "only their schemas are looked at")]

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::Schemas;
use super::operation::schema;
use crate::domain::access;
use crate::domain::ids::{MemberId, OrganizationId, WebhookId, WorkspaceId};
use crate::domain::role::Role;
use crate::domain::webhook::{EVENTS, TEST};
use crate::web::api::{invitations, members, organizations, seats};

/// An invitation that somebody came in by.
#[derive(JsonSchema)]
struct AcceptedInvitation {
    #[serde(flatten)]
    invitation: invitations::Shown,
    /// Who came in.
    member_id: MemberId,
}

/// A member, and where.
#[derive(JsonSchema)]
struct ToldMember {
    #[serde(flatten)]
    member: members::Shown,
    organization_id: OrganizationId,
}

/// What a member has in a workspace.
#[derive(JsonSchema)]
struct ToldMembership {
    organization_id: OrganizationId,
    workspace_id: WorkspaceId,
    member_id: MemberId,
    role: Role,
    access: access::Shown,
}

/// A member and a workspace in which they have nothing any more.
#[derive(JsonSchema)]
struct EndedMembership {
    organization_id: OrganizationId,
    workspace_id: WorkspaceId,
    member_id: MemberId,
}

/// An organization.
#[derive(JsonSchema)]
struct ToldOrganization {
    #[serde(flatten)]
    organization: organizations::Shown,
    /// Its id again, as every event has it.
    organization_id: OrganizationId,
}

/// An organization's seats in numbers.
#[derive(JsonSchema)]
struct ToldSeats {
    #[serde(flatten)]
    seats: seats::Counted,
    organization_id: OrganizationId,
}

/// A webhook that is tried out.
#[derive(JsonSchema)]
struct TriedWebhook {
    organization_id: OrganizationId,
    webhook_id: WebhookId,
}

/// In the place of what would be larger than 250,000 bytes: look it up.
#[derive(JsonSchema)]
struct TooLarge {
    /// What it happened to.
    id: String,
    organization_id: OrganizationId,
    /// True.
    #[schemars(extend("const" = true))]
    too_large: bool,
}

/// What an event of this type tells.
fn data(event: &str) -> fn(&mut SchemaGenerator) -> Value {
    match event.split_once('.') {
        Some(("invitation", "accepted")) => schema::<AcceptedInvitation>,
        Some(("invitation", _)) => schema::<invitations::Shown>,
        Some(("member", _)) => schema::<ToldMember>,
        Some(("membership", "removed")) => schema::<EndedMembership>,
        Some(("membership", _)) => schema::<ToldMembership>,
        Some(("organization", _)) => schema::<ToldOrganization>,
        Some(("seats", _)) => schema::<ToldSeats>,
        _ => schema::<TriedWebhook>,
    }
}

/// Every type of event by its name, as a request that a receiver answers.
pub(super) fn webhooks(schemas: &mut Schemas) -> Map<String, Value> {
    let test = (TEST, "Nothing happened: a webhook is tried out.");
    EVENTS
        .iter()
        .copied()
        .chain([test])
        .map(|(name, told)| (name.to_owned(), event(name, told, schemas)))
        .collect()
}

fn event(name: &str, told: &str, schemas: &mut Schemas) -> Value {
    let data = data(name)(&mut schemas.answers);
    let data =
        if name == TEST { data } else { json!({"anyOf": [data, schema::<TooLarge>(&mut schemas.answers)]}) };
    let header = |name: &str, told: &str, of: Value| json!({"name": name, "in": "header", "required": true, "description": told, "schema": of});
    json!({"post": {
        "tags": ["webhooks"],
        "summary": told.trim(),
        "security": [{}],
        "parameters": [
            header("webhook-id", "The event's: the same each time that it is delivered.", json!({"type": "string"})),
            header("webhook-timestamp", "When this was sent, in seconds since 1970.", json!({"type": "string", "pattern": "^[0-9]+$"})),
            header(
                "webhook-signature",
                "Signatures as Standard Webhooks 1.0 says, by blanks; any one of them may be right.",
                json!({"type": "string", "examples": ["v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="]}),
            ),
        ],
        "requestBody": {"required": true, "content": {"application/json": {"schema": {
            "type": "object",
            "required": ["type", "timestamp", "data"],
            "properties": {
                "type": {"const": name},
                "timestamp": {"type": "string", "format": "date-time", "description": "When it happened."},
                "data": data,
            },
        }}}},
        "responses": {
            "2XX": {"description": "It was taken. Answer within ten seconds, and work afterwards."},
            "410": {"description": "The receiver is gone: the webhook is turned off."},
            "default": {"description": "It is told again later, for a day; `Retry-After` is waited for, up to eleven hours."},
        },
    }})
}

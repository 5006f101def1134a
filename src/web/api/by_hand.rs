//! What handlers read or write by hand, as the API's description tells it: serde knows no type for it.
//!
//! Only in native builds. That these say what the handlers do is shown by requests and answers: each answer of the tests is
//! held against the description, and each request that is made from it is sent.

#![allow(dead_code, clippy::large_enum_variant, reason = "only their schemas are looked at")]

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::domain::access::Credentials;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{MemberId, ResourceId, WorkspaceId};
use crate::domain::role::Role;
use crate::domain::text::{Message, Name};
use crate::domain::webhook;
use crate::error::FieldError;
use crate::store::{api_keys, webhooks};
use crate::web::api::organizations;

/// A schema under this name, or wherever it is used where it has none.
macro_rules! schema {
    ($($(#[doc = $doc:literal])* $type:ident $inline:literal $schema:expr;)*) => {$(
        $(#[doc = $doc])*
        pub enum $type {}
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                $inline
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let schema: fn(&mut SchemaGenerator) -> Schema = $schema;
                schema(generator)
            }
        }
    )*};
}

schema! {
    /// How many a list answers.
    Limit true |_| json_schema!({"type": "integer", "minimum": 1, "maximum": 100, "default": 25});
    /// A template's key. Which there are is the deployment's.
    TemplateKey true |_| json_schema!({"type": "string", "examples": ["team", "client-links"]});
    /// A kind of resource. Which there are is the template's.
    ResourceKind true |_| json_schema!({"type": "string", "examples": ["facebook", "instagram"]});
    /// A role that can be given: any but the owner's.
    GivenRole true |_| json_schema!({"type": "string", "enum": [Role::Admin, Role::Member, Role::Client]});
    /// Workspaces, each once however often it is named.
    Workspaces true |generator| json_schema!({
        "type": "array", "items": generator.subschema_for::<WorkspaceId>(), "minItems": 1, "maxItems": 100,
    });
    /// Where a webhook's receiver is.
    WebhookUrl true |_| json_schema!({
        "type": "string", "format": "uri", "maxLength": 1000, "examples": ["https://app.example.com/webhooks/usher"],
        "description": "A public server's, which begins with https://.",
    });
    /// A type of event.
    WebhookEvent true |_| json_schema!({
        "type": "string", "enum": webhook::EVENTS.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
    });
    /// A language.
    Locale true |_| json_schema!({"type": "string", "enum": super::offer::LOCALES});
    /// What somebody may do.
    PermissionsBody false |generator| json_schema!({
        "description": "What somebody may do: the default of their role; or keys of the catalog, of which a node stands for all that \
            is under it; or what a member has, copied and not followed.",
        "oneOf": [
            {"const": "default"},
            {"type": "array", "items": {"type": "string"}, "maxItems": 128},
            {
                "type": "object",
                "properties": {"clone_of": generator.subschema_for::<MemberId>()},
                "required": ["clone_of"],
                "additionalProperties": false,
            },
        ],
    });
    /// On which resources.
    ResourcesBody false |generator| json_schema!({
        "description": "On which resources: on each that there is and will be, or on up to 500 of them.",
        "oneOf": [
            {"const": "all"},
            {"type": "array", "items": generator.subschema_for::<GrantBody>(), "maxItems": 500},
        ],
    });
}

/// What somebody is given in a workspace. What is not in it stays as it was, or is the default; null is the default.
#[derive(JsonSchema)]
#[schemars(rename = "NewAccess", deny_unknown_fields)]
pub struct AccessBody {
    permissions: Option<PermissionsBody>,
    resources: Option<ResourcesBody>,
    /// The kinds of resource that a client may add.
    addable_kinds: Option<Vec<ResourceKind>>,
    /// Whether they are asked for a second factor before they see anything.
    require_mfa: Option<bool>,
}

/// A resource that somebody is given.
#[derive(JsonSchema)]
#[schemars(rename = "NewGrant", deny_unknown_fields)]
pub struct GrantBody {
    id: ResourceId,
    /// Whether they may approve on it.
    approve: Option<bool>,
    /// Whose credentials reach it: exactly where the permissions work with some.
    credentials: Option<Credentials>,
}

/// A JSON merge patch of what an organization changed of its template's policy: null goes back to the template's.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PolicyChanges {
    /// Whom admins, members and clients may invite.
    invites: Option<BTreeMap<String, Option<Vec<Role>>>>,
    /// Whether a client who was given no resource stays outside.
    clients_need_resource: Option<bool>,
    /// Whether an e-mail goes out if nobody says.
    send_email: Option<bool>,
    /// Whether somebody who was invited by e-mail and has not answered is reminded, once.
    reminders: Option<bool>,
}

/// One of many invitations: what a single one takes. It may name workspaces and accounts.
#[derive(JsonSchema)]
pub struct BulkRow {
    email: EmailAddress,
    role: GivenRole,
    workspace_ids: Option<Workspaces>,
    /// Workspaces by their names, in the place of their ids.
    workspaces: Option<Vec<String>>,
    name: Option<Name>,
    nickname: Option<Name>,
    message: Option<Message>,
    /// As of a single invitation, but that a resource may be named by `name` in the place of `id`.
    access: Option<Value>,
    send_email: Option<bool>,
    expires_in: Option<u64>,
}

/// Why a row was refused.
#[derive(JsonSchema)]
pub struct RowProblem {
    /// As of a request by itself.
    code: String,
    /// For people: what to do next.
    detail: String,
    /// What is wrong with which field: the first five.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<FieldError>>,
}

/// An organization, as far as the caller may see it.
#[derive(JsonSchema)]
#[schemars(inline, untagged)]
pub enum SeenOrganization {
    /// All of it.
    Whole(organizations::Shown),
    /// What everybody sees.
    Brief(organizations::Brief),
}

/// A key that was just made.
#[derive(JsonSchema)]
#[schemars(rename = "MadeApiKey")]
pub struct MadeApiKey {
    #[serde(flatten)]
    key: api_keys::Shown,
    /// The key itself, this once: `usher_…`. Null where the answer is a repeated one.
    secret: Option<String>,
}

/// A webhook, and its secret.
#[derive(JsonSchema)]
#[schemars(rename = "WebhookWithSecret")]
pub struct WebhookWithSecret {
    #[serde(flatten)]
    webhook: webhooks::Shown,
    /// What its deliveries are signed with, this once: `whsec_…`. Null where the answer is a repeated one.
    secret: Option<String>,
}

/// All is well.
#[derive(JsonSchema)]
pub struct Health {
    /// `ok`.
    status: String,
}

/// The event was kept, or is nothing to Usher.
#[derive(JsonSchema)]
pub struct Received {
    /// True.
    received: bool,
}

/// Public keys (RFC 7517).
#[derive(JsonSchema)]
pub struct PublicKeys {
    keys: Vec<PublicKey>,
}

/// The public key of a root key.
#[derive(JsonSchema)]
pub struct PublicKey {
    kty: String,
    crv: String,
    x: String,
    y: String,
    /// What tokens name it by.
    kid: String,
    alg: String,
    #[serde(rename = "use")]
    what_for: String,
}

/// Any JSON of another's.
#[derive(JsonSchema)]
#[schemars(transparent)]
pub struct Event(BTreeMap<String, Value>);

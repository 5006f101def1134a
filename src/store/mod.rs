//! The SQL: one file an aggregate. A function here builds a [`Statement`](crate::platform::Statement), or runs one and
//! maps its rows; what to do about an outcome is decided in [`flow`](crate::flow).
//!
//! Writes are guarded in SQL and tell by their rows whether the guard let them through; nothing is checked first and
//! written later.

/// Whether the workspace `w` of the organization `o` asks whoever is in this role for a second factor, or the organization does:
/// the owner and admins reach every workspace, so one that asks is enough to ask them.
macro_rules! asked_of_all {
    ($role:literal) => {
        concat!(
            "max(w.require_mfa, o.require_mfa, ",
            $role,
            " IN ('admin', 'owner') AND EXISTS (
               SELECT 1 FROM workspaces z WHERE z.organization_id = o.id AND z.require_mfa = 1))"
        )
    };
}

/// Whether the member `m` with the account `u` came in: they set a password, proved their mailbox, or their host product vouched
/// for them here.
macro_rules! came_in {
    () => {
        "(u.password_hash IS NOT NULL OR u.email_verified_at IS NOT NULL OR EXISTS (
            SELECT 1 FROM identities d WHERE d.user_id = u.id AND d.organization_id = m.organization_id))"
    };
}

#[macro_use]
pub mod seats;

#[macro_use]
pub mod quota;

#[macro_use]
pub mod acting;

#[macro_use]
pub mod access;

#[macro_use]
pub mod audit;

#[macro_use]
pub mod invitations;

pub mod account_mails;
#[macro_use]
pub mod accounts;
pub mod adding;
pub mod api_keys;
#[macro_use]
pub mod asking;
pub mod audit_log;
pub mod bulk;
pub mod change_invitation;
pub mod change_member;
pub mod choices;
pub mod deliveries;
pub mod desk;
pub mod drafts;
#[macro_use]
pub mod email_changes;
pub mod guesses;
pub mod hand_over;
pub mod hooks;
pub mod invitation_list;
pub mod jobs;
pub mod links;
pub mod logos;
pub mod mailbox;
#[macro_use]
pub mod members;
pub mod memberships;
pub mod mfa_reset;
pub mod next_mails;
pub mod notification_choices;
pub mod notifications;
pub mod obstacles;
pub mod offer_page;
pub mod organizations;
pub mod own_data;
pub mod ownership;
pub mod passwords;
pub mod question;
#[macro_use]
pub mod redeem;
pub mod idempotency;
pub mod identities;
pub mod removal;
pub mod reset;
pub mod resources;
pub mod restore;
pub mod seat_holders;
pub mod second_factors;
pub mod sessions;
pub mod view;
#[macro_use]
pub mod webhooks;
pub mod webhook_deliveries;
pub mod webhook_events;
pub mod webhook_turns;
pub mod workspaces;

use serde::{Deserialize, Deserializer};

use crate::domain::ids::WorkspaceId;
use crate::error::Error;
use crate::json;
use crate::platform::DatabaseError;

impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        Self::Internal(error.to_string())
    }
}

/// Workspaces as a parameter: a JSON array, or null where none are named.
fn workspaces_json(ids: Option<&[WorkspaceId]>) -> Option<String> {
    ids.map(|ids| serde_json::json!(ids).to_string())
}

/// A column that holds JSON as text, such as a `json_group_array`.
fn json_text<'de, D: Deserializer<'de>, T: serde::de::DeserializeOwned>(
    deserializer: D,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    json::row(&text).map_err(serde::de::Error::custom)
}

/// The same for a column that may be null.
fn json_text_or_null<'de, D: Deserializer<'de>, T: serde::de::DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| json::row(&text).map_err(serde::de::Error::custom)).transpose()
}

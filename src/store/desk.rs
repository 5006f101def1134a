//! What stands on every page of an organization besides what it is about: whose page it is, and who is signed in.

use serde::Deserialize;

use crate::domain::ids::{OrganizationId, UserId};
use crate::domain::organization::Accent;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::store::accounts::At;
use crate::{params, sql};

/// An organization's page, and who has it open.
#[derive(Debug, Clone, Deserialize)]
pub struct Setting {
    /// The organization.
    pub organization_id: OrganizationId,
    /// Its name.
    pub organization_name: String,
    /// What it is called in the paths of its pages.
    pub slug: String,
    /// Whether it asks everybody for a second factor.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub require_mfa: bool,
    /// Its colour.
    pub accent: Option<Accent>,
    /// The name of its logo.
    pub logo_hash: Option<String>,
    /// Whose session it is.
    pub user_id: UserId,
    /// What they call themselves.
    pub user_name: String,
    /// How many notifications they have not read; of more than [`MOST_COUNTED`] it says one more than that.
    pub unread: u32,
}

/// What is counted on every page is counted so far and no further.
pub const MOST_COUNTED: u32 = 99;

/// How many notifications the user `u` has not seen yet: at most one more than [`MOST_COUNTED`].
macro_rules! unread {
    () => {
        "(SELECT count(*) FROM (SELECT 1 FROM notifications
            WHERE user_id = u.id AND read_at IS NULL AND in_app = 1
              AND (u.email_verified_at IS NOT NULL OR organization_id = u.confined_to) LIMIT 100)) AS unread"
    };
}

/// What stands on every page of one's own.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Own {
    /// How many notifications they have not read, as [`Setting`] says it.
    pub unread: u32,
    /// The organization that they are in, where it is the only one: its brand is on their own pages too (S0-24).
    pub organization_id: Option<OrganizationId>,
    /// Its name.
    pub organization_name: Option<String>,
    /// Its colour.
    pub accent: Option<Accent>,
    /// The name of its logo.
    pub logo_hash: Option<String>,
}

/// Reads [`Own`] of a session.
#[must_use]
pub fn own(digest: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT o.id AS organization_id, o.name AS organization_name, o.branding_accent AS accent, o.logo_hash, ",
            unread!(),
            " FROM sessions s JOIN users u ON u.id = s.user_id
             LEFT JOIN organizations o ON o.id = (SELECT iif(count(*) = 1, max(organization_id), NULL) FROM (
               SELECT organization_id FROM members WHERE user_id = u.id AND removed_at IS NULL LIMIT 2))
             WHERE s.token_digest = ?1 AND s.expires_at > ?2 AND s.ended_at IS NULL"
        )),
        params![digest, now],
    )
}

/// Reads the [`Setting`] of a session in an organization; nothing if either is not there. What the user is there, and
/// whether anything, is [`seen`](crate::store::accounts::seen)'s to say.
#[must_use]
pub fn select(digest: &str, at: At<'_>, now: Timestamp) -> Statement {
    macro_rules! setting_at {
        ($organization:literal, $which:literal) => {
            sql!(concat!(
                "SELECT o.id AS organization_id, o.name AS organization_name, o.slug, o.require_mfa, o.branding_accent AS accent, o.logo_hash,
                        u.id AS user_id, u.name AS user_name,
                        ",
                unread!(),
                "
                 FROM sessions s JOIN users u ON u.id = s.user_id JOIN organizations o ON o.id = ",
                $organization,
                " WHERE s.token_digest = ?1 AND s.expires_at > ?2 AND s.ended_at IS NULL"
            ))
        };
    }
    let (sql, of) = of_organization!(setting_at, at);
    Statement::new(sql, params![digest, now, of])
}

/// How many of each there are, as tabs show it; of more than [`MOST_COUNTED`] it says one more than that.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Counts {
    /// Owner, admins and members.
    pub staff: Option<u32>,
    /// Clients.
    pub clients: Option<u32>,
    /// Open e-mail invitations.
    pub invitations: Option<u32>,
    /// Links that are not over.
    pub links: Option<u32>,
}

/// Reads [`Counts`]: of invitations those of these roles. Each is a range of an index, and none is read further than it counts.
#[must_use]
pub fn counts(organization: OrganizationId, roles: &[Role], now: Timestamp) -> Statement {
    Statement::new(
        sql!("SELECT (SELECT count(*) FROM (SELECT 1 FROM json_each('[\"owner\",\"admin\",\"member\"]') r
                   CROSS JOIN members m ON m.organization_id = ?1 AND m.active = 1 AND m.role = r.value LIMIT 100)) AS staff,
                (SELECT count(*) FROM (SELECT 1 FROM members
                   WHERE organization_id = ?1 AND active = 1 AND role = 'client' LIMIT 100)) AS clients,
                (SELECT count(*) FROM (SELECT 1 FROM json_each(?2) r
                   CROSS JOIN invitations i INDEXED BY invitations_by_state
                   ON i.organization_id = ?1 AND i.role = r.value AND i.kind = 'email' AND i.state = 'pending'
                   WHERE i.expires_at > ?3 LIMIT 100)) AS invitations,
                (SELECT count(*) FROM (SELECT 1 FROM json_each(?2) r
                   CROSS JOIN invitations i INDEXED BY invitations_by_state
                   ON i.organization_id = ?1 AND i.role = r.value AND i.kind = 'link'
                      AND i.state IN ('pending', 'disabled', 'full')
                   WHERE i.expires_at > ?3 LIMIT 100)) AS links"),
        params![organization, serde_json::json!(roles).to_string(), now],
    )
}

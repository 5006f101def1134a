//! Setting a new password in the place of a forgotten one, with the link that was mailed.

use serde::Deserialize;

use crate::domain::email_address::EmailAddress;
use crate::domain::reset_link::ResetLink;
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::{params, sql};

/// What a link's holder is told.
#[derive(Debug, Deserialize)]
pub struct View {
    /// The account's address.
    pub email: EmailAddress,
    /// What is known of them, which is no password.
    #[serde(deserialize_with = "super::json_text")]
    pub known: Vec<String>,
    /// Whether the link still sets the password.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub usable: bool,
}

/// Reads the [`View`] of a link.
#[must_use]
pub fn view(link: &ResetLink) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT u.email, u.password_ver = ?2 AS usable, ",
            known_of!("u"),
            " AS known FROM users u WHERE u.id = ?1"
        )),
        params![link.user_id, link.ver],
    )
}

/// Sets the password, as the claim of its batch: only if it is still the forgotten one. `RETURNING` tells.
///
/// The mailbox is proved by it, and what was set up before that was nobody's: the second factor goes, and the account is
/// confined no longer. A second factor of an account that was proved before stays: a mailbox is not both.
#[must_use]
pub fn set(link: &ResetLink, password_hash: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "UPDATE users
         SET password_hash = ?3, password_ver = password_ver + 1,
             mfa_enabled_at = CASE WHEN email_verified_at IS NULL THEN NULL ELSE mfa_enabled_at END,
             email_verified_at = coalesce(email_verified_at, ?4), confined_to = NULL
         WHERE id = ?1 AND password_ver = ?2 RETURNING id"
        ),
        params![link.user_id, link.ver, password_hash, now],
    )
}

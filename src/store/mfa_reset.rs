//! Taking the second factor off somebody's account, by the operator.

use serde::Deserialize;

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{JobId, UserId};
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::store::account_mails::Notice;
use crate::store::audit::Entry;
use crate::{params, sql};

/// Takes it off, and with it the password, so that whoever signs in next has the mailbox: neither somebody who set the factor up
/// with a stolen password, nor somebody who talked the operator into this with one, is left with anything.
///
/// The notice is the claim of the batch (`RETURNING` tells), which only an account with a second factor gets. Every organization
/// where the account is somebody has it in its log, or the oldest hundred of them; every session ends, and so does what waits
/// for a code and whatever link the old password's version made. The last statement reads [`Whose`] account it is.
#[must_use]
pub fn take_off(email: &EmailAddress, told: JobId, entry: &Entry, requeue_at: Timestamp) -> Vec<Statement> {
    macro_rules! account {
        () => {
            "(SELECT user_id FROM jobs WHERE id = ?1)"
        };
    }
    let mut logged = entry.params("member.mfa_removed");
    logged.push(told.into());
    vec![
        Statement::new(
            sql!("INSERT INTO jobs (id, kind, user_id, notice, created_at, due_at, requeue_at)
             SELECT ?1, 'account_notice', id, ?3, ?4, ?4, ?5 FROM users WHERE email_key = ?2 AND mfa_enabled_at IS NOT NULL
             RETURNING id"),
            params![told, email.key(), Notice::FactorRemoved.as_str(), entry.at, requeue_at],
        ),
        Statement::new(
            sql!(logged_everywhere!(
                "?3",
                "json_object('mfa_enabled', json('true'))",
                "json_object('mfa_enabled', json('false'))",
                // An account that nobody proved is somebody in one organization only, which alone may know what it has.
                "FROM jobs j JOIN users u ON u.id = j.user_id JOIN members m ON m.user_id = u.id
                 WHERE j.id = ?6 AND (u.email_verified_at IS NOT NULL OR u.confined_to = m.organization_id)"
            )),
            logged,
        ),
        Statement::new(
            sql!(concat!(
                "UPDATE users SET mfa_enabled_at = NULL, password_hash = NULL, password_ver = password_ver + 1 WHERE id = ",
                account!()
            )),
            params![told],
        ),
        Statement::new(
            sql!(concat!("UPDATE sessions SET ended_at = ?2 WHERE ended_at IS NULL AND user_id = ", account!())),
            params![told, entry.at],
        ),
        Statement::new(sql!("SELECT id, email, name FROM users WHERE email_key = ?1"), params![email.key()]),
    ]
}

/// Whose account it is.
#[derive(Debug, Deserialize)]
pub struct Whose {
    /// Its id.
    pub id: UserId,
    /// Its address.
    pub email: EmailAddress,
    /// Its holder's name.
    pub name: String,
}

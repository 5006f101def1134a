//! The mails to an account's holder, which are jobs of no organization.

use serde::Deserialize;

use crate::domain::email_address::EmailAddress;
use crate::domain::email_link::Side;
use crate::domain::ids::{EmailChangeId, JobId, SessionId, UserId};
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::{params, sql};

/// Of so many links for a forgotten password [`at least one`](ask) works, however often somebody else asks: no more are mailed
/// in the time that one lives.
const MOST_RESETS: i64 = 3;

/// What an account's holder is told, because it matters for its security.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// There is another password.
    PasswordChanged,
    /// Signing in asks for a second factor.
    FactorAdded,
    /// It doesn't any more.
    FactorRemoved,
    /// Somebody came in with a recovery code.
    RecoveryCodeUsed,
    /// Somebody signed in with something that the account had not been used with.
    NewSignIn,
    /// There are other recovery codes.
    RecoveryCodesRenewed,
    /// The account has another address.
    EmailChanged,
}

impl Notice {
    /// As a row has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PasswordChanged => "password_changed",
            Self::FactorAdded => "factor_added",
            Self::FactorRemoved => "factor_removed",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::NewSignIn => "new_sign_in",
            Self::RecoveryCodesRenewed => "recovery_codes_renewed",
            Self::EmailChanged => "email_changed",
        }
    }
}

/// Puts the mail with a link for a forgotten password into the outbox. An address without an account, and one that was mailed
/// enough links since `since`, gets a job for nobody: what is written doesn't tell them apart.
#[must_use]
pub fn ask(
    id: JobId,
    email: &EmailAddress,
    since: Timestamp,
    now: Timestamp,
    requeue_at: Timestamp,
) -> Statement {
    Statement::new(
        sql!(
            "INSERT INTO jobs (id, kind, user_id, ver, created_at, due_at, requeue_at)
         SELECT ?1, 'password_reset', u.id, u.password_ver, ?3, ?3, ?4
         FROM (SELECT 1) LEFT JOIN users u ON u.email_key = ?2 AND (
           SELECT count(*) FROM (SELECT 1 FROM jobs j WHERE j.user_id = u.id AND j.kind = 'password_reset'
                                   AND j.created_at > ?5 LIMIT ?6)) < ?6"
        ),
        params![id, email.key(), now, requeue_at, since, MOST_RESETS],
    )
}

/// Puts a notice into the outbox, if the account still has the password of this hash: what it tells of was done by whoever
/// has set or typed that.
#[must_use]
pub fn tell(
    id: JobId,
    user: UserId,
    notice: Notice,
    password_hash: &str,
    now: Timestamp,
    requeue_at: Timestamp,
) -> Statement {
    Statement::new(
        sql!(
            "INSERT INTO jobs (id, kind, user_id, notice, created_at, due_at, requeue_at)
         SELECT ?1, 'account_notice', id, ?3, ?5, ?5, ?6 FROM users WHERE id = ?2 AND password_hash = ?4"
        ),
        params![id, user, notice.as_str(), password_hash, now, requeue_at],
    )
}

/// Puts the notice of a session that has just begun into the outbox, if the account was used before, and not with such a device.
/// A session of unknown device may have been one. Nobody is told at an address that nobody proved. `RETURNING` tells.
#[must_use]
pub fn tell_of_session(id: JobId, session: SessionId, requeue_at: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "INSERT INTO jobs (id, kind, user_id, notice, device, created_at, due_at, requeue_at)
         SELECT ?1, 'account_notice', s.user_id, ?3, s.device, s.created_at, s.created_at, ?4
         FROM sessions s JOIN users u ON u.id = s.user_id AND u.email_verified_at IS NOT NULL
         WHERE s.id = ?2
           AND EXISTS (SELECT 1 FROM sessions e WHERE e.user_id = s.user_id AND e.id <> s.id)
           AND NOT EXISTS (SELECT 1 FROM sessions e
                           WHERE e.user_id = s.user_id AND e.id <> s.id AND e.device IN (s.device, ''))
         RETURNING id"
        ),
        params![id, session, Notice::NewSignIn.as_str(), requeue_at],
    )
}

/// What such a mail is written from.
#[derive(Debug, Deserialize)]
pub struct ToAccount {
    /// The account.
    pub user_id: UserId,
    /// Its address.
    pub email: EmailAddress,
    /// The version of its password.
    pub password_ver: i64,
    /// Whether it has one.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub has_password: bool,
    /// When it was asked for, or happened.
    pub at: Timestamp,
    /// What it tells, if it is a notice.
    pub notice: Option<Notice>,
    /// What was signed in with, in words, if it tells that.
    pub device: Option<String>,
    /// The change of address that it is about, if it is about one.
    #[serde(deserialize_with = "super::json_text_or_null")]
    pub change: Option<ToSide>,
}

/// What a mail to one side of a change of address is written from.
#[derive(Debug, Deserialize)]
pub struct ToSide {
    /// The change.
    pub change_id: EmailChangeId,
    /// Which of the two it is to.
    pub side: Side,
    /// The address that the account had when it was begun.
    pub old_email: EmailAddress,
    /// The one that it is to have.
    pub new_email: EmailAddress,
    /// When the change ends.
    pub expires_at: Timestamp,
    /// Whether it still waits for this side.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub waits: bool,
    /// Whether the new address has an account of its own.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub taken: bool,
}

impl ToSide {
    /// Whom the mail is to.
    #[must_use]
    pub fn recipient(&self) -> &EmailAddress {
        match self.side {
            Side::Old => &self.old_email,
            Side::New => &self.new_email,
        }
    }
}

/// Reads what a job's mail [`ToAccount`] is written from; nothing if it is to nobody.
#[must_use]
pub fn to_account(id: JobId) -> Statement {
    Statement::new(
        sql!("SELECT u.id AS user_id, u.email, u.password_ver, u.password_hash IS NOT NULL AS has_password, j.created_at AS at, j.notice, j.device,
                iif(c.id IS NULL, NULL, json_object('change_id', c.id, 'side', j.side, 'old_email', c.old_email,
                  'new_email', c.email, 'expires_at', c.expires_at,
                  'waits', c.changed_at IS NULL AND c.cancelled_at IS NULL AND c.password_ver = u.password_ver
                    AND CASE j.side WHEN 'old' THEN c.old_proved_at ELSE c.new_proved_at END IS NULL,
                  'taken', EXISTS (SELECT 1 FROM users o WHERE o.email_key = c.email_key AND o.id <> u.id))) AS change
         FROM jobs j JOIN users u ON u.id = j.user_id LEFT JOIN email_changes c ON c.id = j.email_change_id
         WHERE j.id = ?1"),
        params![id],
    )
}

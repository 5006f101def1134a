//! Changes of somebody's address: begun by whoever is signed in and shows again who they are, proved by both mailboxes, made
//! once.

use serde::Deserialize;

use crate::domain::email_address::EmailAddress;
use crate::domain::email_link::{EmailLink, Side};
use crate::domain::ids::{EmailChangeId, JobId, SessionId, UserId};
use crate::domain::quota::Quota;
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::store::account_mails::Notice;
use crate::store::audit::Entry;
use crate::store::second_factors::Step;
use crate::{params, sql};

/// So many changes are begun for one account in the time that one lives: each mails an address that somebody typed.
const MOST_BEGUN: i64 = 5;

/// Whether the change `c` of the user `u` may still be made at `?2`. A new password ends it, and so does whatever else gave the
/// account another address.
macro_rules! open {
    () => {
        "c.changed_at IS NULL AND c.cancelled_at IS NULL AND c.expires_at > ?2
         AND u.password_ver = c.password_ver AND u.email = c.old_email"
    };
}

/// Whether the new address is nobody's, but perhaps in another spelling one's own.
macro_rules! free {
    () => {
        "NOT EXISTS (SELECT 1 FROM users taken WHERE taken.email_key = c.email_key AND taken.id <> c.user_id)"
    };
}

/// Whether the day leaves a mail to an address that an account is to have: `mailable!(account, address, now, quota)`.
macro_rules! mailable {
    ($user:literal, $address:literal, $now:literal, $quota:literal) => {
        concat!(
            counted!($address, $now),
            " < ",
            $quota,
            " ->> 1 AND ",
            counted_of_sender!($user, $address, $now),
            " < ",
            $quota,
            " ->> 2"
        )
    };
}

/// An address as [`EmailAddress::masked`] shows it.
macro_rules! masked {
    ($email:literal) => {
        concat!("substr(", $email, ", 1, 1) || '••' || substr(", $email, ", instr(", $email, ", '@'))")
    };
}

/// A change that is begun.
#[derive(Debug)]
pub struct Beginning<'a> {
    /// Its id.
    pub id: EmailChangeId,
    /// Whose.
    pub user: UserId,
    /// The session that begins it.
    pub session: SessionId,
    /// The hash of the password that was typed.
    pub password_hash: &'a str,
    /// The step of the code that was typed, where the account asks for one.
    pub step: Option<Step<'a>>,
    /// The new address.
    pub email: &'a EmailAddress,
    /// The mails' jobs: to the old address and to the new one.
    pub mails: [JobId; 2],
    /// When.
    pub now: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When the jobs count as lost.
    pub requeue_at: Timestamp,
    /// What a day allows.
    pub quota: Quota,
}

/// Begins it, as the claim of its batch (`RETURNING` tells): only with the password of this hash and a code that was not taken
/// before, where the mailbox of the old address was proved, not too often since `since`, and only if the day leaves a mail to
/// the new address, from this account too. Then the code is used up, the
/// change that was begun before is over, and both addresses are mailed, whether the new one has an account or not.
#[must_use]
pub fn begin(by: &Beginning<'_>, since: Timestamp) -> Vec<Statement> {
    let (sealed, step) = by.step.map(|step| (step.sealed, step.number)).unzip();
    let mail = |id: JobId, side: Side| {
        Statement::new(
            sql!("INSERT INTO jobs (id, kind, user_id, email_change_id, side, created_at, due_at, requeue_at)
             SELECT ?2, 'email_change', user_id, id, ?3, begun_at, begun_at, ?4 FROM email_changes WHERE id = ?1"),
            params![by.id, id, side.as_str(), by.requeue_at],
        )
    };
    let [to_old, to_new] = by.mails;
    vec![
        Statement::new(
            sql!(concat!("INSERT INTO email_changes (id, user_id, old_email, email, email_key, password_ver, session_id, begun_at, expires_at)
             SELECT ?1, u.id, u.email, ?3, ?4, u.password_ver, ?5, ?6, ?7 FROM users u
             WHERE u.id = ?2 AND u.password_hash = ?8 AND u.email_verified_at IS NOT NULL
               AND (u.mfa_enabled_at IS NULL OR EXISTS (SELECT 1 FROM second_factors f
                      WHERE f.user_id = u.id AND f.secret = ?9 AND f.last_step < ?10))
               AND (SELECT count(*) FROM (SELECT 1 FROM email_changes c WHERE c.user_id = u.id AND c.begun_at > ?11
                                            LIMIT ?12)) < ?12 AND ",
                mailable!("?2", "?4", "?6", "?13"),
                " RETURNING id"
            )),
            params![
                by.id,
                by.user,
                by.email,
                by.email.key(),
                by.session,
                by.now,
                by.expires_at,
                by.password_hash,
                sealed,
                step,
                since,
                MOST_BEGUN,
                by.quota.json()
            ],
        ),
        Statement::new(
            sql!("UPDATE second_factors SET last_step = ?3, tries = 0
             WHERE user_id = ?2 AND ?3 IS NOT NULL AND EXISTS (SELECT 1 FROM email_changes WHERE id = ?1)"),
            params![by.id, by.user, step],
        ),
        Statement::new(
            sql!("UPDATE email_changes SET cancelled_at = ?3
             WHERE user_id = ?2 AND id <> ?1 AND changed_at IS NULL AND cancelled_at IS NULL AND expires_at > ?3
               AND EXISTS (SELECT 1 FROM email_changes WHERE id = ?1)"),
            params![by.id, by.user, by.now],
        ),
        mail(to_old, Side::Old),
        mail(to_new, Side::New),
    ]
}

/// What stood in the way of beginning one.
#[derive(Debug, Deserialize)]
pub struct Obstacles {
    /// Whether too many were begun for the account.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub too_many: bool,
    /// Whether the day leaves a mail to the new address.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub mailable: bool,
}

/// Reads the [`Obstacles`] since `since`.
#[must_use]
pub fn obstacles(by: &Beginning<'_>, since: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT EXISTS (SELECT 1 FROM email_changes WHERE user_id = ?1 AND begun_at > ?2
                            ORDER BY begun_at LIMIT 1 OFFSET ?3) AS too_many, ",
            mailable!("?1", "?4", "?5", "?6"),
            " AS mailable"
        )),
        params![by.user, since, MOST_BEGUN - 1, by.email.key(), by.now, by.quota.json()],
    )
}

/// A change that can still be made, as its account's holder sees it.
#[derive(Debug, Deserialize)]
pub struct Open {
    /// The new address.
    pub email: EmailAddress,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Whether the old mailbox has proved it.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub old_proved: bool,
    /// Whether the new one has.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub new_proved: bool,
}

/// Reads the one that is [`Open`] of whoever holds this session.
#[must_use]
pub fn open_of(session: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT c.email, c.expires_at, c.old_proved_at IS NOT NULL AS old_proved, c.new_proved_at IS NOT NULL AS new_proved
             FROM sessions s JOIN users u ON u.id = s.user_id JOIN email_changes c ON c.user_id = u.id
             WHERE s.token_digest = ?1 AND s.expires_at > ?2 AND s.ended_at IS NULL AND ",
            open!(),
            " ORDER BY c.begun_at DESC LIMIT 1"
        )),
        params![session, now],
    )
}

/// Stops the one that is open of whoever holds this session. `RETURNING` tells.
#[must_use]
pub fn cancel_of(session: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!("UPDATE email_changes SET cancelled_at = ?2
         WHERE user_id = (SELECT user_id FROM sessions WHERE token_digest = ?1 AND expires_at > ?2 AND ended_at IS NULL)
           AND changed_at IS NULL AND cancelled_at IS NULL AND expires_at > ?2
         RETURNING id"),
        params![session, now],
    )
}

/// What the holder of a link is told.
#[derive(Debug, Deserialize)]
pub struct View {
    /// The address that the account had.
    pub old_email: EmailAddress,
    /// The one that it is to have.
    pub email: EmailAddress,
    /// Whether this link's mailbox has proved it.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub proved: bool,
    /// Whether it was made.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub changed: bool,
    /// Whether it can still be made.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub usable: bool,
}

/// Reads the [`View`] of a link.
#[must_use]
pub fn view(link: &EmailLink, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT c.old_email, c.email, c.changed_at IS NOT NULL AS changed,
                    CASE ?3 WHEN 'old' THEN c.old_proved_at ELSE c.new_proved_at END IS NOT NULL AS proved, ",
            open!(),
            " AND (?3 = 'old' OR ",
            free!(),
            ") AS usable FROM email_changes c JOIN users u ON u.id = c.user_id WHERE c.id = ?1"
        )),
        params![link.change, now, link.side.as_str()],
    )
}

/// Stops the change, by a link of either side. `RETURNING` tells.
#[must_use]
pub fn cancel(link: &EmailLink, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "UPDATE email_changes AS c SET cancelled_at = ?2
             WHERE c.id = ?1 AND EXISTS (SELECT 1 FROM users u WHERE u.id = c.user_id AND ",
            open!(),
            ") RETURNING id"
        )),
        params![link.change, now],
    )
}

/// Proves one side, and makes the change once both are proved.
///
/// The first statement's `RETURNING` tells that the side is proved. The second is the claim of the change: the notice to the old
/// address, made only if both sides are proved and the new address is still nobody's. With it the account has the new
/// address, whose mailbox is proved; every session ends but the one that began it; links that were mailed to the old address
/// end too, by the version that they name; the new address is told as well, and so are the logs of the account's organizations,
/// with neither address in full. Who may do what stays as it is: members follow
/// their account's address by a trigger, and invitations stay with the address that they were sent to.
#[must_use]
pub fn prove(link: &EmailLink, told: [JobId; 2], entry: &Entry, requeue_at: Timestamp) -> Vec<Statement> {
    let now = entry.at;
    macro_rules! made {
        () => {
            "EXISTS (SELECT 1 FROM jobs WHERE id = ?2)"
        };
    }
    let [to_old, to_new] = told;
    let notice = Notice::EmailChanged.as_str();
    let mut logged = entry.params("member.email_changed");
    logged.push(to_old.into());
    vec![
        Statement::new(
            sql!(concat!(
                "UPDATE email_changes AS c
                 SET old_proved_at = CASE ?3 WHEN 'old' THEN coalesce(old_proved_at, ?2) ELSE old_proved_at END,
                     new_proved_at = CASE ?3 WHEN 'new' THEN coalesce(new_proved_at, ?2) ELSE new_proved_at END
                 WHERE c.id = ?1 AND EXISTS (SELECT 1 FROM users u WHERE u.id = c.user_id AND ",
                open!(),
                ") AND (?3 = 'old' OR ",
                free!(),
                ") RETURNING id"
            )),
            params![link.change, now, link.side.as_str()],
        ),
        Statement::new(
            sql!(concat!(
                "INSERT INTO jobs (id, kind, user_id, notice, email_change_id, side, created_at, due_at, requeue_at)
                 SELECT ?3, 'account_notice', u.id, ?4, c.id, 'old', ?2, ?2, ?5
                 FROM email_changes c JOIN users u ON u.id = c.user_id
                 WHERE c.id = ?1 AND c.old_proved_at IS NOT NULL AND c.new_proved_at IS NOT NULL AND ",
                open!(),
                " AND ",
                free!(),
                " RETURNING id"
            )),
            params![link.change, now, to_old, notice, requeue_at],
        ),
        Statement::new(
            sql!(concat!(
                "INSERT INTO jobs (id, kind, user_id, notice, email_change_id, side, created_at, due_at, requeue_at)
                 SELECT ?3, 'account_notice', user_id, ?4, id, 'new', ?5, ?5, ?6 FROM email_changes WHERE id = ?1 AND ",
                made!()
            )),
            params![link.change, to_old, to_new, notice, now, requeue_at],
        ),
        Statement::new(
            sql!(logged_everywhere!(
                "m.id",
                concat!("json_object('email', ", masked!("c.old_email"), ")"),
                concat!("json_object('email', ", masked!("c.email"), ")"),
                "FROM jobs j JOIN email_changes c ON c.id = j.email_change_id JOIN members m ON m.user_id = c.user_id
                 WHERE j.id = ?6"
            )),
            logged,
        ),
        Statement::new(
            sql!(concat!("UPDATE email_changes SET changed_at = ?3 WHERE id = ?1 AND ", made!())),
            params![link.change, to_old, now],
        ),
        Statement::new(
            sql!(concat!(
                "UPDATE users AS u SET email = c.email, email_key = c.email_key, email_verified_at = ?3,
                                       password_ver = u.password_ver + 1
                 FROM email_changes c WHERE c.id = ?1 AND u.id = c.user_id AND ",
                made!()
            )),
            params![link.change, to_old, now],
        ),
        Statement::new(
            sql!(concat!(
                "UPDATE sessions SET ended_at = ?3
                 WHERE user_id = (SELECT user_id FROM email_changes WHERE id = ?1) AND ended_at IS NULL
                   AND id <> (SELECT session_id FROM email_changes WHERE id = ?1) AND ",
                made!()
            )),
            params![link.change, to_old, now],
        ),
    ]
}

/// Forgets changes that have been over since `before`, and with them the address that somebody had. Only tidies.
#[must_use]
pub fn forget(before: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "DELETE FROM email_changes WHERE id IN (
           SELECT id FROM email_changes WHERE expires_at < ?1 ORDER BY expires_at LIMIT 500)"
        ),
        params![before],
    )
}

//! Second factors: setting one up, asking for its code, turning it off.

use serde::Deserialize;

use crate::domain::ids::{JobId, UserId};
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::store::account_mails::Notice;
use crate::store::sessions::NewSession;
use crate::{params, sql};

/// So many codes may be tried for an account in the time that [`taken`] counts. Only somebody who has its password gets as
/// far, so nobody else locks its holder out; and a million codes take longer than any password lives.
const MOST_TRIES: i64 = 10;

/// Begins to set one up, for whoever holds the session, in the place of one that was begun before. `RETURNING` tells: whoever
/// has one already turns that off first.
#[must_use]
pub fn begin(user: UserId, sealed: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "INSERT INTO second_factors (user_id, secret, begun_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, begun_at = excluded.begun_at
         WHERE confirmed_at IS NULL RETURNING user_id"
        ),
        params![user, sealed, now],
    )
}

/// One that is being set up.
#[derive(Debug, Deserialize)]
pub struct Begun {
    /// Its secret, sealed.
    pub secret: String,
}

/// Reads the one that whoever holds the session [`Begun`] to set up since `since`.
#[must_use]
pub fn begun(session: &str, since: Timestamp, now: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "SELECT f.secret FROM sessions s JOIN second_factors f ON f.user_id = s.user_id
         WHERE s.token_digest = ?1 AND s.expires_at > ?2 AND s.ended_at IS NULL
           AND f.confirmed_at IS NULL AND f.begun_at > ?3"
        ),
        params![session, now, since],
    )
}

/// How many recovery codes of whoever holds this session were not used yet.
#[must_use]
pub fn count_recovery(session: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "SELECT count(*) AS recovery_left FROM sessions s
         JOIN recovery_codes r ON r.user_id = s.user_id AND r.used_at IS NULL
         WHERE s.token_digest = ?1 AND s.expires_at > ?2 AND s.ended_at IS NULL"
        ),
        params![session, now],
    )
}

/// What [`count_recovery`] found.
#[derive(Debug, Default, Deserialize)]
pub struct Recovery {
    /// How many.
    pub recovery_left: usize,
}

/// Who turns it on, with what.
#[derive(Debug)]
pub struct Confirmation<'a> {
    /// The account.
    pub user: UserId,
    /// The secret that the code was made with, sealed.
    pub sealed: &'a str,
    /// The code's step.
    pub step: i64,
    /// The session that stays.
    pub session: &'a str,
    /// The recovery codes' digests, as JSON.
    pub recovery: String,
    /// The notice's job.
    pub told: JobId,
    /// When.
    pub now: Timestamp,
    /// When that job counts as lost.
    pub requeue_at: Timestamp,
}

/// Turns it on, as the claim of its batch (`RETURNING` tells), and what goes with it: from now on the account asks for it;
/// there are recovery codes; every other session, which has not passed it, ends; and the holder is told.
#[must_use]
pub fn confirm(by: &Confirmation<'_>) -> Vec<Statement> {
    macro_rules! confirmed {
        () => {
            "EXISTS (SELECT 1 FROM second_factors WHERE user_id = ?1 AND secret = ?2 AND confirmed_at = ?3)"
        };
    }
    let with = |more| {
        let mut params = params![by.user, by.sealed, by.now];
        params.extend::<Vec<_>>(more);
        params
    };
    vec![
        Statement::new(
            sql!(
                "UPDATE second_factors SET confirmed_at = ?3, last_step = ?4, tries = 0
             WHERE user_id = ?1 AND secret = ?2 AND confirmed_at IS NULL RETURNING user_id"
            ),
            with(params![by.step]),
        ),
        Statement::new(
            sql!(concat!("UPDATE users SET mfa_enabled_at = ?3 WHERE id = ?1 AND ", confirmed!())),
            with(params![]),
        ),
        Statement::new(
            sql!(concat!(
                "INSERT INTO recovery_codes (user_id, digest) SELECT ?1, value FROM json_each(?4) WHERE ",
                confirmed!(),
                " ON CONFLICT DO NOTHING"
            )),
            with(params![&by.recovery]),
        ),
        Statement::new(
            sql!(concat!(
                "UPDATE sessions SET ended_at = ?3
                 WHERE user_id = ?1 AND ended_at IS NULL AND token_digest <> ?4 AND ",
                confirmed!()
            )),
            with(params![by.session]),
        ),
        Statement::new(
            sql!(concat!(
                "INSERT INTO jobs (id, kind, user_id, notice, created_at, due_at, requeue_at)
                 SELECT ?4, 'account_notice', ?1, ?5, ?3, ?3, ?6 WHERE ",
                confirmed!()
            )),
            with(params![by.told, Notice::FactorAdded.as_str(), by.requeue_at]),
        ),
    ]
}

/// The factor of an account, once a try was counted.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// The account.
    pub user_id: UserId,
    /// The secret, sealed.
    pub secret: String,
    /// The step of the last code that was taken.
    pub last_step: i64,
}

/// The account whose sign-in with this digest waits for its second factor. A new password ends the wait.
macro_rules! waiting {
    () => {
        "(SELECT p.user_id FROM pending_sessions p JOIN users u ON u.id = p.user_id AND u.password_ver = p.password_ver
          WHERE p.token_digest = ?1 AND p.expires_at > ?2)"
    };
}

/// The account whose session this is.
macro_rules! holding {
    () => {
        "(SELECT user_id FROM sessions WHERE token_digest = ?1 AND expires_at > ?2 AND ended_at IS NULL)"
    };
}

/// Counts a try before it is looked at, so that no number of requests at once tries more; answers [`Asked`]. Nothing if there
/// were too many since `?3`, or there is nobody to ask.
macro_rules! asked_of {
    ($whose:ident) => {
        concat!(
            "UPDATE second_factors
             SET tries = iif(tries_since > ?3, tries, 0) + 1, tries_since = iif(tries_since > ?3, tries_since, ?2)
             WHERE user_id = ",
            $whose!(),
            " AND confirmed_at IS NOT NULL AND (tries_since <= ?3 OR tries < ?4)
             RETURNING user_id, secret, last_step"
        )
    };
}

/// Counts a try of a sign-in that waits, and reads what it is [`Asked`]; then whether it waits at all.
#[must_use]
pub fn ask_waiting(digest: &str, since: Timestamp, now: Timestamp) -> [Statement; 2] {
    [
        Statement::new(sql!(asked_of!(waiting)), params![digest, now, since, MOST_TRIES]),
        Statement::new(
            sql!(concat!("SELECT id FROM users WHERE mfa_enabled_at IS NOT NULL AND id = ", waiting!())),
            params![digest, now],
        ),
    ]
}

/// Counts a try of whoever is signed in and shows again who they are, and reads what they are [`Asked`].
#[must_use]
pub fn ask_signed_in(digest: &str, since: Timestamp, now: Timestamp) -> Statement {
    Statement::new(sql!(asked_of!(holding)), params![digest, now, since, MOST_TRIES])
}

/// A code of the app that was right when it was checked: it is used up by what is written with it.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The secret that it was made with, sealed.
    pub sealed: &'a str,
    /// Its step.
    pub number: i64,
}

/// What was typed, if it is right.
#[derive(Debug, Clone, Copy)]
pub enum Proof<'a> {
    /// A code of the app, of this step.
    Step(i64),
    /// A recovery code, as its digest. Whether there is one is asked when it is used.
    Recovery(&'a str),
}

impl<'a> Proof<'a> {
    fn step(self) -> Option<i64> {
        match self {
            Self::Step(step) => Some(step),
            Self::Recovery(_) => None,
        }
    }

    fn recovery(self) -> Option<&'a str> {
        match self {
            Self::Step(_) => None,
            Self::Recovery(digest) => Some(digest),
        }
    }
}

/// Lets a sign-in that waits with this digest in: the session is the claim of the batch (`RETURNING` tells), and only a code
/// that was not taken before makes it. Then the code is used up, the secret is what it was sealed as anew, the wait is over, and whoever has a recovery code less is
/// told.
#[must_use]
pub fn pass(
    session: &NewSession,
    waiting: &str,
    sealed: &str,
    resealed: Option<&str>,
    proof: Proof<'_>,
    told: JobId,
    requeue_at: Timestamp,
) -> Vec<Statement> {
    vec![
        Statement::new(
            sql!("INSERT INTO sessions (id, user_id, token_digest, created_at, expires_at, device)
             SELECT ?3, f.user_id, ?4, ?2, ?5, ?6
             FROM pending_sessions p
             JOIN users u ON u.id = p.user_id AND u.password_ver = p.password_ver
             JOIN second_factors f ON f.user_id = p.user_id
             WHERE p.token_digest = ?1 AND p.expires_at > ?2 AND f.secret = ?7 AND f.confirmed_at IS NOT NULL
               AND (f.last_step < ?8 OR EXISTS (SELECT 1 FROM recovery_codes r WHERE r.user_id = f.user_id
                                                AND r.digest = ?9 AND r.used_at IS NULL))
             RETURNING id"),
            params![
                waiting,
                session.now,
                session.id,
                &session.digest,
                session.ends,
                &session.device,
                sealed,
                proof.step(),
                proof.recovery()
            ],
        ),
        Statement::new(
            sql!("UPDATE second_factors SET last_step = coalesce(?2, last_step), tries = 0, secret = coalesce(?3, secret)
             WHERE user_id = (SELECT user_id FROM sessions WHERE id = ?1)"),
            params![session.id, proof.step(), resealed],
        ),
        Statement::new(
            sql!("UPDATE recovery_codes SET used_at = ?3
             WHERE user_id = (SELECT user_id FROM sessions WHERE id = ?1) AND digest = ?2"),
            params![session.id, proof.recovery(), session.now],
        ),
        Statement::new(
            sql!("INSERT INTO jobs (id, kind, user_id, notice, created_at, due_at, requeue_at)
             SELECT ?2, 'account_notice', user_id, ?4, created_at, created_at, ?5
             FROM sessions WHERE id = ?1 AND ?3 IS NOT NULL"),
            params![session.id, told, proof.recovery(), Notice::RecoveryCodeUsed.as_str(), requeue_at],
        ),
        Statement::new(
            sql!("DELETE FROM pending_sessions WHERE token_digest = ?2 AND EXISTS (SELECT 1 FROM sessions WHERE id = ?1)"),
            params![session.id, waiting],
        ),
    ]
}

/// Turns it off: the notice is the claim of the batch (`RETURNING` tells), and only a code that was not taken before
/// makes it, while the password is that of this hash.
#[must_use]
pub fn remove(
    told: JobId,
    user: UserId,
    proof: Proof<'_>,
    password_hash: &str,
    now: Timestamp,
    requeue_at: Timestamp,
) -> [Statement; 2] {
    [
        Statement::new(
            sql!("INSERT INTO jobs (id, kind, user_id, notice, created_at, due_at, requeue_at)
             SELECT ?1, 'account_notice', u.id, ?3, ?4, ?4, ?5
             FROM users u JOIN second_factors f ON f.user_id = u.id
             WHERE u.id = ?2 AND u.mfa_enabled_at IS NOT NULL AND u.password_hash = ?6
               AND (f.last_step < ?7
                    OR EXISTS (SELECT 1 FROM recovery_codes r WHERE r.user_id = u.id AND r.digest = ?8 AND r.used_at IS NULL))
             RETURNING id"),
            params![
                told,
                user,
                Notice::FactorRemoved.as_str(),
                now,
                requeue_at,
                password_hash,
                proof.step(),
                proof.recovery()
            ],
        ),
        Statement::new(
            sql!("UPDATE users SET mfa_enabled_at = NULL WHERE id = ?2 AND EXISTS (SELECT 1 FROM jobs WHERE id = ?1)"),
            params![told, user],
        ),
    ]
}

/// Other recovery codes in the place of those there were.
#[derive(Debug)]
pub struct Renewal<'a> {
    /// The account.
    pub user: UserId,
    /// The hash of the password that was typed.
    pub password_hash: &'a str,
    /// The code that was typed.
    pub step: Step<'a>,
    /// The new codes' digests, as JSON.
    pub recovery: String,
    /// The notice's job.
    pub told: JobId,
    /// When.
    pub now: Timestamp,
    /// When that job counts as lost.
    pub requeue_at: Timestamp,
}

/// Renews them: the notice is the claim of the batch (`RETURNING` tells), and only the password of this hash with a code that
/// was not taken before makes it. Then the code is used up, and of the old ones none works any more.
#[must_use]
pub fn renew(by: &Renewal<'_>) -> [Statement; 4] {
    macro_rules! claimed {
        () => {
            "EXISTS (SELECT 1 FROM jobs WHERE id = ?1)"
        };
    }
    [
        Statement::new(
            sql!("INSERT INTO jobs (id, kind, user_id, notice, created_at, due_at, requeue_at)
             SELECT ?1, 'account_notice', u.id, ?3, ?4, ?4, ?5
             FROM users u JOIN second_factors f ON f.user_id = u.id
             WHERE u.id = ?2 AND u.mfa_enabled_at IS NOT NULL AND u.password_hash = ?6 AND f.secret = ?7 AND f.last_step < ?8
             RETURNING id"),
            params![
                by.told,
                by.user,
                Notice::RecoveryCodesRenewed.as_str(),
                by.now,
                by.requeue_at,
                by.password_hash,
                by.step.sealed,
                by.step.number
            ],
        ),
        Statement::new(
            sql!(concat!("UPDATE second_factors SET last_step = ?3, tries = 0 WHERE user_id = ?2 AND ", claimed!())),
            params![by.told, by.user, by.step.number],
        ),
        Statement::new(
            sql!(concat!("DELETE FROM recovery_codes WHERE user_id = ?2 AND ", claimed!())),
            params![by.told, by.user],
        ),
        Statement::new(
            sql!(concat!(
                "INSERT INTO recovery_codes (user_id, digest) SELECT ?2, value FROM json_each(?3) WHERE ",
                claimed!(),
                " ON CONFLICT DO NOTHING"
            )),
            params![by.told, by.user, &by.recovery],
        ),
    ]
}

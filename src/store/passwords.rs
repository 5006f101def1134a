//! Setting a password with a link: for an account that somebody was given by being added.

use serde::Deserialize;

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::MemberId;
use crate::domain::password_link::{Of, PasswordLink};
use crate::domain::time::Timestamp;
use crate::platform::{Param, Statement};
use crate::store::acting::Acting;
use crate::store::audit::Entry;
use crate::{params, sql};

/// Whether a copied link may set the password of the account `u` for the member `m`. It gives one to an account that nobody
/// proved and that has none, or only one that counts elsewhere: a password that another organization's copied link set keeps
/// nobody out, and the account is then confined to the organization of the newest.
macro_rules! open_to {
    () => {
        "m.removed_at IS NULL AND u.email_verified_at IS NULL
         AND (u.password_hash IS NULL OR u.confined_to IS NOT m.organization_id)"
    };
}

/// Whether the link (`?1` user, `?2` organization, `?3` version, `?4` via, `?5` member, `?6` role, `?7` access) may still set
/// the password of the account `u`.
///
/// A mailed link proves the mailbox. Until that happened once, a password that was set in some other way is nobody's, so it
/// doesn't use the link up; or else whoever sets one first would keep the mailbox's holder out. A copied link works while the
/// person is in the organization that gave it out, as what they were then and with what they had.
macro_rules! usable {
    () => {
        concat!(
            "CASE ?4 WHEN 'email' THEN u.password_ver = ?3 OR u.email_verified_at IS NULL
               ELSE EXISTS (SELECT 1 FROM members m
                            WHERE m.id = ?5 AND m.role = ?6 AND m.organization_id = ?2 AND m.user_id = u.id
                              AND m.password_ver = ?3 AND m.access_rev = ?7 AND ",
            open_to!(),
            ") END"
        )
    };
}

fn named(link: &PasswordLink) -> Vec<Param> {
    let (member, role) = link.of.map(|of| (of.member_id, of.role)).unzip();
    let access_rev = link.of.map(|of| of.access_rev);
    params![link.user_id, link.organization_id, link.ver, link.via.as_str(), member, role, access_rev]
}

/// What a link's holder is told.
#[derive(Debug, Deserialize)]
pub struct View {
    /// The account's address.
    pub email: EmailAddress,
    /// What the organization is called on its pages.
    pub organization: String,
    /// What is known of them, which is no password.
    #[serde(deserialize_with = "super::json_text")]
    pub known: Vec<String>,
    /// Whether the link still sets the password.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub usable: bool,
}

/// Reads the [`View`] of a link.
#[must_use]
pub fn view(link: &PasswordLink) -> Statement {
    Statement::new(
        sql!(concat!(
            // As this organization wrote it, not as another did.
            "SELECT coalesce((SELECT m.email FROM members m WHERE m.organization_id = o.id AND m.user_id = u.id
                              AND m.removed_at IS NULL), u.email) AS email, coalesce(o.branding_name, o.name) AS organization, ",
            known_of!("u"),
            " AS known, ",
            usable!(),
            " AS usable FROM users u JOIN organizations o ON o.id = ?2 WHERE u.id = ?1"
        )),
        named(link),
    )
}

/// Sets the password, as the claim of its batch: only if the link may still. `RETURNING` tells.
///
/// Whoever sets the first password that counts is called what the organization calls them that gave the link out: the
/// account's name until then was nobody's.
///
/// By a mailed link the mailbox is proved, and what was set up before that ends: see [`settle`] for the sessions. By a
/// copied one the account is somebody only in the organization that gave the link out.
#[must_use]
pub fn set(link: &PasswordLink, password_hash: &str, now: Timestamp) -> Statement {
    let mut params = named(link);
    params.extend(params![password_hash, now]);
    Statement::new(
        sql!(concat!(
            "UPDATE users AS u
             SET password_hash = ?8, password_ver = password_ver + 1,
                 name = coalesce((SELECT m.name FROM members m WHERE m.organization_id = ?2 AND m.user_id = u.id
                                    AND m.removed_at IS NULL AND u.email_verified_at IS NULL), name),
                 name_key = coalesce((SELECT m.name_key FROM members m WHERE m.organization_id = ?2 AND m.user_id = u.id
                                        AND m.removed_at IS NULL AND u.email_verified_at IS NULL), name_key),
                 mfa_enabled_at = CASE WHEN email_verified_at IS NULL THEN NULL ELSE mfa_enabled_at END,
                 email_verified_at = CASE ?4 WHEN 'email' THEN coalesce(email_verified_at, ?9) END,
                 confined_to = CASE ?4 WHEN 'email' THEN NULL ELSE ?2 END
             WHERE u.id = ?1 AND ",
            usable!(),
            " RETURNING id"
        )),
        params,
    )
}

/// What goes with [`set`], if it was let through (the hash, with its salt, is nobody else's): earlier sessions end, a copied
/// link is used up, and the organization's audit log has it, if the person is still in.
#[must_use]
pub fn settle(link: &PasswordLink, password_hash: &str, entry: &Entry, now: Timestamp) -> Vec<Statement> {
    let mut params = entry.params("member.password_set");
    params.extend(params![link.user_id, link.organization_id, link.via.as_str(), password_hash]);
    vec![
        // Their mailbox may just have been proved.
        Statement::new(
            sql!(released!("(SELECT id FROM users WHERE id = ?1 AND password_hash = ?2)")),
            params![link.user_id, password_hash],
        ),
        Statement::new(
            sql!(
                "UPDATE sessions SET ended_at = ?2 WHERE user_id = ?1 AND ended_at IS NULL
               AND EXISTS (SELECT 1 FROM users WHERE id = ?1 AND password_hash = ?3)"
            ),
            params![link.user_id, now, password_hash],
        ),
        Statement::new(
            sql!(
                "UPDATE members SET password_ver = password_ver + 1
             WHERE id = ?2 AND EXISTS (SELECT 1 FROM users WHERE id = ?1 AND password_hash = ?3)"
            ),
            params![link.user_id, link.of.map(|of| of.member_id), password_hash],
        ),
        Statement::new(
            sql!(audited!(
                "m.id",
                "NULL",
                "json_object('via', ?8)",
                "FROM users u
                 JOIN members m ON m.organization_id = ?7 AND m.user_id = u.id AND m.removed_at IS NULL
                 JOIN organizations o ON o.id = m.organization_id
                 WHERE u.id = ?6 AND u.password_hash = ?9"
            )),
            params,
        ),
    ]
}

/// What a link that is copied for a member is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Version {
    /// How many of them set a password.
    pub password_ver: i64,
    /// Which of their accesses they have.
    pub access_rev: i64,
    /// Whether one would set a password now.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub settable: bool,
}

/// Reads the [`Version`].
#[must_use]
pub fn version(member: MemberId) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT m.password_ver, m.access_rev, ",
            open_to!(),
            " AS settable FROM members m JOIN users u ON u.id = m.user_id WHERE m.id = ?1"
        )),
        params![member],
    )
}

/// Notes that somebody, who still is who they were, is given a link to set this member's password: only while that one is in
/// as what the link says, and a link of this version may set it. `RETURNING` tells.
#[must_use]
pub fn copied(of: Of, password_ver: i64, by: &Acting, entry: &Entry, expires_at: Timestamp) -> Statement {
    let mut params = entry.params("member.password_link_copied");
    params.extend(params![of.member_id, password_ver, expires_at, by.was(), of.role, of.access_rev]);
    Statement::new(
        sql!(audited!(
            "m.id",
            "NULL",
            concat!("json_object('expires_at', ", rfc3339!("?8"), ")"),
            concat!(
                "FROM members m
                 JOIN users u ON u.id = m.user_id
                 JOIN organizations o ON o.id = m.organization_id
                 WHERE m.id = ?6 AND m.password_ver = ?7 AND m.role = ?10 AND m.access_rev = ?11 AND ",
                open_to!(),
                " AND ",
                still_acts!("?3", "?9")
            )
        )),
        params,
    )
}

//! Whom a host product's own users are, in one organization. What a program vouches for counts there alone: it proves no
//! mailbox, signs nobody in, and changes no account but one that is of nobody else's: see [`moves`].

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{NotificationId, UserId};
use crate::domain::link::Link;
use crate::domain::quota::Quota;
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::store::audit::Entry;
use crate::store::redeem::Claim;
use crate::{params, sql};

/// Somebody, as a host product knows them.
#[derive(Debug, Clone)]
pub struct Vouched {
    /// The host product's own id of them.
    pub subject: String,
    /// Their address, of which the host product says that it is theirs.
    pub email: EmailAddress,
    /// What they are called, if they have no account yet.
    pub name: Name,
    /// The id of a new account, if they need one.
    pub user_id: UserId,
    /// Whether whoever vouches may do so for admins: let them in, and have them come in by another address.
    pub makes_admins: bool,
}

/// The account of the address `$email`; where it has none, that of the subject `$subject` in the organization `$organization`, if
/// it follows its host product to another address: it is confined to this organization, nobody else's members are its, and it
/// is not the owner's; an admin's only where `$admins`.
///
/// Whose mailbox it is then may set its password: so a key without the scope for admins could become one.
macro_rules! account_of {
    ($organization:literal, $subject:literal, $email:literal, $admins:literal) => {
        concat!(
            "coalesce((SELECT x.id FROM users x WHERE x.email_key = ",
            $email,
            "), (SELECT x.id FROM identities e CROSS JOIN users x ON x.id = e.user_id
                WHERE e.organization_id = ",
            $organization,
            " AND e.subject = ",
            $subject,
            " AND x.email_verified_at IS NULL AND x.confined_to = ",
            $organization,
            " AND NOT EXISTS (SELECT 1 FROM members y WHERE y.user_id = x.id AND (y.organization_id <> ",
            $organization,
            " OR y.removed_at IS NULL AND (y.role = 'owner' OR y.role = 'admin' AND ",
            $admins,
            " = 0)))))"
        )
    };
}

/// The account `u` of the address `$email`, as far as it may be that of the subject `$subject` in the organization
/// `$organization`: `d` is whose that is already. An account that somebody set up who never proved its mailbox is nobody's;
/// a subject stays the person that it was, and a person the subject.
macro_rules! is_theirs {
    ($organization:literal, $subject:literal) => {
        concat!(
            "(d.user_id IS NULL OR d.user_id = u.id)
             AND (u.id IS NULL OR d.user_id IS NOT NULL OR u.email_verified_at IS NOT NULL OR u.password_hash IS NULL)
             AND NOT EXISTS (SELECT 1 FROM identities e WHERE e.user_id = u.id AND e.organization_id = ",
            $organization,
            " AND e.subject <> ",
            $subject,
            ")"
        )
    };
}

/// Claims the invitation for somebody whom a program vouches for: their address is the invited one, if one is invited, and
/// the account of that address is theirs, or theirs may have it. An admin's only where whoever vouches may let admins in.
#[must_use]
pub fn claim(claim: Claim, link: &Link, vouched: &Vouched, quota: Quota) -> Statement {
    Statement::new(
        sql!(concat!(
            "INSERT INTO redemptions (id, invitation_id, user_id, member_id, redeemed_at, role_before)
             SELECT ?1, i.id, coalesce(u.id, ?8), coalesce(inside.id, ?2), ?6, inside.role
             FROM invitations i
             JOIN organizations o ON o.id = i.organization_id
             LEFT JOIN users u ON u.id = ",
            account_of!("?4", "?10", "?9", "?12"),
            " LEFT JOIN identities d ON d.organization_id = i.organization_id AND d.subject = ?10
             LEFT JOIN members inside ON inside.organization_id = i.organization_id AND inside.user_id = u.id
               AND inside.removed_at IS NULL
             WHERE (i.email_key IS NULL OR i.email_key = ?9) AND (?12 = 1 OR i.role IN ('client', 'member')) AND ",
            is_theirs!("i.organization_id", "?10"),
            " AND ",
            within_day!("NULL", "?6", "?11"),
            " AND",
            guards!(),
            " ON CONFLICT DO NOTHING RETURNING id"
        )),
        claim.params(
            link,
            params![
                vouched.user_id,
                vouched.email.key(),
                &vouched.subject,
                quota.json(),
                i64::from(vouched.makes_admins)
            ],
        ),
    )
}

/// Gives the account that came in the address that it was vouched for with, if it has another: notes that in the log, with neither
/// in full. What was made for the old one ends: its sessions, its changes of address, and by their version the links that were
/// mailed there or handed out.
#[must_use]
pub fn moves(claim: Claim, entry: &Entry, vouched: &Vouched) -> [Statement; 4] {
    let mut logged = entry.params("member.email_changed");
    logged.extend(params![claim.id, vouched.email.key(), vouched.email.masked()]);
    [
        Statement::new(
            sql!(audited!(
                "r.member_id",
                concat!("json_object('email', ", masked!("u.email"), ")"),
                "json_object('email', ?8)",
                "FROM redemptions r JOIN invitations i ON i.id = r.invitation_id JOIN organizations o ON o.id = i.organization_id
                 JOIN users u ON u.id = r.user_id WHERE r.id = ?6 AND u.email_key <> ?7"
            )),
            logged,
        ),
        Statement::new(
            sql!("UPDATE sessions SET ended_at = ?3
             WHERE user_id = (SELECT r.user_id FROM redemptions r WHERE r.id = ?1) AND ended_at IS NULL
               AND EXISTS (SELECT 1 FROM audit_events WHERE id = ?2)"),
            params![claim.id, entry.id, claim.now],
        ),
        Statement::new(
            sql!("UPDATE email_changes SET cancelled_at = ?3
             WHERE user_id = (SELECT r.user_id FROM redemptions r WHERE r.id = ?1)
               AND changed_at IS NULL AND cancelled_at IS NULL AND expires_at > ?3
               AND EXISTS (SELECT 1 FROM audit_events WHERE id = ?2)"),
            params![claim.id, entry.id, claim.now],
        ),
        Statement::new(
            sql!("UPDATE users SET email = ?3, email_key = ?3, password_ver = password_ver + 1
             WHERE id = (SELECT r.user_id FROM redemptions r WHERE r.id = ?1)
               AND EXISTS (SELECT 1 FROM audit_events WHERE id = ?2)"),
            params![claim.id, entry.id, vouched.email.key()],
        ),
    ]
}

/// Makes the account, if the claim is for a new one.
///
/// What a host product calls them is the member's name, not the account's, as of whoever is added: see
/// [`adding`](super::adding::let_in).
#[must_use]
pub fn make_account(claim: Claim, vouched: &Vouched) -> Statement {
    let address = vouched.email.key();
    let called = address.rsplit_once('@').map_or(address.as_str(), |(local, _)| local);
    Statement::new(
        // It has no password, and until somebody proves its mailbox it is somebody only here.
        sql!(
            "INSERT INTO users (id, email, email_key, name, name_key, confined_to, created_at)
         SELECT r.user_id, ?3, ?3, ?4, ?4, i.organization_id, r.redeemed_at
         FROM redemptions r JOIN invitations i ON i.id = r.invitation_id
         WHERE r.id = ?1 AND r.user_id = ?2"
        ),
        params![claim.id, vouched.user_id, address.as_str(), called],
    )
}

/// Calls a new member what their host product does, and keeps whose subject they are; also of somebody who came in by this
/// invitation themselves. Whoever had an account before is told that they were added.
#[must_use]
pub fn keep(claim: Claim, told: NotificationId, link: &Link, vouched: &Vouched) -> [Statement; 3] {
    [
        Statement::new(
            sql!("UPDATE members SET name = ?2, name_key = ?3, email = ?4
             WHERE id = ?5 AND id = (SELECT member_id FROM redemptions WHERE id = ?1)"),
            params![claim.id, &vouched.name, vouched.name.key(), &vouched.email, claim.member_id],
        ),
        Statement::new(
            sql!(concat!(
                "INSERT INTO identities (organization_id, subject, user_id, created_at)
                 SELECT ?2, ?3, u.id, ?5
                 FROM users u
                 LEFT JOIN identities d ON d.organization_id = ?2 AND d.subject = ?3
                 JOIN redemptions r ON r.invitation_id = ?1 AND r.user_id = u.id
                 JOIN members m ON m.id = r.member_id AND m.removed_at IS NULL
                 WHERE u.email_key = ?4 AND ",
                is_theirs!("?2", "?3"),
                " ON CONFLICT DO NOTHING"
            )),
            params![
                link.invitation_id,
                link.organization_id,
                &vouched.subject,
                vouched.email.key(),
                claim.now
            ],
        ),
        Statement::new(
            sql!("INSERT INTO notifications (id, user_id, organization_id, kind, about, created_at)
             SELECT ?2, r.user_id, i.organization_id, 'member.added', json_object('member_id', r.member_id), ?3
             FROM redemptions r JOIN invitations i ON i.id = r.invitation_id
             WHERE r.id = ?1 AND r.member_id = ?4 AND r.user_id <> ?5"),
            params![claim.id, told, claim.now, claim.member_id, vouched.user_id],
        ),
    ]
}

/// Reads what this person became by this invitation, now or before.
#[must_use]
pub fn joined(link: &Link, vouched: &Vouched) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT ",
            joined_columns!(),
            " FROM users u
             LEFT JOIN identities d ON d.organization_id = ?2 AND d.subject = ?3
             JOIN redemptions r ON r.invitation_id = ?1 AND r.user_id = u.id
             JOIN members m ON m.id = r.member_id AND m.removed_at IS NULL
             WHERE u.id = ",
            account_of!("?2", "?3", "?4", "?5"),
            " AND ",
            is_theirs!("?2", "?3")
        )),
        params![
            link.invitation_id,
            link.organization_id,
            &vouched.subject,
            vouched.email.key(),
            i64::from(vouched.makes_admins)
        ],
    )
}

/// Reads what stands between a subject and the account of its address.
#[must_use]
pub fn select_obstacle(link: &Link, vouched: &Vouched, quota: Quota, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
        "SELECT ", within_day!("NULL", "?5", "?6"), " AS within_day,
                EXISTS (SELECT 1 FROM identities e WHERE e.user_id = u.id AND e.organization_id = ?1 AND e.subject <> ?3)
                  AS another_subject,
                d.user_id IS NOT NULL AND u.id IS NOT NULL AND d.user_id <> u.id AS another_account,
                d.user_id IS NOT NULL AND u.id IS NULL AS stays,
                d.user_id IS NULL AND u.id IS NOT NULL AND u.email_verified_at IS NULL AND u.password_hash IS NOT NULL
                  AS unproved,
                EXISTS (SELECT 1 FROM redemptions r WHERE r.invitation_id = ?4 AND r.user_id = u.id) OR EXISTS (
                  SELECT 1 FROM members gone JOIN invitations i ON i.id = ?4
                  WHERE gone.organization_id = ?1 AND gone.user_id = u.id
                    AND gone.removed_at >= coalesce(i.offered_at, i.created_at)) AS removed
         FROM organizations o LEFT JOIN users u ON u.id = ", account_of!("?1", "?3", "?2", "?7"), "
         LEFT JOIN identities d ON d.organization_id = ?1 AND d.subject = ?3 WHERE o.id = ?1")),
        params![
            link.organization_id,
            vouched.email.key(),
            &vouched.subject,
            link.invitation_id,
            now,
            quota.json(),
            i64::from(vouched.makes_admins)
        ],
    )
}

/// What [`select_obstacle`] answers.
#[allow(clippy::struct_excessive_bools, reason = "each is a guard of its own")]
#[derive(Debug, serde::Deserialize)]
pub struct Obstacle {
    /// The day leaves one more.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub within_day: bool,
    /// The account of the address is another subject's.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub another_subject: bool,
    /// The address has an account, and the subject has another.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub another_account: bool,
    /// The subject has an account that keeps its address.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub stays: bool,
    /// The account of the address is of somebody who never proved that it is theirs.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub unproved: bool,
    /// They were removed since the invitation was last offered, or had come in by it before.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub removed: bool,
}

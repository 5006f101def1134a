//! Redeeming an invitation: the one batch that lets its holder in.
//!
//! The batch's first statement inserts the *claim row* (`redemptions`), and only if every guard holds: the invitation is
//! open and of the link's version, the address is the account's, the person is not in, a seat is free. Every later
//! statement inserts or updates `… FROM redemptions WHERE id = ?`: when the claim was refused, none of them does
//! anything. The last reads the [`View`](super::view::View) if it was, which says why, so that a refusal costs no second round trip.

use serde::Deserialize;

use super::json_text;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{InvitationId, MemberId, RedemptionId, SessionId, UserId, WorkspaceId};
use crate::domain::link::Link;
use crate::domain::role::Role;
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::platform::{Param, Statement};
use crate::{params, sql};

/// The new rows' ids, and when.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// The claim row.
    pub id: RedemptionId,
    /// The member, if the person isn't one yet.
    pub member_id: MemberId,
    /// When.
    pub now: Timestamp,
}

impl Claim {
    /// `?1` to `?7` of a claim's statement: its own two ids, the invitation, organization and version of the link, the time,
    /// and what the link is bound to; then what else it takes.
    pub(super) fn params(self, link: &Link, more: Vec<Param>) -> Vec<Param> {
        let mut params = params![
            self.id,
            self.member_id,
            link.invitation_id,
            link.organization_id,
            link.ver,
            self.now,
            link.bound_to()
        ];
        params.extend(more);
        params
    }
}

/// What every claim asks of the invitation and its organization. `?3` to `?7`: invitation, organization, version, now, and
/// what the link is bound to.
///
/// Somebody who is in already keeps their role, and takes a seat only if they are a client without one whom a workspace
/// that they lack would give one. But an account that nobody proved may be anybody's who typed that address at a link:
/// whoever proves it now becomes what they were invited as, see [`let_in`]. Whoever is a client, or becomes one, is given a
/// list of permissions only where the plan has that; what they have already stays as it is.
///
/// Of the seats, the one that an open invitation reserves for them counts as free, by whatever other link they come.
macro_rules! guards {
    () => {
        concat!(
            " i.id = ?3 AND i.organization_id = ?4 AND i.ver = ?5 AND i.given = coalesce(?7, i.given) AND i.outcome = 'open' AND i.disabled_at IS NULL
              AND i.expires_at > ?6 AND (i.max_uses IS NULL OR i.uses < i.max_uses)
              AND NOT EXISTS (SELECT 1 FROM members gone WHERE gone.organization_id = i.organization_id
                              AND gone.user_id = u.id AND gone.removed_at >= coalesce(i.offered_at, i.created_at))
              AND (coalesce(inside.role, i.role) <> 'client' OR i.permissions IS NULL OR ",
            may_customize!(),
            ") AND (CASE WHEN inside.id IS NULL THEN NOT ",
            would_take_seat!(),
            "
                        WHEN u.email_verified_at IS NULL THEN inside.takes_seat = 1 OR NOT ",
            would_take_seat!(),
            "
                        ELSE inside.role <> 'client' OR inside.takes_seat = 1 OR i.access_takes_seat = 0
                          OR NOT EXISTS (SELECT 1 FROM invitation_workspaces x WHERE x.invitation_id = i.id
                               AND NOT EXISTS (SELECT 1 FROM memberships p
                                               WHERE p.member_id = inside.id AND p.workspace_id = x.workspace_id))
                   END OR ",
            seat_free!("?6", concat!("1 - max(i.reserves, ", reserved_for!("u.id", "?6"), ")")),
            ")"
        )
    };
}

/// Claims the invitation for whoever is signed in: their address must be the invited one, and proved.
#[must_use]
pub fn claim_signed_in(claim: Claim, link: &Link, session: &str) -> Statement {
    Statement::new(
        sql!(concat!(
            "INSERT INTO redemptions (id, invitation_id, user_id, member_id, redeemed_at, role_before)
             SELECT ?1, i.id, u.id, coalesce(inside.id, ?2), ?6, inside.role
             FROM invitations i
             JOIN organizations o ON o.id = i.organization_id
             JOIN sessions s ON s.token_digest = ?8 AND s.expires_at > ?6 AND s.ended_at IS NULL
             JOIN users u ON u.id = s.user_id
             LEFT JOIN members inside ON inside.organization_id = i.organization_id AND inside.user_id = u.id
               AND inside.removed_at IS NULL
             WHERE u.email_verified_at IS NOT NULL AND (i.email_key IS NULL OR i.email_key = u.email_key) AND",
            guards!(),
            " ON CONFLICT DO NOTHING RETURNING id"
        )),
        claim.params(link, params![session]),
    )
}

/// A new account, made in the step that accepts.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Its id, unless the address has an account that nobody proved.
    pub user_id: UserId,
    /// Its address: the invited one, or what somebody typed who came by a link for many.
    pub email: EmailAddress,
    /// What the person calls themselves.
    pub name: Name,
    /// Their password's hash.
    pub password_hash: String,
    /// Their first session.
    pub session_id: SessionId,
    /// That session's digest.
    pub session_digest: String,
    /// When it ends.
    pub session_ends_at: Timestamp,
    /// What they came with, in words.
    pub device: String,
}

/// Claims the invitation for a new account with its address, which must be the invited one if one is. An account of that address stands in the way, unless
/// nobody ever proved its mailbox, and this link does or nobody can sign in to it: then it is taken over, see
/// [`reset_unproved`].
#[must_use]
pub fn claim_signing_up(claim: Claim, link: &Link, account: &NewAccount) -> Statement {
    Statement::new(
        sql!(concat!(
            "INSERT INTO redemptions (id, invitation_id, user_id, member_id, redeemed_at, role_before)
             SELECT ?1, i.id, coalesce(u.id, ?8), coalesce(inside.id, ?2), ?6, inside.role
             FROM invitations i
             JOIN organizations o ON o.id = i.organization_id
             LEFT JOIN users u ON u.email_key = ?10
             LEFT JOIN members inside ON inside.organization_id = i.organization_id AND inside.user_id = u.id
               AND inside.removed_at IS NULL
             WHERE (i.email_key IS NULL OR i.email_key = ?10) AND (u.id IS NULL
                    OR (u.email_verified_at IS NULL
                        AND (?9 = 'email' OR (u.password_hash IS NULL AND i.email_key IS NOT NULL)))) AND",
            guards!(),
            " ON CONFLICT DO NOTHING RETURNING id"
        )),
        claim.params(link, params![account.user_id, via(link), account.email.key()]),
    )
}

/// Ends what somebody set up on the account before its mailbox was ever proved: its sessions and password. Its
/// memberships stay.
#[must_use]
pub fn reset_unproved(claim: Claim, account: &NewAccount) -> Vec<Statement> {
    vec![
        Statement::new(
            sql!("UPDATE sessions SET ended_at = ?2
             WHERE ended_at IS NULL AND user_id = (SELECT user_id FROM redemptions WHERE id = ?1)"),
            params![claim.id, claim.now],
        ),
        Statement::new(
            sql!("UPDATE users SET name = ?2, name_key = ?4, password_hash = ?3, password_ver = password_ver + 1,
                    mfa_enabled_at = NULL,
                    confined_to = (SELECT i.organization_id FROM redemptions r JOIN invitations i ON i.id = r.invitation_id
                                   WHERE r.id = ?1)
             WHERE email_verified_at IS NULL AND id = (SELECT user_id FROM redemptions WHERE id = ?1)"),
            params![claim.id, &account.name, &account.password_hash, account.name.key()],
        ),
    ]
}

/// Makes the account, if the claim is for a new one, and signs it in.
#[must_use]
pub fn make_account(claim: Claim, account: &NewAccount) -> Vec<Statement> {
    vec![
        Statement::new(
            // Whoever came by a copied link is somebody only where that link leads, until they prove their mailbox.
            sql!("INSERT INTO users (id, email, email_key, name, name_key, password_hash, confined_to, created_at)
             SELECT r.user_id, ?5, ?6, ?2, ?7, ?3, i.organization_id, r.redeemed_at
             FROM redemptions r JOIN invitations i ON i.id = r.invitation_id
             WHERE r.id = ?1 AND r.user_id = ?4"),
            params![
                claim.id,
                &account.name,
                &account.password_hash,
                account.user_id,
                &account.email,
                account.email.key(),
                account.name.key()
            ],
        ),
        Statement::new(
            sql!(
                "INSERT INTO sessions (id, user_id, token_digest, created_at, expires_at, device)
             SELECT ?2, user_id, ?3, redeemed_at, ?4, ?5 FROM redemptions WHERE id = ?1"
            ),
            params![
                claim.id,
                account.session_id,
                &account.session_digest,
                account.session_ends_at,
                &account.device
            ],
        ),
    ]
}

/// Lets the person in: makes them what they were invited as, if somebody else came in under their address; notes that their
/// mailbox is proved if the link came by mail, makes them a member of the organization and of the workspaces they lack,
/// settles the invitation, and frees what another one reserves for them if they hold a seat now. `client_defaults` is
/// [`Templates::client_defaults`](crate::domain::template::Templates::client_defaults).
#[must_use]
pub fn let_in(claim: Claim, link: &Link, client_defaults: &str) -> Vec<Statement> {
    vec![
        Statement::new(
            // Before the mailbox is noted as proved.
            sql!("UPDATE members SET role = (SELECT i.role FROM redemptions r JOIN invitations i ON i.id = r.invitation_id
                                        WHERE r.id = ?1)
             WHERE role = 'client' AND id <> ?2 AND id = (
               SELECT r.member_id FROM redemptions r
               JOIN users u ON u.id = r.user_id AND u.email_verified_at IS NULL
               JOIN invitations i ON i.id = r.invitation_id AND i.kind = 'email'
               WHERE r.id = ?1 AND ?3 = 'email')"),
            params![claim.id, claim.member_id, via(link)],
        ),
        Statement::new(
            sql!("UPDATE users SET email_verified_at = ?2, confined_to = NULL
             WHERE ?3 = 'email' AND email_verified_at IS NULL
               AND id = (SELECT user_id FROM redemptions WHERE id = ?1)"),
            params![claim.id, claim.now, via(link)],
        ),
        Statement::new(
            // A client's seat comes with their memberships, see the triggers.
            sql!("INSERT INTO members (id, organization_id, user_id, role, name, name_key, nickname, nickname_key, email_key,
                                  takes_seat, joined_at)
             SELECT r.member_id, i.organization_id, r.user_id, i.role, u.name, u.name_key, i.nickname, i.nickname_key,
                    u.email_key, i.role IN ('admin', 'member'), r.redeemed_at
             FROM redemptions r JOIN invitations i ON i.id = r.invitation_id JOIN users u ON u.id = r.user_id
             WHERE r.id = ?1 AND r.member_id = ?2"),
            params![claim.id, claim.member_id],
        ),
        Statement::new(
            // What they have already stays as it is; what they lack comes with the access as it is at this moment. An
            // owner or admin who comes by a link lacks nothing. What a client has by default staff get written out: their
            // own default would be more than what was offered.
            sql!("INSERT INTO memberships (member_id, workspace_id, created_at, permissions, all_resources, addable_kinds,
                                      require_mfa, takes_seat, made_by, member_role, member_active)
             SELECT r.member_id, x.workspace_id, r.redeemed_at,
                    coalesce(i.permissions, iif(i.role = 'client' AND m.role = 'member', ?2 -> o.template, NULL)),
                    i.all_resources, i.addable_kinds, i.require_mfa, i.access_takes_seat, r.id,
                    m.role, m.active
             FROM redemptions r
             JOIN invitations i ON i.id = r.invitation_id
             JOIN organizations o ON o.id = i.organization_id
             JOIN invitation_workspaces x ON x.invitation_id = i.id
             JOIN members m ON m.id = r.member_id AND m.role NOT IN ('owner', 'admin')
             WHERE r.id = ?1 ON CONFLICT DO NOTHING"),
            params![claim.id, client_defaults],
        ),
        Statement::new(
            sql!("INSERT INTO grants (member_id, workspace_id, resource_id, approve, credentials)
             SELECT p.member_id, p.workspace_id, g.id, coalesce(e.value ->> 'approve', 0), e.value ->> 'credentials'
             FROM redemptions r
             JOIN invitations i ON i.id = r.invitation_id
             JOIN memberships p ON p.member_id = r.member_id AND p.made_by = r.id
             JOIN json_each(i.grants) e
             JOIN resources g ON g.id = e.value ->> 'id' AND g.workspace_id = p.workspace_id AND g.deleted_at IS NULL
             WHERE r.id = ?1 ON CONFLICT DO NOTHING"),
            params![claim.id],
        ),
        Statement::new(
            sql!("UPDATE invitations SET uses = uses + 1,
               accepted_at = CASE WHEN kind = 'email' THEN ?2 END,
               accepted_by = CASE WHEN kind = 'email' THEN (SELECT member_id FROM redemptions WHERE id = ?1) END
             WHERE id = (SELECT invitation_id FROM redemptions WHERE id = ?1)"),
            params![claim.id, claim.now],
        ),
        Statement::new(
            sql!(released!("(SELECT user_id FROM redemptions WHERE id = ?1)")),
            params![claim.id],
        ),
    ]
}

/// Whether the user `u`, who came in by a redemption `r` of this invitation, lacks the second factor that is asked of them: by
/// their membership of a workspace of it, by such a workspace, or by the organization.
macro_rules! lacks_factor {
    ($invitation:literal) => {
        concat!(
            "(u.mfa_enabled_at IS NULL AND (
                EXISTS (SELECT 1 FROM members j JOIN organizations d ON d.id = j.organization_id
                        WHERE j.id = r.member_id AND (d.require_mfa = 1 OR j.role IN ('admin', 'owner') AND EXISTS (
                          SELECT 1 FROM workspaces w WHERE w.organization_id = d.id AND w.require_mfa = 1)))
                OR EXISTS (
                SELECT 1 FROM invitation_workspaces x
                JOIN memberships p ON p.member_id = r.member_id AND p.workspace_id = x.workspace_id
                  AND p.member_role IN ('member', 'client')
                JOIN workspaces w ON w.id = p.workspace_id AND max(p.require_mfa, w.require_mfa) = 1
                WHERE x.invitation_id = ",
            $invitation,
            ")))"
        )
    };
}

/// The columns of [`Joined`], of the member `m` with the account `u` by a redemption `r` of the invitation `?1`.
macro_rules! joined_columns {
    () => {
        concat!(
            "m.id AS member_id, m.role,
             (SELECT json_group_array(workspace_id) FROM memberships WHERE member_id = m.id) AS workspace_ids, ",
            lacks_factor!("?1"),
            " AS lacks_factor"
        )
    };
}

/// What came of a redemption.
#[derive(Debug, Clone, Deserialize)]
pub struct Joined {
    /// The member.
    pub member_id: MemberId,
    /// Their role; for somebody who was in already, the one they have.
    pub role: Role,
    /// The workspaces they are in now.
    #[serde(deserialize_with = "json_text")]
    pub workspace_ids: Vec<WorkspaceId>,
    /// Whether they may do nothing there before they have a second factor (S2-06).
    #[serde(deserialize_with = "crate::domain::truth")]
    pub lacks_factor: bool,
}

/// Reads what the signed-in or just-made person became by this invitation.
#[must_use]
pub fn joined(invitation: InvitationId, session: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT ",
            joined_columns!(),
            " FROM sessions s
         JOIN users u ON u.id = s.user_id
         JOIN redemptions r ON r.invitation_id = ?1 AND r.user_id = s.user_id
         JOIN members m ON m.id = r.member_id
         WHERE s.token_digest = ?2 AND s.expires_at > ?3 AND s.ended_at IS NULL"
        )),
        params![invitation, session, now],
    )
}

fn via(link: &Link) -> &'static str {
    link.via.as_str()
}

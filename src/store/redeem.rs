//! Redeeming an invitation: what its holder sees, and the one batch that lets them in.
//!
//! The batch's first statement inserts the *claim row* (`redemptions`), and only if every guard holds: the invitation is
//! open and of the link's version, the address is the account's, the person is not in, a seat is free. Every later
//! statement inserts or updates `… FROM redemptions WHERE id = ?`: when the claim was refused, none of them does
//! anything. The last reads the [`View`], which says what came of it, so that a refusal costs no second round trip.

use serde::{Deserialize, Serialize};

use super::json_text;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{InvitationId, MemberId, RedemptionId, SessionId, UserId};
use crate::domain::invitation::{Invitation, Kind};
use crate::domain::link::Link;
use crate::domain::standing::{Account, Redeemed, Standing};
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::params;
use crate::platform::Statement;
use crate::store::members::WorkspaceName;

/// What the holder of a link needs to be told, and what decides what they may do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct View {
    /// The invitation.
    #[serde(flatten)]
    pub invitation: Invitation,
    /// What the invited person is called.
    pub name: Option<String>,
    /// The inviter's message.
    pub message: Option<String>,
    /// The language of the page.
    pub locale: String,
    /// The organization's name.
    pub organization_name: String,
    /// The inviter's name; none if the operator invited.
    pub inviter_name: Option<String>,
    /// The workspaces by name; none for those who reach all.
    #[serde(deserialize_with = "json_text", serialize_with = "as_json_text")]
    pub workspaces: Vec<WorkspaceName>,
    /// Whether a second factor is asked of whoever comes in.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub require_mfa: bool,
    branding_name: Option<String>,
    branding_message: Option<String>,
    organization_branding_name: Option<String>,
    /// The organization's colour.
    pub branding_accent: Option<String>,
    organization_branding_message: Option<String>,
    /// The name of the organization's logo.
    pub logo_hash: Option<String>,
    /// Whether a seat is free: the one this invitation reserves counts as free, unless the plan was lowered below its use.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub seat_free: bool,
    /// Whether the plan lets clients have lists of permissions of their own.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub may_customize: bool,
    /// When the organization's trial ends.
    pub trial_ends_at: Option<Timestamp>,
    account_id: Option<UserId>,
    account_email: Option<EmailAddress>,
    account_verified_at: Option<Timestamp>,
    #[serde(deserialize_with = "crate::domain::truth")]
    account_has_password: bool,
    session_user_id: Option<UserId>,
    session_email: Option<EmailAddress>,
    session_verified_at: Option<Timestamp>,
    /// The active member that the signed-in person already is in the organization.
    pub session_member_id: Option<MemberId>,
    session_removed_at: Option<Timestamp>,
    account_removed_at: Option<Timestamp>,
    redeemed_member_id: Option<MemberId>,
    redeemed_removed_at: Option<Timestamp>,
}

fn as_json_text<S: serde::Serializer>(value: &Vec<WorkspaceName>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&serde_json::to_string(value).map_err(serde::ser::Error::custom)?)
}

impl View {
    /// What decides what the holder of the link does next.
    #[must_use]
    pub fn standing(&self) -> Standing<'_> {
        let account =
            |id: Option<UserId>, email: &Option<EmailAddress>, verified: Option<Timestamp>, has_password| {
                Some(Account { id: id?, email: email.clone()?, verified: verified.is_some(), has_password })
            };
        Standing {
            invitation: &self.invitation,
            addressee: account(
                self.account_id,
                &self.account_email,
                self.account_verified_at,
                self.account_has_password,
            ),
            // Whoever is signed in has one.
            session: account(self.session_user_id, &self.session_email, self.session_verified_at, true),
            redeemed: self
                .redeemed_member_id
                .map(|member_id| Redeemed { member_id, active: self.redeemed_removed_at.is_none() }),
            removed_at: self.session_removed_at,
            addressee_removed_at: self.account_removed_at,
        }
    }

    /// What the page calls the organization: as the link says, else as the organization does, else by its name.
    #[must_use]
    pub fn shown_name(&self) -> &str {
        self.brand().unwrap_or(&self.organization_name)
    }

    /// The brand that stands on the page; none where nobody set one up: then it is the product's (S0-06 to S0-09).
    #[must_use]
    pub fn brand(&self) -> Option<&str> {
        self.branding_name.as_deref().or(self.organization_branding_name.as_deref())
    }

    /// Whose name stands above the page: the brand's. Without one, on a link for many it is the product's (S0-09), and on the
    /// invitation of one person the organization's.
    #[must_use]
    pub fn masthead<'a>(&'a self, product: &'a str) -> &'a str {
        let unbranded = match self.invitation.kind {
            Kind::Link => product,
            Kind::Email => &self.organization_name,
        };
        self.brand().unwrap_or(unbranded)
    }

    /// What the page says to the invited person.
    #[must_use]
    pub fn shown_message(&self) -> Option<&str> {
        let texts = [&self.message, &self.branding_message, &self.organization_branding_message];
        texts.into_iter().find_map(Option::as_deref)
    }

    /// The address that is signed in on this browser.
    #[must_use]
    pub fn session_email(&self) -> Option<&EmailAddress> {
        self.session_email.as_ref()
    }
}

/// Reads the [`View`] for a link and whoever is signed in; for a link that is for many, with the address that somebody
/// typed.
#[must_use]
pub fn view(link: &Link, session: Option<&str>, typed: Option<&EmailAddress>, now: Timestamp) -> Statement {
    Statement::new(
        concat!(
            "SELECT i.id, i.organization_id, i.kind, i.role, i.email, i.name, i.message, i.locale, i.ver, i.takes_seat,
                i.max_uses, i.uses, i.expires_at, i.created_at, coalesce(i.offered_at, i.created_at) AS offered_at,
                i.require_mfa, i.branding_name, i.branding_message, o.branding_name AS organization_branding_name,
                o.branding_accent, o.logo_hash, o.branding_message AS organization_branding_message, i.accepted_at, i.accepted_by, i.declined_at,
                i.revoked_at, i.disabled_at, i.expired_at,
                o.name AS organization_name, o.trial_ends_at, ",
            within_limit!("?4", "1 - i.reserves"),
            " AS seat_free, ",
            may_customize!(),
            " AS may_customize,
                n.name AS inviter_name,
                (SELECT json_group_array(json_object('id', w.id, 'name', w.name) ORDER BY w.id)
                 FROM invitation_workspaces x JOIN workspaces w ON w.id = x.workspace_id
                 WHERE x.invitation_id = i.id) AS workspaces,
                a.id AS account_id, a.email AS account_email, a.email_verified_at AS account_verified_at,
                a.password_hash IS NOT NULL AS account_has_password,
                u.id AS session_user_id, u.email AS session_email, u.email_verified_at AS session_verified_at,
                (SELECT m.id FROM members m WHERE m.organization_id = i.organization_id AND m.user_id = u.id
                   AND m.removed_at IS NULL) AS session_member_id,
                (SELECT max(m.removed_at) FROM members m WHERE m.organization_id = i.organization_id
                   AND m.user_id = u.id) AS session_removed_at,
                (SELECT max(m.removed_at) FROM members m WHERE m.organization_id = i.organization_id
                   AND m.user_id = a.id) AS account_removed_at,
                r.member_id AS redeemed_member_id,
                (SELECT removed_at FROM members WHERE id = r.member_id) AS redeemed_removed_at
         FROM invitations i
         JOIN organizations o ON o.id = i.organization_id
         LEFT JOIN members n ON n.id = i.invited_by
         LEFT JOIN users a ON a.email_key = coalesce(i.email_key, ?5)
         LEFT JOIN sessions s ON s.token_digest = ?3 AND s.expires_at > ?4 AND s.ended_at IS NULL
         LEFT JOIN users u ON u.id = s.user_id
         LEFT JOIN redemptions r ON r.invitation_id = i.id AND r.user_id = u.id
         WHERE i.id = ?1 AND i.organization_id = ?2"
        ),
        params![link.invitation_id, link.organization_id, session, now, typed.map(EmailAddress::key)],
    )
}

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

/// What every claim asks of the invitation and its organization. `?3` to `?6`: invitation, organization, version, now.
///
/// Somebody who is in already keeps their role, and takes a seat only if they are a client without one whom a workspace
/// that they lack would give one. But an account that nobody proved may be anybody's who typed that address at a link:
/// whoever proves it now becomes what they were invited as, see [`let_in`]. A list of permissions that was made for staff is
/// a client's own only where the plan has that.
macro_rules! guards {
    () => {
        concat!(
            " i.id = ?3 AND i.organization_id = ?4 AND i.ver = ?5 AND i.outcome = 'open' AND i.disabled_at IS NULL
              AND i.expires_at > ?6 AND (i.max_uses IS NULL OR i.uses < i.max_uses)
              AND NOT EXISTS (SELECT 1 FROM members gone WHERE gone.organization_id = i.organization_id
                              AND gone.user_id = u.id AND gone.removed_at >= coalesce(i.offered_at, i.created_at))
              AND (inside.role IS NOT 'client' OR i.role = 'client' OR i.permissions IS NULL OR ",
            may_customize!(),
            ") AND (CASE WHEN inside.id IS NULL THEN i.takes_seat = 0
                        WHEN u.email_verified_at IS NULL THEN i.takes_seat = 0 OR inside.takes_seat = 1
                        ELSE inside.role <> 'client' OR inside.takes_seat = 1 OR i.access_takes_seat = 0
                          OR NOT EXISTS (SELECT 1 FROM invitation_workspaces x WHERE x.invitation_id = i.id
                               AND NOT EXISTS (SELECT 1 FROM memberships p
                                               WHERE p.member_id = inside.id AND p.workspace_id = x.workspace_id))
                   END OR ",
            seat_free!("?6", "1 - i.reserves"),
            ")"
        )
    };
}

/// Claims the invitation for whoever is signed in: their address must be the invited one, and proved.
#[must_use]
pub fn claim_signed_in(claim: Claim, link: &Link, session: &str) -> Statement {
    Statement::new(
        concat!(
            "INSERT INTO redemptions (id, invitation_id, user_id, member_id, redeemed_at, role_before)
             SELECT ?1, i.id, u.id, coalesce(inside.id, ?2), ?6, inside.role
             FROM invitations i
             JOIN organizations o ON o.id = i.organization_id
             JOIN sessions s ON s.token_digest = ?7 AND s.expires_at > ?6 AND s.ended_at IS NULL
             JOIN users u ON u.id = s.user_id
             LEFT JOIN members inside ON inside.organization_id = i.organization_id AND inside.user_id = u.id
               AND inside.removed_at IS NULL
             WHERE u.email_verified_at IS NOT NULL AND (i.email_key IS NULL OR i.email_key = u.email_key) AND",
            guards!(),
            " ON CONFLICT DO NOTHING RETURNING id"
        ),
        params![
            claim.id,
            claim.member_id,
            link.invitation_id,
            link.organization_id,
            link.ver,
            claim.now,
            session
        ],
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
}

/// Claims the invitation for a new account with its address, which must be the invited one if one is. An account of that address stands in the way, unless
/// nobody ever proved its mailbox, and this link does or nobody can sign in to it: then it is taken over, see
/// [`reset_unproved`].
#[must_use]
pub fn claim_signing_up(claim: Claim, link: &Link, account: &NewAccount) -> Statement {
    Statement::new(
        concat!(
            "INSERT INTO redemptions (id, invitation_id, user_id, member_id, redeemed_at, role_before)
             SELECT ?1, i.id, coalesce(u.id, ?7), coalesce(inside.id, ?2), ?6, inside.role
             FROM invitations i
             JOIN organizations o ON o.id = i.organization_id
             LEFT JOIN users u ON u.email_key = ?9
             LEFT JOIN members inside ON inside.organization_id = i.organization_id AND inside.user_id = u.id
               AND inside.removed_at IS NULL
             WHERE (i.email_key IS NULL OR i.email_key = ?9) AND (u.id IS NULL
                    OR (u.email_verified_at IS NULL
                        AND (?8 = 'email' OR (u.password_hash IS NULL AND i.email_key IS NOT NULL)))) AND",
            guards!(),
            " ON CONFLICT DO NOTHING RETURNING id"
        ),
        params![
            claim.id,
            claim.member_id,
            link.invitation_id,
            link.organization_id,
            link.ver,
            claim.now,
            account.user_id,
            via(link),
            account.email.key(),
        ],
    )
}

/// Ends what somebody set up on the account before its mailbox was ever proved: its sessions and password. Its
/// memberships stay.
#[must_use]
pub fn reset_unproved(claim: Claim, account: &NewAccount) -> Vec<Statement> {
    vec![
        Statement::new(
            "UPDATE sessions SET ended_at = ?2
             WHERE ended_at IS NULL AND user_id = (SELECT user_id FROM redemptions WHERE id = ?1)",
            params![claim.id, claim.now],
        ),
        Statement::new(
            "UPDATE users SET name = ?2, name_key = ?4, password_hash = ?3, password_ver = password_ver + 1,
                    mfa_enabled_at = NULL,
                    confined_to = (SELECT i.organization_id FROM redemptions r JOIN invitations i ON i.id = r.invitation_id
                                   WHERE r.id = ?1)
             WHERE email_verified_at IS NULL AND id = (SELECT user_id FROM redemptions WHERE id = ?1)",
            params![claim.id, &account.name, &account.password_hash, account.name.as_str().to_lowercase()],
        ),
    ]
}

/// Makes the account, if the claim is for a new one, and signs it in.
#[must_use]
pub fn make_account(claim: Claim, account: &NewAccount) -> Vec<Statement> {
    vec![
        Statement::new(
            // Whoever came by a copied link is somebody only where that link leads, until they prove their mailbox.
            "INSERT INTO users (id, email, email_key, name, name_key, password_hash, confined_to, created_at)
             SELECT r.user_id, ?5, ?6, ?2, ?7, ?3, i.organization_id, r.redeemed_at
             FROM redemptions r JOIN invitations i ON i.id = r.invitation_id
             WHERE r.id = ?1 AND r.user_id = ?4",
            params![
                claim.id,
                &account.name,
                &account.password_hash,
                account.user_id,
                &account.email,
                account.email.key(),
                account.name.as_str().to_lowercase()
            ],
        ),
        Statement::new(
            "INSERT INTO sessions (id, user_id, token_digest, created_at, expires_at)
             SELECT ?2, user_id, ?3, redeemed_at, ?4 FROM redemptions WHERE id = ?1",
            params![claim.id, account.session_id, &account.session_digest, account.session_ends_at],
        ),
    ]
}

/// Lets the person in: makes them what they were invited as, if somebody else came in under their address; notes that their mailbox is proved if the link came by mail, makes them a member of the
/// organization and of the workspaces they lack, and settles the invitation.
#[must_use]
pub fn let_in(claim: Claim, link: &Link) -> Vec<Statement> {
    vec![
        Statement::new(
            // Before the mailbox is noted as proved.
            "UPDATE members SET role = (SELECT i.role FROM redemptions r JOIN invitations i ON i.id = r.invitation_id
                                        WHERE r.id = ?1)
             WHERE role = 'client' AND id <> ?2 AND id = (
               SELECT r.member_id FROM redemptions r
               JOIN users u ON u.id = r.user_id AND u.email_verified_at IS NULL
               JOIN invitations i ON i.id = r.invitation_id AND i.kind = 'email'
               WHERE r.id = ?1 AND ?3 = 'email')",
            params![claim.id, claim.member_id, via(link)],
        ),
        Statement::new(
            "UPDATE users SET email_verified_at = ?2, confined_to = NULL
             WHERE ?3 = 'email' AND email_verified_at IS NULL
               AND id = (SELECT user_id FROM redemptions WHERE id = ?1)",
            params![claim.id, claim.now, via(link)],
        ),
        Statement::new(
            // A client's seat comes with their memberships, see the triggers.
            "INSERT INTO members (id, organization_id, user_id, role, name, name_key, email_key, takes_seat, joined_at)
             SELECT r.member_id, i.organization_id, r.user_id, i.role, u.name, u.name_key, u.email_key,
                    i.role IN ('admin', 'member'), r.redeemed_at
             FROM redemptions r JOIN invitations i ON i.id = r.invitation_id JOIN users u ON u.id = r.user_id
             WHERE r.id = ?1 AND r.member_id = ?2",
            params![claim.id, claim.member_id],
        ),
        Statement::new(
            // What they have already stays as it is; what they lack comes with the access as it is at this moment. An
            // owner or admin who comes by a link lacks nothing.
            "INSERT INTO memberships (member_id, workspace_id, created_at, permissions, all_resources, addable_kinds,
                                      require_mfa, takes_seat, made_by)
             SELECT r.member_id, x.workspace_id, r.redeemed_at, i.permissions, i.all_resources, i.addable_kinds,
                    i.require_mfa, i.access_takes_seat, r.id
             FROM redemptions r
             JOIN invitations i ON i.id = r.invitation_id
             JOIN invitation_workspaces x ON x.invitation_id = i.id
             JOIN members m ON m.id = r.member_id AND m.role NOT IN ('owner', 'admin')
             WHERE r.id = ?1 ON CONFLICT DO NOTHING",
            params![claim.id],
        ),
        Statement::new(
            "INSERT INTO grants (member_id, workspace_id, resource_id, approve, credentials)
             SELECT p.member_id, p.workspace_id, g.id, coalesce(e.value ->> 'approve', 0), e.value ->> 'credentials'
             FROM redemptions r
             JOIN invitations i ON i.id = r.invitation_id
             JOIN memberships p ON p.member_id = r.member_id AND p.made_by = r.id
             JOIN json_each(i.grants) e
             JOIN resources g ON g.id = e.value ->> 'id' AND g.workspace_id = p.workspace_id AND g.deleted_at IS NULL
             WHERE r.id = ?1 ON CONFLICT DO NOTHING",
            params![claim.id],
        ),
        Statement::new(
            "UPDATE invitations SET uses = uses + 1,
               accepted_at = CASE WHEN kind = 'email' THEN ?2 END,
               accepted_by = CASE WHEN kind = 'email' THEN (SELECT member_id FROM redemptions WHERE id = ?1) END
             WHERE id = (SELECT invitation_id FROM redemptions WHERE id = ?1)",
            params![claim.id, claim.now],
        ),
    ]
}

/// What came of a redemption.
#[derive(Debug, Clone, Deserialize)]
pub struct Joined {
    /// The member.
    pub member_id: MemberId,
    /// Their role; for somebody who was in already, the one they have.
    pub role: crate::domain::role::Role,
    /// The workspaces they are in now.
    #[serde(deserialize_with = "json_text")]
    pub workspace_ids: Vec<crate::domain::ids::WorkspaceId>,
}

/// Reads what the signed-in or just-made person became by this invitation.
#[must_use]
pub fn joined(invitation: InvitationId, session: &str, now: Timestamp) -> Statement {
    Statement::new(
        "SELECT m.id AS member_id, m.role,
                (SELECT json_group_array(workspace_id) FROM memberships WHERE member_id = m.id) AS workspace_ids
         FROM sessions s
         JOIN redemptions r ON r.invitation_id = ?1 AND r.user_id = s.user_id
         JOIN members m ON m.id = r.member_id
         WHERE s.token_digest = ?2 AND s.expires_at > ?3 AND s.ended_at IS NULL",
        params![invitation, session, now],
    )
}

fn via(link: &Link) -> &'static str {
    link.via.as_str()
}

//! Users and their sessions, and who a session's caller is in an organization.

use serde::Deserialize;

use crate::domain::access::{self, AccessRow};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{
    ApiKeyId, InvitationId, JobId, MemberId, OrganizationId, ResourceId, SessionId, UserId, WorkspaceId,
};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::platform::{Database, Statement};
use crate::store::sessions;
use crate::{params, sql};

/// A live session's user.
#[derive(Debug, Clone, Deserialize)]
pub struct SignedIn {
    /// The session.
    pub session_id: SessionId,
    /// When it began.
    pub signed_in_at: Timestamp,
    /// The user.
    pub user_id: UserId,
    /// Their address.
    pub email: EmailAddress,
    /// Their name.
    pub name: String,
    /// When they proved to have that mailbox.
    pub email_verified_at: Option<Timestamp>,
    /// Since when they have a second factor.
    pub mfa_enabled_at: Option<Timestamp>,
}

/// What a sign-in needs of an account.
#[derive(Debug, Deserialize)]
pub struct Credentials {
    /// The account.
    pub id: UserId,
    /// The password's hash, if one was ever set.
    pub password_hash: Option<String>,
    /// What anybody who knows them would try as a password; read only for whoever sets one.
    #[serde(default, deserialize_with = "super::json_text")]
    pub known: Vec<String>,
}

/// What is known of the account `$user` (an alias of `users`), as a JSON array of texts: its address, its name, and the names
/// of its organizations, of which nobody has more than fifty.
macro_rules! known_of {
    ($user:literal) => {
        concat!(
            "(SELECT json_group_array(known) FROM (
               SELECT ",
            $user,
            ".email AS known UNION ALL SELECT ",
            $user,
            ".name UNION ALL SELECT name FROM (
                 SELECT o.name FROM members m JOIN organizations o ON o.id = m.organization_id WHERE m.user_id = ",
            $user,
            ".id AND m.removed_at IS NULL LIMIT 50)))"
        )
    };
}

/// A live session's user, or a program's key, and what they are in one organization.
#[derive(Debug, Clone, Deserialize)]
pub struct Seen {
    /// The key, of a program.
    pub key_id: Option<ApiKeyId>,
    /// What it may do, as JSON.
    pub scopes: Option<String>,
    /// The organization asked about, if it exists.
    pub organization_id: Option<OrganizationId>,
    /// Its template.
    pub template: Option<String>,
    /// What it has changed of the template's policy, as JSON.
    pub policy: Option<String>,
    /// The member the user is in it.
    pub member_id: Option<MemberId>,
    /// That member's role.
    pub role: Option<Role>,
    /// What somebody who doesn't reach everything holds there, as JSON: [`Holding`]s, oldest workspace first.
    pub holdings: Option<String>,
    /// Which of their accesses that is.
    pub access_rev: Option<i64>,
    /// Whether they lack a second factor that the organization asks everybody for; or that each of their memberships, or its
    /// workspace, does, so that they hold nothing; or, for owner and admins, that the workspace asked about does.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub lacks_factor: bool,
}

/// What a member holds in a workspace.
#[derive(Debug, Clone, Deserialize)]
pub struct Holding {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// Null for the default.
    pub permissions: Option<Vec<String>>,
    /// Whether they were given every resource.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub all_resources: bool,
    /// Those they were given, each with whether they approve on it (0 or 1), and with whose credentials.
    pub resources: Vec<(ResourceId, u8, Option<access::Credentials>)>,
}

/// Whose organization is asked about.
#[derive(Debug, Clone, Copy)]
pub enum At<'a> {
    /// It itself.
    Organization(OrganizationId),
    /// It itself, by its slug.
    Slug(&'a str),
    /// An invitation's.
    Invitation(InvitationId),
    /// A member's.
    Member(MemberId),
    /// A workspace's, for what is about that workspace alone: what the caller holds elsewhere is not read, and counts for
    /// nothing.
    Workspace(WorkspaceId),
    /// A workspace's, for what is about others besides.
    Around(WorkspaceId),
    /// A resource's; the same of its workspace.
    Resource(ResourceId),
    /// A job's.
    Job(JobId),
}

/// A statement and its `?3`, which says whose organization is meant: `$statement!` takes the SQL that answers its id, and what
/// narrows the memberships `p` to those that count there.
macro_rules! of_organization {
    ($statement:ident, $at:expr) => {
        match $at {
            At::Organization(id) => ($statement!("?3", ""), id.to_string()),
            At::Slug(slug) => {
                ($statement!("(SELECT id FROM organizations WHERE slug = ?3)", ""), slug.to_owned())
            }
            At::Invitation(id) => {
                ($statement!("(SELECT organization_id FROM invitations WHERE id = ?3)", ""), id.to_string())
            }
            At::Member(id) => {
                ($statement!("(SELECT organization_id FROM members WHERE id = ?3)", ""), id.to_string())
            }
            At::Around(id) => {
                ($statement!("(SELECT organization_id FROM workspaces WHERE id = ?3)", ""), id.to_string())
            }
            At::Workspace(id) => (
                $statement!(
                    "(SELECT organization_id FROM workspaces WHERE id = ?3)",
                    " AND p.workspace_id = ?3"
                ),
                id.to_string(),
            ),
            At::Resource(id) => (
                $statement!(
                    "(SELECT organization_id FROM resources WHERE id = ?3 AND deleted_at IS NULL)",
                    " AND p.workspace_id = (SELECT workspace_id FROM resources WHERE id = ?3)"
                ),
                id.to_string(),
            ),
            At::Job(id) => ($statement!("(SELECT organization_id FROM jobs WHERE id = ?3)", ""), id.to_string()),
        }
    };
}

/// A workspace somebody reaches.
#[derive(Debug, Deserialize)]
pub struct Reached {
    /// The workspace's id.
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub workspace_name: String,
    /// Its organization's id.
    pub organization_id: OrganizationId,
    /// The organization's name.
    pub organization_name: String,
    /// The organization's slug.
    pub organization_slug: String,
    /// The organization's template.
    pub template: String,
    /// What it has changed of the template's policy, as JSON.
    pub policy: Option<String>,
    /// The role there.
    pub role: Role,
    /// Whether their account has a second factor.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub second_factor: bool,
    /// Whether the workspace, or its organization, asks everybody for one.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub asked_of_all: bool,
    /// What they were given there.
    #[serde(flatten)]
    pub access: AccessRow,
}

/// Who holds this session.
///
/// # Errors
/// The database's.
pub async fn signed_in(db: &impl Database, digest: &str, now: Timestamp) -> Result<Option<SignedIn>> {
    Ok(db.run(select_signed_in(digest, now)).await?.first()?)
}

/// Reads [`SignedIn`].
#[must_use]
pub fn select_signed_in(digest: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!("SELECT s.id AS session_id, s.created_at AS signed_in_at, u.id AS user_id, u.email, u.name, u.email_verified_at, u.mfa_enabled_at
         FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.token_digest = ?1 AND s.expires_at > ?2 AND s.ended_at IS NULL"),
        params![digest, now],
    )
}

/// What somebody is in the organization `o`, as the member `m` whose account is `u`, if they are one: the columns of [`Seen`],
/// with the role of whoever is none. `$which` narrows the memberships `p` to those that are asked about.
macro_rules! seen_columns {
    ($role:literal, $which:literal) => {
        concat!(
            "o.id AS organization_id, o.template, o.policy, m.id AS member_id, ",
            $role,
            " AS role,
             CASE WHEN m.role IN ('member', 'client') THEN (
               SELECT json_group_array(json_object(
                        'workspace_id', p.workspace_id, 'permissions', json(p.permissions),
                        'all_resources', p.all_resources,
                        'resources', json((SELECT json_group_array(json_array(g.resource_id, g.approve, g.credentials)) FROM grants g
                                      WHERE g.member_id = p.member_id AND g.workspace_id = p.workspace_id)))
                        ORDER BY p.workspace_id)
               FROM memberships p JOIN workspaces w ON w.id = p.workspace_id
               WHERE p.member_id = m.id AND (max(p.require_mfa, w.require_mfa) = 0 OR u.mfa_enabled_at IS NOT NULL)",
            $which,
            ") END AS holdings,
             coalesce(m.access_rev, 0) AS access_rev,
             m.id IS NOT NULL AND u.mfa_enabled_at IS NULL AND (o.require_mfa = 1
               OR CASE WHEN m.role IN ('member', 'client')
                    THEN EXISTS (SELECT 1 FROM memberships p WHERE p.member_id = m.id)
                      AND NOT EXISTS (SELECT 1 FROM memberships p JOIN workspaces w ON w.id = p.workspace_id
                                      WHERE p.member_id = m.id AND p.require_mfa = 0 AND w.require_mfa = 0)
                    ELSE EXISTS (SELECT 1 FROM workspaces w
                                 WHERE w.organization_id = o.id AND w.require_mfa = 1) END)
               AS lacks_factor"
        )
    };
}

/// Reads [`Seen`]: who holds this session, and what they are in an organization. An account whose mailbox nobody proved is
/// somebody only in the organization that it is confined to. A membership that asks for a second factor, or whose workspace
/// does, counts for nothing until there is one; and the owner and admins, who reach every workspace, are asked by any.
#[must_use]
pub fn seen(digest: &str, at: At<'_>, now: Timestamp) -> Statement {
    macro_rules! seen_at {
        ($organization:literal, $which:literal) => {
            sql!(concat!(
                "SELECT ",
                seen_columns!("m.role", $which),
                " FROM sessions s
                 JOIN users u ON u.id = s.user_id
                 LEFT JOIN organizations o ON o.id = ",
                $organization,
                " LEFT JOIN members m ON m.organization_id = o.id AND m.user_id = u.id AND m.removed_at IS NULL
                   AND (u.email_verified_at IS NOT NULL OR u.confined_to = o.id)
                 WHERE s.token_digest = ?1 AND s.expires_at > ?2 AND s.ended_at IS NULL"
            ))
        };
    }
    let (sql, id) = of_organization!(seen_at, at);
    Statement::new(sql, params![digest, now, id])
}

/// Reads [`Seen`]: whose key this is, and what it is in an organization: what an admin is, or what this member of it is. Of
/// another organization there is nothing. In the owner's name only a key acts that they made themselves, or the operator did: an
/// admin who makes keys is no owner by them.
#[must_use]
pub fn program(digest: &str, at: At<'_>, member: Option<MemberId>, now: Timestamp) -> Statement {
    macro_rules! program_at {
        ($organization:literal, $which:literal) => {
            sql!(concat!(
                "SELECT k.id AS key_id, k.scopes, ",
                seen_columns!("iif(?2 IS NULL, 'admin', m.role)", $which),
                " FROM api_keys k
                 LEFT JOIN organizations o ON o.id = k.organization_id AND o.id = ",
                $organization,
                " LEFT JOIN members m ON m.id = ?2 AND m.organization_id = o.id AND m.removed_at IS NULL
                   AND (m.role <> 'owner' OR k.created_by IS NULL OR k.created_by = m.id)
                   AND EXISTS (SELECT 1 FROM users u WHERE u.id = m.user_id AND ",
                is_somebody!(),
                ")
                 LEFT JOIN users u ON u.id = m.user_id
                 WHERE k.token_digest = ?1 AND k.revoked_at IS NULL AND coalesce(k.expires_at, ?4 + 1) > ?4"
            ))
        };
    }
    let (sql, id) = of_organization!(program_at, at);
    Statement::new(sql, params![digest, member, id, now])
}

/// Reads the [`Credentials`] of an address's account, for signing in.
#[must_use]
pub fn credentials(email: &EmailAddress) -> Statement {
    Statement::new(sql!("SELECT id, password_hash FROM users WHERE email_key = ?1"), params![email.key()])
}

/// Keeps the same password with a hash of other parameters, for whoever has just signed in with it.
#[must_use]
pub fn rehash(user: UserId, old_hash: &str, new_hash: &str) -> Statement {
    Statement::new(
        sql!("UPDATE users SET password_hash = ?3 WHERE id = ?1 AND password_hash = ?2"),
        params![user, old_hash, new_hash],
    )
}

/// Sets another password, if the account still has the one of the old hash. `RETURNING` tells.
#[must_use]
pub fn set_password(user: UserId, old_hash: &str, new_hash: &str) -> Statement {
    Statement::new(
        sql!(
            "UPDATE users SET password_hash = ?3, password_ver = password_ver + 1
         WHERE id = ?1 AND password_hash = ?2 RETURNING id"
        ),
        params![user, old_hash, new_hash],
    )
}

/// Reads the [`Credentials`] of whoever holds this session.
#[must_use]
pub fn select_credentials_of(digest: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT u.id, u.password_hash, ",
            known_of!("u"),
            " AS known FROM sessions s JOIN users u ON u.id = s.user_id
              WHERE s.token_digest = ?1 AND s.expires_at > ?2 AND s.ended_at IS NULL"
        )),
        params![digest, now],
    )
}

/// Who holds this session, with a page of the workspaces that they reach. One round trip.
///
/// # Errors
/// The database's.
pub async fn signed_in_and_reached(
    db: &impl Database,
    digest: &str,
    before: Option<WorkspaceId>,
    limit: i64,
    now: Timestamp,
) -> Result<Option<(SignedIn, Vec<Reached>)>> {
    let reached = reached(digest, before, limit, now);
    let batch = vec![select_signed_in(digest, now), reached, sessions::used(digest, now)];
    let results = db.batch(batch).await?;
    let [me, reached, _] = results.as_slice() else {
        return Err(Error::Internal("three results".to_owned()));
    };
    me.first()?.map(|me| Ok((me, reached.rows()?))).transpose()
}

/// Reads a page of the workspaces that whoever holds this session [reaches](Reached): all of an organization to its owner and
/// admins, else those of their memberships. Newest first.
#[must_use]
pub fn reached(digest: &str, before: Option<WorkspaceId>, limit: i64, now: Timestamp) -> Statement {
    let before = before.map_or_else(|| super::workspaces::LAST.to_owned(), |id| id.to_string());
    // The members that the session's user is: in one arm those who reach every workspace, in the other those who were put
    // in some, so that neither reads a workspace that it doesn't show.
    macro_rules! members {
        () => {
            "FROM sessions s
             JOIN users u ON u.id = s.user_id
             JOIN members m ON m.user_id = s.user_id AND m.removed_at IS NULL
               AND (u.email_verified_at IS NOT NULL OR u.confined_to = m.organization_id)"
        };
    }
    macro_rules! live {
        () => {
            "WHERE s.token_digest = ?1 AND s.expires_at > ?2 AND s.ended_at IS NULL"
        };
    }
    Statement::new(
        sql!(concat!(
            "SELECT w.id AS workspace_id, w.name AS workspace_name, o.id AS organization_id,
                    o.name AS organization_name, o.slug AS organization_slug, o.template, o.policy, role,
                    second_factor, ",
            asked_of_all!("role"),
            " AS asked_of_all, ",
            access_of!("p"),
            " FROM (SELECT m.id AS member, m.role AS role, u.mfa_enabled_at IS NOT NULL AS second_factor, w.id AS reached ",
            members!(),
            " JOIN workspaces w ON w.organization_id = m.organization_id AND w.id < ?3 ",
            live!(),
            " AND m.role IN ('owner', 'admin')
               UNION ALL
               SELECT m.id, m.role, u.mfa_enabled_at IS NOT NULL, x.workspace_id ",
            members!(),
            " JOIN memberships x ON x.member_id = m.id AND x.workspace_id < ?3 ",
            live!(),
            " AND m.role IN ('member', 'client')
               ORDER BY reached DESC LIMIT ?4)
             CROSS JOIN workspaces w ON w.id = reached
             JOIN organizations o ON o.id = w.organization_id
             LEFT JOIN memberships p ON p.member_id = member AND p.workspace_id = w.id
             ORDER BY w.id DESC"
        )),
        params![digest, now, before, limit],
    )
}

//! Members: reading one, and listing them. Changing one is in [`change_member`](super::change_member).

use serde::{Deserialize, Serialize};

use super::json_text;
use crate::domain::access::AccessRow;
use crate::domain::authority::Actor;
use crate::domain::ids::{MemberId, OrganizationId, UserId, WorkspaceId};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::domain::truth;
use crate::platform::{Param, Statement};
use crate::store::workspaces::LAST;
use crate::{params, sql};

/// A member, with what only reading shows of them.
#[derive(Debug, Clone, Deserialize)]
pub struct Member {
    /// Their id in this organization.
    pub id: MemberId,
    /// The person.
    #[serde(deserialize_with = "json_text")]
    pub user: Person,
    /// What only staff call them (S0-05).
    pub nickname: Option<String>,
    /// What they are.
    pub role: Role,
    /// `active` or `removed`.
    pub status: Status,
    /// Whether they ever came in by themselves (S4-10): somebody who was added at once has no password yet.
    #[serde(deserialize_with = "truth")]
    pub came_in: bool,
    /// Whether their account has a second factor.
    #[serde(deserialize_with = "truth")]
    pub second_factor: bool,
    /// Whether they take a seat now.
    #[serde(deserialize_with = "truth")]
    pub takes_seat: bool,
    /// The oldest of the workspaces they were put in, and one more than [`MOST_PLACES`] at most; owner and admins reach all
    /// without being put in any.
    #[serde(deserialize_with = "json_text")]
    pub workspaces: Vec<Placed>,
    /// When they came in.
    pub joined_at: Timestamp,
    /// When they were removed.
    pub removed_at: Option<Timestamp>,
    /// The host product's own id of them, if it vouched for them.
    pub subject: Option<String>,
}

impl Member {
    /// Their nickname as this actor may see it: staff may, but nobody their own unless they could change it.
    #[must_use]
    pub fn nickname_for(&self, actor: &Actor) -> Option<String> {
        let is_told = actor.administers() || actor.role != Role::Client && !actor.is(self.id);
        self.nickname.clone().filter(|_| is_told)
    }
}

/// Who a member is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
pub struct Person {
    /// Their account.
    pub id: UserId,
    /// Its address.
    pub email: String,
    /// What this organization calls them.
    pub name: String,
}

/// A workspace that somebody was put in.
#[derive(Debug, Clone, Deserialize)]
pub struct Placed {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// Whether it asks everybody for a second factor, or its organization does.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub asked_of_all: bool,
    /// What they were given there.
    #[serde(flatten)]
    pub access: AccessRow,
}

/// A workspace by name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WorkspaceName {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
}

/// Whether a member is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "MemberStatus"))]
pub enum Status {
    /// In.
    Active,
    /// Was removed; the row keeps the history.
    Removed,
}

/// The columns of [`Member`], from `members m` and `users u`.
///
/// A row holds the member's grants: at most a workspace's resources, of which there are a thousand at most, for each workspace
/// of the oldest [`MOST_PLACES`] that they were put in, and of one more. What one request gives is at most 500 of them. Where
/// `$only` is a workspace, of those only that is read.
macro_rules! member_columns {
    ($only:literal) => {
        concat!(
            "m.id, m.nickname, m.role, m.holds_seat AS takes_seat, m.joined_at, m.removed_at, ",
            came_in!(),
            " AS came_in,
             u.mfa_enabled_at IS NOT NULL AS second_factor,
             (SELECT d.subject FROM identities d WHERE d.user_id = m.user_id AND d.organization_id = m.organization_id
              LIMIT 1) AS subject,
             iif(m.active, 'active', 'removed') AS status,
             json_object('id', u.id, 'email', coalesce(m.email, u.email), 'name', m.name) AS user,
             (SELECT json_group_array(json_object('id', w.id, 'name', w.name, 'permissions', p.permissions,
                       'all_resources', p.all_resources, 'addable_kinds', p.addable_kinds,
                       'require_mfa', p.require_mfa, 'asked_of_all', ",
            asked_of_all!("m.role"),
            ", 'grants', ",
            grants_of!("p"),
            // A text, as where an access stands in columns of its own.
            " || '') ORDER BY w.id)
              FROM (SELECT workspace_id AS place FROM memberships
                    WHERE member_id = m.id AND workspace_id BETWEEN coalesce(",
            $only,
            ", '') AND coalesce(",
            $only,
            ", '~') ORDER BY workspace_id LIMIT 101)
              CROSS JOIN memberships p ON p.member_id = m.id AND p.workspace_id = place
              CROSS JOIN workspaces w ON w.id = place
              CROSS JOIN organizations o ON o.id = w.organization_id) AS workspaces"
        )
    };
}

/// A member as a line of a file: [`COLUMNS`] as JSON texts. Only of the oldest hundred of their workspaces the names are told.
#[derive(Debug, Deserialize)]
pub struct Line {
    /// Who.
    pub id: MemberId,
    /// What is told of them.
    #[serde(deserialize_with = "json_text")]
    pub cells: Vec<Option<String>>,
}

/// The columns of a [`Line`], as the API calls them.
pub const COLUMNS: [&str; 9] =
    ["name", "email", "nickname", "role", "workspaces", "takes_seat", "joined_at", "removed_at", "member_id"];

macro_rules! cells {
    () => {
        concat!(
            "m.id, json_array(m.name, coalesce(m.email, u.email), m.nickname, m.role, iif(m.role IN ('owner', 'admin'), 'all', (
               SELECT group_concat(w.name, '; ') FROM (SELECT workspace_id AS place FROM memberships
                 WHERE member_id = m.id ORDER BY workspace_id LIMIT 100)
               CROSS JOIN workspaces w ON w.id = place
               WHERE ?9 IS NULL OR place IN (SELECT value FROM json_each(?9)))),
             iif(m.holds_seat, 'yes', 'no'), ",
            rfc3339!("m.joined_at"),
            ", ",
            rfc3339!("m.removed_at"),
            ", m.id) AS cells"
        )
    };
}

/// As many of the workspaces that somebody was put in as one answer shows; one more is read.
pub const MOST_PLACES: usize = 100;

/// One member, as a statement for a batch.
#[must_use]
pub fn select(id: MemberId) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT ",
            member_columns!("NULL"),
            " FROM members m JOIN users u ON u.id = m.user_id WHERE m.id = ?1"
        )),
        params![id],
    )
}

/// The same with what they have in this workspace alone.
#[must_use]
pub fn select_in(id: MemberId, workspace: WorkspaceId) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT ",
            member_columns!("?2"),
            " FROM members m JOIN users u ON u.id = m.user_id WHERE m.id = ?1"
        )),
        params![id, workspace],
    )
}

/// Who let a member in, and what else only the member's own page shows.
#[derive(Debug, Clone, Deserialize)]
pub struct Host {
    /// What they are called; nothing if it was the operator.
    pub name: Option<String>,
    /// Whether somebody proved the mailbox of the member's account.
    #[serde(deserialize_with = "truth")]
    pub confirmed: bool,
}

/// Reads the [`Host`] of a member: who invited them, or added them at once.
#[must_use]
pub fn select_host(id: MemberId) -> Statement {
    Statement::new(
        sql!("SELECT coalesce(
           (SELECT n.name FROM redemptions r JOIN invitations i ON i.id = r.invitation_id JOIN members n ON n.id = i.invited_by
            WHERE r.member_id = m.id ORDER BY r.id LIMIT 1),
           (SELECT n.name FROM audit_events a JOIN members n ON n.id = a.actor
            WHERE a.organization_id = m.organization_id AND a.subject = m.id AND a.action = 'member.added' LIMIT 1)) AS name,
           EXISTS (SELECT 1 FROM users u WHERE u.id = m.user_id AND u.email_verified_at IS NOT NULL) AS confirmed
         FROM members m WHERE m.id = ?1"),
        params![id],
    )
}

/// Which members.
#[derive(Debug)]
pub struct Filter {
    /// In or removed.
    pub status: Status,
    /// In these roles only; none named is any.
    pub roles: Vec<Role>,
    /// In this workspace only.
    pub workspace: Option<WorkspaceId>,
    /// Whose name, address or nickname begins with this, in lower case.
    pub prefix: Option<String>,
    /// The one workspace of theirs that is told of, where no other matters.
    pub only: Option<WorkspaceId>,
}

/// A list that begins at `$from`, where each member it finds costs one row; what remains is filtered on the way.
macro_rules! page_of {
    ($columns:expr, $from:expr, $which:expr) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM ",
            $from,
            " CROSS JOIN users u ON u.id = m.user_id WHERE m.organization_id = ?1 AND m.active = ?2",
            $which,
            " LIMIT ?4"
        )
    };
}

/// The list of those whose ids `$chosen` answers as `chosen`, a page of them: only of these is all that a list shows read.
macro_rules! page_of_chosen {
    ($columns:expr, $chosen:expr) => {
        page_of!(
            $columns,
            concat!("(", $chosen, ") CROSS JOIN members m ON m.id = chosen"),
            " ORDER BY m.id DESC"
        )
    };
}

/// A list of [`Member`]s, and the same of [`Line`]s.
macro_rules! both {
    ($page:ident, $($of:expr),+) => {
        (
            sql!($page!(member_columns!("?9"), $($of),+)),
            sql!($page!(cells!(), $($of),+)),
        )
    };
}

/// The newest ids of each role that is asked for, as many as a page has at most: of each, what `$of_one` answers for the role
/// `r` is one range of an index, whose order it has.
macro_rules! newest {
    ($of_one:expr) => {
        concat!(
            "SELECT x.value AS chosen FROM json_each(?5) r
             CROSS JOIN json_each((SELECT json_group_array(id) FROM (",
            $of_one,
            " ORDER BY id DESC LIMIT ?4))) x ORDER BY x.value DESC LIMIT ?4"
        )
    };
}

/// In a workspace, which is the organization's or has nobody.
macro_rules! of_workspace {
    () => {
        "s.workspace_id = (SELECT id FROM workspaces WHERE id = ?6 AND organization_id = ?1)
         AND s.member_active = ?2 AND s.member_id < ?3"
    };
}

/// A page of members, newest first. Each filter is a range of an index, so that what it leaves out costs nothing. A search
/// has a bound instead: it looks at the first thousand names, addresses and nicknames each that begin with the prefix, in
/// alphabetical order, and the other filters choose among these.
#[must_use]
pub fn page(
    organization: OrganizationId,
    filter: &Filter,
    before: Option<MemberId>,
    limit: i64,
) -> Statement {
    let ((sql, _), mut params) = list(organization, filter, before, limit);
    params.push(filter.only.into());
    Statement::new(sql, params)
}

/// A page of those whom the host product vouched for as this subject: one who is in, or whom that was each time they were removed.
#[must_use]
pub fn of_subject(
    organization: OrganizationId,
    subject: &str,
    status: Status,
    before: Option<MemberId>,
    limit: i64,
) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT ",
            member_columns!("NULL"),
            " FROM identities i CROSS JOIN members m ON m.user_id = i.user_id AND m.organization_id = i.organization_id
             CROSS JOIN users u ON u.id = m.user_id
             WHERE i.organization_id = ?1 AND i.subject = ?2 AND m.active = ?3 AND m.id < coalesce(?5, '~')
             ORDER BY m.id DESC LIMIT ?4"
        )),
        params![organization, subject, i64::from(status == Status::Active), limit, before],
    )
}

/// A page of the same list as [`Line`]s. Of their workspaces only `reach` is told, or each if that is none.
#[must_use]
pub fn lines(
    organization: OrganizationId,
    filter: &Filter,
    before: Option<MemberId>,
    limit: i64,
    reach: Option<&[WorkspaceId]>,
) -> Statement {
    let ((_, sql), mut params) = list(organization, filter, before, limit);
    params.push(reach.map(|reach| serde_json::json!(reach).to_string()).into());
    Statement::new(sql, params)
}

/// The two statements of a list, and what both take.
fn list(
    organization: OrganizationId,
    filter: &Filter,
    before: Option<MemberId>,
    limit: i64,
) -> ((&'static str, &'static str), Vec<Param>) {
    let before = before.map_or_else(|| LAST.to_owned(), |id| id.to_string());
    let mut params = params![organization, filter.status == Status::Active, before, limit];
    let roles = Some(&filter.roles).filter(|roles| !roles.is_empty());
    let roles = roles.map(|roles| serde_json::json!(roles).to_string());
    let sql = match (&filter.prefix, filter.workspace, roles) {
        (Some(prefix), workspace, roles) => {
            params.extend(params![roles, workspace, prefix, format!("{prefix}\u{10ffff}")]);
            both!(
                page_of_chosen,
                "SELECT m.id AS chosen FROM (SELECT id AS found FROM (SELECT id FROM members
                   WHERE organization_id = ?1 AND active = ?2 AND name_key >= ?7 AND name_key < ?8
                   ORDER BY name_key LIMIT 1000)
                 UNION SELECT id FROM (SELECT id FROM members
                   WHERE organization_id = ?1 AND active = ?2 AND email_key >= ?7 AND email_key < ?8
                   ORDER BY email_key LIMIT 1000)
                 UNION SELECT id FROM (SELECT id FROM members
                   WHERE organization_id = ?1 AND active = ?2 AND nickname_key >= ?7 AND nickname_key < ?8
                   ORDER BY nickname_key LIMIT 1000))
                 CROSS JOIN members m ON m.id = found
                 WHERE m.organization_id = ?1 AND m.active = ?2 AND m.id < ?3
                   AND (?5 IS NULL OR m.role IN (SELECT value FROM json_each(?5)))
                   AND (?6 IS NULL OR EXISTS (SELECT 1 FROM memberships s WHERE s.workspace_id = ?6 AND s.member_id = m.id))
                 ORDER BY m.id DESC LIMIT ?4"
            )
        }
        (None, Some(workspace), Some(roles)) => {
            params.extend(params![roles, workspace]);
            both!(
                page_of_chosen,
                newest!(concat!(
                    "SELECT s.member_id AS id FROM memberships s INDEXED BY memberships_by_role WHERE ",
                    of_workspace!(),
                    " AND s.member_role = r.value"
                ))
            )
        }
        (None, Some(workspace), None) => {
            params.extend(params![None::<&str>, workspace]);
            both!(
                page_of,
                "memberships s INDEXED BY memberships_of_workspace CROSS JOIN members m ON m.id = s.member_id",
                concat!(" AND ", of_workspace!(), " AND ?5 IS NULL ORDER BY s.member_id DESC")
            )
        }
        (None, None, Some(roles)) => {
            params.push(roles.into());
            both!(
                page_of_chosen,
                newest!(
                    "SELECT m.id FROM members m INDEXED BY members_by_role
                 WHERE m.organization_id = ?1 AND m.active = ?2 AND m.role = r.value AND m.id < ?3"
                )
            )
        }
        (None, None, None) => both!(page_of, "members m", " AND m.id < ?3 ORDER BY m.id DESC"),
    };
    params.resize(8, Param::Null);
    (sql, params)
}

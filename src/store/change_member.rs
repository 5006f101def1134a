//! Changing what a member is or is called: its claim, and the writes that hang on it.

use serde::Deserialize;

use super::audit::Entry;
use crate::domain::access::Access;
use crate::domain::authority::Principal;
use crate::domain::change::Change;
use crate::domain::ids::{MemberId, NotificationId, OrganizationId};
use crate::domain::role::Role;
use crate::domain::template::Template;
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::domain::truth;
use crate::platform::Statement;
use crate::{params, sql};

/// What is changed of a member. What is `None` stays.
#[derive(Debug)]
pub struct Update {
    /// Who.
    pub member: MemberId,
    /// What they were when it was decided that this may be.
    pub from: Role,
    /// What the actor was then.
    pub by: Role,
    /// What they become.
    pub role: Option<Role>,
    /// Whether what they may do by default then works with somebody's credentials (S2-13).
    pub needs_credentials: bool,
    /// What the organization calls them from now on.
    pub name: Option<Name>,
    /// What staff call them from now on.
    pub nickname: Change<Name>,
}

impl Update {
    fn renames_privately(&self) -> bool {
        self.nickname != Change::Keep
    }

    fn nickname(&self) -> Option<&Name> {
        if let Change::Set(nickname) = &self.nickname { Some(nickname) } else { None }
    }

    /// What the audit log calls it.
    fn action(&self) -> &'static str {
        if self.role.is_some() { "member.role_changed" } else { "member.renamed" }
    }
}

/// The oldest workspace of the organization that the member `m` is in.
macro_rules! first_workspace {
    () => {
        "(SELECT min(id) FROM workspaces WHERE organization_id = m.organization_id)"
    };
}

/// Whether the member `m` has to be put in a workspace when they become this: they are in none and reach none by their role.
macro_rules! to_be_placed {
    ($role:literal) => {
        concat!(
            "(",
            $role,
            " IN ('member', 'client') AND NOT EXISTS (SELECT 1 FROM memberships p WHERE p.member_id = m.id))"
        )
    };
}

/// Claims a change: only of an active member who is still what they were, by an actor who is too, if the plan has what a
/// client's own lists of permissions need, and a seat is free where the change takes a new one. `RETURNING` tells.
///
/// A change of role tells what they have in every workspace, before and after: what it means depends on the role.
#[must_use]
pub fn claim(entry: &Entry, update: &Update) -> Statement {
    let mut params = entry.params(update.action());
    params.extend(params![
        update.member,
        update.from,
        update.by,
        update.role,
        update.name.as_ref(),
        update.needs_credentials,
        update.renames_privately(),
        update.nickname(),
    ]);
    Statement::new(
        sql!(audited!(
            "m.id",
            concat!(
                "json_patch(json_object('role', m.role, 'name', m.name), json_patch(iif(?12, json_object('nickname', m.nickname), '{}'), iif(?9 IS NULL, '{}', ",
                memberships_told!(),
                ")))"
            ),
            concat!(
                "json_patch(json_object('role', coalesce(?9, m.role), 'name', coalesce(?10, m.name)),
                   json_patch(iif(?12, json_object('nickname', ?13), '{}'), CASE WHEN ?9 IS NULL THEN '{}'
                        WHEN ",
                to_be_placed!("?9"),
                " THEN json_object('memberships', json_array(",
                told!(
                    concat!("'workspace_id', ", first_workspace!()),
                    "NULL",
                    "0",
                    "'[]'",
                    "NULL",
                    "'[]'",
                    "0"
                ),
                "), 'more', 0) ELSE ",
                memberships_told!(concat!(
                    "iif(permissions IS NULL, ",
                    settled_credentials!("?11"),
                    ", e.value ->> 'credentials')"
                )),
                " END))"
            ),
            concat!(
                "FROM members m
                 JOIN organizations o ON o.id = m.organization_id
                 WHERE m.id = ?6 AND m.role = ?7 AND m.removed_at IS NULL AND ",
                still_is!("?8"),
                " AND (?9 IS NOT 'client' OR ",
                may_customize!(),
                " OR NOT EXISTS (SELECT 1 FROM memberships p WHERE p.member_id = m.id AND p.permissions IS NOT NULL))
                 AND (?9 IS NULL OR m.takes_seat = 1
                      OR (?9 = 'client' AND NOT EXISTS (
                            SELECT 1 FROM memberships p WHERE p.member_id = m.id AND p.takes_seat = 1))
                      OR ",
                seat_free!("?2", concat!("1 - ", reserved_for!("m.user_id", "?2"))),
                ")"
            )
        )),
        params,
    )
}

/// Changes what was claimed. The triggers keep the seats.
#[must_use]
pub fn apply(entry: &Entry, update: &Update) -> Statement {
    let name = update.name.as_ref();
    Statement::new(
        sql!(concat!(
            "UPDATE members SET role = coalesce(?3, role), name = coalesce(?4, name),
               name_key = coalesce(?5, name_key),
               nickname = iif(?6, ?7, nickname), nickname_key = iif(?6, ?8, nickname_key)
             WHERE id = ?2 AND ",
            claimed!("?1")
        )),
        params![
            entry.id,
            update.member,
            update.role,
            name,
            name.map(Name::key),
            update.renames_privately(),
            update.nickname(),
            update.nickname().map(Name::key)
        ],
    )
}

/// Puts somebody who no longer reaches every workspace into the oldest one, as an invitation would, if they are in none: an
/// admin never needed to be in any.
#[must_use]
pub fn place(entry: &Entry, member: MemberId, role: Role, template: &Template) -> Statement {
    let takes_seat = role == Role::Client && Access::default().takes_seat(template);
    Statement::new(
        sql!(concat!(
            "INSERT INTO memberships (member_id, workspace_id, created_at, takes_seat, made_by)
             SELECT m.id, w.id, ?4, ?5, ?1
             FROM members m JOIN workspaces w ON w.id = ",
            first_workspace!(),
            " WHERE m.id = ?2 AND ",
            to_be_placed!("?3"),
            " AND ",
            claimed!("?1")
        )),
        params![entry.id, member, role, entry.at, takes_seat],
    )
}

/// Brings the credentials of a member's grants in line with what their new role may do by default (S2-13). Own lists of
/// permissions mean the same in every role.
#[must_use]
pub fn settle_credentials(entry: &Entry, update: &Update) -> Statement {
    Statement::new(
        sql!(concat!(
            "UPDATE grants SET credentials = iif(?3, coalesce(credentials, 'owner'), NULL)
             WHERE member_id = ?2 AND ",
            claimed!("?1"),
            " AND (SELECT p.permissions IS NULL FROM memberships p
                   WHERE p.member_id = grants.member_id AND p.workspace_id = grants.workspace_id)"
        )),
        params![entry.id, update.member, update.needs_credentials],
    )
}

/// Tells a member that they have another role, where they see it the next time they come: no mail goes out.
#[must_use]
pub fn notify_of_role(id: NotificationId, entry: &Entry, member: MemberId) -> Statement {
    Statement::new(
        sql!(concat!(
            "INSERT INTO notifications (id, user_id, organization_id, kind, about, created_at)
             SELECT ?2, m.user_id, m.organization_id, 'member.role_changed', json_object('member_id', m.id), ?4
             FROM members m WHERE m.id = ?3 AND ",
            claimed!("?1")
        )),
        params![entry.id, id, member, entry.at],
    )
}

/// What a change of a member or of the ownership can stand against.
#[allow(clippy::struct_excessive_bools, reason = "a row's columns")]
#[derive(Debug, Deserialize)]
pub struct Obstacles {
    /// What they are.
    pub role: Role,
    /// Whether they are in.
    #[serde(deserialize_with = "truth")]
    pub active: bool,
    /// Whether they proved their address.
    #[serde(deserialize_with = "truth")]
    pub proved: bool,
    /// Whether they have a list of permissions of their own in some workspace.
    #[serde(deserialize_with = "truth")]
    pub customized: bool,
    /// What the actor is, if they still are in.
    pub actor_role: Option<Role>,
    /// When the trial ends.
    pub trial_ends_at: Option<Timestamp>,
    /// Whether the plan has the feature that a client's own list of permissions needs.
    #[serde(deserialize_with = "truth")]
    pub may_customize: bool,
}

/// Reads the [`Obstacles`] of a member in an organization; nothing if they never were in it.
#[must_use]
pub fn select_obstacles(organization: OrganizationId, member: MemberId, actor: Principal) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT m.role, m.active, u.email_verified_at IS NOT NULL AS proved, o.trial_ends_at,
                    EXISTS (SELECT 1 FROM memberships p WHERE p.member_id = m.id AND p.permissions IS NOT NULL) AS customized,
                    coalesce((SELECT a.role FROM members a WHERE a.id = ?3 AND a.removed_at IS NULL),
                             iif(",live_key!("?3"),", 'admin', NULL)) AS actor_role, ",
            may_customize!(),
            " AS may_customize
             FROM members m JOIN organizations o ON o.id = m.organization_id JOIN users u ON u.id = m.user_id
             WHERE m.id = ?2 AND m.organization_id = ?1"
        )),
        params![organization, member, actor],
    )
}

//! Listing invitations, as [`Record`](super::invitations::Record)s. What lists of a workspace are filtered by is a copy in `invitation_workspaces`, kept by triggers.

use crate::domain::ids::{InvitationId, OrganizationId, WorkspaceId};
use crate::domain::invitation::{Kind, Status};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::params;
use crate::platform::{Param, Statement};
use crate::sql;
use crate::store::workspaces::LAST;

/// Which invitations.
#[derive(Debug)]
pub struct Filter {
    /// Of these roles: those that the caller may invite.
    pub roles: Vec<Role>,
    /// In this state only.
    pub status: Option<Status>,
    /// Of this kind only.
    pub kind: Option<Kind>,
    /// Into this workspace only.
    pub workspace: Option<WorkspaceId>,
    /// Whether it is told what their inviters are called.
    pub with_inviters: bool,
    /// Whose address, name or nickname begins with this, in lower case.
    pub prefix: Option<String>,
}

/// The list of the invitations that `$found` answers, whole and newest first. Their workspaces are read out here, for those
/// alone that are shown.
macro_rules! list_of {
    ($found:expr) => {
        concat!(
            "SELECT ",
            invitation_columns!(),
            ", iif(?11, (SELECT name FROM members WHERE id = i.invited_by), NULL) AS inviter_name FROM (",
            $found,
            ") i ORDER BY i.id DESC"
        )
    };
}

/// The list of those whose ids `$found` answers.
macro_rules! page_of {
    ($found:expr, $which:expr) => {
        list_of!(concat!(
            "SELECT i.* FROM invitations i WHERE i.id IN (",
            $found,
            ") AND i.organization_id = ?1 AND i.id < ?2",
            $which,
            " ORDER BY i.id DESC LIMIT ?3"
        ))
    };
}

/// `$columns` of the newest of each role and kind that is shown, so many as a page has: for the role `r` and the kind `k`,
/// `$of_one` is one range of an index, whose order it has. SQLite leaves a range at the first entry that is older than all of a
/// full page, because the range is the innermost loop: nothing may be joined after it, and no `EXISTS` asked of it, which would be joined.
macro_rules! newest {
    ($columns:literal, $of_one:expr) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM json_each(?4) r CROSS JOIN json_each(?5) k CROSS JOIN ",
            $of_one,
            " ORDER BY id DESC LIMIT ?3"
        )
    };
}

macro_rules! newest_of_organization {
    ($columns:literal, $index:literal, $which:literal) => {
        newest!(
            $columns,
            concat!(
                "invitations i INDEXED BY ",
                $index,
                " WHERE i.organization_id = ?1 AND i.role = r.value AND i.kind = k.value AND i.id < ?2",
                $which
            )
        )
    };
}

/// Their ids, of a workspace, which is the organization's or has none.
macro_rules! newest_of_workspace {
    ($index:literal, $which:literal) => {
        newest!(
            "s.invitation_id AS id",
            concat!(
                "invitation_workspaces s INDEXED BY ",
                $index,
                " WHERE s.workspace_id = (SELECT id FROM workspaces WHERE id = ?6 AND organization_id = ?1)
                    AND s.role = r.value AND s.kind = k.value AND s.invitation_id < ?2",
                $which
            )
        )
    };
}

/// The list of a workspace's.
macro_rules! page_of_workspace {
    ($found:expr) => {
        list_of!(concat!("SELECT i.* FROM (", $found, ") f CROSS JOIN invitations i ON i.id = f.id"))
    };
}

/// The expired ones: `$stamped`, and those that are over by the clock alone. How many these are is not the organization's
/// size: the tick stamps them.
macro_rules! expired {
    ($stamped:expr) => {
        page_of!(
            concat!(
                "SELECT id FROM (",
                $stamped,
                ") UNION ALL SELECT l.id FROM invitations l INDEXED BY invitations_over
                   WHERE l.organization_id = ?1 AND l.outcome = 'open' AND l.reserves IN (0, 1) AND l.expires_at <= ?8"
            ),
            concat!(" AND ?7 = 'expired'", visible!(), into_workspace!())
        )
    };
}

/// Whether the invitation `i` is of a role and a kind that are shown.
macro_rules! visible {
    () => {
        " AND i.role IN (SELECT value FROM json_each(?4)) AND i.kind IN (SELECT value FROM json_each(?5))"
    };
}

/// Whether the invitation `i` is into the workspace asked for, if any is.
macro_rules! into_workspace {
    () => {
        " AND (?6 IS NULL OR EXISTS (
            SELECT 1 FROM invitation_workspaces x WHERE x.workspace_id = ?6 AND x.invitation_id = i.id))"
    };
}

/// A page of invitations, newest first. Each filter is a range of an index, so that what it leaves out costs nothing; but
/// those that are over by the clock and not stamped yet are passed on the way. A search has a bound instead: it looks at the
/// first thousand addresses, names and nicknames each that begin with the prefix, in alphabetical order, and the other
/// filters choose among these.
#[must_use]
pub fn page(
    organization: OrganizationId,
    filter: &Filter,
    before: Option<InvitationId>,
    limit: i64,
    now: Timestamp,
) -> Statement {
    let kinds = filter.kind.map_or_else(|| vec![Kind::Email, Kind::Link], |kind| vec![kind]);
    let kinds: Vec<_> = kinds.into_iter().map(Kind::as_str).collect();
    let mut params = params![
        organization,
        before.map_or_else(|| LAST.to_owned(), |id| id.to_string()),
        limit,
        serde_json::json!(filter.roles).to_string(),
        serde_json::json!(kinds).to_string(),
        filter.workspace,
        filter.status.map(Status::as_str),
        now,
    ];
    let sql = match (&filter.prefix, filter.workspace, filter.status) {
        (Some(prefix), ..) => {
            params.extend(params![prefix, format!("{prefix}\u{10ffff}")]);
            sql!(page_of!(
                "SELECT id FROM (SELECT id FROM invitations
                   WHERE organization_id = ?1 AND email_key >= ?9 AND email_key < ?10 ORDER BY email_key LIMIT 1000)
                 UNION SELECT id FROM (SELECT id FROM invitations
                   WHERE organization_id = ?1 AND name_key >= ?9 AND name_key < ?10 ORDER BY name_key LIMIT 1000)
                 UNION SELECT id FROM (SELECT id FROM invitations
                   WHERE organization_id = ?1 AND nickname_key >= ?9 AND nickname_key < ?10
                   ORDER BY nickname_key LIMIT 1000)",
                concat!(
                    visible!(),
                    into_workspace!(),
                    " AND (?7 IS NULL OR ?7 = iif(i.outcome = 'open' AND i.expires_at <= ?8, 'expired', i.state))"
                )
            ))
        }
        (None, None, None) => {
            params.truncate(5);
            sql!(list_of!(newest_of_organization!("i.*", "invitations_listed", "")))
        }
        (None, Some(_), None) => {
            params.truncate(6);
            sql!(page_of_workspace!(newest_of_workspace!("invitation_workspaces_listed", "")))
        }
        (None, None, Some(Status::Expired)) => {
            sql!(expired!(newest_of_organization!(
                "i.id AS id",
                "invitations_by_state",
                " AND i.state = 'expired'"
            )))
        }
        (None, Some(_), Some(Status::Expired)) => {
            sql!(expired!(newest_of_workspace!("invitation_workspaces_by_state", " AND s.state = 'expired'")))
        }
        (None, None, Some(_)) => sql!(list_of!(newest_of_organization!(
            "i.*",
            "invitations_by_state",
            " AND i.state = ?7 AND (i.outcome <> 'open' OR i.expires_at > ?8) AND ?6 IS NULL"
        ))),
        (None, Some(_), Some(_)) => sql!(page_of_workspace!(newest_of_workspace!(
            "invitation_workspaces_by_state",
            " AND s.state = ?7 AND (SELECT i.outcome <> 'open' OR i.expires_at > ?8
                FROM invitations i WHERE i.id = s.invitation_id)"
        ))),
    };
    params.resize(10, Param::Null);
    params.push(filter.with_inviters.into());
    Statement::new(sql, params)
}

//! Listing invitations, as [`Record`](super::invitations::Record)s. What lists of a workspace are filtered by is a copy in `invitation_workspaces`, kept by triggers.

use crate::domain::ids::{InvitationId, OrganizationId, WorkspaceId};
use crate::domain::invitation::{Kind, Status};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::params;
use crate::platform::Statement;
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
    /// Whose address, name or nickname begins with this, in lower case.
    pub prefix: Option<String>,
}

/// The list of those whose ids `$found` answers.
macro_rules! page_of {
    ($found:expr, $which:expr) => {
        concat!(
            "SELECT ",
            invitation_columns!(),
            " FROM invitations i WHERE i.id IN (",
            $found,
            ") AND i.organization_id = ?1 AND i.id < ?2",
            $which,
            " ORDER BY i.id DESC LIMIT ?3"
        )
    };
}

/// The newest ids of each role and kind that is shown, so many as a page has at most: of each, what `$of_one` answers for the
/// role `r` and the kind `k` is one range of an index, whose order it has.
macro_rules! newest {
    ($of_one:expr) => {
        concat!(
            "SELECT x.value FROM json_each(?4) r CROSS JOIN json_each(?5) k
             CROSS JOIN json_each((SELECT json_group_array(id) FROM (",
            $of_one,
            " ORDER BY id DESC LIMIT ?3))) x"
        )
    };
}

macro_rules! newest_of_organization {
    ($index:literal, $which:literal) => {
        newest!(concat!(
            "SELECT i.id FROM invitations i INDEXED BY ",
            $index,
            " WHERE i.organization_id = ?1 AND i.role = r.value AND i.kind = k.value AND i.id < ?2",
            $which
        ))
    };
}

/// Of a workspace, which is the organization's or has none.
macro_rules! newest_of_workspace {
    ($index:literal, $which:literal) => {
        newest!(concat!(
            "SELECT s.invitation_id AS id FROM invitation_workspaces s INDEXED BY ",
            $index,
            " WHERE s.workspace_id = (SELECT id FROM workspaces WHERE id = ?6 AND organization_id = ?1)
                AND s.role = r.value AND s.kind = k.value AND s.invitation_id < ?2",
            $which
        ))
    };
}

/// The expired ones: `$stamped`, and those that are over by the clock alone. How many these are is not the organization's
/// size: the tick stamps them.
macro_rules! expired {
    ($stamped:expr) => {
        page_of!(
            concat!(
                $stamped,
                " UNION ALL SELECT l.id FROM invitations l INDEXED BY invitations_over
                   WHERE l.organization_id = ?1 AND l.outcome = 'open' AND l.expires_at <= ?8"
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
            page_of!(
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
            )
        }
        (None, None, None) => {
            params.truncate(5);
            page_of!(newest_of_organization!("invitations_listed", ""), "")
        }
        (None, Some(_), None) => {
            params.truncate(6);
            page_of!(newest_of_workspace!("invitation_workspaces_listed", ""), "")
        }
        (None, None, Some(Status::Expired)) => {
            expired!(newest_of_organization!("invitations_by_state", " AND i.state = 'expired'"))
        }
        (None, Some(_), Some(Status::Expired)) => {
            expired!(newest_of_workspace!("invitation_workspaces_by_state", " AND s.state = 'expired'"))
        }
        (None, None, Some(_)) => page_of!(
            newest_of_organization!(
                "invitations_by_state",
                " AND i.state = ?7 AND (i.outcome <> 'open' OR i.expires_at > ?8)"
            ),
            " AND ?6 IS NULL"
        ),
        (None, Some(_), Some(_)) => page_of!(
            newest_of_workspace!(
                "invitation_workspaces_by_state",
                " AND s.state = ?7 AND EXISTS (SELECT 1 FROM invitations i
                    WHERE i.id = s.invitation_id AND (i.outcome <> 'open' OR i.expires_at > ?8))"
            ),
            ""
        ),
    };
    Statement::new(sql, params)
}

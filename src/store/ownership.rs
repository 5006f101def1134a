//! Handing an organization over: two roles change places in one batch, so that it always has exactly one owner. An index
//! holds that too.

use super::audit::Entry;
use crate::domain::ids::{MemberId, OrganizationId};
use crate::params;
use crate::platform::Statement;

/// Claims the transfer: by the owner, to an active member who proved their address. The old owner takes a seat as an admin;
/// if the new one has none to free, one must be free. `RETURNING` tells.
#[must_use]
pub fn claim(entry: &Entry, organization: OrganizationId, to: MemberId) -> Statement {
    let mut params = entry.params("owner.transferred");
    params.extend(params![organization, to]);
    Statement::new(
        audited!(
            "m.id",
            "json_object('owner', ?3)",
            "json_object('owner', m.id)",
            concat!(
                "FROM organizations o
                 JOIN members m ON m.id = ?7 AND m.organization_id = o.id AND m.removed_at IS NULL AND m.role <> 'owner'
                 JOIN users u ON u.id = m.user_id
                 WHERE o.id = ?6 AND u.email_verified_at IS NOT NULL AND ",
                still_is!("'owner'"),
                " AND (m.takes_seat = 1 OR ",
                seat_free!("?2"),
                ")"
            )
        ),
        params,
    )
}

/// Changes the two roles. The old one first: there is never a second owner.
#[must_use]
pub fn apply(entry: &Entry, from: MemberId, to: MemberId) -> [Statement; 2] {
    let change = |sql, member: MemberId| Statement::new(sql, params![entry.id, member]);
    [
        change(concat!("UPDATE members SET role = 'admin' WHERE id = ?2 AND ", claimed!("?1")), from),
        change(concat!("UPDATE members SET role = 'owner' WHERE id = ?2 AND ", claimed!("?1")), to),
    ]
}

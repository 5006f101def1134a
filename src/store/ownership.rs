//! Handing an organization over: two roles change places in one batch, so that it always has exactly one owner. An index
//! holds that too.

use super::audit::Entry;
use super::seats;
use crate::domain::ids::{EventId, MemberId, OrganizationId};
use crate::platform::Statement;
use crate::{params, sql};

/// Claims the transfer: by the owner, to an active member who proved their address. The old owner takes a seat as an admin;
/// if the new one has none to free, one must be free. `RETURNING` tells. Nobody's memberships change with it.
#[must_use]
pub fn claim(entry: &Entry, organization: OrganizationId, to: MemberId) -> Statement {
    let mut params = entry.params("owner.transferred");
    params.extend(params![organization, to]);
    Statement::new(
        sql!(audited!(
            "m.id",
            concat!("json_patch(json_object('owner', ?3, 'role', m.role), ", memberships_told!(), ")"),
            concat!("json_patch(json_object('owner', m.id, 'role', 'owner'), ", memberships_told!(), ")"),
            concat!(
                "FROM organizations o
                 JOIN members m ON m.id = ?7 AND m.organization_id = o.id AND m.removed_at IS NULL AND m.role <> 'owner'
                 JOIN users u ON u.id = m.user_id
                 WHERE o.id = ?6 AND u.email_verified_at IS NOT NULL AND ",
                still_is!("'owner'"),
                " AND (m.takes_seat = 1 OR ",
                seat_free!("?2", concat!("1 - ", reserved_for!("(SELECT user_id FROM members WHERE id = ?3)", "?2"))),
                ")"
            )
        )),
        params,
    )
}

/// Changes the two roles. The old one first: there is never a second owner. The claim is about the new owner; `other` is the
/// id of the entry about the old one.
#[must_use]
pub fn apply(entry: &Entry, other: EventId, from: MemberId, to: MemberId) -> [Statement; 4] {
    let change = |sql, member: MemberId| Statement::new(sql, params![entry.id, member]);
    [
        Statement::new(
            sql!(concat!(
                "INSERT INTO audit_events (id, organization_id, at, actor, action, request_id, subject, before, after)
                 SELECT ?2, c.organization_id, c.at, c.actor, c.action, c.request_id, m.id,
                        json_patch(json_object('owner', c.before ->> 'owner', 'role', 'owner'), ",
                memberships_told!(),
                "), json_patch(json_object('owner', c.after ->> 'owner', 'role', 'admin'), ",
                memberships_told!(),
                ") FROM audit_events c JOIN members m ON m.id = ?3 WHERE c.id = ?1"
            )),
            params![entry.id, other, from],
        ),
        change(sql!(concat!("UPDATE members SET role = 'admin' WHERE id = ?2 AND ", claimed!("?1"))), from),
        change(sql!(concat!("UPDATE members SET role = 'owner' WHERE id = ?2 AND ", claimed!("?1"))), to),
        seats::release(other),
    ]
}

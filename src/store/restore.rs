//! Undoing a removal, for ten minutes: whoever was removed is put back as what they were, with what they had. A removal leaves
//! all of that in its place, so that all there is to undo is the removal itself, what was withdrawn with it, and the word of it.
//!
//! Each who comes back has an audit entry of their own, which is also the claim that every other statement hangs on. In the
//! order that they are named in, each takes a seat of those that the ones before left.

use std::time::Duration;

use serde::Deserialize;

use super::audit::{Entry, Withdrawal};
use super::removal::{Leaving, MOST_REVOKED};
use crate::domain::ids::{EventId, MemberId, OrganizationId};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::platform::{Param, Statement};
use crate::{params, sql};

/// For so long a removal can be undone. Nobody is mailed before that what it withdrew.
pub const UNDOABLE: Duration = Duration::from_mins(10);

/// Which removal, and who undoes it.
#[derive(Debug)]
pub struct Undoing<'a> {
    /// Of which organization.
    pub organization: OrganizationId,
    /// When it was.
    pub at: Timestamp,
    /// Whom of those that were removed then, each with the id of the entry that there is if they are back.
    pub members: &'a [Leaving],
    /// What the actor was when they were asked who they are.
    pub by: Role,
    /// The roles that the actor may remove, and so put back.
    pub removable: &'a [Role],
    /// Which invitations the actor may withdraw: those alone are opened again.
    pub withdrawal: Withdrawal,
}

impl Undoing<'_> {
    fn members(&self) -> String {
        serde_json::json!(self.members).to_string()
    }

    /// `?1` to `?11`: those of the entry, whom, where, in which role, whom such a one removes, when they were removed, and what is
    /// too long ago.
    fn params(&self, entry: &Entry) -> Vec<Param> {
        let mut params = entry.params("member.restored");
        params.extend(params![
            self.members(),
            self.organization,
            self.by,
            serde_json::json!(self.removable).to_string(),
            self.at,
            entry.at.minus(UNDOABLE)
        ]);
        params
    }
}

/// Whether the member `m` removed themself at `?10`: what somebody wanted of their own is not undone over their head.
macro_rules! left {
    () => {
        "EXISTS (SELECT 1 FROM audit_events x WHERE x.organization_id = m.organization_id AND x.subject = m.id
                   AND x.action = 'member.removed' AND x.at = ?10 AND x.actor = m.id)"
    };
}

/// Whether the person that the member `m` was came in again since: what they were before that is history.
macro_rules! came_again {
    () => {
        "EXISTS (SELECT 1 FROM members n WHERE n.user_id = m.user_id AND n.organization_id = m.organization_id AND n.id <> m.id
                   AND (n.removed_at IS NULL OR (n.removed_at, n.id) > (m.removed_at, m.id)))"
    };
}

/// Whether somebody invited the member `m` again since.
macro_rules! invited_again {
    () => {
        "EXISTS (SELECT 1 FROM invitations v WHERE v.organization_id = m.organization_id AND v.email_key = m.email_key
                   AND v.outcome = 'open')"
    };
}

/// Those who are back, with their entries: `returned!("?1")`, with [`Undoing::members`].
macro_rules! returned {
    ($members:literal) => {
        concat!(
            "json_each(",
            $members,
            ") e JOIN audit_events r ON r.id = e.value ->> 'event' JOIN members m ON m.id = r.subject"
        )
    };
}

/// Whether somebody who proved the address of the invitation `$of` holds a seat.
macro_rules! seated {
    ($of:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM users h JOIN members n ON n.user_id = h.id AND n.organization_id = ",
            $of,
            ".organization_id AND n.holds_seat = 1 WHERE h.email_key = ",
            $of,
            ".email_key AND h.email_verified_at IS NOT NULL)"
        )
    };
}

/// What puts them back, in order. The second tells by `RETURNING subject` who it is, the fifth, of [`reopen`], which invitations
/// are open again.
#[must_use]
pub fn restore(entry: &Entry, undoing: &Undoing<'_>) -> Vec<Statement> {
    let [log_reopened, reopen, send_again] = reopen(entry, undoing);
    vec![
        // What is over by the clock alone stands in nobody's way.
        Statement::new(
            sql!("UPDATE invitations SET expired_at = ?2 WHERE outcome = 'open' AND expires_at <= ?2 AND id IN (
               SELECT v.id FROM json_each(?1) e
               CROSS JOIN members m ON m.id = e.value ->> 'member' AND +m.organization_id = ?3
               CROSS JOIN invitations v ON v.organization_id = m.organization_id AND v.email_key = m.email_key
                 AND v.outcome = 'open')"),
            params![undoing.members(), entry.at, undoing.organization],
        ),
        Statement::new(
            sql!(concat!(
                "INSERT INTO audit_events (id, organization_id, at, actor, action, request_id, subject, before, after)
                 WITH m AS MATERIALIZED (
                   SELECT m.id, m.role, m.takes_seat, e.value ->> 'event' AS event,
                          sum(m.takes_seat) OVER (ORDER BY e.key) AS seats
                   FROM json_each(?6) e
                   CROSS JOIN members m ON m.id = e.value ->> 'member' AND +m.organization_id = ?7
                   WHERE m.role IN (SELECT value FROM json_each(?9)) AND m.removed_at = ?10 AND m.removed_at > ?11
                     AND NOT ",
                left!(),
                " AND NOT ",
                came_again!(),
                " AND NOT ",
                invited_again!(),
                ") SELECT m.event, o.id, ?2, ?3, ?4, ?5, m.id, ",
                status!("removed"),
                ", json_patch(json_object('role', m.role, 'status', 'active'), ",
                memberships_told!(),
                ") FROM m CROSS JOIN organizations o ON o.id = ?7
                 WHERE ",
                still_is!("?8"),
                " AND (m.takes_seat = 0 OR ",
                seat_free!("?2", "m.seats"),
                ") RETURNING subject"
            )),
            undoing.params(entry),
        ),
        Statement::new(
            sql!(concat!(
                "UPDATE members SET removed_at = NULL WHERE id IN (SELECT m.id FROM ",
                returned!("?1"),
                ")"
            )),
            params![undoing.members()],
        ),
        log_reopened,
        reopen,
        send_again,
        // They need not learn of it any more, and whoever did sees that they are in.
        Statement::new(
            sql!(concat!(
                "DELETE FROM notifications WHERE id IN (
                   SELECT 'ntf_' || substr(x.id, 5) FROM ",
                returned!("?1"),
                " JOIN audit_events x ON x.organization_id = m.organization_id AND x.subject = m.id
                    AND x.action = 'member.removed' AND x.at = ?2)"
            )),
            params![undoing.members(), undoing.at],
        ),
    ]
}

/// Opens again what the removal withdrew and nothing stands in the way of: of those who are back, what they sent and what was
/// addressed to them; at most [`MOST_REVOKED`]. What was withdrawn with somebody who is not back stays so. Their links work as
/// before: the version is what it was, and none was ever made for the one between. The second tells by `RETURNING id, ver` which;
/// the third has mail sent that was given up meanwhile.
#[must_use]
pub fn reopen(entry: &Entry, undoing: &Undoing<'_>) -> [Statement; 3] {
    /// The entries of this batch; `?1` to `?3`: where, its own, and its request.
    macro_rules! reopened {
        () => {
            "SELECT subject FROM audit_events
             WHERE organization_id = ?1 AND id >= substr(?2, 1, 14) AND id < substr(?2, 1, 14) || '~'
               AND action = 'invitation.restored' AND request_id = ?3"
        };
    }
    let mut logged = entry.params("invitation.restored");
    logged.extend(params![undoing.members(), undoing.organization]);
    logged.extend(undoing.withdrawal.params());
    logged.extend(params![
        undoing.at,
        EventId::new(undoing.at, [0; 10]),
        i64::try_from(MOST_REVOKED).unwrap_or(i64::MAX)
    ]);
    let which = || params![undoing.organization, entry.id, &entry.request_id];
    let mut send_again = which();
    send_again.push(entry.at.into());
    [
        Statement::new(
            sql!(concat!(
                "INSERT INTO audit_events (id, organization_id, at, actor, action, request_id, subject, before, after)
                 WITH costed AS MATERIALIZED (
                   SELECT i.id, i.disabled_at, i.uses, i.max_uses, i.kind = 'email' AND i.takes_seat = 1 AND NOT ",
                seated!("i"),
                " AS cost FROM invitations i
                     WHERE i.outcome = 'revoked' AND i.withdrawal_told_at IS NULL AND i.expires_at > ?2
                       AND (i.id, i.revoked_at) IN (
                         SELECT x.subject, x.at FROM audit_events x
                         WHERE x.organization_id = ?7 AND x.action = 'invitation.revoked' AND x.id >= substr(?11, 1, 14)
                           AND x.request_id IN (SELECT d.request_id FROM ",
                returned!("?6"),
                " JOIN audit_events d ON d.organization_id = m.organization_id AND d.subject = m.id
                    AND d.action = 'member.removed' AND d.at = ?10))
                       AND (i.invited_by IN (SELECT m.id FROM ",
                returned!("?6"),
                ") OR i.email_key IN (SELECT m.email_key FROM ",
                returned!("?6"),
                ")) AND ",
                withdrawable!("?8", "?9"),
                // Nobody else's, nor the same person's since.
                " AND NOT EXISTS (SELECT 1 FROM members n WHERE n.id = i.invited_by AND n.removed_at = ?10)
                  AND NOT EXISTS (SELECT 1 FROM members n WHERE n.organization_id = ?7 AND n.email_key = i.email_key
                    AND n.active = 0 AND n.removed_at >= coalesce(i.offered_at, i.created_at))
                  AND NOT EXISTS (SELECT 1 FROM members n WHERE n.organization_id = ?7 AND n.email_key = i.email_key
                    AND n.active = 1 AND n.joined_at >= ?10)
                  AND NOT EXISTS (SELECT 1 FROM invitations v WHERE v.organization_id = ?7 AND v.email_key = i.email_key
                    AND v.outcome = 'open')
                  AND (i.id IN (SELECT b.invitation_id FROM bulk_imports u JOIN bulk_rows b ON b.job_id = u.job_id
                                WHERE u.invited_by IN (SELECT m.id FROM ",
                returned!("?6"),
                ") AND u.undone_at >= ?10 AND b.invitation_id IS NOT NULL)) = 0
                   ORDER BY i.id LIMIT ?12),
                 i AS MATERIALIZED (SELECT *, sum(cost) OVER (ORDER BY id) AS seats FROM costed)
                 SELECT ",
                entry_of!("?1", "i.id"),
                ", o.id, ?2, ?3, ?4, ?5, i.id, ",
                status!("revoked"),
                ", ",
                standing!(),
                " FROM i CROSS JOIN organizations o ON o.id = ?7 WHERE i.cost = 0 OR ",
                seat_free!("?2", "i.seats")
            )),
            logged,
        ),
        Statement::new(
            sql!(concat!(
                "UPDATE invitations SET revoked_at = NULL, ver = ver - 1, takes_seat = iif(",
                seated!("invitations"),
                ", 0, takes_seat) WHERE outcome = 'revoked' AND id IN (",
                reopened!(),
                ") RETURNING id, ver"
            )),
            which(),
        ),
        // Whoever has such a job in hand may have read that it was withdrawn: the job is a new one to them.
        Statement::new(
            sql!(concat!(
                "UPDATE jobs SET done_at = NULL, attempts = attempts + 1, due_at = ?4, requeue_at = ?4
                 WHERE failed_at IS NULL AND id IN (
                   SELECT j.id FROM invitations i
                   JOIN jobs j ON j.invitation_id = i.id AND j.ver = i.ver AND j.kind = 'invitation_email'
                   WHERE i.delivery = 'queued' AND i.id IN (",
                reopened!(),
                "))"
            )),
            send_again,
        ),
    ]
}

/// What became of somebody who was to be put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The actor is not any more who they were.
    Actor,
    /// They are in.
    In,
    /// The actor may not remove such a one.
    Role,
    /// They came in again since, and were removed again, or not.
    Again,
    /// They left by themself.
    Left,
    /// It is too long ago, or was another removal.
    Late,
    /// They were invited again since.
    Invited,
    /// The trial has ended.
    Trial,
    /// No seat is free.
    Seat,
}

/// Somebody who was to be put back.
#[derive(Debug, Deserialize)]
pub struct Fate {
    /// Who.
    pub id: MemberId,
    /// Why they are not, if they are not.
    pub why: Why,
}

/// Reads the [`Fate`]s, of those who ever were in the organization.
#[must_use]
pub fn select_fates(entry: &Entry, undoing: &Undoing<'_>) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT m.id, CASE WHEN NOT ",
            still_is!("?8"),
            " THEN 'actor' WHEN m.removed_at IS NULL THEN 'in'
              WHEN m.role NOT IN (SELECT value FROM json_each(?9)) THEN 'role'
              WHEN ",
            came_again!(),
            " THEN 'again' WHEN ",
            left!(),
            " THEN 'left' WHEN m.removed_at <> ?10 OR m.removed_at <= ?11 THEN 'late' WHEN ",
            invited_again!(),
            " THEN 'invited' WHEN o.trial_ends_at <= ?2 THEN 'trial' ELSE 'seat' END AS why
              FROM json_each(?6) e
              CROSS JOIN members m ON m.id = e.value ->> 'member' AND +m.organization_id = ?7
              CROSS JOIN organizations o ON o.id = m.organization_id"
        )),
        undoing.params(entry),
    )
}

/// Somebody who was removed.
#[derive(Debug, Clone, Deserialize)]
pub struct Gone {
    /// Who.
    pub id: MemberId,
    /// What the organization calls them.
    pub name: String,
    /// What they were.
    pub role: Role,
}

/// Reads whom a removal of an organization, named by its slug, removed: in this request, or any at that moment; and of those
/// this one, or all. Whoever is back is among them.
#[must_use]
pub fn select_gone(slug: &str, at: Timestamp, request_id: Option<&str>, member: Option<&str>) -> Statement {
    Statement::new(
        sql!("SELECT m.id, m.name, m.role FROM audit_events x
         CROSS JOIN members m ON m.id = x.subject
         WHERE x.organization_id = (SELECT id FROM organizations WHERE slug = ?1) AND x.action = 'member.removed'
           AND x.id >= substr(?2, 1, 14) AND x.id < substr(?2, 1, 14) || '~' AND x.at = ?3
           AND (?4 IS NULL OR x.request_id = ?4) AND (?5 IS NULL OR x.subject = ?5)
         GROUP BY m.id ORDER BY x.id LIMIT 100"),
        params![slug, EventId::new(at, [0; 10]), at, request_id, member],
    )
}

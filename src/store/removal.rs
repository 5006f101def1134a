//! Removing members: any number in one batch, each with an audit entry of their own, which is also the claim that every
//! other statement hangs on. What removal leaves in its place is the history: the member, their memberships, and the
//! resources they connected.
//!
//! The invitations that go with them are found only while the batch runs, so no id can be made for their audit entries
//! before. Theirs are made of the batch's and of the invitation's, see `entry_of`: one that was opened again may be withdrawn
//! in the same moment.

use serde::{Deserialize, Serialize};

use super::audit::{Entry, Withdrawal};
use crate::domain::ids::{EventId, InvitationId, MemberId, OrganizationId};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::domain::truth;
use crate::platform::Statement;
use crate::{params, sql};

/// Who is to be removed.
#[derive(Debug)]
pub struct Removal<'a> {
    /// Of which organization.
    pub organization: OrganizationId,
    /// Whom; each once.
    pub members: &'a [Leaving],
    /// What the actor was when they were asked who they are.
    pub by: Role,
    /// The roles that the actor may remove. Themself they always may, unless they are the owner.
    pub removable: &'a [Role],
    /// Whether the open invitations that they sent go too: those that the actor may withdraw.
    pub with_sent: bool,
    /// Which these are.
    pub withdrawal: Withdrawal,
}

/// One of them, with the id of their audit entry.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Leaving {
    /// Who.
    pub member: MemberId,
    /// The entry that there is if they were removed.
    pub event: EventId,
}

impl Removal<'_> {
    fn json(&self) -> String {
        serde_json::json!(self.members).to_string()
    }
}

/// The removed with their entries; `?1` is [`Removal::json`].
macro_rules! removed {
    () => {
        "json_each(?1) e JOIN audit_events r ON r.id = e.value ->> 'event' JOIN members m ON m.id = r.subject"
    };
}

/// So many invitations go with their inviters in one batch; of more, the others go in batches of their own.
pub const MOST_REVOKED: usize = 2000;

/// Withdraws open invitations with the removed: those addressed to them, and those sent by them if that was asked for; at most
/// [`MOST_REVOKED`]. The second tells by `RETURNING id, ver` which. What the first has just logged in this moment is what that
/// withdraws.
#[must_use]
pub fn revoke(entry: &Entry, removal: &Removal<'_>) -> [Statement; 2] {
    let mut logged = params![removal.json(), entry.at, removal.with_sent];
    logged.extend(removal.withdrawal.params());
    logged.extend(params![
        entry.id,
        &entry.actor,
        &entry.request_id,
        i64::try_from(MOST_REVOKED).unwrap_or(i64::MAX)
    ]);
    [
        Statement::new(
            sql!(concat!(
                "INSERT INTO audit_events (id, organization_id, at, actor, action, request_id, subject, before, after)
                 SELECT ",
                entry_of!("?6", "i.id"),
                ", i.organization_id, ?2, ?7, 'invitation.revoked', ?8, i.id, ",
                standing!(),
                ", ",
                status!("revoked"),
                " FROM invitations i WHERE i.id IN (SELECT i.id FROM ",
                removed!(),
                " JOIN invitations i ON i.organization_id = m.organization_id AND i.email_key = m.email_key
                    AND i.outcome = 'open' AND i.expires_at > ?2
                  UNION ALL SELECT i.id FROM ",
                removed!(),
                " JOIN invitations i INDEXED BY invitations_open_of_inviter
                    ON i.invited_by = m.id AND i.outcome = 'open' AND i.expires_at > ?2 WHERE ?3 AND ",
                withdrawable!("?4", "?5"),
                " LIMIT ?9)"
            )),
            logged,
        ),
        Statement::new(
            sql!("UPDATE invitations SET revoked_at = ?1, ver = ver + 1
             WHERE outcome = 'open' AND id IN (
               SELECT subject FROM audit_events
               WHERE organization_id = ?2 AND id >= substr(?3, 1, 14) AND id < substr(?3, 1, 14) || '~'
                 AND action = 'invitation.revoked' AND request_id = ?4)
             RETURNING id, ver - 1 AS ver"),
            params![entry.at, removal.organization, entry.id, &entry.request_id],
        ),
    ]
}

/// What removes them, in order. The first tells by `RETURNING subject` who it is, the third, of [`revoke`], which invitations
/// went with them.
#[must_use]
pub fn remove(entry: &Entry, removal: &Removal<'_>) -> Vec<Statement> {
    let who = removal.json();
    let [log_revoked, revoke] = revoke(entry, removal);
    let mut claim = entry.params("member.removed");
    claim.extend(params![
        who.as_str(),
        removal.organization,
        removal.by,
        serde_json::json!(removal.removable).to_string(),
    ]);
    vec![
        Statement::new(
            sql!(concat!(
                "INSERT INTO audit_events (id, organization_id, at, actor, action, request_id, subject, before, after)
                 SELECT e.value ->> 'event', o.id, ?2, ?3, ?4, ?5, m.id,
                        json_patch(json_object('role', m.role, 'status', 'active'), ",
                memberships_told!(),
                "), json_object('status', 'removed')
                 FROM json_each(?6) e
                 CROSS JOIN members m ON m.id = e.value ->> 'member' AND +m.organization_id = ?7
                 JOIN organizations o ON o.id = m.organization_id
                 WHERE m.removed_at IS NULL AND m.role <> 'owner' AND ",
                still_is!("?8"),
                " AND (m.id = ?3 OR m.role IN (SELECT value FROM json_each(?9))) RETURNING subject"
            )),
            claim,
        ),
        log_revoked,
        revoke,
        Statement::new(
            sql!(concat!(
                "UPDATE members SET removed_at = ?2 WHERE id IN (SELECT m.id FROM ",
                removed!(),
                ")"
            )),
            params![who.as_str(), entry.at],
        ),
        Statement::new(
            sql!(concat!(
                "INSERT INTO notifications (id, user_id, organization_id, kind, about, created_at)
                 SELECT 'ntf_' || substr(r.id, 5), m.user_id, m.organization_id, 'member.removed',
                        json_object('member_id', m.id), ?2
                 FROM ",
                removed!(),
                " WHERE m.id <> ?3"
            )),
            params![who.as_str(), entry.at, &entry.actor],
        ),
    ]
}

/// Who was removed.
#[derive(Debug, Deserialize)]
pub struct Removed {
    /// Their id.
    pub subject: MemberId,
}

/// An invitation that went with them.
#[derive(Debug, Deserialize)]
pub struct Revoked {
    /// Its id.
    pub id: InvitationId,
    /// The version whose links are dead now.
    pub ver: i64,
}

/// What became of somebody who was to be removed, or why not.
#[derive(Debug, Deserialize)]
pub struct Fate {
    /// Who.
    pub id: MemberId,
    /// What they are.
    pub role: Role,
    /// Whether they are in.
    #[serde(deserialize_with = "truth")]
    pub active: bool,
}

/// Reads the [`Fate`]s, of those who ever were in the organization.
#[must_use]
pub fn select_fates(removal: &Removal<'_>) -> Statement {
    Statement::new(
        // In this order and by id, whatever the planner thinks of how many members an organization has.
        sql!(
            "SELECT m.id, m.role, m.active FROM json_each(?1) e
         CROSS JOIN members m ON m.id = e.value ->> 'member' AND +m.organization_id = ?2"
        ),
        params![removal.json(), removal.organization],
    )
}

/// Somebody who may be removed, as it is asked for once more.
#[derive(Debug, Clone, Deserialize)]
pub struct Named {
    /// Who.
    pub id: MemberId,
    /// What the organization calls them.
    pub name: String,
    /// Their address.
    pub email: String,
    /// What they are.
    pub role: Role,
    /// Whether they are in.
    #[serde(deserialize_with = "truth")]
    pub active: bool,
    /// Whether a seat becomes free.
    #[serde(deserialize_with = "truth")]
    pub takes_seat: bool,
    /// How many of the invitations that they sent are open; of more than a hundred it says a hundred.
    pub sent: u32,
}

/// Reads those of an organization, named by its slug, whose ids these are.
#[must_use]
pub fn select_named(slug: &str, ids: &[MemberId], now: Timestamp) -> Statement {
    Statement::new(
        // In this order and by id, whatever the planner thinks of how many members an organization has.
        sql!("SELECT m.id, m.name, coalesce(m.email, u.email) AS email, m.role, m.active, m.holds_seat AS takes_seat,
                (SELECT count(*) FROM (SELECT 1 FROM invitations i INDEXED BY invitations_open_of_inviter
                   WHERE i.invited_by = m.id AND i.outcome = 'open' AND i.expires_at > ?3 LIMIT 100)) AS sent
         FROM json_each(?1) e
         CROSS JOIN members m ON m.id = e.value
           AND +m.organization_id = (SELECT id FROM organizations WHERE slug = ?2)
         CROSS JOIN users u ON u.id = m.user_id
         ORDER BY e.key"),
        params![serde_json::json!(ids).to_string(), slug, now],
    )
}

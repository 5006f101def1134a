//! Links for many: making their URLs new, turning them off and on, and who came in by one.

use serde::{Deserialize, Serialize};

use super::acting::Acting;
use super::audit::Entry;
use super::json_text;
use crate::domain::ids::{EventId, InvitationId, MemberId, RedemptionId};
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::store::members::{Person, Status};
use crate::store::workspaces::LAST;
use crate::{params, sql};

/// What the inviter's side does with a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Makes its URLs new: those that were given out are dead.
    Rotated,
    /// Turns it off.
    Disabled,
    /// Turns it on again.
    Enabled,
}

/// The claim of a change: only by somebody who still is who they were, of an open link that still offers what it did when it was
/// read at this `revision`, and of one that is not as wanted already. Nobody is let in anew by one that gives clients a list of
/// their own, unless the plan has that.
#[must_use]
pub fn claim(entry: &Entry, by: &Acting, id: InvitationId, revision: i64, action: Action) -> Statement {
    macro_rules! of_open_link {
        ($before:literal, $after:literal, $guard:expr) => {
            sql!(audited!(
                "i.id",
                $before,
                $after,
                concat!(
                    "FROM invitations i JOIN organizations o ON o.id = i.organization_id
                     WHERE i.id = ?6 AND i.revision = ?8 AND i.kind = 'link' AND i.outcome = 'open' AND i.expires_at > ?2 AND ",
                    still_acts!("?3", "?7"),
                    " AND ",
                    $guard
                )
            ))
        };
    }
    let (name, sql) = match action {
        Action::Rotated => (
            "invitation.link_rotated",
            of_open_link!("json_object('ver', i.ver)", "json_object('ver', i.ver + 1)", plan_allows!()),
        ),
        Action::Disabled => (
            "invitation.link_disabled",
            of_open_link!(
                "json_object('disabled', json('false'))",
                "json_object('disabled', json('true'))",
                "i.disabled_at IS NULL"
            ),
        ),
        Action::Enabled => (
            "invitation.link_enabled",
            of_open_link!(
                "json_object('disabled', json('true'))",
                "json_object('disabled', json('false'))",
                concat!("i.disabled_at IS NOT NULL AND ", plan_allows!())
            ),
        ),
    };
    let mut params = entry.params(name);
    params.extend(params![id, by.was(), revision]);
    Statement::new(sql, params)
}

/// Makes the change that was claimed.
#[must_use]
pub fn apply(claim: EventId, id: InvitationId, action: Action, now: Timestamp) -> Statement {
    macro_rules! set {
        ($what:literal) => {
            concat!("UPDATE invitations SET ", $what, " WHERE id = ?1 AND ", claimed!("?2"))
        };
    }
    match action {
        Action::Rotated => Statement::new(sql!(set!("ver = ver + 1")), params![id, claim]),
        Action::Disabled => Statement::new(sql!(set!("disabled_at = ?3")), params![id, claim, now]),
        Action::Enabled => Statement::new(sql!(set!("disabled_at = NULL")), params![id, claim]),
    }
}

/// Whether the plan allows what a link gives.
#[derive(Debug, Deserialize)]
pub struct PlanAllows {
    /// It gives clients no list of permissions of their own, or the plan has that.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub allows: bool,
}

/// Reads [`PlanAllows`], for a refusal.
#[must_use]
pub fn select_plan_allows(id: InvitationId) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT ",
            plan_allows!(),
            " AS allows FROM invitations i JOIN organizations o ON o.id = i.organization_id WHERE i.id = ?1"
        )),
        params![id],
    )
}

/// Somebody who came in by an invitation, as the API shows them.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
pub struct Redemption {
    /// Where a page of them goes on.
    #[serde(skip_serializing)]
    pub id: RedemptionId,
    /// The member they became, or were already.
    pub member_id: MemberId,
    /// The person.
    #[serde(deserialize_with = "json_text")]
    pub user: Person,
    /// When.
    pub redeemed_at: Timestamp,
    /// Whether that member is still in.
    pub status: Status,
}

/// A page of those who came in by an invitation, newest first.
#[must_use]
pub fn redemptions(invitation: InvitationId, before: Option<RedemptionId>, limit: i64) -> Statement {
    let before = before.map_or_else(|| LAST.to_owned(), |id| id.to_string());
    Statement::new(
        sql!(
            "SELECT r.id, r.member_id, r.redeemed_at, iif(m.active, 'active', 'removed') AS status,
                json_object('id', u.id, 'email', coalesce(m.email, u.email), 'name', m.name) AS user
         FROM redemptions r JOIN members m ON m.id = r.member_id JOIN users u ON u.id = r.user_id
         WHERE r.invitation_id = ?1 AND r.id < ?2
         ORDER BY r.id DESC LIMIT ?3"
        ),
        params![invitation, before, limit],
    )
}

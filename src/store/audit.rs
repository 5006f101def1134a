//! The audit log: append-only rows, each written in the batch of the change it is about.

use crate::domain::ids::{EventId, InvitationId, JobId, OrganizationId, RedemptionId};
use crate::domain::link::Link;
use crate::domain::time::Timestamp;
use crate::params;
use crate::platform::{Param, Statement};

/// Who did it, when, and in which request.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The new row's id.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// A member's id, `operator` or `invitee`.
    pub actor: String,
    /// The request's id.
    pub request_id: String,
}

impl Entry {
    /// The parameters `?1` to `?5` of a statement made with [`audited!`]: id, time, actor, action, request.
    #[must_use]
    pub fn params(&self, action: &'static str) -> Vec<Param> {
        params![self.id, self.at, &self.actor, action, &self.request_id]
    }
}

/// An entry that is also the *claim* of its batch: it is written only if every guard of the change holds, with what was and
/// what will be, and every other statement of the batch asks whether it is there. So nothing changes without an entry, and
/// there is no entry of what did not change. `RETURNING id` tells.
///
/// `audited!(subject, before, after, "FROM … WHERE …")`, all literals of SQL over an organization `o`; `?1` to `?5` are
/// [`Entry::params`].
macro_rules! audited {
    ($subject:literal, $before:expr, $after:expr, $from:expr) => {
        concat!(
            "INSERT INTO audit_events (id, organization_id, at, actor, action, request_id, subject, before, after)
             SELECT ?1, o.id, ?2, ?3, ?4, ?5, ",
            $subject,
            ", ",
            $before,
            ", ",
            $after,
            " ",
            $from,
            " RETURNING id"
        )
    };
}

/// Whether the actor is still in the organization `o` in the role that was read when they were asked who they are:
/// `still_is!("?7")`, in a statement whose `?3` is the actor ([`Entry::params`]).
macro_rules! still_is {
    ($role:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM members a WHERE a.id = ?3 AND a.organization_id = o.id AND a.role = ",
            $role,
            " AND a.removed_at IS NULL)"
        )
    };
}

/// Whether this batch's entry was written.
macro_rules! claimed {
    ($entry:literal) => {
        concat!("EXISTS (SELECT 1 FROM audit_events WHERE id = ", $entry, ")")
    };
}

/// An organization was made in this batch.
#[must_use]
pub fn of_organization(entry: Entry, organization: OrganizationId) -> Statement {
    Statement::new(
        "INSERT INTO audit_events (id, organization_id, at, actor, action, subject, request_id)
         SELECT ?1, id, ?3, ?4, 'organization.created', id, ?5 FROM organizations WHERE id = ?2",
        params![entry.id, organization, entry.at, entry.actor, entry.request_id],
    )
}

/// What happened to an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was made in this batch.
    Created,
    /// It was sent again in this batch, by this job.
    Resent(JobId),
    /// It is withdrawn in this batch, after this entry.
    Revoked,
    /// Somebody with this link says no in this batch, after this entry.
    Declined(Link),
    /// Somebody is given the link of this version of it.
    LinkCopied(i64),
}

impl Change {
    /// What the audit log calls it.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::Created => "invitation.created",
            Self::Resent(_) => "invitation.resent",
            Self::Revoked => "invitation.revoked",
            Self::Declined(_) => "invitation.declined",
            Self::LinkCopied(_) => "invitation.link_copied",
        }
    }
}

/// Something happened to an invitation, if this batch's guard let it.
#[must_use]
pub fn of_invitation(entry: Entry, invitation: InvitationId, change: Change) -> Statement {
    macro_rules! if_it {
        ($happened:literal) => {
            concat!(
                "INSERT INTO audit_events (id, organization_id, at, actor, action, subject, request_id)
                 SELECT ?1, organization_id, ?3, ?4, ?5, id, ?6 FROM invitations WHERE id = ?2 AND ",
                $happened
            )
        };
    }
    let mut params = params![entry.id, invitation, entry.at, entry.actor, change.action(), entry.request_id];
    let sql = match change {
        Change::Created => if_it!("1"),
        // Its row tells whether the link was still good when it was given out.
        Change::LinkCopied(ver) => {
            params.push(ver.into());
            if_it!("ver = ?7 AND outcome = 'open' AND expires_at > ?3 RETURNING id")
        }
        // These two stand before the write, under its own guard: after it, nothing tells it from one a moment ago.
        Change::Revoked => if_it!("outcome = 'open' AND expires_at > ?3"),
        Change::Declined(link) => {
            params.extend(params![link.organization_id, link.ver]);
            if_it!(
                "organization_id = ?7 AND ver = ?8 AND kind = 'email' AND outcome = 'open' AND disabled_at IS NULL
                 AND expires_at > ?3"
            )
        }
        Change::Resent(job) => {
            params.push(job.into());
            if_it!("EXISTS (SELECT 1 FROM jobs WHERE id = ?7)")
        }
    };
    Statement::new(sql, params)
}

/// Somebody became a member, if the claim was let through.
#[must_use]
pub fn of_redemption(entry: Entry, redemption: RedemptionId) -> Statement {
    Statement::new(
        "INSERT INTO audit_events (id, organization_id, at, actor, action, subject, request_id)
         SELECT ?1, i.organization_id, ?3, r.member_id, 'invitation.accepted', i.id, ?4
         FROM redemptions r JOIN invitations i ON i.id = r.invitation_id WHERE r.id = ?2",
        params![entry.id, redemption, entry.at, entry.request_id],
    )
}

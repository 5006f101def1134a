//! The audit log: append-only rows, each written in the batch of the change it is about.

use crate::domain::authority::{Actor, Authority};
use crate::domain::ids::{EventId, InvitationId, JobId, OrganizationId, RedemptionId};
use crate::domain::invitation::Reason;
use crate::domain::link::Link;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::platform::{Param, Statement};
use crate::store::acting::Acting;
use crate::store::invitations::Record;
use crate::{params, sql};

/// Who did it, when, and in which request.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The new row's id.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// A member's id, an API key's, `operator`, `invitee`, `billing` or `usher`.
    pub actor: String,
    /// The request's id.
    pub request_id: String,
}

impl Entry {
    /// The parameters `?1` to `?5` of a statement made with [`audited!`]: id, time, actor, action, request.
    #[must_use]
    pub fn params(&self, action: &'static str) -> Vec<Param> {
        self.clone().into_params(action)
    }

    fn into_params(self, action: &'static str) -> Vec<Param> {
        params![self.id, self.at, self.actor, action, self.request_id]
    }
}

/// A moment of a row, as the API writes it: `2026-11-21T22:00:00.000Z`. What an entry keeps is read by people as it is.
macro_rules! rfc3339 {
    ($column:literal) => {
        concat!("strftime('%Y-%m-%dT%H:%M:%fZ', ", $column, " / 1000.0, 'unixepoch')")
    };
}

/// Whether the entry's actor still runs the organization `o`: whoever was removed since the request began changes nothing.
macro_rules! administered {
    () => {
        concat!(
            "(EXISTS (SELECT 1 FROM members a WHERE a.id = ?3 AND a.organization_id = o.id AND a.removed_at IS NULL
                 AND a.role IN ('owner', 'admin')) OR ",
            live_key!("?3"),
            ")"
        )
    };
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

/// The same entry in every organization that an account `m` of `members` is active in, or in the oldest hundred:
/// `logged_everywhere!(actor, before, after, "FROM … WHERE …")`; `?1` to `?5` are [`Entry::params`]. Each has an id of its own,
/// made of the entry's and the member's.
macro_rules! logged_everywhere {
    ($actor:literal, $before:expr, $after:expr, $from:expr) => {
        concat!(
            "INSERT INTO audit_events (id, organization_id, at, actor, action, request_id, subject, before, after)
             SELECT 'evt_' || substr(?1, 5, 18) || substr(m.id, 23), m.organization_id, ?2, ",
            $actor,
            ", ?4, ?5, m.id, ",
            $before,
            ", ",
            $after,
            " ",
            $from,
            " AND m.removed_at IS NULL ORDER BY m.organization_id LIMIT 100"
        )
    };
}

/// The id of an entry that is one of many of its batch, each about something else: the batch's own entry's time, a part of its
/// random bits, and most of those of what it is about: `entry_of!("?1", "i.id")`.
macro_rules! entry_of {
    ($entry:literal, $subject:literal) => {
        concat!("'evt_' || substr(", $entry, ", 5, 14) || substr(", $subject, ", 19)")
    };
}

/// Whether the actor is still in the organization `o` in the role that was read when they were asked who they are:
/// `still_is!("?7")`, in a statement whose `?3` is the actor ([`Entry::params`]).
macro_rules! still_is {
    ($role:literal) => {
        concat!(
            "(EXISTS (SELECT 1 FROM members a WHERE a.id = ?3 AND a.organization_id = o.id AND a.role = ",
            $role,
            " AND a.removed_at IS NULL) OR ",
            $role,
            " = 'admin' AND ",
            live_key!("?3"),
            ")"
        )
    };
}

/// What a new invitation `i` is, to the log. Neither its address nor its message is kept here: the subject leads to them.
macro_rules! created {
    () => {
        concat!(
            "json_object('status', 'pending', 'kind', i.kind, 'role', i.role, 'max_uses', i.max_uses, 'expires_at', ",
            rfc3339!("i.expires_at"),
            ", 'access', ",
            offer_told!(),
            ")"
        )
    };
}

/// What an invitation has become, to the log.
macro_rules! status {
    ($status:literal) => {
        concat!("json_object('status', '", $status, "')")
    };
}

/// What the open invitation `i` is, to the log: a link may be turned off or full.
macro_rules! standing {
    () => {
        "json_object('status', CASE WHEN i.disabled_at IS NOT NULL THEN 'disabled'
                                   WHEN i.uses >= i.max_uses THEN 'full' ELSE 'pending' END)"
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
    let mut params = entry.into_params("organization.created");
    params.push(organization.into());
    Statement::new(
        sql!(audited!(
            "o.id",
            "NULL",
            concat!(
                "json_object('name', o.name, 'slug', o.slug, 'template', o.template, 'plan', json_object(
                   'key', o.plan_key, 'seat_limit', o.seat_limit, 'features', json(o.plan_features), 'trial_ends_at', ",
                rfc3339!("o.trial_ends_at"),
                "))"
            ),
            "FROM organizations o WHERE o.id = ?6"
        )),
        params,
    )
}

/// What happened to an invitation.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// It was made in this batch.
    Created,
    /// It was sent again in this batch, by this job.
    Resent(JobId),
    /// It is withdrawn by somebody in this batch, after this entry: if they may.
    Revoked(&'a Acting, &'a Withdrawal),
    /// Somebody with this link says no in this batch, after this entry; and why, if they say.
    Declined(Link, Option<Reason>),
    /// Somebody is given the link of it as it was read.
    LinkCopied(&'a Record, &'a Acting),
}

/// Which invitations somebody may withdraw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    roles: String,
    with_factor: bool,
}

impl Withdrawal {
    /// Those of the roles that they may invite; of those that ask for a second factor, only who runs the organization any.
    #[must_use]
    pub fn by(authority: &Authority) -> Self {
        match authority {
            Authority::Operator(_) => Self::of(&[Role::Owner], true),
            Authority::Member(actor) => Self::by_member(actor),
        }
    }

    /// The same, of a member.
    #[must_use]
    pub fn by_member(actor: &Actor) -> Self {
        Self::of(actor.invitable(), actor.administers())
    }

    fn of(roles: &[Role], with_factor: bool) -> Self {
        Self { roles: serde_json::json!(roles).to_string(), with_factor }
    }

    /// The two parameters of `withdrawable!`.
    #[must_use]
    pub fn params(&self) -> [Param; 2] {
        [self.roles.as_str().into(), self.with_factor.into()]
    }
}

/// Whether the actor of an entry has a second factor.
macro_rules! has_factor {
    () => {
        "EXISTS (SELECT 1 FROM members h JOIN users f ON f.id = h.user_id WHERE h.id = ?3 AND f.mfa_enabled_at IS NOT NULL)"
    };
}

/// Whether somebody may withdraw the invitation `i`: `withdrawable!("?7", "?8")`, with what [`Withdrawal::params`] says.
macro_rules! withdrawable {
    ($roles:literal, $with_factor:literal) => {
        concat!(
            "i.role IN (SELECT value FROM json_each(",
            $roles,
            ")) AND (i.require_mfa = 0 OR ",
            $with_factor,
            ")"
        )
    };
}

impl Event<'_> {
    /// What the audit log calls it.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::Created => "invitation.created",
            Self::Resent(_) => "invitation.resent",
            Self::Revoked(..) => "invitation.revoked",
            Self::Declined(..) => "invitation.declined",
            Self::LinkCopied(..) => "invitation.link_copied",
        }
    }
}

/// Something happened to an invitation, if this batch's guard let it. Neither its address nor its message is kept here: the
/// subject leads to them.
#[must_use]
pub fn of_invitation(entry: Entry, invitation: InvitationId, event: Event<'_>) -> Statement {
    macro_rules! if_it {
        ($before:expr, $after:expr, $happened:expr) => {
            sql!(audited!(
                "i.id",
                $before,
                $after,
                concat!(
                    "FROM invitations i JOIN organizations o ON o.id = i.organization_id WHERE i.id = ?6 AND ",
                    $happened
                )
            ))
        };
    }
    let mut params = entry.into_params(event.action());
    params.push(invitation.into());
    let sql = match event {
        Event::Created => if_it!("NULL", created!(), "1"),
        // Its row tells whether the link was still good when it was given out.
        Event::LinkCopied(read, by) => {
            params.extend(params![read.state.ver, by.was(), read.revision]);
            if_it!(
                "NULL",
                "NULL",
                concat!(
                    "i.ver = ?7 AND i.revision = ?9 AND i.outcome = 'open' AND i.expires_at > ?2 AND ",
                    still_acts!("?3", "?8")
                )
            )
        }
        // These two stand before the write, under its own guard: after it, nothing tells it from one a moment ago.
        Event::Revoked(by, withdrawal) => {
            params.push(by.was());
            params.extend(withdrawal.params());
            if_it!(
                standing!(),
                status!("revoked"),
                concat!(
                    "i.outcome = 'open' AND i.expires_at > ?2 AND ",
                    withdrawable!("?8", "?9"),
                    " AND ",
                    still_acts!("?3", "?7")
                )
            )
        }
        Event::Declined(link, reason) => {
            let reason = reason.map(Reason::as_str);
            params.extend(params![link.organization_id, link.ver, link.bound_to(), reason]);
            if_it!(
                standing!(),
                concat!("json_patch(", status!("declined"), ", json_object('reason', ?10))"),
                "i.organization_id = ?7 AND i.ver = ?8 AND i.given = coalesce(?9, i.given) AND i.kind = 'email' AND i.outcome = 'open'
                 AND i.disabled_at IS NULL AND i.expires_at > ?2"
            )
        }
        // Written after the write, which raised the version by one.
        Event::Resent(job) => {
            params.push(job.into());
            if_it!(
                "json_object('ver', i.ver - 1)",
                concat!("json_object('ver', i.ver, 'expires_at', ", rfc3339!("i.expires_at"), ")"),
                "EXISTS (SELECT 1 FROM jobs WHERE id = ?7)"
            )
        }
    };
    Statement::new(sql, params)
}

/// Somebody became a member or gained workspaces, if the claim was let through: what they were before, if they were in
/// already, what they are now, and with what access they gained which workspaces.
#[must_use]
pub fn of_redemption(entry: Entry, redemption: RedemptionId) -> Statement {
    Statement::new(
        sql!(concat!(
            "INSERT INTO audit_events (id, organization_id, at, actor, action, subject, request_id, before, after)
             SELECT ?1, i.organization_id, ?3, r.member_id, 'invitation.accepted', i.id, ?4,
                    iif(r.role_before IS NULL, NULL, json_object('member_id', m.id, 'role', r.role_before,
                      'workspace_ids', json((SELECT json_group_array(p.workspace_id ORDER BY p.workspace_id)
                                             FROM memberships p WHERE p.member_id = m.id AND p.made_by IS NOT r.id)))),
                    json_object('member_id', m.id, 'role', m.role,
                      'workspace_ids', json((SELECT json_group_array(p.workspace_id ORDER BY p.workspace_id)
                                             FROM memberships p WHERE p.member_id = m.id)),
                      'gained', json((SELECT json_group_array(",
            membership_told!(),
            " ORDER BY p.workspace_id) FROM memberships p WHERE p.member_id = m.id AND p.made_by = r.id)))
             FROM redemptions r
             JOIN invitations i ON i.id = r.invitation_id
             JOIN members m ON m.id = r.member_id
             WHERE r.id = ?2"
        )),
        params![entry.id, redemption, entry.at, entry.request_id],
    )
}

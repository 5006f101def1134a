//! Invitations: making, reading, and the writes that settle one. Redeeming is in [`redeem`](super::redeem), listing in
//! [`invitation_list`](super::invitation_list).

use serde::{Deserialize, Serialize};

use super::access::Columns;
use super::acting::Acting;
use super::{json_text, workspaces_json};
use crate::domain::access::AccessRow;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{EventId, InvitationId, MemberId, OrganizationId, WorkspaceId};
use crate::domain::invitation::{Delivery, Invitation};
use crate::domain::link::Link;
use crate::domain::offer::Offer;
use crate::domain::quota::Quota;
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::{params, sql};

/// An invitation with what only reading shows of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// Its state.
    #[serde(flatten)]
    pub state: Invitation,
    /// The invited person's name, as the inviter typed it.
    pub name: Option<String>,
    /// What only the inviter's side sees.
    pub nickname: Option<String>,
    /// The inviter's message.
    pub message: Option<String>,
    /// The language of mail and page.
    pub locale: String,
    /// How far its e-mail got.
    pub delivery: Delivery,
    /// Who made it; nobody for an owner's invitation.
    pub invited_by: Option<MemberId>,
    /// What they are called, in a list that tells it.
    pub inviter_name: Option<String>,
    /// Where the person will be.
    #[serde(deserialize_with = "json_text")]
    pub workspace_ids: Vec<WorkspaceId>,
    /// What they will be given there.
    #[serde(flatten)]
    pub access: AccessRow,
    /// What the link's page calls the organization, if not by its own name.
    pub branding_name: Option<String>,
    /// What the link's page says, if nobody wrote a message.
    pub branding_message: Option<String>,
    /// Raised with every change of what it offers.
    pub revision: i64,
}

/// The columns of [`Invitation`], from `invitations i`.
macro_rules! state_columns {
    () => {
        "i.id, i.organization_id, i.kind, i.role, i.email, i.ver, i.given, i.takes_seat, i.max_uses, i.uses, i.expires_at,
         i.created_at, coalesce(i.offered_at, i.created_at) AS offered_at, i.accepted_at, i.accepted_by, i.declined_at,
         i.revoked_at, i.disabled_at, i.expired_at"
    };
}

/// The workspaces of the invitation `i` by name, as JSON, the oldest first.
macro_rules! workspaces_by_name {
    () => {
        "(SELECT json_group_array(json_object('id', w.id, 'name', w.name) ORDER BY w.id)
          FROM invitation_workspaces x JOIN workspaces w ON w.id = x.workspace_id
          WHERE x.invitation_id = i.id)"
    };
}

/// The columns of [`Record`], from `invitations i`.
macro_rules! invitation_columns {
    () => {
        concat!(
            state_columns!(),
            ", i.name, i.nickname, i.message, i.locale, i.delivery, i.invited_by, i.permissions, i.all_resources,
             i.grants, i.addable_kinds, i.require_mfa, i.branding_name, i.branding_message, i.revision,
             (SELECT json_group_array(workspace_id) FROM invitation_workspaces WHERE invitation_id = i.id)
               AS workspace_ids"
        )
    };
}

/// A new invitation.
#[derive(Debug, Clone)]
pub struct New {
    /// Its id.
    pub id: InvitationId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// For this address; none is for many people.
    pub email: Option<EmailAddress>,
    /// What it offers.
    pub offer: Offer<Columns>,
    /// Whether this is a client's own list of permissions, which is a feature of the plan (S3-15).
    pub customized: bool,
    /// How many may come in by it; `None` is any number.
    pub max_uses: Option<i64>,
    /// [`Delivery::Queued`] if a mail goes out, else [`Delivery::None`].
    pub queued: bool,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Who makes it.
    pub invited_by: Option<MemberId>,
}

/// Stamps an open invitation of this address whose time is over, so that it doesn't stand in the way of a new one.
#[must_use]
pub fn stamp_lapsed_of(organization: OrganizationId, email: &EmailAddress, now: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "UPDATE invitations SET expired_at = ?3
         WHERE organization_id = ?1 AND email_key = ?2 AND outcome = 'open' AND expires_at <= ?3"
        ),
        params![organization, email.key(), now],
    )
}

/// Makes an invitation, as the claim of its batch: only if its maker still is who they were, the address has no open one and belongs to no active member,
/// the workspaces and resources are this organization's, the plan allows such an access, and a seat is free where one is
/// reserved: a link for many reserves none, it asks when somebody comes in. `RETURNING` tells.
#[must_use]
pub fn insert(new: &New, by: &Acting, quota: Quota, now: Timestamp) -> Statement {
    let New { offer, .. } = new;
    let Offer { access, .. } = offer;
    Statement::new(
        sql!(concat!(
            "INSERT INTO invitations
               (id, organization_id, kind, role, email, email_key, name, nickname, name_key, nickname_key, message, locale,
                takes_seat, max_uses, delivery, expires_at, created_at, offered_at, invited_by, permissions,
                all_resources, grants, addable_kinds, require_mfa, access_takes_seat, branding_name, branding_message)
             SELECT ?1, o.id, iif(?4 IS NULL, 'link', 'email'), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?18, ?13, ?14,
                    ?15, ?15, ?16, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26
             FROM organizations o
             WHERE o.id = ?2 AND ",
            still_acts!("?16", "?28"),
            " AND NOT EXISTS ",
            member_of!("?5"),
            " AND ",
            all_in_organization!("?17"),
            " AND ",
            all_in_workspaces!("?21", "?17"),
            " AND (?27 = 0 OR ",
            may_customize!(),
            ") AND (?12 = 0 OR ?4 IS NULL OR ",
            seat_free!("?15"),
            ") AND ",
            within_day!("iif(?13 = 'queued', ?5, NULL)", "?15", "?29"),
            " ON CONFLICT DO NOTHING RETURNING id"
        )),
        params![
            new.id,
            new.organization_id,
            offer.role,
            new.email.as_ref(),
            new.email.as_ref().map(EmailAddress::key),
            offer.name.as_ref(),
            offer.nickname.as_ref(),
            offer.name.as_ref().map(Name::key),
            offer.nickname.as_ref().map(Name::key),
            offer.message.as_ref(),
            &offer.locale,
            access.takes_seat_as(offer.role),
            if new.queued { "queued" } else { "none" },
            new.expires_at,
            now,
            new.invited_by,
            workspaces_json(offer.workspaces.as_deref()),
            new.max_uses,
            access.permissions.as_ref(),
            access.all_resources,
            &access.grants,
            &access.addable_kinds,
            access.require_mfa,
            access.takes_seat,
            offer.branding_name.as_ref(),
            offer.branding_message.as_ref(),
            new.customized,
            by.was(),
            quota.json(),
        ],
    )
}

/// Puts the workspaces to an invitation that this batch made.
#[must_use]
pub fn insert_workspaces(new: &New) -> Statement {
    Statement::new(
        sql!("INSERT INTO invitation_workspaces (invitation_id, workspace_id, role, kind, state)
         SELECT i.id, w.id, i.role, i.kind, i.state FROM invitations i JOIN workspaces w ON w.organization_id = i.organization_id
         WHERE i.id = ?1 AND i.role NOT IN ('owner', 'admin') AND CASE WHEN ?2 IS NULL
           THEN w.id = (SELECT min(id) FROM workspaces WHERE organization_id = i.organization_id)
           ELSE w.id IN (SELECT value FROM json_each(?2)) END"),
        params![new.id, workspaces_json(new.offer.workspaces.as_deref())],
    )
}

/// One invitation, as a statement for a batch.
#[must_use]
pub fn select(id: InvitationId) -> Statement {
    Statement::new(
        sql!(concat!("SELECT ", invitation_columns!(), " FROM invitations i WHERE i.id = ?1")),
        params![id],
    )
}

/// Withdraws an open invitation, if this claim was let through. `RETURNING` tells.
#[must_use]
pub fn revoke(claim: EventId, id: InvitationId, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "UPDATE invitations SET revoked_at = ?2, ver = ver + 1
             WHERE id = ?1 AND outcome = 'open' AND expires_at > ?2 AND ",
            claimed!("?3"),
            " RETURNING id"
        )),
        params![id, now, claim],
    )
}

/// Notes that the invited person said no, with the link they hold. `RETURNING` tells.
#[must_use]
pub fn decline(link: &Link, now: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "UPDATE invitations SET declined_at = ?4
         WHERE id = ?1 AND organization_id = ?2 AND ver = ?3 AND given = coalesce(?5, given)
           AND kind = 'email' AND outcome = 'open'
           AND disabled_at IS NULL AND expires_at > ?4
         RETURNING id"
        ),
        params![link.invitation_id, link.organization_id, link.ver, now, link.bound_to()],
    )
}

/// Makes an open or expired invitation good for a new while, under a new version: every older link is dead. It comes
/// back only if its address has no other open invitation, belongs to no active member, and a seat is free where one is
/// needed: an open one's own counts as free, but is asked for all the same, because `now` may be a moment before its end
/// and somebody else may have been given its seat since. What was freed while its person held a seat is reserved again. A
/// client's own list of permissions needs the plan's feature, as a new one does. Not to an address that takes no mail, unless who
/// sends says that it does by now (`confirmed`), and never to one that reported a mail. Only one that still offers what it did when it
/// was read at this `revision`. `RETURNING` tells.
#[must_use]
pub fn renew(
    id: InvitationId,
    revision: i64,
    by: &Acting,
    expires_at: Timestamp,
    confirmed: bool,
    quota: Quota,
    now: Timestamp,
) -> Statement {
    Statement::new(
        sql!(concat!(
            "UPDATE invitations AS i
         SET ver = ver + 1, expires_at = ?2, expired_at = NULL, delivery = 'queued', offered_at = ?3, takes_seat = ", would_take_seat!(), "
         FROM organizations o
         WHERE i.id = ?1 AND i.revision = ?6 AND o.id = i.organization_id AND i.kind = 'email'
           AND i.outcome IN ('open', 'expired') AND i.delivery <> 'complained' AND (?8 = 1 OR i.delivery <> 'bounced')
           AND ", still_acts!("?4", "?5"), "
           AND NOT EXISTS (SELECT 1 FROM invitations x
                           WHERE x.organization_id = i.organization_id AND x.email_key = i.email_key
                             AND x.outcome = 'open' AND x.id <> i.id)
           AND NOT EXISTS ",
            member_of!("i.email_key"),
            "
           AND ",
            plan_allows!(),
            "
           AND (NOT ",
            would_take_seat!(),
            " OR (
                 ((i.outcome = 'open' AND i.expires_at > ?3) OR o.trial_ends_at IS NULL OR o.trial_ends_at > ?3)
                 AND ",
            within_limit!("?3", "1 - i.reserves"),
            ")) AND ",
            within_day!("i.email_key", "?3", "?7"),
            "
         RETURNING id"
        )),
        params![id, expires_at, now, by.member(), by.was(), revision, quota.json(), i64::from(confirmed)],
    )
}

/// Lets mail go again to an address from which one came back, if the invitation for it is to be sent: that is so only where
/// somebody confirmed it.
#[must_use]
pub fn confirm_address(id: InvitationId) -> Statement {
    Statement::new(
        sql!("DELETE FROM complaints
         WHERE reason = 'bounced' AND (organization_id, email_key) = (
           SELECT i.organization_id, i.email_key FROM invitations i WHERE i.id = ?1 AND i.delivery = 'queued')"),
        params![id],
    )
}

/// An open invitation to the address of whoever looks.
#[derive(Debug, Deserialize)]
pub struct Waiting {
    /// Its id.
    pub id: InvitationId,
    /// Who invites.
    pub organization_name: String,
    /// Who of them, while they are in.
    pub inviter_name: Option<String>,
    /// Until when.
    pub expires_at: Timestamp,
}

/// The open invitations `i` by e-mail to the address of whoever holds the session `?1`, at `?2`. An address that nobody proved
/// is nobody's (V5).
macro_rules! to_whoever_asks {
    ($what:literal) => {
        concat!(
            "FROM sessions s
             CROSS JOIN users u ON u.id = s.user_id AND u.email_verified_at IS NOT NULL
             CROSS JOIN invitations i ON i.email_key = u.email_key AND i.outcome = 'open' AND i.kind = 'email'
               AND i.disabled_at IS NULL AND i.expires_at > ?2 ",
            $what,
            " WHERE s.token_digest = ?1 AND s.expires_at > ?2 AND s.ended_at IS NULL"
        )
    };
}

/// Reads the newest [`Waiting`] invitations. No link is among what it reads (V6).
#[must_use]
pub fn waiting(session: &str, most: i64, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT i.id, coalesce(o.branding_name, o.name) AS organization_name, n.name AS inviter_name, i.expires_at ",
            to_whoever_asks!(
                "CROSS JOIN organizations o ON o.id = i.organization_id
                 LEFT JOIN members n ON n.id = i.invited_by AND n.removed_at IS NULL"
            ),
            " ORDER BY i.id DESC LIMIT ?3"
        )),
        params![session, now, most],
    )
}

/// Reads the state of one of them.
#[must_use]
pub fn waiting_one(id: InvitationId, session: &str, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!("SELECT ", state_columns!(), " ", to_whoever_asks!(""), " AND i.id = ?3")),
        params![session, now, id],
    )
}

/// Notes that the e-mail of this version was sent, unless it is known to have got further.
#[must_use]
pub fn note_sent(id: InvitationId, ver: i64) -> Statement {
    Statement::new(
        sql!(
            "UPDATE invitations SET delivery = 'sent' WHERE id = ?1 AND ver = ?2 AND delivery IN ('queued', 'failed')"
        ),
        params![id, ver],
    )
}

/// Stamps open invitations whose time is over, some at a time. Only tidies: `expires_at` is what ends them.
#[must_use]
pub fn stamp_lapsed(now: Timestamp) -> Statement {
    Statement::new(
        sql!("UPDATE invitations SET expired_at = ?1 WHERE id IN (
           SELECT id FROM invitations WHERE outcome = 'open' AND expires_at <= ?1 ORDER BY expires_at LIMIT 500)"),
        params![now],
    )
}

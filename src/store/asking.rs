//! Asking: somebody who can't go on by themselves tells the one who can help. It gives nothing; it writes a notification and its
//! mail, once a day at most.

use std::time::Duration;

use crate::domain::ids::{JobId, MemberId, NotificationId, OrganizationId, WorkspaceId};
use crate::domain::link::Link;
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::store::jobs;
use crate::{params, sql};

/// How long until one may ask again.
const AGAIN_AFTER: Duration = Duration::from_hours(24);

/// Whether who asked then is not heard again yet.
#[must_use]
pub fn is_recent(asked_at: Timestamp, now: Timestamp) -> bool {
    asked_at > now.minus(AGAIN_AFTER)
}

/// What somebody is told in the app, and the mail that says the same.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// What they are told in the app.
    pub id: NotificationId,
    /// The mail that says the same.
    pub job: JobId,
    /// When.
    pub now: Timestamp,
    /// From when the mail counts as lost.
    pub requeue_at: Timestamp,
}

impl Word {
    fn before(self) -> Timestamp {
        self.now.minus(AGAIN_AFTER)
    }

    /// Puts the mail into the outbox, if the notification was written and is to be mailed. `RETURNING` tells.
    #[must_use]
    pub fn mail(self) -> Statement {
        jobs::insert_notification_email(self.job, self.id, self.requeue_at)
    }
}

/// Which result of an asking tells by `RETURNING` that somebody is told.
pub const TOLD: usize = 0;

/// Which tells that there is a mail to send.
pub const MAIL: usize = 1;

/// The active member who is told: whoever made it, while they are in; else the owner.
macro_rules! helper {
    ($organization:literal, $maker:literal) => {
        concat!(
            "coalesce((SELECT id FROM members WHERE id = ",
            $maker,
            " AND removed_at IS NULL), (SELECT id FROM members INDEXED BY members_by_role WHERE organization_id = ",
            $organization,
            " AND active = 1 AND role = 'owner' ORDER BY id LIMIT 1))"
        )
    };
}

/// Tells whoever helps, by the notification `?4` at `?5`: `tell!(kind, about, organization, "FROM …", maker, where)`.
macro_rules! tell {
    ($kind:literal, $about:literal, $organization:literal, $from:literal, $maker:literal, $where:expr) => {
        concat!(
            "INSERT INTO notifications (id, user_id, organization_id, kind, about, created_at)
             SELECT ?4, n.user_id, ",
            $organization,
            ", '",
            $kind,
            "', json_object(",
            $about,
            "), ?5 ",
            $from,
            " JOIN members n ON n.id = ",
            helper!($organization, $maker),
            " WHERE ",
            $where,
            " RETURNING id"
        )
    };
}

/// Whether the holder of the link may ask about the invitation `i`: it is one person's alone, and was neither accepted nor
/// withdrawn. `?1` to `?3`: invitation, organization, the moment before which it may have been asked already, at `$asked`.
macro_rules! may_ask {
    ($asked:literal) => {
        concat!(
            "i.id = ?1 AND i.organization_id = ?2 AND i.kind = 'email' AND i.outcome NOT IN ('accepted', 'revoked')
             AND coalesce(",
            $asked,
            ", 0) <= ?3"
        )
    };
}

/// The holder of this link asks for a new one: its inviter is told, and it is noted when.
#[must_use]
pub fn for_invitation(word: Word, link: &Link) -> Vec<Statement> {
    let (before, now) = (word.before(), word.now);
    vec![
        Statement::new(
            sql!(tell!(
                "invitation.asked",
                "'invitation_id', i.id",
                "i.organization_id",
                "FROM invitations i",
                "i.invited_by",
                may_ask!("i.asked_at")
            )),
            params![link.invitation_id, link.organization_id, before, word.id, now],
        ),
        word.mail(),
        Statement::new(
            sql!(concat!("UPDATE invitations AS i SET asked_at = ?4 WHERE ", may_ask!("i.asked_at"))),
            params![link.invitation_id, link.organization_id, before, now],
        ),
    ]
}

/// Whoever is signed in with another address than the invited one asks for an invitation of their own: the inviter is told
/// that address, if somebody proved that it is theirs.
#[must_use]
pub fn for_own_invitation(word: Word, link: &Link, session: &str) -> Vec<Statement> {
    let (before, now) = (word.before(), word.now);
    vec![
        Statement::new(
            sql!(tell!(
                "invitation.asked",
                "'invitation_id', i.id, 'email', u.email",
                "i.organization_id",
                "FROM sessions s
                 JOIN users u ON u.id = s.user_id AND u.email_verified_at IS NOT NULL
                 JOIN invitations i ON i.id = ?1 AND i.email_key <> u.email_key",
                "i.invited_by",
                concat!(
                    "s.token_digest = ?6 AND s.expires_at > ?5 AND s.ended_at IS NULL AND ",
                    may_ask!("i.own_asked_at")
                )
            )),
            params![link.invitation_id, link.organization_id, before, word.id, now, session],
        ),
        word.mail(),
        Statement::new(
            sql!(
                "UPDATE invitations SET own_asked_at = ?2
             WHERE id = ?1 AND EXISTS (SELECT 1 FROM notifications WHERE id = ?3)"
            ),
            params![link.invitation_id, now, word.id],
        ),
    ]
}

/// A member who is in a workspace and can do nothing there asks for more: whoever invited them is told, else the owner.
#[must_use]
pub fn for_access(
    word: Word,
    organization: OrganizationId,
    member: MemberId,
    workspace: WorkspaceId,
) -> Vec<Statement> {
    macro_rules! may_ask_for_access {
        () => {
            "m.id = ?1 AND m.organization_id = ?2 AND m.removed_at IS NULL
             AND (m.asked_at IS NULL OR m.asked_at <= ?3)"
        };
    }
    let (before, now) = (word.before(), word.now);
    vec![
        Statement::new(
            sql!(tell!(
                "access.asked",
                "'member_id', m.id, 'workspace_id', p.workspace_id",
                "m.organization_id",
                "FROM members m JOIN memberships p ON p.member_id = m.id AND p.workspace_id = ?6",
                "(SELECT i.invited_by FROM redemptions r JOIN invitations i ON i.id = r.invitation_id
                  WHERE r.member_id = m.id ORDER BY r.id LIMIT 1)",
                may_ask_for_access!()
            )),
            params![member, organization, before, word.id, now, workspace],
        ),
        word.mail(),
        Statement::new(
            sql!(concat!("UPDATE members AS m SET asked_at = ?4 WHERE ", may_ask_for_access!())),
            params![member, organization, before, now],
        ),
    ]
}

/// Whoever has this link could come in, but no seat is free: its inviter is told.
#[must_use]
pub fn for_a_seat(word: Word, link: &Link) -> Vec<Statement> {
    macro_rules! may_tell {
        () => {
            "i.id = ?1 AND i.organization_id = ?2 AND i.outcome = 'open'
             AND (i.no_seat_told_at IS NULL OR i.no_seat_told_at <= ?3)"
        };
    }
    let (before, now) = (word.before(), word.now);
    vec![
        Statement::new(
            sql!(tell!(
                "invitation.no_seat",
                "'invitation_id', i.id",
                "i.organization_id",
                "FROM invitations i",
                "i.invited_by",
                may_tell!()
            )),
            params![link.invitation_id, link.organization_id, before, word.id, now],
        ),
        word.mail(),
        Statement::new(
            sql!(concat!("UPDATE invitations AS i SET no_seat_told_at = ?4 WHERE ", may_tell!())),
            params![link.invitation_id, link.organization_id, before, now],
        ),
    ]
}

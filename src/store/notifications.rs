//! Notifications: what happened that concerns a person, shown to them in the app. Each is written in the batch of what it
//! tells of.
//!
//! An account whose mailbox nobody proved sees only those of the organization that it is confined to.

use serde::{Deserialize, Serialize};

use super::json_text;
use crate::domain::ids::{
    EventId, InvitationId, JobId, MemberId, NotificationId, OrganizationId, RedemptionId, WebhookId,
    WorkspaceId,
};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{place, turned_off};
use crate::error::{Error, Result};
use crate::platform::{Database, Statement};
use crate::store::accounts::{SignedIn, select_signed_in};
use crate::store::asking::Word;
use crate::store::workspaces::LAST;
use crate::{params, sql};

/// A notification.
#[derive(Debug, Serialize, Deserialize)]
pub struct Notification {
    /// Its id.
    pub id: NotificationId,
    /// What happened, such as `member.added`.
    pub kind: String,
    /// Where.
    pub organization_id: OrganizationId,
    /// That organization's name.
    pub organization_name: String,
    /// The ids it is about.
    #[serde(deserialize_with = "json_text")]
    pub about: serde_json::Value,
    /// When it happened.
    pub created_at: Timestamp,
    /// When they read it.
    pub read_at: Option<Timestamp>,
}

/// Somebody was added, in the batch of this claim: they are told.
#[must_use]
pub fn of_new_member(id: NotificationId, claim: EventId) -> Statement {
    Statement::new(
        sql!(
            "INSERT INTO notifications (id, user_id, organization_id, kind, about, created_at)
         SELECT ?1, m.user_id, m.organization_id, 'member.added', json_object('member_id', m.id), a.at
         FROM audit_events a JOIN members m ON m.id = a.subject WHERE a.id = ?2"
        ),
        params![id, claim],
    )
}

/// Somebody came in by an invitation, if the claim was let through: its inviter is told, while they are in. They are mailed of it
/// only if they chose to be.
#[must_use]
pub fn of_redemption(word: Word, redemption: RedemptionId) -> [Statement; 2] {
    let told = Statement::new(
        sql!(
            "INSERT INTO notifications (id, user_id, organization_id, kind, about, created_at, by_email)
         SELECT ?1, n.user_id, n.organization_id, 'invitation.accepted',
                json_object('invitation_id', i.id, 'member_id', r.member_id), r.redeemed_at, 0
         FROM redemptions r
         JOIN invitations i ON i.id = r.invitation_id
         JOIN members n ON n.id = i.invited_by AND n.removed_at IS NULL
         WHERE r.id = ?2"
        ),
        params![word.id, redemption],
    );
    [told, word.mail()]
}

/// Somebody said no to an invitation, if this entry of the audit log was written: its inviter is told, while they are in, and
/// mailed only if they chose to be.
#[must_use]
pub fn of_decline(word: Word, entry: EventId) -> [Statement; 2] {
    let told = Statement::new(
        sql!("INSERT INTO notifications (id, user_id, organization_id, kind, about, created_at, by_email)
         SELECT ?1, n.user_id, n.organization_id, 'invitation.declined',
                json_patch(json_object('invitation_id', i.id), json_object('reason', a.after ->> 'reason')), a.at, 0
         FROM audit_events a
         JOIN invitations i ON i.id = a.subject
         JOIN members n ON n.id = i.invited_by AND n.removed_at IS NULL
         WHERE a.id = ?2"),
        params![word.id, entry],
    );
    [told, word.mail()]
}

/// Who holds this session, with a page of their notifications, newest first. One round trip.
///
/// # Errors
/// The database's.
pub async fn page(
    db: &impl Database,
    session: &str,
    only_unread: bool,
    before: Option<NotificationId>,
    limit: i64,
    now: Timestamp,
) -> Result<Option<Vec<Notification>>> {
    macro_rules! page_of {
        ($which:literal) => {
            sql!(concat!(
                "SELECT n.id, n.kind, o.id AS organization_id, o.name AS organization_name, n.about, n.created_at, n.read_at
                 FROM sessions s
                 JOIN users u ON u.id = s.user_id
                 JOIN notifications n ON n.user_id = u.id AND n.in_app = 1
                   AND (u.email_verified_at IS NOT NULL OR u.confined_to = n.organization_id)
                 JOIN organizations o ON o.id = n.organization_id
                 WHERE s.token_digest = ?1 AND s.expires_at > ?2 AND s.ended_at IS NULL AND n.id < ?3",
                $which,
                " ORDER BY n.id DESC LIMIT ?4"
            ))
        };
    }
    let sql = if only_unread { page_of!(" AND n.read_at IS NULL") } else { page_of!("") };
    let before = before.map_or_else(|| LAST.to_owned(), |id| id.to_string());
    let results = db
        .batch(vec![
            select_signed_in(session, now),
            Statement::new(sql, params![session, now, before, limit]),
        ])
        .await?;
    let [me, notifications] = results.as_slice() else {
        return Err(Error::Internal("two results".to_owned()));
    };
    me.first::<SignedIn>()?.map(|_| Ok(notifications.rows()?)).transpose()
}

/// Notes that whoever holds this session has read these notifications of theirs, or all of them. Answers whether anybody
/// holds it.
///
/// # Errors
/// The database's.
pub async fn read(
    db: &impl Database,
    session: &str,
    ids: Option<&[NotificationId]>,
    now: Timestamp,
) -> Result<bool> {
    macro_rules! read_by {
        ($which:literal) => {
            concat!(
                "UPDATE notifications SET read_at = ?2 WHERE id IN (
                   SELECT n.id FROM sessions s
                   JOIN users u ON u.id = s.user_id
                   JOIN notifications n ON n.user_id = u.id AND n.read_at IS NULL AND n.in_app = 1
                     AND (u.email_verified_at IS NOT NULL OR u.confined_to = n.organization_id)
                   WHERE s.token_digest = ?1 AND s.expires_at > ?2 AND s.ended_at IS NULL",
                $which,
                ")"
            )
        };
    }
    let update = match ids {
        None => Statement::new(sql!(read_by!("")), params![session, now]),
        Some(ids) => Statement::new(
            sql!(read_by!(" AND n.id IN (SELECT value FROM json_each(?3))")),
            params![session, now, serde_json::json!(ids).to_string()],
        ),
    };
    let results = db.batch(vec![select_signed_in(session, now), update]).await?;
    Ok(results.first().is_some_and(crate::platform::ResultSet::any))
}

/// A notification with the names of what it is about, as far as its reader may still know them: as long as they are in that
/// organization.
#[derive(Debug, Deserialize)]
pub struct Told {
    /// Its id.
    pub id: NotificationId,
    /// What happened.
    pub kind: String,
    /// Where.
    pub organization_name: String,
    /// What that is called in the paths of its pages.
    pub slug: String,
    /// When.
    pub created_at: Timestamp,
    /// When they read it.
    pub read_at: Option<Timestamp>,
    /// Whether it is shown in the app.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub in_app: bool,
    /// Whether they are in that organization.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub inside: bool,
    /// The member it is about.
    pub member_id: Option<MemberId>,
    /// What they are called.
    pub member_name: Option<String>,
    /// The invitation it is about.
    pub invitation_id: Option<InvitationId>,
    /// Whom that is for, as the inviter's side calls them.
    pub invited: Option<String>,
    /// The address of whoever asked for an invitation of their own.
    pub asked_by: Option<String>,
    /// Why whoever declined did, or why a webhook was turned off.
    pub reason: Option<String>,
    /// The webhook it is about, as long as it is there and they run the organization.
    pub webhook_id: Option<WebhookId>,
    /// Where that leads.
    pub host: Option<String>,
    /// The workspace it is about.
    pub workspace_id: Option<WorkspaceId>,
    /// Its name.
    pub workspace_name: Option<String>,
    /// The import it is about.
    pub job_id: Option<JobId>,
    /// The address of the invitation, or of the member, that it is about.
    pub about_email: Option<String>,
    /// When the invitation ends.
    pub expires_at: Option<Timestamp>,
    /// For the mail that tells the same: to whom.
    pub email: Option<String>,
    /// What they are there.
    pub role: Option<Role>,
    /// The organization's colour.
    pub branding_accent: Option<String>,
    /// How many seats are taken or reserved.
    pub seats_taken: Option<i64>,
    /// Of how many; null for any number.
    pub seat_limit: Option<i64>,
}

impl Told {
    /// The host and port of the webhook that it is about.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.host.as_deref().map(place)
    }

    /// Why that was turned off.
    #[must_use]
    pub fn why_turned_off(&self) -> &'static str {
        turned_off(self.reason.as_deref().unwrap_or_default())
    }
}

/// What a [`Told`] is read from: the notification `n` to the user `u`.
macro_rules! told_from {
    () => {
        "LEFT JOIN members me ON me.organization_id = o.id AND me.user_id = u.id AND me.removed_at IS NULL
         LEFT JOIN members a ON a.id = n.about ->> 'member_id' AND me.id IS NOT NULL
         LEFT JOIN invitations i ON i.id = n.about ->> 'invitation_id' AND me.id IS NOT NULL
         LEFT JOIN workspaces w ON w.id = n.about ->> 'workspace_id' AND me.id IS NOT NULL
         LEFT JOIN webhooks h ON h.id = n.about ->> 'webhook_id' AND h.deleted_at IS NULL AND me.role IN ('owner', 'admin')"
    };
}

/// What of it is told in the app and in a mail.
macro_rules! told_columns {
    () => {
        "n.id, n.kind, o.slug, n.created_at, n.read_at, n.in_app, me.id IS NOT NULL AS inside, me.role, a.id AS member_id,
         a.name AS member_name, i.id AS invitation_id, coalesce(i.nickname, i.name, i.email) AS invited,
         w.id AS workspace_id, w.name AS workspace_name, i.expires_at, n.about ->> 'reason' AS reason, n.about ->> 'job_id' AS job_id,
         h.id AS webhook_id, iif(me.role IN ('owner', 'admin'), n.about ->> 'host', NULL) AS host,
         iif(me.id IS NOT NULL, n.about ->> 'email', NULL) AS asked_by,
         coalesce(i.email, a.email_key) AS about_email"
    };
}

/// Reads the [`Told`] that a job's mail is written from; nothing if its account has not proved the address.
#[must_use]
pub fn told_by_job(id: JobId) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT ",
            told_columns!(),
            ", coalesce(o.branding_name, o.name) AS organization_name, o.branding_accent, u.email,
               o.seats_used + o.seats_reserved AS seats_taken, o.seat_limit
             FROM jobs j
             JOIN notifications n ON n.id = j.notification_id
             JOIN users u ON u.id = n.user_id AND u.email_verified_at IS NOT NULL
             JOIN organizations o ON o.id = n.organization_id ",
            told_from!(),
            " WHERE j.id = ?1"
        )),
        params![id],
    )
}

/// Reads a page of a session's notifications as [`Told`], newest first.
#[must_use]
pub fn select_told(session: &str, before: Option<NotificationId>, limit: i64, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT ",
            told_columns!(),
            ", o.name AS organization_name
         FROM sessions s
         JOIN users u ON u.id = s.user_id
         JOIN notifications n ON n.user_id = u.id AND n.in_app = 1
           AND (u.email_verified_at IS NOT NULL OR u.confined_to = n.organization_id)
         JOIN organizations o ON o.id = n.organization_id ",
            told_from!(),
            "
         WHERE s.token_digest = ?1 AND s.expires_at > ?2 AND s.ended_at IS NULL AND n.id < ?3
         ORDER BY n.id DESC LIMIT ?4"
        )),
        params![session, now, before.map_or_else(|| LAST.to_owned(), |id| id.to_string()), limit],
    )
}

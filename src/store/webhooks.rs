//! Webhooks: where an organization's programs are told what happens. What happens is in
//! [`webhook_events`](super::webhook_events), telling it in [`webhook_deliveries`](super::webhook_deliveries).

use serde::{Deserialize, Serialize};

use super::json_text;
use crate::domain::ids::{EventId, OrganizationId, WebhookId};
use crate::domain::time::Timestamp;
use crate::platform::{Param, Statement};
use crate::store::acting::Acting;
use crate::store::audit::Entry;
use crate::store::workspaces::LAST;
use crate::{params, sql};

/// The most webhooks of an organization: each event is delivered to every one that wants it.
pub const MOST: i64 = 20;

/// As many secrets that were replaced count beside the present one at most: a signature by each is sent with every delivery, and any of
/// them may be the one that a receiver knows.
pub const MOST_OLD: i64 = 5;

/// A webhook, as the API shows it: never its secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Webhook"))]
pub struct Shown {
    /// Its id.
    pub id: WebhookId,
    /// Whose programs it tells.
    pub organization_id: OrganizationId,
    /// Where they are told.
    pub url: String,
    /// The types of events that it is told.
    #[serde(deserialize_with = "json_text")]
    pub events: Vec<String>,
    /// Whether it is on.
    #[cfg_attr(described, schemars(extend("enum" = ["active", "disabled"])))]
    pub status: String,
    /// Why it was turned off: by somebody's `choice`, after days of `failures`, or because the receiver said that it is `gone`.
    #[cfg_attr(described, schemars(extend("enum" = ["choice", "failures", "gone", null])))]
    pub disabled_for: Option<String>,
    /// When.
    pub disabled_at: Option<Timestamp>,
    /// Since when every delivery failed.
    pub failing_since: Option<Timestamp>,
    /// Until when deliveries are signed with a secret before the present one too; the last, where there are several.
    pub old_secret_until: Option<Timestamp>,
    /// The member or the API key that made it; nobody if the operator did.
    pub created_by: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

/// The columns of [`Shown`], from `webhooks w` at the moment `$now`.
macro_rules! columns {
    ($now:literal) => {
        concat!(
            "w.id, w.organization_id, w.url, w.events, iif(w.disabled_at IS NULL, 'active', 'disabled') AS status,
             w.disabled_for, w.disabled_at, w.failing_since,
             (SELECT max(s.until) FROM webhook_old_secrets s WHERE s.webhook_id = w.id AND s.until > ",
            $now,
            ") AS old_secret_until, w.created_by, w.created_at"
        )
    };
}

/// What is kept of an address in the audit log: where it leads, and not what stands after that, which may be a secret.
macro_rules! place_of {
    ($url:literal) => {
        concat!(
            "substr(",
            $url,
            ", 1, instr(replace(substr(",
            $url,
            ", instr(",
            $url,
            ", '//') + 2), '?', '/') || '/', '/') + instr(",
            $url,
            ", '//'))"
        )
    };
}

/// A new webhook.
pub struct New<'a> {
    /// Its id.
    pub id: WebhookId,
    /// Whose.
    pub organization_id: OrganizationId,
    /// Where its receiver is.
    pub url: &'a str,
    /// The types of events, as JSON.
    pub events: String,
    /// The secret, sealed.
    pub secret: String,
}

/// Notes in the audit log that a webhook is made, if whoever makes it still runs the organization and it hasn't too many: the
/// claim of [`insert`]. `RETURNING` tells.
#[must_use]
pub fn claim_new(entry: &Entry, new: &New<'_>, by: &Acting) -> Statement {
    let mut params = entry.params("webhook.created");
    params.extend(params![new.organization_id, new.id, new.url, &new.events, by.was(), MOST]);
    Statement::new(
        sql!(audited!(
            "?7",
            "NULL",
            concat!("json_object('name', ", place_of!("?8"), ", 'events', json(?9))"),
            concat!(
                "FROM organizations o WHERE o.id = ?6 AND (
                   SELECT count(*) FROM (SELECT 1 FROM webhooks x WHERE x.organization_id = o.id AND x.deleted_at IS NULL
                                         LIMIT ?11)) < ?11 AND ",
                still_acts!("?3", "?10")
            )
        )),
        params,
    )
}

/// Makes the webhook of this claim.
#[must_use]
pub fn insert(claim: EventId, new: &New<'_>) -> Statement {
    Statement::new(
        sql!(
            "INSERT INTO webhooks (id, organization_id, url, events, secret, created_by, created_at)
         SELECT e.subject, e.organization_id, ?2, ?3, ?4, nullif(e.actor, 'operator'), e.at
         FROM audit_events e WHERE e.id = ?1"
        ),
        params![claim, new.url, &new.events, &new.secret],
    )
}

/// What is changed of a webhook; what is none stays.
#[derive(Debug, Default)]
pub struct Changes {
    /// Where its receiver is.
    pub url: Option<String>,
    /// The types of events, as JSON.
    pub events: Option<String>,
    /// Whether it is on.
    pub enabled: Option<bool>,
}

impl Changes {
    fn params(&self) -> Vec<Param> {
        params![self.url.as_ref(), self.events.as_ref(), self.enabled.map(i64::from)]
    }
}

/// A claim about the webhook `?7` of the organization `?6`, which is there, by somebody who still is what `?8` says:
/// `about_webhook!(before, after)`, and where something else must be so besides, that.
macro_rules! about_webhook {
    ($before:expr, $after:expr) => {
        about_webhook!($before, $after, "")
    };
    ($before:expr, $after:expr, $besides:literal) => {
        audited!(
            "w.id",
            $before,
            $after,
            concat!(
                "FROM webhooks w JOIN organizations o ON o.id = w.organization_id
                 WHERE w.id = ?7 AND o.id = ?6 AND w.deleted_at IS NULL AND ",
                still_acts!("?3", "?8"),
                $besides
            )
        )
    };
}

/// What a webhook is, for the audit log.
macro_rules! state {
    ($url:literal, $events:literal, $enabled:literal) => {
        concat!(
            "json_object('name', ",
            place_of!($url),
            ", 'events', json(",
            $events,
            "), 'enabled', json(iif(",
            $enabled,
            ", 'true', 'false')))"
        )
    };
}

/// Which webhook is written, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Write<'a> {
    /// The entry that is its claim.
    pub entry: &'a Entry,
    /// Whose it is.
    pub organization: OrganizationId,
    /// The webhook.
    pub id: WebhookId,
    /// Whoever does it.
    pub by: &'a Acting,
}

impl Write<'_> {
    /// The parameters `?1` to `?8` of its claim.
    #[must_use]
    pub fn params(self, action: &'static str) -> Vec<Param> {
        let mut params = self.entry.params(action);
        params.extend(params![self.organization, self.id, self.by.was()]);
        params
    }
}

/// Changes a webhook. One that is turned on, or is reached elsewhere from now on, begins anew: what failed before doesn't count.
/// The first is the claim; `RETURNING` tells.
#[must_use]
pub fn change(write: Write<'_>, changes: &Changes) -> [Statement; 2] {
    let mut params = write.params("webhook.updated");
    params.extend(changes.params());
    let mut written = params![write.entry.id];
    written.extend(changes.params());
    [
        Statement::new(
            sql!(about_webhook!(
                state!("w.url", "w.events", "w.live"),
                state!("coalesce(?9, w.url)", "coalesce(?10, w.events)", "coalesce(?11, w.live)")
            )),
            params,
        ),
        Statement::new(
            sql!("UPDATE webhooks SET
               failures = iif(?2 <> url OR ?4 = 1, 0, failures),
               failing_since = iif(?2 <> url OR ?4 = 1, NULL, failing_since),
               rests_until = iif(?2 <> url OR ?4 = 1, NULL, rests_until),
               url = coalesce(?2, url), events = coalesce(?3, events),
               disabled_at = CASE ?4 WHEN 1 THEN NULL WHEN 0 THEN coalesce(disabled_at, e.at) ELSE disabled_at END,
               disabled_for = CASE ?4 WHEN 1 THEN NULL WHEN 0 THEN coalesce(disabled_for, 'choice') ELSE disabled_for END
             FROM audit_events e WHERE e.id = ?1 AND webhooks.id = e.subject"),
            written,
        ),
    ]
}

/// Gives a webhook another secret, unless [`MOST_OLD`] before it still count: then [`oldest_secret`] tells until when. Deliveries are
/// signed with the one before too, until `until`; and with those before that, each until its own time, which is kept. The first is
/// the claim; `RETURNING` tells.
#[must_use]
pub fn rotate(write: Write<'_>, secret: &str, until: Timestamp) -> [Statement; 4] {
    let claim = write.entry.id;
    let mut claiming = write.params("webhook.secret_rotated");
    claiming.extend(params![MOST_OLD]);
    [
        Statement::new(
            sql!(about_webhook!(
                concat!("json_object('name', ", place_of!("w.url"), ")"),
                "NULL",
                " AND (SELECT count(*) FROM webhook_old_secrets s WHERE s.webhook_id = w.id AND s.until > ?2) < ?9"
            )),
            claiming,
        ),
        Statement::new(
            sql!("DELETE FROM webhook_old_secrets WHERE (webhook_id, secret) IN (
               SELECT s.webhook_id, s.secret FROM audit_events e JOIN webhook_old_secrets s ON s.webhook_id = e.subject
               WHERE e.id = ?1 AND s.until <= e.at)"),
            params![claim],
        ),
        Statement::new(
            sql!("INSERT INTO webhook_old_secrets (webhook_id, secret, until)
             SELECT w.id, w.secret, ?2 FROM audit_events e JOIN webhooks w ON w.id = e.subject
             WHERE e.id = ?1"),
            params![claim, until],
        ),
        Statement::new(
            sql!("UPDATE webhooks SET secret = ?2 FROM audit_events e WHERE e.id = ?1 AND webhooks.id = e.subject"),
            params![claim, secret],
        ),
    ]
}

/// Reads until when the oldest secret of a webhook counts, as [`Oldest`]; nothing while another one may be replaced.
#[must_use]
pub fn oldest_secret(id: WebhookId, now: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "SELECT min(until) AS until FROM webhook_old_secrets WHERE webhook_id = ?1 AND until > ?2 HAVING count(*) >= ?3"
        ),
        params![id, now, MOST_OLD],
    )
}

/// What [`oldest_secret`] answers.
#[derive(Debug, Deserialize)]
pub struct Oldest {
    /// Until when it counts.
    pub until: Timestamp,
}

/// Deletes a webhook, and its secrets with it. The first is the claim; `RETURNING` tells.
#[must_use]
pub fn delete(write: Write<'_>) -> [Statement; 3] {
    [
        Statement::new(
            sql!(about_webhook!(state!("w.url", "w.events", "w.live"), "NULL")),
            write.params("webhook.deleted"),
        ),
        Statement::new(
            sql!(
                "UPDATE webhooks SET deleted_at = e.at, secret = ''
             FROM audit_events e WHERE e.id = ?1 AND webhooks.id = e.subject"
            ),
            params![write.entry.id],
        ),
        Statement::new(
            sql!(
                "DELETE FROM webhook_old_secrets WHERE webhook_id = (SELECT subject FROM audit_events WHERE id = ?1)"
            ),
            params![write.entry.id],
        ),
    ]
}

/// Reads one webhook, as [`Shown`].
#[must_use]
pub fn select(organization: OrganizationId, id: WebhookId, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT ",
            columns!("?3"),
            " FROM webhooks w WHERE w.id = ?2 AND w.organization_id = ?1 AND w.deleted_at IS NULL"
        )),
        params![organization, id, now],
    )
}

/// Reads a page of an organization's webhooks, newest first.
#[must_use]
pub fn page(
    organization: OrganizationId,
    before: Option<WebhookId>,
    limit: i64,
    now: Timestamp,
) -> Statement {
    let before = before.map_or_else(|| LAST.to_owned(), |id| id.to_string());
    Statement::new(
        sql!(concat!(
            "SELECT ",
            columns!("?4"),
            " FROM webhooks w WHERE w.organization_id = ?1 AND w.deleted_at IS NULL AND w.id < ?2 ORDER BY w.id DESC LIMIT ?3"
        )),
        params![organization, before, limit, now],
    )
}
